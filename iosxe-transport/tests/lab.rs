//! Both backends against simulated devices: the command line, the SCP server and the algorithms as a
//! device has them. What a device cannot be made to do is in the conformance suite.
#![cfg(all(feature = "ssh2", feature = "russh"))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests"
)]

mod support;

use std::sync::Arc;
use std::time::Duration;

use iosxe_core::device::Address;
use iosxe_core::ports::{AlgorithmProfile, ConnectError, Credential, Endpoint, TransferError};
use iosxe_core::secret::Secret;
use iosxe_core::talk::Line;
use iosxe_lab::{Base, Fault, Lab, LabOptions, Topology};
use iosxe_transport::ssh::{self, BackendKind, SshPolicy};
use support::{Kept, Script, Watch, endpoint, image, over};
use tempfile::TempDir;

const BOTH: [BackendKind; 2] = [BackendKind::Ssh2, BackendKind::Russh];

struct Bench {
    lab: Lab,
    dir: TempDir,
}

impl Bench {
    async fn with(devices: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let options = LabOptions {
            topology: Some(Topology::from_toml(devices).unwrap()),
            base: Base::Auto,
            port: 0,
            image_bytes: 64 << 10,
            ..LabOptions::new(dir.path().join("lab"))
        };
        let lab = Lab::start(options).await.unwrap();
        Self { lab, dir }
    }

    fn address(&self, name: &str) -> Address {
        let all = self.lab.devices();
        let device = all.iter().find(|d| d.name == name).unwrap();
        device.address.to_string().parse().unwrap()
    }

    fn credential(&self) -> Credential {
        let ours = self.lab.credentials();
        Credential::password(ours.username, Secret::new(ours.password))
    }

    fn to(&self, name: &str) -> Endpoint {
        endpoint(self.address(name), self.credential())
    }

    /// With the host keys that the lab wrote down: nothing is accepted on first sight.
    fn policy(&self, kind: BackendKind) -> SshPolicy {
        SshPolicy {
            shell_backend: kind,
            bulk_backend: kind,
            stall_timeout: Duration::from_secs(10),
            ..SshPolicy::new(self.lab.dir().join("known_hosts"))
        }
    }

    /// Logs in and has a look; returns what the device said.
    async fn look(&self, kind: BackendKind, to: &Endpoint) -> Result<String, ConnectError> {
        let evidence = Kept::new();
        let mut session = ssh::connector(self.policy(kind))
            .connect(to, Arc::clone(&evidence) as _)
            .await?;
        let mut script = Script::new(&[
            ("#", Some(Line::plain("terminal length 0"))),
            ("#", Some(Line::plain("show version"))),
            ("onfiguration register is", Some(Line::plain(""))),
            ("#", None),
        ]);
        session.talk(&mut script).await.unwrap();
        assert_eq!(script.outcome, "done", "{}", evidence.text());
        session.close().await;
        Ok(session.algorithms())
    }

    async fn push(&self, kind: BackendKind, to: &Endpoint) -> Result<u64, TransferError> {
        let source = image(self.dir.path(), "image.bin", 3_000_000);
        ssh::mover(self.policy(kind))
            .push(
                to,
                &source,
                "flash:image.bin",
                &Watch::default(),
                Kept::new(),
            )
            .await
    }
}

const PLAIN: &str = "[[device]]\nname = \"sw\"\npid = \"C9300-24P\"\nversion = \"17.09.04a\"\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_is_looked_at_and_sent_a_file() {
    let bench = Bench::with(PLAIN).await;
    for kind in BOTH {
        bench.look(kind, &bench.to("sw")).await.unwrap();
        assert_eq!(bench.push(kind, &bench.to("sw")).await.unwrap(), 3_000_000);
    }
    let received: Vec<_> = bench
        .lab
        .timeline(0)
        .into_iter()
        .map(|e| serde_json::to_value(e).unwrap())
        .filter(|e| e["kind"] == "file_received")
        .collect();
    assert_eq!(received.len(), 2, "{received:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_that_only_asks_questions_is_answered() {
    let bench = Bench::with(&format!("{PLAIN}password_auth = false\n")).await;
    for kind in BOTH {
        bench.look(kind, &bench.to("sw")).await.unwrap();
        let wrong = Credential::password("admin", Secret::new("not this one"));
        let to = endpoint(bench.address("sw"), wrong);
        let error = bench.look(kind, &to).await.unwrap_err();
        assert!(
            matches!(error, ConnectError::CredentialRefused { .. }),
            "{error}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_devices_need_the_legacy_profile() {
    let bench = Bench::with(&format!("{PLAIN}ssh = \"legacy\"\n")).await;
    for kind in BOTH {
        let error = bench.look(kind, &bench.to("sw")).await.unwrap_err();
        assert!(
            matches!(error, ConnectError::NoCommonAlgorithm { .. }),
            "{error}"
        );
        let to = Endpoint {
            profile: AlgorithmProfile::Legacy,
            ..bench.to("sw")
        };
        let algorithms = bench.look(kind, &to).await.unwrap();
        assert!(algorithms.contains("sha1, ssh-rsa"), "{algorithms}");
        assert_eq!(bench.push(kind, &to).await.unwrap(), 3_000_000);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_behind_a_jump_host_is_reached() {
    let bench = Bench::with(
        "[[device]]\nname = \"jump-01\"\npid = \"ISR4331/K9\"\nversion = \"17.09.04a\"\njump = true\n\n\
         [[device]]\nname = \"hidden\"\npid = \"C9300-24P\"\nversion = \"17.09.04a\"\nbehind = \"jump-01\"\n",
    )
    .await;
    for kind in BOTH {
        let to = over(
            bench.to("hidden"),
            bench.address("jump-01"),
            bench.credential(),
        );
        bench.look(kind, &to).await.unwrap();
        assert_eq!(bench.push(kind, &to).await.unwrap(), 3_000_000);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_device_says_against_a_file_is_told_apart() {
    let bench = Bench::with(&format!(
        "{PLAIN}scp_server = false\n\n{}",
        PLAIN.replace("\"sw\"", "\"full\"")
    ))
    .await;
    for kind in BOTH {
        let error = bench.push(kind, &bench.to("sw")).await.unwrap_err();
        assert!(matches!(error, TransferError::Refused { .. }), "{error}");
        let viewer = Credential::password(
            "viewer",
            Secret::new(bench.lab.credentials().viewer_password),
        );
        let to = endpoint(bench.address("full"), viewer);
        let error = bench.push(kind, &to).await.unwrap_err();
        assert!(matches!(error, TransferError::Refused { .. }), "{error}");
        let fault: Fault =
            serde_json::from_str("{\"kind\":\"flash_full\",\"at\":\"transfer\",\"times\":1}")
                .unwrap();
        bench.lab.set_fault("full", fault).unwrap();
        let error = bench.push(kind, &bench.to("full")).await.unwrap_err();
        assert!(matches!(error, TransferError::NoSpace { .. }), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_that_shows_another_key_gets_nothing_until_it_is_trusted() {
    let bench = Bench::with(PLAIN).await;
    let policy = bench.policy(BackendKind::Ssh2);
    let lines = std::fs::read_to_string(&policy.known_hosts).unwrap();
    assert!(lines.contains("ssh-ed25519"), "{lines}");
    let stranger = "AAAAC3NzaC1lZDI1NTE5AAAAIF+Zgi53VQ3TFSt6cIg2YTIr1VNnrPEqktmW19VnbQjh";
    let host = lines.split(' ').next().unwrap();
    for kind in BOTH {
        std::fs::write(
            &policy.known_hosts,
            format!("{host} ssh-ed25519 {stranger}\n"),
        )
        .unwrap();
        let error = bench.look(kind, &bench.to("sw")).await.unwrap_err();
        assert!(
            matches!(error, ConnectError::HostKeyChanged { .. }),
            "{error}"
        );
        ssh::connector(bench.policy(kind))
            .trust(&bench.to("sw"))
            .await
            .unwrap();
        bench.look(kind, &bench.to("sw")).await.unwrap();
    }
    let logins = bench.lab.timeline(0);
    let refused = logins
        .iter()
        .filter(|e| format!("{e:?}").contains("refused"));
    assert_eq!(refused.count(), 0);
}
