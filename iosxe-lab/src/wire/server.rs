//! Listening, and one connection from its first byte to its last.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use russh::server::Config;
use russh::{MethodKind, MethodSet, SshId};
use serde_json::json;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::Notify;

use super::cuttable::Cuttable;
use super::handler::Connection;
use super::keys::preferred;
use crate::model::device::{Device, Power};
use crate::timeline::EventKind;

/// Accepts connections whenever the device is up; its socket is closed while it is down.
pub(crate) async fn listen(device: Arc<Device>, first: TcpListener) {
    let mut power = device.power.subscribe();
    let mut listener = Some(first);
    loop {
        let up = power.borrow_and_update().to_owned();
        let Power::Up(boot) = up else {
            listener = None;
            if power.changed().await.is_err() {
                return;
            }
            continue;
        };
        let Some(socket) = listener.take() else {
            match TcpListener::bind(device.address).await {
                Ok(socket) => listener = Some(socket),
                Err(error) => {
                    tracing::warn!(device = device.name, %error, "cannot listen again yet");
                    device
                        .world
                        .clock
                        .sleep_wall(Duration::from_millis(50))
                        .await;
                }
            }
            continue;
        };
        tokio::select! {
            changed = power.changed() => {
                if changed.is_err() {
                    return;
                }
                listener = Some(socket);
            }
            accepted = socket.accept() => {
                if let Ok((stream, from)) = accepted {
                    if let Err(error) = stream.set_nodelay(true) {
                        tracing::debug!(%error, "no TCP_NODELAY");
                    }
                    let full = device.state().sessions.len() >= device.spec.vty_lines;
                    if !full {
                        let device = Arc::clone(&device);
                        device.clone().spawn(serve(device, stream, from, boot));
                    }
                }
                listener = Some(socket);
            }
        }
    }
}

/// Serves one connection until it ends, the device goes down, or a fault cuts it.
pub(crate) async fn serve<S>(device: Arc<Device>, stream: S, from: SocketAddr, boot: u64)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let cut = Arc::new(Notify::new());
    let knife = {
        let cut = Arc::clone(&cut);
        let mut power = device.power.subscribe();
        let mut stop = device.world.stop.clone();
        async move {
            tokio::select! {
                () = cut.notified() => {}
                _ = stop.wait_for(|s| *s) => {}
                _ = power.wait_for(|p| *p != Power::Up(boot)) => {}
            }
        }
    };
    let connection = Connection::new(Arc::clone(&device), from, Arc::clone(&cut));
    let session = connection.session();
    let config = Arc::new(config(&device));
    let ended =
        match russh::server::run_stream(config, Cuttable::new(stream, knife), connection).await {
            Ok(running) => running.await,
            Err(error) => Err(error),
        };
    if let Err(error) = ended {
        tracing::debug!(device = device.name, %error, "connection ended");
    }
    let left = {
        let mut state = device.state();
        let at = state.sessions.iter().position(|s| s.id == session);
        at.map(|i| state.sessions.remove(i))
    };
    if let Some(info) = left {
        device.record(
            EventKind::Logout,
            [("user", json!(info.user)), ("session", json!(session))],
        );
    }
}

fn config(device: &Device) -> Config {
    let mut methods = vec![MethodKind::PublicKey, MethodKind::KeyboardInteractive];
    if device.spec.password_auth {
        methods.push(MethodKind::Password);
    }
    let key = device.state().host_key.clone();
    Config {
        server_id: SshId::Standard(Cow::Borrowed("SSH-2.0-Cisco-1.25")),
        methods: MethodSet::from(methods.as_slice()),
        auth_rejection_time: Duration::from_millis(50),
        auth_rejection_time_initial: Some(Duration::ZERO),
        // The probe without credentials counts as one.
        max_auth_attempts: 4,
        keys: vec![key],
        preferred: preferred(device.spec.ssh),
        // Small buffers: fifty transfers at once share one process with their sender.
        window_size: 512 << 10,
        channel_buffer_size: 16,
        inactivity_timeout: None,
        nodelay: true,
        ..Config::default()
    }
}
