use super::*;
use crate::history::example;
use crate::telemetry::Variables;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;

/// A request as a collector gets it.
struct Request {
    line: String,
    headers: Vec<String>,
    body: Value,
}

fn receive(stream: &TcpStream) -> Request {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if line.trim().is_empty() {
            break;
        }
        lines.push(line.trim().to_owned());
    }
    let length = lines.iter().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap()];
    reader.read_exact(&mut body).unwrap();
    Request { line: lines.remove(0), headers: lines, body: serde_json::from_slice(&body).unwrap() }
}

/// A collector that gives this answer to each of some requests, and the URL at which it listens.
fn collector(requests: usize, status: &'static str, answer: &'static str) -> (String, JoinHandle<Vec<Request>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let thread = std::thread::spawn(move || {
        let serve = |_| {
            let (mut stream, _) = listener.accept().unwrap();
            let request = receive(&stream);
            let length = answer.len();
            write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{answer}")
                .unwrap();
            request
        };
        (0..requests).map(serve).collect()
    });
    (url, thread)
}

fn settings(url: &str, change: impl FnOnce(&mut Variables)) -> Settings {
    let mut variables = Variables { endpoint: Some(url.to_owned()), ..Variables::default() };
    change(&mut variables);
    Settings::new(&variables).unwrap().unwrap()
}

/// Takes the ids of spans away, which are new each time, but for which span belongs to which.
fn without_ids(spans: &mut [Value]) {
    let ids: Vec<Value> = spans.iter().map(|span| span["spanId"].clone()).collect();
    for span in spans {
        let place = |id: &Value| ids.iter().position(|other| other == id);
        span["spanId"] = place(&span["spanId"]).into();
        if let Some(at) = span.get("parentSpanId").and_then(place) {
            span["parentSpanId"] = at.into();
        }
    }
}

#[test]
fn a_build_is_a_trace_below_its_parent() {
    let (url, collector) = collector(1, "200 OK", "{\"partialSuccess\":{\"rejectedSpans\":\"0\"}}");
    let settings = settings(&url, |variables| {
        variables.traceparent = Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned());
        variables.tracestate = Some("vendor=1".to_owned());
        variables.headers = Some("x-token=a%20b".to_owned());
        variables.service = Some("ours".to_owned());
    });
    send(&example::failed(), &settings).unwrap();
    let mut request = collector.join().unwrap().remove(0);
    assert_eq!(request.line, "POST /v1/traces HTTP/1.1");
    let headers = request.headers.join("\n").to_lowercase();
    assert!(headers.contains("content-type: application/json"), "{headers}");
    assert!(headers.contains("x-token: a b"), "{headers}");
    let spans = request.body["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array_mut().unwrap();
    without_ids(spans);
    request.body["resourceSpans"][0]["scopeSpans"][0]["scope"]["version"] = "[version]".into();
    insta::assert_snapshot!(serde_json::to_string_pretty(&request.body).unwrap());
}

#[test]
fn a_trace_without_a_parent_has_an_id_of_its_own() {
    let (url, collector) = collector(2, "200 OK", "{}");
    for _ in 0..2 {
        send(&example::failed(), &settings(&url, |_| ())).unwrap();
    }
    let requests = collector.join().unwrap();
    let root = |request: &Request| request.body["resourceSpans"][0]["scopeSpans"][0]["spans"][0].clone();
    let roots: Vec<Value> = requests.iter().map(root).collect();
    assert_ne!(roots[0]["traceId"], roots[1]["traceId"]);
    for root in roots {
        assert_eq!(root["traceId"].as_str().unwrap().len(), 32);
        assert_eq!(root["spanId"].as_str().unwrap().len(), 16);
        assert_eq!(root.get("parentSpanId"), None);
    }
}

#[test]
fn a_large_build_goes_in_pieces() {
    let mut build = example::failed();
    let step = build.record.steps[1].clone();
    build.record.steps.extend(std::iter::repeat_n(step, BATCH));
    let (url, collector) = collector(2, "200 OK", "");
    send(&build, &settings(&url, |_| ())).unwrap();
    let spans =
        |request: &Request| request.body["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap().len();
    let sent: Vec<usize> = collector.join().unwrap().iter().map(spans).collect();
    assert_eq!(sent, [BATCH, 13]);
}

#[test]
fn a_refusal_is_told() {
    let check = |status: &'static str, answer: &'static str, expect: &str| {
        let (url, collector) = collector(1, status, answer);
        let error = send(&example::failed(), &settings(&url, |_| ())).unwrap_err();
        collector.join().unwrap();
        assert_eq!(error.to_string(), format!("`{url}/v1/traces` refused the trace: {expect}"));
    };
    check("401 Unauthorized", "", "401 Unauthorized");
    check("200 OK", "{\"partialSuccess\":{\"rejectedSpans\":\"7\",\"errorMessage\":\"full\"}}", "full");
}

#[test]
fn nobody_waits_for_a_collector() {
    // It takes the connection, and never answers.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let began = Instant::now();
    let error = send(&example::failed(), &settings(&url, |variables| variables.timeout = Some("100".to_owned())));
    assert!(matches!(error, Err(SendError::Unreached { .. })), "{error:?}");
    assert!(began.elapsed() < Duration::from_secs(20), "it ends by its own time-out");
    drop(listener);
    let error = send(&example::failed(), &settings(&url, |_| ()));
    assert!(matches!(error, Err(SendError::Unreached { .. })), "{error:?}");
}

#[test]
fn a_password_in_the_endpoint_is_not_told() {
    let with_password = |url: &str| url.replace("http://", "http://me:hunter@");
    let (url, collector) = collector(1, "401 Unauthorized", "");
    let refused = send(&example::failed(), &settings(&with_password(&url), |_| ())).unwrap_err();
    collector.join().unwrap();
    let unreached = send(&example::failed(), &settings(&with_password(&url), |_| ())).unwrap_err();
    for error in [refused, unreached] {
        let (message, data) = (error.to_string(), format!("{error:?}"));
        assert!(message.contains("://***@127.0.0.1") && !data.contains("hunter"), "{message}");
    }
}
