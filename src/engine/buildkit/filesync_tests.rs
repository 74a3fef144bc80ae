use super::*;
use std::collections::BTreeMap;
use std::io::Write as _;
use tokio_stream::wrappers::ReceiverStream;

/// A tree in memory; a file without content cannot be opened.
struct Fake(Vec<(Entry, Option<Vec<u8>>)>);

impl Tree for Fake {
    fn entries(&self) -> io::Result<Vec<Entry>> {
        Ok(self.0.iter().map(|(entry, _)| entry.clone()).collect())
    }

    fn open(&self, path: &str) -> io::Result<std::fs::File> {
        let content = self.0.iter().find(|(entry, _)| entry.path == path).and_then(|(_, content)| content.as_ref());
        let content = content.ok_or_else(|| io::Error::other(format!("open `{path}`: permission denied")))?;
        let mut file = tempfile::tempfile()?;
        file.write_all(content)?;
        io::Seek::rewind(&mut file)?;
        Ok(file)
    }
}

fn entry(path: &str, kind: EntryKind, mode: u32) -> Entry {
    Entry { path: path.into(), kind, mode, uid: 1000, gid: 1000, modified_ns: 7 }
}

fn file(path: &str, announced: u64, content: &[u8]) -> (Entry, Option<Vec<u8>>) {
    (entry(path, EntryKind::File { size: announced }, 0o644), Some(content.to_vec()))
}

/// A receiver that wants the files of these names; gives the stats, the contents, and how it ended.
async fn receive(tree: Fake, want: &[&str]) -> (Vec<Stat>, BTreeMap<String, Vec<u8>>, io::Result<Sent>) {
    let (requests, inbound) = mpsc::channel(8);
    let (out, mut packets) = mpsc::channel::<Result<Packet, Status>>(8);
    let receiver = async {
        let mut stats: Vec<Stat> = Vec::new();
        let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        let mut open = want.len();
        let mut listed = false;
        while let Some(Ok(got)) = packets.recv().await {
            match got.r#type() {
                PacketType::PacketStat => match got.stat {
                    Some(stat) => {
                        if want.contains(&stat.path.as_str()) {
                            let id = u32::try_from(stats.len()).expect("small");
                            requests.send(Ok(packet(PacketType::PacketReq, id, Vec::new()))).await.expect("sends");
                        }
                        stats.push(stat);
                    }
                    None => listed = true,
                },
                PacketType::PacketData => {
                    let name = stats[got.id as usize].path.clone();
                    open -= usize::from(got.data.is_empty());
                    assert!(got.data.len() <= PIECE);
                    files.entry(name).or_default().extend(got.data);
                }
                PacketType::PacketFin => break,
                other => panic!("unexpected {other:?}"),
            }
            if listed && open == 0 {
                listed = false;
                requests.send(Ok(packet(PacketType::PacketFin, 0, Vec::new()))).await.expect("sends");
            }
        }
        (stats, files)
    };
    let sender = async move { send(Arc::new(tree), ReceiverStream::new(inbound), &out).await };
    let ((stats, files), sent) = tokio::join!(receiver, sender);
    (stats, files, sent)
}

#[tokio::test]
async fn what_is_wanted_is_sent() {
    let big = vec![b'x'; PIECE * 2 + 5];
    let tree = Fake(vec![
        file("a", 3, b"abc"),
        (entry("d", EntryKind::Directory, 0o1777), None),
        file("d/big", big.len() as u64, &big),
        file("d/empty", 0, b""),
        (entry("l", EntryKind::Symlink { target: "../a".into() }, 0o777), None),
        file("s", 1, b"s"),
    ]);
    let (stats, files, sent) = receive(tree, &["d/big", "d/empty", "s"]).await;
    let seen: Vec<(&str, u32, i64, &str)> =
        stats.iter().map(|s| (s.path.as_str(), s.mode, s.size, s.linkname.as_str())).collect();
    assert_eq!(
        seen,
        [
            ("a", 0o644, 3, ""),
            ("d", 1 << 31 | 1 << 20 | 0o777, 0, ""),
            ("d/big", 0o644, 65541, ""),
            ("d/empty", 0o644, 0, ""),
            ("l", 1 << 27 | 0o777, 0, "../a"),
            ("s", 0o644, 1, ""),
        ]
    );
    assert!(stats.iter().all(|stat| stat.uid == 0 && stat.gid == 0 && stat.mod_time == 7));
    assert_eq!(files.keys().collect::<Vec<_>>(), ["d/big", "d/empty", "s"]);
    assert_eq!(files["d/big"], big);
    assert_eq!(sent.expect("sent"), Sent { files: 3, bytes: 65542 });
}

#[tokio::test]
async fn files_that_grew_or_shrank_do_not_hang_the_protocol() {
    let tree = Fake(vec![file("grew", 1, b"abc"), file("shrank", 100, b"a")]);
    let (_, files, sent) = receive(tree, &["grew", "shrank"]).await;
    assert_eq!((files["grew"].as_slice(), files["shrank"].as_slice()), (&b"abc"[..], &b"a"[..]));
    assert_eq!(sent.expect("sent"), Sent { files: 2, bytes: 4 });
}

#[tokio::test]
async fn a_file_that_cannot_be_read_ends_the_transfer_with_its_error() {
    let tree = Fake(vec![(entry("secret", EntryKind::File { size: 1 }, 0o600), None)]);
    let (_, _, sent) = receive(tree, &["secret"]).await;
    assert_eq!(sent.expect_err("fails").to_string(), "open `secret`: permission denied");
}

#[tokio::test]
async fn a_receiver_that_fails_or_asks_nonsense_ends_the_transfer() {
    for (answer, expect) in [
        (packet(PacketType::PacketErr, 0, b"disk full".to_vec()), "disk full"),
        (packet(PacketType::PacketReq, 9, Vec::new()), "the engine asked for entry 9, which is no file"),
    ] {
        let (out, _packets) = mpsc::channel(8);
        let inbound = futures_util::stream::iter([Ok(answer)]);
        let error = send(Arc::new(Fake(Vec::new())), inbound, &out).await.expect_err("fails");
        assert_eq!(error.to_string(), expect);
    }
}
