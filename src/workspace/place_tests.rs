use super::*;
use crate::workspace::Artifact;
use std::fs;
use std::os::unix::fs::symlink;

/// A project directory, and what should be placed in it.
struct Project {
    _outer: tempfile::TempDir,
    base: PathBuf,
}

impl Project {
    fn new() -> Self {
        let outer = tempfile::tempdir().unwrap();
        let base = outer.path().canonicalize().unwrap().join("base");
        fs::create_dir(&base).unwrap();
        fs::write(base.join("Buildfile"), "VERSION 1.0").unwrap();
        Self { _outer: outer, base }
    }

    fn destination(&self, text: &str, artifact: Artifact) -> Destination {
        Destination { base: self.base.clone(), text: text.into(), force: false, artifact }
    }

    fn place(&self, staged: &[&str], text: &str, artifact: Artifact) -> Result<Vec<String>, String> {
        self.place_with(staged, &self.destination(text, artifact), exchange)
    }

    /// Stages files (`a/b`), directories (`a/`) and links (`a -> b`), and places them.
    fn place_with(&self, staged: &[&str], to: &Destination, exchange: Exchange) -> Result<Vec<String>, String> {
        let staging = Staging::new(&self.base).unwrap();
        fill(&staging.path(), staged);
        let placed = staging.check(to.clone()).and_then(|checked| checked.place_by(exchange));
        let placed = placed.map_err(|error| error.to_string())?;
        Ok(placed.iter().map(|path| path.strip_prefix(&self.base).unwrap_or(path).display().to_string()).collect())
    }

    /// All files and links of the project but the Buildfile, with what they say.
    fn content(&self) -> Vec<String> {
        let mut found = Vec::new();
        list(&self.base, &self.base, &mut found);
        found.retain(|line| line != "Buildfile=VERSION 1.0");
        found.sort();
        found
    }
}

fn fill(root: &Path, entries: &[&str]) {
    for entry in entries {
        let (path, target) = entry.split_once(" -> ").map_or((*entry, None), |(path, target)| (path, Some(target)));
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        match target {
            Some(target) => symlink(target, path).unwrap(),
            None if entry.ends_with('/') => fs::create_dir_all(path).unwrap(),
            None => fs::write(path, "new").unwrap(),
        }
    }
}

fn list(dir: &Path, base: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.strip_prefix(base).unwrap().display();
        let data = fs::symlink_metadata(&path).unwrap();
        if data.is_symlink() {
            found.push(format!("{name} -> {}", fs::read_link(&path).unwrap().display()));
        } else if data.is_dir() {
            if fs::read_dir(&path).unwrap().next().is_none() {
                found.push(format!("{name}/"));
            }
            list(&path, base, found);
        } else {
            found.push(format!("{name}={}", fs::read_to_string(&path).unwrap()));
        }
    }
}

const NO_EXCHANGE: Exchange = |_, _| Err(io::ErrorKind::Unsupported.into());

#[test]
fn artifacts_go_where_the_rules_say() {
    use Artifact::{One, Whole, Wildcard};
    let check = |staged: &[&str], text: &str, artifact: Artifact, placed: &[&str], content: &[&str]| {
        for exchange in [exchange as Exchange, NO_EXCHANGE] {
            let project = Project::new();
            let destination = project.destination(text, artifact);
            assert_eq!(project.place_with(staged, &destination, exchange).unwrap(), placed, "{staged:?} {text}");
            assert_eq!(project.content(), content, "{staged:?} {text}");
        }
    };
    check(&["app"], "app", One, &["app"], &["app=new"]);
    check(&["app"], "./app", One, &["app"], &["app=new"]);
    check(&["app"], "other", One, &["other"], &["other=new"]);
    check(&["app"], "deep/dir/other", One, &["deep/dir/other"], &["deep/dir/other=new"]);
    check(&["app"], "out/", One, &["out/app"], &["out/app=new"]);
    check(&["app"], ".", One, &["app"], &["app=new"]);
    check(&["app"], "./", One, &["app"], &["app=new"]);
    check(&["app"], "", One, &["app"], &["app=new"]);
    check(&["dist/a", "dist/b/c"], "dist", One, &["dist"], &["dist/a=new", "dist/b/c=new"]);
    check(&["dist/a"], "out", One, &["out"], &["out/a=new"]);
    check(&["dist/a"], "out/", One, &["out/dist"], &["out/dist/a=new"]);
    check(&["empty/"], "out/", One, &["out/empty"], &["out/empty/"]);
    check(&["l -> /etc/passwd"], "out/", One, &["out/l"], &["out/l -> /etc/passwd"]);
    check(&["d/l -> ../../.."], "out", One, &["out"], &["out/l -> ../../.."]);
    check(&["a.txt", "b.txt"], "out/", Wildcard, &["out/a.txt", "out/b.txt"], &["out/a.txt=new", "out/b.txt=new"]);
    check(&["a.txt"], ".", Wildcard, &["a.txt"], &["a.txt=new"]);
    check(&["a", "d/b"], "out", Whole, &["out"], &["out/a=new", "out/d/b=new"]);
    check(&["a", "d/b"], "out/", Whole, &["out"], &["out/a=new", "out/d/b=new"]);
    check(&["a", "d/b"], ".", Whole, &[""], &["a=new", "d/b=new"]);
}

#[test]
fn what_is_there_is_replaced() {
    use Artifact::{One, Whole};
    let check = |there: &[&str], staged: &[&str], text: &str, artifact: Artifact, content: &[&str]| {
        for exchange in [exchange as Exchange, NO_EXCHANGE] {
            let project = Project::new();
            fill(&project.base, there);
            let destination = project.destination(text, artifact);
            project.place_with(staged, &destination, exchange).unwrap();
            assert_eq!(project.content(), content, "{there:?} {staged:?} {text}");
        }
    };
    check(&["app"], &["app"], "app", One, &["app=new"]);
    check(&["app -> target", "target"], &["app"], "app", One, &["app=new", "target=new"]);
    check(&["app"], &["app -> x"], "app", One, &["app -> x"]);
    check(&["app/"], &["app"], "app", One, &["app=new"]);
    check(&["dist/old", "dist/sub/old"], &["dist/new"], "dist", One, &["dist/new=new"]);
    check(&["dist/old"], &["dist/new"], ".", One, &["dist/new=new"]);
    check(&["dist/old", "keep"], &["x/new"], "dist", One, &["dist/new=new", "keep=new"]);
    check(&["real/old", "dist -> real"], &["x/new"], "dist", One, &["dist/new=new", "real/old=new"]);
    check(&["dist -> none"], &["x/new"], "dist", One, &["dist/new=new"]);
    check(&["real/old", "out -> real"], &["x"], "out/", One, &["out -> real", "real/old=new", "real/x=new"]);
    check(&["dist/Buildfile", "dist/old"], &["x/Buildfile"], "dist", One, &["dist/Buildfile=new"]);
    check(&["out/old", "out/sub/old"], &["a", "sub/b"], "out", Whole, &["out/a=new", "out/sub/b=new"]);
    // the directory of the Buildfile, and a directory that is to be filled, keep what they have
    check(&["src/mine"], &["src/theirs", "top"], ".", Whole, &["src/mine=new", "src/theirs=new", "top=new"]);
    check(&["out/mine"], &["theirs"], "out/", Whole, &["out/mine=new", "out/theirs=new"]);
    check(&["out/l -> ..", "x"], &["l/theirs"], "out/", Whole, &["out/l/theirs=new", "x=new"]);
    check(
        &["real/mine", "out -> real"],
        &["theirs"],
        "out/",
        Whole,
        &["out -> real", "real/mine=new", "real/theirs=new"],
    );
}

#[test]
fn what_is_forbidden_changes_nothing() {
    use Artifact::{One, Whole, Wildcard};
    let check = |there: &[&str], staged: &[&str], text: &str, artifact: Artifact, expect: &str| {
        let project = Project::new();
        fill(&project.base, there);
        let before = project.content();
        let message = project.place(staged, text, artifact).unwrap_err();
        assert!(message.contains(expect), "{message}");
        assert_eq!(project.content(), before);
    };
    check(&["out"], &["d/x"], "out", One, "the artifact is a directory, but `");
    check(&["real", "out -> real"], &["d/x"], "out", One, "/out` is a file");
    check(&["out"], &["a"], "out/x", One, "/out` is a file, and a directory is needed there");
    check(&["out"], &["a"], "out/x/y/", One, "/out` is a file, and a directory is needed there");
    check(&["out"], &["a"], "out/", Wildcard, "/out` is a file, and a directory is needed there");
    check(&["out/x"], &["a"], "out", One, "/out` is a directory; end it with `/`");
    check(&[], &["a"], "out", Wildcard, "does not end with `/`");
    check(&[], &["a", "b"], "out", Wildcard, "`AS LOCAL out` does not end with `/`");
    check(&[], &["a", "b"], "out/", One, "2 were found");
    check(&[], &[], "out/", Wildcard, "nothing to save");
    check(&[], &["a"], "../x", One, "`../x` is not below");
    check(&[], &["a"], "../", One, "is not below");
    check(&[], &["a"], "..", One, "is not below");
    check(&["up -> .."], &["a"], "up/x", One, "is a symbolic link to");
    check(&["up -> .."], &["a"], "up/", One, "is a symbolic link to");
    check(&["up -> .."], &["a"], "up/", Whole, "is a symbolic link to");
    // the second of two is wrong
    check(&["out/b/x"], &["a", "b"], "out/", Wildcard, "is a directory; end it");
    check(&["d/f/x"], &["a", "d/f"], ".", Whole, "is a directory; end it");
    check(&["d/f"], &["a", "d/f/x"], ".", Whole, "is a file");
    // somebody's work
    check(&["src/.git/HEAD", "src/a"], &["o/x"], "src", One, "/src`, which holds `.git`; end it with `/`");
    check(&["lib/Earthfile"], &["o/x"], "lib", One, "/lib`, which holds `Earthfile`");
}

#[test]
fn force_lets_it_out_but_never_replaces_the_project() {
    let project = Project::new();
    let outside = Destination { force: true, ..project.destination("../x/", Artifact::One) };
    project.place_with(&["a"], &outside, exchange).unwrap();
    assert_eq!(fs::read_to_string(project.base.join("../x/a")).unwrap(), "new");
    let itself = Destination { force: true, ..project.destination("../", Artifact::One) };
    project.place_with(&["base/a"], &itself, exchange).unwrap();
    assert_eq!(project.content(), ["a=new"]);
    assert!(project.base.join("Buildfile").is_file());
}

#[test]
fn special_files_are_refused() {
    let project = Project::new();
    let staging = Staging::new(&project.base).unwrap();
    fs::create_dir(staging.path().join("d")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(staging.path().join("d/s")).unwrap();
    let error = staging.check(project.destination("out", Artifact::One)).unwrap_err();
    assert_eq!(error.to_string(), "`d/s` is neither a file nor a directory nor a link");
}

#[test]
fn a_place_is_looked_at_again_when_time_has_passed() {
    let project = Project::new();
    let staging = Staging::new(&project.base).unwrap();
    fill(&staging.path(), &["d/x"]);
    let checked = staging.check(project.destination("out", Artifact::One)).unwrap();
    fill(&project.base, &["out"]);
    assert!(matches!(checked.place(), Err(PlaceError::DirectoryOverFile { .. })));
    assert_eq!(project.content(), ["out=new"]);
}

#[test]
fn modes_survive_and_parents_are_0755() {
    let project = Project::new();
    for _ in 0..2 {
        let staging = Staging::new(&project.base).unwrap();
        fill(&staging.path(), &["d/sub/file"]);
        for path in ["d/sub", "d"] {
            fs::set_permissions(staging.path().join(path), Permissions::from_mode(0o555)).unwrap();
        }
        fs::set_permissions(staging.path().join("d/sub/file"), Permissions::from_mode(0o400)).unwrap();
        staging.check(project.destination("p/q/d", Artifact::One)).unwrap().place().unwrap();
        let modes = ["p/q", "p/q/d", "p/q/d/sub", "p/q/d/sub/file"]
            .map(|path| fs::metadata(project.base.join(path)).unwrap().mode() & 0o777);
        assert_eq!(modes, [0o755, 0o555, 0o555, 0o400]);
    }
    assert_eq!(project.content(), ["p/q/d/sub/file=new"]);
    remove_tree(&project.base).unwrap();
}

#[test]
fn a_failed_swap_is_undone() {
    let project = Project::new();
    fill(&project.base, &["out/old"]);
    let staging = Staging::new(&project.base).unwrap();
    let placing = Placing::new(&staging, NO_EXCHANGE);
    let error = placing.swap(&staging.path().join("none"), &project.base.join("out")).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::NotFound);
    drop(staging);
    assert_eq!(project.content(), ["out/old=new"]);
}

#[test]
fn another_file_system_gets_a_copy() {
    // Where /dev/shm is the same file system as the temporary directory, this is a plain move.
    let Ok(elsewhere) = tempfile::tempdir_in("/dev/shm") else { return assert!(!Path::new("/dev/shm").exists()) };
    let project = Project::new();
    for (staged, expect) in [("d/file", "d/file"), ("d/other", "d/other")] {
        let text = format!("{}/out/", elsewhere.path().display());
        let destination = Destination { force: true, ..project.destination(&text, Artifact::One) };
        project.place_with(&[staged], &destination, exchange).unwrap();
        let mut found = Vec::new();
        list(elsewhere.path(), elsewhere.path(), &mut found);
        assert_eq!(found, [format!("out/{expect}=new")]);
    }
}

#[test]
fn many_files_are_placed_quickly() {
    let project = Project::new();
    let staging = Staging::new(&project.base).unwrap();
    let names: Vec<String> = (0..1000).map(|n| format!("d/{}/{n}", n % 10)).collect();
    fill(&staging.path(), &names.iter().map(String::as_str).collect::<Vec<_>>());
    staging.check(project.destination("out", Artifact::One)).unwrap().place().unwrap();
    assert_eq!(project.content().len(), 1000);
}

#[test]
fn the_nearest_directory_is_where_to_stage() {
    let project = Project::new();
    fill(&project.base, &["out/there/x"]);
    let check = |text: &str, expect: &str| {
        let near = project.destination(text, Artifact::One).near().unwrap();
        assert_eq!(near, project.base.join(expect), "{text}");
    };
    let base = project.base.display().to_string();
    check("app", &base);
    check(".", &base);
    check("out", &base);
    check("out/", "out");
    check("out/there", "out");
    check("out/none/deep/x", "out");
    assert!(project.destination("../x", Artifact::One).near().is_err());
}

const VICTIM: &str = "RBUILD_TEST_PLACE_BASE";

/// Replaces `out` again and again until it is killed. As a test of its own it does nothing.
#[test]
fn victim() {
    let Some(base) = std::env::var_os(VICTIM) else { return assert!(Staging::new(Path::new("/none")).is_err()) };
    let destination =
        Destination { base: base.clone().into(), text: "out".into(), force: false, artifact: Artifact::One };
    for round in 0.. {
        let staging = Staging::new(Path::new(&base)).unwrap();
        fs::create_dir(staging.path().join("d")).unwrap();
        for file in 0..20 {
            fs::write(staging.path().join(format!("d/{file}")), format!("{round}")).unwrap();
        }
        let exchange = if round % 2 == 0 { exchange } else { NO_EXCHANGE };
        staging.check(destination.clone()).unwrap().place_by(exchange).unwrap();
        println!("\nround");
    }
}

#[test]
fn whoever_is_killed_leaves_all_or_nothing() {
    use std::io::{BufRead, BufReader};
    let project = Project::new();
    for kill in 0..6 {
        let mut child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["workspace::place::tests::victim", "--exact", "--nocapture"])
            .env(VICTIM, &project.base)
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let rounds = lines.map_while(Result::ok).filter(|line| line.ends_with("round")).take(1 + kill).count();
        assert_eq!(rounds, 1 + kill);
        child.kill().unwrap();
        child.wait().unwrap();
        // cleans up, and puts back what was moved aside
        drop(Staging::new(&project.base).unwrap());
        let content = project.content();
        let (_, round) = content[0].split_once('=').unwrap();
        assert_eq!(content.len(), 20, "{content:?}");
        assert!(content.iter().all(|line| line.starts_with("out/") && line.ends_with(&format!("={round}"))));
    }
}
