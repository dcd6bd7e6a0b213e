//! Temperatures, fans, power, and the firmware of boards.

use super::View;
use super::chassis::part;
use crate::model::device::Member;
use crate::model::firmware::{Firmware, Part};
use crate::model::platform::Family;

const ALARMS: &str = "Number of Critical alarms:  0\nNumber of Major alarms:     0\nNumber of Minor \
                      alarms:     0\n\n";

pub(super) fn environment(v: &View<'_>, all: bool) -> String {
    let p = v.device.platform;
    match p.family {
        Family::Modular if all => sensors(v, true),
        Family::Router | Family::Asr | Family::Ncs if all => sensors(v, false),
        Family::Stackable | Family::Core => switches(v),
        Family::Modular | Family::Router | Family::Asr | Family::Ncs => slots(v),
    }
}

/// `R0` and `R1`, as far as they are there.
fn engines<'a>(v: &'a View<'_>) -> impl Iterator<Item = (String, &'a Member)> {
    v.state
        .present()
        .map(|m| (format!("R{}", m.id.saturating_sub(1)), m))
}

/// A reading that depends on the place and stays the same.
fn celsius(place: &str, base: u32) -> u32 {
    base + place.bytes().map(u32::from).sum::<u32>() % 7
}

/// `show environment all` of chassis: one line per sensor.
fn sensors(v: &View<'_>, thresholds: bool) -> String {
    let mut t = String::new();
    if thresholds {
        t.push_str(&format!("\n{ALARMS}\n"));
        t.push_str(
            "Sensor List:  Environmental Monitoring\n Sensor           Location          State          \
             Reading           Threshold(Minor,Major,Critical,Shutdown)\n",
        );
    } else {
        t.push_str(
            "Sensor List:  Environmental Monitoring \n    Sensor           Location          State             Reading\n",
        );
    }
    let mut line = |sensor: &str, place: &str, reading: String, limits: &str| {
        if thresholds {
            t.push_str(&format!(
                " {sensor:<16} {place:<17} {:<17} {reading}          \t{limits}\n",
                "Normal"
            ));
        } else {
            t.push_str(&format!(
                "    {sensor:<16} {place:<17} {:<17} {reading}\n",
                "Normal"
            ));
        }
    };
    for (place, _) in engines(v) {
        let core = celsius(&place, 43);
        line(
            "Temp: Coretemp",
            &place,
            format!("{core} Celsius"),
            "(107,117,123,125)(Celsius)",
        );
        line(
            "Temp:    inlet",
            &place,
            format!("{} Celsius", core - 14),
            "(56 ,66 ,96 ,98 )(Celsius)",
        );
        line("V1: VX1", &place, "871 mV".to_owned(), "na");
    }
    for card in v.device.platform.cards {
        let place = card.slot.trim();
        let inlet = celsius(place, 25);
        line(
            "Temp:    Inlet",
            place,
            format!("{inlet} Celsius"),
            "(50 ,60 ,84 ,86 )(Celsius)",
        );
    }
    if thresholds {
        return t + &power(v);
    }
    for supply in v
        .device
        .platform
        .supplies
        .iter()
        .filter(|s| !s.slot.is_empty())
    {
        if supply.pid == v.device.platform.power {
            line("Vin", supply.slot, "228 V AC".to_owned(), "na");
        }
    }
    t + "\n"
}

/// Power supplies and fans of a switch chassis.
fn power(v: &View<'_>) -> String {
    let p = v.device.platform;
    let watts = if p.power.contains("3200") { 3200 } else { 2000 };
    let mut t = String::from(
        "\nPower                                                       Fan States\nSupply  Model No              \
         Type  Capacity  Status        1     2\n------  --------------------  ----  --------  \
         ------------  -----------\n",
    );
    let supplies = p.supplies.iter().filter(|s| s.pid == p.power);
    let n = supplies.clone().count();
    for supply in supplies {
        t.push_str(&format!(
            "{:<7} {:<21} ac    {watts} W    active        good  good\n",
            supply.slot.replace('P', "PS"),
            supply.pid
        ));
    }
    t + &format!(
        "\nPS Current Configuration Mode : Combined\nPS Current Operating State    : Combined\n\nPower \
         supplies currently active    : {n}\nPower supplies currently available : {n}\n\n\nFantray : \
         good\nPower consumed by Fantray : 540 Watts\nFantray airflow direction : \
         side-to-side\nFantray beacon LED: off\nFantray status LED: green\nSYSTEM : GREEN\n\n"
    )
}

/// `show environment` of routers and chassis: one line per slot and sensor.
fn slots(v: &View<'_>) -> String {
    let mut t = format!(
        "{ALARMS} Slot        Sensor          Current State   Reading        Threshold(Minor,Major,Critical,Shutdown)\n \
         ----------  --------------  --------------- ------------   ---------------------------------------\n"
    );
    for supply in v.device.platform.supplies.iter().take(1) {
        t.push_str(&format!(
            " {:<11} Temp: Temp 1    Normal          28 Celsius   \t(na ,na ,na ,na )(Celsius)\n",
            supply.slot
        ));
    }
    for (place, _) in engines(v) {
        t.push_str(&format!(
            " {place:<11} Temp: CPU       Normal          41 Celsius   \t(90 ,100,105,110)(Celsius)\n"
        ));
    }
    t
}

fn switches(v: &View<'_>) -> String {
    let p = v.device.platform;
    let mut t = String::from("Sensor List: Environmental Monitoring \n");
    for m in v.state.present() {
        t.push_str(&format!(
            "Switch {} FAN 1 is OK\nSwitch {0} FAN 2 is OK\nSwitch {0}: SYSTEM TEMPERATURE is OK\n",
            m.id
        ));
    }
    t.push_str(
        "SW  PID                 Serial#     Status           Sys Pwr  PoE Pwr  Watts\n\
         --  ------------------  ----------  ---------------  -------  -------  -----\n",
    );
    for m in v.state.present() {
        for (n, bay) in [(4, "A"), (5, "B")] {
            t.push_str(&format!(
                "{}{bay}  {:<18}  {}  OK              Good     Good     1100\n",
                m.id,
                p.power,
                part(&m.serial, "DTN", n)
            ));
        }
    }
    t + "\n"
}

/// `show firmware version all`; with what the running release comes with where its capsule differs.
pub(super) fn firmware(v: &View<'_>) -> String {
    let p = v.device.platform;
    let wide = v.device.spec.firmware.capsule.is_some();
    let mut t = if wide {
        String::from(
            "                                    Current               Expected\nSlot  Device Name / Model           Firmware Version      Firmware Version    Mismatch\n\
             ----- ----------------------------- --------------------- ------------------- ---------\n",
        )
    } else {
        String::from(
            "Slot      Device Name / Model                     Firmware Version\n--------- \
             --------------------------------------- -----------------------------\n",
        )
    };
    let capsule = crate::model::firmware::capsule(v.device);
    let mut row = |slot: &str, name: &str, version: &str, expected: Option<&str>| {
        if wide {
            let mismatch = match expected {
                Some(e) if e != version => "Yes",
                Some(_) => "No",
                None => "N/A",
            };
            t.push_str(&format!(
                " {slot:<5} {name:<28}  {version:<20}  {:<18}  {mismatch}\n",
                expected.unwrap_or("N/A")
            ));
        } else {
            t.push_str(&format!(" {slot:<9} {name:<39} {version}\n"));
        }
    };
    for m in v.state.present() {
        let role = v.state.role(m);
        let ready = v.now >= m.ready_s;
        let slot = v.device.slot(m.id).to_string();
        let version = v.state.firmware.version(&slot, Part::Rommon);
        let version = version.filter(|_| ready).unwrap_or("N/A");
        let name = format!("Supervisor Rommon ({role})");
        row(
            &slot,
            &name,
            version,
            Some(&capsule).filter(|_| ready).map(String::as_str),
        );
    }
    for m in v.state.present() {
        let slot = v.device.slot(m.id).to_string();
        let version = v.state.firmware.version(&slot, Part::Cpld);
        row(&slot, "Supervisor CPLD", version.unwrap_or("N/A"), None);
    }
    for supply in p.supplies {
        let slot = supply.slot.replace('P', "PS");
        if supply.pid == p.power {
            let name = "Power Supply (PS PRI, PS_SEC, PS_I2C)";
            row(&slot, name, "(7.3, 7.0, 6.0)", None);
        } else {
            row(&slot, "Fantray", "17050302", None);
        }
    }
    for card in p.cards.iter().filter(|c| !c.name.is_empty()) {
        row(
            card.slot,
            &format!("Line Card / {}", card.pid),
            "0x0d (170503)",
            None,
        );
    }
    t
}

/// `show hw-programmable all`; a card without power or booting is not listed.
pub(super) fn programmable(v: &View<'_>) -> String {
    let mut t = format!(
        "Hw-programmable versions\n\nSlot              CPLD version              FPGA version                \n{}\n",
        "-".repeat(70)
    );
    let board = &v.state.firmware;
    let mut slots: Vec<&str> = Vec::new();
    let there = |p: &&Firmware| p.part != Part::Rommon && p.gone_until_s <= v.now;
    for part in board.parts.iter().filter(there) {
        let away = v.state.members.iter().any(|m| {
            let slots = [
                format!("R{}", m.id.saturating_sub(1)),
                format!("F{}", m.id.saturating_sub(1)),
            ];
            slots.contains(&part.slot) && (m.missing || v.now < m.ready_s)
        });
        if !slots.contains(&part.slot.as_str()) && !away {
            slots.push(&part.slot);
        }
    }
    for slot in slots {
        let of = |part| board.version(slot, part).unwrap_or("N/A");
        t.push_str(&format!(
            "{slot:<18}{:<26}{:<28}\n",
            of(Part::Cpld),
            of(Part::Fpga)
        ));
    }
    t + "\n"
}

/// `show upgrade progress`.
pub(super) fn progress(v: &View<'_>) -> String {
    let list = &v.state.firmware.progress;
    if list.is_empty() {
        return "% There is no FPD image upgrade in progress.\n".to_owned();
    }
    let rule = "==== =================== ====================================================\n";
    let mut t = format!(
        "FPD Image Upgrade Progress Table:\n\n{rule}                                              Approx.\n                         \
         Field Programmable    Time     Elapsed\nSlot Card Type           Device:\"ID-Name\"     Needed     Time     State\n\
         ==== =================== ================== ========== ========== ===========\n"
    );
    for p in list {
        let elapsed = (v.now - p.began_s).min(p.needed_s);
        t.push_str(&format!(
            "{:<4} {:<19} {:<18} {:<10} {:<10} {}\n",
            p.slot,
            v.device.platform.pid,
            format!("1-{}", p.part.word().to_uppercase()),
            crate::clock::hms(p.needed_s),
            crate::clock::hms(elapsed),
            if p.over { "Completed" } else { "Updating..." }
        ));
    }
    t + rule
}
