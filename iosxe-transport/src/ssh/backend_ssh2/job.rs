//! How does a session's thread get from a socket to an open channel?

use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Receiver;

use ::ssh2::{ErrorCode, KeyboardInteractivePrompt, Prompt, Session};
use iosxe_core::ports::{ConnectError, Endpoint};
use tokio::sync::oneshot;

use super::super::algorithms::Algorithms;
use super::super::auth::{AGENT_KEYS_MAX, Login, Method};
use super::super::dial::{ended_in_login, terminal};
use super::super::known_hosts::HostKey;
use super::error::{code, is_over, millis, number, timed_out};
use super::lists::{in_use, prefer};
use super::thread::Thread;
use super::{Command, Line, hang_up};
use crate::channel::{HostKeys, Limits, Request};

/// What the thread is given.
pub(super) struct Job {
    pub(super) to: Endpoint,
    pub(super) request: Request,
    pub(super) keys: Arc<dyn HostKeys>,
    pub(super) limits: Limits,
    pub(super) line: Arc<Line>,
}

impl Job {
    pub(super) fn run(
        self,
        inbox: &Receiver<Command>,
        opened: oneshot::Sender<Result<String, ConnectError>>,
    ) {
        match self.establish() {
            Err(error) => {
                hang_up(&self.line.socket);
                if opened.send(Err(error)).is_err() {
                    tracing::trace!("nobody waits for this connection any more");
                }
            }
            Ok(mut shell) => {
                if opened.send(Ok(in_use(&shell.session))).is_ok() {
                    shell.serve(inbox, self.limits.keepalive);
                }
                self.line.over.store(true, Ordering::Relaxed);
                hang_up(&self.line.socket);
            }
        }
    }

    fn establish(&self) -> Result<Thread, ConnectError> {
        let address = &self.to.address;
        let mut session = Session::new().map_err(|e| self.handshake_failed(&e))?;
        session.set_timeout(millis(self.limits.login));
        let known = self.keys.known_types(address)?;
        prefer(
            &session,
            &Algorithms::of(self.to.profile).asking_for(&known),
        )
        .map_err(|e| self.handshake_failed(&e))?;
        session.set_tcp_stream(Arc::clone(&self.line.socket));
        session.handshake().map_err(|e| self.handshake_failed(&e))?;
        let key = session
            .host_key()
            .and_then(|(blob, _)| HostKey::from_blob(blob))
            .ok_or_else(|| ConnectError::Handshake {
                address: address.to_string(),
                reason: "it shows no host key that can be read".to_owned(),
            })?;
        self.keys.check(address, &key)?;
        self.log_in(&session)?;
        let channel = self.channel(&session)?;
        Ok(Thread {
            session,
            channel,
            line: Arc::clone(&self.line),
            unanswered: 0,
        })
    }

    fn handshake_failed(&self, error: &::ssh2::Error) -> ConnectError {
        let address = self.to.address.to_string();
        match number(error) {
            code::KEX_FAILURE | code::METHOD_NOT_SUPPORTED => ConnectError::NoCommonAlgorithm {
                address,
                reason: "key exchange, host key, cipher or MAC, libssh2 does not say which"
                    .to_owned(),
            },
            code::TIMEOUT => timed_out(&self.to.address, self.limits.login),
            _ => ConnectError::Handshake {
                address,
                reason: error.message().to_owned(),
            },
        }
    }

    fn log_in(&self, session: &Session) -> Result<(), ConnectError> {
        let credential = &self.to.credential;
        let user = credential.username.as_str();
        let mut login = Login::new(credential);
        let offered: Vec<String> = match session.auth_methods(user) {
            Ok(methods) => methods.split(',').map(str::to_owned).collect(),
            // Nothing was asked for: we are in.
            Err(_) if session.authenticated() => return Ok(()),
            Err(e) => return Err(self.broken_in_login(&e)),
        };
        let names: Vec<&str> = offered.iter().map(String::as_str).collect();
        while let Some(method) = login.next(&names) {
            let tried = match method {
                Method::KeyFile => self.key_file(session),
                Method::Agent => self.agent(session, &mut login)?,
                Method::Password => match &credential.password {
                    Some(password) => session.userauth_password(user, password.expose()),
                    None => continue,
                },
                Method::KeyboardInteractive => {
                    let mut asked = Asked {
                        login: &mut login,
                        socket: &self.line.socket,
                        left_open: false,
                    };
                    let tried = session.userauth_keyboard_interactive(user, &mut asked);
                    if asked.left_open {
                        return Err(login.refused(&self.to.address, &names));
                    }
                    tried
                }
            };
            match tried {
                Ok(()) => return Ok(()),
                Err(e) => match number(&e) {
                    code::AUTHENTICATION_FAILED | code::PUBLICKEY_UNVERIFIED => {
                        login.failed(method);
                    }
                    code::FILE | code::KEYFILE_AUTH_FAILED if method == Method::KeyFile => {
                        return Err(self.key_file_unusable(e.message()));
                    }
                    _ => return Err(self.broken_in_login(&e)),
                },
            }
        }
        Err(login.refused(&self.to.address, &names))
    }

    fn key_file_unusable(&self, reason: &str) -> ConnectError {
        let path = self.to.credential.key_file.clone().unwrap_or_default();
        ConnectError::Local {
            what: format!("key file {}", path.display()),
            reason: reason.to_owned(),
        }
    }

    fn broken_in_login(&self, error: &::ssh2::Error) -> ConnectError {
        if number(error) == code::TIMEOUT {
            return timed_out(&self.to.address, self.limits.login);
        }
        ended_in_login(
            &self.to.address,
            &self.to.credential.username,
            error.message().to_owned(),
        )
    }

    fn key_file(&self, session: &Session) -> Result<(), ::ssh2::Error> {
        let credential = &self.to.credential;
        let path = credential.key_file.clone().unwrap_or_default();
        // The library takes a file that is not there for a refusal.
        std::fs::File::open(&path).map_err(|_| {
            ::ssh2::Error::new(ErrorCode::Session(code::FILE), "the file cannot be opened")
        })?;
        let passphrase = credential.key_passphrase.as_ref().map(|p| p.expose());
        session.userauth_pubkey_file(&credential.username, None, &path, passphrase)
    }

    fn agent(
        &self,
        session: &Session,
        login: &mut Login<'_>,
    ) -> Result<Result<(), ::ssh2::Error>, ConnectError> {
        let local = |e: ::ssh2::Error| ConnectError::Local {
            what: "SSH agent".to_owned(),
            reason: e.message().to_owned(),
        };
        let mut agent = session.agent().map_err(local)?;
        agent.connect().map_err(local)?;
        agent.list_identities().map_err(local)?;
        let keys = agent.identities().map_err(local)?;
        if keys.is_empty() {
            login.remark("holds no key");
        }
        for key in keys.iter().take(AGENT_KEYS_MAX) {
            match agent.userauth(&self.to.credential.username, key) {
                Ok(()) => return Ok(Ok(())),
                Err(e) if is_over(number(&e)) => return Ok(Err(e)),
                Err(e) => tracing::debug!(error = %e, "the agent's key was refused"),
            }
        }
        Ok(Err(::ssh2::Error::new(
            ErrorCode::Session(code::AUTHENTICATION_FAILED),
            "no key of the agent was accepted",
        )))
    }

    fn channel(&self, session: &Session) -> Result<::ssh2::Channel, ConnectError> {
        let opening = || {
            let mut channel = session.channel_session()?;
            match &self.request {
                Request::Shell => {
                    let size = (terminal::COLUMNS, terminal::ROWS, 0, 0);
                    channel.request_pty(terminal::KIND, None, Some(size))?;
                    channel.shell()?;
                }
                Request::Exec(command) => channel.exec(command)?,
            }
            Ok(channel)
        };
        opening().map_err(|e: ::ssh2::Error| match number(&e) {
            code::TIMEOUT => timed_out(&self.to.address, self.limits.login),
            _ => ConnectError::NoChannel {
                address: self.to.address.to_string(),
                reason: e.message().to_owned(),
            },
        })
    }
}

/// Answers the server's questions; hangs up rather than answer what must not be answered, for the
/// library knows no other way to leave a question open.
struct Asked<'a, 'c> {
    login: &'a mut Login<'c>,
    socket: &'a TcpStream,
    left_open: bool,
}

impl KeyboardInteractivePrompt for Asked<'_, '_> {
    fn prompt<'p>(
        &mut self,
        _username: &str,
        _instructions: &str,
        prompts: &[Prompt<'p>],
    ) -> Vec<String> {
        match self
            .login
            .answer(prompts.iter().map(|p| (&*p.text, p.echo)))
        {
            Some(answers) => answers,
            None => {
                self.left_open = true;
                hang_up(self.socket);
                Vec::new()
            }
        }
    }
}
