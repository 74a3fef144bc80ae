//! The plan as text for people.

use super::describe;
use super::order::ordered;
use crate::digest::VertexId;
use crate::graph::plan::Plan;
use std::collections::HashMap;
use std::fmt::Write as _;

/// The plan, a numbered entry for each vertex, then what comes out. With `details`, what each vertex does exactly, and its id.
#[must_use]
pub fn text(plan: &Plan, details: bool) -> String {
    let vertices = ordered(plan);
    let numbers: HashMap<VertexId, usize> = vertices.iter().enumerate().map(|(i, vertex)| (vertex.id, i + 1)).collect();
    let width = vertices.len().to_string().len();
    let mut out = String::new();
    for vertex in &vertices {
        let inputs: Vec<String> = vertex.dependencies().iter().map(|id| numbers[id].to_string()).collect();
        let from = if inputs.is_empty() { String::new() } else { format!("  <- {}", inputs.join(", ")) };
        let options = &vertex.options;
        let number = numbers[&vertex.id];
        let again = if options.uncached { " (never cached)" } else { "" };
        line(&mut out, format_args!("{number:>width$} {} | {}{again}{from}", options.target, options.name));
        if details {
            let place = format!("{} {} at {}", describe::kind(&vertex.op), vertex.id.short(), options.location);
            part(&mut out, width, &place);
            describe::lines(&vertex.op).iter().for_each(|text| part(&mut out, width, text));
        }
    }
    for image in &plan.images {
        let push = if image.push { ", to be pushed with --push" } else { "" };
        let from = image.state.root.map_or_else(|| "nothing".to_owned(), |root| numbers[&root.vertex].to_string());
        line(&mut out, format_args!("image {} ({}) <- {from}{push}", image.name, image.target));
        if details {
            part(&mut out, width, &format!("at {}", image.location));
            describe::image(image).iter().for_each(|text| part(&mut out, width, text));
        }
    }
    for artifact in &plan.artifacts {
        let from = numbers[&artifact.tree.vertex];
        line(&mut out, format_args!("artifact {} ({}) <- {from}", artifact.dest, artifact.target));
        if details {
            part(&mut out, width, &format!("at {}", artifact.location));
            describe::artifact(artifact).iter().for_each(|text| part(&mut out, width, text));
        }
    }
    out
}

/// A line of details, below the numbers.
fn part(out: &mut String, width: usize, text: &str) {
    line(out, format_args!("{:indent$}{text}", "", indent = width + 3));
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("writing to a string cannot fail");
    out.push('\n');
}
