//! Files on their way, and what may become of them.

use super::*;

/// A file arrives byte for byte, and its progress is told to the end.
pub async fn push_whole(subject: &Subject) -> Check {
    let (bench, rig) = (Bench::new(), Rig::start(Setup::default()).await);
    for size in [0, 1, 5_000_001] {
        let (source, watch) = (bench.image(size), Watch::default());
        let sent = push(subject, &bench.policy, &to(&rig), &source, &watch)
            .await?
            .map_err(|e| e.to_string())?;
        ensure!(sent == size as u64, "{sent} of {size}");
        let moved = watch.moved.load(Ordering::Relaxed);
        ensure!(moved == size as u64, "told {moved} of {size}");
        let arrived = rig.log.files.lock().unwrap().remove("flash:image.bin");
        ensure!(
            arrived == Some(std::fs::read(&source).unwrap()),
            "{size}: other bytes"
        );
    }
    ensure!(rig.log.deserted_within(SOON).await, "a connection stayed");
    Ok(())
}

/// What the far end says against a file is kept and told apart.
pub async fn push_refused(subject: &Subject) -> Check {
    let cases = [
        (
            Sink::PlainText("Privilege denied.\r\n"),
            "refused: Privilege denied.",
        ),
        (
            Sink::Refuses("flash:x: Permission denied"),
            "refused: flash:x: Permission denied",
        ),
        (
            Sink::Refuses("No space left on device"),
            "full: No space left on device",
        ),
        (
            Sink::FullAfter(100_000),
            "full: flash:x: No space left on device",
        ),
    ];
    for (sink, expected) in cases {
        let setup = Setup {
            sink,
            ..Setup::default()
        };
        let (bench, rig) = (Bench::new(), Rig::start(setup).await);
        let source = bench.image(20_000_000);
        let error = push(
            subject,
            &bench.policy,
            &to(&rig),
            &source,
            &Watch::default(),
        )
        .await?
        .err()
        .ok_or_else(|| format!("{sink:?}: pushed"))?;
        let said = match &error {
            TransferError::Refused { answer } => format!("refused: {answer}"),
            TransferError::NoSpace { answer } => format!("full: {answer}"),
            other => other.to_string(),
        };
        ensure!(said == expected, "{sink:?}: {said}");
    }
    Ok(())
}

/// A transfer that stands still is given up; one that is only slow is not.
pub async fn push_stalls(subject: &Subject) -> Check {
    let setup = Setup {
        sink: Sink::StallsAfter(100_000),
        ..Setup::default()
    };
    let (bench, rig) = (Bench::new(), Rig::start(setup).await);
    let policy = SshPolicy {
        stall_timeout: Duration::from_secs(2),
        ..bench.policy.clone()
    };
    let source = bench.image(30_000_000);
    let error = push(subject, &policy, &to(&rig), &source, &Watch::default())
        .await?
        .err()
        .ok_or("pushed")?;
    ensure!(
        matches!(error, TransferError::Stalled { sent, total: 30_000_000, .. } if sent < 30_000_000),
        "{error}"
    );
    let setup = Setup {
        sink: Sink::Slow,
        ..Setup::default()
    };
    let rig = Rig::start(setup).await;
    let source = bench.image(8_000_000);
    let sent = push(subject, &policy, &to(&rig), &source, &Watch::default()).await?;
    ensure!(sent == Ok(8_000_000), "slow: {sent:?}");
    Ok(())
}

/// Whoever stops a transfer waits for seconds at most.
pub async fn push_stopped(subject: &Subject) -> Check {
    for sink in [Sink::Slow, Sink::StallsAfter(400_000)] {
        let setup = Setup {
            sink,
            ..Setup::default()
        };
        let (bench, rig) = (Bench::new(), Rig::start(setup).await);
        let policy = SshPolicy {
            stall_timeout: Duration::from_secs(30),
            ..bench.policy.clone()
        };
        let source = bench.image(12_000_000);
        let watch = Watch {
            stop_after: Some(300_000),
            ..Watch::default()
        };
        let begun = Instant::now();
        let error = push(subject, &policy, &to(&rig), &source, &watch)
            .await?
            .err()
            .ok_or("pushed")?;
        ensure!(
            matches!(error, TransferError::Cancelled { sent, .. } if sent >= 300_000),
            "{sink:?}: {error}"
        );
        ensure!(
            begun.elapsed() < SOON * 2,
            "{sink:?}: after {:?}",
            begun.elapsed()
        );
    }
    Ok(())
}

/// A transfer whose connection ends says how far it came.
pub async fn push_broken(subject: &Subject) -> Check {
    for sink in [Sink::CutAfter(200_000), Sink::Wordless] {
        let setup = Setup {
            sink,
            ..Setup::default()
        };
        let (bench, rig) = (Bench::new(), Rig::start(setup).await);
        let source = bench.image(9_000_000);
        let error = push(
            subject,
            &bench.policy,
            &to(&rig),
            &source,
            &Watch::default(),
        )
        .await?
        .err()
        .ok_or("pushed")?;
        ensure!(
            matches!(
                error,
                TransferError::Broken {
                    total: 9_000_000,
                    ..
                }
            ),
            "{sink:?}: {error}"
        );
    }
    Ok(())
}

/// A push that is dropped in the middle leaves nothing behind.
pub async fn push_dropped(subject: &Subject) -> Check {
    let setup = Setup {
        sink: Sink::Slow,
        ..Setup::default()
    };
    let (bench, rig) = (Bench::new(), Rig::start(setup).await);
    let source = bench.image(60_000_000);
    let mover = (subject.mover)(bench.policy.clone());
    let (endpoint, watch) = (to(&rig), Watch::default());
    let pushing = mover.push(&endpoint, &source, "flash:image.bin", &watch, Kept::new());
    let cut = timeout(Duration::from_millis(800), pushing).await;
    ensure!(
        cut.is_err(),
        "ended: {:?}",
        cut.map(|r| r.map_err(|e| e.to_string()))
    );
    ensure!(rig.log.deserted_within(SOON).await, "the connection stayed");
    Ok(())
}
