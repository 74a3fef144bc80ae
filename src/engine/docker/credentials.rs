//! Credentials of one registry.

use super::keychain::Registry;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use serde::Serialize;
use std::fmt;

/// What to tell a registry about who asks. Prints without its secret.
#[derive(Clone, PartialEq, Eq)]
pub enum Credentials {
    /// Nothing.
    Anonymous,
    /// A user and a password.
    Password {
        /// The user.
        username: String,
        /// The password.
        secret: String,
    },
    /// A token that a login gave in exchange for a password.
    IdentityToken(String),
}

/// Docker's `AuthConfig`: <https://docs.docker.com/reference/api/engine/#section/Authentication>.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
struct AuthConfig<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    identitytoken: Option<&'a str>,
    serveraddress: &'a str,
}

impl Credentials {
    /// The value of the header `X-Registry-Auth`: JSON in URL-safe base64. To be kept as secret as the credentials are.
    pub(super) fn header(&self, registry: &Registry) -> Result<String, serde_json::Error> {
        let (username, password, identitytoken) = match self {
            Self::Anonymous => return Ok(URL_SAFE.encode("{}")),
            Self::Password { username, secret } => (Some(username.as_str()), Some(secret.as_str()), None),
            Self::IdentityToken(token) => (None, None, Some(token.as_str())),
        };
        let config = AuthConfig { username, password, identitytoken, serveraddress: registry.key() };
        Ok(URL_SAFE.encode(serde_json::to_vec(&config)?))
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anonymous => f.write_str("Anonymous"),
            Self::Password { username, .. } => write!(f, "Password({username}, …)"),
            Self::IdentityToken(_) => f.write_str("IdentityToken(…)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_url_safe_json() {
        let hub = Registry::of("docker.io");
        let user = Credentials::Password { username: "ann".into(), secret: "~~~???>>>".into() };
        let header = user.header(&hub).expect("prints");
        assert!(!header.contains(['+', '/']), "{header}");
        let json: serde_json::Value = serde_json::from_slice(&URL_SAFE.decode(header).expect("base64")).expect("JSON");
        let expected = serde_json::json!({
            "username": "ann", "password": "~~~???>>>", "serveraddress": "https://index.docker.io/v1/"
        });
        assert_eq!(json, expected);
        let token = Credentials::IdentityToken("t".into()).header(&Registry::of("h:5000")).expect("prints");
        let expected = r#"{"identitytoken":"t","serveraddress":"h:5000"}"#;
        assert_eq!(URL_SAFE.decode(token).expect("base64"), expected.as_bytes());
        assert_eq!(Credentials::Anonymous.header(&hub).expect("prints"), "e30=");
    }

    #[test]
    fn secrets_are_not_printed() {
        for credentials in [
            Credentials::Password { username: "ann".into(), secret: "hush".into() },
            Credentials::IdentityToken("hush".into()),
        ] {
            assert!(!format!("{credentials:?}").contains("hush"));
        }
    }
}
