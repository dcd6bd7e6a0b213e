//! The platform table and the release rules, with the user's own over those that ship.

use std::path::PathBuf;

use iosxe_core::fault::{Class, Fault, Remedy};
use iosxe_core::platform::PlatformTable;
use iosxe_drivers::rules::RuleTable;

use crate::config::Config;

/// The platform table.
pub(crate) fn platforms(config: &Config) -> Result<PlatformTable, Fault> {
    let table = PlatformTable::built_in().map_err(|e| bad("platforms", &e, "correct the file"))?;
    let Some((path, text)) = file(config, config.platforms.as_ref(), "platforms")? else {
        return Ok(table);
    };
    table.overridden(&text).map_err(|e| {
        let text = format!("{}: {e}", path.display());
        bad("platforms", &text, "write it like the built-in table")
    })
}

/// The release rules.
pub(crate) fn rules(config: &Config) -> Result<RuleTable, Fault> {
    let table = RuleTable::built_in().map_err(|e| bad("rules", &e, "correct the file"))?;
    let Some((path, text)) = file(config, config.rules.as_ref(), "rules")? else {
        return Ok(table);
    };
    table.overridden(&text).map_err(|e| {
        let text = format!("{}: {e}", path.display());
        bad(
            "rules",
            &text,
            "write it like the rules that docs/rules.md names",
        )
    })
}

fn file(
    config: &Config,
    named: Option<&PathBuf>,
    code: &str,
) -> Result<Option<(PathBuf, String)>, Fault> {
    let Some(named) = named else {
        return Ok(None);
    };
    let path = config.path(named);
    let text = std::fs::read_to_string(&path).map_err(|e| {
        let text = format!("cannot read {}: {e}", path.display());
        bad(code, &text, "correct its name in iosxe.toml")
    })?;
    Ok(Some((path, text)))
}

fn bad(code: &str, what: &dyn std::fmt::Display, next: &str) -> Fault {
    Fault::new(Class::Operator, code, what.to_string()).remedy(Remedy::new(next))
}
