//! Founding: from a plan and fresh keys to the first entries, all of which registrars must approve (law 0, section 4).
//!
//! Every first entry about a subject has no `prev`, so all statements can be signed before the first entry exists:
//! by the one key that a sample keeps on the server, or elsewhere by m people. What is composed is written beside the
//! keys before anything is appended, so that a crash in between is gone on from. Not here: files (`keyring`).

mod compose;
mod keys;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use keys::{NewKey, NewKeys};

use super::refusal::Fault;
use crate::catalogue::{AuthorityPlan, Catalogue};
use crate::crypto::base64url::Base64Url;
use crate::crypto::{Entropy, KeyId, PrivateKey};
use crate::ledger::body::{Body, Kind};
use crate::ledger::entry::statement;
use crate::ledger::signature::{Approval, Signature};
use crate::values::identifiers::{BaseUrl, Origin};
use crate::values::time::Time;

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

impl Founding {
    /// The first entries of an authority, not yet approved.
    pub fn compose(
        plan: &AuthorityPlan,
        catalogue: &Catalogue,
        keys: &NewKeys,
        site: &Site<'_>,
        entropy: &dyn Entropy,
    ) -> Result<Self, Fault> {
        let (bodies, blobs) = compose::first_entries(plan, catalogue, keys, site, entropy)?;
        let written = bodies.iter().map(|body| {
            let value = body.to_value().map_err(crypto)?;
            Ok(Written { kind: body.kind().to_string(), body: value })
        });
        Ok(Self {
            origin: site.origin.clone(),
            quorum: usize::from(plan.quorum),
            bodies: written.collect::<Result<_, Fault>>()?,
            blobs: blobs.into_iter().map(Base64Url).collect(),
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

fn crypto(error: impl std::fmt::Debug) -> Fault {
    Fault::Crypto(format!("{error:?}"))
}
