//! Does a push need memory for the file it sends? 1.2 GB over each backend to OpenSSH's `sshd`; the
//! bench fails when the process grew by more than [`GROWTH_MAX`].
//!
//! Each push runs in a process of its own: what one backend left in the allocator would hide what
//! the next one takes. Growth is the peak of the whole process (`VmHWM`) over what was resident when
//! the login was done and the first byte was about to leave.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::exit,
    unreachable_pub,
    reason = "a program for a terminal that ends at the first trouble"
)]

#[path = "../iosxe-transport/tests/support/sshd.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod sshd;
mod support;

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use iosxe_core::ports::TransferWatch;
use iosxe_transport::ssh::{self, BackendKind};
use sshd::Server;
use support::{NoEvidence, measures, memory, print_machine, write_image};

/// The size of an image of a large router.
const BYTES: u64 = 1_200_000_000;

/// Far more than [`GROWTH_MAX`] also where it only has to be soon.
const BYTES_SOON: u64 = 150_000_000;

/// Buffers, windows and a library's queue fit into this many times over; a file does not.
const GROWTH_MAX: u64 = 32 << 20;

const MB: f64 = (1 << 20) as f64;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [word, kind, address, folder] = arguments.as_slice()
        && word == "--push"
    {
        return push(kind, address, &PathBuf::from(folder));
    }
    if sshd::program().is_none() {
        println!("scp_memory: SKIPPED: this machine has no sshd (apt-get install openssh-server)");
        return;
    }
    let server = Server::start("");
    let size = if measures() { BYTES } else { BYTES_SOON };
    write_image(&server.path("image.bin"), size);
    print_machine();
    println!("{} MB to OpenSSH's sshd on loopback", size / 1_000_000);
    let mut grew = false;
    for kind in [BackendKind::Russh, BackendKind::Ssh2] {
        let done = Command::new(std::env::current_exe().unwrap())
            .arg("--push")
            .arg(kind.name())
            .arg(server.address.to_string())
            .arg(server.dir.path())
            .status()
            .unwrap();
        grew |= !done.success();
    }
    if grew {
        println!(
            "scp_memory: FAILED: a push may take {:.0} MiB",
            GROWTH_MAX as f64 / MB
        );
        std::process::exit(1);
    }
}

/// One push in a process that does nothing else.
fn push(kind: &str, address: &str, folder: &std::path::Path) {
    let kind = [BackendKind::Russh, BackendKind::Ssh2]
        .into_iter()
        .find(|k| k.name() == kind)
        .unwrap();
    let to = sshd::endpoint(
        address.parse().unwrap(),
        sshd::credential(folder.join("id_ed25519")),
    );
    let mover = ssh::mover(sshd::policy(kind, folder.join("known_hosts")));
    let watch = Watch::default();
    let source = folder.join("image.bin");
    let begun = Instant::now();
    let sent = tokio::runtime::Runtime::new()
        .unwrap()
        .block_on(mover.push(&to, &source, "/dev/null", &watch, Arc::new(NoEvidence)))
        .unwrap();
    let took = begun.elapsed().as_secs_f64();
    assert_eq!(sent, source.metadata().unwrap().len());
    let before = watch.before.load(Ordering::Relaxed);
    let peak = memory("VmHWM");
    assert!(before > 0 && peak >= before);
    let growth = peak - before;
    println!(
        "{:<6} resident {:.1} MiB before, {:.1} MiB at most: grew by {:.1} MiB; {:.0} MB/s",
        kind.name(),
        before as f64 / MB,
        peak as f64 / MB,
        growth as f64 / MB,
        sent as f64 / 1e6 / took,
    );
    if growth > GROWTH_MAX {
        std::process::exit(1);
    }
}

/// Notes what is resident when the first byte is about to leave.
#[derive(Default)]
struct Watch {
    before: AtomicU64,
}

impl TransferWatch for Watch {
    fn moved(&self, bytes: u64, _total: u64) {
        if bytes == 0 {
            self.before.store(memory("VmRSS"), Ordering::Relaxed);
        }
    }

    fn cancelled(&self) -> bool {
        false
    }
}
