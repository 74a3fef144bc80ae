//! A Dockerfile's process in our own terms, for who works in its state.

use super::translation::of_engine;
use crate::graph::Exec;
use crate::graph::dockerfile::LlbOp;
use crate::graph::op::{CacheSharing, ExecCommand, Mount, MountKind, Network};
use bollard_buildkit_proto::pb;
use prost::Message as _;

/// The id of the agent that is forwarded where none is named.
const AGENT: &str = "default";

/// The process; `None` where it has something that our terms lack. What only limits it is left out.
pub fn unfold(op: &LlbOp) -> Option<Exec> {
    let whole = pb::Op::decode(op.bytes.as_slice()).ok()?;
    let platform = of_engine(whole.platform.as_ref()?);
    let Some(pb::op::Op::Exec(exec)) = whole.op else { return None };
    let input = |at: i64| usize::try_from(at).ok().and_then(|at| op.inputs.get(at).copied());
    let network = match exec.network() {
        pb::NetMode::Unset => Network::Default,
        pb::NetMode::None => Network::None,
        pb::NetMode::Host => return None,
    };
    let privileged = exec.security() == pb::SecurityMode::Insecure;
    let (mut root, mut mounts) = (None, Vec::new());
    for mount in exec.mounts {
        let from = input(mount.input);
        if mount.dest == "/" {
            root = from;
            continue;
        }
        let selector = if mount.selector.is_empty() { "/".to_owned() } else { mount.selector.clone() };
        let kind = match mount.mount_type() {
            pb::MountType::Bind if mount.readonly => MountKind::Bind { input: from?, selector },
            pb::MountType::Bind => return None,
            pb::MountType::Cache => {
                let cache = mount.cache_opt?;
                let sharing = match cache.sharing() {
                    pb::CacheSharingOpt::Shared => CacheSharing::Shared,
                    pb::CacheSharingOpt::Private => CacheSharing::Private,
                    pb::CacheSharingOpt::Locked => CacheSharing::Locked,
                };
                let base = from.map(|from| (from, selector));
                MountKind::Cache { id: cache.id, sharing, readonly: mount.readonly, base }
            }
            pb::MountType::Tmpfs => MountKind::Tmpfs,
            pb::MountType::Secret => {
                let secret = mount.secret_opt?;
                MountKind::Secret { id: secret.id, mode: secret.mode, optional: secret.optional }
            }
            pb::MountType::Ssh if mount.ssh_opt.as_ref()?.id == AGENT => MountKind::Ssh,
            pb::MountType::Ssh => return None,
        };
        mounts.push(Mount { target: mount.dest, kind });
    }
    mounts.sort_by(|a, b| a.target.cmp(&b.target));
    let meta = exec.meta?;
    let pair = |pair: String| pair.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    let hosts = meta.extra_hosts.into_iter().map(|host| Some((host.host, host.ip.parse().ok()?)));
    let secrets = exec.secretenv.into_iter().map(|secret| (!secret.optional).then_some((secret.name, secret.id)));
    Some(Exec {
        root,
        image: None,
        command: ExecCommand::Argv(meta.args),
        env: meta.env.into_iter().filter_map(pair).collect(),
        workdir: Some(meta.cwd).filter(|dir| !dir.is_empty()),
        user: Some(meta.user).filter(|user| !user.is_empty()),
        mounts,
        network,
        privileged,
        hosts: hosts.collect::<Option<_>>()?,
        secret_env: secrets.collect::<Option<_>>()?,
        platform,
        interactive: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::{Digest, VertexId};
    use crate::engine::buildkit::lower;
    use crate::graph::Output;

    fn output(name: &str) -> Output {
        Output { vertex: VertexId(Digest::of(name)), index: 0 }
    }

    fn process(change: impl FnOnce(&mut pb::ExecOp)) -> LlbOp {
        let meta = pb::Meta {
            args: ["/bin/sh", "-c", "make"].map(str::to_owned).to_vec(),
            env: vec!["PATH=/bin".to_owned(), "A=b=c".to_owned()],
            cwd: "/src".to_owned(),
            ..pb::Meta::default()
        };
        let root = pb::Mount { dest: "/".to_owned(), ..pb::Mount::default() };
        let mut exec = pb::ExecOp { meta: Some(meta), mounts: vec![root], ..pb::ExecOp::default() };
        change(&mut exec);
        let platform =
            pb::Platform { os: "linux".to_owned(), architecture: "arm64".to_owned(), ..pb::Platform::default() };
        let whole = pb::Op { op: Some(pb::op::Op::Exec(exec)), platform: Some(platform), ..pb::Op::default() };
        LlbOp { bytes: lower::encode(whole), inputs: vec![output("root"), output("other")], outputs: 1, process: None }
    }

    fn mount(kind: pb::MountType, change: impl FnOnce(&mut pb::Mount)) -> LlbOp {
        let mut mount = pb::Mount { dest: "/m".to_owned(), input: -1, ..pb::Mount::default() };
        mount.set_mount_type(kind);
        change(&mut mount);
        process(|exec| exec.mounts.push(mount))
    }

    #[test]
    fn a_process_keeps_what_it_runs_with() {
        let exec = unfold(&process(|_| {})).unwrap();
        assert_eq!(exec.root, Some(output("root")));
        assert_eq!(exec.command, ExecCommand::Argv(["/bin/sh", "-c", "make"].map(str::to_owned).to_vec()));
        assert_eq!(exec.env, [("PATH", "/bin"), ("A", "b=c")].map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!((exec.workdir.as_deref(), exec.user, exec.image), (Some("/src"), None, None));
        assert_eq!(exec.platform.to_string(), "linux/arm64");
    }

    #[test]
    fn mounts_are_those_of_our_own_steps() {
        let kind = |op: &LlbOp| unfold(op).map(|exec| exec.mounts[0].kind.clone());
        let bind = |readonly| move |mount: &mut pb::Mount| (mount.input, mount.readonly) = (1, readonly);
        let read = MountKind::Bind { input: output("other"), selector: "/".to_owned() };
        assert_eq!(kind(&mount(pb::MountType::Bind, bind(true))), Some(read));
        assert_eq!(kind(&mount(pb::MountType::Bind, bind(false))), None, "what is written there is nowhere");
        assert_eq!(kind(&mount(pb::MountType::Tmpfs, |_| {})), Some(MountKind::Tmpfs));
        let cache = kind(&mount(pb::MountType::Cache, |mount| {
            mount.cache_opt = Some(pb::CacheOpt { id: "c".to_owned(), sharing: pb::CacheSharingOpt::Locked.into() });
        }));
        let expected =
            MountKind::Cache { id: "c".to_owned(), sharing: CacheSharing::Locked, readonly: false, base: None };
        assert_eq!(cache, Some(expected));
        let agent = |id: &str| {
            let ssh = pb::SshOpt { id: id.to_owned(), ..pb::SshOpt::default() };
            kind(&mount(pb::MountType::Ssh, |mount| mount.ssh_opt = Some(ssh)))
        };
        assert_eq!((agent("default"), agent("deploy")), (Some(MountKind::Ssh), None));
    }

    #[test]
    fn what_our_terms_lack_is_no_process() {
        assert_eq!(unfold(&process(|exec| exec.set_network(pb::NetMode::Host))), None);
        let file = pb::Op { op: Some(pb::op::Op::File(pb::FileOp::default())), ..pb::Op::default() };
        assert_eq!(unfold(&LlbOp { bytes: lower::encode(file), inputs: Vec::new(), outputs: 1, process: None }), None);
    }
}
