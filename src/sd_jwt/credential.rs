//! The issuer's side: claims and which of them can be hidden become a payload of digests, the disclosures, and the
//! digest the ledger enters before anything is signed (RFC 9901 section 4; law 0, section 5). Not here: the signature.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::crypto::{Digest, Entropy, base64url};
use crate::jose::jws;

use super::disclosure::{Disclosure, decoy};
use super::placing::{Path, Step};
use super::{DIGESTS, ELEMENT, HASH, HASH_NAME, NEVER_HIDDEN, SdJwtError, TYPE, is_reserved};

/// The JOSE header of credentials, written once for all that one key seals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialHeader(Arc<str>);

impl CredentialHeader {
    /// `header` is an object whose `typ` is `dc+sd-jwt`.
    pub fn new(header: &Value) -> Result<Self, SdJwtError> {
        let typ = header.get("typ").and_then(Value::as_str).unwrap_or_default();
        if typ != TYPE {
            return Err(SdJwtError::Type { found: typ.to_owned() });
        }
        Ok(Self(base64url::encode(header.to_string().as_bytes()).into()))
    }
}

/// What is to be said, and which parts of it the holder may withhold.
#[derive(Debug, Clone)]
pub struct CredentialDraft {
    /// The JOSE header.
    pub header: CredentialHeader,
    /// Every claim, plainly.
    pub claims: Map<String, Value>,
    /// JSON pointers (RFC 6901) to members and array elements at any depth that can be hidden; a pointer into a
    /// hidden value makes a disclosure inside a disclosure.
    pub disclosable: Vec<String>,
}

/// A credential that only lacks its signature: nothing about it changes any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FixedCredential {
    /// ASCII `header.payload`.
    pub signing_input: String,
    /// Encoded, in the order of [`CredentialDraft::disclosable`].
    pub disclosures: Vec<String>,
    /// SHA-256 over the signing input.
    pub credential_digest: Digest,
}

impl CredentialDraft {
    /// Draws the salts and fixes the bytes. At the top there is always an `_sd`, with a decoy if nothing else is in
    /// it, so that the digest of a payload without secrets cannot be guessed.
    pub fn fix(self, entropy: &dyn Entropy) -> Result<FixedCredential, SdJwtError> {
        let Self { header, claims, disclosable } = self;
        let mut payload = Value::Object(claims);
        refuse_reserved(&payload, &Path::default())?;
        let mut disclosures = hide(&mut payload, &disclosable, entropy)?;
        disclosures.sort_by_key(|(place, _)| *place);
        if let Some(top) = payload.as_object_mut() {
            if !top.contains_key(DIGESTS) {
                top.insert(DIGESTS.to_owned(), json!([decoy(entropy)]));
            }
            top.insert(HASH_NAME.to_owned(), json!(HASH));
        }
        let signing_input = jws::under(&header.0, payload.to_string().as_bytes());
        Ok(FixedCredential {
            credential_digest: Digest::of(signing_input.as_bytes()),
            disclosures: disclosures.into_iter().map(|(_, text)| text).collect(),
            signing_input,
        })
    }
}

/// `jws~disclosure~disclosure~`: the whole credential, nothing withheld, not bound.
pub fn combine(jws: &str, disclosures: &[String]) -> String {
    let mut text = format!("{jws}~");
    for disclosure in disclosures {
        text.push_str(disclosure);
        text.push('~');
    }
    text
}

/// Replaces what the pointers lead to by digests, the deepest first so that outer disclosures contain inner digests.
/// Each disclosure comes with the place of its pointer.
fn hide(
    payload: &mut Value,
    pointers: &[String],
    entropy: &dyn Entropy,
) -> Result<Vec<(usize, String)>, SdJwtError> {
    let mut seen = BTreeSet::new();
    for pointer in pointers {
        if !seen.insert(pointer) {
            return Err(SdJwtError::SamePointer(pointer.clone()));
        }
        let top = pointer.split('/').nth(1).map(unescape).unwrap_or_default();
        if NEVER_HIDDEN.contains(&top.as_str()) {
            return Err(SdJwtError::NeverHidden { at: pointer.clone() });
        }
    }
    let mut order: Vec<(usize, &String)> = pointers.iter().enumerate().collect();
    order.sort_by_key(|(_, pointer)| Reverse(pointer.matches('/').count()));
    let mut disclosures = Vec::with_capacity(order.len());
    for (place, pointer) in order {
        let disclosure = hide_one(payload, pointer, entropy)?;
        disclosures.push((place, disclosure.encoded().to_owned()));
    }
    sort_digests(payload);
    Ok(disclosures)
}

fn hide_one(payload: &mut Value, pointer: &str, entropy: &dyn Entropy) -> Result<Disclosure, SdJwtError> {
    let nowhere = || SdJwtError::NoSuchClaim(pointer.to_owned());
    let reserved = |_| SdJwtError::Reserved { at: pointer.to_owned() };
    let (parent, last) = pointer.rsplit_once('/').ok_or_else(nowhere)?;
    match payload.pointer_mut(parent).ok_or_else(nowhere)? {
        Value::Object(members) => {
            let name = unescape(last);
            let mut value = members.remove(&name).ok_or_else(nowhere)?;
            sort_digests(&mut value);
            let disclosure = Disclosure::of_member(&name, value, entropy).map_err(reserved)?;
            if let Value::Array(digests) = members.entry(DIGESTS).or_insert_with(|| json!([])) {
                digests.push(json!(disclosure.digest()));
            }
            Ok(disclosure)
        }
        Value::Array(elements) => {
            let index: usize = last.parse().map_err(|_| nowhere())?;
            if index.to_string() != last {
                return Err(nowhere());
            }
            let element = elements.get_mut(index).ok_or_else(nowhere)?;
            let mut value = element.take();
            sort_digests(&mut value);
            let disclosure = Disclosure::of_element(value, entropy).map_err(reserved)?;
            *element = json!({ ELEMENT: disclosure.digest() });
            Ok(disclosure)
        }
        _ => Err(nowhere()),
    }
}

/// Digests in order of their text, so that their order says nothing about the claims'.
fn sort_digests(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if let Some(Value::Array(digests)) = members.get_mut(DIGESTS) {
                digests.sort_by(|one, other| one.as_str().cmp(&other.as_str()));
            }
            members.values_mut().for_each(sort_digests);
        }
        Value::Array(elements) => elements.iter_mut().for_each(sort_digests),
        _ => {}
    }
}

/// No claim at any depth bears a reserved name, and none lies deeper than a verifier reads.
fn refuse_reserved(value: &Value, at: &Path<'_>) -> Result<(), SdJwtError> {
    match value {
        Value::Object(members) => members.iter().try_for_each(|(name, member)| {
            let at = at.below(Step::Name(name))?;
            if is_reserved(name) {
                return Err(SdJwtError::Reserved { at: at.pointer() });
            }
            refuse_reserved(member, &at)
        }),
        Value::Array(elements) => elements
            .iter()
            .enumerate()
            .try_for_each(|(index, element)| refuse_reserved(element, &at.below(Step::Index(index))?)),
        _ => Ok(()),
    }
}

fn unescape(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sd_jwt::{MAX_DEPTH, Presentation};
    use std::sync::atomic::{AtomicU8, Ordering};

    /// Another block of equal bytes at each call.
    struct Counting(AtomicU8);
    impl Entropy for Counting {
        fn fill(&self, out: &mut [u8]) {
            out.fill(self.0.fetch_add(1, Ordering::Relaxed));
        }
    }

    fn fix(claims: &Value, disclosable: &[&str]) -> Result<FixedCredential, SdJwtError> {
        CredentialDraft {
            header: CredentialHeader::new(&json!({"alg": "EdDSA", "typ": TYPE})).unwrap(),
            claims: claims.as_object().unwrap().clone(),
            disclosable: disclosable.iter().map(|&pointer| pointer.to_owned()).collect(),
        }
        .fix(&Counting(AtomicU8::new(1)))
    }

    fn payload(fixed: &FixedCredential) -> Value {
        let part = fixed.signing_input.split('.').nth(1).unwrap();
        serde_json::from_slice(&base64url::decode(part).unwrap()).unwrap()
    }

    fn whole(fixed: &FixedCredential) -> String {
        combine(&format!("{}.AA", fixed.signing_input), &fixed.disclosures)
    }

    #[test]
    fn what_is_hidden_at_any_depth_comes_back() {
        let claims = json!({
            "vct": "t", "iss": "i", "n/a~": 1,
            "holders": [{"name": "甲", "id": "1"}, {"name": "乙", "id": "2"}],
            "address": {"city": "c", "street": {"name": "s", "number": 3}},
        });
        let pointers = [
            "/address",
            "/address/street",
            "/address/street/number",
            "/holders/0/name",
            "/holders/1",
            "/n~1a~0",
        ];
        let fixed = fix(&claims, &pointers).unwrap();
        assert_eq!(fixed.disclosures.len(), 6);
        assert_eq!(fixed.credential_digest, Digest::of(fixed.signing_input.as_bytes()));
        let text = whole(&fixed);
        let presentation = Presentation::parse(&text).unwrap();
        let order: Vec<_> = presentation.disclosures().iter().map(|one| one.name()).collect();
        let names = ["address", "street", "number", "name"].map(Some);
        assert_eq!(order, [&names[..], &[None, Some("n/a~")]].concat());
        assert_eq!(&Value::Object(presentation.disclosed().unwrap().into_map()), &claims);
        let top = payload(&fixed);
        assert!(top.get("address").is_none() && top["holders"][0].get("name").is_none());
        assert_eq!((&top["_sd_alg"], top["_sd"].as_array().unwrap().len()), (&json!("sha-256"), 2));
        let sorted =
            top["_sd"].as_array().unwrap().windows(2).all(|pair| pair[0].as_str() < pair[1].as_str());
        assert!(sorted);
    }

    #[test]
    fn there_is_always_a_digest_that_cannot_be_guessed() {
        let open = fix(&json!({"a": 1}), &[]).unwrap();
        assert_eq!((payload(&open)["_sd"].as_array().unwrap().len(), open.disclosures.len()), (1, 0));
        let text = whole(&open);
        assert_eq!(Presentation::parse(&text).unwrap().disclosed().unwrap().as_map().len(), 1);
        let element = fix(&json!({"a": [1]}), &["/a/0"]).unwrap();
        assert_eq!(payload(&element)["_sd"].as_array().unwrap().len(), 1);
    }

    #[test]
    fn refusals() {
        let claims = json!({"a": [1], "b": {"c": 1}, "exp": 1, "cnf": {"jwk": {}}, "vct#integrity": "x"});
        for nowhere in ["", "a", "/x", "/a/1", "/a/00", "/a/-", "/b/c/d", "/exp2", "a/b"] {
            let error = fix(&claims, &[nowhere]).unwrap_err();
            assert!(matches!(error, SdJwtError::NoSuchClaim(_)), "{nowhere}: {error}");
        }
        for never in ["/exp", "/cnf/jwk", "/vct#integrity", "/cnf"] {
            let error = fix(&claims, &[never]).unwrap_err();
            assert!(matches!(error, SdJwtError::NeverHidden { .. }), "{never}: {error}");
        }
        assert!(matches!(fix(&claims, &["/b", "/b"]), Err(SdJwtError::SamePointer(_))));
        for name in ["_sd", "...", "_sd_alg"] {
            let error = fix(&json!({"a": [{ name: 1 }]}), &[]).unwrap_err();
            assert!(
                matches!(&error, SdJwtError::Reserved { at } if *at == format!("/a/0/{name}")),
                "{error}"
            );
        }
        let deep = (0..MAX_DEPTH).fold(json!(1), |inner, _| json!([inner]));
        assert!(matches!(fix(&json!({"a": deep}), &[]), Err(SdJwtError::TooDeep { .. })));
        for header in [json!({"alg": "EdDSA", "typ": "vc+sd-jwt"}), json!({"alg": "EdDSA"}), json!([])] {
            assert!(matches!(CredentialHeader::new(&header), Err(SdJwtError::Type { .. })));
        }
    }
}
