//! An application is drawn up: which licences the holder has, what they answer, what is still asked, and what is applied for
//! of each type. Nothing is entered here, and nothing kept.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::holdings::{Holding, is_open};
use super::kept::KeptAnswer;
use super::{MatterRefusal, Prefilled};
use crate::authority::Authority;
use crate::authority::refusal::Failure;
use crate::catalogue::{
    Bilingual, ClaimRule, LicenceType, Matter, MatterLicence, MatterRequest, Question, RequestError, Spot,
};
use crate::ledger::state::Charter;
use crate::values::identifiers::{CreditCode, Handle, Region, Slug};
use crate::values::time::Time;

/// An application, drawn up.
pub(super) struct Drawn {
    pub(super) matter: Arc<Matter>,
    pub(super) region: Region,
    pub(super) parts: Vec<DrawnPart>,
    pub(super) prefilled: Vec<Prefilled>,
    /// Open questions, each with whether it must be answered.
    pub(super) open: Vec<(Slug, bool)>,
    /// Answers that their questions do not take.
    pub(super) wrong: Vec<RequestError>,
}

/// One licence of it.
pub(super) struct DrawnPart {
    pub(super) rules: MatterLicence,
    pub(super) licence_type: Arc<LicenceType>,
    pub(super) held: Option<Handle>,
    /// Who issues it; none for one that is held.
    pub(super) department: Option<CreditCode>,
    /// What is applied for, as a case would have it.
    pub(super) said: Map<String, Value>,
    /// Whether every question that it needs is answered.
    pub(super) complete: bool,
}

/// What one question comes to.
enum Answer {
    Proved(Value, KeptAnswer),
    Given(Value),
    /// Answered, and nothing that is applied for is filled by it.
    OutOfPlace,
    Open,
}

impl Authority {
    /// Draws an application up for a department's window.
    pub(super) fn draw(
        &self,
        asked: &MatterRequest,
        caller: &CreditCode,
        now: Time,
    ) -> Result<Drawn, Failure> {
        let published = self.window.published();
        let charter = &published.charter;
        let matter = self.matter_called(&asked.matter)?;
        let wrong = matter.everything_wrong(&asked.answers);
        let region = self.region_of(charter, caller, asked.region.as_ref())?;
        let of_region = if asked.region.is_some() { "/region" } else { "/matter" };
        let holdings = self.holdings(&asked.said_holders, &types_of(&matter), now)?;
        let mut parts = Vec::with_capacity(matter.licences().len());
        for rules in matter.licences() {
            let licence_type = self.newest_type(charter, rules.licence_type.as_str(), "/matter")?;
            let has = |holding: &&Holding| holding.licence.licence_type == rules.licence_type;
            let held = holdings.iter().find(has).map(|holding| holding.licence.handle);
            let held = held.filter(|_| !rules.anew);
            let department = match held {
                Some(_) => None,
                None => Some(self.power_holder(charter, caller, &licence_type, &region, of_region, now)?),
            };
            let said = self.beginning(asked, &matter, rules, &licence_type, &region);
            parts.push(DrawnPart {
                rules: rules.clone(),
                licence_type,
                held,
                department,
                said,
                complete: true,
            });
        }
        let (prefilled, open) = (Vec::new(), Vec::new());
        let mut drawn = Drawn { matter: Arc::clone(&matter), region, parts, prefilled, open, wrong };
        for question in matter.questions() {
            match self.answer(charter, question, asked, &holdings, &drawn, caller)? {
                Answer::Given(value) => drawn.fill(question, &value),
                Answer::OutOfPlace => {
                    let pointer = format!("/answers/{}", question.slug);
                    if drawn.wrong.iter().all(|known| known.pointer != pointer) {
                        drawn.wrong.push(RequestError::rule(pointer, ClaimRule::OutOfPlace));
                    }
                }
                Answer::Proved(value, kept) if drawn.asks(question) => {
                    drawn.fill(question, &value);
                    let departments =
                        drawn.parts.iter().map(|part| (&part.rules.licence_type, &part.department));
                    let told = self.may_be_told(&matter, &kept, caller, departments);
                    drawn.prefilled.push(kept.shown(told.then_some(value)));
                }
                Answer::Open if drawn.asks(question) => drawn.leave_open(question),
                Answer::Proved(..) | Answer::Open => {}
            }
        }
        Ok(drawn)
    }

    /// The matter of this name.
    fn matter_called(&self, slug: &str) -> Result<Arc<Matter>, Failure> {
        let known = self.catalogue.matter(slug).cloned();
        let options = || self.catalogue.matters().map(|matter| matter.slug().to_string()).collect();
        Ok(known.ok_or_else(|| {
            RequestError::rule("/matter".to_owned(), ClaimRule::OneOf { options: options() })
        })?)
    }

    /// What one question comes to: what licences prove, else what was answered.
    fn answer(
        &self,
        charter: &Charter,
        question: &Question,
        asked: &MatterRequest,
        holdings: &[Holding],
        drawn: &Drawn,
        caller: &CreditCode,
    ) -> Result<Answer, Failure> {
        let given = asked.answers.get(question.slug.as_str());
        let proved = self.proved_answer(charter, question, holdings, &drawn.matter);
        match (proved, given) {
            (Some((value, kept)), Some(given)) if value != *given => Err(MatterRefusal::ProvedOtherwise {
                question: question.slug.clone(),
                // Named to whoever issued it, and to nobody else.
                licence: Some(kept.licence).filter(|_| kept.issuer == *caller),
                licence_type: kept.licence_type,
            }
            .into()),
            (Some((value, kept)), _) => Ok(Answer::Proved(value, kept)),
            (None, Some(_)) if !drawn.asks(question) => Ok(Answer::OutOfPlace),
            (None, Some(given)) => Ok(Answer::Given(given.clone())),
            (None, None) => Ok(Answer::Open),
        }
    }

    /// The one answer that the holder's licences give to a question. Where they disagree, they prove nothing.
    fn proved_answer(
        &self,
        charter: &Charter,
        question: &Question,
        holdings: &[Holding],
        matter: &Matter,
    ) -> Option<(Value, KeptAnswer)> {
        let mut found: Option<(Value, KeptAnswer)> = None;
        for place in &question.proved_by {
            for holding in holdings.iter().filter(|one| one.licence.licence_type == place.licence_type) {
                let version = u16::try_from(holding.licence.version).ok();
                let known = version.and_then(|version| self.catalogue.get(&place.licence_type, version));
                let Some(value) = known.and_then(|known| holding.proves(charter, known, &place.spot)) else {
                    continue;
                };
                let one = Map::from_iter([(question.slug.to_string(), value.clone())]);
                if matter.check_answers(&one).is_err() {
                    continue;
                }
                match &found {
                    Some((before, _)) if *before != value => return None,
                    Some(_) => {}
                    None => {
                        let kept = KeptAnswer {
                            question: question.slug.clone(),
                            licence: holding.licence.handle,
                            licence_type: place.licence_type.clone(),
                            issuer: holding.licence.department.clone(),
                        };
                        found = Some((value, kept));
                    }
                }
            }
        }
        found
    }

    /// What an application says before any answer.
    fn beginning(
        &self,
        asked: &MatterRequest,
        matter: &Matter,
        rules: &MatterLicence,
        licence_type: &LicenceType,
        region: &Region,
    ) -> Map<String, Value> {
        let has_roles = |slug: &Slug| {
            self.catalogue.latest(slug).is_some_and(|known| !known.rules().holders.roles.is_empty())
        };
        // A role is of the types that have it; where none has, whoever names one is told so.
        let others = matter.licences().iter().any(|other| has_roles(&other.licence_type));
        let without = others && licence_type.rules().holders.roles.is_empty();
        let mut holders = asked.said_holders.clone();
        for holder in holders.iter_mut().filter_map(Value::as_object_mut).filter(|_| without) {
            holder.remove("role");
        }
        Map::from_iter([
            ("type".to_owned(), json!(rules.licence_type.as_str())),
            ("holders".to_owned(), Value::Array(holders)),
            ("claims".to_owned(), Value::Object(rules.constants.clone())),
            ("region".to_owned(), json!(region.as_str())),
        ])
    }

    /// Whether somebody who takes or issues may be told what a licence answers: what is shared with everybody, or what he
    /// needs for a part of his own.
    pub(super) fn may_be_told<'a>(
        &self,
        matter: &Matter,
        kept: &KeptAnswer,
        caller: &CreditCode,
        mut departments: impl Iterator<Item = (&'a Slug, &'a Option<CreditCode>)>,
    ) -> bool {
        let Some(question) = matter.question(kept.question.as_str()) else { return false };
        let place = question.proved_by.iter().find(|place| place.licence_type == kept.licence_type);
        let known = self.catalogue.latest(&kept.licence_type);
        let open = place.zip(known).is_some_and(|(place, known)| is_open(known, &place.spot));
        let fills = |slug: &Slug| question.fills_of(slug).next().is_some();
        open || kept.issuer == *caller
            || departments.any(|(slug, department)| department.as_ref() == Some(caller) && fills(slug))
    }
}

impl Drawn {
    /// Whether a question fills anything that is applied for.
    fn asks(&self, question: &Question) -> bool {
        self.wanted().any(|part| question.fills_of(&part.rules.licence_type).next().is_some())
    }

    /// Fills an answer in wherever it belongs.
    fn fill(&mut self, question: &Question, value: &Value) {
        for part in self.parts.iter_mut().filter(|part| part.held.is_none()) {
            for spot in question.fills_of(&part.rules.licence_type) {
                let (members, name) = match spot {
                    Spot::Claim(name) => {
                        (part.said.get_mut("claims").and_then(Value::as_object_mut), name.as_str())
                    }
                    Spot::ValidFrom => (Some(&mut part.said), "valid_from"),
                    Spot::ValidUntil => (Some(&mut part.said), "valid_until"),
                };
                if let Some(members) = members {
                    members.insert(name.to_owned(), value.clone());
                }
            }
        }
    }

    /// A question that nothing answers yet.
    fn leave_open(&mut self, question: &Question) {
        let required = question.is_required_by(self.wanted().map(|part| &part.rules.licence_type));
        self.open.push((question.slug.clone(), required));
        for part in &mut self.parts {
            part.complete &= !question.required_by.contains(&part.rules.licence_type);
        }
    }

    /// What is applied for.
    pub(super) fn wanted(&self) -> impl Iterator<Item = &DrawnPart> {
        self.parts.iter().filter(|part| part.held.is_none())
    }

    /// Questions that must be answered and are not.
    pub(super) fn unanswered(&self) -> Vec<(Slug, Bilingual)> {
        let open = self.open.iter().filter(|(_, required)| *required);
        let open = open.filter_map(|(slug, _)| self.matter.question(slug.as_str()));
        open.map(|question| (question.slug.clone(), question.label.clone())).collect()
    }
}

/// The types whose licences have to do with a matter: its own, unless they are made anew, and those that prove answers. No
/// others, since no more than so many are looked at.
fn types_of(matter: &Matter) -> BTreeSet<Slug> {
    let own = matter.licences().iter().filter(|licence| !licence.anew).map(|licence| &licence.licence_type);
    let proving = matter.questions().iter().flat_map(|question| &question.proved_by);
    own.chain(proving.map(|place| &place.licence_type)).cloned().collect()
}
