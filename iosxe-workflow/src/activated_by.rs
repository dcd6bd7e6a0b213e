//! Which run of a journal has activated what a device runs on trial?

use iosxe_core::boot::{Package, PackageKind, file_name};
use iosxe_core::fault::{Class, Fault, Remedy};
use iosxe_core::ids::{DeviceName, RunId};
use iosxe_core::ports::{Journal, JournalError};
use iosxe_core::version::Version;

use crate::status::RunState;

/// What stands on a device on trial: activated or deactivated, and not committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trial {
    /// A release.
    Release(Version),
    /// A patch over the running release, by its file.
    Patch(String),
}

impl std::fmt::Display for Trial {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Release(release) => release.fmt(f),
            Self::Patch(file) => f.write_str(file),
        }
    }
}

impl Trial {
    /// What a line of the install engine puts on trial, where it says that.
    #[must_use]
    pub(crate) fn of(package: &Package) -> Option<Self> {
        match (package.kind, &package.version) {
            (PackageKind::Smu, _) => Some(Self::Patch(file_name(&package.label).to_owned())),
            (PackageKind::Image | PackageKind::Other, Some(release)) => {
                Some(Self::Release(release.clone()))
            }
            (PackageKind::Image | PackageKind::Other, None) => None,
        }
    }
}

/// The run that activated something on a device and did not settle it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActivatedBy {
    /// The run.
    pub run: RunId,
    /// Its end is recorded: a resume would find nothing to do.
    pub ended: bool,
}

impl ActivatedBy {
    /// Asks the journal, newest run first, leaving one run out. Runs that cannot be replayed are
    /// passed over with a warning.
    ///
    /// # Errors
    /// [`JournalError`] when the journal cannot be read at all.
    pub async fn find(
        journal: &dyn Journal,
        device: &DeviceName,
        trial: &Trial,
        without: &RunId,
    ) -> Result<Option<Self>, JournalError> {
        for head in journal.runs().await? {
            if head.run == *without {
                continue;
            }
            let state = match journal.read(&head.run, 0).await {
                Ok(records) => RunState::replay(&records).map_err(|e| e.to_string()),
                Err(error) => Err(error.to_string()),
            };
            match state {
                Ok(state) => {
                    let of = state.devices.get(device);
                    if of.is_some_and(|d| d.left_activated(trial)) {
                        return Ok(Some(Self {
                            run: head.run,
                            ended: state.ended,
                        }));
                    }
                }
                Err(error) => {
                    tracing::warn!(run = %head.run, error, "whether it activated {device} is not known");
                }
            }
        }
        Ok(None)
    }

    /// What a person is told who wants to begin anew.
    pub(crate) fn fault(&self, package: &str) -> Fault {
        let run = &self.run;
        let (rest, remedy) = if self.ended {
            let remedy = Remedy::with(
                "commit it, or take it back with `abort` in place of `commit`",
                "iosxe commit DEVICE --reason TEXT",
            );
            ("and has ended without its commit", remedy)
        } else {
            let remedy = Remedy::with("go on with that run", format!("iosxe resume {run}"));
            ("and is not finished", remedy)
        };
        let message = format!(
            "{package} is activated and not committed: run {run} of this journal activated it {rest}"
        );
        Fault::new(Class::Operator, "activated_by_run", message).remedy(remedy)
    }
}
