//! The loop over lines: recipes, targets, indentation, comments.

use std::collections::HashMap;

use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};
use crate::syntax::ast::{Args, Command, Comment, Docs, File, Keyword, Name, Statement, Target, TargetKind};
use crate::syntax::command::{Checked, Checker};
use crate::syntax::docs::docs;
use crate::syntax::fault;
use crate::syntax::heredoc::{self, LineIndex};
use crate::syntax::line::{Header, Kind, Line, NameForm, RawArgs, RawCommand};
use crate::syntax::parser::Reader;
use crate::syntax::recipe::Recipe;

/// How many quotes without an end are looked for before the rest of a file is left unread: each costs a walk to the end of the text.
const MOST_UNCLOSED: usize = 16;

/// What the parser must know beside the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ParseOptions {
    /// Whether a file without `VERSION` is 1.0, as a `Buildfile` is, and not the oldest version, as an `Earthfile` is.
    pub default_version_is_1_0: bool,
}

/// A tree and what is wrong with its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed {
    /// What could be read. Lines whose meaning is unknown are missing; misplaced or misspelt ones are where they seem to belong.
    pub file: File,
    /// All mistakes, by place.
    pub diagnostics: Vec<Diagnostic>,
}

/// Parses a whole file. Total: every text gives a tree, and every mistake in it a diagnostic. Takes time linear in the text.
#[must_use]
pub fn parse(file: FileId, text: &str, options: ParseOptions) -> Parsed {
    let reader = Reader { file, text };
    let mut state = State {
        reader,
        options,
        tree: File::default(),
        out: Vec::new(),
        modern: None,
        target: None,
        recipe: Recipe::default(),
        names: HashMap::new(),
        block_start: None,
        misplaced: false,
        unclosed_left: MOST_UNCLOSED,
        index: None,
    };
    // A byte order mark is no part of the first line.
    let mut at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    while at < text.len() {
        at = state.line(reader.line(at));
    }
    state.finish_recipe();
    state.out.sort_by_key(|fault| fault.span().map(|span| (span.start, span.end)));
    Parsed { file: state.tree, diagnostics: state.out }
}

/// A target whose recipe is being read.
struct Open {
    kind: TargetKind,
    name: Name,
    docs: Option<Docs>,
    /// Whether it stays out of the tree, because its name is wrong or taken.
    dropped: bool,
}

struct State<'t> {
    reader: Reader<'t>,
    options: ParseOptions,
    tree: File,
    out: Vec<Diagnostic>,
    /// Whether the file is 1.0 or newer; known from its first command on.
    modern: Option<bool>,
    target: Option<Open>,
    recipe: Recipe,
    names: HashMap<&'t str, Span>,
    /// Which comment begins the block of comment lines that ends directly above the current line.
    block_start: Option<usize>,
    /// Whether the line above was reported for its indentation. A run of such lines is one mistake.
    misplaced: bool,
    unclosed_left: usize,
    index: Option<LineIndex<'t>>,
}

impl<'t> State<'t> {
    /// Takes a line, and says where the next one starts.
    fn line(&mut self, mut line: Line) -> usize {
        let mut next = line.end;
        let block_start = self.block_start.take();
        match line.kind {
            Kind::Blank => {}
            Kind::Comment => {
                self.block_start = block_start.or(Some(self.tree.comments.len()));
            }
            Kind::Header(header) => {
                let docs = self.docs(block_start, true);
                self.header(&header, docs);
            }
            Kind::Unknown { name, alone } => self.unknown(name, alone, line.indented, next),
            Kind::Command(raw) => {
                let broken = line.unclosed.is_some();
                if let Some(unclosed) = line.unclosed {
                    next = self.unclosed(&line.long_quotes, unclosed, next);
                    line.comments.retain(|comment| comment.end as usize <= next);
                }
                let docs = self.docs(block_start, false);
                next = self.command(raw, broken, line.indented, &mut line.comments, docs, next);
            }
        }
        for span in line.comments {
            let before = self.reader.text[..span.start as usize].trim_end_matches([' ', '\t']);
            self.tree.comments.push(Comment {
                span,
                text: self.reader.str(span).trim_end().to_owned(),
                own_line: before.is_empty() || before.ends_with(['\n', '\r', '\u{feff}']),
            });
        }
        next
    }

    /// The doc comment above the current line. One of a target stands at the left margin, as the header does.
    fn docs(&self, block_start: Option<usize>, header: bool) -> Option<Docs> {
        let mut comments = &self.tree.comments[block_start?..];
        if header {
            let indented = |comment: &Comment| {
                let before = &self.reader.text[..comment.span.start as usize];
                before.ends_with([' ', '\t'])
            };
            comments = &comments[comments.iter().rposition(indented).map_or(0, |last| last + 1)..];
        }
        docs(comments)
    }

    fn header(&mut self, header: &Header, docs: Option<Docs>) {
        self.finish_recipe();
        let text = self.reader.str(header.name);
        let kind = if header.form == NameForm::Function { TargetKind::Function } else { TargetKind::Target };
        let first = self.names.get(text).copied();
        let fault = if header.form == NameForm::Invalid {
            Some(fault::invalid_name(header.name, text))
        } else if text == "base" {
            Some(fault::reserved_name(header.name))
        } else {
            first.map(|first| fault::duplicate_name(header.name, text, first, kind == TargetKind::Function))
        };
        self.names.entry(text).or_insert(header.name);
        let dropped = fault.is_some();
        self.out.extend(fault);
        if let Some(junk) = header.junk {
            self.out.push(fault::header_junk(junk, text));
        }
        self.target = Some(Open { kind, name: Name { text: text.to_owned(), span: header.name }, docs, dropped });
    }

    /// Ends the recipe of the target, or that of the base, and puts it into the tree.
    fn finish_recipe(&mut self) {
        self.misplaced = false;
        let recipe = std::mem::take(&mut self.recipe).finish(&mut self.out);
        let Some(Open { kind, name, docs, dropped }) = self.target.take() else {
            self.tree.base.extend(recipe);
            return;
        };
        if !dropped {
            let span = recipe.last().map_or(name.span, |last| name.span.to(last.span()));
            self.tree.targets.push(Target { kind, name, docs, recipe, span });
        }
    }

    fn unknown(&mut self, name: Span, alone: bool, indented: bool, next: usize) {
        let text = self.reader.str(name);
        if alone && !indented && self.recipe.at_top() && self.lacks_colon(text, next) {
            self.out.push(fault::missing_colon(name, text));
            self.finish_recipe();
            let name = Name { text: text.to_owned(), span: name };
            self.target = Some(Open { kind: TargetKind::Target, name, docs: None, dropped: true });
            return;
        }
        self.out.push(fault::unknown_command(name, text, indented));
    }

    /// Whether a word at the left margin is meant as a header: it could be a name, and a recipe seems to follow.
    fn lacks_colon(&self, name: &str, next: usize) -> bool {
        let could_be_name = name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
        let below = self.reader.text[next..].lines().find(|line| !line.trim().is_empty());
        could_be_name && below.is_some_and(|line| line.starts_with([' ', '\t']))
    }

    /// Reports a quote or `$(` without an end, and says where to read on.
    fn unclosed(&mut self, long_quotes: &[Span], unclosed: Span, next: usize) -> usize {
        if self.unclosed_left == 0 {
            self.out.push(fault::gave_up(self.reader.span(unclosed.start as usize, unclosed.start as usize + 1)));
            return self.reader.text.len();
        }
        self.unclosed_left -= 1;
        // When a quote is missing, the next one is taken for it, and all that follow change their parts, so that the last one is found
        // to be without an end. The one to blame is the first that runs on over something that looks like a command.
        for quote in long_quotes {
            let Some((line, at)) = self.command_within(*quote) else { continue };
            let opening = self.reader.span(quote.start as usize, quote.start as usize + 1);
            self.out.push(fault::unclosed(opening, self.reader.str(opening), Some((line, self.reader.str(line)))));
            return at;
        }
        let text = self.reader.str(unclosed);
        let mut start = unclosed.start as usize;
        // `"$(date"`: the quote is fine, but what is within it swallowed its end.
        if let Some(inner) = text.strip_prefix('"')
            && let Some((inner, _)) = inner.split_once('"')
            && let Some(open) = inner.rfind("$(")
            && !inner[open..].contains(')')
        {
            start += 1 + open;
        }
        let length = if self.reader.text[start..].starts_with("$(") { 2 } else { 1 };
        let opening = self.reader.span(start, start + length);
        self.out.push(fault::unclosed(opening, self.reader.str(opening), None));
        next
    }

    /// The first line within a quote that looks like a command or a header: its text, and the offset of its beginning.
    fn command_within(&self, quote: Span) -> Option<(Span, usize)> {
        let mut at = quote.start as usize;
        let mut lines = self.reader.str(quote).split_inclusive('\n');
        at += lines.next()?.len();
        for line in lines {
            let text = line.trim();
            let keyword = Keyword::ALL.iter().any(|keyword| {
                text.strip_prefix(keyword.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
            });
            let name = line.split(':').next().unwrap_or("");
            let header = text.ends_with(':')
                && name.len() + 1 == line.trim_end().len()
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
            if keyword || header {
                let start = at + (line.len() - line.trim_start().len());
                return Some((self.reader.span(start, start + text.len()), at));
            }
            at += line.len();
        }
        None
    }
}

impl<'t> State<'t> {
    /// Takes a command, and says where the next line starts.
    fn command(
        &mut self,
        raw: RawCommand,
        mut broken: bool,
        indented: bool,
        comments: &mut Vec<Span>,
        docs: Option<Docs>,
        mut next: usize,
    ) -> usize {
        let modern =
            *self.modern.get_or_insert_with(|| declares_modern(&raw).unwrap_or(self.options.default_version_is_1_0));
        let checker = Checker { reader: self.reader, modern };
        let mut checked = checker.check(raw, comments, docs, &mut self.out);
        broken |= checked.broken;
        if !broken {
            (broken, next) = self.heredocs(&mut checked.command, modern, next);
        }
        self.place(checked, broken, indented);
        next
    }

    /// Reads the heredocs of a command. Whether they are faulty, and where the next line starts.
    fn heredocs(&mut self, command: &mut Command, modern: bool, mut next: usize) -> (bool, usize) {
        let Args::Words(words) = &command.args else { return (false, next) };
        if !matches!(command.keyword, Keyword::Run | Keyword::Copy) {
            return (false, next);
        }
        let reader = self.reader;
        let mut broken = false;
        for marker in heredoc::markers(command.keyword, words) {
            let index = self.index.get_or_insert_with(|| LineIndex::new(reader.text));
            match index.read(reader, next, &marker) {
                Some((heredoc, end)) => {
                    if !modern && !broken {
                        self.out.push(fault::heredoc_too_new(marker.span));
                        broken = true;
                    }
                    command.span = command.span.to(heredoc.span);
                    command.heredocs.push(heredoc);
                    next = end;
                }
                // In old files this is shell text like any other.
                None if !modern => {}
                None => {
                    let (near, end) = self.heredoc_end(&marker.name, next);
                    self.out.push(fault::unterminated_heredoc(marker.span, &marker.name, near));
                    return (true, end);
                }
            }
        }
        (broken, next)
    }

    /// Where a heredoc without delimiter probably ends: behind a line that differs from it by blanks only, or at the next header.
    fn heredoc_end(&self, name: &str, from: usize) -> (Option<Span>, usize) {
        let mut at = from;
        for line in self.reader.text[from..].split_inclusive('\n') {
            let text = line.trim();
            if text == name {
                let start = at + (line.len() - line.trim_start().len());
                return (Some(self.reader.span(start, start + text.len())), at + line.len());
            }
            let header = line.trim_end().strip_suffix(':').is_some_and(|name| {
                !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
            });
            if header {
                return (None, at);
            }
            at += line.len();
        }
        (None, at)
    }

    /// Puts a command where it belongs.
    fn place(&mut self, checked: Checked, broken: bool, indented: bool) {
        let Checked { command, well_written, .. } = checked;
        let keyword = command.keyword;
        let at_top = self.recipe.at_top();
        let section =
            matches!(keyword, Keyword::Else | Keyword::ElseIf | Keyword::Catch | Keyword::Finally | Keyword::End);
        if at_top && !section {
            self.check_indentation(&command, indented);
        }
        match keyword {
            Keyword::Version | Keyword::Project if self.target.is_some() => {
                self.out.push(fault::not_in_target(keyword, command.keyword_span));
            }
            Keyword::Version => self.version(command, broken),
            Keyword::If | Keyword::For | Keyword::Wait | Keyword::WithDocker | Keyword::Try => {
                self.recipe.doubtful |= !well_written;
                self.recipe.open(command, &mut self.out);
            }
            Keyword::End => self.recipe.end(command.keyword_span, &mut self.out),
            _ if section => self.recipe.section(command, &mut self.out),
            _ if broken => {}
            _ => self.recipe.push(Statement::Command(command)),
        }
    }

    /// Reports a line of a recipe that is not indented, or one of the base recipe that is.
    fn check_indentation(&mut self, command: &Command, indented: bool) {
        let fault = match &self.target {
            Some(target) if !indented => {
                Some(fault::missing_indent(command.keyword_span, command.keyword, &target.name.text))
            }
            None if indented => Some(fault::unexpected_indent(command.keyword_span)),
            _ => None,
        };
        let misplaced = fault.is_some();
        // What has no place at all in a target is reported for that.
        let reported = matches!(command.keyword, Keyword::Version | Keyword::Project) && self.target.is_some();
        self.out.extend(fault.filter(|_| !self.misplaced && !reported));
        self.misplaced = misplaced;
    }

    fn version(&mut self, command: Command, broken: bool) {
        let first = self.tree.version.as_ref().map(|version| version.keyword_span);
        if first.is_some() || !self.recipe.is_empty() {
            self.out.push(fault::version_not_first(command.keyword_span, first));
        }
        if first.is_none() && !broken {
            self.tree.version = Some(command);
        }
    }
}

/// Whether a `VERSION` command names 1.0 or newer; `None` for every other command.
fn declares_modern(command: &RawCommand) -> Option<bool> {
    if command.keyword != Keyword::Version {
        return None;
    }
    let RawArgs::Words(words) = &command.args else { return None };
    let number = words.iter().find(|word| !word.text.starts_with('-'))?;
    let major = number.text.trim_matches(['"', '\'']).split('.').next()?;
    Some(major.parse::<u32>().is_ok_and(|major| major >= 1))
}
