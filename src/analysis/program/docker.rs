//! `WITH DOCKER`.

use super::{Call, Run};
use crate::analysis::template::Template;
use crate::source::Span;

/// `WITH DOCKER … RUN … END`. The step's place and text are those of the `RUN`.
#[derive(Debug, Clone)]
pub struct WithDocker {
    /// The line `WITH DOCKER …`.
    pub header: Span,
    /// `--pull`, in order.
    pub pulls: Vec<Template>,
    /// `--load`, in order.
    pub loads: Vec<Load>,
    /// `--compose`, in order.
    pub compose: Vec<Template>,
    /// `--service`, in order.
    pub services: Vec<Template>,
    /// `--platform`, of images that are pulled and loaded.
    pub platform: Option<Template>,
    /// `--cache-id`
    pub cache_id: Option<Template>,
    /// What runs beside the daemon.
    pub run: Run,
}

/// `--load [name=]target`
#[derive(Debug, Clone)]
pub struct Load {
    /// The image's name for the daemon; `None`: the one that the target saves it by.
    pub name: Option<Template>,
    /// The target.
    pub call: Call,
}
