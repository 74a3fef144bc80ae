use super::*;
use crate::digest::Digest;
use crate::engine::Answer;
use crate::graph::LocalSource;
use bollard_buildkit_proto::google::protobuf::Timestamp;
use bollard_buildkit_proto::moby::buildkit::v1::{Vertex, VertexLog};

#[derive(Default)]
struct Notes(Mutex<Vec<String>>);

#[async_trait::async_trait]
impl Observer for Notes {
    async fn gate(&self, _: VertexId) -> Answer {
        Answer::Refuse
    }
    fn output(&self, vertex: VertexId, stream: Stream, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes);
        self.0.lock().expect("sound").push(format!("{} {stream:?} {text}", name(vertex)));
    }
    fn progress(&self, vertex: VertexId, progress: Progress) {
        self.0.lock().expect("sound").push(format!("{} {progress:?}", name(vertex)));
    }
    fn context_sent(&self, _: &LocalSource, _: u64, _: u64) {}
}

fn id(name: &str) -> VertexId {
    VertexId(Digest::of(name))
}

fn name(vertex: VertexId) -> &'static str {
    ["a", "b"].into_iter().find(|name| id(name) == vertex).unwrap_or("?")
}

/// Reports on the vertices a and b, in a build that was opened for `own`.
fn check(own: Option<&str>, messages: Vec<StatusResponse>, expect: &[&str]) {
    let notes = Arc::new(Notes::default());
    let vertices = ["a", "b"].map(|name| (format!("sha256:{name}"), id(name))).into();
    let mut report = Report::new(vertices, own.map(id), notes.clone());
    messages.into_iter().for_each(|message| report.apply(message));
    assert_eq!(*notes.0.lock().expect("sound"), expect);
}

/// `state`: s(tarted), c(ompleted), C(ached), f(ailed).
fn vertex(name: &str, state: char) -> StatusResponse {
    let at = |held| if held { Some(Timestamp::default()) } else { None };
    let vertex = Vertex {
        digest: format!("sha256:{name}"),
        cached: state == 'C',
        started: at(true),
        completed: at(state != 's'),
        error: if state == 'f' { "no".into() } else { String::new() },
        ..Vertex::default()
    };
    StatusResponse { vertexes: vec![vertex], ..StatusResponse::default() }
}

fn log(name: &str, stream: i64) -> StatusResponse {
    let log = VertexLog { vertex: format!("sha256:{name}"), stream, msg: b"x".to_vec(), ..VertexLog::default() };
    StatusResponse { logs: vec![log], ..StatusResponse::default() }
}

#[test]
fn a_steps_build_tells_of_that_step_and_loses_no_output() {
    check(
        Some("a"),
        vec![
            vertex("b", 'C'),
            vertex("a", 's'),
            vertex("a", 's'),
            log("a", 1),
            log("b", 2),
            log("a-ignorecache", 1),
            log("unknown", 2),
            vertex("a", 'c'),
            vertex("a", 'c'),
        ],
        &["a Started", "a Stdout x", "b Stderr x", "a Stdout x", "a Stderr x", "a Completed"],
    );
}

#[test]
fn a_probe_tells_of_all_that_is_cached() {
    check(
        None,
        vec![vertex("a", 's'), vertex("a", 'C'), vertex("a", 'c'), vertex("b", 'f'), log("unknown", 1)],
        &["a Started", "a Cached"],
    );
}

#[test]
fn what_runs_is_known() {
    let mut report = Report::new([("sha256:a".to_owned(), id("a"))].into(), None, Arc::new(Notes::default()));
    let running = report.running();
    let count = || running.lock().expect("sound").len();
    for (state, expect) in [('s', 1), ('s', 1), ('f', 0), ('s', 1), ('c', 0)] {
        report.apply(vertex("a", state));
        assert_eq!(count(), expect);
    }
}
