//! `RUN --secret`: which secret goes into which variable.

use super::features::Features;
use super::names::is_variable_name;
use super::program::SecretSpec;

/// Why the value of `--secret` cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// What stands before `=` (or all of it) cannot name a variable.
    #[error("`{name}` cannot name the variable that gets the secret")]
    Name {
        /// The text that should be a name.
        name: String,
        /// The secret's id.
        id: String,
    },
    /// Before `VERSION 0.7`, an id begins with `+secrets/`.
    #[error("the secret `{id}` needs the prefix `+secrets/` in this version of the language")]
    Prefix {
        /// The variable.
        env: String,
        /// The secret's id.
        id: String,
    },
}

impl SecretError {
    /// What to type instead.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            Self::Name { id, .. } => format!("write `--secret NAME={id}`"),
            Self::Prefix { env, id } => format!("write `--secret {env}=+secrets/{id}`, or move to `VERSION 0.7`"),
        }
    }
}

impl SecretSpec {
    /// Reads `[ENV=]id` after its expansion. `None`: there is no secret (`ENV=`, or nothing at all), which is no fault.
    ///
    /// # Errors
    /// Where the variable's name is none, or the version asks for a prefix that is not there.
    pub fn parse(text: &str, features: &Features) -> Result<Option<Self>, SecretError> {
        let (env, id) = match text.split_once('=') {
            Some((_, "")) => return Ok(None),
            Some((env, id)) => (env, id),
            None if text.is_empty() => return Ok(None),
            None => (text, text),
        };
        let short = id.strip_prefix("+secrets/").unwrap_or(id);
        if !is_variable_name(env) {
            return Err(SecretError::Name { name: env.to_owned(), id: short.to_owned() });
        }
        if short.is_empty() {
            return Ok(None);
        }
        if !features.use_project_secrets() && text.contains('=') && short.len() == id.len() {
            return Err(SecretError::Prefix { env: env.to_owned(), id: id.to_owned() });
        }
        Ok(Some(Self { env: env.to_owned(), id: short.to_owned() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::features::Version;

    fn read(version: Version, text: &str) -> String {
        match SecretSpec::parse(text, &Features::for_version(version)) {
            Ok(Some(secret)) => format!("{}<{}", secret.env, secret.id),
            Ok(None) => "none".to_owned(),
            Err(fault) => format!("{fault}; {}", fault.help()),
        }
    }

    #[test]
    fn secrets_are_read_in_all_their_forms() {
        for (text, expected) in [
            ("TOKEN", "TOKEN<TOKEN"),
            ("TOKEN=npm/token", "TOKEN<npm/token"),
            ("TOKEN=+secrets/npm/token", "TOKEN<npm/token"),
            ("TOKEN=a=b", "TOKEN<a=b"),
            ("TOKEN=", "none"),
            ("TOKEN=+secrets/", "none"),
            ("", "none"),
            ("npm/token", "`npm/token` cannot name the variable that gets the secret; write `--secret NAME=npm/token`"),
            ("+secrets/x", "`+secrets/x` cannot name the variable that gets the secret; write `--secret NAME=x`"),
            ("1=x", "`1` cannot name the variable that gets the secret; write `--secret NAME=x`"),
        ] {
            assert_eq!(read(Version::V0_8, text), expected, "{text}");
        }
        assert_eq!(read(Version::V0_6, "A=+secrets/b"), "A<b");
        assert_eq!(
            read(Version::V0_6, "A=b"),
            "the secret `b` needs the prefix `+secrets/` in this version of the language; \
             write `--secret A=+secrets/b`, or move to `VERSION 0.7`"
        );
    }
}
