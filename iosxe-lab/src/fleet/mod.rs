//! A lab as a whole: options, start, folder, end.

pub(crate) mod folder;
pub(crate) mod lab;
