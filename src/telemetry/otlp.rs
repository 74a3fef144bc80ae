//! Spans in the JSON encoding of OTLP: <https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>. Ids are hexadecimal, 64-bit
//! numbers are texts, enumerations are numbers; the messages are those of `opentelemetry/proto/trace/v1/trace.proto`.

use super::settings::Settings;
use super::spans::{Span, Value};
use serde_json::{Map, Value as Json, json};
use std::time::Duration;

/// `SPAN_KIND_INTERNAL`
const INTERNAL: u32 = 1;
/// `STATUS_CODE_ERROR`
const ERROR: u32 = 2;

/// The body of a request `ExportTraceServiceRequest`.
#[must_use]
pub fn encode(spans: &[Span], trace: &str, settings: &Settings) -> Vec<u8> {
    let resource: Vec<Json> =
        settings.resource.iter().map(|(name, value)| attribute(name, &Value::Text(value.clone()))).collect();
    let body = json!({
        "resourceSpans": [{
            "resource": { "attributes": resource },
            "scopeSpans": [{
                "scope": { "name": "rbuild", "version": env!("CARGO_PKG_VERSION") },
                "spans": spans.iter().map(|span| encoded(span, trace, settings)).collect::<Vec<Json>>(),
            }],
        }],
    });
    body.to_string().into_bytes()
}

fn encoded(span: &Span, trace: &str, settings: &Settings) -> Json {
    let events = span.events.iter().map(|event| {
        json!({ "timeUnixNano": nanos(event.at), "name": event.name, "attributes": attributes(&event.attributes) })
    });
    let mut encoded = Map::from_iter([
        ("traceId".to_owned(), json!(trace)),
        ("spanId".to_owned(), json!(span.id)),
        ("name".to_owned(), json!(span.name)),
        ("kind".to_owned(), json!(INTERNAL)),
        ("startTimeUnixNano".to_owned(), json!(nanos(span.from))),
        ("endTimeUnixNano".to_owned(), json!(nanos(span.to))),
        ("attributes".to_owned(), json!(attributes(&span.attributes))),
        ("events".to_owned(), json!(events.collect::<Vec<Json>>())),
    ]);
    let above = settings.parent.as_ref().map(|parent| &parent.span);
    if let Some(parent) = span.parent.as_ref().or(above) {
        encoded.insert("parentSpanId".to_owned(), json!(parent));
    }
    if let Some(state) = &settings.state {
        encoded.insert("traceState".to_owned(), json!(state));
    }
    if let Some(error) = &span.error {
        encoded.insert("status".to_owned(), json!({ "code": ERROR, "message": error }));
    }
    Json::Object(encoded)
}

fn attributes(attributes: &[(&'static str, Value)]) -> Vec<Json> {
    attributes.iter().map(|(name, value)| attribute(name, value)).collect()
}

fn attribute(name: &str, value: &Value) -> Json {
    let value = match value {
        Value::Text(text) => json!({ "stringValue": text }),
        Value::Number(number) => json!({ "intValue": number.to_string() }),
        Value::Flag(flag) => json!({ "boolValue": flag }),
        Value::List(texts) => {
            let values: Vec<Json> = texts.iter().map(|text| json!({ "stringValue": text })).collect();
            json!({ "arrayValue": { "values": values } })
        }
    };
    json!({ "key": name, "value": value })
}

fn nanos(time: Duration) -> String {
    time.as_nanos().to_string()
}
