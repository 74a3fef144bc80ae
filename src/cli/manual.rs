//! `rbuild man`.

use super::arguments::{Arguments, for_help};
use super::context::{Context, Ended};
use super::exit::Exit;
use crate::syntax::suggest;
use clap::CommandFactory as _;

/// Prints the manual page of rbuild, or of one of its commands, in the format of `man(7)`.
///
/// # Errors
/// When there is no such command; it was said.
pub fn manual(context: &Context, page: Option<&str>) -> Ended<()> {
    let rbuild = for_help(Arguments::command());
    let command = match page {
        None => rbuild,
        Some(name) => rbuild.find_subcommand(name).cloned().ok_or_else(|| {
            let near = suggest::nearest(name, rbuild.get_subcommands().map(clap::Command::get_name));
            let help = near.map(|near| format!("did you mean `rbuild man {near}`?"));
            context.fail(Exit::Usage, &format!("rbuild has no command `{name}`"), help.as_deref())
        })?,
    };
    let name = page.map_or_else(|| "rbuild".to_owned(), |page| format!("rbuild-{page}"));
    let mut out = Vec::new();
    clap_mangen::Man::new(command).title(name).render(&mut out).expect("memory takes everything");
    context.print(out)
}
