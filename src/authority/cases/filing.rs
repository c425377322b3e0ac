//! 申请: an application becomes a case of the department that holds the power. Its claims are checked as an issue would be;
//! what is applied for stays in the vault. Not here: an objection to a licence, which is filed alike (`correcting`).

use serde_json::{Map, Value};

use super::foresight::refused;
use super::kept::{Kept, Track};
use super::{CaseRefusal, CaseWish, Stepped, Tracked};
use crate::authority::Authority;
use crate::authority::facts::{Sources, Way};
use crate::authority::once::Once;
use crate::authority::refusal::{Failure, Fault, Refusal};
use crate::authority::store::{Row, Write};
use crate::authority::writer::Proposal;
use crate::catalogue::{Application, Checked, IssueRequest, LicenceType, RequestError, RequestErrorKind};
use crate::crypto::base64url::{self, Base64Url};
use crate::crypto::entropy::random;
use crate::ledger::body::{Body, CaseFiled, CaseId};
use crate::ledger::state::{CaseState, Charter, Moment};
use crate::values::identifiers::{CreditCode, Handle, LicenceNumber, Region, Slug};
use crate::values::time::{Date, Time};

/// What is filed: an application, or an objection.
pub(super) struct Filing {
    pub corrects: Option<Handle>,
    pub department: CreditCode,
    pub matter: Option<Handle>,
    pub promise: bool,
    pub region: Region,
    pub licence_type: Slug,
    pub version: u64,
    pub said: Map<String, Value>,
    pub sources: Sources,
    /// Whether whoever files it is the department itself, which may see what proves it.
    pub own: bool,
}

impl Authority {
    /// Files a case, or answers again what was answered under the same key.
    pub async fn file_case(&self, wish: CaseWish<'_>) -> Result<Stepped, Failure> {
        let ask = self.asked(&wish, "cases");
        let _slot = self.answering(ask.as_ref(), wish.dry_run)?;
        if let Some(before) = self.stepped_before(ask.as_ref(), wish.dry_run)? {
            return Ok(before);
        }
        let now = self.now()?;
        let corrects = wish.body.get("corrects").is_some_and(|licence| !licence.is_null());
        let filing = if corrects { self.objection(wish.body)? } else { self.applied_for(&wish, now)? };
        let published = self.window.published();
        let offset = published.charter.offset().ok_or_else(|| Fault::Law("there is no offset".into()))?;
        // A part of a matter has its case's id before there is one.
        let drawn = || Handle::new(now, random(self.entropy.as_ref()));
        let case: CaseId = wish.case.copied().unwrap_or_else(drawn);
        let (mut kept, commitment) =
            Kept::of(&case, "application", Value::Object(filing.said), self.entropy.as_ref())?;
        let sources = filing.sources;
        kept.sources = Some(sources.clone()).filter(|sources| *sources != Sources::default());
        let region = filing.region.clone();
        let body = Body::CaseFiled(CaseFiled {
            case,
            commitment,
            corrects: filing.corrects,
            department: filing.department,
            matter: filing.matter,
            promise: filing.promise,
            region: filing.region,
            r#type: filing.licence_type,
            version: filing.version,
        });
        let foreseen = self.foresee(&body, None, now).map_err(|failure| match failure {
            // What is asked of a correction that is only filed: that the licence stands.
            Failure::Refused(Refusal::Case(CaseRefusal::NothingDone(text))) => {
                CaseRefusal::NothingLeft(text).into()
            }
            other => other,
        })?;
        if wish.dry_run {
            return Ok(Stepped { sources, own: filing.own, ..Stepped::foreseen(foreseen) });
        }
        let number = LicenceNumber::made(&region, now.date(offset), random(self.entropy.as_ref()));
        let secret = self.rating_receipt(&case);
        let rating = Base64Url(self.once.hide("rating", &secret).to_vec());
        kept.track = Some(Track { code: self.fresh_code(), number, rating });
        let filed = self.enter_filing(body, foreseen, kept, ask.as_ref()).await?;
        Ok(Stepped { own: filing.own, ..filed })
    }

    /// What an application files, checked as an issue would be.
    fn applied_for(&self, wish: &CaseWish<'_>, now: Time) -> Result<Filing, Failure> {
        let mut application = Application::parse(wish.body)?;
        let published = self.window.published();
        let charter = &published.charter;
        let licence_type = self.newest_type(charter, &application.licence_type, "/type")?;
        let department = self.lead(charter, wish, &application, &licence_type, now)?;
        let offset = charter.offset().ok_or_else(|| Fault::Law("there is no offset".into()))?;
        let own = *wish.department == department;
        if !own {
            named(&application.said)?;
        }
        self.fill_application(&licence_type, &mut application.said, now)?;
        let request = application.request(&licence_type, now.date(offset))?;
        let checked = allowed(&licence_type, &request, now.date(offset))?;
        if application.promise {
            self.may_promise(&checked, "/promise", now)?;
        }
        if let Some(replacing) = &application.replaces {
            let of = (&department, licence_type.slug());
            self.may_replace(replacing, of, &request, own, "/replaces/licence", now)?;
        }
        let way = Way::Case { promised: application.promise };
        let sources = self.judge_facts(&licence_type, &request, &department, way, now)?;
        let region = self.region_of(charter, wish.department, application.region.as_ref())?;
        Ok(Filing {
            corrects: None,
            department,
            matter: application.matter,
            promise: application.promise,
            region,
            licence_type: licence_type.slug().clone(),
            version: licence_type.version().into(),
            said: application.said,
            sources,
            own,
        })
    }

    async fn enter_filing(
        &self,
        body: Body,
        foreseen: CaseState,
        kept: Kept,
        ask: Option<&crate::authority::once::Ask>,
    ) -> Result<Stepped, Failure> {
        let case = foreseen.case;
        let mut rows = vec![self.vault.keep_step(&case, 0, &kept)?];
        if let Some(track) = &kept.track {
            let name = self.once.hide("track", track.number.as_str());
            rows.push(Write::set(Row::Track(name), case.as_bytes().as_slice()));
        }
        if let Some(ask) = ask {
            rows.push(Once::remember_act(ask, case, 0)?);
        }
        let committed = self.propose(Proposal { rows, ..Proposal::of(body) }).await.map_err(|failure| {
            if let Failure::Judged(violation) = failure { refused(violation) } else { failure }
        })?;
        let tracked = kept.track.map(|track| Tracked { rating: self.rating_receipt(&case), track });
        let sources = kept.sources.unwrap_or_default();
        Ok(Stepped { tracked, sources, ..Stepped::entered(self.case_state(&case)?, &committed) })
    }

    /// The secret with which a case is rated: drawn from its number by a key of the service, so that the same is answered
    /// under the same idempotency key.
    pub(in crate::authority) fn rating_receipt(&self, case: &CaseId) -> String {
        base64url::encode(&self.once.hide("rating-receipt", &case.to_string()))
    }

    /// Whose case it is: the caller's, if he holds the power; else of whoever does, if it is one.
    fn lead(
        &self,
        charter: &Charter,
        wish: &CaseWish<'_>,
        application: &Application,
        licence_type: &LicenceType,
        now: Time,
    ) -> Result<CreditCode, Failure> {
        let region = self.region_of(charter, wish.department, application.region.as_ref())?;
        let pointer = if application.region.is_some() { "/region" } else { "/type" };
        self.power_holder(charter, wish.department, licence_type, &region, pointer, now)
    }

    /// Who issues a type in a region: the caller, if he holds the power; else whoever does, if it is one.
    pub(in crate::authority) fn power_holder(
        &self,
        charter: &Charter,
        caller: &CreditCode,
        licence_type: &LicenceType,
        region: &Region,
        pointer: &str,
        now: Time,
    ) -> Result<CreditCode, Failure> {
        let moment = Moment { index: charter.size(), time: now };
        let mut holders: Vec<&CreditCode> = charter
            .powers()
            .filter(|(_, held)| held.value.r#type == *licence_type.slug())
            .filter(|(_, held)| charter.power_covers(held, region, moment))
            .map(|(_, held)| &held.value.department)
            .collect();
        holders.dedup();
        match holders.as_slice() {
            holders if holders.contains(&caller) => Ok(caller.clone()),
            [one] => Ok((*one).clone()),
            _ => Err(Refusal::NoPower {
                department: caller.to_string(),
                licence_type: licence_type.slug().to_string(),
                region: region.to_string(),
                pointer: pointer.to_owned(),
            }
            .into()),
        }
    }

    /// The region that is asked for, else the department's own.
    pub(in crate::authority) fn region_of(
        &self,
        charter: &Charter,
        department: &CreditCode,
        asked: Option<&Region>,
    ) -> Result<Region, Failure> {
        let own = charter.department(department).map(|held| held.value.region.clone());
        let own = own.ok_or_else(|| Fault::NoKey(format!("department {department}")))?;
        Ok(asked.cloned().unwrap_or(own))
    }
}

/// Refuses an application at another department's window that leaves the holder's name out: a code alone must tell nobody
/// whose it is, nor what licences say of him.
fn named(said: &Map<String, Value>) -> Result<(), RequestError> {
    let (holder, pointer) = match said.get("holder") {
        Some(holder) => (Some(holder), "/holder/name"),
        None => (said.get("holders").and_then(|all| all.get(0)), "/holders/0/name"),
    };
    match holder.and_then(|holder| holder.get("name")).is_some_and(|name| !name.is_null()) {
        true => Ok(()),
        false => Err(RequestError::at(pointer.to_owned(), RequestErrorKind::Missing)),
    }
}

/// What is applied for, checked against its type.
pub(super) fn allowed(
    licence_type: &LicenceType,
    request: &IssueRequest,
    today: Date,
) -> Result<Checked, Failure> {
    all_right(licence_type.everything_wrong(request, today))?;
    Ok(licence_type.check(request, today)?)
}

/// Whoever fills in a form hears of everything that is wrong at once.
pub(in crate::authority) fn all_right(wrong: Vec<RequestError>) -> Result<(), Failure> {
    let mut wrong = wrong.into_iter();
    let Some(first) = wrong.next() else { return Ok(()) };
    let others: Vec<RequestError> = wrong.collect();
    Err(if others.is_empty() { first.into() } else { Refusal::Application(first, others).into() })
}
