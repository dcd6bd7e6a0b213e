use iosxe_core::event::{Envelope, Event};
use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::*;

/// A run with an upgraded device, one that was taken back, one that could not be reached and one
/// that is held, over a kill and a resume. Made up by us in the form of journal format 1.
fn records() -> Vec<Envelope> {
    include_str!("samples/run.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn device<'a>(report: &'a Report, name: &str) -> &'a DeviceReport {
    report
        .devices
        .iter()
        .find(|d| d.name.as_str() == name)
        .unwrap()
}

fn html(report: &Report) -> String {
    html::page(report, &TimeZone::fixed(jiff::tz::offset(1))).to_string()
}

#[test]
fn a_run_is_reported_whole() {
    let report = Report::of(&records());
    insta::assert_snapshot!("report.json", json::text(&report));
    insta::assert_snapshot!("report.html", html(&report));
}

#[test]
fn steps_show_what_was_meant_and_what_came_of_it() {
    let report = Report::of(&records());
    let upgraded = device(&report, "acc-01");
    assert_eq!(upgraded.outcome, Outcome::Upgraded);
    assert!(upgraded.steps.iter().all(|s| s.way == Way::Forth));
    let activate = &upgraded.steps[4];
    assert_eq!(activate.seconds(), Some(540.0));
    assert_eq!(activate.intents[0].closing, Some(Closing::Applied));
    assert_eq!(
        upgraded.deadlines.auto_abort_over,
        Some("2026-11-23T01:33:50Z".parse().unwrap())
    );

    let back = device(&report, "core-01");
    assert!(matches!(
        back.rollback.as_ref().unwrap().cause,
        RollbackCause::FailedGate { .. }
    ));
    assert!(back.steps[0].found_so && back.steps[0].intents.is_empty());
    let add: Vec<_> = back.steps[2]
        .intents
        .iter()
        .map(|i| i.closing.clone())
        .collect();
    assert_eq!(add, [Some(Closing::NoEffect), Some(Closing::Applied)]);
    assert_eq!(back.steps.last().unwrap().way, Way::Back);
    assert_eq!(back.absences.len(), 2);
    assert_eq!(report.counts.values().sum::<usize>(), 4);
    assert_eq!(report.counts.len(), Outcome::ALL.len());
}

#[test]
fn a_run_that_goes_on_is_reported_as_far_as_it_is_known() {
    let all = records();
    assert_eq!(Report::of(&[]).run, None);
    assert!(html(&Report::of(&[])).contains("No device."));
    // A report of every beginning of the run can be made and printed.
    for n in 0..all.len() {
        let report = Report::of(&all[..n]);
        assert_eq!(report.counts.values().sum::<usize>(), report.devices.len());
        assert!(html(&report).ends_with("</html>\n"));
        assert_eq!(report.ended, None);
    }
    let selected = Report::of(&all[..5]);
    assert!(
        selected
            .devices
            .iter()
            .all(|d| d.outcome == Outcome::NotStarted)
    );
    let away = all.iter().position(|r| r.event == Event::WentAway).unwrap();
    let report = Report::of(&all[..=away]);
    let open = device(&report, "acc-01");
    assert_eq!(open.outcome, Outcome::InProgress);
    assert_eq!(open.steps[4].intents[0].closing, None);
    let page = html(&report);
    assert!(page.contains("i3: not known") && page.contains("Resume with"));
}

#[test]
fn a_resume_takes_an_end_back() {
    let mut all = records();
    let last = all.last().unwrap().clone();
    let mut add = |device: Option<&str>, event: Event| {
        let seq = all.last().unwrap().seq + 1;
        let device = device.map(Into::into);
        all.push(Envelope {
            seq,
            device,
            event,
            ..last.clone()
        });
    };
    add(
        None,
        Event::RunResumed {
            by: "maria".into(),
            only: None,
        },
    );
    add(
        Some("acc-02"),
        Event::StageEntered {
            stage: StageKind::Discover,
        },
    );
    let report = Report::of(&all);
    assert_eq!(report.ended, None);
    let again = device(&report, "acc-02");
    assert_eq!((again.outcome, &again.fault), (Outcome::InProgress, &None));
}

#[test]
fn a_plan_that_is_replaced_leaves_what_was_done_for_it() {
    let all = records();
    let planned = all
        .iter()
        .position(|r| matches!(r.event, Event::StepDone { .. }))
        .unwrap();
    let mut some = all[..=planned].to_vec();
    let mut replan = some
        .iter()
        .find(|r| matches!(r.event, Event::Planned { .. }))
        .unwrap()
        .clone();
    // The same plan again, as after a resume.
    some.push(replan.clone());
    let name = replan.device.clone().unwrap();
    let same = device(&Report::of(&some), name.as_str()).steps.clone();
    assert_eq!(same.len(), 7);
    assert!(same[0].done.is_some());
    // Another one.
    if let Event::Planned { plan } = &mut replan.event {
        plan.hash = "f".repeat(64);
    }
    some.push(replan);
    let other = device(&Report::of(&some), name.as_str()).steps.clone();
    assert_eq!(other.len(), 8);
    assert!(other[0].replaced && other[0].done.is_some());
    assert!(other[1..].iter().all(|s| !s.replaced && s.done.is_none()));
}

/// Where a record holds text that is not a typed word: there any text is read back.
fn free_places() -> &'static [Vec<String>] {
    fn leaves(value: &serde_json::Value, at: &str, places: &mut Vec<String>) {
        match value {
            serde_json::Value::String(_) => places.push(at.to_owned()),
            serde_json::Value::Array(items) => {
                for (n, item) in items.iter().enumerate() {
                    leaves(item, &format!("{at}/{n}"), places);
                }
            }
            serde_json::Value::Object(map) => {
                for (key, value) in map {
                    leaves(value, &format!("{at}/{key}"), places);
                }
            }
            _ => {}
        }
    }
    static PLACES: std::sync::OnceLock<Vec<Vec<String>>> = std::sync::OnceLock::new();
    PLACES.get_or_init(|| {
        let free = |record: &Envelope| {
            let event = serde_json::to_value(&record.event).unwrap();
            let mut places = Vec::new();
            leaves(&event, "", &mut places);
            places.retain(|place| {
                let mut event = event.clone();
                *event.pointer_mut(place).unwrap() = "<b>".into();
                serde_json::from_value(event).is_ok_and(|e: Event| e != Event::Unknown)
            });
            places
        };
        records().iter().map(free).collect()
    })
}

/// The run with a text in every place that somebody else writes.
fn everywhere(text: &str) -> Report {
    let records: Vec<Envelope> = records()
        .into_iter()
        .zip(free_places())
        .map(|(mut record, places)| {
            let mut event = serde_json::to_value(&record.event).unwrap();
            for place in places {
                *event.pointer_mut(place).unwrap() = text.into();
            }
            record.event = serde_json::from_value(event).unwrap();
            record.run = RunId::new(text);
            record.device = record.device.map(|d| format!("{d}{text}").as_str().into());
            record
        })
        .collect();
    Report::of(&records)
}

#[test]
fn hostile_text_stays_text() {
    for hostile in [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "' onmouseover='alert(1)",
        "</style></title><script>",
        "javascript:alert(1)",
        "&lt;script&gt;",
        "\u{202e}gnp.exe\u{0}\u{1b}[2J\u{7f}",
        "]]><!--",
    ] {
        let page = html(&everywhere(hostile));
        assert!(
            !page.contains("<script") && !page.contains("<img"),
            "{hostile}"
        );
        assert!(!page.contains("]]><!--"));
        assert_eq!(page.matches("</style>").count(), 1);
        assert!(
            page.chars().all(|c| !c.is_control() || c == '\n'),
            "{hostile}"
        );
        assert!(!page.contains('\u{202e}'));
        // Attributes hold nothing but words and numbers of ours.
        for tag in page.split('<').skip(1).filter_map(|t| t.split('>').next()) {
            assert!(!tag.contains("alert"), "{hostile}: <{tag}>");
        }
    }
    let page = html(&everywhere("&lt;b&gt;"));
    assert!(page.contains("&amp;lt;b&amp;gt;"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn any_text_leaves_the_page_as_it_is_built(text in any::<String>()) {
        let shape = |page: &str| -> Vec<String> {
            page.split('<').skip(1).filter_map(|t| t.split_once('>').map(|(tag, _)| tag.to_owned())).collect()
        };
        prop_assert_eq!(shape(&html(&everywhere(&format!("x{text}")))), shape(&html(&everywhere("x"))));
    }
}

#[test]
fn durations_read_like_durations() {
    let report = Report::of(&records());
    let page = html(&report);
    for words in ["9 min 00 s", "6 min 24 s", "33 min 58 s"] {
        assert!(page.contains(words), "{words}");
    }
}

#[test]
fn five_thousand_devices_are_folded_in_a_moment() {
    let one = records();
    let mut all = Vec::new();
    for n in 0..2500 {
        for record in one.iter().filter(|r| r.device.is_some()) {
            let mut record = record.clone();
            record.device = record.device.map(|d| format!("{d}-{n}").as_str().into());
            all.push(record);
        }
    }
    let begun = std::time::Instant::now();
    let report = Report::of(&all);
    assert_eq!(report.devices.len(), 10_000);
    // Half a second in a debug build; a fold that is quadratic needs minutes.
    assert!(begun.elapsed().as_secs() < 20);
}

#[test]
fn reasons_show_their_rule_and_their_lines() {
    let report = Report::of(&records());
    let core = device(&report, "core-01");
    assert_eq!(core.reasons[0].rule, "image_for_the_platform");
    assert_eq!(core.reasons[0].evidence.len(), 3);
    assert_eq!(core.steps[0].why.as_ref().unwrap().rule, "image_not_there");
    let value: serde_json::Value = serde_json::from_str(&json::text(&report)).unwrap();
    let devices = value["devices"].as_array().unwrap();
    let reasons = &devices.iter().find(|d| d["name"] == "core-01").unwrap()["reasons"];
    assert_eq!(reasons[1]["evidence"][0]["source"], "show version");
    assert_eq!(reasons[2]["rule"], "", "a sentence of the first format");
    let page = html(&report);
    assert_eq!(page.matches("<details>").count(), 1, "nothing to unfold");
    let (_, inside) = page.split_once("<details>").unwrap();
    let (inside, _) = inside.split_once("</details>").unwrap();
    assert!(inside.contains("5 captured lines"), "{inside}");
    assert!(inside.contains("System image file is &quot;flash:packages.conf&quot;"));
}

/// Lines of a device are not free of what a configuration says.
#[test]
fn captured_lines_are_masked_like_a_configuration() {
    let secret = "username ops privilege 15 secret 9 $9$hunter22";
    let page = html(&everywhere(secret));
    let text = json::text(&everywhere(secret));
    for place in [&page, &text] {
        assert!(place.contains("username ops privilege 15 secret ***"));
    }
    let report = everywhere(secret);
    let mut seen = (0, 0, 0);
    for device in &report.devices {
        for line in device.reasons.iter().flat_map(|r| &r.evidence) {
            assert!(!line.line.contains("hunter22"));
            seen.0 += 1;
        }
        let faults = device.fault.iter().chain(&device.held_for);
        for line in faults.flat_map(|f| &f.evidence) {
            assert!(!line.contains("hunter22"), "{line}");
            seen.1 += 1;
        }
        for line in &device.unsaved {
            assert!(!line.contains("hunter22"), "{line}");
            seen.2 += 1;
        }
    }
    assert!(seen.0 > 0 && seen.1 > 0 && seen.2 > 0, "{seen:?}");
}
