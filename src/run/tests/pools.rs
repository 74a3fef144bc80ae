//! Pools of data roots.

use super::world::{Steps, World, at_most};
use crate::engine::DataRoot;
use crate::engine::script::Script;
use crate::event::StepState;
use crate::lock::{HolderInfo, LockKey, LockMode};
use crate::run::{BuildError, Limits};
use std::time::Duration;

fn root(number: usize) -> DataRoot {
    DataRoot { pool: "ns/gomod".into(), number }
}

fn lock(number: usize) -> LockKey {
    LockKey::new("docker-root", format!("ns/gomod/{number}"))
}

#[tokio::test]
async fn each_step_has_a_root_of_its_own_and_the_pool_has_an_end() {
    let mut steps = Steps::default();
    let ids: Vec<_> = (0..9).map(|i| steps.step_with_pool(&i.to_string(), &[], &[], Some("ns/gomod"))).collect();
    let graph = steps.seal();
    let world = World::new(Script::default());
    let neighbour = world.neighbour();
    let (some, others) = ids.split_at(5);
    let (one, two) =
        tokio::join!(world.execute(&graph, some, at_most(8)), neighbour.execute(&graph, others, at_most(8)));
    one.and(two).unwrap();
    let record = world.engine.record.lock().unwrap();
    assert!(record.clashes.is_empty(), "{:?}", record.clashes);
    assert_eq!((record.most, record.roots.len()), (2, 9));
    assert!(record.roots.iter().all(|got| *got == Some(root(0)) || *got == Some(root(1))), "{:?}", record.roots);
}

#[tokio::test]
async fn the_root_that_was_used_last_comes_first() {
    let mut steps = Steps::default();
    let id = steps.step_with_pool("step", &[], &[], Some("ns/gomod"));
    let world = World::new(Script::default());
    drop(world.locks.try_lock(&lock(1), LockMode::Exclusive, &HolderInfo::here("+other")).unwrap());
    let limits = Limits { docker_cache_roots: 3, ..at_most(1) };
    world.execute(&steps.seal(), &[id], limits).await.unwrap();
    assert_eq!(world.engine.record.lock().unwrap().roots, [Some(root(1))]);
}

#[tokio::test]
async fn a_root_that_another_client_uses_is_left_alone() {
    let mut steps = Steps::default();
    let id = steps.step_with_pool("step", &[], &["c"], Some("ns/gomod"));
    let world = World::new(Script {
        foreign_roots: [root(0), root(1)].into_iter().collect::<std::collections::HashSet<_>>().into(),
        ..Script::default()
    });
    let leave = async {
        while world
            .events
            .count(|state| matches!(state, StepState::WaitingForLock { lock, .. } if lock == "docker-cache ns/gomod"))
            == 0
        {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert!(world.engine.record.lock().unwrap().runs.is_empty());
        world.engine.foreign_roots.lock().unwrap().remove(&root(1));
    };
    let (graph, goals) = (steps.seal(), [id]);
    let (result, ()) = tokio::join!(world.execute(&graph, &goals, at_most(1)), leave);
    result.unwrap();
    assert_eq!(world.engine.record.lock().unwrap().roots, [Some(root(1))]);
    let me = HolderInfo::here("+x");
    assert!(world.locks.try_lock(&lock(0), LockMode::Exclusive, &me).unwrap().is_some(), "its lock was given back");
}

#[tokio::test]
async fn a_step_that_waits_for_a_root_holds_no_slot() {
    let mut steps = Steps::default();
    let waits = steps.step_with_pool("waits", &[], &[], Some("ns/gomod"));
    let free = steps.step("free", &[], &[]);
    let world = World::new(Script::default());
    let me = HolderInfo::here("+other");
    let guards: Vec<_> =
        (0..2).map(|i| world.locks.try_lock(&lock(i), LockMode::Exclusive, &me).unwrap().unwrap()).collect();
    let release = async {
        while world.events.count(|state| matches!(state, StepState::Done { .. })) == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        drop(guards);
    };
    let (graph, goals) = (steps.seal(), [waits, free]);
    let (result, ()) = tokio::join!(world.execute(&graph, &goals, at_most(1)), release);
    result.unwrap();
}

#[tokio::test]
async fn a_wait_for_a_root_ends_at_its_timeout_and_names_the_holders() {
    let mut steps = Steps::default();
    let id = steps.step_with_pool("step", &[], &[], Some("ns/gomod"));
    let world = World::new(Script::default());
    let me = HolderInfo::here("+other");
    let _guards: Vec<_> =
        (0..2).map(|i| world.locks.try_lock(&lock(i), LockMode::Exclusive, &me).unwrap().unwrap()).collect();
    let limits = Limits { lock_timeout: Some(Duration::from_millis(50)), ..at_most(1) };
    let result = world.execute(&steps.seal(), &[id], limits).await;
    let Err(BuildError::Environment { message, .. }) = result else { panic!("{result:?}") };
    assert!(message.contains("ns/gomod") && message.contains("+other"), "{message}");
    assert!(world.engine.record.lock().unwrap().runs.is_empty(), "the step never ran");
}
