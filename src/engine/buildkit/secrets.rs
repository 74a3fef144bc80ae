//! The secrets service of a session: gates, and the values of secrets.

use super::gates::{Gates, PREFIX, REFUSAL};
use crate::engine::{Answer, Secret, Services};
use bollard_buildkit_proto::moby::buildkit::secrets::v1::secrets_server::Secrets;
use bollard_buildkit_proto::moby::buildkit::secrets::v1::{GetSecretRequest, GetSecretResponse};
use std::sync::Arc;
use tonic::{Request, Response, Status};

/// What the ids of secrets start with that the engine puts into variables. They come without the line breaks at the end, as the
/// shell's `$(cat …)` gives them where an engine cannot do this.
pub const VARIABLE: &str = "rbuild.variable.";

/// Method that the engine calls.
pub const METHODS: &[&str] = &["/moby.buildkit.secrets.v1.Secrets/GetSecret"];

/// What is done when the engine asks at a gate.
pub enum AtGate {
    /// Whoever runs the step is asked.
    Ask(Arc<Gates>),
    /// Whoever may mean it is told, and it is refused.
    Tell(Arc<Gates>),
}

/// Answers for gates and secrets.
pub struct SecretService {
    /// What is done at gates.
    pub gates: AtGate,
    /// What a refusal is signed with.
    pub name: String,
    /// The values.
    pub services: Services,
}

#[async_trait::async_trait]
impl Secrets for SecretService {
    async fn get_secret(&self, request: Request<GetSecretRequest>) -> Result<Response<GetSecretResponse>, Status> {
        let id = request.into_inner().id;
        if id.starts_with(PREFIX) {
            let answer = match &self.gates {
                AtGate::Ask(gates) => gates.ask(&id).await,
                AtGate::Tell(gates) => {
                    gates.tell(&id).await;
                    Some(Answer::Refuse)
                }
            };
            return Err(match answer {
                // Only success ends the engine's round: after any error it asks the next client whose build has this step as well.
                Some(Answer::Open) => return Ok(Response::new(GetSecretResponse { data: Vec::new() })),
                Some(Answer::Refuse) => Status::permission_denied(format!("{REFUSAL} ({})", self.name)),
                None => Status::permission_denied(format!("{REFUSAL}: no open build of this client has `{id}`")),
            });
        }
        let variable = id.strip_prefix(VARIABLE);
        let id = variable.unwrap_or(&id);
        match (self.services.secrets)(id) {
            Some(Secret(mut data)) => {
                while variable.is_some() && data.last() == Some(&b'\n') {
                    data.pop();
                }
                Ok(Response::new(GetSecretResponse { data }))
            }
            None => Err(Status::not_found(format!("secret `{id}` was not given"))),
        }
    }
}
