//! Publication: status list tokens, signed on a tick when a list changed or half of a token's life has passed, so that
//! a list never lapses when nothing happens. Published tokens are kept for `?time=` and for exports.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map, Value, json};

use super::Authority;
use super::refusal::{Failure, Fault, Refusal, Thing};
use super::store::{Row, Write};
use crate::crypto::{KeyId, KeyPurpose};
use crate::jose::jws;
use crate::ledger::body::Owner;
use crate::ledger::state::Charter;
use crate::status_list::{StatusList, StatusToken, TYPE, TokenFacts};
use crate::values::time::Time;

/// Life of a token in seconds: a day.
const LIFE: i64 = 24 * 3600;
/// How long a verifier may keep a token, in seconds.
const TTL: u64 = 300;

/// The newest token of each list, so that a tick and a reader need not look for it.
#[derive(Default)]
pub(super) struct Shelf(Mutex<HashMap<u32, Arc<str>>>);

impl Authority {
    /// Publishes what must be published now; how many lists were signed.
    pub fn publish(&self) -> Result<usize, Failure> {
        let now = self.now()?;
        // Values, size and keys are read together: a token is the fold of exactly the size it names, signed by a key in
        // force there.
        let (size, lists, published) = self
            .window
            .statuses(|statuses| (statuses.size(), statuses.lists().clone(), self.window.published()));
        let signer = self.status_key(&published.charter)?;
        let chain = self.chains.ours(self.store.as_ref(), &published.charter, &signer)?;
        let mut signed = 0;
        for (number, list) in lists {
            let due = match self.newest_token(number)? {
                Some(before) => is_due(&before, &list, chain.ders.first(), now)?,
                None => true,
            };
            if due {
                let token = self.sign_list(&published.charter, number, &list, size, now)?;
                self.store.put(vec![Write::set(Row::Published(number, now), token.as_str())])?;
                self.shelf.0.lock().unwrap_or_else(PoisonError::into_inner).insert(number, token.into());
                signed += 1;
            }
        }
        if signed > 0 {
            self.store.sync()?;
            let lists = u64::try_from(signed).unwrap_or(u64::MAX);
            metrics::counter!("vidimus_status_lists_published_total").increment(lists);
        }
        Ok(signed)
    }

    /// The key that signs lists now: the newest.
    fn status_key(&self, charter: &Charter) -> Result<KeyId, Failure> {
        let keys = charter.keys_of(&Owner::Authority, KeyPurpose::Status);
        Ok(keys.last().map(|(id, _)| **id).ok_or_else(|| Fault::NoKey("status key".into()))?)
    }

    fn sign_list(
        &self,
        charter: &Charter,
        number: u32,
        list: &StatusList,
        size: u64,
        now: Time,
    ) -> Result<String, Failure> {
        let id = self.status_key(charter)?;
        let key = self.keyring.key(&id).ok_or_else(|| Fault::NoKey(format!("status key {id}")))?;
        let chain = self.chains.ours(self.store.as_ref(), charter, &id)?;
        let header = json!({
            "alg": key.public().algorithm().jose(),
            "typ": TYPE,
            "x5c": chain.x5c,
        });
        let uri = self.list_uri(number)?;
        let facts = TokenFacts {
            sub: &uri,
            iat: now.seconds(),
            exp: now.seconds() + LIFE,
            ttl: TTL,
            ledger_size: size,
        };
        let mut claims = list.claims(&facts).map_err(|error| Fault::Crypto(error.to_string()))?;
        if let Some(status_list) = claims.get_mut("status_list").and_then(Value::as_object_mut) {
            status_list.insert("aggregation_uri".into(), json!(format!("{}/status", self.base_url()?)));
        }
        jws::sign(&header, claims.to_string().as_bytes(), &key)
            .map_err(|error| Fault::Crypto(error.to_string()).into())
    }

    /// The token of a list as published at `at`, or the newest.
    pub fn status_token(&self, number: u32, at: Option<Time>) -> Result<Arc<str>, Failure> {
        let token = match at {
            None => self.newest_token(number)?,
            Some(at) => self.token_at(number, at)?,
        };
        let token = token.ok_or(Refusal::NotFound(Thing::File))?;
        if let Some(at) = at {
            let parsed = StatusToken::parse(&token).map_err(|error| Fault::Damaged(error.to_string()))?;
            if parsed.exp().is_some_and(|exp| at.seconds() >= exp) {
                return Err(Refusal::NotFound(Thing::File).into());
            }
        }
        Ok(token)
    }

    fn newest_token(&self, number: u32) -> Result<Option<Arc<str>>, Failure> {
        if let Some(token) = self.shelf.0.lock().unwrap_or_else(PoisonError::into_inner).get(&number) {
            return Ok(Some(Arc::clone(token)));
        }
        let found = self.token_at(number, Time::MAX)?;
        if let Some(token) = &found {
            self.shelf.0.lock().unwrap_or_else(PoisonError::into_inner).insert(number, Arc::clone(token));
        }
        Ok(found)
    }

    /// The last token published until `at`, by one read.
    fn token_at(&self, number: u32, at: Time) -> Result<Option<Arc<str>>, Failure> {
        let until = Row::Published(number, at).key();
        let list = until.get(..5).unwrap_or(&until);
        let found = self.store.last(list, &until)?;
        let found = found.filter(|(key, _)| published_at(key).is_some_and(|from| from <= at));
        let text = found.map(|(_, token)| String::from_utf8(token)).transpose();
        let text = text.map_err(|_| Fault::Damaged("a published token".into()))?;
        Ok(text.map(Arc::from))
    }

    /// Addresses of all lists that are published.
    pub fn status_lists(&self) -> Result<Vec<String>, Failure> {
        Ok(self.published_lists()?.into_iter().map(|(_, address)| address).collect())
    }

    /// Number and address of each list that is published; one that was only just opened waits for the next tick.
    pub(super) fn published_lists(&self) -> Result<Vec<(u32, String)>, Failure> {
        let numbers: Vec<u32> = self.window.statuses(|statuses| statuses.lists().keys().copied().collect());
        let mut published = Vec::with_capacity(numbers.len());
        for number in numbers {
            if self.newest_token(number)?.is_some() {
                published.push((number, self.list_uri(number)?));
            }
        }
        Ok(published)
    }

    /// Keys that sign credentials, retired ones too: `/.well-known/jwt-vc-issuer`.
    pub fn issuer_keys(&self) -> Result<Value, Failure> {
        let published = self.window.published();
        let keys: Vec<Value> = published
            .charter
            .keys()
            .filter(|(_, held)| held.value.purpose == KeyPurpose::Credential)
            .map(|(id, held)| {
                let mut jwk = match crate::jose::jwk::to_jwk(&held.value.public) {
                    Value::Object(members) => members,
                    _ => Map::new(),
                };
                jwk.insert("kid".into(), json!(id.to_string()));
                jwk.insert("use".into(), json!("sig"));
                jwk.insert("alg".into(), json!(held.value.public.algorithm().jose()));
                Value::Object(jwk)
            })
            .collect();
        Ok(json!({"issuer": self.base_url()?.as_str(), "jwks": {"keys": keys}}))
    }
}

/// Whether a list or the key that signs it changed since its token, or half of the token's life has passed.
fn is_due(before: &str, list: &StatusList, signer: Option<&Vec<u8>>, now: Time) -> Result<bool, Failure> {
    let token = StatusToken::parse(before).map_err(|error| Fault::Damaged(error.to_string()))?;
    let half = token.iat() + LIFE / 2;
    let chain = token.jws().header().chain().map_err(|error| Fault::Damaged(error.to_string()))?;
    let changed = token.list().as_bytes() != list.as_bytes() || chain.first() != signer;
    Ok(changed || now.seconds() >= half)
}

fn published_at(key: &[u8]) -> Option<Time> {
    let millis = key.get(5..)?.try_into().ok()?;
    Time::from_millis(i64::from_be_bytes(millis)).ok()
}
