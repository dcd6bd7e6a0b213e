//! Events in a few words, for people.

use iosxe_core::event::{Event, RollbackCause, Takeover};
use iosxe_core::health::Weight;
use iosxe_core::words::counted;

/// An event in a few words, for people; `None` for those that only machines need.
pub(super) fn words(event: &Event) -> Option<String> {
    Some(match event {
        Event::StageEntered { stage } => format!("{stage}"),
        Event::FactsSeen { facts } => {
            format!(
                "{} runs {} in {} mode",
                facts.pid,
                facts.running,
                facts.boot_mode.word()
            )
        }
        Event::Planned { plan } => {
            format!(
                "plan {}: {} -> {} by {}",
                plan.hash8(),
                plan.from,
                plan.to,
                plan.method
            )
        }
        Event::BackupKept { files } => {
            format!("configurations kept ({})", counted(files.len(), "file"))
        }
        Event::Warned { message, .. } => format!("warning: {message}"),
        Event::LookFailed { fault, attempt } => format!("try {attempt} failed: {}", fault.message),
        Event::Approved { by, plan_hash } => {
            format!(
                "plan {} approved by {by}",
                plan_hash.get(..8).unwrap_or(plan_hash)
            )
        }
        Event::ApprovalLapsed => "its approval is too old: the gate is asked again".to_owned(),
        Event::Rejected { by, reason } => format!("rejected by {by}: {reason}"),
        Event::Intent { commands, .. } => commands.join("; "),
        Event::QuestionMet { question, until } => {
            let local = until.to_zoned(jiff::tz::TimeZone::system());
            format!(
                "asks `{}` during {}; `iosxe answer` types your answer until {}",
                question.text,
                question.during,
                local.strftime("%H:%M:%S")
            )
        }
        Event::ActStopped { fault, .. } => format!("stopped: {}", fault.message),
        Event::StepDone { found_so: true, .. } => return None,
        Event::HopDone {
            reached,
            then,
            patches,
        } => match (then.first(), patches.first()) {
            (Some(next), _) => format!("{reached} is committed; next comes {next}"),
            (None, Some(next)) => format!("this patch is done; next comes {next}"),
            (None, None) => format!("{reached} is committed"),
        },
        Event::PatchSeen { seen } => seen.to_string(),
        Event::Queued { what, .. } => format!("waits for {what}"),
        Event::Watched { findings } if findings.iter().any(|f| f.weight == Weight::Gate) => {
            let gates = findings.iter().filter(|f| f.weight == Weight::Gate);
            let list: Vec<String> = gates.map(|f| format!("{} {}", f.check, f.found)).collect();
            format!("worse since its upgrade: {}", list.join(", "))
        }
        Event::WentAway => "away, reloading".to_owned(),
        Event::CameBack { running } => format!("back, runs {running}"),
        Event::AutoAbortDeadline { at } => {
            let local = at.to_zoned(jiff::tz::TimeZone::system());
            format!(
                "goes back by itself at {} unless committed",
                local.strftime("%H:%M:%S")
            )
        }
        Event::SoakUntil { .. } => "healthy; watched before the commit".to_owned(),
        Event::Findings { findings } if !findings.is_empty() => {
            let list: Vec<String> = findings
                .iter()
                .map(|f| format!("{} {}", f.check, f.found))
                .collect();
            format!("not yet as before: {}", list.join(", "))
        }
        Event::RollbackBegun { cause } => going_back(cause),
        Event::HeldFor { fault } => format!("held: {}", fault.message),
        Event::TakenOver {
            takeover,
            by,
            reason,
        } => {
            let what = decided(takeover);
            match reason.as_str() {
                "" => format!("taken over by {by}: {what}"),
                reason => format!("taken over by {by}: {what}: {reason}"),
            }
        }
        Event::Ended { outcome, fault, .. } => match fault {
            Some(fault) => format!("{outcome}: {}", fault.message),
            None => outcome.to_string(),
        },
        _ => return None,
    })
}

fn going_back(cause: &RollbackCause) -> String {
    match cause {
        RollbackCause::FailedGate { checks } => format!("going back: {}", checks.join("; ")),
        RollbackCause::Operator { by, reason } => format!("going back, as {by} decided: {reason}"),
        RollbackCause::AutoAbort => "went back by itself: its auto-abort timer ran out".to_owned(),
        RollbackCause::BootFallback => "booted the release that it came from".to_owned(),
        RollbackCause::DeviceAborted { said } => format!("ended the upgrade itself: {said}"),
    }
}

fn decided(takeover: &Takeover) -> String {
    match takeover {
        Takeover::Commit => "commit now".to_owned(),
        Takeover::Abort => "take it back".to_owned(),
        Takeover::Accept { check } => format!("count {check} as passed"),
        Takeover::RollBack => "take it back although it is committed".to_owned(),
        Takeover::Answer { text, .. } => format!("type `{text}` at the question"),
        Takeover::Approve { .. } => "carry its plan out".to_owned(),
        Takeover::Reject { .. } => "leave it as it is".to_owned(),
        Takeover::Pause => "stop at the next safe point".to_owned(),
        Takeover::Cancel => "stop at the next safe point, for good".to_owned(),
        Takeover::ReplaceConfig { .. } => "put the kept configuration back".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `{:?}` makes of a value is for developers.
    #[test]
    fn why_a_device_goes_back_and_who_decided_is_told_in_words() {
        let (by, reason) = ("jane".to_owned(), "the phones are silent".to_owned());
        let causes = [
            RollbackCause::FailedGate {
                checks: vec!["port:Te1/1/1 down, was up".into(), "members 2 of 3".into()],
            },
            RollbackCause::Operator {
                by: by.clone(),
                reason: reason.clone(),
            },
            RollbackCause::AutoAbort,
            RollbackCause::BootFallback,
        ];
        let begun = causes.map(|cause| Event::RollbackBegun { cause });
        let check = "port:Te1/1/1".to_owned();
        let taken = [
            Takeover::Commit,
            Takeover::Abort,
            Takeover::Accept { check },
            Takeover::Answer {
                text: "yes".into(),
                question: None,
            },
        ];
        let taken = taken.map(|takeover| Event::TakenOver {
            takeover,
            by: by.clone(),
            reason: reason.clone(),
        });
        let told: Vec<String> = begun.iter().chain(&taken).filter_map(words).collect();
        insta::assert_snapshot!(told.join("\n"), @r"
        going back: port:Te1/1/1 down, was up; members 2 of 3
        going back, as jane decided: the phones are silent
        went back by itself: its auto-abort timer ran out
        booted the release that it came from
        taken over by jane: commit now: the phones are silent
        taken over by jane: take it back: the phones are silent
        taken over by jane: count port:Te1/1/1 as passed: the phones are silent
        taken over by jane: type `yes` at the question: the phones are silent
        ");
    }
}
