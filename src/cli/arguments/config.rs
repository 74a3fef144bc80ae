//! Options of `rbuild config`.

use clap::Args;

/// Options of `rbuild config`.
#[derive(Debug, Clone, Args)]
pub struct Config {
    /// The setting: the long name of an option, without dashes
    pub key: Option<String>,
    /// What to set it to; of a list, all its values
    #[arg(allow_hyphen_values = true, conflicts_with_all = ["delete", "schema"])]
    pub values: Vec<String>,
    /// Take the setting out of the file
    #[arg(long, requires = "key")]
    pub delete: bool,
    /// Change the project's file, `.rbuild.toml`, instead of the user's
    #[arg(long)]
    pub project: bool,
    /// Print the JSON schema of settings files
    #[arg(long, conflicts_with = "key")]
    pub schema: bool,
}
