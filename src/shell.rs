//! Words for a POSIX shell.

/// A word that the shell reads as this text.
#[must_use]
pub fn quote(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// A script that runs a command line in a directory.
#[must_use]
pub fn script(directory: &str, words: &[String]) -> String {
    let words: Vec<String> = words.iter().map(|word| quote(word)).collect();
    format!("#!/bin/sh\ncd {} || exit\nexec {}\n", quote(directory), words.join(" "))
}

/// The script by which a shell runs a step's process once more.
pub const AGAIN: &str = "rbuild-again";

/// A command that becomes a shell for somebody: bash where there is one. Its programs are those of `directory`, too.
#[must_use]
pub fn shell_with(directory: &str) -> String {
    format!("PATH=\"$PATH:{directory}\"; export PATH; command -v bash >/dev/null 2>&1 && exec bash; exec /bin/sh")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_within_are_kept() {
        assert_eq!(quote("a $b"), "'a $b'");
        assert_eq!(quote("it's"), r"'it'\''s'");
        assert_eq!(quote(""), "''");
    }
    #[test]
    fn a_script_runs_each_word_as_it_is() {
        let words = ["/bin/sh", "-c", "echo 'a'  \"$B\""].map(str::to_owned);
        assert_eq!(
            script("/w x", &words),
            "#!/bin/sh\ncd '/w x' || exit\nexec '/bin/sh' '-c' 'echo '\\''a'\\''  \"$B\"'\n"
        );
    }
}
