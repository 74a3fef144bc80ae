//! `shared-package-cache`.

use crate::analysis::program::{Late, MountKind, Sharing, StepKind};
use crate::diagnostic::Diagnostic;
use crate::lint::catalogue::SHARED_PACKAGE_CACHE;
use crate::lint::subject::{Subject, run_of};

/// Ends of directories that one process at a time may use, and whose they are.
const FRAGILE: &[(&str, &str)] = &[
    ("/var/cache/apt", "apt"),
    ("/var/cache/apt/archives", "apt"),
    ("/var/lib/apt", "apt"),
    ("/var/lib/apt/lists", "apt"),
    ("/var/cache/dnf", "dnf"),
    ("/var/cache/yum", "yum"),
    ("/.m2", "Maven"),
    ("/.m2/repository", "Maven"),
    ("/.gradle", "Gradle"),
    ("/.gradle/caches", "Gradle"),
    ("/.cache/yarn", "Yarn"),
];

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for step in subject.recipes.iter().flat_map(|body| &body.steps) {
        let mut shared: Vec<&str> = Vec::new();
        match &step.kind {
            StepKind::Cache(cache) if cache.sharing == Sharing::Shared => shared.extend(cache.dir.as_literal()),
            _ => {
                for mount in run_of(step).iter().flat_map(|run| &run.mounts) {
                    if let Late::Known(mount) = mount
                        && matches!(mount.kind, MountKind::Cache { sharing: Sharing::Shared, .. })
                    {
                        shared.push(&mount.target);
                    }
                }
            }
        }
        for dir in shared {
            let bare = dir.trim_end_matches('/');
            if let Some((_, manager)) = FRAGILE.iter().find(|(end, _)| bare.ends_with(end)) {
                found.push(
                    SHARED_PACKAGE_CACHE
                        .at(step.span, format!("{manager} breaks when several steps use `{dir}` at the same time"))
                        .help("leave out `sharing`: the default lets one step at a time use it"),
                );
            }
        }
    }
}
