//! The driver against real engines: `RBUILD_TEST_ENGINE_28`, `RBUILD_TEST_ENGINE_20` and `RBUILD_TEST_ENGINE_28C` hold their
//! `DOCKER_HOST`s. A test without its engine fails. The engines hold `busybox:latest` and `alpine:3.20`.

mod attend;
mod bench;
mod files;
mod gates;
mod images;
mod mounts;
mod registry_caches;
mod steps;
mod with_docker;

/// Makes each test of the list once for every engine.
macro_rules! on_every_engine {
    ($($name:ident),* $(,)?) => {
        mod engine_28 { $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)] async fn $name() { super::$name("28").await; })* }
        mod engine_20 { $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)] async fn $name() { super::$name("20").await; })* }
        mod engine_28c { $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)] async fn $name() { super::$name("28C").await; })* }
    };
}
pub(crate) use on_every_engine;
