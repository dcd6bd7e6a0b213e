//! What can be typed. Argument types only; the verbs are in [`crate::cmd`].

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};

use iosxe_core::firmware::Brings;

use crate::exit::Exit;
use crate::show::Output;

/// Upgrades fleets of Cisco IOS-XE devices: plan, prove, commit, or put them back.
#[derive(Debug, Parser)]
#[command(
    name = "iosxe",
    version,
    max_term_width = 100,
    arg_required_else_help = true
)]
pub(crate) struct App {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// Options that stand before or after the verb.
#[derive(Clone, Debug, Args)]
pub(crate) struct Global {
    /// Configuration file.
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "IOSXE_CONFIG",
        default_value = "iosxe.toml"
    )]
    pub(crate) config: PathBuf,
    /// Inventory: a .csv or .xlsx file; overrides the configuration.
    #[arg(long, global = true, value_name = "PATH|URL")]
    pub(crate) inventory: Option<String>,
    /// Journal; overrides the configuration.
    #[arg(long, global = true, value_name = "PATH|URL")]
    pub(crate) journal: Option<String>,
    /// How data is printed [default: table on a terminal, json otherwise].
    #[arg(long, global = true, value_name = "FORMAT")]
    pub(crate) output: Option<Output>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// The main job end to end on simulated devices, nothing to set up.
    #[cfg(feature = "lab")]
    Demo(Demo),
    /// Makes a starter folder: iosxe.toml, inventory, image catalogue.
    Init(Init),
    /// Simulated devices, reached by real SSH.
    #[cfg(feature = "lab")]
    #[command(subcommand)]
    Lab(Lab),
    /// The source of truth.
    #[command(subcommand)]
    Inventory(Inventory),
    /// Learns the facts of every device and writes them to the inventory.
    Discover(DiscoverArgs),
    /// Image catalogue.
    #[command(subcommand)]
    Image(Image),
    /// What would happen to each device and why.
    Plan(PlanArgs),
    /// The pre-checks alone.
    Check(Work),
    /// The transfers alone.
    #[command(alias = "stage")]
    Transfer(Work),
    /// The whole job: gates, post-checks, commit or roll back.
    Upgrade(Upgrade),
    /// Patches (SMU): lists them, puts them in, takes them out.
    #[command(subcommand)]
    Smu(Smu),
    /// Firmware beside the image (ROMMON, CPLD, FPGA): lists it, and writes what is behind.
    #[command(subcommand)]
    Firmware(Firmware),
    /// Holds devices against the baseline of an earlier run, at any time. Changes nothing.
    Verify(Verify),
    /// How a run stands.
    Status(Status),
    /// Takes an unfinished run on.
    Resume(Resume),
    /// Takes devices back whose upgrade is there to stay.
    Rollback(Rollback),
    /// Opens the gates of a run from another terminal.
    Approve(GateAnswer),
    /// Closes the gates of a run from another terminal: such a device is left where it is.
    Reject(GateAnswer),
    /// Stops a run at the next safe point of each device; `resume` goes on.
    Pause(Order),
    /// Stops a run at the next safe point of each device, for good.
    Cancel(Order),
    /// Commits a device by hand.
    Commit(ByHand),
    /// Takes a device back by hand.
    Abort(ByHand),
    /// Counts a failed check of a device as passed.
    Accept(AcceptArgs),
    /// Types a line at the unknown question at which a device's conversation stands.
    Answer(AnswerArgs),
    /// Pins the host key that a device shows now.
    Trust(Trust),
    /// Parses one output of a device and prints it as JSON.
    Parse(Parse),
    /// What this build and this machine can do.
    Doctor,
    /// Completions for a shell.
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
}

#[cfg(feature = "lab")]
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Simulated devices.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) devices: u16,
    /// Folder of the demo; must be empty or an earlier demo's.
    #[arg(long, default_value = "iosxe-demo")]
    pub(crate) dir: PathBuf,
    /// Simulated seconds per second.
    #[arg(long, default_value_t = 120.0, value_parser = speed)]
    pub(crate) speed: f64,
    /// Seed of the fleet.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// A fault to play, as DEVICE=KIND; `iosxe lab faults` lists the kinds.
    #[arg(long, value_name = "DEVICE=KIND")]
    pub(crate) fault: Vec<String>,
}

#[cfg(feature = "lab")]
fn speed(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(speed) if speed.is_finite() && (0.1..=10_000.0).contains(&speed) => Ok(speed),
        Ok(_) | Err(_) => Err("a number from 0.1 to 10000".into()),
    }
}

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// Folder to make.
    #[arg(default_value = ".")]
    pub(crate) dir: PathBuf,
}

#[cfg(feature = "lab")]
#[derive(Debug, Subcommand)]
pub(crate) enum Lab {
    /// Starts simulated devices and stays in the foreground.
    Up(LabUp),
    /// Lists the faults that can be played.
    Faults,
}

#[cfg(feature = "lab")]
#[derive(Debug, Args)]
pub(crate) struct LabUp {
    /// Folder that gets inventory, configuration, credentials, images and known hosts.
    #[arg(long)]
    pub(crate) dir: PathBuf,
    /// Simulated devices.
    #[arg(long, default_value_t = 8, conflicts_with = "topology")]
    pub(crate) devices: usize,
    /// Devices, one by one, from a TOML file.
    #[arg(long, value_name = "FILE")]
    pub(crate) topology: Option<PathBuf>,
    /// Simulated seconds per second.
    #[arg(long, default_value_t = 1.0, value_parser = speed)]
    pub(crate) speed: f64,
    /// Address of the control interface; port 0 takes a free one.
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:0")]
    pub(crate) control: std::net::SocketAddr,
    /// First address of the devices, or `auto`.
    #[arg(long, value_name = "ADDR", default_value = "127.10.0.1")]
    pub(crate) base: String,
    /// SSH port of the devices; 0 takes free ones.
    #[arg(long, default_value_t = 22022)]
    pub(crate) port: u16,
    /// UDP port on which every device answers SNMP too; none does without it.
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) snmp_port: Option<u16>,
    /// Seed of the fleet.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Size of every simulated image, in bytes.
    #[arg(long, value_name = "BYTES", default_value_t = 16 << 20)]
    pub(crate) image_bytes: u64,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Inventory {
    /// Reads every row and names every error.
    Validate,
    /// Prints the rows as they are understood.
    Show(Limit),
}

#[derive(Debug, Subcommand)]
pub(crate) enum Image {
    /// Hashes images, patches and packages of firmware into the catalogue: the file, or the sheet that `[images] sheet` names.
    Add {
        /// The files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// The release, when the file name does not say it.
        #[arg(long = "release", value_name = "VERSION")]
        version: Option<String>,
        /// A PID prefix the image is for; may be given several times.
        #[arg(long, value_name = "PID")]
        platform: Vec<String>,
        /// The SHA-512 that the vendor publishes: a file that has another one is not added. Without
        /// it the image is unverified, and every approval says so.
        #[arg(long, value_name = "HEX")]
        sha512: Option<String>,
        /// Who allows the image to be used.
        #[arg(long, value_name = "NAME")]
        approved_by: Option<String>,
        /// Where the file was fetched.
        #[arg(long, value_name = "TEXT")]
        source: Option<String>,
        /// What a package of firmware brings, as its release notes say: `BOARD PART VERSION`, such as
        /// `ASR1000-RP2 fpga 18102401`; `*` is every board. May be given several times.
        #[arg(long, value_name = "LINE")]
        brings: Vec<Brings>,
    },
    /// Lists the catalogue, with the place that each image is written in.
    List,
    /// Holds every file against the catalogue.
    Verify,
}

/// Which devices.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Limit {
    /// Devices: a hostname pattern, site=…, role=…, wave=… or platform=…; several are joined by and.
    #[arg(long, value_name = "EXPR")]
    pub(crate) limit: Vec<String>,
}

/// Options of every verb that goes to devices.
#[derive(Clone, Debug, Args)]
pub(crate) struct Work {
    #[command(flatten)]
    pub(crate) limit: Limit,
    /// Pins the keys of devices that were never seen; a changed key is refused all the same.
    #[arg(long)]
    pub(crate) accept_new_host_keys: bool,
    /// An older release than the running one may be planned for, where `target_version` of the row
    /// names it: as `allow_downgrade = true` in `[policy]`, for this run.
    #[arg(long)]
    pub(crate) allow_downgrade: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DiscoverArgs {
    #[command(flatten)]
    pub(crate) work: Work,
    /// Reports routers and switches that CDP or LLDP sees and no row names, and rows that did not
    /// answer and nobody sees. Nothing is added to the inventory.
    #[arg(long)]
    pub(crate) neighbors: bool,
    /// Writes the facts that were read into a file, in place of an older one: `plan --facts` plans
    /// from it.
    #[arg(long, value_name = "FILE")]
    pub(crate) save: Option<PathBuf>,
    /// A first look over SNMP instead, where SSH is not allowed yet: is it there, what is it, and is
    /// it what the row says? Reads sysDescr and entPhysicalTable, writes neither device, inventory
    /// nor journal, and is no discovery: a plan needs one by SSH. Credentials: IOSXE_SNMP_COMMUNITY,
    /// or IOSXE_SNMP_USER, IOSXE_SNMP_AUTH and IOSXE_SNMP_PRIV; see `[snmp]` in iosxe.toml.
    #[cfg(feature = "snmp")]
    #[arg(long, conflicts_with_all = ["neighbors", "save", "accept_new_host_keys"])]
    pub(crate) snmp: bool,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct PlanArgs {
    #[command(subcommand)]
    pub(crate) verb: Option<PlanVerb>,
    #[command(flatten)]
    pub(crate) work: Work,
    /// Writes the plan into a file.
    #[arg(long, value_name = "FILE")]
    pub(crate) save: Option<PathBuf>,
    /// Plans from the facts that `discover --save` wrote; no device is asked, and neither inventory nor
    /// journal is written. Targets are those of the inventory, images those of the catalogue. The plan
    /// is as old as the facts, which it says: `upgrade --plan` holds it against the device.
    #[arg(long, value_name = "FILE", conflicts_with = "accept_new_host_keys")]
    pub(crate) facts: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PlanVerb {
    /// Compares two saved plans: exit code 0 for the same, 1 for different ones.
    Diff(PlanDiff),
}

#[derive(Debug, Args)]
pub(crate) struct PlanDiff {
    /// The first plan file.
    pub(crate) a: PathBuf,
    /// The second one.
    pub(crate) b: PathBuf,
}

/// How a gate is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Approve {
    /// Whoever starts the run approves every plan with it.
    Auto,
    /// Ask on the terminal.
    Prompt,
    /// Wait for `iosxe approve` or the inventory's `approval` column, then resume.
    Wait,
}

#[derive(Debug, Args)]
pub(crate) struct Upgrade {
    #[command(flatten)]
    pub(crate) work: Work,
    /// Every device of the inventory.
    #[arg(long, conflicts_with_all = ["limit", "plan"])]
    pub(crate) all: bool,
    /// The devices and plans of a saved plan; a device whose plan comes out differently now is refused.
    #[arg(long, value_name = "FILE", conflicts_with = "limit")]
    pub(crate) plan: Option<PathBuf>,
    /// Stops every device after this stage.
    #[arg(long, value_name = "STAGE", default_value = "close")]
    pub(crate) until: String,
    /// How gates are answered [default: prompt on a terminal].
    #[arg(long, value_name = "HOW")]
    pub(crate) approve: Option<Approve>,
    /// An emergency, for this reason: one person approves, and may be the one who starts the run. The
    /// reason is kept in the journal.
    #[arg(long, value_name = "REASON")]
    pub(crate) emergency: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Smu {
    /// Lists the patches of every device with their states. Reads only.
    List(Work),
    /// Puts patches over the running release, in the order given: each is sent, proven, added,
    /// looked at, approved, activated, proven again and committed before the next one begins. The
    /// release stays. Whether a patch reloads the device stands in its file: the device reads it
    /// before the gate. Rows are taken as if they said `want_method = smu` and these files.
    Add(SmuChange),
    /// Takes patches out, in the order given: deactivate, proof, commit, remove. The files need not
    /// be in the catalogue.
    Remove(SmuChange),
}

#[derive(Debug, Args)]
pub(crate) struct SmuChange {
    /// The patches, by the names of their .smu.bin files.
    #[arg(required = true)]
    pub(crate) files: Vec<String>,
    #[command(flatten)]
    pub(crate) work: Work,
    /// Every device of the inventory.
    #[arg(long, conflicts_with = "limit")]
    pub(crate) all: bool,
    /// Stops every device after this stage.
    #[arg(long, value_name = "STAGE", default_value = "close")]
    pub(crate) until: String,
    /// How gates are answered [default: prompt on a terminal].
    #[arg(long, value_name = "HOW")]
    pub(crate) approve: Option<Approve>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Firmware {
    /// Lists every part with its version, what a package of the catalogue brings for it, and whether
    /// it is behind. Reads only.
    List(FirmwareList),
    /// Writes what is behind a package: it is sent, proven, approved, written once, and its versions
    /// are read again behind the reload or the power cycle of the card. The release stays. There is NO
    /// way back, nothing newer than the package is touched, and a device that is being written must
    /// never be power cycled. Rows are taken as if they said `want_method = firmware` and this package.
    Upgrade(FirmwareUpgrade),
}

#[derive(Debug, Args)]
pub(crate) struct FirmwareList {
    #[command(flatten)]
    pub(crate) work: Work,
    /// Holds the parts against this package alone [default: the newest of the catalogue].
    #[arg(long, value_name = "FILE")]
    pub(crate) package: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct FirmwareUpgrade {
    /// The devices, by their hostnames.
    pub(crate) devices: Vec<String>,
    /// The package: the name of its .pkg file, or `capsule-primary` for what the running release of a
    /// Catalyst 9400, 9500 or 9600 comes with.
    #[arg(long, value_name = "FILE")]
    pub(crate) package: String,
    #[command(flatten)]
    pub(crate) work: Work,
    /// Every device of the inventory.
    #[arg(long, conflicts_with_all = ["limit", "devices"])]
    pub(crate) all: bool,
    /// Stops every device after this stage.
    #[arg(long, value_name = "STAGE", default_value = "close")]
    pub(crate) until: String,
    /// How gates are answered [default: prompt on a terminal].
    #[arg(long, value_name = "HOW")]
    pub(crate) approve: Option<Approve>,
}

#[derive(Debug, Args)]
#[command(group(
    clap::ArgGroup::new("which").required(true).multiple(true).args(["devices", "limit", "all"])
))]
pub(crate) struct Verify {
    /// The devices.
    pub(crate) devices: Vec<String>,
    #[command(flatten)]
    pub(crate) work: Work,
    /// Every device of the inventory.
    #[arg(long, conflicts_with_all = ["limit", "devices"])]
    pub(crate) all: bool,
    /// The run whose baselines are taken [default: of each device the latest that has one].
    #[arg(long, value_name = "RUN")]
    pub(crate) run: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Status {
    /// The run; the latest without it.
    pub(crate) run: Option<String>,
    /// Lists all runs, newest first.
    #[arg(long, conflicts_with = "run")]
    pub(crate) all: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Resume {
    /// The run; the latest unfinished one without it.
    pub(crate) run: Option<String>,
    /// How gates are answered [default: as the run was started].
    #[arg(long, value_name = "HOW")]
    pub(crate) approve: Option<Approve>,
    /// Pins the keys of devices that were never seen; a changed key is refused all the same.
    #[arg(long)]
    pub(crate) accept_new_host_keys: bool,
}

#[derive(Debug, Args)]
#[command(group(
    clap::ArgGroup::new("which")
        .required(true)
        .multiple(true)
        .args(["devices", "limit", "all", "plan"])
))]
pub(crate) struct Rollback {
    /// The devices.
    pub(crate) devices: Vec<String>,
    #[command(flatten)]
    pub(crate) limit: Limit,
    /// Every device of the run.
    #[arg(long, conflicts_with_all = ["limit", "devices", "plan"])]
    pub(crate) all: bool,
    /// The devices of a saved plan, as far as they were upgraded by it.
    #[arg(long, value_name = "FILE", conflicts_with = "limit")]
    pub(crate) plan: Option<PathBuf>,
    /// The run that upgraded them [default: the latest that changed one of them].
    #[arg(long, value_name = "RUN")]
    pub(crate) run: Option<String>,
    /// Puts the configuration back that the plan kept on flash; the release stays. The device applies
    /// what differs (`configure replace`), with a timer that takes it back unless the comparison
    /// finds nothing left and it is confirmed; then health is held against the baseline. It runs
    /// then, and is not saved.
    #[arg(long)]
    pub(crate) running_config: bool,
    /// The same without that timer, which needs `archive` with a `path` in the configuration: nothing
    /// takes a configuration back that cuts the device off.
    #[arg(long, requires = "running_config")]
    pub(crate) without_timer: bool,
    /// An emergency, for this reason: one person may decide alone where `[approval]` wants others.
    #[arg(long, value_name = "REASON")]
    pub(crate) emergency: Option<String>,
    /// Why; kept in the journal.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    /// How the rollback is approved [default: prompt on a terminal].
    #[arg(long, value_name = "HOW")]
    pub(crate) approve: Option<Approve>,
}

#[derive(Debug, Args)]
pub(crate) struct GateAnswer {
    /// The run.
    pub(crate) run: String,
    /// The device; every device whose plan has that hash without it.
    pub(crate) device: Option<String>,
    /// The first 8 digits or more of the hash of the plan that was read: of one device's, or of all
    /// together as `iosxe plan` prints it.
    #[arg(long, value_name = "HASH8")]
    pub(crate) plan_hash: String,
    /// Why; kept in the journal.
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) reason: String,
}

#[derive(Debug, Args)]
pub(crate) struct Order {
    /// The run.
    pub(crate) run: String,
    /// Why; kept in the journal.
    #[arg(long, value_name = "TEXT", default_value = "no reason given")]
    pub(crate) reason: String,
}

#[derive(Debug, Args)]
pub(crate) struct ByHand {
    /// The device.
    pub(crate) device: String,
    /// Why; kept in the journal.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
}

#[derive(Debug, Args)]
pub(crate) struct AcceptArgs {
    /// The device.
    pub(crate) device: String,
    /// The check as the status names it: `port:Te1/1/1`.
    pub(crate) check: String,
    /// Why; kept in the journal.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
}

#[derive(Debug, Args)]
pub(crate) struct AnswerArgs {
    /// The device.
    pub(crate) device: String,
    /// The line; "" is a bare Enter. It is kept in the journal: no place for a secret.
    #[arg(allow_hyphen_values = true)]
    pub(crate) text: String,
    /// Why; kept in the journal.
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) reason: String,
}

#[derive(Debug, Args)]
pub(crate) struct Trust {
    /// The device.
    pub(crate) device: String,
}

#[derive(Debug, Args)]
pub(crate) struct Parse {
    /// The command as typed on the device; may be abbreviated.
    #[arg(required_unless_present = "list")]
    pub(crate) command: Option<String>,
    /// File with the output; `-` is standard input.
    #[arg(default_value = "-")]
    pub(crate) file: PathBuf,
    /// Prints the value although lines were not recognised, and lists them.
    #[arg(long)]
    pub(crate) lenient: bool,
    /// Names the commands.
    #[arg(long)]
    pub(crate) list: bool,
}

/// Reads the command line and runs it.
pub(crate) fn run() -> ExitCode {
    let app = match App::try_parse() {
        Ok(app) => app,
        Err(error) => {
            let code = if error.use_stderr() {
                Exit::Usage
            } else {
                Exit::AsWanted
            };
            // A closed pipe is nobody's error.
            drop(error.print());
            return code.into();
        }
    };
    crate::cmd::run(app).into()
}

impl Verb {
    /// Whether older releases are allowed for this run.
    pub(crate) fn allows_downgrade(&self) -> bool {
        match self {
            Self::Check(work) | Self::Transfer(work) => work.allow_downgrade,
            Self::Plan(args) => args.work.allow_downgrade,
            Self::Upgrade(args) => args.work.allow_downgrade,
            _ => false,
        }
    }
}
