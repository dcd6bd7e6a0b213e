//! Both SSH backends are held to one suite, and the suite is held to fail.
//!
//! For each case: it passes with `ssh2`, it passes with `russh`, and it fails with a backend that is
//! broken just there. A case that lets its broken backend pass proves nothing about the others.
#![cfg(all(feature = "ssh2", feature = "russh"))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    unreachable_pub,
    reason = "helpers of tests"
)]

mod broken;
mod rig;
mod suite;
#[path = "../support/mod.rs"]
mod support;

use broken::Sabotage;
use iosxe_transport::ssh::{self, BackendKind, SshPolicy};
use suite::Subject;

fn built_in(kind: BackendKind) -> Subject {
    let with = move |policy: SshPolicy| SshPolicy {
        shell_backend: kind,
        bulk_backend: kind,
        ..policy
    };
    Subject {
        connector: Box::new(move |policy| ssh::connector(with(policy))),
        mover: Box::new(move |policy| ssh::mover(with(policy))),
    }
}

macro_rules! held_to {
    ($($case:ident fails_when $sabotage:ident;)+) => {
        mod with_ssh2 {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    let subject = super::built_in(super::BackendKind::Ssh2);
                    super::suite::$case(&subject).await.unwrap();
                }
            )+
        }
        mod with_russh {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    let subject = super::built_in(super::BackendKind::Russh);
                    super::suite::$case(&subject).await.unwrap();
                }
            )+
        }
        /// All at once: most of them wait for something that never comes.
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn every_case_fails_when_its_backend_is_broken() {
            let mut cases = tokio::task::JoinSet::new();
            $(
                cases.spawn(async {
                    let subject = broken::subject(Sabotage::$sabotage);
                    (stringify!($case), suite::$case(&subject).await)
                });
            )+
            let mut let_pass = Vec::new();
            while let Some(ended) = cases.join_next().await {
                // A case that panics over a broken backend has failed too, in its way.
                if let Ok((case, Ok(()))) = ended {
                    let_pass.push(case);
                }
            }
            assert!(let_pass.is_empty(), "the suite lets broken backends pass: {let_pass:?}");
        }
    };
}

held_to! {
    shell fails_when Deaf;
    pieces fails_when LosesCrumbs;
    big_output fails_when LosesTheEnd;
    secret fails_when Leaks;
    password fails_when TriesAgain;
    keyboard_interactive fails_when TriesAgain;
    other_question fails_when AnswersAnything;
    public_key fails_when NoKeys;
    jump fails_when IgnoresJumps;
    unknown_key fails_when TrustsAll;
    changed_key fails_when TrustsAll;
    pinned_type fails_when ForgetsPins;
    trust fails_when TrustsAll;
    keepalive fails_when NoKeepalive;
    hang_up fails_when NeverEnds;
    silence fails_when Chatters;
    cancel fails_when Hoards;
    close fails_when Vanishes;
    no_shell fails_when OneError;
    unreachable fails_when OneError;
    legacy fails_when IgnoresProfile;
    push_whole fails_when Corrupts;
    push_refused fails_when Deaf;
    push_stalls fails_when Swallows;
    push_stopped fails_when Unstoppable;
    push_broken fails_when NeverEnds;
    push_dropped fails_when Hoards;
}

/// The names of this process's threads.
#[cfg(target_os = "linux")]
fn threads(name: &str) -> usize {
    std::fs::read_dir("/proc/self/task")
        .unwrap()
        .filter_map(|entry| std::fs::read_to_string(entry.unwrap().path().join("comm")).ok())
        .filter(|comm| comm.trim() == name)
        .count()
}

/// A session has a thread of its own, and the thread ends with it, however it ends.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn threads_end_with_their_sessions() {
    let rig = rig::Rig::start(rig::Setup::default()).await;
    let dir = tempfile::tempdir().unwrap();
    let policy = SshPolicy {
        accept_new: true,
        ..SshPolicy::new(dir.path().join("known_hosts"))
    };
    let connector = ssh::connector(policy);
    let mut to = support::endpoint(rig.address.clone(), rig::credential());
    to.device = "counted".into();
    let mut sessions = Vec::new();
    for _ in 0..20 {
        let session = connector.connect(&to, support::Kept::new()).await.unwrap();
        sessions.push(session);
    }
    assert_eq!(threads("ssh counted"), 20);
    for session in sessions.iter_mut().take(10) {
        session.close().await;
    }
    drop(sessions);
    let gone = |_: &rig::Log| threads("ssh counted") == 0;
    let bound = std::time::Duration::from_secs(6);
    assert!(
        rig.log.becomes(bound, gone).await,
        "{} stayed",
        threads("ssh counted")
    );
    assert!(rig.log.deserted_within(bound).await);
}
