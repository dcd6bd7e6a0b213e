//! Whom a client may believe to be the device.

use super::*;

/// An unknown key gets no credential; with leave it is learnt, once.
pub async fn unknown_key(subject: &Subject) -> Check {
    let (bench, rig) = (Bench::new(), Rig::start(Setup::default()).await);
    let error = refusal(subject, &bench.strict(), &to(&rig)).await?;
    let shown = rig.keys[0]
        .public_key()
        .fingerprint(russh::keys::HashAlg::Sha256);
    ensure!(
        matches!(&error, ConnectError::HostKeyUnknown { fingerprint, .. } if fingerprint.ends_with(&shown.to_string())),
        "{error} instead of {shown}"
    );
    ensure!(rig.log.submitted().is_empty(), "a credential was sent");
    session(subject, &bench.policy, &to(&rig), &Kept::new()).await?;
    session(subject, &bench.strict(), &to(&rig), &Kept::new()).await?;
    ensure!(
        bench.known_hosts().lines().count() == 1,
        "known: {}",
        bench.known_hosts()
    );
    Ok(())
}

/// A changed key gets no credential, with leave or without.
pub async fn changed_key(subject: &Subject) -> Check {
    let (bench, rig) = (Bench::new(), Rig::start(Setup::default()).await);
    bench.pin(&rig.address, &rig::key());
    let before = bench.known_hosts();
    for policy in [bench.policy.clone(), bench.strict()] {
        let error = refusal(subject, &policy, &to(&rig)).await?;
        ensure!(
            matches!(&error, ConnectError::HostKeyChanged { .. }),
            "{error}"
        );
    }
    ensure!(rig.log.submitted().is_empty(), "a credential was sent");
    ensure!(bench.known_hosts() == before, "the pin was changed");
    Ok(())
}

/// Of a host with two keys, the pinned one is asked for.
pub async fn pinned_type(subject: &Subject) -> Check {
    let bench = Bench::new();
    let (ed, ec) = (rig::key(), rig::ecdsa_key());
    let setup = Setup {
        keys: vec![ed.clone(), ec.clone()],
        ..Setup::default()
    };
    let rig = Rig::start(setup).await;
    for (key, kind) in [(ec, "ecdsa-sha2-nistp256"), (ed, "ssh-ed25519")] {
        bench.pin(&rig.address, &key);
        let session = session(subject, &bench.strict(), &to(&rig), &Kept::new()).await?;
        ensure!(
            session.algorithms().contains(kind),
            "{}",
            session.algorithms()
        );
    }
    Ok(())
}

/// `trust` pins what is shown in place of what was known, and sends no credential.
pub async fn trust(subject: &Subject) -> Check {
    let (bench, rig) = (Bench::new(), Rig::start(Setup::default()).await);
    bench.pin(&rig.address, &rig::key());
    let connector = (subject.connector)(bench.strict());
    let shown = timeout(SOON * 2, connector.trust(&to(&rig)))
        .await
        .map_err(|_| "trusting never ended".to_owned())?
        .map_err(|e| e.to_string())?;
    ensure!(shown.starts_with("ssh-ed25519 SHA256:"), "{shown}");
    ensure!(rig.log.submitted().is_empty(), "a credential was sent");
    session(subject, &bench.strict(), &to(&rig), &Kept::new()).await?;
    ensure!(
        bench.known_hosts().lines().count() == 1,
        "known: {}",
        bench.known_hosts()
    );
    Ok(())
}
