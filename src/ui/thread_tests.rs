use super::*;
use crate::ui::renderer::Size;
use crate::ui::script::{self, finished, says, started, step, terminal};
use std::sync::Mutex;
use std::sync::mpsc::sync_channel;

/// A screen that remembers.
#[derive(Clone, Default)]
struct Recorder {
    lines: Arc<Mutex<Vec<String>>>,
    frame: Arc<Mutex<Vec<String>>>,
}

impl Screen for Recorder {
    fn size(&self) -> Option<Size> {
        Some(Size { columns: 80, rows: 24 })
    }

    fn show(&mut self, lines: &[String], frame: &[String]) {
        self.lines.lock().expect("no holder panicked").extend_from_slice(lines);
        *self.frame.lock().expect("no holder panicked") = frame.to_vec();
    }
}

fn nothing_kept() -> Kept {
    Kept::of(Logs::new(None, Masks::default()))
}

fn plain() -> Box<dyn Renderer> {
    Box::new(Plain::new(&terminal(false, true), Masks::default()))
}

#[test]
fn finish_shows_all_that_was_sent() {
    let screen = Recorder::default();
    let (sink, handle) = start(plain(), Box::new(screen.clone()), nothing_kept());
    let senders: Vec<_> = (0..4)
        .map(|number| {
            let sink = sink.clone();
            std::thread::spawn(move || {
                let run = step(&format!("+t{number}"), "RUN make", 1);
                (0..500).for_each(|line| sink.send(says(&run, &format!("line {line}\n"))));
            })
        })
        .collect();
    senders.into_iter().for_each(|sender| sender.join().expect("it does not panic"));
    handle.finish();
    sink.send(Event::Note("too late".into()));
    let lines = screen.lines.lock().expect("no holder panicked");
    assert_eq!(lines.len(), 2000);
    for number in 0..4 {
        let own = lines.iter().filter(|line| line.starts_with(&format!("+t{number} ")));
        assert!(own.enumerate().all(|(at, line)| line.ends_with(&format!(" line {at}"))), "in the order of sending");
    }
}

#[test]
fn a_closed_curtain_keeps_lines_until_it_opens() {
    let screen = Recorder::default();
    let fancy = Box::new(Fancy::new(&terminal(false, true), Masks::default()));
    let (sink, handle) = start(fancy, Box::new(screen.clone()), nothing_kept());
    let lines = || screen.lines.lock().expect("no holder panicked").clone();
    sink.send(Event::Note("before".into()));
    let curtain = handle.curtain();
    let closed = curtain.close();
    assert_eq!(lines(), ["note: before"]);
    assert!(screen.frame.lock().expect("no holder panicked").is_empty());
    sink.send(Event::Note("meanwhile".into()));
    drop(closed);
    sink.send(Event::Note("after".into()));
    let again = curtain.close();
    assert_eq!(lines(), ["note: before", "note: meanwhile", "note: after"]);
    sink.send(Event::Note("at the end".into()));
    handle.finish();
    assert_eq!(lines().last().map(String::as_str), Some("note: at the end"));
    drop(again);
    drop(curtain.close());
}

#[test]
fn dropping_the_handle_clears_the_frame() {
    let screen = Recorder::default();
    let fancy = Box::new(Fancy::new(&terminal(false, true), Masks::default()));
    let (sink, handle) = start(fancy, Box::new(screen.clone()), nothing_kept());
    for (_, event) in script::failure() {
        if !matches!(event, Event::Finished { .. }) {
            sink.send(event);
        }
    }
    drop(handle);
    assert!(screen.frame.lock().expect("no holder panicked").is_empty());
    let lines = screen.lines.lock().expect("no holder panicked");
    assert!(lines.iter().any(|line| line.contains("+test failed")), "{lines:?}");
}

/// A screen that takes no more lines until it is told to: once to begin, once to go on.
struct Stuck(Receiver<()>);

impl Screen for Stuck {
    fn size(&self) -> Option<Size> {
        None
    }

    fn show(&mut self, lines: &[String], _frame: &[String]) {
        if !lines.is_empty() {
            let _ = self.0.recv().and_then(|()| self.0.recv());
        }
    }
}

#[test]
fn senders_do_not_wait_for_a_slow_screen() {
    let (release, told) = sync_channel(0);
    let (sink, handle) = start(plain(), Box::new(Stuck(told)), nothing_kept());
    // If sending waited, the test would hang here: the screen is released only behind it.
    sink.send(started("+a"));
    (0..10_000).for_each(|_| sink.send(Event::Note("more".into())));
    sink.send(finished(crate::event::Outcome::Succeeded, 1));
    drop(release);
    handle.finish();
}

#[test]
fn time_passes_while_events_come() {
    // The counts line appears because of the clock alone, even if no pause between events lets a time-out happen.
    struct Ticks(Arc<Mutex<usize>>);
    impl Renderer for Ticks {
        fn event(&mut self, _now: Duration, _event: Event) -> Vec<String> {
            Vec::new()
        }
        fn tick(&mut self, _now: Duration) -> Vec<String> {
            *self.0.lock().expect("no holder panicked") += 1;
            Vec::new()
        }
        fn end(&mut self) -> Vec<String> {
            Vec::new()
        }
    }
    let ticks = Arc::new(Mutex::new(0));
    let (sink, handle) = start(Box::new(Ticks(ticks.clone())), Box::new(Recorder::default()), nothing_kept());
    while *ticks.lock().expect("no holder panicked") < 3 {
        sink.send(Event::Note("busy".into()));
        std::thread::yield_now();
    }
    handle.finish();
    assert!(*ticks.lock().expect("no holder panicked") >= 3);
}

#[test]
fn the_page_goes_behind_what_its_file_has() {
    let file = tempfile::NamedTempFile::new().expect("there is a place for files");
    std::fs::write(file.path(), "before\n").expect("the file can be written");
    let renderer = Actions::new(&terminal(false, true), Masks::default(), Github::default());
    let kept = Kept { page: Some(file.path().to_owned()), ..nothing_kept() };
    let (sink, handle) = start(Box::new(renderer), Box::new(Recorder::default()), kept);
    for (_, event) in script::cached() {
        sink.send(event);
    }
    handle.finish();
    let text = std::fs::read_to_string(file.path()).expect("the file can be read");
    assert_eq!(text, "before\n### built +build in 45 ms: 2 steps, 2 cached\n\n");
}

/// Counts the bytes of output that it gets, and keeps notes.
#[derive(Clone, Default)]
struct Taken(Arc<Mutex<(usize, Vec<String>)>>);

impl Taken {
    #[track_caller]
    fn check(&self, expected: &[&str]) {
        let (bytes, notes) = &*self.0.lock().expect("no holder panicked");
        assert_eq!(
            (*bytes, &**notes),
            (MOST_WAITING, &*expected.iter().map(|note| (*note).to_owned()).collect::<Vec<_>>())
        );
    }
}

impl Renderer for Taken {
    fn event(&mut self, _now: Duration, event: Event) -> Vec<String> {
        let mut taken = self.0.lock().expect("no holder panicked");
        match event {
            Event::Output { bytes, .. } => taken.0 += bytes.len(),
            Event::Note(text) => taken.1.push(text),
            _ => {}
        }
        vec!["a line".to_owned()]
    }

    fn tick(&mut self, _now: Duration) -> Vec<String> {
        Vec::new()
    }

    fn end(&mut self) -> Vec<String> {
        Vec::new()
    }
}

const LEFT_OUT: &str = "36.0 MiB of output are left out, here and in the logs: they could not be shown in time";

#[test]
fn what_nobody_reads_does_not_fill_the_memory() {
    let (release, told) = sync_channel(0);
    let taken = Taken::default();
    let (sink, handle) = start(Box::new(taken.clone()), Box::new(Stuck(told)), nothing_kept());
    sink.send(Event::Note("before".into()));
    release.send(()).expect("the screen is there");
    let run = step("+t", "RUN yes", 1);
    let printed = "y".repeat(1 << 20);
    (0..100).for_each(|_| sink.send(says(&run, &printed)));
    drop(release);
    handle.finish();
    taken.check(&["before", LEFT_OUT]);
}

#[test]
fn what_piles_up_behind_a_curtain_does_not_fill_the_memory() {
    let taken = Taken::default();
    let (sink, handle) = start(Box::new(taken.clone()), Box::new(Recorder::default()), nothing_kept());
    let curtain = handle.curtain();
    let mut closed = vec![curtain.close()];
    let run = step("+t", "RUN yes", 1);
    let printed = "y".repeat(1 << 20);
    for _ in 0..100 {
        sink.send(says(&run, &printed));
        // When this is answered, the output is out of the channel.
        closed.push(curtain.close());
    }
    drop(closed);
    handle.finish();
    taken.check(&[LEFT_OUT]);
}
