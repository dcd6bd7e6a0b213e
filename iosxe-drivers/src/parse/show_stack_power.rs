//! `show stack-power [budgeting] [detail]`: power shared by a stack.
//!
//! Source: genieparser golden outputs of Catalyst 3850 and 9300.
//!
//! ```text
//! Power Stack          Stack    Stack    Total    Rsvd    Alloc    Unused  Num  Num
//! Name                 Mode     Topolgy  Pwr(W)   Pwr(W)  Pwr(W)   Pwr(W)  SW   PS
//! Powerstack-1         SP-PS    Ring     5115     35      1180     3900    4    5
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Lines, ignored};
use super::scan::scan;
use super::{ParseError, Parsed};

/// The value of the command; all powers in watts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowStackPower {
    /// The power stacks.
    pub stacks: Vec<PowerStack>,
    /// Their members.
    pub members: Vec<PowerMember>,
    /// Sum of the members.
    pub totals: Option<PowerTotals>,
}

/// One power stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PowerStack {
    /// `Powerstack-1`.
    pub name: String,
    /// `SP-PS`: shared power, strict or not.
    pub mode: String,
    /// `Ring`, `Star`, `Stndaln`.
    pub topology: String,
    /// In all.
    pub total: u32,
    /// Kept back.
    pub reserved: u32,
    /// Given to members.
    pub allocated: u32,
    /// Not used.
    pub unused: u32,
    /// Members.
    pub switches: u32,
    /// Power supplies.
    pub supplies: u32,
}

/// One member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PowerMember {
    /// Number of the switch.
    pub switch: u32,
    /// Its power stack.
    pub stack: String,
    /// First power supply.
    pub supply_a: u32,
    /// Second power supply.
    pub supply_b: u32,
    /// What it may use.
    pub budget: u32,
    /// What it was given.
    pub allocated: u32,
    /// What is left for power over Ethernet.
    pub available: u32,
    /// What the system takes.
    pub consumed_system: u32,
    /// What the ports give.
    pub consumed_poe: u32,
}

/// Sum of all members.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PowerTotals {
    /// Given.
    pub allocated: u32,
    /// Left.
    pub available: u32,
    /// Taken by the systems.
    pub consumed_system: u32,
    /// Given by the ports.
    pub consumed_poe: u32,
}

const IGNORED: &[Ignored] = &[
    ignored("Power Stack *", "heading"),
    ignored("Name *", "heading"),
    ignored("SW Name *", "heading"),
];

/// Reads `show stack-power`.
///
/// # Errors
/// On a malformed row, and when there is no power stack.
pub fn parse(text: &str) -> Result<Parsed<ShowStackPower>, ParseError> {
    let mut lines = Lines::new("show stack-power", text)?;
    let mut value = ShowStackPower::default();
    while let Some(line) = lines.next() {
        if line.is_rule() {
        } else if let Some([allocated, available, system, poe]) =
            line.scan("Totals: {#} {#} {#}~/{#}")
        {
            value.totals = Some(PowerTotals {
                allocated: line.number(allocated)?,
                available: line.number(available)?,
                consumed_system: line.number(system)?,
                consumed_poe: line.number(poe)?,
            });
        } else if let Some([switch, stack, a, b, budget, rest]) =
            line.scan("{#} {} {#} {#} {#} {*}")
        {
            let Some([allocated, available, system, poe]) = scan("{#} {#} {#}~/{#}", rest) else {
                return Err(line.bad(rest, "allocated, available and consumed power"));
            };
            value.members.push(PowerMember {
                switch: line.number(switch)?,
                stack: stack.to_owned(),
                supply_a: line.number(a)?,
                supply_b: line.number(b)?,
                budget: line.number(budget)?,
                allocated: line.number(allocated)?,
                available: line.number(available)?,
                consumed_system: line.number(system)?,
                consumed_poe: line.number(poe)?,
            });
        } else if let Some(
            [
                name,
                mode,
                topology,
                total,
                reserved,
                allocated,
                unused,
                rest,
            ],
        ) = line.scan("{} {} {} {#} {#} {#} {#} {*}")
        {
            let Some([switches, supplies]) = scan("{#} {#}", rest) else {
                return Err(line.bad(rest, "number of switches and power supplies"));
            };
            value.stacks.push(PowerStack {
                name: name.to_owned(),
                mode: mode.to_owned(),
                topology: topology.to_owned(),
                total: line.number(total)?,
                reserved: line.number(reserved)?,
                allocated: line.number(allocated)?,
                unused: line.number(unused)?,
                switches: line.number(switches)?,
                supplies: line.number(supplies)?,
            });
        } else {
            lines.pass(line, IGNORED);
        }
    }
    if value.stacks.is_empty() {
        return Err(lines.incomplete("a power stack"));
    }
    if !value.members.is_empty() && value.totals.is_none() {
        return Err(lines.incomplete("the line `Totals:`"));
    }
    Ok(lines.finish(value))
}
