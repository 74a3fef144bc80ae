use super::*;
use crate::source::FileId;
use crate::syntax::ast::{Args, Command, Keyword, Word};

/// A `VERSION` line of words that are separated by single blanks.
fn line(text: &str) -> Command {
    let file = FileId(0);
    let mut at = 8;
    let mut words = Vec::new();
    for text in text.split(' ').filter(|text| !text.is_empty()) {
        words.push(Word { text: text.to_owned(), span: Span::new(file, at, at + text.len()) });
        at += text.len() + 1;
    }
    Command {
        keyword: Keyword::Version,
        keyword_span: Span::new(file, 0, 7),
        args: Args::Words(words),
        heredocs: Vec::new(),
        docs: None,
        span: Span::new(file, 0, at - 1),
    }
}

fn read(text: &str) -> (Features, Vec<String>) {
    let (features, faults) = Features::of(FileId(0), Some(&line(text)), true);
    let faults = faults.iter().map(|fault| {
        let span = fault.span().expect("a fault has a place");
        let help = fault.help.as_deref().unwrap_or("");
        format!("{:?} {}: {}; {help}", fault.severity, span.start, fault.message)
    });
    (features, faults.collect())
}

#[test]
fn versions_turn_features_on() {
    for (text, on, off) in [
        ("0.6", vec![Feature::ForIn, Feature::ParallelLoad], vec![Feature::WaitBlock, Feature::PassArgs]),
        ("0.7", vec![Feature::WaitBlock, Feature::ForIn], vec![Feature::PassArgs, Feature::Try]),
        ("0.8", vec![Feature::PassArgs, Feature::ExplicitGlobal], vec![Feature::Try, Feature::RawOutput]),
        ("1.0", vec![Feature::Try, Feature::RawOutput, Feature::PassArgs], vec![Feature::NoUseRegistryForWithDocker]),
        ("--try 0.8", vec![Feature::Try], vec![Feature::RawOutput]),
        ("--shell-out-anywhere --arg-scope-and-set 0.6", vec![Feature::ArgScopeAndSet], vec![Feature::WaitBlock]),
    ] {
        let (features, faults) = read(text);
        assert_eq!(faults, Vec::<String>::new(), "{text}");
        on.into_iter().for_each(|feature| assert!(features.has(feature), "{text}: {feature:?} is off"));
        off.into_iter().for_each(|feature| assert!(!features.has(feature), "{text}: {feature:?} is on"));
    }
}

#[test]
fn wrong_lines_are_reported() {
    let form = "write `VERSION [--feature…] <number>`, for example `VERSION 1.0`";
    let known = "use one of `0.6`, `0.7`, `0.8`, `1.0`";
    for (text, expected) in [
        ("", format!("Error 0: `VERSION` names no version; {form}")),
        ("0.8 0.7", format!("Error 12: unexpected `0.7` after the version; {form}")),
        ("0.9", format!("Error 8: `0.9` is not a version of the language; {known}")),
        ("0.5", format!("Error 8: `0.5` is not a version of the language; {known}")),
        ("--tyr 0.8", "Error 8: unknown feature `--tyr`; did you mean `--try`?".to_owned()),
        ("--qqqq 0.8", "Error 8: unknown feature `--qqqq`; ".to_owned()),
        ("-try 0.8", "Error 8: unknown feature `-try`; did you mean `--try`?".to_owned()),
        ("v0.8", "Error 8: `v0.8` is not a version of the language; write `0.8`".to_owned()),
        ("0.7.1", "Error 8: `0.7.1` is not a version of the language; write `0.7`".to_owned()),
        ("--try=true 0.8", "Error 8: `--try` takes no value; write `--try`".to_owned()),
        ("--for-in 0.8", "Warning 8: `--for-in` is redundant: version 0.8 has it on; remove `--for-in`".to_owned()),
        ("--try --try 0.8", "Warning 14: `--try` stands here twice; ".to_owned()),
        (
            "--arg-scope-and-set 0.6",
            "Error 0: `--arg-scope-and-set` requires `--shell-out-anywhere`; \
             add `--shell-out-anywhere` to the `VERSION` line, or move to `VERSION 0.8`"
                .to_owned(),
        ),
    ] {
        assert_eq!(read(text).1, [expected], "{text}");
    }
}

#[test]
fn without_a_line_the_name_of_the_file_decides() {
    let (buildfile, faults) = Features::of(FileId(0), None, true);
    assert_eq!((buildfile.version, faults.len()), (Version::V1_0, 0));
    let (earthfile, faults) = Features::of(FileId(0), None, false);
    assert_eq!(earthfile.version, Version::V0_5);
    assert_eq!(
        faults.iter().map(|fault| (fault.severity, fault.code)).collect::<Vec<_>>(),
        [(crate::diagnostic::Severity::Warning, "no-version")]
    );
}

#[test]
fn every_feature_has_a_flag_of_its_own() {
    assert!(Feature::ALL.len() <= 64, "features are kept as bits of a number");
    for &feature in Feature::ALL {
        assert_eq!(Feature::from_flag(feature.flag()), Some(feature));
    }
}
