//! A web server of the test's own, on loopback, which engines reach as well as we do.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// A server of a few files.
pub struct FileServer {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl FileServer {
    /// Serves these: path and content.
    pub fn new(files: &[(&str, &[u8])]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let port = listener.local_addr().expect("is bound").port();
        let files: Vec<(String, Vec<u8>)> =
            files.iter().map(|(path, content)| ((*path).to_owned(), content.to_vec())).collect();
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let log = asked.clone();
        // Ends with the process.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                answer(&stream, &files, &log);
            }
        });
        Self { port, asked }
    }

    /// The address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// The paths that were asked for so far.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("nobody panicked").clone()
    }
}

/// Answers one request, and closes the connection. Nobody minds a client that is gone.
fn answer(mut stream: &TcpStream, files: &[(String, Vec<u8>)], log: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 || line.trim().is_empty() {
            break;
        }
        lines.push(line);
    }
    let mut words = lines.first().map(|line| line.split_whitespace()).into_iter().flatten();
    let (Some(method), Some(target)) = (words.next(), words.next()) else { return };
    let path = target.split('?').next().unwrap_or_default();
    log.lock().expect("nobody panicked").push(path.to_owned());
    let found = files.iter().find(|(own, _)| own == path);
    let status = if found.is_some() { "200 OK" } else { "404 Not Found" };
    let content = found.map(|(_, content)| content.as_slice()).unwrap_or_default();
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", content.len());
    let body = if method == "HEAD" { &[] } else { content };
    let _gone = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
}
