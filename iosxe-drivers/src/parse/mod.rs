//! What devices print, as values.
//!
//! One file per show command, one type per output. Each parser takes the text of one command and
//! returns [`Parsed`]: the value, and the lines that it did not recognise with their numbers.
//! Whether unknown lines matter is the caller's policy; a malformed known line, a state outside
//! its legend, or a text that ends too early is a [`ParseError`] with line and column. A command
//! that the device does not know is an error of the kind [`ParseErrorKind::NotSupported`].
//!
//! The table of all commands is [`commands`]; [`find`] resolves abbreviations as a device does.
//!
//! ```
//! use iosxe_drivers::parse::{self, show_clock};
//!
//! let clock = show_clock::parse("sw1#show clock\n.18:57:38.347 UTC Mon Oct 19 2015\nsw1#\n")?;
//! assert_eq!(clock.value.zone, "UTC");
//! assert!(clock.unknown.is_empty());
//! assert_eq!(parse::find("sh ver")?.name, "show version");
//! # Ok::<(), iosxe_drivers::parse::ParseError>(())
//! ```

mod command;
mod cursor;
mod error;
pub(crate) mod packages_conf;
mod parts;
mod raw_lines;
mod scan;
mod session;
mod table;
mod units;
mod words;

pub mod copy;
pub mod dir;
pub mod install_operation;
pub mod issu_operation;
pub mod reload;
pub mod show_archive;
pub mod show_archive_config_differences;
pub mod show_archive_config_rollback_timer;
pub mod show_boot;
pub mod show_bootflash;
pub mod show_cdp_neighbors;
pub mod show_cdp_neighbors_detail;
pub mod show_clock;
pub mod show_configuration_lock;
pub mod show_environment;
pub mod show_etherchannel_summary;
pub mod show_file_information;
pub mod show_file_systems;
pub mod show_firmware_version_all;
pub mod show_hw_programmable;
pub mod show_install_history;
pub mod show_install_log;
pub mod show_install_package;
pub mod show_install_rollback;
pub mod show_install_summary;
pub mod show_install_version;
pub mod show_interfaces;
pub mod show_interfaces_description;
pub mod show_interfaces_status;
pub mod show_interfaces_summary;
pub mod show_inventory;
pub mod show_ip_bgp_summary;
pub mod show_ip_eigrp_neighbors;
pub mod show_ip_interface_brief;
pub mod show_ip_ospf_neighbor;
pub mod show_ip_route_default;
pub mod show_ip_route_summary;
pub mod show_ip_ssh;
pub mod show_isis_neighbors;
pub mod show_issu_rollback_timer;
pub mod show_issu_state;
pub mod show_license;
pub mod show_license_summary;
pub mod show_lldp_neighbors;
pub mod show_lldp_neighbors_detail;
pub mod show_logging;
pub mod show_memory_statistics;
pub mod show_module;
pub mod show_ntp;
pub mod show_platform;
pub mod show_platform_control_processor;
pub mod show_power_inline;
pub mod show_privilege;
pub mod show_processes_cpu;
pub mod show_processes_memory;
pub mod show_redundancy;
pub mod show_redundancy_history;
pub mod show_redundancy_states;
pub mod show_reload;
pub mod show_rom_monitor;
pub mod show_romvar;
pub mod show_sdwan_software;
pub mod show_spanning_tree_summary;
pub mod show_stack_power;
pub mod show_stackwise_virtual;
pub mod show_standby_brief;
pub mod show_switch;
pub mod show_switch_stack_ports;
pub mod show_terminal;
pub mod show_upgrade_progress;
pub mod show_users;
pub mod show_version;
pub mod show_version_running;
pub mod show_vrrp_brief;
pub mod show_xfsu_eligibility;
pub mod verify;

use serde::{Deserialize, Serialize};

pub use command::{CommandSpec, ParsedJson, commands, find, to_json};
pub use error::{ParseError, ParseErrorKind};

/// The lines of any output without what a session puts around and between them.
///
/// # Errors
/// When the device does not know the command, or does not let this user run it.
pub(crate) fn lines(text: &str) -> Result<Vec<String>, ParseError> {
    let lines = cursor::Lines::new("output", text)?;
    Ok(lines.map(|line| line.text.to_owned()).collect())
}

/// A value and the lines of the text that did not contribute to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parsed<T> {
    /// What the device said.
    pub value: T,
    /// Lines that match no row of the parser's table.
    pub unknown: Vec<UnknownLine>,
}

impl<T> Parsed<T> {
    /// Changes the value and keeps the unknown lines.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Parsed<U> {
        Parsed {
            value: change(self.value),
            unknown: self.unknown,
        }
    }
}

/// A line that a parser does not know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnknownLine {
    /// From 1, in the text as it was given.
    pub number: usize,
    /// The line, trimmed.
    pub text: String,
}
