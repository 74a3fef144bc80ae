//! Build contexts and changes to files.

use super::bench::{Bench, Recorder, connect};
use super::on_every_engine;
use rbuild::engine::{Answer, Engine as _, EngineError};
use rbuild::event::Stream;
use rbuild::graph::op::{CopyAction, FileAction, FileOp, Mount, MountKind, Owner};
use rbuild::graph::{Op, Output};
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

on_every_engine!(
    a_context_is_copied_and_only_changes_are_sent_again,
    a_missing_source_is_named,
    an_unreadable_context_says_why,
    owners_modes_and_times_are_set,
    copies_find_their_sources,
    files_are_exported,
    an_export_that_cannot_be_written_says_why,
);

fn copy(from: Output, source: &str, dest: &str) -> CopyAction {
    CopyAction {
        from: Some(from),
        source: source.into(),
        dest: dest.into(),
        wildcard: false,
        allow_empty: false,
        dir_contents: false,
        follow_link: false,
        owner: Some(Owner { user: "0".into(), group: String::new(), names_in: None }),
        mode: None,
        timestamp: None,
        unpack: false,
        only: Vec::new(),
        without: Vec::new(),
    }
}

impl Bench {
    fn files(&mut self, base: Option<Output>, actions: Vec<FileAction>) -> Output {
        self.add(Op::File(FileOp { base, actions }), "COPY", false)
    }
}

async fn a_context_is_copied_and_only_changes_are_sent_again(engine: &str) {
    let directory = tempfile::tempdir().expect("a directory");
    let at = |path: &str| directory.path().join(path);
    fs::create_dir_all(at("d/e")).expect("makes");
    for number in 0..50 {
        fs::write(at(&format!("d/{number}")), format!("{number}")).expect("writes");
    }
    fs::write(at("d/e/big"), vec![b'x'; 100_000]).expect("writes");
    fs::write(at("tool"), "#!").expect("writes");
    fs::set_permissions(at("tool"), fs::Permissions::from_mode(0o4755)).expect("sets");
    symlink("../tool", at("d/link")).expect("links");

    let mut bench = Bench::new(engine).await;
    let base = bench.image("busybox:latest");
    let context = bench.local(directory.path());
    let all = CopyAction { dir_contents: true, ..copy(context, "/", "/w/") };
    let copied = bench.files(Some(base), vec![FileAction::Copy(all)]);
    let script = "cd /w; find . | sort | head -4 | tr '\\n' ' '; stat -c '%a %u' tool; readlink d/link; wc -c < d/e/big; cat d/7";
    let step = bench.sh(copied, script);
    let seen = Recorder::new(Answer::Open);
    bench.run(&[base, context, copied, step], &seen).await.expect("run");
    assert_eq!(seen.text(step, Stream::Stdout), ". ./d ./d/0 ./d/1 4755 0\n../tool\n100000\n7");
    assert_eq!(seen.sent(), [(52, 100_000 + 90 + 2)], "once in a connection");

    bench.engine = connect(engine).await;
    assert_eq!(bench.probe(&[step]).await, [true], "nothing changed");
    let unchanged = Recorder::new(Answer::Refuse);
    bench.run(&[base, context, copied, step], &unchanged).await.expect("is cached");
    assert_eq!(unchanged.sent().iter().map(|(files, _)| files).sum::<u64>(), 0);

    fs::write(at("d/7"), "seven").expect("writes");
    bench.engine = connect(engine).await;
    let changed = Recorder::new(Answer::Open);
    bench.run(&[base, context, copied, step], &changed).await.expect("runs");
    assert_eq!(changed.sent(), [(1, 5)]);
    assert!(changed.text(step, Stream::Stdout).ends_with("\nseven"));

    let other = tempfile::tempdir().expect("a directory");
    fs::write(other.path().join("tool"), "x").expect("writes");
    let context = bench.local(other.path());
    let copied = bench.files(Some(base), vec![FileAction::Copy(copy(context, "/tool", "/w/"))]);
    let seen = Recorder::new(Answer::Open);
    bench.run(&[context, copied], &seen).await.expect("runs");
    assert_eq!(bench.read(copied, "/w/tool").await.expect("reads"), "x");
}

async fn a_missing_source_is_named(engine: &str) {
    let directory = tempfile::tempdir().expect("a directory");
    fs::write(directory.path().join("there"), "x").expect("writes");
    let mut bench = Bench::new(engine).await;
    let base = bench.image("busybox:latest");
    let context = bench.local(directory.path());
    let result = bench.sh(base, "mkdir /out");
    let seen = Recorder::new(Answer::Open);
    bench.run(&[base, context, result], &seen).await.expect("run");
    let pattern = |from, source| CopyAction { wildcard: true, ..copy(from, source, "/x/") };
    for (action, path) in [
        (copy(context, "/missing", "/x"), "/missing"),
        (copy(context, "/dir/missing", "/x"), "/dir/missing"),
        (copy(result, "/out/missing", "/x"), "/out/missing"),
        (pattern(context, "/*.nope"), "/*.nope"),
        (pattern(result, "/out/*.nope"), "/out/*.nope"),
    ] {
        let step = bench.files(Some(base), vec![FileAction::Copy(action)]);
        assert_eq!(bench.probe(&[step]).await, [false], "a probe does not complain");
        let error = bench.run(&[step], &seen).await.expect_err("is not there");
        assert!(matches!(&error, EngineError::NotFound { path: told } if told == path), "{path}: {error:?}");
    }
    let none = CopyAction { allow_empty: true, ..pattern(context, "/*.nope") };
    let step = bench.files(Some(base), vec![FileAction::Copy(none)]);
    bench.run(&[step], &seen).await.expect("nothing to copy is no fault");
}

async fn an_unreadable_context_says_why(engine: &str) {
    let directory = tempfile::tempdir().expect("a directory");
    let gone = directory.path().join("gone");
    let mut bench = Bench::new(engine).await;
    let context = bench.local(&gone);
    let error = bench.run(&[context], &Recorder::new(Answer::Open)).await.expect_err("fails");
    assert!(error.to_string().contains("No such file"), "{error:?}");
}

async fn owners_modes_and_times_are_set(engine: &str) {
    let mut bench = Bench::new(engine).await;
    let base = bench.image("busybox:latest");
    let source = bench.sh(base, "echo x > /x; chmod 640 /x; chown 5:6 /x");
    let owner = |user: &str, group: &str| Some(Owner { user: user.into(), group: group.into(), names_in: Some(base) });
    let with = |dest: &str, owner, mode| {
        FileAction::Copy(CopyAction { owner, mode, timestamp: Some(1_600_000_000), ..copy(source, "/x", dest) })
    };
    let old = engine == "20";
    let special = |mode: u32| Some(if old { mode & 0o777 } else { mode });
    let mkdir = FileAction::Mkdir { path: "/m/n".into(), mode: 0o711, owner: owner("7", "users") };
    let actions = vec![
        with("/a", None, None),
        with("/b", owner("9", ""), Some(0o600)),
        with("/c", owner("daemon", ""), special(0o4755)),
        with("/d", owner("nobody", "8"), special(0o2750)),
        with("/deep/er/e", owner("1", "2"), None),
        mkdir,
    ];
    let copied = bench.files(Some(base), actions);
    let step = bench.sh(copied, "stat -c '%n %u:%g %a %Y' /a /b /c /d /deep/er/e; stat -c '%n %u:%g %a' /m/n");
    let seen = Recorder::new(Answer::Open);
    bench.run(&[base, source, copied, step], &seen).await.expect("run");
    let (c, d) = if old { ("755", "750") } else { ("4755", "2750") };
    assert_eq!(
        seen.text(step, Stream::Stdout),
        format!(
            "/a 5:6 640 1600000000\n/b 9:9 600 1600000000\n/c 2:2 {c} 1600000000\n/d 65534:8 {d} 1600000000\n\
             /deep/er/e 1:2 640 1600000000\n/m/n 7:100 711\n"
        )
    );
    if old {
        let step = bench.files(Some(base), vec![with("/a", None, Some(0o4755))]);
        let error = bench.run(&[step], &seen).await.expect_err("is refused");
        assert!(matches!(error, EngineError::Unsupported { .. }), "{error:?}");
    }
}

async fn copies_find_their_sources(engine: &str) {
    let mut bench = Bench::new(engine).await;
    let base = bench.image("busybox:latest");
    let source = bench.sh(base, "mkdir -p /s/d; echo 1 > /s/a.txt; echo 2 > /s/b.txt; echo 3 > /s/d/c; ln -s d /s/l");
    let plain = |source_path: &str, dest: &str| copy(source, source_path, dest);
    let actions = vec![
        FileAction::Copy(CopyAction { wildcard: true, ..plain("/s/*.txt", "/w/") }),
        FileAction::Copy(CopyAction { dir_contents: true, ..plain("/s/d", "/contents/") }),
        FileAction::Copy(plain("/s/d", "/whole/")),
        FileAction::Copy(plain("/s/l", "/link")),
        FileAction::Copy(CopyAction { follow_link: true, dir_contents: true, ..plain("/s/l", "/followed") }),
        FileAction::Copy(CopyAction { from: None, allow_empty: true, wildcard: true, ..plain("/*", "/nothing/") }),
    ];
    let copied = bench.files(None, actions);
    let image =
        bench.files(Some(base), vec![FileAction::Copy(CopyAction { dir_contents: true, ..copy(copied, "/", "/t") })]);
    let step = bench.sh(image, "cd /t; find . -type f | sort | tr '\\n' ' '; readlink link");
    let seen = Recorder::new(Answer::Open);
    bench.run(&[base, source, copied, image, step], &seen).await.expect("run");
    assert_eq!(seen.text(step, Stream::Stdout), "./contents/c ./followed/c ./w/a.txt ./w/b.txt ./whole/d/c d\n");
    let context = bench.engine.read_file(&bench.graph(), copied, "/w/a.txt").await;
    assert_eq!(context.expect("reads"), b"1\n");
}

async fn files_are_exported(engine: &str) {
    let mut bench = Bench::new(engine).await;
    let base = bench.image("busybox:latest");
    let source =
        bench.sh(base, "mkdir -p /s/d; echo 1 > /s/a; seq 100000 > /s/d/big; ln -s ../a /s/d/l; chmod 750 /s/a");
    let all = CopyAction { dir_contents: true, ..copy(source, "/s", "/") };
    let tree = bench.files(None, vec![FileAction::Copy(all)]);
    let seen = Recorder::new(Answer::Open);
    bench.run(&[base, source, tree], &seen).await.expect("run");
    for _ in 0..2 {
        let into = tempfile::tempdir().expect("a directory");
        bench.engine.export_files(&bench.graph(), tree, into.path(), seen.clone()).await.expect("exports");
        let read = |path: &str| fs::read_to_string(into.path().join(path)).expect("is there");
        assert_eq!(read("a"), "1\n");
        assert_eq!(read("d/big").lines().count(), 100_000);
        assert_eq!(fs::read_link(into.path().join("d/l")).expect("a link").to_str(), Some("../a"));
        assert_eq!(fs::metadata(into.path().join("a")).expect("is there").permissions().mode() & 0o777, 0o750);
        assert_eq!(fs::read_dir(into.path()).expect("is there").count(), 2);
    }
    assert_eq!(seen.gates().len(), 1, "exports run nothing");
    // The same session service still takes contexts and steps.
    let scratch = tempfile::tempdir().expect("a directory");
    let empty = bench.files(
        None,
        vec![FileAction::Copy(CopyAction { wildcard: true, allow_empty: true, ..copy(source, "/none*", "/") })],
    );
    bench.engine.export_files(&bench.graph(), empty, scratch.path(), seen.clone()).await.expect("exports nothing");
    assert_eq!(fs::read_dir(scratch.path()).expect("is there").count(), 0);
}

async fn an_export_that_cannot_be_written_says_why(engine: &str) {
    let mut bench = Bench::new(engine).await;
    let base = bench.image("busybox:latest");
    let out = Mount { target: "/out".into(), kind: MountKind::Scratch };
    let source = bench.mounted(base, "mkfifo /out/pipe", vec![out]);
    let tree = Output { index: 1, ..source };
    let seen = Recorder::new(Answer::Open);
    bench.run(&[base, source], &seen).await.expect("run");
    let into = tempfile::tempdir().expect("a directory");
    let error = bench.engine.export_files(&bench.graph(), tree, into.path(), seen.clone()).await.expect_err("fails");
    assert!(error.to_string().contains("`pipe` cannot be exported"), "{error:?}");
    let gone = into.path().join("gone");
    let error = bench.engine.export_files(&bench.graph(), source, &gone, seen.clone()).await.expect_err("fails");
    assert!(error.to_string().contains("gone"), "{error:?}");
}
