//! Settings files, `rbuild config`, and what is said to words that rbuild does not know.

use super::project::Project;

const BUILDFILE: &str =
    "VERSION 1.0\n# test tests.\ntest:\n  FROM busybox\n  ARG version\n  RUN : %nonce%\nimage:\n  FROM busybox\n";

/// A project whose user has no settings yet.
fn plain() -> Project {
    Project::new().buildfile(BUILDFILE)
}

#[test]
fn every_value_is_told_with_its_origin() {
    let project = plain().env("XDG_CONFIG_HOME", "/nowhere").env("RBUILD_PULL", "1");
    project.write(".env", "EARTHLY_STRICT=1\n");
    project.write(".rbuild.toml", "# ours\nplatform = \"linux/amd64\"\nno-cache = true\n");
    project.write(
        "mine.toml",
        "no-cache = false\ngit-password = \"hunter2\"\nsecret = [\"A=hunter2\"]\nlock-timeout = \"5m\"\n",
    );
    let outcome = project.rbuild(["config", "--config", "mine.toml", "-j", "3"]).success();
    for line in [
        "max-parallelism         3 command line",
        "pull                    true $RBUILD_PULL",
        "strict                  true $EARTHLY_STRICT in .env",
        "platform                linux/amd64 .rbuild.toml:2",
        "no-cache                true .rbuild.toml:3",
        "lock-timeout            5m mine.toml:4",
        "push                    false default",
        "secret A=… mine.toml:3",
    ] {
        let words: Vec<&str> = line.split_whitespace().collect();
        let told = outcome.stdout.lines().any(|told| told.split_whitespace().eq(words.iter().copied()));
        assert!(told, "{line}\n{outcome}");
    }
    assert!(!outcome.stdout.contains("hunter2"), "{outcome}");
    let one = project.rbuild(["config", "--config", "mine.toml", "lock-timeout"]).success();
    assert_eq!(one.stdout, "5m\n");
    one.stderr_contains("from: mine.toml:4");
}

#[test]
fn settings_are_written_and_count() {
    let project = plain();
    let config = project.path("config");
    let project = project.env("XDG_CONFIG_HOME", &config.display().to_string());
    project.rbuild(["config", "progress", "json"]).success();
    assert_eq!(project.read("config/rbuild/config.toml").unwrap(), "progress = \"json\"\n");
    project.rbuild(["+nothing"]).code(2).stderr_contains("\"event\":\"error\"");
    project.rbuild(["config", "--delete", "progress"]).success();
    project.rbuild(["+nothing"]).code(2).stderr_contains("error: there is no target");
    project.rbuild(["config", "--project", "no-cache", "true"]).success();
    assert_eq!(project.read(".rbuild.toml").unwrap(), "no-cache = true\n");
    project.rbuild(["config", "--project", "no-cache"]).code(2).stderr_contains("nothing is to be changed");
    project.rbuild(["config", "--config", "/dev/null", "push"]).success();
    let refused = project.rbuild(["config", "--project", "push", "true"]).code(2);
    refused.stderr_contains("a project cannot set `push`: that is for its user to decide");
    project.rbuild(["config", "max-paralellism", "3"]).code(2).stderr_contains("did you mean `max-parallelism`?");
    project.rbuild(["config", "max-parallelism", "0"]).code(2).stderr_contains("at least 1");
}

#[test]
fn a_project_gets_no_rights_from_its_own_file() {
    for (line, expected) in [
        ("allow-privileged = true", ".rbuild.toml:1: a project cannot set `allow-privileged`"),
        ("docker-host = \"tcp://far:1\"", "a project cannot set `docker-host`"),
        ("strict = false", "a project cannot set `strict`: it may only turn that on"),
        ("build-arg = [\"HOME\"]", "a value from its user's environment is for the user to give"),
        ("pusch = true", "there is no setting `pusch`"),
        ("pull = 1", "write `pull = true`"),
        ("max-parallelism = 0", ".rbuild.toml:1: `0` is no value of `max-parallelism`"),
    ] {
        let project = plain().file(".rbuild.toml", line);
        project.rbuild(["+test"]).code(2).stderr_contains(expected);
    }
}

#[test]
fn words_that_make_no_sense_are_answered_with_what_was_meant() {
    let project = plain();
    for (words, expected) in [
        (&["test"][..], "did you mean `+test`?"),
        (&["tset"], "did you mean `+test`?"),
        (&["plna", "+test"], "did you mean `rbuild plan`?"),
        (&["+tset"], "did you mean `+test`?"),
        (&["--no-cahce", "+test"], "did you mean `--no-cache`?"),
        (&["+test", "--no-cahce"], "did you mean rbuild's option `--no-cache`?"),
        (&["+test", "--platform", "linux/arm64"], "`--platform` stands behind `+test`, and no ARG has this name"),
        (&["+test", "-j", "2"], "rbuild's own options go before the target: `rbuild -j … +test`"),
        (&["--artifact"], "no target is given"),
        (&["--push"], "write `rbuild --push +TARGET`"),
        (&["-j", "2"], "write `rbuild --max-parallelism … +TARGET`"),
        (&["build"], "no target is given"),
        (&["+test/app"], "`+test` saves no artifact `app`"),
        (&["build", "tset"], "did you mean `+test`?"),
        (&["--sat", "core", "+test"], "rbuild has no `--sat`: rbuild talks to no vendor's cloud"),
        (&["ls", "--buildkit-image=x"], "rbuild has no `--buildkit-image`"),
        (&["bootstrap"], "rbuild has no command `bootstrap`"),
        (&["--remote-cache=x,mode=all", "+test"], "`all` is no mode; there are `min` and `max`"),
        (&["--cache-from=A", "+test"], "the repository must be in lower case"),
    ] {
        project.start_with(words).finish().code(2).stderr_contains(expected);
    }
    let noted = project.env("EARTHLY_ORG", "x").start_with(&["plan", "+test", "--verison=2"]).finish().success();
    noted.stderr_contains("`EARTHLY_ORG` has no effect").stderr_contains("did you mean `version`?");
}

#[test]
fn a_command_line_for_earthfiles_works_without_what_has_no_effect() {
    let project = plain();
    let words = ["--org", "acme", "--no-sat", "--disable-analytics=true", "--no-sat", "plan", "--project=p", "+test"];
    let run = project.start_with(&words).finish().success();
    for name in ["--org", "--no-sat", "--disable-analytics", "--project"] {
        assert_eq!(run.stderr.matches(&format!("`{name}` has no effect")).count(), 1, "{name}: {}", run.stderr);
    }
    let help = project.rbuild(["--help"]).success();
    assert!(!help.stdout.contains("--no-sat"), "{help}");
}

#[test]
fn a_misspelt_platform_is_told_what_was_meant() {
    let project = Project::new().buildfile("FROM --platform=linux/amd46 busybox\nt:\n  RUN true\n");
    let planned = project.rbuild(["--platform=linux/arn64", "plan", "+t"]).success();
    planned.stderr_contains("did you mean `linux/amd64`?").stderr_contains("did you mean `--platform linux/arm64`?");
}

#[test]
fn paths_in_settings_may_begin_at_home() {
    let project = plain().file(".rbuild.toml", "").env("RBUILD_CACHE_DIR", "");
    let config = project.file("config.toml", "cache-dir = \"~/kept\"\n");
    let shown = config.rbuild(["--config", "config.toml", "config", "cache-dir"]).success();
    assert!(shown.stdout.contains("/kept") && !shown.stdout.contains('~'), "{shown}");
}

#[test]
fn a_switch_can_be_typed_with_a_no() {
    let project = plain().env("RBUILD_STRICT", "1").buildfile("LOCALLY\nt:\n  RUN true\n");
    project.rbuild(["+t"]).code(3);
    project.rbuild(["--strict=false", "+t"]).success();
    project.rbuild(["build", "--strict=no", "+t"]).success();
}

#[test]
fn the_version_needs_nothing() {
    let project = Project::new().file(".env", "wrong\n").file(".rbuild.toml", "wrong");
    for words in [&["--version"][..], &["-V"], &["ls", "--help"], &["-h"]] {
        project.start_with(words).finish().success();
    }
    project.rbuild(["ls"]).code(2);
}
