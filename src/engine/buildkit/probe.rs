//! The probe: what is cached from end to end. Every gate is refused, so that nothing runs.

use super::gateway::{self, Gateway};
use super::link::Link;
use super::lower::Lowered;
use super::solve::Build;
use super::status::Report;
use crate::engine::Observer;
use futures_util::{StreamExt as _, stream};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use tonic::{Code, Status};

/// Goals that are asked about at the same time.
const WIDTH: usize = 32;

/// Asks about each goal, in a session that refuses all gates.
///
/// # Errors
/// When the connection breaks. A goal that fails for any other reason is not cached: whoever runs it will see why.
pub async fn probe(
    link: &Link,
    session: &str,
    goals: Vec<Lowered>,
    observer: Arc<dyn Observer>,
) -> Result<Vec<bool>, Status> {
    let vertices: HashMap<_, _> = goals.iter().flat_map(|goal| goal.vertices.clone()).collect();
    let entitlements: HashSet<_> = goals.iter().flat_map(|goal| goal.entitlements.clone()).collect();
    let build =
        Build { session: session.to_owned(), entitlements: entitlements.into_iter().collect(), ..Build::default() };
    let mut report = Report::new(vertices, None, observer);
    gateway::within(link, build, Some(&mut report), |gateway| async move {
        let answers = stream::iter(goals).map(|goal| cached(gateway.clone(), goal)).buffered(WIDTH);
        answers.collect::<Vec<_>>().await.into_iter().collect()
    })
    .await
}

async fn cached(gateway: Gateway, goal: Lowered) -> Result<bool, Status> {
    match gateway.solve_all(&goal).await {
        Ok(()) => Ok(true),
        Err(status) if status.code() == Code::Unavailable => Err(status),
        Err(status) => {
            tracing::debug!(%status, "not cached");
            Ok(false)
        }
    }
}
