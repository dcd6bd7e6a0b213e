//! What does an image's file name say: for which models, which release?
//!
//! Source of the prefixes: genielibs and genieparser captures, Cisco's ISSU and 9200 guides; rows
//! marked K are common knowledge that no source we read confirms. What a name does not say, the
//! operator says.

use iosxe_core::firmware::Package;
use iosxe_core::version::Version;

/// Prefix of the file name, prefixes of the models that boot it.
const FAMILIES: [(&str, &[&str]); 31] = [
    (
        "cat9k_iosxe",
        &[
            "C9300", "C9350", "C9400", "C9404R", "C9407R", "C9410R", "C9500", "C9600", "C9606R",
            "C9610R",
        ],
    ),
    ("cat9k_lite_iosxe", &["C9200"]),
    ("cat3k_caa-universalk9", &["WS-C3650", "WS-C3850"]),
    ("C9800-L-universalk9_wlc", &["C9800-L"]),
    ("C9800-40-universalk9_wlc", &["C9800-40"]),
    ("C9800-80-universalk9_wlc", &["C9800-80"]),
    ("C9800-CL-universalk9", &["C9800-CL"]),
    ("isr4200-universalk9", &["ISR4221"]), // K: `_ias`
    ("isr4300-universalk9", &["ISR4321", "ISR4331", "ISR4351"]),
    ("isr4400v2-universalk9", &["ISR4461"]), // K
    ("isr4400-universalk9", &["ISR4431", "ISR4451"]),
    ("c1100-universalk9", &["C11"]),              // K
    ("c8000be-universalk9", &["C8200", "C8300"]), // K
    ("c8000aep-universalk9", &["C8500-"]),
    ("c8000aes-universalk9", &["C8500L-"]), // K
    ("c8000v-universalk9", &["C8000V"]),    // K
    ("csr1000v-universalk9", &["CSR1000V"]),
    (
        "asr1000rpx86-universalk9",
        &["ASR1004", "ASR1006", "ASR1013"],
    ),
    (
        "asr1000-universalk9",
        &[
            "ASR1001-HX",
            "ASR1002-HX",
            "ASR1006-X",
            "ASR1009-X",
            "ASR1013",
        ],
    ),
    ("asr1001x-universalk9", &["ASR1001-X"]),
    ("asr1002x-universalk9", &["ASR1002-X"]),
    ("asr900rsp2-universalk9", &["ASR-902", "ASR-903"]), // K
    ("asr900rsp3-universalk9", &["ASR-902", "ASR-903", "ASR-907"]), // K
    ("asr920-universalk9", &["ASR-920"]),                // K
    ("ncs520-universalk9", &["NCS520"]),                 // K
    ("ncs4200rsp2-universalk9", &["NCS4206"]),           // K
    ("ncs4200rsp3-universalk9", &["NCS4206", "NCS4216"]), // K
    ("ncs4200-universalk9", &["NCS42"]),                 // K
    ("ncs4201-universalk9", &["NCS4201"]),               // K
    ("ncs4202-universalk9", &["NCS4202"]),               // K
    ("ie9k_iosxe", &["IE-93"]),
];

/// Product of a package of firmware, prefixes of the models that take it. Source: Cisco's ROMMON guides
/// of ASR 1000, ISR 4000 and ASR 900; rows marked K as above.
const FIRMWARE: [(&str, &[&str]); 6] = [
    ("asr1000-rommon", &["ASR10"]),
    ("asr1000-hw-programmables", &["ASR10"]),
    ("isr4400_rommon", &["ISR4431", "ISR4451"]),
    ("isr4400v2_rommon", &["ISR4461"]), // K
    (
        "isr4200_4300_rommon",
        &["ISR4221", "ISR4321", "ISR4331", "ISR4351"],
    ),
    ("asr900-rommon", &["ASR-90", "NCS4206", "NCS4216"]),
];

/// What a name says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) version: Option<Version>,
    pub(crate) platforms: Vec<String>,
    /// Why the file is neither an image nor a patch, when its name says so.
    pub(crate) no_image: Option<&'static str>,
}

pub(crate) fn read(file: &str) -> Said {
    if let Some(package) = Package::of(file).filter(Package::has_file) {
        let known = FIRMWARE.iter().find(|(name, _)| *name == package.product);
        return Said {
            version: package.release(),
            platforms: known.map_or_else(Vec::new, |(_, pids)| {
                pids.iter().map(|&p| p.to_owned()).collect()
            }),
            no_image: None,
        };
    }
    let no_image = if file.ends_with(".pkg") {
        Some("it is a sub-package")
    } else if !file.ends_with(".bin") {
        Some("its name does not end in .bin")
    } else {
        None
    };
    let family = FAMILIES
        .iter()
        .filter(|(prefix, _)| {
            // `isr4400-universalk9_npe` is of the same models; `isr4400v2` is not.
            file.strip_prefix(prefix)
                .is_some_and(|rest| rest.starts_with(['.', '_', '-']))
        })
        .max_by_key(|(prefix, _)| prefix.len());
    Said {
        version: version(file),
        platforms: family.map_or_else(Vec::new, |(_, pids)| {
            pids.iter().map(|&p| p.to_owned()).collect()
        }),
        no_image,
    }
}

/// The first run of dot-separated fields that is a release: `17.09.04a` in
/// `cat9k_iosxe.17.09.04a.SPA.bin`, `03.16.04b.S` in a name that goes on with `155-3.S4b`.
fn version(file: &str) -> Option<Version> {
    let fields: Vec<&str> = file.split('.').collect();
    (1..fields.len()).find_map(|from| {
        let rest: Vec<&str> = fields
            .iter()
            .skip(from)
            .take_while(|f| !matches!(**f, "SPA" | "SSA" | "bin") && !f.contains('-'))
            .copied()
            .collect();
        (3..=rest.len()).rev().find_map(|n| {
            let text = rest.get(..n)?.join(".");
            text.parse().ok()
        })
    })
}

/// Whether a name is of a restricted product (`_npe`: no payload encryption, `_noli`: no lawful
/// intercept). Never taken when the plain one is there too.
pub(crate) fn is_restricted(file: &str) -> bool {
    ["_npe", "_noli", "_nolipe"]
        .iter()
        .any(|s| file.contains(s))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_release_and_models() {
        let cases = [
            ("cat9k_iosxe.17.09.04a.SPA.bin", "17.09.04a", "C9300"),
            ("cat9k_iosxe_npe.17.09.04a.SPA.bin", "17.09.04a", "C9300"),
            ("cat9k_lite_iosxe.16.12.05b.SPA.bin", "16.12.05b", "C9200"),
            (
                "isr4400-universalk9.16.12.05.SPA.bin",
                "16.12.05",
                "ISR4431",
            ),
            (
                "isr4400v2-universalk9.17.06.03a.SPA.bin",
                "17.06.03a",
                "ISR4461",
            ),
            (
                "isr4300-universalk9.03.16.04b.S.155-3.S4b-ext.SPA.bin",
                "03.16.04b.S",
                "ISR4321",
            ),
            (
                "c8000v-universalk9.17.09.01a.SPA.bin",
                "17.09.01a",
                "C8000V",
            ),
            (
                "cat9k_iosxe.17.06.03.CSCwc85207.SPA.smu.bin",
                "17.06.03",
                "C9300",
            ),
            (
                "asr1000-universalk9.17.03.05.SPA.bin",
                "17.03.05",
                "ASR1001-HX",
            ),
        ];
        for (file, version, pid) in cases {
            let said = read(file);
            assert_eq!(
                said.version.map(|v| v.to_string()).as_deref(),
                Some(version),
                "{file}"
            );
            assert_eq!(
                said.platforms.first().map(String::as_str),
                Some(pid),
                "{file}"
            );
            assert_eq!(said.no_image, None, "{file}");
        }
    }

    /// Every image name that core's table takes for a family says models of that family here.
    #[test]
    fn names_agree_with_the_platform_table() {
        let table = iosxe_core::platform::PlatformTable::built_in().unwrap();
        for family in table.families() {
            for prefix in &family.images {
                let said = read(&format!("{prefix}.17.09.01.SPA.bin"));
                let agrees = said.platforms.iter().any(|ours| {
                    family
                        .pids
                        .iter()
                        .any(|pid| pid.starts_with(ours.as_str()) || ours.starts_with(pid.as_str()))
                });
                assert!(agrees, "{prefix} of {}: {:?}", family.name, said.platforms);
            }
        }
    }

    #[test]
    fn packages_of_firmware_say_their_version_and_models() {
        for (file, version, pid) in [
            ("asr1000-rommon.173-1r.SPA.pkg", "17.03.01r", "ASR10"),
            (
                "asr1000-hw-programmables.16.08.01.SPA.pkg",
                "16.08.01",
                "ASR10",
            ),
            ("isr4400_rommon_1612_2r_SPA.pkg", "16.12.02r", "ISR4431"),
            ("asr900_15_6_48r_s_rommon.pkg", "15.06.48r", "ASR-90"),
        ] {
            let said = read(file);
            assert_eq!(said.no_image, None, "{file}");
            let release = said.version.map(|v| v.to_string());
            assert_eq!(release.as_deref(), Some(version), "{file}");
            assert_eq!(said.platforms[0], pid, "{file}");
        }
    }

    /// Every product that core's table takes for a family says models of that family here.
    #[test]
    fn packages_of_firmware_agree_with_the_platform_table() {
        let table = iosxe_core::platform::PlatformTable::built_in().unwrap();
        for family in table.families() {
            let products = family.firmware.iter().flat_map(|f| &f.packages);
            for product in products.filter(|p| !p.starts_with("capsule")) {
                let known = FIRMWARE.iter().find(|(name, _)| name == product);
                let (_, models) = known.unwrap();
                let agrees = models.iter().any(|ours| {
                    let mut pids = family.pids.iter();
                    pids.any(|pid| pid.starts_with(ours) || ours.starts_with(pid.as_str()))
                });
                assert!(agrees, "{product} of {}", family.name);
            }
        }
    }

    #[test]
    fn other_files_are_not_taken_for_images() {
        assert!(read("asr1000-rpboot.17.03.05.SPA.pkg").no_image.is_some());
        assert!(read("notes.txt").no_image.is_some());
        let unknown = read("mystery.bin");
        assert_eq!((unknown.version, unknown.platforms), (None, vec![]));
        assert!(is_restricted("cat9k_iosxe_npe.17.09.04a.SPA.bin"));
    }
}
