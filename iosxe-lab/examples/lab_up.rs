//! Starts a lab and waits for Ctrl-C: `cargo run -p iosxe-lab --example lab_up -- DIR [DEVICES] [SPEED] [TOPOLOGY]`.

use iosxe_lab::{Base, Lab, LabOptions, Topology};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let mut options = LabOptions::new(args.next().unwrap_or_else(|| "lab".to_owned()));
    options.devices = args.next().map_or(Ok(4), |n| n.parse())?;
    options.speed = args.next().map_or(Ok(60.0), |s| s.parse())?;
    if let Some(file) = args.next() {
        options.topology = Some(Topology::from_toml(&std::fs::read_to_string(file)?)?);
    }
    options.base = Base::Auto;
    options.port = 0;
    let lab = Lab::start(options).await?;
    #[expect(clippy::print_stdout, reason = "the line that scripts wait for")]
    {
        println!("{}", lab.ready_line());
    }
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted?,
        () = lab.shutdown_requested() => {}
    }
    lab.shutdown().await;
    Ok(())
}
