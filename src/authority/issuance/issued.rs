//! From a linted draft to an issued licence: entered, sealed, answered; and the same answer again under the same key.

use super::{Drafted, Linted, Patience};
use crate::authority::Authority;
use crate::authority::once::{Answered, Ask, Once};
use crate::authority::refusal::{Failure, Fault, Refusal};
use crate::authority::sealing::Sealing;
use crate::authority::store::Write;
use crate::authority::vault::Draft;
use crate::authority::writer::{Committed, Proposal};
use crate::crypto::Digest;
use crate::law;
use crate::ledger::body::{Body, LicenceRecorded, StatusPlace};
use crate::ledger::state::Granted;
use crate::values::identifiers::{Handle, LicenceNumber};
use crate::values::standing::Standing;

/// An issued licence. Only what is committed and sealed becomes one; only it can be sent.
#[derive(Debug, Clone)]
pub struct Issued {
    /// The licence.
    pub handle: Handle,
    /// What is printed.
    pub licence_number: LicenceNumber,
    /// 证照标识.
    pub identifier: String,
    /// The department's record id.
    pub reference: Option<String>,
    /// SD-JWT VC with all disclosures.
    pub credential: String,
    /// Index of its entry.
    pub index: u64,
    /// Leaf hash of its entry.
    pub leaf: Digest,
    /// `.tlog-proof`.
    pub receipt: String,
    /// Address of its status list.
    pub status_uri: String,
    /// Place on it.
    pub status: StatusPlace,
    /// Issued here, or granted before and recorded.
    pub granted: Granted,
    /// Where it stood when it was entered.
    pub standing: Standing,
}

/// What the entry says of it.
struct Entered {
    index: u64,
    leaf: Digest,
    receipt: String,
    status: StatusPlace,
    granted: Granted,
    standing: Standing,
}

impl Authority {
    /// Commits, seals, answers.
    pub(in crate::authority) async fn commit_and_seal(
        &self,
        Linted(drafted): Linted,
        ask: Option<&Ask>,
        more: Vec<Write>,
        patience: Patience,
    ) -> Result<(Issued, Committed), Failure> {
        let Drafted { grant, recorded, draft, finders } = drafted;
        let handle = grant.handle;
        let mut rows = more;
        rows.push(self.vault.keep_draft(&handle, &draft)?);
        if let Some(ask) = ask {
            let (first, successor) = match &grant.replaces {
                Some(replaces) => (replaces.handle, Some(handle)),
                None => (handle, None),
            };
            rows.push(Once::remember(ask, first, successor)?);
        }
        let sealing =
            Sealing { handle, key: grant.credential_key, signing_input: draft.signing_input.as_str().into() };
        let refused = (grant.department.clone(), grant.r#type.clone(), grant.region.clone());
        let status = grant.status;
        let (granted, standing) = match &recorded {
            None => (Granted::Issued, Standing::Valid),
            Some((standing, trust)) => (Granted::Recorded(*trust), standing.standing()),
        };
        let body = match recorded {
            None => Body::LicenceIssued(grant),
            Some((standing, trust)) => Body::LicenceRecorded(LicenceRecorded { grant, standing, trust }),
        };
        let proposal = Proposal { rows, finders, ..Proposal::of(body) };
        let done = self.sequencer.propose(proposal, Some(sealing), patience).await;
        let done = done.map_err(|failure| match failure {
            // The power was withdrawn between the check and the entry.
            Failure::Judged(violation) if violation.rule == law::Rule::Power => {
                let (department, licence_type, region) = refused;
                Refusal::NoPower {
                    department: department.to_string(),
                    licence_type: licence_type.to_string(),
                    region: region.to_string(),
                    pointer: "/type".to_owned(),
                }
                .into()
            }
            other => other,
        })?;
        // Everything that is answered is at hand: nothing is read back that was just written.
        let (committed, seal) = done;
        let credential = draft.credential(&seal.ok_or(Fault::Stopped)?);
        let entered = Entered {
            index: committed.index(),
            leaf: committed.leaf(),
            receipt: committed.receipt().to_owned(),
            status,
            granted,
            standing,
        };
        Ok((self.issued(handle, draft, credential, entered)?, committed))
    }

    /// The answer that was given under the same key, with a receipt to today's checkpoint.
    pub(super) fn issued_before(&self, answered: &Answered) -> Result<Issued, Failure> {
        let handle = answered.successor.as_ref().unwrap_or(&answered.handle);
        if self.published_licence(handle)?.is_none() {
            // Committed, and not yet under a signed checkpoint: the answer is not anybody's to see.
            return Err(Refusal::NotReady("this request is committed and waits to be signed".into()).into());
        }
        self.issued_again(handle)
    }

    /// An issued licence once more, with a receipt to today's checkpoint.
    pub(in crate::authority) fn issued_again(&self, handle: &Handle) -> Result<Issued, Failure> {
        let licence = self.licence_state(handle)?;
        let first =
            licence.first().ok_or_else(|| Fault::Damaged(format!("licence {handle} has no entry")))?;
        let (leaf, receipt) = self.receipt(first.index)?;
        let (draft, credential) = self.vault.credential(handle)?;
        let entered = Entered {
            index: first.index,
            leaf,
            receipt,
            status: licence.status,
            granted: licence.granted,
            standing: first.standing,
        };
        self.issued(*handle, draft, credential, entered)
    }

    fn issued(
        &self,
        handle: Handle,
        draft: Draft,
        credential: String,
        entered: Entered,
    ) -> Result<Issued, Failure> {
        let Entered { index, leaf, receipt, status, granted, standing } = entered;
        Ok(Issued {
            handle,
            licence_number: draft.licence_number,
            identifier: draft.identifier,
            reference: draft.reference,
            credential,
            index,
            leaf,
            receipt,
            status_uri: self.list_uri(status.list)?,
            status,
            granted,
            standing,
        })
    }
}
