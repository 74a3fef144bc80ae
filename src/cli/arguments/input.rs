//! Options about what is built, and from what.

use crate::analysis::features::Feature;
use crate::syntax::suggest;
use clap::{ArgAction, Args};
use std::path::PathBuf;

/// What is built, and from what.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Input")]
pub struct Input {
    /// Read this Buildfile, or the one in this directory [default: the nearest one, here or above]
    #[arg(short, long, value_name = "PATH")]
    pub file: Option<PathBuf>,
    /// A build argument for all targets; without a value, from the environment
    ///
    /// Repeatable, as all that may be a list.
    #[arg(long, value_name = "NAME[=VALUE]", action = ArgAction::Append)]
    pub build_arg: Vec<String>,
    /// A secret; without a value, from the environment
    #[arg(short, long, value_name = "NAME[=VALUE]", action = ArgAction::Append)]
    pub secret: Vec<String>,
    /// A secret that is the content of a file
    #[arg(long, value_name = "NAME=PATH", action = ArgAction::Append)]
    pub secret_file: Vec<String>,
    /// The file with build arguments [default: .arg, if it is there]
    #[arg(long, value_name = "PATH", env = "RBUILD_ARG_FILE_PATH")]
    pub arg_file_path: Option<PathBuf>,
    /// The file with secrets [default: .secret, if it is there]
    #[arg(long, value_name = "PATH", env = "RBUILD_SECRET_FILE_PATH")]
    pub secret_file_path: Option<PathBuf>,
    /// The file with variables that give options [default: .env, if it is there]
    #[arg(long, value_name = "PATH", env = "RBUILD_ENV_FILE_PATH")]
    pub env_file_path: Option<PathBuf>,
    /// Turn features of the language on in every file, as on the VERSION line
    ///
    /// Without dashes, separated by commas.
    #[arg(long, value_name = "FEATURES", value_parser = feature, value_delimiter = ',', env = "RBUILD_VERSION_FLAG_OVERRIDES")]
    pub version_flag_overrides: Vec<Feature>,
    /// Ask the registry for every image, whatever the engine has in its store
    #[arg(long, env = "RBUILD_PULL")]
    pub pull: bool,
    /// The platform to build for [default: the engine's]
    #[arg(long, value_name = "OS/ARCH", env = "RBUILD_PLATFORM")]
    pub platform: Option<String>,
}

fn feature(text: &str) -> Result<Feature, String> {
    let named = |text: &str| Feature::from_flag(text.trim());
    named(text).ok_or_else(|| match suggest::nearest(text, Feature::ALL.iter().map(|feature| feature.flag())) {
        Some(near) => format!("there is no such feature; did you mean `{near}`?"),
        None => "there is no such feature".to_owned(),
    })
}
