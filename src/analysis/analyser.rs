//! What every command is read with: the file's features, and the list of faults.

use super::features::{Feature, Features};
use super::image::check_image;
use super::template::{Part, Template, Variable};
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::ast::{Args, Command, Heredoc, Word};

/// Reads commands and collects what is wrong with them.
pub(super) struct Analyser<'a> {
    pub(super) features: &'a Features,
    /// Whether lines are missing that could not be read: nothing is said then about what may have stood in them.
    pub(super) incomplete: bool,
    /// What the command that is being read asks for and cannot get yet.
    later: Vec<Diagnostic>,
    faults: Vec<Diagnostic>,
}

impl<'a> Analyser<'a> {
    pub(super) fn new(features: &'a Features, incomplete: bool, faults: Vec<Diagnostic>) -> Self {
        Self { features, incomplete, later: Vec::new(), faults }
    }

    pub(super) fn into_faults(self) -> Vec<Diagnostic> {
        self.faults
    }

    pub(super) fn fault(&mut self, fault: Diagnostic) {
        self.faults.push(fault);
    }

    /// Reports an error, and is `None`, so that reading can end with it.
    pub(super) fn error<T>(&mut self, code: &'static str, span: Span, message: String, help: &str) -> Option<T> {
        self.faults.push(Diagnostic::error(code, span, message).help(help));
        None
    }

    /// Reports a warning.
    pub(super) fn warn(&mut self, code: &'static str, span: Span, message: String, help: &str) {
        self.faults.push(Diagnostic::warning(code, span, message).help(help));
    }

    /// Notes something of the language that cannot be built yet. It is no fault of the file: whoever needs this command is told, and
    /// other targets can be built. `what` is as written.
    pub(super) fn unsupported(&mut self, span: Span, what: &str) {
        let message = format!("this version of rbuild does not support `{what}` yet");
        self.later(Diagnostic::error("not-supported-yet", span, message));
    }

    /// The same for what is not to come either. `help` is what to do instead.
    pub(super) fn refused(&mut self, span: Span, what: &str, help: &str) {
        let message = format!("rbuild does not support `{what}`");
        self.later(Diagnostic::error("not-supported", span, message).help(help));
    }

    /// Notes a fault that counts only where the command is reached.
    pub(super) fn later(&mut self, fault: Diagnostic) {
        self.later.push(fault);
    }

    /// What was noted since the last time.
    pub(super) fn take_later(&mut self) -> Vec<Diagnostic> {
        std::mem::take(&mut self.later)
    }

    /// Whether a feature is on; reports `what` where it is off.
    pub(super) fn allows(&mut self, feature: Feature, what: &str, span: Span) -> bool {
        let fault = self.features.gate(feature, what, span);
        let allowed = fault.is_none();
        self.faults.extend(fault);
        allowed
    }

    /// Whether the file is of version 1.0 or later; reports `what` where it is not.
    pub(super) fn needs_1_0(&mut self, what: &str, span: Span) -> Option<()> {
        if self.features.buildfile() {
            return Some(());
        }
        self.error("feature-off", span, format!("{what} needs `VERSION 1.0`"), "write `VERSION 1.0`")
    }

    /// Reads the body of a heredoc: variables are expanded, quotes stay.
    pub(super) fn text(&mut self, heredoc: &Heredoc) -> Template {
        if !heredoc.expand {
            return Template::literal(heredoc.body.clone(), heredoc.span);
        }
        let word = Word { text: heredoc.body.clone(), span: heredoc.span };
        let read = Template::parse_text(&word, self.features);
        self.checked(&word, read)
    }

    /// The words of a command.
    pub(super) fn words<'c>(&mut self, command: &'c Command) -> Option<&'c [Word]> {
        match &command.args {
            Args::Words(words) => Some(words),
            Args::Json(_) => {
                let message = format!("`{}` does not take a JSON array", command.keyword);
                self.error("json-form", command.span, message, "write plain words")
            }
            Args::Assign(_) | Args::Pairs(_) => {
                let message = format!("`{}` does not take an assignment", command.keyword);
                self.error("arguments", command.span, message, "write plain words")
            }
        }
    }

    /// Reads an ordinary word. A faulty one is reported, and then counts as one whose text is not known.
    pub(super) fn template(&mut self, word: &Word) -> Template {
        let read = Template::parse(word, self.features);
        self.checked(word, read)
    }

    /// Reads a word that may hold a reference.
    pub(super) fn reference(&mut self, word: &Word) -> Template {
        let read = Template::parse_reference(word, self.features);
        self.checked(word, read)
    }

    /// Reads the value of an arg.
    pub(super) fn value(&mut self, word: &Word) -> Template {
        let read = Template::parse_value(word, self.features);
        self.checked(word, read)
    }

    /// Reads the words of a command line for a shell: one blank between each two, quotes kept, variables expanded.
    pub(super) fn shell_line(&mut self, words: &[Word], span: Span) -> Template {
        let mut line = Template::literal("", span);
        for (at, word) in words.iter().enumerate() {
            if at > 0 {
                line.push_literal(" ");
            }
            let read = Template::parse_shell(word, self.features);
            line.append(self.checked(word, read));
        }
        line
    }

    fn checked(&mut self, word: &Word, read: Result<Template, Diagnostic>) -> Template {
        match read {
            Ok(template) => template,
            Err(fault) => {
                self.fault(fault);
                let unknown = Variable { name: word.text.clone(), operator: None };
                Template { span: word.span, parts: vec![Part::Variable(unknown)] }
            }
        }
    }

    /// Checks the name of an image, as far as it is known. `example` is what the command looks like.
    pub(super) fn check_image(&mut self, name: &Template, example: &str) {
        let Some(text) = name.as_literal() else { return };
        if text.is_empty() {
            let help = format!("write `{example}`");
            self.error::<()>("missing-argument", name.span, "the name of the image is empty".to_owned(), &help);
        } else if let Err(fault) = check_image(text) {
            self.error::<()>("image-name", name.span, fault.to_string(), &fault.help());
        }
    }

    /// A word that must not hold variables.
    pub(super) fn fixed(&mut self, word: &Word, what: &str) -> Option<String> {
        let template = self.template(word);
        match template.as_literal() {
            Some(text) => Some(text.to_owned()),
            None => {
                let message = format!("`{what}` cannot depend on a variable");
                self.error("fixed-value", word.span, message, "write its value itself")
            }
        }
    }
}
