//! The table of commands, and which of them a typed text means.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::Parsed;
use super::error::{ParseError, ParseErrorKind, quote};
use super::scan::starts;

/// A command whose output can be parsed.
#[derive(Clone, Copy, Debug)]
pub struct CommandSpec {
    /// Its full name without arguments.
    pub name: &'static str,
    /// The forms in which it is typed: `<…>` stands for one argument, `a|b` for either word,
    /// `...` for anything that follows.
    pub forms: &'static [&'static str],
    json: fn(&str) -> Result<ParsedJson, ParseError>,
}

impl CommandSpec {
    /// Parses an output of the command into JSON.
    ///
    /// # Errors
    /// Those of the command's parser.
    pub fn to_json(&self, text: &str) -> Result<ParsedJson, ParseError> {
        (self.json)(text)
    }
}

/// A parsed output as JSON.
pub type ParsedJson = Parsed<serde_json::Value>;

fn json<T: Serialize>(parsed: Result<Parsed<T>, ParseError>) -> Result<ParsedJson, ParseError> {
    let Parsed { value, unknown } = parsed?;
    match serde_json::to_value(value) {
        Ok(value) => Ok(Parsed { value, unknown }),
        Err(error) => Err(ParseError {
            command: Cow::Borrowed("json"),
            kind: ParseErrorKind::Malformed,
            line: 0,
            column: 0,
            expected: Cow::Borrowed("a value that JSON can hold"),
            quote: error.to_string(),
        }),
    }
}

macro_rules! table {
    ($($module:ident $(:: $function:ident)?, $name:literal $(, $form:literal)*;)*) => {
        const COMMANDS: &[CommandSpec] = &[$(CommandSpec {
            name: $name,
            forms: &[$name $(, $form)*],
            json: |text| json(table!(@call $module $($function)?)(text)),
        }),*];
    };
    (@call $module:ident) => { super::$module::parse };
    (@call $module:ident $function:ident) => { super::$module::$function };
}

table! {
    copy, "copy", "copy ...";
    dir, "dir", "dir ...";
    install_operation, "install", "install ...";
    issu_operation, "issu", "issu ...";
    reload, "reload", "reload ...";
    show_archive, "show archive";
    show_archive_config_differences, "show archive config differences", "show archive config differences ...", "show archive config incremental-diffs ...";
    show_archive_config_rollback_timer, "show archive config rollback timer";
    show_boot, "show boot";
    show_boot::parse_system, "show boot system";
    show_bootflash, "show bootflash:", "show flash:", "show bootflash: all", "show flash: all", "show bootflash:|flash: ...";
    show_boot::parse_bootvar, "show bootvar";
    show_cdp_neighbors, "show cdp neighbors", "show cdp neighbors <interface>";
    show_cdp_neighbors_detail, "show cdp neighbors detail", "show cdp neighbors <interface> detail";
    show_clock, "show clock", "show clock detail";
    show_configuration_lock, "show configuration lock";
    show_environment, "show environment", "show environment | include <text>";
    show_environment::parse_all, "show environment all", "show env all";
    show_etherchannel_summary, "show etherchannel summary", "show etherchannel <group> summary";
    show_file_information, "show file information", "show file information <file>", "show <file-system> filesys";
    show_file_systems, "show file systems";
    show_firmware_version_all, "show firmware version all";
    show_hw_programmable, "show hw-programmable all", "show hw-programmable <slot>";
    show_install_summary::parse_state, "show install active|inactive|committed|uncommitted";
    show_install_log, "show install log", "show install log ...";
    show_install_package, "show install package", "show install package <file>";
    show_install_rollback, "show install rollback", "show install rollback id <number>";
    show_install_summary, "show install summary";
    show_install_version, "show install version", "show install version ...";
    show_interfaces, "show interfaces", "show interfaces <interface>", "show interfaces <type> <number>";
    show_interfaces_description, "show interfaces description", "show interfaces <interface> description";
    show_interfaces_status, "show interfaces status", "show interfaces <interface> status";
    show_interfaces_summary, "show interfaces summary";
    show_inventory, "show inventory", "show inventory raw";
    show_ip_bgp_summary, "show ip bgp summary", "show bgp ... ", "show ip bgp ...";
    show_ip_eigrp_neighbors, "show ip eigrp neighbors", "show ip eigrp vrf <name> neighbors", "show ip eigrp neighbors <interface>";
    show_ip_interface_brief, "show ip interface brief", "show ip interface brief <interface>";
    show_ip_ospf_neighbor, "show ip ospf neighbor", "show ip ospf <process> neighbor", "show ip ospf neighbor <interface>";
    show_ip_route_summary, "show ip route summary", "show ip route vrf <name> summary";
    show_ip_ssh, "show ip ssh";
    show_isis_neighbors, "show isis neighbors";
    show_issu_rollback_timer, "show issu rollback-timer";
    show_issu_state, "show issu state detail", "show issu state";
    show_license, "show license", "show license status", "show license usage", "show license udi", "show license all";
    show_license_summary, "show license summary";
    show_lldp_neighbors, "show lldp neighbors";
    show_lldp_neighbors_detail, "show lldp neighbors detail", "show lldp neighbors <interface> detail";
    show_logging, "show logging", "show logging ...";
    show_memory_statistics, "show memory statistics";
    show_module, "show module", "show module all";
    show_ntp, "show ntp associations", "show ntp status";
    show_platform, "show platform";
    show_install_history, "show platform software install-manager", "show platform software install-manager ...";
    show_platform_control_processor, "show platform software status control-processor brief";
    show_power_inline, "show power inline", "show power inline <interface>";
    show_privilege, "show privilege";
    show_processes_cpu, "show processes cpu", "show processes cpu sorted", "show processes cpu platform ...", "show processes cpu sorted ...";
    show_processes_memory, "show processes memory", "show processes memory sorted";
    show_redundancy, "show redundancy";
    show_redundancy_states, "show redundancy states";
    show_redundancy_history, "show redundancy switchover history", "show redundancy config-sync failures mcl";
    show_reload, "show reload";
    show_rom_monitor, "show rom-monitor", "show rom-monitor ...";
    show_romvar, "show romvar";
    show_sdwan_software, "show sdwan software";
    show_spanning_tree_summary, "show spanning-tree summary";
    show_stack_power, "show stack-power", "show stack-power budgeting", "show stack-power detail";
    show_stackwise_virtual, "show stackwise-virtual", "show stackwise-virtual link", "show stackwise-virtual bandwidth", "show stackwise-virtual switch <number> link";
    show_stackwise_virtual::parse_detection, "show stackwise-virtual dual-active-detection", "show stackwise-virtual dual-active-detection pagp", "show switch virtual", "show switch virtual role";
    show_standby_brief, "show standby brief";
    show_switch, "show switch", "show switch <number>";
    show_switch::parse_detail, "show switch detail";
    show_switch_stack_ports, "show switch stack-ports summary", "show switch stack-ports", "show switch stack-ports detail", "show switch stack-ring speed", "show switch stack-mode";
    show_terminal, "show terminal";
    show_upgrade_progress, "show upgrade progress", "show upgrade fpd progress";
    show_users, "show users", "show users all";
    show_version, "show version";
    show_version_running::parse_rp, "show version RP", "show version rp ...";
    show_version_running, "show version running", "show version installed", "show version provisioned";
    show_vrrp_brief, "show vrrp brief", "show vrrp <interface> brief";
    show_xfsu_eligibility, "show xfsu eligibility";
    verify, "verify", "verify ...";
}

/// All commands that can be parsed, by name.
#[must_use]
pub fn commands() -> &'static [CommandSpec] {
    COMMANDS
}

/// The command that a typed text means. Words may be abbreviated as on a device; an exact word
/// beats an abbreviation, a word beats an argument. Whatever follows a pipe is left out.
///
/// # Errors
/// [`ParseErrorKind::NoSuchCommand`] when no command or more than one is meant.
pub fn find(typed: &str) -> Result<&'static CommandSpec, ParseError> {
    let words: Vec<&str> = typed
        .split_whitespace()
        .take_while(|word| *word != "|")
        .collect();
    let mut best: Vec<(&'static CommandSpec, Vec<Fit>)> = Vec::new();
    for spec in COMMANDS {
        for form in spec.forms {
            let Some(fit) = fit(form, &words) else {
                continue;
            };
            match best.first().map(|(_, other)| fit.cmp(other)) {
                Some(Ordering::Less) => {}
                Some(Ordering::Equal) => {
                    if best.iter().all(|(other, _)| other.name != spec.name) {
                        best.push((spec, fit));
                    }
                }
                Some(Ordering::Greater) | None => best = vec![(spec, fit)],
            }
        }
    }
    let expected = match best.as_slice() {
        [(spec, _)] => return Ok(spec),
        [] => Cow::Borrowed("a command of the list"),
        several => {
            let names: Vec<&str> = several.iter().map(|(spec, _)| spec.name).collect();
            Cow::Owned(format!("one command, not {}", names.join(", ")))
        }
    };
    Err(ParseError {
        command: Cow::Owned(quote(typed)),
        kind: ParseErrorKind::NoSuchCommand,
        line: 0,
        column: 0,
        expected,
        quote: quote(typed),
    })
}

/// Parses an output of a typed command into JSON.
///
/// # Errors
/// Those of [`find`] and of the command's parser.
pub fn to_json(typed: &str, text: &str) -> Result<ParsedJson, ParseError> {
    find(typed)?.to_json(text)
}

/// How well one typed word fits, worst first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Fit {
    Rest,
    Argument,
    Abbreviated,
    Exact,
}

fn fit(form: &str, typed: &[&str]) -> Option<Vec<Fit>> {
    let mut fits = Vec::with_capacity(typed.len());
    let mut typed = typed.iter();
    for token in form.split_whitespace() {
        if token == "..." {
            fits.extend(typed.map(|_| Fit::Rest));
            return Some(fits);
        }
        let word = typed.next()?;
        fits.push(if token.starts_with('<') {
            Fit::Argument
        } else if token.eq_ignore_ascii_case(word) {
            Fit::Exact
        } else {
            token
                .split('|')
                .filter_map(|choice| {
                    if choice.eq_ignore_ascii_case(word) {
                        Some(Fit::Exact)
                    } else {
                        starts(choice, word).then_some(Fit::Abbreviated)
                    }
                })
                .max()?
        });
    }
    typed.next().is_none().then_some(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(typed: &str) -> &'static str {
        find(typed).unwrap().name
    }

    #[test]
    fn words_may_be_abbreviated_while_one_command_is_meant() {
        assert_eq!(name("sh ver"), "show version");
        assert_eq!(name("show boot"), "show boot");
        assert_eq!(name("sh switch det"), "show switch detail");
        assert_eq!(name("dir flash-2:"), "dir");
        assert_eq!(name("sh inv | i SN"), "show inventory");
        assert_eq!(
            name("show install package flash:x.bin"),
            "show install package"
        );
    }

    #[test]
    fn none_or_several_are_an_error() {
        let several = find("sh boo").unwrap_err().to_string();
        assert!(
            several.contains("show boot, ") && several.contains("show bootvar"),
            "{several}"
        );
        assert_eq!(
            find("configure").unwrap_err().kind,
            ParseErrorKind::NoSuchCommand
        );
        assert_eq!(find("").unwrap_err().kind, ParseErrorKind::NoSuchCommand);
    }

    #[test]
    fn every_name_means_itself() {
        for spec in commands() {
            assert_eq!(name(spec.name), spec.name);
        }
    }
}
