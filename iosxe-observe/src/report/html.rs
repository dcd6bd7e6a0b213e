//! A report for people: one file without scripts, fonts or images from elsewhere.
//!
//! Everything that a device, an inventory or a person wrote is escaped. The page forbids
//! itself, by a content security policy, to load or run anything.

mod rules;

use std::fmt::{self, Display, Formatter, Write as _};

use iosxe_core::event::{Closing, RollbackCause, Takeover, Way};
use iosxe_core::fault::Fault;
use iosxe_core::health::Weight;
use iosxe_core::plan::Disturbs;
use iosxe_core::stage::Outcome;
use iosxe_core::words::counted;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Change, DeviceReport, Report, StepReport, Warning, Why, seconds};

const STYLE: &str = include_str!("style.css");

/// The report as a page; instants are shown in a time zone, with its offset.
#[must_use]
pub fn page<'a>(report: &'a Report, zone: &'a TimeZone) -> impl Display + use<'a> {
    Page { report, zone }
}

/// Text of any origin, as HTML: what has a meaning to a browser, steers the direction of writing or
/// cannot be seen is replaced.
struct Text<'a>(&'a str);

impl Display for Text<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                '\n' | '\t' => f.write_char(c)?,
                c if c.is_control() => f.write_char('\u{fffd}')?,
                '\u{200b}'..='\u{200f}'
                | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{2069}'
                | '\u{feff}' => write!(f, "[U+{:04X}]", u32::from(c))?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

/// A text that may be unknown.
struct Maybe<'a>(Option<&'a str>);

impl Display for Maybe<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(text) if !text.is_empty() => Text(text).fmt(f),
            _ => f.write_str("<span class=\"none\">–</span>"),
        }
    }
}

/// The name of a rule behind its sentence.
struct Rule<'a>(&'a str);

impl Display for Rule<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            "" => Ok(()),
            rule => write!(f, " <code class=\"rule\">{}</code>", Text(rule)),
        }
    }
}

/// A duration as people say it.
struct Took(f64);

impl Display for Took {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let all = std::time::Duration::try_from_secs_f64(self.0.max(0.0))
            .unwrap_or_default()
            .as_secs();
        let (h, m, s) = (all / 3600, all / 60 % 60, all % 60);
        match (h, m) {
            (0, 0) if self.0 < 10.0 => write!(f, "{:.1} s", self.0.max(0.0)),
            (0, 0) => write!(f, "{s} s"),
            (0, _) => write!(f, "{m} min {s:02} s"),
            _ => write!(f, "{h} h {m:02} min"),
        }
    }
}

/// What an outcome means for the reader: the words say it, the colour repeats it.
fn tone(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Upgraded | Outcome::Already | Outcome::Ready | Outcome::Staged => "good",
        Outcome::RolledBack | Outcome::Uncommitted | Outcome::Lost | Outcome::DeadLetter => "bad",
        Outcome::Refused | Outcome::Held => "ask",
        Outcome::InProgress | Outcome::NotStarted => "open",
    }
}

fn outcome_words(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Upgraded => "upgraded",
        Outcome::Already => "already there",
        Outcome::Ready => "ready",
        Outcome::Staged => "staged",
        Outcome::Refused => "refused",
        Outcome::RolledBack => "rolled back",
        Outcome::Uncommitted => "uncommitted",
        Outcome::InProgress => "in progress",
        Outcome::Held => "held",
        Outcome::Lost => "lost",
        Outcome::DeadLetter => "dead letter",
        Outcome::NotStarted => "not started",
    }
}

struct Page<'a> {
    report: &'a Report,
    zone: &'a TimeZone,
}

impl Display for Page<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let report = self.report;
        let run = report.run.as_ref().map_or("no run", |r| r.as_str());
        f.write_str("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")?;
        f.write_str(
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n",
        )?;
        f.write_str("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")?;
        writeln!(f, "<title>iosxe run {}</title>", Text(run))?;
        write!(f, "<style>\n{STYLE}</style>\n</head>\n<body>\n")?;
        writeln!(f, "<h1>Run {}</h1>", Text(run))?;
        self.summary(f)?;
        self.overview(f)?;
        if let Some(start) = &report.start {
            rules::policy(f, start)?;
        }
        for (place, device) in report.devices.iter().enumerate() {
            self.device(f, place, device)?;
        }
        f.write_str("</body>\n</html>\n")
    }
}

impl Page<'_> {
    fn at(&self, at: Timestamp) -> impl Display + use<> {
        at.to_zoned(self.zone.clone())
            .strftime("%Y-%m-%d %H:%M:%S %:z")
            .to_string()
    }

    fn clock(&self, at: Timestamp) -> impl Display + use<> {
        at.to_zoned(self.zone.clone())
            .strftime("%H:%M:%S")
            .to_string()
    }

    fn summary(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let report = self.report;
        f.write_str("<dl class=\"facts\">\n")?;
        if let Some(start) = &report.start {
            row(f, "Command", Text(&start.verb))?;
            row(f, "Started by", Text(&start.by))?;
        }
        if let Some(began) = report.began {
            row(f, "Started", self.at(began))?;
        }
        match (report.ended, report.last) {
            (Some(ended), _) => row(f, "Ended", self.at(ended))?,
            (None, Some(last)) => row(f, "Not ended", format!("last record {}", self.at(last)))?,
            (None, None) => row(f, "Records", "none")?,
        }
        if let (Some(began), Some(last)) = (report.began, report.ended.or(report.last)) {
            row(f, "Took", Took(seconds(began, last)))?;
        }
        for change in &report.changes {
            match change {
                Change::Left { at, why } => {
                    row(f, "Left", format!("{}: {}", self.at(*at), Text(why)))?;
                }
                Change::Resumed { at, by } => {
                    row(f, "Resumed", format!("{} by {}", self.at(*at), Text(by)))?;
                }
            }
        }
        if let Some(start) = &report.start
            && report.ended.is_none()
        {
            let command = format!("<code>{}</code>", Text(&start.resume_with));
            row(f, "Resume with", command)?;
        }
        f.write_str("</dl>\n<p class=\"counts\">")?;
        let mut counted = report.counts.iter().filter(|(_, n)| **n > 0).peekable();
        if counted.peek().is_none() {
            f.write_str("No device.")?;
        }
        for (outcome, n) in counted {
            write!(
                f,
                "<span class=\"{}\">{n} {}</span> ",
                tone(*outcome),
                outcome_words(*outcome)
            )?;
        }
        f.write_str("</p>\n")?;
        if report.unknown_records > 0 {
            writeln!(
                f,
                "<p class=\"note\">{} records were written by a newer program and are not shown.</p>",
                report.unknown_records
            )?;
        }
        self.warnings(f, &report.warnings)
    }

    fn overview(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.report.devices.is_empty() {
            return Ok(());
        }
        f.write_str(
            "<table class=\"overview\">\n<thead><tr><th>Device</th><th>Site</th><th>Model</th><th>From</th>\
             <th>Target</th><th>Runs</th><th>Method</th><th>Outcome</th><th>Took</th><th>What stopped it</th></tr></thead>\n<tbody>\n",
        )?;
        for (place, d) in self.report.devices.iter().enumerate() {
            writeln!(
                f,
                "<tr><td><a href=\"#d{place}\">{}</a></td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td>\
                 <td class=\"{}\">{}</td><td>{}</td><td>{}</td></tr>",
                Text(d.name.as_str()),
                Maybe(d.site.as_deref()),
                Maybe(d.platform.as_deref()),
                Maybe(d.from.as_deref()),
                Maybe(d.to.as_deref()),
                Maybe(d.running.as_deref()),
                Maybe(d.method.map(|m| m.word())),
                tone(d.outcome),
                outcome_words(d.outcome),
                Took(d.seconds),
                Maybe(
                    d.fault
                        .as_ref()
                        .or(d.held_for.as_ref())
                        .map(|x| x.message.as_str())
                ),
            )?;
        }
        f.write_str("</tbody>\n</table>\n")
    }

    fn device(&self, f: &mut Formatter<'_>, place: usize, d: &DeviceReport) -> fmt::Result {
        writeln!(
            f,
            "<section id=\"d{place}\">\n<h2>{} <span class=\"{}\">{}</span></h2>",
            Text(d.name.as_str()),
            tone(d.outcome),
            outcome_words(d.outcome)
        )?;
        if let Some(fault) = &d.fault {
            self.fault(f, "What stopped it", fault)?;
        }
        if let Some(fault) = &d.held_for {
            self.fault(f, "It waits for a person", fault)?;
        }
        f.write_str("<dl class=\"facts\">\n")?;
        if let Some(address) = &d.address {
            row(f, "Address", Text(address))?;
        }
        if let Some(origin) = &d.origin {
            row(f, "Row", Text(origin))?;
        }
        if let Some(group) = &d.ha_group {
            row(f, "Redundancy group", Text(group))?;
        }
        if !d.serials.is_empty() {
            row(f, "Serials", Text(&d.serials.join(", ")))?;
        }
        if let Some(image) = &d.image {
            row(f, "Image", Text(image))?;
        }
        if let Some(hash) = &d.plan_hash {
            row(f, "Plan", format!("<code>{}</code>", Text(hash)))?;
        }
        if let Some(hash) = &d.bound_to {
            row(f, "Signed off", format!("<code>{}</code>", Text(hash)))?;
        }
        if let Some(against) = &d.held_against {
            let (run, at) = (Text(against.run.as_str()), self.at(against.at));
            let wants = Text(&against.wants);
            row(f, "Held against", format!("run {run} of {at}: {wants}"))?;
        }
        if let Some(committed) = &d.committed {
            row(f, "Committed to", Text(committed))?;
        }
        if let Some(stage) = d.stage {
            row(f, "Last stage", stage)?;
        }
        for answer in &d.answers {
            self.answer(f, answer)?;
        }
        for absence in &d.absences {
            let text = match absence.back {
                Some(back) => format!(
                    "{} to {} ({})",
                    self.at(absence.left),
                    self.clock(back),
                    Took(seconds(absence.left, back))
                ),
                None => format!("since {}", self.at(absence.left)),
            };
            row(f, "Away", text)?;
        }
        self.deadlines(f, d)?;
        if let Some(rollback) = &d.rollback {
            let cause = match &rollback.cause {
                RollbackCause::FailedGate { checks } => {
                    format!("a gate check stayed failed: {}", Text(&checks.join("; ")))
                }
                RollbackCause::Operator { by, reason } => {
                    format!("{} wanted it: {}", Text(by), Text(reason))
                }
                RollbackCause::AutoAbort => "the device's own timer ran out".to_owned(),
                RollbackCause::BootFallback => "the device booted its old release".to_owned(),
                RollbackCause::DeviceAborted { said } => {
                    format!("the device ended the upgrade itself: {}", Text(said))
                }
            };
            row(
                f,
                "Taken back",
                format!("{}: {cause}", self.at(rollback.at)),
            )?;
        }
        for entry in &d.takeovers {
            let what = match &entry.takeover {
                Takeover::Commit => "commit".to_owned(),
                Takeover::Abort => "abort".to_owned(),
                Takeover::Accept { check } => format!("accept {}", Text(check)),
                Takeover::RollBack => "rollback".to_owned(),
                Takeover::ReplaceConfig { .. } => "configuration put back".to_owned(),
                Takeover::Answer { text, .. } => format!("answer `{}`", Text(text)),
                Takeover::Approve { .. } => "approve".to_owned(),
                Takeover::Reject { .. } => "reject".to_owned(),
                Takeover::Pause => "pause".to_owned(),
                Takeover::Cancel => "cancel".to_owned(),
            };
            row(
                f,
                "By hand",
                format!(
                    "{}: {what}, by {}: {}",
                    self.at(entry.at),
                    Text(&entry.by),
                    Text(&entry.reason)
                ),
            )?;
        }
        if d.failed_looks > 0 {
            row(f, "Looks without an answer", d.failed_looks)?;
        }
        if !d.backups.is_empty() {
            row(f, "Backups", Text(&d.backups.join(", ")))?;
        }
        f.write_str("</dl>\n")?;
        self.steps(f, &d.steps)?;
        findings(f, d)?;
        self.warnings(f, &d.warnings)?;
        list(f, "Unsaved configuration before the upgrade", &d.unsaved)?;
        reasons(f, d)?;
        if !d.stages.is_empty() {
            f.write_str("<p class=\"stages\">")?;
            for entry in &d.stages {
                write!(f, "<span>{} {}</span> ", self.clock(entry.at), entry.stage)?;
            }
            f.write_str("</p>\n")?;
        }
        f.write_str("</section>\n")
    }

    fn answer(&self, f: &mut Formatter<'_>, answer: &super::Answer) -> fmt::Result {
        let (at, by) = (self.at(answer.at), Text(&answer.by));
        match &answer.approved {
            Some(hash) => {
                let hash = hash.get(..8).unwrap_or(hash);
                row(
                    f,
                    "Approved",
                    format!("{at} by {by}, plan <code>{}</code>", Text(hash)),
                )
            }
            None => row(
                f,
                "Rejected",
                format!("{at} by {by}: {}", Maybe(answer.reason.as_deref())),
            ),
        }
    }

    fn deadlines(&self, f: &mut Formatter<'_>, d: &DeviceReport) -> fmt::Result {
        if let Some(at) = d.deadlines.auto_abort {
            let state = match d.deadlines.auto_abort_over {
                Some(over) => format!("{}; over since {}", self.at(at), self.clock(over)),
                None => format!(
                    "{}: it goes back by itself unless it is committed",
                    self.at(at)
                ),
            };
            row(f, "Auto-abort deadline", state)?;
        }
        if let Some(at) = d.deadlines.convergence {
            row(f, "Checks could fail until", self.at(at))?;
        }
        if let Some(at) = d.deadlines.soak {
            row(f, "Watched until", self.at(at))?;
        }
        Ok(())
    }

    fn steps(&self, f: &mut Formatter<'_>, steps: &[StepReport]) -> fmt::Result {
        if steps.is_empty() {
            return Ok(());
        }
        f.write_str(
            "<table>\n<thead><tr><th>Step</th><th>Commands</th><th>Disturbs</th><th>Begun</th><th>Took</th><th>What came of it</th></tr></thead>\n<tbody>\n",
        )?;
        for step in steps {
            let class = if step.replaced {
                " class=\"replaced\""
            } else {
                ""
            };
            let way = match step.way {
                Way::Forth => "",
                Way::Back => " (back)",
            };
            write!(f, "<tr{class}><td>{}{way}</td><td>", step.kind.word())?;
            for (n, command) in step.commands.iter().enumerate() {
                if n > 0 {
                    f.write_str("<br>")?;
                }
                write!(f, "<code>{}</code>", Text(command))?;
            }
            let disturbs = match step.disturbs {
                Disturbs::None => "",
                Disturbs::Switchover => "switchover",
                Disturbs::Reload => "reload",
            };
            write!(f, "</td><td>{disturbs}</td><td>")?;
            if let Some(first) = step.intents.first() {
                write!(f, "{}", self.clock(first.at))?;
            }
            f.write_str("</td><td>")?;
            if let Some(took) = step.seconds() {
                write!(f, "{}", Took(took))?;
            }
            f.write_str("</td><td>")?;
            self.results(f, step)?;
            f.write_str("</td></tr>\n")?;
        }
        f.write_str("</tbody>\n</table>\n")
    }

    fn results(&self, f: &mut Formatter<'_>, step: &StepReport) -> fmt::Result {
        let mut said = false;
        for intent in &step.intents {
            if std::mem::replace(&mut said, true) {
                f.write_str("; ")?;
            }
            write!(f, "{}: ", intent.intent)?;
            match &intent.closing {
                None => f.write_str("not known")?,
                Some(Closing::Applied) => f.write_str("applied")?,
                Some(Closing::NoEffect) => f.write_str("no effect")?,
                Some(Closing::Refused { fault }) => {
                    write!(f, "refused, {}", Text(&fault.message))?;
                }
            }
        }
        if let Some(done) = step.done {
            if said {
                f.write_str("; ")?;
            }
            let how = if step.found_so { "was so" } else { "proven" };
            write!(f, "{how} {}", self.clock(done))?;
        }
        Ok(())
    }

    fn fault(&self, f: &mut Formatter<'_>, title: &str, fault: &Fault) -> fmt::Result {
        write!(
            f,
            "<div class=\"fault\">\n<p><b>{title}:</b> {} <code>{}</code>",
            Text(&fault.message),
            Text(&fault.code)
        )?;
        if let Some(stage) = fault.stage {
            write!(f, " in {stage}")?;
        }
        f.write_str("</p>\n")?;
        if let Some(remedy) = &fault.remedy {
            write!(f, "<p><b>What to do:</b> {}", Text(&remedy.text))?;
            if let Some(command) = &remedy.command {
                write!(f, " <code>{}</code>", Text(command))?;
            }
            f.write_str("</p>\n")?;
        }
        if !fault.evidence.is_empty() {
            writeln!(f, "<pre>{}</pre>", Text(&fault.evidence.join("\n")))?;
        }
        f.write_str("</div>\n")
    }

    fn warnings(&self, f: &mut Formatter<'_>, warnings: &[Warning]) -> fmt::Result {
        if warnings.is_empty() {
            return Ok(());
        }
        f.write_str("<h3>Warnings</h3>\n<ul>\n")?;
        for w in warnings {
            writeln!(
                f,
                "<li>{} {} <code>{}</code></li>",
                self.clock(w.at),
                Text(&w.message),
                Text(&w.code)
            )?;
        }
        f.write_str("</ul>\n")
    }
}

/// One pair of a list of facts. The value is HTML already.
fn row(f: &mut Formatter<'_>, key: &str, value: impl Display) -> fmt::Result {
    writeln!(f, "<dt>{key}</dt><dd>{value}</dd>")
}

fn list(f: &mut Formatter<'_>, title: &str, lines: &[String]) -> fmt::Result {
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(f, "<h3>{title}</h3>\n<ul>")?;
    for line in lines {
        writeln!(f, "<li>{}</li>", Text(line))?;
    }
    f.write_str("</ul>\n")
}

/// Why the plan is as it is, and, folded up, the lines behind it.
fn reasons(f: &mut Formatter<'_>, d: &DeviceReport) -> fmt::Result {
    if !d.reasons.is_empty() {
        f.write_str("<h3>Why this way</h3>\n<ul>\n")?;
        for why in &d.reasons {
            writeln!(f, "<li>{}{}</li>", Text(&why.text), Rule(&why.rule))?;
        }
        f.write_str("</ul>\n")?;
    }
    let steps = || {
        let now = d.steps.iter().filter(|s| !s.replaced);
        now.filter_map(|s| Some((s, s.why.as_ref()?)))
    };
    let all = d.reasons.iter().chain(steps().map(|(_, why)| why));
    let lines: usize = all.map(|why| why.evidence.len()).sum();
    if lines == 0 && steps().next().is_none() {
        return Ok(());
    }
    let behind = counted(lines, "captured line");
    write!(
        f,
        "<details>\n<summary>Why each step, and the {behind} behind it all</summary>\n<dl class=\"why\">\n"
    )?;
    for (step, why) in steps() {
        let back = match step.way {
            Way::Forth => "",
            Way::Back => " (back)",
        };
        write!(
            f,
            "<dt>Step {}{back}: {}{}</dt><dd>",
            step.kind.word(),
            Text(&why.text),
            Rule(&why.rule)
        )?;
        evidence(f, why)?;
    }
    for why in d.reasons.iter().filter(|w| !w.evidence.is_empty()) {
        write!(f, "<dt>{}{}</dt><dd>", Text(&why.text), Rule(&why.rule))?;
        evidence(f, why)?;
    }
    f.write_str("</dl>\n</details>\n")
}

/// Ends the entry of a reason with its lines, those of one source together.
fn evidence(f: &mut Formatter<'_>, why: &Why) -> fmt::Result {
    let mut source = None;
    for line in &why.evidence {
        if source != Some(&line.source) {
            if source.is_some() {
                f.write_str("</pre>")?;
            }
            write!(f, "{}<pre>", Text(&line.source))?;
            source = Some(&line.source);
        }
        writeln!(f, "{}", Text(&line.line))?;
    }
    if source.is_some() {
        f.write_str("</pre>")?;
    }
    f.write_str("</dd>\n")
}

fn findings(f: &mut Formatter<'_>, d: &DeviceReport) -> fmt::Result {
    if d.findings.is_empty() {
        return Ok(());
    }
    f.write_str(
        "<h3>Not as before</h3>\n<table>\n<thead><tr><th>Check</th><th>Weight</th><th>Expected</th><th>Found</th></tr></thead>\n<tbody>\n",
    )?;
    for finding in &d.findings {
        let (tone, weight) = match finding.weight {
            Weight::Gate => ("bad", "gate"),
            Weight::Warn => ("ask", "warn"),
        };
        writeln!(
            f,
            "<tr><td>{}</td><td class=\"{tone}\">{weight}</td><td>{}</td><td>{}</td></tr>",
            Text(&finding.check),
            Text(&finding.expected),
            Text(&finding.found)
        )?;
    }
    f.write_str("</tbody>\n</table>\n")
}
