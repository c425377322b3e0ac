//! One entry that registrars are asked to approve, as it lies beside the keys until it is entered: founding and every
//! later ceremony are made of these. Not here: who must approve it, which is the law's to say.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Statement, crypto};
use crate::authority::entries::entry;
use crate::authority::refusal::{Failure, Fault};
use crate::authority::store::Store;
use crate::authority::writer::Proposal;
use crate::crypto::Digest;
use crate::crypto::base64url::Base64Url;
use crate::ledger::body::{Body, Kind};
use crate::ledger::entry::{Entry, leaf_hash, statement};
use crate::ledger::signature::Approval;
use crate::ledger::state::{Charter, Held};
use crate::values::identifiers::Origin;

/// An entry to be, with the public material it names.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::authority) struct Step {
    kind: String,
    body: Value,
    /// Leaf hash of the subject's last entry; it is part of what is signed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    prev: Option<Digest>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    blobs: Vec<Base64Url>,
}

impl Step {
    pub(super) fn new(body: &Body, prev: Option<Digest>, blobs: Vec<Vec<u8>>) -> Result<Self, Fault> {
        let blobs = blobs.into_iter().map(Base64Url).collect();
        Ok(Self { kind: body.kind().to_string(), body: body.to_value().map_err(crypto)?, prev, blobs })
    }

    /// The body, with the approvals it has.
    pub(in crate::authority) fn body(&self) -> Result<Body, Fault> {
        let kind = Kind::parse(&self.kind).ok_or_else(|| crypto(format!("kind {}", self.kind)))?;
        Body::from_value(kind, self.body.clone()).map_err(crypto)
    }

    /// What registrars sign: kind and bytes.
    pub(in crate::authority) fn statement(&self, origin: &Origin) -> Result<(Kind, Vec<u8>), Fault> {
        let body = self.body()?;
        let bytes = statement(&body, self.prev, origin).map_err(crypto)?;
        Ok((body.kind(), bytes))
    }

    /// What goes to registrars.
    pub(in crate::authority) fn to_sign(&self, origin: &Origin) -> Result<Statement, Fault> {
        let (kind, bytes) = self.statement(origin)?;
        let basis = if kind == Kind::PowerGranted { self.blobs.first().cloned() } else { None };
        Ok(Statement { kind: kind.to_string(), sign: Base64Url(bytes), basis })
    }

    /// Puts the approvals to the body, in the order the law wants.
    pub(in crate::authority) fn approve(&mut self, mut approvals: Vec<Approval>) -> Result<(), Fault> {
        approvals.sort_by_key(|approval| approval.key);
        let approvals = serde_json::to_value(approvals).map_err(crypto)?;
        if let Some(members) = self.body.as_object_mut() {
            members.insert("approvals".into(), approvals);
        }
        Ok(())
    }

    /// As the writer takes it.
    pub(in crate::authority) fn proposal(&self) -> Result<Proposal, Fault> {
        let blobs = self.blobs.iter().map(|blob| blob.0.clone()).collect();
        Ok(Proposal { blobs, ..Proposal::of(self.body()?) })
    }

    /// Index and leaf hash of its entry, if the ledger has it.
    pub(in crate::authority) fn entered(
        &self,
        origin: &Origin,
        charter: &Charter,
        store: &dyn Store,
    ) -> Result<Option<(u64, Digest)>, Failure> {
        for index in self.candidates(charter)? {
            let bytes = entry(store, index)?;
            let bytes = bytes.ok_or_else(|| Fault::Damaged(format!("entry {index} is missing")))?;
            let entry = Entry::parse(&bytes).map_err(|error| Fault::Damaged(error.to_string()))?;
            // The same subject may have been entered by somebody else meanwhile: ours is what says the same.
            let said = statement(entry.body(), entry.prev(), origin).map_err(crypto)?;
            if said == self.statement(origin)?.1 {
                return Ok(Some((index, leaf_hash(&bytes))));
            }
        }
        Ok(None)
    }

    /// The entries about its subject that may be this one.
    fn candidates(&self, charter: &Charter) -> Result<Vec<u64>, Fault> {
        fn since<T>(held: &Held<T>) -> u64 {
            held.since.index
        }
        fn until<T>(held: &Held<T>) -> Option<u64> {
            held.ended.map(|moment| moment.index)
        }
        Ok(match self.body()? {
            Body::AuthorityFounded(_) => charter.authority().map(|_| 0).into_iter().collect(),
            Body::DepartmentRegistered(body) => {
                charter.department(&body.code).map(since).into_iter().collect()
            }
            Body::KeyIntroduced(body) => charter.key(&body.title.spki.id()).map(since).into_iter().collect(),
            Body::KeyRetired(body) => charter.key(&body.key).and_then(until).into_iter().collect(),
            Body::TypePublished(body) => {
                charter.version(&body.r#type, body.version).map(since).into_iter().collect()
            }
            Body::PowerGranted(body) => charter.power(&body.power).map(since).into_iter().collect(),
            Body::PowerWithdrawn(body) => charter.power(&body.power).and_then(until).into_iter().collect(),
            Body::ProcessPublished(body) => {
                charter.process(&body.r#type, body.version).map(since).into_iter().collect()
            }
            Body::CalendarPublished(body) => charter.calendars_of(body.year).iter().map(since).collect(),
            Body::SupervisionPublished(_) => charter.supervision().iter().map(since).collect(),
            Body::OfficerAppointed(body) => charter.appointments(&body.officer).iter().map(since).collect(),
            Body::OfficerLeft(body) => charter.officer(&body.officer).and_then(until).into_iter().collect(),
            other => return Err(Fault::Law(format!("{} in a ceremony", other.kind()))),
        })
    }

    /// The same without its blobs, which are in the store once it is entered.
    pub(super) fn bare(&self) -> Self {
        Self { blobs: Vec::new(), ..self.clone() }
    }
}
