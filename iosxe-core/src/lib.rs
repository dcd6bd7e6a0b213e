//! The language of the IOS-XE upgrade orchestrator: what its crates talk about, and the ports
//! through which they talk. No I/O, no async runtime.
//!
//! The types to know:
//!
//! - [`version::Version`]: a release in any notation.
//! - [`device::Record`] and [`device::Facts`]: what we were told, what we saw.
//! - [`image::Image`]: a file, its release, its digests.
//! - [`plan::DevicePlan`]: what will be done to a device and why, as a value with a hash.
//! - [`why::Reason`]: the rule behind a choice, and the captured line behind the rule.
//! - [`stage::StageKind`] and [`stage::Outcome`]: where a device is on its way, how it ended.
//! - [`event::Event`]: the one stream of what happens.
//! - [`fault::Fault`]: what went wrong, who moves next, what the device may have done.
//! - [`talk::Dialogue`]: a conversation with a device without any I/O.
//! - [`ports::Ports`]: what the engine needs from the world.
//!
//! ```
//! use iosxe_core::version::Version;
//!
//! let running: Version = "17.06.05".parse()?;
//! let target: Version = "17.9.4a".parse()?;
//! assert!(target > running && target.is_extended_maintenance());
//! # Ok::<(), iosxe_core::version::VersionError>(())
//! ```

pub mod approval;
pub mod boot;
pub mod device;
pub mod event;
pub mod fault;
pub mod firmware;
pub mod fleet;
pub mod health;
pub mod ids;
pub mod image;
pub mod observation;
pub mod patch;
pub mod plan;
pub mod platform;
pub mod policy;
pub mod ports;
pub mod pull;
pub mod reference;
pub mod retry;
pub mod secret;
pub mod stage;
mod step_kind;
pub mod surroundings;
pub mod talk;
pub mod version;
pub mod why;
pub mod words;
