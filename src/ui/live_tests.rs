use super::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// As much of a terminal as is drawn with: text, CR, LF, cursor up and down, erase line, erase below.
#[derive(Default)]
struct Emulator {
    rows: Vec<Vec<char>>,
    row: usize,
    column: usize,
}

impl Emulator {
    fn take(&mut self, text: &str) {
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            self.rows.resize(self.rows.len().max(self.row + 1), Vec::new());
            match character {
                '\r' => self.column = 0,
                '\n' => (self.row, self.column) = (self.row + 1, 0),
                '\x1b' => {
                    let sequence: String = characters.by_ref().take_while(|next| !next.is_alphabetic()).collect();
                    // `take_while` has swallowed the final letter, so sequences are told apart by what was asked for.
                    self.control(&text[..text.len() - characters.as_str().len()], &sequence);
                }
                _ => {
                    let row = &mut self.rows[self.row];
                    row.resize(row.len().max(self.column + 1), ' ');
                    row[self.column] = character;
                    self.column += 1;
                }
            }
        }
    }

    fn control(&mut self, so_far: &str, sequence: &str) {
        let number = sequence.trim_start_matches('[').parse().unwrap_or(1);
        match so_far.chars().last() {
            Some('A') => self.row -= number,
            Some('B') => self.row += number,
            Some('K') => self.rows[self.row].clear(),
            Some('J') => {
                self.rows.truncate(self.row + 1);
                self.rows[self.row].truncate(self.column);
            }
            other => panic!("{other:?} is not emulated"),
        }
    }

    fn text(&self) -> String {
        let rows: Vec<String> = self.rows.iter().map(|row| row.iter().collect()).collect();
        rows.join("\n").trim_end_matches('\n').to_owned()
    }
}

impl Write for Tape {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no holder panicked").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[derive(Clone, Default)]
struct Tape(Arc<Mutex<Vec<u8>>>);

impl Tape {
    fn shown(&self) -> String {
        let bytes = self.0.lock().expect("no holder panicked").clone();
        let mut emulator = Emulator::default();
        emulator.take(&String::from_utf8(bytes).expect("all that is written is text"));
        emulator.text()
    }
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

#[test]
fn frames_replace_each_other_below_the_lines_that_stay() {
    let tape = Tape::default();
    let mut live = Live::new(Box::new(tape.clone()), || Size { columns: 20, rows: 10 });
    live.show(&lines("first"), &[]);
    assert_eq!(tape.shown(), "first");
    live.show(&[], &lines("a 1\nb 1\nstatus"));
    assert_eq!(tape.shown(), "first\na 1\nb 1\nstatus");
    live.show(&lines("second\n\nthird"), &lines("b 2\nstatus"));
    assert_eq!(tape.shown(), "first\nsecond\n\nthird\nb 2\nstatus");
    live.show(&[], &lines("b 3\nc 3\nd 3\nstatus"));
    assert_eq!(tape.shown(), "first\nsecond\n\nthird\nb 3\nc 3\nd 3\nstatus");
    live.show(&lines("end"), &[]);
    assert_eq!(tape.shown(), "first\nsecond\n\nthird\nend");
}

#[test]
fn dropping_it_clears_the_frame() {
    let tape = Tape::default();
    let mut live = Live::new(Box::new(tape.clone()), || Size { columns: 20, rows: 10 });
    live.show(&lines("stays"), &lines("a\nb"));
    drop(live);
    assert_eq!(tape.shown(), "stays");
}

#[test]
fn a_terminal_that_grows_loses_nothing() {
    static COLUMNS: AtomicUsize = AtomicUsize::new(20);
    let tape = Tape::default();
    let size = || Size { columns: COLUMNS.load(Ordering::Relaxed), rows: 10 };
    let mut live = Live::new(Box::new(tape.clone()), size);
    live.show(&lines("stays"), &lines("a 1\nb 1\nstatus"));
    COLUMNS.store(30, Ordering::Relaxed);
    assert_eq!(live.size(), Some(Size { columns: 30, rows: 10 }));
    live.show(&[], &lines("a 2, with more room now\nstatus"));
    assert_eq!(tape.shown(), "stays\na 2, with more room now\nstatus");
}

#[test]
fn a_terminal_that_shrinks_wraps_what_is_erased() {
    static COLUMNS: AtomicUsize = AtomicUsize::new(20);
    let tape = Tape::default();
    let size = || Size { columns: COLUMNS.load(Ordering::Relaxed), rows: 10 };
    let mut live = Live::new(Box::new(tape.clone()), size);
    live.show(&[], &lines("123456789\n12345\nstatus"));
    COLUMNS.store(6, Ordering::Relaxed);
    let before = tape.0.lock().expect("no holder panicked").len();
    live.show(&[], &lines("12345"));
    let bytes = tape.0.lock().expect("no holder panicked")[before..].to_vec();
    // Nine columns have become two rows of six; the cursor stands in the last of four rows.
    assert!(bytes.starts_with(b"\x1b[3A\r\x1b[J12345"), "{:?}", String::from_utf8_lossy(&bytes));
}

#[test]
fn a_pipe_gets_lines_and_no_frames() {
    let mut paper = Paper(Vec::new());
    paper.show(&lines("one\ntwo"), &lines("frame"));
    paper.show(&[], &lines("frame"));
    assert_eq!(paper.0, b"one\ntwo\n");
    assert_eq!(paper.size(), None);
}
