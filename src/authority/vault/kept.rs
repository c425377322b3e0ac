//! How a draft lies at rest: nothing in it twice, and nothing that can be made again. The JOSE header, the same for every
//! credential of a key, is in the `frame`; what travels as base64url is kept as the text it stands for, in short `letters`;
//! salts and the digests over disclosures are made again from the licence's key, and in their places, as in those of the
//! handle, stands a sign that JSON cannot have; holders and claims are read out of the credential, which says them all.
//!
//! What is not as expected is kept as it is: whatever the draft was, it comes back byte for byte.
//! Not here: what it has in common with others (`frame`), sealing it (`vault`).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::Draft;
use super::letters::Letters;
use super::salts::Salts;
use crate::authority::refusal::Fault;
use crate::crypto::at_rest::RestKey;
use crate::crypto::base64url;
use crate::crypto::digest::sha256_parts;
use crate::crypto::entropy::random;
use crate::crypto::hex;
use crate::jose::jws;
use crate::sd_jwt::{Presentation, combine};
use crate::values::identifiers::{Handle, LicenceNumber, VerificationCode};

/// What the credential itself says of the payload.
const SAID: [&str; 2] = ["holders", "claims"];
/// The licences that proved what another department is the source of.
const SOURCES: &str = "sources";
/// Stands for the handle.
const HANDLE: char = '\u{1}';
/// Stands for the handle as it is in an identifier's serial.
const SERIAL: char = '\u{2}';
/// Stands for the digest of the disclosure whose number follows.
const DIGEST: char = '\u{3}';
/// Stands for the salt whose number follows.
const SALT: char = '\u{4}';
/// Stands for the digest of nothing, drawn after the salts.
const DECOY: char = '\u{5}';
/// Follows a sign, for the number 0.
const ZERO: char = '0';
/// Most disclosures that have signs.
const NUMBERED: usize = 64;

/// A draft at rest.
#[derive(Serialize, Deserialize)]
pub(super) struct Kept {
    claims: Letters,
    disclosures: Vec<Letters>,
    licence_number: LicenceNumber,
    identifier: Letters,
    verification_code: VerificationCode,
    reference: Option<Letters>,
    /// What the credential does not say: of a recorded licence `recorded` alone, else an object of `sources`, which no
    /// `recorded` has.
    beside: Option<Letters>,
}

/// What was said before it was made short.
pub(super) struct Plain<'a> {
    /// The JOSE header, as it stands in the signing input.
    pub(super) header: &'a str,
    /// What the credential says, but for disclosures.
    pub(super) claims: String,
    /// What they say.
    pub(super) disclosures: Vec<String>,
}

impl Plain<'_> {
    /// The texts of a draft.
    pub(super) fn of(draft: &Draft) -> Result<Plain<'_>, Fault> {
        let (header, claims) = draft.signing_input.split_once('.').ok_or_else(damaged)?;
        let disclosures = draft.disclosures.iter().map(|one| text_of(one)).collect::<Result<_, _>>()?;
        Ok(Plain { header, claims: text_of(claims)?, disclosures })
    }
}

impl Kept {
    /// A draft as it is kept.
    pub(super) fn of(handle: &Handle, draft: &Draft, plain: &Plain<'_>) -> Self {
        let signs = Signs::of(handle, &draft.key, draft.disclosures.len());
        let digests = draft.disclosures.iter().map(|text| digest(text)).collect::<Vec<_>>();
        Self {
            claims: Letters(signs.short_claims(&plain.claims, &digests)),
            disclosures: plain.disclosures.iter().map(|text| Letters(signs.short_disclosure(text))).collect(),
            licence_number: draft.licence_number.clone(),
            identifier: Letters(signs.short(&draft.identifier)),
            verification_code: draft.verification_code.clone(),
            reference: draft.reference.clone().map(Letters),
            beside: beside(&draft.payload).map(|beside| Letters(beside.to_string())),
        }
    }

    /// The draft again, byte for byte.
    pub(super) fn draft(self, handle: &Handle, key: RestKey, header: &str) -> Result<Draft, Fault> {
        let signs = Signs::of(handle, &key, self.disclosures.len());
        let disclosure = |text: &Letters| base64url::encode(signs.long(&text.0, &[]).as_bytes());
        let disclosures: Vec<String> = self.disclosures.iter().map(disclosure).collect();
        let digests: Vec<String> = disclosures.iter().map(|text| digest(text)).collect();
        let claims = signs.long(&self.claims.0, &digests);
        let signing_input = format!("{header}.{}", base64url::encode(claims.as_bytes()));
        let mut payload = said(&signing_input, &disclosures)?;
        if let Some(Letters(beside)) = &self.beside {
            let beside: Map<String, Value> = serde_json::from_str(beside).map_err(|_| damaged())?;
            match beside.get(SOURCES) {
                Some(sources) => payload.insert(SOURCES.to_owned(), sources.clone()),
                None => payload.insert("recorded".to_owned(), Value::Object(beside)),
            };
        }
        Ok(Draft {
            signing_input,
            disclosures,
            licence_number: self.licence_number,
            identifier: signs.long(&self.identifier.0, &[]),
            verification_code: self.verification_code,
            reference: self.reference.map(|Letters(text)| text),
            payload,
            key,
        })
    }
}

/// What can be made again from a licence's handle and key.
struct Signs {
    handle: String,
    serial: String,
    salts: Vec<String>,
    decoy: String,
}

impl Signs {
    /// The draws in the order of issuing: the salt of the commitment, those of the disclosures, a decoy.
    fn of(handle: &Handle, key: &RestKey, disclosures: usize) -> Self {
        let drawn = Salts::of(key);
        let _of_the_commitment: [u8; 32] = random(&drawn);
        let salts =
            (0..disclosures.min(NUMBERED)).map(|_| base64url::encode(&random::<16>(&drawn))).collect();
        Self {
            handle: handle.to_string(),
            serial: hex::encode(handle.as_bytes()).to_uppercase(),
            salts,
            decoy: base64url::encode(&sha256_parts(&[&random::<32>(&drawn)])),
        }
    }

    fn short_claims(&self, claims: &str, digests: &[String]) -> String {
        let short = digests
            .iter()
            .zip(0..NUMBERED)
            .fold(claims.to_owned(), |text, (digest, number)| text.replace(digest, &sign(DIGEST, number)));
        self.short(&short.replace(&self.decoy, &String::from(DECOY)))
    }

    /// A disclosure begins with its salt.
    fn short_disclosure(&self, text: &str) -> String {
        let salt = text.get(2..24).and_then(|salt| self.salts.iter().position(|known| known == salt));
        let short = match (salt, text.get(..2), text.get(24..)) {
            (Some(number), Some(before), Some(after)) => format!("{before}{}{after}", sign(SALT, number)),
            _ => text.to_owned(),
        };
        self.short(&short)
    }

    fn short(&self, text: &str) -> String {
        text.replace(&self.handle, &String::from(HANDLE)).replace(&self.serial, &String::from(SERIAL))
    }

    /// The text with its signs written out.
    fn long(&self, text: &str, digests: &[String]) -> String {
        let mut long = String::with_capacity(text.len() * 2);
        let mut letters = text.chars();
        while let Some(letter) = letters.next() {
            let numbered = |all: &[String], number: Option<char>| {
                let number = u32::from(number?).checked_sub(u32::from(ZERO))?;
                all.get(usize::try_from(number).ok()?).cloned()
            };
            match letter {
                HANDLE => long.push_str(&self.handle),
                SERIAL => long.push_str(&self.serial),
                DECOY => long.push_str(&self.decoy),
                // A number of nothing cannot have been written: the digest over the credential will not fit.
                DIGEST => long.push_str(&numbered(digests, letters.next()).unwrap_or_default()),
                SALT => long.push_str(&numbered(&self.salts, letters.next()).unwrap_or_default()),
                letter => long.push(letter),
            }
        }
        long
    }
}

fn sign(sign: char, number: usize) -> String {
    let number = u32::try_from(number).ok().and_then(|number| char::from_u32(u32::from(ZERO) + number));
    String::from_iter([sign, number.unwrap_or(ZERO)])
}

/// What the credential does not say. What is recorded was not judged by other licences, so there is one or the other.
fn beside(payload: &Map<String, Value>) -> Option<Value> {
    let sources = payload.get(SOURCES).map(|sources| json!({SOURCES: sources}));
    sources.or_else(|| payload.get("recorded").cloned())
}

/// Holders and claims, as the whole credential says them.
fn said(signing_input: &str, disclosures: &[String]) -> Result<Map<String, Value>, Fault> {
    let text = combine(&jws::complete(signing_input, &[0; 64]), disclosures);
    let read = Presentation::parse(&text).and_then(|read| read.disclosed());
    let mut all = read.map_err(|error| Fault::Damaged(format!("a draft: {error}")))?.into_map();
    Ok(SAID.iter().filter_map(|name| Some(((*name).to_owned(), all.remove(*name)?))).collect())
}

/// The digest that stands for a disclosure (RFC 9901 section 4.2.3).
fn digest(disclosure: &str) -> String {
    base64url::encode(&sha256_parts(&[disclosure.as_bytes()]))
}

/// The JSON that stands in base64url, which has no control character anywhere.
fn text_of(encoded: &str) -> Result<String, Fault> {
    let text = base64url::decode(encoded).and_then(|bytes| String::from_utf8(bytes).ok());
    text.filter(|text| text.bytes().all(|byte| byte >= b' ')).ok_or_else(damaged)
}

fn damaged() -> Fault {
    Fault::Damaged("a draft".into())
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::json;

    use super::*;
    use crate::crypto::digest::hmac_sha256;
    use crate::sd_jwt::{CredentialDraft, CredentialHeader, TYPE};
    use crate::values::time::Time;

    pub(in crate::authority::vault) fn draft(
        handle: &Handle,
        claims: &Value,
        disclosable: &[&str],
        key: u8,
    ) -> Draft {
        let key = RestKey::from_bytes([key; 32]);
        let salts = Salts::of(&key);
        let of_the_commitment: [u8; 32] = random(&salts);
        assert_ne!(&of_the_commitment, key.as_bytes());
        let header = CredentialHeader::new(&json!({"alg": "EdDSA", "typ": TYPE})).unwrap();
        let mut claims = claims.as_object().unwrap().clone();
        claims.insert("jti".into(), handle.to_string().into());
        let disclosable = disclosable.iter().map(|pointer| (*pointer).to_owned()).collect();
        let fixed = CredentialDraft { header, claims, disclosable }.fix(&salts).unwrap();
        let mut draft = Draft {
            signing_input: fixed.signing_input,
            disclosures: fixed.disclosures,
            licence_number: "X-1".parse().unwrap(),
            identifier: format!("1.2.{}", hex::encode(handle.as_bytes()).to_uppercase()),
            verification_code: VerificationCode::from_random(&[1; VerificationCode::RANDOM_BYTES]).unwrap(),
            reference: Some("档案1".into()),
            payload: Map::new(),
            key,
        };
        draft.payload = said(&draft.signing_input, &draft.disclosures).unwrap();
        draft
    }

    /// Whoever is shown the payload's salt learns nothing of the other, which is HMAC-SHA256 as the law says (section 21).
    #[test]
    fn what_is_found_has_a_salt_of_its_own() {
        let (one, other) = (Handle::new(Time::MIN, [1; 10]), Handle::new(Time::MIN, [2; 10]));
        let of = |handle: &Handle, key| draft(handle, &json!({}), &[], key);
        let salt = of(&one, 7).content_salt(&one);
        let law =
            hmac_sha256(&[7; 32], &[[b"vidimus/content/v1".as_slice(), one.as_bytes()].concat().as_slice()]);
        assert_eq!(salt, law);
        let others = [of(&one, 7).salt(), of(&one, 7).content_salt(&other), of(&one, 8).content_salt(&one)];
        assert!(!others.contains(&salt));
    }

    /// What comes back is what was kept; the texts at rest.
    fn kept(draft: &Draft, handle: &Handle) -> (String, Vec<String>) {
        let plain = Plain::of(draft).unwrap();
        let bytes = postcard::to_stdvec(&Kept::of(handle, draft, &plain)).unwrap();
        let read: Kept = postcard::from_bytes(&bytes).unwrap();
        let texts = (read.claims.0.clone(), read.disclosures.iter().map(|text| text.0.clone()).collect());
        let back = read.draft(handle, draft.key.clone(), plain.header).unwrap();
        assert_eq!(back.signing_input, draft.signing_input);
        assert_eq!(back.disclosures, draft.disclosures);
        assert_eq!((&back.identifier, &back.reference), (&draft.identifier, &draft.reference));
        assert_eq!(back.payload, draft.payload);
        texts
    }

    fn claims() -> Value {
        json!({"holders": [{"name": "甲", "code": "1"}, {"name": "乙"}], "claims": {"a": {"b": [1, 2]}, "c": "丙"}})
    }

    #[test]
    fn what_can_be_made_again_is_not_kept() {
        let handle = Handle::new(Time::MIN, [7; 10]);
        let all = ["/holders/0/name", "/holders/1/name", "/claims/c"];
        let (claims, disclosures) = kept(&draft(&handle, &claims(), &all, 3), &handle);
        for digest_or_salt in [claims.as_str()].into_iter().chain(disclosures.iter().map(String::as_str)) {
            let longest = digest_or_salt.split(|letter: char| !letter.is_ascii_alphanumeric());
            assert!(longest.map(str::len).max() < Some(16), "{digest_or_salt:?}");
        }
        assert_eq!(
            disclosures,
            ["[\"\u{4}0\",\"name\",\"甲\"]", "[\"\u{4}1\",\"name\",\"乙\"]", "[\"\u{4}2\",\"c\",\"丙\"]"]
        );
        assert!(claims.contains("\"_sd\":[\"\u{5}\"]") && claims.contains("\"jti\":\"\u{1}\""), "{claims:?}");
    }

    #[test]
    fn what_the_credential_does_not_say_is_kept_beside_it() {
        let handle = Handle::new(Time::MIN, [7; 10]);
        for (name, value) in [
            ("recorded", json!({"trust": "B", "source": "名录库", "standing": "valid"})),
            (SOURCES, json!({"/holders/0/name": handle.to_string()})),
        ] {
            let mut draft = draft(&handle, &claims(), &["/holders/0/name"], 3);
            draft.payload.insert(name.to_owned(), value);
            kept(&draft, &handle);
        }
    }

    #[test]
    fn what_is_not_as_expected_is_kept_as_it_is() {
        let handle = Handle::new(Time::MIN, [7; 10]);
        // One within another, and more than there are signs for.
        let nested = ["/claims/a/b/0", "/claims/a/b", "/claims/a", "/holders/0"];
        kept(&draft(&handle, &claims(), &nested, 3), &handle);
        let many: Map<String, Value> = (0..150).map(|number| (format!("n{number}"), json!(number))).collect();
        let pointers: Vec<String> = many.keys().map(|name| format!("/claims/{name}")).collect();
        let pointers: Vec<&str> = pointers.iter().map(String::as_str).collect();
        kept(&draft(&handle, &json!({"holders": [], "claims": many}), &pointers, 3), &handle);
        // Salts that were drawn from elsewhere, and another licence's handle.
        let mut other = draft(&handle, &claims(), &["/claims/c"], 4);
        other.key = RestKey::from_bytes([3; 32]);
        let (_, disclosures) = kept(&other, &Handle::new(Time::MIN, [8; 10]));
        assert!(disclosures[0].len() > 30, "{disclosures:?}");
    }
}
