//! The ssh agent service of a session: steps talk to the user's agent through it. Protocol: BuildKit's `session/sshforward/ssh.proto`.

use bollard_buildkit_proto::moby::sshforward::v1::ssh_server::Ssh;
use bollard_buildkit_proto::moby::sshforward::v1::{BytesMessage, CheckAgentRequest, CheckAgentResponse};
use std::path::PathBuf;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::net::unix::OwnedReadHalf;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

/// The name of the only agent that there is.
pub const AGENT: &str = "default";
/// How a fault of this side begins; the engine quotes it.
pub const FAULT: &str = "the ssh agent cannot be used: ";

/// Methods that the engine calls.
pub const METHODS: &[&str] = &["/moby.sshforward.v1.SSH/CheckAgent", "/moby.sshforward.v1.SSH/ForwardAgent"];

/// Bytes that are read at a time; answers of agents are small.
const PIECE: usize = 16 * 1024;
/// Pieces that wait for the connection.
const QUEUE: usize = 16;

/// Forwards to the agent at this socket.
pub struct AgentService(pub Option<PathBuf>);

impl AgentService {
    async fn connect(&self) -> Result<UnixStream, Status> {
        let Some(socket) = &self.0 else {
            let help = "`SSH_AUTH_SOCK` is not set; start one (`ssh-agent`) and give it your key (`ssh-add`), or name its socket with `--ssh-auth-sock`";
            return Err(Status::failed_precondition(format!("{FAULT}{help}")));
        };
        UnixStream::connect(socket).await.map_err(|error| {
            Status::failed_precondition(format!("{FAULT}nobody answers at `{}`: {error}", socket.display()))
        })
    }
}

#[async_trait::async_trait]
impl Ssh for AgentService {
    async fn check_agent(&self, request: Request<CheckAgentRequest>) -> Result<Response<CheckAgentResponse>, Status> {
        let id = request.into_inner().id;
        if !matches!(id.as_str(), "" | AGENT) {
            return Err(Status::not_found(format!("{FAULT}none is called `{id}`")));
        }
        self.connect().await?;
        Ok(Response::new(CheckAgentResponse {}))
    }

    type ForwardAgentStream = ReceiverStream<Result<BytesMessage, Status>>;

    async fn forward_agent(
        &self,
        request: Request<Streaming<BytesMessage>>,
    ) -> Result<Response<Self::ForwardAgentStream>, Status> {
        let (agent, mut to_agent) = self.connect().await?.into_split();
        let (out, answers) = mpsc::channel(QUEUE);
        let mut questions = request.into_inner();
        tokio::spawn(async move {
            while let Ok(Some(BytesMessage { data })) = questions.message().await {
                if to_agent.write_all(&data).await.is_err() {
                    return;
                }
            }
            // The step has closed its side; what the agent still says may be wanted.
            let _gone = to_agent.shutdown().await;
        });
        tokio::spawn(answer(agent, out));
        Ok(Response::new(ReceiverStream::new(answers)))
    }
}

/// Passes on what the agent says, until it ends or nobody listens.
async fn answer(mut agent: OwnedReadHalf, out: mpsc::Sender<Result<BytesMessage, Status>>) {
    let mut piece = vec![0; PIECE];
    loop {
        let message = match agent.read(&mut piece).await {
            Ok(0) => return,
            Ok(length) => Ok(BytesMessage { data: piece[..length].to_vec() }),
            Err(error) => Err(Status::unknown(format!("{FAULT}{error}"))),
        };
        let ended = message.is_err();
        if out.send(message).await.is_err() || ended {
            return;
        }
    }
}
