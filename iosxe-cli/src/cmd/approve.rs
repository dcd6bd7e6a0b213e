//! Who answers a gate: the starter of the run, a terminal, or the inventory.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::sync::Arc;

use iosxe_core::event::ApproveMode;
use iosxe_core::ports::{Approver, GateAnswer, GateQuestion, Inventory};
use tokio::sync::Mutex;

/// The approver of the command.
pub(crate) struct GateKeeper {
    mode: ApproveMode,
    inventory: Arc<dyn Inventory>,
    /// One question on the terminal at a time; `a` answers all further ones.
    terminal: Mutex<Option<()>>,
}

impl GateKeeper {
    pub(crate) fn new(mode: ApproveMode, inventory: Arc<dyn Inventory>) -> Self {
        Self {
            mode,
            inventory,
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
        if let Some(answer) = self.approved_in_inventory(question).await {
            return answer;
        }
        match self.mode {
            ApproveMode::Auto => GateAnswer::Approved { by: operator() },
            ApproveMode::Prompt => self.ask_on_terminal(question).await,
            ApproveMode::Wait => GateAnswer::NotNow { how: how(question) },
        }
    }
}

/// What answers a gate that waits.
fn how(question: &GateQuestion) -> String {
    format!(
        "write `approved by NAME {}` into the `approval` cell of {}, then resume",
        question.plan.hash8(),
        question.device
    )
}

impl GateKeeper {
    /// An approval in the inventory as it is now counts in every mode: it names the plan.
    async fn approved_in_inventory(&self, question: &GateQuestion) -> Option<GateAnswer> {
        let read = self.inventory.read().await.ok()?;
        let record = read
            .records
            .into_iter()
            .find(|r| r.name == question.device)?;
        let approval = record.approval?;
        (approval.hash8 == question.plan.hash8())
            .then_some(GateAnswer::Approved { by: approval.by })
    }

    async fn ask_on_terminal(&self, question: &GateQuestion) -> GateAnswer {
        if !std::io::stdin().is_terminal() {
            return GateAnswer::NotNow {
                how: format!("resume with --approve auto, or {}", how(question)),
            };
        }
        let mut all = self.terminal.lock().await;
        if all.is_some() {
            return GateAnswer::Approved { by: operator() };
        }
        let text = format!(
            "\n{}\n{}: activate now? The device reloads. [y]es, [a]ll, [n]o: ",
            question.plan, question.device
        );
        let answer = tokio::task::spawn_blocking(move || {
            let mut err = std::io::stderr().lock();
            err.write_all(text.as_bytes())
                .and_then(|()| err.flush())
                .ok()?;
            drop(err);
            let mut line = String::new();
            std::io::stdin().lock().read_line(&mut line).ok()?;
            Some(line.trim().to_lowercase())
        })
        .await;
        match answer.ok().flatten().as_deref() {
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
            Some(_) | None => GateAnswer::NotNow { how: how(question) },
        }
    }
}
