//! A device's command line: what is typed, understood, answered.

pub(crate) mod configure;
pub(crate) mod copy_pull;
pub(crate) mod files;
pub(crate) mod filter;
pub(crate) mod firmware;
pub(crate) mod grammar;
pub(crate) mod install;
pub(crate) mod issu;
mod knife;
pub(crate) mod pattern;
pub(crate) mod places;
pub(crate) mod redundancy;
mod replace;
pub(crate) mod request;
pub(crate) mod rollback;
pub(crate) mod shell;
pub(crate) mod show;
pub(crate) mod smu;
pub(crate) mod system;
pub(crate) mod table;
pub(crate) mod terminal;
