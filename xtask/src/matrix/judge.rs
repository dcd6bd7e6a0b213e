//! The verdict on a cell: what the lab knows against what was reported, and what may never happen.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::cells::{Cell, Method, Trouble};

/// What is known of one device at the end.
pub(super) struct Known<'a> {
    /// Its line in the summary.
    pub(super) told: &'a Value,
    /// The truth at the lab's control address.
    pub(super) truth: &'a Value,
    /// The lab's timeline of it, in order.
    pub(super) timeline: Vec<&'a Value>,
    /// The run's events of it, in order.
    pub(super) events: Vec<&'a Value>,
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn number(value: &Value, key: &str) -> u64 {
    value.get(key).and_then(Value::as_u64).unwrap_or(u64::MAX)
}

impl Known<'_> {
    fn kinds(&self, kind: &str) -> impl Iterator<Item = &Value> {
        self.timeline
            .iter()
            .copied()
            .filter(move |e| text(e, "kind") == kind)
    }

    /// Commands that change the device, in order, as it was sent them.
    pub(super) fn changes(&self) -> Vec<&str> {
        let reads = ["show ", "dir ", "verify ", "terminal ", "enable", "exit"];
        self.kinds("command")
            .filter_map(|e| e.get("detail")?.get("line")?.as_str())
            .filter(|line| !reads.iter().any(|r| line.starts_with(r)))
            .collect()
    }

    fn sent(&self, like: impl Fn(&str) -> bool) -> usize {
        self.changes().into_iter().filter(|line| like(line)).count()
    }

    /// When the run recorded the first event of a kind. One whose time cannot be read came too late
    /// for everything.
    fn recorded(&self, kind: &str) -> Option<Timestamp> {
        let first = self
            .events
            .iter()
            .find(|e| e.get("event").is_some_and(|e| text(e, "kind") == kind))?;
        Some(text(first, "at").parse().unwrap_or(Timestamp::MAX))
    }

    /// When the lab saw a command first.
    fn seen_command(&self, line: &str) -> Option<Timestamp> {
        let is = |e: &&Value| e.get("detail").is_some_and(|d| text(d, "line") == line);
        let first = self.kinds("command").find(is)?;
        Some(text(first, "wall").parse().unwrap_or(Timestamp::MIN))
    }

    /// When the lab saw the first thing of a kind. One whose time cannot be read came too early for
    /// everything.
    fn seen(&self, kind: &str) -> Option<Timestamp> {
        let first = self.kinds(kind).next()?;
        Some(text(first, "wall").parse().unwrap_or(Timestamp::MIN))
    }
}

/// What is wrong with a cell; nothing when it is green.
pub(super) fn judge(cell: &Cell, known: &Known<'_>) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut check = |holds: bool, what: String| {
        if !holds {
            wrong.push(what);
        }
    };
    let Known { told, truth, .. } = known;
    let fault = told.get("fault").cloned().unwrap_or_default();
    let outcome = text(told, "outcome");
    let expected = cell.outcome();
    check(
        outcome == expected,
        format!("{outcome}, not {expected}: {}", text(&fault, "message")),
    );

    // The end is known, and what was reported.
    let release = cell.ends_on();
    let running = text(truth, "running_version");
    check(running == release, format!("runs {running}, not {release}"));
    for key in ["running", "committed"] {
        let really = text(truth, &format!("{key}_version"));
        let said = text(told, key);
        check(said == really, format!("{key}: told {said}, is {really}"));
    }
    let members = truth.get("members").and_then(Value::as_array);
    for member in members.into_iter().flatten() {
        let on = text(member, "version");
        check(on == release, format!("a member runs {on}"));
    }

    // Every family by its own commands, each disturbing one once.
    let own = cell.method.own_command(cell.trouble);
    let shows_own = known
        .kinds("command")
        .filter_map(|e| e.get("detail")?.get("line")?.as_str())
        .any(|line| line.starts_with(own));
    check(shows_own, format!("was never sent `{own}…`"));
    let back = usize::from(expected == "rolled_back" && cell.trouble == Trouble::PortDown);
    let once = [
        (
            "install activate",
            known.sent(|l| l.starts_with("install activate") && !l.ends_with("location active")),
            1,
        ),
        (
            "install activate location active",
            known.sent(|l| l == "install activate location active"),
            1,
        ),
        (
            "issu loadversion",
            known.sent(|l| l.starts_with("issu loadversion")),
            1,
        ),
        ("issu runversion", known.sent(|l| l == "issu runversion"), 1),
        (
            "issu abortversion",
            known.sent(|l| l == "issu abortversion"),
            1,
        ),
        (
            "hw-module slot",
            known.sent(|l| l.starts_with("hw-module slot")),
            1,
        ),
        (
            "request platform",
            known.sent(|l| l.starts_with("request platform") && !l.contains(" rollback")),
            1,
        ),
        (
            "request platform … rollback",
            known.sent(|l| l.starts_with("request platform") && l.contains(" rollback")),
            back,
        ),
        (
            "install add … activate commit",
            known.sent(|l| l.starts_with("install add") && l.ends_with(" commit")),
            1,
        ),
        (
            "install abort",
            known.sent(|l| l.starts_with("install abort")),
            1,
        ),
        (
            "install rollback",
            known.sent(|l| l.starts_with("install rollback")),
            1,
        ),
        (
            "upgrade rom-monitor",
            known.sent(|l| l.starts_with("upgrade rom-monitor")),
            cell.regions(),
        ),
        (
            "reload",
            known.sent(|l| l == "reload"),
            cell.regions() + back,
        ),
    ];
    for (command, times, most) in once {
        check(times <= most, format!("`{command}` was sent {times} times"));
    }

    // Nothing is taken away before somebody agreed.
    let approved = known.recorded("approved");
    for kind in ["reload_begin", "switchover", "member_down"] {
        let early = known
            .seen(kind)
            .is_some_and(|at| approved.is_none_or(|ok| at < ok));
        check(!early, format!("{kind} before the approval"));
    }
    if !cell.trouble.disturbs() {
        check(known.seen("reload_begin").is_none(), "was reloaded".into());
    }

    // With a timer, nothing is committed before health was proven: the soak begins with the proof.
    if cell.method.has_timer() {
        let proven = known.recorded("soak_until");
        let too_early = |at: Timestamp| proven.is_none_or(|ok| at < ok);
        let early = known.seen("install_commit").is_some_and(too_early);
        check(!early, "was committed before it was proven".into());
        let early = known
            .seen_command("issu acceptversion")
            .is_some_and(too_early);
        check(!early, "its timer was stopped before it was proven".into());
    }

    // Under a patch the release stays: what the engine lists is what changed.
    if cell.method.is_patch() {
        let in_use = in_use(truth);
        let wanted: &[&str] = if expected == "upgraded" { &["C"] } else { &[] };
        check(
            in_use == wanted,
            format!("patches in use stand in {in_use:?}, not {wanted:?}"),
        );
        let reloads = match (cell.method, expected) {
            (Method::Smu, "upgraded") => 1,
            (Method::Smu, "rolled_back") => 2,
            _ => 0,
        };
        let commanded = number(truth, "reload_count");
        check(
            commanded == reloads,
            format!("{commanded} commanded reloads, not {reloads}"),
        );
    }

    // A fast reload is one by its own word, and the way back is a usual one.
    if cell.method == Method::Xfsu {
        let fast = known.sent(|l| l.contains(" activate xfsu commit"));
        check(fast == 1, format!("was told to reload fast {fast} times"));
    }
    // Of firmware the version is what changed.
    if let Some([has, brings, _]) = cell.rommon() {
        let wanted = if expected == "upgraded" { brings } else { has };
        let parts = truth.get("firmware").and_then(Value::as_array);
        let parts = parts.into_iter().flatten();
        let mut engines =
            parts.filter(|p| text(p, "part") == "rommon" && text(p, "slot").starts_with('R'));
        check(
            engines.all(|p| text(p, "version") == wanted),
            format!("not every processor has the boot loader {wanted}"),
        );
    }

    // In service, one side at a time, and none by a command of ours.
    if cell.method.in_service() {
        let down = most_down(known);
        check(down <= 1, format!("{down} sides were down at once"));
        // But the other processor, where the commit leaves it on the old image.
        let most = u64::from(cell.method == Method::IssuVersions && expected == "upgraded");
        let commanded = number(truth, "reload_count");
        check(commanded <= most, format!("{commanded} commanded reloads"));
    }
    wrong
}

/// The states of the patches that are in use, as the engine of the lab has them.
fn in_use(truth: &Value) -> Vec<&str> {
    let lines = truth.get("install_state").and_then(Value::as_array);
    let lines = lines.into_iter().flatten();
    lines
        .filter(|p| text(p, "type") == "SMU" && text(p, "state") != "I")
        .map(|p| text(p, "state"))
        .collect()
}

fn most_down(known: &Known<'_>) -> usize {
    let mut down: BTreeMap<String, ()> = BTreeMap::new();
    let mut most = 0;
    for event in &known.timeline {
        let member = event
            .get("detail")
            .and_then(|d| d.get("member"))
            .map(ToString::to_string)
            .unwrap_or_default();
        match text(event, "kind") {
            "member_down" => {
                down.insert(member, ());
            }
            "member_up" => {
                down.remove(&member);
            }
            _ => {}
        }
        most = most.max(down.len());
    }
    most
}

#[cfg(test)]
mod tests {
    use super::super::cells::all;
    use super::*;

    fn cell(method: Method, trouble: Trouble) -> Cell {
        let found = all()
            .into_iter()
            .find(|c| c.method == method && c.trouble == trouble);
        found.unwrap()
    }

    fn event(kind: &str, wall: &str, line: &str) -> Value {
        serde_json::json!({"kind": kind, "wall": wall, "detail": {"line": line, "member": 1}})
    }

    fn recorded(kind: &str, at: &str) -> Value {
        serde_json::json!({"at": at, "event": {"kind": kind}})
    }

    /// An undisturbed upgrade in three steps, as it is and with one thing changed.
    fn three_steps(
        change: impl FnOnce(&mut Vec<Value>, &mut Vec<Value>, &mut Value),
    ) -> Vec<String> {
        let cell = cell(Method::ThreeStep, Trouble::None);
        let to = cell.platform.to;
        let mut timeline = vec![
            event(
                "command",
                "2026-11-23T10:00:00Z",
                "install add file flash:x.bin",
            ),
            event(
                "command",
                "2026-11-23T10:02:00Z",
                "install activate auto-abort-timer 120",
            ),
            event("reload_begin", "2026-11-23T10:02:10Z", ""),
            event("install_commit", "2026-11-23T10:09:00Z", ""),
        ];
        let mut events = vec![
            recorded("approved", "2026-11-23T10:01:00Z"),
            recorded("soak_until", "2026-11-23T10:08:00Z"),
        ];
        let mut truth = serde_json::json!({
            "running_version": to, "committed_version": to, "reload_count": 1,
            "members": [{"version": to}],
        });
        change(&mut timeline, &mut events, &mut truth);
        let told = serde_json::json!({"outcome": "upgraded", "running": to, "committed": to});
        judge(
            &cell,
            &Known {
                told: &told,
                truth: &truth,
                timeline: timeline.iter().collect(),
                events: events.iter().collect(),
            },
        )
    }

    /// An undisturbed upgrade by version, with its timer stopped at that time.
    fn by_version(accepted: &str, reloads: u64) -> Vec<String> {
        let cell = cell(Method::IssuVersions, Trouble::None);
        let to = cell.platform.to;
        let timeline = [
            event(
                "command",
                "2026-11-23T10:02:00Z",
                "issu loadversion rp 1 file x",
            ),
            event("command", "2026-11-23T10:04:00Z", "issu runversion"),
            event("command", accepted, "issu acceptversion"),
            event("command", "2026-11-23T10:09:00Z", "issu commitversion"),
            event("install_commit", "2026-11-23T10:09:00Z", ""),
        ];
        let events = [
            recorded("approved", "2026-11-23T10:01:00Z"),
            recorded("soak_until", "2026-11-23T10:08:00Z"),
        ];
        let truth = serde_json::json!({
            "running_version": to, "committed_version": to, "reload_count": reloads,
            "members": [{"version": to}, {"version": to}],
        });
        let told = serde_json::json!({"outcome": "upgraded", "running": to, "committed": to});
        judge(
            &cell,
            &Known {
                told: &told,
                truth: &truth,
                timeline: timeline.iter().collect(),
                events: events.iter().collect(),
            },
        )
    }

    #[test]
    fn a_timer_is_stopped_behind_the_proof_and_one_side_reloaded_by_hand() {
        assert_eq!(by_version("2026-11-23T10:08:30Z", 1), Vec::<String>::new());
        let early = by_version("2026-11-23T10:07:00Z", 1);
        assert_eq!(early, ["its timer was stopped before it was proven"]);
        let twice = by_version("2026-11-23T10:08:30Z", 2);
        assert_eq!(twice, ["2 commanded reloads"]);
    }

    #[test]
    fn a_good_cell_is_green() {
        assert_eq!(three_steps(|_, _, _| {}), Vec::<String>::new());
    }

    #[test]
    fn each_thing_that_may_not_happen_is_red() {
        let again = three_steps(|timeline, _, _| timeline.push(timeline[1].clone()));
        assert_eq!(again, ["`install activate` was sent 2 times"]);
        let early = three_steps(|_, events, _| {
            events[0] = recorded("approved", "2026-11-23T10:03:00Z");
        });
        assert_eq!(early, ["reload_begin before the approval"]);
        let unproven = three_steps(|_, events, _| drop(events.pop()));
        assert_eq!(unproven, ["was committed before it was proven"]);
        let timeless = three_steps(|timeline, events, _| {
            timeline[2]["wall"] = "".into();
            events[1]["at"] = "yesterday".into();
        });
        assert_eq!(
            timeless,
            [
                "reload_begin before the approval",
                "was committed before it was proven"
            ]
        );
        let other = three_steps(|timeline, _, _| drop(timeline.remove(1)));
        assert_eq!(
            other,
            ["was never sent `install activate auto-abort-timer …`"]
        );
        let mixed = three_steps(|_, _, truth| truth["members"][0]["version"] = "17.1.1".into());
        assert_eq!(mixed, ["a member runs 17.1.1"]);
        let untrue = three_steps(|_, _, truth| truth["committed_version"] = "17.1.1".into());
        assert_eq!(untrue.len(), 1, "{untrue:?}");
    }
}
