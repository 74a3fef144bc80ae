//! The block that tells about a failed step.

use super::style::{Ink, Styles};
use super::{escape, excerpt, message, trace, wording};
use crate::event::{Cause, Failure};

/// More lines of output than this are not shown in a block; how many are left out is said.
const TAIL: usize = 40;

/// Whether what the step printed belongs into the block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Printed {
    /// It does.
    Tail,
    /// It stands right above.
    Above,
}

/// A failure for people: what it printed last, what failed and how, where it is written, and what to do.
pub(super) fn block(failure: &Failure, printed: Printed, styles: Styles) -> Vec<String> {
    let step = &failure.step;
    let rest = match &failure.cause {
        Cause::ExitCode(_) => None,
        Cause::Message(text) => text.split_once('\n').map(|(_, rest)| rest),
    };
    // What the step printed comes first, so that the error itself is what stands above the prompt.
    let mut lines = if printed == Printed::Tail { tail(failure, styles) } else { Vec::new() };
    lines.push(format!(
        "{} {}",
        styles.paint(Ink::Bad, "error:"),
        styles.paint(Ink::Bold, &escape::word(&format!("{} failed: {}", step.target, cause(failure))))
    ));
    lines.extend(rest.into_iter().flat_map(str::lines).map(|line| format!("  {}", escape::strip(line))));
    lines.extend(excerpt::framed(&step.location, &step.name, styles));
    lines.extend(trace::lines(&step.trace, styles));
    if failure.last_output.is_empty() && matches!(failure.cause, Cause::ExitCode(_)) {
        lines.push("it printed nothing".to_owned());
    }
    if let Some(log) = &failure.log {
        lines.push(format!("all that it printed: {}", styles.paint(Ink::Hint, &escape::word(&log.to_string_lossy()))));
    }
    if let Some(help) = &failure.help {
        lines.extend(message::lines("hint:", Ink::Hint, help, styles));
    }
    lines
}

/// Why the step failed, in one line.
pub(super) fn cause(failure: &Failure) -> String {
    match &failure.cause {
        Cause::ExitCode(code) => exit_code(*code),
        Cause::Message(text) => text.lines().next().unwrap_or_default().to_owned(),
    }
}

/// The last lines that the step printed.
fn tail(failure: &Failure, styles: Styles) -> Vec<String> {
    let all = &failure.last_output;
    let left_out = all.len().saturating_sub(TAIL);
    let shown = &all[left_out..];
    let target = escape::word(&failure.step.target);
    let head = match (shown.len(), left_out) {
        (0, _) => return Vec::new(),
        (1, 0) => format!("the last line that {target} printed:"),
        (count, 0) => format!("the last {count} lines that {target} printed:"),
        (count, _) => {
            let left_out = wording::count(left_out, "line");
            format!("the last {count} lines that {target} printed ({left_out} before them left out):")
        }
    };
    let bar = styles.paint(Ink::Bad, styles.bar());
    let mut lines = vec![head];
    lines.extend(
        shown.iter().map(|line| format!("  {bar} {}", escape::clean(line, styles.colour)).trim_end().to_owned()),
    );
    lines
}

/// An exit code, with what it usually means by the conventions of shells.
fn exit_code(code: i32) -> String {
    let meaning = match code {
        126 => " (the command cannot be executed)",
        127 => " (the command was not found)",
        132 => " (illegal instruction, signal 4)",
        134 => " (aborted, signal 6)",
        135 => " (bus error, signal 7)",
        136 => " (arithmetic error, signal 8)",
        137 => " (killed, signal 9; often out of memory)",
        139 => " (segmentation fault, signal 11)",
        143 => " (terminated, signal 15)",
        _ => "",
    };
    format!("exit code {code}{meaning}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Event, StepState};
    use crate::ui::script::{fails, step, terminal};

    fn check(cause: Cause, output: &[&str], expect: &str) {
        let event = fails(&step("+a", "RUN make \x1b[2J", 12), 1, cause, output, Some("do this\nor that"));
        let Event::Step { state: StepState::Failed { failure: failed, .. }, .. } = event else {
            panic!("a failure was asked for");
        };
        assert_eq!(block(&failed, Printed::Tail, Styles::new(&terminal(false, true))).join("\n") + "\n", expect);
    }

    #[test]
    fn a_failure_tells_what_where_and_why() {
        check(
            Cause::ExitCode(127),
            &["sh: make: not found\r"],
            "the last line that +a printed:\n  │ sh: make: not found\n\
             error: +a failed: exit code 127 (the command was not found)\n    ╭─[Buildfile:12:5]\n \
             12 │ RUN make  [2J\n    ╰────\nreached from +all by\n  Buildfile:3:5  BUILD +a\n\
             all that it printed: /home/u/.cache/rbuild/logs/20260102-030405-7/a.log\nhint: do this\n      or that\n",
        );
        check(
            Cause::Message("no space left\nat \x1b[31m/var".into()),
            &[],
            "error: +a failed: no space left\n  at /var\n    ╭─[Buildfile:12:5]\n 12 │ RUN make  [2J\n    ╰────\n\
             reached from +all by\n  Buildfile:3:5  BUILD +a\nhint: do this\n      or that\n",
        );
        check(
            Cause::ExitCode(1),
            &[],
            "error: +a failed: exit code 1\n    ╭─[Buildfile:12:5]\n 12 │ RUN make  [2J\n    ╰────\n\
             reached from +all by\n  Buildfile:3:5  BUILD +a\nit printed nothing\nhint: do this\n      or that\n",
        );
    }
}
