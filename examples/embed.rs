//! Upgrades one device from a program of one's own: `embed FOLDER DEVICE`. FOLDER is one that `iosxe lab up` or
//! `iosxe init` made; the credential comes from the environment.
#![expect(clippy::print_stdout, reason = "a program for a terminal")]

use std::{error::Error, num::NonZeroU32, path::PathBuf, sync::Arc};

use iosxe_core::event::ApproveMode;
use iosxe_core::platform::PlatformTable;
use iosxe_core::ports::{Approver, GateAnswer, GateQuestion, Ports};
use iosxe_core::{plan::Policy, stage::StageKind};
use iosxe_transport::{creds, images, ssh};
use iosxe_workflow::engine::{Engine, Request, Settings, Stop};
use iosxe_workflow::system::{SystemRandom, WallClock};
use iosxe_workflow::{dispatcher::Limits, executor::Reach, journal};

/// Our own gate: no device reloads whose plan nobody saw.
struct ShowAndApprove;

#[async_trait::async_trait]
impl Approver for ShowAndApprove {
    async fn ask(&self, question: &GateQuestion) -> GateAnswer {
        println!("{}", question.plan);
        GateAnswer::Approved { by: "embed".into() }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let folder = PathBuf::from(args.next().ok_or("give FOLDER and DEVICE")?);
    let device = args.next().ok_or("give FOLDER and DEVICE")?;
    let scale = args.next().map_or(Ok(1.0), |s| s.parse())?; // against a lab: its --speed
    let table = PlatformTable::built_in()?;
    let inventory = iosxe_inventory::open(&folder.join("inventory.xlsx").display().to_string())?;
    let mut records = inventory.read().await?.records;
    records.retain(|r| r.name.as_str() == device);
    let policy = ssh::SshPolicy::new(folder.join("known_hosts"));
    let clock = Arc::new(WallClock);
    let ports = Ports {
        connector: ssh::connector(policy.clone()),
        mover: ssh::mover(policy),
        drivers: iosxe_drivers::all(table.clone())?,
        inventory,
        images: images::open(folder.join("images/catalogue.toml")),
        secrets: creds::env::open([], |name| std::env::var(name).ok())?,
        journal: journal::open("memory:").await?,
        approver: Arc::new(ShowAndApprove),
        keeper: Arc::new(iosxe_observe::keeper::FolderKeeper::new(
            folder.join("runs"),
            clock.clone(),
        )),
        clock,
        randomness: Arc::new(SystemRandom),
    };
    let (limits, reach) = (Limits::default(), Reach::default());
    let settings = Settings {
        limits,
        reach,
        logins_per_second: NonZeroU32::new(5),
        table,
    };
    let request = Request {
        verb: "upgrade".into(),
        until: StageKind::Close,
        policy: Policy::default(),
        approve: ApproveMode::Wait,
        scale,
        by: "embed".into(),
        resume_with: String::new(),
        named: true,
        records,
        bound: Default::default(),
        against: Default::default(),
    };
    let (_stop, stop) = tokio::sync::watch::channel(Stop::No);
    let end = Engine::new(ports, settings)
        .start(request, Vec::new(), stop)
        .await?;
    println!("{:?}", end.summary().devices.first().map(|d| d.outcome));
    Ok(())
}
