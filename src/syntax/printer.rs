//! Tree to text: four spaces for each level, one blank line between targets, every comment where the tree lets us put it.
//!
//! What is printed parses to the same tree but for the spans. Two things follow: a comment that is nobody's doc comment is kept apart from
//! what it would document, and a comment within a continued command stays within it, in front of the argument that it stood in or before.

use crate::syntax::arguments::{Argument, arguments};
use crate::syntax::ast::{Block, Branch, Command, Comment, Docs, File, If, Keyword, Statement, Target, Try};

const INDENT: &str = "    ";

/// Prints a tree as source text. Heredocs and quoted text over several lines are printed as they are.
#[must_use]
pub fn print(file: &File) -> String {
    let mut printer = Printer { out: String::new(), comments: &file.comments, open_end: false };
    if let Some(version) = &file.version {
        printer.command(version, 0);
    }
    printer.statements(&file.base, 0);
    for target in &file.targets {
        printer.target(target);
    }
    if !printer.comments.is_empty() {
        printer.trailing(u32::MAX);
        printer.blank_line();
        printer.comments_before(u32::MAX, 0);
    }
    printer.out
}

struct Printer<'a> {
    out: String,
    /// The comments that are not printed yet.
    comments: &'a [Comment],
    /// Whether a comment may be added to the last line.
    open_end: bool,
}

impl<'a> Printer<'a> {
    /// The next comment, if it starts before `limit`.
    fn next(&self, limit: u32) -> Option<&'a Comment> {
        self.comments.first().filter(|comment| comment.span.start < limit)
    }

    fn take(&mut self) {
        self.comments = &self.comments[1..];
    }

    fn line(&mut self, depth: usize, text: &str) {
        self.indent(depth);
        self.out.push_str(text);
        self.end_line();
    }

    fn indent(&mut self, depth: usize) {
        self.out.extend(std::iter::repeat_n(INDENT, depth));
    }

    fn end_line(&mut self) {
        self.out.push('\n');
        self.open_end = true;
    }

    fn blank_line(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
        self.open_end = false;
    }

    /// Adds the next comment to the last line, where it stood behind something.
    fn trailing(&mut self, limit: u32) {
        if let Some(comment) = self.next(limit)
            && !comment.own_line
            && self.open_end
        {
            self.out.pop();
            self.out.push(' ');
            self.out.push_str(&comment.text);
            self.end_line();
            self.open_end = false;
            self.take();
        }
    }

    /// Prints the comments before `limit`, on lines of their own but for one that belongs to the last line.
    fn comments_before(&mut self, limit: u32, depth: usize) {
        self.trailing(limit);
        while let Some(comment) = self.next(limit) {
            self.line(depth, &comment.text);
            self.open_end = false;
            self.take();
        }
    }

    /// Prints the comments above something that a doc comment can belong to.
    fn comments_above(&mut self, limit: u32, depth: usize, docs: Option<&Docs>) {
        let docs_start = docs.map_or(limit, |docs| docs.span.start);
        self.trailing(limit);
        if self.next(docs_start).is_some() {
            self.comments_before(docs_start, depth);
            self.blank_line();
        }
        self.comments_before(limit, depth);
    }

    fn target(&mut self, target: &Target) {
        self.trailing(target.name.span.start);
        self.blank_line();
        self.comments_above(target.name.span.start, 0, target.docs.as_ref());
        self.line(0, &format!("{}:", target.name.text));
        self.statements(&target.recipe, 1);
    }

    fn statements(&mut self, statements: &[Statement], depth: usize) {
        for statement in statements {
            match statement {
                Statement::Command(command) => self.command(command, depth),
                Statement::If(block) => self.if_block(block, depth),
                Statement::For(block) | Statement::Wait(block) | Statement::With(block) => self.block(block, depth),
                Statement::Try(block) => self.try_block(block, depth),
            }
        }
    }

    fn block(&mut self, block: &Block, depth: usize) {
        self.command(&block.header, depth);
        self.statements(&block.body, depth + 1);
        self.end(block.span.end, depth);
    }

    fn if_block(&mut self, block: &If, depth: usize) {
        for Branch { header, body } in &block.branches {
            self.command(header, depth);
            self.statements(body, depth + 1);
        }
        if let Some(otherwise) = &block.otherwise {
            self.section(Keyword::Else, start(otherwise).unwrap_or(block.span.end), depth);
            self.statements(otherwise, depth + 1);
        }
        self.end(block.span.end, depth);
    }

    fn try_block(&mut self, block: &Try, depth: usize) {
        self.command(&block.header, depth);
        self.statements(&block.body, depth + 1);
        let finally = block.finally.as_ref().and_then(|finally| start(finally));
        let behind_catch = finally.unwrap_or(block.span.end);
        if let Some(catch) = &block.catch {
            self.section(Keyword::Catch, start(catch).unwrap_or(behind_catch), depth);
            self.statements(catch, depth + 1);
        }
        if let Some(finally) = &block.finally {
            self.section(Keyword::Finally, behind_catch, depth);
            self.statements(finally, depth + 1);
        }
        self.end(block.span.end, depth);
    }

    /// A line that the tree has no place for. `limit` is the next place that it knows: a comment before it that stood behind something
    /// can only have stood behind this keyword, and then all comments above that one stood above the keyword.
    fn section(&mut self, keyword: Keyword, limit: u32, depth: usize) {
        self.trailing(limit);
        let pending = self.comments.iter().take_while(|comment| comment.span.start < limit);
        let behind = pending.into_iter().position(|comment| !comment.own_line);
        for comment in self.comments.iter().take(behind.unwrap_or(0)) {
            self.line(depth + 1, &comment.text);
            self.take();
        }
        self.line(depth, keyword.as_str());
    }

    fn end(&mut self, end: u32, depth: usize) {
        self.comments_before(end, depth + 1);
        self.line(depth, Keyword::End.as_str());
    }

    fn command(&mut self, command: &Command, depth: usize) {
        let start = command.keyword_span.start;
        match command.keyword {
            Keyword::Arg | Keyword::SaveArtifact | Keyword::SaveImage => {
                self.comments_above(start, depth, command.docs.as_ref());
            }
            _ => self.comments_before(start, depth),
        }
        self.indent(depth);
        self.out.push_str(command.keyword.as_str());
        for argument in arguments(command) {
            self.argument(&argument, depth);
        }
        self.end_line();
        if let Some(first) = command.heredocs.first() {
            self.trailing(first.span.start);
            self.open_end = false;
        }
        for heredoc in &command.heredocs {
            self.out.push_str(&heredoc.body);
            self.out.push_str(&heredoc.name);
            self.out.push('\n');
        }
    }

    /// Prints an argument, and before it the comments that stood before or within it. All but the first of these are on lines of their
    /// own: the parser sees to that, because nothing else can be printed.
    fn argument(&mut self, argument: &Argument, depth: usize) {
        self.out.push(' ');
        let mut continued = false;
        while let Some(comment) = self.next(argument.end) {
            if !continued {
                self.out.push('\\');
                if comment.own_line {
                    self.out.push('\n');
                    self.indent(depth + 1);
                } else {
                    self.out.push(' ');
                }
            }
            self.out.push_str(&comment.text);
            self.out.push('\n');
            self.indent(depth + 1);
            continued = true;
            self.take();
        }
        self.out.push_str(&argument.text);
    }
}

/// Where the first of some statements starts.
fn start(statements: &[Statement]) -> Option<u32> {
    statements.first().map(|statement| statement.span().start)
}
