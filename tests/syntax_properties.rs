//! What must hold for every text: no panic, spans that fit, printing and formatting that parse to the same tree.
//!
//! Each property runs on a few hundred texts, the same each time. `RBUILD_FUZZ_SECONDS=600 cargo test --release --test syntax_properties` runs each for ten minutes,
//! with other seeds every time; a failing text is shrunk and shown, and belongs into `regressions` below.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};
use rbuild::format::format;
use rbuild::source::{FileId, Span};
use rbuild::syntax::ast::{Args, Command, File, Statement, Word};
use rbuild::syntax::{ParseOptions, Parsed, parse, print};

#[path = "syntax/dump.rs"]
mod dump;

const CORPUS: &[&str] = &[
    include_str!("syntax/typical.earth"),
    include_str!("syntax/five_mistakes.earth"),
    include_str!("syntax/odd.build"),
];

/// Pieces that mean something to the lexer, to be put together at random.
const PIECES: &[&str] = &[
    " ",
    " ",
    "  ",
    "\t",
    "\n",
    "\n",
    "\n    ",
    "\n    ",
    "\r\n",
    "\r",
    "\\",
    "\\\n",
    "\\ \n",
    "\\\r\n",
    "\\ # c\n",
    "#",
    " # c",
    " # c\n",
    "\n# doc\n",
    "\n    # doc\n    ",
    "\"",
    "\"",
    "'",
    "$(",
    "$(",
    ")",
    "(",
    "$",
    "=",
    " = ",
    "==",
    ",",
    "[",
    "]",
    "[\"a\"]",
    "[\"\\u0041\", \"b\"]",
    "a",
    "b-c",
    "x=1",
    "--flag",
    "-",
    "+t",
    "é",
    "\u{a0}",
    "\u{feff}",
    "\0",
    "1",
    "_",
    ".",
    ":",
    "/",
    "&&",
    "|",
    "<<E",
    "<<-E",
    "<<'E'",
    "\nE\n",
    "\n\tE\n",
    "t:",
    "\nt:\n    ",
    "\nu: # c\n    ",
    "\nF_N:\n    ",
    "base:",
    "\nVERSION 1.0\n",
    "VERSION 0.8\n",
    "VERSION",
    "FROM ",
    "FROM alpine",
    "FROM DOCKERFILE ",
    "RUN ",
    "RUN a b",
    "run ",
    "RUN",
    "COPY ",
    "ARG ",
    "ARG x",
    "ARG x=",
    "ENV ",
    "ENV K v",
    "LET ",
    "SET y = ",
    "LABEL ",
    "LABEL a=b",
    "IF ",
    "IF [ \"a\" ]\n",
    "ELSE IF ",
    "ELSE",
    "ELSE IF c\n",
    "\nELSE\n",
    "\nEND\n",
    "\n    END\n",
    "END",
    "FOR x IN a\n",
    "WITH DOCKER\n",
    "WITH  DOCKER ",
    "TRY\n",
    "\nCATCH\n",
    "\nFINALLY\n",
    "WAIT\n",
    "SAVE ARTIFACT a",
    "SAVE IMAGE ",
    "SAVE  IMAGE x",
    "GIT CLONE ",
    "CMD ",
    "CMD[",
    "ENTRYPOINT ",
    "HEALTHCHECK CMD ",
    "PROJECT a/b",
    "LOCALLY",
    "DO +F",
];

fn options(modern: bool) -> ParseOptions {
    ParseOptions { default_version_is_1_0: modern }
}

fn check_span(text: &str, span: Span, what: &str) {
    let slice = text.get(span.start as usize..span.end as usize);
    assert!(slice.is_some(), "the span {span:?} of {what} does not fit the text");
}

fn check_word(text: &str, word: &Word) {
    check_span(text, word.span, "a word");
    let source = &text[word.span.start as usize..word.span.end as usize];
    if !source.contains(['\\', '\r']) {
        assert_eq!(source, word.text, "a word without continuation is what its span covers");
    }
}

fn check_command(text: &str, command: &Command) {
    check_span(text, command.span, "a command");
    check_span(text, command.keyword_span, "a keyword");
    assert!(command.span.start == command.keyword_span.start && command.span.end >= command.keyword_span.end);
    match &command.args {
        Args::Words(words) => words.iter().for_each(|word| check_word(text, word)),
        Args::Json(strings) => strings.iter().for_each(|string| check_span(text, string.span, "a JSON string")),
        Args::Assign(assign) => {
            let words = assign.flags.iter().chain([&assign.name]).chain(&assign.value);
            words.for_each(|word| check_word(text, word));
        }
        Args::Pairs(pairs) => pairs.iter().for_each(|pair| {
            check_word(text, &pair.key);
            check_word(text, &pair.value);
        }),
    }
    command.heredocs.iter().for_each(|heredoc| check_span(text, heredoc.span, "a heredoc"));
}

fn check_statements(text: &str, statements: &[Statement]) {
    let mut before = 0;
    for statement in statements {
        check_span(text, statement.span(), "a statement");
        assert!(statement.span().start >= before, "statements stand in order");
        before = statement.span().end;
        match statement {
            Statement::Command(command) => check_command(text, command),
            Statement::If(block) => {
                assert!(!block.branches.is_empty());
                for branch in &block.branches {
                    check_command(text, &branch.header);
                    check_statements(text, &branch.body);
                }
                check_statements(text, block.otherwise.as_deref().unwrap_or_default());
            }
            Statement::For(block) | Statement::Wait(block) | Statement::With(block) => {
                check_command(text, &block.header);
                check_statements(text, &block.body);
            }
            Statement::Try(block) => {
                check_command(text, &block.header);
                check_statements(text, &block.body);
                check_statements(text, block.catch.as_deref().unwrap_or_default());
                check_statements(text, block.finally.as_deref().unwrap_or_default());
            }
        }
    }
}

fn check_file(text: &str, file: &File) {
    file.version.iter().for_each(|version| check_command(text, version));
    check_statements(text, &file.base);
    for target in &file.targets {
        check_span(text, target.span, "a target");
        check_span(text, target.name.span, "a name");
        check_statements(text, &target.recipe);
    }
    let mut before = 0;
    for comment in &file.comments {
        check_span(text, comment.span, "a comment");
        assert!(comment.span.start >= before, "comments stand in order and are listed once");
        before = comment.span.end;
        let source = &text[comment.span.start as usize..comment.span.end as usize];
        assert_eq!(source.trim_end(), comment.text);
    }
}

/// All that must hold for a text.
fn check(text: &str, modern: bool) {
    let Parsed { file, diagnostics } = parse(FileId(0), text, options(modern));
    let mut before = 0;
    for fault in &diagnostics {
        assert!(!fault.labels.is_empty(), "{fault:?} has no place");
        for label in &fault.labels {
            check_span(text, label.span, fault.code);
        }
        let start = fault.labels[0].span.start;
        assert!(start >= before, "diagnostics are sorted");
        before = start;
        assert!(!fault.message.is_empty() && !fault.message.contains('\n'), "{fault:?}");
        assert!(fault.help.as_ref().is_some_and(|help| !help.is_empty() && !help.contains('\n')), "{fault:?}");
    }
    check_file(text, &file);
    let printed = print(&file);
    let again = parse(FileId(0), &printed, options(modern));
    if diagnostics.iter().any(rbuild::diagnostic::Diagnostic::is_error) {
        return;
    }
    let errors: Vec<_> = again.diagnostics.iter().filter(|fault| fault.is_error()).collect();
    assert!(errors.is_empty(), "printed as\n{printed}\nwith {errors:#?}");
    assert_eq!(dump::dump(&again.file), dump::dump(&file), "printed as\n{printed}");
    assert_eq!(print(&again.file), printed, "printing what was printed changes it");
    let formatted = format(FileId(0), text, options(modern)).expect("there are no errors");
    let again = parse(FileId(0), &formatted, options(modern));
    assert_eq!(dump::dump(&again.file), dump::dump(&file), "formatted as\n{formatted}");
    assert_eq!(format(FileId(0), &formatted, options(modern)).as_ref(), Ok(&formatted), "formatting twice");
}

/// Runs a property: for the time that `RBUILD_FUZZ_SECONDS` says on texts that differ each time, or else on the same few hundred.
fn run_for<S: Strategy<Value = String>>(texts: S) {
    let seconds = std::env::var("RBUILD_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok());
    let end = seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let strategy = (texts, any::<bool>());
    let config = Config { cases: 64, failure_persistence: None, ..Config::default() };
    let mut runner = match end {
        Some(_) => TestRunner::new(config),
        None => TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha)),
    };
    let mut ran = 0;
    while end.map_or(ran < 8 * 64, |end| ran == 0 || Instant::now() < end) {
        let result = runner.run(&strategy, |(text, modern)| {
            check(&text, modern);
            Ok(())
        });
        if let Err(TestError::Fail(reason, (text, modern))) = &result {
            panic!("{reason}\nfor {text:?} (1.0: {modern})");
        }
        assert!(result.is_ok(), "{result:?}");
        ran += 64;
    }
}

/// A piece of text cut at character boundaries.
fn cut(text: &str, from: usize, length: usize) -> (usize, usize) {
    let floor = |mut at: usize| {
        at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let from = floor(from % (text.len() + 1));
    (from, floor(from + length))
}

#[test]
fn any_text() {
    run_for(any::<String>());
}

#[test]
fn any_pieces() {
    run_for(prop::collection::vec(prop::sample::select(PIECES), 0..40).prop_map(|pieces| pieces.concat()));
}

#[test]
fn any_pieces_within_a_recipe() {
    let pieces = prop::collection::vec(prop::sample::select(PIECES), 0..24);
    let starts = prop::sample::select(
        &["", "VERSION 0.8\n", "VERSION 1.0\nFROM a\n", "t:\n    ", "t:\n    RUN ", "t:\n    IF x\n", "ARG x="][..],
    );
    run_for((starts, pieces).prop_map(|(start, pieces)| format!("{start}{}", pieces.concat())));
}

#[test]
fn realistic_files_with_mutations() {
    let edit = (any::<usize>(), 0..60_usize, 0..4_u8, prop::sample::select(PIECES), any::<usize>());
    let edits = prop::collection::vec(edit, 0..6);
    run_for((prop::sample::select(CORPUS), edits).prop_map(|(text, edits)| {
        let mut text: String = text.split_inclusive('\n').filter(|line| !line.starts_with("#! ")).collect();
        for (from, length, kind, piece, to) in edits {
            let (from, end) = cut(&text, from, length);
            match kind {
                0 => text.replace_range(from..end, ""),
                1 => text.replace_range(from..from, piece),
                2 => text.replace_range(from..end, piece),
                _ => {
                    let moved = text[from..end].to_owned();
                    let (to, _) = cut(&text, to, 0);
                    text.insert_str(to, &moved);
                }
            }
        }
        text
    }));
}

#[test]
fn regressions() {
    for text in [
        "t:\n    RUN $\\\n(a b)\n",
        "RUN a\\ \\\n",
        "ARG x=a\\ \\",
        "FROM a\\\n# c",
        "RUN \\\n# c\n",
        "IF x # a\n# own\nELSE # b\nEND # c",
        "TRY\nCATCH # a\nFINALLY # b\nEND",
        "# no doc\n\nARG x\n# c",
        "\u{feff}\u{feff}RUN a",
        "\u{feff}# c\nt:\n",
        "t:\n    RUN \\ # c\n\\#",
        "VERSION\"\\ # c\n'\\ # c\n\"",
        "ARG \\ # a\n x \\ # b\n = \\ # c\n v # d",
        "ARG x=\u{feff}\\ # c\n",
    ] {
        check(text, false);
        check(text, true);
    }
}

#[test]
fn large_and_deep_texts_take_neither_the_stack_nor_for_ever() {
    const DEEP: usize = 100_000;
    const MANY: usize = 4_000;
    let version = "VERSION 1.0\nFROM a\n";
    let checks: &[(&str, String, Option<&str>)] = &[
        ("open substitutions", format!("RUN {}", "$(".repeat(DEEP)), Some("unterminated-substitution")),
        ("closed substitutions", format!("RUN {}{}", "$(".repeat(DEEP), ")".repeat(DEEP)), None),
        ("quoted substitutions", format!("RUN {}x{}", "\"$(".repeat(MANY), ")\"".repeat(MANY)), None),
        ("open quotes within", format!("RUN {}", "\"$(".repeat(MANY)), Some("unterminated-substitution")),
        ("lines with an open substitution", "RUN $(\n".repeat(MANY), Some("too-many-unterminated")),
        ("open blocks", "IF x\n".repeat(MANY), Some("too-deep")),
        ("ends", "END\n".repeat(MANY), Some("stray-keyword")),
        ("heredocs", format!("{version}{}", "RUN <<A\nt:\n".repeat(MANY)), Some("unterminated-heredoc")),
        ("backslashes", format!("RUN {}", "\\\n".repeat(DEEP)), None),
        ("comments", format!("RUN \\\n{}", "# c\n".repeat(DEEP)), None),
        ("parentheses", format!("RUN $({}{})", "(".repeat(MANY), ")".repeat(MANY)), None),
        ("arrays", format!("RUN [{}", "\"a\",".repeat(MANY)), None),
        ("blanks", format!("RUN a{}", " ".repeat(DEEP)), None),
        ("one word", "x".repeat(DEEP), Some("unknown-command")),
        ("colons", "a:".repeat(DEEP), Some("unknown-command")),
    ];
    for (what, text, expect) in checks {
        let parsed = parse(FileId(0), text, ParseOptions::default());
        let codes: Vec<_> = parsed.diagnostics.iter().map(|fault| fault.code).collect();
        match expect {
            Some(code) => assert!(codes.contains(code), "{what}: no {code}"),
            None => assert!(codes.is_empty(), "{what}: {:?}", codes.first()),
        }
        let printed = print(&parsed.file);
        assert!(printed.len() <= text.len() * 2 + 100_000, "{what}");
    }
}
