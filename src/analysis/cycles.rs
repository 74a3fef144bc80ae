//! Targets of one file that need themselves.
//!
//! Only what happens in every case counts: a reference without arguments. One with arguments may end somewhere, as may one in
//! another file; the run finds those.

use super::program::{Call, Late, Recipe, Step, StepKind, Unit};
use super::reference::Place;
use super::targets::{BASE, calls};
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use indexmap::IndexMap;
use std::collections::HashMap;

/// One reference: where it leads, and where it is written. `None`: every target begins with the base recipe.
type Edge<'u> = (&'u str, Option<Span>);

/// The references of every target, in the order of the file.
type Edges<'u> = IndexMap<&'u str, Vec<Edge<'u>>>;

/// Reports every cycle once.
pub(super) fn cycles(unit: &Unit) -> Vec<Diagnostic> {
    let edges = edges(unit);
    let mut faults = Vec::new();
    let mut state: HashMap<&str, Visit> = HashMap::new();
    for &start in edges.keys() {
        if !state.contains_key(start) {
            search(start, &edges, &mut state, &mut faults);
        }
    }
    faults
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Visit {
    Open,
    Done,
}

/// Walks the references in depth, with a path of its own instead of the stack: chains may be long.
fn search<'u>(start: &'u str, edges: &Edges<'u>, state: &mut HashMap<&'u str, Visit>, faults: &mut Vec<Diagnostic>) {
    // A target, and how many of its references have been followed.
    let mut path: Vec<(&str, usize)> = vec![(start, 0)];
    state.insert(start, Visit::Open);
    while let Some((name, next)) = path.last_mut() {
        let Some(&(to, _)) = edges.get(name).and_then(|all| all.get(*next)) else {
            state.insert(name, Visit::Done);
            path.pop();
            continue;
        };
        *next += 1;
        match state.get(to) {
            Some(Visit::Done) => {}
            Some(Visit::Open) => {
                let from = path.iter().position(|(name, _)| *name == to).unwrap_or(0);
                faults.extend(report(&path[from..], edges));
            }
            None if edges.contains_key(to) => {
                state.insert(to, Visit::Open);
                path.push((to, 0));
            }
            None => {}
        }
    }
}

fn report(path: &[(&str, usize)], edges: &Edges<'_>) -> Option<Diagnostic> {
    let taken: Vec<Edge<'_>> =
        path.iter().filter_map(|(name, next)| edges.get(name)?.get(next.checked_sub(1)?).copied()).collect();
    let mut names: Vec<String> = path.iter().map(|(name, _)| format!("+{name}")).collect();
    names.extend(path.first().map(|(name, _)| format!("+{name}")));
    let mut spans = taken.iter().filter_map(|(to, span)| Some((to, (*span)?)));
    let (_, first) = spans.next()?;
    let fault = Diagnostic::error("cycle", first, format!("infinite cycle: `{}`", names.join(" → ")));
    let fault = spans.fold(fault, |fault, (to, span)| fault.label(span, format!("goes on to `+{to}`")));
    Some(fault.help("a target cannot need itself: take one of these references out, or give its target arguments"))
}

fn edges(unit: &Unit) -> Edges<'_> {
    let mut edges = Edges::new();
    // A BUILD of the base recipe waits for nothing: it closes no circle.
    let waits = |step: &&Step| !matches!(step.kind, StepKind::Build(_));
    edges.insert(BASE, certain(&unit.base).into_iter().filter(waits).flat_map(calls).filter_map(edge).collect());
    for (name, target) in &unit.targets {
        edges.insert(
            name,
            std::iter::once((BASE, None))
                .chain(certain(&target.recipe).into_iter().flat_map(calls).filter_map(edge))
                .collect(),
        );
    }
    edges
}

/// The steps that are walked in any case: a branch may not be taken, and a loop may have nothing to go over.
fn certain(recipe: &Recipe) -> Vec<&Step> {
    let mut steps = Vec::new();
    for step in recipe {
        match &step.kind {
            StepKind::Wait(body) => steps.extend(certain(body)),
            StepKind::Try(block) => steps.extend(certain(&block.body)),
            _ => steps.push(step),
        }
    }
    steps
}

fn edge(call: &Call) -> Option<Edge<'_>> {
    match &call.target {
        Late::Known(target) if target.place == Place::Here && call.passing.args.is_empty() => {
            Some((target.target.as_str(), Some(call.span)))
        }
        Late::Known(_) | Late::Expand(_) => None,
    }
}
