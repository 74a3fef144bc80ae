//! Random programs neither panic nor hang.

use super::world::{Images, Wish, World, show};
use async_trait::async_trait;
use proptest::prelude::*;
use rbuild::diagnostic::Diagnostic;
use rbuild::digest::VertexId;
use rbuild::engine::EngineError;
use rbuild::format::format;
use rbuild::graph::image::ImageConfig;
use rbuild::graph::{Graph, ImageSource, Output, Plan, render};
use rbuild::run::eval::Fault;
use rbuild::run::facts::{Attempt, Cloned, Facts};
use rbuild::run::repositories::Repositories;
use rbuild::run::{BuildError, HostAnswer};
use rbuild::source::FileId;
use rbuild::syntax::ParseOptions;
use rbuild::workspace::{Checkout, Git, RemoteError};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Far more than a small program takes, on a busy machine too; endless recursion is ended only after a thousand targets.
const QUICKLY: Duration = Duration::from_secs(120);

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
        "$(echo x)",
        "\"$(a | b) $x\"",
        "${y:-$(c)}",
        "i+a",
        "i+F",
        "+F",
        "+G",
        "./s+F",
        "./$x+a",
        "./*+a",
        "-",
        "IN",
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
        "load",
        "pull",
        "cache-id",
        "compose",
        "service",
        "sep",
        "chmod",
        "exclude",
        "parents",
        "branch",
        "ssh",
        "privileged",
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
        "DO",
        "DO +F",
        "IMPORT",
        "IMPORT ./s AS i",
        "GIT CLONE",
        "HOST",
        "HOST h 1.2.3.4",
        "FROM DOCKERFILE",
        "FROM DOCKERFILE -f d",
        "LOCALLY",
        "SHELL",
        "STOPSIGNAL",
        "FUNCTION",
        "COMMAND",
        "IF",
        "ELSE",
        "ELSE IF",
        "FOR",
        "WAIT",
        "TRY",
        "CATCH",
        "FINALLY",
        "WITH DOCKER",
        "END",
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

/// Commands, and blocks of them. A block that is not closed, or closes too much, is a program as well.
fn statement(command: BoxedStrategy<String>, condition: BoxedStrategy<String>) -> BoxedStrategy<String> {
    let attempt = command.clone();
    let leaf = prop_oneof![12 => command, 1 => heredoc()].boxed();
    leaf.prop_recursive(3, 12, 3, move |inner| {
        let body = || prop::collection::vec(inner.clone(), 0..3).prop_map(|lines| lines.join("\n"));
        let list = prop_oneof![Just("a b"), Just("$x"), Just("\"$x,$y\""), Just("$(ls)"), Just("+a +b")];
        prop_oneof![
            3 => (condition.clone(), body(), prop::option::of((condition.clone(), body())), prop::option::of(body())).prop_map(
                |(first, body, second, last)| {
                    let second = second.map_or(String::new(), |(condition, body)| format!("ELSE IF {condition}\n{body}\n"));
                    let last = last.map_or(String::new(), |body| format!("ELSE\n{body}\n"));
                    format!("IF {first}\n{body}\n{second}{last}END")
                }
            ),
            2 => (prop::sample::select(vec!["x", "z", "l"]), list, body())
                .prop_map(|(name, list, body)| format!("FOR {name} IN {list}\n{body}\nEND")),
            1 => body().prop_map(|body| format!("WAIT\n{body}\nEND")),
            1 => (prop_oneof![3 => Just("RUN try $x".to_owned()), 1 => attempt.clone()], prop::option::of(body()), word()).prop_map(
                |(run, caught, saved)| {
                    let caught = caught.map_or(String::new(), |body| format!("CATCH\n{body}\n"));
                    format!("TRY\n{run}\n{caught}FINALLY\nSAVE ARTIFACT {saved} AS LOCAL out/\nEND")
                }
            ),
            1 => (prop::collection::vec(prop_oneof![
                Just("--load=x=+a".to_owned()),
                Just("--load=(+$x --x=$y)".to_owned()),
                Just("--load $y=+b".to_owned()),
                Just("--pull $x".to_owned()),
                flag(),
            ], 0..3)).prop_map(|flags| format!("WITH DOCKER {}\nRUN docker $x\nEND", flags.join(" "))),
        ]
    })
    .boxed()
}

fn heredoc() -> impl Strategy<Value = String> {
    let openings = prop::sample::select(vec![
        "RUN <<E",
        "RUN cat <<-E | sh",
        "COPY <<E $x <<\"F\" /y/",
        "COPY <<E +a/x .",
        "RUN <<E <<E",
    ]);
    (openings, "[ -~\n]{0,12}").prop_map(|(opening, body)| format!("{opening}\n{body}\nE\nbody $x\nF"))
}

fn condition() -> BoxedStrategy<String> {
    let fixed = prop::sample::select(vec![
        "[ \"$x\" = \"a\" ]",
        "[ -z \"$y\" ] && true",
        "[ -f $x ]",
        "! test -d \"a b\"",
        "$x",
        "true",
        "false || [ $z != \"\" ]",
        "grep \"$(echo x)\" y",
        "--no-cache --secret A=$x ls",
        "--mount=$x [ -e a ]",
        "--mount type=cache,target=/m exit 1",
        "[\"test\", \"-f\", \"x\"]",
        "(a; b) && { c; }",
    ]);
    prop_oneof![6 => fixed.prop_map(str::to_owned), 1 => prop::collection::vec(word(), 0..4).prop_map(|words| words.join(" "))].boxed()
}

fn file() -> impl Strategy<Value = String> {
    let version = prop::sample::select(vec!["", "VERSION 0.6\n", "VERSION 0.7\n", "VERSION 0.8\n", "VERSION 1.0\n"]);
    let some = || statement(command().boxed(), condition());
    let recipe = move || prop::collection::vec(some(), 0..6);
    let base = prop::collection::vec(statement(command().boxed(), condition()), 0..2);
    (version, prop::bool::ANY, base, recipe(), recipe(), recipe(), recipe()).prop_map(
        |(version, from, base, a, b, c, function)| {
            let mut text = version.to_owned();
            if from {
                text += "FROM app:1\n";
            }
            text.extend(base.iter().map(|command| format!("{command}\n")));
            for (name, recipe) in [("a", a), ("b", b), ("c", c), ("F", function)] {
                text += &format!("{name}:\n");
                if name == "F" {
                    text += if text.starts_with("VERSION 0.8") || text.starts_with("VERSION 1") {
                        "    FUNCTION\n"
                    } else {
                        "    COMMAND\n"
                    };
                }
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
        "DO +F --x=$y",
        "DO +F --x=1 --y=$x",
        "DO --pass-args +G",
        "DO ./s+F --x=$x",
        "DO i+G --y=$z",
        "DO +$x",
        "IMPORT ./s AS j",
        "FROM j+a",
        "BUILD i+b --x=$x",
        "BUILD --pass-args i+c",
        "BUILD ./$x+a",
        "COPY (i+a/x --x=$x) (+b/x --y=1) ./",
        "COPY $x/$y $z",
        "COPY --dir +$x/$y .",
        "LET l = $(echo $x)",
        "ARG --required q",
        "SET z = \"$(cat a | head -n1)$x\"",
        "ENV PATH=$(pwd):$PATH",
        "ENV HOME2=$HOME",
        "RUN --privileged $x",
        "LABEL l=$(label)",
        "COPY $(ls) .",
        "BUILD +$(echo b) --x=$(echo y)",
        "SAVE IMAGE i:$(tag)",
        "SAVE ARTIFACT $(file) AS LOCAL $(file)",
        "CACHE --persist $x/d",
        "HOST h.$x 1.2.3.4",
        "HOST h $y",
        "GIT CLONE --branch $x https://example.org/o/r.git r",
        "FROM DOCKERFILE -f $x .",
        "FROM DOCKERFILE +a/x --x=$y",
        "LOCALLY",
        "SHELL [\"/bin/bash\", \"-c\"]",
        "STOPSIGNAL $x",
        "COPY --parents $x d/",
        "COPY --exclude=$y . .",
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
    let tame = || prop_oneof![3 => tame_command().boxed(), 2 => statement(tame_command().boxed(), condition())];
    let recipe = move || (value(), value(), prop::collection::vec(tame(), 0..4));
    (version, recipe(), recipe(), recipe(), recipe(), recipe()).prop_map(|(version, a, b, c, f, g)| {
        let mut text = format!("{version}FROM app:1\nARG --global g=global\nIMPORT {{other}} AS i\n");
        for (name, (x, y, commands)) in [("a", a), ("b", b), ("c", c), ("F", f), ("G", g)] {
            let head = if name == name.to_uppercase() { "    FUNCTION\n" } else { "" };
            text += &format!("{name}:\n{head}    ARG x={x}\n    ARG y={y}\n    LET z = $x\n");
            text.extend(commands.iter().map(|command| format!("    {command}\n")));
            text += "    SAVE ARTIFACT x\n";
        }
        text
    })
}

/// Answers to whatever is asked: some of each kind, always the same for the same question.
struct Oracle(Images);

impl Oracle {
    fn pick<'a>(question: &str, answers: &[&'a str]) -> &'a str {
        let mut hasher = DefaultHasher::new();
        question.hash(&mut hasher);
        answers[usize::try_from(hasher.finish() % answers.len() as u64).unwrap()]
    }

    fn printed(question: &str) -> String {
        let answers = [
            "",
            "a\n",
            "b",
            "x y\n",
            "+a",
            "./s",
            "true",
            "linux/arm64",
            "/abs",
            "a\n\nb\n",
            "type=tmpfs,target=/t",
            "é<$x>",
        ];
        Self::pick(question, &answers).to_owned()
    }
}

#[async_trait]
impl Facts for Oracle {
    async fn image_config(&self, image: &ImageSource) -> Result<Option<Arc<ImageConfig>>, EngineError> {
        Ok(Some(self.0.image_config(image).await?.unwrap_or_default()))
    }

    fn git_top(&self, dir: &Path) -> Option<PathBuf> {
        self.0.git_top(dir)
    }

    async fn git(&self, top: &Path) -> Git {
        self.0.git(top).await
    }

    async fn clone_of(&self, _: Arc<Repositories>, _: Cloned) -> Result<Option<Checkout>, RemoteError> {
        Ok(None)
    }

    async fn read(&self, graph: &Arc<Graph>, output: Output, path: &str) -> Result<Option<Vec<u8>>, BuildError> {
        tokio::task::yield_now().await;
        let question = &graph.get(&output.vertex).expect("the graph has what is asked").options.name;
        let answer = if path.ends_with("code") {
            Self::pick(question, &["0", "1", "127\n"]).to_owned()
        } else {
            Self::printed(question)
        };
        Ok(Some(answer.into_bytes()))
    }

    async fn attempt(&self, graph: &Arc<Graph>, output: Output, _path: &str) -> Result<Option<Attempt>, BuildError> {
        assert!(graph.get(&output.vertex).is_some());
        Ok(Some(Attempt::Passed))
    }

    async fn ask_host(&self, graph: &Arc<Graph>, step: VertexId) -> Result<Option<HostAnswer>, BuildError> {
        let question = &graph.get(&step).expect("the graph has what is asked").options.name;
        let code = Self::pick(question, &["0", "1"]).parse().unwrap();
        Ok(Some(HostAnswer { code, output: Self::printed(question).into_bytes() }))
    }

    async fn prepare(&self, part: &Plan) -> Result<bool, BuildError> {
        assert!(part.goals.iter().all(|goal| part.graph.get(goal).is_some()));
        Ok(true)
    }
}

/// Plans every target, without answers and with some, and looks at what came of it in every way. Formatting changes nothing of it. Gives
/// whether there was a plan.
fn check(root: &str, sub: &str) -> bool {
    let files = [("Buildfile", root.replace("{other}", "./s")), ("s/Earthfile", sub.replace("{other}", "../"))];
    let files = files.map(|(name, text)| (name.to_owned(), text));
    let world = World::new(&files);
    let plans = plans(&world);
    world.write(&files.map(|(name, text)| {
        let options = ParseOptions { default_version_is_1_0: name == "Buildfile" };
        let text = format(FileId(0), &text, options).unwrap_or(text);
        (name, text)
    }));
    assert_eq!(self::plans(&world), plans, "formatting changes the plan");
    plans.iter().any(Option::is_some)
}

fn plans(world: &World) -> [Option<String>; 2] {
    let images = || {
        let mut images = Images::default();
        let config = r#"{"Env":["PATH=/bin","y=image"],"WorkingDir":"/srv","User":"app","Entrypoint":["/e"]}"#;
        images.add("app:1", serde_json::from_str::<ImageConfig>(config).unwrap());
        images
    };
    let facts: [Arc<dyn Facts>; 2] = [Arc::new(images()), Arc::new(Oracle(images()))];
    facts.map(|facts| planned(world, &facts))
}

/// Plans every target twice with these facts: nothing but the program and the facts counts. Gives the plan.
fn planned(world: &World, facts: &Arc<dyn Facts>) -> Option<String> {
    let mut before = None;
    for _ in 0..2 {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let mut settings = world.settings();
        (settings.push, settings.allow_privileged) = (true, true);
        let wishes = ["a", "b", "c"].map(Wish::target);
        let work = async { tokio::time::timeout(QUICKLY, world.evaluate(&wishes, settings, facts.clone())).await };
        let (plan, sources, mut diagnostics, faults) = runtime.block_on(work).expect("evaluation ends");
        let found = faults.into_iter().map(|fault| match fault {
            Fault::Buildfile(diagnostic) => diagnostic,
            Fault::Engine { error, .. } => panic!("no engine is asked: {error}"),
            Fault::Build(error) => panic!("nothing runs here: {error:?}"),
            Fault::Elsewhere => panic!("a fault is reported where it is"),
        });
        diagnostics.extend(found);
        // Every place lies in its file.
        let shown = show(&sources, &diagnostics);
        for fault in &diagnostics {
            assert!(!fault.message.is_empty() && !fault.message.ends_with('.'), "{fault:?}");
            assert!(fault.span().is_some(), "{fault:?}");
        }
        if diagnostics.iter().any(Diagnostic::is_error) {
            return None;
        }
        let text = render::text(&plan, true);
        assert!(text.lines().count() >= plan.images.len());
        assert!(render::dot(&plan).starts_with("digraph"));
        let json: serde_json::Value = serde_json::from_str(&render::json(&plan)).unwrap();
        assert_eq!(json["version"], 1);
        let result = (shown, text);
        assert_eq!(before.get_or_insert_with(|| result.clone()), &result, "a second look gives another plan");
    }
    before.map(|(_, plan)| without_places(&plan))
}

/// A plan without the lines and columns in it.
fn without_places(plan: &str) -> String {
    let is_place = |word: &&str| word.contains("file:");
    plan.lines()
        .map(|line| line.split(' ').filter(|word| !is_place(word)).collect::<Vec<_>>().join(" ") + "\n")
        .collect()
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
    std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(60)
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
