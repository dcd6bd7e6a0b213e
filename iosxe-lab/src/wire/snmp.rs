//! A device's SNMP agent: the system group and `entPhysicalTable`, out of the model, read-only.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_snmp::handler::{
    BoxFuture, GetNextResult, GetResult, HandlerResult, MibHandler, OidTable, RequestContext,
};
use async_snmp::v3::{AuthoritativeEngine, PersistedAuthoritativeEngine};
use async_snmp::{AuthProtocol, Error, Oid, PrivProtocol, Value, VarBind};

use crate::cli::show::{Item, View, description, parts};
use crate::clock;
use crate::error::LabError;
use crate::model::device::{Device, Power, Snmp};

/// `mib-2`.
const MIB_2: [u32; 6] = [1, 3, 6, 1, 2, 1];
/// `entPhysicalEntry`, under it.
const ENTITY: [u32; 5] = [47, 1, 1, 1, 1];
/// `ciscoProducts`. Which number under it a model has is not told here: the lab knows none.
const PRODUCTS: [u32; 8] = [1, 3, 6, 1, 4, 1, 9, 1];

/// `entPhysicalClass`.
const CHASSIS: i32 = 3;
const POWER: i32 = 6;
const FAN: i32 = 7;
const MODULE: i32 = 9;
const PORT: i32 = 10;
const STACK: i32 = 11;

/// An agent that has its socket.
pub(crate) struct Agent(async_snmp::agent::Agent);

impl Agent {
    /// Takes the socket. The device answers from [`answer`] on.
    ///
    /// # Errors
    /// [`LabError::Listen`].
    pub(crate) async fn bind(device: &Arc<Device>) -> Result<Self, LabError> {
        let Some(snmp) = &device.world.snmp else {
            return Err(listen(device.address, "this lab answers no SNMP"));
        };
        let address = SocketAddr::new(device.address.ip(), snmp.port);
        let made = build(device, snmp, address).await;
        made.map(Self).map_err(|error| listen(address, error))
    }
}

fn listen(
    address: SocketAddr,
    reason: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> LabError {
    LabError::Listen {
        address: format!("udp {address}"),
        source: std::io::Error::other(reason),
    }
}

async fn build(
    device: &Arc<Device>,
    snmp: &Snmp,
    address: SocketAddr,
) -> Result<async_snmp::agent::Agent, Box<dyn std::error::Error + Send + Sync>> {
    let boots = match *device.power.borrow() {
        Power::Up(boot) => u32::try_from(boot).unwrap_or(u32::MAX),
        Power::Down => 0,
    };
    // Enterprise 9, then a text: the device's name.
    let mut engine = vec![0x80, 0, 0, 9, 4];
    engine.extend(device.name.bytes().take(27));
    let before = PersistedAuthoritativeEngine::new(engine, boots.max(1))?;
    let agent = async_snmp::agent::Agent::builder()
        .bind(address.to_string())
        .community(snmp.community.clone())
        .usm_user(snmp.user.clone(), |user| {
            user.auth_priv(
                AuthProtocol::Sha256,
                &snmp.auth,
                PrivProtocol::Aes128,
                &snmp.privacy,
            )
        })?
        .authoritative_engine(AuthoritativeEngine::restart(before, |_| {
            Ok::<(), Infallible>(())
        })?)
        .without_builtin_handlers()
        .handler(Oid::from_slice(&MIB_2), Arc::new(Model(Arc::clone(device))))
        .allow_all_access()
        .build()
        .await?;
    Ok(agent)
}

/// Answers whenever the device is up; its socket is closed while it is down.
pub(crate) async fn answer(device: Arc<Device>, first: Agent) {
    let mut power = device.power.subscribe();
    let mut agent = Some(first);
    loop {
        let up = power.borrow_and_update().to_owned();
        if up == Power::Down {
            agent = None;
            if power.changed().await.is_err() {
                return;
            }
            continue;
        }
        let Some(Agent(running)) = agent.take() else {
            match Agent::bind(&device).await {
                Ok(again) => agent = Some(again),
                Err(error) => {
                    tracing::warn!(device = device.name, %error, "cannot answer SNMP again yet");
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
            }
            ended = running.run() => tracing::warn!(
                device = device.name,
                error = ended.err().map(|e: Box<Error>| e.to_string()),
                "the SNMP agent ended"
            ),
        }
    }
}

/// The objects of a device.
struct Model(Arc<Device>);

impl Model {
    fn objects(&self) -> OidTable<Value> {
        let device = &*self.0;
        let now = device.now();
        let state = device.state();
        let view = View {
            device,
            state: &state,
            now,
        };
        let mut table = OidTable::new();
        let mut set = |under: &[u32], value: Value| {
            let arcs: Vec<u32> = MIB_2.iter().chain(under).copied().collect();
            table.insert(Oid::from_slice(&arcs), value);
        };
        // A counter of 32 bits: it begins anew after 497 days.
        let ticks = clock::whole(state.uptime(now) * 100.0) % (1 << 32);
        set(&[1, 1, 0], text(&description(&view)));
        set(
            &[1, 2, 0],
            Value::ObjectIdentifier(Oid::from_slice(&PRODUCTS)),
        );
        set(
            &[1, 3, 0],
            Value::TimeTicks(u32::try_from(ticks).unwrap_or_default()),
        );
        set(&[1, 5, 0], text(state.hostname()));
        let mut row = |index: u32, class: i32, columns: [(u32, &str); 6]| {
            let [a, b, c, d, e] = ENTITY;
            set(&[a, b, c, d, e, 5, index], Value::Integer(class));
            for (column, value) in columns {
                set(&[a, b, c, d, e, column, index], text(value));
            }
        };
        let mut index = 0;
        for item in parts(&view) {
            let class = class(&item);
            index = match (class, item.member) {
                (CHASSIS, Some(member)) => u32::from(member) * 1000,
                _ => index + 1,
            };
            let release = item
                .member
                .and_then(|id| state.members.iter().find(|m| m.id == id))
                .map(|m| m.release.padded())
                .unwrap_or_default();
            let columns = [
                (2, item.descr.as_str()),
                (7, &item.name),
                (10, &release),
                (11, &item.serial),
                (12, "Cisco Systems Inc"),
                (13, &item.pid),
            ];
            row(index, class, columns);
        }
        // Ports are most of the table of any device; they have neither model nor serial.
        for (port, index) in state.interfaces.iter().zip(100_000..) {
            let name = port.long.as_str();
            row(
                index,
                PORT,
                [(2, name), (7, name), (10, ""), (11, ""), (12, ""), (13, "")],
            );
        }
        table
    }
}

fn text(value: &str) -> Value {
    Value::OctetString(value.as_bytes().to_vec().into())
}

/// What a part is, by the name that it is listed under.
fn class(item: &Item) -> i32 {
    let name = item.name.as_str();
    let switch = name.strip_prefix("Switch ").unwrap_or_default();
    if name.ends_with(" Stack") {
        STACK
    } else if name.ends_with("Chassis") || switch.parse::<u8>().is_ok() {
        CHASSIS
    } else if name.contains("Power Supply") {
        POWER
    } else if name.contains("Fan") {
        FAN
    } else {
        MODULE
    }
}

impl MibHandler for Model {
    fn get<'a>(
        &'a self,
        _: &'a RequestContext,
        oid: &'a Oid,
    ) -> BoxFuture<'a, HandlerResult<GetResult>> {
        let found = self.objects().get(oid).cloned();
        Box::pin(async move { Ok(found.map_or(GetResult::NoSuchInstance, GetResult::Value)) })
    }

    fn get_next<'a>(
        &'a self,
        _: &'a RequestContext,
        oid: &'a Oid,
    ) -> BoxFuture<'a, HandlerResult<GetNextResult>> {
        let objects = self.objects();
        let next = objects.get_next(oid);
        let next = next.map(|(oid, value)| VarBind::new(oid.clone(), value.clone()));
        Box::pin(async move { Ok(next.map_or(GetNextResult::EndOfMibView, GetNextResult::Value)) })
    }
}
