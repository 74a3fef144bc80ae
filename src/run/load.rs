//! Reads Buildfiles, and all that they refer to.

use super::program::{Program, relative};
use super::repositories::{Repositories, RepositoryError};
use super::wildcard::directories;
use crate::analysis::features::Feature;
use crate::analysis::reference::{Place, TargetRef};
use crate::analysis::{Options, analyse, check_across, references};
use crate::diagnostic::Diagnostic;
use crate::path::clean;
use crate::source::{FileId, Span};
use crate::syntax::{ParseOptions, parse};
use crate::workspace::{Found, IoError, RemoteError, find_in};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Syntax faults that may have hidden whole targets.
const HIDES_TARGETS: [&str; 5] =
    ["invalid-target-name", "missing-colon", "reserved-target-name", "swallowed-target", "unterminated-heredoc"];

/// A program and everything that is wrong with it.
#[derive(Debug)]
pub struct Loaded {
    /// What could be read.
    pub program: Program,
    /// Faults and warnings of all files.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads these Buildfiles and every other that they name without variables. The first one is the root, from which targets are shown;
/// files are shown as seen from `current`, the user's directory; `~/` in references is `home`. Other repositories are fetched, if they are.
/// `overrides` are on in all files.
///
/// # Errors
/// When a Buildfile is there but cannot be read.
pub fn load(
    roots: &[Found],
    current: &Path,
    home: Option<&Path>,
    repositories: &Arc<Repositories>,
    overrides: &[Feature],
) -> Result<Loaded, IoError> {
    let root = roots.first().map(|found| found.dir.clone()).unwrap_or_default();
    let repositories = repositories.clone();
    let program = Program { root, repositories, overrides: overrides.to_vec(), ..Program::default() };
    let mut loader = Loader { current, home, program, diagnostics: Vec::new(), open: Vec::new() };
    for found in roots {
        loader.file(found)?;
    }
    while let Some(dir) = loader.open.pop() {
        loader.follow(&dir)?;
    }
    loader.check(&[]);
    Ok(Loaded { program: loader.program, diagnostics: loader.diagnostics })
}

/// Reads one Buildfile and nothing that it refers to: for lists, which must be quick and work while another file is broken.
///
/// # Errors
/// When the file cannot be read.
pub fn load_alone(found: &Found, current: &Path, overrides: &[Feature]) -> Result<Loaded, IoError> {
    let program = Program { root: found.dir.clone(), overrides: overrides.to_vec(), ..Program::default() };
    let mut loader = Loader { current, home: None, program, diagnostics: Vec::new(), open: Vec::new() };
    loader.file(found)?;
    Ok(Loaded { program: loader.program, diagnostics: loader.diagnostics })
}

/// Reads one more Buildfile into a program, and every other that it names: the one that a reference in the file of `from` means.
/// `reference` is its place as written, the whole of it, and where it stands. Gives the file's directory, and what is wrong.
///
/// # Errors
/// When a Buildfile is there but cannot be read.
pub fn open(
    program: &mut Program,
    from: &Path,
    reference: (&Place, &TargetRef, Span),
    current: &Path,
    home: Option<&Path>,
) -> Result<(Option<PathBuf>, Vec<Diagnostic>), IoError> {
    let known: Vec<PathBuf> = program.units.keys().cloned().collect();
    let mut loader =
        Loader { current, home, program: std::mem::take(program), diagnostics: Vec::new(), open: Vec::new() };
    let (place, target, span) = reference;
    let mut read = loader.link(from, place, target, span);
    while let (Ok(_), Some(dir)) = (&read, loader.open.pop()) {
        read = read.and_then(|found| loader.follow(&dir).map(|()| found));
    }
    loader.check(&known);
    *program = loader.program;
    Ok((read?, loader.diagnostics))
}

struct Loader<'a> {
    current: &'a Path,
    home: Option<&'a Path>,
    program: Program,
    diagnostics: Vec<Diagnostic>,
    /// Directories whose references are still to be followed.
    open: Vec<PathBuf>,
}

impl Loader<'_> {
    fn file(&mut self, found: &Found) -> Result<(), IoError> {
        if self.program.units.contains_key(&found.dir) {
            return Ok(());
        }
        let path = found.path();
        let bytes = std::fs::read(&path).map_err(IoError::on("read", &path))?;
        let text = String::from_utf8_lossy(&bytes);
        let file = self.program.sources.add(self.name(&path), &*text);
        let buildfile = found.file_name == "Buildfile";
        let parsed = parse(file, &text, ParseOptions { default_version_is_1_0: buildfile });
        if self.program.repositories.of(&found.dir).is_some() && parsed.file.version.is_none() {
            let message = "a Buildfile of another repository must say which version of the language it is written in";
            self.diagnostics.push(
                Diagnostic::error("no-version", Span::new(file, 0, 0), message)
                    .help("its first command is to be `VERSION 1.0`, or the version that it was written for"),
            );
        }
        self.diagnostics.extend(not_utf8(file, &bytes));
        let incomplete = parsed.diagnostics.iter().any(Diagnostic::is_error);
        let targets_lost = parsed.diagnostics.iter().any(|fault| HIDES_TARGETS.contains(&fault.code));
        self.diagnostics.extend(parsed.diagnostics);
        let options = Options { buildfile, incomplete, targets_lost, overrides: self.program.overrides.clone() };
        let (unit, faults) = analyse(file, &parsed.file, &options);
        self.diagnostics.extend(faults);
        self.program.units.insert(found.dir.clone(), Arc::new(unit));
        self.open.push(found.dir.clone());
        Ok(())
    }

    /// A path as the user would type it.
    fn name(&self, path: &Path) -> String {
        if let (Some(dir), Some(name)) = (path.parent(), path.file_name())
            && let Some(remote) = self.program.repositories.of(dir)
        {
            return remote.file(&name.to_string_lossy());
        }
        let shown = relative(self.current, path);
        shown.strip_prefix("./").unwrap_or(&shown).to_owned()
    }

    fn follow(&mut self, dir: &Path) -> Result<(), IoError> {
        let unit = self.program.units[dir].clone();
        for (target, span) in references(&unit) {
            if let Place::Directory(pattern) = &target.place
                && target.place.has_wildcard()
            {
                // Evaluation says what is wrong with a pattern.
                for written in directories(dir, self.home, pattern).unwrap_or_default() {
                    self.link(dir, &Place::Directory(written), &target, span)?;
                }
                continue;
            }
            self.link(dir, &target.place, &target, span)?;
        }
        Ok(())
    }

    /// The Buildfile of a reference; `None` where nothing is to be fetched.
    fn locate(&self, dir: &Path, place: &Place, target: &TargetRef, span: Span) -> Result<Option<Found>, Diagnostic> {
        let repositories = &self.program.repositories;
        let found = match (place, repositories.of(dir)) {
            (Place::Remote(text), _) => repositories.open(text, Some(dir)),
            (Place::Directory(written), Some(remote)) => repositories.follow(dir, &remote, written).map(Some),
            (Place::Directory(written), None) => {
                let there = directory(dir, self.home, written);
                let found = there.canonicalize().ok().and_then(|there| find_in(&there));
                return found.map(Some).ok_or_else(|| missing(&target.to_string(), &there, span));
            }
            (Place::Here | Place::Alias(_), _) => Ok(None),
        };
        found.map_err(|error| unreachable_file(target, span, &error))
    }

    /// Finds the directory that a reference means by `place`, and reads its Buildfile, unless that is done.
    fn link(&mut self, dir: &Path, place: &Place, target: &TargetRef, span: Span) -> Result<Option<PathBuf>, IoError> {
        let (Place::Directory(written) | Place::Remote(written)) = place else { return Ok(None) };
        let link = (dir.to_owned(), written.to_owned());
        if let Some(known) = self.program.links.get(&link) {
            return Ok(Some(known.clone()));
        }
        match self.locate(dir, place, target, span) {
            Ok(Some(found)) => {
                self.program.links.insert(link, found.dir.clone());
                self.file(&found)?;
                Ok(Some(found.dir))
            }
            Ok(None) => Ok(None),
            Err(fault) => {
                self.diagnostics.push(fault);
                Ok(None)
            }
        }
    }

    /// Checks the references between files, of all but those that were checked before.
    fn check(&mut self, checked: &[PathBuf]) {
        let program = &self.program;
        for (dir, unit) in program.units.iter().filter(|(dir, _)| !checked.contains(dir)) {
            let lookup = |place: &Place| program.meant(dir, place).map(|unit| &**unit);
            self.diagnostics.extend(check_across(unit, &lookup));
        }
    }
}

/// The directory that a path means in the file of `from`; `~/` is the user's home directory.
pub(in crate::run) fn directory(from: &Path, home: Option<&Path>, written: &str) -> PathBuf {
    match (written.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => from.join(written),
    }
}

fn missing(target: &str, there: &Path, span: Span) -> Diagnostic {
    let message = format!("`{target}`: there is no Buildfile in {}", clean(&there.to_string_lossy()));
    Diagnostic::error("no-buildfile", span, message)
        .help("check the path; it is relative to the directory of this Buildfile")
}

/// The fault of a reference that leads to another repository, or leads on inside of one.
fn unreachable_file(target: &TargetRef, span: Span, error: &RepositoryError) -> Diagnostic {
    let mut help = error.help();
    if matches!(error, RepositoryError::Remote(RemoteError::Name(_))) {
        help.push_str("; if it is a file of the build context, write `\\+` for the plus sign");
    }
    Diagnostic::error("remote", span, format!("`{target}`: {error}")).help(help)
}
/// The first place of a file that is not UTF-8, unless it is in comments alone: a command would be another one than what was written.
fn not_utf8(file: FileId, bytes: &[u8]) -> Option<Diagnostic> {
    let (mut at, mut line) = (0, String::new());
    for chunk in bytes.utf8_chunks() {
        at += chunk.valid().len();
        line = format!("{line}{}", chunk.valid()).rsplit('\n').next().unwrap_or_default().to_owned();
        if chunk.invalid().is_empty() {
            continue;
        }
        if !line.trim_start().starts_with('#') {
            let span = Span::new(file, at, at + char::REPLACEMENT_CHARACTER.len_utf8());
            let message = "this is not text in UTF-8";
            return Some(Diagnostic::error("not-utf8", span, message).help("save the file as UTF-8"));
        }
        at += char::REPLACEMENT_CHARACTER.len_utf8();
    }
    None
}
