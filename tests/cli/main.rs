//! The command line against real engines: `RBUILD_TEST_ENGINE_28`, `RBUILD_TEST_ENGINE_20` and `RBUILD_TEST_ENGINE_28C` hold their
//! `DOCKER_HOST`s, `RBUILD_TEST_REGISTRY` the address of a registry that speaks plain http (`scripts/test` starts them all). A test
//! without its engine fails.
//!
//! Most tests need one engine, 28. What rbuild emulates on old engines, or what depends on their image store, runs on each.

mod at_terminal;
mod engine;
mod file_server;
mod git_server;
mod outcome;
mod project;
mod running;
#[path = "../docs/schema.rs"]
mod schema;

mod add;
mod all_modules;
mod artifacts;
mod check;
mod copy;
mod data_roots;
mod dialect;
mod dockerfiles;
mod dotfiles;
mod far;
mod faults;
mod first_steps;
mod flow;
mod fmt;
mod functions;
mod git_sites;
mod github;
mod images;
mod inside;
mod locally;
mod logs;
mod no_work;
mod parallelism;
mod processes;
mod prune;
mod push;
mod registry_caches;
mod remote;
mod reports;
mod secrets;
mod settings;
mod shell;
mod shell_places;
mod signals;
mod skip;
mod ssh;
mod steps;
mod stopping;
mod streams;
mod tls;
mod variables;
mod with_docker;
mod with_docker_processes;

/// Makes each test of the list once for every engine.
macro_rules! on_each_engine {
    ($($name:ident),* $(,)?) => {
        mod engine_28 { $(#[test] fn $name() { super::$name(crate::engine::DOCKER_28); })* }
        mod engine_20 { $(#[test] fn $name() { super::$name(crate::engine::DOCKER_20); })* }
        mod engine_28c { $(#[test] fn $name() { super::$name(crate::engine::DOCKER_28_CONTAINERD); })* }
    };
}
pub(crate) use on_each_engine;
