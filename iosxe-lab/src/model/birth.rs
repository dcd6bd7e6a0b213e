//! The state of a device when the lab starts: files, configuration, cables, serial numbers.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use sha2::{Digest, Sha512};

use super::boot;
use super::cabling::interfaces;
use super::device::{BootMode, Member, Running, State, World};
use super::flash::{Content, Flash};
use super::image::{Generated, ImageSpec};
use super::install::{Install, Package, PackageState};
use super::platform::Platform;
use super::release::Release;
use super::startup::configuration;
use crate::error::LabError;
use crate::fault::Faults;
use crate::network::Lost;
use crate::topology::{DeviceSpec, parse_confreg};
use crate::wire::host_key;

/// Random numbers that depend on the lab's seed and a purpose only.
pub(crate) fn rng(seed: u64, purpose: &str) -> ChaCha8Rng {
    let digest = Sha512::digest(format!("{seed}|{purpose}").as_bytes());
    let mut bytes = [0u8; 32];
    for (to, from) in bytes.iter_mut().zip(digest) {
        *to = from;
    }
    ChaCha8Rng::from_seed(bytes)
}

/// A word of letters and digits.
pub(crate) fn word(rng: &mut ChaCha8Rng, len: usize) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz23456789";
    (0..len)
        .filter_map(|_| ALPHABET.get(rng.next_u32() as usize % ALPHABET.len()))
        .map(|b| char::from(*b))
        .collect()
}

fn serial(rng: &mut ChaCha8Rng, letters: &str) -> String {
    const TAIL: &[u8] = b"0123456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    let tail: String = (0..3)
        .filter_map(|_| TAIL.get(rng.next_u32() as usize % TAIL.len()))
        .map(|b| char::from(*b))
        .collect();
    format!(
        "{letters}{:02}{:02}L{tail}",
        18 + rng.next_u32() % 8,
        1 + rng.next_u32() % 52
    )
}

fn mac(rng: &mut ChaCha8Rng) -> String {
    let n = rng.next_u32();
    format!("70d3.{:04x}.{:02x}00", n >> 16, (n >> 8) & 0xff)
}

/// Generated files by description, so that equal files of a lab are digested once.
static SHARED: Mutex<Option<SharedFiles>> = Mutex::new(None);

/// By description, and whether the file is a signed image.
type SharedFiles = HashMap<(ImageSpec, bool), std::sync::Weak<Generated>>;

fn shared(spec: ImageSpec, image: bool) -> Arc<Generated> {
    let mut guard = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    let map = guard.get_or_insert_with(HashMap::new);
    if let Some(found) = map
        .get(&(spec.clone(), image))
        .and_then(std::sync::Weak::upgrade)
    {
        return found;
    }
    let make = if image {
        Generated::image
    } else {
        Generated::package
    };
    let made = Arc::new(make(spec.clone()));
    map.insert((spec, image), Arc::downgrade(&made));
    made
}

/// The image of a platform and release, as the lab ships it.
pub(crate) fn image(world: &World, prefix: &str, release: &Release) -> Arc<Generated> {
    let spec = ImageSpec {
        prefix: prefix.to_owned(),
        version: release.padded(),
        size_bytes: world.image_bytes,
        seed: world.seed,
    };
    shared(spec, true)
}

/// Names of the sub-package files of a release.
pub(crate) fn package_files(platform: &Platform, release: &Release) -> Vec<String> {
    let stem = platform.package_stem();
    platform
        .packages()
        .iter()
        .map(|part| format!("{stem}-{part}.{}.SPA.pkg", release.padded()))
        .collect()
}

/// Bytes that the sub-packages of an image of that size need.
pub(crate) fn expanded_bytes(image_len: u64) -> u64 {
    image_len + image_len / 50
}

/// Writes the sub-packages of a release into a flash.
pub(crate) fn expand(
    flash: &mut Flash,
    platform: &Platform,
    release: &Release,
    image_len: u64,
    seed: u64,
    at_s: f64,
) -> Vec<String> {
    let files = packages(flash, platform, release, image_len, seed, at_s, "");
    let conf = conf_text(platform, release);
    let conf_name = format!("{}.{}.SPA.conf", platform.prefix, release.padded());
    if flash.put(&conf_name, Content::text(conf), at_s).is_err() {
        tracing::warn!(conf_name, "does not fit");
    }
    files
}

/// Writes the sub-packages of a release into a folder of a flash: empty, or with its slash.
pub(crate) fn packages(
    flash: &mut Flash,
    platform: &Platform,
    release: &Release,
    image_len: u64,
    seed: u64,
    at_s: f64,
    folder: &str,
) -> Vec<String> {
    let files = package_files(platform, release);
    let each = expanded_bytes(image_len) / files.len().max(1) as u64;
    for (i, name) in files.iter().enumerate() {
        let spec = ImageSpec {
            prefix: name.clone(),
            version: release.padded(),
            size_bytes: each.saturating_sub(i as u64 * 64),
            seed,
        };
        let content = Content::Generated(shared(spec, false));
        if flash
            .put(&format!("{folder}{name}"), content, at_s)
            .is_err()
        {
            tracing::warn!(name, "sub-package does not fit");
        }
    }
    files
}

/// Text of a `packages.conf`: entries in the form of a device's; that a comment names the release is lab
/// only.
pub(crate) fn conf_text(platform: &Platform, release: &Release) -> String {
    let mut text = format!(
        "#! provisioned by the lab\n# release {}\n",
        release.padded()
    );
    for file in package_files(platform, release) {
        let part = file.split('.').next().unwrap_or_default();
        let kind = if part.ends_with("rpboot") {
            "boot"
        } else {
            "iso "
        };
        text.push_str(&format!("{kind}  rp 0 0   {part}   {file}\n"));
    }
    text
}

/// The state of a new device.
pub(crate) fn state(
    spec: &DeviceSpec,
    platform: &'static Platform,
    world: &World,
    address: SocketAddr,
) -> Result<State, LabError> {
    let mut rng = rng(world.seed, &format!("device|{}", spec.name));
    let release = Release::parse(&spec.version)?;
    let mode = spec.boot_mode.map_or(platform.born, BootMode::of);
    let born_s = -f64::from(rng.next_u32() % 4_000_000 + 300_000);
    let bin = format!("{}.{}.SPA.bin", platform.prefix, release.padded());
    let fs = platform.fs();
    let chassis = platform
        .engines()
        .then(|| (serial(&mut rng, platform.serial), mac(&mut rng)));
    let board = if platform.engines() {
        "JAE"
    } else {
        platform.serial
    };
    let mut members = Vec::new();
    let mut own_boot = BTreeMap::new();
    for id in 1..=spec.members {
        let mut flash = Flash::new(spec.flash_bytes.unwrap_or(platform.flash));
        for folder in [".prst_sync", ".rollback_timer", ".installer"] {
            flash.folder(folder, born_s);
        }
        let apart = spec.apart.iter().find(|a| a.member == id);
        let (release, mode) = match apart {
            Some(apart) => (
                apart
                    .version
                    .as_deref()
                    .map_or_else(|| Ok(release.clone()), Release::parse)?,
                apart.boot_mode.map_or(mode, BootMode::of),
            ),
            None => (release.clone(), mode),
        };
        let image = self::image(world, platform.prefix, &release);
        let bin = format!("{}.{}.SPA.bin", platform.prefix, release.padded());
        if apart.is_some() {
            let file = match mode {
                BootMode::Install => "packages.conf",
                BootMode::Bundle => &bin,
            };
            own_boot.insert(id, vec![format!("{fs}:{file}")]);
        }
        let put = |flash: &mut Flash, name: &str, content: Content| {
            if flash.put(name, content, born_s + 300.0).is_err() {
                tracing::warn!(
                    name,
                    device = spec.name,
                    "flash too small for what it holds"
                );
            }
        };
        put(&mut flash, &bin, Content::Generated(Arc::clone(&image)));
        if mode == BootMode::Install {
            expand(
                &mut flash,
                platform,
                &release,
                image.len(),
                world.seed,
                born_s + 360.0,
            );
            put(
                &mut flash,
                "packages.conf",
                Content::text(conf_text(platform, &release)),
            );
        }
        if platform.is_switch() && id == 1 {
            put(&mut flash, "vlan.dat", Content::text("x".repeat(796)));
        }
        if let Some(free) = spec.free_bytes.get(usize::from(id) - 1).filter(|f| **f > 0) {
            flash.squeeze_to(*free);
        }
        members.push(Member {
            id,
            serial: serial(&mut rng, board),
            mac: mac(&mut rng),
            priority: if id == 1 { 15 } else { 15 - id },
            flash,
            disks: platform.disks.iter().map(|d| Flash::new(d.bytes)).collect(),
            release,
            mode,
            apart: apart.is_some(),
            booted_s: born_s,
            ready_s: born_s,
            hot_s: born_s,
            missing: false,
        });
    }
    let interfaces = interfaces(spec, platform, world);
    let boot_entries = spec.boot.clone().unwrap_or_else(|| match mode {
        BootMode::Install => vec![format!("{fs}:packages.conf")],
        BootMode::Bundle => vec![format!("{fs}:{bin}")],
    });
    let config = configuration(spec, platform, &interfaces, &boot_entries, address, world);
    let confreg = spec
        .confreg
        .as_deref()
        .and_then(parse_confreg)
        .unwrap_or(platform.normal_confreg());
    let mut install = Install::default();
    let provisioned = (mode == BootMode::Install).then(|| release.clone());
    if mode == BootMode::Install {
        install.packages.push(Package {
            release: release.clone(),
            state: PackageState::Committed,
            file: bin.clone(),
            files: package_files(platform, &release),
        });
        install.add_point(&release, born_s + 400.0);
    }
    let image_file = match mode {
        BootMode::Install => format!("{fs}:packages.conf"),
        BootMode::Bundle => format!("{fs}:{bin}"),
    };
    let mut faults = Faults::default();
    for fault in spec.faults.iter().filter(|f| f.at != "now") {
        faults.add(fault.clone());
    }
    let ids: Vec<u8> = members.iter().map(|m| m.id).collect();
    let mut boot = boot::from_config(&config, platform, &ids, 1);
    boot.own.extend(own_boot);
    Ok(State {
        boot,
        running_config: config.clone(),
        startup_config: config,
        startup_release: release.clone(),
        config_changed_s: born_s + 7200.0,
        config_saved_s: born_s + 7260.0,
        running: Running {
            release,
            mode,
            image_file,
            reason: "Reload Command".into(),
            booted_s: born_s,
        },
        confreg,
        confreg_next: confreg,
        provisioned,
        install,
        issu: super::issu::Track::default(),
        members,
        active: 1,
        active_since_s: born_s,
        switchovers: Vec::new(),
        chassis,
        interfaces,
        faults,
        lost: Lost::default(),
        reloads: BTreeMap::new(),
        sessions: Vec::new(),
        next_session: 0,
        logging: Vec::new(),
        scheduled: None,
        revert: None,
        generation: 0,
        config_lock: None,
        refuse_logins: 0,
        boots_fast: false,
        host_key: host_key(spec, world.seed, 0)?,
        next_blob: 0,
        maintenance: false,
        firmware: super::firmware::born(platform, spec),
    })
}
