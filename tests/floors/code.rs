//! Reads Rust source as far as the floors need it: which paths and macros it names, and where its tests begin.

use std::iter::Peekable;
use std::vec::IntoIter;

/// A path or a macro that source names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Line, from 1.
    pub line: usize,
    /// The parts: `["crate", "graph", "Op"]`. Groups of `use` are taken apart; a macro is one part with its `!`.
    pub parts: Vec<String>,
}

impl Named {
    /// The parts as they are written.
    pub fn text(&self) -> String {
        self.parts.join("::")
    }
}

/// Source split into what is built and the tests behind it.
pub fn split_tests(text: &str) -> (&str, &str) {
    let mut at = 0;
    let mut lines = text.split_inclusive('\n').peekable();
    while let Some(line) = lines.next() {
        let inline = |next: &&str| next.starts_with("mod ") && next.trim_end().ends_with('{');
        if line.trim_end() == "#[cfg(test)]" && lines.peek().is_some_and(inline) {
            break;
        }
        at += line.len();
    }
    text.split_at(at)
}

/// The same source with blanks in place of comments and of what literals hold. Lines stay where they are.
pub fn blank(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let end = skipped(&chars, at);
        if end == at {
            out.push(chars[at]);
            at += 1;
        } else {
            out.extend(chars[at..end].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
            at = end;
        }
    }
    out
}

/// Where the comment or literal that begins at `at` ends; `at` if none does.
fn skipped(chars: &[char], at: usize) -> usize {
    let find = |from: usize, what: &[char]| {
        let found = chars[from.min(chars.len())..].windows(what.len()).position(|window| window == what);
        found.map_or(chars.len(), |found| from + found + what.len())
    };
    let word_before = at > 0 && (chars[at - 1].is_alphanumeric() || chars[at - 1] == '_');
    match chars[at..] {
        ['/', '/', ..] => find(at, &['\n']) - usize::from(find(at, &['\n']) < chars.len()),
        ['/', '*', ..] => find(at + 2, &['*', '/']),
        ['r', '"', ..] if !word_before => find(at + 2, &['"']),
        ['r', '#', ..] if !word_before => {
            let hashes = chars[at + 1..].iter().take_while(|c| **c == '#').count();
            if chars.get(at + 1 + hashes) != Some(&'"') {
                return at;
            }
            let end: Vec<char> = ['"'].into_iter().chain(std::iter::repeat_n('#', hashes)).collect();
            find(at + 2 + hashes, &end)
        }
        ['"', ..] => {
            let mut end = at + 1;
            while end < chars.len() && chars[end] != '"' {
                end += if chars[end] == '\\' { 2 } else { 1 };
            }
            (end + 1).min(chars.len())
        }
        ['\'', '\\', ..] => find(at + 3, &['\'']),
        ['\'', _, '\'', ..] => at + 3,
        // A lifetime has no second quote.
        ['\'', ..] => {
            let word = chars[at + 1..].iter().take_while(|c| c.is_alphanumeric() || **c == '_').count();
            at + 1 + word
        }
        _ => at,
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(String),
    Colons,
    Sign(char),
}

fn tokens(blanked: &str) -> Vec<(usize, Token)> {
    let mut tokens = Vec::new();
    for (line, text) in blanked.lines().enumerate() {
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let word = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            let length = if word > 0 {
                tokens.push((line + 1, Token::Word(rest[..word].to_owned())));
                word
            } else if rest.starts_with("::") {
                tokens.push((line + 1, Token::Colons));
                2
            } else {
                if !first.is_whitespace() {
                    tokens.push((line + 1, Token::Sign(first)));
                }
                first.len_utf8()
            };
            rest = &rest[length..];
        }
    }
    tokens
}

/// Every path of blanked source, and every macro.
pub fn named(blanked: &str) -> Vec<Named> {
    let mut tokens = tokens(blanked).into_iter().peekable();
    let mut found = Vec::new();
    while let Some((line, token)) = tokens.next() {
        if let Token::Word(word) = token {
            path(&mut tokens, line, vec![word], &mut found);
        }
    }
    found
}

/// Goes on with a path whose first parts are `parts`.
fn path(tokens: &mut Peekable<IntoIter<(usize, Token)>>, line: usize, mut parts: Vec<String>, found: &mut Vec<Named>) {
    loop {
        match tokens.peek() {
            Some((_, Token::Sign('!'))) if parts.len() == 1 => parts[0].push('!'),
            Some((_, Token::Colons)) => {
                tokens.next();
                match tokens.peek().cloned() {
                    Some((_, Token::Word(word))) => {
                        tokens.next();
                        parts.push(word);
                        continue;
                    }
                    Some((_, Token::Sign('{'))) => {
                        tokens.next();
                        return group(tokens, &parts, found);
                    }
                    _ => {}
                }
            }
            _ => {}
        }
        return found.push(Named { line, parts });
    }
}

/// What stands between the braces of a `use`.
fn group(tokens: &mut Peekable<IntoIter<(usize, Token)>>, before: &[String], found: &mut Vec<Named>) {
    while let Some((line, token)) = tokens.next() {
        match token {
            Token::Sign('}') => return,
            // Another name for the part before.
            Token::Word(word) if word == "as" => drop(tokens.next()),
            Token::Word(word) => path(tokens, line, before.iter().cloned().chain([word]).collect(), found),
            _ => {}
        }
    }
}

#[test]
fn paths_are_found_where_they_are_code() {
    let check = |text: &str, expected: &[&str]| {
        let texts: Vec<String> = named(&blank(text)).iter().map(Named::text).collect();
        assert_eq!(texts, expected, "{text}");
    };
    check(
        "use crate::{a, b::{self, C as D}, e::*};",
        &["use", "crate::a", "crate::b::self", "crate::b::C", "crate::e"],
    );
    check("x(crate::a::b(1)); // crate::c", &["x", "crate::a::b", "1"]);
    check("let s = \"crate::a \\\" crate::b\"; 'x' '\\'' r#\"crate::c\"# &'static b", &["let", "s", "b"]);
    check("println!(\"\"); /* eprintln!() */ std::process::exit(1)", &["println!", "std::process::exit", "1"]);
    check("Vec::<u8>::new()", &["Vec", "u8", "new"]);
}

#[test]
fn tests_are_apart() {
    assert_eq!(split_tests("a\n#[cfg(test)]\nmod tests {\n}\n"), ("a\n", "#[cfg(test)]\nmod tests {\n}\n"));
    assert_eq!(split_tests("a\n#[cfg(test)]\nmod tests;\n"), ("a\n#[cfg(test)]\nmod tests;\n", ""));
}
