//! A lab, the command as a process that can be killed, and the journal held against what happened.

use std::collections::BTreeMap;
use std::ops::Deref;

use iosxe_core::event::{Envelope, Event};
use iosxe_core::ids::{IntentId, RunId};
use iosxe_core::plan::StepKind;
use iosxe_lab::{DeviceSpec, Event as LabEvent, EventKind};
use iosxe_workflow::journal;
use jiff::Timestamp;
use serde_json::Value;

use super::support::{self, Ran, Running};

/// The release that every device shall run.
pub(crate) const TARGET: &str = "17.12.04";

/// An ISR 4451 in bundle mode.
pub(crate) fn router(name: &str) -> DeviceSpec {
    support::device(name, "ISR4451-X/K9")
}

/// The bench of all tests, with what these need besides.
#[derive(Debug)]
pub(crate) struct Bench(support::Bench);

impl Deref for Bench {
    type Target = support::Bench;

    fn deref(&self) -> &support::Bench {
        &self.0
    }
}

impl Bench {
    pub(crate) fn new(devices: Vec<DeviceSpec>) -> Self {
        // So fast, and the moments of a reload can still be told apart.
        Self::at_speed(devices, 240.0)
    }

    pub(crate) fn at_speed(devices: Vec<DeviceSpec>, speed: f64) -> Self {
        Self(support::Bench::with(devices, |options| {
            options.speed = speed;
        }))
    }

    /// With images of 2 MiB.
    pub(crate) fn with_larger_images(devices: Vec<DeviceSpec>) -> Self {
        Self(support::Bench::with(devices, |options| {
            options.image_bytes = 2 << 20;
        }))
    }

    /// A timer that outlasts a slow machine: the deadline is another test's.
    pub(crate) fn with_a_long_timer(self) -> Self {
        self.add_to_configuration("[policy]\nauto_abort = 72000");
        self
    }

    pub(crate) fn clear_faults(&self, device: &str) {
        self.http("DELETE", &format!("/devices/{device}/faults"));
    }

    /// Bytes of a file on a device's first flash.
    pub(crate) fn size_on(&self, device: &str, path_part: &str) -> u64 {
        let truth = self.truth(device);
        let files = truth["files"].as_array().unwrap();
        files
            .iter()
            .find(|f| f["path"].as_str().unwrap().contains(path_part))
            .map_or(0, |f| f["size"].as_u64().unwrap())
    }

    /// Everything that happened on a device.
    pub(crate) fn events(&self, device: &str) -> Vec<LabEvent> {
        let mut events = self.lab().timeline(0);
        events.retain(|e| e.device == device);
        events
    }

    /// How often a device was given a command that begins so.
    pub(crate) fn commands(&self, device: &str, begins: &str) -> usize {
        self.events(device)
            .iter()
            .filter(|e| e.kind == EventKind::Command && line(e).starts_with(begins))
            .count()
    }

    /// The runs of the journal, newest first, and the records of the newest.
    pub(crate) fn records(&self) -> Vec<Envelope> {
        let file = self.path("journal.db");
        if !file.exists() {
            return Vec::new();
        }
        self.wait(async {
            let reader = journal::open_reader(&file.display().to_string())
                .await
                .unwrap();
            match reader.runs().await.unwrap().first() {
                Some(head) => reader.read(&head.run, 0).await.unwrap(),
                None => Vec::new(),
            }
        })
    }

    /// The newest run.
    pub(crate) fn run_id(&self) -> RunId {
        self.records().first().unwrap().run.clone()
    }

    /// How many records of the newest run are like this.
    pub(crate) fn recorded(&self, like: impl Fn(&Event) -> bool) -> usize {
        self.records().iter().filter(|r| like(&r.event)).count()
    }

    /// Starts the upgrade of everything, as a person would.
    pub(crate) fn upgrade(&self) -> Running {
        self.start(&["upgrade", "--all", "--approve", "auto"])
    }

    pub(crate) fn resume(&self) -> Running {
        self.start(&[
            "--config",
            &self.path("iosxe.toml").display().to_string(),
            "resume",
        ])
    }

    /// Lets the command work until that moment, then kills it: nothing is left to it to say or to
    /// tidy up. What the device was told until then must stand in the journal.
    #[track_caller]
    pub(crate) fn kill_at(&self, running: Running, moment: &str, came: impl FnMut() -> bool) {
        running.kill_at(moment, came);
        self.hold_against_the_journal();
    }

    /// The device is as after an undisturbed run, and was not told anything twice on the way.
    #[track_caller]
    pub(crate) fn assert_upgraded_once(&self, ran: &Ran, name: &str) {
        assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
        let told = ran.device(name);
        assert_eq!(told["outcome"], "upgraded", "{told}");
        assert_eq!(told["stage"], "close", "{told}");
        assert!(told["fault"].is_null(), "{told}");
        assert!(told["auto_abort_deadline"].is_null(), "{told}");
        let truth = self.truth(name);
        assert_eq!(truth["running_version"], TARGET);
        assert_eq!(truth["committed_version"], TARGET);
        assert_eq!(truth["auto_abort_s"], Value::Null);
        assert_eq!(truth["reloads"], serde_json::json!({"command": 1}));
        assert_eq!(truth["config_saved"], true);
        let by_boot = truth["boot_mode"] == "bundle";
        let install = usize::from(!by_boot);
        assert_eq!(self.count(name, EventKind::InstallAdd), install);
        assert_eq!(self.commands(name, "install activate"), install);
        assert_eq!(self.count(name, EventKind::InstallCommit), install);
        assert_eq!(self.commands(name, "reload"), usize::from(by_boot));
        assert_eq!(self.images_received(name), 1);
        self.hold_against_the_journal();
        assert_eq!(self.table().cell(name, "status"), "upgraded");
    }

    /// How often the image arrived whole.
    pub(crate) fn images_received(&self, name: &str) -> usize {
        self.events(name)
            .iter()
            .filter(|e| e.kind == EventKind::FileReceived && e.detail["by"] == "scp")
            .count()
    }

    /// Every change of a device belongs to exactly one intent, which was durable before it; and no
    /// command of an intent was sent twice.
    #[track_caller]
    pub(crate) fn hold_against_the_journal(&self) {
        // The timeline first: what is in it now must be in a journal that is read later.
        let timeline = self.lab().timeline(0);
        let intents = intents(&self.records());
        let mut sent: BTreeMap<(IntentId, String), u64> = BTreeMap::new();
        for event in &timeline {
            let wall: Timestamp = event.wall.parse().unwrap();
            let open_then: Vec<&Intent> = intents
                .iter()
                .filter(|i| i.device == event.device && i.at <= wall)
                .filter(|i| i.closed.is_none_or(|closed| wall <= closed))
                .collect();
            if event.kind == EventKind::Command {
                let line = line(event);
                if only_reads(line) {
                    continue;
                }
                let [intent] = open_then.as_slice() else {
                    panic!("`{line}` belongs to {open_then:?}: {event:?}");
                };
                let meant = match line.strip_prefix("scp ") {
                    Some(_) => intent.what == StepKind::Transfer,
                    None => intent.commands.iter().any(|c| c == line),
                };
                assert!(meant, "`{line}` is no command of {intent:?}");
                let again = sent.insert((intent.id, line.to_owned()), event.seq);
                assert_eq!(again, None, "`{line}` was sent twice for {intent:?}");
            } else if let Some(kinds) = changed_by(event) {
                let [intent] = open_then.as_slice() else {
                    panic!("{event:?} belongs to {open_then:?}");
                };
                assert!(kinds.contains(&intent.what), "{event:?} under {intent:?}");
            }
        }
    }
}

/// An intent with the time that it was open.
#[derive(Debug)]
pub(crate) struct Intent {
    pub(crate) id: IntentId,
    pub(crate) device: String,
    pub(crate) what: StepKind,
    pub(crate) commands: Vec<String>,
    pub(crate) at: Timestamp,
    pub(crate) closed: Option<Timestamp>,
}

pub(crate) fn intents(records: &[Envelope]) -> Vec<Intent> {
    let mut intents: Vec<Intent> = Vec::new();
    for record in records {
        match &record.event {
            Event::Intent {
                intent,
                what,
                commands,
                ..
            } => intents.push(Intent {
                id: *intent,
                device: record.device.as_ref().unwrap().to_string(),
                what: *what,
                commands: commands.clone(),
                at: record.at,
                closed: None,
            }),
            Event::IntentClosed { intent, .. } => {
                let open = intents.iter_mut().find(|i| i.id == *intent).unwrap();
                assert_eq!(open.closed.replace(record.at), None, "closed twice");
            }
            _ => {}
        }
    }
    intents
}

fn line(event: &LabEvent) -> &str {
    event.detail["line"].as_str().unwrap()
}

/// Commands of the device that change nothing on it.
fn only_reads(line: &str) -> bool {
    let first = line.split_whitespace().next().unwrap_or_default();
    [
        "show", "dir", "terminal", "verify", "more", "enable", "exit",
    ]
    .contains(&first)
}

/// The steps that may be behind a change; `None` for what is no change, or the device's own.
fn changed_by(event: &LabEvent) -> Option<&'static [StepKind]> {
    use StepKind::{
        Abort, Activate, Add, Commit, DeleteFile, KeepStartup, Reload, RestoreStartup, SaveConfig,
        SetBoot, Transfer,
    };
    match event.kind {
        EventKind::FileReceived => Some(&[Transfer, KeepStartup]),
        EventKind::FileDeleted => Some(&[DeleteFile]),
        EventKind::InstallAdd => Some(&[Add]),
        EventKind::InstallActivate => Some(&[Activate]),
        EventKind::InstallCommit => Some(&[Commit]),
        EventKind::InstallAbort => Some(&[Abort]),
        EventKind::BootVariable => Some(&[SetBoot, RestoreStartup]),
        EventKind::ConfigSaved => Some(&[SaveConfig, SetBoot, RestoreStartup]),
        EventKind::ReloadBegin if event.detail["cause"] == "command" => {
            Some(&[Activate, Reload, Abort])
        }
        EventKind::ReloadBegin
        | EventKind::ReloadEnd
        | EventKind::AutoAbort
        | EventKind::Login
        | EventKind::Logout
        | EventKind::Command
        | EventKind::MemberDown
        | EventKind::MemberUp
        | EventKind::Switchover
        | EventKind::Fault => None,
        EventKind::Rollback => Some(&[]),
    }
}
