//! The port to witnesses, and asking them (C2SP tlog-witness, the client): each from the size that it cosigned last, several
//! at once, and who fails holds up none of the others. Not here: how a witness is reached (`wiring`), when it is asked (`rounds`), and whether those who answered suffice (`ledger::policy`).

use std::thread;

use crate::ledger::checkpoint::{CheckpointError, VerifiedCheckpoint};
use crate::ledger::policy::Party;
use crate::ledger::submission::{Submission, answered_size};
use crate::merkle::Hash;
use crate::note::{NoteError, NoteSignature, VerifierKey};

/// Proves that the tree of the second size continues that of the first, or says why it cannot.
pub type Continuing<'a> = dyn Fn(u64, u64) -> Result<Vec<Hash>, String> + Sync + 'a;

/// How often a witness is asked: once to hear its size, and again where others asked it meanwhile.
const ATTEMPTS: u32 = 4;

/// Witnesses as they are reached (C2SP tlog-witness).
pub trait Witnesses: Send + Sync {
    /// Carries a submission to a witness; the status and the body of its answer.
    fn submit(&self, witness: &Party, submission: &Submission) -> Result<(u16, Vec<u8>), AskError>;
}

/// Why a witness did not cosign.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The policy does not say where it is.
    #[error("the policy gives no address")]
    NoAddress,
    /// No answer.
    #[error("{0}")]
    Unreachable(String),
    /// It refused, or failed.
    #[error("answered {status}: {text}")]
    Answer {
        /// The status.
        status: u16,
        /// The beginning of what it said.
        text: String,
    },
    /// It has cosigned a larger tree of this log: what is asked about is old, or another face.
    #[error("has cosigned {cosigned} entries already; this checkpoint has {size}")]
    Beyond {
        /// What it cosigned.
        cosigned: u64,
        /// The size of the checkpoint.
        size: u64,
    },
    /// What it has cosigned of this log is not the beginning of this tree.
    #[error("has cosigned {cosigned} entries that are not the beginning of this checkpoint's {size}")]
    OtherTree {
        /// What it cosigned.
        cosigned: u64,
        /// The size of the checkpoint.
        size: u64,
    },
    /// Others were faster each time.
    #[error("another size each time it was asked")]
    Moving,
    /// The answer holds no line of its key.
    #[error("answered without a line of its own key")]
    NoLine,
    /// The answer cannot be read.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// Its line is not good.
    #[error(transparent)]
    Line(#[from] CheckpointError),
    /// The ledger does not prove that it continues what was cosigned.
    #[error("{0}")]
    Prove(String),
}

/// What came back.
pub struct Asked {
    /// The checkpoint, with every line that is good.
    pub checkpoint: VerifiedCheckpoint,
    /// Each witness by its name in the policy, and the time of its line in seconds since 1970.
    pub answers: Vec<(String, Result<u64, AskError>)>,
}

/// Asks these witnesses at the same time. `known` are the keys of all whose lines the checkpoint may bear already.
pub fn ask_all(
    witnesses: &dyn Witnesses,
    asked: &[&Party],
    known: &[VerifierKey],
    mut checkpoint: VerifiedCheckpoint,
    proofs: &Continuing<'_>,
) -> Asked {
    let lines: Vec<(&Party, Result<NoteSignature, AskError>)> = thread::scope(|scope| {
        let checkpoint = &checkpoint;
        let begun: Vec<_> = asked
            .iter()
            .copied()
            .map(|witness| (witness, scope.spawn(move || ask(witnesses, witness, checkpoint, proofs))))
            .collect();
        let ended = |(witness, thread): (_, thread::ScopedJoinHandle<'_, _>)| {
            let broken = || Err(AskError::Unreachable("asking broke off".into()));
            (witness, thread.join().unwrap_or_else(|_| broken()))
        };
        begun.into_iter().map(ended).collect()
    });
    let mut answers = Vec::with_capacity(lines.len());
    for (witness, line) in lines {
        let taken = line.and_then(|line| {
            let with = checkpoint.with_lines(vec![line], known)?;
            let time = with.cosignatures().iter().find(|line| line.witness == witness.key);
            let time = time.map(|line| line.time).ok_or(AskError::NoLine)?;
            checkpoint = with;
            Ok(time)
        });
        answers.push((witness.name.clone(), taken));
    }
    Asked { checkpoint, answers }
}

/// One witness: from nothing first, which tells its size, and then from there. Its line is not verified yet.
fn ask(
    witnesses: &dyn Witnesses,
    witness: &Party,
    checkpoint: &VerifiedCheckpoint,
    proofs: &Continuing<'_>,
) -> Result<NoteSignature, AskError> {
    let (size, mut old) = (checkpoint.size(), 0);
    for _ in 0..ATTEMPTS {
        // From nothing, and from the same size, there is nothing to prove.
        let proof =
            if old == 0 || old == size { Vec::new() } else { proofs(old, size).map_err(AskError::Prove)? };
        let submission = Submission { old, proof, note: checkpoint.note().clone() };
        let (status, body) = witnesses.submit(witness, &submission)?;
        match status {
            200 => {
                let lines = NoteSignature::parse_lines(&body)?;
                let own = lines.into_iter().find(|line| witness.key.is_named_by(line));
                return own.ok_or(AskError::NoLine);
            }
            409 => match answered_size(&body) {
                Some(cosigned) if cosigned > size => return Err(AskError::Beyond { cosigned, size }),
                Some(cosigned) => old = cosigned,
                None => return Err(answered(status, &body)),
            },
            // From the size that it named itself there is only one reason left.
            422 if old > 0 => return Err(AskError::OtherTree { cosigned: old, size }),
            status => return Err(answered(status, &body)),
        }
    }
    Err(AskError::Moving)
}

/// What it said, without anything that could move a terminal.
fn answered(status: u16, body: &[u8]) -> AskError {
    let text = String::from_utf8_lossy(body);
    let text: String = text.trim().chars().take(200).filter(|c| !c.is_control()).collect();
    AskError::Answer { status, text }
}
