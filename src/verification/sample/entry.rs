//! The licence's entry, what the ledger says of it, and its receipt. The tree is hashed as RFC 6962 writes it, not
//! by the code under test.

use super::{INDEX, MARKET, PLACE, SIZE, Sample, entered, handle, seed};
use crate::crypto::{Digest, PrivateKey};
use crate::ledger::body::{Body, LicenceIssued};
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::entry::Unsigned;
use crate::ledger::receipt::Receipt;
use crate::ledger::state::{Event, Granted, LicenceState};
use crate::merkle::{Hash, leaf, node};
use crate::note::{Scheme, VerifierKey};
use crate::values::standing::Standing;

impl Sample {
    /// The state of the licence whose credential has this digest, never acted upon.
    pub(in crate::verification) fn state(&self, digest: Digest) -> LicenceState {
        let body = self.body(digest);
        LicenceState {
            handle: body.handle,
            granted: Granted::Issued,
            licence_type: body.r#type,
            version: body.version,
            department: body.department,
            region: body.region,
            power: body.power,
            credential_key: body.credential_key,
            credential_digest: digest,
            valid_from: body.valid_from,
            valid_until: body.valid_until,
            status: body.status,
            carriers: Vec::new(),
            events: vec![Event { index: INDEX, time: entered(), standing: Standing::Valid }],
            last: Digest([0; 32]),
            replaces: None,
            replaced_by: None,
            erased: false,
        }
    }

    pub(in crate::verification) fn body(&self, digest: Digest) -> LicenceIssued {
        LicenceIssued {
            approvals: Vec::new(),
            case: None,
            commitment: Digest([1; 32]),
            credential_digest: digest,
            credential_key: self.key.id(),
            department: MARKET.parse().unwrap(),
            handle: handle(),
            not_after: None,
            power: "p-1".parse().unwrap(),
            region: "110000".parse().unwrap(),
            replaces: None,
            status: PLACE,
            r#type: "business-licence".parse().unwrap(),
            valid_from: "2026-06-01".parse().unwrap(),
            valid_until: Some("2027-05-31".parse().unwrap()),
            version: 1,
        }
    }

    /// A receipt for an entry with this body at [`INDEX`] of a tree of [`SIZE`].
    pub(in crate::verification) fn receipt(&self, body: Body) -> String {
        let unsigned = Unsigned { body, key: seed(20).id(), prev: None, time: entered() };
        let entry = unsigned.sign(&"a.test/log".parse().unwrap(), &seed(20)).unwrap();
        self.receipt_for(entry.bytes(), &self.log)
    }

    pub(in crate::verification) fn receipt_for(&self, bytes: &[u8], log: &PrivateKey) -> String {
        let leaves: Vec<Hash> = (0..SIZE)
            .map(|index| if index == INDEX { leaf(bytes) } else { leaf(&index.to_be_bytes()) })
            .collect();
        let checkpoint = Checkpoint::new("a.test/log".parse().unwrap(), SIZE, root(&leaves).0);
        let note = checkpoint.sign(log, &[]).unwrap();
        let path = path(usize::try_from(INDEX).unwrap(), &leaves).into_iter().map(|hash| hash.0).collect();
        Receipt::new(Some(bytes.to_vec()), INDEX, path, note).unwrap().to_string()
    }
}

/// The key that pins a log of ours.
pub(in crate::verification) fn log_key(key: &PrivateKey) -> VerifierKey {
    VerifierKey::of("a.test/log".parse().unwrap(), Scheme::Ed25519, key.public()).unwrap()
}

/// RFC 6962 section 2.1, as it is written there.
fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [one] => *one,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            node(&root(left), &root(right))
        }
    }
}

/// RFC 6962 section 2.1.1, as it is written there.
fn path(index: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let (left, right) = leaves.split_at(split(leaves.len()));
    let (mut inner, sibling) = if index < left.len() {
        (path(index, left), root(right))
    } else {
        (path(index - left.len(), right), root(left))
    };
    inner.push(sibling);
    inner
}

fn split(length: usize) -> usize {
    length.next_power_of_two() / 2
}
