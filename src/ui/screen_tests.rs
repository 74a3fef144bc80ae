//! What a terminal shows of whole builds: scripted events with a fake clock, drawn on an emulated terminal.

use super::fancy::Fancy;
use super::live::{Live, Screen as _};
use super::mask::Masks;
use super::renderer::{Renderer as _, Size};
use super::script::{self, Script, ms, terminal};
use std::io::{Result, Write};
use std::num::NonZero;
use std::sync::{Arc, Mutex};

/// Where a build is drawn.
#[derive(Clone)]
struct Emulated(Arc<Mutex<vt100::Parser>>);

impl Write for Emulated {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        // A terminal begins a new line at its left edge.
        let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n").replace('\n', "\r\n");
        self.0.lock().expect("no holder panicked").process(text.as_bytes());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

/// What stands on the screen at each of the times, in milliseconds, and at the end.
fn watch(script: &Script, size: Size, measure: fn() -> Size, times: &[u64]) -> String {
    let lines =
        |length: usize| u16::try_from(length).ok().and_then(NonZero::new).expect("terminals are small, and there");
    let emulated = Emulated(Arc::new(Mutex::new(vt100::Parser::new(lines(size.rows), lines(size.columns), 0))));
    let shown = || {
        let parser = emulated.0.lock().expect("no holder panicked");
        let text = parser.screen().contents();
        text.lines().map(|line| format!("    {}\n", line.trim_end())).collect::<String>()
    };
    let mut renderer = Fancy::new(&terminal(true, true), Masks::default());
    let mut live = Live::new(Box::new(emulated.clone()), measure);
    let (mut text, mut tick) = (String::new(), 0);
    for (now, event) in script {
        while tick <= *now {
            renderer.resize(size);
            let lines = renderer.tick(ms(tick));
            live.show(&lines, &renderer.frame(ms(tick)));
            if times.contains(&tick) {
                text.push_str(&format!("[at {tick} ms]\n{}", shown()));
            }
            tick += 100;
        }
        let lines = renderer.event(ms(*now), event.clone());
        live.show(&lines, &renderer.frame(ms(*now)));
    }
    live.show(&renderer.end(), &[]);
    drop(live);
    text + "[at the end]\n" + &shown()
}

const NARROW: Size = Size { columns: 80, rows: 24 };
const WIDE: Size = Size { columns: 120, rows: 40 };
const TINY: Size = Size { columns: 20, rows: 10 };

#[test]
fn whole_builds() {
    for (name, script) in script::all().into_iter().chain([("thirty", script::thirty())]) {
        let times = [300, 1_000, 3_000, 6_500, 20_000];
        insta::assert_snapshot!(format!("screen_{name}_80"), watch(&script, NARROW, || NARROW, &times));
        insta::assert_snapshot!(format!("screen_{name}_120"), watch(&script, WIDE, || WIDE, &times));
    }
}

#[test]
fn a_tiny_terminal_is_no_reason_to_break() {
    insta::assert_snapshot!("screen_thirty_20", watch(&script::thirty(), TINY, || TINY, &[1_000, 6_500]));
}
