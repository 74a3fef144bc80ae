//! Who holds a data root: the container that is named for it, while its client lives.
//!
//! A container's first process ends with its client, so one that runs has a client. One that does not is stale and may be removed by
//! anybody, but for one that was created a moment ago: its client is about to start it.

use super::place::Places;
use crate::engine::docker::Docker;
use crate::engine::docker::client::status;
use crate::engine::{DataRoot, EngineError};
use bollard::models::ContainerStateStatusEnum as Status;
use bollard::query_parameters::InspectContainerOptions;
use std::time::Duration;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

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
        Err(error) if status(&error) == Some(404) => return Ok(Life::None),
        Err(error) => return Err(docker.fault(&format!("look at the container `{name}`"), &error)),
    };
    let status = found.state.and_then(|state| state.status);
    let age = match (status, found.created) {
        (Some(Status::CREATED), Some(created)) => {
            // By the engine's clock; this machine may have another.
            let info = docker.api.info().await.map_err(|error| docker.fault("ask for the time", &error))?;
            let now = info.system_time.as_deref().and_then(|time| OffsetDateTime::parse(time, &Rfc3339).ok());
            now.map(|now| now.unix_timestamp() - created.unix_timestamp())
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
}
