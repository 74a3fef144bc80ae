//! Words, quotes and variables of a shell command.

/// What a variable holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// This text.
    Known(String),
    /// It is not set.
    Unset,
    /// Only the shell can say.
    Unknown,
}

/// Looks a variable up.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Value;

/// A piece of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    Word(Word),
    /// `&&`
    And,
    /// `||`
    Or,
    /// `(`
    Open,
    /// `)`
    Close,
}

/// A word as written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Word(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Plain(String),
    Quoted(String),
    Variable { name: String, quoted: bool },
}

impl Word {
    /// The text of a word without quotes and variables.
    pub fn plain(&self) -> Option<&str> {
        match self.0.as_slice() {
            [Piece::Plain(text)] => Some(text),
            _ => None,
        }
    }

    /// Adds what the word expands to, split as the shell splits it. `None`: only the shell can say.
    pub fn fields(&self, lookup: Lookup<'_>, fields: &mut Vec<String>) -> Option<()> {
        let mut field: Option<String> = None;
        for piece in &self.0 {
            match piece {
                Piece::Plain(text) | Piece::Quoted(text) => field.get_or_insert_default().push_str(text),
                Piece::Variable { name, quoted } => {
                    let value = match lookup(name) {
                        _ if is_of_the_shell(name) => return None,
                        Value::Known(value) => value,
                        Value::Unset if is_set_where_it_is_not(name) => return None,
                        Value::Unset => String::new(),
                        Value::Unknown => return None,
                    };
                    if *quoted {
                        field.get_or_insert_default().push_str(&value);
                        continue;
                    }
                    for char in value.chars() {
                        match char {
                            ' ' | '\t' | '\n' => fields.extend(field.take()),
                            // Patterns, which files of the container may match.
                            '*' | '?' | '[' | '\\' => return None,
                            char => field.get_or_insert_default().push(char),
                        }
                    }
                }
            }
        }
        fields.extend(field);
        Some(())
    }
}

/// What `echo` of some words prints, cut at each of `separators`, without empty pieces. `None`: only the shell can say.
pub fn items(text: &str, separators: &str, lookup: Lookup<'_>) -> Option<Vec<String>> {
    let mut fields = Vec::new();
    for token in tokens(text)? {
        let Token::Word(word) = token else { return None };
        word.fields(lookup, &mut fields)?;
    }
    // Shells differ in what `echo` does with options and escapes.
    if fields.first().is_some_and(|first| first.starts_with('-')) || fields.iter().any(|field| field.contains('\\')) {
        return None;
    }
    Some(cut(&fields.join(" "), separators))
}

/// A text cut at each of `separators`, without empty pieces.
pub fn cut(text: &str, separators: &str) -> Vec<String> {
    text.split(|char| separators.contains(char)).filter(|item| !item.is_empty()).map(str::to_owned).collect()
}

/// The variables of a command, each once; none of one that only the shell can read.
pub fn names(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for token in tokens(text).into_iter().flatten() {
        let Token::Word(word) = token else { continue };
        for piece in word.0 {
            if let Piece::Variable { name, .. } = piece
                && !names.contains(&name)
            {
                names.push(name);
            }
        }
    }
    names
}

/// Splits a command. `None`: it has something that only the shell can read.
pub fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut word: Option<Word> = None;
    let mut rest = text.chars().peekable();
    // Nothing but a blank or an operator may stand in front of a parenthesis.
    let mut open_allowed = true;
    while let Some(char) = rest.next() {
        match char {
            ' ' | '\t' => {
                tokens.extend(word.take().map(Token::Word));
                open_allowed = true;
                continue;
            }
            '&' | '|' => {
                if rest.next() != Some(char) {
                    return None;
                }
                tokens.extend(word.take().map(Token::Word));
                tokens.push(if char == '&' { Token::And } else { Token::Or });
                open_allowed = true;
                continue;
            }
            // `((` begins arithmetic.
            '(' if word.is_none() && open_allowed && rest.peek() != Some(&'(') => tokens.push(Token::Open),
            ')' => {
                tokens.extend(word.take().map(Token::Word));
                tokens.push(Token::Close);
            }
            '\'' => {
                let mut quoted = String::new();
                loop {
                    match rest.next()? {
                        '\'' => break,
                        char => quoted.push(char),
                    }
                }
                word.get_or_insert_default().0.push(Piece::Quoted(quoted));
            }
            '"' => double_quoted(&mut rest, word.get_or_insert_default())?,
            '$' => {
                let name = variable(&mut rest)?;
                word.get_or_insert_default().0.push(Piece::Variable { name, quoted: false });
            }
            // As words of their own they are no patterns.
            '[' | ']' if word.is_none() && matches!(rest.peek(), None | Some(' ' | '\t')) => {
                word = Some(Word(vec![Piece::Plain(char.to_string())]));
            }
            char if char.is_ascii_alphanumeric() || "_-./:,+@%=!".contains(char) => {
                let word = word.get_or_insert_default();
                match word.0.last_mut() {
                    Some(Piece::Plain(text)) => text.push(char),
                    _ => word.0.push(Piece::Plain(char.to_string())),
                }
            }
            _ => return None,
        }
        open_allowed = false;
    }
    tokens.extend(word.map(Token::Word));
    Some(tokens)
}

type Chars<'a> = std::iter::Peekable<std::str::Chars<'a>>;

fn double_quoted(rest: &mut Chars<'_>, word: &mut Word) -> Option<()> {
    let mut quoted = String::new();
    loop {
        match rest.next()? {
            '"' => break,
            '\\' | '`' => return None,
            '$' => {
                word.0.push(Piece::Quoted(std::mem::take(&mut quoted)));
                word.0.push(Piece::Variable { name: variable(rest)?, quoted: true });
            }
            char => quoted.push(char),
        }
    }
    word.0.push(Piece::Quoted(quoted));
    Some(())
}

/// The name behind a `$`.
fn variable(rest: &mut Chars<'_>) -> Option<String> {
    let braced = rest.next_if_eq(&'{').is_some();
    let mut name = String::from(rest.next_if(|char| char.is_ascii_alphabetic() || *char == '_')?);
    while let Some(char) = rest.next_if(|char| char.is_ascii_alphanumeric() || *char == '_') {
        name.push(char);
    }
    if braced && rest.next() != Some('}') {
        return None;
    }
    Some(name)
}

/// Variables that some shell sets by itself, whatever its environment holds.
fn is_of_the_shell(name: &str) -> bool {
    const NAMES: [&str; 33] = [
        "_",
        "ARGV",
        "COPROC",
        "DIRSTACK",
        "ERRNO",
        "EUID",
        "FUNCNAME",
        "GID",
        "GROUPS",
        "HISTCMD",
        "HOSTNAME",
        "HOSTTYPE",
        "IFS",
        "LINENO",
        "MACHTYPE",
        "MAPFILE",
        "OLDPWD",
        "OPTARG",
        "OPTERR",
        "OPTIND",
        "OSTYPE",
        "PIPESTATUS",
        "PPID",
        "PS1",
        "PS2",
        "PS4",
        "PWD",
        "RANDOM",
        "REPLY",
        "SECONDS",
        "SHLVL",
        "SRANDOM",
        "UID",
    ];
    const BEGINNINGS: [&str; 6] = ["BASH", "COMP_", "EPOCH", "KSH", "READLINE_", "ZSH"];
    NAMES.contains(&name)
        || matches!(name, "SHELLOPTS" | "USERNAME" | "argv" | "path" | "status")
        || BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))
}

/// Variables that an engine or a shell sets where the environment does not.
fn is_set_where_it_is_not(name: &str) -> bool {
    matches!(
        name,
        "COLUMNS"
            | "HOME"
            | "LINES"
            | "LOGNAME"
            | "MAIL"
            | "MAILCHECK"
            | "PATH"
            | "PS3"
            | "SHELL"
            | "TERM"
            | "TMOUT"
            | "USER"
    )
}
