//! A first look over SNMP at devices of the lab, where SSH is not allowed yet.

use std::net::UdpSocket;

use serde_json::Value;

use crate::support::{Bench, Ran, c9300, device, stack};

/// The devices of a bench, their agents on a free port of their own addresses.
fn bench(devices: Vec<iosxe_lab::DeviceSpec>) -> Bench {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = socket.local_addr().unwrap().port();
    drop(socket);
    Bench::with(devices, |options| options.snmp_port = Some(port))
}

/// The same, and the command knows the community.
fn with_community(devices: Vec<iosxe_lab::DeviceSpec>) -> Bench {
    let mut bench = bench(devices);
    let snmp = bench.lab().snmp().unwrap();
    bench.environment("IOSXE_SNMP_COMMUNITY", &snmp.community);
    bench
}

fn first_look(bench: &Bench) -> Ran {
    bench.run(&["discover", "--snmp", "--output", "json"])
}

/// What was told of a device.
fn told(ran: &Ran, name: &str) -> Value {
    let document = ran.json();
    let mut all = document["snmp"].as_array().unwrap().iter();
    all.find(|a| a["name"] == name).unwrap().clone()
}

#[test]
fn devices_say_what_they_are_and_nothing_is_written() {
    let bench = with_community(vec![
        c9300("sw-a"),
        stack("st-a"),
        device("rt-a", "ISR4451-X/K9"),
    ]);
    let before = bench.read("inventory.csv");
    let ran = first_look(&bench);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("clear text"), "{}", ran.stderr);
    let document = ran.json();
    assert_eq!(document["run"], Value::Null);
    assert_eq!(document["counts"]["ready"], 3);
    for device in ran.devices() {
        assert_eq!(device["outcome"], "ready");
        assert_eq!(device["running"], "17.09.04a");
    }
    let switch = told(&ran, "sw-a");
    assert_eq!(switch["reachable"], true);
    assert_eq!(switch["version"], "v2c");
    assert_eq!(switch["system"], "ios_xe");
    assert_eq!(switch["model"], "C9300-48P");
    assert_eq!(switch["support"], "upgrade");
    assert_eq!(switch["complete"], true);
    let serials = |name: &str| {
        let answer = told(&ran, name);
        let chassis = answer["chassis"].as_array().unwrap();
        let serials: Vec<String> = chassis
            .iter()
            .map(|c| c["serial"].as_str().unwrap().to_owned())
            .collect();
        serials
    };
    assert_eq!(
        serials("sw-a"),
        [bench.truth("sw-a")["serial"].as_str().unwrap()]
    );
    assert_eq!(
        serials("rt-a"),
        [bench.truth("rt-a")["serial"].as_str().unwrap()]
    );
    assert_eq!(serials("st-a").len(), 3);
    let stack = told(&ran, "st-a");
    let numbers: Vec<u64> = stack["chassis"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["number"].as_u64().unwrap())
        .collect();
    assert_eq!(numbers, [1, 2, 3]);
    assert_eq!(
        told(&ran, "rt-a")["next"],
        "discovery by SSH would read its facts: isr-4000 is upgraded"
    );
    // No login, no journal, no cell.
    bench.assert_no_contact();
    assert_eq!(bench.read("inventory.csv"), before);
    assert!(!bench.path("journal.db").exists());
}

#[test]
fn a_user_of_snmpv3_is_named_by_the_configuration() {
    let mut bench = bench(vec![c9300("sw-a")]);
    let snmp = bench.lab().snmp().unwrap();
    bench.configure(|text| {
        text.replace("[snmp]\n", "[snmp]\ncredential = \"first-look\"\n") + &format!(
            "\n[[credential]]\nname = \"first-look\"\nsnmp = {{ user = \"{}\", hash = \"sha256\", \
             auth_env = \"LOOK_AUTH\", priv_env = \"LOOK_PRIV\" }}\n",
            snmp.user
        )
    });
    bench.environment("LOOK_AUTH", &snmp.auth);
    bench.environment("LOOK_PRIV", &snmp.privacy);
    let ran = first_look(&bench);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let answer = told(&ran, "sw-a");
    assert_eq!(answer["version"], "v3");
    assert!(!ran.stderr.contains("clear text"), "{}", ran.stderr);
    assert_eq!(answer["model"], "C9300-48P");

    // A wrong key is told by the device, and is no reason to wait.
    bench.environment("LOOK_AUTH", "no such password");
    bench.environment("IOSXE_LOG", "trace");
    let ran = first_look(&bench);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(!ran.stderr.contains("no such password"), "{}", ran.stderr);
    assert!(!ran.stderr.contains(&snmp.privacy), "{}", ran.stderr);
    let device = &ran.devices()[0];
    assert_eq!(device["fault"]["code"], "snmp_user_refused");
    assert_eq!(device["fault"]["class"], "operator");
    assert_eq!(told(&ran, "sw-a")["reachable"], true);
}

#[test]
fn silence_says_what_to_check_and_no_community() {
    let mut bench = bench(vec![c9300("sw-a")]);
    bench.environment("IOSXE_SNMP_COMMUNITY", "rarely-public");
    // Nothing of what the libraries say while they work may hold it either.
    bench.environment("IOSXE_LOG", "trace");
    let ran = first_look(&bench);
    assert_eq!(ran.code, 1);
    let device = &ran.devices()[0];
    assert_eq!(device["outcome"], "not_started");
    assert_eq!(device["fault"]["code"], "snmp_timeout");
    assert_eq!(device["fault"]["class"], "transient");
    let remedy = device["fault"]["remedy"].as_str().unwrap();
    for word in ["UDP", "community", "access list", "view"] {
        assert!(remedy.contains(word), "{remedy}");
    }
    assert_eq!(told(&ran, "sw-a")["reachable"], false);
    assert!(ran.stderr.contains("async_snmp"), "the log says nothing");
    assert!(!ran.stderr.contains("rarely-public"), "{}", ran.stderr);
}

#[test]
fn a_row_that_means_another_device_is_told_both_sides() {
    let bench = with_community(vec![c9300("sw-a"), device("rt-a", "ISR4451-X/K9")]);
    let serial = bench.truth("rt-a")["serial"].as_str().unwrap().to_owned();
    bench.edit(|table| {
        table.set("rt-a", "platform", "C9300");
        table.set("rt-a", "serial", "FCW0000AAAA");
    });
    let ran = first_look(&bench);
    // Every row was answered.
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let devices = ran.devices();
    let router = devices.iter().find(|d| d["name"] == "rt-a").unwrap();
    assert_eq!(router["outcome"], "refused");
    assert_eq!(router["fault"]["code"], "serial_differs");
    assert_eq!(
        router["fault"]["message"],
        format!("the row says serial FCW0000AAAA, the device says {serial}")
    );
    let differences = told(&ran, "rt-a")["differences"].clone();
    let columns: Vec<&str> = differences
        .as_array()
        .unwrap()
        .iter()
        .map(|d| d["column"].as_str().unwrap())
        .collect();
    assert_eq!(columns, ["serial", "platform"]);
}

#[test]
fn rows_on_hold_are_not_asked_and_rows_without_a_credential_say_so() {
    let bench = with_community(vec![c9300("sw-a"), c9300("sw-b"), c9300("sw-c")]);
    bench.edit(|table| {
        table.set("sw-b", "hold", "yes");
        table.set("sw-c", "credential", "nowhere");
    });
    let ran = first_look(&bench);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    let outcomes: Vec<_> = ran
        .devices()
        .iter()
        .map(|d| (d["outcome"].clone(), d["fault"]["code"].clone()))
        .collect();
    assert_eq!(
        outcomes,
        [
            ("ready".into(), Value::Null),
            ("held".into(), "hold".into()),
            ("not_started".into(), "credential_unknown".into()),
        ]
    );
    assert_eq!(told(&ran, "sw-b")["reachable"], Value::Null);
}

#[test]
fn without_any_credential_nothing_begins() {
    let bench = bench(vec![c9300("sw-a")]);
    let ran = first_look(&bench);
    assert_eq!(ran.code, 2);
    assert_eq!(ran.stdout, "");
    assert!(
        ran.stderr
            .contains("neither IOSXE_SNMP_COMMUNITY nor IOSXE_SNMP_USER is set"),
        "{}",
        ran.stderr
    );
}

#[test]
fn an_interrupted_look_ends_with_its_summary_and_the_command_that_asks_again() {
    let mut bench = bench(vec![c9300("sw-a")]);
    // Nobody answers it, so there is time.
    bench.environment("IOSXE_SNMP_COMMUNITY", "rarely-public");
    let running = bench.start(&["discover", "--snmp", "--output", "json"]);
    running.wait_stderr("asking 1 device by SNMP");
    running.interrupt();
    let ran = running.finish();
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert_eq!(ran.devices()[0]["outcome"], "not_started");
    assert_eq!(ran.devices()[0]["fault"], Value::Null);
    assert!(
        ran.stderr
            .ends_with("ask again with iosxe discover --snmp\n"),
        "{}",
        ran.stderr
    );
}

#[test]
fn people_get_a_table() {
    let bench = with_community(vec![stack("st-a")]);
    let ran = bench.run(&["discover", "--snmp", "--output", "table"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let truth = bench.truth("st-a");
    let text = format!("{}{}", ran.stdout, ran.stderr);
    for words in [
        "IOS-XE  17.09.04a  C9300-24P",
        &format!("1: {}", truth["serial"].as_str().unwrap()),
        "catalyst-9300 is upgraded",
        "1 of 1 answered",
        "neither inventory nor journal was written",
        "clear text",
    ] {
        assert!(text.contains(words), "no `{words}` in:\n{text}");
    }
}

#[test]
fn a_device_that_was_upgraded_answers_again_with_its_new_release() {
    let bench = with_community(vec![c9300("sw-a")]);
    assert_eq!(told(&first_look(&bench), "sw-a")["release"], "17.09.04a");
    let upgraded = bench.run(&["upgrade", "--all", "--approve", "auto"]);
    assert_eq!(upgraded.code, 0, "{}", upgraded.stderr);
    let ran = first_look(&bench);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let answer = told(&ran, "sw-a");
    assert_eq!(answer["release"], "17.12.04");
    assert_eq!(answer["chassis"][0]["release"], "17.12.04");
}
