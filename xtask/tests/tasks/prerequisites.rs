//! What a machine may lack: each is named with its cure, and `auto` takes the next stack.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::docker;
use crate::programs::Programs;
use crate::system;
use crate::tree::Tree;
use crate::xtask::{COMPILING, ENOUGH, Xtask, binary, images_are_current, programs_are_built, xtask};
use tests_common::{Test, tests};

pub fn tests() -> Vec<Test> {
    tests!["prerequisites";
        a_disk_that_is_full_as_an_image_is_made_is_named_with_its_cure: [Engine, Compose, Unix],
        an_engine_that_does_not_answer_is_named_with_its_cure: [Engine, Unix],
        a_disk_that_is_full_as_the_stack_starts_is_named_with_its_cure: [Engine, Compose, Unix],
        an_engine_that_does_not_run_is_named_with_its_cure: [Engine, Unix],
        a_socket_that_may_not_be_used_is_named_with_its_cure: [Engine, Unix, Nobody],
        podman_in_the_place_of_docker_is_named_with_its_cure: [Unix],
        an_engine_on_another_machine_is_named_before_anything_is_made: [Engine, Unix],
        an_engine_that_a_context_has_on_another_machine_is_named_too: [Engine, Unix],
        where_the_engine_is_elsewhere_auto_takes_the_next_stack_and_says_why: [Engine, Unix],
        without_docker_the_demo_says_so_and_how_to_get_it: [Unix],
        without_compose_the_demo_says_so_and_how_to_get_it: [Engine, Unix],
        without_a_redis_server_the_stack_host_says_so_and_how_to_get_it: [Unix],
        without_an_engine_auto_takes_host_and_says_why: [Redis, Unix],
        without_an_engine_and_a_redis_server_auto_takes_embedded_and_says_why: [Unix],
        outside_the_repository_a_task_says_so: [],
    ]
}

/// What is said of something that is missing: the step that fails, then what is missing and its cure in each language.
struct Missing {
    step: &'static str,
    english: [&'static str; 2],
    portuguese: [&'static str; 2],
}

/// Runs the task in both languages, and expects that it exits 2 and names what is missing, with its cure.
fn assert_missing(missing: &Missing, limit: Duration, task: impl Fn() -> Xtask) {
    for (language, words) in [("en", missing.english), ("pt-BR", missing.portuguese)] {
        let ended = task().args(["--lang", language]).run(limit);
        ended.assert_code(2).assert_nothing_left();
        let (step, error) = ended.failed_step();
        assert_eq!(step, missing.step, "{error}");
        for word in words {
            ended.assert_says(word);
            assert!(error.contains(word), "“{word}” in {error}");
        }
    }
}

/// The demo on one stack, in no language yet.
fn demo(tree: &Tree, stack: &str) -> Xtask {
    Xtask::new(Command::new(binary()), tree).args(["demo", "--json", "--stack", stack])
}

fn without_docker_the_demo_says_so_and_how_to_get_it() {
    let programs = Programs::all().without("docker");
    let missing = Missing {
        step: "images",
        english: ["Docker is not installed", "Install it (https://docs.docker.com/get-docker/)"],
        portuguese: ["O Docker não está instalado", "Instale-o (https://docs.docker.com/get-docker/)"],
    };
    assert_missing(&missing, ENOUGH, || demo(&Tree::real(), "compose").env("PATH", programs.path()));
}

/// What `podman` says in Docker's name, by the package podman-docker.
const PODMAN: &str = r#"
echo 'Emulate Docker CLI using podman. Create /etc/containers/nodocker to quiet msg.' >&2
case "$*" in
  --version) echo 'podman version 4.9.3' ;;
  version*) echo null ;;
  *) echo "Error: unrecognized command \`podman $1\`" >&2; exit 125 ;;
esac"#;

fn podman_in_the_place_of_docker_is_named_with_its_cure() {
    let programs = Programs::all().with("docker", PODMAN);
    let missing = Missing {
        step: "images",
        english: ["“docker” here is not Docker's: podman version 4.9.3", "Install Docker in its place"],
        portuguese: ["“docker” não é o do Docker: podman version 4.9.3", "Instale o Docker no lugar dele"],
    };
    assert_missing(&missing, ENOUGH, || demo(&Tree::real(), "compose").env("PATH", programs.path()));
    for task in [&["run", "reset"][..], &["images"]] {
        let ended = xtask(&Tree::real(), task).env("PATH", programs.path()).run(ENOUGH);
        ended.assert_code(2).assert_says("podman version 4.9.3");
        assert!(!ended.stderr.contains("Emulate"), "{}", ended.stderr);
    }
}

/// Kept for documentation: nobody has this address, and it is known without a call.
const ELSEWHERE: &str = "192.0.2.1";

fn engine_elsewhere() -> Missing {
    Missing {
        step: "images",
        english: ["engine is on another machine (", "“unset DOCKER_HOST DOCKER_CONTEXT”"],
        portuguese: ["está em outra máquina (", "“unset DOCKER_HOST DOCKER_CONTEXT”"],
    }
}

fn an_engine_on_another_machine_is_named_before_anything_is_made() {
    for address in [format!("tcp://{ELSEWHERE}:2375"), format!("ssh://me@{ELSEWHERE}"), ELSEWHERE.to_owned()]
    {
        assert_missing(&engine_elsewhere(), ENOUGH, || {
            demo(&Tree::real(), "compose").env("DOCKER_HOST", &address)
        });
        let ended = xtask(&Tree::real(), ["run", "reset"]).env("DOCKER_HOST", &address).run(ENOUGH);
        ended.assert_code(2).assert_says(ELSEWHERE);
    }
}

fn an_engine_that_a_context_has_on_another_machine_is_named_too() {
    let config = tempfile::tempdir().expect("a folder can be made");
    let path = config.path().to_str().expect("a path in UTF-8");
    let endpoint = format!("host=ssh://me@{ELSEWHERE}");
    docker::docker(&["--config", path, "context", "create", "away", "--docker", &endpoint]);
    assert_missing(&engine_elsewhere(), ENOUGH, || {
        let task = demo(&Tree::real(), "compose").env("DOCKER_CONFIG", config.path());
        task.env("DOCKER_CONTEXT", "away")
    });
    docker::docker(&["--config", path, "context", "use", "away"]);
    assert_missing(&engine_elsewhere(), ENOUGH, || {
        demo(&Tree::real(), "compose").env("DOCKER_CONFIG", config.path())
    });
}

fn where_the_engine_is_elsewhere_auto_takes_the_next_stack_and_says_why() {
    programs_are_built();
    let task = xtask(&Tree::real(), ["demo", "--json"]);
    let ended = task.env("DOCKER_HOST", format!("tcp://{ELSEWHERE}:2375")).run(ENOUGH);
    ended.assert_code(0).assert_says("The stack “compose” cannot be had here").assert_nothing_left();
    ended.assert_says(&format!("another machine (tcp://{ELSEWHERE}:2375)"));
    assert_ne!(ended.report()["stack"], "compose");
}

fn an_engine_that_does_not_run_is_named_with_its_cure() {
    let missing = Missing {
        step: "images",
        english: ["Docker's engine does not run", "Start it: “sudo systemctl start docker”"],
        portuguese: ["O Docker não está em execução", "Inicie-o: “sudo systemctl start docker”"],
    };
    assert_missing(&missing, ENOUGH, || demo(&Tree::real(), "compose").env("DOCKER_HOST", NOWHERE));
}

/// An address that no engine listens on.
const NOWHERE: &str = "unix:///nonexistent/docker.sock";

fn an_engine_that_does_not_answer_is_named_with_its_cure() {
    let socket = Socket::silent();
    let missing = Missing {
        step: "images",
        english: ["Docker's engine does not answer", "Restart it: “sudo systemctl restart docker”"],
        portuguese: ["O Docker não responde", "Reinicie-o: “sudo systemctl restart docker”"],
    };
    assert_missing(&missing, ENOUGH, || demo(&Tree::real(), "compose").env("DOCKER_HOST", socket.url()));
}

fn a_socket_that_may_not_be_used_is_named_with_its_cure() {
    let socket = Socket::silent();
    system::set_mode(&socket.path(), 0o000);
    let command = || {
        if !system::is_root() {
            return Command::new(binary());
        }
        // One whose rights hold for it as for everyone.
        let mut command = Command::new("setpriv");
        command.args(["--inh-caps", "-all", "--bounding-set", "-all"]).arg(binary());
        command
    };
    let missing = Missing {
        step: "images",
        english: ["you have no permission to use its socket", "sudo usermod -aG docker $USER"],
        portuguese: ["você não tem permissão para usar o socket dele", "sudo usermod -aG docker $USER"],
    };
    assert_missing(&missing, ENOUGH, || {
        let task = Xtask::new(command(), &Tree::real()).args(["demo", "--json", "--stack", "compose"]);
        task.env("DOCKER_HOST", socket.url())
    });
}

fn without_compose_the_demo_says_so_and_how_to_get_it() {
    let programs = Programs::all()
        .without("docker-compose")
        .with_docker_failing_at("compose", "docker: 'compose' is not a docker command.");
    let missing = Missing {
        step: "images",
        english: ["Docker Compose is not installed", "sudo apt-get install docker-compose-plugin"],
        portuguese: ["O Docker Compose não está instalado", "sudo apt-get install docker-compose-plugin"],
    };
    assert_missing(&missing, ENOUGH, || demo(&Tree::real(), "compose").env("PATH", programs.path()));
}

const NO_SPACE: &str = "failed to write: write /var/lib/docker/tmp/1: no space left on device";

fn no_disk(step: &'static str) -> Missing {
    Missing {
        step,
        english: ["The disk is full", "“docker system df” shows what Docker holds"],
        portuguese: ["O disco está cheio", "“docker system df” mostra o que o Docker guarda"],
    }
}

fn a_disk_that_is_full_as_the_stack_starts_is_named_with_its_cure() {
    images_are_current();
    let programs = Programs::all().with_docker_failing_at("up", NO_SPACE);
    assert_missing(&no_disk("up"), ENOUGH, || demo(&Tree::real(), "compose").env("PATH", programs.path()));
}

fn a_disk_that_is_full_as_an_image_is_made_is_named_with_its_cure() {
    let tree = Tree::copy("disk-full").write();
    let programs = Programs::all().with_docker_failing_at("build", NO_SPACE);
    assert_missing(&no_disk("images"), COMPILING, || demo(&tree, "compose").env("PATH", programs.path()));
}

fn without_a_redis_server_the_stack_host_says_so_and_how_to_get_it() {
    let programs = Programs::all().without("redis-server");
    let missing = Missing {
        step: "build",
        english: ["There is no “redis-server” on the PATH", "sudo apt-get install redis-server"],
        portuguese: ["Não há “redis-server” no PATH", "sudo apt-get install redis-server"],
    };
    assert_missing(&missing, ENOUGH, || demo(&Tree::real(), "host").env("PATH", programs.path()));
}

fn without_an_engine_auto_takes_host_and_says_why() {
    programs_are_built();
    let ended = xtask(&Tree::real(), ["demo", "--json"]).env("DOCKER_HOST", NOWHERE).run(ENOUGH);
    ended
        .assert_code(0)
        .assert_says("The stack “compose” cannot be had here, so the next one is tried:")
        .assert_says("Docker's engine does not run")
        .assert_says("on the stack “host”: a real Redis (")
        .assert_nothing_left();
    assert_eq!(ended.report()["stack"], "host");
}

fn without_an_engine_and_a_redis_server_auto_takes_embedded_and_says_why() {
    programs_are_built();
    let programs = Programs::all().without("docker").without("redis-server");
    let ended = xtask(&Tree::real(), ["demo", "--json"]).env("PATH", programs.path()).run(ENOUGH);
    ended
        .assert_code(0)
        .assert_says("Docker is not installed")
        .assert_says("There is no “redis-server” on the PATH")
        .assert_says("on the stack “embedded”: pocket-redis in the place of Redis")
        .assert_says("This ran on pocket-redis, a stand-in")
        .assert_nothing_left();
    assert_eq!(ended.report()["stack"], "embedded");
}

fn outside_the_repository_a_task_says_so() {
    let elsewhere = tempfile::tempdir().expect("a folder can be made");
    for task in ["demo", "images", "doctor"] {
        let ended = xtask(&Tree::real(), [task]).dir(elsewhere.path()).run(ENOUGH);
        ended
            .assert_code(2)
            .assert_says("is not inside this repository")
            .assert_says("inside a copy of the repository");
    }
}

/// A socket that takes connections and never answers.
struct Socket {
    folder: TempDir,
    _listener: Box<dyn Send>,
}

impl Socket {
    fn silent() -> Socket {
        let folder = tempfile::tempdir().expect("a folder can be made");
        #[cfg(unix)]
        system::set_mode(folder.path(), 0o755);
        let listener = Box::new(system::dead_socket(&folder.path().join("docker.sock")));
        Socket { folder, _listener: listener }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("docker.sock")
    }

    fn url(&self) -> String {
        format!("unix://{}", self.path().display())
    }
}
