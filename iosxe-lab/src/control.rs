//! The control address: the truth about the devices as JSON, on loopback.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Notify;

use crate::fault::Fault;
use crate::model::device::{Device, World};
use crate::model::install::PackageState;

/// What the handlers share.
#[derive(Debug, Clone)]
pub(crate) struct Control {
    pub(crate) world: Arc<World>,
    pub(crate) devices: Arc<[Arc<Device>]>,
    /// Tells the lab that a client asked for the end.
    pub(crate) shutdown: Arc<Notify>,
}

impl Control {
    fn find(&self, name: &str) -> Result<&Arc<Device>, Response> {
        self.devices.iter().find(|d| d.name == name).ok_or_else(|| {
            let text = format!("no device {name:?} in this lab");
            (StatusCode::NOT_FOUND, Json(json!({ "error": text }))).into_response()
        })
    }
}

/// Serves the control address until the lab stops.
pub(crate) async fn serve(listener: TcpListener, control: Control) {
    let router = Router::new()
        .route("/devices", get(devices))
        .route("/devices/{name}", get(device))
        .route(
            "/devices/{name}/faults",
            post(add_fault).delete(clear_faults).get(list_faults),
        )
        .route("/timeline", get(timeline))
        .route("/shutdown", post(shutdown))
        .with_state(control);
    if let Err(error) = axum::serve(listener, router).await {
        tracing::warn!(%error, "control address ended");
    }
}

async fn devices(State(control): State<Control>) -> Json<Vec<Value>> {
    let list = control.devices.to_vec();
    let all = tokio::task::spawn_blocking(move || list.iter().map(|d| describe(d)).collect()).await;
    Json(all.unwrap_or_default())
}

async fn device(State(control): State<Control>, Path(name): Path<String>) -> Response {
    let device = match control.find(&name) {
        Ok(device) => Arc::clone(device),
        Err(refusal) => return refusal,
    };
    match tokio::task::spawn_blocking(move || describe(&device)).await {
        Ok(value) => Json(value).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

#[derive(Debug, Deserialize)]
struct Since {
    #[serde(default)]
    since: u64,
}

async fn timeline(State(control): State<Control>, Query(query): Query<Since>) -> Response {
    Json(control.world.timeline.since(query.since)).into_response()
}

async fn add_fault(
    State(control): State<Control>,
    Path(name): Path<String>,
    Json(fault): Json<Fault>,
) -> Response {
    let device = match control.find(&name) {
        Ok(device) => device,
        Err(refusal) => return refusal,
    };
    match set_fault(device, fault) {
        Ok(()) => {
            let list = device.state().faults.list().to_vec();
            (StatusCode::CREATED, Json(list)).into_response()
        }
        Err(error) => (
            StatusCode::BAD_REQUEST,
            Json(json!({ "error": error.to_string() })),
        )
            .into_response(),
    }
}

async fn list_faults(State(control): State<Control>, Path(name): Path<String>) -> Response {
    match control.find(&name) {
        Ok(device) => Json(device.state().faults.list().to_vec()).into_response(),
        Err(refusal) => refusal,
    }
}

async fn clear_faults(State(control): State<Control>, Path(name): Path<String>) -> Response {
    match control.find(&name) {
        Ok(device) => {
            let mut state = device.state();
            state.faults.clear();
            state.config_lock = None;
            StatusCode::NO_CONTENT.into_response()
        }
        Err(refusal) => refusal,
    }
}

async fn shutdown(State(control): State<Control>) -> StatusCode {
    control.shutdown.notify_one();
    StatusCode::ACCEPTED
}

/// Sets a fault; kinds of the moment `now` strike here.
pub(crate) fn set_fault(device: &Arc<Device>, fault: Fault) -> Result<(), crate::LabError> {
    let fault = fault.checked()?;
    if fault.at != "now" || fault.kind == "half_ring" {
        device.state().faults.add(fault);
        return Ok(());
    }
    match fault.kind.as_str() {
        "unsaved_config" => {
            let mut state = device.state();
            state.running_config.add("ip host forgotten 192.0.2.99");
            state.config_changed_s = device.now();
        }
        "scheduled_reload" => device.schedule_reload(36_000.0, "maintenance by somebody else"),
        "config_session" => device.state().config_lock = Some("colleague".to_owned()),
        "host_key_changed" => {
            let generation = device.state().generation + 7_000;
            let key = crate::wire::host_key(&device.spec, device.world.seed, generation)?;
            device.state().host_key = key;
        }
        _ => {}
    }
    device.record(
        crate::EventKind::Fault,
        [("kind", json!(fault.kind)), ("at", json!(fault.at))],
    );
    Ok(())
}

/// The object of one device. Hashes files, so it may take a moment the first time.
fn describe(device: &Device) -> Value {
    // Copies of the contents first: digests are computed without holding the state.
    let held: Vec<(String, String, u64, crate::model::flash::Content)> = {
        let state = device.state();
        state
            .members
            .iter()
            .enumerate()
            .filter(|(_, m)| !m.missing)
            .flat_map(|(i, m)| {
                let file_systems = std::iter::once(&m.flash).chain(&m.disks).enumerate();
                let mut all = Vec::new();
                for (disk, flash) in file_systems {
                    let fs = crate::cli::places::fs_name(device, &state, i, disk);
                    all.extend(flash.entries().filter_map(|(path, e)| {
                        let content = e.content.clone()?;
                        Some((fs.clone(), path.to_owned(), content.len(), content))
                    }));
                }
                all
            })
            .collect()
    };
    let files: Vec<Value> = held
        .into_iter()
        .map(|(fs, path, size, content)| {
            let digests = content.digests();
            let (md5, sha512) = digests.map(|d| (d.md5, d.sha512)).unzip();
            json!({ "fs": fs, "path": path, "size": size, "md5": md5, "sha512": sha512 })
        })
        .collect();
    let state = device.state();
    let now = device.now();
    let install: Vec<Value> = state
        .install
        .packages
        .iter()
        .map(|p| json!({ "type": "IMG", "state": p.state.letter(), "version": p.release.engine() }))
        .collect();
    let members: Vec<Value> = state
        .members
        .iter()
        .map(|m| {
            json!({
                "id": m.id,
                "slot": device.label(m.id, state.members.len()),
                "role": state.role(m).to_lowercase(),
                "state": state.state_of(m, now).to_lowercase(),
                "version": m.release.padded(),
                "serial": m.serial,
            })
        })
        .collect();
    let committed = match state.running.mode {
        crate::model::device::BootMode::Bundle => Some(state.running.release.padded()),
        crate::model::device::BootMode::Install => {
            state.install.committed().map(|p| p.release.padded())
        }
    };
    let trial = state
        .install
        .in_state(PackageState::Uncommitted)
        .map(|p| p.release.padded());
    let reloads: serde_json::Map<String, Value> = state
        .reloads
        .iter()
        .map(|(cause, n)| ((*cause).to_owned(), json!(n)))
        .collect();
    json!({
        "name": device.name,
        "address": device.address.ip().to_string(),
        "port": device.address.port(),
        "pid": device.platform.pid,
        "platform": device.platform.package_stem(),
        "serial": state.serial(),
        "up": device.is_up(),
        "running_version": state.running.release.padded(),
        "committed_version": committed,
        "uncommitted_version": trial,
        "boot_mode": state.running.mode.word(),
        "boot_variable": state.boot.path.join(";"),
        "config_register": format!("{:#x}", state.confreg_next),
        "reload_count": state.reloads.get("command").copied().unwrap_or(0),
        "reloads": reloads,
        "config_saved": !state.unsaved(),
        "sessions": state.sessions.len(),
        "auto_abort_s": state.install.timer.map(|t| crate::clock::whole(t.deadline_s - now)),
        "install_busy": state.install.running,
        "install_state": install,
        "members": members,
        "files": files,
        "faults": state.faults.list(),
    })
}
