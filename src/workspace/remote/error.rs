//! What can go wrong with repositories of others.

use super::address::AddressError;
use super::reference::RemoteNameError;
use crate::lock::LockError;
use crate::workspace::IoError;
use std::fmt;

/// Why there is no tree of a repository.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// The reference is malformed.
    #[error(transparent)]
    Name(#[from] RemoteNameError),
    /// The address is malformed, or git must not be given it.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// There is no place for clones.
    #[error("there is no cache directory to clone `{0}` into")]
    NoCache(String),
    /// The `git` program cannot be started.
    #[error("`{wanted}` needs the program `git`, which cannot be started: {source}")]
    NoGit {
        /// What it was needed for.
        wanted: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// Git failed.
    #[error("cannot fetch `{wanted}`: {}", Tries(tries))]
    Git {
        /// What was wanted, as written.
        wanted: String,
        /// Every address that was tried, and what git said.
        tries: Vec<Try>,
    },
    /// The repository has no such revision.
    #[error("`{wanted}`: {address} has no branch, tag or commit `{tag}`")]
    NoRevision {
        /// What was wanted, as written.
        wanted: String,
        /// The address that was asked.
        address: String,
        /// The revision.
        tag: String,
    },
    /// The repository is empty.
    #[error("`{wanted}`: {address} has no commit")]
    Empty {
        /// What was wanted, as written.
        wanted: String,
        /// The address that was asked.
        address: String,
    },
    /// The clone's lock could not be taken.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The cache directory cannot be used.
    #[error(transparent)]
    Io(#[from] IoError),
}

/// One address that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Try {
    /// The address, without passwords.
    pub address: String,
    /// What git said, without passwords.
    pub said: String,
}

struct Tries<'a>(&'a [Try]);

impl fmt::Display for Tries<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, attempt) in self.0.iter().enumerate() {
            write!(f, "{}{}: {}", if at == 0 { "" } else { "; " }, attempt.address, attempt.said)?;
        }
        Ok(())
    }
}

impl RemoteError {
    /// What the user can do.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            Self::Name(error) => error.help().to_owned(),
            Self::Address(error) => error.help().to_owned(),
            Self::NoCache(_) => "name one with `--cache-dir` or `RBUILD_CACHE_DIR`".to_owned(),
            Self::NoGit { .. } => "install git, and see that it is on the `PATH`".to_owned(),
            Self::Git { tries, .. } => {
                let said =
                    |words: &[&str]| tries.iter().any(|attempt| words.iter().any(|word| attempt.said.contains(word)));
                if said(&["Host key verification failed"]) {
                    "the server is not in `~/.ssh/known_hosts`: connect to it once with `ssh`, and compare its key"
                        .to_owned()
                } else if said(&[
                    "uthentication",
                    "could not read Username",
                    "could not read Password",
                    "terminal prompts disabled",
                    "ermission denied",
                    " 401",
                    " 403",
                ]) {
                    "it may be private: give git your login (a credential helper, `~/.netrc`, or `--git-username` and `--git-password`), or run an ssh agent that has your key"
                        .to_owned()
                } else if said(&["ot found", "does not exist", "does not appear to be"]) {
                    "check the name; if the repository is private, give git your login".to_owned()
                } else {
                    let address = tries.first().map(|attempt| attempt.address.as_str()).unwrap_or_default();
                    format!("check that this works: `git ls-remote {address}`")
                }
            }
            Self::NoRevision { address, .. } => format!("see what there is: `git ls-remote {address}`"),
            Self::Empty { .. } => "push something to it first".to_owned(),
            Self::Lock(_) | Self::Io(_) => {
                "choose another place with `--cache-dir` or `RBUILD_CACHE_DIR` if this one cannot be used".to_owned()
            }
        }
    }
}
