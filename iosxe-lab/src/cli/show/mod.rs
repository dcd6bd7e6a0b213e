//! Output of show commands, written from the model in the devices' formats.
//!
//! Formats follow field notes and public captures; wording that no parser needs is ours.

pub(super) mod config;
mod hardware;
mod network;
mod software;
mod status;
mod version;

use super::grammar::Args;
use super::shell::Shell;
use super::table::Action;
use crate::model::device::{Device, State};
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

/// Renders a show command.
pub(crate) fn render(shell: &Shell, action: Action, args: &Args) -> Shown {
    use Action as A;
    let device = &*shell.device;
    let family = device.platform.family;
    let missing = match action {
        A::ShowSwitch
        | A::ShowSwitchDetail
        | A::ShowInterfacesStatus
        | A::ShowInterfacesTrunk
        | A::ShowEtherchannel
        | A::ShowVlan
        | A::ShowSpanningTree => family == Family::Router,
        A::ShowStackPorts => family != Family::Stackable,
        A::ShowModule => family != Family::Core,
        A::ShowBootvar => family == Family::Stackable,
        A::ShowStackwiseVirtual => family != Family::Core,
        _ => false,
    };
    if missing {
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
        A::ShowIssu => software::issu(v),
        A::ShowBoot | A::ShowBootvar => software::boot(v),
        A::ShowBootSystem => software::boot(v),
        A::ShowRomvar => software::romvar(v),
        A::ShowRomMonitor => software::rom_monitor(v),
        A::ShowSwitch => hardware::switch(v),
        A::ShowSwitchDetail => hardware::switch_detail(v),
        A::ShowStackPorts => hardware::stack_ports(v),
        A::ShowRedundancy => hardware::redundancy(v),
        A::ShowRedundancyStates => hardware::redundancy_states(v),
        A::ShowInventory => hardware::inventory(v),
        A::ShowPlatform => hardware::platform(v),
        A::ShowModule => hardware::module(v),
        A::ShowEnvironment => hardware::environment(v),
        A::ShowStackwiseVirtual => hardware::stackwise_virtual(),
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
        A::ShowHistory | A::ShowEmpty => String::new(),
        A::ShowRunning => config::running(v, args),
        A::WriteTerminal => config::running(v, args),
        A::ShowStartup => config::startup(v),
        A::ShowDifferences => config::differences(v),
        A::ShowRollbackTimer => config::rollback_timer(v),
        A::ShowArchive => config::archive(v),
        A::ShowConfigLock => config::lock(v),
        A::ShowConfigId => format!("version:{:.0}\n", v.state.config_changed_s.abs()),
        A::ShowFileSystems => super::files::file_systems(v),
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
        A::ShowIpRouteSummary => network::route_summary(),
        A::ShowStandby => network::standby(),
        A::ShowBgp => "% BGP not active\n\n".to_owned(),
        A::ShowOspf => String::new(),
        _ => return Shown::NoShow,
    };
    Shown::Text(text)
}
