//! Lexical work on paths, and where a path really leads.

use std::io;
use std::path::{Component, Path, PathBuf};

/// Why a path may not be written to.
#[derive(Debug, thiserror::Error)]
pub enum OutsideError {
    /// It says so itself.
    #[error("`{}` is not below `{}`", path.display(), base.display())]
    Lexical {
        /// The path as it was written.
        path: PathBuf,
        /// The directory that it must stay in.
        base: PathBuf,
    },
    /// A link on the way leads out.
    #[error("`{}` is a symbolic link to `{}`, which is not below `{}`", link.display(), leads_to.display(), base.display())]
    Link {
        /// The link.
        link: PathBuf,
        /// Where it leads.
        leads_to: PathBuf,
        /// The directory that it must stay in.
        base: PathBuf,
    },
    /// A directory on the way cannot be looked at.
    #[error(transparent)]
    Io(#[from] super::IoError),
}

/// Joins a path to a directory, and makes sure that writing there stays in the directory: by its text, and also by the links on its way.
///
/// The last part may be a link: whoever places something there replaces the link. What is missing leads nowhere. An absolute path is
/// allowed if it lies in `base`; `base` itself is (`.`).
///
/// # Errors
/// If the path leads out of `base`, or if a directory on its way cannot be looked at.
pub fn inside(base: &Path, path: &Path) -> Result<PathBuf, OutsideError> {
    let joined = lexical(&base.join(path));
    let base = lexical(base);
    let Ok(below) = joined.strip_prefix(&base) else {
        return Err(OutsideError::Lexical { path: path.to_owned(), base });
    };
    let real_base = base.canonicalize().map_err(super::IoError::on("look at", &base))?;
    let mut at = base.clone();
    let parents = below.parent().map(Path::components).into_iter().flatten();
    for part in parents {
        at.push(part);
        match at.canonicalize() {
            Ok(real) if real.starts_with(&real_base) => {}
            Ok(leads_to) => return Err(OutsideError::Link { link: at, leads_to, base }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                // A link to something that is missing would be written through once that is made.
                if let Ok(leads_to) = std::fs::read_link(&at) {
                    return Err(OutsideError::Link { link: at, leads_to, base });
                }
                break;
            }
            Err(error) => return Err(super::IoError { verb: "look at", path: at, source: error }.into()),
        }
    }
    Ok(joined)
}

/// Whether a path stays in a directory that it is joined to, by its text alone.
#[must_use]
pub fn lies_below(base: &Path, path: &Path) -> bool {
    lexical(&base.join(path)).starts_with(lexical(base))
}

/// Removes `.` and `..` by text alone.
pub(super) fn lexical(path: &Path) -> PathBuf {
    let mut cleaned = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => match cleaned.components().next_back() {
                Some(Component::Normal(_)) => {
                    cleaned.pop();
                }
                Some(Component::RootDir | Component::Prefix(_)) => {}
                _ => cleaned.push(".."),
            },
            part => cleaned.push(part),
        }
    }
    cleaned
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_path_stays_inside_by_text_and_by_links() {
        let outer = tempfile::tempdir().unwrap();
        let outer = outer.path().canonicalize().unwrap();
        let base = outer.join("base");
        std::fs::create_dir_all(base.join("dir")).unwrap();
        std::fs::create_dir(outer.join("base-too")).unwrap();
        symlink("..", base.join("up")).unwrap();
        symlink("dir", base.join("within")).unwrap();
        symlink("/none/such", base.join("dangling")).unwrap();
        std::fs::write(base.join("file"), "").unwrap();
        let check = |path: &str, expect: &str| {
            let got = match inside(&base, Path::new(path)) {
                Ok(got) => got.strip_prefix(&outer).unwrap().display().to_string(),
                Err(error) => error.to_string(),
            };
            assert!(got.contains(expect), "{path}: {got}");
        };
        check(".", "base");
        check("", "base");
        check("new/deep/file", "base/new/deep/file");
        check("dir/../file", "base/file");
        check("within/x", "base/within/x");
        check("up", "base/up");
        check("dangling", "base/dangling");
        check("..", "`..` is not below");
        check("../base-too/x", "is not below");
        check("dir/../../x", "is not below");
        check("/etc/passwd", "`/etc/passwd` is not below");
        check(&format!("{}/dir/x", base.display()), "base/dir/x");
        check("up/x", "is a symbolic link to");
        check("dangling/x", "is a symbolic link to `/none/such`");
        check("file/x", "base/file/x");
        check("file/x/y", "cannot look at");
    }
}
