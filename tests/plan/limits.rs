//! Long chains are planned quickly, endless ones are ended.

use super::world::{Images, Wish, World, show};
use rbuild::graph::render;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// Far more than any of these takes, far less than one that does not end.
const QUICKLY: Duration = Duration::from_secs(20);

/// The plan of `+t` as text, or what is wrong.
fn plan(text: &str) -> String {
    let world = World::new(&[("Buildfile".to_owned(), text.to_owned())]);
    // As in a build: tasks move between threads.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let began = Instant::now();
    let (plan, sources, faults) =
        runtime.block_on(world.plan(&[Wish::target("t")], world.settings(), Images::default()));
    let took = began.elapsed();
    assert!(took < QUICKLY, "it took {took:?}");
    if faults.is_empty() { render::text(&plan, false) } else { show(&sources, &faults) }
}

#[test]
fn a_recipe_of_five_thousand_steps() {
    let mut text = String::from("FROM scratch\nt:\n");
    for number in 0..5000 {
        writeln!(text, "    RUN step {number}").unwrap();
    }
    assert_eq!(plan(&text).lines().count(), 5000);
}

#[test]
fn three_hundred_targets_in_a_row() {
    let mut text = String::from("FROM scratch\nt:\n    FROM +t1\n    RUN last\n");
    for number in 1..300 {
        writeln!(text, "t{number}:\n    FROM +t{}\n    RUN {number}", number + 1).unwrap();
    }
    text += "t300:\n    RUN first\n";
    assert_eq!(plan(&text).lines().count(), 301);
}

#[test]
fn a_diamond_of_targets_is_walked_once() {
    let mut text = String::from("FROM scratch\nt:\n    BUILD +t1\n");
    for number in 1..60 {
        writeln!(
            text,
            "t{number}:\n    BUILD +t{0}\n    BUILD +t{0} --x=1\n    COPY +t{0}/x .\n    SAVE ARTIFACT x",
            number + 1
        )
        .unwrap();
    }
    text += "t60:\n    RUN first\n    SAVE ARTIFACT x\n";
    assert!(plan(&text).contains("RUN first"));
}

fn recursion(recipe: &str, fault: &str) {
    let plan = plan(&format!("FROM scratch\nt:\n{recipe}"));
    assert_eq!(plan.lines().next().unwrap_or_default(), fault, "{plan}");
    assert_eq!(plan.matches("error ").count(), 1, "{plan}");
}

#[test]
fn endless_recursion_is_one_fault() {
    let fault = "error infinite-recursion: infinite recursion of target `+t`";
    recursion("    ARG n=\n    BUILD +t --n=x$n\n", fault);
    recursion("    ARG n=\n    FROM +t --n=x$n\n", fault);
    recursion("    ARG n=\n    COPY (+t/x --n=x$n) .\n    SAVE ARTIFACT x\n", fault);
}

#[test]
fn targets_are_counted() {
    let fault = "error too-many-targets: these are more than 20000 targets, each with other arguments";
    // Two calls each time: there would be 2^1000 targets.
    recursion("    ARG n=\n    BUILD +t --n=x$n\n    BUILD +t --n=y$n\n", fault);
    // No recursion, but a plan has to follow both ways of each condition.
    let mut recipes = "    BUILD +t0\n".to_owned();
    for at in 0..25 {
        let next = at + 1;
        recipes += &format!(
            "t{at}:\n    ARG n=\n    IF [ -f x ]\n    BUILD +t{next} --n=x$n\n    ELSE\n    BUILD +t{next} --n=y$n\n    END\n"
        );
    }
    recursion(&format!("{recipes}t25:\n    RUN x\n"), fault);
}

#[test]
fn values_cannot_double_forever() {
    let fault = "error too-long: this expands to 262144 bytes; the most is 131072";
    recursion("    ARG n=xx\n    BUILD +t --n=$n$n\n", fault);
    let lets = "    LET n = $n$n\n".repeat(40);
    recursion(&format!("    LET n = xx\n{lets}"), fault);
}

#[test]
fn functions_in_blocks_in_functions_end() {
    let deep = |blocks: usize| {
        let (open, close) = (
            "    IF [ -f x ]\n    FOR x IN $(ls)\n    WAIT\n".repeat(blocks),
            "    END\n    END\n    END\n".repeat(blocks),
        );
        plan(&format!("FROM scratch\nt:\n    DO +F\nF:\n    FUNCTION\n{open}    DO +F\n{close}"))
    };
    for blocks in [1, 3, 30] {
        let text = deep(blocks);
        assert!(text.starts_with("error too-deep: functions and blocks are nested too deep"), "{text}");
        assert_eq!(text.matches("error ").count(), 1, "{text}");
    }
}
