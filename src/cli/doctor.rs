//! `rbuild doctor`: what rbuild found on this machine, and what that means for builds.

use super::arguments::ListFormat;
use super::clones;
use super::connect::{connect, without_engine};
use super::context::{Context, Ended};
use super::environment::surroundings;
use super::exit::Exit;
use super::work::cache_dir;
use crate::engine::EngineError;
use crate::engine::docker::{Address, Docker, ImageStore};
use crate::lock::{LockDir, Trust, Verdict, judge_mounted};
use crate::machine::free_space;
use crate::platform::Platform;
use crate::ui;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::{Command, Stdio};

/// Less free space than this is worth a warning, in bytes.
const LITTLE_SPACE: u64 = 5_000_000_000;

/// How well something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
enum Health {
    /// As it should be.
    Ok,
    /// Something that some builds need is missing.
    Limited,
    /// Builds will fail.
    Broken,
}

/// Something that was looked at.
#[derive(Debug, Serialize)]
struct Finding {
    subject: &'static str,
    health: Health,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
}

/// What was found so far.
#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn ok(&mut self, subject: &'static str, text: impl Into<String>) {
        self.0.push(Finding { subject, health: Health::Ok, text: text.into(), help: None });
    }

    fn limited(&mut self, subject: &'static str, text: impl Into<String>, help: &str) {
        self.0.push(Finding { subject, health: Health::Limited, text: text.into(), help: Some(help.to_owned()) });
    }

    fn broken(&mut self, subject: &'static str, text: impl Into<String>, help: &str) {
        self.0.push(Finding { subject, health: Health::Broken, text: text.into(), help: Some(help.to_owned()) });
    }
}

/// Looks at everything that builds need, and says what it is. Changes nothing but that the cache directory is made.
///
/// # Errors
/// When builds would fail; it was said.
pub fn doctor(context: &Context, format: ListFormat) -> Ended<()> {
    let mut findings = Findings::default();
    findings.ok("rbuild", format!("{} for {}", env!("CARGO_PKG_VERSION"), Platform::host()));
    context.runtime()?.block_on(engine(context, &mut findings));
    cache(context, &mut findings)?;
    programs(context, &mut findings);
    match context.find_buildfile() {
        Some(found) => findings.ok("Buildfile", found.path().display().to_string()),
        None => findings.limited("Buildfile", context.no_buildfile(), "`rbuild init` writes one"),
    }
    let worst = findings.0.iter().map(|finding| finding.health).max();
    let out = match format {
        ListFormat::Text => text(&findings.0),
        ListFormat::Json => serde_json::to_string(&findings.0).expect("a list of strings is always JSON") + "\n",
    };
    context.print(out)?;
    if worst == Some(Health::Broken) { Err(Exit::Environment) } else { Ok(()) }
}

async fn engine(context: &Context, findings: &mut Findings) {
    let around = surroundings(context.options.machine.docker_host.clone());
    let addresses = match around.addresses() {
        Ok(addresses) => addresses,
        Err(error) => {
            return findings.broken("engine", error.to_string(), "correct `DOCKER_HOST`, or choose another context");
        }
    };
    let docker = match Docker::find(&addresses).await {
        Ok(docker) => docker,
        Err(EngineError::NoEngine { tried, forbidden }) => {
            let text = format!("none answers; tried:\n  {}", tried.join("\n  "));
            return findings.broken("engine", text, without_engine(forbidden));
        }
        Err(error) => return findings.broken("engine", error.to_string(), "see docs/troubleshooting.md"),
    };
    let origin = match docker.address() {
        _ if around.docker_host.as_ref().is_some_and(|host| !host.is_empty()) => {
            "named by `--docker-host` or `DOCKER_HOST`"
        }
        Address::Unix(_) if addresses.len() > 1 => "found at a usual place",
        _ => "named by the Docker context",
    };
    findings.ok("engine", format!("{}, {origin}", docker.describe()));
    let processors = ui::count(docker.processors(), "processor");
    findings.ok("engine", format!("API {}, {}, {processors}", docker.api_version(), docker.platform()));
    store(&docker, findings);
    match connect(context, BTreeMap::new()).await {
        Ok(connection) => {
            findings.ok("BuildKit", "the engine's own answers");
            for lack in connection.engine.lacks() {
                findings.limited("BuildKit", lack, "a newer engine can do it");
            }
        }
        // It was said, above the list.
        Err(_) => findings.broken("BuildKit", "the engine's own does not answer", "see the error above"),
    }
}

fn store(docker: &Docker, findings: &mut Findings) {
    match docker.image_store() {
        ImageStore::Containerd => {
            findings.ok("image store", "containerd: keeps images of several platforms under one name");
        }
        ImageStore::Classic => findings.ok(
            "image store",
            "Docker's own: one platform a name, so an image of several platforms is stored under a name for each",
        ),
    }
}

fn cache(context: &Context, findings: &mut Findings) -> Ended<()> {
    let dir = cache_dir(context)?;
    let trust = if context.options.machine.unsafe_locks { Trust::Blindly } else { Trust::Judge };
    if let Err(error) = LockDir::open(dir.join("locks"), trust) {
        findings.broken(
            "cache directory",
            error.to_string(),
            "choose another place with `--cache-dir` or `RBUILD_CACHE_DIR`",
        );
        return Ok(());
    }
    let real = dir.canonicalize().unwrap_or_else(|_| dir.clone());
    match judge_mounted(&real) {
        Verdict::Trusted => findings.ok("cache directory", format!("{}: locks hold on its file system", dir.display())),
        Verdict::Unknown => findings.limited(
            "cache directory",
            format!("{}: nobody knows whether locks hold on its file system", dir.display()),
            "on a local disk they do; with a shared one, try two rbuilds and `rbuild locks`",
        ),
        Verdict::Refused { reason } => findings.limited(
            "cache directory",
            format!("{}: its locks are trusted although {reason}", dir.display()),
            "leave out `--unsafe-locks`",
        ),
    }
    match free_space(&real) {
        Some(free) if free < LITTLE_SPACE => {
            findings.limited(
                "disk",
                format!("{} free in the cache directory", ui::size(free)),
                "`rbuild prune` makes room",
            );
        }
        Some(free) => findings.ok("disk", format!("{} free in the cache directory", ui::size(free))),
        None => {}
    }
    Ok(())
}

fn programs(context: &Context, findings: &mut Findings) {
    match first_line("git", "--version") {
        Some(version) => findings.ok("git", version),
        None => findings.limited(
            "git",
            "not found",
            "it is needed for Buildfiles of other repositories, `GIT CLONE` and the arguments `RBUILD_GIT_…`; install it",
        ),
    }
    match clones::agent(context) {
        Some(socket) if socket.exists() => findings.ok("ssh agent", socket.display().to_string()),
        Some(socket) => findings.limited(
            "ssh agent",
            format!("`--ssh-auth-sock` or `SSH_AUTH_SOCK` names {}, which does not exist", socket.display()),
            "start one with `eval $(ssh-agent)`; `RUN --ssh` needs it",
        ),
        None => findings.ok("ssh agent", "none; only `RUN --ssh` and repositories by ssh need one"),
    }
}

/// The first line that a program prints; `None` where there is no such program.
fn first_line(program: &str, argument: &str) -> Option<String> {
    let output = Command::new(program).arg(argument).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().next().map(str::to_owned)
}

fn text(findings: &[Finding]) -> String {
    let width = findings.iter().map(|finding| finding.subject.len()).max().unwrap_or(0);
    let mut out = String::new();
    for Finding { subject, health, text, help } in findings {
        let mark = match health {
            Health::Ok => "ok     ",
            Health::Limited => "limited",
            Health::Broken => "BROKEN ",
        };
        let mut lines = text.lines();
        writeln!(out, "{mark}  {subject:width$}  {}", ui::word(lines.next().unwrap_or_default()))
            .expect("a string takes everything");
        let indent = " ".repeat(width + 11);
        for line in lines {
            writeln!(out, "{indent}{}", ui::word(line)).expect("a string takes everything");
        }
        if let Some(help) = help {
            writeln!(out, "{indent}help: {help}").expect("a string takes everything");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_line_up() {
        let mut findings = Findings::default();
        findings.ok("git", "2.39");
        findings.limited("Buildfile", "none", "write one");
        findings.broken("engine", "no answer; tried:\n  a\n  b", "start it");
        let expected = "\
ok       git        2.39
limited  Buildfile  none
                    help: write one
BROKEN   engine     no answer; tried:
                      a
                      b
                    help: start it
";
        assert_eq!(text(&findings.0), expected);
    }
}
