//! How the build came to a command: the calls that led there, each with its place.

use super::style::{Ink, Styles};
use super::{escape, measure};
use crate::trace::{Call, Trace};

/// Of longer ways the middle is left out: the beginning and the end tell most.
const FIRST: usize = 4;
const LAST: usize = 8;

/// `reached from +all by`, and a line for each call; nothing where there is none. Lines are never cut.
pub(super) fn lines(trace: &Trace, styles: Styles) -> Vec<String> {
    let calls = trace.calls();
    let Some(first) = calls.first() else { return Vec::new() };
    let place = |call: &Call| escape::word(&call.location.to_string());
    let widest = calls.iter().map(|call| measure::width(&place(call))).max().unwrap_or(0);
    let line = |call: &&Call| {
        let place = styles.paint(Ink::Hint, &measure::pad(&place(call), widest));
        format!("  {place}  {}", escape::word(&call.command))
    };
    let mut lines = vec![format!("reached from {} by", escape::word(&first.target))];
    if calls.len() > FIRST + LAST {
        lines.extend(calls[..FIRST].iter().map(line));
        lines.push(format!("  {} and {} more calls", styles.ellipsis(), calls.len() - FIRST - LAST));
        lines.extend(calls[calls.len() - LAST..].iter().map(line));
    } else {
        lines.extend(calls.iter().map(line));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::script::call;

    const PLAIN: Styles = Styles { colour: false, unicode: true };

    #[test]
    fn places_line_up_and_commands_are_whole() {
        let trace = call("+all", "BUILD +test --x=1", 3).through(Call {
            target: "+test".into(),
            command: "DO lib+CHECK\x1b[2J".into(),
            location: crate::source::Location { file: "lib/Buildfile".into(), line: 12, column: 5 },
        });
        let expected = [
            "reached from +all by",
            "  Buildfile:3:5       BUILD +test --x=1",
            "  lib/Buildfile:12:5  DO lib+CHECK [2J",
        ];
        assert_eq!(lines(&trace, PLAIN), expected);
        assert!(lines(&Trace::default(), PLAIN).is_empty());
    }

    #[test]
    fn of_a_long_way_the_middle_is_left_out() {
        let start = Trace::default();
        let long = (0..20).fold(start, |trace, at| {
            let next = call("+all", &format!("BUILD +t{at}"), at);
            trace.through(next.calls()[0].clone())
        });
        let lines = lines(&long, PLAIN);
        assert_eq!(lines.len(), 1 + FIRST + 1 + LAST);
        assert!(lines[FIRST].ends_with("BUILD +t3"), "{lines:?}");
        assert_eq!(lines[1 + FIRST], "  … and 8 more calls");
        assert!(lines[2 + FIRST].ends_with("BUILD +t12"), "{lines:?}");
    }
}
