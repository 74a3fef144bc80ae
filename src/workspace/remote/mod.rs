//! Repositories of others: clones of them below the cache directory, and trees that are checked out once.
//!
//! - `reference`: `host/org/repo/sub:tag` · `address`: where git finds it, and what nobody may ask git for
//! - `setting`: what clones are made with · `site`: what the user has set for a host · `way`: the same for git
//! - `program`: the `git` program, which never asks questions · `logins`: user names and passwords for it
//! - `revision`: from branches and tags to commits · `tree`: checking a commit out
//! - `source`: a repository that is wanted · `store`: what was fetched of it so far
//! - `clones`: all of it together, under locks · `error`: what can go wrong

mod address;
mod clones;
mod error;
mod logins;
mod program;
mod reference;
mod revision;
mod setting;
mod site;
mod source;
mod store;
mod tree;
mod way;

pub use address::{Address, AddressError};
pub use clones::{Asker, Checkout, Clones};
pub use error::RemoteError;
pub use logins::{Login, Logins};
pub(super) use program::SURROUNDING;
pub use reference::{Remote, RemoteNameError};
pub use setting::Setting;
pub use site::{Site, SiteAuth, SiteError, SiteSetting, Sites};

#[cfg(test)]
mod tests;
