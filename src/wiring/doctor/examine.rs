//! Looking at this machine: disks, the keys' permissions, the data directory of a service that is not running, the
//! tokens, the clock. Nothing is changed, and a service that runs is not disturbed.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use rustix::fs::{Access, access, statvfs};

use super::{Disk, Known, Place, Seen, TokenEnd};
use crate::authority::Readiness;
use crate::authority::store::{Row, Store as _};
use crate::keyring::tokens::TokenTable;
use crate::ledger::checkpoint::Checkpoint;
use crate::note::Note;
use crate::store::journal::Lying;
use crate::store::{OpenError, SledStore};
use crate::values::identifiers::Origin;

/// Where systemd-timesyncd says that it has synchronised.
const TIMESYNC: &str = "/run/systemd/timesync";

/// The data directory, and the ledger in it unless a service holds it.
pub fn data(path: &Path, known: &mut Known) {
    known.places.push(place("--data", path));
    if !path.join("db").exists() {
        known.ledger = Seen::Unreachable(format!("there is no ledger in {}", path.display()));
        return;
    }
    known.ledger = match SledStore::open(path) {
        Err(OpenError::InUse(_)) => Seen::InUse,
        Err(error) => Seen::Unreachable(error.to_string()),
        Ok(store) => match Readiness::of_store(&store) {
            Err(failure) => Seen::Unreachable(failure.to_string()),
            Ok(readiness) => {
                known.journaled = store.get(&Row::Mark).ok().map(|mark| mark.is_some());
                let checkpoint = store.get(&Row::Checkpoint).ok().flatten();
                let text = checkpoint.and_then(|bytes| String::from_utf8(bytes).ok());
                known.stored =
                    text.and_then(|text| checkpoint_of(&text).ok()).map(|checkpoint| checkpoint.size);
                Seen::Inside { readiness: Box::new(readiness), running: false }
            }
        },
    };
}

/// The directory of keys: who may read it, `last-signed`, tokens.
pub fn keys(path: &Path, known: &mut Known) {
    known.places.push(place("--keys", path));
    exposed(path, &mut known.exposed);
    let signed = path.join("last-signed");
    if signed.exists() {
        let text = std::fs::read_to_string(&signed).map_err(|error| error.to_string());
        let checkpoint = text.and_then(|text| checkpoint_of(&text));
        if let Ok(checkpoint) = &checkpoint
            && checkpoint.origin.as_str().parse().is_ok_and(|origin: Origin| !origin.is_sample())
        {
            known.chosen = Some(path.join("witnesses.policy").exists());
        }
        known.signed = Some(checkpoint.map(|checkpoint| checkpoint.size));
    }
    if let Ok(table) = TokenTable::load(path)
        && let Ok(records) = table.list()
    {
        let live = records.into_iter().filter(|record| record.revoked.is_none());
        known.tokens =
            live.map(|record| TokenEnd { name: record.name.to_string(), expires: record.expires }).collect();
    }
}

/// The directory of the journal.
pub fn journal(path: &Path, known: &mut Known) {
    known.places.push(place("--journal", path));
    known.journal = Some((path.to_owned(), Lying::in_folder(path).map_err(|error| error.to_string())));
}

/// Whether this machine's time service has synchronised, where that can be told.
pub fn synchronised() -> Option<bool> {
    let folder = Path::new(TIMESYNC);
    folder.is_dir().then(|| folder.join("synchronized").exists())
}

fn checkpoint_of(note: &str) -> Result<Checkpoint, String> {
    let note: Note = note.parse().map_err(|error| format!("{error}"))?;
    note.text().parse().map_err(|error| format!("{error}"))
}

fn place(flag: &'static str, path: &Path) -> Place {
    let found = statvfs(path).map_err(|error| error.to_string()).map(|disk| Disk {
        free: disk.f_bavail.saturating_mul(disk.f_frsize),
        total: disk.f_blocks.saturating_mul(disk.f_frsize),
        files_free: (disk.f_files > 0).then_some(disk.f_favail),
        writable: access(path, Access::WRITE_OK | Access::EXEC_OK).is_ok(),
    });
    Place { flag, path: path.to_owned(), found }
}

/// Files that others than their owner may use.
fn exposed(path: &Path, found: &mut Vec<String>) {
    let Ok(listing) = std::fs::read_dir(path) else { return };
    for entry in listing.filter_map(Result::ok) {
        let path = entry.path();
        let Ok(metadata) = std::fs::symlink_metadata(&path) else { continue };
        if metadata.is_dir() {
            exposed(&path, found);
        } else if metadata.permissions().mode() & 0o077 != 0 {
            found.push(format!("chmod 600 {}", path.display()));
        }
    }
}
