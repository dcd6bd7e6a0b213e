//! Credentials from environment variables.
//!
//! `IOSXE_USERNAME`, `IOSXE_PASSWORD` and `IOSXE_ENABLE` make the credential named `default`, unless
//! a definition takes that name. Every other credential is defined by name, and its definition says
//! which variables hold its secrets:
//!
//! ```toml
//! [[credential]]
//! name = "branch"
//! username = "netops"
//! password_env = "BRANCH_PASSWORD"
//! enable_env = "BRANCH_ENABLE"
//!
//! [[credential]]
//! name = "core"
//! username = "netops"
//! key_file = "/home/netops/.ssh/id_ed25519"
//! key_passphrase_env = "CORE_PASSPHRASE"
//! ```
//!
//! What a credential holds for SNMP is told in [`snmp`].

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use iosxe_core::fault::{Class, Fault, Remedy};
use iosxe_core::ids::CredentialName;
use iosxe_core::ports::{Credential, Secrets, SnmpCredential};
use iosxe_core::secret::Secret;
use serde::Deserialize;

use super::snmp::{self, SnmpDefinition};

/// The name of the credential that a row has when it names none.
pub const DEFAULT: &str = "default";

/// Variables of the credential named `default`.
const USERNAME: &str = "IOSXE_USERNAME";
const PASSWORD: &str = "IOSXE_PASSWORD";
const ENABLE: &str = "IOSXE_ENABLE";

/// One credential by reference: it holds names of variables, no secrets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// What rows call it.
    pub name: String,
    /// The user.
    #[serde(default)]
    pub username: Option<String>,
    /// The variable that holds the user, when it is not written here.
    #[serde(default)]
    pub username_env: Option<String>,
    /// The variable that holds the password.
    #[serde(default)]
    pub password_env: Option<String>,
    /// The variable that holds the enable secret.
    #[serde(default)]
    pub enable_env: Option<String>,
    /// Private key file.
    #[serde(default)]
    pub key_file: Option<PathBuf>,
    /// The variable that holds the private key's passphrase.
    #[serde(default)]
    pub key_passphrase_env: Option<String>,
    /// Ask the SSH agent.
    #[serde(default)]
    pub agent: bool,
    /// What it holds for SNMP. A definition may hold this alone.
    #[serde(default)]
    pub snmp: Option<SnmpDefinition>,
}

impl Definition {
    /// It names something that only SSH asks for.
    fn is_for_ssh(&self) -> bool {
        self.username.is_some()
            || self.username_env.is_some()
            || self.enable_env.is_some()
            || self.key_passphrase_env.is_some()
            || self.has_way()
    }

    /// It has something to log in with.
    fn has_way(&self) -> bool {
        self.password_env.is_some() || self.key_file.is_some() || self.agent
    }
}

/// How a variable is looked up: [`std::env::var`] in the command, a table in tests.
pub type Lookup = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// Credentials from the environment.
struct EnvSecrets {
    definitions: BTreeMap<String, Definition>,
    lookup: Lookup,
}

impl fmt::Debug for EnvSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnvSecrets")
            .field("names", &self.definitions.keys())
            .finish_non_exhaustive()
    }
}

/// Answers for credentials out of the environment. Variables are read when a credential is asked
/// for, so that only those that a run needs must be set.
///
/// # Errors
/// A [`Fault`] with code `credential_definition` when a name is empty or defined twice, or a
/// definition has no way to log in.
pub fn open(
    definitions: impl IntoIterator<Item = Definition>,
    lookup: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
) -> Result<Arc<dyn Secrets>, Fault> {
    let mut by_name = BTreeMap::new();
    for definition in definitions {
        let name = definition.name.clone();
        let bad = |why: &str| {
            Fault::new(
                Class::Operator,
                "credential_definition",
                format!("credential `{name}`: {why}"),
            )
            .remedy(Remedy::new("correct the `[[credential]]` of that name"))
        };
        if name.is_empty() {
            return Err(bad("it has no name"));
        }
        if let Some(flaw) = definition.snmp.as_ref().and_then(SnmpDefinition::flaw) {
            return Err(bad(flaw));
        }
        if definition.snmp.is_none() || definition.is_for_ssh() {
            if definition.username.is_some() == definition.username_env.is_some() {
                return Err(bad("give one of `username` and `username_env`"));
            }
            if !definition.has_way() {
                return Err(bad(
                    "give one of `password_env`, `key_file` and `agent = true`",
                ));
            }
        }
        if by_name.insert(name.clone(), definition).is_some() {
            return Err(bad("it is defined twice"));
        }
    }
    Ok(Arc::new(EnvSecrets {
        definitions: by_name,
        lookup: Arc::new(lookup),
    }))
}

#[async_trait]
impl Secrets for EnvSecrets {
    async fn credential(&self, name: &CredentialName) -> Result<Credential, Fault> {
        let is_default = name.as_str() == DEFAULT;
        match self.definitions.get(name.as_str()) {
            Some(definition) if definition.is_for_ssh() || !is_default => self.defined(definition),
            None if !is_default => Err(self.unknown(name)),
            // A `default` that is defined for SNMP alone leaves SSH to the variables.
            Some(_) | None => self.default(),
        }
    }

    async fn snmp(&self, name: &CredentialName) -> Result<SnmpCredential, Fault> {
        let value = |variable: &str| self.value(variable);
        match self.definitions.get(name.as_str()) {
            Some(Definition {
                snmp: Some(snmp), ..
            }) => snmp.read(name.as_str(), &value),
            // A `default` that is defined for SSH alone leaves SNMP to the variables.
            _ if name.as_str() == DEFAULT => snmp::default(&value),
            Some(_) => Err(Fault::new(
                Class::Operator,
                "credential_missing",
                format!("credential `{name}` holds nothing for SNMP"),
            )
            .remedy(Remedy::with(
                "give its `[[credential]]` an `snmp`, or name one for all devices under `[snmp]`",
                "snmp = { community_env = \"…\" }",
            ))),
            None => Err(self.unknown(name)),
        }
    }
}

impl EnvSecrets {
    fn default(&self) -> Result<Credential, Fault> {
        let username = self.needed(DEFAULT, USERNAME)?;
        let password = self.needed(DEFAULT, PASSWORD)?;
        Ok(Credential {
            enable: self.value(ENABLE).map(Secret::new),
            ..Credential::password(username, Secret::new(password))
        })
    }

    fn defined(&self, definition: &Definition) -> Result<Credential, Fault> {
        if !definition.is_for_ssh() {
            return Err(Fault::new(
                Class::Operator,
                "credential_missing",
                format!("credential `{}` is for SNMP alone", definition.name),
            )
            .remedy(Remedy::new(
                "give its `[[credential]]` a user and a way to log in by SSH",
            )));
        }
        let secret = |variable: &Option<String>| {
            variable
                .as_deref()
                .map(|v| self.needed(&definition.name, v).map(Secret::new))
                .transpose()
        };
        let username = match (&definition.username, &definition.username_env) {
            (Some(username), _) => username.clone(),
            (None, variable) => {
                self.needed(&definition.name, variable.as_deref().unwrap_or(USERNAME))?
            }
        };
        Ok(Credential {
            username,
            password: secret(&definition.password_env)?,
            enable: secret(&definition.enable_env)?,
            key_file: definition.key_file.clone(),
            key_passphrase: secret(&definition.key_passphrase_env)?,
            agent: definition.agent,
        })
    }

    /// A variable that is set to something. Empty is not set: shells make empty ones by accident.
    fn value(&self, variable: &str) -> Option<String> {
        (self.lookup)(variable).filter(|v| !v.is_empty())
    }

    fn needed(&self, credential: &str, variable: &str) -> Result<String, Fault> {
        self.value(variable)
            .ok_or_else(|| missing(credential, variable))
    }

    fn unknown(&self, name: &CredentialName) -> Fault {
        let mut known: Vec<&str> = self.definitions.keys().map(String::as_str).collect();
        if !known.contains(&DEFAULT) {
            known.push(DEFAULT);
        }
        Fault::new(
            Class::Operator,
            "credential_unknown",
            format!(
                "there is no credential `{name}`; the configuration has {}",
                known.join(", ")
            ),
        )
        .remedy(Remedy::new(
            "add a `[[credential]]` of that name, or correct the `credential` cell",
        ))
    }
}

/// The fault of a variable that is not set.
pub(super) fn missing(credential: &str, variable: &str) -> Fault {
    Fault::new(
        Class::Operator,
        "credential_missing",
        format!("credential `{credential}`: the environment variable {variable} is not set"),
    )
    .remedy(Remedy::with(
        "set the variable",
        format!("export {variable}=…"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lookup(variable: &str) -> Option<String> {
        match variable {
            "IOSXE_USERNAME" | "BRANCH_USER" => Some("netops".to_owned()),
            "IOSXE_PASSWORD" => Some("hunter22".to_owned()),
            "IOSXE_ENABLE" => Some(String::new()),
            "BRANCH_PASSWORD" => Some("correct horse".to_owned()),
            _ => None,
        }
    }

    fn branch() -> Definition {
        Definition {
            name: "branch".to_owned(),
            username_env: Some("BRANCH_USER".to_owned()),
            password_env: Some("BRANCH_PASSWORD".to_owned()),
            ..Definition::default()
        }
    }

    #[tokio::test]
    async fn the_default_comes_from_three_variables() {
        let secrets = open([], lookup).unwrap();
        let credential = secrets.credential(&"default".into()).await.unwrap();
        assert_eq!(credential.username, "netops");
        assert_eq!(credential.password, Some(Secret::new("hunter22")));
        assert_eq!(credential.enable, None);
    }

    #[tokio::test]
    async fn a_missing_variable_is_named_and_no_value_is() {
        let secrets = open([], |v: &str| {
            (v == "IOSXE_USERNAME").then(|| "netops".to_owned())
        })
        .unwrap();
        let fault = secrets.credential(&"default".into()).await.unwrap_err();
        assert_eq!(
            fault.to_string(),
            "credential `default`: the environment variable IOSXE_PASSWORD is not set \
             [credential_missing]; set the variable: `export IOSXE_PASSWORD=…`"
        );
        let fault = secrets.credential(&"core".into()).await.unwrap_err();
        assert_eq!(fault.code, "credential_unknown");
    }

    #[tokio::test]
    async fn definitions_refer_to_variables_keys_and_the_agent() {
        let core = Definition {
            name: "core".to_owned(),
            username: Some("admin".to_owned()),
            key_file: Some("id".into()),
            agent: true,
            ..Definition::default()
        };
        let secrets = open([branch(), core], lookup).unwrap();
        let branch = secrets.credential(&"branch".into()).await.unwrap();
        assert_eq!(branch.username, "netops");
        assert_eq!(branch.password, Some(Secret::new("correct horse")));
        let core = secrets.credential(&"core".into()).await.unwrap();
        assert_eq!(core.username, "admin");
        assert_eq!(core.password, None);
        assert!(core.agent && core.key_file.is_some());
    }

    #[test]
    fn definitions_that_cannot_work_are_refused() {
        let without_way = Definition {
            password_env: None,
            ..branch()
        };
        let two_users = Definition {
            username: Some("x".to_owned()),
            ..branch()
        };
        for definitions in [
            vec![branch(), branch()],
            vec![without_way],
            vec![two_users],
            vec![Definition::default()],
        ] {
            let fault = open(definitions, lookup).err().unwrap();
            assert_eq!(fault.code, "credential_definition", "{fault}");
        }
    }
}
