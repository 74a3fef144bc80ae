//! The loop over lines: recipes, targets, indentation, comments.

mod place;
mod unclosed;

use std::collections::HashMap;

use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};
use crate::syntax::ast::{Comment, Docs, File, Keyword, Name, Target, TargetKind};
use crate::syntax::docs::docs;
use crate::syntax::fault;
use crate::syntax::heredoc::LineIndex;
use crate::syntax::line::{Header, Kind, Line, NameForm, RawCommand};
use crate::syntax::parser::{Reader, stands_alone};
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
    if u32::try_from(text.len()).is_err() {
        return Parsed { file: File::default(), diagnostics: vec![fault::too_large(Span::new(file, 0, 0))] };
    }
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
            // `build` is a common name of a target, and a wrong keyword as well.
            Kind::Command(raw) if !line.indented && self.recipe.at_top() && self.is_name_of_target(&raw, next) => {
                self.unknown(raw.keyword_span, true, false, next);
            }
            Kind::Command(raw) => {
                let mut opening = None;
                if let Some(unclosed) = line.unclosed {
                    let (start, resume) = self.unclosed(&line.long_quotes, unclosed, next);
                    line.comments.retain(|comment| comment.end as usize <= resume);
                    opening = Some(start);
                    next = resume;
                } else {
                    self.warn_of_long_quotes(&line.long_quotes);
                }
                let docs = self.docs(block_start, false);
                return self.command(raw, opening, line.indented, line.comments, docs, next);
            }
        }
        self.add_comments(&line.comments, &[]);
        next
    }

    /// Adds the comments of a line. `ends`: where the arguments of its command end.
    fn add_comments(&mut self, comments: &[Span], ends: &[u32]) {
        let mut before = None;
        for &span in comments {
            let left = self.reader.text[..span.start as usize].trim_end_matches([' ', '\t']);
            let at_margin = matches!(left, "" | "\u{feff}") || left.ends_with(['\n', '\r']);
            let argument = ends.partition_point(|end| *end <= span.start);
            let own_line = at_margin || before == Some(argument);
            before = Some(argument);
            self.tree.comments.push(Comment { span, text: self.reader.str(span).trim_end().to_owned(), own_line });
        }
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

    /// Whether a wrong keyword is rather the name of a target that lacks its colon: it needs arguments, and has none.
    fn is_name_of_target(&self, raw: &RawCommand, next: usize) -> bool {
        use Keyword::{Catch, Command, Else, End, Finally, Function, Locally, Try, Wait};
        let needs_none =
            matches!(raw.keyword, Catch | Command | Else | End | Finally | Function | Locally | Try | Wait);
        !needs_none
            && stands_alone(self.reader.str(raw.rest))
            && self.lacks_colon(self.reader.str(raw.keyword_span), next)
    }

    /// Whether a word at the left margin is meant as a header: it could be a name, and a recipe seems to follow.
    fn lacks_colon(&self, name: &str, next: usize) -> bool {
        let could_be_name = name.starts_with(|c: char| c.is_ascii_lowercase()) && is_name(name);
        let below = self.reader.text[next..].lines().find(|line| !line.trim().is_empty());
        could_be_name && below.is_some_and(|line| line.starts_with([' ', '\t']))
    }
}

/// Whether a word consists of what people use for names of targets and functions.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
}

#[cfg(test)]
mod tests;
