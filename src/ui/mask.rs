//! Keeping known secret values out of everything that is shown.

use super::escape;
use crate::diagnostic::{Diagnostic, Label};
use std::borrow::Cow;
use std::ops::Range;

/// What stands in place of a secret.
const MASK: &str = "***";

/// Secret values that must not be shown; each place where one occurs reads `***`.
///
/// A value of several lines is masked line by line, because output is shown line by line. Values and lines of fewer
/// than four characters are left alone: masking every `1` would hide nothing and make all output unreadable.
#[derive(Debug, Clone, Default)]
pub struct Masks {
    values: Vec<String>,
}

impl Masks {
    /// Fewer characters than this are not masked.
    pub const SHORTEST: usize = 4;

    /// Masks for these secret values.
    pub fn new<S: AsRef<str>>(secrets: impl IntoIterator<Item = S>) -> Self {
        let mut values: Vec<String> = Vec::new();
        for secret in secrets {
            let lines = secret.as_ref().lines().map(str::trim);
            values.extend(lines.filter(|line| line.chars().count() >= Self::SHORTEST).map(str::to_owned));
        }
        values.sort_unstable();
        values.dedup();
        Self { values }
    }

    /// The text without the secrets.
    #[must_use]
    pub fn apply<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let places = self.places(text);
        if places.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut masked = String::with_capacity(text.len());
        let mut from = 0;
        for place in places {
            masked.push_str(&text[from..place.start]);
            masked.push_str(MASK);
            from = place.end;
        }
        masked.push_str(&text[from..]);
        Cow::Owned(masked)
    }

    /// A fault without the secrets, in what rbuild says of it.
    #[must_use]
    pub fn diagnostic(&self, fault: &Diagnostic) -> Diagnostic {
        let clean = |text: &str| self.apply(text).into_owned();
        let labels = fault.labels.iter().map(|label| Label { span: label.span, text: clean(&label.text) });
        Diagnostic {
            message: clean(&fault.message),
            labels: labels.collect(),
            help: fault.help.as_deref().map(clean),
            ..fault.clone()
        }
    }

    /// A line of output without the secrets, also where a tool coloured parts of one: that line loses its escapes.
    pub(super) fn line(&self, line: &str) -> String {
        let masked = self.apply(line);
        if !self.values.is_empty() && masked.chars().any(char::is_control) {
            let stripped = escape::strip(&masked);
            if let Cow::Owned(clean) = self.apply(&stripped) {
                return clean;
            }
        }
        masked.into_owned()
    }

    /// The last place at or before `wanted` (bytes, on a character's border) where the text may be cut without cutting a
    /// secret in two, given that more text follows. Where there is none, the end of the secret in the way.
    pub(super) fn cut(&self, text: &str, wanted: usize) -> usize {
        match self.places(text).into_iter().find(|place| place.start < wanted && wanted < place.end) {
            Some(place) if place.start > 0 => place.start,
            Some(place) => place.end,
            None => wanted,
        }
    }

    /// Whether there is nothing to mask.
    pub(super) fn are_none(&self) -> bool {
        self.values.is_empty()
    }

    /// Bytes of the longest value.
    pub(super) fn longest(&self) -> usize {
        self.values.iter().map(String::len).max().unwrap_or(0)
    }

    /// Where secrets are: sorted, not overlapping.
    fn places(&self, text: &str) -> Vec<Range<usize>> {
        let mut places: Vec<Range<usize>> = Vec::new();
        for value in &self.values {
            let mut from = 0;
            // Occurrences may overlap, so the search goes on one character behind each start.
            while let Some(at) = text[from..].find(value.as_str()) {
                let start = from + at;
                places.push(start..start + value.len());
                from = start + text[start..].chars().next().map_or(1, char::len_utf8);
            }
        }
        places.sort_unstable_by_key(|place| (place.start, place.end));
        let mut merged: Vec<Range<usize>> = Vec::new();
        for place in places {
            match merged.last_mut() {
                Some(last) if place.start < last.end => last.end = last.end.max(place.end),
                _ => merged.push(place),
            }
        }
        merged
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_wherever_they_are() {
        let check = |secrets: &[&str], text: &str, expect: &str| {
            assert_eq!(Masks::new(secrets).line(text), expect, "{secrets:?} in {text:?}");
        };
        check(&[], "token", "token");
        check(&["hunter2"], "password=hunter2;", "password=***;");
        check(&["hunter2\n"], "hunter2hunter2", "******");
        check(&["abc"], "abc is too short to be a secret", "abc is too short to be a secret");
        check(&["first line\n  key: 12345\n}\n"], "got key: 12345 and first line }", "got *** and *** }");
        check(&["abcd", "cdef"], "abcdef", "***");
        check(&["pass", "password"], "password", "***");
        check(&["aaaa"], "aaaaaa", "***");
        check(&["hunter2"], "\x1b[31mhun\x1b[32mter2\x1b[0m!", "***!");
        check(&["hunter2"], "\x1b[31mhunter2\x1b[0m!", "\x1b[31m***\x1b[0m!");
        check(&["größe"], "die größe", "die ***");
    }

    #[test]
    fn a_cut_spares_secrets() {
        let masks = Masks::new(["hunter2"]);
        assert_eq!(masks.cut("ab hunter2", 5), 3);
        assert_eq!(masks.cut("ab hunter2", 2), 2);
        assert_eq!(masks.cut("hunter2 ab", 5), 7);
        assert_eq!(masks.longest(), 7);
    }
}
