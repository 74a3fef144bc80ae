//! Variables in compose files.
//!
//! Format: <https://docs.docker.com/reference/compose-file/interpolation/>, and for `.env`
//! <https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation/>.

use std::collections::HashMap;

/// How deep variables may stand in each other's defaults.
const DEPTH: u32 = 32;

/// Variables and their values.
#[derive(Debug, Clone, Default)]
pub struct Variables(HashMap<String, String>);

impl Variables {
    /// Those of an environment (`NAME=value`), and of a `.env` file where the environment has none.
    #[must_use]
    pub fn new(env: &[String], defaults: &str) -> Self {
        let mut variables = HashMap::new();
        for line in defaults.lines() {
            let line = line.trim();
            let line = line.strip_prefix("export ").unwrap_or(line);
            if let Some((name, value)) = line.split_once('=').filter(|_| !line.starts_with('#')) {
                variables.insert(name.trim_end().to_owned(), unquoted(value.trim()));
            }
        }
        for (name, value) in env.iter().filter_map(|pair| pair.split_once('=')) {
            variables.insert(name.to_owned(), value.to_owned());
        }
        Self(variables)
    }

    /// A text with the values of its variables; `None` where one must be set and is not, or the text is none.
    #[must_use]
    pub fn expand(&self, text: &str) -> Option<String> {
        self.expand_within(text, 0)
    }

    fn expand_within(&self, text: &str, depth: u32) -> Option<String> {
        let (mut out, mut rest) = (String::new(), text);
        while let Some(at) = rest.find('$') {
            out.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix('$') {
                out.push('$');
                rest = after;
            } else if let Some(after) = rest.strip_prefix('{') {
                let end = closing(after)?;
                out.push_str(&self.braced(&after[..end], depth)?);
                rest = &after[end + 1..];
            } else {
                let end = name_end(rest);
                if end == 0 {
                    return None;
                }
                out.push_str(self.0.get(&rest[..end]).map_or("", String::as_str));
                rest = &rest[end..];
            }
        }
        out.push_str(rest);
        Some(out)
    }

    /// What stands between braces: a name, and what holds when it is (not) set.
    fn braced(&self, text: &str, depth: u32) -> Option<String> {
        if depth > DEPTH {
            return None;
        }
        let (name, rest) = text.split_at(name_end(text));
        let value = self.0.get(name).cloned();
        if name.is_empty() || rest.is_empty() {
            return value.or_else(|| (!name.is_empty()).then(String::new));
        }
        // With a colon, an empty value counts as none.
        let (value, rest) = match rest.strip_prefix(':') {
            Some(rest) => (value.filter(|value| !value.is_empty()), rest),
            None => (value, rest),
        };
        let mut chars = rest.chars();
        match (chars.next()?, value) {
            ('-' | '?', Some(value)) => Some(value),
            ('-', None) | ('+', Some(_)) => self.expand_within(chars.as_str(), depth + 1),
            ('+', None) => Some(String::new()),
            _ => None,
        }
    }
}

/// Where the name at a text's begin ends.
fn name_end(text: &str) -> usize {
    let is_name = |at: usize, c: char| c == '_' || c.is_ascii_alphabetic() || (at > 0 && c.is_ascii_digit());
    text.char_indices().find(|(at, c)| !is_name(*at, *c)).map_or(text.len(), |(at, _)| at)
}

/// Where the brace is that closes what stands before the text.
fn closing(text: &str) -> Option<usize> {
    let mut open = 0_u32;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => open += 1,
            b'}' if open == 0 => return Some(at),
            b'}' => open -= 1,
            _ => {}
        }
    }
    None
}

/// A value of a `.env` file without its quotes, or without its comment.
fn unquoted(value: &str) -> String {
    for quote in ['"', '\''] {
        if let Some(rest) = value.strip_prefix(quote)
            && let Some((inside, _)) = rest.split_once(quote)
        {
            return inside.to_owned();
        }
    }
    value.split_once(" #").map_or(value, |(value, _)| value.trim_end()).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn variables() -> Variables {
        let env = ["A=1", "EMPTY=", "B=x=y"].map(str::to_owned);
        Variables::new(&env, "# none\nA=0\nC = \"two words\" # why\nexport D=d # d\nE='$A'\nnothing\n")
    }

    #[test]
    fn variables_are_replaced_as_compose_does() {
        for (text, expected) in [
            ("redis", Some("redis")),
            ("$A.$B$$", Some("1.x=y$")),
            ("${A}${NONE}$NONE", Some("1")),
            ("${C}|$D|$E", Some("two words|d|$A")),
            ("${NONE:-a}${NONE-b}${EMPTY:-c}${EMPTY-d}${A:-e}", Some("abc1")),
            ("${NONE:-${A}-${NONE-z}}", Some("1-z")),
            ("${A:+set}${A+set}${NONE:+set}${EMPTY:+set}${EMPTY+set}", Some("setsetset")),
            ("${A:?why}${B?}", Some("1x=y")),
            ("${NONE:?why}", None),
            ("${EMPTY:?why}", None),
            ("${NONE?}", None),
            ("${A", None),
            ("${}", None),
            ("${A!}", None),
            ("$", None),
            ("$-", None),
        ] {
            assert_eq!(variables().expand(text).as_deref(), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_expanded_or_refused(text in r"[\$\{\}A:?+\-é ]{0,40}") {
            let expanded = variables().expand(&text);
            prop_assert!(expanded.is_some() || text.contains('$'));
        }
    }
}
