//! What the boot loader will do: boot variable, configuration register, files on flash.

use super::config::Config;
use super::device::{BootMode, BootVars, Member, State};
use super::flash::{Content, Flash};
use super::platform::Platform;
use super::release::Release;

/// What the boot loader ends with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// An image runs.
    Boots(Booted),
    /// It waits at its own prompt.
    Rommon(&'static str),
    /// The image runs without the startup configuration: no SSH.
    SetupDialog,
}

/// What runs where after a boot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Booted {
    pub(crate) release: Release,
    pub(crate) mode: BootMode,
    pub(crate) image_file: String,
    /// Id of the member that is active.
    pub(crate) active: u8,
    /// What the others found for themselves, by id; `None` waits in its boot loader.
    pub(crate) others: Vec<(u8, Option<(Release, BootMode)>)>,
}

/// The boot variables that saving this configuration writes to all of these members.
pub(crate) fn from_config(
    config: &Config,
    platform: &Platform,
    members: &[u8],
    active: u8,
) -> BootVars {
    let lines = config.values("boot system ");
    let of = |id: u8| -> Vec<String> {
        let own = lines.iter().filter(|l| concerns(l, platform, id, active));
        own.filter_map(|rest| entry(rest, platform)).collect()
    };
    let path = of(active);
    let all = members.iter().map(|id| (*id, of(*id)));
    BootVars {
        own: all.filter(|(_, entries)| *entries != path).collect(),
        path,
        manual: config.has("boot manual"),
    }
}

/// The same on a device as it stands: a member that is away or kept out keeps the variable that it has.
pub(crate) fn saved(state: &State, config: &Config, platform: &Platform) -> BootVars {
    let there: Vec<u8> = state.working().map(|m| m.id).collect();
    let mut vars = from_config(config, platform, &there, state.active);
    // Only the members of a stack have their variables by number.
    let out = state.members.iter().filter(|m| !m.works());
    for member in out.filter(|_| platform.stackable()) {
        vars.own
            .insert(member.id, state.boot.of(member.id).to_vec());
    }
    vars
}

/// True when what follows `boot system` is for a member. Whether a line without `switch` reaches every
/// member of a stack is not confirmed: here it is the active's alone, so that nobody relies on it.
fn concerns(rest: &str, platform: &Platform, id: u8, active: u8) -> bool {
    let mut words = rest.split_whitespace();
    match words.next() {
        Some("switch") => words
            .next()
            .is_some_and(|which| which == "all" || which.parse() == Ok(id)),
        _ => id == active || !platform.stackable(),
    }
}

/// Normal form of what follows `boot system`: `flash:x` from `switch all flash:/x`, `flash x`,
/// `flash bootflash:x`.
pub(crate) fn entry(rest: &str, platform: &Platform) -> Option<String> {
    let mut words: Vec<&str> = rest.split_whitespace().collect();
    if words.first() == Some(&"switch") {
        words.drain(..2.min(words.len()));
    }
    let last = words.last()?;
    let (fs, path) = last.split_once(':').unwrap_or((platform.fs(), last));
    Some(format!("{fs}:{}", path.trim_start_matches('/')))
}

/// The path inside the active member's flash, for entries of its own file systems.
pub(crate) fn local_path(entry: &str) -> Option<&str> {
    let entry = entry.split(',').next().unwrap_or(entry);
    let (fs, path) = entry.split_once(':')?;
    matches!(fs, "flash" | "bootflash").then(|| path.trim_start_matches('/'))
}

/// The file system of a member and the path on it that a boot entry means.
fn place<'a>(
    member: &'a Member,
    platform: &Platform,
    entry: &'a str,
) -> Option<(&'a Flash, &'a str)> {
    if let Some(path) = local_path(entry) {
        return Some((&member.flash, path));
    }
    let (fs, path) = entry.split(',').next()?.split_once(':')?;
    let disk = platform.disks.iter().position(|d| d.name == fs)?;
    Some((member.disks.get(disk)?, path.trim_start_matches('/')))
}

/// True when a member holds the file that a boot entry means.
pub(super) fn holds(member: &Member, platform: &Platform, entry: &str) -> bool {
    place(member, platform, entry).is_some_and(|(flash, path)| flash.holds(path))
}

/// What the next reload would end with. Reads whole images, so it blocks.
pub(crate) fn decide(state: &State, platform: &Platform) -> Outcome {
    if state.confreg_next & 0xf == 0 {
        return Outcome::Rommon("configuration register");
    }
    if state.boot.manual {
        return Outcome::Rommon("manual boot");
    }
    let mut found: Vec<(u8, Option<Found>)> = state
        .members
        .iter()
        .map(|m| (m.id, bootable(state, platform, m)))
        .collect();
    // Each boots what it holds itself; the first one that boots is active.
    let first = found.iter().position(|(_, b)| b.is_some()).unwrap_or(0);
    if found.is_empty() {
        return Outcome::Rommon("no flash");
    }
    let (active, Some(own)) = found.remove(first) else {
        return Outcome::Rommon("no bootable image");
    };
    if state.confreg_next & 0x40 != 0 {
        return Outcome::SetupDialog;
    }
    let others = found
        .into_iter()
        .map(|(id, b)| (id, b.map(|found| (found.release, found.mode))))
        .collect();
    Outcome::Boots(Booted {
        release: own.release,
        mode: own.mode,
        image_file: own.image_file,
        active,
        others,
    })
}

/// What a member can boot from its own file systems.
struct Found {
    release: Release,
    mode: BootMode,
    image_file: String,
}

/// The first boot entry that a member can boot.
fn bootable(state: &State, platform: &Platform, member: &Member) -> Option<Found> {
    let mut candidates: Vec<String> = state.boot.of(member.id).to_vec();
    if candidates.is_empty() {
        let first = member
            .flash
            .entries()
            .find(|(name, _)| name.ends_with(".bin"));
        candidates.extend(first.map(|(name, _)| format!("{}:{name}", platform.fs())));
    }
    for candidate in candidates {
        let Some((flash, path)) = place(member, platform, &candidate) else {
            continue;
        };
        let booted = if path.ends_with(".conf") {
            provisioned(state, flash, platform, path).map(|release| (release, BootMode::Install))
        } else {
            flash
                .content(path)
                .and_then(Content::image_info)
                .filter(|i| i.prefix == platform.prefix)
                .map(|i| (i.release, BootMode::Bundle))
        };
        if let Some((release, mode)) = booted {
            let fs = match local_path(&candidate) {
                Some(_) => platform.fs(),
                None => candidate.split(':').next().unwrap_or_default(),
            };
            return Some(Found {
                release,
                mode,
                image_file: format!("{fs}:{path}"),
            });
        }
    }
    None
}

/// The release of a `.conf`, when all its parts are there.
fn provisioned(state: &State, flash: &Flash, platform: &Platform, path: &str) -> Option<Release> {
    let text = flash.content(path)?.as_text()?;
    let named = text.lines().find_map(|l| l.strip_prefix("# release "));
    let release = match named {
        Some(text) => Release::parse(text).ok()?,
        None => state.provisioned.clone()?,
    };
    let folder = path
        .rfind('/')
        .map_or("", |at| path.get(..=at).unwrap_or(""));
    let complete = super::birth::package_files(platform, &release)
        .iter()
        .all(|file| flash.holds(&format!("{folder}{file}")));
    complete.then_some(release)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::platform;

    #[test]
    fn boot_statements_of_all_spellings_name_the_same_entry() {
        let p = platform::find("C9300-48P").unwrap();
        for text in [
            "flash:x.bin",
            "flash:/x.bin",
            "flash x.bin",
            "switch all flash:x.bin",
        ] {
            assert_eq!(entry(text, p).as_deref(), Some("flash:x.bin"), "{text}");
        }
        assert_eq!(
            entry("flash bootflash:x.bin", p).as_deref(),
            Some("bootflash:x.bin")
        );
        assert_eq!(
            local_path("bootflash:packages.conf,12"),
            Some("packages.conf")
        );
        assert_eq!(local_path("tftp://10.0.0.1/x.bin"), None);
    }

    #[test]
    fn every_member_of_a_stack_has_a_variable_of_its_own() {
        let p = platform::find("C9300-48P").unwrap();
        let vars = |text: &str| from_config(&Config::parse(text), p, &[1, 2, 3], 1);
        let all = vars("boot system switch all flash:a.bin\nboot system switch all flash:b.bin\n");
        assert_eq!(all.path, ["flash:a.bin", "flash:b.bin"]);
        assert_eq!(all.of(3), all.path);
        assert!(all.own.is_empty());
        let two = vars("boot system switch all flash:a.bin\nboot system switch 2 flash:b.bin\n");
        assert_eq!(two.of(2), ["flash:a.bin", "flash:b.bin"]);
        assert_eq!(
            (two.of(1), two.of(3)),
            (two.path.as_slice(), two.path.as_slice())
        );
        let plain = vars("boot system flash:a.bin\n");
        assert_eq!((plain.of(1).len(), plain.of(2).len()), (1, 0));
    }
}
