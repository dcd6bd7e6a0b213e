//! Plans for people.

use iosxe_core::words::counted;
use std::collections::BTreeMap;

use iosxe_core::fleet::Forecast;
use iosxe_core::ids::DeviceName;
use iosxe_workflow::status::{DeviceState, RunState};

use super::{line, local, note};

/// Every plan, and why others have none.
pub(crate) fn plans(state: &RunState, hash: Option<&str>) {
    let mut planned = 0;
    for (name, device) in &state.devices {
        match (&device.plan, &device.ended) {
            (Some(plan), _) => {
                planned += 1;
                line(&plan.to_string());
            }
            (None, Some((outcome, fault))) => {
                let why = fault
                    .as_ref()
                    .map(|f| format!(": {} [{}]", f.message, f.code));
                line(&format!("{name}  {outcome}{}\n", why.unwrap_or_default()));
                for seen in fault.iter().flat_map(|f| &f.evidence) {
                    line(&format!("     {seen}"));
                }
                if let Some(remedy) = fault.as_ref().and_then(|f| f.remedy.as_ref()) {
                    note(&format!("  next: {remedy}"));
                }
            }
            (None, None) => line(&format!("{name}  {}\n", device.outcome())),
        }
    }
    let hash = hash.map(|hash| format!("; hash {}", hash.get(..8).unwrap_or(hash)));
    line(&format!(
        "{planned} of {} planned{}",
        counted(state.devices.len(), "device"),
        hash.unwrap_or_default()
    ));
}

/// How many names a line has.
const NAMED: usize = 8;

/// Whether the devices fit into their windows, and which would be left.
pub(crate) fn windows(forecasts: &[Forecast], devices: &BTreeMap<DeviceName, DeviceState>) {
    for forecast in forecasts {
        let all = forecast.fit.len() + forecast.left.len();
        line(&format!(
            "window {}, {} to {}: {} of {} fit",
            forecast.window,
            local(forecast.opens),
            local(forecast.closes),
            forecast.fit.len(),
            counted(all, "device"),
        ));
        if let Some(last) = forecast.fit.iter().max_by_key(|turn| turn.ends) {
            line(&format!(
                "     through by {}, {} last",
                local(last.ends),
                last.device
            ));
        }
        let names: Vec<&str> = forecast.left.iter().map(DeviceName::as_str).collect();
        let (named, rest) = names.split_at(names.len().min(NAMED));
        if !named.is_empty() {
            let more = match rest.len() {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            line(&format!("     left: {}{more}", named.join(", ")));
        }
    }
    let none = devices.values().filter(|d| d.plan.is_some());
    let free = none.filter(|d| !forecasts.iter().any(|f| knows(f, &d.record.name)));
    let free = free.count();
    if !forecasts.is_empty() && free > 0 {
        line(&format!("{} may go at any time", counted(free, "device")));
    }
}

fn knows(forecast: &Forecast, name: &DeviceName) -> bool {
    let mut fit = forecast.fit.iter().map(|turn| &turn.device);
    fit.any(|d| d == name) || forecast.left.contains(name)
}
