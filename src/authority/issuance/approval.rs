//! May this be issued: the type in force, its rules, the power, the holder's key, and what may be held only once.
//!
//! Not here: the form of a request (`catalogue`), and the law's own judgement, which comes last (`law`).

use std::sync::Arc;

use serde_json::{Map, Value};

use std::collections::BTreeSet;

use super::Approved;
use crate::authority::Authority;
use crate::authority::cases::CaseRefusal;
use crate::authority::facts::Way;
use crate::authority::once::Slot;
use crate::authority::refusal::{Failure, Fault, Refusal};
use crate::catalogue::{Checked, IssueRequest, LicenceType, RecordedRequest, RequestError, RequestErrorKind};
use crate::jose::jwk;
use crate::ledger::state::{Charter, Moment};
use crate::values::identifiers::{CreditCode, Handle, LicenceNumber};
use crate::values::time::Time;

impl Authority {
    /// The type's rules, the claims, the power.
    pub(in crate::authority) fn approve(
        &self,
        department: &CreditCode,
        mut request: IssueRequest,
        replaced: Option<&Handle>,
        now: Time,
    ) -> Result<Approved, Failure> {
        let published = self.window.published();
        let charter = &published.charter;
        let (licence_type, way) = match request.case.as_deref().and_then(|case| case.parse().ok()) {
            // A case is decided under the version it was filed under, whatever came since; and as it was filed.
            Some(case) => {
                let case = self.case_state(&case)?;
                (self.type_of_case(&case)?, Way::Case { promised: case.promise })
            }
            None => {
                let licence_type = self.type_in_force(charter, &request)?;
                self.fill_claims(&licence_type, &mut request, now)?;
                (licence_type, Way::Direct)
            }
        };
        let offset = charter.offset().ok_or_else(|| Fault::Law("there is no offset".into()))?;
        let checked = licence_type.check(&request, now.date(offset))?;
        let own =
            charter.department(department).ok_or_else(|| Fault::NoKey(format!("department {department}")))?;
        request.check_granted_before(own.since.time.date(offset))?;
        let region = request.region.clone().unwrap_or_else(|| own.value.region.clone());
        let moment = Moment { index: charter.size(), time: now };
        let power = charter.power_for(department, licence_type.slug(), &region, moment).ok_or_else(|| {
            Refusal::NoPower {
                department: department.to_string(),
                licence_type: licence_type.slug().to_string(),
                region: region.to_string(),
                pointer: power_pointer(&request),
            }
        })?;
        let has_process = charter.process(licence_type.slug(), licence_type.version().into()).is_some();
        if has_process != request.case.is_some() || !request.approvals.is_empty() {
            return Err(self.not_from_a_case(&request).into());
        }
        let holder_key = request.holder_key.clone().map(|key| self.holder_key(&request, key)).transpose()?;
        self.check_one_per_holder(&licence_type, &request, &checked, replaced, now)?;
        let sources = self.judge_facts(&licence_type, &request, department, way, now)?;
        let power = power.value.power.clone();
        let handle = None;
        Ok(Approved { power, licence_type, request, checked, region, holder_key, sources, handle })
    }

    /// Why this is not issued so: from a case and approved, or directly.
    pub(in crate::authority) fn not_from_a_case(&self, request: &IssueRequest) -> Refusal {
        let published = self.window.published();
        let known = self.catalogue.find(&request.licence_type);
        let newest = known.and_then(|known| published.charter.published(known.slug())?.versions.last());
        let process =
            newest.and_then(|held| published.charter.process(&held.value.r#type, held.value.version));
        let at = |member: &str| format!("{}/{member}", request.pointer);
        match (process, request.case.is_some()) {
            (Some(_), true) => CaseRefusal::NeedsCase { pointer: at("case") }.into(),
            (Some(_), _) if request.recorded.is_some() => {
                CaseRefusal::NotRecorded { pointer: at("recorded") }.into()
            }
            (Some(_), false) => CaseRefusal::NeedsCase { pointer: at("type") }.into(),
            (_, true) => Refusal::Approvals { pointer: at("case") },
            _ => Refusal::Approvals { pointer: at("approvals") },
        }
    }

    /// The newest published version of the type that is asked for.
    fn type_in_force(&self, charter: &Charter, request: &IssueRequest) -> Result<Arc<LicenceType>, Failure> {
        self.newest_type(charter, &request.licence_type, &format!("{}/type", request.pointer))
    }

    /// The newest published version of the type that is called so, at a pointer.
    pub(in crate::authority) fn newest_type(
        &self,
        charter: &Charter,
        called: &str,
        pointer: &str,
    ) -> Result<Arc<LicenceType>, Failure> {
        let known = self.catalogue.find(called);
        let published = known.and_then(|known| charter.published(known.slug()));
        let newest = published.and_then(|published| published.versions.last()).filter(|held| held.in_force());
        let in_force = newest
            .and_then(|held| self.catalogue.get(&held.value.r#type, u16::try_from(held.value.version).ok()?));
        let unknown = || RequestError {
            pointer: pointer.to_owned(),
            kind: RequestErrorKind::UnknownType { found: called.chars().take(64).collect() },
        };
        Ok(Arc::clone(in_force.ok_or_else(unknown)?))
    }

    fn holder_key(&self, request: &IssueRequest, key: Map<String, Value>) -> Result<Value, Failure> {
        let key = Value::Object(key);
        let parsed = jwk::from_jwk(&key).map_err(|error| Refusal::HolderKey {
            pointer: format!("{}/holder_key", request.pointer),
            reason: error.to_string(),
        })?;
        Ok(jwk::to_jwk(&parsed))
    }

    /// Of a type of which each holder may have one only, no holder may have another that is open: a suspended one is
    /// still held, and it does not matter which department issued it, or in which role it is held.
    fn check_one_per_holder(
        &self,
        licence_type: &LicenceType,
        request: &IssueRequest,
        checked: &Checked,
        replaced: Option<&Handle>,
        now: Time,
    ) -> Result<(), Failure> {
        if licence_type.rules().issue.several_per_holder {
            return Ok(());
        }
        let offset = self.window.published().charter.offset();
        // What is recorded as ended or over stands beside one that is held.
        let over =
            offset.is_some_and(|offset| checked.valid_until().is_some_and(|last| now >= last.end(offset)));
        let ended = |recorded: &RecordedRequest| !recorded.standing.standing().is_open();
        if request.recorded.as_ref().is_some_and(|recorded| over || ended(recorded)) {
            return Ok(());
        }
        for (place, holder) in checked.holders().iter().enumerate() {
            for licence in self.found(self.once.holder_finder(licence_type.slug(), holder.code().as_str())) {
                let licence = licence?;
                let expired = offset.is_some_and(|offset| licence.expired(now, offset));
                let same = licence.licence_type == *licence_type.slug();
                let counts = same && licence.standing().is_open() && !expired;
                if counts && replaced != Some(&licence.handle) {
                    let pointer = format!("{}/holders/{place}/code", request.pointer);
                    return Err(Refusal::AlreadyHeld { pointer }.into());
                }
            }
        }
        Ok(())
    }

    /// Holds the department's own number while it is being issued, and refuses one that was issued before, unless it
    /// is the replaced licence's.
    pub(in crate::authority) async fn hold_number(
        &self,
        department: &CreditCode,
        approved: &Approved,
        replaced: Option<&LicenceNumber>,
    ) -> Result<Option<Slot>, Failure> {
        let Some(number) = &approved.request.licence_number else { return Ok(None) };
        if Some(number) == replaced {
            return Ok(None);
        }
        let name = format!("{department}\n{}\n{number}", approved.licence_type.slug());
        let slot = self.once.wait(self.once.hide("number", &name)).await;
        self.check_number(department, approved, replaced)?;
        Ok(Some(slot))
    }

    /// Refuses a number of the department's own that was issued before, unless it is the replaced licence's.
    pub(in crate::authority) fn check_number(
        &self,
        department: &CreditCode,
        approved: &Approved,
        replaced: Option<&LicenceNumber>,
    ) -> Result<(), Failure> {
        let Some(number) =
            approved.request.licence_number.as_ref().filter(|number| Some(*number) != replaced)
        else {
            return Ok(());
        };
        let slug = approved.licence_type.slug();
        for licence in self.found(self.once.finder("number", number.as_str())) {
            let licence = licence?;
            if licence.licence_type == *slug && licence.department == *department {
                let pointer = format!("{}/licence_number", approved.request.pointer);
                return Err(Refusal::NumberTaken { pointer }.into());
            }
        }
        Ok(())
    }

    /// Holds the holders of a type while it is issued: alone where each may have one only, so that two requests at once do
    /// not both pass; else together with others who issue it, but not with a matter that looks whether they have one.
    pub(in crate::authority) async fn hold_holders(&self, request: &IssueRequest) -> Vec<Slot> {
        let known = self.catalogue.find(&request.licence_type);
        let together = known.is_some_and(|known| known.rules().issue.several_per_holder);
        self.hold_each(request, together).await
    }

    /// Holds the holders of a type of which no second one is issued, whatever the type allows.
    pub(in crate::authority) async fn hold_holders_alone(&self, request: &IssueRequest) -> Vec<Slot> {
        self.hold_each(request, false).await
    }

    async fn hold_each(&self, request: &IssueRequest, together: bool) -> Vec<Slot> {
        let Some(known) = self.catalogue.find(&request.licence_type) else { return Vec::new() };
        let names = request.holders.iter().map(|holder| format!("{}\n{}", known.slug(), holder.code));
        // In one order for everybody, so that no two requests wait for each other.
        let wanted: BTreeSet<[u8; 32]> = names.map(|name| self.once.hide("held", &name)).collect();
        let mut held = Vec::with_capacity(wanted.len());
        for slot in wanted {
            held.push(if together {
                self.once.wait_together(slot).await
            } else {
                self.once.wait(slot).await
            });
        }
        held
    }
}

/// Where a request names what it has no power for.
pub(super) fn power_pointer(request: &IssueRequest) -> String {
    let member = if request.region.is_some() { "region" } else { "type" };
    format!("{}/{member}", request.pointer)
}
