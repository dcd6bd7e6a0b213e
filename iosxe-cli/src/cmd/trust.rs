//! `trust DEVICE`: pins the host key that a device shows now.

use iosxe_core::fault::Fault;
use iosxe_core::ids::CredentialName;
use iosxe_core::ports::{AlgorithmProfile, Endpoint};
use serde_json::json;

use super::{Context, drive};
use crate::app::Trust;
use crate::exit::Exit;
use crate::show::{self, Output};
use crate::wire;

pub(crate) async fn run(context: &Context, args: &Trust) -> Result<Exit, Fault> {
    let config = &context.config;
    let records = drive::rows(context, std::slice::from_ref(&args.device)).await?;
    let mut keys = Vec::new();
    for record in records {
        let name = record
            .credential
            .clone()
            .unwrap_or_else(|| CredentialName::new("default"));
        let legacy = config.ssh.iter().any(|s| {
            s.profile == crate::config::Profile::Legacy
                && iosxe_workflow::executor::glob(&s.pattern, record.name.as_str())
        });
        let endpoint = Endpoint {
            device: record.name.clone(),
            address: record.address.clone(),
            credential: wire::secrets(config)?.credential(&name).await?,
            jumps: Vec::new(),
            profile: if legacy {
                AlgorithmProfile::Legacy
            } else {
                AlgorithmProfile::Modern
            },
        };
        let connector = iosxe_transport::ssh::connector(wire::ssh_policy(config, false));
        let key = connector
            .trust(&endpoint)
            .await
            .map_err(|e| Fault::from(&e))?;
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
        Output::Json | Output::Ndjson => show::json(&json!({ "trusted": keys })),
    }
    Ok(Exit::AsWanted)
}
