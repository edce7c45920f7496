//! Images from this host alone: static binaries built here, packed `FROM scratch`.

use std::ffi::OsStr;
use std::fs;
use std::time::Duration;

use crate::cargo::{self, Purpose};
use crate::failure::{Context, Failure, Result};
use crate::repository::Sources;
use crate::text;

use super::{Build, Maker};

/// Packs the programs of `sources` into an image, and returns its id.
///
/// # Errors
///
/// The engine runs another system or architecture than this host's; the build or the packing fails.
pub fn pack(maker: &Maker, sources: Sources, image: Build) -> Result<String> {
    const LIMIT: Duration = Duration::from_secs(120);
    if !maker.engine.runs_what_this_host_builds() {
        return Err(Failure::Failed(text!("other-platform", platform = maker.engine.platform)));
    }
    let binaries =
        cargo::build(maker.repository, &[sources.package()], Purpose::Image, |line| maker.step.hear(line))?;
    let context = maker.room().context(|| text!("doing-pack", image = image.name))?;
    let bin = context.path().join("bin");
    fs::create_dir(&bin).context(|| text!("doing-pack", image = image.name))?;
    for (program, path) in &binaries {
        fs::copy(path, bin.join(program)).context(|| text!("doing-pack", image = image.name))?;
    }
    let folder = maker.repository.root.join("examples").join(sources.package());
    let dockerfile = folder.join("Dockerfile.prebuilt");
    maker.build(image, |program| {
        program.args([OsStr::new("--file"), dockerfile.as_os_str(), context.path().as_os_str()]).limit(LIMIT)
    })
}
