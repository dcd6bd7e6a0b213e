//! What documents say about going from one release to another: rules as data, waived by name.

use std::fmt;

use iosxe_core::device::Waiver;
use iosxe_core::plan::Method;
use iosxe_core::version::Version;
use serde::Deserialize;

/// The rules that ship with this crate.
const BUILT_IN: &str = include_str!("../data/rules.toml");

/// What a rule does to a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// There is no plan, unless the rule is waived.
    Block,
    /// The plan says so, and a person should read it.
    Warn,
    /// The plan says so.
    Info,
}

/// Newer or older.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Direction {
    Up,
    Down,
}

/// One rule. It speaks when every condition that it has is met.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a condition of the file's format"
)]
pub struct Rule {
    /// Its name in plans and waivers.
    pub id: String,
    /// What it does.
    pub severity: Severity,
    /// One sentence.
    pub text: String,
    /// Where it is written.
    pub source: String,
    /// What to do about it, in the imperative; `{file}` stands for the image with its file system.
    #[serde(default)]
    pub remedy: Option<String>,
    /// The release to go to first.
    #[serde(default)]
    pub via: Option<Version>,
    /// The first release that runs on the hardware of `pids`: the rule speaks of a target before it.
    #[serde(default)]
    pub first_release: Option<Version>,
    /// What the first boot of the target takes longer for it, in seconds of device time: typical, at
    /// most. It goes into the estimate, the bounds and the timer of a plan.
    #[serde(default)]
    pub reload_more_s: [u64; 2],
    #[serde(default)]
    families: Vec<String>,
    #[serde(default)]
    pids: Vec<String>,
    #[serde(default)]
    methods: Vec<Method>,
    #[serde(default)]
    from: Option<Range>,
    #[serde(default)]
    to: Option<Range>,
    #[serde(default)]
    direction: Option<Direction>,
    #[serde(default)]
    train_changes: bool,
    #[serde(default)]
    major_changes: bool,
    #[serde(default)]
    maintenance_differs: bool,
    #[serde(default)]
    to_standard_maintenance: bool,
    #[serde(default)]
    trains_apart_over: Option<u16>,
}

/// The way that rules are asked about.
#[derive(Clone, Copy, Debug)]
pub struct Move<'a> {
    /// Name of the platform family.
    pub family: &'a str,
    /// The model.
    pub pid: &'a str,
    /// How.
    pub method: Method,
    /// What runs.
    pub from: &'a Version,
    /// What will run.
    pub to: &'a Version,
}

impl Rule {
    /// Whether the rule speaks about a move.
    #[must_use]
    pub fn speaks(&self, of: Move<'_>) -> bool {
        let (from, to) = (of.from.train(), of.to.train());
        let named = |list: &[String], is: &dyn Fn(&str) -> bool| {
            list.is_empty() || list.iter().any(|entry| is(entry))
        };
        let direction = match self.direction {
            None => true,
            Some(Direction::Up) => of.to > of.from,
            Some(Direction::Down) => of.to < of.from,
        };
        let kinds = (
            of.from.is_extended_maintenance(),
            of.to.is_extended_maintenance(),
        );
        named(&self.families, &|f| f == of.family)
            && named(&self.pids, &|p| of.pid.starts_with(p))
            && (self.methods.is_empty() || self.methods.contains(&of.method))
            && self.from.as_ref().is_none_or(|r| r.holds(of.from))
            && self.to.as_ref().is_none_or(|r| r.holds(of.to))
            && self.first_release.as_ref().is_none_or(|first| of.to < first)
            && direction
            && (!self.train_changes || from != to)
            && (!self.major_changes || from.0 != to.0)
            // Two releases of one train are of one kind, whatever the kind is.
            && (!self.maintenance_differs || (from != to && kinds != (true, true)))
            && (!self.to_standard_maintenance || !kinds.1)
            && self
                .trains_apart_over
                .is_none_or(|n| from.0 == to.0 && from.1.abs_diff(to.1) > n)
            && self
                .via
                .as_ref()
                .is_none_or(|via| of.from < via && via < of.to)
    }

    /// The waiver that sets it aside.
    #[must_use]
    pub fn waived<'w>(&self, waivers: &'w [Waiver]) -> Option<&'w Waiver> {
        waivers.iter().find(|w| w.rule == self.id)
    }
}

/// Comparisons that all hold.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
struct Range(Vec<(Comparison, Version)>);

#[derive(Clone, Copy, Debug)]
enum Comparison {
    Less,
    LessOrSame,
    More,
    MoreOrSame,
    Same,
}

impl Range {
    fn holds(&self, version: &Version) -> bool {
        self.0.iter().all(|(comparison, bound)| match comparison {
            Comparison::Less => version < bound,
            Comparison::LessOrSame => version <= bound,
            Comparison::More => version > bound,
            Comparison::MoreOrSame => version >= bound,
            Comparison::Same => version == bound,
        })
    }
}

impl TryFrom<String> for Range {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let parts = text.split(',').map(|part| {
            let part = part.trim();
            let signs = [
                ("<=", Comparison::LessOrSame),
                (">=", Comparison::MoreOrSame),
                ("<", Comparison::Less),
                (">", Comparison::More),
                ("=", Comparison::Same),
            ];
            let found = signs
                .into_iter()
                .find_map(|(sign, c)| Some((c, part.strip_prefix(sign)?)));
            let (comparison, rest) = found.ok_or_else(|| {
                format!("`{part}` is no comparison: write `>=17.3.2` or `<17.6.1`")
            })?;
            let version = rest.trim().parse::<Version>().map_err(|e| e.to_string())?;
            Ok((comparison, version))
        });
        parts.collect::<Result<Vec<_>, String>>().map(Self)
    }
}

/// All rules, in the order in which they are asked.
#[derive(Clone, Debug, Default)]
pub struct RuleTable {
    rules: Vec<Rule>,
}

/// A rule table that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct RuleTableError(String);

impl fmt::Display for RuleTableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the rule table cannot be read: {}", self.0)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    rule: Vec<Rule>,
}

impl RuleTable {
    /// The rules that ship with this crate.
    ///
    /// # Errors
    /// Never in a released crate: a test reads them.
    pub fn built_in() -> Result<Self, RuleTableError> {
        Self::default().overridden(BUILT_IN)
    }

    /// The same table with rules replaced by id or added at the end.
    ///
    /// # Errors
    /// When the text is not of the table's shape.
    pub fn overridden(mut self, text: &str) -> Result<Self, RuleTableError> {
        let file: File = toml::from_str(text).map_err(|e| RuleTableError(e.to_string()))?;
        for rule in file.rule {
            self.rules.retain(|r| r.id != rule.id);
            self.rules.push(rule);
        }
        Ok(self)
    }

    /// The rules that speak about a move.
    pub fn about<'a>(&'a self, of: Move<'a>) -> impl Iterator<Item = &'a Rule> {
        self.rules.iter().filter(move |r| r.speaks(of))
    }

    /// Whether the first release that runs on a model is known.
    #[must_use]
    pub fn knows_first_release(&self, pid: &str) -> bool {
        let of_hardware = self.rules.iter().filter(|r| r.first_release.is_some());
        of_hardware
            .flat_map(|r| &r.pids)
            .any(|prefix| pid.starts_with(prefix))
    }

    /// Every rule.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn speaking(family: &str, pid: &str, method: Method, from: &str, to: &str) -> Vec<String> {
        let (from, to) = (from.parse().unwrap(), to.parse().unwrap());
        let of = Move {
            family,
            pid,
            method,
            from: &from,
            to: &to,
        };
        let table = RuleTable::built_in().unwrap();
        table.about(of).map(|r| r.id.clone()).collect()
    }

    #[test]
    fn a_rule_speaks_when_all_its_conditions_hold() {
        let up = |from, to| speaking("catalyst-9300", "C9300-48P", Method::ThreeStep, from, to);
        assert_eq!(
            up("17.09.04a", "17.12.04"),
            [
                "ssh_offer_changes",
                "copy_without_bulk_mode",
                "microcode_at_first_boot"
            ]
        );
        assert_eq!(up("17.12.04", "17.12.05"), Vec::<String>::new());
        assert!(up("17.03.01", "17.03.04").contains(&"licences_by_policy".to_owned()));
        assert!(up("17.06.05", "17.03.01").contains(&"licences_registered_again".to_owned()));
        assert!(up("17.12.04", "17.13.01").contains(&"standard_maintenance".to_owned()));
    }

    #[test]
    fn an_upgrade_in_service_has_its_release_rules() {
        let issu = |from, to| speaking("catalyst-9600", "C9606R", Method::Issu, from, to);
        let has = |rules: Vec<String>, id: &str| rules.iter().any(|r| r == id);
        assert!(has(issu("16.12.08", "17.03.06"), "issu_across_majors"));
        assert!(has(
            issu("17.06.05", "17.07.01"),
            "issu_between_maintenance_kinds"
        ));
        assert!(has(issu("17.03.06", "17.15.01"), "issu_trains_apart"));
        assert!(has(issu("17.09.04a", "17.06.05"), "issu_down"));
        let good = issu("17.09.04a", "17.12.04");
        assert!(!good.iter().any(|r| r.starts_with("issu_")), "{good:?}");
        let same_train = issu("17.07.01", "17.07.02");
        assert!(
            !has(same_train, "issu_between_maintenance_kinds"),
            "inside one train"
        );
    }

    #[test]
    fn hardware_runs_nothing_before_its_first_release_and_is_known_or_not() {
        let to = |release| {
            speaking(
                "catalyst-9300",
                "C9350-48P",
                Method::ThreeStep,
                "26.1.1",
                release,
            )
        };
        assert!(to("17.15.4").contains(&"first_release_of_9350".to_owned()));
        assert!(!to("17.18.1").contains(&"first_release_of_9350".to_owned()));
        let table = RuleTable::built_in().unwrap();
        assert!(table.knows_first_release("C9350-48P"));
        assert!(!table.knows_first_release("C9300-48P"));
    }

    #[test]
    fn going_down_has_rules_of_its_own() {
        let down = |from, to| speaking("catalyst-9300", "C9300-48P", Method::ThreeStep, from, to);
        let rules = down("17.12.04", "17.09.04a");
        for id in [
            "older_release_reads_less",
            "secrets_of_newer_releases",
            "ssh_offer_changes_back",
        ] {
            assert!(rules.contains(&id.to_owned()), "{id}: {rules:?}");
        }
        assert_eq!(down("17.12.04", "17.12.03"), Vec::<String>::new());
        let fast = speaking(
            "catalyst-9300",
            "C9300-48P",
            Method::Xfsu,
            "17.12.04",
            "17.09.04a",
        );
        assert!(fast.contains(&"xfsu_down".to_owned()));
    }

    #[test]
    fn a_hop_is_asked_for_only_when_it_lies_between() {
        let mine = "[[rule]]\nid = \"hop\"\nseverity = \"block\"\nvia = \"17.6.5\"\ntext = \"t\"\nsource = \"s\"\n";
        let table = RuleTable::default().overridden(mine).unwrap();
        let asks = |from: &str, to: &str| {
            let (from, to) = (from.parse().unwrap(), to.parse().unwrap());
            let of = Move {
                family: "f",
                pid: "p",
                method: Method::Bundle,
                from: &from,
                to: &to,
            };
            table.about(of).count() == 1
        };
        assert!(asks("17.3.1", "17.12.4"));
        assert!(!asks("17.6.5", "17.12.4"));
        assert!(!asks("17.3.1", "17.6.5"));
    }

    #[test]
    fn a_rule_that_cannot_be_read_is_named() {
        let error = RuleTable::default()
            .overridden("[[rule]]\nid = \"x\"\nseverity = \"block\"\nfrom = \"17.3\"\ntext = \"t\"\nsource = \"s\"\n")
            .unwrap_err();
        assert!(error.to_string().contains("is no comparison"), "{error}");
    }

    #[test]
    fn users_replace_a_rule_by_its_id() {
        let mine = "[[rule]]\nid = \"three_to_sixteen\"\nseverity = \"info\"\ntext = \"t\"\nsource = \"ours\"\n";
        let table = RuleTable::built_in().unwrap().overridden(mine).unwrap();
        let rule = table.rules().iter().find(|r| r.id == "three_to_sixteen");
        assert_eq!(rule.unwrap().severity, Severity::Info);
    }
}
