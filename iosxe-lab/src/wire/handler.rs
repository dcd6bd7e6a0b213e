//! Authentication and channels of one SSH connection.

use std::borrow::Cow;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use russh::keys::PublicKey;
use russh::server::{Auth, ChannelOpenHandle, Handler, Msg, Response, Session, VerifiedPublicKey};
use russh::{Channel, ChannelId, ChannelMsg, ChannelOpenFailure, Pty};
use serde_json::json;
use tokio::sync::{Notify, mpsc};

use super::scp;
use crate::cli::shell::Shell;
use crate::cli::terminal::{Input, Terminal};
use crate::model::device::{Device, Power, SessionInfo, User};
use crate::timeline::EventKind;

/// One SSH connection.
pub(super) struct Connection {
    device: Arc<Device>,
    from: SocketAddr,
    session: u64,
    user: Option<User>,
    waiting: HashMap<ChannelId, Waiting>,
    cut: Arc<Notify>,
}

/// A channel that has not been told yet what it is for.
struct Waiting {
    channel: Channel<Msg>,
    rows: Option<usize>,
}

impl Connection {
    pub(super) fn new(device: Arc<Device>, from: SocketAddr, cut: Arc<Notify>) -> Self {
        let session = {
            let mut state = device.state();
            state.next_session += 1;
            state.next_session
        };
        Connection {
            device,
            from,
            session,
            user: None,
            waiting: HashMap::new(),
            cut,
        }
    }

    /// Number of this connection on its device.
    pub(super) fn session(&self) -> u64 {
        self.session
    }

    fn check(&mut self, name: &str, password: &str) -> Auth {
        let known = self.device.world.users.iter().find(|u| u.name == name);
        let right = known.is_some_and(|u| u.password == password);
        let refused = {
            let mut state = self.device.state();
            let refused = state.refuse_logins > 0;
            state.refuse_logins = state.refuse_logins.saturating_sub(1);
            refused
        };
        if !right || refused || self.device.strikes("wrong_password", "login") {
            return Auth::reject();
        }
        self.user = known.cloned();
        Auth::Accept
    }

    fn let_in(&mut self) {
        let Some(user) = self.user.clone() else {
            return;
        };
        let info = {
            let mut state = self.device.state();
            let free = (0..=255u8).find(|l| state.sessions.iter().all(|s| s.line != *l));
            let info = SessionInfo {
                id: self.session,
                user: user.name.clone(),
                from: self.from.ip().to_string(),
                line: free.unwrap_or(0),
                since_s: self.device.now(),
                in_config: false,
            };
            state.sessions.push(info.clone());
            info
        };
        self.device.record(
            EventKind::Login,
            [
                ("user", json!(user.name)),
                ("from", json!(info.from)),
                ("session", json!(self.session)),
            ],
        );
    }

    fn shell(&mut self, waiting: Waiting) -> Option<(Shell, Pump)> {
        let user = self.user.clone()?;
        let (input, typed) = mpsc::unbounded_channel();
        let (out, printed) = mpsc::channel(32);
        let mut term = Terminal::new(typed, out);
        if let Some(rows) = waiting.rows.filter(|r| *r > 1) {
            term.length = rows;
        }
        let shell = Shell::new(
            Arc::clone(&self.device),
            term,
            user,
            self.session,
            Arc::clone(&self.cut),
        );
        Some((
            shell,
            Pump {
                channel: waiting.channel,
                input,
                printed,
            },
        ))
    }
}

/// Carries bytes between a channel and a shell.
struct Pump {
    channel: Channel<Msg>,
    input: mpsc::UnboundedSender<Input>,
    printed: mpsc::Receiver<Vec<u8>>,
}

impl Pump {
    async fn run(self) {
        let (mut read, write) = self.channel.split();
        let input = self.input;
        let reader = tokio::spawn(async move {
            while let Some(message) = read.wait().await {
                let passed = match message {
                    ChannelMsg::Data { data } => input.send(Input::Bytes(data.to_vec())),
                    ChannelMsg::WindowChange { row_height, .. } => {
                        input.send(Input::Rows(row_height as usize))
                    }
                    ChannelMsg::Eof | ChannelMsg::Close => break,
                    _ => Ok(()),
                };
                if passed.is_err() {
                    break;
                }
            }
        });
        let mut printed = self.printed;
        while let Some(bytes) = printed.recv().await {
            if write.data_bytes(bytes).await.is_err() {
                break;
            }
        }
        drop(printed);
        for end in [
            write.exit_status(0).await,
            write.eof().await,
            write.close().await,
        ] {
            if let Err(error) = end {
                tracing::trace!(%error, "channel was closed already");
            }
        }
        reader.abort();
    }
}

impl Handler for Connection {
    type Error = russh::Error;

    async fn auth_password(&mut self, user: &str, password: &str) -> Result<Auth, Self::Error> {
        if !self.device.spec.password_auth {
            return Ok(Auth::reject());
        }
        Ok(self.check(user, password))
    }

    async fn auth_keyboard_interactive<'a>(
        &'a mut self,
        user: &str,
        _submethods: &str,
        response: Option<Response<'a>>,
    ) -> Result<Auth, Self::Error> {
        let Some(mut response) = response else {
            return Ok(Auth::Partial {
                name: Cow::Borrowed(""),
                instructions: Cow::Borrowed(""),
                prompts: Cow::Owned(vec![(Cow::Borrowed("Password: "), false)]),
            });
        };
        let typed = response
            .next()
            .map(|b| String::from_utf8_lossy(&b).into_owned());
        Ok(self.check(user, &typed.unwrap_or_default()))
    }

    async fn auth_publickey(
        &mut self,
        user: &str,
        key: VerifiedPublicKey<'_>,
    ) -> Result<Auth, Self::Error> {
        let offered = key.public_key.key_data();
        let known =
            self.device.spec.authorized_keys.iter().any(|line| {
                PublicKey::from_openssh(line).is_ok_and(|ours| ours.key_data() == offered)
            });
        let found = self.device.world.users.iter().find(|u| u.name == user);
        match found.filter(|_| known) {
            Some(user) => {
                self.user = Some(user.clone());
                Ok(Auth::Accept)
            }
            None => Ok(Auth::reject()),
        }
    }

    async fn auth_succeeded(&mut self, _session: &mut Session) -> Result<(), Self::Error> {
        self.let_in();
        Ok(())
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), Self::Error> {
        self.waiting.insert(
            channel.id(),
            Waiting {
                channel,
                rows: None,
            },
        );
        reply.accept().await;
        Ok(())
    }

    async fn channel_open_direct_tcpip(
        &mut self,
        channel: Channel<Msg>,
        host: &str,
        port: u32,
        _from: &str,
        _from_port: u32,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), Self::Error> {
        if !self.device.spec.jump {
            reply
                .reject(ChannelOpenFailure::AdministrativelyProhibited)
                .await;
            return Ok(());
        }
        let devices = self.device.world.devices.get().into_iter().flatten();
        let target = devices.filter_map(std::sync::Weak::upgrade).find(|d| {
            let address = d.address;
            let named = d.name == host || address.ip().to_string() == host;
            let mine = d
                .spec
                .behind
                .as_deref()
                .is_none_or(|b| b == self.device.name);
            named && mine && u32::from(address.port()) == port
        });
        let boot = target.as_ref().map(|d| *d.power.borrow());
        match (target, boot) {
            (Some(target), Some(Power::Up(boot))) => {
                reply.accept().await;
                let stream = channel.into_stream();
                let device = Arc::clone(&target);
                target.spawn(super::serve(device, stream, self.device.address, boot));
            }
            _ => reply.reject(ChannelOpenFailure::ConnectFailed).await,
        }
        Ok(())
    }

    async fn pty_request(
        &mut self,
        channel: ChannelId,
        _term: &str,
        _columns: u32,
        rows: u32,
        _pix_width: u32,
        _pix_height: u32,
        _modes: &[(Pty, u32)],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        if let Some(waiting) = self.waiting.get_mut(&channel) {
            waiting.rows = Some(rows as usize);
        }
        session.channel_success(channel)
    }

    async fn shell_request(
        &mut self,
        channel: ChannelId,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        let started = self.waiting.remove(&channel).and_then(|w| self.shell(w));
        let Some((shell, pump)) = started else {
            return session.channel_failure(channel);
        };
        session.channel_success(channel)?;
        self.device.spawn(pump.run());
        self.device.spawn(shell.interactive());
        Ok(())
    }

    async fn exec_request(
        &mut self,
        channel: ChannelId,
        data: &[u8],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        let Some(waiting) = self.waiting.remove(&channel) else {
            return session.channel_failure(channel);
        };
        let command = String::from_utf8_lossy(data).trim().to_owned();
        if let Some(request) = scp::Request::parse(&command) {
            let Some(user) = self.user.clone() else {
                return session.channel_failure(channel);
            };
            session.channel_success(channel)?;
            self.device.record(
                EventKind::Command,
                [
                    ("line", json!(command)),
                    ("user", json!(user.name)),
                    ("session", json!(self.session)),
                ],
            );
            let copy = scp::Copy::new(Arc::clone(&self.device), user, Arc::clone(&self.cut));
            self.device.spawn(copy.run(waiting.channel, request));
            return Ok(());
        }
        let Some((mut shell, pump)) = self.shell(waiting) else {
            return session.channel_failure(channel);
        };
        session.channel_success(channel)?;
        shell.term.length = 0;
        shell.term.width = 0;
        self.device.spawn(pump.run());
        self.device.spawn(async move {
            if shell.run_line(&command).await.is_err() {
                tracing::trace!("exec channel lost");
            }
        });
        Ok(())
    }

    async fn subsystem_request(
        &mut self,
        channel: ChannelId,
        _name: &str,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        // There is no SFTP server on these devices: the session is just closed.
        self.waiting.remove(&channel);
        session.channel_failure(channel)?;
        session.close(channel)
    }
}
