//! What is written into the files of a lock, for people and for other processes: which lock it is, and who holds it or waits for it.

use super::{HolderInfo, LockKey};
use serde::{Deserialize, Serialize};

/// One line of JSON: the fields of [`HolderInfo`], and the lock's whole name, of which the file's name keeps only a part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    /// The lock's kind.
    pub kind: String,
    /// Its name within the kind.
    pub name: String,
    /// Who holds it, or waits for it.
    #[serde(flatten)]
    pub holder: HolderInfo,
}

impl Entry {
    /// The entry of a holder from now on.
    pub(super) fn now(key: &LockKey, holder: &HolderInfo) -> Self {
        Self { kind: key.kind().to_owned(), name: key.name().to_owned(), holder: holder.since_now() }
    }

    pub(super) fn to_line(&self) -> Vec<u8> {
        let mut line = serde_json::to_vec(self).expect("a struct of strings and numbers is always JSON");
        line.push(b'\n');
        line
    }

    pub(super) fn from_line(text: &[u8]) -> Option<Self> {
        serde_json::from_slice(text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_survives_its_file() {
        let entry = Entry::now(&LockKey::new("cache", "a\n\"b\" é"), &HolderInfo::here("+test"));
        assert_eq!(Entry::from_line(&entry.to_line()), Some(entry.clone()));
        for text in ["", "{\"pid\":1", "{\"kind\":\"cache\",\"name\":\"a\"}", "[]"] {
            assert_eq!(Entry::from_line(text.as_bytes()), None, "{text}");
        }
        // what an earlier version wrote, and what a later one may write
        let line = String::from_utf8(entry.to_line()).unwrap();
        let mut fields: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&line).unwrap();
        fields.remove("pid_namespace");
        fields.insert("new".into(), true.into());
        let read = Entry::from_line(&serde_json::to_vec(&fields).unwrap()).unwrap();
        assert_eq!(read.holder, HolderInfo { pid_namespace: None, ..entry.holder });
    }
}
