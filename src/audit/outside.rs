//! How far outsiders vouch for a ledger, and what they contradict: the checkpoint that they cosigned and those that somebody was shown
//! must be of the tree that was replayed, by the auditor's own policy a quorum; and whether entries fit its time. Not here: whose
//! cosignatures suffice (`ledger::policy`).

use super::bounds::Times;
use super::prove::{ProveError, continuing};
use super::replay::Pins;
use super::source::{Source, SourceError, WITNESSED};
use super::summary::Finding;
use super::trail::Trail;
use super::tree::Tree;
use crate::law::Rule;
use crate::ledger::checkpoint::{Checkpoint, CheckpointError, VerifiedCheckpoint};
use crate::ledger::policy::Policy;
use crate::ledger::witnessed::{Quorum, Witnessed};
use crate::merkle::{ConsistencyProof, Hash};
use crate::note::Note;

/// A checkpoint of the tree of another, with the proof. Whose cosignatures under it are good, a policy says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cosigned {
    checkpoint: VerifiedCheckpoint,
    proof: ConsistencyProof,
}

impl Cosigned {
    /// The note, if a key signed it that the ledger names for its size, and it is of the tree of `head`: the larger of the
    /// two continues the smaller one.
    pub(super) fn of(
        note: &Note,
        path: impl FnOnce(u64, u64) -> Result<Vec<Hash>, ProveError>,
        head: &VerifiedCheckpoint,
        trail: &Trail,
    ) -> Result<Result<Self, String>, SourceError> {
        let size = match note.text().parse::<Checkpoint>() {
            Ok(said) => said.size,
            Err(error) => return Ok(Err(error.to_string())),
        };
        let checkpoint = match trail.verify(note, size, &[]) {
            Ok(checkpoint) => checkpoint,
            Err(error) => return Ok(Err(error)),
        };
        let (old, new) = if size <= head.size() { (&checkpoint, head) } else { (head, &checkpoint) };
        let path = match path(old.size(), new.size()) {
            Ok(path) => path,
            Err(ProveError::Source(error)) => return Err(error),
            Err(error) => return Ok(Err(error.to_string())),
        };
        let proof = ConsistencyProof { old_size: old.size(), size: new.size(), path };
        let proved = proof.verify(&Hash(*old.root()), &Hash(*new.root()));
        let other = |error| format!("at {size} entries it is of another tree: {error}");
        Ok(proved.map_err(other).map(|()| Self { checkpoint, proof }))
    }

    /// The checkpoint, under the log's key.
    pub(super) fn checkpoint(&self) -> &VerifiedCheckpoint {
        &self.checkpoint
    }

    /// The note.
    pub fn note(&self) -> &Note {
        self.checkpoint.note()
    }

    /// The proof that ties it to the other checkpoint, lowest first.
    pub fn path(&self) -> &[Hash] {
        &self.proof.path
    }

    /// How far outsiders vouch by a policy; an error where a line of a witness that it knows is bad.
    pub fn by(&self, policy: &Policy) -> Result<Witnessed, CheckpointError> {
        let (note, log) = (self.checkpoint.note().clone(), self.checkpoint.log());
        let checkpoint = VerifiedCheckpoint::verify(note, log, &policy.witness_keys())?;
        Ok(Witnessed::of(Some(policy), Some(&checkpoint)))
    }
}

/// What a source has that witnesses cosigned, of the tree of `head`, which was replayed; the inner error says what is wrong
/// with it.
pub(super) fn cosigned(
    source: &dyn Source,
    head: &VerifiedCheckpoint,
    trail: &Trail,
) -> Result<Option<Result<Cosigned, String>>, SourceError> {
    let Some(bytes) = read(source)? else { return Ok(None) };
    of_bytes(source, &bytes, head, trail).map(Some)
}

fn of_bytes(
    source: &dyn Source,
    bytes: &[u8],
    head: &VerifiedCheckpoint,
    trail: &Trail,
) -> Result<Result<Cosigned, String>, SourceError> {
    match Note::parse(bytes) {
        Ok(note) => {
            let path = |old, new| continuing(source, old, new).map(|proof| proof.path);
            Cosigned::of(&note, path, head, trail)
        }
        Err(error) => Ok(Err(error.to_string())),
    }
}

/// The file; none of a ledger whose witnesses were no quorum yet.
pub(super) fn read(source: &dyn Source) -> Result<Option<Vec<u8>>, SourceError> {
    match source.read(WITNESSED) {
        Err(SourceError::Answer { status: 503, .. }) => Ok(None),
        read => read,
    }
}

/// The sizes of the trees that outsiders were shown: the source's own newest, and those that an auditor brought along.
pub(super) fn sizes(newest: Option<&[u8]>, seen: &[Note]) -> Vec<u64> {
    let newest = newest.and_then(|bytes| Note::parse(bytes).ok());
    let said = |note: &Note| note.text().parse::<Checkpoint>().ok().map(|said| said.size);
    newest.iter().chain(seen).filter_map(said).collect()
}

/// What a replay came to, as far as outsiders can contradict it.
pub(super) struct Replayed<'a> {
    pub(super) trail: &'a Trail,
    pub(super) tree: &'a Tree,
    pub(super) times: &'a Times,
    /// The checkpoint, if its signature is good.
    pub(super) head: Option<&'a VerifiedCheckpoint>,
}

/// What outsiders say of a ledger.
pub(super) struct Outsiders {
    /// How far they vouch for it, by the source's own newest.
    pub(super) witnessed: Witnessed,
    /// What the checkpoints that were brought along have quorums of.
    pub(super) seen: Vec<Quorum>,
    /// What they contradict.
    pub(super) findings: Vec<Finding>,
    /// What they make doubtful, and what cannot be held against the ledger at all: no rule is broken by it.
    pub(super) doubts: Vec<Finding>,
}

impl Default for Outsiders {
    fn default() -> Self {
        Self { witnessed: Witnessed::NoPolicy, seen: Vec::new(), findings: Vec::new(), doubts: Vec::new() }
    }
}

/// Holds what outsiders cosigned or were shown against a replayed ledger.
pub(super) fn look(
    source: &dyn Source,
    newest: Option<&[u8]>,
    pins: &Pins,
    ledger: &Replayed<'_>,
) -> Result<Outsiders, SourceError> {
    let mut outsiders = Outsiders::default();
    let policy = match &pins.policy {
        Some(policy)
            if !policy.logs().is_empty() && !policy.logs().iter().any(|log| ledger.trail.names(&log.key)) =>
        {
            let why = "the policy of witnesses is for another ledger: this one names none of its log keys";
            outsiders.findings.push(Finding::of(Rule::Vkey, why));
            None
        }
        policy => policy.as_ref(),
    };
    if let (Some(policy), Some(head)) = (policy, ledger.head) {
        let cosigned = newest.map(|bytes| of_bytes(source, bytes, head, ledger.trail)).transpose()?;
        let judged = cosigned.map(|cosigned| {
            cosigned.and_then(|cosigned| cosigned.by(policy).map_err(|error| error.to_string()))
        });
        outsiders.witnessed = match judged {
            Some(Ok(witnessed)) => witnessed,
            Some(Err(why)) => {
                let text = format!("what was cosigned: {why}");
                outsiders.findings.push(Finding::of(Rule::Consistency, text));
                Witnessed::of(Some(policy), None)
            }
            None => Witnessed::of(Some(policy), None),
        };
    }
    for note in &pins.seen {
        match shown(note, policy, ledger) {
            Shown::Cosigned(quorum) => outsiders.seen.push(quorum),
            Shown::Another(text) => outsiders.findings.push(Finding::of(Rule::Consistency, text)),
            Shown::Nothing(text) => outsiders.doubts.push(Finding::of(Rule::Consistency, text)),
        }
    }
    let quorums = outsiders.witnessed.by().into_iter().chain(&outsiders.seen);
    let doubtful: Vec<Finding> = quorums.flat_map(|quorum| ledger.times.against(quorum)).collect();
    outsiders.doubts.extend(doubtful);
    Ok(outsiders)
}

/// What a checkpoint that somebody was shown comes to.
enum Shown {
    /// The ledger continues it, and a quorum vouches for its time.
    Cosigned(Quorum),
    /// The log signed it, and the ledger does not continue it.
    Another(String),
    /// It says nothing against the ledger: it is not the log's, or the ledger continues it and no quorum bounds a time.
    Nothing(String),
}

/// Holds a checkpoint that somebody was shown against the tree. Only what the log signed can be held against it.
fn shown(note: &Note, policy: Option<&Policy>, ledger: &Replayed<'_>) -> Shown {
    let said = match note.text().parse::<Checkpoint>() {
        Ok(said) => said,
        Err(error) => return Shown::Nothing(format!("what was brought along is no checkpoint: {error}")),
    };
    let (size, then) = (said.size, Hash(said.root));
    let text = |what: &str| format!("shown were {size} entries: {what}");
    let signed = match ledger.trail.verify(note, size, &[]) {
        Ok(signed) => signed,
        Err(error) => return Shown::Nothing(text(&format!("not this ledger's checkpoint: {error}"))),
    };
    match ledger.tree.root_at(size) {
        Some(now) if now == then => {}
        Some(now) => return Shown::Another(text(&format!("their root was {then}; the entries make {now}"))),
        None => match ledger.head {
            Some(head) if size > head.size() => {
                return Shown::Another(text(&format!("the source has {} of them", head.size())));
            }
            _ => return Shown::Nothing(text("the source lacks some of them, as is told above")),
        },
    }
    let Some(policy) = policy else {
        return Shown::Nothing(text("continued; no policy says whose clock counts, so no time is bounded"));
    };
    let quorum = VerifiedCheckpoint::verify(note.clone(), signed.log(), &policy.witness_keys())
        .map(|checkpoint| Quorum::of(policy, &checkpoint));
    match quorum {
        Ok(Some(quorum)) => Shown::Cosigned(quorum),
        Ok(None) => {
            Shown::Nothing(text("continued; no quorum of the policy cosigned it, so no time is bounded"))
        }
        Err(error) => {
            Shown::Nothing(text(&format!("continued; a witness's line under it is not good: {error}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::fixture::{Files, Ledger, seeded};
    use crate::audit::trust::{POLICY, Trust, export};
    use crate::audit::{Audit, Pins, replay};
    use crate::ledger::checkpoint::Checkpoint;
    use crate::merkle::{Range, leaf};
    use crate::note::{NoteSignature, Scheme, VerifierKey};

    const NAMES: [&str; 2] = ["a.example/w", "b.example/w"];

    fn policy(log: Option<&VerifierKey>) -> String {
        let mut text = log.map_or_else(String::new, |log| format!("log {log}\n"));
        for (name, seed) in NAMES.iter().zip(200..) {
            let vkey = VerifierKey::of(name.parse().unwrap(), Scheme::Cosignature, seeded(seed).public());
            text.push_str(&format!("witness {name} {}\n", vkey.unwrap()));
        }
        text.push_str(&format!("group both all {}\nquorum both\n", NAMES.join(" ")));
        text
    }

    /// The first `size` entries, with so many witnesses' lines; at another root, if one is given.
    fn cosigned(ledger: &Ledger, size: usize, lines: usize, root: Option<Hash>) -> Vec<u8> {
        let mut range = Range::new();
        ledger.entries.iter().take(size).for_each(|entry| range.push(leaf(entry)));
        let root = root.unwrap_or_else(|| range.root());
        let name = ledger.origin.as_str().parse().unwrap();
        let mut note = Checkpoint::new(name, range.size(), root.0).sign(&ledger.checkpoint_key, &[]).unwrap();
        let line = |(name, seed): (&&str, u8)| {
            NoteSignature::cosign(
                note.text(),
                &name.parse().unwrap(),
                &seeded(seed),
                1_795_327_200 + range.size(),
            )
            .unwrap()
        };
        let lines = NAMES.iter().zip(200..).take(lines).map(line).collect::<Vec<_>>();
        note.append(lines).unwrap();
        note.to_string().into_bytes()
    }

    fn with(ledger: &Ledger, note: Vec<u8>) -> Files {
        let mut files = ledger.files();
        files.insert(WITNESSED.into(), note);
        files
    }

    fn audited(files: &Files, policy: &str) -> Audit {
        let policy = Some(Policy::parse(policy.as_bytes()).unwrap());
        replay(files, &Pins { policy, ..Pins::default() }, &mut |_| ()).unwrap()
    }

    fn code(audit: &Audit) -> (&'static str, Vec<Rule>) {
        let rules = audit.summary.violations.iter().map(|found| found.rule).collect();
        (audit.summary.witnessed.as_str(), rules)
    }

    #[test]
    fn it_is_told_how_far_a_quorum_vouches() {
        let ledger = Ledger::small();
        for size in [1, 5, ledger.entries.len()] {
            let audit =
                audited(&with(&ledger, cosigned(&ledger, size, 2, None)), &policy(Some(&ledger.vkey())));
            assert_eq!(code(&audit), ("witnessed", vec![]), "{size}");
            assert_eq!(audit.summary.witnessed.by().unwrap().size, u64::try_from(size).unwrap());
        }
        assert_eq!(
            code(&audited(&with(&ledger, cosigned(&ledger, 5, 1, None)), &policy(None))),
            ("awaited", vec![])
        );
        assert_eq!(code(&audited(&ledger.files(), &policy(None))), ("awaited", vec![]));
        let files = with(&ledger, b"whatever".to_vec());
        let unasked = replay(&files, &Pins::default(), &mut |_| ()).unwrap();
        assert_eq!(code(&unasked), ("no_policy", vec![]), "nobody can tell whose lines count");
    }

    #[test]
    fn what_was_cosigned_of_another_tree_is_a_broken_rule() {
        let ledger = Ledger::small();
        let other = Some(Hash([7; 32]));
        for size in [5, ledger.entries.len()] {
            let audit = audited(&with(&ledger, cosigned(&ledger, size, 2, other)), &policy(None));
            assert_eq!(code(&audit), ("awaited", vec![Rule::Consistency]), "{size}");
        }
        let audit = audited(&with(&ledger, b"whatever".to_vec()), &policy(None));
        assert_eq!(code(&audit).1, [Rule::Consistency]);
        // A line that its witness did not make.
        let good = String::from_utf8(cosigned(&ledger, 5, 2, None)).unwrap();
        let other = String::from_utf8(cosigned(&ledger, 6, 2, None)).unwrap();
        let lines =
            |text: &str| text.split_once("\n\n").unwrap().1.lines().map(str::to_owned).collect::<Vec<_>>();
        let bad = good.replace(&lines(&good)[1], &lines(&other)[1]);
        assert_eq!(code(&audited(&with(&ledger, bad.into_bytes()), &policy(None))).1, [Rule::Consistency]);
    }

    #[test]
    fn a_policy_of_another_ledger_is_told() {
        let ledger = Ledger::small();
        let files = with(&ledger, cosigned(&ledger, 5, 2, None));
        let stranger = ledger.vkey_of(&seeded(77));
        assert_eq!(code(&audited(&files, &policy(Some(&stranger)))), ("no_policy", vec![Rule::Vkey]));
    }

    #[test]
    fn a_trust_folder_carries_it() {
        let ledger = Ledger::small();
        let (files, folder) = (with(&ledger, cosigned(&ledger, 5, 2, None)), tempfile::tempdir().unwrap());
        export(&files, &audited(&files, &policy(None)), folder.path()).unwrap();
        let told = || Trust::load(folder.path()).unwrap().witnessed(None).unwrap();
        assert_eq!(told(), Witnessed::NoPolicy);
        std::fs::write(folder.path().join(POLICY), policy(None)).unwrap();
        assert_eq!(told().by().unwrap().size, 5);
        // A receipt that was fetched later goes further.
        let later = Note::parse(&cosigned(&ledger, 9, 2, None)).unwrap();
        let trust = Trust::load(folder.path()).unwrap();
        assert_eq!(trust.witnessed(Some(&later)).unwrap().by().unwrap().size, 9);
        let earlier = Note::parse(&cosigned(&ledger, 3, 2, None)).unwrap();
        assert_eq!(trust.witnessed(Some(&earlier)).unwrap().by().unwrap().size, 3);
        // One without their lines is of the folder's own tree, or of one that may be another face.
        let whole = ledger.entries.len();
        for (size, lines, root, code) in [
            (5, 0, None, "witnessed"),
            (whole, 0, None, "witnessed"),
            (4, 0, None, "receipt_unwitnessed"),
            (4, 1, None, "receipt_unwitnessed"),
            (5, 0, Some(Hash([7; 32])), "receipt_unwitnessed"),
            (4, 0, Some(Hash([7; 32])), "receipt_unwitnessed"),
        ] {
            let shown = Note::parse(&cosigned(&ledger, size, lines, root)).unwrap();
            assert_eq!(trust.witnessed(Some(&shown)).unwrap().as_str(), code, "{size} {lines}");
        }
        // And one that the ledger did not sign goes nowhere.
        let text = folder.path().join("trust.json");
        let written = std::fs::read_to_string(&text).unwrap();
        let other = String::from_utf8(cosigned(&ledger, 5, 2, Some(Hash([7; 32])))).unwrap();
        let good = String::from_utf8(cosigned(&ledger, 5, 2, None)).unwrap();
        let swapped = written.replace(&good.replace('\n', "\\n"), &other.replace('\n', "\\n"));
        assert_ne!(swapped, written);
        std::fs::write(&text, swapped).unwrap();
        assert!(Trust::load(folder.path()).is_err());
        std::fs::write(&text, written).unwrap();
        std::fs::write(folder.path().join(POLICY), "quorum nobody\n").unwrap();
        assert!(Trust::load(folder.path()).is_err());
    }
}
