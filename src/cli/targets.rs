//! Words behind the options: targets, their arguments, artifacts and where they go.

use super::arguments::{Arguments, Options};
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

/// Splits the words into targets. Flags of rbuild's own behind a target are put into `options`.
///
/// # Errors
/// A message and a hint.
pub fn read(words: &[String], options: &mut Options) -> Result<Vec<Wish>, (String, String)> {
    let mut wishes: Vec<Wish> = Vec::new();
    let mut words = words.iter().map(String::as_str).peekable();
    while let Some(word) = words.next() {
        if options.take_flag(word) {
            continue;
        }
        let Some(wish) = wishes.last_mut() else {
            if word.starts_with('-') {
                let hint = match Arguments::nearest_option(word) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "see `rbuild --help` for the options".to_owned(),
                };
                return Err((format!("unknown option `{word}`"), hint));
            }
            wishes.push(wish(word)?);
            continue;
        };
        if let Some(arg) = word.strip_prefix("--").or_else(|| word.strip_prefix('-').filter(|rest| rest.contains('=')))
        {
            let (name, value) = match arg.split_once('=') {
                Some((name, value)) => (name, value.to_owned()),
                None => {
                    let value = words.next_if(|next| !next.starts_with("--"));
                    let hint = format!("write `--{arg}=value`; rbuild's own options go before the target");
                    (arg, value.ok_or((format!("no value is given for `--{arg}`"), hint))?.to_owned())
                }
            };
            wish.args.insert(name.to_owned(), value);
        } else if word.starts_with('-') {
            let hint = format!("rbuild's own options go before the target: `rbuild {word} … {}`", wish.reference);
            return Err((format!("`{word}` stands behind a target"), hint));
        } else if word.contains('+') {
            wishes.push(self::wish(word)?);
        } else if is_artifact(&wish.reference) && wish.dest.is_none() {
            wish.dest = Some(word.to_owned());
        } else {
            let hint = format!("targets have a `+`: did you mean `+{word}`?");
            return Err((format!("`{word}` is not a target"), hint));
        }
    }
    Ok(wishes)
}

fn wish(word: &str) -> Result<Wish, (String, String)> {
    if !word.contains('+') {
        return Err((format!("`{word}` is neither a target nor a command"), format!("did you mean `+{word}`?")));
    }
    Ok(Wish { reference: word.to_owned(), dest: None, args: BTreeMap::new() })
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
        let wishes = read(&words, &mut Options::default()).unwrap();
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
    fn flags_behind_a_target_are_rbuilds() {
        let mut options = Options::default();
        let words = ["+image", "--push", "--tag=1"].map(str::to_owned);
        let wishes = read(&words, &mut options).unwrap();
        assert!(options.output.push);
        assert_eq!(wishes[0].args.len(), 1);
        assert!(
            read(&["+image".to_owned(), "--push=true".to_owned()], &mut Options::default()).unwrap()[0]
                .args
                .contains_key("push")
        );
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
            assert_eq!(read(&words, &mut Options::default()).unwrap_err().0, message);
        }
    }
}
