//! `cargo xtask images`: made of this tree's sources, without a registry too, small, and with nothing to break in with.

use std::ffi::OsStr;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use crate::docker::{self, Made, Name};
use crate::tree::Tree;
use crate::xtask::{COMPILING, ENOUGH, Xtask, binary, images_are_current, xtask};
use tests_common::{Test, tests};

pub fn tests() -> Vec<Test> {
    tests!["images";
        without_a_registry_both_images_are_packed_and_the_demo_runs_on_them: [Engine, Compose, Packing, Unix, Patience],
        the_apps_image_is_made_anew_when_a_source_changes_and_only_then: [Engine, Packing, Patience],
        an_image_that_was_built_is_small_unprivileged_and_has_no_shell: [Engine, Compose],
        an_image_is_built_of_its_own_trees_sources_whatever_was_built_before: [Engine, Compose, Patience],
        without_an_engine_it_exits_with_2: [Unix],
    ]
}

/// The stand-in's image has one name for all trees: the tests that make it take turns.
static STAND_IN: Mutex<()> = Mutex::new(());

const PACKED_REDIS: &str = "pocket-redis";

/// A name of an image that no registry has.
const NO_REDIS: &str = "factor12-test-redis:9";

/// At most 24 MB, with all the programs.
const LARGEST: u64 = 24_000_000;

/// What the app's image holds.
const PROGRAMS: [&str; 6] = [
    "usr/local/bin/backup",
    "usr/local/bin/console",
    "usr/local/bin/migrate",
    "usr/local/bin/reset",
    "usr/local/bin/restore",
    "usr/local/bin/web",
];

/// Fails unless the image is small, runs `command` as `user`, and holds these programs and no other.
fn assert_bare(image: &str, user: &str, command: &[&str], programs: &[&str]) {
    let told = docker::image(image);
    let size = told["Size"].as_u64().expect("a size");
    assert!(size <= LARGEST, "{image} has {size} bytes");
    let told = &told["Config"];
    assert_eq!(told["User"], user);
    assert_eq!(told["Cmd"], Value::from(command));
    assert_eq!(told["Env"], Value::from(["PATH=/usr/local/bin"].as_slice()));
    // What ends with a slash is a folder; the engine itself puts empty files in place for its mounts.
    let mounted = |path: &&String| {
        [".dockerenv", "dev/console", "etc/hostname", "etc/hosts", "etc/mtab", "etc/resolv.conf"]
            .contains(&path.as_str())
    };
    let files = docker::files_of(image);
    let mut files: Vec<&String> =
        files.iter().filter(|path| !path.ends_with('/') && !mounted(path)).collect();
    files.sort_unstable();
    assert_eq!(files, programs);
}

fn an_image_that_was_built_is_small_unprivileged_and_has_no_shell() {
    images_are_current();
    assert_bare("factor12", "65532:65532", &["web"], &PROGRAMS);
}

fn without_a_registry_both_images_are_packed_and_the_demo_runs_on_them() {
    let _turn = STAND_IN.lock().unwrap_or_else(PoisonError::into_inner);
    let _stand_in = Name::borrowed(PACKED_REDIS);
    let _real = Name::borrowed(NO_REDIS);
    let named = "${REDIS_IMAGE:-redis:8-alpine}";
    let tree = Tree::copy("offline")
        .compiled_here()
        .edit("docker-compose.yml", named, &format!("${{REDIS_IMAGE:-{NO_REDIS}}}"))
        .write();
    tree.write(".env", "# mine\nHTTP_PORT=9090\n");
    // Somebody whose files are nobody else's.
    let images = || {
        let closed = [OsStr::new("-c"), OsStr::new("umask 077; exec \"$0\" \"$@\""), binary().as_os_str()];
        let images = Xtask::new(Command::new("sh"), &tree).args(closed);
        images.args(["--lang", "en", "images", "--offline"])
    };
    let ids = || [tree.image(), PACKED_REDIS].map(|image| docker::image_id(image).expect("an image"));

    // Both are packed, and it says so.
    let packed = images().run(COMPILING);
    packed
        .assert_code(0)
        .assert_says(&format!("{} was packed from binaries built on this host", tree.image()))
        .assert_says("--offline forbids the build in a container")
        .assert_says(&format!("pocket-redis takes the place of {NO_REDIS}"))
        .assert_nothing_left();
    let line = "REDIS_IMAGE=pocket-redis\n";
    assert_eq!(tree.read(".env"), format!("# mine\nHTTP_PORT=9090\n{line}"));
    assert_bare(tree.image(), "65532:65532", &["web"], &PROGRAMS);
    let server = ["redis-server", "--bind", "0.0.0.0"];
    assert_bare(
        PACKED_REDIS,
        "999:1000",
        &server,
        &["usr/local/bin/redis-cli", "usr/local/bin/redis-server"],
    );
    let first = ids();

    // Again, it has nothing to do.
    let again = images().run(COMPILING);
    again.assert_code(0).assert_says(&format!("{} is here, and current", tree.image()));
    assert_eq!((ids(), tree.read(".env")), (first, format!("# mine\nHTTP_PORT=9090\n{line}")));

    // The demo runs on them, and says on what it ran.
    let demo = xtask(&tree, ["demo", "--stack", "compose", "--json"]).run(COMPILING);
    demo.assert_code(0).assert_says("This ran on pocket-redis, a stand-in").assert_nothing_left();
    assert_eq!(demo.report()["redis"], PACKED_REDIS);

    // As soon as the real one is there, the stand-in goes.
    docker::docker(&["tag", PACKED_REDIS, NO_REDIS]);
    images().run(COMPILING).assert_code(0).assert_says(&format!("{NO_REDIS} is here"));
    assert_eq!(tree.read(".env"), "# mine\nHTTP_PORT=9090\n");
    let demo = xtask(&tree, ["demo", "--stack", "compose", "--json"]).run(COMPILING);
    assert_eq!(demo.assert_code(0).report()["redis"], NO_REDIS);
    assert!(!demo.stderr.contains("stand-in"), "{}", demo.stderr);
}

fn the_apps_image_is_made_anew_when_a_source_changes_and_only_then() {
    let tree = Tree::copy("digest").compiled_here().write();
    let mut made = Made::default();
    let mut packed = || {
        let ended = xtask(&tree, ["images", "--offline"]).run(COMPILING);
        let ended = ended.assert_code(0);
        let image = docker::image_id(tree.image()).expect("the app's image");
        made.add(&image);
        (image, ended.stderr.contains(&format!("{} was packed", tree.image())))
    };
    let (first, is_new) = packed();
    assert!(is_new);

    for no_source in ["README.md", "examples/factor12/README.md", "xtask/src/main.rs"] {
        let text = tree.read(no_source);
        tree.write(no_source, &format!("{text}\n// Another line.\n"));
    }
    assert_eq!(packed(), (first.clone(), false));

    let source = "examples/factor12/src/bin/reset.rs";
    let text = tree.read(source);
    let other = text.replace("hits: {} -> 0", "hits: {} -> 9");
    assert_ne!(text, other, "the source holds what this test changes");
    tree.write(source, &other);
    let (second, is_new) = packed();
    assert!(is_new && second != first);

    // The same sources as at first, with another digest than the last.
    tree.write(source, &text);
    let (third, is_new) = packed();
    assert!(is_new && third != second);
}

fn an_image_is_built_of_its_own_trees_sources_whatever_was_built_before() {
    let build = |tree: &Tree| {
        xtask(tree, ["images"]).run(COMPILING).assert_code(0).assert_says("was built in a container");
        docker::asked(&["run", "--rm", tree.image(), "reset", "--version"]).unwrap_or_default()
    };
    // What is older was written first, and is built last.
    let moment =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("it is later than 1970");
    let mine = format!("fn main() {{\n    println!(\"mine {}\");\n}}\n", moment.as_nanos());
    let reset = "examples/factor12/src/bin/reset.rs";
    let older = Tree::copy("older").replace(reset, &mine).write();
    let newer = Tree::copy("newer").replace(reset, &mine.replace("mine", "other")).write();
    assert_eq!(build(&newer), format!("other {}", moment.as_nanos()));
    assert_eq!(build(&older), format!("mine {}", moment.as_nanos()));
}

fn without_an_engine_it_exits_with_2() {
    let ended = xtask(&Tree::real(), ["images"]).env("DOCKER_HOST", "unix:///nonexistent/docker.sock");
    let ended = ended.run(ENOUGH);
    ended.assert_code(2).assert_says("Docker's engine does not run").assert_says("Start it: ");
}
