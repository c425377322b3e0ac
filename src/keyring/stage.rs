//! How far founding has come in a directory, told from the names in it, before anything is opened or locked.

use std::io::ErrorKind;
use std::path::Path;

use super::KeysError;
use super::folder::{io, is_unfinished};

pub(super) const LOCK: &str = "lock";
pub(super) const LAST_SIGNED: &str = "last-signed";
pub(super) const FOUNDING: &str = "founding.json";
pub(super) const CEREMONIES: &str = "ceremonies";
pub(super) const PRIVATE: &str = "private";
pub(super) const SECRETS: &str = "secrets";
pub(super) const POLICY: &str = "witnesses.policy";
pub(super) const TOKENS: &str = "tokens";
pub(super) const TOKEN_TABLE: &str = "tokens.json";
pub(super) const TOKEN_LOCK: &str = "tokens.lock";

/// How far founding has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// Nothing there, or nothing that says anything: a lock, empty directories, files half-written.
    Empty,
    /// A founding that is written down, or secrets, but no `last-signed` yet: a crash while founding, which may go on.
    Begun,
    /// Private keys or tokens without `last-signed` and without a founding: no crash leaves this. They have most likely
    /// signed a ledger.
    Severed,
    /// There is a `last-signed`.
    Founded,
    /// Nothing of ours, but files of somebody else's.
    Foreign {
        /// One of them.
        name: String,
    },
}

/// Whether the directory is absent or empty, so that a sample may be founded in it.
pub fn is_empty(path: &Path) -> Result<bool, KeysError> {
    Ok(stage(path)? == Stage::Empty)
}

/// Looks at a directory of keys.
pub fn stage(path: &Path) -> Result<Stage, KeysError> {
    let listing = match std::fs::read_dir(path) {
        Ok(listing) => listing,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Stage::Empty),
        Err(error) => return Err(io("list", path)(error)),
    };
    let (mut begun, mut written, mut held) = (false, false, false);
    let mut foreign = None;
    for entry in listing {
        let name = entry.map_err(io("list", path))?.file_name().to_string_lossy().into_owned();
        match name.as_str() {
            LAST_SIGNED => return Ok(Stage::Founded),
            FOUNDING => written = true,
            TOKEN_TABLE => held = true,
            PRIVATE | TOKENS => held |= holds_something(&path.join(&name))?,
            SECRETS => begun |= holds_something(&path.join(&name))?,
            // A volume that is a file system of its own has this one at birth.
            LOCK | TOKEN_LOCK | CEREMONIES | POLICY | "lost+found" => {}
            unfinished if is_unfinished(unfinished) => {}
            _ => foreign = Some(name),
        }
    }
    Ok(match foreign {
        _ if held && !written => Stage::Severed,
        _ if begun || written => Stage::Begun,
        Some(name) => Stage::Foreign { name },
        None => Stage::Empty,
    })
}

fn holds_something(path: &Path) -> Result<bool, KeysError> {
    for entry in std::fs::read_dir(path).map_err(io("list", path))? {
        let name = entry.map_err(io("list", path))?.file_name();
        if !is_unfinished(&name.to_string_lossy()) {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn founding_seen_from_outside() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("keys");
        assert!(is_empty(&path).unwrap(), "absent");
        fs::create_dir_all(path.join(PRIVATE)).unwrap();
        fs::write(path.join(LOCK), "").unwrap();
        fs::write(path.join(".last-signed.new"), "half").unwrap();
        fs::write(path.join(PRIVATE).join(".a.pem.new"), "half").unwrap();
        assert!(is_empty(&path).unwrap(), "nothing whole");
        fs::write(path.join("notes.txt"), "").unwrap();
        assert_eq!(stage(&path).unwrap(), Stage::Foreign { name: "notes.txt".to_owned() });
        fs::write(path.join(PRIVATE).join("a.pem"), "").unwrap();
        assert_eq!(stage(&path).unwrap(), Stage::Severed, "keys that no founding speaks of");
        fs::write(path.join(FOUNDING), "null").unwrap();
        assert_eq!(stage(&path).unwrap(), Stage::Begun);
        fs::write(path.join(TOKEN_TABLE), "").unwrap();
        assert_eq!(stage(&path).unwrap(), Stage::Begun);
        fs::remove_file(path.join(FOUNDING)).unwrap();
        fs::remove_dir_all(path.join(PRIVATE)).unwrap();
        assert_eq!(stage(&path).unwrap(), Stage::Severed, "tokens are made after last-signed");
        fs::write(path.join(LAST_SIGNED), "").unwrap();
        assert_eq!(stage(&path).unwrap(), Stage::Founded);
        assert!(stage(&path.join(LOCK)).is_err(), "not a directory");
    }
}
