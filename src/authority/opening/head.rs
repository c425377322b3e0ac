//! The head that is gone on from: `last-signed`, the tree under it and the stored checkpoint must agree; what lies
//! beyond is replayed by the law and signed.

use super::replay::{range_at, replay};
use super::{OpenError, Opening};
use crate::authority::head::signed_checkpoint;
use crate::authority::store::{Row, Write};
use crate::crypto::KeyPurpose;
use crate::ledger::body::Owner;
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::state::Charter;
use crate::merkle::{Hash, Range};
use crate::note::{KeyName, Note, Scheme, VerifierKey};

/// A head that adds up.
pub(super) struct Opened {
    pub(super) charter: Charter,
    pub(super) range: Range,
    pub(super) checkpoint: Note,
    /// The checkpoint as it stands in the keyring.
    pub(super) last_signed: String,
}

impl Opening {
    pub(super) fn check_head(&self) -> Result<Opened, OpenError> {
        let store = self.store.as_ref();
        let head = store.head()?;
        let Some(last_signed) = self.keyring.last_signed()? else {
            return Err(if head.size > 0 {
                OpenError::KeysMissing { entries: head.size }
            } else {
                OpenError::NotFounded
            });
        };
        let note: Note = last_signed.parse().map_err(|error| last_signed_error(&error))?;
        let signed: Checkpoint = note.text().parse().map_err(|error| last_signed_error(&error))?;
        if head.size < signed.size {
            return Err(OpenError::Older { found: head.size, signed: signed.size });
        }
        if head.size == 0 && self.founding.is_none() {
            return Err(OpenError::NotFounded);
        }
        let range = range_at(store, signed.size)?;
        let signed_root = Hash(signed.root);
        if range.root() != signed_root {
            return Err(OpenError::OtherRoot { size: signed.size, found: range.root(), signed: signed_root });
        }
        let stored = self.check_stored_checkpoint(signed.size)?;
        let (charter, range) = replay(store, range, head.size)?;
        self.check_signature(&note, &charter)?;
        if stored.as_deref() != Some(last_signed.as_str()) {
            store.put(vec![Write::set(Row::Checkpoint, last_signed.as_str())])?;
        }
        if head.size == signed.size {
            return Ok(Opened { charter, range, checkpoint: note, last_signed });
        }
        // What was committed before the crash is under no checkpoint yet: it adds up, so it is signed now.
        let checkpoint = signed_checkpoint(self.keyring.as_ref(), &charter, &range)?;
        let now_signed = checkpoint.to_string();
        self.keyring.replace_last_signed(Some(&last_signed), &now_signed)?;
        store.put(vec![Write::set(Row::Checkpoint, now_signed.as_str())])?;
        Ok(Opened { charter, range, checkpoint, last_signed: now_signed })
    }

    /// The stored checkpoint may be older than `last-signed`, never newer.
    fn check_stored_checkpoint(&self, signed: u64) -> Result<Option<String>, OpenError> {
        let stored = self.store.get(&Row::Checkpoint)?;
        let text = stored.and_then(|bytes| String::from_utf8(bytes).ok());
        let size = text
            .as_deref()
            .and_then(|text| text.parse::<Note>().ok())
            .and_then(|note| note.text().parse::<Checkpoint>().ok())
            .map(|checkpoint| checkpoint.size);
        if let Some(stored) = size.filter(|stored| *stored > signed) {
            return Err(OpenError::KeysOlder { stored, signed });
        }
        Ok(text)
    }

    /// `last-signed` verifies under our own checkpoint key and origin.
    fn check_signature(&self, note: &Note, charter: &Charter) -> Result<(), OpenError> {
        let refused = |why: &str| OpenError::LastSigned(why.to_owned());
        let Some(origin) = charter.origin() else {
            // Nothing is entered yet: the checkpoint key is the one that founding names.
            return Ok(());
        };
        let name: KeyName = origin.as_str().parse().map_err(|error| last_signed_error(&error))?;
        let keys: Vec<VerifierKey> = charter
            .keys_of(&Owner::Authority, KeyPurpose::Checkpoint)
            .into_iter()
            .filter(|(id, _)| self.keyring.key(id).is_some())
            .filter_map(|(_, held)| VerifierKey::of(name.clone(), Scheme::Ed25519, &held.value.public).ok())
            .collect();
        if keys.is_empty() {
            return Err(refused("the checkpoint key of this ledger is not among these keys"));
        }
        let checkpoint: Checkpoint = note.text().parse().map_err(|error| last_signed_error(&error))?;
        if checkpoint.origin != name {
            return Err(refused("it is of another origin"));
        }
        note.verify(&keys).map(drop).map_err(|error| last_signed_error(&error))
    }
}

fn last_signed_error(error: &dyn std::fmt::Display) -> OpenError {
    OpenError::LastSigned(error.to_string())
}
