//! In which order is a credential tried, and when is it refused? Shared by both backends, no I/O.
//!
//! Key file, agent, password. The password goes over the wire once, as `password` where the server
//! offers that and as the answer to `keyboard-interactive` otherwise: behind a device stands an AAA
//! server that counts wrong tries and locks accounts, and it would count the same wrong password
//! twice. A server that asks for the password again has refused it.

use iosxe_core::device::Address;
use iosxe_core::ports::{ConnectError, Credential};

/// So many keys of an agent are tried. IOS-XE hangs up after its `ip ssh authentication-retries`,
/// 3 by default.
pub(crate) const AGENT_KEYS_MAX: usize = 3;

/// A way to prove who we are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    /// The private key file of the credential.
    KeyFile,
    /// The keys of the agent.
    Agent,
    /// The password, in the clear inside the encrypted connection.
    Password,
    /// The password, as the answer to the server's question.
    KeyboardInteractive,
}

/// One login.
#[derive(Debug)]
pub(crate) struct Login<'a> {
    credential: &'a Credential,
    key_file: bool,
    agent: bool,
    password: bool,
    tried: Vec<String>,
}

impl<'a> Login<'a> {
    pub(crate) fn new(credential: &'a Credential) -> Self {
        Self {
            credential,
            key_file: credential.key_file.is_some(),
            agent: credential.agent,
            password: credential.password.is_some(),
            tried: Vec::new(),
        }
    }

    /// What to try next, given what the server offers.
    pub(crate) fn next(&mut self, offered: &[&str]) -> Option<Method> {
        let offers = |name: &str| offered.contains(&name);
        if offers("publickey") {
            if std::mem::take(&mut self.key_file) {
                return self.trying("publickey (key file)", Method::KeyFile);
            }
            if std::mem::take(&mut self.agent) {
                return self.trying("publickey (agent)", Method::Agent);
            }
        }
        if self.password && offers("password") {
            self.password = false;
            return self.trying("password", Method::Password);
        }
        if self.password && offers("keyboard-interactive") {
            // Spent when the server asks for it: see `answer`.
            return self.trying("keyboard-interactive", Method::KeyboardInteractive);
        }
        None
    }

    fn trying(&mut self, name: &str, method: Method) -> Option<Method> {
        self.tried.push(name.to_owned());
        Some(method)
    }

    /// The server refused the last method for good.
    pub(crate) fn failed(&mut self, method: Method) {
        if method == Method::KeyboardInteractive {
            self.password = false;
        }
    }

    /// Adds to what an error says about the last method.
    pub(crate) fn remark(&mut self, text: &str) {
        if let Some(last) = self.tried.last_mut() {
            last.push_str(": ");
            last.push_str(text);
        }
    }

    /// The answers to the questions of keyboard-interactive, or `None` when they must not be
    /// answered: not all of them ask for the password, or the password was given before.
    pub(crate) fn answer<'t>(
        &mut self,
        prompts: impl IntoIterator<Item = (&'t str, bool)>,
    ) -> Option<Vec<String>> {
        let mut answers = Vec::new();
        for (text, echo) in prompts {
            if !asks_for_password(text, echo) {
                let question: String = text.trim().chars().take(60).collect();
                self.remark(&format!("asks `{question}`"));
                return None;
            }
            if !std::mem::take(&mut self.password) {
                self.remark("asks again");
                return None;
            }
            answers.push(self.credential.password.as_ref()?.expose().to_owned());
        }
        Some(answers)
    }

    /// The error when nothing is left to try.
    pub(crate) fn refused(&self, address: &Address, offered: &[&str]) -> ConnectError {
        let methods = if self.tried.is_empty() {
            format!(
                "nothing tried: the server takes {}",
                if offered.is_empty() {
                    "nothing".to_owned()
                } else {
                    offered.join(", ")
                }
            )
        } else {
            self.tried.join(", ")
        };
        ConnectError::CredentialRefused {
            address: address.to_string(),
            username: self.credential.username.clone(),
            methods,
        }
    }
}

/// Whether a question wants the password that we have: not a new one, not a code, nothing that is
/// shown while typed.
fn asks_for_password(text: &str, echo: bool) -> bool {
    let text = text.to_ascii_lowercase();
    let other = [
        "new", "old", "again", "retype", "re-enter", "confirm", "change", "one-time",
    ];
    !echo && text.contains("password") && !other.iter().any(|w| text.contains(w))
}

#[cfg(test)]
mod tests {
    use super::*;
    use iosxe_core::secret::Secret;

    const ALL: [&str; 3] = ["publickey", "keyboard-interactive", "password"];

    fn credential() -> Credential {
        Credential::password("netops", Secret::new("hunter22"))
    }

    #[test]
    fn keys_come_first_and_the_password_goes_over_once() {
        let full = Credential {
            key_file: Some("id".into()),
            agent: true,
            ..credential()
        };
        let mut login = Login::new(&full);
        assert_eq!(login.next(&ALL), Some(Method::KeyFile));
        assert_eq!(login.next(&ALL), Some(Method::Agent));
        assert_eq!(login.next(&ALL), Some(Method::Password));
        assert_eq!(login.next(&ALL), None);
        let error = login.refused(&"sw1".parse().unwrap(), &ALL);
        assert_eq!(
            error.to_string(),
            "sw1:22 refuses the credential of netops (publickey (key file), publickey (agent), password)"
        );
    }

    #[test]
    fn keyboard_interactive_serves_where_password_is_not_offered() {
        let credential = credential();
        let mut login = Login::new(&credential);
        let offered = ["publickey", "keyboard-interactive"];
        assert_eq!(login.next(&offered), Some(Method::KeyboardInteractive));
        assert_eq!(login.answer([]), Some(vec![]));
        assert_eq!(
            login.answer([("Password: ", false)]),
            Some(vec!["hunter22".to_owned()])
        );
        assert_eq!(login.answer([("Password: ", false)]), None);
        login.failed(Method::KeyboardInteractive);
        assert_eq!(login.next(&offered), None);
        let error = login.refused(&"sw1".parse().unwrap(), &offered);
        assert!(
            error
                .to_string()
                .contains("keyboard-interactive: asks again")
        );
    }

    #[test]
    fn other_questions_are_not_answered() {
        for (question, echo) in [
            ("Passcode: ", false),
            ("Enter new password: ", false),
            ("Password: ", true),
            ("Username: ", true),
        ] {
            let credential = credential();
            let mut login = Login::new(&credential);
            login.next(&["keyboard-interactive"]);
            assert_eq!(login.answer([(question, echo)]), None, "{question}");
        }
    }

    #[test]
    fn a_credential_that_fits_nothing_says_what_the_server_takes() {
        let credential = credential();
        let mut login = Login::new(&credential);
        assert_eq!(login.next(&["publickey"]), None);
        let error = login.refused(&"sw1".parse().unwrap(), &["publickey"]);
        assert!(error.to_string().contains("the server takes publickey"));
    }
}
