//! How the ledger stands now: its head, whether that continues what was seen last, what each witness cosigned, and how each
//! mirror stands to it. Whatever is contradicted and signed is proved, and the proof kept. Not here: the law, which only a
//! replay knows of (`run`).

use std::thread;

use super::commands::latest_of;
use super::{Office, Said};
use crate::audit::compare::{CompareError, Compared, Face, compare, verified, verified_head};
use crate::audit::outside;
use crate::audit::prove::{self, ProveError};
use crate::audit::replay::Pins;
use crate::audit::source::Source;
use crate::ledger::checkpoint::{Checkpoint, VerifiedCheckpoint};
use crate::ledger::policy::{Party, Policy};
use crate::ledger::witnessed::{Quorum, Witnessed};
use crate::merkle::Hash;
use crate::note::{Note, NoteSignature, VerifierKey};
use crate::values::time::Time;

/// One look.
pub struct Look {
    /// When, by the clock of this machine.
    pub at: Time,
    /// The head; else why there is none to tell of.
    pub head: Result<Head, Said>,
    /// How far outsiders vouch for it by the auditor's policy.
    pub witnessed: Witnessed,
    /// What the newest cosigned checkpoint of the source is to the head, where that is not as it should be.
    pub cosigned: Option<Relation>,
    /// The witnesses of the policy.
    pub witnesses: Vec<Other>,
    /// The mirrors.
    pub mirrors: Vec<Other>,
}

/// A ledger's head.
pub struct Head {
    /// The ledger's name.
    pub origin: String,
    /// Entries.
    pub size: u64,
    /// Root, in padded base64.
    pub root: String,
    /// The checkpoint.
    pub note: String,
    /// Whether the key is one that the auditor brought along.
    pub pinned: bool,
    /// What was seen last, to the head; none of a ledger that is seen for the first time.
    pub follows: Option<Relation>,
}

/// How another face of the ledger stands to the head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Relation {
    /// One size and one root.
    Same,
    /// So many entries less, of one tree.
    Behind(u64),
    /// So many entries more, of one tree as far as anybody can tell.
    Ahead(u64),
    /// No tree has both: the proof, by its name.
    Split(String),
    /// Nothing is shown yet.
    Nothing,
    /// No key is known under which it could be judged.
    NoKey,
    /// It is no checkpoint of this ledger, or its files do not fit it.
    Wrong(String),
    /// It could not be asked.
    Unasked(String),
}

/// A face of the ledger that somebody else shows.
pub struct Other {
    /// Whose.
    pub name: String,
    /// Where it was asked.
    pub url: Option<String>,
    /// Entries and root, where there are any.
    pub shown: Option<(u64, String)>,
    /// When it was cosigned.
    pub time: Option<Time>,
    /// How it stands to the head.
    pub relation: Relation,
}

/// Looks at everything once.
pub(super) fn look(office: &Office) -> Look {
    let at = office.clock.now();
    let begun =
        || -> Result<_, String> { Ok((office.reach.pins()?, office.reach.source(&office.asked.from)?)) };
    match begun() {
        Ok((pins, source)) => Looking::new(office, &pins, source.as_ref()).look(at, &pins),
        Err(why) => Look {
            at,
            head: Err(unasked(&why)),
            witnessed: Witnessed::NoPolicy,
            cosigned: None,
            witnesses: Vec::new(),
            mirrors: Vec::new(),
        },
    }
}

fn unasked(why: &str) -> Said {
    Said::new(
        format!("来源无法询问，这不是对账本的结论：{why}"),
        format!("The source could not be asked, which says nothing about the ledger: {why}"),
    )
}

/// What a look goes by.
struct Looking<'a> {
    office: &'a Office,
    source: &'a dyn Source,
    keys: Vec<VerifierKey>,
    pinned: bool,
}

impl<'a> Looking<'a> {
    fn new(office: &'a Office, pins: &Pins, source: &'a dyn Source) -> Self {
        let remembered = pins.remembered.iter().map(|remembered| remembered.checkpoint().log());
        let brought: Vec<VerifierKey> = pins.keys.iter().chain(remembered).cloned().collect();
        let pinned = !brought.is_empty();
        let keys = if pinned { brought } else { office.folder.keys() };
        Self { office, source, keys, pinned }
    }

    fn look(&self, at: Time, pins: &Pins) -> Look {
        let policy = pins.policy.as_ref();
        let (head, checkpoint) = match self.head() {
            Ok((head, checkpoint)) => (Ok(head), checkpoint),
            Err(why) => (Err(why), None),
        };
        let face = checkpoint
            .as_ref()
            .map(|checkpoint| Face { checkpoint: checkpoint.clone(), source: Some(self.source) });
        let (newest, cosigned) = self.newest_cosigned(policy, face.as_ref());
        // Each may take as long as its server likes, and none waits for another.
        let (witnesses, mirrors) = thread::scope(|scope| {
            let (face, newest) = (face.as_ref(), newest.as_ref());
            let known = policy.map(Policy::witnesses).unwrap_or_default();
            let witnesses: Vec<_> = (1..)
                .zip(known)
                .map(|(number, party)| scope.spawn(move || self.witness(number, party, newest, face)))
                .collect();
            let mirrors: Vec<_> = (1..)
                .zip(&self.office.asked.mirrors)
                .map(|(number, from)| scope.spawn(move || self.mirror(number, from, face)))
                .collect();
            (told(witnesses), told(mirrors))
        });
        let (witnesses, own): (Vec<Other>, Vec<_>) = witnesses.into_iter().unzip();
        let witnessed = match (policy, &face) {
            (Some(policy), Some(_)) => {
                let shown: Vec<_> = newest.into_iter().chain(own.into_iter().flatten()).collect();
                Witnessed::of(Some(policy), quorum(policy, &shown).as_ref())
            }
            _ => Witnessed::NoPolicy,
        };
        Look { at, head, witnessed, cosigned, witnesses, mirrors }
    }

    /// The head, and as a verified checkpoint where a key is known.
    fn head(&self) -> Result<(Head, Option<VerifiedCheckpoint>), Said> {
        if self.keys.is_empty() {
            let (note, said) = prove::head(self.source).map_err(|error| refused(&error))?;
            return Ok((self.told(&said, &note, Some(Relation::NoKey)), None));
        }
        let checkpoint = verified_head(self.source, &self.keys).map_err(|error| refused(&error))?;
        let follows = self.follows(&checkpoint);
        let head = self.told(checkpoint.checkpoint(), checkpoint.note(), follows);
        Ok((head, Some(checkpoint)))
    }

    fn told(&self, said: &Checkpoint, note: &Note, follows: Option<Relation>) -> Head {
        Head {
            origin: said.origin.to_string(),
            size: said.size,
            root: Hash(said.root).to_string(),
            note: note.to_string(),
            pinned: self.pinned,
            follows,
        }
    }

    /// What was seen last, to the head, which takes its place where it continues it.
    fn follows(&self, head: &VerifiedCheckpoint) -> Option<Relation> {
        let folder = &self.office.folder;
        let relation = match folder.last_seen() {
            Ok(None) => None,
            Ok(Some(bytes)) => Some(match read(&bytes, &self.keys) {
                Ok(seen) => {
                    let head = Face { checkpoint: head.clone(), source: Some(self.source) };
                    self.relation("ledger", &Face { checkpoint: seen, source: None }, &head)
                }
                Err(error) => Relation::Wrong(format!("{}: {error}", super::folder::LAST_SEEN)),
            }),
            Err(error) => Some(Relation::Wrong(error.to_string())),
        };
        if matches!(relation, None | Some(Relation::Behind(_)))
            && let Err(error) = folder.saw(&head.note().to_string())
        {
            return Some(Relation::Wrong(format!("{}: {error}", super::folder::LAST_SEEN)));
        }
        relation
    }

    /// The source's newest cosigned checkpoint, if it is of the head's tree, and else what is wrong with it.
    fn newest_cosigned(
        &self,
        policy: Option<&Policy>,
        head: Option<&Face<'_>>,
    ) -> (Option<VerifiedCheckpoint>, Option<Relation>) {
        let (Some(policy), Some(head)) = (policy, head) else { return (None, None) };
        let bytes = match outside::read(self.source) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return (None, None),
            Err(error) => return (None, Some(Relation::Unasked(error.to_string()))),
        };
        match self.cosigned(&bytes, &policy.witness_keys()) {
            Ok(newest) => {
                let face = Face { checkpoint: newest.clone(), source: Some(self.source) };
                match self.relation("witnessed", &face, head) {
                    relation if relation.is_of_one_tree() => (Some(newest), None),
                    relation => (None, Some(relation)),
                }
            }
            Err(error) => (None, Some(Relation::Wrong(error.to_string()))),
        }
    }

    /// What a witness cosigned last, as it says itself where it can be asked, else as the source shows it; with the
    /// checkpoint, if it is of the head's tree.
    fn witness(
        &self,
        number: usize,
        party: &Party,
        newest: Option<&VerifiedCheckpoint>,
        head: Option<&Face<'_>>,
    ) -> (Other, Option<VerifiedCheckpoint>) {
        let url = party.url.as_deref().zip(head);
        let url = url.map(|(url, head)| latest_of(url, head.checkpoint.origin().as_str()));
        let told = |shown: Option<&VerifiedCheckpoint>, relation| Other {
            name: party.name.clone(),
            url: url.clone(),
            shown: shown.map(sides),
            time: shown.and_then(|shown| line_of(shown, party)),
            relation,
        };
        let Some(head) = head else { return (told(None, Relation::NoKey), None) };
        let asked = url.as_deref().map(|url| self.office.reach.latest(url));
        let of_source = newest.filter(|newest| line_of(newest, party).is_some()).cloned();
        let (shown, unasked) = match asked {
            Some(Ok(Some(bytes))) => match self.cosigned(&bytes, std::slice::from_ref(&party.key)) {
                Ok(own) if line_of(&own, party).is_some() => (Some(own), None),
                Ok(_) => (of_source, None),
                Err(error) => return (told(None, Relation::Wrong(error.to_string())), None),
            },
            Some(Err(why)) => (of_source, Some(why)),
            Some(Ok(None)) | None => (of_source, None),
        };
        let Some(shown) = shown else {
            return (told(None, unasked.map_or(Relation::Nothing, Relation::Unasked)), None);
        };
        let face = Face { checkpoint: shown, source: None };
        let relation = self.relation(&format!("witness-{number}"), &face, head);
        let of_one_tree = relation.is_of_one_tree();
        (told(Some(&face.checkpoint), relation), of_one_tree.then_some(face.checkpoint))
    }

    /// A checkpoint under a key of the ledger, with the lines of these witnesses verified.
    fn cosigned(&self, bytes: &[u8], witnesses: &[VerifierKey]) -> Result<VerifiedCheckpoint, ProveError> {
        Ok(VerifiedCheckpoint::verify_under_any(&Note::parse(bytes)?, &self.keys, witnesses)?)
    }

    fn mirror(&self, number: usize, from: &str, head: Option<&Face<'_>>) -> Other {
        let told = |shown, relation| Other { name: from.to_owned(), url: None, shown, time: None, relation };
        let source = match self.office.reach.source(from) {
            Ok(source) => source,
            Err(why) => return told(None, Relation::Unasked(why)),
        };
        let Some(head) = head else {
            let shown = prove::head(source.as_ref());
            let shown = shown.map(|(_, said)| (said.size, Hash(said.root).to_string()));
            return match shown {
                Ok(shown) => told(Some(shown), Relation::NoKey),
                Err(error) => told(None, wrong(&error)),
            };
        };
        match verified_head(source.as_ref(), &self.keys) {
            Ok(checkpoint) => {
                let shown = sides(&checkpoint);
                let face = Face { checkpoint, source: Some(source.as_ref()) };
                told(Some(shown), self.relation(&format!("mirror-{number}"), &face, head))
            }
            Err(error) => told(None, wrong(&error)),
        }
    }

    /// How a face stands to the head; a split is kept under a name.
    fn relation(&self, name: &str, face: &Face<'_>, head: &Face<'_>) -> Relation {
        let (own, whole) = (face.checkpoint.size(), head.checkpoint.size());
        match compare(face, head) {
            Ok(Compared::Same) => Relation::Same,
            Ok(Compared::Continued | Compared::CannotTell) if own > whole => Relation::Ahead(own - whole),
            Ok(Compared::Continued | Compared::CannotTell) => Relation::Behind(whole - own),
            Ok(Compared::Split(split)) => match self.office.folder.keep_split(name, &split) {
                Ok(proof) => Relation::Split(proof),
                Err(error) => Relation::Wrong(format!("split view, proof not written: {error}")),
            },
            Err(CompareError::Prove(error)) => wrong(&error),
            Err(error @ CompareError::SplitView(_)) => Relation::Wrong(error.to_string()),
        }
    }
}

impl Relation {
    /// Whether nothing contradicts that both are of one tree.
    fn is_of_one_tree(&self) -> bool {
        matches!(self, Self::Same | Self::Behind(_) | Self::Ahead(_))
    }
}

/// What threads found; one that panicked has nothing to tell.
fn told<T>(threads: Vec<thread::ScopedJoinHandle<'_, T>>) -> Vec<T> {
    threads.into_iter().filter_map(|thread| thread.join().ok()).collect()
}

/// The largest tree that a quorum cosigned, whoever shows the lines: the source, or the witnesses themselves.
fn quorum(policy: &Policy, shown: &[VerifiedCheckpoint]) -> Option<VerifiedCheckpoint> {
    let keys = policy.witness_keys();
    let together = |of: &VerifiedCheckpoint| {
        let same = shown.iter().filter(|other| other.checkpoint() == of.checkpoint());
        same.fold(of.clone(), |all, other| {
            let missing = |line: &&NoteSignature| {
                let held = |key: &VerifierKey| all.cosignatures().iter().any(|line| line.witness == *key);
                keys.iter().any(|key| key.is_named_by(line) && !held(key))
            };
            let lines = other.note().signatures().iter().filter(missing).cloned().collect();
            all.with_lines(lines, &keys).unwrap_or(all)
        })
    };
    let quorums = shown.iter().map(together).filter(|one| Quorum::of(policy, one).is_some());
    quorums.max_by_key(VerifiedCheckpoint::size)
}

/// A checkpoint under one of these keys.
fn read(bytes: &[u8], keys: &[VerifierKey]) -> Result<VerifiedCheckpoint, ProveError> {
    verified(&Note::parse(bytes)?, keys)
}

/// The time of a witness's line, where there is one.
fn line_of(checkpoint: &VerifiedCheckpoint, party: &Party) -> Option<Time> {
    let line = checkpoint.cosignatures().iter().find(|line| line.witness == party.key)?;
    Time::from_millis(i64::try_from(line.time).ok()?.checked_mul(1000)?).ok()
}

fn sides(of: &VerifiedCheckpoint) -> (u64, String) {
    (of.size(), Hash(*of.root()).to_string())
}

fn wrong(error: &ProveError) -> Relation {
    match error {
        ProveError::Source(error) => Relation::Unasked(error.to_string()),
        error => Relation::Wrong(error.to_string()),
    }
}

fn refused(error: &ProveError) -> Said {
    match error {
        ProveError::Source(error) => unasked(&error.to_string()),
        error => Said::new(
            format!(
                "来源的检查点不能核实：{error}。请核对 --vkey（密钥轮换后须加入新钥），否则这不是那个账本"
            ),
            format!(
                "The source's checkpoint is not good: {error}. Look at --vkey (after a rotation it needs the new key too), else this is not that ledger"
            ),
        ),
    }
}
