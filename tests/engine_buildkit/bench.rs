//! What every test needs: a connection, a graph under construction, and an observer that remembers.

use async_trait::async_trait;
use rbuild::digest::VertexId;
use rbuild::engine::buildkit::{BuildKit, Resolve, Settings};
use rbuild::engine::docker::inner::RootChoice;
use rbuild::engine::docker::{Docker, Keychain, Surroundings};
use rbuild::engine::{Answer, DataRoot, Engine as _, EngineError, Observer, Progress, Secret, Services};
use rbuild::event::Stream;
use rbuild::graph::op::{Exec, ExecCommand, Mount, Network};
use rbuild::graph::{Graph, GraphBuilder, ImageSource, LocalSource, Op, Options, Output};
use rbuild::platform::Platform;
use rbuild::source::{Location, Sources, Span};
use rbuild::trace::Trace;
use rbuild::tree::{Entry, EntryKind, Tree};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// An engine and a graph for it.
pub struct Bench {
    pub engine: BuildKit,
    pub builder: GraphBuilder,
    /// Part of every command, so that nothing is cached from earlier tests.
    pub nonce: String,
}

pub fn nonce() -> String {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_nanos();
    format!("{now}.{}.{}", std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed))
}

impl Bench {
    pub async fn new(engine: &str) -> Self {
        Self { engine: connect(engine).await, builder: GraphBuilder::default(), nonce: nonce() }
    }

    pub fn add(&mut self, op: Op, name: &str, uncached: bool) -> Output {
        let mut sources = Sources::default();
        let file = sources.add("Buildfile", "");
        self.builder.add(op, || Options {
            target: "+test".into(),
            name: name.into(),
            span: Span::new(file, 0, 0),
            location: Location { file: "Buildfile".into(), line: 1, column: 1 },
            trace: Trace::default(),
            uncached,
            data_roots: None,
            raw_output: false,
        })
    }

    pub fn image(&mut self, name: &str) -> Output {
        let image = ImageSource { reference: format!("docker.io/library/{name}"), platform: Platform::host() };
        self.add(Op::Image(image), name, false)
    }

    /// A shell step on top of a state of busybox.
    pub fn exec(&mut self, root: Output, script: &str) -> Exec {
        let image = self.image("busybox:latest").vertex;
        Exec {
            root: Some(root),
            image: Some(image),
            command: ExecCommand::Shell(format!(": {}; {script}", self.nonce)),
            env: Vec::new(),
            workdir: None,
            user: None,
            mounts: Vec::new(),
            network: Network::None,
            privileged: false,
            hosts: Vec::new(),
            secret_env: Vec::new(),
            platform: Platform::host(),
            interactive: None,
        }
    }

    pub fn sh(&mut self, root: Output, script: &str) -> Output {
        let exec = self.exec(root, script);
        self.add(Op::Exec(exec), script, false)
    }

    pub fn mounted(&mut self, root: Output, script: &str, mounts: Vec<Mount>) -> Output {
        let exec = Exec { mounts, ..self.exec(root, script) };
        self.add(Op::Exec(exec), script, false)
    }

    pub fn local(&mut self, root: &Path) -> Output {
        self.add(
            Op::Local(LocalSource {
                root: root.to_owned(),
                include: vec![".".into()],
                ignore: rbuild::graph::IgnoreFile::Own,
                after: None,
                since: None,
                exclude: vec![],
            }),
            "context",
            false,
        )
    }

    pub fn graph(&self) -> Arc<Graph> {
        Arc::new(self.builder.graph().clone())
    }

    /// Runs these one after the other with one observer.
    pub async fn run(&self, outputs: &[Output], observer: &Arc<Recorder>) -> Result<(), EngineError> {
        for output in outputs {
            self.engine.run(&self.graph(), output.vertex, observer.clone()).await?;
        }
        Ok(())
    }

    pub async fn read(&self, output: Output, path: &str) -> Result<String, EngineError> {
        let bytes = self.engine.read_file(&self.graph(), output, path).await?;
        Ok(String::from_utf8(bytes).expect("text"))
    }

    pub async fn probe(&self, goals: &[Output]) -> Vec<bool> {
        self.probe_with(goals, &Recorder::new(Answer::Refuse)).await
    }

    pub async fn probe_with(&self, goals: &[Output], observer: &Arc<Recorder>) -> Vec<bool> {
        let goals: Vec<VertexId> = goals.iter().map(|goal| goal.vertex).collect();
        self.engine.probe(&self.graph(), &goals, observer.clone()).await.expect("a probe succeeds")
    }
}

/// A connection to the engine of this name.
pub async fn connect(engine: &str) -> BuildKit {
    connect_as(engine, "tests").await
}

/// The same by another name of the client.
pub async fn connect_as(engine: &str, client: &str) -> BuildKit {
    let docker = Docker::connect(&host(engine).parse().expect("an address")).await.expect("an engine");
    let services = Services {
        contexts: Arc::new(|source| Ok(Arc::new(Disk(source.root.clone())))),
        secrets: Arc::new(|id| (id == "token").then(|| Secret(b"s3cret\n".to_vec()))),
        agent: None,
    };
    let keychain = Keychain::of(&Surroundings::default());
    let settings = Settings {
        client: client.into(),
        keychain,
        dockerd_image: "dind:latest".into(),
        resolve: Resolve::StoreFirst,
        roots: RootChoice::Volume,
    };
    BuildKit::connect(docker, services, settings).await.expect("connects")
}

pub fn host(engine: &str) -> String {
    let variable = format!("RBUILD_TEST_ENGINE_{engine}");
    std::env::var(&variable)
        .unwrap_or_else(|_| panic!("{variable} is not set; it holds the DOCKER_HOST of a test engine"))
}

/// Waits for something that has no better sign.
pub async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let limit = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < limit, "{what} never came");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Remembers everything; answers every gate the same.
pub struct Recorder {
    answer: Answer,
    seen: Mutex<Seen>,
    pub asked: tokio::sync::Semaphore,
    /// An answer at the gate takes one of these, if it is held back at all.
    pub allowed: Option<tokio::sync::Semaphore>,
    /// What a step is told that asks for a data root.
    root: Option<DataRoot>,
}

#[derive(Default)]
struct Seen {
    gates: Vec<VertexId>,
    output: Vec<(VertexId, Stream, Vec<u8>)>,
    progress: Vec<(VertexId, Progress)>,
    sent: Vec<(u64, u64)>,
    notes: Vec<String>,
}

impl Recorder {
    pub fn new(answer: Answer) -> Arc<Self> {
        Arc::new(Self {
            answer,
            seen: Mutex::default(),
            asked: tokio::sync::Semaphore::new(0),
            allowed: None,
            root: None,
        })
    }

    /// One that has a data root.
    pub fn with_root(answer: Answer, root: DataRoot) -> Arc<Self> {
        let (seen, asked) = (Mutex::default(), tokio::sync::Semaphore::new(0));
        Arc::new(Self { answer, seen, asked, allowed: None, root: Some(root) })
    }

    /// One that gives no answer before [`Self::allow`].
    pub fn holding(answer: Answer) -> Arc<Self> {
        let (seen, asked) = (Mutex::default(), tokio::sync::Semaphore::new(0));
        Arc::new(Self { answer, seen, asked, allowed: Some(tokio::sync::Semaphore::new(0)), root: None })
    }

    /// Lets one answer go.
    pub fn allow(&self) {
        self.allowed.as_ref().expect("it holds").add_permits(1);
    }

    pub fn gates(&self) -> Vec<VertexId> {
        self.seen.lock().expect("sound").gates.clone()
    }

    pub fn sent(&self) -> Vec<(u64, u64)> {
        self.seen.lock().expect("sound").sent.clone()
    }

    pub fn notes(&self) -> Vec<String> {
        self.seen.lock().expect("sound").notes.clone()
    }

    pub fn progress(&self, output: Output) -> Vec<Progress> {
        let seen = self.seen.lock().expect("sound");
        seen.progress.iter().filter(|(id, _)| *id == output.vertex).map(|(_, progress)| *progress).collect()
    }

    pub fn text(&self, output: Output, wanted: Stream) -> String {
        let seen = self.seen.lock().expect("sound");
        let bytes = seen.output.iter().filter(|(id, stream, _)| *id == output.vertex && *stream == wanted);
        String::from_utf8(bytes.flat_map(|(_, _, bytes)| bytes.clone()).collect()).expect("text")
    }
}

#[async_trait]
impl Observer for Recorder {
    async fn gate(&self, vertex: VertexId) -> Answer {
        self.seen.lock().expect("sound").gates.push(vertex);
        self.asked.add_permits(1);
        if let Some(allowed) = &self.allowed {
            allowed.acquire().await.expect("never closed").forget();
        }
        self.answer
    }

    fn data_root(&self, _: VertexId) -> Option<DataRoot> {
        self.root.clone()
    }

    fn note(&self, _: VertexId, text: String) {
        self.seen.lock().expect("sound").notes.push(text);
    }

    fn output(&self, vertex: VertexId, stream: Stream, bytes: &[u8]) {
        self.seen.lock().expect("sound").output.push((vertex, stream, bytes.to_vec()));
    }

    fn progress(&self, vertex: VertexId, progress: Progress) {
        self.seen.lock().expect("sound").progress.push((vertex, progress));
    }

    fn context_sent(&self, _: &LocalSource, files: u64, bytes: u64) {
        self.seen.lock().expect("sound").sent.push((files, bytes));
    }
}

/// A directory as it is.
pub struct Disk(pub PathBuf);

impl Tree for Disk {
    fn entries(&self) -> io::Result<Vec<Entry>> {
        fn walk(root: &Path, below: &str, entries: &mut Vec<Entry>) -> io::Result<()> {
            let mut names: Vec<String> = std::fs::read_dir(root.join(below))?
                .map(|entry| Ok(entry?.file_name().into_string().expect("text")))
                .collect::<io::Result<_>>()?;
            names.sort();
            for name in names {
                let path = if below.is_empty() { name } else { format!("{below}/{name}") };
                let metadata = root.join(&path).symlink_metadata()?;
                let kind = if metadata.is_dir() {
                    EntryKind::Directory
                } else if metadata.is_symlink() {
                    let target = std::fs::read_link(root.join(&path))?;
                    EntryKind::Symlink { target: target.to_str().expect("text").into() }
                } else {
                    EntryKind::File { size: metadata.len() }
                };
                let directory = kind == EntryKind::Directory;
                use std::os::unix::fs::MetadataExt as _;
                entries.push(Entry {
                    path: path.clone(),
                    kind,
                    mode: metadata.mode() & 0o7777,
                    uid: metadata.uid(),
                    gid: metadata.gid(),
                    modified_ns: metadata.mtime() * 1_000_000_000 + metadata.mtime_nsec(),
                });
                if directory {
                    walk(root, &path, entries)?;
                }
            }
            Ok(())
        }
        let mut entries = Vec::new();
        walk(&self.0, "", &mut entries)?;
        Ok(entries)
    }

    fn open(&self, path: &str) -> io::Result<std::fs::File> {
        std::fs::File::open(self.0.join(path)).map_err(|e| io::Error::new(e.kind(), format!("open `{path}`: {e}")))
    }
}
