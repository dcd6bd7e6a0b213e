//! What a person has to know of a device that is left between its activation and its commit.

use iosxe_core::event::{Envelope, Event};
use iosxe_core::ids::DeviceName;
use iosxe_core::plan::{DevicePlan, Disturbs};
use iosxe_workflow::status::{DeadlineFrom, DeviceState, RunState};
use jiff::Timestamp;

use super::{local, note};

/// One line for each of these devices that is activated and not committed: when it goes back by itself, and what to
/// type (design rule 3). `records` are those of the run.
pub(crate) fn left<'a>(
    state: &RunState,
    devices: impl IntoIterator<Item = (&'a DeviceName, &'a DeviceState)>,
    records: &[Envelope],
) {
    let scale = state.header.as_ref().map_or(1.0, |h| h.scale);
    for (name, device) in devices.into_iter().filter(|(_, d)| d.is_activated()) {
        if let Some(plan) = &device.plan {
            note(&words(name, device, plan, sent(name, plan, records), scale));
        }
    }
}

/// When the last command that disturbs went out.
fn sent(name: &DeviceName, plan: &DevicePlan, records: &[Envelope]) -> Option<Timestamp> {
    records
        .iter()
        .rev()
        .filter(|r| r.device.as_ref() == Some(name))
        .find_map(|r| match &r.event {
            Event::Intent { what, .. }
                if plan
                    .steps
                    .iter()
                    .any(|s| s.kind == *what && s.disturbs != Disturbs::None) =>
            {
                Some(r.at)
            }
            _ => None,
        })
}

fn words(
    name: &DeviceName,
    device: &DeviceState,
    plan: &DevicePlan,
    sent: Option<Timestamp>,
    scale: f64,
) -> String {
    let (from, to) = (&plan.from, &plan.to);
    if device.rollback.is_some() {
        return format!(
            "{name}: on its way back to {from}, and not proven yet; look at it: {name}# show version"
        );
    }
    let type_back = type_lines(name, plan.way_back.iter().map(|s| s.commands.as_slice()));
    let Some(timer) = plan.auto_abort else {
        let when = sent.map(|at| format!(" at {}", local(at)));
        return format!(
            "{name}: its reload to {to} was sent{}, and is not proven; it does not go back by itself. \
             Look at it: {name}# show version    To go back to {from}: {type_back}",
            when.unwrap_or_default()
        );
    };
    // What is left of the plan, behind what was sent.
    let behind = device.cursor + usize::from(device.open.is_some());
    let left = plan.steps.iter().skip(behind);
    let left = left.filter(|s| s.kind.changes_device());
    let type_commit = type_lines(name, left.map(|s| s.commands.as_slice()));
    if device.is_committed() {
        return format!(
            "{name}: {to} is committed, and the upgrade is not over. What is left: {type_commit}"
        );
    }
    let started = plan.steps.iter().position(|s| s.kind.starts_timer());
    if device.deadline.is_none() && started.is_some_and(|at| device.cursor > at) {
        return format!(
            "{name}: activated, not committed; it does not go back by itself any more. To keep {to}: \
             {type_commit}    To go back now: {type_back}"
        );
    }
    let minutes = timer.as_secs().div_ceil(60);
    let read = device.deadline_from != Some(DeadlineFrom::Asked);
    match (device.deadline.filter(|_| read), sent) {
        (Some(deadline), _) => format!(
            "{name}: activated, not committed; it goes back to {from} by itself at {}. To keep {to}: \
             {type_commit}    To go back now: {type_back}",
            local(deadline)
        ),
        // Nobody has read the timer from the device: it runs since the device took the command.
        (None, Some(sent)) => format!(
            "{name}: its activation was sent at {}, its timer of {minutes} min was not read back; unless \
             it is committed by {} at the latest it goes back to {from} by itself. To keep {to}, once it \
             is back: {type_commit}    To go back now: {type_back}",
            local(sent),
            local(sent.checked_add(timer.div_f64(scale)).unwrap_or(sent))
        ),
        (None, None) => format!(
            "{name}: its activation was sent; unless it is committed it goes back to {from} by itself \
             {minutes} min later. To keep {to}, once it is back: {type_commit}    To go back now: \
             {type_back}"
        ),
    }
}

/// Commands as they stand behind the device's prompt.
fn type_lines<'a>(name: &DeviceName, steps: impl Iterator<Item = &'a [String]>) -> String {
    let lines: Vec<String> = steps
        .flatten()
        .map(|command| format!("{name}# {command}"))
        .collect();
    lines.join("; ")
}
