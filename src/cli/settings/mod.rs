//! Where the values of options come from: the command line, the environment, `.env`, the project's settings file, the user's. The first
//! of these that gives an option counts, and of a list too only the first.
//!
//! - `key`: what can be set, which is what the command line declares; `older`: variables by the names that Earthfiles' users know.
//! - `setting`: a value and where it is from. A layer has those of one place: `variables`, `env_file`, `file` and `typed` read one each.
//! - `place`: where settings files lie; `project`: what a project's file must not say.
//! - `home`: paths in files that begin with `~/`.
//! - `settle`: all layers, and what they come to; `check`: whether an option takes a value; `misuse`: what is wrong.
//! - `schema`: what editors need to know; `edit`: changing a file.

mod check;
mod edit;
mod env_file;
mod file;
mod home;
mod key;
mod misuse;
mod older;
mod place;
mod project;
mod schema;
mod setting;
mod settle;
mod typed;
mod variables;

pub use edit::{Edit, EditError, edit};
pub use file::{Whose, find};
pub use key::{is_key, is_option, keys, long, options, standalone, switches};
pub use misuse::Misuse;
pub use project::may_set;
pub use schema::schema;
pub use setting::Value;
pub use settle::{Settled, settle};
pub use variables::names;
