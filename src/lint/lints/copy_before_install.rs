//! `copy-before-install`.

use crate::analysis::program::{Late, MountKind, Run, StepKind};
use crate::diagnostic::Diagnostic;
use crate::lint::catalogue::COPY_BEFORE_INSTALL;
use crate::lint::shell::commands;
use crate::lint::subject::{Subject, run_of, script};

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for body in &subject.recipes {
        let mut copied = None;
        for step in &body.steps {
            match &step.kind {
                StepKind::Cache(_) | StepKind::Locally => break,
                StepKind::CopyContext(copy) if copy.sources.iter().any(|source| is_everything(source.as_literal())) => {
                    copied = copied.or(Some(step.span));
                }
                _ => {}
            }
            let Some((all, run)) = copied.zip(run_of(step)) else { continue };
            if let Some(installer) = script(run).and_then(installer).filter(|_| !has_cache(run)) {
                found.push(
                    COPY_BEFORE_INSTALL
                        .at(step.span, format!("`{installer}` runs again whenever any file changes"))
                        .label(all, "all files are copied here")
                        .help("copy the files that list the dependencies, install, then copy the rest"),
                );
                break;
            }
        }
    }
}

fn is_everything(source: Option<&str>) -> bool {
    matches!(source, Some("." | "./" | "*" | "./*"))
}

fn has_cache(run: &Run) -> bool {
    run.mounts.iter().any(|mount| match mount {
        Late::Known(mount) => matches!(mount.kind, MountKind::Cache { .. }),
        Late::Expand(_) => true,
    })
}

/// The command of a script that installs what the project depends on, and does nothing else. A script that goes on to build needs all
/// files anyway.
fn installer(script: &str) -> Option<String> {
    let commands = commands(script);
    let rest =
        commands.iter().filter(|words| !matches!(words[0].as_str(), "cd" | "set" | "echo" | "mkdir" | "corepack"));
    let mut installs = rest.map(|words| install(words));
    let first = installs.next()??;
    installs.all(|install| install.is_some()).then_some(first)
}

fn install(words: &[String]) -> Option<String> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let length = match words[..] {
        ["yarn"] => 1,
        ["npm", "ci", ..]
        | ["cargo", "fetch", ..]
        | ["bundle" | "composer", "install", ..]
        | ["dotnet", "restore", ..] => 2,
        ["npm" | "pnpm", "install" | "i", ref rest @ ..] | ["yarn", "install", ref rest @ ..]
            if is_of_project(rest) =>
        {
            2
        }
        ["poetry", "install", ref rest @ ..] if rest.contains(&"--no-root") => 2,
        ["pip" | "pip3", "install", ref rest @ ..] if is_list(rest) => 2,
        ["go", "mod", "download", ..] => 3,
        ["mvn", .., "dependency:go-offline" | "dependency:resolve"] => words.len(),
        _ => return None,
    };
    Some(words[..length].join(" "))
}

/// Whether no package is named, and nothing is installed for the machine.
fn is_of_project(rest: &[&str]) -> bool {
    rest.iter().all(|word| word.starts_with('-') && !matches!(*word, "-g" | "--global"))
}

/// Whether pip reads a list of packages, and does not install the project itself: `.`, `-e .`.
fn is_list(rest: &[&str]) -> bool {
    let lists = rest.iter().any(|word| word.starts_with("-r") || *word == "--requirement");
    lists && !rest.iter().any(|word| word.starts_with('.') && !word.ends_with(".txt"))
}
