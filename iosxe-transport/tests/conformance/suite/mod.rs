//! What every backend must do, one function per thing: the suite that both are held to.
//!
//! A case answers with what it saw that should not be. `main.rs` runs each for both backends, and
//! once more over a backend that is broken just there, where it has to fail.

macro_rules! ensure {
    ($is:expr, $($why:tt)+) => {
        if !$is {
            return Err(format!($($why)+));
        }
    };
}

mod entering;
mod host_keys;
mod pushing;
mod talking;

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

pub use entering::*;
pub use host_keys::*;
pub use pushing::*;
pub use talking::*;

pub type Check = Result<(), String>;

/// What is held against the suite.
pub struct Subject {
    pub connector: Box<dyn Fn(SshPolicy) -> Arc<dyn Connector> + Send + Sync>,
    pub mover: Box<dyn Fn(SshPolicy) -> Arc<dyn FileMover> + Send + Sync>,
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
