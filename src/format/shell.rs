//! The operators of a shell command, as far as a line may be broken at them.

use super::pieces::{Join, Piece};

/// What a line may be broken at, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// Behind a `;`.
    List,
    /// At `&&` and `||`.
    AndOr,
    /// At `|`.
    Pipe,
}

impl Level {
    /// All levels in order.
    pub const ALL: [Self; 3] = [Self::List, Self::AndOr, Self::Pipe];
}

/// For every piece, what a break before it would be at. None within parentheses, braces, `if` and the like; none at all where these do
/// not seem to match.
pub(super) fn breaks(pieces: &[Piece]) -> Vec<Option<Level>> {
    let operator = |text: &str| match text {
        "&&" | "||" => Some(Level::AndOr),
        "|" | "|&" => Some(Level::Pipe),
        _ => None,
    };
    let behind = puts_operators_at_ends(pieces);
    let mut found = vec![None; pieces.len()];
    let mut depth = 0_i32;
    for (index, piece) in pieces.iter().enumerate() {
        if depth == 0 && index > 0 && piece.join == Join::Blank {
            let above = pieces[index - 1].text.as_str();
            let ends_list = above.ends_with(';') && !above.ends_with("\\;") && !above.ends_with(";;");
            let at = if behind { above } else { piece.text.as_str() };
            found[index] = if ends_list { Some(Level::List) } else { operator(at) };
        }
        depth += nesting(&piece.text);
        if depth < 0 {
            break;
        }
    }
    if depth == 0 { found } else { vec![None; pieces.len()] }
}

/// Whether the author breaks lines behind operators, and not before them.
fn puts_operators_at_ends(pieces: &[Piece]) -> bool {
    let is_operator = |text: &str| matches!(text, "&&" | "||" | "|");
    let broken = || pieces.windows(2).filter(|pair| pair[1].broken.is_some());
    broken().any(|pair| is_operator(&pair[0].text)) && !broken().any(|pair| is_operator(&pair[1].text))
}

/// How many levels deeper the text behind a piece is than the text before it.
fn nesting(text: &str) -> i32 {
    match text.trim_end_matches(';') {
        "{" | "[[" | "if" | "for" | "while" | "until" | "case" => return 1,
        "}" | "]]" | "fi" | "done" | "esac" => return -1,
        _ => {}
    }
    let mut depth = 0;
    let mut quote = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (_, '\\') => {
                chars.next();
            }
            (Some(open), _) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '(') => depth += 1,
            (None, ')') => depth -= 1,
            _ => {}
        }
    }
    depth
}
