//! Lines to lines: how deep each is, and which have an empty line between them.

use super::command::{INDENT, command};
use super::page::Page;
use super::pieces::{Cutter, Pieces};
use crate::diagnostic::Diagnostic;
use crate::source::FileId;
use crate::syntax::ast::{Heredoc, Keyword};
use crate::syntax::{ParseOptions, Parsed, Row, RowKind, parse, rows};

/// Lays out a file's text.
///
/// What it means, its comments and their order stay as they are; laid out once more, it does not change.
///
/// # Errors
/// What is wrong with the text, where anything is. Only what is understood can be laid out.
pub fn format(file: FileId, text: &str, options: ParseOptions) -> Result<String, Vec<Diagnostic>> {
    let Parsed { file: tree, diagnostics } = parse(file, text, options);
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Err(diagnostics);
    }
    let rows = rows(file, text, &tree);
    let mut layout = Layout {
        text,
        rows: &rows,
        page: Page::default(),
        in_target: false,
        blocks: 0,
        blank: false,
        above: Above::Opening,
    };
    for index in 0..rows.len() {
        layout.row(index);
    }
    Ok(layout.page.text())
}

/// What the line above is, as far as empty lines go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Above {
    /// Nothing, a header, or the first line of a block: no empty line follows.
    Opening,
    /// Something at this depth.
    Line(usize),
}

struct Layout<'a> {
    text: &'a str,
    rows: &'a [Row<'a>],
    page: Page,
    in_target: bool,
    /// How many blocks are open.
    blocks: usize,
    /// Whether empty lines stand above.
    blank: bool,
    above: Above,
}

impl Layout<'_> {
    fn row(&mut self, index: usize) {
        let row = &self.rows[index];
        match &row.kind {
            RowKind::Blank => self.blank = true,
            RowKind::Comment => self.comment(index),
            RowKind::Header(name) => {
                if !self.is_below_docs(index) {
                    self.page.blank();
                }
                let name = &self.text[name.start as usize..name.end as usize];
                self.page.line(format!("{name}:"), row.comments.first().map(|comment| comment.text.clone()));
                (self.in_target, self.blocks) = (true, 0);
                (self.above, self.blank) = (Above::Opening, false);
            }
            RowKind::Command { .. } => self.command(index),
        }
    }

    fn depth(&self) -> usize {
        usize::from(self.in_target) + self.blocks
    }

    fn comment(&mut self, index: usize) {
        let row = &self.rows[index];
        let depth = match self.is_tail(index) && !row.indented {
            true => 0,
            false => self.depth(),
        };
        let begins_docs = depth == 0 && self.documents_target(index) && !self.is_below_docs(index);
        let leaves_recipe = depth < self.depth() && self.above != Above::Line(0);
        if begins_docs || leaves_recipe {
            self.page.blank();
        }
        self.space(false);
        let text = row.comments.first().map_or("", |comment| comment.text.as_str());
        self.page.line(" ".repeat(depth * INDENT) + text, None);
        self.above = Above::Line(depth);
    }

    /// Whether the recipe has no more commands at this line.
    fn is_tail(&self, index: usize) -> bool {
        let mut below = self.rows[index..].iter().filter(|row| !matches!(row.kind, RowKind::Blank | RowKind::Comment));
        below.next().is_none_or(|row| matches!(row.kind, RowKind::Header(_)))
    }

    /// Whether this line and those below it are the doc comment of a target.
    fn documents_target(&self, index: usize) -> bool {
        let mut below =
            self.rows[index..].iter().skip_while(|row| matches!(row.kind, RowKind::Comment) && !row.indented);
        below.next().is_some_and(|row| matches!(row.kind, RowKind::Header(_)))
    }

    /// Whether a doc comment stands directly above this line, or has begun there.
    fn is_below_docs(&self, index: usize) -> bool {
        let above = index.checked_sub(1).map(|above| &self.rows[above]);
        above.is_some_and(|above| matches!(above.kind, RowKind::Comment) && !above.indented)
    }

    fn command(&mut self, index: usize) {
        let row = &self.rows[index];
        let RowKind::Command { keyword, keyword_span, command: written, continuations } = &row.kind else { return };
        let continues = matches!(keyword, Keyword::Else | Keyword::ElseIf | Keyword::Catch | Keyword::Finally);
        let ends = continues || *keyword == Keyword::End;
        let opens = continues
            || matches!(keyword, Keyword::If | Keyword::For | Keyword::Wait | Keyword::WithDocker | Keyword::Try);
        if ends {
            self.blocks = self.blocks.saturating_sub(1);
        }
        self.space(ends);
        let depth = self.depth();
        let heredocs = written.map_or(&[][..], |command| &command.heredocs);
        let end = heredocs.first().map_or(row.span.end, |first| first.span.start) as usize;
        let cutter = Cutter { text: self.text, continuations, comments: row.comments };
        let Pieces { pieces, tail } = cutter.cut(*written, *keyword_span, end);
        self.page.line(command(*keyword, *written, &pieces, depth), tail.behind);
        self.heredocs(heredocs);
        for comment in tail.lines.iter().filter(|line| !line.is_empty()) {
            self.page.line(" ".repeat(depth * INDENT) + comment, None);
        }
        self.above = if opens { Above::Opening } else { Above::Line(depth) };
        self.blocks += usize::from(opens);
    }

    /// Copies heredocs as they are, but for carriage returns that belong to line ends.
    fn heredocs(&mut self, heredocs: &[Heredoc]) {
        for heredoc in heredocs {
            let lines = &self.text[heredoc.span.start as usize..heredoc.span.end as usize];
            for line in lines.split('\n') {
                let bare = line.strip_suffix('\r').filter(|bare| !bare.ends_with('\r'));
                self.page.line(bare.unwrap_or(line).to_owned(), None);
            }
        }
    }

    /// Keeps one of the empty lines above, unless something was just opened, or is about to be closed.
    fn space(&mut self, closes: bool) {
        if std::mem::take(&mut self.blank) && !closes && self.above != Above::Opening {
            self.page.blank();
        }
    }
}
