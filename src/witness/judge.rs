//! The judgement of a witness (C2SP tlog-witness, `add-checkpoint`): pure, in the order in which the specification lets one
//! refusal go before another. First who says it, then whether it follows from what was cosigned last.

use super::Followed;
use crate::ledger::checkpoint::{Checkpoint, CheckpointError};
use crate::ledger::submission::{Submission, SubmissionError};
use crate::merkle::{Hash, ProofError};
use crate::note::{KeyName, NoteError, VerifierKey};

/// Why a checkpoint is not cosigned. Each has one status, which `http` gives it.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// 400: cannot be read.
    #[error(transparent)]
    Malformed(#[from] SubmissionError),
    /// 400: signed by the log, and yet no checkpoint.
    #[error(transparent)]
    NoCheckpoint(CheckpointError),
    /// 404: nobody asked this witness to follow that log.
    #[error("this witness does not follow {0:?}")]
    UnknownLog(String),
    /// 403: no line by a key of the log, or a bad one.
    #[error("not signed by {origin}: {source}")]
    NotSigned {
        /// The log.
        origin: KeyName,
        /// What is wrong.
        source: NoteError,
    },
    /// 400: the old tree is the larger one.
    #[error("old is {old}, and the checkpoint has {size}")]
    OldBeyond {
        /// The size stated.
        old: u64,
        /// The checkpoint's.
        size: u64,
    },
    /// 409: something else was cosigned last.
    #[error("old is {old}; cosigned last was {cosigned}")]
    Conflict {
        /// The size stated.
        old: u64,
        /// The size cosigned last, 0 before the first.
        cosigned: u64,
    },
    /// 422: a tree of nothing with another root than that of nothing.
    #[error(transparent)]
    EmptyRoot(CheckpointError),
    /// 422: from nothing there is nothing to prove.
    #[error("a proof of {0} hashes from size 0, which has none")]
    ProofFromNothing(usize),
    /// 422: the same size under another root. Two such checkpoints prove that the log shows two faces.
    #[error("at size {size} the root {cosigned} was cosigned; this one has {found}")]
    OtherRoot {
        /// The size of both.
        size: u64,
        /// The root cosigned.
        cosigned: Hash,
        /// The root submitted.
        found: Hash,
    },
    /// 422: the proof proves nothing.
    #[error("the consistency proof does not hold: {0}")]
    Inconsistent(ProofError),
}

/// A checkpoint that its log signed, with the name and the keys of that log.
#[derive(Debug)]
pub struct Believed<'a> {
    /// The log.
    pub origin: &'a KeyName,
    /// Its keys.
    pub keys: &'a [VerifierKey],
    /// What it says.
    pub checkpoint: Checkpoint,
}

/// Who says it: a followed log, with a good line by one of its keys and no bad one.
pub fn believed<'a>(logs: &'a Followed, submission: &Submission) -> Result<Believed<'a>, Refused> {
    let text = submission.note.text();
    let written = text.lines().next().unwrap_or_default();
    let (origin, keys) =
        logs.keys_of(written).ok_or_else(|| Refused::UnknownLog(written.chars().take(256).collect()))?;
    submission.note.verify(keys).map_err(|source| Refused::NotSigned { origin: origin.clone(), source })?;
    match text.parse() {
        Ok(checkpoint) => Ok(Believed { origin, keys, checkpoint }),
        Err(error @ CheckpointError::EmptyRoot(_)) => Err(Refused::EmptyRoot(error)),
        Err(error) => Err(Refused::NoCheckpoint(error)),
    }
}

/// Whether it follows from the size and root that were cosigned last, if any were. The caller holds what was cosigned last
/// still until the new checkpoint has taken its place.
pub fn follows(submission: &Submission, new: &Checkpoint, last: Option<(u64, Hash)>) -> Result<(), Refused> {
    let (old, size, root) = (submission.old, new.size, Hash(new.root));
    if old > size {
        return Err(Refused::OldBeyond { old, size });
    }
    let cosigned = last.map_or(0, |(size, _)| size);
    if old != cosigned {
        return Err(Refused::Conflict { old, cosigned });
    }
    match last {
        Some((_, last)) if old == size && last != root => {
            Err(Refused::OtherRoot { size, cosigned: last, found: root })
        }
        Some((1.., last)) => submission.consistency(size).verify(&last, &root).map_err(Refused::Inconsistent),
        _ if submission.proof.is_empty() => Ok(()),
        _ => Err(Refused::ProofFromNothing(submission.proof.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::PrivateKey;
    use crate::merkle::{EMPTY_ROOT, Range, consistency, leaf};
    use crate::note::{Note, Scheme};

    fn key(seed: u8) -> PrivateKey {
        PrivateKey::from_seed(&[seed; 32]).unwrap()
    }

    fn followed(seeds: &[u8]) -> Followed {
        let vkey = |seed: &u8| {
            VerifierKey::of("log.example/1".parse().unwrap(), Scheme::Ed25519, key(*seed).public()).unwrap()
        };
        Followed::parse(&seeds.iter().map(|seed| format!("{}\n", vkey(seed))).collect::<String>()).unwrap()
    }

    /// The tree of the leaves `0..size`, and what proves it.
    fn tree(size: u64) -> (Hash, Vec<(u8, u64, Hash)>) {
        let (mut range, mut nodes) = (Range::new(), Vec::new());
        for number in 0..size {
            range.push_noting(leaf(&number.to_be_bytes()), &mut |level, index, hash| {
                nodes.push((level, index, hash));
            });
        }
        (range.root(), nodes)
    }

    fn proof(old: u64, size: u64) -> Vec<Hash> {
        let (_, nodes) = tree(size);
        let find =
            |level, index| nodes.iter().find(|(l, i, _)| (*l, *i) == (level, index)).map(|node| node.2);
        consistency(old, size, &find).unwrap().path
    }

    fn submission(old: u64, size: u64, proof: Vec<Hash>) -> Submission {
        let checkpoint = Checkpoint::new("log.example/1".parse().unwrap(), size, tree(size).0.0);
        Submission { old, proof, note: checkpoint.sign(&key(1), &[]).unwrap() }
    }

    fn judged(submission: &Submission, last: Option<u64>) -> Result<u64, Refused> {
        let logs = followed(&[1]);
        let believed = believed(&logs, submission)?;
        follows(submission, &believed.checkpoint, last.map(|size| (size, tree(size).0)))?;
        Ok(believed.checkpoint.size)
    }

    #[test]
    fn what_follows_is_cosigned() {
        for last in 1..20 {
            for size in last + 1..20 {
                assert_eq!(judged(&submission(last, size, proof(last, size)), Some(last)).unwrap(), size);
            }
            assert_eq!(judged(&submission(last, last, vec![]), Some(last)).unwrap(), last, "once more");
        }
        assert_eq!(judged(&submission(0, 0, vec![]), None).unwrap(), 0);
        assert_eq!(judged(&submission(0, 7, vec![]), None).unwrap(), 7);
        assert_eq!(judged(&submission(0, 7, vec![]), Some(0)).unwrap(), 7);
    }

    #[test]
    fn what_does_not_follow_is_refused() {
        let some = || vec![Hash([9; 32])];
        assert!(matches!(judged(&submission(8, 7, vec![]), Some(8)), Err(Refused::OldBeyond { .. })));
        let conflict = |old, last| match judged(&submission(old, 9, vec![]), last) {
            Err(Refused::Conflict { cosigned, .. }) => cosigned,
            other => panic!("{other:?}"),
        };
        assert_eq!((conflict(0, Some(5)), conflict(4, Some(5)), conflict(3, None)), (5, 5, 0));
        let refused = judged(&submission(0, 7, some()), None);
        assert!(matches!(refused, Err(Refused::ProofFromNothing(1))));
        for bad in [vec![], some(), proof(5, 8), proof(4, 9)] {
            assert!(matches!(judged(&submission(5, 9, bad), Some(5)), Err(Refused::Inconsistent(_))));
        }
        // The same size: no proof, and the same root.
        assert!(matches!(judged(&submission(7, 7, some()), Some(7)), Err(Refused::Inconsistent(_))));
        let other = follows(
            &submission(7, 7, vec![]),
            &Checkpoint::new("log.example/1".parse().unwrap(), 7, [1; 32]),
            Some((7, tree(7).0)),
        );
        assert!(matches!(other, Err(Refused::OtherRoot { size: 7, .. })));
    }

    #[test]
    fn only_a_followed_log_is_heard() {
        let origin = || "log.example/1".parse().unwrap();
        let of = |note: Note| judged(&Submission { old: 0, proof: vec![], note }, None);
        let text = |name: &str, root: Hash| Checkpoint::new(name.parse().unwrap(), 0, root.0).to_string();
        let unknown = Note::sign(text("log.example/2", EMPTY_ROOT), &origin(), &key(1)).unwrap();
        assert!(matches!(of(unknown), Err(Refused::UnknownLog(name)) if name == "log.example/2"));
        let stranger = Note::sign(text("log.example/1", EMPTY_ROOT), &origin(), &key(2)).unwrap();
        assert!(matches!(of(stranger), Err(Refused::NotSigned { source: NoteError::NoneKnown, .. })));
        // A good line beside a bad one of the same key.
        let good = Note::sign(text("log.example/1", EMPTY_ROOT), &origin(), &key(1)).unwrap();
        let bad = Note::sign(text("log.example/1", Hash([1; 32])), &origin(), &key(1)).unwrap();
        let both: Note = format!("{good}{}\n", bad.signatures()[0]).parse().unwrap();
        assert!(matches!(of(both), Err(Refused::NotSigned { source: NoteError::Bad(_), .. })));
        // Signed, and no tree of nothing, or nothing at all.
        let refused = of(bad);
        assert!(matches!(refused, Err(Refused::EmptyRoot(_))), "{refused:?}");
        let nothing = Note::sign("log.example/1\nmany\n".into(), &origin(), &key(1)).unwrap();
        assert!(matches!(of(nothing), Err(Refused::NoCheckpoint(_))));
    }

    #[test]
    fn either_key_of_a_log_will_do_while_one_takes_over() {
        let logs = followed(&[1, 2]);
        let checkpoint = Checkpoint::new("log.example/1".parse().unwrap(), 3, [3; 32]);
        for (first, also) in [(1, vec![]), (2, vec![]), (2, vec![key(1)])] {
            let note = checkpoint.sign(&key(first), &also.iter().collect::<Vec<_>>()).unwrap();
            assert!(believed(&logs, &Submission { old: 0, proof: vec![], note }).is_ok());
        }
    }
}
