//! Pushing images to their registries.

use super::client::words;
use super::keychain::Registry;
use super::{Credentials, Docker};
use crate::engine::EngineError;
use crate::image_name::ImageName;
use bollard::models::PushImageInfo;
use bollard::query_parameters::PushImageOptionsBuilder;
use futures_util::StreamExt;

/// What registries say to those who are not allowed to; they differ in the rest.
const TURNED_AWAY: [&str; 4] = ["denied", "unauthorized", "authentication required", "no basic auth credentials"];

impl Docker {
    /// Pushes an image of the store under this name and waits until the registry has all of it. Gives its digest there, when the
    /// engine tells it.
    ///
    /// # Errors
    /// [`EngineError::Push`] with the words of the engine or the registry.
    pub async fn push(&self, image: &ImageName, credentials: &Credentials) -> Result<Option<String>, EngineError> {
        let failed = |message: String| EngineError::Push { image: image.familiar(), message };
        let Some(tag) = image.tag() else { return Err(failed("a pushed image needs a tag".to_owned())) };
        let registry = Registry::of(image.registry());
        let header = credentials.header(&registry).map_err(|error| failed(error.to_string()))?;
        let api = self.signed(header);
        let repository = format!("{}/{}", image.registry(), image.repository());
        let options = PushImageOptionsBuilder::default().tag(tag).build();
        let mut progress = std::pin::pin!(api.push_image(&repository, Some(options), None));
        let mut digest = None;
        while let Some(step) = progress.next().await {
            match step {
                Ok(PushImageInfo { error_detail: Some(detail), .. }) => {
                    return Err(failed(detail.message.unwrap_or_else(|| "the engine does not say why".to_owned())));
                }
                Ok(PushImageInfo { status: Some(status), .. }) => digest = pushed_digest(&status, tag).or(digest),
                Ok(_) => {}
                Err(error) => return Err(failed(with_help(words(&error), credentials, &registry))),
            }
        }
        Ok(digest)
    }
}

/// The digest in the line that ends a push: `latest: digest: sha256:… size: 527`.
fn pushed_digest(status: &str, tag: &str) -> Option<String> {
    let rest = status.strip_prefix(tag)?.strip_prefix(": digest: ")?;
    rest.split(' ').next().filter(|digest| digest.starts_with("sha256:")).map(str::to_owned)
}

fn with_help(message: String, credentials: &Credentials, registry: &Registry) -> String {
    let lower = message.to_lowercase();
    if *credentials == Credentials::Anonymous && TURNED_AWAY.iter().any(|words| lower.contains(words)) {
        let login = format!("docker login {}", registry.login());
        return format!("{message}; you are not logged in there, type `{}`", login.trim_end());
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_tells_the_digest() {
        for (status, expected) in [
            ("1.2: digest: sha256:ab size: 527", Some("sha256:ab")),
            ("latest: digest: sha256:ab size: 527", None),
            ("Pushed", None),
            ("1.2: digest: ", None),
        ] {
            assert_eq!(pushed_digest(status, "1.2").as_deref(), expected, "{status}");
        }
    }

    #[test]
    fn who_is_turned_away_anonymously_is_told_how_to_log_in() {
        let user = Credentials::IdentityToken("t".into());
        for (host, credentials, message, expected) in [
            (
                "docker.io",
                &Credentials::Anonymous,
                "access denied",
                "access denied; you are not logged in there, type `docker login`",
            ),
            (
                "h:1",
                &Credentials::Anonymous,
                "Unauthorized",
                "Unauthorized; you are not logged in there, type `docker login h:1`",
            ),
            ("h:1", &Credentials::Anonymous, "no such host", "no such host"),
            ("h:1", &user, "denied", "denied"),
        ] {
            assert_eq!(with_help(message.to_owned(), credentials, &Registry::of(host)), expected);
        }
    }
}
