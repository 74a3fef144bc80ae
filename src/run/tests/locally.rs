//! Steps of this machine among those of an engine.

use super::world::{Steps, World, at_most};
use crate::digest::VertexId;
use crate::engine::script::Script;
use crate::event::StepState;
use crate::graph::host::{CopyIn, HostAction, HostProcess, Keep};
use crate::graph::op::ExecCommand;
use crate::graph::plan::ArtifactShape;
use crate::graph::{HostOp, IgnoreFile, LocalSource, Op, Output};
use crate::run::BuildError;
use std::path::Path;

/// Adds a command of this machine.
fn here(steps: &mut Steps, dir: &Path, command: &str, keep: Option<Keep>, after: Option<VertexId>) -> VertexId {
    let process = HostProcess { command: ExecCommand::Shell(command.to_owned()), env: Vec::new(), keep };
    let after = after.map(|vertex| Output { vertex, index: 0 });
    let action = HostAction::Process(process);
    let op = HostOp { dir: dir.to_owned(), action, after, place: format!("+t {command}") };
    steps.add(Op::Host(Box::new(op)), command).vertex
}

#[tokio::test]
async fn what_reads_files_of_a_command_comes_after_it_and_is_not_asked_about_before() {
    let dir = tempfile::tempdir().unwrap();
    let mut steps = Steps::default();
    let before = steps.step("before", &[], &[]);
    let first = here(&mut steps, dir.path(), "echo a > file", None, None);
    let second = here(&mut steps, dir.path(), "cat file && echo b >> file", None, Some(first));
    let local = LocalSource {
        root: dir.path().to_owned(),
        include: vec!["file".to_owned()],
        ignore: IgnoreFile::None,
        exclude: Vec::new(),
        after: Some(Output { vertex: second, index: 0 }),
        since: None,
    };
    let local = steps.add(Op::Local(local), "files").vertex;
    let last = steps.step("last", &[local, before], &[]);
    let world = World::new(Script::default());
    // The scripted engine remembers what it has: as if an earlier run had made all of it.
    world.engine.record.lock().unwrap().results.extend([before, local, last]);
    world.execute(&steps.seal(), &[last], at_most(1)).await.unwrap();
    assert_eq!(std::fs::read_to_string(dir.path().join("file")).unwrap(), "a\nb\n");
    assert_eq!(world.events.count(|state| matches!(state, StepState::Done { .. })), 2, "the two of this machine");
    assert_eq!(world.engine.record.lock().unwrap().order, []);
}

#[tokio::test]
async fn what_is_copied_here_may_have_to_be_made_again() {
    let dir = tempfile::tempdir().unwrap();
    let mut steps = Steps::default();
    let made = steps.step("made", &[], &[]);
    let tree = Output { vertex: made, index: 0 };
    let copy = CopyIn { tree, shape: ArtifactShape::One, dest: "x".into(), dir: false, if_exists: true };
    let op = HostOp { dir: dir.path().to_owned(), action: HostAction::CopyIn(copy), after: None, place: "+t 1".into() };
    let copied = steps.add(Op::Host(Box::new(op)), "COPY").vertex;
    let world = World::new(Script::default());
    let executor = world.executor(at_most(1));
    let graph = steps.seal();
    executor.execute(&graph, &[made]).await.unwrap();
    // The engine throws the result away.
    world.engine.record.lock().unwrap().results.clear();
    let patience = std::time::Duration::from_secs(60);
    tokio::time::timeout(patience, executor.execute(&graph, &[copied])).await.expect("it gets a slot").unwrap();
    assert_eq!(world.engine.record.lock().unwrap().runs[&made], 2);
}

#[tokio::test]
async fn questions_are_answered_and_failures_stop_what_follows() {
    let dir = tempfile::tempdir().unwrap();
    let mut steps = Steps::default();
    let code = here(&mut steps, dir.path(), "echo shown; exit 3", Some(Keep::Code), None);
    let output = here(&mut steps, dir.path(), "echo printed", Some(Keep::Output), Some(code));
    let fails = here(&mut steps, dir.path(), "exit 4", Some(Keep::Output), Some(output));
    let never = here(&mut steps, dir.path(), "touch never", None, Some(fails));
    let world = World::new(Script::default());
    let executor = world.executor(at_most(2));
    let graph = steps.seal();
    executor.execute(&graph, &[output]).await.unwrap();
    assert_eq!(executor.host_answer(code).unwrap().code, 3);
    assert_eq!(executor.host_answer(output).unwrap().output, b"printed\n");
    let error = executor.execute(&graph, &[never]).await.unwrap_err();
    assert!(matches!(error, BuildError::Steps(failures) if failures.len() == 1));
    assert!(!dir.path().join("never").exists());
}
