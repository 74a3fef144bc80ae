use super::*;
use crate::engine::docker::{Credentials, Surroundings};
use std::fs;
use std::process::Command;
use std::time::Duration;

/// A home with a configuration file and helper programs.
struct Home {
    dir: tempfile::TempDir,
}

impl Home {
    fn new(config: &str) -> Self {
        let home = Self { dir: tempfile::tempdir().expect("a directory") };
        fs::create_dir_all(home.dir.path().join("home/.docker")).expect("makes");
        fs::create_dir(home.dir.path().join("bin")).expect("makes");
        fs::write(home.dir.path().join("home/.docker/config.json"), config).expect("writes");
        home
    }

    fn helper(self, suffix: &str, script: &str) -> Self {
        let program = self.dir.path().join("bin").join(format!("docker-credential-{suffix}"));
        // Written by a process of its own: a file that this one has open for writing, and so for a moment each child that another test
        // starts, cannot be executed.
        let status = Command::new("/bin/sh")
            .args(["-c", r#"printf '#!/bin/sh\n%s\n' "$1" >"$2" && chmod 755 "$2""#, "sh", script])
            .arg(&program)
            .status();
        assert!(status.expect("starts").success());
        self
    }

    fn surroundings(&self) -> Surroundings {
        Surroundings {
            home: Some(self.dir.path().join("home")),
            path: Some(self.dir.path().join("bin").into_os_string()),
            ..Surroundings::default()
        }
    }

    async fn credentials(&self, host: &str) -> Result<Credentials, KeychainError> {
        Keychain::of(&self.surroundings()).credentials(host).await
    }
}

fn password(username: &str, secret: &str) -> Credentials {
    Credentials::Password { username: username.into(), secret: secret.into() }
}

#[tokio::test]
async fn credentials_in_the_file_are_found_by_host() {
    // ann:s:cret, bob:x with padding.
    let home = Home::new(
        r#"{
            "auths": {
                "https://index.docker.io/v1/": {"auth": "YW5uOnM6Y3JldA==", "email": "ann@example.org"},
                "https://quay.io/v2/": {"auth": "Ym9iOngAAA=="},
                "plain:5000": {"username": "carl", "password": "p"},
                "token.io": {"auth": "YW5uOg==", "identitytoken": "t0ken"},
                "logged-out.io": {}
            },
            "currentContext": "default"
        }"#,
    );
    for (host, expected) in [
        ("docker.io", password("ann", "s:cret")),
        ("registry-1.docker.io", password("ann", "s:cret")),
        ("quay.io", password("bob", "x")),
        ("plain:5000", password("carl", "p")),
        ("plain", Credentials::Anonymous),
        ("token.io", Credentials::IdentityToken("t0ken".into())),
        ("logged-out.io", Credentials::Anonymous),
        ("nowhere.io", Credentials::Anonymous),
    ] {
        assert_eq!(home.credentials(host).await, Ok(expected), "{host}");
    }
}

#[tokio::test]
async fn another_directory_can_hold_the_file() {
    let home = Home::new(r#"{"auths": {"h": {"username": "a", "password": "b"}}}"#);
    let there = Surroundings { docker_config: Some(home.dir.path().join("home/.docker")), ..Surroundings::default() };
    assert_eq!(Keychain::of(&there).credentials("h").await, Ok(password("a", "b")));
    let nothing = Surroundings { docker_config: Some(home.dir.path().join("none")), ..home.surroundings() };
    assert_eq!(Keychain::of(&nothing).credentials("h").await, Ok(Credentials::Anonymous));
    assert_eq!(Keychain::of(&Surroundings::default()).credentials("h").await, Ok(Credentials::Anonymous));
}

#[tokio::test]
async fn helpers_are_asked_with_the_registrys_key() {
    let echo =
        r#"read -r key || true; printf '{"ServerURL":"%s","Username":"%s of %s","Secret":"s"}' "$key" "$1" "$key""#;
    let home = Home::new(
        r#"{"credsStore": "store", "credHelpers": {"own.io": "own", "file.io": ""},
            "auths": {"file.io": {"username": "f", "password": "g"}, "own.io": {"username": "not", "password": "this"}}}"#,
    )
    .helper("store", echo)
    .helper("own", r#"printf '{"ServerURL":"x","Username":"<token>","Secret":"t"}'"#);
    for (host, expected) in [
        ("docker.io", password("get of https://index.docker.io/v1/", "s")),
        ("other.io:443", password("get of other.io:443", "s")),
        ("own.io", Credentials::IdentityToken("t".into())),
        ("file.io", password("f", "g")),
    ] {
        assert_eq!(home.credentials(host).await, Ok(expected), "{host}");
    }
}

#[tokio::test]
async fn a_registry_that_the_helper_does_not_know_is_visited_anonymously() {
    let home = Home::new(r#"{"credsStore": "x"}"#)
        .helper("x", "cat >/dev/null; echo credentials not found in native keychain; exit 1");
    assert_eq!(home.credentials("ghcr.io").await, Ok(Credentials::Anonymous));
}

#[tokio::test]
async fn failures_name_the_helper_and_no_secret() {
    for (script, expected) in [
        ("echo the wallet is locked; exit 1", "the wallet is locked"),
        ("echo no display >&2; exit 3", "no display"),
        ("exit 3", "it ended with exit status: 3"),
        (r#"echo '{"Secret":"hush"}'; exit 1"#, "it ended with exit status: 1"),
        ("echo hush", "its answer makes no sense"),
        (r#"echo '{"Username":"hush"}'"#, "its answer makes no sense"),
        (r#"echo '{"Secret":7, "Username": "hush"}'"#, "its answer makes no sense"),
    ] {
        let home = Home::new(r#"{"credsStore": "x"}"#).helper("x", script);
        let error = home.credentials("ghcr.io").await.expect_err("fails").to_string();
        assert_eq!(error, format!("the credential helper `docker-credential-x` failed for `ghcr.io`: {expected}"));
    }
}

#[tokio::test]
async fn a_helper_that_hangs_is_given_up() {
    let home = Home::new(r#"{"credsStore": "x"}"#).helper("x", "exec /bin/sleep 1000");
    let keychain = Keychain::of(&home.surroundings()).within(Duration::from_millis(100));
    let error = keychain.credentials("ghcr.io").await.expect_err("slow").to_string();
    assert!(error.ends_with("it gave no answer within 100ms"), "{error}");
}

#[tokio::test]
async fn a_helper_that_is_missing_is_named() {
    for suffix in ["desktop.exe", "../x"] {
        let home = Home::new(&format!(r#"{{"credsStore": "{suffix}"}}"#));
        let error = home.credentials("ghcr.io").await.expect_err("missing").to_string();
        assert!(error.starts_with(&format!("the credential helper `docker-credential-{suffix}` that ")), "{error}");
        assert!(
            error.ends_with("config.json names is not on PATH; install it or take its name out of the file"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_damaged_file_is_reported_without_its_content() {
    for (config, expected) in [
        (r#"{"auths": {"h": {"auth": "hush"#, "it is not valid at line 1, column 30"),
        (r#"{"auths": {"h": {"auth": ["hush"]}}}"#, "it is not valid at line 1, column 25"),
        (r#"{"auths": {"h": {"auth": "hush!"}}}"#, "is damaged; type `docker login h`"),
        (r#"{"auths": {"h": {"auth": "aHVzaA=="}}}"#, "is damaged; type `docker login h`"),
    ] {
        let error = Home::new(config).credentials("h").await.expect_err("damaged").to_string();
        assert!(error.ends_with(expected) && !error.contains("hush"), "{error}");
        assert!(error.contains("config.json"), "{error}");
    }
    assert_eq!(Home::new("").credentials("h").await, Ok(Credentials::Anonymous));
    assert_eq!(
        Home::new(r#"{"auths": null, "credHelpers": null, "credsStore": null}"#).credentials("h").await,
        Ok(Credentials::Anonymous)
    );
}
