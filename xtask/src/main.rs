//! Checks and tables of the workspace.
fn main() {}
