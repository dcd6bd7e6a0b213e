//! Every "why" of a plan rests on lines: without them the plan is another one, or there is none.

use std::collections::BTreeSet;
use std::time::Duration;

use iosxe_core::plan::{DevicePlan, Refusal};
use iosxe_core::pull::TransferPolicy;
use iosxe_core::why::{Evidence, Reason};

use super::{Ask, fleet};
use crate::rules::RuleTable;

/// Everything in a plan that says why.
fn whys(plan: &DevicePlan) -> Vec<&Reason> {
    let steps = plan.steps.iter().chain(&plan.way_back).map(|s| &s.why);
    plan.reasons.iter().chain(steps).collect()
}

/// The lines of a reason that the device printed, and the others.
fn sorted(reason: &Reason) -> (Vec<Evidence>, Vec<Evidence>) {
    let printed = |e: &Evidence| e.source.starts_with("show ") || e.source.starts_with("dir ");
    reason.evidence.iter().cloned().partition(printed)
}

/// The same question to a device that does not print some lines; `None` when what it prints makes no
/// sense any more, or names no device that is known.
fn unsaid(ask: &Ask, lines: &[Evidence]) -> Option<Result<DevicePlan, Refusal>> {
    let facts = ask.device.facts(lines).ok()?;
    let table = super::table();
    table.family(&facts.pid)?;
    Some(ask.plan_of(&facts))
}

/// The same question with another setting, row, image or table.
fn without(ask: &Ask, line: &Evidence) -> Result<DevicePlan, Refusal> {
    let mut ask = ask.clone();
    let (source, value) = (line.source.as_str(), line.line.as_str());
    let name = value.split(" = ").next().unwrap_or_default();
    match (source, name) {
        ("policy", "auto_abort") => ask.policy.auto_abort = Duration::from_secs(45 * 60),
        ("policy", "convergence") => ask.policy.convergence *= 2,
        ("policy", "allow_downgrade") => ask.policy.allow_downgrade = false,
        ("policy", "keep_config") => ask.policy.keep_config = false,
        ("policy", "soak") => ask.policy.soak *= 2,
        ("policy", "flash_expand_percent") => ask.policy.flash_expand_percent *= 2,
        ("policy", "flash_margin_bytes") => ask.policy.flash_margin_bytes *= 2,
        (image, "verified") if image.starts_with("image catalogue") => {
            ask.image.provenance.verified = true;
        }
        (configuration, "from") if configuration.starts_with("configuration, ") => {
            ask.policy.transfer = TransferPolicy::default();
        }
        ("image catalogue", _) => ask.image.sha512 = Some("00".repeat(64)),
        ("rule table", _) => return rules_gone(&ask),
        (inventory, "save_config") if inventory.starts_with("inventory") => {
            ask.record.save_config = false;
        }
        (inventory, "target_version") if inventory.starts_with("inventory") => {
            ask.record.target = None;
        }
        (inventory, "want_method") if inventory.starts_with("inventory") => {
            ask.record.want_method = None;
        }
        (table, _) if table.starts_with("platform table") => return slower(&ask),
        other => panic!("no way to take {other:?} away"),
    }
    ask.plan()
}

fn rules_gone(ask: &Ask) -> Result<DevicePlan, Refusal> {
    planned(ask, |_| {}, &RuleTable::default())
}

fn slower(ask: &Ask) -> Result<DevicePlan, Refusal> {
    let rules = super::rules();
    planned(
        ask,
        |family| {
            family.activate_s[1] += 60;
            family.reload_s[1] += 60;
            family.issu_side_s[1] += 60;
            family.module_delay_s += 60;
        },
        rules,
    )
}

fn planned(
    ask: &Ask,
    change: impl FnOnce(&mut iosxe_core::platform::Family),
    rules: &RuleTable,
) -> Result<DevicePlan, Refusal> {
    let facts = ask.device.facts(&[]).unwrap();
    let table = super::table();
    let mut family = table.family(&facts.pid).unwrap().clone();
    change(&mut family);
    crate::planner::plan(
        &family,
        rules,
        &iosxe_core::plan::PlanRequest {
            record: &ask.record,
            facts: &facts,
            image: &ask.image,
            then: &[],
            policy: &ask.policy,
        },
    )
}

/// What a reader sees of a plan apart from the lines themselves.
fn said(plan: &DevicePlan) -> String {
    let mut plan = plan.clone();
    for why in plan.steps.iter_mut().chain(&mut plan.way_back) {
        why.why.evidence.clear();
    }
    for reason in &mut plan.reasons {
        reason.evidence.clear();
    }
    format!("{plan:?}")
}

#[test]
fn every_choice_and_every_step_names_a_rule_and_a_line() {
    for (name, mut ask) in fleet() {
        ask.record.save_config = true;
        let plan = ask.plan().unwrap();
        let steps = plan.steps.iter().chain(&plan.way_back);
        let whys = steps.map(|s| (s.kind.word(), &s.why));
        let choices = plan.reasons.iter().map(|r| ("choice", r));
        for (what, why) in whys.chain(choices) {
            assert!(!why.rule.is_empty(), "{name}: {what} has no rule");
            assert!(
                !why.evidence.is_empty(),
                "{name}: {what} [{}] has no line",
                why.rule
            );
        }
    }
}

#[test]
fn without_what_a_reason_rests_on_the_plan_is_another() {
    let mut taken = 0;
    let mut idle = BTreeSet::new();
    for (name, mut ask) in fleet() {
        ask.record.save_config = true;
        ask.image.provenance.verified = false;
        ask.record.want_method = ask.plan().map(|p| p.method).ok();
        let plan = ask.plan().unwrap();
        for why in whys(&plan) {
            let (printed, others) = sorted(why);
            let mut changed = others
                .iter()
                .map(|line| (line.to_string(), without(&ask, line)))
                .collect::<Vec<_>>();
            if !printed.is_empty()
                && let Some(answer) = unsaid(&ask, &printed)
            {
                changed.push((format!("{printed:?}"), answer));
            }
            taken += 1;
            for (line, answer) in changed {
                if answer.is_ok_and(|other| said(&plan) == said(&other)) {
                    idle.insert(format!("{name} [{}]: the same without {line}", why.rule));
                }
            }
        }
    }
    assert_eq!(idle, BTreeSet::new());
    assert!(taken > 200, "only {taken} reasons were taken away");
}

#[test]
fn the_rules_page_explains_every_rule() {
    let page = include_str!("../../../../docs/rules.md");
    let mut missing = BTreeSet::new();
    let mut check = |rule: &str| {
        if !page.contains(&format!("`{rule}`")) {
            missing.insert(rule.to_owned());
        }
    };
    for (_, mut ask) in fleet() {
        ask.record.save_config = true;
        let plan = ask.plan().unwrap();
        for step in plan.steps.iter().chain(&plan.way_back) {
            check(&step.why.rule);
        }
        for reason in &plan.reasons {
            check(&reason.rule);
        }
    }
    for rule in super::rules().rules() {
        check(&rule.id);
    }
    assert_eq!(missing, BTreeSet::new());
}
