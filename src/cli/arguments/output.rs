//! Options about what is written and shown.

use super::formats::{Color, Progress};
use clap::Args;

/// What is written and shown.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Output")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag that users type")]
pub struct Output {
    /// Push images that are saved with `--push`, and run `RUN --push` steps
    #[arg(long, env = "RBUILD_PUSH")]
    pub push: bool,
    /// Write no images and no files
    #[arg(long, env = "RBUILD_NO_OUTPUT")]
    pub no_output: bool,
    /// For CI: no output on this machine (pushes happen), and `RBUILD_CI` is true
    #[arg(long, env = "RBUILD_CI")]
    pub ci: bool,
    /// Write output in spite of `--ci`
    #[arg(long, env = "RBUILD_OUTPUT", conflicts_with = "no_output")]
    pub output: bool,
    /// Write only artifacts that are named: `--artifact +build/app ./app`; also with `--ci`
    #[arg(short, long, conflicts_with_all = ["image", "no_output"])]
    pub artifact: bool,
    /// Write only images, no files; also with `--ci`
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
}
