use super::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixListener;

const VERSION: &str = r#"{"Version":"28.5.2","ApiVersion":"1.51","MinAPIVersion":"1.24","Os":"linux","Arch":"arm64"}"#;
const INFO: &str = r#"{"NCPU":6,"Driver":"overlayfs","DriverStatus":[["driver-type","io.containerd.snapshotter.v1"]]}"#;

/// An engine that answers each request by its path, and gives the paths that it was asked for.
fn engine(
    answers: &'static [(&'static str, &'static str)],
) -> (tempfile::TempDir, Address, tokio::task::JoinHandle<Vec<String>>) {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("docker.sock");
    let listener = UnixListener::bind(&path).expect("binds");
    let asked = tokio::spawn(async move {
        let mut paths = Vec::new();
        while paths.len() < answers.len() {
            let (mut stream, _) = listener.accept().await.expect("accepts");
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                match stream.read_u8().await {
                    Ok(byte) => request.push(byte),
                    Err(_) => break,
                }
            }
            let request = String::from_utf8(request).expect("text");
            // The connection that only looks whether somebody accepts says nothing.
            let Some(path) = request.split(' ').nth(1) else { continue };
            let body = answers.iter().find(|(key, _)| path.ends_with(key)).map_or("{}", |(_, body)| body);
            let answer =
                format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
            stream.write_all(answer.as_bytes()).await.expect("writes");
            paths.push(path.to_owned());
        }
        paths
    });
    (dir, Address::Unix(path), asked)
}

#[tokio::test]
async fn an_engine_tells_what_it_is_and_is_asked_in_its_version() {
    let (_dir, address, asked) = engine(&[("/version", VERSION), ("/info", INFO), ("/_ping", "OK")]);
    let docker =
        Docker::find(&[Address::Unix("/nowhere/docker.sock".into()), address.clone()]).await.expect("connects");
    assert_eq!(docker.describe(), format!("Docker 28.5.2 at {address}"));
    assert_eq!(docker.api_version().to_string(), "1.51");
    assert_eq!((docker.processors(), docker.platform().to_string().as_str()), (6, "linux/arm64"));
    assert_eq!(docker.image_store(), ImageStore::Containerd);
    docker.api.ping().await.expect("answers");
    assert_eq!(asked.await.expect("ends"), ["/version", "/info", "/v1.51/_ping"]);
}

#[tokio::test]
async fn an_engine_that_is_too_old_is_refused_with_what_is_needed() {
    let (_dir, address, _asked) =
        engine(&[("/version", r#"{"Version":"19.03.15","ApiVersion":"1.40"}"#), ("/info", "{}")]);
    let error = Docker::connect(&address).await.expect_err("too old");
    assert_eq!(
        error.to_string(),
        format!("building is not available on Docker 19.03.15 at {address}; it needs Docker 20.10 or newer")
    );
}

#[tokio::test]
async fn what_is_no_docker_engine_is_said_to_be_none() {
    for (body, expected) in [("{}", "it tells no API version"), ("<html>", "its answer is not JSON")] {
        let answers: &'static [(&str, &str)] = Box::leak(Box::new([("/version", body), ("/info", "{}")]));
        let (_dir, address, _asked) = engine(answers);
        let error = Docker::connect(&address).await;
        let Err(EngineError::NoEngine { tried, .. }) = error else { panic!("{error:?}") };
        assert_eq!(tried, [format!("{address}: what answers there is no Docker engine: {expected}")]);
    }
}

#[test]
fn a_web_server_is_told_from_an_engine_that_refuses() {
    let check = |status_code, message: &str, expected: bool| {
        let error = bollard::errors::Error::DockerResponseServerError { status_code, message: message.into() };
        assert_eq!(answer_of_a_stranger(&error).is_some(), expected, "{status_code} {message}");
    };
    check(404, "", true);
    check(301, "", true);
    check(501, "\n<!DOCTYPE html>", true);
    check(400, "Client sent an HTTP request to an HTTPS server.", false);
    check(500, "the daemon is shutting down", false);
}

#[tokio::test]
async fn every_place_that_was_tried_is_named() {
    let dir = tempfile::tempdir().expect("a directory");
    let silent = dir.path().join("silent");
    let _listener = UnixListener::bind(&silent).expect("binds");
    let error = Docker::connect_within(&Address::Unix(silent.clone()), Duration::from_millis(50)).await;
    let Err(EngineError::NoEngine { tried, forbidden: false }) = error else { panic!("{error:?}") };
    assert_eq!(
        tried,
        [format!("unix://{}: something listens there, but gave no answer within 50ms", silent.display())]
    );

    let places = [Address::Unix("/nowhere/a".into()), Address::Unix("/nowhere/b".into())];
    let error = Docker::find(&places).await;
    let Err(EngineError::NoEngine { tried, forbidden: false }) = error else { panic!("{error:?}") };
    assert_eq!(tried, ["unix:///nowhere/a: no such file or directory", "unix:///nowhere/b: no such file or directory"]);
}
