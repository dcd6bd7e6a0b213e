//! What comes back: values as text, rows of the table, errors in our words.

use std::collections::BTreeMap;

use async_snmp::v3::ReportStatus;
use async_snmp::{Error, ErrorStatus, Value};
use iosxe_core::ports::{Entity, EntityClass, ProbeError, ProbeTarget, SnmpCredential};

use super::SnmpPolicy;

/// A column of `entPhysicalTable`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Class,
    Name,
    Software,
    Serial,
    Model,
}

impl Column {
    /// The columns that are asked for single rows.
    pub(super) const DETAILS: [Self; 4] = [Self::Name, Self::Software, Self::Serial, Self::Model];

    pub(super) fn number(self) -> u32 {
        match self {
            Self::Class => 5,
            Self::Name => 7,
            Self::Software => 10,
            Self::Serial => 11,
            Self::Model => 13,
        }
    }
}

/// The rows that are kept, by index.
#[derive(Debug, Default)]
pub(super) struct Table {
    rows: BTreeMap<u32, Entity>,
    seen: usize,
}

impl Table {
    /// Takes a row's class in; rows of other classes are counted and forgotten.
    pub(super) fn class(&mut self, index: u32, class: Option<i32>) {
        self.seen += 1;
        let class = match class {
            Some(3) => EntityClass::Chassis,
            Some(9) => EntityClass::Module,
            Some(11) => EntityClass::Stack,
            _ => return,
        };
        let entity = Entity {
            index,
            class,
            name: None,
            model: None,
            serial: None,
            software: None,
        };
        self.rows.insert(index, entity);
    }

    pub(super) fn detail(&mut self, index: u32, column: Column, value: String) {
        let Some(row) = self.rows.get_mut(&index) else {
            return;
        };
        match column {
            Column::Class => {}
            Column::Name => row.name = Some(value),
            Column::Software => row.software = Some(value),
            Column::Serial => row.serial = Some(value),
            Column::Model => row.model = Some(value),
        }
    }

    /// Not a single row was shown, of whatever class.
    pub(super) fn is_empty(&self) -> bool {
        self.seen == 0
    }

    pub(super) fn of(&self, class: EntityClass) -> Vec<u32> {
        let rows = self.rows.values().filter(|r| r.class == class);
        rows.map(|r| r.index).collect()
    }

    pub(super) fn entities(self) -> Vec<Entity> {
        self.rows.into_values().collect()
    }
}

/// A number.
pub(super) fn number(value: &Value) -> Option<i32> {
    value.as_i32()
}

/// A text with something in it. Agents fill columns with blanks and NUL bytes; what no terminal should
/// be sent is replaced, line ends stay.
pub(super) fn text(value: &Value) -> Option<String> {
    let Value::OctetString(bytes) = value else {
        return None;
    };
    let text: String = String::from_utf8_lossy(bytes)
        .trim_matches(|c: char| c.is_whitespace() || c == '\0')
        .replace("\r\n", "\n")
        .chars()
        .map(|c| match c {
            '\n' => '\n',
            c if c.is_control() => char::REPLACEMENT_CHARACTER,
            c => c,
        })
        .collect();
    (!text.is_empty()).then_some(text)
}

/// What the library's error means for whoever asked.
pub(super) fn classified(to: &ProbeTarget, policy: SnmpPolicy, error: &Error) -> ProbeError {
    let address = to.address.to_string();
    let version = to.credential.version();
    let garbled = |reason: String| ProbeError::Garbled {
        address: to.address.to_string(),
        reason,
    };
    match error {
        Error::SharedOperation { source } => classified(to, policy, source),
        Error::Exchange { source, .. } => classified(to, policy, source),
        Error::Timeout { .. } => ProbeError::TimedOut {
            address,
            version,
            waited: policy.answer * (policy.retransmissions + 1),
            sent: policy.retransmissions + 1,
        },
        Error::Network { source, .. } => ProbeError::Unreachable {
            address,
            reason: source.to_string(),
        },
        Error::Report { status, .. } => refused(to, status),
        Error::Auth { .. } => user_refused(to, "its answer is not signed with that password"),
        Error::Snmp { status, .. } => match status {
            ErrorStatus::AuthorizationError | ErrorStatus::NoAccess | ErrorStatus::NoSuchName => {
                ProbeError::NotShown {
                    address,
                    version,
                    reason: format!("shows nothing to this credential ({status})"),
                }
            }
            status => garbled(format!("it reports {status}")),
        },
        Error::Decode(error) => garbled(error.to_string()),
        Error::WalkAborted { reason, .. } => garbled(reason.to_string()),
        Error::MalformedResponse { .. } | Error::ResponseShape { .. } => {
            garbled("it does not answer the question".to_owned())
        }
        other => ProbeError::Local {
            reason: other.to_string(),
        },
    }
}

fn refused(to: &ProbeTarget, status: &ReportStatus) -> ProbeError {
    let reason = match status {
        ReportStatus::UnknownUserName { .. } => "it knows no such user",
        ReportStatus::WrongDigest { .. } => "password or hash of the authentication is another",
        ReportStatus::DecryptionError { .. } => "the privacy password or its cipher is another",
        ReportStatus::UnsupportedSecurityLevel { .. } => match &to.credential {
            SnmpCredential::User {
                privacy: Some(_), ..
            } => "the user has no privacy there (authPriv)",
            _ => "the user must not be asked without privacy there (authNoPriv)",
        },
        ReportStatus::NotInTimeWindow { .. } => {
            "its time and boot count do not fit: two devices may share one engine ID"
        }
        status => return user_refused(to, &status.to_string()),
    };
    user_refused(to, reason)
}

fn user_refused(to: &ProbeTarget, reason: &str) -> ProbeError {
    ProbeError::UserRefused {
        address: to.address.to_string(),
        user: match &to.credential {
            SnmpCredential::User { name, .. } => name.clone(),
            SnmpCredential::Community(_) => "of the community".to_owned(),
        },
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_lose_padding_and_what_a_terminal_would_obey() {
        let text = |bytes: &'static [u8]| text(&Value::from(bytes));
        assert_eq!(text(b"FOC2241U0HM   \0\0").as_deref(), Some("FOC2241U0HM"));
        assert_eq!(text(b"one\r\ntwo\r\n").as_deref(), Some("one\ntwo"));
        assert_eq!(text(b"a\x1b[2Jb").as_deref(), Some("a\u{fffd}[2Jb"));
        assert_eq!(text(b"  "), None);
    }

    #[test]
    fn only_rows_that_say_what_a_device_is_are_kept() {
        let mut table = Table::default();
        assert!(table.is_empty());
        for (index, class) in [(1, 11), (1000, 3), (1001, 9), (1002, 10), (1003, 5)] {
            table.class(index, Some(class));
        }
        table.class(9, None);
        table.detail(1000, Column::Serial, "FCW2233A5ZV".to_owned());
        table.detail(1002, Column::Serial, "of a port".to_owned());
        assert_eq!(table.of(EntityClass::Chassis), [1000]);
        let kept = table.entities();
        assert_eq!(kept.len(), 3);
        assert_eq!(kept[1].serial.as_deref(), Some("FCW2233A5ZV"));
    }
}
