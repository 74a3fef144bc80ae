use super::*;
use crate::event::{Cause, Outcome, Stream};
use crate::ui::script::{
    self, Script, counts, done, fails, finished, moves, ms, raw, says, started, step, terminal, waits,
};
use proptest::prelude::*;

/// Plays a script on a terminal, and gives the lines that stay, with the frame at each of the times in between.
fn watch(script: &Script, size: Size, styles: (bool, bool), times: &[u64]) -> String {
    let mut renderer = Fancy::new(&terminal(styles.0, styles.1), Masks::default());
    renderer.resize(size);
    let mut text = String::new();
    let mut times = times.iter().peekable();
    let mut frame = |renderer: &Fancy, until: u64, text: &mut String| {
        while let Some(time) = times.next_if(|time| **time <= until) {
            let lines = renderer.frame(ms(*time));
            for line in &lines {
                assert!(measure::width(line) < size.columns.max(2), "{line:?} does not fit {size:?}");
            }
            text.push_str(&format!("[frame at {time} ms]\n"));
            text.extend(lines.iter().map(|line| format!("    {line}\n")));
        }
    };
    for (now, event) in script {
        frame(&renderer, *now, &mut text);
        text.extend(renderer.event(ms(*now), event.clone()).iter().map(|line| format!("{line}\n")));
    }
    text.extend(renderer.end().iter().map(|line| format!("{line}\n")));
    assert!(renderer.frame(ms(100_000)).is_empty(), "nothing is left on the screen");
    text
}

fn size(columns: usize) -> Size {
    Size { columns, rows: 24 }
}

#[test]
fn scripted_builds() {
    for (name, script) in script::all() {
        for columns in [80, 120] {
            let times = [100, 249, 250, 480, 1_000, 3_350, 12_000, 34_000];
            insta::assert_snapshot!(
                format!("fancy_{name}_{columns}"),
                watch(&script, size(columns), (false, true), &times)
            );
        }
    }
}

#[test]
fn a_failure_in_colour() {
    insta::assert_snapshot!("fancy_failure_colour", watch(&script::failure(), size(80), (true, true), &[1_000]));
}

/// More going on than fits.
fn crowd() -> Script {
    let mut script = vec![(0, started("+all")), (1, counts(2, 14, 3, 37, 80))];
    for number in 0..11 {
        let run = step(&format!("+target{number}"), &format!("RUN make part-{number} with/a/long/name.o"), number);
        script.push((number as u64 * 10, moves(&run, StepState::Running)));
        if number % 2 == 0 {
            script.push((300, says(&run, &format!("\tcompiling {number} of {}\n", "many ".repeat(20)))));
        }
    }
    script.push((310, waits(&step("+lint", "RUN lint", 1), 12, Some("+test, pid 4711"))));
    script.push((20_000, finished(Outcome::Interrupted, 20_000)));
    script
}

#[test]
fn a_third_of_the_rows_at_most() {
    insta::assert_snapshot!("fancy_crowd_80", watch(&crowd(), size(80), (false, true), &[12_345]));
    insta::assert_snapshot!("fancy_crowd_ascii_120", watch(&crowd(), size(120), (false, false), &[12_345]));
    let low = watch(&crowd(), Size { columns: 80, rows: 6 }, (false, true), &[12_345]);
    assert!(low.contains("… and 9 more"), "{low}");
    assert_eq!(low.matches("\n    ").count(), 5, "{low}");
}

#[test]
fn progress_bars_and_unfinished_lines() {
    let run = step("+a", "RUN make", 1);
    let mut renderer = Fancy::new(&terminal(false, true), Masks::new(["hunter2"]));
    let mut last = |event: Event| {
        renderer.event(ms(0), event);
        renderer.active[0].last_line.clone()
    };
    assert_eq!(last(moves(&run, StepState::Running)), "");
    assert_eq!(last(says(&run, "begun")), "", "what is not complete may be the beginning of a secret");
    assert_eq!(last(says(&run, " here\n")), "begun here");
    assert_eq!(last(says(&run, "\n\n")), "begun here", "empty lines tell nothing");
    assert_eq!(last(says(&run, "10%\r20")), "10%");
    assert_eq!(last(says(&run, "%\rhun")), "20%");
    assert_eq!(last(says(&run, "ter2\r")), "***");
    assert_eq!(last(says(&run, "\x1b[1mdone\x1b[0m\twell\n")), "done well");
}

#[test]
fn raw_output_stays_above() {
    let run = raw(&step("+a", "RUN make", 1));
    let mut renderer = Fancy::new(&terminal(false, true), Masks::new(["hunter2"]));
    renderer.event(ms(0), moves(&run, StepState::Running));
    assert_eq!(renderer.event(ms(1), says(&run, "::group::hunter2\n\n  in\n10%\r20")), ["::group::***", "", "  in"]);
    assert_eq!(renderer.active[0].last_line, "10%");
    let end = renderer.event(ms(2), done(&run, 2));
    assert_eq!(end[0], "20");
    assert!(end[1].contains("RUN make"), "{end:?}");
}

#[test]
fn secrets_are_masked_before_anything_is_cut() {
    let run = step("+a", "RUN echo hunter2-hunter2-hunter2-hunter2", 1);
    let mut renderer = Fancy::new(&terminal(false, true), Masks::new(["hunter2"]));
    renderer.resize(size(30));
    renderer.event(ms(0), moves(&run, StepState::Running));
    let mut shown = renderer.frame(ms(300)).join("\n");
    shown.extend(renderer.event(ms(400), done(&run, 400)));
    shown.extend(renderer.event(ms(400), fails(&run, 1, Cause::Message("hunter2".into()), &["hunter2"], None)));
    assert!(shown.contains("echo ***") && !shown.contains("hun"), "{shown}");
}

#[test]
fn a_cached_build_draws_nothing() {
    let text = watch(&script::cached(), size(80), (false, true), &[10, 30]);
    assert_eq!(text, "[frame at 10 ms]\n[frame at 30 ms]\nbuilt +build in 45 ms: 2 steps, 2 cached\n");
}

#[test]
fn a_build_that_is_skipped_says_so() {
    let text = watch(&script::skipped(), size(80), (false, true), &[10, 30]);
    let frames = "[frame at 10 ms]\n[frame at 30 ms]\n";
    assert_eq!(
        text,
        format!("+build: nothing changed since 2026-11-22 20:26 UTC, skipped\n{frames}skipped +build in 45 ms\n")
    );
}

proptest! {
    #[test]
    fn frames_fit_any_terminal(
        columns in 1..200usize,
        rows in 1..50usize,
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        target in "\\+[a-z日-]{1,40}",
        name in "RUN [a-zä日\u{1b}\u{9b}\t\n ]{0,100}",
        unicode in any::<bool>(),
    ) {
        let mut renderer = Fancy::new(&terminal(true, unicode), Masks::default());
        renderer.resize(Size { columns, rows });
        let (run, wait) = (step(&target, &name, 1), step("+b", &name, 2));
        renderer.event(ms(0), moves(&run, StepState::Running));
        renderer.event(ms(0), waits(&wait, 3, Some("+c")));
        renderer.event(ms(1), counts(1, 2, 3, 4, 5));
        renderer.event(ms(2), Event::Output { step: run.clone(), stream: Stream::Stderr, bytes });
        let lines = renderer.frame(ms(3_000));
        prop_assert!(lines.len() >= 2);
        for line in lines {
            prop_assert!(measure::width(&line) <= columns.saturating_sub(1).max(1), "{line:?} in {columns}");
            prop_assert!(!line.contains(['\n', '\r', '\t']), "{line:?}");
        }
        let done = renderer.event(ms(4_000), done(&run, 4_000));
        prop_assert_eq!(done.len(), 1);
    }
}
