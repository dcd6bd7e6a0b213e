//! Which column is it? The names that we know, the names that people use for them, and whose they
//! are.

/// The columns of one kind of sheet.
pub(crate) trait Field: Copy + Ord + 'static {
    /// All of them.
    fn all() -> impl Iterator<Item = Self>;

    /// Those without which it is no such sheet.
    const REQUIRED: &'static [Self];

    /// Its name, as headers that we write spell it.
    fn name(self) -> &'static str;

    /// Other names that people give it.
    fn aliases(self) -> &'static [&'static str];

    /// The column that a header means, and whether it says so by the column's own name.
    fn of_header(header: &str) -> Option<(Self, Named)> {
        let key = key(header);
        if key.is_empty() {
            return None;
        }
        if let Some(column) = Self::all().find(|c| self::key(c.name()) == key) {
            return Some((column, Named::Itself));
        }
        Self::all()
            .find(|c| c.aliases().iter().any(|a| self::key(a) == key))
            .map(|c| (c, Named::Alias))
    }
}

/// A column that we read or write. Every other one is the operator's own and never touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Column {
    Hostname,
    Address,
    Platform,
    Serial,
    Site,
    Role,
    TargetVersion,
    Image,
    WantMethod,
    HaGroup,
    Wave,
    Window,
    Credential,
    FallbackCredential,
    Jump,
    Console,
    SaveConfig,
    Hold,
    Approval,
    Notes,
    Waive,
    Plan,
    CurrentVersion,
    BootMode,
    Method,
    Status,
    Stage,
    LastError,
    RollbackStatus,
    LastUpgrade,
    Run,
    UpdatedAt,
}

impl Column {
    /// What the operator writes.
    pub(crate) const OPERATOR: [Self; 21] = [
        Self::Hostname,
        Self::Address,
        Self::Platform,
        Self::Serial,
        Self::Site,
        Self::Role,
        Self::TargetVersion,
        Self::Image,
        Self::WantMethod,
        Self::HaGroup,
        Self::Wave,
        Self::Window,
        Self::Credential,
        Self::FallbackCredential,
        Self::Jump,
        Self::Console,
        Self::SaveConfig,
        Self::Hold,
        Self::Approval,
        Self::Notes,
        Self::Waive,
    ];

    /// What we write, in the order in which missing ones are appended.
    pub(crate) const OURS: [Self; 11] = [
        Self::Plan,
        Self::CurrentVersion,
        Self::BootMode,
        Self::Method,
        Self::Status,
        Self::Stage,
        Self::LastError,
        Self::RollbackStatus,
        Self::LastUpgrade,
        Self::Run,
        Self::UpdatedAt,
    ];
}

impl Field for Column {
    const REQUIRED: &'static [Self] = &[Self::Hostname, Self::Address];

    fn all() -> impl Iterator<Item = Self> {
        Self::OPERATOR.into_iter().chain(Self::OURS)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Hostname => "hostname",
            Self::Address => "address",
            Self::Platform => "platform",
            Self::Serial => "serial",
            Self::Site => "site",
            Self::Role => "role",
            Self::TargetVersion => "target_version",
            Self::Image => "image",
            Self::WantMethod => "want_method",
            Self::HaGroup => "ha_group",
            Self::Wave => "wave",
            Self::Window => "window",
            Self::Credential => "credential",
            Self::FallbackCredential => "fallback_credential",
            Self::Jump => "jump",
            Self::Console => "console",
            Self::SaveConfig => "save_config",
            Self::Hold => "hold",
            Self::Approval => "approval",
            Self::Notes => "notes",
            Self::Waive => "waive",
            Self::Plan => "plan",
            Self::CurrentVersion => "current_version",
            Self::BootMode => "boot_mode",
            Self::Method => "method",
            Self::Status => "status",
            Self::Stage => "stage",
            Self::LastError => "last_error",
            Self::RollbackStatus => "rollback_status",
            Self::LastUpgrade => "last_upgrade",
            Self::Run => "run",
            Self::UpdatedAt => "updated_at",
        }
    }

    /// Our own columns have none: a column that is only nearly named like one of ours is the
    /// operator's, and would be overwritten.
    fn aliases(self) -> &'static [&'static str] {
        match self {
            Self::Hostname => &["device", "name", "host", "device name", "node"],
            Self::Address => &[
                "ip",
                "ip address",
                "mgmt_ip",
                "management ip",
                "mgmt address",
                "management address",
            ],
            Self::Platform => &["model", "pid", "product id", "hardware"],
            Self::Serial => &["serials", "serial number", "serial numbers", "s/n"],
            Self::Site => &["location", "site name"],
            Self::Role => &["device role"],
            Self::TargetVersion => &[
                "target",
                "target release",
                "desired version",
                "new version",
                "upgrade to",
            ],
            Self::Image => &["image path", "image file", "image name", "filename"],
            Self::WantMethod => &["wanted method", "desired method", "upgrade method"],
            Self::HaGroup => &["ha", "ha pair", "redundancy group"],
            Self::Wave => &["wave number", "upgrade wave"],
            Self::Window => &["maintenance window", "change window"],
            Self::Credential => &["credentials", "credential name"],
            Self::FallbackCredential => &["fallback credentials"],
            Self::Jump => &["jump host", "jump hosts", "proxy jump", "bastion"],
            Self::Console => &["console server", "console access"],
            Self::SaveConfig => &["save configuration"],
            Self::Hold => &["skip", "on hold"],
            Self::Approval => &["approvals", "approved"],
            Self::Notes => &["operator notes", "note", "comment", "comments", "remarks"],
            Self::Waive => &["waivers", "waived rules"],
            Self::Plan
            | Self::CurrentVersion
            | Self::BootMode
            | Self::Method
            | Self::Status
            | Self::Stage
            | Self::LastError
            | Self::RollbackStatus
            | Self::LastUpgrade
            | Self::Run
            | Self::UpdatedAt => &[],
        }
    }
}

/// How a header names its column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// By the column's own name, in any spelling.
    Itself,
    /// By a name that people use.
    Alias,
}

/// What of a header counts: its letters and digits, in small letters. So `Target Version`,
/// `target-version`, `TargetVersion`, a header broken over two lines and `hostname *` are what they
/// look like.
pub(crate) fn key(header: &str) -> String {
    header
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn headers_are_matched_as_people_write_them() {
        let of = |h: &str| Column::of_header(h).map(|(c, _)| c);
        for header in [
            "hostname",
            "Host Name",
            "HOST-NAME",
            " host_name ",
            "Device",
            "name",
            "host",
        ] {
            assert_eq!(of(header), Some(Column::Hostname), "{header}");
        }
        for header in [
            "address",
            "IP",
            "mgmt_ip",
            "Mgmt IP",
            "management ip",
            "IP\nAddress",
        ] {
            assert_eq!(of(header), Some(Column::Address), "{header}");
        }
        for header in [
            "target",
            "Target Version",
            "targetVersion",
            "target-version *",
        ] {
            assert_eq!(of(header), Some(Column::TargetVersion), "{header}");
        }
        assert_eq!(of("model"), Some(Column::Platform));
        assert_eq!(of("image path"), Some(Column::Image));
        assert_eq!(of("operator notes"), Some(Column::Notes));
        assert_eq!(of("S/N"), Some(Column::Serial));
        assert_eq!(of("Last Error"), Some(Column::LastError));
        for header in ["", "--", "rack", "last updated", "running version"] {
            assert_eq!(of(header), None, "{header}");
        }
    }

    #[test]
    fn no_name_means_two_columns() {
        let mut seen = BTreeMap::new();
        for column in Column::OPERATOR.into_iter().chain(Column::OURS) {
            for name in column.aliases().iter().chain([&column.name()]) {
                assert_eq!(seen.insert(key(name), column), None, "{name}");
            }
        }
        assert_eq!(Column::OPERATOR.len() + Column::OURS.len(), 32);
    }
}
