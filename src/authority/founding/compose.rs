//! The first entries, composed from a plan: entry 0, the issuing key, the authority's keys, departments with theirs,
//! types with their processes, calendars, powers. Not here: approvals, which registrars give over what this makes.

use std::collections::BTreeSet;

use super::Site;
use crate::authority::ceremony::{Above, Composer, NewKeys, Party, Step, Terms, approvers, crypto};
use crate::authority::refusal::Fault;
use crate::catalogue::{AuthorityPlan, Calendar, Catalogue, RegistrarPlan};
use crate::crypto::{Entropy, KeyPurpose, PublicKey};
use crate::law;
use crate::ledger::body::{
    AuthorityFounded, BlobRef, Body, CheckpointKey, KeyTitle, LawVersion, Name, Owner, RootKey,
};
use crate::ledger::signature::Signature;
use crate::note::{Scheme, VerifierKey};
use crate::x509::{Certificate, Subject, self_signed};

/// Years that the root certificate lives.
const ROOT_LIFE: i64 = 30;
/// The version of a type that founding publishes.
pub(super) const FIRST: u16 = 1;

/// The first entries, in order and without approvals.
pub(super) fn first_entries(
    plan: &AuthorityPlan,
    catalogue: &Catalogue,
    keys: &NewKeys,
    site: &Site<'_>,
    entropy: &dyn Entropy,
) -> Result<Vec<Step>, Fault> {
    let terms = Terms {
        origin: site.origin,
        base_url: site.base_url,
        offset: plan.utc_offset,
        region: &plan.region,
        now: site.now,
        not_after: site.not_after,
        entropy,
        catalogue,
    };
    let mut composer = Composer::new(terms);
    let (organisation, code) = (plan.name.zh.clone(), plan.code.clone());
    let authority = Party { owner: Owner::Authority, organisation, code, type_codes: BTreeSet::new() };
    let key = |purpose| keys.of(&Owner::Authority, purpose);
    let root = found(&mut composer, plan, keys)?;
    let root = Above { certificate: root, key: key(KeyPurpose::Root)? };
    let issuing = composer.key(&authority, KeyPurpose::Issuing, key(KeyPurpose::Issuing)?, &root)?;
    let issuing = issuing.ok_or_else(|| crypto("an issuing key without a certificate"))?;
    let issuing = Above { certificate: issuing, key: key(KeyPurpose::Issuing)? };
    for purpose in [KeyPurpose::Status, KeyPurpose::Report] {
        composer.key(&authority, purpose, key(purpose)?, &issuing)?;
    }
    for department in &plan.departments {
        composer.department(department, keys, &issuing)?;
    }
    // A type's first version; the next ones follow it in the ledger, by a ceremony each.
    for licence_type in catalogue.iter().filter(|licence_type| licence_type.version() == FIRST) {
        composer.licence_type(licence_type, None)?;
        if let Some(process) = &licence_type.rules().process {
            let approvers = approvers(process, |slug| plan.department(slug).map(|known| known.code.clone()));
            let approvers = approvers.map_err(|slug| Fault::Law(format!("no department {slug} approves")))?;
            composer.process(licence_type, process, approvers, None)?;
        }
    }
    for calendar in Calendar::built_in().map_err(|error| Fault::Damaged(format!("a calendar: {error}")))? {
        composer.calendar(&calendar, None)?;
    }
    for department in &plan.departments {
        for power in &department.powers {
            composer.power(department, power)?;
        }
    }
    Ok(composer.into_steps())
}

/// Entry 0; gives the root certificate.
fn found(composer: &mut Composer<'_>, plan: &AuthorityPlan, keys: &NewKeys) -> Result<Certificate, Fault> {
    let terms = composer.terms;
    let title = |purpose| composer.title(&Owner::Authority, purpose, keys.of(&Owner::Authority, purpose)?);
    let subject = Subject::new(&plan.name.zh, plan.code.as_str(), "Root").map_err(crypto)?;
    let root_key = keys.of(&Owner::Authority, KeyPurpose::Root)?;
    let root =
        self_signed(&subject, root_key, composer.validity(ROOT_LIFE, None), terms.entropy).map_err(crypto)?;
    let checkpoint = title(KeyPurpose::Checkpoint)?;
    let name = terms.origin.as_str().parse().map_err(crypto)?;
    let vkey = VerifierKey::of(name, Scheme::Ed25519, &checkpoint.spki).map_err(crypto)?.to_string();
    let registrars = if plan.registrars.is_empty() {
        vec![title(KeyPurpose::Registrar)?]
    } else {
        plan.registrars.iter().map(registrar).collect::<Result<_, _>>()?
    };
    let body = AuthorityFounded {
        approvals: Vec::new(),
        base_url: terms.base_url.as_str().to_owned(),
        checkpoint: CheckpointKey { title: checkpoint, vkey },
        code: plan.code.clone(),
        law: LawVersion { text: BlobRef::of(law::TEXT), version: 0 },
        name: Name { en: plan.name.en.clone(), zh: plan.name.zh.clone() },
        not_after: terms.not_after,
        offset: plan.utc_offset,
        origin: terms.origin.clone(),
        quorum: u64::from(plan.quorum),
        region: plan.region.clone(),
        registrars,
        registry: title(KeyPurpose::Registry)?,
        root: RootKey { certificate: BlobRef::of(root.der()), title: title(KeyPurpose::Root)? },
        succeeds: None,
    };
    let blobs = vec![law::TEXT.to_vec(), root.der().to_vec()];
    composer.push(&Body::AuthorityFounded(body.into()), None, blobs)?;
    Ok(root)
}

/// A registrar's key as the plan has it, made elsewhere.
fn registrar(planned: &RegistrarPlan) -> Result<KeyTitle, Fault> {
    let signature = <[u8; 64]>::try_from(planned.possession.0.as_slice()).map_err(crypto)?;
    Ok(KeyTitle {
        not_after: planned.not_after,
        owner: Owner::Authority,
        possession: Some(Signature(signature)),
        purpose: KeyPurpose::Registrar,
        spki: PublicKey::from_spki(&planned.spki.0).map_err(crypto)?,
    })
}
