//! `rbuild shell`, and the shell that `--interactive` opens where a step fails.

use super::context::{Context, Ended};
use super::exit::Exit;
use super::faults;
use super::interactive;
use super::targets::{Wish, is_artifact};
use super::work::{Wants, with_engine};
use crate::engine::Engine;
use crate::event::{Event, Failure, Sink};
use crate::graph::Graph;
use crate::lock::{LockDir, WaitOptions};
use crate::run::eval::Fault;
use crate::run::{
    BuildError, Executor, Extent, Interrupt, NoPlace, Place, Wanted, Way, after_failure, beside_failure, way_to,
};
use crate::shell::AGAIN;
use crate::source::Sources;
use std::sync::Arc;

/// Takes the command behind `--` from what was typed.
pub fn split(words: &[String]) -> (&[String], Wanted) {
    match words.iter().position(|word| word == "--") {
        Some(at) if at + 1 < words.len() => (&words[..at], Wanted::Command(words[at + 1..].to_vec())),
        Some(at) => (&words[..at], Wanted::Shell),
        None => (words, Wanted::Shell),
    }
}

/// Opens a shell in the state at a target's end, or runs a command there.
///
/// # Errors
/// When something is wrong; it was said. [`Exit::Inside`] when the shell or the command ends with another code than 0.
pub fn shell(context: &Context, wishes: &[Wish], wanted: Wanted) -> Ended<()> {
    match wishes {
        [wish] if !is_artifact(&wish.reference) => {}
        [wish] => {
            let message = format!("`{}` is an artifact, and a shell opens in a target's state", wish.reference);
            return Err(context.fail(Exit::Usage, &message, Some("leave out what stands behind the `/`")));
        }
        _ => {
            let help = "write `rbuild shell +target`, and a command behind `--`";
            return Err(context.fail(Exit::Usage, "a shell opens in the state of one target", Some(help)));
        }
    }
    with_engine(context, wishes, Extent::Build, &Wants::Shell(wanted)).map(drop)
}

/// Whether options and terminal allow `--interactive`.
///
/// # Errors
/// When they do not; it was said.
pub fn check(context: &Context) -> Ended<()> {
    let options = &context.options;
    let clash =
        [("--ci", options.output.ci), ("--strict", options.running.strict)].into_iter().find(|(_, given)| *given);
    if let Some((name, _)) = clash {
        let message = format!("`--interactive` cannot be used with `{name}`: nobody is there to use the shell");
        return Err(context.fail(Exit::Usage, &message, Some("leave out one of the two")));
    }
    if !crate::terminal::is_terminal() {
        let message = "`--interactive` needs a terminal, and standard input and output are not both one";
        return Err(context.fail(Exit::Usage, message, Some("leave it out; `rbuild shell` runs commands without one")));
    }
    Ok(())
}

/// The first step that failed, for evaluation or in the build.
pub fn first_failure(result: &Result<(), BuildError>, faults: &[Fault]) -> Option<Arc<Failure>> {
    let evaluation = faults.iter().filter_map(|fault| match fault {
        Fault::Build(error) => Some(error),
        _ => None,
    });
    evaluation.chain(result.as_ref().err()).find_map(|error| match error {
        BuildError::Steps(failures) => failures.first().cloned(),
        _ => None,
    })
}

/// Leads to where a step failed, so that somebody can work there; what is done on the way is told as notes, and why it leads nowhere.
pub async fn place_of(executor: &Executor, sink: &dyn Sink, graph: &Arc<Graph>, failure: &Failure) -> Option<Place> {
    let command = &failure.step.name;
    let note = |text: String| sink.send(Event::Note(text));
    let led = match way_to(graph, failure) {
        Ok(Way::Here(place)) => {
            note(format!(
                "`{command}` failed on this machine; this shell is in its directory, with its variables: `exit` ends the build"
            ));
            return Some(place);
        }
        Ok(Way::Again) => {
            note(format!("`{command}` failed; it is run once more, to keep its state for a shell"));
            after_failure(executor, graph, failure).await.map(|failed| (failed.code, Some(failed.place)))
        }
        Ok(Way::Beside) => {
            note(format!("`{command}` failed; it is run once more, for a shell beside its daemon"));
            beside_failure(executor, graph, failure).await.map(|code| (code, None))
        }
        Err(nowhere) => Err(nowhere),
    };
    executor.finish().await;
    match led {
        Ok((code, Some(place))) => {
            let ended = match code {
                0 => "this time it succeeded".to_owned(),
                code => format!("it ended with exit code {code} again"),
            };
            note(format!(
                "{ended}; this shell is in the state that it left: `{AGAIN}` runs it once more, `exit` ends the build"
            ));
            return Some(place);
        }
        Ok((0, None)) => note("no shell is opened: this time it succeeded".to_owned()),
        // Somebody has worked there.
        Ok((_, None)) | Err(NoPlace::Build(BuildError::Interrupted)) => {}
        Err(NoPlace::Of(reason)) => note(format!("no shell is opened: {reason}")),
        Err(NoPlace::Build(_)) => note("no shell is opened: the step could not be run once more".to_owned()),
    }
    None
}

/// Lets somebody work in a place, and gives the exit code.
///
/// # Errors
/// When it could not be opened, or the user stopped it; it was said.
pub async fn open(
    context: &Context,
    sources: &Sources,
    (engine, locks): (&dyn Engine, &LockDir),
    interrupt: &Interrupt,
    place: &Place,
    wanted: &Wanted,
) -> Ended<i32> {
    let options = WaitOptions { timeout: context.options.running.lock_timeout, ..WaitOptions::default() };
    let on_wait = |wait: crate::lock::Wait| {
        context.note(&format!("waiting for {} {}, which another build holds", wait.key.kind(), wait.key.name()));
    };
    let console = || {
        interactive::open().map_err(|error| BuildError::Environment {
            message: format!("cannot use standard input and output: {error}"),
            help: None,
        })
    };
    let opened = tokio::select! {
        opened = place.open(engine, locks, options, wanted, on_wait, console) => opened,
        () = interrupt.stopped() => Err(BuildError::Interrupted),
    };
    opened.map_err(|error| faults::build(context, sources, &error))
}

/// How the process ends after a shell or a command did.
pub fn exit(code: i32) -> Ended<()> {
    match u8::try_from(code) {
        Ok(0) => Ok(()),
        Ok(code) => Err(Exit::Inside(code)),
        Err(_) => Err(Exit::BuildFailed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_stands_behind_two_dashes() {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        for (typed, before, wanted) in [
            ("+a --x=1", "+a --x=1", Wanted::Shell),
            ("+a --", "+a", Wanted::Shell),
            ("+a -- ls -l -- x", "+a", Wanted::Command(words("ls -l -- x"))),
        ] {
            let typed = words(typed);
            assert_eq!(split(&typed), (&words(before)[..], wanted));
        }
    }
}
