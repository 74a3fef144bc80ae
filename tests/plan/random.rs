//! Random programs neither panic nor hang.

use super::world::{Images, Wish, World, show};
use proptest::prelude::*;
use rbuild::diagnostic::Diagnostic;
use rbuild::graph::image::ImageConfig;
use rbuild::graph::render;
use std::time::Duration;

/// Far more than a small program takes.
const QUICKLY: Duration = Duration::from_secs(20);

/// A word as it may stand behind a command, with what users get wrong in it.
fn word() -> impl Strategy<Value = String> {
    let fixed = prop::sample::select(vec![
        "a",
        "b",
        "x",
        "/a",
        "/",
        ".",
        "..",
        "./",
        "a/",
        "../x",
        "*",
        "a*",
        "a b",
        "\"a $x\"",
        "'$x'",
        "$x",
        "$y",
        "$x$y",
        "${x:-d}",
        "${y:?m}",
        "+a",
        "+b",
        "+$x",
        "+a/x",
        "+b/*",
        "./s+a",
        "./s+a/x",
        "../project+a",
        "(+a/x --x=1)",
        "\\+",
        "a+b",
        "=",
        "#",
        "linux/arm64",
        "native",
        "80",
        "scratch",
        "app:1",
        "other:1",
        "a:b:c",
        "true",
        "false",
        "0755",
        "[\"a\", \"b\"]",
        "--",
        "AS",
        "LOCAL",
        "type=cache,target=/c",
        "type=tmpfs,target=$x",
        "é",
        "\"",
        "<<E",
    ]);
    prop_oneof![8 => fixed.prop_map(str::to_owned), 1 => "[ -~]{0,6}"]
}

fn flag() -> impl Strategy<Value = String> {
    let names = prop::sample::select(vec![
        "dir",
        "chown",
        "chmod",
        "keep-ts",
        "keep-own",
        "if-exists",
        "symlink-no-follow",
        "platform",
        "pass-args",
        "build-arg",
        "push",
        "no-cache",
        "entrypoint",
        "secret",
        "mount",
        "network",
        "global",
        "required",
        "force",
        "id",
        "sharing",
        "persist",
        "x",
        "y",
    ]);
    (names, prop::option::of(word())).prop_map(|(name, value)| match value {
        Some(value) => format!("--{name}={value}"),
        None => format!("--{name}"),
    })
}

fn command() -> impl Strategy<Value = String> {
    let keywords = prop::sample::select(vec![
        "FROM",
        "RUN",
        "COPY",
        "SAVE ARTIFACT",
        "SAVE IMAGE",
        "BUILD",
        "WORKDIR",
        "USER",
        "CMD",
        "ENTRYPOINT",
        "EXPOSE",
        "LABEL",
        "VOLUME",
        "HEALTHCHECK",
        "CACHE",
        "HEALTHCHECK CMD",
        "PROJECT",
    ]);
    let names = prop::sample::select(vec!["x", "y", "z", "EARTHLY_GIT_HASH", "TARGETARCH"]);
    let values = prop::sample::select(vec!["ARG", "ARG --global", "ARG --required", "LET", "SET", "ENV"]);
    let call =
        ("FROM|BUILD|COPY", prop::sample::select(vec!["+a", "+b", "+c", "./s+a", "./s+b"]), flag(), "[a-c$]{0,3}");
    prop_oneof![
        3 => (keywords, prop::collection::vec(flag(), 0..2), prop::collection::vec(word(), 0..4))
            .prop_map(|(keyword, flags, words)| format!("{keyword} {} {}", flags.join(" "), words.join(" "))),
        2 => (values, names, prop::option::of(word())).prop_map(|(keyword, name, value)| match value {
            Some(value) => format!("{keyword} {name}={value}"),
            None => format!("{keyword} {name}"),
        }),
        // Calls that mean something: what goes wrong in them is found late.
        2 => call.prop_map(|(keyword, target, flag, value)| match keyword.as_str() {
            "COPY" => format!("COPY ({target}/x --x=$x{value}) ."),
            _ if flag.starts_with("--platform") || flag == "--pass-args" => format!("{keyword} {flag} {target} --x=$x{value}"),
            _ => format!("{keyword} {target} --x=$x{value}"),
        }),
        1 => Just("SAVE ARTIFACT x".to_owned()),
        1 => Just("RUN x".to_owned()),
    ]
}

fn file() -> impl Strategy<Value = String> {
    let version = prop::sample::select(vec!["", "VERSION 0.6\n", "VERSION 0.7\n", "VERSION 0.8\n", "VERSION 1.0\n"]);
    let recipe = || prop::collection::vec(command(), 0..6);
    (version, prop::bool::ANY, prop::collection::vec(command(), 0..2), recipe(), recipe(), recipe()).prop_map(
        |(version, from, base, a, b, c)| {
            let mut text = version.to_owned();
            if from {
                text += "FROM app:1\n";
            }
            text.extend(base.iter().map(|command| format!("{command}\n")));
            for (name, recipe) in [("a", a), ("b", b), ("c", c)] {
                text += &format!("{name}:\n");
                text.extend(recipe.iter().map(|command| format!("    {command}\n")));
            }
            text
        },
    )
}

/// A command that is right as far as one can see before its variables have values.
fn tame_command() -> impl Strategy<Value = String> {
    let templates = prop::sample::select(vec![
        "RUN echo $x",
        "RUN --no-cache=$x a",
        "RUN --push=$y a",
        "RUN --secret=$x a",
        "RUN --mount=$x a",
        "RUN --entrypoint $x",
        "RUN --push p",
        "COPY $x .",
        "COPY a $y",
        "COPY a $x b",
        "COPY --dir $x /d",
        "COPY --if-exists $x/ $y/",
        "COPY --chown=$x a b",
        "COPY --chmod=$x a b",
        "COPY +a/$x .",
        "COPY +$x/b .",
        "COPY --platform=$x +b/x .",
        "COPY (+c/x --x=$y) .",
        "COPY ./s+a/x .",
        "SAVE ARTIFACT x",
        "SAVE ARTIFACT $x",
        "SAVE ARTIFACT $x $y",
        "SAVE ARTIFACT x AS LOCAL $x",
        "SAVE ARTIFACT --if-exists $y/ d/ AS LOCAL ./o/",
        "SAVE IMAGE $x",
        "SAVE IMAGE i:$x",
        "SAVE IMAGE --push i",
        "BUILD +$x",
        "BUILD +a --x=$y",
        "BUILD +b --x=1 --x=$y --y=2",
        "BUILD --platform=$x --platform=linux/arm64 +c --x=$x",
        "BUILD ./s+b --x=$x",
        "BUILD --build-arg x +c --y=1",
        "BUILD ../project+a --x=z$x",
        "FROM $x",
        "FROM +b --x=$x",
        "FROM --platform=$y app:1",
        "FROM ./s+c",
        "FROM +base",
        "FROM scratch",
        "SET z = $z$x",
        "ENV x=$y",
        "ENV PATH=$x:$PATH",
        "ENV e=${x%a}${y:-b}${z:?c}",
        "WORKDIR $x",
        "USER $y",
        "CMD $x",
        "ENTRYPOINT [\"a\"]",
        "EXPOSE $x",
        "LABEL $x=$y",
        "VOLUME $x",
        "HEALTHCHECK CMD $x",
        "HEALTHCHECK NONE",
        "CACHE $x",
        "CACHE --id=$y $x/c",
        "CACHE --chmod=$x /c",
    ]);
    templates.prop_map(str::to_owned)
}

fn tame_file() -> impl Strategy<Value = String> {
    let version = prop::sample::select(vec!["VERSION 0.8\n", "VERSION 1.0\n"]);
    let value = || {
        prop_oneof![
            4 => prop::sample::select(vec![
                "a", "b", "c", "true", "1", "80", "+a", "+b", "+c/x", "./s+a", "app:1", "linux/arm64", "/abs", "type=cache,target=/t", "0644", "A=b",
            ]).prop_map(str::to_owned),
            1 => "[ -!%-~]{0,8}".prop_filter("opens no quote", |text| !text.contains(['"', '\'', '\\', '#'])),
        ]
    };
    let recipe = move || (value(), value(), prop::collection::vec(tame_command(), 0..4));
    (version, recipe(), recipe(), recipe()).prop_map(|(version, a, b, c)| {
        let mut text = format!("{version}FROM app:1\nARG --global g=global\n");
        for (name, (x, y, commands)) in [("a", a), ("b", b), ("c", c)] {
            text += &format!("{name}:\n    ARG x={x}\n    ARG y={y}\n    LET z = $x\n");
            text.extend(commands.iter().map(|command| format!("    {command}\n")));
            text += "    SAVE ARTIFACT x\n";
        }
        text
    })
}

/// Plans every target, and looks at what came of it in every way. Gives whether there was a plan.
fn check(root: &str, sub: &str) -> bool {
    let world = World::new(&[("Buildfile".to_owned(), root.to_owned()), ("s/Earthfile".to_owned(), sub.to_owned())]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let mut images = Images::default();
    let config = r#"{"Env":["PATH=/bin","y=image"],"WorkingDir":"/srv","User":"app","Entrypoint":["/e"]}"#;
    images.add("app:1", serde_json::from_str::<ImageConfig>(config).unwrap());
    let mut settings = world.settings();
    settings.push = true;
    let wishes = ["a", "b", "c"].map(Wish::target);
    let work = async { tokio::time::timeout(QUICKLY, world.plan(&wishes, settings, images)).await };
    let (plan, sources, faults) = runtime.block_on(work).expect("evaluation ends");
    // Every place lies in its file.
    let _shown = show(&sources, &faults);
    for fault in &faults {
        assert!(!fault.message.is_empty() && !fault.message.ends_with('.'), "{fault:?}");
        assert!(fault.span().is_some(), "{fault:?}");
    }
    if faults.iter().any(Diagnostic::is_error) {
        return false;
    }
    assert!(render::text(&plan, true).lines().count() >= plan.images.len());
    assert!(render::dot(&plan).starts_with("digraph"));
    let json: serde_json::Value = serde_json::from_str(&render::json(&plan)).unwrap();
    assert_eq!(json["version"], 1);
    true
}

/// Tries many programs, and tells how many of them could be planned.
fn many(programs: impl Strategy<Value = (String, String)>) -> u32 {
    let planned = std::cell::Cell::new(0);
    let config =
        ProptestConfig { failure_persistence: None, max_shrink_time: 60_000, ..ProptestConfig::with_cases(cases()) };
    let run = proptest::test_runner::TestRunner::new(config).run(&programs, |(root, sub)| {
        planned.set(planned.get() + u32::from(check(&root, &sub)));
        Ok(())
    });
    run.unwrap_or_else(|fault| panic!("{fault}"));
    planned.get()
}

/// `PROPTEST_CASES`, or few enough for every day.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(100)
}

#[test]
fn wild_programs_are_refused_or_planned() {
    let planned = many((file(), file()));
    assert!(planned < cases(), "no program was wild");
}

#[test]
fn tame_programs_are_planned_or_refused() {
    let planned = many((tame_file(), tame_file()));
    assert!(
        planned * 50 > cases(),
        "only {planned} of {} programs could be planned: the generator is not tame",
        cases()
    );
}
