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
    /// The first one's result was lost, which the second one's build needs while its process waits.
    AskAgain(VertexId, VertexId),
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
            | Self::AskAgain(_, id)
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
    inputs: HashMap<VertexId, Vec<VertexId>>,
    todo: BTreeSet<Todo>,
    locks: BTreeMap<u8, VertexId>,
    /// Slots of the whole machine that there are; who holds one; whether one is on its way.
    host: usize,
    host_holders: HashSet<VertexId>,
    host_slot: bool,
    running: HashSet<VertexId>,
    /// Those that are brought about again, and in whose builds.
    guests: HashMap<VertexId, VertexId>,
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
            inputs: HashMap::new(),
            todo: BTreeSet::new(),
            locks: BTreeMap::new(),
            host,
            host_holders: HashSet::new(),
            host_slot: false,
            running: HashSet::new(),
            guests: HashMap::new(),
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
                        if self.guests.remove(&id).is_some() {
                            self.todo.remove(&Todo::Exit(id));
                            self.running.remove(&id);
                        }
                    }
                }
                Action::Complete(call) => assert!(self.complete.insert(call), "a call is complete once"),
            }
        }
        let counts = self.schedule.counts();
        assert!(counts.running <= self.caps.limit + self.guests.len());
        let all = counts.running + counts.queued + counts.waiting_for_lock + counts.waiting_for_host + counts.done;
        assert_eq!(all, counts.total, "{counts:?}");
    }

    fn open(&mut self, id: VertexId) {
        assert!(self.wanted(id).iter().all(|lock| self.locks.get(lock) == Some(&id)), "it has its locks");
        let is_guest = self.guests.contains_key(&id);
        if self.caps.host {
            let has_come = std::mem::take(&mut self.host_slot);
            assert!(has_come || is_guest, "it gets a slot of the machine");
            self.host_holders.extend(has_come.then_some(id));
            assert!(self.host_holders.len() <= self.host);
        }
        assert!(self.running.insert(id));
        // Who waits for a guest does nothing meanwhile.
        let waits = |id: &VertexId| self.guests.iter().any(|(guest, of)| of == id && self.running.contains(guest));
        let busy = self.running.iter().filter(|id| !waits(id)).count();
        assert!(busy <= self.caps.limit, "{busy} run");
        let alone = |killed: &VertexId| self.running.contains(killed) && !self.guests.contains_key(killed);
        assert!(busy == 1 || !self.killed.iter().any(alone), "what was killed runs alone");
        self.todo.insert(Todo::Exit(id));
        if is_guest {
            return;
        }
        *self.runs.entry(id).or_default() += 1;
        // A process outside of the engine's builds holds no lock that a step inside may need.
        let builds_on = self.wanted(id).is_empty();
        let lost = self.inputs[&id].iter().copied().filter(|input| builds_on && self.may_be_lost(*input));
        for input in lost.collect::<Vec<_>>() {
            if self.choose(4) == 0 {
                self.todo.insert(Todo::AskAgain(input, id));
            }
        }
    }

    /// Whether the result of a step is there, and can get lost.
    fn may_be_lost(&self, id: VertexId) -> bool {
        let is_step = !self.shapes[&id].kind.is_multiple_of(4);
        // A lock that it needs may be held by a step that waits for the very slot which its build holds.
        let needs_both = self.caps.host && !self.wanted(id).is_empty();
        is_step && !needs_both && self.schedule.state(id) == Some(State::Done)
    }

    /// Whether a step waits for what is brought about again in its build.
    fn waits_for_guests(&self, id: VertexId) -> bool {
        self.guests.values().any(|of| *of == id)
            || self.todo.iter().any(|todo| matches!(todo, Todo::AskAgain(_, of) if *of == id))
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
                Todo::Exit(id) => !self.waits_for_guests(*id),
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
            Todo::AskAgain(id, build) => {
                if self.may_be_lost(id) {
                    self.guests.insert(id, build);
                    self.apply(Event::Asked { vertex: id, build });
                }
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
        if self.guests.contains_key(&id) {
            return self.apply(Event::Ended(id));
        }
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
        world.inputs.insert(setup.id, setup.inputs.clone());
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
    assert!(world.todo.is_empty() && world.schedule.is_over(), "stuck with {:?}, {:?}", world.todo, world.locks);
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

/// A step whose build goes on behind its open gate needs results again that were lost: they run in its slot, one after the other, whoever
/// else waits for one.
#[test]
fn guests_run_in_the_slot_of_their_build() {
    for host in [false, true] {
        let mut schedule = Schedule::new(Caps { limit: 1, host, memory: false }, false);
        let id = |name: &str| VertexId(Digest::of(name));
        let setup = |name: &str, inputs: &[&str], cost: u64, known: bool| Setup {
            id: id(name),
            kind: Kind::Step { locks: false },
            inputs: inputs.iter().map(|name| id(name)).collect(),
            cost,
            memory: 0,
            known,
        };
        let all = [
            setup("a", &[], 1, true),
            setup("b", &[], 1, true),
            setup("build", &["a", "b"], 1, false),
            setup("long", &[], 100, false),
        ];
        schedule.add(Call(0), all);
        // What is opened then; slots of the whole machine come at once, as long as there is one.
        let free = std::cell::Cell::new(host);
        let mut opened = |event: Event| -> Vec<VertexId> {
            let mut actions = schedule.apply(event);
            if actions.contains(&Action::TakeHostSlot) && free.replace(false) {
                actions.extend(schedule.apply(Event::HostSlot));
            }
            actions.iter().filter_map(|action| if let Action::Open(id) = action { Some(*id) } else { None }).collect()
        };
        let asked = |vertex: &str, build: &str| Event::Asked { vertex: id(vertex), build: id(build) };
        assert_eq!(opened(asked("build", "build")), [id("build")]);
        assert_eq!(opened(asked("long", "long")), []);
        assert_eq!(opened(asked("a", "build")), [id("a")]);
        assert_eq!(opened(asked("b", "build")), [], "one at a time");
        assert_eq!(opened(Event::Ended(id("a"))), [id("b")]);
        assert_eq!(opened(Event::Ended(id("b"))), []);
        free.set(host);
        assert_eq!(opened(Event::Finished { vertex: id("build"), ok: true }), [id("long")]);
        opened(Event::Finished { vertex: id("long"), ok: true });
        assert!(schedule.is_over());
    }
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
