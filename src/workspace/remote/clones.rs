//! Clones below the cache directory, and the trees that builds read.

use super::address::Address;
use super::error::{RemoteError, Try};
use super::program::{Git, GitFailure, Trust as Trusted};
use super::reference::{Remote, RemoteNameError, is_revision};
use super::revision::{Revision, may_be_commit};
use super::setting::Setting;
use super::site::Sites;
use super::tree::{self, Plan, TreeFailure};
use super::way::Way;
use crate::digest::Digest;
use crate::lock::{Guard, HolderInfo, LockDir, LockError, LockKey, LockMode, Wait, WaitOptions};
use crate::workspace::IoError;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// Who names a repository: some logins are for the user's own files only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asker {
    /// The user: the command line, or a file of this machine.
    User,
    /// A file of a repository at this host.
    Host(String),
}

/// A tree that is checked out. It stays where it is as long as the [`Clones`] that gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkout {
    /// Where it is: absolute, links resolved. Its `.git` is a shallow repository of its own.
    pub tree: PathBuf,
    /// The commit's hash, in full.
    pub commit: String,
}

type Cell = Arc<Mutex<Option<Checkout>>>;

/// The clones of one invocation: each revision is looked up once. All methods block, for as long as fetching takes.
pub struct Clones {
    setting: Setting,
    /// The setting with what git's configuration says of ssh.
    whole: OnceLock<Setting>,
    locks: OnceLock<LockDir>,
    known: Mutex<HashMap<(String, Option<String>), Cell>>,
    /// Trees that this process reads.
    guards: Mutex<Vec<Guard>>,
    /// Whether it was said that settings for ssh are not used.
    warned: AtomicBool,
}

/// A repository.
struct Source {
    /// What its clone is called: the address without scheme, user and `.git`.
    name: String,
    /// As written, revision included.
    wanted: String,
    /// Where it may be.
    addresses: Vec<Address>,
    /// The address for the trees.
    origin: String,
    /// What is set for its host.
    way: Option<Way>,
    asker: Asker,
}

impl Clones {
    /// Clones that are made with these settings. Nothing is touched before the first is needed.
    #[must_use]
    pub fn new(setting: Setting) -> Self {
        Self {
            setting,
            whole: OnceLock::new(),
            locks: OnceLock::new(),
            known: Mutex::default(),
            guards: Mutex::default(),
            warned: AtomicBool::new(false),
        }
    }

    /// What is set for hosts.
    #[must_use]
    pub fn sites(&self) -> &Sites {
        &self.setting.sites
    }

    /// Where all clones lie, below a cache directory.
    #[must_use]
    pub fn root(cache_dir: &Path) -> PathBuf {
        cache_dir.join("git")
    }

    /// The tree of a repository at the revision of a reference; its directory does not matter here.
    ///
    /// # Errors
    /// When it cannot be fetched, or there is no such revision.
    pub fn open(&self, remote: &Remote, asker: &Asker) -> Result<Checkout, RemoteError> {
        let [https, ssh] = Address::of(remote);
        let origin = https.as_str().to_owned();
        let site = self.setting.sites.of(&remote.repository);
        let addresses = match site {
            Some(site) => site.addresses(&remote.repository, || self.whole().ssh_works(remote.host(), Some(site)))?,
            None if self.whole().ssh_works(remote.host(), None) => vec![ssh, https],
            None => vec![https],
        };
        let wanted = remote.at("").to_string();
        let name = name_of(&origin);
        let way = Way::of(site, self.setting.cache_dir.as_deref())?;
        self.tree(&Source { name, wanted, addresses, origin, way, asker: asker.clone() }, remote.tag.as_deref())
    }

    /// The tree of the repository at an address, for `GIT CLONE`. Without a revision it is the default branch.
    ///
    /// # Errors
    /// When it cannot be fetched, or there is no such revision.
    pub fn open_address(&self, address: &Address, tag: Option<&str>, asker: &Asker) -> Result<Checkout, RemoteError> {
        let address = address.clone();
        if let Some(tag) = tag.filter(|tag| !is_revision(tag)) {
            return Err(RemoteNameError::Tag { tag: tag.to_owned() }.into());
        }
        let origin = address.scrubbed();
        let wanted = tag.map_or_else(|| address.to_string(), |tag| format!("{address} {tag}"));
        let name = name_of(&origin);
        let (site, addresses) = match self.setting.sites.instead_of(&address)? {
            Some((site, addresses)) => (Some(site), addresses),
            None => (self.setting.sites.named(address.host()), vec![address]),
        };
        let way = Way::of(site, self.setting.cache_dir.as_deref())?;
        self.tree(&Source { name, wanted, addresses, origin, way, asker: asker.clone() }, tag)
    }

    fn tree(&self, source: &Source, tag: Option<&str>) -> Result<Checkout, RemoteError> {
        let key = (source.origin.clone(), tag.map(str::to_owned));
        let cell = hold(&self.known).entry(key).or_default().clone();
        // Whoever needs the same waits here; a failure may be of the asker's.
        let mut known = hold(&cell);
        if let Some(checkout) = &*known {
            return Ok(checkout.clone());
        }
        let cache_dir = self.setting.cache_dir.as_ref().ok_or_else(|| RemoteError::NoCache(source.wanted.clone()))?;
        let lock = LockKey::new("clone", source.name.clone());
        let root = Self::root(cache_dir);
        fs::create_dir_all(&root).map_err(IoError::on("create", &root))?;
        let root = root.canonicalize().map_err(IoError::on("look at", &root))?;
        let place = root.join(lock.file_stem());
        let lost = source.addresses.iter().any(Address::is_ssh) && self.git_for(source).loses_options();
        if lost && !self.warned.swap(true, Ordering::Relaxed) {
            let site = source.way.as_ref().map(Way::name).unwrap_or_default();
            (self.setting.tell)(&format!(
                "what is set for ssh to `{site}` is not used: the command for ssh is another program, which has to check the server's key itself"
            ));
        }
        let (revision, address) = self.resolve(source, tag, &place)?;
        // Each name of a commit has a tree of its own: the tree's `.git` tells the name.
        let named = Digest::of(format!("{}\0{}", revision.name.as_deref().unwrap_or_default(), source.origin)).hex();
        let tree = place.join("trees").join(format!("{}-{}", revision.commit, &named[..12]));
        // Shared for as long as this process lives: a tree that is read is not pruned. Whoever holds the clone's lock waits for nothing.
        let reading = self.lock(&LockKey::new("tree", tree.display().to_string()), LockMode::Shared, source)?;
        if !tree::is_whole(&tree) {
            let _making = self.lock(&lock, LockMode::Exclusive, source)?;
            if !tree::is_whole(&tree) {
                self.make(source, &revision, address.as_ref(), &place, &tree)?;
            }
        }
        hold(&self.guards).push(reading);
        let checkout = Checkout { tree, commit: revision.commit };
        *known = Some(checkout.clone());
        Ok(checkout)
    }

    /// The commit that a revision is now, and the address that told. A commit is what it is, without a question.
    fn resolve(
        &self,
        source: &Source,
        tag: Option<&str>,
        place: &Path,
    ) -> Result<(Revision, Option<Address>), RemoteError> {
        if let Some(revision) = tag.and_then(Revision::commit) {
            return Ok((revision, None));
        }
        let (listing, address) = self.list(source, tag)?;
        if let Some(revision) = Revision::listed(tag, &listing) {
            return Ok((revision, Some(address)));
        }
        let shown = address.to_string();
        let Some(tag) = tag else { return Err(RemoteError::Empty { wanted: source.wanted.clone(), address: shown }) };
        // The beginning of a hash can be read only where all commits are.
        if may_be_commit(tag)
            && let Some(commit) = self.complete(source, tag, &address, place)?
        {
            return Ok((Revision { commit, name: None }, Some(address)));
        }
        Err(RemoteError::NoRevision { wanted: source.wanted.clone(), address: shown, tag: tag.to_owned() })
    }

    /// What the first address that answers says of a revision.
    fn list(&self, source: &Source, tag: Option<&str>) -> Result<(String, Address), RemoteError> {
        let mut tries = Vec::new();
        for address in &source.addresses {
            let mut args = vec!["ls-remote".to_owned(), "--symref".to_owned(), "--".to_owned()];
            args.push(address.without_login());
            args.extend(Revision::patterns(tag));
            match self.git_for(source).for_address(address).ask(&args, Trusted::of(&source.asker, address)) {
                Ok(listing) => return Ok((listing, address.clone())),
                Err(failure) => tries.push(attempt(source, address, failure)?),
            }
        }
        Err(RemoteError::Git { wanted: source.wanted.clone(), tries })
    }

    /// The commit whose hash begins with a text.
    fn complete(
        &self,
        source: &Source,
        tag: &str,
        address: &Address,
        place: &Path,
    ) -> Result<Option<String>, RemoteError> {
        let store = place.join("repo.git");
        let _making = self.lock(&LockKey::new("clone", source.name.clone()), LockMode::Exclusive, source)?;
        let ask = || {
            let wanted = format!("{tag}^{{commit}}");
            let found =
                self.git().local(&[&at(&store), "rev-parse", "--verify", "--quiet", "--end-of-options", &wanted]);
            found.ok().map(|hash| hash.trim().to_owned()).filter(|hash| hash.starts_with(&tag.to_ascii_lowercase()))
        };
        if let Some(hash) = ask() {
            return Ok(Some(hash));
        }
        (self.setting.tell)(&format!("fetching all of `{}`: a commit's whole hash would not need that", source.wanted));
        self.prepare(&store, source, 40)?;
        self.fetch_all(&store, source, address)?;
        Ok(ask())
    }

    /// Makes a tree, with the clone's lock held.
    fn make(
        &self,
        source: &Source,
        revision: &Revision,
        address: Option<&Address>,
        place: &Path,
        tree: &Path,
    ) -> Result<(), RemoteError> {
        let store = place.join("repo.git");
        let mut fresh = false;
        if !self.has(&store, &revision.commit) {
            (self.setting.tell)(&format!("fetching `{}`", source.wanted));
            fresh = self.prepare(&store, source, revision.commit.len())?;
            self.fetch(&store, source, revision, address)?;
        }
        let trusted = address.or(source.addresses.first()).map_or(Trusted::Named, |address| match source.asker {
            Asker::User => Trusted::Host(address.host()),
            Asker::Host(_) => Trusted::of(&source.asker, address),
        });
        let plan = Plan { store: &store, revision, origin: &source.origin, trust: trusted };
        let failure = match tree::make(&self.git_for(source), tree, &plan) {
            Ok(()) => return Ok(()),
            // What was kept may be damaged; what was just fetched is not.
            Err(TreeFailure::Git(GitFailure::Said(said))) if !fresh => {
                (self.setting.tell)(&format!("a clone in the cache is damaged and is made again: {said}"));
                fs::remove_dir_all(&store).map_err(IoError::on("remove", &store))?;
                self.prepare(&store, source, revision.commit.len())?;
                self.fetch(&store, source, revision, address)?;
                match tree::make(&self.git_for(source), tree, &plan) {
                    Ok(()) => return Ok(()),
                    Err(failure) => failure,
                }
            }
            Err(failure) => failure,
        };
        Err(match failure {
            TreeFailure::Io(error) => error.into(),
            TreeFailure::Git(failure) => {
                let address = address.or(source.addresses.first()).expect("every source has an address");
                RemoteError::Git { wanted: source.wanted.clone(), tries: vec![attempt(source, address, failure)?] }
            }
        })
    }

    fn has(&self, store: &Path, commit: &str) -> bool {
        let object = format!("{commit}^{{tree}}");
        store.is_dir() && self.git().local(&[&at(store), "cat-file", "-e", &object]).is_ok()
    }

    /// Makes the bare repository, if it is not there or was left half-made. Gives whether it did.
    fn prepare(&self, store: &Path, source: &Source, hash: usize) -> Result<bool, RemoteError> {
        let local = |args: &[&str]| {
            self.git().local(args).map_err(|failure| {
                let address = source.addresses.first().expect("every source has an address");
                match attempt(source, address, failure) {
                    Ok(said) => RemoteError::Git { wanted: source.wanted.clone(), tries: vec![said] },
                    Err(error) => error,
                }
            })
        };
        // A fetch that was killed leaves its locks; the clone's own lock is ours.
        for name in ["shallow.lock", "packed-refs.lock", "config.lock", "HEAD.lock"] {
            let _none = fs::remove_file(store.join(name));
        }
        // The last line of the set-up.
        if self.git().local(&[&at(store), "config", "--get", "rbuild.whole"]).is_ok() {
            return Ok(false);
        }
        if store.exists() {
            fs::remove_dir_all(store).map_err(IoError::on("remove", store))?;
        }
        let above = store.parent().unwrap_or(store);
        fs::create_dir_all(above).map_err(IoError::on("create", above))?;
        let format = if hash == 64 { "--object-format=sha256" } else { "--object-format=sha1" };
        local(&["init", "--quiet", "--bare", "--template=", format, &store.display().to_string()])?;
        // Trees fetch from here by commit; one thread packs the same bytes each time.
        for (name, value) in
            [("uploadpack.allowAnySHA1InWant", "true"), ("pack.threads", "1"), ("rbuild.whole", "true")]
        {
            local(&[&at(store), "config", name, value])?;
        }
        Ok(true)
    }

    /// Fetches one commit: by its hash, else by its name, else with everything.
    fn fetch(
        &self,
        store: &Path,
        source: &Source,
        revision: &Revision,
        answered: Option<&Address>,
    ) -> Result<(), RemoteError> {
        let commit = &revision.commit;
        let addresses = answered.map_or(source.addresses.as_slice(), std::slice::from_ref);
        let mut tries = Vec::new();
        for address in addresses {
            let mut last = None;
            for from in [Some(commit), revision.name.as_ref()].into_iter().flatten() {
                let wanted = format!("+{from}:refs/rbuild/{commit}");
                let (at, url) = (at(store), address.without_login());
                let args = [
                    &at,
                    "fetch",
                    "--quiet",
                    "--no-tags",
                    "--depth=1",
                    "--no-write-fetch-head",
                    "--",
                    &url,
                    &wanted,
                ];
                match self.git_for(source).for_address(address).ask(&args, Trusted::of(&source.asker, address)) {
                    Ok(_) if self.has(store, commit) => return Ok(()),
                    Ok(_) => {}
                    Err(failure) => last = Some(attempt(source, address, failure)?),
                }
            }
            match self.fetch_all(store, source, address) {
                Ok(()) if self.has(store, commit) => return Ok(()),
                Ok(()) => {
                    let (wanted, address) = (source.wanted.clone(), address.to_string());
                    return Err(RemoteError::NoRevision { wanted, address, tag: commit.clone() });
                }
                Err(RemoteError::Git { tries: said, .. }) => tries.extend(last.into_iter().chain(said).take(1)),
                Err(other) => return Err(other),
            }
        }
        Err(RemoteError::Git { wanted: source.wanted.clone(), tries })
    }

    /// Fetches every branch and tag, with all commits.
    fn fetch_all(&self, store: &Path, source: &Source, address: &Address) -> Result<(), RemoteError> {
        let (store, url) = (at(store), address.without_login());
        let shallow = self.git().local(&[&store, "rev-parse", "--is-shallow-repository"]);
        let mut args = vec![store.as_str(), "fetch", "--quiet", "--no-tags", "--force", "--no-write-fetch-head"];
        if shallow.is_ok_and(|answer| answer.trim() == "true") {
            args.push("--unshallow");
        }
        args.extend(["--", &url, "+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*"]);
        match self.git_for(source).for_address(address).ask(&args, Trusted::of(&source.asker, address)) {
            Ok(_) => Ok(()),
            Err(failure) => {
                let tries = vec![attempt(source, address, failure)?];
                Err(RemoteError::Git { wanted: source.wanted.clone(), tries })
            }
        }
    }

    fn git(&self) -> Git<'_> {
        Git::new(self.whole(), None)
    }

    /// The same for what asks a source's server.
    fn git_for<'s>(&'s self, source: &'s Source) -> Git<'s> {
        Git::new(self.whole(), source.way.as_ref())
    }

    fn whole(&self) -> &Setting {
        self.whole.get_or_init(|| {
            let mut setting = self.setting.clone();
            if setting.ssh_command.is_none() {
                let own = Git::new(&setting, None).local(&["config", "--get", "core.sshCommand"]);
                setting.ssh_command = own.ok().map(|own| own.trim().to_owned()).filter(|own| !own.is_empty());
            }
            setting
        })
    }

    fn lock(&self, key: &LockKey, mode: LockMode, source: &Source) -> Result<Guard, RemoteError> {
        let cache_dir = self.setting.cache_dir.as_ref().ok_or_else(|| RemoteError::NoCache(source.wanted.clone()))?;
        let locks = match self.locks.get() {
            Some(locks) => locks,
            None => {
                let opened = LockDir::open(cache_dir.join("locks"), self.setting.trust)?;
                self.locks.get_or_init(|| opened)
            }
        };
        let holder = HolderInfo::here(source.wanted.clone());
        if let Some(guard) = locks.try_lock(key, mode, &holder)? {
            return Ok(guard);
        }
        let options = WaitOptions { timeout: self.setting.lock_timeout, ..WaitOptions::default() };
        let told = |wait: Wait| {
            let holder = wait.holders.first().map(|holder| format!(": held by pid {}", holder.pid)).unwrap_or_default();
            (self.setting.tell)(&format!("waiting {} s for {}{holder}", wait.waited.as_secs(), wait.key));
        };
        let wait = || -> Result<Vec<Guard>, LockError> {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
            let runtime =
                runtime.map_err(|source| LockError::Io { verb: "wait for", path: locks.root().to_owned(), source })?;
            runtime.block_on(locks.lock(&[(key.clone(), mode)], &holder, options, told))
        };
        // A thread of its own: whoever calls may belong to another runtime.
        let guards = std::thread::scope(|scope| scope.spawn(wait).join().expect("waiting does not panic"))?;
        Ok(guards.into_iter().next().expect("one lock was asked for"))
    }
}

/// What a clone is called: host and path, whichever way it is reached.
fn name_of(origin: &str) -> String {
    let place = match origin.split_once("://") {
        Some((_, place)) => place.to_owned(),
        None => origin.replacen(':', "/", 1),
    };
    let place = place.split_once('@').filter(|(user, _)| !user.contains('/')).map_or(place.as_str(), |(_, rest)| rest);
    place.trim_end_matches('/').trim_end_matches(".git").to_owned()
}

fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn at(store: &Path) -> String {
    format!("--git-dir={}", store.display())
}

/// What is reported of a failed address; an error where git itself is missing.
fn attempt(source: &Source, address: &Address, failure: GitFailure) -> Result<Try, RemoteError> {
    match failure {
        GitFailure::Start(error) => Err(RemoteError::NoGit { wanted: source.wanted.clone(), source: error }),
        GitFailure::Stopped => Ok(Try { address: address.to_string(), said: "stopped".to_owned() }),
        GitFailure::Said(said) => Ok(Try { address: address.to_string(), said }),
    }
}
