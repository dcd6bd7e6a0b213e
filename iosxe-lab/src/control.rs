//! The control address: the truth about the devices as JSON, on loopback.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{Method, StatusCode, Uri};
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
    fn find(&self, name: &str) -> Result<&Arc<Device>, Refused> {
        find(&self.devices, name).map_err(|e| Refused(StatusCode::NOT_FOUND, e.to_string()))
    }
}

/// The device of that name.
pub(crate) fn find<'a>(
    devices: &'a [Arc<Device>],
    name: &str,
) -> Result<&'a Arc<Device>, crate::LabError> {
    let found = devices.iter().find(|d| d.name == name);
    found.ok_or_else(|| crate::LabError::UnknownDevice {
        name: name.to_owned(),
        known: devices.iter().map(|d| d.name.clone()).collect(),
    })
}

/// An answer that is none: always `{"error": …}`.
struct Refused(StatusCode, String);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "error": self.1 }))).into_response()
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
        .fallback(nowhere)
        .method_not_allowed_fallback(not_so)
        .with_state(control);
    if let Err(error) = axum::serve(listener, router).await {
        tracing::warn!(%error, "control address ended");
    }
}

async fn nowhere(uri: Uri) -> Refused {
    let text = format!(
        "nothing is at {}; there are /devices, /devices/NAME, /devices/NAME/faults, /timeline and /shutdown",
        uri.path()
    );
    Refused(StatusCode::NOT_FOUND, text)
}

async fn not_so(method: Method, uri: Uri) -> Refused {
    let text = format!("{} does not take {method}", uri.path());
    Refused(StatusCode::METHOD_NOT_ALLOWED, text)
}

async fn devices(State(control): State<Control>) -> Result<Json<Vec<Value>>, Refused> {
    let list = control.devices.to_vec();
    let all = tokio::task::spawn_blocking(move || list.iter().map(|d| describe(d)).collect()).await;
    all.map(Json).map_err(broke_off)
}

async fn device(
    State(control): State<Control>,
    Path(name): Path<String>,
) -> Result<Json<Value>, Refused> {
    let device = Arc::clone(control.find(&name)?);
    let described = tokio::task::spawn_blocking(move || describe(&device)).await;
    described.map(Json).map_err(broke_off)
}

fn broke_off(error: tokio::task::JoinError) -> Refused {
    Refused(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
}

#[derive(Debug, Deserialize)]
struct Since {
    #[serde(default)]
    since: u64,
}

async fn timeline(
    State(control): State<Control>,
    query: Result<Query<Since>, QueryRejection>,
) -> Result<Response, Refused> {
    let Query(query) = query.map_err(|e| Refused(e.status(), e.body_text()))?;
    Ok(Json(control.world.timeline.since(query.since)).into_response())
}

/// The body is JSON, whatever its headers call it.
async fn add_fault(
    State(control): State<Control>,
    Path(name): Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Refused> {
    let device = control.find(&name)?;
    let body = body.map_err(|e| Refused(e.status(), e.body_text()))?;
    let bad = |why: String| Refused(StatusCode::BAD_REQUEST, why);
    let fault: Fault = serde_json::from_slice(&body).map_err(|e| {
        bad(format!(
            "the body is no fault: {e}; it is {{\"kind\": KIND, \"at\": MOMENT, \"times\": N}}"
        ))
    })?;
    set_fault(device, fault).map_err(|e| bad(e.to_string()))?;
    let list = device.state().faults.list().to_vec();
    Ok((StatusCode::CREATED, Json(list)).into_response())
}

async fn list_faults(
    State(control): State<Control>,
    Path(name): Path<String>,
) -> Result<Json<Vec<Fault>>, Refused> {
    Ok(Json(control.find(&name)?.state().faults.list().to_vec()))
}

async fn clear_faults(
    State(control): State<Control>,
    Path(name): Path<String>,
) -> Result<StatusCode, Refused> {
    let device = control.find(&name)?;
    device.clear_faults();
    device.state().config_lock = None;
    Ok(StatusCode::NO_CONTENT)
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
        .chain(
            state
                .install
                .patches
                .iter()
                .map(|p| json!({ "type": "SMU", "state": p.state.letter(), "version": p.file })),
        )
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
                "boot_mode": m.mode.word(),
                "boot_variable": state.boot.of(m.id).join(";"),
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
        "boot_variable": state.boot.of(state.active).join(";"),
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
        "firmware": state.firmware.describe(),
        "faults": state.faults.list(),
    })
}
