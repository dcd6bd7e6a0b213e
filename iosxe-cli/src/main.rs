//! The `iosxe` command: reads flags, wires the default assembly, prints.

mod app;
mod catalogue;
mod cmd;
mod config;
mod exit;
mod select;
mod show;
mod tables;
mod wire;

fn main() -> std::process::ExitCode {
    app::run()
}
