//! Options about the engine, and about what is kept on this machine.

use crate::image_name::ImageName;
use crate::run::inventory::DEFAULT_NAMESPACE;
use clap::Args;
use std::path::PathBuf;

/// The engine, and what is kept on this machine.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Machine")]
pub struct Machine {
    /// The engine: unix:///path/to/docker.sock, tcp://host:port or ssh://user@host [default: that of the Docker context]
    #[arg(long, value_name = "URL", env = "DOCKER_HOST")]
    pub docker_host: Option<String>,
    /// The image that gives a Docker daemon to `WITH DOCKER` steps whose own image has none
    ///
    /// `dockerd`, `containerd`, `runc`, `iptables`, `docker` and its plugin `compose` are copied out of it once, into a volume of the engine.
    /// It is taken from the engine's store, else pulled without login.
    #[arg(long, value_name = "IMAGE", value_parser = image_name, env = "RBUILD_DOCKERD_IMAGE", default_value = "docker.io/library/docker:28-dind")]
    pub dockerd_image: String,
    /// Where locks, clones and records are kept [default: ~/.cache/rbuild]
    ///
    /// Below `$XDG_CACHE_HOME`, if that is set.
    #[arg(long, value_name = "DIR", env = "RBUILD_CACHE_DIR")]
    pub cache_dir: Option<PathBuf>,
    /// Prefix of the names of cache directories in the engine
    ///
    /// Jobs with different ones share no caches.
    #[arg(long, alias = "installation-name", value_name = "NAME", env = "RBUILD_CACHE_NS", default_value = DEFAULT_NAMESPACE)]
    pub cache_namespace: String,
    /// The user's settings file [default: ~/.config/rbuild/config.toml]
    ///
    /// Below `$XDG_CONFIG_HOME`, if that is set. A file that is named must be there.
    #[arg(long, value_name = "PATH", env = "RBUILD_CONFIG")]
    pub config: Option<PathBuf>,
    /// Trust locks on the cache directory's file system, although they may not hold
    #[arg(long)]
    pub unsafe_locks: bool,
}

fn image_name(text: &str) -> Result<String, String> {
    ImageName::parse(text).map(|_| text.to_owned()).map_err(|error| error.fault.to_string())
}
