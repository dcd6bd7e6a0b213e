//! A session that is open: what is said, what is heard, how it ends.

use super::*;

/// A conversation goes to and fro, and all of it stands in the evidence.
pub async fn shell(subject: &Subject) -> Check {
    let (bench, rig) = (Bench::new(), Rig::start(Setup::default()).await);
    let evidence = Kept::new();
    let mut session = session(subject, &bench.policy, &to(&rig), &evidence).await?;
    ensure!(session.is_open(), "a new session is not open");
    ensure!(
        session.algorithms().contains("ssh-ed25519"),
        "algorithms: {}",
        session.algorithms()
    );
    for word in ["one", "two"] {
        let script = talk(
            &mut *session,
            &[
                ("", plain(&format!("echo {word}"))),
                (&format!("{word}\r\nsw1#"), None),
            ],
        )
        .await?;
        ensure!(
            script.outcome == "done",
            "{}: {}",
            script.outcome,
            script.heard
        );
    }
    let text = evidence.text();
    for part in ["> \"echo one\\n\"", "two\\r\\n", "connected to"] {
        ensure!(text.contains(part), "evidence without {part}: {text}");
    }
    Ok(())
}

/// A byte at a time, with characters cut in the middle, is the same text.
pub async fn pieces(subject: &Subject) -> Check {
    let (bench, rig) = (Bench::new(), Rig::start(Setup::default()).await);
    let mut session = session(subject, &bench.policy, &to(&rig), &Kept::new()).await?;
    let script = talk(
        &mut *session,
        &[
            ("sw1#", plain("pieces")),
            (&format!("{PIECES}\r\nsw1#"), None),
        ],
    )
    .await?;
    ensure!(
        script.outcome == "done",
        "{}: {:?}",
        script.outcome,
        script.heard
    );
    Ok(())
}

/// A long output arrives whole and in order.
pub async fn big_output(subject: &Subject) -> Check {
    let (bench, rig) = (Bench::new(), Rig::start(Setup::default()).await);
    let mut session = session(subject, &bench.policy, &to(&rig), &Kept::new()).await?;
    let all = rig::lines(3_000_000);
    let mut script = Collect::new("big 3000000", all.len() + 4);
    timeout(SOON * 2, session.talk(&mut script))
        .await
        .map_err(|_| "talking never ended".to_owned())?
        .map_err(|e| e.to_string())?;
    ensure!(
        script.heard == format!("sw1#{all}sw1#"),
        "{} bytes came",
        script.heard.len()
    );
    Ok(())
}

/// Types one line and listens until so many bytes came behind the first prompt, or silence.
struct Collect {
    line: Option<Line>,
    want: usize,
    heard: String,
}

impl Collect {
    fn new(line: &str, want: usize) -> Self {
        Self {
            line: Some(Line::plain(line)),
            want: want + 4,
            heard: String::new(),
        }
    }
}

impl iosxe_core::talk::Dialogue for Collect {
    fn next(
        &mut self,
        input: iosxe_core::talk::Input<'_>,
        now: iosxe_core::talk::Tick,
    ) -> iosxe_core::talk::Move {
        use iosxe_core::talk::{Input, Move};
        match input {
            Input::Opened => {}
            Input::Text(text) => self.heard.push_str(text),
            Input::Silence | Input::HungUp => return Move::Done,
        }
        if self.heard.len() >= self.want {
            return Move::Done;
        }
        match self.line.take() {
            Some(line) => Move::Send(line, now.plus(SOON)),
            None => Move::Wait(now.plus(SOON)),
        }
    }
}

/// What is typed as a secret reaches the device, and never the evidence.
pub async fn secret(subject: &Subject) -> Check {
    let (bench, rig) = (Bench::new(), Rig::start(Setup::default()).await);
    let evidence = Kept::new();
    let mut session = session(subject, &bench.policy, &to(&rig), &evidence).await?;
    let line = Some(Line::Secret(Secret::new("hush sesame-secret")));
    let mut script =
        Script::new(&[("sw1#", line), ("never said", None)]).within(Duration::from_millis(700));
    session.talk(&mut script).await.map_err(|e| e.to_string())?;
    let text = evidence.text();
    ensure!(text.contains("> \"***\\n\""), "no mask: {text}");
    ensure!(!text.contains("sesame"), "the secret is in the evidence");
    Ok(())
}

/// A silent session shows that it lives; a dead link becomes a hang-up.
pub async fn keepalive(subject: &Subject) -> Check {
    let (bench, rig) = (Bench::new(), Rig::start(Setup::default()).await);
    let mut session = session(subject, &bench.policy, &to(&rig), &Kept::new()).await?;
    talk(&mut *session, &[("sw1#", None)]).await?;
    let before = rig.log.heard.load(Ordering::SeqCst);
    let heard = |l: &rig::Log| l.heard.load(Ordering::SeqCst) > before + 100;
    ensure!(
        rig.log.becomes(SOON * 2, heard).await,
        "nothing was heard of a silent session"
    );
    ensure!(session.is_open(), "a silent session was closed");
    rig.log.frozen.store(true, Ordering::SeqCst);
    let mut script = Script::new(&[("never said", None)]).within(Duration::from_secs(25));
    timeout(Duration::from_secs(30), session.talk(&mut script))
        .await
        .map_err(|_| "talking never ended".to_owned())?
        .map_err(|e| e.to_string())?;
    ensure!(script.outcome == "hung up", "{}", script.outcome);
    Ok(())
}

/// The end of the connection is told to the conversation, after the last words.
pub async fn hang_up(subject: &Subject) -> Check {
    for command in ["leave", "cut"] {
        let (bench, rig) = (Bench::new(), Rig::start(Setup::default()).await);
        let mut session = session(subject, &bench.policy, &to(&rig), &Kept::new()).await?;
        let script = talk(
            &mut *session,
            &[("sw1#", plain(command)), ("never said", None)],
        )
        .await?;
        ensure!(script.outcome == "hung up", "{command}: {}", script.outcome);
        ensure!(
            command == "cut" || script.heard == "good bye\r\n",
            "{:?}",
            script.heard
        );
        ensure!(!session.is_open(), "{command}: still open");
        let script = talk(&mut *session, &[("sw1#", None)]).await?;
        ensure!(script.outcome == "hung up", "again: {}", script.outcome);
    }
    Ok(())
}

/// Silence is told when it is due.
pub async fn silence(subject: &Subject) -> Check {
    let (bench, rig) = (Bench::new(), Rig::start(Setup::default()).await);
    let mut session = session(subject, &bench.policy, &to(&rig), &Kept::new()).await?;
    talk(&mut *session, &[("sw1#", None)]).await?;
    let begun = Instant::now();
    let mut script = Script::new(&[("never said", None)]).within(Duration::from_millis(400));
    timeout(SOON, session.talk(&mut script))
        .await
        .map_err(|_| "silence was never told".to_owned())?
        .map_err(|e| e.to_string())?;
    let took = begun.elapsed();
    ensure!(script.outcome == "silence", "{}", script.outcome);
    ensure!(
        took >= Duration::from_millis(400) && took < SOON / 2,
        "after {took:?}"
    );
    Ok(())
}

/// A conversation that is dropped in the middle leaves nothing behind.
pub async fn cancel(subject: &Subject) -> Check {
    let (bench, rig) = (Bench::new(), Rig::start(Setup::default()).await);
    let mut session = session(subject, &bench.policy, &to(&rig), &Kept::new()).await?;
    let mut script = Script::new(&[("sw1#", plain("hush")), ("never said", None)]);
    let cut = timeout(Duration::from_millis(500), session.talk(&mut script)).await;
    ensure!(cut.is_err(), "talked to the end");
    ensure!(
        !session.is_open(),
        "an interrupted session says that it is open"
    );
    ensure!(
        session.talk(&mut script).await.is_err(),
        "it can be talked on"
    );
    drop(session);
    ensure!(rig.log.deserted_within(SOON).await, "the connection stayed");

    // In the middle of connecting.
    rig.log.frozen.store(true, Ordering::SeqCst);
    let connector = (subject.connector)(bench.policy.clone());
    let endpoint = to(&rig);
    let connecting = connector.connect(&endpoint, Kept::new());
    let cut = timeout(Duration::from_millis(500), connecting).await;
    ensure!(cut.is_err(), "connected over a dead link");
    rig.log.frozen.store(false, Ordering::SeqCst);
    ensure!(
        rig.log.deserted_within(SOON).await,
        "a connection in the making stayed"
    );
    Ok(())
}

/// Leaving is said, not just done.
pub async fn close(subject: &Subject) -> Check {
    let (bench, rig) = (Bench::new(), Rig::start(Setup::default()).await);
    let mut session = session(subject, &bench.policy, &to(&rig), &Kept::new()).await?;
    talk(&mut *session, &[("sw1#", None)]).await?;
    timeout(SOON, session.close())
        .await
        .map_err(|_| "closing never ended".to_owned())?;
    ensure!(!session.is_open(), "still open");
    ensure!(rig.log.deserted_within(SOON).await, "the connection stayed");
    let closed = |l: &rig::Log| l.closed.load(Ordering::SeqCst) == 1;
    ensure!(
        rig.log.becomes(SOON, closed).await,
        "the channel was not closed"
    );
    Ok(())
}
