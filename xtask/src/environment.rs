//! The environment of what we start. That of a page's steps is made from a list, and inherits nothing else; our own calls of
//! Docker keep the person's, without what would change what Docker does.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

use crate::kit;
use crate::process::Program;
use crate::project::{COMPOSE_FILE, Project, VARIABLES};
use crate::repository::Repository;

/// The way to the engine, as Docker's client and its connections by SSH read it
/// (<https://docs.docker.com/reference/cli/docker/#environment-variables>).
const ENGINE: [&str; 9] = [
    "DOCKER_HOST",
    "DOCKER_CONTEXT",
    "DOCKER_CONFIG",
    "DOCKER_CERT_PATH",
    "DOCKER_TLS",
    "DOCKER_TLS_VERIFY",
    "DOCKER_API_VERSION",
    "SSH_AUTH_SOCK",
    "XDG_RUNTIME_DIR",
];

/// What else of the person's own a step is given: where programs, settings and temporary files are, who they are, what their
/// terminal is, and what `cargo xtask` needs where a step calls it.
const PERSON: [&str; 9] =
    ["PATH", "HOME", "TMPDIR", "USER", "LOGNAME", "TERM", "CARGO_HOME", "RUSTUP_HOME", kit::VARIABLE];

/// What every step has, whoever runs it. `.env` is the person's, and Compose is told not to read it.
const FIXED: [(&str, &str); 5] = [
    ("LC_ALL", "C.UTF-8"),
    ("COMPOSE_FILE", COMPOSE_FILE),
    ("COMPOSE_PROFILES", ""),
    ("COMPOSE_DISABLE_ENV_FILE", "1"),
    ("DOCKER_CLI_HINTS", "false"),
];

/// Where programs such as curl look for a proxy.
const PROXIES: [&str; 6] =
    ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"];

/// The environment of a page's steps, all of it; those of a page that calls no Docker need no project.
pub fn of_steps(repository: &Repository, project: Option<&Project>) -> Vec<(&'static str, OsString)> {
    made(|name| env::var_os(name), repository, project)
}

fn made(
    theirs: impl Fn(&str) -> Option<OsString>,
    repository: &Repository,
    project: Option<&Project>,
) -> Vec<(&'static str, OsString)> {
    let passed_on = PERSON.into_iter().chain(ENGINE).filter_map(|name| Some((name, theirs(name)?)));
    let fixed = FIXED.into_iter().map(|(name, value)| (name, value.into()));
    let own = project.into_iter().flat_map(Project::environment).map(|(name, value)| (name, value.into()));
    // With a file of our own there, curl reads no other.
    let curl = ("CURL_HOME", folder(repository).into());
    passed_on.chain(fixed).chain(own).chain([curl]).collect()
}

/// The names of the person's variables that name a proxy, if there are any: a step has none of them, for it visits this
/// machine alone.
pub fn proxies() -> Option<Vec<&'static str>> {
    let is_set = |name: &&str| env::var_os(name).is_some_and(|value| !value.is_empty());
    let set: Vec<&str> = PROXIES.into_iter().filter(is_set).collect();
    (!set.is_empty()).then_some(set)
}

/// A call of Docker or Compose of our own: without the person's variables that would change what it does.
pub fn without_ways(program: Program) -> Program {
    let names = env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let program =
        names.filter(|name| is_a_way(name)).fold(program, |program, name| program.env_remove(&name));
    program.env("DOCKER_CLI_HINTS", "false")
}

/// Whether a variable changes what Docker, Compose or a build does with what it is told; the way to the engine does not.
fn is_a_way(name: &str) -> bool {
    let is_dockers =
        ["DOCKER_", "COMPOSE_", "BUILDKIT_", "BUILDX_"].iter().any(|start| name.starts_with(start));
    (is_dockers && !ENGINE.contains(&name)) || VARIABLES.contains(&name)
}

/// What our own calls of Compose read in place of `.env`. Compose v1 knows no other way to read none.
pub fn compose_env(repository: &Repository) -> PathBuf {
    folder(repository).join("compose.env")
}

/// The files that programs read in place of the person's.
fn folder(repository: &Repository) -> PathBuf {
    repository.root.join("xtask/environment")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What machines have been seen with, and their siblings.
    const HOSTILE: [&str; 49] = [
        "http_proxy",
        "https_proxy",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "all_proxy",
        "ALL_PROXY",
        "no_proxy",
        "NO_PROXY",
        "CURL_HOME",
        "CURL_CA_BUNDLE",
        "XDG_CONFIG_HOME",
        "HTTP_PORT",
        "FACTOR12_IMAGE",
        "REDIS_IMAGE",
        "COMPOSE_PROJECT_NAME",
        "COMPOSE_FILE",
        "COMPOSE_PATH_SEPARATOR",
        "COMPOSE_PROFILES",
        "COMPOSE_ENV_FILES",
        "COMPOSE_DISABLE_ENV_FILE",
        "COMPOSE_STATUS_STDOUT",
        "COMPOSE_ANSI",
        "COMPOSE_PROGRESS",
        "COMPOSE_PARALLEL_LIMIT",
        "COMPOSE_IGNORE_ORPHANS",
        "COMPOSE_REMOVE_ORPHANS",
        "COMPOSE_BAKE",
        "COMPOSE_MENU",
        "DOCKER_DEFAULT_PLATFORM",
        "DOCKER_BUILDKIT",
        "DOCKER_CLI_HINTS",
        "DOCKER_CONTENT_TRUST",
        "DOCKER_HIDE_LEGACY_COMMANDS",
        "BUILDKIT_PROGRESS",
        "BUILDX_BUILDER",
        "GREP_OPTIONS",
        "GREP_COLOR",
        "GREP_COLORS",
        "POSIXLY_CORRECT",
        "ENV",
        "BASH_ENV",
        "BASH_FUNC_curl%%",
        "SHELLOPTS",
        "CDPATH",
        "PS4",
        "LANG",
        "LANGUAGE",
        "LC_ALL",
        "LC_MESSAGES",
    ];

    fn repository() -> Repository {
        Repository { root: PathBuf::from("/book"), kit: None }
    }

    #[test]
    fn a_hostile_environment_changes_nothing_in_what_a_step_sees() {
        let compose = crate::engine::Compose { words: vec!["docker", "compose"], version: String::new() };
        let project = Project::new("book", &repository(), &compose).with("app", "redis", 8080);
        let of = |set: &dyn Fn(&str) -> bool| {
            made(|name| set(name).then(|| "hostile".into()), &repository(), Some(&project))
        };
        let (bare, hostile) = (of(&|_| false), of(&|name| HOSTILE.contains(&name)));
        assert_eq!(bare, hostile);
        let mut names: Vec<&str> = bare.iter().map(|(name, _)| *name).collect();
        names.sort_unstable();
        let set = [
            "COMPOSE_DISABLE_ENV_FILE",
            "COMPOSE_FILE",
            "COMPOSE_PROFILES",
            "COMPOSE_PROJECT_NAME",
            "CURL_HOME",
            "DOCKER_CLI_HINTS",
            "FACTOR12_IMAGE",
            "HTTP_PORT",
            "LC_ALL",
            "REDIS_IMAGE",
        ];
        assert_eq!(names, set);
    }

    #[test]
    fn a_variable_is_passed_on_as_it_is_or_not_at_all() {
        let of =
            |value: &str| made(|name| (name == "DOCKER_HOST").then(|| value.into()), &repository(), None);
        assert!(of("tcp://127.0.0.1:2375").contains(&("DOCKER_HOST", "tcp://127.0.0.1:2375".into())));
        assert!(!of("").iter().any(|(name, _)| *name == "DOCKER_CONTEXT"));
    }

    #[test]
    fn our_own_calls_of_docker_keep_the_way_to_the_engine_and_no_other_way_of_docker() {
        let ways: Vec<&str> = HOSTILE.into_iter().filter(|name| is_a_way(name)).collect();
        let theirs = |name: &&str| {
            ["DOCKER_", "COMPOSE_", "BUILD", "FACTOR12_", "REDIS_", "HTTP_PORT"]
                .iter()
                .any(|start| name.starts_with(start))
        };
        assert_eq!(ways, HOSTILE.into_iter().filter(theirs).collect::<Vec<_>>());
        // A registry's helper for passwords and a build by cargo may need these.
        assert!(!ENGINE.into_iter().chain(["PATH", "HTTPS_PROXY", "DBUS_SESSION_BUS_ADDRESS"]).any(is_a_way));
    }
}
