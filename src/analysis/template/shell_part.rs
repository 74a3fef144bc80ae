//! The text of a `$(…)`.

/// Reads the command behind `$(`: `text` begins after the parenthesis. Quotes are kept, one level of `\` outside of quotes is
/// taken away. Gives the command and the offset behind its `)`; `None` where that is missing.
pub(super) fn read(text: &str) -> Option<(String, usize)> {
    // What is open, innermost last. Nesting costs no stack of ours.
    let mut open = vec![Open::Parenthesis];
    let mut quotes = 0_usize;
    let mut command = String::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, char)) = chars.next() {
        let inner = *open.last()?;
        match (char, inner) {
            ('\\', _) => {
                if quotes > 0 {
                    command.push('\\');
                }
                command.extend(chars.next().map(|(_, next)| next));
                continue;
            }
            ('"', Open::Quote) => {
                open.pop();
                quotes -= 1;
            }
            ('"', Open::Parenthesis) => {
                open.push(Open::Quote);
                quotes += 1;
            }
            ('\'', Open::Parenthesis) => {
                command.push('\'');
                loop {
                    let (_, next) = chars.next()?;
                    command.push(next);
                    if next == '\'' {
                        break;
                    }
                }
                continue;
            }
            ('$', Open::Quote) if chars.peek().is_some_and(|(_, next)| *next == '(') => {
                command.push('$');
                chars.next();
                command.push('(');
                open.push(Open::Parenthesis);
                continue;
            }
            ('(', Open::Parenthesis) => open.push(Open::Parenthesis),
            (')', Open::Parenthesis) => {
                open.pop();
                if open.is_empty() {
                    return Some((command, at + 1));
                }
            }
            _ => {}
        }
        command.push(char);
    }
    None
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Parenthesis,
    Quote,
}
