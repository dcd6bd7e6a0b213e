//! Which run of a journal has activated what a device runs on trial?

use iosxe_core::fault::{Class, Fault, Remedy};
use iosxe_core::ids::{DeviceName, RunId};
use iosxe_core::ports::{Journal, JournalError};
use iosxe_core::version::Version;

use crate::status::RunState;

/// The run that activated a release on a device and did not settle it.
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
        release: &Version,
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
                    if of.is_some_and(|d| d.left_activated(release)) {
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
