//! Docker's API against a real engine and a real registry.
//!
//! `RBUILD_TEST_ENGINE_28` is the engine's `DOCKER_HOST`, with the image `busybox:latest` in its store. `RBUILD_TEST_REGISTRY` is the
//! `host:port` of a registry on the engine's loopback interface, without TLS.

use base64::Engine as _;
use rbuild::engine::EngineError;
use rbuild::engine::docker::{Address, Credentials, Docker, Surroundings};
use rbuild::image_name::ImageName;
use rbuild::platform::Platform;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

fn setting(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("set {name}; these tests need a real engine and a registry"))
}

async fn engine() -> Docker {
    let user = Surroundings { docker_host: Some(setting("RBUILD_TEST_ENGINE_28")), ..Surroundings::default() };
    Docker::find(&user.addresses().expect("an address")).await.expect("an engine")
}

fn image(name: &str) -> ImageName {
    ImageName::parse(name).expect("an image name")
}

/// A name that no other run of these tests has, under a registry.
fn own(registry: &str, what: &str) -> ImageName {
    image(&format!("{registry}/rbuild-test/{what}-{}:1.0", std::process::id()))
}

async fn http(host: &str, method: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(host).await.expect("the registry accepts");
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nAccept: application/vnd.docker.distribution.manifest.v2+json\r\n\
         Accept: application/vnd.oci.image.manifest.v1+json\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.expect("writes");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("reads");
    answer
}

#[tokio::test]
async fn an_engine_tells_what_it_is() {
    let docker = engine().await;
    assert!(docker.version().starts_with("28."), "{}", docker.version());
    assert_eq!(docker.describe(), format!("Docker {} at {}", docker.version(), setting("RBUILD_TEST_ENGINE_28")));
    assert!(docker.processors() >= 1);
    assert_eq!(docker.platform().os, "linux");
    assert!(docker.api_version().to_string().starts_with("1."));
}

#[tokio::test]
async fn the_configuration_of_an_image_comes_from_the_store() {
    let docker = engine().await;
    let busybox = image("busybox");
    let config = docker.image_config(&busybox, docker.platform()).await.expect("answers").expect("is there");
    assert_eq!(config.cmd, Some(vec!["sh".to_owned()]));
    assert!(config.variable("PATH").is_some_and(|path| path.contains("/bin")), "{config:?}");

    let other: Platform =
        if docker.platform().arch == "arm64" { "linux/amd64" } else { "linux/arm64" }.parse().expect("valid");
    assert_eq!(docker.image_config(&busybox, &other).await.expect("answers"), None, "it is for another platform");
    let missing = image("rbuild-test/missing:1");
    assert_eq!(docker.image_config(&missing, docker.platform()).await.expect("answers"), None);
    assert!(docker.image_id(&missing).await.expect("answers").is_none());
}

#[tokio::test]
async fn names_are_given_and_taken() {
    let docker = engine().await;
    let (busybox, name) = (image("busybox"), own("example.org", "tag"));
    docker.tag(&busybox, &name).await.expect("tags");
    let id = docker.image_id(&name).await.expect("answers");
    assert!(id.as_ref().is_some_and(|id| id.starts_with("sha256:")), "{id:?}");
    assert_eq!(id, docker.image_id(&busybox).await.expect("answers"));
    assert!(docker.remove_image(&name).await.expect("removes"));
    assert!(!docker.remove_image(&name).await.expect("answers"), "it is gone");
    assert!(docker.image_id(&busybox).await.expect("answers").is_some(), "the other name stays");

    let error = docker.tag(&name, &busybox).await.expect_err("no such image").to_string();
    assert!(error.ends_with("could not be found: it is not in the engine's store"), "{error}");
}

#[tokio::test]
async fn a_pushed_image_is_in_the_registry() {
    let docker = engine().await;
    let registry = setting("RBUILD_TEST_REGISTRY");
    let name = own(&registry, "push");
    docker.tag(&image("busybox"), &name).await.expect("tags");
    let digest = docker.push(&name, &Credentials::Anonymous).await;
    docker.remove_image(&name).await.expect("removes");
    let digest = digest.expect("pushes").expect("this engine tells the digest");

    let manifest = http(&registry, "GET", &format!("/v2/{}/manifests/1.0", name.repository())).await;
    assert!(manifest.starts_with("HTTP/1.1 200"), "{manifest}");
    assert!(manifest.to_lowercase().contains(&format!("docker-content-digest: {digest}")), "{manifest}");
    http(&registry, "DELETE", &format!("/v2/{}/manifests/{digest}", name.repository())).await;
}

#[tokio::test]
async fn a_failed_push_says_why() {
    let docker = engine().await;
    let missing = own(&setting("RBUILD_TEST_REGISTRY"), "missing");
    let error = docker.push(&missing, &Credentials::Anonymous).await.expect_err("no such image");
    assert!(matches!(&error, EngineError::Push { message, .. } if message.contains("does not exist")), "{error}");

    // A port that was free a moment ago.
    let closed = TcpListener::bind("127.0.0.1:0").await.expect("binds").local_addr().expect("bound");
    let name = own(&closed.to_string(), "nobody");
    docker.tag(&image("busybox"), &name).await.expect("tags");
    let pushed = docker.push(&name, &Credentials::Anonymous).await;
    docker.remove_image(&name).await.expect("removes");
    let error = pushed.expect_err("nobody listens");
    assert!(matches!(&error, EngineError::Push { message, .. } if message.contains("refused")), "{error}");
}

#[tokio::test]
async fn credentials_reach_the_registry_as_they_are() {
    let docker = engine().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("binds");
    let address = listener.local_addr().expect("bound").to_string();
    let (seen, mut headers) = tokio::sync::mpsc::unbounded_channel();
    // A registry that wants a login and takes none.
    let registry = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let seen = seen.clone();
            tokio::spawn(async move {
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    match stream.read_u8().await {
                        // The engine tries TLS first; hung up on, it goes on without.
                        Ok(byte) if byte.is_ascii_graphic() || byte.is_ascii_whitespace() => request.push(byte),
                        _ => return,
                    }
                }
                for line in String::from_utf8_lossy(&request).lines() {
                    if let Some(value) = line.strip_prefix("Authorization: Basic ") {
                        let _ = seen.send(value.to_owned());
                    }
                }
                let answer = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"r\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
                let _ = stream.write_all(answer.as_bytes()).await;
            });
        }
    });

    let name = own(&address, "login");
    docker.tag(&image("busybox"), &name).await.expect("tags");
    // In plain base64 this password has a `+` and a `/`.
    let user = Credentials::Password { username: "ann".into(), secret: "~~~???>>>".into() };
    let named = docker.push(&name, &user).await.expect_err("turned away").to_string();
    let sent = headers.recv().await.expect("the engine shows the credentials");
    let anonymous = docker.push(&name, &Credentials::Anonymous).await.expect_err("turned away").to_string();
    docker.remove_image(&name).await.expect("removes");
    registry.abort();

    assert_eq!(sent, base64::engine::general_purpose::STANDARD.encode("ann:~~~???>>>"));
    assert!(!named.contains("~~~") && !named.contains("docker login"), "{named}");
    assert!(
        anonymous.ends_with(&format!("; you are not logged in there, type `docker login {address}`")),
        "{anonymous}"
    );
}

#[tokio::test]
async fn a_dead_socket_fails_fast_and_is_named() {
    let dir = tempfile::tempdir().expect("a directory");
    let (missing, stale) = (dir.path().join("missing.sock"), dir.path().join("stale.sock"));
    drop(std::os::unix::net::UnixListener::bind(&stale).expect("binds"));
    let begin = Instant::now();
    let error =
        Docker::find(&[Address::Unix(missing.clone()), Address::Unix(stale.clone())]).await.expect_err("nobody");
    let EngineError::NoEngine { tried, .. } = error else { panic!("{error}") };
    assert_eq!(
        tried,
        [
            format!("unix://{}: no such file or directory", missing.display()),
            format!("unix://{}: nothing listens there; is the daemon running?", stale.display()),
        ]
    );
    assert!(begin.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn emptying_a_directory_leaves_no_container_however_it_ends() {
    let docker = engine().await;
    let dir = tempfile::tempdir().expect("a directory");
    let fill = || (0..20_000).for_each(|at| std::fs::write(dir.path().join(at.to_string()), "").expect("writes"));
    let containers = |args: &[&str]| {
        let filter = format!("volume={}", dir.path().display());
        let mut command = std::process::Command::new("docker");
        command.env("DOCKER_HOST", setting("RBUILD_TEST_ENGINE_28"));
        let output = command.args(["ps", "-q", "--filter", &filter]).args(args).output().expect("docker starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    };
    fill();
    docker.empty_directory(dir.path(), "busybox:latest").await.expect("empties");
    assert_eq!(std::fs::read_dir(dir.path()).expect("is there").count(), 0);
    assert_eq!(containers(&["-a"]), "");
    // Whoever asked is gone while it runs.
    let began = Instant::now();
    loop {
        fill();
        let (asked, place) = (docker.clone(), dir.path().to_owned());
        let task = tokio::spawn(async move { asked.empty_directory(&place, "busybox:latest").await });
        while !task.is_finished() && containers(&[]).is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        if !task.is_finished() {
            task.abort();
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "it is never seen running");
    }
    while !containers(&["-a"]).is_empty() {
        assert!(began.elapsed() < Duration::from_secs(90), "its container stays");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
