//! The registry credentials service of a session.

use crate::engine::docker::{Credentials, Keychain};
use bollard_buildkit_proto::moby::filesync::v1::auth_server::Auth;
use bollard_buildkit_proto::moby::filesync::v1::{
    CredentialsRequest, CredentialsResponse, FetchTokenRequest, FetchTokenResponse, GetTokenAuthorityRequest,
    GetTokenAuthorityResponse, VerifyTokenAuthorityRequest, VerifyTokenAuthorityResponse,
};
use tonic::{Request, Response, Status};

/// The method that is offered. An engine that would rather let the client fetch tokens falls back to it.
pub const METHODS: &[&str] = &["/moby.filesync.v1.Auth/Credentials"];

/// Answers with what the user is logged in with.
pub struct AuthService(pub Keychain);

#[async_trait::async_trait]
impl Auth for AuthService {
    async fn credentials(&self, request: Request<CredentialsRequest>) -> Result<Response<CredentialsResponse>, Status> {
        let host = request.into_inner().host;
        let known = self.0.credentials(&host).await.map_err(|error| Status::unknown(error.to_string()))?;
        Ok(Response::new(match known {
            Credentials::Anonymous => CredentialsResponse::default(),
            Credentials::Password { username, secret } => CredentialsResponse { username, secret },
            // A secret without a name is a token.
            Credentials::IdentityToken(secret) => CredentialsResponse { username: String::new(), secret },
        }))
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
