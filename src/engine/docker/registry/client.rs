//! The few requests that an index needs.

use super::challenge::Challenge;
use super::index::{Descriptor, KINDS, index};
use crate::engine::docker::Credentials;
use crate::image_name::ImageName;
use crate::platform::Platform;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use std::time::Duration;
use ureq::http::{Response, StatusCode};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Body};

/// How long one request may take.
const LIMIT: Duration = Duration::from_secs(60);
/// The largest answer that is read, in bytes.
const LARGEST: u64 = 4 * 1024 * 1024;

/// An image for one platform that was pushed under a tag of its own.
#[derive(Debug, Clone)]
pub struct Part {
    /// The tag.
    pub tag: String,
    /// Its platform.
    pub platform: Platform,
}

/// Puts an index of these images of the same repository under a name. Blocks until the registry has it.
///
/// # Errors
/// What the registry said, or why it was not reached.
pub fn push_index(name: &ImageName, parts: &[Part], credentials: &Credentials) -> Result<(), String> {
    let tag = name.tag().ok_or("a pushed image needs a tag")?;
    let mut client = Client::connect(name, credentials)?;
    let mut manifests = Vec::new();
    for part in parts {
        let (kind, text) = client.manifest(&part.tag)?;
        let fault = |error: String| format!("`{}` in the registry: {error}", part.tag);
        manifests.push(Descriptor::of(&kind, &text, &part.platform).map_err(fault)?);
    }
    let (kind, text) = index(manifests);
    client.put(tag, kind, &text)
}

struct Client<'a> {
    agent: Agent,
    /// `https://host/v2/repository/manifests/`
    manifests: String,
    repository: &'a str,
    credentials: &'a Credentials,
    /// The header that is sent with every request, once it is known which one is wanted.
    authorization: Option<String>,
}

impl<'a> Client<'a> {
    fn connect(name: &'a ImageName, credentials: &'a Credentials) -> Result<Self, String> {
        let roots = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
        let config = Agent::config_builder().timeout_global(Some(LIMIT)).http_status_as_error(false).tls_config(roots);
        let agent: Agent = config.build().into();
        let host = if name.registry() == "docker.io" { "registry-1.docker.io" } else { name.registry() };
        let scheme = scheme(&agent, host)?;
        Ok(Self {
            manifests: format!("{scheme}://{host}/v2/{}/manifests/", name.repository()),
            repository: name.repository(),
            agent,
            credentials,
            authorization: None,
        })
    }

    /// The media type and the text of what is kept under a tag.
    fn manifest(&mut self, tag: &str) -> Result<(String, Vec<u8>), String> {
        let url = format!("{}{tag}", self.manifests);
        let mut answer = self.ask(|agent, authorization| {
            let mut request = agent.get(&url).header("Accept", KINDS.join(", "));
            if let Some(value) = authorization {
                request = request.header("Authorization", value);
            }
            request.call()
        })?;
        if answer.status() != StatusCode::OK {
            return Err(refusal("read", tag, answer));
        }
        let kind = answer.headers().get("Content-Type").and_then(|value| value.to_str().ok());
        let kind = kind.unwrap_or_default().to_owned();
        Ok((kind, read(&mut answer)?))
    }

    fn put(&mut self, tag: &str, kind: &str, text: &[u8]) -> Result<(), String> {
        let url = format!("{}{tag}", self.manifests);
        let answer = self.ask(|agent, authorization| {
            let mut request = agent.put(&url).header("Content-Type", kind);
            if let Some(value) = authorization {
                request = request.header("Authorization", value);
            }
            request.send(text)
        })?;
        if answer.status().is_success() { Ok(()) } else { Err(refusal("store", tag, answer)) }
    }

    /// Sends a request, again with credentials when the registry asks for them.
    fn ask(
        &mut self,
        send: impl Fn(&Agent, Option<&str>) -> Result<Response<Body>, ureq::Error>,
    ) -> Result<Response<Body>, String> {
        let answer = send(&self.agent, self.authorization.as_deref()).map_err(|error| error.to_string())?;
        if answer.status() != StatusCode::UNAUTHORIZED || self.authorization.is_some() {
            return Ok(answer);
        }
        let header = answer.headers().get("WWW-Authenticate").and_then(|value| value.to_str().ok());
        let Some(challenge) = header.and_then(Challenge::parse) else { return Ok(answer) };
        let Some(authorization) = self.authorize(&challenge)? else { return Ok(answer) };
        self.authorization = Some(authorization);
        send(&self.agent, self.authorization.as_deref()).map_err(|error| error.to_string())
    }

    /// The header `Authorization` that a challenge asks for; `None` where nothing is known to answer it with.
    fn authorize(&self, challenge: &Challenge) -> Result<Option<String>, String> {
        let Challenge::Bearer { realm, service } = challenge else { return Ok(basic(self.credentials)) };
        let scope = format!("repository:{}:pull,push", self.repository);
        let service = service.clone().unwrap_or_default();
        let answer = if let Credentials::IdentityToken(token) = self.credentials {
            self.agent.post(realm).send_form([
                ("grant_type", "refresh_token"),
                ("refresh_token", token),
                ("service", &service),
                ("scope", &scope),
                ("client_id", "rbuild"),
            ])
        } else {
            let mut request = self.agent.get(realm).query("service", &service).query("scope", &scope);
            if let Some(value) = basic(self.credentials) {
                request = request.header("Authorization", value);
            }
            request.call()
        };
        let mut answer = answer.map_err(|error| format!("ask `{realm}` for a token: {error}"))?;
        if !answer.status().is_success() {
            return Err(format!("`{realm}` gives no token: {}", answer.status()));
        }
        #[derive(Deserialize)]
        struct Given {
            token: Option<String>,
            access_token: Option<String>,
        }
        let given: Given = serde_json::from_slice(&read(&mut answer)?)
            .map_err(|error| format!("the answer of `{realm}` cannot be read: {error}"))?;
        Ok(given.token.or(given.access_token).map(|token| format!("Bearer {token}")))
    }
}

fn basic(credentials: &Credentials) -> Option<String> {
    match credentials {
        Credentials::Password { username, secret } => {
            Some(format!("Basic {}", STANDARD.encode(format!("{username}:{secret}"))))
        }
        Credentials::Anonymous | Credentials::IdentityToken(_) => None,
    }
}

/// As Docker has it: registries of this machine may speak plain http, all others must not.
fn scheme(agent: &Agent, host: &str) -> Result<&'static str, String> {
    if !is_loopback(host) {
        return Ok("https");
    }
    let answers = |scheme: &str| agent.get(format!("{scheme}://{host}/v2/")).call().is_ok();
    ["https", "http"].into_iter().find(|scheme| answers(scheme)).ok_or_else(|| format!("`{host}` does not answer"))
}

fn is_loopback(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    name == "localhost" || name == "[::1]" || name.parse::<std::net::Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
}

fn read(answer: &mut Response<Body>) -> Result<Vec<u8>, String> {
    answer.body_mut().with_config().limit(LARGEST).read_to_vec().map_err(|error| error.to_string())
}

/// What a registry says when it does not do something.
fn refusal(verb: &str, tag: &str, mut answer: Response<Body>) -> String {
    #[derive(Deserialize)]
    struct Errors {
        errors: Vec<Error>,
    }
    #[derive(Deserialize)]
    struct Error {
        message: String,
    }
    let status = answer.status();
    let text = read(&mut answer).unwrap_or_default();
    let said = serde_json::from_slice::<Errors>(&text).ok().and_then(|said| said.errors.into_iter().next());
    let said = said.map(|error| format!(": {}", error.message)).unwrap_or_default();
    format!("cannot {verb} the manifest `{tag}`: the registry answers {status}{said}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_may_speak_plain_http() {
        for (host, expected) in [
            ("localhost:5000", true),
            ("127.0.0.1:5000", true),
            ("127.1.2.3", true),
            ("[::1]:5000", true),
            ("registry.example.org", false),
            ("127.0.0.1.example.org", false),
            ("10.0.0.1:5000", false),
        ] {
            assert_eq!(is_loopback(host), expected, "{host}");
        }
    }
}
