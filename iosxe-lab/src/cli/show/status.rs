//! Clock, users, log, processes, SSH server: what runs on the box itself.

use super::View;
use crate::clock;
use crate::model::platform::Family;

pub(super) fn clock(v: &View<'_>) -> String {
    format!("{}\n", v.device.world.clock.show_clock(v.now))
}

pub(super) fn users(v: &View<'_>, own: u64) -> String {
    let mut t =
        String::from("    Line       User       Host(s)              Idle       Location\n");
    if let Some(user) = &v.state.config_lock {
        t.push_str(&format!(
            "   0 con 0     {user:<10} idle                 00:02:11   \n"
        ));
    }
    for s in &v.state.sessions {
        let star = if s.id == own { '*' } else { ' ' };
        let idle = if s.id == own {
            "00:00:00".to_owned()
        } else {
            clock::hms(v.now - s.since_s)
        };
        t.push_str(&format!(
            "{star}{:>3} vty {:<5} {:<10} idle                 {idle:<10} {}\n",
            u32::from(s.line) + 1,
            s.line,
            s.user,
            s.from
        ));
    }
    t.push_str("\n  Interface    User               Mode         Idle     Peer Address\n\n");
    t
}

pub(super) fn reload(v: &View<'_>) -> String {
    match &v.state.scheduled {
        None => "No reload is scheduled.\n".to_owned(),
        Some(s) => {
            let left = clock::whole(s.at_s - v.now);
            let when = if left >= 3600 {
                format!("{} hours and {} minutes", left / 3600, left / 60 % 60)
            } else {
                format!("{} minutes and {} seconds", left / 60, left % 60)
            };
            let why = if s.reason.is_empty() {
                String::new()
            } else {
                format!("\nReload reason: {}", s.reason)
            };
            format!(
                "Reload scheduled for {} (in {when}) by console{why}\n",
                v.device.world.clock.config_date(s.at_s)
            )
        }
    }
}

pub(super) fn logging(v: &View<'_>) -> String {
    let n = v.state.logging.len();
    let mut t = format!(
        "Syslog logging: enabled (0 messages dropped, 2 messages rate-limited, 0 flushes, 0 overruns, \
         xml disabled, filtering disabled)\n\nNo Active Message Discriminator.\n\n\n\nNo Inactive Message \
         Discriminator.\n\n\n    Console logging: level debugging, {n} messages logged, xml \
         disabled,\n                     filtering disabled\n    Monitor logging: level debugging, 0 \
         messages logged, xml disabled,\n                     filtering disabled\n    Buffer logging:  \
         level debugging, {n} messages logged, xml disabled,\n                    filtering disabled\n    \
         Exception Logging: size (4096 bytes)\n    Count and timestamp logging messages: disabled\n    \
         Persistent logging: disabled\n\nNo active filter modules.\n\n    Trap logging: level \
         informational, {n} message lines logged\n\nLog Buffer (102400 bytes):\n\n"
    );
    for line in &v.state.logging {
        t.push_str(line);
        t.push('\n');
    }
    t
}

pub(super) fn ip_ssh(v: &View<'_>) -> String {
    use crate::topology::SshProfile;
    let (kex, keys, ciphers, macs) = match v.device.spec.ssh {
        SshProfile::Modern => (
            "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,diffie-hellman-group14-sha256,diffie-hellman-group16-sha512",
            v.state.host_key.algorithm().to_string(),
            "chacha20-poly1305@openssh.com,aes128-gcm@openssh.com,aes256-gcm@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr",
            "hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha2-256,hmac-sha2-512",
        ),
        SshProfile::Legacy => (
            "diffie-hellman-group-exchange-sha1,diffie-hellman-group14-sha1",
            "ssh-rsa".to_owned(),
            "aes128-ctr,aes192-ctr,aes256-ctr,aes128-cbc,aes192-cbc,aes256-cbc",
            "hmac-sha1",
        ),
    };
    format!(
        "SSH Enabled - version 2.0\nAuthentication methods:publickey,keyboard-interactive,password\n\
         Hostkey Algorithms:{keys}\nEncryption Algorithms:{ciphers}\nMAC Algorithms:{macs}\nKEX \
         Algorithms:{kex}\nAuthentication timeout: 120 secs; Authentication retries: 3\nMinimum expected \
         Diffie Hellman key size : 2048 bits\n"
    )
}

pub(super) fn ssh(v: &View<'_>) -> String {
    let mut t = String::from(
        "Connection Version Mode Encryption  Hmac         State                 Username\n",
    );
    for s in &v.state.sessions {
        for way in ["IN ", "OUT"] {
            t.push_str(&format!(
                "{:<11}2.0     {way}  aes256-ctr  hmac-sha2-256 Session started       {}\n",
                s.line, s.user
            ));
        }
    }
    t
}

pub(super) fn cpu() -> String {
    "CPU utilization for five seconds: 3%/0%; one minute: 4%; five minutes: 4%\n PID Runtime(ms)     \
     Invoked      uSecs   5Sec   1Min   5Min TTY Process \n   1           4          21        190  0.00%  \
     0.00%  0.00%   0 Chunk Manager    \n   2         361        2071        174  0.07%  0.02%  0.00%   0 \
     Load Meter       \n"
        .to_owned()
}

pub(super) fn memory() -> String {
    "Processor Pool Total: 1363484368 Used:  285112992 Free: 1078371376\n reserve P Pool Total:     102404 \
     Used:         88 Free:     102316\n\n PID TTY  Allocated      Freed    Holding    Getbufs    Retbufs \
     Process\n   0   0  267014160   41012864  205813368          0          0 *Init*          \n"
        .to_owned()
}

pub(super) fn memory_statistics() -> String {
    "Tracekey : 1#5f1a9c20b7d84e3f90ac11de2b6678f4   \n\n                Head    Total(b)     Used(b)     \
     Free(b)   Lowest(b)  Largest(b)\nProcessor  7FA3C0D010  1363484368   285112992  1078371376  1071920128  \
     1048575908\n lsmpi_io  7FA31B41A8     6295128     6294304         824         824         412\n"
        .to_owned()
}

/// `show platform software status control-processor brief`.
pub(super) fn control_processor(v: &View<'_>) -> String {
    let (stackable, total) = (v.device.platform.stackable(), v.device.platform.dram_k / 2);
    let names: Vec<String> = v
        .state
        .present()
        .map(|m| match (stackable, v.device.platform.engines()) {
            (true, _) => format!("{}-RP0", m.id),
            (false, true) => format!("RP{}", m.id.saturating_sub(1)),
            (false, false) if v.state.members.len() > 1 => format!("{}-RP0", m.id),
            (false, false) => "RP0".to_owned(),
        })
        .collect();
    let used = total * 62 / 100;
    let mut t = String::from("Load Average\n Slot  Status  1-Min  5-Min 15-Min\n");
    for name in &names {
        t.push_str(&format!("{name:>5} Healthy   0.26   0.35   0.33\n"));
    }
    t.push_str(
        "\nMemory (kB)\n Slot  Status    Total     Used (Pct)     Free (Pct) Committed (Pct)\n",
    );
    for name in &names {
        t.push_str(&format!(
            "{name:>5} Healthy {total:>8} {used:>8} (62%) {:>8} (38%)  {:>8} (75%)\n",
            total - used,
            total * 3 / 4
        ));
    }
    t.push_str("\nCPU Utilization\n Slot  CPU   User System   Nice   Idle    IRQ   SIRQ IOwait\n");
    for name in &names {
        for cpu in 0..4 {
            let name = if cpu == 0 { name.as_str() } else { "" };
            t.push_str(&format!(
                "{name:>5} {cpu:>4}   3.89   2.09   0.00  93.80   0.00   0.19   0.00\n"
            ));
        }
    }
    t + "\n"
}

pub(super) fn license(v: &View<'_>) -> String {
    let status = if v.state.running.release.at_least(17, 3) {
        "IN USE"
    } else {
        "AUTHORIZED"
    };
    let n = v.state.present().count();
    let licences: [(&str, &str); 2] = match v.device.platform.family {
        Family::Stackable | Family::Core | Family::Modular | Family::Router => [
            ("network-advantage", "(LAB_NW_A)"),
            ("dna-advantage", "(LAB_DNA_A)"),
        ],
        Family::Asr => [
            ("adventerprise", "(LAB_ADVENT)"),
            ("throughput_36g", "(LAB_TP_36G)"),
        ],
        Family::Ncs => [
            ("metroaggrservices", "(LAB_METRO_AGG)"),
            ("10G_bulk", "(LAB_10G_BULK)"),
        ],
    };
    let mut t = String::from(
        "License Usage:\n  License                 Entitlement Tag               Count Status\n  \
         -----------------------------------------------------------------------------\n",
    );
    for (name, tag) in licences {
        t.push_str(&format!("  {name:<23} {tag:<29} {n:>5} {status}\n"));
    }
    t + "\n"
}

pub(super) fn terminal(length: usize, width: usize) -> String {
    format!(
        "Line 1, Location: \"\", Type: \"VT100\"\nLength: {length} lines, Width: {width} columns\nBaud rate \
         (TX/RX) is 9600/9600\nStatus: PSI Enabled, Ready, Active, No Exit Banner\nCapabilities: none\nModem \
         state: Ready\nEditing is enabled.\nHistory is enabled, history size is 20.\n"
    )
}

pub(super) fn system_mode(v: &View<'_>) -> String {
    let mode = if v.state.maintenance {
        "Maintenance"
    } else {
        "Normal"
    };
    format!("System Mode: {mode}\n")
}

pub(super) fn ntp(v: &View<'_>) -> String {
    let synced = v.state.uptime(v.now) > 300.0;
    let head = if synced {
        "Clock is synchronized, stratum 3, reference is 10.0.0.1"
    } else {
        "Clock is unsynchronized, stratum 16, no reference clock"
    };
    format!("{head}\nnominal freq is 250.0000 Hz, actual freq is 250.0003 Hz, precision is 2**10\n")
}
