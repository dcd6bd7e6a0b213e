//! Tables of a sheet: a table whose header is ours grows over the columns and rows that we append.

use super::Damage;
use super::sheet::{grown, lengthened};
use super::xml::{Splices, Token, walk};
use crate::place::Area;

/// What came of a table.
#[derive(Debug, PartialEq)]
pub(super) enum Grown {
    /// Its part, grown.
    Yes(String),
    /// It is another table.
    Elsewhere,
    /// It has the header of the inventory, yet other cells lie between it and our columns.
    Apart(String),
}

/// Grows a table over `names`, which stand in `header_row` from column `first` on.
pub(super) fn grow(
    xml: &str,
    header_row: u32,
    first: u32,
    names: &[&'static str],
) -> Result<Grown, Damage> {
    let mut splices = Splices::default();
    let mut grown_to: Option<Area> = None;
    let mut answer = Grown::Elsewhere;
    let mut prefix = String::new();
    let mut last_id = 0u32;
    let mut columns_end = None;
    walk(xml, |token| {
        let tag = match token {
            Token::Start(tag) => tag,
            Token::End(name, span) => {
                if name == "tableColumns" {
                    columns_end = Some(span.start);
                }
                return Ok(());
            }
        };
        let area = tag.attribute("ref")?.and_then(|r| Area::parse(&r));
        match tag.local().as_str() {
            "table" => {
                prefix = tag.prefix();
                let has_header = tag.number::<u32>("headerRowCount")? != Some(0);
                if let Some(area) = area.filter(|a| has_header && a.first.row == header_row) {
                    grown_to = grown(area, header_row, first, names.len());
                    match grown_to {
                        Some(new) => {
                            splices
                                .replace(tag.span.clone(), tag.with(&[("ref", new.to_string())])?);
                        }
                        None => {
                            let name = tag.attribute("displayName")?.unwrap_or_default();
                            answer = Grown::Apart(name);
                        }
                    }
                }
            }
            "autoFilter" => {
                if let (Some(area), Some(_)) = (area, grown_to)
                    && let Some(new) = grown(area, header_row, first, names.len())
                {
                    splices.replace(tag.span.clone(), tag.with(&[("ref", new.to_string())])?);
                }
            }
            "tableColumns" if grown_to.is_some() => {
                let count = tag.number::<usize>("count")?.unwrap_or_default() + names.len();
                splices.replace(tag.span.clone(), tag.with(&[("count", count.to_string())])?);
            }
            "tableColumn" => last_id = last_id.max(tag.number("id")?.unwrap_or_default()),
            _ => {}
        }
        Ok(())
    })?;
    let (Some(_), Some(end)) = (grown_to, columns_end) else {
        return Ok(answer);
    };
    for (id, name) in (last_id + 1..).zip(names) {
        splices.insert(
            end,
            format!("<{prefix}tableColumn id=\"{id}\" name=\"{name}\"/>"),
        );
    }
    Ok(Grown::Yes(splices.apply(xml)?))
}

/// The table, grown over a row right below it; `None` for a table that is another, or holds the row
/// already.
///
/// # Errors
/// When the table ends in a row of totals: a row below it would belong to nothing.
pub(super) fn lengthen(xml: &str, header_row: u32, row: u32) -> Result<Option<String>, Damage> {
    let mut splices = Splices::default();
    let mut longer = false;
    walk(xml, |token| {
        let Token::Start(tag) = token else {
            return Ok(());
        };
        let is_table = tag.is("table");
        if !(is_table || longer && tag.is("autoFilter")) {
            return Ok(());
        }
        let Some(area) = tag.attribute("ref")?.and_then(|r| Area::parse(&r)) else {
            return Ok(());
        };
        if is_table {
            let ours = area.first.row == header_row;
            let totals = tag.number::<u32>("totalsRowCount")?.unwrap_or_default();
            // The totals are the table's last rows.
            if ours && totals > 0 && row + totals > area.last.row {
                let name = tag.attribute("displayName")?.unwrap_or_default();
                return Err(Damage::new(format!(
                    "the table `{name}` ends in a row of totals: hide them, or add the row by hand"
                )));
            }
        }
        if let Some(new) = lengthened(area, header_row, row) {
            longer = true;
            splices.replace(tag.span.clone(), tag.with(&[("ref", new.to_string())])?);
        }
        Ok(())
    })?;
    Ok(if longer {
        Some(splices.apply(xml)?)
    } else {
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = r#"<table xmlns="u" id="1" name="Devices" displayName="Devices" ref="B3:D9" totalsRowShown="0"><autoFilter ref="B3:D9"/><tableColumns count="3"><tableColumn id="1" name="hostname"/><tableColumn id="7" name="address"/><tableColumn id="3" name="rack"/></tableColumns><tableStyleInfo name="TableStyleMedium2"/></table>"#;

    #[test]
    fn a_table_that_ends_where_our_columns_start_grows() {
        let Grown::Yes(xml) = grow(TABLE, 2, 4, &["plan", "run"]).unwrap() else {
            panic!("not grown");
        };
        insta::assert_snapshot!(xml, @r#"<table xmlns="u" id="1" name="Devices" displayName="Devices" ref="B3:F9" totalsRowShown="0"><autoFilter ref="B3:F9"/><tableColumns count="5"><tableColumn id="1" name="hostname"/><tableColumn id="7" name="address"/><tableColumn id="3" name="rack"/><tableColumn id="8" name="plan"/><tableColumn id="9" name="run"/></tableColumns><tableStyleInfo name="TableStyleMedium2"/></table>"#);
    }

    #[test]
    fn a_table_grows_over_a_row_right_below_it() {
        let longer = lengthen(TABLE, 2, 9).unwrap().unwrap();
        assert_eq!(longer, TABLE.replace("B3:D9", "B3:D10"));
        // A row that it has already, one that stands apart, and another table's.
        for (header, row) in [(2, 8), (2, 10), (1, 9)] {
            assert_eq!(lengthen(TABLE, header, row).unwrap(), None);
        }
        let totals = TABLE.replace("totalsRowShown=\"0\"", "totalsRowCount=\"1\"");
        for row in [8, 9] {
            insta::allow_duplicates! {
                insta::assert_snapshot!(lengthen(&totals, 2, row).unwrap_err(), @"the table `Devices` ends in a row of totals: hide them, or add the row by hand");
            }
        }
        assert_eq!(lengthen(&totals, 2, 7).unwrap(), None);
    }

    #[test]
    fn other_tables_stay() {
        assert_eq!(grow(TABLE, 0, 4, &["plan"]).unwrap(), Grown::Elsewhere);
        assert_eq!(
            grow(TABLE, 2, 6, &["plan"]).unwrap(),
            Grown::Apart("Devices".to_owned())
        );
        let headless = TABLE.replace("id=\"1\" name=\"Devices\"", "headerRowCount=\"0\"");
        assert_eq!(grow(&headless, 2, 4, &["plan"]).unwrap(), Grown::Elsewhere);
    }
}
