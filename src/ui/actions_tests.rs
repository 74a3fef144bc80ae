use super::*;
use crate::event::Cause;
use crate::ui::script::{self, done, fails, moves, play, raw, says, step, terminal};

fn actions(masks: Masks) -> Actions {
    let github = Github { workspace: Some("/w".into()), current: "/w/app".into(), summary: None };
    Actions::new(&terminal(false, true), masks, github)
}

#[test]
fn scripted_builds() {
    for (name, script) in script::all() {
        let mut renderer = actions(Masks::default());
        let log = play(&mut renderer, &script);
        let page = renderer.page().expect("all of them come to their end");
        insta::assert_snapshot!(format!("actions_{name}"), format!("{log}--- summary\n{page}"));
    }
}

#[test]
fn every_line_of_a_step_is_in_one_group() {
    let (one, other) = (step("+a", "RUN one", 1), step("+b", "RUN other", 2));
    let script = vec![
        (0, moves(&one, StepState::Running)),
        (0, moves(&other, StepState::Running)),
        (1, says(&one, "a 1\n::add-mask::x\n")),
        (2, says(&other, "b 1\n")),
        (3, says(&one, "a 2")),
        (4, done(&one, 4)),
        (5, done(&other, 5)),
    ];
    assert_eq!(
        play(&mut actions(Masks::default()), &script),
        "+a | --> RUN one\n+b | --> RUN other\n\
         ::group::+a | RUN one\na 1\n| ::add-mask::x\na 2\n::endgroup::\n\
         ::group::+b | RUN other\nb 1\n::endgroup::\n"
    );
}

#[test]
fn raw_output_speaks_to_the_job() {
    let (run, other) = (raw(&step("+a", "RUN one", 1)), step("+b", "RUN other", 2));
    let script = vec![
        (0, moves(&run, StepState::Running)),
        (1, says(&run, "::group::hunter2\n::notice::x\n")),
        (2, says(&other, "::notice::y\n")),
        (3, done(&other, 3)),
        (4, says(&run, "::endgroup::\n")),
        (5, done(&run, 5)),
    ];
    let text = play(&mut actions(Masks::new(["hunter2"])), &script);
    assert_eq!(
        text,
        "+a | --> RUN one\n::group::+b | RUN other\n| ::notice::y\n::endgroup::\n+b | --> RUN other\n\
         ::group::***\n::notice::x\n::endgroup::\n"
    );
}

#[test]
fn a_step_that_prints_much_is_shown_before_it_ends() {
    let run = step("+a", "RUN make", 1);
    let mut renderer = actions(Masks::default());
    let line = "x".repeat(1023) + "\n";
    let shown: usize =
        (0..2_500).map(|_| renderer.event(Duration::ZERO, says(&run, &line))).filter(|lines| !lines.is_empty()).count();
    assert_eq!(shown, 2, "a mebibyte each");
    let rest = renderer.event(Duration::ZERO, done(&run, 10));
    assert!(rest[0].starts_with("::group::") && rest.len() > 400, "{}", rest.len());
}

#[test]
fn no_secret_leaves_the_job() {
    let run = step("+a-hunter2", "RUN curl hunter2", 1);
    let script = vec![
        (0, script::started("+a-hunter2")),
        (1, says(&run, "token hun")),
        (2, says(&run, "ter2\n")),
        (3, fails(&run, 1, Cause::Message("no hunter2".into()), &["hunter2"], Some("use hunter2"))),
        (4, script::finished(crate::event::Outcome::Failed, 4)),
    ];
    let mut renderer = actions(Masks::new(["hunter2"]));
    let text = play(&mut renderer, &script) + &renderer.page().unwrap();
    assert!(!text.contains("hunter2") && text.contains("***"), "{text}");
}
