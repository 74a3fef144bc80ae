//! `RUN --mount`: a list of `key=value`.

use super::mode::parse_mode;
use super::program::{MountKind, MountSpec, Sharing};
use crate::syntax::suggest::nearest;

/// Kinds of mounts that a specification may name.
const KINDS: &[&str] = &["cache", "tmpfs", "secret"];
/// Keys of a specification.
const KEYS: &[&str] = &["type", "target", "id", "sharing", "mode", "chmod", "ro", "readonly"];

/// What to do instead of mounting files of elsewhere.
const COPY: &str = "copy the files with `COPY`";

/// Why the value of `--mount` cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MountError {
    /// A key that no mount has.
    #[error("a mount has no `{0}`")]
    Key(String),
    /// A key or a kind of the language that rbuild has not.
    #[error("rbuild does not support `{what}` of a mount")]
    Unsupported {
        /// It, as it is written.
        what: String,
        /// What to do instead.
        instead: &'static str,
    },
    /// A key of another kind of mount.
    #[error("a mount of type `{kind}` has no `{key}`")]
    Misplaced {
        /// The key.
        key: String,
        /// The kind.
        kind: String,
    },
    /// A key without the value that it needs.
    #[error("`{0}` of a mount needs a value")]
    NoValue(String),
    /// A value that is none of the key's.
    #[error("`{value}` is not a value for `{key}` of a mount")]
    Value {
        /// The key.
        key: String,
        /// The value.
        value: String,
    },
    /// Something that every mount needs is missing.
    #[error("the mount has no `{0}`")]
    Missing(&'static str),
}

impl MountError {
    /// The name of the kind of fault.
    #[must_use]
    pub fn code(&self) -> &'static str {
        if let Self::Unsupported { .. } = self { "not-supported" } else { "mount" }
    }

    /// What to type instead, where there is something to say.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Key(key) => Some(match key.as_str() {
                "dst" | "destination" | "path" => "write `target=`".to_owned(),
                key => match nearest(key, KEYS.iter().copied()) {
                    Some(known) => format!("did you mean `{known}`?"),
                    None => format!("its keys are {}", quoted(KEYS)),
                },
            }),
            Self::Unsupported { instead, .. } => Some((*instead).to_owned()),
            Self::Misplaced { .. } => Some("remove it".to_owned()),
            Self::NoValue(key) => Some(format!("write `{key}=value`")),
            Self::Value { key, value } => Some(match key.as_str() {
                "type" if value == "bind" => COPY.to_owned(),
                "type" => format!("use one of {}", quoted(KINDS)),
                "sharing" => format!("use one of {}", quoted(&Sharing::NAMES.map(|(name, _)| name))),
                "mode" | "chmod" => "write an octal number that begins with `0`, for example `0755`".to_owned(),
                _ => "write `true` or `false`, or the key alone".to_owned(),
            }),
            Self::Missing("type") => Some(format!("add `type=`, one of {}", quoted(KINDS))),
            Self::Missing(key) => Some(format!("add `{key}=`")),
        }
    }
}

impl Sharing {
    /// All values, as they are written.
    pub const NAMES: [(&'static str, Self); 3] =
        [("locked", Self::Locked), ("shared", Self::Shared), ("private", Self::Private)];

    /// Reads a value as it is written.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(name, _)| *name == text).map(|(_, sharing)| *sharing)
    }
}

impl MountSpec {
    /// Reads `type=…,target=…,…` after its expansion.
    ///
    /// # Errors
    /// Where a key or a value is wrong, or one is missing.
    pub fn parse(text: &str) -> Result<Self, MountError> {
        let fields = Fields::read(text)?;
        let kind = fields.kind.ok_or(MountError::Missing("type"))?;
        let misplaced = |key: &str| MountError::Misplaced { key: key.to_owned(), kind: kind.clone() };
        if let Some((key, _)) = &fields.mode
            && kind == "tmpfs"
        {
            return Err(misplaced(key));
        }
        if kind != "cache" && fields.sharing.is_some() {
            return Err(misplaced("sharing"));
        }
        if kind == "tmpfs" && fields.id.is_some() {
            return Err(misplaced("id"));
        }
        let target = fields.target.ok_or(MountError::Missing("target"))?;
        let kind = match kind.as_str() {
            "cache" => MountKind::Cache { id: fields.id, sharing: fields.sharing.unwrap_or_default() },
            "tmpfs" => MountKind::Tmpfs,
            // The prefix is how files of 0.6 name secrets.
            "secret" => {
                let id = fields.id.unwrap_or_else(|| target.clone());
                MountKind::Secret { id: id.strip_prefix("+secrets/").unwrap_or(&id).to_owned() }
            }
            _ => return Err(MountError::Value { key: "type".to_owned(), value: kind }),
        };
        Ok(Self { kind, target, readonly: fields.readonly, mode: fields.mode.map(|(_, mode)| mode) })
    }
}

/// What stands in a specification, before it is known what belongs to its kind.
#[derive(Default)]
struct Fields {
    kind: Option<String>,
    target: Option<String>,
    id: Option<String>,
    sharing: Option<Sharing>,
    mode: Option<(String, u32)>,
    readonly: bool,
}

impl Fields {
    fn read(text: &str) -> Result<Self, MountError> {
        let mut fields = Self::default();
        for field in text.split(',') {
            let (key, value) = match field.split_once('=') {
                Some((key, value)) => (key, Some(value)),
                None => (field, None),
            };
            let wrong = |value: &str| MountError::Value { key: key.to_owned(), value: value.to_owned() };
            let needed = || value.filter(|value| !value.is_empty()).ok_or_else(|| MountError::NoValue(key.to_owned()));
            match key {
                "type" => fields.kind = Some(kind(needed()?)?),
                "target" => fields.target = Some(needed()?.to_owned()),
                "id" => fields.id = Some(needed()?.to_owned()),
                "sharing" => {
                    let value = needed()?;
                    fields.sharing = Some(Sharing::parse(value).ok_or_else(|| wrong(value))?);
                }
                "mode" | "chmod" => {
                    let value = needed()?;
                    let mode = parse_mode(value).filter(|_| value.starts_with('0')).ok_or_else(|| wrong(value))?;
                    fields.mode = Some((key.to_owned(), mode));
                }
                "ro" | "readonly" => {
                    fields.readonly = match value {
                        None | Some("true" | "1") => true,
                        Some("false" | "0") => false,
                        Some(value) => return Err(wrong(value)),
                    }
                }
                "uid" | "gid" => return Err(unsupported(key, "set the owner in the command, with `chown`")),
                "from" | "source" => return Err(unsupported(key, COPY)),
                _ => return Err(MountError::Key(key.to_owned())),
            }
        }
        Ok(fields)
    }
}

fn kind(value: &str) -> Result<String, MountError> {
    match value {
        "bind-experimental" => Err(unsupported(&format!("type={value}"), COPY)),
        "ssh-experimental" | "ssh" => {
            Err(unsupported(&format!("type={value}"), "write `RUN --ssh`, which gives the command the agent"))
        }
        _ if KINDS.contains(&value) => Ok(value.to_owned()),
        _ => Err(MountError::Value { key: "type".to_owned(), value: value.to_owned() }),
    }
}

fn unsupported(what: &str, instead: &'static str) -> MountError {
    MountError::Unsupported { what: what.to_owned(), instead }
}

fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mounts_are_read() {
        let cache = |id: Option<&str>, sharing| MountKind::Cache { id: id.map(str::to_owned), sharing };
        for (text, kind, target, readonly, mode) in [
            ("type=cache,target=/root/.cache", cache(None, Sharing::Locked), "/root/.cache", false, None),
            ("target=/c,type=cache,id=a,sharing=shared", cache(Some("a"), Sharing::Shared), "/c", false, None),
            ("type=cache,target=c,mode=0777,ro", cache(None, Sharing::Locked), "c", true, Some(0o777)),
            ("type=tmpfs,target=/tmp,readonly=false", MountKind::Tmpfs, "/tmp", false, None),
            ("type=secret,target=/s,chmod=0400", MountKind::Secret { id: "/s".to_owned() }, "/s", false, Some(0o400)),
            ("type=secret,id=x,target=/s", MountKind::Secret { id: "x".to_owned() }, "/s", false, None),
            ("type=secret,id=+secrets/x,target=/s", MountKind::Secret { id: "x".to_owned() }, "/s", false, None),
        ] {
            let expected = MountSpec { kind, target: target.to_owned(), readonly, mode };
            assert_eq!(MountSpec::parse(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn faults_say_what_to_type() {
        for (text, message, help) in [
            (
                "",
                "a mount has no ``",
                Some("its keys are `type`, `target`, `id`, `sharing`, `mode`, `chmod`, `ro`, `readonly`"),
            ),
            ("target=/x", "the mount has no `type`", Some("add `type=`, one of `cache`, `tmpfs`, `secret`")),
            ("type=cache", "the mount has no `target`", Some("add `target=`")),
            (
                "type=cahce,target=/x",
                "`cahce` is not a value for `type` of a mount",
                Some("use one of `cache`, `tmpfs`, `secret`"),
            ),
            ("type=bind,target=/x", "`bind` is not a value for `type` of a mount", Some("copy the files with `COPY`")),
            ("type=cache,tagret=/x", "a mount has no `tagret`", Some("did you mean `target`?")),
            ("type=cache,dst=/x", "a mount has no `dst`", Some("write `target=`")),
            (
                "type=cache,target=/x,mode=755",
                "`755` is not a value for `mode` of a mount",
                Some("write an octal number that begins with `0`, for example `0755`"),
            ),
            (
                "type=cache,target=/x,sharing=all",
                "`all` is not a value for `sharing` of a mount",
                Some("use one of `locked`, `shared`, `private`"),
            ),
            (
                "type=cache,target=/x,ro=x",
                "`x` is not a value for `ro` of a mount",
                Some("write `true` or `false`, or the key alone"),
            ),
            ("type=tmpfs,target=/x,mode=0755", "a mount of type `tmpfs` has no `mode`", Some("remove it")),
            ("type=secret,target=/x,sharing=shared", "a mount of type `secret` has no `sharing`", Some("remove it")),
            ("type=cache,target=", "`target` of a mount needs a value", Some("write `target=value`")),
            (
                "type=cache,target=/x,uid=1",
                "rbuild does not support `uid` of a mount",
                Some("set the owner in the command, with `chown`"),
            ),
            (
                "type=bind-experimental,target=/x",
                "rbuild does not support `type=bind-experimental` of a mount",
                Some("copy the files with `COPY`"),
            ),
            (
                "type=ssh-experimental,id=x",
                "rbuild does not support `type=ssh-experimental` of a mount",
                Some("write `RUN --ssh`, which gives the command the agent"),
            ),
        ] {
            let fault = MountSpec::parse(text).expect_err(text);
            assert_eq!(fault.to_string(), message, "{text}");
            assert_eq!(fault.help().as_deref(), help, "{text}");
        }
    }
}
