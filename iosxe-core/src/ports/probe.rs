//! A first look at a device without a login: what it tells of itself over SNMP.

use std::time::Duration;

use async_trait::async_trait;

use crate::device::Address;
use crate::fault::{Class, Classified, Effect, Remedy};
use crate::ids::DeviceName;
use crate::secret::Secret;

/// With which hash an SNMPv3 user proves itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SnmpHash {
    /// HMAC-SHA-1 (`auth sha`): every release has it.
    #[default]
    Sha1,
    /// HMAC-SHA-256 (`auth sha-2 256`).
    Sha256,
}

/// Who may ask a device over SNMP.
#[derive(Clone, Debug)]
pub enum SnmpCredential {
    /// SNMPv2c. The community crosses the network in clear text.
    Community(Secret),
    /// SNMPv3 with authentication, and with AES-128 where there is a key for it.
    User {
        /// The user.
        name: String,
        /// The hash of the authentication.
        hash: SnmpHash,
        /// The authentication password.
        auth: Secret,
        /// The privacy password; none is `authNoPriv`: signed, and readable by everybody.
        privacy: Option<Secret>,
    },
}

impl SnmpCredential {
    /// The version of the protocol that it is for: `v2c` or `v3`.
    #[must_use]
    pub fn version(&self) -> &'static str {
        match self {
            Self::Community(_) => "v2c",
            Self::User { .. } => "v3",
        }
    }
}

/// Whom to ask, and as whom.
#[derive(Clone, Debug)]
pub struct ProbeTarget {
    /// The device, for messages.
    pub device: DeviceName,
    /// Host and UDP port.
    pub address: Address,
    /// As whom.
    pub credential: SnmpCredential,
}

/// What a row of `entPhysicalTable` is about (`entPhysicalClass`, RFC 6933); classes that say nothing
/// of a device's identity are not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntityClass {
    /// 3: one switch, one router, the frame of a modular device.
    Chassis,
    /// 9: a card, a supervisor, a transceiver.
    Module,
    /// 11: switches that are one device.
    Stack,
}

/// One row of `entPhysicalTable`. Columns that the device does not fill are none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entity {
    /// `entPhysicalIndex`.
    pub index: u32,
    /// `entPhysicalClass`.
    pub class: EntityClass,
    /// `entPhysicalName`: `Switch 1`, `Chassis`.
    pub name: Option<String>,
    /// `entPhysicalModelName`: the PID.
    pub model: Option<String>,
    /// `entPhysicalSerialNum`.
    pub serial: Option<String>,
    /// `entPhysicalSoftwareRev`.
    pub software: Option<String>,
}

/// What a device told in one look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstLook {
    /// `sysDescr.0`, as it came.
    pub description: String,
    /// `sysName.0`.
    pub name: Option<String>,
    /// `sysObjectID.0`, with dots.
    pub object_id: Option<String>,
    /// Chassis, stacks and modules of `entPhysicalTable`, by index.
    pub entities: Vec<Entity>,
    /// Why the table is empty or cut: one clause. `None` when it was read to its end.
    pub cut: Option<String>,
}

/// Why a device gave no first look.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProbeError {
    /// No name, no route, or a host that says that nothing listens.
    #[error("cannot ask {address} by SNMP: {reason}")]
    Unreachable {
        /// Where.
        address: String,
        /// Why.
        reason: String,
    },
    /// No answer. A wrong community looks like this too: a device does not answer it.
    #[error("{address} did not answer SNMP {version} within {} s, asked {sent} times", waited.as_secs_f64())]
    TimedOut {
        /// Where.
        address: String,
        /// `v2c` or `v3`.
        version: &'static str,
        /// How long was waited, wall time.
        waited: Duration,
        /// How many times the question was sent.
        sent: u32,
    },
    /// SNMPv3: the device does not take this user, key or level of security.
    #[error("{address} refuses the SNMP user {user}: {reason}")]
    UserRefused {
        /// Where.
        address: String,
        /// Who.
        user: String,
        /// The device's reason.
        reason: String,
    },
    /// The device answers, and shows nothing of itself.
    #[error("{address} answers SNMP {version}, and {reason}")]
    NotShown {
        /// Where.
        address: String,
        /// `v2c` or `v3`.
        version: &'static str,
        /// What is missing.
        reason: String,
    },
    /// What came back is no SNMP, or breaks its rules.
    #[error("the SNMP answer of {address} cannot be read: {reason}")]
    Garbled {
        /// Where.
        address: String,
        /// What was wrong with it.
        reason: String,
    },
    /// Something on our own side: a password that is too short, no socket.
    #[error("SNMP cannot be asked from here: {reason}")]
    Local {
        /// What.
        reason: String,
    },
}

impl Classified for ProbeError {
    fn class(&self) -> Class {
        match self {
            Self::Unreachable { .. } | Self::TimedOut { .. } => Class::Transient,
            Self::Garbled { .. } => Class::Permanent,
            Self::UserRefused { .. } | Self::NotShown { .. } | Self::Local { .. } => {
                Class::Operator
            }
        }
    }

    fn effect(&self) -> Effect {
        Effect::None
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => "unreachable",
            Self::TimedOut { .. } => "snmp_timeout",
            Self::UserRefused { .. } => "snmp_user_refused",
            Self::NotShown { .. } => "snmp_not_shown",
            Self::Garbled { .. } => "snmp_garbled",
            Self::Local { .. } => "snmp_local",
        }
    }

    fn remedy(&self) -> Option<Remedy> {
        Some(match self {
            Self::Unreachable { .. } => Remedy::new(
                "check the `address` cell, the way to the device, and that it has an SNMP agent \
                 on that UDP port",
            ),
            Self::TimedOut { version: "v2c", .. } => Remedy::with(
                "check that UDP to that port passes every firewall, and on the device the \
                 community, the access list behind it and its view; jump hosts carry no SNMP",
                "show snmp community",
            ),
            Self::TimedOut { .. } => Remedy::with(
                "check that UDP to that port passes every firewall, and on the device that SNMPv3 \
                 is configured, the access list of its group and the privacy password, which may be \
                 met with silence; jump hosts carry no SNMP",
                "show snmp group",
            ),
            Self::UserRefused { .. } => Remedy::with(
                "compare user, hash, passwords and level with the device",
                "show snmp user",
            ),
            Self::NotShown { .. } => Remedy::with(
                "let the view include 1.3.6.1.2.1.1 (system) and 1.3.6.1.2.1.47 (entity), and ask \
                 an SNMPv3 user at the level of its group",
                "show snmp view",
            ),
            Self::Garbled { .. } => {
                Remedy::new("check which program answers on that UDP port, and its release")
            }
            Self::Local { .. } => Remedy::new("correct the credential or the machine's network"),
        })
    }
}

/// Looks at a device without logging in to it.
#[async_trait]
pub trait Probe: Send + Sync {
    /// Asks a device what it is.
    ///
    /// Reads only. What it tells is a hint: it never stands for the facts of a discovery.
    ///
    /// # Errors
    /// [`ProbeError`].
    async fn look(&self, to: &ProbeTarget) -> Result<FirstLook, ProbeError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_says_who_moves_and_how() {
        let address = || "192.0.2.1:161".to_owned();
        let reason = || "because".to_owned();
        let waited = Duration::from_secs(6);
        let errors = [
            (
                ProbeError::Unreachable {
                    address: address(),
                    reason: reason(),
                },
                Class::Transient,
            ),
            (
                ProbeError::TimedOut {
                    address: address(),
                    version: "v2c",
                    waited,
                    sent: 3,
                },
                Class::Transient,
            ),
            (
                ProbeError::UserRefused {
                    address: address(),
                    user: "look".into(),
                    reason: reason(),
                },
                Class::Operator,
            ),
            (
                ProbeError::NotShown {
                    address: address(),
                    version: "v3",
                    reason: reason(),
                },
                Class::Operator,
            ),
            (
                ProbeError::Garbled {
                    address: address(),
                    reason: reason(),
                },
                Class::Permanent,
            ),
            (ProbeError::Local { reason: reason() }, Class::Operator),
        ];
        for (error, class) in errors {
            assert_eq!(error.class(), class, "{error}");
            assert_eq!(error.effect(), Effect::None);
            assert!(error.remedy().is_some(), "{error}");
        }
    }

    #[test]
    fn a_credential_is_printed_without_its_secrets() {
        let user = SnmpCredential::User {
            name: "look".into(),
            hash: SnmpHash::Sha256,
            auth: Secret::new("correct horse"),
            privacy: Some(Secret::new("battery staple")),
        };
        let community = SnmpCredential::Community(Secret::new("correct horse"));
        for text in [format!("{user:?}"), format!("{community:?}")] {
            assert!(
                !text.contains("horse") && !text.contains("staple"),
                "{text}"
            );
        }
    }
}
