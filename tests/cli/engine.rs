//! The engines under test, and what a test asks them behind rbuild's back: plain HTTP/1.0 over the socket, so that nothing of rbuild's
//! own client is in between.

use serde_json::{Value, json};
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

/// An engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Engine {
    variable: &'static str,
}

/// Docker 28 with the classic image store.
pub const DOCKER_28: Engine = Engine { variable: "RBUILD_TEST_ENGINE_28" };
/// Docker 20.10, the oldest that is supported.
pub const DOCKER_20: Engine = Engine { variable: "RBUILD_TEST_ENGINE_20" };
/// Docker 28 with the containerd image store.
pub const DOCKER_28_CONTAINERD: Engine = Engine { variable: "RBUILD_TEST_ENGINE_28C" };

/// A file inside an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileInImage {
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    pub seconds: u64,
    pub content: String,
}

/// The address of the registry under test.
pub fn registry() -> String {
    std::env::var("RBUILD_TEST_REGISTRY").expect("RBUILD_TEST_REGISTRY is set; `scripts/test` does it")
}

/// The manifest's media type when the registry has this image, else `None`.
pub fn in_registry(name_and_tag: &str) -> Option<String> {
    manifest(name_and_tag).map(|(_, text)| {
        let manifest: Value = serde_json::from_slice(&text).expect("a manifest is JSON");
        manifest["mediaType"].as_str().unwrap_or_default().to_owned()
    })
}

/// The status and the text of what the registry has under a name, else `None`.
pub fn manifest(name_and_tag: &str) -> Option<(u16, Vec<u8>)> {
    let (name, tag) = name_and_tag.rsplit_once(':').expect("has a tag");
    by_reference(name, tag)
}

/// The same by a tag or a digest.
pub fn by_reference(name: &str, tag: &str) -> Option<(u16, Vec<u8>)> {
    from_registry(&format!("{name}/manifests/{tag}"))
}

/// The configuration of an image that the registry has.
pub fn pushed_config(name: &str, tag: &str) -> String {
    let (_, manifest) = by_reference(name, tag).expect("is in the registry");
    let manifest: Value = serde_json::from_slice(&manifest).expect("is JSON");
    let digest = manifest["config"]["digest"].as_str().expect("is the manifest of an image");
    let (_, config) = from_registry(&format!("{name}/blobs/{digest}")).expect("is in the registry");
    String::from_utf8(config).expect("is text")
}

fn from_registry(path: &str) -> Option<(u16, Vec<u8>)> {
    let address = registry();
    let mut stream = std::net::TcpStream::connect(&address).expect("the registry answers");
    let accept = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, \
                  application/vnd.docker.distribution.manifest.v2+json, application/vnd.docker.distribution.manifest.list.v2+json";
    let request = format!("GET /v2/{path} HTTP/1.0\r\nHost: {address}\r\nAccept: {accept}\r\n\r\n");
    let (status, body) = exchange(&mut stream, request.as_bytes());
    match status {
        200 => Some((status, body)),
        404 => None,
        other => panic!("the registry answers {other}: {}", String::from_utf8_lossy(&body)),
    }
}

impl Engine {
    /// What `DOCKER_HOST` has to be.
    pub fn host(self) -> String {
        let variable = self.variable;
        std::env::var(variable).unwrap_or_else(|_| panic!("{variable} is set; `scripts/test` does it"))
    }

    /// What the engine tells of an image; `None` where there is none of that name.
    pub fn image(self, name: &str) -> Option<Value> {
        match self.ask("GET", &format!("/images/{name}/json"), None) {
            (200, body) => Some(serde_json::from_slice(&body).expect("is JSON")),
            (404, _) => None,
            (status, body) => panic!("{status}: {}", String::from_utf8_lossy(&body)),
        }
    }

    /// The commands in an image's history.
    pub fn history(self, name: &str) -> String {
        let (status, body) = self.ask("GET", &format!("/images/{name}/history"), None);
        assert_eq!(status, 200, "{name}");
        String::from_utf8(body).expect("is text")
    }

    /// The containers, running or not, whose description contains the text.
    pub fn containers(self, text: &str) -> Vec<String> {
        let (_, body) = self.ask("GET", "/containers/json?all=1", None);
        let all: Value = serde_json::from_slice(&body).expect("is JSON");
        let all = all.as_array().expect("is a list");
        all.iter().map(ToString::to_string).filter(|container| container.contains(text)).collect()
    }

    /// Reads a file in an image without running anything, so that it works for images without a shell.
    pub fn read(self, image: &str, path: &str) -> Option<FileInImage> {
        let body = json!({ "Image": image, "Cmd": ["/nothing"] });
        let (status, body) = self.ask("POST", "/containers/create", Some(&body));
        assert_eq!(status, 201, "{image}: {}", String::from_utf8_lossy(&body));
        let created: Value = serde_json::from_slice(&body).expect("is JSON");
        let id = created["Id"].as_str().expect("has an id");
        let (status, archive) = self.ask("GET", &format!("/containers/{id}/archive?path={path}"), None);
        self.ask("DELETE", &format!("/containers/{id}?force=1&v=1"), None);
        (status == 200).then(|| first_of_tar(&archive))
    }

    /// The names of images that contain the text.
    pub fn image_names(self, text: &str) -> Vec<String> {
        // The containerd store cannot list images while another test removes one.
        let listed = (0..10).find_map(|_| serde_json::from_slice(&self.ask("GET", "/images/json", None).1).ok());
        let Some(Value::Array(images)) = listed else { panic!("the images cannot be listed") };
        let names = images.iter().filter_map(|image| image["RepoTags"].as_array()).flatten();
        names.filter_map(Value::as_str).filter(|name| name.contains(text)).map(str::to_owned).collect()
    }

    /// Removes every name of images that contains the text; a test's nonce does.
    pub fn remove_images(self, text: &str) {
        // The containerd store cannot list images while another test removes one.
        for _ in 0..10 {
            let (_, body) = self.ask("GET", "/images/json", None);
            let Ok(Value::Array(images)) = serde_json::from_slice(&body) else { continue };
            let names = images.iter().filter_map(|image| image["RepoTags"].as_array()).flatten();
            let names: Vec<&str> = names.filter_map(Value::as_str).filter(|name| name.contains(text)).collect();
            if names.is_empty() {
                return;
            }
            for name in names {
                self.ask("DELETE", &format!("/images/{name}?force=1"), None);
            }
        }
    }

    /// Makes a volume with labels.
    pub fn make_volume(self, name: &str, labels: &[(&str, &str)]) {
        let labels: serde_json::Map<String, Value> =
            labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
        let (status, body) = self.ask("POST", "/volumes/create", Some(&json!({ "Name": name, "Labels": labels })));
        assert_eq!(status, 201, "{name}: {}", String::from_utf8_lossy(&body));
    }

    /// Whether there is a volume of this name.
    pub fn has_volume(self, name: &str) -> bool {
        self.ask("GET", &format!("/volumes/{name}"), None).0 == 200
    }

    /// Removes a volume, if it is there.
    pub fn remove_volume(self, name: &str) {
        self.ask("DELETE", &format!("/volumes/{name}"), None);
    }

    /// Removes the volumes whose name contains the text; a test's nonce does.
    pub fn remove_volumes(self, text: &str) {
        let (_, body) = self.ask("GET", "/volumes", None);
        let all: Value = serde_json::from_slice(&body).expect("is JSON");
        let names = all["Volumes"].as_array().into_iter().flatten().filter_map(|volume| volume["Name"].as_str());
        for name in names.filter(|name| name.contains(text)) {
            self.remove_volume(name);
        }
    }

    /// The names of the containers that were made since a time (seconds since 1970), those that are gone included, whose name contains
    /// the text.
    pub fn containers_made(self, since: u64, text: &str) -> Vec<String> {
        let until = seconds_since_1970() + 1;
        let filters = "%7B%22type%22%3A%5B%22container%22%5D%2C%22event%22%3A%5B%22create%22%5D%7D";
        let (status, body) = self.ask("GET", &format!("/events?since={since}&until={until}&filters={filters}"), None);
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
        let events = serde_json::Deserializer::from_slice(&body).into_iter::<Value>();
        let names = events.filter_map(|event| Some(event.ok()?["Actor"]["Attributes"]["name"].as_str()?.to_owned()));
        names.filter(|name| name.contains(text)).collect()
    }

    /// What the engine tells of a container.
    pub fn container(self, name: &str) -> String {
        let (status, body) = self.ask("GET", &format!("/containers/{name}/json"), None);
        assert_eq!(status, 200, "{name}: {}", String::from_utf8_lossy(&body));
        String::from_utf8_lossy(&body).into_owned()
    }

    /// Makes a container that needs a volume, and does not start it.
    pub fn make_container(self, name: &str, volume: &str) {
        let body = json!({ "Image": "busybox", "HostConfig": { "Binds": [format!("{volume}:/volume")] } });
        let (status, body) = self.ask("POST", &format!("/containers/create?name={name}"), Some(&body));
        assert_eq!(status, 201, "{name}: {}", String::from_utf8_lossy(&body));
    }

    /// Removes a container, if it is there.
    pub fn remove_container(self, name: &str) {
        self.ask("DELETE", &format!("/containers/{name}?force=1&v=1"), None);
    }

    fn ask(self, method: &str, path: &str, body: Option<&Value>) -> (u16, Vec<u8>) {
        let host = self.host();
        let socket = host.strip_prefix("unix://").expect("the engines under test listen on unix sockets");
        let mut stream = UnixStream::connect(socket).unwrap_or_else(|error| panic!("{host}: {error}"));
        stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a limit above zero is valid");
        let body = body.map(ToString::to_string).unwrap_or_default();
        let length = body.len();
        let request = format!(
            "{method} /v1.41{path} HTTP/1.0\r\nHost: docker\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        exchange(&mut stream, request.as_bytes())
    }
}

/// What time it is.
pub fn seconds_since_1970() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("the clock is past 1970").as_secs()
}

/// One request and its answer: the status and the body. HTTP/1.0, so that the body ends with the connection.
fn exchange(stream: &mut (impl Read + Write), request: &[u8]) -> (u16, Vec<u8>) {
    stream.write_all(request).expect("the request goes out");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("the answer comes in");
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").expect("an answer has a head");
    let head = String::from_utf8_lossy(&answer[..end]);
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("an answer has a status");
    (status, answer[end + 4..].to_vec())
}

/// The first entry of a tar archive (POSIX ustar, pax headers skipped).
fn first_of_tar(archive: &[u8]) -> FileInImage {
    let mut at = 0;
    loop {
        let head = &archive[at..at + 512];
        let octal = |from: usize, to: usize| {
            let text = String::from_utf8_lossy(&head[from..to]);
            u64::from_str_radix(text.trim_matches(['\0', ' ']), 8).expect("numbers are octal")
        };
        let size = usize::try_from(octal(124, 136)).expect("fits");
        if matches!(head[156], b'x' | b'g') {
            at += 512 + size.next_multiple_of(512);
            continue;
        }
        let small = |number: u64| u32::try_from(number).expect("fits");
        return FileInImage {
            mode: small(octal(100, 108)) & 0o7777,
            uid: small(octal(108, 116)),
            gid: small(octal(116, 124)),
            seconds: octal(136, 148),
            content: String::from_utf8_lossy(&archive[at + 512..at + 512 + size]).into_owned(),
        };
    }
}
