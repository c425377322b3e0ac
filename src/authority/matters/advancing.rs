//! The parts of an application go on: what may be filed becomes a case, what its department may issue at once is issued,
//! and what comes after another waits for it. What rests after a restore goes on by its own step only. Tried again after every step of any part, and at every round of the service,
//! so that nothing has to be asked for twice.
//!
//! What a part becomes has its name before it is there (`kept`), so it is entered once. Not here: what a department
//! supplies (`supplying`), and how a part ends that goes on no more (`ending`).

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::kept::{Kept, Part, Stands};
use super::reading::LookedUp;
use super::supplying::Supplied;
use crate::authority::Authority;
use crate::authority::cases::{CaseWish, Stepped};
use crate::authority::issuance::{Patience, Wish};
use crate::authority::refusal::{Failure, Fault, Refusal};
use crate::authority::store::Row;
use crate::catalogue::{Application, IssueRequest};
use crate::crypto::Digest;
use crate::ledger::state::Moment;
use crate::values::identifiers::{CreditCode, Handle, Region, Slug};

/// Applications that one round looks at.
const A_ROUND: usize = 64;

impl Authority {
    /// Sends on whatever can go on, on a step of this department. What is refused waits: something has changed since it was
    /// foreseen, and whoever takes the part's next step is told. What cannot be done now is done at a round: the step that
    /// brought it here stands, and nobody is told that it does not.
    pub(super) async fn send_on(&self, matter: &Handle, kept: &mut Kept, caller: &CreditCode) {
        if let Err(failure) = self.advance(matter, kept, caller).await {
            tracing::warn!(%matter, %failure, "a matter did not go on; it is tried again");
        }
    }

    async fn advance(&self, matter: &Handle, kept: &mut Kept, caller: &CreditCode) -> Result<(), Failure> {
        self.find_held(kept)?;
        self.end_followers(kept)?;
        self.follow_powers(matter, kept)?;
        self.keep_matter(matter, kept)?;
        if kept.rests {
            return Ok(());
        }
        for place in 0..kept.parts.len() {
            // Each by itself: what holds one part up holds up no other.
            let Err(failure) = self.advance_part(matter, kept, place, caller).await else { continue };
            let slug = kept.parts.get(place).map(|part| part.licence_type.to_string());
            if matches!(&failure, Failure::Refused(refusal) if !is_passing(refusal)) {
                tracing::debug!(%matter, part = slug, %failure, "a part of a matter waits: it is refused");
            } else {
                tracing::warn!(%matter, part = slug, %failure, "a part of a matter did not go on; it is tried again");
            }
        }
        Ok(())
    }

    /// One part goes on, if it waits and nothing is missing.
    async fn advance_part(
        &self,
        matter: &Handle,
        kept: &mut Kept,
        place: usize,
        caller: &CreditCode,
    ) -> Result<(), Failure> {
        let Some(part) = kept.parts.get(place).filter(|part| part.waiting().is_some()) else { return Ok(()) };
        if self.first_missing(kept, part)?.is_some() {
            Ok(())
        } else if self.has_process(part)? {
            self.file_part(matter, kept, place).await
        } else if part.department.as_ref() == Some(caller) && part.supplied.is_empty() {
            self.issue_part(matter, kept, place, &Supplied::default(), Digest::of(b"")).await
        } else {
            Ok(())
        }
    }

    /// After a case was issued, what waited for its licence goes on. That the case is issued stands, whatever comes of it.
    pub(in crate::authority) async fn advance_after(&self, issued: &Stepped, caller: &CreditCode) {
        let Some(matter) = issued.case.matter.filter(|_| issued.issued.is_some()) else { return };
        if !self.store.get(&Row::Matter(matter)).is_ok_and(|row| row.is_some()) {
            // A number that a client gave its cases, and no application of ours.
            return;
        }
        self.go_on(&matter, Some(caller)).await;
    }

    /// A round of the service: applications that wait go on where they can, as on a step of who took them. Tells where the
    /// next round goes on; at the end it begins anew.
    pub async fn advance_waiting(&self, after: Option<Vec<u8>>) -> Result<Option<Vec<u8>>, Failure> {
        if self.window.halted().is_some() {
            return Ok(None);
        }
        let rows = self.store.scan(b"W", after.as_deref(), A_ROUND)?;
        for (key, _) in &rows {
            if let Some(Row::MatterWaiting(_, matter)) = Row::of_key(key) {
                self.go_on(&matter, None).await;
            }
        }
        Ok(rows.last().filter(|_| rows.len() == A_ROUND).map(|(key, _)| key.clone()))
    }

    /// One application goes on, on a step of this department, or of who took it.
    async fn go_on(&self, matter: &Handle, caller: Option<&CreditCode>) {
        let _held = self.hold_matter(matter).await;
        match self.kept_matter(matter) {
            Ok(mut kept) => {
                let caller = caller.unwrap_or(&kept.taken_by).clone();
                self.send_on(matter, &mut kept, &caller).await;
            }
            Err(failure) => tracing::warn!(%matter, %failure, "an application did not go on"),
        }
    }

    /// Where a power has moved, what waits waits for who holds it now: it is listed there, and read there. Nothing is kept
    /// here.
    fn follow_powers(&self, matter: &Handle, kept: &mut Kept) -> Result<(), Failure> {
        let published = self.window.published();
        let charter = &published.charter;
        let now = self.now()?;
        let moment = Moment { index: charter.size(), time: now };
        for place in 0..kept.parts.len() {
            let Some(part) = kept.parts.get(place) else { continue };
            let Some((said, department)) = part.waiting().zip(part.department.as_ref()) else { continue };
            let region: Option<Region> = said.get("region").and_then(|region| region.as_str()?.parse().ok());
            let (Some(region), Some(known)) = (region, self.catalogue.latest(&part.licence_type)) else {
                continue;
            };
            if charter.power_for(department, &part.licence_type, &region, moment).is_some() {
                continue;
            }
            match self.power_holder(charter, &kept.taken_by, known, &region, "/type", now) {
                Ok(holder) => self.take_over(matter, kept, place, &holder)?,
                // Nobody, or more than one: it stays where it is until that is clear.
                Err(Failure::Refused(_)) => {}
                Err(failure) => return Err(failure),
            }
        }
        Ok(())
    }

    /// The first type that must be there before this part and is not: any valid licence of the holder will do, whoever
    /// applied for it.
    pub(super) fn first_missing(&self, kept: &Kept, part: &Part) -> Result<Option<Slug>, Failure> {
        let there = self.there(kept, &part.after.iter().cloned().collect(), &mut LookedUp::new())?;
        Ok(part.after.iter().find(|slug| !there.contains(*slug)).cloned())
    }

    /// Turns parts that wait into held where the holder has such a licence by now, unless they are made anew. Nothing is
    /// kept here.
    pub(super) fn find_held(&self, kept: &mut Kept) -> Result<(), Failure> {
        let Some(rules) = self.catalogue.matter(kept.slug.as_str()) else { return Ok(()) };
        let once = |slug: &Slug| rules.licences().iter().any(|own| own.licence_type == *slug && !own.anew);
        let is_asked = |part: &Part| matches!(part.stands, Stands::Waiting(_)) && once(&part.licence_type);
        let wanted: BTreeSet<Slug> =
            kept.parts.iter().filter(|part| is_asked(part)).map(|part| part.licence_type.clone()).collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let held = self.holdings(&kept.holders, &wanted, self.now()?)?;
        for place in 0..kept.parts.len() {
            let Some(part) = kept.parts.get(place).filter(|part| is_asked(part)) else { continue };
            if let Some(one) = held.iter().find(|one| one.licence.licence_type == part.licence_type) {
                kept.put(place, Stands::Held(one.licence.handle));
            }
        }
        Ok(())
    }

    /// Whether a part becomes a case.
    pub(super) fn has_process(&self, part: &Part) -> Result<bool, Failure> {
        let published = self.window.published();
        let known = self.newest_type(&published.charter, part.licence_type.as_str(), "/type")?;
        Ok(published.charter.process(known.slug(), known.version().into()).is_some())
    }

    /// A part becomes a case.
    pub(super) async fn file_part(
        &self,
        matter: &Handle,
        kept: &mut Kept,
        place: usize,
    ) -> Result<(), Failure> {
        let Waiting { said, department, case, .. } = self.waiting(matter, kept, place)?;
        let mut body = said;
        body.insert("matter".into(), json!(matter.to_string()));
        let body = Value::Object(body);
        let wish =
            CaseWish { department: &department, case: Some(&case), body: &body, key: None, dry_run: false };
        let filed = self.file_case(wish).await?;
        kept.put(place, Stands::Case(filed.case.case));
        self.keep_matter(matter, kept)
    }

    /// A part is issued: what was applied for, with what its department adds.
    pub(super) async fn issue_part(
        &self,
        matter: &Handle,
        kept: &mut Kept,
        place: usize,
        supplied: &Supplied,
        asked: Digest,
    ) -> Result<(), Failure> {
        let Waiting { said, department, licence, .. } = self.waiting(matter, kept, place)?;
        let body = self.issue_body_of(&said, supplied)?;
        let request = IssueRequest::parse(&body)?;
        // Of several applications of one holder, and of what is issued beside them, one at a time: the others find it.
        let _holders = self.hold_holders_alone(&request).await;
        self.find_held(kept)?;
        if kept.parts.get(place).is_some_and(|part| part.waiting().is_none()) {
            return self.keep_matter(matter, kept);
        }
        // Kept first: who asks the same again after a crash is answered, and who asks something else is not.
        kept.put(place, Stands::Issuing { said: said.clone(), asked });
        self.keep_matter(matter, kept)?;
        let (patience, dry_run) = (Patience::Refuse, false);
        let wish = Wish { department: &department, body: &body, key: None, patience, dry_run };
        match self.issue_held(wish, request, None, Some(licence)).await {
            Ok(issued) => {
                kept.put(place, Stands::Issued { licence: issued.handle, asked: Some(asked) });
                self.keep_matter(matter, kept)
            }
            Err(failure) => {
                // Whether it was entered is looked up before it is asked again.
                if matches!(&failure, Failure::Refused(refusal) if !is_passing(refusal)) {
                    kept.put(place, Stands::Waiting(said));
                    self.keep_matter(matter, kept)?;
                }
                Err(failure)
            }
        }
    }

    /// What would be issued for a part.
    pub(super) fn issue_body_of(
        &self,
        said: &Map<String, Value>,
        supplied: &Supplied,
    ) -> Result<Value, Failure> {
        let published = self.window.published();
        let offset = published.charter.offset().ok_or_else(|| Fault::Law("there is no offset".into()))?;
        let mut said = said.clone();
        if let Some(claims) = said.get_mut("claims").and_then(Value::as_object_mut) {
            claims.extend(supplied.claims.clone());
        }
        if let Some(reference) = &supplied.reference {
            said.insert("reference".into(), Value::String(reference.clone()));
        }
        let application = Application::parse(&Value::Object(said))?;
        let known = self.newest_type(&published.charter, &application.licence_type, "/type")?;
        Ok(application.issue_body(&known, self.now()?.date(offset), &supplied.decided)?)
    }

    /// What a part that waits applies for, with whom, and what it will be called.
    fn waiting(&self, matter: &Handle, kept: &Kept, place: usize) -> Result<Waiting, Failure> {
        let part = kept.parts.get(place);
        let found = part.and_then(|part| {
            Some(Waiting {
                said: part.waiting()?.clone(),
                department: part.department.clone()?,
                case: part.case_of(self, matter, kept),
                licence: part.licence_of(self, matter, kept),
            })
        });
        Ok(found.ok_or_else(|| Fault::Damaged("a part of a matter does not wait".into()))?)
    }
}

/// A part that waits.
struct Waiting {
    said: Map<String, Value>,
    department: CreditCode,
    case: Handle,
    licence: Handle,
}

/// The service cannot do it now: nothing is wrong with what was asked.
fn is_passing(refusal: &Refusal) -> bool {
    matches!(refusal, Refusal::NotReady(_) | Refusal::Busy | Refusal::InFlight)
}
