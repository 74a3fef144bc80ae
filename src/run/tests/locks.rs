//! Locks of caches, taken before a slot.

use super::world::{Steps, World, at_most};
use crate::engine::script::Script;
use crate::event::StepState;
use crate::lock::{HolderInfo, LockKey, LockMode};
use crate::run::{BuildError, Limits};
use std::time::Duration;

fn key() -> LockKey {
    LockKey::new("cache", "gomod")
}

#[tokio::test]
async fn a_step_that_waits_for_a_lock_holds_no_slot() {
    let mut steps = Steps::default();
    let locked = steps.step("locked", &[], &["gomod"]);
    let free = steps.step("free", &[], &[]);
    let world = World::new(Script::default());
    let graph = steps.seal();
    let goals = [locked, free];
    let guard = world.locks.try_lock(&key(), LockMode::Exclusive, &HolderInfo::here("+other")).unwrap().unwrap();
    let release = async {
        // With one slot, the free step can end only if the other one does not hold it.
        while world.events.count(|state| matches!(state, StepState::Done { .. })) == 0
            || world.events.count(|state| matches!(state, StepState::WaitingForLock { .. })) == 0
        {
            tokio::task::yield_now().await;
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        drop(guard);
    };
    let (result, ()) = tokio::join!(world.execute(&graph, &goals, at_most(1)), release);
    result.unwrap();
    let named = world.events.count(|state| {
        matches!(state, StepState::WaitingForLock { lock, holder: Some(holder), .. } if lock == "cache gomod" && holder.starts_with("+other"))
    });
    assert!(named > 0, "the wait names the lock and its holder");
    assert_eq!(world.engine.record.lock().unwrap().most, 1);
}

#[tokio::test]
async fn a_wait_ends_at_its_timeout() {
    let mut steps = Steps::default();
    let locked = steps.step("locked", &[], &["gomod"]);
    let world = World::new(Script::default());
    let _guard = world.locks.try_lock(&key(), LockMode::Exclusive, &HolderInfo::here("+other")).unwrap().unwrap();
    let limits = Limits { lock_timeout: Some(Duration::from_millis(50)), ..at_most(1) };
    let result = world.execute(&steps.seal(), &[locked], limits).await;
    let Err(BuildError::Environment { message, help: Some(help) }) = result else { panic!("{result:?}") };
    assert!(message.contains("gomod") && message.contains("+other"), "{message}");
    assert!(help.contains("--lock-timeout"), "{help}");
    assert!(world.engine.record.lock().unwrap().runs.is_empty(), "the step never ran");
}

#[tokio::test]
async fn a_cached_step_needs_no_lock() {
    let mut steps = Steps::default();
    let locked = steps.step("locked", &[], &["gomod"]);
    let world = World::new(Script::default());
    let graph = steps.seal();
    world.execute(&graph, &[locked], at_most(1)).await.unwrap();
    let _guard = world.locks.try_lock(&key(), LockMode::Exclusive, &HolderInfo::here("+other")).unwrap().unwrap();
    world.execute(&graph, &[locked], at_most(1)).await.unwrap();
    assert_eq!(world.engine.record.lock().unwrap().runs[&locked], 1);
}

#[tokio::test]
async fn a_step_that_the_engine_tries_again_does_not_wait_for_itself() {
    let mut steps = Steps::default();
    let locked = steps.step("locked", &[], &["gomod"]);
    let world = World::new(Script { spoiled: [locked].into(), ..Script::default() });
    let limits = Limits { lock_timeout: Some(Duration::from_secs(10)), ..at_most(1) };
    world.execute(&steps.seal(), &[locked], limits).await.unwrap();
    assert_eq!(world.engine.record.lock().unwrap().runs[&locked], 1);
    assert_eq!(world.events.count(|state| matches!(state, StepState::WaitingForLock { .. })), 0);
}
