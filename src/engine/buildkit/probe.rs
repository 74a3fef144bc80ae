//! The probe: what is cached from end to end. Every gate is refused, so that nothing runs.

use super::gateway::{self, Gateway};
use super::link::Link;
use super::lower::Lowered;
use super::solve::Build;
use super::status::{self, Report};
use crate::engine::{EngineError, Observer};
use bollard_buildkit_proto::moby::buildkit::v1::frontend::SolveRequest;
use futures_util::{StreamExt as _, stream};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use tonic::Code;

/// Goals that are asked about at the same time.
const WIDTH: usize = 32;
/// How long the reports may take to end behind the build.
const DRAIN: Duration = Duration::from_secs(1);

/// Asks about each goal, in a session that refuses all gates.
///
/// # Errors
/// When the connection breaks. A goal that fails for any other reason is not cached: whoever runs it will see why.
pub async fn probe(
    link: &Link,
    session: &str,
    goals: Vec<Lowered>,
    observer: Arc<dyn Observer>,
) -> Result<Vec<bool>, EngineError> {
    let vertices: HashMap<_, _> = goals.iter().flat_map(|goal| goal.vertices.clone()).collect();
    let entitlements: HashSet<_> = goals.iter().flat_map(|goal| goal.entitlements.clone()).collect();
    let build =
        Build { session: session.to_owned(), entitlements: entitlements.into_iter().collect(), ..Build::default() };
    let mut report = Report::new(vertices, None, observer);
    let (told, name) = tokio::sync::oneshot::channel();
    let asking = gateway::within(link, build, |gateway| async move {
        // The other side is gone only when all is.
        let _ = told.send(gateway.name.clone());
        let answers = stream::iter(goals).map(|goal| cached(gateway.clone(), goal)).buffered(WIDTH);
        answers.collect::<Vec<_>>().await.into_iter().collect::<Result<Vec<bool>, EngineError>>()
    });
    let following = async {
        if let Ok(name) = name.await {
            status::follow(link, &name, &mut report).await;
        }
    };
    let (mut asking, mut following) = (std::pin::pin!(asking), std::pin::pin!(following));
    let mut followed = false;
    let answer = loop {
        tokio::select! {
            answer = &mut asking => break answer,
            () = &mut following, if !followed => followed = true,
        }
    };
    if !followed {
        let _ = tokio::time::timeout(DRAIN, following).await;
    }
    answer
}

async fn cached(mut gateway: Gateway, goal: Lowered) -> Result<bool, EngineError> {
    let request = gateway.request(SolveRequest {
        definition: Some(goal.definition),
        allow_result_return: true,
        allow_result_array_ref: true,
        evaluate: true,
        ..SolveRequest::default()
    });
    match gateway.client.solve(request).await {
        Ok(_) => Ok(true),
        Err(status) if status.code() == Code::Unavailable => Err(EngineError::Connection {
            action: "ask what is cached".to_owned(),
            message: status.message().to_owned(),
        }),
        Err(status) => {
            tracing::debug!(%status, "not cached");
            Ok(false)
        }
    }
}
