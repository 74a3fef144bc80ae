//! What differs between two texts.

use super::escape;
use super::settings::Terminal;
use super::style::{Ink, Styles};
use similar::{ChangeTag, TextDiff};

/// The unified diff of two texts of a file: `--- name`, `+++ name`, and the lines that differ with three around them. Empty where they
/// are the same.
#[must_use]
pub fn diff(name: &str, old: &str, new: &str, terminal: &Terminal) -> String {
    let styles = Styles::new(terminal);
    let diff = TextDiff::from_lines(old, new);
    let mut out = String::new();
    for hunk in diff.unified_diff().context_radius(3).iter_hunks() {
        if out.is_empty() {
            for mark in ["---", "+++"] {
                out += &styles.paint(Ink::Bold, &format!("{mark} {}", escape::word(name)));
                out.push('\n');
            }
        }
        out += &styles.paint(Ink::Hint, &hunk.header().to_string());
        out.push('\n');
        for change in hunk.iter_changes() {
            let (sign, ink) = match change.tag() {
                ChangeTag::Equal => (' ', None),
                ChangeTag::Delete => ('-', Some(Ink::Bad)),
                ChangeTag::Insert => ('+', Some(Ink::Good)),
            };
            let line = format!("{sign}{}", shown(change.value()));
            out += &ink.map_or(line.clone(), |ink| styles.paint(ink, &line));
            out.push('\n');
            if change.missing_newline() {
                out += "\\ No newline at end of file\n";
            }
        }
    }
    out
}

/// A line without its end; what a terminal would take for a command, and what nobody would see, is escaped.
fn shown(line: &str) -> String {
    let line = line.strip_suffix('\n').unwrap_or(line);
    let (text, end) = line.strip_suffix('\r').map_or((line, ""), |line| (line, "\\r"));
    text.split('\t').map(escape::word).collect::<Vec<_>>().join("\t") + end
}
