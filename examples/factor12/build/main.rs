//! Gives the programs the digest of the sources that they are compiled from: the first half of their release.

mod digest;

use std::error::Error;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for path in digest::paths("factor12") {
        let place = root.join(path);
        // Cargo would take one that is not there for one that changes all the time.
        if place.exists() {
            println!("cargo::rerun-if-changed={}", place.display());
        }
    }
    println!("cargo::rustc-env=FACTOR12_BUILD={}", digest::short(&digest::digest(&root, "factor12")?));
    Ok(())
}
