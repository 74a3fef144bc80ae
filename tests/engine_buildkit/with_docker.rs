//! `WITH DOCKER` steps. The engines hold `dind:latest`, an image with a Docker daemon of its own.

use super::bench::{Bench, Recorder, connect_as, host, nonce, until};
use rbuild::engine::{Answer, DataRoot, Engine as _, EngineError, Progress};
use rbuild::event::Stream;
use rbuild::graph::image::{ConfigPatch, ImageState};
use rbuild::graph::op::{CacheSharing, DockerStep, Exec, InnerContent, InnerImage, Mount, MountKind, OnFailure};
use rbuild::graph::{Compose, ImageSource, Op, Output};
use rbuild::platform::Platform;
use std::collections::BTreeSet;
use std::process::Command;
use std::sync::Arc;

/// Makes each test of the list once for the engines of today. (Docker 20.10 gives a privileged container's further processes every
/// capability that the kernel knows, and fails where the machine's root has fewer; so only what a machine can show is shown.)
macro_rules! on_new_engines {
    ($($name:ident),* $(,)?) => {
        mod engine_28 { $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)] async fn $name() { super::$name("28").await; })* }
        mod engine_28c { $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)] async fn $name() { super::$name("28C").await; })* }
    };
}

on_new_engines!(
    a_step_runs_beside_its_daemon_and_is_cached,
    changed_content_runs_the_step_again,
    a_failing_step_tells_its_code_and_keeps_nothing,
    ports_mounts_and_volumes_are_as_on_a_plain_machine,
    targets_are_loaded_as_images,
    services_run_beside_the_process,
    a_data_root_keeps_what_it_was_sent,
    a_killed_daemons_data_is_checked,
    a_root_without_its_last_boot_begins_anew,
    secrets_are_nowhere_but_in_the_step,
    caches_are_volumes,
    a_dropped_step_leaves_nothing,
    the_first_process_ends_with_its_client,
    a_file_system_without_a_daemon_gets_one,
);

/// A bench whose containers can be told from those of other tests; what it leaves in the engine is removed with it.
struct Yard {
    bench: Bench,
    client: String,
    engine: &'static str,
}

impl Yard {
    async fn new(engine: &'static str) -> Self {
        let client = format!("test-{}", nonce());
        let bench = Bench { engine: connect_as(engine, &client).await, ..Bench::new(engine).await };
        Self { bench, client, engine }
    }

    /// A step on the image that has a daemon.
    fn step(&mut self, script: &str) -> DockerStep {
        let base = self.bench.image("dind:latest");
        let exec = self.bench.exec(base, script);
        let exec = Exec { image: Some(base.vertex), ..exec };
        DockerStep { exec, images: Vec::new(), compose: None, on_failure: OnFailure::Fail }
    }

    fn add(&mut self, step: DockerStep) -> Output {
        self.bench.add(Op::Docker(Box::new(step)), "WITH DOCKER", false)
    }

    /// Runs one and gives what it wrote.
    async fn run(&self, output: Output) -> String {
        let seen = Recorder::new(Answer::Open);
        self.run_seen(output, &seen).await
    }

    async fn run_seen(&self, output: Output, seen: &Arc<Recorder>) -> String {
        let ran = self.bench.run(&[output], seen).await;
        let (out, err) = (seen.text(output, Stream::Stdout), seen.text(output, Stream::Stderr));
        ran.unwrap_or_else(|error| panic!("{error}\n{out}\n{err}"));
        out
    }

    fn docker(&self, args: &[&str]) -> String {
        docker(self.engine, args)
    }

    fn containers(&self) -> String {
        self.docker(&["ps", "-aq", "--filter", &format!("label=dev.rbuild.client={}", self.client)])
    }
}

impl Drop for Yard {
    fn drop(&mut self) {
        let containers = self.containers();
        let images = self.docker(&["images", "-q", "--filter", &format!("label=dev.rbuild.client={}", self.client)]);
        // One line for each of its names.
        for image in images.lines().collect::<BTreeSet<_>>() {
            self.docker(&["rmi", "-f", image]);
        }
        if !std::thread::panicking() {
            assert_eq!(containers, "", "containers are left");
        }
    }
}

fn docker(engine: &str, args: &[&str]) -> String {
    let output = Command::new("docker").env("DOCKER_HOST", host(engine)).args(args).output().expect("docker starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() || std::thread::panicking(), "docker {args:?}: {said}");
    String::from_utf8(output.stdout).expect("text").trim().to_owned()
}

/// A data root of a test; it is removed in the end.
struct Root(DataRoot, &'static str);

impl Root {
    fn new(engine: &'static str) -> Self {
        Self(DataRoot { pool: format!("test/{}", nonce()), number: 0 }, engine)
    }

    fn name(&self) -> String {
        rbuild::engine::docker::inner::data_root_name(&self.0)
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        docker(self.1, &["volume", "rm", "-f", &self.name()]);
    }
}

fn pulled(name: &str) -> InnerImage {
    let reference = format!("docker.io/library/{name}");
    let source = ImageSource { reference: reference.clone(), platform: Platform::host() };
    InnerImage { name: reference, content: InnerContent::Pulled(source) }
}

async fn a_step_runs_beside_its_daemon_and_is_cached(engine: &'static str) {
    let mut yard = Yard::new(engine).await;
    let script = "docker images --format '{{.Repository}}:{{.Tag}}'; docker run --rm busybox:latest echo inside; \
        echo $RBUILD_WITH_DOCKER$EARTHLY_WITH_DOCKER; pwd; echo made > /made";
    let mut step = yard.step(script);
    step.images = vec![pulled("busybox:latest")];
    step.exec.workdir = Some("/new/place".into());
    let step = yard.add(step);
    let listing = "find / -xdev -path /proc -prune -o -newer /etc/hostname -print 2>/dev/null | sort > /list";
    let above = yard.bench.sh(step, &format!("cat /made; [ ! -e /run/rbuild ] && echo clean; {listing}"));
    assert_eq!(yard.bench.probe(&[step, above]).await, [false, false]);
    let seen = Recorder::new(Answer::Open);
    assert_eq!(yard.run_seen(step, &seen).await, "busybox:latest\ninside\n11\n/new/place\n");
    assert_eq!(seen.progress(step), [Progress::Started, Progress::Completed]);
    assert_eq!(yard.run_seen(above, &seen).await, "made\nclean\n");
    assert_eq!(seen.gates(), [step.vertex, above.vertex]);
    for leftover in ["/run/docker", "/run/containerd", "/opt/containerd", "/run/xtables.lock", "/var/run/docker.sock"] {
        let read = yard.bench.read(above, leftover).await.expect_err("nothing of the daemon stays");
        assert!(matches!(read, EngineError::NotFound { .. }), "{leftover}: {read}");
    }
    yard.bench.engine = connect_as(engine, &yard.client).await;
    assert_eq!(yard.bench.probe(&[step, above]).await, [true, true]);
    let seen = Recorder::new(Answer::Refuse);
    yard.bench.run(&[step, above], &seen).await.expect("is cached");
    assert_eq!(seen.gates(), []);
    assert_eq!(seen.progress(step), [Progress::Cached]);
    // Other tests of this process have some for a while.
    let own = format!("-{}-", std::process::id());
    let names = || yard.docker(&["images", "--format", "{{.Tag}}", "rbuild/with-docker-input"]);
    until("the end of the names of what it read", || !names().contains(&own)).await;
    let result = yard.docker(&["images", "-q", "--filter", &format!("label=dev.rbuild.client={}", yard.client)]);
    let id = result.lines().next().expect("the result is kept");
    let names = yard.docker(&["image", "inspect", "-f", "{{.RepoTags}}", id]);
    assert_eq!(names.matches("rbuild/with-docker-used:").count(), 1, "its last use is noted once: {names}");
}

async fn changed_content_runs_the_step_again(engine: &'static str) {
    let mut yard = Yard::new(engine).await;
    let dir = tempfile::tempdir().expect("a directory");
    let context = yard.bench.local(dir.path());
    let base = yard.bench.image("dind:latest");
    let copy = rbuild::graph::op::CopyAction {
        from: Some(context),
        source: "/file".into(),
        dest: "/file".into(),
        wildcard: false,
        allow_empty: false,
        dir_contents: false,
        follow_link: true,
        owner: None,
        mode: None,
        timestamp: Some(0),
        unpack: false,
        only: Vec::new(),
        without: Vec::new(),
    };
    let actions = vec![rbuild::graph::op::FileAction::Copy(copy)];
    let copied = yard.bench.add(Op::File(rbuild::graph::op::FileOp { base: Some(base), actions }), "COPY", false);
    let mut step = yard.step("cat /file");
    step.exec.root = Some(copied);
    let step = yard.add(step);
    for (content, runs) in [("one\n", true), ("one\n", false), ("two\n", true), ("one\n", false)] {
        std::fs::write(dir.path().join("file"), content).expect("writes");
        yard.bench.engine = connect_as(engine, &yard.client).await;
        let seen = Recorder::new(Answer::Open);
        assert_eq!(yard.bench.probe(&[step]).await, [!runs], "{content}");
        assert_eq!(yard.run_seen(step, &seen).await, if runs { content } else { "" });
        assert_eq!(seen.gates().len(), usize::from(runs), "{content}");
    }
}

async fn a_failing_step_tells_its_code_and_keeps_nothing(engine: &'static str) {
    let mut yard = Yard::new(engine).await;
    let step = yard.step("echo out; echo err >&2; exit 7");
    let step = yard.add(step);
    for _ in 0..2 {
        let seen = Recorder::new(Answer::Open);
        let error = yard.bench.run(&[step], &seen).await.expect_err("fails");
        assert!(matches!(error, EngineError::Exit(7)), "{error}");
        assert_eq!(
            (seen.text(step, Stream::Stdout), seen.text(step, Stream::Stderr)),
            ("out\n".into(), "err\n".into())
        );
        assert_eq!(seen.gates(), [step.vertex], "it is not cached");
        assert_eq!(yard.containers(), "");
    }
    let refused = yard.bench.run(&[step], &Recorder::new(Answer::Refuse)).await.expect_err("is refused");
    assert!(matches!(refused, EngineError::Refused), "{refused}");
}

async fn ports_mounts_and_volumes_are_as_on_a_plain_machine(engine: &'static str) {
    let mut yard = Yard::new(engine).await;
    let script = "mkdir -p /site && echo hello > /site/f && mkdir -p /declared && echo kept > /declared/f
        docker run -d --name web -p 8080:80 -v /site:/www busybox:latest httpd -f -p 80 -h /www >/dev/null
        docker run --rm -v /site:/out busybox:latest sh -c 'echo inner > /out/g'
        get() { bash -c 'exec 3<>/dev/tcp/localhost/8080; printf \"GET /f HTTP/1.0\\r\\n\\r\\n\" >&3; tail -n 1 <&3' 2>/dev/null; }
        for i in 1 2 3 4 5 6 7 8 9 10; do said=$(get) && break; sleep 0.1; done; echo \"$said\"; cat /site/g";
    let mut step = yard.step(script);
    step.images = vec![pulled("busybox:latest")];
    // The file system is that of an image with a volume.
    let root = step.exec.root;
    let patch = ConfigPatch { volumes: vec!["/declared".into()], ..ConfigPatch::default() };
    let state = ImageState { root, image: step.exec.image, patch, platform: Platform::host() };
    let name = format!("docker.io/library/test-volume:{}", yard.bench.nonce);
    let seen = Recorder::new(Answer::Open);
    let stored = yard.bench.engine.store_image(&yard.bench.graph(), &state, std::slice::from_ref(&name), seen).await;
    stored.expect("stores");
    let base = yard.bench.image(name.strip_prefix("docker.io/library/").expect("official"));
    step.exec.root = Some(base);
    step.exec.image = Some(base.vertex);
    let step = yard.add(step);
    assert_eq!(yard.run(step).await, "hello\ninner\n");
    assert_eq!(yard.bench.read(step, "/declared/f").await.expect("reads"), "kept\n");
    assert_eq!(yard.bench.read(step, "/site/g").await.expect("reads"), "inner\n");
    yard.docker(&["rmi", "-f", &name]);
}

async fn targets_are_loaded_as_images(engine: &'static str) {
    let mut yard = Yard::new(engine).await;
    let busybox = yard.bench.image("busybox:latest");
    let built = yard.bench.sh(busybox, "echo content > /content");
    let patch = ConfigPatch { cmd: Some(vec!["cat".into(), "/content".into()]), ..ConfigPatch::default() };
    let state = ImageState { root: Some(built), image: Some(busybox.vertex), patch, platform: Platform::host() };
    let mut step =
        yard.step("docker run --rm app:1; docker run --rm registry.test/other:2; docker images -q | sort -u | wc -l");
    let image = |name: &str| InnerImage { name: name.into(), content: InnerContent::Built(Box::new(state.clone())) };
    step.images = vec![image("docker.io/library/app:1"), image("registry.test/other:2")];
    let step = yard.add(step);
    yard.run(built).await;
    assert_eq!(yard.run(step).await, "content\ncontent\n1\n");
}

async fn services_run_beside_the_process(engine: &'static str) {
    let mut yard = Yard::new(engine).await;
    let file = "services:\\n  data:\\n    image: busybox:${TAG}\\n    command: sh -c \\\"echo ready > /www/f; httpd -f -p 80 -h /www\\\"\\n\
        \x20   volumes: [www:/www]\\n  web:\\n    image: busybox:$TAG\\n    depends_on: [data]\\n\
        \x20   command: sh -c \\\"until wget -qO /tmp/f http://data/f; do sleep 0.1; done; httpd -f -p 80 -h /tmp\\\"\\n    ports: [8080:80]\\n\
        \x20 other:\\n    image: none.test/none\\nvolumes: {www: }\\n";
    let base = yard.bench.image("dind:latest");
    let files = yard.bench.sh(
        base,
        &format!(
            "mkdir -p /app && cd /app && printf \"{}\" > compose.yml && echo TAG=latest > .env",
            file.replace('$', "\\$")
        ),
    );
    let script = "get() { bash -c 'exec 3<>/dev/tcp/localhost/8080; printf \"GET /f HTTP/1.0\\r\\n\\r\\n\" >&3; tail -n 1 <&3' 2>/dev/null; }
        for i in $(seq 50); do said=$(get) && [ \"$said\" = ready ] && break; sleep 0.1; done; echo \"$said\"; exit 3";
    let mut step = yard.step(script);
    step.exec.root = Some(files);
    step.exec.workdir = Some("/app".into());
    let compose = |services: &[&str]| Compose {
        files: vec!["compose.yml".into()],
        services: services.iter().map(|name| (*name).to_owned()).collect(),
        platform: Platform::host(),
    };
    step.compose = Some(compose(&["web"]));
    let failing = yard.add(DockerStep { compose: Some(compose(&["unknown"])), ..step.clone() });
    let step = yard.add(step);
    yard.run(files).await;
    let seen = Recorder::new(Answer::Open);
    let error = yard.bench.run(&[step], &seen).await.expect_err("fails");
    assert!(matches!(error, EngineError::Exit(3)), "{error}: {}", seen.text(step, Stream::Stderr));
    assert_eq!(seen.text(step, Stream::Stdout), "ready\n");
    let error = yard.bench.run(&[failing], &seen).await.expect_err("fails");
    assert_eq!(error.to_string(), "`docker compose up` ended with exit code 1");
    assert!(seen.text(failing, Stream::Stderr).contains("no such service: unknown"));
}

/// Runs a script on a data root.
async fn on(yard: &mut Yard, root: &Root, script: &str, images: &[&str]) -> (String, Vec<String>) {
    let mut step = yard.step(&format!(": {}; {script}", nonce()));
    step.images = images.iter().map(|name| pulled(name)).collect();
    let step = yard.add(step);
    let seen = Recorder::with_root(Answer::Open, root.0.clone());
    let text = yard.run_seen(step, &seen).await;
    (text, seen.notes())
}

const LIST: &str =
    "docker images --format '{{.Repository}}:{{.Tag}}' | sort; docker ps -aq | wc -l; docker volume ls -q | wc -l";

async fn a_data_root_keeps_what_it_was_sent(engine: &'static str) {
    let mut yard = Yard::new(engine).await;
    let root = Root::new(engine);
    let tagged = "docker image inspect -f '{{.Metadata.LastTagTime}}' busybox:latest";
    let leave = "docker run -d -v v:/v busybox:latest sleep 1000 >/dev/null; docker network create n >/dev/null; docker tag busybox:latest own:1";
    let (text, notes) = on(&mut yard, &root, &format!("{leave}; {tagged}"), &["busybox:latest"]).await;
    assert_eq!(notes, [""; 0]);
    let (text_again, notes) = on(&mut yard, &root, &format!("{tagged}; {LIST}"), &["busybox:latest"]).await;
    assert_eq!(
        text_again,
        format!("{text}busybox:latest\n0\n0\n"),
        "it was neither sent nor tagged again, and the rest is gone"
    );
    assert_eq!(notes, [""; 0]);
    let (text, _) = on(&mut yard, &root, LIST, &["alpine:3.20"]).await;
    assert_eq!(text, "alpine:3.20\n0\n0\n");
    assert!(!yard.bench.engine.data_root_in_use(&root.0).await.expect("answers"));
    let labels = yard.docker(&["volume", "inspect", "-f", "{{json .Labels}}", &root.name()]);
    assert!(
        labels.contains(&format!(r#""dev.rbuild.pool":"{}""#, root.0.pool))
            && labels.contains(r#""dev.rbuild.kind":"data-root""#),
        "{labels}"
    );
}

async fn a_killed_daemons_data_is_checked(engine: &'static str) {
    let mut yard = Yard::new(engine).await;
    let root = Root::new(engine);
    let mut step = yard.step("docker run -d busybox:latest sleep 1000; echo begun; sleep 1000");
    step.images = vec![pulled("busybox:latest")];
    let step = yard.add(step);
    let seen = Recorder::with_root(Answer::Open, root.0.clone());
    {
        let steps = [step];
        let running = yard.bench.run(&steps, &seen);
        tokio::pin!(running);
        let begun = until("its first word", || seen.text(step, Stream::Stdout).contains("begun"));
        tokio::select! {
            ended = &mut running => panic!("{ended:?}"),
            () = begun => {}
        }
        assert!(yard.bench.engine.data_root_in_use(&root.0).await.expect("answers"));
    }
    // The next one waits for the end of what is left.
    let (text, notes) =
        on(&mut yard, &root, &format!("docker run --rm busybox:latest echo whole; {LIST}"), &["busybox:latest"]).await;
    assert_eq!(text, "whole\nbusybox:latest\n0\n0\n");
    assert!(notes.iter().any(|note| note.contains("was killed; its images are checked")), "{notes:?}");
}

async fn a_root_without_its_last_boot_begins_anew(engine: &'static str) {
    let mut yard = Yard::new(engine).await;
    let root = Root::new(engine);
    on(&mut yard, &root, ":", &["busybox:latest"]).await;
    let mount = format!("{}:/r", root.name());
    yard.docker(&["run", "--rm", "-v", &mount, "busybox:latest", "sh", "-c", "echo another-boot > /r/dirty"]);
    let (text, notes) = on(&mut yard, &root, LIST, &[]).await;
    assert_eq!(text, "0\n0\n");
    assert!(notes.iter().any(|note| note.contains("it begins anew")), "{notes:?}");
    on(&mut yard, &root, ":", &["busybox:latest"]).await;
    let spoil = "cd /r/docker/image/overlay2 && rm -rf layerdb && echo no > layerdb";
    yard.docker(&["run", "--rm", "-v", &mount, "busybox:latest", "sh", "-c", spoil]);
    let (text, notes) =
        on(&mut yard, &root, &format!("docker run --rm busybox:latest echo works; {LIST}"), &["busybox:latest"]).await;
    assert_eq!(text, "works\nbusybox:latest\n0\n0\n");
    assert!(notes.iter().any(|note| note.contains("was damaged and is replaced")), "{notes:?}");
}

async fn secrets_are_nowhere_but_in_the_step(engine: &'static str) {
    let mut yard = Yard::new(engine).await;
    let mut step = yard
        .step("cat /root/.config/token; stat -c %a /root/.config/token; echo [$TOKEN]; echo begun; read -r _ < /go");
    let secret = |id: &str, optional| MountKind::Secret { id: id.into(), mode: 0o440, optional };
    step.exec.mounts = vec![
        Mount { target: "/root/.config/token".into(), kind: secret("token", false) },
        Mount { target: "/root/none".into(), kind: secret("none", true) },
    ];
    step.exec.secret_env = vec![("TOKEN".into(), "token".into())];
    let base = step.exec.root.expect("a root");
    let fifo = yard.bench.sh(base, "mkfifo /go");
    step.exec.root = Some(fifo);
    let mut without = step.clone();
    without.exec.secret_env = vec![("TOKEN".into(), "missing".into())];
    let (step, without) = (yard.add(step), yard.add(without));
    let seen = Recorder::new(Answer::Open);
    yard.bench.run(&[fifo], &seen).await.expect("runs");
    let look = async {
        until("its first word", || seen.text(step, Stream::Stdout).contains("begun")).await;
        let id = yard.containers();
        let inspected = yard.docker(&["inspect", &id]) + &yard.docker(&["top", &id, "-eo", "pid,args"]);
        let logs = Command::new("docker").env("DOCKER_HOST", host(engine)).args(["logs", &id]).output();
        assert!(!logs.expect("docker starts").status.success(), "nothing that it says is kept");
        yard.docker(&["exec", &id, "sh", "-c", "echo > /go"]);
        inspected
    };
    let steps = [step];
    let (ran, inspected) = tokio::join!(yard.bench.run(&steps, &seen), look);
    ran.unwrap_or_else(|error| panic!("{error}\n{}", seen.text(step, Stream::Stderr)));
    assert_eq!(seen.text(step, Stream::Stdout), "s3cret\n440\n[s3cret]\nbegun\n");
    assert!(inspected.contains("dev.rbuild.kind") && !inspected.contains("s3cret"), "{inspected}");
    let filter = format!("label=dev.rbuild.client={}", yard.client);
    let image = yard.docker(&["images", "-q", "--filter", &filter]);
    let image = yard.docker(&["inspect", &image]) + &yard.docker(&["history", "--no-trunc", &image]);
    assert!(image.contains("dev.rbuild.kind") && !image.contains("s3cret"), "{image}");
    assert!(matches!(yard.bench.read(step, "/root/.config/token").await, Err(EngineError::NotFound { .. })));
    let error = yard.bench.run(&[without], &seen).await.expect_err("lacks one");
    assert!(matches!(&error, EngineError::Secret { id } if id == "missing"), "{error}");
}

async fn caches_are_volumes(engine: &'static str) {
    let mut yard = Yard::new(engine).await;
    let id = format!("test-{}", nonce());
    let base = yard.bench.image("dind:latest");
    let kind = MountKind::Cache { id: id.clone(), sharing: CacheSharing::Locked, readonly: false, base: None };
    for expected in ["", "x", "xx"] {
        let mut step = yard.step(&format!(": {}; cat /cache/f 2>/dev/null; printf x >> /cache/f", nonce()));
        step.exec.mounts = vec![Mount { target: "/cache".into(), kind: kind.clone() }];
        let step = yard.add(step);
        assert_eq!(yard.run(step).await, expected);
    }
    let filter = format!("label=dev.rbuild.cache={id}");
    let volume = yard.docker(&["volume", "ls", "-q", "--filter", &filter]);
    assert!(!volume.is_empty());
    yard.docker(&["volume", "rm", &volume]);
    let mut step = yard.step("true");
    step.exec.mounts = vec![Mount { target: "/b".into(), kind: MountKind::Bind { input: base, selector: "/".into() } }];
    let step = yard.add(step);
    let error = yard.bench.run(&[step], &Recorder::new(Answer::Open)).await.expect_err("is refused");
    assert!(error.to_string().contains("use `COPY`"), "{error}");
}

async fn a_dropped_step_leaves_nothing(engine: &'static str) {
    let mut yard = Yard::new(engine).await;
    let step = yard.step("echo begun; sleep 1000");
    let step = yard.add(step);
    let seen = Recorder::new(Answer::Open);
    {
        let steps = [step];
        let running = yard.bench.run(&steps, &seen);
        tokio::pin!(running);
        let begun = until("its first word", || seen.text(step, Stream::Stdout).contains("begun"));
        tokio::select! {
            ended = &mut running => panic!("{ended:?}"),
            () = begun => {}
        }
        assert_ne!(yard.containers(), "");
    }
    until("the container's end", || yard.containers().is_empty()).await;
}

async fn a_file_system_without_a_daemon_gets_one(engine: &'static str) {
    let mut yard = Yard::new(engine).await;
    let base = yard.bench.image("busybox:latest");
    let exec = yard.bench.exec(base, "docker run --rm busybox:latest echo inside; echo made > /made");
    let images = vec![pulled("busybox:latest")];
    let step = DockerStep { exec, images, compose: None, on_failure: OnFailure::Fail };
    let step = yard.add(step);
    assert_eq!(yard.run(step).await, "inside\n");
    assert_eq!(yard.bench.read(step, "/made").await.expect("reads"), "made\n");
    let above = yard.bench.sh(step, "ls -a /run");
    assert_eq!(yard.run(above).await, ".\n..\n");
}

async fn the_first_process_ends_with_its_client(engine: &'static str) {
    let name = format!("test-{}", nonce());
    let script = include_str!("../../src/engine/docker/inner/pid1.sh");
    let args = ["run", "-i", "--rm", "--name", &name, "--entrypoint", "/bin/sh", "busybox:latest", "-c", script];
    let mut client = Command::new("docker");
    client.env("DOCKER_HOST", host(engine)).args(args).stdin(std::process::Stdio::piped());
    let mut client = client.stdout(std::process::Stdio::piped()).spawn().expect("docker starts");
    let mut input = client.stdin.take().expect("piped");
    std::io::Write::write_all(&mut input, b"run 7\necho begun; sleep 1000\n.\n").expect("writes");
    let mut line = String::new();
    let output = client.stdout.take().expect("piped");
    std::io::BufRead::read_line(&mut std::io::BufReader::new(output), &mut line).expect("reads");
    assert_eq!(line, "out 7 begun\n");
    client.kill().expect("is killed");
    client.wait().expect("ends");
    let filter = format!("name={name}");
    until("the container's end", || docker(engine, &["ps", "-aq", "--filter", &filter]).is_empty()).await;
}
