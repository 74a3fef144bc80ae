//! `rbuild ls`, and `rbuild` alone.

use super::context::{Context, Ended};
use super::document::{Listed, one_file};
use crate::analysis::program::Unit;
use crate::analysis::signature::Signature;
use crate::source::Sources;
use crate::ui;
use crate::workspace::Found;

/// What of the targets is listed, beside their names.
#[derive(Debug, Clone, Copy, Default)]
pub struct Look {
    /// The arguments of each.
    pub args: bool,
    /// Whole comments instead of first lines.
    pub long: bool,
}

/// Lists the targets of a file, in its order.
///
/// # Errors
/// When the file cannot be read or is wrong; it was said.
pub fn list(context: &Context, found: &Found, look: Look) -> Ended<()> {
    let file = one_file(context, found)?;
    let text = text(&file.unit, &file.sources, look);
    context.print(text)
}

fn text(unit: &Unit, sources: &Sources, look: Look) -> String {
    let width = unit.targets.keys().map(String::len).max().unwrap_or(0) + 1;
    let mut out = String::new();
    let mut line = |text: &str| {
        out.push_str(ui::word(text).trim_end());
        out.push('\n');
    };
    for target in unit.targets.values() {
        let name = format!("+{}", target.name.text);
        let mut docs = target.docs.iter().flat_map(|docs| docs.text.lines());
        line(&format!("{name:width$}  {}", docs.next().unwrap_or("")));
        if look.long {
            docs.for_each(|more| line(&format!("{:width$}  {more}", "")));
        }
        let signature = Signature::of(unit, &target.name.text).filter(|_| look.args);
        for arg in signature.iter().flat_map(|signature| &signature.args) {
            let Listed { usage, docs } = Listed::of(arg, sources);
            line(&format!("    {usage:width$}  {}", docs.lines().next().unwrap_or("")));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::document::tests::read;
    use super::*;

    #[test]
    fn targets_stand_in_the_order_of_the_file() {
        let (unit, sources) = read(
            "FROM x\n# one is first.\n# More of it.\none:\n  # tag is a name.\n  ARG tag=a$b\n  ARG --required who\nlonger:\n  RUN x\n",
        );
        let shown = |args, long| text(&unit, &sources, Look { args, long });
        assert_eq!(shown(false, false), "+one     one is first.\n+longer\n");
        assert_eq!(
            shown(true, true),
            "+one     one is first.\n         More of it.\n    --tag=a$b  tag is a name.\n    --who=…\n+longer\n"
        );
    }
}
