//! The rule: what a department is not the source of comes from a valid licence of the source, at filing, at the decision and
//! at the issue; what is left out is filled in; what contradicts is refused or flagged. Not here: how the licences are
//! found (`facts`).
//!
//! Nobody is asked for what cannot be had: where nobody ever had the power to issue what proves a fact, or it is issued to
//! holders of other kinds of code only, nothing is demanded. Nor where the applicant promises instead of proving
//! (告知承诺). What a valid licence contradicts is refused even so.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::refusal::{AboutFact, FactRefusal};
use super::{Known, Proved, Subject, is_of_source};
use crate::authority::Authority;
use crate::authority::refusal::{Failure, Refusal};
use crate::catalogue::{
    Bilingual, Contradiction, IssueRequest, LicenceType, Place, RequestError, RequestErrorKind,
};
use crate::ledger::state::Charter;
use crate::values::identifiers::{CreditCode, Handle, Slug};
use crate::values::time::Time;

/// What proved what, and which valid licences say otherwise.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sources {
    /// The licences, by the place of what they prove.
    pub proved: BTreeMap<String, Handle>,
    /// What is flagged.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub flags: Vec<Flag>,
}

/// 数据打架: a valid licence that says otherwise of a fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flag {
    /// The fact.
    pub fact: Slug,
    /// Where it is used.
    pub pointer: String,
    /// The licence.
    pub licence: Handle,
}

/// How what is asked for comes to be issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::authority) enum Way {
    /// Directly: nobody looks at a flag, so whatever contradicts is refused.
    Direct,
    /// From a case.
    Case {
        /// 告知承诺: whether the applicant promises instead of proving.
        promised: bool,
    },
}

impl Authority {
    /// Fills in what an application leaves out and a licence proves.
    pub(in crate::authority) fn fill_application(
        &self,
        licence_type: &LicenceType,
        said: &mut Map<String, Value>,
        now: Time,
    ) -> Result<(), Failure> {
        let none = Map::new();
        let holder = said.get("holder").or_else(|| said.get("holders")?.get(0));
        let claims = said.get("claims").and_then(Value::as_object).unwrap_or(&none);
        let known = self.known_facts(licence_type, holder.and_then(Subject::of).as_ref(), claims, now)?;
        let named = said.get("sources").cloned().unwrap_or_default();
        for known in &known {
            let pointer = known.used.at.to_string();
            let chosen = named.get(&pointer).and_then(Value::as_str).and_then(|handle| handle.parse().ok());
            let Some(value) = known.newest(chosen) else { continue };
            let into = match &known.used.at {
                Place::Name => match said.get_mut("holder") {
                    Some(holder) => holder.as_object_mut(),
                    None => said.get_mut("holders").and_then(|all| all.get_mut(0)?.as_object_mut()),
                },
                Place::Claim(_) => said.entry("claims").or_insert_with(|| json!({})).as_object_mut(),
            };
            if let Some(members) = into {
                members.entry(known.used.at.claim().unwrap_or("name")).or_insert_with(|| value.clone());
            }
        }
        Ok(())
    }

    /// The same for the claims of a request.
    pub(in crate::authority) fn fill_claims(
        &self,
        licence_type: &LicenceType,
        request: &mut IssueRequest,
        now: Time,
    ) -> Result<(), Failure> {
        for known in self.known_of(licence_type, request, now)? {
            let chosen = request.sources.get(&known.used.at.to_string()).copied();
            if let (Some(name), Some(value)) = (known.used.at.claim(), known.newest(chosen)) {
                request.claims.entry(name).or_insert_with(|| value.clone());
            }
        }
        Ok(())
    }

    /// Judges what is claimed by what the sources' valid licences say.
    pub(in crate::authority) fn judge_facts(
        &self,
        licence_type: &LicenceType,
        request: &IssueRequest,
        department: &CreditCode,
        way: Way,
        now: Time,
    ) -> Result<Sources, Failure> {
        let known = self.known_of(licence_type, request, now)?;
        let stray = request.sources.keys().find(|at| known.iter().all(|one| one.used.at.to_string() != **at));
        if let Some(stray) = stray {
            let at = request.source_pointer(stray);
            return Err(RequestError::at(at, RequestErrorKind::UnknownField).into());
        }
        let published = self.window.published();
        let charter = &published.charter;
        let mut sources = Sources::default();
        for known in &known {
            let place = known.used.at.to_string();
            let about = |pointer| Box::new(self.about(charter, known, pointer));
            let named = match request.sources.get(&place) {
                Some(named) => {
                    let found = known.said.iter().find(|said| said.source == *named);
                    let not_proof = || FactRefusal::NotProof(about(request.source_pointer(&place)));
                    Some(found.ok_or_else(not_proof)?)
                }
                None => None,
            };
            let Some(value) = request.value_at(&known.used.at) else { continue };
            let foreign = !is_of_source(charter, known.fact, department);
            let demanded =
                foreign && way != (Way::Case { promised: true }) && self.can_be_had(charter, known);
            let at = || request.pointer_at(&known.used.at);
            let other = known.said.iter().find(|said| said.value != value);
            let proof = named.or_else(|| known.said.iter().find(|said| said.value == value));
            match (proof.filter(|proof| proof.value == value), other) {
                (Some(proof), _) => drop(sources.proved.insert(place.clone(), proof.source)),
                // Of what another department is the source, the source is right.
                (None, Some(other)) if foreign => {
                    return Err(contradiction(about(at()), other, department).into());
                }
                (None, None) if demanded => {
                    return Err(match (&known.used.of, &known.subject) {
                        (Some(of), None) => FactRefusal::Whose(about(request.pointer_at(of))).into(),
                        _ => FactRefusal::Unproved(about(at())).into(),
                    });
                }
                _ => {}
            }
            let Some(other) = other else { continue };
            if known.used.contradiction == Contradiction::Refuse || way == Way::Direct {
                return Err(contradiction(about(at()), other, department).into());
            }
            sources.flags.push(Flag { fact: known.fact.slug.clone(), pointer: place, licence: other.source });
        }
        Ok(sources)
    }

    /// What is known of the facts of a request; nothing of one that records what was granted before the ledger.
    fn known_of(
        &self,
        licence_type: &LicenceType,
        request: &IssueRequest,
        now: Time,
    ) -> Result<Vec<Known<'_>>, Failure> {
        if request.recorded.is_some() {
            return Ok(Vec::new());
        }
        let holder = request.holders.first().map(Subject::from);
        self.known_facts(licence_type, holder.as_ref(), &request.claims, now)
    }

    /// Whether anybody ever had the power to issue what proves a fact, to holders of this kind.
    fn can_be_had(&self, charter: &Charter, known: &Known<'_>) -> bool {
        let kind = known.subject.as_ref().and_then(Subject::kind);
        known.fact.proved.iter().any(|proved| {
            let allows = self.catalogue.latest(&proved.r#type).is_some_and(|licence_type| {
                kind.is_none_or(|kind| licence_type.rules().holders.code_types.contains(&kind))
            });
            allows
                && charter.powers().any(|(_, held)| {
                    held.value.r#type == proved.r#type
                        && is_of_source(charter, known.fact, &held.value.department)
                })
        })
    }

    fn about(&self, charter: &Charter, known: &Known<'_>, pointer: String) -> AboutFact {
        let registered = charter.department_by_slug(&known.fact.source);
        let name = registered.map(|held| &held.value.name);
        let types = known.fact.proved.iter().filter_map(|proved| self.catalogue.latest(&proved.r#type));
        AboutFact {
            fact: known.fact.slug.clone(),
            name: known.fact.name.clone(),
            source: known.fact.source.clone(),
            source_name: name.map(|name| Bilingual { zh: name.zh.clone(), en: name.en.clone() }),
            by: types.map(|known| (known.slug().clone(), known.name().clone())).collect(),
            place: known.used.at.to_string(),
            pointer,
        }
    }
}

impl Known<'_> {
    /// What the chosen licence says, or the newest where none is chosen.
    fn newest(&self, chosen: Option<Handle>) -> Option<&Value> {
        let found = self.said.iter().find(|said| chosen.is_none_or(|chosen| said.source == chosen));
        found.map(|said| &said.value)
    }
}

/// The licence is named to whoever issued it, and to nobody else.
fn contradiction(about: Box<AboutFact>, other: &Proved, caller: &CreditCode) -> FactRefusal {
    let licence = Some(other.source).filter(|_| other.issuer == *caller);
    FactRefusal::Contradiction { about, licence }
}

/// A refusal of what was proved when it was filed or decided: the licence that proved it is gone.
pub(in crate::authority) fn gone(failure: Failure, before: &BTreeMap<String, Handle>) -> Failure {
    let Failure::Refused(Refusal::Fact(FactRefusal::Unproved(about) | FactRefusal::NotProof(about))) =
        &failure
    else {
        return failure;
    };
    match before.get(&about.place) {
        Some(licence) => FactRefusal::Gone { about: about.clone(), licence: *licence }.into(),
        None => failure,
    }
}
