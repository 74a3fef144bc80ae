//! `TRY`: what it saves is saved although it fails.

use super::evaluator::hold;
use super::fault::{Eval, Fault};
use super::recipe::Frame;
use super::state::State;
use crate::analysis::program::{Recipe, Step, StepKind, Try};
use crate::run::facts::Attempt;
use crate::run::failure::BuildError;

impl Frame<'_> {
    pub(super) async fn try_block(&mut self, step: &Step, block: &Try) -> Eval<()> {
        let mut attempt = None;
        for step in &block.body {
            match &step.kind {
                StepKind::Run(run) => attempt = self.try_run(step, run).await?,
                StepKind::WithDocker(block) => attempt = self.try_with_docker(step, block).await?,
                // Analysis lets nothing else in.
                _ => self.steps(std::slice::from_ref(step)).await?,
            }
        }
        match attempt {
            Some(Attempt::Passed) => self.steps(&block.finally).await,
            Some(Attempt::Failed(failure)) => {
                let rescued = self.rescue(step, block).await;
                // The step's own failure is what stopped the build; what else went wrong is told beside it.
                if let Err(fault @ (Fault::Buildfile(_) | Fault::Engine { .. } | Fault::Build(_))) = rescued {
                    self.evaluator.report(fault);
                }
                Err(BuildError::Steps(vec![failure]).into())
            }
            None => {
                self.aside(&block.catch).await?;
                self.steps(&block.finally).await
            }
        }
    }

    /// Walks `CATCH` and `FINALLY` after a failure, and does at once what they say.
    async fn rescue(&mut self, step: &Step, block: &Try) -> Eval<()> {
        let outputs = hold(&self.evaluator.reached).contains(self.key);
        let caught = if block.catch.is_empty() {
            Ok(())
        } else {
            let (mark, before) = (self.mark(), self.state.clone());
            let caught = match self.steps(&block.catch).await {
                Ok(()) => {
                    let last = self.state.last().map(|last| last.vertex);
                    self.complete(self.since(mark, last), outputs, step.span).await
                }
                Err(fault) => Err(fault),
            };
            if caught.is_err() || !self.goes_on_from(&before) {
                // There is nothing to save from: what failed is elsewhere.
                self.state = before;
            }
            caught
        };
        let mark = self.mark();
        self.rescuing = true;
        let saved = self.steps(&block.finally).await;
        self.rescuing = false;
        saved?;
        self.complete(self.since(mark, None), outputs, step.span).await?;
        caught
    }

    /// Whether the files are those of an earlier state, and what was done to them since.
    fn goes_on_from(&self, before: &State) -> bool {
        let State { root, image, local: None, .. } = &self.state else { return false };
        let below = self.evaluator.part(root.map(|root| root.vertex));
        *image == before.image && before.root.is_none_or(|root| below.get(&root.vertex).is_some())
    }

    /// Walks steps that may be done or not, and goes on as if they were not.
    async fn aside(&mut self, steps: &Recipe) -> Eval<()> {
        if steps.is_empty() {
            return Ok(());
        }
        let before = self.point();
        self.steps(steps).await?;
        if let Some(last) = self.state.last() {
            self.note_asked(last.vertex);
        }
        self.go_to(before);
        Ok(())
    }
}
