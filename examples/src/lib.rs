//! Complete small programs that embed the crates. Each is one file beside this package's manifest; run one with
//! `cargo run -p iosxe-examples --example embed -- FOLDER DEVICE`.
