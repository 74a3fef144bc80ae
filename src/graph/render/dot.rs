//! The plan in the DOT language of Graphviz.

use super::describe;
use super::order::ordered;
use crate::graph::plan::Plan;
use std::fmt::Write as _;

/// A directed graph: edges go from inputs to those who use them. Format: <https://graphviz.org/doc/info/lang.html>.
#[must_use]
pub fn dot(plan: &Plan) -> String {
    let mut out = String::from("digraph plan {\n  rankdir=LR;\n  node [shape=box];\n");
    for vertex in ordered(plan) {
        let id = vertex.id.short();
        let shape = if describe::kind(&vertex.op) == "exec" { "box" } else { "ellipse" };
        let label = quote(&format!("{}\n{}", vertex.options.target, vertex.options.name));
        add(&mut out, format_args!("  \"{id}\" [label={label}, shape={shape}];\n"));
        for input in vertex.dependencies() {
            add(&mut out, format_args!("  \"{}\" -> \"{id}\";\n", input.short()));
        }
    }
    for image in &plan.images {
        let name = quote(&image.name);
        add(&mut out, format_args!("  {name} [shape=component];\n"));
        if let Some(root) = image.state.root {
            add(&mut out, format_args!("  \"{}\" -> {name};\n", root.vertex.short()));
        }
    }
    for artifact in &plan.artifacts {
        let name = quote(&artifact.dest);
        add(&mut out, format_args!("  {name} [shape=note];\n  \"{}\" -> {name};\n", artifact.tree.vertex.short()));
    }
    out.push_str("}\n");
    out
}

fn quote(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

fn add(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("writing to a string cannot fail");
}
