//! What the variables of OpenTelemetry say: <https://opentelemetry.io/docs/specs/otel/protocol/exporter/> and
//! <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/>.

use super::parent::{Parent, ParentError};
use crate::url::{decoded, mask};
use std::time::Duration;

/// Where a collector listens if nobody says where.
const ENDPOINT: &str = "http://localhost:4318";
/// For how long the end of a build is held up at most, if nobody says for how long.
const TIMEOUT: Duration = Duration::from_secs(3);

/// The variables as they are; `None` where one is not set.
#[derive(Debug, Clone, Default)]
pub struct Variables {
    /// `OTEL_SDK_DISABLED`: with `true`, nothing is sent.
    pub disabled: Option<String>,
    /// `OTEL_EXPORTER_OTLP_ENDPOINT`: a URL to which `/v1/traces` is added.
    pub endpoint: Option<String>,
    /// `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`: a URL that is used as it is.
    pub traces_endpoint: Option<String>,
    /// `OTEL_EXPORTER_OTLP_HEADERS`: `name=value,…`, percent-encoded.
    pub headers: Option<String>,
    /// `OTEL_EXPORTER_OTLP_TRACES_HEADERS`: the same, instead of those.
    pub traces_headers: Option<String>,
    /// `OTEL_EXPORTER_OTLP_TIMEOUT`, in milliseconds.
    pub timeout: Option<String>,
    /// `OTEL_EXPORTER_OTLP_TRACES_TIMEOUT`: the same, instead of that.
    pub traces_timeout: Option<String>,
    /// `OTEL_EXPORTER_OTLP_PROTOCOL`.
    pub protocol: Option<String>,
    /// `OTEL_EXPORTER_OTLP_TRACES_PROTOCOL`: the same, instead of that.
    pub traces_protocol: Option<String>,
    /// `OTEL_SERVICE_NAME`.
    pub service: Option<String>,
    /// `OTEL_RESOURCE_ATTRIBUTES`: `name=value,…`, percent-encoded.
    pub resource: Option<String>,
    /// `TRACEPARENT`.
    pub traceparent: Option<String>,
    /// `TRACESTATE`.
    pub tracestate: Option<String>,
}

/// How a trace is sent, and what it says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where it is sent to.
    pub url: String,
    /// Headers of the requests. They may be secret.
    pub headers: Vec<(String, String)>,
    /// How long sending may take in all.
    pub timeout: Duration,
    /// What all spans come from.
    pub resource: Vec<(String, String)>,
    /// What the build is a part of.
    pub parent: Option<Parent>,
    /// `tracestate` of that, as it is passed on.
    pub state: Option<String>,
}

/// Why variables cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// The endpoint is no URL of a protocol that is spoken. It is told without a password.
    #[error("`{0}` is no URL of a collector")]
    Endpoint(String),
    /// The collector is to be spoken to in another protocol.
    #[error("`OTEL_EXPORTER_OTLP_PROTOCOL` is `{0}`, which is not spoken")]
    Protocol(String),
    /// A time-out is no number.
    #[error("`OTEL_EXPORTER_OTLP_TIMEOUT` is `{0}`, which is no number of milliseconds")]
    Timeout(String),
    /// A list is not written as `name=value,…`. What stands there may be secret.
    #[error("`{0}` is not written as `name=value,name=value`")]
    List(&'static str),
    /// The parent cannot be read.
    #[error(transparent)]
    Parent(#[from] ParentError),
}

impl SettingsError {
    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::Endpoint(_) => "write `OTEL_EXPORTER_OTLP_ENDPOINT` as `http://host:4318`",
            Self::Protocol(_) => {
                "name the collector's port for HTTP in `OTEL_EXPORTER_OTLP_ENDPOINT`, and set the protocol to `http/json` or unset it"
            }
            Self::Timeout(_) => "write it as `5000` for five seconds",
            Self::List(_) => "write `%2C` for a comma and `%3D` for an equals sign in a value",
            Self::Parent(_) => "unset it, or write it as `00-<32 digits>-<16 digits>-01`",
        }
    }
}

impl Settings {
    /// Settles what is sent where; `None` if nothing is: switched off, or a part of a trace that is not recorded.
    ///
    /// # Errors
    /// When a variable says what cannot be followed.
    pub fn new(variables: &Variables) -> Result<Option<Self>, SettingsError> {
        let Variables { disabled, service, tracestate, .. } = variables;
        let first = |names: [&Option<String>; 2]| names.into_iter().find_map(|value| set(value).map(str::to_owned));
        if set(disabled).is_some_and(|text| text.eq_ignore_ascii_case("true")) {
            return Ok(None);
        }
        let parent = set(&variables.traceparent).map(Parent::parse).transpose()?;
        if parent.as_ref().is_some_and(|parent| !parent.sampled) {
            return Ok(None);
        }
        // JSON and protobuf share their port and path; every collector reads both.
        if let Some(protocol) = first([&variables.traces_protocol, &variables.protocol])
            && !["http/json", "http/protobuf"].contains(&protocol.as_str())
        {
            return Err(SettingsError::Protocol(protocol));
        }
        let base = set(&variables.endpoint).unwrap_or(ENDPOINT).trim_end_matches('/');
        let url = set(&variables.traces_endpoint).map_or_else(|| format!("{base}/v1/traces"), str::to_owned);
        let host = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
        if host.is_none_or(|host| host.is_empty() || host.starts_with('/')) {
            return Err(SettingsError::Endpoint(mask(&url)));
        }
        let timeout = match first([&variables.traces_timeout, &variables.timeout]) {
            None => TIMEOUT,
            Some(text) => Duration::from_millis(text.parse().map_err(|_| SettingsError::Timeout(text))?),
        };
        let headers = first([&variables.traces_headers, &variables.headers]).unwrap_or_default();
        let mut resource = list("OTEL_RESOURCE_ATTRIBUTES", set(&variables.resource).unwrap_or_default())?;
        if let Some(service) = set(service) {
            resource.retain(|(name, _)| name != "service.name");
            resource.insert(0, ("service.name".to_owned(), service.to_owned()));
        } else if !resource.iter().any(|(name, _)| name == "service.name") {
            resource.insert(0, ("service.name".to_owned(), "rbuild".to_owned()));
        }
        let state = set(tracestate).filter(|_| parent.is_some()).map(str::to_owned);
        Ok(Some(Self { url, headers: list("OTEL_EXPORTER_OTLP_HEADERS", &headers)?, timeout, resource, parent, state }))
    }
}

/// A variable that is set to nothing is not set.
fn set(value: &Option<String>) -> Option<&str> {
    value.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

/// Reads `name=value,name=value`, in which values are percent-encoded.
fn list(variable: &'static str, text: &str) -> Result<Vec<(String, String)>, SettingsError> {
    let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
    let entry = |entry: &str| {
        let (name, value) = entry.split_once('=')?;
        let name = name.trim();
        (!name.is_empty()).then_some(())?;
        Some((name.to_owned(), decoded(value.trim())?))
    };
    entries.map(|text| entry(text).ok_or(SettingsError::List(variable))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    fn settled(variables: &Variables) -> Settings {
        Settings::new(variables).unwrap().unwrap()
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn endpoints_follow_the_specification() {
        let check = |endpoint: Option<&str>, traces: Option<&str>, expect: &str| {
            let (endpoint, traces_endpoint) = (endpoint.map(str::to_owned), traces.map(str::to_owned));
            assert_eq!(settled(&Variables { endpoint, traces_endpoint, ..Variables::default() }).url, expect);
        };
        check(None, None, "http://localhost:4318/v1/traces");
        check(Some(""), None, "http://localhost:4318/v1/traces");
        check(Some("https://otel.example.com/"), None, "https://otel.example.com/v1/traces");
        check(Some("http://otel/base"), None, "http://otel/base/v1/traces");
        check(Some("http://otel"), Some("http://traces/in"), "http://traces/in");
        for wrong in ["otel:4318", "grpc://otel", "http://", "http:///v1"] {
            let variables = Variables { endpoint: some(wrong), ..Variables::default() };
            assert!(matches!(Settings::new(&variables), Err(SettingsError::Endpoint(_))), "{wrong}");
        }
        let secret = Variables { endpoint: some("grpc://me:hunter@otel"), ..Variables::default() };
        let message = Settings::new(&secret).unwrap_err().to_string();
        assert_eq!(message, "`grpc://***@otel/v1/traces` is no URL of a collector");
    }

    #[test]
    fn lists_are_decoded() {
        let settings = settled(&Variables {
            headers: some("authorization=Bearer%20a%2Cb%3D, x-team = build ,"),
            resource: some("service.name=ours,deployment.environment=ci"),
            ..Variables::default()
        });
        assert_eq!(settings.headers, pairs(&[("authorization", "Bearer a,b="), ("x-team", "build")]));
        assert_eq!(settings.resource, pairs(&[("service.name", "ours"), ("deployment.environment", "ci")]));
        let settings = settled(&Variables {
            headers: some("a=1"),
            traces_headers: some("b=2"),
            service: some("named"),
            resource: some("service.name=ours"),
            ..Variables::default()
        });
        assert_eq!(settings.headers, pairs(&[("b", "2")]));
        assert_eq!(settings.resource, pairs(&[("service.name", "named")]));
        assert_eq!(settled(&Variables::default()).resource, pairs(&[("service.name", "rbuild")]));
        for wrong in ["token", "=x", "a=%2", "a=%zz", "a=%ff"] {
            let variables = Variables { headers: some(wrong), ..Variables::default() };
            let error = Settings::new(&variables).unwrap_err();
            assert_eq!(error, SettingsError::List("OTEL_EXPORTER_OTLP_HEADERS"));
            assert!(!error.to_string().contains("token"));
        }
    }

    #[test]
    fn times_and_protocols_are_checked() {
        let timeout = |text: &str| Settings::new(&Variables { timeout: some(text), ..Variables::default() });
        assert_eq!(timeout("250").unwrap().unwrap().timeout, Duration::from_millis(250));
        assert_eq!(timeout("soon"), Err(SettingsError::Timeout("soon".to_owned())));
        let protocol = |text: &str| Settings::new(&Variables { protocol: some(text), ..Variables::default() });
        assert!(protocol("http/protobuf").is_ok());
        assert_eq!(protocol("grpc"), Err(SettingsError::Protocol("grpc".to_owned())));
    }

    #[test]
    fn nothing_is_sent_when_somebody_says_so() {
        let none = |variables: Variables| assert_eq!(Settings::new(&variables), Ok(None));
        none(Variables { disabled: some("True"), endpoint: some("wrong"), ..Variables::default() });
        let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0";
        none(Variables { traceparent: Some(format!("{parent}0")), ..Variables::default() });
        let settings = settled(&Variables {
            traceparent: Some(format!("{parent}1")),
            tracestate: some("vendor=1"),
            ..Variables::default()
        });
        assert_eq!(settings.parent.map(|parent| parent.span), some("00f067aa0ba902b7"));
        assert_eq!(settings.state, some("vendor=1"));
        assert_eq!(settled(&Variables { tracestate: some("vendor=1"), ..Variables::default() }).state, None);
        assert!(Settings::new(&Variables { traceparent: some("mine"), ..Variables::default() }).is_err());
    }
}
