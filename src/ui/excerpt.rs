//! A few lines of a Buildfile in a frame, in the manner of the fault reports.

use super::escape;
use super::style::{Ink, Styles};
use crate::source::Location;

/// The lines from there on, numbered, under a head that names the place.
pub(super) fn framed(location: &Location, text: &str, styles: Styles) -> Vec<String> {
    let first = location.line;
    let (top, bottom) = if styles.unicode { ("╭─", "╰────") } else { (",-", "`----") };
    let digits = (first + text.lines().count().saturating_sub(1)).to_string().len();
    let gutter = " ".repeat(digits + 2);
    let place = styles.paint(Ink::Hint, &escape::word(&location.to_string()));
    let mut lines = vec![format!("{gutter}{top}[{place}]")];
    for (at, line) in text.lines().enumerate() {
        let number = styles.paint(Ink::Dim, &format!("{:>digits$}", first + at));
        lines.push(
            format!(" {number} {} {}", styles.bar(), escape::word(&line.replace('\t', "    "))).trim_end().to_owned(),
        );
    }
    lines.push(format!("{gutter}{bottom}"));
    lines
}
