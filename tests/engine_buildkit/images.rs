//! Images for the engine's store.

use super::bench::{Bench, Recorder, host};
use super::on_every_engine;
use rbuild::engine::docker::Docker;
use rbuild::engine::{Answer, Engine as _, StoreAs};
use rbuild::graph::Output;
use rbuild::graph::image::ConfigPatch;
use rbuild::graph::image::ImageState;
use rbuild::image_name::ImageName;
use rbuild::platform::Platform;

on_every_engine!(an_image_is_stored_under_all_its_names, an_empty_image_is_stored);

async fn stored(engine: &str, bench: &Bench, root: Option<Output>, patch: ConfigPatch, base: bool) {
    let docker = Docker::connect(&host(engine).parse().expect("an address")).await.expect("an engine");
    let image = base.then(|| bench.builder.graph().iter().next().expect("the image comes first").id);
    let state = ImageState { root, image, patch: patch.clone(), platform: Platform::host() };
    let names: Vec<String> =
        ["one", "two"].map(|name| format!("docker.io/rbuild-test/{name}:{}", bench.nonce.replace('.', "-"))).to_vec();
    let seen = Recorder::new(Answer::Refuse);
    let id = bench
        .engine
        .store_image(&bench.graph(), &state, StoreAs::plain(&names), seen.clone())
        .await
        .expect("is stored");
    let again = bench
        .engine
        .store_image(&bench.graph(), &state, StoreAs::plain(&names), seen.clone())
        .await
        .expect("is stored");
    assert_eq!(id, again, "the same image is the same image");
    assert!(seen.gates().is_empty(), "what was run is not run again");
    for name in &names {
        let name: ImageName = name.parse().expect("a name");
        let found = docker.image_id(&name).await.expect("asks");
        let config = docker.image_config(&name, &Platform::host()).await.expect("asks").expect("is there");
        docker.remove_image(&name).await.expect("is removed");
        assert_eq!(found.as_ref(), Some(&id));
        for (key, value) in &patch.env {
            assert_eq!(config.variable(key), Some(value.as_str()));
        }
        assert_eq!(config.entrypoint, patch.entrypoint);
        assert_eq!(config.variable("PATH").is_some(), base, "the base's variables stay");
    }
}

async fn an_image_is_stored_under_all_its_names(engine: &str) {
    let mut bench = Bench::new(engine).await;
    let base = bench.image("busybox:latest");
    let step = bench.sh(base, "echo x > /x");
    bench.run(&[base, step], &Recorder::new(Answer::Open)).await.expect("runs");
    let patch = ConfigPatch {
        env: [("MODE".to_owned(), "a, \"b\"".to_owned())].into_iter().collect(),
        entrypoint: Some(vec!["cat".into(), "/x".into()]),
        ..ConfigPatch::default()
    };
    stored(engine, &bench, Some(step), patch, true).await;
}

async fn an_empty_image_is_stored(engine: &str) {
    let bench = Bench::new(engine).await;
    let patch =
        ConfigPatch { env: [("N".to_owned(), bench.nonce.clone())].into_iter().collect(), ..ConfigPatch::default() };
    stored(engine, &bench, None, patch, false).await;
}
