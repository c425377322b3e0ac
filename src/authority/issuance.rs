//! Issuing one licence: power, claims, draft, lint, entry, seal (law 0, section 5). One function a step, each consuming
//! the last: `IssueRequest → Approved → Drafted → Linted → Committed → Issued`.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::Authority;
use super::once::{Answered, Ask, Once, Slot};
use super::refusal::{Failure, Fault, Refusal};
use super::sealing::Sealing;
use super::store::{Row, Write};
use super::vault::{Draft, commit};
use super::writer::{Committed, Proposal};
use crate::catalogue::{BaseUrl, Checked, IssueRequest, LicenceType, RequestError, RequestErrorKind};
use crate::crypto::entropy::random;
use crate::crypto::{Digest, KeyId, KeyPurpose};
use crate::jose::{jwk, x5c};
use crate::law;
use crate::ledger::body::{Body, LicenceIssued, Owner, PowerId, Replaces, StatusPlace};
use crate::ledger::state::{Charter, Moment};
use crate::sd_jwt::CredentialDraft;
use crate::values::identifiers::{
    CreditCode, Handle, LicenceIdentifier, LicenceNumber, Region, VerificationCode,
};
use crate::values::standing::Standing;
use crate::values::time::Time;

/// How a request meets another with the same key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// It is refused: a request of its own.
    Refuse,
    /// It waits for the other's answer: a line of a batch.
    Wait,
}

/// A wish to issue, as it came in.
#[derive(Clone, Copy)]
pub struct Wish<'a> {
    /// Who asks.
    pub department: &'a CreditCode,
    /// What is asked.
    pub body: &'a Value,
    /// The `Idempotency-Key` of the request; a `key` in the body counts when there is none.
    pub key: Option<&'a str>,
    /// How it meets another with the same key.
    pub patience: Patience,
    /// Whether only the checks are wanted.
    pub dry_run: bool,
}

/// What is answered: everything of [`Issued`], or for a dry run what can be said without issuing.
#[derive(Debug, Clone)]
pub enum Answer {
    /// Issued, now or under the same key before.
    Issued(Box<Issued>),
    /// Nothing was issued.
    DryRun {
        /// The number it would have, where the department gave one.
        licence_number: Option<LicenceNumber>,
        /// The department's record id.
        reference: Option<String>,
    },
}

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
}

/// A request that the type and the power list allow.
pub(super) struct Approved {
    licence_type: Arc<LicenceType>,
    request: IssueRequest,
    checked: Checked,
    region: Region,
    power: PowerId,
    holder_key: Option<Value>,
}

/// A credential whose bytes are fixed, with what is kept beside the ledger.
pub(super) struct Drafted {
    body: LicenceIssued,
    draft: Draft,
    rows: Vec<Write>,
}

/// A draft that was looked over once more before anything is signed.
pub(super) struct Linted(Drafted);

/// What a new licence replaces: the old one, why, and how it is printed on.
pub(super) struct Succession<'a> {
    pub(super) replaces: Replaces,
    pub(super) old_draft: &'a Draft,
}

impl Authority {
    /// Issues one licence, or answers again what was answered under the same key.
    pub async fn issue(&self, wish: Wish<'_>) -> Result<Answer, Failure> {
        let request = IssueRequest::parse(wish.body)?;
        let ask = wish
            .key
            .or(request.key.as_deref())
            .map(|key| self.once.ask(wish.department, "issue", key, wish.body.to_string().as_bytes()));
        let _slot = match &ask {
            Some(ask) if !wish.dry_run => Some(self.slot(ask, wish.patience).await?),
            _ => None,
        };
        if let Some(ask) = &ask
            && let Some(answered) = Once::answered(self.store.as_ref(), ask)?
        {
            return Ok(Answer::Issued(Box::new(self.issued_before(&answered)?)));
        }
        let now = self.now()?;
        let approved = self.approve(wish.department, request, None, now)?;
        if wish.dry_run {
            self.lint_certificate(&approved, wish.department, now)?;
            let IssueRequest { licence_number, reference, .. } = approved.request;
            return Ok(Answer::DryRun { licence_number, reference });
        }
        let _number = self.hold_number(wish.department, &approved, None).await?;
        self.lint_certificate(&approved, wish.department, now)?;
        let linted = self.lint(self.draft(wish.department, approved, None, now)?)?;
        let issued = self.commit_and_seal(linted, ask.as_ref(), Vec::new()).await?;
        Ok(Answer::Issued(Box::new(issued.0)))
    }

    async fn slot(&self, ask: &Ask, patience: Patience) -> Result<Slot, Failure> {
        match patience {
            Patience::Refuse => Ok(self.once.take(ask.slot())?),
            Patience::Wait => Ok(self.once.wait(ask.slot()).await),
        }
    }

    /// The type's rules, the claims, the power.
    pub(super) fn approve(
        &self,
        department: &CreditCode,
        request: IssueRequest,
        replaced: Option<&Handle>,
        now: Time,
    ) -> Result<Approved, Failure> {
        let published = self.window.published();
        let charter = &published.charter;
        let licence_type = self.type_in_force(charter, &request)?;
        let offset = charter.offset().ok_or_else(|| Fault::Law("there is no offset".into()))?;
        let checked = licence_type.check(&request, now.date(offset))?;
        let own =
            charter.department(department).ok_or_else(|| Fault::NoKey(format!("department {department}")))?;
        let region = request.region.clone().unwrap_or_else(|| own.value.region.clone());
        let moment = Moment { index: charter.size(), time: now };
        let power = charter.power_for(department, licence_type.slug(), &region, moment).ok_or_else(|| {
            Refusal::NoPower {
                department: department.to_string(),
                licence_type: licence_type.slug().to_string(),
                region: region.to_string(),
            }
        })?;
        let spare = [("case", request.case.is_some()), ("approvals", !request.approvals.is_empty())];
        if let Some((name, _)) = spare.into_iter().find(|(_, given)| *given) {
            return Err(Refusal::Approvals { pointer: format!("{}/{name}", request.pointer) }.into());
        }
        let holder_key = request.holder_key.clone().map(|key| self.holder_key(&request, key)).transpose()?;
        self.check_one_per_holder(department, &licence_type, &request, &checked, replaced, now)?;
        Ok(Approved { power: power.value.power.clone(), licence_type, request, checked, region, holder_key })
    }

    /// The newest published version of the type that is asked for.
    fn type_in_force(&self, charter: &Charter, request: &IssueRequest) -> Result<Arc<LicenceType>, Failure> {
        let known = self.catalogue.find(&request.licence_type);
        let published = known.and_then(|known| charter.published(known.slug()));
        let newest = published.and_then(|published| published.versions.last()).filter(|held| held.in_force());
        let in_force = newest
            .and_then(|held| self.catalogue.get(&held.value.r#type, u16::try_from(held.value.version).ok()?));
        let unknown = || RequestError {
            pointer: format!("{}/type", request.pointer),
            kind: RequestErrorKind::UnknownType { found: request.licence_type.chars().take(64).collect() },
        };
        Ok(Arc::clone(in_force.ok_or_else(unknown)?))
    }

    fn holder_key(&self, request: &IssueRequest, key: Map<String, Value>) -> Result<Value, Failure> {
        let key = Value::Object(key);
        let parsed = jwk::from_jwk(&key).map_err(|error| Refusal::HolderKey {
            pointer: format!("{}/holder_key", request.pointer),
            reason: error.to_string(),
        })?;
        Ok(jwk::to_jwk(&parsed))
    }

    fn check_one_per_holder(
        &self,
        department: &CreditCode,
        licence_type: &LicenceType,
        request: &IssueRequest,
        checked: &Checked,
        replaced: Option<&Handle>,
        now: Time,
    ) -> Result<(), Failure> {
        if licence_type.rules().issue.several_per_holder {
            return Ok(());
        }
        let offset = self.window.published().charter.offset();
        for (place, holder) in checked.holders().iter().enumerate() {
            for licence in self.found("holder", holder.code().as_str())? {
                let expired = offset.is_some_and(|offset| licence.expired(now, offset));
                let same = licence.licence_type == *licence_type.slug() && licence.department == *department;
                let counts = same && licence.standing() == Standing::Valid && !expired;
                if counts && replaced != Some(&licence.handle) {
                    let pointer = format!("{}/holders/{place}/code", request.pointer);
                    return Err(Refusal::AlreadyHeld { pointer }.into());
                }
            }
        }
        Ok(())
    }

    /// Holds the department's own number while it is being issued, and refuses one that was issued before, unless it
    /// is the replaced licence's.
    pub(super) async fn hold_number(
        &self,
        department: &CreditCode,
        approved: &Approved,
        replaced: Option<&LicenceNumber>,
    ) -> Result<Option<Slot>, Failure> {
        let Some(number) = &approved.request.licence_number else { return Ok(None) };
        if Some(number) == replaced {
            return Ok(None);
        }
        let slug = approved.licence_type.slug();
        let name = format!("{department}\n{slug}\n{number}");
        let slot = self.once.wait(self.once.hide("number", &name)).await;
        let taken = self
            .found("number", number.as_str())?
            .into_iter()
            .any(|licence| licence.licence_type == *slug && licence.department == *department);
        if taken {
            let pointer = format!("{}/licence_number", approved.request.pointer);
            return Err(Refusal::NumberTaken { pointer }.into());
        }
        Ok(Some(slot))
    }

    /// Fixes every byte of the credential: handle, salts, place, dates, header, payload.
    pub(super) fn draft(
        &self,
        department: &CreditCode,
        approved: Approved,
        succession: Option<&Succession<'_>>,
        now: Time,
    ) -> Result<Drafted, Failure> {
        let published = self.window.published();
        let charter = &published.charter;
        let entropy = self.entropy.as_ref();
        let Approved { licence_type, request, checked, region, power, holder_key } = approved;
        let handle = Handle::new(now, random(entropy));
        let place = self.places.next(self.store.as_ref())?;
        let offset = charter.offset().ok_or_else(|| Fault::Law("there is no offset".into()))?;
        let licence_number = match &request.licence_number {
            Some(number) => number.clone(),
            None => LicenceNumber::made(&region, now.date(offset), random(entropy)),
        };
        let identifier = identifier(&licence_type, department, &handle, succession)?;
        let credential_key = self.credential_key(charter, department)?;
        let base_url = self.base_url()?;

        let layout = licence_type.layout(&checked);
        let mut claims = layout.claims.clone();
        let metadata = licence_type.metadata_bytes(&base_url);
        claims.extend(object(json!({
            "iss": base_url.as_str(),
            "jti": handle.to_string(),
            "vct": licence_type.vct(&base_url),
            "vct#integrity": integrity(&metadata),
            "nbf": checked.valid_from().first_instant(offset).seconds(),
            "status": {"status_list": {"idx": place.index, "uri": self.list_uri(place.list)?}},
            "issuer": {"code": department.as_str(), "name": self.department_name(charter, department)?},
            "licence_number": licence_number.as_str(),
            "identifier": identifier.as_str(),
            "valid_from": checked.valid_from().to_string(),
        })));
        if let Some(until) = checked.valid_until() {
            claims.insert("exp".into(), json!(until.end(offset).seconds()));
            claims.insert("valid_until".into(), json!(until.to_string()));
        }
        if let Some(key) = holder_key {
            claims.insert("cnf".into(), json!({"jwk": key}));
        }
        let chain = self.chains.ours(self.store.as_ref(), charter, &credential_key)?;
        let header = object(json!({
            "alg": chain.leaf.public_key().algorithm().jose(),
            "typ": crate::sd_jwt::TYPE,
            "x5c": x5c::encode(&chain.ders),
        }));
        let fixed = CredentialDraft { header, claims, disclosable: layout.disclosable }
            .fix(entropy)
            .map_err(|error| Fault::Crypto(error.to_string()))?;
        let (salt, commitment) = commit(&handle, "payload", &layout.claims, entropy)
            .map_err(|error| Fault::Crypto(error.to_string()))?;

        let rows = self.index_rows(handle, &checked, &licence_number, &request, department);
        let body = LicenceIssued {
            approvals: Vec::new(),
            commitment,
            credential_digest: fixed.credential_digest,
            credential_key,
            department: department.clone(),
            handle,
            not_after: None,
            power,
            region,
            replaces: succession.map(|succession| succession.replaces),
            status: place,
            r#type: licence_type.slug().clone(),
            valid_from: checked.valid_from(),
            valid_until: checked.valid_until(),
            version: u64::from(licence_type.version()),
        };
        let draft = Draft {
            signing_input: fixed.signing_input,
            disclosures: fixed.disclosures,
            licence_number,
            identifier: identifier.as_str().to_owned(),
            verification_code: fresh_code(entropy),
            reference: request.reference,
            payload: layout.claims,
            salt,
        };
        Ok(Drafted { body, draft, rows })
    }

    /// Refuses what must not be signed: a certificate not valid today, or ending before the licence does.
    pub(super) fn lint_certificate(
        &self,
        approved: &Approved,
        department: &CreditCode,
        now: Time,
    ) -> Result<(), Failure> {
        let published = self.window.published();
        let charter = &published.charter;
        let key = self.credential_key(charter, department)?;
        let chain = self.chains.ours(self.store.as_ref(), charter, &key)?;
        let validity = chain.leaf.validity();
        if !validity.contains(now.seconds()) {
            let why =
                format!("the credential certificate of {department} is not valid today; rotate its key");
            return Err(Refusal::NotReady(why).into());
        }
        if approved.licence_type.rules().validity.outlives_certificate {
            return Ok(());
        }
        let offset = charter.offset().ok_or_else(|| Fault::Law("there is no offset".into()))?;
        let end = approved.checked.valid_until().map(|until| until.end(offset).seconds());
        if end.is_some_and(|end| end <= validity.not_after) {
            return Ok(());
        }
        let pointer = format!("{}/valid_until", approved.request.pointer);
        Err(Refusal::OutlivesCertificate { pointer }.into())
    }

    /// Reads the draft as a stranger would: it must say what the entry will say.
    pub(super) fn lint(&self, drafted: Drafted) -> Result<Linted, Failure> {
        let text = format!("{}.{}~", drafted.draft.signing_input, crate::crypto::base64url::encode(&[0; 64]));
        let read =
            crate::sd_jwt::Presentation::parse(&text).map_err(|error| Fault::Crypto(error.to_string()))?;
        if read.credential_digest() != drafted.body.credential_digest {
            return Err(Fault::Crypto("the draft's digest is not its own".into()).into());
        }
        read.disclosed().map_err(|error| Fault::Crypto(error.to_string()))?;
        Ok(Linted(drafted))
    }

    /// Commits, seals, answers.
    pub(super) async fn commit_and_seal(
        &self,
        Linted(drafted): Linted,
        ask: Option<&Ask>,
        more: Vec<Write>,
    ) -> Result<(Issued, Committed), Failure> {
        let Drafted { body, draft, mut rows } = drafted;
        let handle = body.handle;
        rows.push(self.vault.keep_draft(&handle, &draft)?);
        rows.extend(more);
        if let Some(ask) = ask {
            let (first, successor) = match &body.replaces {
                Some(replaces) => (replaces.handle, Some(handle)),
                None => (handle, None),
            };
            rows.push(Once::remember(ask, first, successor)?);
        }
        let sealing =
            Sealing { handle, key: body.credential_key, signing_input: draft.signing_input.as_str().into() };
        let refused = (body.department.clone(), body.r#type.clone(), body.region.clone());
        let proposal = Proposal { body: Body::LicenceIssued(body), blobs: Vec::new(), rows };
        let committed = self.propose(proposal, Some(sealing)).await.map_err(|failure| match failure {
            // The power was withdrawn between the check and the entry.
            Failure::Judged(violation) if violation.rule == law::Rule::Power => {
                let (department, licence_type, region) = refused;
                Refusal::NoPower {
                    department: department.to_string(),
                    licence_type: licence_type.to_string(),
                    region: region.to_string(),
                }
                .into()
            }
            other => other,
        })?;
        let issued =
            self.issued(&handle, committed.index(), committed.leaf(), committed.receipt().to_owned())?;
        Ok((issued, committed))
    }

    /// The answer that was given under the same key, with a receipt to today's checkpoint.
    fn issued_before(&self, answered: &Answered) -> Result<Issued, Failure> {
        self.issued_again(answered.successor.as_ref().unwrap_or(&answered.handle))
    }

    /// An issued licence once more, with a receipt to today's checkpoint.
    pub(super) fn issued_again(&self, handle: &Handle) -> Result<Issued, Failure> {
        let licence = self.licence_state(handle)?;
        let first =
            licence.first().ok_or_else(|| Fault::Damaged(format!("licence {handle} has no entry")))?;
        let (leaf, receipt) = self.receipt(first.index)?;
        self.issued(handle, first.index, leaf, receipt)
    }

    fn issued(&self, handle: &Handle, index: u64, leaf: Digest, receipt: String) -> Result<Issued, Failure> {
        let status = self.licence_state(handle)?.status;
        let (draft, credential) = self.vault.credential(handle)?;
        Ok(Issued {
            handle: *handle,
            licence_number: draft.licence_number,
            identifier: draft.identifier,
            reference: draft.reference,
            credential,
            index,
            leaf,
            receipt,
            status_uri: self.list_uri(status.list)?,
            status,
        })
    }

    /// Rows by which the licence is found: number, reference and holder, all as keyed hashes.
    fn index_rows(
        &self,
        handle: Handle,
        checked: &Checked,
        number: &LicenceNumber,
        request: &IssueRequest,
        department: &CreditCode,
    ) -> Vec<Write> {
        let mut finders = vec![self.once.finder("number", number.as_str())];
        finders.extend(
            checked.holders().iter().map(|holder| self.once.finder("holder", holder.code().as_str())),
        );
        finders.extend(
            request
                .reference
                .iter()
                .map(|text| self.once.finder("reference", &format!("{department}\n{text}"))),
        );
        finders.into_iter().map(|finder| Write::set(Row::Found(finder, handle), Vec::new())).collect()
    }

    fn credential_key(&self, charter: &Charter, department: &CreditCode) -> Result<KeyId, Failure> {
        let owner = Owner::Department(department.clone());
        let keys = charter.keys_of(&owner, KeyPurpose::Credential);
        let newest = keys.last().map(|(id, _)| **id);
        Ok(newest.ok_or_else(|| Fault::NoKey(format!("credential key of {department}")))?)
    }

    fn department_name(&self, charter: &Charter, department: &CreditCode) -> Result<Value, Failure> {
        let held =
            charter.department(department).ok_or_else(|| Fault::NoKey(format!("department {department}")))?;
        Ok(json!(held.value.name.zh))
    }

    /// The base URL under which things are named now.
    pub(super) fn base_url(&self) -> Result<BaseUrl, Failure> {
        let published = self.window.published();
        let base_url = published.charter.authority().and_then(|authority| authority.base_urls.last());
        let parsed = base_url.and_then(|base_url| base_url.parse().ok());
        Ok(parsed.ok_or_else(|| Fault::Law("there is no base URL".into()))?)
    }

    /// The address of a status list.
    pub(super) fn list_uri(&self, list: u32) -> Result<String, Failure> {
        Ok(format!("{}/status/{list}", self.base_url()?))
    }
}

/// A serial that follows from the handle, or the predecessor's with the next version.
fn identifier(
    licence_type: &LicenceType,
    department: &CreditCode,
    handle: &Handle,
    succession: Option<&Succession<'_>>,
) -> Result<LicenceIdentifier, Failure> {
    let serial = crate::crypto::hex::encode(handle.as_bytes()).to_uppercase();
    let before = succession
        .and_then(|succession| succession.old_draft.identifier.parse::<LicenceIdentifier>().ok())
        .filter(|before| before.version() < 999);
    let (serial, version) = match &before {
        Some(before) => (before.serial(), before.version() + 1),
        None => (serial.as_str(), 1),
    };
    LicenceIdentifier::new(licence_type.type_code(), department, serial, version)
        .map_err(|error| Fault::Crypto(error.to_string()).into())
}

/// W3C subresource integrity of the type metadata.
fn integrity(metadata: &[u8]) -> String {
    use base64::Engine as _;
    let digest = Digest::of(metadata);
    format!("sha256-{}", base64::engine::general_purpose::STANDARD.encode(digest.0))
}

fn fresh_code(entropy: &dyn crate::crypto::Entropy) -> VerificationCode {
    loop {
        let bytes: [u8; VerificationCode::RANDOM_BYTES] = random(entropy);
        if let Some(code) = VerificationCode::from_random(&bytes) {
            return code;
        }
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
