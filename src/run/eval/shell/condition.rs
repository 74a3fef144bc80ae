//! Conditions that are plain tests of strings.

use super::words::{Lookup, Token, Word, tokens};

/// How deep parentheses may nest.
const DEEPEST: usize = 16;

/// Words that are no commands where a command is expected.
const RESERVED: [&str; 22] = [
    "!", "case", "coproc", "do", "done", "elif", "else", "esac", "exec", "fi", "for", "function", "if", "in", "select",
    "then", "time", "until", "while", "foreach", "end", "repeat",
];

/// Whether a command ends with 0, where that follows from strings alone. `None`: only the shell can say.
pub fn decide(text: &str, lookup: Lookup<'_>) -> Option<bool> {
    let tokens = tokens(text)?;
    let mut parser = Parser { tokens: &tokens, depth: 0 };
    let list = parser.list()?;
    if parser.tokens.is_empty() { list.holds(lookup) } else { None }
}

enum Node<'a> {
    Command(Vec<&'a Word>),
    Not(Box<Self>),
    /// The first, and what follows it: whether by `&&`, and what.
    List(Box<Self>, Vec<(bool, Self)>),
}

struct Parser<'a> {
    tokens: &'a [Token],
    depth: usize,
}

impl<'a> Parser<'a> {
    fn list(&mut self) -> Option<Node<'a>> {
        let first = self.pipeline()?;
        let mut rest = Vec::new();
        while let Some((Token::And | Token::Or, behind)) = self.tokens.split_first() {
            let and = self.tokens[0] == Token::And;
            self.tokens = behind;
            rest.push((and, self.pipeline()?));
        }
        Some(if rest.is_empty() { first } else { Node::List(Box::new(first), rest) })
    }

    fn pipeline(&mut self) -> Option<Node<'a>> {
        if let Some((Token::Word(word), behind)) = self.tokens.split_first()
            && word.plain() == Some("!")
        {
            self.tokens = behind;
            return Some(Node::Not(Box::new(self.command()?)));
        }
        self.command()
    }

    fn command(&mut self) -> Option<Node<'a>> {
        if let Some((Token::Open, behind)) = self.tokens.split_first() {
            self.depth += 1;
            if self.depth > DEEPEST {
                return None;
            }
            self.tokens = behind;
            let inner = self.list()?;
            let (Token::Close, behind) = self.tokens.split_first()? else { return None };
            self.tokens = behind;
            self.depth -= 1;
            // Words behind a parenthesis are a fault, which whoever asked for the next token finds.
            return (!matches!(behind.first(), Some(Token::Word(_) | Token::Open))).then_some(inner);
        }
        let mut words = Vec::new();
        while let Some((Token::Word(word), behind)) = self.tokens.split_first() {
            words.push(word);
            self.tokens = behind;
        }
        let reserved = words.first()?.plain().is_some_and(|word| RESERVED.contains(&word));
        let closed = !matches!(self.tokens.first(), Some(Token::Open));
        (!reserved && closed).then_some(Node::Command(words))
    }
}

impl Node<'_> {
    fn holds(&self, lookup: Lookup<'_>) -> Option<bool> {
        match self {
            Self::Not(inner) => Some(!inner.holds(lookup)?),
            Self::List(first, rest) => {
                let mut holds = first.holds(lookup)?;
                for (and, next) in rest {
                    // What is not reached is not run.
                    if holds == *and {
                        holds = next.holds(lookup)?;
                    }
                }
                Some(holds)
            }
            Self::Command(words) => {
                let assigns = words[0].plain().is_some_and(|word| word.contains('='));
                let mut fields = Vec::new();
                for word in words {
                    word.fields(lookup, &mut fields)?;
                }
                let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
                match fields.as_slice() {
                    _ if assigns => None,
                    // A command that expands to nothing does nothing, and succeeds.
                    [] | ["true" | ":", ..] => Some(true),
                    ["false", ..] => Some(false),
                    ["[", args @ .., "]"] | ["test", args @ ..] => test(args),
                    _ => None,
                }
            }
        }
    }
}

/// `test`, as POSIX defines it by the number of arguments.
fn test(args: &[&str]) -> Option<bool> {
    match args {
        [] => Some(false),
        [text] => (!is_operator(text)).then_some(!text.is_empty()),
        ["!", text] => (!is_operator(text)).then_some(text.is_empty()),
        ["-n", text] => (!is_operator(text)).then_some(!text.is_empty()),
        ["-z", text] => (!is_operator(text)).then_some(text.is_empty()),
        [left, operator @ ("=" | "!=" | "=="), right] if !is_operator(left) && !is_operator(right) => match *operator {
            "=" => Some(left == right),
            "!=" => Some(left != right),
            // Some shells do not know it, and what they do not know does not hold.
            _ => (left != right).then_some(false),
        },
        ["!", rest @ ..] if matches!(rest, ["-n" | "-z", _]) || rest.len() == 3 && rest[0] != "!" => {
            // The shell's fault is no success either way round: `==` is left out.
            if rest.get(1) == Some(&"==") { None } else { Some(!test(rest)?) }
        }
        _ => None,
    }
}

/// Whether a shell might take a text for a part of `test`'s own language.
fn is_operator(text: &str) -> bool {
    text.starts_with('-') || matches!(text, "=" | "==" | "!=" | "=~" | "!" | "(" | ")" | "<" | ">")
}
