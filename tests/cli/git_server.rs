//! A git server of the test's own: `git http-backend` behind a socket of loopback, and repositories to serve.

use base64::Engine as _;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use tempfile::TempDir;

/// A server. `https://git.test/` leads to it for those who have its [environment](Self::env).
pub struct GitServer {
    dir: TempDir,
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl GitServer {
    /// A server for everybody.
    pub fn new() -> Self {
        Self::start(None)
    }

    /// A server for one user.
    pub fn private(user: &str, password: &str) -> Self {
        Self::start(Some(base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"))))
    }

    fn start(login: Option<String>) -> Self {
        let dir = tempfile::Builder::new().prefix("git-").tempdir().expect("a directory can be made");
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let port = listener.local_addr().expect("is bound").port();
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let (root, log) = (dir.path().to_owned(), asked.clone());
        // Ends with the process.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (root, log, login) = (root.clone(), log.clone(), login.clone());
                thread::spawn(move || answer(&stream, &root, login.as_deref(), &log));
            }
        });
        Self { dir, port, asked }
    }

    /// Variables by which git finds the server.
    pub fn env(&self) -> Vec<(String, String)> {
        let pairs = [
            ("GIT_CONFIG_NOSYSTEM", "1".to_owned()),
            ("GIT_CONFIG_COUNT", "1".to_owned()),
            ("GIT_CONFIG_KEY_0", format!("url.http://127.0.0.1:{}/.insteadOf", self.port)),
            ("GIT_CONFIG_VALUE_0", "https://git.test/".to_owned()),
        ];
        pairs.map(|(name, value)| (name.to_owned(), value)).to_vec()
    }

    /// The port of loopback that it listens at.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The directory that its repositories lie in.
    pub fn root(&self) -> &Path {
        self.dir.path()
    }

    /// A repository: `org/name`.
    pub fn repository(&self, name: &str) -> Repository {
        let dir = self.dir.path().join(format!("{name}.git"));
        fs::create_dir_all(&dir).expect("a directory can be made");
        let repository = Repository { dir };
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        repository
    }

    /// What was asked for since the last call: `/org/name.git/info/refs`.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().expect("nobody panicked"))
    }
}

/// A repository on the server, with a working tree.
pub struct Repository {
    dir: PathBuf,
}

impl Repository {
    /// Commits these files, and gives the commit.
    pub fn commit(&self, files: &[(&str, &str)]) -> String {
        for (name, text) in files {
            let path = self.dir.join(name);
            fs::create_dir_all(path.parent().expect("a file has a directory")).expect("a directory can be made");
            fs::write(path, text).expect("a file can be written");
        }
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "-m", "change"]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Commits a submodule, at an address of its own.
    pub fn submodule(&self, path: &str, address: &str, commit: &str) {
        fs::create_dir_all(self.dir.join(path)).expect("a directory can be made");
        self.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{commit},{path}")]);
        let text = format!("[submodule \"{path}\"]\n\tpath = {path}\n\turl = {address}\n");
        self.commit(&[(".gitmodules", &text)]);
    }

    /// Names the last commit.
    pub fn tag(&self, name: &str) {
        self.git(&["tag", "-a", name, "-m", name]);
    }

    fn git(&self, args: &[&str]) -> String {
        let mut command = Command::new("git");
        command
            .arg("-C")
            .arg(&self.dir)
            .args(args)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1");
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "A").env(format!("GIT_{who}_EMAIL"), "a@example.org");
            command.env(format!("GIT_{who}_DATE"), "1100000000 +0000");
        }
        let output = command.output().expect("git is there");
        assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }
}

/// Answers one request, and closes the connection. Nobody minds a client that is gone.
fn answer(stream: &TcpStream, root: &Path, login: Option<&str>, log: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    let _read = reader.read_line(&mut line);
    let mut words = line.split_whitespace();
    let (Some(method), Some(target)) = (words.next(), words.next()) else { return };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut headers: Vec<(String, String)> = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 || line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.trim().split_once(": ") {
            headers.push((name.to_lowercase(), value.to_owned()));
        }
    }
    let header = |name: &str| headers.iter().find(|(own, _)| own == name).map_or("", |(_, value)| value);
    log.lock().expect("nobody panicked").push(path.to_owned());
    let mut out = stream;
    if login.is_some_and(|login| header("authorization") != format!("Basic {login}")) {
        let _gone = out.write_all(
            b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"test\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        );
        return;
    }
    let mut body = vec![0; header("content-length").parse().unwrap_or(0)];
    if reader.read_exact(&mut body).is_err() {
        return;
    }
    let mut backend = Command::new("git")
        .args(["-c", "safe.directory=*", "http-backend"])
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_PROJECT_ROOT", root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("REQUEST_METHOD", method)
        .env("PATH_INFO", path)
        .env("QUERY_STRING", query)
        .env("CONTENT_TYPE", header("content-type"))
        .env("CONTENT_LENGTH", body.len().to_string())
        .env("HTTP_CONTENT_ENCODING", header("content-encoding"))
        .env("HTTP_GIT_PROTOCOL", header("git-protocol"))
        .env("GIT_PROTOCOL", header("git-protocol"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("git is there");
    let mut stdin = backend.stdin.take().expect("is a pipe");
    let writer = thread::spawn(move || stdin.write_all(&body));
    let answer = backend.wait_with_output().expect("git ends").stdout;
    let _ = writer.join();
    let split = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or(0);
    let head = String::from_utf8_lossy(&answer[..split]).into_owned();
    let status = head.lines().find_map(|line| line.strip_prefix("Status: ")).unwrap_or("200 OK");
    let _gone = write!(out, "HTTP/1.1 {status}\r\n{head}\r\nConnection: close\r\n\r\n")
        .and_then(|()| out.write_all(answer.get(split + 4..).unwrap_or_default()));
}
