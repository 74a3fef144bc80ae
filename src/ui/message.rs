//! Single messages: `error: …`, `warning: …`, `note: …`, each with a `hint: …` where there is one.

use super::escape;
use super::settings::Terminal;
use super::style::{Ink, Styles};

/// An error, and what to do about it. Ends with a line feed.
#[must_use]
pub fn error(text: &str, help: Option<&str>, terminal: &Terminal) -> String {
    message("error:", Ink::Bad, text, help, terminal)
}

/// A warning, and what to do about it. Ends with a line feed.
#[must_use]
pub fn warning(text: &str, help: Option<&str>, terminal: &Terminal) -> String {
    message("warning:", Ink::Warn, text, help, terminal)
}

/// Something to know. Ends with a line feed.
#[must_use]
pub fn note(text: &str, terminal: &Terminal) -> String {
    message("note:", Ink::Hint, text, None, terminal)
}

fn message(kind: &str, ink: Ink, text: &str, help: Option<&str>, terminal: &Terminal) -> String {
    let styles = Styles::new(terminal);
    let mut all = lines(kind, ink, text, styles);
    all.extend(help.into_iter().flat_map(|help| lines("hint:", Ink::Hint, help, styles)));
    all.join("\n") + "\n"
}

/// A text behind its kind; further lines are indented to the first.
pub(super) fn lines(kind: &str, ink: Ink, text: &str, styles: Styles) -> Vec<String> {
    let indent = " ".repeat(kind.len() + 1);
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        let front = if lines.is_empty() { format!("{} ", styles.paint(ink, kind)) } else { indent.clone() };
        lines.push(format!("{front}{}", escape::word(line)).trim_end().to_owned());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::Environment;

    #[test]
    fn messages_line_up() {
        let terminal = Terminal::new(&Environment::default());
        assert_eq!(
            error("no engine answers\nat `/run/docker.sock`", Some("start Docker"), &terminal),
            "error: no engine answers\n       at `/run/docker.sock`\nhint: start Docker\n"
        );
        assert_eq!(note("it is late", &terminal), "note: it is late\n");
        assert_eq!(warning("it is late", None, &terminal), "warning: it is late\n");
        let colour = Terminal { colour: true, ..terminal };
        assert_eq!(note("it is late", &colour), "\x1b[36mnote:\x1b[0m it is late\n");
    }
}
