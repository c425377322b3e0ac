//! The status list token.

use serde_json::json;

use super::{AUTHORITY, PLACE, SIZE, Sample};
use crate::jose::{jws, x5c};
use crate::status_list::{Bits, StatusList, TokenFacts};
use crate::x509::Profile;

impl Sample {
    /// A status list token of list 1 in which the licence has this value.
    pub(in crate::verification) fn token(&self, value: u8, sub: &str, iat: i64, exp: i64) -> String {
        let mut list = StatusList::zeros(Bits::Two, 8).unwrap();
        list.set(u64::from(PLACE.index), value).unwrap();
        let claims = list.claims(&TokenFacts { sub, iat, exp, ttl: 60, ledger_size: SIZE }).unwrap();
        let chain = self.chain(Profile::Status, AUTHORITY, &self.status, 0);
        let header = json!({"alg": "EdDSA", "typ": "statuslist+jwt", "x5c": x5c::encode(&chain)});
        jws::sign(&header, claims.to_string().as_bytes(), &self.status).unwrap()
    }
}
