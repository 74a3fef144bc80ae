//! Records of the engine's build cache, which rbuild shares with `docker build`.
//!
//! `Control.DiskUsage` and `Control.Prune` of BuildKit's API:
//! <https://github.com/moby/buildkit/blob/master/api/services/control/control.proto>.

use super::link::Link;
use crate::engine::EngineError;
use crate::engine::docker::Docker;
use bollard_buildkit_proto::moby::buildkit::v1::{DiskUsageRequest, PruneRequest, UsageRecord};
use std::time::{Duration, SystemTime};
use tonic::Status;

/// One record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its id in the engine.
    pub id: String,
    /// Whose it is, as far as that can be told.
    pub kind: RecordKind,
    /// Room in bytes.
    pub size: u64,
    /// Whether a build uses it now, or an image needs it.
    pub in_use: bool,
    /// When it was last used, else when it was made.
    pub used: Option<SystemTime>,
}

/// What a record's description tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordKind {
    /// A cache mount, by its id.
    Mount(String),
    /// The files of one of rbuild's build contexts.
    Context,
    /// A result of a command of a Buildfile other than RUN.
    Result,
    /// Anything else: what RUN made, here or in `docker build`, and what images and other clients brought.
    Unknown,
}

/// The build cache of an engine.
pub struct Records {
    link: Link,
}

impl Records {
    /// Connects.
    ///
    /// # Errors
    /// [`EngineError::Connection`].
    pub async fn of(docker: &Docker) -> Result<Self, EngineError> {
        Ok(Self { link: Link::open(docker.address().clone()).await? })
    }

    /// Lists what is there.
    ///
    /// # Errors
    /// [`EngineError::Connection`].
    pub async fn list(&self) -> Result<Vec<Record>, EngineError> {
        let usage = self.link.builds().disk_usage(DiskUsageRequest::default()).await;
        let usage = usage.map_err(|status| self.fault("list", &status))?;
        Ok(usage.into_inner().record.into_iter().map(Record::read).collect())
    }

    /// Removes records, as far as no build and no other record needs them; gives the bytes that are free now. They are named in one
    /// request: a record can go when those that were built on it have gone.
    ///
    /// # Errors
    /// [`EngineError::Connection`].
    pub async fn remove(&self, ids: &[String]) -> Result<u64, EngineError> {
        let fault = |status: Status| self.fault("prune", &status);
        let filter = ids.iter().map(|id| format!("id=={id}")).collect();
        let request = PruneRequest { filter, all: true, ..PruneRequest::default() };
        let mut removed = self.link.builds().prune(request).await.map_err(fault)?.into_inner();
        let mut freed = 0;
        while let Some(record) = removed.message().await.map_err(fault)? {
            freed += u64::try_from(record.size).unwrap_or(0);
        }
        Ok(freed)
    }

    fn fault(&self, verb: &str, status: &Status) -> EngineError {
        EngineError::Connection {
            action: format!("{verb} the build cache of the engine at {}", self.link.address),
            message: status.message().to_owned(),
        }
    }
}

impl Record {
    fn read(record: UsageRecord) -> Self {
        let times = [record.last_used_at, record.created_at];
        let used = times.into_iter().flatten().find(|time| time.seconds > 0);
        let seconds = used.and_then(|time| u64::try_from(time.seconds).ok());
        Self {
            kind: RecordKind::read(&record.description),
            id: record.id,
            size: u64::try_from(record.size).unwrap_or(0),
            in_use: record.in_use,
            used: seconds.and_then(|seconds| SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))),
        }
    }
}

impl RecordKind {
    /// Reads a description: BuildKit's own words for what RUN makes, else the name that the client gave.
    fn read(description: &str) -> Self {
        if description.starts_with("cached mount ")
            && let Some((_, id)) = description.rsplit_once(" with id \"")
            && let Some(id) = id.strip_suffix('"')
        {
            return Self::Mount(id.to_owned());
        }
        if description.starts_with("local source for rbuild-") {
            return Self::Context;
        }
        let target = description.strip_prefix('[').and_then(|rest| rest.split_once("] "));
        if target.is_some_and(|(target, _)| target.contains('+') && !target.contains(' ')) {
            return Self::Result;
        }
        Self::Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_tells_whose_it_is() {
        let mount = |id: &str| RecordKind::Mount(id.to_owned());
        for (description, expected) in [
            ("cached mount /c from exec /bin/sh -c echo with id \"x\" with id \"rbuild/id/go\"", mount("rbuild/id/go")),
            ("cached mount /c from exec /bin/sh -c true", RecordKind::Unknown),
            ("local source for rbuild-0d1929f237c24fa8", RecordKind::Context),
            ("local source for context", RecordKind::Unknown),
            ("[+build] COPY a b", RecordKind::Result),
            ("[./api+build] COPY a b", RecordKind::Result),
            ("[stage 1+2/3] COPY a b", RecordKind::Unknown),
            ("mount / from exec /bin/sh -c true", RecordKind::Unknown),
            ("", RecordKind::Unknown),
        ] {
            assert_eq!(RecordKind::read(description), expected, "{description}");
        }
    }
}
