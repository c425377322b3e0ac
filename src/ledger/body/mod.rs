//! What entries say: one closed schema a kind (law 0, section 2). Adding a kind is adding a row to the table below.
//! Not here: the rules (`law`).

mod anchor;
mod card;
mod case;
mod catalogue;
mod charter;
mod content;
mod counts;
mod licence;
mod officer;
mod process;

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

pub use anchor::StateAnchored;
pub use card::{
    About, CardAnswered, CardNumber, CardOrdered, CardRaised, CardReleased, Colour, Outcome,
    SupervisionPublished,
};
pub use case::{
    CaseAccepted, CaseAsked, CaseChecked, CaseDecided, CaseDeclined, CaseDelivered, CaseExamined, CaseFiled,
    CaseId, CaseRated, CaseRectified, CaseSupplied, CaseWithdrawn, DraftedLicence, FromCase, Level, Opinion,
    Truth,
};
pub use catalogue::{PowerGranted, PowerId, PowerWithdrawn, TypePublished, TypeWithdrawn};
pub use charter::{
    AuthorityFounded, AuthorityMoved, BlobRef, CheckpointKey, DepartmentRegistered, DepartmentWithdrawn,
    KeyIntroduced, KeyRetired, KeyTitle, LawChanged, LawVersion, LedgerFrozen, MAX_BLOB_BYTES, Name, Owner,
    Predecessor, RegistrarsChanged, RootKey, possession,
};
pub use content::{ContentFound, ContentNumber};
pub use counts::{LedgerAnchored, RefusalCount, RefusalsCounted};
pub use licence::{
    Carrier, LicenceActed, LicenceCarried, LicenceEnded, LicenceErased, LicenceIssued, LicenceRecorded,
    Replaces, StatusPlace,
};
pub use officer::{OfficerAppointed, OfficerId, OfficerLeft, Role};
pub use process::{Approvers, CalendarPublished, Exception, ProcessPublished, Promised, Year};

use super::entry::EntryError;
use super::signature::Approval;
use crate::crypto::KeyId;
use crate::values::identifiers::{CreditCode, Handle, Slug};
use crate::values::time::Time;

/// What an entry is about. Each subject has one chain of `prev`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Subject {
    /// The authority itself.
    Authority,
    /// A department.
    Department(CreditCode),
    /// A key.
    Key(KeyId),
    /// A licence type.
    Type(Slug),
    /// A power.
    Power(PowerId),
    /// An officer.
    Officer(OfficerId),
    /// How a licence type is issued.
    Process(Slug),
    /// The working days of a year.
    Calendar(Year),
    /// By which rules cards are raised.
    Supervision,
    /// A card.
    Card(CardNumber),
    /// What was found about the content of a licence.
    Content(ContentNumber),
    /// A case.
    Case(CaseId),
    /// A licence.
    Licence(Handle),
    /// The count of refusals.
    Refusals,
    /// The anchors.
    Anchors,
    /// The state of all licences.
    State,
}

/// Writes the table of kinds: enum, names, parsing and the body of each.
macro_rules! kinds {
    ($($variant:ident($body:ty) = $name:literal, $doc:literal;)+) => {
        /// The kind of an entry.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind { $(#[doc = $doc] $variant,)+ }

        impl Kind {
            /// Every kind, in the order of law 0, section 2.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The kind as entries write it.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }
        }

        impl Serialize for Body {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self { $(Self::$variant(body) => body.serialize(serializer),)+ }
            }
        }

        /// The body of an entry.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Body { $(#[doc = $doc] $variant($body),)+ }

        impl Body {
            /// The kind this is the body of.
            pub fn kind(&self) -> Kind {
                match self { $(Self::$variant(_) => Kind::$variant,)+ }
            }

            /// As JSON.
            pub fn to_value(&self) -> Result<Value, EntryError> {
                match self { $(Self::$variant(body) => serde_json::to_value(body),)+ }
                    .map_err(|error| EntryError::Schema(error.to_string()))
            }

            /// From JSON, by the closed schema of `kind`.
            pub fn from_value(kind: Kind, value: Value) -> Result<Self, EntryError> {
                match kind { $(Kind::$variant => serde_json::from_value(value).map(Self::$variant),)+ }
                    .map_err(|error| EntryError::Schema(error.to_string()))
            }
        }
    };
}

kinds! {
    AuthorityFounded(Box<AuthorityFounded>) = "authority.founded", "Entry 0.";
    AuthorityMoved(AuthorityMoved) = "authority.moved", "Another base URL; old names stay known.";
    RegistrarsChanged(RegistrarsChanged) = "registrars.changed", "The whole new set of registrars.";
    LawChanged(LawChanged) = "law.changed", "Another version of the law, from the next index.";
    LedgerFrozen(LedgerFrozen) = "ledger.frozen", "The last entry.";
    DepartmentRegistered(DepartmentRegistered) = "department.registered", "A department.";
    DepartmentWithdrawn(DepartmentWithdrawn) = "department.withdrawn", "A department no more.";
    KeyIntroduced(KeyIntroduced) = "key.introduced", "A key with its one purpose.";
    KeyRetired(KeyRetired) = "key.retired", "A key no more.";
    TypePublished(TypePublished) = "type.published", "A licence type, or its next version.";
    TypeWithdrawn(TypeWithdrawn) = "type.withdrawn", "A type no more.";
    PowerGranted(PowerGranted) = "power.granted", "A department may issue a type.";
    PowerWithdrawn(PowerWithdrawn) = "power.withdrawn", "It may no more.";
    OfficerAppointed(OfficerAppointed) = "officer.appointed", "An officer, with key, roles and time; or other ones.";
    OfficerLeft(OfficerLeft) = "officer.left", "An officer no more.";
    ProcessPublished(ProcessPublished) = "process.published", "Which steps, days and approvals a type's issue takes.";
    CalendarPublished(CalendarPublished) = "calendar.published", "The working days of a year.";
    CaseFiled(CaseFiled) = "case.filed", "申请: somebody applies.";
    CaseAccepted(CaseAccepted) = "case.accepted", "受理: it is taken up.";
    CaseDeclined(CaseDeclined) = "case.declined", "不予受理: it is not taken up.";
    CaseAsked(CaseAsked) = "case.asked", "补正: something is missing; the clock stops.";
    CaseSupplied(CaseSupplied) = "case.supplied", "补正: it is there; the clock goes on.";
    CaseExamined(CaseExamined) = "case.examined", "审查: an examiner's opinion.";
    CaseDecided(CaseDecided) = "case.decided", "决定: granted, with the draft fixed, or refused.";
    CaseDelivered(CaseDelivered) = "case.delivered", "送达: the applicant has the outcome.";
    CaseRated(CaseRated) = "case.rated", "评价: the applicant's rating.";
    CaseWithdrawn(CaseWithdrawn) = "case.withdrawn", "The applicant wants it no more.";
    CaseChecked(CaseChecked) = "case.checked", "承诺核查: whether what was promised is true.";
    CaseRectified(CaseRectified) = "case.rectified", "整改: what a bad rating called for.";
    SupervisionPublished(SupervisionPublished) = "supervision.published", "By which rules cards are raised.";
    ContentFound(ContentFound) = "content.found", "内容异常: what content rules found about a licence.";
    CardRaised(CardRaised) = "card.raised", "黄牌、红牌: a card that the rules raise.";
    CardOrdered(CardOrdered) = "card.ordered", "督办: its department has to answer.";
    CardAnswered(CardAnswered) = "card.answered", "整改、责任追究: what its department did.";
    CardReleased(CardReleased) = "card.released", "解除: it is over.";
    LicenceIssued(LicenceIssued) = "licence.issued", "A licence is issued.";
    LicenceRecorded(LicenceRecorded) = "licence.recorded", "A licence granted before the ledger is recorded.";
    LicenceCarried(LicenceCarried) = "licence.carried", "A further signed carrier of a licence.";
    LicenceSuspended(LicenceActed) = "licence.suspended", "Suspended.";
    LicenceReinstated(LicenceActed) = "licence.reinstated", "Reinstated.";
    LicenceEnded(LicenceEnded) = "licence.ended", "Ended by one of five acts.";
    LicenceErased(LicenceErased) = "licence.erased", "Its payload and salts are destroyed.";
    RefusalsCounted(RefusalsCounted) = "refusals.counted", "How many requests were refused.";
    LedgerAnchored(LedgerAnchored) = "ledger.anchored", "Size and root of the tree just before.";
    StateAnchored(StateAnchored) = "state.anchored", "The root over the states of all licences at a size.";
}

impl Kind {
    /// The kind of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == name)
    }

    /// Whether it is about a licence: signed by a department, at most 2 KiB.
    pub fn is_licence(self) -> bool {
        self.as_str().starts_with("licence.")
    }

    /// Whether it is a step of a case: signed by the department that has it.
    pub fn is_case(self) -> bool {
        self.as_str().starts_with("case.")
    }

    /// Whether it is about a card: signed by the authority.
    pub fn is_card(self) -> bool {
        self.as_str().starts_with("card.")
    }

    /// Whether strings outside ASCII may stand in it: the public names of the authority and of departments.
    pub fn may_hold_names(self) -> bool {
        matches!(self, Self::AuthorityFounded | Self::DepartmentRegistered)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Body {
    /// The one subject, named by the kind.
    pub fn subject(&self) -> Subject {
        match self {
            Self::AuthorityFounded(_)
            | Self::AuthorityMoved(_)
            | Self::RegistrarsChanged(_)
            | Self::LawChanged(_)
            | Self::LedgerFrozen(_) => Subject::Authority,
            Self::DepartmentRegistered(body) => Subject::Department(body.code.clone()),
            Self::DepartmentWithdrawn(body) => Subject::Department(body.code.clone()),
            Self::KeyIntroduced(body) => Subject::Key(body.title.spki.id()),
            Self::KeyRetired(body) => Subject::Key(body.key),
            Self::TypePublished(body) => Subject::Type(body.r#type.clone()),
            Self::TypeWithdrawn(body) => Subject::Type(body.r#type.clone()),
            Self::PowerGranted(body) => Subject::Power(body.power.clone()),
            Self::PowerWithdrawn(body) => Subject::Power(body.power.clone()),
            Self::OfficerAppointed(body) => Subject::Officer(body.officer),
            Self::OfficerLeft(body) => Subject::Officer(body.officer),
            Self::ProcessPublished(body) => Subject::Process(body.r#type.clone()),
            Self::CalendarPublished(body) => Subject::Calendar(body.year),
            Self::CaseFiled(body) => Subject::Case(body.case),
            Self::CaseAccepted(body) => Subject::Case(body.case),
            Self::CaseDeclined(body) => Subject::Case(body.case),
            Self::CaseAsked(body) => Subject::Case(body.case),
            Self::CaseSupplied(body) => Subject::Case(body.case),
            Self::CaseExamined(body) => Subject::Case(body.case),
            Self::CaseDecided(body) => Subject::Case(body.case),
            Self::CaseDelivered(body) => Subject::Case(body.case),
            Self::CaseRated(body) => Subject::Case(body.case),
            Self::CaseWithdrawn(body) => Subject::Case(body.case),
            Self::CaseChecked(body) => Subject::Case(body.case),
            Self::CaseRectified(body) => Subject::Case(body.case),
            Self::SupervisionPublished(_) => Subject::Supervision,
            Self::ContentFound(body) => Subject::Content(body.content),
            Self::CardRaised(body) => Subject::Card(body.card),
            Self::CardOrdered(body) => Subject::Card(body.card),
            Self::CardAnswered(body) => Subject::Card(body.card),
            Self::CardReleased(body) => Subject::Card(body.card),
            Self::LicenceIssued(body) => Subject::Licence(body.handle),
            Self::LicenceRecorded(body) => Subject::Licence(body.grant.handle),
            Self::LicenceCarried(body) => Subject::Licence(body.handle),
            Self::LicenceSuspended(body) | Self::LicenceReinstated(body) => Subject::Licence(body.handle),
            Self::LicenceEnded(body) => Subject::Licence(body.handle),
            Self::LicenceErased(body) => Subject::Licence(body.handle),
            Self::RefusalsCounted(_) => Subject::Refusals,
            Self::LedgerAnchored(_) => Subject::Anchors,
            Self::StateAnchored(_) => Subject::State,
        }
    }

    /// The approvals and the time after which they no longer count; `None` for kinds without approvals.
    pub fn approvals(&self) -> Option<(&[Approval], Option<Time>)> {
        match self {
            Self::AuthorityFounded(body) => Some((&body.approvals, Some(body.not_after))),
            Self::AuthorityMoved(body) => Some((&body.approvals, Some(body.not_after))),
            Self::RegistrarsChanged(body) => Some((&body.approvals, Some(body.not_after))),
            Self::LawChanged(body) => Some((&body.approvals, Some(body.not_after))),
            Self::LedgerFrozen(body) => Some((&body.approvals, Some(body.not_after))),
            Self::DepartmentRegistered(body) => Some((&body.approvals, Some(body.not_after))),
            Self::DepartmentWithdrawn(body) => Some((&body.approvals, Some(body.not_after))),
            Self::KeyIntroduced(body) => Some((&body.approvals, Some(body.not_after))),
            Self::KeyRetired(body) => Some((&body.approvals, Some(body.not_after))),
            Self::TypePublished(body) => Some((&body.approvals, Some(body.not_after))),
            Self::TypeWithdrawn(body) => Some((&body.approvals, Some(body.not_after))),
            Self::PowerGranted(body) => Some((&body.approvals, Some(body.not_after))),
            Self::PowerWithdrawn(body) => Some((&body.approvals, Some(body.not_after))),
            Self::OfficerAppointed(body) => Some((&body.approvals, Some(body.not_after))),
            Self::OfficerLeft(body) => Some((&body.approvals, Some(body.not_after))),
            Self::ProcessPublished(body) => Some((&body.approvals, Some(body.not_after))),
            Self::CalendarPublished(body) => Some((&body.approvals, Some(body.not_after))),
            Self::CaseAccepted(body) => Some((&body.approvals, Some(body.not_after))),
            Self::CaseDeclined(body) => Some((&body.approvals, Some(body.not_after))),
            Self::CaseAsked(body) => Some((&body.approvals, Some(body.not_after))),
            Self::CaseExamined(body) => Some((&body.approvals, Some(body.not_after))),
            Self::CaseDecided(body) => Some((&body.approvals, Some(body.not_after))),
            Self::CaseChecked(body) => Some((&body.approvals, Some(body.not_after))),
            Self::CaseRectified(body) => Some((&body.approvals, Some(body.not_after))),
            Self::SupervisionPublished(body) => Some((&body.approvals, Some(body.not_after))),
            Self::CardOrdered(body) => Some((&body.approvals, Some(body.not_after))),
            Self::CardAnswered(body) => Some((&body.approvals, Some(body.not_after))),
            Self::CardReleased(body) => Some((&body.approvals, Some(body.not_after))),
            Self::LicenceIssued(body) => Some((&body.approvals, body.not_after)),
            Self::LicenceRecorded(body) => Some((&body.grant.approvals, body.grant.not_after)),
            Self::CaseFiled(_)
            | Self::CaseSupplied(_)
            | Self::CaseDelivered(_)
            | Self::CaseRated(_)
            | Self::CaseWithdrawn(_)
            | Self::ContentFound(_)
            | Self::CardRaised(_)
            | Self::LicenceCarried(_)
            | Self::LicenceSuspended(_)
            | Self::LicenceReinstated(_)
            | Self::LicenceEnded(_)
            | Self::LicenceErased(_)
            | Self::RefusalsCounted(_)
            | Self::LedgerAnchored(_)
            | Self::StateAnchored(_) => None,
        }
    }

    /// The bytes that approvals take in the canonical form, which do not count against a licence kind's size.
    pub fn approvals_bytes(&self) -> usize {
        match self.approvals() {
            Some((approvals, _)) if !approvals.is_empty() => {
                serde_json::to_vec(approvals).map_or(0, |bytes| "\"approvals\":,".len() + bytes.len())
            }
            _ => 0,
        }
    }
}
