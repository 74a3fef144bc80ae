//! Doc comments.

use crate::syntax::ast::{Comment, Docs};

/// What a comment begins with, behind `#` and blanks, that speaks to rbuild and is no documentation: `# rbuild: allow(lint)`.
pub const DIRECTIVE: &str = "rbuild:";

/// The doc comment that these comments are together; they stand on lines of their own, each directly below the one before.
pub(super) fn docs(comments: &[Comment]) -> Option<Docs> {
    let (first, last) = (comments.first()?, comments.last()?);
    let lines = || comments.iter().map(body).filter(|body| !body.trim_start().starts_with(DIRECTIVE));
    let depth = blanks(lines().next()?);
    let lines: Vec<&str> = lines().map(|body| &body[blanks(body).min(depth)..]).collect();
    Some(Docs { text: lines.join("\n"), span: first.span.to(last.span) })
}

fn body(comment: &Comment) -> &str {
    comment.text.strip_prefix('#').unwrap_or(&comment.text)
}

/// How many blanks, one byte each, stand at the beginning.
fn blanks(text: &str) -> usize {
    text.len() - text.trim_start_matches([' ', '\t']).len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{FileId, Span};

    #[test]
    fn the_first_lines_blanks_are_taken_from_every_line() {
        let check = |lines: &[&str], expect: Option<&str>| {
            let span = Span::new(FileId(0), 0, 1);
            let comments: Vec<Comment> =
                lines.iter().map(|text| Comment { span, text: (*text).to_owned(), own_line: true }).collect();
            assert_eq!(docs(&comments).map(|docs| docs.text).as_deref(), expect);
        };
        check(&[], None);
        check(&["# build does it"], Some("build does it"));
        check(&["#  a", "#   b", "# c", "#", "#d"], Some("a\n b\nc\n\nd"));
        check(&["#a", "#  b"], Some("a\n  b"));
        check(&["#\ta", "#\t\tb"], Some("a\n\tb"));
        check(&["#rbuild: allow(x)", "#  a", "# rbuild: allow(y)", "#  b"], Some("a\nb"));
        check(&["# rbuild: allow(x)"], None);
    }
}
