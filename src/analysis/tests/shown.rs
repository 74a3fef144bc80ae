//! Steps on one line.

use crate::analysis::program::{
    ArtifactCall, BuildArg, Call, CommandLine, CopyOptions, DockerPath, FromSource, Healthcheck, Late, MountKind,
    Passing, Question, Recipe, StepKind, WithDocker,
};
use crate::analysis::template::{Operator, Part, Template, Variable};

/// Literals as they are, variables as `‹name›`, commands as `‹(command)›`.
pub(super) fn text(template: &Template) -> String {
    let part = |part: &Part| match part {
        Part::Literal(text) => text.clone(),
        Part::Shell(command) => format!("‹({command})›"),
        Part::Variable(Variable { name, operator: None }) => format!("‹{name}›"),
        Part::Variable(Variable { name, operator: Some(operator) }) => {
            let sign = match operator {
                Operator::Default(_) => ":-",
                Operator::Alternative(_) => ":+",
                Operator::Require { empty_too: true, .. } => ":?",
                Operator::Require { empty_too: false, .. } => "?",
                Operator::TrimPrefix(_) => "#",
                Operator::TrimSuffix(_) => "%",
            };
            format!("‹{name}{sign}{}›", text(operator.word()))
        }
    };
    template.parts.iter().map(part).collect()
}

fn texts<'t>(templates: impl IntoIterator<Item = &'t Template>) -> String {
    templates.into_iter().map(|template| format!(" [{}]", text(template))).collect()
}

fn option(name: &str, template: Option<&Template>) -> String {
    template.map(|template| format!(" {name}=[{}]", text(template))).unwrap_or_default()
}

fn on(name: &str, on: bool) -> String {
    if on { format!(" {name}") } else { String::new() }
}

fn flag(name: &str, flag: &Late<bool>) -> String {
    match flag {
        Late::Known(known) => on(name, *known),
        Late::Expand(template) => option(name, Some(template)),
    }
}

fn late<T: std::fmt::Debug>(value: &Late<T>) -> String {
    match value {
        Late::Known(known) => format!("{known:?}"),
        Late::Expand(template) => format!("[{}]", text(template)),
    }
}

fn call(call: &Call) -> String {
    let target = match &call.target {
        Late::Known(target) => target.to_string(),
        Late::Expand(template) => format!("late [{}]", text(template)),
    };
    target + &given(&call.passing)
}

fn given(passing: &Passing) -> String {
    let arg = |arg: &BuildArg| match &arg.value {
        Some(value) => format!(" {}=[{}]", arg.name, text(value)),
        None => format!(" {}", arg.name),
    };
    let args: String = passing.args.iter().map(arg).collect();
    format!("{args}{}{}", on("pass-args", passing.pass_args), on("allow-privileged", passing.allow_privileged))
}

fn artifact(artifact: &ArtifactCall) -> String {
    match artifact {
        ArtifactCall::Named { call: named, path } => format!(" ({} : {})", call(named), text(path)),
        ArtifactCall::Open { reference, passing } => format!(" (late [{}]{})", text(reference), given(passing)),
    }
}

fn line(line: &CommandLine) -> String {
    match line {
        CommandLine::Shell(template) => format!("shell [{}]", text(template)),
        CommandLine::Exec(strings) => format!("exec {strings:?}"),
    }
}

fn copy(options: &CopyOptions) -> String {
    [
        format!(" -> [{}]", text(&options.dest)),
        on("dir", options.dir),
        option("chown", options.chown.as_ref()),
        option("chmod", options.chmod.as_ref()),
        on("keep-ts", options.keep_ts),
        on("keep-own", options.keep_own),
        on("if-exists", options.if_exists),
        on("no-follow", options.no_follow),
    ]
    .concat()
}

fn docker(block: &WithDocker) -> String {
    let all = |name: &str, templates: &[Template]| -> String {
        templates.iter().map(|template| option(name, Some(template))).collect()
    };
    let loads =
        block.loads.iter().map(|load| format!(" load{} ({})", option("as", load.name.as_ref()), call(&load.call)));
    [
        "with docker".to_owned(),
        all("pull", &block.pulls),
        loads.collect(),
        all("compose", &block.compose),
        all("service", &block.services),
        option("platform", block.platform.as_ref()),
        option("cache-id", block.cache_id.as_ref()),
        format!(": {}", step(&StepKind::Run(block.run.clone()))),
    ]
    .concat()
}

/// The step on one line.
pub(super) fn step(kind: &StepKind) -> String {
    match kind {
        StepKind::From(from) => {
            let source = match &from.source {
                FromSource::Image(image) => format!("image [{}]", text(image)),
                FromSource::Target(target) => call(target),
            };
            let given = if let FromSource::Image(_) = from.source { given(&from.passing) } else { String::new() };
            format!("from {source}{}{given}", option("platform", from.platform.as_ref()))
        }
        StepKind::FromDockerfile(from) => {
            let path = |path: &DockerPath| match path {
                DockerPath::Local(path) => format!(" [{}]", text(path)),
                DockerPath::Artifact(one) => artifact(one),
            };
            [
                "from dockerfile".to_owned(),
                path(&from.context),
                from.file.as_ref().map(|file| format!(" file{}", path(file))).unwrap_or_default(),
                option("target", from.target.as_ref()),
                option("platform", from.platform.as_ref()),
                given(&from.passing),
            ]
            .concat()
        }
        StepKind::Run(run) => {
            let secrets = run.secrets.iter().map(|secret| match secret {
                Late::Known(Some(secret)) => format!(" secret {}<{}", secret.env, secret.id),
                Late::Known(None) => " no secret".to_owned(),
                Late::Expand(template) => format!(" secret late [{}]", text(template)),
            });
            let mounts = run.mounts.iter().map(|mount| match mount {
                Late::Known(mount) => {
                    let kind = match &mount.kind {
                        MountKind::Cache { id, sharing } => format!("cache {id:?} {sharing:?}"),
                        MountKind::Tmpfs => "tmpfs".to_owned(),
                        MountKind::Secret { id } => format!("secret {id}"),
                    };
                    format!(" mount {kind} {}", mount.target)
                }
                Late::Expand(template) => format!(" mount late [{}]", text(template)),
            });
            [
                format!("run {}", line(&run.command)),
                flag("no-cache", &run.no_cache),
                flag("push", &run.push),
                flag("privileged", &run.privileged),
                flag("entrypoint", &run.entrypoint),
                flag("ssh", &run.ssh),
                flag("network-none", &run.network_none),
                secrets.collect(),
                mounts.collect(),
                flag("interactive", &run.interactive),
                flag("interactive-keep", &run.interactive_keep),
                flag("raw-output", &run.raw_output),
            ]
            .concat()
        }
        StepKind::CopyContext(context) => [
            format!("copy{}", texts(&context.sources)),
            option("platform", context.platform.as_ref()),
            given(&context.passing),
            context.texts.iter().map(|(name, body)| option(&format!("<<{name}"), Some(body))).collect(),
            copy(&context.options),
            context.exclude.iter().map(|pattern| option("exclude", Some(pattern))).collect(),
            on("parents", context.parents),
        ]
        .concat(),
        StepKind::Add(add) => [
            format!("add{}", texts(&add.sources)),
            copy(&add.options),
            add.exclude.iter().map(|pattern| option("exclude", Some(pattern))).collect(),
            option("checksum", add.checksum.as_ref()),
            on("keep-git-dir", add.keep_git_dir),
            add.unpack.map(|unpack| format!(" unpack={unpack}")).unwrap_or_default(),
        ]
        .concat(),
        StepKind::CopyArtifacts(artifacts) => {
            let sources: String = artifacts.sources.iter().map(artifact).collect();
            [
                format!("copy{sources}{}", copy(&artifacts.options)),
                option("platform", artifacts.platform.as_ref()),
                artifacts.exclude.iter().map(|pattern| option("exclude", Some(pattern))).collect(),
                on("parents", artifacts.parents),
            ]
            .concat()
        }
        StepKind::SaveArtifact(save) => [
            format!("save artifact [{}]", text(&save.source)),
            option("to", save.dest.as_ref()),
            option("local", save.local.as_ref()),
            on("keep-ts", save.keep_ts),
            on("keep-own", save.keep_own),
            on("if-exists", save.if_exists),
            on("no-follow", save.no_follow),
            on("force", save.force),
        ]
        .concat(),
        StepKind::SaveImage(save) => [
            format!("save image{}", texts(&save.names)),
            on("push", save.push),
            on("insecure", save.insecure),
            on("no-manifest-list", save.no_manifest_list),
            on("without-labels", save.without_labels),
        ]
        .concat(),
        StepKind::Build(build) => {
            let platforms = build.platforms.iter().map(|platform| option("platform", Some(platform)));
            format!("build {}{}", call(&build.call), platforms.collect::<String>())
        }
        StepKind::Arg(arg) => [
            format!("arg {}", arg.name.text),
            option("default", arg.default.as_ref()),
            on("required", arg.required),
            on("global", arg.global),
        ]
        .concat(),
        StepKind::Let(set) => format!("let {} = [{}]", set.name.text, text(&set.value)),
        StepKind::Set(set) => format!("set {} = [{}]", set.name.text, text(&set.value)),
        StepKind::Env(set) => format!("env {} = [{}]", set.name.text, text(&set.value)),
        StepKind::GitClone(clone) => [
            format!("git clone [{}] -> [{}]", text(&clone.url), text(&clone.dest)),
            option("branch", clone.branch.as_ref()),
            on("keep-ts", clone.keep_ts),
        ]
        .concat(),
        StepKind::Workdir(dir) => format!("workdir [{}]", text(dir)),
        StepKind::User(user) => format!("user [{}]", text(user)),
        StepKind::Cmd(command) => format!("cmd {}", line(command)),
        StepKind::Entrypoint(command) => format!("entrypoint {}", line(command)),
        StepKind::Expose(ports) => format!("expose{}", texts(ports)),
        StepKind::Label(labels) => {
            let labels = labels.iter().map(|(key, value)| format!(" [{}]=[{}]", text(key), text(value)));
            format!("label{}", labels.collect::<String>())
        }
        StepKind::Volume(paths) => format!("volume{}", texts(paths)),
        StepKind::Healthcheck(Healthcheck::None) => "healthcheck none".to_owned(),
        StepKind::Healthcheck(Healthcheck::Cmd(probe)) => {
            let times = [
                ("interval", &probe.interval),
                ("timeout", &probe.timeout),
                ("start-period", &probe.start_period),
                ("start-interval", &probe.start_interval),
            ];
            let times = times.iter().filter_map(|(name, time)| Some(format!(" {name}={}", late(time.as_ref()?))));
            let retries =
                probe.retries.as_ref().map(|retries| format!(" retries={}", late(retries))).unwrap_or_default();
            format!("healthcheck {}{}{retries}", line(&probe.command), times.collect::<String>())
        }
        StepKind::Cache(cache) => [
            format!("cache [{}] {:?}", text(&cache.dir), cache.sharing),
            option("mode", cache.mode.as_ref()),
            option("id", cache.id.as_ref()),
            on("persist", cache.persist),
        ]
        .concat(),
        StepKind::WithDocker(block) => docker(block),
        StepKind::Locally => "locally".to_owned(),
        StepKind::Host(host) => format!("host [{}] [{}]", text(&host.name), text(&host.address)),
        StepKind::Do(function) => format!("do {}", call(function)),
        StepKind::Import(import) => {
            let place = match &import.place {
                Late::Known(place) => format!("{place:?}"),
                Late::Expand(template) => format!("late [{}]", text(template)),
            };
            format!("import {} {place}{}", import.alias.text, on("allow-privileged", import.allow_privileged))
        }
        StepKind::Shell(args) => format!("shell {args:?}"),
        StepKind::Stopsignal(signal) => format!("stopsignal [{}]", text(signal)),
        StepKind::Project => "project".to_owned(),
        StepKind::Unsupported(_) => "unsupported".to_owned(),
        StepKind::If(block) => {
            let branches = block
                .branches
                .iter()
                .map(|branch| format!("if {}{} ", question(&branch.condition), recipe(&branch.body)));
            format!("{}else{}", branches.collect::<String>(), recipe(&block.otherwise))
        }
        StepKind::For(block) => [
            format!("for {} in {}", block.variable.text, question(&block.values)),
            option("sep", block.separators.as_ref()),
            recipe(&block.body),
        ]
        .concat(),
        StepKind::Wait(body) => format!("wait{}", recipe(body)),
        StepKind::Try(block) => {
            format!("try{} catch{} finally{}", recipe(&block.body), recipe(&block.catch), recipe(&block.finally))
        }
    }
}

/// The steps of a block in braces.
fn recipe(recipe: &Recipe) -> String {
    let steps: Vec<String> = recipe.iter().map(|inner| step(&inner.kind)).collect();
    format!(" {{{}}}", steps.join("; "))
}

fn question(question: &Question) -> String {
    let secrets: String = question.secrets.iter().map(|_| " secret").collect();
    let mounts: String = question.mounts.iter().map(|_| " mount").collect();
    let flags = [flag("no-cache", &question.no_cache), flag("ssh", &question.ssh)].concat();
    format!("{}{flags}{secrets}{mounts}", line(&question.command))
}
