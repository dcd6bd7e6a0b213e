//! Front page.

pub mod parse;
