//! What an engine's error text means. Engines up to 20.10 give nothing but text; newer ones word some of it differently.

use super::gates::REFUSAL;
use super::secrets::VARIABLE;
use super::ssh;
use crate::engine::EngineError;
use crate::graph::ImageSource;
use tonic::{Code, Status};

/// Translates the error of a build that used these images on this engine (for people).
#[must_use]
pub fn read(status: &Status, engine: &str, images: &[ImageSource]) -> EngineError {
    let (whole, text) = (status.message(), tail(status.message()));
    if let Some(code) = exit_code(text) {
        return EngineError::Exit(code);
    }
    if text.contains(REFUSAL) {
        return EngineError::Refused;
    }
    if status.code() == Code::Cancelled || text.contains("context canceled") {
        return EngineError::Cancelled;
    }
    if let Some(id) = secret(text) {
        return EngineError::Secret { id };
    }
    if let Some(at) = text.find(ssh::FAULT) {
        return EngineError::Other(text[at..].trim_end().to_owned());
    }
    if is_not_entitled(status) {
        return EngineError::Unsupported {
            feature: "`--privileged`".to_owned(),
            engine: engine.to_owned(),
            needs: "it needs `{\"builder\": {\"entitlements\": {\"security-insecure\": true}}}` in the engine's daemon.json"
                .to_owned(),
        };
    }
    if let Some(error) = image(text, images) {
        return error;
    }
    if let Some(path) = missing_file(text) {
        return EngineError::NotFound { path };
    }
    if text.contains("max depth exceeded") {
        return EngineError::Other(format!(
            "{whole}: the engine stacks at most about 125 layers; join commands, or begin a new image with `FROM scratch` and `COPY`"
        ));
    }
    match status.code() {
        Code::Unavailable => {
            EngineError::Connection { action: "talk to the engine".to_owned(), message: cause(status) }
        }
        _ => EngineError::Other(whole.strip_prefix("failed to solve: ").unwrap_or(whole).to_owned()),
    }
}

/// What the engine itself says: the part behind the command that it quotes, or all if it quotes none. Anything may stand in a command,
/// the very words of an engine too.
///
/// `executor failed running [/bin/sh -c …]: exit code: 7`, `process "/bin/sh -c …" did not complete successfully: exit code: 7`. The
/// newer form escapes quotes inside, so the last end is the true one; the older escapes nothing.
fn tail(text: &str) -> &str {
    const FORMS: [(&str, &str); 2] =
        [("executor failed running [", "]: "), ("process \"", "\" did not complete successfully: ")];
    // The engine's own words come before all that it quotes.
    let forms = FORMS.iter().filter_map(|(begin, end)| Some((text.find(begin)?, begin.len(), end)));
    let Some((at, long, end)) = forms.min_by_key(|(at, ..)| *at) else { return text };
    let command = &text[at + long..];
    command.rsplit_once(end).map_or(text, |(_, tail)| tail)
}

/// Whether the engine does not grant a privilege.
#[must_use]
pub fn is_not_entitled(status: &Status) -> bool {
    tail(status.message()).contains("security.insecure is not allowed")
}

/// Whether the same build may well succeed when it is tried again.
#[must_use]
pub fn passes(status: &Status) -> bool {
    let text = tail(status.message());
    if exit_code(text).is_some() {
        return false;
    }
    ["flightcontrol: exceeded retry timeout", "no active session", "inconsistent graph state"]
        .iter()
        .any(|transient| text.contains(transient))
}

/// Whether somebody else's refusal hit a step that both use: another client that is ending, or a probe. The engine remembers it only
/// as long as that one's build is open.
#[must_use]
pub fn refused_elsewhere(status: &Status, own: &str) -> bool {
    let text = tail(status.message());
    text.contains(REFUSAL) && !text.contains(own)
}

/// The text with what caused it, which the transport keeps apart.
fn cause(status: &Status) -> String {
    let mut text = status.message().to_owned();
    let mut source = std::error::Error::source(status);
    while let Some(inner) = source {
        let words = inner.to_string();
        if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
        source = inner.source();
    }
    text
}

/// `exit code: 7`
fn exit_code(tail: &str) -> Option<i32> {
    tail.trim_end().strip_prefix("exit code: ")?.parse().ok()
}

/// `secret token not found: not found`, `secret token: not found`
fn secret(text: &str) -> Option<String> {
    let text = text.trim_end();
    let front = text.strip_suffix(": not found")?;
    let front = front.strip_suffix(" not found").unwrap_or(front);
    let (before, id) = front.rsplit_once("secret ")?;
    // A process that is worked with may tell it in the words of a call's status.
    let begins = before.is_empty() || before.ends_with(": ") || before.ends_with(" desc = ");
    let id = id.strip_prefix(VARIABLE).unwrap_or(id);
    (begins && !id.is_empty() && !id.contains(char::is_whitespace)).then(|| id.to_owned())
}

fn image(text: &str, images: &[ImageSource]) -> Option<EngineError> {
    const WORDS: [&str; 12] = [
        "pull access denied",
        "failed to resolve source metadata",
        "failed to do request",
        "no such host",
        "no match for platform",
        "failed to authorize",
        "failed to fetch",
        "unexpected status from",
        "connection refused",
        "i/o timeout",
        "insufficient_scope",
        "manifest unknown",
    ];
    let named = images.iter().find(|image| text.contains(&image.reference));
    // `docker.io/library/alpine:9: not found`
    let missing = named.is_some_and(|image| text.contains(&format!("{}: not found", image.reference)));
    if !missing && !WORDS.iter().any(|word| text.contains(word)) {
        return None;
    }
    let image = named.or(images.first())?;
    Some(EngineError::Image {
        image: image.reference.clone(),
        platform: image.platform.to_string(),
        message: text.strip_prefix("failed to solve: ").unwrap_or(text).to_owned(),
    })
}

/// `failed to compute cache key: "/out/x" not found: not found`, `… "/out/x": not found`, `/out/*.x not found`,
/// `lstat /out/x: no such file or directory`
/// Whether a look at a path says no more than that nothing is there.
pub fn is_no_file(status: &Status) -> bool {
    let text = tail(status.message()).trim_end();
    ["no such file or directory", "not a directory", "too many levels of symbolic links"]
        .iter()
        .any(|words| text.strip_suffix(words).is_some_and(|front| front.ends_with(": ")))
}

fn missing_file(text: &str) -> Option<String> {
    let text = text.trim_end();
    if let Some(front) = text.strip_suffix(": no such file or directory") {
        let (_, path) = front.rsplit_once("stat ").or_else(|| front.rsplit_once("open "))?;
        return Some(inside(path).to_owned());
    }
    let front = text.strip_suffix(": not found").unwrap_or(text);
    let front = front.strip_suffix(" not found").unwrap_or(front);
    if front.len() == text.len() {
        return None;
    }
    if let Some(quoted) = front.strip_suffix('"') {
        return quoted.rsplit_once('"').map(|(_, path)| path.to_owned());
    }
    let path = front.rsplit_once(": ").map_or(front, |(_, path)| path);
    path.starts_with('/').then(|| path.to_owned())
}

/// The path inside the file system, when the engine names the place where it mounted it.
fn inside(path: &str) -> &str {
    let mounted = path.split_once("/buildkit-mount").and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..]));
    mounted.unwrap_or(path)
}

#[cfg(test)]
mod tests {
    #[test]
    fn only_a_missing_file_is_no_file() {
        for (text, expected) in [
            ("lstat /var/lib/docker/tmp/buildkit-mount1/bin/sh: no such file or directory", true),
            ("failed to stat: stat /bin/sh: not a directory", true),
            ("docker.io/library/nope:1: not found", false),
            ("error reading from server: EOF", false),
            ("no active session for x: context deadline exceeded", false),
        ] {
            assert_eq!(is_no_file(&Status::unknown(text)), expected, "{text}");
        }
    }

    use super::*;

    fn check(text: &str, expect: &EngineError) {
        let alpine = ImageSource {
            reference: "docker.io/library/alpine:9".into(),
            platform: "linux/amd64".parse().expect("a platform"),
        };
        let error = read(&Status::unknown(text), "Docker", &[alpine]);
        assert_eq!(format!("{error:?}"), format!("{expect:?}"), "{text}");
    }

    #[test]
    fn texts_of_old_and_new_engines_are_understood() {
        check("executor failed running [/bin/sh -c exit 7]: exit code: 7", &EngineError::Exit(7));
        check(
            "failed to solve: process \"/bin/sh -c echo exit code: 3; exit 7\" did not complete successfully: exit code: 7",
            &EngineError::Exit(7),
        );
        let killed = "executor failed running [/bin/sh -c sleep 9]: exit code: 137: context canceled: context canceled";
        check(killed, &EngineError::Cancelled);
        check("process \"/bin/sh -c x\" did not complete successfully: context canceled", &EngineError::Cancelled);
        check(
            "failed to solve: rpc error: code = PermissionDenied desc = rbuild refused to open the gate",
            &EngineError::Refused,
        );
        for text in [
            "failed to solve: secret token: not found",
            "secret token not found: not found",
            "rpc error: code = Unknown desc = secret token not found: not found",
            "failed to solve: secret rbuild.variable.token: not found",
        ] {
            check(text, &EngineError::Secret { id: "token".into() });
        }
        for (text, path) in [
            ("failed to compute cache key: \"/out/missing\" not found: not found", "/out/missing"),
            ("failed to calculate checksum of ref a::b: failed to walk /x: \"/a b\": not found", "/a b"),
            ("/out/*.nope not found", "/out/*.nope"),
            ("lstat /out/x: no such file or directory", "/out/x"),
            ("stat /var/lib/docker/tmp/buildkit-mount123/etc/x: no such file or directory", "/etc/x"),
        ] {
            check(text, &EngineError::NotFound { path: path.into() });
        }
        for text in [
            "docker.io/library/alpine:9: not found",
            "failed to resolve source metadata for docker.io/library/alpine:9: pull access denied",
            "failed to do request: Head \"https://registry-1.docker.io/v2/\": dial tcp: lookup x: no such host",
        ] {
            let error = EngineError::Image {
                image: "docker.io/library/alpine:9".into(),
                platform: "linux/amd64".into(),
                message: text.into(),
            };
            check(text, &error);
        }
        check("something else", &EngineError::Other("something else".into()));
    }

    #[test]
    fn what_a_command_says_is_not_what_the_engine_says() {
        for script in [
            "echo 'no active session'; exit 5",
            "echo 'context canceled'; exit 5",
            "echo 'flightcontrol: exceeded retry timeout'; exit 5",
            "echo 'rbuild refused to open the gate'; exit 5",
            "echo 'security.insecure is not allowed'; exit 5",
            "echo 'exit code: 3'; exit 5",
            "echo 'a]: exit code: 3'; exit 5",
            "echo 'executor failed running [x]: exit code: 3'; exit 5",
            "echo \"process \\\"x\\\" did not complete successfully: exit code: 3\"; exit 5",
            "echo 'process \"x\" did not complete successfully: exit code: 3'; exit 5",
            "echo 'secret x: not found'; exit 5",
            "echo 'pull access denied'; exit 5\n: context canceled",
        ] {
            let escaped = script.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            for (text, name) in [
                (format!("executor failed running [/bin/sh -c {script}]: "), "old"),
                (format!("failed to solve: process \"/bin/sh -c {escaped}\" did not complete successfully: "), "new"),
            ] {
                let status = |tail: &str| Status::unknown(format!("{text}{tail}"));
                let failed = status("exit code: 5");
                check(failed.message(), &EngineError::Exit(5));
                assert!(!passes(&failed) && !refused_elsewhere(&failed, "me"), "{name}: {script}");
                check(status("context canceled").message(), &EngineError::Cancelled);
                check(status(&format!("{REFUSAL} (me)")).message(), &EngineError::Refused);
                let other = status("something else");
                let told = text.strip_prefix("failed to solve: ").unwrap_or(&text);
                check(other.message(), &EngineError::Other(format!("{told}something else")));
                assert!(
                    !passes(&other) && !refused_elsewhere(&other, "me") && !is_not_entitled(&other),
                    "{name}: {script}"
                );
                assert!(passes(&status("no active session")), "{name}: {script}");
                assert!(refused_elsewhere(&status(REFUSAL), "me"), "{name}: {script}");
            }
        }
    }

    #[test]
    fn a_refusal_is_known_by_its_signature() {
        let own = Status::unknown(format!("code = PermissionDenied desc = {REFUSAL} (me)"));
        assert!(!refused_elsewhere(&own, "me") && refused_elsewhere(&own, "you"));
        assert!(!refused_elsewhere(&Status::unknown("exit code: 1"), "me"));
    }

    #[test]
    fn known_weaknesses_of_engines_are_worth_another_try() {
        let text = "executor failed running [/bin/sh -c true]: flightcontrol: exceeded retry timeout";
        assert!(passes(&Status::unknown(text)));
        assert!(!passes(&Status::unknown("executor failed running [/bin/sh -c true]: exit code: 1")));
    }
}
