//! The rules that a run was started under.

use std::fmt::{self, Formatter};

use iosxe_core::approval::ApprovalPolicy;
use iosxe_core::event::ApproveMode;
use iosxe_core::fleet::FleetPolicy;
use iosxe_core::plan::{OnFailedGate, OnInconclusive, Policy};
use iosxe_core::words::counted;

use super::super::Start;
use super::{Text, Took, row};

pub(super) fn policy(f: &mut Formatter<'_>, start: &Start) -> fmt::Result {
    let Policy {
        auto_abort,
        convergence,
        soak,
        lost_after,
        answer_within,
        flash_margin_bytes,
        flash_expand_percent,
        on_failed_gate,
        on_inconclusive,
        allow_downgrade,
        keep_config,
        replace_timer,
        approved_images_only,
        patch_timer,
        prefixes_lost_percent,
        transfer,
        approval,
        fleet,
        checks,
    } = &start.policy;
    f.write_str("<h3>Rules of the run</h3>\n<dl class=\"facts\">\n")?;
    let approve = match start.approve {
        ApproveMode::Auto => "with the start of the run",
        ApproveMode::Prompt => "on the terminal",
        ApproveMode::Wait => "by `iosxe approve` or the inventory",
    };
    row(f, "Up to stage", start.until)?;
    row(f, "Gates are answered", approve)?;
    row(f, "Auto-abort timer", Took(auto_abort.as_secs_f64()))?;
    row(f, "Checks may fail for", Took(convergence.as_secs_f64()))?;
    row(f, "Watched before commit for", Took(soak.as_secs_f64()))?;
    row(f, "Lost after", Took(lost_after.as_secs_f64()))?;
    let answered = Took(answer_within.as_secs_f64());
    row(f, "Unknown questions wait for", answered)?;
    let room = format!("{flash_margin_bytes} bytes and {flash_expand_percent} % of the image");
    row(f, "Room kept on flash", room)?;
    let failed = match on_failed_gate {
        OnFailedGate::Abort => "take the device back",
        OnFailedGate::Ask => "ask a person",
    };
    row(f, "When a gate check fails", failed)?;
    let inconclusive = match on_inconclusive {
        OnInconclusive::Ask => "ask a person",
        OnInconclusive::Commit => "go on to commit",
        OnInconclusive::Abort => "take the device back",
    };
    row(f, "When a gate check cannot be read", inconclusive)?;
    row(
        f,
        "Older releases",
        if *allow_downgrade {
            "allowed"
        } else {
            "refused"
        },
    )?;
    if *keep_config {
        let kept = format!(
            "kept on flash; put back with a timer of {}",
            Took(replace_timer.as_secs_f64())
        );
        row(f, "Configurations", kept)?;
    }
    if *approved_images_only {
        row(f, "Images", "only those that somebody approved")?;
    }
    for server in transfer.servers() {
        let named = format!("Images fetched by {}", server.said);
        row(f, &named, Text(&server.folder.to_string()))?;
    }
    if !*patch_timer {
        row(f, "Timer of patches", "left to the device")?;
    }
    approval_rules(f, approval)?;
    fleet_rules(f, fleet)?;
    let told = format!("told when more than {prefixes_lost_percent} % are gone");
    row(f, "Prefixes of a BGP neighbour", told)?;
    for check in checks {
        let named = format!("Own check {}", check.name);
        row(f, &named, Text(&check.to_string()))?;
    }
    if (start.scale - 1.0).abs() > f64::EPSILON {
        let scale = format!("{} times faster than wall time (a lab)", start.scale);
        row(f, "Clock", scale)?;
    }
    f.write_str("</dl>\n")
}

/// Who may open gates: said where it is not as usual.
fn approval_rules(f: &mut Formatter<'_>, approval: &ApprovalPolicy) -> fmt::Result {
    let ApprovalPolicy {
        persons,
        not_the_requester,
        by,
        valid_s,
        emergency,
    } = approval;
    if *persons > 1 {
        row(f, "A plan is approved by", "two different persons")?;
    }
    if *not_the_requester {
        row(f, "Whoever started the run", "does not approve it")?;
    }
    if !by.is_empty() {
        row(f, "Approvers", Text(&by.join(", ")))?;
    }
    if let Some(seconds) = valid_s {
        let seconds = u32::try_from(*seconds).unwrap_or(u32::MAX);
        row(f, "An approval holds for", Took(f64::from(seconds)))?;
    }
    if let Some(reason) = emergency {
        row(f, "Emergency, one person is enough", Text(reason))?;
    }
    Ok(())
}

/// What binds devices to each other: said where it is not as usual.
fn fleet_rules(f: &mut Formatter<'_>, fleet: &FleetPolicy) -> fmt::Result {
    let FleetPolicy {
        windows,
        sites,
        waves,
        reloads,
        transfers,
    } = fleet;
    let usual = FleetPolicy::default();
    if *waves != usual.waves {
        if let Some(canary) = waves.canary {
            let batches = format!("{canary} first, then {} times as many", waves.growth);
            row(f, "Rows without a wave", batches)?;
        }
        row(f, "A wave is watched for", Took(waves.soak.as_secs_f64()))?;
        let most = counted(waves.failures, "failed device");
        row(f, "A wave stops at", most)?;
        if let Some(most) = waves.run_failures {
            row(f, "The run stops at", counted(most, "failed device"))?;
        }
    }
    let at_once = |most: Option<u32>| most.map(|n| format!("{n} at once"));
    if let Some(most) = at_once(*reloads) {
        row(f, "Devices disturbed", most)?;
    }
    if let Some(most) = at_once(*transfers) {
        row(f, "Copies", most)?;
    }
    for site in sites {
        let rules = [
            site.window.as_ref().map(|w| format!("window {w}")),
            site.reloads.map(|n| format!("{n} disturbed at once")),
            site.transfers.map(|n| format!("{n} copies at once")),
        ];
        let rules: Vec<String> = rules.into_iter().flatten().collect();
        if !rules.is_empty() {
            let named = format!("Site {}", site.pattern);
            row(f, &named, Text(&rules.join(", ")))?;
        }
    }
    for window in windows {
        let named = format!("Window {}", window.name);
        row(f, &named, Text(&window.to_string()))?;
    }
    Ok(())
}
