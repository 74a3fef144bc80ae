//! Lines to text.

/// A line is not longer than this, if it can be helped. Characters.
pub(super) const WIDEST: usize = 100;
/// Comments of lines that are longer than this are not aligned with others. Characters.
const LONGEST_ALIGNED: usize = 60;

/// Text that grows by lines.
#[derive(Debug, Default)]
pub(super) struct Page {
    lines: Vec<Line>,
}

#[derive(Debug)]
struct Line {
    text: String,
    /// The comment behind it.
    comment: Option<String>,
}

impl Line {
    /// How far the text goes on its last line.
    fn width(&self) -> usize {
        self.text.rsplit('\n').next().unwrap_or("").chars().count()
    }

    /// Whether the comments of this line and of the one below begin at one column.
    fn is_aligned_with(&self, below: &Self) -> bool {
        let indent = |line: &Self| line.text.len() - line.text.trim_start_matches(' ').len();
        self.comment.is_some() && below.comment.is_some() && indent(self) == indent(below)
    }
}

impl Page {
    /// Adds a line, or several, without a line end.
    pub fn line(&mut self, text: String, comment: Option<String>) {
        self.lines.push(Line { text, comment });
    }

    /// Adds an empty line, but not at the top and not a second one.
    pub fn blank(&mut self) {
        if self.lines.last().is_some_and(|last| !last.text.is_empty()) {
            self.line(String::new(), None);
        }
    }

    /// The text. Comments behind lines of one depth that follow each other begin at one column.
    pub fn text(self) -> String {
        let mut out = String::new();
        for group in self.lines.chunk_by(Line::is_aligned_with) {
            let short = group.iter().map(Line::width).filter(|width| *width <= LONGEST_ALIGNED);
            let column = short.max().unwrap_or(0);
            for line in group {
                out.push_str(&line.text);
                if let Some(comment) = &line.comment {
                    let blanks = column.saturating_sub(line.width()) + 1;
                    out.extend(std::iter::repeat_n(' ', blanks));
                    out.push_str(comment);
                }
                out.push('\n');
            }
        }
        out
    }
}
