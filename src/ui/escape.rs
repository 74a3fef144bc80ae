//! What tools print, made fit to show: progress bars reduced to their last state, escapes removed.

use crate::event::Step;
use std::iter::Peekable;
use std::str::Chars;
use std::sync::Arc;

/// One line of a tool's output, without its line feed, as it should be shown.
///
/// Of the segments that carriage returns overwrite, the last one that shows something is taken. Escapes that move the
/// cursor, clear the screen or set a title go; colours (SGR, ECMA-48) stay where `colour` is true, and are then ended
/// with the line. Other control characters go, tabs stay.
pub(super) fn clean(line: &str, colour: bool) -> String {
    let segments = line.split('\r').rev().map(|segment| filter(segment, colour));
    segments.into_iter().find(|segment| segment.visible).map(Segment::finish).unwrap_or_default()
}

/// The line without any escape.
pub(super) fn strip(line: &str) -> String {
    clean(line, false)
}

/// A text that is one word or name, however it came to hold control characters: each shows as a blank.
#[must_use]
pub fn word(text: &str) -> String {
    text.replace(char::is_control, " ")
}

/// The step with a name that can be shown. Buildfiles come from anywhere, and a terminal obeys what it is shown.
pub(super) fn step(step: Arc<Step>) -> Arc<Step> {
    if !step.name.contains(char::is_control) && !step.target.contains(char::is_control) {
        return step;
    }
    let mut step = Arc::unwrap_or_clone(step);
    step.name = word(&step.name).into();
    step.target = word(&step.target).into();
    Arc::new(step)
}

/// A segment on its way through the filter.
#[derive(Default)]
struct Segment {
    text: String,
    visible: bool,
    coloured: bool,
}

impl Segment {
    fn finish(mut self) -> String {
        if self.coloured {
            self.text.push_str("\x1b[0m");
        }
        self.text
    }
}

fn filter(segment: &str, colour: bool) -> Segment {
    let mut out = Segment::default();
    let mut characters = segment.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\x1b' => match characters.next() {
                Some('[') => control(&mut characters, &mut out, colour),
                // Operating system commands and their kin: a text up to its terminator.
                Some(']' | 'P' | 'X' | '^' | '_') => text_command(&mut characters),
                // Other escapes: intermediates (space to slash), then one final character.
                Some(' '..='/') => {
                    while characters.next_if(|next| matches!(next, ' '..='/')).is_some() {}
                    characters.next();
                }
                _ => {}
            },
            '\u{9b}' => control(&mut characters, &mut out, colour),
            '\u{90}' | '\u{98}' | '\u{9d}' | '\u{9e}' | '\u{9f}' => text_command(&mut characters),
            '\u{8}' => {
                // A backspace over plain text takes the character before it; over an escape it is dropped.
                if !out.text.ends_with('m') || !out.coloured {
                    out.text.pop();
                }
            }
            '\t' => out.text.push('\t'),
            _ if character.is_control() => {}
            _ => {
                out.visible |= !character.is_whitespace();
                out.text.push(character);
            }
        }
    }
    out
}

/// A control sequence behind its introducer: parameters, intermediates, one final character from `@` to `~`.
fn control(characters: &mut Peekable<Chars<'_>>, out: &mut Segment, colour: bool) {
    let mut parameters = String::new();
    while let Some(next) = characters.next_if(|next| matches!(next, ' '..='?')) {
        parameters.push(next);
    }
    let Some(last) = characters.next_if(|next| matches!(next, '@'..='~')) else { return };
    if last == 'm' && colour && parameters.chars().all(|next| matches!(next, '0'..='9' | ';' | ':')) {
        out.coloured = !matches!(parameters.as_str(), "" | "0");
        out.text.push_str("\x1b[");
        out.text.push_str(&parameters);
        out.text.push('m');
    }
}

/// Skips a text up to its terminator: BEL, `ESC \`, or the C1 string terminator.
fn text_command(characters: &mut Peekable<Chars<'_>>) {
    while let Some(next) = characters.next() {
        match next {
            '\u{7}' | '\u{9c}' => return,
            '\x1b' => {
                characters.next_if_eq(&'\\');
                return;
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_and_progress_bars_are_resolved() {
        let check = |line: &str, plain: &str, coloured: &str| {
            assert_eq!(clean(line, false), plain, "{line:?}");
            assert_eq!(clean(line, true), coloured, "{line:?}");
        };
        check("plain", "plain", "plain");
        check("10%\r50%\r100%", "100%", "100%");
        check("100%\r", "100%", "100%");
        check("100%\r\x1b[K", "100%", "100%");
        check("\r\r", "", "");
        check("\x1b[31mred\x1b[0m", "red", "\x1b[31mred\x1b[0m");
        check("\x1b[31mred", "red", "\x1b[31mred\x1b[0m");
        check("\x1b[2J\x1b[1;1Hhome\x1b[?25l", "home", "home");
        check("\x1b]0;title\x07text", "text", "text");
        check("\x1b]8;;https://example.com\x1b\\link\x1b]8;;\x1b\\", "link", "link");
        check("\x1b(Bset", "set", "set");
        check("\u{9b}2Kc1", "c1", "c1");
        check("a\tb\u{0}\u{7f}", "a\tb", "a\tb");
        check("abx\u{8}c", "abc", "abc");
        check("cut \x1b[3", "cut ", "cut ");
        check("cut \x1b", "cut ", "cut ");
        check("\x1b[>4;2mkeys", "keys", "keys");
    }
}
