//! Names of variables, and what a recipe has declared so far.

use super::analyser::Analyser;
use super::builtins;
use super::program::{Arg, Assignment};
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::ast::Name;
use crate::syntax::suggest::nearest;
use std::collections::HashMap;

/// Whether a text can name a variable: a letter or `_`, then letters, digits and `_`.
#[must_use]
pub fn is_variable_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && chars.all(|char| char.is_ascii_alphanumeric() || char == '_')
}

/// What is wrong with a `SET` of a name that no `LET` of the recipe declared. `is_arg`: an `ARG` did; `lets`: what there is instead.
#[must_use]
pub fn set_fault<'l>(name: &Name, is_arg: bool, lets: impl IntoIterator<Item = &'l str>) -> Diagnostic {
    let Name { text: name, span } = name;
    let fault = |message| Diagnostic::error("set-undeclared", *span, message);
    if is_arg {
        return fault(format!("`{name}` is an `ARG` and cannot be used with `SET`"))
            .help(format!("declare `LET {name} = ${name}` first"));
    }
    fault(format!("`{name}` is not declared in this recipe")).help(match nearest(name, lets) {
        Some(declared) => format!("did you mean `{declared}`?"),
        None => format!("declare it first: `LET {name} = value`"),
    })
}

/// How a name came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Arg { global: bool },
    Let,
}

#[derive(Debug, Clone, Copy)]
struct Declared {
    kind: Kind,
    span: Span,
    /// Whether it is declared on every way here; one in a branch of an `IF` may not be.
    certain: bool,
}

/// What a name was outside of a `FOR`.
pub(super) struct Outer(Option<Declared>);

/// The names that a recipe has declared up to some step.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    declared: HashMap<String, Declared>,
    /// The global args of the base recipe, and the lets of it, which targets do not see.
    base: HashMap<String, Declared>,
}

impl Names {
    /// The names at the start of a target's recipe, given those at the end of the base recipe.
    pub(super) fn of_target(base: &Self) -> Self {
        Self { declared: HashMap::new(), base: base.declared.clone() }
    }

    /// What is known behind a block, whose branches ended with these names: what all of them declare is declared.
    pub(super) fn join(&mut self, branches: &[Self]) {
        for branch in branches {
            for (name, declared) in &branch.declared {
                let everywhere = branches.iter().all(|other| {
                    other.declared.get(name).is_some_and(|found| found.certain && found.kind == declared.kind)
                });
                let merged = self.declared.entry(name.clone()).or_insert(Declared { certain: everywhere, ..*declared });
                merged.certain |= everywhere;
                if merged.kind != declared.kind {
                    merged.certain = false;
                }
            }
        }
    }

    fn certain(&self, name: &str) -> Option<Declared> {
        self.declared.get(name).copied().filter(|declared| declared.certain)
    }

    fn declare(&mut self, name: &Name, kind: Kind) {
        self.declared.insert(name.text.clone(), Declared { kind, span: name.span, certain: true });
    }

    /// Checks an `ARG` against what is declared, and declares it.
    pub(super) fn arg(&mut self, analyser: &mut Analyser<'_>, arg: &Arg) {
        let name = &arg.name.text;
        let before = self.certain(name).filter(|before| {
            let shadowed = arg.global && before.kind == Kind::Arg { global: false };
            analyser.features.arg_scope_and_set() || shadowed
        });
        if let Some(before) = before {
            analyser.fault(match before.kind {
                Kind::Let => Diagnostic::error(
                    "declared-twice",
                    arg.name.span,
                    format!("`{name}` was already declared with `LET` and cannot be redeclared as an `ARG`"),
                )
                .label(before.span, "declared here")
                .help("use another name for one of the two"),
                Kind::Arg { global: false } if arg.global => Diagnostic::error(
                    "declared-twice",
                    arg.name.span,
                    format!("the global `ARG {name}` cannot replace the one that is not global"),
                )
                .label(before.span, "declared here without `--global`")
                .help("use another name, or declare it once, with `--global`"),
                Kind::Arg { .. } => Diagnostic::error(
                    "declared-twice",
                    arg.name.span,
                    format!("`ARG {name}` is declared twice in one recipe"),
                )
                .label(before.span, "declared here")
                .help("to change a value, declare it with `LET` and change it with `SET`"),
            });
            return;
        }
        let global = arg.global || !analyser.features.explicit_global();
        self.declare(&arg.name, Kind::Arg { global });
    }

    /// Declares the variable of a `FOR`, which is an `ARG` for its body. Gives what the name was before.
    pub(super) fn enter(&mut self, variable: &Name) -> Outer {
        Outer(self.declared.insert(
            variable.text.clone(),
            Declared { kind: Kind::Arg { global: false }, span: variable.span, certain: true },
        ))
    }

    /// Ends the body of a `FOR`. What a `LET` in it declared stays.
    pub(super) fn leave(&mut self, variable: &Name, Outer(outer): Outer) {
        if self.declared.get(&variable.text).is_some_and(|declared| declared.kind == Kind::Let) {
            return;
        }
        match outer {
            Some(declared) => self.declared.insert(variable.text.clone(), declared),
            None => self.declared.remove(&variable.text),
        };
    }

    /// Checks a `LET`, and declares its name.
    pub(super) fn r#let(&mut self, analyser: &mut Analyser<'_>, assignment: &Assignment) {
        let Name { text: name, span } = &assignment.name;
        if builtins::is_builtin(name) {
            let message = format!("`LET` cannot override the built-in variable `{name}`");
            analyser.error::<()>("builtin", *span, message, "use another name");
            return;
        }
        self.declare(&assignment.name, Kind::Let);
    }

    /// Checks a `SET`.
    pub(super) fn set(&self, analyser: &mut Analyser<'_>, assignment: &Assignment) {
        if analyser.incomplete {
            return;
        }
        let name = &assignment.name.text;
        let is_arg = match (self.declared.get(name), self.base.get(name)) {
            (Some(Declared { certain: false, .. }), _) => return,
            (Some(declared), _) if declared.kind == Kind::Let => return,
            (Some(_), _) => true,
            (None, base) => base.is_some_and(|base| base.kind == Kind::Arg { global: true }),
        };
        let lets = self.declared.iter().filter(|(_, declared)| declared.kind == Kind::Let);
        let mut lets: Vec<&str> = lets.map(|(name, _)| name.as_str()).collect();
        lets.sort_unstable();
        let mut fault = set_fault(&assignment.name, is_arg, lets);
        if !is_arg && let Some(base) = self.base.get(name) {
            fault = fault.label(base.span, "the base recipe's variable is not seen in targets");
        }
        analyser.fault(fault);
    }
}
