//! Names of file systems: what `stby-bootflash:` or `flash-2:` means on a device.

use super::show::View;
use crate::model::device::{Device, Member, State};
use crate::model::flash::{Content, Flash};
use crate::model::platform::Members;

/// A file on a member: place of the member in the list, number of its file system (0 is the main
/// one), and path there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) member: usize,
    pub(crate) disk: usize,
    pub(crate) path: String,
}

/// Name of a member's file system, without the colon: `flash`, `flash-2`, `stby-bootflash`,
/// `harddisk`.
pub(crate) fn fs_name(device: &Device, state: &State, member: usize, disk: usize) -> String {
    let platform = device.platform;
    let base = match disk.checked_sub(1).and_then(|n| platform.disks.get(n)) {
        Some(disk) => disk.name,
        None => platform.fs(),
    };
    if member == state.active_index() {
        return base.to_owned();
    }
    match state.members.get(member) {
        Some(m) if platform.stackable() => format!("{base}-{}", m.id),
        _ => format!("stby-{base}"),
    }
}

/// Finds a URL such as `flash:x`, `flash-2:/x`, `bootflash:x`, `stby-harddisk:x`, or a bare name.
pub(crate) fn locate(device: &Device, state: &State, url: &str) -> Option<Place> {
    let (fs, path) = url.split_once(':').unwrap_or((device.platform.fs(), url));
    let path = path.trim_start_matches('/').to_owned();
    let (base, id) = if let Some(base) = fs.strip_prefix("stby-") {
        let ready = state.ready_standby(device.now());
        (base, ready.map(|(member, _)| member.id)?)
    } else if let Some((base, number)) = fs.split_once('-') {
        // Members are numbered; those of a StackWise Virtual also as chassis and slot, `2-0`.
        let number = number.strip_suffix("-0").unwrap_or(number);
        let numbered = !device.platform.engines() && device.platform.is_switch();
        (base, number.parse().ok().filter(|_| numbered)?)
    } else {
        (fs, state.active()?.id)
    };
    let disk = match base {
        "flash" | "bootflash" => 0,
        other => device.platform.disks.iter().position(|d| d.name == other)? + 1,
    };
    let member = state.members.iter().position(|m| m.id == id && m.works())?;
    Some(Place { member, disk, path })
}

pub(crate) fn content(state: &State, place: &Place) -> Option<Content> {
    state
        .members
        .get(place.member)?
        .fs(place.disk)?
        .content(&place.path)
        .cloned()
}

/// The file system of a place, to write.
pub(crate) fn flash_mut<'a>(state: &'a mut State, place: &Place) -> Option<&'a mut Flash> {
    state.members.get_mut(place.member)?.fs_mut(place.disk)
}

/// Name of the file system of a place.
pub(crate) fn fs_of(device: &Device, place: &Place) -> String {
    fs_name(device, &device.state(), place.member, place.disk)
}

/// Prefixes of one row of `show file systems`.
fn prefixes(v: &View<'_>, member: usize, disk: usize) -> String {
    let p = v.device.platform;
    let Some(m) = v.state.members.get(member) else {
        return String::new();
    };
    let active = member == v.state.active_index();
    let bases: Vec<&str> = match (disk.checked_sub(1).and_then(|n| p.disks.get(n)), p.fs()) {
        (Some(disk), _) => vec![disk.name],
        (None, "flash") => vec!["flash", "bootflash"],
        (None, _) => vec!["bootflash", "flash"],
    };
    let first = bases.first().copied().unwrap_or_default();
    let many = v.state.members.len() > 1;
    let standby = v.state.standby().is_some_and(|s| s.id == m.id);
    let mut names: Vec<String> = Vec::new();
    if active {
        names.extend(bases.iter().map(|b| (*b).to_owned()));
    }
    if p.stackable() && (many || !active) {
        names.push(format!("{first}-{}", m.id));
    }
    if standby && !active {
        names.push(format!("stby-{first}"));
    }
    if p.members == Members::Virtual && many {
        names.push(format!("{first}-{}-0", m.id));
    }
    let names: Vec<String> = names.iter().map(|n| format!("{n}:")).collect();
    names.join(" ")
}

/// `show file systems`.
pub(crate) fn file_systems(v: &View<'_>) -> String {
    let mut t = String::from(
        "File Systems:\n\n       Size(b)       Free(b)      Type  Flags  Prefixes\n             -             -    \
         opaque     rw   system:\n             -             -    opaque     rw   tmpsys:\n",
    );
    // A standby that still boots offers nothing; the members of a stack are seen earlier.
    let stack = v.device.platform.stackable();
    let there = |(_, m): &(usize, &Member)| {
        m.works() && (stack || m.id == v.state.active || v.now >= m.ready_s)
    };
    for disk in 0..=v.device.platform.disks.len() {
        for (i, m) in v.state.members.iter().enumerate().filter(there) {
            let Some(flash) = m.fs(disk) else { continue };
            let star = if disk == 0 && i == v.state.active_index() {
                '*'
            } else {
                ' '
            };
            t.push_str(&format!(
                "{star}{:>13} {:>13}      disk     rw   {}\n",
                flash.total(),
                flash.free(),
                prefixes(v, i, disk)
            ));
        }
    }
    for (kind, name) in [
        ("opaque", "null:"),
        ("network", "tftp:"),
        ("network", "http:"),
        ("network", "scp:"),
        ("network", "sftp:"),
        ("network", "https:"),
    ] {
        t.push_str(&format!(
            "             -             - {kind:>9}     rw   {name}\n"
        ));
    }
    t.push_str("       2097152       2056462     nvram     rw   nvram:\n");
    if !v.device.platform.stackable() && v.state.ready_standby(v.now).is_some() {
        t.push_str("       2097152       2056462     nvram     rw   stby-nvram:\n");
    }
    t + "\n"
}
