//! Upgrades by `request platform software`, forth and back, over SSH against the lab's truth: in place on
//! stacks and by a row of one's own on ASR 1000, beside on routers in sub-package mode.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "helpers of tests fail by panicking, as tests do"
)]

mod support;

use iosxe_lab::{BootModeSpec, DeviceSpec, EventKind, Fault};
use serde_json::Value;

use support::upgrades::{releases, upgrade, upgrading};
use support::{Bench, Ran, fault};

/// One device of each form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// Catalyst 3850 in a stack, before 16.6.
    Stack,
    /// Catalyst 9300 on 16.6.1.
    Switch,
    /// ISR 4000 in sub-package mode.
    Isr,
    /// ASR 900 with one processor in sub-package mode.
    Rsp,
    /// ASR 1001-X by the commands of a row of the user's own.
    Own,
}

use Form::{Isr, Own, Rsp, Stack, Switch};

const ALL: [Form; 5] = [Stack, Switch, Isr, Rsp, Own];
const REQUEST: &str = "request platform software package ";

/// The other form of the ASR 1000 guide.
const OWN_ROW: &str = r#"
[[family]]
name = "asr-1000-fixed"
pids = ["ASR1001-", "ASR1002-"]
support = "upgrade"
kind = "router"
primary = "bootflash:"
images = ["asr1001x-universalk9"]
install_since = "17.1.1"
request_by = [
    { form = "in_place", since = "16.1.1", before = "17.1.1", install = "request platform software package install rp 0 file {file} on-reboot", rollback = "request platform software package install rp 0 rollback on-reboot" },
]
config_register_good = [0x2102]
add_s = [300, 1800]
activate_s = [240, 900]
reload_s = [900, 2700]
"#;

impl Form {
    fn name(self) -> &'static str {
        match self {
            Stack => "stack",
            Switch => "switch",
            Isr => "isr",
            Rsp => "rsp",
            Own => "asr",
        }
    }

    fn from(self) -> &'static str {
        match self {
            Stack => "16.03.06",
            Switch => "16.06.01",
            Isr | Own => "16.09.08",
            Rsp => "17.06.05",
        }
    }

    fn to(self) -> &'static str {
        match self {
            Stack | Switch => "16.12.11",
            Isr | Own => "16.12.08",
            Rsp => "17.09.05a",
        }
    }

    fn in_place(self) -> bool {
        !matches!(self, Isr | Rsp)
    }

    /// What writes the packages.
    fn command(self) -> &'static str {
        match self {
            Stack | Switch => "request platform software package install switch all file flash:",
            Isr | Rsp => "request platform software package expand file bootflash:",
            Own => "request platform software package install rp 0 file bootflash:",
        }
    }

    fn spec(self) -> DeviceSpec {
        let pid = match self {
            Stack => "WS-C3850-24P",
            Switch => "C9300-48P",
            Isr => "ISR4451-X/K9",
            Rsp => "ASR-902",
            Own => "ASR1001-X",
        };
        let mut spec = DeviceSpec::new(self.name(), pid, self.from());
        spec.target_version = Some(self.to().into());
        spec.boot_mode = Some(BootModeSpec::Install);
        if self == Stack {
            spec.members = 2;
        }
        spec
    }

    fn bench(self) -> Bench {
        self.bench_of(self.spec())
    }

    /// A lab of this device. Its row leaves the method to the program.
    fn bench_of(self, spec: DeviceSpec) -> Bench {
        let bench = Bench::new(vec![spec]);
        if self == Own {
            bench.write("platforms.toml", OWN_ROW);
            bench.configure(|text| format!("platforms = \"platforms.toml\"\n{text}"));
        }
        bench
    }

    fn with_fault(self, kind: &str, at: &str) -> Bench {
        let bench = self.bench();
        bench.set_fault(
            self.name(),
            Fault {
                at: at.into(),
                ..fault(kind)
            },
        );
        bench
    }

    /// The device is on one release, told as it is.
    #[track_caller]
    fn assert_stands(self, bench: &Bench, told: &Value, release: &str) {
        let name = self.name();
        let truth = bench.truth(name);
        let on = releases(&truth);
        assert!(on.iter().all(|r| *r == release), "{name}: {truth}");
        assert_eq!(truth["committed_version"], release, "{name}: {truth}");
        assert_eq!(told["running"], release, "{name}: {told}");
        assert_eq!(told["committed"], release, "{name}: {told}");
    }

    /// The file by which it boots names the packages of a release on every member.
    #[track_caller]
    fn assert_boots(self, bench: &Bench, release: &str) {
        let truth = bench.truth(self.name());
        let variable = truth["boot_variable"].as_str().unwrap();
        if self.in_place() {
            assert!(variable.contains("packages.conf"), "{truth}");
        } else {
            let new = variable.contains(&format!("packages-{}/", self.to()));
            assert_eq!(new, release == self.to(), "{variable}");
        }
    }
}

/// The same for each of them at once: they have a lab each, and most of the time is waiting.
fn each<T: Copy + Send>(of: &[T], check: impl Fn(T) + Sync) {
    std::thread::scope(|scope| {
        for &one in of {
            let check = &check;
            scope.spawn(move || check(one));
        }
    });
}

fn resume(bench: &Bench) -> Ran {
    bench.run(&["resume", "--approve", "auto", "--output", "json"])
}

#[test]
fn every_form_is_chosen_by_itself_and_upgrades_by_one_command_and_one_reload() {
    each(&ALL, |form| {
        let bench = form.bench();
        let name = form.name();
        let ran = upgrade(&bench, name);
        let device = ran.device(name);
        assert_eq!(
            device["outcome"], "upgraded",
            "{name}: {device} {}",
            ran.stderr
        );
        assert_eq!(device["method"], "request_platform", "{name}");
        form.assert_stands(&bench, &device, form.to());
        form.assert_boots(&bench, form.to());
        assert_eq!(bench.sent(name, form.command()), 1, "{name}");
        assert_eq!(bench.sent(name, REQUEST), 1, "{name}");
        assert_eq!(bench.sent(name, "reload"), 1, "{name}");
        assert_eq!(bench.truth(name)["reload_count"], 1, "{name}");
        let again = upgrade(&bench, name);
        assert_eq!(again.device(name)["outcome"], "already", "{name}");
    });
}

#[test]
fn an_image_that_the_device_refuses_disturbs_nothing() {
    each(&ALL, |form| {
        let bench = form.with_fault("image_corrupted", "install_add");
        let name = form.name();
        let ran = upgrade(&bench, name);
        let device = ran.device(name);
        assert_eq!(device["outcome"], "dead_letter", "{name}: {}", ran.stderr);
        let fault = &device["fault"];
        assert_eq!(fault["code"], "image_signature", "{name}: {device}");
        let message = fault["message"].as_str().unwrap();
        assert!(message.contains("FAILED: Signature"), "{name}: {message}");
        form.assert_stands(&bench, &device, form.from());
        form.assert_boots(&bench, form.from());
        assert_eq!(bench.count(name, EventKind::ReloadBegin), 0, "{name}");
        assert_eq!(bench.sent(name, REQUEST), 1, "{name}");
    });
}

#[test]
fn a_failed_gate_takes_the_device_back_to_its_old_packages() {
    each(&ALL, |form| {
        let bench = form.with_fault("interface_down_after_upgrade", "reload");
        let name = form.name();
        let ran = upgrade(&bench, name);
        let device = ran.device(name);
        assert_eq!(device["outcome"], "rolled_back", "{name}: {}", ran.stderr);
        assert_eq!(device["fault"]["code"], "gate_failed", "{name}: {device}");
        form.assert_stands(&bench, &device, form.from());
        form.assert_boots(&bench, form.from());
        assert_eq!(bench.truth(name)["reload_count"], 2, "{name}");
        let back = usize::from(form.in_place());
        assert_eq!(bench.sent(name, REQUEST), 1 + back, "{name}");
        assert_eq!(bench.count(name, EventKind::Rollback), back, "{name}");
    });
}

/// Nothing more is done to a device that has gone back by itself.
#[test]
fn a_device_that_boots_its_old_packages_is_proven_and_left_there() {
    each(&[Stack, Isr], |form| {
        let bench = form.with_fault("boots_old_image", "reload");
        let name = form.name();
        let ran = upgrade(&bench, name);
        let device = ran.device(name);
        assert_eq!(device["outcome"], "rolled_back", "{name}: {}", ran.stderr);
        assert_eq!(device["fault"]["code"], "boot_fallback", "{name}: {device}");
        form.assert_stands(&bench, &device, form.from());
        assert_eq!(bench.sent(name, "reload"), 1, "{name}");
        form.assert_boots(&bench, form.from());
    });
}

/// The way back rests on a file that the installation leaves: where the device says that it has none, the
/// device stays on the new release, and a person is told what to do.
#[test]
fn without_a_rollback_file_a_person_is_asked() {
    each(&[Stack, Own], |form| {
        let bench = form.with_fault("interface_down_after_upgrade", "reload");
        let name = form.name();
        bench.set_fault(
            name,
            Fault {
                at: "install_add".into(),
                ..fault("no_rollback_file")
            },
        );
        let ran = upgrade(&bench, name);
        let device = ran.device(name);
        assert_eq!(device["outcome"], "dead_letter", "{name}: {}", ran.stderr);
        let fault = &device["fault"];
        assert_eq!(fault["code"], "no_rollback_file", "{name}: {device}");
        let remedy = fault["remedy"].as_str().unwrap();
        assert!(
            remedy.contains("install the image of the old release"),
            "{remedy}"
        );
        form.assert_stands(&bench, &device, form.to());
        assert_eq!(bench.sent(name, "reload"), 1, "{name}");
        assert_eq!(bench.sent(name, REQUEST), 2, "{name}");
    });
}

/// One member has new packages, and the other has not: nothing is reloaded.
#[test]
fn a_member_that_fails_keeps_the_stack_from_its_reload() {
    let bench = Stack.with_fault("member_install_fails", "install_add");
    let name = Stack.name();
    let ran = upgrade(&bench, name);
    let device = ran.device(name);
    assert_eq!(device["outcome"], "held", "{device} {}", ran.stderr);
    let message = device["fault"]["message"].as_str().unwrap();
    assert!(
        message.contains("FAILED: install failed on [2]")
            && message.contains("flash-1:packages.conf names 16.12.11")
            && message.contains("flash-2:packages.conf names 16.03.06"),
        "{message}"
    );
    assert_eq!(bench.count(name, EventKind::ReloadBegin), 0);
    assert_eq!(bench.sent(name, REQUEST), 1);
}

/// What became of a command is found out by looking; it is never sent again where it took effect.
#[test]
fn a_session_that_ends_in_the_middle_or_at_the_verdict_costs_nothing() {
    let texts = [
        (Stack, "Finished copying to", 1),
        (Stack, "SUCCESS: Finished expanding", 1),
        (Stack, "SUCCESS: install fin", 1),
        (Stack, "SUCCESS: Finished install", 1),
        (Isr, "Copying package files", 1),
        (Isr, "SUCCESS: Finished expanding", 1),
        (Own, "SUCCESS: Software prov", 1),
        // It never reached the device.
        (Stack, "request platform software package in", 1),
    ];
    each(&texts, |(form, text, received)| {
        let bench = form.with_fault("session_cut", text);
        let name = form.name();
        let ran = upgrade(&bench, name);
        let device = ran.device(name);
        assert_eq!(
            device["outcome"], "upgraded",
            "{name}, {text}: {}",
            ran.stderr
        );
        form.assert_stands(&bench, &device, form.to());
        assert_eq!(bench.sent(name, REQUEST), received, "{name}, {text}");
        assert_eq!(bench.sent(name, "reload"), 1, "{name}, {text}");
    });
}

/// The same on the way back.
#[test]
fn a_session_that_ends_at_the_verdict_of_a_rollback_costs_nothing() {
    let bench = Stack.with_fault("interface_down_after_upgrade", "reload");
    let name = Stack.name();
    bench.set_fault(
        name,
        Fault {
            at: "SUCCESS: Finished rollback".into(),
            ..fault("session_cut")
        },
    );
    let ran = upgrade(&bench, name);
    let device = ran.device(name);
    assert_eq!(device["outcome"], "rolled_back", "{}", ran.stderr);
    Stack.assert_stands(&bench, &device, Stack.from());
    assert_eq!(bench.sent(name, REQUEST), 2);
    assert_eq!(bench.sent(name, "reload"), 2);
}

#[test]
fn killed_behind_the_packages_or_in_the_reload_the_upgrade_goes_on() {
    let moments = [
        (Stack, EventKind::InstallAdd),
        (Stack, EventKind::ReloadBegin),
        (Isr, EventKind::InstallAdd),
        (Isr, EventKind::ReloadBegin),
    ];
    each(&moments, |(form, kind)| {
        let bench = form.bench();
        let name = form.name();
        let running = bench.start(&upgrading(name));
        running.kill_at("its moment", || bench.count(name, kind) == 1);
        let ran = resume(&bench);
        let device = ran.device(name);
        assert_eq!(
            device["outcome"], "upgraded",
            "{name}, {kind:?}: {}",
            ran.stderr
        );
        form.assert_stands(&bench, &device, form.to());
        assert_eq!(bench.sent(name, REQUEST), 1, "{name}, {kind:?}");
        assert_eq!(bench.sent(name, "reload"), 1, "{name}, {kind:?}");
    });
}

/// Some releases offer the reload: it is a step of its own, with a gate and a proof.
#[test]
fn a_reload_that_the_installation_offers_is_left_to_its_step() {
    let mut spec = Stack.spec();
    spec.request.asks_reload = true;
    let bench = Stack.bench_of(spec);
    let name = Stack.name();
    let ran = upgrade(&bench, name);
    let device = ran.device(name);
    assert_eq!(device["outcome"], "upgraded", "{}", ran.stderr);
    assert_eq!(bench.sent(name, "reload"), 1);
    assert_eq!(bench.truth(name)["reload_count"], 1);
}

/// What ended well is taken back on request, by the way back that its plan named.
#[test]
fn an_upgrade_that_is_over_is_taken_back_on_request() {
    each(&[Stack, Isr], |form| {
        let bench = form.bench();
        let name = form.name();
        let ran = upgrade(&bench, name);
        assert_eq!(ran.device(name)["outcome"], "upgraded", "{}", ran.stderr);
        let ran = bench.run(&[
            "rollback",
            "--limit",
            name,
            "--approve",
            "auto",
            "--output",
            "json",
        ]);
        let device = ran.device(name);
        assert_eq!(device["outcome"], "rolled_back", "{name}: {}", ran.stderr);
        form.assert_stands(&bench, &device, form.from());
        assert_eq!(bench.truth(name)["reload_count"], 2, "{name}");
    });
}

/// Never the engine's commands in place of these, nor these in place of the engine's.
#[test]
fn a_row_that_asks_for_the_engine_is_refused_before_anything_is_touched() {
    for (form, wanted, code) in [
        (Stack, "three_step", "install_too_early"),
        (Switch, "one_step", "install_too_early"),
        (Isr, "three_step", "install_too_early"),
        (Rsp, "three_step", "subpackage_mode"),
    ] {
        let bench = form.bench();
        let name = form.name();
        bench.edit(|table| table.set(name, "want_method", wanted));
        let ran = upgrade(&bench, name);
        let device = ran.device(name);
        assert_eq!(device["outcome"], "refused", "{name}: {}", ran.stderr);
        assert_eq!(device["fault"]["code"], code, "{name}: {device}");
        bench.assert_only_read();
    }
    let newer = support::c9300("newer");
    let bench = Bench::new(vec![newer]);
    bench.edit(|table| table.set("newer", "want_method", "request_platform"));
    let ran = upgrade(&bench, "newer");
    let device = ran.device("newer");
    assert_eq!(device["fault"]["code"], "request_not_here", "{device}");
    bench.assert_only_read();
}
