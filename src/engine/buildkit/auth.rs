//! The registry credentials service of a session.

use bollard_buildkit_proto::moby::filesync::v1::auth_server::Auth;
use bollard_buildkit_proto::moby::filesync::v1::{
    CredentialsRequest, CredentialsResponse, FetchTokenRequest, FetchTokenResponse, GetTokenAuthorityRequest,
    GetTokenAuthorityResponse, VerifyTokenAuthorityRequest, VerifyTokenAuthorityResponse,
};
use std::sync::Arc;
use tonic::{Request, Response, Status};

/// The method that is offered. An engine that would rather let the client fetch tokens falls back to it.
pub const METHODS: &[&str] = &["/moby.filesync.v1.Auth/Credentials"];

/// User name and password (or token) for a registry; both empty: anonymous. With an empty name, the second is an identity token.
pub type Credentials = Arc<dyn Fn(&str) -> Option<(String, String)> + Send + Sync>;

/// Answers with what the user is logged in with.
pub struct AuthService(pub Credentials);

#[async_trait::async_trait]
impl Auth for AuthService {
    async fn credentials(&self, request: Request<CredentialsRequest>) -> Result<Response<CredentialsResponse>, Status> {
        let host = request.into_inner().host;
        let look_up = Arc::clone(&self.0);
        // A credential helper is a process: not on a thread of the runtime.
        let found = tokio::task::spawn_blocking(move || look_up(&host)).await;
        let (username, secret) = found.ok().flatten().unwrap_or_default();
        Ok(Response::new(CredentialsResponse { username, secret }))
    }

    async fn fetch_token(&self, _: Request<FetchTokenRequest>) -> Result<Response<FetchTokenResponse>, Status> {
        Err(Status::unimplemented("only credentials are served"))
    }

    async fn get_token_authority(
        &self,
        _: Request<GetTokenAuthorityRequest>,
    ) -> Result<Response<GetTokenAuthorityResponse>, Status> {
        Err(Status::unimplemented("only credentials are served"))
    }

    async fn verify_token_authority(
        &self,
        _: Request<VerifyTokenAuthorityRequest>,
    ) -> Result<Response<VerifyTokenAuthorityResponse>, Status> {
        Err(Status::unimplemented("only credentials are served"))
    }
}
