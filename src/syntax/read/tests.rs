use super::*;
use crate::source::Sources;
use crate::syntax::ast::{Args, Command, Statement};

fn earth(text: &str) -> Parsed {
    parse(FileId(0), text, ParseOptions::default())
}

fn build(text: &str) -> Parsed {
    parse(FileId(0), text, ParseOptions { default_version_is_1_0: true })
}

/// Line, column and code of every diagnostic.
fn faults(text: &str, parsed: &Parsed) -> Vec<(usize, usize, &'static str)> {
    let mut sources = Sources::default();
    sources.add("Buildfile", text);
    let places = parsed.diagnostics.iter().map(|fault| {
        let at = sources.location(fault.span().expect("every fault has a place"));
        (at.line, at.column, fault.code)
    });
    places.collect()
}

fn commands(statements: &[Statement]) -> Vec<&Command> {
    fn one(statement: &Statement) -> Option<&Command> {
        if let Statement::Command(command) = statement { Some(command) } else { None }
    }
    statements.iter().filter_map(one).collect()
}

fn words(command: &Command) -> Vec<&str> {
    let Args::Words(words) = &command.args else { panic!("no words: {command:?}") };
    words.iter().map(|word| word.text.as_str()).collect()
}

#[test]
fn words_of_a_line() {
    let check = |line: &str, expect: &[&str]| {
        let parsed = earth(line);
        assert_eq!(parsed.diagnostics.iter().find(|fault| fault.is_error()), None, "{line}");
        assert_eq!(words(commands(&parsed.file.base)[0]), expect, "{line}");
    };
    check("RUN a  b\tc", &["a", "b", "c"]);
    check("RUN a b   # c", &["a", "b"]);
    check("RUN a#b \"#\" '#' \\#x y", &["a#b", "\"#\"", "'#'", "\\#x", "y"]);
    check("RUN a \\# c\n#\nb", &["a", "b"]);
    check("RUN a\\#\n b", &["ab"]);
    check("RUN # c", &[]);
    check("RUN#c", &[]);
    check("FROMalpine", &["alpine"]);
    check("RUN a \\\n  b", &["a", "b"]);
    check("RUN a\\\n  b", &["ab"]);
    check("RUN a \\\r\n  b", &["a", "b"]);
    check("RUN a \\  \n  b", &["a", "b"]);
    check("RUN a \\ # c\n  b", &["a", "b"]);
    check("RUN a \\\n\n  \n# c\n  # c\n  b", &["a", "b"]);
    check("RUN a \\", &["a"]);
    check("RUN a \\\n", &["a"]);
    check("RUN \\\n  a", &["a"]);
    check("RUN a\\ b \\\" \\' \\$(c", &["a\\ b", "\\\"", "\\'", "\\$(c"]);
    check("RUN 'a\\' b'c", &["'a\\' b'c"]);
    check("RUN \"a \\\n  b\"", &["\"a b\""]);
    check("RUN 'a \\\n  # c\n  b'", &["'a b'"]);
    check("RUN \"a\nb\" 'c\r\nd'", &["\"a\nb\"", "'c\nd'"]);
    check("RUN 'c\r\r\nd'", &["'c\nd'"]);
    check("RUN \"a\\\\\nb\"", &["\"a\\\\\nb\""]);
    check("RUN \"$(echo \"a b\" ')' \\) $(c) )\" d", &["\"$(echo \"a b\" ')' \\) $(c) )\"", "d"]);
    check("RUN $(a\nb) c", &["$(a\nb)", "c"]);
    check("RUN $(case x in (a) b;; esac) c", &["$(case x in (a) b;; esac)", "c"]);
    check("RUN (a b) { c; } $d ${e:-f g} $", &["(a", "b)", "{", "c;", "}", "$d", "${e:-f", "g}", "$"]);
    check("COPY (+t/a --x=\"b c\") d", &["(+t/a", "--x=\"b c\")", "d"]);
    check("FROM\talpine:ü\r\n", &["alpine:ü"]);
}

#[test]
fn line_ends_of_every_kind_give_the_same_tree() {
    let unix = "# c\nVERSION 0.8\nFROM a\nt: # h\n    RUN a \\\n        # c\n        b\n    IF x\n    END\n    ARG x = a b # c\n";
    let texts = |parsed: &Parsed| {
        let target = &parsed.file.targets[0];
        let comments: Vec<String> = parsed.file.comments.iter().map(|comment| comment.text.clone()).collect();
        let run = words(commands(&target.recipe)[0]).join(" ");
        (target.name.text.clone(), target.recipe.len(), run, comments)
    };
    let expect = earth(unix);
    assert_eq!(expect.diagnostics, []);
    for text in [
        unix.replace('\n', "\r\n"),
        unix.replace('\n', "\r"),
        unix.trim_end().to_owned(),
        format!("\u{feff}{unix}"),
        unix.replace("    ", "\t"),
        unix.replace('\n', " \t\n"),
    ] {
        let parsed = earth(&text);
        assert_eq!(parsed.diagnostics, [], "{text:?}");
        assert_eq!(texts(&parsed), texts(&expect), "{text:?}");
    }
}

#[test]
fn spans_cover_what_they_name() {
    let text = "# d\nt:\n    RUN --x a \\\n      b\\\nc   # e\n    IF y\n    END\n    CMD [\"a\" ] # f\n    ARG x = 1 2 \n\nu:\n";
    let parsed = earth(text);
    assert_eq!(parsed.diagnostics, []);
    let at = |span: Span| &text[span.start as usize..span.end as usize];
    let target = &parsed.file.targets[0];
    assert_eq!(at(target.docs.as_ref().expect("a doc comment").span), "# d");
    assert_eq!(at(target.name.span), "t");
    assert!(at(target.span).starts_with("t:\n") && at(target.span).ends_with("1 2"));
    let spans: Vec<&str> = target.recipe.iter().map(|statement| at(statement.span())).collect();
    assert_eq!(spans, ["RUN --x a \\\n      b\\\nc", "IF y\n    END", "CMD [\"a\" ]", "ARG x = 1 2"]);
    let Args::Assign(assign) = &commands(&target.recipe)[2].args else { panic!("no assignment") };
    assert_eq!(at(assign.name.span), "x");
    assert_eq!(assign.value.as_ref().map(|value| at(value.span)), Some("1 2"));
    assert_eq!(at(parsed.file.targets[1].span), "u");
}

#[test]
fn five_mistakes_are_five_diagnostics() {
    let text = "VERSION 0.8\nFROM alpine\nbuild:\n    RUM echo\nCOPY . .\n    ARG 1x=2\n    RUN echo \"a\n    IF b\n        RUN c\nmy_test:\n    RUN d\n";
    assert_eq!(
        faults(text, &earth(text)),
        [
            (4, 5, "unknown-command"),
            (5, 1, "missing-indent"),
            (6, 9, "invalid-variable-name"),
            (7, 14, "unterminated-quote"),
            (8, 5, "missing-end"),
            (10, 1, "invalid-target-name"),
        ]
    );
    let parsed = earth(text);
    let recipe = &parsed.file.targets[0].recipe;
    let kept: Vec<&str> = commands(recipe).iter().map(|command| command.keyword.as_str()).collect();
    assert_eq!(kept, ["COPY"], "what is wrong in itself is dropped, what is misplaced is kept");
    assert!(matches!(recipe.last(), Some(Statement::If(_))));
}

#[test]
fn one_fault_each() {
    let check = |text: &str, line: usize, column: usize, code: &str| {
        assert_eq!(faults(text, &earth(text)), [(line, column, code)], "{text}");
    };
    check("\u{a0}RUN a", 1, 1, "unknown-command");
    check("foo bar", 1, 1, "unknown-command");
    check("\\\nRUN a", 1, 1, "unknown-command");
    check("run a", 1, 1, "keyword-case");
    check("GIT\tCLONE a b", 1, 1, "keyword-spacing");
    check("FROMalpine", 1, 1, "missing-space");
    check("  FROM a\n  RUN b", 1, 3, "unexpected-indent");
    check("t:\nRUN a\nRUN b", 2, 1, "missing-indent");
    check("t:\n  IF a\nu:", 2, 3, "missing-end");
    check("t:\n  END", 2, 3, "stray-keyword");
    check("IF a\nEND b", 2, 5, "unexpected-arguments");
    check("RUN \"a", 1, 5, "unterminated-quote");
    check("RUN a'b c", 1, 6, "unterminated-quote");
    check("RUN x $(a 'b)", 1, 7, "unterminated-substitution");
    check("RUN \"a $(b\" c", 1, 8, "unterminated-substitution");
    check("ü:", 1, 1, "invalid-target-name");
    check("base:", 1, 1, "reserved-target-name");
    check("t:\nu:\nt:", 3, 1, "duplicate-target");
    check("F:\nF:", 2, 1, "duplicate-target");
    check("t: x # y", 1, 4, "header-arguments");
    check("t\n    RUN a\n    RUN b", 1, 1, "missing-colon");
    check("t : # c\n    RUN a", 1, 1, "missing-colon");
    check("build\n    RUN a\n    RUN b", 1, 1, "missing-colon");
    check("run :\n    RUN a", 1, 1, "missing-colon");
    check("t:\n    IF a\nend\n    RUN b", 3, 1, "keyword-case");
    check("FROM a\nVERSION 0.8", 2, 1, "version-not-first");
    check("t:\nVERSION 0.8", 2, 1, "version-in-target");
    check("t:\n  PROJECT a/b", 2, 3, "project-in-target");
    check("ENV", 1, 1, "missing-name");
    check("ENV a-b c", 1, 5, "invalid-variable-name");
    check("ARG a b", 1, 7, "missing-equals");
    check("LET a", 1, 5, "missing-value");
    check("ENV A b=c", 1, 8, "ambiguous-env");
    check("LABEL a", 1, 7, "label-without-value");
    check("VERSION 1.0\nFROM a\nRUN <<E\nx", 3, 5, "unterminated-heredoc");
    check("RUN <<E\nx\nE\n", 1, 5, "heredoc-version");
    check("RUN a \\\n\nt:\n", 3, 1, "swallowed-target");
    check(&format!("{}{}", "IF a\n".repeat(101), "END\n".repeat(101)), 101, 1, "too-deep");
}

#[test]
fn the_version_decides_what_is_read() {
    let modern = |text: &str, parse: fn(&str) -> Parsed| {
        let parsed = parse(&format!("{text}\nRUN <<E\nE\n"));
        parsed.diagnostics.iter().all(|fault| fault.code != "heredoc-version")
    };
    let check = |text: &str, in_earthfile: bool, in_buildfile: bool| {
        assert_eq!((modern(text, earth), modern(text, build)), (in_earthfile, in_buildfile), "{text}");
    };
    check("", false, true);
    check("# c\n\nVERSION 0.8", false, false);
    check("VERSION 1.0", true, true);
    check("VERSION --try 1.0 # c", true, true);
    check("VERSION \\\n  --try \\\n  0.7", false, false);
    check("VERSION nonsense", false, false);
    check("VERSION", false, true);
}

#[test]
fn a_blank_behind_a_keyword_is_asked_for_since_1_0() {
    assert!(earth("FROMalpine").diagnostics.iter().all(|fault| !fault.is_error()));
    assert!(build("FROMalpine").diagnostics.iter().all(Diagnostic::is_error));
}

#[test]
fn doc_comments_stand_directly_above() {
    let check = |text: &str, expect: Option<&str>| {
        let parsed = earth(text);
        assert_eq!(parsed.diagnostics, [], "{text}");
        assert_eq!(
            parsed.file.targets.last().and_then(|target| target.docs.as_ref()).map(|docs| docs.text.as_str()),
            expect,
            "{text}"
        );
    };
    check("# t it is\nt:", Some("t it is"));
    check("# t it is\n\nt:", None);
    check("# a\n\n# t it\n#   is\nt:", Some("t it\n  is"));
    check("a:\n    RUN b # no\nt:", None);
    check("a:\n    RUN b\n    # no\n# yes\nt:", Some("yes"));
    check("a:\n    RUN b\n    # no\nt:", None);
    check("# of the version\nVERSION 0.8\nt:", None);
}

#[test]
fn comments_know_whether_they_have_a_line() {
    let parsed = earth("# a\nRUN b # c\n  # d\nRUN e \\ # f\n  # g\n  h\n");
    let comments: Vec<(&str, bool)> =
        parsed.file.comments.iter().map(|comment| (comment.text.as_str(), comment.own_line)).collect();
    assert_eq!(comments, [("# a", true), ("# c", false), ("# d", true), ("# f", false), ("# g", true)]);
}

#[test]
fn a_missing_quote_costs_its_own_line_only() {
    let text = "RUN a \"b\nRUN c \"d\"\nRUN e \"f\" 'g'\n\nt:\n    RUN \"h\"\n";
    let parsed = earth(text);
    assert_eq!(faults(text, &parsed), [(1, 7, "unterminated-quote")]);
    assert_eq!(parsed.file.base.len(), 2);
    assert_eq!(parsed.file.targets.len(), 1);
}

#[test]
fn an_end_within_quotes_is_pointed_at() {
    let text = "IF [ \"$a = \"b\" ]\n    RUN c\nEND\nRUN \"d\n";
    let parsed = earth(text);
    assert_eq!(faults(text, &parsed), [(1, 1, "missing-end")]);
    assert!(parsed.diagnostics[0].labels.iter().any(|label| label.text.contains("quote") && label.span.start == 13));
}
