//! `show environment`, `show environment all`: sensors, temperatures, fans, power supplies.
//!
//! Formats: one row per sensor (routers and chassis; `slot sensor state reading`, or `sensor
//! location state reading`), the fan, temperature and power supply blocks of stacks, and the alarm
//! contacts of IE.
//!
//! Source: genieparser and ntc-templates golden outputs of ASR 1000, Catalyst 3850, 9200, 9300,
//! 9400, IE 3x00.
//!
//! ```text
//! Number of Critical alarms:  0
//!  Slot        Sensor          Current State   Reading        Threshold(Minor,Major,Critical,Shutdown)
//!  R0          Temp: Coretemp  Normal          47   Celsius    (107,117,123,125)(Celsius)
//! ```

use serde::{Deserialize, Serialize};

use super::cursor::{Ignored, Line, Lines, ignored};
use super::scan::{contains, words};
use super::table::wide;
use super::{ParseError, Parsed, units};

/// The value of both commands; what the platform does not have is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowEnvironment {
    /// Alarms, where they are counted.
    pub critical_alarms: Option<u32>,
    /// Major alarms.
    pub major_alarms: Option<u32>,
    /// Minor alarms.
    pub minor_alarms: Option<u32>,
    /// The sensors.
    pub sensors: Vec<Sensor>,
    /// The fans of a stack.
    pub fans: Vec<Fan>,
    /// Overall temperature of each switch.
    pub systems: Vec<SystemTemperature>,
    /// Temperatures of each switch.
    pub temperatures: Vec<Temperature>,
    /// The power supplies.
    pub power_supplies: Vec<PowerSupply>,
    /// Alarm contacts (IE).
    pub contacts: Vec<AlarmContact>,
    /// Other settings of a chassis by name: power mode, fan tray.
    pub chassis: Chassis,
}

/// One sensor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sensor {
    /// `R0`, `1/0`, `1`.
    pub location: String,
    /// `Temp: Coretemp`, `PS1 Vout`.
    pub sensor: String,
    /// `Normal`, `GOOD`, `NOT PRESENT`, `Fan Speed 60%`.
    pub state: String,
    /// Value with unit: `47 Celsius`.
    pub reading: String,
    /// The number in front of the unit.
    pub value: Option<i64>,
    /// The unit.
    pub unit: Option<String>,
    /// Minor, major, critical and shutdown threshold.
    pub thresholds: Option<Thresholds>,
    /// Smallest allowed value.
    pub range_min: Option<String>,
    /// Largest allowed value.
    pub range_max: Option<String>,
}

/// Thresholds of a sensor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thresholds {
    /// Minor alarm.
    pub minor: i64,
    /// Major alarm.
    pub major: i64,
    /// Critical alarm.
    pub critical: i64,
    /// Switches off.
    pub shutdown: i64,
    /// Unit of the four.
    pub unit: Option<String>,
}

/// One fan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fan {
    /// Switch, where it is named.
    pub switch: Option<u32>,
    /// `1`, `PS-1`.
    pub fan: String,
    /// Turns per minute.
    pub speed: Option<u32>,
    /// `OK`, `NOT PRESENT`.
    pub state: String,
    /// Direction of the air.
    pub direction: Option<String>,
}

/// Overall temperature of a switch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SystemTemperature {
    /// Switch.
    pub switch: u32,
    /// `OK`.
    pub state: String,
}

/// One temperature of a switch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Temperature {
    /// Switch, where it is named.
    pub switch: Option<u32>,
    /// `Inlet`, `Outlet`, `Hotspot`.
    pub sensor: String,
    /// Degrees Celsius.
    pub value: i64,
    /// `GREEN`.
    pub state: Option<String>,
    /// From here on yellow.
    pub yellow_threshold: Option<i64>,
    /// From here on red.
    pub red_threshold: Option<i64>,
}

/// One power supply.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PowerSupply {
    /// `1A`, `PS1`.
    pub slot: String,
    /// Product; `None` when not present.
    pub pid: Option<String>,
    /// Serial number.
    pub serial: Option<String>,
    /// `OK`, `No Input Power`, `Not Present`.
    pub status: String,
    /// `Good`, `Bad`.
    pub system_power: Option<String>,
    /// `Good`, `n/a`.
    pub poe_power: Option<String>,
    /// What it delivers.
    pub watts: Option<String>,
    /// `ac`, `dc` (chassis).
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// States of its fans (chassis).
    pub fans: Vec<String>,
}

/// One alarm contact.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmContact {
    /// Its number.
    pub contact: u32,
    /// `not asserted`.
    pub status: Option<String>,
    /// Its description.
    pub description: Option<String>,
    /// `minor`.
    pub severity: Option<String>,
    /// `closed`.
    pub trigger: Option<String>,
}

/// Settings of a chassis.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chassis {
    /// Power mode that is configured.
    pub power_configured: Option<String>,
    /// Power mode that works.
    pub power_operating: Option<String>,
    /// Power supplies in use.
    pub supplies_active: Option<u32>,
    /// Power supplies that are there.
    pub supplies_available: Option<u32>,
    /// What the fan tray takes.
    pub fantray_watts: Option<u32>,
    /// Direction of the air.
    pub fantray_airflow: Option<String>,
    /// Its beacon.
    pub fantray_beacon: Option<String>,
    /// Its light.
    pub fantray_status: Option<String>,
    /// Light of the system.
    pub system: Option<String>,
}

const IGNORED: &[Ignored] = &[
    ignored("Sensor List:*", "heading"),
    ignored("Slot Sensor *", "heading"),
    ignored("Sensor Location *", "heading"),
    ignored("Sensor Name *", "heading"),
    ignored("Switch FAN *", "heading"),
    ignored("SW PID *", "heading"),
    ignored("Pwr Supply PID *", "heading"),
    ignored("Power Fan States", "heading"),
    ignored("Supply Model No *", "heading"),
    ignored("PS1 *", "an empty place of the chassis"),
    ignored("Switch:*", "the rows name the switch"),
    ignored("Power Supply {*}:", "heading"),
    ignored("Fantray :*", "the lines below give its lights"),
    ignored("Fan Tray *", "heading"),
    ignored("Power Supply*", "heading"),
    ignored("PS Current {*}", "heading"),
    ignored("ALARM CONTACT*", "heading"),
];

/// Reads `show environment`.
///
/// # Errors
/// On a number out of place, and when nothing was told.
pub fn parse(text: &str) -> Result<Parsed<ShowEnvironment>, ParseError> {
    read("show environment", text)
}

/// Reads `show environment all`.
///
/// # Errors
/// As [`parse`].
pub fn parse_all(text: &str) -> Result<Parsed<ShowEnvironment>, ParseError> {
    read("show environment all", text)
}

fn read(command: &'static str, text: &str) -> Result<Parsed<ShowEnvironment>, ParseError> {
    let mut lines = Lines::new(command, text)?;
    let mut value = ShowEnvironment::default();
    let mut location_second = false;
    let mut switch = None;
    while let Some(line) = lines.next() {
        if line.is_rule() {
        } else if line.starts("Sensor ") && contains(line.body(), "Location") {
            location_second = true;
        } else if line.starts("Slot ") && contains(line.body(), "Sensor") {
            location_second = false;
        } else if alarm(&mut value, line)?
            || fan(&mut value, line)?
            || temperature(&mut value, &mut switch, line)?
            || supply(&mut value, line)?
            || contact(&mut value, line)?
            || chassis(&mut value.chassis, line)?
        {
        } else if let Some(sensor) = sensor(line, location_second) {
            value.sensors.push(sensor);
        } else {
            lines.pass(line, IGNORED);
        }
    }
    if value == ShowEnvironment::default() {
        return Err(lines.incomplete("a sensor, fan, temperature or power supply"));
    }
    Ok(lines.finish(value))
}

fn alarm(value: &mut ShowEnvironment, line: Line<'_>) -> Result<bool, ParseError> {
    let Some([kind, count]) = line.scan("Number of {} alarms:~{#}") else {
        return Ok(false);
    };
    let slot = match kind {
        "Critical" => &mut value.critical_alarms,
        "Major" => &mut value.major_alarms,
        "Minor" => &mut value.minor_alarms,
        _ => return Ok(false),
    };
    *slot = Some(line.number(count)?);
    Ok(true)
}

fn fan(value: &mut ShowEnvironment, line: Line<'_>) -> Result<bool, ParseError> {
    if let Some([switch, fan, direction]) = line.scan("Switch {#} FAN {#} direction is {*}") {
        let switch = Some(line.number(switch)?);
        if let Some(found) = value
            .fans
            .iter_mut()
            .find(|f| f.switch == switch && f.fan == fan)
        {
            found.direction = Some(direction.to_ascii_lowercase());
        }
        return Ok(true);
    }
    if let Some([switch, fan, state]) = line.scan("Switch {#} FAN {#} is {*}") {
        value.fans.push(Fan {
            switch: Some(line.number(switch)?),
            fan: fan.to_owned(),
            speed: None,
            state: state.to_owned(),
            direction: None,
        });
        return Ok(true);
    }
    if let Some([fan, state]) = line.scan("FAN {} is {*}") {
        value.fans.push(Fan {
            switch: value.fans.last().and_then(|f| f.switch),
            fan: fan.to_owned(),
            speed: None,
            state: state.to_owned(),
            direction: None,
        });
        return Ok(true);
    }
    let Some([switch, fan, speed, rest]) = line.scan("{#} {} {#} {*}") else {
        return Ok(false);
    };
    if rest.is_empty() || !rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Ok(false);
    }
    let at = ["Front to", "Back to", "Side to"]
        .iter()
        .find_map(|head| rest.find(head));
    let (state, direction) = match at {
        Some(at) => rest.split_at_checked(at).unwrap_or((rest, "")),
        None => (rest, ""),
    };
    value.fans.push(Fan {
        switch: Some(line.number(switch)?),
        fan: fan.to_owned(),
        speed: Some(line.number(speed)?),
        state: state.trim().to_owned(),
        direction: units::text(&direction.to_ascii_lowercase()),
    });
    Ok(true)
}

fn temperature(
    value: &mut ShowEnvironment,
    switch: &mut Option<u32>,
    line: Line<'_>,
) -> Result<bool, ParseError> {
    if let Some([number, state]) = line.scan("Switch {#}: SYSTEM TEMPERATURE is {*}") {
        let number = line.number(number)?;
        *switch = Some(number);
        value.systems.push(SystemTemperature {
            switch: number,
            state: state.to_owned(),
        });
    } else if let Some([state]) = line.scan("SYSTEM TEMPERATURE is {*}") {
        value.systems.push(SystemTemperature {
            switch: 1,
            state: state.to_owned(),
        });
    } else if let Some([sensor, degrees, _]) = line
        .scan("{*} Temperature Value: {#} Degree{*}")
        .or_else(|| line.scan("SYSTEM {*}Temperature Value: {#} Degree{*}"))
        .or_else(|| {
            line.scan("Switch {#} - {*} Temp Sensor {#} C")
                .map(|[_, sensor, degrees]: [&str; 3]| [sensor, degrees, ""])
        })
    {
        value.temperatures.push(Temperature {
            switch: *switch,
            sensor: sensor.to_owned(),
            value: line.number(degrees)?,
            state: None,
            yellow_threshold: None,
            red_threshold: None,
        });
    } else if let Some(last) = value.temperatures.last_mut() {
        let degrees = |text: &str| -> Result<i64, ParseError> {
            line.number(text.split_whitespace().next().unwrap_or(""))
        };
        if let Some([state]) = line.scan("Temperature State:~{*}") {
            last.state = Some(state.to_owned());
        } else if let Some([text]) = line.scan("Yellow Threshold~:~{*}") {
            last.yellow_threshold = Some(degrees(text)?);
        } else if let Some([text]) = line.scan("Red Threshold~:~{*}") {
            last.red_threshold = Some(degrees(text)?);
        } else {
            return Ok(false);
        }
    } else {
        return Ok(false);
    }
    Ok(true)
}

/// `1A  PWR-C1-350WAC-P     DCC2337B0K5  OK              Good     n/a      350`.
fn supply(value: &mut ShowEnvironment, line: Line<'_>) -> Result<bool, ParseError> {
    if let Some([slot, power]) = line.scan("{#} Built-in {}") {
        value.power_supplies.push(PowerSupply {
            slot: slot.to_owned(),
            pid: Some("Built-in".to_owned()),
            system_power: Some(power.to_owned()),
            ..PowerSupply::default()
        });
        return Ok(true);
    }
    let Some([slot, rest]) = line.scan("{} {*}") else {
        return Ok(false);
    };
    let is_slot = (slot.len() == 2 || slot.len() == 3)
        && slot.bytes().next().is_some_and(|b| b.is_ascii_digit())
        && slot.bytes().last().is_some_and(|b| b.is_ascii_uppercase())
        || slot.starts_with("POWER SUPPLY-")
        || slot.starts_with("PS") && slot.len() <= 4;
    let (slot, rest) = match line.scan("POWER SUPPLY-{} {*}") {
        Some([number, rest]) => (format!("PS-{number}"), rest),
        None if is_slot => (slot.to_owned(), rest),
        None => return Ok(false),
    };
    if rest.eq_ignore_ascii_case("Not Present") {
        value.power_supplies.push(PowerSupply {
            slot,
            status: rest.to_owned(),
            ..PowerSupply::default()
        });
        return Ok(true);
    }
    let all = words(rest);
    // Chassis: model, type, capacity, status, states of two fans.
    if slot.starts_with("PS")
        && let [
            pid,
            kind @ ("ac" | "dc" | "n.a."),
            capacity @ ..,
            status,
            fan_1,
            fan_2,
        ] = all.as_slice()
    {
        value.power_supplies.push(PowerSupply {
            slot,
            pid: units::given(pid),
            status: (*status).to_owned(),
            watts: units::text(&capacity.join(" ")),
            kind: Some((*kind).to_owned()),
            fans: vec![(*fan_1).to_owned(), (*fan_2).to_owned()],
            ..PowerSupply::default()
        });
        return Ok(true);
    }
    let power = |word: &str| matches!(word, "Good" | "Bad" | "n/a" | "N/A" | "Unknown");
    let (pid, serial, status, system, poe, watts) = match all.as_slice() {
        [pid, serial, status @ .., system, poe, watts] if power(system) && power(poe) => {
            (pid, serial, status, system, Some(poe), watts)
        }
        [pid, serial, status @ .., system, watts] if power(system) => {
            (pid, serial, status, system, None, watts)
        }
        _ => return Ok(false),
    };
    value.power_supplies.push(PowerSupply {
        slot,
        pid: units::given(pid),
        serial: units::given(serial),
        status: status.join(" "),
        system_power: Some((*system).to_owned()),
        poe_power: poe.map(|p| (*p).to_owned()),
        watts: Some((*watts).to_owned()),
        ..PowerSupply::default()
    });
    Ok(true)
}

fn contact(value: &mut ShowEnvironment, line: Line<'_>) -> Result<bool, ParseError> {
    if let Some([number]) = line.scan("ALARM CONTACT {#}") {
        value.contacts.push(AlarmContact {
            contact: line.number(number)?,
            ..AlarmContact::default()
        });
        return Ok(true);
    }
    let Some(last) = value.contacts.last_mut() else {
        return Ok(false);
    };
    if let Some([text]) = line.scan("Status:~{*}") {
        last.status = units::text(text);
    } else if let Some([text]) = line.scan("Description:~{*}") {
        last.description = units::text(text);
    } else if let Some([text]) = line.scan("Severity:~{*}") {
        last.severity = units::text(text);
    } else if let Some([text]) = line.scan("Trigger:~{*}") {
        last.trigger = units::text(text);
    } else {
        return Ok(false);
    }
    Ok(true)
}

fn chassis(chassis: &mut Chassis, line: Line<'_>) -> Result<bool, ParseError> {
    let Some((key, text)) = super::scan::pair(line.text, ':') else {
        return Ok(false);
    };
    match key {
        "Current Configuration Mode" => chassis.power_configured = units::text(text),
        "Current Operating State" => chassis.power_operating = units::text(text),
        "Power supplies currently active" => chassis.supplies_active = Some(line.number(text)?),
        "Power supplies currently available" => {
            chassis.supplies_available = Some(line.number(text)?)
        }
        "Power consumed by Fantray" => {
            chassis.fantray_watts = Some(line.number(text.split(' ').next().unwrap_or(""))?);
        }
        "Fantray airflow direction" => chassis.fantray_airflow = units::text(text),
        "Fantray beacon LED" => chassis.fantray_beacon = units::text(text),
        "Fantray status LED" => chassis.fantray_status = units::text(text),
        "SYSTEM" => chassis.system = units::text(text),
        _ => return Ok(false),
    }
    Ok(true)
}

/// ` R0  Temp: Coretemp  Normal  47   Celsius (107,117,123,125)(Celsius)`.
fn sensor(line: Line<'_>, location_second: bool) -> Option<Sensor> {
    const STATES: [&str; 10] = [
        "NOT PRESENT",
        "Not Present",
        "Normal",
        "GOOD",
        "GREEN",
        "Good",
        "Fan Speed",
        "Shutdown",
        "YELLOW",
        "RED",
    ];
    let body = line.body();
    let (at, state) = STATES
        .iter()
        .filter_map(|state| {
            let at = body.find(state)?;
            body.get(..at)?.ends_with(' ').then_some((at, *state))
        })
        .min()?;
    let head = body.get(..at)?.trim();
    let mut tail = body.get(at + state.len()..)?.trim();
    let mut state = state.to_owned();
    if state == "Fan Speed" {
        let (percent, rest) = tail.split_once(char::is_whitespace)?;
        state = format!("Fan Speed {percent}");
        tail = rest.trim();
    }
    let (location, sensor) = if location_second {
        match wide(head).as_slice() {
            [sensor, location] => (*location, (*sensor).to_owned()),
            [before @ .., location] if !before.is_empty() => (*location, before.join(" ")),
            _ => {
                let (sensor, location) = head.rsplit_once(char::is_whitespace)?;
                (location, sensor.trim().to_owned())
            }
        }
    } else {
        match head.split_once(char::is_whitespace) {
            Some((location, sensor)) => (location, sensor.trim().to_owned()),
            None => (head, String::new()),
        }
    };
    let (reading, limits) = match tail.find(['(', '\t']) {
        Some(at) => tail.split_at_checked(at)?,
        None => match wide(tail).as_slice() {
            [reading, limits] => (*reading, *limits),
            [number, unit, limits] => {
                let end = tail.rfind(limits)?;
                let _ = (number, unit);
                (tail.get(..end)?.trim(), *limits)
            }
            _ => (tail, ""),
        },
    };
    let reading = reading.trim();
    if !reading.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
        return None;
    }
    let digits = reading
        .find(|c: char| !c.is_ascii_digit() && c != '-')
        .unwrap_or(reading.len());
    let (number, unit) = reading.split_at_checked(digits)?;
    let (range_min, range_max) = match limits.split_once(" - ") {
        Some((min, max)) => (units::text(min), units::text(max)),
        None if limits.trim() == "na" => (Some("na".to_owned()), Some("na".to_owned())),
        None => (None, None),
    };
    Some(Sensor {
        location: location.to_owned(),
        sensor,
        state,
        reading: reading.to_owned(),
        value: number.parse().ok(),
        unit: units::text(unit),
        thresholds: thresholds(limits),
        range_min,
        range_max,
    })
}

/// `(107,117,123,125)(Celsius)`.
fn thresholds(text: &str) -> Option<Thresholds> {
    let (_, inner) = text.split_once('(')?;
    let (numbers, rest) = inner.split_once(')')?;
    let mut numbers = numbers.split(',').map(|n| n.trim().parse::<i64>().ok());
    Some(Thresholds {
        minor: numbers.next()??,
        major: numbers.next()??,
        critical: numbers.next()??,
        shutdown: numbers.next()??,
        unit: units::text(rest.trim().trim_matches(['(', ')'])),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sensor_with_thresholds_and_a_stack_row() {
        let value = parse(
            "Number of Critical alarms:  0\n Slot        Sensor          Current State   Reading        Threshold(Minor,Major,Critical,Shutdown)\n\
             \x20R0          Temp: Coretemp  Normal          47   Celsius\t(107,117,123,125)(Celsius)\n\
             \x20P6    Temp: FC PWM1    Fan Speed 60%    26 Celsius\n\
             1A  PWR-C4-950WAC-R     GEN222700VU  No Input Power  Bad      n/a      950\n1B  Not Present\n",
        )
        .unwrap();
        assert!(value.unknown.is_empty(), "{:?}", value.unknown);
        let value = value.value;
        assert_eq!(value.sensors[0].value, Some(47));
        assert_eq!(value.sensors[0].thresholds.as_ref().unwrap().critical, 123);
        assert_eq!(value.sensors[1].state, "Fan Speed 60%");
        assert_eq!(value.power_supplies[0].status, "No Input Power");
    }
}
