//! Standard input, read by a thread that can be called off.

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::{Errno, read};
use std::io;
use std::os::unix::net::UnixStream;
use tokio::sync::mpsc;

/// Bytes that are read at once.
const CHUNK: usize = 16 * 1024;
/// Chunks that wait for whoever takes them.
const AHEAD: usize = 16;

/// Reads while it lives; when it is dropped, what is typed later is left for others.
#[derive(Debug)]
pub struct Keys {
    /// Its end is seen by the thread.
    _caller: UnixStream,
}

/// Starts to read standard input. The receiver's end is the end of the input.
///
/// # Errors
/// When the system has no room for one more socket or thread.
pub fn keys() -> io::Result<(Keys, mpsc::Receiver<Vec<u8>>)> {
    let (caller, called) = UnixStream::pair()?;
    let (sender, receiver) = mpsc::channel(AHEAD);
    std::thread::Builder::new().name("keys".to_owned()).spawn(move || listen(&called, &sender))?;
    Ok((Keys { _caller: caller }, receiver))
}

fn listen(called: &UnixStream, sender: &mpsc::Sender<Vec<u8>>) {
    let input = rustix::stdio::stdin();
    loop {
        // Whoever only reads would take the first key that is typed after the end.
        let mut ready = [PollFd::new(called, PollFlags::IN), PollFd::from_borrowed_fd(input, PollFlags::IN)];
        match poll(&mut ready, None) {
            Err(Errno::INTR) => continue,
            Err(_) => return,
            Ok(_) if !ready[0].revents().is_empty() => return,
            Ok(_) => {}
        }
        let mut chunk = vec![0; CHUNK];
        match read(input, &mut chunk) {
            Err(Errno::INTR | Errno::AGAIN) => {}
            Err(_) | Ok(0) => return,
            Ok(length) => {
                chunk.truncate(length);
                if sender.blocking_send(chunk).is_err() {
                    return;
                }
            }
        }
    }
}
