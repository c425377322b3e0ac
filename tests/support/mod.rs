//! A service in memory: a sample authority founded with a clock that is moved by hand and entropy that counts, spoken
//! to through the router as a client would. At its end every test replays the whole ledger from the tiles alone.

#![allow(dead_code, reason = "each test crate uses some of it")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a harness is a test, and a test ends where it fails"
)]

pub mod applicant;
mod asking;
mod by_hand;
pub mod contract;
pub mod officers;
mod replaying;
pub mod witnesses;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use vidimus::authority::caller::Caller;
use vidimus::authority::founding::{Founding, NewKeys, Site};
use vidimus::authority::keyring::Keyring as _;
use vidimus::authority::{Authority, Opening};
use vidimus::catalogue::{AuthorityPlan, Catalogue};
use vidimus::crypto::{Entropy, KeyPurpose};
use vidimus::http::{BadToken, HttpState, Tokens, router};
use vidimus::keyring::MemoryKeyring;
use vidimus::ledger::body::Owner;
use vidimus::store::MemoryStore;
use vidimus::values::identifiers::BaseUrl;
use vidimus::values::time::{Clock, Time};

pub use asking::Answered;
use by_hand::Counted;
pub use by_hand::HandClock;
use witnesses::AtHand;

/// When every sample is founded: 14:00 of the day in 样例市.
pub const FOUNDED: &str = "2026-11-22T06:00:00.000Z";
/// The base URL of every sample.
pub const BASE: &str = "http://127.0.0.1:8080";

/// Tokens that are their names: a department's slug, `operator`, `auditor`.
struct Named(Arc<Authority>);

impl Tokens for Named {
    fn caller(&self, presented: &str, _: Time) -> Result<Caller, BadToken> {
        match presented {
            "operator" => Ok(Caller::Operator),
            "auditor" => Ok(Caller::Auditor),
            "expired" => Err(BadToken::Expired),
            slug => {
                let slug = slug.parse().map_err(|_| BadToken::Unknown)?;
                let published = self.0.published();
                let held = published.charter.department_by_slug(&slug).ok_or(BadToken::Unknown)?;
                Ok(Caller::Department { code: held.value.code.clone(), slug })
            }
        }
    }
}

/// A running service.
pub struct Service {
    /// Its clock.
    pub clock: Arc<HandClock>,
    /// Its engine.
    pub authority: Arc<Authority>,
    router: Router,
}

impl Service {
    /// Founds a sample and opens it.
    pub fn found() -> Self {
        Self::found_on_memory().0
    }

    /// The same, with the store it is founded on.
    pub fn found_on_memory() -> (Self, Arc<MemoryStore>) {
        Self::found_as(None, true)
    }

    /// Founds an authority of this origin, or a sample, whose registrar's key stays on the server or does not.
    pub fn found_as(origin: Option<&str>, registrar_stays: bool) -> (Self, Arc<MemoryStore>) {
        Self::found_with(origin, registrar_stays, Catalogue::built_in().unwrap())
    }

    /// The same, with this catalogue.
    pub fn found_with(origin: Option<&str>, stays: bool, catalogue: Catalogue) -> (Self, Arc<MemoryStore>) {
        let (service, store, _) = Self::found_before(origin, stays, catalogue, None);
        (service, store)
    }

    /// Founds a sample under outside eyes: entries may wait for a quorum for so long.
    pub fn found_watched(within: Option<Duration>) -> (Self, Arc<AtHand>) {
        let catalogue = Catalogue::built_in().unwrap();
        let (service, _, witnesses) = Self::found_before(None, true, catalogue, Some(within));
        (service, witnesses)
    }

    fn found_before(
        origin: Option<&str>,
        stays: bool,
        catalogue: Catalogue,
        watched: Option<Option<Duration>>,
    ) -> (Self, Arc<MemoryStore>, Arc<AtHand>) {
        let now: Time = FOUNDED.parse().unwrap();
        let entropy: Arc<dyn Entropy> = Arc::new(Counted::default());
        let clock = Arc::new(HandClock::new());
        let plan = AuthorityPlan::sample().unwrap();
        let catalogue = Arc::new(catalogue);
        let keys = NewKeys::make(&plan, entropy.as_ref()).unwrap();
        let origin = origin.map_or_else(|| keys.sample_origin().unwrap(), |origin| origin.parse().unwrap());
        let base_url: BaseUrl = BASE.parse().unwrap();
        let site = Site { base_url: &base_url, origin: &origin, now, not_after: now.plus(3_600_000) };
        let mut founding = Founding::compose(&plan, &catalogue, &keys, &site, entropy.as_ref()).unwrap();
        founding.approve(&[keys.of(&Owner::Authority, KeyPurpose::Registrar).unwrap()]).unwrap();
        let empty = keys.empty_checkpoint(&origin).unwrap();
        let seen: Arc<dyn Clock> = clock.clone();
        let witnesses = AtHand::following(&keys.verifier_key(&origin).unwrap(), &seen);
        let keyring = Arc::new(MemoryKeyring::new(entropy.as_ref()));
        let stays = |purpose| purpose != KeyPurpose::Registrar || stays;
        for new in keys.into_inner().into_iter().filter(|new| stays(new.purpose)) {
            keyring.add(new.key);
        }
        keyring.replace_last_signed(None, &empty).unwrap();
        let store = Arc::new(MemoryStore::new());
        let opening = Opening {
            store: Arc::<MemoryStore>::clone(&store),
            keyring,
            entropy,
            clock: clock.clone(),
            clock_gap: Duration::from_secs(30 * 24 * 3600),
            catalogue,
            founding: Some(founding),
            public_url: None,
            eyes: watched.map(|within| witnesses.eyes(within)),
        };
        let authority = Arc::new(opening.open().unwrap());
        let tokens = Arc::new(Named(Arc::clone(&authority)));
        let state = HttpState::new(Arc::clone(&authority), tokens, clock.clone());
        (Self { clock, authority, router: router(Arc::new(state)) }, store, witnesses)
    }

    /// Issues a business licence and gives the answer.
    pub async fn issue(&self, request: &Value) -> Value {
        let answered = self.post("market-regulation", "/v1/licences", request).await;
        assert_eq!(answered.status, StatusCode::CREATED, "{}", answered.text());
        answered.json()
    }

    /// Asks for a report.
    pub async fn verify(&self, question: &Value) -> Value {
        let answered = self.ask(Method::POST, "/v1/verifications").json(question).send().await;
        assert_eq!(answered.status, StatusCode::OK, "{}", answered.text());
        answered.json()
    }
}

/// A business licence as a department asks for one.
pub fn business_licence() -> Value {
    json!({
        "type": "business-licence",
        "holders": [{"name": "样例科技有限公司", "code": "91430700MA4PBKBQ48", "code_type": "001"}],
        "claims": {"established": "2018-03-01", "kind": "有限责任公司", "capital": "壹佰万元整", "city": "样例市"},
        "valid_from": "2026-11-22",
        "valid_until": null,
        "reference": "R-1",
    })
}

/// The same with some members exchanged; null takes one out.
pub fn with(mut request: Value, changes: &Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        request[name] = value.clone();
    }
    request
}
