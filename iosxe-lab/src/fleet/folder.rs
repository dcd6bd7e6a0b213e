//! The lab's folder: inventory, configuration, credentials, known hosts, images.

use std::path::Path;
use std::sync::Arc;

use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder, Workbook, XlsxError};
use serde_json::json;

use crate::error::LabError;
use crate::model::birth;
use crate::model::device::{Device, World};
use crate::model::firmware;
use crate::model::flash::{Blob, Content};
use crate::model::image::Digests;
use crate::model::install::{Package, PackageState, Patch};
use crate::model::release::Release;
use crate::model::smu::SmuSpec;
use crate::topology::{PatchSpec, SshProfile};

/// Columns of the inventory: the operator's, then those that the tool writes.
const COLUMNS: [(&str, bool); 30] = [
    ("hostname", true),
    ("address", true),
    ("platform", true),
    ("serial", true),
    ("site", true),
    ("role", true),
    ("target_version", true),
    ("image", true),
    ("want_method", true),
    ("ha_group", true),
    ("wave", true),
    ("window", true),
    ("credential", true),
    ("jump", true),
    ("save_config", true),
    ("hold", true),
    ("approval", true),
    ("notes", true),
    ("plan", false),
    ("current_version", false),
    ("boot_mode", false),
    ("method", false),
    ("status", false),
    ("stage", false),
    ("last_error", false),
    ("rollback_status", false),
    ("last_upgrade", false),
    ("run", false),
    ("updated_at", false),
    ("fallback_credential", true),
];

/// An image of the folder.
#[derive(Debug, Clone)]
pub(crate) struct ShippedImage {
    pub(crate) file: String,
    pub(crate) version: String,
    pub(crate) prefix: &'static str,
    pub(crate) size: u64,
    pub(crate) digests: Digests,
}

/// What says that a lab was made in a folder.
const MARK: &str = "lab.json";

/// Everything else that a lab puts into its folder.
const FILES: [&str; 7] = [
    "iosxe.toml",
    "inventory.csv",
    "inventory.xlsx",
    "lab.env",
    "known_hosts",
    "images",
    "flash",
];

/// Refuses a folder in which somebody's files would be overwritten. That of an earlier lab may be.
pub(crate) fn vacant(dir: &Path) -> Result<(), LabError> {
    if dir.join(MARK).exists() {
        return Ok(());
    }
    match FILES.into_iter().find(|file| dir.join(file).exists()) {
        None => Ok(()),
        Some(file) => Err(LabError::Occupied {
            dir: dir.to_owned(),
            file,
        }),
    }
}

fn write(path: &Path, text: &str) -> Result<(), LabError> {
    std::fs::write(path, text).map_err(LabError::file("write", path))
}

/// Writes the images that the fleet's targets need and their catalogue.
pub(crate) fn images(
    dir: &Path,
    world: &World,
    devices: &[Arc<Device>],
) -> Result<Vec<ShippedImage>, LabError> {
    let folder = dir.join("images");
    std::fs::create_dir_all(&folder).map_err(LabError::file("create", &folder))?;
    let mut shipped: Vec<ShippedImage> = Vec::new();
    for device in devices {
        for smu in &device.spec.smus {
            let spec = patch(device, smu)?;
            spec.write_to(&folder.join(spec.file_name()))?;
        }
        for package in &device.spec.firmware.packages {
            let spec = firmware::package(device, package)?;
            spec.write_to(&folder.join(&spec.file))?;
        }
        let Some(target) = &device.spec.target_version else {
            continue;
        };
        let release = Release::parse(target)?;
        let image = birth::image(world, device.platform.prefix, &release);
        let Some(spec) = image.spec() else { continue };
        let file = spec.file_name();
        if shipped.iter().any(|s| s.file == file) {
            continue;
        }
        let digests = spec.write_to(&folder.join(&file))?;
        shipped.push(ShippedImage {
            file,
            version: release.padded(),
            prefix: device.platform.prefix,
            size: image.len(),
            digests,
        });
    }
    write(&folder.join("catalogue.toml"), &catalogue(&shipped))?;
    Ok(shipped)
}

/// A patch of the topology as a file.
fn patch(device: &Device, smu: &PatchSpec) -> Result<SmuSpec, LabError> {
    let version = smu.version.as_ref().unwrap_or(&device.spec.version);
    Ok(SmuSpec {
        prefix: device.platform.prefix.to_owned(),
        version: Release::parse(version)?.padded(),
        defect: smu.defect.clone(),
        hot: smu.hot,
        size_bytes: 48 << 10,
    })
}

/// Leaves a patch activated and uncommitted, as somebody did who went home.
pub(crate) fn foreign_patch(device: &Arc<Device>, smu: &PatchSpec) -> Result<(), LabError> {
    let spec = patch(device, smu)?;
    let path = device.new_blob_path();
    let digests = spec.write_to(&path)?;
    let len = std::fs::metadata(&path)
        .map_err(LabError::file("read", &path))?
        .len();
    let blob = Blob::empty(path);
    blob.set_len(len);
    blob.seal(digests);
    let content = Content::Disk(Arc::new(blob));
    let now = device.now();
    {
        let mut state = device.state();
        for member in &mut state.members {
            let put = member.flash.put(&spec.file_name(), content.clone(), now);
            put.map_err(|_| LabError::Topology {
                reason: format!("device {:?}: foreign patch does not fit", device.name),
            })?;
        }
        state.install.patches.push(Patch {
            file: spec.file_name(),
            base: Release::parse(&spec.version)?,
            defect: spec.defect,
            hot: spec.hot,
            state: PackageState::Uncommitted,
        });
    }
    device.arm_auto_abort(7200.0);
    Ok(())
}

fn catalogue(shipped: &[ShippedImage]) -> String {
    let mut text = String::from(
        "# Images of this lab: made up, incompressible, bootable by its devices only.\n",
    );
    for image in shipped {
        let platforms: Vec<String> = families(image.prefix)
            .iter()
            .map(|f| format!("{f:?}"))
            .collect();
        text.push_str(&format!(
            "\n[[image]]\nfile = {:?}\nversion = {:?}\nplatforms = [{}]\nsize_bytes = {}\nmd5 = {:?}\nsha512 = {:?}\nverified = true\n",
            image.file,
            image.version,
            platforms.join(", "),
            image.size,
            image.digests.md5,
            image.digests.sha512
        ));
    }
    text
}

/// PID prefixes that take an image of that file name prefix.
fn families(prefix: &str) -> &'static [&'static str] {
    match prefix {
        "cat9k_iosxe" => &[
            "C9300", "C9400", "C9500", "C9600", "C9404R", "C9407R", "C9410R", "C9606R",
        ],
        "cat9k_lite_iosxe" => &["C9200"],
        "cat3k_caa-universalk9" => &["WS-C3650", "WS-C3850"],
        "isr4400-universalk9" => &["ISR4431", "ISR4451"],
        "isr4300-universalk9" => &["ISR4321", "ISR4331", "ISR4351"],
        "c1100-universalk9" => &["C11"],
        "c8000v-universalk9" => &["C8000V"],
        "csr1000v-universalk9" => &["CSR1000V"],
        "asr1000rpx86-universalk9" => &["ASR1004", "ASR1006", "ASR1013"],
        "asr1001x-universalk9" => &["ASR1001-X"],
        "asr900rsp2-universalk9" => &["ASR-902", "ASR-903"],
        "asr900rsp3-universalk9" => &["ASR-903", "ASR-907"],
        "asr920-universalk9_npe" => &["ASR-920"],
        "ncs520-universalk9_npe" => &["NCS520"],
        "ncs4200rsp3-universalk9" => &["NCS4206", "NCS4216"],
        "ncs4200-universalk9" => &["NCS4201", "NCS4202"],
        "c8000be-universalk9" => &["C8200", "C8300"],
        _ => &[],
    }
}

/// The value of an operator's cell.
fn cell(device: &Device, column: &str, serials: &str, jump: Option<&Arc<Device>>) -> String {
    let spec = &device.spec;
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    match column {
        "hostname" => device.name.clone(),
        "address" => device.address.to_string(),
        "platform" => device.platform.pid.to_owned(),
        "serial" => serials.to_owned(),
        "site" => text(&spec.site),
        "role" => text(&spec.role),
        "target_version" => text(&spec.target_version),
        "image" => spec
            .target_version
            .as_ref()
            .and_then(|t| Release::parse(t).ok())
            .map(|r| format!("{}.{}.SPA.bin", device.platform.prefix, r.padded()))
            .unwrap_or_default(),
        "ha_group" => text(&spec.ha_group),
        "wave" => spec.wave.map(|w| w.to_string()).unwrap_or_default(),
        "jump" => jump.map(|j| j.address.to_string()).unwrap_or_default(),
        _ => String::new(),
    }
}

fn rows(devices: &[Arc<Device>]) -> Vec<Vec<String>> {
    devices
        .iter()
        .filter(|d| !d.spec.jump)
        .map(|device| {
            let serials: Vec<String> = {
                let state = device.state();
                match &state.chassis {
                    Some((serial, _)) => vec![serial.clone()],
                    None => state.members.iter().map(|m| m.serial.clone()).collect(),
                }
            };
            let jump = devices
                .iter()
                .find(|d| Some(&d.name) == device.spec.behind.as_ref());
            COLUMNS
                .iter()
                .map(|(name, _)| cell(device, name, &serials.join(","), jump))
                .collect()
        })
        .collect()
}

/// Writes `inventory.csv` and `inventory.xlsx`.
pub(crate) fn inventory(dir: &Path, devices: &[Arc<Device>]) -> Result<(), LabError> {
    let rows = rows(devices);
    let path = dir.join("inventory.csv");
    let failed = |error: csv::Error| LabError::File {
        action: "write",
        path: dir.join("inventory.csv"),
        source: std::io::Error::other(error),
    };
    let mut csv = csv::Writer::from_path(&path).map_err(failed)?;
    csv.write_record(COLUMNS.iter().map(|(name, _)| *name))
        .map_err(failed)?;
    for row in &rows {
        csv.write_record(row).map_err(failed)?;
    }
    csv.flush().map_err(LabError::file("write", path))?;
    workbook(&dir.join("inventory.xlsx"), &rows).map_err(|e| LabError::Workbook(Box::new(e)))
}

fn workbook(path: &Path, rows: &[Vec<String>]) -> Result<(), XlsxError> {
    let mut book = Workbook::new();
    let ours = Format::new()
        .set_bold()
        .set_background_color(Color::RGB(0x00DD_EBF7))
        .set_border(FormatBorder::Thin);
    let head = Format::new()
        .set_bold()
        .set_background_color(Color::RGB(0x00E2_EFDA))
        .set_border(FormatBorder::Thin)
        .set_align(FormatAlign::Left);
    let text = Format::new().set_num_format("@");
    let sheet = book.add_worksheet();
    sheet.set_name("devices")?;
    sheet.set_freeze_panes(1, 1)?;
    for (c, (name, operator)) in (0u16..).zip(COLUMNS) {
        sheet.write_with_format(0, c, name, if operator { &head } else { &ours })?;
        let width = match name {
            "serial" | "image" | "notes" | "last_error" => 34,
            "hostname" | "address" => 20,
            _ => 14,
        };
        sheet.set_column_width(c, width)?;
    }
    for (r, row) in (1u32..).zip(rows) {
        for (c, value) in (0u16..).zip(row) {
            if !value.is_empty() {
                sheet.write_with_format(r, c, value.as_str(), &text)?;
            }
        }
    }
    let last = u32::try_from(rows.len()).unwrap_or(u32::MAX);
    let columns = u16::try_from(COLUMNS.len()).unwrap_or(u16::MAX);
    sheet.autofilter(0, 0, last, columns - 1)?;
    book.save(path)
}

/// Writes `iosxe.toml`, `lab.env`, `known_hosts` and `lab.json`.
pub(crate) fn settings(
    dir: &Path,
    world: &World,
    devices: &[Arc<Device>],
    speed: f64,
    control: &str,
) -> Result<(), LabError> {
    let mut toml = format!(
        "inventory = \"inventory.xlsx\"\njournal = \"journal.db\"\nknown_hosts = \"known_hosts\"\nruns = \
         \"runs\"\n\n[clock]\nscale = {speed:?}\n\n[images]\ndir = \"images\"\ncatalogue = \
         \"images/catalogue.toml\"\n\n[limits]\ndevices = 8\n"
    );
    if let Some(snmp) = &world.snmp {
        toml.push_str(&format!("\n[snmp]\nport = {}\n", snmp.port));
    }
    write(&dir.join("iosxe.toml"), &toml)?;
    let admin = world.users.first().cloned();
    let viewer = world.users.get(1).cloned();
    if let Some(admin) = &admin {
        let mut env = format!(
            "IOSXE_USERNAME={}\nIOSXE_PASSWORD={}\nIOSXE_ENABLE={}\n",
            admin.name, admin.password, world.enable
        );
        if let Some(snmp) = &world.snmp {
            env.push_str(&format!("IOSXE_SNMP_COMMUNITY={}\n", snmp.community));
        }
        write(&dir.join("lab.env"), &env)?;
    }
    write(&dir.join("known_hosts"), &known_hosts(devices)?)?;
    let list: Vec<_> = devices
        .iter()
        .map(|d| {
            json!({
                "name": d.name,
                "address": d.address.ip().to_string(),
                "port": d.address.port(),
                "pid": d.platform.pid,
                "behind": d.spec.behind,
                "jump": d.spec.jump,
                "ssh": match d.spec.ssh {
                    SshProfile::Modern => "modern",
                    SshProfile::Legacy => "legacy",
                },
            })
        })
        .collect();
    let lab = json!({
        "control": control,
        "speed": speed,
        "seed": world.seed,
        "devices": list,
        "snmp": world.snmp.as_ref().map(|s| json!({
            "port": s.port, "community": s.community, "user": s.user, "hash": "sha256",
            "auth": s.auth, "priv": s.privacy,
        })),
        "viewer": viewer.map(|v| json!({ "username": v.name, "password": v.password })),
    });
    let text = serde_json::to_string_pretty(&lab).unwrap_or_default();
    write(&dir.join(MARK), &(text + "\n"))
}

fn known_hosts(devices: &[Arc<Device>]) -> Result<String, LabError> {
    let mut text = String::new();
    for device in devices {
        let key = device
            .state()
            .host_key
            .public_key()
            .to_openssh()
            .map_err(|e| LabError::HostKey {
                device: device.name.clone(),
                reason: e.to_string(),
            })?;
        let (ip, port) = (device.address.ip(), device.address.port());
        let host = if port == 22 {
            ip.to_string()
        } else {
            format!("[{ip}]:{port}")
        };
        text.push_str(&format!("{host} {}\n", key.trim()));
    }
    Ok(text)
}

/// Puts somebody else's activated and uncommitted image on a device before the lab opens.
pub(crate) fn foreign_trial(device: &Arc<Device>, target: &str) -> Result<(), LabError> {
    let release = Release::parse(target)?;
    let image = birth::image(&device.world, device.platform.prefix, &release);
    let file = format!("{}.{}.SPA.bin", device.platform.prefix, release.padded());
    {
        let now = device.now();
        let mut state = device.state();
        for member in &mut state.members {
            if member
                .flash
                .put(&file, Content::Generated(Arc::clone(&image)), now)
                .is_err()
            {
                return Err(LabError::Topology {
                    reason: format!("device {:?}: foreign image does not fit", device.name),
                });
            }
            birth::expand(
                &mut member.flash,
                device.platform,
                &release,
                image.len(),
                device.world.seed,
                now,
            );
            member.release = release.clone();
        }
        let files = birth::package_files(device.platform, &release);
        let package = Package {
            release: release.clone(),
            state: PackageState::Inactive,
            file,
            files,
        };
        state.install.packages.insert(0, package);
        state.install.activate(&release);
        state.running.release = release.clone();
        crate::model::reload::provision(&mut state, device, &release);
    }
    device.arm_auto_abort(7200.0);
    Ok(())
}
