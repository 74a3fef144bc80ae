//! Reading values of flags, now or after their expansion.

use super::analyser::Analyser;
use super::flags::Found;
use super::program::{Flag, Late};
use super::template::Template;
use crate::diagnostic::Diagnostic;
use crate::source::Span;

impl Analyser<'_> {
    /// Reads a flag's value. `None`: the flag is not there, or its value is wrong, which is reported.
    pub(super) fn late<T>(
        &mut self,
        found: &Found,
        name: &str,
        read: fn(&str, Span) -> Result<T, Diagnostic>,
    ) -> Option<Late<T>> {
        let value = found.template(self, name)?;
        let span = value.span;
        Late::of(value, |text| read(text, span)).map_err(|fault| self.fault(fault)).ok()
    }
}

impl Flag {
    /// Reads the value of a switch after its expansion: `true`, `false`, `t`, `f`, `1`, `0`. `None`: it is none of these.
    #[must_use]
    pub fn read(text: &str) -> Option<bool> {
        match text {
            "true" | "True" | "TRUE" | "t" | "T" | "1" => Some(true),
            "false" | "False" | "FALSE" | "f" | "F" | "0" => Some(false),
            _ => None,
        }
    }
}

impl<T> Late<T> {
    /// Reads a template now, where it holds nothing to expand.
    pub(super) fn of<E>(template: Template, read: impl FnOnce(&str) -> Result<T, E>) -> Result<Self, E> {
        match template.as_literal() {
            Some(text) => Ok(Self::Known(read(text)?)),
            None => Ok(Self::Expand(template)),
        }
    }

    /// The value, where it is known.
    #[must_use]
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Expand(_) => None,
        }
    }
}
