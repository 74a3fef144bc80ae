//! `rbuild init`: a first Buildfile that suits the project.

use super::context::{Context, Ended};
use super::exit::Exit;
use crate::workspace::find_in;
use clap::ValueEnum;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

/// Kinds of projects that there is a template for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Template {
    /// Rust: `Cargo.toml`
    Rust,
    /// Go: `go.mod`
    Go,
    /// Node.js: `package.json`
    Node,
    /// Python: `pyproject.toml`, `requirements.txt`
    Python,
    /// Java with Maven: `pom.xml`
    Maven,
    /// Java with Gradle: `build.gradle`, `build.gradle.kts`
    Gradle,
    /// C or C++ with CMake: `CMakeLists.txt`
    Cmake,
    /// Anything else
    Generic,
}

impl Template {
    fn text(self) -> &'static str {
        match self {
            Self::Rust => include_str!("templates/rust.Buildfile"),
            Self::Go => include_str!("templates/go.Buildfile"),
            Self::Node => include_str!("templates/node.Buildfile"),
            Self::Python => include_str!("templates/python.Buildfile"),
            Self::Maven => include_str!("templates/maven.Buildfile"),
            Self::Gradle => include_str!("templates/gradle.Buildfile"),
            Self::Cmake => include_str!("templates/cmake.Buildfile"),
            Self::Generic => include_str!("templates/generic.Buildfile"),
        }
    }

    /// Files that tell this kind of project.
    fn marks(self) -> &'static [&'static str] {
        match self {
            Self::Rust => &["Cargo.toml"],
            Self::Go => &["go.mod"],
            Self::Node => &["package.json"],
            Self::Python => &["pyproject.toml", "requirements.txt", "setup.py"],
            Self::Maven => &["pom.xml"],
            Self::Gradle => &["build.gradle", "build.gradle.kts"],
            Self::Cmake => &["CMakeLists.txt"],
            Self::Generic => &[],
        }
    }

    /// What a build of this kind leaves in the directory, and should not be sent to the engine with the sources.
    fn made(self) -> &'static [&'static str] {
        match self {
            Self::Rust | Self::Maven => &["target/"],
            Self::Go | Self::Generic => &[],
            Self::Node => &["node_modules/", "dist/"],
            Self::Python => &["__pycache__/", "**/__pycache__/", ".venv/", "*.egg-info/"],
            Self::Gradle => &[".gradle/", "build/"],
            Self::Cmake => &["build/"],
        }
    }

    /// The kind of project in a directory, and the file that told it.
    fn of(dir: &Path) -> Option<(Self, &'static str)> {
        let marks = Self::value_variants().iter().flat_map(|kind| kind.marks().iter().map(move |mark| (*kind, *mark)));
        marks.into_iter().find(|(_, mark)| dir.join(mark).is_file())
    }
}

/// Writes a Buildfile into the current directory, and an ignore file where there is none.
///
/// # Errors
/// When there is a Buildfile already, or none can be written; it was said.
pub fn init(context: &Context, template: Option<Template>) -> Ended<()> {
    let dir = &context.current;
    if let Some(found) = find_in(dir) {
        let message = format!("there is a {} in {} already", found.file_name, dir.display());
        return Err(context.fail(Exit::Usage, &message, Some("`rbuild ls` lists its targets; nothing was changed")));
    }
    let found = Template::of(dir);
    let template = template.or(found.map(|(kind, _)| kind)).unwrap_or(Template::Generic);
    let why = match found {
        Some((kind, mark)) if kind == template => format!(", as {mark} is here"),
        _ => String::new(),
    };
    write(context, "Buildfile", template.text())?;
    let name = template.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
    context.print(format!("Buildfile: written for {name}{why}\n"))?;
    let ignored: String = [&[".git/", "out/", "rbuild-timing.html"], template.made()]
        .concat()
        .iter()
        .map(|line| format!("{line}\n"))
        .collect();
    if ![".rbuildignore", ".earthlyignore", ".earthignore"].iter().any(|name| dir.join(name).exists()) {
        write(context, ".rbuildignore", &ignored)?;
        context.print(".rbuildignore: keeps what builds make from being sent to the engine\n")?;
    }
    context.print(
        "\nNow look at it, and type:\n  rbuild          to list its targets\n  rbuild +all     to build them all\n",
    )
}

/// Writes a file that does not exist yet.
fn write(context: &Context, name: &str, text: &str) -> Ended<()> {
    let path = context.current.join(name);
    let written = OpenOptions::new().write(true).create_new(true).open(&path).and_then(|mut file| {
        file.write_all(text.as_bytes()).inspect_err(|_| {
            let _gone = std::fs::remove_file(&path);
        })
    });
    written.map_err(|error| {
        let help = match error.kind() {
            ErrorKind::PermissionDenied => "check who owns the directory",
            _ => "check the directory",
        };
        context.fail(Exit::Environment, &format!("cannot write {}: {error}", path.display()), Some(help))
    })
}

#[cfg(test)]
mod tests {
    use super::super::document::tests::read;
    use super::*;

    #[test]
    fn the_files_of_a_project_tell_its_kind() {
        for kind in Template::value_variants() {
            for mark in kind.marks() {
                let dir = tempfile::tempdir().unwrap();
                std::fs::write(dir.path().join(mark), "").unwrap();
                assert_eq!(Template::of(dir.path()), Some((*kind, *mark)));
            }
        }
        assert_eq!(Template::of(tempfile::tempdir().unwrap().path()), None);
    }

    #[test]
    fn every_template_is_a_buildfile_whose_targets_have_comments() {
        for kind in Template::value_variants() {
            let (unit, _) = read(kind.text());
            assert!(unit.targets.contains_key("all"), "{kind:?}");
            for (name, target) in &unit.targets {
                let docs = target.docs.as_ref().unwrap_or_else(|| panic!("{kind:?}: +{name} has no comment"));
                assert!(docs.text.starts_with(name.as_str()), "{kind:?}: the comment of +{name}");
            }
        }
    }
}
