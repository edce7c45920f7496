//! The digest of a program's sources: equal sources have equal ones, wherever and however they are compiled.
//!
//! The build script takes it for the release, and `xtask` to see whether an image is of this tree.

use std::fmt::Write;
use std::fs;
use std::io;
use std::path::Path;

use sha2::{Digest, Sha256};

/// The files and folders that the package `examples/NAME` is built from, from the root of the repository. One that a
/// package does not have is no part of it.
pub fn paths(package: &str) -> Vec<String> {
    let own = ["Cargo.toml", "Dockerfile", "build", "scripts", "src"];
    let own = own.map(|path| format!("examples/{package}/{path}"));
    ["Cargo.lock", "Cargo.toml"].map(str::to_owned).into_iter().chain(own).collect()
}

/// The files of the package, likewise, in the order in which they are digested.
///
/// # Errors
///
/// A folder cannot be read.
pub fn files(root: &Path, package: &str) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    let mut left = paths(package);
    while let Some(path) = left.pop() {
        let place = root.join(&path);
        if place.is_file() {
            found.push(path);
        } else if place.is_dir() {
            for entry in fs::read_dir(place)? {
                left.push(format!("{path}/{}", entry?.file_name().to_string_lossy()));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The digest of the package's sources, their names included, in hexadecimal.
///
/// # Errors
///
/// A source cannot be read.
pub fn digest(root: &Path, package: &str) -> io::Result<String> {
    let mut digest = Sha256::new();
    for name in files(root, package)? {
        let content = fs::read(root.join(&name))?;
        digest.update(format!("{name} {}\n", content.len()));
        digest.update(content);
    }
    Ok(hex(&digest.finalize()))
}

/// As much of a digest as is shown of it.
pub fn short(digest: &str) -> &str {
    &digest[..7]
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        // Writing to a String cannot fail.
        write!(hex, "{byte:02x}").ok();
        hex
    })
}
