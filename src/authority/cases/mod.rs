//! Cases (办件): 申请 → 受理 → (补正) → 审查 → 决定 → 签发 → 送达 → 评价, each step an entry. Whether a step may be taken is
//! asked of the law, before anything is signed and again at the entry; here it is prepared, kept and answered.
//!
//! What an officer does is done in two requests. The first prepares: it answers the statement that the officer signs, with
//! a key that is not here. The second brings the signature. What was prepared is durable in between, so that what is
//! entered is what was signed (law 0, section 5, step 2). Not here: which step may follow which (`law`).

mod acting;
mod approving;
mod correcting;
mod deciding;
mod filing;
mod foresight;
mod kept;
mod letters;
mod promising;
mod rating;
mod reading;
mod refusal;
mod replacing;
mod rows;
mod stepping;

use serde_json::Value;

pub(super) use acting::signature;
pub use acting::{OfficerStep, ToSign};
pub use approving::Approvals;
pub use correcting::{ShownCorrection, ShownItem};
pub(super) use filing::all_right;
pub(super) use foresight::{UNSIGNED, refused};
pub use kept::{Kept, Track};
pub use letters::{Letter, LetterAnswer, LetterKind, ShownLetter};
pub use reading::{CaseFilter, CasePage, ShownCase, ShownStep, Waiting};
pub use refusal::CaseRefusal;
pub use rows::{case, rows};
pub use stepping::DepartmentStep;

use super::facts::Sources;
use super::issuance::Issued;
use super::writer::Committed;
use crate::crypto::Digest;
use crate::ledger::body::CaseId;
use crate::ledger::state::CaseState;
use crate::values::identifiers::CreditCode;

/// How long a prepared step and the approvals of a licence count: thirty days, in milliseconds.
const PATIENCE: i64 = 30 * 24 * 3600 * 1000;

/// A wish about cases, as it came in.
#[derive(Clone, Copy)]
pub struct CaseWish<'a> {
    /// Who asks.
    pub department: &'a CreditCode,
    /// Which case; none to file one.
    pub case: Option<&'a CaseId>,
    /// The body.
    pub body: &'a Value,
    /// The `Idempotency-Key`.
    pub key: Option<&'a str>,
    /// Whether only the checks are wanted.
    pub dry_run: bool,
}

/// What the applicant is given at filing.
#[derive(Clone)]
pub struct Tracked {
    /// Number and code.
    pub track: Track,
    /// The secret with which the case is rated.
    pub rating: String,
}

/// What is answered to a step.
pub struct Stepped {
    /// The case after it; for a dry run and a prepared step, as it would be.
    pub case: CaseState,
    /// Of a filing: what the applicant is given.
    pub tracked: Option<Tracked>,
    /// Index and leaf hash of the entry; none where nothing was entered.
    pub entry: Option<(u64, Digest)>,
    /// `.tlog-proof`.
    pub receipt: Option<String>,
    /// What the officer is asked to sign.
    pub sign: Option<ToSign>,
    /// The licence, if the step issued it.
    pub issued: Option<Box<Issued>>,
    /// Of an application, a decision and an issue: what proved what, and what is flagged.
    pub sources: Sources,
    /// Whether whoever took the step may see that: not another department's window.
    pub own: bool,
}

impl Stepped {
    /// What proved what, and what is flagged, for whoever took the step.
    pub fn seen(&self) -> Sources {
        if self.own { self.sources.clone() } else { Sources::default() }
    }

    /// Nothing was entered.
    fn foreseen(case: CaseState) -> Self {
        let (sources, own) = (Sources::default(), true);
        Self { case, tracked: None, entry: None, receipt: None, sign: None, issued: None, sources, own }
    }

    fn entered(case: CaseState, committed: &Committed) -> Self {
        let entry = Some((committed.index(), committed.leaf()));
        Self { entry, receipt: Some(committed.receipt().to_owned()), ..Self::foreseen(case) }
    }
}
