//! The terminal line: echo, line editing, paging. It knows bytes, not commands.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::sync::mpsc;

use super::knife::Knife;

/// What a client sends.
#[derive(Debug)]
pub(crate) enum Input {
    /// Typed bytes.
    Bytes(Vec<u8>),
    /// A new window size in rows.
    Rows(usize),
}

/// The client is gone, or the line was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HungUp;

/// Result of talking to a client.
pub(crate) type Io<T> = Result<T, HungUp>;

/// How a line of input ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Entered {
    /// Enter: the text.
    Line(String),
    /// `?`: help for the text so far.
    Help(String),
    /// Tab: complete the text so far.
    Tab(String),
    /// Ctrl-C.
    Interrupt,
    /// Ctrl-Z.
    End,
    /// Nothing typed for the idle time.
    Idle,
}

/// What typed characters look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Echo {
    /// As typed.
    Plain,
    /// Nothing: a password.
    Hidden,
}

const CTRL_C: u8 = 3;
const BACKSPACE: u8 = 8;
const CTRL_U: u8 = 21;
const CTRL_W: u8 = 23;
const CTRL_Z: u8 = 26;
const ESCAPE: u8 = 27;
const DELETE: u8 = 127;
const MORE: &str = " --More-- ";

/// One terminal line.
#[derive(Debug)]
pub(crate) struct Terminal {
    input: mpsc::UnboundedReceiver<Input>,
    out: mpsc::Sender<Vec<u8>>,
    pending: VecDeque<u8>,
    after_cr: bool,
    /// Lines of a page; 0 for no paging.
    pub(crate) length: usize,
    /// Columns; 0 for no scrolling of the echo.
    pub(crate) width: usize,
    history: Vec<String>,
    /// What ends the line in the middle of what is written.
    pub(crate) knife: Option<Knife>,
}

impl Terminal {
    /// A terminal of 24 rows and 80 columns.
    pub(crate) fn new(input: mpsc::UnboundedReceiver<Input>, out: mpsc::Sender<Vec<u8>>) -> Self {
        Terminal {
            input,
            out,
            pending: VecDeque::new(),
            after_cr: false,
            length: 24,
            width: 80,
            history: Vec::new(),
            knife: None,
        }
    }

    /// Writes text; newlines become CR LF.
    pub(crate) async fn write(&mut self, text: &str) -> Io<()> {
        let mut bytes = Vec::with_capacity(text.len() + 16);
        for b in text.bytes() {
            if b == b'\n' {
                bytes.push(b'\r');
            }
            bytes.push(b);
        }
        let end = self.knife.as_mut().and_then(|knife| knife.cuts(&bytes));
        if let Some(end) = end {
            bytes.truncate(end);
        }
        self.out.send(bytes).await.map_err(|_| HungUp)?;
        if end.is_some() {
            // What was written still arrives; then the line is closed, and nothing is heard any more.
            self.input.close();
            return Err(HungUp);
        }
        Ok(())
    }

    async fn receive(&mut self) -> Io<()> {
        match self.input.recv().await.ok_or(HungUp)? {
            Input::Bytes(bytes) => self.pending.extend(bytes),
            Input::Rows(rows) => {
                if self.length != 0 && rows > 1 {
                    self.length = rows;
                }
            }
        }
        Ok(())
    }

    async fn byte(&mut self) -> Io<u8> {
        loop {
            if let Some(byte) = self.pending.pop_front() {
                return Ok(byte);
            }
            self.receive().await?;
        }
    }

    /// Takes what arrived without waiting and tells whether the client interrupted.
    pub(crate) fn interrupted(&mut self) -> bool {
        while let Ok(input) = self.input.try_recv() {
            if let Input::Bytes(bytes) = input {
                self.pending.extend(bytes);
            }
        }
        match self.pending.iter().position(|b| *b == CTRL_C || *b == 30) {
            Some(at) => {
                self.pending.drain(..=at);
                true
            }
            None => false,
        }
    }

    /// Waits for one key and echoes it when it is printable; Enter gives `\n`.
    pub(crate) async fn key(&mut self) -> Io<char> {
        loop {
            match self.byte().await? {
                b'\r' => {
                    self.after_cr = true;
                    return Ok('\n');
                }
                b'\n' if self.after_cr => self.after_cr = false,
                b'\n' => return Ok('\n'),
                0 => {}
                b => {
                    self.after_cr = false;
                    return Ok(char::from(b));
                }
            }
        }
    }

    /// Prints a question and reads the line that answers it. Ctrl-C answers nothing.
    pub(crate) async fn ask(&mut self, question: &str, echo: Echo) -> Io<Option<String>> {
        self.write(question).await?;
        loop {
            match self.read_line(question, echo, None).await? {
                Entered::Line(line) => return Ok(Some(line)),
                Entered::Interrupt | Entered::End => {
                    self.write("\n").await?;
                    return Ok(None);
                }
                Entered::Help(_) | Entered::Tab(_) | Entered::Idle => {}
            }
        }
    }

    /// Asks `... [confirm]`: Enter or y agrees, any other key does not.
    pub(crate) async fn confirm(&mut self, question: &str) -> Io<bool> {
        self.write(question).await?;
        let key = self.key().await?;
        if key != '\n' {
            self.write(&key.to_string()).await?;
        }
        self.write("\n").await?;
        Ok(matches!(key, '\n' | 'y' | 'Y'))
    }

    /// Reads one line behind a prompt that is already written.
    pub(crate) async fn read_line(
        &mut self,
        prompt: &str,
        echo: Echo,
        idle: Option<Duration>,
    ) -> Io<Entered> {
        let mut line = Line {
            text: String::new(),
            shown: 0,
            cut: false,
        };
        self.resume_line(prompt, echo, idle, &mut line).await
    }

    /// Goes on with a line whose beginning is given and was just shown, as after help.
    pub(crate) async fn continue_line(
        &mut self,
        prompt: &str,
        text: String,
        idle: Option<Duration>,
    ) -> Io<Entered> {
        let shown = text.len();
        let mut line = Line {
            text,
            shown,
            cut: false,
        };
        self.resume_line(prompt, Echo::Plain, idle, &mut line).await
    }

    async fn resume_line(
        &mut self,
        prompt: &str,
        echo: Echo,
        idle: Option<Duration>,
        line: &mut Line,
    ) -> Io<Entered> {
        let mut recalled = self.history.len();
        loop {
            let byte = match idle {
                None => self.byte().await?,
                Some(limit) => match tokio::time::timeout(limit, self.byte()).await {
                    Ok(byte) => byte?,
                    Err(_) => return Ok(Entered::Idle),
                },
            };
            let after_cr = std::mem::take(&mut self.after_cr);
            match byte {
                b'\n' if after_cr => {}
                b'\r' | b'\n' => {
                    self.after_cr = byte == b'\r';
                    self.write("\n").await?;
                    if echo == Echo::Plain && !line.text.trim().is_empty() {
                        self.history.push(line.text.clone());
                    }
                    return Ok(Entered::Line(std::mem::take(&mut line.text)));
                }
                CTRL_C => return Ok(Entered::Interrupt),
                CTRL_Z => return Ok(Entered::End),
                BACKSPACE | DELETE => self.erase(line, echo, 1).await?,
                CTRL_U => {
                    let n = line.text.chars().count();
                    self.erase(line, echo, n).await?;
                }
                CTRL_W => {
                    let kept = line.text.trim_end().rfind(' ').map_or(0, |i| i + 1);
                    let n = line.text.len() - kept;
                    self.erase(line, echo, n).await?;
                }
                b'?' if echo == Echo::Plain => return Ok(Entered::Help(line.text.clone())),
                b'\t' if echo == Echo::Plain => return Ok(Entered::Tab(line.text.clone())),
                ESCAPE => {
                    if self.byte().await? != b'[' {
                        continue;
                    }
                    match self.byte().await? {
                        b'A' => recalled = recalled.saturating_sub(1),
                        b'B' => recalled = (recalled + 1).min(self.history.len()),
                        _ => continue,
                    }
                    let n = line.text.chars().count();
                    self.erase(line, echo, n).await?;
                    let old = self.history.get(recalled).cloned().unwrap_or_default();
                    for c in old.chars() {
                        self.take(line, prompt, echo, c).await?;
                    }
                }
                0..32 => {}
                byte => self.take(line, prompt, echo, char::from(byte)).await?,
            }
        }
    }

    async fn take(&mut self, line: &mut Line, prompt: &str, echo: Echo, c: char) -> Io<()> {
        line.text.push(c);
        if echo == Echo::Hidden {
            return Ok(());
        }
        line.shown += 1;
        if self.width > 0 && prompt.len() + line.shown >= self.width {
            // The line scrolls: the device redraws it as `$` and its tail.
            let keep = self.width.saturating_sub(prompt.len() + 2) / 2;
            let skip = line.text.chars().count().saturating_sub(keep);
            let tail: String = line.text.chars().skip(skip).collect();
            let old = line.shown - 1;
            let blank = old.saturating_sub(tail.len() + 1);
            let redraw = format!(
                "{}${tail}{}{}",
                "\u{8}".repeat(old),
                " ".repeat(blank),
                "\u{8}".repeat(blank)
            );
            line.shown = tail.chars().count() + 1;
            line.cut = true;
            return self.write(&redraw).await;
        }
        self.write(&c.to_string()).await
    }

    async fn erase(&mut self, line: &mut Line, echo: Echo, n: usize) -> Io<()> {
        for _ in 0..n {
            if line.text.pop().is_none() {
                break;
            }
            if echo == Echo::Plain && line.shown > 0 {
                line.shown -= 1;
                self.write("\u{8} \u{8}").await?;
            }
        }
        Ok(())
    }

    /// Writes a long text page by page. Ends early when the reader quits.
    pub(crate) async fn page(&mut self, text: &str) -> Io<()> {
        let mut room = self.length.saturating_sub(1);
        let mut lines = text.split_inclusive('\n').peekable();
        while let Some(line) = lines.next() {
            self.write(line).await?;
            if self.length == 0 || lines.peek().is_none() {
                continue;
            }
            room = room.saturating_sub(self.rows_of(line));
            if room > 0 {
                continue;
            }
            self.write(MORE).await?;
            let key = self.key().await?;
            let wipe = "\u{8}".repeat(MORE.len());
            let blank = " ".repeat(MORE.len());
            self.write(&format!("{wipe}{blank}{wipe}")).await?;
            match key {
                '\n' => room = 1,
                ' ' | 'y' | 'Y' => room = self.length.saturating_sub(1),
                _ => {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn rows_of(&self, line: &str) -> usize {
        let len = line.trim_end_matches('\n').chars().count();
        1 + len.saturating_sub(1).checked_div(self.width).unwrap_or(0)
    }
}

struct Line {
    text: String,
    shown: usize,
    cut: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Client {
        input: mpsc::UnboundedSender<Input>,
        out: mpsc::Receiver<Vec<u8>>,
    }

    fn pair() -> (Terminal, Client) {
        let (input, rx) = mpsc::unbounded_channel();
        let (tx, out) = mpsc::channel(1000);
        (Terminal::new(rx, tx), Client { input, out })
    }

    impl Client {
        fn types(&self, text: &str) {
            self.input
                .send(Input::Bytes(text.as_bytes().to_vec()))
                .unwrap();
        }

        fn seen(&mut self) -> String {
            let mut all = Vec::new();
            while let Ok(bytes) = self.out.try_recv() {
                all.extend(bytes);
            }
            String::from_utf8(all).unwrap()
        }
    }

    #[tokio::test]
    async fn typed_text_is_echoed_and_edited() {
        let (mut term, mut client) = pair();
        client.types("shox\u{8}w ver\r\nnext\n");
        let line = term.read_line("R#", Echo::Plain, None).await.unwrap();
        assert_eq!(line, Entered::Line("show ver".into()));
        assert_eq!(client.seen(), "shox\u{8} \u{8}w ver\r\n");
        let line = term.read_line("R#", Echo::Plain, None).await.unwrap();
        assert_eq!(line, Entered::Line("next".into()), "CR LF is one Enter");
    }

    #[tokio::test]
    async fn a_line_longer_than_the_width_scrolls_behind_a_dollar() {
        let (mut term, mut client) = pair();
        let long = format!("install add file flash:{}", "x".repeat(100));
        client.types(&format!("{long}\r"));
        let line = term.read_line("sw#", Echo::Plain, None).await.unwrap();
        assert_eq!(line, Entered::Line(long));
        assert!(client.seen().contains("\u{8}$"));
        term.width = 0;
        client.types(&format!("{}\r", "y".repeat(100)));
        term.read_line("sw#", Echo::Plain, None).await.unwrap();
        assert!(!client.seen().contains('$'));
    }

    #[tokio::test]
    async fn long_text_is_paged_and_can_be_quit() {
        let (mut term, mut client) = pair();
        term.length = 4;
        let text: String = (0..10).map(|i| format!("line {i}\n")).collect();
        client.types(" \rq");
        term.page(&text).await.unwrap();
        let seen = client.seen();
        assert_eq!(seen.matches("--More--").count(), 3);
        assert!(seen.contains("line 6") && !seen.contains("line 7"));
        term.length = 0;
        term.page(&text).await.unwrap();
        assert!(!client.seen().contains("More"));
    }
}
