//! The example upgrades a device of the lab, as a process of its own.

#![expect(clippy::unwrap_used, reason = "a test: a panic is its failure")]

use std::path::PathBuf;
use std::process::Command;

use iosxe_lab::{Base, Lab, LabOptions};

/// Cargo builds the examples of a package before its tests run, beside them.
fn example(name: &str) -> PathBuf {
    let mut path = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    path.join("examples").join(name)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_of_ones_own_upgrades_a_device() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = LabOptions::new(folder.path());
    options.devices = 1;
    options.speed = 300.0;
    options.base = Base::Auto;
    options.port = 0;
    let lab = Lab::start(options).await.unwrap();
    let device = lab.devices()[0].name.clone();
    let credentials = lab.credentials();
    let dir = folder.path().to_owned();
    let output = tokio::task::spawn_blocking(move || {
        Command::new(example("embed"))
            .arg(dir)
            .args([device.as_str(), "300"])
            .env("IOSXE_USERNAME", credentials.username)
            .env("IOSXE_PASSWORD", credentials.password)
            .env("IOSXE_ENABLE", credentials.enable)
            .output()
    })
    .await
    .unwrap()
    .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        text.contains("install activate auto-abort-timer"),
        "the plan was shown: {text}"
    );
    assert!(text.trim_end().ends_with("Some(Upgraded)"), "{text}");
    let committed = lab
        .timeline(0)
        .into_iter()
        .any(|e| format!("{:?}", e.kind).contains("Commit"));
    assert!(committed, "the lab saw the commit");
    lab.shutdown().await;
}
