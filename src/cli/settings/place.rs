//! Where settings files lie.

use crate::workspace::{find_in, find_upwards};
use std::path::{Path, PathBuf};

/// The name of a project's file.
const OF_PROJECT: &str = ".rbuild.toml";

/// Where settings files lie.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places {
    /// The user's file, which may not exist; `None` without a home directory.
    pub user: Option<PathBuf>,
    /// The project's file, if there is one.
    pub project: Option<PathBuf>,
    /// Where the project's file would lie.
    pub project_dir: PathBuf,
}

impl Places {
    /// Looks for the project's file: in the directory of the Buildfile, and in those above it up to the root of its repository. A
    /// directory that is in no repository is a project by itself: what lies above it may be anybody's.
    #[must_use]
    pub fn find(user: Option<PathBuf>, current: &Path, buildfile: Option<&Path>) -> Self {
        let found = match buildfile {
            None => find_upwards(current),
            Some(named) => current
                .join(named)
                .canonicalize()
                .ok()
                .and_then(|path| if path.is_dir() { find_in(&path) } else { crate::workspace::Found::at(&path) }),
        };
        let project_dir = found.map_or_else(|| current.to_path_buf(), |found| found.dir);
        let root = project_dir.ancestors().find(|dir| dir.join(".git").exists()).unwrap_or(&project_dir);
        let within = project_dir.ancestors().take_while(|dir| dir.starts_with(root));
        let project = within.map(|dir| dir.join(OF_PROJECT)).find(|path| path.is_file());
        Self { user, project, project_dir }
    }

    /// The project's file, or where it would lie.
    #[must_use]
    pub fn project_file(&self) -> PathBuf {
        self.project.clone().unwrap_or_else(|| self.project_dir.join(OF_PROJECT))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_nearest_file_within_the_repository_counts() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        let inner = root.join("repo/api/src");
        fs::create_dir_all(&inner).unwrap();
        fs::write(root.join("repo/api/Buildfile"), "").unwrap();
        let write = |path: &str| fs::write(root.join(path), "").unwrap();
        let project =
            || Places::find(None, &inner, None).project.map(|path| path.strip_prefix(&root).unwrap().to_owned());
        write(".rbuild.toml");
        write("repo/.rbuild.toml");
        assert_eq!(project(), None, "what lies above is not the project's");
        fs::create_dir(root.join("repo/.git")).unwrap();
        assert_eq!(project().unwrap(), Path::new("repo/.rbuild.toml"));
        write("repo/api/.rbuild.toml");
        assert_eq!(project().unwrap(), Path::new("repo/api/.rbuild.toml"));
        write("repo/api/src/.rbuild.toml");
        assert_eq!(project().unwrap(), Path::new("repo/api/.rbuild.toml"), "the Buildfile's directory comes first");
        let named = Places::find(None, &root, Some(Path::new("repo/api")));
        assert_eq!(named.project_file(), root.join("repo/api/.rbuild.toml"));
        assert_eq!(Places::find(None, &root, None).project_file(), root.join(".rbuild.toml"));
    }
}
