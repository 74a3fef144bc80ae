//! Cutting templates at characters of their literal parts.

use super::{Part, Template};

/// A place in a template: which part, and which byte of that literal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::analysis) struct Cut {
    part: usize,
    byte: usize,
}

impl Template {
    /// Every place in the literal parts where `wanted` stands without a `\` before it.
    pub(in crate::analysis) fn find_unescaped(&self, wanted: char) -> Vec<Cut> {
        let mut found = Vec::new();
        for (part, piece) in self.parts.iter().enumerate() {
            let Part::Literal(text) = piece else { continue };
            let mut escaped = false;
            for (byte, char) in text.char_indices() {
                if char == wanted && !escaped {
                    found.push(Cut { part, byte });
                }
                escaped = char == '\\' && !escaped;
            }
        }
        found
    }

    /// The template in front of a place, and that from the place on.
    pub(in crate::analysis) fn split_at(&self, cut: Cut) -> (Self, Self) {
        let mut left = Self { span: self.span, parts: self.parts[..cut.part].to_vec() };
        let mut right = Self { span: self.span, parts: Vec::new() };
        if let Some(Part::Literal(text)) = self.parts.get(cut.part) {
            left.push_literal(&text[..cut.byte]);
            right.push_literal(&text[cut.byte..]);
        }
        right.parts.extend(self.parts.iter().skip(cut.part + 1).cloned());
        (left, right)
    }

    /// Turns `\+` into `+` in the literal parts.
    pub(in crate::analysis) fn unescape_plus(mut self) -> Self {
        for part in &mut self.parts {
            if let Part::Literal(text) = part {
                *text = text.replace("\\+", "+");
            }
        }
        self
    }
}
