//! Where a rollback point leads, asked right before it is taken.

use iosxe_core::device::RollbackPoint;
use iosxe_core::plan::StepState;

use super::super::rollback::{leads, point_of};
use super::fleet;

#[test]
fn a_point_that_leads_elsewhere_by_now_is_not_taken() {
    let mut all = fleet().into_iter();
    let found = all.find_map(|(_, ask)| {
        let facts = ask.device.clone().discovered().facts(&[]).ok()?;
        let plan = ask.plan_of(&facts).ok()?;
        let step = plan.undo_commit.first().cloned()?;
        Some((facts, plan, step))
    });
    let (mut facts, plan, step) = found.unwrap();
    let id = point_of(&step).unwrap();
    let mut now = |release: Option<&str>, id| {
        let release = release.map(|r| r.parse().unwrap());
        facts.rollback_point = Some(RollbackPoint { id, release });
        leads(&step, &plan, &facts)
    };
    let from = plan.from.to_string();
    assert_eq!(now(Some(&from), id), StepState::Ready);
    for (release, id) in [
        (Some("17.3.1"), id),
        (None, id),
        (Some(from.as_str()), id + 1),
    ] {
        let state = now(release, id);
        let differs = matches!(
            &state,
            StepState::Blocked { code, .. } if code == "rollback_point_differs"
        );
        assert!(differs, "{release:?}: {state:?}");
    }
}
