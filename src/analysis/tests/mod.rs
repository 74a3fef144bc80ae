//! What commands mean and what is wrong with them, from text to step.

mod add;
mod build;
mod check;
mod config;
mod copy;
mod docker;
mod flow;
mod from;
mod functions;
mod git_clone;
mod order;
mod robust;
mod run;
mod save;
mod shown;
mod variables;
mod whole;
