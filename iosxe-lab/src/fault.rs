//! What can go wrong on demand, and when.

use serde::{Deserialize, Serialize};

use crate::error::LabError;

/// A kind of fault with the moments at which it can strike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct FaultKind {
    /// Its name in topology files and at the control address.
    pub kind: &'static str,
    /// Moments at which it may be set; the first is the default.
    pub moments: &'static [&'static str],
    /// How often it strikes when nothing else is said; 0 means until it is deleted.
    pub times: u32,
    /// What a client sees.
    pub description: &'static str,
}

impl FaultKind {
    /// How often it strikes unless told otherwise, in words.
    #[must_use]
    pub fn often(&self) -> String {
        match self.times {
            0 => "always".to_owned(),
            1 => "once".to_owned(),
            times => format!("{times} times"),
        }
    }
}

/// Stands for a moment that is a text of the caller's own.
const TEXT: &str = "TEXT";

/// Between the parts of such a text that come one after the other.
pub(crate) const THEN: &str = " ... ";

const KINDS: &[FaultKind] = &[
    FaultKind {
        kind: "image_corrupted",
        moments: &["transfer", "install_add", "copy"],
        times: 1,
        description: "one byte of a file changes on its way into flash (transfer), or from one flash \
                      to another (copy), or the install engine refuses the signature of an intact \
                      file (install_add)",
    },
    FaultKind {
        kind: "flash_full",
        moments: &["transfer", "install_add"],
        times: 1,
        description: "no space is left in the middle of a transfer, or for expanding the image on \
                      the last member",
    },
    FaultKind {
        kind: "boots_old_image",
        moments: &["reload"],
        times: 1,
        description: "the next reload ends on the release that ran before it",
    },
    FaultKind {
        kind: "never_returns",
        moments: &["reload"],
        times: 1,
        description: "the next reload ends in the boot loader: nothing answers any more",
    },
    FaultKind {
        kind: "session_dropped",
        moments: &[
            "install_add",
            "install_activate",
            "install_commit",
            "install_abort",
            "transfer",
            "show",
            "verify",
            "copy",
            "firmware",
        ],
        times: 1,
        description: "the SSH connection is cut in the middle; an install operation and a write of firmware go on alone, a \
                      copy from flash to flash ends with half of the file",
    },
    FaultKind {
        kind: "session_cut",
        moments: &[TEXT],
        times: 1,
        description: "the SSH connection ends right behind this text, to the byte: of an echo, a question, an \
                      output or a prompt; parts of the text that are joined by ` ... ` follow each other, with \
                      anything between them",
    },
    FaultKind {
        kind: "transfer_cut",
        moments: &["asked", "named", "first_byte", "last_byte", "kept"],
        times: 1,
        description: "the SSH connection of a copy to the device (SCP) ends: before the device has asked for the \
                      file, when it has its name and size, behind its first byte, behind its last one, or when it is \
                      kept and the device has not said so",
    },
    FaultKind {
        kind: "command_held",
        moments: &[TEXT],
        times: 0,
        description: "a command that begins with this text is received, and does nothing until the fault is deleted",
    },
    FaultKind {
        kind: "syslog_noise",
        moments: &[
            "show",
            "install_add",
            "install_activate",
            "install_commit",
            "prompt",
        ],
        times: 0,
        description: "syslog lines appear inside the output (prompt: behind the prompt)",
    },
    FaultKind {
        kind: "wrong_password",
        moments: &["login"],
        times: 1,
        description: "a right password is refused",
    },
    FaultKind {
        kind: "aaa_refused_after_reload",
        moments: &["reload"],
        times: 2,
        description: "after the next reload that many logins are refused",
    },
    FaultKind {
        kind: "host_key_changed",
        moments: &["reload", "now"],
        times: 1,
        description: "the device has a new host key after the next reload, or at once",
    },
    FaultKind {
        kind: "interface_down_after_upgrade",
        moments: &["reload", "issu"],
        times: 1,
        description: "the first uplink stays down after the next reload, or the switchover of an upgrade in \
                      service (issu), until the one after it",
    },
    FaultKind {
        kind: "routing_neighbor_lost",
        moments: &["reload"],
        times: 1,
        description: "the first routing neighbour of the topology does not come back with the next \
                      reload, but with the one after",
    },
    FaultKind {
        kind: "port_channel_member_lost",
        moments: &["reload"],
        times: 1,
        description: "the last member of the port-channel is up after the next reload and not \
                      bundled, until the one after",
    },
    FaultKind {
        kind: "member_missing_after_reload",
        moments: &["reload"],
        times: 1,
        description: "the last member (switch, supervisor, route processor) does not come back with the next reload, \
                      but with the one after",
    },
    FaultKind {
        kind: "install_busy",
        moments: &[
            "install_add",
            "install_activate",
            "install_commit",
            "install_abort",
        ],
        times: 1,
        description: "the engine says that another operation is running",
    },
    FaultKind {
        kind: "silently_dropped_request",
        moments: &[
            "install_activate",
            "install_add",
            "install_commit",
            "install_abort",
        ],
        times: 1,
        description: "the command returns to the prompt and nothing happens",
    },
    FaultKind {
        kind: "unknown_prompt",
        moments: &[
            "install_activate",
            "install_add",
            "install_commit",
            "reload",
            "copy",
        ],
        times: 1,
        description: "the device asks a question that no known release asks; answered with \
                      anything but `yes`, or left alone until the session ends, the command fails",
    },
    FaultKind {
        kind: "unsaved_config",
        moments: &["now", "reload"],
        times: 1,
        description: "somebody changes the running configuration and does not save it, or the release that boots \
                      next writes a line of its own (reload)",
    },
    FaultKind {
        kind: "scheduled_reload",
        moments: &["now"],
        times: 1,
        description: "somebody schedules a reload in 10 hours",
    },
    FaultKind {
        kind: "config_session",
        moments: &["now"],
        times: 1,
        description: "a console user sits in configuration mode and holds its lock",
    },
    FaultKind {
        kind: "half_ring",
        moments: &["now"],
        times: 1,
        description: "a stack cable is out: the ring is half until the fault is deleted",
    },
    FaultKind {
        kind: "standby_does_not_boot",
        moments: &["issu"],
        times: 1,
        description: "the standby does not come up with the new release of an upgrade in service; the \
                      device goes back by itself",
    },
    FaultKind {
        kind: "switchover_lost",
        moments: &["issu", "switchover"],
        times: 1,
        description: "the old active never comes back after the switchover of an upgrade in service \
                      (issu) or after a forced one (switchover), until the whole system reloads",
    },
    FaultKind {
        kind: "issu_refused",
        moments: &["issu"],
        times: 1,
        description: "the device's own compatibility check refuses the upgrade in service",
    },
    FaultKind {
        kind: "smu_incompatible",
        moments: &["install_add", "install_activate"],
        times: 1,
        description: "the device refuses an intact patch of the right release",
    },
    FaultKind {
        kind: "no_rollback_file",
        moments: &["install_add"],
        times: 1,
        description: "`request platform software package install` leaves nothing behind that its `rollback` \
                      could go back to",
    },
    FaultKind {
        kind: "member_install_fails",
        moments: &["install_add"],
        times: 1,
        description: "`request platform software package install` fails on the last member, behind the others",
    },
    FaultKind {
        kind: "copy_times_out",
        moments: &["copy"],
        times: 1,
        description: "the server of a `copy` that the device fetches with does not answer",
    },
    FaultKind {
        kind: "copy_goes_on",
        moments: &["transfer"],
        times: 1,
        description: "a file that the device fetches with `copy` goes on arriving when the session that \
                      asked for it is gone",
    },
    FaultKind {
        kind: "partial_file_stays",
        moments: &["transfer"],
        times: 1,
        description: "a file that the device fetches with `copy` and that breaks off stays in flash as \
                      far as it came",
    },
    FaultKind {
        kind: "member_mismatch_after_reload",
        moments: &["reload"],
        times: 1,
        description: "the last switch of a stack boots what it ran before the next reload: where the others come \
                      up with something else, it is V-Mismatch, and in its place again after the way back",
    },
    FaultKind {
        kind: "unsaved_refused",
        moments: &["install_abort"],
        times: 1,
        description: "a way back of the install engine does not ask about unsaved configuration: it fails, and \
                      wants it saved first",
    },
    FaultKind {
        kind: "xfsu_refused",
        moments: &["requirement", "fpga", "not_ready"],
        times: 1,
        description: "the device refuses a fast reload: a requirement is not met, an FPGA cannot, or it is too \
                      early (not_ready)",
    },
    FaultKind {
        kind: "config_lines_lost",
        moments: &["reload"],
        times: 1,
        description: "the release that boots with the next reload does not take some lines of startup-config, \
                      which no port needs: running and startup configuration differ",
    },
    FaultKind {
        kind: "replace_fails",
        moments: &["aborted", "failed", "partial"],
        times: 1,
        description: "`configure replace` is aborted or fails in words, or changes all but one section and says \
                      that it is done (partial)",
    },
    FaultKind {
        kind: "firmware_silent",
        moments: &["write", "reload"],
        times: 1,
        description: "`upgrade rom-monitor` prints its copy lines, returns and has written nothing (write), or firmware that \
                      is said to be written is the old one when the device or card is back (reload)",
    },
    FaultKind {
        kind: "slow_link",
        moments: &["transfer"],
        times: 0,
        description: "received files are taken at 256 KiB a second of wall time",
    },
];

/// Every fault the lab knows, for `iosxe lab faults`.
#[must_use]
pub fn faults() -> &'static [FaultKind] {
    KINDS
}

/// A fault that waits for its moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// One of [`faults`].
    pub kind: String,
    /// When it strikes; the kind's first moment when left out. Kinds whose moment is `TEXT` have any text.
    #[serde(default)]
    pub at: String,
    /// How often it still strikes; 0 means until deleted. The kind's own number when left out.
    #[serde(default)]
    pub times: Option<u32>,
}

impl Fault {
    /// Fills in defaults and refuses unknown names.
    ///
    /// # Errors
    /// [`LabError::Fault`] for a kind or moment that is not in [`faults`].
    pub fn checked(mut self) -> Result<Fault, LabError> {
        let known = KINDS
            .iter()
            .find(|k| k.kind == self.kind)
            .filter(|k| match k.moments {
                [TEXT] => !self.at.trim().is_empty(),
                moments => self.at.is_empty() || moments.contains(&self.at.as_str()),
            });
        let Some(known) = known else {
            return Err(LabError::Fault {
                kind: self.kind,
                moment: self.at,
            });
        };
        if self.at.is_empty() {
            known
                .moments
                .first()
                .copied()
                .unwrap_or_default()
                .clone_into(&mut self.at);
        }
        self.times = Some(self.times.unwrap_or(known.times));
        Ok(self)
    }
}

/// The faults of one device.
#[derive(Debug, Default, Clone)]
pub(crate) struct Faults {
    waiting: Vec<Fault>,
}

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) {
        self.waiting.push(fault);
    }

    pub(crate) fn clear(&mut self) {
        self.waiting.clear();
    }

    pub(crate) fn list(&self) -> &[Fault] {
        &self.waiting
    }

    /// The moments for which faults of a kind wait.
    pub(crate) fn moments<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a str> {
        let of_kind = self.waiting.iter().filter(move |f| f.kind == kind);
        of_kind.map(|f| f.at.as_str())
    }

    /// True when the fault waits for this moment; it stays.
    pub(crate) fn has(&self, kind: &str, at: &str) -> bool {
        self.waiting.iter().any(|f| f.kind == kind && f.at == at)
    }

    /// True when the fault strikes now; counts it down.
    pub(crate) fn take(&mut self, kind: &str, at: &str) -> bool {
        let Some(i) = self
            .waiting
            .iter()
            .position(|f| f.kind == kind && f.at == at)
        else {
            return false;
        };
        if let Some(fault) = self.waiting.get_mut(i) {
            match fault.times {
                Some(0) | None => return true,
                Some(n) => fault.times = Some(n - 1),
            }
            if fault.times == Some(0) {
                self.waiting.remove(i);
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(kind: &str, at: &str, times: Option<u32>) -> Fault {
        Fault {
            kind: kind.into(),
            at: at.into(),
            times,
        }
        .checked()
        .unwrap()
    }

    #[test]
    fn a_fault_strikes_as_often_as_asked_and_then_is_gone() {
        let mut faults = Faults::default();
        faults.add(fault("image_corrupted", "", None));
        assert!(!faults.take("image_corrupted", "install_add"));
        assert!(faults.take("image_corrupted", "transfer"));
        assert!(!faults.take("image_corrupted", "transfer"));
        faults.add(fault("syslog_noise", "show", None));
        for _ in 0..5 {
            assert!(faults.take("syslog_noise", "show"));
        }
        faults.clear();
        assert!(faults.list().is_empty());
    }

    #[test]
    fn a_moment_may_be_a_text() {
        let mut faults = Faults::default();
        faults.add(fault("command_held", "install activate", None));
        faults.add(fault("session_cut", "install ac", None));
        let held: Vec<_> = faults.moments("command_held").collect();
        assert_eq!(held, ["install activate"]);
        assert!(faults.take("session_cut", "install ac"));
        assert!(faults.take("command_held", "install activate"));
        assert!(faults.has("command_held", "install activate"));
    }

    #[test]
    fn how_often_is_told_in_words() {
        let often = |kind: &str| {
            let found = faults().iter().find(|k| k.kind == kind).unwrap();
            found.often()
        };
        assert_eq!(often("syslog_noise"), "always");
        assert_eq!(often("never_returns"), "once");
        assert_eq!(often("aaa_refused_after_reload"), "2 times");
    }

    #[test]
    fn unknown_kinds_and_moments_are_refused() {
        for (kind, at) in [
            ("gremlins", ""),
            ("never_returns", "show"),
            ("session_cut", " "),
        ] {
            let fault = Fault {
                kind: kind.into(),
                at: at.into(),
                times: None,
            };
            assert!(fault.checked().is_err(), "{kind} {at}");
        }
        for name in [
            "image_corrupted",
            "flash_full",
            "boots_old_image",
            "never_returns",
            "session_dropped",
            "syslog_noise",
        ] {
            assert!(
                faults().iter().any(|k| k.kind == name),
                "{name} is a contract"
            );
        }
    }
}
