use super::*;
use crate::event::{Summary, TimedStep};
use crate::run::summary::summary;
use crate::run::tests::world::Steps;
use Phase::{Aside, Ready};
use std::collections::HashMap;

const SLOT: Phase = Phase::In(Spent::WaitingForSlot);
const LOCK: Phase = Phase::In(Spent::WaitingForLock { lock: None, holder: None });
const HOST: Phase = Phase::In(Spent::WaitingForHost);
const RUNS: Phase = Phase::In(Spent::Running);
const ENDS: Phase = Phase::In(Spent::Ending);

/// A recorder with a graph: each step has a name, and the names of those that it needs.
struct Build {
    recorder: Recorder,
    ids: HashMap<&'static str, VertexId>,
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

impl Build {
    fn new(graph: &[(&'static str, &[&str])]) -> Self {
        let (mut steps, mut ids) = (Steps::default(), HashMap::new());
        for (name, needs) in graph {
            let needs: Vec<VertexId> = needs.iter().map(|need| ids[need]).collect();
            ids.insert(*name, steps.step(name, &needs, &[]));
        }
        let graph = steps.seal();
        let mut recorder = Recorder::default();
        for vertex in graph.iter() {
            let step = Step {
                id: vertex.id,
                target: vertex.options.target.clone(),
                name: vertex.options.name.clone(),
                location: vertex.options.location.clone(),
                trace: vertex.options.trace.clone(),
                counted: vertex.op.is_step(),
                raw_output: vertex.options.raw_output,
            };
            recorder.add(vertex, &Arc::new(step), Duration::ZERO);
        }
        Self { recorder, ids }
    }

    /// Moves a step at these times, in milliseconds.
    fn moves(&mut self, name: &str, moves: &[(u64, Phase)]) -> &mut Self {
        for (now, phase) in moves {
            self.recorder.moved(self.ids[name], phase.clone(), ms(*now));
        }
        self
    }

    fn ended(&mut self, name: &str, now: u64, took: Option<u64>) -> &mut Self {
        let how = if took.is_some() { How::Done } else { How::Cached };
        self.recorder.ended(self.ids[name], how, took.map(ms), ms(now));
        self
    }

    /// A step that runs from one time to another.
    fn ran(&mut self, name: &str, from: u64, to: u64) -> &mut Self {
        self.moves(name, &[(from, RUNS)]).ended(name, to, Some(to - from))
    }

    /// The sums: ran, waited for locks, for slots, for the host.
    fn sums(&self) -> [u128; 4] {
        let all = self.summary().unwrap();
        [all.ran, all.waited_for_locks, all.waited_for_slots, all.waited_for_host].map(|sum| sum.as_millis())
    }

    fn summary(&self) -> Option<Summary> {
        summary(&self.recorder.record(1))
    }

    fn path(&self) -> String {
        names(&self.summary().unwrap().critical_path)
    }
}

fn names(steps: &[TimedStep]) -> String {
    let name = |timed: &TimedStep| format!("{} {}", timed.step.name.trim_start_matches("RUN "), timed.took.as_millis());
    steps.iter().map(name).collect::<Vec<_>>().join(", ")
}

#[test]
fn each_wait_is_counted_as_what_it_was() {
    let check = |moves: &[(u64, Phase)], ended: u64, took: u64, expect: [u128; 4]| {
        let mut build = Build::new(&[("a", &[])]);
        build.moves("a", moves).ended("a", ended, Some(took));
        assert_eq!(build.sums(), expect, "{moves:?}");
    };
    check(&[(5, Ready), (5, Aside), (40, SLOT), (40, RUNS)], 100, 60, [60, 0, 0, 0]);
    check(&[(5, Ready), (5, Aside), (40, SLOT), (70, RUNS)], 100, 30, [30, 0, 30, 0]);
    // a hundred others were with the engine already
    check(&[(5, Ready), (25, Aside), (40, SLOT), (70, RUNS)], 100, 30, [30, 0, 50, 0]);
    check(&[(0, SLOT), (10, SLOT), (10, LOCK), (40, LOCK), (50, RUNS)], 60, 10, [10, 40, 10, 0]);
    // the lock came when no slot was free
    check(&[(0, SLOT), (10, LOCK), (30, SLOT), (60, RUNS)], 70, 10, [10, 20, 40, 0]);
    check(&[(0, SLOT), (1, LOCK), (3, HOST), (7, HOST), (9, RUNS)], 10, 1, [1, 2, 1, 6]);
    // the engine spoiled the first try: both tries ran
    check(&[(0, SLOT), (0, RUNS), (10, SLOT), (15, RUNS)], 35, 20, [30, 0, 5, 0]);
}

#[test]
fn a_wait_for_the_host_that_is_told_late_counts_from_its_beginning() {
    let mut build = Build::new(&[("a", &[])]);
    let id = build.ids["a"];
    build.moves("a", &[(0, SLOT)]);
    build.recorder.waits_for_host(id, ms(100), ms(600));
    build.recorder.waits_for_host(id, ms(100), ms(5_600));
    build.ran("a", 6_000, 6_001);
    assert_eq!(build.sums(), [1, 0, 100, 5_900]);
    // No time counts twice, whatever is said.
    let mut build = Build::new(&[("a", &[])]);
    let id = build.ids["a"];
    build.moves("a", &[(0, SLOT), (500, LOCK), (800, SLOT)]);
    build.recorder.waits_for_host(id, ms(0), ms(900));
    build.ran("a", 1_000, 1_001);
    assert_eq!(build.sums(), [1, 300, 500, 200]);
}

#[test]
fn what_never_ran_takes_nothing() {
    let mut build = Build::new(&[("cached", &[]), ("late", &["cached"]), ("dropped", &[])]);
    build.moves("cached", &[(0, Ready), (50, Aside)]).ended("cached", 60, None);
    assert_eq!(build.summary(), None);
    // The gate was open when it showed that somebody else had run it.
    build.moves("late", &[(0, RUNS)]).ended("late", 60, None).moves("late", &[(90, Aside)]);
    build.moves("dropped", &[(0, SLOT), (90, Aside)]).ended("dropped", 95, Some(5));
    assert_eq!(build.summary(), None);
}

#[test]
fn a_step_that_was_stopped_ran_until_then() {
    let mut build = Build::new(&[("a", &[]), ("b", &[])]);
    build.moves("a", &[(0, RUNS), (70, Aside), (99, Aside)]).moves("b", &[(20, LOCK), (70, Aside)]);
    assert_eq!(build.sums(), [70, 50, 0, 0]);
}

#[test]
fn a_step_that_runs_again_is_one_step() {
    let mut build = Build::new(&[("a", &[]), ("b", &["a"])]);
    build.ran("a", 0, 10).ran("a", 50, 65).ran("b", 70, 71);
    let summary = build.summary().unwrap();
    assert_eq!(names(&summary.slowest), "a 25, b 1");
    assert_eq!(build.sums(), [26, 0, 0, 0]);
}

#[test]
fn the_ten_slowest_are_named_slowest_first() {
    let names_of = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];
    let mut build = Build::new(&names_of.map(|name| (name, [].as_slice())));
    for (name, took) in names_of.iter().zip([3, 9, 1, 8, 4, 12, 2, 7, 5, 11, 6, 9]) {
        build.ran(name, 100, 100 + took);
    }
    let slowest = build.summary().unwrap().slowest;
    assert_eq!(names(&slowest), "f 12, j 11, b 9, l 9, d 8, h 7, k 6, i 5, e 4, a 3");
}

#[test]
fn the_critical_path_is_the_longest_way_through_what_ran() {
    let check = |graph: &[(&'static str, &[&str])], took: &[(&str, u64)], expect: &str| {
        let mut build = Build::new(graph);
        for (name, took) in took {
            build.ran(name, 0, *took);
        }
        assert_eq!(build.path(), expect);
    };
    check(&[("a", &[])], &[("a", 5)], "a 5");
    check(&[("a", &[]), ("b", &["a"]), ("c", &[])], &[("a", 5), ("b", 6), ("c", 10)], "a 5, b 6");
    check(&[("a", &[]), ("b", &["a"]), ("c", &[])], &[("a", 5), ("b", 6), ("c", 12)], "c 12");
    let diamond: &[(&'static str, &[&str])] =
        &[("base", &[]), ("left", &["base"]), ("right", &["base"]), ("end", &["left", "right"])];
    check(diamond, &[("base", 1), ("left", 3), ("right", 2), ("end", 1)], "base 1, left 3, end 1");
    check(diamond, &[("base", 1), ("left", 2), ("right", 3), ("end", 1)], "base 1, right 3, end 1");
    // of equal ways the first one
    check(diamond, &[("base", 1), ("left", 2), ("right", 2), ("end", 1)], "base 1, left 2, end 1");
    // what was cached is on the way, and takes nothing
    check(diamond, &[("base", 1), ("end", 1)], "base 1, end 1");
    check(diamond, &[("left", 4), ("right", 5)], "right 5");
}

#[test]
fn a_graph_that_grows_is_one_build() {
    let mut build = Build::new(&[("a", &[])]);
    build.ran("a", 0, 5);
    let mut steps = Steps::default();
    let a = steps.step("a", &[], &[]);
    let b = steps.step("b", &[a], &[]);
    build.ids.insert("b", b);
    for vertex in steps.seal().iter() {
        let known = &build.recorder.steps[0].record.step;
        let step = Step { id: vertex.id, name: vertex.options.name.clone(), ..(**known).clone() };
        build.recorder.add(vertex, &Arc::new(step), Duration::ZERO);
    }
    build.ran("b", 6, 8);
    assert_eq!(build.path(), "a 5, b 2");
}

fn spans(build: &Build, name: &str) -> String {
    let step = &build.recorder.steps[&build.ids[name]].record;
    let span = |span: &Span| {
        let what = match &span.spent {
            Spent::WaitingForSlot => "slot".to_owned(),
            Spent::WaitingForLock { lock, holder } => {
                let (lock, holder) = (lock.as_deref().unwrap_or("?"), holder.as_deref().unwrap_or("?"));
                format!("{lock} of {holder}")
            }
            Spent::WaitingForHost => "host".to_owned(),
            Spent::Running => "runs".to_owned(),
            Spent::Ending => "ends".to_owned(),
        };
        format!("{what} {}-{}", span.from.as_millis(), span.to.as_millis())
    };
    step.spans.iter().map(span).collect::<Vec<_>>().join(", ")
}

#[test]
fn a_step_keeps_what_its_time_went_to() {
    let mut build = Build::new(&[("a", &[])]);
    let id = build.ids["a"];
    build.moves("a", &[(5, Ready), (25, Aside), (40, SLOT), (50, LOCK)]);
    build.recorder.waits_for_lock(id, "cache go", Some("+b"), ms(51));
    build.recorder.waits_for_lock(id, "cache go", Some("+c"), ms(52));
    build.recorder.waits_for_lock(id, "cache npm", None, ms(60));
    build.moves("a", &[(61, LOCK), (70, RUNS), (95, ENDS)]).ended("a", 100, Some(30));
    assert_eq!(
        spans(&build, "a"),
        "slot 5-25, slot 40-50, cache go of +b 50-60, cache npm of ? 60-70, runs 70-95, ends 95-100"
    );
    assert_eq!(build.sums(), [30, 20, 30, 0]);
}

#[test]
fn what_ended_behind_its_process_and_never_ran_leaves_nothing() {
    let mut build = Build::new(&[("a", &[])]);
    build.moves("a", &[(0, RUNS), (5, ENDS)]).ended("a", 9, None);
    assert_eq!(spans(&build, "a"), "");
}

#[test]
fn a_step_that_runs_again_has_not_ended() {
    let mut build = Build::new(&[("a", &[])]);
    build.ran("a", 0, 10);
    let ends = |build: &Build| build.recorder.record(1).steps[0].end.clone();
    assert_eq!(ends(&build), Some(End { at: ms(10), how: How::Done }));
    build.moves("a", &[(20, SLOT)]);
    assert_eq!(ends(&build), None);
    build.recorder.cancelled(build.ids["a"], ms(30));
    assert_eq!(ends(&build), Some(End { at: ms(30), how: How::Cancelled }));
}
