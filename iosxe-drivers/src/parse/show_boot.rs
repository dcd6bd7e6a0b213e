//! `show boot`, `show boot system`, `show bootvar`: what is booted next.
//!
//! Five formats in one type: chassis and routers (`BOOT variable = …`, with `Standby …`), stacks
//! (one block per switch with current and next variables), and IE/2960 (`BOOT path-list : …`).
//!
//! Source: genieparser and ntc-templates golden outputs of ASR 1000, Catalyst 3850, 9300, 9400,
//! 9500, IE 4000 and 2960L.
//!
//! ```text
//! BOOT variable = bootflash:packages.conf,12;
//! MANUAL_BOOT variable = no
//! Configuration register is 0x2 (will be 0x2102 at next reload)
//!
//! Standby not ready to show bootvar
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Line, Lines, ignored};
use super::scan::pair;
use super::words::word_enum;
use super::{ParseError, Parsed, units};

word_enum! {
    /// Which unit a block speaks of.
    UnitKind {
        /// The active supervisor or route processor, or the only one.
        Active = "active",
        /// The standby one.
        Standby = "standby",
        /// One switch of a stack.
        Switch = "switch",
    }
}

/// The value of the command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowBoot {
    /// One entry per unit that the device speaks of.
    pub units: Vec<UnitBoot>,
    /// `Standby not ready to show bootvar`: ask again later.
    pub standby_not_ready: bool,
}

/// A variable of the boot loader.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Variable {
    /// `… variable does not exist`, which is not the same as empty: without BOOT the first image
    /// found is booted.
    #[default]
    DoesNotExist,
    /// `… variable =`.
    Empty,
    /// Its value as the device prints it.
    Value(String),
}

impl Variable {
    /// The value, where there is one.
    #[must_use]
    pub fn value(&self) -> Option<&str> {
        match self {
            Self::Value(value) => Some(value),
            Self::DoesNotExist | Self::Empty => None,
        }
    }

    fn of(text: Option<&str>) -> Self {
        match text.map(str::trim) {
            None => Self::DoesNotExist,
            Some("") => Self::Empty,
            Some(value) => Self::Value(value.to_owned()),
        }
    }
}

impl From<String> for Variable {
    fn from(text: String) -> Self {
        match text.as_str() {
            "does not exist" => Self::DoesNotExist,
            "" => Self::Empty,
            _ => Self::Value(text),
        }
    }
}

impl From<Variable> for String {
    fn from(variable: Variable) -> Self {
        match variable {
            Variable::DoesNotExist => "does not exist".to_owned(),
            Variable::Empty => Self::new(),
            Variable::Value(value) => value,
        }
    }
}

/// Boot settings of one unit. `None` is what the device did not mention.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitBoot {
    /// Which unit.
    pub unit: UnitKind,
    /// Number of the switch in a stack.
    pub switch_number: Option<u32>,
    /// The variable that was used for the last boot; stacks only.
    pub current: Option<Variable>,
    /// The variable of the next boot, as the device prints it: `bootflash:packages.conf,12;`.
    pub next: Option<Variable>,
    /// The same on IE and 2960, which call it path list.
    pub path_list: Option<Variable>,
    /// Configuration register now.
    pub config_register: Option<u32>,
    /// Configuration register at the next reload, where it will change.
    pub config_register_next: Option<u32>,
    /// `boot manual`: the device stops in ROMMON.
    pub manual_boot: Option<bool>,
    /// Whether a break stops the boot.
    pub enable_break: Option<bool>,
    /// `DEVICE`.
    pub boot_mode: Option<Variable>,
    /// Timeout of iPXE in seconds.
    pub ipxe_timeout: Option<Variable>,
    /// Configuration file.
    pub config_file: Option<Variable>,
    /// Second configuration file of IE and 2960.
    pub private_config_file: Option<String>,
    /// Speed of the console.
    pub baud: Option<u32>,
    /// Whether development images boot.
    pub allow_dev_key: Option<bool>,
    /// Helper images.
    pub helper_path: Option<String>,
    /// Whether members are upgraded by themselves.
    pub auto_upgrade: Option<bool>,
    /// Where they are upgraded from.
    pub auto_upgrade_path: Option<String>,
    /// Skips the memory test.
    pub boot_optimization: Option<bool>,
    /// Buffer of the configuration in NVRAM.
    pub nvram_buffer_bytes: Option<u64>,
    /// How long a configuration is waited for.
    pub config_download_timeout_s: Option<u64>,
    /// Whether a configuration is fetched by DHCP.
    pub config_download_dhcp: Option<bool>,
    /// The same for the next boot.
    pub config_download_dhcp_next: Option<bool>,
}

impl UnitBoot {
    fn new(unit: UnitKind, switch_number: Option<u32>) -> Self {
        Self {
            unit,
            switch_number,
            current: None,
            next: None,
            path_list: None,
            config_register: None,
            config_register_next: None,
            manual_boot: None,
            enable_break: None,
            boot_mode: None,
            ipxe_timeout: None,
            config_file: None,
            private_config_file: None,
            baud: None,
            allow_dev_key: None,
            helper_path: None,
            auto_upgrade: None,
            auto_upgrade_path: None,
            boot_optimization: None,
            nvram_buffer_bytes: None,
            config_download_timeout_s: None,
            config_download_dhcp: None,
            config_download_dhcp_next: None,
        }
    }

    /// The files of the next boot in order, without the number that routers put behind a comma.
    #[must_use]
    pub fn next_files(&self) -> Vec<&str> {
        let variable = self.next.as_ref().or(self.path_list.as_ref());
        files(variable.and_then(Variable::value).unwrap_or(""))
    }

    /// The register that holds after the next reload.
    #[must_use]
    pub fn config_register_at_reload(&self) -> Option<u32> {
        self.config_register_next.or(self.config_register)
    }
}

/// The files of a BOOT variable: `bootflash:packages.conf,12;bootflash:old.bin,12;`.
#[must_use]
pub fn files(variable: &str) -> Vec<&str> {
    variable
        .split(';')
        .map(|entry| {
            let entry = entry.trim();
            match entry.rsplit_once(',') {
                Some((file, flags)) if flags.bytes().all(|b| b.is_ascii_digit()) => file,
                _ => entry,
            }
        })
        .filter(|file| !file.is_empty())
        .collect()
}

const IGNORED: &[Ignored] = &[
    ignored("NVRAM/Config file", "the next line gives the size"),
    ignored("Timeout for Config", "the next line gives the time"),
    ignored("Config Download", "the next line gives the value"),
    ignored(
        "{}BOOTLDR variable *",
        "the boot helper is not used by IOS-XE",
    ),
    ignored(
        "BOOTLDR variable *",
        "the boot helper is not used by IOS-XE",
    ),
    ignored(
        "Standby BOOTLDR variable *",
        "the boot helper is not used by IOS-XE",
    ),
];

/// Reads `show boot`.
///
/// # Errors
/// When no boot variable is named, or a value is malformed.
pub fn parse(text: &str) -> Result<Parsed<ShowBoot>, ParseError> {
    read("show boot", text)
}

/// Reads `show boot system`.
///
/// # Errors
/// As [`parse`].
pub fn parse_system(text: &str) -> Result<Parsed<ShowBoot>, ParseError> {
    read("show boot system", text)
}

/// Reads `show bootvar`.
///
/// # Errors
/// As [`parse`].
pub fn parse_bootvar(text: &str) -> Result<Parsed<ShowBoot>, ParseError> {
    read("show bootvar", text)
}

fn read(command: &'static str, text: &str) -> Result<Parsed<ShowBoot>, ParseError> {
    let mut lines = Lines::new(command, text)?;
    let mut value = ShowBoot {
        units: Vec::new(),
        standby_not_ready: false,
    };
    let mut current = false;
    let mut named = false;
    while let Some(line) = lines.next() {
        if line.is_rule() {
        } else if let Some([number]) = line.scan("Switch {#}") {
            let unit = UnitBoot::new(UnitKind::Switch, Some(line.number(number)?));
            value.units.push(unit);
            named = false;
        } else if line.is("Current Boot Variables:") {
            current = true;
        } else if line.is("Boot Variables on next reload:") {
            current = false;
        } else if line.is("Standby not ready to show bootvar") {
            value.standby_not_ready = true;
        } else {
            let standby = line.starts("Standby ");
            let text = if standby {
                line.body().get("Standby ".len()..).unwrap_or("")
            } else {
                line.body()
            };
            let kind = if standby {
                UnitKind::Standby
            } else {
                UnitKind::Active
            };
            if value.units.is_empty()
                || (standby && value.units.last().is_some_and(|u| u.unit != kind))
            {
                value.units.push(UnitBoot::new(kind, None));
            }
            let Some(unit) = value.units.last_mut() else {
                continue;
            };
            match setting(unit, line, text, current)? {
                Some(boot) => named |= boot,
                None => lines.pass(line, IGNORED),
            }
        }
    }
    if !named {
        return Err(lines.incomplete("the BOOT variable"));
    }
    Ok(lines.finish(value))
}

/// Takes one setting; `Some(true)` when it was the boot variable of the next boot.
fn setting(
    unit: &mut UnitBoot,
    line: Line<'_>,
    text: &str,
    current: bool,
) -> Result<Option<bool>, ParseError> {
    if let Some([now, next]) = super::scan::scan(
        "Configuration register is {} (will be {} at next reload)",
        text,
    ) {
        unit.config_register = Some(line.hex(now)?);
        unit.config_register_next = Some(line.hex(next)?);
        return Ok(Some(false));
    }
    if let Some([now]) = super::scan::scan("Configuration register is {}", text) {
        unit.config_register = Some(line.hex(now)?);
        return Ok(Some(false));
    }
    let (key, value) = if let Some([key]) = super::scan::scan("{} variable does not exist", text) {
        (key, None)
    } else if let Some((key, value)) = pair(text, '=') {
        (key.trim_end_matches(" variable"), Some(value))
    } else if let Some((key, value)) = pair(text, ':') {
        (key, Some(value))
    } else {
        return Ok(None);
    };
    let given = value.and_then(units::text);
    let yes = |value: Option<&str>| -> Result<Option<bool>, ParseError> {
        value
            .filter(|v| !v.is_empty())
            .map(|v| line.switch(v))
            .transpose()
    };
    match key.to_ascii_lowercase().as_str() {
        "boot" if current => unit.current = Some(Variable::of(value)),
        "boot" => {
            unit.next = Some(Variable::of(value));
            return Ok(Some(true));
        }
        "boot path-list" => {
            unit.path_list = Some(Variable::of(value));
            return Ok(Some(true));
        }
        "manual_boot" | "manual boot" => unit.manual_boot = yes(value)?,
        "enable_break" | "enable break" => unit.enable_break = yes(value)?,
        "bootmode" | "boot mode" => {
            unit.boot_mode = Some(Variable::of(value.map(str::to_ascii_lowercase).as_deref()));
        }
        "ipxe_timeout" | "ipxe timeout" => {
            given.map(|v| number::<u64>(line, value, &v)).transpose()?;
            unit.ipxe_timeout = Some(Variable::of(value));
        }
        "config_file" | "config file" => unit.config_file = Some(Variable::of(value)),
        "private config file" => unit.private_config_file = given,
        "baud" => unit.baud = given.map(|v| number(line, value, &v)).transpose()?,
        "allow dev key" => unit.allow_dev_key = yes(value)?,
        "helper path-list" => unit.helper_path = given,
        "auto upgrade" => unit.auto_upgrade = yes(value)?,
        "auto upgrade path" => unit.auto_upgrade_path = given,
        "boot optimization" => unit.boot_optimization = yes(value)?,
        "buffer size" => {
            unit.nvram_buffer_bytes = given.map(|v| number(line, value, &v)).transpose()?
        }
        "download" => {
            unit.config_download_timeout_s = given
                .map(|v| number(line, value, v.trim_end_matches("seconds").trim()))
                .transpose()?;
        }
        "via dhcp" => {
            let text = value.unwrap_or("");
            if let Some([now, next]) = super::scan::scan("{} (next boot: {})", text) {
                unit.config_download_dhcp = Some(line.switch(now)?);
                unit.config_download_dhcp_next = Some(line.switch(next)?);
            } else {
                unit.config_download_dhcp = yes(value)?;
            }
        }
        "bootldr" => {}
        _ => return Ok(None),
    }
    Ok(Some(false))
}

fn number<T: std::str::FromStr>(
    line: Line<'_>,
    part: Option<&str>,
    text: &str,
) -> Result<T, ParseError> {
    text.parse()
        .map_err(|_| line.bad(part.unwrap_or(line.text), "a number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_reads_the_second_block() {
        let value = parse(
            "---------------------------\nSwitch 1\n---------------------------\n\
             Current Boot Variables:\nBOOT variable does not exist\n\n\
             Boot Variables on next reload:\nBOOT variable = flash:packages.conf;\nManual Boot = no\n\
             Enable Break = yes\nBoot Mode = DEVICE\niPXE Timeout = 0\n",
        )
        .unwrap();
        assert!(value.unknown.is_empty());
        let unit = &value.value.units[0];
        assert_eq!(
            (unit.current.clone(), unit.next_files()),
            (Some(Variable::DoesNotExist), vec!["flash:packages.conf"])
        );
        assert_eq!(
            (unit.manual_boot, unit.switch_number),
            (Some(false), Some(1))
        );
    }

    #[test]
    fn routers_add_a_number_and_a_standby() {
        let value = parse_bootvar(
            "BOOT variable = bootflash:a.bin,12;bootflash:b.bin,12;\nBOOTLDR variable does not exist\n\
             Configuration register is 0x2 (will be 0x2102 at next reload)\n\n\
             Standby not ready to show bootvar\n",
        )
        .unwrap();
        assert!(value.unknown.is_empty());
        assert!(value.value.standby_not_ready);
        let unit = &value.value.units[0];
        assert_eq!(unit.next_files(), ["bootflash:a.bin", "bootflash:b.bin"]);
        assert_eq!(unit.config_register_at_reload(), Some(0x2102));
    }

    #[test]
    fn nothing_about_boot_is_an_error() {
        assert!(parse("Standby not ready to show bootvar\n").is_err());
        assert!(
            parse("BOOT variable = x\nManual Boot = perhaps\n")
                .unwrap_err()
                .column
                > 10
        );
    }
}
