//! Output of show commands, written from the model in the devices' formats.
//!
//! Formats follow field notes and public captures; wording that no parser needs is ours.

mod boot;
mod chassis;
pub(super) mod config;
mod environment;
mod interfaces;
mod issu;
mod network;
mod redundancy;
mod routing;
mod software;
mod stack;
mod status;
mod version;
pub(super) mod xfsu;

pub(crate) use chassis::Item;

use super::grammar::Args;
use super::shell::Shell;
use super::table::Action;
use crate::model::device::{Device, State};
use crate::model::firmware::Part;
use crate::model::platform::Family;

/// What a command has to show.
#[derive(Debug)]
pub(crate) enum Shown {
    /// Text for the pager.
    Text(String),
    /// The command does not exist on this platform.
    NotHere,
    /// No show command.
    NoShow,
}

/// Everything a renderer may look at.
pub(crate) struct View<'a> {
    pub(crate) device: &'a Device,
    pub(crate) state: &'a State,
    pub(crate) now: f64,
}

impl View<'_> {
    /// True where the configuration register is shown.
    fn has_confreg(&self) -> bool {
        self.device.platform.family != Family::Modular
    }

    /// A boot entry as the variable has it; routers put the number of the loader's try behind it.
    fn entry(&self, entry: &str) -> String {
        match self.device.platform.family {
            Family::Stackable | Family::Core | Family::Modular => format!("{entry};"),
            Family::Router | Family::Ncs => format!("{entry},1;"),
            Family::Asr => format!("{entry},12;"),
        }
    }
}

/// What a device says of itself in `sysDescr`: the IOS lines of `show version`.
pub(crate) fn description(v: &View<'_>) -> String {
    let release = &v.state.running.release;
    let text = format!(
        "{}\n{}",
        version::ios_line(v, release),
        version::ios_tail(release)
    );
    text.trim_end().replace('\n', "\r\n")
}

/// Every part of a device, in the order of `show inventory`.
pub(crate) fn parts(v: &View<'_>) -> Vec<Item> {
    chassis::items(v)
}

/// The slot of the processor that answers, as tables of firmware name it.
fn processor(v: &View<'_>) -> String {
    let p = v.device.platform;
    match p.family {
        Family::Stackable | Family::Core => v.state.active.to_string(),
        Family::Modular => v.device.slot(v.state.active).to_string(),
        Family::Router | Family::Asr | Family::Ncs => {
            format!("R{}", v.state.active.saturating_sub(1))
        }
    }
}

/// The boot loader of the processor that answers.
fn rommon<'a>(v: &'a View<'_>) -> &'a str {
    let version = v.state.firmware.version(&processor(v), Part::Rommon);
    version.unwrap_or(v.device.platform.rommon)
}

/// True when the command does not exist on these devices.
fn missing(device: &Device, action: Action, args: &Args) -> bool {
    use Action as A;
    let p = device.platform;
    match action {
        A::ShowSwitch | A::ShowSwitchDetail => {
            !matches!(p.family, Family::Stackable | Family::Core)
        }
        A::ShowInterfacesStatus
        | A::ShowInterfacesTrunk
        | A::ShowEtherchannel
        | A::ShowVlan
        | A::ShowSpanningTree => !p.is_switch(),
        A::ShowStackPorts => !p.stackable(),
        A::ShowModule => !matches!(p.family, Family::Core | Family::Modular),
        A::ShowFirmware => p.family != Family::Modular,
        A::ShowProgrammable => !matches!(p.family, Family::Asr | Family::Ncs),
        A::ShowBootvar => p.stackable(),
        A::ShowStackwiseVirtual | A::ShowStackwiseVirtualLink | A::ShowDualActive => {
            p.family != Family::Core
        }
        A::ShowInstallSummary
        | A::ShowInstallState
        | A::ShowInstallRollback
        | A::ShowInstallLog
        | A::ShowInstallPackage
        | A::ShowInstallHistory
        | A::InstallAdd
        | A::InstallOneStep
        | A::InstallActivate
        | A::InstallActivateIssu
        | A::InstallOneShotIssu
        | A::InstallAbortIssu
        | A::InstallCommit
        | A::InstallAbort
        | A::InstallRollback
        | A::InstallRemoveInactive
        | A::InstallRemoveFile
        | A::InstallRemoveVersion
        | A::InstallDeactivate
        | A::InstallLabel => !device.has_install(),
        // ASR 1000 has its own words for it, which changed with 17.
        A::InstallTimerStop => {
            !device.has_install() || (p.family == Family::Asr && !device.runs_at_least(17, 1))
        }
        A::InstallTimerStopOld => p.family != Family::Asr || device.runs_at_least(17, 1),
        A::InstallTimerStopAbort => p.family != Family::Asr || !device.runs_at_least(17, 1),
        A::InstallAutoUpgrade => !p.stackable(),
        A::InstallStandby
        | A::InstallActive
        | A::IssuLoad
        | A::IssuRun
        | A::IssuAccept
        | A::IssuCommit
        | A::IssuAbort => !(p.family == Family::Asr && p.engines()),
        A::SlotReload => !matches!(p.family, Family::Asr | Family::Ncs) || !p.engines(),
        A::InstallFast | A::ShowXfsu => {
            // The word `xfsu` came later than the feature.
            let late = args.has("xfsu") && action == A::InstallFast;
            let release = &device.state().running.release;
            !p.pid.starts_with("C9300")
                || !release.builds_on(17, 3, 2)
                || (late && !release.at_least(17, 8))
        }
        A::UpgradeRommon | A::UpgradeCapsule | A::UpgradeProgrammable => {
            crate::cli::firmware::missing(p.family, action)
        }
        A::ShowUpgradeProgress => !device.spec.firmware.progress,
        A::InstallNode => !(p.family == Family::Ncs && p.engines()),
        A::RequestInstall | A::RequestRollback => {
            !matches!(p.family, Family::Stackable | Family::Core)
        }
        A::RequestInstallRp | A::RequestRollbackRp | A::RequestExpand => {
            !matches!(p.family, Family::Router | Family::Asr | Family::Ncs)
        }
        _ => false,
    }
}

/// Renders a show command.
pub(crate) fn render(shell: &Shell, action: Action, args: &Args) -> Shown {
    use Action as A;
    let device = &*shell.device;
    if missing(device, action, args) {
        return Shown::NotHere;
    }
    let state = device.state();
    let view = View {
        device,
        state: &state,
        now: device.now(),
    };
    let v = &view;
    let text = match action {
        A::ShowVersion => version::version(v),
        A::ShowInstallSummary => software::install_summary(v),
        A::ShowInstallState => software::install_state(v, args),
        A::ShowInstallRollback => software::rollback(v, args.get("id")),
        A::ShowInstallLog => software::log(v),
        A::ShowInstallPackage => software::package(v, args.get("file").unwrap_or_default()),
        A::ShowInstallHistory => software::history(v),
        A::ShowIssu => issu::state(v),
        A::ShowIssuTimer => issu::timer(v),
        A::ShowBoot | A::ShowBootvar | A::ShowBootSystem => boot::boot(v),
        A::ShowRomvar => boot::romvar(v),
        A::ShowRomMonitor => boot::rom_monitor(v, args),
        A::ShowUpgradeProgress => environment::progress(v),
        A::ShowSwitch => stack::switch(v),
        A::ShowSwitchDetail => stack::switch_detail(v),
        A::ShowStackPorts => stack::stack_ports(v),
        A::ShowStackwiseVirtual => stack::virtual_domain(v),
        A::ShowStackwiseVirtualLink => stack::virtual_link(v),
        A::ShowDualActive => stack::dual_active(v),
        A::ShowRedundancy => redundancy::redundancy(v),
        A::ShowRedundancyStates => redundancy::states(v),
        A::ShowSwitchoverHistory => redundancy::history(v),
        A::ShowMismatchedCommands => redundancy::mismatched_commands(),
        A::ShowInventory => chassis::inventory(v),
        A::ShowPlatform => chassis::platform(v),
        A::ShowModule => chassis::module(v),
        A::ShowEnvironment => environment::environment(v, args.has("all")),
        A::ShowFirmware => environment::firmware(v),
        A::ShowProgrammable => environment::programmable(v),
        A::ShowInterfaces => match interfaces::full(v, args.get("name")) {
            Some(text) => text,
            None => return Shown::NotHere,
        },
        A::ShowInterfacesSummary => interfaces::summary(v),
        A::ShowLldpDetail => network::lldp_detail(v),
        A::ShowMemoryStatistics => status::memory_statistics(),
        A::ShowControlProcessor => status::control_processor(v),
        A::ShowClock => status::clock(v),
        A::ShowUsers => status::users(v, shell.session),
        A::ShowReload => status::reload(v),
        A::ShowPrivilege => format!("Current privilege level is {}\n", shell.privilege),
        A::ShowLogging => status::logging(v),
        A::ShowIpSsh => status::ip_ssh(v),
        A::ShowSsh => status::ssh(v),
        A::ShowProcessesCpu => status::cpu(),
        A::ShowProcessesMemory => status::memory(),
        A::ShowLicense => status::license(v),
        A::ShowTerminal => status::terminal(shell.term.length, shell.term.width),
        A::ShowSystemMode => status::system_mode(v),
        A::ShowNtp => status::ntp(v),
        A::ShowHosts => "Default domain is lab.example\n".to_owned(),
        A::ShowHistory => String::new(),
        A::ShowRunning => config::running(v, args),
        A::WriteTerminal => config::running(v, args),
        A::ShowStartup => config::startup(v),
        A::ShowDifferences => config::differences(v, args),
        A::ShowRollbackTimer => config::rollback_timer(v),
        A::ShowArchive => config::archive(v),
        A::ShowConfigLock => config::lock(v),
        A::ShowConfigId => format!("version:{:.0}\n", v.state.config_changed_s.abs()),
        A::ShowFileSystems => super::places::file_systems(v),
        A::ShowInterfacesStatus => network::status(v),
        A::ShowInterfacesDescription => network::description(v),
        A::ShowIpInterfaceBrief => network::ip_brief(v),
        A::ShowInterfacesTrunk => network::trunk(v),
        A::ShowEtherchannel => network::etherchannel(v),
        A::ShowCdp => network::cdp(v),
        A::ShowCdpDetail => network::cdp_detail(v),
        A::ShowLldp => network::lldp(v),
        A::ShowVlan => network::vlan(v),
        A::ShowSpanningTree => network::spanning_tree(v),
        A::ShowIpRoute => network::routes(v),
        A::ShowIpRouteSummary => network::route_summary(v),
        A::ShowIpRouteDefault => routing::default_route(v),
        A::ShowStandby => routing::hsrp(v),
        A::ShowVrrp => routing::vrrp(v),
        A::ShowEigrp => routing::eigrp(v),
        A::ShowIsis => routing::isis(v),
        A::ShowXfsu => xfsu::eligibility(v),
        A::ShowBgp => routing::bgp(v),
        A::ShowOspf => routing::ospf(v),
        _ => return Shown::NoShow,
    };
    Shown::Text(text)
}
