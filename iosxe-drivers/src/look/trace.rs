//! The captured lines behind the facts: what a person is shown who asks a plan "why?".

use iosxe_core::boot::{BootSettings, file_name};
use iosxe_core::device::{FactKind, FileSystem, Member, Trace};
use iosxe_core::why::Evidence;

use super::answer;
use super::facts::{
    AUTO_UPGRADE, BOOT, BOOTVAR, INSTALL, MODULE, PLATFORM, REDUNDANCY_STATES, ROLLBACK, SWITCH,
    VERSION,
};
use super::firmware::{FIRMWARE, PROGRAMMABLE, ROM_MONITOR};
use super::issu::{ISSU, TIMER, TIMER_SET};
use super::xfsu::{self, XFSU};
use crate::talk::console::Output;

/// Every line that a plan can rest on.
pub(super) fn traces(
    answers: &[Output],
    pid: &str,
    boot: &BootSettings,
    members: &[Member],
    file_systems: &[FileSystem],
) -> Vec<Trace> {
    let mut traces = Traces {
        answers,
        found: Vec::new(),
    };
    traces.of_version(pid);
    traces.of_members(members);
    for command in [BOOT, BOOTVAR] {
        let first = boot.next.as_deref().and_then(|n| n.first());
        traces.first(command, FactKind::NextBoot, |line| match first {
            Some(file) => line.contains(file_name(file)),
            None => line.contains("does not exist") || line.contains("BOOT variable"),
        });
    }
    traces.of_boots(boot);
    traces.every(INSTALL, FactKind::Package, |line| {
        let mut words = line.split_whitespace();
        let is_row = words
            .next()
            .is_some_and(|w| w.len() >= 3 && w.chars().all(|c| c.is_ascii_uppercase()));
        (is_row && words.next().is_some_and(|w| w.len() == 1)) || line.contains("Installed Package")
    });
    traces.every(ISSU, FactKind::Issu, |line| {
        let tells = ["Last operation", "Current state", "Slot being modified"];
        line.ends_with("Yes")
            || line.ends_with("No")
            || line.contains("ISSU")
            || tells.iter().any(|start| line.starts_with(start))
    });
    traces.every(TIMER, FactKind::RollbackTimer, |line| {
        line.starts_with("Rollback:") || line.starts_with("Configured Rollback Time")
    });
    traces.every(TIMER_SET, FactKind::RollbackTimer, |line| {
        line.starts_with("issu set rollback-timer")
    });
    traces.every(BOOTVAR, FactKind::StandbyBoot, |line| {
        line.starts_with("Standby BOOT variable")
            || line.starts_with("Standby Configuration register")
            || line.starts_with("Standby not ready")
    });
    traces.every(ROLLBACK, FactKind::RollbackPoint, |line| {
        line.starts_with(|c: char| c.is_ascii_digit())
    });
    // Of the point that was asked about, the image that it leads to.
    let details = answers.iter().map(|o| o.command.as_str());
    for command in details.filter(|c| c.starts_with(ROLLBACK) && *c != ROLLBACK) {
        traces.every(command, FactKind::RollbackPoint, |line| {
            line.starts_with("IMG") || line.starts_with("Rollback id")
        });
    }
    traces.every(XFSU, FactKind::Xfsu, xfsu::tells);
    for fs in file_systems {
        traces.of_flash(fs);
    }
    traces.every(SWITCH, FactKind::Provisioned, |line| {
        line.ends_with("Provisioned") || line.ends_with("Unprovisioned")
    });
    traces.of_ring();
    traces.every(AUTO_UPGRADE, FactKind::AutoUpgrade, |line| {
        line.starts_with("software auto-upgrade")
    });
    traces.of_firmware();
    traces.found
}

struct Traces<'a> {
    answers: &'a [Output],
    found: Vec<Trace>,
}

impl<'a> Traces<'a> {
    fn lines(&self, command: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        let output = answer(self.answers, command);
        output
            .into_iter()
            .flat_map(|o| o.text.lines().map(str::trim))
    }

    fn push(&mut self, kind: FactKind, member: Option<u32>, command: &str, line: &str) {
        self.found.push(Trace {
            kind,
            member,
            evidence: Evidence::new(command, line),
        });
    }

    fn first(&mut self, command: &str, kind: FactKind, wanted: impl Fn(&str) -> bool) -> bool {
        let line = self.lines(command).find(|l| wanted(l));
        if let Some(line) = line {
            self.push(kind, None, command, line);
        }
        line.is_some()
    }

    fn every(&mut self, command: &str, kind: FactKind, wanted: impl Fn(&str) -> bool) {
        let lines: Vec<&str> = self.lines(command).filter(|l| wanted(l)).collect();
        for line in lines {
            self.push(kind, None, command, line);
        }
    }

    fn of_version(&mut self, pid: &str) {
        use FactKind as K;
        // What a line tells may stand in another one too: a person is shown all of them.
        self.every(VERSION, K::Release, |l| {
            l.starts_with("Cisco ") && l.contains("Software") && l.contains("Version ")
        });
        self.first(VERSION, K::FeatureSet, |l| {
            l.starts_with("Cisco IOS Software") && l.contains('(')
        });
        self.every(VERSION, K::Model, |l| !pid.is_empty() && l.contains(pid));
        self.first(VERSION, K::SystemImage, |l| {
            l.starts_with("System image file is")
        });
        self.first(VERSION, K::Memory, |l| {
            l.contains("bytes of physical memory")
        });
        let loader = |l: &str| l.starts_with("BOOTLDR:") && l.contains("Version");
        if !self.first(VERSION, K::Rommon, loader) {
            self.first(VERSION, K::Rommon, |l| l.starts_with("ROM:"));
        }
        self.first(VERSION, K::Management, |l| {
            l.starts_with("Router operating mode")
        });
        self.every(VERSION, K::BootMode, |l| {
            l.starts_with("Installation mode is") || l.starts_with("System image file is")
        });
        let rows: Vec<&str> = self
            .lines(VERSION)
            .filter(|l| l.ends_with("INSTALL") || l.ends_with("BUNDLE"))
            .collect();
        for row in rows {
            let number = row.trim_start_matches('*').split_whitespace().next();
            let member = number.and_then(|n| n.parse().ok());
            self.push(K::BootMode, member, VERSION, row);
            self.push(K::MemberRelease, member, VERSION, row);
        }
    }

    fn of_members(&mut self, members: &[Member]) {
        let roles = ["active", "standby", "member", "master"];
        for member in members {
            let id = member.id.to_string();
            let slot = format!("R{id}");
            for (command, id) in [(SWITCH, &id), (MODULE, &id), (PLATFORM, &slot)] {
                // The row that tells the role; the others of the member tell what it is made of.
                let rows: Vec<&str> = self
                    .lines(command)
                    .filter(|line| {
                        let mut words = line.trim_start_matches('*').split_whitespace();
                        let own = words.next() == Some(id);
                        own && words.any(|w| roles.contains(&w.to_ascii_lowercase().as_str()))
                    })
                    .collect();
                for row in rows {
                    self.push(FactKind::Member, Some(member.id), command, row);
                }
            }
        }
        let wanted = [
            "my state",
            "peer state",
            "Redundancy Mode",
            "Manual Swact",
            "Communications",
        ];
        self.every(REDUNDANCY_STATES, FactKind::Redundancy, |line| {
            wanted.iter().any(|start| line.starts_with(start))
        });
    }

    /// Of a stack, the line of each further member's next boot: the second of its block.
    fn of_boots(&mut self, boot: &BootSettings) {
        for other in &boot.members_next {
            let title = format!("Switch {}", other.member);
            let block = self.lines(BOOT).skip_while(|l| *l != title).skip(1);
            let block = block.take_while(|l| !l.starts_with("Switch "));
            let line = block
                .skip_while(|l| !l.starts_with("Boot Variables on next reload"))
                .find(|l| l.starts_with("BOOT variable"));
            if let Some(line) = line {
                self.push(FactKind::NextBoot, Some(other.member), BOOT, line);
            }
        }
    }

    /// The rows of the stack ports: a number, then two states.
    fn of_ring(&mut self) {
        let rows: Vec<(u32, &str)> = self
            .lines(SWITCH)
            .filter_map(|line| {
                let mut words = line.split_whitespace();
                let member = words.next()?.parse().ok()?;
                let state = words.next()?;
                ["OK", "DOWN", "Absent"]
                    .contains(&state)
                    .then_some((member, line))
            })
            .collect();
        for (member, row) in rows {
            self.push(FactKind::Ring, Some(member), SWITCH, row);
        }
    }

    fn of_firmware(&mut self) {
        let is_slot = |line: &str| {
            let slot = line.split_whitespace().next().unwrap_or_default();
            slot.len() <= 4 && slot.bytes().any(|b| b.is_ascii_digit())
        };
        self.every(PROGRAMMABLE, FactKind::Firmware, is_slot);
        let parts = ["Rommon", "CPLD", "FPGA"];
        self.every(FIRMWARE, FactKind::Firmware, |line| {
            parts.iter().any(|part| line.contains(part))
        });
        let lower = self
            .lines(PLATFORM)
            .skip_while(|l| !l.contains("CPLD Version"));
        let rows: Vec<&str> = lower.filter(|l| is_slot(l)).collect();
        for row in rows {
            self.push(FactKind::Firmware, None, PLATFORM, row);
        }
        let commands = self.answers.iter().map(|o| o.command.as_str());
        for command in commands.filter(|c| c.starts_with(ROM_MONITOR)) {
            self.every(command, FactKind::Firmware, |line| {
                line.starts_with("System Bootstrap")
            });
        }
    }

    fn of_flash(&mut self, fs: &FileSystem) {
        let command = format!("dir {}", fs.name);
        let lines: Vec<&str> = self.lines(&command).collect();
        let ends = [".bin", ".conf", ".pkg"];
        let is_boot_file = |l: &&&str| ends.iter().any(|end| l.ends_with(end));
        for line in lines.iter().filter(is_boot_file) {
            self.push(FactKind::File, Some(fs.member), &command, line);
        }
        let total = lines.iter().rfind(|l| l.contains("bytes free"));
        if let Some(line) = total {
            self.push(FactKind::Space, Some(fs.member), &command, line);
        }
    }
}
