//! The turn on the pages' port: one user of it at a time on this machine, by the lock of a file.

use std::env;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::failure::{Failure, Result};
use crate::narration::Step;
#[cfg(unix)]
use crate::process::Program;
use crate::process::wait_for;
use crate::text;

/// Waits for the turn on a port: two that use it at once would only see each other.
///
/// # Errors
///
/// The file that says whose turn it is cannot be opened, or another has the turn for too long.
pub fn turn(port: u16) -> Result<File> {
    // One place for every user and every clone, whatever their TMPDIR.
    let folder = if cfg!(unix) { PathBuf::from("/tmp") } else { env::temp_dir() };
    let path = folder.join(format!("factor12-port-{port}.lock"));
    let file = lock(&path, port)?;
    if file.try_lock().is_ok() {
        return Ok(file);
    }
    let step = Step::begin(text!("step-turn"));
    let had = wait_for(Duration::from_secs(3600), || Ok(file.try_lock().is_ok().then_some(())))?;
    step.done("");
    had.ok_or_else(|| Failure::Failed(text!("no-turn", path = path.display())))?;
    Ok(file)
}

/// Opens the file that is locked; where that cannot be, it is said whose it is, and what to do.
fn lock(path: &Path, port: u16) -> Result<File> {
    lock_file(path).map_err(|error| match owner(path) {
        Some(owner) => Failure::Missing {
            what: text!("no-lock", path = path.display(), port = port, owner = owner),
            cure: text!("no-lock-cure", path = path.display()),
        },
        None => Failure::Failed(format!("{}: {error}", path.display())),
    })
}

/// As [`lock`]; the file is made where there is none.
fn lock_file(path: &Path) -> io::Result<File> {
    // Never "open or create": in a folder that all may write to, Linux refuses that of another user's file
    // (https://docs.kernel.org/admin-guide/sysctl/fs.html#protected-regular). To lock it, to read it is enough.
    match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        opened => return opened,
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    let made = tempfile::NamedTempFile::new_in(folder)?;
    // Whatever the umask says, the next user has to open it; so it gets its name last.
    #[cfg(unix)]
    made.as_file().set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
    match made.persist_noclobber(path) {
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => File::open(path),
        made => Ok(made?),
    }
}

/// The user whose file this is, where it is another's.
#[cfg(unix)]
fn owner(path: &Path) -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let owner = std::fs::symlink_metadata(path).ok()?.uid();
    if owner == rustix::process::geteuid().as_raw() {
        return None;
    }
    let name = Program::new("id").args(["-un", &owner.to_string()]).stdout();
    Some(name.unwrap_or_else(|_| owner.to_string()))
}

/// There nobody is named.
#[cfg(not(unix))]
fn owner(_path: &Path) -> Option<String> {
    None
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt, chown};

    use rustix::process::{Uid, geteuid};

    use super::*;

    /// The user nobody.
    const OTHER: u32 = 65534;

    /// A folder as `/tmp` is: all may write to it, and nobody removes another's files.
    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), Permissions::from_mode(0o1777)).unwrap();
        folder
    }

    /// What a thread of another user gets; only root can become one.
    fn as_another<T: Send>(job: impl FnOnce() -> T + Send) -> Option<T> {
        if !geteuid().is_root() {
            eprintln!("skipped: only root can become another user");
            return None;
        }
        std::thread::scope(|scope| {
            let thread = scope.spawn(|| {
                let other = Uid::from_raw(OTHER);
                // Of this thread alone.
                rustix::thread::set_thread_res_uid(other, other, other).unwrap();
                job()
            });
            Some(thread.join().unwrap())
        })
    }

    #[test]
    fn another_users_lock_is_waited_for_and_taken() {
        let folder = folder();
        let path = folder.path().join("lock");
        let mine = lock(&path, 8080).unwrap();
        mine.try_lock().unwrap();
        let Some(theirs) = as_another(|| lock(&path, 8080).unwrap()) else { return };
        assert!(theirs.try_lock().is_err(), "two have the turn");
        mine.unlock().unwrap();
        theirs.try_lock().unwrap();
        // And the other way round: a file that is theirs.
        fs::remove_file(&path).unwrap();
        as_another(|| drop(lock(&path, 8080).unwrap()));
        lock(&path, 8080).unwrap().try_lock().unwrap();
    }

    #[test]
    fn a_lock_that_another_user_keeps_for_themselves_is_named_with_its_owner_and_the_cure() {
        let folder = folder();
        let path = folder.path().join("lock");
        fs::write(&path, "").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        let Some(failure) = as_another(|| lock(&path, 8080).unwrap_err()) else { return };
        let said = failure.to_string();
        assert_eq!(failure.exit_code(), 2, "{said}");
        assert!(said.contains("belongs to the user root") && !said.contains("os error"), "{said}");
        assert!(said.contains(&format!("sudo chmod a+r {}", path.display())), "{said}");
        // Root reads it all the same, and so does its owner.
        lock(&path, 8080).unwrap();
        chown(&path, Some(OTHER), None).unwrap();
        as_another(|| drop(lock(&path, 8080).unwrap()));
    }
}
