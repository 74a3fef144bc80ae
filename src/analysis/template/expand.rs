//! From template to text, where nothing has to run for it.

use super::{Operator, Part, Template, Variable};

/// Why a template has no text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExpandError {
    /// `${name:?message}` or `${name?message}` of a variable without a value.
    #[error("`{name}` has no value{}{message}", if message.is_empty() { "" } else { ": " })]
    Required {
        /// The variable.
        name: String,
        /// The message, expanded.
        message: String,
    },
    /// A `$(command)`, which has to run first.
    #[error("the output of `$({0})` is not known")]
    Shell(String),
}

impl Template {
    /// The text of the template. `lookup` gives the values of variables; one without a value is empty.
    ///
    /// # Errors
    /// Where a required variable has no value, or a `$(…)` is reached.
    pub fn expand(&self, lookup: &mut dyn FnMut(&str) -> Option<String>) -> Result<String, ExpandError> {
        self.expand_with(lookup, &|_| None)
    }

    /// The same, where the outputs of some `$(…)` are known already.
    ///
    /// # Errors
    /// Where a required variable has no value, or a `$(…)` is reached whose output is not known.
    pub fn expand_with(
        &self,
        lookup: &mut dyn FnMut(&str) -> Option<String>,
        outputs: &dyn Fn(&str) -> Option<String>,
    ) -> Result<String, ExpandError> {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Literal(literal) => text.push_str(literal),
                Part::Variable(variable) => text.push_str(&variable.expand(lookup, outputs)?),
                Part::Shell(command) => {
                    text.push_str(&outputs(command).ok_or_else(|| ExpandError::Shell(command.clone()))?);
                }
            }
        }
        Ok(text)
    }
}

impl Variable {
    fn expand(
        &self,
        lookup: &mut dyn FnMut(&str) -> Option<String>,
        outputs: &dyn Fn(&str) -> Option<String>,
    ) -> Result<String, ExpandError> {
        let value = lookup(&self.name);
        let Some(operator) = &self.operator else {
            return Ok(value.unwrap_or_default());
        };
        let filled = value.as_ref().is_some_and(|value| !value.is_empty());
        match operator {
            Operator::Default(word) if !filled => word.expand_with(lookup, outputs),
            Operator::Alternative(word) if filled => word.expand_with(lookup, outputs),
            Operator::Alternative(_) => Ok(String::new()),
            Operator::Require { message, empty_too } if !filled && (*empty_too || value.is_none()) => {
                Err(ExpandError::Required { name: self.name.clone(), message: message.expand_with(lookup, outputs)? })
            }
            Operator::Default(_) | Operator::Require { .. } => Ok(value.unwrap_or_default()),
            Operator::TrimPrefix(word) => {
                let (value, affix) = (value.unwrap_or_default(), word.expand_with(lookup, outputs)?);
                Ok(value.strip_prefix(&affix).unwrap_or(&value).to_owned())
            }
            Operator::TrimSuffix(word) => {
                let (value, affix) = (value.unwrap_or_default(), word.expand_with(lookup, outputs)?);
                Ok(value.strip_suffix(&affix).unwrap_or(&value).to_owned())
            }
        }
    }
}
