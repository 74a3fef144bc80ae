use super::*;
use crate::ui::script;
use proptest::prelude::*;

const BUILDFILE: &str = "VERSION 0.8\n\nbuild:\n    FROM golang:1.24\n    COPY . .\n    RUNN go build ./...\n    \
                         SAVE ARTIFAKT app\n\ntest:\n    FROM +biuld\n\trun make\n    LET grün = 1\n";

/// The span of the `nth` occurrence of a text.
fn span(sources: &Sources, file: FileId, text: &str) -> Span {
    let at = sources.file(file).text.find(text).expect("the text is in the file");
    Span::new(file, at, at + text.len())
}

fn five_faults() -> (Sources, Vec<Diagnostic>) {
    let mut sources = Sources::default();
    let main = sources.add("Buildfile", BUILDFILE);
    let other =
        sources.add("services/api/Buildfile", "VERSION 0.8\nbuild:\n    FROM scratch\nbuild:\n    FROM scratch\n");
    let at = |text| span(&sources, main, text);
    let second = {
        let text = &sources.file(other).text;
        let start = text.rfind("build:").expect("it is there");
        Span::new(other, start, start + 5)
    };
    let faults = vec![
        Diagnostic::error("duplicate-target", second, "target `build` is defined twice")
            .remark("second definition")
            .label(span(&sources, other, "build"), "first definition")
            .help("rename one of them"),
        Diagnostic::error("unknown-target", at("+biuld"), "there is no target `biuld`")
            .remark("not in this file")
            .label(span(&sources, other, "build"), "there is one of a similar name in `services/api`")
            .help("did you mean `+build`?"),
        Diagnostic::error("unknown-command", at("RUNN"), "unknown command `RUNN`").help("did you mean `RUN`?"),
        Diagnostic::error("unknown-output", at("ARTIFAKT"), "`SAVE` takes `ARTIFACT` or `IMAGE`, not `ARTIFAKT`")
            .remark("here"),
        Diagnostic::warning("lower-case", at("run"), "commands are written in capitals").help("write `RUN make`"),
    ];
    (sources, faults)
}

#[test]
fn five_faults_at_a_time() {
    let (sources, faults) = five_faults();
    for (name, colour, unicode) in [("unicode", false, true), ("ascii", false, false), ("colour", true, true)] {
        let text = diagnostics(&sources, &faults, &script::terminal(colour, unicode));
        insta::assert_snapshot!(format!("report_{name}"), text);
    }
}

#[test]
fn the_place_counts_characters() {
    let mut sources = Sources::default();
    let file = sources.add("Buildfile", "a:\n    LET grün = süß\n");
    let fault = Diagnostic::error("x", span(&sources, file, "süß"), "m");
    let text = diagnostics(&sources, std::slice::from_ref(&fault), &script::terminal(false, true));
    assert!(text.contains("[Buildfile:2:16]"), "{text}");
    let twice = diagnostics(&sources, &[fault.clone(), fault], &script::terminal(false, true));
    assert_eq!(twice, text, "what was found twice is said once");
    assert!(text.ends_with("\n1 error in 1 file\n"), "{text}");
}

#[test]
fn no_fault_is_no_text() {
    assert_eq!(diagnostics(&Sources::default(), &[], &script::terminal(true, true)), "");
}

#[test]
fn a_fault_without_a_place() {
    let fault = Diagnostic { labels: vec![], ..Diagnostic::error("x-y", Span::new(FileId(0), 0, 0), "message") };
    let text = diagnostics(&Sources::default(), &[fault.help("help")], &script::terminal(false, true));
    assert_eq!(text, "error[x-y]: message\nhelp: help\n\n1 error\n");
}

proptest! {
    #[test]
    fn any_span_in_any_text(
        text in "[a-zäß日\t\r\n\u{1b}\u{9b}\u{0} ]{0,80}",
        places in prop::collection::vec((0..100usize, 0..100usize), 1..4),
        width in 1..200usize,
    ) {
        let mut sources = Sources::default();
        let file = sources.add("Buildfile", text);
        let mut fault = Diagnostic::error("code", Span::new(file, places[0].0, places[0].1), "message").remark("here");
        for (start, end) in &places[1..] {
            fault = fault.label(Span::new(file, *start, *end), "there");
        }
        let terminal = Terminal { width: Some(width), ..script::terminal(false, true) };
        let shown = diagnostics(&sources, &[fault], &terminal);
        prop_assert!(shown.contains("message"), "{}", shown);
        prop_assert!(shown.contains("Buildfile:"), "{}", shown);
        prop_assert!(!shown.contains(|shown: char| shown.is_control() && shown != '\n'), "{:?}", shown);
    }
}
