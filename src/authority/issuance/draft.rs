//! The draft: every byte of the credential is fixed before anything is entered or signed (law 0, section 5, step 1).
//!
//! Not here: the signature (`sealing`), how a draft is kept (`vault`), the form of SD-JWT VC (`sd_jwt`).

use serde_json::{Map, Value, json};

use super::{Approved, Drafted, Succession};
use crate::authority::Authority;
use crate::authority::finders::Finder;
use crate::authority::refusal::{Failure, Fault};
use crate::authority::vault::{Draft, Salts, commit};
use crate::catalogue::{Checked, IssueRequest, LicenceType};
use crate::crypto::at_rest::RestKey;
use crate::crypto::entropy::random;
use crate::crypto::{Entropy, KeyId, KeyPurpose, hex};
use crate::ledger::body::{LicenceIssued, Owner, StatusPlace};
use crate::ledger::state::Charter;
use crate::sd_jwt::CredentialDraft;
use crate::values::identifiers::{CreditCode, Handle, LicenceIdentifier, LicenceNumber, VerificationCode};
use crate::values::time::Time;

impl Authority {
    /// Fixes every byte of the credential: handle, salts, place, dates, header, payload.
    pub(in crate::authority) fn draft(
        &self,
        department: &CreditCode,
        approved: Approved,
        succession: Option<&Succession<'_>>,
        now: Time,
    ) -> Result<Drafted, Failure> {
        let published = self.window.published();
        let charter = &published.charter;
        let entropy = self.entropy.as_ref();
        let Approved { licence_type, request, checked, region, power, holder_key, sources, handle } =
            approved;
        let handle = handle.unwrap_or_else(|| Handle::new(now, random(entropy)));
        let place = self.next_place()?;
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
        let of_type = self.known_types.claims(&licence_type, &base_url);
        claims.extend(object(json!({
            "iss": base_url.as_str(),
            "jti": handle.to_string(),
            "vct": of_type.vct,
            "vct#integrity": of_type.integrity,
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
        let mut payload = layout.claims;
        if let Some(recorded) = &request.recorded {
            claims.insert("recorded".into(), recorded.claim());
            payload.insert("recorded".into(), recorded.kept());
        }
        if !sources.proved.is_empty() {
            payload.insert("sources".into(), json!(sources.proved));
        }
        let header =
            self.chains.ours(self.store.as_ref(), charter, &credential_key)?.credential_header.clone();
        // In this order, in which the vault draws them again.
        let key = RestKey::generate(entropy);
        let salts = Salts::of(&key);
        let (_, commitment) =
            commit(&handle, "payload", &payload, &salts).map_err(|error| Fault::Crypto(error.to_string()))?;
        let fixed = CredentialDraft { header, claims, disclosable: layout.disclosable }
            .fix(&salts)
            .map_err(|error| Fault::Crypto(error.to_string()))?;

        let finders = self.finders_of(&checked, &licence_number, &request, department);
        let grant = LicenceIssued {
            approvals: Vec::new(),
            case: None,
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
            payload,
            key,
        };
        let recorded = request.recorded.map(|recorded| (recorded.standing, recorded.trust));
        Ok(Drafted { grant, recorded, draft, finders })
    }

    /// A code that is typed beside a number.
    pub(in crate::authority) fn fresh_code(&self) -> VerificationCode {
        fresh_code(self.entropy.as_ref())
    }

    /// A place that no entry has taken.
    fn next_place(&self) -> Result<StatusPlace, Failure> {
        let taken = |place| self.window.statuses(|statuses| statuses.taken(place));
        Ok(self.places.next(self.store.as_ref(), taken)?)
    }

    /// What the licence is found by: number, reference and holders, all as keyed hashes.
    fn finders_of(
        &self,
        checked: &Checked,
        number: &LicenceNumber,
        request: &IssueRequest,
        department: &CreditCode,
    ) -> Vec<Finder> {
        let mut finders = vec![self.once.finder("number", number.as_str())];
        let codes = checked.holders().iter().map(|holder| holder.code().as_str());
        finders.extend(codes.map(|code| self.once.holder_finder(checked.slug(), code)));
        finders.extend(
            request
                .reference
                .iter()
                .map(|text| self.once.finder("reference", &format!("{department}\n{text}"))),
        );
        finders
    }

    /// The key that signs credentials now: the newest one.
    pub(super) fn credential_key(
        &self,
        charter: &Charter,
        department: &CreditCode,
    ) -> Result<KeyId, Failure> {
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
}

/// A serial that follows from the handle, or the predecessor's with the next version.
fn identifier(
    licence_type: &LicenceType,
    department: &CreditCode,
    handle: &Handle,
    succession: Option<&Succession<'_>>,
) -> Result<LicenceIdentifier, Failure> {
    let serial = hex::encode(handle.as_bytes()).to_uppercase();
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

/// The code printed beside the number; drawn again in the rare case that too few random bytes could be used.
fn fresh_code(entropy: &dyn Entropy) -> VerificationCode {
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
