use super::*;
use crate::cli::Arguments;
use clap::CommandFactory;
use std::collections::BTreeMap;

/// The words that layers come to, of which the first stands for what was typed.
fn check(layers: &[(&str, &[(&str, &str)])], typed: &[&str], expected: &[&str]) {
    let command = Arguments::command();
    let bare = command.clone().mut_args(|arg| arg.env(None::<&str>));
    let matches = bare.try_get_matches_from([&["rbuild"], typed].concat()).unwrap();
    let mut all = vec![typed::layer(&command, &matches, &[])];
    for (kind, values) in layers {
        let values: BTreeMap<&str, &str> = values.iter().copied().collect();
        all.push(match *kind {
            "variables" => {
                variables::layer(&command, &|name| values.get(name).map(ToString::to_string), &Origin::Variable)
            }
            text => file::parse(text, Path::new("config.toml"), Whose::User, &command).unwrap(),
        });
    }
    let settled = Settled { layer: merge(&command, all), ..Settled::default() };
    let words: Vec<String> = settled.words().into_iter().map(|word| word.into_string().unwrap()).collect();
    assert_eq!(words, expected, "{layers:?} {typed:?}");
}

#[test]
fn variables_give_what_nobody_typed() {
    let check = |variables: &[(&str, &str)], typed: &[&str], expected: &[&str]| {
        check(&[("variables", variables)], typed, expected);
    };
    check(&[("RBUILD_PUSH", "true")], &["+a"], &["--push"]);
    check(&[("EARTHLY_PUSH", "1"), ("RBUILD_PUSH", "off")], &["+a"], &[]);
    check(&[("EARTHLY_PUSH", "1"), ("RBUILD_PUSH", "")], &["+a"], &["--push"]);
    check(&[("EARTHLY_PLATFORMS", "linux/arm64")], &["+a"], &["--platform=linux/arm64"]);
    check(&[("RBUILD_MAX_PARALLELISM", "2")], &["-j", "3", "+a"], &[]);
    check(&[("RBUILD_MAX_PARALLELISM", "2")], &["plan", "-j", "3", "+a"], &[]);
    check(&[("RBUILD_BUILD_ARGS", "a=1,b=2")], &["+a"], &["--build-arg=a=1", "--build-arg=b=2"]);
    check(&[("EARTHLY_BUILD_ARGS", "a=1")], &["--build-arg", "c=3", "+a"], &[]);
}

#[test]
fn files_give_what_no_variable_does() {
    let file = "push = true\nmax-parallelism = 4\nbuild-arg = [\"a=1\", \"b=2\"]\n";
    check(&[(file, &[])], &["+a"], &["--build-arg=a=1", "--build-arg=b=2", "--max-parallelism=4", "--push"]);
    let no = ("variables", &[("RBUILD_PUSH", "no")][..]);
    check(&[no, (file, &[])], &["-j", "2", "--build-arg", "c=3", "+a"], &[]);
    check(&[("push = false", &[]), ("push = true\nci = true", &[])], &["+a"], &["--ci"]);
}

#[test]
fn an_option_rules_out_what_lower_layers_say() {
    check(&[("no-output = true", &[])], &["--output", "+a"], &[]);
    check(&[("output = true", &[])], &["--no-output", "+a"], &[]);
    check(&[("no-output = true", &[])], &["--image", "+a"], &[]);
    check(&[("output = false", &[]), ("no-output = true", &[])], &["+a"], &["--no-output"]);
}

#[test]
fn what_is_wrong_is_told_with_its_origin() {
    let command = Arguments::command();
    for (text, expected) in [
        ("max-parallelism = 0", "config.toml:1: `0` is no value of `max-parallelism`: give a number"),
        (
            "\nprogress = \"plian\"",
            "config.toml:2: `plian` is no value of `progress`: it is one of auto, fancy, plain, json; did you mean `plain`?",
        ),
    ] {
        let layer = file::parse(text, Path::new("config.toml"), Whose::User, &command).unwrap();
        let misuse = check_all(&command, &layer).unwrap_err();
        assert!(misuse.message.starts_with(expected), "{}", misuse.message);
    }
}
