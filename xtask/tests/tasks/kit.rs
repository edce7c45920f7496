//! `cargo xtask kit`: what is refused before anything is made or loaded, and the script that starts a kit. A whole kit is saved and
//! tried by `.ci/kit`, on an engine of its own without network.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tar::{Builder, Header};
use tempfile::TempDir;

use crate::docker;
use crate::system;
use crate::tree::Tree;
use crate::xtask::{ENOUGH, Ended, xtask};
use tests_common::{Test, tests};

pub fn tests() -> Vec<Test> {
    tests!["kit";
        a_file_that_is_no_kit_is_refused: [],
        a_kit_for_another_machine_is_refused: [Engine],
        a_kit_whose_file_was_altered_is_refused_and_nothing_of_it_is_left: [Engine],
        without_an_engine_a_kit_is_not_unpacked: [Unix],
        a_folder_in_the_way_stays: [Engine],
        who_names_no_kit_is_told_how_to: [],
        a_kit_is_not_saved_over_a_folder: [],
        a_kit_is_not_saved_where_there_is_no_folder_for_it: [],
        a_kit_is_not_saved_with_sources_that_git_does_not_know: [Git],
        a_kit_is_not_saved_without_a_real_redis: [Engine, Compose, Git],
        the_script_runs_the_program_of_its_kit: [Unix],
        the_script_checks_each_time_where_it_cannot_remember: [Unix],
        the_script_checks_a_copy_of_a_folder_anew: [Unix],
        the_script_refuses_a_kit_that_is_damaged: [Unix],
        the_script_refuses_another_system: [Unix],
    ]
}

/// A kit that holds one file, for this machine unless `manifest` says otherwise.
fn kit(room: &TempDir, manifest: &Value, content: &[u8]) -> String {
    let mut whole = json!({
        "format": "factor12-kit 2",
        "build": "1a2b3c4",
        "host": format!("{}/{}", std::env::consts::OS, std::env::consts::ARCH),
        "engine": docker::asked(&["version", "--format", "{{.Server.Os}}/{{.Server.Arch}}"]),
        "commit": "5d6e7f8",
        "sources": {},
        "images": {},
    });
    let changes = manifest.as_object().expect("an object").clone();
    whole.as_object_mut().expect("an object").extend(changes);
    let whole = whole.to_string();
    let sum =
        |bytes: &[u8]| Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let sums = format!("{}  kit.json\n{}  tree/README\n", sum(whole.as_bytes()), sum(b"content"));
    let path = room.path().join("kit.tar");
    let mut tar = Builder::new(File::create(&path).expect("a file can be made"));
    for (name, bytes) in
        [("kit.json", whole.as_bytes()), ("SHA256SUMS", sums.as_bytes()), ("tree/README", content)]
    {
        let mut header = Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, format!("factor12-kit/{name}"), bytes).expect("an entry can be written");
    }
    tar.finish().expect("a tar can be ended");
    path.display().to_string()
}

/// Loads a kit to the folder `there`.
fn load(room: &TempDir, file: &str) -> Ended {
    let there = room.path().join("there").display().to_string();
    xtask(&Tree::real(), ["kit", "load", file, "--to", &there]).run(ENOUGH)
}

/// Nothing is there but the kit.
fn assert_nothing_unpacked(room: &TempDir) {
    let names = fs::read_dir(room.path()).expect("a folder can be read").flatten();
    let names: Vec<_> = names.map(|entry| entry.file_name()).filter(|name| name != "kit.tar").collect();
    assert!(names.is_empty(), "{names:?}");
}

fn room() -> TempDir {
    tempfile::tempdir().expect("a folder can be made")
}

fn a_file_that_is_no_kit_is_refused() {
    let room = room();
    let file = room.path().join("kit.tar");
    fs::write(&file, "a letter".repeat(200)).expect("a file can be written");
    let ended = load(&room, &file.display().to_string());
    ended
        .assert_code(1)
        .assert_says("it is no kit of this format")
        .assert_says("Nothing was unpacked or loaded");
    assert_nothing_unpacked(&room);
    load(&room, "/nonexistent/kit.tar").assert_code(1).assert_says("/nonexistent/kit.tar");
}

fn a_kit_for_another_machine_is_refused() {
    for (key, value) in [("host", "plan9/pdp11"), ("engine", "linux/s390x")] {
        let room = room();
        let file = kit(&room, &json!({ key: value }), b"content");
        load(&room, &file).assert_code(2).assert_says(&format!("The kit was made for {value}"));
        assert_nothing_unpacked(&room);
    }
}

fn a_kit_whose_file_was_altered_is_refused_and_nothing_of_it_is_left() {
    let room = room();
    let file = kit(&room, &json!({}), b"Content");
    let ended = load(&room, &file);
    ended.assert_code(1).assert_says("it was altered: tree/README").assert_nothing_left();
    assert_nothing_unpacked(&room);
}

fn without_an_engine_a_kit_is_not_unpacked() {
    let room = room();
    let file = kit(&room, &json!({ "engine": "linux/amd64" }), b"content");
    let there = room.path().join("there").display().to_string();
    let task = xtask(&Tree::real(), ["kit", "load", &file, "--to", &there]);
    let ended = task.env("DOCKER_HOST", "unix:///nonexistent/docker.sock").run(ENOUGH);
    ended.assert_code(2).assert_says("Docker's engine does not run");
    assert_nothing_unpacked(&room);
}

fn a_folder_in_the_way_stays() {
    let room = room();
    let file = kit(&room, &json!({}), b"content");
    let there = room.path().join("there");
    fs::create_dir(&there).expect("a folder can be made");
    fs::write(there.join("mine"), "mine").expect("a file can be written");
    load(&room, &file).assert_code(2).assert_says("is there, and is not this kit");
    assert_eq!(fs::read_to_string(there.join("mine")).expect("the file is there"), "mine");
    assert_eq!(fs::read_dir(&there).expect("a folder can be read").count(), 1);
}

fn who_names_no_kit_is_told_how_to() {
    let ended = xtask(&Tree::real(), ["kit", "load"]).run(ENOUGH);
    ended.assert_code(2).assert_says("cargo xtask kit load FILE");
}

fn a_kit_is_not_saved_over_a_folder() {
    let room = room();
    let ended = xtask(&Tree::real(), ["kit", "save"]).args([room.path()]).run(ENOUGH);
    ended.assert_code(2).assert_says("kit.tar");
}

fn a_kit_is_not_saved_where_there_is_no_folder_for_it() {
    let room = room();
    let ended = xtask(&Tree::real(), ["kit", "save"]).args([room.path().join("no/kit.tar")]).run(ENOUGH);
    ended.assert_code(1).assert_says("/no");
    // Before anything was made for it.
    assert!(ended.took < Duration::from_secs(20), "{:?}", ended.took);
}

fn a_kit_is_not_saved_with_sources_that_git_does_not_know() {
    let room = room();
    let tree = Tree::made(
        "stray",
        &[("examples/factor12/src/lib.rs", ""), ("examples/factor12/src/.web.rs.swp", "")],
    );
    tell_git(&tree, &["docker-compose.yml", "xtask", "examples/factor12/src/lib.rs"]);
    let file = room.path().join("kit.tar");
    let ended = xtask(&tree, ["kit", "save"]).args([&file]).run(ENOUGH);
    ended.assert_code(2).assert_says("examples/factor12/src/.web.rs.swp is among the sources that are built");
    assert_eq!(fs::read_dir(room.path()).expect("a folder can be read").count(), 0);
}

/// Makes git know these files of a tree, and no other.
fn tell_git(tree: &Tree, files: &[&str]) {
    let git = |args: &[&str]| {
        let status = Command::new("git").args(args).current_dir(tree.root()).status();
        assert!(status.expect("git starts").success());
    };
    git(&["init", "--quiet"]);
    git(&[&["add"], files].concat());
}

fn a_kit_is_not_saved_without_a_real_redis() {
    let room = room();
    let tree = Tree::copy("no-redis").write();
    tree.has_this_trees_image();
    tell_git(&tree, &["."]);
    let file = room.path().join("kit.tar");
    // Any image that is here is taken for one of the person's choice.
    let task = xtask(&tree, ["kit", "save"]).args([&file]).env("REDIS_IMAGE", "factor12");
    task.run(ENOUGH)
        .assert_code(2)
        .assert_says("A kit needs an image of a real Redis, and here factor12 plays it");
    assert!(!file.exists());
}

/// An unpacked kit whose program tells what it was started with.
fn unpacked(system: &str) -> TempDir {
    let kit = room();
    let write = |name: &str, text: &str| {
        let path = kit.path().join(name);
        fs::write(&path, text).expect("a file can be written");
        system::set_mode(&path, 0o755);
    };
    let script = include_str!("../../src/kit/start");
    assert!(script.contains("@SYSTEM@"), "the system is put in where the kit is saved");
    fs::create_dir(kit.path().join("bin")).expect("a folder can be made");
    write("start", &script.replace("@SYSTEM@", system));
    write("bin/xtask", "#!/bin/sh\necho \"$FACTOR12_KIT: $*\"\n");
    let sums = run(Command::new("sha256sum").args(["start", "bin/xtask"]).current_dir(kit.path()));
    fs::write(kit.path().join("SHA256SUMS"), sums.stdout).expect("a file can be written");
    kit
}

fn this_system() -> String {
    let said = run(Command::new("uname").arg("-sm"));
    String::from_utf8_lossy(&said.stdout).trim().to_owned()
}

fn run(command: &mut Command) -> Output {
    command.env_remove("LC_ALL").env_remove("LC_MESSAGES").output().expect("a program can be run")
}

/// Starts a kit from another folder, in a language.
fn start(kit: &TempDir, language: &str, args: &[&str]) -> (Option<i32>, String, String) {
    let name = kit.path().file_name().expect("a folder has a name");
    let mut script = Command::new("sh");
    script.arg(Path::new(name).join("start"));
    // As it is started from the folder above, by somebody whose shell finds folders by name.
    let script = script.env("CDPATH", ".:/").env("LANG", language);
    let ended = run(script.args(args).current_dir(kit.path().join("..")));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (ended.status.code(), text(&ended.stdout), text(&ended.stderr))
}

fn the_script_runs_the_program_of_its_kit() {
    let kit = unpacked(&this_system());
    let folder = fs::canonicalize(kit.path()).expect("the folder is there");
    let told = |words: &str| (Some(0), format!("{}: {words}\n", folder.display()), String::new());
    assert_eq!(start(&kit, "C", &["run", "reset", "--lang", "pt-BR"]), told("run reset --lang pt-BR"));
    // Once it was checked, the folder is its reader's.
    let program = kit.path().join("bin/xtask");
    fs::write(&program, "#!/bin/sh\necho \"$FACTOR12_KIT: $* \"\n").expect("a file can be written");
    assert_eq!(start(&kit, "C", &[]), told("kit load "));
}

fn the_script_checks_each_time_where_it_cannot_remember() {
    let kit = unpacked(&this_system());
    // As in a folder of another's, or on a medium that cannot be written to.
    system::link(Path::new("/nonexistent/mark"), &kit.path().join(".checked"));
    for _ in 0..2 {
        let (code, stdout, stderr) = start(&kit, "C", &["demo"]);
        assert_eq!((code, stderr.as_str()), (Some(0), ""), "{stdout}");
    }
    fs::write(kit.path().join("bin/xtask"), "").expect("a file can be written");
    assert_eq!(start(&kit, "C", &["demo"]).0, Some(1));
}

fn the_script_checks_a_copy_of_a_folder_anew() {
    let kit = unpacked(&this_system());
    assert_eq!(start(&kit, "C", &["demo"]).0, Some(0));
    let copy = room();
    assert!(run(Command::new("cp").arg("-a").arg(kit.path().join(".")).arg(copy.path())).status.success());
    fs::write(copy.path().join("bin/xtask"), "").expect("a file can be written");
    let (code, _, stderr) = start(&copy, "C", &["demo"]);
    assert_eq!(code, Some(1), "{stderr}");
}

fn the_script_refuses_a_kit_that_is_damaged() {
    let damages: [fn(&Path); 3] = [
        |program| fs::remove_file(program).expect("a file can be removed"),
        |program| fs::write(program, "#!/bin/sh\necho other\n").expect("a file can be written"),
        |program| fs::write(program, "").expect("a file can be written"),
    ];
    for damage in damages {
        let kit = unpacked(&this_system());
        damage(&kit.path().join("bin/xtask"));
        let (code, stdout, stderr) = start(&kit, "en_US.UTF-8", &["demo"]);
        assert_eq!((code, stdout.as_str()), (Some(1), ""), "{stderr}");
        assert!(stderr.contains("bin/xtask: FAILED") && stderr.contains("This kit is damaged"), "{stderr}");
        // Not only the first time.
        let (code, _, stderr) = start(&kit, "pt_BR.UTF-8", &["demo"]);
        assert_eq!(code, Some(1));
        assert!(stderr.contains("Este kit está danificado"), "{stderr}");
    }
}

fn the_script_refuses_another_system() {
    let kit = unpacked("Plan9 pdp11");
    let (code, stdout, stderr) = start(&kit, "C", &["demo"]);
    assert_eq!((code, stdout.as_str()), (Some(2), ""));
    assert!(stderr.contains(&format!("This kit is for Plan9 pdp11, and this machine is {}", this_system())));
}
