//! Operations in words.

use crate::graph::Compose;
use crate::graph::dockerfile::{Dockerfile, LlbOp};
use crate::graph::host::{HostAction, HostOp, HostProcess, Keep};
use crate::graph::image::{ConfigPatch, Healthcheck};
use crate::graph::op::{
    ByHand, CacheSharing, CopyAction, DockerStep, Exec, ExecCommand, FileAction, InnerContent, InnerImage, MountKind,
    Network, OnFailure, Op, Owner,
};
use crate::graph::plan::{ArtifactOutput, ImageOutput};

/// The kind of an operation, one word.
pub fn kind(op: &Op) -> &'static str {
    match op {
        Op::Image(_) => "image",
        Op::Local(_) => "context",
        Op::Http(_) => "http",
        Op::Exec(_) => "exec",
        Op::File(_) => "file",
        Op::Docker(_) => "docker",
        Op::Host(_) => "host",
        Op::Llb(_) => "llb",
        Op::Dockerfile(_) => "dockerfile",
    }
}

/// What an operation does, a line for each part.
pub fn lines(op: &Op) -> Vec<String> {
    match op {
        Op::Image(image) => vec![format!("{} for {}", image.reference, image.platform)],
        Op::Local(local) => {
            let without =
                if local.exclude.is_empty() { String::new() } else { format!(" without {}", local.exclude.join(", ")) };
            let after = match (local.after, local.since) {
                (Some(_), _) => ", read after another step",
                (None, Some(_)) => ", read after what was done on this machine",
                (None, None) => "",
            };
            vec![format!("{} of {}{without}{after}", local.include.join(", "), local.root.display())]
        }
        Op::Http(http) => {
            let checksum = http.checksum.iter().map(|checksum| format!(", which is {checksum}"));
            vec![format!("{} as {}{}", http.url, http.file, checksum.collect::<String>())]
        }
        Op::Exec(exec) => of_exec(exec),
        Op::File(file) => file.actions.iter().map(of_action).collect(),
        Op::Docker(step) => of_docker(step),
        Op::Host(host) => of_host(host),
        Op::Llb(LlbOp { process: Some(process), .. }) => vec![format!("{:?}", process.args)],
        Op::Llb(_) => Vec::new(),
        Op::Dockerfile(file) => of_dockerfile(file),
    }
}

fn of_dockerfile(file: &Dockerfile) -> Vec<String> {
    let mut lines = vec![format!("{} for {}", file.name, file.platform)];
    lines.extend(file.target.iter().map(|target| format!("up to stage {target}")));
    lines.extend(file.args.iter().map(|(name, value)| format!("arg {name}={value}")));
    lines
}

/// An image's platform, and what is changed in the configuration of the image that it starts from.
pub fn image(image: &ImageOutput) -> Vec<String> {
    let mut lines = vec![format!("for {}", image.state.platform)];
    lines.extend(of_patch(&image.state.patch));
    lines
}

/// What an artifact is, and what its destination is relative to.
pub fn artifact(artifact: &ArtifactOutput) -> Vec<String> {
    let mut line = format!("{} to {} from {}", artifact.source, artifact.dest, artifact.base.display());
    for (flag, word) in [(!artifact.confined, "anywhere"), (artifact.if_exists, "if it exists")] {
        if flag {
            line.push_str(", ");
            line.push_str(word);
        }
    }
    vec![line]
}

fn of_patch(patch: &ConfigPatch) -> Vec<String> {
    let mut lines: Vec<String> = patch.env.iter().map(|(name, value)| format!("env {name}={value}")).collect();
    lines.extend(patch.entrypoint.iter().map(|args| format!("entrypoint {args:?}")));
    lines.extend(patch.cmd.iter().map(|args| format!("cmd {args:?}")));
    lines.extend(patch.workdir.iter().map(|path| format!("in {path}")));
    lines.extend(patch.user.iter().map(|user| format!("as {user}")));
    lines.extend(patch.exposed.iter().map(|port| format!("port {port}")));
    lines.extend(patch.volumes.iter().map(|path| format!("volume {path}")));
    // What every image is labelled with says nothing about this one.
    let own = patch.labels.iter().filter(|(key, _)| !key.starts_with("dev.rbuild."));
    lines.extend(own.map(|(key, value)| format!("label {key}={value}")));
    lines.extend(patch.healthcheck.iter().map(of_healthcheck));
    lines
}

fn of_healthcheck(check: &Healthcheck) -> String {
    let mut line = format!("health check {:?}", check.test);
    for (name, nanoseconds) in [
        ("interval", check.interval),
        ("timeout", check.timeout),
        ("start period", check.start_period),
        ("start interval", check.start_interval),
    ] {
        if let Ok(nanoseconds @ 1..) = u64::try_from(nanoseconds) {
            line.push_str(&format!(", {name} {:?}", std::time::Duration::from_nanos(nanoseconds)));
        }
    }
    if check.retries > 0 {
        line.push_str(&format!(", {} retries", check.retries));
    }
    line
}

fn of_docker(step: &DockerStep) -> Vec<String> {
    let mut lines = of_exec(&step.exec);
    lines.extend(step.images.iter().map(of_inner_image));
    lines.extend(step.compose.iter().map(of_compose));
    lines.extend(match step.on_failure {
        OnFailure::Fail => None,
        OnFailure::Keep => Some("goes on when it fails".to_owned()),
        OnFailure::Attend => Some("opens a shell when it fails".to_owned()),
    });
    lines
}

fn of_inner_image(image: &InnerImage) -> String {
    match &image.content {
        InnerContent::Built(_) => format!("load {}", image.name),
        InnerContent::Pulled(source) => format!("pull {} for {}", source.reference, source.platform),
    }
}

fn of_compose(compose: &Compose) -> String {
    let services = if compose.services.is_empty() { "all services".to_owned() } else { compose.services.join(", ") };
    format!("compose {}: {services}", compose.files.join(", "))
}

fn of_host_process(process: &HostProcess) -> Vec<String> {
    let mut lines = vec![of_command(&process.command)];
    lines.extend(process.env.iter().map(|(name, value)| format!("env {name}={value}")));
    lines.extend(process.keep.map(|keep| match keep {
        Keep::Output => "asked for its output".to_owned(),
        Keep::Code => "asked for its exit code".to_owned(),
    }));
    lines
}

fn of_host(host: &HostOp) -> Vec<String> {
    let mut lines = match &host.action {
        HostAction::Process(process) => of_host_process(process),
        HostAction::Docker(docker) => {
            let mut lines = of_host_process(&docker.process);
            lines.extend(docker.images.iter().map(of_inner_image));
            lines.extend(
                docker
                    .compose
                    .iter()
                    .map(|services| format!("{}, as project {}", of_compose(&services.compose), services.project)),
            );
            lines
        }
        HostAction::CopyIn(copy) => {
            let mut line = format!("copy to {}", copy.dest);
            for (flag, word) in [(!copy.dir, "contents of directories"), (copy.if_exists, "if it exists")] {
                if flag {
                    line.push_str(", ");
                    line.push_str(word);
                }
            }
            vec![line]
        }
    };
    lines.push(format!("on this machine, in {}", host.dir.display()));
    lines
}

fn of_command(command: &ExecCommand) -> String {
    match command {
        ExecCommand::Shell(text) => format!("sh -c {text:?}"),
        ExecCommand::Argv(args) => format!("{args:?}"),
    }
}

fn of_exec(exec: &Exec) -> Vec<String> {
    let mut lines = vec![of_command(&exec.command)];
    lines.extend(exec.env.iter().map(|(name, value)| format!("env {name}={value}")));
    lines.extend(exec.secret_env.iter().map(|(name, id)| format!("env {name} from secret {id}")));
    lines.extend(exec.workdir.iter().map(|path| format!("in {path}")));
    lines.extend(exec.user.iter().map(|user| format!("as {user}")));
    for mount in &exec.mounts {
        let what = match &mount.kind {
            MountKind::Bind { selector, .. } => format!("{selector} of another result"),
            MountKind::Cache { id, sharing, readonly, .. } => {
                let sharing = match sharing {
                    CacheSharing::Shared => "shared",
                    CacheSharing::Private => "private",
                    CacheSharing::Locked => "locked",
                };
                format!("cache {id}, {sharing}{}", if *readonly { ", read-only" } else { "" })
            }
            MountKind::Tmpfs => "memory".to_owned(),
            MountKind::Secret { id, mode, .. } => format!("secret {id}, mode {mode:04o}"),
            MountKind::Ssh => "the ssh agent".to_owned(),
            MountKind::Scratch | MountKind::Writable { .. } => "an output of its own".to_owned(),
        };
        lines.push(format!("mount {}: {what}", mount.target));
    }
    if exec.network == Network::None {
        lines.push("without network".to_owned());
    }
    if exec.privileged {
        lines.push("privileged".to_owned());
    }
    lines.extend(exec.interactive.map(|by_hand| match by_hand {
        ByHand::Lost => "at the terminal, and what it changes is lost".to_owned(),
        ByHand::Kept => "at the terminal, and what it changes is kept".to_owned(),
    }));
    lines.extend(exec.hosts.iter().map(|(name, address)| format!("host {name} is {address}")));
    lines
}

fn of_action(action: &FileAction) -> String {
    match action {
        FileAction::Mkfile { path, mode, text } => format!("file {path}, mode {mode:04o}: {text:?}"),
        FileAction::Mkdir { path, mode, owner } => {
            format!("mkdir {path}, mode {mode:04o}{}", of_owner(owner.as_ref()))
        }
        FileAction::Copy(copy) => of_copy(copy),
    }
}

fn of_copy(copy: &CopyAction) -> String {
    let mut line = format!("copy {} to {}", copy.source, copy.dest);
    for (flag, word) in [
        (copy.dir_contents, "contents of directories"),
        (copy.allow_empty, "if it exists"),
        (!copy.follow_link, "links as links"),
        (copy.timestamp.is_none(), "times kept"),
        (copy.unpack, "archives unpacked"),
    ] {
        if flag {
            line.push_str(", ");
            line.push_str(word);
        }
    }
    for (word, patterns) in [("only", &copy.only), ("without", &copy.without)] {
        if !patterns.is_empty() {
            line.push_str(&format!(", {word} {}", patterns.join(" ")));
        }
    }
    if let Some(mode) = copy.mode {
        line.push_str(&format!(", mode {mode:04o}"));
    }
    line + &of_owner(copy.owner.as_ref())
}

fn of_owner(owner: Option<&Owner>) -> String {
    match owner {
        None => String::new(),
        Some(Owner { user, group, .. }) if group.is_empty() => format!(", owner {user}"),
        Some(Owner { user, group, .. }) => format!(", owner {user}:{group}"),
    }
}
