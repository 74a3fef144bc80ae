//! The simple commands of a shell text, as far as lints need them.

/// The simple commands of a script, each as its words without quotes. What begins a compound command (`if`, `(`) and variables that are
/// set for one command are left out; what `$(…)` runs is not looked at.
pub(super) fn commands(script: &str) -> Vec<Vec<String>> {
    let mut commands = vec![Vec::new()];
    for token in tokens(script) {
        match token {
            Token::End => commands.push(Vec::new()),
            Token::Word(word) => commands.last_mut().expect("there is always one").push(word),
        }
    }
    commands.iter_mut().for_each(strip);
    commands.retain(|words| !words.is_empty());
    commands
}

/// Takes away what stands in front of a command's name.
fn strip(words: &mut Vec<String>) {
    let is_front = |word: &String| {
        let assigns = word.split_once('=').is_some_and(|(name, _)| is_name(name));
        assigns
            || matches!(
                word.as_str(),
                "if" | "then" | "else" | "elif" | "while" | "until" | "do" | "!" | "{" | "sudo" | "exec" | "time"
            )
    };
    let fronts = words.iter().take_while(|word| is_front(word)).count();
    words.drain(..fronts);
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

enum Token {
    Word(String),
    /// What ends a simple command: an operator, a parenthesis, a line end.
    End,
}

fn tokens(script: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    // The `$(` and parentheses within them that are open, each with the quote that is open in it: their text belongs to the word.
    let mut inner: Vec<Option<char>> = Vec::new();
    let mut chars = script.chars().peekable();
    while let Some(c) = chars.next() {
        if let Some(open) = inner.last_mut() {
            let text = word.get_or_insert_default();
            text.push(c);
            match (*open, c) {
                (Some('\''), '\'') => *open = None,
                (Some('\''), _) => {}
                (_, '\\') => text.extend(chars.next()),
                (Some('"'), '"') => *open = None,
                (_, '$') if chars.peek() == Some(&'(') => {
                    text.extend(chars.next());
                    inner.push(None);
                }
                (Some(_), _) => {}
                (None, '"' | '\'') => *open = Some(c),
                (None, '(') => inner.push(None),
                (None, ')') => drop(inner.pop()),
                (None, _) => {}
            }
            continue;
        }
        match (quote, c) {
            (Some('\''), '\'') => quote = None,
            (Some('\''), _) => word.get_or_insert_default().push(c),
            (_, '\\') => {
                // A line that goes on.
                if let Some(next) = chars.next().filter(|next| *next != '\n') {
                    word.get_or_insert_default().push(next);
                }
            }
            (_, '$') if chars.peek() == Some(&'(') => {
                chars.next();
                inner.push(None);
                word.get_or_insert_default().push_str("$(");
            }
            (Some(open), _) if c == open => quote = None,
            (Some(_), _) => word.get_or_insert_default().push(c),
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '#') if word.is_none() => while chars.next_if(|next| *next != '\n').is_some() {},
            (None, '&') if word.as_ref().is_some_and(|word| word.ends_with('>')) => {
                word.get_or_insert_default().push(c);
            }
            (None, '&' | '|' | ';' | '\n' | '(' | ')') => {
                tokens.extend(word.take().map(Token::Word));
                tokens.push(Token::End);
            }
            (None, ' ' | '\t' | '\r') => tokens.extend(word.take().map(Token::Word)),
            (None, _) => word.get_or_insert_default().push(c),
        }
    }
    tokens.extend(word.take().map(Token::Word));
    tokens
}

/// Whether a text has this name as a whole word, as a variable's name or otherwise.
pub(super) fn mentions(text: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.match_indices(name)
        .any(|(at, _)| !text[..at].ends_with(is_part) && !text[at + name.len()..].starts_with(is_part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_fall_into_commands() {
        let check = |script: &str, expect: &[&[&str]]| assert_eq!(commands(script), expect, "{script}");
        check("a b", &[&["a", "b"]]);
        check("a && b c || d; e | f & g", &[&["a"], &["b", "c"], &["d"], &["e"], &["f"], &["g"]]);
        check("A=1 B=2 make all", &[&["make", "all"]]);
        check("if [ -f x ]; then a b; else c; fi", &[&["[", "-f", "x", "]"], &["a", "b"], &["c"], &["fi"]]);
        check("echo 'a && b' \"c; d\" e\\ f", &[&["echo", "a && b", "c; d", "e f"]]);
        check("x $(a && b \"c\") d", &[&["x", "$(a && b \"c\")", "d"]]);
        check("x \"$(a; (b))\" y", &[&["x", "$(a; (b))", "y"]]);
        check("x=$(echo ')') && cd /t", &[&["cd", "/t"]]);
        check("x $(a \")$(b '\"')\" '(' \\)) && cd /t", &[&["x", "$(a \")$(b '\"')\" '(' \\))"], &["cd", "/t"]]);
        check("(cd a && b) 2>&1 # c; d", &[&["cd", "a"], &["b"], &["2>&1"]]);
        check("a \\\n  b\nc", &[&["a", "b"], &["c"]]);
        check("sudo apt-get update", &[&["apt-get", "update"]]);
        check("", &[]);
    }

    #[test]
    fn names_are_whole_words() {
        for (text, expect) in
            [("echo $x", true), ("${x:-1}", true), ("--x=1", true), ("xy", false), ("a_x", false), ("", false)]
        {
            assert_eq!(mentions(text, "x"), expect, "{text}");
        }
    }
}
