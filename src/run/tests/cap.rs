//! The cap on running steps.

use super::world::{Steps, World, at_most};
use crate::engine::script::Script;
use crate::event::{Event, StepState};
use proptest::prelude::*;
use std::time::Duration;

/// For each step: which earlier steps it needs (bits of a mask), which caches, how long it takes.
fn random_graph() -> impl Strategy<Value = Vec<(u32, u8, u8)>> {
    prop::collection::vec((any::<u32>(), any::<u8>(), 0_u8..5), 1..24)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn random_graphs_never_exceed_the_cap_and_run_each_step_once(shape in random_graph(), limit in 1_usize..5) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let (mut steps, mut ids, mut engine) = (Steps::default(), Vec::new(), Script::default());
            for (i, (mask, caches, millis)) in shape.iter().enumerate() {
                let needs: Vec<_> = ids.iter().enumerate().filter(|(j, _)| mask >> (j % 32) & 0b11 == 0b11).map(|(_, id)| *id).collect();
                let caches: Vec<&str> = ["a", "b"].into_iter().enumerate().filter(|(j, _)| caches >> j & 0b101 == 0b101).map(|(_, c)| c).collect();
                let id = steps.step(&i.to_string(), &needs, &caches);
                engine.durations.insert(id, Duration::from_millis(u64::from(*millis)));
                ids.push(id);
            }
            let graph = steps.seal();
            let world = World::new(engine);
            world.execute(&graph, &ids, at_most(limit)).await.expect("nothing fails");
            let record = world.engine.record.lock().unwrap();
            assert!(record.most <= limit, "{} ran at once, {limit} are allowed", record.most);
            assert!(ids.iter().all(|id| record.runs.get(id) == Some(&1)), "each runs once: {:?}", record.runs);
            let counts = world.events.0.lock().unwrap();
            let told = counts.iter().filter_map(|event| match event { Event::Counts(counts) => Some(counts.running), _ => None });
            assert!(told.max().unwrap_or(0) <= limit);
        });
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
