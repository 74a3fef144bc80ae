//! Lines out of the chunks that steps print.

use super::mask::Masks;
use crate::digest::VertexId;
use crate::event::Stream;
use std::collections::HashMap;

/// A line is cut when it has this many bytes without an end: memory stays bounded whatever a tool prints.
const LONGEST: usize = 64 * 1024;

/// A line of output, or a piece of a very long one; masked, escapes still in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// Its text, without the line feed. Bytes that are no UTF-8 read `U+FFFD`.
    pub text: String,
    /// Whether a line feed ended it.
    pub ended: bool,
}

/// What steps have printed behind their last line feed.
#[derive(Debug, Default)]
pub(super) struct Output {
    masks: Masks,
    partial: HashMap<VertexId, [Vec<u8>; 2]>,
}

impl Output {
    /// Nothing yet.
    pub(super) fn new(masks: Masks) -> Self {
        Self { masks, partial: HashMap::new() }
    }

    /// Takes a chunk and gives the lines that it completes.
    pub(super) fn feed(&mut self, step: VertexId, stream: Stream, bytes: &[u8]) -> Vec<Line> {
        let partial = &mut self.partial.entry(step).or_default()[slot(stream)];
        let mut lines = Vec::new();
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            match piece.strip_suffix(b"\n") {
                Some(end) => {
                    partial.extend_from_slice(end);
                    lines.push(Line { text: self.masks.line(&String::from_utf8_lossy(partial)), ended: true });
                    partial.clear();
                }
                None => partial.extend_from_slice(piece),
            }
            while partial.len() > LONGEST.max(2 * self.masks.longest()) {
                lines.push(cut(partial, &self.masks));
            }
        }
        lines
    }

    /// What a step has printed behind its last line feed, when it ends.
    pub(super) fn end(&mut self, step: VertexId) -> Vec<(Stream, Line)> {
        let Some([stdout, stderr]) = self.partial.remove(&step) else { return Vec::new() };
        let line = |bytes: Vec<u8>| Line { text: self.masks.line(&String::from_utf8_lossy(&bytes)), ended: false };
        [(Stream::Stdout, stdout), (Stream::Stderr, stderr)]
            .into_iter()
            .filter(|(_, bytes)| !bytes.is_empty())
            .map(|(stream, bytes)| (stream, line(bytes)))
            .collect()
    }

    /// The state of a progress bar: the part of an unfinished line that a carriage return has completed.
    pub(super) fn progress(&self, step: VertexId, stream: Stream) -> Option<String> {
        let partial = &self.partial.get(&step)?[slot(stream)];
        let end = partial.iter().rposition(|byte| *byte == b'\r')?;
        let start = partial[..end].iter().rposition(|byte| *byte == b'\r').map_or(0, |at| at + 1);
        Some(self.masks.line(&String::from_utf8_lossy(&partial[start..end])))
    }
}

fn slot(stream: Stream) -> usize {
    match stream {
        Stream::Stdout => 0,
        Stream::Stderr => 1,
    }
}

/// Takes the front of a line that is too long, and leaves as much as a secret could need that has only begun.
fn cut(partial: &mut Vec<u8>, masks: &Masks) -> Line {
    // A character may have begun at the end: up to three of its bytes stay out of the text that is looked at.
    let head = partial.len() - (0..4).find(|back| starts_character(partial, partial.len() - back)).unwrap_or(0);
    let text = String::from_utf8_lossy(&partial[..head]).into_owned();
    let mut wanted = text.len().saturating_sub(masks.longest()).max(1);
    while !text.is_char_boundary(wanted) {
        wanted += 1;
    }
    let at = masks.cut(&text, wanted);
    let mut rest = text.as_bytes()[at..].to_vec();
    rest.extend_from_slice(&partial[head..]);
    *partial = rest;
    Line { text: masks.line(&text[..at]), ended: false }
}

/// Whether the byte at `at` is the first of a character of several bytes.
fn starts_character(bytes: &[u8], at: usize) -> bool {
    bytes.get(at).is_some_and(|byte| *byte >= 0xc0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;
    use proptest::prelude::*;

    fn step() -> VertexId {
        VertexId(Digest::of("a step"))
    }

    fn feed(output: &mut Output, text: &str) -> Vec<String> {
        output.feed(step(), Stream::Stdout, text.as_bytes()).into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn chunks_become_lines() {
        let mut output = Output::default();
        assert_eq!(feed(&mut output, "one\ntw"), ["one"]);
        assert_eq!(feed(&mut output, "o\n\nthree"), ["two", ""]);
        assert!(output.feed(step(), Stream::Stderr, b"other \xc3").is_empty(), "the streams do not mix");
        assert!(output.feed(step(), Stream::Stderr, b"\xa4").is_empty());
        let rest: Vec<_> = output.end(step()).into_iter().map(|(_, line)| line.text).collect();
        assert_eq!(rest, ["three", "other ä"]);
        assert!(output.end(step()).is_empty());
    }

    #[test]
    fn a_secret_over_two_chunks_is_masked() {
        let mut output = Output::new(Masks::new(["hunter2"]));
        assert!(feed(&mut output, "pw hun").is_empty());
        assert_eq!(feed(&mut output, "ter2\n"), ["pw ***"]);
    }

    #[test]
    fn endless_lines_are_cut_but_not_in_a_secret() {
        let mut output = Output::new(Masks::new(["hunter2"]));
        let mut shown = String::new();
        for _ in 0..20_000 {
            shown.extend(feed(&mut output, "ähunter2"));
        }
        assert!(!shown.is_empty());
        shown.extend(output.end(step()).into_iter().map(|(_, line)| line.text));
        assert_eq!(shown, "ä***".repeat(20_000));
    }

    #[test]
    fn progress_bars_show_while_they_run() {
        let mut output = Output::default();
        let progress = |output: &Output| output.progress(step(), Stream::Stdout);
        assert_eq!(progress(&output), None);
        feed(&mut output, "10%");
        assert_eq!(progress(&output), None);
        feed(&mut output, "\r20%");
        assert_eq!(progress(&output).as_deref(), Some("10%"));
        feed(&mut output, "\r\n");
        assert_eq!(progress(&output), None);
    }

    proptest! {
        #[test]
        fn no_byte_is_lost(chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..50), 0..20)) {
            let mut output = Output::default();
            let mut text = String::new();
            for chunk in &chunks {
                for line in output.feed(step(), Stream::Stdout, chunk) {
                    text.push_str(&line.text);
                    text.push_str(if line.ended { "\n" } else { "" });
                }
            }
            text.extend(output.end(step()).into_iter().map(|(_, line)| line.text));
            prop_assert_eq!(text, String::from_utf8_lossy(&chunks.concat()).into_owned());
        }
    }
}
