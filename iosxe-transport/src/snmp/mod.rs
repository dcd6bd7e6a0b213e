//! A first look over SNMP: the [`Probe`] port, on UDP.
//!
//! Reads four things and writes none: `sysDescr`, `sysObjectID`, `sysName`, and of `entPhysicalTable`
//! (RFC 6933) the rows that say what the device is. The class column is walked first, because the
//! table of a large device has thousands of rows and its chassis are a handful; the other columns are
//! asked for chassis, stacks and modules alone.
//!
//! Every datagram is sent at most [`SnmpPolicy::retransmissions`] times more, by the library that
//! speaks the protocol. Nothing here asks twice.

mod answer;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_snmp::client::WalkOptions;
use async_snmp::transport::UdpHandle;
use async_snmp::{
    Auth, AuthProtocol, Client, Error, Oid, PrivProtocol, Retry, UsmConfig, VarBind,
    WalkAbortReason,
};
use async_trait::async_trait;
use iosxe_core::ports::{
    EntityClass, FirstLook, Probe, ProbeError, ProbeTarget, SnmpCredential, SnmpHash,
};
use tokio::time::{Instant, timeout, timeout_at};

use self::answer::{Column, Table, number, text};

/// UDP port of SNMP agents.
pub const PORT: u16 = 161;

/// `sysDescr.0`, `sysObjectID.0`, `sysName.0`.
const DESCRIPTION: [u32; 9] = [1, 3, 6, 1, 2, 1, 1, 1, 0];
const OBJECT_ID: [u32; 9] = [1, 3, 6, 1, 2, 1, 1, 2, 0];
const NAME: [u32; 9] = [1, 3, 6, 1, 2, 1, 1, 5, 0];

/// `entPhysicalEntry`.
const ENTITY: [u32; 11] = [1, 3, 6, 1, 2, 1, 47, 1, 1, 1, 1];

/// Objects of one question: four columns of five rows fit into a datagram of the smallest size that
/// every agent must take (484 bytes of question) and into one Ethernet frame of answer.
const OBJECTS_PER_QUESTION: usize = 20;

/// Modules that are asked for their columns. A chassis of line cards has tens; beyond this they are
/// transceivers, which no row of an inventory names.
const MODULES_MAX: usize = 256;

/// How devices are asked.
#[derive(Clone, Copy, Debug)]
pub struct SnmpPolicy {
    /// How long one datagram's answer is waited for, wall time.
    pub answer: Duration,
    /// How often an unanswered datagram is sent again.
    pub retransmissions: u32,
    /// How long the whole table may take, wall time.
    pub table: Duration,
    /// Rows of `entPhysicalTable` that are looked at.
    pub rows_max: usize,
}

impl Default for SnmpPolicy {
    /// Two seconds and two retransmissions: a busy supervisor answers SNMP within a second, and three
    /// lost datagrams in a row are no accident. The table of a stack of eight is some 1,500 rows, 60
    /// datagrams.
    fn default() -> Self {
        Self {
            answer: Duration::from_secs(2),
            retransmissions: 2,
            table: Duration::from_secs(30),
            rows_max: 5000,
        }
    }
}

/// Looks at devices over SNMP.
#[must_use]
pub fn probe(policy: SnmpPolicy) -> Arc<dyn Probe> {
    Arc::new(SnmpProbe { policy })
}

#[derive(Debug)]
struct SnmpProbe {
    policy: SnmpPolicy,
}

#[async_trait]
impl Probe for SnmpProbe {
    async fn look(&self, to: &ProbeTarget) -> Result<FirstLook, ProbeError> {
        let client = self.client(to).await?;
        let failed = |error: &Error| self.classified(to, error);
        let questions = [DESCRIPTION, OBJECT_ID, NAME].map(|o| Oid::from_slice(&o));
        let system = client.get_many(&questions).await.map_err(|e| failed(&e))?;
        let value = |oid: &[u32]| {
            let found = system.varbinds.iter().find(|v| v.oid.arcs() == oid);
            found.map(|v| &v.value)
        };
        let Some(description) = value(&DESCRIPTION).and_then(text) else {
            return Err(ProbeError::NotShown {
                address: to.address.to_string(),
                version: to.credential.version(),
                reason: "does not show sysDescr".to_owned(),
            });
        };
        let mut table = Table::default();
        let cut = match timeout(self.policy.table, self.table(&client, &mut table)).await {
            Ok(Ok(cut)) => cut,
            Ok(Err(error)) => Some(self.classified(to, &error).to_string()),
            Err(_) => Some(format!(
                "entPhysicalTable took longer than {} s",
                self.policy.table.as_secs_f64()
            )),
        };
        Ok(FirstLook {
            description,
            name: value(&NAME).and_then(text),
            object_id: value(&OBJECT_ID)
                .and_then(async_snmp::Value::as_oid)
                .map(ToString::to_string),
            entities: table.entities(),
            cut,
        })
    }
}

impl SnmpProbe {
    async fn client(&self, to: &ProbeTarget) -> Result<Client<UdpHandle>, ProbeError> {
        let address = self.resolved(to).await?;
        let local = |reason: &dyn std::fmt::Display| ProbeError::Local {
            reason: reason.to_string(),
        };
        let retry = Retry::fixed(self.policy.retransmissions, Duration::ZERO)
            .map_err(|error| local(&error))?;
        Client::builder(address, auth(&to.credential)?)
            .request_timeout(self.policy.answer)
            .retry(retry)
            .max_oids_per_request(OBJECTS_PER_QUESTION)
            // Only the device that was asked may answer.
            .strict_source(true)
            // An unknown user or a wrong key is reported unsigned, for want of a key to sign with; the
            // library drops such reports as silence unless it may also take the device's clock from
            // one, for a single packet. What a forged report can do here is spoil a look.
            .allow_unauthenticated_v3_time_correction(true)
            .walk_options(WalkOptions {
                result_limit: Some(self.policy.rows_max),
                ..WalkOptions::default()
            })
            .connect()
            .await
            .map_err(|error| local(&error))
    }

    async fn resolved(&self, to: &ProbeTarget) -> Result<SocketAddr, ProbeError> {
        let unreachable = |reason: String| ProbeError::Unreachable {
            address: to.address.to_string(),
            reason,
        };
        let asked = (to.address.host.as_str(), to.address.port);
        // A name server gets as long as a device.
        let bound = Instant::now() + self.policy.answer * (self.policy.retransmissions + 1);
        match timeout_at(bound, tokio::net::lookup_host(asked)).await {
            Ok(Ok(mut found)) => found
                .next()
                .ok_or_else(|| unreachable("the name has no address".to_owned())),
            Ok(Err(error)) => Err(unreachable(error.to_string())),
            Err(_) => Err(unreachable("no name server answers".to_owned())),
        }
    }

    /// Reads the table; says why it is not whole.
    async fn table(
        &self,
        client: &Client<UdpHandle>,
        table: &mut Table,
    ) -> Result<Option<String>, Box<Error>> {
        let mut cut = None;
        let mut rows = client.walk(column(Column::Class))?;
        while let Some(row) = rows.next().await {
            match row {
                Ok(row) => table.class(index(&row), number(&row.value)),
                Err(error) => match &*error {
                    Error::WalkAborted {
                        reason: WalkAbortReason::ResultLimitExceeded { limit },
                        ..
                    } => {
                        cut = Some(format!("entPhysicalTable has more than {limit} rows"));
                        break;
                    }
                    _ => return Err(error),
                },
            }
        }
        if table.is_empty() {
            return Ok(Some("it shows no entPhysicalTable".to_owned()));
        }
        let mut wanted = table.of(EntityClass::Chassis);
        wanted.extend(table.of(EntityClass::Stack));
        let modules = table.of(EntityClass::Module);
        if modules.len() > MODULES_MAX {
            cut.get_or_insert_with(|| {
                format!(
                    "of {} modules the first {MODULES_MAX} were asked",
                    modules.len()
                )
            });
        }
        wanted.extend(modules.into_iter().take(MODULES_MAX));
        for rows in wanted.chunks(OBJECTS_PER_QUESTION / Column::DETAILS.len()) {
            let questions: Vec<Oid> = rows
                .iter()
                .flat_map(|row| Column::DETAILS.map(|c| column(c).child(*row)))
                .collect();
            for found in client.get_many(&questions).await?.varbinds {
                let place = Column::DETAILS
                    .into_iter()
                    .find(|c| found.oid.starts_with(&column(*c)));
                if let (Some(place), Some(value)) = (place, text(&found.value)) {
                    table.detail(index(&found), place, value);
                }
            }
        }
        Ok(cut)
    }

    /// What the library's error means for whoever asked.
    fn classified(&self, to: &ProbeTarget, error: &Error) -> ProbeError {
        answer::classified(to, self.policy, error)
    }
}

fn column(column: Column) -> Oid {
    Oid::from_slice(&ENTITY).child(column.number())
}

/// `entPhysicalIndex`: the last number of an instance.
fn index(row: &VarBind) -> u32 {
    row.oid.arcs().last().copied().unwrap_or_default()
}

/// The library's credential. It is of a type that masks its secrets too.
fn auth(credential: &SnmpCredential) -> Result<Auth, ProbeError> {
    match credential {
        SnmpCredential::Community(community) => Ok(Auth::v2c(community.expose().to_owned())),
        SnmpCredential::User {
            name,
            hash,
            auth,
            privacy,
        } => {
            let hash = match hash {
                SnmpHash::Sha1 => AuthProtocol::Sha1,
                SnmpHash::Sha256 => AuthProtocol::Sha256,
            };
            let user = UsmConfig::new(name.clone());
            let user = match privacy {
                Some(privacy) => {
                    user.auth_priv(hash, auth.expose(), PrivProtocol::Aes128, privacy.expose())
                }
                None => user.auth(hash, auth.expose()),
            };
            // The library's words name what is wrong, never the value.
            user.map(Auth::from).map_err(|error| ProbeError::Local {
                reason: format!("user {name}: {error}"),
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use iosxe_core::secret::Secret;

    use super::*;

    #[test]
    fn a_password_that_snmpv3_cannot_take_is_refused_without_being_quoted() {
        let error = auth(&SnmpCredential::User {
            name: "look".into(),
            hash: SnmpHash::Sha1,
            auth: Secret::new("hunt-22"),
            privacy: None,
        })
        .err()
        .unwrap();
        let text = error.to_string();
        assert!(
            text.starts_with("SNMP cannot be asked from here: user look: "),
            "{text}"
        );
        assert!(!text.contains("hunt-22"), "{text}");
    }
}
