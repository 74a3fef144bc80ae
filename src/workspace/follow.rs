//! Links among the sources of COPY. COPY follows them, so what they lead to must be sent as well.

use super::glob::Glob;
use super::{Include, IoError};
use std::collections::BTreeSet;
use std::io;
use std::path::{Component, Path};

/// So many links in one path, and no more, are followed: Linux's own limit. The engine tells of a path that has more.
const MAX_LINKS: usize = 40;

/// The links that the sources pass through or end at, and what these lead to, as further sources.
///
/// The context is the whole world, as it will be in the engine: an absolute link begins at its root, and nothing leads above it. What is missing is left out.
pub(super) fn follow(root: &Path, includes: &[Include]) -> Result<Vec<Include>, IoError> {
    let mut walk = Walk { root, found: BTreeSet::new() };
    for include in includes {
        let steps: Vec<Step> = include.parts().iter().cloned().map(Step::Down).collect();
        walk.go(String::new(), &steps, 0)?;
    }
    Ok(walk.found.iter().map(|path| Include::exact(path)).collect())
}

#[derive(Clone)]
enum Step {
    Up,
    Down(Glob),
}

struct Walk<'a> {
    root: &'a Path,
    found: BTreeSet<String>,
}

impl Walk<'_> {
    /// Goes on from a directory that was reached through so many links.
    fn go(&mut self, at: String, steps: &[Step], links: usize) -> Result<(), IoError> {
        let (glob, rest) = match steps {
            [] => {
                if links > 0 {
                    self.found.insert(at);
                }
                return Ok(());
            }
            [Step::Up, rest @ ..] => {
                let parent = at.rsplit_once('/').map_or("", |(parent, _)| parent);
                return self.go(parent.to_owned(), rest, links);
            }
            [Step::Down(glob), rest @ ..] => (glob, rest),
        };
        for (name, is_link) in self.names(&at, glob)? {
            let child = if at.is_empty() { name } else { format!("{at}/{name}") };
            if !is_link {
                self.go(child, rest, links)?;
            } else if links < MAX_LINKS {
                self.link(&at, child, rest, links + 1)?;
            }
        }
        Ok(())
    }

    fn link(&mut self, dir: &str, link: String, rest: &[Step], links: usize) -> Result<(), IoError> {
        let path = self.root.join(&link);
        let target = match std::fs::read_link(&path) {
            Err(error) if is_missing(&error) => return Ok(()),
            target => target.map_err(IoError::on("read the link", &path))?,
        };
        self.found.insert(link);
        let mut at = dir.to_owned();
        let mut steps = Vec::new();
        for part in target.components() {
            match part {
                Component::RootDir => at.clear(),
                Component::ParentDir => steps.push(Step::Up),
                Component::Normal(name) => steps.push(Step::Down(Glob::exact(&name.to_string_lossy()))),
                Component::CurDir | Component::Prefix(_) => {}
            }
        }
        steps.extend_from_slice(rest);
        self.go(at, &steps, links)
    }

    /// The entries of a directory that a part of a source means, and whether each is a link.
    fn names(&self, dir: &str, glob: &Glob) -> Result<Vec<(String, bool)>, IoError> {
        let path = self.root.join(dir);
        if let Some(name) = glob.literal() {
            return match std::fs::symlink_metadata(path.join(name)) {
                Ok(data) => Ok(vec![(name.to_owned(), data.is_symlink())]),
                Err(error) if is_missing(&error) => Ok(Vec::new()),
                Err(error) => Err(IoError::on("look at", &path.join(name))(error)),
            };
        }
        let listing = match std::fs::read_dir(&path) {
            Err(error) if is_missing(&error) => return Ok(Vec::new()),
            listing => listing.map_err(IoError::on("list", &path))?,
        };
        let mut names = Vec::new();
        for entry in listing {
            let entry = entry.map_err(IoError::on("list", &path))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if glob.matches(&name) {
                let is_link = entry.file_type().is_ok_and(|kind| kind.is_symlink());
                names.push((name, is_link));
            }
        }
        Ok(names)
    }
}

fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn links_are_followed_inside_of_the_context() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        std::fs::create_dir_all(root.join("real/deep")).unwrap();
        std::fs::write(root.join("real/deep/file"), "").unwrap();
        for (link, target) in [
            ("dir", "real"),
            ("file", "dir/deep/file"),
            ("real/up", "../real/deep"),
            ("absolute", "/real/deep"),
            ("above", "../../../real"),
            ("dangling", "none"),
            ("loop", "loop"),
            ("all", "."),
        ] {
            symlink(target, root.join(link)).unwrap();
        }
        let check = |source: &str, expect: &[&str]| {
            let found = follow(root, &[Include::parse(source).unwrap()]).unwrap();
            assert_eq!(found.iter().map(Include::text).collect::<Vec<_>>(), expect, "{source}");
        };
        check(".", &[]);
        check("real", &[]);
        check("real/deep/file", &[]);
        check("none", &[]);
        check("real/deep/file/x", &[]);
        check("dir", &["dir", "real"]);
        check("dir/deep/file", &["dir", "real/deep/file"]);
        check("dir/none", &["dir"]);
        check("file", &["dir", "file", "real/deep/file"]);
        check("dir/up/file", &["dir", "real/deep/file", "real/up"]);
        check("absolute/file", &["absolute", "real/deep/file"]);
        check("above/deep", &["above", "real/deep"]);
        check("dangling", &["dangling"]);
        check("loop", &["loop"]);
        check("all", &["", "all"]);
        check("d*/deep/*", &["dangling", "dir", "real/deep/file"]);
    }
}
