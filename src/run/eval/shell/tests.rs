use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::process::Command;

/// Variables that every case knows.
fn lookup(name: &str) -> Value {
    match name {
        "a" => Value::Known("a".to_owned()),
        "b" => Value::Known("b c".to_owned()),
        "e" => Value::Known(String::new()),
        "t" => Value::Known("true".to_owned()),
        "f" => Value::Known("false".to_owned()),
        "dash" => Value::Known("-n".to_owned()),
        "star" => Value::Known("*".to_owned()),
        "quote" => Value::Known("\"'$a".to_owned()),
        "secret" => Value::Unknown,
        "HOME" => Value::Known("/root".to_owned()),
        _ => Value::Unset,
    }
}

#[test]
fn plain_tests_are_decided() {
    for (text, expected) in [
        ("[ \"$a\" = \"a\" ]", Some(true)),
        ("[ $a = a ]", Some(true)),
        ("[ \"$a\" = 'b' ]", Some(false)),
        ("[ \"$a\" != b ]", Some(true)),
        ("test \"${a}x\" = ax", Some(true)),
        ("[ -z \"$e\" ]", Some(true)),
        ("[ -n \"$unset\" ]", Some(false)),
        ("[ -z $e ]", None),
        ("[ -n $a ]", Some(true)),
        ("[ ! -z \"$a\" ]", Some(true)),
        ("[ ! \"$a\" = a ]", Some(false)),
        ("! [ \"$a\" = a ]", Some(false)),
        ("[ \"$a\" = a ] && [ \"$e\" = x ] || true", Some(true)),
        ("[ \"$a\" = b ] && grep x file", Some(false)),
        ("[ \"$a\" = a ] && grep x file", None),
        ("( [ \"$a\" = a ] || false ) && ! false", Some(true)),
        ("$t", Some(true)),
        ("\"$f\"", Some(false)),
        ("$e", Some(true)),
        ("\"$e\"", None),
        ("true", Some(true)),
        ("[ \"$quote\" = \"\" ]", Some(false)),
        ("[ \"$b\" = 'b c' ]", Some(true)),
        ("[ $a == b ]", Some(false)),
        // Some shells know no `==`.
        ("[ $a == a ]", None),
        ("[ ! $a == b ]", None),
        // A real shell says that `=` is no unary operator.
        ("[ $e = a ]", None),
        ("[ $b = a ]", None),
        ("[ $star = a ]", None),
        ("[ \"$star\" = a ]", Some(false)),
        ("[ \"$dash\" = a ]", None),
        ("[ \"$secret\" = a ]", None),
        ("[ \"$HOME\" = /root ]", Some(true)),
        ("[ \"$PATH\" = \"\" ]", None),
        ("[ \"$PWD\" = / ]", None),
        ("[ -f x ]", None),
        ("[ \"$a\" = a -o -f x ]", None),
        ("[[ $a = a ]]", None),
        ("[ \"$(cat x)\" = a ]", None),
        ("[ \"`cat x`\" = a ]", None),
        ("[ a = a", None),
        ("[ a = a ] ]", None),
        ("[ a = a ]; true", None),
        ("[ a = a ] | cat", None),
        ("[ a = a ] &", None),
        ("a=1 true", None),
        ("if true", None),
        ("((true))", None),
        ("(true)true", None),
        ("true # no", None),
        ("[ a = a* ]", None),
        ("[ ~ = a ]", None),
        ("[ \"${a:-b}\" = a ]", None),
        ("! ! true", None),
        ("", None),
    ] {
        assert_eq!(decide(text, &lookup), expected, "{text}");
    }
}

#[test]
fn lists_are_split() {
    let check = |text: &str, separators: &str, expected: Option<&[&str]>| {
        let expected = expected.map(|items| items.iter().map(|item| (*item).to_owned()).collect::<Vec<_>>());
        assert_eq!(items(text, separators, &lookup), expected, "{text}");
    };
    let blanks = "\n\t ";
    check("a b  c", blanks, Some(&["a", "b", "c"]));
    check("\"a b\" c", blanks, Some(&["a", "b", "c"]));
    check("x$b y", blanks, Some(&["xb", "c", "y"]));
    check("$e", blanks, Some(&[]));
    check("", blanks, Some(&[]));
    check("a,b,,c d", ",", Some(&["a", "b", "c d"]));
    check("$(ls)", blanks, None);
    check("$secret", blanks, None);
    check("-n a", blanks, None);
    check("'a\\tb'", blanks, None);
    check("*.go", blanks, None);
    check("a; b", blanks, None);
    assert_eq!(cut("x\ty\nz ", blanks), ["x", "y", "z"]);
}

/// What the shell of this machine makes of a text.
fn shell(text: &str, env: &BTreeMap<&str, &str>) -> std::process::Output {
    let mut command = Command::new("/bin/sh");
    command.arg("-c").arg(text).current_dir("/").env_clear().envs(env).output().expect("there is a shell")
}

fn word() -> impl Strategy<Value = String> {
    let fixed = vec![
        "a",
        "b",
        "$a",
        "\"$a\"",
        "'$a'",
        "${a}",
        "\"${b}x\"",
        "$b",
        "$e",
        "\"$e\"",
        "x$e",
        "$none",
        "\"\"",
        "''",
        "=",
        "!=",
        "==",
        "-n",
        "-z",
        "-f",
        "!",
        "(",
        ")",
        "\"a b\"",
        "-",
        "$dash",
        "\"$star\"",
        "$star",
        "/",
        "a.b",
        "\"'\"",
    ];
    prop_oneof![9 => prop::sample::select(fixed).prop_map(str::to_owned), 1 => "[ -~]{0,3}"]
}

fn condition() -> impl Strategy<Value = String> {
    let words = |most| prop::collection::vec(word(), 0..most).prop_map(|words| words.join(" "));
    let leaf = prop_oneof![
        8 => words(5).prop_map(|words| format!("[ {words} ]")),
        2 => words(4).prop_map(|words| format!("test {words}")),
        1 => Just("true".to_owned()),
        1 => Just("$f".to_owned()),
        1 => Just("\"$t\"".to_owned()),
        1 => words(3),
    ];
    leaf.prop_recursive(3, 8, 2, |inner| {
        prop_oneof![
            inner.clone().prop_map(|inner| format!("! {inner}")),
            inner.clone().prop_map(|inner| format!("({inner})")),
            inner.clone().prop_map(|inner| format!("( {inner} )")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a} && {b}")),
            (inner.clone(), inner).prop_map(|(a, b)| format!("{a} || {b}")),
        ]
    })
}

fn known() -> BTreeMap<&'static str, &'static str> {
    BTreeMap::from([
        ("a", "a"),
        ("b", "b c"),
        ("e", ""),
        ("t", "true"),
        ("f", "false"),
        ("dash", "-n"),
        ("star", "*"),
        ("quote", "\"'$a"),
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn what_is_decided_is_what_the_shell_says(text in condition()) {
        if let Some(decided) = decide(&text, &lookup) {
            let output = shell(&text, &known());
            prop_assert_eq!(output.status.success(), decided, "{}", text);
        }
    }

    #[test]
    fn what_is_split_is_what_echo_prints(text in prop::collection::vec(word(), 0..5)) {
        let text = text.join(" ");
        if let Some(items) = items(&text, "\n\t ", &lookup) {
            let output = shell(&format!("echo {text}"), &known());
            prop_assert!(output.status.success(), "{}", text);
            prop_assert_eq!(cut(&String::from_utf8_lossy(&output.stdout), "\n\t "), items, "{}", text);
        }
    }

    #[test]
    fn nothing_panics(text in "[ -~\n]{0,40}") {
        let _ = decide(&text, &lookup);
        let _ = items(&text, ",", &lookup);
    }
}
