use super::*;
use crate::digest::{Digest, VertexId};
use crate::engine::EngineError;
use crate::engine::buildkit::capabilities::{Capabilities, SECRET_ENV, SPECIAL_BITS};
use crate::engine::buildkit::resolve::Resolve;
use crate::graph::host::{CopyIn, HostAction};
use crate::graph::image::ImageConfig;
use crate::graph::op::{
    CacheSharing, CopyAction, Exec, ExecCommand, FileAction, FileOp, Mount, MountKind, Network, Owner,
};
use crate::graph::plan::ArtifactShape;
use crate::graph::{GraphBuilder, HostOp, HttpSource, IgnoreFile, ImageSource, LocalSource, Op, Options, Output};
use crate::platform::Platform;
use crate::source::{Location, Sources, Span};
use crate::trace::Trace;
use bollard_buildkit_proto::pb;
use prost::Message as _;
use std::collections::HashMap;

const NEW: [&str; 2] = [SECRET_ENV, SPECIAL_BITS];

#[derive(Default)]
struct Bench {
    builder: GraphBuilder,
    config: ImageConfig,
}

impl Bench {
    fn add(&mut self, op: Op) -> Output {
        self.add_as(op, false)
    }

    fn add_as(&mut self, op: Op, uncached: bool) -> Output {
        let file = Sources::default().add("Buildfile", "");
        self.builder.add(op, || Options {
            target: "+t".into(),
            name: "RUN it".into(),
            span: Span::new(file, 0, 0),
            location: Location { file: "Buildfile".into(), line: 1, column: 1 },
            trace: Trace::default(),
            uncached,
            data_roots: None,
            raw_output: false,
        })
    }

    fn image(&mut self) -> Output {
        let reference = "docker.io/library/alpine:3.20".to_owned();
        self.add(Op::Image(ImageSource { reference, platform: platform_of("linux/arm64") }))
    }

    fn lower(&self, goal: Output, capabilities: &[&str], nonce: &str) -> Result<Lowered, EngineError> {
        let images = self.builder.graph().iter().filter(|vertex| matches!(vertex.op, Op::Image(_)));
        let configs: HashMap<VertexId, ImageConfig> = images.map(|image| (image.id, self.config.clone())).collect();
        let capabilities: Capabilities = capabilities.iter().copied().collect();
        let with = Lowering {
            resolve: Resolve::StoreFirst,
            engine: "Docker 1",
            capabilities: &capabilities,
            configs: &configs,
            results: &HashMap::new(),
            session: "the-session",
            nonce,
        };
        lower(self.builder.graph(), goal, &with)
    }
}

fn platform_of(text: &str) -> Platform {
    text.parse().expect("a platform")
}

fn exec(root: Output) -> Exec {
    Exec {
        root: Some(root),
        image: Some(root.vertex),
        command: ExecCommand::Shell("make".into()),
        env: Vec::new(),
        workdir: None,
        user: None,
        mounts: Vec::new(),
        network: Network::Default,
        privileged: false,
        hosts: Vec::new(),
        secret_env: Vec::new(),
        platform: platform_of("linux/arm64"),
        interactive: None,
    }
}

fn mount(target: &str, kind: MountKind) -> Mount {
    Mount { target: target.into(), kind }
}

fn ops(lowered: &Lowered) -> Vec<pb::Op> {
    lowered.definition.def.iter().map(|bytes| pb::Op::decode(bytes.as_slice()).expect("an operation")).collect()
}

/// The exec of a definition whose goal is one.
fn goal_exec(lowered: &Lowered) -> pb::ExecOp {
    let ops = ops(lowered);
    match ops[ops.len() - 2].op.clone() {
        Some(pb::op::Op::Exec(exec)) => exec,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_chain_becomes_a_definition_that_ends_with_its_goal() {
    let mut bench = Bench::default();
    let image = bench.image();
    let step = bench.add(Op::Exec(exec(image)));
    let lowered = bench.lower(step, &NEW, "n").expect("lowers");
    let digests: Vec<String> = lowered.definition.def.iter().map(|bytes| Digest::of(bytes).to_string()).collect();
    let ops = ops(&lowered);
    assert_eq!(ops.len(), 3);
    assert_eq!(ops[1].inputs, [pb::Input { digest: digests[0].clone(), index: 0 }]);
    assert_eq!(
        ops[2],
        pb::Op { inputs: vec![pb::Input { digest: digests[1].clone(), index: 0 }], ..pb::Op::default() }
    );
    assert_eq!(ops[0].platform.as_ref().map(|platform| platform.architecture.as_str()), Some("arm64"));
    let Some(pb::op::Op::Source(source)) = &ops[0].op else { panic!("a source") };
    assert_eq!(source.identifier, "docker-image://docker.io/library/alpine:3.20");
    assert_eq!(source.attrs["image.resolvemode"], "local");
    assert_eq!(
        lowered.vertices,
        HashMap::from([(digests[0].clone(), image.vertex), (digests[1].clone(), step.vertex)])
    );
    assert_eq!(lowered.definition.metadata[&digests[1]].description["llb.customname"], "[+t] RUN it");
    assert_eq!(lowered.definition.metadata.len(), 3);
}

#[test]
fn the_kind_of_an_operation_is_encoded_last() {
    let mut bench = Bench::default();
    let image = bench.image();
    let lowered = bench.lower(image, &NEW, "n").expect("lowers");
    let bytes = &lowered.definition.def[0];
    // Field 10 (platform), length-delimited, comes first; field 3 (source) runs to the end.
    assert_eq!(bytes[0], 10 << 3 | 2);
    let source = 2 + usize::from(bytes[1]);
    assert_eq!(bytes[source], 3 << 3 | 2);
    assert_eq!(source + 2 + usize::from(bytes[source + 1]), bytes.len());
}

#[test]
fn the_gate_is_the_first_mount_and_is_named_for_the_operation_alone() {
    let mut bench = Bench::default();
    let image = bench.image();
    let first = bench.add(Op::Exec(exec(image)));
    let second = bench.add(Op::Exec(Exec { image: Some(image.vertex), ..exec(first) }));
    let lowered = bench.lower(second, &NEW, "n").expect("lowers");
    let mounts = goal_exec(&lowered).mounts;
    let gate = mounts[0].secret_opt.as_ref().expect("a secret");
    assert!(gate.optional && gate.id.starts_with("rbuild.gate.") && !gate.id.ends_with(".n"), "{gate:?}");
    assert_eq!((mounts[1].dest.as_str(), mounts[1].input, mounts[1].output), ("/", 0, 0));
    let gates: Vec<_> = lowered.gates.iter().map(|gate| (gate.id.as_str(), gate.vertex)).collect();
    assert_eq!(gates, [(gate.id.as_str(), first.vertex), (gate.id.as_str(), second.vertex)]);
}

#[test]
fn an_uncached_step_has_another_gate_in_each_invocation() {
    let mut bench = Bench::default();
    let image = bench.image();
    let step = bench.add_as(Op::Exec(exec(image)), true);
    let gate = |nonce| bench.lower(step, &NEW, nonce).expect("lowers").gates[0].id.clone();
    assert_eq!(gate("a"), gate("a"));
    assert_ne!(gate("a"), gate("b"));
    assert!(gate("a").ends_with(".a"));
}

#[test]
fn the_images_configuration_holds_where_the_step_says_nothing() {
    let config = ImageConfig {
        env: vec!["PATH=/bin".into(), "A=1".into()],
        user: "app".into(),
        working_dir: "/w".into(),
        ..ImageConfig::default()
    };
    let mut bench = Bench { config, ..Bench::default() };
    let image = bench.image();
    let env = vec![("A".to_owned(), "2=3".to_owned()), ("B".to_owned(), String::new())];
    let inherits = bench.add(Op::Exec(Exec { env, ..exec(image) }));
    let own = Exec { user: Some(String::new()), workdir: Some("/x".into()), image: None, ..exec(image) };
    let own = bench.add(Op::Exec(own));
    let meta = |goal| goal_exec(&bench.lower(goal, &NEW, "n").expect("lowers")).meta.expect("a command");
    let inherited = meta(inherits);
    assert_eq!(inherited.env, ["PATH=/bin", "A=2=3", "B="]);
    assert_eq!((inherited.user.as_str(), inherited.cwd.as_str()), ("app", "/w"));
    assert_eq!(inherited.args, ["/bin/sh", "-c", "make"]);
    let own = meta(own);
    assert_eq!((own.user.as_str(), own.cwd.as_str(), own.env.len()), ("", "/x", 0));
}

#[test]
fn mounts_keep_their_outputs_and_caches_come_sorted() {
    let mut bench = Bench::default();
    let image = bench.image();
    let other = bench.add(Op::Exec(exec(image)));
    let cache =
        |id: &str| MountKind::Cache { id: id.into(), sharing: CacheSharing::Locked, readonly: false, base: None };
    let mounts = vec![
        mount("/1", MountKind::Scratch),
        mount("/2", cache("z")),
        mount("/3", MountKind::Bind { input: other, selector: "/out".into() }),
        mount("/4", cache("a")),
        mount("/5", MountKind::Tmpfs),
        mount("/6", MountKind::Scratch),
        mount("/7", MountKind::Bind { input: other, selector: "/etc".into() }),
    ];
    let step = bench.add(Op::Exec(Exec { mounts, network: Network::None, privileged: true, ..exec(image) }));
    let lowered = bench.lower(step, &NEW, "n").expect("lowers");
    let exec = goal_exec(&lowered);
    let seen: Vec<_> = exec.mounts[1..]
        .iter()
        .map(|m| (m.dest.as_str(), m.input, m.output, m.readonly, m.selector.as_str()))
        .collect();
    assert_eq!(
        seen,
        [
            ("/", 0, 0, false, ""),
            ("/4", -1, -1, false, ""),
            ("/2", -1, -1, false, ""),
            ("/1", -1, 1, false, ""),
            ("/3", 1, -1, true, "/out"),
            ("/5", -1, -1, false, ""),
            ("/6", -1, 2, false, ""),
            ("/7", 1, -1, true, "/etc"),
        ]
    );
    assert_eq!(exec.network, i32::from(pb::NetMode::None));
    assert_eq!(exec.security, i32::from(pb::SecurityMode::Insecure));
    assert_eq!(lowered.entitlements, ["security.insecure"]);
    assert_eq!(lowered.outputs(), 3);
    let goals: Vec<i64> = lowered
        .definitions()
        .map(|definition| {
            pb::Op::decode(definition.def.last().expect("a goal").as_slice()).expect("valid").inputs[0].index
        })
        .collect();
    assert_eq!(goals, [0, 1, 2]);
    for definition in lowered.definitions() {
        let digest = Digest::of(definition.def.last().expect("a goal")).to_string();
        assert!(definition.metadata.contains_key(&digest) && definition.metadata.len() == definition.def.len());
    }
}

#[test]
fn secret_variables_are_read_from_files_where_the_engine_has_none() {
    let argv = || ExecCommand::Argv(vec!["make".into(), "all".into()]);
    let shell = || ExecCommand::Shell("make".into());
    let secret =
        |target: &str, optional| mount(target, MountKind::Secret { id: "a/b c".into(), mode: 0o400, optional });
    let reads = |path: &str| format!("export T=\"$(cat {path})\"; ");
    let sh = |text: String| vec!["/bin/sh".to_owned(), "-c".to_owned(), text];
    let wrapped = |text: String| [sh(text + "exec \"$@\""), vec!["--".into(), "make".into(), "all".into()]].concat();
    let default = "'/run/secrets/a/b c'";
    for (command, given, capabilities, args, mounted) in [
        (shell(), None, &NEW[..], sh(reads(default) + "make"), 1),
        (shell(), Some(secret("/s", false)), &NEW[..], sh(reads("/s") + "make"), 0),
        (shell(), Some(secret("/s", true)), &NEW[..], sh(reads(default) + "make"), 1),
        (argv(), None, &NEW[..], vec!["make".into(), "all".into()], 0),
        (argv(), None, &[], wrapped(reads(default)), 1),
    ] {
        let mut bench = Bench::default();
        let image = bench.image();
        let mounts: Vec<_> = given.into_iter().collect();
        let count = mounts.len();
        let secret_env = vec![("T".to_owned(), "a/b c".to_owned())];
        let step = bench.add(Op::Exec(Exec { command: command.clone(), mounts, secret_env, ..exec(image) }));
        let exec = goal_exec(&bench.lower(step, capabilities, "n").expect("lowers"));
        assert_eq!(exec.meta.expect("a command").args, args, "{command:?} {capabilities:?}");
        assert_eq!(exec.mounts.len(), 2 + count + mounted, "{command:?} {capabilities:?}");
        let native = command == argv() && !capabilities.is_empty();
        assert_eq!(exec.secretenv.len(), usize::from(native));
    }
}

#[test]
fn a_context_is_named_for_its_directory_and_carries_its_session() {
    let mut bench = Bench::default();
    let local = LocalSource {
        root: "/home/me/p".into(),
        include: vec![".".into()],
        ignore: IgnoreFile::Own,
        exclude: vec![],
        after: None,
        since: None,
    };
    let context = bench.add(Op::Local(local.clone()));
    let lowered = bench.lower(context, &NEW, "n").expect("lowers");
    let [(name, source)] = &lowered.contexts[..] else { panic!("one context") };
    assert_eq!(*source, local);
    let Some(pb::op::Op::Source(op)) = &ops(&lowered)[0].op else { panic!("a source") };
    assert_eq!(op.identifier, format!("local://{name}"));
    assert_eq!(op.attrs["local.session"], "the-session");
    assert_eq!(op.attrs["local.unique"], "the-session");
    assert_eq!(op.attrs["local.sharedkeyhint"], *name);
}

#[test]
fn what_runs_on_this_machine_is_not_the_engines_business() {
    let mut bench = Bench::default();
    let image = bench.image();
    let below = bench.add(Op::File(FileOp { base: Some(image), actions: Vec::new() }));
    let copied = CopyIn { tree: below, shape: ArtifactShape::One, dest: "x".into(), dir: false, if_exists: false };
    let action = HostAction::CopyIn(copied);
    let host = HostOp { dir: "/p".into(), action, after: None, place: "+t 1".into() };
    let host = bench.add(Op::Host(Box::new(host)));
    let local = LocalSource {
        root: "/p".into(),
        include: vec!["x".into()],
        ignore: IgnoreFile::None,
        exclude: vec![],
        after: Some(host),
        since: None,
    };
    let context = bench.add(Op::Local(local));
    let tree = bench.add(Op::File(FileOp { base: None, actions: vec![copy(Some(context), None, None)] }));
    let lowered = bench.lower(tree, &NEW, "n").expect("lowers");
    assert_eq!(ops(&lowered).len(), 3, "a context, a copy, and the goal");
    assert!(
        bench.lower(host, &NEW, "n").expect_err("it is nothing to the engine").to_string().contains("this machine")
    );
}

fn copy(from: Option<Output>, owner: Option<Owner>, mode: Option<u32>) -> FileAction {
    FileAction::Copy(CopyAction {
        from,
        source: "/a".into(),
        dest: "/b/".into(),
        wildcard: true,
        allow_empty: false,
        dir_contents: false,
        follow_link: true,
        owner,
        mode,
        timestamp: Some(-1),
        unpack: false,
        only: Vec::new(),
        without: Vec::new(),
    })
}

#[test]
fn file_actions_work_on_each_others_results() {
    let mut bench = Bench::default();
    let (image, context) = (
        bench.image(),
        bench.add(Op::Local(LocalSource {
            root: "/p".into(),
            include: vec![],
            ignore: IgnoreFile::Own,
            exclude: vec![],
            after: None,
            since: None,
        })),
    );
    let owner = |user: &str, group: &str| Some(Owner { user: user.into(), group: group.into(), names_in: Some(image) });
    let actions = vec![
        copy(Some(context), owner("7", ""), None),
        FileAction::Mkdir { path: "/d".into(), mode: 0o755, owner: owner("app", "") },
        copy(None, owner("app", "8"), Some(0o4755)),
    ];
    let file = bench.add(Op::File(FileOp { base: Some(image), actions }));
    let ops = ops(&bench.lower(file, &NEW, "n").expect("lowers"));
    let op = &ops[ops.len() - 2];
    assert_eq!(op.inputs.len(), 2);
    let Some(pb::op::Op::File(file)) = &op.op else { panic!("a file operation") };
    let wiring: Vec<_> = file.actions.iter().map(|a| (a.input, a.secondary_input, a.output)).collect();
    assert_eq!(wiring, [(0, 1, -1), (2, -1, -1), (3, -1, 0)]);
    let copies: Vec<_> = file
        .actions
        .iter()
        .filter_map(|action| match &action.action {
            Some(pb::file_action::Action::Copy(copy)) => Some(copy),
            _ => None,
        })
        .collect();
    let by_id = |number| Some(pb::UserOpt { user: Some(pb::user_opt::User::ById(number)) });
    let by_name = |name: &str| {
        let name = pb::NamedUserOpt { name: name.into(), input: 0 };
        Some(pb::UserOpt { user: Some(pb::user_opt::User::ByName(name)) })
    };
    assert_eq!(copies[0].owner, Some(pb::ChownOpt { user: by_id(7), group: by_id(7) }));
    assert_eq!(copies[1].owner, Some(pb::ChownOpt { user: by_name("app"), group: by_id(8) }));
    assert_eq!((copies[0].mode, copies[1].mode), (-1, 0o4755 | 1 << 23));
    assert_eq!(copies[0].timestamp, -1_000_000_000);
    assert!(copies[0].create_dest_path && copies[0].allow_wildcard && copies[0].follow_symlink);
}

#[test]
fn what_an_engine_would_drop_in_silence_is_refused() {
    let mut bench = Bench::default();
    let image = bench.image();
    let special =
        bench.add(Op::File(FileOp { base: Some(image), actions: vec![copy(Some(image), None, Some(0o2755))] }));
    let error = bench.lower(special, &[], "n").expect_err("is refused").to_string();
    assert!(error.contains("set-user-id") && error.contains("not available on Docker 1"), "{error}");
    let owner = Some(Owner { user: "app".into(), group: String::new(), names_in: None });
    let nameless = bench.add(Op::File(FileOp { base: None, actions: vec![copy(Some(image), owner, None)] }));
    let error = bench.lower(nameless, &NEW, "n").expect_err("is refused").to_string();
    assert_eq!(error, "owner `app` cannot be looked up in an empty file system; write its number");
}

#[test]
fn files_of_servers_and_patterns_of_copies_are_asked_for() {
    let mut bench = Bench::default();
    let url = "https://h.org/a.tar?x".to_owned();
    let checksum = Some(format!("sha256:{}", "0".repeat(64)));
    let fetched =
        bench.add(Op::Http(HttpSource { url: url.clone(), file: "a.tar".into(), checksum: checksum.clone() }));
    let FileAction::Copy(plain) = copy(Some(fetched), None, None) else { unreachable!("it is a copy") };
    let chosen = CopyAction { unpack: true, only: vec!["x/*".into()], without: vec!["*.md".into()], ..plain };
    let tree = bench.add(Op::File(FileOp { base: None, actions: vec![FileAction::Copy(chosen)] }));
    let ops = ops(&bench.lower(tree, &["file.copy.includeexcludepatterns"], "n").expect("lowers"));
    let Some(pb::op::Op::Source(source)) = &ops[0].op else { panic!("a source") };
    assert_eq!(source.identifier, url);
    assert_eq!(source.attrs.get("http.filename").map(String::as_str), Some("a.tar"));
    assert_eq!(source.attrs.get("http.checksum"), checksum.as_ref());
    let Some(pb::op::Op::File(file)) = &ops[1].op else { panic!("a file operation") };
    let Some(pb::file_action::Action::Copy(copied)) = &file.actions[0].action else { panic!("a copy") };
    assert!(copied.attempt_unpack_docker_compatibility);
    assert_eq!(
        (&copied.include_patterns[..], &copied.exclude_patterns[..]),
        (&["x/*".into()][..], &["*.md".into()][..])
    );
    let error = bench.lower(tree, &[], "n").expect_err("old engines drop patterns").to_string();
    assert!(error.contains("`COPY --exclude`"), "{error}");
}
