//! Steps on this machine: commands and copies behind `LOCALLY`.

use super::host_docker;
use crate::digest::VertexId;
use crate::engine::{Answer, Engine, EngineError, Observer};
use crate::event::Stream;
use crate::graph::host::{HostAction, HostOp, HostProcess, Keep};
use crate::graph::{Graph, Op};
use crate::host::{Command, HostError, run};
use crate::workspace::{self, PlaceError};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The most that is kept of what a process prints, in bytes: as much as is read of a file of a container.
const LONGEST_OUTPUT: usize = 16 << 20;

/// What processes gave that were asked.
#[derive(Debug, Default)]
pub struct HostAnswers(Mutex<HashMap<VertexId, HostAnswer>>);

/// How a process ended that was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostAnswer {
    /// Its exit code.
    pub code: i32,
    /// What it printed on standard output, where that was asked.
    pub output: Vec<u8>,
}

impl HostAnswers {
    /// The answer of a step that is done.
    pub fn get(&self, vertex: VertexId) -> Option<HostAnswer> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&vertex).cloned()
    }

    fn note(&self, vertex: VertexId, answer: HostAnswer) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(vertex, answer);
    }
}

/// Does a step of this machine when its gate opens; `None` for what the engine does. Dropping the future ends all that it started.
pub async fn on_this_machine(
    engine: &Arc<dyn Engine>,
    graph: &Arc<Graph>,
    vertex: VertexId,
    observer: &Arc<dyn Observer>,
    answers: &HostAnswers,
) -> Option<Result<(), EngineError>> {
    let found = graph.get(&vertex)?.clone();
    let Op::Host(step) = &found.op else { return None };
    Some(do_step(engine, graph, step, vertex, observer, answers).await)
}

async fn do_step(
    engine: &Arc<dyn Engine>,
    graph: &Arc<Graph>,
    step: &HostOp,
    vertex: VertexId,
    observer: &Arc<dyn Observer>,
    answers: &HostAnswers,
) -> Result<(), EngineError> {
    // What the engine gives comes before the gate: it may have to run other steps again for that, which need slots.
    let mut staged = None;
    match &step.action {
        HostAction::Process(_) => {}
        HostAction::Docker(docker) => host_docker::load(&**engine, graph, docker, observer).await?,
        HostAction::CopyIn(copy) => {
            let copying = workspace::CopyIn { base: step.dir.clone(), dest: copy.dest.clone(), dir: copy.dir };
            let staging = copying.stage().map_err(|error| not_placed(&error))?;
            engine.export_files(graph, copy.tree, &staging.path(), observer.clone()).await?;
            staged = Some((copying, staging));
        }
    }
    if observer.gate(vertex).await == Answer::Refuse {
        return Err(EngineError::Refused);
    }
    // `WORKDIR` makes its directory here as it does in an image.
    std::fs::create_dir_all(&step.dir)
        .map_err(|error| EngineError::Other(format!("cannot make the directory {}: {error}", step.dir.display())))?;
    match (&step.action, staged) {
        (HostAction::Process(process), _) => perform(step, process, vertex, &**observer, answers).await,
        (HostAction::Docker(docker), _) => {
            let process = async |process: &HostProcess| perform(step, process, vertex, &**observer, answers).await;
            host_docker::beside_services(&**engine, step, docker, vertex, observer, process).await
        }
        (HostAction::CopyIn(copy), staged) => {
            let (copying, staging) = staged.expect("files were staged before the gate");
            // Files are made durable, which takes time.
            let placed = tokio::task::spawn_blocking(move || copying.place(&staging)).await;
            match placed.map_err(|error| EngineError::Other(error.to_string()))? {
                Err(PlaceError::Nothing) if copy.if_exists => Ok(()),
                placed => placed.map_err(|error| not_placed(&error)),
            }
        }
    }
}

fn not_placed(error: &PlaceError) -> EngineError {
    EngineError::Other(error.to_string())
}

async fn perform(
    step: &HostOp,
    process: &HostProcess,
    vertex: VertexId,
    observer: &dyn Observer,
    answers: &HostAnswers,
) -> Result<(), EngineError> {
    let command = Command { argv: process.command.argv(""), dir: step.dir.clone(), env: process.env.clone() };
    let kept = Mutex::new(Vec::new());
    let output = |stream: Stream, bytes: &[u8]| {
        if process.keep == Some(Keep::Output) && stream == Stream::Stdout {
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            // One byte more tells that it is too much.
            let room = (LONGEST_OUTPUT + 1).saturating_sub(kept.len());
            kept.extend_from_slice(&bytes[..bytes.len().min(room)]);
        } else {
            observer.output(vertex, stream, bytes);
        }
    };
    let code = run(&command, output).await.map_err(|error: HostError| EngineError::Other(error.to_string()))?;
    if code != 0 && process.keep != Some(Keep::Code) {
        return Err(EngineError::Exit(code));
    }
    let output = kept.into_inner().unwrap_or_else(PoisonError::into_inner);
    if output.len() > LONGEST_OUTPUT {
        return Err(EngineError::Other(format!("it prints more than {} MiB", LONGEST_OUTPUT >> 20)));
    }
    if process.keep.is_some() {
        answers.note(vertex, HostAnswer { code, output });
    }
    Ok(())
}
