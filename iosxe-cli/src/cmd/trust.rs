//! `trust DEVICE`: pins the host key that a device shows now.

use iosxe_core::fault::{Fault, Remedy};
use iosxe_core::ids::DeviceName;
use iosxe_core::ports::ConnectError;
use iosxe_core::stage::StageKind;
use iosxe_workflow::dispatcher::LoginWith;
use serde_json::json;

use super::{Context, drive};
use crate::app::Trust;
use crate::exit::Exit;
use crate::show::{self, Output};
use crate::wire;

pub(crate) async fn run(context: &Context, args: &Trust) -> Result<Exit, Fault> {
    let config = &context.config;
    let records = drive::rows(context, std::slice::from_ref(&args.device)).await?;
    let (reach, secrets) = (config.reach()?, wire::secrets(config)?);
    let connector = iosxe_transport::ssh::connector(wire::ssh_policy(config, false));
    let mut keys = Vec::new();
    for record in records {
        let endpoint = reach
            .endpoint(&record, LoginWith::Usual, secrets.as_ref())
            .await?;
        let key = connector
            .trust(&endpoint)
            .await
            .map_err(|e| fault(&e, &record.name))?;
        keys.push(
            json!({ "name": record.name, "address": record.address.to_string(), "key": key }),
        );
    }
    match context.output {
        Output::Table => {
            for key in &keys {
                show::note(&format!(
                    "{} ({}) is trusted: {}",
                    key["name"], key["address"], key["key"]
                ));
            }
        }
        Output::Json | Output::Ndjson => {
            show::document(context.output, &json!({ "trusted": keys }))
        }
    }
    Ok(Exit::AsWanted)
}

/// Why a device shows no key. Of itself every key is taken: one that is not known is a jump host's.
fn fault(error: &ConnectError, device: &DeviceName) -> Fault {
    let mut fault = Fault::from(error);
    if matches!(error, ConnectError::HostKeyUnknown { .. }) {
        fault.remedy = Some(Remedy::with(
            "compare the fingerprint with the jump host's console, then accept it",
            format!("iosxe discover --limit {device} --accept-new-host-keys"),
        ));
    }
    fault.at(device, StageKind::Discover)
}
