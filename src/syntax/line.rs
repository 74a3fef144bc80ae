//! One logical line, as the grammar sees it: which parts it has and where, not yet whether they are right.

use crate::source::Span;
use crate::syntax::ast::{JsonString, Keyword, Pair, Word};

/// A logical line: a physical one and all that it continues on.
#[derive(Debug)]
pub(super) struct Line {
    /// Offset behind its line end: where the next line starts. Always greater than its start.
    pub end: usize,
    /// Whether blanks stand before it.
    pub indented: bool,
    /// What it is.
    pub kind: Kind,
    /// Its comments, those within continuations too, in order.
    pub comments: Vec<Span>,
    /// A quote or `$(` that has no end in the whole text: from the opening to the end of the line.
    pub unclosed: Option<Span>,
    /// Quoted strings that run over a line end, in order.
    pub long_quotes: Vec<Span>,
    /// Its continuations but for those within quotes, in order.
    pub continuations: Vec<Span>,
}

/// What a line is.
#[derive(Debug)]
pub(super) enum Kind {
    /// Nothing but blanks.
    Blank,
    /// Nothing but a comment.
    Comment,
    /// `name:`
    Header(Header),
    /// A command.
    Command(RawCommand),
    /// Something else: its first word (empty where the line starts with a backslash), and whether that is all of it.
    Unknown {
        /// The first word.
        name: Span,
        /// Whether nothing but a comment follows.
        alone: bool,
    },
}

/// A target's or function's header.
#[derive(Debug)]
pub(super) struct Header {
    /// The name.
    pub name: Span,
    /// Whether the name has the form of a target's or function's.
    pub form: NameForm,
    /// What stands behind the colon although nothing may.
    pub junk: Option<Span>,
}

/// What a name before a colon looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NameForm {
    /// `[a-z][a-zA-Z0-9.-]*`
    Target,
    /// `[A-Z][A-Z0-9._]*`
    Function,
    /// Neither.
    Invalid,
}

/// A command's line.
#[derive(Debug)]
pub(super) struct RawCommand {
    /// The command that is meant.
    pub keyword: Keyword,
    /// Where the keyword stands.
    pub keyword_span: Span,
    /// From behind the keyword to the end of the line.
    pub rest: Span,
    /// The arguments.
    pub args: RawArgs,
}

/// The arguments of a command before they are checked.
#[derive(Debug)]
pub(super) enum RawArgs {
    /// Words.
    Words(Vec<Word>),
    /// A JSON array and where it stands.
    Json(Vec<JsonString>, Span),
    /// Name and value.
    Assign(RawAssign),
    /// Pairs, and the words that are none.
    Pairs(Vec<Pair>, Vec<Word>),
}

/// The arguments of `ARG`, `ENV`, `LET` and `SET`.
#[derive(Debug, Default)]
pub(super) struct RawAssign {
    /// Words with a dash before the name.
    pub flags: Vec<Word>,
    /// The name.
    pub name: Option<Word>,
    /// The `=` behind the name.
    pub equals: Option<Span>,
    /// What follows, to the end of the line.
    pub value: Option<Word>,
    /// An `=` within a value that no `=` introduces.
    pub late_equals: Option<Span>,
}
