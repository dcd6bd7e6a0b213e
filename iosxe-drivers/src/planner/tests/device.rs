//! Devices as they answer: outputs made up here after the formats of real ones, from a few values.
//!
//! Formats: `show version`, `show install summary`, `show boot`, `show bootvar`, `show switch`,
//! `show module`, `show platform`, `show redundancy [states]` and `dir` of 17.x.

use std::fmt::Write as _;

use iosxe_core::device::Facts;
use iosxe_core::observation::Observation;
use iosxe_core::talk::TalkError;
use iosxe_core::why::Evidence;

use crate::look::FactsInquiry;
use crate::talk::console::{Output, Taken};
use crate::talk::script::Inquiry;

const TIMER_SET: &str = "show running-config | include ^issu set rollback-timer";

const AUTO_UPGRADE: &str = "show running-config | include ^software auto-upgrade";

/// Of a router: no table of checks.
const IDLE: &str = "\
--- Starting local lock acquisition on R0 ---
Finished local lock acquisition on R0

--- Starting installation state synchronization ---
Finished installation state synchronization

";

const ROLLBACK: &str = "\
ID      Label                            Description
-------------------------------------------------------
2       No Label                         No Description
1       No Label                         No Description
";

const HW: &str = "\
Hw-programmable versions

Slot              CPLD version              FPGA version
----------------------------------------------------------------------
R0                14111801                  17071402
R1                14111801                  17071402
";

const CAPSULE: &str = "\
Slot  Device Name / Model           Firmware Version      Firmware Version    Mismatch
----- ----------------------------- --------------------- ------------------- ---------
 3    Supervisor Rommon (Active)    17.6.1r[FC2]          17.8.1r[FC1]        Yes
 3    Supervisor CPLD               18041605              N/A                 N/A
";

/// What answers are rendered from.
#[derive(Clone, Debug)]
pub(super) struct Device {
    pub(super) pid: &'static str,
    /// `CAT9K_IOSXE`, `X86_64_LINUX_IOSD-UNIVERSALK9-M`.
    pub(super) feature_set: &'static str,
    pub(super) release: &'static str,
    pub(super) install: bool,
    /// Serials: one per member or supervisor.
    pub(super) serials: Vec<String>,
    pub(super) free: u64,
    /// Free bytes of the last member alone, where they differ.
    pub(super) free_last: Option<u64>,
    /// The booted file in bundle mode.
    pub(super) bundle: &'static str,
    pub(super) shape: Shape,
    /// Further files at the root of flash: name and size.
    pub(super) files: Vec<(&'static str, u64)>,
    /// The login is a discovery, which asks for more.
    pub(super) discovered: bool,
    /// Answers in place of the rendered ones.
    pub(super) instead: Vec<(&'static str, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Catalyst with a member table.
    Stack,
    /// Catalyst chassis with supervisors.
    Chassis,
    /// Router with one processor.
    Router,
    /// Router with two route processors.
    DualRouter,
}

impl Device {
    pub(super) fn new(pid: &'static str, shape: Shape, feature_set: &'static str) -> Self {
        Self {
            pid,
            feature_set,
            release: "17.09.04a",
            install: true,
            serials: vec!["FOC00000001".into()],
            free: 6_000_000_000,
            free_last: None,
            bundle: "",
            shape,
            files: Vec::new(),
            discovered: false,
            instead: Vec::new(),
        }
    }

    pub(super) fn members(mut self, count: usize) -> Self {
        self.serials = (1..=count).map(|n| format!("FOC0000000{n}")).collect();
        self
    }

    pub(super) fn bundle(mut self, file: &'static str) -> Self {
        self.install = false;
        self.bundle = file;
        self.files.push((file, 700_000_000));
        self
    }

    /// As a discovery finds it.
    pub(super) fn discovered(mut self) -> Self {
        self.discovered = true;
        self
    }

    pub(super) fn runs(mut self, release: &'static str) -> Self {
        self.release = release;
        self
    }

    pub(super) fn says(mut self, command: &'static str, text: impl Into<String>) -> Self {
        self.instead.push((command, text.into()));
        self
    }

    /// With a rollback timer of its own in the configuration.
    pub(super) fn rollback_timer(self, time: &str) -> Self {
        let line = format!("issu set rollback-timer {time}\n");
        self.discovered().says(TIMER_SET, line)
    }

    /// The same answer with one text in place of another.
    pub(super) fn saying(self, command: &'static str, old: &str, new: &str) -> Self {
        let text = self.answer(command).unwrap();
        assert!(text.contains(old), "{command} does not say {old}:\n{text}");
        let text = text.replace(old, new);
        self.says(command, text)
    }

    fn unpadded(&self) -> String {
        let version: iosxe_core::version::Version = self.release.parse().unwrap();
        version.unpadded()
    }

    fn flash(&self) -> &'static str {
        match self.shape {
            Shape::Stack => "flash:",
            Shape::Chassis | Shape::Router | Shape::DualRouter => "bootflash:",
        }
    }

    fn booted(&self) -> String {
        let file = if self.install {
            "packages.conf"
        } else {
            self.bundle
        };
        format!("{}{file}", self.flash())
    }

    fn switch(&self) -> bool {
        matches!(self.shape, Shape::Stack | Shape::Chassis)
    }

    fn version(&self) -> String {
        let (release, unpadded) = (self.release, self.unpadded());
        let kind = if self.switch() {
            "Catalyst L3 Switch Software"
        } else {
            "Router Software"
        };
        let mut text = format!(
            "Cisco IOS XE Software, Version {release}\n\
             Cisco IOS Software [Cupertino], {kind} ({}), Version {unpadded}, RELEASE SOFTWARE (fc3)\n\
             Technical Support: http://www.cisco.com/techsupport\n\
             Copyright (c) 1986-2023 by Cisco Systems, Inc.\n\
             Compiled Fri 20-Oct-23 10:44 by mcpre\n\n\nROM: IOS-XE ROMMON\n",
            self.feature_set
        );
        if self.switch() {
            text.push_str(
                "BOOTLDR: System Bootstrap, Version 17.9.1r[FC1], RELEASE SOFTWARE (P)\n",
            );
        }
        write!(
            text,
            "sw1 uptime is 3 weeks, 2 days, 1 hour, 5 minutes\n\
             Uptime for this control processor is 3 weeks, 2 days, 1 hour, 8 minutes\n\
             System returned to ROM by Reload Command\n\
             System image file is \"{}\"\n\
             Last reload reason: Reload Command\n\n\n\n",
            self.booted()
        )
        .unwrap();
        let serial = &self.serials[0];
        writeln!(
            text,
            "cisco {} ({}) processor with 1334063K/6147K bytes of memory.\n\
             Processor board ID {serial}",
            self.pid,
            if self.switch() { "X86" } else { "1RU" },
        )
        .unwrap();
        if !self.switch() {
            text.push_str("Router operating mode: Autonomous\n");
        }
        text.push_str(
            "32768K bytes of non-volatile configuration memory.\n\
             8388608K bytes of physical memory.\n",
        );
        if self.shape == Shape::Stack {
            writeln!(
                text,
                "\nModel Number                       : {}\nSystem Serial Number               : {serial}\n\n\n\
                 Switch Ports Model              SW Version        SW Image              Mode\n\
                 ------ ----- -----              ----------        ----------            ----",
                self.pid
            )
            .unwrap();
            for n in 1..=self.serials.len() {
                writeln!(
                    text,
                    "{} {n:>4} 41    {:<18} {:<17} {:<21} {}",
                    if n == 1 { "*" } else { " " },
                    self.pid,
                    release,
                    self.feature_set,
                    if self.install { "INSTALL" } else { "BUNDLE" },
                )
                .unwrap();
            }
            for (n, serial) in self.serials.iter().enumerate().skip(1) {
                write!(
                    text,
                    "\n\nSwitch {:02}\n---------\n\
                     Switch uptime                      : 3 weeks, 2 days, 1 hour, 8 minutes\n\n\
                     Last reload reason                 : Reload Command\n\
                     Model Number                       : {}\n\
                     System Serial Number               : {serial}\n",
                    n + 1,
                    self.pid
                )
                .unwrap();
            }
        }
        let register = if self.switch() { "0x102" } else { "0x2102" };
        if self.shape != Shape::Chassis {
            write!(text, "\nConfiguration register is {register}\n").unwrap();
        }
        text
    }

    fn labels(&self) -> String {
        let count = self.serials.len();
        match self.shape {
            Shape::Stack => {
                let numbers: Vec<_> = (1..=count).map(|n| n.to_string()).collect();
                format!("Switch {}", numbers.join(" "))
            }
            Shape::Chassis | Shape::DualRouter if count > 1 => "R0 R1".into(),
            _ => "R0".into(),
        }
    }

    fn install_summary(&self) -> String {
        let rule = "-".repeat(80);
        let state = if self.install {
            format!("IMG   C    {}.0.6\n", self.release)
        } else {
            String::new()
        };
        format!(
            "[ {} ] Installed Package(s) Information:\n\
             State (St): I - Inactive, U - Activated & Uncommitted,\n            \
             C - Activated & Committed, D - Deactivated & Uncommitted\n{rule}\n\
             Type  St   Filename/Version\n{rule}\n{state}{rule}\nAuto abort timer: inactive\n{rule}\n",
            self.labels()
        )
    }

    fn directory(&self, name: &str) -> String {
        let last = name == self.other(self.serials.len());
        let free = self.free_last.filter(|_| last).unwrap_or(self.free);
        let mut text = format!("Directory of {name}/\n\n");
        let conf = self.install.then_some(("packages.conf", 7_406));
        for (n, (file, size)) in conf.iter().chain(&self.files).enumerate() {
            writeln!(
                text,
                "{:>6}  -rw-  {size:>15}  Nov 2 2026 09:10:11 +00:00  {file}",
                4000 + n
            )
            .unwrap();
        }
        format!("{text}\n11353194496 bytes total ({free} bytes free)\n")
    }

    fn other(&self, member: usize) -> String {
        match self.shape {
            Shape::Stack if member > 1 => format!("flash-{member}:"),
            Shape::Chassis | Shape::DualRouter if member > 1 => "stby-bootflash:".into(),
            _ => self.flash().into(),
        }
    }

    fn switch_detail(&self) -> String {
        let mut text = "Switch/Stack Mac Address : 0000.5e00.5301 - Local Mac Address\n\
             Mac persistency wait time: Indefinite\n                                             H/W   Current\n\
             Switch#   Role    Mac Address     Priority Version  State\n\
             -------------------------------------------------------------------------------------\n"
            .to_owned();
        let count = self.serials.len();
        for n in 1..=count {
            let (mark, role) = match n {
                1 => ("*", "Active"),
                2 => (" ", "Standby"),
                _ => (" ", "Member"),
            };
            writeln!(
                text,
                "{mark}{n}       {role:<8} 0000.5e00.530{n}     15     V01     Ready"
            )
            .unwrap();
        }
        if count > 1 {
            text.push_str(
                "\n\n         Stack Port Status             Neighbors\n\
                 Switch#  Port 1     Port 2           Port 1   Port 2\n\
                 --------------------------------------------------------\n",
            );
            for n in 1..=count {
                let (left, right) = (n % count + 1, (n + count - 2) % count + 1);
                writeln!(
                    text,
                    "  {n}         OK         OK               {left}        {right}"
                )
                .unwrap();
            }
        }
        text
    }

    fn module(&self) -> String {
        let mut text = format!(
            "Chassis Type: {}\n\n\
             Mod Ports Card Type                                   Model          Serial No.\n\
             ---+-----+--------------------------------------+--------------+--------------\n\
             1   48   48-Port UPOE 10/100/1000 (RJ-45)            C9400-LC-48U     JAE00000001\n",
            self.pid
        );
        for (n, serial) in self.serials.iter().enumerate() {
            writeln!(
                text,
                "{}   10   Supervisor 1 XL Module                     C9400-SUP-1XL    {serial}",
                n + 3
            )
            .unwrap();
        }
        text.push_str(
            "\nMod MAC addresses                    Hw   Fw           Sw                 Status\n\
             ---+--------------------------------+----+------------+------------------+--------\n",
        );
        let slots = [1]
            .into_iter()
            .chain((0..self.serials.len()).map(|n| n + 3));
        for slot in slots {
            writeln!(
                text,
                "{slot}   0000.5E00.5310 to 0000.5E00.533F 1.0  17.9.1r[FC1]  {:<18} ok",
                self.release
            )
            .unwrap();
        }
        text.push_str(
            "\nMod Redundancy Role     Operating Redundancy Mode Configured Redundancy Mode\n\
             ---+-------------------+-------------------------+---------------------------\n",
        );
        for (n, role) in ["Active", "Standby"]
            .iter()
            .enumerate()
            .take(self.serials.len())
        {
            writeln!(text, "{}   {role:<19} sso                       sso", n + 3).unwrap();
        }
        text.push_str(
            "\nChassis MAC address range: 44 addresses from 0000.5e00.5300 to 0000.5e00.532b\n",
        );
        text
    }

    fn platform(&self) -> String {
        let mut text = format!(
            "Chassis type: {}\n\n\
             Slot      Type                State                 Insert time (ago)\n\
             --------- ------------------- --------------------- -----------------\n\
             0         ASR1000-SIP40       ok                    3w2d\n",
            self.pid
        );
        for (slot, state) in ["ok, active", "ok, standby"]
            .iter()
            .enumerate()
            .take(self.serials.len())
        {
            writeln!(text, "R{slot}        ASR1000-RP2         {state:<21} 3w2d").unwrap();
        }
        text.push_str(
            "P0        ASR1006-PWR-AC      ok                    3w2d\n\n\
             Slot      CPLD Version        Firmware Version\n\
             --------- ------------------- ---------------------------------------\n\
             R0        10021901            16.3(2r)\n",
        );
        text
    }

    fn redundancy(&self) -> String {
        let processor = |title: &str, place: &str, state: &str, slot: u32| {
            format!(
                "{title} Processor Information :\n-------------------------------\n               \
                 {place} Location = slot {slot}\n        Current Software state = {state}\n       \
                 Uptime in current state = 3 weeks, 2 days, 1 hour, 5 minutes\n                 \
                 Image Version = Cisco IOS Software [Cupertino], ASR1000 Software ({}), Version {}, RELEASE SOFTWARE (fc3)\n\
                 Technical Support: http://www.cisco.com/techsupport\n\
                 Copyright (c) 1986-2023 by Cisco Systems, Inc.\n\
                 Compiled Fri 20-Oct-23 10:44 by mcpre\n                          \
                 BOOT = {},12;\n                   CONFIG_FILE = \n        \
                 Configuration register = 0x2102\n\n",
                self.feature_set,
                self.unpadded(),
                self.booted(),
            )
        };
        let mut text = "Redundant System Information :\n------------------------------\n       \
             Available system uptime = 3 weeks, 2 days, 1 hour, 5 minutes\n\
             Switchovers system experienced = 0\n              Standby failures = 0\n        \
             Last switchover reason = none\n\n                 Hardware Mode = Duplex\n    \
             Configured Redundancy Mode = sso\n     Operating Redundancy Mode = sso\n              \
             Maintenance Mode = Disabled\n                Communications = Up\n\n"
            .to_owned();
        text.push_str(&processor("Current", "Active", "ACTIVE", 6));
        text.push_str(&processor("Peer", "Standby", "STANDBY HOT", 7));
        text
    }

    fn redundancy_states(&self) -> String {
        let dual = self.serials.len() > 1;
        let (peer, mode, operational) = if dual {
            ("8  -STANDBY HOT", "Duplex", "sso")
        } else {
            ("1  -DISABLED", "Simplex", "Non-redundant")
        };
        format!(
            "       my state = 13 -ACTIVE\n     peer state = {peer}\n           Mode = {mode}\n           \
             Unit = Primary\n        Unit ID = 3\n\n\
             Redundancy Mode (Operational) = {operational}\n\
             Redundancy Mode (Configured)  = sso\n\
             Redundancy State              = {operational}\n     \
             Maintenance Mode = Disabled\n    \
             Manual Swact = {}\n Communications = {}\n\n   \
             client count = 112\n client_notification_TMR = 30000 milliseconds\n           \
             RF debug mask = 0x0\n",
            if dual {
                "enabled"
            } else {
                "disabled (system is simplex (no peer unit))"
            },
            if dual {
                "Up"
            } else {
                "Down      Reason: Simplex mode"
            },
        )
    }

    fn boot(&self) -> String {
        let block = |n: usize| {
            format!(
                "---------------------------\nSwitch {n}\n---------------------------\n\
                 Current Boot Variables:\nBOOT variable = {0};\n\n\
                 Boot Variables on next reload:\nBOOT variable = {0};\n\
                 Manual Boot = no\nEnable Break = no\nBoot Mode = DEVICE\niPXE Timeout = 0\n",
                self.booted()
            )
        };
        (1..=self.serials.len()).map(block).collect()
    }

    fn bootvar(&self) -> String {
        let mut text = format!(
            "BOOT variable = {},1;\nCONFIG_FILE variable = \nBOOTLDR variable does not exist\n\
             Configuration register is 0x2102\n",
            self.booted()
        );
        if self.serials.len() > 1 {
            write!(
                text,
                "\nStandby BOOT variable = {},1;\nStandby CONFIG_FILE variable = \n\
                 Standby BOOTLDR variable does not exist\nStandby Configuration register is 0x2102\n",
                self.booted()
            )
            .unwrap();
        } else {
            text.push_str("\nStandby not ready to show bootvar\n");
        }
        text
    }

    fn inventory(&self) -> String {
        format!(
            "NAME: \"Chassis\", DESCR: \"Chassis of {0}\"\nPID: {0}         , VID: V01  , SN: {1}\n\n",
            self.pid, self.serials[0]
        )
    }

    fn issu(&self) -> String {
        let yes = |yes: bool| if yes { "Yes" } else { "No" };
        let pair = self.serials.len() > 1;
        let rule = "=".repeat(55);
        format!(
            "Current ISSU Status: {}\nPrevious ISSU Operation: N/A\n{rule}\n\
             System Check                        Status\n{}\n\
             Platform ISSU Support               Yes\n\
             Standby Online                      {}\n\
             Autoboot Enabled                    Yes\n\
             SSO Mode                            {}\n\
             Install Boot                        {}\n\
             Valid Boot Media                    Yes\n\
             Operational Mode                    {}\n{rule}\n\
             No ISSU operation is in progress\n",
            if pair { "Enabled" } else { "Disabled" },
            "-".repeat(55),
            yes(pair),
            yes(pair),
            yes(self.install),
            if pair { "HA-REMOTE" } else { "HA-STANDALONE" },
        )
    }

    fn xfsu(&self) -> String {
        let stack = self.serials.len() > 1;
        let mut text = format!(
            "Reload fast supported: Yes\nxFSU PLATFORM Status: Not started yet\nStack Configuration: {}\n\
             Eligibility Check         Status\n=================         ======\n\
             Autoboot Enabled          Yes\nInstall Mode              {}\n",
            if stack { "Yes" } else { "No" },
            if self.install { "Yes" } else { "No" },
        );
        if stack {
            text.push_str("Network Advantage License Yes\nFull ring stack           Yes\n");
        }
        text.push_str(
            "Check macsec eligibility  Eligible\n\
             Note:   All the status should be Yes or eligible to continue xFSU\n\n\
             Spanning Tree             Eligible\n\
             Note:   For STP status should be eligible to continue xFSU\n\n",
        );
        if stack {
            text.push_str(
                "SSO Mode                  Yes\n\
                 Note:   If 'SSO mode' status is 'No', please wait until condition is met, then proceed\n",
            );
        }
        text
    }

    fn rollback_point(&self) -> String {
        let rule = "-".repeat(80);
        format!(
            "Rollback id - 2 (Created on Mon Nov 02 09:10:11 UTC 2026)\nLabel: No Label\n\
             Description: No Description\nReload required: NO\n\
             State (St): I - Inactive, U - Activated & Uncommitted,\n\
             C - Activated & Committed, D - Deactivated & Uncommitted\n{rule}\n\
             Type  St   Filename/Version\n{rule}\nIMG   C    {}.0.6\n",
            self.release
        )
    }

    /// What the device says to a command; `None` where it does not know it.
    pub(super) fn answer(&self, command: &str) -> Option<String> {
        if let Some((_, text)) = self.instead.iter().rev().find(|(c, _)| *c == command) {
            return Some(text.clone());
        }
        Some(match command {
            "show version" => self.version(),
            "show privilege" => "Current privilege level is 15\n".into(),
            "show inventory" => self.inventory(),
            "show install summary" => self.install_summary(),
            "show boot" => self.boot(),
            "show bootvar" => self.bootvar(),
            "show switch detail" if self.shape == Shape::Stack => self.switch_detail(),
            "show module" => self.module(),
            "show platform" => self.platform(),
            "show redundancy" => self.redundancy(),
            "show redundancy states" => self.redundancy_states(),
            "show issu state detail" if self.switch() => self.issu(),
            "show issu state detail" if self.shape == Shape::DualRouter => {
                format!("{IDLE}No ISSU operation is in progress\n")
            }
            "show issu rollback-timer" if self.shape == Shape::DualRouter => {
                format!("{IDLE}Rollback: inactive, no ISSU operation is in progress\n")
            }
            TIMER_SET | AUTO_UPGRADE => String::new(),
            "show xfsu eligibility" if self.pid.starts_with("C9300") => self.xfsu(),
            "show hw-programmable all" if self.shape == Shape::DualRouter => HW.into(),
            "show firmware version all" if self.shape == Shape::Chassis => CAPSULE.into(),
            "show install rollback" if self.install => ROLLBACK.into(),
            "show install rollback id 2" if self.install => self.rollback_point(),
            _ => {
                let name = command.strip_prefix("dir ")?;
                self.directory(name)
            }
        })
    }

    /// The facts that a login finds; the lines that `hides` names are not printed.
    pub(super) fn facts(&self, hides: &[Evidence]) -> Result<Facts, TalkError> {
        let table = super::table();
        let mut inquiry = Box::new(match self.discovered {
            true => FactsInquiry::wide("sw1", table.clone()),
            false => FactsInquiry::new("sw1", table.clone()),
        });
        let mut answers: Vec<Output> = Vec::new();
        while let Some(command) = inquiry.next(&answers)? {
            let command = command.line;
            let (text, taken) = match self.answer(&command) {
                Some(text) => (text, Taken::Ran),
                None => (
                    "                ^\n% Invalid input detected at '^' marker.\n".to_owned(),
                    Taken::Unknown,
                ),
            };
            let hidden = |line: &str| {
                hides
                    .iter()
                    .any(|e| e.source == command && e.line == line.trim())
            };
            let text = text
                .lines()
                .filter(|line| !hidden(line))
                .fold(String::new(), |all, line| all + line + "\n");
            answers.push(Output {
                command,
                text,
                prompt: None,
                taken,
            });
        }
        match inquiry.read(answers)? {
            Observation::Facts(facts) => Ok(*facts),
            other => panic!("{other:?}"),
        }
    }
}
