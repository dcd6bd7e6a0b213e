//! Tags with their places in the text, and edits of a text by places: what is not edited stays
//! byte for byte.

use std::ops::Range;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::Damage;

/// A start tag, or an empty element.
#[derive(Debug)]
pub(super) struct Tag<'x> {
    /// From `<` to `>`, both included.
    pub(super) span: Range<usize>,
    /// `<c/>`: it has no end tag.
    pub(super) empty: bool,
    start: BytesStart<'x>,
}

impl Tag<'_> {
    /// The name without its prefix.
    pub(super) fn local(&self) -> String {
        self.start.local_name().as_ref().to_owned()
    }

    pub(super) fn is(&self, local: &str) -> bool {
        self.start.local_name().as_ref() == local
    }

    /// `x:` where the document writes its elements with a prefix.
    pub(super) fn prefix(&self) -> String {
        let name = self.start.name();
        match name.as_ref().split_once(':') {
            Some((prefix, _)) => format!("{prefix}:"),
            None => String::new(),
        }
    }

    /// An attribute's value. `:id` means one of that name under any prefix.
    pub(super) fn attribute(&self, name: &str) -> Result<Option<String>, Damage> {
        for attribute in self.start.attributes().with_checks(false) {
            let attribute = attribute.map_err(damaged)?;
            let found = attribute.key.as_ref();
            if found == name || name.starts_with(':') && found.ends_with(name) {
                let value = quick_xml::escape::unescape(&attribute.value).map_err(damaged)?;
                return Ok(Some(value.into_owned()));
            }
        }
        Ok(None)
    }

    pub(super) fn number<T: std::str::FromStr>(&self, local: &str) -> Result<Option<T>, Damage> {
        Ok(self.attribute(local)?.and_then(|v| v.trim().parse().ok()))
    }

    /// The tag with other values of some attributes. Attributes that it does not have are added.
    pub(super) fn with(&self, changes: &[(&str, String)]) -> Result<String, Damage> {
        let mut text = format!("<{}", self.start.name().as_ref());
        let mut put = |name: &str, raw: &str| {
            let quote = if raw.contains('"') { '\'' } else { '"' };
            text.push_str(&format!(" {name}={quote}{raw}{quote}"));
        };
        let mut left: Vec<_> = changes.iter().collect();
        for attribute in self.start.attributes().with_checks(false) {
            let attribute = attribute.map_err(damaged)?;
            let name = attribute.key.as_ref();
            match left.iter().position(|(n, _)| *n == name) {
                Some(at) => put(name, &quick_xml::escape::escape(left.remove(at).1.as_str())),
                None => put(name, &attribute.value),
            }
        }
        for (name, value) in left {
            put(name, &quick_xml::escape::escape(value.as_str()));
        }
        text.push_str(if self.empty { "/>" } else { ">" });
        Ok(text)
    }
}

/// What a walk meets.
#[derive(Debug)]
pub(super) enum Token<'x> {
    /// A start tag or an empty element.
    Start(Tag<'x>),
    /// An end tag: its local name and its place.
    End(String, Range<usize>),
}

/// Walks over all tags of a document.
pub(super) fn walk<'x>(
    xml: &'x str,
    mut visit: impl FnMut(Token<'x>) -> Result<(), Damage>,
) -> Result<(), Damage> {
    let mut reader = Reader::from_str(xml);
    loop {
        let from = position(&reader)?;
        let event = reader.read_event().map_err(damaged)?;
        let span = from..position(&reader)?;
        let token = match event {
            Event::Start(start) => Token::Start(tag(xml, start, span, false)?),
            Event::Empty(start) => Token::Start(tag(xml, start, span, true)?),
            Event::End(end) => Token::End(end.local_name().as_ref().to_owned(), span),
            Event::Eof => return Ok(()),
            Event::Text(_)
            | Event::CData(_)
            | Event::Comment(_)
            | Event::Decl(_)
            | Event::PI(_)
            | Event::DocType(_)
            | Event::GeneralRef(_) => continue,
        };
        visit(token)?;
    }
}

fn position(reader: &Reader<&[u8]>) -> Result<usize, Damage> {
    usize::try_from(reader.buffer_position()).map_err(damaged)
}

fn tag<'x>(
    xml: &str,
    start: BytesStart<'x>,
    span: Range<usize>,
    empty: bool,
) -> Result<Tag<'x>, Damage> {
    // Everything below edits by these places: they must be the tag's.
    let text = xml.get(span.clone()).unwrap_or_default();
    if !text.starts_with('<') || !text.ends_with('>') {
        return Err(Damage::new("a part's XML cannot be followed"));
    }
    Ok(Tag { span, empty, start })
}

pub(super) fn damaged(e: impl std::fmt::Display) -> Damage {
    Damage::new(format!("a part's XML is damaged: {e}"))
}

/// Edits of one text: places and what stands there instead.
#[derive(Debug, Default)]
pub(super) struct Splices(Vec<(Range<usize>, String)>);

impl Splices {
    pub(super) fn replace(&mut self, span: Range<usize>, text: String) {
        self.0.push((span, text));
    }

    pub(super) fn insert(&mut self, at: usize, text: String) {
        self.0.push((at..at, text));
    }

    pub(super) fn apply(mut self, text: &str) -> Result<String, Damage> {
        // The sort is stable: insertions at one place stay in their order.
        self.0.sort_by_key(|(span, _)| (span.start, span.end));
        let grown: usize = self.0.iter().map(|(_, new)| new.len()).sum();
        let mut out = String::with_capacity(text.len() + grown);
        let mut done = 0;
        for (span, new) in &self.0 {
            let kept = text.get(done..span.start);
            out.push_str(kept.ok_or_else(|| Damage::new("two edits of one place"))?);
            out.push_str(new);
            done = span.end;
        }
        out.push_str(text.get(done..).unwrap_or_default());
        Ok(out)
    }
}
