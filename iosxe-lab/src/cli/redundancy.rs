//! `redundancy force-switchover` and `redundancy reload peer`.

use std::sync::Arc;

use super::shell::Shell;
use super::system::save_question;
use super::terminal::{HungUp, Io};
use crate::model::switchover::NoPeer;

/// Words of a refusal (field notes 10).
fn refusal(why: NoPeer) -> &'static str {
    match why {
        NoPeer::Absent => "There is no STANDBY present.\n",
        NoPeer::NotHot => "Standby not ready for switchover.\n",
        NoPeer::Upgrading => "Failed to switchover: an ISSU operation is in progress.\n",
    }
}

/// Lets the hot standby take over; the session is lost.
pub(super) async fn force_switchover(shell: &mut Shell) -> Io<()> {
    if let Err(why) = shell.device.hot_standby() {
        return shell.term.write(refusal(why)).await;
    }
    if !save_question(shell).await? {
        return Ok(());
    }
    let question = "Proceed with switchover to standby RP? [confirm]";
    if !shell.term.confirm(question).await? {
        return shell.term.write("Switchover aborted\n").await;
    }
    shell.term.write("Preparing for switchover..\n").await?;
    shell.device.world.clock.sleep(2.0).await;
    // The standby may have gone while the question stood.
    match Arc::clone(&shell.device).switch_over("user forced") {
        Ok(()) => Err(HungUp),
        Err(why) => shell.term.write(refusal(why)).await,
    }
}

/// Reboots the standby alone.
pub(super) async fn reload_peer(shell: &mut Shell) -> Io<()> {
    let peer = {
        let state = shell.device.state();
        state.ready_standby(shell.device.now()).map(|(m, _)| m.id)
    };
    if shell.device.state().issu.current.is_some() {
        let text = "Peer reload is not allowed: an ISSU operation is in progress.\n";
        return shell.term.write(text).await;
    }
    let Some(peer) = peer else {
        let question = "System is running in SIMPLEX mode, reload anyway? [confirm]";
        if shell.term.confirm(question).await? {
            shell
                .term
                .write("Peer is not present, nothing to reload\n")
                .await?;
        }
        return Ok(());
    };
    if !shell.term.confirm("Reload peer [confirm]").await? {
        return Ok(());
    }
    shell.term.write("Preparing to reload peer\n").await?;
    Arc::clone(&shell.device).reboot_member(peer);
    Ok(())
}
