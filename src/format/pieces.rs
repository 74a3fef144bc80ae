//! A command's arguments as pieces of text, and what stands between them.

use crate::source::Span;
use crate::syntax::ast::{Args, Assign, Command, Comment, JsonString, Keyword, Pair, Word};
use std::ops::Range;

/// A piece of text that no line may be broken within.
#[derive(Debug)]
pub(super) struct Piece {
    /// The text as written, with `\n` for every line end.
    pub text: String,
    /// What joins it to the piece before.
    pub join: Join,
    /// The line break before it that the author wrote.
    pub broken: Option<Break>,
}

/// What stands between two pieces on one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Join {
    /// A blank.
    Blank,
    /// Nothing.
    Tight,
    /// Nothing, and no blank may come there: both are parts of one word.
    Word,
}

/// A line break within a command.
#[derive(Debug, Default)]
pub(super) struct Break {
    /// The comment behind the backslash.
    pub behind: Option<String>,
    /// Lines between: comments, and empty ones.
    pub lines: Vec<String>,
    /// How far the line below is indented, in columns.
    pub column: usize,
}

/// The pieces of a command, and the comments that follow the last of them: one on its line, the others below.
#[derive(Debug)]
pub(super) struct Pieces {
    /// The pieces.
    pub pieces: Vec<Piece>,
    /// Comments behind the last one.
    pub tail: Break,
}

/// A range of the text that begins at an argument or at a sign between arguments.
struct Atom {
    start: usize,
    end: usize,
    join: Join,
    /// What is written behind it, though it may stand elsewhere: the `=` behind a name, the comma behind a string.
    suffix: &'static str,
}

impl Atom {
    fn new(span: Span, join: Join, suffix: &'static str) -> Self {
        Self { start: span.start as usize, end: span.end as usize, join, suffix }
    }
}

/// Takes a row's text apart.
pub(super) struct Cutter<'a> {
    /// The text of the file.
    pub text: &'a str,
    /// The row's continuations outside of quotes.
    pub continuations: &'a [Span],
    /// The row's comments.
    pub comments: &'a [Comment],
}

impl Cutter<'_> {
    /// The pieces of a command whose keyword stands at `keyword` and whose line, without heredocs, ends at `end`.
    pub fn cut(&self, command: Option<&Command>, keyword: Span, end: usize) -> Pieces {
        let atoms = command.map_or_else(Vec::new, |command| self.atoms(command));
        let mut pieces: Vec<Piece> = Vec::new();
        // From the keyword's start: `WITH DOCKER` may have a continuation between its words.
        let mut from = keyword.start as usize;
        for atom in atoms {
            let mut start = atom.start;
            let mut join = atom.join;
            let within = self.continuations.iter().filter(|gap| (atom.start..atom.end).contains(&(gap.start as usize)));
            let cuts: Vec<(usize, usize)> = within.map(|gap| (gap.start as usize, gap.end as usize)).collect();
            for (stop, next) in cuts.into_iter().chain([(atom.end, atom.end)]) {
                if stop > start {
                    let broken = self.break_between(from, start);
                    pieces.push(Piece { text: unix(&self.text[start..stop]), join, broken });
                    from = stop;
                    join = Join::Word;
                }
                start = next;
            }
            if let Some(last) = pieces.last_mut() {
                last.text.push_str(atom.suffix);
            }
        }
        let tail = self.between(from, end);
        Pieces { pieces, tail }
    }

    fn atoms(&self, command: &Command) -> Vec<Atom> {
        let blank = |word: &Word| Atom::new(word.span, Join::Blank, "");
        match &command.args {
            Args::Words(words) => words.iter().map(blank).collect(),
            Args::Json(strings) => self.json(command, strings),
            Args::Assign(assign) => {
                let mut atoms: Vec<Atom> = assign.flags.iter().map(blank).collect();
                if !assign.name.text.is_empty() {
                    self.assign(command.keyword, assign, &mut atoms);
                }
                atoms
            }
            Args::Pairs(pairs) => {
                let pair = |Pair { key, value }: &Pair| {
                    [Atom::new(key.span, Join::Blank, "="), Atom::new(value.span, Join::Tight, "")]
                };
                pairs.iter().flat_map(pair).collect()
            }
        }
    }

    fn assign(&self, keyword: Keyword, assign: &Assign, atoms: &mut Vec<Atom>) {
        let name = assign.name.span;
        let Some(value) = &assign.value else {
            atoms.push(Atom::new(name, Join::Blank, ""));
            return;
        };
        let equals = self.bare(name.end as usize, value.span.start as usize).contains('=');
        // Directly behind `=`, `#` begins no comment.
        let spaced = matches!(keyword, Keyword::Let | Keyword::Set) && !value.text.starts_with('#');
        let (suffix, join) = match (equals, spaced) {
            (false, _) => ("", Join::Blank),
            (true, true) => (" =", Join::Blank),
            (true, false) => ("=", Join::Tight),
        };
        atoms.push(Atom::new(name, Join::Blank, suffix));
        atoms.push(Atom::new(value.span, join, ""));
    }

    fn json(&self, command: &Command, strings: &[JsonString]) -> Vec<Atom> {
        let at = |start: usize, length: usize, join| Atom { start, end: start + length, join, suffix: "" };
        let mut atoms = Vec::new();
        let mut open = self.skip(command.keyword_span.end as usize);
        if command.keyword == Keyword::Healthcheck {
            atoms.push(at(open, "CMD".len(), Join::Blank));
            open = self.skip(open + "CMD".len());
        }
        let close = command.span.end as usize - 1;
        // Old files read `IF [ "a" ]` as an array, new ones as the test command: blanks stay, lest the meaning changes with the version.
        let is_condition = matches!(command.keyword, Keyword::If | Keyword::ElseIf);
        let inner = |blank: bool| if is_condition && blank { Join::Blank } else { Join::Tight };
        atoms.push(at(open, 1, Join::Blank));
        let mut join = inner(self.text[open + 1..].starts_with([' ', '\t']));
        for (index, string) in strings.iter().enumerate() {
            let suffix = if index + 1 < strings.len() { "," } else { "" };
            atoms.push(Atom::new(string.span, join, suffix));
            join = Join::Blank;
        }
        atoms.push(at(close, 1, inner(self.text[..close].ends_with([' ', '\t']))));
        atoms
    }

    /// The first place from `at` on that is neither blank nor within a continuation.
    fn skip(&self, mut at: usize) -> usize {
        loop {
            if let Some(gap) = self.continuations.iter().find(|gap| gap.start as usize == at) {
                at = gap.end as usize;
            } else if self.text[at..].starts_with([' ', '\t']) {
                at += 1;
            } else {
                return at;
            }
        }
    }

    /// The text of a range without the continuations in it.
    fn bare(&self, start: usize, end: usize) -> String {
        let mut out = String::new();
        let mut at = start;
        for gap in self.continuations.iter().filter(|gap| (start..end).contains(&(gap.start as usize))) {
            out.push_str(&self.text[at..gap.start as usize]);
            at = gap.end as usize;
        }
        out + &self.text[at.min(end)..end]
    }

    fn break_between(&self, start: usize, end: usize) -> Option<Break> {
        let is_broken = self.continuations.iter().any(|gap| (start..end).contains(&(gap.start as usize)));
        is_broken.then(|| self.between(start, end))
    }

    /// What stands between two pieces.
    fn between(&self, start: usize, end: usize) -> Break {
        let mut found = Break { column: column(&self.text[..end]), ..Break::default() };
        let lines = lines(&self.text[start..end]);
        for (index, line) in lines.iter().enumerate() {
            let (from, to) = (start + line.start, start + line.end);
            let comment = self.comments.iter().find(|comment| (from..to).contains(&(comment.span.start as usize)));
            let is_blank = (1..lines.len() - 1).contains(&index) && self.text[from..to].trim().is_empty();
            match comment {
                Some(comment) if found.behind.is_none() && found.lines.is_empty() && self.is_behind(comment) => {
                    found.behind = Some(comment.text.clone());
                }
                Some(comment) => found.lines.push(comment.text.clone()),
                None if is_blank && found.lines.last().is_none_or(|last| !last.is_empty()) => {
                    found.lines.push(String::new());
                }
                None => {}
            }
        }
        found
    }

    /// Whether something stands before a comment on its line.
    fn is_behind(&self, comment: &Comment) -> bool {
        let before = self.text[..comment.span.start as usize].trim_end_matches([' ', '\t']);
        !matches!(before, "" | "\u{feff}") && !before.ends_with(['\n', '\r'])
    }
}

/// Where the lines of a text stand, without their line ends, which may be of any kind.
fn lines(text: &str) -> Vec<Range<usize>> {
    let mut lines = Vec::new();
    let mut start = 0;
    for (at, end) in text.match_indices(['\n', '\r']) {
        let second_half = end == "\n" && start == at && text[..at].ends_with('\r');
        if !second_half {
            lines.push(start..at);
        }
        start = at + 1;
    }
    lines.push(start..text.len());
    lines
}

/// How far the line at the end of a text is indented. A tab is as much as four blanks.
fn column(before: &str) -> usize {
    let line = &before[before.rfind(['\n', '\r']).map_or(0, |end| end + 1)..];
    let blanks = line.chars().take_while(|c| matches!(c, ' ' | '\t'));
    blanks.map(|c| if c == '\t' { 4 } else { 1 }).sum()
}

/// A text with `\n` for every line end.
pub(super) fn unix(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        match line.strip_suffix('\n') {
            Some(line) => out.extend([line.trim_end_matches('\r'), "\n"]),
            None => out.push_str(line),
        }
    }
    out
}
