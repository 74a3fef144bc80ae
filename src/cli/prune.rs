//! `rbuild prune`.

use super::arguments::Prune;
use super::cache::{Found, gather, table};
use super::connect::engine_fault;
use super::context::{Context, Ended};
use super::exit::Exit;
use crate::lock::HolderInfo;
use crate::run::inventory::{DiscardError, Discarding, Item, Limits, choose};
use crate::ui;
use std::collections::BTreeMap;

/// Removes what rbuild keeps and nobody needs, or shows it.
///
/// # Errors
/// When the engine or this machine does not let it; it was said.
pub fn prune(context: &Context, options: Prune) -> Ended<()> {
    context.runtime()?.block_on(async {
        let found = gather(context).await?;
        let limits = Limits { all: options.all, age: options.age, size: options.size };
        let chosen = choose(&found.items, limits, found.now);
        if options.dry_run {
            let items: Vec<&Item> = chosen.iter().map(|&at| &found.items[at]).collect();
            let size = items.iter().filter_map(|item| item.size).sum();
            return context.print(table(&items, found.now) + &summary("would remove", items.len(), size));
        }
        discard(context, &found, &chosen).await
    })
}

async fn discard(context: &Context, found: &Found, chosen: &[usize]) -> Ended<()> {
    let holder = HolderInfo::here("rbuild prune");
    let discarding = Discarding {
        docker: &found.docker,
        records: &found.records,
        locks: &found.locks,
        dockerd_image: &context.options.machine.dockerd_image,
        holder,
    };
    let (done, result) = discarding.discard(&found.items, chosen).await;
    let gone: Vec<&Item> = done.gone.iter().map(|&at| &found.items[at]).collect();
    context.print(table(&gone, found.now) + &summary("removed", gone.len(), done.freed))?;
    let mut kept: BTreeMap<String, usize> = BTreeMap::new();
    for (at, why) in &done.kept {
        let item = &found.items[*at];
        if item.kind.is_summed() {
            *kept.entry(format!("{}: {why}", item.kind)).or_default() += 1;
        } else {
            context.note(&format!("the {} `{}` stays: {why}", item.kind, item.name));
        }
    }
    for (why, count) in kept {
        context.note(&format!("{} stay, {why}", ui::count(count, "record")));
    }
    result.map_err(|error| match error {
        DiscardError::Engine(error) => engine_fault(context, None, &error),
        DiscardError::Lock(error) => context.fail(Exit::Environment, &error.to_string(), None),
    })
}

/// `removed 3 things, 1.2 GiB`, below a table if there is one.
fn summary(verb: &str, count: usize, size: u64) -> String {
    match count {
        0 => format!("{verb} nothing\n"),
        _ => format!("\n{verb} {}, {}\n", ui::count(count, "thing"), ui::size(size)),
    }
}
