//! The control address and the lab's folder, as scripts use them.

use super::client::{c9300, device, fleet};
use iosxe_lab::{Base, EventKind, Lab, LabError, LabOptions};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// One HTTP exchange: status and body.
pub(crate) async fn http(url: &str, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
    let body = body.map(|b| b.to_string()).unwrap_or_default();
    exchange(
        url,
        method,
        path,
        "content-type: application/json\r\n",
        &body,
    )
    .await
}

async fn exchange(url: &str, method: &str, path: &str, headers: &str, body: &str) -> (u16, Value) {
    let address = url.strip_prefix("http://").unwrap();
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: lab\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    let status = text.split(' ').nth(1).unwrap().parse().unwrap();
    let (_, body) = text.split_once("\r\n\r\n").unwrap();
    (status, serde_json::from_str(body).unwrap_or(Value::Null))
}

#[tokio::test]
async fn the_control_address_tells_the_truth() {
    let fleet = fleet(vec![c9300("sw-a"), device("rt-a", "ISR4451-X/K9")]).await;
    let url = fleet.lab.control_url();
    let (status, all) = http(&url, "GET", "/devices", None).await;
    assert_eq!((status, all.as_array().unwrap().len()), (200, 2));
    let switch = &all[0];
    assert_eq!(switch["running_version"], "17.09.04a");
    assert_eq!(switch["boot_mode"], "install");
    assert_eq!(switch["auto_abort_s"], Value::Null);
    assert_eq!(switch["reload_count"], 0);
    assert_eq!(switch["config_saved"], true);
    assert_eq!(switch["port"], fleet.address("sw-a").port());
    assert_eq!(switch["install_state"][0]["state"], "C");
    assert_eq!(switch["members"][0]["state"], "ready");
    let files = switch["files"].as_array().unwrap();
    let hash = |f: &Value, k: &str| f[k].as_str().unwrap().len();
    assert!(
        files
            .iter()
            .all(|f| hash(f, "md5") == 32 && hash(f, "sha512") == 128)
    );
    assert_eq!(all[1]["config_register"], "0x2102");
    assert_eq!(all[1]["boot_mode"], "bundle");
    assert_eq!(http(&url, "GET", "/devices/none", None).await.0, 404);
}

#[tokio::test]
async fn faults_are_set_and_deleted_there() {
    let fleet = fleet(vec![c9300("sw-a")]).await;
    let url = fleet.lab.control_url();
    let path = "/devices/sw-a/faults";
    let good = json!({ "kind": "never_returns", "at": "reload", "times": 2 });
    assert_eq!(http(&url, "POST", path, Some(good)).await.0, 201);
    let (_, device) = http(&url, "GET", "/devices/sw-a", None).await;
    assert_eq!(device["faults"][0]["times"], 2);
    let bad = json!({ "kind": "gremlins" });
    let (status, refusal) = http(&url, "POST", path, Some(bad)).await;
    assert_eq!(status, 400);
    assert!(refusal["error"].as_str().unwrap().contains("gremlins"));
    assert_eq!(http(&url, "DELETE", path, None).await.0, 204);
    let (_, device) = http(&url, "GET", "/devices/sw-a", None).await;
    assert_eq!(device["faults"], json!([]));
}

#[tokio::test]
async fn a_body_needs_no_header_that_calls_it_json() {
    let fleet = fleet(vec![c9300("sw-a")]).await;
    let url = fleet.lab.control_url();
    let path = "/devices/sw-a/faults";
    let body = r#"{"kind": "never_returns"}"#;
    for headers in ["", "content-type: application/x-www-form-urlencoded\r\n"] {
        let (status, list) = exchange(&url, "POST", path, headers, body).await;
        assert_eq!(status, 201, "{headers:?}");
        assert_eq!(list[0]["kind"], "never_returns");
    }
}

#[tokio::test]
async fn every_refusal_is_an_object_with_its_reason() {
    let fleet = fleet(vec![c9300("sw-a"), c9300("sw-b")]).await;
    let url = fleet.lab.control_url();
    for (method, path, body, status, says) in [
        (
            "GET",
            "/device",
            "",
            404,
            "nothing is at /device; there are /devices,",
        ),
        (
            "GET",
            "/devices/sw-x",
            "",
            404,
            "its devices are sw-a, sw-b",
        ),
        (
            "DELETE",
            "/devices/sw-x/faults",
            "",
            404,
            "its devices are sw-a, sw-b",
        ),
        (
            "DELETE",
            "/devices",
            "",
            405,
            "/devices does not take DELETE",
        ),
        ("GET", "/shutdown", "", 405, "/shutdown does not take GET"),
        ("GET", "/timeline?since=x", "", 400, "since"),
        (
            "POST",
            "/devices/sw-a/faults",
            "{",
            400,
            "the body is no fault: EOF",
        ),
        (
            "POST",
            "/devices/sw-a/faults",
            r#"{"king": "x"}"#,
            400,
            "unknown field `king`",
        ),
        (
            "POST",
            "/devices/sw-a/faults",
            r#"{"kind": "gremlins"}"#,
            400,
            "`iosxe lab faults` lists kinds and moments",
        ),
    ] {
        let (found, answer) = exchange(&url, method, path, "", body).await;
        assert_eq!(found, status, "{method} {path} {answer}");
        let error = answer["error"].as_str().unwrap_or_default();
        assert!(error.contains(says), "{method} {path} {answer}");
    }
}

fn options(dir: &std::path::Path) -> LabOptions {
    let mut options = LabOptions::new(dir);
    options.devices = 1;
    options.base = Base::Auto;
    options.port = 0;
    options.image_bytes = 50_000;
    options
}

#[tokio::test]
async fn a_folder_with_somebodys_files_is_left_alone_and_that_of_a_lab_is_not() {
    for file in ["iosxe.toml", "inventory.csv", "images/mine.bin"] {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, "mine").unwrap();
        let error = Lab::start(options(dir.path())).await.unwrap_err();
        assert!(matches!(error, LabError::Occupied { .. }), "{error:?}");
        let text = error.to_string();
        let first = file.split('/').next().unwrap();
        assert!(
            text.contains(&format!(" holds {first}, and no lab")),
            "{text}"
        );
        assert!(text.contains("name a new folder, or move the file away"));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
        let there = std::fs::read_dir(dir.path()).unwrap().count();
        assert_eq!(there, 1, "nothing else was written");
    }
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("notes.txt"), "mine").unwrap();
    for _ in 0..2 {
        let lab = Lab::start(options(dir.path())).await.unwrap();
        lab.shutdown().await;
    }
}

/// So the folder can be used once the address is free.
#[tokio::test]
async fn a_lab_that_finds_its_address_taken_leaves_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut wanted = options(dir.path());
    wanted.control = taken.local_addr().unwrap();
    let error = Lab::start(wanted).await.unwrap_err();
    assert!(matches!(error, LabError::Listen { .. }), "{error:?}");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_lab_listens_on_loopback_alone() {
    let dir = tempfile::tempdir().unwrap();
    let mut all = options(dir.path());
    all.control = "0.0.0.0:0".parse().unwrap();
    let mut outside = options(dir.path());
    outside.base = Base::Address("192.0.2.1".parse().unwrap());
    for (options, address) in [(all, "0.0.0.0"), (outside, "192.0.2.1")] {
        let error = Lab::start(options).await.unwrap_err();
        assert!(matches!(error, LabError::NotLoopback { .. }), "{error:?}");
        assert!(error.to_string().starts_with(address), "{error}");
    }
    let mut elsewhere = options(dir.path());
    elsewhere.control = "127.0.0.2:0".parse().unwrap();
    let lab = Lab::start(elsewhere).await.unwrap();
    assert!(lab.control_url().starts_with("http://127.0.0.2:"));
}

#[tokio::test]
async fn the_timeline_is_numbered_and_can_be_read_on() {
    let fleet = fleet(vec![c9300("sw-a")]).await;
    fleet.shell("sw-a").await.command("show clock").await;
    let url = fleet.lab.control_url();
    let (_, all) = http(&url, "GET", "/timeline?since=0", None).await;
    let all = all.as_array().unwrap();
    let numbers: Vec<u64> = all.iter().map(|e| e["seq"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=all.len() as u64).collect::<Vec<_>>());
    assert_eq!(all[0]["kind"], "login");
    assert!(
        all.iter()
            .any(|e| e["kind"] == "command" && e["detail"]["line"] == "show clock")
    );
    let (_, rest) = http(&url, "GET", "/timeline?since=1", None).await;
    assert_eq!(rest[0]["seq"], 2);
}

#[tokio::test]
async fn shutdown_can_be_asked_for() {
    let fleet = fleet(vec![c9300("sw-a")]).await;
    let url = fleet.lab.control_url();
    assert_eq!(http(&url, "POST", "/shutdown", None).await.0, 202);
    fleet.lab.shutdown_requested().await;
    let address = fleet.address("sw-a");
    let session = fleet.shell("sw-a").await;
    fleet.lab.shutdown().await;
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
    session.until_gone().await;
}

#[tokio::test]
async fn the_same_seed_gives_the_same_fleet() {
    let mut seen = Vec::new();
    for seed in [5, 5, 6] {
        let dir = tempfile::tempdir().unwrap();
        let mut options = LabOptions::new(dir.path());
        options.devices = 4;
        options.seed = seed;
        options.base = Base::Auto;
        options.port = 0;
        options.image_bytes = 50_000;
        let lab = Lab::start(options).await.unwrap();
        let read = |name: &str| std::fs::read_to_string(dir.path().join(name)).unwrap();
        let keys: Vec<String> = read("known_hosts")
            .lines()
            .map(|l| l.split_once(' ').unwrap().1.to_owned())
            .collect();
        let csv = read("inventory.csv");
        let serials: Vec<String> = csv
            .lines()
            .map(|l| l.split(',').skip(2).take(2).collect())
            .collect();
        seen.push((
            keys,
            serials,
            read("lab.env"),
            read("images/catalogue.toml"),
        ));
        assert!(read("iosxe.toml").contains("scale = 1.0"));
        assert!(dir.path().join("inventory.xlsx").metadata().unwrap().len() > 1000);
        lab.shutdown().await;
    }
    assert_eq!(seen[0], seen[1]);
    assert_ne!(seen[0].0, seen[2].0);
    assert_ne!(seen[0].3, seen[2].3);
}

#[tokio::test]
async fn a_received_file_leaves_the_disk_with_its_device() {
    let fleet = fleet(vec![c9300("sw-a")]).await;
    fleet.push("sw-a", "cat9k_iosxe.17.12.04.SPA.bin").await;
    let folder = fleet.dir.path().join("flash/sw-a");
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
    let mut shell = fleet.shell("sw-a").await;
    shell
        .command("delete /force flash:cat9k_iosxe.17.12.04.SPA.bin")
        .await;
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
    assert_eq!(fleet.events(EventKind::FileDeleted).len(), 1);
}
