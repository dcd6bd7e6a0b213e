//! Faults strike at their moment, as often as asked.

use super::client::{c9300, device, fleet};
use super::install::{LONG, activate, causes, start_activate};
use iosxe_lab::{EventKind, Fault};

const FILE: &str = "cat9k_iosxe.17.12.04.SPA.bin";

fn fault(kind: &str, at: &str) -> Fault {
    Fault {
        kind: kind.into(),
        at: at.into(),
        times: None,
    }
}

#[tokio::test]
async fn the_old_image_boots_and_the_trial_is_over() {
    let fleet = fleet(vec![c9300("sw-a")]).await;
    fleet
        .lab
        .set_fault("sw-a", fault("boots_old_image", "reload"))
        .unwrap();
    activate(&fleet, "sw-a", LONG).await;
    fleet.wait_for(EventKind::ReloadEnd, 1).await;
    assert_eq!(
        fleet.events(EventKind::ReloadEnd)[0].detail["version"],
        "17.09.04a"
    );
    let mut shell = fleet.shell("sw-a").await;
    let summary = shell.command("show install summary").await;
    assert!(summary.contains("IMG   C    17.09.04a"), "{summary}");
    assert!(summary.contains("IMG   I    17.12.04"), "{summary}");
}

#[tokio::test]
async fn a_device_that_never_returns_stays_silent() {
    let fleet = fleet(vec![c9300("sw-a")]).await;
    fleet
        .lab
        .set_fault("sw-a", fault("never_returns", "reload"))
        .unwrap();
    activate(&fleet, "sw-a", "auto-abort-timer 30").await;
    fleet.wait_for(EventKind::Fault, 1).await;
    assert!(
        tokio::net::TcpStream::connect(fleet.address("sw-a"))
            .await
            .is_err()
    );
    assert!(fleet.events(EventKind::ReloadEnd).is_empty());
    assert_eq!(causes(&fleet), ["command"]);
}

#[tokio::test]
async fn an_add_goes_on_when_its_session_is_cut() {
    let fleet = fleet(vec![c9300("sw-a")]).await;
    fleet.push("sw-a", FILE).await;
    fleet
        .lab
        .set_fault("sw-a", fault("session_dropped", "install_add"))
        .unwrap();
    let mut shell = fleet.shell("sw-a").await;
    shell
        .send(&format!("install add file flash:{FILE}\r"))
        .await;
    let seen = shell.until_gone().await;
    assert!(!seen.contains("SUCCESS: install_add"), "{seen}");
    fleet.wait_for(EventKind::InstallAdd, 1).await;
    let summary = fleet
        .shell("sw-a")
        .await
        .command("show install summary")
        .await;
    assert!(summary.contains("IMG   I    17.12.04"), "{summary}");
}

#[tokio::test]
async fn syslog_lines_stand_inside_the_output() {
    let fleet = fleet(vec![c9300("sw-a")]).await;
    fleet
        .lab
        .set_fault("sw-a", fault("syslog_noise", "show"))
        .unwrap();
    let mut shell = fleet.shell("sw-a").await;
    for _ in 0..2 {
        let text = shell.command("show install summary").await;
        assert!(text.contains("%LINEPROTO-5-UPDOWN"), "{text}");
    }
}

#[tokio::test]
async fn a_dropped_request_and_a_busy_engine_change_nothing() {
    let fleet = fleet(vec![c9300("sw-a")]).await;
    fleet.push("sw-a", FILE).await;
    let mut shell = fleet.shell("sw-a").await;
    fleet
        .lab
        .set_fault("sw-a", fault("silently_dropped_request", "install_add"))
        .unwrap();
    assert_eq!(
        shell
            .command(&format!("install add file flash:{FILE}"))
            .await,
        ""
    );
    fleet
        .lab
        .set_fault("sw-a", fault("install_busy", "install_add"))
        .unwrap();
    let busy = shell
        .command(&format!("install add file flash:{FILE}"))
        .await;
    assert!(busy.contains("some operation is already running"), "{busy}");
    assert!(fleet.events(EventKind::InstallAdd).is_empty());
    fleet
        .lab
        .set_fault("sw-a", fault("unknown_prompt", "install_add"))
        .unwrap();
    shell
        .send(&format!("install add file flash:{FILE}\r"))
        .await;
    shell.until("(yes/[no]): ").await;
    shell.send("\r").await;
    shell.until("FAILED: install_add").await;
}

/// The line at which it was asked is gone, and nobody can answer any more.
#[tokio::test]
async fn a_question_that_loses_its_session_ends_as_failed() {
    let fleet = fleet(vec![c9300("sw-a")]).await;
    fleet.push("sw-a", FILE).await;
    fleet
        .lab
        .set_fault("sw-a", fault("unknown_prompt", "install_add"))
        .unwrap();
    let mut asked = fleet.shell("sw-a").await;
    asked
        .send(&format!("install add file flash:{FILE}\r"))
        .await;
    asked.until("(yes/[no]): ").await;
    let mut shell = fleet.shell("sw-a").await;
    let log = shell.command("show install log").await;
    assert!(!log.contains("END"), "{log}");
    drop(asked);
    let ended = async {
        loop {
            let log = shell.command("show install log").await;
            if log.contains("|install_add]: END FAILED") {
                break;
            }
        }
    };
    tokio::time::timeout(super::client::BOUND, ended)
        .await
        .expect("the end of the operation");
    let history = shell
        .command(
            "show platform software install-manager switch active r0 operation history summary",
        )
        .await;
    let rows: Vec<Vec<&str>> = history
        .lines()
        .map(|l| l.split_whitespace().skip(2).take(2).collect())
        .filter(|w: &Vec<&str>| w.first() == Some(&"add"))
        .collect();
    assert_eq!(rows, [["add", "Fail"]], "{history}");
    // The engine is idle, and the image is not added.
    assert!(fleet.events(EventKind::InstallAdd).is_empty());
    let added = shell
        .command(&format!("install add file flash:{FILE}"))
        .await;
    assert!(added.contains("SUCCESS: install_add"), "{added}");
}

#[tokio::test]
async fn a_member_may_stay_away_and_logins_may_be_refused_after_a_reload() {
    let mut stack = device("st-a", "C9300-24P");
    stack.members = 3;
    let fleet = fleet(vec![stack]).await;
    fleet.push("st-a", FILE).await;
    fleet
        .lab
        .set_fault("st-a", fault("member_missing_after_reload", ""))
        .unwrap();
    fleet
        .lab
        .set_fault("st-a", fault("aaa_refused_after_reload", ""))
        .unwrap();
    let mut shell = fleet.shell("st-a").await;
    shell
        .command(&format!("install add file flash:{FILE}"))
        .await;
    start_activate(&mut shell, LONG).await;
    shell.until_gone().await;
    fleet.wait_for(EventKind::ReloadEnd, 1).await;
    let who = fleet.lab.credentials();
    let mut handle = fleet.connect("st-a").await;
    for expected in [false, false, true] {
        let result = handle
            .authenticate_password("netops", &who.password)
            .await
            .unwrap();
        assert_eq!(result.success(), expected);
    }
    let mut shell = fleet.shell("st-a").await;
    assert!(shell.command("show switch").await.contains("Removed"));
    assert_eq!(fleet.events(EventKind::MemberDown).len(), 1);
}

#[tokio::test]
async fn what_a_colleague_left_behind_is_visible() {
    let fleet = fleet(vec![c9300("sw-a")]).await;
    for kind in ["unsaved_config", "scheduled_reload", "config_session"] {
        fleet.lab.set_fault("sw-a", fault(kind, "now")).unwrap();
    }
    let mut shell = fleet.shell("sw-a").await;
    let difference = shell.command("show archive config differences").await;
    assert!(difference.contains("+ip host forgotten"), "{difference}");
    assert!(
        shell
            .command("show reload")
            .await
            .contains("Reload scheduled for")
    );
    assert!(
        shell
            .command("show configuration lock")
            .await
            .contains("LOCKED")
    );
    assert!(
        shell
            .command("configure terminal")
            .await
            .contains("Configuration mode is locked")
    );
    shell.command("reload cancel").await;
    assert!(
        shell
            .command("show reload")
            .await
            .contains("No reload is scheduled.")
    );
}

/// Remembers the host key it was shown.
struct Noting(std::sync::Arc<std::sync::Mutex<String>>);

impl russh::client::Handler for Noting {
    type Error = russh::Error;

    async fn check_server_key(
        &mut self,
        key: &russh::keys::PublicKeyOrCertificate,
    ) -> Result<bool, Self::Error> {
        *self.0.lock().unwrap() = format!("{key:?}");
        Ok(true)
    }
}

async fn shown_key(address: std::net::SocketAddr) -> String {
    let noted = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
    let config = std::sync::Arc::new(russh::client::Config::default());
    russh::client::connect(config, address, Noting(std::sync::Arc::clone(&noted)))
        .await
        .unwrap();
    noted.lock().unwrap().clone()
}

#[tokio::test]
async fn a_reload_may_change_the_host_key_and_lose_an_uplink() {
    let fleet = fleet(vec![c9300("sw-a")]).await;
    let before = shown_key(fleet.address("sw-a")).await;
    assert_eq!(before, shown_key(fleet.address("sw-a")).await);
    fleet
        .lab
        .set_fault("sw-a", fault("host_key_changed", "reload"))
        .unwrap();
    fleet
        .lab
        .set_fault("sw-a", fault("interface_down_after_upgrade", ""))
        .unwrap();
    let mut shell = fleet.shell("sw-a").await;
    let uplink = |text: String| {
        text.lines()
            .find(|l| l.starts_with("Te1/1/1 "))
            .unwrap()
            .to_owned()
    };
    assert!(uplink(shell.command("show interfaces status").await).contains(" connected "));
    shell.send("reload\r").await;
    shell.until("[confirm]").await;
    shell.send("\r").await;
    shell.until_gone().await;
    fleet.wait_for(EventKind::ReloadEnd, 1).await;
    let mut shell = fleet.shell("sw-a").await;
    assert!(uplink(shell.command("show interfaces status").await).contains(" notconnect "));
    assert_ne!(before, shown_key(fleet.address("sw-a")).await);
}

#[tokio::test]
async fn a_bundle_router_that_boots_the_old_image_keeps_its_boot_variable() {
    let fleet = fleet(vec![device("rt-a", "ISR4451-X/K9")]).await;
    let file = "isr4400-universalk9.17.12.04.SPA.bin";
    fleet.push("rt-a", file).await;
    fleet
        .lab
        .set_fault("rt-a", fault("boots_old_image", "reload"))
        .unwrap();
    let mut shell = fleet.shell("rt-a").await;
    shell
        .send(&format!(
            "configure terminal\rno boot system\rboot system bootflash:{file}\rend\r"
        ))
        .await;
    shell.until("(config)#end").await;
    shell.until("rt-a#").await;
    shell.command("write memory").await;
    shell.send("reload\r").await;
    shell.until("[confirm]").await;
    shell.send("\r").await;
    shell.until_gone().await;
    fleet.wait_for(EventKind::ReloadEnd, 1).await;
    assert_eq!(
        fleet.events(EventKind::ReloadEnd)[0].detail["version"],
        "17.09.04a"
    );
    let boot = fleet.shell("rt-a").await.command("show bootvar").await;
    assert!(
        boot.contains("17.12.04") && !boot.contains("17.09.04a"),
        "{boot}"
    );
}
