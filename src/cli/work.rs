//! Building targets.

use super::clones::Access;
use super::connect::{Connection, connect, contexts, find};
use super::context::{Context, Ended};
use super::engineless::{Need, need};
use super::exit::Exit;
use super::goals::{find as find_goals, resolve};
use super::invocation::Invocation;
use super::reports::Reports;
use super::skip::{self, Skip};
use super::targets::Wish;
use super::{caches, clones, environment, faults, secrets, shell, signals};
use crate::analysis::misspelt_platform;
use crate::engine::Absent;
use crate::graph::Plan;
use crate::lock::{LockDir, Trust};
use crate::platform::Platform;
use crate::run::eval::{Evaluation, Goal, Settings};
use crate::run::load::load;
use crate::run::program::Program;
use crate::run::{Extent, Interrupt, Wanted};
use crate::{host, living, terminal, ui};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long files may take to get in place after everything else has ended.
pub const LAST_WORK: Duration = Duration::from_secs(5);

/// Loaded files, and the targets in them.
pub struct Prepared {
    /// The files.
    pub program: Program,
    /// What was asked for.
    pub goals: Vec<Goal>,
}

/// Reads the Buildfiles that the targets need.
///
/// # Errors
/// When something is wrong; it was said.
pub fn prepare(context: &Context, access: Access, wishes: &[Wish], build_args: &secrets::BuildArgs) -> Ended<Prepared> {
    if let Some(near) =
        context.options.input.platform.as_deref().and_then(|text| misspelt_platform(&text.parse().ok()?))
    {
        context.note(&format!("the platform is one that nobody knows; did you mean `--platform {near}`?"));
    }
    let repositories = clones::repositories(context, access);
    let asked = find_goals(context, wishes, build_args, &repositories)?;
    let files: Vec<_> = asked.iter().map(|asked| asked.found.clone()).collect();
    let loaded = load(
        &files,
        &context.current,
        context.home.as_deref(),
        &repositories,
        &context.options.input.version_flag_overrides,
    )
    .map_err(|error| context.fail(Exit::Environment, &error.to_string(), None))?;
    faults::diagnostics(context, &loaded.program.sources, &loaded.diagnostics)?;
    let goals = resolve(context, &loaded.program, asked, build_args)?;
    // An artifact's place is relative to where the user is.
    Ok(Prepared { program: loaded.program, goals })
}

/// What evaluation has to know.
///
/// # Errors
/// When an option is wrong; it was said.
pub fn settings(context: &Context, native: &Platform) -> Ended<Settings> {
    let options = &context.options;
    let platform = match options.input.platform.as_deref() {
        None => native.clone(),
        Some(text) => text
            .parse()
            .map_err(|error: crate::platform::InvalidPlatform| context.fail(Exit::Usage, &error.to_string(), None))?,
    };
    Ok(Settings {
        push: options.output.push,
        ci: options.output.ci,
        strict: options.running.strict || options.output.ci,
        allow_privileged: options.running.allow_privileged,
        no_cache: options.running.no_cache,
        terminal: terminal::is_terminal(),
        shell: false,
        platform,
        native: native.clone(),
        native_is_known: true,
        user: Platform::host(),
        cache_namespace: options.machine.cache_namespace.clone(),
        current: context.current.clone(),
        home: context.home.clone(),
    })
}

/// Builds targets.
///
/// # Errors
/// When something is wrong; it was said.
pub fn work(context: &Context, wishes: &[Wish]) -> Ended<()> {
    let wants = match context.options.running.interactive {
        true => {
            shell::check(context)?;
            Wants::ShellOnFailure
        }
        false => Wants::Results,
    };
    with_engine(context, wishes, Extent::Build, &wants).map(drop)
}

/// What an invocation is for.
#[derive(Debug, PartialEq, Eq)]
pub enum Wants {
    /// What the targets give.
    Results,
    /// The same, and a shell where a step fails.
    ShellOnFailure,
    /// A shell or a command in the state at the target's end.
    Shell(Wanted),
}

/// Runs what is needed to decide how the plan of some targets goes on, and gives the plan.
///
/// # Errors
/// When something is wrong; it was said.
pub fn decide(context: &Context, wishes: &[Wish]) -> Ended<Plan> {
    with_engine(context, wishes, Extent::Decide, &Wants::Results)
}

/// Does what an invocation wants of some targets, and gives their plan.
///
/// # Errors
/// When something is wrong; it was said.
pub fn with_engine(context: &Context, wishes: &[Wish], extent: Extent, wants: &Wants) -> Ended<Plan> {
    let began = Instant::now();
    let fail = |(message, help): (String, String)| context.fail(Exit::Usage, &message, Some(&help));
    let options = &context.options;
    let build_args = secrets::build_args(options).map_err(fail)?;
    let given = secrets::secrets(options).map_err(fail)?;
    let access = clones::access(context)?;
    let hidden = given.values().map(|secret| String::from_utf8_lossy(&secret.0).into_owned());
    let masks = ui::Masks::new(hidden.chain(access.logins.passwords().map(str::to_owned)));
    context.hide(masks.clone());
    let reports = Reports::new(context, masks.clone())?;
    let prepared = prepare(context, access, wishes, &build_args)?;
    if options.output.no_output && prepared.goals.iter().any(|goal| goal.artifact.is_some()) {
        let message = "`--no-output` cannot be used with an artifact, which is nothing but output";
        return Err(context.fail(Exit::Usage, message, Some("leave out one of the two")));
    }
    if options.output.artifact
        && let Some(goal) = prepared.goals.iter().find(|goal| goal.artifact.is_none())
    {
        let message = format!("`+{}` names no artifact, as `--artifact` asks for", goal.target);
        let help = format!("write `--artifact +{}/PATH [DESTINATION]`", goal.target);
        return Err(context.fail(Exit::Usage, &message, Some(&help)));
    }
    if options.output.image
        && let Some(goal) = prepared.goals.iter().find(|goal| goal.artifact.is_some())
    {
        let message = "`--image` writes no artifacts";
        return Err(context.fail(Exit::Usage, message, Some(&format!("write `--image +{}`", goal.target))));
    }
    // A wrong platform is found before anything is asked of an engine.
    let guessed = Settings { native_is_known: false, ..settings(context, &Platform::host())? };
    let cache_dir = cache_dir(context)?;
    let locks = locks(context, &cache_dir)?;
    let records = skip::records(context, &cache_dir, extent, wants)?;
    let runtime = context.runtime()?;
    let interrupt = Interrupt::default();
    signals::stop_cleanly(&interrupt);
    let result = runtime.block_on(async {
        let targets: Vec<String> = wishes.iter().map(|wish| wish.reference.clone()).collect();
        let (mut skip, mut changed) = (None, None);
        let connection = match need(&prepared, &guessed).await {
            Need::Refused(evaluation) => {
                let Evaluation { faults, program, warnings, .. } = *evaluation;
                faults::diagnostics(context, &program.sources, &warnings)?;
                faults::evaluation(context, &program.sources, &faults)?;
                // What was refused is a fault.
                return Err(Exit::Buildfile);
            }
            Need::Nothing => {
                changed = records.map(|_| "all of it runs on this machine".to_owned());
                Connection { engine: Arc::new(Absent), platform: Platform::host(), is_local: true }
            }
            Need::Engine => {
                let docker = unless_stopped(&interrupt, find(context)).await??;
                if let Some(records) = records {
                    let settings = settings(context, docker.platform())?;
                    let may = Skip::new(context, records, &docker, &prepared, &settings);
                    match unless_stopped(&interrupt, may.look()).await? {
                        Ok(since) => {
                            let known = (docker.describe(), since);
                            let told = skip::tell(context, (masks, &cache_dir), targets, known, began, reports).await;
                            return told.map(|()| Plan::default());
                        }
                        Err(why) => changed = why,
                    }
                    skip = Some(may);
                }
                let open = contexts(context);
                let open = match &skip {
                    Some(skip) => skip.witness.watch(open),
                    None => open,
                };
                unless_stopped(&interrupt, connect(context, docker, given, open)).await??
            }
        };
        caches::check(context, &*connection.engine, extent == Extent::Build && !matches!(wants, Wants::Shell(_)))?;
        let interrupt = &interrupt;
        let invocation = Invocation {
            context,
            connection,
            cache_dir,
            locks,
            interrupt,
            masks,
            targets,
            extent,
            wants,
            skip,
            changed,
        };
        invocation.run(prepared, reports).await
    });
    // What the engine was asked for is cancelled with its connections. Files that are being put in place get there.
    runtime.shutdown_timeout(LAST_WORK);
    // Whatever did not end in that time.
    living::kill_all();
    host::begin_all_that_is_left();
    result.map_err(|exit| match exit {
        Exit::Signal(_) => Exit::Signal(signals::first()),
        other => other,
    })
}

/// Does something before a build has begun, unless the user stops it.
async fn unless_stopped<T>(interrupt: &Interrupt, work: impl Future<Output = T>) -> Ended<T> {
    tokio::select! {
        done = work => Ok(done),
        () = interrupt.stopped() => Err(Exit::Signal(2)),
    }
}

/// The cache directory, which may not exist yet.
///
/// # Errors
/// When there is no place for it; it was said.
pub fn cache_dir(context: &Context) -> Ended<PathBuf> {
    context.options.machine.cache_dir.clone().or_else(environment::cache_dir).ok_or_else(|| {
        let help = "name one with `--cache-dir` or `RBUILD_CACHE_DIR`";
        context.fail(Exit::Environment, "there is no place for the cache directory: `HOME` is not set", Some(help))
    })
}

/// The locks below the cache directory.
///
/// # Errors
/// When they cannot be trusted; it was said.
pub fn locks(context: &Context, cache_dir: &Path) -> Ended<Arc<LockDir>> {
    let trust = if context.options.machine.unsafe_locks { Trust::Blindly } else { Trust::Judge };
    let locks = LockDir::open(cache_dir.join("locks"), trust).map_err(|error| {
        let help = "choose another place with `--cache-dir` or `RBUILD_CACHE_DIR`";
        context.fail(Exit::Environment, &error.to_string(), Some(help))
    })?;
    Ok(Arc::new(locks))
}
