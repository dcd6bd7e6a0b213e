//! What devices told over SNMP.

use iosxe_core::device::{Address, Record};
use iosxe_core::ports::{FirstLook, ProbeError};
use iosxe_drivers::snmp::{Chassis, Comparison, Difference, Identity, Outlook, Prospect, System};
use iosxe_workflow::summary::Summary;
use serde::Serialize;

use super::line;
use super::tables::{remarks, table};

/// One row of the `snmp` key.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Answer {
    pub(crate) name: String,
    address: String,
    /// `v2c` or `v3`; none where nobody could be asked.
    version: Option<&'static str>,
    /// Something answered there; none where nobody was asked.
    reachable: Option<bool>,
    system: Option<System>,
    /// The first line of `sysDescr`.
    description: Option<String>,
    sys_name: Option<String>,
    sys_object_id: Option<String>,
    pub(crate) release: Option<String>,
    pub(crate) model: Option<String>,
    chassis: Vec<Chassis>,
    /// The table was read to its end.
    complete: bool,
    family: Option<String>,
    support: Option<Prospect>,
    differences: Vec<Difference>,
    next: Option<String>,
}

impl Answer {
    /// The row of a device of which nothing is known yet.
    pub(crate) fn of(record: &Record, address: &Address, version: Option<&'static str>) -> Self {
        Self {
            name: record.name.to_string(),
            address: address.to_string(),
            version,
            ..Self::default()
        }
    }

    /// The device told nothing. A refusal is an answer all the same: somebody is there.
    pub(crate) fn silent(&mut self, error: &ProbeError) {
        self.reachable = match error {
            ProbeError::Unreachable { .. } | ProbeError::TimedOut { .. } => Some(false),
            ProbeError::UserRefused { .. }
            | ProbeError::NotShown { .. }
            | ProbeError::Garbled { .. } => Some(true),
            ProbeError::Local { .. } => None,
        };
    }

    /// What the device told.
    pub(crate) fn told(
        &mut self,
        look: FirstLook,
        identity: Identity,
        compared: Comparison,
        outlook: Outlook,
    ) {
        self.reachable = Some(true);
        self.system = Some(identity.system);
        self.description = look.description.lines().next().map(str::to_owned);
        self.sys_name = look.name;
        self.sys_object_id = look.object_id;
        self.release = identity.release;
        self.model = identity.model;
        self.chassis = identity.chassis;
        self.complete = look.cut.is_none();
        self.family = outlook.family;
        self.support = Some(outlook.support);
        self.differences = compared.differences;
        self.next = Some(outlook.next);
    }

    /// Serials with the numbers of their switches, where there are several.
    fn serials(&self) -> String {
        let serials = self.chassis.iter().filter_map(|c| {
            let serial = c.serial.as_ref()?;
            Some(match c.number {
                Some(number) if self.chassis.len() > 1 => format!("{number}: {serial}"),
                _ => serial.clone(),
            })
        });
        serials.collect::<Vec<_>>().join(", ")
    }
}

/// A table of what was told, and what a person should read beside it.
pub(crate) fn first_looks(summary: &Summary, answers: &[Answer]) {
    let or_none = |text: Option<String>| text.filter(|t| !t.is_empty()).unwrap_or("-".to_owned());
    let rows: Vec<Vec<String>> = answers
        .iter()
        .map(|a| {
            let reachable = a.reachable.map(|r| if r { "yes" } else { "no" });
            vec![
                a.name.clone(),
                or_none(reachable.map(str::to_owned)),
                or_none(a.system.map(|s| s.to_string())),
                or_none(a.release.clone()),
                or_none(a.model.clone()),
                or_none(Some(a.serials())),
                or_none(a.next.clone()),
            ]
        })
        .collect();
    table(
        &[
            "device",
            "reachable",
            "system",
            "release",
            "model",
            "serial",
            "next",
        ],
        &rows,
    );
    let answered = answers.iter().filter(|a| a.system.is_some()).count();
    line(&format!(
        "{answered} of {} answered in {:.0} s; no discovery: neither inventory nor journal was written",
        answers.len(),
        summary.wall_s
    ));
    remarks(summary);
}
