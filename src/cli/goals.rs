//! From what was typed to targets of loaded files.

use super::arguments::Arguments;
use super::artifacts;
use super::context::{Context, Ended};
use super::exit::Exit;
use super::secrets::BuildArgs;
use super::settings::{long, options};
use super::targets::{Wish, is_artifact};
use crate::analysis::builtins::is_builtin;
use crate::analysis::passes_args;
use crate::analysis::program::{StepKind, Unit, all_steps};
use crate::analysis::reference::{ArtifactRef, Place, TargetRef};
use crate::analysis::signature::BASE;
use crate::run::eval::Goal;
use crate::run::program::Program;
use crate::run::repositories::{Repositories, RepositoryError};
use crate::syntax::suggest;
use crate::workspace::{Found, RemoteError};
use clap::CommandFactory;
use std::collections::BTreeMap;

/// A goal whose file is not loaded yet.
pub struct Asked {
    /// Its file.
    pub found: Found,
    target: TargetRef,
    artifact: Option<(String, String)>,
    args: BTreeMap<String, String>,
    /// Those that stand behind it: somebody wants them to have an effect here.
    own: BTreeMap<String, String>,
}

/// Reads references, and finds their files.
///
/// # Errors
/// When a reference is malformed or its directory has no Buildfile; it was said.
pub fn find(
    context: &Context,
    wishes: &[Wish],
    build_args: &BuildArgs,
    repositories: &Repositories,
) -> Ended<Vec<Asked>> {
    let mut asked = Vec::new();
    for wish in wishes {
        let reference = wish.reference.as_str();
        let invalid = |message: String, help: String| context.fail(Exit::Usage, &message, Some(&help));
        let (target, artifact) = if is_artifact(reference) {
            let artifact = ArtifactRef::parse(reference).map_err(|error| invalid(error.to_string(), error.help()))?;
            let dest = wish.dest.clone().unwrap_or_else(|| "./".to_owned());
            (artifact.target, Some((artifact.path, dest)))
        } else {
            (TargetRef::parse(reference).map_err(|error| invalid(error.to_string(), error.help()))?, None)
        };
        let found = match &target.place {
            Place::Here => context.buildfile()?,
            Place::Directory(dir) => context.buildfile_in(dir)?,
            Place::Remote(text) => repositories
                .open(text, None)
                .and_then(|found| found.ok_or_else(|| RepositoryError::NoBuildfile(text.clone())))
                .map_err(|error| context.fail(exit_of(&error), &error.to_string(), Some(&error.help())))?,
            Place::Alias(name) => {
                let message = format!("`{reference}`: there are no imports on the command line");
                return Err(invalid(message, format!("for a directory write `./{name}+{}`", target.target)));
            }
        };
        let mut args = build_args.file.clone();
        args.extend(build_args.typed.clone());
        args.extend(wish.args.clone());
        asked.push(Asked { found, target, artifact, args, own: wish.args.clone() });
    }
    Ok(asked)
}

fn exit_of(error: &RepositoryError) -> Exit {
    match error {
        RepositoryError::Remote(RemoteError::Name(_)) | RepositoryError::NoBuildfile(_) => Exit::Usage,
        _ => Exit::Environment,
    }
}

/// Looks the targets up in the loaded files.
///
/// # Errors
/// When one does not exist; it was said.
pub fn resolve(context: &Context, program: &Program, asked: Vec<Asked>, build_args: &BuildArgs) -> Ended<Vec<Goal>> {
    let units: Vec<&Unit> = asked.iter().map(|asked| &*program.units[&asked.found.dir]).collect();
    note_undeclared(context, &units, &build_args.typed);
    asked
        .into_iter()
        .map(|Asked { found, target, artifact, args, own }| {
            let unit = &program.units[&found.dir];
            if !unit.targets.contains_key(&target.target) && target.target != BASE {
                let names = unit.targets.keys().map(String::as_str);
                let help = match suggest::nearest(&target.target, names) {
                    Some(near) => format!("did you mean `+{near}`?"),
                    None => "`rbuild ls` lists the targets".to_owned(),
                };
                let file = program.sources.file(unit.file).name.clone();
                let message = match target.place {
                    Place::Remote(_) => format!("there is no target `{}` in {file}", target.target),
                    _ => format!("there is no target `{}` in {}", target.target, found.path().display()),
                };
                return Err(context.fail(Exit::Usage, &message, Some(&help)));
            }
            check_args(context, unit, &target.target, &args, &own)?;
            if let Some((path, _)) = &artifact
                && let Some(own) = unit.targets.get(&target.target)
                && let Some(help) = artifacts::instead(&own.recipe, &target.target, path)
            {
                let message = format!("`+{}` saves no artifact `{}`", target.target, path.trim_start_matches('/'));
                return Err(context.fail(Exit::Usage, &message, Some(&help)));
            }
            Ok(Goal { dir: found.dir, target: target.target, args, artifact })
        })
        .collect()
}

/// Refuses values for built-in arguments, and notes those that nothing in the target's file asks for.
fn check_args(
    context: &Context,
    unit: &Unit,
    target: &str,
    args: &BTreeMap<String, String>,
    own: &BTreeMap<String, String>,
) -> Ended<()> {
    if let Some(name) = args.keys().find(|name| is_builtin(name)) {
        let message = format!("the argument `{name}` is built in and cannot be passed on the command line");
        return Err(context.fail(Exit::Usage, &message, Some("rbuild sets it by itself; leave it out")));
    }
    let command = Arguments::command();
    for (name, _) in undeclared(&[unit], own) {
        if options(&command).any(|option| long(option) == name) {
            let message = format!("`--{name}` stands behind `+{target}`, and no ARG has this name");
            let help = format!("rbuild's own options go before the target: `rbuild --{name} … +{target}`");
            return Err(context.fail(Exit::Usage, &message, Some(&help)));
        }
    }
    note_undeclared(context, &[unit], own);
    Ok(())
}

fn note_undeclared(context: &Context, units: &[&Unit], args: &BTreeMap<String, String>) {
    for (name, near) in undeclared(units, args) {
        let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        context.note(&format!("the argument `{name}` has no effect: no ARG has this name{near}"));
    }
}

/// Arguments that no `ARG` of the files declares, each with the declared name that is most like it. None where arguments are passed on to
/// other files, which may declare them.
fn undeclared<'a>(units: &[&'a Unit], args: &'a BTreeMap<String, String>) -> Vec<(&'a str, Option<&'a str>)> {
    let recipes = || {
        units.iter().flat_map(|unit| {
            let named = unit.targets.values().chain(unit.functions.values()).map(|target| &target.recipe);
            std::iter::once(&unit.base).chain(named).flat_map(all_steps)
        })
    };
    if recipes().any(passes_args) {
        return Vec::new();
    }
    let declared: Vec<&str> = recipes()
        .filter_map(|step| match &step.kind {
            StepKind::Arg(arg) => Some(arg.name.text.as_str()),
            _ => None,
        })
        .collect();
    let unknown = args.keys().map(String::as_str).filter(|name| !declared.contains(name));
    unknown.map(|name| (name, suggest::nearest(name, declared.iter().copied()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{Options, analyse};
    use crate::source::FileId;
    use crate::syntax::{ParseOptions, parse};

    fn check(text: &str, arg: &str, expected: &[(&str, Option<&str>)]) {
        let parsed = parse(FileId(0), text, ParseOptions { default_version_is_1_0: true });
        let (unit, _) = analyse(FileId(0), &parsed.file, &Options { buildfile: true, ..Options::default() });
        let args = [(arg.to_owned(), String::new())].into_iter().collect();
        assert_eq!(undeclared(&[&unit], &args), expected, "{text}");
    }

    #[test]
    fn arguments_that_nothing_asks_for_are_found() {
        let file = "FROM alpine\nARG --global tag\nt:\n    ARG version\n    RUN x\n";
        check(file, "version", &[]);
        check(file, "tag", &[]);
        check(file, "vresion", &[("vresion", Some("version"))]);
        check(file, "zzzzzzzz", &[("zzzzzzzz", None)]);
        for passes in [
            "BUILD --pass-args ./x+t",
            "FROM --pass-args $base",
            "COPY --pass-args $from/a /",
            "FROM DOCKERFILE --pass-args $dir",
        ] {
            check(&format!("{file}    {passes}\n"), "zzzzzzzz", &[]);
        }
        check(&format!("{file}    COPY --pass-args a /\n"), "zzzzzzzz", &[("zzzzzzzz", None)]);
    }
}
