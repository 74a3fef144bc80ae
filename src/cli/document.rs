//! `rbuild doc`: what the comments of a Buildfile say about its targets.

use super::context::{Context, Ended};
use super::exit::Exit;
use super::faults;
use crate::analysis::program::{Arg, SaveArtifact, Unit};
use crate::analysis::signature::Signature;
use crate::run::load::load_alone;
use crate::source::Sources;
use crate::syntax::ast::Docs;
use crate::syntax::suggest;
use crate::ui;
use crate::workspace::Found;
use std::fmt::Write as _;
use std::sync::Arc;

/// A file by itself.
pub struct OneFile {
    /// What it means.
    pub unit: Arc<Unit>,
    /// Its text.
    pub sources: Sources,
}

/// Reads a Buildfile without the files that it refers to.
///
/// # Errors
/// When it cannot be read or is wrong; it was said.
pub fn one_file(context: &Context, found: &Found) -> Ended<OneFile> {
    let loaded = load_alone(found, &context.current, &context.options.input.version_flag_overrides)
        .map_err(|error| context.fail(Exit::Environment, &error.to_string(), None))?;
    faults::diagnostics(context, &loaded.program.sources, &loaded.diagnostics)?;
    Ok(OneFile { unit: loaded.program.units[&found.dir].clone(), sources: loaded.program.sources })
}

/// An argument as it is typed, and what is said of it.
pub struct Listed {
    /// `--name=default`, `--name=…` where it has no default.
    pub usage: String,
    /// Its comment.
    pub docs: String,
}

impl Listed {
    /// What lists say of an argument.
    pub fn of(arg: &Arg, sources: &Sources) -> Self {
        let value = arg.default.as_ref().map_or("…", |default| sources.text(default.span));
        let docs = arg.docs.as_ref().map(|docs| docs.text.clone()).unwrap_or_default();
        Self { usage: format!("--{}={value}", arg.name.text), docs }
    }
}

/// Prints what a file says about its targets, or about one of them.
///
/// # Errors
/// When the file is wrong, or has no such target; it was said.
pub fn document(context: &Context, found: &Found, target: Option<&str>, long: bool) -> Ended<()> {
    let OneFile { unit, sources } = one_file(context, found)?;
    let mut out = String::new();
    match target {
        Some(name) => {
            out = page(&unit, &sources, name).ok_or_else(|| {
                let near = suggest::nearest(name, unit.targets.keys().map(String::as_str));
                let help =
                    near.map_or("`rbuild ls` lists the targets".to_owned(), |near| format!("did you mean `+{near}`?"));
                let message = format!("there is no target `{name}` in {}", found.path().display());
                context.fail(Exit::Usage, &message, Some(&help))
            })?;
        }
        None => {
            for (name, _) in unit.targets.iter().filter(|(_, target)| target.docs.is_some()) {
                let page = if long { page(&unit, &sources, name) } else { brief(&unit, &sources, name) };
                let gap = if out.is_empty() { "" } else { "\n" };
                write!(out, "{gap}{}", page.unwrap_or_default()).expect("a string takes everything");
            }
            if out.is_empty() {
                let message = format!("no target of {} has a comment above it", found.path().display());
                context.note(&format!("{message}; `rbuild ls` lists them all"));
            }
        }
    }
    context.print(out)
}

/// The usage of a target and its comment.
fn brief(unit: &Unit, sources: &Sources, name: &str) -> Option<String> {
    let signature = Signature::of(unit, name)?;
    let mut usage = format!("+{name}");
    for arg in &signature.args {
        let listed = Listed::of(arg, sources).usage;
        match arg.required {
            true => write!(usage, " {listed}"),
            false => write!(usage, " [{listed}]"),
        }
        .expect("a string takes everything");
    }
    let mut out = ui::word(&usage) + "\n";
    block(&mut out, unit.targets.get(name).and_then(|target| target.docs.as_ref()), 4);
    Some(out)
}

/// All that is known of a target.
fn page(unit: &Unit, sources: &Sources, name: &str) -> Option<String> {
    let signature = Signature::of(unit, name)?;
    let mut out = brief(unit, sources, name)?;
    let args = |required: bool| {
        let wanted = signature.args.iter().filter(move |arg| arg.required == required);
        wanted.map(|arg| (Listed::of(arg, sources).usage, arg.docs.as_ref())).collect::<Vec<_>>()
    };
    section(&mut out, "Required arguments", args(true));
    section(&mut out, "Optional arguments", args(false));
    let globals = signature.globals.iter().map(|arg| (Listed::of(arg, sources).usage, arg.docs.as_ref()));
    section(&mut out, "Arguments of the whole file", globals.collect());
    let artifacts =
        signature.artifacts.iter().map(|saved| (format!("+{name}/{}", artifact(saved, sources)), saved.docs.as_ref()));
    section(&mut out, "Artifacts", artifacts.collect());
    let locals = signature.artifacts.iter().filter_map(|saved| Some((saved.local.as_ref()?, saved.docs.as_ref())));
    section(
        &mut out,
        "Files on this machine",
        locals.map(|(at, docs)| (sources.text(at.span).to_owned(), docs)).collect(),
    );
    let images = signature.images.iter().flat_map(|saved| {
        let pushed = if saved.push { " (pushed)" } else { "" };
        saved.names.iter().map(move |name| (format!("{}{pushed}", sources.text(name.span)), saved.docs.as_ref()))
    });
    section(&mut out, "Images", images.collect());
    Some(out)
}

/// Where an artifact lies among those of its target.
pub(super) fn artifact(saved: &SaveArtifact, sources: &Sources) -> String {
    let source = sources.text(saved.source.span);
    let own_name = source.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let dest = saved.dest.as_ref().map_or("", |dest| sources.text(dest.span));
    let dest = dest.strip_prefix("./").unwrap_or(dest).trim_start_matches('/');
    if dest.is_empty() || dest.ends_with('/') { format!("{dest}{own_name}") } else { dest.to_owned() }
}

fn section(out: &mut String, title: &str, items: Vec<(String, Option<&Docs>)>) {
    if items.is_empty() {
        return;
    }
    writeln!(out, "\n{title}:").expect("a string takes everything");
    for (name, docs) in items {
        writeln!(out, "    {}", ui::word(&name)).expect("a string takes everything");
        block(out, docs, 8);
    }
}

fn block(out: &mut String, docs: Option<&Docs>, indent: usize) {
    for line in docs.iter().flat_map(|docs| docs.text.lines()) {
        out.push_str(format!("{:indent$}{}", "", ui::word(line)).trim_end());
        out.push('\n');
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::analysis::{Options, analyse};
    use crate::syntax::{ParseOptions, parse};

    /// A text as a file of its own.
    pub(in crate::cli) fn read(text: &str) -> (Unit, Sources) {
        let mut sources = Sources::default();
        let file = sources.add("Buildfile", text);
        let parsed = parse(file, text, ParseOptions { default_version_is_1_0: true });
        let (unit, faults) = analyse(file, &parsed.file, &Options { buildfile: true, ..Options::default() });
        assert!(faults.is_empty() && parsed.diagnostics.is_empty(), "{faults:?}");
        (unit, sources)
    }

    const FILE: &str = "\
FROM alpine
# all of it
ARG --global version=1.0

# image is the service.
#   It listens on port 80.
image:
    ARG --required name
    # tag is the image's tag.
    ARG tag=\"$version\"
    # the program
    SAVE ARTIFACT build/app AS LOCAL out/app
    SAVE ARTIFACT notes.txt /docs/
    SAVE IMAGE --push $name:$tag
plain:
    RUN x
";

    #[test]
    fn a_page_tells_all_of_a_target() {
        let (unit, sources) = read(FILE);
        let expected = "\
+image --name=… [--tag=\"$version\"]
    image is the service.
      It listens on port 80.

Required arguments:
    --name=…

Optional arguments:
    --tag=\"$version\"
        tag is the image's tag.

Arguments of the whole file:
    --version=1.0
        all of it

Artifacts:
    +image/app
        the program
    +image/docs/notes.txt

Files on this machine:
    out/app
        the program

Images:
    $name:$tag (pushed)
";
        assert_eq!(page(&unit, &sources, "image").unwrap(), expected);
        assert_eq!(
            page(&unit, &sources, "plain").unwrap(),
            "+plain\n\nArguments of the whole file:\n    --version=1.0\n        all of it\n"
        );
        assert!(page(&unit, &sources, "none").is_none());
    }

    #[test]
    fn a_brief_page_is_the_usage_and_the_comment() {
        let (unit, sources) = read(FILE);
        let expected =
            "+image --name=… [--tag=\"$version\"]\n    image is the service.\n      It listens on port 80.\n";
        assert_eq!(brief(&unit, &sources, "image").unwrap(), expected);
    }
}
