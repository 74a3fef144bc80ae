//! `FROM DOCKERFILE`: what the engine makes of the file becomes vertices of the graph.

use super::copy::TIMESTAMP;
use super::fault::{Eval, Fault};
use super::paths::{directory, is_pattern};
use super::recipe::Frame;
use super::save::no_artifact;
use super::state::State;
use crate::analysis::program::{Call, DockerPath, FromDockerfile, Step};
use crate::analysis::reference::unescape_plus;
use crate::analysis::template::Template;
use crate::diagnostic::Diagnostic;
use crate::graph::dockerfile::{Dockerfile, DockerfileText, LlbOp, LlbProcess, PieceOp, PieceOutput, Translation};
use crate::graph::op::{CopyAction, Owner};
use crate::graph::{FileAction, FileOp, IgnoreFile, ImageSource, LocalSource, Op, Options, Output};
use crate::path::clean;
use crate::platform::Platform;
use crate::run::facts::Sight;
use crate::run::program::relative;
use crate::source::{Location, Span};
use std::path::{Path, PathBuf};

/// A place that `FROM DOCKERFILE` names.
enum Named {
    /// A path of this machine, absolute.
    Local(PathBuf),
    /// Artifacts of a target, and a path in them.
    Artifact(Output, String),
}

impl Frame<'_> {
    pub(super) async fn start_from_dockerfile(&mut self, step: &Step, from: &FromDockerfile) -> Eval<()> {
        self.settle_here().await?;
        let platform = self.platform(from.platform.as_ref()).await?;
        let context = self.named(step, &from.context, from, &platform).await?;
        let file = match &from.file {
            Some(file) => self.named(step, file, from, &platform).await?,
            None => match &context {
                Named::Local(dir) => Named::Local(dir.join("Dockerfile")),
                Named::Artifact(tree, path) => Named::Artifact(*tree, directory(path, "Dockerfile")),
            },
        };
        let file_span = from.file.as_ref().map_or(from.context.span(), DockerPath::span);
        let (name, text) = self.dockerfile(file, file_span).await?;
        let mut args = std::collections::BTreeMap::new();
        for arg in &from.passing.args {
            args.insert(arg.name.clone(), self.build_arg(arg).await?);
        }
        let target = match &from.target {
            Some(target) => Some(self.expand(target).await?).filter(|target| !target.is_empty()),
            None => None,
        };
        let tree = match &context {
            Named::Local(dir) => {
                check_directory(dir, from.context.span())?;
                None
            }
            Named::Artifact(tree, path) => Some(self.artifact_context(step, *tree, path)),
        };
        let cache_prefix = format!("{}/dockerfile/", self.evaluator.settings.cache_namespace);
        let request = Dockerfile { name, text, target, args, platform: platform.clone(), cache_prefix, context: tree };
        let translated = self.evaluator.facts.translate(&request).await;
        let translated = translated.map_err(|error| Fault::Engine { error, span: step.span })?;
        self.leave_host();
        self.state = State { begun: true, ..State::new(platform.clone()) };
        let Some(translation) = translated else {
            // Nobody may be asked: one vertex stands for them all.
            let reference = request.name.clone();
            let root = self.add(step, Op::Dockerfile(Box::new(request)));
            self.state.root = Some(root);
            self.state.image = Some((root.vertex, ImageSource { reference, platform }));
            return Ok(());
        };
        self.check_privileges(&translation, from, step.span)?;
        self.state.root = self.translated(step, &translation, &request, &context);
        self.state.patch = translation.config.into();
        Ok(())
    }

    /// Adds the pieces of a Dockerfile to the graph, and gives its final file system.
    fn translated(&self, step: &Step, translation: &Translation, file: &Dockerfile, context: &Named) -> Option<Output> {
        let mut outputs: Vec<Output> = Vec::new();
        let of = |outputs: &[Output], (at, index): PieceOutput| Output { index, ..outputs[at] };
        for piece in &translation.pieces {
            let op = match (&piece.op, context) {
                (PieceOp::Context, Named::Artifact(..)) => {
                    outputs.push(file.context.expect("an artifact context has been copied"));
                    continue;
                }
                (PieceOp::Context, Named::Local(root)) => Op::Local(LocalSource {
                    root: root.clone(),
                    include: translation.context.clone(),
                    ignore: match self.unit.features.use_docker_ignore() {
                        true => IgnoreFile::OwnOrDocker,
                        false => IgnoreFile::Own,
                    },
                    exclude: self.ignored(),
                    after: None,
                    since: self.moment.since(),
                }),
                (PieceOp::Image(image), _) => Op::Image(image.clone()),
                (PieceOp::Llb(llb), _) => {
                    let inputs = piece.inputs.iter().map(|input| of(&outputs, *input)).collect();
                    Op::Llb(LlbOp { inputs, ..llb.clone() })
                }
            };
            let name =
                if piece.op == PieceOp::Context { format!("context of {}", file.name) } else { piece.name.clone() };
            let uncached = self.evaluator.settings.no_cache && op.is_step();
            let place = match piece.line {
                Some(line) => Location { file: file.name.as_str().into(), line, column: 1 },
                None => self.evaluator.location(step.span),
            };
            outputs.push(self.evaluator.add(op, || Options {
                target: self.shown.clone(),
                name: name.into(),
                span: step.span,
                location: place,
                trace: self.home.trace.clone(),
                uncached,
                data_roots: None,
                raw_output: false,
            }));
        }
        translation.root.map(|root| of(&outputs, root))
    }

    /// What runs with all privileges must have been allowed, by the user and where the file is used.
    fn check_privileges(&self, translation: &Translation, from: &FromDockerfile, span: Span) -> Eval<()> {
        let privileged = translation.pieces.iter().find(|piece| {
            matches!(&piece.op, PieceOp::Llb(LlbOp { process: Some(LlbProcess { privileged: true, .. }), .. }))
        });
        let Some(piece) = privileged else { return Ok(()) };
        if !from.passing.allow_privileged {
            let message = format!("the Dockerfile asks for all privileges: `{}`", piece.name);
            return Err(Diagnostic::error("privileged", span, message)
                .help("if you trust it, write `FROM DOCKERFILE --allow-privileged …`")
                .into());
        }
        self.allow_privileged("RUN --security=insecure", span)
    }

    /// The place that a word means.
    async fn named(
        &mut self,
        step: &Step,
        path: &DockerPath,
        from: &FromDockerfile,
        platform: &Platform,
    ) -> Eval<Named> {
        match path {
            DockerPath::Artifact(artifact) => {
                let (call, path) = self.whole(artifact, &[]).await?;
                self.artifact(step, &call, &path, platform).await
            }
            DockerPath::Local(template) => {
                let text = self.expand(template).await?;
                match self.named_artifact(template, &text, &from.passing)? {
                    Some((call, path)) => self.artifact(step, &call, &path, platform).await,
                    None => {
                        check_text(&text, template)?;
                        let path = clean(&unescape_plus(&text));
                        Ok(Named::Local(self.key.dir.join(path).components().collect()))
                    }
                }
            }
        }
    }

    async fn artifact(&mut self, step: &Step, call: &Call, path: &str, platform: &Platform) -> Eval<Named> {
        let instance = self.needed(step, call, &call.passing.args, platform.clone()).await?;
        let tree = instance.artifacts.ok_or_else(|| no_artifact(&instance.target, call.span))?;
        Ok(Named::Artifact(tree, directory("/", path)))
    }

    /// A tree that holds what an artifact's directory holds.
    fn artifact_context(&self, step: &Step, tree: Output, path: &str) -> Output {
        let copy = CopyAction {
            wildcard: is_pattern(path),
            dir_contents: true,
            follow_link: true,
            owner: Some(Owner { user: "0".to_owned(), group: "0".to_owned(), names_in: None }),
            timestamp: Some(TIMESTAMP),
            ..CopyAction::new(Some(tree), path, "/")
        };
        let op = Op::File(FileOp { base: None, actions: vec![FileAction::Copy(copy)] });
        self.add_with(step, op, &format!("context {path}"), false)
    }

    /// The name of a Dockerfile, as the user would type it, and its text.
    async fn dockerfile(&self, file: Named, span: Span) -> Eval<(String, DockerfileText)> {
        match file {
            Named::Artifact(tree, path) => {
                self.note_asked(tree.vertex);
                let Some(bytes) = self.answer(tree, &path).await? else {
                    return Ok((path.clone(), DockerfileText::Artifact { tree, path }));
                };
                let text = String::from_utf8(bytes).map_err(|_| not_text(&path, span))?;
                Ok((path, DockerfileText::Known(text)))
            }
            Named::Local(path) => {
                let shown = relative(&self.evaluator.settings.current, &path);
                let name = shown.strip_prefix("./").unwrap_or(&shown).to_owned();
                let bytes = std::fs::read(&path).map_err(|error| {
                    Diagnostic::error("no-dockerfile", span, format!("cannot read `{name}`: {error}"))
                        .help("name the file with `-f`; its path is relative to the directory of this Buildfile")
                })?;
                let text = String::from_utf8(bytes).map_err(|_| not_text(&name, span))?;
                self.evaluator.facts.saw(Sight::File { path: &path, text: &text });
                Ok((name, DockerfileText::Known(text)))
            }
        }
    }
}

fn not_text(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error("no-dockerfile", span, format!("`{name}` is not UTF-8 text")).help("store it as UTF-8")
}

fn check_text(text: &str, template: &Template) -> Result<(), Diagnostic> {
    if text.is_empty() || text.contains("://") {
        return Err(Diagnostic::error("dockerfile-path", template.span, format!("`{text}` is not a path"))
            .help("write a path relative to the directory of this file, or the artifact of a target"));
    }
    Ok(())
}

fn check_directory(dir: &Path, span: Span) -> Result<(), Diagnostic> {
    if dir.is_dir() {
        return Ok(());
    }
    let message = format!("there is no directory `{}`", dir.display());
    Err(Diagnostic::error("no-context", span, message)
        .help("the build context's path is relative to the directory of this Buildfile"))
}
