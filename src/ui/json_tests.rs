use super::*;
use crate::event::StepPhase;
use crate::source::Span;
use crate::ui::script::{self, cached, fails, moves, play, says, step};
use proptest::prelude::*;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const DOCS: &str = include_str!("../../docs/progress.md");

/// One event of each kind and state, as the code writes them.
fn everything() -> String {
    let run = step("+a", "RUN make", 1);
    let mut script = script::success();
    script.extend(script::lock_wait());
    script.extend(script::shared_machine());
    script.extend(cached());
    script.extend(script::skipped());
    script.push((0, fails(&run, 1, Cause::ExitCode(1), &["x"], Some("help"))));
    script.push((0, moves(&run, StepState::Cancelled)));
    script.push((0, Event::Phase { step: run.clone(), phase: StepPhase::Load }));
    let mut sources = Sources::default();
    let file = sources.add("Buildfile", "RUNN");
    let fault = Diagnostic::error("code", Span::new(file, 0, 4), "message").remark("here").help("help");
    play(&mut Json::new(Masks::default()), &script)
        + &json_diagnostics(&sources, &[fault])
        + &json_error("message", Some("help"))
}

/// The type of a value, and for objects and lists that of what they hold.
fn shape(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) => "boolean".to_owned(),
        Value::Number(_) => "number".to_owned(),
        Value::String(_) => "string".to_owned(),
        Value::Array(all) => format!("[{}]", all.first().map(shape).unwrap_or_default()),
        Value::Object(fields) => {
            let fields: Vec<_> = fields.iter().map(|(name, value)| format!("{name}: {}", shape(value))).collect();
            format!("{{{}}}", fields.join(", "))
        }
    }
}

/// For each kind (and state, for steps), the shapes of its lines; without `v`, which depends on the order.
fn kinds<'a>(lines: impl Iterator<Item = &'a str>) -> BTreeMap<String, BTreeSet<String>> {
    let mut kinds: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in lines {
        let mut value: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let fields = value.as_object_mut().expect("each line is an object");
        fields.remove("v");
        let name = |field: &str| fields.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
        let kind = format!("{} {}", name("event"), name("state"));
        kinds.entry(kind).or_default().insert(shape(&value));
    }
    kinds
}

#[test]
fn the_documentation_shows_what_is_written() {
    let mut inside = false;
    let examples = DOCS.lines().filter(|line| {
        let fence = line.starts_with("```");
        inside = if fence { *line == "```json" } else { inside };
        inside && !fence
    });
    let documented = kinds(examples);
    let emitted = kinds(everything().lines());
    assert_eq!(documented.keys().collect::<Vec<_>>(), emitted.keys().collect::<Vec<_>>());
    for (kind, shapes) in &documented {
        assert!(shapes.is_subset(&emitted[kind]), "{kind}: {shapes:#?} is not in {:#?}", emitted[kind]);
    }
    for kind in emitted.keys() {
        let heading = format!("### `{}`", kind.split(' ').next().unwrap_or_default());
        assert!(DOCS.contains(&heading), "{heading} is missing");
    }
}

#[test]
fn scripted_builds() {
    for (name, script) in script::all() {
        insta::assert_snapshot!(format!("json_{name}"), play(&mut Json::new(Masks::default()), &script));
    }
}

#[test]
fn only_the_first_line_has_the_version() {
    let text = play(&mut Json::new(Masks::default()), &script::failure());
    assert!(text.starts_with(r#"{"v":1,"event":"started","ms":0,"#), "{text}");
    assert_eq!(text.matches(r#""v":"#).count(), 1, "{text}");
}

#[test]
fn secrets_are_masked_before_they_are_escaped() {
    let run = step("+a", "RUN make \"quo\"ted", 1);
    let script = vec![(0, says(&run, "a \"quo")), (1, says(&run, "\"ted b\n")), (2, moves(&run, StepState::Running))];
    let text = play(&mut Json::new(Masks::new(["\"quo\"ted"])), &script);
    assert_eq!(text.matches("***").count(), 2, "{text}");
    assert!(!text.contains("quo"), "{text}");
}

proptest! {
    #[test]
    fn joined_texts_are_what_was_printed(chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 0..9)) {
        let run = step("+a", "RUN make", 1);
        let output = |bytes: &Vec<u8>| (0, Event::Output { step: run.clone(), stream: Stream::Stdout, bytes: bytes.clone() });
        let mut script: script::Script = chunks.iter().map(output).collect();
        script.push((1, moves(&run, StepState::Cached)));
        let shown = play(&mut Json::new(Masks::default()), &script);
        let values = shown.lines().map(|line| serde_json::from_str::<Value>(line).expect("each line is JSON"));
        let texts: String = values.filter_map(|value| Some(value.get("text")?.as_str()?.to_owned())).collect();
        prop_assert_eq!(texts, String::from_utf8_lossy(&chunks.concat()).into_owned());
    }
}
