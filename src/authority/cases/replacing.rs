//! 延续、变更、更正、补发 from a case: an application names the licence that it is to replace, and what is granted takes its place
//! in the entry that issues it, which is a step of the case too (law 0, sections 5 and 13). Not here: whether the old one's
//! standing lets it be replaced (`values::standing`), and replacing without a case (`acts`).

use serde_json::Value;

use super::kept::Kept;
use crate::authority::Authority;
use crate::authority::acts::Words;
use crate::authority::issuance::Succession;
use crate::authority::once::Slot;
use crate::authority::refusal::{Failure, Refusal};
use crate::authority::store::Write;
use crate::authority::vault::Draft;
use crate::catalogue::{Application, ClaimRule, HolderRequest, IssueRequest, Replacing, RequestError};
use crate::ledger::body::Replaces;
use crate::ledger::state::{CaseState, LicenceState};
use crate::values::identifiers::{CreditCode, Handle, LicenceNumber, Slug};
use crate::values::standing::{Act, Cause};
use crate::values::time::Time;

/// What a case's licence takes the place of.
pub(super) struct Replaced {
    old: LicenceState,
    draft: Draft,
    cause: Cause,
}

impl Replaced {
    /// Which licence.
    pub(super) fn handle(&self) -> &Handle {
        &self.old.handle
    }

    /// Its number, which the new one may keep.
    pub(super) fn number(&self) -> &LicenceNumber {
        &self.draft.licence_number
    }

    /// How the new one goes on from it.
    pub(super) fn succession(&self) -> Succession<'_> {
        let replaces = Replaces { cause: self.cause, handle: self.old.handle, prev: self.old.last };
        Succession { replaces, old_draft: &self.draft }
    }
}

impl Authority {
    /// Refuses an application to replace a licence that cannot be, or that others hold. `own`: whether the department itself
    /// asks, which may correct whose it is; another window is told no more of a licence than that it is none of this holder's.
    pub(super) fn may_replace(
        &self,
        replacing: &Replacing,
        of: (&CreditCode, &Slug),
        request: &IssueRequest,
        own: bool,
        pointer: &str,
        now: Time,
    ) -> Result<(), Failure> {
        let corrected = own && replacing.cause == Cause::Corrected;
        let holders = Some(request.holders.as_slice()).filter(|_| !corrected);
        self.replaced(replacing, of, holders, pointer, now).map(drop)
    }

    /// What a case's licence takes the place of; `None` of a case that replaces nothing. `pointer` says where a request is
    /// wrong if it can be replaced no more.
    pub(super) fn replaced_by_case(
        &self,
        case: &CaseState,
        pointer: &str,
        now: Time,
    ) -> Result<Option<Replaced>, Failure> {
        let replacing = self.replacing(case)?;
        let of = (&case.department, &case.licence_type);
        replacing.map(|replacing| self.replaced(&replacing, of, None, pointer, now)).transpose()
    }

    /// Holds the licence that a case is to replace: the entry says what came last about it.
    pub(super) async fn hold_replaced(&self, case: &CaseState) -> Result<Option<Slot>, Failure> {
        Ok(match self.replacing(case)? {
            Some(replacing) => Some(self.hold_licence(&replacing.licence).await),
            None => None,
        })
    }

    /// The row of the reason for which a licence was replaced: what was said of the decision.
    pub(super) fn reason_of(&self, replaced: &Replaced, decision: &Kept) -> Result<Write, Failure> {
        let reason = decision.words().unwrap_or_default().to_owned();
        let (_, row) = self.ground(&replaced.old, Words { reason, basis: None, reference: None })?;
        Ok(row)
    }

    fn replacing(&self, case: &CaseState) -> Result<Option<Replacing>, Failure> {
        if case.corrects().is_some() {
            return Ok(None);
        }
        Ok(Application::parse(&Value::Object(self.application(case)?))?.replaces)
    }

    fn replaced(
        &self,
        replacing: &Replacing,
        (department, licence_type): (&CreditCode, &Slug),
        holders: Option<&[HolderRequest]>,
        pointer: &str,
        now: Time,
    ) -> Result<Replaced, Failure> {
        let theirs = |licence: &LicenceState| {
            licence.department == *department && licence.licence_type == *licence_type && !licence.erased
        };
        let found = match self.licence_state(&replacing.licence) {
            Err(Failure::Refused(Refusal::NotFound(_))) => None,
            found => Some(found?).filter(theirs),
        };
        let old = found.ok_or_else(|| none_of_theirs(pointer))?;
        let draft = self.vault.draft(&old.handle)?;
        if holders.is_some_and(|holders| !are_its_holders(&draft, holders)) {
            return Err(none_of_theirs(pointer).into());
        }
        self.transition(&old, Act::Replace(replacing.cause), now)?;
        Ok(Replaced { old, draft, cause: replacing.cause })
    }
}

/// Whether a licence has these holders and no others, by their codes.
fn are_its_holders(draft: &Draft, asked: &[HolderRequest]) -> bool {
    let held = draft.payload.get("holders").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let has = |code: &str| held.iter().any(|one| one.get("code").and_then(Value::as_str) == Some(code));
    held.len() == asked.len() && asked.iter().all(|holder| has(&holder.code))
}

fn none_of_theirs(pointer: &str) -> RequestError {
    let en = "the handle of a licence of this type that the department issued to the same holders";
    RequestError::rule(pointer, ClaimRule::described("该部门签发给同一持证主体的同类证照的句柄", en))
}
