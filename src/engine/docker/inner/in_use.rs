//! Who holds a data root: the container that is named for it, while its client lives.
//!
//! A container's first process ends with its client, so one that runs has a client. One that does not is stale and may be removed by
//! anybody, but for one that was created a moment ago: its client is about to start it.

use super::place::Places;
use crate::engine::docker::Docker;
use crate::engine::{DataRoot, EngineError};
use bollard::errors::Error as ApiError;
use bollard::models::ContainerStateStatusEnum as Status;
use bollard::query_parameters::InspectContainerOptions;
use std::time::Duration;

/// How long a client may take from creating a container to starting it.
const START: Duration = Duration::from_secs(60);

/// What the container of a name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    /// There is none.
    None,
    /// Its client is gone.
    Stale,
    /// Its client lives.
    Alive,
}

/// Looks at the container of a name.
///
/// # Errors
/// [`EngineError::Connection`].
pub(super) async fn life(docker: &Docker, name: &str) -> Result<Life, EngineError> {
    let found = match docker.api.inspect_container(name, None::<InspectContainerOptions>).await {
        Ok(found) => found,
        Err(ApiError::DockerResponseServerError { status_code: 404, .. }) => return Ok(Life::None),
        Err(error) => return Err(docker.fault(&format!("look at the container `{name}`"), &error)),
    };
    let status = found.state.and_then(|state| state.status);
    let age = match (status, found.created) {
        (Some(Status::CREATED), Some(created)) => {
            // By the engine's clock; this machine may have another.
            let info = docker.api.info().await.map_err(|error| docker.fault("ask for the time", &error))?;
            let now = info.system_time.as_deref().and_then(seconds);
            now.map(|now| now - created.unix_timestamp())
        }
        _ => None,
    };
    Ok(judge(status, age))
}

/// `age`: seconds since it was created, for one that was not started yet.
fn judge(status: Option<Status>, age: Option<i64>) -> Life {
    match status {
        Some(Status::RUNNING | Status::PAUSED | Status::RESTARTING) => Life::Alive,
        Some(Status::CREATED) if age.is_none_or(|age| age < START.as_secs() as i64) => Life::Alive,
        _ => Life::Stale,
    }
}

/// Seconds since 1970 of a time as RFC 3339 has it; its fractions and its zone's minutes are of no matter here.
fn seconds(text: &str) -> Option<i64> {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let zone = text.get(19..)?.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    let offset = match zone.chars().next()? {
        'Z' => 0,
        sign @ ('+' | '-') => {
            let (hours, minutes) = zone[1..].split_once(':')?;
            let offset = hours.parse::<i64>().ok()? * 3600 + minutes.parse::<i64>().ok()? * 60;
            if sign == '+' { offset } else { -offset }
        }
        _ => return None,
    };
    // Days since 1970, with March as the first month, so that a leap day is a year's last.
    let (year, month) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1 - 719_468;
    Some(days * 86_400 + hour * 3600 + minute * 60 + second - offset)
}

/// Whether a client uses a data root, wherever it lies.
///
/// # Errors
/// [`EngineError::Connection`].
pub async fn data_root_in_use(docker: &Docker, root: &DataRoot, places: &Places) -> Result<bool, EngineError> {
    for name in places.containers(root) {
        if life(docker, &name).await? == Life::Alive {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_living_client_holds_a_root() {
        for (status, age, expected) in [
            (Some(Status::RUNNING), None, Life::Alive),
            (Some(Status::PAUSED), None, Life::Alive),
            (Some(Status::CREATED), Some(3), Life::Alive),
            (Some(Status::CREATED), None, Life::Alive),
            (Some(Status::CREATED), Some(61), Life::Stale),
            (Some(Status::EXITED), None, Life::Stale),
            (Some(Status::DEAD), None, Life::Stale),
            (Some(Status::REMOVING), None, Life::Stale),
            (None, None, Life::Stale),
        ] {
            assert_eq!(judge(status, age), expected, "{status:?} {age:?}");
        }
    }

    #[test]
    fn the_engines_time_is_read() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2024-02-29T12:30:15.123456789Z", Some(1_709_209_815)),
            ("2026-11-22T10:07:38.5+02:00", Some(1_795_334_858)),
            ("2000-03-01T00:00:00-01:30", Some(951_874_200)),
            ("2000-03-01", None),
            ("", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }
}
