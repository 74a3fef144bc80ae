//! The end of a target before `WAIT` was known (0.6): behind the first `RUN --push` come pushes only.

use super::fault::Eval;
use super::recipe::Frame;
use crate::analysis::program::{Step, StepKind};
use crate::analysis::push_last;
use crate::source::Span;

impl Frame<'_> {
    /// Notes a `RUN --push`, whether or not it runs.
    pub(super) fn note_push(&mut self, push: Span) {
        if !self.unit.features.wait_block() {
            self.first_push.get_or_insert(push);
        }
    }

    /// Refuses what is no push behind one.
    pub(super) async fn check_push_phase(&self, step: &Step) -> Eval<()> {
        let Some(push) = self.first_push else { return Ok(()) };
        let allowed = match &step.kind {
            StepKind::Run(run) => self.flag(&run.push).await?,
            StepKind::SaveImage(save) => save.push,
            _ => false,
        };
        if allowed { Ok(()) } else { Err(push_last(step.span, push).into()) }
    }
}
