//! A service in memory: a sample authority founded with a clock that is moved by hand and entropy that counts, spoken
//! to through the router as a client would. At its end every test replays the whole ledger from the tiles alone.

#![allow(dead_code, reason = "each test crate uses some of it")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a harness is a test, and a test ends where it fails"
)]

pub mod contract;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use vidimus::authority::caller::Caller;
use vidimus::authority::founding::{Founding, NewKeys, Site};
use vidimus::authority::keyring::Keyring as _;
use vidimus::authority::{Authority, Opening};
use vidimus::catalogue::{AuthorityPlan, Catalogue};
use vidimus::crypto::{Digest, Entropy, KeyPurpose};
use vidimus::http::{BadToken, HttpState, Tokens, router};
use vidimus::keyring::MemoryKeyring;
use vidimus::law;
use vidimus::ledger::body::Owner;
use vidimus::ledger::checkpoint::Checkpoint;
use vidimus::ledger::state::{MemoryState, View as _};
use vidimus::merkle::{TilePath, bundles, decode_bundle};
use vidimus::note::{Note, VerifierKey};
use vidimus::store::MemoryStore;
use vidimus::values::identifiers::BaseUrl;
use vidimus::values::time::{Clock, Time};

/// When every sample is founded: 14:00 of the day in 样例市.
pub const FOUNDED: &str = "2026-11-22T06:00:00.000Z";
/// The base URL of every sample.
pub const BASE: &str = "http://127.0.0.1:8080";

/// A clock that stands until it is moved.
pub struct HandClock {
    wall: AtomicI64,
    boot: AtomicI64,
}

impl HandClock {
    fn new() -> Self {
        let founded: Time = FOUNDED.parse().unwrap();
        Self { wall: AtomicI64::new(founded.millis()), boot: AtomicI64::new(0) }
    }

    /// Moves both hands.
    pub fn forward(&self, by: Duration) {
        let millis = i64::try_from(by.as_millis()).unwrap();
        self.wall.fetch_add(millis, Ordering::SeqCst);
        self.boot.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Time {
        Time::from_millis(self.wall.load(Ordering::SeqCst)).unwrap()
    }

    fn since_boot_millis(&self) -> i64 {
        self.boot.load(Ordering::SeqCst)
    }
}

/// SHA-256 of a counter: the same in every run.
#[derive(Default)]
struct Counted(AtomicU64);

impl Entropy for Counted {
    fn fill(&self, out: &mut [u8]) {
        for chunk in out.chunks_mut(32) {
            let block = Digest::of(&self.0.fetch_add(1, Ordering::SeqCst).to_be_bytes());
            chunk.copy_from_slice(&block.0[..chunk.len()]);
        }
    }
}

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

/// What was answered.
pub struct Answered {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Answered {
    /// The body as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The body as one JSON value a line.
    pub fn lines(&self) -> Vec<Value> {
        self.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// A header.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The slug of the problem, after checking its form.
    pub fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.text());
        let problem = self.json();
        assert_eq!(problem["status"], self.status.as_u16());
        assert!(problem["title"].is_string() && problem["detail"].is_string());
        problem["type"].as_str().unwrap().strip_prefix(&format!("{BASE}/problems/")).unwrap().to_owned()
    }

    /// Status, slug and pointer of a problem.
    pub fn refused(&self) -> (u16, String, Value) {
        (self.status.as_u16(), self.problem(), self.json()["pointer"].clone())
    }
}

/// A request being made.
pub struct Ask<'s> {
    service: &'s Service,
    method: Method,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Ask<'_> {
    /// With a token.
    pub fn token(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// With a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With a JSON body.
    pub fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }

    /// With a body of a media type.
    pub fn body(mut self, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.header("content-type", media_type)
    }

    /// Sends it and holds the answer against the document.
    pub async fn send(self) -> Answered {
        let (method, path) = (self.method.clone(), self.path.clone());
        let answered = self.unheld().await;
        contract::hold(&method, &path, &answered);
        answered
    }

    /// Sends it, whatever the document says.
    pub async fn unheld(self) -> Answered {
        let mut request = Request::builder().method(self.method).uri(&self.path);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let mut request = request.body(Body::from(self.body)).unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([192, 0, 2, 1], 4000))));
        let response = self.service.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Answered { status: parts.status, headers: parts.headers, body }
    }
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
        let now: Time = FOUNDED.parse().unwrap();
        let entropy: Arc<dyn Entropy> = Arc::new(Counted::default());
        let clock = Arc::new(HandClock::new());
        let plan = AuthorityPlan::sample().unwrap();
        let catalogue = Arc::new(Catalogue::built_in().unwrap());
        let keys = NewKeys::make(&plan, entropy.as_ref()).unwrap();
        let origin = origin.map_or_else(|| keys.sample_origin().unwrap(), |origin| origin.parse().unwrap());
        let base_url: BaseUrl = BASE.parse().unwrap();
        let site = Site { base_url: &base_url, origin: &origin, now, not_after: now.plus(3_600_000) };
        let mut founding = Founding::compose(&plan, &catalogue, &keys, &site, entropy.as_ref()).unwrap();
        founding.approve(&[keys.of(&Owner::Authority, KeyPurpose::Registrar).unwrap()]).unwrap();
        let empty = keys.empty_checkpoint(&origin).unwrap();
        let keyring = Arc::new(MemoryKeyring::new(entropy.as_ref()));
        let stays = |purpose| purpose != KeyPurpose::Registrar || registrar_stays;
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
        };
        let authority = Arc::new(opening.open().unwrap());
        let tokens = Arc::new(Named(Arc::clone(&authority)));
        let state = HttpState::new(Arc::clone(&authority), tokens, clock.clone());
        (Self { clock, authority, router: router(Arc::new(state)) }, store)
    }

    /// Begins a request.
    pub fn ask(&self, method: Method, path: &str) -> Ask<'_> {
        Ask { service: self, method, path: path.to_owned(), headers: Vec::new(), body: Vec::new() }
    }

    /// Reads.
    pub async fn get(&self, path: &str) -> Answered {
        self.ask(Method::GET, path).send().await
    }

    /// Posts JSON as a department.
    pub async fn post(&self, token: &str, path: &str, body: &Value) -> Answered {
        self.ask(Method::POST, path).token(token).json(body).send().await
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

    /// Replays every entry from the served files alone and compares root, checkpoint and status lists.
    pub async fn check_ledger(&self) {
        self.authority.publish().unwrap();
        let vkey = self.get("/ledger/vkey").await;
        let keys: Vec<VerifierKey> = vkey.text().lines().map(|line| line.parse().unwrap()).collect();
        let note: Note = self.get("/ledger/checkpoint").await.text().parse().unwrap();
        note.verify(&keys).unwrap();
        let checkpoint: Checkpoint = note.text().parse().unwrap();
        let entries = self.entries(checkpoint.size).await;
        let state = self.replay(&entries, |_| {}).await;
        assert_eq!(state.charter().size(), checkpoint.size);
        assert_eq!(state.range().root().0, checkpoint.root);
        self.check_statuses(&state).await;
    }

    /// Replays entries by the law and looks at the state after each.
    pub async fn replay(&self, entries: &[Vec<u8>], mut after: impl FnMut(&MemoryState)) -> MemoryState {
        let mut state = MemoryState::new();
        for name in entries.iter().flat_map(|bytes| blobs_named(bytes)) {
            let served = self.get(&format!("/ledger/blob/sha256/{name}")).await;
            assert_eq!(Digest::of(&served.body), name);
            state.add_blob(served.body);
        }
        for bytes in entries {
            let (_, applied) = law::judge(&state, bytes).unwrap();
            let effects = law::discharge(vec![applied]).unwrap();
            effects.iter().for_each(|effects| state.absorb(effects));
            after(&state);
        }
        state
    }

    /// The first `size` entries, from the served bundles.
    pub async fn entries(&self, size: u64) -> Vec<Vec<u8>> {
        let mut entries = Vec::new();
        for (bundle, width) in bundles(size) {
            let path = TilePath::Entries(bundle, width);
            let served = self.get(&format!("/ledger/{path}")).await;
            assert_eq!(served.status, StatusCode::OK, "{path}");
            entries.extend(decode_bundle(&served.body, width).unwrap().into_iter().map(<[u8]>::to_vec));
        }
        entries
    }

    async fn check_statuses(&self, state: &MemoryState) {
        let lists: Value = self.get("/status").await.json();
        let numbers: Vec<u32> = state.statuses().lists().collect();
        assert_eq!(lists["status_lists"].as_array().unwrap().len(), numbers.len());
        for number in numbers {
            let served = self.get(&format!("/status/{number}")).await;
            assert_eq!(served.header("content-type"), "application/statuslist+jwt");
            let token = vidimus::status_list::StatusToken::parse(served.text()).unwrap();
            for (place, value) in state.statuses().of_list(number) {
                assert_eq!(token.list().value(u64::from(place.index)).unwrap(), value, "{place:?}");
            }
        }
    }
}

/// The digests of public material that an entry names, wherever they stand.
fn blobs_named(entry: &[u8]) -> Vec<Digest> {
    fn walk(value: &Value, found: &mut Vec<Digest>) {
        match value {
            Value::Object(members) => {
                if let (Some(Value::String(name)), Some(_)) = (members.get("sha256"), members.get("size")) {
                    found.push(name.parse().unwrap());
                }
                members.values().for_each(|value| walk(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| walk(value, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(&serde_json::from_slice(entry).unwrap(), &mut found);
    found
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
