//! Issuing one licence (law 0, section 5). One function a step, each consuming the last:
//! `IssueRequest → Approved → Drafted → Linted → Committed → Issued`. Recording what was granted before the ledger goes
//! the same way and ends in another kind of entry.
//!
//! The states stand here with private fields, so that only the steps of this room can make them: `approval`, `draft`,
//! `lint`, then `issued`. Not here: many at once (`http`), succession (`acts`).

mod approval;
mod draft;
mod issued;
mod lint;
mod type_claims;

use std::sync::Arc;

use serde_json::Value;

pub use issued::Issued;
pub use type_claims::KnownTypes;

use super::Authority;
use super::facts::Sources;
use super::finders::Finder;
use super::once::{Ask, Once, Slot};
use super::refusal::Failure;
use super::vault::Draft;
use crate::catalogue::{Checked, IssueRequest, LicenceType};
use crate::law::Rule;
use crate::ledger::body::{LicenceIssued, PowerId, Replaces};
use crate::values::identifiers::{CreditCode, Handle, LicenceNumber, Region};
use crate::values::recorded::{RecordedStanding, TrustLevel};

/// How a request meets another with the same key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// It is refused: a request of its own.
    Refuse,
    /// It waits for the other's answer: a line of a batch.
    Wait,
}

impl Patience {
    /// The route within whose scope a key is once only.
    fn route(self) -> &'static str {
        match self {
            Self::Refuse => "issue",
            Self::Wait => "batch",
        }
    }
}

/// A wish to issue or to record, as it came in.
#[derive(Clone, Copy)]
pub struct Wish<'a> {
    /// Who asks.
    pub department: &'a CreditCode,
    /// What is asked.
    pub body: &'a Value,
    /// The `Idempotency-Key` of the request; a `key` in the body counts when there is none.
    pub key: Option<&'a str>,
    /// How it meets another with the same key.
    pub patience: Patience,
    /// Whether only the checks are wanted.
    pub dry_run: bool,
}

/// What is answered: everything of [`Issued`], or for a dry run what can be said without issuing.
#[derive(Debug, Clone)]
pub enum Answer {
    /// Issued, now or under the same key before.
    Issued(Box<Issued>),
    /// Nothing was issued.
    DryRun {
        /// The number it would have, where the department gave one.
        licence_number: Option<LicenceNumber>,
        /// The department's record id.
        reference: Option<String>,
    },
}

/// A request that the type and the power list allow.
pub(super) struct Approved {
    licence_type: Arc<LicenceType>,
    request: IssueRequest,
    checked: Checked,
    region: Region,
    power: PowerId,
    holder_key: Option<Value>,
    sources: Sources,
    /// The handle that it must have; else one is drawn.
    handle: Option<Handle>,
}

impl Approved {
    /// What proved what, and what is flagged.
    pub(super) fn sources(&self) -> &Sources {
        &self.sources
    }
}

/// A credential whose bytes are fixed, with what is kept beside the ledger.
pub(super) struct Drafted {
    grant: LicenceIssued,
    /// For a licence that is recorded: where it stands, and the trust in its source.
    recorded: Option<(RecordedStanding, TrustLevel)>,
    draft: Draft,
    finders: Vec<Finder>,
}

/// A draft that was looked over once more before anything is signed.
pub(super) struct Linted(Drafted);

impl Drafted {
    /// What a case decided, once more, with its approvals.
    pub(super) fn decided(grant: LicenceIssued, draft: Draft, finders: Vec<Finder>) -> Self {
        Self { grant, recorded: None, draft, finders }
    }
}

impl Linted {
    /// Entry, draft and finders, for a case to keep until they are approved.
    pub(super) fn parts(self) -> (LicenceIssued, Draft, Vec<Finder>) {
        let Self(Drafted { grant, draft, finders, .. }) = self;
        (grant, draft, finders)
    }
}

/// What a new licence replaces: the old one, why, and how it is printed on.
pub(super) struct Succession<'a> {
    pub(super) replaces: Replaces,
    pub(super) old_draft: &'a Draft,
}

impl Authority {
    /// Issues one licence, or answers again what was answered under the same key.
    pub async fn issue(&self, wish: Wish<'_>) -> Result<Answer, Failure> {
        let request = IssueRequest::parse(wish.body)?;
        if request.case.is_some() {
            return Err(self.not_from_a_case(&request).into());
        }
        let ask = wish.key.or(request.key.as_deref()).map(|key| {
            self.once.ask(wish.department, wish.patience.route(), key, wish.body.to_string().as_bytes())
        });
        let _slot = match &ask {
            Some(ask) if !wish.dry_run => Some(self.slot(ask, wish.patience).await?),
            _ => None,
        };
        if let Some(ask) = &ask
            && let Some(answered) = Once::answered(self.store.as_ref(), ask)?
            && !wish.dry_run
        {
            return Ok(Answer::Issued(Box::new(self.issued_before(&answered)?)));
        }
        let now = self.now()?;
        let _holders = self.hold_holders(&request).await;
        if wish.dry_run {
            let approved = self.approve(wish.department, request, None, now)?;
            self.check_number(wish.department, &approved, None)?;
            self.lint_certificate(&approved, wish.department, now)?;
            let IssueRequest { licence_number, reference, .. } = approved.request;
            return Ok(Answer::DryRun { licence_number, reference });
        }
        Ok(Answer::Issued(Box::new(self.issue_held(wish, request, ask.as_ref(), None).await?)))
    }

    /// Issues what is asked, while whoever calls holds its holders; under a handle where its place is taken already.
    pub(in crate::authority) async fn issue_held(
        &self,
        wish: Wish<'_>,
        request: IssueRequest,
        ask: Option<&Ask>,
        handle: Option<Handle>,
    ) -> Result<Issued, Failure> {
        let now = self.now()?;
        let approve = |request| -> Result<Approved, Failure> {
            Ok(Approved { handle, ..self.approve(wish.department, request, None, now)? })
        };
        let approved = approve(request)?;
        let _number = self.hold_number(wish.department, &approved, None).await?;
        self.lint_certificate(&approved, wish.department, now)?;
        let linted = self.lint(self.draft(wish.department, approved, None, now)?)?;
        match self.commit_and_seal(linted, ask, Vec::new(), wish.patience).await {
            // Its key was retired between draft and entry: drafted once more, with the successor.
            Err(Failure::Judged(violation)) if violation.rule == Rule::KeyPurpose => {
                let again = approve(IssueRequest::parse(wish.body)?)?;
                let linted = self.lint(self.draft(wish.department, again, None, now)?)?;
                Ok(self.commit_and_seal(linted, ask, Vec::new(), wish.patience).await?.0)
            }
            issued => Ok(issued?.0),
        }
    }

    async fn slot(&self, ask: &Ask, patience: Patience) -> Result<Slot, Failure> {
        match patience {
            Patience::Refuse => Ok(self.once.take(ask.slot())?),
            Patience::Wait => Ok(self.once.wait(ask.slot()).await),
        }
    }
}
