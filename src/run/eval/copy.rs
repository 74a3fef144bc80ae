//! `COPY`, from the build context and from other targets.

use super::fault::Eval;
use super::paths::{absolute, as_pattern, directory, is_pattern};
use super::recipe::Frame;
use super::save::no_artifact;
use crate::analysis::program::{ArtifactCall, Call, CopyArtifacts, CopyContext, CopyOptions, Late, Step};
use crate::analysis::reference::{ArtifactRef, Place, clean};
use crate::analysis::template::Template;
use crate::analysis::{parse_mode, unknown_import};
use crate::diagnostic::Diagnostic;
use crate::graph::op::{CopyAction, Owner};
use crate::graph::{FileAction, FileOp, LocalSource, Op, Output};
use crate::source::Span;

/// 2020-04-16T12:00:00Z, the time of everything that is copied without `--keep-ts`: results must not depend on when files were written.
pub const TIMESTAMP: i64 = 1_587_038_400;

/// One file or pattern to copy, and where from.
struct Source {
    from: Option<Output>,
    path: String,
}

impl Frame<'_> {
    pub(super) async fn copy_context(&mut self, step: &Step, copy: &CopyContext) -> Eval<()> {
        for (used, flag) in [(!copy.exclude.is_empty(), "--exclude"), (copy.parents, "--parents")] {
            if used {
                let message = format!("this version of rbuild does not support `COPY {flag}` yet");
                return Err(Diagnostic::error("not-supported-yet", step.span, message).into());
            }
        }
        let mut paths = Vec::new();
        let mut artifacts = Vec::new();
        for source in &copy.sources {
            let text = self.expand(source).await?;
            match self.named_artifact(source, &text)? {
                Some(artifact) => artifacts.push(artifact),
                None => {
                    check_path(&text, source.span)?;
                    paths.push(text.replace("\\+", "+"));
                }
            }
        }
        if let Some(artifact) = artifacts.first() {
            if !paths.is_empty() {
                let message = "one `COPY` cannot take both artifacts and files of the build context";
                return Err(Diagnostic::error("copy-mixed", artifact.call.span, message)
                    .remark("an artifact")
                    .help("write two `COPY` commands")
                    .into());
            }
            let options = copy.options.clone();
            return self.copy_artifacts(step, &CopyArtifacts { sources: artifacts, platform: None, options }).await;
        }
        let mut include: Vec<String> = paths.iter().map(|path| include(path)).collect();
        include.sort();
        include.dedup();
        let local = LocalSource { root: self.key.dir.clone(), include };
        let name = format!("context {}", paths.join(" "));
        let from = Some(self.add_with(step, Op::Local(local), &name, false));
        let sources = paths.into_iter().map(|path| Source { from, path: directory("/", &path) }).collect();
        self.copy(step, sources, &copy.options).await
    }

    pub(super) async fn copy_artifacts(&mut self, step: &Step, copy: &CopyArtifacts) -> Eval<()> {
        let platform = self.platform(copy.platform.as_ref()).await?;
        let mut sources = Vec::new();
        for ArtifactCall { call, path } in &copy.sources {
            let instance = self.needed(call, &call.args, platform.clone()).await?;
            let target = instance.target.as_ref();
            let from = Some(instance.artifacts.ok_or_else(|| no_artifact(target, call.span))?);
            let path = directory("/", &self.expand(path).await?);
            sources.push(Source { from, path });
        }
        self.copy(step, sources, &copy.options).await
    }

    /// The artifact that a source with a variable turned out to name.
    fn named_artifact(&self, source: &Template, text: &str) -> Eval<Option<ArtifactCall>> {
        if source.as_literal().is_some() {
            return Ok(None);
        }
        let Ok(ArtifactRef { target, path }) = ArtifactRef::parse(text) else { return Ok(None) };
        if let Place::Alias(alias) = &target.place
            && !self.home.imports.contains_key(alias)
        {
            let names = self.home.imports.keys().map(String::as_str);
            return Err(unknown_import(alias, names, source.span)
                .help("if it is a file of the build context, write `\\+` for the plus sign")
                .into());
        }
        let call = Call {
            target: Late::Known(target),
            span: source.span,
            args: Vec::new(),
            pass_args: false,
            allow_privileged: false,
        };
        Ok(Some(ArtifactCall { call, path: Template::literal(path, source.span) }))
    }

    async fn copy(&mut self, step: &Step, sources: Vec<Source>, options: &CopyOptions) -> Eval<()> {
        let span = step.span;
        let written = self.expand(&options.dest).await?;
        let base = if written.starts_with('/') { "/".to_owned() } else { self.working_dir(span).await? };
        let mut dest = absolute(&base, &written);
        let directory = written.is_empty() || sources.len() > 1;
        if directory && !dest.ends_with('/') {
            dest.push('/');
        }
        let owner = if options.keep_own { None } else { Some(self.owner(options.chown.as_ref(), span).await?) };
        let mode = match &options.chmod {
            Some(template) => Some(self.mode(template).await?),
            None => None,
        };
        let actions = sources
            .into_iter()
            .map(|source| {
                let pattern = if options.if_exists { as_pattern(&source.path) } else { source.path };
                FileAction::Copy(CopyAction {
                    from: source.from,
                    wildcard: is_pattern(&pattern),
                    source: pattern,
                    dest: dest.clone(),
                    allow_empty: options.if_exists,
                    dir_contents: !options.dir,
                    follow_link: !options.no_follow,
                    owner: owner.clone(),
                    mode,
                    timestamp: (!options.keep_ts).then_some(TIMESTAMP),
                })
            })
            .collect();
        self.state.root = Some(self.add(step, Op::File(FileOp { base: self.state.root, actions })));
        Ok(())
    }

    /// Who owns what is copied: `--chown`, else the current user, else root.
    async fn owner(&self, chown: Option<&Template>, span: Span) -> Eval<Owner> {
        let text = match chown {
            Some(template) => self.expand(template).await?,
            None => self.user(span).await?.unwrap_or_default(),
        };
        Ok(if text.is_empty() {
            Owner { user: "0".to_owned(), group: "0".to_owned(), names_in: None }
        } else {
            owner(&text, self.state.root)
        })
    }

    /// Permission bits in octal.
    pub(super) async fn mode(&self, template: &Template) -> Eval<u32> {
        let text = self.expand(template).await?;
        if self.evaluator.is_guess(&text) {
            return Ok(0o644);
        }
        parse_mode(&text).ok_or_else(|| {
            Diagnostic::error("mode", template.span, format!("`{text}` is not an octal mode"))
                .help("write octal digits, for example `0755`")
                .into()
        })
    }
}

/// Checks a path of the build context.
fn check_path(text: &str, span: Span) -> Result<(), Diagnostic> {
    let fault = |code, message: String, help: &str| Err(Diagnostic::error(code, span, message).help(help));
    if text.contains("://") {
        return fault(
            "copy-url",
            format!("`COPY` cannot fetch `{text}`"),
            "fetch it in a `RUN`, for example with `curl`",
        );
    }
    if text.starts_with('/') {
        let help = "write a path relative to the directory of this file";
        return fault("copy-absolute", format!("`{text}` is not a path of the build context"), help);
    }
    if clean(text).split('/').next() == Some("..") {
        let message = format!("`{text}` lies outside of the directory of this file");
        let help = "save it as an artifact in the Buildfile over there, and copy `../directory+target/path`";
        return fault("copy-outside", message, help);
    }
    Ok(())
}

/// `user[:group]`, with names looked up in `root`.
pub(super) fn owner(text: &str, root: Option<Output>) -> Owner {
    let (user, group) = text.split_once(':').unwrap_or((text, ""));
    let numeric = |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_digit());
    let names = !numeric(user) || !(group.is_empty() || numeric(group));
    Owner { user: user.to_owned(), group: group.to_owned(), names_in: root.filter(|_| names) }
}

/// What the context walk is asked for: the path without `./` and slashes at its ends.
fn include(path: &str) -> String {
    let clean = absolute("/", path);
    let clean = clean.trim_matches('/');
    if clean.is_empty() { ".".to_owned() } else { clean.to_owned() }
}
