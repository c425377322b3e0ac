//! One source a fact (一源一数, 一源多用): what valid licences of the source department say of a holder, found by the holder's
//! code and the types that prove a fact. The newest come first, and some of each type are compared.
//!
//! A licence is of the source if the department registered under the fact's source slug issued it; where an authority
//! registers none under that slug, whoever issued it: its power was judged when it was entered. Not here: the list of
//! facts (`catalogue`).

mod judging;
mod refusal;

use std::cmp::Reverse;
use std::collections::BTreeSet;

use serde_json::{Map, Value};

pub use judging::{Flag, Sources};
pub(super) use judging::{Way, gone};
pub use refusal::{AboutFact, FactRefusal};

use super::Authority;
use super::refusal::{Failure, Fault};
use crate::catalogue::{Fact, HolderRequest, LicenceType, Place, UsedIn};
use crate::ledger::state::{Charter, LicenceState};
use crate::values::identifiers::{CodeType, CreditCode, Handle, Slug};
use crate::values::time::Time;

/// Valid licences of one type and holder that are compared.
const COMPARED: usize = 1024;

/// Of whom something is asked: a code, and its type where it is known.
#[derive(Clone, PartialEq, Eq)]
pub struct Subject {
    /// The code, as it was written.
    pub code: String,
    /// Its type.
    pub code_type: Option<String>,
}

/// A valid licence of a holder.
#[derive(Clone)]
pub struct ValidLicence {
    /// Which.
    pub handle: Handle,
    /// Its type.
    pub licence_type: Slug,
    /// Who issued it.
    pub issuer: CreditCode,
    /// `holders` and `claims`.
    pub payload: Map<String, Value>,
}

/// A fact that a valid licence of its source proves. Personal: there is no `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Proved {
    /// The fact.
    pub fact: Slug,
    /// Where it is used in the new licence: `/holders/0/name`, `/claims/<name>`.
    pub pointer: String,
    /// What the source says.
    pub value: Value,
    /// The licence that proves it.
    pub source: Handle,
    /// The type of that licence.
    pub source_type: Slug,
    /// Who issued it.
    pub issuer: CreditCode,
}

/// A used fact, and what the source's valid licences say of it, newest first.
pub(super) struct Known<'c> {
    pub(super) fact: &'c Fact,
    pub(super) used: &'c UsedIn,
    /// About whom; `None` where the request does not say.
    pub(super) subject: Option<Subject>,
    pub(super) said: Vec<Proved>,
}

impl Authority {
    /// Of each fact that a type uses, what the newest valid licence of the source says of the holder, or of whom a claim
    /// names. Facts that nothing proves are left out, so all of them for a type that uses none.
    pub fn proved(
        &self,
        licence_type: &LicenceType,
        holder: Option<&Subject>,
        claims: &Map<String, Value>,
        now: Time,
    ) -> Result<Vec<Proved>, Failure> {
        let known = self.known_facts(licence_type, holder, claims, now)?;
        Ok(known.into_iter().filter_map(|known| known.said.into_iter().next()).collect())
    }

    /// Of each fact that a type uses, everything that the source's valid licences say of it.
    pub(super) fn known_facts(
        &self,
        licence_type: &LicenceType,
        holder: Option<&Subject>,
        claims: &Map<String, Value>,
        now: Time,
    ) -> Result<Vec<Known<'_>>, Failure> {
        let mut known: Vec<Known<'_>> = Vec::new();
        // Several facts are about one subject, whose licences are read once.
        let mut read: Vec<(Subject, Vec<ValidLicence>)> = Vec::new();
        let published = self.window.published();
        for (fact, used) in self.catalogue.facts().used_in(licence_type.slug()) {
            let subject = match &used.of {
                None => holder.cloned(),
                Some(of) => of.claim().and_then(|name| Subject::named(claims.get(name)?)),
            };
            let licences = match &subject {
                None => &[],
                Some(subject) => {
                    let at = read.iter().position(|(one, _)| one == subject);
                    if at.is_none() {
                        read.push((subject.clone(), self.proving_licences(licence_type, subject, now)?));
                    }
                    let found = at.map_or_else(|| read.last(), |at| read.get(at));
                    found.map_or(&[][..], |(_, licences)| licences.as_slice())
                }
            };
            let of_source = licences.iter().filter(|one| is_of_source(&published.charter, fact, &one.issuer));
            let said = of_source.filter_map(|licence| said_by(fact, licence, &used.at)).collect();
            known.push(Known { fact, used, subject, said });
        }
        Ok(known)
    }

    /// The licences that prove any fact which a type uses.
    fn proving_licences(
        &self,
        licence_type: &LicenceType,
        subject: &Subject,
        now: Time,
    ) -> Result<Vec<ValidLicence>, Failure> {
        let published = self.window.published();
        let facts = || self.catalogue.facts().used_in(licence_type.slug()).map(|(fact, _)| fact);
        let proves = |licence: &LicenceState| {
            facts().any(|fact| {
                fact.proved.iter().any(|proved| proved.r#type == licence.licence_type)
                    && is_of_source(&published.charter, fact, &licence.department)
            })
        };
        let types = facts().flat_map(|fact| &fact.proved).map(|proved| proved.r#type.clone()).collect();
        self.valid_licences_of(subject, &types, now, proves)
    }

    /// The valid licences of these types that a holder has and that are wanted, newest first: standing valid, begun, not
    /// over, and not erased. All of a type are looked through until enough are found: what has ended hides nothing.
    pub(in crate::authority) fn valid_licences_of(
        &self,
        subject: &Subject,
        types: &BTreeSet<Slug>,
        now: Time,
        wanted: impl Fn(&LicenceState) -> bool,
    ) -> Result<Vec<ValidLicence>, Failure> {
        let offset = self.window.published().charter.offset();
        let offset = offset.ok_or_else(|| Fault::Law("there is no offset".into()))?;
        let counts = |licence: &LicenceState| licence.is_valid(now, offset) && !licence.erased;
        let mut valid = Vec::new();
        for licence_type in types {
            let counted = |licence: &LicenceState| {
                licence.licence_type == *licence_type && counts(licence) && wanted(licence)
            };
            let before = valid.len();
            for licence in self.found(self.once.holder_finder(licence_type, &subject.code)) {
                let licence = licence?;
                if !counted(&licence) {
                    continue;
                }
                valid.extend(self.held(subject, licence)?);
                if valid.len() - before == COMPARED {
                    break;
                }
            }
        }
        valid.sort_by_key(|(entered, _)| Reverse(*entered));
        Ok(valid.into_iter().map(|(_, licence)| licence).collect())
    }

    /// A licence that a subject holds, by its content, and the index of its first entry.
    fn held(
        &self,
        subject: &Subject,
        licence: LicenceState,
    ) -> Result<Option<(Option<u64>, ValidLicence)>, Failure> {
        let Some(draft) = self.vault.kept_draft(&licence.handle)? else { return Ok(None) };
        if !subject.holds(&draft.payload) {
            return Ok(None);
        }
        let entered = licence.first().map(|first| first.index);
        let LicenceState { handle, licence_type, department: issuer, .. } = licence;
        Ok(Some((entered, ValidLicence { handle, licence_type, issuer, payload: draft.payload })))
    }
}

/// Whether a department is the source of a fact.
pub(super) fn is_of_source(charter: &Charter, fact: &Fact, department: &CreditCode) -> bool {
    match charter.department_by_slug(&fact.source) {
        Some(held) => held.value.code == *department,
        None => charter.powers().any(|(_, held)| {
            held.value.department == *department
                && fact.proved.iter().any(|proved| proved.r#type == held.value.r#type)
        }),
    }
}

/// What a licence says of a fact, to be used at a place.
fn said_by(fact: &Fact, licence: &ValidLicence, used_at: &Place) -> Option<Proved> {
    let proved = fact.proved.iter().find(|proved| proved.r#type == licence.licence_type)?;
    Some(Proved {
        fact: fact.slug.clone(),
        pointer: used_at.to_string(),
        value: proved.at.value(&licence.payload)?.clone(),
        source: licence.handle,
        source_type: licence.licence_type.clone(),
        issuer: licence.issuer.clone(),
    })
}

impl Subject {
    /// A holder as a body says it.
    pub(in crate::authority) fn of(holder: &Value) -> Option<Self> {
        let text = |name| holder.get(name).and_then(Value::as_str).map(str::to_owned);
        Some(Self { code: text("code")?, code_type: text("code_type") })
    }

    /// Whom a claim names by code.
    fn named(code: &Value) -> Option<Self> {
        Some(Self { code: code.as_str()?.to_owned(), code_type: None })
    }

    /// Whether they are a holder of the licence: a finder is a short hash, and a code may be one of two types.
    fn holds(&self, payload: &Map<String, Value>) -> bool {
        let holders = payload.get("holders").and_then(Value::as_array);
        holders.into_iter().flatten().any(|holder| {
            let says = |member: &str, text: &str| holder.get(member).and_then(Value::as_str) == Some(text);
            says("code", &self.code)
                && self.code_type.as_ref().is_none_or(|code_type| says("code_type", code_type))
        })
    }

    /// The type of the code, where it is known.
    pub(super) fn kind(&self) -> Option<CodeType> {
        self.code_type.as_deref().and_then(|code_type| code_type.parse().ok())
    }
}

impl From<&HolderRequest> for Subject {
    fn from(holder: &HolderRequest) -> Self {
        Self { code: holder.code.clone(), code_type: Some(holder.code_type.clone()) }
    }
}
