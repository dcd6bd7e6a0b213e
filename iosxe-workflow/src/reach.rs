//! How is a device reached: where, as whom, over which hosts, with which algorithms?

use iosxe_core::device::{Address, AddressError, Record};
use iosxe_core::fault::{Class, Fault, Remedy};
use iosxe_core::ids::CredentialName;
use iosxe_core::ports::{AlgorithmProfile, Credential, Endpoint, Jump, Secrets};

use crate::dispatcher::LoginWith;

pub use iosxe_core::words::glob;

/// How devices are reached: what the inventory does not say. Patterns know `*` and `?`.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    /// Patterns of hostnames, and of the hosts in `jump` cells, that may use old algorithms.
    pub legacy: Vec<String>,
    /// Credential of a jump host by a pattern of its host; others use the device's own.
    pub jump_credentials: Vec<(String, CredentialName)>,
    /// Jump hosts of the sites that a pattern matches, for rows that name none; written as in the
    /// `jump` column.
    pub site_jumps: Vec<(String, Vec<String>)>,
}

impl Reach {
    /// Everything that a connection to the device of a row needs.
    ///
    /// # Errors
    /// What the secrets port says, and `jump_address` (operator) for a hop that is no address.
    pub async fn endpoint(
        &self,
        record: &Record,
        with: LoginWith,
        secrets: &dyn Secrets,
    ) -> Result<Endpoint, Fault> {
        let usual = record
            .credential
            .clone()
            .unwrap_or_else(|| CredentialName::new("default"));
        let name = match with {
            LoginWith::Usual => usual,
            LoginWith::Fallback => record.fallback_credential.clone().unwrap_or(usual),
        };
        let credential = secrets.credential(&name).await?;
        let mut jumps = Vec::new();
        for hop in self.way(record) {
            jumps.push(self.jump(hop, &credential, secrets).await?);
        }
        Ok(Endpoint {
            device: record.name.clone(),
            address: record.address.clone(),
            credential,
            jumps,
            profile: self.profile(record.name.as_str()),
        })
    }

    /// The hops of a row: its own, or those of its site.
    fn way<'a>(&'a self, record: &'a Record) -> &'a [String] {
        if !record.jump.is_empty() {
            return &record.jump;
        }
        let site = record.site.as_deref().unwrap_or_default();
        self.site_jumps
            .iter()
            .find(|(pattern, _)| !site.is_empty() && glob(pattern, site))
            .map_or(&[], |(_, hops)| hops)
    }

    async fn jump(
        &self,
        hop: &str,
        device: &Credential,
        secrets: &dyn Secrets,
    ) -> Result<Jump, Fault> {
        let (user, address) = parse_hop(hop)?;
        let own = self
            .jump_credentials
            .iter()
            .find(|(pattern, _)| glob(pattern, &address.host));
        let mut credential = match own {
            Some((_, name)) => secrets.credential(name).await?,
            None => device.clone(),
        };
        if let Some(user) = user {
            user.clone_into(&mut credential.username);
        }
        Ok(Jump {
            profile: self.profile(&address.host),
            address,
            credential,
        })
    }

    fn profile(&self, name: &str) -> AlgorithmProfile {
        if self.legacy.iter().any(|p| glob(p, name)) {
            AlgorithmProfile::Legacy
        } else {
            AlgorithmProfile::Modern
        }
    }
}

/// A hop as it stands in a `jump` cell: `[user@]host[:port]`.
///
/// # Errors
/// `jump_address` (operator).
pub fn parse_hop(hop: &str) -> Result<(Option<&str>, Address), Fault> {
    let bad = |why: String| {
        let message = format!("jump host {hop}: {why}");
        Fault::new(Class::Operator, "jump_address", message)
            .remedy(Remedy::new("write [USER@]HOST[:PORT]"))
    };
    let (user, host) = match hop.rsplit_once('@') {
        Some(("", _)) => return Err(bad("no user stands before the @".to_owned())),
        Some((user, host)) => (Some(user), host),
        None => (None, hop),
    };
    let address = host.parse().map_err(|e: AddressError| bad(e.to_string()))?;
    Ok((user, address))
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use iosxe_core::secret::Secret;

    use super::*;

    /// Every credential is there; its user is its name.
    struct Named;

    #[async_trait]
    impl Secrets for Named {
        async fn credential(&self, name: &CredentialName) -> Result<Credential, Fault> {
            Ok(Credential::password(
                name.as_str(),
                Secret::new(format!("password of {name}")),
            ))
        }
    }

    fn record(change: impl FnOnce(&mut Record)) -> Record {
        let mut record = Record {
            site: Some("lyon".into()),
            credential: Some("core".into()),
            fallback_credential: Some("local".into()),
            ..Record::new("old-7".into(), "192.0.2.7".parse().unwrap(), "row 2")
        };
        change(&mut record);
        record
    }

    async fn endpoint(reach: &Reach, record: &Record) -> Endpoint {
        reach
            .endpoint(record, LoginWith::Usual, &Named)
            .await
            .unwrap()
    }

    /// The hops of an endpoint, in words.
    fn hops(to: &Endpoint) -> Vec<String> {
        to.jumps
            .iter()
            .map(|j| format!("{}@{} {:?}", j.credential.username, j.address, j.profile))
            .collect()
    }

    #[tokio::test]
    async fn a_row_is_reached_over_its_own_hops_nearest_first() {
        let reach = Reach {
            jump_credentials: vec![("gate-*".into(), "gates".into())],
            site_jumps: vec![("*".into(), vec!["not-asked".into()])],
            ..Reach::default()
        };
        let record = record(|r| r.jump = vec!["maria@near:2222".into(), "gate-1".into()]);
        let to = endpoint(&reach, &record).await;
        assert_eq!(
            hops(&to),
            ["maria@near:2222 Modern", "gates@gate-1:22 Modern"]
        );
        assert_eq!(to.credential.username, "core");
        // The name in the cell is another user of the same credential.
        assert!(to.jumps[0].credential.password == to.credential.password);
    }

    #[tokio::test]
    async fn a_row_without_hops_is_reached_over_those_of_its_site() {
        let reach = Reach {
            site_jumps: vec![
                ("berlin".into(), vec!["gate-berlin".into()]),
                ("l*".into(), vec!["gate-lyon".into()]),
            ],
            ..Reach::default()
        };
        let to = endpoint(&reach, &record(|_| {})).await;
        assert_eq!(hops(&to), ["core@gate-lyon:22 Modern"]);
        let to = endpoint(&reach, &record(|r| r.site = Some("porto".into()))).await;
        assert!(hops(&to).is_empty());
        // `*` names sites; a row without one is at none.
        let everywhere = Reach {
            site_jumps: vec![("*".into(), vec!["gate".into()])],
            ..Reach::default()
        };
        let to = endpoint(&everywhere, &record(|r| r.site = None)).await;
        assert!(hops(&to).is_empty());
    }

    #[tokio::test]
    async fn old_algorithms_are_allowed_by_the_name_of_device_or_hop() {
        let record = record(|r| r.jump = vec!["old-gate".into(), "gate".into()]);
        for (pattern, device, hop) in [
            ("old-7", AlgorithmProfile::Legacy, "Modern"),
            ("OLD-*", AlgorithmProfile::Legacy, "Legacy"),
            ("old-gate", AlgorithmProfile::Modern, "Legacy"),
            ("192.0.2.7", AlgorithmProfile::Modern, "Modern"),
        ] {
            let reach = Reach {
                legacy: vec![pattern.into()],
                ..Reach::default()
            };
            let to = endpoint(&reach, &record).await;
            assert_eq!(to.profile, device, "{pattern}");
            assert_eq!(
                hops(&to),
                [
                    format!("core@old-gate:22 {hop}"),
                    "core@gate:22 Modern".to_owned()
                ],
                "{pattern}"
            );
        }
    }

    #[tokio::test]
    async fn the_fallback_serves_where_the_row_has_one() {
        let reach = Reach::default();
        for (fallback, user) in [(Some("local".into()), "local"), (None, "core")] {
            let record = record(|r| r.fallback_credential = fallback);
            let to = reach
                .endpoint(&record, LoginWith::Fallback, &Named)
                .await
                .unwrap();
            assert_eq!(to.credential.username, user);
        }
    }

    #[tokio::test]
    async fn a_hop_that_is_no_address_is_named() {
        let record = record(|r| r.jump = vec!["gate:many".into()]);
        let fault = Reach::default()
            .endpoint(&record, LoginWith::Usual, &Named)
            .await
            .unwrap_err();
        assert_eq!(fault.code, "jump_address");
        assert!(fault.message.contains("gate:many"), "{fault}");
    }
}
