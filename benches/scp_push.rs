//! How fast does an image reach a server, and for how much processor time? Our push, each backend,
//! beside `scp -O` of the same file to the same `sshd`, in turns.
//!
//! What is measured is what a user gets: connection, login, transfer, goodbye. The server writes to
//! `/dev/null`, so that no disk is measured; before, each contender sends a file that is compared.
//! Not criterion: contenders must take turns, so that a machine that slows down slows all of them,
//! and processor time of a child process is wanted too.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    unreachable_pub,
    reason = "a program for a terminal that ends at the first trouble"
)]

#[path = "../iosxe-transport/tests/support/sshd.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod sshd;
mod support;

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use iosxe_core::ports::TransferWatch;
use iosxe_transport::ssh::{self, BackendKind};
use sshd::Server;
use support::{NoEvidence, measures, print_machine, processor_seconds, write_image};

/// So many bytes are sent at a time: long enough that a login does not count, short enough for many
/// rounds.
const BYTES: u64 = 512 << 20;
const ROUNDS: usize = 7;

#[derive(Clone, Copy, Debug)]
enum Contender {
    Ours(BackendKind),
    /// OpenSSH's client with the cipher it is told to use, or the one it likes best.
    Scp(Option<&'static str>),
}

const CONTENDERS: [Contender; 4] = [
    Contender::Ours(BackendKind::Russh),
    Contender::Ours(BackendKind::Ssh2),
    Contender::Scp(None),
    // What our list asks for first.
    Contender::Scp(Some("aes128-gcm@openssh.com")),
];

impl Contender {
    fn name(self) -> String {
        match self {
            Self::Ours(BackendKind::Russh) => "ours, russh (default)".to_owned(),
            Self::Ours(BackendKind::Ssh2) => "ours, ssh2".to_owned(),
            Self::Scp(None) => "scp -O".to_owned(),
            Self::Scp(Some(cipher)) => {
                format!("scp -O -c {}", cipher.trim_end_matches("@openssh.com"))
            }
        }
    }

    fn push(
        self,
        server: &Server,
        source: &Path,
        destination: &str,
        runtime: &tokio::runtime::Runtime,
    ) {
        match self {
            Self::Ours(kind) => {
                let mover = ssh::mover(server.policy(kind));
                let to = server.endpoint();
                let push = mover.push(&to, source, destination, &Unwatched, Arc::new(NoEvidence));
                runtime.block_on(push).unwrap();
            }
            Self::Scp(cipher) => {
                let mut scp = Command::new("scp");
                scp.args(["-O", "-q", "-F", "/dev/null", "-o", "IdentitiesOnly=yes"])
                    .args([
                        "-o",
                        "StrictHostKeyChecking=no",
                        "-o",
                        "UserKnownHostsFile=/dev/null",
                    ])
                    .args([
                        "-o",
                        "LogLevel=ERROR",
                        "-P",
                        &server.address.port.to_string(),
                    ])
                    .arg("-i")
                    .arg(server.path("id_ed25519"));
                if let Some(cipher) = cipher {
                    scp.args(["-c", cipher]);
                }
                let done = scp
                    .arg(source)
                    .arg(format!(
                        "{}@{}:{destination}",
                        sshd::whoami(),
                        server.address.host
                    ))
                    .status()
                    .unwrap();
                assert!(done.success(), "{scp:?}");
            }
        }
    }
}

/// Nobody watches, nobody stops it.
struct Unwatched;

impl TransferWatch for Unwatched {
    fn moved(&self, _bytes: u64, _total: u64) {}
    fn cancelled(&self) -> bool {
        false
    }
}

/// One push: wall and processor seconds.
#[derive(Clone, Copy, Debug)]
struct Took {
    wall: f64,
    processor: f64,
}

fn main() {
    if sshd::program().is_none() || Command::new("scp").output().is_err() {
        println!(
            "scp_push: SKIPPED: this machine has no sshd or no scp (apt-get install openssh-server openssh-client)"
        );
        return;
    }
    let server = Server::start("");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    every_contender_delivers(&server, &runtime);
    if !measures() {
        println!("scp_push: every contender delivers; `cargo bench` measures");
        return;
    }
    print_machine();
    let version = Command::new("ssh").arg("-V").output().unwrap();
    println!(
        "peer: {} on loopback, to /dev/null; {} MiB a push, {ROUNDS} rounds in turns, login included",
        String::from_utf8_lossy(&version.stderr).trim(),
        BYTES >> 20
    );
    let source = server.path("image.bin");
    write_image(&source, BYTES);
    let mut took: Vec<Vec<Took>> = vec![Vec::new(); CONTENDERS.len()];
    for _ in 0..ROUNDS {
        for (of, contender) in took.iter_mut().zip(CONTENDERS) {
            of.push(measure(|| {
                contender.push(&server, &source, "/dev/null", &runtime)
            }));
        }
    }
    print_table(&took);
}

/// A file comes over byte for byte: a fast contender that loses some is none.
fn every_contender_delivers(server: &Server, runtime: &tokio::runtime::Runtime) {
    let source = server.path("sample.bin");
    write_image(&source, (3 << 20) + 7);
    for contender in CONTENDERS {
        let target = server.path("arrived.bin");
        contender.push(server, &source, target.to_str().unwrap(), runtime);
        assert!(
            std::fs::read(&source).unwrap() == std::fs::read(&target).unwrap(),
            "{contender:?} changed the file"
        );
        std::fs::remove_file(target).unwrap();
    }
}

fn measure(push: impl FnOnce()) -> Took {
    let (own, children) = processor_seconds();
    let begun = Instant::now();
    push();
    let wall = begun.elapsed().as_secs_f64();
    let (own_after, children_after) = processor_seconds();
    Took {
        wall,
        processor: own_after - own + children_after - children,
    }
}

fn print_table(took: &[Vec<Took>]) {
    let rate = |t: &Took| BYTES as f64 / 1e6 / t.wall;
    let cost = |t: &Took| t.processor / (BYTES as f64 / 1e9);
    let rates: Vec<[f64; 3]> = took.iter().map(|of| spread(of.iter().map(rate))).collect();
    let costs: Vec<[f64; 3]> = took.iter().map(|of| spread(of.iter().map(cost))).collect();
    // The first `scp -O` of the list is the measure of all others.
    let measure = CONTENDERS
        .iter()
        .position(|c| matches!(c, Contender::Scp(None)))
        .unwrap();
    println!(
        "\n{:<24} {:>22} {:>9} {:>16} {:>9}",
        "median (least..most)", "MB/s", "of scp -O", "processor s/GB", "of scp -O"
    );
    for (n, contender) in CONTENDERS.iter().enumerate() {
        let ([low, median, high], [_, cost, _]) = (rates[n], costs[n]);
        println!(
            "{:<24} {:>8.0} ({:>4.0}..{:>5.0}) {:>8.2}x {:>16.2} {:>8.2}x",
            contender.name(),
            median,
            low,
            high,
            median / rates[measure][1],
            cost,
            cost / costs[measure][1],
        );
    }
}

/// Least, median, most.
fn spread(values: impl Iterator<Item = f64>) -> [f64; 3] {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    [
        values[0],
        values[values.len() / 2],
        values[values.len() - 1],
    ]
}
