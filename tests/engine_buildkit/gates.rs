//! Gates of steps that several builds share.

use super::bench::{Bench, Recorder, connect, until};
use super::on_every_engine;
use rbuild::engine::{Answer, Engine as _, Progress};
use rbuild::event::Stream;
use rbuild::graph::op::{Exec, Mount, MountKind, Network};
use rbuild::graph::{ImageSource, Op, Output};
use rbuild::platform::Platform;

on_every_engine!(
    a_shared_step_runs_when_the_first_client_opens,
    a_shared_step_that_one_client_refuses_runs_for_another,
    an_open_gate_leaves_nothing_in_the_result,
    a_probe_tells_which_steps_were_asked_for,
    a_goal_whose_image_is_missing_is_not_cached,
);

/// Two clients share a step: the engine asks the first, and the second has joined when this returns its answers.
async fn share(engine: &str, first: Answer) -> (usize, usize) {
    let mut bench = Bench::new(engine).await;
    let base = bench.image("busybox:latest");
    let step = bench.sh(base, "echo ran");
    let (one, two) = (Recorder::holding(first), Recorder::new(Answer::Open));
    let (graph, other) = (bench.graph(), connect(engine).await);
    let begins = async {
        until("the first question", || !one.gates().is_empty()).await;
        let joins = async {
            until("the second client", || two.progress(step).contains(&Progress::Started)).await;
            one.allow();
        };
        tokio::join!(other.run(&graph, step.vertex, two.clone()), joins).0
    };
    let (ran, joined) = tokio::join!(bench.engine.run(&graph, step.vertex, one.clone()), begins);
    ran.and(joined).expect("it runs for both");
    for seen in [&one, &two] {
        assert_eq!(seen.text(step, Stream::Stdout), "ran\n");
    }
    (one.gates().len(), two.gates().len())
}

async fn a_shared_step_runs_when_the_first_client_opens(engine: &str) {
    assert_eq!(share(engine, Answer::Open).await, (1, 0));
}

async fn a_shared_step_that_one_client_refuses_runs_for_another(engine: &str) {
    assert_eq!(share(engine, Answer::Refuse).await, (1, 1));
}

async fn an_open_gate_leaves_nothing_in_the_result(engine: &str) {
    let mut bench = Bench::new(engine).await;
    let base = bench.image("busybox:latest");
    let list = "find / -xdev -name '*rbuild*'; echo listed";
    let isolated = bench.exec(base, "true");
    let networked = Exec { network: Network::Default, ..bench.exec(base, "echo networked") };
    let tools = Mount { target: "/bin".into(), kind: MountKind::Bind { input: base, selector: "/bin".into() } };
    let scratch = Exec { root: None, image: None, mounts: vec![tools.clone()], ..bench.exec(base, "echo scratch") };
    for (name, exec) in [("isolated", isolated), ("networked", networked), ("scratch", scratch)] {
        let mounts = exec.mounts.clone();
        let first = bench.add(Op::Exec(exec), name, false);
        let above = Exec { mounts, ..bench.exec(first, &format!("{list}; : above {name}")) };
        let above = bench.add(Op::Exec(above), name, false);
        let seen = Recorder::new(Answer::Open);
        bench.run(&[first], &seen).await.expect("runs");
        assert_eq!(files(&bench, first, &seen).await, Vec::<String>::new(), "{name}");
        bench.run(&[above], &seen).await.expect("runs");
        assert_eq!(seen.text(above, Stream::Stdout), "listed\n", "{name}");
    }
}

/// The files of a result that have to do with gates.
async fn files(bench: &Bench, output: Output, seen: &std::sync::Arc<Recorder>) -> Vec<String> {
    let into = tempfile::tempdir().expect("a directory");
    bench.engine.export_files(&bench.graph(), output, into.path(), seen.clone()).await.expect("exports");
    assert!(into.path().read_dir().expect("a directory").count() > 0);
    [".rbuild-gate", "rbuild"]
        .iter()
        .flat_map(|name| ["dev", "run"].map(|dir| into.path().join(dir).join(name)))
        .filter(|path| path.symlink_metadata().is_ok())
        .map(|path| path.display().to_string())
        .collect()
}

async fn a_probe_tells_which_steps_were_asked_for(engine: &str) {
    let mut bench = Bench::new(engine).await;
    let base = bench.image("busybox:latest");
    let (one, other) = (bench.sh(base, "echo one > /one"), bench.sh(base, "echo other > /other"));
    let (two, three) = (bench.sh(one, "echo two > /two"), bench.sh(one, "echo three > /three"));
    let (left, right) = (bench.sh(two, "echo equal"), bench.sh(other, "echo equal"));
    let asked = async |bench: &Bench, goals: &[Output], answer| {
        let seen = Recorder::new(answer);
        let cached = bench.probe_with(goals, &seen).await;
        let mut asked = seen.gates();
        asked.sort();
        asked.dedup();
        (cached, asked)
    };
    for answer in [Answer::Refuse, Answer::Open] {
        let (cached, met) = asked(&bench, &[one, two], answer).await;
        assert_eq!((cached, met), (vec![false, false], vec![one.vertex]), "it runs nothing, whatever the answer");
    }
    bench.run(&[one, other], &Recorder::new(Answer::Open)).await.expect("run");
    let mut expect = [two.vertex, three.vertex];
    expect.sort();
    let (cached, met) = asked(&bench, &[one, two, three], Answer::Refuse).await;
    assert_eq!((cached, met), (vec![true, false, false], expect.to_vec()));
    // The gate of `right` is asked; by its name it may be the one of `left`, whose input is not there.
    let (cached, met) = asked(&bench, &[left, right], Answer::Refuse).await;
    assert_eq!((cached, met), (vec![false, false], vec![two.vertex]));
}

async fn a_goal_whose_image_is_missing_is_not_cached(engine: &str) {
    let mut bench = Bench::new(engine).await;
    let base = bench.image("busybox:latest");
    let image = ImageSource { reference: "localhost:1/no/such:image".into(), platform: Platform::host() };
    let missing = bench.add(Op::Image(image), "no such", false);
    let exec = Exec { image: Some(missing.vertex), ..bench.exec(missing, "true") };
    let step = bench.add(Op::Exec(exec), "on no such", false);
    assert_eq!(bench.probe(&[step, base, missing]).await, [false, true, false]);
    assert_eq!(bench.probe(&[step]).await, [false]);
}
