//! The person's machine: what its environment, its `.env` and its settings hold changes nothing in what pages print and what
//! the demo does.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::pages::{PAGE, port};
use crate::programs::{Programs, real};
use crate::tree::{Draft, Tree};
use crate::xtask::{COMPILING, Xtask, xtask};
use tests_common::{Test, tests};

pub fn tests() -> Vec<Test> {
    tests!["machine";
        a_page_is_what_it_shows_on_a_hostile_machine: [Engine, Compose, RealRedis, Unix, Patience],
        a_step_sees_the_same_variables_on_a_hostile_machine: [Engine, Compose, Unix],
        the_demo_makes_its_images_and_passes_on_a_hostile_machine: [Engine, Compose, Unix],
        a_client_with_a_tmp_of_its_own_builds_and_packs_images: [Engine, Compose, Packing, Unix, Patience],
    ]
}

/// What machines were seen with, all at once, and more of the kind.
pub const HOSTILE: [(&str, &str); 32] = [
    ("http_proxy", "http://u:s3cret@127.0.0.1:9"),
    ("HTTPS_PROXY", "http://127.0.0.1:9"),
    ("ALL_PROXY", "http://127.0.0.1:9"),
    ("CURL_CA_BUNDLE", "/nowhere"),
    ("HTTP_PORT", "not-a-port"),
    ("FACTOR12_IMAGE", "factor12-test-none"),
    ("COMPOSE_PROJECT_NAME", "mine"),
    ("COMPOSE_FILE", "mine.yml"),
    ("COMPOSE_PROFILES", "mine"),
    ("COMPOSE_ENV_FILES", "mine.env"),
    ("COMPOSE_STATUS_STDOUT", "1"),
    ("COMPOSE_ANSI", "always"),
    ("COMPOSE_PROGRESS", "json"),
    ("COMPOSE_COMPATIBILITY", "1"),
    ("DOCKER_DEFAULT_PLATFORM", "linux/arm64"),
    ("DOCKER_BUILDKIT", "0"),
    ("DOCKER_CLI_HINTS", "true"),
    ("DOCKER_CONTENT_TRUST", "1"),
    ("BUILDKIT_PROGRESS", "rawjson"),
    ("BUILDX_BUILDER", "mine"),
    ("GREP_OPTIONS", "--color=always"),
    ("GREP_COLORS", "mt=1"),
    ("POSIXLY_CORRECT", "1"),
    ("ENV", "/nowhere"),
    ("BASH_ENV", "/nowhere"),
    ("CDPATH", "/"),
    ("LANG", "tr_TR.UTF-8"),
    ("LC_ALL", "tr_TR.UTF-8"),
    ("LC_NUMERIC", "pt_BR.UTF-8"),
    ("LANGUAGE", "pt"),
    ("TZ", "Pacific/Kiritimati"),
    ("SOURCE_DATE_EPOCH", "0"),
];

/// The person's `.env`.
const DOTENV: &str = "\
HTTP_PORT=9090
FACTOR12_IMAGE=factor12-test-none
REDIS_IMAGE=redis:8-alpine # mine
COMPOSE_PROJECT_NAME=mine
COMPOSE_PROFILES=mine
COMPOSE_STATUS_STDOUT=1
DOCKER_DEFAULT_PLATFORM=linux/arm64
";

/// A hostile machine, with a tree whose `.env` is hostile too.
struct Machine {
    tree: Tree,
    home: TempDir,
}

impl Machine {
    fn new(draft: Draft) -> Machine {
        let tree = draft.write();
        tree.write(".env", DOTENV);
        let home = tempfile::tempdir().expect("a folder can be made");
        let write = |path: &str, text: &str| {
            let path = home.path().join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder can be made");
            fs::write(path, text).expect("a file can be written");
        };
        for curlrc in [".curlrc", "curl/.curlrc", ".config/.curlrc"] {
            write(curlrc, "include\nwrite-out = mine\n");
        }
        // Docker finds Compose where the real one has it.
        let config = serde_json::json!({
            "proxies": { "default": { "httpProxy": "http://u:s3cret@127.0.0.1:9" } },
            "cliPluginsExtraDirs": [docker_config().join("cli-plugins")],
            "psFormat": "mine",
        });
        write(".docker/config.json", &config.to_string());
        Machine { tree, home }
    }

    fn task(&self, args: &[&str]) -> Xtask {
        let home = self.home.path();
        let task = HOSTILE.iter().fold(xtask(&self.tree, args), |task, (name, value)| task.env(name, value));
        // Rust's own folders stay where they are.
        let task = [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")].iter().fold(
            task,
            |task, (name, folder)| {
                task.env(name, env::var_os(name).map_or_else(|| real_home().join(folder), PathBuf::from))
            },
        );
        task.env("HOME", home)
            .env("DOCKER_CONFIG", home.join(".docker"))
            .env("CURL_HOME", home.join("curl"))
            .env("XDG_CONFIG_HOME", home.join(".config"))
    }
}

fn real_home() -> PathBuf {
    env::home_dir().expect("who tests is at home somewhere")
}

fn docker_config() -> PathBuf {
    env::var_os("DOCKER_CONFIG").map_or_else(|| real_home().join(".docker"), PathBuf::from)
}

fn a_page_is_what_it_shows_on_a_hostile_machine() {
    let machine = Machine::new(Tree::copy("hostile-page"));
    machine.tree.has_this_trees_image();
    let _others = port();
    let ended = machine.task(&["run", "reset"]).run(PAGE);
    ended.assert_code(0).assert_says("redis:8-alpine plays Redis, as REDIS_IMAGE says").assert_nothing_left();
    // What curl says beside the page is what a terminal shows, too: no meter.
    assert!(!ended.stderr.contains("% Total") && !ended.stderr.contains("s3cret"), "{}", ended.stderr);
}

/// A page that shows the variables which its steps see.
const SEEN: &str = "# Page\n\n```console\n$ env | sort\n...\nHTTP_PORT=8080\n...\n```\n";

fn a_step_sees_the_same_variables_on_a_hostile_machine() {
    let mut draft = Tree::copy("hostile-env");
    for language in ["en", "pt-BR"] {
        let folder = format!("book/{language}/src");
        draft = draft.replace(&format!("{folder}/SUMMARY.md"), "# Summary\n\n- [Page](page.md)\n");
        draft = draft.replace(&format!("{folder}/page.md"), SEEN);
    }
    let machine = Machine::new(draft);
    machine.tree.has_this_trees_image();
    let _others = port();
    let seen = |task: Xtask| {
        let ended = task.run(PAGE);
        let stdout = ended.assert_code(0).stdout.clone();
        // Where the person is at home and keeps Docker's settings is passed on; the others are of the run itself.
        let own = [
            "HOME=",
            "DOCKER_CONFIG=",
            "CARGO_HOME=",
            "RUSTUP_HOME=",
            "TMPDIR=",
            "COMPOSE_PROJECT_NAME=",
            "RUNBOOK_SESSION=",
        ];
        let lines = stdout.lines().filter(|line| !own.iter().any(|name| line.starts_with(name)));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let hostile = seen(machine.task(&["run", "page"]));
    fs::remove_file(machine.tree.root().join(".env")).expect("it was written");
    assert_eq!(hostile, seen(xtask(&machine.tree, ["run", "page"])));
}

fn the_demo_makes_its_images_and_passes_on_a_hostile_machine() {
    let machine = Machine::new(Tree::copy("hostile-demo"));
    let ended = machine.task(&["demo", "--stack", "compose", "--json"]).run(COMPILING);
    ended.assert_code(0).assert_says("was built in a container").assert_nothing_left();
    // Every container has the proxy of Docker's configuration; its name is told, its password is not.
    ended.assert_says("HOST_REDIS=redis PORT_REDIS=6379 (and HTTP_PROXY PATH http_proxy)");
    assert!(!ended.stderr.contains("s3cret") && !ended.stdout.contains("s3cret"), "{}", ended.stderr);
}

/// A `docker` to which our temporary files are not there, as to one that is a snap.
fn confined(own: &Path) -> Programs {
    let script = format!(
        "for word; do\n  shift\n  case \"$word\" in \"$TMPDIR\"/*) word='{}'\"$word\" ;; esac\n  set -- \"$@\" \"$word\"\ndone\nexec '{}' \"$@\"",
        own.display(),
        real("docker").display()
    );
    Programs::all().with("docker", &script)
}

fn a_client_with_a_tmp_of_its_own_builds_and_packs_images() {
    let own = tempfile::tempdir().expect("a folder can be made");
    let programs = confined(own.path());
    let images = |tree: &Tree, args: &[&str], says: &str| {
        let ended = xtask(tree, args).env("PATH", programs.path()).run(COMPILING);
        ended.assert_code(0).assert_says(says).assert_nothing_left();
    };
    images(&Tree::copy("snap-built").write(), &["images"], "was built in a container");
    images(
        &Tree::copy("snap-packed").compiled_here().write(),
        &["images", "--offline"],
        "was packed from binaries",
    );
}
