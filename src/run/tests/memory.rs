//! `--max-parallelism auto`.

use super::world::{Steps, World, at_most};
use crate::cache::Peaks;
use crate::digest::VertexId;
use crate::engine::script::Script;
use crate::event::{Event, StepState};
use crate::graph::Graph;
use crate::graph::encode::exec_own;
use crate::machine::{Pressure, Reading};
use crate::run::{BuildError, Executor};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const GIB: u64 = 1 << 30;

/// Memory as a test wants it.
#[derive(Clone)]
struct Fake(Arc<Mutex<Option<Reading>>>);

impl Fake {
    fn new(available: u64, pressure: f64) -> Self {
        let fake = Self(Arc::default());
        fake.set(available, pressure);
        fake
    }

    /// 16 GiB in all, of which so many are available; so much pressure, in percent.
    fn set(&self, available: u64, pressure: f64) {
        let reading = Reading { total: 16 * GIB, available: available * GIB, pressure: Some(pressure) };
        *self.0.lock().unwrap() = Some(reading);
    }
}

impl Pressure for Fake {
    fn read(&self) -> Option<Reading> {
        *self.0.lock().unwrap()
    }
}

fn executor(world: &World, fake: &Fake, peaks: &Arc<Peaks>) -> Executor {
    world.executor(at_most(4)).with_memory(Arc::new(fake.clone()), peaks.clone())
}

/// Six steps of five seconds each.
fn six() -> (World, Arc<Graph>, Vec<VertexId>) {
    let mut steps = Steps::default();
    let ids: Vec<_> = (0..6).map(|i| steps.step(&i.to_string(), &[], &["c"][..usize::from(i == 3)])).collect();
    let durations = ids.iter().map(|id| (*id, Duration::from_secs(5))).collect();
    (World::new(Script { durations, ..Script::default() }), steps.seal(), ids)
}

#[tokio::test(start_paused = true)]
async fn with_memory_to_spare_the_cap_is_reached() {
    let (world, graph, ids) = six();
    executor(&world, &Fake::new(8, 0.0), &Arc::default()).execute(&graph, &ids).await.unwrap();
    assert_eq!(world.engine.record.lock().unwrap().most, 4);
}

#[tokio::test(start_paused = true)]
async fn where_memory_cannot_be_read_the_cap_alone_counts() {
    let (world, graph, ids) = six();
    let fake = Fake(Arc::default());
    executor(&world, &fake, &Arc::default()).execute(&graph, &ids).await.unwrap();
    assert_eq!(world.engine.record.lock().unwrap().most, 4);
}

#[tokio::test(start_paused = true)]
async fn while_memory_is_short_or_pressed_for_one_step_runs_at_a_time() {
    for fake in [Fake::new(1, 0.0), Fake::new(8, 25.0)] {
        let (world, graph, ids) = six();
        executor(&world, &fake, &Arc::default()).execute(&graph, &ids).await.unwrap();
        let record = world.engine.record.lock().unwrap();
        assert_eq!((record.most, record.runs.len()), (1, 6));
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_held_back_goes_on_when_memory_comes_back() {
    let (world, graph, ids) = six();
    let fake = Fake::new(1, 0.0);
    let executor = executor(&world, &fake, &Arc::default());
    let relief = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(world.engine.record.lock().unwrap().running, 1);
        fake.set(8, 0.0);
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(world.engine.record.lock().unwrap().running, 4, "long before the first one ends");
    };
    let (result, ()) = tokio::join!(executor.execute(&graph, &ids), relief);
    result.unwrap();
}

#[tokio::test(start_paused = true)]
async fn steps_are_remembered_by_what_they_need() {
    let (mut world, graph, ids) = six();
    Arc::get_mut(&mut world.engine).unwrap().peaks = ids.iter().map(|id| (*id, 3 * GIB)).collect();
    let dir = tempfile::tempdir().unwrap();
    let peaks = Arc::new(Peaks::load(dir.path()));
    let fake = Fake::new(9, 0.0);
    executor(&world, &fake, &peaks).execute(&graph, &ids).await.unwrap();
    assert_eq!(world.engine.record.lock().unwrap().most, 4, "nothing is known the first time");
    peaks.save();
    let peaks = Arc::new(Peaks::load(dir.path()));
    let known = graph.get(&ids[0]).and_then(|vertex| peaks.get(&exec_own(vertex.op.exec().unwrap())));
    assert_eq!(known, Some(3 * GIB));
    *world.engine.record.lock().unwrap() = Default::default();
    executor(&world, &fake, &peaks).execute(&graph, &ids).await.unwrap();
    // Of the 9 GiB, 1.6 are kept free; what those that have just begun will need is not seen yet, but known.
    assert_eq!(world.engine.record.lock().unwrap().most, 2);
}

#[tokio::test(start_paused = true)]
async fn a_step_that_was_killed_is_tried_once_more_alone() {
    let (mut world, graph, ids) = six();
    Arc::get_mut(&mut world.engine).unwrap().killed.insert(ids[3]);
    executor(&world, &Fake::new(8, 0.0), &Arc::default()).execute(&graph, &ids).await.unwrap();
    let record = world.engine.record.lock().unwrap();
    assert_eq!(record.runs[&ids[3]], 2);
    assert_eq!(record.company[&ids[3]], 1, "nothing else ran the second time");
    let events = world.events.0.lock().unwrap();
    let notes: Vec<_> = events
        .iter()
        .filter_map(|event| if let Event::Note(text) = event { Some(text.as_str()) } else { None })
        .collect();
    assert!(matches!(notes[..], [note] if note.contains("RUN 3") && note.contains("alone")), "{notes:?}");
    drop(events);
    assert_eq!(world.events.count(|state| matches!(state, StepState::Failed { .. })), 0);
}

#[tokio::test(start_paused = true)]
async fn a_step_that_is_killed_again_fails() {
    let (mut world, graph, ids) = six();
    Arc::get_mut(&mut world.engine).unwrap().failures.insert(ids[0], 137);
    let result = executor(&world, &Fake::new(8, 0.0), &Arc::default()).execute(&graph, &ids).await;
    assert!(matches!(result, Err(BuildError::Steps(_))), "{result:?}");
    assert_eq!(world.engine.record.lock().unwrap().runs[&ids[0]], 2);
}

#[tokio::test(start_paused = true)]
async fn with_a_plain_cap_nothing_is_tried_again() {
    let (mut world, graph, ids) = six();
    Arc::get_mut(&mut world.engine).unwrap().killed.insert(ids[0]);
    let result = world.execute(&graph, &ids, at_most(4)).await;
    assert!(matches!(result, Err(BuildError::Steps(_))), "{result:?}");
    assert_eq!(world.engine.record.lock().unwrap().runs[&ids[0]], 1);
}
