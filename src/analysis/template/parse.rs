//! The lexer of words: quotes, escapes, `$NAME`, `${NAME…}`, `$(…)`.

use super::{Operator, Part, Template, Variable, shell_part};
use crate::analysis::features::Features;
use crate::analysis::word::place;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::ast::Word;

/// How deep `${A:-${B:-…}}` may nest.
const DEEPEST: usize = 32;

/// What is done with quotes and escapes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    /// Taken away.
    Word,
    /// Taken away, but `\+` stays, for a reference is read from the text later.
    Reference,
    /// Kept, for a shell reads the text later; only `\$` becomes `$`.
    Shell,
    /// Quotes are ordinary characters; `\$` becomes `$`, `\\` becomes `\`.
    Text,
}

impl Template {
    /// Reads an ordinary word.
    ///
    /// # Errors
    /// The fault of a malformed `${…}`, of a quote or of a `$(` that is not closed. Before `VERSION 0.7` such a word stands
    /// for itself, and `$(` is no more than two characters.
    pub fn parse(word: &Word, features: &Features) -> Result<Self, Diagnostic> {
        parse(word, features, Style::Word)
    }

    /// Reads a word that a reference may be read from: `\+` stays as it is.
    ///
    /// # Errors
    /// As [`Template::parse`].
    pub fn parse_reference(word: &Word, features: &Features) -> Result<Self, Diagnostic> {
        parse(word, features, Style::Reference)
    }

    /// Reads a word of a command line whose variables are expanded here, but whose quotes are for the shell that runs it.
    /// `$$`, `$?`, `$1` and the like are the shell's too.
    ///
    /// # Errors
    /// As [`Template::parse`].
    pub fn parse_shell(word: &Word, features: &Features) -> Result<Self, Diagnostic> {
        parse(word, features, Style::Shell)
    }

    /// Reads a text of lines, such as a heredoc: variables are expanded, quotes are ordinary characters.
    ///
    /// # Errors
    /// As [`Template::parse`].
    pub fn parse_text(word: &Word, features: &Features) -> Result<Self, Diagnostic> {
        parse(word, features, Style::Text)
    }

    /// Reads the value of an `ARG` or of a build arg: like [`Template::parse`], but before `VERSION 0.7` a value that begins with
    /// `$(`, in double quotes or without, is run.
    ///
    /// # Errors
    /// As [`Template::parse`].
    pub fn parse_value(word: &Word, features: &Features) -> Result<Self, Diagnostic> {
        if !features.shell_out_anywhere()
            && let Ok(value) = Lexer::new(word, Style::Word, true).all()
            && matches!(value.parts.first(), Some(Part::Shell(_)))
        {
            return Ok(value);
        }
        Self::parse(word, features)
    }
}

fn parse(word: &Word, features: &Features, style: Style) -> Result<Template, Diagnostic> {
    let shells = features.shell_out_anywhere();
    match Lexer::new(word, style, shells).all() {
        Err(_) if !shells => Ok(Template::literal(word.text.clone(), word.span)),
        read => read,
    }
}

struct Lexer<'a> {
    word: &'a Word,
    text: &'a str,
    /// Offset of the next character.
    at: usize,
    style: Style,
    /// Whether `$(` begins a command.
    shells: bool,
    /// How many `${…:-` are open.
    depth: usize,
}

impl<'a> Lexer<'a> {
    fn new(word: &'a Word, style: Style, shells: bool) -> Self {
        Self { word, text: &word.text, at: 0, style, shells, depth: 0 }
    }

    /// Reads the whole word.
    fn all(mut self) -> Result<Template, Diagnostic> {
        let template = self.template(None)?;
        Ok(Template { span: self.word.span, ..template })
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let char = self.peek()?;
        self.at += char.len_utf8();
        Some(char)
    }

    fn since(&self, start: usize) -> Span {
        place(self.word, start, self.at)
    }

    /// Reads up to the end, or to `stop`, which is taken too.
    fn template(&mut self, stop: Option<char>) -> Result<Template, Diagnostic> {
        let start = self.at;
        let mut out = Template { span: self.word.span, parts: Vec::new() };
        let keep = self.style == Style::Shell;
        while let Some(char) = self.peek() {
            if stop == Some(char) {
                out.span = self.since(start);
                self.at += char.len_utf8();
                return Ok(out);
            }
            match char {
                '\'' if self.style != Style::Text => self.single_quoted(&mut out)?,
                '"' if self.style != Style::Text => self.double_quoted(&mut out)?,
                '$' => self.dollar(&mut out)?,
                '\\' => {
                    self.next();
                    match self.next() {
                        Some(next) if self.style == Style::Text && !matches!(next, '$' | '\\') => {
                            out.push_literal(&format!("\\{next}"));
                        }
                        Some(next) if (keep && next != '$') || (next == '+' && self.style == Style::Reference) => {
                            out.push_literal(&format!("\\{next}"));
                        }
                        Some(next) => out.push_literal(next.encode_utf8(&mut [0; 4])),
                        None if keep || self.style == Style::Text => out.push_literal("\\"),
                        None => {}
                    }
                }
                _ => self.plain(&mut out, |char| matches!(char, '\'' | '"' | '$' | '\\') || stop == Some(char)),
            }
        }
        if stop.is_some() { Err(self.unclosed("${", start, "}")) } else { Ok(out) }
    }

    /// Everything up to the next character that means something; at least one character.
    fn plain(&mut self, out: &mut Template, means: impl Fn(char) -> bool) {
        let start = self.at;
        self.next();
        let rest = &self.text[self.at..];
        self.at += rest.find(means).unwrap_or(rest.len());
        out.push_literal(&self.text[start..self.at]);
    }

    fn single_quoted(&mut self, out: &mut Template) -> Result<(), Diagnostic> {
        let start = self.at;
        self.next();
        let Some(length) = self.text[self.at..].find('\'') else {
            return Err(self.unclosed("'", start, "'"));
        };
        let inner = &self.text[self.at..self.at + length];
        self.at += length + 1;
        out.push_literal(if self.style == Style::Shell { &self.text[start..self.at] } else { inner });
        Ok(())
    }

    fn double_quoted(&mut self, out: &mut Template) -> Result<(), Diagnostic> {
        let start = self.at;
        let keep = self.style == Style::Shell;
        self.next();
        if keep {
            out.push_literal("\"");
        }
        loop {
            match self.peek() {
                None => return Err(self.unclosed("\"", start, "\"")),
                Some('"') => {
                    self.next();
                    if keep {
                        out.push_literal("\"");
                    }
                    return Ok(());
                }
                Some('$') => self.dollar(out)?,
                Some('\\') => {
                    self.next();
                    match self.next() {
                        Some('$') => out.push_literal("$"),
                        Some(next @ ('"' | '\\')) if !keep => out.push_literal(next.encode_utf8(&mut [0; 4])),
                        Some(next) => out.push_literal(&format!("\\{next}")),
                        None => {}
                    }
                }
                Some(_) => self.plain(out, |char| matches!(char, '"' | '$' | '\\')),
            }
        }
    }

    /// Reads what begins with `$`.
    fn dollar(&mut self, out: &mut Template) -> Result<(), Diagnostic> {
        let start = self.at;
        self.next();
        match self.peek() {
            Some('(') if self.shells => {
                self.next();
                let Some((command, length)) = shell_part::read(&self.text[self.at..]) else {
                    return Err(self.unclosed("$(", start, ")"));
                };
                self.at += length;
                out.parts.push(Part::Shell(command));
            }
            Some('{') => {
                self.next();
                let variable = self.braced(start)?;
                out.parts.push(Part::Variable(variable));
            }
            _ => match self.name() {
                Some(name)
                    if matches!(self.style, Style::Shell | Style::Text)
                        && !name.starts_with(|c: char| c.is_alphabetic() || c == '_') =>
                {
                    out.push_literal(&format!("${name}"));
                }
                Some(name) => out.parts.push(Part::Variable(Variable { name, operator: None })),
                None => out.push_literal("$"),
            },
        }
        Ok(())
    }

    /// A name; or digits; or one of the characters that name the shell's own parameters, which have no value here.
    fn name(&mut self) -> Option<String> {
        let rest = &self.text[self.at..];
        let first = rest.chars().next()?;
        let length = if first.is_ascii_digit() {
            rest.find(|char: char| !char.is_ascii_digit()).unwrap_or(rest.len())
        } else if matches!(first, '@' | '*' | '#' | '?' | '-' | '$' | '!') {
            1
        } else {
            rest.find(|char: char| !char.is_alphanumeric() && char != '_').unwrap_or(rest.len())
        };
        self.at += length;
        (length > 0).then(|| rest[..length].to_owned())
    }

    /// Reads behind `${`, which stands at `start`.
    fn braced(&mut self, start: usize) -> Result<Variable, Diagnostic> {
        let name = match self.peek() {
            Some('}' | '{' | ':') => None,
            Some(_) => self.name(),
            None => return Err(self.unclosed("${", start, "}")),
        };
        let Some(name) = name else {
            return Err(self.malformed(start, "has no name"));
        };
        let empty_too = self.peek() == Some(':');
        if empty_too {
            self.next();
        }
        let operator = match (empty_too, self.next()) {
            (_, None) => return Err(self.unclosed("${", start, "}")),
            (false, Some('}')) => return Ok(Variable { name, operator: None }),
            (true, Some('-')) => Operator::Default(self.operand(start)?),
            (true, Some('+')) => Operator::Alternative(self.operand(start)?),
            (_, Some('?')) => Operator::Require { message: self.operand(start)?, empty_too },
            (false, Some('#')) if self.peek() != Some('#') => Operator::TrimPrefix(self.operand(start)?),
            (false, Some('%')) if self.peek() != Some('%') => Operator::TrimSuffix(self.operand(start)?),
            (_, Some(_)) => {
                return Err(self
                    .malformed(start, "has an operator that is not known here")
                    .help("the forms are `${X:-word}`, `${X:+word}`, `${X:?message}`, `${X?message}`, `${X#prefix}` and `${X%suffix}`"));
            }
        };
        Ok(Variable { name, operator: Some(operator) })
    }

    fn operand(&mut self, start: usize) -> Result<Template, Diagnostic> {
        if self.depth >= DEEPEST {
            return Err(Diagnostic::error(
                "too-deep",
                self.since(start),
                format!("`${{…}}` is nested more than {DEEPEST} deep"),
            ));
        }
        self.depth += 1;
        let word = self.template(Some('}'));
        self.depth -= 1;
        word
    }

    /// The whole `${…}` up to its `}`, or what there is of it.
    fn malformed(&self, start: usize, what: &str) -> Diagnostic {
        let end = self.text[start..].find('}').map_or(self.text.len(), |length| start + length + 1);
        let message = format!("`{}` {what}", &self.text[start..end]);
        Diagnostic::error("bad-substitution", place(self.word, start, end), message)
    }

    fn unclosed(&self, open: &str, start: usize, close: &str) -> Diagnostic {
        let from = self.text[..start].rfind(open).filter(|_| open == "${").unwrap_or(start);
        let span = place(self.word, from, from + open.len().min(self.text.len() - from));
        Diagnostic::error("unclosed", span, format!("`{open}` is not closed"))
            .help(format!("add the missing `{close}`"))
    }
}
