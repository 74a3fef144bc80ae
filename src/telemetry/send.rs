//! Sending a trace.

use super::otlp::encode;
use super::settings::Settings;
use super::spans::spans;
use crate::history::Build;
use crate::url::mask;
use serde::Deserialize;
use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};
use ureq::Agent;
use ureq::tls::{RootCerts, TlsConfig};

/// Spans of one request. Collectors refuse large ones; this many take less than a MiB.
const BATCH: usize = 512;
/// The largest answer that is read, in bytes.
const LARGEST: u64 = 64 * 1024;

/// Why a trace did not arrive whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The collector was not reached.
    #[error("the trace could not be sent to `{url}`: {reason}")]
    Unreached {
        /// Where it was sent to, without a password.
        url: String,
        /// Why it did not get there.
        reason: String,
    },
    /// The collector answered with a refusal.
    #[error("`{url}` refused the trace: {reason}")]
    Refused {
        /// Where it was sent to, without a password.
        url: String,
        /// What it said.
        reason: String,
    },
}

/// Sends a build as a trace. Blocks, not longer than the time-out.
///
/// # Errors
/// When the collector was not reached in time, or refused it.
pub fn send(build: &Build, settings: &Settings) -> Result<(), SendError> {
    let ends = Instant::now() + settings.timeout;
    let seed = seed();
    let trace = settings.parent.as_ref().map_or_else(|| format!("{seed:032x}"), |parent| parent.trace.clone());
    let roots = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
    let agent: Agent = Agent::config_builder().http_status_as_error(false).tls_config(roots).build().into();
    for batch in spans(build, seed).chunks(BATCH) {
        let left = ends.saturating_duration_since(Instant::now());
        post(&agent, settings, &encode(batch, &trace, settings), left)?;
    }
    Ok(())
}

fn post(agent: &Agent, settings: &Settings, body: &[u8], left: Duration) -> Result<(), SendError> {
    let url = &settings.url;
    let unreached = |reason: String| SendError::Unreached { url: mask(url), reason: mask(&reason) };
    let refused = |reason: String| SendError::Refused { url: mask(url), reason };
    if left.is_zero() {
        return Err(unreached(format!("it took more than {} ms", settings.timeout.as_millis())));
    }
    let mut request = agent.post(url).header("Content-Type", "application/json");
    for (name, value) in &settings.headers {
        request = request.header(name, value);
    }
    let sent = request.config().timeout_global(Some(left)).build().send(body);
    let mut answer = sent.map_err(|error| unreached(error.to_string()))?;
    if !answer.status().is_success() {
        return Err(refused(answer.status().to_string()));
    }
    // An answer that cannot be read is still one that says it was taken.
    let text = answer.body_mut().with_config().limit(LARGEST).read_to_vec().unwrap_or_default();
    let taken: Taken = serde_json::from_slice(&text).unwrap_or_default();
    match taken.partial_success {
        Some(partial) if partial.rejected_spans.as_ref().is_some_and(|spans| *spans != "0" && *spans != 0) => {
            Err(refused(partial.error_message))
        }
        _ => Ok(()),
    }
}

/// `ExportTraceServiceResponse`
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Taken {
    partial_success: Option<Partial>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Partial {
    rejected_spans: Option<serde_json::Value>,
    error_message: String,
}

/// A number that nobody else draws: the standard library's hash tables begin with random keys of the operating system. Never zero.
fn seed() -> u128 {
    let draw = || u128::from(RandomState::new().hash_one(std::process::id()));
    ((draw() << 64) | draw()).max(1)
}

#[cfg(test)]
#[path = "send_tests.rs"]
mod tests;
