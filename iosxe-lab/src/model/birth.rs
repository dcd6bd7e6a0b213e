//! The state of a device when the lab starts: files, configuration, cables, serial numbers.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use sha2::{Digest, Sha512};

use super::boot;
use super::config::Config;
use super::device::{BootMode, Interface, Member, Neighbour, Running, State, World};
use super::flash::{Content, Flash};
use super::image::{Generated, ImageSpec};
use super::install::{Install, Package, PackageState};
use super::platform::{Family, Platform};
use super::release::Release;
use crate::error::LabError;
use crate::fault::Faults;
use crate::topology::{BootModeSpec, DeviceSpec, parse_confreg};
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
        if flash.put(name, content, at_s).is_err() {
            tracing::warn!(name, "sub-package does not fit");
        }
    }
    let conf = conf_text(platform, release);
    let conf_name = format!("{}.{}.SPA.conf", platform.prefix, release.padded());
    if flash.put(&conf_name, Content::text(conf), at_s).is_err() {
        tracing::warn!(conf_name, "does not fit");
    }
    files
}

/// Text of a `packages.conf`: lab only, it names the release and its parts.
pub(crate) fn conf_text(platform: &Platform, release: &Release) -> String {
    let mut text = format!(
        "#! provisioned by the lab\n# release {}\n",
        release.padded()
    );
    for file in package_files(platform, release) {
        let part = file.split('.').next().unwrap_or_default();
        text.push_str(&format!("iso rp 0 0 {part} {file}\n"));
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
    let default_mode = if platform.is_switch() {
        BootModeSpec::Install
    } else {
        BootModeSpec::Bundle
    };
    let mode = match spec.boot_mode.unwrap_or(default_mode) {
        BootModeSpec::Install => BootMode::Install,
        BootModeSpec::Bundle => BootMode::Bundle,
    };
    let born_s = -f64::from(rng.next_u32() % 4_000_000 + 300_000);
    let image = image(world, platform.prefix, &release);
    let bin = format!("{}.{}.SPA.bin", platform.prefix, release.padded());
    let fs = platform.fs();
    let mut members = Vec::new();
    for id in 1..=spec.members {
        let mut flash = Flash::new(spec.flash_bytes.unwrap_or(platform.flash));
        for folder in [".prst_sync", ".rollback_timer", ".installer"] {
            flash.folder(folder, born_s);
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
            serial: serial(&mut rng, platform.serial),
            mac: mac(&mut rng),
            priority: if id == 1 { 15 } else { 15 - id },
            flash,
            release: release.clone(),
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
    Ok(State {
        boot: boot::from_config(&config, platform),
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
        members,
        interfaces,
        faults,
        reloads: BTreeMap::new(),
        sessions: Vec::new(),
        next_session: 0,
        logging: Vec::new(),
        scheduled: None,
        revert: None,
        generation: 0,
        config_lock: None,
        refuse_logins: 0,
        host_key: host_key(spec, world.seed, 0)?,
        next_blob: 0,
        maintenance: false,
    })
}

fn interfaces(spec: &DeviceSpec, platform: &Platform, world: &World) -> Vec<Interface> {
    let mut all = Vec::new();
    if platform.is_switch() {
        all.push(port("GigabitEthernet", "Gi", "0/0", 0, "RJ45"));
    }
    let members = if platform.stackable() {
        spec.members
    } else {
        1
    };
    for member in 1..=members {
        for block in platform.ports {
            for n in block.first..block.first + block.count {
                let slot = block.slot.replace("{}", &member.to_string());
                all.push(port(
                    block.long,
                    block.short,
                    &format!("{slot}{n}"),
                    member,
                    block.media,
                ));
            }
        }
    }
    if !platform.is_switch() {
        all.push(port("GigabitEthernet", "Gi", "0", 0, "RJ45"));
    }
    let site = spec.site.clone().unwrap_or_else(|| "lab".to_owned());
    let uplinks = uplink_names(platform, members);
    for interface in &mut all {
        let number = interface
            .short
            .rsplit('/')
            .next()
            .and_then(|n| n.parse::<u32>().ok());
        let access = platform.stackable() && interface.short.contains("/0/");
        interface.cabled = interface.member == 0
            || (access && number.is_some_and(|n| n <= 6 || n % 4 == 0))
            || (platform.family == Family::Router && number.is_some_and(|n| n < 2));
    }
    match &spec.neighbours {
        Some(list) => {
            for n in list {
                let pid = n.platform.clone().or_else(|| {
                    world
                        .names
                        .iter()
                        .find(|(name, _)| *name == n.device)
                        .map(|(_, p)| (*p).to_owned())
                });
                wire(
                    &mut all,
                    &n.local,
                    &n.device,
                    &n.remote,
                    pid.as_deref().unwrap_or("C9500-24Y4C"),
                );
            }
        }
        None => {
            for (i, local) in uplinks.iter().enumerate() {
                let (device, remote, pid) = match platform.family {
                    Family::Stackable => (
                        format!("dist-{site}"),
                        format!("Twe1/0/{}", i + 1),
                        "C9500-24Y4C",
                    ),
                    Family::Core => (
                        format!("core-{site}-{}", i + 1),
                        format!("Hu1/0/{}", i + 25),
                        "C9500-32C",
                    ),
                    Family::Router => (format!("pe-{site}"), format!("Gi0/0/{i}"), "ISR4451-X/K9"),
                };
                wire(&mut all, local, &device, &remote, pid);
            }
        }
    }
    all
}

fn port(long: &str, short: &str, number: &str, member: u8, media: &'static str) -> Interface {
    Interface {
        long: format!("{long}{number}"),
        short: format!("{short}{number}"),
        member,
        media,
        cabled: false,
        broken: false,
        neighbour: None,
    }
}

fn wire(all: &mut [Interface], local: &str, device: &str, remote: &str, pid: &str) {
    let found = all.iter_mut().find(|i| i.short == local || i.long == local);
    if let Some(interface) = found {
        interface.cabled = true;
        let last = device
            .bytes()
            .fold(0u32, |sum, b| (sum + u32::from(b)) % 250)
            + 1;
        interface.neighbour = Some(Neighbour {
            device: device.to_owned(),
            port: remote.to_owned(),
            pid: pid.to_owned(),
            address: format!("10.255.0.{last}"),
        });
    }
}

/// The two ports that lead towards the core.
pub(crate) fn uplink_names(platform: &Platform, members: u8) -> Vec<String> {
    match platform.family {
        Family::Stackable if members > 1 => vec!["Te1/1/1".into(), "Te2/1/1".into()],
        Family::Stackable => vec!["Te1/1/1".into(), "Te1/1/2".into()],
        Family::Core => match platform.ports.last() {
            Some(block) => (block.first..block.first + 2)
                .map(|n| format!("{}{}{n}", block.short, block.slot.replace("{}", "1")))
                .collect(),
            None => Vec::new(),
        },
        Family::Router => vec!["Gi0/0/0".into()],
    }
}

fn configuration(
    spec: &DeviceSpec,
    platform: &Platform,
    interfaces: &[Interface],
    boot: &[String],
    address: SocketAddr,
    world: &World,
) -> Config {
    let mut c = Config::default();
    for line in [
        "service timestamps debug datetime msec",
        "service timestamps log datetime msec",
    ] {
        c.sections.push(super::config::Section {
            line: line.into(),
            children: Vec::new(),
        });
    }
    let mut line = |text: &str| {
        c.sections.push(super::config::Section {
            line: text.to_owned(),
            children: Vec::new(),
        });
    };
    line(&format!("hostname {}", spec.name));
    for entry in boot {
        if platform.stackable() {
            line(&format!("boot system switch all {entry}"));
        } else {
            line(&format!("boot system {entry}"));
        }
    }
    if spec.manual_boot {
        line("boot manual");
    }
    line("enable secret 9 $9$labsecret$notarealhash");
    line("aaa new-model");
    line("aaa authentication login default local");
    line("aaa authorization exec default local");
    if platform.is_switch() {
        line("ip routing");
    }
    line("ip domain name lab.example");
    for user in &world.users {
        line(&format!(
            "username {} privilege {} secret 9 $9$labsecret$notarealhash",
            user.name, user.privilege
        ));
    }
    for i in 1..=spec.members {
        if platform.stackable() {
            line(&format!(
                "switch {i} provision {}",
                platform.pid.to_lowercase()
            ));
        }
    }
    line("redundancy");
    if platform.is_switch() {
        line("spanning-tree mode rapid-pvst");
        line("vlan 10");
        line("vlan 20");
    }
    if spec.members > 1 {
        c.add_child("redundancy", "mode sso");
    }
    for (vlan, name) in [("vlan 10", "users"), ("vlan 20", "voice")] {
        if platform.is_switch() {
            c.add_child(vlan, &format!("name {name}"));
        }
    }
    let uplinks = uplink_names(platform, spec.members);
    let push = |c: &mut Config, name: &str, children: Vec<String>| {
        c.sections.push(super::config::Section {
            line: format!("interface {name}"),
            children,
        });
    };
    let host = address.ip();
    if platform.stackable() {
        push(
            &mut c,
            "Port-channel1",
            vec!["description uplink".into(), "switchport mode trunk".into()],
        );
    }
    for interface in interfaces {
        let uplink = uplinks.contains(&interface.short) || interface.neighbour.is_some();
        let mut children = Vec::new();
        if let Some(n) = &interface.neighbour {
            children.push(format!("description to {}", n.device));
        }
        if interface.member == 0 {
            children.push(
                if platform.is_switch() {
                    "vrf forwarding Mgmt-vrf"
                } else {
                    "vrf forwarding Mgmt-intf"
                }
                .into(),
            );
            children.push(format!("ip address {host} 255.255.255.0"));
            children.push("negotiation auto".into());
        } else if platform.family == Family::Router {
            if interface.cabled {
                let n = children.len() + usize::from(interface.short.ends_with('1'));
                children.push(format!("ip address 10.200.{n}.1 255.255.255.252"));
            } else {
                children.push("no ip address".into());
                children.push("shutdown".into());
            }
            children.push("negotiation auto".into());
        } else if uplink && platform.family == Family::Core {
            children.push("no switchport".into());
            let n = if uplinks.first() == Some(&interface.short) {
                1
            } else {
                5
            };
            children.push(format!("ip address 10.254.0.{n} 255.255.255.252"));
        } else if uplink {
            children.push("switchport mode trunk".into());
            children.push("channel-group 1 mode active".into());
        } else if interface.short.contains("/0/") && platform.stackable() {
            children.push("switchport access vlan 10".into());
            children.push("switchport mode access".into());
        }
        push(&mut c, &interface.long, children);
    }
    if platform.is_switch() {
        push(
            &mut c,
            "Vlan1",
            vec!["no ip address".into(), "shutdown".into()],
        );
        push(
            &mut c,
            "Vlan10",
            vec!["ip address 10.10.10.1 255.255.255.0".into()],
        );
    }
    let mut line = |text: &str| {
        c.sections.push(super::config::Section {
            line: text.to_owned(),
            children: Vec::new(),
        });
    };
    line("ip forward-protocol nd");
    line("ip ssh version 2");
    if spec.scp_server {
        line("ip scp server enable");
    }
    line("line con 0");
    line("line vty 0 15");
    c.add_child("line con 0", "stopbits 1");
    c.add_child("line vty 0 15", "exec-timeout 10 0");
    c.add_child("line vty 0 15", "transport input ssh");
    for text in &spec.config {
        c.merge(&Config::parse(text));
    }
    c
}
