//! Simulated IOS-XE devices on loopback addresses, reached by real SSH and real file transfer.
//!
//! Lab only: no part of this crate talks to a real device. A [`Lab`] is a fleet in one process:
//! Catalyst 3850 and 9000 switches, stacks, StackWise Virtual pairs and chassis with two supervisors,
//! ISR, Catalyst 8000 and CSR 1000V routers, ASR 900, 920 and 1000, NCS 520 and 4200, with a command
//! line, file systems that hold real bytes, the install engine with its questions and timers,
//! switchovers, and reloads that drop every session. Two supervisors, route processors or switches also
//! upgrade in service, by the commands of their family. Patches are installed, and files are fetched from
//! servers on the same machine by HTTP, TFTP, FTP and SCP.
//! Any SSH client works against it. What really happened is told at the lab's control address
//! ([`Lab::control_url`]) and by [`Lab::timeline`], so that a test can hold a program's belief
//! against the truth; what shall go wrong is set with [`Lab::set_fault`], at the control address
//! or in a [`Topology`] file.
//!
//! The crate shares no code with the programs that are tested against it: outputs are written
//! from its own model, after field notes and public captures.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # tokio::runtime::Runtime::new()?.block_on(async {
//! use iosxe_lab::{Base, Lab, LabOptions};
//!
//! let dir = std::env::temp_dir().join(format!("iosxe-lab-doc-{}", std::process::id()));
//! let mut options = LabOptions::new(&dir);
//! options.devices = 1;
//! options.base = Base::Auto;
//! options.port = 0;
//! options.image_bytes = 64 << 10;
//! let lab = Lab::start(options).await?;
//! assert_eq!(lab.devices()[0].name, "sw-access-01");
//! assert!(lab.ready_line().starts_with("{\"ready\":true,"));
//! lab.shutdown().await;
//! std::fs::remove_dir_all(&dir)?;
//! # Ok(())
//! # })
//! # }
//! ```
//!
//! Time: one clock per lab runs `speed` times faster than wall time; boots, installs and the
//! auto-abort timer follow it. What belongs to the wire (idle shells, slow links) is wall time.

mod cli;
mod clock;
mod control;
mod error;
mod fault;
mod fleet;
mod model;
mod network;
mod timeline;
mod topology;
mod wire;

pub use error::LabError;
pub use fault::{Fault, FaultKind, faults};
pub use fleet::lab::{Base, Credentials, DeviceAddress, Lab, LabOptions, SnmpCredentials};
pub use model::firmware::FirmwareSpec;
pub use model::image::{Digests, ImageSpec};
pub use model::platform::row::{PlatformRow, platforms};
pub use model::smu::SmuSpec;
pub use network::{BgpSpec, EigrpSpec, GatewaySpec, IsisSpec, NetworkSpec, OspfSpec};
pub use timeline::{Event, EventKind};
pub use topology::{
    ApartSpec, BootModeSpec, DeviceSpec, FirmwarePackageSpec, FirmwarePartSpec, FirmwareStateSpec,
    HostKeyKind, IssuSpec, NeighbourSpec, PatchSpec, RequestSpec, SshProfile, TimesSpec, Topology,
};
