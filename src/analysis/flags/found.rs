//! The flags that a command was given.

use super::super::analyser::Analyser;
use super::super::program::{Flag, Late};
use super::super::template::Template;
use crate::source::Span;
use crate::syntax::ast::{Keyword, Word};

/// The flags and the other words of a command.
#[derive(Debug)]
pub(in crate::analysis) struct Found {
    pub(super) keyword: Keyword,
    pub(super) flags: Vec<FoundFlag>,
    /// The words that are no flags, in order.
    pub(in crate::analysis) words: Vec<Word>,
}

/// One flag as given.
#[derive(Debug)]
pub(super) struct FoundFlag {
    pub(super) name: &'static str,
    pub(super) value: Option<Word>,
    pub(super) span: Span,
}

impl Found {
    fn all(&self, name: &str) -> impl DoubleEndedIterator<Item = &FoundFlag> {
        self.flags.iter().filter(move |flag| flag.name == name)
    }

    /// Where a flag stands, the last one if it is repeated.
    pub(in crate::analysis) fn span(&self, name: &str) -> Option<Span> {
        self.all(name).next_back().map(|flag| flag.span)
    }

    /// The value of a flag: the last one, where it is repeated.
    pub(in crate::analysis) fn value(&self, name: &str) -> Option<&Word> {
        self.all(name).next_back().and_then(|flag| flag.value.as_ref())
    }

    /// The values of a flag that may be repeated, in order.
    pub(in crate::analysis) fn values(&self, name: &str) -> Vec<Word> {
        self.all(name).filter_map(|flag| flag.value.clone()).collect()
    }

    /// The value of a flag, read as an ordinary word.
    pub(in crate::analysis) fn template(&self, analyser: &mut Analyser<'_>, name: &str) -> Option<Template> {
        self.value(name).map(|word| analyser.template(word))
    }

    /// Whether a switch is on. A value that is not known now is an error.
    pub(in crate::analysis) fn switch(&self, analyser: &mut Analyser<'_>, name: &str) -> bool {
        match self.flag(analyser, name) {
            Late::Known(on) => on,
            Late::Expand(template) => {
                let message = format!("`{} --{name}` cannot depend on a variable", self.keyword);
                let help = format!("write `--{name}`, or leave it out");
                analyser.error::<()>("flag-value", template.span, message, &help);
                false
            }
        }
    }

    /// Whether a switch is on, where that may depend on a variable.
    pub(in crate::analysis) fn flag(&self, analyser: &mut Analyser<'_>, name: &str) -> Flag {
        let Some(flag) = self.all(name).next_back() else {
            return Late::Known(false);
        };
        let Some(word) = &flag.value else {
            return Late::Known(true);
        };
        let template = analyser.template(word);
        match template.as_literal().map(Flag::read) {
            None => Late::Expand(template),
            Some(Some(on)) => Late::Known(on),
            Some(None) => {
                let message = format!("`--{name}` is either true or false, not `{}`", word.text);
                let help = format!("write `--{name}`, or `--{name}=false`");
                analyser.error::<()>("flag-value", word.span, message, &help);
                Late::Known(false)
            }
        }
    }
}
