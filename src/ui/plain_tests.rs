use super::*;
use crate::event::{Cause, Outcome, Stream, TimedStep};
use crate::ui::script::{self, done, fails, finished, moves, ms, play, raw, says, started, step, terminal, waits};
use proptest::prelude::*;

fn plain() -> Plain {
    Plain::new(&terminal(false, true), Masks::default())
}

#[test]
fn scripted_builds() {
    for (name, script) in script::all() {
        insta::assert_snapshot!(format!("plain_{name}"), play(&mut plain(), &script));
    }
}

#[test]
fn a_failure_without_colour_or_unicode() {
    let mut renderer = Plain::new(&terminal(false, false), Masks::default());
    insta::assert_snapshot!("plain_failure_ascii", play(&mut renderer, &script::failure()));
}

#[test]
fn colours_stay_and_escapes_that_move_the_cursor_go() {
    let mut renderer = Plain::new(&terminal(true, true), Masks::default());
    let run = step("+a", "RUN make", 1);
    let text = play(&mut renderer, &vec![(0, says(&run, "\x1b[2J\x1b[31mred\x1b[0m\n"))]);
    assert_eq!(text, "\x1b[36m+a\x1b[0m | \x1b[31mred\x1b[0m\n");
}

#[test]
fn raw_output_stands_as_it_is() {
    let (run, other) = (raw(&step("+a", "RUN make", 1)), step("+b", "RUN other", 2));
    let script = vec![
        (0, moves(&run, StepState::Running)),
        (1, says(&run, "::group::one\n  in  \n##teamcity[x 'hun")),
        (2, says(&other, "b\n")),
        (3, says(&run, "ter2']\nthe end")),
        (4, done(&run, 4)),
    ];
    let text = play(&mut Plain::new(&terminal(false, true), Masks::new(["hunter2"])), &script);
    assert_eq!(text, "+a | --> RUN make\n::group::one\n  in  \n+b | b\n##teamcity[x '***']\nthe end\n");
}

#[test]
fn secrets_show_nowhere() {
    let run = step("+a", "RUN curl -H hunter2", 1);
    let script = vec![
        (0, started("+a-hunter2")),
        (1, moves(&run, StepState::Running)),
        (2, says(&run, "token hun")),
        (3, says(&run, "ter2\n\x1b[1mhun\x1b[0mter2\nhunter2 at the end")),
        (4, waits(&run, 1, Some("hunter2"))),
        (5, Event::Note("hunter2".into())),
        (6, Event::ImageStored { target: "+a".into(), name: "hunter2".into() }),
        (7, Event::ArtifactSaved { target: "+a".into(), source: "hunter2".into(), path: "out/hunter2".into() }),
        (8, fails(&run, 1, Cause::Message("no hunter2".into()), &["hunter2"], Some("use hunter2"))),
        (9, Event::Note("noise".into())),
        (10, finished(Outcome::Failed, 10)),
    ];
    let text = play(&mut Plain::new(&terminal(false, true), Masks::new(["hunter2"])), &script);
    assert!(!text.contains("hunter2"), "{text}");
    // Command (4 times: start, *failed*, both blocks), target, output (3), holder, note, image, path,
    // and cause, last output and help in both blocks.
    assert_eq!(text.matches("***").count(), 4 + 1 + 3 + 1 + 1 + 1 + 1 + 6, "{text}");
}

#[test]
fn a_summary_shows_no_secret() {
    let timed = TimedStep { step: step("+a-hunter2", "RUN curl -H hunter2", 1), took: ms(9_000) };
    let (slowest, critical_path) = (vec![timed.clone(), timed.clone()], vec![timed]);
    let summary = Summary { slowest, critical_path, ..Summary::default() };
    let script = vec![(9, Event::Summary(Arc::new(summary))), (10, finished(Outcome::Succeeded, 10_000))];
    let text = play(&mut Plain::new(&terminal(false, true), Masks::new(["hunter2"])), &script);
    assert!(!text.contains("hunter2"), "{text}");
    assert_eq!(text.matches("***").count(), 5, "{text}");
}

#[test]
fn another_wait_is_said_at_once() {
    let run = step("+a", "RUN make", 1);
    let mut renderer = plain();
    let mut said = |state| renderer.event(ms(0), moves(&run, state)).len();
    let host = || StepState::WaitingForHost { waited: ms(500) };
    let lock = |lock: &str| StepState::WaitingForLock { lock: lock.into(), holder: None, held: None, waited: ms(500) };
    let lines = [said(lock("cache a")), said(lock("cache a")), said(lock("cache b")), said(host()), said(host())];
    assert_eq!(lines, [1, 0, 1, 1, 0]);
}

#[test]
fn lock_waits_are_said_at_once_and_then_every_ten_seconds() {
    let run = step("+a", "RUN make", 1);
    let mut renderer = plain();
    let mut said = |second: u64| renderer.event(ms(second * 1000), waits(&run, second, None)).len();
    let lines: Vec<_> = (0..25).map(&mut said).collect();
    let expect: Vec<_> = (0..25).map(|second| usize::from(second % 10 == 0)).collect();
    assert_eq!(lines, expect);
}

#[test]
fn long_output_in_a_block_says_what_is_left_out() {
    let run = step("+a", "RUN make", 1);
    let lines: Vec<String> = (0..52).map(|line| format!("line {line}")).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let text = play(&mut plain(), &vec![(0, fails(&run, 1, Cause::ExitCode(137), &lines, None))]);
    assert!(
        text.contains("the last 40 lines that +a printed (12 lines before them left out):\n  │ line 12\n"),
        "{text}"
    );
    assert!(text.contains("exit code 137 (killed, signal 9; often out of memory)"), "{text}");
    assert!(!text.contains("line 11\n"), "{text}");
}

#[test]
fn several_failures_are_all_said_again() {
    let (a, b) = (step("+a", "RUN a", 1), step("+b", "RUN b", 2));
    let script = vec![
        (0, fails(&a, 1, Cause::ExitCode(1), &[], None)),
        (1, fails(&b, 1, Cause::ExitCode(1), &[], None)),
        (2, finished(Outcome::Failed, 2)),
    ];
    let text = play(&mut plain(), &script);
    assert_eq!(text.matches("error: +a failed").count(), 2, "{text}");
    assert_eq!(text.matches("error: +b failed").count(), 2, "{text}");
}

#[test]
fn a_build_that_is_cut_off_still_tells_its_failure_last() {
    let (a, b) = (step("+a", "RUN a", 1), step("+b", "RUN b", 2));
    let script = vec![(0, fails(&a, 1, Cause::ExitCode(1), &[], None)), (1, done(&b, 2_000))];
    let text = play(&mut plain(), &script);
    assert!(text.rfind("error: +a failed") > text.find("RUN b done in 2.0 s"), "{text}");
}

proptest! {
    #[test]
    fn any_bytes_are_shown_without_control_characters(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let run = step("+a", "RUN make", 1);
        let output = Event::Output { step: run.clone(), stream: Stream::Stderr, bytes };
        let text = play(&mut plain(), &vec![(0, output), (1, done(&run, 5_000))]);
        prop_assert!(text.chars().all(|shown| shown == '\n' || shown == '\t' || !shown.is_control()), "{:?}", text);
        prop_assert!(text.lines().all(|line| line.starts_with("+a |")), "{:?}", text);
    }
}
