//! Clones below the cache directory, and the trees that builds read.

use super::address::Address;
use super::error::RemoteError;
use super::program::{Git, GitFailure, Trust as Trusted};
use super::reference::{Remote, RemoteNameError, is_revision};
use super::revision::{Format, Revision, may_be_commit};
use super::setting::Setting;
use super::site::Sites;
use super::source::Source;
use super::store::Store;
use super::tree::{self, Plan, TreeFailure};
use super::way::Way;
use crate::digest::Digest;
use crate::lock::{Guard, HolderInfo, LockDir, LockError, LockKey, LockMode, Wait, WaitOptions};
use crate::workspace::IoError;
use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
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
    /// The hosts of which it was said that what is set for ssh is not used.
    warned: Mutex<HashSet<String>>,
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
            warned: Mutex::default(),
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
        let (origin, name) = (https.as_str().to_owned(), https.place());
        let site = self.setting.sites.of(&remote.repository);
        let addresses = match site {
            Some(site) => site.addresses(&remote.repository, || self.whole().ssh_works(remote.host(), Some(site)))?,
            None if self.whole().ssh_works(remote.host(), None) => vec![ssh, https],
            None => vec![https],
        };
        let wanted = remote.at("").to_string();
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
        let (origin, name) = (address.scrubbed(), address.place());
        let wanted = tag.map_or_else(|| address.to_string(), |tag| format!("{address} {tag}"));
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
        let lost = source.addresses.iter().any(Address::is_ssh) && source.git(self.whole()).loses_options();
        let site = source.way.as_ref().map(Way::name).unwrap_or_default();
        if lost && hold(&self.warned).insert(site.to_owned()) {
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
            let making = self.lock(&lock, LockMode::Exclusive, source)?;
            if !tree::is_whole(&tree) {
                let store = Store::new(&place, revision.format(), self.whole(), source, &making);
                self.make(&store, source, &revision, address.as_ref(), &tree)?;
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
            let (url, patterns) = (address.scrubbed(), Revision::patterns(tag));
            let args: Vec<&str> =
                ["ls-remote", "--symref", "--", &url].into_iter().chain(patterns.iter().map(String::as_str)).collect();
            match source.ask(source.git(self.whole()), address, &args) {
                Ok(listing) => return Ok((listing, address.clone())),
                Err(failure) => tries.push(source.attempt(address, failure)?),
            }
        }
        Err(source.failed(tries))
    }

    /// The commit whose hash begins with a text.
    fn complete(
        &self,
        source: &Source,
        tag: &str,
        address: &Address,
        place: &Path,
    ) -> Result<Option<String>, RemoteError> {
        let making = self.lock(&LockKey::new("clone", source.name.clone()), LockMode::Exclusive, source)?;
        let store = |format| Store::new(place, format, self.whole(), source, &making);
        if let Some(hash) = Format::ALL.into_iter().find_map(|format| store(format).begins_with(tag)) {
            return Ok(Some(hash));
        }
        (self.setting.tell)(&format!("fetching all of `{}`: a commit's whole hash would not need that", source.wanted));
        // Whatever branch is told first has a whole hash.
        let listing = source.ask(
            source.git(self.whole()),
            address,
            &["ls-remote", "--", &address.scrubbed(), "HEAD", "refs/heads/*"],
        );
        let listing = listing.map_err(|failure| source.failed_at(Some(address), failure))?;
        let store = store(Format::of(listing.split_whitespace().next().unwrap_or_default()));
        store.prepare()?;
        store.fetch_all(address)?;
        Ok(store.begins_with(tag))
    }

    /// Makes a tree of what a clone has, or is given now.
    fn make(
        &self,
        store: &Store<'_>,
        source: &Source,
        revision: &Revision,
        address: Option<&Address>,
        tree: &Path,
    ) -> Result<(), RemoteError> {
        let fetch = || {
            let fresh = store.prepare()?;
            store.fetch(revision, address).map(|()| fresh)
        };
        let mut fresh = false;
        if !store.has(&revision.commit) {
            (self.setting.tell)(&format!("fetching `{}`", source.wanted));
            fresh = fetch()?;
        }
        let trust = address.or(source.addresses.first()).map_or(Trusted::Named, |address| match source.asker {
            Asker::User => Trusted::Host(address.host()),
            Asker::Host(_) => Trusted::of(&source.asker, address),
        });
        let plan = Plan { store: store.path(), revision, origin: &source.origin, trust };
        let git = source.git(self.whole()).under(store.making());
        let made = match tree::make(&git, tree, &plan) {
            // What was kept may be damaged; what was just fetched is not.
            Err(TreeFailure::Store(GitFailure::Said(said))) if !fresh => {
                (self.setting.tell)(&format!("a clone in the cache is damaged and is made again: {said}"));
                store.remove()?;
                fetch()?;
                tree::make(&git, tree, &plan)
            }
            made => made,
        };
        made.map_err(|failure| match failure {
            TreeFailure::Io(error) => error.into(),
            TreeFailure::Store(failure) | TreeFailure::Git(failure) => source.failed_at(address, failure),
        })
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

fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
