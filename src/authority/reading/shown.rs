//! A licence as its issuer, or an auditor, sees it, and its credential again.

use serde_json::{Map, Value};

use crate::authority::Authority;
use crate::authority::refusal::{Failure, Refusal};
use crate::crypto::Digest;
use crate::ledger::state::{Granted, LicenceState};
use crate::values::identifiers::{CreditCode, Handle, Slug};
use crate::values::standing::Standing;
use crate::values::time::Time;

/// A licence as its issuer, or an auditor, sees it.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The state.
    pub licence: LicenceState,
    /// Whether it has expired by now.
    pub expired: bool,
    /// What was printed; only for the issuer, and only while it is not erased.
    pub licence_number: Option<String>,
    /// 证照标识; only for the issuer.
    pub identifier: Option<String>,
    /// The department's record id; only for the issuer.
    pub reference: Option<String>,
    /// Printed beside the number; only for the issuer.
    pub verification_code: Option<String>,
    /// Of a recorded licence, what was recorded: for an auditor no more than the trust.
    pub recorded: Option<Map<String, Value>>,
    /// The licences that proved what another department is the source of; only for the issuer.
    pub sources: Option<Value>,
    /// Holders and claims, where they are asked for.
    pub content: Option<Map<String, Value>>,
    /// Every entry with its leaf hash and receipt.
    pub events: Vec<ShownEvent>,
}

/// An entry about a licence.
#[derive(Debug, Clone)]
pub struct ShownEvent {
    /// Index of the entry.
    pub index: u64,
    /// Its time.
    pub time: Time,
    /// Standing after it.
    pub standing: Standing,
    /// Its leaf hash.
    pub leaf: Digest,
    /// `.tlog-proof`.
    pub receipt: String,
    /// Why, in the department's words; only for the issuer, and only of acts.
    pub reason: Option<String>,
}

/// How much of a licence is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Portion {
    /// To an auditor: state and history, no payload.
    History,
    /// One of a list.
    Line,
    /// One of a list, with holders and claims.
    Content,
    /// Everything but holders and claims.
    Whole,
}

impl Authority {
    /// A licence with its history; `issuer` is `None` for an auditor, who sees no payload.
    pub fn licence(&self, issuer: Option<&CreditCode>, handle: &Handle) -> Result<Shown, Failure> {
        let licence = self.licence_state(handle)?;
        if issuer.is_some_and(|issuer| licence.department != *issuer) {
            return Err(Refusal::NotYours.into());
        }
        self.show(licence, if issuer.is_some() { Portion::Whole } else { Portion::History })
    }

    pub(super) fn show(&self, licence: LicenceState, portion: Portion) -> Result<Shown, Failure> {
        let with_payload = portion != Portion::History && !licence.erased;
        let draft = with_payload.then(|| self.vault.kept_draft(&licence.handle)).transpose()?.flatten();
        let offset = self.window.published().charter.offset();
        let expired =
            offset.is_some_and(|offset| self.clock.now().is_ok_and(|now| licence.expired(now, offset)));
        let events = match portion {
            Portion::History | Portion::Whole => self.events(&licence, with_payload)?,
            Portion::Line | Portion::Content => Vec::new(),
        };
        let trust = match licence.granted {
            Granted::Issued => None,
            Granted::Recorded(trust) => Some(trust),
        };
        let mut shown = Shown {
            licence,
            expired,
            licence_number: None,
            identifier: None,
            reference: None,
            verification_code: None,
            recorded: trust.map(|trust| Map::from_iter([("trust".to_owned(), trust.as_str().into())])),
            sources: None,
            content: None,
            events,
        };
        if let Some(mut draft) = draft {
            shown.licence_number = Some(draft.licence_number.to_string());
            shown.identifier = Some(draft.identifier);
            shown.reference = draft.reference;
            shown.verification_code = Some(draft.verification_code.printed());
            if let Some(Value::Object(recorded)) = draft.payload.remove("recorded") {
                shown.recorded = Some(recorded);
            }
            shown.sources = draft.payload.remove("sources");
            shown.content = (portion == Portion::Content).then_some(draft.payload);
        }
        Ok(shown)
    }

    fn events(&self, licence: &LicenceState, with_reasons: bool) -> Result<Vec<ShownEvent>, Failure> {
        let mut events = Vec::with_capacity(licence.events.len());
        for (number, event) in licence.events.iter().enumerate() {
            let (leaf, receipt) = self.receipt(event.index)?;
            let (index, time, standing) = (event.index, event.time, event.standing);
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            let wanted = number > 0 && with_reasons;
            let ground = wanted.then(|| self.vault.kept_ground(&licence.handle, number)).transpose()?;
            let reason = ground.flatten().map(|ground| ground.reason);
            events.push(ShownEvent { index, time, standing, leaf, receipt, reason });
        }
        Ok(events)
    }

    /// Of which type a licence is, if it is here.
    pub fn type_of(&self, handle: &Handle) -> Option<Slug> {
        self.published_licence(handle).ok().flatten().map(|licence| licence.licence_type)
    }

    /// The credential again, for its issuer.
    pub fn credential(&self, issuer: &CreditCode, handle: &Handle) -> Result<String, Failure> {
        let licence = self.licence_state(handle)?;
        if licence.department != *issuer {
            return Err(Refusal::NotYours.into());
        }
        Ok(self.vault.credential(handle)?.1)
    }
}
