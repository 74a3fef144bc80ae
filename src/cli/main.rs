//! From the process's arguments to its exit code.

use super::arguments::{Arguments, Command};
use super::context::{Context, Ended};
use super::exit::Exit;
use super::list::Look;
use super::{cache, complete, doctor, document, fmt, init, list, locks, manual, plan, prune, targets, work};
use std::process::ExitCode;

/// Runs the command that was typed.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = match Arguments::read() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are no faults, and go to standard output.
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Success };
            let _closed = error.print();
            return exit.into();
        }
    };
    match std::panic::catch_unwind(|| run(arguments)) {
        Ok(Ok(())) => Exit::Success.into(),
        Ok(Err(exit)) => exit.into(),
        Err(_) => {
            eprintln!("this is a defect of rbuild; please report it with the message above");
            Exit::Defect.into()
        }
    }
}

fn run(arguments: Arguments) -> Ended<()> {
    let Arguments { options, command, words, notes } = arguments;
    let mut context = Context::new(options)?;
    notes.iter().for_each(|note| context.note(note));
    match command {
        Some(Command::Ls { path, args, long }) => {
            let found = match path {
                Some(path) => context.buildfile_in(&path.to_string_lossy())?,
                None => context.buildfile()?,
            };
            list::list(&context, &found, Look { args, long })
        }
        Some(Command::Doc { target, long }) => {
            let target = target.unwrap_or_default();
            let (dir, name) = target.split_once('+').map_or((target.as_str(), None), |(dir, name)| (dir, Some(name)));
            let found = if dir.is_empty() { context.buildfile()? } else { context.buildfile_in(dir)? };
            document::document(&context, &found, name, long)
        }
        Some(Command::Complete { words }) => {
            print!("{}", complete::complete(&words, &context.current));
            Ok(())
        }
        Some(Command::Completions { shell }) => {
            print!("{}", complete::script(shell));
            Ok(())
        }
        Some(Command::Doctor { format }) => doctor::doctor(&context, format),
        Some(Command::Init { template }) => init::init(&context, template),
        Some(Command::Man { page }) => manual::manual(&context, page.as_deref()),
        Some(Command::Fmt { check, paths }) => fmt::fmt(&context, &paths, check),
        Some(Command::Cache { format }) => cache::cache(&context, format),
        Some(Command::Prune(options)) => prune::prune(&context, options),
        Some(Command::Plan { format, details, evaluate, words }) => {
            let wishes = wishes(&mut context, &words)?;
            plan::plan(&context, &wishes, plan::Look { format, details }, evaluate)
        }
        Some(Command::Locks { format }) => locks::locks(&context, format),
        None if words.is_empty() => {
            let found = context.buildfile()?;
            list::list(&context, &found, Look::default())
        }
        None => {
            let wishes = wishes(&mut context, &words)?;
            work::work(&context, &wishes)
        }
    }
}

fn wishes(context: &mut Context, words: &[String]) -> Ended<Vec<targets::Wish>> {
    let mut options = std::mem::take(&mut context.options);
    let read = targets::read(words, &mut options);
    context.options = options;
    read.map_err(|(message, help)| context.fail(Exit::Usage, &message, Some(&help)))
}
