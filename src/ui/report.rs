//! Faults of Buildfiles, laid out by miette: excerpt, labels, help and code.

use super::settings::Terminal;
use super::style::{Ink, Styles};
use super::{escape, message, trace, wording};
use crate::diagnostic::{Diagnostic, Label, Severity};
use crate::source::{FileId, Sources, Span};
use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan,
    SpanContents,
};
use std::collections::BTreeSet;
use std::fmt;

/// Lines are wrapped here where no terminal says otherwise, and on wider ones: longer lines are hard to read.
const WIDEST: usize = 120;
/// A layout for less than this would be all frame.
const NARROWEST: usize = 40;

/// All diagnostics as text for people, sorted by file and line, each once, with a count at the end.
///
/// Empty where there are none; else it ends with a line feed.
#[must_use]
pub fn diagnostics(sources: &Sources, diagnostics: &[Diagnostic], terminal: &Terminal) -> String {
    let mut sorted: Vec<&Diagnostic> = diagnostics.iter().collect();
    sorted.sort_by_key(|diagnostic| place(sources, diagnostic));
    sorted.dedup();
    let mut text = String::new();
    for diagnostic in &sorted {
        text.push_str(&one(sources, diagnostic, terminal));
        text.push('\n');
    }
    if !sorted.is_empty() {
        text.push_str(&footer(sources, &sorted, terminal));
    }
    text
}

/// What diagnostics are sorted by. Those without a place come first.
fn place(sources: &Sources, diagnostic: &Diagnostic) -> Option<(std::sync::Arc<str>, u32, u32)> {
    diagnostic.span().map(|span| (sources.file(span.file).name.clone(), span.start, span.end))
}

/// `5 errors and 1 warning in 2 files`.
fn footer(sources: &Sources, diagnostics: &[&Diagnostic], terminal: &Terminal) -> String {
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
    let warnings = diagnostics.len() - errors;
    let files: BTreeSet<_> =
        diagnostics.iter().filter_map(|diagnostic| Some(&*sources.file(diagnostic.span()?.file).name)).collect();
    let styles = Styles::new(terminal);
    let mut parts = Vec::new();
    if errors > 0 {
        parts.push(styles.paint(Ink::Bad, &wording::count(errors, "error")));
    }
    if warnings > 0 {
        parts.push(styles.paint(Ink::Warn, &wording::count(warnings, "warning")));
    }
    let place = if files.is_empty() { String::new() } else { format!(" in {}", wording::count(files.len(), "file")) };
    format!("{}{place}\n", parts.join(" and "))
}

/// One diagnostic. Labels in other files than the main one follow as notes with excerpts of their own.
fn one(sources: &Sources, diagnostic: &Diagnostic, terminal: &Terminal) -> String {
    let (kind, ink) = match diagnostic.severity {
        Severity::Error => ("error", Ink::Bad),
        Severity::Warning => ("warning", Ink::Warn),
    };
    let head = format!("{kind}[{}]:", diagnostic.code);
    let Some(main) = diagnostic.span() else {
        let styles = Styles::new(terminal);
        let mut lines = message::lines(&head, ink, &diagnostic.message, styles);
        lines.extend(diagnostic.help.iter().flat_map(|help| message::lines("help:", Ink::Hint, help, styles)));
        lines.extend(trace::lines(&diagnostic.trace, styles));
        return lines.join("\n") + "\n";
    };
    let (here, elsewhere): (Vec<&Label>, Vec<&Label>) =
        diagnostic.labels.iter().partition(|label| label.span.file == main.file);
    let mut text = laid_out(
        &Report {
            severity: match diagnostic.severity {
                Severity::Error => miette::Severity::Error,
                Severity::Warning => miette::Severity::Warning,
            },
            message: &diagnostic.message,
            source: Source::new(sources, main.file),
            labels: &here,
        },
        &head,
        terminal,
    );
    for label in elsewhere {
        let report = Report {
            severity: miette::Severity::Advice,
            message: if label.text.is_empty() { "see here" } else { &label.text },
            source: Source::new(sources, label.span.file),
            labels: &[&Label { span: label.span, text: String::new() }],
        };
        text.push_str(&laid_out(&report, "note:", terminal));
    }
    // The layout would wrap help, and cut commands that are meant to be copied.
    let styles = Styles::new(terminal);
    let help = diagnostic.help.iter().flat_map(|help| message::lines("help:", Ink::Hint, help, styles));
    for line in help.chain(trace::lines(&diagnostic.trace, styles)) {
        text.push_str(&format!("  {line}\n"));
    }
    text
}

/// The one place where miette is set up. It would look at the environment by itself: at `NO_GRAPHICS`, and at the
/// terminal of standard output.
fn laid_out(report: &Report<'_>, head: &str, terminal: &Terminal) -> String {
    let mut theme = match (terminal.unicode, terminal.colour) {
        (true, true) => GraphicalTheme::unicode(),
        (true, false) => GraphicalTheme::unicode_nocolor(),
        (false, true) => GraphicalTheme::ascii(),
        (false, false) => GraphicalTheme::none(),
    };
    for icon in [&mut theme.characters.error, &mut theme.characters.warning, &mut theme.characters.advice] {
        head.clone_into(icon);
    }
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(terminal.width.unwrap_or(WIDEST).clamp(NARROWEST, WIDEST))
        .with_links(false)
        .with_break_words(false)
        .with_context_lines(1)
        .without_syntax_highlighting();
    let mut text = String::new();
    handler.render_report(&mut text, report).expect("writing to a string does not fail");
    // The layout indents its headline; ours stand at the margin, like every other message.
    let text = text.strip_prefix("  ").unwrap_or(&text);
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n") + "\n"
}

/// A diagnostic, or a note of one, as miette wants to see it.
#[derive(Debug)]
struct Report<'a> {
    severity: miette::Severity,
    message: &'a str,
    source: Source<'a>,
    labels: &'a [&'a Label],
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&escape::word(self.message))
    }
}

impl std::error::Error for Report<'_> {}

impl miette::Diagnostic for Report<'_> {
    fn severity(&self) -> Option<miette::Severity> {
        Some(self.severity)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().enumerate().map(|(at, label)| {
            let (start, length) = self.source.fit(label.span);
            let text = (!label.text.is_empty()).then(|| escape::word(&label.text));
            let span = SourceSpan::new(start.into(), length);
            if at == 0 {
                LabeledSpan::new_primary_with_span(text, span)
            } else {
                LabeledSpan::new_with_span(text, span)
            }
        })))
    }
}

/// One file's text, with places counted as everywhere in rbuild: columns in characters, lines by line feeds.
struct Source<'a> {
    sources: &'a Sources,
    file: FileId,
    /// The text with its control characters replaced by others of the same length: a terminal obeys what it is shown.
    shown: String,
}

impl fmt::Debug for Source<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sources.file(self.file).name)
    }
}

impl<'a> Source<'a> {
    fn new(sources: &'a Sources, file: FileId) -> Self {
        let harmless = |character: char| match character {
            '\n' | '\t' => character,
            // A carriage return alone would count as a line's end in the layout, and nowhere else.
            _ if character.is_control() && character.len_utf8() == 1 => ' ',
            _ if character.is_control() => '\u{a0}',
            _ => character,
        };
        Self { sources, file, shown: sources.file(file).text.chars().map(harmless).collect() }
    }

    /// Start and length of a span, made to lie in the text and on the borders of characters.
    fn fit(&self, span: Span) -> (usize, usize) {
        let text = &self.shown;
        let fit = |offset: u32| {
            let mut offset = (offset as usize).min(text.len());
            while !text.is_char_boundary(offset) {
                offset -= 1;
            }
            offset
        };
        let start = fit(span.start);
        (start, fit(span.end).saturating_sub(start))
    }
}

impl SourceCode for Source<'_> {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let file = self.sources.file(self.file);
        let contents = self.shown.as_str().read_span(span, before, after)?;
        let (mut line, mut column) = (contents.line(), contents.column());
        if before == 0 {
            // Only the place in the head is read like this.
            let location = self.sources.location(Span::new(self.file, span.offset(), span.offset()));
            (line, column) = (location.line - 1, location.column - 1);
        }
        Ok(Box::new(MietteSpanContents::new_named(
            file.name.to_string(),
            contents.data(),
            *contents.span(),
            line,
            column,
            contents.line_count(),
        )))
    }
}

#[cfg(test)]
#[path = "report_tests.rs"]
mod tests;
