//! `rbuild cache`.

use super::arguments::ListFormat;
use super::connect::{engine_fault, find};
use super::context::{Context, Ended};
use super::exit::Exit;
use super::work::{cache_dir, locks};
use crate::engine::buildkit::Records;
use crate::engine::docker::Docker;
use crate::lock::LockDir;
use crate::run::inventory::{GatherError, Gathering, Item, Kind};
use crate::ui;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// What there is, and what it takes to remove it.
pub struct Found {
    /// The engine.
    pub docker: Docker,
    /// Its build cache.
    pub records: Records,
    /// The locks.
    pub locks: Arc<LockDir>,
    /// Everything that rbuild keeps.
    pub items: Vec<Item>,
    /// When it was listed.
    pub now: SystemTime,
}

/// Lists what rbuild keeps.
///
/// # Errors
/// When the engine or this machine does not tell; it was said.
pub fn cache(context: &Context, format: ListFormat) -> Ended<()> {
    let found = context.runtime()?.block_on(gather(context))?;
    let text = match format {
        ListFormat::Text if found.items.is_empty() => "nothing is kept\n".to_owned(),
        ListFormat::Text => {
            let all: Vec<&Item> = found.items.iter().collect();
            table(&all, found.now) + &footer(&found.items)
        }
        ListFormat::Json => json(&found.items),
    };
    context.print(text)
}

/// Lists everything.
///
/// # Errors
/// When the engine or this machine does not tell; it was said.
pub async fn gather(context: &Context) -> Ended<Found> {
    let cache_dir = cache_dir(context)?;
    let locks = locks(context, &cache_dir)?;
    let docker = find(context).await?;
    let records = Records::of(&docker).await.map_err(|error| engine_fault(context, None, &error))?;
    let now = SystemTime::now();
    let gathering = Gathering {
        docker: &docker,
        records: &records,
        locks: &locks,
        cache_dir: &cache_dir,
        namespace: &context.options.machine.cache_namespace,
        dockerd_image: &context.options.machine.dockerd_image,
        now,
    };
    let items = gathering.items().await.map_err(|error| match error {
        GatherError::Engine(error) => engine_fault(context, None, &error),
        other => context.fail(Exit::Environment, &other.to_string(), None),
    })?;
    Ok(Found { docker, records, locks, items, now })
}

/// Items as a table. Those that tell people nothing one by one stand as one line for each kind.
pub fn table(items: &[&Item], now: SystemTime) -> String {
    let used = |used: Option<SystemTime>| {
        used.map_or_else(|| "?".to_owned(), |used| ui::ago(now.duration_since(used).unwrap_or_default()))
    };
    let mut rows = Vec::new();
    for kind in Kind::ALL {
        let of_kind: Vec<&Item> = items.iter().copied().filter(|item| item.kind == kind).collect();
        if kind.is_summed() {
            let size: u64 = of_kind.iter().filter_map(|item| item.size).sum();
            let last = of_kind.iter().filter_map(|item| item.used).max();
            let busy = of_kind.iter().filter(|item| item.busy.is_some()).count();
            let busy = if busy == 0 { String::new() } else { format!("{busy} in use") };
            if !of_kind.is_empty() {
                let name = ui::count(of_kind.len(), "record");
                rows.push(vec![kind.to_string(), name, ui::size(size), used(last), busy]);
            }
            continue;
        }
        for item in of_kind {
            let size = item.size.map_or_else(|| "?".to_owned(), ui::size);
            let busy = item.busy.clone().unwrap_or_default();
            rows.push(vec![item.kind.to_string(), item.name.clone(), size, used(item.used), busy]);
        }
    }
    ui::table(&["KIND", "NAME", ">SIZE", "LAST USED", "IN USE"], &rows)
}

/// `12 things, 3.4 GiB; 2 of them in use`.
fn footer(items: &[Item]) -> String {
    let size: u64 = items.iter().filter_map(|item| item.size).sum();
    let busy = items.iter().filter(|item| item.busy.is_some()).count();
    let busy = if busy == 0 { String::new() } else { format!("; {busy} of them in use") };
    format!("\n{}, {}{busy}\n", ui::count(items.len(), "thing"), ui::size(size))
}

fn json(items: &[Item]) -> String {
    let used = |item: &Item| Some(item.used?.duration_since(UNIX_EPOCH).ok()?.as_secs());
    let list: Vec<serde_json::Value> = items
        .iter()
        .map(|item| {
            serde_json::json!({
                "kind": item.kind.to_string(),
                "name": item.name,
                "size": item.size,
                "used": used(item),
                "in_use": item.busy,
            })
        })
        .collect();
    let kinds: BTreeSet<Kind> = items.iter().map(|item| item.kind).collect();
    let sum = |kind: Kind| items.iter().filter(|item| item.kind == kind).filter_map(|item| item.size).sum::<u64>();
    let totals: serde_json::Map<String, serde_json::Value> =
        kinds.into_iter().map(|kind| (kind.to_string(), sum(kind).into())).collect();
    format!("{:#}\n", serde_json::json!({ "items": list, "sizes": totals }))
}
