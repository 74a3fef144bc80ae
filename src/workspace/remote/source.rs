//! A repository that is wanted: where it may be, and who wants it.

use super::address::Address;
use super::clones::Asker;
use super::error::{RemoteError, Try};
use super::program::{Git, GitFailure, Trust};
use super::setting::Setting;
use super::way::Way;

/// A repository.
pub struct Source {
    /// What its clone is called: `host/org/repo`, whichever way it is reached.
    pub name: String,
    /// As written, revision included, without a password.
    pub wanted: String,
    /// Where it may be, in the order in which that is tried; at least one.
    pub addresses: Vec<Address>,
    /// The address for the trees.
    pub origin: String,
    /// What is set for its host.
    pub way: Option<Way>,
    /// Who names it.
    pub asker: Asker,
}

impl Source {
    /// Git for what asks its server.
    pub fn git<'a>(&'a self, setting: &'a Setting) -> Git<'a> {
        Git::new(setting, self.way.as_ref())
    }

    /// Runs a command of [its git](Self::git) that asks one of its addresses.
    pub fn ask(&self, git: Git<'_>, address: &Address, args: &[&str]) -> Result<String, GitFailure> {
        git.for_address(address).ask(args, Trust::of(&self.asker, address))
    }

    /// What is reported of a failed address.
    ///
    /// # Errors
    /// Where git itself is missing.
    pub fn attempt(&self, address: &Address, failure: GitFailure) -> Result<Try, RemoteError> {
        let address = address.to_string();
        match failure {
            GitFailure::Start(source) => Err(RemoteError::NoGit { wanted: self.wanted.clone(), source }),
            GitFailure::Stopped => Ok(Try { address, said: "stopped".to_owned() }),
            GitFailure::Said(said) => Ok(Try { address, said }),
        }
    }

    /// What is reported when no address gives what is wanted.
    #[must_use]
    pub fn failed(&self, tries: Vec<Try>) -> RemoteError {
        RemoteError::Git { wanted: self.wanted.clone(), tries }
    }

    /// What is reported of a failure that has to do with no address, or with the one that answered.
    #[must_use]
    pub fn failed_at(&self, address: Option<&Address>, failure: GitFailure) -> RemoteError {
        let address = address.or(self.addresses.first()).expect("every source has an address");
        self.attempt(address, failure).map_or_else(|error| error, |tried| self.failed(vec![tried]))
    }
}
