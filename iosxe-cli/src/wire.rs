//! The default assembly: which implementation stands behind which port. It decides nothing.

use std::sync::Arc;

use iosxe_core::fault::Fault;
use iosxe_core::ports::{Inventory, Journal, Ports, Secrets};
#[cfg(feature = "snmp")]
pub(crate) use iosxe_transport::snmp::probe;
use iosxe_transport::ssh::SshPolicy;
use iosxe_transport::{creds, ssh};
use iosxe_workflow::dispatcher::Limits;
use iosxe_workflow::engine::{Engine, Settings};
use iosxe_workflow::journal;
use iosxe_workflow::saved::World;
use iosxe_workflow::system::{SystemRandom, WallClock};

use crate::cmd::approve::GateKeeper;
use crate::config::Config;
use crate::{catalogue, tables};

/// The inventory that configuration or flag names.
pub(crate) fn inventory(config: &Config) -> Result<Arc<dyn Inventory>, Fault> {
    iosxe_inventory::open(config.inventory()?).map_err(|e| Fault::from(&e))
}

/// Credentials: from the configuration's definitions and the environment.
pub(crate) fn secrets(config: &Config) -> Result<Arc<dyn Secrets>, Fault> {
    creds::env::open(config.credential.clone(), config.variables())
}

/// The SSH policy of configuration and flags.
pub(crate) fn ssh_policy(config: &Config, accept_new: bool) -> SshPolicy {
    SshPolicy {
        accept_new,
        ..SshPolicy::new(config.known_hosts())
    }
}

/// What plans are made of when no device is asked.
pub(crate) fn world(config: &Config, journal: Option<Arc<dyn Journal>>) -> Result<World, Fault> {
    let table = tables::platforms(config)?;
    Ok(World {
        drivers: iosxe_drivers::with_rules(table.clone(), tables::rules(config)?),
        images: catalogue::open(config)?,
        journal,
        table,
        policy: config.policy.clone(),
    })
}

/// The engine over all real ports.
pub(crate) fn engine(
    config: &Config,
    journal: Arc<dyn Journal>,
    inventory: Arc<dyn Inventory>,
    gate: GateKeeper,
    accept_new: bool,
) -> Result<Engine, Fault> {
    let table = tables::platforms(config)?;
    let policy = ssh_policy(config, accept_new);
    let clock = Arc::new(WallClock);
    let ports = Ports {
        connector: ssh::connector(policy.clone()),
        mover: ssh::mover(policy),
        drivers: iosxe_drivers::with_rules(table.clone(), tables::rules(config)?),
        inventory,
        images: catalogue::open(config)?,
        secrets: secrets(config)?,
        journal,
        approver: Arc::new(gate),
        keeper: Arc::new(iosxe_observe::keeper::FolderKeeper::new(
            config.runs(),
            clock.clone(),
        )),
        clock,
        randomness: Arc::new(SystemRandom),
    };
    let settings = Settings {
        limits: Limits {
            devices: config.limits.devices.max(1),
            ..Limits::default()
        },
        reach: config.reach()?,
        logins_per_second: config.limits.logins_per_second,
        table,
    };
    Ok(Engine::new(ports, settings))
}

/// The journal, with this process as its writer.
pub(crate) async fn journal(config: &Config) -> Result<Arc<dyn Journal>, Fault> {
    crate::config::is_journal(config.journal())?;
    journal::open(config.journal())
        .await
        .map_err(|e| Fault::from(&e))
}
