//! The bare repository of a clone: what was fetched so far. Whoever writes to it holds the clone's lock.

use super::address::Address;
use super::error::RemoteError;
use super::program::{Git, GitFailure};
use super::revision::{Format, Revision};
use super::setting::Setting;
use super::source::Source;
use crate::lock::Guard;
use crate::workspace::IoError;
use std::fs;
use std::path::{Path, PathBuf};

/// A bare repository, which may not be there yet.
pub struct Store<'a> {
    path: PathBuf,
    format: Format,
    setting: &'a Setting,
    source: &'a Source,
    making: &'a Guard,
}

impl<'a> Store<'a> {
    /// The one at the place of a clone, whose lock is held. One for each format: where a wrong one is asked for, nothing is lost.
    pub fn new(place: &Path, format: Format, setting: &'a Setting, source: &'a Source, making: &'a Guard) -> Self {
        let name = match format {
            Format::Sha1 => "repo.git",
            Format::Sha256 => "repo-sha256.git",
        };
        Self { path: place.join(name), format, setting, source, making }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The clone's lock.
    pub fn making(&self) -> &'a Guard {
        self.making
    }

    /// Whether it has all files of a commit.
    pub fn has(&self, commit: &str) -> bool {
        self.path.is_dir() && self.local(&["cat-file", "-e", &format!("{commit}^{{tree}}")]).is_ok()
    }

    /// The commit whose hash begins with a text, as far as it is known here.
    pub fn begins_with(&self, text: &str) -> Option<String> {
        let wanted = format!("{text}^{{commit}}");
        let found = self.local(&["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted]).ok()?;
        let found = found.trim();
        found.starts_with(&text.to_ascii_lowercase()).then(|| found.to_owned())
    }

    /// Makes the repository, if it is not there or was left half-made. Gives whether it did.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn prepare(&self) -> Result<bool, RemoteError> {
        // A fetch that was killed leaves its locks, and what it had of a pack; the clone's own lock is ours. No ref ends with `.lock`.
        sweep(&self.path, &|name| name.ends_with(".lock"));
        sweep(&self.path.join("objects"), &|name| name.starts_with("tmp_"));
        // The last line of the set-up.
        match self.local(&["config", "--get", "rbuild.whole"]) {
            Ok(_) => return Ok(false),
            Err(GitFailure::Said(_)) => {}
            Err(failure) => return Err(self.source.failed_at(None, failure)),
        }
        if self.path.exists() {
            self.remove()?;
        }
        let above = self.path.parent().unwrap_or(&self.path);
        fs::create_dir_all(above).map_err(IoError::on("create", above))?;
        let made = || {
            let path = self.path.display().to_string();
            let init = ["init", "--quiet", "--bare", "--template=", self.format.option(), &path];
            Git::new(self.setting, None).under(self.making).local(&init)?;
            // Trees fetch from here by commit; one thread packs the same bytes each time.
            for (name, value) in
                [("uploadpack.allowAnySHA1InWant", "true"), ("pack.threads", "1"), ("rbuild.whole", "true")]
            {
                self.local(&["config", name, value])?;
            }
            Ok(())
        };
        made().map_err(|failure| self.source.failed_at(None, failure))?;
        Ok(true)
    }

    /// Removes all of it.
    ///
    /// # Errors
    /// When the system does not let it.
    pub fn remove(&self) -> Result<(), IoError> {
        fs::remove_dir_all(&self.path).map_err(IoError::on("remove", &self.path))
    }

    /// Fetches one commit: by its hash, else by its name, else with everything. `answered`: the address that told of it.
    ///
    /// # Errors
    /// When no address gives it.
    pub fn fetch(&self, revision: &Revision, answered: Option<&Address>) -> Result<(), RemoteError> {
        let (source, commit) = (self.source, &revision.commit);
        let addresses = answered.map_or(source.addresses.as_slice(), std::slice::from_ref);
        let mut tries = Vec::new();
        for address in addresses {
            let mut last = None;
            for from in [Some(commit), revision.name.as_ref()].into_iter().flatten() {
                let wanted = format!("+{from}:refs/rbuild/{commit}");
                let (at, url) = (self.at(), address.scrubbed());
                let args =
                    [&at, "fetch", "--quiet", "--no-tags", "--depth=1", "--no-write-fetch-head", "--", &url, &wanted];
                match self.ask(address, &args) {
                    Ok(_) if self.has(commit) => return Ok(()),
                    Ok(_) => {}
                    Err(failure) => last = Some(source.attempt(address, failure)?),
                }
            }
            match self.fetch_all(address) {
                Ok(()) if self.has(commit) => return Ok(()),
                Ok(()) => {
                    let (wanted, address) = (source.wanted.clone(), address.to_string());
                    return Err(RemoteError::NoRevision { wanted, address, tag: commit.clone() });
                }
                Err(RemoteError::Git { tries: said, .. }) => tries.extend(last.into_iter().chain(said).take(1)),
                Err(other) => return Err(other),
            }
        }
        Err(source.failed(tries))
    }

    /// Fetches every branch and tag, with all commits.
    ///
    /// # Errors
    /// When the address does not give them.
    pub fn fetch_all(&self, address: &Address) -> Result<(), RemoteError> {
        let (at, url) = (self.at(), address.scrubbed());
        let shallow = self.local(&["rev-parse", "--is-shallow-repository"]);
        let mut args = vec![at.as_str(), "fetch", "--quiet", "--no-tags", "--force", "--no-write-fetch-head"];
        if shallow.is_ok_and(|answer| answer.trim() == "true") {
            args.push("--unshallow");
        }
        args.extend(["--", &url, "+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*"]);
        self.ask(address, &args).map(drop).map_err(|failure| self.source.failed_at(Some(address), failure))
    }

    fn ask(&self, address: &Address, args: &[&str]) -> Result<String, GitFailure> {
        self.source.ask(self.source.git(self.setting).under(self.making), address, args)
    }

    fn local(&self, args: &[&str]) -> Result<String, GitFailure> {
        let at = self.at();
        let words: Vec<&str> = [at.as_str()].into_iter().chain(args.iter().copied()).collect();
        Git::new(self.setting, None).under(self.making).local(&words)
    }

    fn at(&self) -> String {
        format!("--git-dir={}", self.path.display())
    }
}

/// Removes the files below a directory that have such names. Nothing depends on success.
fn sweep(dir: &Path, is_left: &impl Fn(&str) -> bool) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            sweep(&entry.path(), is_left);
        } else if is_left(&entry.file_name().to_string_lossy()) {
            let _stays = fs::remove_file(entry.path());
        }
    }
}
