//! Images from this host alone: static binaries built here, packed `FROM scratch`.

use std::fs;
use std::time::Duration;

use crate::cargo::{self, Purpose};
use crate::engine::docker;
use crate::failure::{Context, Failure, Result};
use crate::repository::Sources;
use crate::text;

use super::{Maker, REVISION, SOURCES};

/// Packs the programs of `sources` into the image `name`.
///
/// # Errors
///
/// The engine runs another system or architecture than this host's; the build or the packing fails.
pub fn pack(maker: &Maker, sources: Sources, name: &str, digest: &str, commit: &str) -> Result {
    const LIMIT: Duration = Duration::from_secs(120);
    if !maker.engine.runs_what_this_host_builds() {
        return Err(Failure::Failed(text!(
            "other-platform",
            platform = maker.engine.platform
        )));
    }
    let binaries = cargo::build(maker.repository, &[sources], Purpose::Image, |line| {
        maker.step.hear(line)
    })?;
    let context = tempfile::tempdir().context(|| text!("doing-pack", image = name))?;
    let bin = context.path().join("bin");
    fs::create_dir(&bin).context(|| text!("doing-pack", image = name))?;
    for (program, path) in &binaries {
        fs::copy(path, bin.join(program)).context(|| text!("doing-pack", image = name))?;
    }
    let dockerfile = maker
        .repository
        .root
        .join("examples")
        .join(sources.package())
        .join("Dockerfile.prebuilt");
    maker.run(
        docker(["build", "--tag", name, "--file"])
            .args([&dockerfile])
            .args(["--label".to_owned(), format!("{SOURCES}={digest}")])
            .args(["--label".to_owned(), format!("{REVISION}={commit}")])
            .args([context.path()])
            .limit(LIMIT),
    )
}
