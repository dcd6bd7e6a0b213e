//! What the boot loader will do: boot variable, configuration register, files on flash.

use super::config::Config;
use super::device::{BootMode, BootVars, State};
use super::flash::Flash;
use super::platform::Platform;
use super::release::Release;

/// What the boot loader ends with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// An image runs.
    Boots {
        release: Release,
        mode: BootMode,
        image_file: String,
    },
    /// It waits at its own prompt.
    Rommon(&'static str),
    /// The image runs without the startup configuration: no SSH.
    SetupDialog,
}

/// The boot variable that saving this configuration writes.
pub(crate) fn from_config(config: &Config, platform: &Platform) -> BootVars {
    let path = config
        .values("boot system ")
        .into_iter()
        .filter_map(|rest| entry(rest, platform))
        .collect();
    BootVars {
        path,
        manual: config.has("boot manual"),
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

/// What the next reload would end with. Reads whole images, so it blocks.
pub(crate) fn decide(state: &State, platform: &Platform) -> Outcome {
    if state.confreg_next & 0xf == 0 {
        return Outcome::Rommon("configuration register");
    }
    if state.boot.manual {
        return Outcome::Rommon("manual boot");
    }
    let Some(flash) = state.flash() else {
        return Outcome::Rommon("no flash");
    };
    let mut candidates: Vec<String> = state.boot.path.clone();
    if candidates.is_empty() {
        let first = flash.entries().find(|(name, _)| name.ends_with(".bin"));
        candidates.extend(first.map(|(name, _)| format!("{}:{name}", platform.fs())));
    }
    for candidate in candidates {
        let Some(path) = local_path(&candidate) else {
            continue;
        };
        let booted = if path.ends_with(".conf") {
            provisioned(state, flash, platform, path).map(|release| (release, BootMode::Install))
        } else {
            let info = flash
                .content(path)
                .and_then(super::flash::Content::image_info);
            info.filter(|i| i.prefix == platform.prefix)
                .map(|i| (i.release, BootMode::Bundle))
        };
        if let Some((release, mode)) = booted {
            if state.confreg_next & 0x40 != 0 {
                return Outcome::SetupDialog;
            }
            let image_file = format!("{}:{path}", platform.fs());
            return Outcome::Boots {
                release,
                mode,
                image_file,
            };
        }
    }
    Outcome::Rommon("no bootable image")
}

/// The release of a `.conf`, when all its parts are there.
fn provisioned(state: &State, flash: &Flash, platform: &Platform, path: &str) -> Option<Release> {
    let text = flash.content(path)?.as_text()?;
    let named = text.lines().find_map(|l| l.strip_prefix("# release "));
    let release = match named {
        Some(text) => Release::parse(text).ok()?,
        None => state.provisioned.clone()?,
    };
    let complete = super::birth::package_files(platform, &release)
        .iter()
        .all(|file| flash.holds(file));
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
}
