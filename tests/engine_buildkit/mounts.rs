//! Mounts and secrets.

use super::bench::{Bench, Recorder};
use super::on_every_engine;
use rbuild::engine::{Answer, EngineError};
use rbuild::event::Stream;
use rbuild::graph::op::{CacheSharing, Exec, ExecCommand, Mount, MountKind};
use rbuild::graph::{Op, Output};

on_every_engine!(
    secrets_come_as_files_and_variables,
    a_missing_secret_is_named,
    caches_outlive_the_step,
    caches_begin_with_their_base,
    binds_tmpfs_and_scratch_mounts_work,
    a_step_on_an_empty_file_system_runs,
);

fn mount(target: &str, kind: MountKind) -> Mount {
    Mount { target: target.into(), kind }
}

async fn secrets_come_as_files_and_variables(engine: &str) {
    let mut bench = Bench::new(engine).await;
    let base = bench.image("busybox:latest");
    let secret = |optional, id: &str| MountKind::Secret { id: id.into(), mode: 0o440, optional };
    let variables = vec![("TOKEN".to_owned(), "token".to_owned())];
    let seen = Recorder::new(Answer::Open);

    let files = vec![mount("/a/token", secret(false, "token")), mount("/none", secret(true, "nothing"))];
    let step = bench.mounted(base, "cat /a/token; stat -c %a /a/token; ls /none 2>&1", files);
    let error = bench.run(&[step], &seen).await.expect_err("ls fails");
    assert!(matches!(error, EngineError::Exit(1)), "{error:?}");
    assert_eq!(seen.text(step, Stream::Stdout), "s3cret\n440\nls: /none: No such file or directory\n");

    let shell =
        Exec { secret_env: variables.clone(), user: Some("nobody".into()), ..bench.exec(base, "echo \"[$TOKEN]\"") };
    let shell = bench.add(Op::Exec(shell), "shell", false);
    bench.run(&[shell], &seen).await.expect("runs");
    assert_eq!(seen.text(shell, Stream::Stdout), "[s3cret]\n");

    let words = ["/bin/sh", "-c", "echo \"<$TOKEN> $1\"", "sh", "a b", &bench.nonce];
    let command = ExecCommand::Argv(words.map(str::to_owned).to_vec());
    let argv = Exec { secret_env: variables.clone(), command, ..bench.exec(base, "") };
    let argv = bench.add(Op::Exec(argv), "argv", false);
    bench.run(&[argv], &seen).await.expect("runs");
    assert_eq!(seen.text(argv, Stream::Stdout), "<s3cret> a b\n", "the same with a shell and without");

    let mounts = vec![mount("/t", secret(false, "token"))];
    let both = Exec { secret_env: variables, mounts, ..bench.exec(base, "echo \"[$TOKEN]\"; ls -d /run/secrets") };
    let both = bench.add(Op::Exec(both), "both", false);
    bench.run(&[both], &seen).await.expect_err("there is no directory of secrets");
    assert_eq!(seen.text(both, Stream::Stdout), "[s3cret]\n");
}

async fn a_missing_secret_is_named(engine: &str) {
    let mut bench = Bench::new(engine).await;
    let base = bench.image("busybox:latest");
    let secret = MountKind::Secret { id: "nothing".into(), mode: 0o400, optional: false };
    let file = bench.mounted(base, "cat /s", vec![mount("/s", secret)]);
    let variables = vec![("X".to_owned(), "nothing".to_owned())];
    let shell = Exec { secret_env: variables.clone(), ..bench.exec(base, "echo $X") };
    let shell = bench.add(Op::Exec(shell), "shell", false);
    let command = ExecCommand::Argv(vec!["true".into(), bench.nonce.clone()]);
    let argv = Exec { secret_env: variables, command, ..bench.exec(base, "") };
    let argv = bench.add(Op::Exec(argv), "argv", false);
    for step in [file, shell, argv] {
        let error = bench.run(&[step], &Recorder::new(Answer::Open)).await.expect_err("fails");
        assert!(matches!(&error, EngineError::Secret { id } if id == "nothing"), "{error:?}");
    }
}

async fn caches_outlive_the_step(engine: &str) {
    let mut bench = Bench::new(engine).await;
    let base = bench.image("busybox:latest");
    for sharing in [CacheSharing::Shared, CacheSharing::Locked, CacheSharing::Private] {
        let id = format!("rbuild/test/{}/{sharing:?}", bench.nonce);
        let cache = |readonly| vec![mount("/c", MountKind::Cache { id: id.clone(), sharing, readonly, base: None })];
        let write = bench.mounted(base, &format!("echo {sharing:?} > /c/kept; stat -c %a /c"), cache(false));
        let read = bench.mounted(base, "cat /c/kept; touch /c/x 2>/dev/null || echo readonly", cache(true));
        let after = bench.sh(write, &format!("ls -A /c; : {sharing:?}"));
        let seen = Recorder::new(Answer::Open);
        bench.run(&[write, read, after], &seen).await.expect("run");
        assert_eq!(seen.text(write, Stream::Stdout), "755\n");
        assert_eq!(seen.text(read, Stream::Stdout), format!("{sharing:?}\nreadonly\n"));
        assert_eq!(seen.text(after, Stream::Stdout), "", "the image has none of it");
    }
}

async fn caches_begin_with_their_base(engine: &str) {
    let mut bench = Bench::new(engine).await;
    let base = bench.image("busybox:latest");
    let filled = bench.sh(base, "mkdir -p /d; chmod 1777 /d; echo old > /d/f");
    let id = format!("rbuild/test/{}", bench.nonce);
    let kind =
        MountKind::Cache { id, sharing: CacheSharing::Shared, readonly: false, base: Some((filled, "/d".into())) };
    let step = bench.mounted(base, "cat /c/f; stat -c %a /c", vec![mount("/c", kind)]);
    let seen = Recorder::new(Answer::Open);
    bench.run(&[filled, step], &seen).await.expect("run");
    assert_eq!(seen.text(step, Stream::Stdout), "old\n1777\n");
}

async fn binds_tmpfs_and_scratch_mounts_work(engine: &str) {
    let mut bench = Bench::new(engine).await;
    let base = bench.image("busybox:latest");
    let other = bench.sh(base, "mkdir /d; echo data > /d/f");
    let mounts = vec![
        mount("/a-out", MountKind::Scratch),
        mount("/b-in", MountKind::Bind { input: other, selector: "/d".into() }),
        mount("/c-tmp", MountKind::Tmpfs),
        mount("/d-out", MountKind::Scratch),
    ];
    let script = "cat /b-in/f; touch /b-in/x 2>/dev/null || echo readonly; grep -c ' /c-tmp tmpfs' /proc/mounts; \
                  printf 1 > /a-out/f; printf 2 > /d-out/f; printf 0 > /f";
    let step = bench.mounted(base, script, mounts);
    let seen = Recorder::new(Answer::Open);
    bench.run(&[other, step], &seen).await.expect("run");
    assert_eq!(seen.text(step, Stream::Stdout), "data\nreadonly\n1\n");
    for index in 0..3 {
        let output = Output { vertex: step.vertex, index };
        assert_eq!(bench.read(output, "/f").await.expect("reads"), index.to_string());
    }
    assert_eq!(seen.gates().len(), 2, "reading runs nothing");
}

async fn a_step_on_an_empty_file_system_runs(engine: &str) {
    let mut bench = Bench::new(engine).await;
    let base = bench.image("busybox:latest");
    let tools = MountKind::Bind { input: base, selector: "/bin".into() };
    let exec =
        Exec { root: None, image: None, mounts: vec![mount("/bin", tools)], ..bench.exec(base, "echo made > /f") };
    let step = bench.add(Op::Exec(exec), "scratch", false);
    bench.run(&[step], &Recorder::new(Answer::Open)).await.expect("runs");
    assert_eq!(bench.read(step, "/f").await.expect("reads"), "made\n");
}
