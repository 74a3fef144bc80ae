//! The report for CI servers: a suite for each target, a case for each step, in JUnit's XML.
//!
//! Nobody has specified that format. What is written here is valid by the schema of Jenkins' xUnit plugin, `junit-10.xsd`, which has no
//! place for a case's file and line; they are in the text of a failure.

use super::utc::utc;
use crate::event::{Cause, Failure, Outcome};
use crate::history::{Build, End, How, StepRecord};
use crate::ui::escape;
use indexmap::IndexMap;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::time::Duration;

/// A build as a JUnit report. Steps that were not run are skipped cases; what stopped the build and was no step is a case of its own.
#[must_use]
pub fn junit(build: &Build) -> String {
    let mut suites: IndexMap<&str, Vec<(&StepRecord, &End)>> = IndexMap::new();
    for record in &build.record.steps {
        if let Some(end) = &record.end {
            suites.entry(&record.step.target).or_default().push((record, end));
        }
    }
    let cases = suites.values().map(Vec::len).sum::<usize>() + usize::from(build.error.is_some());
    let all = suites.values().flatten();
    let failures = all.clone().filter(|(_, end)| matches!(end.how, How::Failed(_))).count();
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    xml.open(
        0,
        "testsuites",
        &[
            ("name", &build.targets.join(" ")),
            ("tests", &cases.to_string()),
            ("failures", &failures.to_string()),
            ("errors", &usize::from(build.error.is_some()).to_string()),
            ("time", &seconds(build.took)),
        ],
    );
    for (target, steps) in &suites {
        suite(&mut xml, build, target, steps);
    }
    if let Some(error) = &build.error {
        stopped_by(&mut xml, build, error);
    }
    xml.close(0, "testsuites");
    xml
}

/// A suite for a target; it has at least one step.
fn suite(xml: &mut String, build: &Build, target: &str, steps: &[(&StepRecord, &End)]) {
    let count = |wanted: fn(&How) -> bool| steps.iter().filter(|(_, end)| wanted(&end.how)).count().to_string();
    let began = steps.iter().filter_map(|(step, _)| step.began()).min();
    xml.open(
        1,
        "testsuite",
        &[
            ("name", target),
            ("tests", &steps.len().to_string()),
            ("failures", &count(|how| matches!(how, How::Failed(_)))),
            ("errors", "0"),
            ("skipped", &count(|how| matches!(how, How::Cancelled))),
            ("time", &seconds(steps.iter().filter_map(|(step, _)| step.ran()).sum())),
            ("timestamp", &utc(build.began + began.unwrap_or_default())),
            ("file", &steps[0].0.step.location.file),
        ],
    );
    // Servers take cases of one name for the same case.
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for (record, end) in steps {
        let step = &record.step;
        let number = seen.entry(&step.name).and_modify(|number| *number += 1).or_insert(1);
        let name = if *number == 1 { step.name.to_string() } else { format!("{} ({number})", step.name) };
        let attributes = [("classname", target), ("name", &name), ("time", &seconds(record.ran().unwrap_or_default()))];
        match &end.how {
            How::Done => xml.empty(2, "testcase", &attributes),
            How::Cached => {
                xml.open(2, "testcase", &attributes);
                xml.text(3, "system-out", &[], "cached");
                xml.close(2, "testcase");
            }
            How::Failed(failure) => {
                xml.open(2, "testcase", &attributes);
                failed(xml, failure);
                xml.close(2, "testcase");
            }
            How::Cancelled => {
                let why = if record.was_skipped() { "the build ended before it ran" } else { "it was stopped" };
                xml.open(2, "testcase", &attributes);
                xml.empty(3, "skipped", &[("message", why)]);
                xml.close(2, "testcase");
            }
        }
    }
    xml.close(1, "testsuite");
}

fn failed(xml: &mut String, failure: &Failure) {
    let (kind, message) = match &failure.cause {
        Cause::ExitCode(code) => ("exit code", format!("exit code {code}")),
        Cause::Message(text) => ("error", text.clone()),
    };
    let mut text = vec![format!("{}: {message}", failure.step.location)];
    text.extend(failure.last_output.iter().map(|line| escape::strip(line)));
    text.extend(failure.help.iter().map(|help| format!("hint: {help}")));
    xml.text(3, "failure", &[("type", kind), ("message", &message)], &text.join("\n"));
}

/// A suite for what stopped the build, where that was no step.
fn stopped_by(xml: &mut String, build: &Build, error: &str) {
    let name = match build.outcome {
        Outcome::Interrupted => "interrupted",
        Outcome::Succeeded | Outcome::Failed => "build",
    };
    let counts = [("name", "rbuild"), ("tests", "1"), ("failures", "0"), ("errors", "1"), ("skipped", "0")];
    xml.open(1, "testsuite", &counts);
    xml.open(2, "testcase", &[("classname", "rbuild"), ("name", name), ("time", &seconds(build.took))]);
    xml.text(3, "error", &[("type", "error"), ("message", error)], error);
    xml.close(2, "testcase");
    xml.close(1, "testsuite");
}

/// Seconds with three digits behind the point.
fn seconds(duration: Duration) -> String {
    format!("{}.{:03}", duration.as_secs(), duration.subsec_millis())
}

/// Writing XML, a line for each tag.
trait Xml {
    fn tag(&mut self, depth: usize, name: &str, attributes: &[(&str, &str)]);
    fn open(&mut self, depth: usize, name: &str, attributes: &[(&str, &str)]);
    fn close(&mut self, depth: usize, name: &str);
    fn empty(&mut self, depth: usize, name: &str, attributes: &[(&str, &str)]);
    fn text(&mut self, depth: usize, name: &str, attributes: &[(&str, &str)], text: &str);
}

impl Xml for String {
    fn tag(&mut self, depth: usize, name: &str, attributes: &[(&str, &str)]) {
        self.push_str(&"  ".repeat(depth));
        self.push('<');
        self.push_str(name);
        for (name, value) in attributes {
            write!(self, " {name}=\"{}\"", escaped(value)).expect("a string takes all that is written");
        }
    }

    fn open(&mut self, depth: usize, name: &str, attributes: &[(&str, &str)]) {
        self.tag(depth, name, attributes);
        self.push_str(">\n");
    }

    fn close(&mut self, depth: usize, name: &str) {
        writeln!(self, "{}</{name}>", "  ".repeat(depth)).expect("a string takes all that is written");
    }

    fn empty(&mut self, depth: usize, name: &str, attributes: &[(&str, &str)]) {
        self.tag(depth, name, attributes);
        self.push_str("/>\n");
    }

    fn text(&mut self, depth: usize, name: &str, attributes: &[(&str, &str)], text: &str) {
        self.tag(depth, name, attributes);
        writeln!(self, ">{}</{name}>", escaped(text)).expect("a string takes all that is written");
    }
}

/// Text as it may stand in content and in attributes. Characters that XML 1.0 does not have (section 2.2) become `U+FFFD`.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' => out.push(character),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            _ if character < ' ' => out.push('\u{fffd}'),
            _ => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::example;

    #[test]
    fn a_build_is_suites_of_cases() {
        insta::assert_snapshot!(junit(&example::failed()));
    }

    #[test]
    fn what_stopped_a_build_is_a_case() {
        let build = Build { error: Some("no space left on `/`".to_owned()), ..example::failed() };
        let xml = junit(&build);
        assert!(xml.contains("errors=\"1\""), "{xml}");
        let case = "    <testcase classname=\"rbuild\" name=\"build\" time=\"12.500\">\n      \
                    <error type=\"error\" message=\"no space left on `/`\">no space left on `/`</error>\n";
        assert!(xml.contains(case), "{xml}");
    }

    #[test]
    fn text_stays_text() {
        let check = |text: &str, expect: &str| assert_eq!(escaped(text), expect, "{text:?}");
        check("a < b && c > \"d\"", "a &lt; b &amp;&amp; c &gt; &quot;d&quot;");
        check("]]>", "]]&gt;");
        check("bell \u{7} and \u{1b}[31m", "bell \u{fffd} and \u{fffd}[31m");
        check("größe\tläuft\n", "größe\tläuft\n");
    }
}
