//! Options about repositories of others.

use clap::Args;
use std::path::PathBuf;

/// How repositories of others are reached.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Repositories")]
pub struct Repositories {
    /// The user name for git servers, with `--git-password`
    #[arg(long, value_name = "NAME", env = "GIT_USERNAME")]
    pub git_username: Option<String>,
    /// The password or token for git servers that this machine's own files name
    #[arg(long, value_name = "PASSWORD", env = "GIT_PASSWORD")]
    pub git_password: Option<String>,
    /// The socket of the ssh agent, for git and for `RUN --ssh` [default: `SSH_AUTH_SOCK`]
    #[arg(long, value_name = "PATH", env = "RBUILD_SSH_AUTH_SOCK")]
    pub ssh_auth_sock: Option<PathBuf>,
}
