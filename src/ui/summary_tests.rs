use super::*;
use crate::ui::script::{ms, step};
use proptest::prelude::*;

const STYLES: Styles = Styles { colour: false, unicode: true };

fn timed(target: &str, name: &str, millis: u64) -> TimedStep {
    TimedStep { step: step(target, name, 1), took: ms(millis) }
}

fn summary(path: &[(&str, u64)]) -> Summary {
    Summary {
        slowest: vec![timed("+test", "RUN go test ./...", 12_300), timed("+build", "RUN go build", 8_100)],
        critical_path: path.iter().map(|(target, millis)| timed(target, "RUN x", *millis)).collect(),
        ..Summary::default()
    }
}

fn show(summary: &Summary, outcome: Outcome, seconds: u64, width: usize) -> String {
    lines(summary, outcome, Duration::from_secs(seconds), Some(width), STYLES).join("\n")
}

#[test]
fn a_short_build_has_no_summary() {
    let waited = Summary { waited_for_locks: ms(4_000), ..summary(&[("+a", 1_000), ("+b", 2_000)]) };
    assert_eq!(show(&waited, Outcome::Succeeded, 4, 80), "");
    assert_eq!(
        show(&waited, Outcome::Succeeded, 5, 80),
        "slowest steps:\n  12.3 s  +test   RUN go test ./...\n   8.1 s  +build  RUN go build\n\
         waited in all: 4.0 s for locks\ncritical path: 3.0 s, +a 1.0 s → +b 2.0 s"
    );
}

#[test]
fn only_what_says_something_is_said() {
    let alone = Summary { slowest: vec![timed("+test", "RUN x", 9_000)], ..summary(&[("+test", 9_000)]) };
    assert_eq!(show(&alone, Outcome::Succeeded, 10, 80), "");
    let quick = Summary {
        slowest: (0..40).map(|number| timed("+test", &format!("RUN {number}"), 900)).collect(),
        waited_for_slots: ms(499),
        waited_for_host: ms(500),
        ..summary(&[("+test", 900), ("+test", 900)])
    };
    assert_eq!(
        show(&quick, Outcome::Succeeded, 30, 80),
        "waited in all: 0.5 s for the host\ncritical path: 1.8 s, all of it in +test"
    );
}

#[test]
fn after_a_failure_only_the_waits_are_told() {
    let waited = Summary {
        waited_for_locks: ms(12_000),
        waited_for_slots: ms(63_000),
        waited_for_host: ms(4_000),
        ..summary(&[("+a", 1_000), ("+b", 2_000)])
    };
    for outcome in [Outcome::Failed, Outcome::Interrupted] {
        assert_eq!(
            show(&waited, outcome, 60, 80),
            "waited in all: 12.0 s for locks, 1 min 03 s for slots, 4.0 s for the host"
        );
        assert_eq!(show(&summary(&[("+a", 1)]), outcome, 60, 80), "");
    }
}

#[test]
fn a_long_path_has_two_lines() {
    let targets = ["+one", "+one", "+two", "+three", "+four", "+five", "+six"].map(|target| (target, 1_000));
    let check = |width: usize, expect: &str| {
        let text = show(&summary(&targets), Outcome::Succeeded, 60, width);
        let (_, path) = text.split_once("critical").unwrap();
        assert_eq!(path, expect);
    };
    check(120, " path: 7.0 s, +one 2.0 s → +two 1.0 s → +three 1.0 s → +four 1.0 s → +five 1.0 s → +six 1.0 s");
    check(60, " path: 7.0 s, +one 2.0 s → +two 1.0 s → +three 1.0 s\n  → +four 1.0 s → +five 1.0 s → +six 1.0 s");
    check(36, " path: 7.0 s, +one 2.0 s\n  → +two 1.0 s → +three 1.0 s → +fo…");
}

#[test]
fn colours_change_no_width() {
    let summary = Summary { waited_for_locks: ms(9_000), ..summary(&[("+a", 1_000), ("+b", 2_000)]) };
    let coloured = Styles { colour: true, unicode: true };
    let lines = lines(&summary, Outcome::Succeeded, ms(60_000), Some(30), coloured);
    assert!(lines.iter().any(|line| line.starts_with("\x1b[1mwaited in all:\x1b[0m 9.0 s")), "{lines:?}");
    assert!(lines.iter().all(|line| measure::width(line) <= 30), "{lines:?}");
}

proptest! {
    #[test]
    fn lines_fit_any_width(
        width in 1..150usize,
        steps in prop::collection::vec(("\\+[a-z日-]{1,40}", "RUN [a-zä日\u{1b}\u{9b}\t\n ]{0,100}", 0..100_000_000u64), 0..12),
        unicode in any::<bool>(),
        waited in 0..100_000_000u64,
    ) {
        let steps: Vec<TimedStep> = steps.iter().map(|(target, name, took)| timed(target, name, *took)).collect();
        let summary = Summary {
            slowest: steps.clone(),
            critical_path: steps,
            waited_for_locks: ms(waited),
            waited_for_slots: ms(waited),
            ..Summary::default()
        };
        let styles = Styles { colour: false, unicode };
        let lines = lines(&summary, Outcome::Succeeded, Duration::from_secs(9), Some(width), styles);
        prop_assert!(lines.len() <= 1 + SLOWEST + 1 + 2);
        for line in lines {
            prop_assert!(measure::width(&line) <= width, "{line:?} in {width}");
            prop_assert!(!line.chars().any(char::is_control), "{line:?}");
        }
    }
}
