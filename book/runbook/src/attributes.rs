//! What stands behind `console` in a fence's info string: `console,stderr,timeout=30,norun="why"`.

use std::time::Duration;

use crate::rule::Rule;

/// How a step is to be run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attributes {
    /// What of stderr is compared too.
    pub stderr: Option<Stderr>,
    /// The limit of each command, where the page sets one of its own.
    pub timeout: Option<Duration>,
    /// Why the step cannot run unattended; it is shown, and not run.
    pub norun: Option<String>,
}

/// What of stderr is compared, beside stdout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stderr {
    /// All of it: both streams, in order, through one pipe.
    Whole,
    /// The lines of this program, which begin with its name and a colon, after what stdout holds. The others are those of
    /// whoever runs the program, and are different on every version of it.
    Of(String),
}

impl Attributes {
    /// Reads an info string; `None` if it is not that of a step.
    ///
    /// # Errors
    ///
    /// An attribute that is unknown, or whose value is not of its kind; or what is meant for a step and is written otherwise.
    pub fn parse(info: &str) -> Result<Option<Attributes>, Rule> {
        let mut parts = split(info);
        if parts.next().as_deref() != Some("console") {
            let is_meant = language(info).eq_ignore_ascii_case("console");
            return if is_meant { Err(Rule::BadInfo(info.to_owned())) } else { Ok(None) };
        }
        let mut attributes = Attributes::default();
        for part in parts {
            let (name, value) =
                part.split_once('=').map_or((part.as_str(), None), |(name, value)| (name, Some(value)));
            match (name, value) {
                ("stderr", None) => attributes.stderr = Some(Stderr::Whole),
                ("stderr", Some(program)) if is_program(program) => {
                    attributes.stderr = Some(Stderr::Of(program.to_owned()));
                }
                ("timeout", Some(seconds)) => {
                    let seconds = seconds.parse().ok().filter(|seconds| *seconds > 0);
                    let seconds = seconds.ok_or_else(|| Rule::BadAttribute(part.clone()))?;
                    attributes.timeout = Some(Duration::from_secs(seconds));
                }
                ("norun", value) => {
                    let why = value.map(|why| why.trim_matches('"').trim()).filter(|why| !why.is_empty());
                    attributes.norun = Some(why.ok_or(Rule::NorunWithoutReason)?.to_owned());
                }
                _ => return Err(Rule::BadAttribute(part)),
            }
        }
        Ok(Some(attributes))
    }
}

fn is_program(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// The language that an info string names: its first word.
pub fn language(info: &str) -> &str {
    info.trim().split(|c: char| c == ',' || c == '{' || c.is_whitespace()).next().unwrap_or_default()
}

/// The parts of an info string between its commas; a comma in quotes belongs to its part.
fn split(info: &str) -> impl Iterator<Item = String> {
    let mut parts = vec![String::new()];
    let mut quoted = false;
    for c in info.trim().chars() {
        quoted ^= c == '"';
        match parts.last_mut() {
            Some(part) if c != ',' || quoted => part.push(c),
            _ => parts.push(String::new()),
        }
    }
    parts.into_iter().map(|part| part.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fence_of_another_language_is_no_step() {
        for info in ["", "rust", "sh", "consoles", "text,console"] {
            assert_eq!(Attributes::parse(info), Ok(None), "{info}");
        }
    }

    #[test]
    fn what_is_meant_for_a_step_and_written_otherwise_is_an_error() {
        for info in [
            "console timeout=300",
            "console stderr",
            "console {.wide}",
            "console{.wide}",
            "Console",
            "CONSOLE,stderr",
        ] {
            assert_eq!(Attributes::parse(info), Err(Rule::BadInfo(info.to_owned())));
        }
    }

    #[test]
    fn the_attributes_are_read_with_commas_in_quotes() {
        let read = Attributes::parse(r#"console, stderr,timeout=30,norun="it asks, and waits""#);
        let expected = Attributes {
            stderr: Some(Stderr::Whole),
            timeout: Some(Duration::from_secs(30)),
            norun: Some("it asks, and waits".to_owned()),
        };
        assert_eq!(read, Ok(Some(expected)));
    }

    #[test]
    fn an_attribute_that_is_unknown_or_malformed_is_an_error() {
        for part in ["quiet", "stderr=", "timeout", "timeout=", "timeout=0", "timeout=1s", "timeout=-1", ""] {
            let read = Attributes::parse(&format!("console,{part}"));
            assert_eq!(read, Err(Rule::BadAttribute(part.to_owned())));
        }
        for part in ["norun", "norun=", r#"norun="""#, r#"norun=" ""#] {
            assert_eq!(Attributes::parse(&format!("console,{part}")), Err(Rule::NorunWithoutReason));
        }
    }
}
