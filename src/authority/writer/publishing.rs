//! The back half of the writer: what was committed is brought under a signed checkpoint, `last-signed` is replaced, and only
//! then is it shown and proved (law 0, section 5, step 4).

use std::sync::Arc;

use super::{Attempt, Committed, Outcome, halted};
use crate::authority::blocks::BLOCK;
use crate::authority::finders::{Finder, Finders};
use crate::authority::head::signed_checkpoint;
use crate::authority::keyring::Keyring;
use crate::authority::refusal::{Failure, Fault, Refusal};
use crate::authority::state::{Published, Window};
use crate::authority::store::{Row, Store, Write};
use crate::authority::tiles::{EdgeTiles, Proofs};
use crate::crypto::Digest;
use crate::ledger::body::StatusPlace;
use crate::ledger::entry::Entry;
use crate::ledger::receipt::Receipt;
use crate::ledger::state::Charter;
use crate::merkle::Range;
use crate::note::Note;

/// Signs heads and shows them. There is one, and nothing else replaces `last-signed` while the service runs.
pub struct Publisher {
    pub(super) store: Arc<dyn Store>,
    pub(super) keyring: Arc<dyn Keyring>,
    pub(super) window: Arc<Window>,
    pub(super) finders: Arc<Finders>,
    pub(super) last_signed: String,
}

/// Entries that are durable and under no signed checkpoint yet: nobody may see them. With the state after them.
pub struct Entered {
    pub(super) charter: Charter,
    pub(super) range: Range,
    pub(super) edge: EdgeTiles,
    pub(super) statuses: Vec<(StatusPlace, u8)>,
    pub(super) entries: Vec<NewEntry>,
}

/// One of them, with its place in the group that was proposed.
pub(super) struct NewEntry {
    pub(super) place: usize,
    pub(super) entry: Entry,
    pub(super) index: u64,
    pub(super) leaf: Digest,
    pub(super) finders: Vec<Finder>,
}

/// What was committed of a group, each with its place there.
pub type Shown = Vec<(usize, Committed)>;

impl Publisher {
    /// Brings what an attempt committed under a checkpoint; one outcome a proposal, in order.
    pub fn settle(&mut self, mut attempt: Attempt) -> Vec<Outcome> {
        let shown = self.publish(attempt.entered.take());
        attempt.settled(shown)
    }

    /// Brings a group under a checkpoint, if one was committed. If that fails, writing ends until restart.
    pub(super) fn publish(&mut self, group: Option<Entered>) -> Result<Shown, Failure> {
        if let Some(why) = self.window.halted() {
            return Err(Refusal::NotReady(why.to_owned()).into());
        }
        let Some(group) = group else { return Ok(Shown::new()) };
        self.try_publish(group).map_err(|failure| halted(&self.window, failure))
    }

    fn try_publish(&mut self, group: Entered) -> Result<Shown, Failure> {
        let Entered { charter, range, edge, statuses, entries } = group;
        let (size, checkpoint) = (range.size(), self.sign_checkpoint(&charter, &range)?);
        self.window.publish(Published::new(charter, range, checkpoint.clone()), &statuses);
        for new in &entries {
            self.finders.add(new.index / BLOCK, &new.finders);
        }
        let proofs = edge.proofs(self.store.as_ref(), size);
        entries.iter().map(|new| Ok((new.place, committed(new, &proofs, &checkpoint)?))).collect()
    }

    /// Signs the new head in memory, replaces `last-signed`, and only then stores it.
    fn sign_checkpoint(&mut self, charter: &Charter, range: &Range) -> Result<Note, Failure> {
        let note = signed_checkpoint(self.keyring.as_ref(), charter, range)?;
        let text = note.to_string();
        self.keyring.replace_last_signed(Some(&self.last_signed), &text)?;
        self.last_signed.clone_from(&text);
        self.store.put(vec![Write::set(Row::Checkpoint, text)])?;
        Ok(note)
    }
}

fn committed(new: &NewEntry, proofs: &Proofs<'_>, checkpoint: &Note) -> Result<Committed, Failure> {
    let NewEntry { entry, index, leaf, .. } = new;
    Ok(Committed { index: *index, leaf: *leaf, receipt: receipt(entry, *index, proofs, checkpoint)? })
}

fn receipt(entry: &Entry, index: u64, proofs: &Proofs<'_>, checkpoint: &Note) -> Result<String, Failure> {
    let proof = proofs.of(index).map_err(|error| Fault::Damaged(error.to_string()))?;
    let path = proof.path.iter().map(|hash| hash.0).collect();
    let receipt = Receipt::new(Some(entry.bytes().to_vec()), index, path, checkpoint.clone())
        .map_err(|error| Fault::Damaged(error.to_string()))?;
    Ok(receipt.to_string())
}
