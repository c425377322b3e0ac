//! What the engine says no to. A [`Refusal`] is the caller's and is told, with its cure; a [`Fault`] is ours, is logged
//! once and stays opaque outside. Not here: status codes and problem documents (`http`).

use crate::catalogue::RequestError;
use crate::law::{Refused, Violation};
use crate::ledger::body::CaseId;
use crate::ledger::state::ViewFault;
use crate::values::identifiers::{BaseUrl, CreditCode, Handle};
use crate::values::standing::{Act, Standing};
use crate::values::time::Time;
use crate::verification::AskError;

use super::cases::CaseRefusal;
use super::ceremony::CeremonyRefusal;
use super::facts::FactRefusal;
use super::keyring::KeyringError;
use super::matters::MatterRefusal;
use super::needs::Proof;
use super::reading::NotProvable;
use super::store::StoreError;

/// Told to the caller. One variant a problem.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Something in the request is wrong; it says where.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// Several things are wrong in what is applied for; it says where, the first of them first.
    #[error("{0}")]
    Application(RequestError, Vec<RequestError>),
    /// The department may not issue this type in this region today.
    #[error("{department} holds no power to issue {licence_type} in {region} today")]
    NoPower {
        /// Who asked.
        department: String,
        /// For what.
        licence_type: String,
        /// Where.
        region: String,
        /// Pointer to the region, where one was asked for, else to the type.
        pointer: String,
    },
    /// The licence is another department's.
    #[error("the licence or case is another department's")]
    NotYours,
    /// There is no such thing here.
    #[error("there is no such {0} here")]
    NotFound(Thing),
    /// The idempotency key was used with another body.
    #[error("this idempotency key was used before with another body")]
    IdempotencyConflict,
    /// A request with the same key is being answered.
    #[error("a request with this idempotency key is being answered")]
    InFlight,
    /// The act does not follow from the licence's standing.
    #[error("{act} does not follow from {standing}")]
    IllegalTransition {
        /// The standing.
        standing: Standing,
        /// The act.
        act: Act,
        /// Whether the licence has expired.
        expired: bool,
    },
    /// The department's own licence number is taken.
    #[error("this licence number was issued or recorded before")]
    NumberTaken {
        /// Pointer to it.
        pointer: String,
    },
    /// The credential certificate ends before the licence does.
    #[error("the credential certificate ends before the licence would")]
    OutlivesCertificate {
        /// Pointer to the last day.
        pointer: String,
    },
    /// The department's credential certificate has ended: nothing can be issued before its key is rotated.
    #[error("the credential certificate of {department} ended on {ended}")]
    CertificateEnded {
        /// Whose.
        department: CreditCode,
        /// When.
        ended: Time,
    },
    /// The holder key is no public JWK of ours.
    #[error("the holder key is refused: {reason}")]
    HolderKey {
        /// Pointer to it.
        pointer: String,
        /// Why.
        reason: String,
    },
    /// The type is issued after examination, by officers' approvals, or directly; the request says otherwise.
    #[error("this type is issued directly; approvals and case are refused")]
    Approvals {
        /// Pointer to what is to spare.
        pointer: String,
    },
    /// About a case: the step, who takes it, what is signed.
    #[error(transparent)]
    Case(#[from] CaseRefusal),
    /// About a fact that another department is the source of, or that a valid licence contradicts.
    #[error(transparent)]
    Fact(#[from] FactRefusal),
    /// About an application for a matter.
    #[error(transparent)]
    Matter(#[from] MatterRefusal),
    /// A holder may have one licence of this type at a time, and has one that is valid or suspended.
    #[error("the holder has a licence of this type already, valid or suspended, and may have one only")]
    AlreadyHeld {
        /// Pointer to the holder.
        pointer: String,
    },
    /// What the act changes is only allowed in another form.
    #[error("a replacement is of the same type")]
    OtherType {
        /// Pointer to the type.
        pointer: String,
    },
    /// The pickup's code is wrong, or its tries or time are used up.
    #[error("the pickup is not open to this code")]
    PickupClosed {
        /// Tries that remain; none when it is closed.
        tries: Option<u8>,
    },
    /// The licence's payload was erased, or was lost with a restore.
    #[error("the payload of this licence is not here: it was erased, or a restore did not have it")]
    Erased,
    /// A proof is demanded that a licence gives.
    #[error("a licence proves this already")]
    AlreadyProved {
        /// Who demands it.
        department: CreditCode,
        /// The types that prove it.
        by: Vec<Proof>,
        /// The authority's address, where it is verified.
        base_url: BaseUrl,
    },
    /// Another department's demand, or of a role that demands nothing.
    #[error("a department states its own demands; the operator may state them for it")]
    NotYourDemand,
    /// A question of verification that cannot be judged at all.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// A ceremony is not prepared, not approved, or cannot go on.
    #[error(transparent)]
    Ceremony(#[from] CeremonyRefusal),
    /// There is no proof of how a licence stood.
    #[error(transparent)]
    NotProvable(#[from] NotProvable),
    /// Nothing may be added now; reads go on.
    #[error("the ledger takes no entries now: {0}")]
    NotReady(String),
    /// More work is queued than can be done.
    #[error("too many requests are waiting")]
    Busy,
}

/// What was not found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thing {
    /// A licence.
    Licence,
    /// A case.
    Case,
    /// A card.
    Card,
    /// An application for a matter.
    Matter,
    /// A pickup.
    Pickup,
    /// A kept report.
    Report,
    /// A licence type.
    Type,
    /// A department.
    Department,
    /// A file of the ledger.
    File,
    /// A ceremony.
    Ceremony,
    /// A path.
    Path,
}

impl Thing {
    /// 中文 and English.
    pub fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Licence => ("电子证照", "licence"),
            Self::Case => ("办件", "case"),
            Self::Card => ("牌", "card"),
            Self::Matter => ("一件事申请", "application for a matter"),
            Self::Pickup => ("领取地址", "pickup address"),
            Self::Report => ("核验报告", "report"),
            Self::Type => ("证照类型", "licence type"),
            Self::Department => ("部门", "department"),
            Self::File => ("账本文件", "ledger file"),
            Self::Ceremony => ("仪式", "ceremony"),
            Self::Path => ("地址", "path"),
        }
    }
}

impl std::fmt::Display for Thing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.names().1)
    }
}

/// Ours. Its text is for the log, never for the caller.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The keyring failed.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// The state could not be read.
    #[error(transparent)]
    View(#[from] ViewFault),
    /// The law refused what the engine made.
    #[error("the law refuses what the engine made: {0}")]
    Law(String),
    /// A key that entries name is not in the keyring.
    #[error("the keyring has no {0}")]
    NoKey(String),
    /// A payload cannot be opened, or a stored value cannot be read.
    #[error("{0}")]
    Damaged(String),
    /// A signature or certificate could not be made.
    #[error("{0}")]
    Crypto(String),
    /// The thread that writes has stopped.
    #[error("the sequencer has stopped")]
    Stopped,
}

/// Why the engine did not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The law said no at the entry's index. Whoever proposed it knows what that means to the caller; what nobody
    /// translates is a fault.
    #[error("the law refused: {0}")]
    Judged(Violation),
    /// The caller's.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Ours.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Ended(why) => Refusal::NotReady(why).into(),
            error => Fault::Store(error).into(),
        }
    }
}

impl From<KeyringError> for Failure {
    fn from(error: KeyringError) -> Self {
        Fault::Keyring(error).into()
    }
}

impl From<ViewFault> for Failure {
    fn from(error: ViewFault) -> Self {
        Fault::View(error).into()
    }
}

impl From<RequestError> for Failure {
    fn from(error: RequestError) -> Self {
        Refusal::Request(error).into()
    }
}

impl From<AskError> for Failure {
    fn from(error: AskError) -> Self {
        Refusal::Ask(error).into()
    }
}

impl From<CaseRefusal> for Failure {
    fn from(error: CaseRefusal) -> Self {
        Refusal::Case(error).into()
    }
}

impl From<FactRefusal> for Failure {
    fn from(error: FactRefusal) -> Self {
        Refusal::Fact(error).into()
    }
}

impl From<MatterRefusal> for Failure {
    fn from(error: MatterRefusal) -> Self {
        Refusal::Matter(error).into()
    }
}

impl From<CeremonyRefusal> for Failure {
    fn from(error: CeremonyRefusal) -> Self {
        Refusal::Ceremony(error).into()
    }
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Fault(fault) => Fault::View(fault).into(),
            Refused::Violation(violation) => Self::Judged(violation),
            other => Fault::Law(other.to_string()).into(),
        }
    }
}

impl From<Violation> for Failure {
    fn from(violation: Violation) -> Self {
        Self::Judged(violation)
    }
}

/// There is no case of this number.
pub(super) fn no_case(_: &CaseId) -> Failure {
    Refusal::NotFound(Thing::Case).into()
}

/// There is no licence of this handle.
pub(super) fn no_licence(_: &Handle) -> Failure {
    Refusal::NotFound(Thing::Licence).into()
}
