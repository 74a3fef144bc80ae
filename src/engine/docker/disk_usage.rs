//! How much room things take in the engine.

use super::Docker;
use crate::engine::EngineError;
use serde::Deserialize;
use std::collections::HashMap;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// Longest wait: the engine measures every volume, file by file.
const LIMIT: Duration = Duration::from_secs(300);
/// The longest answer that is read, in bytes.
const LONGEST: u64 = 256 * 1024 * 1024;

/// Room in bytes, by name.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct DiskUsage {
    /// Of volumes, by name.
    pub volumes: HashMap<String, u64>,
    /// Of images by id, without the layers that other images have too.
    pub images: HashMap<String, u64>,
}

/// `GET /system/df`: <https://docs.docker.com/reference/api/engine/>. Version 1.52 of the API gave all parts other names.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Answer {
    volumes: Option<Vec<Volume>>,
    images: Option<Vec<Image>>,
    volume_usage: Option<Items<Volume>>,
    image_usage: Option<Items<Image>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Items<T> {
    items: Option<Vec<T>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Volume {
    name: String,
    usage_data: Option<VolumeUsage>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct VolumeUsage {
    size: i64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Image {
    id: String,
    size: i64,
    #[serde(default)]
    shared_size: i64,
}

impl Docker {
    /// Measures volumes and images; that may take seconds.
    ///
    /// The API's client knows the newest shape of the answer only, so the question is asked by hand.
    pub(super) async fn disk_usage(&self) -> Result<DiskUsage, EngineError> {
        let failed = |message: String| EngineError::Connection {
            action: format!("ask the engine at {} how much room things take", self.address()),
            message,
        };
        let path = format!("/v{}/system/df?type=volume&type=image&verbose=1", self.api_version());
        let body = match tokio::time::timeout(LIMIT, self.get(&path)).await {
            Ok(answer) => answer.map_err(|error| failed(error.to_string()))?,
            Err(_) => return Err(failed(format!("no answer within {} s", LIMIT.as_secs()))),
        };
        DiskUsage::read(&body).map_err(|error| failed(error.to_string()))
    }

    /// Asks in HTTP/1.0, whose answers end with the connection.
    async fn get(&self, path: &str) -> io::Result<Vec<u8>> {
        let mut wire = self.address().dial().await?;
        wire.write_all(format!("GET {path} HTTP/1.0\r\nHost: docker\r\n\r\n").as_bytes()).await?;
        let mut answer = Vec::new();
        wire.take(LONGEST).read_to_end(&mut answer).await?;
        let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n");
        let end = end.ok_or_else(|| io::Error::other("the answer has no end of headers"))?;
        let head = String::from_utf8_lossy(&answer[..end]);
        let status = head.split(' ').nth(1).unwrap_or_default();
        let body = &answer[end + 4..];
        if status != "200" {
            return Err(io::Error::other(format!("{status}: {}", String::from_utf8_lossy(body).trim())));
        }
        Ok(body.to_vec())
    }
}

impl DiskUsage {
    fn read(body: &[u8]) -> Result<Self, serde_json::Error> {
        let answer: Answer = serde_json::from_slice(body)?;
        let volumes = answer.volumes.or(answer.volume_usage.and_then(|usage| usage.items)).unwrap_or_default();
        let images = answer.images.or(answer.image_usage.and_then(|usage| usage.items)).unwrap_or_default();
        // -1 is "not measured".
        let volumes = volumes.into_iter().filter_map(|volume| {
            Some((volume.name, volume.usage_data.and_then(|usage| u64::try_from(usage.size).ok())?))
        });
        let images = images
            .into_iter()
            .filter_map(|image| Some((image.id, u64::try_from(image.size - image.shared_size.max(0)).ok()?)));
        Ok(Self { volumes: volumes.collect(), images: images.collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_shapes_of_the_answer_are_read() {
        let volumes =
            r#"[{"Name":"a","UsageData":{"RefCount":0,"Size":7}},{"Name":"b","UsageData":{"Size":-1}},{"Name":"c"}]"#;
        let images = r#"[{"Id":"i","Size":100,"SharedSize":30},{"Id":"j","Size":5,"SharedSize":-1}]"#;
        let old = format!(r#"{{"LayersSize":1,"Images":{images},"Volumes":{volumes},"BuildCache":null}}"#);
        let new =
            format!(r#"{{"ImageUsage":{{"Items":{images}}},"VolumeUsage":{{"Items":{volumes},"TotalCount":3}}}}"#);
        let expected = DiskUsage {
            volumes: [("a".to_owned(), 7)].into(),
            images: [("i".to_owned(), 70), ("j".to_owned(), 5)].into(),
        };
        assert_eq!(DiskUsage::read(old.as_bytes()).unwrap(), expected);
        assert_eq!(DiskUsage::read(new.as_bytes()).unwrap(), expected);
        assert_eq!(DiskUsage::read(b"{\"Volumes\":null}").unwrap(), DiskUsage::default());
        assert!(DiskUsage::read(b"<html>").is_err());
    }
}
