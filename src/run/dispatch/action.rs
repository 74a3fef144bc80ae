//! What comes of builds, and what the schedule wants done.

use super::dispatcher::Dispatch;
use super::message::Message;
use crate::digest::VertexId;
use crate::engine::{Answer, EngineError, Observer};
use crate::event::{Event, StepState};
use crate::graph::Op;
use crate::graph::encode::process_own;
use crate::run::failure::{self, CopySource};
use crate::run::gatekeeper::Gatekeeper;
use crate::run::host::on_this_machine;
use crate::run::schedule::{Action, Event as Happened, State};
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

impl Dispatch {
    pub(super) fn finished(&mut self, vertex: VertexId, result: &Result<(), EngineError>) {
        self.release(vertex);
        let live = self.schedule.state(vertex).is_some_and(|state| !state.is_final());
        if let (true, Err(error)) = (live, result) {
            if self.is_worth_another_try(vertex, error) {
                return self.try_alone(vertex);
            }
            self.failed(vertex, error);
        }
        self.happened(Happened::Finished { vertex, ok: result.is_ok() });
    }

    fn failed(&mut self, vertex: VertexId, error: &EngineError) {
        if error.ends_all() {
            return self.broken(vertex, error.clone().into());
        }
        let steps = &self.setting.steps;
        let Some(step) = steps.get(vertex) else { return };
        let graph = self.graphs.get(&vertex);
        let source = graph.and_then(|graph| Some(CopySource::of(graph, graph.get(&vertex)?)));
        let source = source.unwrap_or(CopySource::State);
        let platform = graph.and_then(|graph| Some(graph.get(&vertex)?.op.exec()?.platform.clone()));
        let foreign = platform.filter(|platform| *platform != self.setting.engine.platform());
        let failure = failure::of_step(&step, source, error, steps.last_output(vertex), foreign.as_ref());
        let on_host = graph.and_then(|graph| graph.get(&vertex)).is_some_and(|vertex| matches!(vertex.op, Op::Host(_)));
        let failure = Arc::new(if on_host { failure::on_this_machine(failure) } else { failure });
        self.requests.failed(vertex, failure.clone(), !self.setting.limits.keep_going);
        let steps = &self.setting.steps;
        steps.tell(vertex, StepState::Failed { took: steps.took(vertex).unwrap_or_default(), failure });
    }

    fn release(&mut self, vertex: VertexId) {
        self.gates.remove(&vertex);
        drop(self.take_claims(vertex));
    }

    pub(super) fn act(&mut self) {
        while let Some(action) = self.actions.pop_front() {
            match action {
                Action::Submit(id) => self.submit(id),
                Action::TakeLocks(id) => self.try_locks(id),
                Action::WaitForLocks(id) => self.wait_for_locks(id),
                Action::GiveBackLocks(id) => drop(self.take_claims(id)),
                Action::TakeHostSlot => self.take_host_slot(),
                Action::LeaveHostSlot => self.leave_host_slot(),
                Action::ReadMemory => self.read_memory(),
                Action::ReadMemoryLater => self.read_memory_later(),
                Action::Open(id) => {
                    self.give_host_slot(id);
                    self.answer(id, Answer::Open);
                }
                Action::Refuse(id) => self.answer(id, Answer::Refuse),
                Action::Cancel(id) => {
                    // What it holds is free when the engine was told.
                    let mut guards = self.take_claims(id);
                    guards.extend(self.host_guards.remove(&id));
                    self.builds.cancel(id, guards);
                    self.release(id);
                }
                Action::Changed(id, state) => self.changed(id, state),
                Action::Complete(call) => self.requests.complete(call, &self.schedule),
            }
        }
        let counts = self.schedule.counts();
        if counts != self.counts {
            self.counts = counts;
            self.setting.steps.send(Event::Counts(counts));
        }
    }

    fn changed(&mut self, id: VertexId, state: State) {
        if state == State::WaitingForHost {
            self.host_waits.begin(id);
        } else {
            self.host_waits.end(id);
        }
        self.promise_memory(id, state);
        if state != State::Running {
            self.host_guards.remove(&id);
        }
        if state == State::Done {
            // A regained result's locks go as soon as its process ends.
            drop(self.take_claims(id));
        }
        let steps = &self.setting.steps;
        steps.moved(id, state);
        match state {
            State::Ready | State::AtGate => steps.tell(id, StepState::Queued),
            State::Running => {
                steps.begin(id);
                steps.tell(id, StepState::Running);
            }
            State::Done => {
                let took = steps.took(id);
                if let (Some(took), Some(own)) =
                    (took, self.vertices.get(&id).and_then(|vertex| process_own(&vertex.op)))
                {
                    self.setting.durations.note(&own, took);
                }
                steps.tell(id, took.map_or(StepState::Cached, |took| StepState::Done { took }));
            }
            State::Dropped | State::Abandoned => steps.tell(id, StepState::Cancelled),
            State::Waiting => steps.reopen(id),
            State::Submitted
            | State::Locking
            | State::WaitingForLock
            | State::WaitingForHost
            | State::Ending
            | State::Failed => {}
        }
        if state.is_final() {
            self.graphs.remove(&id);
        }
    }

    fn answer(&mut self, id: VertexId, answer: Answer) {
        for gate in self.gates.remove(&id).into_iter().flatten() {
            // The engine may have given up asking.
            let _unheard = gate.send(answer);
        }
    }

    fn submit(&mut self, id: VertexId) {
        let Some(graph) = self.graphs.get(&id).cloned() else { return };
        let engine = self.setting.engine.clone();
        let steps = self.setting.steps.clone();
        let (messages, roots, answers) = (self.messages(), self.roots.clone(), self.setting.answers.clone());
        let console = self.setting.console.clone();
        // Nobody asks at a gate for what is no step; whether it was cached the engine tells.
        steps.begin_work(id, false);
        self.builds.start(id, |build| async move {
            let observer: Arc<dyn Observer> =
                Arc::new(Gatekeeper { build, messages: messages.clone(), steps, roots, console });
            // A panic has printed its own message; the build must still come to an end.
            let defect = |_| Err(EngineError::Defect("rbuild panicked".to_owned()));
            let work = async {
                match on_this_machine(&engine, &graph, id, &observer, &answers).await {
                    Some(result) => result,
                    None => engine.run(&graph, id, observer).await,
                }
            };
            let result = AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(defect);
            let _gone = messages.send(Message::Finished { build, result });
        });
    }
}
