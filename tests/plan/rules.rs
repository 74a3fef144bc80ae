//! Rules of the language, one line each: what a small file comes to.

use super::world::{Images, Wish, World, show};
use rbuild::graph::image::ImageConfig;
use rbuild::graph::render;

/// What `rbuild plan --details --push +t` tells of these files, with arguments for `+t`. `==== path` begins another file than `Earthfile`.
fn plan(files: &str, args: &[(&str, &str)]) -> String {
    let mut parts = files.split("==== ");
    let mut all = vec![("Earthfile".to_owned(), parts.next().unwrap_or_default().to_owned())];
    all.extend(parts.map(|part| {
        let (name, text) = part.split_once('\n').unwrap();
        (name.to_owned(), text.to_owned())
    }));
    let world = World::new(&all);
    let mut images = Images::default();
    let config = r#"{"Env":["PATH=/bin","OF_IMAGE=image"],"WorkingDir":"/srv","Entrypoint":["/e"],"Cmd":["c"],
        "Shell":["/bin/bash","-c"]}"#;
    images.add("app", serde_json::from_str::<ImageConfig>(config).unwrap());
    let mut wish = Wish::target("t");
    wish.args = args.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let settings = rbuild::run::eval::Settings { push: true, allow_privileged: true, ..world.settings() };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let (plan, sources, faults) = runtime.block_on(world.plan(&[wish], settings, images));
    world.redact(&(show(&sources, &faults) + &render::text(&plan, true)))
}

/// Checks that these lines are in the plan, in this order; `!line`: that one is nowhere.
fn has(files: &str, lines: &[&str]) {
    has_with(files, &[], lines);
}

fn has_with(files: &str, args: &[(&str, &str)], lines: &[&str]) {
    let text = plan(files, args);
    assert!(!text.contains("error "), "{files}\n{text}");
    let mut rest = text.lines().map(str::trim);
    for line in lines {
        match line.strip_prefix('!') {
            Some(line) => assert!(!text.lines().any(|found| found.trim() == line), "`{line}` is in\n{text}"),
            None => assert!(rest.any(|found| found == *line), "`{line}` is not, or not there, in\n{text}"),
        }
    }
}

/// Checks the first fault.
fn fails(files: &str, fault: &str) {
    let text = plan(files, &[]);
    let first = text.lines().find(|line| line.starts_with("error ")).unwrap_or_default();
    assert!(first.contains(fault), "{files}\n{text}");
}

#[test]
fn version_lines() {
    has("# c\n\n   # d\nVERSION \\\n  --try \\ # e\n  0.8\nt:\n    FROM scratch\n    RUN x", &["sh -c \"x\""]);
    has(
        "VERSION --no-use-registry-for-with-docker --use-registry-for-with-docker 0.8\nt:\n FROM app\n RUN x",
        &["sh -c \"x\""],
    );
    has("t:\n  FROM scratch\n  RUN x\n", &["sh -c \"x\""]);
    fails("VERSION 0.8\nt:\n    FROM scratch\n    VERSION 0.8\n", "`VERSION`");
    fails("VERSION 0.8\nt:\n    FROM scratch\n    PROJECT a/b\n", "`PROJECT`");
    fails("FROM scratch\nVERSION 0.8\nt:\n", "`VERSION`");
}

#[test]
fn a_function_has_the_features_of_who_calls_it() {
    let lib = "==== lib/Earthfile\nVERSION 0.7\nF:\n    COMMAND\n    ARG OF_IMAGE=own\n    CACHE /c\n    RUN f\n";
    has(
        &format!("VERSION 0.8\nt:\n    FROM app\n    DO ./lib+F\n    SAVE IMAGE x\n{lib}"),
        &["env OF_IMAGE=own", "!1 +t | keep CACHE /c"],
    );
    has(
        &format!("VERSION 0.7\nt:\n    FROM app\n    DO ./lib+F\n    SAVE IMAGE x\n{lib}"),
        &["env OF_IMAGE=image", "copy / to /c/, contents of directories, links as links, times kept"],
    );
}

#[test]
fn the_last_value_of_an_argument_wins() {
    let u = "u:\n    ARG x\n    RUN u\n    SAVE ARTIFACT a\n    SAVE IMAGE u\nF:\n    FUNCTION\n    ARG x\n    RUN f\n";
    for call in [
        "FROM --build-arg x=2 --build-arg x=3 +u --x=1",
        "FROM +u --x=1 --x=2 --x 3",
        "COPY (+u/a --x=1 --x=3) .",
        "COPY --build-arg x=3 (+u/a --x=1) .",
        "WITH DOCKER --build-arg x=3 --load=(+u --x=1)\n        RUN d\n    END",
    ] {
        has(&format!("VERSION 0.8\nFROM app\nt:\n    {call}\n    RUN t\n{u}"), &["sh -c \"u\"", "env x=3"]);
    }
    has(&format!("VERSION 0.8\nFROM app\nt:\n    DO --build-arg x=3 +F --x=1\n{u}"), &["sh -c \"f\"", "env x=3"]);
}

#[test]
fn all_arguments_are_passed_where_that_is_said() {
    let sub = "==== sub/Earthfile\nVERSION 0.8\nFROM app\nu:\n    ARG over\n    ARG own\n    ARG let\n    ARG glob\n    ARG TARGETARCH\n    RUN u\n    SAVE ARTIFACT a\n    SAVE IMAGE u\nF:\n    FUNCTION\n    ARG over\n    ARG own\n    ARG let\n    ARG glob\n    ARG TARGETARCH\n    RUN u\n";
    let head =
        "VERSION 0.8\nFROM app\nARG --global glob=g\nt:\n    ARG own=o\n    ARG TARGETARCH\n    LET let = l\n    ";
    for (call, passed) in [
        ("FROM --pass-args ./sub+u", true),
        ("BUILD --pass-args ./sub+u", true),
        ("COPY --pass-args ./sub+u/a .", true),
        ("DO --pass-args ./sub+F", true),
        ("WITH DOCKER --pass-args --load ./sub+u\n        RUN d\n    END", true),
        ("FROM ./sub+u", false),
        ("BUILD ./sub+u", false),
        ("COPY ./sub+u/a .", false),
        ("DO ./sub+F", false),
        ("WITH DOCKER --load ./sub+u\n        RUN d\n    END", false),
    ] {
        let (over, own, glob) = if passed { ("c", "o", "g") } else { ("", "", "") };
        let lines = [
            "sh -c \"u\"".to_owned(),
            format!("env over={over}"),
            format!("env own={own}"),
            "env let=".to_owned(),
            format!("env glob={glob}"),
            "env TARGETARCH=amd64".to_owned(),
        ];
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        has_with(&format!("{head}{call}\n{sub}"), &[("over", "c")], &lines);
    }
}

#[test]
fn arguments_reach_targets_of_the_file_that_is_written_as_this_one() {
    let file = "VERSION 0.8\nFROM app\nIMPORT . AS self\nt:\n    CALL\nu:\n    ARG over=default\n    RUN u\n    SAVE ARTIFACT a\n    SAVE IMAGE u\nF:\n    FUNCTION\n    ARG over=default\n    RUN u\n";
    for (call, seen) in [
        ("BUILD +u", "c"),
        ("BUILD ./+u", "c"),
        ("COPY ./+u/a .", "c"),
        ("FROM +u", "c"),
        ("WITH DOCKER --load +u\n        RUN d\n    END", "c"),
        ("WITH DOCKER --load self+u\n        RUN d\n    END", "default"),
        ("BUILD self+u", "default"),
        ("BUILD --pass-args self+u", "c"),
        ("FROM self+u", "default"),
        ("COPY self+u/a .", "default"),
        ("BUILD ../project+u", "default"),
        ("DO +F", "default"),
        ("DO --pass-args +F", "c"),
    ] {
        has_with(&file.replace("CALL", call), &[("over", "c")], &["sh -c \"u\"", &format!("env over={seen}")]);
    }
}

#[test]
fn flags_of_a_run_take_variables() {
    let run =
        |flag: &str| format!("VERSION 0.8\nt:\n    FROM app\n    ARG n=none\n    ARG yes=true\n    RUN {flag} x\n");
    has(&run("--network=$n"), &["sh -c \"x\"", "without network"]);
    has(&run("--network=$unset"), &["sh -c \"x\"", "!without network"]);
    fails(&run("--network=$yes"), "network: `true` is not a network; the only value is `none`");
    has(&run("--privileged=$yes"), &["sh -c \"x\"", "privileged"]);
    fails(&run("--privileged=$n"), "flag-value: `none` is neither `true` nor `false`");
    fails(
        "t:\n    FROM app\n    ARG v=3\n    DO +F\nF:\n    COMMAND\n    GIT CLONE x y\n"
            .replace("FROM app", "")
            .as_str(),
        "needs-from: `GIT CLONE` needs an image to start from",
    );
}

#[test]
fn blocks_are_no_scopes() {
    has(
        "VERSION --try 0.8\nt:\n    FROM app\n    WAIT\n        ARG a=1\n    END\n    TRY\n        RUN x\n    FINALLY\n        SAVE ARTIFACT y AS LOCAL y\n    END\n    IF true\n        LET b=2\n        ENV C=3\n        IMPORT ./lib AS l\n    END\n    FOR f IN 1 2\n        LET last = $f\n    END\n    RUN after\n    DO l+F\n==== lib/Earthfile\nVERSION 0.8\nF:\n    FUNCTION\n    RUN f\n",
        &["sh -c \"after\"", "env C=3", "env a=1", "env b=2", "env last=2", "!env f=2", "sh -c \"f\""],
    );
}

#[test]
fn what_is_not_done_is_checked_all_the_same() {
    fails("VERSION 0.8\nt:\n    FROM app\n    RUN --push=false --secret 1x=y a\n", "secret");
    fails("VERSION 0.8\nt:\n    FROM +u\nu:\n    FROM app\n    ARG s=1x=y\n    RUN --push --secret $s a\n", "secret");
}

#[test]
fn machines_are_known_to_every_step() {
    let text = "VERSION 0.8\nt:\n    FROM app\n    HOST h 1.2.3.4\n    IF ping h\n        RUN a\n    END\n    ARG x=$(ping h)\n    FOR y IN $(ping h)\n        RUN b\n    END\n";
    let found = plan(text, &[]);
    assert_eq!(found.matches("host h is 1.2.3.4").count(), 5, "{found}");
}

#[test]
fn expansion_in_rare_places() {
    has(
        "VERSION 0.8\nt:\n    FROM app\n    ARG p=8080\n    ARG v=\"/v $p\"\n    EXPOSE 127.0.0.1:80:$p/udp\n    VOLUME \"$v\"\n    LABEL \"l.$p\"='$p'\n    CMD [\"$p\"]\n    ENTRYPOINT [\"$(x)\"]\n    ENV E=a\\ b\\$p\n    SAVE IMAGE x\n",
        &["env E=a b$p", "entrypoint [\"$(x)\"]", "cmd [\"$p\"]", "port 8080/udp", "volume /v 8080", "label l.8080=$p"],
    );
}

#[test]
fn flags_are_expanded() {
    let file = |lines: &str| {
        format!("VERSION 0.8\nt:\n    FROM app\n    ARG none=none\n    ARG n=3\n{lines}    SAVE IMAGE x\n")
    };
    has(&file("    RUN --network=$none a\n"), &["sh -c \"a\"", "without network"]);
    has(&file("    RUN --network=$unset a\n"), &["sh -c \"a\"", "!without network"]);
    fails(&file("    RUN --network=$n a\n"), "`3` is not a network");
    fails(&file("    LOCALLY\n    RUN --network=$none a\n"), "RUN --network=none");
    has(
        &file("    HEALTHCHECK --interval=${n}s --timeout $n\\m --start-period=$unset --retries=$n CMD a\n"),
        &["health check [\"CMD-SHELL\", \"a\"], interval 3s, timeout 180s, 3 retries"],
    );
    fails(&file("    HEALTHCHECK --interval=$n CMD a\n"), "`3` is not a duration");
    fails(&file("    HEALTHCHECK --retries=$none CMD a\n"), "`none` is not a number of retries");
}

#[test]
fn a_variable_may_name_an_artifact() {
    let file = |lines: &str| {
        format!(
            "VERSION 0.8\nFROM app\nt:\n    ARG a=+u/a\n    ARG p=p\n{lines}u:\n    ARG x\n    RUN u\n    SAVE ARTIFACT a\n"
        )
    };
    for line in
        ["COPY --build-arg x=1 $a .", "COPY ($a --x=1) .", "COPY (\"$a\" --x=1) $a .", "LOCALLY\n    COPY ($a --x=1) ."]
    {
        has(&file(&format!("    {line}\n")), &["sh -c \"u\"", "env x=1"]);
    }
    has(
        &file("    COPY --platform=linux/arm64 $a .\n"),
        &["docker.io/library/app:latest for linux/arm64", "sh -c \"u\""],
    );
    has(&file("    COPY $p d\n"), &["p of /project"]);
    has(&file("    COPY --platform=linux/arm64 $p d\n"), &["p of /project"]);
    has(
        &file("    ARG f=c\\\\+\n    COPY +u/$f d/$f.\n"),
        &["copy /c+ to /srv/d/c\\+., contents of directories, owner 0:0"],
    );
    fails(&file("    COPY ($p --x=1) .\n"), "`p`, which is not a reference to an artifact");
    fails(&file("    COPY $a $p .\n"), "cannot take both artifacts and files");
    fails(&file("    LOCALLY\n    COPY $p .\n"), "COPY of files of the build context");
}

#[test]
fn before_0_7_values_may_begin_with_a_command() {
    has(
        "VERSION 0.6\nFROM app\nt:\n    ARG v=\"$(cat v)\"\n    ARG w=$(cat v)-$OF_IMAGE\n    ARG x=v$(cat v)\n    ENV y=$(cat v)\n    RUN t\n    BUILD +u --z=\"$(cat z)\"\nu:\n    ARG z\n    RUN u\n",
        &[
            "sh -c \"t\"",
            "env y=$(cat v)",
            "env v=<$(cat v)>",
            "env w=<$(cat v)>-image",
            "env x=v$(cat v)",
            "sh -c \"u\"",
            "env z=<$(cat z)>",
        ],
    );
}

#[test]
fn an_entry_point_clears_the_command_of_others() {
    let image = |lines: &str| format!("VERSION 0.8\nt:\n    FROM app\n{lines}    SAVE IMAGE x\n");
    has(&image("    ENTRYPOINT [\"a\"]\n"), &["entrypoint [\"a\"]", "cmd []"]);
    has(&image("    CMD [\"b\"]\n    ENTRYPOINT [\"a\"]\n"), &["entrypoint [\"a\"]", "cmd [\"b\"]"]);
}

#[test]
fn a_file_may_be_read_and_written_by_one_build() {
    let files = "VERSION 0.8\nFROM app\nt:\n    BUILD +deps\n    BUILD +lint\ndeps:\n    COPY go.sum .\n    RUN tidy\n    SAVE ARTIFACT go.sum AS LOCAL go.sum\nlint:\n    COPY go.sum .\n    RUN lint\n";
    has(files, &["sh -c \"tidy\"", "go.sum to go.sum from /project"]);
    has(files, &["sh -c \"lint\""]);
}

#[test]
fn arguments_go_on_to_references_of_the_same_file_alone() {
    let sub = "VERSION 0.8\nIMPORT . AS me\nFROM app\nv:\n    CALL\nu:\n    ARG x=own\n    RUN u\n";
    for (reference, value) in [("+u", "c"), ("./+u", "c"), ("./.+u", "c"), ("../sub+u", "own"), ("me+u", "own")] {
        let file = sub.replace("CALL", &format!("BUILD {reference}"));
        let files = format!("VERSION 0.8\nt:\n    FROM --pass-args ./sub+v\n==== sub/Earthfile\n{file}");
        has_with(&files, &[("x", "c")], &["sh -c \"u\"", &format!("env x={value}")]);
    }
}

#[test]
fn built_in_values_belong_to_a_version() {
    let file = |version: &str, names: &str| {
        let declared: String = names.split(' ').map(|name| format!("    ARG {name}\n")).collect();
        format!("VERSION {version}\nt:\n    FROM app\n{declared}    RUN x\n")
    };
    let version = format!("={}", env!("CARGO_PKG_VERSION"));
    for (since, names, values) in [
        ("0.6", "EARTHLY_VERSION RBUILD_VERSION EARTHLY_CI EARTHLY_PUSH EARTHLY_LOCALLY NATIVEARCH", ["="; 6]),
        (
            "0.7",
            "EARTHLY_VERSION RBUILD_VERSION EARTHLY_CI EARTHLY_PUSH EARTHLY_LOCALLY NATIVEARCH",
            [&version, &version, "=false", "=true", "=false", "=amd64"],
        ),
        (
            "0.7",
            "NATIVEOS NATIVEVARIANT EARTHLY_GIT_REFS EARTHLY_GIT_AUTHOR EARTHLY_BUILD_SHA EARTHLY_CI_RUNNER",
            ["=linux", "=", "=", "=an@example.org", "=", "="],
        ),
        (
            "0.8",
            "USEROS USERARCH USERVARIANT EARTHLY_GIT_REFS EARTHLY_GIT_AUTHOR EARTHLY_GIT_AUTHOR_NAME",
            ["=linux", "=arm64", "=", "=feature/x main", "=an@example.org", "="],
        ),
        (
            "--git-author-email-name-args --earthly-ci-runner-arg 0.8",
            "RBUILD_GIT_AUTHOR EARTHLY_GIT_AUTHOR_NAME EARTHLY_GIT_AUTHOR_EMAIL EARTHLY_CI_RUNNER RBUILD_PUSH RBUILD_CI",
            ["=An Author <an@example.org>", "=An Author", "=an@example.org", "=false", "=true", "=false"],
        ),
    ] {
        let lines: Vec<String> =
            names.split(' ').zip(values).map(|(name, value)| format!("env {name}{value}")).collect();
        has(&file(since, names), &lines.iter().map(String::as_str).collect::<Vec<_>>());
    }
}

#[test]
fn ids_of_caches_count_since_0_8() {
    let file = |version: &str| format!("VERSION {version}\nt:\n    FROM app\n    CACHE --id a /c\n    RUN x\n");
    has(&file("0.8"), &["mount /c: cache ns/id/a, locked"]);
    has(&file("0.7"), &["sh -c \"x\"", "!mount /c: cache ns/id/a, locked"]);
}

#[test]
fn questions_take_the_flags_of_steps() {
    let head = "VERSION 0.8\nt:\n    FROM app\n    ARG m=type=tmpfs,target=/m\n    ARG s=A=b\n    CACHE --id first /c\n    CACHE --id second /c\n";
    for block in ["IF --mount=$m --secret=$s --privileged a", "FOR --mount=$m --secret=$s --privileged x IN $(a)"] {
        has(
            &format!("{head}    {block}\n        RUN b\n    END\n"),
            &["env A from secret b", "mount /c: cache ns/id/first, locked", "mount /m: memory", "privileged"],
        );
    }
}

#[test]
fn caches_belong_to_a_target_of_a_repository() {
    let cache = |dir: &str, target: &str| {
        let file = "VERSION 0.8\nFROM app\nt:\n    CACHE /c\n    RUN x\nu:\n    CACHE /c\n    RUN x\n";
        let text = plan(&format!("VERSION 0.8\nt:\n    FROM {dir}+{target}\n==== {dir}/Earthfile\n{file}"), &[]);
        text.lines().find(|line| line.contains("mount /c: cache")).expect("it has a cache").to_owned()
    };
    // Each is planned in a directory of its own, as two clones are.
    assert_eq!(cache("./a", "t"), cache("./a", "t"));
    assert_ne!(cache("./a", "t"), cache("./a", "u"));
    assert_ne!(cache("./a", "t"), cache("./b", "t"));
    assert_ne!(cache("./no-git", "t"), cache("./no-git", "t"));
}

#[test]
fn branches_that_may_be_taken_know_nothing_of_each_other() {
    for (version, command, fault) in
        [("0.8", "RUN --interactive sh", "interactive: only"), ("0.6", "RUN --push p", "push-last")]
    {
        let file = |behind: &str| {
            let block = format!("    IF rm x\n        {command}\n    ELSE\n        RUN b\n    END\n{behind}");
            format!("VERSION {version}\nt:\n    FROM app\n{block}")
        };
        has(&file(""), &["sh -c \"b\""]);
        // Behind them, any may have been taken.
        fails(&file("    RUN c\n"), fault);
    }
    let lists = "VERSION 0.8\nt:\n    FROM app\n    FOR x IN $(ls)\n        RUN --interactive sh\n    END\n    RUN c\n";
    fails(lists, "interactive: only");
    let caught = "VERSION 1.0\nt:\n    FROM app\n    TRY\n        RUN a\n    CATCH\n        RUN --interactive sh\n    FINALLY\n        SAVE ARTIFACT x AS LOCAL x\n    END\n    RUN c\n";
    has(caught, &["sh -c \"c\""]);
}

#[test]
fn faults_of_sources_that_variables_bring() {
    let copy = |what: &str| {
        format!(
            "VERSION 0.8\nt:\n    FROM app\n    ARG file=a.txt\n    COPY {what} ./\nu:\n    FROM app\n    SAVE ARTIFACT a\n"
        )
    };
    fails(&copy("+u/a $file"), "copy-mixed");
    fails(&copy("$file +u/a"), "copy-mixed");
    fails(&copy("($file --x=1)"), "invalid-reference: arguments are given to `a.txt`");
}

#[test]
fn a_set_is_refused_in_one_way() {
    let behind = |test: &str, command: &str| {
        let block = format!("    IF {test}\n        {command}\n    END\n");
        format!("VERSION 0.8\nt:\n    FROM app\n{block}    SET x = 2\n")
    };
    fails(&behind("[ a = a ]", "ARG x=1"), "set-undeclared: `x` is an `ARG` and cannot be used with `SET`");
    fails(&behind("[ a = b ]", "LET x = 1"), "set-undeclared: `x` is not declared in this recipe");
}

#[test]
fn the_end_of_a_block_is_not_explained_by_its_last_command() {
    // The target that is built comes to need this one while the path is looked up.
    let circle = "VERSION 0.8\nt:\n    FROM app\n    WAIT\n        BUILD +back --x=1\n        WORKDIR a$Y\n    END\nback:\n    FROM +t\n";
    let text = plan(circle, &[]);
    assert!(text.contains("error cycle") && text.contains("`WAIT`") && !text.contains("$Y"), "{text}");
}

#[test]
fn recipes_that_are_shown_alike_have_moments_of_their_own() {
    let alike = "==== alike/Buildfile\nVERSION 1.0\nARG --global x\nLOCALLY\nRUN gen $x\nFROM app\nu:\n    COPY src /s\n    RUN u\n";
    let text = plan(&format!("VERSION 0.8\nt:\n    BUILD ./alike+u --x=1\n    BUILD ./alike+u --x=2\n{alike}"), &[]);
    assert_eq!(text.matches("| context src\n").count(), 2, "{text}");
}
