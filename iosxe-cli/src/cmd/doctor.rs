//! `doctor`: what this build and this machine can do.

use iosxe_core::fault::Fault;
use iosxe_transport::ssh::{self, Algorithms};
use serde_json::json;

use super::Context;
use crate::exit::Exit;
use crate::show::{self, Output};
use crate::tables;

pub(crate) fn run(context: &Context) -> Result<Exit, Fault> {
    let config = &context.config;
    let backends = ssh::report();
    let named = |name: &str| std::env::var(name).is_ok_and(|v| !v.is_empty());
    let families: Vec<String> = tables::platforms(config)?
        .families()
        .iter()
        .map(|f| format!("{} ({:?})", f.name, f.support).to_lowercase())
        .collect();
    let files = [
        ("configuration", config.file.clone()),
        ("inventory", config.inventory.as_ref().map(Into::into)),
        ("journal", Some(config.journal().into())),
        ("known hosts", Some(config.known_hosts())),
        ("image catalogue", Some(config.catalogue())),
    ];
    let files: Vec<(&str, String, bool)> = files
        .into_iter()
        .map(|(what, path): (_, Option<std::path::PathBuf>)| match path {
            Some(path) => (what, path.display().to_string(), path.exists()),
            None => (what, "not named".to_owned(), false),
        })
        .collect();
    if context.output == Output::Table {
        show::line(&format!("iosxe {}", env!("CARGO_PKG_VERSION")));
        for backend in &backends {
            show::line(&format!(
                "\nSSH by {} (serves {}):",
                backend.kind.name(),
                backend.serves
            ));
            for (name, algorithms) in [("modern", &backend.modern), ("legacy", &backend.legacy)] {
                show::line(&format!("  {name}"));
                for (what, list) in kinds(algorithms) {
                    show::line(&format!("    {what:<13} {}", list.join(", ")));
                }
            }
        }
        show::line("\nFiles:");
        for (what, path, there) in &files {
            show::line(&format!(
                "  {what:<16} {path}{}",
                if *there { "" } else { "  (not there)" }
            ));
        }
        show::line("\nCredentials from the environment:");
        for name in [
            "IOSXE_USERNAME",
            "IOSXE_PASSWORD",
            "IOSXE_ENABLE",
            "IOSXE_SNMP_COMMUNITY",
            "IOSXE_SNMP_USER",
            "IOSXE_SNMP_AUTH",
            "IOSXE_SNMP_PRIV",
        ] {
            show::line(&format!(
                "  {name:<20} {}",
                if named(name) { "set" } else { "not set" }
            ));
        }
        show::line(&format!("\nPlatforms: {}", families.join(", ")));
    } else {
        show::document(
            context.output,
            &json!({
                "version": env!("CARGO_PKG_VERSION"),
                "ssh": backends.iter().map(|b| json!({
                    "backend": b.kind.name(),
                    "serves": b.serves,
                    "modern": document(&b.modern),
                    "legacy": document(&b.legacy),
                })).collect::<Vec<_>>(),
                "files": files.iter().map(|(what, path, there)| json!({
                    "what": what, "path": path, "there": there,
                })).collect::<Vec<_>>(),
                "platforms": families,
            }),
        );
    }
    Ok(Exit::AsWanted)
}

fn kinds(algorithms: &Algorithms) -> [(&'static str, &[String]); 4] {
    [
        ("key exchange", &algorithms.key_exchange),
        ("host key", &algorithms.host_key),
        ("cipher", &algorithms.cipher),
        ("mac", &algorithms.mac),
    ]
}

fn document(algorithms: &Algorithms) -> serde_json::Value {
    json!({
        "key_exchange": algorithms.key_exchange,
        "host_key": algorithms.host_key,
        "cipher": algorithms.cipher,
        "mac": algorithms.mac,
    })
}
