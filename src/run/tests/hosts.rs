//! Slots of the whole machine.

use super::world::{Steps, World, at_most};
use crate::digest::VertexId;
use crate::engine::script::Script;
use crate::event::{Event, StepState};
use crate::graph::Graph;
use crate::lock::{HolderInfo, LockKey, LockMode};
use crate::run::{BuildError, Limits};
use std::sync::Arc;
use std::time::Duration;

fn host(parallelism: usize, host: usize) -> Limits {
    Limits { host_parallelism: Some(host), ..at_most(parallelism) }
}

/// Steps that need nothing of each other.
fn row(name: &str, count: usize) -> (Arc<Graph>, Vec<VertexId>) {
    let mut steps = Steps::default();
    let ids = (0..count).map(|i| steps.step(&format!("{name} {i}"), &[], &["c"][..i % 2])).collect();
    (steps.seal(), ids)
}

#[tokio::test]
async fn two_processes_together_run_no_more_steps_than_there_are_slots() {
    let one = World::new(Script::default());
    let two = one.neighbour();
    let ((graph_1, ids_1), (graph_2, ids_2)) = (row("one", 12), row("two", 12));
    let (first, second) =
        tokio::join!(one.execute(&graph_1, &ids_1, host(8, 2)), two.execute(&graph_2, &ids_2, host(8, 2)));
    first.and(second).unwrap();
    let record = one.engine.record.lock().unwrap();
    assert_eq!((record.most, record.runs.len()), (2, 24));
}

#[tokio::test]
async fn beside_many_ready_steps_of_one_process_another_one_gets_its_turns() {
    let one = World::new(Script::default());
    let two = one.neighbour();
    let ((graph_1, ids_1), (graph_2, ids_2)) = (row("one", 10), row("two", 3));
    // The one slot is taken until both processes wait for it.
    let slot = one.locks.try_lock(&LockKey::new("slot", "0"), LockMode::Exclusive, &HolderInfo::here("+x")).unwrap();
    let waits = |world: &World| world.events.count(|state| matches!(state, StepState::WaitingForHost { .. })) > 0;
    let open = async {
        while !(waits(&one) && waits(&two)) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        drop(slot);
    };
    let (first, second, ()) =
        tokio::join!(one.execute(&graph_1, &ids_1, host(8, 1)), two.execute(&graph_2, &ids_2, host(1, 1)), open);
    first.and(second).unwrap();
    let record = one.engine.record.lock().unwrap();
    assert_eq!(record.most, 1);
    // While it has something to do, the second process runs every other step.
    let of_two: Vec<bool> = record.order.iter().take(6).map(|id| ids_2.contains(id)).collect();
    assert!(of_two.windows(2).take(4).all(|pair| pair[0] != pair[1]), "{of_two:?}");
}

#[tokio::test]
async fn a_step_that_waits_for_the_machine_holds_its_own_slot_and_says_so() {
    let world = World::new(Script::default());
    let (graph, ids) = row("step", 3);
    let slot = world.locks.try_lock(&LockKey::new("slot", "0"), LockMode::Exclusive, &HolderInfo::here("+x")).unwrap();
    let open = async {
        while world.events.count(|state| matches!(state, StepState::WaitingForHost { .. })) < 2 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        drop(slot);
    };
    let (result, ()) = tokio::join!(world.execute(&graph, &ids, host(2, 1)), open);
    result.unwrap();
    let events = world.events.0.lock().unwrap();
    let counts = events.iter().filter_map(|event| if let Event::Counts(counts) = event { Some(counts) } else { None });
    assert_eq!(counts.map(|counts| counts.waiting_for_host).max(), Some(2), "the third one needs an own slot");
}

#[tokio::test]
async fn a_wait_for_the_machine_ends_at_the_lock_timeout() {
    let world = World::new(Script::default());
    let (graph, ids) = row("step", 3);
    let _slot =
        world.locks.try_lock(&LockKey::new("slot", "0"), LockMode::Exclusive, &HolderInfo::here("+other")).unwrap();
    let limits = Limits { lock_timeout: Some(Duration::from_millis(50)), ..host(2, 1) };
    let result = world.execute(&graph, &ids, limits).await;
    let Err(BuildError::Environment { message, .. }) = result else { panic!("{result:?}") };
    assert!(message.contains("+other") && message.contains("slots"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn a_wait_for_ones_own_steps_does_not_end() {
    let (graph, ids) = row("step", 3);
    let durations = ids.iter().map(|id| (*id, Duration::from_secs(3600))).collect();
    let world = World::new(Script { durations, ..Script::default() });
    let limits = Limits { lock_timeout: Some(Duration::from_secs(60)), ..host(3, 1) };
    world.execute(&graph, &ids, limits).await.unwrap();
    assert_eq!(world.engine.record.lock().unwrap().most, 1);
}

#[tokio::test(start_paused = true)]
async fn an_interrupt_leaves_the_queue_and_the_slots() {
    let (graph, ids) = row("step", 4);
    let durations = ids.iter().map(|id| (*id, Duration::from_secs(3600))).collect();
    let world = World::new(Script { durations, ..Script::default() });
    let stop = async {
        tokio::time::sleep(Duration::from_secs(5)).await;
        world.interrupt.stop();
    };
    let (result, ()) = tokio::join!(world.execute(&graph, &ids, host(4, 1)), stop);
    assert!(result.is_err());
    let me = HolderInfo::here("+x");
    assert!(world.locks.try_lock(&LockKey::new("slot", "0"), LockMode::Exclusive, &me).unwrap().is_some());
    assert!(world.locks.try_lock(&LockKey::new("slots", ""), LockMode::Exclusive, &me).unwrap().is_some());
}
