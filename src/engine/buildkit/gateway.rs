//! Builds that are steered from here, call by call: BuildKit's gateway.

use super::failure;
use super::link::Link;
use super::solve::Build;
use super::unique;
use crate::engine::EngineError;
use bollard_buildkit_proto::moby::buildkit::v1::frontend::llb_bridge_client::LlbBridgeClient;
use bollard_buildkit_proto::moby::buildkit::v1::frontend::{Result as BuildResult, ReturnRequest};
use std::pin::pin;
use std::time::Duration;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::Channel;
use tonic::{Request, Status};

/// How long a build may take to end when nothing is left to do in it.
const END: Duration = Duration::from_secs(2);

/// An open build.
#[derive(Clone)]
pub struct Gateway {
    /// Its calls.
    pub client: LlbBridgeClient<Channel>,
    /// Its name.
    pub name: String,
    key: MetadataValue<Ascii>,
}

impl Gateway {
    /// A call within this build.
    pub fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        request.metadata_mut().insert("buildkit-controlapi-buildid", self.key.clone());
        request
    }
}

/// Opens a build, does `work` in it, and ends it. Dropping the future cancels the build and its calls.
pub async fn within<T, F, W>(link: &Link, build: Build, work: F) -> Result<T, EngineError>
where
    F: FnOnce(Gateway) -> W,
    W: Future<Output = Result<T, EngineError>>,
{
    let _permit = link.permit().await;
    let name = unique::name();
    let key = MetadataValue::try_from(&name).expect("hexadecimal digits are a header's value");
    let gateway = Gateway { client: link.calls(), name: name.clone(), key };
    let mut client = link.builds();
    let mut building = pin!(client.solve(build.request(&name)));
    let done = async {
        let result = work(gateway.clone()).await;
        let end = ReturnRequest { result: Some(BuildResult::default()), error: None };
        let end = gateway.client.clone().r#return(gateway.request(end)).await;
        (result, end)
    };
    let mut done = pin!(done);
    let (result, end) = tokio::select! {
        done = &mut done => done,
        ended = &mut building => {
            // The build may be over before the answer to the call that ends it has come.
            ended.map_err(|status| failure::read(&status, &[]))?;
            let early = || EngineError::Other("the engine ended a build before its time".to_owned());
            return tokio::time::timeout(END, done).await.map_err(|_| early())?.0;
        }
    };
    let ended: Result<Result<_, Status>, _> = tokio::time::timeout(END, building).await;
    if let (Err(error), _) | (_, Ok(Err(error))) = (end, ended) {
        tracing::debug!(%error, build = name, "the build did not end well");
    }
    result
}
