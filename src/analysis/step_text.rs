//! A command on one line, for people.

use crate::syntax::ast::{Args, Command};
use crate::url::mask;

/// The command as written, on one line, white space folded, without passwords in addresses: it is shown and kept.
pub(super) fn step_text(command: &Command) -> String {
    let mut line = command.keyword.as_str().to_owned();
    match &command.args {
        Args::Words(words) => words.iter().for_each(|word| add(&mut line, &word.text)),
        Args::Json(strings) => {
            let strings: Vec<String> =
                strings.iter().map(|string| serde_json::Value::from(string.value.as_str()).to_string()).collect();
            add(&mut line, &format!("[{}]", strings.join(", ")));
        }
        Args::Assign(assign) => {
            assign.flags.iter().for_each(|flag| add(&mut line, &flag.text));
            match &assign.value {
                Some(value) => add(&mut line, &format!("{}={}", assign.name.text, value.text)),
                None => add(&mut line, &assign.name.text),
            }
        }
        Args::Pairs(pairs) => {
            pairs.iter().for_each(|pair| add(&mut line, &format!("{}={}", pair.key.text, pair.value.text)));
        }
    }
    mask(&line)
}

fn add(line: &mut String, text: &str) {
    for piece in text.split_whitespace() {
        line.push(' ');
        line.push_str(piece);
    }
}
