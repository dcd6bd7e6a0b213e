//! How is a small file written, so that a crash leaves the old one or the new one?

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// Adds text to a file that is made when it is not there, durably.
pub(crate) fn append(path: &Path, text: &str) -> io::Result<()> {
    let is_new = !path.exists();
    if let Some(folder) = folder(path) {
        fs::create_dir_all(folder)?;
    }
    let mut file = OpenOptions::new().append(true).create(true).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    if is_new {
        sync_folder(path)?;
    }
    Ok(())
}

/// Writes a whole file beside the old one and puts it in its place, durably.
pub(crate) fn replace_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = folder(path) {
        fs::create_dir_all(folder)?;
    }
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.new", std::process::id()));
    let beside = path.with_file_name(name);
    let written = (|| {
        let mut file = File::create(&beside)?;
        if let Ok(old) = fs::metadata(path) {
            fs::set_permissions(&beside, old.permissions())?;
        }
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, path)?;
        sync_folder(path)
    })();
    if written.is_err() && beside.exists() {
        // The old file stands; what is left of the new one is in nobody's way but untidy.
        if let Err(e) = fs::remove_file(&beside) {
            tracing::debug!(path = %beside.display(), error = %e, "left behind");
        }
    }
    written
}

fn folder(path: &Path) -> Option<&Path> {
    path.parent().filter(|p| !p.as_os_str().is_empty())
}

/// Makes a new name in a folder durable. Only Unix can, and needs it.
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(folder(path).unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_path: &Path) -> io::Result<()> {
    Ok(())
}
