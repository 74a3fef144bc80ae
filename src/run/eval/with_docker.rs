//! `WITH DOCKER`.

use super::fault::{Eval, Fault};
use super::from::image_name;
use super::instance::Instance;
use super::locally::check_image;
use super::recipe::Frame;
use crate::analysis::docker_network;
use crate::analysis::program::{Load, Step, WithDocker};
use crate::diagnostic::Diagnostic;
use crate::digest::Digest;
use crate::graph::Compose;
use crate::graph::op::{DockerStep, Exec, InnerContent, InnerImage, Mount, MountKind, Network, OnFailure};
use crate::graph::{ImageSource, Op, Options, Output};
use crate::image_name::ImageName;
use crate::platform::Platform;
use crate::run::facts::Attempt;
use crate::source::Span;
use std::sync::Arc;

/// Variables that tell a command where it runs.
const INSIDE: [&str; 2] = ["EARTHLY_WITH_DOCKER", "RBUILD_WITH_DOCKER"];

impl Frame<'_> {
    pub(super) async fn with_docker(&mut self, step: &Step, block: &WithDocker) -> Eval<()> {
        if self.state.local.is_some() {
            return self.with_docker_here(step, block).await;
        }
        self.add_docker_step(step, block, OnFailure::Fail).await.map(drop)
    }

    /// Runs what a `TRY` holds, and goes on from what it leaves, however it ends. `None` where nothing may run.
    pub(super) async fn try_with_docker(&mut self, step: &Step, block: &WithDocker) -> Eval<Option<Attempt>> {
        let root = self.add_docker_step(step, block, OnFailure::Keep).await?;
        self.evaluator.may_ask()?;
        let graph = Arc::new(self.evaluator.part([root.vertex]));
        Ok(self.evaluator.facts.attempt_with_docker(&graph, root.vertex).await?)
    }

    async fn add_docker_step(&mut self, step: &Step, block: &WithDocker, on_failure: OnFailure) -> Eval<Output> {
        self.allow_privileged("WITH DOCKER", block.header)?;
        let native = &self.evaluator.settings.native;
        if self.state.platform != *native {
            let message =
                format!("`WITH DOCKER` runs for the engine's own platform, {native}, not for {}", self.state.platform);
            return Err(Diagnostic::error("docker-platform", block.header, message)
                .help("begin the target with `FROM --platform=native …`; `WITH DOCKER --platform` is for the images inside")
                .into());
        }
        if self.flag(&block.run.push).await? {
            return Err(Diagnostic::error("docker-push", step.span, "`RUN --push` cannot stand in `WITH DOCKER`")
                .help("push in a `RUN --push` behind `END`")
                .into());
        }
        self.refuse_interactive(step, &block.run, "WITH DOCKER").await?;
        let platform = self.platform(block.platform.as_ref()).await?;
        let images = self.inner_images(step, block, &platform).await?;
        let compose = self.compose(block, platform).await?;
        let pool = self.data_roots(block).await?;
        let uncached = self.flag(&block.run.no_cache).await? || self.evaluator.settings.no_cache;
        let mut exec = self.exec(step, &block.run).await?;
        check_mounts(&exec, step.span)?;
        exec.privileged = true;
        let cut_off = std::mem::replace(&mut exec.network, Network::Default) == Network::None;
        if cut_off && self.unit.features.buildfile() {
            return Err(docker_network(step.span).into());
        }
        tell_inside(&mut exec.env);
        let op = Op::Docker(Box::new(DockerStep { exec, images, compose, on_failure }));
        let options = self.options_of_run(step, &block.run, uncached).await?;
        let root = self.evaluator.add(op, || Options { data_roots: pool, ..options });
        self.state.root = Some(root);
        Ok(root)
    }

    /// The images that are pulled and loaded, in order of their names.
    pub(super) async fn inner_images(
        &mut self,
        step: &Step,
        block: &WithDocker,
        platform: &Platform,
    ) -> Eval<Vec<InnerImage>> {
        let mut images = self.pulled(block, platform).await?;
        images.extend(self.loaded(step, block, platform).await?);
        settle(images)
    }

    async fn pulled(&self, block: &WithDocker, platform: &Platform) -> Eval<Vec<(InnerImage, Span)>> {
        let mut images = Vec::new();
        for name in &block.pulls {
            let reference = image_name(&self.expand(name).await?, name.span)?.normalized();
            let content =
                InnerContent::Pulled(ImageSource { reference: reference.clone(), platform: platform.clone() });
            images.push((InnerImage { name: reference, content }, name.span));
        }
        Ok(images)
    }

    /// The images of targets. All are begun before the first is waited for, so that they are evaluated side by side.
    async fn loaded(&mut self, step: &Step, block: &WithDocker, platform: &Platform) -> Eval<Vec<(InnerImage, Span)>> {
        let trace = self.through(step);
        for load in &block.loads {
            let key = self.key_of(&load.call, &load.call.args, platform.clone(), false).await?;
            let _begun = self.evaluator.begin(&key, self.depth, load.call.span, &trace, self.moment)?;
        }
        let mut images = Vec::new();
        for load in &block.loads {
            let instance = self.needed(step, &load.call, &load.call.args, platform.clone()).await?;
            check_image(&instance, load.call.span)?;
            let name = self.name_of(load, &instance).await?;
            let content = InnerContent::Built(Box::new(instance.saved.image_state()));
            images.push((InnerImage { name, content }, load.call.span));
        }
        Ok(images)
    }

    /// The name that an image is loaded by: the one that is written, else the only one that its target saves.
    async fn name_of(&self, load: &Load, instance: &Instance) -> Eval<String> {
        if let Some(name) = &load.name {
            let text = self.expand(name).await?;
            let image = image_name(&text, name.span)?;
            if image.digest().is_some() {
                let message = format!("`{text}` names an image by its digest, which the build decides");
                return Err(Diagnostic::error("image-name", name.span, message).help("give it a tag instead").into());
            }
            return Ok(image.normalized());
        }
        let mut names: Vec<&str> = instance.images.iter().map(|image| image.name.as_str()).collect();
        names.dedup();
        let target = &instance.target;
        match names[..] {
            [name] => Ok(name.to_owned()),
            [] => Err(Diagnostic::error(
                "load-name",
                load.call.span,
                format!("`{target}` saves no image, so the loaded one has no name"),
            )
            .help(format!("write `--load name={target}`, or add `SAVE IMAGE name` to the target"))
            .into()),
            _ => {
                Err(Diagnostic::error("load-name", load.call.span, format!("`{target}` saves images of several names"))
                    .help(format!("say which one is wanted: `--load {}={target}`", familiar(names[0])))
                    .into())
            }
        }
    }

    pub(super) async fn compose(&self, block: &WithDocker, platform: Platform) -> Eval<Option<Compose>> {
        let mut files = Vec::new();
        for file in &block.compose {
            let text = self.expand(file).await?;
            if text.is_empty() {
                let fault = Diagnostic::error("compose-file", file.span, "`--compose` names no file");
                return Err(fault.help("write `--compose docker-compose.yml`").into());
            }
            files.push(text);
        }
        let mut services = Vec::new();
        for service in &block.services {
            // A variable that is not set asks for nothing.
            services.extend(Some(self.expand(service).await?).filter(|text| !text.is_empty()));
        }
        Ok((!files.is_empty()).then_some(Compose { files, services, platform }))
    }

    /// The pool of data roots of `--cache-id`: by its id, as that of a `CACHE`. Before ids were global, it is the project's own.
    async fn data_roots(&self, block: &WithDocker) -> Eval<Option<Arc<str>>> {
        let Some(template) = &block.cache_id else { return Ok(None) };
        let id = self.expand(template).await?;
        if id.is_empty() {
            return Err(Diagnostic::error("cache-id", template.span, "the id of the cache expands to nothing")
                .help("give its variables a value, or leave `--cache-id` out")
                .into());
        }
        let namespace = &self.evaluator.settings.cache_namespace;
        if self.unit.features.global_cache() {
            return Ok(Some(format!("{namespace}/id/{id}").into()));
        }
        let project = Digest::of(self.project().await).hex();
        Ok(Some(format!("{namespace}/project/{project}/{id}").into()))
    }
}

/// Adds the variables that tell a command where it runs.
pub(super) fn tell_inside(env: &mut Vec<(String, String)>) {
    for name in INSIDE {
        if !env.iter().any(|(held, _)| held == name) {
            env.push((name.to_owned(), "1".to_owned()));
        }
    }
}

/// One image for each name, in their order.
fn settle(mut images: Vec<(InnerImage, Span)>) -> Eval<Vec<InnerImage>> {
    images.sort_by(|(a, _), (b, _)| a.name.cmp(&b.name));
    images.dedup_by(|(later, _), (first, _)| later == first);
    for pair in images.windows(2) {
        let [(first, held), (second, span)] = pair else { continue };
        if first.name == second.name {
            let message = format!("two different images are to be `{}` in `WITH DOCKER`", familiar(&first.name));
            return Err(Diagnostic::error("duplicate-image", *span, message)
                .label(*held, "the other one")
                .help("give one of them another name")
                .into());
        }
    }
    Ok(images.into_iter().map(|(image, _)| image).collect())
}

/// The name as people write it.
fn familiar(name: &str) -> String {
    ImageName::parse(name).map_or_else(|_| name.to_owned(), |name| name.familiar())
}

fn check_mounts(exec: &Exec, span: Span) -> Result<(), Fault> {
    let kept = |mount: &&Mount| matches!(mount.kind, MountKind::Cache { .. } | MountKind::Secret { .. });
    match exec.mounts.iter().find(|mount| !kept(mount)) {
        None => Ok(()),
        Some(mount) => {
            let message = format!("`WITH DOCKER` cannot have the mount at `{}`", mount.target);
            let help = "its `RUN` can have caches and secrets; give others to a `RUN` in front of the block";
            Err(Diagnostic::error("not-supported", span, message).help(help).into())
        }
    }
}
