//! A command's pieces to text.

use super::pieces::{Join, Piece};
use super::wrap::{Line, Wrapper};
use crate::syntax::ast::{Args, Command, Keyword};

/// Blanks for one level of depth.
pub(super) const INDENT: usize = 4;

/// The text of a command at this depth, without comments behind it.
pub(super) fn command(keyword: Keyword, command: Option<&Command>, pieces: &[Piece], depth: usize) -> String {
    let indents = indents(command, pieces, depth);
    let mut out = " ".repeat(depth * INDENT) + keyword.as_str();
    let mut wrapper = Wrapper::new(command, pieces);
    let breaks = (1..pieces.len()).filter(|at| pieces[*at].broken.is_some());
    let mut start = 0;
    for end in breaks.chain([pieces.len()]) {
        if start < end {
            let on_first_line = start == 0 && pieces[0].broken.is_none();
            let column = if on_first_line { out.chars().count() + 1 } else { indents[start] };
            let indent = if on_first_line { (depth + 1) * INDENT } else { indents[start] };
            wrapper.line(&Line { range: start..end, column, last: end == pieces.len() }, indent);
        }
        start = end;
    }
    let wrapped = wrapper.breaks();
    // Lines that are wrapped begin where the line that they were part of began.
    let mut indent = (depth + 1) * INDENT;
    for (at, piece) in pieces.iter().enumerate() {
        if let Some(broken) = &piece.broken {
            indent = indents[at];
            out.push_str(if piece.join == Join::Word { "\\" } else { " \\" });
            out.extend(broken.behind.iter().flat_map(|comment| [" ", comment]));
            for line in &broken.lines {
                start_line(&mut out, if line.is_empty() { 0 } else { indent });
                out.push_str(line);
            }
            start_line(&mut out, indent);
        } else if wrapped.contains(&at) {
            out.push_str(" \\");
            start_line(&mut out, indent);
        } else if at == 0 || piece.join == Join::Blank {
            out.push(' ');
        }
        out.push_str(&piece.text);
    }
    out
}

fn start_line(out: &mut String, indent: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', indent));
}

/// How far the line of each piece that the author began a line with is indented: one level more than the command. Lines of shell
/// commands that are indented more than others stay so.
fn indents(command: Option<&Command>, pieces: &[Piece], depth: usize) -> Vec<usize> {
    let is_shell = command.is_some_and(|command| {
        matches!(command.args, Args::Words(_))
            && matches!(
                command.keyword,
                Keyword::Run
                    | Keyword::If
                    | Keyword::ElseIf
                    | Keyword::For
                    | Keyword::Cmd
                    | Keyword::Entrypoint
                    | Keyword::Healthcheck
            )
    });
    let columns = || pieces.iter().map(|piece| piece.broken.as_ref().map(|broken| broken.column));
    let least = columns().flatten().min().unwrap_or(0);
    let deeper = |column: Option<usize>| if is_shell { column.unwrap_or(least) - least } else { 0 };
    let indent = |(piece, column): (&Piece, Option<usize>)| match piece.text.as_str() {
        // The end of an array, on a line of its own.
        "]" if piece.join == Join::Tight => depth * INDENT,
        _ => (depth + 1) * INDENT + deeper(column),
    };
    pieces.iter().zip(columns()).map(indent).collect()
}
