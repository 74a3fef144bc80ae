//! `COPY`, from the build context and from other targets.

use super::fault::Eval;
use super::instance::Instance;
use super::paths::{absolute, as_pattern, is_pattern};
use super::recipe::Frame;
use crate::analysis::program::{ArtifactCall, CopyArtifacts, CopyContext, CopyOptions, Step};
use crate::analysis::template::Template;
use crate::diagnostic::Diagnostic;
use crate::graph::op::{CopyAction, Owner};
use crate::graph::{FileAction, FileOp, LocalSource, Op, Output};
use crate::source::Span;
use std::sync::Arc;

/// 2020-04-16T12:00:00Z, the time of everything that is copied without `--keep-ts`: results must not depend on when files were written.
pub const TIMESTAMP: i64 = 1_587_038_400;

/// One file or pattern to copy, and where from.
struct Source {
    from: Option<Output>,
    path: String,
}

impl Frame<'_> {
    pub(super) async fn copy_context(&mut self, step: &Step, copy: &CopyContext) -> Eval<()> {
        let mut paths = Vec::new();
        for source in &copy.sources {
            paths.push(self.context_path(source).await?);
        }
        let mut include: Vec<String> = paths.iter().map(|path| include(path)).collect();
        include.sort();
        include.dedup();
        let local = LocalSource { root: self.key.dir.clone(), include };
        let name = format!("context {}", paths.join(" "));
        let from = Some(self.add_with(step, Op::Local(local), &name, false));
        let sources = paths.into_iter().map(|path| Source { from, path: absolute("/", &path) }).collect();
        self.copy(step, sources, &copy.options).await
    }

    pub(super) async fn copy_artifacts(&mut self, step: &Step, copy: &CopyArtifacts) -> Eval<()> {
        let platform = self.platform(copy.platform.as_ref()).await?;
        let mut sources = Vec::new();
        for ArtifactCall { call, path } in &copy.sources {
            let instance = self.needed(call, &call.args, platform.clone()).await?;
            let from = Some(self.artifacts(&instance, call.span)?);
            let path = absolute("/", &self.expand(path).await?);
            sources.push(Source { from, path });
        }
        self.copy(step, sources, &copy.options).await
    }

    fn artifacts(&self, instance: &Arc<Instance>, span: Span) -> Eval<Output> {
        instance.artifacts.ok_or_else(|| {
            Diagnostic::error("no-artifact", span, "the target saves no artifact")
                .help("add `SAVE ARTIFACT path` to the target")
                .into()
        })
    }

    /// A source in the build context, checked, relative to the context's root.
    async fn context_path(&self, source: &Template) -> Eval<String> {
        let text = self.expand(source).await?;
        let fault = |message: String, help: &str| {
            Err(Diagnostic::error("invalid-source", source.span, message).help(help).into())
        };
        if text.contains("://") {
            return fault(format!("COPY cannot fetch `{text}`"), "fetch it in a RUN command");
        }
        if text.starts_with('/') {
            let help = "name it relative to the Buildfile's directory";
            return fault(
                format!("`{text}` is an absolute path, and COPY takes files from the build context only"),
                help,
            );
        }
        let mut depth = 0_i32;
        for part in text.split('/') {
            depth += match part {
                "" | "." => 0,
                ".." => -1,
                _ => 1,
            };
            if depth < 0 {
                let help = "only files below the Buildfile's directory can be copied; save them as an artifact of a Buildfile that lies beside them";
                return fault(format!("`{text}` leaves the build context"), help);
            }
        }
        Ok(text)
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
        u32::from_str_radix(&text, 8).ok().filter(|mode| *mode <= 0o7777).ok_or_else(|| {
            Diagnostic::error("invalid-mode", template.span, format!("`{text}` is not an octal mode"))
                .help("write it like `0755`")
                .into()
        })
    }
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
