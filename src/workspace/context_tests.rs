use super::*;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::time::{Duration, Instant};

/// Makes a tree: `dir/` is a directory, `link -> target` a link, all else a file.
fn tree(entries: &[&str]) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for entry in entries {
        let (path, target) = entry.split_once(" -> ").map_or((*entry, None), |(path, target)| (path, Some(target)));
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        match target {
            Some(target) => symlink(target, path).unwrap(),
            None if entry.ends_with('/') => fs::create_dir_all(path).unwrap(),
            None => fs::write(path, entry).unwrap(),
        }
    }
    root
}

fn context(root: &Path, sources: &[&str], ignore: &str) -> Context {
    let includes = sources.iter().map(|source| Include::parse(source).unwrap()).collect();
    Context::new(root, includes, Ignore::parse(ignore, Path::new(".rbuildignore")).unwrap())
}

fn listed(root: &Path, sources: &[&str], ignore: &str) -> Vec<String> {
    let describe = |entry: Entry| match entry.kind {
        EntryKind::Directory => entry.path + "/",
        EntryKind::File { size } => {
            assert_eq!(size, entry.path.len() as u64);
            entry.path
        }
        EntryKind::Symlink { target } => entry.path + " -> " + &target,
    };
    context(root, sources, ignore).entries().unwrap().into_iter().map(describe).collect()
}

#[test]
fn entries_come_in_the_order_of_a_walk() {
    let root = tree(&["a.txt", "a/z", "a/b/c", "a-b", "B", "é", "empty/", "l -> a.txt"]);
    let expect = ["B", "a/", "a/b/", "a/b/c", "a/z", "a-b", "a.txt", "empty/", "l -> a.txt", "é"];
    assert_eq!(listed(root.path(), &[], ""), expect);
    assert_eq!(listed(root.path(), &["."], ""), expect);
}

#[test]
fn sources_choose_and_bring_their_parents() {
    let root = tree(&["a/b/c/file", "a/b/other", "a/top", "x/file", "x/y/file", "go.mod", "go.sum"]);
    let check = |sources: &[&str], ignore: &str, expect: &[&str]| {
        assert_eq!(listed(root.path(), sources, ignore), expect, "{sources:?} {ignore:?}");
    };
    check(&["a/b/c"], "", &["a/", "a/b/", "a/b/c/", "a/b/c/file"]);
    check(&["a/b/c/file"], "", &["a/", "a/b/", "a/b/c/", "a/b/c/file"]);
    check(&["go.*"], "", &["go.mod", "go.sum"]);
    check(&["*/file"], "", &["x/", "x/file"]);
    check(
        &["*/*"],
        "",
        &["a/", "a/b/", "a/b/c/", "a/b/c/file", "a/b/other", "a/top", "x/", "x/file", "x/y/", "x/y/file"],
    );
    check(&["none", "a/none"], "", &[]);
    check(&["go.mod", "x", "go.mod"], "", &["go.mod", "x/", "x/file", "x/y/", "x/y/file"]);
    check(&["x"], "**/file", &["x/", "x/y/"]);
    check(&["x/file"], "**/file", &[]);
    check(&["."], "*\n!a/b/other\n!go.mod", &["a/", "a/b/", "a/b/other", "go.mod"]);
    check(&["a"], "*\n!a/b/other\n!go.mod", &["a/", "a/b/", "a/b/other"]);
    check(&["."], "**\n!**/other", &["a/", "a/b/", "a/b/other"]);
    check(&["."], "a\nx\n!a/none", &["go.mod", "go.sum"]);
}

#[test]
fn links_are_sent_as_links_and_sources_are_followed() {
    let root = tree(&["real/file", "link -> real", "real/up -> ../../etc", "abs -> /real/file", "broken -> none"]);
    let check = |sources: &[&str], ignore: &str, expect: &[&str]| {
        assert_eq!(listed(root.path(), sources, ignore), expect, "{sources:?}");
    };
    check(&["link"], "", &["link -> real", "real/", "real/file", "real/up -> ../../etc"]);
    check(&["link/file"], "", &["link -> real", "real/", "real/file"]);
    check(&["abs"], "", &["abs -> /real/file", "real/", "real/file"]);
    check(&["broken"], "", &["broken -> none"]);
    check(&["*"], "real\nbroken", &["abs -> /real/file", "link -> real"]);
    check(&["real/up"], "", &["real/", "real/up -> ../../etc"]);
}

#[test]
fn entries_carry_mode_and_time_and_no_owner() {
    let root = tree(&["dir/file", "dir/link -> file"]);
    let (dir, file) = (root.path().join("dir"), root.path().join("dir/file"));
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o2750)).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o4711)).unwrap();
    let time = std::time::UNIX_EPOCH + Duration::new(1_500_000_000, 7);
    File::options().write(true).open(&file).unwrap().set_modified(time).unwrap();
    let entries = context(root.path(), &[], "").entries().unwrap();
    let modes: Vec<u32> = entries.iter().map(|entry| entry.mode).collect();
    assert_eq!(modes, [0o2750, 0o4711, 0o777]);
    assert_eq!(entries[1].modified_ns, 1_500_000_000_000_000_007);
    assert!(entries.iter().all(|entry| (entry.uid, entry.gid) == (0, 0)));
}

#[test]
fn hard_links_are_files_of_their_own_and_sockets_are_skipped() {
    let root = tree(&["d/one"]);
    fs::hard_link(root.path().join("d/one"), root.path().join("d/two")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(root.path().join("d/socket")).unwrap();
    let listing = context(root.path(), &[], "").list().unwrap();
    let sizes: Vec<_> = listing.entries.iter().map(|entry| (entry.path.as_str(), &entry.kind)).collect();
    assert_eq!(
        sizes,
        [
            ("d", &EntryKind::Directory),
            ("d/one", &EntryKind::File { size: 5 }),
            ("d/two", &EntryKind::File { size: 5 })
        ]
    );
    assert_eq!(listing.skipped, ["d/socket"]);
}

#[test]
fn a_name_that_is_not_text_is_refused_only_if_it_belongs_to_the_context() {
    let root = tree(&["ok"]);
    let name = OsString::from_vec(b"bad\xff".to_vec());
    fs::write(root.path().join(&name), "").unwrap();
    let error = context(root.path(), &[], "").entries().unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    assert!(error.to_string().contains("bad\u{fffd}`: its name is not UTF-8"), "{error}");
    assert_eq!(context(root.path(), &["ok"], "").entries().unwrap().len(), 1);
    assert_eq!(context(root.path(), &[], "bad*").entries().unwrap().len(), 1);
}

#[test]
fn what_cannot_be_read_is_named() {
    let root = tree(&["file"]);
    let error = context(&root.path().join("none"), &[], "").entries().unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::NotFound);
    assert!(error.to_string().starts_with("cannot list `"), "{error}");
    let files = context(root.path(), &[], "");
    assert_eq!(io::read_to_string(files.open("file").unwrap()).unwrap(), "file");
    let error = files.open("gone").unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::NotFound);
    assert!(error.to_string().contains("cannot read `") && error.to_string().contains("gone"), "{error}");
    for path in ["../x", "/etc/passwd", "a/../../x"] {
        assert_eq!(files.open(path).unwrap_err().kind(), io::ErrorKind::InvalidInput, "{path}");
    }
}

#[test]
fn outputs_in_preparation_are_left_out() {
    let root = tree(&["dir/.rbuild-stage-abc/half", ".rbuild-stage-abc/x", "dir/file"]);
    assert_eq!(listed(root.path(), &[], ""), ["dir/", "dir/file"]);
}

#[test]
fn only_what_is_named_is_walked() {
    let root = tree(&["named/file", "out/file", "kept/file"]);
    for dir in ["out", "kept"] {
        fs::set_permissions(root.path().join(dir), fs::Permissions::from_mode(0o000)).unwrap();
    }
    // A directory that may not be read, and is not, is no error; root may read everything, so the time is measured as well below.
    assert_eq!(listed(root.path(), &["named"], ""), ["named/", "named/file"]);
    assert_eq!(listed(root.path(), &[], "out\nkept"), ["named/", "named/file"]);
    for dir in ["out", "kept"] {
        fs::set_permissions(root.path().join(dir), fs::Permissions::from_mode(0o755)).unwrap();
    }
}

#[test]
fn ten_thousand_files_are_listed_quickly() {
    let root = tempfile::tempdir().unwrap();
    for dir in 0..100 {
        let dir = root.path().join(format!("dir{dir:02}"));
        fs::create_dir(&dir).unwrap();
        for file in 0..100 {
            fs::write(dir.join(format!("file{file:02}.txt")), "").unwrap();
        }
    }
    let timed = |sources: &[&str], ignore: &str, expect: usize| {
        let context = context(root.path(), sources, ignore);
        let begun = Instant::now();
        assert_eq!(context.entries().unwrap().len(), expect);
        let took = begun.elapsed();
        eprintln!("{sources:?} {ignore:?}: {took:?}");
        took
    };
    // generous bounds: the machine may be busy, and this is not an optimised build
    assert!(timed(&[], "", 10_100) < Duration::from_secs(5));
    assert!(
        timed(&[], "*.log\n**/*.tmp\n**/node_modules\n.git\nbuild/\n!**/keep*.tmp", 10_100) < Duration::from_secs(5)
    );
    assert!(timed(&["dir07"], "", 101) < Duration::from_secs(1));
}
