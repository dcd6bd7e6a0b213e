//! From rows of cells to records: every cell typed, every problem collected.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::{IpAddr, Ipv6Addr};

use iosxe_core::device::{Address, CellApproval, Record, Waiver};
use iosxe_core::ids::{CredentialName, DeviceName};
use iosxe_core::plan::Method;
use iosxe_core::ports::InventoryRead;
use iosxe_core::version::Version;

use crate::column::Column;
use crate::error::{InventoryError, Problem, ProblemKind};
use crate::place::CellAt;
use crate::table::{Header, Row, Table, Value, whole};

/// How long a hostname may be: names of files and folders are made of it, and file systems end at
/// 255 bytes.
const HOSTNAME_BYTES_MAX: usize = 200;

/// Reads every row.
///
/// # Errors
/// [`InventoryError::Invalid`] with every problem of the table.
pub(crate) fn records(table: &Table) -> Result<InventoryRead, InventoryError> {
    let header = Header::find(table)?;
    let mut reader = Reader {
        table,
        header: &header,
        problems: table.problems.clone(),
        warnings: header.warnings.clone(),
        names: HashMap::new(),
        addresses: HashMap::new(),
    };
    reader.problems.extend(header.problems.iter().cloned());
    reader.merged();
    let mut records = Vec::new();
    for row in table.below(&header) {
        if reader.is_blank(row) {
            continue;
        }
        if let Some(record) = reader.record(row) {
            records.push(record);
        }
    }
    if reader.problems.is_empty() {
        Ok(InventoryRead {
            records,
            warnings: reader.warnings,
        })
    } else {
        Err(InventoryError::Invalid {
            problems: reader.problems,
        })
    }
}

struct Reader<'a> {
    table: &'a Table,
    header: &'a Header,
    problems: Vec<Problem>,
    warnings: Vec<String>,
    /// Hostnames in small letters, with the first cell of each.
    names: HashMap<String, CellAt>,
    /// Addresses together with the way to them: behind two jump hosts one private address is two
    /// devices.
    addresses: HashMap<(Address, Vec<String>), CellAt>,
}

impl Reader<'_> {
    /// A row is blank for us when no column of the operator's has anything in it: helper formulas
    /// and totals in columns that we do not know make no device.
    fn is_blank(&self, row: &Row) -> bool {
        Column::OPERATOR
            .iter()
            .all(|c| self.value(row, *c).is_none())
    }

    /// Merged cells from the header down, where we read or write. Elsewhere they are decoration.
    fn merged(&mut self) {
        for area in &self.table.merged {
            let ours = self
                .header
                .columns
                .values()
                .any(|c| (area.first.column..=area.last.column).contains(c));
            if ours && area.last.row >= self.header.row {
                let spot = crate::error::Spot::Area(*area);
                self.problems
                    .push(self.table.problem(spot, ProblemKind::Merged));
            }
        }
    }

    fn record(&mut self, row: &Row) -> Option<Record> {
        if let Some(kind) = self.extra_fields(row) {
            // Everything right of the missing quotes is shifted: more words about it are noise.
            self.problems.push(self.table.problem(row.spot(), kind));
            return None;
        }
        let name = self.hostname(row);
        let address = self.address(row);
        let jump = self.jump(row);
        if let Some(address) = &address {
            self.one_address(row, address, &jump);
        }
        // Every cell is read even when the row is already lost, so that one look shows all.
        let record = Record {
            name: DeviceName::new(name.clone().unwrap_or_default()),
            address: address.clone().unwrap_or(Address {
                host: String::new(),
                port: 0,
            }),
            platform: self.text(row, Column::Platform),
            serials: self.serials(row),
            site: self.text(row, Column::Site),
            role: self.text(row, Column::Role),
            target: self.target(row),
            image: self.image(row),
            want_method: self.want_method(row),
            ha_group: self.text(row, Column::HaGroup),
            wave: self.wave(row),
            window: self.text(row, Column::Window),
            credential: self.text(row, Column::Credential).map(CredentialName::new),
            fallback_credential: self
                .text(row, Column::FallbackCredential)
                .map(CredentialName::new),
            jump,
            console: self.free(row, Column::Console),
            save_config: self.flag(row, Column::SaveConfig),
            hold: self.flag(row, Column::Hold),
            approval: self.approval(row),
            notes: self.free(row, Column::Notes),
            waivers: self.waivers(row),
            origin: format!("{}{}", self.table.source, row.spot()),
        };
        (name.is_some() && address.is_some()).then_some(record)
    }

    fn value<'r>(&self, row: &'r Row, column: Column) -> Option<&'r Value> {
        row.value(*self.header.columns.get(&column)?)
    }

    fn report(&mut self, row: &Row, column: Column, kind: ProblemKind) {
        let spot = match self.header.columns.get(&column) {
            Some(at) => row.spot_of(*at),
            None => row.spot(),
        };
        self.problems.push(self.table.problem(spot, kind));
    }

    /// Text, or a whole number, which spreadsheets make of digits. Anything else is reported.
    fn text(&mut self, row: &Row, column: Column) -> Option<String> {
        let value = self.value(row, column)?;
        if let Some(text) = value.plain() {
            return Some(text);
        }
        let kind = not_text(column, value);
        self.report(row, column, kind);
        None
    }

    /// Words for a person: whatever stands there, and no problem stops the fleet.
    fn free(&mut self, row: &Row, column: Column) -> Option<String> {
        let value = self.value(row, column)?;
        match value {
            Value::Text(_) | Value::Number(_) | Value::Bool(_) | Value::Date(_) => {
                Some(shown(value))
            }
            Value::Error(_) | Value::NotCalculated | Value::NotUtf8 => {
                let kind = not_text(column, value);
                let at = self
                    .header
                    .columns
                    .get(&column)
                    .copied()
                    .unwrap_or_default();
                let problem = self.table.problem(row.spot_of(at), kind);
                self.warnings.push(format!("{problem} (left out)"));
                None
            }
        }
    }

    fn extra_fields(&self, row: &Row) -> Option<ProblemKind> {
        let header = self.header.fields?;
        let fields = row.fields?;
        // Empty fields at the end are what spreadsheet programs leave behind.
        let used = row.last_column().map_or(0, |c| c as usize + 1);
        (used > header).then_some(ProblemKind::ExtraFields { fields, header })
    }

    fn hostname(&mut self, row: &Row) -> Option<String> {
        let text = self.required(row, Column::Hostname)?;
        if let Some(reason) = odd_hostname(&text) {
            self.report(
                row,
                Column::Hostname,
                ProblemKind::BadHostname { text, reason },
            );
            return None;
        }
        let at = self.at(row, Column::Hostname);
        match self.names.get(&text.to_lowercase()) {
            Some(&other) => {
                let kind = ProblemKind::DuplicateHostname { text, other };
                self.report(row, Column::Hostname, kind);
                None
            }
            None => {
                self.names.insert(text.to_lowercase(), at);
                Some(text)
            }
        }
    }

    /// The text of a cell that must not be empty. That the table has no such column at all is
    /// reported once for all rows, not here.
    fn required(&mut self, row: &Row, column: Column) -> Option<String> {
        if !self.header.columns.contains_key(&column) {
            return None;
        }
        if self.value(row, column).is_none() {
            let kind = ProblemKind::Empty {
                column: column.name(),
            };
            self.report(row, column, kind);
            return None;
        }
        self.text(row, column)
    }

    fn at(&self, row: &Row, column: Column) -> CellAt {
        let at = self.header.columns.get(&column).copied();
        CellAt::new(row.index, at.unwrap_or_default())
    }

    fn address(&mut self, row: &Row) -> Option<Address> {
        let text = self.required(row, Column::Address)?;
        match address(&text) {
            Some(address) => Some(address),
            None => {
                self.report(row, Column::Address, ProblemKind::BadAddress { text });
                None
            }
        }
    }

    fn one_address(&mut self, row: &Row, address: &Address, jump: &[String]) {
        let address = Address {
            host: canonical_host(&address.host),
            port: address.port,
        };
        let way = jump.iter().map(|hop| hop.to_lowercase()).collect();
        let at = self.at(row, Column::Address);
        match self.addresses.entry((address, way)) {
            Entry::Vacant(free) => {
                free.insert(at);
            }
            Entry::Occupied(taken) => {
                let other = *taken.get();
                let text = self
                    .value(row, Column::Address)
                    .map(shown)
                    .unwrap_or_default();
                self.report(
                    row,
                    Column::Address,
                    ProblemKind::DuplicateAddress { text, other },
                );
            }
        }
    }

    fn jump(&mut self, row: &Row) -> Vec<String> {
        let text = self.text(row, Column::Jump).unwrap_or_default();
        let hops: Vec<_> = list(&text).map(str::to_owned).collect();
        for hop in &hops {
            let host = hop.rsplit_once('@').map_or(hop.as_str(), |(_, host)| host);
            let user_given = !hop.starts_with('@');
            if !user_given || address(host).is_none() {
                let text = hop.clone();
                self.report(row, Column::Jump, ProblemKind::BadJump { text });
            }
        }
        hops
    }

    fn serials(&mut self, row: &Row) -> Vec<String> {
        let text = self.text(row, Column::Serial).unwrap_or_default();
        list(&text).map(str::to_owned).collect()
    }

    fn target(&mut self, row: &Row) -> Option<Version> {
        let column = Column::TargetVersion;
        let value = self.value(row, column)?;
        let kind = match value {
            Value::Text(text) => match text.parse() {
                Ok(version) => return Some(version),
                Err(_) => ProblemKind::BadVersion {
                    text: text.trim().to_owned(),
                },
            },
            Value::Number(number) => ProblemKind::VersionIsNumber {
                number: number.to_string(),
            },
            Value::Date(date) => ProblemKind::VersionIsDate { date: date.clone() },
            Value::Bool(_) | Value::Error(_) | Value::NotCalculated | Value::NotUtf8 => {
                not_text(column, value)
            }
        };
        self.report(row, column, kind);
        None
    }

    /// The file's name: the catalogue knows where the file is, also when people write a path or a
    /// place on flash.
    fn image(&mut self, row: &Row) -> Option<String> {
        let text = self.text(row, Column::Image)?;
        let name = text.rsplit(['/', '\\', ':']).next().unwrap_or_default();
        (!name.is_empty()).then(|| name.to_owned())
    }

    fn want_method(&mut self, row: &Row) -> Option<Method> {
        let text = self.text(row, Column::WantMethod)?;
        let word = text.to_lowercase().replace([' ', '-'], "_");
        if word == "auto" {
            return None;
        }
        match word.parse() {
            Ok(method) => Some(method),
            Err(_) => {
                self.report(row, Column::WantMethod, ProblemKind::UnknownMethod { text });
                None
            }
        }
    }

    fn wave(&mut self, row: &Row) -> Option<u32> {
        let value = self.value(row, Column::Wave)?;
        let kind = match value {
            Value::Text(_) | Value::Number(_) => {
                match value.plain().and_then(|text| text.parse().ok()) {
                    Some(wave) => return Some(wave),
                    None => ProblemKind::BadWave { text: shown(value) },
                }
            }
            Value::Bool(_)
            | Value::Date(_)
            | Value::Error(_)
            | Value::NotCalculated
            | Value::NotUtf8 => not_text(Column::Wave, value),
        };
        self.report(row, Column::Wave, kind);
        None
    }

    fn flag(&mut self, row: &Row, column: Column) -> bool {
        let Some(value) = self.value(row, column) else {
            return false;
        };
        let kind = match value {
            Value::Bool(yes) => return *yes,
            Value::Text(_) | Value::Number(_) => {
                let text = shown(value);
                match text.to_lowercase().as_str() {
                    "yes" | "y" | "true" | "x" | "1" | "on" => return true,
                    "no" | "n" | "false" | "0" | "off" | "-" => return false,
                    _ => ProblemKind::BadFlag {
                        column: column.name(),
                        text,
                    },
                }
            }
            Value::Date(_) | Value::Error(_) | Value::NotCalculated | Value::NotUtf8 => {
                not_text(column, value)
            }
        };
        self.report(row, column, kind);
        false
    }

    /// Anything but the agreed words is no approval; words that look like one are pointed out.
    fn approval(&mut self, row: &Row) -> Option<CellApproval> {
        let text = self.free(row, Column::Approval)?;
        let approval = CellApproval::parse(&text);
        let meant = ["approved by", "ok by", "yes"]
            .iter()
            .any(|start| text.to_lowercase().starts_with(start));
        if approval.is_none() && meant {
            let at = self.at(row, Column::Approval);
            self.warnings.push(format!(
                "{}, cell {at}: `{text}` is no approval: write `approved by NAME HASH8`, with the 8 digits of the `plan` column",
                self.table.source
            ));
        }
        approval
    }

    fn waivers(&mut self, row: &Row) -> Vec<Waiver> {
        let Some(text) = self.free(row, Column::Waive) else {
            return Vec::new();
        };
        let waivers = Waiver::parse(&text);
        let meant = text.split(';').filter(|p| !p.trim().is_empty()).count();
        if waivers.len() < meant {
            let at = self.at(row, Column::Waive);
            self.warnings.push(format!(
                "{}, cell {at}: `{text}` waives nothing without a reason: write `RULE: REASON`, several joined by `;`",
                self.table.source
            ));
        }
        waivers
    }
}

/// A cell as a person sees it.
fn shown(value: &Value) -> String {
    match value {
        Value::Text(text) => text.trim().to_owned(),
        Value::Number(number) => whole(*number).unwrap_or_else(|| number.to_string()),
        Value::Bool(true) => "TRUE".to_owned(),
        Value::Bool(false) => "FALSE".to_owned(),
        Value::Date(date) => date.clone(),
        Value::Error(error) => error.clone(),
        Value::NotCalculated | Value::NotUtf8 => String::new(),
    }
}

fn not_text(column: Column, value: &Value) -> ProblemKind {
    let column = column.name();
    let found = match value {
        Value::Error(value) => {
            let value = value.clone();
            return ProblemKind::ErrorValue { column, value };
        }
        Value::NotCalculated => return ProblemKind::NotCalculated { column },
        Value::NotUtf8 => return ProblemKind::NotUtf8 { column },
        Value::Number(_) => format!("the number {}", shown(value)),
        Value::Date(_) => format!("the date {}", shown(value)),
        Value::Text(_) | Value::Bool(_) => shown(value),
    };
    ProblemKind::NotText { column, found }
}

fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', ';', '\n'])
        .map(str::trim)
        .filter(|item| !item.is_empty())
}

/// Why a text names no device. It becomes part of file names and of commands.
fn odd_hostname(text: &str) -> Option<String> {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if let Some(odd) = text.chars().find(|c| !good(*c)) {
        return Some(match odd {
            ' ' => "it has a space".to_owned(),
            odd if odd.is_control() => "it has a control character".to_owned(),
            odd => format!("it has the character `{odd}`"),
        });
    }
    if !text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_') {
        return Some("it starts with neither letter nor digit".to_owned());
    }
    (text.len() > HOSTNAME_BYTES_MAX).then(|| format!("it is longer than {HOSTNAME_BYTES_MAX}"))
}

/// An address whose host could be one: an IP address or a name.
fn address(text: &str) -> Option<Address> {
    let address: Address = text.parse().ok()?;
    let host = &address.host;
    if host.contains(':') {
        let (plain, _) = host.split_once('%').unwrap_or((host, ""));
        return plain.parse::<Ipv6Addr>().ok().map(|_| address);
    }
    let digits = host.chars().all(|c| c.is_ascii_digit() || c == '.');
    let name = host
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        && !host.starts_with(['-', '.'])
        && !host.contains("..");
    let good = if digits {
        host.parse::<IpAddr>().is_ok()
    } else {
        name
    };
    good.then_some(address)
}

fn canonical_host(host: &str) -> String {
    host.parse::<IpAddr>()
        .map_or_else(|_| host.to_lowercase(), |ip| ip.to_string())
}
