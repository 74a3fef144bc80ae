//! The probe: what is cached from end to end. Every gate is refused, so that nothing runs.

use super::driver::BuildKit;
use super::failure;
use super::gateway::{self, Gateway};
use super::link::Link;
use super::lower::Lowered;
use super::solve::Build;
use super::status::{Report, Running};
use crate::digest::VertexId;
use crate::engine::{EngineError, Observer};
use crate::graph::{Graph, Output};
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

impl BuildKit {
    /// Tells which of the goals are cached, as far as the results of `WITH DOCKER` steps are known.
    pub(super) async fn ask(
        &self,
        graph: &Graph,
        goals: &[VertexId],
        observer: &Arc<dyn Observer>,
    ) -> Result<Vec<bool>, EngineError> {
        let steps = self.prepare_to_import(graph, goals).await?;
        let (mut lowered, mut places) = (Vec::new(), Vec::new());
        for goal in goals {
            match self.lower(graph, Output { vertex: *goal, index: 0 }).await {
                Ok(goal) => {
                    places.push(Some(lowered.len()));
                    lowered.push(goal);
                }
                Err(error) if error.ends_all() => return Err(error),
                // Whoever runs it will see why.
                Err(error) => {
                    tracing::debug!(%error, %goal, "not cached");
                    places.push(None);
                }
            }
        }
        if lowered.is_empty() {
            return Ok(vec![false; goals.len()]);
        }
        let contexts: Vec<_> = lowered.iter().flat_map(|goal| goal.contexts.clone()).collect();
        let _contexts = self.contexts.register(&contexts, Some(observer));
        let mut gates: Vec<_> = lowered.iter().flat_map(|goal| goal.gates.clone()).collect();
        gates.sort_by(|a, b| (&a.id, a.vertex).cmp(&(&b.id, b.vertex)));
        gates.dedup();
        let _gates = self.offer.met.register_probe(&gates, observer);
        let build = Build { session: self.refusals.id().to_owned(), imports: self.imports(), ..Build::default() };
        let asking = probe(&self.link, build.clone(), (lowered.clone(), steps.clone()), Arc::clone(observer));
        let mut answers = asking.await;
        if answers.as_ref().is_err_and(failure::is_not_entitled) {
            // The engine refuses the whole build for one goal's privilege. Without it, only that goal fails.
            lowered.iter_mut().for_each(|goal| goal.entitlements.clear());
            answers = probe(&self.link, build, (lowered, steps), Arc::clone(observer)).await;
        }
        let answers = answers.map_err(|status| self.fault(&status, &[]))?;
        Ok(places.into_iter().map(|place| place.is_some_and(|at| answers[at])).collect())
    }
}

/// Asks about each goal, in a build whose session refuses all gates; and about these steps, where a goal is not cached.
///
/// # Errors
/// When the connection breaks. A goal that fails for any other reason is not cached: whoever runs it will see why.
async fn probe(
    link: &Link,
    build: Build,
    (goals, steps): (Vec<Lowered>, Vec<Lowered>),
    observer: Arc<dyn Observer>,
) -> Result<Vec<bool>, Status> {
    let vertices: HashMap<_, _> = goals.iter().flat_map(|goal| goal.vertices.clone()).collect();
    let gated: HashSet<VertexId> = goals.iter().flat_map(|goal| goal.gates.iter().map(|gate| gate.vertex)).collect();
    let entitlements: HashSet<_> = goals.iter().flat_map(|goal| goal.entitlements.clone()).collect();
    let build = Build { entitlements: entitlements.into_iter().collect(), ..build };
    let mut report = Report::new(vertices, None, observer);
    let running = report.running();
    let enough = CancellationToken::new();
    let watching = async {
        while !has_long_run(&running, &gated) {
            tokio::time::sleep(PATIENCE / 4).await;
        }
        enough.cancel();
        std::future::pending::<Infallible>().await
    };
    let patient = &enough;
    let asking = gateway::within(link, build, Some(&mut report), |gateway| async move {
        let ask = |asked: Vec<Lowered>| {
            let answers = stream::iter(asked).map(|asked| {
                let asking = cached(gateway.clone(), asked);
                patient.run_until_cancelled(asking).map(|answer| answer.unwrap_or(Ok(false)))
            });
            answers.buffered(WIDTH).collect::<Vec<_>>()
        };
        let answers: Vec<bool> = ask(goals).await.into_iter().collect::<Result<_, _>>()?;
        if answers.contains(&false) {
            // What comes of it shows when they are run.
            let _found = ask(steps).await;
        }
        Ok(answers)
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
