//! Against OpenSSH's own server: others' protocol, not ours on both ends.
//!
//! Each test starts an `sshd` of its own on a loopback port, with its own configuration, host key
//! and authorized keys, and runs for both backends. Ignored, since a machine need not have one:
//! `apt-get install openssh-server`, then `cargo test -p iosxe-transport --test openssh -- --ignored`.
#![cfg(all(unix, feature = "ssh2", feature = "russh"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    unreachable_pub,
    reason = "helpers of tests"
)]

#[path = "support/sshd.rs"]
mod sshd;
mod support;

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use iosxe_core::ports::{AlgorithmProfile, ConnectError, Credential, Endpoint, TransferError};
use iosxe_core::talk::Line;
use iosxe_transport::ssh::{self, BackendKind, SshPolicy};
use sshd::{Server, endpoint, whoami};
use support::{Kept, Script, Watch, image, over};

const BOTH: [BackendKind; 2] = [BackendKind::Ssh2, BackendKind::Russh];

async fn shell(policy: SshPolicy, to: &Endpoint) -> Result<String, ConnectError> {
    let evidence = Kept::new();
    let mut session = ssh::connector(policy)
        .connect(to, Arc::clone(&evidence) as _)
        .await?;
    let mut script = Script::new(&[
        ("", Some(Line::plain("echo first-$((40+2)); stty size"))),
        ("first-42", Some(Line::plain("echo second-$((1+1))"))),
        ("second-2", None),
    ]);
    session.talk(&mut script).await.unwrap();
    assert_eq!(script.outcome, "done", "{}", evidence.text());
    let mut script = Script::new(&[("", Some(Line::plain("exit"))), ("never said", None)]);
    session.talk(&mut script).await.unwrap();
    assert_eq!(script.outcome, "hung up", "{}", evidence.text());
    assert!(!session.is_open());
    Ok(session.algorithms())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs sshd: apt-get install openssh-server"]
async fn a_file_arrives_byte_for_byte() {
    let server = Server::start("");
    for kind in BOTH {
        for size in [0, 1, 16 * 1024 * 1024 + 7] {
            let source = image(server.dir.path(), "image.bin", size);
            let target = server.path(&format!("{}-{size}.bin", kind.name()));
            let watch = Watch::default();
            let sent = ssh::mover(server.policy(kind))
                .push(
                    &server.endpoint(),
                    &source,
                    target.to_str().unwrap(),
                    &watch,
                    Kept::new(),
                )
                .await
                .unwrap();
            assert_eq!(sent, size as u64);
            assert_eq!(watch.moved.load(Ordering::Relaxed), size as u64);
            assert!(std::fs::read(&source).unwrap() == std::fs::read(&target).unwrap());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs sshd: apt-get install openssh-server"]
async fn what_the_server_refuses_is_told_in_its_words() {
    let server = Server::start("");
    let source = image(server.dir.path(), "image.bin", 100_000);
    for kind in BOTH {
        let error = ssh::mover(server.policy(kind))
            .push(
                &server.endpoint(),
                &source,
                "/no/such/folder/image.bin",
                &Watch::default(),
                Kept::new(),
            )
            .await
            .unwrap_err();
        assert!(
            matches!(&error, TransferError::Refused { answer } if answer.contains("No such file")),
            "{error}"
        );
        let error = ssh::mover(server.policy(kind))
            .push(
                &server.endpoint(),
                &source,
                "/dev/full",
                &Watch::default(),
                Kept::new(),
            )
            .await
            .unwrap_err();
        assert!(matches!(&error, TransferError::NoSpace { .. }), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs sshd: apt-get install openssh-server"]
async fn shells_open_with_every_kind_of_key() {
    let server = Server::start("");
    for kind in BOTH {
        for key in ["id_ed25519", "id_rsa", "id_secret"] {
            let mut to = endpoint(server.address.clone(), server.credential(key));
            to.credential.key_passphrase = Some(iosxe_core::secret::Secret::new("open sesame"));
            let algorithms = shell(server.policy(kind), &to).await.unwrap();
            assert!(algorithms.contains("ssh-ed25519"), "{algorithms}");
        }
        let to = endpoint(server.address.clone(), server.credential("id_stranger"));
        let error = shell(server.policy(kind), &to).await.unwrap_err();
        assert!(
            matches!(&error, ConnectError::CredentialRefused { methods, .. } if methods.contains("key file")),
            "{error}"
        );
        let mut to = endpoint(server.address.clone(), server.credential("id_secret"));
        to.credential.key_passphrase = Some(iosxe_core::secret::Secret::new("wrong"));
        let error = shell(server.policy(kind), &to).await.unwrap_err();
        assert!(matches!(&error, ConnectError::Local { .. }), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs sshd: apt-get install openssh-server"]
async fn a_jump_host_leads_on_to_shells_and_files() {
    let (near, far) = (Server::start(""), Server::start(""));
    let to = over(
        far.endpoint(),
        near.address.clone(),
        near.credential("id_ed25519"),
    );
    // Whatever is chosen, russh serves it.
    for kind in BOTH {
        shell(far.policy(kind), &to).await.unwrap();
        let source = image(far.dir.path(), "image.bin", 3_000_000);
        let target = far.path("over-a-jump.bin");
        ssh::mover(far.policy(kind))
            .push(
                &to,
                &source,
                target.to_str().unwrap(),
                &Watch::default(),
                Kept::new(),
            )
            .await
            .unwrap();
        assert!(std::fs::read(&source).unwrap() == std::fs::read(&target).unwrap());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs sshd: apt-get install openssh-server"]
async fn old_algorithms_need_the_legacy_profile() {
    let server = Server::start(
        "KexAlgorithms diffie-hellman-group-exchange-sha1,diffie-hellman-group14-sha1\n\
         HostKeyAlgorithms ssh-rsa\nPubkeyAcceptedAlgorithms +ssh-rsa\n\
         Ciphers aes128-cbc\nMACs hmac-sha1",
    );
    for kind in BOTH {
        let error = shell(server.policy(kind), &server.endpoint())
            .await
            .unwrap_err();
        assert!(
            matches!(&error, ConnectError::NoCommonAlgorithm { .. }),
            "{error}"
        );
        let to = Endpoint {
            profile: AlgorithmProfile::Legacy,
            ..server.endpoint()
        };
        let algorithms = shell(server.policy(kind), &to).await.unwrap();
        assert!(
            algorithms.contains("sha1, ssh-rsa, aes128-cbc, hmac-sha1"),
            "{algorithms}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs sshd: apt-get install openssh-server"]
async fn a_pinned_type_of_key_is_asked_for_first_and_trust_replaces_it() {
    let server = Server::start("");
    for kind in BOTH {
        let policy = server.policy(kind);
        let rsa = std::fs::read_to_string(server.path("host_rsa.pub")).unwrap();
        let name = format!("[127.0.0.1]:{}", server.address.port);
        std::fs::write(&policy.known_hosts, format!("{name} {rsa}")).unwrap();
        let algorithms = shell(policy.clone(), &server.endpoint()).await.unwrap();
        assert!(algorithms.contains("rsa-sha2-512"), "{algorithms}");

        let stranger = std::fs::read_to_string(server.path("id_stranger.pub")).unwrap();
        std::fs::write(&policy.known_hosts, format!("{name} {stranger}")).unwrap();
        let error = shell(policy.clone(), &server.endpoint()).await.unwrap_err();
        assert!(
            matches!(&error, ConnectError::HostKeyChanged { .. }),
            "{error}"
        );
        let shown = ssh::connector(policy.clone())
            .trust(&server.endpoint())
            .await
            .unwrap();
        assert!(shown.starts_with("ssh-ed25519 SHA256:"), "{shown}");
        shell(policy, &server.endpoint()).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs sshd: apt-get install openssh-server"]
async fn a_stopped_transfer_ends_soon_and_in_words() {
    let server = Server::start("");
    let source = image(server.dir.path(), "image.bin", 64 * 1024 * 1024);
    for kind in BOTH {
        let watch = Watch {
            stop_after: Some(1_000_000),
            ..Watch::default()
        };
        let target = server.path("stopped.bin");
        let mover = ssh::mover(server.policy(kind));
        let to = server.endpoint();
        let push = mover.push(&to, &source, target.to_str().unwrap(), &watch, Kept::new());
        let error = tokio::time::timeout(Duration::from_secs(20), push)
            .await
            .unwrap()
            .unwrap_err();
        assert!(
            matches!(error, TransferError::Cancelled { sent, .. } if sent >= 1_000_000),
            "{error}"
        );
    }
}

/// The agent is found by the environment, which a process sets for others only: the look itself
/// runs in a second process.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs sshd: apt-get install openssh-server"]
async fn the_keys_of_an_agent_open_the_door() {
    let server = Server::start("");
    let socket = server.path("agent");
    let mut agent = Command::new("ssh-agent")
        .arg("-D")
        .arg("-a")
        .arg(&socket)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let there = async {
        while !socket.exists() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), there)
        .await
        .expect("ssh-agent made no socket");
    let mut looked = Vec::new();
    for key in ["id_stranger", "id_ed25519"] {
        let added = Command::new("ssh-add")
            .arg(server.path(key))
            .env("SSH_AUTH_SOCK", &socket)
            .status()
            .unwrap();
        assert!(added.success());
        let look = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "second_process_of_the_agents_test"])
            .env("SSH_AUTH_SOCK", &socket)
            .env("TEST_AGENT_SERVER", server.address.to_string())
            .env("TEST_AGENT_KNOWN_HOSTS", server.path("known_hosts"))
            // The first one fails as it should: its report would read like one of a failure.
            .output()
            .unwrap();
        looked.push(look.status.success());
    }
    agent.kill().unwrap();
    agent.wait().unwrap();
    assert_eq!(looked, [false, true]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "runs as a part of the_keys_of_an_agent_open_the_door"]
async fn second_process_of_the_agents_test() {
    let (Ok(address), Ok(known_hosts)) = (
        std::env::var("TEST_AGENT_SERVER"),
        std::env::var("TEST_AGENT_KNOWN_HOSTS"),
    ) else {
        return;
    };
    let credential = Credential {
        username: whoami(),
        password: None,
        enable: None,
        key_file: None,
        key_passphrase: None,
        agent: true,
    };
    let to = endpoint(address.parse().unwrap(), credential);
    for kind in BOTH {
        let policy = SshPolicy {
            accept_new: true,
            shell_backend: kind,
            ..SshPolicy::new(&known_hosts)
        };
        shell(policy, &to).await.unwrap();
    }
}
