//! `[git."host"]` in the user's settings file: how repositories of that host are reached.

use crate::syntax::suggest::nearest;
use crate::workspace::{SiteSetting, Sites};
use serde_json::{Map, Value};
use std::io::ErrorKind;
use std::path::Path;
use toml_edit::{Document, Item, TableLike};

/// The table of hosts.
pub const TABLE: &str = "git";

/// The keys of a host.
pub const KEYS: [&str; 11] = [
    "pattern",
    "substitute",
    "suffix",
    "auth",
    "user",
    "port",
    "prefix",
    "password",
    "serverkey",
    "strict_host_key_checking",
    "ssh_command",
];

/// Reads what a settings file says of hosts; one that is not there says nothing.
///
/// # Errors
/// What is wrong in it, and what to write instead.
pub fn read(path: &Path) -> Result<Sites, (String, String)> {
    match std::fs::read_to_string(path) {
        Ok(text) => parse(&text).map_err(|(what, help)| (format!("{}: {what}", path.display()), help)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Sites::default()),
        Err(error) => {
            let message = format!("cannot read the settings in {}: {error}", path.display());
            Err((message, "make it readable".to_owned()))
        }
    }
}

fn parse(text: &str) -> Result<Sites, (String, String)> {
    let form = || "write `[git.\"example.org\"]`, and lines like `auth = \"ssh\"` below it".to_owned();
    let document = Document::parse(text).map_err(|error| (error.message().trim_end().to_owned(), form()))?;
    let Some(git) = document.get(TABLE) else { return Ok(Sites::default()) };
    let hosts = git.as_table_like().ok_or_else(|| ("`git` is no table of hosts".to_owned(), form()))?;
    let mut settings = Vec::new();
    for (host, item) in hosts.iter() {
        let table = item.as_table_like().ok_or_else(|| (format!("`git.{host}` is no table"), form()))?;
        settings.push((host.to_owned(), setting(host, table)?));
    }
    Sites::new(settings).map_err(|error| (error.to_string(), form()))
}

fn setting(host: &str, table: &dyn TableLike) -> Result<SiteSetting, (String, String)> {
    let mut values = Map::new();
    for (key, item) in table.iter() {
        if !KEYS.contains(&key) {
            let help = match nearest(key, KEYS) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the keys are {}", KEYS.map(|key| format!("`{key}`")).join(", ")),
            };
            return Err((format!("`git.\"{host}\"` has no key `{key}`"), help));
        }
        let wrong = |why: &str| {
            let help = "texts stand in quotes; `port` is a number, `strict_host_key_checking` is `true` or `false`";
            (format!("`{key}` of `git.\"{host}\"` {why}"), help.to_owned())
        };
        let value = plain(item).ok_or_else(|| wrong("is no plain value"))?;
        // One by one: the message of the whole would not name the key.
        let one = Map::from_iter([(key.to_owned(), value.clone())]);
        if serde_json::from_value::<SiteSetting>(Value::Object(one)).is_err() {
            return Err(match key {
                "auth" => (
                    format!("`auth` of `git.\"{host}\"` is {value}"),
                    "write \"auto\", \"https\", \"http\" or \"ssh\"".to_owned(),
                ),
                _ => wrong("is of the wrong kind"),
            });
        }
        values.insert(key.to_owned(), value);
    }
    serde_json::from_value(Value::Object(values)).map_err(|error| (error.to_string(), String::new()))
}

fn plain(item: &Item) -> Option<Value> {
    let value = item.as_value()?;
    let text = value.as_str().map(Value::from);
    text.or_else(|| value.as_integer().map(Value::from)).or_else(|| value.as_bool().map(Value::from))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::SiteAuth;

    #[test]
    fn hosts_are_read_beside_other_settings() {
        let text = "push = true\n[git.\"git.test\"]\nauth = \"ssh\"\nport = 2222\nstrict_host_key_checking = false\n[git.other]\nuser = \"me\"\npassword = \"p\"\n";
        let sites = parse(text).unwrap();
        let site = sites.named("git.test").unwrap();
        assert_eq!((site.setting.auth, site.setting.port), (SiteAuth::Ssh, Some(2222)));
        assert_eq!(site.setting.strict_host_key_checking, Some(false));
        assert_eq!(
            sites.named("other").and_then(crate::workspace::Site::login).map(|login| login.user).as_deref(),
            Some("me")
        );
        assert_eq!(parse("push = true").unwrap().iter().count(), 0);
    }

    #[test]
    fn mistakes_are_named() {
        for (text, expected) in [
            ("[git.\"h.org\"]\nuser_name = \"x\"", "`git.\"h.org\"` has no key `user_name`"),
            ("[git.\"h.org\"]\nprot = 22", "`git.\"h.org\"` has no key `prot`; did you mean `port`?"),
            ("[git.\"h.org\"]\nport = \"22\"", "`port` of `git.\"h.org\"` is of the wrong kind"),
            ("[git.\"h.org\"]\nport = [22]", "`port` of `git.\"h.org\"` is no plain value"),
            ("[git.\"h.org\"]\nauth = \"none\"", "`auth` of `git.\"h.org\"` is \"none\""),
            ("[git.\"h.org\"]\npattern = \"(\"", "the `pattern` of `h.org` is no regular expression"),
            ("git = 1", "`git` is no table of hosts"),
            ("[git]\nuser = \"x\"", "`git.user` is no table"),
        ] {
            let (what, help) = parse(text).unwrap_err();
            assert!(format!("{what}; {help}").starts_with(expected), "{what}; {help}");
        }
    }
}
