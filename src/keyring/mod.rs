//! Floor 6: what lies under `--keys` (law 0, sections 4 and 8): private keys, the vault's secrets, `last-signed`, and
//! tokens. `keys/README.md` says what each file is. Not here: certificates, which are public and lie in the ledger.
//!
//! The order of writing makes a crash harmless: keys and secrets first, `last-signed` after them; each file is written
//! beside, made durable and renamed, so that what has its name is whole.

mod file;
mod folder;
mod memory;
mod passphrase;
mod private;
mod secrets;
mod stage;
#[cfg(test)]
mod suite;
pub mod tokens;
mod witness;
mod wording;

use std::path::PathBuf;

pub use file::FileKeyring;
pub use memory::MemoryKeyring;
pub use passphrase::Passphrase;
pub use private::HeldKey;
pub use secrets::epoch_key;
pub use stage::{Stage, is_empty, stage};
pub use witness::WitnessFolder;

use crate::crypto::private_key::PrivateKeyError;
use crate::crypto::{KeyId, KeyPurpose};

/// Why a file under `--keys` could not be used, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// Another process holds the lock.
    #[error("{}: another server runs with these keys; stop it, or name another directory with --keys", path.display())]
    Locked {
        /// The lock.
        path: PathBuf,
    },
    /// There is a `last-signed` where founding wanted to begin.
    #[error("{}: these keys have signed before; to found anew, name an empty directory with --keys", path.display())]
    Founded {
        /// The directory.
        path: PathBuf,
    },
    /// Keys or tokens without `last-signed` and without a founding.
    #[error(
        "{}: holds keys or tokens but neither last-signed nor founding.json; put back the whole directory as it was",
        path.display()
    )]
    Severed {
        /// The directory.
        path: PathBuf,
    },
    /// Files that are not ours where founding wanted to begin.
    #[error("{}: holds {name:?}, which is not ours; name an empty directory with --keys", path.display())]
    Foreign {
        /// The directory.
        path: PathBuf,
        /// One such file.
        name: String,
    },
    /// A file that others than its owner may read or write.
    #[error("{}: others may use it (mode {mode:04o}); chmod 600 {}", path.display(), path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// A directory that others than its owner may write to, and so put other keys in.
    #[error("{}: others may write to it (mode {mode:04o}); chmod 700 {}", path.display(), path.display())]
    Shared {
        /// The directory.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// A directory, a device, or a symbolic link where a file of ours should be.
    #[error("{}: not a plain file; put the file itself there", path.display())]
    NotAFile {
        /// What stands there.
        path: PathBuf,
    },
    /// Larger than any file of ours.
    #[error("{}: more than {limit} bytes; it is not ours", path.display())]
    Large {
        /// The file.
        path: PathBuf,
        /// The most we would have written.
        limit: u64,
    },
    /// A file without which nothing can go on.
    #[error("{}: missing; restore it from the backup made with these keys", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// A witness without what it cosigned.
    #[error(
        "{}: missing; without it this witness does not know what it cosigned: retire its key and make another with vidimus witness init",
        path.display()
    )]
    Forgotten {
        /// The folder.
        path: PathBuf,
    },
    /// A file that holds something else.
    #[error("{}: {reason}; restore it from the backup made with these keys", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A key that cannot be read, or not with this passphrase.
    #[error("{}: {source}", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: PrivateKeyError,
    },
    /// A key in the clear, though a passphrase was given: somebody believes it is encrypted.
    #[error(
        "{}: not encrypted, though a passphrase was given; encrypt it (openssl pkcs8 -topk8 -scrypt) or give none",
        path.display()
    )]
    Clear {
        /// The file.
        path: PathBuf,
    },
    /// A key under another key's name.
    #[error("{}: holds the key {found}; give it its own name back", path.display())]
    Misnamed {
        /// The file.
        path: PathBuf,
        /// The key inside.
        found: KeyId,
    },
    /// One key, one purpose, one owner.
    #[error("the key {id} is held already, as the {purpose} key of {owner}")]
    Held {
        /// The key.
        id: KeyId,
        /// Its purpose.
        purpose: KeyPurpose,
        /// Its owner.
        owner: String,
    },
    /// An owner that cannot stand in a file name.
    #[error("{owner:?} cannot own a key; an owner is a credit code or a slug of at most 64 characters")]
    Owner {
        /// What was given.
        owner: String,
    },
    /// A passphrase file whose first line is empty.
    #[error("{}: the first line is empty; write the passphrase there", path.display())]
    NoPassphrase {
        /// The file.
        path: PathBuf,
    },
    /// A write failed earlier; what is on the disk is not known.
    #[error("an earlier write to the keys failed; mend the disk and start again")]
    Broken,
    /// The system refused.
    #[error("{}: cannot {doing}: {source}", path.display())]
    Io {
        /// What was being done.
        doing: &'static str,
        /// To which file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}
