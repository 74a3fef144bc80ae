//! `RUN` with heredocs.

use super::super::word::texts;
use crate::shell::quote;
use crate::syntax::ast::{Heredoc, Word};

/// What a shell is given for a command line with heredocs. A heredoc alone is a script: of the shell, or of the interpreter that its first
/// line names.
pub(super) fn script(words: &[Word], heredocs: &[Heredoc]) -> String {
    if let (true, [script]) = (is_marker(words), heredocs) {
        let first = script.body.lines().next().unwrap_or_default();
        return match first.strip_prefix("#!") {
            Some(interpreter) if !interpreter.trim().is_empty() => interpreted(interpreter.trim(), &script.body),
            _ => script.body.clone(),
        };
    }
    let mut text = texts(words);
    text.push('\n');
    for heredoc in heredocs {
        text.push_str(&heredoc.body);
        text.push_str(&heredoc.name);
        text.push('\n');
    }
    text
}

/// Whether these words are `<<NAME` and nothing else.
fn is_marker(words: &[Word]) -> bool {
    let name = |text: &str| {
        let bare = text.trim_matches(['"', '\'']).trim_start_matches('\\');
        !bare.is_empty() && bare.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))
    };
    match words {
        [word] => word.text.strip_prefix("<<").is_some_and(|rest| name(rest.trim_start_matches('-'))),
        [arrows, word] => matches!(arrows.text.as_str(), "<<" | "<<-") && name(&word.text),
        _ => false,
    }
}

/// The script on a descriptor of its own, for the interpreter; as the kernel has it, all that follows its name is one argument.
fn interpreted(interpreter: &str, body: &str) -> String {
    let (program, argument) = interpreter.split_once(char::is_whitespace).unwrap_or((interpreter, ""));
    let argument = argument.trim();
    let argument = if argument.is_empty() { String::new() } else { format!(" {}", quote(argument)) };
    let mut end = "RBUILD_SCRIPT".to_owned();
    while body.lines().any(|line| line == end) {
        end.push('_');
    }
    format!("{program}{argument} /dev/fd/3 3<<'{end}'\n{body}{end}\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{FileId, Span};

    fn check(line: &str, bodies: &[(&str, &str)], expected: &str) {
        let span = Span::new(FileId(0), 0, 0);
        let words: Vec<Word> = line.split(' ').map(|text| Word { text: text.to_owned(), span }).collect();
        let heredocs: Vec<Heredoc> = bodies
            .iter()
            .map(|(name, body)| Heredoc { name: (*name).to_owned(), expand: true, body: (*body).to_owned(), span })
            .collect();
        assert_eq!(script(&words, &heredocs), expected, "{line}");
    }

    #[test]
    fn a_heredoc_alone_is_a_script() {
        for line in ["<<EOF", "<<-EOF", "<<'EOF'", "<< EOF"] {
            check(line, &[("EOF", "a\nb $x\n")], "a\nb $x\n");
        }
        check("<<E", &[("E", "")], "");
        check("<<E", &[("E", "#!/bin/x\na\n")], "/bin/x /dev/fd/3 3<<'RBUILD_SCRIPT'\n#!/bin/x\na\nRBUILD_SCRIPT\n");
        check(
            "<<E",
            &[("E", "#! /usr/bin/env  -S a b\nRBUILD_SCRIPT\n")],
            "/usr/bin/env '-S a b' /dev/fd/3 3<<'RBUILD_SCRIPT_'\n#! /usr/bin/env  -S a b\nRBUILD_SCRIPT\nRBUILD_SCRIPT_\n",
        );
    }

    #[test]
    fn others_are_for_the_shell() {
        check("cat <<EOF >x", &[("EOF", "a\n")], "cat <<EOF >x\na\nEOF\n");
        check("cat <<A - <<B", &[("A", "1\n"), ("B", "2\n")], "cat <<A - <<B\n1\nA\n2\nB\n");
        check("<<E cat", &[("E", "a\n")], "<<E cat\na\nE\n");
    }
}
