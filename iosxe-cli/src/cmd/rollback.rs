//! `rollback`: devices whose upgrade is there to stay go back to what they came from, as their plans
//! say; or their configuration alone does, from the copy that the plan kept. Their health is held
//! against the baseline of before.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use iosxe_core::event::{ApproveMode, Event, Takeover};
use iosxe_core::fault::{Class, Fault, Remedy};
use iosxe_core::ids::{DeviceName, RunId};
use iosxe_core::plan::Step;
use iosxe_core::ports::{Drivers, Journal};
use iosxe_core::words::counted;
use iosxe_workflow::limit::Limit;
use iosxe_workflow::status::{DeviceState, RunState};

use super::approve::{operator, typed_line};
use super::{Context, drive, plan, status};
use crate::app::Rollback;
use crate::exit::{Aim, Asked, Exit};
use crate::{show, tables, wire};

pub(crate) async fn run(context: &Context, args: Rollback) -> Result<Exit, Fault> {
    let approve = drive::approve_mode(args.approve)?;
    may_decide_alone(context, args.emergency.as_deref())?;
    let journal = context.journal().await?;
    let chosen = Chosen::of(context, &args)?;
    let state = concerned(journal.as_ref(), args.run.as_deref(), &chosen).await?;
    let run = state.run.clone().unwrap_or_else(|| "".into());
    let aim = Back::of(context, &args)?;
    let from = told(&run, &state);
    show::note(&format!("what {from} upgraded is taken back"));
    let mut takeovers = BTreeMap::new();
    for (name, device) in chosen.among(&state) {
        let takeover = aim.takeover(device);
        let decided = device.may_be_decided(&takeover);
        match decided.and(chosen.is_of_plan(name, device)) {
            Ok(()) => {
                show::note(&planned(name, device, &takeover));
                takeovers.insert(name.clone(), takeover);
            }
            Err(why) => show::note(&format!(
                "{name} is {} in run {run}: {why}",
                device.outcome()
            )),
        }
    }
    let names: Vec<DeviceName> = takeovers.keys().cloned().collect();
    if names.is_empty() {
        return Err(none_to_roll_back(&run));
    }
    if !agreed(approve, names.len(), &from, &aim).await {
        return Ok(Exit::Stopped);
    }
    let records = names.iter().filter_map(|n| state.devices.get(n));
    drive::credentials(context, records.map(|d| &d.record)).await?;
    let emergency = args.emergency.map(|why| format!("emergency: {why}"));
    let reason = args
        .reason
        .or(emergency)
        .unwrap_or_else(|| "asked for by `iosxe rollback`".to_owned());
    let first = takeovers.into_iter().map(|(name, takeover)| {
        let taken = Event::TakenOver {
            takeover,
            by: operator(),
            reason: reason.clone(),
        };
        (name, taken)
    });
    let engine = context.engine(ApproveMode::Wait, false).await?;
    let only = Some(names.iter().cloned().collect());
    let mut end =
        drive::resume(context, &engine, run, only, first.collect(), names.clone()).await?;
    end.state.devices.retain(|name, _| names.contains(name));
    let asked = Asked {
        by_name: true,
        aim: Aim::Back,
        interrupted: end.interrupted,
    };
    show::note(&format!("this was to take back what {from} upgraded"));
    Ok(drive::finish(context, &end, asked).await)
}

/// Whether one person, who asks for it, may take devices back: an upgrade that takes two is not undone
/// by one, but in an emergency.
fn may_decide_alone(context: &Context, emergency: Option<&str>) -> Result<(), Fault> {
    let mut approval = context.config.policy.approval.clone();
    approval.emergency = emergency.map(str::to_owned);
    let me = operator();
    let alone = match approval.needed() {
        1 => approval.may_approve(&me, &me),
        _ => Err("it takes two persons, and a rollback is asked for by one".to_owned()),
    };
    alone.map_err(|why| {
        Fault::new(Class::Operator, "not_an_approver", why).remedy(Remedy::with(
            "ask somebody who may, or say that it is an emergency",
            "--emergency REASON",
        ))
    })
}

/// What goes back.
enum Back {
    /// Release and all.
    Release,
    /// The configuration alone, with a revert timer or without.
    Configuration {
        drivers: Arc<dyn Drivers>,
        revert: Option<Duration>,
    },
}

impl Back {
    fn of(context: &Context, args: &Rollback) -> Result<Self, Fault> {
        if !args.running_config {
            return Ok(Self::Release);
        }
        let timer = context.config.policy.replace_timer;
        Ok(Self::Configuration {
            drivers: wire::world(&context.config, None)?.drivers,
            revert: (!args.without_timer).then_some(timer),
        })
    }

    /// What a device is told to do. Steps that its plan does not have are none: it is not decided so.
    fn takeover(&self, device: &DeviceState) -> Takeover {
        let Self::Configuration { drivers, revert } = self else {
            return Takeover::RollBack;
        };
        let driver = device
            .facts
            .as_ref()
            .and_then(|(_, facts)| drivers.of(facts).ok());
        let steps = driver
            .zip(device.plan.as_ref())
            .and_then(|(driver, plan)| driver.put_back(plan, *revert));
        Takeover::ReplaceConfig {
            steps: steps.unwrap_or_default(),
        }
    }
}

/// Which run it is that is undone, and from when.
fn told(run: &RunId, state: &RunState) -> String {
    let when = state.started.map_or_else(String::new, |at| {
        format!(" of {}", at.strftime("%Y-%m-%d %H:%M:%S UTC"))
    });
    format!("run {run}{when}")
}

/// Which devices were asked for.
struct Chosen {
    names: Vec<String>,
    /// The plans of a saved plan, by device.
    plans: Option<BTreeMap<DeviceName, String>>,
    terms: Vec<Limit>,
    table: iosxe_core::platform::PlatformTable,
}

impl Chosen {
    fn of(context: &Context, args: &Rollback) -> Result<Self, Fault> {
        let terms = args.limit.limit.iter().flat_map(|l| l.split(','));
        Ok(Self {
            names: args.devices.clone(),
            plans: match &args.plan {
                Some(file) => {
                    let saved = plan::load(file)?.devices.into_iter();
                    Some(saved.map(|p| (p.device, p.hash)).collect())
                }
                None => None,
            },
            terms: terms.map(Limit::parse).collect::<Result<_, _>>()?,
            table: tables::platforms(&context.config)?,
        })
    }

    fn has(&self, name: &DeviceName, device: &DeviceState) -> bool {
        let named = self.names.is_empty() || self.names.iter().any(|n| n == name.as_str());
        let planned = self.plans.as_ref().is_none_or(|p| p.contains_key(name));
        let mut terms = self.terms.iter();
        named && planned && terms.all(|t| t.fits(&device.record, &self.table))
    }

    /// Whether the device was upgraded by the plan that was given, where one was.
    fn is_of_plan(&self, name: &DeviceName, device: &DeviceState) -> Result<(), &'static str> {
        let given = self.plans.as_ref().and_then(|plans| plans.get(name));
        match (given, &device.plan) {
            (Some(hash), Some(plan)) if *hash != plan.hash => {
                Err("it was upgraded by another plan than the one given")
            }
            _ => Ok(()),
        }
    }

    fn among<'a>(
        &'a self,
        state: &'a RunState,
    ) -> impl Iterator<Item = (&'a DeviceName, &'a DeviceState)> {
        state.devices.iter().filter(|(name, d)| self.has(name, d))
    }
}

/// The run that is named, or the latest in which a chosen device was upgraded for good.
async fn concerned(
    journal: &dyn Journal,
    run: Option<&str>,
    chosen: &Chosen,
) -> Result<RunState, Fault> {
    if let Some(run) = run {
        let state = status::state(journal, Some(run), false).await?;
        return state
            .filter(|s| s.run.is_some())
            .ok_or_else(|| none_to_roll_back(&RunId::new(run)));
    }
    for head in journal.runs().await.map_err(|e| Fault::from(&e))? {
        let state = status::state(journal, Some(head.run.as_str()), false).await?;
        let Some(state) = state else { continue };
        // The latest run that changed one of them tells how it stands.
        let changed = chosen.among(&state).any(|(_, d)| !d.intents.is_empty());
        if changed {
            return Ok(state);
        }
    }
    Err(Fault::new(
        Class::Operator,
        "nothing_to_decide",
        "no run has changed any of these devices",
    )
    .remedy(Remedy::with("look at the runs", "iosxe status --all")))
}

fn none_to_roll_back(run: &RunId) -> Fault {
    Fault::new(
        Class::Operator,
        "nothing_to_decide",
        format!("run {run} has none of these devices that could be rolled back"),
    )
    .remedy(Remedy::with(
        "look at the run",
        format!("iosxe status {run}"),
    ))
}

/// What will be done to a device, in a line.
fn planned(name: &DeviceName, device: &DeviceState, takeover: &Takeover) -> String {
    let Some(plan) = &device.plan else {
        return name.to_string();
    };
    let commands = |steps: &[Step]| -> String {
        let commands = steps.iter().flat_map(|s| s.commands.clone());
        commands.collect::<Vec<_>>().join("; ")
    };
    if let Takeover::ReplaceConfig { steps } = takeover {
        let undo = steps.first().map_or("", |s| s.undo.as_str());
        return format!(
            "{name}: the configuration of before the upgrade to {}: {}; undo: {undo}",
            plan.to,
            commands(steps)
        );
    }
    format!(
        "{name}: {} back to {}: {}; the device reloads",
        plan.to,
        plan.from,
        commands(plan.way_back_for_good())
    )
}

/// Whether the devices may be disturbed.
async fn agreed(approve: ApproveMode, devices: usize, from: &str, aim: &Back) -> bool {
    match approve {
        ApproveMode::Auto => true,
        ApproveMode::Wait => {
            show::note(
                "nothing was done: a rollback is approved on the terminal or by --approve auto",
            );
            false
        }
        ApproveMode::Prompt => {
            let devices = counted(devices, "device");
            let standing = show::ask(&match aim {
                Back::Release => format!("\nroll back {devices} of {from} now? [y]es, [n]o: "),
                Back::Configuration { .. } => format!(
                    "\nreplace the running configuration of {devices} of {from} now? [y]es, [n]o: "
                ),
            });
            let answer = typed_line().await;
            standing.answered();
            matches!(answer.as_deref(), Some("y" | "yes"))
        }
    }
}
