//! First Buildfiles for kinds of projects, and how the files of a directory tell these.

use clap::ValueEnum;
use std::path::Path;

/// Kinds of projects that there is a template for. Where a directory has the files of several, the first counts: a Dockerfile or a
/// compose file stands beside the source of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Template {
    /// Rust: `Cargo.toml`
    Rust,
    /// Go: `go.mod`
    Go,
    /// Node.js: `package.json`
    Node,
    /// Python: `pyproject.toml`, `setup.py`, `requirements.txt`
    Python,
    /// Java with Maven: `pom.xml`
    Maven,
    /// Java with Gradle: `build.gradle`, `build.gradle.kts`
    Gradle,
    /// C or C++ with CMake: `CMakeLists.txt`
    Cmake,
    /// Services of Docker Compose: `compose.yaml`, `docker-compose.yml`
    Compose,
    /// A `Dockerfile`
    Dockerfile,
    /// Anything else
    Generic,
}

impl Template {
    /// The kinds of project in a directory, each with the file that tells it, the one that counts first.
    #[must_use]
    pub fn found_in(dir: &Path) -> Vec<(Self, &'static str)> {
        let found = |kind: &Self| Some((*kind, kind.mark_in(dir)?));
        Self::value_variants().iter().filter_map(found).collect()
    }

    /// Its name on the command line.
    #[must_use]
    pub fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// The Buildfile for the project in a directory.
    #[must_use]
    pub fn text(self, dir: &Path) -> String {
        let has = |name: &str| dir.join(name).is_file();
        let text = match self {
            Self::Rust => include_str!("templates/rust.Buildfile"),
            Self::Go => include_str!("templates/go.Buildfile"),
            Self::Node if has("pnpm-lock.yaml") => include_str!("templates/node-pnpm.Buildfile"),
            Self::Node if has("yarn.lock") => include_str!("templates/node-yarn.Buildfile"),
            Self::Node => include_str!("templates/node-npm.Buildfile"),
            Self::Python if is_python_package(dir) => include_str!("templates/python-package.Buildfile"),
            Self::Python => include_str!("templates/python-program.Buildfile"),
            Self::Maven => include_str!("templates/maven.Buildfile"),
            Self::Gradle => include_str!("templates/gradle.Buildfile"),
            Self::Cmake => include_str!("templates/cmake.Buildfile"),
            Self::Compose => include_str!("templates/compose.Buildfile"),
            Self::Dockerfile => include_str!("templates/dockerfile.Buildfile"),
            Self::Generic => include_str!("templates/generic.Buildfile"),
        };
        match self {
            Self::Compose => text.replace("compose.yaml", self.mark_in(dir).unwrap_or("compose.yaml")),
            _ => text.to_owned(),
        }
    }

    /// What a build of this kind leaves in the directory, and should not be sent to the engine with the sources.
    #[must_use]
    pub fn made(self) -> &'static [&'static str] {
        match self {
            Self::Rust | Self::Maven => &["target/"],
            Self::Go | Self::Compose | Self::Dockerfile | Self::Generic => &[],
            Self::Node => &["node_modules/", "**/node_modules/", "dist/"],
            Self::Python => &["__pycache__/", "**/__pycache__/", ".venv/", "*.egg-info/"],
            Self::Gradle => &[".gradle/", "build/"],
            Self::Cmake => &["build/"],
        }
    }

    /// Files that tell this kind of project.
    fn marks(self) -> &'static [&'static str] {
        match self {
            Self::Rust => &["Cargo.toml"],
            Self::Go => &["go.mod"],
            Self::Node => &["package.json"],
            Self::Python => &["pyproject.toml", "setup.py", "requirements.txt"],
            Self::Maven => &["pom.xml"],
            Self::Gradle => &["build.gradle", "build.gradle.kts"],
            Self::Cmake => &["CMakeLists.txt"],
            Self::Compose => &["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"],
            Self::Dockerfile => &["Dockerfile"],
            Self::Generic => &[],
        }
    }

    fn mark_in(self, dir: &Path) -> Option<&'static str> {
        self.marks().iter().find(|mark| dir.join(mark).is_file()).copied()
    }
}

/// Whether pip can install what lies in the directory: a `pyproject.toml` may also have nothing but the settings of tools.
fn is_python_package(dir: &Path) -> bool {
    let describes =
        |text: String| ["[project]", "[build-system]", "[tool.poetry]"].iter().any(|table| text.contains(table));
    dir.join("setup.py").is_file() || std::fs::read_to_string(dir.join("pyproject.toml")).is_ok_and(describes)
}

#[cfg(test)]
mod tests {
    use super::super::document::tests::read;
    use super::*;

    fn project(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(dir.path().join(name), text).unwrap();
        }
        dir
    }

    #[test]
    fn the_files_of_a_project_tell_its_kinds() {
        for kind in Template::value_variants() {
            for mark in kind.marks() {
                assert_eq!(Template::found_in(project(&[(mark, "")]).path()), [(*kind, *mark)]);
            }
        }
        let several = project(&[("Dockerfile", ""), ("setup.py", ""), ("requirements.txt", ""), ("go.mod", "")]);
        let expected = [(Template::Go, "go.mod"), (Template::Python, "setup.py"), (Template::Dockerfile, "Dockerfile")];
        assert_eq!(Template::found_in(several.path()), expected);
        assert_eq!(Template::found_in(project(&[]).path()), []);
    }

    #[test]
    fn a_template_suits_the_files() {
        use Template::{Compose, Node, Python};
        for (kind, files, part) in [
            (Node, &[("package.json", "")][..], "npm install"),
            (Node, &[("yarn.lock", "")], "yarn install"),
            (Node, &[("pnpm-lock.yaml", "")], "pnpm install"),
            (Python, &[("requirements.txt", "")], "main.py"),
            (Python, &[("pyproject.toml", "[tool.ruff]\n")], "main.py"),
            (Python, &[("pyproject.toml", "[project]\n")], "pip wheel"),
            (Python, &[("setup.py", "")], "pip wheel"),
            (Compose, &[("docker-compose.yml", "")], "WITH DOCKER --compose docker-compose.yml\n"),
            (Compose, &[], "WITH DOCKER --compose compose.yaml\n"),
        ] {
            let text = kind.text(project(files).path());
            assert!(text.contains(part), "{kind:?}, {files:?}: no `{part}` in\n{text}");
            assert_buildfile(&text);
        }
    }

    #[test]
    fn every_template_is_a_buildfile_whose_targets_have_comments() {
        for kind in Template::value_variants() {
            assert_buildfile(&kind.text(Path::new("/nowhere")));
        }
    }

    fn assert_buildfile(text: &str) {
        let (unit, _) = read(text);
        assert!(unit.targets.contains_key("all"), "{text}");
        for (name, target) in &unit.targets {
            let docs = target.docs.as_ref().unwrap_or_else(|| panic!("+{name} has no comment in\n{text}"));
            assert!(docs.text.starts_with(name.as_str()), "the comment of +{name} in\n{text}");
        }
    }
}
