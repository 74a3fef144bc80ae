//! Clones of a repository on this disk, which git's own `insteadOf` puts in the place of a host.

use super::{Asker, Clones, Logins, Remote, RemoteError, Setting, SiteAuth, SiteSetting, Sites};
use crate::lock::Trust;
use crate::workspace::Git;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

struct World {
    dir: tempfile::TempDir,
    told: Arc<Mutex<Vec<String>>>,
}

impl World {
    fn new() -> Self {
        Self::of_format("sha1")
    }

    /// One whose commits have hashes of some format.
    fn of_format(format: &str) -> Self {
        let world = Self { dir: tempfile::tempdir().unwrap(), told: Arc::default() };
        fs::create_dir_all(world.upstream()).unwrap();
        world.git(&["init", "--quiet", "--initial-branch=trunk", "--object-format", format]);
        world.commit("file", "one");
        world
    }

    fn upstream(&self) -> PathBuf {
        self.dir.path().join("o/r.git")
    }

    fn cache(&self) -> PathBuf {
        self.dir.path().join("cache")
    }

    fn git(&self, args: &[&str]) -> String {
        self.git_at(&self.upstream(), args)
    }

    fn git_at(&self, dir: &Path, args: &[&str]) -> String {
        let mut command = Command::new("git");
        command.arg("-C").arg(dir).args(args);
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "A").env(format!("GIT_{who}_EMAIL"), "a@example.org");
            command.env(format!("GIT_{who}_DATE"), "1100000000 +0000");
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Commits a file, and gives the commit.
    fn commit(&self, name: &str, text: &str) -> String {
        let path = self.upstream().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "-m", text]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Where what was fetched of the repository of a tree is.
    fn store(&self, tree: &Path) -> PathBuf {
        tree.parent().unwrap().parent().unwrap().join("repo.git")
    }

    /// The setting with a program `git` that ends by a signal before it does anything with one of these words.
    fn setting_where_git_is_killed(&self, word: &str) -> Setting {
        let (setting, bin) = (self.setting(), self.dir.path().join("bin"));
        fs::create_dir_all(&bin).unwrap();
        let path = std::env::var("PATH").unwrap();
        let script = format!(
            "#!/bin/sh\nfor word; do case $word in {word}) kill -KILL $$;; esac; done\nPATH='{path}' exec git \"$@\"\n"
        );
        fs::write(bin.join("git"), script).unwrap();
        fs::set_permissions(bin.join("git"), fs::Permissions::from_mode(0o755)).unwrap();
        let env = setting.env.iter().cloned().chain([("PATH".to_owned(), format!("{}:{path}", bin.display()))]);
        Setting { env: env.collect(), ..setting }
    }

    /// Another invocation over the same cache.
    fn clones(&self) -> Clones {
        Clones::new(self.setting())
    }

    fn setting(&self) -> Setting {
        let told = self.told.clone();
        let base = format!("url.file://{}/.insteadOf", self.dir.path().display());
        let env = [
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_CONFIG_COUNT", "1"),
            ("GIT_CONFIG_KEY_0", &base),
            ("GIT_CONFIG_VALUE_0", "https://example.test/"),
        ];
        Setting {
            cache_dir: Some(self.cache()),
            trust: Trust::Blindly,
            lock_timeout: None,
            home: None,
            agent: None,
            ssh_command: None,
            allowed_protocols: None,
            logins: Logins::default(),
            sites: Sites::default(),
            env: env.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
            tell: Arc::new(move |text| told.lock().unwrap().push(text.to_owned())),
        }
    }

    /// What git says of the tree of a revision, and the text of `file` in it.
    fn open(&self, clones: &Clones, tag: &str) -> (Git, String) {
        let tree = clones.open(&remote(tag), &Asker::User).unwrap().tree;
        let text = fs::read_to_string(tree.join("file")).unwrap();
        (Git::of(&tree), text)
    }

    fn told(&self) -> Vec<String> {
        std::mem::take(&mut self.told.lock().unwrap())
    }
}

fn remote(tag: &str) -> Remote {
    Remote::parse(&format!("example.test/o/r{tag}")).unwrap()
}

fn files(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut all = Vec::new();
    let mut open = vec![dir.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                all.push((path.strip_prefix(dir).unwrap().to_owned(), fs::read(&path).unwrap()));
            }
        }
    }
    all.sort();
    all
}

#[test]
fn branches_tags_and_commits_are_checked_out_with_their_names() {
    let world = World::new();
    world.git(&["tag", "light"]);
    world.git(&["tag", "-a", "heavy", "-m", "heavy"]);
    let first = world.git(&["rev-parse", "HEAD"]);
    world.git(&["branch", "feature/x"]);
    let second = world.commit("file", "two");
    let clones = world.clones();
    let full = format!(":{first}");
    let short = format!(":{}", &first[..9]);
    for (tag, commit, text, branch, named) in [
        ("", &second, "two", "trunk", ""),
        (":trunk", &second, "two", "trunk", ""),
        (":light", &first, "one", "", "light"),
        (":heavy", &first, "one", "", "heavy"),
        (":refs/tags/light", &first, "one", "", "light"),
        (":feature/x", &first, "one", "feature/x", ""),
        (full.as_str(), &first, "one", "", ""),
        (short.as_str(), &first, "one", "", ""),
    ] {
        let (git, found) = world.open(&clones, tag);
        let expected = (commit.as_str(), branch, named, text);
        assert_eq!((git.hash.as_str(), git.branch.as_str(), git.tag.as_str(), found.as_str()), expected, "{tag}");
        assert_eq!(git.origin, "https://example.test/o/r.git");
        assert_eq!(git.repository(), "example.test/o/r");
    }
}

#[test]
fn a_revision_is_looked_up_once_in_an_invocation() {
    let world = World::new();
    let clones = world.clones();
    assert_eq!(world.open(&clones, ":trunk").1, "one");
    world.commit("file", "two");
    assert_eq!(world.open(&clones, ":trunk").1, "one");
    assert_eq!(world.open(&world.clones(), ":trunk").1, "two");
    assert_eq!(world.told(), ["fetching `example.test/o/r:trunk`", "fetching `example.test/o/r:trunk`"]);
}

#[test]
fn a_commit_that_is_there_needs_nobody() {
    let world = World::new();
    let commit = format!(":{}", world.git(&["rev-parse", "HEAD"]));
    world.open(&world.clones(), &commit);
    fs::rename(world.upstream(), world.dir.path().join("gone")).unwrap();
    assert_eq!(world.open(&world.clones(), &commit).1, "one");
    let fault = world.clones().open(&remote(":trunk"), &Asker::User).unwrap_err();
    assert!(matches!(&fault, RemoteError::Git { tries, .. } if tries.len() == 1), "{fault}");
    assert!(
        fault.to_string().starts_with("cannot fetch `example.test/o/r:trunk`: https://example.test/o/r.git: "),
        "{fault}"
    );
    assert!(fault.help().contains("check the name"), "{fault}");
}

#[test]
fn what_does_not_exist_is_named() {
    let world = World::new();
    for tag in [":nothing", ":abcdef0", ":0123456789012345678901234567890123456789"] {
        let fault = world.clones().open(&remote(tag), &Asker::User).unwrap_err().to_string();
        assert!(fault.contains(&tag[1..]) && fault.contains("https://example.test/o/r.git"), "{fault}");
    }
}

#[test]
fn what_was_left_half_made_is_made_again() {
    let world = World::new();
    let tree = world.clones().open(&remote(""), &Asker::User).unwrap().tree;
    let (trees, place) = (tree.parent().unwrap(), tree.parent().unwrap().parent().unwrap());
    // A process was killed while it made a tree, and another while it made the clone.
    fs::rename(&tree, trees.join(".new-killed")).unwrap();
    fs::remove_dir_all(place.join("repo.git")).unwrap();
    fs::create_dir_all(place.join("repo.git/objects")).unwrap();
    assert_eq!(world.open(&world.clones(), "").1, "one");
    assert!(!trees.join(".new-killed").exists());
    // One was killed in a fetch, and the disk lost an object.
    fs::remove_dir_all(&tree).unwrap();
    fs::write(place.join("repo.git/shallow.lock"), "").unwrap();
    world.commit("file", "two");
    assert_eq!(world.open(&world.clones(), "").1, "two");
    let tree = world.clones().open(&remote(""), &Asker::User).unwrap().tree;
    fs::remove_dir_all(&tree).unwrap();
    let blob = world.git(&["rev-parse", "HEAD:file"]);
    let object = format!("repo.git/objects/{}/{}", &blob[..2], &blob[2..]);
    fs::remove_file(place.join(object)).unwrap();
    assert_eq!(world.open(&world.clones(), "").1, "two");
    assert!(world.told().last().unwrap().starts_with("a clone in the cache is damaged"));
}

#[test]
fn what_a_program_for_ssh_does_not_get_is_told_of_each_host() {
    let world = World::new();
    let set = || SiteSetting {
        auth: SiteAuth::Ssh,
        serverkey: Some("ssh-ed25519 AAAA".to_owned()),
        ssh_command: Some("false".to_owned()),
        ..SiteSetting::default()
    };
    let sites = Sites::new(["a.test", "b.test"].map(|host| (host.to_owned(), set()))).unwrap();
    let clones = Clones::new(Setting { sites, ..world.setting() });
    for repository in ["a.test/o/r", "b.test/o/r", "a.test/o/s"] {
        clones.open(&Remote::parse(repository).unwrap(), &Asker::User).unwrap_err();
    }
    let told = world.told();
    let of = |host: &str| told.iter().filter(|text| text.contains(&format!("for ssh to `{host}` is not used"))).count();
    assert_eq!((of("a.test"), of("b.test")), (1, 1), "{told:?}");
}

#[test]
fn a_clone_outlives_what_is_no_fault_of_its_own() {
    let world = World::new();
    let tree = world.clones().open(&remote(""), &Asker::User).unwrap().tree;
    let mark = world.store(&tree).join("mark");
    fs::write(&mark, "").unwrap();
    // A submodule whose server is not there.
    let commit = world.git(&["rev-parse", "HEAD"]);
    fs::create_dir_all(world.upstream().join("s")).unwrap();
    world.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{commit},s")]);
    world.commit(".gitmodules", "[submodule \"s\"]\n\tpath = s\n\turl = http://127.0.0.1:1/o/s\n");
    let fault = world.clones().open(&remote(""), &Asker::User).unwrap_err().to_string();
    assert!(fault.contains("http://127.0.0.1:1/o/s"), "{fault}");
    assert!(mark.exists(), "{:?}", world.told());
    // Somebody who kills git: where something is fetched, and where it is checked out.
    fs::remove_dir_all(&tree).unwrap();
    world.commit("file", "two");
    for (word, tag) in [("rbuild.whole", ""), ("fetch", &format!(":{commit}")), ("read-tree", &format!(":{commit}"))] {
        let clones = Clones::new(world.setting_where_git_is_killed(word));
        let fault = clones.open(&remote(tag), &Asker::User).unwrap_err().to_string();
        assert!(fault.ends_with(": stopped"), "{word}: {fault}");
        assert!(mark.exists(), "{word}: {:?}", world.told());
    }
    assert!(!world.told().iter().any(|text| text.contains("damaged")));
}

#[test]
fn what_a_killed_fetch_left_is_in_nobodys_way() {
    let world = World::new();
    let tree = world.clones().open(&remote(""), &Asker::User).unwrap().tree;
    let (store, next) = (world.store(&tree), world.commit("file", "two"));
    let left = [
        "shallow.lock".to_owned(),
        format!("refs/rbuild/{next}.lock"),
        "refs/heads/a/b.lock".to_owned(),
        "objects/pack/tmp_pack_x".to_owned(),
        "objects/00/tmp_obj_x".to_owned(),
    ];
    for name in &left {
        fs::create_dir_all(store.join(name).parent().unwrap()).unwrap();
        fs::write(store.join(name), "").unwrap();
    }
    assert_eq!(world.open(&world.clones(), "").1, "two");
    let there: Vec<_> = left.iter().filter(|name| store.join(name).exists()).collect();
    assert!(there.is_empty(), "{there:?}");
}

#[test]
fn a_repository_may_have_longer_hashes() {
    let world = World::of_format("sha256");
    let (first, second) = (world.git(&["rev-parse", "HEAD"]), world.commit("file", "two"));
    assert_eq!(first.len(), 64);
    for (tag, text) in [(&first[..9], "one"), (&second[..9], "two"), (&first, "one"), ("trunk", "two")] {
        fs::remove_dir_all(world.cache()).ok();
        assert_eq!(world.open(&world.clones(), &format!(":{tag}")).1, text, "{tag}");
    }
    // Who asks for a wrong one finds nothing, and loses nothing.
    assert_eq!(world.open(&world.clones(), "").1, "two");
    world.clones().open(&remote(&format!(":{}", "a".repeat(40))), &Asker::User).unwrap_err();
    world.told();
    assert_eq!(world.open(&world.clones(), &format!(":{second}")).1, "two");
    assert_eq!(world.told(), [""; 0], "nothing is fetched");
    // The repository was made anew in the meantime.
    let other = World::new();
    fs::remove_dir_all(world.upstream()).unwrap();
    fs::rename(other.upstream(), world.upstream()).unwrap();
    assert_eq!(world.open(&world.clones(), "").1, "one");
}

#[test]
fn a_tree_has_the_same_bytes_whoever_makes_it() {
    let world = World::new();
    world.commit("dir/other", "x");
    let tree = world.clones().open(&remote(""), &Asker::User).unwrap().tree;
    let before = files(&tree);
    fs::remove_dir_all(world.cache()).unwrap();
    let again = world.clones().open(&remote(""), &Asker::User).unwrap().tree;
    assert_eq!(tree, again);
    assert_eq!(before, files(&again));
}

#[test]
fn many_at_once_fetch_once() {
    let world = World::new();
    let commit = format!(":{}", world.git(&["rev-parse", "HEAD"]));
    std::thread::scope(|scope| {
        let open = |_| scope.spawn(|| world.open(&world.clones(), &commit).1);
        let threads: Vec<_> = (0..6).map(open).collect();
        for thread in threads {
            assert_eq!(thread.join().unwrap(), "one");
        }
    });
    let fetches = world.told().iter().filter(|text| text.starts_with("fetching")).count();
    assert_eq!(fetches, 1);
}

#[test]
fn submodules_do_not_lead_to_files_of_this_machine() {
    let world = World::new();
    let private = world.dir.path().join("private");
    fs::create_dir_all(&private).unwrap();
    world.git_at(&private, &["init", "--quiet"]);
    fs::write(private.join("secret"), "hunter").unwrap();
    world.git_at(&private, &["add", "--all"]);
    world.git_at(&private, &["commit", "--quiet", "-m", "secret"]);
    let commit = world.git_at(&private, &["rev-parse", "HEAD"]);
    fs::create_dir_all(world.upstream().join("s")).unwrap();
    world.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{commit},s")]);
    let path = private.display().to_string();
    for url in [path.clone(), format!("file://{path}")] {
        world.commit(".gitmodules", &format!("[submodule \"s\"]\n\tpath = s\n\turl = {url}\n"));
        let all = |setting: Setting| Setting { allowed_protocols: Some("file:https".to_owned()), ..setting };
        for setting in [world.setting(), all(world.setting())] {
            let fault = Clones::new(setting).open(&remote(""), &Asker::User).unwrap_err().to_string();
            assert!(fault.contains("transport 'file' not allowed"), "{fault}");
        }
    }
    let kept = files(&world.cache());
    assert!(!kept.iter().any(|(path, bytes)| path.ends_with("secret") || bytes == b"hunter"), "it was read");
}
