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

use super::{Build, Effort, Maker, current, id, named_in, pack};

/// The name of the stand-in's image.
pub const STAND_IN: &str = "pocket-redis";

/// Our line of `.env`.
const LINE: &str = "REDIS_IMAGE=pocket-redis";

/// The image's name, and how it was had.
pub fn ensure(maker: &Maker) -> Result<(String, String)> {
    if let Some(chosen) = chosen(maker.repository)? {
        if id(&chosen)?.is_none() && !maker.load(&chosen)? {
            maker.pull(&chosen).map_err(no_disk)?;
        }
        return Ok((chosen.clone(), text!("redis-chosen", image = chosen)));
    }
    let real = real(maker.repository)?;
    if id(&real)?.is_some() {
        forget_stand_in(maker.repository)?;
        return Ok((real.clone(), text!("redis-here", image = real)));
    }
    if maker.load(&real)? {
        forget_stand_in(maker.repository)?;
        return Ok((real.clone(), text!("redis-loaded", image = real)));
    }
    let digest = maker.repository.digest(Sources::PocketRedis)?;
    let stand_in = Build { name: STAND_IN, digest: &digest };
    let stand_in_is_here = current(stand_in)?.is_some();
    if !(stand_in_is_here && maker.effort == Effort::Enough) {
        match maker.pull(&real) {
            Ok(()) => {
                forget_stand_in(maker.repository)?;
                return Ok((real.clone(), text!("redis-pulled", image = real)));
            }
            Err(Failure::Interrupted) => return Err(Failure::Interrupted),
            Err(why_not_pulled) => {
                if !stand_in_is_here {
                    pack::pack(maker, Sources::PocketRedis, stand_in).map_err(
                        |why_not_packed| match no_disk(why_not_packed) {
                            Failure::Failed(packed) => Failure::Failed(text!(
                                "redis-impossible",
                                image = real,
                                pulled = why_not_pulled,
                                packed = packed
                            )),
                            other => other,
                        },
                    )?;
                }
            }
        }
    }
    name_stand_in(maker.repository)?;
    Ok((STAND_IN.to_owned(), text!("redis-stand-in", image = STAND_IN, real = real)))
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
