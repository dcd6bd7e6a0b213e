//! Backends that are broken in one place each: what the suite must not let pass.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use iosxe_core::device::Address;
use iosxe_core::ports::{
    AlgorithmProfile, ConnectError, Connector, Endpoint, Evidence, FileMover, Session,
    TransferError, TransferWatch,
};
use iosxe_core::talk::{Dialogue, Input, Line, Move, TalkError, Tick};
use iosxe_transport::channel::{
    Backend, Channel, ChannelError, Heard, HostKeys, Limits, Reader, Request, Writer,
};
use iosxe_transport::ssh::known_hosts::HostKey;
use iosxe_transport::ssh::{self, Russh, SshPolicy};
use russh::client;
use russh::keys::PublicKeyOrCertificate;

use crate::suite::Subject;

/// Where it is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sabotage {
    /// Says nothing of what the device said.
    Deaf,
    /// Loses what comes as a single byte.
    LosesCrumbs,
    /// Loses everything after 64 KiB.
    LosesTheEnd,
    /// Hands secrets on as plain lines.
    Leaks,
    /// Tries a refused credential again.
    TriesAgain,
    /// Answers every question with the password.
    AnswersAnything,
    /// Knows passwords only.
    NoKeys,
    /// Goes straight to the device.
    IgnoresJumps,
    /// Trusts every host.
    TrustsAll,
    /// Asks for no key in particular.
    ForgetsPins,
    /// Sends no sign of life.
    NoKeepalive,
    /// Never says that the connection ended.
    NeverEnds,
    /// Goes on saying something.
    Chatters,
    /// Keeps what should be dropped.
    Hoards,
    /// Leaves without a word.
    Vanishes,
    /// Tells every error as one.
    OneError,
    /// Speaks modern only, or legacy only.
    IgnoresProfile,
    /// Changes a byte of what is sent.
    Corrupts,
    /// Takes what it is given to send, and throws it away.
    Swallows,
    /// Lets nobody stop a transfer.
    Unstoppable,
}

/// A subject that is broken so.
pub fn subject(sabotage: Sabotage) -> Subject {
    let backend = move || -> Arc<dyn Backend> { Arc::new(Broken(sabotage)) };
    Subject {
        connector: Box::new(move |policy: SshPolicy| {
            let real = ssh::connector_over(backend(), policy);
            if sabotage == Sabotage::Leaks {
                return Arc::new(LeakyConnector(real));
            }
            real
        }),
        mover: Box::new(move |policy| {
            let real = ssh::mover_over(backend(), policy);
            if sabotage == Sabotage::Unstoppable {
                return Arc::new(Unstoppable(real));
            }
            real
        }),
    }
}

#[derive(Debug)]
struct Broken(Sabotage);

/// What a hoarder keeps.
static HOARD: Mutex<Vec<Box<dyn Send>>> = Mutex::new(Vec::new());

fn hoard(thing: impl Send + 'static) {
    HOARD.lock().unwrap().push(Box::new(thing));
}

#[async_trait]
impl Backend for Broken {
    fn name(&self) -> &'static str {
        "broken"
    }

    async fn open(
        &self,
        to: &Endpoint,
        request: Request,
        keys: Arc<dyn HostKeys>,
        mut limits: Limits,
        evidence: Arc<dyn Evidence>,
    ) -> Result<Channel, ConnectError> {
        let mut to = to.clone();
        let mut keys = keys;
        match self.0 {
            Sabotage::NoKeys => to.credential.key_file = None,
            Sabotage::IgnoresJumps => to.jumps.clear(),
            Sabotage::IgnoresProfile => to.profile = AlgorithmProfile::Modern,
            Sabotage::NoKeepalive => limits.keepalive = None,
            Sabotage::TrustsAll => keys = Arc::new(Trusting),
            Sabotage::ForgetsPins => keys = Arc::new(Forgetful(keys)),
            Sabotage::AnswersAnything => answer_anything(&to).await,
            _ => {}
        }
        let mut opened = Russh
            .open(
                &to,
                request.clone(),
                Arc::clone(&keys),
                limits,
                Arc::clone(&evidence),
            )
            .await;
        if self.0 == Sabotage::TriesAgain
            && matches!(opened, Err(ConnectError::CredentialRefused { .. }))
        {
            opened = Russh.open(&to, request, keys, limits, evidence).await;
        }
        if self.0 == Sabotage::OneError {
            opened = opened.map_err(|e| ConnectError::Local {
                what: "error".to_owned(),
                reason: e.to_string(),
            });
        }
        let channel = opened?;
        Ok(Channel {
            reader: Box::new(BrokenReader {
                real: Some(channel.reader),
                sabotage: self.0,
                passed: 0,
            }),
            writer: Box::new(BrokenWriter {
                real: Some(channel.writer),
                sabotage: self.0,
            }),
            algorithms: channel.algorithms,
        })
    }
}

struct BrokenReader {
    real: Option<Box<dyn Reader>>,
    sabotage: Sabotage,
    passed: usize,
}

impl Drop for BrokenReader {
    fn drop(&mut self) {
        if self.sabotage == Sabotage::Hoards {
            hoard(self.real.take());
        }
    }
}

#[async_trait]
impl Reader for BrokenReader {
    async fn read(&mut self) -> Result<Heard, ChannelError> {
        if self.sabotage == Sabotage::Chatters {
            tokio::time::sleep(Duration::from_millis(50)).await;
            return Ok(Heard::Out(b".".to_vec()));
        }
        loop {
            let heard = self.real.as_mut().unwrap().read().await;
            match (self.sabotage, &heard) {
                (Sabotage::Deaf, Ok(Heard::Out(_))) => {}
                (Sabotage::LosesCrumbs, Ok(Heard::Out(bytes))) if bytes.len() == 1 => {}
                (Sabotage::LosesTheEnd, Ok(Heard::Out(bytes))) => {
                    self.passed += bytes.len();
                    if self.passed < 65_536 {
                        return heard;
                    }
                }
                (Sabotage::NeverEnds, Ok(Heard::End) | Err(_)) => {
                    std::future::pending::<()>().await;
                }
                _ => return heard,
            }
        }
    }
}

struct BrokenWriter {
    real: Option<Box<dyn Writer>>,
    sabotage: Sabotage,
}

impl Drop for BrokenWriter {
    fn drop(&mut self) {
        if self.sabotage == Sabotage::Hoards {
            hoard(self.real.take());
        }
    }
}

#[async_trait]
impl Writer for BrokenWriter {
    async fn write(&mut self, mut bytes: Vec<u8>) -> Result<(), ChannelError> {
        match self.sabotage {
            Sabotage::Corrupts if bytes.len() > 1_000 => bytes[999] ^= 1,
            Sabotage::Swallows => return Ok(()),
            _ => {}
        }
        self.real.as_mut().unwrap().write(bytes).await
    }

    async fn end(&mut self) -> Result<(), ChannelError> {
        self.real.as_mut().unwrap().end().await
    }

    async fn close(&mut self) {
        if self.sabotage != Sabotage::Vanishes {
            self.real.as_mut().unwrap().close().await;
        }
    }

    fn is_open(&self) -> bool {
        self.real.as_ref().unwrap().is_open()
    }
}

struct Trusting;

impl HostKeys for Trusting {
    fn known_types(&self, _address: &Address) -> Result<Vec<String>, ConnectError> {
        Ok(Vec::new())
    }

    fn check(&self, _address: &Address, _key: &HostKey) -> Result<(), ConnectError> {
        Ok(())
    }
}

struct Forgetful(Arc<dyn HostKeys>);

impl HostKeys for Forgetful {
    fn known_types(&self, _address: &Address) -> Result<Vec<String>, ConnectError> {
        Ok(Vec::new())
    }

    fn check(&self, address: &Address, key: &HostKey) -> Result<(), ConnectError> {
        self.0.check(address, key)
    }
}

/// Logs in as nobody should.
async fn answer_anything(to: &Endpoint) {
    struct Anyone;
    impl client::Handler for Anyone {
        type Error = russh::Error;
        async fn check_server_key(
            &mut self,
            _key: &PublicKeyOrCertificate,
        ) -> Result<bool, Self::Error> {
            Ok(true)
        }
    }
    let address = (to.address.host.as_str(), to.address.port);
    let mut handle = client::connect(Arc::default(), address, Anyone)
        .await
        .unwrap();
    let user = to.credential.username.clone();
    handle
        .authenticate_keyboard_interactive_start(user, None)
        .await
        .unwrap();
    let password = to.credential.password.as_ref().unwrap().expose();
    handle
        .authenticate_keyboard_interactive_respond(vec![password.to_owned()])
        .await
        .ok();
}

struct LeakyConnector(Arc<dyn Connector>);

#[async_trait]
impl Connector for LeakyConnector {
    async fn connect(
        &self,
        to: &Endpoint,
        evidence: Arc<dyn Evidence>,
    ) -> Result<Box<dyn Session>, ConnectError> {
        Ok(Box::new(LeakySession(self.0.connect(to, evidence).await?)))
    }

    async fn trust(&self, to: &Endpoint) -> Result<String, ConnectError> {
        self.0.trust(to).await
    }
}

struct LeakySession(Box<dyn Session>);

#[async_trait]
impl Session for LeakySession {
    async fn talk(&mut self, dialogue: &mut dyn Dialogue) -> Result<(), TalkError> {
        self.0.talk(&mut Leaky(dialogue)).await
    }

    fn is_open(&self) -> bool {
        self.0.is_open()
    }

    fn algorithms(&self) -> String {
        self.0.algorithms()
    }

    async fn close(&mut self) {
        self.0.close().await;
    }
}

struct Leaky<'a>(&'a mut dyn Dialogue);

impl Dialogue for Leaky<'_> {
    fn next(&mut self, input: Input<'_>, now: Tick) -> Move {
        match self.0.next(input, now) {
            Move::Send(Line::Secret(secret), tick) => {
                Move::Send(Line::plain(secret.expose()), tick)
            }
            other => other,
        }
    }
}

struct Unstoppable(Arc<dyn FileMover>);

struct NeverStopped<'a>(&'a dyn TransferWatch);

impl TransferWatch for NeverStopped<'_> {
    fn moved(&self, bytes: u64, total: u64) {
        self.0.moved(bytes, total);
    }

    fn cancelled(&self) -> bool {
        false
    }
}

#[async_trait]
impl FileMover for Unstoppable {
    async fn push(
        &self,
        to: &Endpoint,
        source: &std::path::Path,
        destination: &str,
        watch: &dyn TransferWatch,
        evidence: Arc<dyn Evidence>,
    ) -> Result<u64, TransferError> {
        self.0
            .push(to, source, destination, &NeverStopped(watch), evidence)
            .await
    }
}
