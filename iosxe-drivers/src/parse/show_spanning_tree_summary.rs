//! `show spanning-tree summary`: mode, roots and port states.
//!
//! Source: genieparser golden outputs of MST, PVST and rapid PVST.
//!
//! ```text
//! Switch is in rapid-pvst mode
//! Root bridge for: VLAN0001
//! Portfast Default             is disabled
//! Name                   Blocking Listening Learning Forwarding STP Active
//! ---------------------- -------- --------- -------- ---------- ----------
//! VLAN0001                     0         0        0          5          5
//! ---------------------- -------- --------- -------- ---------- ----------
//! 1 vlan                       0         0        0          5          5
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Line, Lines, ignored};
use super::scan::{contains, words};
use super::{ParseError, Parsed};

/// The value of the command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowSpanningTreeSummary {
    /// `rapid-pvst`, `mst`.
    pub mode: String,
    /// Trees whose root this switch is, as printed: `VLAN0001, VLAN0002`, `none`.
    pub root_bridge_for: Option<String>,
    /// Features and whether they are on.
    pub features: Vec<Feature>,
    /// `long`, `short`.
    pub pathcost_method: Option<String>,
    /// The method that works, where it differs.
    pub pathcost_operational: Option<String>,
    /// The trees.
    pub trees: Vec<Tree>,
    /// Sum of the table.
    pub total: Option<Total>,
}

/// One feature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feature {
    /// `Portfast Default`.
    pub name: String,
    /// On or off.
    pub enabled: bool,
    /// `inactive`: on, and without effect in this mode.
    pub note: Option<String>,
}

/// Port states of one tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tree {
    /// `VLAN0001`, `MST0`.
    pub name: String,
    /// Ports that block.
    pub blocking: u64,
    /// Ports that listen.
    pub listening: u64,
    /// Ports that learn.
    pub learning: u64,
    /// Ports that forward.
    pub forwarding: u64,
    /// Ports in the tree.
    pub active: u64,
}

/// Sum of all trees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Total {
    /// How many trees.
    pub trees: u64,
    /// Ports that block.
    pub blocking: u64,
    /// Ports that listen.
    pub listening: u64,
    /// Ports that learn.
    pub learning: u64,
    /// Ports that forward.
    pub forwarding: u64,
    /// Ports in the trees.
    pub active: u64,
}

const IGNORED: &[Ignored] = &[
    ignored("Name Blocking Listening *", "heading"),
    ignored("Station update rate *", "detail of UplinkFast"),
    ignored("UplinkFast statistics", "heading"),
    ignored("BackboneFast statistics", "heading"),
];

/// Reads `show spanning-tree summary`.
///
/// # Errors
/// When the mode or the line of totals is missing.
pub fn parse(text: &str) -> Result<Parsed<ShowSpanningTreeSummary>, ParseError> {
    let mut lines = Lines::new("show spanning-tree summary", text)?;
    let mut value = ShowSpanningTreeSummary::default();
    let mut root = false;
    let mut none = false;
    while let Some(line) = lines.next() {
        if line.is_rule() {
        } else if contains(line.body(), "no spanning tree instance") {
            none = true;
        } else if let Some([mode, _]) = line.scan("Switch is in {} mode{*}") {
            mode.clone_into(&mut value.mode);
        } else if let Some([list]) = line.scan("Root bridge for:~{*}") {
            value.root_bridge_for = Some(list.to_owned());
            root = true;
            continue;
        } else if let Some([method, operational]) =
            line.scan("Configured Pathcost method used is {} (Operational value is {})")
        {
            value.pathcost_method = Some(method.to_owned());
            value.pathcost_operational = Some(operational.to_owned());
        } else if let Some([method]) = line
            .scan("Configured Pathcost method used is {}")
            .or_else(|| line.scan("Pathcost method used is {}"))
        {
            value.pathcost_method = Some(method.to_owned());
        } else if let Some(feature) = feature(line) {
            value.features.push(feature);
        } else if let (true, Some(list)) =
            (root && is_tree_list(line), value.root_bridge_for.as_mut())
        {
            list.push_str(", ");
            list.push_str(line.body());
            continue;
        } else if !table(&mut value, line)? {
            lines.pass(line, IGNORED);
        }
        root = false;
    }
    if value.mode.is_empty() {
        return Err(lines.incomplete("the line `Switch is in … mode`"));
    }
    if !none && value.total.is_none() {
        return Err(lines.incomplete("the line of totals"));
    }
    Ok(lines.finish(value))
}

/// A wrapped list: `VLAN0007, VLAN0008`.
fn is_tree_list(line: Line<'_>) -> bool {
    line.body()
        .split([',', ' ', '-'])
        .filter(|word| !word.is_empty())
        .all(|word| word.starts_with("VLAN") || word.starts_with("MST"))
}

/// `Portfast Default  is disabled`.
fn feature(line: Line<'_>) -> Option<Feature> {
    let [name, state] = line.scan("{*} is {*}")?;
    let (word, note) = state.split_once(' ').unwrap_or((state, ""));
    Some(Feature {
        name: name.to_owned(),
        enabled: super::words::switch(word)?,
        note: note.contains("inactive").then(|| "inactive".to_owned()),
    })
}

fn table(value: &mut ShowSpanningTreeSummary, line: Line<'_>) -> Result<bool, ParseError> {
    let all = words(line.body());
    match all.as_slice() {
        [
            count,
            "vlan" | "vlans" | "mst" | "msts" | "instance" | "instances" | "bridge" | "bridges",
            blocking,
            listening,
            learning,
            forwarding,
            active,
        ] => {
            value.total = Some(Total {
                trees: line.number(count)?,
                blocking: line.number(blocking)?,
                listening: line.number(listening)?,
                learning: line.number(learning)?,
                forwarding: line.number(forwarding)?,
                active: line.number(active)?,
            });
        }
        [name, blocking, listening, learning, forwarding, active] if *name != "Name" => {
            value.trees.push(Tree {
                name: (*name).to_owned(),
                blocking: line.number(blocking)?,
                listening: line.number(listening)?,
                learning: line.number(learning)?,
                forwarding: line.number(forwarding)?,
                active: line.number(active)?,
            });
        }
        _ => return Ok(false),
    }
    Ok(true)
}
