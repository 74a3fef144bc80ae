//! `FROM`

use super::super::analyser::Analyser;
use super::super::call::{ALLOW_PRIVILEGED, BUILD_ARG, How, PASS_ARGS};
use super::super::flags::{self, FlagSpec, Position};
use super::super::program::{From, FromSource, Passing, StepKind};
use super::super::regroup::regroup;
use super::platform::platform;
use crate::diagnostic::Diagnostic;
use crate::syntax::ast::{Command, Word};

const FLAGS: &[FlagSpec] = &[FlagSpec::value("platform"), PASS_ARGS, ALLOW_PRIVILEGED, BUILD_ARG];

pub(super) fn read(analyser: &mut Analyser<'_>, command: &Command) -> Option<StepKind> {
    let words = regroup(analyser.words(command)?);
    let found = flags::parse(analyser, command.keyword, &words, FLAGS, Position::First);
    let platform = found.value("platform").map(|word| platform(analyser, word));
    let how = How::read(analyser, &found);
    let Some((name, rest)) = found.words.split_first() else {
        return analyser.error(
            "missing-argument",
            command.span,
            "`FROM` names no image and no target".to_owned(),
            "write `FROM image:tag` or `FROM +target`",
        );
    };
    let template = analyser.reference(name);
    let is_target = !template.find_unescaped('+').is_empty();
    if let Some(r#as) = rest.first().filter(|word| word.text.eq_ignore_ascii_case("AS")) {
        analyser.fault(stage_name(name, r#as, rest.get(1)));
        return None;
    }
    // A variable alone may bring a target, and arguments say that it does.
    let open = template.as_literal().is_none();
    let has_args = how.has_args() || rest.first().is_some_and(|word| word.text.starts_with('-'));
    let source = if is_target || (open && has_args) {
        FromSource::Target(how.call(analyser, template, rest)?)
    } else {
        if !open {
            how.refuse(analyser, &found, "`FROM` of an image");
        }
        if let Some(extra) = rest.first() {
            let (message, help) = if extra.text.starts_with('-') {
                (
                    format!("unexpected `{}` behind the image", extra.text),
                    "flags stand in front of the image; arguments are for targets only",
                )
            } else {
                (format!("unexpected `{}` behind the image", extra.text), "write `FROM image:tag`")
            };
            return analyser.error("extra-argument", extra.span, message, help);
        }
        analyser.check_image(&template, "FROM image:tag");
        FromSource::Image(template)
    };
    let passing = if open { how.passing() } else { Passing::default() };
    Some(StepKind::From(From { platform, source, passing }))
}

/// Dockerfiles name their stages; here, a stage is a target.
fn stage_name(image: &Word, r#as: &Word, stage: Option<&Word>) -> Diagnostic {
    let span = stage.map_or(r#as.span, |stage| r#as.span.to(stage.span));
    let name = stage.map_or("name", |stage| stage.text.as_str()).to_lowercase().replace('_', "-");
    Diagnostic::error("from-as", span, format!("`FROM` takes no `{}`: a stage is a target of its own", r#as.text))
        .help(format!("write a target `{name}:` that begins with `FROM {}`, and use it as `FROM +{name}`", image.text))
}
