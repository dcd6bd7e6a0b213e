//! How does a hop let us in?

use std::sync::Arc;

use ::russh::MethodSet;
use ::russh::client::{AuthResult, KeyboardInteractiveAuthResponse};
use ::russh::keys::agent::AgentIdentity;
use ::russh::keys::agent::client::AgentClient;
use ::russh::keys::{HashAlg, PrivateKeyWithHashAlg};
use iosxe_core::ports::{AlgorithmProfile, ConnectError, Credential};
use tokio::time::timeout;

use super::super::auth::{AGENT_KEYS_MAX, Login, Method};
use super::super::dial::ended_in_login;
use super::link::{Farewell, Link, timed_out, with};
use crate::channel::Limits;

impl Link {
    pub(super) async fn log_in(
        &mut self,
        credential: &Credential,
        limits: Limits,
    ) -> Result<(), ConnectError> {
        let address = self.address.clone();
        self.user.clone_from(&credential.username);
        timeout(limits.login, self.try_methods(credential))
            .await
            .map_err(|_| timed_out(&address, limits.login))?
    }

    async fn try_methods(&mut self, credential: &Credential) -> Result<(), ConnectError> {
        let mut login = Login::new(credential);
        let user = credential.username.as_str();
        let answer = self.handle.authenticate_none(user).await;
        let Some(mut offered) = self.outcome(answer)? else {
            return Ok(());
        };
        loop {
            let names: Vec<&str> = offered.iter().map(Into::into).collect();
            let Some(method) = login.next(&names) else {
                return Err(login.refused(&self.address, &names));
            };
            let answer = match method {
                Method::KeyFile => self.key_file(credential).await?,
                Method::Agent => self.agent(user, &mut login).await?,
                Method::Password => {
                    let Some(password) = &credential.password else {
                        continue;
                    };
                    let answer = self
                        .handle
                        .authenticate_password(user, password.expose())
                        .await;
                    self.outcome(answer)?
                }
                Method::KeyboardInteractive => match self.questions(user, &mut login).await? {
                    Asked::Answered(answer) => answer,
                    // To leave a question open is to leave.
                    Asked::Unanswered => return Err(login.refused(&self.address, &names)),
                },
            };
            match answer {
                None => return Ok(()),
                Some(still_offered) => {
                    login.failed(method);
                    offered = still_offered;
                }
            }
        }
    }

    /// `None` when we are in, else what the server still takes.
    fn outcome(
        &self,
        answer: Result<AuthResult, ::russh::Error>,
    ) -> Result<Option<MethodSet>, ConnectError> {
        match answer {
            Ok(AuthResult::Success) => Ok(None),
            Ok(AuthResult::Failure {
                remaining_methods, ..
            }) if !self.handle.is_closed() || !remaining_methods.is_empty() => {
                Ok(Some(remaining_methods))
            }
            // The library reports a connection that ended in the login as a plain failure.
            Ok(AuthResult::Failure { .. }) => Err(self.ended_in_login("the connection ended")),
            Err(e) => Err(self.ended_in_login(&e.to_string())),
        }
    }

    fn ended_in_login(&self, reason: &str) -> ConnectError {
        let reason = with(&self.state, |s| match &s.farewell {
            Some(Farewell::Said(text)) if !text.is_empty() => text.clone(),
            Some(Farewell::Broke(text)) => text.clone(),
            _ => reason.to_owned(),
        });
        ended_in_login(&self.address, &self.user, reason)
    }

    async fn key_file(
        &mut self,
        credential: &Credential,
    ) -> Result<Option<MethodSet>, ConnectError> {
        let Some(path) = credential.key_file.clone() else {
            return Ok(Some(MethodSet::empty()));
        };
        let what = format!("key file {}", path.display());
        let local = |reason: String| ConnectError::Local {
            what: what.clone(),
            reason,
        };
        let passphrase = credential.key_passphrase.clone();
        // A key with a passphrase takes tens of rounds of bcrypt: not on the runtime's threads.
        let key = tokio::task::spawn_blocking(move || {
            ::russh::keys::load_secret_key(path, passphrase.as_ref().map(|p| p.expose()))
        })
        .await
        .map_err(|e| local(e.to_string()))?
        .map_err(|e| local(e.to_string()))?;
        let hash = if key.algorithm().is_rsa() {
            self.rsa_hash().await
        } else {
            None
        };
        let key = PrivateKeyWithHashAlg::new(Arc::new(key), hash);
        let answer = self
            .handle
            .authenticate_publickey(credential.username.as_str(), key)
            .await;
        self.outcome(answer)
    }

    /// How to sign with an RSA key: what the server says it takes, else SHA-512, or SHA-1 for the
    /// old devices that say nothing because they know nothing else.
    async fn rsa_hash(&self) -> Option<HashAlg> {
        match self.handle.best_supported_rsa_hash().await {
            Ok(Some(hash)) if hash.is_some() || self.profile == AlgorithmProfile::Legacy => hash,
            _ if self.profile == AlgorithmProfile::Legacy => None,
            _ => Some(HashAlg::Sha512),
        }
    }

    #[cfg(unix)]
    async fn agent(
        &mut self,
        user: &str,
        login: &mut Login<'_>,
    ) -> Result<Option<MethodSet>, ConnectError> {
        let local = |e: ::russh::keys::Error| ConnectError::Local {
            what: "SSH agent".to_owned(),
            reason: e.to_string(),
        };
        let mut agent = AgentClient::connect_env().await.map_err(local)?;
        let mut offered = MethodSet::from([::russh::MethodKind::PublicKey].as_slice());
        let mut keys = Vec::new();
        for identity in agent.request_identities().await.map_err(local)? {
            if let AgentIdentity::PublicKey { key, .. } = identity {
                keys.push(key);
            }
        }
        if keys.is_empty() {
            login.remark("holds no key");
        }
        for key in keys.into_iter().take(AGENT_KEYS_MAX) {
            let hash = if key.algorithm().is_rsa() {
                self.rsa_hash().await
            } else {
                None
            };
            let answer = self
                .handle
                .authenticate_publickey_with(user, key, hash, &mut agent)
                .await;
            match answer {
                Ok(answer) => match self.outcome(Ok(answer))? {
                    None => return Ok(None),
                    Some(still_offered) => offered = still_offered,
                },
                // The agent does not sign with this one: locked, or a question was declined.
                Err(e) => login.remark(&e.to_string()),
            }
        }
        Ok(Some(offered))
    }

    #[cfg(not(unix))]
    async fn agent(
        &mut self,
        _user: &str,
        _login: &mut Login<'_>,
    ) -> Result<Option<MethodSet>, ConnectError> {
        Err(ConnectError::Local {
            what: "SSH agent".to_owned(),
            reason: "this backend reaches an agent on Unix only".to_owned(),
        })
    }

    async fn questions(
        &mut self,
        user: &str,
        login: &mut Login<'_>,
    ) -> Result<Asked, ConnectError> {
        let mut answer = self
            .handle
            .authenticate_keyboard_interactive_start(user, None)
            .await;
        loop {
            match answer {
                Ok(KeyboardInteractiveAuthResponse::Success) => return Ok(Asked::Answered(None)),
                Ok(KeyboardInteractiveAuthResponse::Failure {
                    remaining_methods, ..
                }) => return Ok(Asked::Answered(Some(remaining_methods))),
                Ok(KeyboardInteractiveAuthResponse::InfoRequest { prompts, .. }) => {
                    let questions = prompts.iter().map(|p| (p.prompt.as_str(), p.echo));
                    let Some(answers) = login.answer(questions) else {
                        return Ok(Asked::Unanswered);
                    };
                    answer = self
                        .handle
                        .authenticate_keyboard_interactive_respond(answers)
                        .await;
                }
                Err(e) => return Err(self.ended_in_login(&e.to_string())),
            }
        }
    }
}

/// What came of the server's questions.
enum Asked {
    /// `None` when we are in, else what the server still takes.
    Answered(Option<MethodSet>),
    /// They must not be answered.
    Unanswered,
}
