//! A device family of a few lines: three steps, one file system, facts that are believed.

use std::sync::Arc;
use std::time::Duration;

use iosxe_core::boot::PackageState;
use iosxe_core::device::Facts;
use iosxe_core::image::{HashKind, Image};
use iosxe_core::observation::Observation;
use iosxe_core::plan::{
    DevicePlan, Disturbs, Method, PlanRequest, Refusal, Standing, Step, StepKind, StepState,
};
use iosxe_core::ports::{Driver, Drivers, Look, ServerSide};
use iosxe_core::secret::Secret;
use iosxe_core::stage::StageKind;
use iosxe_core::talk::Exchange;

use super::{packages, two_sides};

/// What every device comes from.
pub(super) const FROM: &str = "17.06.05";
/// What every device shall run.
pub(super) const TO: &str = "17.09.04a";
/// Bytes of the image.
pub(super) const BYTES: u64 = 1000;
/// Of the timer that activation asks for.
pub(super) const TIMER: Duration = Duration::from_secs(120 * 60);
/// Of a reload: p90, at most.
pub(super) const RELOAD: (Duration, Duration) =
    (Duration::from_secs(8 * 60), Duration::from_secs(15 * 60));

const FILE: &str = "cat9k_iosxe.17.09.04a.SPA.bin";
const DIGEST: &str = "00112233445566778899aabbccddeeff";

/// The image of every device.
pub(super) fn image() -> Image {
    Image {
        file: FILE.into(),
        version: TO.parse().unwrap(),
        platforms: vec!["C9300".into()],
        size_bytes: BYTES,
        sha512: None,
        provenance: iosxe_core::image::Provenance::default(),
        md5: Some(DIGEST.into()),
        path: FILE.into(),
    }
}

pub(super) fn step(kind: StepKind, stage: StageKind, command: &str, disturbs: Disturbs) -> Step {
    Step {
        kind,
        stage,
        commands: vec![command.to_owned()],
        disturbs,
        bound_s: 30 * 60,
        member_fs: None,
        server: None,
        firmware: Vec::new(),
        undo: "none".into(),
        why: iosxe_core::why::Reason::default(),
    }
}

struct Family;

impl Driver for Family {
    fn login(&self, _enable: Option<Secret>) -> Box<dyn Exchange> {
        unreachable!("the dispatcher talks to nobody")
    }

    fn look(&self, _look: &Look, _hostname: &str) -> Box<dyn Exchange> {
        unreachable!("the dispatcher talks to nobody")
    }

    fn act(&self, _step: &Step, _hostname: &str) -> Box<dyn Exchange> {
        unreachable!("the dispatcher talks to nobody")
    }

    fn pull(&self, _step: &Step, _hostname: &str, _server: ServerSide) -> Box<dyn Exchange> {
        unreachable!("the dispatcher talks to nobody")
    }

    fn plan(&self, request: &PlanRequest<'_>) -> Result<DevicePlan, Refusal> {
        use StageKind::{Approve, Commit, Postcheck, Rollback, Transfer, Upgrade};
        let none = Disturbs::None;
        let copy = match request.policy.transfer.server(None) {
            Some(server) => Step {
                server: Some(server.terms),
                ..step(StepKind::Pull, Transfer, "copy", none)
            },
            None => step(StepKind::Transfer, Transfer, "copy", none),
        };
        let mut plan = DevicePlan {
            device: request.record.name.clone(),
            pid: request.facts.pid.clone(),
            serials: request.facts.serials.clone(),
            from: FROM.parse().unwrap(),
            to: TO.parse().unwrap(),
            then: request.then.to_vec(),
            then_patches: Vec::new(),
            method: Method::ThreeStep,
            image: request.image.clone(),
            file_system: "flash:".into(),
            members: 1,
            steps: vec![
                step(StepKind::DeleteFile, Transfer, "delete", none),
                copy,
                step(StepKind::VerifyHash, Transfer, "verify", none),
                step(StepKind::Add, Transfer, "install add", none),
                step(StepKind::Gate, Approve, "gate", none),
                step(
                    StepKind::Activate,
                    Upgrade,
                    "install activate",
                    Disturbs::Reload,
                ),
                step(StepKind::Verify, Postcheck, "verify", none),
                step(StepKind::Commit, Commit, "install commit", none),
            ],
            way_back: vec![step(
                StepKind::Abort,
                Rollback,
                "install abort",
                Disturbs::Reload,
            )],
            undo_commit: Vec::new(),
            blast_radius: None,
            space: Vec::new(),
            reasons: Vec::new(),
            auto_abort: Some(TIMER),
            estimate_s: 600,
            hash: String::new(),
        };
        // A conversion of the running image: what is there is used, and nothing is copied.
        if request.record.want_method == Some(Method::Convert) {
            let copies = [StepKind::DeleteFile, StepKind::Transfer];
            plan.steps.retain(|s| !copies.contains(&s.kind));
        }
        if request.record.want_method == Some(Method::Issu) {
            two_sides::planned(&mut plan);
        }
        if request.record.want_method == Some(Method::RequestPlatform) {
            packages::planned(&mut plan);
        }
        Ok(plan.sealed())
    }

    fn look_for(&self, step: &Step, _plan: &DevicePlan) -> Look {
        match step.kind {
            StepKind::VerifyHash => Look::Digest {
                path: format!("flash:{FILE}"),
                kind: HashKind::Md5,
            },
            kind if kind.provisions() => Look::Provisioned { paths: Vec::new() },
            _ => Look::Facts,
        }
    }

    fn assess(&self, step: &Step, plan: &DevicePlan, seen: &Observation) -> StepState {
        let facts = match seen {
            Observation::Facts(facts) => facts,
            Observation::Digest(digest) if digest.hex.as_deref() == Some(DIGEST) => {
                return StepState::Done;
            }
            Observation::Provisioned(seen) => return packages::assess(step, seen),
            other => return blocked("a good copy", &format!("{other:?}"), "hash_differs"),
        };
        if let Some(state) = two_sides::assess(step, facts) {
            return state;
        }
        if step.kind == StepKind::Reload {
            return packages::reload(step, &self.standing(plan, facts));
        }
        let file = facts.file_systems[0].files.first().map(|f| f.size_bytes);
        let ready_if = |done| {
            if done {
                StepState::Done
            } else {
                StepState::Ready
            }
        };
        let to_is = |state| {
            let install = facts.install.as_ref().unwrap();
            install.has(&plan.to, state)
        };
        let added = facts.install.as_ref().unwrap().states_of(&plan.to).next();
        let busy = facts.install_busy.clone();
        let or_busy = |state| match (&busy, state) {
            (Some(what), StepState::Ready) => StepState::Pending { what: what.clone() },
            (_, state) => state,
        };
        match (step.kind, self.standing(plan, facts)) {
            (_, Standing::Other { running }) => blocked("one of two", &running, "third_release"),
            (StepKind::DeleteFile, _) => ready_if(file.is_none_or(|size| size == BYTES)),
            (StepKind::Transfer | StepKind::Pull, _) => match file {
                Some(size) if size != BYTES => blocked("all", "a part", "partial_file"),
                file => ready_if(file.is_some()),
            },
            (StepKind::Add, _) => or_busy(ready_if(added.is_some())),
            (StepKind::Activate, Standing::Original) if added.is_none() => {
                blocked("added", "nothing", "not_added")
            }
            (StepKind::Activate, standing) => or_busy(ready_if(standing != Standing::Original)),
            (StepKind::Commit, Standing::Original) => blocked("activated", FROM, "went_back"),
            (StepKind::Commit, _) => or_busy(ready_if(to_is(PackageState::Committed))),
            (StepKind::Abort, standing) => or_busy(ready_if(standing == Standing::Original)),
            (kind, _) => unreachable!("{kind:?} is not assessed"),
        }
    }

    fn standing(&self, plan: &DevicePlan, facts: &Facts) -> Standing {
        if plan.method == Method::Issu {
            return two_sides::standing(facts);
        }
        let running = facts.running.number().unwrap();
        if plan.method == Method::RequestPlatform && *running == plan.to {
            return Standing::Committed;
        }
        let install = facts.install.as_ref().unwrap();
        if let Some(member) = facts.missing_members().next() {
            return Standing::Settling {
                what: format!("member {} ({})", member.id, member.state),
            };
        }
        if *running == plan.from {
            Standing::Original
        } else if *running != plan.to {
            Standing::Other {
                running: running.to_string(),
            }
        } else if install.has(running, PackageState::Committed) {
            Standing::Committed
        } else {
            Standing::Uncommitted
        }
    }

    fn reload_time(&self, _facts: &Facts) -> (Duration, Duration) {
        RELOAD
    }
}

pub(super) fn blocked(expected: &str, found: &str, code: &str) -> StepState {
    StepState::Blocked {
        expected: expected.into(),
        found: found.into(),
        code: code.into(),
    }
}

/// One family for every device.
pub(super) struct Families;

impl Drivers for Families {
    fn any(&self) -> Arc<dyn Driver> {
        Arc::new(Family)
    }

    fn of(&self, _facts: &Facts) -> Result<Arc<dyn Driver>, Refusal> {
        Ok(Arc::new(Family))
    }
}
