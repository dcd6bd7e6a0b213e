//! `init`: a starter folder.

use std::path::Path;

use iosxe_core::fault::{Class, Fault, Remedy};

use crate::app::Init;
use crate::exit::Exit;
use crate::show;

const CONFIG: &str = r#"# iosxe: where things are. Relative paths are relative to this file.
inventory = "inventory.csv"     # or a workbook: inventory.xlsx
journal = "journal.db"
known_hosts = "known_hosts"
runs = "runs"

[images]
dir = "images"
catalogue = "images/catalogue.toml"
# sheet = "Images"              # of the inventory's workbook: images are added to it

[limits]
devices = 20                    # worked on at once
logins_per_second = 20          # over all devices: what the AAA servers can stand
# reloads = 10                  # disturbed at once
# transfers = 20                # images on their way at once

# Who opens gates (docs/approvals.md):
# [approval]
# persons = 2                   # different persons for each plan
# not_the_requester = true
# by = ["ann", "bob"]
# valid_s = 14400

# A few devices first, the others when those are through and were watched (docs/fleet.md):
# [waves]
# canary = 1                    # rows without a `wave` go in batches: so many, then three times as many
# soak = 1800                   # seconds between two waves
# failures = 1                  # so many failed devices stop a wave

# When devices may be disturbed; rows name it in their `window` cell, or their site does:
# [[window]]
# name = "night"
# zone = "Europe/Berlin"
# days = ["mon", "tue", "wed"]  # on which it opens; or dates = ["2026-12-05"]
# starts = "22:00"
# ends = "04:00"
# blackout = ["2026-12-20/2027-01-06"]

[policy]                        # times in seconds of device time
auto_abort = 7200               # the device goes back by itself unless committed
convergence = 600               # how long a gate check may fail after the upgrade
soak = 600                      # watched for so long before the commit
answer_within = 540             # an unknown question waits so long for `iosxe answer`
# patch_timer = false           # for releases that take no auto-abort timer with a patch

# Images are sent by SCP unless the devices shall fetch them from a server of yours (docs/transfer.md).
# A site's setting stands by itself: it takes nothing from the general one.
# [transfer]
# from = "scp://images.example.net//srv/ios"  # or https, sftp; http, ftp and tftp with plain = true
# credential = "files"          # the user on the server; devices ask for one with scp and sftp alone
# vrf = "Mgmt-vrf"              # at the end of the command; http and https take none
# [[transfer.site]]
# match = "lyon"
# from = "push"

# Checks of your own beside those of the program, before and after the upgrade (docs/checks.md):
# [[check]]
# name = "ntp"
# command = "show ntp status"
# expect = "^Clock is synchronized"
# weight = "warn"               # gate: a device that fails it is not begun, or is taken back

# The credential named `default` comes from IOSXE_USERNAME, IOSXE_PASSWORD and IOSXE_ENABLE.
# [[credential]]
# name = "core"
# username = "netops"
# key_file = "/home/netops/.ssh/id_ed25519"

# A credential may hold something for `iosxe discover --snmp` too, or that alone. `default` takes
# IOSXE_SNMP_COMMUNITY, or IOSXE_SNMP_USER, IOSXE_SNMP_AUTH and IOSXE_SNMP_PRIV (and IOSXE_SNMP_HASH):
# [[credential]]
# name = "first-look"
# snmp = { user = "look", hash = "sha256", auth_env = "LOOK_AUTH", priv_env = "LOOK_PRIV" }

# [snmp]
# credential = "first-look"     # for every row; without it that of the row
# port = 161

# Old algorithms (SHA-1), by the name of the device or jump host:
# [[ssh]]
# match = "old-*"
# profile = "legacy"

# Jump hosts of the rows of a site that name none in their `jump` cell, nearest first:
# [[site]]
# match = "lyon"
# jump = ["gate.lyon.example.net"]
# window = "night"              # of rows that name none
# reloads = 1                   # disturbed at once at one such site

# A jump host's own credential; others get the device's:
# [[jump]]
# host = "gate.*"
# credential = "core"
"#;

const INVENTORY: &str = "hostname,address,platform,serial,site,role,target_version,image,want_method,\
ha_group,wave,window,credential,fallback_credential,jump,console,save_config,hold,approval,notes,waive,plan,current_version,boot_mode,\
method,status,stage,last_error,rollback_status,last_upgrade,run,updated_at\n";

const CATALOGUE: &str = "# Images by `iosxe image add FILE`.\n";

pub(crate) fn run(args: &Init) -> Result<Exit, Fault> {
    let files = [
        ("iosxe.toml", CONFIG),
        ("inventory.csv", INVENTORY),
        ("images/catalogue.toml", CATALOGUE),
    ];
    for (name, _) in files {
        let file = args.dir.join(name);
        if file.exists() {
            return Err(Fault::new(
                Class::Operator,
                "init_exists",
                format!("{} is there already; nothing was written", file.display()),
            )
            .remedy(Remedy::with("choose another folder", "iosxe init DIR")));
        }
    }
    for (name, text) in files {
        write(&args.dir.join(name), text)?;
    }
    show::note(&format!(
        "made {0}/iosxe.toml, {0}/inventory.csv and {0}/images/catalogue.toml; next: fill the \
         inventory, add images, then `iosxe --config {0}/iosxe.toml discover`",
        args.dir.display()
    ));
    Ok(Exit::AsWanted)
}

fn write(file: &Path, text: &str) -> Result<(), Fault> {
    let made = file
        .parent()
        .map_or(Ok(()), std::fs::create_dir_all)
        .and_then(|()| std::fs::write(file, text));
    made.map_err(|e| {
        Fault::new(
            Class::Operator,
            "init_write",
            format!("cannot write {}: {e}", file.display()),
        )
        .remedy(Remedy::new("choose a folder that can be written"))
    })
}
