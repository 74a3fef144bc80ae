//! Lints: what the language allows and what is trouble nevertheless. Each is right nearly always; where it is not, a comment allows it.
//!
//! | module | |
//! |---|---|
//! | `catalogue` | what each lint is about: code, severity, explanation, examples |
//! | `subject` | the file that is looked at, recipe by recipe |
//! | `check` | all lints on one file; [`check`](check()) |
//! | `allow` | comments that allow lints |
//! | `shell` | the simple commands of a shell text |
//! | `lints` | the lints, a file each |

mod allow;
mod catalogue;
mod check;
mod lints;
mod shell;
mod subject;

#[cfg(test)]
mod tests;

pub use catalogue::{LINTS, Lint, find};
pub use check::check;
