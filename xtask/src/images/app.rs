//! The app's image: here and current, or built in a container, or packed.

use std::time::Duration;

use crate::engine::{docker, no_disk};
use crate::failure::{Failure, Result};
use crate::repository::{Repository, Sources};
use crate::text;

use super::{Effort, Maker, REVISION, SOURCES, current, id, named_in, pack};

/// The name that `docker-compose.yml` gives the image.
pub const NAME: &str = "factor12";

const DOCKERFILE: &str = "examples/factor12/Dockerfile";

/// The image's id, and how it was had.
pub fn ensure(maker: &Maker) -> Result<(String, String)> {
    let digest = maker.repository.digest(Sources::App)?;
    let commit = maker.repository.commit(Sources::App);
    if let Some(id) = current(NAME, &digest, &commit)? {
        return Ok((id, text!("app-here", image = NAME, commit = commit)));
    }
    let why_not_built = match build(maker, &digest, &commit) {
        Ok(()) => return Ok((made()?, text!("app-built", image = NAME, commit = commit))),
        Err(Failure::Interrupted) => return Err(Failure::Interrupted),
        Err(failure) => no_disk(failure),
    };
    if matches!(why_not_built, Failure::Missing { .. }) {
        return Err(why_not_built);
    }
    match pack::pack(maker, Sources::App, NAME, &digest, &commit) {
        Ok(()) => Ok((
            made()?,
            text!(
                "app-packed",
                image = NAME,
                commit = commit,
                reason = first_line(&why_not_built)
            ),
        )),
        Err(Failure::Failed(why_not_packed)) => Err(no_disk(Failure::Failed(text!(
            "app-impossible",
            built = why_not_built,
            packed = why_not_packed
        )))),
        Err(failure) => Err(failure),
    }
}

fn made() -> Result<String> {
    id(NAME)?.ok_or_else(|| Failure::Failed(text!("image-vanished", image = NAME)))
}

/// Builds with `Dockerfile`, in a container.
fn build(maker: &Maker, digest: &str, commit: &str) -> Result {
    const LIMIT: Duration = Duration::from_secs(20 * 60);
    let rust = named_in(maker.repository, DOCKERFILE, "ARG RUST_IMAGE=")?;
    if id(&rust)?.is_none() {
        maker.pull(&rust)?;
    } else if maker.effort == Effort::Offline {
        // The compiler is here, but not what it would ask cargo's registry for.
        return Err(Failure::Failed(text!("not-built-offline")));
    }
    maker.run(
        docker([
            "build",
            "--progress",
            "plain",
            "--file",
            DOCKERFILE,
            "--tag",
            NAME,
        ])
        .args(["--build-arg".to_owned(), format!("COMMIT={commit}")])
        .args(["--label".to_owned(), format!("{SOURCES}={digest}")])
        .args(["--label".to_owned(), format!("{REVISION}={commit}")])
        .args(["."])
        .env("DOCKER_BUILDKIT", "1")
        .dir(&maker.repository.root)
        .limit(LIMIT),
    )
}

fn first_line(failure: &Failure) -> String {
    failure.to_string().lines().next().unwrap_or_default().to_owned()
}

/// The image's name, and whether it is here and current.
pub fn look(repository: &Repository) -> Result<(String, bool)> {
    let here = current(
        NAME,
        &repository.digest(Sources::App)?,
        &repository.commit(Sources::App),
    )?;
    Ok((NAME.to_owned(), here.is_some()))
}
