//! `plan diff A B`: what two saved plans have not in common.

use std::collections::{BTreeMap, BTreeSet};

use iosxe_core::fault::Fault;
use iosxe_core::ids::DeviceName;
use iosxe_core::plan::{DevicePlan, Disturbs, Step};
use iosxe_core::why::Reason;
use serde::Serialize;

use super::plan;
use crate::app::PlanDiff;
use crate::exit::Exit;
use crate::show::{self, Output};

/// The difference of two plans.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Difference {
    same: bool,
    hash: Pair<String>,
    /// Devices that only the second has.
    added: Vec<DeviceName>,
    /// Devices that only the first has.
    removed: Vec<DeviceName>,
    changed: Vec<Changed>,
}

/// A value in the first and in the second plan.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Pair<T> {
    a: T,
    b: T,
}

/// A device that both have, with different plans.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Changed {
    name: DeviceName,
    hash: Pair<String>,
    /// What the plan is for, where that differs: release, model, serials, method, image.
    values: BTreeMap<&'static str, Pair<String>>,
    /// Lines of the steps, by the list they are in.
    steps: BTreeMap<&'static str, Lines>,
    reasons: Lines,
}

/// Lines that only one of the plans has, in its order.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
struct Lines {
    removed: Vec<String>,
    added: Vec<String>,
}

impl Lines {
    fn of(a: &[String], b: &[String]) -> Self {
        let only = |these: &[String], others: &[String]| {
            // A line that stands twice is two lines.
            let mut others: Vec<&String> = others.iter().collect();
            let mut only = Vec::new();
            for line in these {
                match others.iter().position(|other| *other == line) {
                    Some(at) => drop(others.swap_remove(at)),
                    None => only.push(line.clone()),
                }
            }
            only
        };
        Self {
            removed: only(a, b),
            added: only(b, a),
        }
    }

    fn is_empty(&self) -> bool {
        self.removed.is_empty() && self.added.is_empty()
    }
}

pub(crate) fn run(args: &PlanDiff, output: Output) -> Result<Exit, Fault> {
    let difference = between(&plan::load(&args.a)?, &plan::load(&args.b)?);
    match output {
        Output::Table => table(args, &difference),
        Output::Json | Output::Ndjson => show::document(
            output,
            &serde_json::to_value(&difference).unwrap_or_default(),
        ),
    }
    Ok(if difference.same {
        Exit::AsWanted
    } else {
        Exit::Different
    })
}

fn between(a: &plan::Saved, b: &plan::Saved) -> Difference {
    let by_name = |saved: &plan::Saved| -> BTreeMap<DeviceName, DevicePlan> {
        let plans = saved.devices.iter();
        plans.map(|p| (p.device.clone(), p.clone())).collect()
    };
    let (old, new) = (by_name(a), by_name(b));
    let names: BTreeSet<&DeviceName> = old.keys().chain(new.keys()).collect();
    let mut difference = Difference {
        same: false,
        hash: Pair {
            a: a.hash.clone(),
            b: b.hash.clone(),
        },
        added: Vec::new(),
        removed: Vec::new(),
        changed: Vec::new(),
    };
    for name in names {
        match (old.get(name), new.get(name)) {
            (Some(_), None) => difference.removed.push(name.clone()),
            (None, Some(_)) => difference.added.push(name.clone()),
            (Some(old), Some(new)) => difference.changed.extend(changed(old, new)),
            (None, None) => {}
        }
    }
    difference.same = difference.added.is_empty()
        && difference.removed.is_empty()
        && difference.changed.is_empty();
    difference
}

/// How the plans of one device differ; nothing when an approval of the one is an approval of the
/// other. Estimates and free space, which reasons may tell, are no part of that (design rule 19).
fn changed(a: &DevicePlan, b: &DevicePlan) -> Option<Changed> {
    if a.hash == b.hash {
        return None;
    }
    let values = [
        ("from", a.from.to_string(), b.from.to_string()),
        ("to", legs(a), legs(b)),
        ("platform", a.pid.clone(), b.pid.clone()),
        ("serials", a.serials.join(", "), b.serials.join(", ")),
        ("method", a.method.to_string(), b.method.to_string()),
        ("image", image(a), image(b)),
    ];
    let values: BTreeMap<_, _> = values
        .into_iter()
        .filter(|(_, a, b)| a != b)
        .map(|(what, a, b)| (what, Pair { a, b }))
        .collect();
    let steps = [
        ("forth", &a.steps, &b.steps),
        ("back", &a.way_back, &b.way_back),
    ];
    let steps: BTreeMap<_, _> = steps
        .into_iter()
        .map(|(list, a, b)| (list, Lines::of(&lines(a), &lines(b))))
        .filter(|(_, lines)| !lines.is_empty())
        .collect();
    Some(Changed {
        name: a.device.clone(),
        hash: Pair {
            a: a.hash.clone(),
            b: b.hash.clone(),
        },
        values,
        steps,
        reasons: Lines::of(&sentences(&a.reasons), &sentences(&b.reasons)),
    })
}

/// The releases that a plan leads to, in order.
fn legs(plan: &DevicePlan) -> String {
    let legs: Vec<String> = plan.legs().map(ToString::to_string).collect();
    legs.join(", then ")
}

fn image(plan: &DevicePlan) -> String {
    let digest = plan
        .image
        .digest()
        .map(|(kind, hex)| format!(" {kind} {hex}"));
    let then: String = plan
        .then_patches
        .iter()
        .map(|file| format!(", then {file}"))
        .collect();
    format!("{}{}{then}", plan.image.file, digest.unwrap_or_default())
}

/// The steps as an approval sees them: what is sent, what it disturbs, how it is undone.
fn lines(steps: &[Step]) -> Vec<String> {
    steps
        .iter()
        .map(|s| {
            format!(
                "{}  {}  {}undo: {}",
                s.kind.word(),
                s.commands.join("; "),
                match s.disturbs {
                    Disturbs::None => "",
                    Disturbs::Switchover => "SWITCHOVER, ",
                    Disturbs::Reload => "RELOAD, ",
                },
                s.undo
            )
        })
        .collect()
}

fn sentences(reasons: &[Reason]) -> Vec<String> {
    reasons.iter().map(ToString::to_string).collect()
}

fn table(args: &PlanDiff, difference: &Difference) {
    let hash8 = |hash: &str| hash.get(..8).unwrap_or(hash).to_owned();
    if difference.same {
        show::line(&format!(
            "no difference: {} and {} have hash {}",
            args.a.display(),
            args.b.display(),
            hash8(&difference.hash.a)
        ));
        return;
    }
    show::line(&format!(
        "--- {}  {}\n+++ {}  {}",
        args.a.display(),
        hash8(&difference.hash.a),
        args.b.display(),
        hash8(&difference.hash.b)
    ));
    for name in &difference.removed {
        show::line(&format!("- {name}"));
    }
    for name in &difference.added {
        show::line(&format!("+ {name}"));
    }
    for device in &difference.changed {
        show::line(&format!(
            "~ {}  {} -> {}",
            device.name,
            hash8(&device.hash.a),
            hash8(&device.hash.b)
        ));
        for (what, Pair { a, b }) in &device.values {
            show::line(&format!("    {what}: {a} -> {b}"));
        }
        let reasons = (!device.reasons.is_empty()).then_some(("because", &device.reasons));
        let lists = device.steps.iter().map(|(list, lines)| (*list, lines));
        for (list, lines) in lists.chain(reasons) {
            for line in &lines.removed {
                show::line(&format!("    {list} - {line}"));
            }
            for line in &lines.added {
                show::line(&format!("    {list} + {line}"));
            }
        }
    }
}
