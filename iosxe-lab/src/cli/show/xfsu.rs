//! `show xfsu eligibility`: may the switch or stack reload fast?
//!
//! The table follows public captures of Catalyst 9300 stacks; what a switch without a stack leaves out
//! of it is ours.

use super::{View, stack};
use crate::model::device::BootMode;

/// What a requirement has come to.
enum Met {
    Yes,
    No,
    Ineligible(String),
}

/// Every requirement with what it has come to.
fn requirements(v: &View<'_>) -> (Vec<(&'static str, Met)>, Met) {
    let yes = |met: bool| if met { Met::Yes } else { Met::No };
    let mut rows = vec![
        ("Autoboot Enabled", yes(!v.state.boot.manual)),
        (
            "Install Mode",
            yes(v.state.running.mode == BootMode::Install),
        ),
    ];
    if is_stack(v) {
        rows.push(("Network Advantage License", Met::Yes));
        rows.push(("Full ring stack", yes(stack::full_ring(v))));
    }
    (rows, spanning_tree(v))
}

fn is_stack(v: &View<'_>) -> bool {
    v.state.members.len() > 1
}

/// RSTP or MST, and not the root of a VLAN.
fn spanning_tree(v: &View<'_>) -> Met {
    let config = &v.state.running_config;
    let modes = config.values("spanning-tree mode ");
    if !modes.iter().any(|m| ["rapid-pvst", "mst"].contains(m)) {
        return Met::Ineligible("STP mode is neither RSTP nor MST".to_owned());
    }
    let vlans = config.values("spanning-tree vlan ");
    let root = vlans.iter().find_map(|line| {
        let (vlan, rest) = line.split_once(' ')?;
        let low = rest
            .strip_prefix("priority ")
            .and_then(|p| p.trim().parse::<u32>().ok())
            .is_some_and(|p| p < 32768);
        (low || rest.starts_with("root primary")).then(|| vlan.to_owned())
    });
    match root {
        Some(vlan) => Met::Ineligible(format!("Root Switch with forwarding link:VLAN{vlan:0>4}")),
        None => Met::Yes,
    }
}

/// The standby of a stack could take over now; alone there is none to wait for.
fn sso(v: &View<'_>) -> bool {
    !is_stack(v) || v.state.ready_standby(v.now).is_some_and(|(_, hot)| hot)
}

/// The first requirement that is not met, in the words of the table.
pub(crate) fn why_not(v: &View<'_>) -> Option<String> {
    let (rows, tree) = requirements(v);
    let failing = rows.into_iter().find(|(_, met)| !matches!(met, Met::Yes));
    let failing = failing.map(|(name, _)| name.to_owned());
    failing
        .or(match tree {
            Met::Ineligible(why) => Some(why),
            Met::Yes | Met::No => None,
        })
        .or_else(|| (!sso(v)).then(|| "SSO Mode".to_owned()))
}

/// The whole answer.
pub(super) fn eligibility(v: &View<'_>) -> String {
    let stack = is_stack(v);
    let word = |yes: bool| if yes { "Yes" } else { "No" };
    let mut t = format!(
        "Reload fast supported: Yes\nxFSU PLATFORM Status: Not started yet\nStack Configuration: {}\n\
         Eligibility Check         Status\n=================         ======\n",
        word(stack)
    );
    let (rows, tree) = requirements(v);
    for (name, met) in rows {
        let status = match met {
            Met::Yes => "Yes".to_owned(),
            Met::No => "No".to_owned(),
            Met::Ineligible(why) => format!("Ineligible:{why}"),
        };
        t.push_str(&format!("{name:<26}{status}\n"));
    }
    t.push_str(
        "Check macsec eligibility  Eligible\nNote:   All the status should be Yes or eligible to continue xFSU\n\n",
    );
    let (status, fix) = match tree {
        Met::Ineligible(why) => (
            format!("Ineligible:{why}"),
            "Suggested fixes:\n  Let another switch be the root bridge to proceed\n",
        ),
        Met::Yes | Met::No => ("Eligible".to_owned(), ""),
    };
    t.push_str(&format!(
        "{:<26}{status}\nNote:   For STP status should be eligible to continue xFSU\n{fix}\n",
        "Spanning Tree"
    ));
    if stack {
        t.push_str(&format!(
            "{:<26}{}\nNote:   If 'SSO mode' status is 'No', please wait until condition is met, then proceed\n",
            "SSO Mode",
            word(sso(v))
        ));
    }
    t
}
