use super::*;
use crate::analysis::features::{Features, Version};
use crate::source::FileId;
use crate::syntax::ast::Word;
use proptest::prelude::*;

fn word(text: &str) -> Word {
    Word { text: text.to_owned(), span: Span::new(FileId(0), 100, 100 + text.len()) }
}

/// A template in one line: literals in quotes, variables with their operators, commands.
fn shown(template: &Template) -> String {
    let parts: Vec<String> = template
        .parts
        .iter()
        .map(|part| match part {
            Part::Literal(text) => format!("{text:?}"),
            Part::Shell(command) => format!("$({command})"),
            Part::Variable(Variable { name, operator: None }) => format!("${name}"),
            Part::Variable(Variable { name, operator: Some(operator) }) => {
                let sign = match operator {
                    Operator::Default(_) => ":-",
                    Operator::Alternative(_) => ":+",
                    Operator::Require { empty_too: true, .. } => ":?",
                    Operator::Require { empty_too: false, .. } => "?",
                    Operator::TrimPrefix(_) => "#",
                    Operator::TrimSuffix(_) => "%",
                };
                format!("${{{name}{sign}{}}}", shown(operator.word()))
            }
        })
        .collect();
    parts.join(" ")
}

fn read(version: Version, text: &str) -> String {
    match Template::parse(&word(text), &Features::for_version(version)) {
        Ok(template) => shown(&template),
        Err(fault) => {
            let span = fault.span().expect("a fault has a place");
            format!("{} at {}..{}", fault.message, span.start - 100, span.end - 100)
        }
    }
}

#[test]
fn words_are_split_into_parts() {
    for (text, expected) in [
        ("", ""),
        ("abc", r#""abc""#),
        ("'a b'", r#""a b""#),
        ("'$X'", r#""$X""#),
        ("\"a b\"", r#""a b""#),
        ("a'b'\"c\"d", r#""abcd""#),
        (r"a\ b", r#""a b""#),
        (r"\$X", r#""$X""#),
        (r#""\$X\"\\\n""#, r#""$X\"\\\\n""#),
        (r"a\+b", r#""a+b""#),
        ("trailing\\", r#""trailing""#),
        ("$X", "$X"),
        ("${X}", "$X"),
        ("a$X-b", r#""a" $X "-b""#),
        ("\"$X $Y\"", r#"$X " " $Y"#),
        ("$X_1.y", r#"$X_1 ".y""#),
        ("a$", r#""a$""#),
        ("$.x", r#""$.x""#),
        ("$12x", r#"$12 "x""#),
        ("$$", "$$"),
        ("${X:-}", "${X:-}"),
        ("${X:-a b}", r#"${X:-"a b"}"#),
        ("${X:-$Y}", "${X:-$Y}"),
        ("${X:-${Y:-z}}", r#"${X:-${Y:-"z"}}"#),
        ("${X:-'}'}", r#"${X:-"}"}"#),
        (r"${X:-\}}", r#"${X:-"}"}"#),
        ("\"${X:-\"a b\"}\"", r#"${X:-"a b"}"#),
        ("${X:+y}", r#"${X:+"y"}"#),
        ("${X:?no x}", r#"${X:?"no x"}"#),
        ("${X?no x}", r#"${X?"no x"}"#),
        ("${X#v}", r#"${X#"v"}"#),
        ("${X%.tar}", r#"${X%".tar"}"#),
        ("$(cat x)", "$(cat x)"),
        ("a$(cat x)b", r#""a" $(cat x) "b""#),
        ("\"$(echo \"a)\")\"", "$(echo \"a)\")"),
        ("$(echo ')' \")\")", "$(echo ')' \")\")"),
        ("$(a $(b (c)) d)", "$(a $(b (c)) d)"),
        (r"$(echo \$X \\)", r"$(echo $X \)"),
        (r#"$(echo "\$X" '\$X')"#, r#"$(echo "\$X" '\$X')"#),
        (r#"$(echo "$(x ")")")"#, r#"$(echo "$(x ")")")"#),
        ("${X:-$(y)}", "${X:-$(y)}"),
        ("ü$Xü", r#""ü" $Xü"#),
    ] {
        assert_eq!(read(Version::V0_8, text), expected, "{text}");
    }
}

#[test]
fn faults_have_places() {
    for (text, expected) in [
        ("a'b", "`'` is not closed at 1..2"),
        ("a\"b", "`\"` is not closed at 1..2"),
        ("a$(b", "`$(` is not closed at 1..3"),
        ("a${b", "`${` is not closed at 1..3"),
        ("a${", "`${` is not closed at 1..3"),
        ("a${b:-c", "`${` is not closed at 1..3"),
        ("a${}b", "`${}` has no name at 1..4"),
        ("${:x}", "`${:x}` has no name at 0..5"),
        ("${{x}}", "`${{x}` has no name at 0..5"),
        ("${x y}", "`${x y}` has an operator that is not known here at 0..6"),
        ("${x##y}", "`${x##y}` has an operator that is not known here at 0..7"),
        ("${x-y}", "`${x-y}` has an operator that is not known here at 0..6"),
        ("${x:=y}", "`${x:=y}` has an operator that is not known here at 0..7"),
        ("${x/a/b}", "`${x/a/b}` has an operator that is not known here at 0..8"),
    ] {
        assert_eq!(read(Version::V0_8, text), expected, "{text}");
    }
}

#[test]
fn before_0_7_words_are_simpler() {
    for (text, expected) in [
        ("$(x)", r#""$(x)""#),
        ("a$(x $Y)", r#""a$(x " $Y ")""#),
        ("a${b", r#""a${b""#),
        ("it's", r#""it's""#),
        ("'it'", r#""it""#),
    ] {
        assert_eq!(read(Version::V0_6, text), expected, "{text}");
    }
    let features = Features::for_version(Version::V0_6);
    let value = |text: &str| Template::parse_value(&word(text), &features).map(|template| shown(&template));
    for (text, expected) in [
        ("$(cat x)", "$(cat x)"),
        ("\"$(cat x)\"", "$(cat x)"),
        ("$(cat x)-$Y$(z)", r#"$(cat x) "-" $Y $(z)"#),
        ("v$(cat x)", r#""v$(cat x)""#),
        ("\"v $(cat x)\"", r#""v $(cat x)""#),
        ("'$(cat x)'", r#""$(cat x)""#),
        ("$(cat x", r#""$(cat x""#),
        ("$Y$(cat x)", r#"$Y "$(cat x)""#),
    ] {
        assert_eq!(value(text), Ok(expected.to_owned()), "{text}");
    }
}

#[test]
fn references_keep_their_escaped_pluses() {
    let features = Features::for_version(Version::V0_8);
    let read = |text: &str| Template::parse_reference(&word(text), &features).map(|template| shown(&template));
    assert_eq!(read(r"c\+\+/x"), Ok(r#""c\\+\\+/x""#.to_owned()));
    assert_eq!(read(r"a\ b+t"), Ok(r#""a b+t""#.to_owned()));
}

#[test]
fn command_lines_keep_what_the_shell_reads() {
    let features = Features::for_version(Version::V0_8);
    for (text, expected) in [
        ("'a $X'", r#""'a $X'""#),
        ("\"a $X\"", r#""\"a " $X "\"""#),
        (r"\$HOME", r#""$HOME""#),
        (r#""\$HOME\"""#, r#""\"$HOME\\\"\"""#),
        (r"a\ b", r#""a\\ b""#),
        ("$$", r#""$$""#),
        ("$@", r#""$@""#),
        ("$1", r#""$1""#),
        ("x\\", r#""x\\""#),
    ] {
        assert_eq!(Template::parse_shell(&word(text), &features).map(|t| shown(&t)), Ok(expected.to_owned()), "{text}");
    }
}

#[test]
fn templates_expand() {
    let lookup = |name: &str| match name {
        "X" => Some("x".to_owned()),
        "V" => Some("v1.tar".to_owned()),
        "EMPTY" => Some(String::new()),
        _ => None,
    };
    let features = Features::for_version(Version::V0_8);
    for (text, expected) in [
        ("a$X", Ok("ax")),
        ("[$NONE]", Ok("[]")),
        ("${X:-d}", Ok("x")),
        ("${NONE:-d$X}", Ok("dx")),
        ("${EMPTY:-d}", Ok("d")),
        ("${X:+y}", Ok("y")),
        ("${EMPTY:+y}", Ok("")),
        ("${NONE:+y}", Ok("")),
        ("${X:?m}", Ok("x")),
        ("${EMPTY?m}", Ok("")),
        ("${EMPTY:?m $X}", Err("`EMPTY` has no value: m x")),
        ("${NONE?}", Err("`NONE` has no value")),
        ("${V#v}", Ok("1.tar")),
        ("${V#x}", Ok("v1.tar")),
        ("${V%.tar}", Ok("v1")),
        ("${NONE%.tar}", Ok("")),
        ("$X$(date)", Err("the output of `$(date)` is not known")),
        ("${X:-$(date)}", Ok("x")),
    ] {
        let template = Template::parse(&word(text), &features).expect(text);
        let expanded = template.expand(&mut |name| lookup(name)).map_err(|fault| fault.to_string());
        assert_eq!(expanded, expected.map(str::to_owned).map_err(str::to_owned), "{text}");
    }
}

#[test]
fn variables_and_commands_are_listed() {
    let features = Features::for_version(Version::V0_8);
    let template = Template::parse(&word("$A${B:-$C$(d)}$(e)"), &features).expect("it is well formed");
    assert_eq!(template.variables(), ["A", "B", "C"]);
    assert_eq!(template.shells(), ["d", "e"]);
}

#[test]
fn places_of_inner_words_are_exact_where_nothing_was_taken_out() {
    let features = Features::for_version(Version::V0_8);
    let exact = Template::parse(&word("a${B:-cd}"), &features).expect("it is well formed");
    let inner = |template: &Template| match template.parts.last() {
        Some(Part::Variable(Variable { operator: Some(operator), .. })) => operator.word().span,
        other => panic!("{other:?}"),
    };
    assert_eq!(inner(&exact), Span::new(FileId(0), 106, 108));
    let continued = Word { span: Span::new(FileId(0), 0, 50), ..word("a${B:-cd}") };
    assert_eq!(inner(&Template::parse(&continued, &features).expect("it is well formed")), continued.span);
}

#[test]
fn depth_is_limited() {
    let deep = format!("{}x{}", "${A:-".repeat(100_000), "}".repeat(100_000));
    assert_eq!(read(Version::V0_8, &deep), "`${…}` is nested more than 32 deep at 160..165");
    let shell = format!("{}x{}", "$(a ".repeat(100_000), ")".repeat(100_000));
    assert!(read(Version::V0_8, &shell).starts_with("$(a $(a "));
}

proptest! {
    #[test]
    fn every_word_is_read_without_a_panic(text in r#"([a-zü+=/ ]|[$\\"'(){}:?#%-]|\$\{|\$\()*"#) {
        for version in [Version::V0_6, Version::V0_8] {
            let features = Features::for_version(version);
            for read in [Template::parse, Template::parse_reference, Template::parse_shell, Template::parse_value] {
                if let Ok(template) = read(&word(&text), &features) {
                    let mut last_literal = false;
                    for part in &template.parts {
                        let literal = matches!(part, Part::Literal(text) if !text.is_empty());
                        prop_assert!(!(literal && last_literal), "two literals are neighbours in {template:?}");
                        prop_assert!(literal || !matches!(part, Part::Literal(_)), "an empty literal in {template:?}");
                        last_literal = literal;
                    }
                    let _ = template.expand(&mut |_| None);
                }
            }
        }
    }

    #[test]
    fn text_without_special_characters_stands_for_itself(text in "[a-zA-Z0-9./:_ -]*") {
        let features = Features::for_version(Version::V1_0);
        let template = Template::parse(&word(&text), &features).expect("nothing in it can be wrong");
        prop_assert_eq!(template.as_literal(), Some(text.as_str()));
    }
}
