//! Program to graph: walks recipes, one task for each target instance, and emits vertices.

mod answer;
mod attempt;
mod base;
mod build;
mod builtin;
mod circles;
mod config;
mod copy;
mod dockerfile;
mod evaluator;
mod expand;
mod fault;
mod files;
mod flow;
mod from;
mod function;
mod gathered;
mod git_clone;
mod home;
mod images;
mod instance;
mod mounts;
mod paths;
mod persist;
mod recipe;
mod run;
mod save;
mod scope;
mod shell;
mod state;
mod wait;
mod waits;
mod wildcard;
mod with_docker;

pub use evaluator::{Evaluation, Goal, Settings, evaluate};
pub use fault::Fault;
