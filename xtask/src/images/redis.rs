//! The image that plays Redis: the real one, or where none can be had `pocket-redis` in its place.
//!
//! The stand-in is named to Compose by a line of ours in `.env`, which goes as soon as a real one is there.

use std::env;
use std::fs;
use std::io::ErrorKind;

use crate::engine::no_disk;
use crate::failure::{Context, Failure, Result};
use crate::repository::{Repository, Sources};
use crate::text;

use super::{Build, Effort, Found, Maker, current, id, named_in, pack};

/// The name of the stand-in's image.
pub const STAND_IN: &str = "pocket-redis";

/// Our line of `.env`.
const LINE: &str = "REDIS_IMAGE=pocket-redis";

/// The image's name, and how it was had; where neither a real one nor the stand-in is here, why not.
pub fn find(maker: &Maker) -> Result<Found> {
    if let Some(chosen) = chosen(maker.repository)? {
        if id(&chosen)?.is_none() && !maker.load(&chosen)? {
            maker.pull(&chosen).map_err(no_disk)?;
        }
        return Ok(Found::Here(chosen.clone(), text!("redis-chosen", image = chosen)));
    }
    let real = real(maker.repository)?;
    let is_here = |told| {
        forget_stand_in(maker.repository)?;
        Ok(Found::Here(real.clone(), told))
    };
    if id(&real)?.is_some() {
        return is_here(text!("redis-here", image = real));
    }
    if maker.load(&real)? {
        return is_here(text!("redis-loaded", image = real));
    }
    let digest = maker.repository.digest(Sources::PocketRedis)?;
    let stand_in_is_here = current(Build { name: STAND_IN, digest: &digest })?.is_some();
    if stand_in_is_here && maker.effort == Effort::Enough {
        return stand_in(maker, &real).map(|(name, told)| Found::Here(name, told));
    }
    match maker.pull(&real) {
        Ok(()) => is_here(text!("redis-pulled", image = real)),
        Err(Failure::Interrupted) => Err(Failure::Interrupted),
        Err(_) if stand_in_is_here => stand_in(maker, &real).map(|(name, told)| Found::Here(name, told)),
        Err(why_not) => Ok(Found::ToPack(why_not.to_string())),
    }
}

/// What there is to say of the stand-in, which is here and is named to Compose.
fn stand_in(maker: &Maker, real: &str) -> Result<(String, String)> {
    name_stand_in(maker.repository)?;
    Ok((STAND_IN.to_owned(), text!("redis-stand-in", image = STAND_IN, real = real)))
}

/// The same, of a stand-in that is packed, for a real one could not be `pulled`.
pub fn pack(maker: &Maker, to_pack: &[Sources], pulled: &str) -> Result<(String, String)> {
    let real = real(maker.repository)?;
    let digest = maker.repository.digest(Sources::PocketRedis)?;
    let image = Build { name: STAND_IN, digest: &digest };
    match pack::pack(maker, Sources::PocketRedis, to_pack, image).map_err(no_disk) {
        Ok(_) => stand_in(maker, &real),
        Err(Failure::Failed(packed)) => {
            Err(Failure::Failed(text!("redis-impossible", image = real, pulled = pulled, packed = packed)))
        }
        Err(failure) => Err(failure),
    }
}

/// The name of the real one, as the stack has it.
pub fn real(repository: &Repository) -> Result<String> {
    named_in(repository, "docker-compose.yml", "${REDIS_IMAGE:-")
}

/// The name of the image that would play Redis now, and whether it is here.
pub fn look(repository: &Repository) -> Result<(String, bool)> {
    let real = real(repository)?;
    let stand_in = dotenv(repository)?.iter().any(|line| line == LINE).then(|| STAND_IN.to_owned());
    let name = chosen(repository)?.or(stand_in).unwrap_or(real);
    let here = id(&name)?.is_some();
    Ok((name, here))
}

/// The image that the person has chosen, in the environment or in a line of their own in `.env`.
fn chosen(repository: &Repository) -> Result<Option<String>> {
    if let Some(image) = env::var("REDIS_IMAGE").ok().filter(|image| !image.is_empty()) {
        return Ok(Some(image));
    }
    let theirs: Vec<String> = dotenv(repository)?.into_iter().filter(|line| line != LINE).collect();
    let theirs = theirs.join("\n");
    // A line that cannot be read is Compose's to complain of.
    let set = dotenvy::from_read_iter(theirs.trim_start_matches('\u{feff}').as_bytes()).flatten();
    Ok(set.filter(|(name, image)| name == "REDIS_IMAGE" && !image.is_empty()).map(|(_, image)| image).last())
}

fn name_stand_in(repository: &Repository) -> Result {
    let mut lines = dotenv(repository)?;
    if lines.iter().any(|line| line == LINE) {
        return Ok(());
    }
    lines.push(LINE.to_owned());
    write_dotenv(repository, &lines)
}

fn forget_stand_in(repository: &Repository) -> Result {
    let mut lines = dotenv(repository)?;
    let before = lines.len();
    lines.retain(|line| line != LINE);
    if lines.len() == before {
        return Ok(());
    }
    write_dotenv(repository, &lines)
}

fn dotenv(repository: &Repository) -> Result<Vec<String>> {
    match fs::read_to_string(repository.root.join(".env")) {
        Ok(text) => Ok(text.lines().map(str::to_owned).collect()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error).context(|| ".env".to_owned()),
    }
}

fn write_dotenv(repository: &Repository, lines: &[String]) -> Result {
    let path = repository.root.join(".env");
    if lines.is_empty() {
        return fs::remove_file(path).context(|| ".env".to_owned());
    }
    let text = lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    fs::write(path, text).context(|| ".env".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repository(dotenv: Option<&str>) -> (tempfile::TempDir, Repository) {
        let dir = tempfile::tempdir().unwrap();
        if let Some(text) = dotenv {
            fs::write(dir.path().join(".env"), text).unwrap();
        }
        let repository = Repository { root: dir.path().to_owned(), kit: None };
        (dir, repository)
    }

    #[test]
    fn our_line_comes_and_goes_and_leaves_the_persons_lines_alone() {
        let (dir, repository) = repository(Some("HTTP_PORT=9090\n"));
        name_stand_in(&repository).unwrap();
        name_stand_in(&repository).unwrap();
        let text = || fs::read_to_string(dir.path().join(".env")).unwrap();
        assert_eq!(text(), format!("HTTP_PORT=9090\n{LINE}\n"));
        assert_eq!(chosen(&repository).unwrap(), None);
        forget_stand_in(&repository).unwrap();
        assert_eq!(text(), "HTTP_PORT=9090\n");
    }

    #[test]
    fn a_file_that_held_our_line_alone_is_removed() {
        let (dir, repository) = repository(None);
        name_stand_in(&repository).unwrap();
        forget_stand_in(&repository).unwrap();
        assert!(!dir.path().join(".env").exists());
    }

    #[test]
    fn an_image_that_the_person_names_is_theirs() {
        for line in [
            "REDIS_IMAGE=valkey:8",
            "REDIS_IMAGE=\"valkey:8\"",
            "REDIS_IMAGE='valkey:8' # mine",
            "REDIS_IMAGE=valkey:8 # mine",
            "REDIS_IMAGE=valkey:8\t# mine",
            "  export REDIS_IMAGE=valkey:8\r",
            "REDIS_IMAGE = valkey:8",
            "\u{feff}REDIS_IMAGE=valkey:8",
            "REDIS_IMAGE=other:1\n# REDIS_IMAGE=other:2\nREDIS_IMAGE=valkey:8",
            "A LINE: of another kind\nREDIS_IMAGE=valkey:8",
            "V=8\nREDIS_IMAGE=valkey:${V}",
        ] {
            let (_dir, repository) = repository(Some(line));
            assert_eq!(chosen(&repository).unwrap().as_deref(), Some("valkey:8"), "{line:?}");
        }
    }

    #[test]
    fn a_line_that_names_no_image_is_no_choice() {
        for line in
            ["REDIS_IMAGE=", "REDIS_IMAGE= # none", "# REDIS_IMAGE=valkey:8", "MY_REDIS_IMAGE=valkey:8"]
        {
            let (_dir, repository) = repository(Some(line));
            assert_eq!(chosen(&repository).unwrap(), None, "{line:?}");
        }
    }
}
