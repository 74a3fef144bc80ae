//! Compose files, as far as the images of a step must be known before it runs.
//!
//! Format: <https://docs.docker.com/reference/compose-file/>. What is not understood here (`extends`, `include`) is compose's business
//! in the container: images that only it knows of are pulled by the step's own daemon.

use super::variables::Variables;
use crate::engine::EngineError;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::{BTreeMap, BTreeSet};

/// A compose file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComposeFile {
    /// As the user wrote it.
    pub name: String,
    /// What is in it.
    pub text: String,
}

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    services: Option<BTreeMap<String, Option<Service>>>,
}

/// A service; of several files the last word counts.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Service {
    image: Option<String>,
    build: Option<IgnoredAny>,
    depends_on: Option<Depends>,
    profiles: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Depends {
    List(Vec<String>),
    Map(BTreeMap<String, IgnoredAny>),
}

impl Depends {
    fn names(self) -> Vec<String> {
        match self {
            Self::List(names) => names,
            Self::Map(names) => names.into_keys().collect(),
        }
    }
}

/// What the files say together.
#[derive(Default)]
struct Merged {
    image: Option<String>,
    builds: bool,
    needs: BTreeSet<String>,
    optional: bool,
}

/// The images of the services that will run, in order, each once: of those asked for and what they depend on, or of all that belong to
/// no profile. Services that are built have none.
///
/// # Errors
/// When a file is no compose file, naming it, or an image's variables have no values.
pub fn images(files: &[ComposeFile], variables: &Variables, wanted: &[String]) -> Result<Vec<String>, EngineError> {
    let mut services: BTreeMap<String, Merged> = BTreeMap::new();
    for file in files {
        let document: Document = serde_saphyr::from_str(&file.text)
            .map_err(|error| EngineError::Other(format!("the compose file `{}` cannot be read: {error}", file.name)))?;
        for (name, service) in document.services.unwrap_or_default() {
            let (merged, service) = (services.entry(name).or_default(), service.unwrap_or_default());
            merged.image = service.image.or(merged.image.take());
            merged.builds |= service.build.is_some();
            merged.needs.extend(service.depends_on.into_iter().flat_map(Depends::names));
            merged.optional |= service.profiles.is_some_and(|profiles| !profiles.is_empty());
        }
    }
    let mut open: Vec<&str> = match wanted {
        [] => services.iter().filter(|(_, service)| !service.optional).map(|(name, _)| name.as_str()).collect(),
        names => names.iter().map(String::as_str).collect(),
    };
    let (mut seen, mut images) = (BTreeSet::new(), BTreeSet::new());
    while let Some(name) = open.pop() {
        let Some(service) = services.get(name).filter(|_| seen.insert(name)) else { continue };
        open.extend(service.needs.iter().map(String::as_str));
        if let Some(image) = service.image.as_ref().filter(|_| !service.builds) {
            let value = variables.expand(image).filter(|value| !value.is_empty());
            images.insert(value.ok_or_else(|| {
                EngineError::Other(format!("the image `{image}` of the service `{name}` has variables without a value"))
            })?);
        }
    }
    Ok(images.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(texts: &[&str], wanted: &[&str]) -> Result<Vec<String>, String> {
        let file = |(at, text): (usize, &&str)| ComposeFile { name: format!("{at}.yml"), text: (*text).to_owned() };
        let files: Vec<_> = texts.iter().enumerate().map(file).collect();
        let wanted: Vec<String> = wanted.iter().map(|name| (*name).to_owned()).collect();
        let variables = Variables::new(&["TAG=7".to_owned()], "");
        images(&files, &variables, &wanted).map_err(|error| error.to_string())
    }

    const SHOP: &str = "
version: '3'
x-base: &base
  restart: always
  image: base:${TAG}
services:
  web: {image: 'web:${TAG:-1}', depends_on: [db, cache], ports: ['80:80']}
  db:
    image: postgres
    environment: {A: 1}
    depends_on:
      init: {condition: service_completed_successfully}
  cache: {<<: *base}
  init: {image: init}
  own: {build: ., image: own}
  tool: {image: tool, profiles: [debug]}
  empty:
";

    #[test]
    fn the_images_of_what_runs_are_told() {
        for (wanted, expected) in [
            (&[][..], &["base:7", "init", "postgres", "web:7"][..]),
            (&["db"], &["init", "postgres"]),
            (&["web"], &["base:7", "init", "postgres", "web:7"]),
            (&["tool", "cache", "none"], &["base:7", "tool"]),
            (&["own"], &[]),
        ] {
            assert_eq!(read(&[SHOP], wanted).expect("reads"), expected, "{wanted:?}");
        }
        assert_eq!(read(&[], &[]).expect("reads"), [""; 0]);
        assert_eq!(read(&["services:\n"], &[]).expect("reads"), [""; 0]);
    }

    #[test]
    fn later_files_change_earlier_ones() {
        let more = "services: {db: {image: 'mysql:8'}, web: {build: ./web}, new: {image: new}}";
        assert_eq!(read(&[SHOP, more], &[]).expect("reads"), ["base:7", "init", "mysql:8", "new"]);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let error = read(&[SHOP, "services: ["], &[]).expect_err("is no YAML");
        assert!(error.contains("`1.yml`"), "{error}");
        let error = read(&["services: {a: {image: 'x:${NONE:?}'}}"], &[]).expect_err("has no value");
        assert!(error.contains("`x:${NONE:?}`") && error.contains("`a`"), "{error}");
    }
}
