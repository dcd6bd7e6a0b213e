//! One list out of two places: the catalogue file and the sheet beside it.

use iosxe_core::image::{ImageError, Listed, Provenance};

/// The images of the file, completed by what the sheet says of the same ones, then those that the
/// sheet alone has.
///
/// # Errors
/// [`ImageError::Disagree`] for a file that the two places do not mean the same bytes by.
pub(super) fn joined(file: Vec<Listed>, sheet: Vec<Listed>) -> Result<Vec<Listed>, ImageError> {
    let mut all = file;
    for theirs in sheet {
        let mut is_new = true;
        for ours in all.iter_mut().filter(|l| l.image.file == theirs.image.file) {
            agree(ours, &theirs)?;
            complete(ours, &theirs);
            is_new = false;
        }
        if is_new {
            all.push(theirs);
        }
    }
    Ok(all)
}

fn agree(ours: &Listed, theirs: &Listed) -> Result<(), ImageError> {
    let (a, b) = (&ours.image, &theirs.image);
    let digests = |a: &Option<String>, b: &Option<String>| a.clone().zip(b.clone());
    let releases = (a.version != b.version).then(|| (a.version.to_string(), b.version.to_string()));
    let said = [
        (
            "size",
            Some((a.size_bytes.to_string(), b.size_bytes.to_string())),
        ),
        ("SHA-512", digests(&a.sha512, &b.sha512)),
        ("MD5", digests(&a.md5, &b.md5)),
        ("release", releases),
    ];
    for (what, pair) in said {
        if let Some((one, another)) = pair
            && one != another
        {
            return Err(ImageError::Disagree {
                file: a.file.clone(),
                what: what.to_owned(),
                ours: one,
                place: ours.origin.clone(),
                theirs: another,
                other: theirs.origin.clone(),
            });
        }
    }
    Ok(())
}

/// What one place leaves out the other may say. Where both digests are known the bytes have to have
/// both, so an approval of either is one of these bytes.
fn complete(ours: &mut Listed, theirs: &Listed) {
    let (image, beside) = (&mut ours.image, &theirs.image);
    for platform in &beside.platforms {
        if !image.platforms.contains(platform) {
            image.platforms.push(platform.clone());
        }
    }
    or(&mut image.sha512, &beside.sha512);
    or(&mut image.md5, &beside.md5);
    let Provenance {
        verified,
        approved_by,
        source,
        min_memory_bytes,
        min_rommon,
        brings,
    } = &mut image.provenance;
    *verified |= beside.provenance.verified;
    or(approved_by, &beside.provenance.approved_by);
    or(source, &beside.provenance.source);
    or(min_memory_bytes, &beside.provenance.min_memory_bytes);
    or(min_rommon, &beside.provenance.min_rommon);
    if brings.is_empty() {
        brings.clone_from(&beside.provenance.brings);
    }
    ours.origin = format!("{} and {}", ours.origin, theirs.origin);
}

fn or<T: Clone>(ours: &mut Option<T>, theirs: &Option<T>) {
    if ours.is_none() {
        ours.clone_from(theirs);
    }
}

#[cfg(test)]
mod tests {
    use iosxe_core::image::Image;

    use super::*;

    fn listed(origin: &str, change: impl FnOnce(&mut Image)) -> Listed {
        let mut image = Image {
            file: "cat9k_iosxe.17.12.04.SPA.bin".to_owned(),
            version: "17.12.04".parse().unwrap(),
            platforms: vec!["C9300".to_owned()],
            size_bytes: 10,
            sha512: Some("aa".to_owned()),
            md5: None,
            path: "images/cat9k_iosxe.17.12.04.SPA.bin".into(),
            provenance: Provenance::default(),
        };
        change(&mut image);
        Listed {
            image,
            origin: origin.to_owned(),
        }
    }

    fn both(change: impl FnOnce(&mut Image)) -> Result<Vec<Listed>, ImageError> {
        joined(
            vec![listed("images/catalogue.toml", |_| {})],
            vec![listed("fleet.xlsx, sheet Images, row 2", change)],
        )
    }

    #[test]
    fn one_file_in_both_places_is_one_image_with_what_both_say() {
        let all = both(|i| {
            i.sha512 = None;
            i.md5 = Some("bb".to_owned());
            i.platforms = vec!["C9300".to_owned(), "C9500".to_owned()];
            i.provenance.approved_by = Some("maria".to_owned());
        })
        .unwrap();
        let [one] = all.as_slice() else {
            panic!("{all:?}")
        };
        assert_eq!(
            one.origin,
            "images/catalogue.toml and fleet.xlsx, sheet Images, row 2"
        );
        assert_eq!(
            (one.image.sha512.as_deref(), one.image.md5.as_deref()),
            (Some("aa"), Some("bb"))
        );
        assert_eq!(one.image.platforms, ["C9300", "C9500"]);
        assert_eq!(one.image.provenance.approved_by.as_deref(), Some("maria"));
        assert_eq!(both(|i| i.file = "other.bin".to_owned()).unwrap().len(), 2);
    }

    #[test]
    fn places_that_mean_other_bytes_are_both_named() {
        let changes: [fn(&mut Image); 3] = [
            |i| i.size_bytes = 11,
            |i| i.sha512 = Some("cc".to_owned()),
            |i| i.version = "17.12.05".parse().unwrap(),
        ];
        let told: Vec<_> = changes
            .into_iter()
            .map(|change| both(change).unwrap_err().to_string())
            .collect();
        let place = |ours: &str, theirs: &str| {
            format!(
                "cat9k_iosxe.17.12.04.SPA.bin has the {ours} in images/catalogue.toml, and {theirs} in fleet.xlsx, sheet Images, row 2"
            )
        };
        assert_eq!(
            told,
            [
                place("size 10", "11"),
                place("SHA-512 aa", "cc"),
                place("release 17.12.04", "17.12.05"),
            ]
        );
    }
}
