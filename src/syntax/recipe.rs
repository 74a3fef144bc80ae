//! Statements to blocks: `IF … ELSE … END` and its kin.

use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::ast::{Block, Branch, Command, If, Keyword, Statement, Try};
use crate::syntax::fault;

/// How many blocks may be open at once. Everything that walks the tree may recurse, therefore its depth is bounded.
const DEEPEST: usize = 100;

/// A recipe that grows line by line.
#[derive(Debug, Default)]
pub(super) struct Recipe {
    /// The blocks that are open, the innermost last.
    frames: Vec<Frame>,
    /// The statements outside of blocks.
    statements: Vec<Statement>,
    /// How many blocks too deep we are; their statements are dropped.
    skipped: usize,
    /// Quotes that have an `END` on a line of its own in their text.
    pub quoted_ends: Vec<Span>,
    /// Whether a line looked like the opening of a block but was not written as one (`if`). Nobody knows then which `END` belongs where,
    /// and nothing is said about it.
    pub doubtful: bool,
}

#[derive(Debug)]
struct Frame {
    keyword: Keyword,
    opening: Span,
    /// How far the opening is indented.
    column: usize,
    /// An `END` as far indented as this block that closed one within it: that one's keyword and opening, and the `END`.
    taken: Option<(Keyword, Span, Span)>,
    span: Span,
    header: Command,
    /// The section that is being filled: the keyword that began it.
    section: Keyword,
    body: Vec<Statement>,
    /// `IF`: the branches that are complete.
    branches: Vec<Branch>,
    /// `TRY`: the sections that are complete, with their keywords.
    sections: Vec<(Keyword, Vec<Statement>)>,
}

impl Recipe {
    /// Whether no block is open.
    pub fn at_top(&self) -> bool {
        self.frames.is_empty()
    }

    /// Whether nothing at all was added.
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty() && self.statements.is_empty()
    }

    /// Adds a statement.
    pub fn push(&mut self, statement: Statement) {
        if self.skipped > 0 {
            return;
        }
        match self.frames.last_mut() {
            Some(frame) => {
                frame.span = frame.span.to(statement.span());
                frame.body.push(statement);
            }
            None => self.statements.push(statement),
        }
    }

    /// Opens the block that this command begins, `column` bytes from the left margin.
    pub fn open(&mut self, header: Command, column: usize, out: &mut Vec<Diagnostic>) {
        if self.frames.len() == DEEPEST {
            if self.skipped == 0 {
                out.push(fault::too_deep(header.keyword_span, DEEPEST));
            }
            self.skipped += 1;
            return;
        }
        self.frames.push(Frame {
            keyword: header.keyword,
            opening: header.keyword_span,
            column,
            taken: None,
            span: header.span,
            section: header.keyword,
            header,
            body: Vec::new(),
            branches: Vec::new(),
            sections: Vec::new(),
        });
    }

    /// Begins the next section of the innermost block: `ELSE IF`, `ELSE`, `CATCH` or `FINALLY`.
    pub fn section(&mut self, header: Command, out: &mut Vec<Diagnostic>) {
        if self.skipped > 0 {
            return;
        }
        let keyword = header.keyword;
        let fits = self.frames.last().is_some_and(|frame| match keyword {
            Keyword::ElseIf | Keyword::Else => frame.keyword == Keyword::If && frame.section != Keyword::Else,
            Keyword::Catch => frame.section == Keyword::Try,
            _ => frame.keyword == Keyword::Try && frame.section != Keyword::Finally,
        });
        let Some(frame) = self.frames.last_mut().filter(|_| fits) else {
            if !self.doubtful {
                let around = self.frames.last().map(|frame| (frame.keyword, frame.opening));
                out.push(fault::stray_section(keyword, header.keyword_span, around));
            }
            return;
        };
        frame.span = frame.span.to(header.span);
        let body = std::mem::take(&mut frame.body);
        if frame.keyword == Keyword::If {
            let header = std::mem::replace(&mut frame.header, header);
            frame.branches.push(Branch { header, body });
        } else {
            frame.sections.push((frame.section, body));
        }
        frame.section = keyword;
    }

    /// Closes the innermost block by the `END` that stands `column` bytes from the left margin.
    pub fn end(&mut self, end: Span, column: usize, out: &mut Vec<Diagnostic>) {
        if self.skipped > 0 {
            self.skipped -= 1;
            return;
        }
        match self.frames.pop() {
            Some(mut frame) => {
                frame.span = frame.span.to(end);
                if frame.column != column
                    && let Some(outer) = self.frames.iter_mut().rfind(|outer| outer.column == column)
                {
                    outer.taken = outer.taken.or(Some((frame.keyword, frame.opening, end)));
                }
                self.push(frame.close());
            }
            None if self.doubtful => {}
            None => out.push(fault::stray_end(end)),
        }
    }

    /// The statements; blocks that are still open are reported and closed.
    pub fn finish(mut self, out: &mut Vec<Diagnostic>) -> Vec<Statement> {
        self.skipped = 0;
        while let Some(frame) = self.frames.pop() {
            if !self.doubtful {
                out.push(match frame.taken {
                    Some((keyword, opening, end)) => fault::missing_inner_end(keyword, opening, end, frame.keyword),
                    None => {
                        let mut quotes = self.quoted_ends.iter().filter(|quote| quote.start > frame.opening.start);
                        fault::missing_end_for_quote(frame.opening, frame.keyword, quotes.next().copied())
                    }
                });
            }
            self.push(frame.close());
        }
        self.statements
    }
}

impl Frame {
    fn close(mut self) -> Statement {
        let span = self.span;
        match self.keyword {
            Keyword::If => {
                let otherwise = if self.section == Keyword::Else {
                    Some(self.body)
                } else {
                    self.branches.push(Branch { header: self.header, body: self.body });
                    None
                };
                Statement::If(If { branches: self.branches, otherwise, span })
            }
            Keyword::Try => {
                self.sections.push((self.section, self.body));
                let mut section = |keyword| {
                    let at = self.sections.iter().position(|(section, _)| *section == keyword)?;
                    Some(self.sections.swap_remove(at).1)
                };
                let (body, catch, finally) =
                    (section(Keyword::Try), section(Keyword::Catch), section(Keyword::Finally));
                Statement::Try(Try { header: self.header, body: body.unwrap_or_default(), catch, finally, span })
            }
            keyword => {
                let block = Block { header: self.header, body: self.body, span };
                match keyword {
                    Keyword::For => Statement::For(block),
                    Keyword::Wait => Statement::Wait(block),
                    _ => Statement::With(block),
                }
            }
        }
    }
}
