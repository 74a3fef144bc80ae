//! How evaluation came to each command.

use super::world::{Images, Wish, World};
use rbuild::trace::Trace;

const FILES: [(&str, &str); 2] = [
    (
        "Buildfile",
        "\
VERSION 1.0
IMPORT ./lib AS lib
t:
  FROM a:1
  RUN own
  BUILD +test --x=1
test:
  ARG x
  FROM +deps
  DO lib+CHECK --level=2
  COPY ./lib+files/f .
deps:
  FROM a:1
  RUN deps
",
    ),
    (
        "lib/Buildfile",
        "\
VERSION 1.0
files:
  FROM a:1
  RUN files
  SAVE ARTIFACT f
CHECK:
  FUNCTION
  ARG level
  DO +INNER
INNER:
  FUNCTION
  RUN inner
wrong:
  FROM a:1
  DO +WRONG
WRONG:
  FUNCTION
  ARG --required y
",
    ),
];

fn world() -> World {
    World::new(&FILES.map(|(name, text)| (name.to_owned(), text.to_owned())))
}

fn shown(trace: &Trace) -> Vec<String> {
    let calls = trace.calls().into_iter();
    calls
        .map(|call| format!("{} {} {}:{}", call.target, call.command, call.location.file, call.location.line))
        .collect()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap()
}

#[test]
fn every_step_knows_the_calls_that_led_to_it() {
    let world = world();
    let wishes = [Wish::target("t")];
    let (plan, _, diagnostics) = runtime().block_on(world.plan(&wishes, world.settings(), Images::default()));
    assert_eq!(diagnostics, []);
    let check = |name: &str, expect: &[&str]| {
        let found = plan.graph.iter().find(|vertex| &*vertex.options.name == name);
        assert_eq!(shown(&found.unwrap_or_else(|| panic!("no step {name}")).options.trace), expect, "{name}");
    };
    let test = "+t BUILD +test --x=1 Buildfile:6";
    check("RUN own", &[]);
    check("RUN deps", &[test, "+test --x=1 FROM +deps Buildfile:9"]);
    check(
        "RUN inner",
        &[test, "+test --x=1 DO lib+CHECK --level=2 Buildfile:10", "+test --x=1 DO +INNER lib/Buildfile:9"],
    );
    check("RUN files", &[test, "+test --x=1 COPY ./lib+files/f . Buildfile:11"]);
}

#[test]
fn a_fault_knows_them_too() {
    let text = "VERSION 1.0\nt:\n  BUILD +a\na:\n  BUILD ./lib+wrong\n".to_owned();
    let world = World::new(&[("Buildfile".to_owned(), text), (FILES[1].0.to_owned(), FILES[1].1.to_owned())]);
    let wishes = [Wish::target("t")];
    let (_, _, diagnostics) = runtime().block_on(world.plan(&wishes, world.settings(), Images::default()));
    let [fault] = &diagnostics[..] else { panic!("{diagnostics:?}") };
    assert_eq!(shown(&fault.trace), ["+t BUILD +a Buildfile:3", "+a BUILD ./lib+wrong Buildfile:5"]);
    assert_eq!(fault.labels.last().map(|label| &*label.text), Some("called here"), "{fault:?}");
}
