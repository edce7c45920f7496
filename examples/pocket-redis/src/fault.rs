//! The errors that a client is answered, in Redis' own words.

use bytes::Bytes;

/// At most so many bytes of an unknown command and of its arguments are quoted back, as Redis
/// does it.
const QUOTED: usize = 128;

/// Why a command was refused: the text of a RESP error, its code (`ERR`, `WRONGTYPE`, …) first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault(String);

impl Fault {
    /// An error with the given text, which starts with its code. Line ends become blanks: an
    /// error is one line on the wire.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into().replace(['\r', '\n'], " "))
    }

    /// The key holds a value of another type than the command works on.
    pub fn wrong_type() -> Self {
        Self::new("WRONGTYPE Operation against a key holding the wrong kind of value")
    }

    /// A value or an argument is no integer of 64 bits.
    pub fn not_an_integer() -> Self {
        Self::new("ERR value is not an integer or out of range")
    }

    /// The options of a command make no sense.
    pub fn syntax() -> Self {
        Self::new("ERR syntax error")
    }

    /// The command `name` (in lower case) was given too few or too many arguments.
    pub fn arity(name: &str) -> Self {
        Self::new(format!("ERR wrong number of arguments for '{name}' command"))
    }

    /// There is no command of that name.
    pub fn unknown_command(request: &[Bytes]) -> Self {
        let (name, arguments) = match request {
            [name, arguments @ ..] => (clip(name, QUOTED), arguments),
            [] => (String::new(), request),
        };
        let mut quoted = String::new();
        for argument in arguments {
            let room = QUOTED.saturating_sub(quoted.len());
            if room == 0 {
                break;
            }
            quoted += &format!("'{}' ", clip(argument, room));
        }
        Self::new(format!("ERR unknown command '{name}', with args beginning with: {quoted}"))
    }

    /// The command `group` (`CLIENT`, `COMMAND`) has no such subcommand.
    pub fn unknown_subcommand(group: &str, subcommand: &[u8]) -> Self {
        let subcommand = clip(subcommand, QUOTED);
        let group = group.to_uppercase();
        Self::new(format!("ERR unknown subcommand '{subcommand}'. Try {group} HELP."))
    }

    /// The error's text, its code first.
    pub fn text(&self) -> &str {
        &self.0
    }
}

/// The first `room` bytes of what a client sent, as text.
fn clip(bytes: &[u8], room: usize) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(room)]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(words: &[&str]) -> Vec<Bytes> {
        words.iter().map(|word| Bytes::copy_from_slice(word.as_bytes())).collect()
    }

    #[test]
    fn an_unknown_command_is_quoted_with_its_arguments() {
        let fault = Fault::unknown_command(&request(&["FOO", "a", "b"]));
        let text = "ERR unknown command 'FOO', with args beginning with: 'a' 'b' ";
        assert_eq!(fault.text(), text);
    }

    #[test]
    fn a_long_argument_is_quoted_in_part() {
        let long = "x".repeat(1000);
        let fault = Fault::unknown_command(&request(&["FOO", &long, "never shown"]));
        let quoted = format!("with args beginning with: '{}' ", "x".repeat(128));
        assert!(fault.text().ends_with(&quoted), "{}", fault.text());
    }

    #[test]
    fn an_error_is_one_line() {
        let fault = Fault::unknown_command(&request(&["FOO\r\n+OK"]));
        assert!(!fault.text().contains(['\r', '\n']));
    }
}
