//! Words split into what is literal and what `$` will bring.

mod cut;
mod expand;
mod parse;
mod shell_part;

pub use expand::ExpandError;

use crate::source::Span;

/// A word after quotes and escapes were taken away. It expands to exactly one string: nothing is split.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// Where the word stands.
    pub span: Span,
    /// The parts in order; literals are not empty and no two of them are neighbours.
    pub parts: Vec<Part>,
}

/// A part of a [`Template`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Text that stands for itself.
    Literal(String),
    /// `$NAME` or `${NAME…}`
    Variable(Variable),
    /// `$(command)`; the text between the parentheses.
    Shell(String),
}

/// A reference to a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// The name.
    pub name: String,
    /// What is done with the value.
    pub operator: Option<Operator>,
}

/// `${NAME<operator>word}`; the word is a template of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operator {
    /// `:-` the word where the variable is unset or empty.
    Default(Template),
    /// `:+` the word where the variable is set and not empty.
    Alternative(Template),
    /// `:?` and `?`: an error with the word as its text. `empty_too`: also where it is empty (`:?`).
    Require {
        /// The message.
        message: Template,
        /// Whether an empty value is a fault as well.
        empty_too: bool,
    },
    /// `#` without this prefix, where the value has it.
    TrimPrefix(Template),
    /// `%` without this suffix, where the value has it.
    TrimSuffix(Template),
}

impl Operator {
    /// The word behind the operator.
    #[must_use]
    pub fn word(&self) -> &Template {
        match self {
            Self::Default(word)
            | Self::Alternative(word)
            | Self::Require { message: word, .. }
            | Self::TrimPrefix(word)
            | Self::TrimSuffix(word) => word,
        }
    }
}

impl Template {
    /// A template that stands for itself.
    #[must_use]
    pub fn literal(text: impl Into<String>, span: Span) -> Self {
        let text = text.into();
        let parts = if text.is_empty() { Vec::new() } else { vec![Part::Literal(text)] };
        Self { span, parts }
    }

    /// The text, where no part needs expansion.
    #[must_use]
    pub fn as_literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// Adds literal text at the end.
    pub(super) fn push_literal(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        match self.parts.last_mut() {
            Some(Part::Literal(last)) => last.push_str(text),
            _ => self.parts.push(Part::Literal(text.to_owned())),
        }
    }

    /// Adds another template at the end, literals merged.
    pub(super) fn append(&mut self, other: Self) {
        for part in other.parts {
            match part {
                Part::Literal(text) => self.push_literal(&text),
                part => self.parts.push(part),
            }
        }
    }

    /// The names of all variables that the expansion may look up, in order, with repeats.
    #[must_use]
    pub fn variables(&self) -> Vec<&str> {
        let mut names = Vec::new();
        self.visit(&mut |part| {
            if let Part::Variable(variable) = part {
                names.push(variable.name.as_str());
            }
        });
        names
    }

    /// The names of the variables that stand for their values, and for nothing else where they have none, in order, with repeats.
    pub fn plain_variables(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Variable(Variable { name, operator: None }) => Some(name.as_str()),
            _ => None,
        })
    }

    /// All commands of `$(…)`, in order, those in the words of operators too.
    #[must_use]
    pub fn shells(&self) -> Vec<&str> {
        let mut commands = Vec::new();
        self.visit(&mut |part| {
            if let Part::Shell(command) = part {
                commands.push(command.as_str());
            }
        });
        commands
    }

    /// Shows every part, outer ones before inner ones. Parsing limits the depth.
    fn visit<'a>(&'a self, see: &mut dyn FnMut(&'a Part)) {
        for part in &self.parts {
            see(part);
            if let Part::Variable(Variable { operator: Some(operator), .. }) = part {
                operator.word().visit(see);
            }
        }
    }
}

#[cfg(test)]
#[path = "template/tests.rs"]
mod tests;
