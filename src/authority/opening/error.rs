//! Why the service refuses to start, and what to do about it.

use crate::authority::clock_guard::ClockStepped;
use crate::authority::keyring::KeyringError;
use crate::authority::refusal::Failure;
use crate::authority::store::StoreError;
use crate::merkle::Hash;
use crate::values::identifiers::Slug;

/// Why the service refuses to start. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Data without the keys that signed it.
    #[error(
        "there is no last-signed beside these keys, but the data holds {entries} entries: give the --keys that belong to this --data"
    )]
    KeysMissing {
        /// Entries found.
        entries: u64,
    },
    /// Nothing was founded and there is nothing to found from.
    #[error(
        "nothing is founded here: found an authority with `vidimus init`, or start with empty --data and --keys for a sample"
    )]
    NotFounded,
    /// `last-signed` is damaged or not ours.
    #[error(
        "last-signed is not a checkpoint of ours: {0}. Do not delete it: find out what changed it, and restore the file as it was"
    )]
    LastSigned(String),
    /// The data is an older copy.
    #[error(
        "the data is an older copy: it holds {found} entries, but {signed} are signed. Going on would fork the ledger. Put back the newest data, or restore from a mirror or export that holds all {signed}"
    )]
    Older {
        /// Entries found.
        found: u64,
        /// Entries signed.
        signed: u64,
    },
    /// The data is another history.
    #[error(
        "the data is another history: its root at {size} is {found}, but {signed} is signed. Put back the data that belongs to these keys, or last-signed itself if it was changed"
    )]
    OtherRoot {
        /// The size signed.
        size: u64,
        /// Root of the data.
        found: Hash,
        /// Root signed.
        signed: Hash,
    },
    /// The keys are an older copy.
    #[error(
        "the keys are an older copy: the data has a checkpoint of {stored} entries, last-signed one of {signed}. Put back the newest last-signed; a restored one is an incident, not a routine"
    )]
    KeysOlder {
        /// Size of the stored checkpoint.
        stored: u64,
        /// Size of last-signed.
        signed: u64,
    },
    /// Founded under another base URL.
    #[error(
        "this authority was founded as {founded}; starting as {given} is refused. Leave --public-url out, or move it by an entry"
    )]
    OtherBaseUrl {
        /// As founded.
        founded: String,
        /// As given.
        given: String,
    },
    /// A licence type of the catalogue is not what the ledger published under the same version.
    #[error(
        "the {part} of licence type {licence_type} version {version} is not what the ledger published: put the published folder back (--schemas), and publish a change as a new version (vidimus types publish)"
    )]
    OtherType {
        /// The type.
        licence_type: Slug,
        /// Its version.
        version: u64,
        /// The file that differs.
        part: &'static str,
    },
    /// A policy for other ledgers than this one.
    #[error(
        "the policy of witnesses is for another ledger: its log lines name {named}, and this ledger's key is {ours}. Write that key \
         into its log line, or leave the line out, and start again"
    )]
    OtherPolicy {
        /// The keys that it names.
        named: String,
        /// Our newest.
        ours: String,
    },
    /// A law that this program does not know is in force.
    #[error("law {0} is in force; this program does not know it and does not write: upgrade")]
    UnknownLaw(u64),
    /// An entry beyond the signed head breaks the law, or an entry is damaged.
    #[error("entry {index}: {why}. The data is damaged: restore it, or rebuild it from an export")]
    Entry {
        /// Index.
        index: u64,
        /// Why.
        why: String,
    },
    /// The law refuses an entry of a founding that is being gone on with. Nothing after it is entered.
    #[error(
        "entry {place} of the founding ({kind}) is refused: {why}. Nothing after it is entered; hand in the registrars' approvals with `vidimus init --approval FILE ...`"
    )]
    Founding {
        /// Its place in the founding, from 0.
        place: usize,
        /// Its kind.
        kind: String,
        /// The broken rule.
        why: String,
    },
    /// The clock cannot be believed.
    #[error(transparent)]
    Clock(#[from] ClockStepped),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The keyring failed.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// Something else of ours failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}
