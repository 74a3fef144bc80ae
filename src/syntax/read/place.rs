//! Where a command belongs: its heredocs, its indentation, its block.

use crate::source::Span;
use crate::syntax::arguments::arguments;
use crate::syntax::ast::{Args, Command, Docs, Keyword, Statement};
use crate::syntax::command::{Checked, Checker};
use crate::syntax::fault;
use crate::syntax::heredoc::{self, LineIndex};
use crate::syntax::line::{RawArgs, RawCommand};
use crate::syntax::read::{State, is_name};

impl State<'_> {
    /// Takes a command, and says where the next line starts. `opening`: where something begins in it that has no end.
    pub(super) fn command(
        &mut self,
        raw: RawCommand,
        opening: Option<Span>,
        indented: bool,
        mut comments: Vec<Span>,
        docs: Option<Docs>,
        mut next: usize,
    ) -> usize {
        let modern =
            *self.modern.get_or_insert_with(|| declares_modern(&raw).unwrap_or(self.options.default_version_is_1_0));
        let checker = Checker { reader: self.reader, modern };
        let mut checked = checker.check(raw, &mut comments, docs, &mut self.out);
        if let (Some(opening), Args::Words(words)) = (opening, &mut checked.command.args) {
            words.retain(|word| word.span.end <= opening.start);
            let keyword = checked.command.keyword_span;
            checked.command.span = words.last().map_or(keyword, |last| keyword.to(last.span));
        }
        let ends: Vec<u32> = arguments(&checked.command).iter().map(|argument| argument.end).collect();
        self.add_comments(&comments, &ends);
        let mut broken = checked.broken || opening.is_some();
        if !broken {
            (broken, next) = self.heredocs(&mut checked.command, modern, next);
        }
        self.warn_of_swallowed_headers(&checked.command);
        self.place(checked, broken, indented);
        next
    }

    /// An empty line does not end a continued command, so a `\` too many takes the next target's header with it.
    fn warn_of_swallowed_headers(&mut self, command: &Command) {
        let Args::Words(words) = &command.args else { return };
        for word in words {
            let at_margin = self.reader.text[..word.span.start as usize].ends_with('\n');
            if at_margin && word.text.strip_suffix(':').is_some_and(is_name) {
                self.out.push(fault::swallowed_header(word.span, &word.text, command.keyword));
            }
        }
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
            let header = line.trim_end().strip_suffix(':').is_some_and(is_name);
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
        let before = &self.reader.text[..command.keyword_span.start as usize];
        let column = before.len() - before.trim_end_matches([' ', '\t']).len();
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
                self.recipe.open(command, column, &mut self.out);
            }
            Keyword::End => self.recipe.end(command.keyword_span, column, &mut self.out),
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
