//! Commands that change an image's configuration: `WORKDIR`, `EXPOSE`, `LABEL`, `HEALTHCHECK`.

use super::copy::owner;
use super::fault::Eval;
use super::paths::directory;
use super::recipe::Frame;
use crate::analysis::program::{CommandLine, Healthcheck, Host, Late, Step};
use crate::analysis::template::Template;
use crate::analysis::{healthcheck_retries, healthcheck_time, is_signal};
use crate::diagnostic::Diagnostic;
use crate::graph::image::Healthcheck as ImageHealthcheck;
use crate::graph::{FileAction, FileOp, Op};
use std::time::Duration;

impl Frame<'_> {
    /// Sets the working directory and makes it, owned by the current user.
    pub(super) async fn workdir(&mut self, step: &Step, path: &Template) -> Eval<()> {
        let path = self.expand(path).await?;
        if self.workdir_here(&path) {
            return Ok(());
        }
        let base = if path.starts_with('/') { "/".to_owned() } else { self.working_dir(step.span).await? };
        let path = directory(&base, &path);
        if path != "/" {
            let owner = self.user(step.span).await?.map(|user| owner(&user, self.state.root));
            let made = FileAction::Mkdir { path: path.clone(), mode: 0o755, owner };
            let op = FileOp { base: self.state.root, actions: vec![made] };
            self.state.root = Some(self.add(step, Op::File(op)));
        }
        self.state.patch.workdir = Some(path);
        Ok(())
    }

    pub(super) async fn stopsignal(&mut self, signal: &Template) -> Eval<()> {
        let text = self.expand(signal).await?;
        if !is_signal(&text) {
            return Err(Diagnostic::error("signal", signal.span, format!("`{text}` is not a signal"))
                .help("write its name or its number, for example `SIGTERM` or `15`")
                .into());
        }
        self.state.patch.other.insert("StopSignal".to_owned(), text.into());
        Ok(())
    }

    pub(super) async fn expose(&mut self, specs: &[Template]) -> Eval<()> {
        for spec in specs {
            let text = self.expand(spec).await?;
            if self.evaluator.is_guess(&text) {
                self.state.patch.exposed.push(text);
                continue;
            }
            let ports = ports(&text).ok_or_else(|| {
                Diagnostic::error("port", spec.span, format!("`{text}` is not a port"))
                    .help("write a port or a range, and perhaps a protocol: `8080`, `53/udp`, `8000-8010`")
            })?;
            self.state.patch.exposed.extend(ports);
        }
        Ok(())
    }

    pub(super) async fn label(&mut self, labels: &[(Template, Template)]) -> Eval<()> {
        for (key, value) in labels {
            let name = self.expand_filled(key, "the key of `LABEL`").await?;
            if name.starts_with("dev.rbuild.") || name.starts_with("dev.earthly.") {
                let message = format!("the label `{name}` is reserved");
                return Err(Diagnostic::error("reserved-label", key.span, message).help("use another key").into());
            }
            let value = self.expand(value).await?;
            self.state.patch.labels.insert(name, value);
        }
        Ok(())
    }

    /// Names a machine for the steps that follow.
    pub(super) async fn host(&mut self, host: &Host) -> Eval<()> {
        let name = self.expand(&host.name).await?;
        let written = self.expand(&host.address).await?;
        let address = written.parse().map_err(|_| {
            Diagnostic::error("host", host.address.span, format!("`{written}` is not an IP address"))
                .help("write `HOST name address`, for example `HOST example.com 127.0.0.1`")
        })?;
        if name.is_empty() || name.contains(|char: char| char.is_whitespace() || char.is_control()) {
            return Err(Diagnostic::error("host", host.name.span, format!("`{name}` cannot name a machine"))
                .help("write a name like `example.com`")
                .into());
        }
        self.state.hosts.retain(|(held, _)| *held != name);
        self.state.hosts.push((name, address));
        Ok(())
    }

    pub(super) async fn healthcheck(&mut self, check: &Healthcheck) -> Eval<()> {
        self.state.patch.healthcheck = Some(match check {
            Healthcheck::None => ImageHealthcheck { test: vec!["NONE".to_owned()], ..ImageHealthcheck::default() },
            Healthcheck::Cmd(probe) => {
                let test = match &probe.command {
                    CommandLine::Shell(text) => vec!["CMD-SHELL".to_owned(), self.expand(text).await?],
                    CommandLine::Exec(args) => ["CMD".to_owned()].into_iter().chain(args.iter().cloned()).collect(),
                };
                ImageHealthcheck {
                    test,
                    interval: self.nanoseconds(probe.interval.as_ref()).await?,
                    timeout: self.nanoseconds(probe.timeout.as_ref()).await?,
                    start_period: self.nanoseconds(probe.start_period.as_ref()).await?,
                    start_interval: self.nanoseconds(probe.start_interval.as_ref()).await?,
                    retries: match &probe.retries {
                        Some(retries) => self.late(retries, healthcheck_retries).await?.map_or(0, i64::from),
                        None => 0,
                    },
                }
            }
        });
        Ok(())
    }

    async fn nanoseconds(&self, time: Option<&Late<Duration>>) -> Eval<i64> {
        let Some(time) = time else { return Ok(0) };
        let time = self.late(time, healthcheck_time).await?;
        Ok(time.map_or(0, |time| i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)))
    }
}

/// `[[address:]host:]port[-port][/protocol]` as `port/protocol`, one for each port of a range.
fn ports(spec: &str) -> Option<Vec<String>> {
    let (range, protocol) = spec.split_once('/').unwrap_or((spec, "tcp"));
    let protocol = protocol.to_lowercase();
    if !matches!(protocol.as_str(), "tcp" | "udp" | "sctp") {
        return None;
    }
    let container = range.rsplit(':').next()?;
    let (first, last) = container.split_once('-').unwrap_or((container, container));
    let (first, last): (u16, u16) = (first.parse().ok()?, last.parse().ok()?);
    (first <= last).then(|| (first..=last).map(|port| format!("{port}/{protocol}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn port_specifications() {
        let check = |spec: &str, expected: &[&str]| {
            assert_eq!(ports(spec), Some(expected.iter().map(|p| (*p).to_owned()).collect()), "{spec}");
        };
        check("80", &["80/tcp"]);
        check("53/UDP", &["53/udp"]);
        check("8000-8002", &["8000/tcp", "8001/tcp", "8002/tcp"]);
        check("127.0.0.1:8080:80", &["80/tcp"]);
        for bad in ["", "x", "80/x", "9-8", "70000", "-1"] {
            assert_eq!(ports(bad), None, "{bad}");
        }
    }
}
