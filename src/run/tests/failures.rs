//! Failures, and the user's wish to stop.

use super::world::{Steps, World, at_most};
use crate::engine::script::Script;
use crate::event::{Cause, StepState};
use crate::run::{BuildError, Limits};
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn a_failure_stops_the_rest() {
    let (mut steps, mut engine) = (Steps::default(), Script::default());
    let bad = steps.step("bad", &[], &[]);
    let slow = steps.step("slow", &[], &[]);
    let after = steps.step("after", &[bad], &[]);
    engine.failures.insert(bad, 7);
    engine.durations.insert(slow, Duration::from_secs(3600));
    let world = World::new(engine);
    let result = world.execute(&steps.seal(), &[after, slow], at_most(2)).await;
    let Err(BuildError::Steps(failures)) = result else { panic!("{result:?}") };
    assert_eq!(failures.len(), 1);
    assert_eq!(failures[0].cause, Cause::ExitCode(7));
    assert_eq!(failures[0].last_output, [format!("{bad:?} runs")]);
    let record = world.engine.record.lock().unwrap();
    assert_eq!(record.cancelled, [slow], "what runs is cancelled");
    assert!(!record.runs.contains_key(&after), "what needs it never starts");
    assert_eq!(record.running, 0);
}

#[tokio::test(start_paused = true)]
async fn keep_going_builds_what_does_not_need_the_failure() {
    let (mut steps, mut engine) = (Steps::default(), Script::default());
    let bad = steps.step("bad", &[], &[]);
    let worse = steps.step("worse", &[], &[]);
    let good = steps.step("good", &[], &[]);
    let after = steps.step("after", &[bad, good], &[]);
    let last = steps.step("last", &[good], &[]);
    engine.failures.extend([(bad, 1), (worse, 2)]);
    let world = World::new(engine);
    let limits = Limits { keep_going: true, ..at_most(1) };
    let result = world.execute(&steps.seal(), &[after, last, worse], limits).await;
    let Err(BuildError::Steps(failures)) = result else { panic!("{result:?}") };
    assert_eq!(failures.len(), 2, "every failure is told");
    let record = world.engine.record.lock().unwrap();
    assert!(record.runs.contains_key(&last) && !record.runs.contains_key(&after));
    assert_eq!(world.events.count(|state| *state == StepState::Cancelled), 1);
}

#[tokio::test(start_paused = true)]
async fn an_interrupt_cancels_what_runs_and_starts_nothing() {
    let (mut steps, mut engine) = (Steps::default(), Script::default());
    let slow = steps.step("slow", &[], &[]);
    let after = steps.step("after", &[slow], &[]);
    engine.durations.insert(slow, Duration::from_secs(3600));
    let world = World::new(engine);
    let graph = steps.seal();
    let goals = [after];
    let stop = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        world.interrupt.stop();
    };
    let (result, ()) = tokio::join!(world.execute(&graph, &goals, at_most(1)), stop);
    assert!(matches!(result, Err(BuildError::Interrupted)), "{result:?}");
    let record = world.engine.record.lock().unwrap();
    assert_eq!((record.cancelled.clone(), record.running), (vec![slow], 0));
}
