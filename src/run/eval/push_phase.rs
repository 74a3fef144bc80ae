//! The end of a target before `WAIT` was known (0.6): behind the first `RUN --push` come pushes only, and who goes on from the target
//! sees nothing of them.

use super::fault::Eval;
use super::recipe::Frame;
use super::state::State;
use crate::analysis::program::{Step, StepKind};
use crate::analysis::push_last;
use crate::source::Span;

/// A target's pushes have begun.
pub(super) struct PushPhase {
    /// The first push.
    push: Span,
    /// What there was before it.
    before: State,
}

impl Frame<'_> {
    /// Notes a `RUN --push`, whether or not it runs.
    pub(super) fn note_push(&mut self, push: Span) {
        if !self.unit.features.wait_block() && self.push_phase.is_none() {
            self.push_phase = Some(PushPhase { push, before: self.state.clone() });
        }
    }

    /// Refuses what is no push behind one.
    pub(super) async fn check_push_phase(&self, step: &Step) -> Eval<()> {
        let Some(PushPhase { push, .. }) = &self.push_phase else { return Ok(()) };
        let allowed = match &step.kind {
            StepKind::Run(run) => self.flag(&run.push).await?,
            StepKind::SaveImage(save) => save.push,
            _ => false,
        };
        if allowed { Ok(()) } else { Err(push_last(step.span, *push).into()) }
    }

    /// What others go on from, if it is not the state as it is.
    pub(super) fn before_pushes(&self) -> Option<&State> {
        self.push_phase.as_ref().map(|phase| &phase.before)
    }
}
