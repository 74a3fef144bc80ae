//! Steps: order, output, gates, failure, cancellation.

use super::bench::{Bench, Recorder, connect, until};
use super::on_every_engine;
use rbuild::engine::{Answer, Engine as _, EngineError, Progress};
use rbuild::event::Stream;
use rbuild::graph::op::{CacheSharing, Exec, ExecCommand, Mount, MountKind, Network};
use rbuild::graph::{ImageSource, Op};
use rbuild::platform::Platform;
use std::time::{Duration, Instant};

on_every_engine!(
    a_chain_runs_and_its_output_reaches_the_right_steps,
    cached_steps_are_not_asked_for,
    a_refused_gate_fails_the_step_until_it_is_opened,
    a_failing_step_tells_its_exit_code,
    a_step_whose_future_is_dropped_is_killed,
    a_step_without_an_image_runs,
    environment_directory_and_user_are_set,
    an_uncached_step_runs_once_per_connection,
    equal_steps_on_different_inputs_run_together,
    a_long_cached_chain_is_probed_in_one_round,
    many_steps_wait_at_their_gates_together,
    a_probe_does_not_wait_for_somebody_elses_step,
    a_probe_does_not_spoil_a_step_that_begins_beside_it,
    a_privileged_step_says_what_the_engine_lacks,
    an_image_that_is_not_there_is_named,
    image_configurations_are_told,
);

async fn a_chain_runs_and_its_output_reaches_the_right_steps(engine: &str) {
    let mut bench = Bench::new(engine).await;
    let base = bench.image("busybox:latest");
    let one = bench.sh(base, "echo one; echo oops >&2; printf 1 > /result; ls -a /run > /run-listing");
    let two = bench.sh(one, "echo two; printf 2 >> /result");
    let seen = Recorder::new(Answer::Open);
    bench.run(&[base, one, two], &seen).await.expect("runs");
    assert_eq!(seen.text(one, Stream::Stdout), "one\n");
    assert_eq!(seen.text(one, Stream::Stderr), "oops\n");
    assert_eq!(seen.text(two, Stream::Stdout), "two\n");
    assert_eq!(seen.gates(), [one.vertex, two.vertex]);
    assert_eq!(seen.progress(one), [Progress::Started, Progress::Completed]);
    assert_eq!(bench.read(two, "/result").await.expect("reads"), "12");
    assert_eq!(bench.read(two, "/run-listing").await.expect("reads"), ".\n..\n", "the gate leaves nothing");
    let missing = bench.read(two, "/no/such").await.expect_err("is not there");
    assert!(matches!(&missing, EngineError::NotFound { path } if path == "/no/such"), "{missing:?}");
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
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    assert_eq!(second.gates(), []);
    assert_eq!(second.progress(two), [Progress::Cached]);
}

async fn a_refused_gate_fails_the_step_until_it_is_opened(engine: &str) {
    let mut bench = Bench::new(engine).await;
    let base = bench.image("busybox:latest");
    let step = bench.sh(base, "echo ran");
    let refusing = Recorder::new(Answer::Refuse);
    for _ in 0..2 {
        let error = bench.run(&[base, step], &refusing).await.expect_err("is refused");
        assert!(matches!(error, EngineError::Refused), "{error:?}");
    }
    assert_eq!(refusing.gates(), [step.vertex, step.vertex]);
    let opening = Recorder::new(Answer::Open);
    bench.run(&[step], &opening).await.expect("runs");
    assert_eq!(opening.text(step, Stream::Stdout), "ran\n");
}

async fn a_failing_step_tells_its_exit_code(engine: &str) {
    let mut bench = Bench::new(engine).await;
    let base = bench.image("busybox:latest");
    for (script, code) in [
        ("echo no >&2; exit 7", 7),
        ("sh -c 'kill -9 $$; true'; exit $?", 137),
        ("echo 'exit code: 3'; no-such-command", 127),
        ("echo 'no active session'; exit 3", 3),
        ("echo 'context canceled'; exit 5", 5),
        ("echo 'process \"x\" did not complete successfully: exit code: 3'; exit 6", 6),
        ("echo ']: exit code: 3'; exit 8", 8),
    ] {
        let step = bench.sh(base, script);
        let seen = Recorder::new(Answer::Open);
        let error = bench.run(&[step], &seen).await.expect_err("fails");
        assert!(matches!(error, EngineError::Exit(told) if told == code), "{script}: {error:?}");
        assert_eq!(seen.gates().len(), 1, "{script} runs once");
        if code == 7 {
            assert_eq!(seen.text(step, Stream::Stderr), "no\n");
        }
    }
}

/// Whether a process of this machine has the text in its command line. (The test engines run on this machine.)
fn runs(text: &str) -> bool {
    let processes = std::fs::read_dir("/proc").expect("a list of processes").flatten();
    processes
        .filter(|process| process.file_name().to_string_lossy().bytes().all(|byte| byte.is_ascii_digit()))
        .filter_map(|process| std::fs::read(process.path().join("cmdline")).ok())
        .any(|line| String::from_utf8_lossy(&line).split('\0').any(|word| word.starts_with(&format!(": {text};"))))
}

async fn a_step_whose_future_is_dropped_is_killed(engine: &str) {
    let mut bench = Bench::new(engine).await;
    let base = bench.image("busybox:latest");
    let step = bench.sh(base, "echo begun; while :; do sleep 1; done");
    let seen = Recorder::new(Answer::Open);
    let graph = bench.graph();
    let running = bench.engine.run(&graph, step.vertex, seen.clone());
    let begun = until("the output", || seen.text(step, Stream::Stdout) == "begun\n");
    tokio::select! {
        ended = running => panic!("it ended: {ended:?}"),
        () = begun => {}
    }
    // The future is gone now.
    let dropped = Instant::now();
    until("the end of the process", || !runs(&bench.nonce)).await;
    assert!(dropped.elapsed() < Duration::from_secs(2), "{:?}", dropped.elapsed());
}

async fn a_step_without_an_image_runs(engine: &str) {
    let mut bench = Bench::new(engine).await;
    let base = bench.image("busybox:latest");
    let command = ExecCommand::Argv(vec!["/bin/sh".into(), "-c".into(), "echo $PATH; pwd".into()]);
    let env = vec![("NONCE".into(), bench.nonce.clone())];
    let exec = Exec { image: None, command, env, ..bench.exec(base, "") };
    let step = bench.add(Op::Exec(exec), "no image", false);
    let seen = Recorder::new(Answer::Open);
    bench.run(&[step], &seen).await.expect("runs");
    let default_path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n/\n";
    assert_eq!(seen.text(step, Stream::Stdout), default_path);
}

async fn environment_directory_and_user_are_set(engine: &str) {
    let mut bench = Bench::new(engine).await;
    let base = bench.image("busybox:latest");
    let env = vec![("A".into(), "x y".into()), ("PATH".into(), "/bin:/own".into())];
    let exec = Exec {
        env,
        workdir: Some("/tmp".into()),
        user: Some("nobody".into()),
        network: Network::Default,
        hosts: vec![("db.test".into(), "10.1.2.3".parse().expect("an address"))],
        ..bench.exec(
            base,
            "echo $A; echo $PATH; pwd; id -u; grep db.test /etc/hosts | tr '\\t' ' '; ls /sys/class/net | grep -c eth0",
        )
    };
    let step = bench.add(Op::Exec(exec), "env", false);
    let seen = Recorder::new(Answer::Open);
    bench.run(&[step], &seen).await.expect("runs");
    assert_eq!(seen.text(step, Stream::Stdout), "x y\n/bin:/own\n/tmp\n65534\n10.1.2.3 db.test\n1\n");
    let none = bench.sh(base, "ls /sys/class/net");
    bench.run(&[none], &seen).await.expect("runs");
    assert!(!seen.text(none, Stream::Stdout).contains("eth0"));
}

async fn an_uncached_step_runs_once_per_connection(engine: &str) {
    let mut bench = Bench::new(engine).await;
    let base = bench.image("busybox:latest");
    let exec = bench.exec(base, "echo ran; date > /date");
    let step = bench.add(Op::Exec(exec), "always", true);
    let above = bench.sh(step, "cat /date > /copy");
    for _ in 0..2 {
        let seen = Recorder::new(Answer::Open);
        assert_eq!(bench.probe(&[above]).await, [false]);
        bench.run(&[base, step, above], &seen).await.expect("runs");
        assert_eq!(seen.text(step, Stream::Stdout), "ran\n", "once");
        let again = Recorder::new(Answer::Refuse);
        bench.run(&[step, above], &again).await.expect("is cached");
        assert_eq!(bench.probe(&[above]).await, [true]);
        bench.engine = connect(engine).await;
    }
}

async fn equal_steps_on_different_inputs_run_together(engine: &str) {
    let mut bench = Bench::new(engine).await;
    let base = bench.image("busybox:latest");
    let (left, right) = (bench.sh(base, "echo l > /in"), bench.sh(base, "echo r > /in"));
    // Each ends only when the other has begun as well: they meet in a cache.
    let id = format!("rbuild/test/{}", bench.nonce);
    let kind = MountKind::Cache { id, sharing: CacheSharing::Shared, readonly: false, base: None };
    let meeting = vec![Mount { target: "/c".into(), kind }];
    let script = "touch /c/$(cat /in); at=0; until test -e /c/l -a -e /c/r; do at=$((at+1)); test $at -lt 100 || exit 9; \
                  sleep 0.2; done; cat /in";
    let on_left = bench.mounted(left, script, meeting.clone());
    let on_right = bench.mounted(right, script, meeting);
    let seen = Recorder::new(Answer::Open);
    bench.run(&[base, left, right], &seen).await.expect("runs");
    let graph = bench.graph();
    let (a, b) = tokio::join!(
        bench.engine.run(&graph, on_left.vertex, seen.clone()),
        bench.engine.run(&graph, on_right.vertex, seen.clone()),
    );
    a.and(b).expect("run");
    assert_eq!(seen.text(on_left, Stream::Stdout), "l\n");
    assert_eq!(seen.text(on_right, Stream::Stdout), "r\n");
    let gates = seen.gates();
    let asked = |output: rbuild::graph::Output| gates.iter().filter(|id| **id == output.vertex).count();
    assert_eq!((asked(on_left), asked(on_right)), (1, 1), "each asks for itself");
}

async fn a_long_cached_chain_is_probed_in_one_round(engine: &str) {
    let mut bench = Bench::new(engine).await;
    let mut chain = vec![bench.image("busybox:latest")];
    for at in 0..20 {
        let below = chain[at];
        chain.push(bench.sh(below, &format!("echo {at}")));
    }
    let last = *chain.last().expect("not empty");
    assert_eq!(bench.probe(&[last]).await, [false]);
    bench.run(&chain, &Recorder::new(Answer::Open)).await.expect("runs");
    bench.engine = connect(engine).await;
    let begun = Instant::now();
    assert_eq!(bench.probe(&[last]).await, [true]);
    eprintln!("engine {engine}: probe of a cached chain of 20: {:?}", begun.elapsed());
    assert!(begun.elapsed() < Duration::from_millis(500), "{:?}", begun.elapsed());
}

async fn many_steps_wait_at_their_gates_together(engine: &str) {
    const STEPS: usize = 120;
    let mut bench = Bench::new(engine).await;
    let base = bench.image("busybox:latest");
    let steps: Vec<_> = (0..STEPS).map(|at| bench.sh(base, &format!("exit {at}"))).collect();
    let seen = Recorder::new(Answer::Refuse);
    struct Holding(std::sync::Arc<Recorder>, tokio::sync::Barrier);
    #[async_trait::async_trait]
    impl rbuild::engine::Observer for Holding {
        async fn gate(&self, vertex: rbuild::digest::VertexId) -> Answer {
            self.1.wait().await;
            self.0.gate(vertex).await
        }
        fn output(&self, _: rbuild::digest::VertexId, _: Stream, _: &[u8]) {}
        fn progress(&self, _: rbuild::digest::VertexId, _: Progress) {}
        fn context_sent(&self, _: &rbuild::graph::LocalSource, _: u64, _: u64) {}
    }
    bench.run(&[base], &seen).await.expect("runs");
    let holding = std::sync::Arc::new(Holding(seen.clone(), tokio::sync::Barrier::new(STEPS)));
    let graph = bench.graph();
    let runs = steps.iter().map(|step| bench.engine.run(&graph, step.vertex, holding.clone()));
    let all = tokio::time::timeout(Duration::from_secs(60), futures_util::future::join_all(runs));
    let all = all.await.expect("all gates are asked before any answers");
    assert!(all.iter().all(|result| matches!(result, Err(EngineError::Refused))), "{all:?}");
}

async fn an_image_that_is_not_there_is_named(engine: &str) {
    let mut bench = Bench::new(engine).await;
    let reference = "localhost:1/no/such:image".to_owned();
    let image = ImageSource { reference: reference.clone(), platform: Platform::host() };
    let source = bench.add(Op::Image(image.clone()), "no such", false);
    let seen = Recorder::new(Answer::Open);
    let run = bench.run(&[source], &seen).await.expect_err("is not there");
    let config = bench.engine.image_config(&image).await.expect_err("is not there");
    for error in [run, config] {
        assert!(matches!(&error, EngineError::Image { image, .. } if *image == reference), "{error:?}");
    }
}

async fn image_configurations_are_told(engine: &str) {
    let bench = Bench::new(engine).await;
    let image = ImageSource { reference: "docker.io/library/busybox:latest".into(), platform: Platform::host() };
    let config = bench.engine.image_config(&image).await.expect("is told");
    assert_eq!(config.cmd, Some(vec!["sh".to_owned()]));
    assert!(config.variable("PATH").is_some_and(|path| path.ends_with(":/bin")));
}

async fn a_probe_does_not_wait_for_somebody_elses_step(engine: &str) {
    let mut bench = Bench::new(engine).await;
    let base = bench.image("busybox:latest");
    let step = bench.sh(base, "echo begun; while :; do sleep 1; done");
    let above = bench.sh(step, "true");
    let seen = Recorder::new(Answer::Open);
    let other = connect(engine).await;
    let graph = bench.graph();
    let running = other.run(&graph, step.vertex, seen.clone());
    let probing = async {
        until("the output", || seen.text(step, Stream::Stdout) == "begun\n").await;
        let begun = Instant::now();
        assert_eq!(bench.probe(&[above, base]).await, [false, true]);
        begun.elapsed()
    };
    tokio::select! {
        ended = running => panic!("it ended: {ended:?}"),
        took = probing => assert!(took < Duration::from_secs(4), "{took:?}"),
    }
    assert_eq!(seen.gates(), [step.vertex], "the one who runs it is asked once");
}

async fn a_probe_does_not_spoil_a_step_that_begins_beside_it(engine: &str) {
    let mut bench = Bench::new(engine).await;
    let base = bench.image("busybox:latest");
    let other = connect(engine).await;
    for round in 0..8 {
        let step = bench.sh(base, &format!("echo {round}"));
        let seen = Recorder::new(Answer::Open);
        let graph = bench.graph();
        let probes = async {
            for _ in 0..10 {
                let goals = [step.vertex];
                other.probe(&graph, &goals, Recorder::new(Answer::Refuse)).await.expect("answers");
            }
        };
        let (run, ()) = tokio::join!(bench.engine.run(&graph, step.vertex, seen.clone()), probes);
        run.expect("runs");
        assert_eq!(seen.text(step, Stream::Stdout), format!("{round}\n"));
    }
}

async fn a_privileged_step_says_what_the_engine_lacks(engine: &str) {
    let mut bench = Bench::new(engine).await;
    let base = bench.image("busybox:latest");
    let exec = Exec { privileged: true, ..bench.exec(base, "true") };
    let step = bench.add(Op::Exec(exec), "privileged", false);
    let error = bench.run(&[step], &Recorder::new(Answer::Open)).await.expect_err("stock engines do not allow it");
    assert!(
        matches!(&error, EngineError::Unsupported { needs, .. } if needs.contains("security-insecure")),
        "{error:?}"
    );
    assert_eq!(bench.probe(&[step, base]).await, [false, true]);
}
