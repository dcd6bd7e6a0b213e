//! Files: SCP in, hashes, limits.

use super::client::{IMAGE, c9300, fleet, scp};
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
async fn a_pushed_file_has_its_bytes_and_hash() {
    let fleet = fleet(vec![c9300("sw-a")]).await;
    fleet.push("sw-a", FILE).await;
    let mut shell = fleet.shell("sw-a").await;
    let catalogue =
        std::fs::read_to_string(fleet.dir.path().join("images/catalogue.toml")).unwrap();
    let sha512 = shell.command(&format!("verify /sha512 flash:{FILE}")).await;
    let hash = sha512.trim().rsplit(' ').next().unwrap().to_owned();
    assert!(catalogue.contains(&hash), "{sha512}");
    let listing = shell.command(&format!("dir flash:{FILE}")).await;
    assert!(listing.contains(&format!(" {IMAGE} ")), "{listing}");
    let wrong = shell
        .command(&format!("verify /md5 flash:{FILE} {}", "0".repeat(32)))
        .await;
    assert!(
        wrong.contains(&format!("%Error verifying flash:{FILE}")),
        "{wrong}"
    );
    let signed = shell.command(&format!("verify flash:{FILE}")).await;
    assert!(
        signed.contains("Digital signature successfully verified"),
        "{signed}"
    );
    let received = fleet.events(EventKind::FileReceived);
    assert_eq!(received[0].detail["size"], IMAGE);
}

#[tokio::test]
async fn the_sink_needs_the_server_and_privilege_fifteen() {
    let mut off = c9300("sw-off");
    off.scp_server = false;
    let fleet = fleet(vec![off, c9300("sw-a")]).await;
    let said = scp(&fleet.login("sw-off").await, "flash:x", b"abc").await;
    assert!(
        String::from_utf8_lossy(&said).contains("disabled"),
        "{said:?}"
    );
    let mut viewer = fleet.connect("sw-a").await;
    let password = fleet.lab.credentials().viewer_password;
    assert!(
        viewer
            .authenticate_password("viewer", password)
            .await
            .unwrap()
            .success()
    );
    let said = scp(&viewer, "flash:x", b"abc").await;
    assert!(
        String::from_utf8_lossy(&said).contains("Privilege denied."),
        "{said:?}"
    );
    let mut shell = fleet.shell("sw-off").await;
    shell
        .send("configure terminal\rip scp server enable\rend\r")
        .await;
    shell.until("(config)#end").await;
    shell.until("sw-off#").await;
    assert_eq!(
        scp(&fleet.login("sw-off").await, "flash:x", b"abc").await,
        [0, 0, 0]
    );
}

#[tokio::test]
async fn a_corrupted_transfer_is_seen_by_hash_and_the_next_one_is_good() {
    let fleet = fleet(vec![c9300("sw-a")]).await;
    fleet
        .lab
        .set_fault("sw-a", fault("image_corrupted", "transfer"))
        .unwrap();
    fleet.push("sw-a", FILE).await;
    let mut shell = fleet.shell("sw-a").await;
    let first = shell.command(&format!("verify /md5 flash:{FILE}")).await;
    let signed = shell.command(&format!("verify flash:{FILE}")).await;
    assert!(signed.contains("signature verification failed"), "{signed}");
    shell.command(&format!("delete /force flash:{FILE}")).await;
    fleet.push("sw-a", FILE).await;
    let second = shell.command(&format!("verify /md5 flash:{FILE}")).await;
    assert_ne!(first, second);
    let catalogue =
        std::fs::read_to_string(fleet.dir.path().join("images/catalogue.toml")).unwrap();
    assert!(catalogue.contains(second.trim().rsplit(' ').next().unwrap()));
    assert_eq!(fleet.events(EventKind::Fault).len(), 1);
}

#[tokio::test]
async fn a_cut_or_full_transfer_leaves_a_part_under_the_final_name() {
    let fleet = fleet(vec![c9300("sw-a"), c9300("sw-b")]).await;
    let bytes = vec![7u8; 200_000];
    fleet
        .lab
        .set_fault("sw-a", fault("session_dropped", "transfer"))
        .unwrap();
    scp(&fleet.login("sw-a").await, "flash:part.bin", &bytes).await;
    let listing = fleet
        .shell("sw-a")
        .await
        .command("dir flash:part.bin")
        .await;
    assert!(
        listing.contains("part.bin") && !listing.contains(" 200000 "),
        "{listing}"
    );
    fleet
        .lab
        .set_fault("sw-b", fault("flash_full", "transfer"))
        .unwrap();
    let said = scp(&fleet.login("sw-b").await, "flash:part.bin", &bytes).await;
    assert!(
        String::from_utf8_lossy(&said).contains("No space left on device"),
        "{said:?}"
    );
    assert!(fleet.events(EventKind::FileReceived).is_empty());
}

#[tokio::test]
async fn a_file_can_be_fetched_back() {
    use russh::ChannelMsg;
    let fleet = fleet(vec![c9300("sw-a")]).await;
    let handle = fleet.login("sw-a").await;
    assert_eq!(scp(&handle, "flash:note.txt", b"hello").await, [0, 0, 0]);
    let mut channel = handle.channel_open_session().await.unwrap();
    channel.exec(true, "scp -f flash:/note.txt").await.unwrap();
    channel.data_bytes(vec![0, 0, 0]).await.unwrap();
    let mut seen = Vec::new();
    while let Some(message) = channel.wait().await {
        if let ChannelMsg::Data { data } = message {
            seen.extend_from_slice(&data);
        }
    }
    assert_eq!(seen, b"C0644 5 note.txt\nhello\0");
}
