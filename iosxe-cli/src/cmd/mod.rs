//! One verb per file.

pub(crate) mod approve;
mod by_hand;
#[cfg(feature = "lab")]
mod demo;
mod discover;
mod doctor;
mod drive;
mod facts_file;
mod firmware;
#[cfg(feature = "snmp")]
mod first_look;
mod image;
mod init;
mod inventory;
#[cfg(feature = "lab")]
mod lab;
mod orders;
mod parse;
mod plan;
mod plan_diff;
mod plan_saved;
mod report;
mod resume;
mod rollback;
mod smu;
mod status;
mod trust;
mod upgrade;
mod verify;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use iosxe_core::event::ApproveMode;
use iosxe_core::fault::Fault;
use iosxe_core::ports::Journal;
use iosxe_core::stage::StageKind;
use iosxe_workflow::engine::{Engine, Stop};
use iosxe_workflow::journal;
use tokio::sync::watch;

use self::approve::GateKeeper;
use crate::app::{App, PlanArgs, PlanVerb, Verb};
use crate::config::Config;
use crate::exit::Exit;
use crate::show::{self, Output};
use crate::wire;

/// How a run that was left is gone on with.
pub(crate) enum Onward {
    /// Its devices are there: with this command, `{run}` standing for the run.
    Resume(String),
    /// Its devices ended with this process: with this command it begins anew.
    #[cfg(feature = "lab")]
    Anew(String),
}

/// What every verb is given.
pub(crate) struct Context {
    pub(crate) config: Config,
    pub(crate) output: Output,
    pub(crate) onward: Onward,
    /// Where the report of an upgrade goes, when it is not the folder of its run.
    pub(crate) report: Option<PathBuf>,
    /// How the operator stops the run of this process.
    pub(crate) stop: watch::Sender<Stop>,
    journal: tokio::sync::OnceCell<Arc<dyn Journal>>,
    reader: tokio::sync::OnceCell<Arc<dyn Journal>>,
}

impl Context {
    pub(crate) fn new(config: Config, output: Output, onward: Onward) -> Self {
        Self {
            config,
            output,
            onward,
            report: None,
            stop: watch::Sender::new(Stop::No),
            journal: tokio::sync::OnceCell::new(),
            reader: tokio::sync::OnceCell::new(),
        }
    }

    /// The engine over all real ports.
    pub(crate) async fn engine(
        &self,
        approve: ApproveMode,
        accept_new: bool,
    ) -> Result<Engine, Fault> {
        let inventory = wire::inventory(&self.config)?;
        let gate = GateKeeper::new(approve, Arc::clone(&inventory), self.stop.subscribe());
        wire::engine(
            &self.config,
            self.journal().await?,
            inventory,
            gate,
            accept_new,
        )
    }

    /// The journal, with this process as its writer until the verb is over.
    pub(crate) async fn journal(&self) -> Result<Arc<dyn Journal>, Fault> {
        self.journal
            .get_or_try_init(|| wire::journal(&self.config))
            .await
            .map(Arc::clone)
    }

    /// A reader of the journal; none when there is no journal yet.
    pub(crate) async fn reader(&self) -> Result<Option<Arc<dyn Journal>>, Fault> {
        let place = self.config.journal();
        if crate::config::journal_file(place).is_some_and(|file| !file.exists()) {
            return Ok(None);
        }
        crate::config::is_journal(place)?;
        let open = || async { journal::open_reader(place).await };
        let reader = self.reader.get_or_try_init(open).await;
        reader
            .map(|r| Some(Arc::clone(r)))
            .map_err(|e| Fault::from(&e))
    }

    /// The journal to read from: the writer, where this process has it. Only it knows a journal that
    /// is no file.
    pub(crate) async fn at_hand(&self) -> Result<Option<Arc<dyn Journal>>, Fault> {
        match self.journal.get() {
            Some(journal) => Ok(Some(Arc::clone(journal))),
            None => self.reader().await,
        }
    }

    /// The verb is over. The writer goes last: it is the one that leaves a single file.
    pub(crate) async fn close(&self) {
        for journal in [&self.reader, &self.journal]
            .into_iter()
            .filter_map(|j| j.get())
        {
            if let Err(error) = journal.close().await {
                // What was appended is durable: the next command tidies up.
                show::note(&format!("the journal was not closed cleanly: {error}"));
            }
        }
    }
}

/// Runs a verb; an error before anything was touched is printed here.
pub(crate) fn run(app: App) -> Exit {
    let output = app.global.output.unwrap_or_else(Output::by_default);
    match app.verb {
        // These need neither configuration nor runtime: they start in a few milliseconds.
        Verb::Parse(args) => return parse::run(&args, output),
        Verb::Completions { shell } => return show::completions(shell),
        Verb::Init(args) => return report(init::run(&args)),
        Verb::Plan(PlanArgs {
            verb: Some(PlanVerb::Diff(args)),
            ..
        }) => {
            return report(plan_diff::run(&args, output));
        }
        Verb::Discover(_)
        | Verb::Inventory(_)
        | Verb::Image(_)
        | Verb::Plan(_)
        | Verb::Check(_)
        | Verb::Transfer(_)
        | Verb::Upgrade(_)
        | Verb::Smu(_)
        | Verb::Verify(_)
        | Verb::Firmware(_)
        | Verb::Status(_)
        | Verb::Resume(_)
        | Verb::Rollback(_)
        | Verb::Approve(_)
        | Verb::Reject(_)
        | Verb::Pause(_)
        | Verb::Cancel(_)
        | Verb::Commit(_)
        | Verb::Abort(_)
        | Verb::Accept(_)
        | Verb::Answer(_)
        | Verb::Trust(_)
        | Verb::Doctor => {}
        #[cfg(feature = "lab")]
        Verb::Demo(_) | Verb::Lab(_) => {}
    }
    show::log_to_stderr();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            show::error_text(&format!("cannot start: {error}"));
            return Exit::Usage;
        }
    };
    let exit = report(runtime.block_on(verb(app)));
    runtime.shutdown_timeout(LEAVING);
    exit
}

/// How long a process that leaves waits for a file or a session that is just being closed.
const LEAVING: Duration = Duration::from_secs(1);

/// Prints a fault that stopped the verb before anything was touched.
fn report(result: Result<Exit, Fault>) -> Exit {
    match result {
        Ok(exit) => exit,
        Err(fault) => {
            show::fault(&fault);
            if fault.code == "needs_terminal" {
                Exit::Stopped
            } else {
                Exit::Usage
            }
        }
    }
}

async fn verb(app: App) -> Result<Exit, Fault> {
    let output = app.global.output.unwrap_or_else(Output::by_default);
    match app.verb {
        #[cfg(feature = "lab")]
        Verb::Demo(args) => return demo::run(args, output).await,
        #[cfg(feature = "lab")]
        Verb::Lab(args) => return lab::run(args, output).await,
        _ => {}
    }
    let onward = Onward::Resume(format!("{} resume {{run}}", again(&app.global)));
    let mut config = Config::read(&app.global)?;
    config.policy.allow_downgrade |= app.verb.allows_downgrade();
    let context = Context::new(config, output, onward);
    let result = with_journal(&context, app.verb).await;
    context.close().await;
    result
}

async fn with_journal(context: &Context, verb: Verb) -> Result<Exit, Fault> {
    match verb {
        Verb::Inventory(args) => inventory::run(context, args).await,
        Verb::Image(args) => image::run(context, args).await,
        Verb::Discover(args) => discover::run(context, &args).await,
        Verb::Check(work) => drive::ask(context, "check", StageKind::Precheck, &work).await,
        Verb::Transfer(work) => upgrade::transfer(context, &work).await,
        Verb::Plan(args) => plan::run(context, &args).await,
        Verb::Upgrade(args) => upgrade::run(context, args).await,
        Verb::Smu(args) => smu::run(context, args).await,
        Verb::Verify(args) => verify::run(context, args).await,
        Verb::Firmware(args) => firmware::run(context, args).await,
        Verb::Status(args) => status::run(context, &args).await,
        Verb::Resume(args) => resume::run(context, args).await,
        Verb::Rollback(args) => rollback::run(context, args).await,
        Verb::Approve(args) => orders::approve(context, args).await,
        Verb::Reject(args) => orders::reject(context, args).await,
        Verb::Pause(args) => orders::pause(context, args).await,
        Verb::Cancel(args) => orders::cancel(context, args).await,
        Verb::Commit(args) => by_hand::commit(context, args).await,
        Verb::Abort(args) => by_hand::abort(context, args).await,
        Verb::Accept(args) => by_hand::accept(context, args).await,
        Verb::Answer(args) => by_hand::answer(context, args).await,
        Verb::Trust(args) => trust::run(context, &args).await,
        Verb::Doctor => doctor::run(context),
        Verb::Parse(_) | Verb::Completions { .. } | Verb::Init(_) => Ok(Exit::AsWanted),
        #[cfg(feature = "lab")]
        Verb::Demo(_) | Verb::Lab(_) => Ok(Exit::AsWanted),
    }
}

/// `iosxe` with the global options that were given, for the command that resumes.
fn again(global: &crate::app::Global) -> String {
    let mut text = String::from("iosxe");
    if global.config != std::path::Path::new("iosxe.toml") {
        text.push_str(&format!(" --config {}", global.config.display()));
    }
    if let Some(inventory) = &global.inventory {
        text.push_str(&format!(" --inventory {inventory}"));
    }
    if let Some(journal) = &global.journal {
        text.push_str(&format!(" --journal {journal}"));
    }
    text
}
