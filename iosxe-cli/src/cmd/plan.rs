//! `plan`: what would happen to each device and why, printed or saved.

use std::collections::BTreeMap;
use std::path::Path;

use iosxe_core::event::ApproveMode;
use iosxe_core::fault::{Class, Fault, Remedy};
use iosxe_core::fleet::{Forecast, forecast};
use iosxe_core::ids::DeviceName;
use iosxe_core::plan::{DevicePlan, fleet_hash};
use iosxe_core::stage::StageKind;
use iosxe_core::why::{Evidence, Reason};
use iosxe_workflow::status::{DeviceState, RunState};
use iosxe_workflow::summary::Summary;
use jiff::Timestamp;
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Value, json};

use super::Context;
use super::drive::{self, Start};
use super::plan_saved::{self, Ages};
use crate::app::PlanArgs;
use crate::exit::{self, Aim, Asked, Exit};
use crate::show::{self, Output};

/// A plan file. Its version is that of the format.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Saved {
    /// Format.
    pub(crate) iosxe_plan: u32,
    /// Over all devices.
    pub(crate) hash: String,
    /// The plans.
    pub(crate) devices: Vec<DevicePlan>,
}

/// The format of plan files.
const FORMAT: u32 = 1;

pub(crate) async fn run(context: &Context, args: &PlanArgs) -> Result<Exit, Fault> {
    let limits = &args.work.limit.limit;
    let asked = |interrupted| Asked {
        by_name: !limits.is_empty(),
        aim: Aim::Answers,
        interrupted,
    };
    if let Some(file) = &args.facts {
        let (state, ages) = plan_saved::run(context, file, limits).await?;
        let windows = windows(context, &state);
        tell(
            context.output,
            args.save.as_deref(),
            &state,
            Some(&ages),
            &windows,
        )?;
        return Ok(exit::of(&Summary::of(&state), asked(false)));
    }
    let records = drive::rows(context, limits).await?;
    let end = drive::start(
        context,
        Start {
            verb: "plan",
            until: StageKind::Plan,
            approve: ApproveMode::Wait,
            accept_new: args.work.accept_new_host_keys,
            named: !limits.is_empty(),
            bound: BTreeMap::new(),
            emergency: None,
            against: BTreeMap::new(),
        },
        records,
    )
    .await?;
    let windows = windows(context, &end.state);
    tell(
        context.output,
        args.save.as_deref(),
        &end.state,
        None,
        &windows,
    )?;
    drive::after(context, &end).await;
    Ok(exit::of(&end.summary(), asked(end.interrupted)))
}

/// Whether the plans fit into their windows.
fn windows(context: &Context, state: &RunState) -> Vec<Forecast> {
    let config = &context.config;
    let devices = state.in_order().into_iter();
    let planned = devices.filter_map(|d| Some((&d.record, d.plan.as_ref()?)));
    forecast(
        planned,
        &config.policy,
        config.limits.devices,
        config.clock.scale,
        Timestamp::now(),
    )
}

/// Saves and prints the plans; `ages` are those of saved facts.
fn tell(
    output: Output,
    save_to: Option<&Path>,
    state: &RunState,
    ages: Option<&Ages>,
    windows: &[Forecast],
) -> Result<(), Fault> {
    let plans: Vec<&DevicePlan> = state
        .devices
        .values()
        .filter_map(|d| d.plan.as_ref())
        .collect();
    // Nothing planned has no hash that anybody could approve.
    let hash = (!plans.is_empty()).then(|| fleet_hash(plans.iter().copied()));
    let hash = hash.as_deref();
    if let Some(file) = save_to {
        let saved = Saved {
            iosxe_plan: FORMAT,
            hash: fleet_hash(plans.iter().copied()),
            devices: plans.iter().map(|p| (*p).clone()).collect(),
        };
        save(file, &saved)?;
    }
    match (output, ages) {
        (Output::Table, Some(ages)) => show::line(&format!("{ages}\n")),
        (Output::Json | Output::Ndjson, Some(ages)) => show::note(&ages.to_string()),
        (_, None) => {}
    }
    match output {
        Output::Table => {
            show::plans(state, hash);
            show::windows(windows, &state.devices);
        }
        Output::Json | Output::Ndjson => show::stream(
            output,
            &Document {
                state,
                hash,
                ages,
                windows,
                last_line: output == Output::Ndjson,
            },
        ),
    }
    Ok(())
}

/// What `plan --output json` prints, a device at a time: a fleet's plans in memory twice are too many.
struct Document<'a> {
    state: &'a RunState,
    hash: Option<&'a str>,
    ages: Option<&'a Ages>,
    windows: &'a [Forecast],
    /// It is the last line of a stream, which says so.
    last_line: bool,
}

impl Serialize for Document<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("devices", &Devices(self))?;
        if let Some(ages) = self.ages {
            map.serialize_entry("facts", &ages.document())?;
        }
        map.serialize_entry("hash", &self.hash)?;
        map.serialize_entry("run", &Value::Null)?;
        if self.last_line {
            map.serialize_entry("type", "summary")?;
        }
        if !self.windows.is_empty() {
            map.serialize_entry("windows", self.windows)?;
        }
        map.end()
    }
}

struct Devices<'a>(&'a Document<'a>);

impl Serialize for Devices<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Document { state, ages, .. } = self.0;
        let devices = state.devices.iter();
        serializer.collect_seq(devices.map(|(name, d)| one(name, d, ages.is_some())))
    }
}

/// One device; from saved facts with the time at which they were read.
fn one(name: &DeviceName, device: &DeviceState, saved: bool) -> Value {
    let plan = device.plan.as_ref();
    let fault = device.ended.as_ref().and_then(|(_, f)| f.as_ref());
    let steps: Vec<Value> = plan
        .map(|p| p.steps.as_slice())
        .unwrap_or_default()
        .iter()
        .map(|s| {
            json!({
                "kind": s.kind.word(),
                "command": s.commands.join("; "),
                "disturbs": s.disturbs,
                "bound_s": s.bound_s,
                "undo": s.undo,
                "why": s.why,
            })
        })
        .collect();
    let from = plan
        .map(|p| p.from.to_string())
        .or_else(|| device.facts.as_ref().map(|(_, f)| f.running.to_string()));
    let mut document = json!({
        "name": name,
        "from": from,
        "to": plan.map(DevicePlan::target).or(device.record.target.as_ref()).map(ToString::to_string),
        "legs": plan.map(|p| p.legs().collect::<Vec<_>>()).unwrap_or_default(),
        "then_patches": plan.map(|p| p.then_patches.as_slice()).unwrap_or_default(),
        "method": plan.map(|p| p.method.word()),
        "image": plan.map(|p| &p.image.file),
        "steps": steps,
        "reasons": match (plan, fault) {
            (Some(plan), _) => json!(plan.reasons),
            (None, Some(fault)) => json!([refused(fault)]),
            (None, None) => json!([]),
        },
        "blast_radius": plan.and_then(|p| p.blast_radius),
        "space": plan.map(|p| p.space.as_slice()).unwrap_or_default(),
        "hash": plan.map(|p| &p.hash),
        "outcome": device.outcome(),
        "refusal": fault.map(|f| json!({
            "code": f.code,
            "message": f.message,
            "remedy": f.remedy.as_ref().map(ToString::to_string),
        })),
    });
    if let (true, Value::Object(map)) = (saved, &mut document) {
        let read_at = device.facts.as_ref().map(|(at, _)| at);
        map.insert("facts_read_at".into(), json!(read_at));
    }
    document
}

/// A refusal's rule and lines, in the shape of a plan's reasons.
fn refused(fault: &Fault) -> Reason {
    let lines = fault.evidence.iter().map(|text| {
        let (source, line) = text.split_once(": ").unwrap_or(("", text));
        Evidence::new(source, line)
    });
    Reason::new(&fault.code, fault.message.clone(), lines.collect())
}

fn save(file: &Path, saved: &Saved) -> Result<(), Fault> {
    let bad = |reason: String| {
        Fault::new(
            Class::Operator,
            "plan_file",
            format!("cannot write {}: {reason}", file.display()),
        )
        .remedy(Remedy::new(
            "choose a file in a folder that exists and can be written",
        ))
    };
    let text = serde_json::to_string_pretty(saved).map_err(|e| bad(e.to_string()))?;
    std::fs::write(file, text + "\n").map_err(|e| bad(e.to_string()))
}

/// Reads a plan file and holds every hash against what it covers.
pub(crate) fn load(file: &Path) -> Result<Saved, Fault> {
    let bad = |reason: String| {
        Fault::new(
            Class::Operator,
            "plan_file",
            format!("{}: {reason}", file.display()),
        )
        .remedy(Remedy::with("make the plan anew", "iosxe plan --save FILE"))
    };
    let text = std::fs::read_to_string(file).map_err(|e| bad(e.to_string()))?;
    let value: Value =
        serde_json::from_str(&text).map_err(|e| bad(format!("it is no JSON: {e}")))?;
    if value.get("iosxe_plan").is_none() {
        // What `--output json` prints is for reading; what can be carried out is saved.
        return Err(bad("it is no plan that `iosxe plan --save` wrote".into()));
    }
    let saved: Saved =
        serde_json::from_value(value).map_err(|e| bad(format!("the plan is damaged: {e}")))?;
    if saved.iosxe_plan > FORMAT {
        return Err(bad(format!(
            "format {} is newer than {FORMAT}",
            saved.iosxe_plan
        )));
    }
    for plan in &saved.devices {
        if plan.clone().sealed().hash != plan.hash {
            return Err(bad(format!(
                "the plan of {} was changed after it was hashed",
                plan.device
            )));
        }
    }
    Ok(saved)
}
