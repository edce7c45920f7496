//! The project's own programs, built on this host by cargo.

use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use crate::failure::{Context, Failure, Result};
use crate::narration::without_progress;
use crate::process::{Output, Program, succeeded};
use crate::repository::{Repository, Sources};
use crate::text;

/// How long a build may take: a slow machine compiles everything anew.
const LIMIT: Duration = Duration::from_secs(30 * 60);

/// For what a build is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose<'a> {
    /// To run here, these programs alone: quick to compile. A third of the app's libraries are the console's.
    Host(&'a [&'a str]),
    /// To be packed into an image: small, and static.
    Image,
    /// To be taken to other machines: static, and quick to compile.
    Kit,
}

/// The programs built, by name.
pub type Binaries = BTreeMap<String, PathBuf>;

/// One line of cargo's `--message-format=json` that tells of an executable
/// (<https://doc.rust-lang.org/cargo/reference/external-tools.html#artifact-messages>).
#[derive(Deserialize)]
struct Artifact {
    /// The package's own `Cargo.toml`.
    manifest_path: PathBuf,
    target: Target,
    executable: PathBuf,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

/// Builds the programs of `packages`; `heard` gets each line that cargo says meanwhile. A kit brings them.
///
/// # Errors
///
/// The build fails, with the last lines that cargo said.
pub fn build(
    repository: &Repository,
    packages: &[&str],
    purpose: Purpose<'_>,
    heard: impl FnMut(&str),
) -> Result<Binaries> {
    Ok(build_each(repository, packages, purpose, heard)?.into_values().flatten().collect())
}

/// The same, the programs by their package: in one go, for what packages share is then compiled once.
///
/// # Errors
///
/// As [`build`].
pub fn build_each(
    repository: &Repository,
    packages: &[&str],
    purpose: Purpose<'_>,
    mut heard: impl FnMut(&str),
) -> Result<BTreeMap<String, Binaries>> {
    if let Some(kit) = &repository.kit {
        let own = [Sources::App, Sources::PocketRedis].into_iter();
        let mut changed = own.filter(|own| packages.contains(&own.package()) && !repository.is_as_made(*own));
        return match changed.next() {
            None => packages.iter().map(|package| Ok(((*package).to_owned(), kit.programs()?))).collect(),
            Some(own) => Err(Failure::Missing {
                what: text!("kit-changed", package = own.package()),
                cure: text!("kit-changed-cure"),
            }),
        };
    }
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut program = Program::new(cargo)
        .args(["build", "--locked", "--message-format=json-render-diagnostics"])
        .args(packages.iter().flat_map(|package| ["--package", package]))
        // Its bar, which tells how much there is to do.
        .env("CARGO_TERM_PROGRESS_WHEN", "always")
        .env("CARGO_TERM_PROGRESS_WIDTH", "80")
        .dir(&repository.root)
        .limit(LIMIT);
    let profile = match purpose {
        Purpose::Host(programs) => {
            program = program.args(programs.iter().flat_map(|name| ["--bin", name]));
            if !programs.contains(&"console") {
                program = program.args(["--no-default-features"]);
            }
            None
        }
        Purpose::Image => Some("image"),
        Purpose::Kit => Some("kit"),
    };
    if let Some(profile) = profile {
        let host = host_triple()?;
        program = program
            .args(["--bins", "--profile", profile, "--target", &host])
            // A flag of its own for static linking, in place of whatever flags the person builds with.
            .env("RUSTFLAGS", "-C target-feature=+crt-static");
    }
    let shown = text!("cargo-build", packages = packages.join(", "));
    let output = program.lines(|line| {
        if !line.starts_with('{') {
            heard(line);
        }
    })?;
    let said = output.stderr.lines().map(without_progress).collect::<Vec<_>>().join("\n");
    let output = succeeded(&shown, Output { stderr: said, ..output })?;
    let artifacts = output.stdout.lines().filter_map(|line| serde_json::from_str::<Artifact>(line).ok());
    let mut built = BTreeMap::<String, Binaries>::new();
    for Artifact { manifest_path, target, executable } in artifacts {
        // A package's folder has its name.
        let package = manifest_path.parent().and_then(Path::file_name).unwrap_or_default();
        built.entry(package.to_string_lossy().into_owned()).or_default().insert(target.name, executable);
    }
    Ok(built)
}

/// The program `name` of a build.
///
/// # Errors
///
/// The build made no such program.
pub fn binary<'a>(binaries: &'a Binaries, name: &str) -> Result<&'a PathBuf> {
    binaries.get(name).ok_or_else(|| Failure::Failed(text!("no-binary", name = name)))
}

/// The compiler's name for this host, such as `x86_64-unknown-linux-gnu`.
fn host_triple() -> Result<String> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let said = Program::new(rustc).args(["-vV"]).stdout()?;
    let host = said.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or("rustc -vV").context(|| text!("no-host-triple"))
}
