//! `COPY`, from the build context and from other targets.

use super::copy_choice::Kept;
use super::fault::Eval;
use super::locally::unsupported;
use super::paths::{absolute, as_pattern, directory, is_pattern};
use super::recipe::Frame;
use super::save::no_artifact;
use crate::analysis::features::Feature;
use crate::analysis::program::{ArtifactCall, Call, CopyArtifacts, CopyContext, CopyOptions, Late, Passing, Step};
use crate::analysis::reference::{ArtifactRef, Place, unescape_plus};
use crate::analysis::template::Template;
use crate::analysis::{check_copy_source, copy_mixed, parse_mode, unknown_import};
use crate::diagnostic::Diagnostic;
use crate::graph::op::{CopyAction, Owner};
use crate::graph::{FileAction, FileOp, IgnoreFile, LocalSource, Op, Output};
use crate::source::Span;

/// 2020-04-16T12:00:00Z, the time of everything that is copied without `--keep-ts`: results must not depend on when files were written.
pub const TIMESTAMP: i64 = 1_587_038_400;

/// What version 0.5 leaves out of build contexts without being told.
const IGNORED_BEFORE_0_6: &[&str] = &[".tmp-earthly-out", "build.earth", "Earthfile", ".earthignore", ".earthlyignore"];

/// One file or pattern to copy, and where from.
pub(super) struct Source {
    pub(super) from: Option<Output>,
    pub(super) path: String,
    /// What `--parents` puts between the destination and it; `None` without the flag.
    pub(super) parents: Option<String>,
    /// Whether it stands for what a directory holds, whatever `--dir` says.
    pub(super) contents: bool,
    /// The pattern that chose what the directory holds; it has to match something.
    pub(super) chosen_by: Option<String>,
    /// Whether it stands for what it holds, if it is an archive.
    pub(super) unpack: bool,
}

impl Source {
    pub(super) fn new(from: Option<Output>, path: String) -> Self {
        Self { from, path, parents: None, contents: false, chosen_by: None, unpack: false }
    }
}

/// How artifacts are copied.
struct Manner<'c> {
    platform: Option<&'c Template>,
    options: &'c CopyOptions,
    exclude: &'c [Template],
    parents: bool,
}

impl<'c> Manner<'c> {
    fn of_context(copy: &'c CopyContext) -> Self {
        let CopyContext { platform, options, exclude, parents, .. } = copy;
        Self { platform: platform.as_ref(), options, exclude, parents: *parents }
    }

    fn of_artifacts(copy: &'c CopyArtifacts) -> Self {
        let CopyArtifacts { platform, options, exclude, parents, .. } = copy;
        Self { platform: platform.as_ref(), options, exclude, parents: *parents }
    }
}

impl Frame<'_> {
    pub(super) async fn copy_context(&mut self, step: &Step, copy: &CopyContext) -> Eval<()> {
        let mut paths = Vec::new();
        let mut artifacts = Vec::new();
        let mut file = copy.texts.first().map(|(_, text)| text.span);
        for source in &copy.sources {
            // An empty one would be the whole context.
            let text = self.expand_filled(source, "the source of `COPY`").await?;
            match self.named_artifact(source, &text, &copy.passing)? {
                Some(artifact) => artifacts.push(artifact),
                None => {
                    check_copy_source(&text, source.span)?;
                    file = Some(source.span);
                    paths.push(unescape_plus(&text));
                }
            }
        }
        match (artifacts.first(), file) {
            (Some((call, _)), Some(file)) => return Err(copy_mixed(call.span, file).into()),
            (Some(_), None) => return self.copy_named(step, artifacts, Manner::of_context(copy)).await,
            (None, _) => {}
        }
        let exclude = self.excluded(&paths, &copy.exclude).await?;
        let mut sources = Vec::new();
        if copy.parents {
            for path in &paths {
                let kept = Kept::of(path);
                let from = self.context(step, &[kept.whole.trim_start_matches('/').to_owned()], &exclude);
                sources.push(kept.source(Some(from)));
            }
        } else if !paths.is_empty() {
            let from = Some(self.context(step, &paths, &exclude));
            sources.extend(paths.into_iter().map(|path| Source::new(from, directory("/", &path))));
        }
        for (name, text) in &copy.texts {
            let made = FileAction::Mkfile { path: format!("/{name}"), mode: 0o644, text: self.expand(text).await? };
            let op = Op::File(FileOp { base: None, actions: vec![made] });
            let from = self.add_with(step, op, &format!("text {name}"), false);
            sources.push(Source::new(Some(from), format!("/{name}")));
        }
        self.copy(step, sources, &copy.options).await
    }

    /// The part of the build context that some sources name.
    pub(super) fn context(&self, step: &Step, paths: &[String], exclude: &[String]) -> Output {
        let mut include: Vec<String> = paths.iter().map(|path| include(path)).collect();
        include.sort();
        include.dedup();
        let root = self.key.dir.clone();
        let mut exclude = exclude.to_vec();
        exclude.extend(self.ignored());
        let local =
            LocalSource { root, include, ignore: IgnoreFile::Own, exclude, after: None, since: self.moment.since() };
        self.add_with(step, Op::Local(local), &format!("context {}", paths.join(" ")), false)
    }

    /// What is never part of a build context, as lines of an ignore file: nothing since 0.6.
    pub(super) fn ignored(&self) -> Vec<String> {
        let hidden: &[&str] = if self.unit.features.no_implicit_ignore() { &[] } else { IGNORED_BEFORE_0_6 };
        hidden.iter().map(|&name| name.to_owned()).collect()
    }

    pub(super) async fn copy_artifacts(&mut self, step: &Step, copy: &CopyArtifacts) -> Eval<()> {
        let mut artifacts = Vec::new();
        for artifact in &copy.sources {
            artifacts.push(self.whole(artifact, &copy.sources).await?);
        }
        self.copy_named(step, artifacts, Manner::of_artifacts(copy)).await
    }

    async fn copy_named(&mut self, step: &Step, artifacts: Vec<(Call, String)>, copy: Manner<'_>) -> Eval<()> {
        if copy.parents && self.state.local.is_some() {
            return Err(unsupported("COPY --parents", step.span).help("name a destination for each file").into());
        }
        let platform = self.platform(copy.platform).await?;
        let mut sources = Vec::new();
        for (call, path) in artifacts {
            for call in self.calls(&call, Feature::WildcardCopy).await? {
                let instance = self.needed(step, &call, &call.passing.args, platform.clone()).await?;
                let target = instance.target.as_ref();
                let from = instance.artifacts.ok_or_else(|| no_artifact(target, call.span))?;
                let exclude = self.excluded(std::slice::from_ref(&path), copy.exclude).await?;
                sources.push(self.chosen(step, from, &path, copy.parents, exclude));
            }
        }
        if self.state.local.is_some() {
            return self.copy_here(step, sources, copy.options).await;
        }
        self.copy(step, sources, copy.options).await
    }

    /// The call of an artifact's target, and the path in its artifacts. `all`: what stands in the same command.
    pub(super) async fn whole(&self, artifact: &ArtifactCall, all: &[ArtifactCall]) -> Eval<(Call, String)> {
        let (reference, passing) = match artifact {
            ArtifactCall::Named { call, path } => return Ok((call.clone(), unescape_plus(&self.expand(path).await?))),
            ArtifactCall::Open { reference, passing } => (reference, passing),
        };
        let text = self.expand(reference).await?;
        self.not_guessed(&text, reference.span)?;
        if !text.contains('+') {
            return Err(no_reference(&text, artifact, all).into());
        }
        let ArtifactRef { target, path } = ArtifactRef::parse(&text).map_err(|error| {
            Diagnostic::error("invalid-reference", reference.span, error.to_string()).help(error.help())
        })?;
        Ok((passing.call(Late::Known(target), reference.span), path))
    }

    /// The artifact that a source with a variable turned out to name: the call of its target, and the path in its artifacts.
    pub(super) fn named_artifact(
        &self,
        source: &Template,
        text: &str,
        passing: &Passing,
    ) -> Eval<Option<(Call, String)>> {
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
        Ok(Some((passing.call(Late::Known(target), source.span), path)))
    }

    pub(super) async fn copy(&mut self, step: &Step, sources: Vec<Source>, options: &CopyOptions) -> Eval<()> {
        let span = step.span;
        let written = self.expand(&options.dest).await?;
        let base = if written.starts_with('/') { "/".to_owned() } else { self.working_dir(span).await? };
        let mut dest = absolute(&base, &written);
        let directory =
            written.is_empty() || sources.len() > 1 || sources.iter().any(|source| source.parents.is_some());
        if directory && !dest.ends_with('/') {
            dest.push('/');
        }
        let owner = if options.keep_own { None } else { Some(self.owner(options.chown.as_ref(), span).await?) };
        let mode = self.mode(options.chmod.as_ref()).await?;
        let found: Vec<FileAction> = sources
            .iter()
            .filter(|_| !options.if_exists)
            .filter_map(|source| Some(self.found(step, source.from, source.chosen_by.as_ref()?)))
            .collect();
        let copies = sources.into_iter().map(|source| {
            let pattern = if options.if_exists { as_pattern(&source.path) } else { source.path };
            let dest = match source.parents.as_deref() {
                None | Some("") => dest.clone(),
                Some(parents) => format!("{dest}{parents}/"),
            };
            FileAction::Copy(CopyAction {
                wildcard: is_pattern(&pattern),
                allow_empty: options.if_exists,
                dir_contents: source.contents || (source.parents.is_none() && !options.dir),
                follow_link: !options.no_follow,
                owner: owner.clone(),
                mode,
                timestamp: (!options.keep_ts).then_some(TIMESTAMP),
                unpack: source.unpack,
                ..CopyAction::new(source.from, pattern, dest)
            })
        });
        let actions = found.into_iter().chain(copies).collect();
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

    /// Permission bits in octal. An empty value is none, as for an owner.
    pub(super) async fn mode(&self, flag: Option<&Template>) -> Eval<Option<u32>> {
        let Some(template) = flag else { return Ok(None) };
        let text = self.expand(template).await?;
        if text.is_empty() {
            return Ok(None);
        }
        if self.evaluator.is_guess(&text) {
            return Ok(Some(0o644));
        }
        let mode = parse_mode(&text).ok_or_else(|| {
            Diagnostic::error("mode", template.span, format!("`{text}` is not an octal mode"))
                .help("write octal digits, for example `0755`")
        })?;
        Ok(Some(mode))
    }
}

/// The fault of an open source that came out as no reference: what it may have been meant for shows in what stands beside it.
fn no_reference(text: &str, artifact: &ArtifactCall, all: &[ArtifactCall]) -> Diagnostic {
    let fault = |message| Diagnostic::error("invalid-reference", artifact.span(), message);
    if !artifact.passing().args.is_empty() {
        return fault(format!("arguments are given to `{text}`, which is not a reference to an artifact"))
            .help("write `+target/path`; files of the build context take no arguments");
    }
    match all.iter().find_map(ArtifactCall::call) {
        Some(call) => copy_mixed(call.span, artifact.span()),
        None => fault(format!("`{text}` is not a reference to an artifact")).help("write `+target/path`"),
    }
}

/// `user[:group]`, with names looked up in `root`.
pub(in crate::run) fn owner(text: &str, root: Option<Output>) -> Owner {
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
