//! What the sessions of a connection serve.

use super::auth::{self, AuthService};
use super::context::{self, ContextService, Contexts};
use super::driver::Settings;
use super::gates::Gates;
use super::secrets::{self, AtGate, SecretService};
use super::session::Serving;
use super::ssh::{self, AgentService};
use crate::engine::Services;
use bollard_buildkit_proto::moby::buildkit::secrets::v1::secrets_server::SecretsServer;
use bollard_buildkit_proto::moby::filesync::packet::file_sync_server::FileSyncServer;
use bollard_buildkit_proto::moby::filesync::v1::auth_server::AuthServer;
use bollard_buildkit_proto::moby::sshforward::v1::ssh_server::SshServer;
use std::sync::Arc;

/// Everything that can be served.
pub struct Offer {
    /// Secrets and directories.
    pub services: Services,
    /// Who answers for gates.
    pub gates: Arc<Gates>,
    /// Who is told of the gates that a probe meets.
    pub met: Arc<Gates>,
    /// Which directories may be asked for.
    pub contexts: Arc<Contexts>,
    /// Logins.
    pub settings: Settings,
    /// The connection's name.
    pub nonce: String,
}

impl Offer {
    /// For builds that run steps: gates, secrets, logins, and contexts, since old engines ask the build's own session for those,
    /// whatever session the operation names.
    pub fn for_steps(&self) -> Serving {
        self.with_gates(AtGate::Ask(Arc::clone(&self.gates)), self.nonce.clone())
    }

    /// The same with all gates refused.
    pub fn for_the_probe(&self) -> Serving {
        self.with_gates(AtGate::Tell(Arc::clone(&self.met)), "it only asked what is cached".to_owned())
    }

    /// For the session that operations on contexts name.
    pub fn for_contexts(&self) -> Serving {
        let service = ContextService(Arc::clone(&self.contexts));
        Serving::default().with(context::METHODS, FileSyncServer::new(service))
    }

    fn with_gates(&self, gates: AtGate, name: String) -> Serving {
        let secrets = SecretService { gates, name, services: self.services.clone() };
        let logins = AuthService(self.settings.keychain.clone());
        self.for_contexts()
            .with(secrets::METHODS, SecretsServer::new(secrets))
            .with(auth::METHODS, AuthServer::new(logins))
            .with(ssh::METHODS, SshServer::new(AgentService(self.services.agent.clone())))
    }
}
