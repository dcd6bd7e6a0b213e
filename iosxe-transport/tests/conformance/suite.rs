//! What every backend must do, one function per thing: the suite that both are held to.
//!
//! A case answers with what it saw that should not be. `main.rs` runs each for both backends, and
//! once more over a backend that is broken just there, where it has to fail.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use iosxe_core::device::Address;
use iosxe_core::ports::{
    AlgorithmProfile, ConnectError, Connector, Credential, Endpoint, FileMover, Session,
    TransferError,
};
use iosxe_core::secret::Secret;
use iosxe_core::talk::Line;
use iosxe_transport::ssh::SshPolicy;
use russh::keys::PrivateKey;
use russh::keys::ssh_key::LineEnding;
use russh::{MethodKind, Preferred};
use tempfile::TempDir;
use tokio::time::timeout;

use crate::rig::{self, PIECES, Rig, Setup, Sink};
use crate::support::{Kept, Script, Watch, endpoint, image, over};

pub type Check = Result<(), String>;

/// What is held against the suite.
pub struct Subject {
    pub connector: Box<dyn Fn(SshPolicy) -> Arc<dyn Connector> + Send + Sync>,
    pub mover: Box<dyn Fn(SshPolicy) -> Arc<dyn FileMover> + Send + Sync>,
}

macro_rules! ensure {
    ($is:expr, $($why:tt)+) => {
        if !$is {
            return Err(format!($($why)+));
        }
    };
}

/// Long enough for a busy machine, short enough for a backend that never answers.
const SOON: Duration = Duration::from_secs(6);

struct Bench {
    dir: TempDir,
    policy: SshPolicy,
}

impl Bench {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let policy = SshPolicy {
            accept_new: true,
            connect_timeout: Duration::from_secs(5),
            login_timeout: Duration::from_secs(5),
            keepalive: Some(Duration::from_secs(1)),
            stall_timeout: Duration::from_secs(5),
            ..SshPolicy::new(dir.path().join("known_hosts"))
        };
        Self { dir, policy }
    }

    fn strict(&self) -> SshPolicy {
        SshPolicy {
            accept_new: false,
            ..self.policy.clone()
        }
    }

    fn pin(&self, address: &Address, key: &PrivateKey) {
        let line = format!(
            "[{}]:{} {}\n",
            address.host,
            address.port,
            key.public_key().to_openssh().unwrap()
        );
        std::fs::write(&self.policy.known_hosts, line).unwrap();
    }

    fn known_hosts(&self) -> String {
        std::fs::read_to_string(&self.policy.known_hosts).unwrap_or_default()
    }

    fn image(&self, size: usize) -> PathBuf {
        image(self.dir.path(), "image.bin", size)
    }
}

fn to(rig: &Rig) -> Endpoint {
    endpoint(rig.address.clone(), rig::credential())
}

fn plain(text: &str) -> Option<Line> {
    Some(Line::plain(text))
}

async fn session(
    subject: &Subject,
    policy: &SshPolicy,
    to: &Endpoint,
    evidence: &Arc<Kept>,
) -> Result<Box<dyn Session>, String> {
    let connector = (subject.connector)(policy.clone());
    timeout(SOON * 2, connector.connect(to, Arc::clone(evidence) as _))
        .await
        .map_err(|_| "connecting never ended".to_owned())?
        .map_err(|e| e.to_string())
}

/// The error of a connection that must not come about.
async fn refusal(
    subject: &Subject,
    policy: &SshPolicy,
    to: &Endpoint,
) -> Result<ConnectError, String> {
    let connector = (subject.connector)(policy.clone());
    match timeout(SOON * 2, connector.connect(to, Kept::new())).await {
        Err(_) => Err("connecting never ended".to_owned()),
        Ok(Ok(_)) => Err("a session was opened".to_owned()),
        Ok(Err(error)) => Ok(error),
    }
}

async fn talk(session: &mut dyn Session, steps: &[(&str, Option<Line>)]) -> Result<Script, String> {
    let mut script = Script::new(steps).within(SOON);
    timeout(SOON * 2, session.talk(&mut script))
        .await
        .map_err(|_| "talking never ended".to_owned())?
        .map_err(|e| e.to_string())?;
    Ok(script)
}

async fn push(
    subject: &Subject,
    policy: &SshPolicy,
    to: &Endpoint,
    source: &std::path::Path,
    watch: &Watch,
) -> Result<Result<u64, TransferError>, String> {
    let mover = (subject.mover)(policy.clone());
    timeout(
        Duration::from_secs(40),
        mover.push(to, source, "flash:image.bin", watch, Kept::new()),
    )
    .await
    .map_err(|_| "the push never ended".to_owned())
}

/// A conversation goes to and fro, and all of it stands in the evidence.
pub async fn shell(subject: &Subject) -> Check {
    let (bench, rig) = (Bench::new(), Rig::start(Setup::default()).await);
    let evidence = Kept::new();
    let mut session = session(subject, &bench.policy, &to(&rig), &evidence).await?;
    ensure!(session.is_open(), "a new session is not open");
    ensure!(
        session.algorithms().contains("ssh-ed25519"),
        "algorithms: {}",
        session.algorithms()
    );
    for word in ["one", "two"] {
        let script = talk(
            &mut *session,
            &[
                ("", plain(&format!("echo {word}"))),
                (&format!("{word}\r\nsw1#"), None),
            ],
        )
        .await?;
        ensure!(
            script.outcome == "done",
            "{}: {}",
            script.outcome,
            script.heard
        );
    }
    let text = evidence.text();
    for part in ["> \"echo one\\n\"", "two\\r\\n", "connected to"] {
        ensure!(text.contains(part), "evidence without {part}: {text}");
    }
    Ok(())
}

/// A byte at a time, with characters cut in the middle, is the same text.
pub async fn pieces(subject: &Subject) -> Check {
    let (bench, rig) = (Bench::new(), Rig::start(Setup::default()).await);
    let mut session = session(subject, &bench.policy, &to(&rig), &Kept::new()).await?;
    let script = talk(
        &mut *session,
        &[
            ("sw1#", plain("pieces")),
            (&format!("{PIECES}\r\nsw1#"), None),
        ],
    )
    .await?;
    ensure!(
        script.outcome == "done",
        "{}: {:?}",
        script.outcome,
        script.heard
    );
    Ok(())
}

/// A long output arrives whole and in order.
pub async fn big_output(subject: &Subject) -> Check {
    let (bench, rig) = (Bench::new(), Rig::start(Setup::default()).await);
    let mut session = session(subject, &bench.policy, &to(&rig), &Kept::new()).await?;
    let all = rig::lines(3_000_000);
    let mut script = Collect::new("big 3000000", all.len() + 4);
    timeout(SOON * 2, session.talk(&mut script))
        .await
        .map_err(|_| "talking never ended".to_owned())?
        .map_err(|e| e.to_string())?;
    ensure!(
        script.heard == format!("sw1#{all}sw1#"),
        "{} bytes came",
        script.heard.len()
    );
    Ok(())
}

/// Types one line and listens until so many bytes came behind the first prompt, or silence.
struct Collect {
    line: Option<Line>,
    want: usize,
    heard: String,
}

impl Collect {
    fn new(line: &str, want: usize) -> Self {
        Self {
            line: Some(Line::plain(line)),
            want: want + 4,
            heard: String::new(),
        }
    }
}

impl iosxe_core::talk::Dialogue for Collect {
    fn next(
        &mut self,
        input: iosxe_core::talk::Input<'_>,
        now: iosxe_core::talk::Tick,
    ) -> iosxe_core::talk::Move {
        use iosxe_core::talk::{Input, Move};
        match input {
            Input::Opened => {}
            Input::Text(text) => self.heard.push_str(text),
            Input::Silence | Input::HungUp => return Move::Done,
        }
        if self.heard.len() >= self.want {
            return Move::Done;
        }
        match self.line.take() {
            Some(line) => Move::Send(line, now.plus(SOON)),
            None => Move::Wait(now.plus(SOON)),
        }
    }
}

/// What is typed as a secret reaches the device, and never the evidence.
pub async fn secret(subject: &Subject) -> Check {
    let (bench, rig) = (Bench::new(), Rig::start(Setup::default()).await);
    let evidence = Kept::new();
    let mut session = session(subject, &bench.policy, &to(&rig), &evidence).await?;
    let line = Some(Line::Secret(Secret::new("hush sesame-secret")));
    let mut script =
        Script::new(&[("sw1#", line), ("never said", None)]).within(Duration::from_millis(700));
    session.talk(&mut script).await.map_err(|e| e.to_string())?;
    let text = evidence.text();
    ensure!(text.contains("> \"***\\n\""), "no mask: {text}");
    ensure!(!text.contains("sesame"), "the secret is in the evidence");
    Ok(())
}

/// The password is given once, and a refusal is final.
pub async fn password(subject: &Subject) -> Check {
    let setup = Setup {
        methods: vec![MethodKind::Password, MethodKind::KeyboardInteractive],
        asks: 3,
        ..Setup::default()
    };
    let (bench, rig) = (Bench::new(), Rig::start(setup).await);
    session(subject, &bench.policy, &to(&rig), &Kept::new()).await?;
    ensure!(
        rig.log.submitted() == [rig::PASSWORD],
        "submitted {:?}",
        rig.log.submitted()
    );
    let wrong = Credential::password(rig::USER, Secret::new("wrong-one"));
    let error = refusal(
        subject,
        &bench.policy,
        &endpoint(rig.address.clone(), wrong),
    )
    .await?;
    ensure!(
        matches!(&error, ConnectError::CredentialRefused { username, .. } if username == rig::USER),
        "{error}"
    );
    ensure!(
        rig.log.submitted() == [rig::PASSWORD, "wrong-one"],
        "submitted {:?}",
        rig.log.submitted()
    );
    Ok(())
}

/// A server that only asks questions is answered, once.
pub async fn keyboard_interactive(subject: &Subject) -> Check {
    let setup = Setup {
        methods: vec![MethodKind::KeyboardInteractive],
        asks: 3,
        ..Setup::default()
    };
    let (bench, rig) = (Bench::new(), Rig::start(setup).await);
    let mut session = session(subject, &bench.policy, &to(&rig), &Kept::new()).await?;
    let script = talk(&mut *session, &[("sw1#", None)]).await?;
    ensure!(script.outcome == "done", "{}", script.outcome);
    let wrong = Credential::password(rig::USER, Secret::new("wrong-one"));
    let error = refusal(
        subject,
        &bench.policy,
        &endpoint(rig.address.clone(), wrong),
    )
    .await?;
    ensure!(
        matches!(&error, ConnectError::CredentialRefused { .. }),
        "{error}"
    );
    ensure!(
        rig.log.submitted() == [rig::PASSWORD, "wrong-one"],
        "submitted {:?}",
        rig.log.submitted()
    );
    Ok(())
}

/// A question for anything but the password is left open, and told.
pub async fn other_question(subject: &Subject) -> Check {
    let setup = Setup {
        methods: vec![MethodKind::KeyboardInteractive],
        question: "Enter new password: ",
        ..Setup::default()
    };
    let (bench, rig) = (Bench::new(), Rig::start(setup).await);
    let error = refusal(subject, &bench.policy, &to(&rig)).await?;
    ensure!(
        matches!(&error, ConnectError::CredentialRefused { methods, .. } if methods.contains("Enter new password:")),
        "{error}"
    );
    ensure!(
        rig.log.submitted().is_empty(),
        "submitted {:?}",
        rig.log.submitted()
    );
    Ok(())
}

/// A key file opens the door.
pub async fn public_key(subject: &Subject) -> Check {
    let bench = Bench::new();
    let key = rig::key();
    let path = bench.dir.path().join("id");
    std::fs::write(&path, key.to_openssh(LineEnding::LF).unwrap().as_bytes()).unwrap();
    let setup = Setup {
        methods: vec![MethodKind::PublicKey],
        authorized: Some(key.public_key().clone()),
        ..Setup::default()
    };
    let rig = Rig::start(setup).await;
    let credential = Credential {
        key_file: Some(path),
        password: None,
        ..rig::credential()
    };
    let to = endpoint(rig.address.clone(), credential);
    let mut session = session(subject, &bench.policy, &to, &Kept::new()).await?;
    let script = talk(&mut *session, &[("sw1#", None)]).await?;
    ensure!(script.outcome == "done", "{}", script.outcome);
    Ok(())
}

/// A device that only a jump host reaches is reached, and both host keys are checked.
pub async fn jump(subject: &Subject) -> Check {
    let (bench, inner) = (Bench::new(), Rig::start(Setup::default()).await);
    let setup = Setup {
        inner: Some(inner.address.clone()),
        ..Setup::default()
    };
    let near = Rig::start(setup).await;
    let hidden: Address = "inner.invalid:22".parse().unwrap();
    let to = over(
        endpoint(hidden, rig::credential()),
        near.address.clone(),
        rig::credential(),
    );
    let mut shell = session(subject, &bench.policy, &to, &Kept::new()).await?;
    let script = talk(
        &mut *shell,
        &[("sw1#", plain("echo far")), ("far\r\nsw1#", None)],
    )
    .await?;
    ensure!(script.outcome == "done", "{}", script.outcome);
    shell.close().await;
    drop(shell);
    ensure!(
        near.log.deserted_within(SOON).await,
        "the jump host's connection stayed"
    );
    ensure!(
        bench.known_hosts().lines().count() == 2,
        "known: {}",
        bench.known_hosts()
    );
    let wrong = Credential::password(rig::USER, Secret::new("wrong-one"));
    let to = over(to, "127.0.0.1:1".parse().unwrap(), wrong);
    let error = refusal(subject, &bench.policy, &to).await?;
    ensure!(matches!(&error, ConnectError::Jump { .. }), "{error}");
    Ok(())
}

/// An unknown key gets no credential; with leave it is learnt, once.
pub async fn unknown_key(subject: &Subject) -> Check {
    let (bench, rig) = (Bench::new(), Rig::start(Setup::default()).await);
    let error = refusal(subject, &bench.strict(), &to(&rig)).await?;
    let shown = rig.keys[0]
        .public_key()
        .fingerprint(russh::keys::HashAlg::Sha256);
    ensure!(
        matches!(&error, ConnectError::HostKeyUnknown { fingerprint, .. } if fingerprint.ends_with(&shown.to_string())),
        "{error} instead of {shown}"
    );
    ensure!(rig.log.submitted().is_empty(), "a credential was sent");
    session(subject, &bench.policy, &to(&rig), &Kept::new()).await?;
    session(subject, &bench.strict(), &to(&rig), &Kept::new()).await?;
    ensure!(
        bench.known_hosts().lines().count() == 1,
        "known: {}",
        bench.known_hosts()
    );
    Ok(())
}

/// A changed key gets no credential, with leave or without.
pub async fn changed_key(subject: &Subject) -> Check {
    let (bench, rig) = (Bench::new(), Rig::start(Setup::default()).await);
    bench.pin(&rig.address, &rig::key());
    let before = bench.known_hosts();
    for policy in [bench.policy.clone(), bench.strict()] {
        let error = refusal(subject, &policy, &to(&rig)).await?;
        ensure!(
            matches!(&error, ConnectError::HostKeyChanged { .. }),
            "{error}"
        );
    }
    ensure!(rig.log.submitted().is_empty(), "a credential was sent");
    ensure!(bench.known_hosts() == before, "the pin was changed");
    Ok(())
}

/// Of a host with two keys, the pinned one is asked for.
pub async fn pinned_type(subject: &Subject) -> Check {
    let bench = Bench::new();
    let (ed, ec) = (rig::key(), rig::ecdsa_key());
    let setup = Setup {
        keys: vec![ed.clone(), ec.clone()],
        ..Setup::default()
    };
    let rig = Rig::start(setup).await;
    for (key, kind) in [(ec, "ecdsa-sha2-nistp256"), (ed, "ssh-ed25519")] {
        bench.pin(&rig.address, &key);
        let session = session(subject, &bench.strict(), &to(&rig), &Kept::new()).await?;
        ensure!(
            session.algorithms().contains(kind),
            "{}",
            session.algorithms()
        );
    }
    Ok(())
}

/// `trust` pins what is shown in place of what was known, and sends no credential.
pub async fn trust(subject: &Subject) -> Check {
    let (bench, rig) = (Bench::new(), Rig::start(Setup::default()).await);
    bench.pin(&rig.address, &rig::key());
    let connector = (subject.connector)(bench.strict());
    let shown = timeout(SOON * 2, connector.trust(&to(&rig)))
        .await
        .map_err(|_| "trusting never ended".to_owned())?
        .map_err(|e| e.to_string())?;
    ensure!(shown.starts_with("ssh-ed25519 SHA256:"), "{shown}");
    ensure!(rig.log.submitted().is_empty(), "a credential was sent");
    session(subject, &bench.strict(), &to(&rig), &Kept::new()).await?;
    ensure!(
        bench.known_hosts().lines().count() == 1,
        "known: {}",
        bench.known_hosts()
    );
    Ok(())
}

/// A silent session shows that it lives; a dead link becomes a hang-up.
pub async fn keepalive(subject: &Subject) -> Check {
    let (bench, rig) = (Bench::new(), Rig::start(Setup::default()).await);
    let mut session = session(subject, &bench.policy, &to(&rig), &Kept::new()).await?;
    talk(&mut *session, &[("sw1#", None)]).await?;
    let before = rig.log.heard.load(Ordering::SeqCst);
    let heard = |l: &rig::Log| l.heard.load(Ordering::SeqCst) > before + 100;
    ensure!(
        rig.log.becomes(SOON * 2, heard).await,
        "nothing was heard of a silent session"
    );
    ensure!(session.is_open(), "a silent session was closed");
    rig.log.frozen.store(true, Ordering::SeqCst);
    let mut script = Script::new(&[("never said", None)]).within(Duration::from_secs(25));
    timeout(Duration::from_secs(30), session.talk(&mut script))
        .await
        .map_err(|_| "talking never ended".to_owned())?
        .map_err(|e| e.to_string())?;
    ensure!(script.outcome == "hung up", "{}", script.outcome);
    Ok(())
}

/// The end of the connection is told to the conversation, after the last words.
pub async fn hang_up(subject: &Subject) -> Check {
    for command in ["leave", "cut"] {
        let (bench, rig) = (Bench::new(), Rig::start(Setup::default()).await);
        let mut session = session(subject, &bench.policy, &to(&rig), &Kept::new()).await?;
        let script = talk(
            &mut *session,
            &[("sw1#", plain(command)), ("never said", None)],
        )
        .await?;
        ensure!(script.outcome == "hung up", "{command}: {}", script.outcome);
        ensure!(
            command == "cut" || script.heard == "good bye\r\n",
            "{:?}",
            script.heard
        );
        ensure!(!session.is_open(), "{command}: still open");
        let script = talk(&mut *session, &[("sw1#", None)]).await?;
        ensure!(script.outcome == "hung up", "again: {}", script.outcome);
    }
    Ok(())
}

/// Silence is told when it is due.
pub async fn silence(subject: &Subject) -> Check {
    let (bench, rig) = (Bench::new(), Rig::start(Setup::default()).await);
    let mut session = session(subject, &bench.policy, &to(&rig), &Kept::new()).await?;
    talk(&mut *session, &[("sw1#", None)]).await?;
    let begun = Instant::now();
    let mut script = Script::new(&[("never said", None)]).within(Duration::from_millis(400));
    timeout(SOON, session.talk(&mut script))
        .await
        .map_err(|_| "silence was never told".to_owned())?
        .map_err(|e| e.to_string())?;
    let took = begun.elapsed();
    ensure!(script.outcome == "silence", "{}", script.outcome);
    ensure!(
        took >= Duration::from_millis(400) && took < SOON / 2,
        "after {took:?}"
    );
    Ok(())
}

/// A conversation that is dropped in the middle leaves nothing behind.
pub async fn cancel(subject: &Subject) -> Check {
    let (bench, rig) = (Bench::new(), Rig::start(Setup::default()).await);
    let mut session = session(subject, &bench.policy, &to(&rig), &Kept::new()).await?;
    let mut script = Script::new(&[("sw1#", plain("hush")), ("never said", None)]);
    let cut = timeout(Duration::from_millis(500), session.talk(&mut script)).await;
    ensure!(cut.is_err(), "talked to the end");
    ensure!(
        !session.is_open(),
        "an interrupted session says that it is open"
    );
    ensure!(
        session.talk(&mut script).await.is_err(),
        "it can be talked on"
    );
    drop(session);
    ensure!(rig.log.deserted_within(SOON).await, "the connection stayed");

    // In the middle of connecting.
    rig.log.frozen.store(true, Ordering::SeqCst);
    let connector = (subject.connector)(bench.policy.clone());
    let endpoint = to(&rig);
    let connecting = connector.connect(&endpoint, Kept::new());
    let cut = timeout(Duration::from_millis(500), connecting).await;
    ensure!(cut.is_err(), "connected over a dead link");
    rig.log.frozen.store(false, Ordering::SeqCst);
    ensure!(
        rig.log.deserted_within(SOON).await,
        "a connection in the making stayed"
    );
    Ok(())
}

/// Leaving is said, not just done.
pub async fn close(subject: &Subject) -> Check {
    let (bench, rig) = (Bench::new(), Rig::start(Setup::default()).await);
    let mut session = session(subject, &bench.policy, &to(&rig), &Kept::new()).await?;
    talk(&mut *session, &[("sw1#", None)]).await?;
    timeout(SOON, session.close())
        .await
        .map_err(|_| "closing never ended".to_owned())?;
    ensure!(!session.is_open(), "still open");
    ensure!(rig.log.deserted_within(SOON).await, "the connection stayed");
    let closed = |l: &rig::Log| l.closed.load(Ordering::SeqCst) == 1;
    ensure!(
        rig.log.becomes(SOON, closed).await,
        "the channel was not closed"
    );
    Ok(())
}

/// A server that gives no shell is told apart from one that is not there.
pub async fn no_shell(subject: &Subject) -> Check {
    let setup = Setup {
        grants_shell: false,
        ..Setup::default()
    };
    let (bench, rig) = (Bench::new(), Rig::start(setup).await);
    let error = refusal(subject, &bench.policy, &to(&rig)).await?;
    ensure!(matches!(&error, ConnectError::NoChannel { .. }), "{error}");
    Ok(())
}

/// Nothing there, nothing that answers, nothing that speaks SSH: each in its words and in time.
pub async fn unreachable(subject: &Subject) -> Check {
    let bench = Bench::new();
    let policy = SshPolicy {
        login_timeout: Duration::from_secs(2),
        ..bench.policy.clone()
    };
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let at = |port: u16| {
        let address = format!("127.0.0.1:{port}").parse().unwrap();
        endpoint(address, rig::credential())
    };
    let mute = at(listener.local_addr().unwrap().port());
    let error = refusal(subject, &policy, &mute).await?;
    ensure!(
        matches!(&error, ConnectError::TimedOut { .. }),
        "mute: {error}"
    );
    drop(listener);
    let error = refusal(subject, &policy, &mute).await?;
    ensure!(
        matches!(&error, ConnectError::Unreachable { .. }),
        "closed: {error}"
    );

    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let web = at(listener.local_addr().unwrap().port());
    std::thread::spawn(move || {
        use std::io::Write;
        if let Ok((mut stream, _)) = listener.accept() {
            stream.write_all(b"HTTP/1.0 400 Bad Request\r\n\r\n").ok();
        }
    });
    let error = refusal(subject, &policy, &web).await?;
    ensure!(
        matches!(&error, ConnectError::Handshake { .. }),
        "web: {error}"
    );
    Ok(())
}

/// Old algorithms are spoken only where the endpoint allows them.
pub async fn legacy(subject: &Subject) -> Check {
    let setup = Setup {
        preferred: Preferred {
            kex: vec![russh::kex::DH_GEX_SHA1, russh::kex::DH_G14_SHA1].into(),
            mac: vec![russh::mac::HMAC_SHA1].into(),
            cipher: vec![russh::cipher::AES_128_CBC].into(),
            ..Preferred::DEFAULT
        },
        ..Setup::default()
    };
    let (bench, rig) = (Bench::new(), Rig::start(setup).await);
    let error = refusal(subject, &bench.policy, &to(&rig)).await?;
    ensure!(
        matches!(&error, ConnectError::NoCommonAlgorithm { .. }),
        "{error}"
    );
    let to = Endpoint {
        profile: AlgorithmProfile::Legacy,
        ..to(&rig)
    };
    let evidence = Kept::new();
    let session = session(subject, &bench.policy, &to, &evidence).await?;
    ensure!(
        session.algorithms().contains("sha1"),
        "{}",
        session.algorithms()
    );
    ensure!(evidence.text().contains("legacy"), "not in the evidence");
    Ok(())
}

/// A file arrives byte for byte, and its progress is told to the end.
pub async fn push_whole(subject: &Subject) -> Check {
    let (bench, rig) = (Bench::new(), Rig::start(Setup::default()).await);
    for size in [0, 1, 5_000_001] {
        let (source, watch) = (bench.image(size), Watch::default());
        let sent = push(subject, &bench.policy, &to(&rig), &source, &watch)
            .await?
            .map_err(|e| e.to_string())?;
        ensure!(sent == size as u64, "{sent} of {size}");
        let moved = watch.moved.load(Ordering::Relaxed);
        ensure!(moved == size as u64, "told {moved} of {size}");
        let arrived = rig.log.files.lock().unwrap().remove("flash:image.bin");
        ensure!(
            arrived == Some(std::fs::read(&source).unwrap()),
            "{size}: other bytes"
        );
    }
    ensure!(rig.log.deserted_within(SOON).await, "a connection stayed");
    Ok(())
}

/// What the far end says against a file is kept and told apart.
pub async fn push_refused(subject: &Subject) -> Check {
    let cases = [
        (
            Sink::PlainText("Privilege denied.\r\n"),
            "refused: Privilege denied.",
        ),
        (
            Sink::Refuses("flash:x: Permission denied"),
            "refused: flash:x: Permission denied",
        ),
        (
            Sink::Refuses("No space left on device"),
            "full: No space left on device",
        ),
        (
            Sink::FullAfter(100_000),
            "full: flash:x: No space left on device",
        ),
    ];
    for (sink, expected) in cases {
        let setup = Setup {
            sink,
            ..Setup::default()
        };
        let (bench, rig) = (Bench::new(), Rig::start(setup).await);
        let source = bench.image(20_000_000);
        let error = push(
            subject,
            &bench.policy,
            &to(&rig),
            &source,
            &Watch::default(),
        )
        .await?
        .err()
        .ok_or_else(|| format!("{sink:?}: pushed"))?;
        let said = match &error {
            TransferError::Refused { answer } => format!("refused: {answer}"),
            TransferError::NoSpace { answer } => format!("full: {answer}"),
            other => other.to_string(),
        };
        ensure!(said == expected, "{sink:?}: {said}");
    }
    Ok(())
}

/// A transfer that stands still is given up; one that is only slow is not.
pub async fn push_stalls(subject: &Subject) -> Check {
    let setup = Setup {
        sink: Sink::StallsAfter(100_000),
        ..Setup::default()
    };
    let (bench, rig) = (Bench::new(), Rig::start(setup).await);
    let policy = SshPolicy {
        stall_timeout: Duration::from_secs(2),
        ..bench.policy.clone()
    };
    let source = bench.image(30_000_000);
    let error = push(subject, &policy, &to(&rig), &source, &Watch::default())
        .await?
        .err()
        .ok_or("pushed")?;
    ensure!(
        matches!(error, TransferError::Stalled { sent, total: 30_000_000, .. } if sent < 30_000_000),
        "{error}"
    );
    let setup = Setup {
        sink: Sink::Slow,
        ..Setup::default()
    };
    let rig = Rig::start(setup).await;
    let source = bench.image(8_000_000);
    let sent = push(subject, &policy, &to(&rig), &source, &Watch::default()).await?;
    ensure!(sent == Ok(8_000_000), "slow: {sent:?}");
    Ok(())
}

/// Whoever stops a transfer waits for seconds at most.
pub async fn push_stopped(subject: &Subject) -> Check {
    for sink in [Sink::Slow, Sink::StallsAfter(400_000)] {
        let setup = Setup {
            sink,
            ..Setup::default()
        };
        let (bench, rig) = (Bench::new(), Rig::start(setup).await);
        let policy = SshPolicy {
            stall_timeout: Duration::from_secs(30),
            ..bench.policy.clone()
        };
        let source = bench.image(12_000_000);
        let watch = Watch {
            stop_after: Some(300_000),
            ..Watch::default()
        };
        let begun = Instant::now();
        let error = push(subject, &policy, &to(&rig), &source, &watch)
            .await?
            .err()
            .ok_or("pushed")?;
        ensure!(
            matches!(error, TransferError::Cancelled { sent, .. } if sent >= 300_000),
            "{sink:?}: {error}"
        );
        ensure!(
            begun.elapsed() < SOON * 2,
            "{sink:?}: after {:?}",
            begun.elapsed()
        );
    }
    Ok(())
}

/// A transfer whose connection ends says how far it came.
pub async fn push_broken(subject: &Subject) -> Check {
    for sink in [Sink::CutAfter(200_000), Sink::Wordless] {
        let setup = Setup {
            sink,
            ..Setup::default()
        };
        let (bench, rig) = (Bench::new(), Rig::start(setup).await);
        let source = bench.image(9_000_000);
        let error = push(
            subject,
            &bench.policy,
            &to(&rig),
            &source,
            &Watch::default(),
        )
        .await?
        .err()
        .ok_or("pushed")?;
        ensure!(
            matches!(
                error,
                TransferError::Broken {
                    total: 9_000_000,
                    ..
                }
            ),
            "{sink:?}: {error}"
        );
    }
    Ok(())
}

/// A push that is dropped in the middle leaves nothing behind.
pub async fn push_dropped(subject: &Subject) -> Check {
    let setup = Setup {
        sink: Sink::Slow,
        ..Setup::default()
    };
    let (bench, rig) = (Bench::new(), Rig::start(setup).await);
    let source = bench.image(60_000_000);
    let mover = (subject.mover)(bench.policy.clone());
    let (endpoint, watch) = (to(&rig), Watch::default());
    let pushing = mover.push(&endpoint, &source, "flash:image.bin", &watch, Kept::new());
    let cut = timeout(Duration::from_millis(800), pushing).await;
    ensure!(
        cut.is_err(),
        "ended: {:?}",
        cut.map(|r| r.map_err(|e| e.to_string()))
    );
    ensure!(rig.log.deserted_within(SOON).await, "the connection stayed");
    Ok(())
}
