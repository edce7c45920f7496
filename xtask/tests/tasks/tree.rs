//! The trees that the tests work on: this one, and copies of it that were doctored.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use walkdir::{DirEntry, WalkDir};

use crate::docker;
use crate::xtask::images_are_current;

/// What a copy is made without: what is not in the repository, and its history.
const LEFT_OUT: [&str; 3] = ["target", ".git", ".env"];

/// A copy of the repository.
pub struct Tree {
    root: PathBuf,
    /// Where cargo puts the programs that it builds there.
    target: PathBuf,
    /// Where it puts what it compiles on the way.
    build: PathBuf,
    /// The app's image of a doctored tree, which goes with it.
    image: Option<String>,
}

impl Tree {
    /// The tree that these tests are a part of.
    pub fn real() -> Tree {
        Tree { root: real_root(), target: outer_target(), build: outer_target(), image: None }
    }

    /// A copy to be doctored, in a folder of its own, which is the same at each run. Its image has another name,
    /// so that this tree's stays what it is.
    pub fn copy(name: &str) -> Draft {
        let root = real_root();
        let is_part =
            |entry: &DirEntry| entry.depth() != 1 || !LEFT_OUT.iter().any(|name| entry.file_name() == *name);
        let files = WalkDir::new(&root).into_iter().filter_entry(is_part).flatten();
        let files = files.filter(|entry| entry.file_type().is_file()).map(|entry| {
            let path = entry.path().strip_prefix(&root).expect("a file of the tree").to_owned();
            (path, fs::read(entry.path()).expect("a source can be read"))
        });
        let draft = Draft { name: name.to_owned(), files: files.collect(), is_compiled_here: false };
        let image = draft.image();
        draft.edit(
            "docker-compose.yml",
            "${FACTOR12_IMAGE:-factor12}",
            &format!("${{FACTOR12_IMAGE:-{image}}}"),
        )
    }

    /// A repository of these files, with nothing in it to build.
    pub fn made(name: &str, files: &[(&str, &str)]) -> Tree {
        let own = [("docker-compose.yml", "services: {}\n"), ("xtask/README", "")];
        let files = own.iter().chain(files).map(|(path, text)| (path.into(), text.as_bytes().to_vec()));
        Draft { name: name.to_owned(), files: files.collect(), is_compiled_here: true }.write()
    }

    /// Its root.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The name of the app's image.
    pub fn image(&self) -> &str {
        self.image.as_deref().unwrap_or("factor12")
    }

    /// The folder for the programs that cargo builds.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// The folder for what cargo compiles on the way.
    pub fn build(&self) -> &Path {
        &self.build
    }

    /// Whether it shares what is compiled with the tree that these tests are a part of, or is that.
    #[cfg(unix)]
    pub fn is_compiled_here(&self) -> bool {
        self.build == outer_target()
    }

    /// Gives a copy whose app is this tree's the image of that.
    pub fn has_this_trees_image(&self) {
        images_are_current();
        docker::docker(&["tag", "factor12", self.image()]);
    }

    /// A file of it, empty where there is none.
    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root.join(path)).unwrap_or_default()
    }

    /// Writes a file of a copy.
    pub fn write(&self, path: &str, text: &str) {
        assert!(self.image.is_some(), "the tests change copies only");
        fs::write(self.root.join(path), text).expect("a file of a copy can be written");
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        if let Some(image) = self.image.as_ref().filter(|_| docker::answers()) {
            docker::asked(&["rmi", "--force", image]);
        }
    }
}

/// A copy that is not written yet.
pub struct Draft {
    name: String,
    files: BTreeMap<PathBuf, Vec<u8>>,
    is_compiled_here: bool,
}

impl Draft {
    fn image(&self) -> String {
        format!("factor12-test-{}", self.name)
    }

    fn text(&self, path: &str) -> String {
        let bytes = self.files.get(Path::new(path));
        bytes.map(|bytes| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default()
    }

    /// Lets it share with this tree what is compiled of the libraries, so that they are compiled once for all.
    /// Its own crates get another version: cargo tells trees apart by that alone, not by their folders, and would
    /// take one tree's programs for another's.
    pub fn compiled_here(mut self) -> Draft {
        let manifest = self.text("Cargo.toml");
        let (_, package) = manifest.split_once("[workspace.package]\n").expect("what the crates share");
        let version = package.lines().find(|line| line.starts_with("version = ")).expect("their version");
        let own = format!("{}-{}\"", version.trim_end_matches('"'), self.name);
        // Of the packages in the lock file, those of this repository come from no source.
        let is_ours = |package: &str| !package.contains("\nsource = ");
        let packages = self
            .text("Cargo.lock")
            .split("[[package]]")
            .map(|package| if is_ours(package) { package.replace(version, &own) } else { package.to_owned() })
            .collect::<Vec<_>>();
        self.is_compiled_here = true;
        // What is compiled here is the app. The other crates stay for the features that they ask of libraries.
        for (path, content) in &mut self.files {
            let is_root = ["main.rs", "lib.rs"].iter().any(|name| path.ends_with(name));
            if is_root && !path.starts_with("examples") {
                *content = b"fn main() {}\n".to_vec();
            }
        }
        self.replace("Cargo.lock", &packages.join("[[package]]")).edit("Cargo.toml", version, &own)
    }

    /// Replaces a part of a file, where it stands first.
    pub fn edit(self, path: &str, from: &str, to: &str) -> Draft {
        let text = self.text(path);
        assert!(text.contains(from), "{path} no longer holds what this test doctors: {from}");
        self.replace(path, &text.replacen(from, to, 1))
    }

    /// Replaces a file.
    pub fn replace(mut self, path: &str, text: &str) -> Draft {
        self.files.insert(path.into(), text.as_bytes().to_vec());
        self
    }

    /// Writes it. A file that is there and the same is not touched, so that it is not compiled again.
    pub fn write(self) -> Tree {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(&self.name);
        let target = root.join("target");
        let here = WalkDir::new(&root).into_iter().filter_entry(|entry| entry.path() != target).flatten();
        for file in here.filter(|entry| entry.file_type().is_file()) {
            let path = file.path().strip_prefix(&root).expect("a file of the copy");
            if !self.files.contains_key(path) {
                fs::remove_file(file.path()).expect("an old file can be removed");
            }
        }
        for (path, content) in &self.files {
            let path = root.join(path);
            if fs::read(&path).is_ok_and(|there| there == *content) {
                continue;
            }
            fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("a folder can be made");
            fs::write(&path, content).expect("a file of a copy can be written");
        }
        let build = if self.is_compiled_here { outer_target() } else { target.clone() };
        Tree { image: Some(self.image()), root, target, build }
    }
}

/// A copy whose app has to be compiled, at each run again.
pub fn tree_that_is_compiled_anew(name: &str) -> Tree {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is later than 1970").as_nanos();
    let moment = format!("\n/// New.\npub const MOMENT: u128 = {now};\npub mod ");
    Tree::copy(name).compiled_here().edit("examples/factor12/src/lib.rs", "\npub mod ", &moment).write()
}

fn real_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask is in the repository").to_owned()
}

/// Where cargo has put what these tests are compiled from.
fn outer_target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the folder is in the target folder").to_owned()
}
