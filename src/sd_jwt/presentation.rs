//! The verifier's side: a presentation is parsed and its disclosures put back where their digests stand (RFC 9901
//! section 7.1), with every refusal of law 0, section 10. Not here: the signature's key, and what the claims mean.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::crypto::{Digest, PublicKey};
use crate::jose::{CompactJws, JwsError};
use crate::values::canonical::parse_strict;

use super::disclosed::{Disclosed, DisclosedClaims};
use super::disclosure::Disclosure;
use super::placing::{Path, Placing, digests_in_members, digests_in_value};
use super::{HASH, HASH_NAME, MAX_DISCLOSURES, MAX_LENGTH, SdJwtError, TYPE, combine};

/// A presentation whose parts each have the right form; whether they fit together is what
/// [`Presentation::disclosed`] says, whether the signature is good what [`Presentation::verify`] says.
#[derive(Debug, Clone)]
pub struct Presentation<'a> {
    jws: CompactJws<'a>,
    payload: Map<String, Value>,
    disclosures: Vec<Disclosure>,
    bound: &'a str,
    key_binding: Option<&'a str>,
}

impl<'a> Presentation<'a> {
    /// Parses `jws~disclosure~…~` with or without a key-binding JWT at the end. White space around it is tolerated.
    pub fn parse(text: &'a str) -> Result<Self, SdJwtError> {
        Self::parse_with(text, &|jws| CompactJws::parse(jws))
    }

    /// The same with another reader of the credential's JWS, which may remember headers.
    pub fn parse_with(
        text: &'a str,
        read: &dyn Fn(&'a str) -> Result<CompactJws<'a>, JwsError>,
    ) -> Result<Self, SdJwtError> {
        let text = text.trim_ascii();
        if text.len() > MAX_LENGTH {
            return Err(SdJwtError::TooLong { found: text.len() });
        }
        let (before_last, last) = text.rsplit_once('~').ok_or(SdJwtError::NoTilde)?;
        let bound = text.strip_suffix(last).unwrap_or(text);
        let mut parts = before_last.split('~');
        let jws = read(parts.next().unwrap_or_default())?;
        let Value::Object(payload) = parse_strict(jws.payload()).map_err(SdJwtError::Payload)? else {
            return Err(SdJwtError::PayloadNotObject);
        };
        let disclosures = parse_disclosures(&parts.collect::<Vec<_>>())?;
        Ok(Self { jws, payload, disclosures, bound, key_binding: Some(last).filter(|jwt| !jwt.is_empty()) })
    }

    /// The credential's JWS.
    pub fn jws(&self) -> &CompactJws<'a> {
        &self.jws
    }

    /// The disclosures, in the order of the presentation.
    pub fn disclosures(&self) -> &[Disclosure] {
        &self.disclosures
    }

    /// Everything up to and including the last `~`: what a key binding's `sd_hash` is over.
    pub fn bound(&self) -> &'a str {
        self.bound
    }

    /// The key-binding JWT, if there is one.
    pub fn key_binding(&self) -> Option<&'a str> {
        self.key_binding
    }

    /// SHA-256 over the JWS signing input: the same for every signature, disclosure and binding (law 0, section 5).
    pub fn credential_digest(&self) -> Digest {
        Digest::of(self.jws.signing_input().as_bytes())
    }

    /// Whether the credential's signature is good under `key`.
    pub fn verify(&self, key: &PublicKey) -> Result<(), JwsError> {
        self.jws.verify(key)
    }

    /// The claims, as [`Presentation::disclose`] would say them.
    pub fn disclosed(&self) -> Result<DisclosedClaims, SdJwtError> {
        self.clone().disclose().map(|disclosed| disclosed.claims)
    }

    /// Puts the disclosures in their places. That says nothing yet about the signature.
    pub fn disclose(self) -> Result<Disclosed<'a>, SdJwtError> {
        let Self { jws, mut payload, disclosures, bound, key_binding } = self;
        let typ = jws.header().media_type().unwrap_or_default();
        if typ != TYPE {
            return Err(SdJwtError::Type { found: typ.to_owned() });
        }
        match payload.remove(HASH_NAME) {
            Some(found) if found.as_str() != Some(HASH) => {
                return Err(SdJwtError::Hash { found: found.to_string() });
            }
            _ => {}
        }
        let count = disclosures.len();
        let mut placing = Placing::new(disclosures)?;
        placing.object(&mut payload, &Path::default())?;
        placing.all_used()?;
        Ok(Disclosed { jws, claims: DisclosedClaims(payload), disclosures: count, bound, key_binding })
    }

    /// The same credential with only the disclosures `keep` wants, unbound. A disclosure inside a withheld one is
    /// withheld too, because nothing would refer to it.
    pub fn withhold(&self, keep: &dyn Fn(&Disclosure) -> bool) -> String {
        let mut reachable = BTreeSet::new();
        digests_in_members(&self.payload, &mut reachable);
        let mut kept: BTreeSet<&str> = BTreeSet::new();
        loop {
            let before = kept.len();
            for disclosure in &self.disclosures {
                if reachable.contains(disclosure.digest())
                    && keep(disclosure)
                    && kept.insert(disclosure.digest())
                {
                    digests_in_value(disclosure.value(), &mut reachable);
                }
            }
            if kept.len() == before {
                break;
            }
        }
        let disclosures = self.disclosures.iter().filter(|one| kept.contains(one.digest()));
        let encoded: Vec<String> = disclosures.map(|one| one.encoded().to_owned()).collect();
        combine(self.jws.text(), &encoded)
    }
}

fn parse_disclosures(texts: &[&str]) -> Result<Vec<Disclosure>, SdJwtError> {
    if texts.len() > MAX_DISCLOSURES {
        return Err(SdJwtError::TooMany { found: texts.len() });
    }
    let parse = |(position, text): (usize, &&str)| {
        if text.is_empty() {
            return Err(SdJwtError::Empty { position });
        }
        Disclosure::parse(text).map_err(|error| SdJwtError::Disclosure { position, error })
    };
    texts.iter().enumerate().map(parse).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::base64url;
    use crate::jose::jws::signing_input;
    use crate::sd_jwt::{DisclosureError, MAX_DEPTH, NEVER_HIDDEN};
    use proptest::prelude::*;
    use serde_json::json;

    /// A disclosure of this JSON, which begins with a salt, and its digest.
    fn disclosure(parts: &Value) -> Disclosure {
        let mut parts = parts.as_array().unwrap().clone();
        parts.insert(0, json!("0123456789012345678901"));
        Disclosure::parse(&base64url::encode(Value::Array(parts).to_string().as_bytes())).unwrap()
    }

    fn text_of(payload: &Value, disclosures: &[&Disclosure]) -> String {
        let input = signing_input(&json!({"alg": "EdDSA", "typ": TYPE}), payload.to_string().as_bytes());
        let encoded: Vec<String> = disclosures.iter().map(|one| one.encoded().to_owned()).collect();
        combine(&format!("{input}.AA"), &encoded)
    }

    fn disclose(payload: &Value, disclosures: &[&Disclosure]) -> Result<Value, SdJwtError> {
        let text = text_of(payload, disclosures);
        Presentation::parse(&text)?.disclosed().map(|claims| Value::Object(claims.into_map()))
    }

    #[test]
    fn disclosures_return_to_their_places_and_decoys_vanish() {
        let inner = disclosure(&json!(["number", 3]));
        let outer = disclosure(&json!(["street", {"_sd": [inner.digest()], "name": "s"}]));
        let element = disclosure(&json!(["DE"]));
        let payload = json!({
            "_sd_alg": "sha-256", "_sd": ["decoy", outer.digest()],
            "nationalities": [{"...": element.digest()}, {"...": "decoy too"}, "FR"], "a": {"_sd": []},
        });
        let all = disclose(&payload, &[&inner, &element, &outer]).unwrap();
        let street = json!({"name": "s", "number": 3});
        assert_eq!(all, json!({"street": street, "nationalities": ["DE", "FR"], "a": {}}));
        assert_eq!(disclose(&payload, &[]).unwrap(), json!({"nationalities": ["FR"], "a": {}}));
    }

    #[test]
    fn withholding_leaves_what_can_be_verified() {
        let inner = disclosure(&json!(["number", 3]));
        let outer = disclosure(&json!(["street", {"_sd": [inner.digest()]}]));
        let other = disclosure(&json!(["b", 1]));
        let whole = text_of(&json!({"_sd": [outer.digest(), other.digest()]}), &[&inner, &outer, &other]);
        let presentation = Presentation::parse(&whole).unwrap();
        let keep = |wanted: &[&str]| {
            let text = presentation.withhold(&|one| wanted.contains(&one.name().unwrap_or_default()));
            let partial = Presentation::parse(&text).unwrap();
            assert_eq!(partial.credential_digest(), presentation.credential_digest());
            Value::Object(partial.disclosed().unwrap().into_map())
        };
        assert_eq!(keep(&[]), json!({}));
        assert_eq!(keep(&["b"]), json!({"b": 1}));
        assert_eq!(keep(&["number"]), json!({}));
        assert_eq!(keep(&["number", "street"]), json!({"street": {"number": 3}}));
        assert_eq!(presentation.withhold(&|_| true), whole);
    }

    #[test]
    fn the_digest_is_blind_to_signature_disclosures_and_binding() {
        let one = disclosure(&json!(["a", 1]));
        let payload = json!({"_sd": [one.digest()]});
        let whole = text_of(&payload, &[&one]);
        let bare = text_of(&payload, &[]);
        let digest = |text: &str| Presentation::parse(text).unwrap().credential_digest();
        assert_eq!(digest(&whole), digest(&bare));
        assert_eq!(digest(&whole), digest(&whole.replace(".AA~", ".BQ~")));
        assert_eq!(digest(&whole), digest(&format!("{whole}e30.e30.AA")));
        assert_ne!(digest(&whole), digest(&text_of(&json!({"_sd": ["x"]}), &[])));
    }

    #[test]
    fn form() {
        let good = text_of(&json!({}), &[]);
        let around = format!(" {good}\r\n");
        assert_eq!(Presentation::parse(&around).unwrap().bound(), good);
        let bound = format!("{good}k.b.j");
        let presentation = Presentation::parse(&bound).unwrap();
        assert_eq!((presentation.bound(), presentation.key_binding()), (good.as_str(), Some("k.b.j")));
        let refused = |text: &str| Presentation::parse(text).unwrap_err();
        assert!(matches!(refused(good.trim_end_matches('~')), SdJwtError::NoTilde));
        assert!(matches!(refused(&format!("{good}~")), SdJwtError::Empty { position: 0 }));
        assert!(matches!(refused("~"), SdJwtError::Jws(JwsError::Parts { .. })));
        assert!(matches!(refused(&format!("{good}AB~")), SdJwtError::Disclosure { position: 0, .. }));
        assert!(matches!(refused(&format!("{good}A\n~")), SdJwtError::Disclosure { position: 0, .. }));
        assert!(matches!(refused(&"~".repeat(MAX_LENGTH + 1)), SdJwtError::TooLong { .. }));
        let many = format!("{good}{}", "e30~".repeat(MAX_DISCLOSURES + 1));
        assert!(matches!(refused(&many), SdJwtError::TooMany { .. }));
        assert!(matches!(refused(&text_of(&json!([]), &[])), SdJwtError::PayloadNotObject));
        let header = json!({"alg": "EdDSA", "typ": TYPE});
        let twice = format!("{}.AA~", signing_input(&header, br#"{"a":{"b":1,"b":2}}"#));
        assert!(matches!(refused(&twice), SdJwtError::Payload(_)));
        let critical = json!({"alg": "EdDSA", "typ": TYPE, "crit": ["x"]});
        let critical = format!("{}.AA~", signing_input(&critical, b"{}"));
        assert!(matches!(refused(&critical), SdJwtError::Jws(JwsError::Critical)));
        let plain = format!("{}.AA~", signing_input(&json!({"alg": "EdDSA", "typ": "JWT"}), b"{}"));
        let error = Presentation::parse(&plain).unwrap().disclosed().unwrap_err();
        assert!(matches!(error, SdJwtError::Type { .. }));
    }

    #[test]
    fn hashes_and_names() {
        for hash in [json!("sha-512"), json!("SHA-256"), json!(null), json!(["sha-256"])] {
            assert!(matches!(disclose(&json!({"_sd_alg": hash}), &[]), Err(SdJwtError::Hash { .. })));
        }
        for payload in [json!({"_sd": "x"}), json!({"_sd": [1]}), json!({"a": {"_sd": {}}})] {
            assert!(matches!(disclose(&payload, &[]), Err(SdJwtError::Digests { .. })), "{payload}");
        }
        for payload in [json!({"a": [{"...": 1}]}), json!({"a": [{"...": "x", "b": 1}]})] {
            assert!(matches!(disclose(&payload, &[]), Err(SdJwtError::Digests { .. })), "{payload}");
        }
        for payload in [json!({"...": "x"}), json!({"a": {"...": "x"}}), json!({"a": {"_sd_alg": "sha-256"}})]
        {
            assert!(matches!(disclose(&payload, &[]), Err(SdJwtError::Reserved { .. })), "{payload}");
        }
        for name in ["_sd", "...", "_sd_alg"] {
            let parts = json!(["0123456789012345678901", name, 1]).to_string();
            let text = format!("{}{}~", text_of(&json!({}), &[]), base64url::encode(parts.as_bytes()));
            let error = Presentation::parse(&text).unwrap_err();
            let SdJwtError::Disclosure { position: 0, error } = error else { panic!("{error}") };
            assert_eq!(error, DisclosureError::Reserved(name.to_owned()));
        }
    }

    #[test]
    fn each_digest_once_each_disclosure_once_each_claim_once() {
        let a = disclosure(&json!(["a", 1]));
        let other_a = disclosure(&json!(["a", 2]));
        let element = disclosure(&json!([1]));
        let repeated =
            |payload: &Value| matches!(disclose(payload, &[]), Err(SdJwtError::RepeatedDigest { .. }));
        assert!(repeated(&json!({"_sd": ["x", "x"]})));
        assert!(repeated(&json!({"_sd": ["x"], "b": {"_sd": ["x"]}})));
        assert!(repeated(&json!({"_sd": ["x"], "b": [{"...": "x"}]})));
        let inside = disclosure(&json!(["c", {"_sd": ["x"]}]));
        let error = disclose(&json!({"_sd": ["x", inside.digest()]}), &[&inside]).unwrap_err();
        assert!(matches!(error, SdJwtError::RepeatedDigest { .. }));
        let payload = json!({"_sd": [a.digest()]});
        let error = disclose(&payload, &[&a, &a]).unwrap_err();
        assert!(matches!(error, SdJwtError::SameDisclosure { first: 0, second: 1 }));
        let error = disclose(&payload, &[&a, &other_a]).unwrap_err();
        assert!(matches!(error, SdJwtError::Unreferenced { position: 1 }));
        let error = disclose(&json!({"_sd": [a.digest()], "a": 0}), &[&a]).unwrap_err();
        assert!(matches!(error, SdJwtError::Overwrites { position: 0, at } if at == "/a"));
        let error = disclose(&json!({"_sd": [a.digest(), other_a.digest()]}), &[&a, &other_a]).unwrap_err();
        assert!(matches!(error, SdJwtError::Overwrites { position: 1, .. }));
        let error = disclose(&json!({"_sd": [element.digest()]}), &[&element]).unwrap_err();
        assert!(matches!(error, SdJwtError::Misplaced { position: 0, .. }));
        let error = disclose(&json!({"b": [{"...": a.digest()}]}), &[&a]).unwrap_err();
        assert!(matches!(error, SdJwtError::Misplaced { position: 0, .. }));
    }

    #[test]
    fn what_is_never_hidden() {
        for name in NEVER_HIDDEN {
            let hidden = disclosure(&json!([name, 1]));
            let error = disclose(&json!({"_sd": [hidden.digest()]}), &[&hidden]).unwrap_err();
            assert!(matches!(error, SdJwtError::NeverHidden { .. }), "{name}");
            let elsewhere = json!({"a": {"_sd": [hidden.digest()]}});
            assert_eq!(disclose(&elsewhere, &[&hidden]).unwrap(), json!({"a": {name: 1}}));
            for inside in [json!({"b": {"_sd": ["x"]}}), json!([{"...": "x"}]), json!({"_sd": ["x"]})] {
                let error = disclose(&json!({ name: inside }), &[]).unwrap_err();
                assert!(matches!(error, SdJwtError::NeverHidden { .. }), "{name} {inside}");
            }
        }
    }

    #[test]
    fn depth_is_bounded_through_disclosures_too() {
        let mut chain = vec![disclosure(&json!(["a", 1]))];
        while chain.len() <= MAX_DEPTH {
            let digest = chain.last().unwrap().digest();
            chain.push(disclosure(&json!(["a", {"_sd": [digest]}])));
        }
        let of = |length: usize| {
            let payload = json!({"_sd": [chain[length - 1].digest()]});
            disclose(&payload, &chain[..length].iter().collect::<Vec<_>>())
        };
        assert!(of(MAX_DEPTH).is_ok());
        assert!(matches!(of(MAX_DEPTH + 1), Err(SdJwtError::TooDeep { .. })));
    }

    proptest! {
        #[test]
        fn parsing_never_panics(text in "[A-Za-z0-9_.~ ]{0,60}") {
            let _ = Presentation::parse(&text);
        }
    }
}
