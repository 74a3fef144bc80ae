//! A host's setting, in the form that git needs.

use super::site::Site;
use crate::shell::quote;
use crate::workspace::IoError;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// What is set for a host.
pub struct Way {
    site: Site,
    /// The file with the keys of its ssh server, where the user set them.
    known_hosts: Option<PathBuf>,
}

impl Way {
    /// The way to a host, with the file that ssh needs for it, below the cache directory.
    pub fn of(site: Option<&Site>, cache_dir: Option<&Path>) -> Result<Option<Self>, IoError> {
        let Some(site) = site.cloned() else { return Ok(None) };
        let (Some(lines), Some(cache_dir)) = (site.known_hosts(), cache_dir) else {
            return Ok(Some(Self { site, known_hosts: None }));
        };
        let dir = cache_dir.join("known_hosts");
        let path = dir.join(&site.name);
        if fs::read_to_string(&path).ok().as_deref() != Some(&lines) {
            fs::create_dir_all(&dir).map_err(IoError::on("create", &dir))?;
            // Others may read it right now.
            let mut file = tempfile::NamedTempFile::new_in(&dir).map_err(IoError::on("create a file in", &dir))?;
            file.write_all(lines.as_bytes()).map_err(IoError::on("write", file.path()))?;
            file.persist(&path).map_err(|error| IoError::on("write", &path)(error.error))?;
        }
        Ok(Some(Self { site, known_hosts: Some(path) }))
    }

    /// The host's name.
    pub fn name(&self) -> &str {
        &self.site.name
    }

    /// The command for ssh that is set for the host.
    pub fn command(&self) -> Option<&str> {
        self.site.setting.ssh_command.as_deref()
    }

    /// Options for OpenSSH, each with a blank in front.
    pub fn options(&self) -> String {
        let mut options = String::new();
        if let Some(strict) = self.site.setting.strict_host_key_checking {
            options.push_str(if strict { " -o StrictHostKeyChecking=yes" } else { " -o StrictHostKeyChecking=no" });
        }
        if let Some(keys) = &self.known_hosts {
            // Ssh takes the value apart at blanks, unless it is quoted for itself as well.
            options.push_str(&format!(" -o {}", quote(&format!("UserKnownHostsFile=\"{}\"", keys.display()))));
        }
        options
    }
}

#[cfg(test)]
mod tests {
    use super::super::site::{SiteSetting, Sites};
    use super::*;

    #[test]
    fn keys_and_strictness_become_options() {
        let cache = tempfile::tempdir().unwrap();
        let setting = SiteSetting {
            serverkey: Some("ssh-ed25519 AAAA".to_owned()),
            strict_host_key_checking: Some(true),
            ..SiteSetting::default()
        };
        let sites = Sites::new([("h.org".to_owned(), setting)]).unwrap();
        for _ in 0..2 {
            let way = Way::of(sites.named("h.org"), Some(cache.path())).unwrap().unwrap();
            let file = cache.path().join("known_hosts/h.org");
            let keys = format!(" -o 'UserKnownHostsFile=\"{}\"'", file.display());
            assert_eq!(way.options(), format!(" -o StrictHostKeyChecking=yes{keys}"));
            assert_eq!(fs::read_to_string(file).unwrap(), "h.org ssh-ed25519 AAAA\n");
        }
    }
}
