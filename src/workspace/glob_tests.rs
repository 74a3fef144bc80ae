use super::*;

#[test]
fn patterns_of_go() {
    let check = |pattern: &str, text: &str, expect: bool| {
        assert_eq!(Glob::go(pattern).unwrap().matches(text), expect, "{pattern} {text}");
    };
    for (pattern, text) in [
        ("abc", "abc"),
        ("*", "abc"),
        ("*", ""),
        ("*c", "abc"),
        ("a*", "a"),
        ("a*/b", "abc/b"),
        ("a*b*c*d*e*", "axbxcxdxexxx"),
        ("a*b?c*x", "abxbbxdbxebxczzx"),
        ("ab[c]", "abc"),
        ("ab[b-d]", "abc"),
        ("ab[^c]", "abd"),
        ("ab[^e-g]", "abc"),
        ("a\\*b", "a*b"),
        ("a?b", "aéb"),
        ("a[^a]b", "aéb"),
        ("[a-ζ]*", "α"),
        ("[\\]a]", "]"),
        ("[\\-]", "-"),
        ("[x\\-]", "-"),
        ("[x\\-]", "x"),
        ("**", "abc"),
        ("{a,b}", "{a,b}"),
        ("[!a]", "!"),
        (".*", ".hidden"),
        ("*", ".hidden"),
        ("*", "new\nline"),
    ] {
        check(pattern, text, true);
    }
    for (pattern, text) in [
        ("abc", "abcd"),
        ("a*", "ab/c"),
        ("a*/b", "a/c/b"),
        ("**", "a/b"),
        ("a*b*c*d*e*/f", "axbxcxdxe/xxx/f"),
        ("a*b?c*x", "abxbbxdbxebxczzy"),
        ("ab[^b-d]", "abc"),
        ("a\\*b", "ab"),
        ("a??b", "aéb"),
        ("a?b", "a/b"),
        ("a[^x]b", "a/b"),
        ("[a-ζ]*", "A"),
        ("*x", "xxx/"),
        ("[z-a]", "m"),
        ("", "a"),
    ] {
        check(pattern, text, false);
    }
}

#[test]
fn patterns_of_ignore_files() {
    let check = |pattern: &str, text: &str, expect: bool| {
        assert_eq!(Glob::ignore(pattern).unwrap().matches(text), expect, "{pattern} {text}");
    };
    for (pattern, text) in [
        ("**", "file"),
        ("**", "dir/file"),
        ("**/file", "file"),
        ("**/file", "a/b/file"),
        ("**foo", "barfoo"),
        ("**file", "dir/file"),
        ("dir/**", "dir/a/b"),
        ("dir/**/", "dir/a"),
        ("dir**", "dirx/y"),
        ("a/**/b", "a/b"),
        ("a/**/b", "a/x/y/b"),
        ("**/dir/**", "x/dir/y"),
        ("**/*.go", "a.go"),
        ("**/*.go", "x/a.go"),
        ("**/**/*.txt", "dir/d/f.txt"),
        ("a**/*.txt", "a/f.txt"),
        ("a(b)c/def", "a(b)c/def"),
        ("a.|)$(}+{bc", "a.|)$(}+{bc"),
        ("abc.def", "abc.def"),
        ("**/foo?", "x/fooz"),
        ("file\\ name", "file name"),
    ] {
        check(pattern, text, true);
    }
    for (pattern, text) in [
        ("**/file", "xfile"),
        ("**foo*", "barfoo"),
        ("dir/**", "dir"),
        ("a/**/b", "a/xb"),
        ("a/**/b", "ab"),
        ("**/*.go", "a.gox"),
        ("abc.def", "abcZdef"),
        ("*.go", "x/a.go"),
        ("a?", "a/"),
        ("a[^b]c", "a/c"),
    ] {
        check(pattern, text, false);
    }
}

#[test]
fn malformed_patterns_say_why() {
    let check = |pattern: &str, expect: PatternError| {
        assert_eq!(Glob::go(pattern), Err(expect), "{pattern}");
        assert_eq!(Glob::ignore(pattern), Err(expect), "{pattern}");
    };
    check("a[", PatternError::UnclosedClass);
    check("[a-", PatternError::UnclosedClass);
    check("[^", PatternError::UnclosedClass);
    check("[]a]", PatternError::EmptyClass);
    check("[^]", PatternError::EmptyClass);
    check("[-x]", PatternError::LooseHyphen);
    check("[x-]", PatternError::LooseHyphen);
    check("[a-b-c]", PatternError::LooseHyphen);
    check("a\\", PatternError::TrailingBackslash);
    check("[\\", PatternError::TrailingBackslash);
}

#[test]
fn nasty_patterns_take_no_time() {
    let pattern = Glob::ignore(&format!("{}b", "**/*a*".repeat(50))).unwrap();
    let begun = std::time::Instant::now();
    assert!(!pattern.matches(&"a/".repeat(1000)));
    assert!(!pattern.matches(&format!("{}cb", "a".repeat(1000))));
    assert!(begun.elapsed() < std::time::Duration::from_secs(5));
}

proptest::proptest! {
    #[test]
    fn a_pattern_without_wildcards_matches_itself_alone(text in "[a-c/.]{0,6}", other in "[a-c/.]{0,6}") {
        for glob in [Glob::go(&text).unwrap(), Glob::ignore(&text).unwrap()] {
            proptest::prop_assert!(glob.matches(&text));
            proptest::prop_assert_eq!(glob.matches(&other), text == other);
        }
    }

    /// The matcher agrees with a plain recursive reading of the rules.
    #[test]
    fn all_shapes_agree_with_the_definition(pattern in "[ab/?*]{0,8}", text in "[ab/]{0,8}") {
        let tokens = tokens(&pattern, true).unwrap();
        let text_chars: Vec<char> = text.chars().collect();
        proptest::prop_assert_eq!(Glob::ignore(&pattern).unwrap().matches(&text), defined(&tokens, &text_chars));
    }

    #[test]
    fn no_pattern_panics(pattern in "\\PC{0,12}", text in "\\PC{0,12}") {
        for glob in [Glob::go(&pattern), Glob::ignore(&pattern)].into_iter().flatten() {
            let again = glob.matches(&text);
            proptest::prop_assert_eq!(glob.matches(&text), again);
        }
    }
}

fn defined(tokens: &[Token], text: &[char]) -> bool {
    let Some((token, rest)) = tokens.split_first() else { return text.is_empty() };
    match token {
        Token::Char(_) | Token::Question | Token::Class { .. } => {
            text.split_first().is_some_and(|(c, text)| token.takes(*c) && defined(rest, text))
        }
        Token::Star => (0..=text.len()).any(|n| !text[..n].contains(&'/') && defined(rest, &text[n..])),
        Token::Anything => (0..=text.len()).any(|n| defined(rest, &text[n..])),
        Token::Directories => (0..=text.len()).any(|n| (n == 0 || text[n - 1] == '/') && defined(rest, &text[n..])),
    }
}
