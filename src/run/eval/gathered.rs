//! What evaluated targets give together, and what of it is done already.

use super::images::Saved;
use super::instance::{Instance, Key};
use crate::analysis::program::Unit;
use crate::digest::VertexId;
use crate::graph::Plan;
use crate::graph::plan::{ArtifactOutput, ImageOutput};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Instances put together to a plan.
#[derive(Default)]
pub struct Gathered {
    /// All but the images.
    pub plan: Plan,
    /// The images as they are saved.
    pub images: Vec<Saved>,
    /// The instances.
    pub instances: HashMap<Arc<Key>, Arc<Instance>>,
    seen: HashSet<(Arc<Key>, bool)>,
    goals: HashSet<VertexId>,
}

impl Gathered {
    /// Whether an instance was not added before, with its outputs or without.
    pub fn is_new(&mut self, key: &Arc<Key>, outputs: bool) -> bool {
        self.seen.insert((key.clone(), outputs))
    }

    /// Adds an instance, and gives those that belong to it, each with whether its outputs count: what `BUILD` reaches gives outputs,
    /// what data references reach gives only steps, except before 0.6.
    pub fn add(
        &mut self,
        unit: &Unit,
        key: &Arc<Key>,
        instance: Arc<Instance>,
        outputs: bool,
    ) -> Vec<(Arc<Key>, bool)> {
        let used = instance.uses.iter().map(|key| (key.clone(), outputs && !unit.features.referenced_save_only()));
        let next = used.chain(instance.builds.iter().map(|(key, _)| (key.clone(), outputs))).collect();
        self.add_own(unit, &instance, outputs);
        self.instances.insert(key.clone(), instance);
        next
    }

    /// Adds what an instance gives by itself.
    pub fn add_own(&mut self, unit: &Unit, instance: &Instance, outputs: bool) {
        let plan = &mut self.plan;
        let asked: Vec<VertexId> = instance.asked.iter().copied().filter(|id| !plan.asked.contains(id)).collect();
        plan.asked.extend(asked);
        let ends = instance.left.iter().copied().chain(instance.last);
        plan.goals.extend(ends.filter(|id| self.goals.insert(*id)));
        let pushes: Vec<VertexId> =
            instance.push_steps.iter().copied().filter(|id| !plan.push_steps.contains(id)).collect();
        plan.push_steps.extend(pushes);
        if outputs {
            let unique = unit.features.check_duplicate_images();
            self.images.extend(instance.images.iter().map(|image| Saved { image: image.clone(), unique }));
            for local in &instance.locals {
                if !plan.artifacts.iter().any(|held| same_artifact(held, local)) {
                    plan.artifacts.push(local.clone());
                }
            }
        }
    }
}

fn same_artifact(a: &ArtifactOutput, b: &ArtifactOutput) -> bool {
    (a.tree, &a.dest, &a.base) == (b.tree, &b.dest, &b.base)
}

/// The instances whose outputs count: those that the user asked for, and what they build.
#[derive(Debug, Default)]
pub struct Reached {
    asked: HashSet<Arc<Key>>,
    keys: HashSet<Arc<Key>>,
    builds: HashMap<Arc<Key>, Vec<Arc<Key>>>,
}

impl Reached {
    /// Notes that the user asked for an instance.
    pub fn ask(&mut self, key: &Arc<Key>) {
        self.asked.insert(key.clone());
        self.reach(key);
    }

    /// Whether the user asked for an instance.
    pub fn is_asked(&self, key: &Arc<Key>) -> bool {
        self.asked.contains(key)
    }

    /// Notes that an instance's outputs count, and so those of all that it builds.
    fn reach(&mut self, key: &Arc<Key>) {
        let mut open = vec![key.clone()];
        while let Some(key) = open.pop() {
            if self.keys.insert(key.clone()) {
                open.extend(self.builds.get(&key).into_iter().flatten().cloned());
            }
        }
    }

    /// Notes a `BUILD`.
    pub fn build(&mut self, from: &Arc<Key>, to: &Arc<Key>) {
        self.builds.entry(from.clone()).or_default().push(to.clone());
        if self.keys.contains(from) {
            self.reach(to);
        }
    }

    /// Whether an instance's outputs count, as far as is known.
    pub fn contains(&self, key: &Arc<Key>) -> bool {
        self.keys.contains(key)
    }
}

/// What is written and pushed before the end.
#[derive(Debug, Default)]
pub struct Written {
    images: Vec<ImageOutput>,
    artifacts: Vec<ArtifactOutput>,
    push_steps: HashSet<VertexId>,
}

impl Written {
    /// Notes that a plan's outputs are written.
    pub fn note(&mut self, plan: &Plan) {
        self.images.extend(plan.images.iter().cloned());
        self.artifacts.extend(plan.artifacts.iter().cloned());
        self.push_steps.extend(plan.push_steps.iter().copied());
    }

    /// What is left of a plan.
    #[must_use]
    pub fn without(&self, mut plan: Plan) -> Plan {
        let is_written = |image: &ImageOutput| {
            let pushed = |held: &ImageOutput| held.push || !image.push;
            self.images.iter().any(|held| held.name == image.name && held.state == image.state && pushed(held))
        };
        plan.images.retain(|image| !is_written(image));
        plan.artifacts.retain(|artifact| !self.artifacts.iter().any(|held| same_artifact(held, artifact)));
        plan.push_steps.retain(|id| !self.push_steps.contains(id));
        plan
    }
}
