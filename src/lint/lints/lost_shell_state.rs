//! `lost-shell-state`.

use crate::diagnostic::Diagnostic;
use crate::lint::catalogue::LOST_SHELL_STATE;
use crate::lint::shell::commands;
use crate::lint::subject::{Subject, run_of, script};

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for step in subject.recipes.iter().flat_map(|body| &body.steps) {
        let Some(text) = run_of(step).and_then(script) else { continue };
        let [words] = &commands(text)[..] else { continue };
        let argument = words.get(1).map_or("…", String::as_str);
        let help = match words[0].as_str() {
            "cd" | "pushd" => format!("write `WORKDIR {argument}`"),
            "export" if argument.contains("$(") => "put the value into the `RUN` that needs it".to_owned(),
            "export" => format!("write `ENV {argument}`"),
            "source" | "." if !sets_up(argument) => continue,
            "source" | "." | "alias" | "unset" | "umask" | "ulimit" => {
                "put it into the `RUN` that needs it: `… && …`".to_owned()
            }
            _ => continue,
        };
        let message = format!("`{}` has no effect on other commands", words[0]);
        found.push(LOST_SHELL_STATE.at(step.span, message).help(help));
    }
}

/// Whether a script is one that only sets variables and functions. Others do work that lasts.
fn sets_up(script: &str) -> bool {
    let name = script.rsplit('/').next().unwrap_or(script);
    matches!(name, "activate" | "env" | ".env" | "profile" | ".profile" | ".bashrc" | ".zshrc" | "nvm.sh")
}
