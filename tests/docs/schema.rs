//! The JSON schemas in `docs`, and whether something fits them.

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::{Value, json};
use std::path::Path;

/// A schema that is taken at its word: what it does not describe is wrong, although it allows that for later versions.
pub struct Schema {
    schemas: Schemas,
    whole: SchemaIndex,
}

impl Schema {
    /// A line of `--progress=json`.
    pub fn progress() -> Self {
        let mut schema = read("progress.schema.json");
        let kinds: Vec<Value> = schema["allOf"]
            .as_array()
            .expect("there are kinds of events")
            .iter()
            .map(|kind| kind["if"]["properties"]["event"]["const"].clone())
            .collect();
        schema["properties"]["event"] = json!({ "enum": kinds });
        Self::compile(schema)
    }

    /// What `--report json=FILE` writes.
    pub fn report() -> Self {
        Self::compile(read("report.schema.json"))
    }

    fn compile(mut schema: Value) -> Self {
        close(&mut schema);
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.add_resource("schema.json", schema).expect("the schema is JSON");
        let whole = compiler.compile("schema.json", &mut schemas).unwrap_or_else(|error| panic!("{error:#}"));
        Self { schemas, whole }
    }

    /// What is wrong with a value.
    pub fn check(&self, value: &Value) -> Result<(), String> {
        self.schemas.validate(value, self.whole).map_err(|error| format!("{error:#}\n{value:#}"))
    }
}

fn read(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name);
    serde_json::from_str(&std::fs::read_to_string(path).expect("the schema is there")).expect("the schema is JSON")
}

/// What says of itself that it is an object, says all of it.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            fields.values_mut().for_each(close);
            if fields.get("type").is_some_and(|kind| kind == "object") {
                fields.insert("unevaluatedProperties".to_owned(), false.into());
            }
        }
        Value::Array(all) => all.iter_mut().for_each(close),
        _ => {}
    }
}
