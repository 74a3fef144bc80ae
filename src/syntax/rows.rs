//! The lines of a text in their order, each with its part of the tree. The tree says what a file means; this says how it is laid out.

use crate::source::{FileId, Span};
use crate::syntax::ast::{Command, Comment, File, Keyword, Statement};
use crate::syntax::line::Kind;
use crate::syntax::parser::Reader;
use std::collections::HashMap;

/// A logical line: a physical one, all that it continues on, and the heredocs below it.
#[derive(Debug, Clone)]
pub struct Row<'a> {
    /// All of it, its last line end included.
    pub span: Span,
    /// Whether blanks stand before it.
    pub indented: bool,
    /// What it is.
    pub kind: RowKind<'a>,
    /// Its comments, in order; those within continuations too.
    pub comments: &'a [Comment],
}

/// What a line is.
#[derive(Debug, Clone)]
pub enum RowKind<'a> {
    /// Nothing but blanks.
    Blank,
    /// Nothing but a comment.
    Comment,
    /// `name:`, and the span of the name.
    Header(Span),
    /// A command, or a line that belongs to a block: `ELSE`, `END`.
    Command {
        /// The keyword.
        keyword: Keyword,
        /// Where it stands.
        keyword_span: Span,
        /// The command; `None` for lines that the tree has no place for.
        command: Option<&'a Command>,
        /// Line continuations but for those within quotes, in order: from the backslash to the next piece of text.
        continuations: Vec<Span>,
    },
}

/// The lines of a text. `tree` is what [`parse`](super::parse()) made of it without finding errors.
#[must_use]
pub fn rows<'a>(file: FileId, text: &str, tree: &'a File) -> Vec<Row<'a>> {
    let recipes = std::iter::once(&tree.base).chain(tree.targets.iter().map(|target| &target.recipe));
    let commands = recipes.flat_map(|recipe| Statement::all(recipe)).flat_map(Statement::commands);
    let commands: HashMap<u32, &Command> =
        tree.version.iter().chain(commands).map(|command| (command.keyword_span.start, command)).collect();
    let reader = Reader { file, text };
    let mut comments = tree.comments.as_slice();
    let mut rows = Vec::new();
    let mut at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    while at < text.len() {
        let line = reader.line(at);
        let mut end = line.end;
        let kind = match line.kind {
            Kind::Blank => RowKind::Blank,
            Kind::Comment => RowKind::Comment,
            Kind::Header(header) => RowKind::Header(header.name),
            Kind::Command(raw) => {
                let command = commands.get(&raw.keyword_span.start).copied();
                if let Some(heredoc) = command.and_then(|command| command.heredocs.last()) {
                    let from = heredoc.span.end as usize;
                    end = text[from..].find('\n').map_or(text.len(), |length| from + length + 1);
                }
                RowKind::Command {
                    keyword: raw.keyword,
                    keyword_span: raw.keyword_span,
                    command,
                    continuations: line.continuations,
                }
            }
            // Without errors there are none.
            Kind::Unknown { .. } => RowKind::Blank,
        };
        let own = comments.partition_point(|comment| (comment.span.start as usize) < end);
        let (own, rest) = comments.split_at(own);
        comments = rest;
        rows.push(Row { span: reader.span(at, end), indented: line.indented, kind, comments: own });
        at = end;
    }
    rows
}
