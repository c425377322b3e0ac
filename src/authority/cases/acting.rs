//! Steps that an officer takes with a key of his own: prepared with the first request, signed with the second.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::CaseRefusal;
use super::foresight::UNSIGNED;
use super::kept::Kept;
use super::stepping::named;
use super::{CaseWish, PATIENCE, Stepped};
use crate::authority::Authority;
use crate::authority::refusal::{Failure, Fault};
use crate::authority::store::{Row, Write};
use crate::catalogue::{ClaimRule, Members, RequestError};
use crate::crypto::base64url::Base64Url;
use crate::crypto::{Digest, KeyId, hex};
use crate::ledger::body::{
    Body, CaseAccepted, CaseAsked, CaseChecked, CaseDeclined, CaseExamined, CaseRectified, Kind, Opinion,
    Truth,
};
use crate::ledger::entry::statement;
use crate::ledger::signature::{Approval, Signature};
use crate::ledger::state::CaseState;
use crate::values::time::Time;

/// Steps of a case that wait for a signature at once; with one more, those before it are forgotten.
const MOST_PREPARED: usize = 16;

/// Which step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfficerStep {
    /// 受理, or not.
    Accept,
    /// 补正.
    Ask,
    /// 审查.
    Examine,
    /// 决定.
    Decide,
    /// 承诺核查.
    Check,
    /// 整改.
    Rectify,
}

impl OfficerStep {
    /// As in the path.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Ask => "ask",
            Self::Examine => "examine",
            Self::Decide => "decide",
            Self::Check => "check",
            Self::Rectify => "rectify",
        }
    }

    /// The members of what prepares it.
    fn members(self) -> &'static [&'static str] {
        match self {
            Self::Accept => &["officer", "outcome", "reason"],
            Self::Ask | Self::Rectify => &["officer", "reason"],
            Self::Check => &["officer", "truth", "reason"],
            Self::Examine => &["officer", "opinion", "reason"],
            Self::Decide => &["officer", "outcome", "reason", "valid_from", "valid_until", "licence_number"],
        }
    }
}

/// What an officer is asked to sign.
#[derive(Debug, Clone)]
pub struct ToSign {
    /// Names what was prepared: 16 hex digits.
    pub prepared: String,
    /// The kind of the entry.
    pub kind: Kind,
    /// The bytes to be signed (law 0, section 2).
    pub statement: Vec<u8>,
    /// The salt of the commitment in it, with which whoever signs can check that it is to his words; none where there are none.
    pub salt: Option<Base64Url>,
    /// The signature does not count later.
    pub not_after: Time,
}

/// A step that waits for its officer's signature, as it lies in the vault.
#[derive(Serialize, Deserialize)]
pub(super) struct Prepared {
    step: String,
    kind: String,
    body: Value,
    officer: KeyId,
    prev: Digest,
    kept: Option<Kept>,
}

impl Authority {
    /// Prepares a step, or enters one that was prepared and is signed now.
    pub async fn officer_step(&self, step: OfficerStep, wish: CaseWish<'_>) -> Result<Stepped, Failure> {
        let id = named(&wish)?;
        let ask = self.asked(&wish, &format!("{id}/{}", step.as_str()));
        let _slot = self.answering(ask.as_ref(), wish.dry_run)?;
        if let Some(before) = self.stepped_before(ask.as_ref(), wish.dry_run)? {
            return Ok(before);
        }
        let _held = self.hold_case(id).await;
        let case = self.own_case(&wish)?;
        let now = self.now()?;
        if wish.body.get("prepared").is_none() {
            return self.prepare_step(step, &wish, &case, now).await;
        }
        let members = Members::open(wish.body, String::new(), &["prepared", "signature"])?;
        let name: String = members.required("prepared", Members::text)?;
        let signature = members.required("signature", signature)?;
        let prepared = self.prepared(&case, &name)?.filter(|prepared| prepared.step == step.as_str());
        let prepared =
            prepared.ok_or_else(|| CaseRefusal::Outdated(format!("nothing was prepared as {name}")))?;
        if prepared.prev != case.last {
            return Err(
                CaseRefusal::Outdated(format!("case {id} has moved on since this was prepared")).into()
            );
        }
        let body = prepared.body(signature)?;
        let foreseen = self.foresee(&body, Some(case.last), now)?;
        self.check_statement(&body, case.last, &prepared.officer, &signature)?;
        if wish.dry_run {
            return Ok(Stepped::foreseen(foreseen));
        }
        self.enter_step(body, &case, prepared.kept, ask.as_ref(), Vec::new()).await
    }

    /// Judges a step as its officer would take it, and keeps it until it is signed.
    async fn prepare_step(
        &self,
        step: OfficerStep,
        wish: &CaseWish<'_>,
        case: &CaseState,
        now: Time,
    ) -> Result<Stepped, Failure> {
        let members = Members::open(wish.body, String::new(), step.members())?;
        let officer = members.required("officer", Members::parsed)?;
        let (body, kept) = self.acted(step, &members, case, officer, wish.dry_run, now).await?;
        let foreseen = self.foresee(&body, Some(case.last), now)?;
        let sources = kept.as_ref().and_then(|kept| kept.sources.clone()).unwrap_or_default();
        if wish.dry_run {
            return Ok(Stepped { sources, ..Stepped::foreseen(foreseen) });
        }
        let sign = self.keep_prepared(step, &body, case, officer, kept, now)?;
        Ok(Stepped { sign: Some(sign), sources, ..Stepped::foreseen(case.clone()) })
    }

    /// The body of a step with a signature still to come, and what is kept of it.
    async fn acted(
        &self,
        step: OfficerStep,
        members: &Members<'_>,
        case: &CaseState,
        officer: KeyId,
        dry_run: bool,
        now: Time,
    ) -> Result<(Body, Option<Kept>), Failure> {
        let id = case.case;
        let approvals = vec![Approval { key: officer, sig: UNSIGNED }];
        let not_after = now.plus(PATIENCE);
        let keep = || -> Result<(Kept, Digest), Failure> {
            let reason = members.required("reason", Members::prose)?;
            Kept::of(&id, "words", Value::String(reason), self.entropy.as_ref())
        };
        Ok(match step {
            OfficerStep::Accept
                if members.word("outcome", &["accepted", "declined"], |word| word)? == Some("declined") =>
            {
                let (kept, commitment) = keep()?;
                (Body::CaseDeclined(CaseDeclined { approvals, case: id, commitment, not_after }), Some(kept))
            }
            OfficerStep::Accept => {
                (Body::CaseAccepted(CaseAccepted { approvals, case: id, not_after }), None)
            }
            OfficerStep::Ask => {
                let (kept, commitment) = keep()?;
                (Body::CaseAsked(CaseAsked { approvals, case: id, commitment, not_after }), Some(kept))
            }
            OfficerStep::Examine => {
                let words = members.required("opinion", |members, name| {
                    members.word(name, &["grant", "refuse"], |word| word)
                })?;
                let opinion = if words == "grant" { Opinion::Grant } else { Opinion::Refuse };
                let (kept, commitment) = keep()?;
                (
                    Body::CaseExamined(CaseExamined { approvals, case: id, commitment, not_after, opinion }),
                    Some(kept),
                )
            }
            OfficerStep::Check => {
                let word = members
                    .required("truth", |members, name| members.word(name, &["kept", "false"], |word| word))?;
                let truth = if word == "kept" { Truth::Kept } else { Truth::False };
                let (kept, commitment) = keep()?;
                (
                    Body::CaseChecked(CaseChecked { approvals, case: id, commitment, not_after, truth }),
                    Some(kept),
                )
            }
            OfficerStep::Rectify => {
                let (kept, commitment) = keep()?;
                (
                    Body::CaseRectified(CaseRectified { approvals, case: id, commitment, not_after }),
                    Some(kept),
                )
            }
            OfficerStep::Decide => {
                let (kept, commitment) = keep()?;
                self.decision(members, case, approvals, (kept, commitment), not_after, dry_run, now).await?
            }
        })
    }

    fn keep_prepared(
        &self,
        step: OfficerStep,
        body: &Body,
        case: &CaseState,
        officer: KeyId,
        kept: Option<Kept>,
        now: Time,
    ) -> Result<ToSign, Failure> {
        let statement = self.statement_of(body, case.last)?;
        let name: [u8; 8] = Digest::of(&statement).0.first_chunk().copied().unwrap_or_default();
        let value = body.to_value().map_err(|error| Fault::Law(error.to_string()))?;
        let kind = body.kind();
        let salt = kept.as_ref().map(|kept| kept.salt.clone());
        let prepared = Prepared {
            step: step.as_str().to_owned(),
            kind: kind.to_string(),
            body: value,
            officer,
            prev: case.last,
            kept,
        };
        let mut writes = self.forget_prepared(case)?;
        if writes.len() < MOST_PREPARED {
            writes.clear();
        }
        writes.push(self.vault.keep_prepared(&case.case, name, &prepared)?);
        self.store.put(writes)?;
        // Draft and counter are durable before an officer sees what he signs (law 0, section 5).
        self.store.sync()?;
        Ok(ToSign { prepared: hex::encode(&name), kind, statement, salt, not_after: now.plus(PATIENCE) })
    }

    fn prepared(&self, case: &CaseState, name: &str) -> Result<Option<Prepared>, Failure> {
        let Ok(name) = hex::decode::<8>(name) else { return Ok(None) };
        self.vault.prepared(&case.case, name)
    }

    /// What was prepared of a case counts no more after its next step.
    pub(super) fn forget_prepared(&self, case: &CaseState) -> Result<Vec<Write>, Failure> {
        let prefix = [b"X".as_slice(), case.case.as_bytes()].concat();
        let found = self.store.scan(&prefix, None, 64)?;
        Ok(found.iter().filter_map(|(key, _)| Row::of_key(key)).map(Write::remove).collect())
    }

    /// What is signed of a body that goes on from `prev`.
    pub(super) fn statement_of(&self, body: &Body, prev: Digest) -> Result<Vec<u8>, Failure> {
        let published = self.window.published();
        let origin = published.charter.origin().ok_or_else(|| Fault::Law("there is no origin".into()))?;
        let subject_prev = match body {
            Body::LicenceIssued(_) => None,
            _ => Some(prev),
        };
        Ok(statement(body, subject_prev, origin).map_err(|error| Fault::Law(error.to_string()))?)
    }

    /// Refuses a signature that is not this key's over the statement: the law would, but not so soon.
    pub(super) fn check_statement(
        &self,
        body: &Body,
        prev: Digest,
        officer: &KeyId,
        signature: &Signature,
    ) -> Result<(), Failure> {
        let statement = self.statement_of(body, prev)?;
        let published = self.window.published();
        let key = published.charter.key(officer).map(|held| &held.value.public);
        if key.is_some_and(|key| key.verifies(&statement, &signature.0)) {
            return Ok(());
        }
        Err(CaseRefusal::BadApproval { pointer: "/signature".into() }.into())
    }
}

impl Prepared {
    /// The body with its officer's signature.
    fn body(&self, signature: Signature) -> Result<Body, Failure> {
        let mut body = self.body.clone();
        let approvals = serde_json::to_value([Approval { key: self.officer, sig: signature }]);
        let approvals = approvals.map_err(|error| Fault::Law(error.to_string()))?;
        if let Some(members) = body.as_object_mut() {
            members.insert("approvals".into(), approvals);
        }
        let kind = Kind::parse(&self.kind).ok_or_else(|| Fault::Law(format!("kind {}", self.kind)))?;
        Ok(Body::from_value(kind, body).map_err(|error| Fault::Law(error.to_string()))?)
    }
}

/// 64 bytes in strict base64url.
pub(in crate::authority) fn signature(
    members: &Members<'_>,
    name: &str,
) -> Result<Option<Signature>, RequestError> {
    let Some(text) = members.string(name)? else { return Ok(None) };
    let bytes = crate::crypto::base64url::decode(text).map(Base64Url);
    let signature = bytes.and_then(|Base64Url(bytes)| bytes.try_into().ok()).map(Signature);
    let rule = || {
        let en = "a signature: 64 bytes in unpadded base64url";
        ClaimRule::described("签名：64 字节，以不带填充的 base64url 书写", en)
    };
    signature.map(Some).ok_or_else(|| RequestError::rule(members.pointer(name), rule()))
}
