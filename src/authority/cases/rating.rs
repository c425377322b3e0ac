//! 评价 (好差评): one rating of a case that is over, by whoever holds the receipt that was given at filing. A bad one calls
//! for rectification, with a deadline (`deadline`).

use serde_json::Value;

use super::kept::Kept;
use super::{CaseRefusal, Stepped};
use crate::authority::Authority;
use crate::authority::refusal::Failure;
use crate::catalogue::{ClaimRule, Members, RequestError};
use crate::ledger::body::{Body, CaseId, CaseRated, Level};

impl Authority {
    /// Rates a case.
    pub async fn rate_case(&self, id: &CaseId, body: &Value, dry_run: bool) -> Result<Stepped, Failure> {
        let members = Members::open(body, String::new(), &["receipt", "level", "text"])?;
        let receipt: String = members.required("receipt", Members::text)?;
        let level = members.required("level", level)?;
        let text = members.prose("text")?;
        let _held = self.hold_case(id).await;
        let case = self.case_state(id)?;
        let track = self.vault.kept_step(id, 0)?.and_then(|kept| kept.track);
        // Both sides are keyed hashes, so how long the comparison takes tells nothing.
        let hidden = self.once.hide("rating", &receipt);
        if track.is_none_or(|track| track.rating.0 != hidden) {
            return Err(CaseRefusal::BadReceipt.into());
        }
        let keep = |text| Kept::of(id, "words", Value::String(text), self.entropy.as_ref());
        let kept = text.map(keep).transpose()?;
        let commitment = kept.as_ref().map(|(_, commitment)| *commitment);
        let body = Body::CaseRated(CaseRated { case: *id, commitment, level });
        let foreseen = self.foresee(&body, Some(case.last), self.now()?)?;
        if dry_run {
            return Ok(Stepped::foreseen(foreseen));
        }
        self.enter_step(body, &case, kept.map(|(kept, _)| kept), None, Vec::new()).await
    }
}

fn level(members: &Members<'_>, name: &str) -> Result<Option<Level>, RequestError> {
    let Some(value) = members.get(name) else { return Ok(None) };
    let level = value.as_u64().and_then(|number| Level::try_from(number).ok());
    let rule =
        || ClaimRule::described("1 至 5 的整数，5 为非常满意", "a level from 1 to 5, where 5 is very good");
    level.map(Some).ok_or_else(|| RequestError::rule(members.pointer(name), rule()))
}
