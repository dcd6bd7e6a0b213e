//! Which image does a row ask for?

use iosxe_core::firmware::is_package;
use iosxe_core::image::{Image, ImageError};
use iosxe_core::patch::is_patch;
use iosxe_core::version::Version;

use super::name;

pub(super) fn named(
    all: Vec<Image>,
    catalogue: &str,
    pid: &str,
    target: Option<&Version>,
    file: &str,
) -> Result<Image, ImageError> {
    let image = all
        .into_iter()
        .find(|i| i.file == file)
        .ok_or_else(|| ImageError::NotNamed {
            catalogue: catalogue.to_owned(),
            file: file.to_owned(),
        })?;
    if !image.fits(pid) {
        return Err(ImageError::WrongPlatform {
            file: image.file,
            platforms: image.platforms.join(", "),
            pid: pid.to_owned(),
        });
    }
    match target {
        Some(wanted) if *wanted != image.version => Err(ImageError::WrongVersion {
            file: image.file,
            found: image.version.to_string(),
            wanted: wanted.to_string(),
        }),
        _ => Ok(image),
    }
}

pub(super) fn by_release(
    all: Vec<Image>,
    catalogue: &str,
    pid: &str,
    target: Option<&Version>,
) -> Result<Image, ImageError> {
    // A patch is of a release and does not install it, and firmware is of none: they are only ever taken
    // by their names.
    let images = all
        .into_iter()
        .filter(|i| !is_patch(&i.file) && !is_package(&i.file));
    let fitting: Vec<Image> = images.filter(|i| i.fits(pid)).collect();
    let known: Vec<String> = fitting.iter().map(|i| i.version.to_string()).collect();
    fitting
        .into_iter()
        .filter(|i| target == Some(&i.version))
        // Where several fit: the plain product, then the one that is named for the model most
        // exactly, then the first.
        .min_by_key(|i| {
            let exact = i
                .platforms
                .iter()
                .filter(|p| pid.starts_with(p.as_str()))
                .map(String::len)
                .max();
            (name::is_restricted(&i.file), std::cmp::Reverse(exact))
        })
        .ok_or_else(|| ImageError::NotFound {
            catalogue: catalogue.to_owned(),
            pid: pid.to_owned(),
            version: target.map_or_else(|| "any release".to_owned(), ToString::to_string),
            known: if known.is_empty() {
                "none for it".to_owned()
            } else {
                known.join(", ")
            },
        })
}
