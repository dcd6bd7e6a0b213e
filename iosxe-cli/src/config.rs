//! The configuration file, with flags over it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use iosxe_core::approval::ApprovalPolicy;
use iosxe_core::fault::{Class, Fault, Remedy};
use iosxe_core::fleet::{FleetPolicy, SiteRules, Waves, Window};
use iosxe_core::health::Check;
use iosxe_core::plan::Policy;
use iosxe_core::pull::TransferPolicy;
use iosxe_transport::creds::env::Definition;
use iosxe_workflow::limit::Limit;
use iosxe_workflow::reach::{Reach, parse_hop};
use serde::Deserialize;

use crate::app::Global;

/// `iosxe.toml`. Relative paths are relative to the file.
#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) inventory: Option<String>,
    pub(crate) journal: Option<String>,
    pub(crate) known_hosts: Option<PathBuf>,
    pub(crate) runs: Option<PathBuf>,
    /// Overrides of the platform table.
    pub(crate) platforms: Option<PathBuf>,
    /// Release rules of one's own, over those that ship.
    pub(crate) rules: Option<PathBuf>,
    pub(crate) clock: ClockConfig,
    pub(crate) images: ImagesConfig,
    pub(crate) limits: LimitsConfig,
    pub(crate) policy: Policy,
    /// Where images come from; read into the policy, which is journalled with the run.
    pub(crate) transfer: TransferPolicy,
    /// The user's own checks; read into the policy, which is journalled with the run.
    pub(crate) check: Vec<Check>,
    pub(crate) credential: Vec<Definition>,
    pub(crate) ssh: Vec<SshMatch>,
    pub(crate) jump: Vec<JumpMatch>,
    pub(crate) site: Vec<SiteMatch>,
    /// Maintenance windows; read into the policy, which is journalled with the run.
    pub(crate) window: Vec<Window>,
    /// In which order, and when to stop; read into the policy.
    pub(crate) waves: Waves,
    /// Who may open gates; read into the policy.
    pub(crate) approval: ApprovalPolicy,
    pub(crate) snmp: SnmpConfig,
    /// The folder that relative paths are relative to.
    #[serde(skip)]
    pub(crate) base: PathBuf,
    /// Variables that stand before the process's environment: the demo's credentials.
    #[serde(skip)]
    pub(crate) environment: Vec<(String, String)>,
    /// The file itself, when there is one.
    #[serde(skip)]
    pub(crate) file: Option<PathBuf>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ClockConfig {
    /// Device time runs this many times faster than wall time. A lab writes it; leave it at 1.
    pub(crate) scale: f64,
}

impl Default for ClockConfig {
    fn default() -> Self {
        Self { scale: 1.0 }
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ImagesConfig {
    pub(crate) dir: Option<PathBuf>,
    pub(crate) catalogue: Option<PathBuf>,
    /// The sheet of the inventory's workbook that images are added to.
    pub(crate) sheet: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct LimitsConfig {
    /// Devices at once.
    pub(crate) devices: usize,
    /// Logins per second over all devices.
    pub(crate) logins_per_second: Option<std::num::NonZeroU32>,
    /// Devices that may be disturbed at once.
    pub(crate) reloads: Option<u32>,
    /// Images that may be on their way at once.
    pub(crate) transfers: Option<u32>,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            devices: 20,
            logins_per_second: std::num::NonZeroU32::new(20),
            reloads: None,
            transfers: None,
        }
    }
}

/// How `discover --snmp` asks.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct SnmpConfig {
    /// The credential of every row; without it that of the row.
    pub(crate) credential: Option<String>,
    /// UDP port of the devices.
    pub(crate) port: u16,
}

impl Default for SnmpConfig {
    fn default() -> Self {
        Self {
            credential: None,
            port: 161,
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SshMatch {
    /// Pattern of hostnames, and of hosts in `jump` cells.
    #[serde(rename = "match")]
    pub(crate) pattern: String,
    pub(crate) profile: Profile,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Profile {
    Modern,
    Legacy,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct JumpMatch {
    /// Pattern of the jump host's name.
    pub(crate) host: String,
    /// Its credential.
    pub(crate) credential: String,
}

/// What holds for the rows of some sites.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SiteMatch {
    /// Pattern of the `site` column.
    #[serde(rename = "match")]
    pub(crate) pattern: String,
    /// Jump hosts, nearest first, for rows that name none: `[user@]host[:port]`.
    pub(crate) jump: Option<Vec<String>>,
    /// The window of rows that name none.
    pub(crate) window: Option<String>,
    /// Devices of one such site that may be disturbed at once.
    pub(crate) reloads: Option<u32>,
    /// Images that may be on their way to devices of one such site at once.
    pub(crate) transfers: Option<u32>,
}

impl Config {
    /// The inventory that flag or file names.
    ///
    /// # Errors
    /// A fault of code `no_inventory`.
    pub(crate) fn inventory(&self) -> Result<&str, Fault> {
        self.inventory.as_deref().ok_or_else(|| {
            Fault::new(Class::Operator, "no_inventory", "no inventory is named").remedy(
                Remedy::with(
                    "name one with --inventory, or make a folder with one",
                    "iosxe init",
                ),
            )
        })
    }

    /// The environment, with the demo's own variables before it.
    pub(crate) fn variables(&self) -> impl Fn(&str) -> Option<String> + use<> {
        let own = self.environment.clone();
        move |name| {
            let given = own.iter().find(|(n, _)| n == name);
            given
                .map(|(_, value)| value.clone())
                .or_else(|| std::env::var(name).ok())
        }
    }

    /// Reads the file that the flags name; without the flag, a file that is not there is empty.
    ///
    /// # Errors
    /// A fault that names file and line.
    pub(crate) fn read(global: &Global) -> Result<Self, Fault> {
        let file = &global.config;
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(error)
                if error.kind() == std::io::ErrorKind::NotFound
                    && file == Path::new("iosxe.toml") =>
            {
                return Ok(Self {
                    base: PathBuf::from("."),
                    ..Self::default()
                }
                .under(global));
            }
            Err(error) => {
                let next = match error.kind() {
                    std::io::ErrorKind::NotFound => {
                        Remedy::with("check the name, or make a starter folder", "iosxe init")
                    }
                    std::io::ErrorKind::IsADirectory => Remedy::with(
                        "name the file in it",
                        format!("--config {}", file.join("iosxe.toml").display()),
                    ),
                    _ => Remedy::new("check the file and its permissions"),
                };
                return Err(Fault::new(
                    Class::Operator,
                    "config_unreadable",
                    format!("cannot read {}: {error}", file.display()),
                )
                .remedy(next));
            }
        };
        let mut config: Self = toml::from_str(&text).map_err(|error| {
            // The error's own text draws the line and points at it; a sentence names it.
            let line = error
                .span()
                .and_then(|span| text.get(..span.start))
                .map_or(1, |before| before.matches('\n').count() + 1);
            Fault::new(
                Class::Operator,
                "config_invalid",
                format!(
                    "{}, line {line}: {}",
                    file.display(),
                    error.message().trim().replace('\n', " ")
                ),
            )
            .remedy(Remedy::new("correct the line"))
        })?;
        if !(config.clock.scale.is_finite() && config.clock.scale > 0.0) {
            return Err(Fault::new(
                Class::Operator,
                "config_invalid",
                format!("{}: clock.scale must be greater than 0", file.display()),
            )
            .remedy(Remedy::new("correct the line, or leave it out")));
        }
        config.adopt_checks(file)?;
        config.adopt_transfer(file)?;
        config.adopt_fleet(file)?;
        config.base = file
            .parent()
            .map_or_else(|| PathBuf::from("."), Path::to_path_buf);
        config.file = Some(file.clone());
        Ok(config.under(global))
    }

    /// The checks become part of the policy, each of them sound.
    fn adopt_checks(&mut self, file: &Path) -> Result<(), Fault> {
        let bad = |why: String| {
            Fault::new(
                Class::Operator,
                "config_invalid",
                format!("{}: {why}", file.display()),
            )
            .remedy(Remedy::new("correct the check"))
        };
        self.policy.checks.append(&mut self.check);
        let mut names = BTreeSet::new();
        for check in &self.policy.checks {
            iosxe_drivers::validate_check(check).map_err(bad)?;
            if !names.insert(check.name.as_str()) {
                return Err(bad(format!("two checks are named `{}`", check.name)));
            }
            for limit in &check.limit {
                Limit::parse(limit).map_err(|fault| {
                    bad(format!("the check `{}`: {}", check.name, fault.message))
                })?;
            }
        }
        Ok(())
    }

    /// Where images come from becomes part of the policy; no device is asked for what cannot be done
    /// safely.
    fn adopt_transfer(&mut self, file: &Path) -> Result<(), Fault> {
        self.policy.transfer = std::mem::take(&mut self.transfer);
        let mut servers = self.policy.transfer.servers();
        servers
            .try_for_each(|server| server.checked())
            .map_err(|mut refusal| {
                refusal.message = format!("{}: {}", file.display(), refusal.message);
                Fault::from(refusal)
            })
    }

    /// What binds devices to each other becomes part of the policy.
    fn adopt_fleet(&mut self, file: &Path) -> Result<(), Fault> {
        let sites = self.site.iter().map(|site| SiteRules {
            pattern: site.pattern.clone(),
            window: site.window.clone(),
            reloads: site.reloads,
            transfers: site.transfers,
        });
        *self.policy.fleet = FleetPolicy {
            sites: sites.collect(),
            windows: std::mem::take(&mut self.window),
            waves: std::mem::take(&mut self.waves),
            reloads: self.limits.reloads,
            transfers: self.limits.transfers,
        };
        self.policy.approval = std::mem::take(&mut self.approval);
        if self.policy.approval.emergency.is_some() {
            return Err(unsound(
                file,
                "an emergency is said with the command: --emergency",
            ));
        }
        let sound = self.policy.approval.checked();
        sound.map_err(|why| unsound(file, &why))?;
        self.policy.fleet.checked().map_err(|error| {
            let mut fault = Fault::from(error);
            fault.message = format!("{}: {}", file.display(), fault.message);
            fault
        })
    }

    fn under(mut self, global: &Global) -> Self {
        // A flag's path is relative to the working directory, a file's to the file.
        self.inventory = match &global.inventory {
            Some(flag) => Some(flag.clone()),
            None => self.inventory.take().map(|i| self.located(&i)),
        };
        self.journal = match &global.journal {
            Some(flag) => Some(flag.clone()),
            None => Some(self.located(self.journal.as_deref().unwrap_or("journal.db"))),
        };
        self
    }

    /// A path or URL of the file as one that holds from the working directory.
    fn located(&self, value: &str) -> String {
        if let Some((scheme, path)) = value.split_once(':')
            && ["csv", "xlsx", "sqlite"].contains(&scheme)
        {
            return format!("{scheme}:{}", self.path(Path::new(path)).display());
        }
        if value.contains("://") || value == "memory:" {
            return value.to_owned();
        }
        self.path(Path::new(value)).display().to_string()
    }

    /// A path of the file as one that holds from the working directory.
    pub(crate) fn path(&self, path: &Path) -> PathBuf {
        if path.is_absolute() {
            path.to_path_buf()
        } else {
            self.base.join(path)
        }
    }

    pub(crate) fn known_hosts(&self) -> PathBuf {
        self.path(
            self.known_hosts
                .as_deref()
                .unwrap_or(Path::new("known_hosts")),
        )
    }

    pub(crate) fn runs(&self) -> PathBuf {
        self.path(self.runs.as_deref().unwrap_or(Path::new("runs")))
    }

    pub(crate) fn catalogue(&self) -> PathBuf {
        let images = &self.images;
        match (&images.catalogue, &images.dir) {
            (Some(file), _) => self.path(file),
            (None, Some(dir)) => self.path(dir).join("catalogue.toml"),
            (None, None) => self.path(Path::new("images/catalogue.toml")),
        }
    }

    /// How devices are reached: what is said here beside their rows.
    ///
    /// # Errors
    /// `jump_address` for a site's jump host that is no address.
    pub(crate) fn reach(&self) -> Result<Reach, Fault> {
        for hop in self.site.iter().flat_map(|s| s.jump.iter().flatten()) {
            parse_hop(hop)?;
        }
        let legacy = self.ssh.iter().filter(|s| s.profile == Profile::Legacy);
        let jumps = self.jump.iter();
        let sites = self.site.iter();
        Ok(Reach {
            legacy: legacy.map(|s| s.pattern.clone()).collect(),
            jump_credentials: jumps
                .map(|j| (j.host.clone(), j.credential.as_str().into()))
                .collect(),
            // A site of which something else is said says nothing of jump hosts.
            site_jumps: sites
                .filter_map(|s| Some((s.pattern.clone(), s.jump.clone()?)))
                .collect(),
        })
    }

    pub(crate) fn journal(&self) -> &str {
        self.journal.as_deref().unwrap_or("journal.db")
    }
}

fn unsound(file: &Path, why: &str) -> Fault {
    Fault::new(
        Class::Operator,
        "config_invalid",
        format!("{}: {why}", file.display()),
    )
    .remedy(Remedy::new("correct the line, or leave it out"))
}

/// The file of a journal that has one.
pub(crate) fn journal_file(place: &str) -> Option<&Path> {
    let path = place.strip_prefix("sqlite:").unwrap_or(place);
    (place != "memory:").then(|| Path::new(path))
}

/// First bytes of every SQLite database.
const DATABASE: &[u8] = b"SQLite format 3\0";

/// Whether a journal that is there can be one at all.
///
/// # Errors
/// `journal_storage` for a file that is something else.
pub(crate) fn is_journal(place: &str) -> Result<(), Fault> {
    use std::io::Read as _;
    let Some(file) = journal_file(place) else {
        return Ok(());
    };
    let mut head = Vec::new();
    // One that is not there is made, and one that cannot be read is told where it is opened.
    let read = std::fs::File::open(file).and_then(|f| {
        let bytes = u64::try_from(DATABASE.len()).unwrap_or(u64::MAX);
        f.take(bytes).read_to_end(&mut head)
    });
    if read.is_err() || head.is_empty() || head == DATABASE {
        return Ok(());
    }
    Err(Fault::new(
        Class::Operator,
        "journal_storage",
        format!("{} is no journal, nor any database", file.display()),
    )
    .remedy(Remedy::with(
        "name the journal, or a file that is not there yet",
        "--journal FILE",
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn adopted(text: &str) -> Result<Config, String> {
        let mut config: Config = toml::from_str(text).map_err(|e| e.message().to_owned())?;
        let adopted = config.adopt_checks(Path::new("iosxe.toml"));
        adopted.map(|()| config).map_err(|f| f.message)
    }

    #[test]
    fn checks_of_the_file_belong_to_the_policy_of_the_run() {
        let text = "[[check]]\nname = \"ntp\"\ncommand = \"show ntp status\"\nexpect = \"^Clock is synchronized\"\n\
                    when = \"post\"\nweight = \"warn\"\nlimit = [\"site=lyon\", \"sw-*\"]\n";
        let config = adopted(text).unwrap();
        assert_eq!(
            config.policy.checks[0].to_string(),
            "`show ntp status`: matched by `^Clock is synchronized` (after, warn)"
        );
    }

    #[test]
    fn rules_of_the_fleet_are_refused_where_nobody_could_follow_them() {
        let adopted = |text: &str| {
            let mut config: Config = toml::from_str(text).unwrap();
            config.adopt_fleet(Path::new("iosxe.toml")).map(|()| config)
        };
        let night = "[[window]]\nname = \"night\"\nstarts = \"22:00\"\nends = \"04:00\"\n";
        let berlin = format!("{night}zone = \"Europe/Berlin\"\n");
        let text = format!(
            "[waves]\ncanary = 2\nsoak = 600\n{berlin}[[site]]\nmatch = \"ly*\"\nwindow = \"night\"\n"
        );
        let fleet = adopted(&text).unwrap().policy.fleet;
        assert_eq!(fleet.waves.canary, Some(2));
        assert_eq!(fleet.sites[0].window.as_deref(), Some("night"));
        for (text, code, why) in [
            (
                "[waves]\nfailures = 0\n",
                "fleet_invalid",
                "iosxe.toml: waves.failures is 0",
            ),
            (
                "[limits]\nreloads = 0\n",
                "fleet_invalid",
                "limits.reloads is 0",
            ),
            (
                &format!("{night}zone = \"Mars/Olympus\"\n"),
                "window_zone",
                "`Mars/Olympus`",
            ),
            (
                "[[site]]\nmatch = \"*\"\nwindow = \"noon\"\n",
                "window_unknown",
                "the site `*`",
            ),
        ] {
            let fault = adopted(text).err().unwrap();
            assert_eq!(fault.code, code, "{fault}");
            assert!(fault.message.contains(why), "{fault}");
        }
    }

    fn fetched(text: &str) -> Result<Config, Fault> {
        let mut config: Config = toml::from_str(text)
            .map_err(|e| Fault::new(Class::Operator, "config_invalid", e.message()))?;
        let adopted = config.adopt_transfer(Path::new("iosxe.toml"));
        adopted.map(|()| config)
    }

    #[test]
    fn where_images_come_from_belongs_to_the_policy_of_the_run() {
        let config = fetched("").unwrap();
        assert!(config.policy.transfer.is_push());
        let text = "[transfer]\nfrom = \"https://h/ios\"\n[[transfer.site]]\nmatch = \"ly*\"\n\
                    from = \"scp://near//srv/ios\"\ncredential = \"files\"\n";
        let transfer = fetched(text).unwrap().policy.transfer;
        let of = |site| transfer.server(site).unwrap().folder.to_string();
        assert_eq!(of(None), "https://h/ios/");
        assert_eq!(of(Some("lyon")), "scp://near//srv/ios/");
    }

    #[test]
    fn a_transfer_that_cannot_be_is_refused_before_anything_is_asked() {
        for (text, code, why) in [
            ("from = \"gopher://h/\"", "config_invalid", "`gopher` is no"),
            ("from = \"ftp://a:b@h/\"", "config_invalid", "no password"),
            ("form = \"push\"", "config_invalid", "unknown field `form`"),
            (
                "from = \"http://h/\"",
                "plain_transfer",
                "iosxe.toml: [transfer]: http://h/ is fetched without encryption",
            ),
            (
                "[[transfer.site]]\nmatch = \"x\"\nfrom = \"scp://h/\"",
                "transfer_login_missing",
                "iosxe.toml: [[transfer.site]] match = \"x\": devices ask for a user",
            ),
        ] {
            let fault = fetched(&format!("[transfer]\n{text}\n")).err().unwrap();
            assert_eq!(fault.code, code, "{fault}");
            assert!(fault.message.contains(why), "{fault}");
        }
    }

    #[test]
    fn checks_that_cannot_be_made_are_refused_with_the_file() {
        let check = |rest: &str| {
            adopted(&format!("[[check]]\nname = \"a\"\n{rest}\n"))
                .err()
                .unwrap()
        };
        for (rest, why) in [
            (
                "command = \"reload\"\nexpect = \"x\"",
                "only show commands are run as checks",
            ),
            ("command = \"show clock\"\nexpect = \"(\"", "unclosed group"),
            ("command = \"show clock\"", "nothing of what is expected"),
            (
                "command = \"show clock\"\nexpct = \"x\"",
                "unknown field `expct`",
            ),
            (
                "command = \"show clock\"\nexpect = \"x\"\nlimit = [\"colour=red\"]",
                "`colour` cannot be selected by",
            ),
            (
                "command = \"show clock\"\nexpect = \"x\"\n[[check]]\nname = \"a\"\ncommand = \"show clock\"\nexpect = \"y\"",
                "two checks are named `a`",
            ),
        ] {
            let said = check(rest);
            assert!(said.contains(why), "{why}: {said}");
        }
    }
}
