use super::*;

fn parse(text: &str) -> Result<Ignore, IgnoreError> {
    Ignore::parse(text, Path::new("dir/.rbuildignore"))
}

#[test]
fn rules_leave_out_what_docker_leaves_out() {
    let check = |text: &str, excluded: &[&str], included: &[&str]| {
        let ignore = parse(text).unwrap();
        for path in excluded {
            assert!(ignore.excludes(path), "{text:?} must leave out {path}");
        }
        for path in included {
            assert!(!ignore.excludes(path), "{text:?} must not leave out {path}");
        }
    };
    check("", &[], &["a", "a/b"]);
    check("# comment\n\n   \n a \n", &["a", "a/b", "a/b/c"], &["b", "b/a", "# comment"]);
    check(" # no comment", &["# no comment"], &["x"]);
    check("\u{feff}a", &["a"], &["b"]);
    check("a\r\nb\r\n", &["a", "b"], &["c"]);
    check("/a", &["a"], &["b/a"]);
    check("a/", &["a", "a/x"], &["b/a"]);
    check("./a//b/../c", &["a/c"], &["a/b"]);
    check(".", &[], &["a"]);
    check("/", &[], &["a"]);
    check("*.log", &["x.log"], &["d/x.log", "x.logs"]);
    check("**/*.log", &["x.log", "d/x.log", "d/e/x.log"], &["x.logs"]);
    check("**/node_modules", &["node_modules", "a/node_modules/b"], &["node_modules2"]);
    check("*/temp*", &["a/temp", "a/temporary.txt", "a/temp/x"], &["temp", "a/b/temp"]);
    check("*/*/temp*", &["a/b/temp.txt"], &["a/temp.txt"]);
    check("temp?", &["tempa", "tempb/x"], &["temp", "tempab"]);
    check("*", &["a", "a/b"], &[]);
    check("**", &["a", "a/b"], &[]);
    check("*.md\n!README.md", &["a.md"], &["README.md", "x"]);
    check("*.md\n!README*.md\nREADME-secret.md", &["README-secret.md"], &["README.md"]);
    check("*.md\nREADME-secret.md\n!README*.md", &[], &["README-secret.md"]);
    check("a\n!a/b", &["a", "a/c"], &["a/b", "a/b/c"]);
    check("a/b\n!a", &[], &["a", "a/b"]);
    check("!a\na", &["a", "a/b"], &[]);
    check("*\n!src/**\n!go.mod", &["bin", "src"], &["src/a", "src/a/b", "go.mod"]);
    check("*\n!src", &["bin"], &["src", "src/a"]);
    check("!  spaced", &[], &["spaced"]);
    check("a\\ b", &["a b"], &["a"]);
    check("x[0-9]", &["x1"], &["xa"]);
}

#[test]
fn faults_name_file_and_line() {
    for (text, expect) in [
        ("a\n\n[b\n", "`dir/.rbuildignore`, line 3: `[b` is no pattern: `[` has no closing `]`"),
        ("!", "line 1: `!` is no pattern: `!` is followed by no pattern"),
        ("a\\", "line 1: `a\\` is no pattern"),
    ] {
        let message = parse(text).unwrap_err().to_string();
        assert!(message.contains(expect), "{message}");
    }
}

#[test]
fn a_directory_that_is_left_out_is_entered_only_for_a_reason() {
    let check = |text: &str, dir: &str, expect: bool| {
        assert_eq!(parse(text).unwrap().may_include_below(dir), expect, "{text:?} {dir}");
    };
    check("*", "a", false);
    check("*\n!a/b", "a", true);
    check("*\n!a/b", "b", false);
    check("*\n!a/b", "a/b", false);
    check("*\n!a/b", "a/c", false);
    check("*\n!a", "a", false);
    check("*\n!**/x", "a/b/c", true);
    check("*\n!src/**/x", "src/b/c", true);
    check("*\n!src/**/x", "lib", false);
    check("*\n!*/x", "a", true);
    check("*\n!*/x", "a/b", false);
    check("*\n![a-c]/x", "b", true);
    check("*\n![a-c]/x", "d", false);
}

#[test]
fn one_file_of_the_three_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path();
    assert_eq!(Ignore::load(path).unwrap(), Ignore::default());
    std::fs::write(path.join(".dockerignore"), "docker").unwrap();
    assert_eq!(Ignore::load(path).unwrap().patterns(), [""; 0]);
    assert_eq!(Ignore::load_for_dockerfile(path).unwrap().patterns(), ["docker"]);
    std::fs::write(path.join(".earthignore"), "!/earth/").unwrap();
    assert_eq!(Ignore::load(path).unwrap().patterns(), ["!earth"]);
    assert_eq!(Ignore::load_for_dockerfile(path).unwrap().patterns(), ["!earth"]);
    std::fs::write(path.join(".rbuildignore"), "ours").unwrap();
    let message = Ignore::load(path).unwrap_err().to_string();
    assert!(message.contains("`.rbuildignore` and `.earthignore` lie side by side"), "{message}");
}

#[test]
fn lines_can_be_put_behind() {
    let ignore = parse("!**").unwrap().and(&["Earthfile".to_owned(), "out".to_owned()]).unwrap();
    assert!(ignore.excludes("Earthfile") && ignore.excludes("out/x") && !ignore.excludes("dir/Earthfile"));
}
