//! Many calls of one executor.

use super::world::{Steps, World, at_most};
use crate::engine::script::Script;
use crate::event::{Event, StepState};
use crate::graph::Output;
use crate::run::facts::Facts as _;
use crate::run::{BuildError, Choices, Extent, FromBuild, Interrupt, Limits, Written};
use std::sync::Arc;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test(start_paused = true)]
async fn what_two_calls_want_runs_once_under_one_cap() {
    let mut steps = Steps::default();
    let shared = steps.step("shared", &[], &[]);
    let small = steps.so_far();
    let ids: Vec<_> = (0..6).map(|i| steps.step(&i.to_string(), &[shared], &[])).collect();
    let graph = steps.seal();
    let world = World::new(Script::default());
    let executor = world.executor(at_most(2));
    let (some, others) = ids.split_at(3);
    let shared = [shared];
    let (a, b, c) = tokio::join!(
        executor.execute(&small, &shared),
        executor.execute(&graph, some),
        executor.execute(&graph, others)
    );
    a.and(b).and(c).unwrap();
    let record = world.engine.record.lock().unwrap();
    assert_eq!(record.most, 2);
    assert!(record.runs.len() == 7 && record.runs.values().all(|runs| *runs == 1), "{:?}", record.runs);
}

#[tokio::test(start_paused = true)]
async fn a_call_returns_when_its_own_goals_are_done() {
    let (mut steps, mut engine) = (Steps::default(), Script::default());
    let quick = steps.step("quick", &[], &[]);
    let slow = steps.step("slow", &[], &[]);
    engine.durations.insert(slow, HOUR);
    let graph = steps.seal();
    let world = World::new(engine);
    let executor = world.executor(at_most(2));
    let (quick, slow) = ([quick], [slow]);
    let long = executor.execute(&graph, &slow);
    let began = tokio::time::Instant::now();
    tokio::select! {
        biased;
        _ = long => panic!("it takes an hour"),
        result = executor.execute(&graph, &quick) => result.unwrap(),
    }
    assert!(began.elapsed() < HOUR);
}

#[tokio::test(start_paused = true)]
async fn an_abandoned_call_takes_along_what_only_it_wanted() {
    let (mut steps, mut engine) = (Steps::default(), Script::default());
    let shared = steps.step("shared", &[], &[]);
    let alone = steps.step("alone", &[], &["c"]);
    let after = steps.step("after", &[alone], &[]);
    engine.durations.extend([(shared, HOUR), (alone, HOUR)]);
    let graph = steps.seal();
    let world = World::new(engine);
    let executor = world.executor(at_most(2));
    let (stays, goes) = ([shared], [shared, after]);
    let staying = executor.execute(&graph, &stays);
    let going = tokio::time::timeout(Duration::from_secs(60), executor.execute(&graph, &goes));
    let (stayed, gone) = tokio::join!(staying, going);
    stayed.unwrap();
    assert!(gone.is_err(), "it was given up");
    assert_eq!(world.engine.record.lock().unwrap().cancelled, [alone]);
    assert_eq!(world.events.count(|state| *state == StepState::Cancelled), 2);
    // Who wants it later gets it.
    executor.execute(&graph, &goes).await.unwrap();
    let record = world.engine.record.lock().unwrap();
    assert_eq!((record.runs[&shared], record.runs[&alone], record.runs[&after]), (1, 2, 1));
    let done = world.events.count(|state| matches!(state, StepState::Done { .. }));
    assert_eq!(done, 3, "each end is told");
}

#[tokio::test(start_paused = true)]
async fn a_failure_in_one_call_stops_the_others_and_is_told_once() {
    let (mut steps, mut engine) = (Steps::default(), Script::default());
    let bad = steps.step("bad", &[], &[]);
    let slow = steps.step("slow", &[], &[]);
    engine.failures.insert(bad, 7);
    engine.durations.insert(slow, HOUR);
    let graph = steps.seal();
    let world = World::new(engine);
    let executor = world.executor(at_most(2));
    let (bad, slow) = ([bad], [slow]);
    let (failed, stopped) = tokio::join!(executor.execute(&graph, &bad), executor.execute(&graph, &slow));
    assert!(matches!(&failed, Err(BuildError::Steps(failures)) if failures.len() == 1), "{failed:?}");
    assert!(matches!(stopped, Err(BuildError::Stopped)), "{stopped:?}");
    assert_eq!(world.engine.record.lock().unwrap().cancelled, slow);
    assert!(matches!(executor.execute(&graph, &slow).await, Err(BuildError::Stopped)), "nothing new begins");
    assert_eq!(world.events.count(|state| matches!(state, StepState::Failed { .. })), 1);
    assert!(matches!(executor.finish().await, Some(BuildError::Steps(_))), "the invocation knows why it ended");
}

#[tokio::test(start_paused = true)]
async fn keep_going_fails_the_calls_that_need_the_failure() {
    let (mut steps, mut engine) = (Steps::default(), Script::default());
    let bad = steps.step("bad", &[], &[]);
    let after = steps.step("after", &[bad], &[]);
    let good = steps.step("good", &[], &[]);
    engine.failures.insert(bad, 7);
    let graph = steps.seal();
    let world = World::new(engine);
    let executor = world.executor(Limits { keep_going: true, ..at_most(1) });
    let (needs, good, later) = ([after], [good], [bad]);
    let (failed, fine) = tokio::join!(executor.execute(&graph, &needs), executor.execute(&graph, &good));
    fine.unwrap();
    for result in [failed, executor.execute(&graph, &later).await] {
        let Err(BuildError::Steps(failures)) = result else { panic!("{result:?}") };
        assert_eq!(failures.len(), 1);
    }
    assert_eq!(world.engine.record.lock().unwrap().runs.get(&bad), Some(&1), "what failed is not tried again");
    assert!(executor.finish().await.is_none(), "nothing stopped it");
}

#[tokio::test(start_paused = true)]
async fn a_lost_result_is_brought_about_again_on_demand() {
    let mut steps = Steps::default();
    let below = steps.step("below", &[], &["c"]);
    let goal = steps.step("goal", &[below], &[]);
    let graph = steps.seal();
    let world = World::new(Script::default());
    let executor = world.executor(at_most(1));
    executor.execute(&graph, &[goal]).await.unwrap();
    executor.execute(&graph, &[goal]).await.unwrap();
    assert_eq!(world.engine.record.lock().unwrap().runs[&goal], 1);
    world.engine.record.lock().unwrap().results.clear();
    executor.restore(&graph, goal).await.unwrap();
    let record = world.engine.record.lock().unwrap();
    assert_eq!((record.runs[&below], record.runs[&goal], record.most), (2, 2, 1));
}

#[tokio::test(start_paused = true)]
async fn two_readers_do_not_keep_each_other_from_what_they_read() {
    let mut steps = Steps::default();
    let goals: Vec<_> = (0..4).map(|i| steps.step(&i.to_string(), &[], &[])).collect();
    let graph = steps.seal();
    let world = World::new(Script { shy: true, ..Script::default() });
    let executor = Arc::new(world.executor(at_most(4)));
    let choices = Choices { output: Written::Nothing, push: false };
    let facts = FromBuild::new(executor, choices, Interrupt::default(), Extent::Build);
    let read = |at: usize| facts.read(&graph, Output { vertex: goals[at], index: 0 }, "answer");
    for read in <[_; 4]>::from(tokio::join!(read(0), read(1), read(2), read(3))) {
        assert_eq!(read.unwrap().as_deref(), Some(&b"answer"[..]));
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_told_after_the_end() {
    let (mut steps, mut engine) = (Steps::default(), Script::default());
    let slow = steps.step("slow", &[], &[]);
    engine.durations.insert(slow, HOUR);
    let graph = steps.seal();
    let world = World::new(engine);
    let executor = world.executor(at_most(1));
    let goals = [slow];
    let end = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        executor.finish().await
    };
    let (result, reason) = tokio::join!(executor.execute(&graph, &goals), end);
    assert!(matches!(result, Err(BuildError::Stopped)), "{result:?}");
    assert!(reason.is_none(), "{reason:?}");
    assert_eq!(world.engine.record.lock().unwrap().running, 0);
    let told = world.events.0.lock().unwrap().len();
    assert!(executor.execute(&graph, &goals).await.is_err());
    tokio::time::sleep(HOUR * 2).await;
    assert_eq!(world.events.0.lock().unwrap().len(), told);
}

#[tokio::test(start_paused = true)]
async fn dropping_the_executor_cancels_what_runs() {
    let (mut steps, mut engine) = (Steps::default(), Script::default());
    let slow = steps.step("slow", &[], &[]);
    engine.durations.insert(slow, HOUR);
    let graph = steps.seal();
    let world = World::new(engine);
    let executor = world.executor(at_most(1));
    let goals = [slow];
    let given_up = tokio::time::timeout(Duration::from_secs(1), executor.execute(&graph, &goals)).await;
    assert!(given_up.is_err());
    drop(executor);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(world.engine.record.lock().unwrap().running, 0);
}

#[tokio::test(start_paused = true)]
async fn five_thousand_vertices_in_growing_graphs_are_scheduled() {
    let (mut steps, mut row) = (Steps::default(), Vec::new());
    let world = World::new(Script::default());
    let executor = world.executor(at_most(8));
    for layer in 0..50 {
        row = (0..100_usize)
            .map(|i| {
                let needs: Vec<_> = row.get(i).into_iter().chain(row.get((i + 1) % 100)).copied().collect();
                steps.step(&format!("{layer} {i}"), &needs, &[])
            })
            .collect();
        if layer % 10 == 9 {
            executor.execute(&steps.so_far(), &row).await.unwrap();
        }
    }
    let record = world.engine.record.lock().unwrap();
    assert_eq!((record.runs.len(), record.most), (5_000, 8));
    let events = world.events.0.lock().unwrap();
    let last =
        events.iter().rev().find_map(|event| if let Event::Counts(counts) = event { Some(*counts) } else { None });
    assert_eq!(
        last.map(|counts| (counts.done, counts.total, counts.running, counts.queued)),
        Some((5_000, 5_000, 0, 0))
    );
}
