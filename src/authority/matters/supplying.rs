//! The next step of one part, taken by a department: who holds the power issues what was applied for and adds what only it
//! knows; a part with a process that waited becomes its case. A part is issued once: the same request again is answered
//! again, with another body it is refused. Not here: the steps of a case.

use serde_json::{Map, Value};

use super::kept::{Kept, Stands};
use super::{MatterRefusal, MatterWish, ShownMatter};
use crate::authority::Authority;
use crate::authority::issuance::{Patience, Wish};
use crate::authority::refusal::{Failure, Fault, Refusal, Thing};
use crate::authority::store::{Row, Write};
use crate::catalogue::{ClaimRule, Decided, Members, RequestError, RequestErrorKind, Spot};
use crate::crypto::Digest;
use crate::ledger::state::Moment;
use crate::values::identifiers::{CreditCode, Handle};

/// The members of what a department adds.
const SUPPLIED: [&str; 5] = ["claims", "valid_from", "valid_until", "licence_number", "reference"];

/// A wish to take a part's next step.
#[derive(Clone, Copy)]
pub struct PartWish<'a> {
    /// Who asks, what, and whether only the checks are wanted; a key is not needed.
    pub step: MatterWish<'a>,
    /// Of which application.
    pub matter: &'a Handle,
    /// Which part: slug or type code.
    pub licence_type: &'a str,
}

/// What a department adds to what was applied for.
#[derive(Default)]
pub(super) struct Supplied {
    pub(super) claims: Map<String, Value>,
    pub(super) decided: Decided,
    pub(super) reference: Option<String>,
}

impl Authority {
    /// Takes the next step of a part, and of whatever waited for it.
    pub async fn supply_part(&self, wish: PartWish<'_>) -> Result<ShownMatter, Failure> {
        let PartWish { step: MatterWish { department, body, dry_run, .. }, matter, licence_type } = wish;
        Members::open(body, String::new(), &SUPPLIED)?;
        let _held = self.hold_matter(matter).await;
        let mut kept = self.kept_matter(matter)?;
        let place = self.place_of(&kept, licence_type)?;
        if !kept.concerns(department) && !self.may_issue(&kept, place, department)? {
            return Err(Refusal::NotYours.into());
        }
        let waited = kept.parts.get(place).is_some_and(|part| part.waiting().is_some());
        self.find_held(&mut kept)?;
        if waited && kept.parts.get(place).is_some_and(|part| part.waiting().is_none()) {
            // The holder has got it meanwhile: no second one is issued, and what waited for it goes on.
            if !dry_run {
                self.send_on(matter, &mut kept, department).await;
            }
            return self.shown_to_department(matter, &kept, Some(department));
        }
        let asked = Digest::of(body.to_string().as_bytes());
        let part = kept.parts.get(place).ok_or(Refusal::NotFound(Thing::Type))?;
        let slug = part.licence_type.clone();
        let process = self.has_process(part)?;
        match &part.stands {
            Stands::Issued { asked: before, .. }
                if before.is_none_or(|before| before == asked)
                    && part.department.as_ref() == Some(department) =>
            {
                return self.shown_to_department(matter, &kept, Some(department));
            }
            // Filed before, by this very request or on the way of another.
            Stands::Case(_) if process && is_empty(body) && !dry_run => {
                return self.shown_to_department(matter, &kept, Some(department));
            }
            Stands::Held(_) | Stands::Case(_) | Stands::Issued { .. } => {
                return Err(MatterRefusal::UnderWay(slug).into());
            }
            Stands::Ended(_) => return Err(MatterRefusal::Over(slug).into()),
            Stands::Waiting(_) | Stands::Issuing { .. } => {}
        }
        if let Some(after) = self.first_missing(&kept, part)? {
            return Err(MatterRefusal::NotYet { licence_type: slug, after }.into());
        }
        if process {
            Members::open(body, String::new(), &[])?;
            if !dry_run {
                self.file_part(matter, &mut kept, place).await?;
                self.send_on(matter, &mut kept, department).await;
            }
            return self.shown_to_department(matter, &kept, Some(department));
        }
        if !self.may_issue(&kept, place, department)? {
            return Err(Refusal::NotYours.into());
        }
        let supplied = self.supplied_to(&kept, place, body)?;
        if dry_run {
            self.foresee_supplied(&kept, place, department, &supplied).await?;
            return self.shown_to_department(matter, &kept, Some(department));
        }
        self.take_over(matter, &mut kept, place, department)?;
        self.issue_part(matter, &mut kept, place, &supplied, asked).await?;
        self.send_on(matter, &mut kept, department).await;
        self.shown_to_department(matter, &kept, Some(department))
    }

    /// A part is this department's from now on. Where the power has moved it waits for who had it no more; the row of who has
    /// it is written as soon as the application is kept.
    pub(super) fn take_over(
        &self,
        matter: &Handle,
        kept: &mut Kept,
        place: usize,
        department: &CreditCode,
    ) -> Result<(), Failure> {
        let Some(part) = kept.parts.get_mut(place) else { return Ok(()) };
        let before = part.department.replace(department.clone()).filter(|before| before != department);
        if let Some(before) = before {
            kept.changed = true;
            self.store.put(vec![Write::remove(Row::MatterWaiting(before, *matter))])?;
        }
        Ok(())
    }

    /// The place of a part in its application, by slug or type code.
    pub(super) fn place_of(&self, kept: &Kept, licence_type: &str) -> Result<usize, Failure> {
        let slug = self.catalogue.find(licence_type).map(|known| known.slug().clone());
        Ok(slug.and_then(|slug| kept.part(&slug)).ok_or(Refusal::NotFound(Thing::Type))?)
    }

    /// Whether a department issues a part: the one it was meant for, or another that holds the power now.
    pub(super) fn may_issue(
        &self,
        kept: &Kept,
        place: usize,
        department: &CreditCode,
    ) -> Result<bool, Failure> {
        let Some(part) = kept.parts.get(place) else { return Ok(false) };
        if part.department.as_ref() == Some(department) {
            return Ok(true);
        }
        let region = part.waiting().and_then(|said| said.get("region")?.as_str()?.parse().ok());
        let published = self.window.published();
        let charter = &published.charter;
        let moment = Moment { index: charter.size(), time: self.now()? };
        Ok(region.is_some_and(|region| {
            charter.power_for(department, &part.licence_type, &region, moment).is_some()
        }))
    }

    /// What a department adds, which may not be other than what was applied for.
    fn supplied_to(&self, kept: &Kept, place: usize, body: &Value) -> Result<Supplied, Failure> {
        let members = Members::open(body, String::new(), &SUPPLIED)?;
        let claims = members.map("claims")?.unwrap_or_default();
        let waiting = kept.parts.get(place).and_then(|part| part.waiting());
        let said = waiting.and_then(|said| said.get("claims")).and_then(Value::as_object);
        let rules = kept.parts.get(place).map(|part| part.supplied.as_slice()).unwrap_or_default();
        for (name, value) in &claims {
            let pointer = || format!("/claims/{name}");
            match said.and_then(|said| said.get(name)) {
                Some(said) if said != value => {
                    return Err(MatterRefusal::AppliedForOtherwise { pointer: pointer() }.into());
                }
                Some(_) => {}
                None if rules.contains(name) || self.is_left_open(kept, place, name) => {}
                None => return Err(RequestError::rule(pointer(), ClaimRule::OutOfPlace).into()),
            }
        }
        for name in ["valid_from", "valid_until"] {
            let said = waiting.and_then(|said| said.get(name)).filter(|said| !said.is_null());
            let added = body.get(name).filter(|added| !added.is_null());
            if said.zip(added).is_some_and(|(said, added)| said != added) {
                return Err(MatterRefusal::AppliedForOtherwise { pointer: format!("/{name}") }.into());
            }
        }
        let required = |name: &&String| self.requires(kept, place, name) && !claims.contains_key(*name);
        if let Some(missing) = rules.iter().find(required) {
            return Err(RequestError::at(format!("/claims/{missing}"), RequestErrorKind::Missing).into());
        }
        let decided = Decided {
            valid_from: members.day("valid_from")?,
            valid_until: members.day("valid_until")?,
            licence_number: members.parsed("licence_number")?,
        };
        Ok(Supplied { claims, decided, reference: members.text("reference")? })
    }

    /// Whether a question that nobody answered would have filled a claim of a part.
    fn is_left_open(&self, kept: &Kept, place: usize, claim: &str) -> bool {
        let rules = self.catalogue.matter(kept.slug.as_str());
        let asked = rules
            .zip(kept.parts.get(place))
            .and_then(|(rules, part)| rules.filling(&part.licence_type, &Spot::Claim(claim.to_owned())));
        asked.is_some_and(|question| kept.open.contains(&question.slug))
    }

    fn requires(&self, kept: &Kept, place: usize, claim: &str) -> bool {
        let known = kept.parts.get(place).and_then(|part| self.catalogue.latest(&part.licence_type));
        known.is_some_and(|known| known.schema().claims().any(|(name, required)| name == claim && required))
    }

    async fn foresee_supplied(
        &self,
        kept: &Kept,
        place: usize,
        department: &CreditCode,
        supplied: &Supplied,
    ) -> Result<(), Failure> {
        let waiting = kept.parts.get(place).and_then(|part| part.waiting());
        let said = waiting.ok_or_else(|| Fault::Damaged("a part of a matter does not wait".into()))?;
        let body = self.issue_body_of(said, supplied)?;
        let wish = Wish { department, body: &body, key: None, patience: Patience::Refuse, dry_run: true };
        self.issue(wish).await.map(drop)
    }
}

fn is_empty(body: &Value) -> bool {
    body.as_object().is_some_and(Map::is_empty)
}
