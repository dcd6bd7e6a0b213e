//! The parts of a workbook and how they refer to each other. Parts that do not change are copied as
//! they are compressed.

use std::collections::BTreeMap;
use std::io::{Cursor, Read, Write};

use quick_xml::Reader;
use quick_xml::events::Event;
use zip::{ZipArchive, ZipWriter};

use super::Damage;
use super::xml::{Splices, Token, damaged, walk};
use crate::place::Area;

/// The largest part that is unpacked for editing.
const PART_BYTES_MAX: u64 = 512 << 20;

/// A workbook's archive with the changes to its parts.
pub(super) struct Package<'b> {
    archive: ZipArchive<Cursor<&'b [u8]>>,
    workbook: String,
    /// Changed parts; `None` for removed ones.
    changed: BTreeMap<String, Option<String>>,
}

/// The sheets of a workbook: names and parts, in the order of the tabs.
pub(super) struct Workbook(Vec<(String, String)>);

impl Workbook {
    /// A sheet's number among the tabs, from 0, and its part.
    pub(super) fn sheet(&self, name: &str) -> Option<(usize, &str)> {
        let found = self.0.iter().enumerate().find(|(_, (n, _))| n == name);
        found.map(|(index, (_, part))| (index, part.as_str()))
    }
}

/// One line of a `.rels` part.
struct Relationship {
    id: String,
    kind: String,
    part: String,
}

impl<'b> Package<'b> {
    pub(super) fn open(bytes: &'b [u8]) -> Result<Self, Damage> {
        let mut package = Self {
            archive: ZipArchive::new(Cursor::new(bytes))?,
            workbook: String::new(),
            changed: BTreeMap::new(),
        };
        let root = package.relationships("")?;
        package.workbook = root
            .into_iter()
            .find(|r| r.kind.ends_with("/officeDocument"))
            .map(|r| r.part)
            .ok_or_else(|| Damage::new("the archive holds no workbook"))?;
        Ok(package)
    }

    /// A part as it is now, changes included.
    pub(super) fn text(&mut self, part: &str) -> Result<String, Damage> {
        if let Some(Some(text)) = self.changed.get(part) {
            return Ok(text.clone());
        }
        let name = self.name_of(part);
        let file = self.archive.by_name(&name)?;
        let mut bytes = Vec::new();
        file.take(PART_BYTES_MAX + 1)
            .read_to_end(&mut bytes)
            .map_err(|e| Damage::new(format!("the part {part} cannot be unpacked: {e}")))?;
        if bytes.len() as u64 > PART_BYTES_MAX {
            return Err(Damage::new(format!("the part {part} is too large")));
        }
        String::from_utf8(bytes).map_err(|_| Damage::new(format!("the part {part} is no UTF-8")))
    }

    /// The name of a part as this archive spells it: names of parts ignore case.
    fn name_of(&self, part: &str) -> String {
        let same = |name: &str| name.trim_start_matches('/').eq_ignore_ascii_case(part);
        self.archive
            .file_names()
            .flatten()
            .find(|name| same(name))
            .map_or_else(|| part.to_owned(), |name| name.into_owned())
    }

    fn has(&self, part: &str) -> bool {
        let name = self.name_of(part);
        self.archive.index_for_name(&name).is_some()
    }

    pub(super) fn replace(&mut self, part: &str, text: String) {
        self.changed.insert(part.to_owned(), Some(text));
    }

    fn relationships(&mut self, part: &str) -> Result<Vec<Relationship>, Damage> {
        let (folder, name) = part.rsplit_once('/').unwrap_or(("", part));
        let rels = join(folder, &format!("_rels/{name}.rels"));
        if !self.has(&rels) {
            return Ok(Vec::new());
        }
        let text = self.text(&rels)?;
        let mut found = Vec::new();
        walk(&text, |token| {
            if let Token::Start(tag) = token
                && tag.is("Relationship")
                && tag.attribute("TargetMode")?.as_deref() != Some("External")
            {
                let target = tag.attribute("Target")?.unwrap_or_default();
                found.push(Relationship {
                    id: tag.attribute("Id")?.unwrap_or_default(),
                    kind: tag.attribute("Type")?.unwrap_or_default(),
                    part: join(folder, &target),
                });
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// The parts of one kind that a part refers to.
    pub(super) fn related(&mut self, part: &str, kind: &str) -> Result<Vec<String>, Damage> {
        let all = self.relationships(part)?;
        let those = all.into_iter().filter(|r| r.kind.ends_with(kind));
        Ok(those.map(|r| r.part).collect())
    }

    pub(super) fn workbook(&mut self) -> Result<Workbook, Damage> {
        let part = self.workbook.clone();
        let relationships = self.relationships(&part)?;
        let text = self.text(&part)?;
        let mut sheets = Vec::new();
        walk(&text, |token| {
            if let Token::Start(tag) = token
                && tag.is("sheet")
            {
                let name = tag.attribute("name")?.unwrap_or_default();
                let id = tag.attribute(":id")?.unwrap_or_default();
                let part = relationships.iter().find(|r| r.id == id);
                sheets.push((name, part.map(|r| r.part.clone()).unwrap_or_default()));
            }
            Ok(())
        })?;
        Ok(Workbook(sheets))
    }

    /// A sheet's filter has a hidden name for its range; both must say the same.
    pub(super) fn move_filter_name(
        &mut self,
        sheet: usize,
        old: Area,
        new: Area,
    ) -> Result<(), Damage> {
        let part = self.workbook.clone();
        let text = self.text(&part)?;
        let absolute = |area: Area| {
            let dollars = |cell: String| {
                let digits = cell.find(|c: char| c.is_ascii_digit()).unwrap_or(0);
                let (letters, number) = cell.split_at_checked(digits).unwrap_or((&cell, ""));
                format!("${letters}${number}")
            };
            format!(
                "!{}:{}",
                dollars(area.first.to_string()),
                dollars(area.last.to_string())
            )
        };
        let mut splices = Splices::default();
        let mut reader = Reader::from_str(&text);
        let mut inside = false;
        loop {
            let from = usize::try_from(reader.buffer_position()).map_err(damaged)?;
            match reader.read_event().map_err(damaged)? {
                Event::Start(start) if start.local_name().as_ref() == "definedName" => {
                    let attribute = |name: &str| {
                        let found = start.try_get_attribute(name).ok().flatten();
                        found.map(|a| a.value.into_owned()).unwrap_or_default()
                    };
                    inside = attribute("name") == "_xlnm._FilterDatabase"
                        && attribute("localSheetId") == sheet.to_string();
                }
                Event::Text(value) if inside => {
                    let raw: &str = &value;
                    let to = usize::try_from(reader.buffer_position()).map_err(damaged)?;
                    if let Some(name) = raw.strip_suffix(&absolute(old)) {
                        splices.replace(from..to, format!("{name}{}", absolute(new)));
                    }
                }
                Event::End(_) => inside = false,
                Event::Eof => break,
                _ => {}
            }
        }
        let edited = splices.apply(&text)?;
        if edited != text {
            self.replace(&part, edited);
        }
        Ok(())
    }

    /// Removes the list of formula cells. One that names a cell without a formula makes Excel offer
    /// a repair; without the list Excel makes a new one.
    pub(super) fn drop_calculation_chain(&mut self) -> Result<(), Damage> {
        let workbook = self.workbook.clone();
        for chain in self.related(&workbook, "/calcChain")? {
            let (folder, name) = workbook.rsplit_once('/').unwrap_or(("", &workbook));
            let rels = join(folder, &format!("_rels/{name}.rels"));
            self.drop_element(&rels, "Relationship", "Target", &|target| {
                join(folder, target) == chain
            })?;
            self.drop_element("[Content_Types].xml", "Override", "PartName", &|name| {
                join("", name) == chain
            })?;
            self.changed.insert(chain, None);
        }
        Ok(())
    }

    fn drop_element(
        &mut self,
        part: &str,
        element: &str,
        attribute: &str,
        matches: &dyn Fn(&str) -> bool,
    ) -> Result<(), Damage> {
        let text = self.text(part)?;
        let mut splices = Splices::default();
        let mut open = None;
        walk(&text, |token| {
            match token {
                Token::Start(tag) if tag.is(element) => {
                    let value = tag.attribute(attribute)?;
                    if value.is_some_and(|v| matches(&v)) {
                        if tag.empty {
                            splices.replace(tag.span, String::new());
                        } else {
                            open = Some(tag.span.start);
                        }
                    }
                }
                Token::End(name, span) if name == element => {
                    if let Some(start) = open.take() {
                        splices.replace(start..span.end, String::new());
                    }
                }
                Token::Start(_) | Token::End(..) => {}
            }
            Ok(())
        })?;
        let edited = splices.apply(&text)?;
        self.replace(part, edited);
        Ok(())
    }

    /// The archive with its changes. Order, compression, times and comments of the parts stay.
    pub(super) fn finish(mut self) -> Result<Vec<u8>, Damage> {
        let changed: BTreeMap<String, Option<String>> = std::mem::take(&mut self.changed)
            .into_iter()
            .map(|(part, text)| (self.name_of(&part), text))
            .collect();
        let mut out = ZipWriter::new(Cursor::new(Vec::new()));
        out.set_raw_comment(self.archive.comment().into())?;
        for index in 0..self.archive.len() {
            let file = self.archive.by_index_raw(index)?;
            let name = file.name()?.into_owned();
            match changed.get(&name) {
                None => out.raw_copy_file(file)?,
                Some(None) => {}
                Some(Some(text)) => {
                    let options = file.options();
                    drop(file);
                    out.start_file(name, options)?;
                    out.write_all(text.as_bytes())
                        .map_err(|e| Damage::new(format!("it cannot be packed: {e}")))?;
                }
            }
        }
        Ok(out.finish()?.into_inner())
    }
}

/// A target of a relationship, seen from a folder: `../tables/t.xml` from `xl/worksheets` is
/// `xl/tables/t.xml`.
fn join(folder: &str, target: &str) -> String {
    let mut path: Vec<&str> = match target.strip_prefix('/') {
        Some(_) => Vec::new(),
        None => folder.split('/').filter(|s| !s.is_empty()).collect(),
    };
    for step in target.split('/') {
        match step {
            "" | "." => {}
            ".." => {
                path.pop();
            }
            step => path.push(step),
        }
    }
    path.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::CellAt;

    const PARTS: [(&str, &str); 6] = [
        (
            "[Content_Types].xml",
            r#"<Types><Override PartName="/xl/calcChain.xml" ContentType="c"/><Override PartName="/xl/workbook.xml" ContentType="w"></Override></Types>"#,
        ),
        (
            "_rels/.rels",
            r#"<Relationships><Relationship Id="r" Type="http://x/officeDocument" Target="/xl/workbook.xml"/></Relationships>"#,
        ),
        (
            "xl/workbook.xml",
            r#"<workbook><sheets><sheet name="A &amp; B" sheetId="4" r:id="r1"/><sheet name="C" sheetId="2" r:id="r2"/></sheets><definedNames><definedName name="_xlnm._FilterDatabase" localSheetId="0" hidden="1">'A &amp; B'!$A$1:$C$9</definedName><definedName name="_xlnm._FilterDatabase" localSheetId="1">C!$A$1:$C$9</definedName></definedNames></workbook>"#,
        ),
        (
            "xl/_rels/workbook.xml.rels",
            r#"<Relationships><Relationship Id="r1" Type="http://x/worksheet" Target="worksheets/sheet7.xml"/><Relationship Id="r2" Type="http://x/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r3" Type="http://x/calcChain" Target="calcChain.xml"></Relationship></Relationships>"#,
        ),
        ("xl/calcChain.xml", "<calcChain/>"),
        ("XL/Worksheets/Sheet7.xml", "<worksheet/>"),
    ];

    fn archive() -> Vec<u8> {
        let mut out = ZipWriter::new(Cursor::new(Vec::new()));
        out.set_comment("kept").unwrap();
        for (name, text) in PARTS {
            let options = zip::write::SimpleFileOptions::default();
            out.start_file(name, options).unwrap();
            out.write_all(text.as_bytes()).unwrap();
        }
        out.finish().unwrap().into_inner()
    }

    #[test]
    fn sheets_are_found_by_name_and_parts_in_any_case() {
        let bytes = archive();
        let mut package = Package::open(&bytes).unwrap();
        let workbook = package.workbook().unwrap();
        assert_eq!(
            workbook.sheet("A & B"),
            Some((0, "xl/worksheets/sheet7.xml"))
        );
        assert_eq!(workbook.sheet("C"), Some((1, "xl/worksheets/sheet1.xml")));
        assert_eq!(workbook.sheet("D"), None);
        assert_eq!(
            package.text("xl/worksheets/sheet7.xml").unwrap(),
            "<worksheet/>"
        );
        assert!(package.text("xl/worksheets/sheet1.xml").is_err());
    }

    #[test]
    fn the_list_of_formulas_goes_with_all_that_names_it() {
        let bytes = archive();
        let mut package = Package::open(&bytes).unwrap();
        package.drop_calculation_chain().unwrap();
        let bytes = package.finish().unwrap();
        let mut package = Package::open(&bytes).unwrap();
        assert!(!package.has("xl/calcChain.xml"));
        assert_eq!(package.archive.comment(), b"kept");
        let left = package.text("[Content_Types].xml").unwrap()
            + &package.text("xl/_rels/workbook.xml.rels").unwrap();
        insta::assert_snapshot!(left, @r#"<Types><Override PartName="/xl/workbook.xml" ContentType="w"></Override></Types><Relationships><Relationship Id="r1" Type="http://x/worksheet" Target="worksheets/sheet7.xml"/><Relationship Id="r2" Type="http://x/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#);
    }

    #[test]
    fn the_name_of_a_filter_moves_with_it() {
        let bytes = archive();
        let mut package = Package::open(&bytes).unwrap();
        let area = |row, column| Area {
            first: CellAt::new(0, 0),
            last: CellAt::new(row, column),
        };
        package
            .move_filter_name(0, area(8, 2), area(8, 30))
            .unwrap();
        let text = package.text("xl/workbook.xml").unwrap();
        insta::assert_snapshot!(text, @r#"<workbook><sheets><sheet name="A &amp; B" sheetId="4" r:id="r1"/><sheet name="C" sheetId="2" r:id="r2"/></sheets><definedNames><definedName name="_xlnm._FilterDatabase" localSheetId="0" hidden="1">'A &amp; B'!$A$1:$AE$9</definedName><definedName name="_xlnm._FilterDatabase" localSheetId="1">C!$A$1:$C$9</definedName></definedNames></workbook>"#);
    }

    #[test]
    fn targets_are_seen_from_their_folder() {
        assert_eq!(join("", "xl/workbook.xml"), "xl/workbook.xml");
        assert_eq!(
            join("xl", "worksheets/sheet1.xml"),
            "xl/worksheets/sheet1.xml"
        );
        assert_eq!(
            join("xl/worksheets", "../tables/t1.xml"),
            "xl/tables/t1.xml"
        );
        assert_eq!(
            join("xl/worksheets", "/xl/tables/t1.xml"),
            "xl/tables/t1.xml"
        );
        assert_eq!(join("", "../../a"), "a");
    }
}
