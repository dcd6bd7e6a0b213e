//! `show ip ssh`: which algorithms the device offers; an upgrade may change them.
//!
//! Source: genieparser golden output of 17.16.
//!
//! ```text
//! SSH Enabled - version 2.0
//! Hostkey Algorithms:ecdsa-sha2-nistp256,rsa-sha2-512
//! Authentication timeout: 120 secs; Authentication retries: 3
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Lines, ignored};
use super::scan::pair;
use super::{ParseError, Parsed};

/// The value of the command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowIpSsh {
    /// Whether SSH works.
    pub enabled: bool,
    /// `2.0`, `1.99`.
    pub version: String,
    /// `publickey`, `keyboard-interactive`, `password`.
    pub authentication_methods: Vec<String>,
    /// Algorithms of user keys.
    pub publickey_algorithms: Vec<String>,
    /// Algorithms of the host key.
    pub hostkey_algorithms: Vec<String>,
    /// Ciphers.
    pub encryption_algorithms: Vec<String>,
    /// Message authentication codes.
    pub mac_algorithms: Vec<String>,
    /// Key exchanges.
    pub kex_algorithms: Vec<String>,
    /// Time for a login.
    pub authentication_timeout_s: Option<u64>,
    /// Tries for a login.
    pub authentication_retries: Option<u32>,
    /// Smallest Diffie-Hellman key.
    pub min_dh_key_bits: Option<u32>,
    /// Host keys.
    pub keys: Vec<HostKey>,
}

/// One host key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostKey {
    /// `ssh-rsa`.
    pub algorithm: String,
    /// Its label in the device.
    pub label: String,
    /// Its size in bits.
    pub modulus_bits: Option<u32>,
    /// Size of a key that is no RSA key, in bits.
    pub key_bits: Option<u32>,
    /// Algorithm and public key in base64, as `known_hosts` files have them.
    pub public_key: String,
}

const IGNORED: &[Ignored] = &[ignored(
    "%Please create RSA keys to enable SSH *",
    "`enabled` says it",
)];

/// Reads `show ip ssh`.
///
/// # Errors
/// When the first line is missing or a number is malformed.
pub fn parse(text: &str) -> Result<Parsed<ShowIpSsh>, ParseError> {
    let mut lines = Lines::new("show ip ssh", text)?;
    let mut value = ShowIpSsh::default();
    let mut headed = false;
    while let Some(line) = lines.next() {
        if let Some([state, version]) = line.scan("SSH {} - version {}") {
            headed = true;
            value.enabled = line.switch(state)?;
            version.clone_into(&mut value.version);
        } else if let Some([timeout, retries]) =
            line.scan("Authentication timeout: {#} secs; Authentication retries: {#}")
        {
            value.authentication_timeout_s = Some(line.number(timeout)?);
            value.authentication_retries = Some(line.number(retries)?);
        } else if let Some([bits]) =
            line.scan("Minimum expected Diffie Hellman key size : {#} bits")
        {
            value.min_dh_key_bits = Some(line.number(bits)?);
        } else if let Some([algorithm, label]) =
            line.scan("IOS Keys in SECSH format({*}, base64 encoded):~{*}")
        {
            value.keys.push(HostKey {
                algorithm: algorithm.to_owned(),
                label: label.to_owned(),
                ..HostKey::default()
            });
        } else if let (Some(key), Some([bits])) =
            (value.keys.last_mut(), line.scan("Modulus Size : {#} bits"))
        {
            key.modulus_bits = Some(line.number(bits)?);
        } else if let (Some(key), Some([bits])) =
            (value.keys.last_mut(), line.scan("Key Size : {#} bits"))
        {
            key.key_bits = Some(line.number(bits)?);
        } else if let Some(key) = value.keys.last_mut() {
            let body = line.body();
            if key.public_key.is_empty() && body.starts_with(key.algorithm.as_str()) {
                body.clone_into(&mut key.public_key);
            } else if !key.public_key.is_empty()
                && body
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(&b))
            {
                key.public_key.push_str(body);
            } else {
                lines.unknown(line);
            }
        } else if let Some((key, list)) = pair(line.text, ':') {
            let list = list.split(',').map(|item| item.trim().to_owned()).collect();
            match key {
                "Authentication methods" => value.authentication_methods = list,
                "Authentication Publickey Algorithms" => value.publickey_algorithms = list,
                "Hostkey Algorithms" => value.hostkey_algorithms = list,
                "Encryption Algorithms" => value.encryption_algorithms = list,
                "MAC Algorithms" => value.mac_algorithms = list,
                "KEX Algorithms" => value.kex_algorithms = list,
                _ => lines.pass(line, IGNORED),
            }
        } else {
            lines.pass(line, IGNORED);
        }
    }
    if !headed {
        return Err(lines.incomplete("the line `SSH Enabled - version`"));
    }
    if value.keys.iter().any(|key| key.public_key.is_empty()) {
        return Err(lines.incomplete("the public key"));
    }
    Ok(lines.finish(value))
}
