//! Images from this host alone: static binaries built here, packed `FROM scratch`.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use crate::cargo::{self, Purpose};
use crate::failure::{Context, Failure, Result};
use crate::repository::Sources;
use crate::text;

use super::{Build, Maker};

/// Packs the programs of `sources` into an image, and returns its id. `all` are the sources that are to be packed, one by one.
///
/// # Errors
///
/// The engine runs another system or architecture than this host's; the build or the packing fails.
pub fn pack(maker: &Maker, sources: Sources, all: &[Sources], image: Build) -> Result<String> {
    const LIMIT: Duration = Duration::from_secs(120);
    if !maker.engine.runs_what_this_host_builds() {
        return Err(Failure::Failed(text!("other-platform", platform = maker.engine.platform)));
    }
    let packages: Vec<&str> = all.iter().map(|one| one.package()).collect();
    let built = cargo::build_each(maker.repository, &packages, Purpose::Image, |line| maker.step.hear(line))?;
    let context = maker.room().context(|| text!("doing-pack", image = image.name))?;
    let bin = context.path().join("bin");
    fs::create_dir(&bin).context(|| text!("doing-pack", image = image.name))?;
    for (program, path) in built.get(sources.package()).into_iter().flatten() {
        let packed = bin.join(program);
        fs::copy(path, &packed)
            .and_then(|_| let_all_run(&packed))
            .context(|| text!("doing-pack", image = image.name))?;
    }
    let folder = maker.repository.root.join("examples").join(sources.package());
    let dockerfile = folder.join("Dockerfile.prebuilt");
    maker.build(image, |program| {
        program.args([OsStr::new("--file"), dockerfile.as_os_str(), context.path().as_os_str()]).limit(LIMIT)
    })
}

/// Whatever the person keeps from others, the image's own user runs what is in it.
#[cfg(unix)]
fn let_all_run(program: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(program, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn let_all_run(_program: &Path) -> io::Result<()> {
    Ok(())
}
