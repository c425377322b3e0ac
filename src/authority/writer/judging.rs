//! A group before it is committed: at most one proposal a subject, then the law's word on each over the ones before
//! it, with all signatures checked in one batch (law 0, section 6).

use std::collections::HashSet;

use super::{Outcome, settle};
use crate::authority::finders::Finder;
use crate::authority::refusal::{Failure, Refusal, Thing};
use crate::authority::state::StoreView;
use crate::authority::store::Write;
use crate::law;
use crate::ledger::body::{Body, Subject};
use crate::ledger::entry::Entry;
use crate::ledger::state::{Charter, Effects, Overlay};
use crate::merkle::Range;

/// A proposal on its way through the group.
pub(super) struct Candidate {
    pub(super) place: usize,
    pub(super) entry: Entry,
    pub(super) rows: Vec<Write>,
    pub(super) blobs: Vec<Vec<u8>>,
    pub(super) finders: Vec<Finder>,
}

/// What the law allows of a group, what each does, and the state after all of it.
pub(super) type Judged = (Vec<Candidate>, Vec<Effects>, (Charter, Range));

/// Whether nothing else in the group is about the subjects of this body.
pub(super) fn claim(subjects: &mut HashSet<Subject>, body: &Body) -> bool {
    let mut moved = vec![body.subject()];
    if let Body::LicenceIssued(issued) = body {
        moved.extend(issued.replaces.map(|replaces| Subject::Licence(replaces.handle)));
        moved.extend(issued.case.map(|case| Subject::Case(case.handle)));
    }
    if moved.iter().any(|subject| subjects.contains(subject)) {
        return false;
    }
    subjects.extend(moved);
    true
}

/// Asks the law about each candidate, over the ones before it, and checks all their signatures in one batch.
/// A candidate with a bad signature is dropped and the rest judged again: later ones may stand on it.
pub(super) fn judge(
    view: &StoreView<'_>,
    mut candidates: Vec<Candidate>,
    outcomes: &mut [Option<Outcome>],
) -> Judged {
    loop {
        let mut overlay = Overlay::new(view, view.range.clone());
        let mut applied = Vec::with_capacity(candidates.len());
        let mut kept = Vec::with_capacity(candidates.len());
        for candidate in candidates {
            for blob in &candidate.blobs {
                overlay.add_blob(blob.clone());
            }
            match law::apply(&overlay, &candidate.entry) {
                Ok(one) => {
                    overlay.absorb(one.pending());
                    applied.push(one);
                    kept.push(candidate);
                }
                Err(refused) => settle(outcomes, candidate.place, Outcome::Failed(failure_of(refused))),
            }
        }
        match law::discharge(applied) {
            Ok(effects) => return (kept, effects, overlay.into_parts()),
            Err((bad, violation)) => {
                let dropped = kept.remove(bad.min(kept.len().saturating_sub(1)));
                settle(outcomes, dropped.place, Outcome::Failed(violation.into()));
                candidates = kept;
            }
        }
    }
}

/// The law's no, in the words of the engine where the caller can do something about it.
fn failure_of(refused: law::Refused) -> Failure {
    match &refused {
        law::Refused::Violation(violation) if violation.rule == law::Rule::Licence => {
            Refusal::NotFound(Thing::Licence).into()
        }
        law::Refused::Violation(violation) if violation.rule == law::Rule::Frozen => {
            Refusal::NotReady(violation.to_string()).into()
        }
        _ => refused.into(),
    }
}
