//! `IMPORT`

use super::super::analyser::Analyser;
use super::super::call::ALLOW_PRIVILEGED;
use super::super::flags::{self, FlagSpec, Position};
use super::super::program::{Import, Late, StepKind};
use super::super::reference::Place;
use super::super::template::{Part, Template};
use crate::source::Span;
use crate::syntax::ast::{Command, Name};

const FLAGS: &[FlagSpec] = &[ALLOW_PRIVILEGED];
const FORM: &str = "write `IMPORT ./directory AS name`";

pub(super) fn read(analyser: &mut Analyser<'_>, command: &Command) -> Option<StepKind> {
    let words = analyser.words(command)?;
    let found = flags::parse(analyser, command.keyword, words, FLAGS, Position::First);
    let (place, alias) = match found.words.as_slice() {
        [] => {
            return analyser.error("missing-argument", command.span, "`IMPORT` names nothing".to_owned(), FORM);
        }
        [place] => (place, None),
        [place, r#as, alias] if r#as.text == "AS" => (place, Some(alias)),
        [_, extra, ..] => {
            let message = format!("unexpected `{}` behind what is imported", extra.text);
            return analyser.error("extra-argument", extra.span, message, FORM);
        }
    };
    let template = analyser.reference(place);
    let alias = match alias {
        Some(word) => Name { text: analyser.fixed(word, "IMPORT AS")?, span: word.span },
        None => default_alias(analyser, &template)?,
    };
    if alias.text.is_empty() || alias.text.starts_with('.') || alias.text.contains(['/', '+', ':']) {
        let message = format!("`{}` cannot be the name of an import", alias.text);
        return analyser.error(
            "import-name",
            alias.span,
            message,
            "write letters, digits, `-` and `_`, for example `AS lib`",
        );
    }
    let span = template.span;
    let place = match Late::of(template, parse) {
        Ok(place) => place,
        Err((message, help)) => return analyser.error("import-place", span, message, &help),
    };
    let allow_privileged = found.switch(analyser, ALLOW_PRIVILEGED.name);
    if let (true, Some(flag), Late::Known(Place::Directory(_))) =
        (allow_privileged, found.span(ALLOW_PRIVILEGED.name), &place)
    {
        let message = "`--allow-privileged` has no effect on a Buildfile of this machine".to_owned();
        analyser.warn("no-effect", flag, message, "remove it: it is for other repositories");
    }
    Some(StepKind::Import(Import { place, alias, allow_privileged }))
}

/// Reads what is imported. The file itself (`.`) is a directory like others here: a reference by alias hands no arguments on.
///
/// # Errors
/// A message and what to type instead.
pub fn parse(text: &str) -> Result<Place, (String, String)> {
    if text.contains('+') {
        let help = "import the Buildfile, and name the target where it is used: `name+target`".to_owned();
        return Err((format!("`{text}` names a target; `IMPORT` takes a whole Buildfile"), help));
    }
    match Place::parse(text) {
        Place::Here if text.is_empty() => Err(("`IMPORT` names nothing".to_owned(), FORM.to_owned())),
        Place::Here => Ok(Place::Directory(".".to_owned())),
        Place::Alias(name) => {
            let help = format!("for a directory write `IMPORT ./{name}`");
            Err((format!("`{name}` is neither a directory nor a repository"), help))
        }
        place => Ok(place),
    }
}

/// The last element of the path, without a tag.
fn default_alias(analyser: &mut Analyser<'_>, place: &Template) -> Option<Name> {
    /// Stands for what is not known.
    const OPEN: char = '\0';
    let part = |part: &Part| match part {
        Part::Literal(text) => text.clone(),
        Part::Variable(_) | Part::Shell(_) => OPEN.to_string(),
    };
    let text: String = place.parts.iter().map(part).collect();
    let path = text.trim_end_matches('/');
    let last = path.rsplit('/').next().unwrap_or(path);
    let alias = last.split(':').next().unwrap_or(last);
    let span: Span = place.span;
    if alias.contains(OPEN) || matches!(alias, "" | "." | ".." | "~") {
        let message = "this `IMPORT` needs a name".to_owned();
        return analyser.error("import-name", span, message, "add `AS name`");
    }
    Some(Name { text: alias.to_owned(), span })
}
