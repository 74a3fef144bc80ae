//! `ADD`: files and archives of the build context, files of servers, trees of repositories.

use super::copy::Source;
use super::fault::Eval;
use super::paths::directory;
use super::recipe::Frame;
use crate::analysis::AddSource;
use crate::analysis::program::{Add, Step};
use crate::diagnostic::Diagnostic;
use crate::graph::{HttpSource, IgnoreFile, LocalSource, Op};
use crate::run::facts::Cloned;
use crate::source::Span;
use crate::workspace::{Address, RemoteError};
use std::path::PathBuf;

impl Frame<'_> {
    pub(super) async fn add_sources(&mut self, step: &Step, add: &Add) -> Eval<()> {
        let checksum = match &add.checksum {
            Some(checksum) => Some((self.expand(checksum).await?, checksum.span)),
            None => None,
        };
        let mut wanted = Vec::new();
        for source in &add.sources {
            wanted.push((AddSource::parse(&self.expand(source).await?, source.span)?, source.span));
        }
        let paths = wanted.iter().filter_map(|(source, _)| match source {
            AddSource::Path(path) => Some(path.clone()),
            AddSource::Url { .. } | AddSource::Git { .. } => None,
        });
        let paths: Vec<String> = paths.collect();
        let exclude = self.excluded(&paths, &add.exclude).await?;
        let context = (!paths.is_empty()).then(|| self.context(step, &paths, &exclude));
        let mut sources = Vec::new();
        for (source, span) in wanted {
            sources.push(match source {
                AddSource::Path(path) => {
                    if let Some((_, span)) = checksum {
                        let message = "`--checksum` is of what is fetched, not of files of the build context";
                        return Err(Diagnostic::error("checksum", span, message).help("remove it").into());
                    }
                    let unpack = add.unpack.unwrap_or(true);
                    Source { unpack, ..Source::new(context, directory("/", &path)) }
                }
                AddSource::Url { url, file } => {
                    if let Some((text, span)) = &checksum
                        && !self.evaluator.is_guess(text)
                    {
                        check_sha256(text, *span)?;
                    }
                    let checksum = checksum.as_ref().map(|(text, _)| text.clone());
                    let op = Op::Http(HttpSource { url, file: file.clone(), checksum });
                    let from = self.add_with(step, op, &format!("fetch {file}"), false);
                    let unpack = add.unpack.unwrap_or(false);
                    Source { unpack, ..Source::new(Some(from), directory("/", &file)) }
                }
                AddSource::Git { address, revision, dir } => {
                    let tree = Tree { address, revision, dir, with_git: add.keep_git_dir, span };
                    self.tree_of(step, tree, checksum.as_ref()).await?
                }
            });
        }
        self.copy(step, sources, &add.options).await
    }

    /// The files of a repository at a revision.
    async fn tree_of(&self, step: &Step, wanted: Tree, checksum: Option<&(String, Span)>) -> Eval<Source> {
        let place = wanted.span;
        let fault = |error: &RemoteError| Diagnostic::error("git-clone", place, error.to_string()).help(error.help());
        let address = Address::parse(&wanted.address).map_err(|error| fault(&error.into()))?;
        let checksum = checksum.filter(|(text, _)| !self.evaluator.is_guess(text));
        if let Some((text, span)) = checksum
            && !(matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit()))
        {
            let message = format!("`{text}` is not the whole hash of a commit");
            return Err(Diagnostic::error("checksum", *span, message).help("write 40 hexadecimal digits").into());
        }
        let shown = address.to_string();
        let repositories = self.evaluator.repositories.clone();
        let asker = repositories.asker(Some(&self.home.dir));
        // A commit alone says what is wanted; a branch or a tag has to be at it.
        let branch = wanted.revision.or_else(|| checksum.map(|(text, _)| text.clone()));
        let cloned = Cloned { address, branch, asker };
        let checkout = self.evaluator.facts.clone_of(repositories, cloned).await.map_err(|error| fault(&error))?;
        if let (Some(checkout), Some((text, span))) = (&checkout, checksum)
            && !checkout.commit.eq_ignore_ascii_case(text)
        {
            let message = format!("`{shown}` is at commit {} there, not at {text}", checkout.commit);
            return Err(Diagnostic::error("checksum", *span, message)
                .help("see what changed before you write the new commit")
                .into());
        }
        let root = checkout.map_or_else(|| PathBuf::from(format!("<clone of {shown}>")), |checkout| checkout.tree);
        let include = if wanted.dir.is_empty() { ".".to_owned() } else { wanted.dir.clone() };
        let exclude = if wanted.with_git { Vec::new() } else { vec![".git".to_owned()] };
        let local =
            LocalSource { root, include: vec![include], ignore: IgnoreFile::Own, exclude, after: None, since: None };
        let from = self.add_with(step, Op::Local(local), &format!("clone {shown}"), false);
        Ok(Source { contents: true, ..Source::new(Some(from), directory("/", &wanted.dir)) })
    }
}

/// Which files of a repository are wanted.
struct Tree {
    address: String,
    revision: Option<String>,
    dir: String,
    /// Whether `.git` is one of them.
    with_git: bool,
    /// Where the source stands.
    span: Span,
}

fn check_sha256(text: &str, span: Span) -> Result<(), Diagnostic> {
    let digits = text.strip_prefix("sha256:").unwrap_or_default();
    if digits.len() == 64 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        return Ok(());
    }
    Err(Diagnostic::error("checksum", span, format!("`{text}` is not a SHA-256 digest"))
        .help("write `--checksum=sha256:` and 64 hexadecimal digits in lower case, as `sha256sum` prints them"))
}
