//! Files of names and values: `NAME=value` lines, as `.env` files have them.
//!
//! A value ends at the end of its line or at a `#` behind a blank. Between single quotes everything counts as it stands; between double
//! quotes `\n`, `\r`, `\t`, `\"`, `\\` and `\$` are escapes. Both may go over several lines. Nothing is expanded.

use std::iter::Peekable;
use std::str::Chars;

/// What is wrong with a file. It tells no values, which may be secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct DotenvError {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong there.
    pub what: &'static str,
}

/// Reads a file's text: names and values in order.
///
/// # Errors
/// The first line that cannot be read.
pub fn parse(text: &str) -> Result<Vec<(String, String)>, DotenvError> {
    let (pairs, faults) = parse_what_can_be(text);
    faults.into_iter().next().map_or(Ok(pairs), Err)
}

/// Reads a file's text that others have written for their own ends: names and values in order, and the lines that cannot be read.
pub fn parse_what_can_be(text: &str) -> (Vec<(String, String)>, Vec<DotenvError>) {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n");
    let mut reader = Reader { rest: text.chars().peekable(), line: 1 };
    let (mut pairs, mut faults) = (Vec::new(), Vec::new());
    loop {
        reader.skip(char::is_whitespace);
        match reader.rest.peek() {
            None => return (pairs, faults),
            Some('#') => reader.skip(|char| char != '\n'),
            Some(_) => {
                let line = reader.clone();
                match reader.pair() {
                    Ok(pair) => pairs.push(pair),
                    Err(fault) => {
                        faults.push(fault);
                        reader = line;
                        reader.skip(|char| char != '\n');
                    }
                }
            }
        }
    }
}

#[derive(Clone)]
struct Reader<'a> {
    rest: Peekable<Chars<'a>>,
    line: usize,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<char> {
        let next = self.rest.next();
        self.line += usize::from(next == Some('\n'));
        next
    }

    fn skip(&mut self, fits: impl Fn(char) -> bool) {
        self.take(fits);
    }

    fn take(&mut self, fits: impl Fn(char) -> bool) -> String {
        let mut taken = String::new();
        while let Some(char) = self.rest.peek().copied().filter(|char| fits(*char)) {
            taken.push(char);
            self.next();
        }
        taken
    }

    fn pair(&mut self) -> Result<(String, String), DotenvError> {
        let line = self.line;
        let fault = |what| DotenvError { line, what };
        let mut name = self.name();
        if name == "export" && self.rest.peek() != Some(&'=') {
            name = self.name();
        }
        if name.is_empty() {
            return Err(fault("a name is expected: `NAME=value`"));
        }
        if self.next() != Some('=') {
            return Err(fault("a `=` is expected behind the name: `NAME=value`"));
        }
        self.skip(is_blank);
        let value = match self.rest.peek() {
            Some('\'') => self.quoted('\'').ok_or(fault("the `'` is not closed"))?,
            Some('"') => self.quoted('"').ok_or(fault("the `\"` is not closed"))?,
            _ => return Ok((name, self.bare())),
        };
        self.skip(is_blank);
        match self.rest.peek() {
            None | Some('\n') => Ok((name, value)),
            Some('#') => {
                self.skip(|char| char != '\n');
                Ok((name, value))
            }
            Some(_) => Err(DotenvError { line: self.line, what: "nothing may follow the closing quote but a comment" }),
        }
    }

    fn name(&mut self) -> String {
        let name = self.take(|char| char.is_ascii_alphanumeric() || "_.-/".contains(char));
        self.skip(is_blank);
        name
    }

    fn bare(&mut self) -> String {
        let line = self.take(|char| char != '\n');
        let comment =
            line.char_indices().find(|(at, char)| *char == '#' && (*at == 0 || line[..*at].ends_with(is_blank)));
        line[..comment.map_or(line.len(), |(at, _)| at)].trim().to_owned()
    }

    fn quoted(&mut self, quote: char) -> Option<String> {
        self.next();
        let mut value = String::new();
        loop {
            match self.next()? {
                char if char == quote => return Some(value),
                '\\' if quote == '"' => match self.next()? {
                    'n' => value.push('\n'),
                    'r' => value.push('\r'),
                    't' => value.push('\t'),
                    char @ ('"' | '\\' | '$') => value.push(char),
                    other => value.extend(['\\', other]),
                },
                char => value.push(char),
            }
        }
    }
}

fn is_blank(char: char) -> bool {
    matches!(char, ' ' | '\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_are_read() {
        for (text, expected) in [
            ("", &[][..]),
            ("A=1\nB = two words \n", &[("A", "1"), ("B", "two words")]),
            ("\u{feff}A=1\r\n\r\n# B=2\r\nC=3", &[("A", "1"), ("C", "3")]),
            ("export A=1\nexport=2", &[("A", "1"), ("export", "2")]),
            ("A=\nB=# nothing\nC=a#b # c", &[("A", ""), ("B", ""), ("C", "a#b")]),
            ("A='$x \\n # \"'\nB=\"$x\\n\\\"\\\\\\d\" # c", &[("A", "$x \\n # \""), ("B", "$x\n\"\\\\d")]),
            ("KEY=\"-----BEGIN\nb #\n-----END\"\nA=1", &[("KEY", "-----BEGIN\nb #\n-----END"), ("A", "1")]),
            ("a.b-c/d=x=y", &[("a.b-c/d", "x=y")]),
        ] {
            let expected = expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            assert_eq!(parse(text), Ok(expected), "{text:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_left_out_line_by_line() {
        let (pairs, faults) = parse_what_can_be("A=1\nPATH\nexport B=2\nexport C\nD='x\nE=3\n");
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(pairs, [("A", "1"), ("B", "2"), ("E", "3")]);
        assert_eq!(faults.iter().map(|fault| fault.line).collect::<Vec<_>>(), [2, 4, 5]);
    }

    #[test]
    fn mistakes_name_their_line_and_no_value() {
        for (text, message) in [
            ("A=1\nhunter2\n", "line 2: a `=` is expected behind the name: `NAME=value`"),
            ("\n=hunter2", "line 2: a name is expected: `NAME=value`"),
            ("A='x\ny", "line 1: the `'` is not closed"),
            ("A=\"x\\", "line 1: the `\"` is not closed"),
            ("A=\"x\ny\"z", "line 2: nothing may follow the closing quote but a comment"),
        ] {
            assert_eq!(parse(text).unwrap_err().to_string(), message, "{text:?}");
        }
    }
}
