//! `SAVE ARTIFACT`, `SAVE IMAGE`.

use super::copy::TIMESTAMP;
use super::evaluator::{Evaluator, hold};
use super::fault::Eval;
use super::from::image_name;
use super::instance::{Instance, Key};
use super::paths::{absolute, as_pattern, directory, file_name, is_pattern};
use super::recipe::Frame;
use crate::analysis::features::Version;
use crate::analysis::program::{SaveArtifact, SaveImage, Step};
use crate::analysis::template::Template;
use crate::diagnostic::Diagnostic;
use crate::graph::image::ImageState;
use crate::graph::op::{CopyAction, Owner};
use crate::graph::plan::{ArtifactOutput, ArtifactShape, ImageOutput};
use crate::graph::{FileAction, FileOp, Op, Options, Output};
use crate::source::Span;
use crate::trace::Trace;
use crate::workspace::lies_below;
use std::path::PathBuf;

impl Frame<'_> {
    pub(super) async fn save_artifact(&mut self, step: &Step, save: &SaveArtifact) -> Eval<()> {
        self.persist(step).await?;
        let written = self.expand_filled(&save.source, "the path of the artifact").await?;
        let base = if written.starts_with('/') { "/".to_owned() } else { self.working_dir(step.span).await? };
        let source = directory(&base, &written);
        if source == "/" {
            return Err(Diagnostic::error(
                "save-root",
                save.source.span,
                "the root directory cannot be saved as an artifact",
            )
            .help("name a directory below it")
            .into());
        }
        self.warn_of_cache(save.source.span, &written, &source);
        let dest = match &save.dest {
            Some(dest) => self.expand(dest).await?,
            None => "./".to_owned(),
        };
        let path = artifact_path(&source, &dest);
        // What a failure has left undone is no second failure.
        let if_exists = save.if_exists || self.rescuing;
        let (from, place) = match self.saved_here(step, save, &source)? {
            Some((from, place)) => (Some(from), place),
            None => (self.state.root, source.clone()),
        };
        let place = if if_exists { as_pattern(&place) } else { place };
        let copy = CopyAction {
            wildcard: is_pattern(&source) || if_exists,
            allow_empty: if_exists,
            follow_link: !save.no_follow,
            owner: self.artifact_owner(save),
            timestamp: (!save.keep_ts).then_some(TIMESTAMP),
            ..CopyAction::new(from, place, path.clone())
        };
        let tree = FileOp { base: self.instance.artifacts, actions: vec![FileAction::Copy(copy.clone())] };
        self.instance.artifacts = Some(self.add(step, Op::File(tree)));
        if let Some(local) = &save.local
            && let Some(dest) = self.local_path(local, save).await?
        {
            let into_dir = dest.ends_with('/') || dest == "." || dest == "..";
            if is_pattern(&source) && !into_dir {
                let message = format!("`{written}` is a pattern, but `{dest}` does not end with `/`");
                return Err(Diagnostic::error("local-pattern", local.span, message)
                    .help(format!("write `AS LOCAL {dest}/`"))
                    .into());
            }
            // A tree of its own, that holds nothing else.
            let name = if is_pattern(&source) { "/".to_owned() } else { format!("/{}", file_name(&path)) };
            let tree = FileOp { base: None, actions: vec![FileAction::Copy(CopyAction { dest: name, ..copy })] };
            let tree = self.add(step, Op::File(tree));
            self.instance.locals.push(ArtifactOutput {
                target: self.shown.clone(),
                tree,
                shape: if is_pattern(&source) { ArtifactShape::Pattern } else { ArtifactShape::One },
                source: written,
                dest,
                base: self.output_base(),
                confined: self.confined(save),
                if_exists,
                asked: false,
                location: self.evaluator.location(step.span),
            });
        }
        Ok(())
    }

    /// What a cache holds is no file of the recipe, unless it persists: whoever saves it will most likely find nothing there.
    fn warn_of_cache(&self, span: Span, written: &str, source: &str) {
        let holds = |dir: &str| source.strip_prefix(dir).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        let Some(cache) = self.state.caches.iter().find(|cache| !cache.persist && holds(&cache.path)) else { return };
        let message = format!("`{written}` lies in the cache `{}`, which steps alone can see", cache.path);
        let help = "write `CACHE --persist`, or copy it elsewhere with a `RUN`";
        self.evaluator.warn(Diagnostic::warning("save-from-cache", span, message).help(help));
    }

    /// Where an artifact goes on this machine. Before 1.0, a path that comes out empty is as good as none.
    async fn local_path(&self, local: &Template, save: &SaveArtifact) -> Eval<Option<String>> {
        let path = if self.unit.features.version >= Version::V1_0 {
            self.expand_filled(local, "the path behind `AS LOCAL`").await?
        } else {
            self.expand(local).await?
        };
        let base = self.output_base();
        // What leads out by its text is told before anything runs; what leads out by a link, when it is written.
        if self.confined(save) && !self.evaluator.is_guess(&path) && !lies_below(&base, path.as_ref()) {
            let message = format!("`{path}` lies outside of the directory of this file");
            return Err(Diagnostic::error("local-outside", local.span, message)
                .help("choose a path below it, or write `SAVE ARTIFACT --force`")
                .into());
        }
        Ok(Some(path).filter(|path| !path.is_empty()))
    }

    fn confined(&self, save: &SaveArtifact) -> bool {
        self.unit.features.require_force_for_unsafe_saves() && !save.force
    }

    /// Since 0.7 artifacts keep their owner; before, they are root's unless `--keep-own` says otherwise.
    fn artifact_owner(&self, save: &SaveArtifact) -> Option<Owner> {
        let keep = self.unit.features.save_artifact_keep_own() || save.keep_own;
        (!keep).then(|| Owner { user: "0".to_owned(), group: "0".to_owned(), names_in: None })
    }

    pub(super) async fn save_image(&mut self, step: &Step, save: &SaveImage) -> Eval<()> {
        if !save.names.is_empty() {
            self.persist(step).await?;
        }
        for template in &save.cache_from {
            let text = self.expand(template).await?;
            if !self.evaluator.is_guess(&text) {
                self.evaluator.facts.offer_cache(&image_name(&text, template.span)?, false);
            }
        }
        for template in &save.names {
            let text = self.expand(template).await?;
            let name = if self.evaluator.is_guess(&text) { None } else { Some(image_name(&text, template.span)?) };
            if name.as_ref().is_some_and(|name| name.digest().is_some()) {
                let message = format!("`{text}` names a digest, which an image gets only when it is built");
                return Err(Diagnostic::error("invalid-image-name", template.span, message)
                    .help("give it a tag instead")
                    .into());
            }
            if let Some(name) = name.as_ref().filter(|_| save.push) {
                self.evaluator.facts.offer_cache(name, true);
            }
            self.instance.images.push(ImageOutput {
                target: self.shown.clone(),
                state: self.labelled(save).await,
                name: name.map_or(text, |name| name.normalized()),
                push: save.push,
                index: None,
                one_platform: save.no_manifest_list,
                asked: hold(&self.evaluator.reached).is_asked(self.key),
                span: step.span,
                location: self.evaluator.location(step.span),
            });
        }
        // Without a name it is a relic that does nothing.
        if !save.names.is_empty() {
            self.saved = Some(self.state.clone());
        }
        Ok(())
    }
}

impl Frame<'_> {
    /// What `AS LOCAL` is relative to: the directory of the Buildfile; for a repository of others, where the user is.
    fn output_base(&self) -> PathBuf {
        let settings = &self.evaluator.settings;
        match self.evaluator.repository(&self.key.dir) {
            Some(_) => settings.current.clone(),
            None => self.key.dir.clone(),
        }
    }

    /// The state with labels that tell where an image comes from; they are part of what is saved, not of what goes on from here.
    async fn labelled(&self, save: &SaveImage) -> ImageState {
        let mut state = self.state.image_state();
        if !save.without_labels {
            let git = self.evaluator.git(&self.key.dir).await;
            let labels = [("version", env!("CARGO_PKG_VERSION")), ("git-sha", &git.hash), ("built-by", "rbuild")];
            let labels = labels.into_iter().filter(|(_, value)| !value.is_empty());
            state.patch.labels.extend(labels.map(|(name, value)| (format!("dev.rbuild.{name}"), value.to_owned())));
        }
        state
    }
}

impl Evaluator {
    /// The output of `rbuild +target/artifact dest`.
    pub(super) fn single_artifact(
        &self,
        key: &Key,
        instance: &Instance,
        path: &str,
        dest: &str,
    ) -> Eval<ArtifactOutput> {
        let span = self.place(key);
        let from = instance.artifacts.ok_or_else(|| no_artifact(&self.display(&key.dir, &key.target), span))?;
        let source = absolute("/", path);
        let pattern = is_pattern(&source);
        let shape = match (pattern, source.as_str()) {
            (true, _) => ArtifactShape::Pattern,
            (false, "/") => ArtifactShape::Whole,
            (false, _) => ArtifactShape::One,
        };
        let name = if shape == ArtifactShape::One { format!("/{}", file_name(&source)) } else { "/".to_owned() };
        let copy = CopyAction {
            wildcard: pattern,
            dir_contents: shape == ArtifactShape::Whole,
            follow_link: true,
            ..CopyAction::new(Some(from), source, name)
        };
        let target: std::sync::Arc<str> = self.shown(key).into();
        let location = self.location(span);
        let op = Op::File(FileOp { base: None, actions: vec![FileAction::Copy(copy)] });
        let tree: Output = self.add(op, || Options {
            target: target.clone(),
            name: format!("artifact {path}").into(),
            span,
            location: location.clone(),
            trace: Trace::default(),
            uncached: false,
            data_roots: None,
            raw_output: false,
        });
        Ok(ArtifactOutput {
            target,
            tree,
            shape,
            source: path.to_owned(),
            dest: dest.to_owned(),
            base: self.settings.current.clone(),
            confined: false,
            if_exists: false,
            asked: true,
            location,
        })
    }
}

/// The fault of a target that has nothing to copy from.
pub(super) fn no_artifact(target: &str, span: Span) -> Diagnostic {
    Diagnostic::error("no-artifact", span, format!("the target `{target}` saves no artifact"))
        .help("add `SAVE ARTIFACT path` to it")
}

/// Where `SAVE ARTIFACT source dest` puts it in the artifact tree.
fn artifact_path(source: &str, dest: &str) -> String {
    let clean = absolute("/", dest);
    let into_dir = dest.is_empty() || dest == "." || dest.ends_with('/') || clean == "/";
    if is_pattern(source) {
        let slash = if clean.ends_with('/') { "" } else { "/" };
        return format!("{clean}{slash}");
    }
    if into_dir { absolute(&clean, file_name(source)) } else { clean }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_in_the_artifact_tree() {
        for (source, dest, expected) in [
            ("/app/dist", "./", "/dist"),
            ("/app/dist", "", "/dist"),
            ("/app/dist", "/", "/dist"),
            ("/app/dist", "out", "/out"),
            ("/app/dist", "/out/", "/out/dist"),
            ("/app/*.jar", "./", "/"),
            ("/app/*.jar", "libs", "/libs/"),
        ] {
            assert_eq!(artifact_path(source, dest), expected, "{source} {dest}");
        }
    }
}
