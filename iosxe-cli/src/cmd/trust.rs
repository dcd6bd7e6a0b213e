//! `trust DEVICE`: pins the host key that a device shows now.

use iosxe_core::fault::Fault;
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
            .map_err(|e| Fault::from(&e).at(&record.name, StageKind::Discover))?;
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
