//! The probe: what is cached from end to end. Every gate is refused, so that nothing runs.

use super::gateway::{self, Gateway};
use super::link::Link;
use super::lower::Lowered;
use super::solve::Build;
use super::status::{Report, Running};
use crate::digest::VertexId;
use crate::engine::Observer;
use futures_util::{FutureExt as _, StreamExt as _, stream};
use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tonic::{Code, Status};

/// Goals that are asked about at the same time.
const WIDTH: usize = 32;

/// How long a process may run that the probe meets: it is somebody else's, and may take hours.
const PATIENCE: Duration = Duration::from_secs(1);

/// Asks about each goal, in a build whose session refuses all gates.
///
/// # Errors
/// When the connection breaks. A goal that fails for any other reason is not cached: whoever runs it will see why.
pub async fn probe(
    link: &Link,
    build: Build,
    goals: Vec<Lowered>,
    observer: Arc<dyn Observer>,
) -> Result<Vec<bool>, Status> {
    let vertices: HashMap<_, _> = goals.iter().flat_map(|goal| goal.vertices.clone()).collect();
    let steps: HashSet<VertexId> = goals.iter().flat_map(|goal| goal.gates.iter().map(|gate| gate.vertex)).collect();
    let entitlements: HashSet<_> = goals.iter().flat_map(|goal| goal.entitlements.clone()).collect();
    let build = Build { entitlements: entitlements.into_iter().collect(), ..build };
    let mut report = Report::new(vertices, None, observer);
    let running = report.running();
    let enough = CancellationToken::new();
    let watching = async {
        while !has_long_run(&running, &steps) {
            tokio::time::sleep(PATIENCE / 4).await;
        }
        enough.cancel();
        std::future::pending::<Infallible>().await
    };
    let patient = &enough;
    let asking = gateway::within(link, build, Some(&mut report), |gateway| async move {
        let answers = stream::iter(goals).map(|goal| {
            let asking = cached(gateway.clone(), goal);
            patient.run_until_cancelled(asking).map(|answer| answer.unwrap_or(Ok(false)))
        });
        answers.buffered(WIDTH).collect::<Vec<_>>().await.into_iter().collect()
    });
    tokio::select! {
        answers = asking => answers,
        never = watching => match never {},
    }
}

/// Whether one of these steps has been running for long.
fn has_long_run(running: &Running, steps: &HashSet<VertexId>) -> bool {
    let running = running.lock().unwrap_or_else(PoisonError::into_inner);
    running.iter().any(|(vertex, since)| steps.contains(vertex) && since.elapsed() > PATIENCE)
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
