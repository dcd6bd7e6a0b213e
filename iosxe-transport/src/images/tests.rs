use super::*;

const NAME: &str = "cat9k_iosxe.17.09.04a.SPA.bin";

fn folder() -> (tempfile::TempDir, Arc<Catalogue>) {
    let dir = tempfile::tempdir().unwrap();
    for (name, bytes) in [
        (NAME, "bytes of 17.9"),
        ("cat9k_iosxe_npe.17.09.04a.SPA.bin", "no payload encryption"),
        ("cat9k_lite_iosxe.17.09.04a.SPA.bin", "lite"),
        ("cat9k_iosxe.17.12.04.SPA.bin", "bytes of 17.12"),
        ("mystery.bin", "?"),
    ] {
        fs::write(dir.path().join(name), bytes).unwrap();
    }
    let catalogue = open(dir.path().join("catalogue.toml"));
    (dir, catalogue)
}

fn version(text: &str) -> Version {
    text.parse().unwrap()
}

#[tokio::test]
async fn images_are_added_by_their_names_and_found_by_model_and_release() {
    let (dir, catalogue) = folder();
    for name in [
        "cat9k_iosxe_npe.17.09.04a.SPA.bin",
        NAME,
        "cat9k_lite_iosxe.17.09.04a.SPA.bin",
        "cat9k_iosxe.17.12.04.SPA.bin",
    ] {
        catalogue
            .add(&dir.path().join(name), Said::default())
            .await
            .unwrap();
    }
    assert_eq!(catalogue.list().await.unwrap().len(), 4);
    let target = version("17.9.4a");
    let image = catalogue
        .find("C9300-48U", Some(&target), None)
        .await
        .unwrap();
    assert_eq!(image.file, NAME);
    assert_eq!(image.size_bytes, 13);
    assert_eq!(
        image.md5.as_deref(),
        Some("d528095a9af1e6d04283462901eb3e32")
    );
    assert_eq!(image.sha512.as_deref().map(str::len), Some(128));
    catalogue.verify(&image).await.unwrap();
    let lite = catalogue
        .find("C9200L-24T", Some(&target), None)
        .await
        .unwrap();
    assert!(lite.file.contains("lite"));
    let named = catalogue
        .find("C9300-48U", None, Some("cat9k_iosxe.17.12.04.SPA.bin"))
        .await
        .unwrap();
    assert_eq!(named.version, version("17.12.4"));
}

#[tokio::test]
async fn a_patch_is_found_by_its_name_and_never_by_its_release() {
    let (dir, catalogue) = folder();
    let patch = "cat9k_iosxe.17.09.04a.CSCwc85207.SPA.smu.bin";
    fs::write(dir.path().join(patch), "a fix").unwrap();
    catalogue
        .add(&dir.path().join(patch), Said::default())
        .await
        .unwrap();
    let target = version("17.9.4a");
    let none = catalogue.find("C9300-48U", Some(&target), None).await;
    assert!(matches!(none, Err(ImageError::NotFound { .. })), "{none:?}");
    let found = catalogue.find("C9300-48U", None, Some(patch)).await;
    assert_eq!(found.unwrap().version, target);
}

#[tokio::test]
async fn what_does_not_fit_is_told_apart() {
    let (dir, catalogue) = folder();
    catalogue
        .add(&dir.path().join(NAME), Said::default())
        .await
        .unwrap();
    let find = async |pid: &str, target: Option<&str>, file: Option<&str>| {
        let target = target.map(version);
        catalogue
            .find(pid, target.as_ref(), file)
            .await
            .unwrap_err()
            .to_string()
            .replace(&catalogue.location(), "CATALOGUE")
    };
    let cases = [
        (
            find("C9300-48U", Some("17.6.5"), None).await,
            "the catalogue CATALOGUE has no image of 17.06.05 for C9300-48U; it has 17.09.04a",
        ),
        (
            find("ISR4451-X/K9", Some("17.9.4a"), None).await,
            "the catalogue CATALOGUE has no image of 17.09.04a for ISR4451-X/K9; it has none for it",
        ),
        (
            find("C9300-48U", None, Some("other.bin")).await,
            "the catalogue CATALOGUE has no image named other.bin",
        ),
        (
            find("C9300-48U", Some("17.12.4"), Some(NAME)).await,
            "cat9k_iosxe.17.09.04a.SPA.bin is 17.09.04a, but the row wants 17.12.04",
        ),
    ];
    for (said, expected) in cases {
        assert_eq!(said, expected);
    }
    let said = find("ISR4451-X/K9", None, Some(NAME)).await;
    assert!(said.ends_with("not for ISR4451-X/K9"), "{said}");
}

#[tokio::test]
async fn bytes_that_differ_are_seen_also_after_they_were_right() {
    let (dir, catalogue) = folder();
    let path = dir.path().join(NAME);
    let image = catalogue.add(&path, Said::default()).await.unwrap();
    catalogue.verify(&image).await.unwrap();
    fs::write(&path, "bytes of 17").unwrap();
    let error = catalogue.verify(&image).await.unwrap_err().to_string();
    assert!(
        error.ends_with("size is 11, the catalogue says 13"),
        "{error}"
    );
    fs::write(&path, "bytes of 17.X").unwrap();
    // The same size; a file system with coarse times must not hide the change.
    let later = SystemTime::now() + std::time::Duration::from_secs(5);
    fs::File::open(&path).unwrap().set_modified(later).unwrap();
    let error = catalogue.verify(&image).await.unwrap_err();
    assert!(
        matches!(&error, ImageError::Differs { what, .. } if what == "SHA-512"),
        "{error}"
    );
    fs::remove_file(&path).unwrap();
    let error = catalogue.verify(&image).await.unwrap_err();
    assert!(matches!(error, ImageError::Unreadable { .. }), "{error}");
    let bare = Image {
        sha512: None,
        provenance: Provenance::default(),
        md5: None,
        ..image
    };
    let error = catalogue.verify(&bare).await.unwrap_err();
    assert!(matches!(error, ImageError::NoDigest { .. }), "{error}");
}

#[tokio::test]
async fn the_operators_lines_stay_as_they_are() {
    let (dir, catalogue) = folder();
    let path = dir.path().join(NAME);
    let text = "# ours\n\n[[image]]\nfile = \"old.bin\" # keep\nversion = \"16.12.5\"\n\
                platforms = [\"C9300\"]\nsize_bytes = 1\n\n# the new one\n[[image]]\n\
                file = \"cat9k_iosxe.17.09.04a.SPA.bin\"\nversion = \"17.09.04a\"\n\
                platforms = [\"C9300\"]\nsize_bytes = 7\n\n# the last\n[[image]]\n\
                file = \"z.bin\"\nversion = \"17.3.1\"\nplatforms = [\"C9300\"]\nsize_bytes = 2\n";
    fs::write(dir.path().join("catalogue.toml"), text).unwrap();
    catalogue
        .add(
            &path,
            Said {
                platforms: Some(vec!["C9300".to_owned()]),
                ..Said::default()
            },
        )
        .await
        .unwrap();
    let now = fs::read_to_string(dir.path().join("catalogue.toml")).unwrap();
    let (head, _) = text.split_once("size_bytes = 7").unwrap();
    let (_, tail) = text.split_once("size_bytes = 7").unwrap();
    assert!(now.starts_with(head.trim_end()), "{now}");
    assert!(now.trim_end().ends_with(tail.trim_end()), "{now}");
    let list = catalogue.list().await.unwrap();
    assert_eq!(list.len(), 3);
    assert_eq!(list[1].image.size_bytes, 13);
}

#[tokio::test]
async fn what_a_name_does_not_say_must_be_given() {
    let (dir, catalogue) = folder();
    let path = dir.path().join("mystery.bin");
    let error = catalogue.add(&path, Said::default()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the name mystery.bin does not say the release: give it"
    );
    let error = catalogue
        .add(
            &path,
            Said {
                version: Some(version("17.9.1")),
                ..Said::default()
            },
        )
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the name mystery.bin does not say the platforms: give it"
    );
    // The vendor's word: compared, and a difference changes nothing.
    let path = dir.path().join(NAME);
    let right = catalogue.hashed(&path).await.unwrap().digests.sha512;
    let says = |sha512: &str| Said {
        sha512: Some(sha512.to_owned()),
        ..Said::default()
    };
    let error = catalogue.add(&path, says("00ff")).await.unwrap_err();
    assert!(matches!(error, AddError::NotAsPublished { .. }), "{error}");
    let image = catalogue
        .add(&path, says(&right.to_uppercase()))
        .await
        .unwrap();
    assert!(image.provenance.verified);
    let elsewhere = tempfile::tempdir().unwrap();
    let outside = elsewhere.path().join("mystery.bin");
    fs::write(&outside, "?").unwrap();
    catalogue
        .add(
            &outside,
            Said {
                version: Some(version("17.9.1")),
                platforms: Some(vec!["C9300".into()]),
                ..Said::default()
            },
        )
        .await
        .unwrap();
    let image = catalogue
        .find("C9300-24T", Some(&version("17.9.1")), None)
        .await
        .unwrap();
    catalogue.verify(&image).await.unwrap();
    let error = catalogue
        .add(&dir.path().join("x.SPA.pkg"), Said::default())
        .await
        .unwrap_err();
    assert!(matches!(error, AddError::NoImage { .. }), "{error}");
}

#[tokio::test]
async fn a_catalogue_that_cannot_be_read_is_named_with_its_line_and_not_written_over() {
    let (dir, catalogue) = folder();
    let error = catalogue.list().await.unwrap_err();
    assert!(matches!(error, ImageError::Unreadable { .. }), "{error}");
    fs::write(dir.path().join("catalogue.toml"), "[[image]]\nfile = 3\n").unwrap();
    let error = catalogue.list().await.unwrap_err().to_string();
    assert!(error.contains("line 2"), "{error}");
    catalogue
        .add(&dir.path().join(NAME), Said::default())
        .await
        .unwrap_err();
    let text = fs::read_to_string(dir.path().join("catalogue.toml")).unwrap();
    assert_eq!(text, "[[image]]\nfile = 3\n");
}
