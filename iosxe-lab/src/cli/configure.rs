//! Configuration mode: lines that change the running configuration.

use std::sync::Arc;

use super::shell::{Mode, Shell};
use super::terminal::Io;
use crate::model::device::{Device, State};
use crate::topology::parse_confreg;

/// First words that a device of these families takes at the top level. Lines that begin with one
/// of them are kept as typed; the lab models only those it needs.
const TOP: &[&str] = &[
    "aaa",
    "access-list",
    "alias",
    "archive",
    "arp",
    "banner",
    "boot",
    "cdp",
    "class-map",
    "clock",
    "config-register",
    "control-plane",
    "crypto",
    "diagnostic",
    "dot1x",
    "enable",
    "errdisable",
    "event",
    "exception",
    "file",
    "flow",
    "hostname",
    "hw-module",
    "interface",
    "ip",
    "ipv6",
    "issu",
    "kron",
    "license",
    "line",
    "lldp",
    "logging",
    "login",
    "mac",
    "memory",
    "monitor",
    "netconf-yang",
    "no",
    "ntp",
    "platform",
    "policy-map",
    "power",
    "privilege",
    "qos",
    "radius",
    "redundancy",
    "restconf",
    "route-map",
    "router",
    "service",
    "snmp-server",
    "software",
    "spanning-tree",
    "stack-power",
    "stackwise-virtual",
    "switch",
    "system",
    "tacacs",
    "telemetry",
    "template",
    "track",
    "transceiver",
    "udld",
    "username",
    "vlan",
    "vrf",
    "vtp",
    "default",
    "do",
    "end",
    "exit",
];

/// Top-level words that open a section.
const SECTIONS: &[&str] = &[
    "archive",
    "class-map",
    "control-plane",
    "flow",
    "interface",
    "line",
    "policy-map",
    "redundancy",
    "route-map",
    "router",
    "stackwise-virtual",
    "template",
    "vlan",
    "vrf",
];

/// First words of lines inside sections; everything else closes the section.
const INSIDE: &[&str] = &[
    "address-family",
    "authentication",
    "bandwidth",
    "carrier-delay",
    "channel-group",
    "description",
    "device-tracking",
    "domain",
    "duplex",
    "exec-timeout",
    "exit-address-family",
    "hold-queue",
    "ip",
    "ipv6",
    "length",
    "load-interval",
    "log",
    "logging",
    "login",
    "maximum",
    "media-type",
    "mode",
    "mtu",
    "name",
    "negotiation",
    "neighbor",
    "network",
    "path",
    "power",
    "rd",
    "router-id",
    "service-policy",
    "session-timeout",
    "shutdown",
    "spanning-tree",
    "speed",
    "stackwise-virtual",
    "standby",
    "stopbits",
    "storm-control",
    "switchport",
    "time-period",
    "transport",
    "vrf",
    "width",
    "write-memory",
    "access-class",
    "privilege",
];

/// Whole lines that may be abbreviated word by word.
const KNOWN: &[&str] = &[
    "ip scp server enable",
    "file prompt quiet",
    "boot manual",
    "boot system",
    "software auto-upgrade enable",
    "service timestamps log datetime msec",
    "exec prompt timestamp",
];

/// A word written out, when it is the beginning of exactly one of the list.
fn full<'a>(word: &str, list: &[&'a str]) -> Option<&'a str> {
    let word = word.to_lowercase();
    if let Some(same) = list.iter().find(|w| **w == word) {
        return Some(same);
    }
    let mut found = list.iter().filter(|w| w.starts_with(&word));
    match (found.next(), found.next()) {
        (Some(one), None) => Some(one),
        _ => None,
    }
}

/// Writes out abbreviations of the first word and of the lines that the lab knows.
fn write_out(line: &str, list: &[&str]) -> Option<String> {
    let (first, rest) = line.split_once(' ').unwrap_or((line, ""));
    let first = full(first, list)?;
    let joined = format!("{first} {}", rest.trim()).trim_end().to_owned();
    let typed: Vec<&str> = joined.split_whitespace().collect();
    for known in KNOWN {
        let words: Vec<&str> = known.split_whitespace().collect();
        let fits = typed.len() >= words.len()
            && words
                .iter()
                .zip(&typed)
                .all(|(w, t)| w.starts_with(&t.to_lowercase()));
        if fits {
            let rest = typed.get(words.len()..).unwrap_or_default().join(" ");
            return Some(format!("{known} {rest}").trim_end().to_owned());
        }
    }
    Some(joined)
}

/// The long name of an interface: `Te1/1/1`, `gig 0/0`, `vlan 10`.
fn interface_name(state: &State, typed: &str) -> Option<String> {
    let squeezed: String = typed.split_whitespace().collect::<String>().to_lowercase();
    let letters: String = squeezed
        .chars()
        .take_while(|c| c.is_ascii_alphabetic() || *c == '-')
        .collect();
    let number = squeezed.get(letters.len()..)?;
    if letters.is_empty() || number.is_empty() {
        return None;
    }
    let physical = state.interfaces.iter().find(|i| {
        let long = i.long.to_lowercase();
        let name: String = long.chars().take_while(|c| !c.is_ascii_digit()).collect();
        name.starts_with(&letters) && long.strip_prefix(&name) == Some(number)
    });
    if let Some(port) = physical {
        return Some(port.long.clone());
    }
    let logical = ["Vlan", "Loopback", "Port-channel", "Tunnel"];
    let kind = logical
        .iter()
        .find(|k| k.to_lowercase().starts_with(&letters))?;
    number
        .chars()
        .all(|c| c.is_ascii_digit() || c == '.')
        .then(|| format!("{kind}{number}"))
}

impl Shell {
    /// Runs one line of configuration mode.
    pub(crate) async fn config_line(&mut self, line: &str, section: Option<String>) -> Io<()> {
        let lead = line.len() - line.trim_start().len();
        let text = line.trim();
        let (negated, body) = match text.split_once(' ') {
            Some((word, rest)) if word.eq_ignore_ascii_case("no") => (true, rest.trim()),
            _ => (false, text),
        };
        if let Some(parent) = &section
            && let Some(full) = write_out(body, INSIDE)
        {
            self.change(|config| {
                if negated {
                    if full == "shutdown" {
                        config.remove_child(parent, "shutdown");
                    } else {
                        config.remove_child(parent, &full);
                    }
                } else {
                    config.add_child(parent, &full);
                }
            });
            return Ok(());
        }
        let Some(full) = write_out(body, TOP) else {
            let at = if negated { lead + 3 } else { lead };
            return self.invalid(line, at).await;
        };
        self.top_line(line, &full, negated).await
    }

    fn change(&self, edit: impl FnOnce(&mut crate::model::config::Config)) {
        let now = self.device.now();
        let mut state = self.device.state();
        edit(&mut state.running_config);
        state.config_changed_s = now;
    }

    async fn top_line(&mut self, typed: &str, full: &str, negated: bool) -> Io<()> {
        let (first, rest) = full.split_once(' ').unwrap_or((full, ""));
        match (first, negated) {
            ("end", false) => {
                self.leave_config();
                return Ok(());
            }
            ("exit", false) => {
                match &self.mode {
                    Mode::Config(Some(_)) => self.mode = Mode::Config(None),
                    _ => self.leave_config(),
                }
                return Ok(());
            }
            ("do", false) => return self.exec_line(rest).await,
            ("hostname", _) => return self.hostname(typed, rest, negated).await,
            ("config-register", false) => return self.config_register(typed, rest).await,
            ("interface", _) => return self.interface(typed, rest, negated).await,
            ("default", _) => return Ok(()),
            _ => {}
        }
        if rest.is_empty() && !SECTIONS.contains(&first) {
            return self.term.write("% Incomplete command.\n\n").await;
        }
        if negated {
            self.change(|config| {
                config.remove(full);
            });
            if SECTIONS.contains(&first) {
                self.mode = Mode::Config(None);
            }
            return Ok(());
        }
        let line = self.normal(first, full);
        self.change(|config| match first {
            "enable" => config.set("enable ", &line),
            "username" => {
                let name: String = line
                    .split_whitespace()
                    .take(2)
                    .collect::<Vec<_>>()
                    .join(" ");
                config.set(&format!("{name} "), &line);
            }
            _ => config.add(&line),
        });
        if first == "software" {
            self.device.upgrades_itself();
        }
        if SECTIONS.contains(&first) {
            self.mode = Mode::Config(Some(line));
        } else {
            self.mode = Mode::Config(None);
        }
        Ok(())
    }

    /// The line as it is stored: secrets are not kept, `line vty` joins the existing section.
    fn normal(&self, first: &str, full: &str) -> String {
        let words: Vec<&str> = full.split_whitespace().collect();
        match first {
            "enable" | "username" => {
                let shown: Vec<&str> = words
                    .iter()
                    .copied()
                    .take_while(|w| !matches!(*w, "secret" | "password"))
                    .collect();
                format!("{} secret 9 $9$labsecret$notarealhash", shown.join(" "))
            }
            "line" => {
                let vty = words
                    .get(1)
                    .is_some_and(|w| "vty".starts_with(&w.to_lowercase()));
                if vty {
                    "line vty 0 15".to_owned()
                } else {
                    "line con 0".to_owned()
                }
            }
            _ => full.to_owned(),
        }
    }

    async fn hostname(&mut self, typed: &str, rest: &str, negated: bool) -> Io<()> {
        let switch = self.device.platform.is_switch();
        let name = if negated {
            if switch { "Switch" } else { "Router" }
        } else {
            rest
        };
        let good = name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
        if name.is_empty() {
            return self.term.write("% Incomplete command.\n\n").await;
        }
        if !good || name.len() > 63 {
            return self.invalid(typed, 9).await;
        }
        self.change(|config| config.set("hostname ", &format!("hostname {name}")));
        Ok(())
    }

    async fn config_register(&mut self, typed: &str, rest: &str) -> Io<()> {
        let Some(value) = parse_confreg(rest) else {
            return self.invalid(typed, typed.len() - rest.len()).await;
        };
        self.device.state().confreg_next = value;
        Ok(())
    }

    async fn interface(&mut self, typed: &str, rest: &str, negated: bool) -> Io<()> {
        let device: Arc<Device> = Arc::clone(&self.device);
        let name = interface_name(&device.state(), rest);
        let Some(name) = name else {
            return self.invalid(typed, typed.len() - rest.len()).await;
        };
        let line = format!("interface {name}");
        if negated {
            self.change(|config| {
                config.remove(&line);
            });
            self.mode = Mode::Config(None);
        } else {
            self.change(|config| config.add(&line));
            self.mode = Mode::Config(Some(line));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn abbreviated_lines_are_written_out() {
        assert_eq!(
            write_out("ip scp ser en", TOP).unwrap(),
            "ip scp server enable"
        );
        assert_eq!(write_out("hostn x", TOP).unwrap(), "hostname x");
        assert_eq!(
            write_out("boot sys flash:a.bin", TOP).unwrap(),
            "boot system flash:a.bin"
        );
        assert_eq!(write_out("frobnicate", TOP), None);
        assert_eq!(write_out("shut", INSIDE).unwrap(), "shutdown");
        assert_eq!(
            write_out("desc to core", INSIDE).unwrap(),
            "description to core"
        );
    }
}
