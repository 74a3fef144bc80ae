//! Values of words.

use super::blank::Blank;
use super::fault::Eval;
use super::recipe::Frame;
use crate::analysis::program::{CommandLine, Flag, Late};
use crate::analysis::template::{ExpandError, Template};
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use std::collections::HashMap;

/// What engines give a process that has no `PATH`.
const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// What Linux takes as one variable or argument of a process, in bytes. Without a limit, values that are built of themselves would fill
/// the memory in a few steps.
const LONGEST: usize = 128 << 10;

impl Frame<'_> {
    /// The string that a word stands for.
    pub(super) async fn expand(&self, template: &Template) -> Eval<String> {
        if let Some(text) = template.as_literal() {
            return Ok(text.to_owned());
        }
        let mut values: HashMap<String, Option<String>> = HashMap::new();
        for name in template.variables() {
            if !values.contains_key(name) {
                let value = self.variable(name, template.span).await?;
                values.insert(name.to_owned(), value);
            }
        }
        let mut outputs: HashMap<String, String> = HashMap::new();
        let text = loop {
            // What is not reached is not run.
            let mut lookup = |name: &str| values.get(name).cloned().flatten();
            match template.expand_with(&mut lookup, &|command| outputs.get(command).cloned()) {
                Ok(text) => break text,
                Err(ExpandError::Shell(command)) => {
                    let output = self.shell_out(&command, template.span).await?;
                    outputs.insert(command, output);
                }
                Err(error) => return Err(Diagnostic::error("expansion", template.span, error.to_string()).into()),
            }
        };
        for name in template.plain_variables() {
            let value = values.get(name).and_then(Option::as_ref);
            let blank = Blank { name: name.to_owned(), is_set: value.is_some() };
            if value.is_none_or(String::is_empty) && !self.blanks().contains(&blank) {
                self.blanks().push(blank);
            }
        }
        if text.len() > LONGEST {
            let message = format!("this expands to {} bytes; the most is {LONGEST}", text.len());
            return Err(Diagnostic::error("too-long", template.span, message)
                .help("put the text into a file, and pass the file's name")
                .into());
        }
        Ok(text)
    }

    /// The same for a word that means nothing when it is empty. `what`: what it is, for the message.
    pub(super) async fn expand_filled(&self, template: &Template, what: &str) -> Eval<String> {
        let text = self.expand(template).await?;
        if text.is_empty() {
            let help = match template.as_literal() {
                Some(_) => "write one between the quotes",
                None => "give its variables a value, or a default: `${NAME:-value}`",
            };
            return Err(Diagnostic::error("empty-value", template.span, format!("{what} is empty")).help(help).into());
        }
        Ok(text)
    }

    /// The value of a variable: `LET`, `ARG`, `ENV`, the image's environment, globals, in this order.
    pub(super) async fn variable(&self, name: &str, span: Span) -> Eval<Option<String>> {
        match (name, self.set_variable(name, span).await?) {
            (_, Some(Some(value))) => Ok(Some(value)),
            ("PATH" | "HOME", Some(None)) if self.state.local.is_some() => {
                Ok(Some(self.shell_out(&format!("echo \"${name}\""), span).await?))
            }
            ("PATH", Some(None)) if self.state.begun => Ok(Some(DEFAULT_PATH.to_owned())),
            ("HOME", Some(None)) if self.state.root.is_some() => Ok(Some(self.home(span).await?)),
            (_, Some(None)) => Ok(None),
            (_, None) => Ok(Some(self.placeholder(&format!("${name}")))),
        }
    }

    /// The value that a variable was given, if any; `None` where only the image knows, and cannot be asked.
    pub(super) async fn set_variable(&self, name: &str, span: Span) -> Eval<Option<Option<String>>> {
        if let Some(value) = self.scope.local(name) {
            return Ok(Some(Some(value.to_owned())));
        }
        if let Some(value) = self.state.patch.env.get(name) {
            return Ok(Some(Some(value.clone())));
        }
        let global = self.scope.globals.get(name).cloned();
        if !self.state.begun {
            return Ok(Some(global));
        }
        Ok(match self.image_config(span).await? {
            Some(config) => Some(config.variable(name).map(str::to_owned).or(global)),
            None => global.map(Some),
        })
    }

    /// Words of `CMD`, `ENTRYPOINT` and health checks as an image's configuration wants them.
    pub(super) async fn command_line(&self, command: &CommandLine) -> Eval<Vec<String>> {
        Ok(match command {
            CommandLine::Exec(args) => args.clone(),
            CommandLine::Shell(text) => {
                let mut words = self.shell().unwrap_or_else(|| vec!["/bin/sh".to_owned(), "-c".to_owned()]);
                words.push(self.expand(text).await?);
                words
            }
        })
    }

    /// What a flag's value is read to, now or once it is expanded. `None`: a variable that is not set asks for nothing, and what
    /// `rbuild plan` can only guess cannot be read.
    pub(super) async fn late<T: Copy>(
        &self,
        value: &Late<T>,
        read: fn(&str, Span) -> Result<T, Diagnostic>,
    ) -> Eval<Option<T>> {
        Ok(match value {
            Late::Known(value) => Some(*value),
            Late::Expand(template) => match self.expand(template).await?.as_str() {
                "" => None,
                text if self.evaluator.is_guess(text) => None,
                text => Some(read(text, template.span)?),
            },
        })
    }

    /// The value of a switch.
    pub(super) async fn flag(&self, flag: &Flag) -> Eval<bool> {
        let read = |text: &str, span: Span| {
            Flag::read(text).ok_or_else(|| {
                Diagnostic::error("flag-value", span, format!("`{text}` is neither `true` nor `false`"))
                    .help("give it one of these; nothing means `false`")
            })
        };
        Ok(self.late(flag, read).await?.unwrap_or(false))
    }
}
