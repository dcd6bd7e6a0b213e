//! File commands: `dir`, `copy`, `delete`, `more`, `verify`.

use std::sync::Arc;

use serde_json::json;

use super::grammar::Args;
use super::places::{Place, content, flash_mut, fs_name, fs_of, locate};
use super::shell::Shell;
use super::show::View;
use super::show::config as config_text;
use super::table::Action;
use super::terminal::{Echo, Io};
use crate::model::boot;
use crate::model::config::Config;
use crate::model::device::{Device, State};
use crate::model::flash::Content;
use crate::timeline::EventKind;

/// Output of `dir`, `more`, `show flash:` and `show file information`.
pub(crate) fn listing(shell: &Shell, action: Action, args: &Args) -> String {
    let device = &*shell.device;
    let state = device.state();
    let fs = device.platform.fs();
    let url = args
        .get("url")
        .map_or_else(|| format!("{fs}:"), str::to_owned);
    match action {
        Action::More => match locate(device, &state, &url).and_then(|p| content(&state, &p)) {
            Some(file) => file
                .as_text()
                .unwrap_or_else(|| "% binary file\n".to_owned()),
            None => no_such_file(&url),
        },
        Action::ShowFileInformation => {
            match locate(device, &state, &url).and_then(|p| content(&state, &p)) {
                Some(file) if file.image_info().is_some() => {
                    format!(
                        "{url}:\n  type is image (elf64) []\n  file size is {} bytes\n",
                        file.len()
                    )
                }
                Some(file) => format!(
                    "{url}:\n  type is ascii text\n  file size is {} bytes\n",
                    file.len()
                ),
                None => no_such_file(&url),
            }
        }
        Action::ShowFlash => show_flash(device, &state),
        _ => dir(device, &state, &url),
    }
}

fn no_such_file(url: &str) -> String {
    format!("%Error opening {url} (No such file or directory)\n")
}

fn dir(device: &Device, state: &State, url: &str) -> String {
    if url.starts_with("nvram:") || url.starts_with("system:") {
        let (fs, _) = url.split_once(':').unwrap_or((url, ""));
        return format!(
            "Directory of {fs}:/\n\nNo files in directory\n\n1651314688 bytes total (1539186688 bytes free)\n"
        );
    }
    let Some(place) = locate(device, state, url) else {
        return format!("%Error opening {url} (No device available)\n");
    };
    let Some(flash) = state
        .members
        .get(place.member)
        .and_then(|m| m.fs(place.disk))
    else {
        return String::new();
    };
    let name = fs_name(device, state, place.member, place.disk);
    let clock = &device.world.clock;
    let wild = place
        .path
        .contains('*')
        .then(|| place.path.trim_end_matches('*'));
    let folder = format!("{}/", place.path.trim_end_matches('/'));
    let folder = flash
        .get(folder.trim_end_matches('/'))
        .is_some_and(|entry| entry.content.is_none())
        .then_some(folder);
    let one = !place.path.is_empty() && wild.is_none() && folder.is_none();
    if one && !flash.holds(&place.path) {
        return format!(
            "%Error opening {name}:/{} (No such file or directory)\n",
            place.path
        );
    }
    let mut t = format!("Directory of {name}:/{}\n\n", place.path);
    let mut any = false;
    for (path, entry) in flash.entries() {
        // The files of a folder are listed with it alone.
        let path = match &folder {
            Some(folder) => path.strip_prefix(folder.as_str()),
            None => Some(path),
        };
        let Some(path) = path.filter(|p| !p.contains('/') || one) else {
            continue;
        };
        let shown = if one {
            path == place.path
        } else {
            wild.is_none_or(|w| path.starts_with(w))
        };
        if !shown {
            continue;
        }
        any = true;
        let (kind, size) = match &entry.content {
            Some(content) => ("-rw-", content.len()),
            None => ("drwx", 4096),
        };
        t.push_str(&format!(
            "{:>6}  {kind}  {size:>15}   {}  {path}\n",
            entry.index,
            clock.dir_date(entry.changed_s)
        ));
    }
    if !any {
        t.push_str("No files in directory\n");
    }
    t + &format!(
        "\n{} bytes total ({} bytes free)\n",
        flash.total(),
        flash.free()
    )
}

fn show_flash(device: &Device, state: &State) -> String {
    let Some(flash) = state.flash() else {
        return String::new();
    };
    let fs = device.platform.fs();
    let clock = &device.world.clock;
    let mut t = String::from("-#- --length-- ---------date/time--------- path\n");
    for (n, (path, entry)) in flash.entries().enumerate() {
        let size = entry.content.as_ref().map_or(4096, Content::len);
        t.push_str(&format!(
            "{:>3} {size:>10} {} /{fs}/{path}\n",
            n + 1,
            clock.dir_date(entry.changed_s)
        ));
    }
    t + &format!(
        "\n{} bytes available ({} bytes used)\n\n",
        flash.free(),
        flash.total() - flash.free()
    )
}

/// Runs `copy`, `delete`, `verify`, `mkdir`.
pub(crate) async fn run(shell: &mut Shell, action: Action, args: &Args) -> Io<()> {
    match action {
        Action::Copy => copy(shell, args).await,
        Action::Delete => delete(shell, args).await,
        Action::Verify => verify(shell, args).await,
        _ => mkdir(shell, args).await,
    }
}

async fn mkdir(shell: &mut Shell, args: &Args) -> Io<()> {
    let url = args.get("url").unwrap_or_default().to_owned();
    let device = Arc::clone(&shell.device);
    let place = locate(&device, &device.state(), &url);
    let Some(place) = place.filter(|p| !p.path.is_empty()) else {
        let text = format!("%Error Creating dir {url} (No such device)\n");
        return shell.term.write(&text).await;
    };
    if !device.state().running_config.has("file prompt quiet") {
        let question = format!("Create directory filename [{}]? ", place.path);
        if shell.term.ask(&question, Echo::Plain).await?.is_none() {
            return Ok(());
        }
    }
    let fs = fs_of(&device, &place);
    let now = device.now();
    let made = flash_mut(&mut device.state(), &place).is_some_and(|flash| {
        let free = !flash.holds(&place.path);
        if free {
            flash.folder(&place.path, now);
        }
        free
    });
    let text = if made {
        format!("Created dir {fs}:/{}\n", place.path)
    } else {
        format!(
            "%Error Creating dir {fs}:{} (Can't create a file that exists)\n",
            place.path
        )
    };
    shell.term.write(&text).await
}

async fn delete(shell: &mut Shell, args: &Args) -> Io<()> {
    let url = args.get("url").unwrap_or_default().to_owned();
    let device = Arc::clone(&shell.device);
    let name = url
        .split_once(':')
        .map_or(url.as_str(), |(_, p)| p)
        .trim_start_matches('/')
        .to_owned();
    if !args.has("/force") {
        let asked = shell
            .term
            .ask(&format!("Delete filename [{name}]? "), Echo::Plain)
            .await?;
        if asked.is_none()
            || !shell
                .term
                .confirm(&format!("Delete {url}? [confirm]"))
                .await?
        {
            return shell.term.write("Delete of file aborted!\n").await;
        }
    }
    let place = locate(&device, &device.state(), &url);
    let removed = place.as_ref().is_some_and(|place| {
        flash_mut(&mut device.state(), place).is_some_and(|f| {
            if args.has("/recursive") {
                f.clear_folder(&place.path);
            }
            f.remove(&place.path)
        })
    });
    match place {
        Some(place) if removed => {
            let fs = fs_of(&device, &place);
            device.record(
                EventKind::FileDeleted,
                [("fs", json!(fs)), ("path", json!(place.path))],
            );
            Ok(())
        }
        _ => {
            shell
                .term
                .write(&format!(
                    "%Error deleting {url} (No such file or directory)\n"
                ))
                .await
        }
    }
}

async fn verify(shell: &mut Shell, args: &Args) -> Io<()> {
    let url = args.get("url").unwrap_or_default().to_owned();
    let device = Arc::clone(&shell.device);
    let file = {
        let state = device.state();
        locate(&device, &state, &url).and_then(|p| content(&state, &p))
    };
    let Some(file) = file else {
        return shell
            .term
            .write(&no_such_file(&url).replace("opening", "verifying"))
            .await;
    };
    let kind = ["/md5", "/sha512"].into_iter().find(|k| args.has(k));
    if kind == Some("/sha512") && !device.state().running.release.at_least(16, 10) {
        return shell.invalid("verify /sha512", 7).await;
    }
    let hashing = file.clone();
    let read =
        tokio::task::spawn_blocking(move || (digest(&hashing), hashing.image_info().is_some()));
    // A device takes minutes for a gigabyte; the lab takes a simulated second per 8 MiB.
    let seconds = (file.len() / (8 << 20)).clamp(2, 240);
    for i in 0..seconds {
        shell.term.write("........").await?;
        if i == seconds / 2 && device.strikes("session_dropped", "verify") {
            return shell.drop_session().await;
        }
        device.world.clock.sleep(1.0).await;
        if shell.term.interrupted() {
            return shell.term.write("\n%Error verifying: interrupted\n").await;
        }
    }
    let Ok((Some(digests), image)) = read.await else {
        return shell
            .term
            .write(&format!("\n%Error verifying {url} (I/O error)\n"))
            .await;
    };
    let Some(kind) = kind else {
        let text = if image {
            format!(
                "Done!\nEmbedded Hash   SHA512 : {}\nDigital signature successfully verified in file {url}\n",
                digests.sha512
            )
        } else {
            format!("\n%ERROR: Digital signature verification failed for file {url}\n")
        };
        return shell.term.write(&text).await;
    };
    let computed = if kind == "/md5" {
        digests.md5
    } else {
        digests.sha512
    };
    let text = match args.get("hash") {
        None => format!("Done!\nverify {kind} ({url}) = {computed}\n\n"),
        Some(hash) if hash.eq_ignore_ascii_case(&computed) => {
            format!("Done!\nVerified ({url}) = {computed}\n\n")
        }
        Some(hash) => format!(
            "Done!\n%Error verifying {url}\nComputed signature  = {computed}\nSubmitted signature = {hash}\n\n"
        ),
    };
    shell.term.write(&text).await
}

/// Digests of the bytes as they are now, even of a file that never arrived whole.
fn digest(file: &Content) -> Option<crate::model::image::Digests> {
    if let Some(known) = file.digests() {
        return Some(known);
    }
    let mut both = crate::model::image::DigestPair::default();
    crate::model::image::drain(&mut file.reader().ok()?, |chunk| both.update(chunk));
    Some(both.finish())
}

/// Saves the running configuration; the boot variable is written now, not before.
pub(crate) fn save(device: &Device) {
    let changed = {
        let now = device.now();
        let mut state = device.state();
        state.startup_config = state.running_config.clone();
        state.startup_release = state.running.release.clone();
        state.config_saved_s = now;
        let vars = boot::saved(&state, &state.running_config, device.platform);
        let changed = vars != state.boot;
        state.boot = vars;
        changed.then(|| state.boot.path.join(";"))
    };
    device.record(EventKind::ConfigSaved, []);
    if let Some(value) = changed {
        device.record(EventKind::BootVariable, [("value", json!(value))]);
    }
}

/// Writes a text file and tells what went wrong, if anything.
fn put_text(device: &Device, place: &Place, text: &str) -> Result<(), String> {
    let now = device.now();
    let url = format!("{}:{}", fs_of(device, place), place.path);
    let mut state = device.state();
    let Some(flash) = flash_mut(&mut state, place) else {
        return Err(no_such_file(&url));
    };
    flash
        .put(&place.path, Content::text(text), now)
        .map_err(|_| format!("%Error writing {url} (No space left on device)\n"))
}

/// Writes the output of `| redirect URL`.
pub(crate) fn redirect(shell: &Shell, url: &str, text: &str) {
    let place = locate(&shell.device, &shell.device.state(), url);
    if let Some(Err(error)) = place.map(|place| put_text(&shell.device, &place, text)) {
        tracing::debug!(error, "redirect failed");
    }
}

async fn copy(shell: &mut Shell, args: &Args) -> Io<()> {
    if let Some(remote) = super::copy_pull::source(args) {
        return super::copy_pull::run(shell, remote, args).await;
    }
    let word = |name: &str, k: &str| -> String {
        args.get(name).map_or_else(|| k.to_owned(), str::to_owned)
    };
    let running_from = args.has("running-config")
        && args.get("from").is_none()
        && first_is(args, "running-config");
    let startup_from = args.get("from").is_none() && first_is(args, "startup-config");
    let from = if running_from {
        "running-config".to_owned()
    } else if startup_from {
        "startup-config".to_owned()
    } else {
        word("from", "")
    };
    let to = match args.get("to") {
        Some(to) => to.to_owned(),
        None if last_is(args, "running-config") => "running-config".to_owned(),
        None => "startup-config".to_owned(),
    };
    let to = match to.as_str() {
        "nvram:startup-config" => "startup-config".to_owned(),
        "system:running-config" => "running-config".to_owned(),
        _ => to,
    };
    let quiet = shell.device.state().running_config.has("file prompt quiet");
    let base = from
        .rsplit([':', '/'])
        .next()
        .unwrap_or_default()
        .to_owned();
    let default = match to.split_once(':') {
        None => to.clone(),
        Some((_, "")) if from.ends_with("-config") => {
            format!(
                "{}-{}",
                shell.device.state().hostname().to_lowercase(),
                base.replace("-config", "-confg")
            )
        }
        Some((_, "")) => base,
        Some((_, path)) => path.trim_start_matches('/').to_owned(),
    };
    let mut name = default.clone();
    if !quiet {
        let question = format!("Destination filename [{default}]? ");
        match shell.term.ask(&question, Echo::Plain).await? {
            None => return Ok(()),
            Some(typed) if !typed.trim().is_empty() => typed.trim().clone_into(&mut name),
            Some(_) => {}
        }
    }
    let target = match to.split_once(':') {
        Some((fs, _)) => format!("{fs}:{}", name.rsplit(':').next().unwrap_or_default()),
        None => to.clone(),
    };
    copy_now(shell, &from, &target, quiet).await
}

fn first_is(args: &Args, word: &str) -> bool {
    args.keyword(1) == Some(word)
}

fn last_is(args: &Args, word: &str) -> bool {
    args.last_keyword() == Some(word)
}

async fn copy_now(shell: &mut Shell, from: &str, to: &str, quiet: bool) -> Io<()> {
    let device = Arc::clone(&shell.device);
    let source = source(&device, from);
    let Some(source) = source else {
        return shell.term.write(&no_such_file(from)).await;
    };
    match to {
        "startup-config" => {
            if from == "running-config" {
                shell.term.write("Building configuration...\n").await?;
                device.world.clock.sleep(1.0).await;
                save(&device);
            } else if let Some(text) = source.as_text() {
                let mut state = device.state();
                state.startup_config = Config::parse(&text);
                state.config_saved_s = device.now();
                let vars = boot::saved(&state, &state.startup_config, device.platform);
                state.boot = vars;
                let value = state.boot.path.join(";");
                drop(state);
                device.record(EventKind::ConfigSaved, [("from", json!(from))]);
                device.record(EventKind::BootVariable, [("value", json!(value))]);
            }
            shell.term.write("[OK]\n").await
        }
        "running-config" => {
            if let Some(text) = source.as_text() {
                let mut state = device.state();
                state.running_config.merge(&Config::parse(&text));
                state.config_changed_s = device.now();
            }
            shell
                .term
                .write(&format!("{} bytes copied in 0.412 secs\n", source.len()))
                .await
        }
        _ => copy_to_flash(shell, source, to, quiet).await,
    }
}

/// The bytes of a `copy` source.
fn source(device: &Device, from: &str) -> Option<Content> {
    let state = device.state();
    let v = View {
        device,
        state: &state,
        now: device.now(),
    };
    match from {
        "running-config" | "system:running-config" => {
            Some(Content::text(config_text::running_text(&v)))
        }
        "startup-config" | "nvram:startup-config" => {
            Some(Content::text(config_text::startup_text(&v)))
        }
        url => locate(device, &state, url).and_then(|p| content(&state, &p)),
    }
}

/// What a fault makes of an image on its way from flash to flash, and whether the session is cut with
/// it.
fn strike_copy(device: &Device, image: &Content) -> std::io::Result<Option<(Content, bool)>> {
    if image.image_info().is_none() {
        return Ok(None);
    }
    if device.strikes("session_dropped", "copy") {
        let half = image.half(device.new_blob_path())?;
        return Ok(Some((half, true)));
    }
    if device.strikes("image_corrupted", "copy") {
        let damaged = image.damaged(device.new_blob_path())?;
        return Ok(Some((damaged, false)));
    }
    Ok(None)
}

async fn copy_to_flash(shell: &mut Shell, source: Content, to: &str, quiet: bool) -> Io<()> {
    let device = Arc::clone(&shell.device);
    let place = locate(&device, &device.state(), to);
    let Some(place) = place else {
        return shell
            .term
            .write(&format!("%Error opening {to} (No such device)\n"))
            .await;
    };
    let exists = content(&device.state(), &place).is_some();
    if exists && !quiet {
        shell
            .term
            .write("%Warning:There is a file already existing with this name \n")
            .await?;
        if !shell
            .term
            .confirm("Do you want to over write? [confirm]")
            .await?
        {
            return Ok(());
        }
    }
    let len = source.len();
    let seconds = (len as f64 / 8_388_608.0).clamp(0.4, 300.0);
    shell.term.write("Copy in progress...").await?;
    shell
        .term
        .write(&"C".repeat(usize::try_from(len / (1 << 20)).unwrap_or(0).clamp(1, 60)))
        .await?;
    device.world.clock.sleep(seconds).await;
    let (work, image) = (Arc::clone(&device), source.clone());
    let struck = tokio::task::spawn_blocking(move || strike_copy(&work, &image)).await;
    let (source, cut) = match struck {
        Ok(Ok(None)) => (source, false),
        Ok(Ok(Some(struck))) => struck,
        Ok(Err(_)) | Err(_) => {
            let said = format!("\n%Error writing {to} (I/O error)\n");
            return shell.term.write(&said).await;
        }
    };
    let now = device.now();
    let put = flash_mut(&mut device.state(), &place).map(|f| f.put(&place.path, source, now));
    if cut {
        return shell.drop_session().await;
    }
    let text = match put {
        Some(Ok(())) => {
            let fs = fs_of(&device, &place);
            device.record(
                EventKind::FileReceived,
                [
                    ("fs", json!(fs)),
                    ("path", json!(place.path)),
                    ("size", json!(len)),
                    ("by", json!("copy")),
                ],
            );
            format!(
                "\n{len} bytes copied in {seconds:.3} secs ({:.0} bytes/sec)\n\n",
                len as f64 / seconds
            )
        }
        _ => format!("\n%Error writing {to} (No space left on device)\n"),
    };
    shell.term.write(&text).await
}
