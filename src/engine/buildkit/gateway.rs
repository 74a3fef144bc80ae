//! Builds that are steered from here, call by call: BuildKit's gateway.

use super::failure;
use super::link::Link;
use super::lower::Lowered;
use super::solve::{Build, Response};
use super::status::{self, Report};
use super::unique;
use bollard_buildkit_proto::google::rpc::Status as Fault;
use bollard_buildkit_proto::moby::buildkit::v1::frontend::llb_bridge_client::LlbBridgeClient;
use bollard_buildkit_proto::moby::buildkit::v1::frontend::{
    Ref, Result as BuildResult, ReturnRequest, SolveRequest, StatFileRequest, result::Result as Referred,
};
use bollard_buildkit_proto::pb;
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
    key: MetadataValue<Ascii>,
}

impl Gateway {
    /// A call within this build.
    pub fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        request.metadata_mut().insert("buildkit-controlapi-buildid", self.key.clone());
        request
    }

    /// Solves a definition; `None` is an empty file system. Unless it is evaluated now, that happens when the result is used.
    pub async fn solve(&self, definition: pb::Definition, evaluate: bool) -> Result<Option<Ref>, Status> {
        let request = self.request(SolveRequest {
            definition: Some(definition),
            allow_result_return: true,
            allow_result_array_ref: true,
            evaluate,
            ..SolveRequest::default()
        });
        let answer = self.client.clone().solve(request).await?.into_inner();
        Ok(match answer.result.and_then(|result| result.result) {
            Some(Referred::Ref(reference)) if !reference.id.is_empty() => Some(reference),
            _ => None,
        })
    }

    /// Whether a result has a file.
    pub async fn has(&self, reference: Option<String>, path: &str) -> Result<bool, Status> {
        let Some(reference) = reference else { return Ok(false) };
        let stat = StatFileRequest { r#ref: reference, path: path.to_owned(), ..StatFileRequest::default() };
        match self.client.clone().stat_file(self.request(stat)).await {
            Ok(_) => Ok(true),
            Err(status) if failure::is_no_file(&status) => Ok(false),
            Err(status) => Err(status),
        }
    }

    /// Brings about every result of what was lowered. The engine keeps only results that were asked for.
    pub async fn solve_all(&self, lowered: &Lowered) -> Result<(), Status> {
        let solves = lowered.definitions().map(|definition| self.solve(definition, true));
        futures_util::future::try_join_all(solves).await.map(drop)
    }
}

/// Opens a build, does `work` in it, and ends it. Dropping the future cancels the build and its calls.
pub async fn within<T, F, W>(link: &Link, build: Build, report: Option<&mut Report>, work: F) -> Result<T, Status>
where
    F: FnOnce(Gateway) -> W,
    W: Future<Output = Result<T, Status>>,
{
    let work = |gateway| async { Ok((work(gateway).await?, BuildResult::default())) };
    steer(link, build, report, work).await.map(|(answer, _)| answer)
}

/// The same for a build that exports the result that `work` gives with its answer; also gives what the exporter said.
pub async fn steer<T, F, W>(
    link: &Link,
    build: Build,
    report: Option<&mut Report>,
    work: F,
) -> Result<(T, Response), Status>
where
    F: FnOnce(Gateway) -> W,
    W: Future<Output = Result<(T, BuildResult), Status>>,
{
    let _permit = link.permit().await;
    let name = unique::name();
    let mut following = pin!(async {
        if let Some(report) = report {
            status::follow(link, &name, report).await;
        }
    });
    let mut building = pin!(open(link, build, &name, work));
    let mut followed = false;
    let answer = loop {
        tokio::select! {
            biased;
            () = &mut following, if !followed => followed = true,
            answer = &mut building => break answer,
        }
    };
    if !followed {
        status::drain(following).await;
    }
    answer
}

/// Whether a result has at least one of these files.
pub async fn has_any(link: &Link, build: Build, definition: pb::Definition, files: &[String]) -> Result<bool, Status> {
    within(link, build, None, |gateway| async move {
        let reference = gateway.solve(definition, false).await?.map(|reference| reference.id);
        for path in files {
            if gateway.has(reference.clone(), path).await? {
                return Ok(true);
            }
        }
        Ok(false)
    })
    .await
}

async fn open<T, F, W>(link: &Link, build: Build, name: &str, work: F) -> Result<(T, Response), Status>
where
    F: FnOnce(Gateway) -> W,
    W: Future<Output = Result<(T, BuildResult), Status>>,
{
    let exports = !build.exporter.is_empty();
    let key = MetadataValue::try_from(name).expect("hexadecimal digits are a header's value");
    let gateway = Gateway { client: link.calls(), key };
    let mut client = link.builds();
    let mut building = pin!(client.solve(build.request(name)));
    let mut done = pin!(async {
        let (answer, end) = match work(gateway.clone()).await {
            Ok((answer, result)) => (Ok(answer), ReturnRequest { result: Some(result), error: None }),
            Err(status) => {
                let error = Fault { code: status.code().into(), message: status.message().into(), details: Vec::new() };
                (Err(status), ReturnRequest { result: None, error: Some(error) })
            }
        };
        if let Err(error) = gateway.client.clone().r#return(gateway.request(end)).await {
            tracing::debug!(%error, build = name, "the build did not take its result");
        }
        answer
    });
    let ended = tokio::select! {
        biased;
        answer = &mut done => {
            let answer = answer?;
            if exports {
                return Ok((answer, building.await?.into_inner().exporter_response));
            }
            // Nothing depends on its end any more.
            if tokio::time::timeout(END, building).await.is_err() {
                tracing::debug!(build = name, "the build did not end");
            }
            return Ok((answer, Response::default()));
        }
        ended = &mut building => ended,
    };
    // The build is over: it failed, or its end came here before the answer to the call that ended it.
    let response = ended?.into_inner().exporter_response;
    match tokio::time::timeout(END, done).await {
        Ok(answer) => Ok((answer?, response)),
        Err(_) => Err(Status::unknown("the engine ended a build before its time")),
    }
}
