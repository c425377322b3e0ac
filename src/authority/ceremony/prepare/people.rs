//! Whether an officer can be appointed or go, and a calendar be published; and who approves what a type issues.

use super::{Bench, Prepared};
use crate::authority::ceremony::compose::{Composer, approvers};
use crate::authority::ceremony::refusal::OfficerRefusal;
use crate::authority::ceremony::wish::{BroughtKey, OfficerWish};
use crate::authority::ceremony::{About, CeremonyRefusal, NewKeys, crypto};
use crate::authority::refusal::{Failure, Fault};
use crate::catalogue::{Calendar, Catalogue, ProcessRules};
use crate::crypto::entropy::random;
use crate::crypto::{KeyId, KeyPurpose};
use crate::ledger::body::{
    Approvers, Body, KeyTitle, OfficerAppointed, OfficerId, Owner, Subject, possession,
};
use crate::supervision::Rules;
use crate::values::identifiers::{CreditCode, Slug};

impl Bench<'_> {
    /// Somebody new with his key; or one who is known, with other roles, another time, or a key in place of his old one.
    pub(super) fn officer(&self, wish: &OfficerWish) -> Result<Prepared, Failure> {
        let department = &self.registered(&wish.department, "/officer/department")?.value;
        let before =
            wish.officer.map(|officer| self.known_officer(&officer, &department.code)).transpose()?;
        let old = before.filter(|before| self.is_in_force(&before.key)).map(|before| before.key);
        let title = wish.key.as_ref().map(|key| self.brought(key, &department.code)).transpose()?;
        let key = title.as_ref().map(|title| title.spki.id()).or(old).ok_or(OfficerRefusal::NeedsKey)?;
        self.authority.refuse_open(|body| match body {
            Body::OfficerAppointed(body) => Some(body.officer) == wish.officer || body.key == key,
            Body::OfficerLeft(body) => Some(body.officer) == wish.officer,
            _ => false,
        })?;
        let appointed = self.appointment(wish, &department.code, key)?;
        let about = About::Officer {
            officer: appointed.officer,
            department: department.slug.clone(),
            code: department.code.clone(),
            key,
            roles: appointed.roles.clone(),
            from: appointed.from,
            until: appointed.until,
        };
        let mut composer = Composer::new(self.terms);
        if let Some(title) = title {
            if let Some(old) = old {
                composer.retirement(old, self.charter.chain(&Subject::Key(old)))?;
            }
            composer.brought_key(title)?;
        }
        let prev = self.charter.chain(&Subject::Officer(appointed.officer));
        composer.officer(appointed, prev)?;
        Ok(Prepared { about, keys: NewKeys::default(), steps: composer.into_steps() })
    }

    /// Nobody's officer any more, and his key goes with him.
    pub(super) fn officer_left(&self, officer: OfficerId) -> Result<Prepared, Failure> {
        let held = self
            .charter
            .officer(&officer)
            .ok_or(OfficerRefusal::NoOfficer { pointer: "/officer_left/officer", officer })?;
        if let Some(ended) = held.ended {
            let pointer = "/officer_left/officer";
            return Err(OfficerRefusal::Left { pointer, officer, since: ended.time }.into());
        }
        self.authority.refuse_open(|body| match body {
            Body::OfficerAppointed(body) => body.officer == officer,
            Body::OfficerLeft(body) => body.officer == officer,
            _ => false,
        })?;
        let key = held.value.key;
        let mut composer = Composer::new(self.terms);
        composer.officer_left(officer, self.charter.chain(&Subject::Officer(officer)))?;
        if self.is_in_force(&key) {
            composer.retirement(key, self.charter.chain(&Subject::Key(key)))?;
        }
        let about = About::OfficerLeft { officer };
        Ok(Prepared { about, keys: NewKeys::default(), steps: composer.into_steps() })
    }

    /// A year's working days, or others in their place.
    pub(super) fn calendar(&self, calendar: &Calendar) -> Result<Prepared, Failure> {
        calendar.check().map_err(CeremonyRefusal::Calendar)?;
        let year = calendar.year;
        self.authority
            .refuse_open(|body| matches!(body, Body::CalendarPublished(body) if body.year == year))?;
        let mut composer = Composer::new(self.terms);
        composer.calendar(calendar, self.charter.chain(&Subject::Calendar(year)))?;
        let about = About::Calendar { year };
        Ok(Prepared { about, keys: NewKeys::default(), steps: composer.into_steps() })
    }

    /// By which rules cards are raised from then on.
    pub(super) fn supervision(&self, rules: Option<&str>) -> Result<Prepared, Failure> {
        let rules = rules.unwrap_or(Rules::BUILT_IN);
        let read = Rules::parse(rules).map_err(|error| CeremonyRefusal::Supervision(error.to_string()))?;
        // The rules that are built in are also about types that an authority of its own catalogue need not have.
        let built_in = Catalogue::built_in().map_err(|error| Fault::Damaged(error.to_string()))?;
        if let Some(wrong) = read.content().misplaced(&[self.terms.catalogue, &built_in]) {
            return Err(CeremonyRefusal::Content(wrong).into());
        }
        self.authority.refuse_open(|body| matches!(body, Body::SupervisionPublished(_)))?;
        let mut composer = Composer::new(self.terms);
        composer.supervision(rules, self.charter.chain(&Subject::Supervision))?;
        let about = About::Supervision { rules: *read.digest() };
        Ok(Prepared { about, keys: NewKeys::default(), steps: composer.into_steps() })
    }

    /// Who approves what a type issues: departments in force.
    pub(super) fn approvers(
        &self,
        process: &ProcessRules,
        slug: &Slug,
    ) -> Result<Vec<Approvers>, CeremonyRefusal> {
        let code_of = |department: &Slug| {
            let held = self.charter.department_by_slug(department).filter(|held| held.in_force());
            held.map(|held| held.value.code.clone())
        };
        approvers(process, code_of).map_err(|department| {
            let (slug, department) = (slug.to_string(), department.to_string());
            CeremonyRefusal::NoApprover { slug, department }
        })
    }

    fn appointment(
        &self,
        wish: &OfficerWish,
        department: &CreditCode,
        key: KeyId,
    ) -> Result<OfficerAppointed, OfficerRefusal> {
        let today = self.terms.now.date(self.terms.offset);
        let from = wish.from.unwrap_or(today);
        if let Some(until) = wish.until.filter(|until| *until < from || *until < today) {
            return Err(OfficerRefusal::Over { until, from, today });
        }
        Ok(OfficerAppointed {
            approvals: Vec::new(),
            department: department.clone(),
            from,
            key,
            not_after: self.terms.not_after,
            officer: wish
                .officer
                .unwrap_or_else(|| OfficerId::new(self.terms.now, random(self.terms.entropy))),
            roles: wish.roles.clone(),
            until: wish.until,
        })
    }

    /// The newest appointment of an officer of this department who has not left.
    fn known_officer(
        &self,
        officer: &OfficerId,
        department: &CreditCode,
    ) -> Result<&OfficerAppointed, OfficerRefusal> {
        let (pointer, officer) = ("/officer/officer", *officer);
        let held = self.charter.officer(&officer).ok_or(OfficerRefusal::NoOfficer { pointer, officer })?;
        if let Some(ended) = held.ended {
            return Err(OfficerRefusal::Left { pointer, officer, since: ended.time });
        }
        if held.value.department != *department {
            let department = held.value.department.clone();
            return Err(OfficerRefusal::OtherDepartment { officer, department });
        }
        Ok(&held.value)
    }

    /// A key that nobody brought before, proved to be whose it is said to be for as long as registrars may sign.
    fn brought(&self, key: &BroughtKey, department: &CreditCode) -> Result<KeyTitle, Failure> {
        let (id, not_after) = (key.public.id(), key.not_after);
        if self.charter.key(&id).is_some() {
            return Err(OfficerRefusal::KeyUsed(id).into());
        }
        if not_after < self.terms.not_after {
            return Err(OfficerRefusal::ProofEnds { not_after, until: self.terms.not_after }.into());
        }
        let (owner, purpose) = (Owner::Department(department.clone()), KeyPurpose::Officer);
        let claim = possession(self.terms.origin, &owner, purpose, &key.public, not_after).map_err(crypto)?;
        if !key.public.verifies(&claim, &key.possession.0) {
            let (origin, department) = (self.terms.origin.clone(), department.clone());
            return Err(OfficerRefusal::Possession { key: id, origin, department }.into());
        }
        let spki = key.public.clone();
        Ok(KeyTitle { not_after, owner, possession: Some(key.possession), purpose, spki })
    }

    fn is_in_force(&self, key: &KeyId) -> bool {
        self.charter.key(key).is_some_and(|held| held.in_force())
    }
}
