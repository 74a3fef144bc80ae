//! `WITH DOCKER … RUN … END`

use super::super::analyser::Analyser;
use super::super::call::{ALLOW_PRIVILEGED, BUILD_ARG, How, PASS_ARGS};
use super::super::features::Feature;
use super::super::flags::{self, FlagSpec, Found, Position};
use super::super::program::{Flag, Late, Run, Step, StepKind, WithDocker};
use super::super::regroup::regroup;
use super::load;
use super::platform::platform;
use super::step::step;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::ast::{Block, Command, Statement};

const FLAGS: &[FlagSpec] = &[
    FlagSpec::value("pull"),
    FlagSpec::value("load"),
    FlagSpec::value("compose"),
    FlagSpec::value("service"),
    FlagSpec::value("platform"),
    FlagSpec::value("cache-id").needs(Feature::DockerCache),
    PASS_ARGS,
    ALLOW_PRIVILEGED,
    BUILD_ARG,
];

/// Reads a block. `None`: it is wrong, which is reported.
pub(in crate::analysis) fn with_docker(analyser: &mut Analyser<'_>, block: &Block) -> Option<Step> {
    let body = body(analyser, block);
    let head = head(analyser, &block.header);
    let (Step { span, text, .. }, run) = body?;
    Some(Step { span, text, kind: StepKind::WithDocker(Box::new(head?(run))) })
}

/// Reads the line `WITH DOCKER`; what it gives still needs the `RUN`.
fn head(analyser: &mut Analyser<'_>, command: &Command) -> Option<impl FnOnce(Run) -> WithDocker> {
    let words = regroup(analyser.words(command)?);
    let found = flags::parse(analyser, command.keyword, &words, FLAGS, Position::First);
    if let Some(extra) = found.words.first() {
        let message = format!("`WITH DOCKER` takes flags only; unexpected `{}`", extra.text);
        let help = "write the command as a `RUN` between `WITH DOCKER` and `END`";
        return analyser.error("extra-argument", extra.span, message, help);
    }
    let how = How::read(analyser, &found);
    let loads = found.values("load");
    if loads.is_empty() {
        how.refuse(analyser, &found, "`WITH DOCKER` without `--load`");
    }
    let loads = loads.iter().filter_map(|word| load::read(analyser, &how, word)).collect();
    let pulls = templates(analyser, &found, "pull");
    pulls.iter().for_each(|name| analyser.check_image(name, "--pull name:tag"));
    let compose = templates(analyser, &found, "compose");
    if let Some(service) = found.span("service").filter(|_| compose.is_empty()) {
        let message = "`--service` has no effect: no `--compose` names a file with services".to_owned();
        analyser.warn("no-effect", service, message, "add `--compose docker-compose.yml`, or remove it");
    }
    let cache_id = found.template(analyser, "cache-id");
    if let Some(id) = cache_id.as_ref().filter(|id| id.as_literal() == Some("")) {
        analyser.error::<()>("cache-id", id.span, "the id of the cache is empty".to_owned(), "write `--cache-id=name`");
    }
    let services = templates(analyser, &found, "service");
    let platform = found.value("platform").map(|word| platform(analyser, word));
    let header = command.span;
    Some(move |run| WithDocker { header, pulls, loads, compose, services, platform, cache_id, run })
}

fn templates(analyser: &mut Analyser<'_>, found: &Found, flag: &str) -> Vec<super::super::template::Template> {
    found.values(flag).iter().map(|word| analyser.template(word)).collect()
}

/// The one command between `WITH DOCKER` and `END`.
fn body(analyser: &mut Analyser<'_>, block: &Block) -> Option<(Step, Run)> {
    let Some(first) = block.body.first() else {
        let message = "`WITH DOCKER` holds no `RUN`".to_owned();
        return analyser.error("docker-body", block.header.span, message, "add one `RUN` in front of `END`");
    };
    let others = block.body.iter().skip(1).chain(Some(first).filter(|first| !is_run(first)));
    let mut wrong = false;
    for other in others {
        wrong = true;
        misplaced(analyser, other);
    }
    let Statement::Command(command) = first else { return None };
    let step = step(analyser, command)?;
    let StepKind::Run(run) = &step.kind else { return None };
    let run = run.clone();
    check_run(analyser, &run, command);
    (!wrong).then_some((step, run))
}

fn is_run(statement: &Statement) -> bool {
    matches!(statement, Statement::Command(command) if command.keyword == crate::syntax::ast::Keyword::Run)
}

fn misplaced(analyser: &mut Analyser<'_>, statement: &Statement) {
    if let Statement::With(inner) = statement {
        let message = "`WITH DOCKER` cannot stand in `WITH DOCKER`".to_owned();
        let help = "close the first one with `END`, or make it one block";
        analyser.error::<()>("docker-body", inner.header.span, message, help);
        return;
    }
    let message = "only one command is allowed in `WITH DOCKER`, and it has to be `RUN`".to_owned();
    let help = "join commands with `&&`, and put everything else in front of `WITH DOCKER` or behind `END`";
    analyser.error::<()>("docker-body", start(statement), message, help);
}

fn start(statement: &Statement) -> Span {
    match statement {
        Statement::Command(command) => command.span,
        Statement::With(block) | Statement::For(block) | Statement::Wait(block) => block.header.span,
        Statement::Try(block) => block.header.span,
        Statement::If(block) => block.branches.first().map_or(block.span, |branch| branch.header.span),
    }
}

fn check_run(analyser: &mut Analyser<'_>, run: &Run, command: &Command) {
    if run.push == Flag::Known(true) {
        let message = "`RUN --push` cannot stand in `WITH DOCKER`".to_owned();
        analyser.error::<()>("docker-push", command.span, message, "push in a `RUN --push` behind `END`");
    }
    if matches!(run.privileged, Late::Known(true)) {
        let message = "`--privileged` has no effect: a `RUN` in `WITH DOCKER` always is".to_owned();
        analyser.warn("no-effect", command.span, message, "remove it");
    }
    if run.network_none == Flag::Known(true) {
        if analyser.features.buildfile() {
            analyser.fault(docker_network(command.span));
        } else {
            let message = format!("`--network=none` has no effect: {NEEDS_NETWORK}");
            analyser.warn("no-effect", command.span, message, "remove it");
        }
    }
}

const NEEDS_NETWORK: &str = "a `RUN` in `WITH DOCKER` cannot be without network";

/// What is wrong with `--network=none` inside of `WITH DOCKER`, since 1.0.
#[must_use]
pub fn docker_network(span: Span) -> Diagnostic {
    Diagnostic::error("docker-network", span, NEEDS_NETWORK)
        .help("remove `--network=none`; `docker run --network=none` cuts off single containers")
}
