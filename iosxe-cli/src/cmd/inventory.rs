//! `inventory validate|show`.

use iosxe_core::fault::Fault;
use iosxe_core::words::counted;
use serde_json::json;

use super::{Context, drive};
use crate::app::{Inventory, Limit};
use crate::exit::Exit;
use crate::show::{self, Output};
use crate::wire;

pub(crate) async fn run(context: &Context, args: Inventory) -> Result<Exit, Fault> {
    match args {
        Inventory::Validate => validate(context).await,
        Inventory::Show(limit) => rows(context, limit).await,
    }
}

async fn validate(context: &Context) -> Result<Exit, Fault> {
    let inventory = wire::inventory(&context.config)?;
    let read = inventory.read().await?;
    for warning in &read.warnings {
        show::note(warning);
    }
    match context.output {
        Output::Table => show::line(&format!(
            "{}: {}, no errors, {}",
            inventory.location(),
            counted(read.records.len(), "row"),
            counted(read.warnings.len(), "warning")
        )),
        Output::Json | Output::Ndjson => show::document(
            context.output,
            &json!({
                "inventory": inventory.location(),
                "rows": read.records.len(),
                "warnings": read.warnings,
            }),
        ),
    }
    Ok(Exit::AsWanted)
}

async fn rows(context: &Context, limit: Limit) -> Result<Exit, Fault> {
    let records = drive::rows(context, &limit.limit).await?;
    match context.output {
        Output::Table => show::records(&records),
        Output::Json => show::json(&json!({ "devices": records })),
        Output::Ndjson => {
            for record in &records {
                show::json_line(&json!(record));
            }
        }
    }
    Ok(Exit::AsWanted)
}
