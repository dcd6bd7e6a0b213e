//! Shells: the connector and session ports.

use std::sync::Arc;

use async_trait::async_trait;
use iosxe_core::ports::{ConnectError, Connector, Endpoint, Evidence, Session};
use iosxe_core::talk::{Dialogue, TalkError};

use super::known_hosts::{HostKey, Peek};
use super::{Backends, SshPolicy, announce_legacy};
use crate::channel::{HostKeys, Request};
use crate::pump::Pump;

/// Opens shells by a policy.
#[derive(Debug)]
pub(crate) struct SshConnector {
    pub(crate) policy: SshPolicy,
    pub(crate) backends: Backends,
}

#[async_trait]
impl Connector for SshConnector {
    async fn connect(
        &self,
        to: &Endpoint,
        evidence: Arc<dyn Evidence>,
    ) -> Result<Box<dyn Session>, ConnectError> {
        let backend = self.backends.pick(to)?;
        announce_legacy(to, &*evidence);
        let keys: Arc<dyn HostKeys> = Arc::new(self.policy.known_hosts());
        let opened = backend
            .open(
                to,
                Request::Shell,
                keys,
                self.policy.limits(),
                Arc::clone(&evidence),
            )
            .await;
        match opened {
            Ok(channel) => {
                evidence.note(&format!(
                    "connected to {} as {} ({}: {})",
                    to.address,
                    to.credential.username,
                    backend.name(),
                    channel.algorithms
                ));
                Ok(Box::new(SshSession(Pump::new(channel, evidence))))
            }
            Err(error) => {
                evidence.note(&format!("no session: {error}"));
                Err(error)
            }
        }
    }

    async fn trust(&self, to: &Endpoint) -> Result<String, ConnectError> {
        let backend = self.backends.pick(to)?;
        announce_legacy(to, &NoEvidence);
        let known = self.policy.known_hosts();
        let peek = Peek::new(known.clone(), to.address.clone());
        let keys: Arc<dyn HostKeys> = Arc::clone(&peek) as Arc<dyn HostKeys>;
        // Ends at the host key, so that no credential of the device is sent.
        let opened = backend
            .open(
                to,
                Request::Shell,
                keys,
                self.policy.limits(),
                Arc::new(NoEvidence),
            )
            .await;
        let key: HostKey = match (peek.take(), opened) {
            (Some(key), _) => key,
            (None, Err(error)) => return Err(error),
            (None, Ok(_)) => {
                return Err(ConnectError::Handshake {
                    address: to.address.to_string(),
                    reason: "it showed no host key".to_owned(),
                });
            }
        };
        known.pin(&to.address, &key)?;
        tracing::info!(device = %to.device, fingerprint = %key.fingerprint(), "host key trusted");
        Ok(key.fingerprint())
    }
}

/// A look at a key leaves no conversation behind.
struct NoEvidence;

impl Evidence for NoEvidence {
    fn received(&self, _text: &str) {}
    fn sent(&self, _text: &str) {}
    fn note(&self, _text: &str) {}
}

/// A shell on a device.
struct SshSession(Pump);

#[async_trait]
impl Session for SshSession {
    async fn talk(&mut self, dialogue: &mut dyn Dialogue) -> Result<(), TalkError> {
        self.0.talk(dialogue).await
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
