//! Words behind the options: targets, their arguments, artifacts and where they go.

use std::collections::BTreeMap;

/// A target or an artifact, as typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// The reference: `+test`, `./api+image`, `+build/app`.
    pub reference: String,
    /// Where an artifact goes.
    pub dest: Option<String>,
    /// Arguments.
    pub args: BTreeMap<String, String>,
}

/// Words that make no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WordFault {
    /// Before the first target.
    #[error("unknown option `{option}`")]
    Option {
        /// The option.
        option: String,
        /// The first target, if there is one.
        target: Option<String>,
    },
    /// A first word without a `+`.
    #[error("`{0}` is neither a target nor a command")]
    First(String),
    /// A word behind a target that is none of its own.
    #[error("`{0}` is not a target")]
    NoTarget(String),
    /// An argument of a target, without its dashes.
    #[error("no value is given for `--{0}`")]
    NoValue(String),
    /// A short option.
    #[error("`{option}` stands behind a target")]
    Behind {
        /// The option.
        option: String,
        /// The target.
        target: String,
    },
}

/// Splits the words into targets.
///
/// # Errors
/// The first word that makes no sense.
pub fn read(words: &[String]) -> Result<Vec<Wish>, WordFault> {
    let mut wishes: Vec<Wish> = Vec::new();
    let first = words.iter().find(|word| word.contains('+') && !word.starts_with('-'));
    let mut words = words.iter().map(String::as_str).peekable();
    while let Some(word) = words.next() {
        let Some(wish) = wishes.last_mut() else {
            match word {
                _ if word.starts_with('-') => {
                    return Err(WordFault::Option { option: word.to_owned(), target: first.cloned() });
                }
                _ if word.contains('+') => wishes.push(wish(word)),
                _ => return Err(WordFault::First(word.to_owned())),
            }
            continue;
        };
        if let Some(arg) = word.strip_prefix("--").or_else(|| word.strip_prefix('-').filter(|rest| rest.contains('=')))
        {
            let (name, value) = match arg.split_once('=') {
                Some((name, value)) => (name, value),
                None => {
                    let value = words.next_if(|next| !next.starts_with("--"));
                    (arg, value.ok_or_else(|| WordFault::NoValue(arg.to_owned()))?)
                }
            };
            wish.args.insert(name.to_owned(), value.to_owned());
        } else if word.starts_with('-') {
            return Err(WordFault::Behind { option: word.to_owned(), target: wish.reference.clone() });
        } else if word.contains('+') {
            wishes.push(self::wish(word));
        } else if is_artifact(&wish.reference) && wish.dest.is_none() {
            wish.dest = Some(word.to_owned());
        } else {
            return Err(WordFault::NoTarget(word.to_owned()));
        }
    }
    Ok(wishes)
}

fn wish(word: &str) -> Wish {
    Wish { reference: word.to_owned(), dest: None, args: BTreeMap::new() }
}

/// Whether a reference names an artifact: a `/` behind the `+`.
pub fn is_artifact(reference: &str) -> bool {
    reference.rsplit_once('+').is_some_and(|(_, behind)| behind.contains('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Expected<'a> = (&'a str, Option<&'a str>, &'a [(&'a str, &'a str)]);

    fn check(words: &str, expected: &[Expected<'_>]) {
        let words: Vec<String> = words.split_whitespace().map(str::to_owned).collect();
        let wishes = read(&words).unwrap();
        let wishes: Vec<_> = wishes
            .iter()
            .map(|wish| {
                let args: Vec<_> = wish.args.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
                (wish.reference.as_str(), wish.dest.as_deref(), args)
            })
            .collect();
        let expected: Vec<_> = expected.iter().map(|(r, d, a)| (*r, *d, a.to_vec())).collect();
        assert_eq!(wishes, expected);
    }

    #[test]
    fn arguments_belong_to_the_target_before_them() {
        check("+a --x=1 --y 2 +b --x=3", &[("+a", None, &[("x", "1"), ("y", "2")]), ("+b", None, &[("x", "3")])]);
        check("./api+image -v=2", &[("./api+image", None, &[("v", "2")])]);
        check("+build/app ./out +t", &[("+build/app", Some("./out"), &[]), ("+t", None, &[])]);
        check("+a --x=", &[("+a", None, &[("x", "")])]);
    }

    #[test]
    fn mistakes_are_told() {
        for (words, message) in [
            ("test", "`test` is neither a target nor a command"),
            ("+a test", "`test` is not a target"),
            ("+a --x", "no value is given for `--x`"),
            ("+a -j 2", "`-j` stands behind a target"),
            ("--nope +a", "unknown option `--nope`"),
        ] {
            let words: Vec<String> = words.split_whitespace().map(str::to_owned).collect();
            assert_eq!(read(&words).unwrap_err().to_string(), message);
        }
    }
}
