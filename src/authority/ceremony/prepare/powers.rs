//! Powers after founding: granted to a department that is registered, and withdrawn. A withdrawn power does not touch what
//! was issued while it stood: a verifier looks at the power list as it was at the licence's entry.

use super::{Bench, Prepared};
use crate::authority::ceremony::compose::Composer;
use crate::authority::ceremony::{About, CeremonyRefusal, NewKeys};
use crate::authority::refusal::Failure;
use crate::catalogue::{Bilingual, DepartmentPlan, PowerPlan};
use crate::ledger::body::{Body, PowerGranted, PowerId, Subject};
use crate::ledger::state::Held;
use crate::values::identifiers::{Region, Slug};

/// Where the powers of a grant stand in a request.
const GRANT: &str = "/grant_powers";
/// Where a withdrawal stands in a request.
const WITHDRAWAL: &str = "/withdraw_power";

impl Bench<'_> {
    pub(super) fn grant(&self, department: &str, powers: &[PowerPlan]) -> Result<Prepared, Failure> {
        let registered = &self.registered(department, &format!("{GRANT}/department"))?.value;
        // The same form as when the department was registered, and so the same rules.
        let plan = DepartmentPlan {
            slug: registered.slug.clone(),
            code: registered.code.clone(),
            name: Bilingual { zh: registered.name.zh.clone(), en: registered.name.en.clone() },
            region: Some(registered.region.clone()),
            powers: powers.to_vec(),
        };
        self.check_plan(&plan, GRANT)?;
        self.check_powers(&plan, GRANT)?;
        for (place, power) in plan.powers.iter().enumerate() {
            self.refuse_equal(&plan, power, place)?;
        }
        let mut composer = Composer::new(self.terms);
        let granted = plan.powers.iter().map(|power| composer.power(&plan, power));
        let granted: Vec<PowerId> = granted.collect::<Result<_, _>>()?;
        let about = About::GrantPowers {
            department: plan.slug.clone(),
            code: plan.code.clone(),
            powers: granted,
            types: plan.powers.iter().map(|power| power.licence_type.clone()).collect(),
        };
        Ok(Prepared { about, keys: NewKeys::default(), steps: composer.into_steps() })
    }

    /// What a plan says by itself: names, regions, order of days, nothing twice.
    pub(super) fn check_plan(&self, plan: &DepartmentPlan, under: &'static str) -> Result<(), Failure> {
        let checked = plan.check(self.terms.region);
        Ok(checked.map_err(|wrong| CeremonyRefusal::Plan { under, wrong })?)
    }

    /// What its powers need of the ledger: types in force, and a last day that is not over.
    pub(super) fn check_powers(&self, plan: &DepartmentPlan, under: &str) -> Result<(), Failure> {
        let today = self.terms.now.date(self.terms.offset);
        for (place, power) in plan.powers.iter().enumerate() {
            let versions = self.charter.published(&power.licence_type).map(|known| known.versions.last());
            if !versions.flatten().is_some_and(|held| held.in_force()) {
                let pointer = format!("{under}/powers/{place}/type");
                let slug = power.licence_type.to_string();
                return Err(CeremonyRefusal::NotPublished { pointer, slug }.into());
            }
            if let Some(until) = power.until.filter(|until| *until < today) {
                let pointer = format!("{under}/powers/{place}/until");
                return Err(CeremonyRefusal::Over { pointer, until, today }.into());
            }
        }
        Ok(())
    }

    /// A department does not have a power twice on one day, nor two ceremonies that would give it one twice.
    fn refuse_equal(&self, plan: &DepartmentPlan, power: &PowerPlan, place: usize) -> Result<(), Failure> {
        let region = power.region.as_ref().or(plan.region.as_ref()).unwrap_or(self.terms.region);
        let equal = |granted: &PowerGranted| {
            granted.department == plan.code
                && granted.r#type == power.licence_type
                && granted.region == *region
        };
        let from = power.from.unwrap_or_else(|| self.terms.now.date(self.terms.offset));
        let overlaps = |granted: &PowerGranted| {
            granted.until.is_none_or(|until| from <= until)
                && power.until.is_none_or(|until| granted.from <= until)
        };
        let mut held = self.charter.powers().filter(|(_, held)| held.in_force());
        if let Some((id, _)) = held.find(|(_, held)| equal(&held.value) && overlaps(&held.value)) {
            let pointer = format!("{GRANT}/powers/{place}");
            return Err(CeremonyRefusal::HeldAlready { pointer, power: id.clone() }.into());
        }
        self.authority.refuse_open(|body| matches!(body, Body::PowerGranted(granted) if equal(granted)))
    }

    pub(super) fn withdraw(&self, power: &PowerId) -> Result<Prepared, Failure> {
        let pointer = format!("{WITHDRAWAL}/power");
        match self.charter.power(power) {
            None => Err(CeremonyRefusal::NoPower { pointer, name: power.to_string() }.into()),
            Some(held) => match held.ended {
                Some(ended) => {
                    let (power, since) = (power.clone(), ended.time);
                    Err(CeremonyRefusal::Withdrawn { pointer, power, since }.into())
                }
                None => self.withdrawal(held),
            },
        }
    }

    /// The power that a department has for a type, where no more than one can be meant.
    pub(super) fn withdraw_of(
        &self,
        department: &str,
        licence_type: &Slug,
        region: Option<&Region>,
    ) -> Result<Prepared, Failure> {
        let registered = &self.registered(department, &format!("{WITHDRAWAL}/department"))?.value;
        let today = self.terms.now.date(self.terms.offset);
        let meant = |held: &Held<PowerGranted>| {
            held.in_force()
                && held.value.department == registered.code
                && held.value.r#type == *licence_type
                && region.is_none_or(|region| held.value.region == *region)
                && held.value.until.is_none_or(|until| today <= until)
        };
        let found: Vec<_> = self.charter.powers().map(|(_, held)| held).filter(|held| meant(held)).collect();
        match found.as_slice() {
            [one] => self.withdrawal(one),
            [] => {
                let region = region.map(|region| format!(" {region}")).unwrap_or_default();
                let name = format!("{} {licence_type}{region}", registered.slug);
                Err(CeremonyRefusal::NoPower { pointer: WITHDRAWAL.to_owned(), name }.into())
            }
            several => {
                let told =
                    |held: &&Held<PowerGranted>| format!("{} ({})", held.value.power, held.value.region);
                let powers = several.iter().map(told).collect::<Vec<_>>().join(", ");
                Err(CeremonyRefusal::Several { pointer: WITHDRAWAL.to_owned(), powers }.into())
            }
        }
    }

    fn withdrawal(&self, held: &Held<PowerGranted>) -> Result<Prepared, Failure> {
        let PowerGranted { power, department, r#type, region, .. } = &held.value;
        self.authority
            .refuse_open(|body| matches!(body, Body::PowerWithdrawn(body) if body.power == *power))?;
        let mut composer = Composer::new(self.terms);
        composer.withdrawal(power.clone(), self.charter.chain(&Subject::Power(power.clone())))?;
        let about = About::WithdrawPower {
            power: power.clone(),
            code: department.clone(),
            r#type: r#type.clone(),
            region: region.clone(),
        };
        Ok(Prepared { about, keys: NewKeys::default(), steps: composer.into_steps() })
    }
}
