//! Rounds: one at a time, each about the newest head. What is kept between them is one checkpoint with its lines and a few
//! words a witness, so memory is bounded by the policy.

use std::sync::{Arc, Mutex, PoisonError};

use super::asking::{AskError, Asked, Witnesses, ask_all};
use super::pace::Pace;
use super::{Eyes, EyesCondition, WitnessCondition};
use crate::authority::refusal::{Failure, Fault};
use crate::authority::store::{Row, Write};
use crate::authority::{Authority, OpenError};
use crate::ledger::checkpoint::VerifiedCheckpoint;
use crate::ledger::entry::Entry;
use crate::ledger::policy::{Party, Policy};
use crate::ledger::witnessed::{Quorum, Witnessed};
use crate::merkle::{Hash, consistency, root_from_nodes};
use crate::note::Note;
use crate::values::time::Time;

/// Whom to ask, and how far that has come.
pub struct Rounds {
    policy: Arc<Policy>,
    witnesses: Arc<dyn Witnesses>,
    course: Mutex<Course>,
}

struct Course {
    /// The head that is being carried round, with the lines so far.
    candidate: Option<VerifiedCheckpoint>,
    /// By place in the policy.
    each: Vec<(Pace, WitnessCondition)>,
}

/// What witnesses know that must not be.
#[derive(Debug, Clone, thiserror::Error)]
pub enum WitnessFault {
    /// One has cosigned more than there is here.
    #[error(
        "the witness {witness} has cosigned {cosigned} entries of this ledger, and here are {size}: keys and data were put \
         back together from an old copy, or somebody else signs with these keys. Nothing more is entered. Put back the newest \
         keys and data, or roll the data forward to every signed entry (vidimus restore --roll-forward); if it is the \
         witness that is wrong, take it out of the policy beside the keys and start again"
    )]
    Ahead {
        /// Its name in the policy.
        witness: String,
        /// What it cosigned.
        cosigned: u64,
        /// Entries here.
        size: u64,
    },
    /// One has cosigned what is not the beginning of the tree here.
    #[error(
        "the witness {witness} has cosigned {cosigned} entries that are not the beginning of the {size} here: this ledger has \
         shown two faces, as after going on from an old copy of keys and data. Nothing more is entered. Keep both copies and \
         tell the auditors; if it is the witness that is wrong, take it out of the policy beside the keys and start again"
    )]
    OtherTree {
        /// Its name in the policy.
        witness: String,
        /// What it cosigned.
        cosigned: u64,
        /// Entries here.
        size: u64,
    },
    /// The round itself failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl Rounds {
    /// Nobody was asked yet.
    pub fn new(eyes: Eyes) -> Self {
        let Eyes { policy, witnesses, .. } = eyes;
        let fresh = |party: &Party| {
            (Pace::default(), WitnessCondition { name: party.name.clone(), ..WitnessCondition::default() })
        };
        let each = policy.witnesses().iter().map(fresh).collect();
        Self { policy, witnesses, course: Mutex::new(Course { candidate: None, each }) }
    }
}

impl Course {
    /// The head to carry: the one of before with its lines, unless there is a newer one.
    fn head(&self, newest: VerifiedCheckpoint) -> VerifiedCheckpoint {
        match &self.candidate {
            Some(before) if before.note().text() == newest.note().text() => before.clone(),
            _ => newest,
        }
    }

    /// Takes down who answered what about a checkpoint of this size.
    fn note(&mut self, size: u64, answers: &[(String, Result<u64, AskError>)]) {
        for (name, answer) in answers {
            let Some((pace, known)) = self.each.iter_mut().find(|(_, known)| known.name == *name) else {
                continue;
            };
            let outcome = if answer.is_ok() { "cosigned" } else { "failed" };
            metrics::counter!("vidimus_witness_asked_total", "witness" => name.clone(), "outcome" => outcome)
                .increment(1);
            match answer {
                Ok(_) => {
                    pace.answered();
                    (known.size, known.failures, known.problem) = (Some(size), 0, None);
                }
                Err(error) => {
                    known.failures = pace.failed();
                    tracing::warn!(witness = %name, %error, failures = known.failures, "did not cosign");
                    known.problem = Some(error.to_string());
                }
            }
        }
    }
}

impl Authority {
    /// How far outsiders vouch for this ledger.
    pub fn witnessed(&self) -> Witnessed {
        self.window.outside().witnessed()
    }

    /// The newest checkpoint that a quorum of witnesses cosigned.
    pub fn cosigned(&self) -> Option<Arc<VerifiedCheckpoint>> {
        self.window.outside().cosigned()
    }

    /// How it stands with the witnesses; `None` where none are asked.
    pub(in crate::authority) fn eyes_condition(&self) -> Option<EyesCondition> {
        let rounds = self.rounds.as_ref()?;
        let outside = self.window.outside();
        let each = rounds.course.lock().unwrap_or_else(PoisonError::into_inner);
        Some(EyesCondition {
            newest: outside.witnessed().by().cloned(),
            waiting: outside.waiting(),
            within: outside.within().map(|within| within.as_secs()),
            each: each.each.iter().map(|(_, known)| known.clone()).collect(),
        })
    }

    /// One round: the newest head is carried to every witness that has not cosigned it and whose turn it is. Whether the
    /// newest head has a quorum after it; true where nobody is asked. Blocks for as long as the slowest witness may take,
    /// and asks nobody while another round goes on.
    pub fn ask_witnesses(&self) -> Result<bool, WitnessFault> {
        let Some(rounds) = &self.rounds else { return Ok(true) };
        let Ok(_turn) = self.asking.try_lock() else { return Ok(false) };
        let published = self.window.published();
        let newest = VerifiedCheckpoint::verify_under_any(&published.checkpoint, &self.verifier_keys(), &[]);
        let newest =
            newest.map_err(|error| Failure::from(Fault::Damaged(format!("the checkpoint: {error}"))))?;
        let (head, asked) = rounds.begin(newest);
        let size = head.size();
        if !asked.is_empty() {
            let known = rounds.policy.witness_keys();
            let proofs = |old, size| self.continuing(old, size);
            let Asked { checkpoint, answers } =
                ask_all(rounds.witnesses.as_ref(), &asked, &known, head, &proofs);
            rounds.end(&checkpoint, &answers);
            // What ends writing is said whatever becomes of the rest.
            self.refuse_two_faces(&answers)?;
            self.keep_cosigned(&rounds.policy, checkpoint)?;
        }
        Ok(self.cosigned().is_some_and(|cosigned| cosigned.size() >= size))
    }

    /// The proof that our tree of `size` continues that of `old`.
    fn continuing(&self, old: u64, size: u64) -> Result<Vec<Hash>, String> {
        let proof = consistency(old, size, &|level, index| self.node(level, index));
        proof.map(|proof| proof.path).map_err(|error| error.to_string())
    }

    /// Keeps a checkpoint that has a quorum, if it says more than the one that is kept.
    fn keep_cosigned(&self, policy: &Policy, checkpoint: VerifiedCheckpoint) -> Result<(), Failure> {
        let says = |one: &VerifiedCheckpoint| (one.size(), one.cosignatures().len());
        let more = self.cosigned().is_none_or(|kept| says(&kept) < says(&checkpoint));
        if !more || Quorum::of(policy, &checkpoint).is_none() {
            return Ok(());
        }
        self.store.put(vec![Write::set(Row::Cosigned, checkpoint.note().to_string())])?;
        self.store.sync()?;
        metrics::counter!("vidimus_witness_quorums_total").increment(1);
        self.show_cosigned(checkpoint);
        Ok(())
    }

    fn show_cosigned(&self, checkpoint: VerifiedCheckpoint) {
        let size = checkpoint.size();
        let beyond = || (size < self.window.published().range.size()).then(|| self.time_of(size)).flatten();
        self.window.outside().take(checkpoint, beyond);
    }

    fn time_of(&self, index: u64) -> Option<Time> {
        Some(Entry::parse(&self.entry(index).ok()?).ok()?.time())
    }

    /// Ends writing where a witness knows more of this ledger than we do, or another tree. Others may have carried a newer
    /// head of ours to it meanwhile: what counts is what there is now.
    fn refuse_two_faces(&self, answers: &[(String, Result<u64, AskError>)]) -> Result<(), WitnessFault> {
        let size = self.window.published().range.size();
        let fault = answers.iter().find_map(|(witness, answer)| match answer {
            Err(AskError::Beyond { cosigned, .. }) if *cosigned > size => {
                Some(WitnessFault::Ahead { witness: witness.clone(), cosigned: *cosigned, size })
            }
            Err(AskError::OtherTree { cosigned, size }) => {
                Some(WitnessFault::OtherTree { witness: witness.clone(), cosigned: *cosigned, size: *size })
            }
            _ => None,
        });
        let Some(fault) = fault else { return Ok(()) };
        if self.window.halted().is_none() {
            tracing::error!(%fault, "writing ends until restart");
        }
        self.window.halt(fault.to_string());
        Err(fault)
    }

    /// A policy that names logs must name this one, under any key that it ever signed with.
    pub(in crate::authority) fn check_policy(&self) -> Result<(), OpenError> {
        let Some(rounds) = &self.rounds else { return Ok(()) };
        let (logs, ours) = (rounds.policy.logs(), self.verifier_keys());
        if logs.is_empty() || logs.iter().any(|log| ours.contains(&log.key)) {
            return Ok(());
        }
        let named: Vec<String> = logs.iter().map(|log| log.key.to_string()).collect();
        let ours = ours.first().map(ToString::to_string).unwrap_or_default();
        Err(OpenError::OtherPolicy { named: named.join(", "), ours })
    }

    /// What was kept, at a start: shown if it is of this ledger, of this tree, and a quorum by the policy as it is now. What
    /// is not is passed over: it comes anew with the next quorum.
    pub(in crate::authority) fn take_up_cosigned(&self) -> Result<(), Failure> {
        let Some(rounds) = &self.rounds else { return Ok(()) };
        match self.kept_cosigned(&rounds.policy)? {
            Some(checkpoint) => self.show_cosigned(checkpoint),
            None => self.window.outside().wait(self.time_of(0)),
        }
        Ok(())
    }

    fn kept_cosigned(&self, policy: &Policy) -> Result<Option<VerifiedCheckpoint>, Failure> {
        let Some(bytes) = self.store.get(&Row::Cosigned)? else { return Ok(None) };
        let Ok(note) = Note::parse(&bytes) else { return Ok(None) };
        let checkpoint =
            VerifiedCheckpoint::verify_under_any(&note, &self.verifier_keys(), &policy.witness_keys());
        let size = self.window.published().range.size();
        Ok(checkpoint.ok().filter(|checkpoint| {
            let root = || root_from_nodes(checkpoint.size(), &|level, index| self.node(level, index));
            checkpoint.size() <= size
                && root().is_ok_and(|root| root == Hash(*checkpoint.root()))
                && Quorum::of(policy, checkpoint).is_some()
        }))
    }
}

impl Rounds {
    /// The head to carry, and to whom.
    fn begin(&self, newest: VerifiedCheckpoint) -> (VerifiedCheckpoint, Vec<&Party>) {
        let mut course = self.course.lock().unwrap_or_else(PoisonError::into_inner);
        let head = course.head(newest);
        let signed = |party: &Party| head.cosignatures().iter().any(|line| line.witness == party.key);
        let parties = self.policy.witnesses().iter().zip(&mut course.each);
        let due = |(party, (pace, _)): (_, &mut (Pace, _))| (!signed(party) && pace.due()).then_some(party);
        let asked = parties.filter_map(due).collect();
        (head, asked)
    }

    fn end(&self, checkpoint: &VerifiedCheckpoint, answers: &[(String, Result<u64, AskError>)]) {
        let mut course = self.course.lock().unwrap_or_else(PoisonError::into_inner);
        course.note(checkpoint.size(), answers);
        course.candidate = Some(checkpoint.clone());
    }
}
