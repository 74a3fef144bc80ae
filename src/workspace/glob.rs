//! Wildcards, in the two dialects that Docker's users know: Go's `filepath.Match`, and moby's ignore files, which add `**`.
//!
//! Both are matched here and not by a library, since each has rules of its own about `**`, classes and errors that a build can observe. Matching
//! takes time proportional to the length of pattern times text, whatever the pattern.

/// Why a pattern has no meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// `[a`
    #[error("`[` has no closing `]`")]
    UnclosedClass,
    /// `[]`, `[^]`
    #[error("`[]` names no character")]
    EmptyClass,
    /// `[a-]`, `[-z]`
    #[error("`-` stands between two characters of `[…]`, or is written `\\-`")]
    LooseHyphen,
    /// `a\`
    #[error("`\\` is the last character, and there is nothing to escape")]
    TrailingBackslash,
    /// `!`
    #[error("`!` is followed by no pattern")]
    LoneNegation,
}

/// A compiled pattern, to be matched against a whole text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob {
    shape: Shape,
}

/// Most patterns are simple, and are matched by comparing strings.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Shape {
    Exact(String),
    /// `text**`
    Prefix(String),
    /// `**text`
    Suffix(String),
    General {
        /// What every match begins and ends with.
        prefix: String,
        suffix: String,
        tokens: Vec<Token>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Char(char),
    /// `?`: one character but not `/`.
    Question,
    /// `[a-z]`: never matches `/`.
    Class {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
    /// `*`: any characters but `/`.
    Star,
    /// `**/`: nothing, or anything that ends in `/`.
    Directories,
    /// `**` at the end: anything.
    Anything,
}

impl Glob {
    /// Compiles a pattern as Go's `filepath.Match` reads it; `**` means the same as `*`.
    ///
    /// # Errors
    /// If the pattern is malformed.
    pub fn go(pattern: &str) -> Result<Self, PatternError> {
        Ok(Self::from_tokens(tokens(pattern, false)?))
    }

    /// Compiles a pattern of an ignore file as moby's `patternmatcher` reads it, without its `!`.
    ///
    /// # Errors
    /// If the pattern is malformed.
    pub fn ignore(pattern: &str) -> Result<Self, PatternError> {
        Ok(Self::from_tokens(tokens(pattern, true)?))
    }

    /// The pattern that matches one text alone.
    #[must_use]
    pub fn exact(text: &str) -> Self {
        Self { shape: Shape::Exact(text.to_owned()) }
    }

    fn from_tokens(tokens: Vec<Token>) -> Self {
        let literal = |tokens: &[Token]| -> String { tokens.iter().map_while(Token::literal).collect() };
        let prefix = literal(&tokens);
        let mut reversed: Vec<char> = tokens.iter().rev().map_while(Token::literal).collect();
        reversed.reverse();
        let suffix: String = reversed.into_iter().collect();
        let shape = match tokens.iter().filter(|token| token.literal().is_none()).collect::<Vec<_>>()[..] {
            [] => Shape::Exact(prefix),
            [Token::Anything] if suffix.is_empty() => Shape::Prefix(prefix),
            [Token::Anything] if prefix.is_empty() => Shape::Suffix(suffix),
            _ => Shape::General { prefix, suffix, tokens },
        };
        Self { shape }
    }

    /// The only text that it matches, where it has no wildcard.
    #[must_use]
    pub fn literal(&self) -> Option<&str> {
        match &self.shape {
            Shape::Exact(text) => Some(text),
            _ => None,
        }
    }

    /// Whether it matches a whole text.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        match &self.shape {
            Shape::Exact(exact) => text == exact,
            Shape::Prefix(prefix) => text.starts_with(prefix.as_str()),
            Shape::Suffix(suffix) => text.ends_with(suffix.as_str()),
            Shape::General { prefix, suffix, tokens } => {
                text.starts_with(prefix.as_str()) && text.ends_with(suffix.as_str()) && simulate(tokens, text)
            }
        }
    }
}

impl Token {
    fn literal(&self) -> Option<char> {
        match self {
            Self::Char(c) => Some(*c),
            _ => None,
        }
    }

    /// Whether it takes this one character.
    fn takes(&self, c: char) -> bool {
        match self {
            Self::Char(own) => *own == c,
            Self::Question | Self::Star => c != '/',
            Self::Class { negated, ranges } => {
                c != '/' && ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != *negated
            }
            Self::Directories | Self::Anything => true,
        }
    }
}

/// Walks through the text with all possible places in the pattern at once.
fn simulate(tokens: &[Token], text: &str) -> bool {
    let mut now = Places::new(tokens);
    let mut next = Places::new(tokens);
    now.enter(0);
    for c in text.chars() {
        next.clear();
        for (at, token) in tokens.iter().enumerate() {
            if !now.at[at] || !token.takes(c) {
                continue;
            }
            match token {
                Token::Star | Token::Anything => next.enter(at),
                Token::Directories => {
                    next.at[at] = true;
                    if c == '/' {
                        next.enter(at + 1);
                    }
                }
                Token::Char(_) | Token::Question | Token::Class { .. } => next.enter(at + 1),
            }
        }
        std::mem::swap(&mut now, &mut next);
    }
    now.at[tokens.len()]
}

struct Places<'a> {
    tokens: &'a [Token],
    /// Whether the match may stand before the token of this index; one more for the end.
    at: Vec<bool>,
}

impl<'a> Places<'a> {
    fn new(tokens: &'a [Token]) -> Self {
        Self { tokens, at: vec![false; tokens.len() + 1] }
    }

    fn clear(&mut self) {
        self.at.fill(false);
    }

    /// Enters a place, and those after it that can be reached without a character.
    fn enter(&mut self, mut at: usize) {
        self.at[at] = true;
        while let Some(Token::Star | Token::Anything | Token::Directories) = self.tokens.get(at) {
            at += 1;
            self.at[at] = true;
        }
    }
}

fn tokens(pattern: &str, double_star: bool) -> Result<Vec<Token>, PatternError> {
    let mut tokens = Vec::new();
    let mut rest = pattern.chars().peekable();
    // moby compares a pattern of `**` and plain text as a suffix, so that `**foo` matches `barfoo`
    let plain_after_stars = double_star
        && pattern
            .strip_prefix("**")
            .is_some_and(|rest| !rest.starts_with('/') && !rest.contains(['*', '?', '[', '\\']));
    while let Some(c) = rest.next() {
        tokens.push(match c {
            '*' if double_star && rest.next_if_eq(&'*').is_some() => {
                rest.next_if_eq(&'/');
                let suffix = plain_after_stars && tokens.is_empty();
                if rest.peek().is_none() || suffix { Token::Anything } else { Token::Directories }
            }
            '*' => Token::Star,
            '?' => Token::Question,
            '[' => class(&mut rest)?,
            '\\' => Token::Char(rest.next().ok_or(PatternError::TrailingBackslash)?),
            c => Token::Char(c),
        });
    }
    Ok(tokens)
}

/// The rest of `[^a-z]`, as Go reads it.
fn class(rest: &mut std::iter::Peekable<std::str::Chars>) -> Result<Token, PatternError> {
    let negated = rest.next_if_eq(&'^').is_some();
    let mut ranges = Vec::new();
    loop {
        match rest.peek() {
            None => return Err(PatternError::UnclosedClass),
            Some(']') if ranges.is_empty() => return Err(PatternError::EmptyClass),
            Some(']') => {
                rest.next();
                return Ok(Token::Class { negated, ranges });
            }
            Some(_) => {
                let low = class_char(rest)?;
                let high = if rest.next_if_eq(&'-').is_some() { class_char(rest)? } else { low };
                ranges.push((low, high));
            }
        }
    }
}

fn class_char(rest: &mut std::iter::Peekable<std::str::Chars>) -> Result<char, PatternError> {
    match rest.next().ok_or(PatternError::UnclosedClass)? {
        '-' | ']' => Err(PatternError::LooseHyphen),
        '\\' => rest.next().ok_or(PatternError::TrailingBackslash),
        c => Ok(c),
    }
}

#[cfg(test)]
#[path = "glob_tests.rs"]
mod tests;
