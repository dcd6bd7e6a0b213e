//! Lines of `show version` that may be passed over, by their first letter: half of the output is
//! legal text, and a line meets only the rows that can match.

use super::super::cursor::{Ignored, Line, ignored};

/// Keys of the hardware blocks that say nothing that is used.
pub(super) const UNUSED_KEYS: &[&str] = &[
    "motherboard assembly number",
    "model revision number",
    "motherboard revision number",
    "daughterboard assembly number",
    "top assembly part number",
    "top assembly revision number",
    "clei code number",
    "cip serial number",
    "sku brand name",
    "fips",
    "last reload time",
    "power supply assembly number",
    "hardware revision number",
    "motherboard assembly revision number",
    "backplane fpga version",
    "product series number",
];

/// The rows that can match a line.
pub(super) fn rows(line: Line<'_>) -> &'static [Ignored] {
    match line.body().bytes().next().map(|b| b.to_ascii_lowercase()) {
        Some(b'(') => LINK,
        Some(b'a') => LETTER_A,
        Some(b'b') => LETTER_B,
        Some(b'c') => LETTER_C,
        Some(b'd') => LETTER_D,
        Some(b'e') => LETTER_E,
        Some(b'g') => LETTER_G,
        Some(b'h') => LETTER_H,
        Some(b'i') => LETTER_I,
        Some(b'l') => LETTER_L,
        Some(b'n') => LETTER_N,
        Some(b'm') => LETTER_M,
        Some(b'o') => LETTER_O,
        Some(b'p') => LETTER_P,
        Some(b'r') => LETTER_R,
        Some(b's') => LETTER_S,
        Some(b't') => LETTER_T,
        Some(b'u') => LETTER_U,
        Some(b'w') => LETTER_W,
        Some(b'x') => LETTER_X,
        _ => &[],
    }
}

const LINK: &[Ignored] = &[ignored("(http://www.gnu.org*", "legal text")];

const LETTER_A: &[Ignored] = &[
    ignored("All rights reserved.*", "legal text"),
    ignored("agree to comply *", "legal text"),
    ignored("A summary of U.S.*", "legal text"),
    ignored("Addon License *", "add-ons do not decide an upgrade"),
];

const LETTER_B: &[Ignored] = &[
    ignored("Bridging software.", "feature of classic IOS"),
    ignored("Basic Rate ISDN software*", "feature of classic IOS"),
];

const LETTER_C: &[Ignored] = &[
    ignored("CPU: *", "the CPU line of classic IOS"),
    ignored("CPU:{#}MHz*", "the CPU line of classic IOS"),
    ignored("CORE: *", "the CPU line of classic IOS"),
    ignored("Current Next reboot", "heading"),
    ignored("Compiled *", "the version names the build"),
    ignored("Cisco IOS-XE software, Copyright *", "legal text"),
    ignored("compliance with U.S.*", "legal text"),
    ignored(
        "Cisco Internetwork Operating System*",
        "the next line names the software",
    ),
    ignored("Current {*} Next reboot", "heading"),
];

const LETTER_D: &[Ignored] = &[
    ignored("documentation or *", "legal text"),
    ignored("DRAM configuration is *", "the memory lines give sizes"),
    ignored("Device#*", "heading of the licence table of classic IOS"),
];

const LETTER_E: &[Ignored] = &[
    ignored("Evaluation *", "licences do not decide an upgrade"),
    ignored("export@cisco.com.", "legal text"),
];

const LETTER_G: &[Ignored] = &[ignored("GPL code under *", "legal text")];

const LETTER_H: &[Ignored] = &[
    ignored("http://www.cisco.com/*", "legal text"),
    ignored("https://www.cisco.com/*", "legal text"),
];

const LETTER_I: &[Ignored] = &[
    ignored("I-cache *", "caches of classic IOS"),
    ignored("Importers, exporters*", "legal text"),
    ignored("If you require further *", "legal text"),
    ignored("Image text-base: *", "memory layout of classic IOS"),
];

const LETTER_L: &[Ignored] = &[
    ignored("L1: *", "caches of classic IOS"),
    ignored("License UDI:", "heading"),
    ignored("licensed under the *", "legal text"),
    ignored("Last reset from *", "the reload reason says it"),
    ignored("License Information for *", "heading"),
    ignored("License Info:", "heading"),
    ignored("License Mode: *", "the operating mode line says it"),
];

const LETTER_N: &[Ignored] = &[ignored(
    "Next reload addon license *",
    "add-ons do not decide an upgrade",
)];

const LETTER_O: &[Ignored] = &[ignored("or the applicable URL *", "legal text")];

const LETTER_P: &[Ignored] = &[
    ignored("Patching is not available *", "classic IOS"),
    ignored("Primary Rate ISDN software*", "feature of classic IOS"),
];

const LETTER_R: &[Ignored] = &[ignored(
    "Running default software",
    "no image file was named: `system_image` stays empty",
)];

const LETTER_S: &[Ignored] = &[
    ignored("software code licensed *", "legal text"),
    ignored("software.", "legal text"),
    ignored("States and local country *", "legal text"),
    ignored("SuperLAT software *", "feature of classic IOS"),
    ignored("Suite License Information for *", "heading"),
    ignored("Suite {*} Next reboot", "heading"),
];

const LETTER_T: &[Ignored] = &[
    ignored("Technology Type *", "heading"),
    ignored("To install please use *", "classic IOS"),
    ignored("The license level *", "the licence lines say it"),
    ignored("Technical Support: *", "legal text"),
    ignored("This product contains *", "legal text"),
    ignored("third-party authority *", "legal text"),
    ignored("to comply with U.S.*", "legal text"),
    ignored(
        "This software is supported for *",
        "the build label says that it is special",
    ),
    ignored("TAC:Home:*", "a link in the banner of classic IOS"),
    ignored("TAC Support: *", "a link in the banner of classic IOS"),
    ignored(
        "The password-recovery mechanism is *",
        "not needed for an upgrade",
    ),
    ignored("TN3270 Emulation *", "feature of classic IOS"),
    ignored("Technology Package License Information*", "heading"),
    ignored("Technology-package *", "heading"),
    ignored("Technology Technology-package *", "heading"),
    ignored(
        "The current throughput level is *",
        "licensed throughput does not decide an upgrade",
    ),
    ignored(
        "The current crypto throughput level is *",
        "licensed throughput does not decide an upgrade",
    ),
    ignored(
        "Throughput level is *",
        "licensed throughput does not decide an upgrade",
    ),
];

const LETTER_U: &[Ignored] = &[ignored("use. Delivery of *", "legal text")];

const LETTER_W: &[Ignored] = &[ignored("with ABSOLUTELY NO *", "legal text")];

const LETTER_X: &[Ignored] = &[ignored("X.25 software, *", "feature of classic IOS")];

const LETTER_M: &[Ignored] = &[ignored(
    "M{#} processor: part number *",
    "hardware detail of classic IOS",
)];
