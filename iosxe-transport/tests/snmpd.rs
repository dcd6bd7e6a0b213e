//! Looks at the agent of net-snmp, an implementation of SNMP that is not ours.
//!
//! `snmpd` serves the objects of a stack of two out of its configuration. Texts and serials are made
//! up by us after what devices show.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail by panicking, as tests do"
)]

use std::io::{BufRead as _, BufReader};
use std::net::UdpSocket;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use iosxe_core::fault::{Class, Classified as _};
use iosxe_core::ports::{
    EntityClass, FirstLook, ProbeError, ProbeTarget, SnmpCredential, SnmpHash,
};
use iosxe_core::secret::Secret;
use iosxe_transport::snmp::{SnmpPolicy, probe};

const SYSTEM: &str = "\
sysdescr Cisco IOS Software [Amsterdam], Catalyst L3 Switch Software (CAT9K_IOSXE), Version 17.3.4, RELEASE SOFTWARE (fc3)
sysname sw-1.example.net
sysobjectid .1.3.6.1.4.1.9.1.2494
";

/// Who may see what: everything; the system alone; nothing of either.
const ACCESS: &str = "\
createUser look SHA-256 \"correct horse\" AES \"battery staple\"
createUser signed SHA \"correct horse\"
rouser look authpriv
rouser signed authnopriv
view system included .1.3.6.1.2.1.1
view elsewhere included .1.3.6.1.2.1.11
rocommunity rarely-public
rocommunity system-only default -V system
rocommunity elsewhere-only default -V elsewhere
";

/// Rows of `entPhysicalTable`: index, class, name, software, serial, model.
const ENTITIES: [(u32, u32, &str, &str, &str, &str); 6] = [
    (1, 11, "c93xx Stack", "", "", ""),
    (1000, 3, "Switch 1", "17.03.04", "FCW2233A5ZV", "C9300-48P"),
    (1001, 5, "Switch 1 - Power Supply 0 Container", "", "", ""),
    (
        1060,
        9,
        "Switch 1 FRU Uplink Module 1",
        "",
        "FOC22330AAA",
        "C9300-NM-8X",
    ),
    (1100, 10, "GigabitEthernet1/0/1", "", "", ""),
    (2000, 3, "Switch 2", "17.03.04", "FCW2233A5ZW", "C9300-24T"),
];

struct Agent {
    process: Child,
    port: u16,
    _dir: tempfile::TempDir,
}

impl Drop for Agent {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

impl Agent {
    /// Starts an agent and returns when it says that it listens.
    fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut config = format!("{SYSTEM}{ACCESS}");
        for (index, class, name, software, serial, model) in ENTITIES {
            let mut serve = |column: u32, kind: &str, value: &str| {
                let oid = format!(".1.3.6.1.2.1.47.1.1.1.1.{column}.{index}");
                config.push_str(&format!("override {oid} {kind} {value}\n"));
            };
            serve(5, "integer", &class.to_string());
            for (column, value) in [(7, name), (10, software), (11, serial), (13, model)] {
                serve(column, "octet_str", &format!("\"{value}\""));
            }
        }
        let file = dir.path().join("snmpd.conf");
        std::fs::write(&file, config).unwrap();
        // A port that somebody else takes meanwhile makes another try.
        for _ in 0..5 {
            let port = UdpSocket::bind("127.0.0.1:0")
                .unwrap()
                .local_addr()
                .unwrap()
                .port();
            let mut process = Command::new(program())
                .args(["-f", "-Le", "-I", "-smux", "-C", "-c"])
                .arg(&file)
                .arg(format!("udp:127.0.0.1:{port}"))
                .env("SNMP_PERSISTENT_DIR", dir.path())
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
            // It says its version once it is up; it ends without doing so when it cannot listen.
            if lines
                .by_ref()
                .map_while(Result::ok)
                .any(|l| l.contains("NET-SNMP version"))
            {
                // Whoever closes the pipe ends the agent at its next line.
                std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
                return Self {
                    process,
                    port,
                    _dir: dir,
                };
            }
            drop(process.kill());
            drop(process.wait());
        }
        panic!("snmpd does not start");
    }

    async fn ask(&self, credential: SnmpCredential) -> Result<FirstLook, ProbeError> {
        let to = ProbeTarget {
            device: "sw-1".into(),
            address: format!("127.0.0.1:{}", self.port).parse().unwrap(),
            credential,
        };
        let policy = SnmpPolicy {
            answer: Duration::from_millis(500),
            ..SnmpPolicy::default()
        };
        probe(policy).look(&to).await
    }
}

fn program() -> &'static str {
    let places = ["/usr/sbin/snmpd", "/usr/local/sbin/snmpd"];
    places
        .into_iter()
        .find(|p| Path::new(p).exists())
        .unwrap_or("snmpd")
}

fn community(text: &str) -> SnmpCredential {
    SnmpCredential::Community(Secret::new(text))
}

fn user(name: &str, hash: SnmpHash, auth: &str, privacy: Option<&str>) -> SnmpCredential {
    SnmpCredential::User {
        name: name.to_owned(),
        hash,
        auth: Secret::new(auth),
        privacy: privacy.map(Secret::new),
    }
}

fn is_the_stack(look: &FirstLook) {
    assert!(look.description.contains("CAT9K_IOSXE"), "{look:?}");
    assert_eq!(look.name.as_deref(), Some("sw-1.example.net"));
    assert_eq!(look.object_id.as_deref(), Some("1.3.6.1.4.1.9.1.2494"));
    assert_eq!(look.cut, None);
    let rows: Vec<_> = look.entities.iter().map(|e| (e.index, e.class)).collect();
    assert_eq!(
        rows,
        [
            (1, EntityClass::Stack),
            (1000, EntityClass::Chassis),
            (1060, EntityClass::Module),
            (2000, EntityClass::Chassis),
        ]
    );
    let second = &look.entities[3];
    assert_eq!(second.name.as_deref(), Some("Switch 2"));
    assert_eq!(second.model.as_deref(), Some("C9300-24T"));
    assert_eq!(second.serial.as_deref(), Some("FCW2233A5ZW"));
    assert_eq!(second.software.as_deref(), Some("17.03.04"));
    assert_eq!(look.entities[0].serial, None);
}

#[tokio::test]
#[ignore = "needs net-snmp's snmpd; .ci/run installs it and runs this"]
async fn a_stack_is_read_with_a_community_and_as_a_user() {
    let agent = Agent::start();
    is_the_stack(&agent.ask(community("rarely-public")).await.unwrap());
    let look = user(
        "look",
        SnmpHash::Sha256,
        "correct horse",
        Some("battery staple"),
    );
    is_the_stack(&agent.ask(look).await.unwrap());
    let signed = user("signed", SnmpHash::Sha1, "correct horse", None);
    is_the_stack(&agent.ask(signed).await.unwrap());
}

#[tokio::test]
#[ignore = "needs net-snmp's snmpd; .ci/run installs it and runs this"]
async fn a_wrong_community_is_silence_and_says_what_to_check() {
    let agent = Agent::start();
    let begun = Instant::now();
    let error = agent.ask(community("public")).await.unwrap_err();
    assert!(begun.elapsed() < Duration::from_secs(10));
    assert_eq!(
        error,
        ProbeError::TimedOut {
            address: format!("127.0.0.1:{}", agent.port),
            version: "v2c",
            waited: Duration::from_millis(1500),
            sent: 3,
        }
    );
    assert_eq!(
        (error.class(), error.code()),
        (Class::Transient, "snmp_timeout")
    );
    assert_eq!(
        error.to_string(),
        format!(
            "127.0.0.1:{} did not answer SNMP v2c within 1.5 s, asked 3 times",
            agent.port
        )
    );
    let remedy = error.remedy().unwrap().to_string();
    for word in ["UDP", "community", "access list", "view"] {
        assert!(remedy.contains(word), "{remedy}");
    }
}

#[tokio::test]
#[ignore = "needs net-snmp's snmpd; .ci/run installs it and runs this"]
async fn a_user_that_is_refused_is_told_why_and_no_secret() {
    let agent = Agent::start();
    let sha256 = SnmpHash::Sha256;
    let staple = Some("battery staple");
    let cases = [
        (
            user("nobody", sha256, "correct horse", staple),
            "it knows no such user",
        ),
        (
            user("look", sha256, "another horse", staple),
            "password or hash of the authentication is another",
        ),
        (
            user("look", SnmpHash::Sha1, "correct horse", staple),
            "password or hash of the authentication is another",
        ),
        (
            user("signed", SnmpHash::Sha1, "correct horse", staple),
            "the user has no privacy there (authPriv)",
        ),
    ];
    for (credential, reason) in cases {
        let error = agent.ask(credential).await.unwrap_err();
        assert_eq!(error.class(), Class::Operator, "{reason}: {error}");
        let text = format!("{error} {error:?}");
        assert!(error.to_string().ends_with(reason), "{text}");
        assert!(
            !text.contains("horse") && !text.contains("staple"),
            "{text}"
        );
    }
    // net-snmp drops what it cannot decrypt.
    let error = agent
        .ask(user(
            "look",
            sha256,
            "correct horse",
            Some("battery stable"),
        ))
        .await
        .unwrap_err();
    assert_eq!(error.code(), "snmp_timeout");
    assert!(
        error
            .remedy()
            .unwrap()
            .to_string()
            .contains("privacy password")
    );
}

#[tokio::test]
#[ignore = "needs net-snmp's snmpd; .ci/run installs it and runs this"]
async fn a_view_that_hides_the_table_or_everything_is_named() {
    let agent = Agent::start();
    let look = agent.ask(community("system-only")).await.unwrap();
    assert!(look.description.contains("CAT9K_IOSXE"));
    assert_eq!(look.entities, []);
    assert_eq!(look.cut.as_deref(), Some("it shows no entPhysicalTable"));
    let error = agent.ask(community("elsewhere-only")).await.unwrap_err();
    assert_eq!(error.code(), "snmp_not_shown");
    assert!(error.remedy().unwrap().to_string().contains("view"));
}

#[tokio::test]
#[ignore = "needs net-snmp's snmpd; .ci/run installs it and runs this"]
async fn a_table_of_too_many_rows_is_cut_and_says_so() {
    let agent = Agent::start();
    let to = ProbeTarget {
        device: "sw-1".into(),
        address: format!("127.0.0.1:{}", agent.port).parse().unwrap(),
        credential: community("rarely-public"),
    };
    let policy = SnmpPolicy {
        rows_max: 3,
        ..SnmpPolicy::default()
    };
    let look = probe(policy).look(&to).await.unwrap();
    assert_eq!(
        look.cut.as_deref(),
        Some("entPhysicalTable has more than 3 rows")
    );
    let kept: Vec<u32> = look.entities.iter().map(|e| e.index).collect();
    assert_eq!(kept, [1, 1000]);
    assert_eq!(look.entities[1].serial.as_deref(), Some("FCW2233A5ZV"));
}
