//! One case: files, images, and what is asked.

use super::world::{Images, Wish, World, show};
use rbuild::diagnostic::Diagnostic;
use rbuild::graph::image::ImageConfig;
use rbuild::graph::{Plan, render};
use rbuild::run::eval::Settings;

/// A case as read.
pub struct Case {
    files: Vec<(String, String)>,
    images: Vec<(String, ImageConfig)>,
    commands: Vec<Command>,
}

/// `rbuild plan …`
struct Command {
    line: String,
    details: bool,
    format: String,
    options: Vec<(String, String)>,
    wishes: Vec<Wish>,
}

impl Case {
    pub fn read(text: &str, buildfile: bool) -> Result<Self, String> {
        let mut files: Vec<(String, String)> = Vec::new();
        let (mut images, mut commands) = (Vec::new(), Vec::new());
        let name = if buildfile { "Buildfile" } else { "Earthfile" };
        files.push((name.to_owned(), String::new()));
        let mut header = true;
        for line in text.split_inclusive('\n') {
            header &= line.starts_with('#');
            if let Some(command) = line.strip_prefix("# rbuild plan").filter(|_| header) {
                commands.push(Command::read(command.trim())?);
            } else if let Some(image) = line.strip_prefix("# image ").filter(|_| header) {
                let (name, json) = image.trim().split_once(' ').ok_or("an image without a configuration")?;
                images.push((name.to_owned(), serde_json::from_str(json).map_err(|error| error.to_string())?));
            } else if let Some(name) = line.strip_prefix("==== ") {
                files.push((name.trim().to_owned(), String::new()));
                continue;
            }
            // Lines of the header stay, so that locations are those of the case.
            files.last_mut().expect("there is a first file").1 += line;
        }
        if commands.is_empty() {
            return Err("no line `# rbuild plan …` at the top".to_owned());
        }
        Ok(Self { files, images, commands })
    }

    /// A section for each command.
    pub fn run(&self) -> String {
        let world = World::new(&self.files);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let sections: Vec<String> = self
            .commands
            .iter()
            .map(|command| {
                let mut images = Images::default();
                for (name, config) in &self.images {
                    images.add(name, config.clone());
                }
                let settings = command.settings(world.settings());
                let (plan, sources, faults) = runtime.block_on(world.plan(&command.wishes, settings, images));
                let mut text = format!("---- rbuild plan {}\n", command.line);
                text += &show(&sources, &faults);
                if !faults.iter().any(Diagnostic::is_error) {
                    text += &without_ids(&plan, &command.render(&plan));
                }
                world.redact(&text)
            })
            .collect();
        sections.join("\n")
    }
}

impl Command {
    fn read(line: &str) -> Result<Self, String> {
        let mut command = Self {
            line: line.to_owned(),
            details: false,
            format: "text".to_owned(),
            options: Vec::new(),
            wishes: Vec::new(),
        };
        for word in line.split_whitespace() {
            let (name, value) = word.split_once('=').unwrap_or((word, ""));
            match (command.wishes.last_mut(), word.strip_prefix("--"), name) {
                (None, Some(_), "--details") => command.details = true,
                (None, Some(_), "--format") => command.format = value.to_owned(),
                (None, _, "--push" | "--ci" | "--strict" | "--no-cache" | "--platform" | "-P") => {
                    command.options.push((name.to_owned(), value.to_owned()));
                }
                (Some(wish), Some(_), _) if word.contains('=') => {
                    wish.args.push((name.trim_start_matches('-').to_owned(), value.to_owned()));
                }
                (_, None, _) if word.contains('+') => command.wishes.push(wish(word)),
                (Some(Wish { artifact: Some((_, dest)), .. }), None, _) => *dest = word.to_owned(),
                _ => return Err(format!("`{word}` is not understood")),
            }
        }
        Ok(command)
    }

    fn settings(&self, mut settings: Settings) -> Settings {
        for (name, value) in &self.options {
            match name.as_str() {
                "--push" => settings.push = true,
                "--ci" => (settings.ci, settings.strict) = (true, true),
                "--strict" => settings.strict = true,
                "--no-cache" => settings.no_cache = true,
                "-P" => settings.allow_privileged = true,
                _ => settings.platform = value.parse().unwrap(),
            }
        }
        settings
    }

    fn render(&self, plan: &Plan) -> String {
        match self.format.as_str() {
            "dot" => render::dot(plan),
            "json" => render::json(plan),
            _ => render::text(plan, self.details),
        }
    }
}

fn wish(word: &str) -> Wish {
    let (dir, behind) = word.split_once('+').unwrap();
    let (target, path) = behind.split_once('/').map_or((behind, None), |(target, path)| (target, Some(path)));
    Wish {
        dir: Some(dir.to_owned()).filter(|dir| !dir.is_empty()),
        target: target.to_owned(),
        args: Vec::new(),
        artifact: path.map(|path| (format!("/{path}"), "./".to_owned())),
    }
}

/// Digests hold the place of the directory: those of vertices are numbered in the order in which they are shown, others are left out.
fn without_ids(plan: &Plan, text: &str) -> String {
    let mut ids: Vec<(usize, String, String)> = plan
        .graph
        .iter()
        .filter_map(|vertex| {
            let short = vertex.id.short();
            Some((text.find(&short)?, short, vertex.id.to_string()))
        })
        .collect();
    ids.sort();
    let mut text = text.to_owned();
    for (number, (_, short, full)) in ids.iter().enumerate() {
        let name = format!("id{}", number + 1);
        text = text.replace(full, &name).replace(short, &name);
    }
    let mut shown = String::new();
    for run in text.split_inclusive(|char: char| !char.is_ascii_hexdigit()) {
        match run.char_indices().nth(64) {
            Some((64, end)) => shown.extend(["<digest>".to_owned(), end.to_string()]),
            _ => shown.push_str(run),
        }
    }
    shown
}
