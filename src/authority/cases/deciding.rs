//! 决定: what is granted is fixed whole as a draft, before anybody signs (law 0, section 5); a refusal has its reason. A
//! correction is upheld or dismissed, and drafts nothing.

use super::PATIENCE;
use super::kept::{Kept, KeptDraft};
use super::replacing::Replaced;
use crate::authority::Authority;
use crate::authority::facts::{Sources, gone};
use crate::authority::refusal::{Failure, Fault};
use crate::catalogue::{Application, Decided, IssueRequest, Members, RequestError, RequestErrorKind};
use crate::crypto::Digest;
use crate::ledger::body::{Body, CaseDecided, DraftedLicence};
use crate::ledger::signature::Approval;
use crate::ledger::state::CaseState;
use crate::values::identifiers::Handle;
use crate::values::time::Time;

/// How it is said that a licence was wrong and was acted upon.
const UPHELD: &str = "upheld";

/// How a case can be decided.
fn outcomes(case: &CaseState) -> [&'static str; 2] {
    if case.corrects().is_some() { [UPHELD, "dismissed"] } else { ["granted", "refused"] }
}

impl Authority {
    /// The body of a decision with its signature still to come, and what is kept of it. A dry run takes no place on a
    /// status list and fixes nothing.
    #[expect(clippy::too_many_arguments, reason = "one step of `acted`, split off to be read")]
    pub(super) async fn decision(
        &self,
        members: &Members<'_>,
        case: &CaseState,
        approvals: Vec<Approval>,
        (mut kept, commitment): (Kept, Digest),
        not_after: Time,
        dry_run: bool,
        now: Time,
    ) -> Result<(Body, Option<Kept>), Failure> {
        let (outcomes, corrects) = (outcomes(case), case.corrects().is_some());
        let outcome =
            members.required("outcome", |members, name| members.word(name, &outcomes, |word| word))?;
        let drafts = ["valid_from", "valid_until", "licence_number"];
        if let Some(spare) = drafts.into_iter().find(|name| corrects && members.get(name).is_some()) {
            return Err(RequestError::at(members.pointer(spare), RequestErrorKind::UnknownField).into());
        }
        let decided = Decided {
            valid_from: members.day("valid_from")?,
            valid_until: members.day("valid_until")?,
            licence_number: members.parsed("licence_number")?,
        };
        let licence = if outcome == "granted" {
            Some(self.drafted(case, &decided, &mut kept, dry_run, now).await?)
        } else {
            None
        };
        let upheld = outcome == UPHELD;
        let decided = CaseDecided { approvals, case: case.case, commitment, licence, not_after, upheld };
        Ok((Body::CaseDecided(decided), Some(kept)))
    }

    /// Checks what would be issued as if it were issued now, and fixes it.
    async fn drafted(
        &self,
        case: &CaseState,
        decided: &Decided,
        kept: &mut Kept,
        dry_run: bool,
        now: Time,
    ) -> Result<DraftedLicence, Failure> {
        let request = self.request_of(case, decided, now)?;
        let replaced = self.replaced_by_case(case, "/outcome", now)?;
        let _holders = self.hold_holders(&request).await;
        self.may_still_promise(case, &request, "/outcome", now)?;
        let approved = self.approve(&case.department, request, replaced.as_ref().map(Replaced::handle), now);
        let approved = approved.or_else(|failure| Err(gone(failure, &self.proved_before(case)?)))?;
        kept.sources = Some(approved.sources().clone()).filter(|sources| *sources != Sources::default());
        self.check_number(&case.department, &approved, replaced.as_ref().map(Replaced::number))?;
        self.lint_certificate(&approved, &case.department, now)?;
        if dry_run {
            let nobody = Handle::new(now, crate::crypto::entropy::random(self.entropy.as_ref()));
            return Ok(DraftedLicence { credential_digest: Digest::of(b""), handle: nobody });
        }
        let succession = replaced.as_ref().map(Replaced::succession);
        let linted = self.lint(self.draft(&case.department, approved, succession.as_ref(), now)?)?;
        let (mut grant, draft, finders) = linted.parts();
        grant.not_after = Some(now.plus(PATIENCE));
        let drafted = DraftedLicence { credential_digest: grant.credential_digest, handle: grant.handle };
        kept.draft = Some(KeptDraft::of(grant, draft, finders));
        Ok(drafted)
    }

    /// The issue request that a case comes to.
    pub(super) fn request_of(
        &self,
        case: &CaseState,
        decided: &Decided,
        now: Time,
    ) -> Result<IssueRequest, Failure> {
        let said = self.application(case)?;
        let published = self.window.published();
        let offset = published.charter.offset().ok_or_else(|| Fault::Law("there is no offset".into()))?;
        let licence_type = self.type_of_case(case)?;
        let application = Application::parse(&serde_json::Value::Object(said))?;
        let mut request = application.decided(&licence_type, now.date(offset), decided)?;
        request.case = Some(case.case.to_string());
        request.region = Some(case.region.clone());
        Ok(request)
    }
}
