//! What hangs on a device: what an upgrade takes away while it runs, and who is next to it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::device::{Facts, Record};
use crate::ids::DeviceName;

/// Everything around a device that a plan or a report speaks of. Read once, at discovery.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Surroundings {
    /// Ports that are up.
    pub ports_up: usize,
    /// Ports that power a device.
    pub ports_powered: usize,
    /// Routers and switches that CDP or LLDP sees.
    pub neighbours: Vec<Adjacent>,
    /// Licences in use.
    pub licences: Vec<Licence>,
    /// Looks that gave no answer that could be read, with the line.
    pub inconclusive: Vec<String>,
}

/// A router or switch next to a device.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Adjacent {
    /// Its name, without a domain.
    pub name: String,
    /// Our port towards it.
    pub port: String,
    /// Its management address, where it says one.
    pub address: Option<String>,
    /// Its model, where it says one.
    pub platform: Option<String>,
}

/// A licence and its state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Licence {
    /// `network-advantage`.
    pub name: String,
    /// The device's word: `IN USE`, `NOT AUTHORIZED`.
    pub status: String,
}

/// What an upgrade takes away while the device is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlastRadius {
    /// Ports that go down.
    pub ports_up: usize,
    /// Devices that lose their power.
    pub ports_powered: usize,
    /// Routers and switches that lose a neighbour.
    pub neighbours: usize,
    /// Members, supervisors or route processors that reload.
    pub members: usize,
}

/// What CDP and LLDP say beside an inventory. A report: nothing is added to the inventory by it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Neighbourhood {
    /// Routers and switches that are seen, and that no row names.
    pub unknown: Vec<Stranger>,
    /// Rows that did not answer, and that nobody sees.
    pub missing: Vec<DeviceName>,
}

/// A device that no row names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Stranger {
    /// Its name, without a domain.
    pub name: String,
    /// Its management address, where it says one.
    pub address: Option<String>,
    /// Its model, where it says one.
    pub platform: Option<String>,
    /// Who sees it, and on which port.
    pub seen_by: Vec<Sighting>,
}

/// One end of a cable.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Sighting {
    /// The device of the inventory.
    pub device: DeviceName,
    /// Its port.
    pub port: String,
}

impl Neighbourhood {
    /// Holds what devices saw against the rows of the inventory, all of them: a device that was not
    /// asked in this run is no stranger.
    #[must_use]
    pub fn of<'a>(
        rows: &[Record],
        seen: impl IntoIterator<Item = (&'a DeviceName, &'a Facts)>,
    ) -> Self {
        let plain = |name: &str| -> String {
            let name = name.split('.').next().unwrap_or(name);
            // LLDP cuts names.
            name.chars().take(20).collect::<String>().to_lowercase()
        };
        let mut names: BTreeSet<String> = rows.iter().map(|r| plain(r.name.as_str())).collect();
        let addresses: BTreeSet<&str> = rows.iter().map(|r| r.address.host.as_str()).collect();
        let mut answered = BTreeSet::new();
        let mut sighted = BTreeSet::new();
        let seen: Vec<_> = seen.into_iter().collect();
        for (name, facts) in &seen {
            answered.insert((*name).clone());
            // A device may call itself something else than its row does.
            names.insert(plain(&facts.hostname));
        }
        let mut strangers: BTreeMap<String, Stranger> = BTreeMap::new();
        for (device, facts) in seen {
            for next in facts.surroundings.iter().flat_map(|s| &s.neighbours) {
                let key = plain(&next.name);
                let known_address = next.address.as_deref().filter(|a| addresses.contains(a));
                if let Some(address) = known_address {
                    sighted.insert(address.to_owned());
                }
                sighted.insert(key.clone());
                if names.contains(&key) || known_address.is_some() {
                    continue;
                }
                let stranger = strangers.entry(key).or_insert_with(|| Stranger {
                    name: next.name.clone(),
                    address: None,
                    platform: None,
                    seen_by: Vec::new(),
                });
                stranger.address = stranger.address.take().or_else(|| next.address.clone());
                stranger.platform = stranger.platform.take().or_else(|| next.platform.clone());
                stranger.seen_by.push(Sighting {
                    device: device.clone(),
                    port: next.port.clone(),
                });
            }
        }
        let missing = rows.iter().filter(|row| {
            !answered.contains(&row.name)
                && !sighted.contains(&plain(row.name.as_str()))
                && !sighted.contains(&row.address.host)
        });
        Self {
            unknown: strangers.into_values().collect(),
            missing: missing.map(|r| r.name.clone()).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, host: &str) -> Record {
        let address = format!("{host}:22").parse().unwrap();
        Record::new(name.into(), address, "row 2")
    }

    fn sees(hostname: &str, next: &[(&str, Option<&str>)]) -> Facts {
        let neighbours: Vec<_> = next
            .iter()
            .map(|(name, address)| {
                serde_json::json!({"name": name, "port": "Te1/1/1", "address": address, "platform": null})
            })
            .collect();
        serde_json::from_value(serde_json::json!({
            "hostname": hostname, "pid": "C9300-48P", "serials": [], "running": {"number": "17.09.04a"},
            "boot_mode": "install", "system_image": null,
            "boot": {"next": null, "manual": null, "config_register_next": null, "ignore_startup": null},
            "uptime": {"secs": 1, "nanos": 0}, "reload_reason": null, "members": [],
            "file_systems": [], "install": null, "install_busy": null, "history": [],
            "privilege": 15, "unknown_lines": [],
            "surroundings": {"ports_up": 1, "ports_powered": 0, "neighbours": neighbours,
                             "licences": [], "inconclusive": []},
        }))
        .unwrap()
    }

    #[test]
    fn strangers_are_told_from_rows_by_name_and_by_address() {
        let rows = [
            row("acc-01", "192.0.2.1"),
            row("core-01", "192.0.2.2"),
            row("edge-01", "192.0.2.3"),
            row("away-01", "192.0.2.4"),
        ];
        let facts = sees(
            "acc-01",
            &[
                ("CORE-01", None),
                ("renamed", Some("192.0.2.3")),
                ("unknown-01", Some("198.51.100.9")),
            ],
        );
        let found = Neighbourhood::of(&rows, [(&rows[0].name, &facts)]);
        assert_eq!(found.unknown.len(), 1);
        assert_eq!(found.unknown[0].name, "unknown-01");
        assert_eq!(found.unknown[0].seen_by[0].device.as_str(), "acc-01");
        assert_eq!(found.missing, ["away-01".into()]);
    }

    #[test]
    fn one_stranger_seen_twice_is_one() {
        let rows = [row("a", "192.0.2.1"), row("b", "192.0.2.2")];
        let (a, b) = (
            sees("a", &[("x", None)]),
            sees("b", &[("x", Some("192.0.2.9"))]),
        );
        let found = Neighbourhood::of(&rows, [(&rows[0].name, &a), (&rows[1].name, &b)]);
        assert_eq!(found.unknown.len(), 1);
        assert_eq!(found.unknown[0].seen_by.len(), 2);
        assert_eq!(found.unknown[0].address.as_deref(), Some("192.0.2.9"));
    }
}
