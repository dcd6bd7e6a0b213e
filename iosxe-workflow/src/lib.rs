//! The engine of the IOS-XE upgrade orchestrator: stages, journal, gates, resume and rollback. It
//! knows the ports of `iosxe-core` and none of their implementations.
//!
//! - [`engine::Engine`] starts and resumes runs.
//! - [`dispatcher::Dispatcher`] decides: sans-IO, one input after the other.
//! - [`saved`] asks the same dispatcher for a plan from facts that were saved.
//! - [`status::RunState`] is the fold over the journal, the same for live runs and for replay.
//! - [`journal`] keeps what is meant and what is known.

pub mod activated_by;
pub mod dispatcher;
pub mod engine;
pub mod executor;
pub mod journal;
pub mod limit;
pub mod limits;
pub mod reach;
pub mod reference;
pub mod retry;
pub mod saved;
pub mod status;
pub mod summary;
pub mod system;
#[cfg(test)]
mod testing;
pub mod write_back;
