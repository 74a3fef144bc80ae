//! Evaluation whose questions are answered from a table.

use super::world::{Wish, World};
use async_trait::async_trait;
use rbuild::engine::EngineError;
use rbuild::event::{Cause, Failure, Step};
use rbuild::graph::image::ImageConfig;
use rbuild::graph::{Graph, ImageSource, Op, Output, Plan, render};
use rbuild::run::BuildError;
use rbuild::run::eval::Fault;
use rbuild::run::facts::{Attempt, Facts};
use std::sync::{Arc, Mutex};

/// Answers by the text of a command, and a record of what was done.
#[derive(Default)]
struct Table {
    answers: Vec<(&'static str, &'static str)>,
    /// Exit codes that the engine has recorded.
    recorded: Vec<(&'static str, &'static str)>,
    done: Mutex<Vec<String>>,
}

impl Table {
    fn note(&self, text: String) {
        self.done.lock().unwrap().push(text);
    }
}

/// The text that a step's shell gets, and whether the step runs in any case.
fn command(graph: &Graph, output: Output) -> (String, bool) {
    let vertex = graph.get(&output.vertex).expect("the graph has what is asked");
    let Op::Exec(exec) = &vertex.op else { panic!("only steps are asked") };
    let rbuild::graph::op::ExecCommand::Argv(args) = &exec.command else { panic!("questions are wrapped") };
    (args.last().unwrap().clone(), vertex.options.uncached)
}

fn find(table: &[(&'static str, &'static str)], command: &str) -> Option<Vec<u8>> {
    table.iter().find(|(known, _)| *known == command).map(|(_, answer)| answer.as_bytes().to_vec())
}

#[async_trait]
impl Facts for Table {
    async fn image_config(&self, _image: &ImageSource) -> Result<Option<Arc<ImageConfig>>, EngineError> {
        Ok(Some(Arc::default()))
    }

    async fn read(&self, graph: &Arc<Graph>, output: Output, _path: &str) -> Result<Option<Vec<u8>>, BuildError> {
        tokio::task::yield_now().await;
        let (command, _) = command(graph, output);
        self.note(format!("ask {command}"));
        Ok(Some(find(&self.answers, &command).unwrap_or_else(|| panic!("nobody knows `{command}`"))))
    }

    async fn recall(&self, graph: &Arc<Graph>, output: Output, _path: &str) -> Option<Vec<u8>> {
        find(&self.recorded, &command(graph, output).0)
    }

    async fn attempt(&self, graph: &Arc<Graph>, output: Output, _path: &str) -> Result<Option<Attempt>, BuildError> {
        let (command, again) = command(graph, output);
        self.note(format!("try {command}{}", if again { " again" } else { "" }));
        let code: i32 = String::from_utf8(find(&self.answers, &command).unwrap()).unwrap().parse().unwrap();
        let options = &graph.get(&output.vertex).unwrap().options;
        Ok(Some(match code {
            0 => Attempt::Passed,
            code => Attempt::Failed(Arc::new(Failure {
                step: Step {
                    id: output.vertex,
                    target: options.target.clone(),
                    name: options.name.clone(),
                    location: options.location.clone(),
                    trace: options.trace.clone(),
                    counted: true,
                    raw_output: false,
                },
                cause: Cause::ExitCode(code),
                last_output: Vec::new(),
                help: None,
                log: None,
            })),
        }))
    }

    async fn prepare(&self, part: &Plan) -> Result<bool, BuildError> {
        let mut names: Vec<String> =
            part.graph.iter().filter(|v| v.op.is_step()).map(|v| v.options.name.to_string()).collect();
        names.sort();
        self.note(format!("run {names:?}"));
        Ok(true)
    }

    async fn complete(&self, part: Plan) -> Result<(), BuildError> {
        let images = part.images.iter().map(|image| format!("image {}", image.name));
        let files = part.artifacts.iter().map(|artifact| format!("file {}", artifact.dest));
        let pushes = part.push_steps.iter().map(|_| "push".to_owned());
        self.note(format!("write {}", images.chain(files).chain(pushes).collect::<Vec<_>>().join(", ")));
        Ok(())
    }
}

struct Evaluated {
    plan: Plan,
    faults: Vec<Fault>,
    done: Vec<String>,
}

impl Evaluated {
    /// The names of the steps that the goals need, in order.
    fn steps(&self) -> Vec<String> {
        let goals = Plan { asked: Vec::new(), ..self.plan.clone() };
        let names = render::text(&goals, false);
        names
            .lines()
            .filter_map(|line| line.split_once("| RUN ").map(|(_, name)| name.split("  <-").next().unwrap().to_owned()))
            .collect()
    }
}

fn evaluate(text: &str, push: bool, table: Table) -> Evaluated {
    let world = World::new(&[("Buildfile".to_owned(), text.to_owned())]);
    let table = Arc::new(table);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let settings = rbuild::run::eval::Settings { push, ..world.settings() };
    let (plan, _, diagnostics, faults) =
        runtime.block_on(world.evaluate(&[Wish::target("t")], settings, table.clone()));
    assert_eq!(diagnostics, [], "{text}");
    let done = table.done.lock().unwrap().clone();
    Evaluated { plan, faults, done }
}

fn answers(answers: &[(&'static str, &'static str)]) -> Table {
    Table { answers: answers.to_vec(), ..Table::default() }
}

#[test]
fn conditions_choose_branches() {
    let text =
        "FROM a:1\nt:\n  IF [ -f x ]\n    RUN yes\n  ELSE IF grep y z\n    RUN else\n  ELSE\n    RUN no\n  END\n";
    let run = |table: &[(&'static str, &'static str)]| {
        let evaluated = evaluate(text, false, answers(table));
        assert!(evaluated.faults.is_empty(), "{:?}", evaluated.faults);
        (evaluated.steps(), evaluated.done)
    };
    assert_eq!(run(&[("[ -f x ]", "0\n")]), (vec!["yes".to_owned()], vec!["ask [ -f x ]".to_owned()]));
    let (steps, done) = run(&[("[ -f x ]", "1\n"), ("grep y z", "0\n")]);
    assert_eq!((steps, done.len()), (vec!["else".to_owned()], 2));
    assert_eq!(run(&[("[ -f x ]", "2\n"), ("grep y z", "127\n")]).0, ["no"]);
}

#[test]
fn what_a_condition_does_to_files_is_not_kept() {
    let evaluated = evaluate("FROM a:1\nt:\n  RUN a\n  IF rm x\n    RUN b\n  END\n", false, answers(&[("rm x", "0")]));
    assert_eq!(evaluated.steps(), ["a", "b"]);
}

#[test]
fn loops_go_over_what_is_printed() {
    let text = "FROM a:1\nt:\n  FOR x IN $(ls)\n    LET y = $x\n    RUN --secret $y echo\n    IF [ \"$x\" = b ]\n      RUN b\n    END\n  END\n";
    let evaluated = evaluate(text, false, answers(&[("list=$(ls) && echo $list", "a b\tc\n")]));
    assert!(evaluated.faults.is_empty(), "{:?}", evaluated.faults);
    assert_eq!(evaluated.steps(), ["--secret $y echo", "--secret $y echo", "b", "--secret $y echo"]);
}

#[test]
fn commands_give_values() {
    let text = "FROM a:1\nt:\n  ARG v=$(cat v)\n  BUILD +$v --x=$(echo x)\nu:\n  ARG x\n  RUN a\n  SAVE IMAGE app:$x\n";
    let evaluated = evaluate(text, false, answers(&[("cat v", "u\n"), ("echo x", "1\n\n")]));
    // One line end is taken away, no more.
    assert!(
        matches!(&evaluated.faults[..], [Fault::Buildfile(fault)] if fault.code == "image-name"),
        "{:?}",
        evaluated.faults
    );
    let evaluated = evaluate(text, false, answers(&[("cat v", "u"), ("echo x", "1\n")]));
    assert_eq!(evaluated.plan.images[0].name, "docker.io/library/app:1");
}

#[test]
fn waiting_does_everything_inside_first_and_only_once() {
    let text = "\
FROM a:1
t:
  WAIT
    BUILD +image
    RUN --push send
    SAVE ARTIFACT x AS LOCAL out/
  END
  IF late
    RUN after
  END
  BUILD +image
image:
  RUN image
  SAVE IMAGE --push app:1
";
    let evaluated = evaluate(text, true, answers(&[("late", "0")]));
    assert!(evaluated.faults.is_empty(), "{:?}", evaluated.faults);
    let done: Vec<&str> = evaluated.done.iter().map(String::as_str).collect();
    assert_eq!(
        done,
        [
            "run [\"RUN --push send\", \"RUN image\"]",
            "write image docker.io/library/app:1, file out/, push",
            "ask late",
        ]
    );
    assert!(evaluated.plan.images.is_empty() && evaluated.plan.artifacts.is_empty(), "{:?}", evaluated.plan);
    assert!(evaluated.plan.push_steps.is_empty());
    assert!(evaluated.steps().contains(&"after".to_owned()));
}

#[test]
fn what_only_gives_data_writes_nothing() {
    let text =
        "FROM a:1\nt:\n  FROM +data\ndata:\n  WAIT\n    SAVE IMAGE app:1\n    SAVE ARTIFACT x AS LOCAL x\n  END\n";
    assert_eq!(evaluate(text, false, Table::default()).done, ["run []", "write "]);
}

#[test]
fn what_data_reached_first_gives_its_outputs_where_it_is_built() {
    let data = "u:\n  WAIT\n    RUN in-wait\n    SAVE IMAGE app:1\n    SAVE ARTIFACT x AS LOCAL x\n  END\n  RUN u\n";
    let run =
        |recipe: &str| evaluate(&format!("FROM a:1\nt:\n  FROM +u\n{recipe}{data}"), false, answers(&[("last", "0")]));
    // At the end of the build, where nothing waits for it.
    let evaluated = run("  BUILD +u\n  IF last\n  END\n");
    assert_eq!(evaluated.done, ["run [\"RUN in-wait\"]", "write ", "ask last"]);
    assert_eq!(evaluated.plan.images[0].name, "docker.io/library/app:1");
    assert_eq!(evaluated.plan.artifacts[0].dest, "x");
    // At the end of the block, where one does.
    let evaluated = run("  WAIT\n    BUILD +u\n  END\n  IF last\n  END\n");
    assert_eq!(
        evaluated.done,
        [
            "run [\"RUN in-wait\"]",
            "write ",
            "run [\"RUN in-wait\", \"RUN u\"]",
            "write image docker.io/library/app:1, file x",
            "ask last",
        ]
    );
    assert!(evaluated.plan.images.is_empty() && evaluated.plan.artifacts.is_empty(), "{:?}", evaluated.plan);
}

#[test]
fn a_wait_for_itself_is_a_cycle() {
    let text = "FROM a:1\nt:\n  ARG n=1\n  WAIT\n    BUILD +u --n=$n\n  END\nu:\n  ARG n\n  BUILD +t --n=$n\n";
    let evaluated = evaluate(text, false, Table::default());
    assert!(
        matches!(&evaluated.faults[..], [Fault::Buildfile(fault)] if fault.code == "cycle" || fault.code == "infinite-recursion"),
        "{:?}",
        evaluated.faults
    );
}

const TRY: &str = "\
FROM a:1
t:
  TRY
    RUN test
  CATCH
    RUN why
  FINALLY
    SAVE ARTIFACT report.xml AS LOCAL reports/
  END
  RUN after
";

#[test]
fn an_attempt_that_succeeds_goes_on() {
    let evaluated = evaluate(TRY, false, answers(&[("test", "0")]));
    assert!(evaluated.faults.is_empty());
    assert_eq!(
        (evaluated.steps(), evaluated.done),
        (vec!["test".to_owned(), "after".to_owned()], vec!["try test".to_owned()])
    );
    assert_eq!(evaluated.plan.artifacts[0].dest, "reports/");
    assert!(!evaluated.plan.artifacts[0].if_exists);
}

#[test]
fn an_attempt_that_fails_saves_what_there_is_and_fails() {
    let evaluated = evaluate(TRY, false, answers(&[("test", "3")]));
    let done: Vec<&str> = evaluated.done.iter().map(String::as_str).collect();
    assert_eq!(
        done,
        [
            "try test",
            "run [\"RUN test\", \"RUN why\"]",
            "write ",
            "run [\"RUN test\", \"RUN why\"]",
            "write file reports/",
        ]
    );
    let [Fault::Build(BuildError::Steps(failures))] = &evaluated.faults[..] else { panic!("{:?}", evaluated.faults) };
    assert_eq!(failures[0].cause, Cause::ExitCode(3));
}

#[test]
fn a_failure_is_not_replayed() {
    let table = |recorded| Table { recorded: vec![("test", recorded)], ..answers(&[("test", "0")]) };
    assert_eq!(evaluate(TRY, false, table("3\n")).done, ["try test again"]);
    assert_eq!(evaluate(TRY, false, table("0\n")).done, ["try test"]);
}
