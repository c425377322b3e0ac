//! Entries that registrars approve, composed: departments with their keys, keys with their certificates, types, powers,
//! endings of keys and powers. Founding composes its first entries with this, a ceremony its own. Not here: approvals.

mod people;

use std::collections::BTreeSet;

pub(in crate::authority) use people::approvers;

use super::keys::NewKeys;
use super::{Step, crypto};
use crate::authority::refusal::Fault;
use crate::catalogue::{Catalogue, DepartmentPlan, LicenceType, PowerBasis, PowerPlan, ProcessRules};
use crate::crypto::entropy::random;
use crate::crypto::{Digest, Entropy, KeyId, KeyPurpose, PrivateKey, hex};
use crate::ledger::body::{
    BlobRef, Body, DepartmentRegistered, KeyIntroduced, KeyRetired, KeyTitle, Name, Owner, PowerGranted,
    PowerId, PowerWithdrawn, TypePublished, possession,
};
use crate::ledger::signature::Signature;
use crate::values::identifiers::{BaseUrl, CreditCode, Origin, Region, TypeCode};
use crate::values::time::{Time, UtcOffset};
use crate::x509::{Certificate, Issuer, Profile, Request, Subject, Validity};

/// Certificates begin this long before they are made, for verifiers whose clocks are late.
const EARLY: i64 = 5 * 60;
const YEAR: i64 = 365 * 24 * 3600;

/// What all entries of one composition share.
#[derive(Clone, Copy)]
pub(in crate::authority) struct Terms<'a> {
    pub(in crate::authority) origin: &'a Origin,
    pub(in crate::authority) base_url: &'a BaseUrl,
    pub(in crate::authority) offset: UtcOffset,
    /// The authority's region: a department's that names none.
    pub(in crate::authority) region: &'a Region,
    pub(in crate::authority) now: Time,
    /// Approvals and proofs do not count in later entries.
    pub(in crate::authority) not_after: Time,
    pub(in crate::authority) entropy: &'a dyn Entropy,
    pub(in crate::authority) catalogue: &'a Catalogue,
}

/// Whose key it is, as certificates name them.
pub(in crate::authority) struct Party {
    pub(in crate::authority) owner: Owner,
    pub(in crate::authority) organisation: String,
    pub(in crate::authority) code: CreditCode,
    /// What it may issue today, each once: credential certificates name it.
    pub(in crate::authority) type_codes: BTreeSet<TypeCode>,
}

/// A certificate that signs others, with its key.
pub(in crate::authority) struct Above<'a> {
    pub(in crate::authority) certificate: Certificate,
    pub(in crate::authority) key: &'a PrivateKey,
}

/// Composes entries, each with the blobs it names.
pub(in crate::authority) struct Composer<'a> {
    pub(in crate::authority) terms: Terms<'a>,
    steps: Vec<Step>,
}

impl<'a> Composer<'a> {
    pub(in crate::authority) fn new(terms: Terms<'a>) -> Self {
        Self { terms, steps: Vec::new() }
    }

    pub(in crate::authority) fn into_steps(self) -> Vec<Step> {
        self.steps
    }

    pub(in crate::authority) fn push(
        &mut self,
        body: &Body,
        prev: Option<Digest>,
        blobs: Vec<Vec<u8>>,
    ) -> Result<(), Fault> {
        self.steps.push(Step::new(body, prev, blobs)?);
        Ok(())
    }

    /// A department and its keys.
    pub(in crate::authority) fn department(
        &mut self,
        plan: &DepartmentPlan,
        keys: &NewKeys,
        issuing: &Above<'_>,
    ) -> Result<(), Fault> {
        let body = DepartmentRegistered {
            approvals: Vec::new(),
            code: plan.code.clone(),
            name: Name { en: plan.name.en.clone(), zh: plan.name.zh.clone() },
            not_after: self.terms.not_after,
            region: plan.region.clone().unwrap_or_else(|| self.terms.region.clone()),
            slug: plan.slug.clone(),
        };
        self.push(&Body::DepartmentRegistered(body), None, Vec::new())?;
        let owner = Owner::Department(plan.code.clone());
        let organisation = plan.name.zh.clone();
        let type_codes = self.type_codes(plan);
        let party = Party { owner: owner.clone(), organisation, code: plan.code.clone(), type_codes };
        for key in keys.iter().filter(|key| key.owner == owner) {
            self.key(&party, key.purpose, &key.key, issuing)?;
        }
        Ok(())
    }

    /// What a plan's powers let the department issue today.
    fn type_codes(&self, plan: &DepartmentPlan) -> BTreeSet<TypeCode> {
        let today = self.terms.now.date(self.terms.offset);
        let counts = |power: &&PowerPlan| {
            power.from.is_none_or(|from| from <= today) && power.until.is_none_or(|until| today <= until)
        };
        let known = plan
            .powers
            .iter()
            .filter(counts)
            .filter_map(|power| self.terms.catalogue.latest(&power.licence_type));
        known.map(|known| known.type_code().clone()).collect()
    }

    /// A key with, for the purposes that have one, its certificate; gives the certificate.
    pub(in crate::authority) fn key(
        &mut self,
        party: &Party,
        purpose: KeyPurpose,
        key: &PrivateKey,
        above: &Above<'_>,
    ) -> Result<Option<Certificate>, Fault> {
        let certificate = match profile(purpose) {
            None => None,
            Some((profile, life, name)) => {
                let subject = Subject::new(&party.organisation, party.code.as_str(), name).map_err(crypto)?;
                let validity = self.validity(life, Some(above.certificate.validity()));
                let named = if profile == Profile::Credential { Some(&party.type_codes) } else { None };
                let type_codes: Vec<TypeCode> = named.into_iter().flatten().cloned().collect();
                let request = Request {
                    profile,
                    subject: &subject,
                    public_key: key.public(),
                    validity,
                    type_codes: &type_codes,
                };
                let issuer = Issuer::new(&above.certificate, above.key).map_err(crypto)?;
                Some(issuer.issue(&request, self.terms.entropy).map_err(crypto)?)
            }
        };
        let der = certificate.as_ref().map(|certificate| certificate.der().to_vec());
        let body = KeyIntroduced {
            approvals: Vec::new(),
            certificate: der.as_deref().map(BlobRef::of),
            not_after: self.terms.not_after,
            title: self.title(&party.owner, purpose, key)?,
        };
        self.push(&Body::KeyIntroduced(body), None, der.into_iter().collect())?;
        Ok(certificate)
    }

    /// The end of a key; `prev` is its last entry.
    pub(in crate::authority) fn retirement(&mut self, key: KeyId, prev: Option<Digest>) -> Result<(), Fault> {
        let body = KeyRetired { approvals: Vec::new(), key, not_after: self.terms.not_after };
        self.push(&Body::KeyRetired(body), prev, Vec::new())
    }

    /// A licence type; `prev` is the type's last entry.
    pub(in crate::authority) fn licence_type(
        &mut self,
        licence_type: &LicenceType,
        prev: Option<Digest>,
    ) -> Result<(), Fault> {
        let blobs = vec![
            licence_type.schema_bytes().to_vec(),
            licence_type.metadata_bytes(self.terms.base_url),
            licence_type.rules_bytes().to_vec(),
        ];
        let mut named = blobs.iter().map(|bytes| BlobRef::of(bytes));
        let mut next = || named.next().ok_or_else(|| crypto("a type of three blobs"));
        let body = TypePublished {
            approvals: Vec::new(),
            claims: next()?,
            metadata: next()?,
            not_after: self.terms.not_after,
            officers: licence_type.rules().process.as_ref().map_or(0, ProcessRules::officers),
            rules: next()?,
            r#type: licence_type.slug().clone(),
            type_code: licence_type.type_code().clone(),
            version: u64::from(licence_type.version()),
        };
        self.push(&Body::TypePublished(body), prev, blobs)
    }

    /// A power of a department; gives its id.
    pub(in crate::authority) fn power(
        &mut self,
        department: &DepartmentPlan,
        power: &PowerPlan,
    ) -> Result<PowerId, Fault> {
        let basis = serde_json::to_vec(&PowerBasis::of(power)).map_err(crypto)?;
        let region = power.region.clone().or_else(|| department.region.clone());
        let id: [u8; 8] = random(self.terms.entropy);
        let id: PowerId = format!("p-{}", hex::encode(&id)).parse().map_err(crypto)?;
        let body = PowerGranted {
            approvals: Vec::new(),
            basis: BlobRef::of(&basis),
            department: department.code.clone(),
            from: power.from.unwrap_or_else(|| self.terms.now.date(self.terms.offset)),
            not_after: self.terms.not_after,
            power: id.clone(),
            region: region.unwrap_or_else(|| self.terms.region.clone()),
            r#type: power.licence_type.clone(),
            until: power.until,
        };
        self.push(&Body::PowerGranted(body), None, vec![basis])?;
        Ok(id)
    }

    /// The end of a power; `prev` is its last entry.
    pub(in crate::authority) fn withdrawal(
        &mut self,
        power: PowerId,
        prev: Option<Digest>,
    ) -> Result<(), Fault> {
        let body = PowerWithdrawn { approvals: Vec::new(), not_after: self.terms.not_after, power };
        self.push(&Body::PowerWithdrawn(body), prev, Vec::new())
    }

    /// A key of ours with the proof that we hold it.
    pub(in crate::authority) fn title(
        &self,
        owner: &Owner,
        purpose: KeyPurpose,
        key: &PrivateKey,
    ) -> Result<KeyTitle, Fault> {
        let not_after = self.terms.not_after;
        let claim = possession(self.terms.origin, owner, purpose, key.public(), not_after).map_err(crypto)?;
        let signature = key.sign(&claim).map_err(crypto)?;
        Ok(KeyTitle {
            not_after,
            owner: owner.clone(),
            possession: Some(Signature(signature)),
            purpose,
            spki: key.public().clone(),
        })
    }

    /// So many years from now, but never outside the life of the certificate above.
    pub(in crate::authority) fn validity(&self, years: i64, above: Option<Validity>) -> Validity {
        let now = self.terms.now.seconds();
        let wanted = Validity { not_before: now - EARLY, not_after: now + years * YEAR };
        above.map_or(wanted, |above| wanted.and(&above))
    }
}

/// The profile of a purpose's certificate, how many years it lives, and the last part of its subject.
fn profile(purpose: KeyPurpose) -> Option<(Profile, i64, &'static str)> {
    match purpose {
        KeyPurpose::Issuing => Some((Profile::Issuing, 15, "Issuing")),
        KeyPurpose::Credential => Some((Profile::Credential, 5, "Credential")),
        KeyPurpose::Seal => Some((Profile::Seal, 5, "Seal")),
        KeyPurpose::Status => Some((Profile::Status, 5, "Status")),
        KeyPurpose::Root
        | KeyPurpose::Registry
        | KeyPurpose::Registrar
        | KeyPurpose::Officer
        | KeyPurpose::Report
        | KeyPurpose::Checkpoint
        | KeyPurpose::Witness => None,
    }
}
