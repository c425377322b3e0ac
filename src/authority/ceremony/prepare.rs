//! Whether a wish can be done, and if so its entries and the keys they introduce. Nothing is kept here.

mod people;
mod powers;

use std::collections::BTreeSet;
use std::sync::Arc;

use super::compose::{Above, Composer, Party, Terms};
use super::refusal::{OF_DEPARTMENTS, OF_THE_AUTHORITY};
use super::wish::Wish;
use super::{About, CeremonyRefusal, NewKeys, Step};
use crate::authority::Authority;
use crate::authority::caller::Caller;
use crate::authority::chains::certificate;
use crate::authority::refusal::{Failure, Fault, Refusal};
use crate::catalogue::DepartmentPlan;
use crate::crypto::{KeyId, KeyPurpose, PrivateKey};
use crate::ledger::body::{Body, DepartmentRegistered, Owner, Subject};
use crate::ledger::state::{Charter, Held, Moment};
use crate::values::identifiers::{CreditCode, Slug, TypeCode};
use crate::values::time::Time;
use crate::x509::Certificate;

/// What a ceremony will consist of.
pub(super) struct Prepared {
    pub(super) about: About,
    pub(super) keys: NewKeys,
    pub(super) steps: Vec<Step>,
}

/// One wish against one state of the ledger.
struct Bench<'a> {
    authority: &'a Authority,
    charter: &'a Charter,
    terms: Terms<'a>,
}

impl Authority {
    /// The entries of a wish and the keys they introduce; refused where something of it cannot be.
    pub(super) fn prepare(&self, wish: &Wish, now: Time, not_after: Time) -> Result<Prepared, Failure> {
        let published = self.window.published();
        let charter = &published.charter;
        let known = charter.authority().ok_or_else(|| Fault::Law("there is no authority".into()))?;
        let terms = Terms {
            origin: &known.founded.origin,
            base_url: &self.base_url()?,
            offset: known.founded.offset,
            region: &known.founded.region,
            now,
            not_after,
            entropy: self.entropy.as_ref(),
            catalogue: &self.catalogue,
        };
        let bench = Bench { authority: self, charter, terms };
        match wish {
            Wish::Department(plan) => bench.department(plan),
            Wish::Rotate { purpose, department } => bench.rotate(*purpose, department.as_deref()),
            Wish::Retire(key) => bench.retire(*key),
            Wish::RetireOlder { purpose, department } => bench.retire_older(*purpose, department.as_deref()),
            Wish::PublishType { slug, version } => bench.publish_type(slug, *version),
            Wish::Officer(officer) => bench.officer(officer),
            Wish::OfficerLeft(officer) => bench.officer_left(*officer),
            Wish::Calendar(calendar) => bench.calendar(calendar),
            Wish::Supervision(rules) => bench.supervision(rules.as_deref()),
            Wish::GrantPowers { department, powers } => bench.grant(department, powers),
            Wish::WithdrawPower(power) => bench.withdraw(power),
            Wish::WithdrawPowerOf { department, licence_type, region } => {
                bench.withdraw_of(department, licence_type, region.as_ref())
            }
        }
    }
}

impl Bench<'_> {
    fn department(&self, plan: &DepartmentPlan) -> Result<Prepared, Failure> {
        self.check_plan(plan, "/department")?;
        let taken = [
            ("slug", plan.slug.to_string(), self.is_slug_taken(&plan.slug)),
            ("code", plan.code.to_string(), self.is_code_taken(plan)),
        ];
        if let Some((name, value, _)) = taken.into_iter().find(|(_, _, taken)| *taken) {
            return Err(CeremonyRefusal::Taken { pointer: format!("/department/{name}"), value }.into());
        }
        self.authority.refuse_open(|body| match body {
            Body::DepartmentRegistered(body) => body.code == plan.code || body.slug == plan.slug,
            _ => false,
        })?;
        self.check_powers(plan, "/department")?;
        let keys = NewKeys::of_department(&plan.code, self.terms.entropy)?;
        let mut composer = Composer::new(self.terms);
        let (certificate, key) = self.above(KeyPurpose::Issuing)?;
        composer.department(plan, &keys, &Above { certificate, key: &key })?;
        for power in &plan.powers {
            composer.power(plan, power)?;
        }
        let about = About::Department { department: plan.slug.clone(), code: plan.code.clone() };
        Ok(Prepared { about, keys, steps: composer.into_steps() })
    }

    fn is_slug_taken(&self, slug: &Slug) -> bool {
        Caller::is_reserved(slug) || self.charter.department_by_slug(slug).is_some()
    }

    fn is_code_taken(&self, plan: &DepartmentPlan) -> bool {
        let own = self.charter.authority().is_some_and(|authority| authority.founded.code == plan.code);
        own || self.charter.department(&plan.code).is_some()
    }

    fn rotate(&self, purpose: KeyPurpose, department: Option<&str>) -> Result<Prepared, Failure> {
        let party = self.party(purpose, department, "/rotate/department")?;
        self.authority.refuse_open(|body| match body {
            Body::KeyIntroduced(body) => body.title.owner == party.owner && body.title.purpose == purpose,
            _ => false,
        })?;
        let mut keys = NewKeys::default();
        keys.add(&party.owner, &[purpose], self.terms.entropy)?;
        let new = keys.of(&party.owner, purpose)?;
        let above = if purpose == KeyPurpose::Issuing { KeyPurpose::Root } else { KeyPurpose::Issuing };
        let mut composer = Composer::new(self.terms);
        let (certificate, key) = self.above(above)?;
        composer.key(&party, purpose, new, &Above { certificate, key: &key })?;
        let about = About::Rotate { purpose, owner: party.owner, key: new.id() };
        Ok(Prepared { about, keys, steps: composer.into_steps() })
    }

    fn retire(&self, key: KeyId) -> Result<Prepared, Failure> {
        let not_in_force = || CeremonyRefusal::NotInForce(key.to_string());
        let held = self.charter.key(&key).filter(|held| held.in_force()).ok_or_else(not_in_force)?;
        if matches!(held.value.purpose, KeyPurpose::Root | KeyPurpose::Registrar) {
            return Err(CeremonyRefusal::Purpose(held.value.purpose).into());
        }
        // Each officer has a key of his own, so none is another's successor: one that is lost goes at once.
        let of_an_officer = held.value.purpose == KeyPurpose::Officer;
        if !of_an_officer && self.charter.keys_of(&held.value.owner, held.value.purpose).len() == 1 {
            return Err(CeremonyRefusal::Last(key).into());
        }
        self.retirement(vec![key])
    }

    fn retire_older(&self, purpose: KeyPurpose, department: Option<&str>) -> Result<Prepared, Failure> {
        let party = self.party(purpose, department, "/retire/department")?;
        let keys = self.charter.keys_of(&party.owner, purpose);
        match keys.split_last() {
            Some((_, older)) if !older.is_empty() => {
                self.retirement(older.iter().map(|(id, _)| **id).collect())
            }
            _ => Err(CeremonyRefusal::NothingOlder.into()),
        }
    }

    fn retirement(&self, keys: Vec<KeyId>) -> Result<Prepared, Failure> {
        self.authority.refuse_open(|body| match body {
            Body::KeyRetired(body) => keys.contains(&body.key),
            _ => false,
        })?;
        let mut composer = Composer::new(self.terms);
        for key in &keys {
            self.refuse_above(*key)?;
            composer.retirement(*key, self.charter.chain(&Subject::Key(*key)))?;
        }
        Ok(Prepared { about: About::Retire { keys }, keys: NewKeys::default(), steps: composer.into_steps() })
    }

    /// What hangs on an issuing key is judged with it: it goes when nothing in force needs it any more.
    fn refuse_above(&self, key: KeyId) -> Result<(), Failure> {
        let mut below = Vec::new();
        for (id, held) in self.charter.keys().filter(|(_, held)| held.in_force()) {
            if held.value.certificate.is_none() || *id == key {
                continue;
            }
            if certificate(self.authority.store.as_ref(), &held.value)?.authority_key() == key {
                below.push(format!("{} {} {id}", held.value.purpose, held.value.owner));
            }
        }
        if below.is_empty() {
            return Ok(());
        }
        Err(CeremonyRefusal::StillAbove { key, below: below.join(", ") }.into())
    }

    fn publish_type(&self, slug: &Slug, version: Option<u16>) -> Result<Prepared, Failure> {
        let next = self.charter.published(slug).map_or(1, |known| known.versions.len() + 1);
        let next = u64::try_from(next).unwrap_or(u64::MAX);
        let catalogue = &self.authority.catalogue;
        let unknown = || CeremonyRefusal::UnknownType(slug.to_string());
        let newest = catalogue.latest(slug).ok_or_else(unknown)?.version();
        let found = version.unwrap_or_else(|| u16::try_from(next).unwrap_or(newest).min(newest));
        if u64::from(found) != next {
            return Err(CeremonyRefusal::Version { slug: slug.to_string(), found, next }.into());
        }
        let licence_type = catalogue.get(slug, found).ok_or_else(unknown)?;
        self.authority
            .refuse_open(|body| matches!(body, Body::TypePublished(body) if body.r#type == *slug))?;
        let mut composer = Composer::new(self.terms);
        composer.licence_type(licence_type, self.charter.chain(&Subject::Type(slug.clone())))?;
        if let Some(process) = &licence_type.rules().process {
            let approvers = self.approvers(process, slug)?;
            let prev = self.charter.chain(&Subject::Process(slug.clone()));
            composer.process(licence_type, process, approvers, prev)?;
        }
        let about = About::PublishType { r#type: slug.clone(), version: found };
        Ok(Prepared { about, keys: NewKeys::default(), steps: composer.into_steps() })
    }

    /// Whose keys of a purpose are meant.
    fn party(&self, purpose: KeyPurpose, department: Option<&str>, at: &str) -> Result<Party, Failure> {
        let whose = match purpose {
            KeyPurpose::Credential | KeyPurpose::Seal => Some(OF_DEPARTMENTS),
            KeyPurpose::Issuing | KeyPurpose::Status | KeyPurpose::Report | KeyPurpose::Checkpoint => {
                Some(OF_THE_AUTHORITY)
            }
            KeyPurpose::Registry => None,
            KeyPurpose::Root | KeyPurpose::Registrar | KeyPurpose::Officer | KeyPurpose::Witness => {
                return Err(CeremonyRefusal::Purpose(purpose).into());
            }
        };
        match (department, whose) {
            (Some(_), Some(OF_THE_AUTHORITY)) => {
                let cure = "leave the department out";
                Err(CeremonyRefusal::Owner { purpose, whose: OF_THE_AUTHORITY, cure }.into())
            }
            (None, Some(OF_DEPARTMENTS)) => {
                let cure = "name the department";
                Err(CeremonyRefusal::Owner { purpose, whose: OF_DEPARTMENTS, cure }.into())
            }
            (None, _) => {
                let known = self.charter.authority().map(|authority| &authority.founded);
                let known = known.ok_or_else(|| Fault::Law("there is no authority".into()))?;
                let (organisation, code) = (known.name.zh.clone(), known.code.clone());
                Ok(Party { owner: Owner::Authority, organisation, code, type_codes: BTreeSet::new() })
            }
            (Some(name), _) => {
                let held = self.registered(name, at)?;
                let (organisation, code) = (held.value.name.zh.clone(), held.value.code.clone());
                let type_codes = self.type_codes(&code);
                Ok(Party { owner: Owner::Department(code.clone()), organisation, code, type_codes })
            }
        }
    }

    /// What a department's powers let it issue now, in whatever region.
    fn type_codes(&self, department: &CreditCode) -> BTreeSet<TypeCode> {
        let moment = Moment { index: self.charter.size(), time: self.terms.now };
        let held = self.charter.powers().map(|(_, held)| held).filter(|held| {
            held.value.department == *department
                && self.charter.power_covers(held, &held.value.region, moment)
        });
        let newest = held.filter_map(|held| self.charter.published(&held.value.r#type)?.versions.last());
        newest.map(|version| version.value.type_code.clone()).collect()
    }

    /// The department in force that is called so, by slug or credit code.
    fn registered(&self, name: &str, at: &str) -> Result<&Held<DepartmentRegistered>, Failure> {
        let mut departments = self.charter.departments().filter(|held| held.in_force());
        let held =
            departments.find(|held| held.value.slug.as_str() == name || held.value.code.as_str() == name);
        let (pointer, name) = (at.to_owned(), name.to_owned());
        Ok(held.ok_or(CeremonyRefusal::NoDepartment { pointer, name })?)
    }

    /// The newest certificate of a purpose that signs others, with its key; it must not have ended.
    fn above(&self, purpose: KeyPurpose) -> Result<(Certificate, Arc<PrivateKey>), Failure> {
        let keys = self.charter.keys_of(&Owner::Authority, purpose);
        let (id, held) = keys.last().ok_or_else(|| Fault::NoKey(format!("{purpose} key")))?;
        let certificate = certificate(self.authority.store.as_ref(), &held.value)?;
        if certificate.validity().not_after < self.terms.now.seconds() {
            let ended = Time::from_millis(certificate.validity().not_after.saturating_mul(1000));
            let ended = ended.unwrap_or(Time::MAX);
            let cure = match purpose {
                KeyPurpose::Root => "freeze this ledger and found its successor",
                _ => "rotate it first (`vidimus keys rotate --purpose issuing`)",
            };
            return Err(CeremonyRefusal::AboveEnded { purpose, ended, cure }.into());
        }
        let missing =
            || Refusal::NotReady(format!("the keyring has no {purpose} key {id}: put its file back"));
        let key = self.authority.keyring.key(id).ok_or_else(missing)?;
        Ok((certificate, key))
    }
}
