//! What a device says to `configure replace` and `configure confirm`.
//!
//! Source: Cisco, "Configuration Replace and Configuration Rollback"; `Rollback Done` also ends a
//! replacement that could not apply some lines, and the words of a failed one as public drivers match
//! them. What counts is the comparison afterwards.

use iosxe_core::fault::{Class, Effect, Remedy};
use iosxe_core::observation::Verdict;
use iosxe_core::talk::TalkError;

use super::console::Output;

/// The end of a replacement.
const DONE: &str = "Rollback Done";

/// Whatever else is said, it was not carried out, or not as a whole.
const FAILED: [&str; 3] = ["Rollback failed", "Aborting Rollback", "Rollback aborted"];

/// Texts with which the device refuses before it changes anything.
const REFUSED: [(&str, Class, &str); 5] = [
    (
        "Could not open file",
        Class::Permanent,
        "kept_configuration_missing",
    ),
    (
        "config archive on before using",
        Class::Operator,
        "archive_not_configured",
    ),
    (
        "Archive feature not enabled",
        Class::Operator,
        "archive_not_configured",
    ),
    (
        "onfiguration mode is locked",
        Class::Transient,
        "configuration_locked",
    ),
    (
        "onfiguration is locked",
        Class::Transient,
        "configuration_locked",
    ),
];

/// What the device says of itself.
pub(super) fn verdict(text: &str) -> Verdict {
    if text.contains("No Rollback Confirmed Change pending") {
        return Verdict::NoChange;
    }
    let failed = FAILED.iter().any(|f| text.contains(f));
    if text.contains(DONE) && !failed {
        return Verdict::Success;
    }
    Verdict::Unknown
}

/// Words that say that it was not done.
pub(super) fn failure(output: &Output) -> Option<TalkError> {
    let line = |text: &str| {
        let mut lines = output.text.lines().map(str::trim);
        lines.find(|l| l.contains(text)).map(str::to_owned)
    };
    let refused = REFUSED
        .iter()
        .find_map(|(text, class, code)| Some((line(text)?, *class, *code, Effect::None)));
    let failed = || {
        let said = FAILED.iter().find_map(|text| line(text))?;
        // Lines of it may be applied: a look says which configuration runs.
        Some((
            said,
            Class::Operator,
            "configuration_not_replaced",
            Effect::Unknown,
        ))
    };
    let (answer, class, code, effect) = refused.or_else(failed)?;
    let remedy = match code {
        "archive_not_configured" => Some(Remedy::with(
            "configure an archive with a path, or ask for no timer by name",
            "iosxe rollback --running-config --without-timer DEVICE",
        )),
        _ => None,
    };
    Some(TalkError::Failed {
        command: output.command.clone(),
        answer,
        effect,
        class,
        code,
        remedy,
        tail: output.tail(12),
    })
}
