//! A command's line to a command of the tree: is its keyword well written, and do its arguments have the form that the keyword asks for?
//! Which flags and how many words a command takes is not known here.

use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::ast::{Args, Assign, Command, Docs, Keyword, Pair, Word};
use crate::syntax::fault;
use crate::syntax::line::{RawArgs, RawAssign, RawCommand};
use crate::syntax::parser::Reader;

/// Checks commands of one file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Checker<'t> {
    /// The file.
    pub reader: Reader<'t>,
    /// Whether the file is `VERSION 1.0` or newer.
    pub modern: bool,
}

/// A command, and whether it can stay in the tree.
#[derive(Debug)]
pub(super) struct Checked {
    /// The command as far as it can be told.
    pub command: Command,
    /// Whether something is wrong with its arguments. A block's header shapes the recipe all the same.
    pub broken: bool,
    /// Whether the keyword has the right case and spacing.
    pub well_written: bool,
}

impl Checker<'_> {
    /// Checks a command. `comments` are those of its line; one that is found to be a value is taken out.
    pub fn check(
        self,
        raw: RawCommand,
        comments: &mut Vec<Span>,
        docs: Option<Docs>,
        out: &mut Vec<Diagnostic>,
    ) -> Checked {
        let RawCommand { keyword, keyword_span, rest, args } = raw;
        let well_written = self.check_keyword(keyword, keyword_span, out);
        let before = out.len();
        // The bracket that closes an array is no argument, but part of the command.
        let array = if let RawArgs::Json(_, span) = &args { Some(*span) } else { None };
        let args = self.args(keyword, keyword_span, rest, args, comments, out);
        let broken = out.len() > before;
        let docs = docs.filter(|_| matches!(keyword, Keyword::Arg | Keyword::SaveArtifact | Keyword::SaveImage));
        let span = last(&args).or(array).map_or(keyword_span, |last| keyword_span.to(last));
        let command = Command { keyword, keyword_span, args, heredocs: Vec::new(), docs, span };
        Checked { command, broken, well_written }
    }

    /// Whether the keyword is written as it should be.
    fn check_keyword(self, keyword: Keyword, span: Span, out: &mut Vec<Diagnostic>) -> bool {
        let written = self.reader.str(span);
        // `WITH` and `DOCKER` are two words with anything between them.
        let exact = match keyword {
            Keyword::WithDocker => written.starts_with("WITH") && written.ends_with("DOCKER"),
            _ => written == keyword.as_str(),
        };
        if !exact {
            out.push(fault::keyword_form(span, written, keyword));
        }
        let next = self.reader.text[span.end as usize..].chars().next();
        if next.is_some_and(|next| !matches!(next, ' ' | '\t' | '\n' | '\r' | '\\' | '#')) {
            out.push(fault::missing_space(keyword, span, self.modern));
        }
        exact
    }

    fn args(
        self,
        keyword: Keyword,
        keyword_span: Span,
        rest: Span,
        args: RawArgs,
        comments: &mut Vec<Span>,
        out: &mut Vec<Diagnostic>,
    ) -> Args {
        match args {
            RawArgs::Words(words) => {
                let bare = matches!(
                    keyword,
                    Keyword::Else | Keyword::Catch | Keyword::Finally | Keyword::End | Keyword::Try | Keyword::Wait
                );
                if let (true, Some(first), Some(last)) = (bare, words.first(), words.last()) {
                    out.push(fault::unexpected_arguments(keyword, first.span.to(last.span)));
                    return Args::Words(Vec::new());
                }
                Args::Words(words)
            }
            RawArgs::Json(strings, span) => {
                let inner = &self.reader.str(span)[1..];
                let shell = match keyword {
                    // `[ "$x" ]` is the test command to everybody; only old files read it as an array.
                    Keyword::If | Keyword::ElseIf => self.modern && inner.starts_with([' ', '\t']),
                    Keyword::Healthcheck => !self.modern,
                    _ => false,
                };
                if shell { Args::Words(self.reader.words(rest)) } else { Args::Json(strings) }
            }
            RawArgs::Assign(assign) => Args::Assign(self.assign(keyword, keyword_span, assign, comments, out)),
            RawArgs::Pairs(pairs, orphans) => {
                out.extend(orphans.iter().map(|word| fault::label_without_value(word.span, &word.text)));
                Args::Pairs(pairs)
            }
        }
    }

    fn assign(
        self,
        keyword: Keyword,
        keyword_span: Span,
        mut raw: RawAssign,
        comments: &mut Vec<Span>,
        out: &mut Vec<Diagnostic>,
    ) -> Assign {
        if let Some(equals) = raw.equals {
            self.take_late_value(equals, &mut raw, comments);
        }
        let at_start = self.reader.span(keyword_span.end as usize, keyword_span.end as usize);
        let Some(name) = raw.name else {
            match raw.flags.first() {
                Some(flag) if matches!(keyword, Keyword::Env | Keyword::Set) => {
                    out.push(fault::invalid_variable(keyword, flag.span, &flag.text));
                }
                _ => out.push(fault::missing_name(keyword, keyword_span)),
            }
            return Assign { flags: raw.flags, name: Word { text: String::new(), span: at_start }, value: raw.value };
        };
        if let Some(flag) = raw.flags.first().filter(|_| matches!(keyword, Keyword::Env | Keyword::Set)) {
            out.push(fault::invalid_variable(keyword, flag.span, &flag.text));
        } else if !is_variable(&name.text) {
            out.push(fault::invalid_variable(keyword, name.span, &name.text));
        } else {
            match (&raw.value, raw.equals, raw.late_equals) {
                (Some(value), None, late) if keyword != Keyword::Env => {
                    // What follows a late `=` is part of what the user means.
                    let text = if late.is_some() { "…" } else { &value.text };
                    out.push(fault::missing_equals(keyword, value.span, &name.text, text));
                }
                (Some(value), None, Some(late)) => {
                    let rest = &self.reader.text[value.span.start as usize..];
                    out.push(fault::ambiguous_env(late, &name.text, rest.lines().next().unwrap_or("").trim_end()));
                }
                (None, None, _) if matches!(keyword, Keyword::Let | Keyword::Set) => {
                    out.push(fault::missing_value(keyword, name.span, &name.text));
                }
                _ => {}
            }
        }
        let value = raw.value.or_else(|| {
            let empty = |equals: Span| self.reader.span(equals.end as usize, equals.end as usize);
            raw.equals.map(|equals| Word { text: String::new(), span: empty(equals) })
        });
        Assign { flags: raw.flags, name, value }
    }

    /// `ARG colour=#fff # white`: old files take everything from the first `#` on for a comment.
    fn take_late_value(self, equals: Span, raw: &mut RawAssign, comments: &mut Vec<Span>) {
        if !self.modern || raw.value.is_some() {
            return;
        }
        let Some(at) = comments.iter().position(|comment| comment.start == equals.end) else { return };
        let text = self.reader.str(comments[at]);
        if !text[1..].starts_with(|c: char| !c.is_whitespace()) {
            return;
        }
        if let Some((value, comment)) = self.reader.late_value(comments[at]) {
            raw.value = Some(value);
            comments.truncate(at);
            comments.extend(comment);
        }
    }
}

/// `^[a-zA-Z_]+[a-zA-Z0-9_]*$`
fn is_variable(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// Where the last of the arguments stands.
fn last(args: &Args) -> Option<Span> {
    match args {
        Args::Words(words) => words.last().map(|word| word.span),
        Args::Json(_) => None,
        Args::Pairs(pairs) => pairs.last().map(|Pair { value, .. }| value.span),
        Args::Assign(Assign { flags, name, value }) => {
            let name = Some(name).filter(|name| !name.text.is_empty());
            value.as_ref().or(name).or(flags.last()).map(|word| word.span)
        }
    }
}
