//! The app's image: here and current, or built in a container, or packed.

use std::time::Duration;

use crate::engine::no_disk;
use crate::failure::{Failure, Result};
use crate::repository::digest::short;
use crate::repository::{Repository, Sources};
use crate::text;

use super::{Build, Effort, Found, Maker, current, id, named_in, pack};

const DOCKERFILE: &str = "examples/factor12/Dockerfile";

/// The image's id, and how it was had; where it is not here and cannot be built in a container, why not.
pub fn find(maker: &Maker) -> Result<Found> {
    let name = name(maker.repository)?;
    let digest = maker.repository.digest(Sources::App)?;
    let image = Build { name: &name, digest: &digest };
    let shown = short(&digest);
    if let Some(id) = current(image)? {
        return Ok(Found::Here(id, text!("app-here", image = name, build = shown)));
    }
    if maker.repository.is_as_made(Sources::App)
        && maker.load(&name)?
        && let Some(id) = current(image)?
    {
        return Ok(Found::Here(id, text!("app-loaded", image = name, build = shown)));
    }
    match build(maker, image).map_err(no_disk) {
        Ok(id) => Ok(Found::Here(id, text!("app-built", image = name, build = shown))),
        Err(Failure::Failed(why_not)) => Ok(Found::ToPack(why_not)),
        Err(failure) => Err(failure),
    }
}

/// The same, of an image that is packed, for it could not be `built`.
pub fn pack(maker: &Maker, to_pack: &[Sources], built: &str) -> Result<(String, String)> {
    let name = name(maker.repository)?;
    let digest = maker.repository.digest(Sources::App)?;
    let image = Build { name: &name, digest: &digest };
    match pack::pack(maker, Sources::App, to_pack, image).map_err(no_disk) {
        Ok(id) => {
            let reason = built.lines().next().unwrap_or_default();
            Ok((id, text!("app-packed", image = name, build = short(&digest), reason = reason)))
        }
        Err(Failure::Failed(packed)) => {
            Err(Failure::Failed(text!("app-impossible", built = built, packed = packed)))
        }
        Err(failure) => Err(failure),
    }
}

/// Builds with `Dockerfile`, in a container.
fn build(maker: &Maker, image: Build) -> Result<String> {
    const LIMIT: Duration = Duration::from_secs(20 * 60);
    if maker.effort == Effort::Offline {
        // Even where the compiler's image is here: it would ask cargo's registry for the rest.
        return Err(Failure::Failed(text!("not-built-offline")));
    }
    let rust = named_in(maker.repository, DOCKERFILE, "ARG RUST_IMAGE=")?;
    if id(&rust)?.is_none() {
        maker.pull(&rust)?;
    }
    maker.build(image, |program| {
        program
            .args(["--progress", "plain", "--file", DOCKERFILE])
            .args(["."])
            .env("DOCKER_BUILDKIT", "1")
            .dir(&maker.repository.root)
            .limit(LIMIT)
    })
}

/// The name that `docker-compose.yml` gives the image.
pub fn name(repository: &Repository) -> Result<String> {
    named_in(repository, "docker-compose.yml", "${FACTOR12_IMAGE:-")
}

/// The image's name, and whether it is here and current.
pub fn look(repository: &Repository) -> Result<(String, bool)> {
    let name = name(repository)?;
    let digest = repository.digest(Sources::App)?;
    let here = current(Build { name: &name, digest: &digest })?.is_some();
    Ok((name, here))
}
