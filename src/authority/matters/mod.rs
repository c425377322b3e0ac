//! Matters (一件事): one application for everything that somebody wants, which becomes a case or a licence of each type
//! (一口受理), asks only for what no licence of the holder proves (一表制), and shows one progress.
//!
//! First everything is foreseen; then the application is kept, sealed; only then its parts go their ways, each under a
//! name of its own that follows from the application. So whatever breaks off in between goes on from what is kept: with
//! the same request, with the next step of any part, or at the service's next round. What the ledger knows of a part (its
//! case, its licence) is asked of the ledger; here it is only named. Not here: which matters there are and what they ask
//! (`catalogue`), how a case goes on (`cases`).

mod advancing;
mod applying;
mod drawing;
mod ending;
mod foreseeing;
mod holdings;
mod kept;
mod reading;
mod refusal;
mod supplying;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use reading::MatterPage;
pub use refusal::MatterRefusal;
pub use supplying::PartWish;

use super::cases::{ShownCase, Tracked};
use crate::catalogue::Matter;
use crate::values::identifiers::{CreditCode, Handle, LicenceNumber, Slug, VerificationCode};
use crate::values::time::Time;

/// An application for a matter, as it came in.
#[derive(Clone, Copy)]
pub struct MatterWish<'a> {
    /// Who takes it.
    pub department: &'a CreditCode,
    /// The body.
    pub body: &'a Value,
    /// The `Idempotency-Key`.
    pub key: Option<&'a str>,
    /// Whether only the form and the checks are wanted.
    pub dry_run: bool,
}

/// An application for a matter as it is shown.
pub struct ShownMatter {
    /// Its id; none for a dry run.
    pub matter: Option<Handle>,
    /// What it is an application for; none where that matter is here no more.
    pub rules: Option<Arc<Matter>>,
    /// Its slug.
    pub slug: Slug,
    /// When it was taken; none for a dry run.
    pub filed: Option<Time>,
    /// Who took it.
    pub taken_by: CreditCode,
    /// The number by which the applicant follows it; not for auditors.
    pub number: Option<LicenceNumber>,
    /// The code beside it: only for the applicant.
    pub code: Option<VerificationCode>,
    /// Each licence that it takes.
    pub parts: Vec<ShownPart>,
    /// Questions that the holder's licences answer.
    pub prefilled: Vec<Prefilled>,
    /// Questions that are still open, each with whether it must be answered.
    pub open: Vec<(Slug, bool)>,
}

/// One licence of a matter.
pub struct ShownPart {
    /// Its type.
    pub licence_type: Slug,
    /// Who issues it, or would have; none for one that the holder has.
    pub department: Option<CreditCode>,
    /// How far it has come.
    pub state: PartState,
    /// Its case.
    pub case: Option<Box<ShownCase>>,
    /// What the applicant is given for the case: only for the applicant.
    pub tracked: Option<Tracked>,
    /// Its licence.
    pub licence: Option<Handle>,
    /// Types whose licence must be there before it goes on.
    pub waits_for: Vec<Slug>,
    /// What is applied for, while it waits, or where a restore brought its case back without it: only for who issues it.
    pub applied_for: Option<Map<String, Value>>,
    /// How it ended, where it did before anything was entered.
    pub ended: Option<Ended>,
}

/// How a part ended before anything of it was entered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// By whom.
    pub by: EndedBy,
    /// When.
    pub at: Time,
    /// Why; not for auditors.
    pub reason: Option<String>,
    /// The part that it came after, where it ended because that one did.
    pub with: Option<Slug>,
}

/// Who ended a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum EndedBy {
    /// The applicant, who withdrew it.
    Applicant,
    /// Its department, which declined it.
    Department,
}

/// How far a part has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartState {
    /// The holder had it, and another is not applied for.
    Held,
    /// It waits for another part, or for its department.
    Waiting,
    /// It is a case.
    Case,
    /// It is issued.
    Issued,
    /// The applicant withdrew it before anything was entered.
    Withdrawn,
    /// Its department did not take it up, or it came after one that ended.
    Declined,
}

impl From<EndedBy> for PartState {
    fn from(by: EndedBy) -> Self {
        match by {
            EndedBy::Applicant => Self::Withdrawn,
            EndedBy::Department => Self::Declined,
        }
    }
}

impl PartState {
    /// Each of them.
    pub const ALL: [Self; 6] =
        [Self::Held, Self::Waiting, Self::Case, Self::Issued, Self::Withdrawn, Self::Declined];

    /// As answers write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Waiting => "waiting",
            Self::Case => "case",
            Self::Issued => "issued",
            Self::Withdrawn => "withdrawn",
            Self::Declined => "declined",
        }
    }

    /// 中文 and English.
    pub fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Held => ("已持有", "held already"),
            Self::Waiting => ("等待办理", "waiting"),
            Self::Case => ("办理中", "in progress"),
            Self::Issued => ("已签发", "issued"),
            Self::Withdrawn => ("已撤回", "withdrawn"),
            Self::Declined => ("不予办理", "not taken up"),
        }
    }
}

/// A question that a licence answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Prefilled {
    /// Which.
    pub question: Slug,
    /// The answer; none where who asks may not have it, or where it was erased.
    pub value: Option<Value>,
    /// The licence.
    pub licence: Handle,
    /// Its type.
    pub licence_type: Slug,
    /// Its issuer.
    pub issuer: CreditCode,
}
