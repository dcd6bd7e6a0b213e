//! `copy` from a server: the device fetches by HTTP, TFTP, FTP and SCP, and asks on the way.

use std::net::SocketAddr;

use super::client::{Fleet, Shell, c9300, fleet};
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::get;
use iosxe_lab::{EventKind, Fault};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, UdpSocket};

const FILE: &str = "cat9k_iosxe.17.12.04.SPA.bin";

fn fault(kind: &str) -> Fault {
    Fault {
        kind: kind.into(),
        at: String::new(),
        times: None,
    }
}

fn image(fleet: &Fleet) -> Vec<u8> {
    std::fs::read(fleet.dir.path().join("images").join(FILE)).unwrap()
}

/// A web server with one file behind a login and one without.
async fn web(bytes: Vec<u8>) -> SocketAddr {
    let serve = move |Path(name): Path<String>, headers: HeaderMap| async move {
        // `ann:pw`, encoded by hand.
        let known = headers
            .get(header::AUTHORIZATION)
            .is_some_and(|v| v == "Basic YW5uOnB3");
        match name.as_str() {
            "open.bin" => (StatusCode::OK, bytes),
            "shut.bin" if known => (StatusCode::OK, bytes),
            "shut.bin" => (StatusCode::UNAUTHORIZED, Vec::new()),
            _ => (StatusCode::NOT_FOUND, Vec::new()),
        }
    };
    let router = axum::Router::new().route("/{name}", get(serve));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// Acknowledges `blksize` and sends the file to whoever asks; other names do not exist.
async fn tftp(bytes: Vec<u8>) -> SocketAddr {
    let listener = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut packet = vec![0u8; 2000];
        loop {
            let (n, from) = listener.recv_from(&mut packet).await.unwrap();
            let text = String::from_utf8_lossy(&packet[2..n]).into_owned();
            let words: Vec<&str> = text.split('\0').collect();
            let own = UdpSocket::bind("127.0.0.1:0").await.unwrap();
            if words[0] != "there.bin" {
                own.send_to(b"\0\x05\0\x01gone\0", from).await.unwrap();
                continue;
            }
            assert_eq!((words[1], words[2]), ("octet", "blksize"));
            let size: usize = words[3].parse().unwrap();
            let mut reply = format!("\0\x06blksize\0{size}\0tsize\0{}\0", bytes.len()).into_bytes();
            let mut pieces = bytes.chunks(size);
            let mut block = 0u16;
            loop {
                own.send_to(&reply, from).await.unwrap();
                let mut ack = [0u8; 4];
                let (_, _) = own.recv_from(&mut ack).await.unwrap();
                assert_eq!(ack[..2], [0, 4]);
                if u16::from_be_bytes([ack[2], ack[3]]) != block {
                    continue;
                }
                let whole = reply[1] == 6 || reply.len() == size + 4;
                let Some(piece) = pieces.next().or(whole.then_some(&[])) else {
                    break;
                };
                block = block.wrapping_add(1);
                reply = vec![0, 3];
                reply.extend(block.to_be_bytes());
                reply.extend(piece);
            }
        }
    });
    address
}

/// Lets `ann` with `pw` fetch one file in passive mode.
async fn ftp(bytes: Vec<u8>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let mut line = BufReader::new(stream);
            line.write_all(b"220-hello\r\n220 ready\r\n").await.unwrap();
            let mut data = None;
            loop {
                let mut said = String::new();
                if line.read_line(&mut said).await.unwrap_or(0) == 0 {
                    break;
                }
                let reply = match said.trim_end() {
                    "USER ann" => "331 password".to_owned(),
                    "PASS pw" => "230 in".to_owned(),
                    "TYPE I" => "200 ok".to_owned(),
                    "SIZE there.bin" => format!("213 {}", bytes.len()),
                    "PASV" => {
                        let other = TcpListener::bind("127.0.0.1:0").await.unwrap();
                        let [high, low] = other.local_addr().unwrap().port().to_be_bytes();
                        data = Some(other);
                        format!("227 Entering Passive Mode (127,0,0,1,{high},{low})")
                    }
                    "RETR there.bin" => {
                        line.write_all(b"150 here it comes\r\n").await.unwrap();
                        let (mut to, _) = data.take().unwrap().accept().await.unwrap();
                        to.write_all(&bytes).await.unwrap();
                        to.shutdown().await.unwrap();
                        "226 done".to_owned()
                    }
                    "PASS wrong" => "530 no".to_owned(),
                    _ => "550 no such file".to_owned(),
                };
                line.write_all(format!("{reply}\r\n").as_bytes())
                    .await
                    .unwrap();
            }
        }
    });
    address
}

/// Runs a `copy` whose destination name is taken as it is offered.
async fn copy(shell: &mut Shell, from: &str, to: &str) -> String {
    shell.send(&format!("copy {from} {to}\r")).await;
    shell.until("Destination filename [").await;
    shell.send("\r").await;
    shell.until("a#").await
}

/// The file is in flash with the bytes of the image.
async fn arrived(fleet: &Fleet, name: &str, by: &str) {
    let truth = fleet.truth("a").await;
    let files = truth["files"].as_array().unwrap();
    let file = files.iter().find(|f| f["path"] == name).unwrap();
    let catalogue =
        std::fs::read_to_string(fleet.dir.path().join("images/catalogue.toml")).unwrap();
    assert!(catalogue.contains(file["sha512"].as_str().unwrap()));
    let received = fleet.events(EventKind::FileReceived);
    let last = received.last().unwrap();
    assert_eq!(
        (&last.detail["by"], &last.detail["path"]),
        (&by.into(), &name.into())
    );
}

#[tokio::test]
async fn a_file_is_fetched_by_http_with_and_without_a_login() {
    let fleet = fleet(vec![c9300("a")]).await;
    let bytes = image(&fleet);
    let server = web(bytes.clone()).await;
    let mut shell = fleet.shell("a").await;
    let said = copy(&mut shell, &format!("http://{server}/open.bin"), "flash:").await;
    for text in [
        &format!("Accessing http://{server}/open.bin...") as &str,
        "!!!!",
        &format!("{} bytes copied in ", bytes.len()),
        " bytes/sec)",
    ] {
        assert!(said.contains(text), "{text}: {said}");
    }
    arrived(&fleet, "open.bin", "http").await;
    let said = copy(&mut shell, &format!("http://{server}/shut.bin"), "flash:").await;
    let refused = format!("%Error opening http://{server}/shut.bin (Permission denied)");
    assert!(said.contains(&refused), "{said}");
    let said = copy(
        &mut shell,
        &format!("http://ann:pw@{server}/shut.bin"),
        "flash:",
    )
    .await;
    assert!(
        said.contains("bytes copied in") && !said.contains("pw@"),
        "{said}"
    );
    let told = format!("{:?}", fleet.events(EventKind::Command));
    assert!(
        told.contains("http://ann@127") && !told.contains("pw"),
        "{told}"
    );
    let said = copy(&mut shell, &format!("http://{server}/none.bin"), "flash:").await;
    assert!(
        said.contains("/none.bin (No such file or directory)"),
        "{said}"
    );
    // The file is there already: it is asked for, and left alone.
    shell
        .send(&format!("copy http://{server}/open.bin flash:\r"))
        .await;
    shell.until("Destination filename [open.bin]? ").await;
    shell.send("\r").await;
    shell.until("Do you want to over write? [confirm]").await;
    shell.send("n").await;
    let said = shell.until("a#").await;
    assert!(!said.contains("Accessing"), "{said}");
    let said = shell
        .command(&format!(
            "copy http://{server}/open.bin flash: vrf Mgmt-vrf"
        ))
        .await;
    assert!(said.contains("% Invalid input"), "{said}");
}

#[tokio::test]
async fn tftp_asks_for_what_the_command_left_out() {
    let fleet = fleet(vec![c9300("a")]).await;
    let bytes = image(&fleet);
    let server = tftp(bytes.clone()).await;
    let mut shell = fleet.shell("a").await;
    shell
        .send("configure terminal\rip tftp blocksize 8192\rend\r")
        .await;
    shell.until("(config)#end").await;
    shell.until("a#").await;
    shell.send("copy tftp: flash: vrf Mgmt-vrf\r").await;
    shell.until("Address or name of remote host []? ").await;
    shell.send(&format!("{server}\r")).await;
    shell.until("Source filename []? ").await;
    shell.send("there.bin\r").await;
    shell.until("Destination filename [there.bin]? ").await;
    shell.send("new.bin\r").await;
    let said = shell.until("a#").await;
    for text in [
        "Loading there.bin from 127.0.0.1 (via GigabitEthernet0/0): !!!",
        &format!("[OK - {} bytes]", bytes.len()),
        &format!("{} bytes copied in ", bytes.len()),
    ] {
        assert!(said.contains(text), "{text}: {said}");
    }
    arrived(&fleet, "new.bin", "tftp").await;
    let said = copy(&mut shell, &format!("tftp://{server}/gone.bin"), "flash:").await;
    assert!(
        said.contains("/gone.bin (No such file or directory)"),
        "{said}"
    );
}

#[tokio::test]
async fn ftp_logs_in_from_the_address_or_the_configuration() {
    let mut spec = c9300("a");
    spec.config = vec!["ip ftp username ann".into(), "ip ftp password pw".into()];
    let fleet = fleet(vec![spec]).await;
    let bytes = image(&fleet);
    let server = ftp(bytes.clone()).await;
    let mut shell = fleet.shell("a").await;
    let said = copy(&mut shell, &format!("ftp://{server}/there.bin"), "flash:").await;
    assert!(
        said.contains(&format!("[OK - {}/4096 bytes]", bytes.len())),
        "{said}"
    );
    arrived(&fleet, "there.bin", "ftp").await;
    let wrong = format!("ftp://ann:wrong@{server}/there.bin");
    let said = copy(&mut shell, &wrong, "flash:other.bin").await;
    assert!(said.contains("(Incorrect Login/Password)"), "{said}");
    let said = copy(&mut shell, &format!("ftp://{server}/gone.bin"), "flash:").await;
    assert!(
        said.contains("/gone.bin (No such file or directory)"),
        "{said}"
    );
}

#[tokio::test]
async fn scp_asks_for_user_and_password() {
    let fleet = fleet(vec![c9300("a"), c9300("b")]).await;
    fleet.push("b", FILE).await;
    let server = fleet.address("b");
    let who = fleet.lab.credentials();
    let mut shell = fleet.shell("a").await;
    for (password, words) in [
        (who.password.as_str(), "bytes copied in"),
        ("wrong", "(Incorrect Login/Password)"),
    ] {
        shell
            .send(&format!("copy scp://{server}/flash:{FILE} flash:x.bin\r"))
            .await;
        shell
            .until(&format!("Source username [{}]? ", who.username))
            .await;
        shell.send("\r").await;
        shell.until("Destination filename [x.bin]? ").await;
        shell.send("\r").await;
        if password == "wrong" {
            shell.until("[confirm]").await;
            shell.send("\r").await;
        }
        shell.until("Password: ").await;
        shell.send(&format!("{password}\r")).await;
        let said = shell.until("a#").await;
        assert!(said.contains(words) && !said.contains(password), "{said}");
    }
    arrived(&fleet, "x.bin", "scp").await;
}

#[tokio::test]
async fn a_copy_that_cannot_end_well_says_why_and_leaves_nothing() {
    let mut full = c9300("a");
    full.free_bytes = vec![100_000];
    let fleet = fleet(vec![full]).await;
    let server = web(image(&fleet)).await;
    let mut shell = fleet.shell("a").await;
    let url = format!("http://{server}/open.bin");
    let said = copy(&mut shell, &url, "flash:").await;
    assert!(
        said.contains("%Error writing flash:open.bin (No space left on device)"),
        "{said}"
    );
    assert!(!shell.command("dir flash:").await.contains("open.bin"));
    let set = |kind: &str| fleet.lab.set_fault("a", fault(kind)).unwrap();
    set("copy_times_out");
    let said = copy(&mut shell, &url, "flash:").await;
    assert!(
        said.contains(&format!("%Error opening {url} (Timed out)")),
        "{said}"
    );
    // Nobody off this machine is asked, and nobody is trusted by a device without trustpoints.
    for (from, words) in [
        ("http://192.0.2.7/x.bin", "(Timed out)"),
        ("tftp://192.0.2.7/x.bin", "(Timed out)"),
        ("https://127.0.0.1:1/x.bin", "(I/O error)"),
        ("http://127.0.0.1:1/x.bin", "(I/O error)"),
    ] {
        let said = copy(&mut shell, from, "flash:").await;
        assert!(
            said.contains(&format!("%Error opening {from} {words}")),
            "{said}"
        );
    }
    assert!(fleet.events(EventKind::FileReceived).is_empty());
}

#[tokio::test]
async fn a_server_that_breaks_off_leaves_no_part() {
    let fleet = fleet(vec![c9300("a")]).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut asked = [0u8; 512];
        assert!(stream.read(&mut asked).await.unwrap() > 0);
        let head = "HTTP/1.0 200 OK\r\nContent-Length: 900000\r\n\r\n";
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(&[7; 70_000]).await.unwrap();
    });
    let mut shell = fleet.shell("a").await;
    let url = format!("http://{server}/x.bin");
    let said = copy(&mut shell, &url, "flash:").await;
    assert!(
        said.contains(&format!("%Error reading {url} (I/O error)")),
        "{said}"
    );
    assert!(!shell.command("dir flash:").await.contains("x.bin"));
}

#[tokio::test]
async fn a_changed_byte_on_the_way_is_seen_by_the_signature() {
    let fleet = fleet(vec![c9300("a")]).await;
    let server = web(image(&fleet)).await;
    fleet.lab.set_fault("a", fault("image_corrupted")).unwrap();
    let mut shell = fleet.shell("a").await;
    copy(&mut shell, &format!("http://{server}/open.bin"), "flash:").await;
    let said = shell.command("verify flash:open.bin").await;
    assert!(said.contains("signature verification failed"), "{said}");
}

/// A session that is cut in the middle of a copy: what the flash holds afterwards, at the latest.
async fn cut_off(after: Option<&str>) -> u64 {
    let fleet = fleet(vec![c9300("a")]).await;
    let bytes = image(&fleet);
    let server = web(bytes.clone()).await;
    let mut cut = fault("session_dropped");
    cut.at = "transfer".into();
    fleet.lab.set_fault("a", cut).unwrap();
    if let Some(kind) = after {
        fleet.lab.set_fault("a", fault(kind)).unwrap();
    }
    let mut shell = fleet.shell("a").await;
    shell
        .send(&format!("copy http://{server}/open.bin flash:\r"))
        .await;
    shell.until("Destination filename [").await;
    shell.send("\r").await;
    shell.until_gone().await;
    let whole = bytes.len() as u64;
    if after == Some("copy_goes_on") {
        fleet.wait_for(EventKind::FileReceived, 1).await;
    }
    let mut shell = fleet.shell("a").await;
    assert!(shell.command("dir flash:").await.contains("bytes total"));
    let truth = fleet.truth("a").await;
    let files = truth["files"].as_array().unwrap();
    let file = files.iter().find(|f| f["path"] == "open.bin");
    let size = file.map_or(0, |f| f["size"].as_u64().unwrap());
    assert!(size <= whole);
    size * 100 / whole
}

#[tokio::test]
async fn a_copy_whose_session_is_gone_ends_as_its_fault_says() {
    assert_eq!(cut_off(None).await, 0);
    assert_eq!(cut_off(Some("copy_goes_on")).await, 100);
    let part = cut_off(Some("partial_file_stays")).await;
    assert!((50..100).contains(&part), "{part} percent");
}
