//! An engine behind TLS, with certificates of the test's own.

use super::engine::Engine;
use super::project::Project;
use std::net::TcpListener as StdListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::thread;
use tokio::net::{TcpListener, UnixStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig, crypto};

/// Makes `ca.pem`, `cert.pem` and `key.pem` for a client, and `server.pem` and `server-key.pem` for 127.0.0.1.
fn certificates(dir: &Path) {
    let run = |args: &[&str]| {
        let output = Command::new("openssl").current_dir(dir).args(args).output().expect("openssl is there");
        assert!(output.status.success(), "openssl {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    };
    let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
    let ca = ["req", "-x509", "-days", "2", "-subj", "/CN=test authority", "-keyout", "ca-key.pem", "-out", "ca.pem"];
    run(&[&ca[..], &key].concat());
    for (name, file, key_file, extension) in [
        ("engine", "server.pem", "server-key.pem", "subjectAltName=IP:127.0.0.1"),
        ("client", "cert.pem", "key.pem", "extendedKeyUsage=clientAuth"),
    ] {
        let subject = format!("/CN={name}");
        let request = ["req", "-new", "-subj", &subject, "-keyout", key_file, "-out", "request.pem"];
        run(&[&request[..], &key].concat());
        std::fs::write(dir.join("extensions"), extension).expect("a file can be written");
        let sign = ["x509", "-req", "-days", "2", "-in", "request.pem", "-CA", "ca.pem", "-CAkey", "ca-key.pem"];
        run(&[&sign[..], &["-CAcreateserial", "-extfile", "extensions", "-out", file]].concat());
    }
}

/// Stands in front of an engine: lets in who has a certificate. Gives its port.
fn guard(dir: &Path, engine: Engine) -> u16 {
    let read = |name: &str| {
        let read = CertificateDer::pem_file_iter(dir.join(name)).expect("is there");
        read.collect::<Result<Vec<_>, _>>().expect("are certificates")
    };
    let provider = Arc::new(crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(read("ca.pem"));
    let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build();
    let key = PrivateKeyDer::from_pem_file(dir.join("server-key.pem")).expect("is a key");
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("there are some")
        .with_client_cert_verifier(clients.expect("has a root"))
        .with_single_cert(read("server.pem"), key)
        .expect("fit together");
    let listener = StdListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let port = listener.local_addr().expect("is bound").port();
    listener.set_nonblocking(true).expect("can be");
    let socket = PathBuf::from(engine.host().trim_start_matches("unix://"));
    // Ends with the process.
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("can be made");
        runtime.block_on(async move {
            let listener = TcpListener::from_std(listener).expect("is a listener");
            let acceptor = TlsAcceptor::from(Arc::new(config));
            loop {
                let Ok((stream, _)) = listener.accept().await else { continue };
                let (acceptor, socket) = (acceptor.clone(), socket.clone());
                tokio::spawn(async move {
                    let Ok(mut client) = acceptor.accept(stream).await else { return };
                    let Ok(mut engine) = UnixStream::connect(socket).await else { return };
                    let _ended = tokio::io::copy_bidirectional(&mut client, &mut engine).await;
                });
            }
        });
    });
    port
}

const FILE: &str =
    "FROM busybox\nt:\n  COPY here /there\n  RUN cat /there > /copy\n  SAVE ARTIFACT /copy AS LOCAL copy\n";

/// A project whose engine is behind TLS, and the directory of the certificates.
fn project() -> (Project, tempfile::TempDir, u16) {
    let dir = tempfile::tempdir().expect("a directory can be made");
    certificates(dir.path());
    let project = Project::new().file("here", "%nonce%\n").buildfile(FILE);
    let port = guard(dir.path(), project.engine());
    (project, dir, port)
}

#[test]
fn a_build_goes_through_tls() {
    let (project, dir, port) = project();
    let project = project
        .env("DOCKER_HOST", &format!("tcp://127.0.0.1:{port}"))
        .env("DOCKER_TLS_VERIFY", "1")
        .env("DOCKER_CERT_PATH", &dir.path().display().to_string());
    project.rbuild(["+t"]).success().stderr_contains(&format!("at tcp://127.0.0.1:{port}"));
    assert_eq!(project.read("copy").as_deref(), Some("%nonce%\n"));
}

#[test]
fn a_context_brings_its_certificates() {
    let (project, dir, port) = project();
    // The SHA-256 of `far`.
    let id = "512eea46ceb3921dff4363c7069d89d4964d1d9fccaa0f411851a7aa60a5c868";
    let far = format!(
        r#"{{"Name":"far","Endpoints":{{"docker":{{"Host":"tcp://127.0.0.1:{port}","SkipTLSVerify":false}}}}}}"#
    );
    let project = project.file(&format!("docker/contexts/meta/{id}/meta.json"), &far);
    for name in ["ca.pem", "cert.pem", "key.pem"] {
        let text = std::fs::read_to_string(dir.path().join(name)).expect("is there");
        project.write(&format!("docker/contexts/tls/{id}/docker/{name}"), &text);
    }
    let config = project.path("docker").display().to_string();
    let project = project.env("DOCKER_HOST", "").env("DOCKER_CONFIG", &config).env("DOCKER_CONTEXT", "far");
    project.rbuild(["+t"]).success();
    assert_eq!(project.read("copy").as_deref(), Some("%nonce%\n"));
}

#[test]
fn nobody_is_trusted_without_a_certificate() {
    let (project, dir, port) = project();
    let certs = tempfile::tempdir().expect("a directory can be made");
    let project = project
        .env("DOCKER_HOST", &format!("tcp://127.0.0.1:{port}"))
        .env("DOCKER_TLS_VERIFY", "1")
        .env("DOCKER_CERT_PATH", &certs.path().display().to_string());
    project.rbuild(["+t"]).code(4).stderr_contains("/ca.pem is missing, which TLS needs");
    // An authority that did not sign the engine's certificate.
    certificates(certs.path());
    project.rbuild(["+t"]).code(4).stderr_contains("TLS: invalid peer certificate");
    std::fs::copy(dir.path().join("ca.pem"), certs.path().join("ca.pem")).expect("can be copied");
    std::fs::copy(dir.path().join("cert.pem"), certs.path().join("cert.pem")).expect("can be copied");
    std::fs::remove_file(certs.path().join("key.pem")).expect("is there");
    project.rbuild(["+t"]).code(4).stderr_contains("/key.pem is missing");
    std::fs::remove_file(certs.path().join("cert.pem")).expect("is there");
    // The engine asks who we are, and we cannot tell.
    project.rbuild(["+t"]).code(4);
}
