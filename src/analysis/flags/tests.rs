use super::super::analyser::Analyser;
use super::super::features::{Feature, Features, Version};
use super::*;
use crate::source::{FileId, Span};
use crate::syntax::ast::{Keyword, Word};
use proptest::prelude::*;

const FLAGS: &[FlagSpec] = &[
    FlagSpec::switch("push"),
    FlagSpec::value("platform").short('p'),
    FlagSpec::value("build-arg"),
    FlagSpec::switch("dir").short('d'),
    FlagSpec::switch("pass-args").needs(Feature::PassArgs),
    FlagSpec::switch("ssh").unsupported(),
];

/// The words of a line, split at single blanks.
fn words(line: &str) -> Vec<Word> {
    let mut at = 0;
    let mut words = Vec::new();
    for text in line.split(' ') {
        words.push(Word { text: text.to_owned(), span: Span::new(FileId(0), at, at + text.len()) });
        at += text.len() + 1;
    }
    words.retain(|word| !word.text.is_empty());
    words
}

/// `name=value name | words | faults`
fn read(version: Version, line: &str) -> String {
    let features = Features::for_version(version);
    let mut analyser = Analyser::new(&features, false, Vec::new());
    let found = parse(&mut analyser, Keyword::Copy, &words(line), FLAGS, Position::Anywhere);
    let flags: Vec<String> = found
        .flags
        .iter()
        .map(|flag| match &flag.value {
            Some(value) => format!("{}={}", flag.name, value.text),
            None => flag.name.to_owned(),
        })
        .collect();
    let words: Vec<&str> = found.words.iter().map(|word| word.text.as_str()).collect();
    let later = analyser.take_later();
    let faults: Vec<String> = analyser
        .into_faults()
        .iter()
        .chain(&later)
        .map(|fault| {
            format!(" | {}{}", fault.message, fault.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default())
        })
        .collect();
    format!("{} | {}{}", flags.join(" "), words.join(" "), faults.concat())
}

#[test]
fn flags_are_told_from_words() {
    for (line, expected) in [
        ("a b", " | a b"),
        ("--push a", "push | a"),
        ("--push=false a", "push=false | a"),
        ("--platform=x a", "platform=x | a"),
        ("--platform x a", "platform=x | a"),
        ("--platform= a", "platform= | a"),
        ("--platform - a", "platform=- | a"),
        ("-p x a", "platform=x | a"),
        ("-p=x a", "platform=x | a"),
        ("-px a", "platform=x | a"),
        ("-d a", "dir | a"),
        ("--build-arg a=b --build-arg=c d", "build-arg=a=b build-arg=c | d"),
        ("-- --push a", " | --push a"),
        ("--push -- --dir", "push | --dir"),
        ("a --push", " | a --push | `--push` is no flag behind other words; write it in front: `COPY --push …`"),
        ("- --push=x", " | - --push=x | `--push=x` is no flag behind other words; write it in front: `COPY --push …`"),
        ("- --puush", " | - --puush"),
        ("\"--push\" a", " | \"--push\" a"),
    ] {
        assert_eq!(read(Version::V0_8, line), expected, "{line}");
    }
}

#[test]
fn from_1_0_on_flags_may_follow_other_words() {
    for (line, expected) in [
        ("a --push b", "push | a b"),
        ("a b --platform x", "platform=x | a b"),
        ("a -p x", "platform=x | a"),
        ("a -x b", " | a -x b"),
        ("a -- --push", " | a --push"),
        ("a --psuh", " | a | `COPY` has no flag `--psuh`; did you mean `--push`?"),
    ] {
        assert_eq!(read(Version::V1_0, line), expected, "{line}");
    }
}

#[test]
fn wrong_flags_are_reported() {
    for (line, expected) in [
        ("--psuh a", " | a | `COPY` has no flag `--psuh`; did you mean `--push`?"),
        (
            "--zzz=1 a",
            " | a | `COPY` has no flag `--zzz`; its flags are `--push`, `--platform`, `--build-arg`, `--dir`, `--pass-args`, `--ssh`",
        ),
        ("--platform", " |  | no value for `--platform`; write `--platform=value`"),
        ("--platform --push a", "push | a | no value for `--platform`; write `--platform=value`"),
        ("--ssh a", " | a | this version of rbuild does not support `COPY --ssh` yet"),
        ("--ssh=false a", " | a"),
    ] {
        assert_eq!(read(Version::V0_8, line), expected, "{line}");
    }
    assert_eq!(
        read(Version::V0_7, "--pass-args a"),
        " | a | `COPY --pass-args` needs `VERSION 0.8` or later; write `VERSION 0.8`, or turn it on with `VERSION --pass-args 0.7`"
    );
}

proptest! {
    #[test]
    fn every_line_is_read_without_a_panic(line in "(--|-|=| |a|ü|push|platform|dir|p|d)*") {
        for version in [Version::V0_8, Version::V1_0] {
            prop_assert!(read(version, &line).contains('|'));
        }
    }
}
