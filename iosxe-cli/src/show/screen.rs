//! The terminal: bars at its end, lines that stay above them, and questions, for which the bars go.
//!
//! A bar draws itself anew several times a second over whatever was written since: so everything
//! that goes to standard error while a run goes on passes through here.

use std::io::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};

use indicatif::{MultiProgress, ProgressDrawTarget};

/// A process has one terminal.
static SCREEN: Mutex<Screen> = Mutex::new(Screen {
    bars: None,
    question: Standing::No,
    later: Vec::new(),
});

struct Screen {
    bars: Option<MultiProgress>,
    question: Standing,
    /// Lines of the run that came while a question stood.
    later: Vec<String>,
}

/// Whether a question stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    No,
    /// The cursor waits behind it.
    Open,
    /// It stands, but something was written below it.
    Scrolled,
}

fn lock() -> MutexGuard<'static, Screen> {
    // What a panic left half done here is a line of text.
    SCREEN.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Screen {
    /// Writes a text with its line ends, above the bars.
    fn write(&self, text: &str) {
        let write = || {
            let mut err = std::io::stderr().lock();
            // A reader that went away is nobody's error.
            drop(err.write_all(text.as_bytes()).and_then(|()| err.flush()));
        };
        match &self.bars {
            Some(bars) if self.question == Standing::No => bars.suspend(write),
            Some(_) | None => write(),
        }
    }
}

/// Writes a line at once, also while a question stands.
pub(super) fn note(text: &str) {
    let mut screen = lock();
    let end = match screen.question {
        Standing::Open => "\n",
        Standing::No | Standing::Scrolled => "",
    };
    screen.write(&format!("{end}{text}\n"));
    if screen.question == Standing::Open {
        screen.question = Standing::Scrolled;
    }
}

/// Writes a line of the run; while a question stands it is kept back.
pub(super) fn follow(text: String) {
    let mut screen = lock();
    match screen.question {
        Standing::No => screen.write(&format!("{text}\n")),
        Standing::Open | Standing::Scrolled => screen.later.push(text),
    }
}

/// These bars are drawn from now on.
pub(super) fn draw(bars: &MultiProgress) {
    lock().bars = Some(bars.clone());
}

/// No bars are drawn any more.
pub(super) fn undraw() {
    if let Some(bars) = lock().bars.take() {
        // The terminal went away: so did the bars.
        drop(bars.clear());
    }
}

/// Puts a question. As long as the answer is waited for no bar is drawn.
pub(crate) fn ask(text: &str) -> Question {
    let mut screen = lock();
    if let Some(bars) = &screen.bars {
        drop(bars.clear());
        // Not suspended: that would block the run, and the devices that are activated with it.
        bars.set_draw_target(ProgressDrawTarget::hidden());
    }
    screen.question = Standing::Open;
    screen.write(text);
    Question(())
}

/// A question that stands until this is dropped.
#[derive(Debug)]
pub(crate) struct Question(());

impl Question {
    /// The person ended the line.
    pub(crate) fn answered(self) {
        lock().question = Standing::Scrolled;
    }
}

impl Drop for Question {
    fn drop(&mut self) {
        let mut screen = lock();
        if screen.question == Standing::Open {
            screen.write("\n");
        }
        for line in std::mem::take(&mut screen.later) {
            screen.write(&format!("{line}\n"));
        }
        screen.question = Standing::No;
        if let Some(bars) = &screen.bars {
            bars.set_draw_target(ProgressDrawTarget::stderr());
        }
    }
}

/// Standard error for logs.
#[derive(Debug)]
pub(super) struct Log;

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        note(String::from_utf8_lossy(bytes).trim_end_matches('\n'));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
