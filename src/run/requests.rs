//! Calls that wait for an answer, and what the answer will be.

use super::failure::BuildError;
use super::schedule::{Call, Schedule, State};
use crate::digest::VertexId;
use crate::event::Failure;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::oneshot;

type Reply = oneshot::Sender<Result<(), BuildError>>;

/// Open calls, and everything that went wrong.
#[derive(Default)]
pub struct Requests {
    open: HashMap<Call, (Vec<VertexId>, Reply)>,
    /// Answers that are given when everything that was cancelled has ended.
    held: Vec<(Reply, BuildError)>,
    /// In the order in which they came.
    failures: Vec<(VertexId, Arc<Failure>)>,
    /// What stopped everything, and where.
    stop: Option<(Option<VertexId>, BuildError)>,
}

impl Requests {
    /// Takes a call.
    pub fn open(&mut self, call: Call, goals: Vec<VertexId>, reply: Reply) {
        self.open.insert(call, (goals, reply));
    }

    /// Forgets a call.
    pub fn abandon(&mut self, call: Call) {
        self.open.remove(&call);
    }

    /// Notes that a step failed, and whether that stops everything.
    pub fn failed(&mut self, vertex: VertexId, failure: Arc<Failure>, stops: bool) {
        if stops {
            self.stopped_by(Some(vertex), BuildError::Steps(vec![failure.clone()]));
        }
        self.failures.push((vertex, failure));
    }

    /// Notes what stops everything; the first one counts, but the user's wish before all.
    pub fn stopped_by(&mut self, vertex: Option<VertexId>, error: BuildError) {
        if self.stop.is_none() || matches!(error, BuildError::Interrupted) {
            self.stop = Some((vertex, error));
        }
    }

    /// What stopped everything.
    pub fn stop(&self) -> Option<&BuildError> {
        self.stop.as_ref().map(|(_, error)| error)
    }

    /// Answers a call for which nothing more will happen.
    pub fn complete(&mut self, call: Call, schedule: &Schedule) {
        let Some((goals, reply)) = self.open.remove(&call) else { return };
        match self.fault(&goals, schedule) {
            None => {
                // Who does not listen has abandoned the call.
                let _unheard = reply.send(Ok(()));
            }
            Some(error) => self.held.push((reply, error)),
        }
    }

    /// Answers those who had to wait for the end of what was cancelled.
    pub fn answer_held(&mut self) {
        for (reply, error) in self.held.drain(..) {
            let _unheard = reply.send(Err(error));
        }
    }

    /// Why goals were not reached.
    fn fault(&self, goals: &[VertexId], schedule: &Schedule) -> Option<BuildError> {
        if goals.iter().all(|goal| schedule.state(*goal) == Some(State::Done)) {
            return None;
        }
        let missing = schedule.missing(goals.iter().copied());
        if let Some((place, error)) = &self.stop
            && !matches!(error, BuildError::Steps(_))
            && place.is_none_or(|vertex| missing.contains(&vertex))
        {
            return Some(error.clone());
        }
        let failures: Vec<_> =
            self.failures.iter().filter(|(vertex, _)| missing.contains(vertex)).map(|(_, f)| f.clone()).collect();
        Some(if failures.is_empty() { BuildError::Stopped } else { BuildError::Steps(failures) })
    }
}
