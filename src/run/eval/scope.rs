//! Variables of a recipe, and which of them win.

use crate::analysis::set_fault;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::ast::Name;
use indexmap::IndexMap;

/// The variables that a recipe sees. `LET` wins over `ARG`, `ARG` over `ENV`, and `ENV` over globals.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    lets: IndexMap<String, String>,
    args: IndexMap<String, (String, Span)>,
    /// From the base recipe of the file.
    pub globals: IndexMap<String, String>,
}

impl Scope {
    /// A scope that sees these globals.
    #[must_use]
    pub fn new(globals: IndexMap<String, String>) -> Self {
        Self { globals, ..Self::default() }
    }

    /// The names of all variables.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.lets.keys().chain(self.args.keys()).chain(self.globals.keys()).map(String::as_str)
    }

    /// A `LET` or `ARG` of this name: what wins over the environment.
    #[must_use]
    pub fn local(&self, name: &str) -> Option<&str> {
        self.lets.get(name).or_else(|| self.args.get(name).map(|(value, _)| value)).map(String::as_str)
    }

    /// Declares an argument; `once`: a second declaration is a fault.
    ///
    /// # Errors
    /// When the name was declared before in a way that forbids it.
    pub fn arg(&mut self, name: &str, value: String, span: Span, once: bool) -> Result<(), Diagnostic> {
        if once && self.lets.contains_key(name) {
            let message = format!("`{name}` was already declared with LET and cannot be redeclared as an ARG");
            return Err(Diagnostic::error("redeclared", span, message).help("choose another name for one of them"));
        }
        // A command that runs again, in a loop, declares no second one.
        if once && let Some((_, first)) = self.args.get(name).filter(|(_, first)| *first != span) {
            return Err(Diagnostic::error(
                "redeclared",
                span,
                format!("`{name}` was declared twice in the same target"),
            )
            .label(*first, "first declared here")
            .help(format!("use `LET {name} = …` for a value that changes, or remove one of the two")));
        }
        self.args.insert(name.to_owned(), (value, span));
        Ok(())
    }

    /// Declares a variable.
    pub fn declare(&mut self, name: &str, value: String) {
        self.lets.insert(name.to_owned(), value);
    }

    /// Changes a variable that `LET` declared.
    ///
    /// # Errors
    /// When it was not.
    pub fn set(&mut self, name: &Name, value: String) -> Result<(), Diagnostic> {
        if let Some(held) = self.lets.get_mut(&name.text) {
            *held = value;
            return Ok(());
        }
        Err(set_fault(name, self.args.contains_key(&name.text), self.lets.keys().map(String::as_str)))
    }

    /// Gives an argument a value without a question.
    pub fn set_arg(&mut self, name: &str, value: String, span: Span) {
        self.args.insert(name.to_owned(), (value, span));
    }

    /// Takes an argument away.
    pub fn take_arg(&mut self, name: &str) -> Option<(String, Span)> {
        self.args.shift_remove(name)
    }

    /// What is known behind branches of which one is taken: where they differ, `unknown` stands for the value of a name.
    #[must_use]
    pub fn join(branches: &[&Self], unknown: &dyn Fn(&str) -> String) -> Self {
        let mut joined = Self::default();
        for branch in branches {
            for (name, value) in &branch.lets {
                let same = branches.iter().all(|other| other.lets.get(name) == Some(value));
                joined.lets.entry(name.clone()).or_insert_with(|| if same { value.clone() } else { unknown(name) });
            }
            for (name, (value, span)) in &branch.args {
                let same = branches.iter().all(|other| other.args.get(name).is_some_and(|(held, _)| held == value));
                let value = || if same { value.clone() } else { unknown(name) };
                joined.args.entry(name.clone()).or_insert_with(|| (value(), *span));
            }
            for (name, value) in &branch.globals {
                let same = branches.iter().all(|other| other.globals.get(name) == Some(value));
                joined.globals.entry(name.clone()).or_insert_with(|| if same { value.clone() } else { unknown(name) });
            }
        }
        joined
    }

    /// Arguments of this recipe, for `--pass-args`.
    pub fn args(&self) -> impl Iterator<Item = (&str, &str)> {
        self.args.iter().map(|(name, (value, _))| (name.as_str(), value.as_str()))
    }

    /// Everything that steps see on top of the image's environment, each name once, weakest first: globals that the environment does not
    /// hide, `env`, arguments, variables.
    #[must_use]
    pub fn exported(&self, env: &IndexMap<String, String>, hidden: impl Fn(&str) -> bool) -> Vec<(String, String)> {
        let mut all: IndexMap<&str, &str> = IndexMap::new();
        all.extend(self.globals.iter().filter(|(name, _)| !hidden(name)).map(|(k, v)| (k.as_str(), v.as_str())));
        all.extend(env.iter().map(|(k, v)| (k.as_str(), v.as_str())));
        all.extend(self.args());
        all.extend(self.lets.iter().map(|(k, v)| (k.as_str(), v.as_str())));
        all.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect()
    }
}
