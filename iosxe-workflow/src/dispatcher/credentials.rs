//! What is known of a credential (design rule 10).

use std::time::Duration;

use iosxe_core::ids::DeviceName;
use iosxe_core::stage::Outcome;
use jiff::Timestamp;

use super::device::Moves;
use super::{Dispatcher, LoginWith, TaskError};

/// What is known of a credential (design rule 10).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trust {
    /// This device tries it first.
    Trying(DeviceName),
    /// It opened a device.
    Proven,
    /// It was refused so often.
    Refused(u32),
}

/// Two refusals park a credential (design rule 10).
pub(super) const REFUSALS_PARK: u32 = 2;

/// Tries of a refused credential after our own reload (rule 10).
const REFUSALS_AFTER_RELOAD: u32 = 5;

/// Between two of them, in device time.
const REFUSAL_PAUSE: Duration = Duration::from_secs(60);

impl Dispatcher {
    pub(super) fn prove_credential(&mut self, name: &DeviceName) {
        if let Some(device) = self.device(name) {
            let credential = Self::credential_of(device);
            self.trust.insert(credential, Trust::Proven);
        }
    }

    /// The first device that tries a credential did not get as far as to try it: another may.
    pub(super) fn release_credential(&mut self, name: &DeviceName) {
        let Some(device) = self.device(name) else {
            return;
        };
        let credential = Self::credential_of(device);
        if self.trust.get(&credential) == Some(&Trust::Trying(name.clone())) {
            self.trust.remove(&credential);
        }
    }

    pub(super) fn credential_refused(
        &mut self,
        name: &DeviceName,
        now: Timestamp,
        error: &TaskError,
        activated: bool,
    ) -> Moves {
        let fault = error.fault();
        if activated {
            // AAA is often out of reach right after a reload: that is not ready, not refused.
            let pause = self.after(now, REFUSAL_PAUSE);
            let has_fallback = self
                .device(name)
                .is_some_and(|d| d.record.fallback_credential.is_some());
            let live = self.live(name);
            live.refusals += 1;
            let tried = live.refusals >= REFUSALS_AFTER_RELOAD;
            if live.login == LoginWith::Fallback || tried && !has_fallback {
                return self.hold(name, now, fault);
            }
            if tried {
                // From here on: an AAA server that is out of reach is so for the next login too.
                live.login = LoginWith::Fallback;
            }
            return self.wait(name, now, pause, "a login (refused after the reload)", None);
        }
        let Some(device) = self.device(name) else {
            return Ok(Vec::new());
        };
        let credential = Self::credential_of(device);
        let refused = match self.trust.get(&credential) {
            Some(Trust::Refused(n)) => n + 1,
            // A credential that opened other devices is not parked by one that refuses it.
            Some(Trust::Proven) => 0,
            Some(Trust::Trying(_)) | None => 1,
        };
        if refused > 0 {
            self.trust.insert(credential, Trust::Refused(refused));
        }
        self.end(name, now, Outcome::Refused, Some(fault))
    }
}
