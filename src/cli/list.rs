//! `rbuild ls`, and `rbuild` alone.

use super::context::{Context, Ended};
use super::exit::Exit;
use super::faults;
use crate::run::load::load;
use crate::workspace::Found;
use std::io::Write as _;
use std::sync::Arc;

/// Lists the targets of a file, with the first line of their comments.
///
/// # Errors
/// When the file cannot be read or is wrong; it was said.
pub fn list(context: &Context, found: &Found) -> Ended<()> {
    let loaded = load(
        std::slice::from_ref(found),
        &context.current,
        context.home.as_deref(),
        &Arc::default(),
        &context.options.input.version_flag_overrides,
    )
    .map_err(|error| context.fail(Exit::Environment, &error.to_string(), None))?;
    faults::diagnostics(context, &loaded.program.sources, &loaded.diagnostics)?;
    let unit = &loaded.program.units[&found.dir];
    let width = unit.targets.keys().map(String::len).max().unwrap_or(0) + 1;
    let mut out = String::new();
    for target in unit.targets.values() {
        let name = format!("+{}", target.name.text);
        let docs = target.docs.as_ref().and_then(|docs| docs.text.lines().next()).unwrap_or("");
        out.push_str(format!("{name:width$}  {docs}").trim_end());
        out.push('\n');
    }
    // A reader that has seen enough is no fault.
    let _closed = std::io::stdout().write_all(out.as_bytes());
    Ok(())
}
