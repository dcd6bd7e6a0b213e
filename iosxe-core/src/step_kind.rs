//! The kinds of steps, and what the engine knows of each.

use serde::{Deserialize, Serialize};

/// What a step does. The driver knows the commands; the engine only knows the kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// `write memory`.
    SaveConfig,
    /// Copies startup-config to a file that the way back can restore.
    KeepStartup,
    /// Deletes a file that must not be there: a partial or different image of the target's name.
    DeleteFile,
    /// Sends the image.
    Transfer,
    /// The device fetches the image from a server.
    Pull,
    /// Copies the image from the member that has it to a further one.
    CopyAcross,
    /// Proves size and hash on the device.
    VerifyHash,
    /// `install add`.
    Add,
    /// Approval.
    Gate,
    /// Sets and saves the boot variable, old entry kept.
    SetBoot,
    /// `install activate` with the timer.
    Activate,
    /// `install activate issu` with the timer: one side after the other.
    ActivateIssu,
    /// `install activate location standby` with the timer: the standby processor alone.
    ActivateStandby,
    /// `install activate location active`: the standby takes over, the other processor follows.
    ActivateActive,
    /// `issu loadversion`: the standby processor boots the new image, and the timer runs.
    LoadVersion,
    /// `issu runversion`: the standby takes over with it.
    RunVersion,
    /// `issu acceptversion`: stops the timer.
    AcceptVersion,
    /// `issu commitversion`: the new image is the one to boot.
    CommitVersion,
    /// `hw-module slot … reload`: the processor that still runs the old image.
    ReloadSlot,
    /// `request platform software package install node`: both processors by one command, no timer.
    InstallNode,
    /// `install add … activate commit`: one command, no timer.
    AddActivateCommit,
    /// `reload`.
    Reload,
    /// Release on every member, members, redundancy, baseline.
    Verify,
    /// `install commit`.
    Commit,
    /// `install abort`.
    Abort,
    /// `install abort issu`: one side after the other.
    AbortIssu,
    /// `issu abortversion`: one side after the other.
    AbortVersion,
    /// `install rollback to id N`: what is committed goes back to the release before it.
    InstallRollback,
    /// Restores the kept startup-config.
    RestoreStartup,
    /// What the device says of a patch on its flash: for which release, hot or by a reload.
    CheckPatch,
    /// `install deactivate file` of a patch.
    Deactivate,
    /// `install remove file` of a patch that is not in use.
    RemovePatch,
    /// `request platform software package expand`: the packages into a directory of their own.
    ExpandPackages,
    /// `request platform software package install`: the packages, and the file that names them for the
    /// next boot.
    InstallPackages,
    /// `request platform software package install … rollback`: that file names the old ones again.
    RollbackPackages,
    /// `configure replace` from the kept configuration.
    ReplaceConfig,
    /// `configure confirm`: stops the timer that would undo it.
    ConfirmConfig,
    /// `upgrade rom-monitor` or `upgrade hw-programmable`: writes firmware, which has no way back.
    WriteFirmware,
}

impl StepKind {
    /// The word for it in plans.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::SaveConfig => "save_config",
            Self::KeepStartup => "keep_startup",
            Self::DeleteFile => "delete_file",
            Self::Transfer => "transfer",
            Self::Pull => "pull",
            Self::CopyAcross => "copy_across",
            Self::VerifyHash => "verify_hash",
            Self::Add => "add",
            Self::Gate => "gate",
            Self::SetBoot => "set_boot",
            Self::Activate => "activate",
            Self::ActivateIssu => "activate_issu",
            Self::ActivateStandby => "activate_standby",
            Self::ActivateActive => "activate_active",
            Self::LoadVersion => "load_version",
            Self::RunVersion => "run_version",
            Self::AcceptVersion => "accept_version",
            Self::CommitVersion => "commit_version",
            Self::ReloadSlot => "reload_slot",
            Self::InstallNode => "install_node",
            Self::AddActivateCommit => "add_activate_commit",
            Self::Reload => "reload",
            Self::Verify => "verify",
            Self::Commit => "commit",
            Self::Abort => "abort",
            Self::AbortIssu => "abort_issu",
            Self::AbortVersion => "abort_version",
            Self::InstallRollback => "install_rollback",
            Self::RestoreStartup => "restore_startup",
            Self::CheckPatch => "check_patch",
            Self::Deactivate => "deactivate",
            Self::RemovePatch => "remove_patch",
            Self::ExpandPackages => "expand_packages",
            Self::InstallPackages => "install_packages",
            Self::RollbackPackages => "rollback_packages",
            Self::ReplaceConfig => "replace_config",
            Self::ConfirmConfig => "confirm_config",
            Self::WriteFirmware => "write_firmware",
        }
    }

    /// Whether the device is given a command that changes it: such a step needs an intent.
    #[must_use]
    pub fn changes_device(self) -> bool {
        match self {
            Self::SaveConfig
            | Self::KeepStartup
            | Self::DeleteFile
            | Self::Transfer
            | Self::Pull
            | Self::CopyAcross
            | Self::Add
            | Self::SetBoot
            | Self::Activate
            | Self::ActivateIssu
            | Self::ActivateStandby
            | Self::ActivateActive
            | Self::LoadVersion
            | Self::RunVersion
            | Self::AcceptVersion
            | Self::CommitVersion
            | Self::ReloadSlot
            | Self::InstallNode
            | Self::AddActivateCommit
            | Self::Reload
            | Self::Commit
            | Self::Abort
            | Self::AbortIssu
            | Self::AbortVersion
            | Self::InstallRollback
            | Self::RestoreStartup
            | Self::Deactivate
            | Self::RemovePatch
            | Self::ExpandPackages
            | Self::InstallPackages
            | Self::RollbackPackages
            | Self::ReplaceConfig
            | Self::ConfirmConfig
            | Self::WriteFirmware => true,
            Self::VerifyHash | Self::Gate | Self::Verify | Self::CheckPatch => false,
        }
    }

    /// Whether the device starts a timer with it, after which it goes back by itself.
    #[must_use]
    pub fn starts_timer(self) -> bool {
        matches!(
            self,
            Self::Activate | Self::ActivateIssu | Self::ActivateStandby | Self::LoadVersion
        )
    }

    /// Whether it goes on with what runs against that timer: the time that is left is read once more.
    #[must_use]
    pub fn goes_on_with_timer(self) -> bool {
        matches!(self, Self::ActivateActive | Self::RunVersion)
    }

    /// Whether that timer ends with it.
    #[must_use]
    pub fn ends_timer(self) -> bool {
        self.ends_trial() || matches!(self, Self::Abort | Self::AbortIssu | Self::AbortVersion)
    }

    /// Whether the new release is there to stay after it.
    #[must_use]
    pub fn commits(self) -> bool {
        matches!(self, Self::Commit | Self::CommitVersion)
    }

    /// Whether the device does not go back by itself any more after it: never before the proof.
    #[must_use]
    pub fn ends_trial(self) -> bool {
        self.commits() || self == Self::AcceptVersion
    }

    /// Whether the device may work on it for minutes before anything can be seen of that from
    /// another session.
    #[must_use]
    pub fn begins_unseen(self) -> bool {
        self.provisions() || matches!(self, Self::LoadVersion | Self::InstallNode)
    }

    /// Whether it writes packages, or the file that names them, and disturbs nothing: no engine tells
    /// how far it is, and what is on flash may go on changing when its session is gone.
    #[must_use]
    pub fn provisions(self) -> bool {
        matches!(
            self,
            Self::ExpandPackages | Self::InstallPackages | Self::RollbackPackages
        )
    }

    /// Whether what it does can never be undone: not without approval, and never sent again while its
    /// outcome is unknown.
    #[must_use]
    pub fn is_for_good(self) -> bool {
        self == Self::WriteFirmware
    }
}
