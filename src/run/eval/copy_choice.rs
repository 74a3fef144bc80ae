//! What `--parents` and `--exclude` choose of the sources of `COPY` and `ADD`.

use super::copy::Source;
use super::fault::Eval;
use super::paths::{directory, file_name, is_pattern};
use super::recipe::Frame;
use crate::analysis::program::Step;
use crate::analysis::template::Template;
use crate::diagnostic::Diagnostic;
use crate::graph::op::CopyAction;
use crate::graph::{FileAction, FileOp, Op, Output};
use crate::workspace::Ignore;

/// A source that keeps the directories above it, or those behind `/./` in it.
pub(super) struct Kept {
    /// The directory above those that are kept, absolute.
    above: String,
    /// The whole path or pattern, absolute.
    pub(super) whole: String,
    /// The directories that are kept, without slashes at the ends; `None` for a pattern, which tells them itself.
    parents: Option<String>,
}

impl Kept {
    pub(super) fn of(path: &str) -> Self {
        let (above, kept) = match path.split_once("/./") {
            Some((above, kept)) if !is_pattern(above) => (directory("/", above), kept),
            _ => ("/".to_owned(), path),
        };
        let kept = directory("/", kept);
        let whole = directory("/", &format!("{above}{kept}"));
        let parents = (!is_pattern(&kept) && kept != "/")
            .then(|| kept[..kept.len() - file_name(&kept).len()].trim_matches('/').to_owned());
        Self { above, whole, parents }
    }

    /// The source in a tree that, for a pattern, holds nothing but what matches.
    pub(super) fn source(self, from: Option<Output>) -> Source {
        match self.parents {
            Some(parents) => Source { parents: Some(parents), ..Source::new(from, self.whole) },
            None => Source {
                parents: Some(String::new()),
                contents: true,
                chosen_by: Some(self.whole).filter(|whole| is_pattern(whole)),
                ..Source::new(from, self.above)
            },
        }
    }
}

impl Frame<'_> {
    /// The lines of an ignore file that leave out what `--exclude` names: each pattern counts from a source, and for a source with
    /// wildcards also from the directory that it is in.
    pub(super) async fn excluded(&self, paths: &[String], exclude: &[Template]) -> Eval<Vec<String>> {
        let mut patterns = Vec::new();
        for pattern in exclude {
            patterns.push(self.expand(pattern).await?);
        }
        let lines = excluded(paths, &patterns);
        if let (Err(error), Some(first)) = (Ignore::default().and(&lines), exclude.first()) {
            let message = format!("`{}` is no pattern: {error}", patterns.join(" "));
            return Err(Diagnostic::error("exclude", first.span, message).help("escape a bracket with `\\`").into());
        }
        Ok(lines)
    }

    /// A source among a target's artifacts; the path as written, which may hold `/./`.
    pub(super) fn chosen(&self, step: &Step, from: Output, path: &str, parents: bool, without: Vec<String>) -> Source {
        if !parents {
            let from = self.filtered(step, from, Vec::new(), without);
            return Source::new(Some(from), directory("/", path));
        }
        let kept = Kept::of(path);
        let only = match kept.parents {
            Some(_) => Vec::new(),
            None => vec![kept.whole.trim_start_matches('/').to_owned()],
        };
        let from = self.filtered(step, from, only, without);
        kept.source(Some(from))
    }

    /// An action that copies nothing, and fails where a pattern matches nothing: it needs a tree of what does match.
    pub(super) fn found(&self, step: &Step, from: Option<Output>, pattern: &str) -> FileAction {
        let matched = CopyAction { wildcard: true, ..CopyAction::new(from, pattern, "/matched/") };
        let tree = self.add(step, Op::File(FileOp { base: None, actions: vec![FileAction::Copy(matched)] }));
        FileAction::Copy(CopyAction {
            wildcard: true,
            allow_empty: true,
            ..CopyAction::new(Some(tree), "/[n]othing", "/")
        })
    }

    /// A part of a tree; all of it where nothing is asked for.
    fn filtered(&self, step: &Step, from: Output, only: Vec<String>, without: Vec<String>) -> Output {
        let only: Vec<String> = only.into_iter().filter(|pattern| !pattern.is_empty()).collect();
        if only.is_empty() && without.is_empty() {
            return from;
        }
        let part = CopyAction { dir_contents: true, only, without, ..CopyAction::new(Some(from), "/", "/") };
        let op = Op::File(FileOp { base: None, actions: vec![FileAction::Copy(part)] });
        self.add_with(step, op, &format!("choose {}", step.text), false)
    }
}

/// The lines of an ignore file that leave out what `--exclude` names: each pattern counts from a source, and for a source with wildcards
/// also from the directory that it is in.
fn excluded(paths: &[String], patterns: &[String]) -> Vec<String> {
    let mut lines = Vec::new();
    for pattern in patterns {
        for path in paths {
            let source = directory("/", path);
            let mut dirs = vec![source.as_str()];
            if is_pattern(&source) {
                dirs.push(source.rsplit_once('/').map_or("", |(dir, _)| dir));
            }
            for dir in dirs {
                lines.push(directory("/", &format!("{dir}/{pattern}")).trim_start_matches('/').to_owned());
            }
        }
    }
    lines.sort();
    lines.dedup();
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_above_a_source_are_kept() {
        for (path, whole, parents, from) in [
            ("a/b/c", "/a/b/c", Some("a/b"), "/a/b/c"),
            ("/c", "/c", Some(""), "/c"),
            ("a/./b/c/", "/a/b/c", Some("b"), "/a/b/c"),
            ("a/./b/*.c", "/a/b/*.c", None, "/a"),
            ("a*/b", "/a*/b", None, "/"),
            (".", "/", None, "/"),
        ] {
            let kept = Kept::of(path);
            assert_eq!((kept.whole.as_str(), kept.parents.as_deref()), (whole, parents), "{path}");
            assert_eq!(kept.source(None).path, from, "{path}");
        }
    }

    #[test]
    fn patterns_count_from_their_source() {
        let check = |path: &str, expected: &[&str]| {
            assert_eq!(excluded(&[path.to_owned()], &["*.md".to_owned()]), expected, "{path}");
        };
        check("/dir", &["dir/*.md"]);
        check("/dir/*", &["dir/*.md", "dir/*/*.md"]);
        check(".", &["*.md"]);
    }
}
