//! A server that does exactly what a case needs: right, slow, silent, or wrong.
//!
//! Small on purpose, and no device: the lab is that. What it can do and a device simulator should
//! not is to be watched and held from below: bytes counted, links frozen, connections cut.

use std::borrow::Cow;
use std::collections::HashMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use iosxe_core::device::Address;
use iosxe_core::ports::Credential;
use iosxe_core::secret::Secret;
use russh::keys::{Algorithm, EcdsaCurve, PrivateKey, PublicKey};
use russh::server::{
    Auth, ChannelOpenHandle, Config, Handler, Msg, Response, Session, VerifiedPublicKey,
};
use russh::{Channel, ChannelId, ChannelMsg, MethodKind, MethodSet, Preferred, Pty};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep};

pub const USER: &str = "netops";
pub const PASSWORD: &str = "hunter22";

pub fn credential() -> Credential {
    Credential::password(USER, Secret::new(PASSWORD))
}

/// What the far end of SCP does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sink {
    /// Takes the file.
    Whole,
    /// Takes it, but slowly.
    Slow,
    /// Says plain text instead of starting.
    PlainText(&'static str),
    /// Refuses the header with these words.
    Refuses(&'static str),
    /// Takes so many bytes, then says that there is no room and takes nothing more.
    FullAfter(usize),
    /// Takes so many bytes, then neither takes nor says anything.
    StallsAfter(usize),
    /// Takes so many bytes, then the connection is cut.
    CutAfter(usize),
    /// Takes everything and closes without the last word.
    Wordless,
}

/// How a server is.
#[derive(Clone)]
pub struct Setup {
    pub keys: Vec<PrivateKey>,
    pub preferred: Preferred,
    pub methods: Vec<MethodKind>,
    /// The question of keyboard-interactive.
    pub question: &'static str,
    /// How often it is asked before a wrong answer is refused.
    pub asks: u64,
    pub authorized: Option<PublicKey>,
    pub grants_shell: bool,
    pub sink: Sink,
    /// Where `inner.invalid` is, for a jump host.
    pub inner: Option<Address>,
}

pub fn key() -> PrivateKey {
    let mut rng = russh::keys::key::safe_rng();
    PrivateKey::random(&mut rng, Algorithm::Ed25519).unwrap()
}

pub fn ecdsa_key() -> PrivateKey {
    let mut rng = russh::keys::key::safe_rng();
    let curve = EcdsaCurve::NistP256;
    PrivateKey::random(&mut rng, Algorithm::Ecdsa { curve }).unwrap()
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            keys: vec![key()],
            preferred: Preferred::DEFAULT,
            methods: vec![MethodKind::Password],
            question: "Password: ",
            asks: 1,
            authorized: None,
            grants_shell: true,
            sink: Sink::Whole,
            inner: None,
        }
    }
}

/// What happened at the server.
#[derive(Debug, Default)]
pub struct Log {
    /// Passwords and answers that were submitted.
    pub submitted: Mutex<Vec<String>>,
    /// Files that arrived whole.
    pub files: Mutex<HashMap<String, Vec<u8>>>,
    /// Bytes from clients, on the wire.
    pub heard: AtomicU64,
    /// Connections that stand.
    pub live: AtomicU64,
    /// Channels that a client closed itself.
    pub closed: AtomicU64,
    /// The link is dead: nothing passes in either direction, nobody is told.
    pub frozen: AtomicBool,
    /// The link is cut.
    pub cut: AtomicBool,
}

impl Log {
    /// Waits until no connection stands; says whether that came.
    pub async fn deserted_within(&self, bound: Duration) -> bool {
        self.becomes(bound, |l| l.live.load(Ordering::SeqCst) == 0)
            .await
    }

    pub async fn becomes(&self, bound: Duration, is: impl Fn(&Self) -> bool) -> bool {
        let end = Instant::now() + bound;
        while Instant::now() < end {
            if is(self) {
                return true;
            }
            sleep(Duration::from_millis(10)).await;
        }
        is(self)
    }

    pub fn submitted(&self) -> Vec<String> {
        self.submitted.lock().unwrap().clone()
    }
}

/// A running server. Gone when dropped.
pub struct Rig {
    pub address: Address,
    pub log: Arc<Log>,
    pub keys: Vec<PrivateKey>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Rig {
    pub async fn start(setup: Setup) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let log = Arc::new(Log::default());
        let keys = setup.keys.clone();
        let (shared, setup) = (Arc::clone(&log), Arc::new(setup));
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                stream.set_nodelay(true).unwrap();
                connections.spawn(serve(stream, Arc::clone(&setup), Arc::clone(&shared)));
            }
        });
        Self {
            address: format!("127.0.0.1:{port}").parse().unwrap(),
            log,
            keys,
            task,
        }
    }
}

struct Counted(Arc<Log>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.live.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn serve(stream: TcpStream, setup: Arc<Setup>, log: Arc<Log>) {
    log.live.fetch_add(1, Ordering::SeqCst);
    let _counted = Counted(Arc::clone(&log));
    let config = Config {
        methods: MethodSet::from(setup.methods.as_slice()),
        auth_rejection_time: Duration::from_millis(10),
        auth_rejection_time_initial: Some(Duration::ZERO),
        keys: setup.keys.clone(),
        preferred: setup.preferred.clone(),
        inactivity_timeout: None,
        // Little room, as on a device: what was sent is soon taken or not.
        window_size: 256 * 1024,
        channel_buffer_size: 4,
        nodelay: true,
        ..Config::default()
    };
    let link = Link {
        stream,
        log: Arc::clone(&log),
        watch: Box::pin(sleep(Duration::from_millis(10))),
    };
    let handler = Connection {
        setup,
        log,
        asked: 0,
        waiting: HashMap::new(),
    };
    if let Ok(running) = russh::server::run_stream(Arc::new(config), link, handler).await {
        // How it ended is the case's business, told by the log.
        running.await.ok();
    }
}

/// A socket that can be frozen and cut.
struct Link {
    stream: TcpStream,
    log: Arc<Log>,
    watch: Pin<Box<tokio::time::Sleep>>,
}

impl Link {
    /// Ready when something is wrong with the link: `true` when it is cut, `false` never.
    fn poll_wrong(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        while self.watch.as_mut().poll(cx).is_ready() {
            self.watch
                .as_mut()
                .reset(Instant::now() + Duration::from_millis(10));
        }
        if self.log.cut.load(Ordering::SeqCst) {
            return Poll::Ready(true);
        }
        if self.log.frozen.load(Ordering::SeqCst) {
            return Poll::Pending;
        }
        Poll::Ready(false)
    }
}

impl AsyncRead for Link {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        match self.poll_wrong(cx) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(true) => return Poll::Ready(Ok(())),
            Poll::Ready(false) => {}
        }
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buf);
        let n = buf.filled().len() - before;
        self.log.heard.fetch_add(n as u64, Ordering::SeqCst);
        polled
    }
}

impl AsyncWrite for Link {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        match self.poll_wrong(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(true) => Poll::Ready(Err(std::io::ErrorKind::BrokenPipe.into())),
            Poll::Ready(false) => Pin::new(&mut self.stream).poll_write(cx, buf),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

struct Connection {
    setup: Arc<Setup>,
    log: Arc<Log>,
    asked: u64,
    waiting: HashMap<ChannelId, Channel<Msg>>,
}

impl Connection {
    fn check(&self, password: &str) -> bool {
        self.log.submitted.lock().unwrap().push(password.to_owned());
        password == PASSWORD
    }
}

impl Handler for Connection {
    type Error = russh::Error;

    async fn auth_password(&mut self, user: &str, password: &str) -> Result<Auth, Self::Error> {
        let right = self.check(password) && user == USER;
        Ok(if right { Auth::Accept } else { Auth::reject() })
    }

    async fn auth_keyboard_interactive<'a>(
        &'a mut self,
        _user: &str,
        _submethods: &str,
        response: Option<Response<'a>>,
    ) -> Result<Auth, Self::Error> {
        if let Some(mut response) = response {
            let typed = response.next().unwrap_or_default();
            if self.check(&String::from_utf8_lossy(&typed)) && self.setup.question == "Password: " {
                return Ok(Auth::Accept);
            }
            if self.asked >= self.setup.asks {
                return Ok(Auth::reject());
            }
        }
        self.asked += 1;
        Ok(Auth::Partial {
            name: Cow::Borrowed(""),
            instructions: Cow::Borrowed(""),
            prompts: Cow::Owned(vec![(Cow::Borrowed(self.setup.question), false)]),
        })
    }

    async fn auth_publickey(
        &mut self,
        _user: &str,
        key: VerifiedPublicKey<'_>,
    ) -> Result<Auth, Self::Error> {
        let known = self.setup.authorized.as_ref();
        let right = known.is_some_and(|k| k.key_data() == key.public_key.key_data());
        Ok(if right { Auth::Accept } else { Auth::reject() })
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), Self::Error> {
        self.waiting.insert(channel.id(), channel);
        reply.accept().await;
        Ok(())
    }

    async fn channel_open_direct_tcpip(
        &mut self,
        channel: Channel<Msg>,
        host: &str,
        _port: u32,
        _from: &str,
        _from_port: u32,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), Self::Error> {
        let Some(inner) = self.setup.inner.clone().filter(|_| host == "inner.invalid") else {
            return Ok(());
        };
        reply.accept().await;
        tokio::spawn(async move {
            let mut there = TcpStream::connect((inner.host.as_str(), inner.port))
                .await
                .unwrap();
            let mut here = channel.into_stream();
            tokio::io::copy_bidirectional(&mut here, &mut there)
                .await
                .ok();
        });
        Ok(())
    }

    async fn pty_request(
        &mut self,
        channel: ChannelId,
        _term: &str,
        _columns: u32,
        _rows: u32,
        _pix_width: u32,
        _pix_height: u32,
        _modes: &[(Pty, u32)],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        session.channel_success(channel)
    }

    async fn shell_request(
        &mut self,
        channel: ChannelId,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        let Some(waiting) = self
            .waiting
            .remove(&channel)
            .filter(|_| self.setup.grants_shell)
        else {
            return session.channel_failure(channel);
        };
        session.channel_success(channel)?;
        tokio::spawn(shell(waiting, Arc::clone(&self.log)));
        Ok(())
    }

    async fn exec_request(
        &mut self,
        channel: ChannelId,
        data: &[u8],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        let command = String::from_utf8_lossy(data).into_owned();
        let (Some(waiting), Some(path)) = (
            self.waiting.remove(&channel),
            command.strip_prefix("scp -t "),
        ) else {
            return session.channel_failure(channel);
        };
        session.channel_success(channel)?;
        let far_end = FarEnd {
            channel: waiting,
            buffer: Vec::new(),
            log: Arc::clone(&self.log),
        };
        tokio::spawn(far_end.run(self.setup.sink, path.to_owned()));
        Ok(())
    }
}

/// `n` bytes of numbered lines.
pub fn lines(n: usize) -> String {
    let mut text = String::with_capacity(n + 32);
    let mut number = 0_u64;
    while text.len() < n {
        text.push_str(&format!("line {number:08} of a long output\r\n"));
        number += 1;
    }
    text
}

/// What is said by `pieces`, a byte at a time.
pub const PIECES: &str = "Gr\u{fc}\u{df}e f\u{fc}r 3 \u{20ac} \u{1f600}";

/// A shell: prompt `sw1#`, a handful of commands.
async fn shell(mut channel: Channel<Msg>, log: Arc<Log>) {
    let mut typed = Vec::new();
    if channel.data_bytes("sw1#").await.is_err() {
        return;
    }
    while let Some(message) = channel.wait().await {
        match message {
            ChannelMsg::Data { data } => typed.extend_from_slice(&data),
            ChannelMsg::Close => {
                log.closed.fetch_add(1, Ordering::SeqCst);
                return;
            }
            _ => continue,
        }
        while let Some(end) = typed.iter().position(|b| *b == b'\n' || *b == b'\r') {
            let line = String::from_utf8_lossy(&typed[..end]).into_owned();
            typed.drain(..=end);
            let (verb, rest) = line.split_once(' ').unwrap_or((&line, ""));
            let said = match verb {
                "echo" => channel.data_bytes(format!("{rest}\r\nsw1#")).await,
                "big" => {
                    let text = lines(rest.parse().unwrap());
                    channel.data_bytes(format!("{text}sw1#")).await
                }
                "pieces" => {
                    let mut said = Ok(());
                    for byte in format!("{PIECES}\r\nsw1#").into_bytes() {
                        said = channel.data_bytes(vec![byte]).await;
                        sleep(Duration::from_millis(1)).await;
                    }
                    said
                }
                "leave" => {
                    channel.data_bytes("good bye\r\n").await.ok();
                    channel.eof().await.ok();
                    channel.close().await.ok();
                    return;
                }
                "cut" => {
                    log.cut.store(true, Ordering::SeqCst);
                    return;
                }
                _ => Ok(()),
            };
            if said.is_err() {
                return;
            }
        }
    }
}

/// The far end of SCP.
struct FarEnd {
    channel: Channel<Msg>,
    buffer: Vec<u8>,
    log: Arc<Log>,
}

impl FarEnd {
    async fn run(mut self, sink: Sink, path: String) {
        if self.take(sink, path).await.is_some() {
            self.channel.eof().await.ok();
            self.channel.close().await.ok();
        }
    }

    async fn say(&mut self, bytes: &[u8]) -> Option<()> {
        self.channel.data_bytes(bytes.to_vec()).await.ok()
    }

    async fn more(&mut self) -> Option<()> {
        loop {
            match self.channel.wait().await? {
                ChannelMsg::Data { data } => {
                    self.buffer.extend_from_slice(&data);
                    return Some(());
                }
                ChannelMsg::Eof | ChannelMsg::Close => return None,
                _ => {}
            }
        }
    }

    async fn take(&mut self, sink: Sink, path: String) -> Option<()> {
        if let Sink::PlainText(text) = sink {
            self.say(text.as_bytes()).await?;
            return Some(());
        }
        self.say(&[0]).await?;
        while !self.buffer.contains(&b'\n') {
            self.more().await?;
        }
        let end = self.buffer.iter().position(|b| *b == b'\n')?;
        let header: Vec<u8> = self.buffer.drain(..=end).collect();
        let header = String::from_utf8(header).ok()?;
        let size: usize = header.split(' ').nth(1)?.parse().ok()?;
        if let Sink::Refuses(words) = sink {
            self.say(format!("\u{1}{words}\n").as_bytes()).await?;
            return Some(());
        }
        self.say(&[0]).await?;
        while self.buffer.len() < size + 1 {
            match sink {
                Sink::FullAfter(n) if self.buffer.len() >= n => {
                    self.say(b"\x01flash:x: No space left on device\n").await?;
                    sleep(Duration::from_secs(60)).await;
                    return Some(());
                }
                Sink::StallsAfter(n) if self.buffer.len() >= n => {
                    sleep(Duration::from_secs(60)).await;
                    return Some(());
                }
                Sink::CutAfter(n) if self.buffer.len() >= n => {
                    self.log.cut.store(true, Ordering::SeqCst);
                    return None;
                }
                Sink::Slow => sleep(Duration::from_millis(20)).await,
                _ => {}
            }
            self.more().await?;
        }
        if sink == Sink::Wordless {
            return Some(());
        }
        if self.buffer.pop() != Some(0) {
            self.say(b"\x02no zero at the end\n").await?;
            return Some(());
        }
        let bytes = std::mem::take(&mut self.buffer);
        self.log.files.lock().unwrap().insert(path, bytes);
        self.say(&[0]).await?;
        Some(())
    }
}
