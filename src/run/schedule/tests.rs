//! The state machine in a made-up world that does everything in any order.

use super::{Action, Call, Caps, Event, Kind, Schedule, Setup, State};
use crate::digest::{Digest, VertexId};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// A vertex: which earlier ones it needs and which locks (bits of masks), and how it ends.
#[derive(Debug, Clone)]
struct Shape {
    needs: u32,
    locks: u8,
    kind: u8,
    fails: bool,
    cached: bool,
    killed: bool,
}

fn shape() -> impl Strategy<Value = Shape> {
    let odds = |many: u8| prop::bool::weighted(f64::from(many) / 100.0);
    (any::<u32>(), any::<u8>(), any::<u8>(), odds(10), odds(20), odds(10))
        .prop_map(|(needs, locks, kind, fails, cached, killed)| Shape { needs, locks, kind, fails, cached, killed })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Todo {
    Ask(VertexId),
    TryLocks(VertexId),
    WaitLocks(VertexId),
    Host,
    Memory,
    Exit(VertexId),
    Tidy(VertexId),
    Finish(VertexId),
}

impl Todo {
    fn vertex(self) -> Option<VertexId> {
        match self {
            Self::Ask(id)
            | Self::TryLocks(id)
            | Self::WaitLocks(id)
            | Self::Exit(id)
            | Self::Tidy(id)
            | Self::Finish(id) => Some(id),
            Self::Host | Self::Memory => None,
        }
    }
}

/// Everything around a schedule.
struct World {
    schedule: Schedule,
    caps: Caps,
    shapes: HashMap<VertexId, Shape>,
    todo: BTreeSet<Todo>,
    locks: BTreeMap<u8, VertexId>,
    /// Slots of the whole machine that there are; who holds one; whether one is on its way.
    host: usize,
    host_holders: HashSet<VertexId>,
    host_slot: bool,
    running: HashSet<VertexId>,
    runs: HashMap<VertexId, usize>,
    killed: HashSet<VertexId>,
    complete: HashSet<Call>,
    choices: Box<dyn Iterator<Item = u16>>,
}

impl World {
    fn new(caps: Caps, keep_going: bool, host: usize, choices: Vec<u16>) -> Self {
        Self {
            schedule: Schedule::new(caps, keep_going),
            caps,
            shapes: HashMap::new(),
            todo: BTreeSet::new(),
            locks: BTreeMap::new(),
            host,
            host_holders: HashSet::new(),
            host_slot: false,
            running: HashSet::new(),
            runs: HashMap::new(),
            killed: HashSet::new(),
            complete: HashSet::new(),
            choices: Box::new(choices.into_iter().cycle()),
        }
    }

    fn choose(&mut self, among: usize) -> usize {
        usize::from(self.choices.next().unwrap()) % among
    }

    fn apply(&mut self, event: Event) {
        let actions = self.schedule.apply(event);
        self.act(actions);
    }

    fn free(&mut self, id: VertexId) {
        self.locks.retain(|_, holder| *holder != id);
        self.todo.retain(|todo| !matches!(todo, Todo::TryLocks(of) | Todo::WaitLocks(of) if *of == id));
    }

    fn wanted(&self, id: VertexId) -> Vec<u8> {
        (0..3).filter(|lock| self.shapes[&id].locks >> lock & 0b1001 == 0b1001).collect()
    }

    fn take_locks(&mut self, id: VertexId) -> bool {
        let wanted = self.wanted(id);
        let free = wanted.iter().all(|lock| !self.locks.contains_key(lock));
        if free {
            self.locks.extend(wanted.into_iter().map(|lock| (lock, id)));
        }
        free
    }

    fn act(&mut self, actions: Vec<Action>) {
        for action in actions {
            match action {
                Action::Submit(id) => {
                    let shape = &self.shapes[&id];
                    let runs = !shape.kind.is_multiple_of(4) && !shape.cached;
                    self.todo.insert(if runs { Todo::Ask(id) } else { Todo::Finish(id) });
                }
                Action::TakeLocks(id) => drop(self.todo.insert(Todo::TryLocks(id))),
                Action::WaitForLocks(id) => drop(self.todo.insert(Todo::WaitLocks(id))),
                Action::GiveBackLocks(id) => self.free(id),
                Action::TakeHostSlot => assert!(self.todo.insert(Todo::Host), "one place in the queue is enough"),
                Action::LeaveHostSlot => {
                    self.todo.remove(&Todo::Host);
                    self.host_slot = false;
                }
                Action::ReadMemory | Action::ReadMemoryLater => drop(self.todo.insert(Todo::Memory)),
                Action::Open(id) => self.open(id),
                Action::Refuse(_) => {}
                Action::Cancel(id) => {
                    self.todo.retain(|todo| todo.vertex() != Some(id));
                    self.running.remove(&id);
                    self.free(id);
                }
                Action::Changed(id, state) => {
                    if state != State::Running {
                        self.host_holders.remove(&id);
                    }
                    if state.is_final() {
                        self.free(id);
                    }
                }
                Action::Complete(call) => assert!(self.complete.insert(call), "a call is complete once"),
            }
        }
        let counts = self.schedule.counts();
        assert!(counts.running <= self.caps.limit);
        let all = counts.running + counts.queued + counts.waiting_for_lock + counts.waiting_for_host + counts.done;
        assert_eq!(all, counts.total, "{counts:?}");
    }

    fn open(&mut self, id: VertexId) {
        assert!(self.wanted(id).iter().all(|lock| self.locks.get(lock) == Some(&id)), "it has its locks");
        if self.caps.host {
            assert!(std::mem::take(&mut self.host_slot), "it gets a slot of the machine");
            self.host_holders.insert(id);
            assert!(self.host_holders.len() <= self.host);
        }
        assert!(self.running.insert(id));
        assert!(self.running.len() <= self.caps.limit, "{} run", self.running.len());
        let alone = self.killed.iter().any(|killed| self.running.contains(killed));
        assert!(!alone || self.running.len() == 1, "what was killed runs alone");
        *self.runs.entry(id).or_default() += 1;
        self.todo.insert(Todo::Exit(id));
    }

    /// Does something that can be done; says whether there was anything.
    fn step(&mut self) -> bool {
        let free = |world: &Self, id| world.wanted(id).iter().all(|lock| !world.locks.contains_key(lock));
        let can: Vec<Todo> = self
            .todo
            .iter()
            .copied()
            .filter(|todo| match todo {
                Todo::WaitLocks(id) => free(self, *id),
                Todo::Host => self.host_holders.len() < self.host,
                _ => true,
            })
            .collect();
        if can.is_empty() {
            return false;
        }
        let todo = can[self.choose(can.len())];
        self.todo.remove(&todo);
        match todo {
            Todo::Ask(id) => self.apply(Event::Asked { vertex: id, build: id }),
            Todo::TryLocks(id) => {
                let event = if self.take_locks(id) { Event::Locked(id) } else { Event::LockBusy(id) };
                self.apply(event);
            }
            Todo::WaitLocks(id) => {
                assert!(self.take_locks(id));
                self.apply(Event::Locked(id));
            }
            Todo::Host => {
                self.host_slot = true;
                self.apply(Event::HostSlot);
            }
            Todo::Memory => {
                let room = self.choose(3) as u64 * 50;
                self.apply(Event::Room(room));
            }
            Todo::Exit(id) => self.exit(id),
            Todo::Tidy(id) => {
                self.free(id);
                let ok = !self.shapes[&id].fails;
                self.apply(Event::Finished { vertex: id, ok });
            }
            Todo::Finish(id) => self.apply(Event::Finished { vertex: id, ok: true }),
        }
        true
    }

    fn exit(&mut self, id: VertexId) {
        self.running.remove(&id);
        if self.caps.memory && self.shapes[&id].killed && self.killed.insert(id) {
            self.free(id);
            return self.apply(Event::TryAlone(id));
        }
        self.todo.insert(Todo::Tidy(id));
        if self.choose(2) == 0 {
            self.apply(Event::Ended(id));
        }
    }
}

fn setups(shapes: &[Shape]) -> Vec<Setup> {
    let ids: Vec<VertexId> = (0..shapes.len()).map(|i| VertexId(Digest::of(i.to_string()))).collect();
    let setup = |(i, shape): (usize, &Shape)| {
        let needs = |j: &usize| shape.needs >> (j % 32) & 0b11 == 0b11;
        let locks = (0..3).any(|lock| shape.locks >> lock & 0b1001 == 0b1001);
        Setup {
            id: ids[i],
            kind: if shape.kind.is_multiple_of(4) { Kind::File } else { Kind::Step { locks } },
            inputs: (0..i).filter(needs).map(|j| ids[j]).collect(),
            cost: u64::from(shape.kind),
            memory: u64::from(shape.kind),
            known: false,
        }
    };
    shapes.iter().enumerate().map(setup).collect()
}

/// A vertex and all that it needs, inputs first.
fn closure(all: &[Setup], goal: usize) -> Vec<Setup> {
    let mut needed = HashSet::from([all[goal].id]);
    for setup in all.iter().rev() {
        if needed.contains(&setup.id) {
            needed.extend(setup.inputs.iter().copied());
        }
    }
    all.iter().filter(|setup| needed.contains(&setup.id)).cloned().collect()
}

/// What may go on beside the steps.
#[derive(Debug, Clone)]
struct Trouble {
    keep_going: bool,
    fails: bool,
    /// After so many events, the first call is abandoned; or everything is stopped.
    abandon: Option<u8>,
    stop: Option<u8>,
}

fn trouble() -> impl Strategy<Value = Trouble> {
    let rarely = || prop::option::weighted(0.3, any::<u8>());
    (any::<bool>(), any::<bool>(), rarely(), rarely()).prop_map(|(keep_going, fails, abandon, stop)| Trouble {
        keep_going,
        fails,
        abandon,
        stop,
    })
}

fn play(shapes: &[Shape], caps: Caps, host: usize, choices: Vec<u16>, trouble: &Trouble) {
    let mut world = World::new(caps, trouble.keep_going, host, choices);
    let all = setups(shapes);
    for (setup, shape) in all.iter().zip(shapes) {
        let shape = Shape { fails: shape.fails && trouble.fails, ..shape.clone() };
        world.shapes.insert(setup.id, shape);
    }
    // The calls come one after the other, while others are under way: each wants one vertex, the last one wants all.
    let calls: Vec<Vec<Setup>> =
        (0..all.len()).step_by(3).map(|goal| closure(&all, goal)).chain([all.clone()]).collect();
    let mut events = 0_u32;
    let mut waiting = calls.iter().enumerate();
    let mut next = waiting.next();
    let mut abandoned = false;
    loop {
        if trouble.abandon.is_some_and(|at| events >= u32::from(at) && !abandoned) {
            abandoned = true;
            world.apply(Event::Abandoned(Call(0)));
        }
        if trouble.stop.is_some_and(|at| events == u32::from(at)) {
            world.apply(Event::Stop);
        }
        events += 1;
        let call_comes = next.is_some() && world.choose(4) == 0;
        if !call_comes && world.step() {
            continue;
        }
        let Some((number, setups)) = next else { break };
        let actions = world.schedule.add(Call(number as u64), setups.iter().cloned());
        world.act(actions);
        next = waiting.next();
    }
    assert!(world.todo.is_empty() && world.schedule.is_over(), "stuck with {:?}", world.todo);
    assert!(world.locks.is_empty() && world.host_holders.is_empty() && !world.host_slot, "something is still held");
    for number in 0..calls.len() {
        let call = Call(number as u64);
        assert!(world.complete.contains(&call) || (abandoned && number == 0), "{call:?} was not answered");
    }
    for (id, runs) in &world.runs {
        let again = usize::from(world.killed.contains(id)) + usize::from(abandoned);
        assert!(*runs <= 1 + again, "{id:?} ran {runs} times");
    }
    if !trouble.fails && trouble.stop.is_none() {
        assert!(all.iter().all(|setup| world.schedule.state(setup.id) == Some(State::Done)), "everything is done");
    }
}

/// A step whose build goes on behind its open gate needs results again that were lost: they run in its slot, one after the other.
#[test]
fn guests_run_in_the_slot_of_their_build() {
    let caps = Caps { limit: 1, host: false, memory: false };
    let mut schedule = Schedule::new(caps, false);
    let id = |name: &str| VertexId(Digest::of(name));
    let setup = |name: &str, inputs: &[&str]| Setup {
        id: id(name),
        kind: Kind::Step { locks: false },
        inputs: inputs.iter().map(|name| id(name)).collect(),
        cost: 1,
        memory: 0,
        known: inputs.is_empty(),
    };
    schedule.add(Call(0), [setup("a", &[]), setup("b", &[]), setup("host", &["a", "b"])]);
    let opened = |actions: &[Action]| -> Vec<VertexId> {
        actions.iter().filter_map(|action| if let Action::Open(id) = action { Some(*id) } else { None }).collect()
    };
    let asked = |vertex: &str, build: &str| Event::Asked { vertex: id(vertex), build: id(build) };
    assert_eq!(opened(&schedule.apply(asked("host", "host"))), [id("host")]);
    assert_eq!(opened(&schedule.apply(asked("a", "host"))), [id("a")]);
    assert_eq!(opened(&schedule.apply(asked("b", "host"))), [], "one at a time");
    assert_eq!(opened(&schedule.apply(Event::Ended(id("a")))), [id("b")]);
    schedule.apply(Event::Ended(id("b")));
    schedule.apply(Event::Finished { vertex: id("host"), ok: true });
    assert!(schedule.is_over());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn no_order_of_events_breaks_a_cap_or_hangs(
        shapes in prop::collection::vec(shape(), 1..24),
        host in prop::option::of(1_usize..4),
        memory in any::<bool>(),
        choices in prop::collection::vec(any::<u16>(), 64),
        trouble in trouble(),
    ) {
        for limit in [1, 2, 3, 8] {
            let caps = Caps { limit, host: host.is_some(), memory };
            play(&shapes, caps, host.unwrap_or(0), choices.clone(), &trouble);
        }
    }
}
