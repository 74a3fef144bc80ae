//! What every command needs: options, terminal, the user's directory.

use super::arguments::{Options, Progress};
use super::clones::Teller;
use super::environment;
use super::exit::Exit;
use super::streams::{print, say};
use crate::path::clean;
use crate::run::program::relative;
use crate::ui;
use crate::workspace::{Found, find_in, find_upwards};
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use tokio::runtime::{self, Runtime};

/// One invocation.
pub struct Context {
    /// Options as settled.
    pub options: Options,
    /// What standard error can show.
    pub terminal: ui::Terminal,
    /// The user's directory, links resolved.
    pub current: PathBuf,
    /// The user's home directory.
    pub home: Option<PathBuf>,
    /// The job of GitHub Actions that this is, if it is to know.
    pub github: Option<ui::Github>,
    /// Says what takes time.
    pub teller: Arc<Teller>,
    masks: OnceLock<ui::Masks>,
}

/// A command that ends early has said why.
pub type Ended<T> = Result<T, Exit>;

impl Context {
    /// What runs asynchronous work.
    ///
    /// # Errors
    /// When the system has no thread for it; it was said.
    pub fn runtime(&self) -> Ended<Runtime> {
        let fault = |error| self.fail(Exit::Environment, &format!("cannot start: {error}"), None);
        runtime::Builder::new_multi_thread().enable_all().build().map_err(fault)
    }

    /// Settles what the environment says.
    ///
    /// # Errors
    /// When there is no current directory.
    pub fn new(options: Options) -> Ended<Self> {
        let terminal = environment::terminal(options.output.color.asked());
        match std::env::current_dir().and_then(|dir| dir.canonicalize()) {
            Ok(current) => {
                let teller = Arc::new(Teller::new(terminal.clone(), options.output.progress == Progress::Json));
                let annotated = options.output.github_annotations && options.output.progress != Progress::Json;
                let github = annotated.then(|| environment::github(current.clone()));
                Ok(Self {
                    options,
                    terminal,
                    current,
                    home: environment::home(),
                    github,
                    teller,
                    masks: OnceLock::new(),
                })
            }
            Err(error) => {
                say(&ui::error(&format!("cannot find the current directory: {error}"), None, &terminal));
                Err(Exit::Environment)
            }
        }
    }

    /// Says what is wrong, and how to end.
    pub fn fail(&self, exit: Exit, message: &str, help: Option<&str>) -> Exit {
        let masks = self.masks();
        let (message, help) = (&*masks.apply(message), help.map(|help| masks.apply(help)));
        let help = help.as_deref();
        say(&if self.json() { ui::json_error(message, help) } else { ui::error(message, help, &self.terminal) });
        if let Some(github) = &self.github {
            say(&github.error(message, help));
        }
        exit
    }

    /// Writes what was asked for to standard output.
    ///
    /// # Errors
    /// When it cannot be written; it was said.
    pub fn print(&self, text: impl AsRef<[u8]>) -> Ended<()> {
        print(text.as_ref())
            .map_err(|error| self.fail(Exit::Environment, &format!("cannot write to standard output: {error}"), None))
    }

    /// What is not to be shown from now on, whoever says it.
    pub fn hide(&self, masks: ui::Masks) {
        let _once = self.masks.set(masks);
    }

    /// Secret values, as far as they are known.
    pub fn masks(&self) -> Cow<'_, ui::Masks> {
        self.masks.get().map_or_else(Cow::default, Cow::Borrowed)
    }

    /// Whether standard error is for programs.
    pub fn json(&self) -> bool {
        self.options.output.progress == Progress::Json
    }

    /// Says something that the user should know.
    pub fn note(&self, text: &str) {
        if !self.json() {
            say(&ui::note(&self.masks().apply(text), &self.terminal));
        }
    }

    /// Says what went wrong and changes nothing else.
    pub fn warn(&self, text: &str) {
        if !self.json() {
            say(&ui::warning(&self.masks().apply(text), None, &self.terminal));
        }
    }

    /// The Buildfile that references without a path mean.
    ///
    /// # Errors
    /// When there is none; it was said.
    pub fn buildfile(&self) -> Ended<Found> {
        let found = self.find_buildfile().ok_or_else(|| {
            let help = "`rbuild init` writes one; `--file PATH` names another";
            self.fail(Exit::Usage, &self.no_buildfile(), Some(help))
        })?;
        if let Some(shadowed) = found.shadowed {
            self.note(&format!("{} is read; the {shadowed} beside it is not", found.file_name));
        }
        Ok(found)
    }

    /// The same, where nothing is said if there is none.
    pub fn find_buildfile(&self) -> Option<Found> {
        match &self.options.input.file {
            Some(file) => self.named(&self.current.join(file)),
            None => find_upwards(&self.current),
        }
    }

    /// Says that there is none.
    pub fn no_buildfile(&self) -> String {
        match &self.options.input.file {
            Some(file) => format!("there is no Buildfile at {}", file.display()),
            None => format!("there is no Buildfile in {} or above it", self.current.display()),
        }
    }

    /// The Buildfile of a directory, as typed.
    ///
    /// # Errors
    /// When there is none; it was said.
    pub fn buildfile_in(&self, dir: &str) -> Ended<Found> {
        let there = self.current.join(dir);
        let found = there.canonicalize().ok().and_then(|there| find_in(&there));
        found.ok_or_else(|| {
            let message = format!("there is no Buildfile in {}", clean(&there.to_string_lossy()));
            self.fail(Exit::Usage, &message, Some("check the path in front of `+`"))
        })
    }

    /// The Buildfile that a path names: the file, or the one in a directory.
    ///
    /// # Errors
    /// When there is none; it was said.
    pub fn buildfile_at(&self, path: &Path) -> Ended<Found> {
        self.named(&self.current.join(path)).ok_or_else(|| {
            let message = format!("there is no Buildfile at {}", path.display());
            self.fail(Exit::Usage, &message, Some("name a file, or a directory with a `Buildfile` or an `Earthfile`"))
        })
    }

    /// A path as the user would type it.
    pub fn shown(&self, path: &Path) -> String {
        let shown = relative(&self.current, path);
        shown.strip_prefix("./").unwrap_or(&shown).to_owned()
    }

    /// A Buildfile that `--file` names: the file, or the directory that it lies in.
    fn named(&self, path: &Path) -> Option<Found> {
        let path = path.canonicalize().ok()?;
        if path.is_dir() {
            return find_in(&path);
        }
        Found::at(&path)
    }
}
