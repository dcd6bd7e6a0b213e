//! `image add|list|verify`.

use iosxe_core::fault::{Class, Fault, Remedy};
use iosxe_core::image::Listed;
use iosxe_core::ports::Images as _;
use iosxe_core::version::Version;
use iosxe_core::words::counted;
use iosxe_transport::images::{AddError, Said};
use serde_json::json;

use super::Context;
use crate::app::Image;
use crate::catalogue;
use crate::exit::Exit;
use crate::show::{self, Output};

pub(crate) async fn run(context: &Context, args: Image) -> Result<Exit, Fault> {
    let catalogue = catalogue::open(&context.config)?;
    match args {
        Image::Add {
            files,
            version,
            platform,
            sha512,
            approved_by,
            source,
            brings,
        } => {
            if sha512.is_some() && files.len() > 1 {
                return Err(Fault::new(
                    Class::Operator,
                    "image_add",
                    "one published SHA-512 belongs to one file",
                )
                .remedy(Remedy::with(
                    "add the files one by one",
                    "iosxe image add FILE --sha512 HEX",
                )));
            }
            let version: Option<Version> = version.map(|v| v.parse()).transpose().map_err(
                |e: iosxe_core::version::VersionError| {
                    Fault::new(Class::Operator, "release", e.to_string())
                        .remedy(Remedy::new("write it like 17.09.04a"))
                },
            )?;
            let platforms = (!platform.is_empty()).then_some(platform);
            let mut added = Vec::new();
            for file in &files {
                let image = catalogue
                    .add(
                        file,
                        Said {
                            version: version.clone(),
                            platforms: platforms.clone(),
                            sha512: sha512.clone(),
                            approved_by: approved_by.clone(),
                            source: source.clone(),
                            brings: brings.clone(),
                        },
                    )
                    .await
                    .map_err(|e| not_added(&e))?;
                added.push(image.file);
            }
            // As it is listed from now on, with the place that it is in.
            let mut all = catalogue.list().await.map_err(|e| Fault::from(&e))?;
            all.retain(|listed| added.contains(&listed.image.file));
            list(context, &all);
        }
        Image::List => {
            let all = catalogue.list().await.map_err(|e| Fault::from(&e))?;
            list(context, &all);
        }
        Image::Verify => {
            let all = catalogue.list().await.map_err(|e| Fault::from(&e))?;
            let mut bad = Vec::new();
            for Listed { image, .. } in &all {
                if let Err(error) = catalogue.verify(image).await {
                    let mut fault = Fault::from(&error);
                    // To verify once more is what others are told to do.
                    if fault.code == "image_differs" {
                        fault.remedy = Some(Remedy::with(
                            "fetch the file again, or add it anew when the catalogue is wrong",
                            format!("iosxe image add {}", image.file),
                        ));
                    }
                    bad.push((image.file.clone(), fault));
                }
            }
            for (_, fault) in &bad {
                show::fault(fault);
            }
            match context.output {
                Output::Table => {
                    show::line(&format!(
                        "{}, {} as the catalogue says",
                        counted(all.len(), "image"),
                        all.len() - bad.len()
                    ));
                }
                Output::Json | Output::Ndjson => show::document(
                    context.output,
                    &json!({
                        "images": all.len(),
                        "bad": bad.iter().map(|(f, e)| json!({"file": f, "code": e.code, "message": e.message})).collect::<Vec<_>>(),
                    }),
                ),
            }
            return Ok(if bad.is_empty() {
                Exit::AsWanted
            } else {
                Exit::SomeFailed
            });
        }
    }
    Ok(Exit::AsWanted)
}

fn not_added(error: &AddError) -> Fault {
    let next = match error {
        AddError::NoImage { .. } => Remedy::new("give an IOS-XE image as Cisco publishes it"),
        AddError::NotSaid { .. } => Remedy::with(
            "say what the name does not",
            "iosxe image add FILE --release VERSION --platform PID",
        ),
        AddError::NotAsPublished { .. } => {
            Remedy::new("fetch the file again, or check the value that the vendor publishes")
        }
        AddError::Image(error) => return Fault::from(error),
        AddError::Sheet(fault) => return fault.clone(),
        AddError::Unwritable { .. } => {
            Remedy::new("check that the folder of the catalogue can be written and has room")
        }
    };
    Fault::new(Class::Operator, "image_add", error.to_string()).remedy(next)
}

fn list(context: &Context, images: &[Listed]) {
    match context.output {
        Output::Table => show::images(images),
        Output::Json | Output::Ndjson => {
            show::document(context.output, &json!({ "images": images }))
        }
    }
}
