//! The way in: credentials, jump hosts, algorithms, and what is not there.

use super::*;

/// The password is given once, and a refusal is final.
pub async fn password(subject: &Subject) -> Check {
    let setup = Setup {
        methods: vec![MethodKind::Password, MethodKind::KeyboardInteractive],
        asks: 3,
        ..Setup::default()
    };
    let (bench, rig) = (Bench::new(), Rig::start(setup).await);
    session(subject, &bench.policy, &to(&rig), &Kept::new()).await?;
    ensure!(
        rig.log.submitted() == [rig::PASSWORD],
        "submitted {:?}",
        rig.log.submitted()
    );
    let wrong = Credential::password(rig::USER, Secret::new("wrong-one"));
    let error = refusal(
        subject,
        &bench.policy,
        &endpoint(rig.address.clone(), wrong),
    )
    .await?;
    ensure!(
        matches!(&error, ConnectError::CredentialRefused { username, .. } if username == rig::USER),
        "{error}"
    );
    ensure!(
        rig.log.submitted() == [rig::PASSWORD, "wrong-one"],
        "submitted {:?}",
        rig.log.submitted()
    );
    Ok(())
}

/// A server that only asks questions is answered, once.
pub async fn keyboard_interactive(subject: &Subject) -> Check {
    let setup = Setup {
        methods: vec![MethodKind::KeyboardInteractive],
        asks: 3,
        ..Setup::default()
    };
    let (bench, rig) = (Bench::new(), Rig::start(setup).await);
    let mut session = session(subject, &bench.policy, &to(&rig), &Kept::new()).await?;
    let script = talk(&mut *session, &[("sw1#", None)]).await?;
    ensure!(script.outcome == "done", "{}", script.outcome);
    let wrong = Credential::password(rig::USER, Secret::new("wrong-one"));
    let error = refusal(
        subject,
        &bench.policy,
        &endpoint(rig.address.clone(), wrong),
    )
    .await?;
    ensure!(
        matches!(&error, ConnectError::CredentialRefused { .. }),
        "{error}"
    );
    ensure!(
        rig.log.submitted() == [rig::PASSWORD, "wrong-one"],
        "submitted {:?}",
        rig.log.submitted()
    );
    Ok(())
}

/// A question for anything but the password is left open, and told.
pub async fn other_question(subject: &Subject) -> Check {
    let setup = Setup {
        methods: vec![MethodKind::KeyboardInteractive],
        question: "Enter new password: ",
        ..Setup::default()
    };
    let (bench, rig) = (Bench::new(), Rig::start(setup).await);
    let error = refusal(subject, &bench.policy, &to(&rig)).await?;
    ensure!(
        matches!(&error, ConnectError::CredentialRefused { methods, .. } if methods.contains("Enter new password:")),
        "{error}"
    );
    ensure!(
        rig.log.submitted().is_empty(),
        "submitted {:?}",
        rig.log.submitted()
    );
    Ok(())
}

/// A key file opens the door.
pub async fn public_key(subject: &Subject) -> Check {
    let bench = Bench::new();
    let key = rig::key();
    let path = bench.dir.path().join("id");
    std::fs::write(&path, key.to_openssh(LineEnding::LF).unwrap().as_bytes()).unwrap();
    let setup = Setup {
        methods: vec![MethodKind::PublicKey],
        authorized: Some(key.public_key().clone()),
        ..Setup::default()
    };
    let rig = Rig::start(setup).await;
    let credential = Credential {
        key_file: Some(path),
        password: None,
        ..rig::credential()
    };
    let to = endpoint(rig.address.clone(), credential);
    let mut session = session(subject, &bench.policy, &to, &Kept::new()).await?;
    let script = talk(&mut *session, &[("sw1#", None)]).await?;
    ensure!(script.outcome == "done", "{}", script.outcome);
    Ok(())
}

/// A device that only a jump host reaches is reached, and both host keys are checked.
pub async fn jump(subject: &Subject) -> Check {
    let (bench, inner) = (Bench::new(), Rig::start(Setup::default()).await);
    let setup = Setup {
        inner: Some(inner.address.clone()),
        ..Setup::default()
    };
    let near = Rig::start(setup).await;
    let hidden: Address = "inner.invalid:22".parse().unwrap();
    let to = over(
        endpoint(hidden, rig::credential()),
        near.address.clone(),
        rig::credential(),
    );
    let mut shell = session(subject, &bench.policy, &to, &Kept::new()).await?;
    let script = talk(
        &mut *shell,
        &[("sw1#", plain("echo far")), ("far\r\nsw1#", None)],
    )
    .await?;
    ensure!(script.outcome == "done", "{}", script.outcome);
    shell.close().await;
    drop(shell);
    ensure!(
        near.log.deserted_within(SOON).await,
        "the jump host's connection stayed"
    );
    ensure!(
        bench.known_hosts().lines().count() == 2,
        "known: {}",
        bench.known_hosts()
    );
    let wrong = Credential::password(rig::USER, Secret::new("wrong-one"));
    let to = over(to, "127.0.0.1:1".parse().unwrap(), wrong);
    let error = refusal(subject, &bench.policy, &to).await?;
    ensure!(matches!(&error, ConnectError::Jump { .. }), "{error}");
    Ok(())
}

/// A server that gives no shell is told apart from one that is not there.
pub async fn no_shell(subject: &Subject) -> Check {
    let setup = Setup {
        grants_shell: false,
        ..Setup::default()
    };
    let (bench, rig) = (Bench::new(), Rig::start(setup).await);
    let error = refusal(subject, &bench.policy, &to(&rig)).await?;
    ensure!(matches!(&error, ConnectError::NoChannel { .. }), "{error}");
    Ok(())
}

/// Nothing there, nothing that answers, nothing that speaks SSH: each in its words and in time.
pub async fn unreachable(subject: &Subject) -> Check {
    let bench = Bench::new();
    let policy = SshPolicy {
        login_timeout: Duration::from_secs(2),
        ..bench.policy.clone()
    };
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let at = |port: u16| {
        let address = format!("127.0.0.1:{port}").parse().unwrap();
        endpoint(address, rig::credential())
    };
    let mute = at(listener.local_addr().unwrap().port());
    let error = refusal(subject, &policy, &mute).await?;
    ensure!(
        matches!(&error, ConnectError::TimedOut { .. }),
        "mute: {error}"
    );
    drop(listener);
    let error = refusal(subject, &policy, &mute).await?;
    ensure!(
        matches!(&error, ConnectError::Unreachable { .. }),
        "closed: {error}"
    );

    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let web = at(listener.local_addr().unwrap().port());
    std::thread::spawn(move || {
        use std::io::Write;
        if let Ok((mut stream, _)) = listener.accept() {
            stream.write_all(b"HTTP/1.0 400 Bad Request\r\n\r\n").ok();
        }
    });
    let error = refusal(subject, &policy, &web).await?;
    ensure!(
        matches!(&error, ConnectError::Handshake { .. }),
        "web: {error}"
    );
    Ok(())
}

/// Old algorithms are spoken only where the endpoint allows them.
pub async fn legacy(subject: &Subject) -> Check {
    let setup = Setup {
        preferred: Preferred {
            kex: vec![russh::kex::DH_GEX_SHA1, russh::kex::DH_G14_SHA1].into(),
            mac: vec![russh::mac::HMAC_SHA1].into(),
            cipher: vec![russh::cipher::AES_128_CBC].into(),
            ..Preferred::DEFAULT
        },
        ..Setup::default()
    };
    let (bench, rig) = (Bench::new(), Rig::start(setup).await);
    let error = refusal(subject, &bench.policy, &to(&rig)).await?;
    ensure!(
        matches!(&error, ConnectError::NoCommonAlgorithm { .. }),
        "{error}"
    );
    let to = Endpoint {
        profile: AlgorithmProfile::Legacy,
        ..to(&rig)
    };
    let evidence = Kept::new();
    let session = session(subject, &bench.policy, &to, &evidence).await?;
    ensure!(
        session.algorithms().contains("sha1"),
        "{}",
        session.algorithms()
    );
    ensure!(evidence.text().contains("legacy"), "not in the evidence");
    Ok(())
}
