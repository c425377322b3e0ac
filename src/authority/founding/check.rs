//! What can be known before anything is written: whether an authority can be founded from a plan, and whether what
//! registrars signed founds it. The law has the last word on both, over every entry, in memory.

use super::compose::FIRST;
use super::{Founding, FoundingRefusal, NewKeys, Site};
use crate::authority::caller::Caller;
use crate::authority::ceremony::{Signed, approvers, crypto};
use crate::authority::refusal::Fault;
use crate::catalogue::{AuthorityPlan, Catalogue};
use crate::crypto::{Entropy, KeyId, KeyPurpose, PrivateKey, PublicKey};
use crate::law;
use crate::ledger::body::{AuthorityFounded, Body, Owner, possession};
use crate::ledger::entry::Unsigned;
use crate::ledger::state::MemoryState;
use crate::values::identifiers::Slug;
use crate::values::time::Time;

/// Refuses a plan from which no authority can be founded there and then.
pub fn check_plan(
    plan: &AuthorityPlan,
    catalogue: &Catalogue,
    site: &Site<'_>,
    entropy: &dyn Entropy,
) -> Result<(), FoundingRefusal> {
    check_departments(plan, catalogue)?;
    check_approvers(plan, catalogue)?;
    check_proofs(plan, site)?;
    // Everything else in it is tried under keys that are made for this and kept nowhere.
    let plan = AuthorityPlan { registrars: Vec::new(), quorum: 1, ..plan.clone() };
    let keys = NewKeys::make(&plan, entropy)?;
    let mut founding = Founding::compose(&plan, catalogue, &keys, site, entropy)?;
    founding.approve(&[keys.of(&Owner::Authority, KeyPurpose::Registrar)?])?;
    founding.check_law(keys.of(&Owner::Authority, KeyPurpose::Registry)?, site.now)
}

fn check_departments(plan: &AuthorityPlan, catalogue: &Catalogue) -> Result<(), FoundingRefusal> {
    for (index, department) in plan.departments.iter().enumerate() {
        if Caller::is_reserved(&department.slug) {
            let field = format!("departments[{index}].slug");
            return Err(FoundingRefusal::Reserved { field, slug: department.slug.to_string() });
        }
        for (place, power) in department.powers.iter().enumerate() {
            if catalogue.get(&power.licence_type, FIRST).is_none() {
                let field = format!("departments[{index}].powers[{place}].type");
                let known = catalogue.iter().filter(|known| known.version() == FIRST);
                let known = known.map(|known| known.slug().to_string()).collect::<Vec<_>>().join(", ");
                let slug = power.licence_type.to_string();
                return Err(FoundingRefusal::UnknownType { field, slug, known });
            }
        }
    }
    Ok(())
}

/// Whoever approves what a type issues is a department of the plan.
fn check_approvers(plan: &AuthorityPlan, catalogue: &Catalogue) -> Result<(), FoundingRefusal> {
    for licence_type in catalogue.iter().filter(|known| known.version() == FIRST) {
        let Some(process) = &licence_type.rules().process else { continue };
        let code_of = |slug: &Slug| plan.department(slug).map(|known| known.code.clone());
        if let Err(department) = approvers(process, code_of) {
            let (slug, department) = (licence_type.slug().to_string(), department.to_string());
            return Err(FoundingRefusal::NoApprover { slug, department });
        }
    }
    Ok(())
}

/// Every registrar holds the key that the plan names, says so to this ledger, and for as long as signing may take.
fn check_proofs(plan: &AuthorityPlan, site: &Site<'_>) -> Result<(), FoundingRefusal> {
    for (index, registrar) in plan.registrars.iter().enumerate() {
        let public = PublicKey::from_spki(&registrar.spki.0).map_err(crypto)?;
        let (key, not_after) = (public.id(), registrar.not_after);
        if not_after < site.not_after {
            let field = format!("registrars[{index}].not_after");
            return Err(FoundingRefusal::ProofEnds { field, key, not_after, until: site.not_after });
        }
        let claim = possession(site.origin, &Owner::Authority, KeyPurpose::Registrar, &public, not_after);
        let claim = claim.map_err(crypto)?;
        let proof = <[u8; 64]>::try_from(registrar.possession.0.as_slice());
        if !proof.is_ok_and(|proof| public.verifies(&claim, &proof)) {
            let field = format!("registrars[{index}].possession");
            let origin = site.origin.clone();
            return Err(FoundingRefusal::Possession { field, key, origin, not_after });
        }
    }
    Ok(())
}

impl Founding {
    /// Refuses signatures that do not found this: of each registrar, one over each statement, in time.
    pub fn check_signed(&self, signed: &[Signed], now: Time) -> Result<(), FoundingRefusal> {
        let founded = self.founded()?;
        if now > founded.not_after {
            return Err(FoundingRefusal::Lapsed(founded.not_after));
        }
        let statements = self.statements()?.statements;
        let mut missing: Vec<KeyId> = founded.registrars.iter().map(|title| title.spki.id()).collect();
        for Signed { ceremony, key, signatures } in signed {
            let key = *key;
            if ceremony.is_some() {
                return Err(FoundingRefusal::OfACeremony(key));
            }
            let registrar = founded.registrars.iter().find(|title| title.spki.id() == key);
            let Some(registrar) = registrar else {
                let registrars = listed(founded.registrars.iter().map(|title| title.spki.id()));
                return Err(FoundingRefusal::NotARegistrar { key, registrars });
            };
            if !missing.contains(&key) {
                return Err(FoundingRefusal::Twice(key));
            }
            missing.retain(|other| *other != key);
            if signatures.len() != statements.len() {
                let (found, statements) = (signatures.len(), statements.len());
                return Err(FoundingRefusal::Count { key, found, statements });
            }
            for (place, (statement, sig)) in statements.iter().zip(signatures).enumerate() {
                if !registrar.spki.verifies(&statement.sign.0, &sig.0) {
                    let kind = statement.kind.clone();
                    return Err(FoundingRefusal::BadSignature { key, place, kind });
                }
            }
        }
        if missing.is_empty() { Ok(()) } else { Err(FoundingRefusal::Missing(listed(missing))) }
    }

    /// The authority's registry key, which signs the first entries.
    pub fn registry(&self) -> Result<KeyId, Fault> {
        Ok(self.founded()?.registry.spki.id())
    }

    /// The key that signs its checkpoints.
    pub(super) fn checkpoint(&self) -> Result<KeyId, Fault> {
        Ok(self.founded()?.checkpoint.title.spki.id())
    }

    /// What the law says to every entry, were it entered now. Nothing is entered.
    pub fn check_law(&self, registry: &PrivateKey, now: Time) -> Result<(), FoundingRefusal> {
        let mut state = MemoryState::new();
        let mut applied = Vec::with_capacity(self.steps.len());
        let refused = |place: usize, kind: &str, why: String| {
            let kind = kind.to_owned();
            FoundingRefusal::Law { place, kind, why }
        };
        for (place, step) in self.steps.iter().enumerate() {
            let proposal = step.proposal()?;
            let kind = proposal.body.kind();
            for blob in proposal.blobs {
                state.add_blob(blob);
            }
            let unsigned = Unsigned { body: proposal.body, key: registry.id(), prev: None, time: now };
            let entry = unsigned
                .sign(&self.origin, registry)
                .map_err(|error| refused(place, kind.as_str(), error.to_string()))?;
            let one = law::apply(&state, &entry)
                .map_err(|error| refused(place, kind.as_str(), error.to_string()))?;
            state.absorb(one.pending());
            applied.push(one);
        }
        law::discharge(applied).map(drop).map_err(|(place, violation)| {
            let kind = self.steps.get(place).and_then(|step| step.body().ok());
            refused(place, kind.map_or("", |body| body.kind().as_str()), violation.to_string())
        })
    }

    fn founded(&self) -> Result<AuthorityFounded, Fault> {
        match self.steps.first().map(super::Step::body).transpose()? {
            Some(Body::AuthorityFounded(founded)) => Ok(*founded),
            _ => Err(Fault::Damaged("the founding does not begin with authority.founded".into())),
        }
    }
}

fn listed(keys: impl IntoIterator<Item = KeyId>) -> String {
    keys.into_iter().map(|key| key.to_string()).collect::<Vec<_>>().join(", ")
}
