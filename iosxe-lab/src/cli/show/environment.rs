//! Temperatures, fans, power, and the firmware of boards.

use super::View;
use super::chassis::part;
use crate::model::device::Member;
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

/// `show firmware version all`.
pub(super) fn firmware(v: &View<'_>) -> String {
    let p = v.device.platform;
    let mut t = String::from(
        "Slot      Device Name / Model                     Firmware Version\n--------- \
         --------------------------------------- -----------------------------\n",
    );
    let mut row = |slot: &str, name: &str, version: &str| {
        t.push_str(&format!(" {slot:<9} {name:<39} {version}\n"));
    };
    for m in v.state.present() {
        let role = v.state.role(m);
        let ready = v.now >= m.ready_s;
        let slot = v.device.slot(m.id).to_string();
        let version = if ready { p.rommon } else { "N/A" };
        row(&slot, &format!("Supervisor Rommon ({role})"), version);
    }
    for m in v.state.present() {
        row(
            &v.device.slot(m.id).to_string(),
            "Supervisor CPLD",
            "18041605",
        );
    }
    for supply in p.supplies {
        let slot = supply.slot.replace('P', "PS");
        if supply.pid == p.power {
            let name = "Power Supply (PS PRI, PS_SEC, PS_I2C)";
            row(&slot, name, "(7.3, 7.0, 6.0)");
        } else {
            row(&slot, "Fantray", "17050302");
        }
    }
    for card in p.cards.iter().filter(|c| !c.name.is_empty()) {
        row(
            card.slot,
            &format!("Line Card / {}", card.pid),
            "0x0d (170503)",
        );
    }
    t
}

/// `show hw-programmable all`.
pub(super) fn programmable(v: &View<'_>) -> String {
    let p = v.device.platform;
    let mut t = format!(
        "Hw-programmable versions\n\nSlot              CPLD version              FPGA version                \n{}\n",
        "-".repeat(70)
    );
    let mut row = |slot: &str, cpld: &str, fpga: &str| {
        t.push_str(&format!("{slot:<18}{cpld:<26}{fpga:<28}\n"));
    };
    for (place, _) in engines(v) {
        row(&place, "14111801", "18102401");
    }
    if p.forwarding.is_some() {
        for (place, _) in engines(v) {
            row(&place.replace('R', "F"), "12071700", "N/A");
        }
    }
    for card in p.cards.iter().filter(|c| !c.slot.starts_with(' ')) {
        row(card.slot, "19041600", "00010024");
    }
    t + "\n"
}
