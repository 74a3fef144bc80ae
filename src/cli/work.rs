//! Building targets.

use super::chatter::Chatter;
use super::clones::Access;
use super::connect::{Connection, connect};
use super::context::{Context, Ended};
use super::engineless::{Need, need};
use super::exit::Exit;
use super::goals::{find, resolve};
use super::reports::Reports;
use super::targets::Wish;
use super::{arguments, clones, environment, faults, interactive, secrets, shell, signals};
use crate::cache::{Durations, Peaks, begin_logs};
use crate::engine::{Absent, Engine};
use crate::event::{Event, Outcome};
use crate::graph::Plan;
use crate::history::Build;
use crate::lock::{LockDir, Trust};
use crate::machine::LocalMemory;
use crate::platform::Platform;
use crate::run::eval::{Evaluation, Fault, Goal, Settings, evaluate};
use crate::run::load::load;
use crate::run::program::Program;
use crate::run::{
    BuildError, Choices, Executor, Extent, FromBuild, Interrupt, Limits, Place, Wanted, Written, build, summary,
};
use crate::{host, living, terminal, ui};
use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

/// How long files may take to get in place after everything else has ended.
const LAST_WORK: Duration = Duration::from_secs(5);

/// Data roots of WITH DOCKER steps in each pool.
const DOCKER_CACHE_ROOTS: usize = 2;

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
    let repositories = clones::repositories(context, access);
    let asked = find(context, wishes, build_args, &repositories)?;
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
    let guessed = settings(context, &Platform::host())?;
    let cache_dir = cache_dir(context)?;
    let locks = locks(context, &cache_dir)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| context.fail(Exit::Environment, &format!("cannot start: {error}"), None))?;
    let interrupt = Interrupt::default();
    signals::stop_cleanly(&interrupt);
    let result = runtime.block_on(async {
        let connection = match need(&prepared, &guessed).await {
            Need::Refused(evaluation) => {
                let Evaluation { faults, program, warnings, .. } = *evaluation;
                faults::diagnostics(context, &program.sources, &warnings)?;
                faults::evaluation(context, &program.sources, &faults)?;
                // What was refused is a fault.
                return Err(Exit::Buildfile);
            }
            Need::Nothing => Connection { engine: Arc::new(Absent), platform: Platform::host(), is_local: true },
            Need::Engine => tokio::select! {
                connection = connect(context, given) => connection?,
                () = interrupt.stopped() => return Err(Exit::Signal(2)),
            },
        };
        let targets = wishes.iter().map(|wish| wish.reference.clone()).collect();
        Work { context, connection, cache_dir, locks, interrupt: &interrupt, masks, reports, targets, extent, wants }
            .run(prepared)
            .await
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

struct Work<'a> {
    context: &'a Context,
    connection: Connection,
    cache_dir: PathBuf,
    locks: Arc<LockDir>,
    interrupt: &'a Interrupt,
    masks: ui::Masks,
    reports: Reports,
    targets: Vec<String>,
    extent: Extent,
    wants: &'a Wants,
}

impl Work<'_> {
    async fn run(self, prepared: Prepared) -> Ended<Plan> {
        let Self { context, connection, cache_dir, locks, interrupt, masks, reports, targets, extent, wants } = self;
        let began = Instant::now();
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let engine = connection.engine.clone();
        let logs = begin_logs(&cache_dir, SystemTime::now(), std::process::id());
        let (sink, screen) = ui::spawn(ui::Display {
            mode: mode(context.options.output.progress),
            terminal: &context.terminal,
            masks,
            logs: Some(logs),
            github: context.github.clone(),
        });
        let sink = if context.options.output.verbose && !context.json() { Chatter::new(sink) } else { sink };
        context.teller.hand_over(sink.clone());
        let described = engine.describe();
        sink.send(Event::Started { targets: targets.clone(), engine: described.clone() });
        let at_end = matches!(wants, Wants::Shell(_));
        let settings = Settings { shell: at_end, ..settings(context, &connection.platform)? };
        let choices = match at_end {
            true => Choices { output: Written::Nothing, ..choices(&context.options) },
            false => choices(&context.options),
        };
        let program = Arc::new(prepared.program);
        let durations = Arc::new(Durations::load(&cache_dir));
        let peaks = Arc::new(Peaks::load(&cache_dir));
        let limits = limits(&context.options, &*engine);
        let new_executor = || {
            let (sink, locks, durations) = (sink.clone(), locks.clone(), durations.clone());
            Executor::new(engine.clone(), sink, locks, limits, interrupt.clone(), durations)
        };
        let console = interactive::in_turns(screen.curtain());
        let executor = new_executor().with_console(console.clone());
        // The memory of another machine cannot be read.
        let by_memory =
            context.options.running.max_parallelism == Some(arguments::Parallelism::Auto) && connection.is_local;
        let executor = if by_memory { executor.with_memory(Arc::new(LocalMemory), peaks.clone()) } else { executor };
        let executor = Arc::new(executor);
        let facts = Arc::new(FromBuild::new(executor.clone(), choices, interrupt.clone(), extent));
        let evaluating = evaluate(program.clone(), settings, facts, &prepared.goals);
        let Evaluation { plan, faults, program, warnings, shell: end, .. } =
            unless_stopped(interrupt, evaluating).await.unwrap_or_else(|| Evaluation {
                plan: Plan::default(),
                faults: Vec::new(),
                program: Program::clone(&program),
                warnings: Vec::new(),
                sure: false,
                placeholders: BTreeSet::new(),
                shell: None,
            });
        let graph = Arc::new(plan.graph.clone());
        let target: Arc<str> = targets.first().map(String::as_str).unwrap_or_default().into();
        let place = end.map(|end| Place::new(graph.clone(), end, target));
        let result = match extent {
            _ if interrupt.is_stopped() => Err(BuildError::Interrupted),
            Extent::Build if faults.is_empty() => match &place {
                Some(place) => executor.execute(&graph, &place.needs()).await,
                None => build(&executor, plan.clone(), choices, interrupt).await,
            },
            // A step that evaluation asked has failed; what does not need its answer is run all the same, and nothing is written.
            Extent::Build
                if context.options.running.keep_going
                    && faults.iter().all(|fault| matches!(fault, Fault::Build(_))) =>
            {
                crate::run::prepare(&executor, &plan, choices).await
            }
            _ => Ok(()),
        };
        // Nothing is told after the last event.
        let stopped_by = executor.finish().await;
        let result = result.map_err(|error| match (error, stopped_by) {
            (BuildError::Stopped, Some(reason)) => reason,
            (error, _) => error,
        });
        let mut place = place.filter(|_| result.is_ok() && faults.is_empty());
        let by_hand = *wants == Wants::Shell(Wanted::Shell) && terminal::is_terminal();
        if (*wants == Wants::ShellOnFailure || by_hand)
            && let Some(failure) = shell::first_failure(&result, &faults)
        {
            let executor = new_executor().with_console(console);
            place = shell::place_of(&executor, &*sink, &graph, &failure).await;
        }
        let place = place.filter(|_| !interrupt.is_stopped());
        durations.save();
        peaks.save();
        let record = executor.record();
        if let Some(summary) = summary(&record) {
            sink.send(Event::Summary(Arc::new(summary)));
        }
        let outcome = match &result {
            Ok(()) if !faults.is_empty() => Outcome::Failed,
            Ok(()) => Outcome::Succeeded,
            Err(BuildError::Interrupted) => Outcome::Interrupted,
            Err(_) => Outcome::Failed,
        };
        let took = began.elapsed();
        let error = faults::words(&result, &faults);
        let written = reports.write(Build { targets, engine: described, began: since, took, outcome, error, record });
        if let Some(page) = context.options.reports.timings.as_ref().filter(|_| written.is_whole()) {
            sink.send(Event::Note(format!("the timeline is in {}", page.display())));
        }
        sink.send(Event::Finished { outcome, took });
        screen.finish();
        let written = written.send(context).await;
        let sources = &program.sources;
        let said = || {
            faults::diagnostics(context, sources, &warnings)?;
            if result.is_ok() {
                faults::evaluation(context, sources, &faults)?;
            }
            result.as_ref().map_err(|error| faults::build(context, sources, error)).map(drop)
        };
        let mut ended = said().and(written);
        if let Some(place) = place {
            let wanted = if let Wants::Shell(wanted) = wants { wanted } else { &Wanted::Shell };
            let code = shell::open(context, sources, (&*engine, &locks), interrupt, &place, wanted).await;
            ended = ended.and(code.and_then(shell::exit));
        }
        engine.leave().await;
        ended.map(|()| plan)
    }
}

/// Evaluates, unless the user stops it. Steps that run for evaluation get a moment to end.
async fn unless_stopped(interrupt: &Interrupt, evaluating: impl Future<Output = Evaluation>) -> Option<Evaluation> {
    let mut evaluating = std::pin::pin!(evaluating);
    tokio::select! {
        evaluation = &mut evaluating => (!interrupt.is_stopped()).then_some(evaluation),
        () = interrupt.stopped() => {
            let _late = tokio::time::timeout(LAST_WORK, evaluating).await;
            None
        }
    }
}

fn limits(options: &arguments::Options, engine: &dyn Engine) -> Limits {
    let parallelism = match options.running.max_parallelism {
        Some(arguments::Parallelism::Steps(steps)) => steps.get(),
        Some(arguments::Parallelism::Auto) | None => engine.processors().max(2),
    };
    Limits {
        parallelism,
        keep_going: options.running.keep_going,
        lock_timeout: options.running.lock_timeout,
        host_parallelism: options.running.host_parallelism.map(NonZeroUsize::get),
        docker_cache_roots: options.running.docker_cache_roots.map_or(DOCKER_CACHE_ROOTS, NonZeroUsize::get),
    }
}

fn choices(options: &arguments::Options) -> Choices {
    let wanted = options.output.output || options.output.artifact || options.output.image || !options.output.ci;
    let output = if options.output.no_output || !wanted {
        Written::Nothing
    } else if options.output.artifact {
        Written::Asked
    } else if options.output.image {
        Written::Images
    } else {
        Written::Everything
    };
    Choices { output, push: options.output.push }
}

fn mode(progress: arguments::Progress) -> ui::Mode {
    match progress {
        arguments::Progress::Auto => ui::Mode::Auto,
        arguments::Progress::Fancy => ui::Mode::Fancy,
        arguments::Progress::Plain => ui::Mode::Plain,
        arguments::Progress::Json => ui::Mode::Json,
    }
}
