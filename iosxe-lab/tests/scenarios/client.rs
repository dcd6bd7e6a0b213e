//! A small SSH client and waiting helpers for the scenarios.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use iosxe_lab::{Base, DeviceSpec, Event, EventKind, ImageSpec, Lab, LabOptions, Topology};
use russh::client::{self, Handle, KeyboardInteractiveAuthResponse};
use russh::keys::PublicKeyOrCertificate;
use russh::{Channel, ChannelMsg};

/// Wall-clock bound of every wait: a scenario that needs longer is broken.
pub(crate) const BOUND: Duration = Duration::from_secs(30);

pub(crate) struct Trusting;

impl client::Handler for Trusting {
    type Error = russh::Error;

    async fn check_server_key(
        &mut self,
        _key: &PublicKeyOrCertificate,
    ) -> Result<bool, Self::Error> {
        Ok(true)
    }
}

pub(crate) struct Fleet {
    pub(crate) lab: Lab,
    pub(crate) dir: tempfile::TempDir,
}

/// Small images: the bytes are real, their number does not matter here.
pub(crate) const IMAGE: u64 = 300_000;

pub(crate) async fn fleet(devices: Vec<DeviceSpec>) -> Fleet {
    fleet_at(devices, 600.0).await
}

/// For what must be seen while it lasts.
pub(crate) async fn fleet_at(devices: Vec<DeviceSpec>, speed: f64) -> Fleet {
    let dir = tempfile::tempdir().unwrap();
    let mut options = LabOptions::new(dir.path());
    options.topology = Some(Topology { device: devices });
    options.speed = speed;
    options.base = Base::Auto;
    options.port = 0;
    options.image_bytes = IMAGE;
    let lab = Lab::start(options).await.unwrap();
    Fleet { lab, dir }
}

/// A Catalyst 9300 on 17.09.04a that shall become 17.12.04.
pub(crate) fn c9300(name: &str) -> DeviceSpec {
    device(name, "C9300-48P")
}

pub(crate) fn device(name: &str, pid: &str) -> DeviceSpec {
    let mut spec = DeviceSpec::new(name, pid, "17.09.04a");
    spec.target_version = Some("17.12.04".into());
    spec
}

impl Fleet {
    pub(crate) fn address(&self, name: &str) -> SocketAddr {
        self.lab
            .devices()
            .iter()
            .find(|d| d.name == name)
            .unwrap()
            .address
    }

    pub(crate) async fn connect(&self, name: &str) -> Handle<Trusting> {
        let config = Arc::new(client::Config::default());
        client::connect(config, self.address(name), Trusting)
            .await
            .unwrap()
    }

    pub(crate) async fn login(&self, name: &str) -> Handle<Trusting> {
        let mut handle = self.connect(name).await;
        let who = self.lab.credentials();
        let result = handle
            .authenticate_password(who.username, who.password)
            .await
            .unwrap();
        assert!(result.success());
        handle
    }

    pub(crate) async fn shell(&self, name: &str) -> Shell {
        let handle = self.login(name).await;
        let mut shell = Shell::open(handle, 200).await;
        shell.until(&format!("{name}#")).await;
        shell.command("terminal length 0").await;
        shell.command("terminal width 511").await;
        shell
    }

    /// Puts the target's image into flash.
    pub(crate) async fn push(&self, name: &str, file: &str) {
        let path = self.dir.path().join("images").join(file);
        let bytes = std::fs::read(path).unwrap();
        let handle = self.login(name).await;
        let said = scp(&handle, &format!("flash:{file}"), &bytes).await;
        assert_eq!(said.last(), Some(&0), "{}", String::from_utf8_lossy(&said));
    }

    /// What the control address says about a device.
    pub(crate) async fn truth(&self, name: &str) -> serde_json::Value {
        let url = self.lab.control_url();
        let (_, truth) = super::control::http(&url, "GET", &format!("/devices/{name}"), None).await;
        truth
    }

    /// Events of a kind so far.
    pub(crate) fn events(&self, kind: EventKind) -> Vec<Event> {
        self.lab
            .timeline(0)
            .into_iter()
            .filter(|e| e.kind == kind)
            .collect()
    }

    /// Waits until so many events of a kind have happened.
    pub(crate) async fn wait_for(&self, kind: EventKind, n: usize) {
        let what = format!("{n} of {kind:?}");
        until(&what, || self.events(kind).len() >= n).await;
    }
}

/// Waits for a condition, level-triggered, within [`BOUND`].
pub(crate) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + BOUND;
    while !holds() {
        assert!(Instant::now() < end, "waited in vain for {what}");
        tokio::task::yield_now().await;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Sends a file by legacy SCP; gives every byte that the server sent.
pub(crate) async fn scp(handle: &Handle<Trusting>, target: &str, bytes: &[u8]) -> Vec<u8> {
    let mut channel = handle.channel_open_session().await.unwrap();
    channel
        .exec(true, format!("scp -t {target}"))
        .await
        .unwrap();
    let mut said = Vec::new();
    if !reply(&mut channel, &mut said, 1).await {
        return said;
    }
    let name = target.rsplit(['/', ':']).next().unwrap();
    channel
        .data_bytes(format!("C0644 {} {name}\n", bytes.len()).into_bytes())
        .await
        .unwrap();
    if !reply(&mut channel, &mut said, 2).await {
        return said;
    }
    for piece in bytes.chunks(20_000) {
        if channel.data_bytes(piece.to_vec()).await.is_err() {
            break;
        }
    }
    if channel.data_bytes(vec![0]).await.is_ok() {
        reply(&mut channel, &mut said, 3).await;
    }
    said
}

/// Waits for `n` bytes in all; false when they begin with an error or the channel ends.
async fn reply(channel: &mut Channel<client::Msg>, said: &mut Vec<u8>, n: usize) -> bool {
    while said.len() < n {
        match tokio::time::timeout(BOUND, channel.wait()).await.unwrap() {
            Some(ChannelMsg::Data { data }) => said.extend_from_slice(&data),
            Some(ChannelMsg::Close | ChannelMsg::Eof) | None => return false,
            Some(_) => {}
        }
    }
    said.iter().all(|b| *b == 0)
}

pub(crate) struct Shell {
    _handle: Handle<Trusting>,
    channel: Channel<client::Msg>,
    pub(crate) seen: String,
    prompt: String,
}

impl Shell {
    pub(crate) async fn open(handle: Handle<Trusting>, columns: u32) -> Shell {
        let channel = handle.channel_open_session().await.unwrap();
        channel
            .request_pty(true, "vt100", columns, 24, 0, 0, &[])
            .await
            .unwrap();
        channel.request_shell(true).await.unwrap();
        Shell {
            _handle: handle,
            channel,
            seen: String::new(),
            prompt: String::new(),
        }
    }

    pub(crate) async fn send(&mut self, text: &str) {
        self.channel
            .data_bytes(text.as_bytes().to_vec())
            .await
            .unwrap();
    }

    /// Reads until the text stands somewhere in what was not consumed yet; consumes up to it.
    pub(crate) async fn until(&mut self, text: &str) -> String {
        let end = Instant::now() + BOUND;
        loop {
            if let Some(at) = self.seen.find(text) {
                let rest = self.seen.split_off(at + text.len());
                if text.ends_with(['#', '>']) {
                    self.prompt = text.to_owned();
                }
                return std::mem::replace(&mut self.seen, rest);
            }
            assert!(
                Instant::now() < end,
                "waited for {text:?}, saw {:?}",
                self.seen
            );
            match tokio::time::timeout(BOUND, self.channel.wait()).await {
                Ok(Some(ChannelMsg::Data { data })) => {
                    self.seen.push_str(&String::from_utf8_lossy(&data));
                }
                Ok(Some(_)) => {}
                Ok(None) | Err(_) => panic!("session ended before {text:?}; saw {:?}", self.seen),
            }
        }
    }

    /// Runs a command and gives its output, without echo and prompt.
    pub(crate) async fn command(&mut self, line: &str) -> String {
        self.send(&format!("{line}\r")).await;
        let prompt = self.prompt.clone();
        let text = self.until(&prompt).await;
        let text = text.replace("\r\n", "\n");
        let body = text.split_once('\n').map_or("", |(_, rest)| rest);
        body.strip_suffix(&prompt).unwrap_or(body).to_owned()
    }

    /// Repeats a command until its output holds the text, within [`BOUND`].
    pub(crate) async fn repeat(&mut self, line: &str, text: &str) -> String {
        let end = Instant::now() + BOUND;
        loop {
            let said = self.command(line).await;
            if said.contains(text) {
                return said;
            }
            assert!(
                Instant::now() < end,
                "{line}: waited in vain for {text:?}, saw {said}"
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Reads until the connection is gone; gives what came before.
    pub(crate) async fn until_gone(mut self) -> String {
        loop {
            match tokio::time::timeout(BOUND, self.channel.wait()).await {
                Ok(Some(ChannelMsg::Data { data })) => {
                    self.seen.push_str(&String::from_utf8_lossy(&data));
                }
                Ok(None) => return self.seen,
                Ok(Some(_)) => {}
                Err(_) => panic!("the session is still there; saw {:?}", self.seen),
            }
        }
    }
}

/// Logs in by keyboard-interactive.
pub(crate) async fn interactive(handle: &mut Handle<Trusting>, user: &str, password: &str) -> bool {
    let mut answer = handle
        .authenticate_keyboard_interactive_start(user, None::<String>)
        .await
        .unwrap();
    loop {
        match answer {
            KeyboardInteractiveAuthResponse::Success => return true,
            KeyboardInteractiveAuthResponse::Failure { .. } => return false,
            KeyboardInteractiveAuthResponse::InfoRequest { prompts, .. } => {
                let replies = prompts.iter().map(|_| password.to_owned()).collect();
                answer = handle
                    .authenticate_keyboard_interactive_respond(replies)
                    .await
                    .unwrap();
            }
        }
    }
}

/// An image that the fleet's folder does not hold.
pub(crate) fn image(version: &str, prefix: &str, dir: &std::path::Path) -> (String, Vec<u8>) {
    let spec = ImageSpec {
        prefix: prefix.into(),
        version: version.into(),
        size_bytes: IMAGE,
        seed: 9,
    };
    let path = dir.join(spec.file_name());
    spec.write_to(&path).unwrap();
    (spec.file_name(), std::fs::read(path).unwrap())
}
