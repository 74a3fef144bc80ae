//! The cap on running steps.

use super::world::{Steps, World, at_most};
use crate::engine::script::Script;
use crate::event::{Event, StepState};
use crate::run::Limits;
use proptest::prelude::*;
use std::time::Duration;

/// For each step: which earlier steps it needs (bits of a mask), which caches and pools, how long it takes, whether it fails.
fn random_graph() -> impl Strategy<Value = Vec<(u32, u8, u8, bool)>> {
    prop::collection::vec((any::<u32>(), any::<u8>(), 0_u8..5, prop::bool::weighted(0.05)), 1..20)
}

/// What goes on beside it.
#[derive(Debug, Clone)]
struct Trouble {
    host: Option<usize>,
    fails: bool,
    keep_going: bool,
    /// When the user stops it, in milliseconds.
    stop: Option<u64>,
}

fn trouble() -> impl Strategy<Value = Trouble> {
    (prop::option::of(1_usize..4), any::<bool>(), any::<bool>(), prop::option::weighted(0.2, 0_u64..20))
        .prop_map(|(host, fails, keep_going, stop)| Trouble { host, fails, keep_going, stop })
}

async fn check(shape: &[(u32, u8, u8, bool)], limit: usize, trouble: &Trouble) {
    let (mut steps, mut ids, mut engine) = (Steps::default(), Vec::new(), Script::default());
    for (i, (mask, shared, millis, fails)) in shape.iter().enumerate() {
        let needs: Vec<_> =
            ids.iter().enumerate().filter(|(j, _)| mask >> (j % 32) & 0b11 == 0b11).map(|(_, id)| *id).collect();
        let has = |j: usize| shared >> j & 0b101 == 0b101;
        let caches: Vec<&str> = ["a", "b"].into_iter().enumerate().filter(|(j, _)| has(*j)).map(|(_, c)| c).collect();
        let id = steps.step_with_pool(&i.to_string(), &needs, &caches, has(2).then_some("pool"));
        engine.durations.insert(id, Duration::from_millis(u64::from(*millis)));
        engine.alone.insert(id, caches.into_iter().map(str::to_owned).collect());
        if *fails && trouble.fails {
            engine.failures.insert(id, 1);
        }
        ids.push(id);
    }
    let fails = !engine.failures.is_empty();
    let graph = steps.seal();
    let world = World::new(engine);
    let limits = Limits { host_parallelism: trouble.host, keep_going: trouble.keep_going, ..at_most(limit) };
    let stop = async {
        if let Some(millis) = trouble.stop {
            tokio::time::sleep(Duration::from_millis(millis)).await;
            world.interrupt.stop();
        }
    };
    let hour = Duration::from_secs(60);
    let (result, ()) = tokio::join!(tokio::time::timeout(hour, world.execute(&graph, &ids, limits)), stop);
    let result = result.expect("it comes to an end");
    let record = world.engine.record.lock().unwrap();
    let most = limit.min(trouble.host.unwrap_or(limit));
    assert!(record.most <= most, "{} ran at once, {most} are allowed", record.most);
    assert!(record.runs.values().all(|runs| *runs == 1), "each runs once: {:?}", record.runs);
    assert!(record.clashes.is_empty() && record.running == 0, "{record:?}");
    if !fails && trouble.stop.is_none() {
        result.expect("nothing fails");
        assert_eq!(record.runs.len(), ids.len());
    } else if trouble.stop.is_none() {
        assert!(result.is_err());
    }
    let counts = world.events.0.lock().unwrap();
    let told =
        counts.iter().filter_map(|event| if let Event::Counts(counts) = event { Some(counts.running) } else { None });
    assert!(told.max().unwrap_or(0) <= limit);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn random_graphs_never_exceed_a_cap_and_run_each_step_once(shape in random_graph(), trouble in trouble()) {
        for limit in [1, 2, 3, 8] {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
            runtime.block_on(check(&shape, limit, &trouble));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_cap_is_reached() {
    for limit in 1..=3 {
        let mut steps = Steps::default();
        let ids: Vec<_> = (0..8).map(|i| steps.step(&i.to_string(), &[], &[])).collect();
        let world = World::new(Script::default());
        world.execute(&steps.seal(), &ids, at_most(limit)).await.unwrap();
        assert_eq!(world.engine.record.lock().unwrap().most, limit);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_cached_needs_no_slot_and_no_build() {
    let mut steps = Steps::default();
    let first = steps.step("1", &[], &[]);
    let second = steps.step("2", &[first], &["c"]);
    let graph = steps.seal();
    let world = World::new(Script::default());
    world.execute(&graph, &[second], at_most(1)).await.unwrap();
    let builds = world.engine.record.lock().unwrap().builds;
    world.execute(&graph, &[second], at_most(1)).await.unwrap();
    assert_eq!(world.engine.record.lock().unwrap().builds, builds, "the probe alone answers the second time");
    assert_eq!(world.events.count(|state| *state == StepState::Cached), 2);
}

#[tokio::test(start_paused = true)]
async fn a_slot_is_free_when_the_process_has_ended() {
    let mut steps = Steps::default();
    let ids: Vec<_> = (0..4).map(|i| steps.step(&i.to_string(), &[], &[])).collect();
    let world = World::new(Script { aftermath: Duration::from_secs(60), ..Script::default() });
    let began = tokio::time::Instant::now();
    world.execute(&steps.seal(), &ids, at_most(1)).await.unwrap();
    assert_eq!(world.engine.record.lock().unwrap().most, 1);
    assert!(began.elapsed() < Duration::from_secs(120), "what comes behind the processes overlaps");
}

#[tokio::test(start_paused = true)]
async fn the_longest_way_goes_first() {
    let mut steps = Steps::default();
    let short = steps.step("short", &[], &[]);
    let long = steps.step("long", &[], &[]);
    let after = steps.step("after", &[long], &[]);
    let world = World::new(Script::default());
    world.execute(&steps.seal(), &[short, after], at_most(1)).await.unwrap();
    let events = world.events.0.lock().unwrap();
    let started: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            Event::Step { step, state: StepState::Running } => Some(step.id),
            _ => None,
        })
        .collect();
    assert_eq!(started[0], long);
}
