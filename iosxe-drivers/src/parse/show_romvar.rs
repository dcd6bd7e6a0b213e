//! `show romvar`: the ROMMON variables, of the active switch or route processor.
//!
//! Source: genieparser golden outputs of ASR 1001-X, C9800, Catalyst 9300.
//!
//! ```text
//! ROMMON variables:
//!  BOOT = bootflash:packages.conf,1;
//!  SWITCH_IGNORE_STARTUP_CFG = 0
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::Lines;
use super::scan::pair;
use super::{ParseError, Parsed, units};

/// Declares the variables that have a field of their own.
macro_rules! variables {
    ($($(#[$meta:meta])* $field:ident = $name:literal,)*) => {
        /// The value of the command: variables without a value are `None`.
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        pub struct ShowRomvar {
            $($(#[$meta])* pub $field: Option<String>,)*
            /// What is booted, in order, with the flags that routers put behind a comma:
            /// `bootflash:packages.conf,12`.
            pub boot: Vec<String>,
            /// All other variables.
            pub others: Vec<Variable>,
        }

        impl ShowRomvar {
            fn slot(&mut self, name: &str) -> Option<&mut Option<String>> {
                match name {
                    $($name => Some(&mut self.$field),)*
                    _ => None,
                }
            }
        }
    };
}

variables! {
    /// Stops in ROMMON when `yes`.
    manual_boot = "MANUAL_BOOT",
    /// `1`: the startup configuration is ignored.
    ignore_startup_config = "SWITCH_IGNORE_STARTUP_CFG",
    /// Debug file to boot with.
    debug_conf = "DEBUG_CONF",
    /// Resets nobody asked for.
    abnormal_reset_count = "ABNORMAL_RESET_COUNT",
    /// Configuration file.
    config_file = "CONFIG_FILE",
    /// Boot helper.
    boot_loader = "BOOTLDR",
    /// Prompt of ROMMON.
    prompt = "PS1",
    /// Number in the stack.
    switch_number = "SWITCH_NUMBER",
    /// Priority in the stack.
    switch_priority = "SWITCH_PRIORITY",
    /// `controller` or `autonomous`.
    device_managed_mode = "DEVICE_MANAGED_MODE",
    /// `meraki` where the cloud manages the device.
    boot_device_mode = "BOOT_DEVICE_MODE",
    /// Licence that is active.
    license_active_level = "LICENSE_ACTIVE_LEVEL",
    /// Licence at the next boot.
    license_boot_level = "LICENSE_BOOT_LEVEL",
    /// Where crash information was written.
    crashinfo = "CRASHINFO",
    /// Licensed throughput.
    throughput = "THRPUT",
    /// Licensed crypto throughput.
    crypto_throughput = "CRYPTO_BI_THPUT",
    /// Local address of a high-availability pair.
    ha_local_address = "CHASSIS_HA_LOCAL_IP",
    /// Address of the peer.
    ha_remote_address = "CHASSIS_HA_REMOTE_IP",
    /// Its mask.
    ha_local_mask = "CHASSIS_HA_LOCAL_MASK",
    /// Interface of redundancy management.
    rmi_interface = "RMI_INTERFACE_NAME",
    /// Local address of redundancy management.
    rmi_local_address = "RMI_CHASSIS_LOCAL_IP",
    /// Address of the peer.
    rmi_remote_address = "RMI_CHASSIS_REMOTE_IP",
    /// Stack ports.
    stack = "STACK_1_1",
    /// Trace flags.
    trace_flags = "MCP_STARTUP_TRACEFLAGS",
    /// Number drawn at the last boot.
    random_number = "RANDOM_NUM",
    /// Board.
    board_id = "BOARDID",
    /// MAC address.
    mac_address = "MAC_ADDR",
    /// Product.
    model = "MODEL_NUM",
    /// Revision of the product.
    model_revision = "MODEL_REVISION_NUM",
    /// Revision of the motherboard.
    motherboard_revision = "MOTHERBOARD_REVISION_NUM",
    /// Serial number of the motherboard.
    motherboard_serial = "MOTHERBOARD_SERIAL_NUM",
    /// Serial number of the system.
    system_serial = "SYSTEM_SERIAL_NUM",
    /// Version ID.
    version_id = "VERSION_ID",
    /// Console switched off.
    no_console = "NO_CONSOLE",
    /// Attempts to boot without help.
    autoboot_attempts = "ROMMON_AUTOBOOT_ATTEMPT",
    /// `1`: the boot loader is not upgraded.
    boot_loader_upgrade_disable = "BOOT_LOADER_UPGRADE_DISABLE",
    /// Parameters of the kernel.
    boot_parameters = "BOOT_PARAM",
    /// The same before the last change.
    boot_parameters_backup = "BOOT_PARAM_BKP",
    /// Gateway of the boot loader.
    default_gateway = "DEFAULT_GATEWAY",
    /// Address of the boot loader.
    ip_address = "IP_ADDRESS",
    /// Its mask.
    ip_mask = "IP_SUBNET_MASK",
    /// Speed of the console.
    baud = "BAUD",
}

/// A variable without a field of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Option<String>,
}

/// Reads `show romvar`.
///
/// # Errors
/// When the heading is missing.
pub fn parse(text: &str) -> Result<Parsed<ShowRomvar>, ParseError> {
    let mut lines = Lines::new("show romvar", text)?;
    let mut value = ShowRomvar::default();
    let mut headed = false;
    while let Some(line) = lines.next() {
        if line.is_rule() {
        } else if line.starts("ROMMON variables") {
            headed = true;
        } else if let Some((name, text)) = pair(line.text, '=').filter(|_| headed) {
            if name.is_empty() || name.contains(' ') {
                return Err(line.bad(line.body(), "a variable `NAME=value`"));
            }
            if name == "BOOT" {
                let entries = text.split(';').filter_map(units::text);
                value.boot = entries.collect();
                continue;
            }
            let text = units::text(text);
            match value.slot(name) {
                Some(slot) => *slot = text,
                None => value.others.push(Variable {
                    name: name.to_owned(),
                    value: text,
                }),
            }
        } else {
            lines.unknown(line);
        }
    }
    if !headed {
        return Err(lines.incomplete("the heading `ROMMON variables`"));
    }
    Ok(lines.finish(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_with_and_without_spaces() {
        let value = parse("ROMMON variables:\n PS1 = rommon ! >\n BOOT=flash:packages.conf\n THRPUT = \n X_1 = 5\n")
            .unwrap()
            .value;
        assert_eq!(value.boot, ["flash:packages.conf"]);
        assert_eq!(value.prompt.as_deref(), Some("rommon ! >"));
        assert_eq!(value.throughput, None);
        assert_eq!(value.others.len(), 1);
        assert!(parse("BOOT=flash:packages.conf\n").is_err());
    }
}
