//! The table of target instances, and the way from goals to a plan.

use super::base;
use super::circles::circles;
use super::fault::{Eval, Fault};
use super::function::MAX_CALLS;
use super::gathered::{Gathered, Reached, Written};
use super::images::settle;
use super::instance::{Instance, Key, Overrides};
use super::interactive::End;
use super::moment::Moment;
use super::recipe::Frame;
use super::waits::Waits;
use crate::diagnostic::Diagnostic;
use crate::digest::VertexId;
use crate::graph::{Graph, GraphBuilder, Op, Options, Output, Plan};
use crate::platform::Platform;
use crate::run::facts::{Facts, Sight};
use crate::run::program::Program;
use crate::run::repositories::Repositories;
use crate::source::Span;
use crate::trace::Trace;
use crate::workspace::Git;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::OnceCell;

/// Chains of instances that are longer than this are infinite recursion.
const MAX_DEPTH: usize = 1000;
/// Recursion that branches would fill the memory long before a chain gets that long.
const MAX_INSTANCES: usize = 20_000;

/// What holds for a whole evaluation.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `--push`
    pub push: bool,
    /// `--ci`
    pub ci: bool,
    /// `--strict`, or what implies it: nothing runs on this machine.
    pub strict: bool,
    /// `--allow-privileged`: steps may run privileged. A plan, which runs nothing, needs no leave.
    pub allow_privileged: bool,
    /// `--no-cache`
    pub no_cache: bool,
    /// Whether somebody sits at a terminal.
    pub terminal: bool,
    /// Whether a shell is wanted at the end of the first goal.
    pub shell: bool,
    /// The platform that targets are built for where they do not say.
    pub platform: Platform,
    /// The platform of the engine.
    pub native: Platform,
    /// Whether it is known: where no engine has been asked yet, it is a guess.
    pub native_is_known: bool,
    /// The platform of this machine.
    pub user: Platform,
    /// Prefix of the names of caches in the engine.
    pub cache_namespace: String,
    /// The user's directory: where `+target/artifact ./dest` puts things.
    pub current: PathBuf,
    /// The user's home directory, `~/` in references.
    pub home: Option<PathBuf>,
}

/// A target that the user asked for.
#[derive(Debug, Clone)]
pub struct Goal {
    /// The directory of its Buildfile, as in [`Program::units`].
    pub dir: PathBuf,
    /// Its name.
    pub target: String,
    /// Its arguments.
    pub args: Overrides,
    /// Only this artifact is wanted: its path in the target's tree, and where it goes.
    pub artifact: Option<(String, String)>,
}

/// What came of an evaluation.
#[derive(Debug)]
pub struct Evaluation {
    /// The plan; as far as it came where there are faults.
    pub plan: Plan,
    /// What is wrong, each once.
    pub faults: Vec<Fault>,
    /// The program, with the files that were read on the way.
    pub program: Program,
    /// What these files are warned of.
    pub warnings: Vec<Diagnostic>,
    /// Whether nothing was left open: a build comes to the same.
    pub sure: bool,
    /// What stands for values that only an image's configuration tells, where nobody told it.
    pub placeholders: BTreeSet<String>,
    /// The first goal's end, where a shell is wanted.
    pub shell: Option<End>,
}

type Pending = Shared<BoxFuture<'static, Option<Arc<Instance>>>>;

/// Evaluates targets of one program, each instance once.
pub(super) struct Evaluator {
    pub(super) program: Mutex<Program>,
    /// Held by whoever reads another file, which may take long: the program is changed under it alone.
    pub(super) opening: tokio::sync::Mutex<()>,
    pub(super) repositories: Arc<Repositories>,
    pub(super) settings: Settings,
    pub(super) facts: Arc<dyn Facts>,
    /// Arguments that the user gave to every goal.
    given: Overrides,
    builder: Mutex<GraphBuilder>,
    instances: Mutex<HashMap<Arc<Key>, Pending>>,
    waits: Mutex<Waits>,
    pub(super) faults: Mutex<Vec<Fault>>,
    /// Warnings of files that were read on the way.
    pub(super) warnings: Mutex<Vec<Diagnostic>>,
    /// How many functions were called.
    calls: AtomicUsize,
    /// What git says about repositories, by their tops, each asked once.
    git: Mutex<HashMap<PathBuf, Arc<OnceCell<Git>>>>,
    /// Set when recursion does not end: nothing is started any more.
    endless: AtomicBool,
    /// Set when something is wrong: nothing is asked of the world any more.
    stopped: AtomicBool,
    /// Set when a placeholder stands for a value that nobody knows.
    guessed: AtomicBool,
    /// Set when something may not have run that the rest depends on: a question, or what a command waits for.
    open: AtomicBool,
    /// Those that stand for values of images.
    pub(super) placeholders: Mutex<BTreeSet<String>>,
    pub(super) reached: Mutex<Reached>,
    /// Outputs that `WAIT` has written already; held while they are being written.
    pub(super) written: tokio::sync::Mutex<Written>,
    /// The instance at whose end a shell is wanted, and that end.
    wanted: Option<Arc<Key>>,
    shell: Mutex<Option<End>>,
}

/// Evaluates the goals and everything that they build and use.
pub async fn evaluate(program: Arc<Program>, settings: Settings, facts: Arc<dyn Facts>, goals: &[Goal]) -> Evaluation {
    let key = |goal: &Goal| {
        Arc::new(Key {
            dir: goal.dir.clone(),
            target: goal.target.clone(),
            overrides: goal.args.clone(),
            platform: settings.platform.clone(),
            trusted: true,
            pushes: settings.push && goal.artifact.is_none(),
        })
    };
    let keys: Vec<_> = goals.iter().map(key).collect();
    let wanted = keys.first().filter(|_| settings.shell).cloned();
    let evaluator = Arc::new(Evaluator {
        repositories: program.repositories.clone(),
        program: Mutex::new(Program::clone(&program)),
        opening: tokio::sync::Mutex::default(),
        settings,
        facts,
        given: common(goals),
        builder: Mutex::default(),
        instances: Mutex::default(),
        waits: Mutex::default(),
        faults: Mutex::default(),
        warnings: Mutex::default(),
        calls: AtomicUsize::new(0),
        git: Mutex::default(),
        endless: AtomicBool::new(false),
        stopped: AtomicBool::new(false),
        guessed: AtomicBool::new(false),
        open: AtomicBool::new(false),
        placeholders: Mutex::default(),
        reached: Mutex::default(),
        written: tokio::sync::Mutex::default(),
        wanted,
        shell: Mutex::default(),
    });
    for (goal, key) in goals.iter().zip(&keys) {
        if goal.artifact.is_none() {
            hold(&evaluator.reached).ask(key);
        }
        let _started = evaluator.start(key, 0, &Trace::default(), Moment::default());
    }
    let collected = evaluator.collect(goals, &keys).await;
    evaluator.end().await;
    let Evaluator { builder, faults, written, program, warnings, guessed, open, placeholders, shell, .. } =
        Arc::into_inner(evaluator).expect("every task has ended");
    let plan = Plan { graph: own(builder).seal(), ..written.into_inner().without(collected) };
    let mut seen = HashSet::new();
    let faults = own(faults);
    let faults = faults.into_iter().filter(|fault| seen.insert(format!("{fault:?}"))).collect();
    Evaluation {
        plan,
        faults,
        program: own(program),
        warnings: own(warnings),
        sure: !guessed.into_inner() && !open.into_inner(),
        placeholders: own(placeholders),
        shell: own(shell),
    }
}

/// Arguments that all goals have.
fn common(goals: &[Goal]) -> Overrides {
    let first = goals.first().map(|goal| goal.args.clone()).unwrap_or_default();
    first.into_iter().filter(|(name, value)| goals.iter().all(|goal| goal.args.get(name) == Some(value))).collect()
}

fn own<T>(mutex: Mutex<T>) -> T {
    mutex.into_inner().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Evaluator {
    /// How an instance is shown: its target, and the arguments that set it apart from what the user asked for.
    pub(super) fn shown(&self, key: &Key) -> String {
        let mut text = self.display(&key.dir, &key.target);
        if key.target != base::NAME {
            let own = key.overrides.iter().filter(|(name, value)| self.given.get(*name) != Some(value));
            text.extend(own.map(|(name, value)| format!(" --{name}={value}")));
        }
        if key.platform != self.settings.platform {
            text.push_str(&format!(" ({})", key.platform));
        }
        text
    }

    /// Where a vertex comes from.
    pub(super) fn span(&self, vertex: VertexId) -> Option<Span> {
        Some(hold(&self.builder).graph().get(&vertex)?.options.span)
    }

    /// Notes what is wrong.
    pub(super) fn report(&self, fault: Fault) {
        let stops = !(matches!(fault, Fault::Build(_)) && self.facts.keeps_going());
        hold(&self.faults).push(fault);
        if stops {
            self.stopped.store(true, Ordering::Relaxed);
        }
    }

    /// Notes what is odd, once.
    pub(super) fn warn(&self, warning: Diagnostic) {
        let mut warnings = hold(&self.warnings);
        if !warnings.contains(&warning) {
            warnings.push(warning);
        }
    }

    /// Whether the world may still be asked.
    ///
    /// # Errors
    /// When something is wrong already, which has been reported.
    pub(super) fn may_ask(&self) -> Eval<()> {
        if self.stopped.load(Ordering::Relaxed) { Err(Fault::Elsewhere) } else { Ok(()) }
    }

    /// Notes that a placeholder stands for a value.
    pub(super) fn guess(&self) {
        self.guessed.store(true, Ordering::Relaxed);
    }

    /// Notes that something may not have run.
    pub(super) fn leave_open(&self) {
        self.open.store(true, Ordering::Relaxed);
    }

    /// The platform of the engine, for what hangs on it.
    pub(super) fn native(&self) -> &Platform {
        self.hangs_on_native();
        &self.settings.native
    }

    /// Notes that something hangs on the platform of the engine.
    pub(super) fn hangs_on_native(&self) {
        if !self.settings.native_is_known {
            self.leave_open();
        }
    }

    /// Whether a text holds a placeholder. Where all values are known, none does.
    pub(super) fn is_guess(&self, text: &str) -> bool {
        self.guessed.load(Ordering::Relaxed) && text.contains('<')
    }

    /// What these vertices need, as it is now.
    pub(super) fn part(&self, goals: impl IntoIterator<Item = VertexId>) -> Graph {
        hold(&self.builder).graph().part(goals)
    }

    /// Adds an operation to the graph.
    pub(super) fn add(&self, op: Op, options: impl FnOnce() -> Options) -> Output {
        self.facts.saw(Sight::Vertex(&op));
        hold(&self.builder).add(op, options)
    }

    /// What git knows about the directory of a Buildfile.
    pub(super) async fn git(&self, dir: &Path) -> Git {
        let git = match self.facts.git_top(dir) {
            Some(top) => {
                let cell = hold(&self.git).entry(top.clone()).or_default().clone();
                cell.get_or_init(|| self.facts.git(&top)).await.clone().below(&top, dir)
            }
            None => Git::default(),
        };
        self.facts.saw(Sight::Git { dir, git: &git });
        git
    }

    /// The instance of this key, evaluated for the recipe `from`, whose command at `span` needs it at `moment`; `trace` leads there.
    pub(super) async fn instance(
        self: &Arc<Self>,
        from: &Arc<Key>,
        key: &Arc<Key>,
        depth: usize,
        span: Span,
        trace: &Trace,
        moment: Moment,
    ) -> Eval<Arc<Instance>> {
        let waits = hold(&self.waits).begin(from, key);
        waits.map_err(|path| self.cycle(&path, span))?;
        let pending = self.begin(key, depth, span, trace, moment);
        let instance = match pending {
            Ok(pending) => pending.await.ok_or(Fault::Elsewhere),
            Err(fault) => Err(fault),
        };
        hold(&self.waits).end(from);
        instance
    }

    /// Starts an instance, to which `trace` leads, and goes on. Whoever comes first says at which moment it begins.
    pub(super) fn begin(
        self: &Arc<Self>,
        key: &Arc<Key>,
        depth: usize,
        span: Span,
        trace: &Trace,
        moment: Moment,
    ) -> Eval<Pending> {
        if self.endless.load(Ordering::Relaxed) {
            return Err(Fault::Elsewhere);
        }
        // The target that a base recipe belongs to has been counted.
        let many = key.target != base::NAME && hold(&self.instances).len() >= MAX_INSTANCES;
        if (many || depth >= MAX_DEPTH) && self.endless.swap(true, Ordering::Relaxed) {
            return Err(Fault::Elsewhere);
        }
        if many {
            let message = format!("these are more than {MAX_INSTANCES} targets, each with other arguments");
            return Err(Diagnostic::error("too-many-targets", span, message)
                .help("every call with other arguments makes one: let a recursion end sooner, or pass fewer; a plan counts both ways of a condition, unless `--evaluate` decides it")
                .into());
        }
        if depth >= MAX_DEPTH {
            let message = format!("infinite recursion of target `{}`", self.display(&key.dir, &key.target));
            return Err(Diagnostic::error("infinite-recursion", span, message)
                .help("each call passes other arguments than the one before it, and none of them ends the chain")
                .into());
        }
        Ok(self.start(key, depth, trace, moment))
    }

    /// Counts the call of a function, `depth` of which are open.
    pub(super) fn call(&self, depth: usize, function: &str, span: Span) -> Eval<()> {
        let many = self.calls.fetch_add(1, Ordering::Relaxed) >= MAX_INSTANCES;
        if (many || depth >= MAX_CALLS) && self.endless.swap(true, Ordering::Relaxed) {
            return Err(Fault::Elsewhere);
        }
        if many || depth >= MAX_CALLS {
            let message = format!("infinite recursion of function `{function}`");
            return Err(Diagnostic::error("infinite-recursion", span, message)
                .help("functions call each other, and nothing ends the chain")
                .into());
        }
        Ok(())
    }

    fn cycle(&self, path: &[Arc<Key>], span: Span) -> Fault {
        let path: Vec<String> = path.iter().map(|key| self.display(&key.dir, &key.target)).collect();
        Diagnostic::error("cycle", span, format!("infinite cycle: `{}`", path.join(" → ")))
            .help("a target cannot need itself: take one of these references out, or let other arguments end the chain")
            .into()
    }

    /// Where an instance's recipe begins in its file.
    pub(super) fn place(&self, key: &Key) -> Span {
        let unit = self.unit(&key.dir);
        unit.targets.get(&key.target).map_or(Span::new(unit.file, 0, 0), |target| target.name.span)
    }

    fn start(self: &Arc<Self>, key: &Arc<Key>, depth: usize, trace: &Trace, moment: Moment) -> Pending {
        let mut instances = hold(&self.instances);
        if let Some(pending) = instances.get(key) {
            return pending.clone();
        }
        let (evaluator, own, trace) = (self.clone(), key.clone(), trace.clone());
        let task = tokio::spawn(async move {
            match evaluator.walk(&own, depth + 1, &trace, moment).await {
                Ok(instance) => Some(Arc::new(instance)),
                Err(Fault::Elsewhere) => None,
                Err(fault) => {
                    evaluator.report(fault.reached(trace));
                    None
                }
            }
        });
        let pending = async { task.await.expect("evaluation does not panic") }.boxed().shared();
        instances.insert(key.clone(), pending.clone());
        pending
    }

    async fn walk(self: &Arc<Self>, key: &Arc<Key>, depth: usize, trace: &Trace, moment: Moment) -> Eval<Instance> {
        let unit = self.unit(&key.dir);
        if key.target == base::NAME {
            let mut frame = Frame::new(self, key, &unit, depth, None, trace, moment);
            frame.walk(&unit.base).await?;
            return Ok(frame.finish());
        }
        let target = unit.targets.get(&key.target).expect("references are resolved to targets that exist");
        let below = Arc::new(Key { target: base::NAME.to_owned(), ..(**key).clone() });
        // The base recipe is no link of a chain of its own.
        let base = self.instance(key, &below, depth - 1, target.name.span, trace, moment).await?;
        let mut frame = Frame::new(self, key, &unit, depth, Some(&base), trace, moment);
        frame.walk(&target.recipe).await?;
        if self.wanted.as_ref() == Some(key) {
            let end = frame.at_the_end(target.name.span).await?;
            *hold(&self.shell) = Some(end);
        }
        Ok(frame.finish())
    }

    /// Waits for all instances, those too that a faulty one began and left.
    async fn end(&self) {
        let mut ended = 0;
        loop {
            let all: Vec<Pending> = hold(&self.instances).values().cloned().collect();
            if all.len() == ended {
                return;
            }
            ended = all.len();
            futures_util::future::join_all(all).await;
        }
    }

    /// Walks the instances from the goals: what `BUILD` reaches gives outputs, what data references reach only steps.
    async fn collect(&self, goals: &[Goal], keys: &[Arc<Key>]) -> Plan {
        let mut gathered = Gathered::default();
        // Depth first, in the order of the file.
        let mut open: Vec<(Arc<Key>, bool)> =
            keys.iter().zip(goals).map(|(key, goal)| (key.clone(), goal.artifact.is_none())).rev().collect();
        while let Some((key, outputs)) = open.pop() {
            if !gathered.is_new(&key, outputs) {
                continue;
            }
            let Some(pending) = hold(&self.instances).get(&key).cloned() else { continue };
            let Some(instance) = pending.await else { continue };
            let unit = self.unit(&key.dir);
            open.extend(gathered.add(&unit, &key, instance, outputs).into_iter().rev());
        }
        let circles = circles(&gathered.instances, keys);
        hold(&self.faults).extend(circles.iter().map(|circle| self.cycle(&circle.path, circle.span)));
        let mut plan = self.settle(gathered);
        for (goal, key) in goals.iter().zip(keys) {
            if let Some((path, dest)) = &goal.artifact {
                let Some(pending) = hold(&self.instances).get(key).cloned() else { continue };
                if let Some(instance) = pending.await {
                    match self.single_artifact(key, &instance, path, dest) {
                        Ok(artifact) => plan.artifacts.push(artifact),
                        Err(fault) => hold(&self.faults).push(fault),
                    }
                }
            }
        }
        plan
    }

    /// Gives images their names.
    pub(super) fn settle(&self, gathered: Gathered) -> Plan {
        let preferred = [&self.settings.platform, &self.settings.native];
        let (images, faults) = settle(&gathered.images, &preferred);
        hold(&self.faults).extend(faults.into_iter().map(Fault::from));
        Plan { images, ..gathered.plan }
    }
}
