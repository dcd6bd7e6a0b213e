//! The modelled state of a device, without any word of its CLI.

pub(crate) mod autoupgrade;
pub(crate) mod birth;
pub(crate) mod boot;
pub(crate) mod cabling;
pub(crate) mod config;
pub(crate) mod device;
pub(crate) mod engine;
pub(crate) mod firmware;
pub(crate) mod flash;
pub(crate) mod image;
pub(crate) mod install;
pub(crate) mod issu;
pub(crate) mod platform;
pub(crate) mod release;
pub(crate) mod reload;
pub(crate) mod removal;
pub(crate) mod request;
pub(crate) mod smu;
pub(crate) mod startup;
pub(crate) mod switchover;
