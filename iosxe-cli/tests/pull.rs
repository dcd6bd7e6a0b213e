//! Images that devices fetch from a server, over SSH against the lab's truth.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "helpers of tests fail by panicking, as tests do"
)]

mod support;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use iosxe_lab::EventKind;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use support::upgrades::upgrade;
use support::{Bench, Ran, Running, c9300, fault};

const FILE: &str = "cat9k_iosxe.17.12.04.SPA.bin";

/// What a web server does with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Does {
    Serves,
    Missing,
    /// Half of the file, and the end of the connection.
    Half,
    /// A file of the right length with one other byte.
    Wrong,
}

/// A web server with one file, which does what it is told to with one request after the other.
#[derive(Clone, Debug)]
struct Web {
    address: SocketAddr,
    script: Arc<Mutex<VecDeque<Does>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Web {
    /// Serves the image of the lab; `script` is for the first requests.
    fn start(bench: &Bench, script: &[Does]) -> Self {
        let bytes = std::fs::read(bench.path("images").join(FILE)).unwrap();
        let listener = bench.wait(TcpListener::bind("127.0.0.1:0")).unwrap();
        let web = Self {
            address: listener.local_addr().unwrap(),
            script: Arc::new(Mutex::new(script.iter().copied().collect())),
            asked: Arc::default(),
        };
        let own = web.clone();
        bench.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(own.clone().answer(stream, bytes.clone()));
            }
        });
        web
    }

    async fn answer(self, mut stream: TcpStream, mut bytes: Vec<u8>) {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            match stream.read_u8().await {
                Ok(byte) => head.push(byte),
                Err(_) => return,
            }
        }
        let head = String::from_utf8(head).unwrap();
        let path = head.split(' ').nth(1).unwrap().to_owned();
        self.asked.lock().unwrap().push(path.clone());
        let does = self.script.lock().unwrap().pop_front();
        let does = does.unwrap_or(Does::Serves);
        if does == Does::Missing || path != format!("/ios/{FILE}") {
            let gone = b"HTTP/1.0 404 Not Found\r\n\r\n";
            stream.write_all(gone).await.ok();
            return;
        }
        let length = bytes.len();
        match does {
            Does::Half => bytes.truncate(length / 2),
            Does::Wrong => bytes[length / 2] ^= 1,
            Does::Serves | Does::Missing => {}
        }
        let head = format!("HTTP/1.0 200 OK\r\nContent-Length: {length}\r\n\r\n");
        // A device that breaks off hears no more.
        stream.write_all(head.as_bytes()).await.ok();
        stream.write_all(&bytes).await.ok();
        stream.shutdown().await.ok();
    }

    fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

/// One device that fetches from a web server.
fn bench(script: &[Does]) -> (Bench, Web) {
    of(Bench::new(vec![c9300("sw-a")]), script)
}

/// The same with images of 1 MiB, taken at 256 KiB a second.
fn slow(script: &[Does]) -> (Bench, Web) {
    let bench = Bench::with(vec![c9300("sw-a")], |options| {
        options.image_bytes = 1 << 20;
    });
    bench.set_fault("sw-a", fault("slow_link"));
    of(bench, script)
}

fn of(bench: Bench, script: &[Does]) -> (Bench, Web) {
    let web = Web::start(&bench, script);
    bench.add_to_configuration(&format!(
        "[transfer]\nfrom = \"http://{}/ios\"\nplain = true",
        web.address
    ));
    (bench, web)
}

const UPGRADE: [&str; 6] = ["upgrade", "--all", "--approve", "auto", "--output", "json"];

/// How often a device was given a command that begins so.
fn commands(bench: &Bench, device: &str, begins: &str) -> usize {
    let timeline = bench.timeline();
    let line = |e: &&iosxe_lab::Event| {
        let line = e.detail.get("line").and_then(|l| l.as_str());
        line.is_some_and(|l| l.starts_with(begins))
    };
    let of = timeline.iter().filter(|e| e.device == device);
    of.filter(|e| e.kind == EventKind::Command)
        .filter(line)
        .count()
}

/// Bytes of the image on a device's flash.
fn on_flash(bench: &Bench, device: &str) -> u64 {
    let truth = bench.truth(device);
    let files = truth["files"].as_array().unwrap();
    let image = files.iter().find(|f| f["path"] == FILE);
    image.map_or(0, |f| f["size"].as_u64().unwrap())
}

#[track_caller]
fn assert_upgraded(bench: &Bench, ran: &Ran, device: &str) {
    let told = ran.device(device);
    assert_eq!(told["outcome"], "upgraded", "{told}\n{}", ran.stderr);
    assert_eq!(ran.code, 0);
    assert_eq!(bench.truth(device)["committed_version"], "17.12.04");
    assert_eq!(bench.count(device, EventKind::InstallAdd), 1);
    // Nothing was sent from here.
    assert_eq!(commands(bench, device, "scp "), 0);
}

#[test]
fn a_device_fetches_its_image_and_is_upgraded() {
    let (bench, web) = bench(&[]);
    let plan = bench.run(&["plan", "--output", "json"]);
    let device = plan.device("sw-a");
    let steps = device["steps"].as_array().unwrap();
    let pull = steps.iter().find(|s| s["kind"] == "pull").unwrap();
    let command = format!("copy http://{}/ios/{FILE} flash:{FILE}", web.address);
    assert_eq!(pull["command"], command);
    assert_eq!(pull["disturbs"], "none");
    assert_eq!(web.asked(), 0);
    let ran = bench.run(&UPGRADE);
    assert_upgraded(&bench, &ran, "sw-a");
    assert_eq!(web.asked(), 1);
    assert_eq!(commands(&bench, "sw-a", &command), 1);
    let received = bench.timeline();
    let received = received.iter().find(|e| e.kind == EventKind::FileReceived);
    assert_eq!(received.unwrap().detail["by"], "http");
}

/// At every kind of byte of the conversation: what was fetched is found out by looking, and the copy that
/// is used is whole.
#[test]
fn wherever_the_session_of_a_copy_is_lost_the_file_is_fetched_whole() {
    // How often the command was given, and the server asked, in the end.
    let losses = [
        ("copy htt", 1, 1),
        ("copy http ... Destination filename [cat9k", 2, 1),
        ("Destination filename [cat9k_iosxe.17.12.04.SPA.bin]?", 2, 1),
        (
            "Destination filename [cat9k_iosxe.17.12.04.SPA.bin]? ... Access",
            2,
            1,
        ),
        (
            "Destination filename [cat9k_iosxe.17.12.04.SPA.bin]? ... bytes copied",
            1,
            1,
        ),
        (
            "Destination filename [cat9k_iosxe.17.12.04.SPA.bin]? ... bytes copied ... #",
            1,
            1,
        ),
    ];
    let name = |n: usize| format!("sw-{n}");
    let bench = Bench::new((0..losses.len()).map(|n| c9300(&name(n))).collect());
    for (n, (after, ..)) in losses.iter().enumerate() {
        let mut cut = fault("session_cut");
        cut.at = (*after).into();
        bench.set_fault(&name(n), cut);
    }
    let (bench, web) = of(bench, &[]);
    let ran = bench.run(&UPGRADE);
    let mut given = Vec::new();
    for (n, (after, ..)) in losses.iter().enumerate() {
        let name = name(n);
        assert_upgraded(&bench, &ran, &name);
        let cuts = bench.timeline().into_iter();
        let cuts = cuts.filter(|e| e.device == name && e.kind == EventKind::Fault);
        assert_eq!(cuts.count(), 1, "{after}: the session was not cut");
        assert_eq!(bench.count(&name, EventKind::InstallActivate), 1);
        given.push((*after, commands(&bench, &name, "copy http")));
    }
    let expected: Vec<(&str, usize)> = losses.iter().map(|(a, g, _)| (*a, *g)).collect();
    assert_eq!(given, expected);
    let asked: usize = losses.iter().map(|(.., asked)| asked).sum();
    assert_eq!(web.asked(), asked);
}

#[test]
fn a_device_whose_scp_server_is_off_can_fetch() {
    let mut spec = c9300("sw-a");
    spec.scp_server = false;
    let bench = Bench::new(vec![spec]);
    let (bench, _web) = of(bench, &[]);
    let ran = bench.run(&UPGRADE);
    assert_upgraded(&bench, &ran, "sw-a");
}

#[test]
fn a_server_without_the_file_is_asked_once() {
    let (bench, web) = bench(&[Does::Missing]);
    let ran = bench.run(&UPGRADE);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    let device = ran.device("sw-a");
    assert_eq!(device["outcome"], "dead_letter");
    let fault = &device["fault"];
    assert_eq!(fault["code"], "server_no_file", "{fault}");
    let said = fault["message"].as_str().unwrap();
    assert!(said.contains("(No such file or directory)"), "{said}");
    let remedy = fault["remedy"].to_string();
    assert!(remedy.contains("put the image into"), "{remedy}");
    assert_eq!(web.asked(), 1);
    assert_eq!(bench.count("sw-a", EventKind::InstallAdd), 0);
}

#[test]
fn a_server_that_dies_half_way_is_asked_again() {
    for (part_stays, deletions) in [(false, 0), (true, 1)] {
        let (bench, web) = bench(&[Does::Half]);
        if part_stays {
            bench.set_fault("sw-a", fault("partial_file_stays"));
        }
        let ran = bench.run(&UPGRADE);
        assert_upgraded(&bench, &ran, "sw-a");
        assert_eq!(web.asked(), 2);
        assert_eq!(bench.count("sw-a", EventKind::FileDeleted), deletions);
    }
}

#[test]
fn wrong_bytes_are_found_by_their_digest_deleted_and_fetched_anew() {
    let (bench, web) = bench(&[Does::Wrong]);
    let ran = bench.run(&UPGRADE);
    assert_upgraded(&bench, &ran, "sw-a");
    assert_eq!(web.asked(), 2);
    assert_eq!(bench.count("sw-a", EventKind::FileReceived), 2);
    assert_eq!(bench.count("sw-a", EventKind::FileDeleted), 1);
    // A server that has nothing else is left to a person.
    let (bench, web) = self::bench(&[Does::Wrong; 9]);
    let ran = bench.run(&UPGRADE);
    let device = ran.device("sw-a");
    assert_eq!(device["fault"]["code"], "hash_differs", "{device}");
    assert_eq!(web.asked(), 3);
    assert_eq!(bench.count("sw-a", EventKind::InstallAdd), 0);
}

#[test]
fn a_copy_that_lost_its_session_is_decided_by_a_look() {
    for (kind, asked, deletions) in [
        // The device goes on: its copy is taken.
        (Some("copy_goes_on"), 1, 0),
        // It leaves a part.
        (Some("partial_file_stays"), 2, 1),
        // It leaves nothing.
        (None, 2, 0),
    ] {
        let (bench, web) = bench(&[]);
        bench.set_fault("sw-a", {
            let mut cut = fault("session_dropped");
            cut.at = "transfer".into();
            cut
        });
        if let Some(kind) = kind {
            bench.set_fault("sw-a", fault(kind));
        }
        let ran = bench.run(&UPGRADE);
        assert_upgraded(&bench, &ran, "sw-a");
        assert_eq!(web.asked(), asked, "{kind:?}");
        assert_eq!(
            bench.count("sw-a", EventKind::FileDeleted),
            deletions,
            "{kind:?}"
        );
    }
}

fn running(bench: &Bench) -> Running {
    bench.start(&UPGRADE)
}

fn resume(bench: &Bench) -> Ran {
    bench.run(&["resume", "--output", "json"])
}

#[test]
fn killed_in_the_middle_of_a_copy_it_is_never_begun_twice() {
    for (kind, asked) in [
        (Some("copy_goes_on"), 1),
        (Some("partial_file_stays"), 2),
        (None, 2),
    ] {
        let (bench, web) = slow(&[]);
        if let Some(kind) = kind {
            bench.set_fault("sw-a", fault(kind));
        }
        running(&bench).kill_at("some bytes on flash", || on_flash(&bench, "sw-a") > 100_000);
        assert!(on_flash(&bench, "sw-a") < 1 << 20, "too late to be a test");
        let ran = resume(&bench);
        assert_upgraded(&bench, &ran, "sw-a");
        assert_eq!(web.asked(), asked, "{kind:?}");
        // Whole, once.
        assert_eq!(bench.count("sw-a", EventKind::FileReceived), 1, "{kind:?}");
    }
}

#[test]
fn stopped_by_a_person_a_copy_is_left_and_looked_for_later() {
    let (bench, web) = slow(&[]);
    let run = running(&bench);
    support::wait_for("some bytes", || on_flash(&bench, "sw-a") > 100_000);
    run.interrupt();
    let ran = run.finish();
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    bench.http("DELETE", "/devices/sw-a/faults");
    let ran = resume(&bench);
    assert_upgraded(&bench, &ran, "sw-a");
    assert!(web.asked() <= 2);
}

/// Another device is the server here, for it serves by SCP; its image is sent to it first.
fn from_another_device(password_of_server: Option<&str>) -> Bench {
    let mut bench = Bench::new(vec![c9300("sw-a"), c9300("files")]);
    let ran = bench.run(&["transfer", "--limit", "files", "--output", "json"]);
    assert_eq!(ran.device("files")["outcome"], "staged", "{}", ran.stderr);
    let own = bench.credentials();
    let devices = bench.lab().devices();
    let server = devices.iter().find(|d| d.name == "files").unwrap().address;
    bench.add_to_configuration(&format!(
        "[transfer]\nfrom = \"scp://{server}/flash:\"\ncredential = \"server\"\n\n\
         [[credential]]\nname = \"server\"\nusername = \"{}\"\npassword_env = \"SERVER_PASSWORD\"",
        own.username
    ));
    let password = password_of_server.unwrap_or(&own.password);
    bench.environment("SERVER_PASSWORD", password);
    bench
}

/// Every file below a folder that holds these bytes.
fn holding(folder: &std::path::Path, bytes: &[u8]) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(holding(&path, bytes));
        } else if std::fs::read(&path)
            .unwrap()
            .windows(bytes.len())
            .any(|w| w == bytes)
        {
            found.push(path);
        }
    }
    found
}

#[test]
fn the_password_of_a_server_is_typed_and_stands_nowhere() {
    let bench = from_another_device(None);
    let ran = upgrade(&bench, "sw-a");
    assert_upgraded(&bench, &ran, "sw-a");
    let password = bench.credentials().password;
    let told = format!("{:?}", bench.timeline());
    assert!(
        !told.contains(&password),
        "a device was told it in a command"
    );
    for text in [&ran.stdout, &ran.stderr] {
        assert!(!text.contains(&password), "{text}");
    }
    let folder = bench.path("");
    let mut files = holding(&folder, password.as_bytes());
    // The lab's own note of it.
    files.retain(|f| !f.ends_with("lab.env") && !f.ends_with("lab.json"));
    assert_eq!(files, Vec::<std::path::PathBuf>::new());
}

#[test]
fn a_login_that_the_server_refuses_is_not_repeated() {
    let wrong = "wrong-as-can-be";
    let bench = from_another_device(Some(wrong));
    let ran = upgrade(&bench, "sw-a");
    let device = ran.device("sw-a");
    assert_eq!(device["fault"]["code"], "server_login_refused", "{device}");
    assert_eq!(commands(&bench, "sw-a", "copy scp:"), 1);
    assert_eq!(holding(&bench.path(""), wrong.as_bytes()).len(), 0);
}

#[test]
fn what_cannot_be_a_server_is_told_before_anything_is_asked() {
    for (setting, said) in [
        ("from = \"gopher://h/\"", "iosxe.toml, line"),
        (
            "from = \"ftp://ann:hunter22@h/\"",
            "no user and no password",
        ),
        ("from = \"http://192.0.2.9/\"", "plain = true"),
        ("from = \"scp://192.0.2.9/\"", "credential = \"NAME\""),
        (
            "from = \"https://192.0.2.9/\"\ncredential = \"x\"",
            "ip http client username",
        ),
    ] {
        let bench = Bench::new(vec![c9300("sw-a")]);
        bench.add_to_configuration(&format!("[transfer]\n{setting}"));
        let ran = bench.run(&UPGRADE);
        assert_eq!(ran.code, 2, "{setting}: {}", ran.stderr);
        assert!(ran.stderr.contains(said), "{setting}: {}", ran.stderr);
        assert!(!ran.stderr.contains("hunter22"), "{}", ran.stderr);
        bench.assert_no_contact();
    }
}

/// As for every other conversation: the session is kept open, and a person answers.
#[test]
fn a_question_in_a_copy_that_nobody_knows_is_answered_by_a_person() {
    let (bench, web) = bench(&[]);
    bench.add_to_configuration("[policy]\nanswer_within = 18000");
    let mut question = fault("unknown_prompt");
    question.at = "copy".into();
    bench.set_fault("sw-a", question);
    let running = bench.start(&UPGRADE);
    running.wait_stderr("Volume quota is not recorded");
    let answered = bench.run(&["answer", "sw-a", "yes", "--output", "json"]);
    assert_eq!(answered.code, 0, "{}", answered.stderr);
    let ran = running.finish();
    assert_upgraded(&bench, &ran, "sw-a");
    assert_eq!(web.asked(), 1);
    assert_eq!(commands(&bench, "sw-a", "copy http"), 1);
}
