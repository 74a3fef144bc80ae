//! From one command to one step.

use super::super::analyser::Analyser;
use super::super::program::{Step, StepKind};
use super::super::step_text::step_text;
use super::{
    add, build, cache, copy, r#do, from, from_dockerfile, git_clone, healthcheck, host, image_config, import, locally,
    misplaced, project, run, save_artifact, save_image, variable,
};
use crate::syntax::ast::{Command, Keyword};

/// Reads a command of a recipe. `None`: it is wrong, which is reported.
pub(in crate::analysis) fn step(analyser: &mut Analyser<'_>, command: &Command) -> Option<Step> {
    if !command.heredocs.is_empty() && !matches!(command.keyword, Keyword::Run | Keyword::Copy) {
        let message = format!("`{}` takes no heredoc", command.keyword);
        return analyser.error("heredoc", command.span, message, "`RUN` and `COPY` do");
    }
    let kind = kind(analyser, command)?;
    Some(Step { span: command.span, text: step_text(command), kind })
}

fn kind(analyser: &mut Analyser<'_>, command: &Command) -> Option<StepKind> {
    match command.keyword {
        Keyword::From => from::read(analyser, command),
        Keyword::FromDockerfile => from_dockerfile::read(analyser, command),
        Keyword::Locally => locally::read(analyser, command),
        Keyword::Run => run::read(analyser, command),
        Keyword::Copy => copy::read(analyser, command),
        Keyword::Add => add::read(analyser, command),
        Keyword::SaveArtifact => save_artifact::read(analyser, command),
        Keyword::SaveImage => save_image::read(analyser, command),
        Keyword::Build => build::read(analyser, command),
        Keyword::Arg => variable::arg(analyser, command),
        Keyword::Let => variable::r#let(analyser, command),
        Keyword::Set => variable::set(analyser, command),
        Keyword::Env => variable::env(analyser, command),
        Keyword::Workdir => image_config::workdir(analyser, command),
        Keyword::User => image_config::user(analyser, command),
        Keyword::Cmd => image_config::cmd(analyser, command),
        Keyword::Entrypoint => image_config::entrypoint(analyser, command),
        Keyword::Expose => image_config::expose(analyser, command),
        Keyword::Label => image_config::label(analyser, command),
        Keyword::Volume => image_config::volume(analyser, command),
        Keyword::Shell => image_config::shell(analyser, command),
        Keyword::Stopsignal => image_config::stopsignal(analyser, command),
        Keyword::Healthcheck => healthcheck::read(analyser, command),
        Keyword::Do => r#do::read(analyser, command),
        Keyword::Import => import::read(analyser, command),
        Keyword::Host => host::read(analyser, command),
        Keyword::Cache => cache::read(analyser, command),
        Keyword::GitClone => git_clone::read(analyser, command),
        Keyword::Project => project::read(analyser, command),
        _ => misplaced::command(analyser, command),
    }
}
