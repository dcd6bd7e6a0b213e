//! The SNMP half of a credential, by the names of the variables that hold it.
//!
//! `IOSXE_SNMP_COMMUNITY` alone makes the credential `default` one for SNMPv2c. `IOSXE_SNMP_USER` and
//! `IOSXE_SNMP_AUTH` make it one for SNMPv3, with AES-128 where `IOSXE_SNMP_PRIV` is set too, and
//! SHA-256 in place of SHA-1 where `IOSXE_SNMP_HASH` is `sha256`. Every other credential says which
//! variables hold its secrets:
//!
//! ```toml
//! [[credential]]
//! name = "branch"
//! snmp = { community_env = "BRANCH_COMMUNITY" }
//!
//! [[credential]]
//! name = "core"
//! snmp = { user = "look", hash = "sha256", auth_env = "LOOK_AUTH", priv_env = "LOOK_PRIV" }
//! ```

use iosxe_core::fault::{Class, Fault, Remedy};
use iosxe_core::ports::{SnmpCredential, SnmpHash};
use iosxe_core::secret::Secret;
use serde::Deserialize;

use super::env::{DEFAULT, missing};

const COMMUNITY: &str = "IOSXE_SNMP_COMMUNITY";
const USER: &str = "IOSXE_SNMP_USER";
const AUTH: &str = "IOSXE_SNMP_AUTH";
const PRIVACY: &str = "IOSXE_SNMP_PRIV";
const HASH: &str = "IOSXE_SNMP_HASH";

/// The SNMP half of a definition: names of variables, no secrets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SnmpDefinition {
    /// The variable that holds the community, for SNMPv2c.
    #[serde(default)]
    pub community_env: Option<String>,
    /// The user, for SNMPv3.
    #[serde(default)]
    pub user: Option<String>,
    /// The hash of the authentication; `sha` when nothing is said.
    #[serde(default)]
    pub hash: Option<Hash>,
    /// The variable that holds the authentication password.
    #[serde(default)]
    pub auth_env: Option<String>,
    /// The variable that holds the privacy password.
    #[serde(default)]
    pub priv_env: Option<String>,
}

/// A hash as it is written in a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Hash {
    /// HMAC-SHA-1.
    Sha,
    /// HMAC-SHA-256.
    Sha256,
}

impl From<Hash> for SnmpHash {
    fn from(hash: Hash) -> Self {
        match hash {
            Hash::Sha => Self::Sha1,
            Hash::Sha256 => Self::Sha256,
        }
    }
}

impl SnmpDefinition {
    /// What is wrong with it.
    pub(super) fn flaw(&self) -> Option<&'static str> {
        let v3 = self.user.is_some() || self.auth_env.is_some() || self.priv_env.is_some();
        match (&self.community_env, v3) {
            (Some(_), true) => Some("`snmp` takes `community_env` or a user, not both"),
            (None, false) => Some("give `snmp` a `community_env`, or `user` and `auth_env`"),
            (Some(_), false) if self.hash.is_some() => Some("a community has no `hash`"),
            (None, true) if self.user.is_none() || self.auth_env.is_none() => {
                Some("an SNMPv3 user needs `user` and `auth_env`")
            }
            (Some(_), false) | (None, true) => None,
        }
    }

    /// The credential, with the values of its variables.
    pub(super) fn read(
        &self,
        credential: &str,
        value: &dyn Fn(&str) -> Option<String>,
    ) -> Result<SnmpCredential, Fault> {
        let needed = |variable: &str| {
            value(variable)
                .map(Secret::new)
                .ok_or_else(|| missing(credential, variable))
        };
        if let Some(variable) = &self.community_env {
            return Ok(SnmpCredential::Community(needed(variable)?));
        }
        Ok(SnmpCredential::User {
            name: self.user.clone().unwrap_or_default(),
            hash: self.hash.map(SnmpHash::from).unwrap_or_default(),
            auth: needed(self.auth_env.as_deref().unwrap_or(AUTH))?,
            privacy: self.priv_env.as_deref().map(needed).transpose()?,
        })
    }
}

/// The credential `default`, from variables of fixed names.
pub(super) fn default(value: &dyn Fn(&str) -> Option<String>) -> Result<SnmpCredential, Fault> {
    match (value(COMMUNITY), value(USER)) {
        (Some(_), Some(_)) => Err(Fault::new(
            Class::Operator,
            "credential_definition",
            format!("credential `{DEFAULT}`: both {COMMUNITY} and {USER} are set"),
        )
        .remedy(Remedy::with(
            "say which of SNMPv2c and SNMPv3 is meant",
            format!("unset {COMMUNITY}"),
        ))),
        (Some(community), None) => Ok(SnmpCredential::Community(Secret::new(community))),
        (None, Some(name)) => Ok(SnmpCredential::User {
            name,
            hash: match value(HASH).as_deref() {
                None | Some("sha") => SnmpHash::Sha1,
                Some("sha256") => SnmpHash::Sha256,
                Some(other) => {
                    return Err(Fault::new(
                        Class::Operator,
                        "credential_definition",
                        format!("credential `{DEFAULT}`: {HASH} is `{other}`"),
                    )
                    .remedy(Remedy::new("write sha or sha256")));
                }
            },
            auth: value(AUTH)
                .map(Secret::new)
                .ok_or_else(|| missing(DEFAULT, AUTH))?,
            privacy: value(PRIVACY).map(Secret::new),
        }),
        (None, None) => Err(Fault::new(
            Class::Operator,
            "credential_missing",
            format!("credential `{DEFAULT}`: neither {COMMUNITY} nor {USER} is set"),
        )
        .remedy(Remedy::with(
            "set the community, or a user with IOSXE_SNMP_AUTH and IOSXE_SNMP_PRIV",
            format!("export {COMMUNITY}=…"),
        ))),
    }
}

#[cfg(test)]
mod tests {

    use super::super::env::{Definition, open};
    use super::*;

    fn variables(set: &'static [(&str, &str)]) -> impl Fn(&str) -> Option<String> + Send + Sync {
        move |name| {
            let found = set.iter().find(|(n, _)| *n == name);
            found.map(|(_, value)| (*value).to_owned())
        }
    }

    fn defined(snmp: &str) -> Vec<Definition> {
        #[derive(Deserialize)]
        struct File {
            credential: Vec<Definition>,
        }
        let text = format!("[[credential]]\nname = \"branch\"\n{snmp}\n");
        toml::from_str::<File>(&text).unwrap().credential
    }

    #[tokio::test]
    async fn the_default_is_a_community_or_a_user_and_never_both() {
        let read = async |set| {
            let secrets = open([], variables(set)).unwrap();
            secrets.snmp(&"default".into()).await
        };
        let community = read(&[("IOSXE_SNMP_COMMUNITY", "rarely-public")])
            .await
            .unwrap();
        assert!(matches!(community, SnmpCredential::Community(_)));
        let user = read(&[
            ("IOSXE_SNMP_USER", "look"),
            ("IOSXE_SNMP_AUTH", "correct horse"),
            ("IOSXE_SNMP_PRIV", "battery staple"),
            ("IOSXE_SNMP_HASH", "sha256"),
        ])
        .await
        .unwrap();
        let SnmpCredential::User {
            name,
            hash,
            privacy,
            ..
        } = user
        else {
            panic!("{user:?}");
        };
        assert_eq!((name.as_str(), hash), ("look", SnmpHash::Sha256));
        assert_eq!(privacy, Some(Secret::new("battery staple")));

        let faults = [
            (read(&[]).await, "credential_missing"),
            (
                read(&[("IOSXE_SNMP_USER", "look")]).await,
                "credential_missing",
            ),
            (
                read(&[
                    ("IOSXE_SNMP_USER", "look"),
                    ("IOSXE_SNMP_COMMUNITY", "rarely-public"),
                ])
                .await,
                "credential_definition",
            ),
            (
                read(&[("IOSXE_SNMP_USER", "look"), ("IOSXE_SNMP_HASH", "md5")]).await,
                "credential_definition",
            ),
        ];
        for (read, code) in faults {
            let fault = read.err().unwrap();
            assert_eq!(fault.code, code, "{fault}");
            assert!(!fault.to_string().contains("rarely-public"), "{fault}");
        }
    }

    #[tokio::test]
    async fn a_definition_may_hold_snmp_alone_and_then_logs_in_nowhere() {
        let definitions = defined("snmp = { community_env = \"BRANCH_COMMUNITY\" }");
        let secrets = open(
            definitions,
            variables(&[("BRANCH_COMMUNITY", "rarely-public")]),
        )
        .unwrap();
        let community = secrets.snmp(&"branch".into()).await.unwrap();
        assert!(matches!(community, SnmpCredential::Community(_)));
        let fault = secrets.credential(&"branch".into()).await.unwrap_err();
        assert_eq!(fault.code, "credential_missing");
        assert!(fault.message.contains("SNMP alone"), "{fault}");
    }

    #[tokio::test]
    async fn a_default_that_is_defined_for_one_leaves_the_other_to_the_variables() {
        let set = &[
            ("IOSXE_USERNAME", "netops"),
            ("IOSXE_PASSWORD", "correct horse"),
            ("IOSXE_SNMP_COMMUNITY", "rarely-public"),
            ("LOOK_AUTH", "battery staple"),
        ];
        for definition in [
            "snmp = { user = \"look\", auth_env = \"LOOK_AUTH\" }",
            "username = \"netops\"\npassword_env = \"IOSXE_PASSWORD\"",
        ] {
            let mut definitions = defined(definition);
            definitions[0].name = "default".to_owned();
            let secrets = open(definitions, variables(set)).unwrap();
            let name = "default".into();
            assert_eq!(secrets.credential(&name).await.unwrap().username, "netops");
            assert!(secrets.snmp(&name).await.is_ok());
        }
    }

    #[tokio::test]
    async fn a_definition_for_ssh_alone_says_what_it_lacks() {
        let definitions = defined("username = \"netops\"\npassword_env = \"BRANCH_PASSWORD\"");
        let secrets = open(definitions, variables(&[("IOSXE_SNMP_COMMUNITY", "x")])).unwrap();
        let fault = secrets.snmp(&"branch".into()).await.unwrap_err();
        assert!(
            fault.to_string().contains("holds nothing for SNMP"),
            "{fault}"
        );
    }

    #[test]
    fn definitions_that_mean_two_things_or_nothing_are_refused() {
        for snmp in [
            "snmp = {}",
            "snmp = { user = \"look\" }",
            "snmp = { community_env = \"A\", user = \"look\" }",
            "snmp = { community_env = \"A\", hash = \"sha\" }",
            "snmp = { priv_env = \"A\", auth_env = \"B\" }",
            "enable_env = \"A\"\nsnmp = { community_env = \"A\" }",
        ] {
            let fault = open(defined(snmp), variables(&[])).err().unwrap();
            assert_eq!(fault.code, "credential_definition", "{snmp}: {fault}");
        }
    }
}
