//! Which rows a verb is for.

use iosxe_core::device::Record;
use iosxe_core::fault::{Class, Fault, Remedy};
use iosxe_core::platform::PlatformTable;
use iosxe_workflow::executor::glob;

/// One `--limit`.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Term {
    Name(String),
    Site(String),
    Role(String),
    Wave(u32),
    Platform(String),
}

fn term(text: &str) -> Result<Term, Fault> {
    let bad = |what: String| {
        Fault::new(Class::Operator, "limit", what).remedy(Remedy::new(
            "give a hostname pattern, site=…, role=…, wave=… or platform=…",
        ))
    };
    match text.split_once('=') {
        None if text.is_empty() => Err(bad("an empty --limit selects nothing".into())),
        None => Ok(Term::Name(text.to_owned())),
        Some(("site", v)) => Ok(Term::Site(v.to_owned())),
        Some(("role", v)) => Ok(Term::Role(v.to_owned())),
        Some(("platform", v)) => Ok(Term::Platform(v.to_owned())),
        Some(("wave", v)) => v
            .parse()
            .map(Term::Wave)
            .map_err(|_| bad(format!("`{v}` is no wave number"))),
        Some((key, _)) => Err(bad(format!("`{key}` cannot be selected by"))),
    }
}

/// The rows that every expression fits. Expressions may be joined by commas.
///
/// # Errors
/// An expression that cannot be read, or rows that none fits.
pub(crate) fn select(
    records: Vec<Record>,
    limits: &[String],
    table: &PlatformTable,
) -> Result<Vec<Record>, Fault> {
    let terms = limits
        .iter()
        .flat_map(|l| l.split(','))
        .map(|t| term(t.trim()))
        .collect::<Result<Vec<_>, _>>()?;
    let chosen: Vec<Record> = records
        .into_iter()
        .filter(|r| terms.iter().all(|t| fits(t, r, table)))
        .collect();
    if chosen.is_empty() {
        return Err(Fault::new(
            Class::Operator,
            "limit",
            format!(
                "no row of the inventory is selected by {}",
                limits.join(" and ")
            ),
        )
        .remedy(Remedy::with("look at the rows", "iosxe inventory show")));
    }
    Ok(chosen)
}

fn fits(term: &Term, record: &Record, table: &PlatformTable) -> bool {
    let same = |a: &Option<String>, b: &str| a.as_deref().is_some_and(|a| glob(b, a));
    match term {
        Term::Name(pattern) => glob(pattern, record.name.as_str()),
        Term::Site(site) => same(&record.site, site),
        Term::Role(role) => same(&record.role, role),
        Term::Wave(wave) => record.wave == Some(*wave),
        Term::Platform(platform) => record
            .platform
            .as_deref()
            .is_some_and(|cell| glob(platform, cell) || table.cell_names(platform, cell)),
    }
}
