//! SHA-512 and MD5 of a file, in one reading.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use md5::Md5;
use sha2::{Digest, Sha512};

/// How much is read at once: memory stays flat whatever the file's size.
const READ_BYTES: usize = 1024 * 1024;

/// The digests of a file, in lower-case hex.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Digests {
    pub(crate) sha512: String,
    pub(crate) md5: String,
}

/// Reads a file to its end. Blocks.
pub(crate) fn of(path: &Path) -> io::Result<(u64, Digests)> {
    let mut file = File::open(path)?;
    let (mut sha512, mut md5) = (Sha512::new(), Md5::new());
    let mut buffer = vec![0_u8; READ_BYTES];
    let mut size = 0_u64;
    loop {
        let n = match file.read(&mut buffer) {
            Ok(n) => n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(e),
        };
        let Some(bytes) = buffer.get(..n).filter(|b| !b.is_empty()) else {
            break;
        };
        sha512.update(bytes);
        md5.update(bytes);
        size += bytes.len() as u64;
    }
    let digests = Digests {
        sha512: hex(&sha512.finalize()),
        md5: hex(&md5.finalize()),
    };
    Ok((size, digests))
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 0xf])
        .filter_map(|digit| char::from_digit(u32::from(digit), 16))
        .collect()
}
