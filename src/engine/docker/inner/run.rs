//! The whole of a step, from its container's start to the image of its result.

use super::container::{Container, HOME};
use super::daemon::{Daemon, NoStart};
use super::daemon_config;
use super::load::{self, Inventory, script};
use super::process;
use super::secret::Secrets;
use super::services::Services;
use super::step::{Rest, Step};
use crate::digest::VertexId;
use crate::engine::docker::Docker;
use crate::engine::{EngineError, Observer};
use crate::event::StepPhase;
use crate::shell::quote;
use bollard::models::ContainerConfig;
use bollard::query_parameters::CommitContainerOptionsBuilder;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// How long the engine may take to make an image of a container.
const COMMIT: Duration = Duration::from_secs(3600);
/// Where the container sees its control groups.
const CGROUP: &str = "/sys/fs/cgroup";

/// What the container's preparation tells.
#[derive(Debug, Default, PartialEq, Eq)]
struct Facts {
    daemon: bool,
    client: bool,
    root: Root,
    config: String,
    /// Why the directory of the data root is of no use.
    unfit: Option<String>,
}

/// The state of the data root.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Root {
    /// Nothing was in it.
    #[default]
    New,
    /// Its last daemon ended as it should.
    Clean,
    /// Its last daemon was killed.
    Dirty,
    /// Its last daemon went down with its machine; what it held is gone.
    Replaced,
}

impl Facts {
    fn read(lines: &[String]) -> Self {
        let mut facts = Self::default();
        for line in lines {
            match line.split_once(' ') {
                Some(("daemon", _)) => facts.daemon = true,
                Some(("cli", _)) => facts.client = true,
                Some(("config", text)) => facts.config.push_str(&format!("{text}\n")),
                Some(("unfit", why)) => facts.unfit = Some(why.to_owned()),
                Some(("root", "clean")) => facts.root = Root::Clean,
                Some(("root", "dirty")) => facts.root = Root::Dirty,
                Some(("root", "replaced")) => facts.root = Root::Replaced,
                _ => {}
            }
        }
        facts
    }
}

/// What came of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// The tag of its result, where it has one.
    pub tag: Option<String>,
    /// The exit code of its process: 0, unless something is there when it fails.
    pub code: i32,
}

/// Why a step did not run to its end.
#[derive(Debug)]
pub enum Failed {
    /// The engine, or the step's own process.
    Engine(EngineError),
    /// The engine cannot use the directory of the data root, for this reason. Nothing was begun.
    Unfit(String),
}

impl From<EngineError> for Failed {
    fn from(error: EngineError) -> Self {
        Self::Engine(error)
    }
}

/// Runs a step. When it succeeds, its result is the image that the step names; else there is none, unless it keeps its failures.
/// Nothing else is left, whatever happens: also when the future is dropped, or the whole client killed.
///
/// # Errors
/// [`EngineError::Exit`] when its process ends with another code than 0; else what went wrong.
pub async fn run(docker: &Docker, step: &Step, vertex: VertexId, observer: &Arc<dyn Observer>) -> Result<Ran, Failed> {
    observer.phase(vertex, StepPhase::Create);
    let container = Container::start(docker, step, observer, vertex).await?;
    observer.phase(vertex, StepPhase::Start);
    let ran = within(docker, step, vertex, observer, &container).await;
    observer.phase(vertex, StepPhase::Remove);
    let removed = container.remove().await;
    let ran = ran?;
    Ok(removed.map(|()| ran)?)
}

async fn within(
    docker: &Docker,
    step: &Step,
    vertex: VertexId,
    observer: &Arc<dyn Observer>,
    container: &Container,
) -> Result<Ran, Failed> {
    let facts = prepare(step, container).await?;
    let (daemon, had) = open(step, vertex, observer, container, &facts).await?;
    observer.phase(vertex, StepPhase::Load);
    load::load(docker, container, &step.images, had.as_ref()).await?;
    observer.phase(vertex, StepPhase::Command);
    let ran = beside_services(docker, step, vertex, observer, container).await;
    observer.phase(vertex, StepPhase::Stop);
    let closed = close(step, vertex, observer, container, daemon).await;
    let (tag, code) = match (ran, &step.on_failure) {
        (Err(EngineError::Exit(code)), Rest::Image(tag)) => (Some(tag), code),
        (Err(EngineError::Exit(code)), Rest::Shell) => (None, code),
        (ran, rest) => ran.map(|()| ((*rest != Rest::Shell).then_some(&step.result.1), 0))?,
    };
    closed?;
    let Some(tag) = tag else { return Ok(Ran { tag: None, code }) };
    observer.phase(vertex, StepPhase::Commit);
    commit(docker, (&step.result.0, tag), "result", container).await?;
    Ok(Ran { tag: Some(tag.clone()), code })
}

/// Runs the process, and the services around it.
async fn beside_services(
    docker: &Docker,
    step: &Step,
    vertex: VertexId,
    observer: &Arc<dyn Observer>,
    container: &Container,
) -> Result<(), EngineError> {
    let services = step.compose.as_ref().map(|compose| Services { docker, container, process: &step.process, compose });
    let output = |stream, bytes: &[u8]| observer.output(vertex, stream, bytes);
    if let Some(services) = &services
        && let Err(error) = services.up(output).await
    {
        // Why they did not come up is what counts.
        let _ended = services.down(|_, _| {}).await;
        return Err(error);
    }
    let ran = process::run(docker, container, &step.process, vertex, observer).await;
    if let (Err(EngineError::Exit(code)), Rest::Shell) = (&ran, &step.on_failure) {
        match observer.console(vertex).await {
            Ok(console) => {
                let opened = process::open_shell(docker, container, &step.process, *code, console).await;
                if let Err(error) = opened {
                    observer.note(vertex, format!("the shell ended before its time: {error}"));
                }
            }
            Err(error) => observer.note(vertex, format!("no shell is opened: {error}")),
        }
    }
    if let Some(services) = &services {
        let mut said = Vec::new();
        if let Err(error) = services.down(|_, bytes| said.extend_from_slice(bytes)).await {
            let said = String::from_utf8_lossy(&said).into_owned();
            observer.note(vertex, format!("{error}\n{}", said.trim()));
        }
    }
    ran
}

/// Brings the container to where a daemon can be started in it.
async fn prepare(step: &Step, container: &Container) -> Result<Facts, Failed> {
    let control = &container.control;
    let places = Secrets::of(&step.process).write(control).await?;
    let kit = step.kit.as_ref().map(|kit| kit.target.as_str()).unwrap_or_default();
    let directory = step.root.as_ref().and_then(|root| root.directory.as_ref());
    let nonce = directory.map(|directory| directory.nonce.as_str()).unwrap_or_default();
    let text = format!(
        "{}\nhome={HOME}\nkit={kit}\nnonce={nonce}\ncgroup={CGROUP}\nboot=/proc/sys/kernel/random/boot_id\nworkdir={}\nfiles() {{\n:\n{places}}}\nprepare",
        concat!(include_str!("made.sh"), include_str!("prepare.sh")),
        quote(&step.process.workdir)
    );
    let lines = control.must("prepare the container of a WITH DOCKER step", &text).await?;
    let facts = Facts::read(&lines);
    if let Some(why) = facts.unfit {
        return Err(Failed::Unfit(why));
    }
    if !facts.daemon {
        return Err(Failed::Engine(EngineError::Other(
            "there is no `dockerd` in the step's file system; use an image that has one, such as `docker:dind`"
                .to_owned(),
        )));
    }
    Ok(facts)
}

/// Starts the daemon on the data root, and tells what a kept root holds.
async fn open(
    step: &Step,
    vertex: VertexId,
    observer: &Arc<dyn Observer>,
    container: &Container,
    facts: &Facts,
) -> Result<(Daemon, Option<Inventory>), EngineError> {
    let control = &container.control;
    let config = daemon_config::meld(&facts.config)?;
    let env = step.kit.iter().flat_map(|kit| &kit.env).map(|(name, value)| format!("{name}={} ", quote(value)));
    let command = &format!("{}exec dockerd", env.collect::<String>());
    let name = step.root.as_ref().map(|kept| kept.root.pool.as_str()).unwrap_or_default();
    if facts.root == Root::Replaced {
        observer.note(vertex, format!("the daemon's data of `{name}` went down with its machine; it begins anew"));
    }
    let has_content = matches!(facts.root, Root::Clean | Root::Dirty);
    let daemon = match Daemon::start(control, &config, command).await {
        Ok(daemon) => daemon,
        Err(NoStart::Log(log)) if has_content => {
            // A daemon mounts its directory on itself, and may die without taking that back.
            let free = format!("cd {HOME}/data && while umount -l docker 2>/dev/null; do :; done");
            let aside = format!("{free}; rm -rf old && mv docker old && mkdir docker && rm -f images");
            control.must("replace the daemon's data", &aside).await?;
            match Daemon::start(control, &config, command).await {
                Ok(daemon) => {
                    observer.note(vertex, format!("the daemon's data of `{name}` was damaged and is replaced:\n{log}"));
                    control.run(&format!("rm -rf {HOME}/data/old")).await?;
                    return Ok((daemon, Some(Inventory::default())));
                }
                Err(why) => {
                    // It was not the data's fault.
                    control.run(&format!("{free}; rm -rf docker && mv old docker")).await?;
                    return Err(why.into());
                }
            }
        }
        Err(why) => return Err(why.into()),
    };
    if step.root.is_none() {
        return Ok((daemon, None));
    }
    if !has_content {
        return Ok((daemon, Some(Inventory::default())));
    }
    let tidy = script(TIDY);
    let tidying = control.must("clear the step's daemon", &tidy);
    let (_, mut had) = tokio::try_join!(tidying, Inventory::take(container))?;
    if facts.root == Root::Dirty {
        observer.note(
            vertex,
            format!("the last step that used the daemon's data of `{name}` was killed; its images are checked"),
        );
        let ids: Vec<&str> = had.ids().into_iter().collect();
        if !ids.is_empty() {
            control
                .must("check the images of the step's daemon", &script(&format!("{CHECK}\ncheck {}", ids.join(" "))))
                .await?;
            had = Inventory::take(container).await?;
        }
    }
    Ok((daemon, Some(had)))
}

/// Removes what the steps before left in a kept daemon, images apart.
const TIDY: &str = "set -e
if holds containers; then
    left=$(docker ps -aq)
    [ -z \"$left\" ] || docker rm -f -v $left >/dev/null
fi
if holds volumes; then
    left=$(docker volume ls -q)
    [ -z \"$left\" ] || docker volume rm -f $left >/dev/null
fi
left=$(docker network ls -q --filter type=custom)
[ -z \"$left\" ] || docker network rm $left >/dev/null";

/// Drops each image that no container can be made of.
const CHECK: &str = "check() {
    for id in \"$@\"; do
        if made=$(docker create \"$id\" true); then
            docker rm \"$made\" >/dev/null
        else
            docker rmi -f \"$id\"
        fi
    done
}";

/// Ends everything but the first process, and takes away what the step did not make.
async fn close(
    step: &Step,
    vertex: VertexId,
    observer: &Arc<dyn Observer>,
    container: &Container,
    daemon: Daemon,
) -> Result<(), EngineError> {
    let control = &container.control;
    let mut keep = false;
    if step.root.is_some() {
        // Running containers would hold the daemon up, and nobody needs them any more.
        let text =
            "holds containers || exit 0; left=$(docker ps -q); [ -z \"$left\" ] || docker rm -f -v $left >/dev/null";
        control.run(&script(text)).await?;
        keep = daemon.stop(control).await?;
    }
    control.sweep().await?;
    let keep = u8::from(keep);
    let own = concat!(include_str!("made.sh"), include_str!("leave.sh"));
    let text = format!("{own}\nhome={HOME}\ncgroup={CGROUP}\nkeep={keep}\nleave");
    let (lines, _) = control.run(&text).await?;
    let peak = lines.iter().find_map(|line| line.strip_prefix("memory ")?.parse().ok());
    if let Some(bytes) = peak {
        observer.peak_memory(vertex, bytes);
    }
    Ok(())
}

/// Makes an image, of this repository and tag, of what a container changed.
pub(super) async fn commit(
    docker: &Docker,
    (repository, tag): (&str, &str),
    kind: &str,
    container: &Container,
) -> Result<(), EngineError> {
    let options = CommitContainerOptionsBuilder::default()
        .container(&container.id)
        .repo(repository)
        .tag(tag)
        .pause(false)
        .build();
    let labels = HashMap::from([("dev.rbuild.kind".to_owned(), kind.to_owned())]);
    let config = ContainerConfig {
        entrypoint: Some(vec![String::new()]),
        cmd: Some(Vec::new()),
        labels: Some(labels),
        ..ContainerConfig::default()
    };
    let api = docker.api.clone().with_timeout(COMMIT);
    let made = api.commit_container(options, config).await;
    made.map(drop).map_err(|error| docker.fault("keep what a step changed", &error))
}

#[cfg(test)]
#[path = "script_tests.rs"]
mod script_tests;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_container_tells_its_facts() {
        let lines = [
            "daemon /opt/bin/dockerd",
            "cli /x y/docker",
            "root dirty",
            "config {",
            "config   \"a\": 1",
            "config }",
            "",
            "?",
        ];
        let facts = Facts::read(&lines.map(str::to_owned));
        let config = "{\n  \"a\": 1\n}\n".to_owned();
        let expected = Facts { daemon: true, client: true, root: Root::Dirty, config, unfit: None };
        assert_eq!(facts, expected);
        assert_eq!(Facts::read(&["unfit a b".to_owned()]).unfit.as_deref(), Some("a b"));
        assert_eq!(Facts::read(&["root new".to_owned()]), Facts::default());
    }
}
