//! Descriptions and tables here are made up by us after the formats that devices use.

use iosxe_core::device::Record;

use super::*;

fn look(description: &str, entities: Vec<Entity>) -> FirstLook {
    FirstLook {
        description: description.to_owned(),
        name: Some("sw-1.example.net".to_owned()),
        object_id: None,
        entities,
        cut: None,
    }
}

fn entity(index: u32, class: EntityClass, cells: [&str; 4]) -> Entity {
    let [name, model, serial, software] = cells.map(|c| (!c.is_empty()).then(|| c.to_owned()));
    Entity {
        index,
        class,
        name,
        model,
        serial,
        software,
    }
}

const CAT9K: &str = "Cisco IOS Software [Amsterdam], Catalyst L3 Switch Software (CAT9K_IOSXE), \
                     Version 17.3.4, RELEASE SOFTWARE (fc3)\nTechnical Support: \
                     http://www.cisco.com/techsupport";

fn stack() -> FirstLook {
    look(
        CAT9K,
        vec![
            entity(1, EntityClass::Stack, ["c93xx Stack", "", "", ""]),
            entity(
                1000,
                EntityClass::Chassis,
                ["Switch 1", "C9300-48P", "FCW2233A5ZV", "17.03.04"],
            ),
            entity(
                1060,
                EntityClass::Module,
                [
                    "Switch 1 FRU Uplink Module 1",
                    "C9300-NM-8X",
                    "FOC22330AAA",
                    "",
                ],
            ),
            entity(
                2000,
                EntityClass::Chassis,
                ["Switch 2", "C9300-24T", "FCW2233A5ZW", "17.03.04"],
            ),
        ],
    )
}

fn router() -> FirstLook {
    look(
        "Cisco IOS Software [Fuji], ISR Software (X86_64_LINUX_IOSD-UNIVERSALK9-M), Version \
         16.9.5, RELEASE SOFTWARE (fc1)",
        vec![
            entity(
                1,
                EntityClass::Chassis,
                ["Chassis", "ISR4451-X/K9", "FOC12345678", ""],
            ),
            entity(
                7000,
                EntityClass::Module,
                ["module R0", "ISR4451-X/K9", "FOC87654321", "16.9.5"],
            ),
        ],
    )
}

fn row(platform: &str, serials: &[&str]) -> Record {
    Record {
        platform: (!platform.is_empty()).then(|| platform.to_owned()),
        serials: serials.iter().map(|s| (*s).to_owned()).collect(),
        ..Record::new("sw-1".into(), "192.0.2.1".parse().unwrap(), "row 2")
    }
}

fn table() -> PlatformTable {
    PlatformTable::built_in().unwrap()
}

fn held(look: &FirstLook, row: &Record) -> (Comparison, Outlook) {
    let identity = identify(look);
    let compared = compare(row, look, &identity, &table());
    let outlook = outlook(&identity, &compared, &table());
    (compared, outlook)
}

#[test]
fn descriptions_name_their_system_and_release() {
    let cases = [
        (CAT9K, System::IosXe, Some("17.03.04")),
        (
            "Cisco IOS Software [IOSXE], ASR1000 Software (X86_64_LINUX_IOSD-UNIVERSALK9-M), \
             Version 17.15.1a, RELEASE SOFTWARE (fc4)",
            System::IosXe,
            Some("17.15.01a"),
        ),
        (
            "Cisco IOS Software, IOS-XE Software, Catalyst L3 Switch Software \
             (CAT3K_CAA-UNIVERSALK9-M), Version 03.07.05E RELEASE SOFTWARE (fc1)",
            System::IosXe,
            Some("03.07.05E"),
        ),
        // IOS-XE 3.16 of a router: only the number of its IOS is told.
        (
            "Cisco IOS Software, ISR Software (X86_64_LINUX_IOSD-UNIVERSALK9-M), Version \
             15.5(3)S5, RELEASE SOFTWARE (fc2)",
            System::IosXe,
            Some("15.5(3)S5"),
        ),
        (
            "Cisco IOS Software [Cupertino], C9800 Software (C9800_IOSXE-K9), Version 17.9.4a, \
             RELEASE SOFTWARE (fc3)",
            System::IosXe,
            Some("17.09.04a"),
        ),
        (
            "Cisco IOS Software [Dublin], Catalyst L3 Switch Software (CAT9K_IOSXE), Experimental \
             Version 17.12.20230214:101112 [BLD_V1712_THROTTLE:/nobackup/x 100]",
            System::IosXe,
            Some("17.12.20230214:101112"),
        ),
        (
            "Cisco IOS Software, C2960X Software (C2960X-UNIVERSALK9-M), Version 15.2(4)E6, \
             RELEASE SOFTWARE (fc4)\nTechnical Support: http://www.cisco.com/techsupport",
            System::Ios,
            Some("15.2(4)E6"),
        ),
        (
            "Cisco Internetwork Operating System Software\nIOS (tm) C2600 Software \
             (C2600-IPBASE-M), Version 12.3(6), RELEASE SOFTWARE (fc3)",
            System::Ios,
            Some("12.3(6)"),
        ),
        (
            "Cisco IOS XR Software (Cisco ASR9K Series),  Version 6.4.2[Default]\nCopyright (c) \
             2019 by Cisco Systems, Inc.",
            System::IosXr,
            Some("6.4.2"),
        ),
        (
            "Cisco NX-OS(tm) Nexus9000 C93180YC-FX, Software (NXOS 32-bit), Version 9.3(8), \
             RELEASE SOFTWARE Copyright (c) 2002-2021 by Cisco Systems, Inc.",
            System::NxOs,
            Some("9.3(8)"),
        ),
        ("Cisco Controller", System::Controller, None),
        ("Linux probe 6.1.0 #1 SMP x86_64", System::Other, None),
        ("", System::Other, None),
    ];
    for (text, system, release) in cases {
        assert_eq!(read(text), (system, release.map(str::to_owned)), "{text}");
    }
}

#[test]
fn a_stack_is_its_members_and_a_router_one_chassis() {
    let members: Vec<_> = identify(&stack())
        .chassis
        .into_iter()
        .map(|c| (c.number, c.model.unwrap(), c.serial.unwrap(), c.release))
        .collect();
    assert_eq!(
        members,
        [
            (
                Some(1),
                "C9300-48P".to_owned(),
                "FCW2233A5ZV".to_owned(),
                Some("17.03.04".to_owned())
            ),
            (
                Some(2),
                "C9300-24T".to_owned(),
                "FCW2233A5ZW".to_owned(),
                Some("17.03.04".to_owned())
            ),
        ]
    );
    let router = identify(&router());
    assert_eq!(router.model.as_deref(), Some("ISR4451-X/K9"));
    assert_eq!(router.chassis.len(), 1);
    assert_eq!(router.chassis[0].number, None);
    for (name, number) in [("Switch2", 2), ("Switch 1 Chassis", 1), ("Switch 8", 8)] {
        assert_eq!(member(name), Some(number), "{name}");
    }
}

#[test]
fn a_row_that_fits_is_told_what_comes_next() {
    // Any member's serial and model is the device's, and so is a module's serial.
    for row in [
        row("C9300-48P", &["FCW2233A5ZV"]),
        row("C9300-24T", &["fcw2233a5zw"]),
        row("catalyst-9300", &["FOC22330AAA"]),
        row("", &[]),
    ] {
        let (compared, outlook) = held(&stack(), &row);
        assert_eq!(compared, Comparison::default());
        assert_eq!(outlook.support, Prospect::Upgrade);
        assert_eq!(
            outlook.next,
            "discovery by SSH would read its facts: catalyst-9300 is upgraded"
        );
    }
}

#[test]
fn every_difference_is_named_with_both_sides() {
    let (compared, outlook) = held(&router(), &row("C9300", &["FCW2233A5ZV"]));
    let named: Vec<_> = compared
        .differences
        .iter()
        .map(|d| (d.column, d.row.as_str(), d.device.as_str()))
        .collect();
    assert_eq!(
        named,
        [
            ("serial", "FCW2233A5ZV", "FOC12345678"),
            ("platform", "C9300", "ISR4451-X/K9"),
        ]
    );
    assert_eq!(
        outlook.next,
        "discovery by SSH would refuse it: serial and platform of the row and of the device differ"
    );
    let fault = compared.fault().unwrap();
    assert_eq!(fault.code, "serial_differs");
    assert_eq!(
        fault.message,
        "the row says serial FCW2233A5ZV, the device says FOC12345678"
    );
}

#[test]
fn what_was_not_told_is_no_difference() {
    let mut hidden = look(CAT9K, Vec::new());
    hidden.cut = Some("it shows no entPhysicalTable".to_owned());
    hidden.name = Some("Core-A".to_owned());
    let (compared, outlook) = held(&hidden, &row("C9300", &["FCW2233A5ZV"]));
    assert_eq!(compared.differences, []);
    assert_eq!(
        compared.warnings,
        [
            "the serial of the row was not compared: it shows no entPhysicalTable",
            "the platform of the row was not compared: it shows no entPhysicalTable",
            "the device calls itself Core-A",
        ]
    );
    assert_eq!(outlook.support, Prospect::Unknown);
    assert_eq!(
        outlook.next,
        "discovery by SSH would tell the model, and decide by it"
    );
    // A table that was cut may have had the serial further down.
    let mut cut = router();
    cut.cut = Some("entPhysicalTable has more than 5000 rows".to_owned());
    let (compared, _) = held(&cut, &row("", &["FCW2233A5ZV"]));
    assert_eq!(compared.differences, []);
}

#[test]
fn devices_that_are_not_upgraded_are_told_apart() {
    let chassis = |model| {
        vec![entity(
            1,
            EntityClass::Chassis,
            ["Chassis", model, "FOC1", ""],
        )]
    };
    let cases = [
        (
            look(
                "Cisco IOS XR Software (NCS-5500), Version 7.3.2",
                chassis("NCS-5501"),
            ),
            Prospect::Unknown,
            "discovery by SSH would refuse it: it runs IOS XR, and only IOS-XE is upgraded",
        ),
        (
            look(CAT9K, chassis("C9999-1")),
            Prospect::Unknown,
            "discovery by SSH would refuse it: C9999-1 is no platform that this program knows",
        ),
        (
            look("Some other box", chassis("C9300-48P")),
            Prospect::Unknown,
            "discovery by SSH would refuse it, unless it is IOS-XE: its description does not say so",
        ),
    ];
    for (look, support, next) in cases {
        let (_, outlook) = held(&look, &row("", &[]));
        assert_eq!((outlook.support, outlook.next.as_str()), (support, next));
    }
    let (_, outlook) = held(
        &look(
            "Cisco IOS Software [Cupertino], C9800 Software (C9800_IOSXE-K9), Version 17.9.4a, \
             RELEASE SOFTWARE (fc3)",
            chassis("C9800-L-F-K9"),
        ),
        &row("", &[]),
    );
    assert_eq!(outlook.support, Prospect::Recognise);
    assert!(
        outlook.next.starts_with(
            "discovery by SSH would refuse it: C9800-L-F-K9 is a wireless-controller: "
        ),
        "{}",
        outlook.next
    );
}
