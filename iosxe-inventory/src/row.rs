//! From rows of cells to records: every cell typed, every problem collected.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::{IpAddr, Ipv6Addr};

use iosxe_core::device::{Address, CellApproval, Record, Waiver};
use iosxe_core::ids::{CredentialName, DeviceName};
use iosxe_core::patch::PatchAim;
use iosxe_core::plan::Method;
use iosxe_core::ports::InventoryRead;

use crate::cells::{Cells, list, not_text, shown};
use crate::column::Column;
use crate::error::{InventoryError, ProblemKind};
use crate::place::CellAt;
use crate::table::{Header, Row, Table, Value};

/// How long a hostname may be: names of files and folders are made of it, and file systems end at
/// 255 bytes.
const HOSTNAME_BYTES_MAX: usize = 200;

/// Reads every row.
///
/// # Errors
/// [`InventoryError::Invalid`] with every problem of the table.
pub(crate) fn records(table: &Table) -> Result<InventoryRead, InventoryError> {
    let header = Header::<Column>::find(table)?;
    let mut reader = Reader {
        cells: Cells::new(table, &header),
        names: HashMap::new(),
        addresses: HashMap::new(),
    };
    let mut records = Vec::new();
    for row in table.below(&header) {
        if reader.is_blank(row) {
            continue;
        }
        if let Some(record) = reader.record(row) {
            records.push(record);
        }
    }
    let warnings = reader.cells.finish()?;
    Ok(InventoryRead { records, warnings })
}

struct Reader<'a> {
    cells: Cells<'a, Column>,
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
            .all(|c| self.cells.value(row, *c).is_none())
    }

    fn record(&mut self, row: &Row) -> Option<Record> {
        if let Some(kind) = self.extra_fields(row) {
            // Everything right of the missing quotes is shifted: more words about it are noise.
            self.cells
                .problems
                .push(self.cells.table.problem(row.spot(), kind));
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
            platform: self.cells.text(row, Column::Platform),
            serials: self.serials(row),
            site: self.cells.text(row, Column::Site),
            role: self.cells.text(row, Column::Role),
            target: self.cells.release(row, Column::TargetVersion),
            image: self.image(row),
            want_method: self.want_method(row),
            ha_group: self.cells.text(row, Column::HaGroup),
            wave: self.wave(row),
            window: self.cells.text(row, Column::Window),
            credential: self
                .cells
                .text(row, Column::Credential)
                .map(CredentialName::new),
            fallback_credential: self
                .cells
                .text(row, Column::FallbackCredential)
                .map(CredentialName::new),
            jump,
            console: self.cells.free(row, Column::Console),
            save_config: self.cells.flag(row, Column::SaveConfig),
            hold: self.cells.flag(row, Column::Hold),
            approval: self.approval(row),
            notes: self.cells.free(row, Column::Notes),
            waivers: self.waivers(row),
            patch_aim: PatchAim::Apply,
            origin: format!("{}{}", self.cells.table.source, row.spot()),
        };
        (name.is_some() && address.is_some()).then_some(record)
    }

    fn extra_fields(&self, row: &Row) -> Option<ProblemKind> {
        let header = self.cells.header.fields?;
        let fields = row.fields?;
        // Empty fields at the end are what spreadsheet programs leave behind.
        let used = row.last_column().map_or(0, |c| c as usize + 1);
        (used > header).then_some(ProblemKind::ExtraFields { fields, header })
    }

    fn hostname(&mut self, row: &Row) -> Option<String> {
        let text = self.cells.required(row, Column::Hostname)?;
        if let Some(reason) = odd_hostname(&text) {
            self.cells.report(
                row,
                Column::Hostname,
                ProblemKind::BadHostname { text, reason },
            );
            return None;
        }
        let at = self.cells.at(row, Column::Hostname);
        match self.names.get(&text.to_lowercase()) {
            Some(&other) => {
                let kind = ProblemKind::DuplicateHostname { text, other };
                self.cells.report(row, Column::Hostname, kind);
                None
            }
            None => {
                self.names.insert(text.to_lowercase(), at);
                Some(text)
            }
        }
    }

    fn address(&mut self, row: &Row) -> Option<Address> {
        let text = self.cells.required(row, Column::Address)?;
        match address(&text) {
            Some(address) => Some(address),
            None => {
                self.cells
                    .report(row, Column::Address, ProblemKind::BadAddress { text });
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
        let at = self.cells.at(row, Column::Address);
        match self.addresses.entry((address, way)) {
            Entry::Vacant(free) => {
                free.insert(at);
            }
            Entry::Occupied(taken) => {
                let other = *taken.get();
                let text = self
                    .cells
                    .value(row, Column::Address)
                    .map(shown)
                    .unwrap_or_default();
                self.cells.report(
                    row,
                    Column::Address,
                    ProblemKind::DuplicateAddress { text, other },
                );
            }
        }
    }

    fn jump(&mut self, row: &Row) -> Vec<String> {
        let text = self.cells.text(row, Column::Jump).unwrap_or_default();
        let hops: Vec<_> = list(&text).map(str::to_owned).collect();
        for hop in &hops {
            let host = hop.rsplit_once('@').map_or(hop.as_str(), |(_, host)| host);
            let user_given = !hop.starts_with('@');
            if !user_given || address(host).is_none() {
                let text = hop.clone();
                self.cells
                    .report(row, Column::Jump, ProblemKind::BadJump { text });
            }
        }
        hops
    }

    fn serials(&mut self, row: &Row) -> Vec<String> {
        let text = self.cells.text(row, Column::Serial).unwrap_or_default();
        list(&text).map(str::to_owned).collect()
    }

    /// The file's name: the catalogue knows where the file is, also when people write a path or a
    /// place on flash.
    fn image(&mut self, row: &Row) -> Option<String> {
        let text = self.cells.text(row, Column::Image)?;
        // Several patches stand with commas between them.
        let names: Vec<&str> = text
            .split(',')
            .filter_map(|path| path.rsplit(['/', '\\', ':']).next())
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .collect();
        (!names.is_empty()).then(|| names.join(","))
    }

    fn want_method(&mut self, row: &Row) -> Option<Method> {
        let text = self.cells.text(row, Column::WantMethod)?;
        let word = text.to_lowercase().replace([' ', '-'], "_");
        if word == "auto" {
            return None;
        }
        match word.parse() {
            Ok(method) => Some(method),
            Err(_) => {
                self.cells
                    .report(row, Column::WantMethod, ProblemKind::UnknownMethod { text });
                None
            }
        }
    }

    fn wave(&mut self, row: &Row) -> Option<u32> {
        let value = self.cells.value(row, Column::Wave)?;
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
        self.cells.report(row, Column::Wave, kind);
        None
    }

    /// Anything but the agreed words is no approval; words that look like one are pointed out.
    fn approval(&mut self, row: &Row) -> Option<CellApproval> {
        let text = self.cells.free(row, Column::Approval)?;
        let approval = CellApproval::parse(&text);
        let meant = ["approved by", "ok by", "yes"]
            .iter()
            .any(|start| text.to_lowercase().starts_with(start));
        if approval.is_none() && meant {
            let at = self.cells.at(row, Column::Approval);
            self.cells.warnings.push(format!(
                "{}, cell {at}: `{text}` is no approval: write `approved by NAME HASH8`, with the 8 digits of the `plan` column",
                self.cells.table.source
            ));
        }
        approval
    }

    fn waivers(&mut self, row: &Row) -> Vec<Waiver> {
        let Some(text) = self.cells.free(row, Column::Waive) else {
            return Vec::new();
        };
        let waivers = Waiver::parse(&text);
        let meant = text.split(';').filter(|p| !p.trim().is_empty()).count();
        if waivers.len() < meant {
            let at = self.cells.at(row, Column::Waive);
            self.cells.warnings.push(format!(
                "{}, cell {at}: `{text}` waives nothing without a reason: write `RULE: REASON`, several joined by `;`",
                self.cells.table.source
            ));
        }
        waivers
    }
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
