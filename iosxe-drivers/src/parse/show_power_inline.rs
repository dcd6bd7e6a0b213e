//! `show power inline`: power over Ethernet.
//!
//! Source: genieparser and ntc-templates golden outputs of Catalyst 2960, 3850, 4500, 6800, ISR.
//!
//! ```text
//! Available:1170.0(w)  Used:212.2(w)  Remaining:957.8(w)
//! Interface Admin  Oper       Power   Device              Class Max
//!                             (Watts)
//! --------- ------ ---------- ------- ------------------- ----- ----
//! Gi0/2     auto   on         6.4     IP Phone 8945       2     30.0
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Line, Lines, ignored};
use super::scan::words;
use super::units::is_interface;
use super::{ParseError, Parsed};

/// The value of the command.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ShowPowerInline {
    /// Power of each module.
    pub modules: Vec<PowerModule>,
    /// The ports.
    pub ports: Vec<PowerPort>,
    /// Limits of a port (`show power inline INTERFACE`).
    pub limits: Vec<PowerLimit>,
}

/// Power of one module in watts; `None` where the device prints `n/a`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PowerModule {
    /// Its number; 0 where there is one.
    pub module: String,
    /// In all.
    pub available: Option<f64>,
    /// Used.
    pub used: Option<f64>,
    /// Left.
    pub remaining: Option<f64>,
}

/// One port.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PowerPort {
    /// Short name.
    pub interface: String,
    /// `auto`, `static`, `off`.
    pub admin: String,
    /// `on`, `off`, `power-deny`, `faulty`.
    pub oper: String,
    /// Watts that the device takes.
    pub power: f64,
    /// Watts that arrive, where both are printed.
    pub power_to_device: Option<f64>,
    /// What it is, or `n/a`.
    pub device: String,
    /// Class of the device, or `n/a`.
    pub class: String,
    /// Most watts the port gives.
    pub max: Option<f64>,
}

/// Limits of one port in watts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PowerLimit {
    /// Short name.
    pub interface: String,
    /// Most that the configuration allows.
    pub admin_max: f64,
    /// What is reserved.
    pub admin_consumption: f64,
}

const IGNORED: &[Ignored] = &[
    ignored("Interface *", "heading"),
    ignored("Module Available *", "heading"),
    ignored("(Watts)*", "heading"),
    ignored("From PS *", "heading"),
    ignored("(enabled )*", "heading"),
    ignored("Totals:*", "the modules carry the sums"),
];

/// Reads `show power inline`.
///
/// # Errors
/// On a malformed row, and when nothing was told.
pub fn parse(text: &str) -> Result<Parsed<ShowPowerInline>, ParseError> {
    let mut lines = Lines::new("show power inline", text)?;
    let mut value = ShowPowerInline::default();
    let mut headed = false;
    let mut limits = false;
    let mut both = false;
    while let Some(line) = lines.next() {
        if line.is_rule() {
        } else if line.starts("Interface") {
            headed = true;
            limits = line.body().contains("AdminPowerMax");
        } else if line.starts("From PS") {
            both = true;
        } else if let Some([available, used, remaining]) =
            line.scan("Available:{}(w) Used:{}(w) Remaining:{}(w)")
        {
            value.modules.push(PowerModule {
                module: "0".to_owned(),
                available: Some(line.number(available)?),
                used: Some(line.number(used)?),
                remaining: Some(line.number(remaining)?),
            });
        } else if let Some([module, available, used, remaining]) = line
            .scan("{#} {} {} {}")
            .filter(|[_, a, ..]: &[&str; 4]| a.parse::<f64>().is_ok() || *a == "n/a")
        {
            let watts = |text: &str| -> Result<Option<f64>, ParseError> {
                if text == "n/a" {
                    Ok(None)
                } else {
                    line.number(text).map(Some)
                }
            };
            value.modules.push(PowerModule {
                module: module.to_owned(),
                available: watts(available)?,
                used: watts(used)?,
                remaining: watts(remaining)?,
            });
        } else if line.body().split(' ').next().is_some_and(is_interface) {
            if limits {
                let Some([interface, max, consumption]) = line.scan("{} {} {}") else {
                    return Err(line.bad(line.body(), "port and two limits in watts"));
                };
                value.limits.push(PowerLimit {
                    interface: interface.to_owned(),
                    admin_max: line.number(max)?,
                    admin_consumption: line.number(consumption)?,
                });
            } else {
                value.ports.push(port(line, both)?);
            }
        } else {
            lines.pass(line, IGNORED);
        }
    }
    if !headed && value.modules.is_empty() {
        return Err(lines.incomplete("the heading `Interface Admin Oper`"));
    }
    Ok(lines.finish(value))
}

/// `Gi2/5  auto   on         11.1       10.5       IP Phone 7937       3`.
fn port(line: Line<'_>, both: bool) -> Result<PowerPort, ParseError> {
    let bad = || line.bad(line.body(), "port, admin, oper, watts, device, class");
    let all = words(line.body());
    let [interface, admin, oper, power, rest @ ..] = all.as_slice() else {
        return Err(bad());
    };
    let (to_device, rest) = match rest {
        [watts, rest @ ..] if both => (Some(line.number(watts)?), rest),
        _ => (None, rest),
    };
    let (device, class, max) = match rest {
        [device @ .., class, max] if !both && !device.is_empty() => (
            device,
            class,
            if *max == "n/a" {
                None
            } else {
                Some(line.number(max)?)
            },
        ),
        [device @ .., class] if both && !device.is_empty() => (device, class, None),
        _ => return Err(bad()),
    };
    Ok(PowerPort {
        interface: (*interface).to_owned(),
        admin: (*admin).to_owned(),
        oper: (*oper).to_owned(),
        power: line.number(power)?,
        power_to_device: to_device,
        device: device.join(" "),
        class: (*class).to_owned(),
        max,
    })
}
