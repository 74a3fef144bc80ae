//! A whole build: steps, outputs, pushes, in this order.

use super::executor::Executor;
use super::failure::BuildError;
use super::interrupt::Interrupt;
use super::outputs;
use crate::digest::VertexId;
use crate::graph::Plan;
use crate::graph::plan::{ArtifactOutput, ImageOutput};
use std::collections::HashSet;
use std::sync::Arc;

/// Outputs that are written; artifacts that were asked for by name always are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// Images and files.
    Everything,
    /// Images of the targets that were asked for, what is pushed, and no files.
    Images,
    /// Artifacts that were asked for, and what is pushed.
    Asked,
    /// The same, where nothing was asked for.
    Nothing,
}

/// What a build does beside running steps.
#[derive(Debug, Clone, Copy)]
pub struct Choices {
    /// What of images and files is written.
    pub output: Written,
    /// Whether images are pushed and `RUN --push` steps run.
    pub push: bool,
}

/// Runs the steps of a plan that wait for no push.
///
/// # Errors
/// What stopped it.
pub async fn prepare(executor: &Executor, plan: &Plan, choices: Choices) -> Result<(), BuildError> {
    let (first, _) = phases(plan, choices);
    if first.steps.is_empty() {
        return Ok(());
    }
    executor.execute(&Arc::new(plan.graph.clone()), &first.steps).await
}

/// Runs a plan. Outputs are written when every step has succeeded; `RUN --push` steps, and what is built on them, come last.
///
/// # Errors
/// What stopped it; nothing that it began is left over.
pub async fn build(executor: &Executor, plan: Plan, choices: Choices, interrupt: &Interrupt) -> Result<(), BuildError> {
    if let Some(push) = plan.push_steps.first().filter(|_| choices.push).and_then(|id| plan.graph.get(id))
        && let Some(witness) = executor.witness()
    {
        let (target, name) = (&push.options.target, &push.options.name);
        witness.refuse(|| format!("`{name}` of {target} runs in every build"));
    }
    let graph = Arc::new(plan.graph.clone());
    let (first, last) = phases(&plan, choices);
    for phase in [first, last].into_iter().filter(|phase| !phase.steps.is_empty()) {
        executor.execute(&graph, &phase.steps).await?;
        tokio::select! {
            written = outputs::write(executor, &phase.plan, &graph, choices.push) => written?,
            () = interrupt.stopped() => return Err(BuildError::Interrupted),
        }
    }
    Ok(())
}

/// Steps to bring about, and the outputs that go with them.
struct Phase {
    steps: Vec<VertexId>,
    plan: Plan,
}

/// What can be done before any push step, and what depends on one.
fn phases(plan: &Plan, choices: Choices) -> (Phase, Phase) {
    let pushes: HashSet<VertexId> = plan.push_steps.iter().copied().collect();
    let late = |goal: VertexId| {
        !pushes.is_empty() && plan.graph.closure([goal]).iter().any(|vertex| pushes.contains(&vertex.id))
    };
    let is_late = |image: &ImageOutput| image.state.root.is_some_and(|root| late(root.vertex));
    // An index is pushed when all its images are there.
    let late_indexes: HashSet<&String> =
        plan.images.iter().filter(|image| is_late(image)).filter_map(|image| image.index.as_ref()).collect();
    let (late_images, images) =
        plan.images.iter().cloned().partition(|image| {
            is_late(image) || image.index.as_ref().is_some_and(|index| late_indexes.contains(index))
        });
    let (late_files, files) = plan.artifacts.iter().cloned().partition(|artifact| late(artifact.tree.vertex));
    let (late_goals, goals): (Vec<_>, Vec<_>) = plan.goals.iter().copied().partition(|goal| late(*goal));
    let keep = |goals: Vec<VertexId>, mut images: Vec<ImageOutput>, mut artifacts: Vec<ArtifactOutput>| {
        // What is pushed has to be stored.
        images.retain(|image| match choices.output {
            Written::Everything => true,
            Written::Images => image.asked || choices.push && image.push,
            Written::Asked | Written::Nothing => choices.push && image.push,
        });
        if choices.output != Written::Everything {
            artifacts.retain(|artifact| artifact.asked);
        }
        let outputs = Plan { images, artifacts, goals, ..Plan::default() };
        Phase { steps: outputs.required(), plan: outputs }
    };
    let mut first = keep(goals, images, files);
    // What push steps are built on must succeed before anything leaves this machine.
    let below = pushes.iter().filter_map(|id| plan.graph.get(id)).flat_map(|vertex| vertex.dependencies());
    first.steps.extend(below.filter(|id| !late(*id)).collect::<HashSet<_>>());
    (first, keep(late_goals, late_images, late_files))
}
