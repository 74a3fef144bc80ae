//! What a signal does: it ends the process, with all that it started; once a build runs, the first one asks it for a clean stop.
//! An interrupt is somebody else's as long as somebody works with a command of this machine.

use crate::run::Interrupt;
use crate::{host, living, terminal};
use std::process::{Command, Stdio};
use std::sync::{Mutex, Once, PoisonError};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The terminal is gone.
const HANGUP: u8 = 1;
/// Ctrl-C.
const INTERRUPT: u8 = 2;
/// `kill` without a number.
const TERMINATE: u8 = 15;

/// A process gets its signals once, whoever in it wants to know.
static STATE: Mutex<State> = Mutex::new(State { build: None, first: None });

struct State {
    /// What the first signal stops.
    build: Option<Interrupt>,
    first: Option<u8>,
}

/// Listens from now on. The first call counts.
pub fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Without ears, signals do what they do to every process.
        let _deaf = start();
    });
}

/// From now on the first signal asks for a clean stop, and is remembered.
pub fn stop_cleanly(build: &Interrupt) {
    listen();
    state(|state| state.build = Some(build.clone()));
}

/// The signal that asked for a stop.
#[must_use]
pub fn first() -> u8 {
    state(|state| state.first).unwrap_or(INTERRUPT)
}

fn state<T>(look: impl FnOnce(&mut State) -> T) -> T {
    look(&mut STATE.lock().unwrap_or_else(PoisonError::into_inner))
}

/// A thread of its own: those of a build may be waiting for something to end, when nobody wants to wait any more.
fn start() -> std::io::Result<()> {
    let minds = !is_hangup_ignored();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let entered = runtime.enter();
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = if minds { Some(signal(SignalKind::hangup())?) } else { None };
    drop(entered);
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        runtime.block_on(async {
            loop {
                let number = tokio::select! {
                    _ = interrupt.recv() => INTERRUPT,
                    _ = terminate.recv() => TERMINATE,
                    () = comes(&mut hangup) => HANGUP,
                };
                heed(number);
            }
        });
    })?;
    Ok(())
}

async fn comes(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => drop(signal.recv().await),
        None => std::future::pending().await,
    }
}

fn heed(number: u8) {
    if number == INTERRUPT && living::is_attended() {
        // It came to the command that somebody works with as well, and is meant for that.
        return;
    }
    let stopped = state(|state| match (&state.build, state.first) {
        (Some(build), None) => {
            state.first = Some(number);
            Some(build.clone())
        }
        _ => None,
    });
    match stopped {
        Some(build) => {
            living::stop();
            build.stop();
        }
        // Of a terminal that is gone, both the kernel and the shell tell.
        None if number == HANGUP && state(|state| state.first).is_some() => {}
        None => {
            terminal::restore();
            living::kill_all();
            host::begin_all_that_is_left();
            // The engine cancels what it does for a connection that is gone.
            std::process::exit(128 + i32::from(number));
        }
    }
}

/// Whether whoever started this process (`nohup`, say) wants it to outlive the terminal. Children inherit that, so one of them can tell;
/// no library call can without `unsafe`.
fn is_hangup_ignored() -> bool {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "kill -HUP $$"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
