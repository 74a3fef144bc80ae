//! The canonical encoding of operations: what a vertex's id is the digest of.
//!
//! Every value is written with its length in front, every variant with its name, every optional value with a mark; so two different
//! operations never give the same bytes. [`FORMAT`] is the first field: change it with any change here.

use super::Compose;
use super::dockerfile::{Dockerfile, DockerfileText, LlbOp, LlbProcess};
use super::host::{CopyIn, HostAction, HostCompose, HostDocker, HostOp, HostProcess, Keep};
use super::image::ImageState;
use super::op::{
    ByHand, CopyAction, DockerStep, Exec, ExecCommand, FileAction, FileOp, HttpSource, IgnoreFile, InnerContent,
    InnerImage, Mount, MountKind, Network, OnFailure, Op, Output, Owner,
};
use crate::digest::{Digest, VertexId};
use crate::platform::Platform;

/// Version of the encoding.
pub const FORMAT: &str = "rbuild-vertex-1";

/// The id of an operation.
#[must_use]
pub fn id(op: &Op) -> VertexId {
    let mut encoder = Encoder::default();
    encoder.text(FORMAT);
    encoder.op(op);
    VertexId(Digest::of(encoder.bytes))
}

/// The digest of what an exec does by itself, whatever its inputs are: equal for two execs that differ only in the content they work on.
#[must_use]
pub fn exec_own(exec: &Exec) -> Digest {
    let mut encoder = Encoder { bytes: Vec::new(), inputs: false };
    encoder.text(FORMAT);
    encoder.exec(exec);
    Digest::of(encoder.bytes)
}

/// The digest of what the process of an operation does by itself; `None` for what runs no process.
#[must_use]
pub fn process_own(op: &Op) -> Option<Digest> {
    match op {
        Op::Llb(llb @ LlbOp { process: Some(LlbProcess { .. }), .. }) => Some(llb_own(llb)),
        Op::Host(host) => Some(host_own(host)),
        op => op.exec().map(exec_own),
    }
}

/// The digest of what an operation of the engine's does by itself.
#[must_use]
pub fn llb_own(llb: &LlbOp) -> Digest {
    let mut encoder = Encoder { bytes: Vec::new(), inputs: false };
    encoder.text(FORMAT);
    encoder.text("llb");
    encoder.llb(llb);
    Digest::of(encoder.bytes)
}

fn host_own(host: &HostOp) -> Digest {
    let mut encoder = Encoder { bytes: Vec::new(), inputs: false };
    encoder.text(FORMAT);
    encoder.text("host");
    encoder.host(host);
    Digest::of(encoder.bytes)
}

struct Encoder {
    bytes: Vec<u8>,
    /// Whether inputs are written.
    inputs: bool,
}

impl Default for Encoder {
    fn default() -> Self {
        Self { bytes: Vec::new(), inputs: true }
    }
}

impl Encoder {
    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.bytes.extend_from_slice(text.as_bytes());
    }

    fn number(&mut self, number: u64) {
        self.bytes.extend_from_slice(&number.to_be_bytes());
    }

    fn flag(&mut self, flag: bool) {
        self.bytes.push(u8::from(flag));
    }

    fn list<T>(&mut self, items: &[T], mut each: impl FnMut(&mut Self, &T)) {
        self.number(items.len() as u64);
        for item in items {
            each(self, item);
        }
    }

    fn option<T>(&mut self, value: Option<&T>, each: impl FnOnce(&mut Self, &T)) {
        self.flag(value.is_some());
        if let Some(value) = value {
            each(self, value);
        }
    }

    fn output(&mut self, output: &Output) {
        if self.inputs {
            self.text(&output.vertex.0.hex());
        }
        self.number(u64::from(output.index));
    }

    fn platform(&mut self, platform: &Platform) {
        self.text(&platform.to_string());
    }

    fn op(&mut self, op: &Op) {
        match op {
            Op::Image(image) => {
                self.text("image");
                self.text(&image.reference);
                self.platform(&image.platform);
            }
            Op::Local(local) => {
                self.text("local");
                self.text(&local.root.to_string_lossy());
                self.list(&local.include, |e, pattern| e.text(pattern));
                // Most contexts have none of this, and keep the ids that they had.
                match local.ignore {
                    IgnoreFile::Own => {}
                    IgnoreFile::OwnOrDocker => self.text("dockerignore"),
                    IgnoreFile::None => self.text("noignore"),
                }
                if !local.exclude.is_empty() {
                    self.list(&local.exclude, |e, pattern| e.text(pattern));
                }
                if let Some(after) = &local.after {
                    self.text("after");
                    self.output(after);
                }
                if let Some(since) = &local.since {
                    self.text("since");
                    self.text(&since.hex());
                }
            }
            Op::Http(HttpSource { url, file, checksum }) => {
                self.text("http");
                self.text(url);
                self.text(file);
                self.option(checksum.as_ref(), |e, checksum| e.text(checksum));
            }
            Op::Exec(exec) => {
                self.text("exec");
                self.exec(exec);
            }
            Op::File(file) => {
                self.text("file");
                self.file(file);
            }
            Op::Host(host) => {
                self.text("host");
                self.host(host);
            }
            Op::Docker(step) => {
                self.text("docker");
                self.docker(step);
            }
            Op::Llb(llb) => {
                self.text("llb");
                self.llb(llb);
            }
            Op::Dockerfile(file) => {
                self.text("dockerfile");
                self.dockerfile(file);
            }
        }
    }

    fn exec(&mut self, exec: &Exec) {
        // Every field is named, so that a new one cannot be forgotten.
        let Exec {
            root,
            image,
            command,
            env,
            workdir,
            user,
            mounts,
            network,
            privileged,
            hosts,
            secret_env,
            platform,
            interactive,
        } = exec;
        match interactive {
            None => {}
            Some(ByHand::Lost) => self.text("interactive"),
            Some(ByHand::Kept) => self.text("interactive-keep"),
        }
        self.option(root.as_ref(), Self::output);
        if self.inputs {
            self.option(image.as_ref(), |e, image| e.text(&image.0.hex()));
        }
        self.command(command);
        self.list(env, Self::pair);
        self.option(workdir.as_ref(), |e, path| e.text(path));
        self.option(user.as_ref(), |e, user| e.text(user));
        self.list(mounts, Self::mount);
        self.text(match network {
            Network::Default => "default",
            Network::None => "none",
        });
        self.flag(*privileged);
        self.list(hosts, |e, (name, address)| {
            e.text(name);
            e.text(&address.to_string());
        });
        self.list(secret_env, Self::pair);
        self.platform(platform);
    }

    fn command(&mut self, command: &ExecCommand) {
        match command {
            ExecCommand::Shell(text) => {
                self.text("shell");
                self.text(text);
            }
            ExecCommand::Argv(args) => {
                self.text("argv");
                self.list(args, |e, arg| e.text(arg));
            }
        }
    }

    fn pair(&mut self, (name, value): &(String, String)) {
        self.text(name);
        self.text(value);
    }

    fn host(&mut self, host: &HostOp) {
        let HostOp { dir, action, after, place } = host;
        self.text(&dir.to_string_lossy());
        match action {
            HostAction::Process(process) => self.host_process(process),
            HostAction::Docker(docker) => {
                let HostDocker { process, images, compose } = &**docker;
                self.text("docker");
                self.host_process(process);
                self.list(images, Self::inner_image);
                self.option(compose.as_ref(), |e, HostCompose { compose, project }| {
                    e.compose(compose);
                    e.text(project);
                });
            }
            HostAction::CopyIn(CopyIn { tree, shape, dest, dir, if_exists }) => {
                self.text("copy");
                self.output(tree);
                self.number(*shape as u64);
                self.text(dest);
                self.flag(*dir);
                self.flag(*if_exists);
            }
        }
        self.option(after.as_ref(), Self::output);
        self.text(place);
    }

    fn host_process(&mut self, HostProcess { command, env, keep }: &HostProcess) {
        self.command(command);
        self.list(env, Self::pair);
        self.text(match keep {
            None => "nothing",
            Some(Keep::Output) => "output",
            Some(Keep::Code) => "code",
        });
    }

    fn docker(&mut self, step: &DockerStep) {
        let DockerStep { exec, images, compose, on_failure } = step;
        self.exec(exec);
        self.list(images, Self::inner_image);
        self.option(compose.as_ref(), Self::compose);
        match on_failure {
            OnFailure::Fail => self.flag(false),
            OnFailure::Keep => self.flag(true),
            OnFailure::Attend => self.text("attend"),
        }
    }

    fn inner_image(&mut self, InnerImage { name, content }: &InnerImage) {
        self.text(name);
        match content {
            InnerContent::Built(state) => {
                self.text("built");
                self.image_state(state);
            }
            InnerContent::Pulled(image) => {
                self.text("pulled");
                self.text(&image.reference);
                self.platform(&image.platform);
            }
        }
    }

    fn compose(&mut self, Compose { files, services, platform }: &Compose) {
        self.list(files, |e, file| e.text(file));
        self.list(services, |e, service| e.text(service));
        self.platform(platform);
    }

    fn llb(&mut self, llb: &LlbOp) {
        // What is known of the process and the number of results are read from the bytes.
        let LlbOp { bytes, inputs, outputs: _, process: _ } = llb;
        self.number(bytes.len() as u64);
        self.bytes.extend_from_slice(bytes);
        if self.inputs {
            self.list(inputs, Self::output);
        }
    }

    fn dockerfile(&mut self, file: &Dockerfile) {
        let Dockerfile { name, text, target, args, platform, cache_prefix, context } = file;
        self.text(name);
        match text {
            DockerfileText::Known(text) => {
                self.text("text");
                self.text(text);
            }
            DockerfileText::Artifact { tree, path } => {
                self.text("artifact");
                self.output(tree);
                self.text(path);
            }
        }
        self.option(target.as_ref(), |e, target| e.text(target));
        self.number(args.len() as u64);
        for (name, value) in args {
            self.text(name);
            self.text(value);
        }
        self.platform(platform);
        self.text(cache_prefix);
        self.option(context.as_ref(), Self::output);
    }

    fn image_state(&mut self, state: &ImageState) {
        let ImageState { root, image, patch, platform } = state;
        self.option(root.as_ref(), Self::output);
        self.option(image.as_ref(), |e, image| e.text(&image.0.hex()));
        // A patch holds maps in fixed orders and nothing that JSON cannot hold.
        self.text(&serde_json::to_string(patch).expect("a configuration is plain data"));
        self.platform(platform);
    }

    fn mount(&mut self, mount: &Mount) {
        self.text(&mount.target);
        match &mount.kind {
            MountKind::Bind { input, selector } => {
                self.text("bind");
                self.output(input);
                self.text(selector);
            }
            MountKind::Cache { id, sharing, readonly, base } => {
                self.text("cache");
                self.text(id);
                self.number(*sharing as u64);
                self.flag(*readonly);
                self.option(base.as_ref(), |e, (output, selector)| {
                    e.output(output);
                    e.text(selector);
                });
            }
            MountKind::Tmpfs => self.text("tmpfs"),
            MountKind::Secret { id, mode, optional } => {
                self.text("secret");
                self.text(id);
                self.number(u64::from(*mode));
                self.flag(*optional);
            }
            MountKind::Scratch => self.text("scratch"),
            MountKind::Writable { base } => {
                self.text("writable");
                self.output(base);
            }
            MountKind::Ssh => self.text("ssh"),
        }
    }

    fn file(&mut self, file: &FileOp) {
        self.option(file.base.as_ref(), Self::output);
        self.list(&file.actions, |e, action| match action {
            FileAction::Copy(copy) => e.copy(copy),
            FileAction::Mkfile { path, mode, text } => {
                e.text("mkfile");
                e.text(path);
                e.number(u64::from(*mode));
                e.text(text);
            }
            FileAction::Mkdir { path, mode, owner } => {
                e.text("mkdir");
                e.text(path);
                e.number(u64::from(*mode));
                e.option(owner.as_ref(), Self::owner);
            }
        });
    }

    fn copy(&mut self, copy: &CopyAction) {
        let CopyAction {
            from,
            source,
            dest,
            wildcard,
            allow_empty,
            dir_contents,
            follow_link,
            owner,
            mode,
            timestamp,
            unpack,
            only,
            without,
        } = copy;
        self.text("copy");
        self.option(from.as_ref(), Self::output);
        self.text(source);
        self.text(dest);
        for flag in [wildcard, allow_empty, dir_contents, follow_link] {
            self.flag(*flag);
        }
        self.option(owner.as_ref(), Self::owner);
        self.option(mode.as_ref(), |e, mode| e.number(u64::from(*mode)));
        self.option(timestamp.as_ref(), |e, time| e.bytes.extend_from_slice(&time.to_be_bytes()));
        // Most copies have none of this, and keep the ids that they had.
        if *unpack {
            self.text("unpack");
        }
        for (word, patterns) in [("only", only), ("without", without)] {
            if !patterns.is_empty() {
                self.text(word);
                self.list(patterns, |e, pattern| e.text(pattern));
            }
        }
    }

    fn owner(&mut self, owner: &Owner) {
        self.text(&owner.user);
        self.text(&owner.group);
        self.option(owner.names_in.as_ref(), Self::output);
    }
}
