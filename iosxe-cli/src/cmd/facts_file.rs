//! Facts in a file: what `discover --save` writes and `plan --facts` reads.

use std::collections::HashMap;
use std::fs;
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use iosxe_core::device::{Address, Facts};
use iosxe_core::fault::{Class, Fault, Remedy};
use iosxe_core::ids::DeviceName;
use iosxe_core::words::counted;
use iosxe_workflow::engine::RunEnd;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::show;

/// The format of facts files. Raised when an older program would misread a file; what a newer one adds
/// to facts is passed over by an older one.
const FORMAT: u32 = 1;

/// A facts file. Its version is that of the format.
#[derive(Serialize)]
struct Written<'a> {
    iosxe_facts: u32,
    devices: Vec<Line<'a>>,
}

/// One device as it is written.
#[derive(Serialize)]
struct Line<'a> {
    device: &'a DeviceName,
    address: &'a Address,
    read_at: Timestamp,
    facts: &'a Facts,
}

/// The part that every format has.
#[derive(Deserialize)]
struct Head {
    iosxe_facts: u32,
}

/// A facts file as it is read.
#[derive(Deserialize)]
struct Document {
    iosxe_facts: u32,
    devices: Vec<Saved>,
}

/// What was read of one device.
#[derive(Debug, Deserialize)]
pub(crate) struct Saved {
    /// The name that its row had.
    device: DeviceName,
    /// The address that its row had.
    pub(crate) address: Address,
    /// When.
    pub(crate) read_at: Timestamp,
    /// What it said.
    pub(crate) facts: Box<Facts>,
}

/// The devices of a file.
pub(crate) type Known = HashMap<DeviceName, Saved>;

/// Writes the facts that a run has read and says of how many devices. A run that was stopped, or that
/// read none, leaves an older file as it is.
pub(crate) fn save(file: &Path, end: &RunEnd) -> Result<(), Fault> {
    let devices: Vec<Line<'_>> = end
        .state
        .devices
        .iter()
        .filter_map(|(name, device)| {
            let (read_at, facts) = device.facts.as_ref()?;
            Some(Line {
                device: name,
                address: &device.record.address,
                read_at: *read_at,
                facts,
            })
        })
        .collect();
    let place = file.display();
    let all = end.state.devices.len();
    if end.interrupted || devices.is_empty() {
        let why = if end.interrupted {
            "discovery was stopped"
        } else {
            "no facts were read"
        };
        show::note(&format!("{why}: {place} was not written"));
        return Ok(());
    }
    let saved = devices.len();
    let document = Written {
        iosxe_facts: FORMAT,
        devices,
    };
    replace(file, &document).map_err(|error| {
        Fault::new(
            Class::Operator,
            "facts_file",
            format!("cannot write {place}: {error}"),
        )
        .remedy(Remedy::new(
            "choose a file in a folder that exists and can be written",
        ))
    })?;
    let part = if saved == all {
        counted(all, "device")
    } else {
        format!("{saved} of {}", counted(all, "device"))
    };
    show::note(&format!("facts of {part} saved in {place}"));
    Ok(())
}

/// Writes beside the old file and puts it in its place: a full disk costs no facts that were there.
fn replace(file: &Path, document: &Written<'_>) -> io::Result<()> {
    // A pipe or a terminal cannot be replaced.
    let beside = match fs::metadata(file) {
        Ok(about) if !about.is_file() => None,
        Ok(_) | Err(_) => Some(beside(file)),
    };
    let to = beside.as_deref().unwrap_or(file);
    let written = write(to, document).and_then(|()| match &beside {
        Some(beside) => fs::rename(beside, file),
        None => Ok(()),
    });
    if written.is_err()
        && let Some(beside) = beside
        && beside.exists()
        && let Err(error) = fs::remove_file(&beside)
    {
        tracing::debug!(path = %beside.display(), %error, "left behind");
    }
    written
}

fn beside(file: &Path) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.new", std::process::id()));
    file.with_file_name(name)
}

fn write(file: &Path, document: &Written<'_>) -> io::Result<()> {
    let mut out = BufWriter::new(fs::File::create(file)?);
    serde_json::to_writer(&mut out, document)?;
    out.write_all(b"\n")?;
    out.flush()
}

/// Reads a facts file.
pub(crate) fn load(file: &Path) -> Result<Known, Fault> {
    let anew = Remedy::with("save the facts anew", again(file));
    let bad = |reason: String, remedy: Remedy| {
        Fault::new(
            Class::Operator,
            "facts_file",
            format!("{}: {reason}", file.display()),
        )
        .remedy(remedy)
    };
    let text = fs::read_to_string(file).map_err(|e| bad(e.to_string(), anew.clone()))?;
    let newer = |format: u32| {
        let reason = format!(
            "its format {format} is newer than {FORMAT}, the newest that this program knows"
        );
        let remedy = "use the program that wrote it, or save the facts anew with this one";
        bad(reason, Remedy::with(remedy, again(file)))
    };
    // Once for a good file, which may be large. What cannot be read may be of a newer format, which
    // need not look like ours.
    let document: Document = serde_json::from_str(&text).map_err(|damage| {
        match serde_json::from_str::<Head>(&text) {
            Ok(head) if head.iosxe_facts > FORMAT => newer(head.iosxe_facts),
            Ok(_) => bad(format!("the facts are damaged: {damage}"), anew.clone()),
            Err(e) if e.is_data() => bad(
                "it is no file that `iosxe discover --save` wrote".to_owned(),
                anew.clone(),
            ),
            Err(e) => bad(format!("it is no JSON: {e}"), anew.clone()),
        }
    })?;
    if document.iosxe_facts > FORMAT {
        return Err(newer(document.iosxe_facts));
    }
    let mut known = Known::with_capacity(document.devices.len());
    for saved in document.devices {
        if let Some(twice) = known.insert(saved.device.clone(), saved) {
            let reason = format!("{} is in it twice", twice.device);
            return Err(bad(reason, anew));
        }
    }
    Ok(known)
}

/// The command that writes the file.
pub(crate) fn again(file: &Path) -> String {
    format!("iosxe discover --save {}", file.display())
}
