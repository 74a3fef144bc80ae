//! The connection to Docker's API, and what the engine tells of itself.
//!
//! API: <https://docs.docker.com/reference/api/engine/>.

use super::Address;
use super::api_version::{ApiVersion, NoVersion};
use super::dial::explain;
use super::transport::send;
use crate::engine::EngineError;
use crate::platform::Platform;
use std::error::Error as _;
use std::io;
use std::time::Duration;

/// Longest wait for the first answer; a daemon that its socket starts on demand needs some seconds.
const FIRST_ANSWER_LIMIT: Duration = Duration::from_secs(30);
/// Longest wait for an answer to begin.
const ANSWER_LIMIT: Duration = Duration::from_secs(120);

/// A Docker engine that answered. Cheap to clone; every request opens a connection of its own.
#[derive(Debug, Clone)]
pub struct Docker {
    pub(super) api: bollard::Docker,
    address: Address,
    about: About,
}

/// What an engine tells of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
struct About {
    version: String,
    api_version: ApiVersion,
    processors: usize,
    platform: Platform,
    image_store: ImageStore,
}

/// How an engine keeps its images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageStore {
    /// Docker's own: one platform for each name.
    Classic,
    /// containerd's: whole image indexes, with every exporter of BuildKit.
    Containerd,
}

impl Docker {
    /// Connects to the first of these addresses that an engine answers at.
    ///
    /// # Errors
    /// [`EngineError::NoEngine`] with what came of each address; what [`Docker::connect`] gives when one was reached and is of no use.
    pub async fn find(addresses: &[Address]) -> Result<Self, EngineError> {
        let (mut tried, mut forbidden) = (Vec::new(), false);
        for address in addresses {
            match Self::connect(address).await {
                Err(EngineError::NoEngine { tried: here, forbidden: me }) => {
                    tried.extend(here);
                    forbidden |= me;
                }
                other => return other,
            }
        }
        Err(EngineError::NoEngine { tried, forbidden })
    }

    /// Connects to the engine at this address, agrees on a version of the API, and asks the engine for what it is.
    ///
    /// A place where nobody accepts fails after 5 seconds, one where nobody answers after 30.
    ///
    /// # Errors
    /// [`EngineError::NoEngine`] when nobody answers there or somebody who is no Docker engine, [`EngineError::Unsupported`] when the
    /// engine is older than Docker 20.10 or too new for this client, [`EngineError::Connection`] when it does not tell what it is.
    pub async fn connect(address: &Address) -> Result<Self, EngineError> {
        Self::connect_within(address, FIRST_ANSWER_LIMIT).await
    }

    async fn connect_within(address: &Address, limit: Duration) -> Result<Self, EngineError> {
        // The API's client hides why a connection failed, so one is opened and closed to see.
        address.dial().await.map_err(|error| EngineError::NoEngine {
            tried: vec![format!("{address}: {}", explain(&error))],
            forbidden: error.kind() == io::ErrorKind::PermissionDenied,
        })?;
        let api = open(address)?;
        let asking = async {
            let version = api.version().await?;
            let info = api.info().await?;
            Ok::<_, bollard::errors::Error>((version, info))
        };
        let (version, info) = match tokio::time::timeout(limit, asking).await {
            Ok(answer) => answer.map_err(|error| match answer_of_a_stranger(&error) {
                Some(why) => nobody(address, &format!("what answers there is no Docker engine: {why}")),
                None => EngineError::Connection {
                    action: format!("ask the engine at {address} for its version"),
                    message: words(&error),
                },
            })?,
            Err(_) => {
                return Err(nobody(address, &format!("something listens there, but gave no answer within {limit:?}")));
            }
        };
        let about = About::read(&version, &info, address)?;
        let prefix = version_prefix(about.api_version);
        let api = api.with_timeout(ANSWER_LIMIT).with_request_modifier(move |request| versioned(request, &prefix));
        Ok(Self { api, address: address.clone(), about })
    }

    /// The API with registry credentials on every request, as the value of `X-Registry-Auth`.
    ///
    /// bollard's own way does not serve: its base64 is not the URL-safe one that engines read.
    pub(super) fn signed(&self, credentials: String) -> bollard::Docker {
        let prefix = version_prefix(self.about.api_version);
        self.api.clone().with_request_modifier(move |request| {
            let mut request = versioned(request, &prefix);
            if let Ok(mut value) = tonic::codegen::http::HeaderValue::from_str(&credentials) {
                value.set_sensitive(true);
                request.headers_mut().insert("X-Registry-Auth", value);
            }
            request
        })
    }

    /// The engine for people: `Docker 28.5.2 at unix:///var/run/docker.sock`.
    #[must_use]
    pub fn describe(&self) -> String {
        format!("Docker {} at {}", self.about.version, self.address)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Its version as it prints it: `28.5.2`.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.about.version
    }

    /// The version of the API that is spoken with it.
    #[must_use]
    pub fn api_version(&self) -> ApiVersion {
        self.about.api_version
    }

    /// Number of processors of its machine, at least 1.
    #[must_use]
    pub fn processors(&self) -> usize {
        self.about.processors
    }

    /// The platform of its machine.
    #[must_use]
    pub fn platform(&self) -> &Platform {
        &self.about.platform
    }

    /// How it keeps its images.
    #[must_use]
    pub fn image_store(&self) -> ImageStore {
        self.about.image_store
    }

    /// An error of a request, said with what was being done.
    pub(super) fn fault(&self, action: &str, error: &bollard::errors::Error) -> EngineError {
        EngineError::Connection { action: format!("{action} at {}", self.address), message: words(error) }
    }
}

fn open(address: &Address) -> Result<bollard::Docker, EngineError> {
    let limit = ANSWER_LIMIT.as_secs();
    match address {
        Address::Unix(path) => {
            let path = path.to_str().ok_or_else(|| nobody(address, "the path is not valid UTF-8"))?;
            bollard::Docker::connect_with_unix(path, limit, bollard::API_DEFAULT_VERSION)
        }
        Address::Tcp { .. } | Address::Tls(_) | Address::Ssh(_) => {
            let there = address.clone();
            let transport = move |request| send(there.clone(), request);
            bollard::Docker::connect_with_custom_transport(
                transport,
                Some("http://docker"),
                limit,
                bollard::API_DEFAULT_VERSION,
            )
        }
    }
    .map_err(|error| nobody(address, &words(&error)))
}

fn nobody(address: &Address, why: &str) -> EngineError {
    EngineError::NoEngine { tried: vec![format!("{address}: {why}")], forbidden: false }
}

/// What shows that an answer to the question for the version is none of an engine's: a web server's, for example. An engine has that
/// page, answers in JSON, and says in plain words what it refuses.
fn answer_of_a_stranger(error: &bollard::errors::Error) -> Option<String> {
    match error {
        bollard::errors::Error::DockerResponseServerError { status_code, message } => {
            let is_stranger = matches!(status_code, 300..400 | 404 | 405) || message.trim_start().starts_with('<');
            is_stranger.then(|| format!("it answered with HTTP status {status_code}"))
        }
        bollard::errors::Error::JsonDataError { .. } | bollard::errors::Error::JsonSerdeError { .. } => {
            Some("its answer is not JSON".to_owned())
        }
        _ => None,
    }
}

fn version_prefix(version: ApiVersion) -> String {
    format!("/v{version}")
}

/// Puts the version before the path of a request: bollard 0.21 leaves it out, and an engine takes that for its newest version.
fn versioned(mut request: bollard::BollardRequest, prefix: &str) -> bollard::BollardRequest {
    let whole = request.uri().to_string();
    let path = request.uri().path_and_query().map_or("", |path| path.as_str());
    if !path.starts_with("/v1.")
        && let Some(host) = whole.strip_suffix(path)
        && let Ok(uri) = format!("{host}{prefix}{path}").parse()
    {
        *request.uri_mut() = uri;
    }
    request
}

impl About {
    fn read(
        version: &bollard::models::SystemVersion,
        info: &bollard::models::SystemInfo,
        address: &Address,
    ) -> Result<Self, EngineError> {
        let number = version.version.clone().unwrap_or_default();
        let unsupported = |needs: &str| EngineError::Unsupported {
            feature: "building".to_owned(),
            engine: format!("Docker {number} at {address}"),
            needs: needs.to_owned(),
        };
        let no_sense =
            |what: &str| nobody(address, &format!("what answers there is no Docker engine: it tells no {what}"));
        let most = version.api_version.as_deref().and_then(ApiVersion::parse).ok_or_else(|| no_sense("API version"))?;
        let least = version.min_api_version.as_deref().and_then(ApiVersion::parse);
        let api_version = ApiVersion::common(least, most).map_err(|why| match why {
            NoVersion::EngineTooOld => unsupported("it needs Docker 20.10 or newer"),
            NoVersion::ClientTooOld => unsupported("the engine is too new; it needs a newer rbuild"),
        })?;
        let os = version.os.as_deref().or(info.os_type.as_deref()).unwrap_or_default();
        let arch = version.arch.as_deref().or(info.architecture.as_deref()).unwrap_or_default();
        let platform = format!("{os}/{arch}").parse().map_err(|_| no_sense("platform"))?;
        let processors = info.ncpu.and_then(|number| usize::try_from(number).ok()).unwrap_or(1).max(1);
        // https://docs.docker.com/engine/storage/containerd/ says to look for this pair.
        let is_snapshotter = |pair: &Vec<String>| matches!(&pair[..], [key, value] if key == "driver-type" && value.starts_with("io.containerd.snapshotter"));
        let image_store = if info.driver_status.iter().flatten().any(is_snapshotter) {
            ImageStore::Containerd
        } else {
            ImageStore::Classic
        };
        Ok(Self { version: number, api_version, processors, platform, image_store })
    }
}

/// The HTTP status of an engine's refusal.
pub(super) fn status(error: &bollard::errors::Error) -> Option<u16> {
    match error {
        bollard::errors::Error::DockerResponseServerError { status_code, .. } => Some(*status_code),
        _ => None,
    }
}

/// An error of the API in the engine's own words where it has some, else with all its causes.
pub(super) fn words(error: &bollard::errors::Error) -> String {
    match error {
        bollard::errors::Error::DockerResponseServerError { message, .. } if !message.is_empty() => {
            message.trim_end().to_owned()
        }
        bollard::errors::Error::DockerStreamError { error } => error.clone(),
        bollard::errors::Error::RequestTimeoutError => "no answer in time".to_owned(),
        other => {
            let mut text = other.to_string();
            let mut cause = other.source();
            while let Some(inner) = cause {
                let more = inner.to_string();
                if !text.contains(&more) {
                    text = format!("{text}: {more}");
                }
                cause = inner.source();
            }
            text
        }
    }
}

#[cfg(test)]
mod tests;
