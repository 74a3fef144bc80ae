use super::*;
use bollard_buildkit_proto::fsutil::types::packet::PacketType;
use bollard_buildkit_proto::fsutil::types::{Packet, Stat};
use futures_util::StreamExt;
use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

const DIRECTORY: u32 = 1 << 31;
const SYMLINK: u32 = 1 << 27;
const DEVICE: u32 = 1 << 26;
const PIPE: u32 = 1 << 25;
const SOCKET: u32 = 1 << 24;
const SETUID: u32 = 1 << 23;
const CHARACTER_DEVICE: u32 = 1 << 21;
/// 2001-09-09 01:46:40.5 UTC.
const TIME: i64 = 1_000_000_000_500_000_000;

type Sent = (Stat, Vec<u8>);

fn entry(path: &str, mode: u32) -> Sent {
    (Stat { path: path.into(), mode, mod_time: TIME, ..Stat::default() }, Vec::new())
}

fn dir(path: &str) -> Sent {
    entry(path, DIRECTORY | 0o755)
}

fn file(path: &str, content: impl Into<Vec<u8>>) -> Sent {
    let content = content.into();
    let (stat, _) = entry(path, 0o644);
    (Stat { size: content.len() as i64, ..stat }, content)
}

fn link(path: &str, mode: u32, target: &str) -> Sent {
    let (stat, _) = entry(path, mode);
    (Stat { linkname: target.into(), ..stat }, Vec::new())
}

fn packet(kind: PacketType, id: u32, data: &[u8]) -> Packet {
    Packet { r#type: kind.into(), id, data: data.to_vec(), stat: None }
}

/// A sender with the habits of the engine's: four files at a time, 128 requests queued, the walk beside it, and here narrow pipes.
async fn serve(entries: Vec<Sent>, to: mpsc::Sender<Packet>, mut from: mpsc::Receiver<Packet>) -> Vec<PacketType> {
    let (stats, contents): (Vec<Stat>, Vec<Vec<u8>>) = entries.into_iter().unzip();
    let contents = Arc::new(contents);
    let walk = {
        let to = to.clone();
        tokio::spawn(async move {
            for stat in stats {
                let announced = Packet { stat: Some(stat), ..packet(PacketType::PacketStat, 0, b"") };
                if to.send(announced).await.is_err() {
                    return;
                }
            }
            let _ = to.send(packet(PacketType::PacketStat, 0, b"")).await;
        })
    };
    let (queue, queued) = mpsc::channel::<u32>(128);
    let queued = Arc::new(tokio::sync::Mutex::new(queued));
    let workers: Vec<_> = (0..4)
        .map(|_| {
            let (to, queued, contents) = (to.clone(), queued.clone(), contents.clone());
            tokio::spawn(async move {
                loop {
                    let Some(id) = queued.lock().await.recv().await else { return };
                    for chunk in contents[id as usize].chunks(1000) {
                        if to.send(packet(PacketType::PacketData, id, chunk)).await.is_err() {
                            return;
                        }
                    }
                    let _ = to.send(packet(PacketType::PacketData, id, b"")).await;
                }
            })
        })
        .collect();
    let mut answers = Vec::new();
    while let Some(answer) = from.recv().await {
        match answer.r#type() {
            PacketType::PacketReq => queue.send(answer.id).await.expect("workers live"),
            other => {
                answers.push(other);
                let _ = to.send(packet(PacketType::PacketFin, 0, b"")).await;
                break;
            }
        }
    }
    drop(queue);
    walk.await.expect("no panic");
    for worker in workers {
        worker.await.expect("no panic");
    }
    answers
}

/// Receives what a well-behaved sender has.
async fn transfer(entries: Vec<Sent>, into: &Path) -> (Result<Received, ReceiveError>, Vec<PacketType>) {
    let (to, incoming) = mpsc::channel(1);
    let (outgoing, from) = mpsc::channel(1);
    let sender = tokio::spawn(serve(entries, to, from));
    let received = receive(ReceiverStream::new(incoming).map(Ok), outgoing, into.to_path_buf()).await;
    (received, sender.await.expect("no panic"))
}

/// Receives exactly these packets, whatever is asked.
async fn replay(packets: Vec<Packet>, into: &Path) -> Result<Received, ReceiveError> {
    let (outgoing, mut from) = mpsc::channel(1);
    let drain = tokio::spawn(async move { while from.recv().await.is_some() {} });
    let received = receive(tokio_stream::iter(packets.into_iter().map(Ok)), outgoing, into.to_path_buf()).await;
    drain.await.expect("no panic");
    received
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).expect("exists").permissions().mode() & 0o7777
}

#[tokio::test]
async fn a_tree_arrives_with_modes_times_and_links() {
    let root = tempfile::tempdir().expect("a directory");
    let big: Vec<u8> = (0..100_000_u32).flat_map(u32::to_le_bytes).collect();
    let entries = vec![
        file("a", "hello"),
        (Stat { mode: 0o400, ..file("b", "").0 }, Vec::new()),
        (Stat { mode: DIRECTORY | 0o555, ..dir("d").0 }, Vec::new()),
        file("d/big", big.clone()),
        dir("d/e"),
        (Stat { mode: SETUID | 0o4755, ..file("d/e/tool", "x").0 }, b"x".to_vec()),
        link("d/hard", 0o644, "d/big"),
        link("soft", SYMLINK | 0o777, "../../etc/passwd"),
    ];
    let (received, answers) = transfer(entries, root.path()).await;
    let expected = Received { files: 5, directories: 2, symlinks: 1, bytes: 5 + 400_000 + 1 };
    assert_eq!(received.expect("arrives"), expected);
    assert_eq!(answers, [PacketType::PacketFin]);

    let at = |path: &str| root.path().join(path);
    assert_eq!(fs::read(at("a")).expect("reads"), b"hello");
    assert_eq!(fs::read(at("d/big")).expect("reads"), big);
    assert_eq!(fs::read_link(at("soft")).expect("a link"), Path::new("../../etc/passwd"));
    assert_eq!(fs::metadata(at("d/hard")).expect("exists").ino(), fs::metadata(at("d/big")).expect("exists").ino());
    let modes = [("a", 0o644), ("b", 0o400), ("d", 0o555), ("d/e", 0o755), ("d/e/tool", 0o755)];
    for (path, expected) in modes {
        assert_eq!(mode(&at(path)), expected, "{path}: set-user-id is dropped, the rest kept");
    }
    for path in ["a", "b", "d", "d/e", "d/big", "soft"] {
        let metadata = fs::symlink_metadata(at(path)).expect("exists");
        assert_eq!((metadata.mtime(), metadata.mtime_nsec()), (1_000_000_000, 500_000_000), "{path}");
    }
    fs::set_permissions(at("d"), fs::Permissions::from_mode(0o755)).expect("can be removed again");
}

#[tokio::test]
async fn ten_thousand_files_do_not_block_either_side() {
    let root = tempfile::tempdir().expect("a directory");
    let mut entries = Vec::new();
    for d in 0..100 {
        entries.push(dir(&format!("{d:02}")));
        entries.extend((0..100).map(|f| file(&format!("{d:02}/{f:02}"), format!("{d} {f}"))));
    }
    let (received, _) = transfer(entries, root.path()).await;
    assert_eq!(received.expect("arrives").files, 10_000);
    assert_eq!(fs::read_to_string(root.path().join("99/98")).expect("reads"), "99 98");
}

#[tokio::test]
async fn an_empty_tree_arrives() {
    let root = tempfile::tempdir().expect("a directory");
    assert_eq!(transfer(Vec::new(), root.path()).await.0.expect("arrives"), Received::default());
}

#[tokio::test]
async fn hostile_entries_are_refused_and_write_nothing_outside() {
    let twice = || vec![file("a", "x"), link("a", SYMLINK, "b")];
    let cases: Vec<(Vec<Sent>, &str, Refusal)> = vec![
        (vec![file("/etc/passwd", "x")], "/etc/passwd", Refusal::Path),
        (vec![file("../x", "x")], "../x", Refusal::Path),
        (vec![dir("d"), file("d/../../x", "x")], "d/../../x", Refusal::Path),
        (vec![file("", "x")], "", Refusal::Path),
        (vec![dir(".")], ".", Refusal::Path),
        (vec![dir("d"), file("d//x", "x")], "d//x", Refusal::Path),
        (vec![dir("d/")], "d/", Refusal::Path),
        (vec![file("a\0b", "x")], "a\0b", Refusal::Path),
        (vec![link("out", SYMLINK, "../outside"), file("out/x", "x")], "out/x", Refusal::Parent),
        (vec![link("out", SYMLINK, "."), dir("out/d")], "out/d", Refusal::Parent),
        (vec![file("f", "x"), file("f/x", "x")], "f/x", Refusal::Parent),
        (vec![file("missing/x", "x")], "missing/x", Refusal::Parent),
        (twice(), "a", Refusal::Twice),
        (vec![dir("a"), link("a", SYMLINK, "../outside"), file("a/x", "x")], "a", Refusal::Twice),
        (vec![link("h", 0o644, "../outside/secret")], "h", Refusal::Path),
        (vec![link("h", 0o644, "/etc/passwd")], "h", Refusal::Link("etc/passwd".into())),
        (vec![link("s", SYMLINK, "../outside/secret"), link("h", 0o644, "s")], "h", Refusal::Link("s".into())),
        (vec![dir("d"), link("h", 0o644, "d")], "h", Refusal::Link("d".into())),
        (vec![link("s", SYMLINK, "")], "s", Refusal::Link(String::new())),
        (vec![entry("dev", DEVICE | 0o666)], "dev", Refusal::Device),
        (vec![entry("null", DEVICE | CHARACTER_DEVICE | 0o666)], "null", Refusal::Device),
        (vec![entry("sock", SOCKET | 0o755)], "sock", Refusal::Socket),
        (vec![entry("pipe", PIPE | 0o644)], "pipe", Refusal::Pipe),
        (vec![entry("odd", DIRECTORY | SYMLINK)], "odd", Refusal::Kind(DIRECTORY | SYMLINK)),
    ];
    for (entries, expected_path, expected) in cases {
        let parent = tempfile::tempdir().expect("a directory");
        let (root, outside) = (parent.path().join("root"), parent.path().join("outside"));
        fs::create_dir(&root).expect("makes");
        fs::create_dir(&outside).expect("makes");
        fs::write(outside.join("secret"), "secret").expect("writes");
        let (received, answers) = transfer(entries, &root).await;
        let Err(ReceiveError::Refused { path, why }) = received else { panic!("{expected_path:?}: {received:?}") };
        assert_eq!((path.as_str(), &why), (expected_path, &expected));
        assert!(answers.iter().all(|answer| *answer == PacketType::PacketErr), "{answers:?}");
        let left = |dir: &Path| fs::read_dir(dir).expect("reads").count();
        assert_eq!((left(parent.path()), left(&outside)), (2, 1), "{expected_path:?}");
        assert_eq!(fs::read(outside.join("secret")).expect("reads"), b"secret");
        assert_eq!(fs::metadata(outside.join("secret")).expect("exists").nlink(), 1);
    }
}

#[tokio::test]
async fn a_directory_that_is_swapped_for_a_link_is_not_followed() {
    let parent = tempfile::tempdir().expect("a directory");
    let (root, outside) = (parent.path().join("root"), parent.path().join("outside"));
    fs::create_dir(&root).expect("makes");
    fs::create_dir(&outside).expect("makes");
    let mut disk = disk::Disk::open(&root).expect("opens");
    let mut announce = |id, sent: Sent| disk.announce(id, entry::Entry::read(sent.0).expect("fits"));
    announce(0, dir("d")).expect("makes");
    announce(1, dir("e")).expect("makes");
    fs::remove_dir(root.join("d")).expect("removes");
    std::os::unix::fs::symlink(&outside, root.join("d")).expect("links");
    let error = announce(2, file("d/x", "x")).expect_err("a link");
    assert!(matches!(error, ReceiveError::Disk { verb: "open", .. }), "{error}");
    assert_eq!(fs::read_dir(&outside).expect("reads").count(), 0);
}

#[tokio::test]
async fn content_must_be_as_long_as_announced() {
    for (size, content) in [(4, "hello"), (6, "hello"), (0, "x")] {
        let root = tempfile::tempdir().expect("a directory");
        let (stat, content) = file("f", content);
        let length = content.len() as u64;
        let (received, _) = transfer(vec![(Stat { size, ..stat }, content)], root.path()).await;
        let Err(ReceiveError::Refused { why, .. }) = received else { panic!("{received:?}") };
        assert_eq!(why, Refusal::Size { announced: size as u64, received: length });
    }
    let root = tempfile::tempdir().expect("a directory");
    let (stat, _) = file("f", "");
    let negative = transfer(vec![(Stat { size: -1, ..stat }, Vec::new())], root.path()).await.0;
    assert!(matches!(negative, Err(ReceiveError::Refused { .. })), "{negative:?}");
}

#[tokio::test]
async fn a_sender_that_breaks_the_protocol_is_told_off() {
    let stat = |sent: Sent| Packet { stat: Some(sent.0), ..packet(PacketType::PacketStat, 0, b"") };
    let end = || packet(PacketType::PacketStat, 0, b"");
    let data = |id, bytes: &[u8]| packet(PacketType::PacketData, id, bytes);
    for (packets, expected) in [
        (vec![], "broke off: it ended too early"),
        (vec![stat(dir("d"))], "broke off: it ended too early"),
        (vec![stat(dir("d")), end(), end()], "PACKET_STAT at the wrong time"),
        (vec![data(0, b"x")], "content of entry 0, which nobody waits for"),
        (vec![stat(dir("d")), data(0, b"x")], "content of entry 0, which nobody waits for"),
        (vec![packet(PacketType::PacketFin, 0, b"")], "PACKET_FIN at the wrong time"),
        (vec![packet(PacketType::PacketReq, 0, b"")], "PACKET_REQ at the wrong time"),
        (vec![packet(PacketType::PacketErr, 0, b"no space")], "the engine could not send the files: no space"),
        (vec![Packet { r#type: 99, ..Packet::default() }], "a packet of the unknown type 99"),
    ] {
        let root = tempfile::tempdir().expect("a directory");
        let error = replay(packets, root.path()).await.expect_err("refused").to_string();
        assert!(error.ends_with(expected), "{error}");
    }
}

#[tokio::test]
async fn faults_of_the_disk_name_the_verb_and_the_path() {
    let root = tempfile::tempdir().expect("a directory");
    fs::write(root.path().join("f"), "mine").expect("writes");
    let (received, _) = transfer(vec![file("f", "theirs")], root.path()).await;
    assert_eq!(received.expect_err("is there").to_string(), "create f: File exists (os error 17)");
    assert_eq!(fs::read(root.path().join("f")).expect("reads"), b"mine");

    let (received, _) = transfer(vec![file("f", "x")], &root.path().join("missing")).await;
    let error = received.expect_err("no such directory").to_string();
    assert!(
        error.starts_with("open ") && error.ends_with("missing: No such file or directory (os error 2)"),
        "{error}"
    );
}

#[tokio::test]
async fn an_unlucky_connection_is_reported() {
    let root = tempfile::tempdir().expect("a directory");
    let (outgoing, _from) = mpsc::channel(1);
    let incoming = tokio_stream::iter([Err(tonic::Status::unavailable("gone"))]);
    let error = receive(incoming, outgoing, root.path().to_path_buf()).await.expect_err("broken");
    assert_eq!(error.to_string(), "the engine's file transfer broke off: gone");

    let (outgoing, from) = mpsc::channel(1);
    drop(from);
    let one = Packet { stat: Some(file("f", "x").0), ..packet(PacketType::PacketStat, 0, b"") };
    let incoming = tokio_stream::iter([Ok(one)]).chain(futures_util::stream::pending());
    let error = receive(incoming, outgoing, root.path().to_path_buf()).await.expect_err("broken");
    assert_eq!(error.to_string(), "the engine's file transfer broke off: nobody listens to the answers");
}

#[tokio::test]
async fn a_sender_may_end_without_a_word_after_everything_came() {
    let root = tempfile::tempdir().expect("a directory");
    let (to, incoming) = mpsc::channel(4);
    let (outgoing, mut from) = mpsc::channel::<Packet>(4);
    let sender = async move {
        let announced = Packet { stat: Some(file("f", "x").0), ..packet(PacketType::PacketStat, 0, b"") };
        to.send(announced).await.expect("listens");
        let request = from.recv().await.expect("asks");
        assert_eq!((request.r#type(), request.id), (PacketType::PacketReq, 0));
        for last in [
            packet(PacketType::PacketStat, 0, b""),
            packet(PacketType::PacketData, 0, b"x"),
            packet(PacketType::PacketData, 0, b""),
        ] {
            to.send(last).await.expect("listens");
        }
        let finish = from.recv().await.map(|answer| answer.r#type());
        assert_eq!(finish, Some(PacketType::PacketFin));
    };
    let receiver = receive(ReceiverStream::new(incoming).map(Ok), outgoing, root.path().to_path_buf());
    let (received, ()) = tokio::join!(receiver, sender);
    assert_eq!(received.expect("arrives").bytes, 1);
}

#[tokio::test]
async fn requests_are_bounded_and_each_file_is_asked_for_once() {
    let root = tempfile::tempdir().expect("a directory");
    let (to, incoming) = mpsc::channel(1);
    let (outgoing, mut from) = mpsc::channel(1000);
    let receiver = tokio::spawn(receive(ReceiverStream::new(incoming).map(Ok), outgoing, root.path().to_path_buf()));
    for index in 0..500 {
        let announced =
            Packet { stat: Some(file(&format!("{index:03}"), "").0), ..packet(PacketType::PacketStat, 0, b"") };
        to.send(announced).await.expect("listens");
    }
    to.send(packet(PacketType::PacketStat, 0, b"")).await.expect("listens");
    let mut asked: HashMap<u32, u32> = HashMap::new();
    let mut open = 0_usize;
    let mut most = 0;
    while asked.len() < 500 {
        // All that was asked so far, before anything is answered.
        let mut batch = vec![from.recv().await.expect("asks")];
        while let Ok(more) = from.try_recv() {
            batch.push(more);
        }
        open += batch.len();
        most = most.max(open);
        for request in batch {
            *asked.entry(request.id).or_default() += 1;
            to.send(packet(PacketType::PacketData, request.id, b"")).await.expect("listens");
            open -= 1;
        }
    }
    assert!(most <= 32, "{most} requests were open at once");
    assert!(asked.values().all(|times| *times == 1));
    assert_eq!(from.recv().await.map(|last| last.r#type()), Some(PacketType::PacketFin));
    to.send(packet(PacketType::PacketFin, 0, b"")).await.expect("listens");
    assert_eq!(receiver.await.expect("no panic").expect("arrives").files, 500);
}
