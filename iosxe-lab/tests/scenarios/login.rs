//! Login, privilege, the feel of the line.

use super::client::{Shell, c9300, device, fleet, interactive};
use iosxe_lab::{EventKind, SshProfile};

#[tokio::test]
async fn password_and_keyboard_interactive_let_the_right_user_in() {
    let fleet = fleet(vec![c9300("sw-a")]).await;
    let who = fleet.lab.credentials();
    let mut handle = fleet.connect("sw-a").await;
    assert!(
        !handle
            .authenticate_password("netops", "wrong")
            .await
            .unwrap()
            .success()
    );
    assert!(
        handle
            .authenticate_password("netops", &who.password)
            .await
            .unwrap()
            .success()
    );
    let mut other = fleet.connect("sw-a").await;
    assert!(interactive(&mut other, "netops", &who.password).await);
    let mut third = fleet.connect("sw-a").await;
    assert!(!interactive(&mut third, "netops", "wrong").await);
    assert_eq!(fleet.events(EventKind::Login).len(), 2);
}

#[tokio::test]
async fn a_level_one_user_needs_the_enable_secret() {
    let fleet = fleet(vec![c9300("sw-a")]).await;
    let who = fleet.lab.credentials();
    let mut handle = fleet.connect("sw-a").await;
    assert!(
        handle
            .authenticate_password("viewer", &who.viewer_password)
            .await
            .unwrap()
            .success()
    );
    let mut shell = Shell::open(handle, 80).await;
    shell.until("sw-a>").await;
    shell.send("show running-config\r").await;
    shell.until("% Invalid input detected at '^' marker.").await;
    shell.until("sw-a>").await;
    shell.send("enable\r").await;
    shell.until("Password: ").await;
    shell.send("nonsense\r").await;
    shell.until("Password: ").await;
    shell.send(&format!("{}\r", who.enable)).await;
    let text = shell.until("sw-a#").await;
    assert!(!text.contains(&who.enable), "the secret is not echoed");
    assert!(
        shell
            .command("show privilege")
            .await
            .contains("level is 15")
    );
}

#[tokio::test]
async fn the_caret_stands_under_the_wrong_word() {
    let fleet = fleet(vec![c9300("sw-a")]).await;
    let mut shell = fleet.shell("sw-a").await;
    for (line, column) in [("show vresion", 5), ("frob", 0), ("  show clock now", 13)] {
        let text = shell.command(line).await;
        let caret = text.lines().next().unwrap();
        assert_eq!(
            caret.find('^'),
            Some("sw-a#".len() + column),
            "{line}: {text}"
        );
        assert!(text.contains("% Invalid input detected at '^' marker."));
    }
    assert!(
        shell
            .command("show")
            .await
            .contains("% Incomplete command.")
    );
    assert!(
        shell
            .command("c")
            .await
            .contains("% Ambiguous command:  \"c\"")
    );
    assert!(
        shell
            .command("sh ver | inc uptime")
            .await
            .starts_with("sw-a uptime is ")
    );
}

#[tokio::test]
async fn long_output_is_paged_until_told_otherwise() {
    let fleet = fleet(vec![c9300("sw-a")]).await;
    let mut shell = Shell::open(fleet.login("sw-a").await, 80).await;
    shell.until("sw-a#").await;
    shell.send("show running-config\r").await;
    shell.until(" --More-- ").await;
    shell.send(" ").await;
    shell.until(" --More-- ").await;
    shell.send("\r").await;
    let one = shell.until(" --More-- ").await;
    assert_eq!(
        one.matches("\r\n").count(),
        1,
        "Enter gives one line: {one:?}"
    );
    shell.send("q").await;
    shell.until("sw-a#").await;
    shell.command("terminal length 0").await;
    assert!(!shell.command("show running-config").await.contains("More"));
}

#[tokio::test]
async fn typed_ahead_lines_are_echoed_where_they_run() {
    let fleet = fleet(vec![c9300("sw-a")]).await;
    let mut shell = fleet.shell("sw-a").await;
    shell.send("show clock\rshow privilege\r").await;
    let text = shell.until("level is 15").await;
    let (clock, privilege) = (
        text.find("UTC").unwrap(),
        text.find("sw-a#show privilege").unwrap(),
    );
    assert!(clock < privilege, "{text}");
}

#[tokio::test]
async fn a_long_line_scrolls_on_a_narrow_terminal() {
    let fleet = fleet(vec![c9300("sw-a")]).await;
    let mut shell = Shell::open(fleet.login("sw-a").await, 80).await;
    shell.until("sw-a#").await;
    shell
        .send(&format!("verify /md5 flash:{}\r", "x".repeat(90)))
        .await;
    let text = shell.until("No such file").await;
    assert!(text.contains("\u{8}$"), "{text:?}");
}

#[tokio::test]
async fn an_exec_channel_runs_one_command() {
    let fleet = fleet(vec![c9300("sw-a")]).await;
    let handle = fleet.login("sw-a").await;
    let mut channel = handle.channel_open_session().await.unwrap();
    channel.exec(true, "show version").await.unwrap();
    let mut text = String::new();
    while let Some(message) = channel.wait().await {
        if let russh::ChannelMsg::Data { data } = message {
            text.push_str(&String::from_utf8_lossy(&data));
        }
    }
    assert!(text.contains("Configuration register is 0x102"), "{text}");
}

#[tokio::test]
async fn a_hidden_device_is_reached_through_its_jump_host_only() {
    let mut jump = device("jump-01", "ISR4331/K9");
    jump.jump = true;
    let mut hidden = c9300("sw-h");
    hidden.behind = Some("jump-01".into());
    let fleet = fleet(vec![jump, hidden, c9300("sw-a")]).await;
    let address = fleet.address("sw-h");
    let jump = fleet.login("jump-01").await;
    let (host, port) = (address.ip().to_string(), u32::from(address.port()));
    let forward = jump
        .channel_open_direct_tcpip(host.clone(), port, "127.0.0.1", 1)
        .await
        .unwrap();
    let config = std::sync::Arc::new(russh::client::Config::default());
    let stream = forward.into_stream();
    let mut inner = russh::client::connect_stream(config, stream, super::client::Trusting)
        .await
        .unwrap();
    let who = fleet.lab.credentials();
    assert!(
        inner
            .authenticate_password(who.username, who.password)
            .await
            .unwrap()
            .success()
    );
    let mut shell = Shell::open(inner, 80).await;
    shell.until("sw-h#").await;
    let other = fleet.login("sw-a").await;
    assert!(
        other
            .channel_open_direct_tcpip(host, port, "127.0.0.1", 1)
            .await
            .is_err()
    );
    let csv = std::fs::read_to_string(fleet.dir.path().join("inventory.csv")).unwrap();
    assert!(!csv.contains("jump-01"), "a jump host is no row");
    assert!(
        csv.contains(&fleet.address("jump-01").to_string()),
        "but it is in the jump column"
    );
}

#[tokio::test]
async fn a_legacy_server_is_refused_unless_old_algorithms_are_offered() {
    use russh::keys::Algorithm;
    use russh::{Preferred, client, kex, mac};
    let mut old = device("rt-old", "ISR4451-X/K9");
    old.ssh = SshProfile::Legacy;
    let fleet = fleet(vec![old]).await;
    let address = fleet.address("rt-old");
    let strict = std::sync::Arc::new(client::Config::default());
    assert!(
        client::connect(strict, address, super::client::Trusting)
            .await
            .is_err()
    );
    let config = client::Config {
        preferred: Preferred {
            kex: vec![kex::DH_GEX_SHA1, kex::DH_G14_SHA1].into(),
            key: vec![Algorithm::Rsa { hash: None }].into(),
            mac: vec![mac::HMAC_SHA1].into(),
            ..Preferred::DEFAULT
        },
        ..client::Config::default()
    };
    let mut handle = client::connect(
        std::sync::Arc::new(config),
        address,
        super::client::Trusting,
    )
    .await
    .unwrap();
    let who = fleet.lab.credentials();
    assert!(
        handle
            .authenticate_password(who.username, who.password)
            .await
            .unwrap()
            .success()
    );
}
