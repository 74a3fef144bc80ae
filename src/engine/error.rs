//! What can go wrong with an engine, as data.

/// A fault of the engine, or of what it was asked to do.
#[derive(Debug, Clone, thiserror::Error)]
pub enum EngineError {
    /// There is no engine to talk to.
    #[error("no Docker engine answers")]
    NoEngine {
        /// Each place that was tried and what came of it: `unix:///var/run/docker.sock: no such file or directory`.
        tried: Vec<String>,
        /// Whether this user may not talk to one of them.
        forbidden: bool,
    },
    /// The connection broke or the engine answered nonsense.
    #[error("{action}: {message}")]
    Connection {
        /// What was being done: `open a session at unix:///var/run/docker.sock`.
        action: String,
        /// What went wrong.
        message: String,
    },
    /// The engine is too old or not set up for it.
    #[error("{feature} is not available on {engine}; {needs}")]
    Unsupported {
        /// What the Buildfile asks for.
        feature: String,
        /// The engine.
        engine: String,
        /// What is needed: `it needs Docker 23.0 or newer`.
        needs: String,
    },
    /// An image is neither in the store nor to be had.
    #[error("image `{image}` for {platform} could not be found: {message}")]
    Image {
        /// Its name.
        image: String,
        /// The platform asked for.
        platform: String,
        /// What the engine said.
        message: String,
    },
    /// The process of a step ended with a code that is not 0.
    #[error("exit code {0}")]
    Exit(i32),
    /// A file that a step copies does not exist.
    #[error("`{path}` was not found")]
    NotFound {
        /// The path or pattern.
        path: String,
    },
    /// A secret that a step needs was not given.
    #[error("secret `{id}` was not given")]
    Secret {
        /// Its id.
        id: String,
    },
    /// A gate refused it.
    #[error("the step was not allowed to run")]
    Refused,
    /// The work was cancelled in the engine.
    #[error("cancelled")]
    Cancelled,
    /// A push was turned down.
    #[error("push of `{image}` failed: {message}")]
    Push {
        /// The image's name.
        image: String,
        /// What the registry said.
        message: String,
    },
    /// A Dockerfile is wrong.
    #[error("{file}{}: {message}", line.map(|line| format!(":{line}")).unwrap_or_default())]
    Dockerfile {
        /// Its path, as the user would type it.
        file: String,
        /// The line, from 1, where it is known.
        line: Option<usize>,
        /// What is wrong with it.
        message: String,
    },
    /// Something is wrong with rbuild itself.
    #[error("{0}; this is a defect, please report it")]
    Defect(
        /// What went wrong.
        String,
    ),
    /// Anything else, in the engine's words.
    #[error("{0}")]
    Other(String),
}

impl EngineError {
    /// Whether nothing that is still asked of the engine can come to anything: there is none, or something is wrong with rbuild itself.
    #[must_use]
    pub fn ends_all(&self) -> bool {
        matches!(self, Self::NoEngine { .. } | Self::Connection { .. } | Self::Defect(_))
    }
}
