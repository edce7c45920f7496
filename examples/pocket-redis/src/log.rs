//! Lines on stdout: what this process says to people and to scripts that wait for it.

use std::io::{self, Write};

/// Writes one line to stdout. A reader that has gone away is no reason to stop serving, so an
/// error is let go.
pub fn line(text: &str) {
    let mut stdout = io::stdout().lock();
    let _ = writeln!(stdout, "{text}").and_then(|()| stdout.flush());
}
