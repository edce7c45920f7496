//! Docker's client, as the tests use it: to look at what is there, and to remove what they made.

use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

/// Whether an engine answers.
pub fn answers() -> bool {
    static ANSWERS: OnceLock<bool> = OnceLock::new();
    *ANSWERS.get_or_init(|| asked(&["version", "--format", "{{.Server.Version}}"]).is_some())
}

/// What `docker` says, trimmed; nothing where it fails.
pub fn asked(args: &[&str]) -> Option<String> {
    let output = Command::new("docker").args(args).stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// What `docker` says, trimmed; fails, showing why, where it fails.
pub fn docker(args: &[&str]) -> String {
    let output = Command::new("docker").args(args).stdin(Stdio::null()).output().expect("docker starts");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "docker {} failed: {stderr}", args.join(" "));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// The id of an image that is here.
pub fn image_id(image: &str) -> Option<String> {
    asked(&["image", "inspect", "--format", "{{.Id}}", image])
}

/// What `docker image inspect` tells of an image that is here.
pub fn image(image: &str) -> Value {
    let told = docker(&["image", "inspect", "--format", "{{json .}}", image]);
    serde_json::from_str(&told).expect("docker prints JSON")
}

/// The paths of all files that an image holds.
pub fn files_of(image: &str) -> Vec<String> {
    let container = docker(&["create", image]);
    let mut export = Command::new("docker")
        .args(["export", &container])
        .stdout(Stdio::piped())
        .spawn()
        .expect("docker starts");
    let archive = export.stdout.take().expect("stdout is piped");
    let listing = Command::new("tar").arg("t").stdin(archive).output();
    let exported = export.wait();
    asked(&["rm", "--volumes", &container]);
    assert!(exported.is_ok_and(|status| status.success()), "{image} cannot be exported");
    let listing = listing.expect("tar starts").stdout;
    String::from_utf8_lossy(&listing).lines().map(str::to_owned).collect()
}

/// The Compose projects that have a container, a network or a volume.
pub fn projects() -> Vec<String> {
    if !answers() {
        return Vec::new();
    }
    let label = "{{.Label \"com.docker.compose.project\"}}";
    let filter = "label=com.docker.compose.project";
    let mut projects: Vec<String> = [vec!["ps", "--all"], vec!["network", "ls"], vec!["volume", "ls"]]
        .iter()
        .flat_map(|list| {
            let args = [list.as_slice(), &["--filter", filter, "--format", label]].concat();
            docker(&args).lines().map(str::to_owned).collect::<Vec<_>>()
        })
        .collect();
    projects.sort_unstable();
    projects.dedup();
    projects
}

/// Removes all that a Compose project left.
pub fn remove_project(project: &str) {
    let filter = format!("label=com.docker.compose.project={project}");
    for (list, remove) in [
        (vec!["ps", "--all"], vec!["rm", "--force", "--volumes"]),
        (vec!["network", "ls"], vec!["network", "rm"]),
        (vec!["volume", "ls"], vec!["volume", "rm", "--force"]),
    ] {
        let ids = asked(&[list.as_slice(), &["--quiet", "--filter", &filter]].concat()).unwrap_or_default();
        let ids: Vec<&str> = ids.lines().collect();
        if !ids.is_empty() {
            asked(&[remove, ids].concat());
        }
    }
}

/// A name of an image that a test may take or move: nothing has it now, and what had it has it again at the end.
pub struct Name {
    name: String,
    /// Under which the image is kept meanwhile.
    kept: Option<String>,
}

impl Name {
    /// Takes the name from the image that has it.
    pub fn borrowed(name: &str) -> Name {
        let kept = format!("factor12-test-kept-{}-{}", name.replace(':', "-"), std::process::id());
        let kept = asked(&["tag", name, &kept]).map(|_| kept);
        asked(&["rmi", name]);
        Name { name: name.to_owned(), kept }
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        asked(&["rmi", "--force", &self.name]);
        if let Some(kept) = &self.kept {
            asked(&["tag", kept, &self.name]);
            asked(&["rmi", kept]);
        }
    }
}

/// Images that a test made, by their ids: they are removed in the end.
#[derive(Default)]
pub struct Made(Vec<String>);

impl Made {
    /// Adds one.
    pub fn add(&mut self, id: &str) {
        self.0.push(id.to_owned());
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        for id in &self.0 {
            asked(&["rmi", "--force", id]);
        }
    }
}
