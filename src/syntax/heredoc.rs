//! Heredocs: text of their own below a command's line, up to a line with the delimiter. The rules are the shell's, and so those of the
//! `Dockerfile` frontend: tabs are taken away for `<<-` only, and the delimiter stands alone on its line.

use std::collections::HashMap;

use crate::source::Span;
use crate::syntax::ast::{Heredoc, Keyword, Word};
use crate::syntax::parser::Reader;

/// A `<<NAME` among the words of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Marker {
    /// The delimiter without quotes.
    pub name: String,
    /// Whether variables are expanded in the body.
    pub expand: bool,
    /// Whether tabs at the beginning of lines are dropped.
    pub strip_tabs: bool,
    /// The word.
    pub span: Span,
}

/// The heredocs that a command's words ask for.
pub(super) fn markers(keyword: Keyword, words: &[Word]) -> Vec<Marker> {
    let mut markers = Vec::new();
    for (index, word) in words.iter().enumerate() {
        let Some((before, after)) = word.text.split_once("<<") else { continue };
        let shell = keyword == Keyword::Run;
        // `3<<EOF` names a file descriptor; a shell also takes `cat<<EOF`. What has quotes or parentheses is text or arithmetic.
        let at_start = before.bytes().all(|b| b.is_ascii_digit());
        let in_shell = before.bytes().all(|b| b.is_ascii_alphanumeric() || b"_./-".contains(&b));
        if !(at_start || shell && in_shell) {
            continue;
        }
        let (strip_tabs, delimiter) = after.strip_prefix('-').map_or((false, after), |rest| (true, rest));
        // A shell allows blanks before the delimiter.
        let next = words.get(index + 1).filter(|_| shell && delimiter.is_empty());
        let delimiter = next.map_or(delimiter, |next| &next.text);
        if let Some((name, expand)) = parse_delimiter(delimiter) {
            markers.push(Marker { name: name.to_owned(), expand, strip_tabs, span: word.span });
        }
    }
    markers
}

/// `NAME`, `"NAME"`, `'NAME'` or `\NAME`, perhaps with a redirection or another command behind it; whether variables are expanded.
fn parse_delimiter(text: &str) -> Option<(&str, bool)> {
    let quote = text.chars().next()?;
    let (name, rest, expand) = if matches!(quote, '"' | '\'') {
        let (name, rest) = text[1..].split_once(quote)?;
        (name, rest, false)
    } else {
        let bare = text.strip_prefix('\\').unwrap_or(text);
        let in_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
        let (name, rest) = bare.split_at(bare.find(|c| !in_name(c)).unwrap_or(bare.len()));
        // `1<<2` shifts bits.
        if !name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
            return None;
        }
        (name, rest, bare.len() == text.len())
    };
    let ended = rest.is_empty() || rest.starts_with(['>', '<', '|', '&', ';', ')']);
    (ended && !name.is_empty() && !name.contains(['\n', '\r'])).then_some((name, expand))
}

/// Where each line of a text stands, so that a search for a delimiter takes no time even if it is missing.
#[derive(Debug, Default)]
pub(super) struct LineIndex<'t> {
    /// By text without tabs at the beginning: where the line starts, and whether it had tabs.
    lines: HashMap<&'t str, Vec<(usize, bool)>>,
}

impl<'t> LineIndex<'t> {
    /// The index of a text.
    pub fn new(text: &'t str) -> Self {
        let mut lines: HashMap<&'t str, Vec<(usize, bool)>> = HashMap::new();
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            let content = line.trim_end_matches('\n').trim_end_matches('\r');
            let bare = content.trim_start_matches('\t');
            lines.entry(bare).or_default().push((start, bare.len() < content.len()));
            start += line.len();
        }
        Self { lines }
    }

    /// Where the first line at `from` or below it starts that ends this heredoc.
    fn delimiter(&self, from: usize, marker: &Marker) -> Option<usize> {
        let lines = self.lines.get(marker.name.as_str())?;
        let first = lines.partition_point(|(start, _)| *start < from);
        lines[first..].iter().find(|(_, tabs)| marker.strip_tabs || !tabs).map(|(start, _)| *start)
    }

    /// The heredoc whose body starts at `from`, and where the line below it starts. `None`: its delimiter is missing.
    pub fn read(&self, reader: Reader<'t>, from: usize, marker: &Marker) -> Option<(Heredoc, usize)> {
        let delimiter = self.delimiter(from, marker)?;
        let mut body = String::new();
        for line in reader.text[from..delimiter].split_inclusive('\n') {
            let line = line.trim_end_matches('\n');
            let line = line.strip_suffix('\r').unwrap_or(line);
            body.push_str(if marker.strip_tabs { line.trim_start_matches('\t') } else { line });
            body.push('\n');
        }
        let rest = &reader.text[delimiter..];
        let line_end = rest.find('\n').map_or(rest.len(), |end| end + 1);
        let length = rest[..line_end].trim_end_matches(['\n', '\r']).len();
        let heredoc = Heredoc {
            name: marker.name.clone(),
            expand: marker.expand,
            body,
            span: reader.span(from, delimiter + length),
        };
        Some((heredoc, delimiter + line_end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    fn words(line: &str) -> Vec<Word> {
        let word = |text: &str| Word { text: text.to_owned(), span: Span::new(FileId(0), 0, 0) };
        line.split(' ').map(word).collect()
    }

    #[test]
    fn markers_are_found_as_a_shell_finds_them() {
        let check = |line: &str, expect: &[(&str, bool, bool)]| {
            let found = markers(Keyword::Run, &words(line));
            let found: Vec<_> = found.iter().map(|m| (m.name.as_str(), m.expand, m.strip_tabs)).collect();
            assert_eq!(found, expect, "{line}");
        };
        check("<<EOF", &[("EOF", true, false)]);
        check("cat <<-EOF >x", &[("EOF", true, true)]);
        check("cat <<'A' 3<<\"B\"", &[("A", false, false), ("B", false, false)]);
        check("cat<<EOF>x", &[("EOF", true, false)]);
        check("cat << EOF", &[("EOF", true, false)]);
        check("cat <<- \\EOF", &[("EOF", false, true)]);
        check("cat <<<EOF", &[]);
        check("echo \"<<EOF\" $((1<<2)) $((1<<N)) 1<<2", &[]);
        check("echo <<", &[]);
    }

    #[test]
    fn a_copy_has_them_at_the_beginning_of_a_word_only() {
        assert_eq!(markers(Keyword::Copy, &words("<<a.txt /x")).len(), 1);
        assert_eq!(markers(Keyword::Copy, &words("x<<a /x")).len(), 0);
        assert_eq!(markers(Keyword::Copy, &words("<< a /x")).len(), 0);
    }
}
