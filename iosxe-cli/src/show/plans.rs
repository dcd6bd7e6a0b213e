//! Plans for people.

use iosxe_core::words::counted;
use iosxe_workflow::status::RunState;

use super::{line, note};

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
