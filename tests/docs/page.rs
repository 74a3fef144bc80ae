//! Reads Markdown as far as its tests need it: fenced blocks, inline code, links, headings, tables.

use std::path::{Path, PathBuf};

/// A fenced block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Line of its first fence, from 1.
    pub line: usize,
    /// The words behind the fence: the language first.
    pub info: Vec<String>,
    /// What stands inside, each line with its `\n`.
    pub text: String,
}

impl Block {
    /// Its language in lower case.
    pub fn language(&self) -> String {
        self.info.first().map(|word| word.to_lowercase()).unwrap_or_default()
    }
}

/// A page of documentation.
#[derive(Debug, Clone)]
pub struct Page {
    /// The file.
    pub path: PathBuf,
    /// Its blocks.
    pub blocks: Vec<Block>,
    /// Lines outside of blocks, with their numbers.
    pub prose: Vec<(usize, String)>,
}

impl Page {
    /// Reads a file.
    pub fn read(path: &Path) -> Self {
        Self::parse(path, &std::fs::read_to_string(path).unwrap())
    }

    /// Reads text.
    pub fn parse(path: &Path, text: &str) -> Self {
        let mut page = Self { path: path.to_owned(), blocks: Vec::new(), prose: Vec::new() };
        let mut open = false;
        for (index, line) in text.lines().enumerate() {
            if let Some(info) = line.trim_start().strip_prefix("```") {
                if !open {
                    let info = info.split_whitespace().map(str::to_owned).collect();
                    page.blocks.push(Block { line: index + 1, info, text: String::new() });
                }
                open = !open;
            } else if let Some(block) = page.blocks.last_mut().filter(|_| open) {
                block.text.push_str(line);
                block.text.push('\n');
            } else {
                page.prose.push((index + 1, line.to_owned()));
            }
        }
        assert!(!open, "{}: a block has no end", path.display());
        page
    }

    /// Pieces of inline code, with their lines.
    pub fn inline(&self) -> Vec<(usize, String)> {
        let pieces = self.prose.iter().flat_map(|(line, text)| {
            text.split('`').skip(1).step_by(2).map(|piece| (*line, piece.to_owned())).collect::<Vec<_>>()
        });
        pieces.collect()
    }

    /// What links point at, with their lines. Inline code holds no links.
    pub fn links(&self) -> Vec<(usize, String)> {
        let mut links = Vec::new();
        for (line, text) in &self.prose {
            let text: String = text.split('`').step_by(2).collect();
            for piece in text.split("](").skip(1) {
                if let Some((target, _)) = piece.split_once(')') {
                    links.push((*line, target.to_owned()));
                }
            }
        }
        links
    }

    /// Names of its headings, as links have them.
    pub fn anchors(&self) -> Vec<String> {
        let headings = self.prose.iter().filter(|(_, text)| text.starts_with('#'));
        headings
            .map(|(_, text)| {
                let title = text.trim_start_matches('#').trim().to_lowercase();
                let kept = title.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
                kept.map(|c| if c == ' ' { '-' } else { c }).collect()
            })
            .collect()
    }

    /// First cells of the rows of all tables, without the back-ticks.
    pub fn rows(&self) -> Vec<String> {
        let rows = self.prose.iter().filter_map(|(_, text)| text.strip_prefix('|')?.split_once('|'));
        rows.map(|(cell, _)| cell.replace('`', "").trim().to_owned()).collect()
    }
}

#[test]
fn a_page_is_read() {
    let text = "# A `b`: c\nsee [x](y.md#z) and `[no](link)`\n| `-j` | n |\n```sh wrong\na\n```\n";
    let page = Page::parse(Path::new("p.md"), text);
    assert_eq!(page.anchors(), ["a-b-c"]);
    assert_eq!(page.links(), [(2, "y.md#z".to_owned())]);
    assert_eq!(page.inline(), [(1, "b".to_owned()), (2, "[no](link)".to_owned()), (3, "-j".to_owned())]);
    assert_eq!(page.rows(), ["-j"]);
    let info = vec!["sh".to_owned(), "wrong".to_owned()];
    assert_eq!(page.blocks, [Block { line: 4, info, text: "a\n".to_owned() }]);
}
