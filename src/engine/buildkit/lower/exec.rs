//! Processes.

use super::definition::{EMPTY, Inputs, Lowering};
use crate::digest::Digest;
use crate::engine::EngineError;
use crate::engine::buildkit::capabilities::SECRET_ENV;
use crate::engine::buildkit::gates::PREFIX;
use crate::engine::buildkit::secrets::VARIABLE;
use crate::engine::buildkit::ssh::AGENT;
use crate::graph::encode;
use crate::graph::image::ImageConfig;
use crate::graph::op::{CacheSharing, Exec, ExecCommand, Mount, MountKind, Network};
use crate::shell::quote;
use bollard_buildkit_proto::pb;

/// Where an open gate may be mounted. The engine puts an empty file system on `/dev` first, so no stub stays in the step's result.
const GATE: &str = "/dev/.rbuild-gate";
/// "Not a result" where a mount's output is named.
const NO_OUTPUT: i64 = -1;

/// The id of an exec's gate. It is in the engine's cache key, so it is named for the operation itself, never for its inputs; with a
/// nonce the step runs once in each invocation.
pub(super) fn gate(exec: &Exec, nonce: Option<&str>) -> String {
    gate_of(&encode::exec_own(exec), nonce)
}

/// The id of the gate of an operation with this digest.
pub(super) fn gate_of(own: &Digest, nonce: Option<&str>) -> String {
    let own = own.hex();
    nonce.map_or_else(|| format!("{PREFIX}{own}"), |nonce| format!("{PREFIX}{own}.{nonce}"))
}

/// What holds a process back until its gate is open.
pub(super) fn gate_mount(gate: &str) -> pb::Mount {
    secret(GATE, gate, 0o400, true)
}

/// How many results it has: its root and its scratch mounts.
pub(super) fn outputs(exec: &Exec) -> u32 {
    1 + u32::try_from(exec.mounts.iter().filter(|mount| mount.kind.is_result()).count()).unwrap_or(0)
}

pub(super) fn lower(
    exec: &Exec,
    gate: &str,
    with: &Lowering<'_>,
    inputs: &mut Inputs<'_>,
) -> Result<pb::op::Op, EngineError> {
    let mut process = process(exec, with, inputs)?;
    process.mounts.insert(0, gate_mount(gate));
    Ok(pb::op::Op::Exec(process))
}

/// The process without a gate.
pub(super) fn process(exec: &Exec, with: &Lowering<'_>, inputs: &mut Inputs<'_>) -> Result<pb::ExecOp, EngineError> {
    let none = ImageConfig::default();
    let config = match &exec.image {
        Some(image) => with
            .configs
            .get(image)
            .ok_or_else(|| EngineError::Other(format!("the configuration of image {image} is not known")))?,
        None => &none,
    };
    let secrets = SecretVariables::of(exec, with);
    let mut mounts = vec![root(inputs.index_or_empty(exec.root)?)];
    // Caches in the order of their ids: two steps that lock the same two never wait for each other.
    let mut caches: Vec<&Mount> =
        exec.mounts.iter().filter(|mount| matches!(mount.kind, MountKind::Cache { .. })).collect();
    caches.sort_by_key(|mount| match &mount.kind {
        MountKind::Cache { id, .. } => (id.as_str(), mount.target.as_str()),
        _ => ("", ""),
    });
    for cache in caches {
        mounts.push(lower_mount(cache, 0, inputs)?);
    }
    let mut outputs = 1;
    for mount in exec.mounts.iter().filter(|mount| !matches!(mount.kind, MountKind::Cache { .. })) {
        mounts.push(lower_mount(mount, outputs, inputs)?);
        outputs += i64::from(mount.kind.is_result());
    }
    mounts.extend(secrets.mounts);
    let meta = pb::Meta {
        args: secrets.args,
        env: environment(config, &exec.env),
        cwd: exec.workdir.clone().unwrap_or_else(|| match config.working_dir.as_str() {
            "" => "/".to_owned(),
            path => path.to_owned(),
        }),
        user: exec.user.clone().unwrap_or_else(|| config.user.clone()),
        extra_hosts: (exec.hosts.iter())
            .map(|(host, address)| pb::HostIp { host: host.clone(), ip: address.to_string() })
            .collect(),
        ..pb::Meta::default()
    };
    Ok(pb::ExecOp {
        meta: Some(meta),
        mounts,
        network: match exec.network {
            Network::Default => pb::NetMode::Unset,
            Network::None => pb::NetMode::None,
        }
        .into(),
        security: if exec.privileged { pb::SecurityMode::Insecure } else { pb::SecurityMode::Sandbox }.into(),
        secretenv: secrets.variables,
        cdi_devices: Vec::new(),
    })
}

/// The image's variables with the step's in their places, then the step's others.
#[must_use]
pub fn environment(config: &ImageConfig, own: &[(String, String)]) -> Vec<String> {
    let mut env = config.env.clone();
    for (name, value) in own {
        let pair = format!("{name}={value}");
        match env.iter_mut().find(|old| old.split_once('=').is_some_and(|(key, _)| key == name)) {
            Some(old) => *old = pair,
            None => env.push(pair),
        }
    }
    env
}

fn root(input: i64) -> pb::Mount {
    pb::Mount { input, dest: "/".to_owned(), output: 0, ..pb::Mount::default() }
}

fn secret(dest: &str, id: &str, mode: u32, optional: bool) -> pb::Mount {
    pb::Mount {
        input: EMPTY,
        dest: dest.to_owned(),
        output: NO_OUTPUT,
        mount_type: pb::MountType::Secret.into(),
        secret_opt: Some(pb::SecretOpt { id: id.to_owned(), uid: 0, gid: 0, mode, optional }),
        ..pb::Mount::default()
    }
}

fn lower_mount(mount: &Mount, output: i64, inputs: &mut Inputs<'_>) -> Result<pb::Mount, EngineError> {
    let plain = pb::Mount { input: EMPTY, dest: mount.target.clone(), output: NO_OUTPUT, ..pb::Mount::default() };
    Ok(match &mount.kind {
        MountKind::Bind { input, selector } => {
            pb::Mount { input: inputs.index(*input)?, selector: selector.clone(), readonly: true, ..plain }
        }
        MountKind::Cache { id, sharing, readonly, base } => {
            let sharing = match sharing {
                CacheSharing::Shared => pb::CacheSharingOpt::Shared,
                CacheSharing::Private => pb::CacheSharingOpt::Private,
                CacheSharing::Locked => pb::CacheSharingOpt::Locked,
            };
            pb::Mount {
                input: inputs.index_or_empty(base.as_ref().map(|(output, _)| *output))?,
                selector: base.as_ref().map(|(_, selector)| selector.clone()).unwrap_or_default(),
                readonly: *readonly,
                mount_type: pb::MountType::Cache.into(),
                cache_opt: Some(pb::CacheOpt { id: id.clone(), sharing: sharing.into() }),
                ..plain
            }
        }
        MountKind::Tmpfs => {
            pb::Mount { mount_type: pb::MountType::Tmpfs.into(), tmpfs_opt: Some(pb::TmpfsOpt::default()), ..plain }
        }
        MountKind::Secret { id, mode, optional } => secret(&mount.target, id, *mode, *optional),
        MountKind::Scratch => pb::Mount { output, ..plain },
        MountKind::Writable { base } => pb::Mount { input: inputs.index(*base)?, output, ..plain },
        MountKind::Ssh => pb::Mount {
            mount_type: pb::MountType::Ssh.into(),
            // Whoever the step runs as may use it, as if it were the agent's own machine.
            ssh_opt: Some(pb::SshOpt { id: AGENT.to_owned(), uid: 0, gid: 0, mode: 0o666, optional: false }),
            ..plain
        },
    })
}

/// A command line, and what brings secrets into its variables.
struct SecretVariables {
    args: Vec<String>,
    mounts: Vec<pb::Mount>,
    variables: Vec<pb::SecretEnv>,
}

impl SecretVariables {
    fn of(exec: &Exec, with: &Lowering<'_>) -> Self {
        let mut variables = Vec::new();
        let native = matches!(exec.command, ExecCommand::Argv(_)) && with.capabilities.has(SECRET_ENV);
        if native {
            variables.extend((exec.secret_env.iter()).map(|(name, id)| pb::SecretEnv {
                id: format!("{VARIABLE}{id}"),
                name: name.clone(),
                optional: false,
            }));
        }
        let (mut mounts, mut exports) = (Vec::<pb::Mount>::new(), String::new());
        for (name, id) in exec.secret_env.iter().filter(|_| !native) {
            let given = exec.mounts.iter().find(
                |mount| matches!(&mount.kind, MountKind::Secret { id: known, optional: false, .. } if known == id),
            );
            let path = given.map_or_else(|| format!("/run/secrets/{id}"), |mount| mount.target.clone());
            if given.is_none() && !mounts.iter().any(|mount| mount.dest == path) {
                mounts.push(secret(&path, id, 0o444, false));
            }
            exports.push_str(&format!("export {name}=\"$(cat {})\"; ", quoted(&path)));
        }
        Self { args: exec.command.argv(&exports), mounts, variables }
    }
}

/// A word for the shell; plain ones stay as they are.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@:".contains(c);
    if word.chars().all(plain) { word.to_owned() } else { quote(word) }
}
