//! How far outsiders vouch for a ledger: by which quorum, up to which size, since when. What is said of it, in one wording
//! for every report, page and command. Not here: asking them (`authority::witnesses`), and who suffices ([`Policy`]).

use serde::{Deserialize, Serialize, Serializer};

use super::checkpoint::VerifiedCheckpoint;
use super::policy::Policy;
use crate::values::lang::Lang;
use crate::values::time::Time;

/// How far outsiders vouch for a ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Witnessed {
    /// Nobody is asked: founded so, or a sample.
    Unwitnessed,
    /// Whoever judges has no policy, and cannot tell whose cosignatures would count.
    NoPolicy,
    /// Witnesses are asked, and were no quorum yet.
    Awaited {
        /// What the policy calls its quorum.
        quorum: String,
    },
    /// The ledger is witnessed, but not the checkpoint of the receipt that was shown: it may be of another face.
    Receipt,
    /// A quorum cosigned a checkpoint.
    By(Quorum),
}

/// As documents have it: the code, and the quorum where there was one.
impl Serialize for Witnessed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Written<'a> {
            code: &'static str,
            #[serde(flatten)]
            quorum: Option<&'a Quorum>,
        }
        Written { code: self.as_str(), quorum: self.by() }.serialize(serializer)
    }
}

/// A quorum that cosigned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quorum {
    /// What the policy calls it.
    pub quorum: String,
    /// Witnesses whose lines are under the checkpoint.
    pub by: usize,
    /// Witnesses that the policy knows.
    pub of: usize,
    /// Entries under the checkpoint.
    pub size: u64,
    /// When it was complete, by the witnesses' clocks.
    pub time: Time,
}

impl Quorum {
    /// The quorum of a policy under a checkpoint that was verified under its witnesses' keys, if there is one.
    pub fn of(policy: &Policy, checkpoint: &VerifiedCheckpoint) -> Option<Self> {
        let seconds = policy.completed(checkpoint.cosignatures())?;
        let millis = i64::try_from(seconds).ok()?.checked_mul(1000)?;
        Some(Self {
            quorum: policy.quorum()?.to_owned(),
            by: checkpoint.cosignatures().len(),
            of: policy.witnesses().len(),
            size: checkpoint.size(),
            time: Time::from_millis(millis).ok()?,
        })
    }
}

impl Witnessed {
    /// By a policy, if there is one that asks for witnesses, and the newest checkpoint that may be cosigned.
    pub fn of(policy: Option<&Policy>, newest: Option<&VerifiedCheckpoint>) -> Self {
        let Some((policy, quorum)) = policy.and_then(|policy| Some((policy, policy.quorum()?))) else {
            return Self::Unwitnessed;
        };
        match newest.and_then(|checkpoint| Quorum::of(policy, checkpoint)) {
            Some(quorum) => Self::By(quorum),
            None => Self::Awaited { quorum: quorum.to_owned() },
        }
    }

    /// The quorum that was reached.
    pub fn by(&self) -> Option<&Quorum> {
        match self {
            Self::By(quorum) => Some(quorum),
            Self::Unwitnessed | Self::NoPolicy | Self::Awaited { .. } | Self::Receipt => None,
        }
    }

    /// The code as reports write it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Unwitnessed => "unwitnessed",
            Self::NoPolicy => "no_policy",
            Self::Awaited { .. } => "awaited",
            Self::Receipt => "receipt_unwitnessed",
            Self::By(_) => "witnessed",
        }
    }

    /// What it means.
    pub fn text(&self, lang: Lang) -> String {
        match self {
            Self::Unwitnessed => lang
                .choose(
                    "未经外部见证：没有外部见证人为这个账本共同签名。",
                    "Un-witnessed: no outsider cosigns this ledger.",
                )
                .to_owned(),
            Self::NoPolicy => lang
                .choose(
                    "未经外部见证：没有见证策略，无法判断谁的共同签名算数。",
                    "Un-witnessed: there is no policy here that says whose cosignatures count.",
                )
                .to_owned(),
            Self::Awaited { quorum } => lang.choose(
                format!("未经外部见证：已请见证人，尚未达到法定人数（{quorum}）。"),
                format!("Un-witnessed: witnesses are asked, and were no quorum yet ({quorum})."),
            ),
            Self::Receipt => lang
                .choose(
                    "未经外部见证：这份证照的回执没有见证人的共同签名，无法断定它属于已见证的账本。请重新取得证照或联网核验。",
                    "Un-witnessed: the receipt of this licence is not cosigned, so it may be of another face of the ledger. \
                     Fetch the licence again, or verify it online.",
                )
                .to_owned(),
            Self::By(Quorum { quorum, by, of, size, time }) => lang.choose(
                format!("经外部见证：{of} 位见证人中的 {by} 位（法定人数 {quorum}）于 {time} 见证了前 {size} 条记录。"),
                format!(
                    "Witnessed: {by} of {of} witnesses (quorum {quorum}) cosigned the first {size} entries at {time}."
                ),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::PrivateKey;
    use crate::ledger::checkpoint::Checkpoint;
    use crate::note::{NoteSignature, Scheme, VerifierKey};

    fn key(seed: u8) -> PrivateKey {
        PrivateKey::from_seed(&[seed; 32]).unwrap()
    }

    fn vkey(name: &str, scheme: Scheme, seed: u8) -> VerifierKey {
        VerifierKey::of(name.parse().unwrap(), scheme, key(seed).public()).unwrap()
    }

    fn policy(quorum: &str) -> Policy {
        let witness =
            |name: &str, seed| format!("witness {name} {}\n", vkey(name, Scheme::Cosignature, seed));
        let lines: String = [("a", 2), ("b", 3), ("c", 4)].map(|(name, seed)| witness(name, seed)).concat();
        Policy::parse(format!("{lines}group two 2 a b c\nquorum {quorum}\n").as_bytes()).unwrap()
    }

    fn cosigned(lines: &[(&str, u8, u64)]) -> VerifiedCheckpoint {
        let checkpoint = Checkpoint::new("log.example/1".parse().unwrap(), 9, [7; 32]);
        let note = checkpoint.sign(&key(1), &[]).unwrap();
        let line = |(name, seed, time): &(&str, u8, u64)| {
            NoteSignature::cosign(note.text(), &name.parse().unwrap(), &key(*seed), *time).unwrap()
        };
        let lines = lines.iter().map(line).collect();
        let verified =
            VerifiedCheckpoint::verify(note.clone(), &vkey("log.example/1", Scheme::Ed25519, 1), &[]);
        verified.unwrap().with_lines(lines, &policy("two").witness_keys()).unwrap()
    }

    #[test]
    fn a_quorum_is_complete_with_the_line_that_it_needed() {
        let quorum = |lines: &[(&str, u8, u64)]| {
            let found = Quorum::of(&policy("two"), &cosigned(lines))?;
            Some((found.by, found.of, found.size, found.time.seconds()))
        };
        assert_eq!(quorum(&[]), None);
        assert_eq!(quorum(&[("a", 2, 50)]), None);
        assert_eq!(quorum(&[("a", 2, 50), ("c", 4, 40)]), Some((2, 3, 9, 50)));
        assert_eq!(quorum(&[("a", 2, 50), ("b", 3, 90), ("c", 4, 40)]), Some((3, 3, 9, 50)));
        assert_eq!(quorum(&[("a", 2, 50), ("b", 3, u64::MAX / 2)]), None, "no time of ours");
    }

    #[test]
    fn it_is_said_what_it_is() {
        let both = cosigned(&[("a", 2, 50), ("c", 4, 40)]);
        let code = |policy: Option<&Policy>, newest| Witnessed::of(policy, newest).as_str();
        assert_eq!(code(None, Some(&both)), "unwitnessed");
        assert_eq!(code(Some(&policy("none")), Some(&both)), "unwitnessed");
        assert_eq!(code(Some(&policy("two")), None), "awaited");
        assert_eq!(code(Some(&policy("b")), Some(&both)), "awaited");
        let by = Witnessed::of(Some(&policy("two")), Some(&both));
        assert_eq!(
            by.text(Lang::En),
            "Witnessed: 2 of 3 witnesses (quorum two) cosigned the first 9 entries at 1970-01-01T00:00:50.000Z."
        );
        for un in [Witnessed::Unwitnessed, Witnessed::NoPolicy, Witnessed::Awaited { quorum: "two".into() }] {
            assert!(un.text(Lang::Zh).starts_with("未经外部见证："));
            assert!(un.text(Lang::En).starts_with("Un-witnessed: "));
        }
    }
}
