//! Gates: who answers when the engine is about to start a step.
//!
//! Each exec mounts an optional secret that is named for its own operation. The engine asks the session for it only when the step
//! really runs, and waits for the answer: an empty secret lets it run, "permission denied" makes it fail.
//!
//! Builds of several clients may share a step. The engine asks their sessions one after the other until one gives the secret, so the
//! first who opens lets the step run for all, and it fails only when all refuse.

use crate::digest::VertexId;
use crate::engine::{Answer, Observer};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// What every gate's id starts with.
pub const PREFIX: &str = "rbuild.gate.";
/// The words of a refusal, by which it is known again in the engine's error.
pub const REFUSAL: &str = "rbuild refused to open the gate";

/// The gates of the builds that are open.
#[derive(Default)]
pub struct Gates {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// By gate id: the open builds in which it may be asked.
    waiting: HashMap<String, Vec<Waiter>>,
    /// Who watched a vertex last: it may be run again for somebody who only reads its files.
    watchers: HashMap<VertexId, Weak<dyn Observer>>,
    /// Vertices that share a gate are submitted one at a time.
    turns: HashMap<String, Weak<tokio::sync::Mutex<()>>>,
    next: u64,
}

struct Waiter {
    build: u64,
    vertex: VertexId,
    observer: Arc<dyn Observer>,
    /// Whether its build was opened for this vertex.
    own: bool,
    /// Whether it was asked already.
    asked: bool,
    /// Its turn, until it has opened: then the engine knows the step, and the next question is somebody else's.
    turn: Option<Turn>,
}

/// The right to submit a vertex of some gate.
type Turn = tokio::sync::OwnedMutexGuard<()>;

impl Waiter {
    /// How well a question fits; the least fits best. Of two builds that could mean it, the one that was opened for this vertex does,
    /// but an engine asks only once for a step that it then runs: the next question is for one that lost a result.
    fn distance(&self) -> u8 {
        match (self.own, self.asked) {
            (true, false) => 0,
            (false, _) => 1,
            (true, true) => 2,
        }
    }
}

/// A gate of a definition: its id and the vertex behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gate {
    /// The secret's id.
    pub id: String,
    /// The vertex that it holds back.
    pub vertex: VertexId,
}

/// An open build's place at the gates. They forget it when this is dropped.
pub struct Registration {
    gates: Arc<Gates>,
    build: u64,
    ids: Vec<String>,
}

impl Gates {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Announces a build that runs `own`, if anything: its observer answers for all of its gates. Vertices that share a gate are
    /// announced one at a time: waits until the one before has been let through, or has ended.
    pub async fn enter(
        self: &Arc<Self>,
        gates: &[Gate],
        own: Option<VertexId>,
        observer: &Arc<dyn Observer>,
    ) -> Registration {
        let turn = match gates.iter().find(|gate| own == Some(gate.vertex)) {
            Some(gate) => Some(self.turn(&gate.id).await),
            None => None,
        };
        self.register(gates, own.zip(turn), observer)
    }

    fn register(
        self: &Arc<Self>,
        gates: &[Gate],
        own: Option<(VertexId, Turn)>,
        observer: &Arc<dyn Observer>,
    ) -> Registration {
        let mut state = self.lock();
        let build = state.next;
        state.next += 1;
        let (own, mut turn) = own.unzip();
        for gate in gates {
            let own = own == Some(gate.vertex);
            let turn = if own { turn.take() } else { None };
            let waiter = Waiter { build, vertex: gate.vertex, observer: Arc::clone(observer), own, asked: false, turn };
            state.waiting.entry(gate.id.clone()).or_default().push(waiter);
        }
        if let Some(own) = own {
            state.watchers.insert(own, Arc::downgrade(observer));
        }
        Registration { gates: Arc::clone(self), build, ids: gates.iter().map(|gate| gate.id.clone()).collect() }
    }

    /// Announces a build that only asks what is cached.
    #[must_use]
    pub fn register_probe(self: &Arc<Self>, gates: &[Gate], observer: &Arc<dyn Observer>) -> Registration {
        self.register(gates, None, observer)
    }

    /// Announces a build that runs nothing by itself: whoever ran a vertex last answers for it.
    #[must_use]
    pub fn register_reader(self: &Arc<Self>, gates: &[Gate]) -> Vec<Registration> {
        let watched: Vec<(Gate, Arc<dyn Observer>)> = {
            let state = self.lock();
            gates.iter().filter_map(|gate| Some((gate.clone(), state.watchers.get(&gate.vertex)?.upgrade()?))).collect()
        };
        watched.iter().map(|(gate, observer)| self.register(std::slice::from_ref(gate), None, observer)).collect()
    }

    /// Waits until no other vertex of this gate is on its way to it.
    async fn turn(&self, id: &str) -> Turn {
        let turn = {
            let mut state = self.lock();
            state.turns.retain(|_, turn| turn.strong_count() > 0);
            let known = state.turns.get(id).and_then(Weak::upgrade);
            known.unwrap_or_else(|| {
                let turn = Arc::new(tokio::sync::Mutex::new(()));
                state.turns.insert(id.to_owned(), Arc::downgrade(&turn));
                turn
            })
        };
        turn.lock_owned().await
    }

    /// The answer to the engine; `None` when no open build has this gate.
    pub async fn ask(&self, id: &str) -> Option<Answer> {
        let (build, vertex, observer) = {
            let mut state = self.lock();
            let waiter = state.waiting.get_mut(id)?.iter_mut().min_by_key(|waiter| waiter.distance())?;
            waiter.asked = true;
            (waiter.build, waiter.vertex, Arc::clone(&waiter.observer))
        };
        let answer = observer.gate(vertex).await;
        if answer == Answer::Open {
            let mut state = self.lock();
            let waiting = state.waiting.get_mut(id).into_iter().flatten();
            waiting
                .filter(|waiter| (waiter.build, waiter.vertex) == (build, vertex))
                .for_each(|waiter| waiter.turn = None);
        }
        Some(answer)
    }

    /// Tells all who have this gate that it was asked, unless it may stand for more than one vertex: then nobody knows for which.
    pub async fn tell(&self, id: &str) {
        let (vertex, observers) = {
            let state = self.lock();
            let Some(waiting) = state.waiting.get(id) else { return };
            let Some(vertex) = waiting.first().map(|first| first.vertex) else { return };
            if waiting.iter().any(|waiter| waiter.vertex != vertex) {
                return;
            }
            (vertex, waiting.iter().map(|waiter| Arc::clone(&waiter.observer)).collect::<Vec<_>>())
        };
        for observer in observers {
            // Whatever the answer, a probe runs nothing.
            let _refused = observer.gate(vertex).await;
        }
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        let mut state = self.gates.lock();
        for id in &self.ids {
            if let Some(waiting) = state.waiting.get_mut(id) {
                waiting.retain(|waiter| waiter.build != self.build);
                if waiting.is_empty() {
                    state.waiting.remove(id);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;
    use crate::engine::Progress;
    use crate::event::Stream;
    use crate::graph::LocalSource;

    struct Says(Answer, Mutex<Vec<VertexId>>);

    impl Says {
        fn new(answer: Answer) -> Arc<Self> {
            Arc::new(Self(answer, Mutex::default()))
        }
    }

    #[async_trait::async_trait]
    impl Observer for Says {
        async fn gate(&self, vertex: VertexId) -> Answer {
            self.1.lock().expect("sound").push(vertex);
            self.0
        }
        fn output(&self, _: VertexId, _: Stream, _: &[u8]) {}
        fn progress(&self, _: VertexId, _: Progress) {}
        fn context_sent(&self, _: &LocalSource, _: u64, _: u64) {}
    }

    fn vertex(name: &str) -> VertexId {
        VertexId(Digest::of(name))
    }

    type Watched = (Arc<Says>, Arc<dyn Observer>);

    fn watched(answer: Answer) -> Watched {
        let says = Says::new(answer);
        (says.clone(), says)
    }

    #[tokio::test]
    async fn the_build_that_was_opened_for_the_vertex_answers() {
        let gates = Arc::new(Gates::default());
        let gate = Gate { id: "g".into(), vertex: vertex("a") };
        let (below, own) = (watched(Answer::Refuse), watched(Answer::Open));
        let later = gates.enter(std::slice::from_ref(&gate), Some(vertex("b")), &below.1).await;
        assert_eq!(gates.ask("g").await, Some(Answer::Refuse), "a lost result is run again for a vertex above it");
        let now = gates.enter(std::slice::from_ref(&gate), Some(vertex("a")), &own.1).await;
        assert_eq!(gates.ask("g").await, Some(Answer::Open));
        assert_eq!(*own.0.1.lock().expect("sound"), [vertex("a")]);
        assert_eq!(gates.ask("g").await, Some(Answer::Refuse), "it was let through; somebody else lost it");
        drop(later);
        assert_eq!(gates.ask("g").await, Some(Answer::Open), "nobody else could mean it");
        drop(now);
        assert_eq!(gates.ask("g").await, None, "nobody is left");
        let reader = gates.register_reader(&[gate]);
        assert_eq!(gates.ask("g").await, Some(Answer::Open), "a reader's question goes to who ran it last");
        drop(reader);
    }

    #[tokio::test]
    async fn a_probe_is_told_of_gates_that_stand_for_one_vertex() {
        let gates = Arc::new(Gates::default());
        let (one, two) = (watched(Answer::Refuse), watched(Answer::Refuse));
        let (a, b) = (Gate { id: "a".into(), vertex: vertex("a") }, Gate { id: "g".into(), vertex: vertex("b") });
        let c = Gate { id: "g".into(), vertex: vertex("c") };
        let first = gates.register_probe(&[a.clone(), b], &one.1);
        let second = gates.register_probe(&[a, c], &two.1);
        for id in ["a", "g", "other"] {
            gates.tell(id).await;
        }
        drop(second);
        gates.tell("g").await;
        let asked = |says: &Watched| says.0.1.lock().expect("sound").clone();
        assert_eq!((asked(&one), asked(&two)), (vec![vertex("a"), vertex("b")], vec![vertex("a")]));
        drop(first);
    }

    #[tokio::test]
    async fn vertices_that_share_a_gate_enter_one_at_a_time() {
        let gates = Arc::new(Gates::default());
        let of = |name: &str, id: &str| [Gate { id: id.into(), vertex: vertex(name) }];
        let (a, b, c) = (watched(Answer::Open), watched(Answer::Refuse), watched(Answer::Open));
        let (of_a, of_b, of_c) = (of("a", "g"), of("b", "g"), of("c", "g"));
        let first = gates.enter(&of_a, Some(vertex("a")), &a.1).await;
        let second = gates.enter(&of_b, Some(vertex("b")), &b.1);
        tokio::pin!(second);
        assert!(futures_util::poll!(&mut second).is_pending());
        let other = of("d", "other");
        assert!(futures_util::poll!(Box::pin(gates.enter(&other, Some(vertex("d")), &a.1))).is_ready());
        assert_eq!(gates.ask("g").await, Some(Answer::Open));
        let second = second.await;
        assert_eq!(gates.ask("g").await, Some(Answer::Refuse), "the first is let through, and runs");
        let third = gates.enter(&of_c, Some(vertex("c")), &c.1);
        tokio::pin!(third);
        assert!(futures_util::poll!(&mut third).is_pending(), "the second was not let through");
        drop(second);
        let third = third.await;
        assert_eq!(gates.ask("g").await, Some(Answer::Open));
        let asked = |says: &Watched| says.0.1.lock().expect("sound").clone();
        assert_eq!((asked(&a), asked(&b), asked(&c)), (vec![vertex("a")], vec![vertex("b")], vec![vertex("c")]));
        drop((first, third));
    }
}
