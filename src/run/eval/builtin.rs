//! Built-in arguments: values that rbuild knows, seen once `ARG` names them.

use super::recipe::Frame;
use crate::analysis::builtins::{builtin, feature};
use crate::platform::Platform;
use crate::workspace::Git;

impl Frame<'_> {
    /// The value of a built-in argument; `None` for names that are not built in. `RBUILD_X` and `EARTHLY_X` are the same.
    pub(super) async fn builtin(&self, name: &str) -> Option<String> {
        let own = builtin(name)?;
        if feature(own).is_some_and(|feature| !self.unit.features.has(feature)) {
            return None;
        }
        let settings = &self.evaluator.settings;
        if own == name {
            return self.platform_argument(name);
        }
        Some(match own {
            "TARGET_NAME" => self.key.target.clone(),
            "PUSH" => settings.push.to_string(),
            "CI" => settings.ci.to_string(),
            "CI_RUNNER" => "false".to_owned(),
            "LOCALLY" => self.state.local.is_some().to_string(),
            "VERSION" => env!("CARGO_PKG_VERSION").to_owned(),
            // Releases are told apart by their version.
            "BUILD_SHA" => String::new(),
            _ => {
                let git = self.evaluator.git(&self.key.dir).await;
                match own.strip_prefix("GIT_") {
                    Some(field) => self.git_field(&git, field),
                    None => self.target_field(&git, own),
                }
            }
        })
    }

    /// An argument that tells a platform.
    fn platform_argument(&self, name: &str) -> Option<String> {
        let user = &self.evaluator.settings.user;
        if let Some(field) = name.strip_prefix("USER") {
            return platform_field(user, field);
        }
        if let Some(field) = name.strip_prefix("NATIVE") {
            return platform_field(self.evaluator.native(), field);
        }
        let field = name.strip_prefix("TARGET")?;
        if self.state.local.is_some() {
            return platform_field(user, field);
        }
        // That of a target which says nothing is the engine's.
        self.evaluator.hangs_on_native();
        platform_field(&self.state.platform, field)
    }

    fn git_field(&self, git: &Git, field: &str) -> String {
        match field {
            "HASH" => git.hash.clone(),
            "SHORT_HASH" => git.hash.chars().take(8).collect(),
            "BRANCH" => git.branch.clone(),
            "TAG" => git.tag.clone(),
            "REFS" => git.refs.join(" "),
            "ORIGIN_URL" => git.origin.clone(),
            "ORIGIN_URL_SCRUBBED" => git.origin_scrubbed(),
            "PROJECT_NAME" => git.project_name(),
            "COMMIT_TIMESTAMP" => git.committed.clone(),
            "COMMIT_AUTHOR_TIMESTAMP" => git.authored.clone(),
            "AUTHOR" if self.unit.features.git_author_email_name_args() && !git.author_email.is_empty() => {
                format!("{} <{}>", git.author_name, git.author_email)
            }
            "AUTHOR" | "AUTHOR_EMAIL" => git.author_email.clone(),
            "AUTHOR_NAME" => git.author_name.clone(),
            "CO_AUTHORS" => git.co_authors.join(" "),
            _ => String::new(),
        }
    }

    /// The target as the repository names it: `github.com/org/repo/dir:branch+target`.
    fn target_field(&self, git: &Git, field: &str) -> String {
        let repository = git.repository();
        let known = !repository.is_empty();
        let tag = [&git.tag, &git.branch, &git.hash].into_iter().find(|tag| known && !tag.is_empty()).cloned();
        // What another repository's target was called by tells more than what else points to its commit.
        let remote = self.evaluator.repository(&self.key.dir);
        let tag = remote.and_then(|remote| remote.tag).filter(|_| known).or(tag).unwrap_or_default();
        let project = match (known, git.prefix.is_empty()) {
            (true, true) => repository,
            (true, false) => format!("{repository}/{}", git.prefix),
            (false, _) => self.display.rsplit_once('+').map(|(place, _)| place.to_owned()).unwrap_or_default(),
        };
        let tagged = if tag.is_empty() { project.clone() } else { format!("{project}:{tag}") };
        match field {
            "TARGET" => format!("{tagged}+{}", self.key.target),
            "TARGET_PROJECT" => tagged,
            "TARGET_PROJECT_NO_TAG" => project,
            "TARGET_TAG" => tag,
            "TARGET_TAG_DOCKER" => docker_tag(&tag),
            "SOURCE_DATE_EPOCH" if git.committed.is_empty() => "0".to_owned(),
            "SOURCE_DATE_EPOCH" => git.committed.clone(),
            _ => String::new(),
        }
    }
}

/// A tag of up to 128 letters, digits, `_`, `.` and `-`, that begins with neither `.` nor `-`.
fn docker_tag(tag: &str) -> String {
    if tag.is_empty() {
        return "latest".to_owned();
    }
    let allowed = |(at, char): (usize, char)| {
        let fits = char.is_ascii_alphanumeric() || char == '_' || (at > 0 && matches!(char, '.' | '-'));
        if fits { char } else { '_' }
    };
    tag.chars().enumerate().map(allowed).take(128).collect()
}

fn platform_field(platform: &Platform, field: &str) -> Option<String> {
    match field {
        "PLATFORM" => Some(platform.to_string()),
        "OS" => Some(platform.os.clone()),
        "ARCH" => Some(platform.arch.clone()),
        "VARIANT" => Some(platform.variant.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_tag_becomes_one_of_docker() {
        let long = "x".repeat(200);
        for (tag, expected) in [
            ("", "latest"),
            ("v1.2-rc", "v1.2-rc"),
            ("feature/new ünit", "feature_new__nit"),
            ("-x", "_x"),
            (&long, &long[..128]),
        ] {
            assert_eq!(docker_tag(tag), expected, "{tag}");
        }
    }
}
