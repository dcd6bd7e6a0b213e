//! Where devices get their images: sent by us, or fetched by the device from a server of the
//! operator's own.
//!
//! A setting is complete by itself: what one for a site does not say is not taken from the general
//! one, so that no credential and no permission reaches a server that it was not written for.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::fault::Remedy;
use crate::ids::CredentialName;
use crate::plan::Refusal;
use crate::why::Evidence;
use crate::words::glob;

/// Silence after which a copy is taken for dead, in seconds of wall time, where nothing else is said.
/// A device says nothing while it resolves, connects and tries again; how long that lasts is
/// nowhere documented, so this is on the long side.
const IDLE_S: u64 = 300;

/// Code of the fault that a server did not take its login.
pub const LOGIN_REFUSED: &str = "server_login_refused";

/// The word for images that we send.
const PUSH: &str = "push";

/// Where images come from: the table `[transfer]` of a configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TransferPolicy {
    /// `push`, or the folder on a server that holds the images.
    pub from: Origin,
    /// The credential that the server is logged in to with (`scp` and `sftp`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential: Option<CredentialName>,
    /// The VRF that leads to the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vrf: Option<String>,
    /// A protocol without encryption is allowed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub plain: bool,
    /// A device that asks whether it shall trust the server's key is told yes.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub accept_host_key: bool,
    /// Silence after which a copy is taken for dead, in seconds of wall time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idle_s: Option<u64>,
    /// Settings for the rows of some sites; the first that matches counts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub site: Vec<SiteTransfer>,
}

/// The same for the rows of some sites.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteTransfer {
    /// Pattern of the `site` column.
    #[serde(rename = "match")]
    pub pattern: String,
    /// `push`, or the folder on a server that holds the images.
    pub from: Origin,
    /// The credential that the server is logged in to with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<CredentialName>,
    /// The VRF that leads to the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vrf: Option<String>,
    /// A protocol without encryption is allowed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub plain: bool,
    /// A device that asks whether it shall trust the server's key is told yes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub accept_host_key: bool,
    /// Silence after which a copy is taken for dead, in seconds of wall time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_s: Option<u64>,
}

impl TransferPolicy {
    /// Whether every device is sent its image: what an absent `[transfer]` says.
    #[must_use]
    pub fn is_push(&self) -> bool {
        *self == Self::default()
    }

    /// The server that the rows of a site fetch from; `None` where the image is sent.
    #[must_use]
    pub fn server(&self, site: Option<&str>) -> Option<Server> {
        let own = site.filter(|s| !s.is_empty()).and_then(|site| {
            self.site
                .iter()
                .find(|setting| glob(&setting.pattern, site))
        });
        match own {
            Some(setting) => setting.server(),
            None => self.general(),
        }
    }

    /// Every server that is named.
    pub fn servers(&self) -> impl Iterator<Item = Server> {
        let sites = self.site.iter().filter_map(SiteTransfer::server);
        self.general().into_iter().chain(sites)
    }

    fn general(&self) -> Option<Server> {
        Some(Server {
            said: "[transfer]".to_owned(),
            folder: self.from.folder()?.clone(),
            vrf: self.vrf.clone(),
            plain: self.plain,
            terms: Terms {
                credential: self.credential.clone(),
                accept_host_key: self.accept_host_key,
                idle_s: self.idle_s.unwrap_or(IDLE_S),
            },
        })
    }
}

impl SiteTransfer {
    fn server(&self) -> Option<Server> {
        Some(Server {
            said: format!("[[transfer.site]] match = \"{}\"", self.pattern),
            folder: self.from.folder()?.clone(),
            vrf: self.vrf.clone(),
            plain: self.plain,
            terms: Terms {
                credential: self.credential.clone(),
                accept_host_key: self.accept_host_key,
                idle_s: self.idle_s.unwrap_or(IDLE_S),
            },
        })
    }
}

/// What a device's conversation with a server needs beside the command. It names a credential and
/// holds none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// The credential that the server is logged in to with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<CredentialName>,
    /// A device that asks whether it shall trust the server's key is told yes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub accept_host_key: bool,
    /// Silence after which the copy is taken for dead, in seconds of wall time.
    pub idle_s: u64,
}

/// A server for some devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Where in the configuration it is named.
    pub said: String,
    /// Its folder.
    pub folder: Folder,
    /// The VRF that leads to it.
    pub vrf: Option<String>,
    /// A protocol without encryption is allowed.
    pub plain: bool,
    /// What the conversation needs.
    pub terms: Terms,
}

impl Server {
    /// Whether devices may be told to fetch from it.
    ///
    /// # Errors
    /// `plain_transfer`, `transfer_login_missing`, `transfer_login_unused`, `transfer_vrf`.
    pub fn checked(&self) -> Result<(), Refusal> {
        self.fits()
            .map_err(|refusal| refusal.seen(vec![self.line()]))
    }

    /// The line of the configuration that names it.
    #[must_use]
    pub fn line(&self) -> Evidence {
        Evidence::new(
            format!("configuration, {}", self.said),
            format!("from = {}", self.folder),
        )
    }

    fn fits(&self) -> Result<(), Refusal> {
        let scheme = self.folder.scheme;
        let (said, folder) = (&self.said, &self.folder);
        if scheme.is_plain() && !self.plain {
            return Err(Refusal::new(
                "plain_transfer",
                format!("{said}: {folder} is fetched without encryption, and nothing allows that"),
                Remedy::new(
                    "name a server with https, scp or sftp, or say `plain = true` beside it",
                ),
            ));
        }
        match (&self.terms.credential, scheme.asks_for_login()) {
            (None, true) => Err(Refusal::new(
                "transfer_login_missing",
                format!("{said}: devices ask for a user and a password to fetch from {folder}"),
                Remedy::new("name a credential beside it: `credential = \"NAME\"`"),
            )),
            (Some(name), false) => Err(Refusal::new(
                "transfer_login_unused",
                format!(
                    "{said}: a device asks for no user of {folder}, and credential `{name}` would have \
                     to stand in its command line"
                ),
                Remedy::new(match scheme {
                    Scheme::Ftp => {
                        "take `credential` out and configure `ip ftp username` and `ip ftp password` on \
                         the devices, or use scp or sftp"
                    }
                    Scheme::Tftp => "take `credential` out: TFTP knows no users",
                    Scheme::Https | Scheme::Http | Scheme::Scp | Scheme::Sftp => {
                        "take `credential` out and configure `ip http client username` and `ip http \
                         client password` on the devices, or use scp or sftp"
                    }
                }),
            )),
            _ => self.vrf_fits(),
        }
    }

    fn vrf_fits(&self) -> Result<(), Refusal> {
        let Some(vrf) = &self.vrf else { return Ok(()) };
        let named = !vrf.is_empty()
            && vrf
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "-_.:".contains(c));
        if named {
            return Ok(());
        }
        Err(Refusal::new(
            "transfer_vrf",
            format!("{}: `{vrf}` is no name of a VRF", self.said),
            Remedy::new("write the name as `show vrf` prints it, or leave it out"),
        ))
    }

    /// The command with which a device fetches a file.
    #[must_use]
    pub fn command(&self, file: &str, destination: &str) -> String {
        let mut command = format!("copy {}{file} {destination}", self.folder);
        // `copy` takes no VRF for http and https: there the source interface decides, which is
        // configuration (pyntc, `pyntc/devices/ios_device.py`).
        if let (Some(vrf), true) = (&self.vrf, self.folder.scheme.takes_vrf()) {
            command.push_str(" vrf ");
            command.push_str(vrf);
        }
        command
    }
}

/// Where images come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// From us, by SCP.
    #[default]
    Push,
    /// From a server.
    Pull(Folder),
}

impl Origin {
    /// The folder on a server.
    #[must_use]
    pub fn folder(&self) -> Option<&Folder> {
        match self {
            Self::Push => None,
            Self::Pull(folder) => Some(folder),
        }
    }
}

impl FromStr for Origin {
    type Err = FolderError;

    fn from_str(text: &str) -> Result<Self, FolderError> {
        if text == PUSH {
            return Ok(Self::Push);
        }
        text.parse().map(Self::Pull)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Push => f.pad(PUSH),
            Self::Pull(folder) => folder.fmt(f),
        }
    }
}

impl Serialize for Origin {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Origin {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A protocol of `copy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// HTTP over TLS.
    Https,
    /// HTTP.
    Http,
    /// SCP.
    Scp,
    /// SFTP.
    Sftp,
    /// FTP.
    Ftp,
    /// TFTP.
    Tftp,
}

impl Scheme {
    /// Every protocol.
    pub const ALL: [Self; 6] = [
        Self::Https,
        Self::Http,
        Self::Scp,
        Self::Sftp,
        Self::Ftp,
        Self::Tftp,
    ];

    /// As it stands in an address.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Https => "https",
            Self::Http => "http",
            Self::Scp => "scp",
            Self::Sftp => "sftp",
            Self::Ftp => "ftp",
            Self::Tftp => "tftp",
        }
    }

    /// Whether image and login cross the network as they are.
    #[must_use]
    pub fn is_plain(self) -> bool {
        matches!(self, Self::Http | Self::Ftp | Self::Tftp)
    }

    /// Whether a device asks for user and password. For the others it takes them from its
    /// configuration or from the address, where they would stand in command lines and logs.
    #[must_use]
    pub fn asks_for_login(self) -> bool {
        matches!(self, Self::Scp | Self::Sftp)
    }

    /// Whether `copy` takes a VRF.
    #[must_use]
    pub fn takes_vrf(self) -> bool {
        !matches!(self, Self::Http | Self::Https)
    }
}

/// A folder on a server: an address that ends in a slash and holds neither user nor password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    scheme: Scheme,
    /// Name or address with its port.
    host: String,
    /// From the slash behind the host to the last one.
    path: String,
}

impl Folder {
    /// Its protocol.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Name or address of the server, with its port where one is given.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }
}

impl fmt::Display for Folder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme.word(), self.host, self.path)
    }
}

/// Why a text names no folder on a server. It repeats nothing that may be a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FolderError {
    /// No protocol before `://`, and not `push`.
    #[error(
        "an address begins with PROTOCOL://, or is `push`; devices fetch by {known}", known = schemes()
    )]
    NoScheme,
    /// A protocol that devices do not fetch with.
    #[error(
        "`{0}` is no protocol that devices fetch with; write one of {known}", known = schemes()
    )]
    Scheme(String),
    /// A user, or a user and a password.
    #[error(
        "an address holds no user and no password: they would stand in plans, command lines and logs; \
         name a `credential` beside it"
    )]
    Login,
    /// Nothing before the first slash.
    #[error("the address names no server")]
    NoHost,
    /// A character that a device's command line does not take as it is.
    #[error("`{0}` cannot stand in an address that is typed on a device")]
    Character(char),
}

fn schemes() -> String {
    Scheme::ALL.map(Scheme::word).join(", ")
}

impl FromStr for Folder {
    type Err = FolderError;

    fn from_str(text: &str) -> Result<Self, FolderError> {
        let (word, rest) = text.split_once("://").ok_or(FolderError::NoScheme)?;
        let scheme = Scheme::ALL
            .into_iter()
            .find(|s| s.word().eq_ignore_ascii_case(word))
            .ok_or_else(|| match word.chars().all(|c| c.is_ascii_alphanumeric()) {
                true => FolderError::Scheme(word.to_owned()),
                false => FolderError::NoScheme,
            })?;
        // Before anything is repeated in an error.
        if rest.contains('@') {
            return Err(FolderError::Login);
        }
        // A question mark asks the device for help, a space ends the address.
        if let Some(c) = rest
            .chars()
            .find(|c| !(c.is_ascii_alphanumeric() || "-._~:/[]%+,=".contains(*c)))
        {
            return Err(FolderError::Character(c));
        }
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        if host.is_empty() || host.starts_with(':') {
            return Err(FolderError::NoHost);
        }
        let path = path.trim_end_matches('/');
        Ok(Self {
            scheme,
            host: host.to_owned(),
            path: match path {
                "" => "/".to_owned(),
                path => format!("/{path}/"),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(text: &str) -> TransferPolicy {
        serde_json::from_str(text).unwrap()
    }

    fn refusal(text: &str) -> Option<String> {
        let server = policy(text).server(None).unwrap();
        server.checked().err().map(|r| r.code)
    }

    #[test]
    fn a_folder_ends_in_one_slash_and_keeps_its_port() {
        for (text, shown) in [
            ("https://images.example.net", "https://images.example.net/"),
            ("HTTPS://h:8443/ios", "https://h:8443/ios/"),
            ("tftp://192.0.2.1/a/b/", "tftp://192.0.2.1/a/b/"),
            ("scp://[2001:db8::1]/srv//", "scp://[2001:db8::1]/srv/"),
        ] {
            let folder: Folder = text.parse().unwrap();
            assert_eq!(folder.to_string(), shown);
        }
    }

    #[test]
    fn what_is_no_address_is_told_without_repeating_a_password() {
        for (text, why) in [
            ("images.example.net", "begins with PROTOCOL://"),
            ("gopher://h/", "`gopher` is no protocol"),
            ("ftp://ann:hunter22@h/", "no user and no password"),
            ("scp://ann@h/", "no user and no password"),
            ("h p://x", "begins with PROTOCOL://"),
            ("https:///ios", "names no server"),
            ("https://:8443/ios", "names no server"),
            ("https://h/a?b", "`?` cannot stand"),
            ("https://h/a b", "` ` cannot stand"),
            ("https://h/a\nreload", "cannot stand"),
        ] {
            let error = text.parse::<Folder>().unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
            assert!(!error.contains("hunter22"), "{error}");
        }
    }

    #[test]
    fn a_vrf_ends_the_command_where_the_protocol_takes_one() {
        let command = |from: &str| {
            let text = format!("{{\"from\":\"{from}\",\"vrf\":\"Mgmt-vrf\"}}");
            let server = policy(&text).server(None).unwrap();
            server.command("i.bin", "flash:i.bin")
        };
        assert_eq!(
            command("scp://h/ios"),
            "copy scp://h/ios/i.bin flash:i.bin vrf Mgmt-vrf"
        );
        assert_eq!(command("https://h"), "copy https://h/i.bin flash:i.bin");
    }

    #[test]
    fn a_site_has_its_own_server_and_inherits_nothing() {
        let policy = policy(
            r#"{"from": "scp://h/", "credential": "files", "vrf": "Mgmt-vrf", "site": [
                 {"match": "ly*", "from": "http://near/", "plain": true, "idle_s": 60},
                 {"match": "porto", "from": "push"}]}"#,
        );
        let general = policy.server(None).unwrap();
        assert_eq!(general.terms.credential, Some("files".into()));
        assert_eq!(policy.server(Some("berlin")), Some(general.clone()));
        assert_eq!(policy.server(Some("")), Some(general));
        let lyon = policy.server(Some("Lyon")).unwrap();
        assert_eq!(lyon.folder.to_string(), "http://near/");
        assert_eq!((&lyon.vrf, &lyon.terms.credential), (&None, &None));
        assert_eq!(lyon.terms.idle_s, 60);
        assert_eq!(policy.server(Some("porto")), None);
        assert_eq!(policy.servers().count(), 2);
    }

    #[test]
    fn what_cannot_be_done_safely_is_refused_by_code() {
        for (text, code) in [
            (r#"{"from":"https://h"}"#, None),
            (r#"{"from":"http://h"}"#, Some("plain_transfer")),
            (r#"{"from":"tftp://h"}"#, Some("plain_transfer")),
            (r#"{"from":"ftp://h","plain":true}"#, None),
            (r#"{"from":"scp://h"}"#, Some("transfer_login_missing")),
            (
                r#"{"from":"https://h","credential":"x"}"#,
                Some("transfer_login_unused"),
            ),
            (
                r#"{"from":"ftp://h","plain":true,"credential":"x"}"#,
                Some("transfer_login_unused"),
            ),
            (r#"{"from":"https://h","vrf":"a b"}"#, Some("transfer_vrf")),
        ] {
            assert_eq!(refusal(text).as_deref(), code, "{text}");
        }
    }

    #[test]
    fn a_setting_of_nothing_is_written_as_nothing_new() {
        assert!(policy("{}").is_push());
        let text = r#"{"from":"https://h/ios/","vrf":"Mgmt-vrf"}"#;
        assert_eq!(serde_json::to_string(&policy(text)).unwrap(), text);
        assert!(serde_json::from_str::<TransferPolicy>(r#"{"form":"push"}"#).is_err());
    }
}
