//! What changes, and what is said of it then.

use super::record::{Input, Output, Source};
use super::*;
use crate::analysis::features::Feature;
use crate::engine::{EngineError, OpenContext};
use crate::graph::op::{ExecCommand, Network};
use crate::graph::{Exec, GraphBuilder, HttpSource, IgnoreFile, ImageSource, LocalSource, Op, Options, Plan};
use crate::run::eval::{Goal, Settings};
use crate::run::facts::{Cloned, Sight};
use crate::run::load::load;
use crate::run::program::Program;
use crate::run::repositories::Repositories;
use crate::run::{Choices, Written};
use crate::source::{FileId, Location, Span};
use crate::trace::Trace;
use crate::workspace::{Address, Asker, Context, Git, Ignore, find_in, path_digest};
use async_trait::async_trait;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// Images of a made-up engine and registry, by name.
#[derive(Default)]
struct Known(Mutex<BTreeMap<String, String>>);

impl Known {
    fn set(&self, name: &str, id: &str) {
        self.0.lock().unwrap().insert(name.to_owned(), id.to_owned());
    }

    fn get(&self, name: &str) -> Result<Option<String>, EngineError> {
        match self.0.lock().unwrap().get(name) {
            Some(id) if id == "silent" => Err(EngineError::Other("the engine is silent".to_owned())),
            id => Ok(id.cloned()),
        }
    }
}

#[async_trait]
impl Images for Known {
    async fn identity(&self, image: &ImageSource) -> Result<Option<String>, EngineError> {
        self.get(&image.reference)
    }

    async fn stored(&self, name: &str) -> Result<Option<String>, EngineError> {
        self.get(name)
    }

    async fn published(&self, name: &str) -> Result<Option<String>, EngineError> {
        self.get(&format!("registry/{name}"))
    }
}

/// A project, what its build reads, and an engine.
struct World {
    dir: tempfile::TempDir,
    images: Arc<Known>,
    witness: Arc<Witness>,
}

fn image() -> ImageSource {
    let platform = "linux/amd64".parse().unwrap();
    ImageSource { reference: "docker.io/library/base:1".to_owned(), platform }
}

fn open() -> OpenContext {
    Arc::new(|source| Ok(Arc::new(Context::new(&source.root, Vec::new(), Ignore::default()))))
}

impl World {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let images = Arc::new(Known::default());
        let witness = Arc::new(Witness::new(images.clone()));
        let world = Self { dir, images, witness };
        world.write("Buildfile", "VERSION 1.0\nFROM base:1\nt:\n  BUILD ./sub+s\n");
        world.write("sub/Buildfile", "VERSION 1.0\nFROM base:1\ns:\n  RUN true\n");
        world.write("found/Buildfile", "VERSION 1.0\nFROM base:1\nf:\n  RUN true\n");
        world.write("parts/a/Buildfile", "VERSION 1.0\n");
        world.write("Dockerfile", "FROM base:1\n");
        world.write("src/a", "1");
        world.write("src/below/b", "2");
        world.write("out/app", "app");
        world.images.set(&image().reference, "sha256:1");
        world.images.set("docker.io/library/app:1", "sha256:2");
        world.images.set("registry/docker.io/library/app:1", "sha256:3");
        world
    }

    fn path(&self, path: &str) -> PathBuf {
        self.dir.path().canonicalize().unwrap().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn load(&self, with: &[&str]) -> Program {
        let roots: Vec<_> = with.iter().map(|dir| find_in(&self.path(dir)).unwrap()).collect();
        let roots: Vec<_> = roots
            .into_iter()
            .map(|found| crate::workspace::Found { dir: found.dir.canonicalize().unwrap(), ..found })
            .collect();
        load(&roots, self.dir.path(), None, &Arc::new(Repositories::default()), &[]).unwrap().program
    }

    fn here(&self) -> Here {
        Here { program: Arc::new(self.load(&["."])), current: self.path(""), home: None, open: open() }
    }

    fn source(&self) -> LocalSource {
        LocalSource {
            root: self.path("src"),
            include: Vec::new(),
            ignore: IgnoreFile::None,
            exclude: Vec::new(),
            after: None,
            since: None,
        }
    }

    /// What a build reads and writes, as evaluation, engine and outputs tell it.
    fn build(&self) {
        let witness = &self.witness;
        witness.see(Sight::Vertex(&Op::Image(image())));
        witness.see(Sight::File { path: &self.path("Dockerfile"), text: "FROM base:1\n" });
        let found = ["./parts/a".to_owned()];
        witness.see(Sight::Pattern { from: &self.path(""), pattern: "./parts/*", found: &found });
        let root = self.path("");
        witness.see(Sight::Git { dir: root.parent().unwrap(), git: &Git::default() });
        let tree = witness.watch(open())(&self.source()).unwrap();
        tree.entries().unwrap();
        witness.placed(self.path("out/app"), path_digest(&self.path("out/app")).unwrap().unwrap());
        witness.stored("docker.io/library/app:1", "sha256:0");
        witness.stored("docker.io/library/app:1", "sha256:2");
        witness.pushed("docker.io/library/app:1", Some("sha256:3".to_owned()));
    }

    async fn record(&self) -> Result<Record, String> {
        self.record_of(&Plan::default()).await
    }

    /// The record. A directory was found out by the build alone.
    async fn record_of(&self, plan: &Plan) -> Result<Record, String> {
        let mut program = self.load(&[".", "found"]);
        program.links.insert((self.path(""), "./found".to_owned()), self.path("found"));
        self.witness.record(plan, &program, self.here()).await
    }

    async fn look(&self, record: &Record) -> Result<(), String> {
        self.here().is_the_same(record)?;
        images_are_the_same(record, &*self.images).await
    }
}

#[tokio::test]
async fn what_differs_is_found_and_told() {
    type Change = fn(&World);
    let changes: [(Change, &str); 22] = [
        (|_| {}, ""),
        (|world| world.write("src/a", "1"), ""),
        (|world| world.write("beside", "x"), ""),
        (|world| world.write("src/a", "2"), "files in `src` have changed"),
        (|world| world.write("src/new", ""), "files in `src` have changed"),
        (|world| fs::remove_file(world.path("src/below/b")).unwrap(), "files in `src` have changed"),
        (|world| fs::rename(world.path("src/a"), world.path("src/c")).unwrap(), "files in `src` have changed"),
        (|world| mode(&world.path("src/a"), 0o755), "files in `src` have changed"),
        (|world| world.write("Buildfile", "VERSION 1.0\n\n"), "the Buildfile in `.` has changed"),
        (|world| world.write("sub/Buildfile", "VERSION 1.0\n"), "the Buildfile in `sub` has changed"),
        (|world| world.write("found/Buildfile", "VERSION 1.0\n"), "the Buildfile in `found` has changed"),
        (|world| fs::rename(world.path("found"), world.path("lost")).unwrap(), "the Buildfile in `found` has changed"),
        (|world| world.write("Dockerfile", "FROM base:2\n"), "`Dockerfile` has changed"),
        (|world| world.write("parts/b/Buildfile", "VERSION 1.0\n"), "`./parts/*` means other directories"),
        (|world| world.write("out/app", "other"), "`out/app` is not as it was written"),
        (|world| mode(&world.path("out/app"), 0o600), "`out/app` is not as it was written"),
        (|world| fs::remove_file(world.path("out/app")).unwrap(), "`out/app` is gone"),
        (|world| world.images.set(&image().reference, "sha256:9"), "the image `base:1` is another one now"),
        (|world| world.images.set(&image().reference, "silent"), "the engine is silent"),
        (
            |world| world.images.set("docker.io/library/app:1", "sha256:9"),
            "the image `app:1` is not the one that was stored",
        ),
        (
            |world| drop(world.images.0.lock().unwrap().remove("docker.io/library/app:1")),
            "the image `app:1` is not in the engine's store any more",
        ),
        (
            |world| world.images.set("registry/docker.io/library/app:1", "sha256:9"),
            "the image `app:1` is not at its registry as it was pushed",
        ),
    ];
    for (number, (change, expected)) in changes.into_iter().enumerate() {
        let world = World::new();
        world.build();
        let record = world.record().await.unwrap();
        let kept = serde_json::to_string(&record).unwrap();
        assert_eq!(serde_json::from_str::<Record>(&kept).unwrap(), record);
        change(&world);
        assert_eq!(world.look(&record).await.err().unwrap_or_default(), expected, "change {number}");
    }
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
}

#[tokio::test]
async fn a_reference_that_leads_elsewhere_is_found() {
    let world = World::new();
    let link = world.path("link");
    std::os::unix::fs::symlink("found", &link).unwrap();
    let reference = Input::Reference { from: world.path(""), written: "./link".to_owned(), to: world.path("found") };
    let record = Record { since: 0, inputs: vec![reference], outputs: Vec::new() };
    assert_eq!(world.look(&record).await, Ok(()));
    fs::remove_file(&link).unwrap();
    std::os::unix::fs::symlink("sub", &link).unwrap();
    assert_eq!(world.look(&record).await, Err("`./link` leads elsewhere".to_owned()));
}

#[tokio::test]
async fn another_commit_is_found() {
    let world = World::new();
    let git = |args: &[&str]| {
        let output = std::process::Command::new("git").arg("-C").arg(world.path("")).args(args).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    };
    let commit = ["-c", "user.name=A", "-c", "user.email=a@b", "commit", "--quiet", "--allow-empty", "-m", "x"];
    git(&["init", "--quiet"]);
    git(&commit);
    world.witness.see(Sight::Git {
        dir: &world.path("sub"),
        git: &Git { prefix: "sub".to_owned(), ..Git::of(&world.path("")) },
    });
    let record = world.record().await.unwrap();
    assert_eq!(world.look(&record).await, Ok(()));
    git(&commit);
    git(&["tag", "v1"]);
    assert_eq!(world.look(&record).await, Err("what git says of `sub` has changed".to_owned()));
}

#[tokio::test]
async fn what_changes_during_a_build_leaves_no_record() {
    type Change = fn(&World);
    let changes: [(Change, &str); 6] = [
        (|world| world.write("src/a", "22"), "changed while they were built"),
        (|world| fs::remove_file(world.path("src/a")).unwrap(), "changed while they were built"),
        (|world| world.write("out/app", "of another"), "`out/app` is not as it was written"),
        (|world| world.images.set("docker.io/library/app:1", "of another"), "is not the one that was stored"),
        (|world| world.write("Dockerfile", "FROM base:2\n"), "`Dockerfile` has changed"),
        (|world| world.images.set(&image().reference, "of another"), "the image `base:1` is another one now"),
    ];
    for (number, (change, expected)) in changes.into_iter().enumerate() {
        let world = World::new();
        world.build();
        // The question about the image is answered.
        tokio::task::yield_now().await;
        change(&world);
        let why = world.record().await.unwrap_err();
        assert!(why.contains(expected), "change {number}: {why}");
    }
}

#[tokio::test]
async fn what_nobody_can_tell_leaves_no_record() {
    type See = fn(&Witness);
    let sights: [(See, &str); 4] = [
        (|witness| witness.pushed("docker.io/library/x:1", None), "nobody tells what `x:1` is at its registry"),
        (
            |witness| {
                let unknown = ImageSource { reference: "docker.io/library/x:1".to_owned(), ..image() };
                witness.see(Sight::Vertex(&Op::Image(unknown)));
            },
            "nobody tells which image `x:1` is",
        ),
        (|witness| witness.refuse(|| "so it is".to_owned()), "so it is"),
        (
            |witness| {
                let address = Address::parse("https://me:secret@example.com/o/r").unwrap();
                let clone = Cloned { address, branch: None, asker: Asker::User };
                witness.see(Sight::Clone { clone: &clone, commit: "1" });
            },
            "the address `https://***@example.com/o/r` holds a password",
        ),
    ];
    for (see, expected) in sights {
        let world = World::new();
        see(&world.witness);
        assert_eq!(world.record().await.unwrap_err(), expected);
    }
}

#[test]
fn what_is_asked_for_tells_invocations_apart() {
    let platform = image().platform;
    let settings = Settings {
        push: false,
        ci: false,
        strict: false,
        allow_privileged: false,
        no_cache: false,
        terminal: false,
        shell: false,
        platform: platform.clone(),
        native: platform.clone(),
        native_is_known: true,
        user: platform,
        cache_namespace: "rbuild".to_owned(),
        current: PathBuf::from("/p"),
        home: None,
    };
    let goal = Goal { dir: PathBuf::from("/p"), target: "t".to_owned(), args: BTreeMap::new(), artifact: None };
    let choices = Choices { output: Written::Everything, push: false };
    let asked = Asked {
        engine: "one",
        goals: std::slice::from_ref(&goal),
        settings: &settings,
        choices,
        overrides: &[],
        dockerd_image: "dind",
    };
    let key = asked.key();
    assert_eq!(Asked { settings: &Settings { terminal: true, ..settings.clone() }, ..asked }.key(), key);
    let with_args = Goal { args: BTreeMap::from([("a".to_owned(), "1".to_owned())]), ..goal.clone() };
    let elsewhere = Settings { current: PathBuf::from("/q"), ..settings.clone() };
    let others = [
        Asked { engine: "another", ..asked },
        Asked { goals: &[goal.clone(), goal.clone()], ..asked },
        Asked { goals: &[with_args], ..asked },
        Asked { settings: &elsewhere, ..asked },
        Asked { choices: Choices { push: true, ..choices }, ..asked },
        Asked { choices: Choices { output: Written::Nothing, ..choices }, ..asked },
        Asked { overrides: &[Feature::Try], ..asked },
        Asked { dockerd_image: "another", ..asked },
    ];
    let keys: BTreeSet<_> = others.iter().map(Asked::key).chain([key]).collect();
    assert_eq!(keys.len(), others.len() + 1);
}

/// A plan of one vertex.
fn plan(op: Op, uncached: bool) -> Plan {
    let mut builder = GraphBuilder::default();
    builder.add(op, || Options {
        target: "+t".into(),
        name: "RUN x".into(),
        span: Span::new(FileId(0), 0, 0),
        location: Location { file: "Buildfile".into(), line: 1, column: 1 },
        trace: Trace::default(),
        uncached,
        data_roots: None,
        raw_output: false,
    });
    Plan { graph: builder.seal(), ..Plan::default() }
}

#[tokio::test]
async fn what_runs_in_every_build_leaves_no_record() {
    let exec = || Exec {
        root: None,
        image: None,
        command: ExecCommand::Shell("x".to_owned()),
        env: Vec::new(),
        workdir: None,
        user: None,
        mounts: Vec::new(),
        network: Network::Default,
        privileged: false,
        hosts: Vec::new(),
        secret_env: Vec::new(),
        platform: image().platform,
        interactive: None,
    };
    let http = |checksum: Option<&str>| {
        let checksum = checksum.map(str::to_owned);
        Op::Http(HttpSource { url: "https://example.com/f".to_owned(), file: "f".to_owned(), checksum })
    };
    let fetches = "only its server knows whether what `RUN x` of +t fetches is still the same";
    for (op, uncached, expected) in [
        (Op::Exec(exec()), false, None),
        (Op::Exec(exec()), true, Some("`RUN x` of +t runs in every build")),
        (http(None), false, Some(fetches)),
        (http(Some("sha256:1")), false, None),
    ] {
        let world = World::new();
        let record = world.record_of(&plan(op, uncached)).await;
        assert_eq!(record.err().as_deref(), expected);
    }
}

#[test]
fn a_source_of_a_record_is_the_source() {
    let world = World::new();
    for ignore in [IgnoreFile::Own, IgnoreFile::OwnOrDocker, IgnoreFile::None] {
        let source =
            LocalSource { ignore, include: vec!["a".to_owned()], exclude: vec!["b".to_owned()], ..world.source() };
        assert_eq!(LocalSource::from(&Source::from(&source)), source);
    }
    let output = Output::Image { name: "a".to_owned(), id: "b".to_owned() };
    assert_eq!(serde_json::to_string(&output).unwrap(), r#"{"kind":"image","name":"a","id":"b"}"#);
}
