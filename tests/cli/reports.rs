//! `--timings`, `--report` and `--otel`.

use super::project::Project;
use super::schema::Schema;
use rustix::process::Signal;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::thread::JoinHandle;

const SECRET: &str = "hunter2hunter2";

fn json(project: &Project, path: &str) -> Value {
    let text = project.read(path).expect("the report was written");
    let report = serde_json::from_str(&text).expect("the report is JSON");
    Schema::report().check(&report).unwrap_or_else(|fault| panic!("{fault}"));
    report
}

/// The step with a command like this.
fn step<'a>(report: &'a Value, name: &str) -> (u64, &'a Value) {
    let steps = report["steps"].as_array().expect("steps are a list");
    let found = (0..).zip(steps).find(|(_, step)| step["name"].as_str().is_some_and(|own| own.starts_with(name)));
    found.unwrap_or_else(|| panic!("no step `{name}` in {report:#}"))
}

fn ran_ms(step: &Value) -> u64 {
    step["ran_ms"].as_u64().unwrap_or_else(|| panic!("it ran: {step:#}"))
}

#[test]
fn a_failed_build_is_told_in_every_way() {
    let project = Project::new().buildfile(
        "
FROM busybox
build:
  RUN : %nonce%; sleep 0.3; echo built > /out
  SAVE ARTIFACT /out
test:
  COPY +build/out /
  RUN --secret TOKEN : %nonce%; echo \"</script> $TOKEN\"; sleep 0.2; exit 3
  RUN : %nonce%; echo never
",
    );
    let reports = ["--report", "junit=out/ci/junit.xml", "--report", "json=out/report.json", "--timings"];
    let secret = format!("TOKEN={SECRET}");
    let arguments = [&reports[..], &["--secret", &secret, "+test"]].concat();
    let outcome = project.start_with(&arguments).finish().code(1);
    let outcome = outcome.stderr_contains("the timeline is in rbuild-timing.html");

    let report = json(&project, "out/report.json");
    assert_eq!(report["v"], 1);
    assert_eq!(report["outcome"], "failed", "{outcome}");
    assert_eq!(report["targets"], serde_json::json!(["+test"]));
    assert_eq!(report["error"], Value::Null);
    let (built, build) = step(&report, "RUN : %nonce%; sleep");
    let (copied, copy) = step(&report, "COPY");
    let (failed, test) = step(&report, "RUN --secret");
    let (_, never) = step(&report, "RUN : %nonce%; echo never");
    assert_eq!(build["outcome"], "done");
    assert!((300..=report["took_ms"].as_u64().expect("a number")).contains(&ran_ms(build)), "{report:#}");
    assert_eq!(test["failure"]["exit_code"], 3);
    assert_eq!(test["failure"]["last_output"], serde_json::json!(["</script> ***"]));
    assert_eq!(test["location"]["line"], 8);
    assert!(test["output_bytes"].as_u64() > Some(20), "{test:#}");
    let log = test["log"].as_str().expect("it printed something");
    assert_eq!(std::fs::read_to_string(log).expect("the log is there"), "</script> ***\n");
    assert_eq!(build["log"], Value::Null, "it printed nothing");
    assert_eq!(never["outcome"], "skipped");
    assert_eq!(never["spans"], serde_json::json!([]));
    // Each step is behind what it needs, and the way that took longest goes through both that ran.
    let needs = |step: &Value, other: u64| step["needs"].as_array().expect("a list").contains(&other.into());
    assert!(needs(test, copied) || needs(copy, built), "{report:#}");
    let path: Vec<u64> = report["critical_path"].as_array().expect("a list").iter().filter_map(Value::as_u64).collect();
    assert!(path.contains(&built) && path.last() == Some(&failed), "{report:#}");
    let running = |step: &Value| {
        let spans = step["spans"].as_array().expect("a list");
        let span = spans.iter().find(|span| span["kind"] == "running").expect("it ran");
        (span["from_ms"].as_u64(), span["to_ms"].as_u64())
    };
    assert!(running(build).1 <= running(test).0, "{report:#}");

    let junit = project.read("out/ci/junit.xml").expect("the report was written");
    assert!(junit.contains("<testsuite name=\"+test\""), "{junit}");
    assert!(
        junit.contains(
            "<failure type=\"exit code\" message=\"exit code 3\">Buildfile:8:3: exit code 3\n&lt;/script&gt; ***"
        ),
        "{junit}"
    );
    assert!(junit.contains("<skipped message=\"the build ended before it ran\"/>"), "{junit}");

    let page = project.read("rbuild-timing.html").expect("the page was written");
    assert!(
        page.contains("<title>failed +test – rbuild</title>") && page.contains("RUN : %nonce%; echo never"),
        "{page}"
    );
    assert!(page.contains(r"\u003c/script\u003e ***"), "{page}");
    for text in [&junit, &page, &report.to_string(), &outcome.report()] {
        assert!(!text.contains(SECRET), "{text}");
    }
    assert_eq!(project.list("."), ["Buildfile", "out", "rbuild-timing.html"]);
}

#[test]
fn waits_are_told_with_what_was_waited_for() {
    let project = Project::new().buildfile(
        "
FROM busybox
all:
  BUILD +one
  BUILD +two
one:
  CACHE --id %nonce% /shared
  RUN : one %nonce%; sleep 0.5
two:
  CACHE --id %nonce% /shared
  RUN : two %nonce%; sleep 0.5
",
    );
    project.rbuild(["-j", "4", "--report", "json=locks.json", "+all"]).success();
    let report = json(&project, "locks.json");
    let spans =
        report["steps"].as_array().expect("a list").iter().flat_map(|step| step["spans"].as_array().expect("a list"));
    let locks: Vec<&Value> = spans.filter(|span| span["kind"] == "waiting_for_lock").collect();
    let lock = locks.iter().filter_map(|span| span["lock"].as_str()).next().unwrap_or_default();
    assert!(lock.starts_with("cache ") && lock.contains("%nonce%"), "{report:#}");

    let project = project.checkout();
    project.write(
        "Buildfile",
        &project.read("Buildfile").expect("is there").replace("CACHE --id %nonce% /shared", "RUN :"),
    );
    project.rbuild(["-j", "1", "--report", "json=slots.json", "+all"]).success();
    let report = json(&project, "slots.json");
    assert_eq!(report["limit"], 1);
    assert!(report.to_string().contains("\"waiting_for_slot\""), "{report:#}");
    // All is cached the second time, and then nothing takes time.
    project.rbuild(["--report", "json=cached.json", "+all"]).success();
    let report = json(&project, "cached.json");
    assert_eq!(step(&report, "RUN : one").1["outcome"], "cached", "{report:#}");
    assert_eq!(report["critical_path"], serde_json::json!([]));
}

#[test]
fn an_interrupted_build_is_told() {
    let project =
        Project::new().buildfile("FROM busybox\nt:\n  RUN echo here-is-%nonce%; sleep 600\n  RUN : %nonce% later\n");
    let mut running = project.start(["--report", "json=r.json", "--report", "junit=r.xml", "--timings=t.html", "+t"]);
    running.wait_for(&project.fill("| here-is-%nonce%"));
    running.signal(Signal::INT);
    running.finish().code(130);
    let report = json(&project, "r.json");
    assert_eq!(report["outcome"], "interrupted");
    let stopped = step(&report, "RUN echo").1;
    assert_eq!(stopped["outcome"], "cancelled", "{report:#}");
    assert!(stopped["ran_ms"].is_u64(), "{report:#}");
    assert_eq!(step(&report, "RUN : %nonce% later").1["outcome"], "skipped");
    assert!(project.read("r.xml").expect("is written").contains("the build was interrupted"));
    assert!(project.read("t.html").expect("is written").contains("<title>interrupted +t"));
}

/// A build that needs no engine.
fn local() -> Project {
    Project::new().buildfile("VERSION 0.8\nt:\n  LOCALLY\n  RUN echo done\n")
}

#[test]
fn a_report_that_cannot_be_written_is_an_error_of_this_machine() {
    let project = local();
    project.rbuild(["--report", "json=Buildfile/r.json", "+t"]).code(4).stderr_contains("cannot make `Buildfile`");
    project.rbuild(["--report", "html=x", "+t"]).code(2).stderr_contains("there is no format `html`");
    project.rbuild(["--report", "junit", "+t"]).code(2).stderr_contains("name the file: `junit=FILE`");
}

#[test]
fn the_timeline_may_be_asked_for_behind_the_target() {
    let project = local();
    project.rbuild(["+t", "--timings"]).success();
    assert_eq!(project.list("."), ["Buildfile", "rbuild-timing.html"]);
}

/// A collector that takes one request, and the URL at which it listens.
fn collector() -> (String, JoinHandle<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let url = format!("http://{}", listener.local_addr().expect("it listens"));
    let thread = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("somebody sends");
        let mut reader = BufReader::new(stream.try_clone().expect("can be read"));
        let mut length = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).expect("can be read");
            if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().expect("a length");
            }
            if line.trim().is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).expect("can be read");
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").expect("can be answered");
        serde_json::from_slice(&body).expect("the trace is JSON")
    });
    (url, thread)
}

#[test]
fn a_build_is_sent_as_a_trace() {
    let (url, collector) = collector();
    let project = local()
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", &url)
        .env("OTEL_SERVICE_NAME", "ours")
        .env("TRACEPARENT", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    // Without the option nothing is sent: the collector gets the second build.
    project.rbuild(["+t"]).success();
    project.rbuild(["--otel", "+t"]).success().stderr_lacks("warning");
    let trace = collector.join().expect("it got a request");
    let resource = &trace["resourceSpans"][0];
    assert_eq!(resource["resource"]["attributes"][0]["value"]["stringValue"], "ours");
    let spans = resource["scopeSpans"][0]["spans"].as_array().expect("a list");
    let names: Vec<&str> = spans.iter().filter_map(|span| span["name"].as_str()).collect();
    assert_eq!(names[..2], ["rbuild +t", "+t"]);
    assert!(names.contains(&"RUN echo done"), "{trace:#}");
    assert!(spans.iter().all(|span| span["traceId"] == "4bf92f3577b34da6a3ce929d0e0e4736"), "{trace:#}");
    assert_eq!(spans[0]["parentSpanId"], "00f067aa0ba902b7");
    assert_eq!(spans[1]["parentSpanId"], spans[0]["spanId"]);
}

#[test]
fn no_build_fails_for_its_trace() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let url = format!("http://{}", listener.local_addr().expect("it listens"));
    // It never answers.
    let project = local().env("OTEL_EXPORTER_OTLP_ENDPOINT", &url).env("OTEL_EXPORTER_OTLP_TIMEOUT", "100");
    project.rbuild(["--otel", "+t"]).success().stderr_contains("warning: the trace could not be sent to");
    let project = project.env("TRACEPARENT", "mine");
    project.rbuild(["--otel", "+t"]).code(2).stderr_contains("no W3C trace context");
    project.rbuild(["+t"]).success();
    drop(listener);
}
