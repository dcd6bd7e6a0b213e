//! One EXEC: prompt, modes, dispatch. A shell channel has a loop of lines, an exec channel one.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::filter::Filter;
use super::grammar::{self, Args, Meaning};
use super::knife::Knife;
use super::show::Shown;
use super::table::Action;
use super::terminal::{Echo, Entered, HungUp, Io, Terminal};
use crate::model::device::{Device, User};
use crate::timeline::EventKind;

/// Where the next line goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Mode {
    /// EXEC.
    Exec,
    /// Configuration, with the section that is open.
    Config(Option<String>),
}

/// One EXEC of one user.
#[derive(Debug)]
pub(crate) struct Shell {
    pub(crate) device: Arc<Device>,
    pub(crate) term: Terminal,
    pub(crate) user: User,
    pub(crate) privilege: u8,
    pub(crate) mode: Mode,
    pub(crate) session: u64,
    pub(crate) timestamp: bool,
    pub(crate) monitor: bool,
    pub(crate) closing: bool,
    seen_log: usize,
    /// Cuts the SSH connection, for faults.
    pub(crate) cut: Arc<tokio::sync::Notify>,
}

impl Shell {
    pub(crate) fn new(
        device: Arc<Device>,
        mut term: Terminal,
        user: User,
        session: u64,
        cut: Arc<tokio::sync::Notify>,
    ) -> Self {
        let privilege = user.privilege;
        term.knife = Some(Knife::new(Arc::clone(&device)));
        Shell {
            device,
            term,
            user,
            privilege,
            mode: Mode::Exec,
            session,
            timestamp: false,
            monitor: false,
            closing: false,
            seen_log: 0,
            cut,
        }
    }

    /// The prompt as it stands now. In configuration mode a long hostname is cut to 20 characters.
    pub(crate) fn prompt(&self) -> String {
        let state = self.device.state();
        let name = state.hostname();
        match &self.mode {
            Mode::Exec => {
                let maint = if state.maintenance {
                    "(maint-mode)"
                } else {
                    ""
                };
                format!(
                    "{name}{maint}{}",
                    if self.privilege >= 15 { '#' } else { '>' }
                )
            }
            Mode::Config(section) => {
                let cut: String = name.chars().take(20).collect();
                format!("{cut}({})#", section.as_deref().map_or("config", submode))
            }
        }
    }

    /// How long an idle line stays, from `line vty`. Wall time, as all limits of the wire.
    fn idle_limit(&self) -> Option<Duration> {
        let state = self.device.state();
        let section = state.running_config.section("line vty 0 15")?;
        let value = section
            .children
            .iter()
            .find_map(|c| c.strip_prefix("exec-timeout "))?;
        let mut numbers = value
            .split_whitespace()
            .map(|n| n.parse::<u64>().unwrap_or(0));
        let seconds = numbers.next().unwrap_or(10) * 60 + numbers.next().unwrap_or(0);
        (seconds > 0).then(|| Duration::from_secs(seconds))
    }

    /// Runs an interactive shell until the user leaves or the line is lost.
    pub(crate) async fn interactive(mut self) {
        let ended = self.conversation().await;
        if ended.is_err() {
            tracing::trace!(device = self.device.name, "line lost");
        }
        self.leave_config();
    }

    async fn conversation(&mut self) -> Io<()> {
        if let Some(banner) = self.device.spec.banner.clone() {
            self.term.write(&format!("{banner}\n")).await?;
        }
        self.term.write("\n").await?;
        while !self.closing {
            let prompt = self.prompt();
            self.term.write(&prompt).await?;
            self.noise_behind_prompt().await?;
            self.monitor_log().await?;
            match self.read_command(&prompt).await? {
                Entered::Line(line) => self.run_line(&line).await?,
                Entered::End => {
                    self.term.write("^Z\n").await?;
                    self.leave_config();
                }
                Entered::Interrupt => {
                    let text = if self.mode == Mode::Exec {
                        "\n"
                    } else {
                        "^C\n"
                    };
                    self.leave_config();
                    self.term.write(text).await?;
                }
                Entered::Idle => {
                    self.term.write("\n").await?;
                    return Ok(());
                }
                Entered::Help(_) | Entered::Tab(_) => {}
            }
        }
        Ok(())
    }

    /// Reads one command line; help and completion are answered on the way.
    async fn read_command(&mut self, prompt: &str) -> Io<Entered> {
        let idle = self.idle_limit();
        let mut entered = self.term.read_line(prompt, Echo::Plain, idle).await?;
        loop {
            let text = match entered {
                Entered::Help(text) => {
                    self.print_help(&text).await?;
                    text
                }
                Entered::Tab(text) => {
                    let full = grammar::complete(&text, self.privilege).unwrap_or(text);
                    self.term.write("\n").await?;
                    full
                }
                other => return Ok(other),
            };
            self.term.write(&format!("{prompt}{text}")).await?;
            entered = self.term.continue_line(prompt, text, idle).await?;
        }
    }

    async fn print_help(&mut self, text: &str) -> Io<()> {
        self.term.write("?\n").await?;
        match grammar::help(text, self.privilege) {
            Some(rows) if self.mode == Mode::Exec && !rows.is_empty() => {
                let list: String = rows
                    .iter()
                    .map(|(word, help)| format!("  {word:<18}{help}\n"))
                    .collect();
                self.term.page(&format!("{list}\n")).await
            }
            _ => self.term.write("% Unrecognized command\n").await,
        }
    }

    /// Runs one typed line in the mode that is on.
    pub(crate) async fn run_line(&mut self, line: &str) -> Io<()> {
        let text = line.trim();
        if text.is_empty() || text.starts_with('!') {
            return Ok(());
        }
        let shown = if text.starts_with("username") || text.starts_with("enable ") {
            text.split_whitespace()
                .take(2)
                .collect::<Vec<_>>()
                .join(" ")
        } else {
            super::copy_pull::without_password(text)
        };
        self.device.record(
            EventKind::Command,
            [
                ("line", json!(shown)),
                ("user", json!(self.user.name)),
                ("session", json!(self.session)),
            ],
        );
        self.device.released(text).await;
        match self.mode.clone() {
            Mode::Exec => self.exec_line(line).await,
            Mode::Config(section) => self.config_line(line, section).await,
        }
    }

    /// Runs a line as an EXEC command, whatever the mode.
    pub(crate) async fn exec_line(&mut self, line: &str) -> Io<()> {
        let (command, filter) = match split_filter(line) {
            Ok(parts) => parts,
            Err(at) => return self.invalid(line, at).await,
        };
        match grammar::understand(command, self.privilege) {
            Meaning::Run(action, args) => self.dispatch(command, action, &args, filter).await,
            Meaning::Incomplete => self.term.write("% Incomplete command.\n\n").await,
            Meaning::Ambiguous => {
                self.term
                    .write(&format!("% Ambiguous command:  \"{}\"\n", line.trim()))
                    .await
            }
            Meaning::Invalid(at) => self.invalid(command, at).await,
        }
    }

    /// `% Invalid input` with the caret under the wrong word; the prompt's width counts.
    pub(crate) async fn invalid(&mut self, line: &str, at: usize) -> Io<()> {
        let lead = line.len() - line.trim_start().len();
        let column = self.prompt().chars().count() + at.max(lead);
        let text = format!(
            "{}^\n% Invalid input detected at '^' marker.\n\n",
            " ".repeat(column)
        );
        self.term.write(&text).await
    }

    async fn dispatch(
        &mut self,
        line: &str,
        action: Action,
        args: &Args,
        filter: Option<Filter>,
    ) -> Io<()> {
        match super::show::render(self, action, args) {
            Shown::Text(text) => return self.print_output(text, filter).await,
            Shown::NotHere => {
                let text = line.trim_start();
                let lead = line.len() - text.len();
                // The first word exists where `show` is it; where it is the command itself, not.
                let at = match args.keyword(0) {
                    Some("show") => text.find(' ').map_or(0, |n| n + 1),
                    _ => 0,
                };
                return self.invalid(line, lead + at).await;
            }
            Shown::NoShow => {}
        }
        match action {
            Action::Dir | Action::More | Action::ShowFileInformation | Action::ShowFlash => {
                let text = super::files::listing(self, action, args);
                self.print_output(text, filter).await
            }
            Action::Copy | Action::Delete | Action::Verify | Action::Mkdir => {
                super::files::run(self, action, args).await
            }
            Action::InstallAdd
            | Action::InstallOneStep
            | Action::InstallFast
            | Action::InstallActivate
            | Action::InstallActivateIssu
            | Action::InstallOneShotIssu
            | Action::InstallStandby
            | Action::InstallActive
            | Action::InstallAbortIssu
            | Action::InstallDeactivate
            | Action::InstallLabel
            | Action::InstallTimerStopOld
            | Action::InstallTimerStopAbort
            | Action::InstallCommit
            | Action::InstallAbort
            | Action::InstallRollback
            | Action::InstallAutoUpgrade
            | Action::InstallRemoveInactive
            | Action::InstallRemoveFile
            | Action::InstallRemoveVersion
            | Action::InstallTimerStop => super::install::run(self, action, args).await,
            Action::IssuLoad
            | Action::IssuRun
            | Action::IssuAccept
            | Action::IssuCommit
            | Action::IssuAbort
            | Action::InstallNode
            | Action::SlotReload => super::issu::routers(self, action, args).await,
            Action::RequestInstall
            | Action::RequestRollback
            | Action::RequestInstallRp
            | Action::RequestRollbackRp
            | Action::RequestExpand => super::request::run(self, action, args).await,
            Action::UpgradeRommon | Action::UpgradeCapsule | Action::UpgradeProgrammable => {
                super::firmware::run(self, action, args).await
            }
            Action::ForceSwitchover => super::redundancy::force_switchover(self).await,
            Action::ReloadPeer => super::redundancy::reload_peer(self).await,
            other => super::system::run(self, other, args).await,
        }
    }

    /// Prints the output of a show command through filter, noise, time stamp and pager.
    async fn print_output(&mut self, mut text: String, filter: Option<Filter>) -> Io<()> {
        if self.device.strikes("session_dropped", "show") {
            let half: String = text.chars().take(text.chars().count() / 2).collect();
            self.term.write(&half).await?;
            return self.drop_session().await;
        }
        if let Some(filter) = filter {
            if let Filter::Write(url, _) = &filter {
                super::files::redirect(self, url, &text);
            }
            text = filter.apply(&text);
        }
        if self.timestamp {
            text = format!("{}{text}", self.time_lines());
        }
        if self.device.strikes("syslog_noise", "show") {
            text = with_noise(&text, &self.noise_line());
        }
        self.term.page(&text).await
    }

    fn time_lines(&self) -> String {
        let clock = &self.device.world.clock;
        format!(
            "Load for five secs: 3%/0%; one minute: 4%; five minutes: 4%\nTime source is NTP, {}\n\n",
            clock.show_clock(self.device.now())
        )
    }

    /// A syslog line of this moment.
    pub(crate) fn noise_line(&self) -> String {
        let stamp = self.device.world.clock.syslog_date(self.device.now());
        format!(
            "*{stamp}: %LINEPROTO-5-UPDOWN: Line protocol on Interface Vlan10, changed state to up\n"
        )
    }

    async fn noise_behind_prompt(&mut self) -> Io<()> {
        if self.device.strikes("syslog_noise", "prompt") {
            let line = self.noise_line();
            self.term.write(&line).await?;
        }
        Ok(())
    }

    /// New log lines, when `terminal monitor` is on.
    async fn monitor_log(&mut self) -> Io<()> {
        let fresh: Vec<String> = {
            let state = self.device.state();
            let from = self.seen_log.min(state.logging.len());
            self.seen_log = state.logging.len();
            state.logging.get(from..).unwrap_or_default().to_vec()
        };
        if !self.monitor || fresh.is_empty() {
            return Ok(());
        }
        let prompt = self.prompt();
        self.term
            .write(&format!("\n{}\n{prompt}", fresh.join("\n")))
            .await
    }

    /// Cuts the SSH connection and waits for the end.
    pub(crate) async fn drop_session(&mut self) -> Io<()> {
        self.cut.notify_one();
        Err(HungUp)
    }

    /// Leaves configuration mode, if it is on.
    pub(crate) fn leave_config(&mut self) {
        if self.mode == Mode::Exec {
            return;
        }
        self.mode = Mode::Exec;
        let session = self.session;
        let mut state = self.device.state();
        for info in state.sessions.iter_mut().filter(|s| s.id == session) {
            info.in_config = false;
        }
        drop(state);
        self.device.log(
            "SYS-5-CONFIG_I",
            &format!("Configured from console by {} on vty0", self.user.name),
        );
    }
}

/// The word in the prompt of a section.
fn submode(section: &str) -> &'static str {
    match section.split_whitespace().next() {
        Some("interface") => "config-if",
        Some("line") => "config-line",
        Some("archive") => "config-archive",
        Some("router") => "config-router",
        Some("vlan") => "config-vlan",
        Some("redundancy") => "config-red",
        Some("stackwise-virtual") => "config-stackwise-virtual",
        _ => "config",
    }
}

/// Splits `command | filter`; the error is the offset of a wrong filter word.
fn split_filter(line: &str) -> Result<(&str, Option<Filter>), usize> {
    let Some(at) = line.find('|') else {
        return Ok((line, None));
    };
    let first = line
        .split_whitespace()
        .next()
        .unwrap_or_default()
        .to_lowercase();
    let listing = ["show", "dir", "more", "do"]
        .iter()
        .any(|w| w.starts_with(&first));
    if !listing || first.is_empty() {
        return Ok((line, None));
    }
    let (command, filter) = line.split_at(at);
    let filter = filter.strip_prefix('|').unwrap_or(filter);
    match Filter::parse(filter) {
        Ok(filter) => Ok((command, Some(filter))),
        Err(offset) => Err(command.chars().count() + 1 + offset),
    }
}

/// Puts a noise line behind the first line and in the middle.
fn with_noise(text: &str, noise: &str) -> String {
    let middle = text.lines().count() / 2;
    let mut out = String::new();
    for (i, line) in text.split_inclusive('\n').enumerate() {
        out.push_str(line);
        if i == 0 || i == middle {
            out.push_str(noise);
        }
    }
    out
}
