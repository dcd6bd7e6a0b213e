//! Front page.

pub mod journal;
