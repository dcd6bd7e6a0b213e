//! Is the summary of `iosxe demo` what scripts may rely on?

use std::io::Read as _;

use serde_json::Value;

use crate::Verdict;

/// Every key of `counts`, zero included.
const OUTCOMES: [&str; 12] = [
    "upgraded",
    "already",
    "ready",
    "staged",
    "refused",
    "rolled_back",
    "uncommitted",
    "in_progress",
    "held",
    "lost",
    "dead_letter",
    "not_started",
];

/// Every key of a device.
const DEVICE_KEYS: [&str; 12] = [
    "name",
    "platform",
    "from",
    "to",
    "running",
    "committed",
    "method",
    "outcome",
    "stage",
    "auto_abort_deadline",
    "fault",
    "seconds",
];

pub(crate) fn check(file: &str) -> Verdict {
    let mut text = String::new();
    let read = if file == "-" {
        std::io::stdin().read_to_string(&mut text).map(|_| ())
    } else {
        std::fs::read_to_string(file).map(|read| text = read)
    };
    read.map_err(|e| vec![format!("{file}: {e}")])?;
    let summary: Value = serde_json::from_str(&text)
        .map_err(|e| vec![format!("{file}: not one JSON value: {e}")])?;
    let problems = problems(&summary);
    if !problems.is_empty() {
        return Err(problems);
    }
    let devices = at(&summary, "devices").as_array().map_or(0, Vec::len);
    let wall = at(&summary, "wall_s");
    Ok(format!("demo: {devices} devices upgraded in {wall} s"))
}

/// The value of a key; null where there is none.
fn at<'a>(value: &'a Value, key: &str) -> &'a Value {
    value.get(key).unwrap_or(&Value::Null)
}

fn problems(summary: &Value) -> Vec<String> {
    let mut found = Vec::new();
    if !at(summary, "run").is_string() {
        found.push("`run` is no text".to_owned());
    }
    if !at(summary, "wall_s").as_f64().is_some_and(|s| s > 0.0) {
        found.push("`wall_s` is no positive number".to_owned());
    }
    let none = Vec::new();
    let devices = at(summary, "devices").as_array().unwrap_or(&none);
    if devices.is_empty() {
        found.push("`devices` names no device".to_owned());
    }
    for device in devices {
        device_problems(device, &mut found);
    }
    counts(summary, devices, &mut found);
    found
}

fn device_problems(device: &Value, found: &mut Vec<String>) {
    let name = at(device, "name")
        .as_str()
        .unwrap_or("a device without a name");
    for key in DEVICE_KEYS {
        if device.get(key).is_none() {
            found.push(format!("{name}: `{key}` is missing"));
        }
    }
    for key in [
        "name",
        "platform",
        "from",
        "to",
        "running",
        "committed",
        "method",
        "stage",
    ] {
        if at(device, key).as_str().is_none_or(str::is_empty) {
            found.push(format!("{name}: `{key}` is no text"));
        }
    }
    if *at(device, "outcome") != "upgraded" {
        let (outcome, fault) = (at(device, "outcome"), at(device, "fault"));
        found.push(format!(
            "{name}: its outcome is {outcome}, its fault {fault}"
        ));
    }
    for key in ["running", "committed"] {
        if at(device, key) != at(device, "to") {
            let (is, to) = (at(device, key), at(device, "to"));
            found.push(format!("{name}: `{key}` is {is} and not {to}"));
        }
    }
    if at(device, "from") == at(device, "to") {
        found.push(format!("{name}: it was on its target before"));
    }
    for key in ["fault", "auto_abort_deadline"] {
        if !at(device, key).is_null() {
            let is = at(device, key);
            found.push(format!("{name}: `{key}` is {is} and not null"));
        }
    }
    if !at(device, "seconds").as_f64().is_some_and(|s| s >= 0.0) {
        found.push(format!("{name}: `seconds` is no duration"));
    }
}

fn counts(summary: &Value, devices: &[Value], found: &mut Vec<String>) {
    for outcome in OUTCOMES {
        let counted = devices
            .iter()
            .filter(|d| *at(d, "outcome") == outcome)
            .count();
        let said = at(at(summary, "counts"), outcome);
        if said.as_u64() != u64::try_from(counted).ok() {
            found.push(format!("`counts.{outcome}` is {said} and not {counted}"));
        }
    }
    let keys = at(summary, "counts")
        .as_object()
        .into_iter()
        .flat_map(|m| m.keys());
    for key in keys.filter(|key| !OUTCOMES.contains(&key.as_str())) {
        found.push(format!("`counts.{key}` is no outcome"));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn good() -> Value {
        let device = |name: &str| {
            json!({
                "name": name, "platform": "cat9k", "from": "17.09.04a", "to": "17.12.04",
                "running": "17.12.04", "committed": "17.12.04", "method": "three_step",
                "outcome": "upgraded", "stage": "close", "auto_abort_deadline": null,
                "fault": null, "seconds": 20.5
            })
        };
        let mut counts: serde_json::Map<String, Value> = OUTCOMES
            .iter()
            .map(|o| ((*o).to_owned(), json!(0)))
            .collect();
        counts.insert("upgraded".into(), json!(2));
        json!({"run": "r1", "devices": [device("a"), device("b")], "counts": counts, "wall_s": 31.2})
    }

    #[test]
    fn a_complete_summary_is_fine() {
        assert_eq!(problems(&good()), Vec::<String>::new());
    }

    #[test]
    fn every_defect_is_named() {
        let cases: [(&str, Value, &str); 11] = [
            ("/run", Value::Null, "`run`"),
            ("/wall_s", json!(0), "`wall_s`"),
            ("/devices", json!([]), "names no device"),
            (
                "/devices/1/outcome",
                json!("lost"),
                "b: its outcome is \"lost\"",
            ),
            ("/devices/0/running", json!("17.09.04a"), "a: `running`"),
            ("/devices/0/committed", Value::Null, "a: `committed`"),
            ("/devices/0/from", json!("17.12.04"), "target before"),
            ("/devices/0/fault", json!({"code": "x"}), "a: `fault`"),
            (
                "/devices/0/auto_abort_deadline",
                json!("2026-11-23T00:00:00Z"),
                "not null",
            ),
            (
                "/counts/upgraded",
                json!(3),
                "`counts.upgraded` is 3 and not 2",
            ),
            ("/counts", json!({"upgraded": 2, "won": 0}), "`counts.won`"),
        ];
        for (place, value, says) in cases {
            let mut summary = good();
            *summary.pointer_mut(place).unwrap() = value;
            let found = problems(&summary).join("\n");
            assert!(found.contains(says), "{place}: {found}");
        }
        let mut summary = good();
        summary["devices"][0]
            .as_object_mut()
            .unwrap()
            .remove("seconds");
        assert!(problems(&summary)[0].contains("`seconds` is missing"));
        let mut summary = good();
        summary["counts"].as_object_mut().unwrap().remove("held");
        assert_eq!(problems(&summary), ["`counts.held` is null and not 0"]);
    }
}
