//! Doors that do not open: credentials, host keys, addresses, and what stands behind them.

use std::net::SocketAddr;
use std::sync::Arc;

use iosxe_lab::EventKind;
use russh::keys::PrivateKey;
use russh::server::{Auth, ChannelOpenHandle, Config, Handler, Msg, Session};
use russh::{Channel, ChannelId, Pty};
use tokio::net::TcpListener;

use super::support::{Bench, Ran, c9300, fault, only_reads};
use super::{UPGRADE, upgrade};

#[test]
fn a_wrong_password_is_told_once_and_never_tried_again() {
    let mut bench = Bench::new(vec![c9300("sw-a")]);
    bench.environment("IOSXE_PASSWORD", "no-such-password");
    let ran = bench.run(&upgrade("sw-a"));
    bench.assert_no_contact();
    insta::assert_snapshot!(bench.told(&ran), @r"
    exit 3
    sw-a: refused in discover: <address of sw-a> refuses the credential of netops (password) [credential_refused]
      next: check user and password of this credential
    ");
    assert!(!(ran.stdout + &ran.stderr).contains("no-such-password"));
}

/// Design rule 10.
#[test]
fn two_refusals_park_a_credential_and_the_other_devices_are_not_tried() {
    let names = ["sw-a", "sw-b", "sw-c", "sw-d"];
    let mut bench = Bench::new(names.map(c9300).into());
    bench.environment("IOSXE_PASSWORD", "no-such-password");
    let ran = bench.run(&UPGRADE);
    bench.assert_no_contact();
    insta::assert_snapshot!(bench.told(&ran), @r"
    exit 1
    sw-a: refused in discover: <address of sw-a> refuses the credential of netops (password) [credential_refused]
      next: check user and password of this credential
    sw-b: refused in discover: <address of sw-b> refuses the credential of netops (password) [credential_refused]
      next: check user and password of this credential
    sw-c: not_started in discover: credential default was refused 2 times and is not tried again [credential_parked]
      next: correct the credential, then resume
    sw-d: not_started in discover: credential default was refused 2 times and is not tried again [credential_parked]
      next: correct the credential, then resume
    ");
    let tried: Vec<_> = names
        .into_iter()
        .filter(|name| {
            bench
                .path(&format!("runs/{}/{name}.log", ran.run_name()))
                .exists()
        })
        .collect();
    assert_eq!(tried.len(), 2, "a session was opened to {tried:?}");
}

/// Design rule 10: one device's own refusal parks nothing.
#[test]
fn a_credential_that_opened_a_device_is_not_parked_by_another() {
    let bench = Bench::new(vec![c9300("sw-a"), c9300("sw-b"), c9300("sw-c")]);
    bench.set_fault("sw-b", fault("wrong_password"));
    let ran = bench.run(&["discover"]);
    bench.assert_only_read();
    insta::assert_snapshot!(bench.told(&ran), @r"
    exit 1
    sw-a: ready in discover
    sw-b: refused in discover: <address of sw-b> refuses the credential of netops (password) [credential_refused]
      next: check user and password of this credential
    sw-c: ready in discover
    ");
    assert!(bench.happened("sw-c", EventKind::Login));
}

#[test]
fn a_credential_that_is_not_set_is_named() {
    let mut bench = Bench::new(vec![c9300("sw-a")]);
    bench.environment("IOSXE_PASSWORD", "");
    for arguments in [&upgrade("sw-a")[..], &["discover"], &["plan"]] {
        let ran = bench.run(arguments);
        insta::allow_duplicates! {
            insta::assert_snapshot!(bench.told(&ran), @r"
            exit 2
            error: credential `default`: the environment variable IOSXE_PASSWORD is not set [credential_missing]
              next: set the variable: `export IOSXE_PASSWORD=…`
            ");
        }
    }
    bench.assert_no_contact();
    assert!(!bench.path("journal.db").exists(), "no run began");
}

#[test]
fn a_credential_that_only_some_rows_lack_stops_those_rows_alone() {
    let bench = Bench::new(vec![c9300("sw-a"), c9300("sw-b")]);
    bench.edit(|table| table.set("sw-b", "credential", "branch"));
    let ran = bench.run(&["discover"]);
    bench.assert_only_read();
    insta::assert_snapshot!(bench.told(&ran), @r"
    exit 1
    sw-a: ready in discover
    sw-b: refused in discover: there is no credential `branch`; the configuration has default [credential_unknown]
      next: add a `[[credential]]` of that name, or correct the `credential` cell
    ");
}

#[test]
fn an_unknown_host_key_gets_no_credentials() {
    let bench = Bench::new(vec![c9300("sw-a")]);
    bench.write("known_hosts", "");
    let ran = bench.run(&upgrade("sw-a"));
    bench.assert_no_contact();
    insta::assert_snapshot!(bench.told(&ran), @r"
    exit 3
    sw-a: refused in discover: the host key of <address of sw-a> is not known: ssh-ed25519 SHA256:<key> [host_key_unknown]
      next: compare the fingerprint with the device's console, then accept it: `--accept-new-host-keys`
    ");
    assert_eq!(bench.read("known_hosts"), "");
    // The flag that the sentence names is the way on.
    let ran = bench.run(&["discover", "--accept-new-host-keys"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(bench.read("known_hosts").lines().count(), 1);
}

/// Design rule 11.
#[test]
fn a_changed_host_key_gets_no_credentials_whatever_the_flags() {
    let bench = Bench::new(vec![c9300("sw-a")]);
    let known = bench.read("known_hosts");
    let mut changed = fault("host_key_changed");
    changed.at = "now".into();
    bench.set_fault("sw-a", changed);
    let ran = bench.run(&[&upgrade("sw-a")[..], &["--accept-new-host-keys"]].concat());
    assert!(!bench.happened("sw-a", EventKind::Login));
    insta::assert_snapshot!(bench.told(&ran), @r"
    exit 3
    sw-a: refused in discover: the host key of <address of sw-a> changed: ssh-ed25519 SHA256:<key> instead of ssh-ed25519 SHA256:<key> [host_key_changed]
      next: find out why the key changed; if it is right, trust it: `iosxe trust sw-a`
    ");
    assert_eq!(bench.read("known_hosts"), known);
    // The command that the sentence names is the way on.
    assert_eq!(bench.run(&["trust", "sw-a"]).code, 0);
    assert_eq!(bench.run(&["discover"]).code, 0);
    bench.assert_only_read();
}

#[test]
fn an_address_where_nothing_listens_is_told_after_a_few_tries_and_stops_nobody_else() {
    let bench = Bench::new(vec![c9300("sw-a"), c9300("sw-b")]);
    bench.edit(|table| table.set("sw-a", "address", &closed_port()));
    let ran = bench.run(&["discover"]);
    bench.assert_only_read();
    insta::assert_snapshot!(told_without_port(&bench, &ran), @r"
    exit 1
    sw-a: dead_letter in discover: cannot reach <other address>: Connection refused (os error 111) (5 tries) [unreachable]
      next: check the `address` cell and the way to the device
    sw-b: ready in discover
    ");
}

/// An address that was free a moment ago.
fn closed_port() -> String {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    socket.local_addr().unwrap().to_string()
}

/// The address of `sw-a` in the inventory is not the lab's.
fn told_without_port(bench: &Bench, ran: &Ran) -> String {
    let other = bench.table().cell("sw-a", "address").to_owned();
    bench.told(ran).replace(&other, "<other address>")
}

#[test]
fn a_server_that_speaks_no_ssh_is_no_device() {
    let bench = Bench::new(vec![c9300("sw-a")]);
    let socket = bench.wait(TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = socket.local_addr().unwrap().to_string();
    bench.spawn(async move {
        use tokio::io::AsyncWriteExt as _;
        while let Ok((mut stream, _)) = socket.accept().await {
            drop(
                stream
                    .write_all(b"220 files.example.net FTP ready\r\n")
                    .await,
            );
        }
    });
    bench.edit(|table| table.set("sw-a", "address", &address));
    let ran = bench.run(&upgrade("sw-a"));
    bench.assert_no_contact();
    insta::assert_snapshot!(told_without_port(&bench, &ran), @r"
    exit 1
    sw-a: dead_letter in discover: <other address> breaks off the SSH handshake: Failed getting banner (5 tries) [no_ssh]
      next: check that the port is the device's SSH port and that a vty line is free
    ");
}

#[test]
fn a_unix_host_is_no_device() {
    let bench = Bench::new(vec![c9300("sw-a")]);
    let (ran, said) = upgrade_of(&bench, "files#", "-bash: command not found");
    insta::assert_snapshot!(told_without_port(&bench, &ran), @r"
    exit 3
    sw-a: refused in discover: what answers is no Cisco device: to `show version` it says `-bash: command not found` [no_device]
      next: check the `address` cell: another host answers there
    ");
    insta::assert_snapshot!(said, @r"

    terminal length 0
    terminal width 511
    terminal no monitor
    terminal no exec prompt timestamp
    show version
    ");
}

#[test]
fn a_shell_of_another_system_is_known_by_its_prompt() {
    let bench = Bench::new(vec![c9300("sw-a")]);
    let (ran, said) = upgrade_of(&bench, "[root@files ~]# ", "");
    insta::assert_snapshot!(told_without_port(&bench, &ran), @r"
    exit 3
    sw-a: refused in discover: what answers is no Cisco device: to `RETURN` it says `[root@files ~]#` [no_device]
      next: check the `address` cell: another host answers there
    ");
    assert_eq!(said, "\n");
}

/// Design rule 17.
#[test]
fn a_wireless_controller_is_recognised_and_left_alone() {
    let bench = Bench::new(vec![c9300("sw-a")]);
    bench.edit(|table| {
        table.set("sw-a", "platform", "");
        table.set("sw-a", "serial", "");
    });
    let (ran, said) = upgrade_of(&bench, "wlc-a#", CONTROLLER);
    insta::assert_snapshot!(told_without_port(&bench, &ran), @r"
    exit 3
    sw-a: refused in discover: C9800-40-K9 is a wireless-controller: wireless controllers are recognised and never upgraded: access points need their own work [platform_not_upgraded]
      next: upgrade this device by other means
    ");
    for line in said.lines() {
        assert!(only_reads(line), "{line}");
    }
}

/// What a controller says about itself, shortened to the lines that every release has.
const CONTROLLER: &str = "Cisco IOS XE Software, Version 17.09.04a\r\n\
    Cisco IOS Software [Cupertino], C9800 Software (C9800_IOSXE-K9), Version 17.9.4a, RELEASE SOFTWARE (fc3)\r\n\
    wlc-a uptime is 3 days, 2 hours, 10 minutes\r\n\
    System image file is \"bootflash:packages.conf\"\r\n\
    cisco C9800-40-K9 (1GL) processor (revision 1GL) with 25398327K/6147K bytes of memory.\r\n\
    Processor board ID TTM00000001\r\n\
    Configuration register is 0x102";

/// Upgrades `sw-a`, at whose address another host answers; returns what that host was told too.
fn upgrade_of(bench: &Bench, prompt: &'static str, version: &'static str) -> (Ran, String) {
    let said = Arc::new(std::sync::Mutex::new(Vec::new()));
    let host = Host {
        prompt,
        version,
        said: Arc::clone(&said),
    };
    let address = bench.wait(listen(bench, host)).to_string();
    bench.edit(|table| table.set("sw-a", "address", &address));
    let ran = bench.run(&[&upgrade("sw-a")[..], &["--accept-new-host-keys"]].concat());
    bench.assert_no_contact();
    let said = String::from_utf8(said.lock().unwrap().clone()).unwrap();
    (ran, said.replace('\r', "\n"))
}

/// An SSH server that knows one command at most.
#[derive(Clone)]
struct Host {
    prompt: &'static str,
    /// What it says to `show version`.
    version: &'static str,
    /// What it was told.
    said: Arc<std::sync::Mutex<Vec<u8>>>,
}

async fn listen(bench: &Bench, host: Host) -> SocketAddr {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    let pair = russh::keys::ssh_key::private::Ed25519Keypair::from_seed(&[7; 32]);
    let config = Arc::new(Config {
        keys: vec![PrivateKey::from(pair)],
        ..Config::default()
    });
    bench.spawn(async move {
        while let Ok((stream, _)) = socket.accept().await {
            let session = russh::server::run_stream(Arc::clone(&config), stream, host.clone());
            if let Ok(session) = session.await {
                tokio::spawn(session);
            }
        }
    });
    address
}

impl Handler for Host {
    type Error = russh::Error;

    async fn auth_password(&mut self, _: &str, _: &str) -> Result<Auth, Self::Error> {
        Ok(Auth::Accept)
    }

    async fn channel_open_session(
        &mut self,
        _channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), Self::Error> {
        reply.accept().await;
        Ok(())
    }

    async fn pty_request(
        &mut self,
        channel: ChannelId,
        _: &str,
        _: u32,
        _: u32,
        _: u32,
        _: u32,
        _: &[(Pty, u32)],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        session.channel_success(channel)
    }

    async fn shell_request(
        &mut self,
        channel: ChannelId,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        session.channel_success(channel)?;
        session.data(channel, self.prompt.as_bytes().to_vec())
    }

    async fn data(
        &mut self,
        channel: ChannelId,
        data: &[u8],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        self.said.lock().unwrap().extend_from_slice(data);
        let mut answer = data.to_vec();
        if data.contains(&b'\r') || data.contains(&b'\n') {
            let line = self.said.lock().unwrap();
            let last = String::from_utf8_lossy(&line);
            let asked = last.trim_end().rsplit(['\r', '\n']).next();
            let text = match asked {
                Some("show version") => self.version,
                Some("") => "",
                _ => "% Invalid input detected at '^' marker.\r\n",
            };
            answer.extend_from_slice(format!("\n{text}\r\n{}", self.prompt).as_bytes());
        }
        session.data(channel, answer)
    }
}
