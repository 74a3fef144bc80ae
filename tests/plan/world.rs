//! A directory with Buildfiles, images with known configurations, and the evaluation of targets in them.

use async_trait::async_trait;
use rbuild::diagnostic::{Diagnostic, Severity};
use rbuild::engine::EngineError;
use rbuild::graph::image::ImageConfig;
use rbuild::graph::{ImageSource, Plan};
use rbuild::image_name::ImageName;
use rbuild::platform::Platform;
use rbuild::run::eval::{Fault, Goal, Settings, evaluate};
use rbuild::run::facts::Facts;
use rbuild::run::load::load;
use rbuild::source::Sources;
use rbuild::workspace::{Found, Git, find_in};
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Configurations by image; all others are unknown, as to `rbuild plan`.
#[derive(Default)]
pub struct Images(HashMap<String, Arc<ImageConfig>>);

impl Images {
    pub fn add(&mut self, name: &str, config: ImageConfig) {
        self.0.insert(ImageName::parse(name).unwrap().normalized(), Arc::new(config));
    }
}

#[async_trait]
impl Facts for Images {
    async fn image_config(&self, image: &ImageSource) -> Result<Option<Arc<ImageConfig>>, EngineError> {
        // Others go on meanwhile, as they would while an engine answers.
        tokio::task::yield_now().await;
        Ok(self.0.get(&image.reference).cloned())
    }

    fn git_top(&self, dir: &Path) -> Option<PathBuf> {
        // Directories called `no-git` lie in no repository.
        dir.ancestors()
            .find(|above| above.ends_with("project"))
            .filter(|_| !dir.ends_with("no-git"))
            .map(Path::to_owned)
    }

    async fn git(&self, _top: &Path) -> Git {
        Git {
            hash: "0123456789abcdef0123456789abcdef01234567".to_owned(),
            branch: "feature/x".to_owned(),
            refs: vec!["feature/x".to_owned(), "main".to_owned()],
            origin: "https://user:token@example.org/o/r.git".to_owned(),
            committed: "1100000000".to_owned(),
            authored: "1000000000".to_owned(),
            author_email: "an@example.org".to_owned(),
            author_name: "An Author".to_owned(),
            co_authors: vec!["B <b@example.org>".to_owned(), "C <c@example.org>".to_owned()],
            ..Git::default()
        }
    }
}

/// A directory of files.
pub struct World {
    dir: tempfile::TempDir,
    root: PathBuf,
}

/// A target, and the artifact of it that is wanted.
pub struct Wish {
    /// `None`: the file at the top.
    pub dir: Option<String>,
    pub target: String,
    pub args: Vec<(String, String)>,
    pub artifact: Option<(String, String)>,
}

impl Wish {
    pub fn target(name: &str) -> Self {
        Self { dir: None, target: name.to_owned(), args: Vec::new(), artifact: None }
    }
}

impl World {
    pub fn new(files: &[(String, String)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap().join("project");
        let world = Self { dir, root };
        world.write(files);
        world
    }

    /// Writes files, over those that are there.
    pub fn write(&self, files: &[(String, String)]) {
        for (name, text) in files {
            let path = self.root.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }

    pub fn settings(&self) -> Settings {
        Settings {
            push: false,
            ci: false,
            strict: false,
            allow_privileged: false,
            no_cache: false,
            terminal: true,
            shell: false,
            platform: "linux/amd64".parse::<Platform>().unwrap(),
            native: "linux/amd64".parse().unwrap(),
            native_is_known: true,
            user: "linux/arm64".parse().unwrap(),
            cache_namespace: "ns".to_owned(),
            current: self.root.clone(),
            home: Some(self.root.join("home")),
        }
    }

    fn found(&self, wish: &Wish) -> Found {
        let dir = self.root.join(wish.dir.as_deref().unwrap_or(".")).canonicalize().unwrap();
        find_in(&dir).unwrap_or_else(|| panic!("no Buildfile in {}", dir.display()))
    }

    /// The plan of these targets, or what is wrong.
    pub async fn plan(&self, wishes: &[Wish], settings: Settings, images: Images) -> (Plan, Sources, Vec<Diagnostic>) {
        let (plan, sources, mut diagnostics, faults) = self.evaluate(wishes, settings, Arc::new(images)).await;
        diagnostics.extend(faults.into_iter().map(|fault| match fault {
            Fault::Buildfile(diagnostic) => diagnostic,
            Fault::Engine { error, .. } => panic!("an image's configuration cannot fail here: {error}"),
            Fault::Build(error) => panic!("nothing runs here: {error:?}"),
            Fault::Elsewhere => panic!("a fault is reported where it is"),
        }));
        (plan, sources, diagnostics)
    }

    /// The plan of these targets with some facts, what is wrong with the files, and what evaluation found.
    pub async fn evaluate(
        &self,
        wishes: &[Wish],
        settings: Settings,
        facts: Arc<dyn Facts>,
    ) -> (Plan, Sources, Vec<Diagnostic>, Vec<Fault>) {
        let roots: Vec<Found> = wishes.iter().map(|wish| self.found(wish)).collect();
        let loaded = load(&roots, &self.root, settings.home.as_deref(), &Arc::default(), &[]).unwrap();
        let mut diagnostics = loaded.diagnostics;
        if diagnostics.iter().any(Diagnostic::is_error) {
            return (Plan::default(), loaded.program.sources, diagnostics, Vec::new());
        }
        let goals: Vec<Goal> = wishes
            .iter()
            .zip(roots)
            .map(|(wish, found)| Goal {
                dir: found.dir,
                target: wish.target.clone(),
                args: wish.args.iter().cloned().collect(),
                artifact: wish.artifact.clone(),
            })
            .collect();
        let evaluation = evaluate(Arc::new(loaded.program), settings, facts, &goals).await;
        diagnostics.extend(evaluation.warnings);
        (evaluation.plan, evaluation.program.sources, diagnostics, evaluation.faults)
    }

    /// The text without the place of the directory.
    pub fn redact(&self, text: &str) -> String {
        let outside = self.dir.path().canonicalize().unwrap();
        let text =
            text.replace(&*self.root.to_string_lossy(), "/project").replace(&*outside.to_string_lossy(), "/outside");
        // What compose makes on this machine is named for the directory, too.
        let mut parts = text.split("rbuild-");
        let mut shown = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let digits = part.chars().take_while(char::is_ascii_hexdigit).count();
            shown += if digits == 12 { "rbuild-PROJECT" } else { "rbuild-" };
            shown += if digits == 12 { &part[12..] } else { part };
        }
        shown
    }
}

/// Diagnostics in the order of their places, one a line.
pub fn show(sources: &Sources, diagnostics: &[Diagnostic]) -> String {
    let mut sorted: Vec<&Diagnostic> = diagnostics.iter().collect();
    sorted.sort_by_key(|fault| fault.span().map(|span| (sources.file(span.file).name.clone(), span.start, span.end)));
    let mut text = String::new();
    for fault in sorted {
        let severity = if fault.severity == Severity::Error { "error" } else { "warning" };
        text += &format!("{severity} {}: {}\n", fault.code, fault.message);
        for label in &fault.labels {
            let marked = sources.text(label.span).lines().next().unwrap_or("");
            let remark = if label.text.is_empty() { String::new() } else { format!(": {}", label.text) };
            text += &format!("  at {} `{marked}`{remark}\n", sources.location(label.span));
        }
        text.extend(fault.help.iter().map(|help| format!("  help: {help}\n")));
    }
    text
}
