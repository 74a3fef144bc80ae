//! `--auto-skip`: whether there is anything to do at all.

use super::connect::{contexts, keychain};
use super::context::{Context, Ended};
use super::exit::Exit;
use super::invocation::choices;
use super::reports::Reports;
use super::screen::show;
use super::work::{Prepared, Wants};
use crate::cache::Skips;
use crate::digest::Digest;
use crate::engine::docker::Docker;
use crate::event::{Event, Outcome};
use crate::graph::Plan;
use crate::history::{Build, Record as Steps};
use crate::run::eval::Settings;
use crate::run::program::Program;
use crate::run::skip::{Asked, Here, Images, OfEngine, Record, Witness, images_are_the_same};
use crate::run::{Extent, Interrupt};
use crate::ui;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Where records are kept, if this invocation may be skipped at all.
///
/// # Errors
/// When that is no directory; it was said.
pub fn records(context: &Context, cache_dir: &Path, extent: Extent, wants: &Wants) -> Ended<Option<Skips>> {
    let options = &context.options;
    let running = &options.running;
    if !running.auto_skip || running.no_auto_skip || extent == Extent::Decide || matches!(wants, Wants::Shell(_)) {
        return Ok(None);
    }
    let against = [("no-cache", running.no_cache), ("pull", options.input.pull), ("interactive", running.interactive)];
    if let Some((option, _)) = against.into_iter().find(|(_, is_set)| *is_set) {
        context.note(&format!("`--auto-skip` has no effect with `--{option}`"));
        return Ok(None);
    }
    let dir = running.auto_skip_db_path.clone().unwrap_or_else(|| Skips::dir(cache_dir));
    if dir.exists() && !dir.is_dir() {
        let message = format!("`--auto-skip-db-path` names {}, which is no directory", dir.display());
        return Err(context.fail(Exit::Usage, &message, Some("name a directory; it is made if it is not there")));
    }
    Ok(Some(Skips::new(dir)))
}

/// An invocation that may be skipped.
pub struct Skip {
    records: Skips,
    key: Digest,
    here: Here,
    images: Arc<dyn Images>,
    /// Who sees what it reads and writes, if it is not.
    pub witness: Arc<Witness>,
}

impl Skip {
    /// What is to be done of these goals by this engine.
    #[must_use]
    pub fn new(context: &Context, records: Skips, docker: &Docker, prepared: &Prepared, settings: &Settings) -> Self {
        let images: Arc<dyn Images> = Arc::new(OfEngine::new(docker.clone(), keychain(context)));
        let asked = Asked {
            engine: &format!("{} {}", docker.describe(), docker.id()),
            goals: &prepared.goals,
            settings,
            choices: choices(&context.options),
            overrides: &prepared.program.overrides,
            dockerd_image: &context.options.machine.dockerd_image,
        };
        let here = Here {
            program: Arc::new(prepared.program.clone()),
            current: context.current.clone(),
            home: context.home.clone(),
            open: contexts(context),
        };
        Self { records, key: asked.key(), here, witness: Arc::new(Witness::new(images.clone())), images }
    }

    /// When the same was built, since 1970-01-01 00:00 UTC, if nothing has changed since and its outputs are still there.
    ///
    /// # Errors
    /// With what differs; `None` where the same was not built before.
    pub async fn look(&self) -> Result<Duration, Option<String>> {
        let record: Record = self.records.load(&self.key).ok_or(None)?;
        let (here, looked_at) = (self.here.clone(), record.clone());
        let looking = tokio::task::spawn_blocking(move || here.is_the_same(&looked_at));
        let (here, images) = tokio::join!(looking, images_are_the_same(&record, &*self.images));
        here.expect("looking does not panic").and(images)?;
        self.records.touch(&self.key);
        Ok(Duration::from_secs(record.since))
    }

    /// Keeps the record of an invocation that has ended well.
    ///
    /// # Errors
    /// With the reason why there is none.
    pub async fn remember(&self, plan: &Plan, program: &Program, interrupt: &Interrupt) -> Result<(), String> {
        let record = tokio::select! {
            record = self.witness.record(plan, program, self.here.clone()) => record?,
            () = interrupt.stopped() => return Err("it was stopped".to_owned()),
        };
        self.records.save(&self.key, &record).map_err(|error| format!("its record cannot be written: {error}"))
    }
}

/// Says that nothing is to be done, as builds say what they do.
///
/// # Errors
/// When a report cannot be written; it was said.
pub async fn tell(
    context: &Context,
    (masks, cache_dir): (ui::Masks, &Path),
    targets: Vec<String>,
    (engine, since): (String, Duration),
    began: Instant,
    reports: Reports,
) -> Ended<()> {
    let (sink, screen) = show(context, masks, cache_dir);
    sink.send(Event::Started { targets: targets.clone(), engine: engine.clone() });
    for target in &targets {
        sink.send(Event::Skipped { target: target.clone(), since });
    }
    let (outcome, took) = (Outcome::Succeeded, began.elapsed());
    let written = reports.write(Build {
        targets,
        engine,
        began: SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().saturating_sub(took),
        took,
        outcome,
        skipped_since: Some(since),
        error: None,
        record: Steps::default(),
        logs: BTreeMap::new(),
    });
    sink.send(Event::Finished { outcome, took });
    screen.finish();
    written.send(context).await
}
