//! Services around a step's process, by `docker compose`.

use crate::platform::Platform;

/// Docker compose services.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compose {
    /// Compose files in the step's file system: absolute, or relative to its working directory. At least one.
    pub files: Vec<String>,
    /// The services to start; none is all of them.
    pub services: Vec<String>,
    /// The platform of the images that the services name.
    pub platform: Platform,
}

/// Seconds that services have to end by themselves. Most that do not in this time ignore the signal, as a shell does that is the first
/// process of its container.
const PATIENCE: &str = "3";

impl Compose {
    /// A shell's text that runs compose with the arguments behind it, as a plugin of Docker's client or by itself.
    pub const SCRIPT: &str = "if docker compose version >/dev/null 2>&1; then exec docker compose \"$@\"; fi
command -v docker-compose >/dev/null || exit 127
exec docker-compose \"$@\"";
    /// What the script ends with where there is no compose; compose itself has no such code.
    pub const ABSENT: i32 = 127;

    /// The arguments that start the services of a project, which is what compose calls all that it makes.
    #[must_use]
    pub fn up(&self, project: &str) -> Vec<String> {
        let mut all = self.of(project);
        all.extend(["up", "-d"].map(str::to_owned));
        all.extend(self.services.iter().cloned());
        all
    }

    /// The arguments that end them, and remove them with their networks.
    #[must_use]
    pub fn down(&self, project: &str) -> Vec<String> {
        let mut all = self.of(project);
        all.extend(["down", "--remove-orphans", "--timeout", PATIENCE].map(str::to_owned));
        all
    }

    fn of(&self, project: &str) -> Vec<String> {
        let files = self.files.iter().flat_map(|file| ["-f", file]);
        ["-p", project].into_iter().chain(files).map(str::to_owned).collect()
    }
}
