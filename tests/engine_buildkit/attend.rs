//! Processes that somebody works with.

use super::bench::{Bench, Recorder};
use super::on_every_engine;
use rbuild::engine::{Answer, Console, Engine as _, EngineError, Terminal};
use rbuild::graph::op::{CacheSharing, Exec, ExecCommand, Mount, MountKind};
use tokio::io::{AsyncReadExt as _, DuplexStream, duplex};
use tokio::sync::{mpsc, watch};

on_every_engine!(
    commands_on_standard_input_run_with_all_mounts,
    a_terminal_has_a_size_and_changes_it,
    what_is_done_there_is_lost_but_for_caches,
    what_cannot_begin_says_why,
    much_goes_through,
);

/// The other side of a console.
struct Person {
    keys: Option<mpsc::Sender<Vec<u8>>>,
    size: watch::Sender<(u16, u16)>,
    output: DuplexStream,
    errors: DuplexStream,
}

fn sit_down(terminal: bool) -> (Console, Person) {
    let (keys, input) = mpsc::channel(4);
    let (size, sizes) = watch::channel((24, 80));
    let (output, written) = duplex(1 << 20);
    let (errors, complained) = duplex(1 << 20);
    let console = Console {
        input,
        output: Box::pin(written),
        errors: Box::pin(complained),
        terminal: terminal.then(|| Terminal { size: sizes, kind: Some("dumb".to_owned()) }),
        held: Box::new(()),
    };
    (console, Person { keys: Some(keys), size, output, errors })
}

impl Person {
    async fn types(&mut self, text: &str) {
        let keys = self.keys.as_ref().expect("still there");
        keys.send(text.as_bytes().to_vec()).await.expect("somebody listens");
    }

    /// Reads until a text comes.
    async fn sees(&mut self, text: &str) -> String {
        let mut seen = Vec::new();
        while !String::from_utf8_lossy(&seen).contains(text) {
            let mut chunk = [0; 4096];
            let length = self.output.read(&mut chunk).await.expect("reads");
            assert!(length > 0, "{text} never came: {}", String::from_utf8_lossy(&seen));
            seen.extend_from_slice(&chunk[..length]);
        }
        String::from_utf8_lossy(&seen).into_owned()
    }

    async fn leaves(mut self) -> (String, String) {
        self.keys = None;
        let (mut output, mut errors) = (String::new(), String::new());
        self.output.read_to_string(&mut output).await.expect("text");
        self.errors.read_to_string(&mut errors).await.expect("text");
        (output, errors)
    }
}

fn shell() -> ExecCommand {
    ExecCommand::Shell("exec sh".to_owned())
}

async fn commands_on_standard_input_run_with_all_mounts(engine: &str) {
    let mut bench = Bench::new(engine).await;
    let base = bench.image("busybox:latest");
    let state = bench.sh(base, "mkdir /w; echo made >/w/file");
    bench.run(&[state], &Recorder::new(Answer::Open)).await.expect("runs");
    let secret = MountKind::Secret { id: "token".to_owned(), mode: 0o400, optional: false };
    let mount = |target: &str, kind| Mount { target: target.to_owned(), kind };
    let exec = Exec {
        command: shell(),
        env: vec![("WHO".to_owned(), "me".to_owned())],
        workdir: Some("/w".to_owned()),
        mounts: vec![mount("/s", secret), mount("/t", MountKind::Tmpfs)],
        secret_env: vec![("TOKEN".to_owned(), "token".to_owned())],
        ..bench.exec(state, "")
    };
    let (console, mut person) = sit_down(false);
    person.types("cat file; echo $WHO $TOKEN; cat /s; pwd\ngrep -c ' /t tmpfs' /proc/mounts; [ -t 0 ] || echo plain; echo bad >&2; exit 7\n").await;
    let graph = bench.graph();
    let (code, said) = tokio::join!(bench.engine.attend(&graph, &exec, console), person.leaves());
    assert_eq!(said, ("made\nme s3cret\ns3cret\n/w\n1\nplain\n".to_owned(), "bad\n".to_owned()));
    assert_eq!(code.expect("ends"), 7);
}

async fn a_terminal_has_a_size_and_changes_it(engine: &str) {
    let mut bench = Bench::new(engine).await;
    let base = bench.image("busybox:latest");
    let exec = Exec { command: ExecCommand::Shell("stty size; exec sh".to_owned()), ..bench.exec(base, "") };
    let (console, mut person) = sit_down(true);
    let graph = bench.graph();
    let working = async {
        person.types("stty -echo; [ -t 0 ] && [ -t 1 ] && echo ready-$TERM\n").await;
        person.sees("ready-dumb").await;
        // The size comes a moment after the process.
        person.types("while ! stty size | grep -q '24 80'; do sleep 0.1; done; echo siz''ed\n").await;
        person.sees("sized").await;
        person.size.send((30, 100)).expect("somebody follows");
        person.types("while ! stty size | grep -q '30 100'; do sleep 0.1; done; echo gro''wn\n").await;
        person.sees("grown").await;
        // Ctrl-C ends what runs, not the shell; who says so is the one that has the terminal.
        person.types("sh -c \"echo sleep''ing; exec sleep 1000\"\n").await;
        person.sees("sleeping").await;
        person.types("\x03").await;
        person.types("echo still he''re\n").await;
        person.sees("still here").await;
        person.types("exit 3\n").await;
    };
    let (code, ()) = tokio::join!(bench.engine.attend(&graph, &exec, console), working);
    assert_eq!(code.expect("ends"), 3);
}

async fn what_is_done_there_is_lost_but_for_caches(engine: &str) {
    let mut bench = Bench::new(engine).await;
    let base = bench.image("busybox:latest");
    let state = bench.sh(base, "mkdir /w");
    bench.run(&[state], &Recorder::new(Answer::Open)).await.expect("runs");
    let id = format!("attend-{}", bench.nonce);
    let cache = MountKind::Cache { id, sharing: CacheSharing::Shared, readonly: false, base: None };
    let mounts = vec![Mount { target: "/c".to_owned(), kind: cache }];
    let exec = Exec { command: shell(), mounts, ..bench.exec(state, "") };
    for expected in ["", "kept\n"] {
        let (console, mut person) = sit_down(false);
        person.types("cat /w/file /c/file 2>/dev/null; echo lost >/w/file; echo kept >/c/file; exit 0\n").await;
        let graph = bench.graph();
        let (code, said) = tokio::join!(bench.engine.attend(&graph, &exec, console), person.leaves());
        assert_eq!((code.expect("ends"), said.0.as_str()), (0, expected));
    }
}

async fn what_cannot_begin_says_why(engine: &str) {
    let mut bench = Bench::new(engine).await;
    let base = bench.image("busybox:latest");
    let shellless = bench.sh(base, "rm /bin/sh");
    bench.run(&[shellless], &Recorder::new(Answer::Open)).await.expect("runs");
    let plain = Exec { command: shell(), ..bench.exec(base, "") };
    let attend = async |exec: Exec| {
        let (console, person) = sit_down(false);
        let graph = bench.graph();
        let (code, _) = tokio::join!(bench.engine.attend(&graph, &exec, console), person.leaves());
        code.expect_err("there is nothing to run")
    };
    let error = attend(Exec { root: Some(shellless), ..plain.clone() }).await;
    assert!(error.to_string().contains("there is no `/bin/sh`"), "{error}");
    let secret_env = vec![("X".to_owned(), "nothing".to_owned())];
    let error = attend(Exec { secret_env, ..plain.clone() }).await;
    assert!(matches!(&error, EngineError::Secret { id } if id == "nothing"), "{error:?}");
}

async fn much_goes_through(engine: &str) {
    let mut bench = Bench::new(engine).await;
    let base = bench.image("busybox:latest");
    let exec = Exec { command: ExecCommand::Argv(vec!["cat".to_owned()]), ..bench.exec(base, "") };
    let (console, mut person) = sit_down(false);
    let graph = bench.graph();
    let much = "0123456789abcdef".repeat(4096);
    let keys = person.keys.take().expect("there");
    let typing = async {
        for _ in 0..64 {
            keys.send(much.clone().into_bytes()).await.expect("taken");
        }
        drop(keys);
    };
    let (code, (), (said, _)) = tokio::join!(bench.engine.attend(&graph, &exec, console), typing, person.leaves());
    assert_eq!(code.expect("ends"), 0);
    assert_eq!(said.len(), 64 * much.len());
}
