//! Plain builds: one definition, its outcome and its reports.

use super::entry::Entry;
use super::link::Link;
use super::status::{self, Report};
use super::unique;
use bollard_buildkit_proto::moby::buildkit::v1::{CacheOptions, SolveRequest};
use bollard_buildkit_proto::pb;
use std::collections::HashMap;
use std::pin::pin;
use tonic::Status;

/// What an exporter says of its work.
pub type Response = HashMap<String, String>;

/// What a build is to do.
#[derive(Debug, Clone, Default)]
pub struct Build {
    /// What to solve; `None` for a build that is steered from here.
    pub definition: Option<pb::Definition>,
    /// The session whose services it uses; empty: none.
    pub session: String,
    /// Exporter and its attributes; empty: none.
    pub exporter: String,
    /// The exporter's attributes.
    pub attributes: HashMap<String, String>,
    /// Privileges.
    pub entitlements: Vec<String>,
    /// Caches that results are taken from, beside the engine's own.
    pub imports: Vec<Entry>,
    /// Where what is known of the exported result goes as a cache.
    pub exports: Vec<Entry>,
}

impl Build {
    /// The request that opens it under a name.
    #[must_use]
    pub fn request(self, name: &str) -> SolveRequest {
        SolveRequest {
            r#ref: name.to_owned(),
            definition: self.definition,
            // The fields of old: new engines take them too, old ones ignore the new ones in silence.
            exporter_deprecated: self.exporter,
            exporter_attrs_deprecated: self.attributes,
            session: self.session,
            entitlements: self.entitlements,
            cache: Some(CacheOptions {
                imports: self.imports.into_iter().map(Entry::of_build).collect(),
                exports: self.exports.into_iter().map(Entry::of_build).collect(),
                ..CacheOptions::default()
            }),
            internal: true,
            ..SolveRequest::default()
        }
    }
}

/// Runs a build to its end and gives what its exporter said. Dropping the future cancels the build.
pub async fn solve(link: &Link, build: Build, report: &mut Report) -> Result<Response, Status> {
    let _permit = link.permit().await;
    let name = unique::name();
    let mut client = link.builds();
    let mut solving = pin!(client.solve(build.request(&name)));
    let mut following = pin!(status::follow(link, &name, report));
    let mut followed = false;
    let answer = loop {
        // The reports are asked for first.
        tokio::select! {
            biased;
            () = &mut following, if !followed => followed = true,
            answer = &mut solving => break answer,
        }
    };
    if !followed {
        status::drain(following).await;
    }
    Ok(answer?.into_inner().exporter_response)
}
