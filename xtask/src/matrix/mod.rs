//! Every platform × method × trouble over real SSH: one device of a lab each, upgraded by the command
//! itself, judged by what the lab knows.

mod cells;
mod judge;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use serde_json::{Value, json};

use cells::{Cell, Trouble};
use judge::{Known, judge};

/// What was asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    /// Every how many-th cell, and which of them: all of them is part 0 of 1.
    pub(crate) part: (usize, usize),
    /// Of the cells whose names hold this.
    pub(crate) only: &'a str,
    /// As JSON, not as a table.
    pub(crate) json: bool,
}

/// Devices that one lab holds, and that one run upgrades.
const BATCH: usize = 60;

/// Simulated seconds a second.
const SPEED: &str = "600";

/// The rules of a run in real time, where those of people would be waited out.
const REAL_TIME: &str = "\n[policy]\nsoak = 5\nconvergence = 120\n";

struct Judged {
    cell: Cell,
    wrong: Vec<String>,
    /// The model, and the commands that changed it.
    sequence: String,
    /// The same commands on the same model were counted before.
    repeats: bool,
}

/// Runs the cells and prints them.
///
/// # Errors
/// What is red, or why nothing could be run.
pub(crate) fn run(asked: Asked<'_>) -> Result<String, Vec<String>> {
    let began = Instant::now();
    let one = |e: String| vec![e];
    let binary = build().map_err(one)?;
    let (part, of) = asked.part;
    let cells: Vec<Cell> = cells::all()
        .into_iter()
        .filter(|cell| cell.device().contains(asked.only))
        .enumerate()
        .filter(|(n, _)| n % of.max(1) == part)
        .map(|(_, cell)| cell)
        .collect();
    let (slow, fast): (Vec<Cell>, Vec<Cell>) = cells.into_iter().partition(|c| c.real_time);
    let batches = |cells: &[Cell]| -> Result<Vec<Judged>, String> {
        let mut judged = Vec::new();
        for batch in cells.chunks(BATCH) {
            judged.extend(upgrade(&binary, batch)?);
        }
        Ok(judged)
    };
    // What runs in real time waits for the most part.
    let (fast, slow) = std::thread::scope(|scope| {
        let slow = scope.spawn(|| batches(&slow));
        let fast = batches(&fast);
        let slow = slow.join();
        (
            fast,
            slow.unwrap_or_else(|_| Err("the cells in real time panicked".into())),
        )
    });
    let mut judged = fast.map_err(one)?;
    judged.extend(slow.map_err(one)?);
    let mut sequences = BTreeSet::new();
    for cell in &mut judged {
        cell.repeats = !sequences.insert(cell.sequence.clone());
    }
    let wall_s = began.elapsed().as_secs();
    let counted = judged.iter().filter(|j| !j.repeats).count();
    let red: Vec<String> = judged
        .iter()
        .filter(|j| !j.wrong.is_empty())
        .map(|j| format!("{}: {}", j.cell.device(), j.wrong.join("; ")))
        .collect();
    let green = judged
        .iter()
        .filter(|j| !j.repeats && j.wrong.is_empty())
        .count();
    let out = if asked.json {
        json!({"cells": counted, "green": green, "red": red, "wall_s": wall_s}).to_string()
    } else {
        format!(
            "{}\n{green} of {counted} cells are green; {wall_s} s",
            table(&judged)
        )
    };
    if red.is_empty() {
        Ok(out)
    } else {
        Err(std::iter::once(out).chain(red).collect())
    }
}

/// The command, as tests build it.
fn build() -> Result<PathBuf, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "-q", "--locked", "-p", "iosxe-cli"])
        .status()
        .map_err(|e| format!("cargo build: {e}"))?;
    if !status.success() {
        return Err("iosxe does not build".into());
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    std::path::absolute(Path::new(&target).join("debug/iosxe")).map_err(|e| e.to_string())
}

/// A lab in a process of its own; it ends with this value.
struct Lab {
    child: Child,
    control: String,
    dir: PathBuf,
}

impl Drop for Lab {
    fn drop(&mut self) {
        // It holds nothing that would be lost.
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
        let _cleared = std::fs::remove_dir_all(&self.dir);
    }
}

impl Lab {
    fn up(binary: &Path, cells: &[Cell]) -> Result<Self, String> {
        let real_time = is_real_time(cells);
        let pace = if real_time { "slow" } else { "fast" };
        let name = format!("iosxe-matrix-{}-{pace}", std::process::id());
        let dir = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&dir).map_err(|e| format!("{}: {e}", dir.display()))?;
        let topology = dir.join("topology.toml");
        std::fs::write(&topology, cells::topology(cells))
            .map_err(|e| format!("{}: {e}", topology.display()))?;
        let lab = dir.join("lab");
        let mut child = Command::new(binary)
            .args(["lab", "up", "--base", "auto", "--port", "0", "--speed"])
            .arg(if real_time { "1" } else { SPEED })
            .args(["--image-bytes", "262144", "--topology"])
            .arg(&topology)
            .arg("--dir")
            .arg(&lab)
            .stdout(Stdio::piped())
            // A hint for people in another terminal.
            .stderr(Stdio::null())
            .spawn()
            .map_err(|e| format!("iosxe lab up: {e}"))?;
        let mut line = String::new();
        if let Some(out) = child.stdout.take() {
            BufReader::new(out)
                .read_line(&mut line)
                .map_err(|e| format!("iosxe lab up: {e}"))?;
        }
        let ready: Value = serde_json::from_str(&line)
            .map_err(|e| format!("iosxe lab up does not get ready: {e}"))?;
        let control = ready
            .get("control")
            .and_then(Value::as_str)
            .and_then(|url| url.strip_prefix("http://"))
            .unwrap_or_default()
            .to_owned();
        Ok(Self {
            child,
            control,
            dir,
        })
    }

    fn folder(&self) -> PathBuf {
        self.dir.join("lab")
    }

    fn get(&self, path: &str) -> Result<Value, String> {
        let failed = |e: std::io::Error| format!("the lab's {path}: {e}");
        let mut stream = TcpStream::connect(&self.control).map_err(failed)?;
        write!(
            stream,
            "GET {path} HTTP/1.0\r\nHost: {}\r\n\r\n",
            self.control
        )
        .map_err(failed)?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).map_err(failed)?;
        let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        serde_json::from_str(body).map_err(|e| format!("the lab's {path}: {e}"))
    }

    /// The patches and packages of firmware among the lab's files.
    fn patches(&self) -> Result<Vec<String>, String> {
        let folder = self.folder().join("images");
        let failed = |e: std::io::Error| format!("{}: {e}", folder.display());
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&folder).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            let name = name.to_string_lossy().into_owned();
            if name.ends_with(".smu.bin") || name.ends_with(".pkg") {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }

    /// The rows ask for their methods, and for the patches where they want one.
    fn ask_for_methods(&self, cells: &[Cell]) -> Result<PathBuf, String> {
        let path = self.folder().join("inventory.csv");
        let text =
            std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        let mut lines = text.lines();
        let header = lines.next().unwrap_or_default();
        let column = |name: &str| {
            header
                .split(',')
                .position(|c| c == name)
                .ok_or(format!("the lab's inventory has no column {name}"))
        };
        let (method, image) = (column("want_method")?, column("image")?);
        let target = column("target_version")?;
        let patches = self.patches()?;
        let cells: BTreeMap<String, &Cell> = cells.iter().map(|c| (c.device(), c)).collect();
        let mut rows = vec![header.to_owned()];
        for line in lines {
            let mut fields = split(line);
            let name = fields.first().cloned().unwrap_or_default();
            let mut set = |at: usize, text: &str| {
                if let Some(field) = fields.get_mut(at) {
                    text.clone_into(field);
                }
            };
            if let Some(cell) = cells.get(&name) {
                set(method, cell.method.wanted());
                if let Some(defect) = cell.defect() {
                    let field = format!(".{defect}.");
                    let file = patches.iter().find(|f| f.contains(&field));
                    let file = file.ok_or(format!("the lab has no patch for {name}"))?;
                    set(image, file);
                    set(target, "");
                }
            }
            let package = cells.get(&name).and_then(|cell| cell.rommon());
            if let Some([_, _, file]) = package {
                for (at, text) in [(image, file), (target, "")] {
                    if let Some(field) = fields.get_mut(at) {
                        text.clone_into(field);
                    }
                }
            }
            rows.push(fields.join(","));
        }
        let asked = self.folder().join("matrix.csv");
        std::fs::write(&asked, rows.join("\n") + "\n")
            .map_err(|e| format!("{}: {e}", asked.display()))?;
        Ok(asked)
    }
}

/// Puts patches into the lab's catalogue, as the command does it.
fn catalogue(binary: &Path, folder: &Path, patches: &[String]) -> Result<(), String> {
    if patches.is_empty() {
        return Ok(());
    }
    let files = patches.iter().map(|file| folder.join("images").join(file));
    let status = Command::new(binary)
        .arg("--config")
        .arg(folder.join("iosxe.toml"))
        .args(["image", "add"])
        .args(files)
        .stdout(Stdio::null())
        .status()
        .map_err(|e| format!("iosxe image add: {e}"))?;
    if status.success() {
        Ok(())
    } else {
        Err("iosxe image add does not take the lab's patches".into())
    }
}

/// The fields of a line, quotes kept where they stand.
fn split(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        if c == '"' {
            quoted = !quoted;
        }
        if c == ',' && !quoted {
            fields.push(String::new());
        } else if let Some(last) = fields.last_mut() {
            last.push(c);
        }
    }
    fields
}

/// Whether a batch runs as fast as our clock; all of its cells do or none.
fn is_real_time(cells: &[Cell]) -> bool {
    cells.iter().any(|c| c.real_time)
}

fn upgrade(binary: &Path, cells: &[Cell]) -> Result<Vec<Judged>, String> {
    let lab = Lab::up(binary, cells)?;
    let folder = lab.folder();
    let inventory = lab.ask_for_methods(cells)?;
    catalogue(binary, &folder, &lab.patches()?)?;
    let settings = folder.join("iosxe.toml");
    let text = std::fs::read_to_string(&settings).map_err(|e| e.to_string())?;
    let mut text = text.replace("devices = 8", "devices = 24");
    if is_real_time(cells) {
        text.push_str(REAL_TIME);
    }
    std::fs::write(&settings, text).map_err(|e| e.to_string())?;
    let said = folder.join("upgrade.ndjson");
    let out = File::create(&said).map_err(|e| e.to_string())?;
    let mut command = Command::new(binary);
    for line in std::fs::read_to_string(folder.join("lab.env"))
        .map_err(|e| e.to_string())?
        .lines()
    {
        if let Some((name, value)) = line.split_once('=') {
            command.env(name, value);
        }
    }
    command
        .arg("--config")
        .arg(&settings)
        .arg("--inventory")
        .arg(&inventory)
        .args([
            "upgrade",
            "--all",
            // For the row whose target is the older release.
            "--allow-downgrade",
            "--approve",
            "auto",
            "--output",
            "ndjson",
        ])
        .stdout(out)
        .stderr(Stdio::null())
        .status()
        .map_err(|e| format!("iosxe upgrade: {e}"))?;
    let lines: Vec<Value> = std::fs::read_to_string(&said)
        .map_err(|e| e.to_string())?
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let timeline = lab.get("/timeline?since=0")?;
    let timeline: Vec<&Value> = timeline.as_array().into_iter().flatten().collect();
    let of = |key: &str, name: &str, value: &&Value| {
        value.get(key).and_then(Value::as_str) == Some(name)
    };
    let told = lines
        .last()
        .and_then(|l| l.get("devices"))
        .and_then(Value::as_array)
        .ok_or("iosxe upgrade ended without a summary")?;
    let mut judged = Vec::new();
    for cell in cells {
        let name = cell.device();
        let truth = lab.get(&format!("/devices/{name}"))?;
        let nothing = Value::Null;
        let known = Known {
            told: told
                .iter()
                .find(|d| of("name", &name, d))
                .unwrap_or(&nothing),
            truth: &truth,
            timeline: timeline
                .iter()
                .copied()
                .filter(|e| of("device", &name, e))
                .collect(),
            events: lines.iter().filter(|l| of("device", &name, l)).collect(),
        };
        let pid = truth
            .get("pid")
            .map(ToString::to_string)
            .unwrap_or_default();
        judged.push(Judged {
            cell: cell.clone(),
            wrong: judge(cell, &known),
            sequence: format!("{pid} {}", known.changes().join("\n")),
            repeats: false,
        });
    }
    Ok(judged)
}

/// Platforms and methods down, troubles across.
fn table(judged: &[Judged]) -> String {
    let used: Vec<Trouble> = Trouble::ALL
        .into_iter()
        .filter(|t| judged.iter().any(|j| j.cell.trouble == *t))
        .collect();
    let mut rows: Vec<(String, BTreeMap<&str, &str>)> = Vec::new();
    for one in judged {
        let row = one.cell.row();
        let mark = match (one.wrong.is_empty(), one.repeats) {
            (false, _) => "RED",
            (true, false) => "ok",
            (true, true) => "as before",
        };
        match rows.last_mut().filter(|(name, _)| *name == row) {
            Some((_, marks)) => {
                marks.insert(one.cell.trouble.word(), mark);
            }
            None => rows.push((row, BTreeMap::from([(one.cell.trouble.word(), mark)]))),
        }
    }
    let heads: Vec<&str> = used.iter().map(|t| t.word()).collect();
    let mut lines = vec![
        format!("| Platform | Method | {} |", heads.join(" | ")),
        format!("| --- | --- |{}", " --- |".repeat(heads.len())),
    ];
    for (name, marks) in rows {
        let cells: Vec<&str> = heads
            .iter()
            .map(|h| marks.get(h).copied().unwrap_or(""))
            .collect();
        lines.push(format!("| {name} | {} |", cells.join(" | ")));
    }
    lines.join("\n")
}
