//! Which rows a verb is for.

use iosxe_core::device::Record;
use iosxe_core::fault::{Class, Fault, Remedy};
use iosxe_core::platform::PlatformTable;
use iosxe_workflow::limit::Limit;

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
        .map(Limit::parse)
        .collect::<Result<Vec<_>, _>>()?;
    let chosen: Vec<Record> = records
        .into_iter()
        .filter(|r| terms.iter().all(|t| t.fits(r, table)))
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
