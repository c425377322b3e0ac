//! Founding: from a plan and fresh keys to the first entries, all of which registrars must approve (law 0, section 4).
//!
//! Every first entry about a subject has no `prev`, so all statements can be signed before the first entry exists:
//! by the one key that a sample keeps on the server, or elsewhere by m people. What is composed is written beside the
//! keys before anything is appended, so that a crash in between is gone on from. Not here: files (`keyring`).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::refusal::Fault;
use crate::catalogue::{AuthorityPlan, BaseUrl, Catalogue};
use crate::crypto::base64url::Base64Url;
use crate::crypto::entropy::random;
use crate::crypto::{Algorithm, Entropy, KeyId, KeyPurpose, PrivateKey, PublicKey, hex};
use crate::law;
use crate::ledger::body::{
    AuthorityFounded, BlobRef, Body, CheckpointKey, DepartmentRegistered, KeyIntroduced, KeyTitle, Kind,
    LawVersion, Name, Owner, PowerGranted, RootKey, TypePublished, possession,
};
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::entry::statement;
use crate::ledger::signature::{Approval, Signature};
use crate::merkle::EMPTY_ROOT;
use crate::note::{Scheme, VerifierKey};
use crate::values::identifiers::{CreditCode, Origin};
use crate::values::time::Time;
use crate::x509::{Certificate, Issuer, Profile, Request, Subject, Validity, self_signed};

/// Certificates begin this long before founding, for verifiers whose clocks are late.
const EARLY: i64 = 5 * 60;
const YEAR: i64 = 365 * 24 * 3600;
/// Life of the root, the issuing and the other certificates, in seconds.
const LIVES: (i64, i64, i64) = (30 * YEAR, 15 * YEAR, 5 * YEAR);

/// A key that founding made, and whose it is.
pub struct NewKey {
    /// For what.
    pub purpose: KeyPurpose,
    /// Whose.
    pub owner: Owner,
    /// The key.
    pub key: PrivateKey,
}

/// The keys that an authority is founded with.
pub struct NewKeys(Vec<NewKey>);

/// Where and when.
pub struct Site<'a> {
    /// Under which things are named.
    pub base_url: &'a BaseUrl,
    /// The ledger's origin.
    pub origin: &'a Origin,
    /// Now.
    pub now: Time,
    /// The approvals and proofs made here do not count later.
    pub not_after: Time,
}

/// The first entries, in order, and the blobs they name.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Founding {
    origin: Origin,
    quorum: usize,
    bodies: Vec<Written>,
    blobs: Vec<Base64Url>,
}

/// A body as it is written beside the keys.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    kind: String,
    body: Value,
}

impl NewKeys {
    /// Makes every key that the server will hold.
    pub fn make(plan: &AuthorityPlan, entropy: &dyn Entropy) -> Result<Self, Fault> {
        use Algorithm::{Ed25519, P256};
        let mut keys = Vec::new();
        let mut make = |purpose, owner: Owner, algorithm| -> Result<(), Fault> {
            let key = PrivateKey::generate(algorithm, entropy).map_err(crypto)?;
            keys.push(NewKey { purpose, owner, key });
            Ok(())
        };
        for (purpose, algorithm) in [
            (KeyPurpose::Root, P256),
            (KeyPurpose::Issuing, P256),
            (KeyPurpose::Registry, Ed25519),
            (KeyPurpose::Checkpoint, Ed25519),
            (KeyPurpose::Status, Ed25519),
            (KeyPurpose::Report, Ed25519),
        ] {
            make(purpose, Owner::Authority, algorithm)?;
        }
        if plan.registrars.is_empty() {
            make(KeyPurpose::Registrar, Owner::Authority, Ed25519)?;
        }
        for department in &plan.departments {
            for (purpose, algorithm) in
                [(KeyPurpose::Registry, Ed25519), (KeyPurpose::Credential, Ed25519), (KeyPurpose::Seal, P256)]
            {
                make(purpose, Owner::Department(department.code.clone()), algorithm)?;
            }
        }
        Ok(Self(keys))
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &NewKey> {
        self.0.iter()
    }

    /// All of them, to be kept.
    pub fn into_inner(self) -> Vec<NewKey> {
        self.0
    }

    /// The key of an owner and purpose.
    pub fn of(&self, owner: &Owner, purpose: KeyPurpose) -> Result<&PrivateKey, Fault> {
        let found = self.0.iter().find(|new| new.purpose == purpose && new.owner == *owner);
        found.map(|new| &new.key).ok_or_else(|| Fault::NoKey(format!("{purpose} key of {owner}")))
    }

    /// The origin of a sample: no two samples look like a split view of one ledger.
    pub fn sample_origin(&self) -> Result<Origin, Fault> {
        let key = self.of(&Owner::Authority, KeyPurpose::Checkpoint)?.id().to_string();
        let digits: String = key.chars().take(16).collect();
        format!("sample.vidimus.example/{digits}").parse().map_err(crypto)
    }

    /// `last-signed` of an empty ledger.
    pub fn empty_checkpoint(&self, origin: &Origin) -> Result<String, Fault> {
        let key = self.of(&Owner::Authority, KeyPurpose::Checkpoint)?;
        let name = origin.as_str().parse().map_err(crypto)?;
        Ok(Checkpoint::new(name, 0, EMPTY_ROOT.0).sign(key, &[]).map_err(crypto)?.to_string())
    }
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

impl Founding {
    /// The first entries of an authority, not yet approved.
    pub fn compose(
        plan: &AuthorityPlan,
        catalogue: &Catalogue,
        keys: &NewKeys,
        site: &Site<'_>,
        entropy: &dyn Entropy,
    ) -> Result<Self, Fault> {
        let mut composer = Composer { plan, keys, site, entropy, bodies: Vec::new(), blobs: BTreeMap::new() };
        let issuing = composer.found()?;
        for purpose in [KeyPurpose::Status, KeyPurpose::Report] {
            composer.introduce(Owner::Authority, purpose, &issuing)?;
        }
        composer.departments(&issuing)?;
        composer.catalogue(catalogue)?;
        let written = composer.bodies.iter().map(|body| {
            let value = body.to_value().map_err(crypto)?;
            Ok(Written { kind: body.kind().to_string(), body: value })
        });
        Ok(Self {
            origin: site.origin.clone(),
            quorum: usize::from(plan.quorum),
            bodies: written.collect::<Result<_, Fault>>()?,
            blobs: composer.blobs.into_values().map(Base64Url).collect(),
        })
    }

    /// What registrars sign: kind and bytes of each entry's statement, in order.
    pub fn statements(&self) -> Result<Vec<(Kind, Vec<u8>)>, Fault> {
        self.bodies()?
            .iter()
            .map(|body| Ok((body.kind(), statement(body, None, &self.origin).map_err(crypto)?)))
            .collect()
    }

    /// Signs every statement with keys at hand: how a sample approves itself.
    pub fn approve(&mut self, registrars: &[&PrivateKey]) -> Result<(), Fault> {
        let statements = self.statements()?;
        let mut signed = Vec::with_capacity(registrars.len());
        for registrar in registrars {
            let signatures = statements.iter().map(|(_, bytes)| registrar.sign(bytes).map(Signature));
            signed.push((registrar.id(), signatures.collect::<Result<Vec<_>, _>>().map_err(crypto)?));
        }
        self.attach(&signed)
    }

    /// Puts the registrars' signatures to the statements: all of them to entry 0, m to the others, none to spare.
    pub fn attach(&mut self, signed: &[(KeyId, Vec<Signature>)]) -> Result<(), Fault> {
        let quorum = self.quorum;
        for (place, written) in self.bodies.iter_mut().enumerate() {
            let mut approvals = Vec::with_capacity(signed.len());
            for (key, signatures) in signed {
                let sig = signatures.get(place).copied();
                let sig = sig.ok_or_else(|| Fault::Crypto(format!("{key} signed too few statements")))?;
                approvals.push(Approval { key: *key, sig });
            }
            approvals.sort_by_key(|approval| approval.key);
            if place > 0 {
                approvals.truncate(quorum);
            }
            let approvals = serde_json::to_value(approvals).map_err(crypto)?;
            if let Some(members) = written.body.as_object_mut() {
                members.insert("approvals".into(), approvals);
            }
        }
        Ok(())
    }

    /// The bodies.
    pub fn bodies(&self) -> Result<Vec<Body>, Fault> {
        let read = |written: &Written| {
            let kind = Kind::parse(&written.kind).ok_or_else(|| crypto(format!("kind {}", written.kind)))?;
            Body::from_value(kind, written.body.clone()).map_err(crypto)
        };
        self.bodies.iter().map(read).collect()
    }

    /// The blobs.
    pub fn blobs(&self) -> impl Iterator<Item = &[u8]> {
        self.blobs.iter().map(|blob| blob.0.as_slice())
    }

    /// How many entries founding makes.
    pub fn size(&self) -> usize {
        self.bodies.len()
    }

    /// The ledger's origin.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }
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
        let read = |planned: &crate::catalogue::RegistrarPlan| {
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
            for purpose in [KeyPurpose::Registry, KeyPurpose::Credential, KeyPurpose::Seal] {
                self.introduce(Owner::Department(department.code.clone()), purpose, issuing)?;
            }
        }
        Ok(())
    }

    fn catalogue(&mut self, catalogue: &Catalogue) -> Result<(), Fault> {
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
    fn introduce(&mut self, owner: Owner, purpose: KeyPurpose, issuing: &Certificate) -> Result<(), Fault> {
        let profile = match purpose {
            KeyPurpose::Credential => Some((Profile::Credential, "Credential")),
            KeyPurpose::Seal => Some((Profile::Seal, "Seal")),
            KeyPurpose::Status => Some((Profile::Status, "Status")),
            _ => None,
        };
        let certificate = match profile {
            None => None,
            Some((profile, name)) => {
                let subject = self.subject(&owner, name)?;
                let public_key = self.keys.of(&owner, purpose)?.public();
                let validity = self.validity(LIVES.2);
                let request = Request { profile, subject: &subject, public_key, validity };
                let issuing_key = self.keys.of(&Owner::Authority, KeyPurpose::Issuing)?;
                let made = Issuer::new(issuing, issuing_key)
                    .and_then(|issuer| issuer.issue(&request, self.entropy))
                    .map_err(crypto)?;
                Some(self.blob(made.der().to_vec()))
            }
        };
        self.push_key(self.title(&owner, purpose)?, certificate);
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

fn crypto(error: impl std::fmt::Debug) -> Fault {
    Fault::Crypto(format!("{error:?}"))
}
