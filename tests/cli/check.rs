//! `rbuild check`.

use super::project::Project;
use super::schema::Schema;
use insta::assert_snapshot;
use serde_json::Value;

const TROUBLE: &str = "\
VERSION 1.0
IMPORT ./lib AS lib
FROM alpine
ARG --global RELEASE=1

image:
    ARG RELEASE
    ARG TAG
    RUN cd /src
    BUILD lib+image
    SAVE IMAGE app:$TAG
";

const LIBRARY: &str = "\
VERSION 1.0
FROM alpine:3.20

# image makes it.
# rbuild: allow(exposed-secret)
image:
    ENV API_TOKEN=public
    RUN apt-get install curl
";

fn project() -> Project {
    Project::new().buildfile(TROUBLE).file("lib/Buildfile", LIBRARY)
}

#[test]
fn lints_look_at_a_file_and_at_all_that_it_names() {
    assert_snapshot!(project().rbuild(["check"]).code(1).report());
}

#[test]
fn a_file_without_trouble_is_not_spoken_of() {
    let project = Project::new().buildfile("VERSION 1.0\nFROM alpine:3.20\n\ntest:\n    RUN true\n");
    assert_eq!(project.rbuild(["check"]).success().report(), "exit 0\n");
}

#[test]
fn warnings_are_errors_where_they_are_denied() {
    let project = project().buildfile("VERSION 1.0\nFROM alpine\n\ntest:\n    RUN true\n");
    let outcome = project.rbuild(["check"]).success();
    assert!(outcome.stdout.starts_with("warning[latest-image]"), "{outcome}");
    for deny in ["--deny=warnings", "--deny=latest-image"] {
        let outcome = project.rbuild(["check", deny]).code(1);
        assert!(outcome.stdout.starts_with("error[latest-image]"), "{outcome}");
    }
    let _ended = project.rbuild(["check", "--deny=unused-arg"]).success();
    let _ended =
        project.rbuild(["check", "--deny=latest-imag"]).code(2).stderr_contains("did you mean `latest-image`?");
}

#[test]
fn faults_are_shown_beside_what_lints_find_in_other_files() {
    let project = project().file("lib/Buildfile", "FROM alpine\nimage:\n    RUNN x\n");
    let outcome = project.rbuild(["check", "--format=json"]).code(3);
    let found: Vec<Value> = outcome.stdout.lines().map(|line| serde_json::from_str(line).expect("is JSON")).collect();
    let schema = Schema::progress();
    found.iter().for_each(|object| schema.check(object).unwrap_or_else(|fault| panic!("{fault}")));
    let codes: Vec<&str> = found.iter().filter_map(|object| object["code"].as_str()).collect();
    assert!(codes.contains(&"unknown-command") && codes.contains(&"lost-shell-state"), "{outcome}");
    let in_library = |object: &&Value| object["labels"][0]["location"]["file"] == "lib/Buildfile";
    assert_eq!(found.iter().filter(in_library).count(), 1, "a file with errors is not looked at by lints: {outcome}");
}

#[test]
fn code_scanning_gets_a_log() {
    let outcome = project().rbuild(["check", "--format", "sarif", "lib"]).code(1);
    let log: Value = serde_json::from_str(&outcome.stdout).expect("is JSON");
    let results = log["runs"][0]["results"].as_array().expect("there are results");
    assert_eq!(results.len(), 1, "{outcome}");
    assert_eq!(results[0]["ruleId"], "apt-without-yes");
    assert_eq!(results[0]["level"], "error");
    let place = &results[0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "lib/Buildfile");
    assert_eq!(place["region"]["startLine"], 8);
    let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().expect("there are rules");
    assert!(rules.iter().any(|rule| rule["id"] == "apt-without-yes" && rule["fullDescription"]["text"].is_string()));
}

/// What SARIF 2.1.0 requires, and what code scanning needs beyond that.
#[test]
fn every_result_names_its_rule_and_a_place() {
    let project = project().file("lib two/Buildfile", "VERSION 1.0\nFROM alpine\n\u{e4}\n  RUN true\n");
    let outcome = project.rbuild(["check", "--format", "sarif", ".", "lib two"]).code(3);
    let log: Value = serde_json::from_str(&outcome.stdout).expect("is JSON");
    assert_eq!((&log["version"], log["runs"].as_array().map(Vec::len)), (&"2.1.0".into(), Some(1)));
    let driver = &log["runs"][0]["tool"]["driver"];
    assert_eq!(driver["name"], "rbuild");
    let rules: Vec<&str> =
        driver["rules"].as_array().into_iter().flatten().filter_map(|rule| rule["id"].as_str()).collect();
    let results = log["runs"][0]["results"].as_array().expect("there are results");
    assert!(results.len() > 4, "{outcome}");
    for result in results {
        let index = result["ruleIndex"].as_u64().and_then(|index| usize::try_from(index).ok()).expect("a position");
        assert_eq!(Some(rules[index]), result["ruleId"].as_str(), "{result:#}");
        assert!(["error", "warning"].contains(&result["level"].as_str().unwrap_or_default()), "{result:#}");
        assert!(result["message"]["text"].as_str().is_some_and(|text| !text.is_empty()), "{result:#}");
        let places = result["locations"].as_array().expect("there are places");
        assert_eq!(places.len(), 1, "{result:#}");
        for place in places.iter().chain(result["relatedLocations"].as_array().into_iter().flatten()) {
            let place = &place["physicalLocation"];
            let uri = place["artifactLocation"]["uri"].as_str().expect("a URI");
            assert!(["Buildfile", "lib/Buildfile", "lib%20two/Buildfile"].contains(&uri), "{uri}");
            let at = |name: &str| place["region"][name].as_u64().expect("a number");
            assert!(at("startLine") >= 1 && at("startColumn") >= 1, "{place:#}");
            assert!((at("endLine"), at("endColumn")) >= (at("startLine"), at("startColumn")), "{place:#}");
        }
    }
}

#[test]
fn arguments_for_targets_of_other_files_are_looked_at() {
    let lib = "VERSION 1.0\nFROM alpine:3.20\nimage:\n    ARG version=1\n    RUN echo $version\n";
    let project = Project::new().file("lib/Buildfile", lib).buildfile(
        "VERSION 1.0\nIMPORT ./lib AS l\nFROM alpine:3.20\nall:\n    BUILD l+image --vresion=2\n    BUILD ./lib+image --version=2\n",
    );
    let found = project.rbuild(["check"]).success();
    assert!(
        found.stdout.contains("warning[unknown-arg]") && found.stdout.contains("did you mean `--version`?"),
        "{found}"
    );
    assert!(found.stdout.contains("1 warning in 1 file"), "{found}");
}

#[test]
fn lints_are_explained() {
    let project = Project::new();
    assert_snapshot!(project.rbuild(["check", "--explain", "lost-shell-state"]).success().report());
    let list = project.rbuild(["check", "--explain", "all"]).success();
    assert!(list.stdout.lines().count() > 10 && list.stdout.contains("\nlatest-image "), "{list}");
    let _ended =
        project.rbuild(["check", "--explain", "nothing"]).code(2).stderr_contains("there is no lint `nothing`");
}
