//! Options about what is written and shown.

use super::formats::{Color, Progress};
use clap::Args;

/// What is written and shown.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Output")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag that users type")]
pub struct Output {
    /// Push images that are saved with `--push`, and run `RUN --push` steps
    ///
    /// Both after all else succeeded.
    #[arg(long, env = "RBUILD_PUSH")]
    pub push: bool,
    /// Write no images and no files
    #[arg(long, env = "RBUILD_NO_OUTPUT")]
    pub no_output: bool,
    /// For CI: no output on this machine (pushes happen), and `--strict`
    ///
    /// The built-in argument `RBUILD_CI` is `true`. `--output`, `--artifact` and `--image` bring output back.
    #[arg(long, env = "RBUILD_CI")]
    pub ci: bool,
    /// Write output in spite of `--ci`
    #[arg(long, env = "RBUILD_OUTPUT", conflicts_with = "no_output")]
    pub output: bool,
    /// Write only artifacts that are named: `--artifact +build/app ./app`
    ///
    /// With `--ci` as well. All targets must be artifacts.
    #[arg(short, long, conflicts_with_all = ["image", "no_output"])]
    pub artifact: bool,
    /// Write only the images of the targets that are named, no files
    ///
    /// With `--ci` as well. No target may be an artifact.
    #[arg(long, conflicts_with = "no_output")]
    pub image: bool,
    /// How to show progress
    #[arg(long, value_enum, value_name = "HOW", env = "RBUILD_PROGRESS", default_value_t)]
    pub progress: Progress,
    /// When to colour what goes to standard error
    #[arg(long, value_enum, value_name = "WHEN", env = "RBUILD_COLOR", default_value_t)]
    pub color: Color,
    /// Tell GitHub Actions: steps as groups, errors as annotations, a summary of the job [default: where GITHUB_ACTIONS is set]
    #[arg(long, env = "RBUILD_GITHUB_ANNOTATIONS")]
    pub github_annotations: bool,
    /// Tell more of what goes on: contexts that are sent, phases of WITH DOCKER steps
    ///
    /// `-V` is understood too, but alone: `rbuild -V` prints the version.
    #[arg(short = 'v', short_alias = 'V', long, env = "RBUILD_VERBOSE")]
    pub verbose: bool,
    /// Tell what goes on inside rbuild, for reports of defects
    #[arg(short = 'D', long, env = "RBUILD_DEBUG")]
    pub debug: bool,
}
