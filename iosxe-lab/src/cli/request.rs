//! `request platform software package`: the arguments and questions around [`crate::model::request`].

use std::sync::Arc;

use super::grammar::Args;
use super::install::follow;
use super::places::{content, locate};
use super::shell::Shell;
use super::table::Action;
use super::terminal::{Echo, HungUp, Io};
use crate::model::device::State;
use crate::model::reload::Cause;
use crate::model::request::{self, Held, Wanted};

/// Runs a command of the set.
pub(super) async fn run(shell: &mut Shell, action: Action, args: &Args) -> Io<()> {
    let back = matches!(action, Action::RequestRollback | Action::RequestRollbackRp);
    let moment = if back { "install_abort" } else { "install_add" };
    let device = Arc::clone(&shell.device);
    if device.strikes("silently_dropped_request", moment) {
        return Ok(());
    }
    let busy = device.strikes("install_busy", moment);
    let Some(held) = Held::take(&device).filter(|_| !busy) else {
        let text = "FAILED: cannot start new operation, some operation is already running\n";
        return shell.term.write(text).await;
    };
    if !back && device.strikes("unknown_prompt", moment) {
        let question =
            "Peer license quorum is not reached. Continue with detached entitlement? (yes/[no]): ";
        let answer = shell.term.ask(question, Echo::Plain).await?;
        if answer.as_deref() != Some("yes") {
            let text = "FAILED: Operation is not confirmed\n";
            return shell.term.write(text).await;
        }
    }
    let members = meant(&device.state(), args);
    let Some(members) = members else {
        let text = "FAILED: There is no such switch or route processor\n";
        return shell.term.write(text).await;
    };
    match action {
        Action::RequestRollback => {
            follow(shell, moment, move |out| async move {
                request::rollback_switch(device, held, members, out).await;
            })
            .await
        }
        Action::RequestRollbackRp => {
            follow(shell, moment, move |out| async move {
                request::rollback_rp(device, held, members, out).await;
            })
            .await
        }
        Action::RequestInstall => install_switch(shell, held, wanted(shell, args, members)).await,
        Action::RequestInstallRp => {
            let wanted = wanted(shell, args, members);
            follow(shell, moment, move |out| async move {
                request::install_rp(device, held, wanted, out).await;
            })
            .await
        }
        _ => {
            let wanted = wanted(shell, args, members);
            let to = args
                .get("dir")
                .map_or("", |url| url.split_once(':').map_or(url, |(_, path)| path));
            let to = to.trim_matches('/');
            let to = if to.is_empty() {
                String::new()
            } else {
                format!("{to}/")
            };
            follow(shell, moment, move |out| async move {
                request::expand(device, held, wanted, to, out).await;
            })
            .await
        }
    }
}

/// Ids of the members that `switch all`, `switch N` or `rp N` means; `expand` means the active.
fn meant(state: &State, args: &Args) -> Option<Vec<u8>> {
    let there = |id: u8| state.present().any(|m| m.id == id).then(|| vec![id]);
    match (args.get("which"), args.get("rp")) {
        (Some("all"), _) => Some(state.present().map(|m| m.id).collect()),
        (Some(number), _) => there(number.parse().ok()?),
        (None, Some(number)) => there(number.parse::<u8>().ok()?.checked_add(1)?),
        (None, None) => Some(vec![state.active]),
    }
}

fn wanted(shell: &Shell, args: &Args, members: Vec<u8>) -> Wanted {
    let device = &shell.device;
    let state = device.state();
    let url = args.get("file").unwrap_or_default();
    let place = locate(device, &state, url).filter(|p| p.member == state.active_index());
    Wanted {
        path: place
            .as_ref()
            .map_or_else(|| url.to_owned(), |p| p.path.clone()),
        content: place.and_then(|p| content(&state, &p)),
        members,
        new: args.has("new"),
        auto_copy: args.has("auto-copy"),
    }
}

async fn install_switch(shell: &mut Shell, held: Held, wanted: Wanted) -> Io<()> {
    let device = Arc::clone(&shell.device);
    let (tell, told) = tokio::sync::oneshot::channel();
    let doing = Arc::clone(&device);
    follow(shell, "install_add", move |out| async move {
        let done = request::install_switch(doing, held, wanted, out).await;
        // Nobody waits for it where the session is gone.
        let _unheard = tell.send(done);
    })
    .await?;
    let done = told.await.unwrap_or(false);
    if !done || !device.spec.request.asks_reload {
        return Ok(());
    }
    let active = device.state().active;
    let question = format!("[{active}]: Do you want to proceed with reload? [yes/no]: ");
    let answer = shell.term.ask(&question, Echo::Plain).await?;
    if answer.as_deref() != Some("yes") {
        let text = format!("[{active}]: New software will load on reboot.\n");
        return shell.term.write(&text).await;
    }
    device.reload(Cause::Command, "Reload Command");
    Err(HungUp)
}
