//! What hangs on a device: what an upgrade takes away while it runs, and who is next to it.

use serde::{Deserialize, Serialize};

/// Everything around a device that a plan or a report speaks of. Read once, at discovery.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Surroundings {
    /// Ports that are up.
    pub ports_up: usize,
    /// Ports that power a device.
    pub ports_powered: usize,
    /// Routers and switches that CDP or LLDP sees.
    pub neighbours: Vec<Adjacent>,
    /// Licences in use.
    pub licences: Vec<Licence>,
    /// Firmware beside the image: ROMMON, CPLD, FPGA.
    pub firmware: Vec<Firmware>,
    /// Looks that gave no answer that could be read, with the line.
    pub inconclusive: Vec<String>,
}

/// A router or switch next to a device.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Adjacent {
    /// Its name, without a domain.
    pub name: String,
    /// Our port towards it.
    pub port: String,
    /// Its management address, where it says one.
    pub address: Option<String>,
    /// Its model, where it says one.
    pub platform: Option<String>,
}

/// A licence and its state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Licence {
    /// `network-advantage`.
    pub name: String,
    /// The device's word: `IN USE`, `NOT AUTHORIZED`.
    pub status: String,
}

/// Firmware of one part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Firmware {
    /// Slot and part: `R0 CPLD`, `3 ROMMON`.
    pub part: String,
    /// Its version.
    pub version: String,
    /// The version that the running release wants, where the device says so and it is another one.
    pub expected: Option<String>,
}

/// What an upgrade takes away while the device is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlastRadius {
    /// Ports that go down.
    pub ports_up: usize,
    /// Devices that lose their power.
    pub ports_powered: usize,
    /// Routers and switches that lose a neighbour.
    pub neighbours: usize,
    /// Members, supervisors or route processors that reload.
    pub members: usize,
}
