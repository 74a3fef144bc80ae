//! The words of the command line, as clap can read them.

use std::ffi::OsString;

/// Takes `-j4` apart into `-j 4`: clap would take it for a word, since words behind a target may begin with `-`.
pub fn separated(words: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let (mut all, mut options) = (Vec::new(), true);
    for word in words {
        let text = word.to_str().unwrap_or("");
        options &= !text.contains('+');
        let attached = |name: &&str| options && text.len() > name.len() && text.starts_with(*name);
        match ["-j", "-f", "-s"].into_iter().find(attached) {
            Some(name) => all.extend([OsString::from(name), OsString::from(&text[name.len()..])]),
            None => all.push(word),
        }
    }
    all
}
