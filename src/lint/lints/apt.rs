//! `apt-index-apart` and `apt-without-yes`.

use crate::analysis::program::Step;
use crate::diagnostic::Diagnostic;
use crate::lint::catalogue::{APT_INDEX_APART, APT_WITHOUT_YES};
use crate::lint::shell::commands;
use crate::lint::subject::{Subject, run_of, script};

/// What `apt-get` and `apt` are told to do by a step: the words behind their names.
fn orders(step: &Step) -> Vec<Vec<String>> {
    let Some(text) = run_of(step).and_then(script) else { return Vec::new() };
    let apt = commands(text).into_iter().filter(|words| matches!(words[0].as_str(), "apt-get" | "apt"));
    apt.map(|mut words| words.split_off(1)).collect()
}

fn is_order(words: &[String], order: &str) -> bool {
    words.iter().find(|word| !word.starts_with('-')).is_some_and(|first| first == order)
}

pub(super) fn index_apart(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for body in &subject.recipes {
        let mut index = None;
        for step in &body.steps {
            let orders = orders(step);
            let updates = orders.iter().any(|words| is_order(words, "update"));
            let installs = orders.iter().any(|words| is_order(words, "install"));
            match index {
                Some(update) if installs && !updates => {
                    found.push(
                        APT_INDEX_APART
                            .at(step.span, "packages are installed with an index from another step")
                            .label(update, "the index is from here")
                            .help("write `RUN apt-get update && apt-get install …` in one command"),
                    );
                    break;
                }
                _ if updates => index = (!installs).then_some(step.span),
                _ => {}
            }
        }
    }
}

pub(super) fn without_yes(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    // A configuration file may say it, too.
    if subject.text.contains("Assume-Yes") {
        return;
    }
    for step in subject.recipes.iter().flat_map(|body| &body.steps) {
        let asks =
            orders(step).iter().any(|words| is_order(words, "install") && !words.iter().any(|word| agrees(word)));
        // `yes | apt-get install`
        let answers =
            run_of(step).and_then(script).is_some_and(|text| commands(text).iter().any(|words| words[0] == "yes"));
        if asks && !answers {
            found.push(
                APT_WITHOUT_YES
                    .at(step.span, "`apt-get install` asks, and nobody can answer")
                    .help("write `apt-get install -y …`"),
            );
        }
    }
}

/// Whether a flag answers all questions, or asks for nothing to be done. A variable may hold such a flag.
fn agrees(word: &str) -> bool {
    let short = word.starts_with('-') && !word.starts_with("--");
    (short && (word.contains(['y', 's']) || word.contains("qq")))
        || matches!(word, "--yes" | "--assume-yes" | "--download-only" | "--simulate" | "--dry-run" | "--print-uris")
        || word.starts_with('$')
}
