//! Who answers a gate: the starter of the run, a terminal, or the inventory.

use std::io::{BufRead as _, IsTerminal as _};
use std::sync::Arc;

use iosxe_core::event::ApproveMode;
use iosxe_core::plan::Method;
use iosxe_core::ports::{Approver, GateAnswer, GateQuestion, Inventory};
use iosxe_workflow::engine::Stop;
use tokio::sync::{Mutex, oneshot, watch};

use crate::show;

/// The approver of the command.
pub(crate) struct GateKeeper {
    mode: ApproveMode,
    inventory: Arc<dyn Inventory>,
    /// Whether the operator has stopped the run: then no question stands any longer.
    stop: watch::Receiver<Stop>,
    /// One question on the terminal at a time; `a` answers all further ones.
    terminal: Mutex<Option<()>>,
}

impl GateKeeper {
    pub(crate) fn new(
        mode: ApproveMode,
        inventory: Arc<dyn Inventory>,
        stop: watch::Receiver<Stop>,
    ) -> Self {
        Self {
            mode,
            inventory,
            stop,
            terminal: Mutex::new(None),
        }
    }
}

/// The person at the keyboard, for the record.
pub(crate) fn operator() -> String {
    ["SUDO_USER", "USER", "LOGNAME"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()))
        .unwrap_or_else(|| "operator".to_owned())
}

#[async_trait::async_trait]
impl Approver for GateKeeper {
    async fn ask(&self, question: &GateQuestion) -> GateAnswer {
        let other = match self.cell(question).await {
            Cell::Approved { by } => return GateAnswer::Approved { by },
            Cell::Another { hash8 } => Some(hash8),
            Cell::Silent => None,
        };
        let other = other.as_deref();
        match self.mode {
            ApproveMode::Auto => GateAnswer::Approved { by: operator() },
            ApproveMode::Prompt => self.ask_on_terminal(question, other).await,
            ApproveMode::Wait => GateAnswer::NotNow {
                how: how(question, other),
            },
        }
    }
}

/// What the `approval` cell of the row says as it is now.
enum Cell {
    /// Yes to this plan.
    Approved { by: String },
    /// Yes to another plan.
    Another { hash8: String },
    /// Nothing.
    Silent,
}

/// What answers a gate that waits. `other` is the plan that the cell names, if it is not this one.
fn how(question: &GateQuestion, other: Option<&str>) -> String {
    let write = format!(
        "write `approved by NAME {0}` into the `approval` cell of {1}, or type `iosxe approve RUN {1} --plan-hash {0}`, \
         then resume",
        question.plan.hash8(),
        question.device
    );
    match other {
        Some(other) => format!("the `approval` cell approves plan {other}, another one: {write}"),
        None => write,
    }
}

impl GateKeeper {
    /// An approval in the inventory as it is now counts in every mode: it names the plan.
    async fn cell(&self, question: &GateQuestion) -> Cell {
        let Ok(read) = self.inventory.read().await else {
            return Cell::Silent;
        };
        let record = read.records.into_iter().find(|r| r.name == question.device);
        match record.and_then(|r| r.approval) {
            // It was counted, or is too old: it stands there all the same.
            Some(cell) if question.heard.contains(&cell.by) => Cell::Silent,
            Some(cell) if cell.hash8 == question.plan.hash8() => Cell::Approved { by: cell.by },
            Some(cell) => Cell::Another { hash8: cell.hash8 },
            None => Cell::Silent,
        }
    }

    async fn ask_on_terminal(&self, question: &GateQuestion, other: Option<&str>) -> GateAnswer {
        if !std::io::stdin().is_terminal() {
            return GateAnswer::NotNow {
                how: format!("resume with --approve auto, or {}", how(question, other)),
            };
        }
        let mut stop = self.stop.clone();
        tokio::select! {
            biased;
            // Nothing was disturbed: the question can be put again.
            () = stopped(&mut stop) => GateAnswer::NotNow {
                how: format!("resume and answer the question, or {}", how(question, other)),
            },
            answer = self.put(question, other) => answer,
        }
    }

    /// Puts the question when it is its turn.
    async fn put(&self, question: &GateQuestion, other: Option<&str>) -> GateAnswer {
        let mut all = self.terminal.lock().await;
        if all.is_some() {
            return GateAnswer::Approved { by: operator() };
        }
        let other =
            other.map(|hash8| format!("the `approval` cell approves another plan: {hash8}\n"));
        let found: String = question.found.iter().map(|f| format!("{f}\n")).collect();
        let standing = show::ask(&format!(
            "\n{}\n{found}{}{}: {}{} [y]es, [a]ll, [n]o: ",
            question.plan,
            other.unwrap_or_default(),
            question.device,
            downgrade(question),
            activate_now(question),
        ));
        let answer = typed_line().await;
        standing.answered();
        match answer.as_deref() {
            Some("y" | "yes") => GateAnswer::Approved { by: operator() },
            Some("a" | "all") => {
                *all = Some(());
                GateAnswer::Approved { by: operator() }
            }
            Some("n" | "no") => GateAnswer::Rejected {
                by: operator(),
                reason: "no at the terminal".into(),
            },
            // Anything else is no answer: nothing is taken for a yes.
            Some(_) | None => GateAnswer::NotNow {
                how: how(question, None),
            },
        }
    }
}

/// That the release goes down, where it does.
fn downgrade(question: &GateQuestion) -> String {
    let plan = &question.plan;
    if plan.method == Method::Smu || plan.to >= plan.from {
        return String::new();
    }
    format!("DOWNGRADE to {} from {}: ", plan.to, plan.from)
}

/// What is asked, and what it takes away.
fn activate_now(question: &GateQuestion) -> &'static str {
    match (question.plan.method, question.plan.takes_patch_out()) {
        (Method::Smu, false) => {
            "activate now? The device reloads unless it said above that the patch is hot."
        }
        (Method::Smu, true) => {
            "take the patch out now? The device reloads unless it said above that it is hot."
        }
        (Method::Xfsu, _) => "activate now? The device reloads fast, and no timer takes it back.",
        (Method::Firmware, _) => {
            "write the firmware now? There is NO way back; do not power cycle the device until it is proven."
        }
        _ => "activate now? The device reloads.",
    }
}

/// The next line of standard input. On a thread of its own, which nothing waits for: whoever leaves
/// before the line comes leaves at once.
pub(super) async fn typed_line() -> Option<String> {
    let (sender, line) = oneshot::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = std::io::stdin().lock().read_line(&mut line);
        // Nobody waits for it any more: the run was stopped.
        drop(sender.send(read.ok().map(|_| line.trim().to_lowercase())));
    });
    line.await.ok().flatten()
}

/// Returns when the operator stops the run; never when nobody can any more.
async fn stopped(stop: &mut watch::Receiver<Stop>) {
    if stop.wait_for(|stop| *stop != Stop::No).await.is_err() {
        std::future::pending::<()>().await;
    }
}
