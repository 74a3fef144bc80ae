//! An engine behind ssh: `docker system dial-stdio` on the other machine connects the streams of `ssh` with the engine there, as
//! Docker's own client does it.

use super::authority::Authority;
use super::dial::STILL_THERE;
use crate::shell::quote;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::process::Stdio;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio::process::{ChildStdin, ChildStdout, Command};
use tokio::task::JoinHandle;

/// How much of what ssh says is shown, in bytes.
const LONGEST_COMPLAINT: u64 = 2 * 1024;

/// Where ssh leads. Prints as `DOCKER_HOST` has it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SshAddress {
    /// The user there; else what ssh's configuration says.
    pub user: Option<String>,
    /// The machine, or a name of ssh's configuration; IPv6 without brackets.
    pub host: String,
    /// The port; else what ssh's configuration says.
    pub port: Option<u16>,
    /// The engine's socket there, absolute; else the one that `docker` finds there.
    pub socket: Option<String>,
}

impl SshAddress {
    /// Reads `[user@]host[:port][/path/of/socket]`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (authority, path) = text.find('/').map_or((text, ""), |at| text.split_at(at));
        let (user, place) = authority.rsplit_once('@').map_or((None, authority), |(user, place)| (Some(user), place));
        let Authority { host, bracketed, port } = Authority::parse(place)?;
        // Neither may pass for an option of ssh's.
        let is_plain = |text: &str| !text.is_empty() && !text.starts_with('-') && !text.contains([':', ' ', '\'', '"']);
        if !(bracketed || is_plain(host)) || !user.is_none_or(is_plain) {
            return None;
        }
        let socket = Some(path).filter(|path| !path.trim_matches('/').is_empty()).map(str::to_owned);
        Some(Self { user: user.map(str::to_owned), host: host.to_owned(), port, socket })
    }

    fn arguments(&self) -> Vec<String> {
        let alive = format!("ServerAliveInterval={}", STILL_THERE.as_secs());
        let mut all: Vec<String> =
            ["-o", "ConnectTimeout=30", "-o", &alive, "-o", "BatchMode=yes", "-T"].map(str::to_owned).to_vec();
        all.extend(self.user.iter().flat_map(|user| ["-l".to_owned(), user.clone()]));
        all.extend(self.port.iter().flat_map(|port| ["-p".to_owned(), port.to_string()]));
        all.extend(["--".to_owned(), self.host.clone(), "docker".to_owned()]);
        // The shell there reads it once more.
        all.extend(self.socket.iter().map(|path| format!("--host={}", quote(&format!("unix://{path}")))));
        all.extend(["system".to_owned(), "dial-stdio".to_owned()]);
        all
    }

    /// Starts `ssh`, of which `PATH` says where it is.
    pub(super) fn dial(&self) -> io::Result<SshWire> {
        let mut child = Command::new("ssh")
            .args(self.arguments())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Ctrl-C is for us: what runs over there is ended in order.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| io::Error::new(error.kind(), format!("cannot start `ssh`: {error}")))?;
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take().expect("standard output is piped"));
        let stderr = child.stderr.take().expect("standard error is piped");
        let complaint = tokio::spawn(async move {
            let mut said = Vec::new();
            let mut stderr = stderr.take(LONGEST_COMPLAINT);
            let _broken = stderr.read_to_end(&mut said).await;
            let _rest = tokio::io::copy(&mut stderr.into_inner(), &mut tokio::io::sink()).await;
            let _ended = child.wait().await;
            String::from_utf8_lossy(&said).trim().to_owned()
        });
        Ok(SshWire { stdin, stdout, complaint, heard: false })
    }
}

impl fmt::Display for SshAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ssh://")?;
        self.user.iter().try_for_each(|user| write!(f, "{user}@"))?;
        write!(f, "{}", Authority::from((self.host.as_str(), self.port)))?;
        f.write_str(self.socket.as_deref().unwrap_or_default())
    }
}

/// The streams of an `ssh`; it ends with them.
#[derive(Debug)]
pub struct SshWire {
    stdin: Option<ChildStdin>,
    stdout: ChildStdout,
    /// Gives what it said when it has ended.
    complaint: JoinHandle<String>,
    /// Whether the engine has said anything.
    heard: bool,
}

impl Drop for SshWire {
    fn drop(&mut self) {
        self.complaint.abort();
    }
}

impl AsyncRead for SshWire {
    /// An end before the first byte is an error with what ssh says.
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let wire = self.get_mut();
        let before = buf.filled().len();
        ready!(Pin::new(&mut wire.stdout).poll_read(cx, buf))?;
        if buf.filled().len() > before || buf.remaining() == 0 || wire.heard {
            wire.heard = true;
            return Poll::Ready(Ok(()));
        }
        // Whoever waits at the other end is to go, too.
        wire.stdin = None;
        let said = ready!(Pin::new(&mut wire.complaint).poll(cx)).unwrap_or_default();
        wire.heard = true;
        let said = if said.is_empty() { "it ended without a word".to_owned() } else { said };
        Poll::Ready(Err(io::Error::other(format!("ssh: {said}"))))
    }
}

impl AsyncWrite for SshWire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let wire = self.get_mut();
        let written = match &mut wire.stdin {
            Some(stdin) => ready!(Pin::new(stdin).poll_write(cx, bytes)),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        };
        match written {
            // It ended before it took anything: reading tells why, and "broken pipe" would tell nothing.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe && !wire.heard => Poll::Ready(Ok(bytes.len())),
            written => Poll::Ready(written),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().stdin.as_mut().map_or(Poll::Ready(Ok(())), |stdin| Pin::new(stdin).poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().stdin = None;
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_printed_and_handed_to_ssh() {
        for (text, printed, arguments) in [
            ("host", "ssh://host", "-- host docker system dial-stdio"),
            ("ann@host:2222/", "ssh://ann@host:2222", "-l ann -p 2222 -- host docker system dial-stdio"),
            (
                "[::1]:22/run/it's.sock",
                "ssh://[::1]:22/run/it's.sock",
                "-p 22 -- ::1 docker --host='unix:///run/it'\\''s.sock' system dial-stdio",
            ),
        ] {
            let address = SshAddress::parse(text).unwrap();
            assert_eq!(address.to_string(), printed);
            assert!(address.arguments().join(" ").ends_with(&format!("-T {arguments}")), "{:?}", address.arguments());
        }
        for text in
            ["", "-oProxyCommand=x", "-x@host", "a:b@host", "@host", "host:0", "host:+1", "host:x", "[::1", "a b"]
        {
            assert_eq!(SshAddress::parse(text), None, "{text}");
        }
    }
}
