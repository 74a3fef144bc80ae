//! Artifacts that a target certainly does not save, told before anything is built.

use crate::analysis::program::{Recipe, SaveArtifact, StepKind, all_steps};
use crate::syntax::suggest;
use std::collections::BTreeSet;

/// What to do instead of asking for an artifact that the recipe does not save. `None` where it does, or where only the build can tell:
/// names with `$` or wildcards, and functions.
#[must_use]
pub fn instead(recipe: &Recipe, target: &str, path: &str) -> Option<String> {
    let asked = first(path).filter(|name| !is_open(name))?;
    let mut saved = BTreeSet::new();
    for step in all_steps(recipe) {
        match &step.kind {
            StepKind::Do(_) | StepKind::Unsupported(_) => return None,
            StepKind::SaveArtifact(artifact) => {
                saved.insert(name(artifact)?);
            }
            _ => {}
        }
    }
    if saved.contains(asked) {
        return None;
    }
    let all = || saved.iter().map(|name| format!("`+{target}/{name}`")).collect::<Vec<_>>().join(", ");
    Some(match suggest::nearest(asked, saved.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `+{target}/{near}`?"),
        None if saved.is_empty() => format!("`+{target}` saves none: it has no SAVE ARTIFACT"),
        None => format!("it saves {}", all()),
    })
}

/// The first part of an artifact's name, where it is known.
fn name(artifact: &SaveArtifact) -> Option<String> {
    let source = artifact.source.as_literal()?;
    let dest = artifact.dest.as_ref().map_or(Some("./"), |dest| dest.as_literal())?;
    let is_dir = dest.is_empty() || dest.ends_with('/') || dest.ends_with('.');
    let named = match first(dest) {
        Some(name) => name,
        None if is_dir => source.rsplit('/').next()?,
        None => return None,
    };
    (!is_open(named)).then(|| named.to_owned())
}

/// The first part of a path that is more than `.`.
fn first(path: &str) -> Option<&str> {
    path.split('/').find(|part| !part.is_empty() && *part != ".")
}

/// Whether a name may stand for others.
fn is_open(name: &str) -> bool {
    name.is_empty() || name == "." || name == ".." || name.contains(['*', '?', '[', '\\', '$'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{Options, analyse};
    use crate::source::FileId;
    use crate::syntax::{ParseOptions, parse};

    fn check(recipe: &str, path: &str, expected: Option<&str>) {
        let text = format!("FROM alpine\nt:\n{recipe}");
        let parsed = parse(FileId(0), &text, ParseOptions { default_version_is_1_0: true });
        let (unit, _) = analyse(FileId(0), &parsed.file, &Options { buildfile: true, ..Options::default() });
        assert_eq!(instead(&unit.targets["t"].recipe, "t", path).as_deref(), expected, "{recipe} {path}");
    }

    #[test]
    fn what_is_not_saved_is_told() {
        let two = "    SAVE ARTIFACT out/app\n    IF true\n        SAVE ARTIFACT /x /lib/y\n    END\n";
        for path in ["app", "/app", "./app", "lib", "lib/y", "lib/z", "a*", "*"] {
            check(two, path, None);
        }
        check(two, "ap", Some("did you mean `+t/app`?"));
        check(two, "zzzzzz", Some("it saves `+t/app`, `+t/lib`"));
        check("    RUN x\n", "app", Some("`+t` saves none: it has no SAVE ARTIFACT"));
    }

    #[test]
    fn what_only_the_build_knows_is_left_to_it() {
        for recipe in [
            "    SAVE ARTIFACT out/*\n",
            "    ARG n\n    SAVE ARTIFACT $n\n",
            "    SAVE ARTIFACT .\n",
            "    SAVE ARTIFACT a ..\n",
            "    DO +F\nF:\n    FUNCTION\n    SAVE ARTIFACT x\n",
        ] {
            check(recipe, "app", None);
        }
        check("    SAVE ARTIFACT a dir/\n", "app", Some("it saves `+t/dir`"));
        check("    SAVE ARTIFACT out/app ./\n", "app", None);
    }
}
