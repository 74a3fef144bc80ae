//! Colours and glyphs.

use super::settings::Terminal;

/// What a piece of text is, as far as colour goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    /// Headlines.
    Bold,
    /// What may be overlooked: tools' output, elapsed times.
    Dim,
    /// It worked.
    Good,
    /// It waits, or deserves a look.
    Warn,
    /// It failed.
    Bad,
    /// What to do next; places in files.
    Hint,
}

impl Ink {
    /// Parameters of the SGR escape (ECMA-48, 8.3.117).
    fn parameters(self) -> &'static str {
        match self {
            Self::Bold => "1",
            Self::Dim => "2",
            Self::Good => "32",
            Self::Warn => "33",
            Self::Bad => "1;31",
            Self::Hint => "36",
        }
    }
}

/// Colours of target names, by the order in which targets appear. Red is left out: it means failure.
const TARGET_COLOURS: [&str; 6] = ["36", "35", "34", "33", "32", "96"];

/// How to paint, and with which characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Styles {
    /// Whether escapes are written.
    pub colour: bool,
    /// Whether characters beyond ASCII are.
    pub unicode: bool,
}

impl Styles {
    /// The styles that suit a terminal.
    pub(super) fn new(terminal: &Terminal) -> Self {
        Self { colour: terminal.colour, unicode: terminal.unicode }
    }

    /// Paints a piece of text.
    pub(super) fn paint(self, ink: Ink, text: &str) -> String {
        self.wrap(ink.parameters(), text)
    }

    /// Paints the name of the `index`-th target.
    pub(super) fn target(self, index: usize, text: &str) -> String {
        self.wrap(TARGET_COLOURS[index % TARGET_COLOURS.len()], text)
    }

    fn wrap(self, parameters: &str, text: &str) -> String {
        if self.colour && !text.is_empty() { format!("\x1b[{parameters}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// A step that is done.
    pub(super) fn done(self) -> &'static str {
        if self.unicode { "✓" } else { "+" }
    }

    /// A step that failed.
    pub(super) fn failed(self) -> &'static str {
        if self.unicode { "✗" } else { "x" }
    }

    /// A step that waits for a lock.
    pub(super) fn waiting(self) -> &'static str {
        if self.unicode { "◌" } else { "~" }
    }

    /// Something that was written.
    pub(super) fn saved(self) -> &'static str {
        if self.unicode { "→" } else { ">" }
    }

    /// Between what follows each other.
    pub(super) fn then(self) -> &'static str {
        if self.unicode { "→" } else { "->" }
    }

    /// Left out here.
    pub(super) fn ellipsis(self) -> &'static str {
        if self.unicode { "…" } else { "..." }
    }

    /// Between the parts of a status line.
    pub(super) fn dot(self) -> &'static str {
        if self.unicode { " · " } else { " | " }
    }

    /// At the left of quoted lines.
    pub(super) fn bar(self) -> &'static str {
        if self.unicode { "│" } else { "|" }
    }

    /// The `frame`-th picture of something that runs.
    pub(super) fn spinner(self, frame: usize) -> &'static str {
        const BRAILLE: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
        const ASCII: [&str; 4] = ["-", "\\", "|", "/"];
        if self.unicode { BRAILLE[frame % BRAILLE.len()] } else { ASCII[frame % ASCII.len()] }
    }
}
