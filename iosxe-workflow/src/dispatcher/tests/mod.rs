//! The dispatcher against devices in memory and a clock that jumps to the next thing to do.
//!
//! [`bench::Bench`] stands in for the engine: it keeps records, carries out tasks one after the other
//! and feeds their results back. [`sim::Sim`] is the device that they meet, [`driver`] the little that
//! its family knows. Tests name the design rule that they guard.

mod approval;
mod bench;
mod checks;
mod crash;
mod credentials;
mod deadline;
mod digest;
mod driver;
mod fleet;
mod gate;
mod packages;
mod pull;
mod question;
mod sim;
mod stop;
mod takeover;
mod timer;
mod two_sides;
mod until;
mod verify;
mod way;
mod whose;
