//! How an rbuild process ended, and what it said.

use super::schema::Schema;
use serde_json::Value;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

/// The end of a process. The methods that assert show everything that it said when they fail.
#[derive(Debug)]
pub struct Outcome {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
    pub took: Duration,
    redactions: Vec<(String, &'static str)>,
}

impl Outcome {
    /// What was collected, and what whole-output snapshots replace in it.
    pub fn new(
        status: ExitStatus,
        stdout: String,
        stderr: String,
        redactions: Vec<(String, &'static str)>,
        took: Duration,
    ) -> Self {
        Self { status, stdout, stderr, took, redactions }
    }

    /// It ended well.
    #[track_caller]
    pub fn success(self) -> Self {
        self.code(0)
    }

    /// It ended with an exit code.
    #[track_caller]
    pub fn code(self, code: i32) -> Self {
        assert_eq!(self.status.code(), Some(code), "{} {:?}\n{self}", self.status, self.status.signal());
        self
    }

    /// It said something on standard error.
    #[track_caller]
    pub fn stderr_contains(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "does not say `{text}`:\n{self}");
        self
    }

    /// It did not say something on standard error.
    #[track_caller]
    pub fn stderr_lacks(self, text: &str) -> Self {
        assert!(!self.stderr.contains(text), "says `{text}`:\n{self}");
        self
    }

    /// What a target's lines say, in order, of plain output: its steps as `--> …` and what they printed.
    pub fn lines_of(&self, target: &str) -> Vec<&str> {
        let of = |line| str::split_once(line, " | ").filter(|(name, _)| name.trim_end() == target);
        self.stderr.lines().filter_map(|line| Some(of(line)?.1)).collect()
    }

    /// What the steps of a target printed, in order, of plain output.
    pub fn printed_by(&self, target: &str) -> Vec<&str> {
        let ours = |line: &&str| !line.contains("--> ");
        self.lines_of(target).into_iter().filter(ours).collect()
    }

    /// The objects of `--progress=json`, which all fit the schema of its lines.
    #[track_caller]
    pub fn events(&self) -> Vec<Value> {
        let schema = Schema::progress();
        let parse = |line| {
            let event = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in `{line}`:\n{self}"));
            schema.check(&event).unwrap_or_else(|fault| panic!("{fault}"));
            event
        };
        self.stderr.lines().map(parse).collect()
    }

    /// The names of the steps that ended in a state, in order, of `--progress=json`.
    pub fn steps(&self, state: &str) -> Vec<String> {
        let events = self.events();
        let steps = events.iter().filter(|event| event["event"] == "step" && event["state"] == state);
        steps.filter_map(|step| Some(step["name"].as_str()?.to_owned())).collect()
    }

    /// How many files went to the engine in all, of `--progress=json`.
    pub fn files_sent(&self) -> u64 {
        self.events()
            .iter()
            .filter(|event| event["event"] == "context_sent")
            .filter_map(|event| event["files"].as_u64())
            .sum()
    }

    /// Nothing ran: every step was there already. Of `--progress=json`.
    #[track_caller]
    pub fn all_cached(self) -> Self {
        for state in ["running", "done", "failed"] {
            assert!(self.steps(state).is_empty(), "{state}: {:?}\n{self}", self.steps(state));
        }
        let events = self.events();
        let last = events.last().expect("a build says something");
        assert_eq!(last["event"], "finished", "{self}");
        assert_eq!(last["steps"], last["cached"], "{self}");
        self
    }

    /// Everything, with what differs from run to run replaced, for snapshots.
    pub fn report(&self) -> String {
        let mut text = String::new();
        for (title, part) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !part.is_empty() {
                text.push_str(&format!("--- {title}\n{part}"));
            }
        }
        for (value, name) in &self.redactions {
            text = text.replace(value, name);
        }
        let lines = text.lines().map(|line| durations(&engine_version(&log(line))));
        let code = self.status.code().map_or("signal".to_owned(), |code| code.to_string());
        format!("exit {code}\n{}", lines.collect::<Vec<_>>().join("\n"))
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}\n--- stdout\n{}\n--- stderr\n{}", self.status, self.stdout, self.stderr)
    }
}

/// A line that names a log, without the name.
fn log(line: &str) -> String {
    const FRONT: &str = "all that it printed: ";
    if line.starts_with(FRONT) { format!("{FRONT}[LOG]") } else { line.to_owned() }
}

/// `Docker 28.5.2+dfsg4 at` without its version.
fn engine_version(line: &str) -> String {
    match line.split_once("Docker ").and_then(|(before, rest)| Some((before, rest.split_once(" at ")?.1))) {
        Some((before, rest)) => format!("{before}Docker [VERSION] at {rest}"),
        None => line.to_owned(),
    }
}

/// `in 1.2 s`, `in 56 ms`, `in 2 min 3 s` with `[TIME]` instead; `after` too.
fn durations(line: &str) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    let number = |word: &str| word.parse::<f64>().is_ok();
    let unit = |word: &str| matches!(word.trim_end_matches([':', ',', '.']), "ms" | "s" | "min" | "h");
    let mut out: Vec<String> = Vec::new();
    let mut rest = words.as_slice();
    while let Some((first, others)) = rest.split_first() {
        match others.split_first() {
            Some((second, after)) if number(first) && unit(second) => {
                let tail = second.trim_start_matches(char::is_alphabetic);
                if out.last().is_some_and(|last| last == "[TIME]") {
                    out.pop();
                }
                out.push(format!("[TIME]{tail}"));
                rest = after;
            }
            _ => {
                out.push((*first).to_owned());
                rest = others;
            }
        }
    }
    out.join(" ")
}
