//! What a build is opened for.

use super::export;
use super::gateway;
use super::link::Link;
use super::lower::Lowered;
use super::solve::{self, Build, Response};
use super::status::Report;
use crate::platform::Platform;
use bollard_buildkit_proto::pb;
use tonic::Status;

/// What a build is opened for.
pub enum Job {
    /// To bring about one result.
    Solve(Build),
    /// To bring about every result of the goal's vertex.
    SolveAll(Build),
    /// To store the result as an image of this configuration.
    StoreImage(Build, String),
    /// To bring about several results, for a cache that is made of them.
    WriteCache(Build, Vec<pb::Definition>, Platform),
}

impl Job {
    /// Does it, and gives what the exporter said.
    pub async fn perform(&self, link: &Link, lowered: &Lowered, report: &mut Report) -> Result<Response, Status> {
        match self {
            Self::Solve(build) => {
                let build = Build { definition: Some(lowered.definition.clone()), ..build.clone() };
                solve::solve(link, build, report).await
            }
            Self::SolveAll(build) => {
                let work = |gateway: gateway::Gateway| async move { gateway.solve_all(lowered).await };
                gateway::within(link, build.clone(), Some(report), work).await.map(|()| Response::default())
            }
            Self::StoreImage(build, config) => {
                let (definition, config) = (lowered.definition.clone(), config.clone());
                let work = |gateway: gateway::Gateway| async move {
                    let reference =
                        if definition.def.is_empty() { None } else { gateway.solve(definition, true).await? };
                    Ok(((), export::image_result(reference, config)))
                };
                gateway::steer(link, build.clone(), Some(report), work).await.map(|((), response)| response)
            }
            Self::WriteCache(build, definitions, platform) => {
                let work = |gateway: gateway::Gateway| async move {
                    let solves = definitions.iter().map(|definition| gateway.solve(definition.clone(), true));
                    let references = futures_util::future::try_join_all(solves).await?;
                    Ok(((), export::results(references.into_iter().flatten(), platform)))
                };
                gateway::steer(link, build.clone(), Some(report), work).await.map(|((), response)| response)
            }
        }
    }
}
