//! What was not run, told at the end: of this program and, where cargo runs several, of those before it.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io;
use std::path::PathBuf;

/// What a machine lacks, and what would change that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Missing {
    /// Why a test cannot be run.
    pub reason: &'static str,
    /// The one command or package that it takes.
    pub cure: &'static str,
}

/// How many tests were not run: by the program that holds them, the reason and the cure.
type Counts = BTreeMap<[String; 3], usize>;

/// Tells how many tests were not run.
pub fn tell(own: &BTreeMap<Missing, usize>) {
    let program = env::current_exe().unwrap_or_default().display().to_string();
    let place = Place::of_this_cargo();
    let mut counts = place.as_ref().and_then(Place::read).unwrap_or_default();
    counts.retain(|[whose, ..], _| *whose != program);
    for (missing, number) in own {
        counts.insert([program.clone(), missing.reason.to_owned(), missing.cure.to_owned()], *number);
    }
    // What cannot be kept is told by this program alone.
    if let Some(place) = place {
        place.write(&counts).ok();
    }
    eprint!("{}", table(&counts));
}

fn table(counts: &Counts) -> String {
    let all: usize = counts.values().sum();
    if all == 0 {
        return String::new();
    }
    let mut lines = BTreeMap::new();
    for ([_, reason, cure], number) in counts {
        *lines.entry((reason, cure)).or_insert(0) += number;
    }
    let mut lines: Vec<_> = lines.into_iter().collect();
    lines.sort_by_key(|(_, number)| Reverse(*number));
    let head = format!("Not run on this machine, {all} {}:\n", if all == 1 { "test" } else { "tests" });
    let lines = lines.iter().map(|((reason, cure), number)| format!("  {number:>4}  {reason}: {cure}\n"));
    head + &lines.collect::<String>() + "\n"
}

/// Where the programs that one cargo runs, one after the other, leave their counts: beside themselves, under cargo's id.
struct Place {
    file: PathBuf,
    cargo: String,
}

impl Place {
    #[cfg(unix)]
    fn of_this_cargo() -> Option<Place> {
        let cargo = std::os::unix::process::parent_id().to_string();
        Some(Place { file: env::current_exe().ok()?.parent()?.join("tests-not-run"), cargo })
    }

    #[cfg(not(unix))]
    fn of_this_cargo() -> Option<Place> {
        None
    }

    fn read(&self) -> Option<Counts> {
        let text = fs::read_to_string(&self.file).ok()?;
        let (whose, lines) = text.split_once('\n')?;
        let count = |line: &str| {
            let mut parts = line.split('\t').map(str::to_owned);
            let key = [parts.next()?, parts.next()?, parts.next()?];
            Some((key, parts.next()?.parse().ok()?))
        };
        (whose == self.cargo).then(|| lines.lines().filter_map(count).collect())
    }

    fn write(&self, counts: &Counts) -> io::Result<()> {
        let lines = counts.iter().map(|(key, number)| format!("{}\t{number}\n", key.join("\t")));
        fs::write(&self.file, format!("{}\n{}", self.cargo, lines.collect::<String>()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts<const N: usize>(counts: [(&str, &str, &str, usize); N]) -> Counts {
        let count = |(program, reason, cure, number)| ([program, reason, cure].map(str::to_owned), number);
        counts.map(count).into()
    }

    #[test]
    fn what_was_not_run_is_told_by_reason_the_most_first() {
        let counts_of_two = counts([
            ("app", "no engine", "start Docker", 4),
            ("app", "no redis-server", "install it", 2),
            ("tasks", "no engine", "start Docker", 7),
        ]);
        let told = "Not run on this machine, 13 tests:\n    11  no engine: start Docker\n     2  no redis-server: install it\n\n";
        assert_eq!(table(&counts_of_two), told);
        let one = table(&counts([("app", "a", "b", 1)]));
        assert_eq!(one.lines().next(), Some("Not run on this machine, 1 test:"));
        assert_eq!(table(&Counts::new()), "");
    }

    #[test]
    fn counts_are_those_of_the_programs_that_this_cargo_ran() {
        let counts = counts([("app", "no engine", "start Docker", 3)]);
        let folder = tempfile::tempdir().unwrap();
        let mut place = Place { file: folder.path().join("counts"), cargo: "17".to_owned() };
        assert_eq!(place.read(), None);
        place.write(&counts).unwrap();
        assert_eq!(place.read(), Some(counts));
        place.cargo = "18".to_owned();
        assert_eq!(place.read(), None);
    }
}
