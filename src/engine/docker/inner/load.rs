//! Images go from the engine's daemon to the step's. What a kept data root holds already is not sent again.

use super::container::{Container, HOME};
use super::exec::exec;
use super::step::LoadedImage;
use crate::engine::EngineError;
use crate::engine::docker::Docker;
use bollard::models::ExecConfig;
use futures_util::StreamExt as _;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;

/// How long the engine may prepare images before it sends them.
const PREPARE: Duration = Duration::from_secs(3600);

/// What a kept root holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Inventory {
    /// Image ids by the content that they were loaded for.
    loaded: HashMap<String, String>,
    /// Ids by the names that show; images without a name have none.
    names: BTreeMap<String, String>,
    /// Ids of the images without a name.
    nameless: BTreeSet<String>,
}

/// Lists the images; the record of what was loaded comes first.
const LIST: &str = "cat \"$home/data/images\" 2>/dev/null
echo --
docker images --no-trunc --format '{{.ID}} {{.Repository}}:{{.Tag}}'";

impl Inventory {
    /// Asks the inner daemon.
    pub(super) async fn take(container: &Container) -> Result<Self, EngineError> {
        let lines = container.control.must("list the images of the step's daemon", &script(LIST)).await?;
        Ok(Self::read(&lines))
    }

    fn read(lines: &[String]) -> Self {
        let mut inventory = Self::default();
        let mut parts = lines.splitn(2, |line| line == "--");
        let (record, listed) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let mut ids = BTreeSet::new();
        for (id, name) in listed.iter().filter_map(|line| line.split_once(' ')) {
            ids.insert(id);
            if name.contains("<none>") {
                inventory.nameless.insert(id.to_owned());
            } else {
                inventory.names.insert(name.to_owned(), id.to_owned());
            }
        }
        let known = record.iter().filter_map(|line| line.split_once(' ')).filter(|(_, id)| ids.contains(id));
        inventory.loaded = known.map(|(content, id)| (content.to_owned(), id.to_owned())).collect();
        inventory
    }

    /// The ids of all images.
    pub(super) fn ids(&self) -> BTreeSet<&str> {
        self.names.values().chain(&self.nameless).map(String::as_str).collect()
    }

    /// What to do so that the wanted names, and no others, are there.
    fn plan<'a>(&self, wanted: &'a [LoadedImage]) -> Plan<'a> {
        let mut plan = Plan::default();
        let mut kept = BTreeSet::new();
        for image in wanted {
            match self.loaded.get(&image.content) {
                Some(id) => {
                    kept.insert(id.as_str());
                    if self.names.get(&image.name) != Some(id) {
                        plan.tag.push((id.clone(), image.name.as_str()));
                    }
                }
                None => plan.send.push(image),
            }
        }
        let is_wanted = |name: &String| wanted.iter().any(|image| image.name == *name);
        plan.drop.extend(self.names.keys().filter(|name| !is_wanted(name)).cloned());
        plan.drop.extend(self.nameless.iter().filter(|id| !kept.contains(id.as_str())).cloned());
        plan
    }
}

/// Changes to an inventory.
#[derive(Default)]
struct Plan<'a> {
    send: Vec<&'a LoadedImage>,
    tag: Vec<(String, &'a str)>,
    drop: Vec<String>,
}

impl Plan<'_> {
    /// Whether all is as it should be.
    fn is_empty(&self) -> bool {
        self.send.is_empty() && self.tag.is_empty() && self.drop.is_empty()
    }
}

/// A script with the surroundings that ours expect: the inner daemon, whatever the image says of another. `holds containers` tells
/// whether the daemon has a directory for one: its client takes a while to start, and need not be asked where there is none.
pub(super) fn script(text: &str) -> String {
    format!(
        "home={HOME}\nexport DOCKER_HOST=unix:///var/run/docker.sock\nunset DOCKER_CONTEXT DOCKER_TLS_VERIFY
holds() {{ for one in \"$home/data/docker/$1\"/*/; do [ ! -d \"$one\" ] || return 0; done; return 1; }}\n{text}"
    )
}

/// Makes the inner daemon hold these images under their names, and in a kept root no others. `had` is what a kept root holds.
///
/// # Errors
/// What one of the two daemons says.
pub(super) async fn load(
    docker: &Docker,
    container: &Container,
    images: &[LoadedImage],
    had: Option<&Inventory>,
) -> Result<(), EngineError> {
    let none = Inventory::default();
    let plan = had.unwrap_or(&none).plan(images);
    if had.is_some() && plan.is_empty() {
        return Ok(());
    }
    let mut sources: Vec<&str> = plan.send.iter().map(|image| image.source.as_str()).collect();
    sources.sort_unstable();
    sources.dedup();
    if !sources.is_empty() {
        send(docker, container, &sources).await?;
    }
    let mut text = "set -e\n".to_owned();
    let sent = plan.send.iter().map(|image| (image.source.clone(), image.name.as_str()));
    for (source, name) in sent.chain(plan.tag) {
        text.push_str(&format!("docker tag {source} {name}\n"));
    }
    let dropped: Vec<&str> = plan.drop.iter().map(String::as_str).chain(sources).collect();
    if !dropped.is_empty() {
        text.push_str(&format!("docker rmi -f {} >/dev/null\n", dropped.join(" ")));
    }
    let record = had.is_some() && !images.is_empty();
    if record {
        let names: Vec<&str> = images.iter().map(|image| image.name.as_str()).collect();
        text.push_str(&format!("docker image inspect -f '{{{{.Id}}}}' {}\n", names.join(" ")));
    }
    let ids = container.control.must("name the images of the step's daemon", &script(&text)).await?;
    if record {
        let lines = images.iter().zip(&ids).map(|(image, id)| format!("{} {id}\n", image.content));
        let path = format!("{HOME}/data/images");
        container.control.file(&path, 0o600, lines.collect::<String>().as_bytes()).await?;
    }
    Ok(())
}

/// Streams images of the engine's store into the inner daemon.
async fn send(docker: &Docker, container: &Container, sources: &[&str]) -> Result<(), EngineError> {
    let api = docker.api.clone().with_timeout(PREPARE);
    let feed = |mut input: super::exec::Input| async move {
        let mut archive = Box::pin(api.export_images(sources));
        while let Some(chunk) = archive.next().await {
            let chunk = chunk.map_err(|error| docker.fault("read images", &error))?;
            let fault =
                |error: std::io::Error| EngineError::Other(format!("send images to the step's daemon: {error}"));
            input.write_all(&chunk).await.map_err(fault)?;
        }
        // Only the end of its input tells the process that this was all.
        input.shutdown().await.map_err(|error| EngineError::Other(format!("send images to the step's daemon: {error}")))
    };
    let config = ExecConfig {
        cmd: Some(["/bin/sh", "-c", &script("docker load")].map(str::to_owned).to_vec()),
        attach_stdin: Some(true),
        user: Some("0".to_owned()),
        ..ExecConfig::default()
    };
    let mut said = Vec::new();
    let code = exec(docker, &container.id, config, feed, |_, bytes| said.extend_from_slice(bytes)).await?;
    if code != 0 {
        let said = String::from_utf8_lossy(&said);
        return Err(EngineError::Other(format!(
            "load images into the step's daemon: exit code {code}\n{}",
            said.trim()
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(content: &str, name: &str) -> LoadedImage {
        LoadedImage { source: format!("load:{content}"), content: content.to_owned(), name: name.to_owned() }
    }

    #[test]
    fn only_what_is_missing_is_sent_and_only_what_is_wanted_stays() {
        let lines = [
            "aa id1",
            "bb id2",
            "cc gone",
            "--",
            "id1 app:1",
            "id2 <none>:<none>",
            "id3 old:1",
            "id3 old:2",
            "id4 <none>:<none>",
        ];
        let inventory = Inventory::read(&lines.map(str::to_owned));
        assert_eq!(inventory.ids(), BTreeSet::from(["id1", "id2", "id3", "id4"]));
        let wanted = [image("aa", "app:1"), image("bb", "db:1"), image("cc", "web:1"), image("dd", "old:2")];
        let plan = inventory.plan(&wanted);
        let sent: Vec<_> = plan.send.iter().map(|image| image.content.as_str()).collect();
        assert_eq!(sent, ["cc", "dd"], "an image that is gone is sent again");
        assert_eq!(plan.tag, [("id2".to_owned(), "db:1")]);
        assert_eq!(plan.drop, ["old:1", "id4"]);
        let inventory = Inventory::read(&["aa id1", "--", "id1 app:1"].map(str::to_owned));
        assert!(inventory.plan(&[image("aa", "app:1")]).is_empty());
        assert!(!inventory.plan(&[image("aa", "app:2")]).is_empty());
    }

    #[test]
    fn an_empty_root_holds_nothing() {
        assert_eq!(Inventory::read(&["--".to_owned()]), Inventory::default());
        assert_eq!(Inventory::read(&[]), Inventory::default());
    }
}
