//! `plan --facts`: plans without a device, from what `discover --save` wrote.

use std::path::Path;

use iosxe_core::device::Record;
use iosxe_core::fault::{Class, Fault, Remedy};
use iosxe_core::ids::DeviceName;
use iosxe_core::words::counted;
use iosxe_workflow::saved::{Read, plan_all};
use iosxe_workflow::status::{DeviceState, IllegalTransition, RunState};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::facts_file::{self, Known};
use super::{Context, drive};
use crate::{show, wire};

/// How many devices a sentence names.
const NAMED: usize = 5;

/// Which facts plans rest on.
#[derive(Debug)]
pub(crate) struct Ages {
    file: String,
    now: Timestamp,
    /// When the oldest and the newest of them were read; `None` when there are none of these devices.
    read: Option<(Timestamp, Timestamp)>,
}

impl Ages {
    fn of(state: &RunState, file: &Path, now: Timestamp) -> Self {
        let read = || {
            let devices = state.devices.values();
            devices.filter_map(|d| Some(d.facts.as_ref()?.0))
        };
        Self {
            file: file.display().to_string(),
            now,
            read: read().min().zip(read().max()),
        }
    }

    /// For programs.
    pub(crate) fn document(&self) -> Value {
        let oldest = self.read.map(|(oldest, _)| oldest);
        json!({
            "file": self.file,
            "oldest": oldest,
            "newest": self.read.map(|(_, newest)| newest),
            "age_s": oldest.map(|at| self.now.duration_since(at).as_secs().max(0)),
        })
    }
}

impl std::fmt::Display for Ages {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "planned from the facts saved in {}, no device was asked; ",
            self.file
        )?;
        let Some((oldest, newest)) = self.read else {
            return f.write_str("it has none of these devices");
        };
        let (age, oldest) = (age(self.now, oldest), show::local(oldest));
        let newest = show::local(newest);
        if newest == oldest {
            write!(f, "read {oldest}, {age}")?;
        } else {
            write!(f, "read from {oldest}, {age}, to {newest}")?;
        }
        f.write_str("; `iosxe upgrade --plan` holds each plan against its device")
    }
}

/// How old something is, in the unit that a person would use.
fn age(now: Timestamp, then: Timestamp) -> String {
    let old: SignedDuration = now.duration_since(then);
    match (old.as_hours(), old.as_mins(), old.as_secs()) {
        (.., s) if s < 0 => "in the future of this machine's clock".into(),
        (h, ..) if h >= 48 => format!("{} days ago", h / 24),
        (h, ..) if h >= 2 => format!("{h} hours ago"),
        (_, m, _) if m >= 2 => format!("{m} minutes ago"),
        (..) => "less than two minutes ago".into(),
    }
}

/// Plans the rows from a file of facts. The state is that of a run that stopped after the plan, without
/// being one.
pub(crate) async fn run(
    context: &Context,
    file: &Path,
    limits: &[String],
) -> Result<(RunState, Ages), Fault> {
    let mut known = facts_file::load(file)?;
    let records = drive::rows(context, limits).await?;
    let world = wire::world(&context.config, context.reader().await?)?;
    moved(&records, &known);
    let now = Timestamp::now();
    let devices = records.into_iter().map(|record| {
        let read = read(&record.name, &mut known, file, now);
        (record, read)
    });
    let planned = plan_all(&world, devices.collect()).await;
    let mut state = RunState {
        devices: planned.map_err(|e| illegal(&e))?,
        ..RunState::default()
    };
    for device in state.devices.values_mut() {
        differs(device, file);
    }
    let ages = Ages::of(&state, file, now);
    Ok((state, ages))
}

fn read(name: &DeviceName, known: &mut Known, file: &Path, now: Timestamp) -> Read {
    match known.remove(name) {
        Some(saved) => Read {
            at: saved.read_at,
            facts: Ok(saved.facts),
        },
        None => Read {
            at: now,
            facts: Err(Fault::new(
                Class::Operator,
                "facts_missing",
                format!("{} has no facts of this device", file.display()),
            )
            .remedy(Remedy::with(
                "save facts in which it is",
                facts_file::again(file),
            ))),
        },
    }
}

/// Says which rows have another address than the one at which their facts were read. It may be the same
/// device still: serial and model tell.
fn moved(records: &[Record], known: &Known) {
    let moved: Vec<&str> = records
        .iter()
        .filter(|r| known.get(&r.name).is_some_and(|k| k.address != r.address))
        .map(|r| r.name.as_str())
        .collect();
    let (named, rest) = moved.split_at(moved.len().min(NAMED));
    if named.is_empty() {
        return;
    }
    let more = match rest.len() {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    show::note(&format!(
        "{} read at another address than the row has now: {}{more}",
        if moved.len() == 1 {
            "the facts of 1 device were".to_owned()
        } else {
            format!("the facts of {} were", counted(moved.len(), "device"))
        },
        named.join(", ")
    ));
}

/// A device that is not its row's was so when it was read: which of the two is out of date is not known.
fn differs(device: &mut DeviceState, file: &Path) {
    let Some((read_at, _)) = device.facts else {
        return;
    };
    let fault = device.ended.as_mut().and_then(|(_, f)| f.as_mut());
    let Some(fault) = fault.filter(|f| f.code == "serial_differs" || f.code == "platform_differs")
    else {
        return;
    };
    fault.message.push_str(&format!(
        ", as saved in {} at {}",
        file.display(),
        show::local(read_at)
    ));
    fault.remedy = Some(Remedy::with(
        "correct the row, or save the facts anew where the device was replaced",
        facts_file::again(file),
    ));
}

fn illegal(error: &IllegalTransition) -> Fault {
    Fault::new(Class::Operator, "illegal_transition", error.to_string())
        .remedy(Remedy::new("report this with the facts file"))
}
