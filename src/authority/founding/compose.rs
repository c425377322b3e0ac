//! The first entries, composed from a plan: entry 0, the issuing key, the authority's keys, departments with theirs,
//! types, powers. Not here: approvals, which registrars give over what this makes.

use std::collections::BTreeMap;

use super::{NewKeys, Site, crypto};
use crate::authority::refusal::Fault;
use crate::catalogue::{AuthorityPlan, Catalogue, RegistrarPlan};
use crate::crypto::entropy::random;
use crate::crypto::{Entropy, KeyPurpose, PublicKey, hex};
use crate::law;
use crate::ledger::body::{
    AuthorityFounded, BlobRef, Body, CheckpointKey, DepartmentRegistered, KeyIntroduced, KeyTitle,
    LawVersion, Name, Owner, PowerGranted, RootKey, TypePublished, possession,
};
use crate::ledger::signature::Signature;
use crate::note::{Scheme, VerifierKey};
use crate::values::identifiers::CreditCode;
use crate::x509::{Certificate, Issuer, Profile, Request, Subject, Validity, self_signed};

/// Certificates begin this long before founding, for verifiers whose clocks are late.
const EARLY: i64 = 5 * 60;
const YEAR: i64 = 365 * 24 * 3600;
/// Life of the root, the issuing and the other certificates, in seconds.
const LIVES: (i64, i64, i64) = (30 * YEAR, 15 * YEAR, 5 * YEAR);

/// The bodies of the first entries, in order and without approvals, and the blobs they name.
pub(super) fn first_entries(
    plan: &AuthorityPlan,
    catalogue: &Catalogue,
    keys: &NewKeys,
    site: &Site<'_>,
    entropy: &dyn Entropy,
) -> Result<(Vec<Body>, Vec<Vec<u8>>), Fault> {
    let mut composer = Composer { plan, keys, site, entropy, bodies: Vec::new(), blobs: BTreeMap::new() };
    let issuing = composer.found()?;
    for purpose in [KeyPurpose::Status, KeyPurpose::Report] {
        composer.introduce(&Owner::Authority, purpose, &issuing)?;
    }
    composer.departments(&issuing)?;
    composer.types(catalogue);
    composer.powers()?;
    Ok((composer.bodies, composer.blobs.into_values().collect()))
}

/// Builds bodies; keeps the blobs they name.
struct Composer<'a> {
    plan: &'a AuthorityPlan,
    keys: &'a NewKeys,
    site: &'a Site<'a>,
    entropy: &'a dyn Entropy,
    bodies: Vec<Body>,
    blobs: BTreeMap<[u8; 32], Vec<u8>>,
}

impl Composer<'_> {
    /// Entry 0, and the issuing key right after it; gives the issuing certificate.
    fn found(&mut self) -> Result<Certificate, Fault> {
        let root_key = self.keys.of(&Owner::Authority, KeyPurpose::Root)?;
        let subject = self.subject(&Owner::Authority, "Root")?;
        let root = self_signed(&subject, root_key, self.validity(LIVES.0), self.entropy).map_err(crypto)?;
        let checkpoint = self.title(&Owner::Authority, KeyPurpose::Checkpoint)?;
        let name = self.site.origin.as_str().parse().map_err(crypto)?;
        let vkey = VerifierKey::of(name, Scheme::Ed25519, &checkpoint.spki).map_err(crypto)?.to_string();
        let registrars = self.registrars()?;
        let body = AuthorityFounded {
            approvals: Vec::new(),
            base_url: self.site.base_url.as_str().to_owned(),
            checkpoint: CheckpointKey { title: checkpoint, vkey },
            code: self.plan.code.clone(),
            law: LawVersion { text: self.blob(law::TEXT.to_vec()), version: 0 },
            name: Name { en: self.plan.name.en.clone(), zh: self.plan.name.zh.clone() },
            not_after: self.site.not_after,
            offset: self.plan.utc_offset,
            origin: self.site.origin.clone(),
            quorum: u64::from(self.plan.quorum),
            region: self.plan.region.clone(),
            registrars,
            registry: self.title(&Owner::Authority, KeyPurpose::Registry)?,
            root: RootKey {
                certificate: self.blob(root.der().to_vec()),
                title: self.title(&Owner::Authority, KeyPurpose::Root)?,
            },
            succeeds: None,
        };
        self.bodies.push(Body::AuthorityFounded(body));

        let issuing = self.keys.of(&Owner::Authority, KeyPurpose::Issuing)?;
        let subject = self.subject(&Owner::Authority, "Issuing")?;
        let validity = self.validity(LIVES.1);
        let request =
            Request { profile: Profile::Issuing, subject: &subject, public_key: issuing.public(), validity };
        let certificate = Issuer::new(&root, root_key)
            .and_then(|root| root.issue(&request, self.entropy))
            .map_err(crypto)?;
        let blob = self.blob(certificate.der().to_vec());
        self.push_key(self.title(&Owner::Authority, KeyPurpose::Issuing)?, Some(blob));
        Ok(certificate)
    }

    /// The registrars of the plan, or the one that a sample keeps on the server.
    fn registrars(&self) -> Result<Vec<KeyTitle>, Fault> {
        if self.plan.registrars.is_empty() {
            return Ok(vec![self.title(&Owner::Authority, KeyPurpose::Registrar)?]);
        }
        let read = |planned: &RegistrarPlan| {
            let signature = <[u8; 64]>::try_from(planned.possession.0.as_slice()).map_err(crypto)?;
            Ok(KeyTitle {
                not_after: planned.not_after,
                owner: Owner::Authority,
                possession: Some(Signature(signature)),
                purpose: KeyPurpose::Registrar,
                spki: PublicKey::from_spki(&planned.spki.0).map_err(crypto)?,
            })
        };
        self.plan.registrars.iter().map(read).collect()
    }

    fn departments(&mut self, issuing: &Certificate) -> Result<(), Fault> {
        for department in &self.plan.departments {
            let body = DepartmentRegistered {
                approvals: Vec::new(),
                code: department.code.clone(),
                name: Name { en: department.name.en.clone(), zh: department.name.zh.clone() },
                not_after: self.site.not_after,
                region: department.region.clone().unwrap_or_else(|| self.plan.region.clone()),
                slug: department.slug.clone(),
            };
            self.bodies.push(Body::DepartmentRegistered(body));
            let owner = Owner::Department(department.code.clone());
            for purpose in [KeyPurpose::Registry, KeyPurpose::Credential, KeyPurpose::Seal] {
                self.introduce(&owner, purpose, issuing)?;
            }
        }
        Ok(())
    }

    fn types(&mut self, catalogue: &Catalogue) {
        for licence_type in catalogue.iter() {
            let body = TypePublished {
                approvals: Vec::new(),
                claims: self.blob(licence_type.schema_bytes().to_vec()),
                metadata: self.blob(licence_type.metadata_bytes(self.site.base_url)),
                not_after: self.site.not_after,
                officers: 0,
                rules: self.blob(licence_type.rules_bytes().to_vec()),
                r#type: licence_type.slug().clone(),
                type_code: licence_type.type_code().clone(),
                version: u64::from(licence_type.version()),
            };
            self.bodies.push(Body::TypePublished(body));
        }
    }

    fn powers(&mut self) -> Result<(), Fault> {
        for department in &self.plan.departments {
            for power in &department.powers {
                let basis = serde_json::json!({"en": power.basis.en, "zh": power.basis.zh});
                let region = power.region.clone().or_else(|| department.region.clone());
                let id: [u8; 8] = random(self.entropy);
                let body = PowerGranted {
                    approvals: Vec::new(),
                    basis: self.blob(basis.to_string().into_bytes()),
                    department: department.code.clone(),
                    from: power.from.unwrap_or_else(|| self.site.now.date(self.plan.utc_offset)),
                    not_after: self.site.not_after,
                    power: format!("p-{}", hex::encode(&id)).parse().map_err(crypto)?,
                    region: region.unwrap_or_else(|| self.plan.region.clone()),
                    r#type: power.licence_type.clone(),
                    until: power.until,
                };
                self.bodies.push(Body::PowerGranted(body));
            }
        }
        Ok(())
    }

    /// A key with, for the purposes that have one, its certificate.
    fn introduce(&mut self, owner: &Owner, purpose: KeyPurpose, issuing: &Certificate) -> Result<(), Fault> {
        let profile = match purpose {
            KeyPurpose::Credential => Some((Profile::Credential, "Credential")),
            KeyPurpose::Seal => Some((Profile::Seal, "Seal")),
            KeyPurpose::Status => Some((Profile::Status, "Status")),
            _ => None,
        };
        let certificate = match profile {
            None => None,
            Some((profile, name)) => {
                let subject = self.subject(owner, name)?;
                let public_key = self.keys.of(owner, purpose)?.public();
                let validity = self.validity(LIVES.2);
                let request = Request { profile, subject: &subject, public_key, validity };
                let issuing_key = self.keys.of(&Owner::Authority, KeyPurpose::Issuing)?;
                let made = Issuer::new(issuing, issuing_key)
                    .and_then(|issuer| issuer.issue(&request, self.entropy))
                    .map_err(crypto)?;
                Some(self.blob(made.der().to_vec()))
            }
        };
        self.push_key(self.title(owner, purpose)?, certificate);
        Ok(())
    }

    fn push_key(&mut self, title: KeyTitle, certificate: Option<BlobRef>) {
        let not_after = self.site.not_after;
        let body = KeyIntroduced { approvals: Vec::new(), certificate, not_after, title };
        self.bodies.push(Body::KeyIntroduced(body));
    }

    /// A key of ours with the proof that we hold it.
    fn title(&self, owner: &Owner, purpose: KeyPurpose) -> Result<KeyTitle, Fault> {
        let key = self.keys.of(owner, purpose)?;
        let not_after = self.site.not_after;
        let claim = possession(self.site.origin, owner, purpose, key.public(), not_after).map_err(crypto)?;
        let signature = key.sign(&claim).map_err(crypto)?;
        Ok(KeyTitle {
            not_after,
            owner: owner.clone(),
            possession: Some(Signature(signature)),
            purpose,
            spki: key.public().clone(),
        })
    }

    fn subject(&self, owner: &Owner, name: &str) -> Result<Subject, Fault> {
        let (organization, code): (&str, &CreditCode) = match owner {
            Owner::Authority => (&self.plan.name.zh, &self.plan.code),
            Owner::Department(code) => {
                let department = self.plan.departments.iter().find(|department| department.code == *code);
                let department = department.ok_or_else(|| Fault::NoKey(format!("department {code}")))?;
                (&department.name.zh, code)
            }
        };
        Subject::new(organization, code.as_str(), name).map_err(crypto)
    }

    fn validity(&self, life: i64) -> Validity {
        let now = self.site.now.seconds();
        Validity { not_before: now - EARLY, not_after: now + life }
    }

    fn blob(&mut self, bytes: Vec<u8>) -> BlobRef {
        let blob = BlobRef::of(&bytes);
        self.blobs.insert(blob.sha256.0, bytes);
        blob
    }
}
