//! Image files: incompressible bytes that the lab's install engine can check.
//!
//! Layout (lab only; nothing here is Cisco's): a 512-byte header, the body, and a trailer of 64
//! bytes, the SHA-512 of everything before it. A changed byte anywhere breaks the trailer, as a
//! changed byte breaks the signature of a real image.

use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::OnceLock;

use md5::Md5;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use sha2::{Digest, Sha512};

use super::release::Release;
use crate::error::LabError;

const MAGIC: &str = "iosxe-lab image 1";
pub(super) const HEADER: usize = 512;
pub(super) const TRAILER: u64 = 64;

/// Digests of a file, lower-case hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digests {
    /// MD5 of the bytes.
    pub md5: String,
    /// SHA-512 of the bytes.
    pub sha512: String,
}

/// Describes an image file that the lab's devices accept. The same description always gives the
/// same bytes. Lab only: no real device boots such a file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ImageSpec {
    /// File name prefix of the platform, such as `cat9k_iosxe`.
    pub prefix: String,
    /// Release in the padded spelling, such as `17.12.04`.
    pub version: String,
    /// Size of the file in bytes; raised to 1 KiB when smaller.
    pub size_bytes: u64,
    /// Seed of the body's bytes.
    pub seed: u64,
}

impl ImageSpec {
    /// The file name: `cat9k_iosxe.17.12.04.SPA.bin`.
    #[must_use]
    pub fn file_name(&self) -> String {
        format!("{}.{}.SPA.bin", self.prefix, self.version)
    }

    /// Writes the image and returns its digests.
    ///
    /// # Errors
    /// [`LabError::File`] when the file cannot be written.
    pub fn write_to(&self, path: &Path) -> Result<Digests, LabError> {
        let file = std::fs::File::create(path).map_err(LabError::file("create", path))?;
        let mut out = io::BufWriter::with_capacity(1 << 18, file);
        let mut reader = Generated::image(self.clone());
        let digests = copy_digesting(&mut reader.reader(), &mut out)
            .map_err(LabError::file("write", path))?;
        out.flush().map_err(LabError::file("write", path))?;
        reader.digests = OnceLock::new();
        Ok(digests)
    }
}

/// What the header of an intact image says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ImageInfo {
    pub(crate) prefix: String,
    pub(crate) release: Release,
}

/// A file whose bytes are computed, never kept: images as shipped, sub-packages, old images.
#[derive(Debug)]
pub(crate) struct Generated {
    spec: ImageSpec,
    signed: bool,
    digests: OnceLock<Digests>,
    trailer: OnceLock<Vec<u8>>,
}

impl Generated {
    /// A signed image.
    pub(crate) fn image(mut spec: ImageSpec) -> Self {
        spec.size_bytes = spec.size_bytes.max(1024);
        Generated {
            spec,
            signed: true,
            digests: OnceLock::new(),
            trailer: OnceLock::new(),
        }
    }

    /// Plain bytes, as a sub-package has.
    pub(crate) fn package(mut spec: ImageSpec) -> Self {
        spec.size_bytes = spec.size_bytes.max(1024);
        Generated {
            spec,
            signed: false,
            digests: OnceLock::new(),
            trailer: OnceLock::new(),
        }
    }

    pub(crate) fn len(&self) -> u64 {
        self.spec.size_bytes
    }

    pub(crate) fn spec(&self) -> Option<&ImageSpec> {
        self.signed.then_some(&self.spec)
    }

    fn header(&self) -> Vec<u8> {
        let mut header = format!(
            "{MAGIC}\nprefix {}\nversion {}\nsize {}\n",
            self.spec.prefix, self.spec.version, self.spec.size_bytes
        )
        .into_bytes();
        header.resize(HEADER, b'\n');
        header
    }

    fn body_rng(&self) -> ChaCha8Rng {
        let name = format!(
            "{}|{}|{}",
            self.spec.prefix, self.spec.version, self.spec.seed
        );
        let mut seed = [0u8; 32];
        for (to, from) in seed.iter_mut().zip(Sha512::digest(name.as_bytes())) {
            *to = from;
        }
        ChaCha8Rng::from_seed(seed)
    }

    fn trailer(&self) -> &[u8] {
        self.trailer.get_or_init(|| {
            let mut hash = Sha512::new();
            let mut raw = self.raw_reader();
            drain(&mut raw, |chunk| hash.update(chunk));
            hash.finalize().to_vec()
        })
    }

    fn raw_reader(&self) -> GeneratedReader {
        let reserved = if self.signed { TRAILER } else { 0 };
        GeneratedReader {
            head: io::Cursor::new(if self.signed {
                self.header()
            } else {
                Vec::new()
            }),
            rng: self.body_rng(),
            body: self.spec.size_bytes - reserved - if self.signed { HEADER as u64 } else { 0 },
            tail: io::Cursor::new(Vec::new()),
        }
    }

    /// A reader over all bytes of the file.
    pub(crate) fn reader(&self) -> GeneratedReader {
        let mut reader = self.raw_reader();
        if self.signed {
            reader.tail = io::Cursor::new(self.trailer().to_vec());
        }
        reader
    }

    /// MD5 and SHA-512, computed once.
    pub(crate) fn digests(&self) -> Digests {
        self.digests
            .get_or_init(|| {
                let mut both = DigestPair::default();
                drain(&mut self.reader(), |chunk| both.update(chunk));
                both.finish()
            })
            .clone()
    }
}

/// Streams a [`Generated`] file.
#[derive(Debug)]
pub(crate) struct GeneratedReader {
    head: io::Cursor<Vec<u8>>,
    rng: ChaCha8Rng,
    body: u64,
    tail: io::Cursor<Vec<u8>>,
}

impl Read for GeneratedReader {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.head.read(buf)?;
        if n > 0 || buf.is_empty() {
            return Ok(n);
        }
        if self.body == 0 {
            return self.tail.read(buf);
        }
        // ChaCha hands out whole words; only whole multiples keep the stream independent of how
        // it is read, so the body is cut on 64-byte borders until its last piece.
        let want = usize::try_from(self.body)
            .unwrap_or(usize::MAX)
            .min(buf.len());
        let whole = if (want as u64) < self.body {
            want / 64 * 64
        } else {
            want
        };
        if whole == 0 {
            let mut block = [0u8; 64];
            self.rng.fill_bytes(&mut block);
            let take = usize::try_from(self.body).unwrap_or(64).min(64);
            let rest = block.get(..take).unwrap_or_default().to_vec();
            self.body -= take as u64;
            // Put the block in front of what follows, then serve from there.
            self.head = io::Cursor::new(rest);
            return self.head.read(buf);
        }
        let Some(target) = buf.get_mut(..whole) else {
            return Ok(0);
        };
        self.rng.fill_bytes(target);
        self.body -= whole as u64;
        Ok(whole)
    }
}

/// Reads a stream to its end in large pieces.
pub(crate) fn drain(reader: &mut dyn Read, mut each: impl FnMut(&[u8])) {
    let mut buf = vec![0u8; 1 << 18];
    while let Ok(n) = reader.read(&mut buf) {
        if n == 0 {
            break;
        }
        each(buf.get(..n).unwrap_or_default());
    }
}

/// MD5 and SHA-512 of one pass.
#[derive(Debug, Default)]
pub(crate) struct DigestPair {
    md5: Md5,
    sha512: Sha512,
}

impl DigestPair {
    pub(crate) fn update(&mut self, chunk: &[u8]) {
        self.md5.update(chunk);
        self.sha512.update(chunk);
    }

    pub(crate) fn finish(self) -> Digests {
        Digests {
            md5: hex(&self.md5.finalize()),
            sha512: hex(&self.sha512.finalize()),
        }
    }
}

fn copy_digesting(from: &mut dyn Read, to: &mut dyn Write) -> io::Result<Digests> {
    let mut both = DigestPair::default();
    let mut result = Ok(());
    drain(from, |chunk| {
        both.update(chunk);
        if result.is_ok() {
            result = to.write_all(chunk);
        }
    });
    result.map(|()| both.finish())
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// Reads header and trailer of a file and checks them. `None` when the file is no image or was
/// changed: what a device calls a failed signature.
pub(crate) fn inspect(reader: &mut dyn Read, len: u64) -> Option<ImageInfo> {
    let text = signed_header(reader, len)?;
    let mut lines = text.lines();
    if lines.next() != Some(MAGIC) {
        return None;
    }
    let mut field = |name: &str| {
        lines
            .next()
            .and_then(|l| l.strip_prefix(name))
            .map(|v| v.trim().to_owned())
    };
    let (prefix, version, size) = (field("prefix ")?, field("version ")?, field("size ")?);
    if size.parse::<u64>().ok()? != len {
        return None;
    }
    Some(ImageInfo {
        prefix,
        release: Release::parse(&version).ok()?,
    })
}

/// The header of a file whose trailer fits everything before it.
pub(super) fn signed_header(reader: &mut dyn Read, len: u64) -> Option<String> {
    let signed = usize::try_from(len.checked_sub(TRAILER)?).ok()?;
    let mut header = vec![0u8; HEADER];
    reader.read_exact(&mut header).ok()?;
    let mut hash = Sha512::new();
    hash.update(&header);
    let mut left = signed.checked_sub(HEADER)?;
    let mut trailer = Vec::new();
    drain(reader, |chunk| {
        let take = left.min(chunk.len());
        hash.update(chunk.get(..take).unwrap_or_default());
        left -= take;
        trailer.extend_from_slice(chunk.get(take..).unwrap_or_default());
    });
    if hash.finalize().to_vec() != trailer {
        return None;
    }
    Some(String::from_utf8_lossy(&header).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(size: u64) -> ImageSpec {
        ImageSpec {
            prefix: "cat9k_iosxe".into(),
            version: "17.12.04".into(),
            size_bytes: size,
            seed: 7,
        }
    }

    #[test]
    fn an_image_reads_the_same_in_any_piece_size() {
        let image = Generated::image(spec(10_000));
        let mut whole = Vec::new();
        image.reader().read_to_end(&mut whole).unwrap();
        assert_eq!(whole.len(), 10_000);
        for piece in [1usize, 7, 64, 1000] {
            let mut reader = image.reader();
            let mut got = Vec::new();
            let mut buf = vec![0; piece];
            loop {
                let n = reader.read(&mut buf).unwrap();
                if n == 0 {
                    break;
                }
                got.extend_from_slice(&buf[..n]);
            }
            assert_eq!(got, whole, "pieces of {piece}");
        }
    }

    #[test]
    fn a_flipped_byte_anywhere_breaks_the_signature() {
        let image = Generated::image(spec(5_000));
        let mut bytes = Vec::new();
        image.reader().read_to_end(&mut bytes).unwrap();
        let info = inspect(&mut bytes.as_slice(), 5_000).unwrap();
        assert_eq!(info.release.padded(), "17.12.04");
        for at in [0, 40, 600, 4_000, 4_999] {
            let mut bad = bytes.clone();
            bad[at] ^= 1;
            assert_eq!(inspect(&mut bad.as_slice(), 5_000), None, "byte {at}");
        }
        assert_eq!(inspect(&mut &bytes[..4_000], 4_000), None, "cut file");
    }

    #[test]
    fn digests_are_those_of_the_written_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.bin");
        let digests = spec(70_000).write_to(&path).unwrap();
        assert_eq!(digests, Generated::image(spec(70_000)).digests());
        assert_eq!(std::fs::metadata(&path).unwrap().len(), 70_000);
    }
}
