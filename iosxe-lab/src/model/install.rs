//! The install engine's memory: packages with their states, the auto-abort timer, the lock, the
//! log and the operation history.

use std::collections::VecDeque;

use super::release::Release;

/// State letters of `show install summary`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PackageState {
    /// Added, not running.
    Inactive,
    /// Running, not committed: the auto-abort timer guards it.
    Uncommitted,
    /// Running and kept.
    Committed,
    /// Ran before an activate that is not committed.
    Deactivated,
}

impl PackageState {
    /// `I`, `U`, `C`, `D`.
    pub(crate) fn letter(self) -> &'static str {
        match self {
            PackageState::Inactive => "I",
            PackageState::Uncommitted => "U",
            PackageState::Committed => "C",
            PackageState::Deactivated => "D",
        }
    }
}

/// A base image that the engine knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Package {
    /// Its release.
    pub(crate) release: Release,
    /// Its state.
    pub(crate) state: PackageState,
    /// The file it was added from, without file system.
    pub(crate) file: String,
    /// The sub-package files, without file system.
    pub(crate) files: Vec<String>,
}

impl PackageState {
    /// True while it takes part in what runs.
    pub(crate) fn in_use(self) -> bool {
        matches!(self, PackageState::Uncommitted | PackageState::Committed)
    }

    /// True while a commit or the way back is open.
    pub(crate) fn open(self) -> bool {
        matches!(self, PackageState::Uncommitted | PackageState::Deactivated)
    }
}

/// A patch (SMU) that the engine knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Patch {
    /// Its file, without file system.
    pub(crate) file: String,
    /// The release that it is for.
    pub(crate) base: Release,
    /// The defect that it mends.
    pub(crate) defect: String,
    /// True when it takes effect without a reload.
    pub(crate) hot: bool,
    pub(crate) state: PackageState,
}

/// A row of the operation history.
#[derive(Debug, Clone)]
pub(crate) struct HistoryRow {
    pub(crate) command: &'static str,
    pub(crate) status: &'static str,
    pub(crate) began_s: f64,
    pub(crate) ended_s: f64,
}

/// A point that `install rollback to id` accepts.
#[derive(Debug, Clone)]
pub(crate) struct RollbackPoint {
    pub(crate) id: u32,
    pub(crate) release: Release,
    pub(crate) made_s: f64,
    /// Files of the patches that were in use.
    pub(crate) patches: Vec<String>,
    pub(crate) label: Option<String>,
    pub(crate) description: Option<String>,
}

/// The auto-abort timer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AutoAbort {
    /// Simulated second at which the device reverts.
    pub(crate) deadline_s: f64,
    /// Which start of the timer this is; a later start makes older waits void.
    pub(crate) generation: u64,
}

/// The engine's memory.
#[derive(Debug, Default)]
pub(crate) struct Install {
    pub(crate) packages: Vec<Package>,
    pub(crate) timer: Option<AutoAbort>,
    pub(crate) timer_generation: u64,
    pub(crate) running: Option<&'static str>,
    pub(crate) history: VecDeque<HistoryRow>,
    pub(crate) log: Vec<String>,
    pub(crate) points: Vec<RollbackPoint>,
    /// Patches in the order in which they were added.
    pub(crate) patches: Vec<Patch>,
    /// The next reload is the one that a patch asked for.
    pub(crate) patch_reload: bool,
    next_point: u32,
}

impl Install {
    /// The package in that state.
    pub(crate) fn in_state(&self, state: PackageState) -> Option<&Package> {
        self.packages.iter().find(|p| p.state == state)
    }

    /// The release the device returns to: committed, or deactivated while another is on trial.
    pub(crate) fn committed(&self) -> Option<&Package> {
        self.in_state(PackageState::Committed)
            .or_else(|| self.in_state(PackageState::Deactivated))
    }

    /// Forgets a package of that release and state.
    pub(crate) fn forget(&mut self, release: &Release, state: PackageState) {
        self.packages
            .retain(|p| !(p.release == *release && p.state == state));
    }

    /// Puts a package into a state; it must be known.
    pub(crate) fn set(&mut self, release: &Release, state: PackageState) {
        for package in &mut self.packages {
            if package.release == *release {
                package.state = state;
            }
        }
    }

    /// Makes a rollback point for the committed release.
    pub(crate) fn add_point(&mut self, release: &Release, at_s: f64) {
        self.next_point += 1;
        let point = RollbackPoint {
            id: self.next_point,
            release: release.clone(),
            made_s: at_s,
            patches: self.patches_in_use(),
            label: None,
            description: None,
        };
        self.points.push(point);
    }

    /// Files of the patches in use.
    pub(crate) fn patches_in_use(&self) -> Vec<String> {
        let used = self.patches.iter().filter(|p| p.state.in_use());
        used.map(|p| p.file.clone()).collect()
    }

    /// Files of the patches that wait for a commit or the way back.
    pub(crate) fn open_patches(&self) -> Vec<String> {
        let open = self.patches.iter().filter(|p| p.state.open());
        open.map(|p| p.file.clone()).collect()
    }

    /// True when patches wait for a commit and no image does.
    pub(crate) fn only_patches_open(&self) -> bool {
        self.in_state(PackageState::Uncommitted).is_none() && !self.open_patches().is_empty()
    }

    /// A reload of the whole system: patches that are not committed are lost, unless one of them asked
    /// for it or an image is on trial.
    pub(crate) fn reload_begins(&mut self) {
        let asked = std::mem::take(&mut self.patch_reload);
        if !asked && self.only_patches_open() {
            self.revert();
        }
    }

    /// Notes a finished operation.
    pub(crate) fn note(&mut self, row: HistoryRow) {
        self.history.push_front(row);
        self.history.truncate(25);
    }

    /// The trial ends with the new release kept.
    pub(crate) fn commit(&mut self) {
        self.timer = None;
        for package in &mut self.packages {
            package.state = match package.state {
                PackageState::Uncommitted => PackageState::Committed,
                PackageState::Deactivated => PackageState::Inactive,
                other => other,
            };
        }
        for patch in &mut self.patches {
            patch.state = match patch.state {
                PackageState::Uncommitted => PackageState::Committed,
                PackageState::Deactivated => PackageState::Inactive,
                other => other,
            };
        }
    }

    /// The trial ends with the old release: what ran on trial becomes inactive again.
    pub(crate) fn revert(&mut self) {
        self.timer = None;
        for package in &mut self.packages {
            package.state = match package.state {
                PackageState::Uncommitted => PackageState::Inactive,
                PackageState::Deactivated => PackageState::Committed,
                other => other,
            };
        }
        for patch in &mut self.patches {
            patch.state = match patch.state {
                PackageState::Uncommitted => PackageState::Inactive,
                PackageState::Deactivated => PackageState::Committed,
                other => other,
            };
        }
    }

    /// A release goes on trial; the committed one waits.
    pub(crate) fn activate(&mut self, release: &Release) {
        for package in &mut self.packages {
            if package.release == *release {
                package.state = PackageState::Uncommitted;
            } else if package.state == PackageState::Committed {
                package.state = PackageState::Deactivated;
            }
        }
        // Patches belong to one release; the way back takes them along.
        for patch in &mut self.patches {
            if patch.base != *release && patch.state == PackageState::Committed {
                patch.state = PackageState::Deactivated;
            }
        }
    }

    /// The patches of a rollback point are in use, all others are not.
    pub(crate) fn use_patches(&mut self, files: &[String]) {
        for patch in &mut self.patches {
            patch.state = if files.contains(&patch.file) {
                PackageState::Committed
            } else {
                PackageState::Inactive
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn install() -> (Install, Release, Release) {
        let old = Release::parse("17.09.04a").unwrap();
        let new = Release::parse("17.12.04").unwrap();
        let package = |release: &Release, state| Package {
            release: release.clone(),
            state,
            file: String::new(),
            files: Vec::new(),
        };
        let packages = vec![
            package(&new, PackageState::Inactive),
            package(&old, PackageState::Committed),
        ];
        (
            Install {
                packages,
                ..Install::default()
            },
            old,
            new,
        )
    }

    #[test]
    fn a_trial_ends_in_commit_or_in_the_old_state() {
        let (mut i, old, new) = install();
        i.activate(&new);
        assert_eq!(i.committed().unwrap().release, old);
        assert_eq!(i.in_state(PackageState::Uncommitted).unwrap().release, new);
        i.revert();
        assert_eq!(i.in_state(PackageState::Committed).unwrap().release, old);
        assert_eq!(i.in_state(PackageState::Inactive).unwrap().release, new);
        i.activate(&new);
        i.commit();
        assert_eq!(i.in_state(PackageState::Committed).unwrap().release, new);
        assert_eq!(i.in_state(PackageState::Inactive).unwrap().release, old);
    }
}
