//! Where a line that is too long may go on below.

use super::page::WIDEST;
use super::pieces::{Join, Piece};
use super::shell::{self, Level};
use crate::syntax::ast::{Args, Command, Keyword};
use std::ops::Range;

/// Flags that have no value, which could be the word behind them.
const SWITCHES: &[&str] = &[
    "--allow-privileged",
    "--auto-skip",
    "--aws",
    "--cache-hint",
    "--dir",
    "--entrypoint",
    "--force",
    "--global",
    "--if-exists",
    "--insecure",
    "--interactive",
    "--interactive-keep",
    "--keep-git-dir",
    "--keep-own",
    "--keep-ts",
    "--no-cache",
    "--no-manifest-list",
    "--parents",
    "--pass-args",
    "--persist",
    "--privileged",
    "--push",
    "--raw-output",
    "--required",
    "--ssh",
    "--symlink-no-follow",
    "--unpack",
    "--with-docker",
    "--without-earthly-labels",
];

/// Finds breaks in the lines of one command.
#[derive(Debug)]
pub(super) struct Wrapper<'a> {
    pieces: &'a [Piece],
    /// Pieces that a line may be broken before; where one set does not shorten the lines enough, the next one is tried on what remains.
    levels: Vec<Vec<usize>>,
    /// Pieces before which a line is to be broken.
    found: Vec<usize>,
}

/// A line: some pieces, and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Line {
    /// The pieces.
    pub range: Range<usize>,
    /// The column that the first piece begins at, with the blank before it.
    pub column: usize,
    /// Whether the command ends with it, so that no backslash follows.
    pub last: bool,
}

impl<'a> Wrapper<'a> {
    /// Looks at a command and its pieces.
    pub fn new(command: Option<&Command>, pieces: &'a [Piece]) -> Self {
        Self { pieces, levels: levels(command, pieces), found: Vec::new() }
    }

    /// Looks at a line; those that it is broken into begin at `indent`.
    pub fn line(&mut self, line: &Line, indent: usize) {
        // Quoted text over several lines is the author's business.
        if !self.pieces[line.range.clone()].iter().any(|piece| piece.text.contains('\n')) {
            self.split(line, indent, 0);
        }
    }

    /// The pieces before which lines are to be broken.
    pub fn breaks(self) -> Vec<usize> {
        self.found
    }

    fn split(&mut self, line: &Line, indent: usize, level: usize) {
        let Some(places) = self.levels.get(level).filter(|_| !self.fits(line)) else { return };
        let Range { start, end } = line.range.clone();
        let inside: Vec<usize> = places.iter().copied().filter(|at| (start + 1..end).contains(at)).collect();
        self.found.extend(&inside);
        let starts = std::iter::once(start).chain(inside.iter().copied());
        let ends = inside.iter().copied().chain([end]);
        for (from, to) in starts.zip(ends) {
            let column = if from == start { line.column } else { indent };
            let part = Line { range: from..to, column, last: line.last && to == end };
            self.split(&part, indent, level + 1);
        }
    }

    fn fits(&self, line: &Line) -> bool {
        let pieces = &self.pieces[line.range.clone()];
        let blanks = pieces.iter().skip(1).filter(|piece| piece.join == Join::Blank).count();
        let text: usize = pieces.iter().map(|piece| piece.text.chars().count()).sum();
        let backslash = if line.last { 0 } else { " \\".len() };
        line.column + blanks + text + backslash <= WIDEST
    }
}

fn levels(command: Option<&Command>, pieces: &[Piece]) -> Vec<Vec<usize>> {
    let Some(command) = command.filter(|command| command.heredocs.is_empty()) else { return Vec::new() };
    match (command.keyword, &command.args) {
        (Keyword::Run | Keyword::If | Keyword::ElseIf, Args::Words(_)) => {
            let operators = shell::breaks(pieces);
            let at = |level| (0..pieces.len()).filter(|at| operators[*at] == Some(level)).collect();
            std::iter::once(flags(pieces)).chain(Level::ALL.map(at)).collect()
        }
        (Keyword::For | Keyword::Cmd | Keyword::Entrypoint | Keyword::Healthcheck, _)
        | (_, Args::Json(_) | Args::Assign(_)) => Vec::new(),
        _ => vec![arguments(pieces)],
    }
}

/// Where the flags of a shell command begin, and the command behind them, if they take much of a line.
fn flags(pieces: &[Piece]) -> Vec<usize> {
    let is_flag = |at: usize| pieces.get(at).is_some_and(|piece| piece.text.starts_with("--"));
    let mut places = Vec::new();
    let mut at = 0;
    while is_flag(at) {
        places.push(at);
        // A word between two flags is the value of the first.
        at += if !pieces[at].text.contains('=') && !is_flag(at + 1) && is_flag(at + 2) { 2 } else { 1 };
    }
    let length: usize = pieces[..at].iter().map(|piece| piece.text.chars().count() + 1).sum();
    // A flag without `=` may have its value in the next word.
    if at > 0 && pieces[at - 1].text.contains('=') {
        places.push(at);
    }
    if length > WIDEST / 2 { places } else { Vec::new() }
}

/// Where arguments begin.
fn arguments(pieces: &[Piece]) -> Vec<usize> {
    let mut places = Vec::new();
    let mut in_parentheses = false;
    for (at, piece) in pieces.iter().enumerate() {
        let above = at.checked_sub(1).map_or("", |above| pieces[above].text.as_str());
        let may_be_value = above.starts_with('-')
            && !above.contains('=')
            && !SWITCHES.contains(&above)
            && !piece.text.starts_with('-');
        let belongs = in_parentheses || may_be_value || matches!(above, "AS" | "LOCAL");
        if piece.join == Join::Blank && !belongs {
            places.push(at);
        }
        in_parentheses |= piece.text.starts_with('(');
        in_parentheses &= !piece.text.ends_with(')');
    }
    places
}
