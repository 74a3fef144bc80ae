//! `--raw-output` is noted with every kind of step, and changes none.

use super::world::{Images, Wish, World};
use rbuild::digest::VertexId;
use rbuild::run::eval::Settings;

const FILE: &str = "\
VERSION 1.0
t:
  FROM a:1
  RUN FLAG plain
  TRY
    RUN FLAG tried
  FINALLY
    SAVE ARTIFACT --if-exists x AS LOCAL x
  END
  WITH DOCKER
    RUN FLAG inside
  END
  LOCALLY
  RUN FLAG here
  WITH DOCKER
    RUN FLAG beside
  END
";

/// The steps of the file with this in place of `FLAG`: the last word of each, its id, and whether its output is raw.
fn steps(flag: &str) -> Vec<(String, VertexId, bool)> {
    let world = World::new(&[("Buildfile".to_owned(), FILE.replace("FLAG ", flag))]);
    let settings = Settings { allow_privileged: true, ..world.settings() };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let (plan, _, diagnostics) = runtime.block_on(world.plan(&[Wish::target("t")], settings, Images::default()));
    assert_eq!(diagnostics, []);
    let steps = plan.graph.iter().filter(|vertex| vertex.op.is_step());
    let word = |name: &str| name.rsplit(' ').next().unwrap_or_default().to_owned();
    steps.map(|vertex| (word(&vertex.options.name), vertex.id, vertex.options.raw_output)).collect()
}

#[test]
fn it_is_noted_with_every_kind_of_step() {
    let (raw, plain) = (steps("--raw-output "), steps("--raw-output=false "));
    assert_eq!(raw.iter().map(|step| &*step.0).collect::<Vec<_>>(), ["plain", "tried", "inside", "here", "beside"]);
    assert!(raw.iter().all(|step| step.2) && plain.iter().all(|step| !step.2), "{raw:?} {plain:?}");
    // What runs on this machine is named for its directory, which is another one.
    for (raw, plain) in raw.iter().zip(&plain).take(3) {
        assert_eq!(raw.1, plain.1, "{}: nothing else changes", raw.0);
    }
}
