//! Sees what an invocation reads and writes, while it happens.

use super::always;
use super::here::{Here, digest_of, git_digest};
use super::images::{Images, familiar, images_are_the_same};
use super::record::{Input, Output, Record, Source};
use crate::digest::Digest;
use crate::engine::OpenContext;
use crate::graph::op::{InnerContent, InnerImage};
use crate::graph::{ImageSource, LocalSource, Op, Plan};
use crate::run::facts::Sight;
use crate::run::program::Program;
use crate::tree::{Entry, Tree};
use crate::workspace::{Address, Asker, glance, tree_digest};
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::task::JoinHandle;

/// A witness of one invocation.
pub struct Witness {
    images: Arc<dyn Images>,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    /// What evaluation read, but for Buildfiles.
    inputs: Vec<Input>,
    /// Build contexts, each with what a glance at it told when it was listed for the engine.
    contexts: Vec<(LocalSource, Digest)>,
    /// Images, each with what it was when it was first named.
    images: Vec<(ImageSource, JoinHandle<Option<String>>)>,
    outputs: Vec<Output>,
    /// Why there can be no record.
    why_not: Option<String>,
}

impl Witness {
    /// A witness who asks `images` what names stand for.
    #[must_use]
    pub fn new(images: Arc<dyn Images>) -> Self {
        Self { images, seen: Mutex::default() }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens build contexts as `open` does, and sees which are listed, and as what.
    #[must_use]
    pub fn watch(self: &Arc<Self>, open: OpenContext) -> OpenContext {
        let witness = self.clone();
        Arc::new(move |source| {
            let tree = open(source)?;
            Ok(Arc::new(Watched { tree, source: source.clone(), witness: witness.clone() }))
        })
    }

    /// Notes what evaluation has come to see.
    pub fn see(&self, sight: Sight<'_>) {
        let input = match sight {
            Sight::Vertex(op) => return self.see_images(op),
            Sight::File { path, text } => Input::File { path: path.to_owned(), digest: digest_of(text) },
            Sight::Pattern { from, pattern, found } => {
                Input::Pattern { from: from.to_owned(), pattern: pattern.to_owned(), found: found.to_vec() }
            }
            Sight::Git { dir, git } => Input::Git { dir: dir.to_owned(), digest: git_digest(git) },
            Sight::Clone { clone, commit } => {
                let address = clone.address.to_string();
                if Address::parse(&address).ok().as_ref() != Some(&clone.address) {
                    return self.refuse(|| format!("the address `{address}` holds a password"));
                }
                let host = match &clone.asker {
                    Asker::User => None,
                    Asker::Host(host) => Some(host.clone()),
                };
                Input::Clone { address, branch: clone.branch.clone(), host, commit: commit.to_owned() }
            }
        };
        let mut seen = self.seen();
        if !seen.inputs.contains(&input) {
            seen.inputs.push(input);
        }
    }

    fn see_images(&self, op: &Op) {
        let pulled = |images: &[InnerImage]| -> Vec<ImageSource> {
            let pulled = images.iter().filter_map(|image| match &image.content {
                InnerContent::Pulled(source) => Some(source.clone()),
                InnerContent::Built(_) => None,
            });
            pulled.collect()
        };
        let named = match op {
            Op::Image(image) => vec![image.clone()],
            Op::Docker(step) => pulled(&step.images),
            _ => return,
        };
        let mut seen = self.seen();
        for image in named {
            if seen.images.iter().any(|(known, _)| *known == image) {
                continue;
            }
            let (images, asked) = (self.images.clone(), image.clone());
            // What cannot be asked now is told when the record is made.
            let asking = tokio::spawn(async move { images.identity(&asked).await.ok().flatten() });
            seen.images.push((image, asking));
        }
    }

    /// Notes why there can be no record of this invocation; the first reason counts.
    pub fn refuse(&self, why: impl FnOnce() -> String) {
        self.seen().why_not.get_or_insert_with(why);
    }

    /// Notes files that were put in their place.
    pub fn placed(&self, path: PathBuf, digest: Digest) {
        self.wrote(Output::Files { path, digest: digest.to_string() });
    }

    /// Notes an image that was stored.
    pub fn stored(&self, name: &str, id: &str) {
        self.wrote(Output::Image { name: name.to_owned(), id: id.to_owned() });
    }

    /// Notes an image that was pushed, with the digest that its registry has told.
    pub fn pushed(&self, name: &str, digest: Option<String>) {
        match digest {
            Some(digest) => self.wrote(Output::Pushed { name: name.to_owned(), digest }),
            None => self.refuse(|| format!("nobody tells what `{}` is at its registry", familiar(name))),
        }
    }

    /// What is written twice is in the end what was written last.
    fn wrote(&self, output: Output) {
        let place = |output: &Output| match output {
            Output::Files { path, .. } => (0, path.clone()),
            Output::Image { name, .. } => (1, name.into()),
            Output::Pushed { name, .. } => (2, name.into()),
        };
        let mut seen = self.seen();
        seen.outputs.retain(|known| place(known) != place(&output));
        seen.outputs.push(output);
    }

    /// The record of an invocation that has ended well, if everything that it has read is still what it was. Nothing can be noted
    /// afterwards.
    ///
    /// # Errors
    /// With the reason why there is none.
    pub async fn record(&self, plan: &Plan, program: &Program, here: Here) -> Result<Record, String> {
        let Seen { mut inputs, contexts, images, outputs, why_not } = std::mem::take(&mut *self.seen());
        if let Some(why) = why_not.or_else(|| always::why(plan)) {
            return Err(why);
        }
        for (image, asking) in images {
            let id = asking.await.ok().flatten();
            let id = id.ok_or_else(|| format!("nobody tells which image `{}` is", familiar(&image.reference)))?;
            inputs.push(Input::image(&image, id));
        }
        inputs.extend(buildfiles(program));
        let looking = tokio::task::spawn_blocking(move || {
            let contexts = contexts.iter().map(|(source, known)| context(&here, source, *known));
            inputs.extend(contexts.collect::<Result<Vec<_>, _>>()?);
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
            let record = Record { since, inputs, outputs };
            here.is_the_same(&record).map(|()| record)
        });
        let record = looking.await.expect("looking does not panic")?;
        images_are_the_same(&record, &*self.images).await?;
        Ok(record)
    }
}

/// The Buildfiles of a program, and where they lead.
fn buildfiles(program: &Program) -> impl Iterator<Item = Input> {
    let files = program.units.iter().map(|(dir, unit)| Input::Buildfile {
        dir: dir.clone(),
        digest: digest_of(&*program.sources.file(unit.file).text),
    });
    let references = program.links.iter().map(|((from, written), to)| Input::Reference {
        from: from.clone(),
        written: written.clone(),
        to: to.clone(),
    });
    files.chain(references)
}

/// A context with its digest. `known` is what a glance told when it was listed for the engine: as long as that holds, the engine has
/// what is there now.
fn context(here: &Here, source: &LocalSource, known: Digest) -> Result<Input, String> {
    let read = || -> io::Result<Option<Input>> {
        let tree = (here.open)(source)?;
        let look = || Ok::<_, io::Error>(glance(&source.root, &tree.entries()?, SystemTime::now())?);
        let before = look()?;
        let digest = tree_digest(&*tree)?.to_string();
        if before.digest != known || look()?.digest != known {
            return Ok(None);
        }
        let glance = before.is_settled.then(|| known.to_string());
        Ok(Some(Input::Context { source: Source::from(source), digest, glance }))
    };
    match read() {
        Ok(Some(input)) => Ok(input),
        Ok(None) => Err(format!("files in `{}` changed while they were built", here.shown(&source.root))),
        Err(error) => Err(error.to_string()),
    }
}

/// A build context whose listing is seen.
struct Watched {
    tree: Arc<dyn Tree>,
    source: LocalSource,
    witness: Arc<Witness>,
}

impl Tree for Watched {
    fn entries(&self) -> io::Result<Vec<Entry>> {
        let entries = self.tree.entries()?;
        match glance(&self.source.root, &entries, SystemTime::now()) {
            Ok(glance) => {
                let (mut seen, listed) = (self.witness.seen(), (self.source.clone(), glance.digest));
                if !seen.contexts.contains(&listed) {
                    seen.contexts.push(listed);
                }
            }
            // It is gone already, which the engine finds out as well.
            Err(error) => self.witness.refuse(|| error.to_string()),
        }
        Ok(entries)
    }

    fn open(&self, path: &str) -> io::Result<File> {
        self.tree.open(path)
    }
}
