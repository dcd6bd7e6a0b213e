//! `copy http:|https:|scp:|sftp:|ftp:|tftp:` to a flash: the device fetches, and asks for what the
//! command left out.
//!
//! Prompts, progress and errors follow field notes 4 and public transcripts.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::fs::File;
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;

use super::grammar::Args;
use super::places::{Place, content, flash_mut, fs_of, locate};
use super::shell::Shell;
use super::terminal::{Echo, Io};
use crate::model::device::Device;
use crate::model::flash::{Blob, Content};
use crate::model::image::DigestPair;
use crate::timeline::EventKind;
use crate::wire::pull::{Failure, Piece, Remote, Scheme, Taker, fetch};

/// One `!` for so many bytes.
const MARK: u64 = 64 << 10;

/// Bytes a second of the `slow_link` fault, wall time.
const SLOW_BYTES_S: f64 = 262_144.0;

/// The source of a `copy` to a file, when a server holds it.
pub(super) fn source(args: &Args) -> Option<Remote> {
    args.get("to")?;
    args.get("from")
        .filter(|from| from.contains(':'))
        .and_then(Remote::parse)
}

/// A command line without the password that an address in it may hold.
pub(super) fn without_password(line: &str) -> String {
    let clean = |word: &str| {
        let (scheme, rest) = word.split_once("://")?;
        let authority = rest.split('/').next().unwrap_or_default();
        let (login, _) = authority.rsplit_once('@')?;
        let (user, password) = login.split_once(':')?;
        let tail = rest.get(user.len() + 1 + password.len()..)?;
        Some(format!("{scheme}://{user}{tail}"))
    };
    let words = line.split(' ');
    let words: Vec<String> = words
        .map(|w| clean(w).unwrap_or_else(|| w.to_owned()))
        .collect();
    words.join(" ")
}

/// Runs the copy.
pub(super) async fn run(shell: &mut Shell, mut remote: Remote, args: &Args) -> Io<()> {
    let device = Arc::clone(&shell.device);
    let web = matches!(remote.scheme, Scheme::Http | Scheme::Https);
    if web && args.get("vrf").is_some() {
        return shell.invalid("copy x y vrf", 9).await;
    }
    let quiet = device.state().running_config.has("file prompt quiet");
    if !complete(shell, &mut remote, quiet).await? {
        return Ok(());
    }
    let to = args.get("to").unwrap_or_default().to_owned();
    let Some(url) = destination(shell, &to, &remote, quiet).await? else {
        return Ok(());
    };
    let place = locate(&device, &device.state(), &url).filter(|p| !p.path.is_empty());
    let Some(place) = place else {
        let text = format!("%Error opening {url} (No such device)\n");
        return shell.term.write(&text).await;
    };
    if content(&device.state(), &place).is_some() && !quiet {
        let warning = "%Warning:There is a file already existing with this name \n";
        shell.term.write(warning).await?;
        let question = "Do you want to over write? [confirm]";
        if !shell.term.confirm(question).await? {
            return Ok(());
        }
    }
    if remote.scheme.over_ssh() && remote.password.is_none() {
        match shell.term.ask("Password: ", Echo::Hidden).await? {
            Some(password) => remote.password = Some(password),
            None => return Ok(()),
        }
    }
    take(shell, &remote, &place).await
}

/// Asks for what an address lacks; false when the user gives up.
async fn complete(shell: &mut Shell, remote: &mut Remote, quiet: bool) -> Io<bool> {
    if remote.host.is_empty() {
        let question = "Address or name of remote host []? ";
        match shell.term.ask(question, Echo::Plain).await? {
            Some(host) if !host.trim().is_empty() => host.trim().clone_into(&mut remote.host),
            _ => {
                shell.term.write("?Host not specified\n").await?;
                return Ok(false);
            }
        }
    }
    if remote.scheme.over_ssh() && remote.user.is_none() {
        let own = shell.user.name.clone();
        remote.user = Some(own.clone());
        if !quiet {
            let question = format!("Source username [{own}]? ");
            match shell.term.ask(&question, Echo::Plain).await? {
                Some(typed) if !typed.trim().is_empty() => {
                    remote.user = Some(typed.trim().to_owned());
                }
                Some(_) => {}
                None => return Ok(false),
            }
        }
    }
    if remote.path.is_empty() {
        match shell.term.ask("Source filename []? ", Echo::Plain).await? {
            Some(path) if !path.trim().is_empty() => {
                path.trim()
                    .trim_start_matches('/')
                    .clone_into(&mut remote.path);
            }
            _ => return Ok(false),
        }
    }
    let state = shell.device.state();
    let set = |line: &str| state.running_config.value(line).map(str::to_owned);
    if remote.scheme == Scheme::Ftp && remote.user.is_none() {
        remote.user = set("ip ftp username ");
        remote.password = set("ip ftp password ");
    }
    remote.trusts.clone_from(&shell.device.spec.trusts);
    let block = set("ip tftp blocksize ").and_then(|n| n.parse().ok());
    remote.block = block.unwrap_or(remote.block);
    Ok(true)
}

/// The file that is to be written, after the question for its name.
async fn destination(
    shell: &mut Shell,
    to: &str,
    remote: &Remote,
    quiet: bool,
) -> Io<Option<String>> {
    let (fs, path) = to.split_once(':').unwrap_or((to, ""));
    let path = path.trim_start_matches('/');
    let default = if path.is_empty() {
        remote.file().to_owned()
    } else {
        path.to_owned()
    };
    let mut name = default.clone();
    if !quiet {
        let question = format!("Destination filename [{default}]? ");
        match shell.term.ask(&question, Echo::Plain).await? {
            None => return Ok(None),
            Some(typed) if !typed.trim().is_empty() => typed.trim().clone_into(&mut name),
            Some(_) => {}
        }
    }
    let name = name.rsplit(':').next().unwrap_or_default();
    Ok(Some(format!("{fs}:{name}")))
}

/// Who hears of a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Audience {
    Listening,
    /// The session is gone, and the copy goes on.
    Gone,
}

impl Audience {
    async fn tell(&mut self, shell: &mut Shell, text: &str) -> Io<()> {
        if *self == Audience::Gone {
            return Ok(());
        }
        match shell.term.write(text).await {
            Err(_) if shell.device.strikes("copy_goes_on", "transfer") => {
                *self = Audience::Gone;
                Ok(())
            }
            told => told,
        }
    }
}

/// How a transfer ended.
enum Ended {
    /// So many bytes are there.
    Whole(u64),
    /// Nothing came.
    Unopened(Failure),
    /// It broke off in the middle.
    Unread(Failure),
    /// The flash is full.
    NoSpace,
    /// The user interrupted it.
    Interrupted,
    /// A fault cuts the session.
    Cut,
}

/// Fetches, prints what a device prints, and cleans up what is not whole.
async fn take(shell: &mut Shell, remote: &Remote, place: &Place) -> Io<()> {
    let device = Arc::clone(&shell.device);
    if device.strikes("unknown_prompt", "copy") {
        let question = "Volume quota is not recorded. Write without it? (yes/[no]): ";
        let answer = shell.term.ask(question, Echo::Plain).await?;
        if answer.as_deref() != Some("yes") {
            return shell.term.write("%Error: copy is not confirmed\n").await;
        }
    }
    let shown = remote.shown();
    let url = format!("{}:{}", fs_of(&device, place), place.path);
    shell.term.write(&format!("Accessing {shown}...\n")).await?;
    let began = device.now();
    let ended = receive(shell, remote, place).await;
    if !matches!(ended, Ok(Ended::Whole(_) | Ended::Unopened(_)))
        && !device.strikes("partial_file_stays", "transfer")
    {
        // What is not whole does not stay.
        if let Some(flash) = flash_mut(&mut device.state(), place) {
            flash.remove(&place.path);
        }
    }
    let text = match ended? {
        Ended::Whole(size) => {
            let fs = fs_of(&device, place);
            device.record(
                EventKind::FileReceived,
                [
                    ("fs", json!(fs)),
                    ("path", json!(place.path)),
                    ("size", json!(size)),
                    ("by", json!(remote.scheme.word())),
                ],
            );
            let seconds = (device.now() - began).max(0.001);
            let ok = match remote.scheme {
                Scheme::Tftp => format!("\n[OK - {size} bytes]\n"),
                Scheme::Ftp => format!("\n[OK - {size}/4096 bytes]\n"),
                Scheme::Http | Scheme::Https | Scheme::Scp | Scheme::Sftp => "\n".to_owned(),
            };
            format!(
                "{ok}\n{size} bytes copied in {seconds:.3} secs ({:.0} bytes/sec)\n\n",
                size as f64 / seconds
            )
        }
        Ended::Unopened(why) => format!("%Error opening {shown} ({})\n", why.words()),
        Ended::Unread(why) => format!("\n%Error reading {shown} ({})\n", why.words()),
        Ended::NoSpace => format!("\n%Error writing {url} (No space left on device)\n"),
        Ended::Interrupted => format!("\n%Error reading {shown} (Interrupted)\n"),
        Ended::Cut => return shell.drop_session().await,
    };
    shell.term.write(&text).await
}

/// What a device says when the first bytes are there.
fn announced(device: &Device, remote: &Remote, size: u64) -> String {
    let host = remote.host.split(':').next().unwrap_or_default();
    let port = device.platform.management().map_or_else(
        || "GigabitEthernet1".to_owned(),
        |n| format!("GigabitEthernet{n}"),
    );
    match remote.scheme {
        Scheme::Tftp => format!("Loading {} from {host} (via {port}): ", remote.path),
        Scheme::Ftp => format!("Loading {} ", remote.path),
        Scheme::Http | Scheme::Https => format!("Loading {} ", remote.shown()),
        Scheme::Scp | Scheme::Sftp => {
            format!(" Sending file modes: C0644 {size} {}\n", remote.file())
        }
    }
}

/// A file on its way into the flash.
struct Intake {
    blob: Arc<Blob>,
    file: File,
    digests: DigestPair,
    got: u64,
    marks: u64,
    /// Bytes that fit.
    limit: u64,
    /// Where faults strike.
    corrupt: Option<u64>,
    cut: Option<u64>,
    slow: bool,
}

impl Intake {
    /// Makes the directory entry; nothing when not even that fits, or the disk of the lab fails.
    async fn open(device: &Device, place: &Place, size: u64) -> Option<Intake> {
        let path = device.new_blob_path();
        let file = File::create(&path).await.ok()?;
        let blob = Arc::new(Blob::empty(path));
        let half = size.max(2) / 2;
        let strikes = |kind: &str| device.strikes(kind, "transfer").then_some(half);
        let (corrupt, cut, full) = (
            strikes("image_corrupted"),
            strikes("session_dropped"),
            strikes("flash_full"),
        );
        let slow = device.strikes("slow_link", "transfer");
        let now = device.now();
        let mut state = device.state();
        let flash = flash_mut(&mut state, place)?;
        flash
            .put(&place.path, Content::Disk(Arc::clone(&blob)), now)
            .ok()?;
        Some(Intake {
            blob,
            file,
            digests: DigestPair::default(),
            got: 0,
            marks: 0,
            limit: full.map_or(flash.free(), |half| flash.free().min(half)),
            corrupt,
            cut,
            slow,
        })
    }

    /// Takes bytes; how it ended when it has.
    async fn push(&mut self, device: &Device, mut data: Vec<u8>) -> Option<Ended> {
        let end = self.got + data.len() as u64;
        if end > self.limit {
            return Some(Ended::NoSpace);
        }
        let bad = self.corrupt.and_then(|at| at.checked_sub(self.got));
        if let Some(byte) = bad
            .and_then(|at| usize::try_from(at).ok())
            .and_then(|at| data.get_mut(at))
        {
            *byte ^= 0x20;
            self.corrupt = None;
        }
        if self.file.write_all(&data).await.is_err() {
            return Some(Ended::NoSpace);
        }
        self.digests.update(&data);
        if self.slow {
            let wait = data.len() as f64 / SLOW_BYTES_S;
            let wait = Duration::from_secs_f64(wait);
            device.world.clock.sleep_wall(wait).await;
        }
        self.got = end;
        self.blob.set_len(end);
        self.cut.filter(|at| end >= *at).map(|_| Ended::Cut)
    }

    /// Ends the file where it is; false when the disk of the lab fails.
    async fn close(&mut self) -> bool {
        let flushed = self.file.flush().await.is_ok();
        self.blob.seal(std::mem::take(&mut self.digests).finish());
        flushed
    }

    /// Marks of progress that are due.
    fn due(&mut self) -> String {
        let all = self.got.div_ceil(MARK);
        let fresh = all.saturating_sub(self.marks);
        self.marks = all;
        "!".repeat(usize::try_from(fresh).unwrap_or(0))
    }
}

async fn receive(shell: &mut Shell, remote: &Remote, place: &Place) -> Io<Ended> {
    let device = Arc::clone(&shell.device);
    if device.strikes("copy_times_out", "copy") {
        for _ in 0..5 {
            shell.term.write(".").await?;
            device.world.clock.sleep(8.0).await;
        }
        shell.term.write("\n").await?;
        return Ok(Ended::Unopened(Failure::TimedOut));
    }
    let mut audience = Audience::Listening;
    let (tx, mut pieces) = mpsc::channel(16);
    let (done, mut result) = mpsc::channel(1);
    let asked = remote.clone();
    device.spawn(async move {
        let end = fetch(&asked, Taker(tx)).await;
        if done.send(end).await.is_err() {
            tracing::trace!("nobody waits for this copy any more");
        }
    });
    let mut size = 0;
    let mut intake: Option<Intake> = None;
    while let Some(piece) = pieces.recv().await {
        let data = match piece {
            Piece::Size(said) => {
                size = said;
                continue;
            }
            Piece::Data(data) => data,
        };
        if intake.is_none() {
            let text = announced(&device, remote, size);
            audience.tell(shell, &text).await?;
            intake = Intake::open(&device, place, size).await;
        }
        let Some(intake) = &mut intake else {
            return Ok(Ended::NoSpace);
        };
        match intake.push(&device, data).await {
            Some(Ended::Cut) if device.strikes("copy_goes_on", "transfer") => {
                intake.cut = None;
                audience = Audience::Gone;
                shell.cut.notify_one();
            }
            Some(ended) => {
                intake.close().await;
                return Ok(ended);
            }
            None => {}
        }
        let marks = intake.due();
        if let Err(gone) = audience.tell(shell, &marks).await {
            intake.close().await;
            return Err(gone);
        }
        if shell.term.interrupted() {
            intake.close().await;
            return Ok(Ended::Interrupted);
        }
    }
    let end = result.recv().await.unwrap_or(Err(Failure::Broken));
    if end.is_ok() && intake.is_none() {
        intake = Intake::open(&device, place, size).await;
    }
    match (end, intake) {
        (Ok(()), Some(mut intake)) => {
            if !intake.close().await {
                return Ok(Ended::NoSpace);
            }
            Ok(Ended::Whole(intake.got))
        }
        (Ok(()), None) => Ok(Ended::NoSpace),
        (Err(why), None) => Ok(Ended::Unopened(why)),
        (Err(why), Some(mut intake)) => {
            intake.close().await;
            Ok(Ended::Unread(why))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::without_password;

    #[test]
    fn a_password_in_an_address_is_not_told() {
        assert_eq!(
            without_password("copy ftp://ann:p@w@10.0.0.1/a:b flash:x"),
            "copy ftp://ann@10.0.0.1/a:b flash:x"
        );
        for line in [
            "copy scp://ann@h/x  flash:",
            "show version",
            "copy tftp: flash:",
        ] {
            assert_eq!(without_password(line), line);
        }
    }
}
