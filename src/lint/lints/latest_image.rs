//! `latest-image`.

use crate::analysis::program::{FromSource, StepKind};
use crate::analysis::template::Template;
use crate::diagnostic::Diagnostic;
use crate::lint::catalogue::LATEST_IMAGE;
use crate::lint::subject::Subject;

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let mut look = |template: &Template| {
        let Some(image) = template.as_literal().filter(|image| !image.is_empty() && *image != "scratch") else {
            return;
        };
        let last = image.rsplit('/').next().unwrap_or(image);
        let (name, tag) = last.split_once(':').map_or((last, None), |(name, tag)| (name, Some(tag)));
        if last.contains('@') || tag.is_some_and(|tag| tag != "latest") {
            return;
        }
        let message = match tag {
            Some(_) => format!("`{image}` is another image from time to time"),
            None => format!("`{image}` has no tag, and so means `{image}:latest`, another image from time to time"),
        };
        found.push(LATEST_IMAGE.at(template.span, message).help(format!("name a version: `{name}:…`")));
    };
    for step in subject.recipes.iter().flat_map(|body| &body.steps) {
        match &step.kind {
            StepKind::From(from) => {
                if let FromSource::Image(image) = &from.source {
                    look(image);
                }
            }
            StepKind::WithDocker(docker) => docker.pulls.iter().for_each(&mut look),
            _ => {}
        }
    }
}
