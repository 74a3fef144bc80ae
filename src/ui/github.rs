//! What GitHub Actions understands: annotations, groups, and lines that are not to be understood.
//!
//! Workflow commands are lines `::name key=value,key=value::text`; see
//! <https://docs.github.com/actions/reference/workflow-commands-for-github-actions>.

use super::escape;
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::{Location, Sources};
use std::path::{Component, Path, PathBuf};

/// A job of GitHub Actions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Github {
    /// The checkout, `GITHUB_WORKSPACE`, absolute: places in annotations are relative to it.
    pub workspace: Option<PathBuf>,
    /// The directory that names of files are relative to, absolute.
    pub current: PathBuf,
    /// The file for the job's summary, `GITHUB_STEP_SUMMARY`.
    pub summary: Option<PathBuf>,
}

impl Github {
    /// Annotations for faults of Buildfiles, a line each. Empty where there are none.
    #[must_use]
    pub fn diagnostics(&self, sources: &Sources, diagnostics: &[Diagnostic]) -> String {
        let line = |diagnostic: &Diagnostic| {
            let level = match diagnostic.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            };
            let help = diagnostic.help.as_ref().map(|help| format!("\nhelp: {help}")).unwrap_or_default();
            let place = diagnostic.span().map(|span| sources.location(span));
            self.annotation(level, place.as_ref(), diagnostic.code, &format!("{}{help}", diagnostic.message)) + "\n"
        };
        diagnostics.iter().map(line).collect()
    }

    /// The annotation of an error that has no place. Ends with a line feed.
    #[must_use]
    pub fn error(&self, message: &str, help: Option<&str>) -> String {
        let help = help.map(|help| format!("\nhint: {help}")).unwrap_or_default();
        self.annotation("error", None, "rbuild", &format!("{message}{help}")) + "\n"
    }

    /// An annotation: `::error file=Buildfile,line=12,col=5,title=+test failed::exit code 1`.
    pub(super) fn annotation(&self, level: &str, place: Option<&Location>, title: &str, text: &str) -> String {
        let place = place.map(|place| {
            let file = property(&self.path(&place.file));
            format!("file={file},line={},col={},", place.line, place.column)
        });
        format!("::{level} {}title={}::{}", place.unwrap_or_default(), property(title), data(text))
    }

    /// A file as GitHub knows it: its path in the checkout. One that is not in there keeps its name.
    fn path(&self, file: &str) -> String {
        let mut path = PathBuf::new();
        for component in self.current.join(file).components() {
            match component {
                Component::ParentDir => drop(path.pop()),
                Component::CurDir => {}
                component => path.push(component),
            }
        }
        let inside = self.workspace.as_deref().and_then(|workspace| path.strip_prefix(workspace).ok());
        inside.map_or_else(|| file.to_owned(), |path: &Path| path.to_string_lossy().into_owned())
    }
}

/// Lines that can be folded away under a title.
pub(super) fn group(title: &str, lines: Vec<String>) -> Vec<String> {
    let begin = format!("::group::{}", data(&escape::strip(title)));
    std::iter::once(begin).chain(lines.into_iter().map(harmless)).chain(["::endgroup::".to_owned()]).collect()
}

/// A line that is no command, whoever wrote it: what runs in a step has no say over the job.
pub(super) fn harmless(line: String) -> String {
    let line = if line.trim_start().starts_with("::") { format!("| {line}") } else { line };
    // The older form of commands may stand anywhere in a line.
    if line.contains("##[") { line.replace("##[", "## [") } else { line }
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Span;

    fn github() -> Github {
        Github { workspace: Some("/w/repo".into()), current: "/w/repo/services".into(), summary: None }
    }

    #[test]
    fn annotations_are_escaped() {
        let place = Location { file: "a,b/Build:file".into(), line: 12, column: 5 };
        assert_eq!(
            github().annotation("error", Some(&place), "+t: 100%, failed", "exit code 1\r\n50% done: a, b"),
            "::error file=services/a%2Cb/Build%3Afile,line=12,col=5,title=+t%3A 100%25%2C failed::exit code 1%0D%0A50%25 done: a, b"
        );
        assert_eq!(github().error("no engine", Some("start it")), "::error title=rbuild::no engine%0Ahint: start it\n");
    }

    #[test]
    fn places_are_relative_to_the_checkout() {
        let check = |file: &str, expect: &str| assert_eq!(github().path(file), expect);
        check("Buildfile", "services/Buildfile");
        check("./api/Buildfile", "services/api/Buildfile");
        check("../Buildfile", "Buildfile");
        check("../../elsewhere/Buildfile", "../../elsewhere/Buildfile");
        check("/w/repo/x/Buildfile", "x/Buildfile");
        assert_eq!(Github::default().path("Buildfile"), "Buildfile");
    }

    #[test]
    fn faults_and_warnings_point_at_their_lines() {
        let mut sources = Sources::default();
        let file = sources.add("Buildfile", "a:\n  RUNN x\n");
        let fault =
            Diagnostic::error("unknown-command", Span::new(file, 5, 9), "no `RUNN`").help("did you mean `RUN`?");
        let warning = Diagnostic::warning("deprecated", Span::new(file, 0, 1), "old");
        assert_eq!(
            github().diagnostics(&sources, &[fault, warning]),
            "::error file=services/Buildfile,line=2,col=3,title=unknown-command::no `RUNN`%0Ahelp: did you mean `RUN`?\n\
             ::warning file=services/Buildfile,line=1,col=1,title=deprecated::old\n"
        );
    }

    #[test]
    fn what_a_step_prints_is_no_command() {
        let check = |line: &str, expect: &str| assert_eq!(harmless(line.to_owned()), expect);
        check("plain :: text", "plain :: text");
        check("::set-output name=x::y", "| ::set-output name=x::y");
        check(" \t::add-mask::e", "|  \t::add-mask::e");
        check("x ##[group]y", "x ## [group]y");
        assert_eq!(group("a 100%", vec!["::c".into()]), ["::group::a 100%25", "| ::c", "::endgroup::"]);
    }
}
