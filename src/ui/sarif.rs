//! Diagnostics for code scanning: SARIF 2.1.0
//! (<https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>).

use crate::diagnostic::{Diagnostic, Label, Severity};
use crate::source::{Sources, Span};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What is told about a kind of diagnostic.
#[derive(Debug, Clone, Copy)]
pub struct SarifRule<'a> {
    /// The code of its diagnostics.
    pub code: &'a str,
    /// How bad it is by itself.
    pub severity: Severity,
    /// What it finds, in one line.
    pub summary: &'a str,
    /// Why that is trouble.
    pub explanation: &'a str,
}

/// A log with one run. `rules` tell about codes; those of others are named only. Paths are as in `sources`: relative to the user's
/// directory.
#[must_use]
pub fn sarif(sources: &Sources, diagnostics: &[Diagnostic], rules: &[SarifRule<'_>]) -> String {
    let known: BTreeSet<&str> = rules.iter().map(|rule| rule.code).collect();
    let others: BTreeSet<&str> =
        diagnostics.iter().map(|diagnostic| diagnostic.code).filter(|code| !known.contains(code)).collect();
    let described = rules.iter().map(|rule| {
        json!({
            "id": rule.code,
            "shortDescription": { "text": rule.summary },
            "fullDescription": { "text": rule.explanation },
            "defaultConfiguration": { "level": level(rule.severity) },
        })
    });
    let codes: Vec<&str> = rules.iter().map(|rule| rule.code).chain(others.iter().copied()).collect();
    let results: Vec<Value> = diagnostics.iter().map(|diagnostic| result(sources, diagnostic, &codes)).collect();
    let rules: Vec<Value> = described.chain(others.into_iter().map(|code| json!({ "id": code }))).collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "rbuild", "version": env!("CARGO_PKG_VERSION"), "rules": rules } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{log:#}\n")
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// `codes` are those of the rules, in their order.
fn result(sources: &Sources, diagnostic: &Diagnostic, codes: &[&str]) -> Value {
    let text = match &diagnostic.help {
        Some(help) => format!("{}\nhelp: {help}", diagnostic.message),
        None => diagnostic.message.clone(),
    };
    let mut labels = diagnostic.labels.iter();
    let places: Vec<Value> = labels.next().map(|main| place(sources, main.span)).into_iter().collect();
    let mut result = json!({
        "ruleId": diagnostic.code,
        "ruleIndex": codes.iter().position(|code| *code == diagnostic.code),
        "level": level(diagnostic.severity),
        "message": { "text": text },
        "locations": places,
    });
    let related: Vec<Value> = labels.map(|label| related(sources, label)).collect();
    if !related.is_empty() {
        result["relatedLocations"] = related.into();
    }
    result
}

fn related(sources: &Sources, label: &Label) -> Value {
    let mut place = place(sources, label.span);
    if !label.text.is_empty() {
        place["message"] = json!({ "text": label.text });
    }
    place
}

fn place(sources: &Sources, span: Span) -> Value {
    let start = sources.location(span);
    let end = sources.location(Span { start: span.end, ..span });
    json!({
        "physicalLocation": {
            "artifactLocation": { "uri": uri(&start.file) },
            "region": {
                "startLine": start.line,
                "startColumn": start.column,
                "endLine": end.line,
                "endColumn": end.column,
            },
        },
    })
}

/// A path as a relative URI reference (RFC 3986, 4.2).
fn uri(path: &str) -> String {
    let mut uri = String::new();
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(char::from(byte)),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_names_rules_places_and_levels() {
        let mut sources = Sources::default();
        let file = sources.add("a b/Buildfile", "FROM x\nRUN ü y\n");
        let fault = Diagnostic::warning("old-news", Span::new(file, 11, 15), "it is old")
            .label(Span::new(file, 0, 4), "since here")
            .help("remove it");
        let rule =
            SarifRule { code: "a-rule", severity: Severity::Error, summary: "finds", explanation: "because of this" };
        let log: Value = serde_json::from_str(&sarif(&sources, &[fault], &[rule])).unwrap();
        assert_eq!(log["version"], "2.1.0");
        let run = &log["runs"][0];
        let rules = &run["tool"]["driver"]["rules"];
        assert_eq!((&rules[0]["id"], &rules[1]["id"]), (&json!("a-rule"), &json!("old-news")));
        assert_eq!(rules[0]["defaultConfiguration"]["level"], "error");
        let result = &run["results"][0];
        assert_eq!((&result["ruleId"], &result["level"]), (&json!("old-news"), &json!("warning")));
        assert_eq!(result["message"]["text"], "it is old\nhelp: remove it");
        let physical = &result["locations"][0]["physicalLocation"];
        assert_eq!(physical["artifactLocation"]["uri"], "a%20b/Buildfile");
        let region = json!({ "startLine": 2, "startColumn": 5, "endLine": 2, "endColumn": 8 });
        assert_eq!(physical["region"], region);
        assert_eq!(result["relatedLocations"][0]["message"]["text"], "since here");
    }
}
