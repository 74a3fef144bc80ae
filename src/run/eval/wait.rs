//! `WAIT`: everything that is begun inside of it is done before the recipe goes on.

use super::evaluator::hold;
use super::fault::{Eval, Fault};
use super::gathered::Gathered;
use super::instance::{Instance, Key};
use super::recipe::Frame;
use crate::analysis::program::{Recipe, Step};
use crate::digest::VertexId;
use crate::graph::{Op, Plan};
use crate::source::Span;
use std::sync::Arc;

/// How much a recipe had given at some point.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    builds: usize,
    uses: usize,
    images: usize,
    locals: usize,
    push_steps: usize,
}

impl Frame<'_> {
    pub(super) async fn wait(&mut self, step: &Step, body: &Recipe) -> Eval<()> {
        let mark = self.mark();
        self.steps(body).await?;
        let last = self.state.last().map(|last| last.vertex);
        let outputs = hold(&self.evaluator.reached).contains(self.key);
        self.complete(self.since(mark, last), outputs, step.span).await
    }

    /// Where the recipe is now.
    pub(super) fn mark(&self) -> Mark {
        let Instance { builds, uses, images, locals, push_steps, .. } = &self.instance;
        Mark {
            builds: builds.len(),
            uses: uses.len(),
            images: images.len(),
            locals: locals.len(),
            push_steps: push_steps.len(),
        }
    }

    /// What the recipe has given since then, and perhaps a state.
    pub(super) fn since(&self, mark: Mark, last: Option<VertexId>) -> Instance {
        let all = &self.instance;
        Instance {
            builds: all.builds[mark.builds..].to_vec(),
            uses: all.uses[mark.uses..].to_vec(),
            images: all.images[mark.images..].to_vec(),
            locals: all.locals[mark.locals..].to_vec(),
            push_steps: all.push_steps[mark.push_steps..].to_vec(),
            asked: Vec::new(),
            last,
            ..all.clone()
        }
    }

    /// Does all that a part of this recipe gives: steps first, then outputs, then pushes. `outputs`: whether it has any.
    pub(super) async fn complete(&mut self, part: Instance, outputs: bool, span: Span) -> Eval<()> {
        let evaluator = self.evaluator;
        let mut gathered = Gathered::default();
        let mut moment = self.moment;
        gathered.add_own(self.unit, &part, outputs);
        let data_gives_outputs = outputs && !self.unit.features.referenced_save_only();
        let used = part.uses.iter().map(|key| (key.clone(), data_gives_outputs));
        let mut open: Vec<(Arc<Key>, bool)> =
            used.chain(part.builds.iter().map(|(key, _)| (key.clone(), outputs))).rev().collect();
        while let Some((key, outputs)) = open.pop() {
            if !gathered.is_new(&key, outputs) {
                continue;
            }
            let instance = evaluator.instance(self.key, &key, self.depth, span, &self.home.trace, self.moment).await?;
            moment = moment.and(instance.moment);
            open.extend(gathered.add(&evaluator.unit(&key.dir), &key, instance, outputs).into_iter().rev());
        }
        let plan = evaluator.settle(gathered);
        let images = plan
            .images
            .iter()
            .flat_map(|image| image.state.root.map(|root| root.vertex).into_iter().chain(image.state.image));
        let needed: Vec<VertexId> =
            plan.required().into_iter().chain(images).chain(plan.push_steps.iter().copied()).collect();
        let commands = evaluator.part(needed.iter().chain(&plan.asked).copied());
        let changes_files = !plan.artifacts.is_empty() || commands.iter().any(|step| matches!(step.op, Op::Host(_)));
        self.moment = if changes_files { moment.after(self.key) } else { moment };
        let plan = Plan { graph: evaluator.part(needed), ..plan };
        evaluator.may_ask()?;
        if !evaluator.facts.prepare(&plan).await? {
            evaluator.leave_open();
            return Ok(());
        }
        // Two parts may share outputs: the second one finds them written.
        let mut written = evaluator.written.lock().await;
        evaluator.may_ask()?;
        let plan = written.without(plan);
        written.note(&plan);
        evaluator.facts.complete(plan).await.map_err(Fault::from)
    }
}
