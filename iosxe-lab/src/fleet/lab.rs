//! Starting and stopping a lab.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use serde::Serialize;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use super::folder;
use crate::clock::Clock;
use crate::control::{self, Control};
use crate::error::LabError;
use crate::fault::Fault;
use crate::model::birth;
use crate::model::device::{Device, Snmp, User, World};
use crate::model::platform;
use crate::timeline::{Event, Timeline};
use crate::topology::Topology;
use crate::wire;

/// Where the devices listen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Base {
    /// Consecutive addresses of 127/8 from this one.
    Address(Ipv4Addr),
    /// Free addresses of 127/8; where those cannot be bound, 127.0.0.1 with a port per device.
    Auto,
}

/// How a lab is made. [`LabOptions::new`] gives the defaults of `iosxe lab up`.
///
/// ```no_run
/// # async fn run() -> Result<(), iosxe_lab::LabError> {
/// use iosxe_lab::{Base, Lab, LabOptions};
///
/// let mut options = LabOptions::new("lab");
/// options.devices = 4;
/// options.speed = 120.0;
/// options.base = Base::Auto;
/// options.port = 0;
/// let lab = Lab::start(options).await?;
/// println!("{}", lab.ready_line());
/// lab.shutdown().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct LabOptions {
    /// Folder of the lab's files; made when it is not there.
    pub dir: PathBuf,
    /// Number of devices of the rotation, when there is no topology.
    pub devices: usize,
    /// The devices, one by one.
    pub topology: Option<Topology>,
    /// Simulated seconds per second of wall time.
    pub speed: f64,
    /// Where the devices listen.
    pub base: Base,
    /// Their TCP port; 0 takes free ones.
    pub port: u16,
    /// The UDP port on which every device answers SNMP too; `None` where none does. Needs an address
    /// of its own for each device. One behind a jump host is not reached by it.
    pub snmp_port: Option<u16>,
    /// The control address; port 0 takes a free one.
    pub control: SocketAddr,
    /// Seed of serial numbers, keys, passwords and images.
    pub seed: u64,
    /// Size of every image in bytes.
    pub image_bytes: u64,
}

impl LabOptions {
    /// Eight devices at speed 1 from 127.10.0.1, port 22022, images of 16 MiB.
    #[must_use]
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        LabOptions {
            dir: dir.into(),
            devices: 8,
            topology: None,
            speed: 1.0,
            base: Base::Address(Ipv4Addr::new(127, 10, 0, 1)),
            port: 22022,
            snmp_port: None,
            control: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            seed: 1,
            image_bytes: 16 << 20,
        }
    }
}

/// Where a device of a running lab is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeviceAddress {
    /// Its name and hostname.
    pub name: String,
    /// Address and port of its SSH server; for a device behind a jump host, the address that the
    /// jump host forwards to.
    pub address: SocketAddr,
    /// Name of the jump host, when there is no other way.
    pub behind: Option<String>,
}

/// A running lab. Dropping it stops the devices at once; [`Lab::shutdown`] waits for the end.
#[derive(Debug)]
pub struct Lab {
    dir: PathBuf,
    control: SocketAddr,
    world: Arc<World>,
    devices: Arc<[Arc<Device>]>,
    stop: watch::Sender<bool>,
    asked: Arc<Notify>,
    tasks: Vec<JoinHandle<()>>,
}

impl World {
    /// Runs something until it ends or the lab stops.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let mut stop = self.stop.clone();
        tokio::spawn(async move {
            tokio::select! {
                biased;
                _ = stop.wait_for(|s| *s) => {}
                () = work => {}
            }
        });
    }
}

impl Lab {
    /// Makes the folder, starts every device and the control address. When it returns, every
    /// device answers.
    ///
    /// # Errors
    /// [`LabError::NotLoopback`] for an address that others could reach, [`LabError::Occupied`] for
    /// a folder with somebody's files, [`LabError::Listen`] when an address is taken, [`LabError::File`] and
    /// [`LabError::Workbook`] when the folder cannot be written, [`LabError::Topology`] and its
    /// kin for a topology that was built wrongly.
    pub async fn start(options: LabOptions) -> Result<Lab, LabError> {
        let topology = match options.topology.clone() {
            Some(topology) => topology.checked()?,
            None => Topology::rotation(options.devices).checked()?,
        };
        loopback(options.control.ip())?;
        if let Base::Address(base) = options.base {
            loopback(base.into())?;
        }
        folder::vacant(&options.dir)?;
        // Nothing is written before the addresses are there: a folder without `lab.json` is no lab's.
        let listener = bind(options.control).await?;
        let flash_dir = options.dir.join("flash");
        let (stop, stopped) = watch::channel(false);
        let world = Arc::new(world(&options, &topology, flash_dir.clone(), stopped));
        let (devices, listeners) = devices(&options, &topology, &world).await?;
        for device in &topology.device {
            let path = flash_dir.join(&device.name);
            if path.exists() {
                std::fs::remove_dir_all(&path).map_err(LabError::file("clear", &path))?;
            }
            std::fs::create_dir_all(&path).map_err(LabError::file("create", &path))?;
        }
        let files = {
            let (dir, world, devices) = (options.dir.clone(), Arc::clone(&world), devices.clone());
            tokio::task::spawn_blocking(move || {
                folder::images(&dir, &world, &devices)?;
                folder::inventory(&dir, &devices)
            })
        };
        let written = files.await.map_err(|e| LabError::File {
            action: "write",
            path: options.dir.clone(),
            source: std::io::Error::other(e),
        })?;
        written?;
        let control = listener.local_addr().map_err(|source| LabError::Listen {
            address: options.control.to_string(),
            source,
        })?;
        let mut agents = Vec::new();
        if world.snmp.is_some() {
            for (device, _) in &listeners {
                let agent = wire::Agent::bind(device).await?;
                agents.push((Arc::clone(device), agent));
            }
        }
        let url = format!("http://{control}");
        folder::settings(&options.dir, &world, &devices, options.speed, &url)?;
        for device in &devices {
            if let Some(target) = &device.spec.foreign_uncommitted {
                folder::foreign_trial(device, target)?;
            }
            let patches = device.spec.smus.iter();
            for smu in patches.filter(|s| s.foreign_uncommitted) {
                folder::foreign_patch(device, smu)?;
            }
            for fault in device.spec.faults.iter().filter(|f| f.at == "now") {
                control::set_fault(device, fault.clone())?;
            }
            device.upgrades_itself();
        }
        let devices: Arc<[Arc<Device>]> = devices.into();
        let known = devices.iter().map(Arc::downgrade).collect();
        if world.devices.set(known).is_err() {
            tracing::debug!("devices were set already");
        }
        let asked = Arc::new(Notify::new());
        let mut tasks = Vec::new();
        for (device, listener) in listeners {
            tasks.push(tokio::spawn(wire::listen(device, listener)));
        }
        for (device, agent) in agents {
            tasks.push(tokio::spawn(wire::answer(device, agent)));
        }
        let shared = Control {
            world: Arc::clone(&world),
            devices: Arc::clone(&devices),
            shutdown: Arc::clone(&asked),
        };
        tasks.push(tokio::spawn(control::serve(listener, shared)));
        Ok(Lab {
            dir: options.dir,
            control,
            world,
            devices,
            stop,
            asked,
            tasks,
        })
    }

    /// The lab's folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn control_url(&self) -> String {
        format!("http://{}", self.control)
    }

    /// The devices in the order of the inventory.
    #[must_use]
    pub fn devices(&self) -> Vec<DeviceAddress> {
        self.devices
            .iter()
            .map(|d| DeviceAddress {
                name: d.name.clone(),
                address: d.address,
                behind: d.spec.behind.clone(),
            })
            .collect()
    }

    /// The administrator's name, password and enable secret.
    #[must_use]
    pub fn credentials(&self) -> Credentials {
        let user = self.world.users.first();
        Credentials {
            username: user.map(|u| u.name.clone()).unwrap_or_default(),
            password: user.map(|u| u.password.clone()).unwrap_or_default(),
            enable: self.world.enable.clone(),
            viewer_password: self
                .world
                .users
                .get(1)
                .map(|u| u.password.clone())
                .unwrap_or_default(),
        }
    }

    /// Who may ask the devices over SNMP, where they answer it.
    #[must_use]
    pub fn snmp(&self) -> Option<SnmpCredentials> {
        let snmp = self.world.snmp.clone()?;
        Some(SnmpCredentials {
            port: snmp.port,
            community: snmp.community,
            user: snmp.user,
            auth: snmp.auth,
            privacy: snmp.privacy,
        })
    }

    /// The line that `iosxe lab up` prints when every device answers.
    #[must_use]
    pub fn ready_line(&self) -> String {
        let n = self.devices().len();
        // Written by hand: the order of the keys is a contract.
        format!(
            "{{\"ready\":true,\"control\":{},\"devices\":{n}}}",
            json!(self.control_url())
        )
    }

    /// Events after number `since`, as `GET /timeline` gives them.
    #[must_use]
    pub fn timeline(&self, since: u64) -> Vec<Event> {
        self.world.timeline.since(since)
    }

    /// Sets a fault, as `POST /devices/NAME/faults` does.
    ///
    /// # Errors
    /// [`LabError::UnknownDevice`] and [`LabError::Fault`].
    pub fn set_fault(&self, device: &str, fault: Fault) -> Result<(), LabError> {
        control::set_fault(control::find(&self.devices, device)?, fault)
    }

    /// Deletes the faults of a device that still wait, as `DELETE /devices/NAME/faults` does.
    ///
    /// # Errors
    /// [`LabError::UnknownDevice`].
    pub fn clear_faults(&self, device: &str) -> Result<(), LabError> {
        control::find(&self.devices, device).map(|device| device.clear_faults())
    }

    /// Returns when a client posted `/shutdown`.
    pub async fn shutdown_requested(&self) {
        self.asked.notified().await;
    }

    /// Stops all devices and waits until nothing listens any more. The folder stays, without the
    /// received files.
    pub async fn shutdown(mut self) {
        self.stop.send_replace(true);
        for task in self.tasks.drain(..) {
            task.abort();
            if let Err(error) = task.await
                && !error.is_cancelled()
            {
                tracing::warn!(%error, "a part of the lab failed");
            }
        }
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// Who may log in to the devices of a lab. Made up per seed; they open nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// User at privilege 15.
    pub username: String,
    /// Its password.
    pub password: String,
    /// The enable secret.
    pub enable: String,
    /// Password of the user `viewer` at privilege 1.
    pub viewer_password: String,
}

/// Who may ask the devices of a lab over SNMP. Made up per seed; they open nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnmpCredentials {
    /// The UDP port of every device.
    pub port: u16,
    /// The community of SNMPv2c.
    pub community: String,
    /// The user of SNMPv3.
    pub user: String,
    /// Its authentication password, with SHA-256.
    pub auth: String,
    /// Its privacy password, with AES-128.
    pub privacy: String,
}

fn world(
    options: &LabOptions,
    topology: &Topology,
    flash_dir: PathBuf,
    stop: watch::Receiver<bool>,
) -> World {
    let mut rng = birth::rng(options.seed, "credentials");
    let user = |name: &str, password: String, privilege| User {
        name: name.to_owned(),
        password,
        privilege,
    };
    let password = birth::word(&mut rng, 14);
    let enable = birth::word(&mut rng, 14);
    let viewer = birth::word(&mut rng, 14);
    let mut rng = birth::rng(options.seed, "snmp");
    let snmp = options.snmp_port.map(|port| Snmp {
        port,
        community: birth::word(&mut rng, 14),
        user: "look".to_owned(),
        auth: birth::word(&mut rng, 14),
        privacy: birth::word(&mut rng, 14),
    });
    let names = topology
        .device
        .iter()
        .filter_map(|d| platform::find(&d.pid).map(|p| (d.name.clone(), p.pid)))
        .collect();
    World {
        clock: Clock::start(options.speed),
        timeline: Timeline::default(),
        users: vec![user("netops", password, 15), user("viewer", viewer, 1)],
        enable,
        snmp,
        seed: options.seed,
        flash_dir,
        image_bytes: options.image_bytes,
        names,
        devices: OnceLock::new(),
        stop,
    }
}

type Listening = (Arc<Device>, TcpListener);

async fn devices(
    options: &LabOptions,
    topology: &Topology,
    world: &Arc<World>,
) -> Result<(Vec<Arc<Device>>, Vec<Listening>), LabError> {
    let mut all = Vec::new();
    let mut listening = Vec::new();
    let mut places = Places::new(options);
    let mut hidden = 0u8;
    for spec in &topology.device {
        let Some(platform) = platform::find(&spec.pid) else {
            continue;
        };
        let (address, listener) = if spec.behind.is_some() {
            hidden = hidden.saturating_add(1);
            (
                SocketAddr::from((Ipv4Addr::new(192, 0, 2, hidden), 22)),
                None,
            )
        } else {
            let listener = places.next().await?;
            let address = listener.local_addr().map_err(|source| LabError::Listen {
                address: spec.name.clone(),
                source,
            })?;
            (address, Some(listener))
        };
        let state = birth::state(spec, platform, world, address)?;
        let device = Device::new(spec.clone(), platform, Arc::clone(world), address, state);
        if let Some(listener) = listener {
            listening.push((Arc::clone(&device), listener));
        }
        all.push(device);
    }
    Ok((all, listening))
}

fn loopback(address: IpAddr) -> Result<(), LabError> {
    if address.is_loopback() {
        Ok(())
    } else {
        Err(LabError::NotLoopback { address })
    }
}

async fn bind(address: SocketAddr) -> Result<TcpListener, LabError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| LabError::Listen {
            address: address.to_string(),
            source,
        })
}

/// Hands out addresses.
struct Places {
    next: u32,
    auto: bool,
    port: u16,
    /// Everything on 127.0.0.1, because 127/8 cannot be bound here.
    shared: bool,
}

impl Places {
    fn new(options: &LabOptions) -> Self {
        let (next, auto) = match options.base {
            Base::Address(address) => (u32::from(address), false),
            Base::Auto => {
                // Labs that run side by side start apart, so that they rarely try the same one.
                let apart = std::process::id() % 200;
                (u32::from(Ipv4Addr::new(127, 20, 0, 1)) + apart * 256, true)
            }
        };
        Places {
            next,
            auto,
            port: options.port,
            shared: false,
        }
    }

    async fn next(&mut self) -> Result<TcpListener, LabError> {
        for _ in 0..512 {
            let ip = if self.shared {
                IpAddr::V4(Ipv4Addr::LOCALHOST)
            } else {
                IpAddr::V4(Ipv4Addr::from(self.next))
            };
            let address = SocketAddr::new(ip, self.port);
            match bind(address).await {
                Ok(listener) => {
                    if self.shared && self.port != 0 {
                        self.port = self.port.saturating_add(1);
                    }
                    self.next = self.next.saturating_add(1);
                    return Ok(listener);
                }
                Err(LabError::Listen { source, .. })
                    if !self.shared && source.kind() == std::io::ErrorKind::AddrNotAvailable =>
                {
                    self.shared = true;
                }
                Err(LabError::Listen { source, .. })
                    if (self.auto || self.shared)
                        && source.kind() == std::io::ErrorKind::AddrInUse =>
                {
                    if self.shared {
                        self.port = self.port.saturating_add(1);
                    } else {
                        self.next = self.next.saturating_add(1);
                    }
                }
                Err(error) => return Err(error),
            }
        }
        Err(LabError::Listen {
            address: "127.0.0.0/8".to_owned(),
            source: std::io::Error::from(std::io::ErrorKind::AddrInUse),
        })
    }
}
