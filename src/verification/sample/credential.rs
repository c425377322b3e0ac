//! The credential: its chain, its claims, and one that is right in everything or changed before it is signed.

use serde_json::{Map, Value, json};

use super::{AUTHORITY, BASE, Counter, MARKET, Sample, handle, span, subject, time};
use crate::crypto::{Digest, PrivateKey};
use crate::jose::{jwk, jws, x5c};
use crate::sd_jwt::{CredentialDraft, CredentialHeader, combine};
use crate::x509::{Issuer, Profile, Request};

/// A credential and its digest.
#[derive(Clone)]
pub(in crate::verification) struct Issued {
    pub(in crate::verification) text: String,
    pub(in crate::verification) digest: Digest,
}

impl Sample {
    /// Leaf and issuing certificate; the leaf begins `from` seconds into 2026.
    pub(in crate::verification) fn chain(
        &self,
        profile: Profile,
        code: &str,
        key: &PrivateKey,
        from: i64,
    ) -> Vec<Vec<u8>> {
        // The market department may issue the one type there is; the other's certificate names another.
        let named = format!("{AUTHORITY}{}", if code == MARKET { "001" } else { "002" });
        let named = Some(named.parse().unwrap()).filter(|_| profile == Profile::Credential);
        let request = Request {
            profile,
            subject: &subject(code, "叶证书"),
            public_key: key.public(),
            validity: span(from, 3),
            type_codes: named.as_slice(),
        };
        let issuer = Issuer::new(&self.issuing, &self.issuing_key).unwrap();
        let leaf = issuer.issue(&request, &Counter).unwrap();
        vec![leaf.der().to_vec(), self.issuing.der().to_vec()]
    }

    pub(in crate::verification) fn claims(&self) -> Map<String, Value> {
        let claims = json!({
            "iss": BASE, "jti": handle().to_string(), "vct": format!("{BASE}/types/business-licence/1"),
            "nbf": time("2026-05-31T16:00:00.000Z").seconds(), "exp": time("2027-05-31T16:00:00.000Z").seconds(),
            "status": {"status_list": {"idx": 5, "uri": format!("{BASE}/status/1")}},
            "cnf": {"jwk": jwk::to_jwk(self.holder.public())},
            "issuer": {"code": MARKET, "name": {"zh": "示例局", "en": "Sample bureau"}},
            "licence_number": "A-1", "identifier": "1.2.156.3005.2", "valid_from": "2026-06-01",
            "valid_until": "2027-05-31",
            "holders": [{"name": "示例公司", "code": "91430700MA4PBKBQ48", "code_type": "001"}],
            "claims": {"scope": "餐饮", "city": "示例市"},
        });
        claims.as_object().unwrap().clone()
    }

    /// The credential that is right in everything.
    pub(in crate::verification) fn issue(&self) -> Issued {
        self.issue_with(|_| {})
    }

    /// One whose claims are changed before it is signed.
    pub(in crate::verification) fn issue_with(&self, change: impl FnOnce(&mut Map<String, Value>)) -> Issued {
        let mut claims = self.claims();
        change(&mut claims);
        self.seal(claims, &self.chain(Profile::Credential, MARKET, &self.key, 0), &self.key)
    }

    /// One under this chain by this key.
    pub(in crate::verification) fn seal(
        &self,
        claims: Map<String, Value>,
        chain: &[Vec<u8>],
        key: &PrivateKey,
    ) -> Issued {
        let header = json!({"alg": "EdDSA", "typ": "dc+sd-jwt", "x5c": x5c::encode(chain)});
        let draft = CredentialDraft {
            header: CredentialHeader::new(&header).unwrap(),
            claims,
            disclosable: vec!["/claims/scope".into()],
        };
        let fixed = draft.fix(&Counter).unwrap();
        let signature = key.sign(fixed.signing_input.as_bytes()).unwrap();
        let jws = jws::complete(&fixed.signing_input, &signature);
        Issued { text: combine(&jws, &fixed.disclosures), digest: fixed.credential_digest }
    }
}
