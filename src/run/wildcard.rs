//! References with wildcards: `./services/*+image` means a target in each of several directories.

use super::load::directory;
use crate::analysis::reference::has_wildcard;
use crate::workspace::{Glob, PatternError, find_in};
use std::path::Path;

/// The directories with a Buildfile that a pattern means in the file of `from`, each as a reference would name it, sorted. `home` is what
/// `~/` stands for. A wildcard stands for a part of one directory's name.
///
/// # Errors
/// When the pattern is malformed.
pub fn directories(from: &Path, home: Option<&Path>, pattern: &str) -> Result<Vec<String>, PatternError> {
    let mut parts = pattern.split('/');
    // Empty for an absolute path.
    let mut found = vec![parts.next().unwrap_or_default().to_owned()];
    for part in parts {
        found = match has_wildcard(part) {
            false => found.into_iter().map(|above| format!("{above}/{part}")).collect(),
            true => {
                let glob = Glob::go(part)?;
                let fits = |name: &String| glob.matches(name) && !has_wildcard(name) && !name.contains('+');
                let below = |above: String| {
                    let names = names(&directory(from, home, &format!("{above}/"))).into_iter().filter(fits);
                    names.map(|name| format!("{above}/{name}")).collect::<Vec<_>>()
                };
                found.into_iter().flat_map(below).collect()
            }
        };
    }
    found.retain(|written| directory(from, home, written).canonicalize().is_ok_and(|dir| find_in(&dir).is_some()));
    found.sort();
    Ok(found)
}

/// The names in a directory; what cannot be read holds nothing that a reference could mean.
fn names(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().filter_map(Result::ok);
    entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_with_a_buildfile_are_found() {
        let dir = tempfile::tempdir().unwrap();
        for path in ["own", "a/x", "a/y", "b/x", "b/none", "own/below"] {
            std::fs::create_dir_all(dir.path().join(path)).unwrap();
            if path != "b/none" {
                std::fs::write(dir.path().join(path).join("Buildfile"), "").unwrap();
            }
        }
        std::fs::write(dir.path().join("a/Buildfile"), "").unwrap();
        let from = dir.path().join("own");
        let find = |pattern: &str| directories(&from, Some(dir.path()), pattern).unwrap();
        assert_eq!(find("../*/x"), ["../a/x", "../b/x"]);
        assert_eq!(find("../[ab]"), ["../a"]);
        assert_eq!(find("../*"), ["../a", "../own"]);
        assert_eq!(find("../*/*"), ["../a/x", "../a/y", "../b/x", "../own/below"]);
        assert_eq!(find("./b*"), ["./below"]);
        assert_eq!(find("~/a/?"), ["~/a/x", "~/a/y"]);
        assert_eq!(find("./nothing/*"), [""; 0]);
        let absolute = dir.path().join("b").display().to_string();
        assert_eq!(find(&format!("{absolute}/*")), [format!("{absolute}/x")]);
        assert!(directories(&from, None, "./[").is_err());
    }
}
