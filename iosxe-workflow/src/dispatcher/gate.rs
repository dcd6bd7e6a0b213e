//! The gate before the first step that disturbs.

use iosxe_core::event::{Event, StepRef};
use iosxe_core::ids::DeviceName;
use iosxe_core::ports::{GateAnswer, GateQuestion};
use iosxe_core::stage::Outcome;
use jiff::Timestamp;

use super::device::Moves;
use super::{Dispatcher, Done, InFlight, Task, TaskError, operator};

impl Dispatcher {
    pub(super) fn gate(&mut self, name: &DeviceName, now: Timestamp, place: StepRef) -> Moves {
        let Some(device) = self.device(name) else {
            return Ok(Vec::new());
        };
        let Some(plan) = device.plan.clone() else {
            return Ok(Vec::new());
        };
        let found: Vec<String> = device.patch_seen.iter().map(ToString::to_string).collect();
        if device.approved.is_some() {
            return self.record(
                name,
                now,
                [Event::StepDone {
                    step: place,
                    found_so: false,
                }],
            );
        }
        let mut moves = self.record(
            name,
            now,
            [Event::GateWaiting {
                plan_hash: plan.hash.clone(),
            }],
        )?;
        let question = GateQuestion {
            device: name.clone(),
            plan,
            found,
        };
        moves.extend(self.start(name, InFlight::Gate, Task::Ask(Box::new(question))));
        Ok(moves)
    }

    pub(super) fn gate_answered(
        &mut self,
        name: &DeviceName,
        now: Timestamp,
        result: Result<Done, TaskError>,
    ) -> Moves {
        let Some(plan_hash) = self
            .device(name)
            .and_then(|d| d.plan.as_ref())
            .map(|p| p.hash.clone())
        else {
            return Ok(Vec::new());
        };
        match result {
            Ok(Done::Answered(GateAnswer::Approved { by })) => {
                self.record(name, now, [Event::Approved { by, plan_hash }])
            }
            Ok(Done::Answered(GateAnswer::Rejected { by, reason })) => {
                let fault = operator(
                    "rejected",
                    format!("{by} rejected the plan: {reason}"),
                    "nothing was disturbed; the image stays on flash",
                );
                let mut moves = self.record(name, now, [Event::Rejected { by, reason }])?;
                moves.extend(self.end(name, now, Outcome::Held, Some(fault))?);
                Ok(moves)
            }
            Ok(Done::Answered(GateAnswer::NotNow { how })) => {
                let hash8: String = plan_hash.chars().take(8).collect();
                let fault = operator("approval", format!("plan {hash8} waits for approval"), &how);
                self.hold(name, now, fault)
            }
            Ok(_) => Ok(Vec::new()),
            Err(error) => self.give_up(name, now, error.fault()),
        }
    }
}
