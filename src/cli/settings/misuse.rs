//! What is wrong with a setting.

/// What is wrong, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misuse {
    /// What is wrong, and where.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl Misuse {
    /// Something that is wrong, and what to do.
    pub fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: Some(help.into()) }
    }
}

impl From<(String, String)> for Misuse {
    fn from((message, help): (String, String)) -> Self {
        Self { message, help: Some(help) }
    }
}
