//! Results that come from registries.

use super::bench::{Bench, Recorder, connect};
use rbuild::engine::{Answer, Engine as _, EngineError, RegistryCache, StoreAs};
use rbuild::graph::Output;
use rbuild::graph::image::{ConfigPatch, ImageState};
use rbuild::graph::op::{CopyAction, Mount, MountKind};
use rbuild::graph::{FileAction, FileOp, Op};
use rbuild::platform::Platform;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;

/// A step on a copied file, one with a secret, and their files of random content.
struct Recipe {
    bench: Bench,
    copied: Output,
    made: Output,
    secret: Output,
    _dir: tempfile::TempDir,
}

impl Recipe {
    async fn new(engine: &str) -> Self {
        let mut bench = Bench::new(engine).await;
        let dir = tempfile::tempdir().expect("a directory");
        std::fs::write(dir.path().join("file"), &bench.nonce).expect("is written");
        // Engines that already know an image know it by different keys; files have the same everywhere.
        let base = bench.image("busybox:latest");
        bench.run(&[base], &Recorder::new(Answer::Open)).await.expect("is there");
        let shell = bench.engine.read_file(&bench.graph(), base, "/bin/busybox").await.expect("is read");
        std::fs::write(dir.path().join("sh"), shell).expect("is written");
        std::fs::set_permissions(dir.path().join("sh"), Permissions::from_mode(0o755)).expect("is made executable");
        let context = bench.local(dir.path());
        let copy =
            |from: &str, to: &str| FileAction::Copy(CopyAction::new(Some(context), from.to_owned(), to.to_owned()));
        let copied = FileOp { base: None, actions: vec![copy("/sh", "/bin/sh"), copy("/file", "/file")] };
        let copied = bench.add(Op::File(copied), "copy", false);
        let made = bench.sh(
            copied,
            "read word < /file; echo $word > /made; read word < /proc/sys/kernel/random/uuid; echo $word >> /made",
        );
        let kind = MountKind::Secret { id: "token".to_owned(), mode: 0o400, optional: false };
        let mount = Mount { target: "/run/token".to_owned(), kind };
        let secret = bench.mounted(
            made,
            "read word < /run/token; test $word && read word < /proc/sys/kernel/random/uuid; echo $word > /uuid",
            vec![mount],
        );
        Self { bench, copied, made, secret, _dir: dir }
    }

    /// The same on another engine.
    async fn on(self, engine: &str) -> Self {
        let Bench { builder, nonce, .. } = self.bench;
        Self { bench: Bench { engine: connect(engine).await, builder, nonce }, ..self }
    }

    async fn run(&self) -> Vec<String> {
        let steps = [self.copied, self.made, self.secret];
        self.bench.run(&steps, &Recorder::new(Answer::Open)).await.expect("runs");
        self.read().await.expect("is read")
    }

    async fn read(&self) -> Result<Vec<String>, EngineError> {
        Ok(vec![self.bench.read(self.secret, "/made").await?, self.bench.read(self.secret, "/uuid").await?])
    }

    fn name(&self, tag: &str) -> String {
        let registry = std::env::var("RBUILD_TEST_REGISTRY").expect("RBUILD_TEST_REGISTRY names a registry");
        format!("{registry}/rbuild-test/{}:{tag}", self.bench.nonce.replace('.', "-"))
    }

    /// Stores and pushes the image.
    async fn push(&self, inline_cache: bool) -> RegistryCache {
        let name = self.name("inline");
        let state = ImageState {
            root: Some(self.secret),
            image: None,
            patch: ConfigPatch::default(),
            platform: Platform::host(),
        };
        let names = [name.clone()];
        let store = StoreAs { names: &names, inline_cache };
        let (graph, observer) = (self.bench.graph(), Recorder::new(Answer::Refuse));
        self.bench.engine.store_image(&graph, &state, store, observer).await.expect("is stored");
        self.bench.engine.push_image(&name).await.expect("is pushed");
        RegistryCache::of_image(name.parse().expect("a name"))
    }
}

async fn steps_come_from_an_image(from: &str, to: &str) {
    let recipe = Recipe::new(from).await;
    let made = recipe.run().await;
    let cache = recipe.push(true).await;
    let recipe = recipe.on(to).await;
    assert!(recipe.bench.engine.read_cache(&cache).await.expect("is found"));
    assert_eq!(recipe.bench.probe(&[recipe.secret]).await, [true]);
    let observer = Recorder::new(Answer::Refuse);
    recipe.bench.run(&[recipe.copied, recipe.made, recipe.secret], &observer).await.expect("is cached");
    assert!(observer.gates().is_empty());
    assert_eq!(recipe.read().await.expect("is read"), made);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn steps_of_one_kind_of_store_come_to_the_other() {
    steps_come_from_an_image("28", "28C").await;
    steps_come_from_an_image("28C", "28").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn steps_come_from_a_cache_of_its_own() {
    let recipe = Recipe::new("28C").await;
    let made = recipe.run().await;
    let cache: RegistryCache = recipe.name("cache").parse().expect("a name");
    let cache = cache.whole();
    let (graph, observer) = (recipe.bench.graph(), Recorder::new(Answer::Refuse));
    recipe.bench.engine.write_cache(&graph, &[recipe.made, recipe.secret], &cache, observer).await.expect("is written");
    let recipe = recipe.on("28").await;
    assert!(recipe.bench.engine.read_cache(&cache).await.expect("is found"));
    assert_eq!(recipe.bench.probe(&[recipe.secret]).await, [true]);
    assert_eq!(recipe.read().await.expect("is read"), made);
}

/// What was copied before is found by the session that gave it: a cache that is found later must count all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cache_may_be_found_late() {
    let recipe = Recipe::new("28").await;
    let made = recipe.run().await;
    let cache = recipe.push(true).await;
    let recipe = recipe.on("28C").await;
    recipe.bench.run(&[recipe.copied], &Recorder::new(Answer::Open)).await.expect("is copied");
    assert!(recipe.bench.engine.read_cache(&cache).await.expect("is found"));
    assert_eq!(recipe.bench.probe(&[recipe.secret]).await, [true]);
    assert_eq!(recipe.read().await.expect("is read"), made);
}
