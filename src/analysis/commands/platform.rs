//! `--platform`.

use super::super::analyser::Analyser;
use super::super::template::Template;
use crate::diagnostic::Diagnostic;
use crate::platform::Platform;
use crate::syntax::ast::Word;

/// Reads the value of `--platform`: `os/arch[/variant]`, `native`, `user`, or nothing.
pub(super) fn platform(analyser: &mut Analyser<'_>, word: &Word) -> Template {
    let template = analyser.template(word);
    if let Some(text) = template.as_literal()
        && !matches!(text, "" | "native" | "user")
        && let Err(fault) = text.parse::<Platform>()
    {
        analyser.fault(Diagnostic::error("invalid-platform", word.span, fault.to_string()));
    }
    template
}
