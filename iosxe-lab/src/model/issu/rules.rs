//! Which platforms and releases an upgrade in service is for, and in what state a device must be.

use super::from_packages;
use crate::model::device::{Device, State};
use crate::model::platform::{Family, Members};
use crate::model::release::Release;

/// Minor releases with extended maintenance, by train (field notes 6.1).
fn extended(release: &Release) -> bool {
    match release.train() {
        (16, minor) => matches!(minor, 6 | 9 | 12),
        (17, minor) => matches!(minor, 3 | 6 | 9 | 12 | 15 | 18),
        _ => false,
    }
}

/// Why one release cannot become another in service. `older` allows the way down, about which the
/// documents contradict each other.
///
/// Three releases a year come out, so three years are nine minor numbers.
pub(crate) fn compatible(from: &Release, to: &Release, older: bool) -> Result<(), &'static str> {
    let ((major, minor), (to_major, to_minor)) = (from.train(), to.train());
    if from == to {
        return Err("The running and the new image are the same version");
    }
    if to < from && !older {
        return Err("Downgrade with ISSU is not supported");
    }
    if major != to_major {
        return Err("ISSU between these major releases is not supported");
    }
    if extended(from) != extended(to) {
        return Err("ISSU between an extended and a standard maintenance release is not supported");
    }
    if !extended(from) && minor != to_minor {
        return Err("ISSU between standard maintenance releases is not supported");
    }
    if minor.abs_diff(to_minor) > 9 {
        return Err("The releases are more than three years apart");
    }
    Ok(())
}

/// The same for routers, whose matrices are one document per release: only what holds for all.
pub(super) fn bridged(from: &Release, to: &Release, older: bool) -> Result<(), &'static str> {
    if from == to {
        Err("The running and the new image are the same version")
    } else if to < from && !older {
        Err("Downgrade with ISSU is not supported")
    } else if from.train().0 != to.train().0 {
        Err("The new image is not ISSU compatible")
    } else {
        Ok(())
    }
}

/// True where two members can upgrade in service by the install set at this release. The first
/// releases are data of the field notes, not confirmed.
pub(crate) fn supported(device: &Device, state: &State) -> bool {
    let release = &state.running.release;
    let platform = device.platform;
    if state.members.len() < 2 {
        return false;
    }
    match platform.family {
        Family::Core => platform.members == Members::Virtual && release.builds_on(16, 9, 2),
        Family::Modular if platform.pid.starts_with("C96") => release.builds_on(16, 12, 1),
        Family::Modular => release.builds_on(16, 9, 1),
        Family::Asr => platform.engines() && release.builds_on(16, 7, 1),
        Family::Stackable | Family::Router | Family::Ncs => false,
    }
}

/// The checks in their order, each with what is said when it fails.
pub(crate) fn admission(
    device: &Device,
    state: &State,
) -> Vec<(&'static str, Result<(), &'static str>)> {
    let now = device.now();
    let check = |holds: bool, text: &'static str| if holds { Ok(()) } else { Err(text) };
    let peer = state.ready_standby(now);
    let same = peer.is_some_and(|(m, _)| m.release == state.running.release);
    let hot = matches!(peer, Some((_, true)));
    vec![
        (
            "install_issu supported",
            check(
                supported(device, state),
                "ISSU is not supported on this platform",
            ),
        ),
        (
            "standby is in Standby Hot state",
            if peer.is_none() {
                Err("Standby is not present")
            } else if !same {
                Err("Active and standby do not run the same version")
            } else {
                check(hot, "Standby is not in Standby Hot state")
            },
        ),
        (
            "booted from the valid media",
            check(
                from_packages(state),
                "The system is not booted in install mode",
            ),
        ),
        (
            "AutoBoot mode is enabled",
            check(!state.boot.manual, "Manual boot is enabled"),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_follow_the_maintenance_rule() {
        let said = |from: &str, to: &str| {
            let (from, to) = (Release::parse(from).unwrap(), Release::parse(to).unwrap());
            compatible(&from, &to, false)
        };
        for (from, to) in [
            ("17.09.04a", "17.12.04"),
            ("17.12.01", "17.12.04"),
            ("17.06.05", "17.15.01"),
            ("17.03.05", "17.12.04"),
            ("16.09.05", "16.12.05"),
        ] {
            assert_eq!(said(from, to), Ok(()), "{from} {to}");
        }
        for (from, to, word) in [
            ("17.12.04", "17.09.04a", "Downgrade"),
            ("17.12.04", "17.12.04", "same version"),
            ("16.12.05", "17.03.05", "major"),
            ("17.09.04a", "17.11.01", "standard"),
            ("17.10.01", "17.11.01", "standard"),
            ("17.03.05", "17.15.01", "three years"),
        ] {
            let error = said(from, to).unwrap_err();
            assert!(error.contains(word), "{from} {to}: {error}");
        }
        let older = Release::parse("17.09.04a").unwrap();
        let newer = Release::parse("17.12.04").unwrap();
        assert_eq!(compatible(&newer, &older, true), Ok(()));
    }
}
