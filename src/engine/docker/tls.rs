//! An engine behind TLS: who it is, and who we are, is told by certificates in files that Docker's own client reads as well.

use super::authority::Authority;
use super::dial::connect;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject as _};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore};

/// Docker's usual port for `tcp://` with TLS.
pub(super) const TLS_PORT: u16 = 2376;

/// A TCP port that speaks TLS. Prints as `DOCKER_HOST` has it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TlsAddress {
    /// Name or address of the host; IPv6 without brackets.
    pub host: String,
    /// Port.
    pub port: u16,
    /// The directory of `ca.pem`, whose owners we trust, and of `cert.pem` and `key.pem`, who we are; the last two may be missing
    /// together.
    pub certificates: PathBuf,
}

impl TlsAddress {
    /// Opens a connection.
    pub(super) async fn dial(&self) -> io::Result<TlsStream<TcpStream>> {
        let config = self.config()?;
        let stream = connect(&self.host, self.port).await?;
        let name = ServerName::try_from(self.host.clone())
            .map_err(|_| io::Error::other(format!("`{}` is no name that a certificate can have", self.host)))?;
        let shaken = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
        shaken.map_err(|error| io::Error::other(format!("TLS: {error}")))
    }

    fn config(&self) -> io::Result<ClientConfig> {
        let broken = |error: rustls::Error| io::Error::other(format!("TLS: {error}"));
        let mut roots = RootCertStore::empty();
        for certificate in self.certificates("ca.pem")? {
            roots.add(certificate).map_err(broken)?;
        }
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(broken)?
            .with_root_certificates(roots);
        if !self.path("cert.pem").exists() && !self.path("key.pem").exists() {
            return Ok(builder.with_no_client_auth());
        }
        let certificates = self.certificates("cert.pem")?;
        let path = self.path("key.pem");
        let key = PrivateKeyDer::from_pem_file(&path).map_err(|error| unreadable(&path, &error))?;
        builder.with_client_auth_cert(certificates, key).map_err(broken)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.certificates.join(name)
    }

    fn certificates(&self, name: &str) -> io::Result<Vec<CertificateDer<'static>>> {
        let path = self.path(name);
        let read = CertificateDer::pem_file_iter(&path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let certificates = read.map_err(|error| unreadable(&path, &error))?;
        if certificates.is_empty() {
            return Err(unreadable(&path, &pem::Error::NoItemsFound));
        }
        Ok(certificates)
    }
}

fn unreadable(path: &Path, error: &pem::Error) -> io::Error {
    let path = path.display();
    io::Error::other(match error {
        pem::Error::Io(error) if error.kind() == io::ErrorKind::NotFound => {
            format!("{path} is missing, which TLS needs; `DOCKER_CERT_PATH` names the directory of certificates")
        }
        pem::Error::Io(error) => format!("cannot read {path}: {error}"),
        pem::Error::NoItemsFound => format!("{path} holds nothing that TLS could use"),
        error => format!("cannot read {path}: {error}"),
    })
}

impl fmt::Display for TlsAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tcp://{}", Authority::from((self.host.as_str(), Some(self.port))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_missing_file_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let address = TlsAddress { host: "127.0.0.1".to_owned(), port: 1, certificates: dir.path().to_owned() };
        let fails = async || address.dial().await.unwrap_err().to_string();
        assert!(fails().await.contains("/ca.pem is missing, which TLS needs"), "{}", fails().await);
        std::fs::write(dir.path().join("ca.pem"), "nothing").unwrap();
        assert!(fails().await.ends_with("/ca.pem holds nothing that TLS could use"), "{}", fails().await);
    }
}
