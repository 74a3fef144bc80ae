//! From the process's arguments to its exit code.

use super::arguments::{Arguments, Command, Misread, needs_target};
use super::context::{Context, Ended};
use super::exit::Exit;
use super::list::Look;
use super::settings::Misuse;
use super::streams::say;
use super::targets::Wish;
use super::{
    cache, check, complete, config, debug, doctor, document, environment, fmt, init, list, locks, manual, misspelt,
    plan, prune, shell, targets, work,
};
use crate::ui;
use std::process::ExitCode;

/// Runs the command that was typed.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = match Arguments::read() {
        Ok(arguments) => arguments,
        Err(misread) => return report(misread).into(),
    };
    match std::panic::catch_unwind(|| run(arguments)) {
        Ok(Ok(())) => Exit::Success.into(),
        Ok(Err(exit)) => exit.into(),
        Err(_) => {
            say("this is a defect of rbuild; please report it with the message above\n");
            Exit::Defect.into()
        }
    }
}

/// Says why a command line cannot be read; in JSON where that was asked for as far as can be told.
fn report(misread: Misread) -> Exit {
    let (message, help) = match misread {
        // Help and version are no faults, and go to standard output.
        Misread::Clap(error) if !error.use_stderr() => {
            let _closed = error.print();
            return Exit::Success;
        }
        Misread::Clap(error) if !environment::wants_json() => {
            let _closed = error.print();
            return Exit::Usage;
        }
        Misread::Clap(error) => (error.to_string().trim_start_matches("error: ").trim_end().to_owned(), None),
        Misread::Setting(Misuse { message, help }) => (message, help),
    };
    let text = match environment::wants_json() {
        true => ui::json_error(&message, help.as_deref()),
        false => ui::error(&message, help.as_deref(), &environment::terminal(None)),
    };
    say(&text);
    Exit::Usage
}

fn run(arguments: Arguments) -> Ended<()> {
    let Arguments { options, command, words, settled, .. } = arguments;
    let context = &Context::new(options)?;
    if context.options.output.debug {
        debug::tell(context.teller.clone());
    }
    settled.notes.iter().for_each(|note| context.note(note));
    match command {
        Some(Command::Ls { path, args, long }) => {
            let found = match path {
                Some(path) => context.buildfile_in(&path.to_string_lossy())?,
                None => context.buildfile()?,
            };
            list::list(context, &found, Look { args, long })
        }
        Some(Command::Doc { target, long }) => {
            let target = target.unwrap_or_default();
            let (dir, name) = target.split_once('+').map_or((target.as_str(), None), |(dir, name)| (dir, Some(name)));
            let found = if dir.is_empty() { context.buildfile()? } else { context.buildfile_in(dir)? };
            document::document(context, &found, name, long)
        }
        Some(Command::Complete { words }) => context.print(complete::complete(&words, &context.current)),
        Some(Command::Completions { shell }) => context.print(complete::script(shell)),
        Some(Command::Doctor { format }) => doctor::doctor(context, format),
        Some(Command::Init { kind, template }) => init::init(context, kind.or(template)),
        Some(Command::Man { page }) => manual::manual(context, page.as_deref()),
        Some(Command::Check { explain: Some(code), .. }) => check::explain(context, &code),
        Some(Command::Check { paths, format, deny, .. }) => check::check(context, &paths, format, &deny),
        Some(Command::Fmt { check, paths }) => fmt::fmt(context, &paths, check),
        Some(Command::Cache { format }) => cache::cache(context, format),
        Some(Command::Config(asked)) => config::config(context, &settled, &asked),
        Some(Command::Prune(options)) => prune::prune(context, options),
        Some(Command::Shell { words }) => {
            let (words, command) = shell::split(&words);
            shell::shell(context, &wishes(context, words)?, command)
        }
        Some(Command::Plan { format, details, evaluate, words }) => {
            plan::plan(context, &wishes(context, &words)?, plan::Look { format, details }, evaluate)
        }
        Some(Command::Locks { format }) => locks::locks(context, format),
        Some(Command::Build { words }) if words.is_empty() => Err(no_target(context, "build")),
        None if words.is_empty() => match needs_target(&settled) {
            Some(typed) => Err(no_target(context, &typed)),
            None => list::list(context, &context.buildfile()?, Look::default()),
        },
        Some(Command::Build { words }) => work::work(context, &wishes(context, &words)?),
        None => work::work(context, &wishes(context, &words)?),
    }
}

fn no_target(context: &Context, typed: &str) -> Exit {
    let help = misspelt::without_target(context, typed);
    context.fail(Exit::Usage, "no target is given", Some(&help))
}

fn wishes(context: &Context, words: &[String]) -> Ended<Vec<Wish>> {
    targets::read(words).map_err(|fault| {
        let Misuse { message, help } = misspelt::explain(context, &fault);
        context.fail(Exit::Usage, &message, help.as_deref())
    })
}
