//! Widths on the screen, and cutting text to them.

/// Columns that a text takes at most; escapes take none. Terminals disagree on emoji that are made of several characters: some draw one
/// sign, others all of them. A line that is shorter than was thought does no harm, one that is longer wraps.
pub(super) fn width(text: &str) -> usize {
    console::strip_ansi_codes(text).chars().map(columns_of).sum()
}

fn columns_of(character: char) -> usize {
    match character {
        // It makes the sign before it an emoji, which some terminals draw wider.
        '\u{fe0f}' => 1,
        _ => console::measure_text_width(character.encode_utf8(&mut [0; 4])),
    }
}

/// The text, cut to `columns` with `ellipsis` at the cut. Text without escapes.
pub(super) fn clip(text: &str, columns: usize, ellipsis: &str) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    // Where not even the mark of the cut has room, a bare cut is the best that can be done.
    let mark = if width(ellipsis) <= columns { ellipsis } else { "" };
    let room = columns - width(mark);
    let (mut used, mut end) = (0, 0);
    for (at, character) in text.char_indices() {
        used += columns_of(character);
        if used > room {
            break;
        }
        end = at + character.len_utf8();
    }
    format!("{}{mark}", &text[..end])
}

/// The text, with spaces behind it up to `columns`.
pub(super) fn pad(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clipped_text_fits() {
        let check = |text: &str, columns: usize, expect: &str| {
            let clipped = clip(text, columns, "…");
            assert_eq!(clipped, expect);
            assert!(width(&clipped) <= columns, "{clipped:?}");
        };
        check("make all", 8, "make all");
        check("make all", 7, "make a…");
        check("make all", 1, "…");
        check("make all", 0, "");
        check("日本語", 6, "日本語");
        check("日本語", 5, "日本…");
        check("日本語", 4, "日…");
        assert_eq!(clip("abcdef", 2, "..."), "ab");
        assert_eq!(pad("日", 4), "日  ");
        assert_eq!(width("\x1b[1;31mred\x1b[0m"), 3);
        for (text, widest) in [("👍🏽", 4), ("👩‍💻", 4), ("⚠️", 2), ("🇪🇺", 2), ("💥", 2)] {
            assert_eq!(width(text), widest, "{text}");
        }
    }
}
