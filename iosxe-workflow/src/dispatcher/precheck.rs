//! The pre-check: what stands in the way, configurations kept, baseline taken. Read-only.

use iosxe_core::boot::{BootMode, BootSettings};
use iosxe_core::device::{Facts, OperatingMode, Readiness};
use iosxe_core::event::Takeover;
use iosxe_core::fault::{Class, Fault, Remedy};
use iosxe_core::ids::DeviceName;
use iosxe_core::plan::StepKind;
use iosxe_core::ports::Look;
use iosxe_core::stage::{Outcome, StageKind};
use iosxe_core::words::counted;
use jiff::Timestamp;

use super::{Command, Dispatcher, InFlight, Task, ending};
use crate::status::{DeviceState, IllegalTransition};

/// Privilege that the install engine and the SCP server want.
const PRIVILEGE: u8 = 15;

/// What a look at the readiness says, and nothing else.
const OF_READINESS: [&str; 7] = [
    "recovery_mode",
    "maintenance_mode",
    "scheduled_reload",
    "config_session",
    "pending_revert",
    "precheck_inconclusive",
    "unsaved_configuration",
];

impl Dispatcher {
    /// The next look of the pre-check, or `None` when it is behind the device.
    pub(super) fn precheck(
        &mut self,
        name: &DeviceName,
        now: Timestamp,
    ) -> Result<Option<Vec<Command>>, IllegalTransition> {
        let Some(device) = self.device(name) else {
            return Ok(Some(Vec::new()));
        };
        let look = if device.readiness.is_none() {
            (InFlight::Readiness, Task::Look(Look::Readiness))
        } else if let Some(blocking) = self.blocking(device) {
            let outcome = ending(device, &blocking);
            return self.end(name, now, outcome, Some(blocking)).map(Some);
        } else if device.backup.is_none() {
            (InFlight::Backup, Task::Backup)
        } else if device.baseline.is_none() {
            (
                InFlight::Baseline,
                Task::Look(Look::Health(self.baseline_scope(device))),
            )
        } else if self.until() == StageKind::Precheck {
            return self.end(name, now, Outcome::Ready, None).map(Some);
        } else {
            return Ok(None);
        };
        let mut moves = self.enter(name, now, StageKind::Precheck)?;
        moves.extend(self.start(name, look.0, look.1));
        Ok(Some(moves))
    }

    /// Before a device is taken back for good it is looked at as before an upgrade: what stands in the way
    /// is told before anything is done. `None` when it may go.
    pub(super) fn before_rolling_back(
        &mut self,
        name: &DeviceName,
        now: Timestamp,
    ) -> Result<Option<Vec<Command>>, IllegalTransition> {
        // A configuration that differs is what it is put back for.
        let takeover = self.device(name).and_then(|d| d.takeover.as_ref());
        if matches!(takeover, Some(Takeover::ReplaceConfig { .. })) {
            return Ok(None);
        }
        if self.live(name).may_go_back.is_none() {
            let mut moves = self.enter(name, now, StageKind::Rollback)?;
            let look = Task::Look(Look::Readiness);
            moves.extend(self.start(name, InFlight::ReadinessBack, look));
            return Ok(Some(moves));
        }
        let Some(device) = self.device(name) else {
            return Ok(Some(Vec::new()));
        };
        let (Some((_, facts)), Some(readiness)) = (&device.facts, &device.readiness) else {
            return Ok(None);
        };
        // Of the facts, which are as old as the upgrade, none is asked: the step's own look does that.
        let mut faults = in_the_way(facts, readiness, &[], false, false).into_iter();
        match faults.find(|fault| OF_READINESS.contains(&fault.code.as_str())) {
            Some(fault) => self.end(name, now, Outcome::Refused, Some(fault)).map(Some),
            None => Ok(None),
        }
    }

    /// The first thing that forbids to go on; only before the device was changed.
    fn blocking(&self, device: &DeviceState) -> Option<Fault> {
        if !device.intents.is_empty() {
            return None;
        }
        let (_, facts) = device.facts.as_ref()?;
        let readiness = device.readiness.as_ref()?;
        let family = self.table.family(&facts.pid);
        let register_good = family
            .map(|f| f.config_register_good.as_slice())
            .unwrap_or_default();
        let plan_saves = device
            .plan
            .as_ref()
            .is_some_and(|p| p.steps.iter().any(|s| s.kind == StepKind::SaveConfig));
        let copies = device
            .plan
            .as_ref()
            .is_some_and(|p| p.steps.iter().any(|s| s.kind == StepKind::Transfer));
        in_the_way(facts, readiness, register_good, plan_saves, copies)
            .into_iter()
            .next()
            .or_else(|| self.own_blocking(device))
    }
}

/// Everything that stands in the way of a change, worst first.
fn in_the_way(
    facts: &Facts,
    readiness: &Readiness,
    register_good: &[u16],
    plan_saves: bool,
    copies: bool,
) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut stop = |code: &str, message: String, remedy: Remedy| {
        faults.push(Fault::new(Class::Operator, code, message).remedy(remedy));
    };
    if readiness.mode == OperatingMode::Recovery {
        stop(
            "recovery_mode",
            "the device is in recovery mode: it lost the dual-active election".into(),
            Remedy::new("repair the StackWise Virtual link first"),
        );
    }
    if readiness.mode == OperatingMode::Maintenance {
        stop(
            "maintenance_mode",
            "the device is in maintenance mode".into(),
            Remedy::with("take it out of maintenance mode first", "stop maintenance"),
        );
    }
    if facts.privilege < PRIVILEGE {
        stop(
            "privilege",
            format!(
                "the session has privilege {}, {PRIVILEGE} is needed",
                facts.privilege
            ),
            Remedy::new("let AAA grant privilege 15 at login, or set the enable secret"),
        );
    }
    if let Some(what) = &facts.install_busy {
        stop(
            "engine_busy",
            format!("the install engine is at work: {what}"),
            Remedy::with("wait until it is idle", "show install log"),
        );
    }
    if let Some(what) = &readiness.scheduled_reload {
        stop(
            "scheduled_reload",
            format!("a reload is scheduled: {what} (device time)"),
            Remedy::with("cancel it, or wait until it is over", "reload cancel"),
        );
    }
    if let Some(who) = &readiness.config_session {
        stop(
            "config_session",
            format!("somebody is configuring the device: {who}"),
            Remedy::with("wait until they are done", "show users"),
        );
    }
    if let Some(what) = &readiness.pending_revert {
        stop(
            "pending_revert",
            format!("a `configure revert` is pending: {what}"),
            Remedy::with("confirm or revert it first", "configure confirm"),
        );
    }
    boot_settings(facts.boot_mode, &facts.boot, register_good, &mut stop);
    for member in &facts.members {
        if member.ring == Some(false) && facts.members.len() > 2 {
            stop(
                "half_ring",
                format!(
                    "a stack port of member {} is down: the stack is a half ring",
                    member.id
                ),
                Remedy::with("repair the stack cabling first", "show switch stack-ports"),
            );
        }
    }
    if let Some(line) = readiness.inconclusive.first() {
        stop(
            "precheck_inconclusive",
            format!("an answer of the pre-check cannot be read: {line}"),
            Remedy::new("look at the raw output in the run's folder, and check it by hand"),
        );
    }
    if copies && !readiness.scp_server {
        stop(
            "scp_server",
            "the device takes no SCP: its server is off".into(),
            Remedy::with("turn it on", "ip scp server enable"),
        );
    }
    if copies && !readiness.scp_privilege {
        stop(
            "scp_privilege",
            "the login does not land in privilege 15, and an SCP session cannot enable".into(),
            Remedy::new("let AAA grant this user privilege 15 at login"),
        );
    }
    match &readiness.unsaved {
        Some(lines) if !lines.is_empty() && !plan_saves => {
            let shown: Vec<&str> = lines.iter().take(6).map(String::as_str).collect();
            faults.push(
                Fault::new(
                    Class::Operator,
                    "unsaved_configuration",
                    format!(
                        "running and startup configuration differ in {}: {}",
                        counted(lines.len(), "line"),
                        shown.join(" | ")
                    ),
                )
                .remedy(Remedy::with(
                    "save or undo the changes, or allow saving with save_config = yes in the row",
                    "write memory",
                ))
                .evidence(lines.iter().cloned()),
            );
        }
        Some(_) => {}
        // Said above, with the line.
        None => {}
    }
    faults
}

/// What would keep the device from its next boot.
pub(super) fn boot_settings(
    mode: BootMode,
    boot: &BootSettings,
    register_good: &[u16],
    stop: &mut impl FnMut(&str, String, Remedy),
) {
    if boot.manual == Some(true) {
        stop(
            "manual_boot",
            "manual boot is on: the device would stop in ROMMON".into(),
            Remedy::with("turn it off and save", "no boot manual"),
        );
    }
    if boot.ignore_startup == Some(true) {
        stop(
            "ignore_startup",
            "the device ignores its startup-config at the next boot".into(),
            Remedy::with(
                "undo it and save",
                "no system ignore startupconfig switch all",
            ),
        );
    }
    if let Some(register) = boot.config_register_next
        && !register_good.is_empty()
        && !register_good.contains(&register)
    {
        stop(
            "config_register",
            format!("the configuration register of the next boot is {register:#x}"),
            Remedy::with("set it back and save", "config-register 0x2102"),
        );
    }
    if mode == BootMode::Install
        && boot
            .next
            .as_ref()
            .is_some_and(|n| n.iter().any(|f| f.ends_with(".bin")))
    {
        stop(
            "boot_variable",
            "the device runs in install mode, but a .bin file stands in its boot variable".into(),
            Remedy::with("set it and save", "boot system flash:packages.conf"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(facts: &Facts, readiness: &Readiness) -> Vec<String> {
        in_the_way(facts, readiness, &[0x102], false, true)
            .into_iter()
            .map(|f| f.code)
            .collect()
    }

    fn good() -> (Facts, Readiness) {
        let facts = crate::testing::facts("17.06.05");
        let readiness = Readiness {
            unsaved: Some(Vec::new()),
            scp_server: true,
            scp_privilege: true,
            ..Readiness::default()
        };
        (facts, readiness)
    }

    #[test]
    fn nothing_stands_in_the_way_of_a_healthy_device() {
        let (facts, readiness) = good();
        assert!(codes(&facts, &readiness).is_empty());
    }

    #[test]
    fn each_obstacle_has_its_code() {
        type Break = fn(&mut Facts, &mut Readiness);
        let cases: [(&str, Break); 15] = [
            ("recovery_mode", |_, r| r.mode = OperatingMode::Recovery),
            ("maintenance_mode", |_, r| {
                r.mode = OperatingMode::Maintenance
            }),
            ("privilege", |f, _| f.privilege = 1),
            ("engine_busy", |f, _| {
                f.install_busy = Some("install_add".into())
            }),
            ("scheduled_reload", |_, r| {
                r.scheduled_reload = Some("in 10 minutes".into())
            }),
            ("config_session", |_, r| {
                r.config_session = Some("vty 1".into())
            }),
            ("pending_revert", |_, r| {
                r.pending_revert = Some("5 minutes".into())
            }),
            ("manual_boot", |f, _| f.boot.manual = Some(true)),
            ("ignore_startup", |f, _| f.boot.ignore_startup = Some(true)),
            ("config_register", |f, _| {
                f.boot.config_register_next = Some(0x2142)
            }),
            ("boot_variable", |f, _| {
                f.boot.next = Some(vec!["flash:x.bin".into()])
            }),
            ("scp_server", |_, r| r.scp_server = false),
            ("precheck_inconclusive", |_, r| {
                r.unsaved = None;
                r.inconclusive
                    .push("show archive config differences: ?".into());
            }),
            ("scp_privilege", |_, r| r.scp_privilege = false),
            ("unsaved_configuration", |_, r| {
                r.unsaved = Some(vec!["+hostname x".into()])
            }),
        ];
        for (code, breaks) in cases {
            let (mut facts, mut readiness) = good();
            breaks(&mut facts, &mut readiness);
            assert_eq!(codes(&facts, &readiness), [code]);
        }
    }
}
