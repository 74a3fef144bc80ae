//! One invocation with its engine: what its steps do, what is said of them, and the shell behind.

use super::connect::Connection;
use super::context::{Context, Ended};
use super::reports::Reports;
use super::screen::show;
use super::skip::Skip;
use super::work::{LAST_WORK, Prepared, Wants, settings};
use super::{arguments, caches, faults, interactive, shell};
use crate::cache::{Durations, Peaks};
use crate::diagnostic::Diagnostic;
use crate::engine::Engine;
use crate::event::{Event, Outcome, Sink};
use crate::graph::Plan;
use crate::history::{Build, Record};
use crate::lock::LockDir;
use crate::machine::LocalMemory;
use crate::run::eval::{Evaluation, Fault, Settings, evaluate};
use crate::run::program::Program;
use crate::run::{
    BuildError, Choices, Executor, Extent, FromBuild, Interrupt, Limits, Place, Wanted, Written, build, save_cache,
    summary,
};
use crate::{terminal, ui};
use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

/// Data roots of WITH DOCKER steps in each pool.
const DOCKER_CACHE_ROOTS: usize = 2;

/// What it needs.
pub struct Invocation<'a> {
    /// Options, terminal and directory.
    pub context: &'a Context,
    /// The engine.
    pub connection: Connection,
    /// The cache directory.
    pub cache_dir: PathBuf,
    /// The locks below it.
    pub locks: Arc<LockDir>,
    /// The user's wish to stop.
    pub interrupt: &'a Interrupt,
    /// Secrets, which show nowhere.
    pub masks: ui::Masks,
    /// What was asked for, as typed.
    pub targets: Vec<String>,
    /// How much is done.
    pub extent: Extent,
    /// What it is for.
    pub wants: &'a Wants,
    /// Where it may be skipped the next time.
    pub skip: Option<Skip>,
    /// Why it is not skipped this time, where it was done before.
    pub changed: Option<String>,
}

/// What came of the steps.
struct Performed {
    plan: Plan,
    program: Program,
    warnings: Vec<Diagnostic>,
    faults: Vec<Fault>,
    result: Result<(), BuildError>,
    /// Where a shell is to be opened.
    place: Option<Place>,
}

impl Performed {
    fn outcome(&self) -> Outcome {
        match &self.result {
            Ok(()) if !self.faults.is_empty() => Outcome::Failed,
            Ok(()) => Outcome::Succeeded,
            Err(BuildError::Interrupted) => Outcome::Interrupted,
            Err(_) => Outcome::Failed,
        }
    }

    /// Says what went wrong, where progress has not.
    fn explain(&self, context: &Context) -> Ended<()> {
        let sources = &self.program.sources;
        faults::diagnostics(context, sources, &self.warnings)?;
        match &self.result {
            Ok(()) => faults::evaluation(context, sources, &self.faults),
            Err(error) => Err(faults::build(context, sources, error)),
        }
    }
}

impl Invocation<'_> {
    /// Does it, and tells all about it.
    ///
    /// # Errors
    /// When something went wrong; it was said.
    pub async fn run(self, prepared: Prepared, reports: Reports) -> Ended<Plan> {
        let began = Instant::now();
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let (sink, screen) = show(self.context, self.masks.clone(), &self.cache_dir);
        let engine = self.connection.engine.describe();
        sink.send(Event::Started { targets: self.targets.clone(), engine: engine.clone() });
        if let Some(why) = &self.changed {
            sink.send(Event::Note(format!("not skipped: {why}")));
        }
        let (performed, record) = self.perform(prepared, &sink, &screen).await?;
        self.remember(&performed, &sink).await;
        // Progress has the last word.
        let explained = {
            let _closed = screen.curtain().close();
            performed.explain(self.context)
        };
        if let Some(summary) = summary(&record) {
            sink.send(Event::Summary(Arc::new(summary)));
        }
        let (outcome, took) = (performed.outcome(), began.elapsed());
        let error = faults::words(&performed.result, &performed.faults);
        let targets = self.targets.clone();
        let logs = screen.logs();
        let skipped_since = None;
        let build = Build { targets, engine, began: since, took, outcome, skipped_since, error, record, logs };
        let written = reports.write(build);
        if let Some(page) = self.context.options.reports.timings.as_ref().filter(|_| written.is_whole()) {
            sink.send(Event::Note(format!("the timeline is in {}", page.display())));
        }
        sink.send(Event::Finished { outcome, took });
        screen.finish();
        let written = written.send(self.context).await;
        let mut ended = explained.and(written);
        if let Some(place) = &performed.place {
            ended = ended.and(self.attend(&performed.program, place).await);
        }
        self.connection.engine.leave().await;
        ended.map(|()| performed.plan)
    }

    /// Sees to it that the same may be skipped the next time.
    async fn remember(&self, performed: &Performed, sink: &Arc<dyn Sink>) {
        let Some(skip) = self.skip.as_ref().filter(|_| performed.outcome() == Outcome::Succeeded) else { return };
        if let Err(why) = skip.remember(&performed.plan, &performed.program, self.interrupt).await {
            sink.send(Event::Note(format!("this cannot be skipped the next time: {why}")));
        }
    }

    /// Evaluates, runs the steps, and puts in place what they gave. Nothing runs any more afterwards.
    async fn perform(
        &self,
        prepared: Prepared,
        sink: &Arc<dyn Sink>,
        screen: &ui::Handle,
    ) -> Ended<(Performed, Record)> {
        let Self { context, connection, cache_dir, locks, interrupt, extent, wants, .. } = self;
        let engine = &connection.engine;
        let at_end = matches!(wants, Wants::Shell(_));
        let settings = Settings { shell: at_end, ..settings(context, &connection.platform)? };
        let choices = match at_end {
            true => Choices { output: Written::Nothing, ..choices(&context.options) },
            false => choices(&context.options),
        };
        let durations = Arc::new(Durations::load(cache_dir));
        let peaks = Arc::new(Peaks::load(cache_dir));
        let limits = limits(&context.options, &**engine);
        let console = interactive::in_turns(screen.curtain());
        let caches = caches::choices(&context.options);
        let new_executor = || {
            let (sink, locks, durations) = (sink.clone(), locks.clone(), durations.clone());
            let interrupt = Interrupt::clone(interrupt);
            let executor = Executor::new(engine.clone(), sink, locks, limits, interrupt, durations);
            executor.with_console(console.clone()).with_caches(caches.clone())
        };
        let executor = new_executor().with_witness(self.skip.as_ref().map(|skip| skip.witness.clone()));
        // The memory of another machine cannot be read.
        let by_memory =
            context.options.running.max_parallelism == Some(arguments::Parallelism::Auto) && connection.is_local;
        let executor = if by_memory { executor.with_memory(Arc::new(LocalMemory), peaks.clone()) } else { executor };
        let executor = Arc::new(executor);
        let program = Arc::new(prepared.program);
        let facts = Arc::new(FromBuild::new(executor.clone(), choices, Interrupt::clone(interrupt), *extent));
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
        let target: Arc<str> = self.targets.first().map(String::as_str).unwrap_or_default().into();
        let place = end.map(|end| Place::new(graph.clone(), end, target));
        let result = match extent {
            _ if interrupt.is_stopped() => Err(BuildError::Interrupted),
            Extent::Build if faults.is_empty() => match &place {
                Some(place) => executor.execute(&graph, &place.needs()).await,
                None => match build(&executor, plan.clone(), choices, interrupt).await {
                    Ok(()) if choices.push => save_cache(&executor, &plan, interrupt).await,
                    ended => ended,
                },
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
        let by_hand = **wants == Wants::Shell(Wanted::Shell) && terminal::is_terminal();
        if (**wants == Wants::ShellOnFailure || by_hand)
            && let Some(failure) = shell::first_failure(&result, &faults)
        {
            place = shell::place_of(&new_executor(), &**sink, &graph, &failure).await;
        }
        let place = place.filter(|_| !interrupt.is_stopped());
        durations.save();
        peaks.save();
        Ok((Performed { plan, program, warnings, faults, result, place }, executor.record()))
    }

    /// Opens the shell, or runs the command, that was asked for.
    async fn attend(&self, program: &Program, place: &Place) -> Ended<()> {
        let wanted = if let Wants::Shell(wanted) = self.wants { wanted } else { &Wanted::Shell };
        let engine = (&*self.connection.engine, &*self.locks);
        let code = shell::open(self.context, &program.sources, engine, self.interrupt, place, wanted).await;
        code.and_then(shell::exit)
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

pub(super) fn choices(options: &arguments::Options) -> Choices {
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
