//! Words split into what is literal and what `$` will bring.

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
}
