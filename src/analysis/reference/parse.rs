//! From text to reference.

use super::name::{is_function_name, is_target_name};
use super::{ArtifactRef, Place, TargetRef};
use crate::path::clean;

/// Why a text is no reference.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// There is no `+` in it.
    #[error("`{0}` is not a reference to a target")]
    NoPlus(String),
    /// There is more than one `+` in it.
    #[error("`{0}` holds more than one `+`")]
    ManyPluses(String),
    /// Nothing stands behind the `+`.
    #[error("`{0}` names no target")]
    NoTarget(String),
    /// The text behind the `+` cannot be the name of a target.
    #[error("`{name}` is not a name of a target")]
    TargetName {
        /// The text behind the `+`.
        name: String,
    },
    /// There is no `+` in it, or nothing behind it, where a function is needed.
    #[error("`{0}` is not a reference to a function")]
    NoFunction(String),
    /// The text behind the `+` cannot be the name of a function.
    #[error("`{name}` is not a name of a function")]
    FunctionName {
        /// The text behind the `+`.
        name: String,
    },
    /// A reference to a target, where one to an artifact is needed.
    #[error("`{0}` names a target, not an artifact")]
    NoPath(String),
}

impl ReferenceError {
    /// What to type instead.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            Self::NoPlus(text) if is_target_name(text) => format!("for the target of this file write `+{text}`"),
            Self::NoPlus(_) => "write `+target`, or `./directory+target`".to_owned(),
            Self::ManyPluses(_) => "write `\\+` for a plus sign that belongs to a path".to_owned(),
            Self::NoTarget(text) => format!("write `{text}target`"),
            Self::TargetName { name } if is_function_name(name) => {
                format!("`{name}` is a name of a function: call it with `DO`")
            }
            Self::TargetName { name } => match name.split_once('/') {
                Some((target, _)) if is_target_name(target) => {
                    format!("the target is `+{target}`; only `COPY` takes the path of an artifact behind it")
                }
                _ => {
                    "names of targets begin with a lower-case letter, then come letters, digits, `-` and `.`".to_owned()
                }
            },
            Self::NoFunction(text) if is_function_name(text) => {
                format!("for the function of this file write `+{text}`")
            }
            Self::NoFunction(_) => "write `+FUNCTION`, or `./directory+FUNCTION`".to_owned(),
            Self::FunctionName { name } if is_target_name(name) => {
                format!("`{name}` is a name of a target: use `BUILD`, `FROM` or `COPY`")
            }
            Self::FunctionName { .. } => {
                "names of functions begin with an upper-case letter, then come upper-case letters, digits, `_` and `.`"
                    .to_owned()
            }
            Self::NoPath(text) => format!("write `{text}/path`; `\\+` stands for a plus sign in the name of a file"),
        }
    }
}

impl TargetRef {
    /// Reads a reference to a target; quotes and variables must be gone, `\+` stands for a plus sign that is none.
    ///
    /// # Errors
    /// Where the text is no such reference.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        let (place, target) = split(text)?;
        if target.is_empty() {
            return Err(ReferenceError::NoTarget(text.to_owned()));
        }
        if !is_target_name(target) {
            return Err(ReferenceError::TargetName { name: target.to_owned() });
        }
        Ok(Self { place: Place::parse(place), target: target.to_owned() })
    }

    /// Reads a reference to a function, for `DO`.
    ///
    /// # Errors
    /// Where the text is no such reference.
    pub fn parse_function(text: &str) -> Result<Self, ReferenceError> {
        let (place, target) = match split(text) {
            Ok((_, "")) | Err(ReferenceError::NoPlus(_)) => return Err(ReferenceError::NoFunction(text.to_owned())),
            read => read?,
        };
        if !is_function_name(target) {
            return Err(ReferenceError::FunctionName { name: target.to_owned() });
        }
        Ok(Self { place: Place::parse(place), target: target.to_owned() })
    }
}

impl ArtifactRef {
    /// Reads a reference to an artifact, `<target reference>/path`.
    ///
    /// # Errors
    /// Where the text is no such reference. As a source of `COPY` it is a path of the build context then.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        let (place, rest) = split(text)?;
        let Some(slash) = rest.find('/') else {
            TargetRef::parse(text)?;
            return Err(ReferenceError::NoPath(text.to_owned()));
        };
        let (name, path) = rest.split_at(slash);
        if name.is_empty() {
            return Err(ReferenceError::NoTarget(text.to_owned()));
        }
        if !is_target_name(name) {
            return Err(ReferenceError::TargetName { name: name.to_owned() });
        }
        let target = TargetRef { place: Place::parse(place), target: name.to_owned() };
        Ok(Self { target, path: unescape_plus(path) })
    }
}

impl Place {
    /// Reads what stands before the `+`. Every text is a place of some kind.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let text = unescape_plus(text);
        if text.is_empty() {
            return Self::Here;
        }
        if let Some(rest) = text.strip_prefix("~/") {
            return match clean(rest).as_str() {
                "." => Self::Directory("~/".to_owned()),
                rest => Self::Directory(format!("~/{rest}")),
            };
        }
        if text.starts_with('/') {
            return Self::Directory(clean(&text));
        }
        if text.starts_with('.') {
            return match clean(&text) {
                path if path == "." => Self::Here,
                path if path == ".." || path.starts_with("../") => Self::Directory(path),
                path => Self::Directory(format!("./{path}")),
            };
        }
        if text.contains(['/', ':']) { Self::Remote(text) } else { Self::Alias(text) }
    }
}

/// Turns `\+` into `+`: what is left to do with a path that turned out to be no reference.
#[must_use]
pub fn unescape_plus(text: &str) -> String {
    text.replace("\\+", "+")
}

/// Splits at the only `+` that has no `\` before it.
fn split(text: &str) -> Result<(&str, &str), ReferenceError> {
    let mut found = None;
    let mut escaped = false;
    for (at, char) in text.char_indices() {
        if char == '+' && !escaped && found.replace(at).is_some() {
            return Err(ReferenceError::ManyPluses(text.to_owned()));
        }
        escaped = char == '\\' && !escaped;
    }
    match found {
        Some(at) => Ok((&text[..at], &text[at + 1..])),
        None => Err(ReferenceError::NoPlus(text.to_owned())),
    }
}
