//! The arguments of a command as the printer writes them: each is a text that a line may be broken before, and nowhere else.

use crate::syntax::ast::{Args, Assign, Command, Keyword, Word};
use crate::syntax::json;

/// An argument in canonical form.
#[derive(Debug)]
pub(super) struct Argument {
    /// Its text.
    pub text: String,
    /// Where it ends in the source. Comments before this place are printed in front of it.
    pub end: u32,
}

/// The arguments of a command in order.
pub(super) fn arguments(command: &Command) -> Vec<Argument> {
    let word = |word: &Word| Argument { text: word.text.clone(), end: word.span.end };
    match &command.args {
        Args::Words(words) => words.iter().map(word).collect(),
        Args::Json(strings) => {
            let strings: Vec<String> = strings.iter().map(|string| json::quote(&string.value)).collect();
            let cmd = if command.keyword == Keyword::Healthcheck { "CMD " } else { "" };
            vec![Argument { text: format!("{cmd}[{}]", strings.join(", ")), end: command.span.end }]
        }
        Args::Assign(Assign { flags, name, value }) => {
            let last = match value {
                Some(value) => Argument { text: format!("{}={}", name.text, value.text), end: value.span.end },
                None => word(name),
            };
            flags.iter().map(word).chain([last]).collect()
        }
        Args::Pairs(pairs) => {
            let pair = pairs.iter().map(|pair| Argument {
                text: format!("{}={}", pair.key.text, pair.value.text),
                end: pair.value.span.end,
            });
            pair.collect()
        }
    }
}
