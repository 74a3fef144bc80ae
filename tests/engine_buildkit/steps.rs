//! Steps: order, output, gates, failure, cancellation.

use super::bench::{Bench, Recorder, connect};
use super::on_every_engine;
use rbuild::engine::{Answer, Engine as _, EngineError, Progress};
use rbuild::event::Stream;
use std::time::{Duration, Instant};

on_every_engine!(a_chain_runs_and_its_output_reaches_the_right_steps, cached_steps_are_not_asked_for);

async fn a_chain_runs_and_its_output_reaches_the_right_steps(engine: &str) {
    let mut bench = Bench::new(engine).await;
    let base = bench.image("busybox:latest");
    let one = bench.sh(base, "echo one; echo oops >&2; printf 1 > /result");
    let two = bench.sh(one, "echo two; printf 2 >> /result");
    let seen = Recorder::new(Answer::Open);
    bench.run(&[base, one, two], &seen).await.expect("runs");
    assert_eq!(seen.text(one, Stream::Stdout), "one\n");
    assert_eq!(seen.text(one, Stream::Stderr), "oops\n");
    assert_eq!(seen.text(two, Stream::Stdout), "two\n");
    assert_eq!(seen.gates(), [one.vertex, two.vertex]);
    assert_eq!(seen.progress(one), [Progress::Started, Progress::Completed]);
    assert_eq!(bench.read(two, "/result").await.expect("reads"), "12");
}

async fn cached_steps_are_not_asked_for(engine: &str) {
    let mut bench = Bench::new(engine).await;
    let base = bench.image("busybox:latest");
    let one = bench.sh(base, "echo one > /one");
    let two = bench.sh(one, "echo two > /two");
    assert_eq!(bench.probe(&[base, one, two]).await, [true, false, false]);
    let first = Recorder::new(Answer::Open);
    bench.run(&[base, one, two], &first).await.expect("runs");
    assert_eq!(first.gates(), [one.vertex, two.vertex]);
    bench.engine = connect(engine).await;
    let begun = Instant::now();
    assert_eq!(bench.probe(&[base, one, two]).await, [true, true, true]);
    let second = Recorder::new(Answer::Refuse);
    bench.run(&[base, one, two], &second).await.expect("is cached");
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    assert_eq!(second.gates(), []);
    assert_eq!(second.progress(two), [Progress::Cached]);
}
