//! A witness over HTTP: every status of C2SP tlog-witness, other people's vectors, and many who submit at once.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode, header};
use serde_json::Value;
use tower::ServiceExt as _;

use vidimus::crypto::{Digest, PrivateKey, PublicKey, hex};
use vidimus::http::{WitnessState, witness_router};
use vidimus::keyring::WitnessFolder;
use vidimus::ledger::checkpoint::Checkpoint;
use vidimus::ledger::submission::{MAX_SUBMISSION, Submission};
use vidimus::merkle::{Hash, Range, consistency, leaf};
use vidimus::note::{KeyName, Note, NoteSignature, Scheme, VerifierKey};
use vidimus::values::time::{Clock, Time};
use vidimus::witness::{Followed, Memory, MemoryError, Witness};

const NOW: &str = "2026-11-27T04:00:00.000Z";
const ORIGIN: &str = "log.example/1";

struct Standing;

impl Clock for Standing {
    fn now(&self) -> Time {
        NOW.parse().unwrap()
    }

    fn since_boot_millis(&self) -> i64 {
        0
    }
}

/// A memory that a test may look into, and which may refuse.
#[derive(Clone, Default)]
struct Remembered(Arc<Mutex<BTreeMap<KeyName, String>>>, Arc<Mutex<bool>>);

impl Memory for Remembered {
    fn last(&self, origin: &KeyName) -> Result<Option<String>, MemoryError> {
        Ok(self.0.lock().unwrap().get(origin).cloned())
    }

    fn replace(&self, origin: &KeyName, old: Option<&str>, new: &str) -> Result<(), MemoryError> {
        let mut kept = self.0.lock().unwrap();
        if *self.1.lock().unwrap() {
            return Err(MemoryError("the disk is full".into()));
        }
        assert_eq!(kept.get(origin).map(String::as_str), old, "compared with what is kept");
        kept.insert(origin.clone(), new.to_owned());
        Ok(())
    }
}

fn key(seed: u8) -> PrivateKey {
    PrivateKey::from_seed(&[seed; 32]).unwrap()
}

fn log_key() -> VerifierKey {
    VerifierKey::of(ORIGIN.parse().unwrap(), Scheme::Ed25519, key(1).public()).unwrap()
}

fn begun(log: &VerifierKey, memory: Box<dyn Memory>) -> Router {
    let logs = Followed::parse(&format!("{log}\n")).unwrap();
    let witness = Witness::begin("witness.example/1".parse().unwrap(), key(2), logs, memory).unwrap();
    witness_router(Arc::new(WitnessState { witness, clock: Arc::new(Standing) }))
}

struct Answer {
    status: StatusCode,
    media_type: String,
    body: String,
}

async fn ask(router: &Router, method: Method, path: &str, body: impl Into<Body>) -> Answer {
    let request = Request::builder().method(method).uri(path).header(header::ACCEPT_LANGUAGE, "en");
    let response = router.clone().oneshot(request.body(body.into()).unwrap()).await.unwrap();
    let status = response.status();
    let media_type = response.headers().get(header::CONTENT_TYPE);
    let media_type = media_type.map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
    let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    Answer { status, media_type, body: String::from_utf8(body.to_vec()).unwrap() }
}

async fn add(router: &Router, body: impl Into<Body>) -> Answer {
    ask(router, Method::POST, "/add-checkpoint", body).await
}

/// A log of the leaves `0..`, with the salt that tells one face from another.
struct Log {
    roots: Vec<Hash>,
    nodes: BTreeMap<(u8, u64), Hash>,
}

impl Log {
    fn of(size: u64, salt: u64) -> Self {
        let (mut range, mut nodes) = (Range::new(), BTreeMap::new());
        let mut roots = vec![range.root()];
        for number in 0..size {
            range.push_noting(leaf(&(number + salt).to_be_bytes()), &mut |level, index, hash| {
                nodes.insert((level, index), hash);
            });
            roots.push(range.root());
        }
        Self { roots, nodes }
    }

    fn note(&self, size: u64) -> Note {
        let root = self.roots[usize::try_from(size).unwrap()];
        Checkpoint::new(ORIGIN.parse().unwrap(), size, root.0).sign(&key(1), &[]).unwrap()
    }

    fn submission(&self, old: u64, size: u64) -> Submission {
        let find = |level, index| self.nodes.get(&(level, index)).copied();
        let proof = if old == 0 || old > size { vec![] } else { consistency(old, size, &find).unwrap().path };
        Submission { old, proof, note: self.note(size) }
    }
}

/// The time under a witness's line, verified.
fn cosigned(note: &Note, answer: &Answer) -> u64 {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let lines = NoteSignature::parse_lines(answer.body.as_bytes()).unwrap();
    let mut note = note.clone();
    note.append(lines).unwrap();
    let known =
        [VerifierKey::of("witness.example/1".parse().unwrap(), Scheme::Cosignature, key(2).public())
            .unwrap()];
    note.verify(&known).unwrap()[0].time().unwrap()
}

#[tokio::test]
async fn what_follows_is_cosigned_and_remembered_first() {
    let memory = Remembered::default();
    let (router, log) = (begun(&log_key(), Box::new(memory.clone())), Log::of(300, 0));
    let now: Time = NOW.parse().unwrap();
    for (old, size) in [(0, 1), (1, 2), (2, 7), (7, 7), (7, 256), (256, 300)] {
        let submission = log.submission(old, size);
        let answer = add(&router, submission.to_string()).await;
        assert_eq!(cosigned(&submission.note, &answer), u64::try_from(now.seconds()).unwrap());
        let kept = memory.last(&ORIGIN.parse().unwrap()).unwrap().unwrap();
        assert!(kept.starts_with(submission.note.text()), "{kept}");
    }
    let digest = Digest::of(ORIGIN.as_bytes());
    let latest = ask(&router, Method::GET, &format!("/{digest}/checkpoint"), Body::empty()).await;
    let latest: Note = latest.body.parse().unwrap();
    assert_eq!(latest.text(), log.note(300).text());
    assert!(latest.verify(&[log_key()]).is_ok());
    let other = Digest::of(b"log.example/2");
    for none in [format!("/{other}/checkpoint"), "/log/checkpoint".into(), "/".into()] {
        let answer = ask(&router, Method::GET, &none, Body::empty()).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{none}");
    }
    assert!(ask(&router, Method::GET, "/vkey", Body::empty()).await.body.starts_with("witness.example/1+"));
    assert_eq!(ask(&router, Method::GET, "/healthz", Body::empty()).await.status, StatusCode::OK);
    let answer = ask(&router, Method::GET, "/add-checkpoint", Body::empty()).await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn every_refusal_has_its_status() {
    let memory = Remembered::default();
    let (router, log, other) = (begun(&log_key(), Box::new(memory.clone())), Log::of(40, 0), Log::of(40, 1));
    cosigned(&log.note(20), &add(&router, log.submission(0, 20).to_string()).await);
    let before = memory.last(&ORIGIN.parse().unwrap()).unwrap();
    let empty = |root: [u8; 32]| {
        let text = Checkpoint::new(ORIGIN.parse().unwrap(), 0, root).to_string();
        Submission { old: 0, proof: vec![], note: Note::sign(text, log_key().name(), &key(1)).unwrap() }
    };
    let unsigned = |name: &str, seed: u8| {
        let note = Checkpoint::new(name.parse().unwrap(), 30, [3; 32]).sign(&key(seed), &[]).unwrap();
        Submission { old: 20, proof: vec![], note }.to_string()
    };
    let spoiled = log.submission(20, 30).to_string().replacen(log.note(30).text(), log.note(31).text(), 1);
    let longer = Submission { proof: vec![Hash([1; 32]); 63], ..log.submission(20, 30) };
    for (what, body, status) in [
        ("nothing", String::new(), StatusCode::BAD_REQUEST),
        ("no submission", "old x\n\n".to_owned(), StatusCode::BAD_REQUEST),
        ("old beyond size", log.submission(31, 30).to_string(), StatusCode::BAD_REQUEST),
        ("an unknown log", unsigned("log.example/2", 1), StatusCode::NOT_FOUND),
        ("another's key", unsigned(ORIGIN, 3), StatusCode::FORBIDDEN),
        ("a bad signature", spoiled, StatusCode::FORBIDDEN),
        ("old behind", log.submission(19, 30).to_string(), StatusCode::CONFLICT),
        ("old ahead", log.submission(21, 30).to_string(), StatusCode::CONFLICT),
        ("from nothing", log.submission(0, 30).to_string(), StatusCode::CONFLICT),
        ("the other face", other.submission(20, 30).to_string(), StatusCode::UNPROCESSABLE_ENTITY),
        ("the other face, same size", other.submission(20, 20).to_string(), StatusCode::UNPROCESSABLE_ENTITY),
        ("too long a proof", longer.to_string(), StatusCode::UNPROCESSABLE_ENTITY),
        ("an empty tree with a root", empty([1; 32]).to_string(), StatusCode::UNPROCESSABLE_ENTITY),
        ("too large", " ".repeat(MAX_SUBMISSION + 1), StatusCode::PAYLOAD_TOO_LARGE),
    ] {
        let answer = add(&router, body).await;
        assert_eq!(answer.status, status, "{what}: {}", answer.body);
        if status == StatusCode::CONFLICT {
            assert_eq!((answer.body.as_str(), answer.media_type.as_str()), ("20\n", "text/x.tlog.size"));
        }
        assert!(!answer.body.contains("— witness.example"), "{what}");
    }
    assert_eq!(memory.last(&ORIGIN.parse().unwrap()).unwrap(), before, "a refusal changes nothing");
    cosigned(&log.note(30), &add(&router, log.submission(20, 30).to_string()).await);
}

#[tokio::test]
async fn a_proof_from_nothing_is_refused() {
    let router = begun(&log_key(), Box::new(Remembered::default()));
    let log = Log::of(3, 0);
    let proved = Submission { proof: vec![Hash([1; 32])], ..log.submission(0, 3) };
    assert_eq!(add(&router, proved.to_string()).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    cosigned(&log.note(0), &add(&router, log.submission(0, 0).to_string()).await);
    cosigned(&log.note(3), &add(&router, log.submission(0, 3).to_string()).await);
}

#[tokio::test]
async fn what_cannot_be_remembered_is_not_cosigned() {
    let memory = Remembered::default();
    let (router, log) = (begun(&log_key(), Box::new(memory.clone())), Log::of(9, 0));
    *memory.1.lock().unwrap() = true;
    let answer = add(&router, log.submission(0, 5).to_string()).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(!answer.body.contains('—') && !answer.body.contains("disk"), "{}", answer.body);
    *memory.1.lock().unwrap() = false;
    cosigned(&log.note(5), &add(&router, log.submission(0, 5).to_string()).await);
}

#[tokio::test]
async fn a_restart_forgets_nothing_and_a_strangers_memory_is_refused() {
    let memory = Remembered::default();
    let log = Log::of(9, 0);
    let router = begun(&log_key(), Box::new(memory.clone()));
    cosigned(&log.note(5), &add(&router, log.submission(0, 5).to_string()).await);
    let router = begun(&log_key(), Box::new(memory.clone()));
    assert_eq!(add(&router, log.submission(0, 6).to_string()).await.body, "5\n");
    cosigned(&log.note(6), &add(&router, log.submission(5, 6).to_string()).await);
    let logs = || Followed::parse(&log_key().to_string()).unwrap();
    let other =
        Witness::begin("witness.example/1".parse().unwrap(), key(3), logs(), Box::new(memory.clone()));
    assert!(other.err().unwrap().to_string().contains("was not cosigned by this witness"));
}

/// Whoever loses the race is told so: each size is cosigned from the size before it, and none twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_at_once_each_follows_another() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("witness");
    let name: KeyName = "witness.example/1".parse().unwrap();
    WitnessFolder::create(&path, &name, None, &Fixed).unwrap();
    let (name, witness_key, memory) = WitnessFolder::open(&path, None).unwrap();
    let logs = Followed::parse(&log_key().to_string()).unwrap();
    let witness = Witness::begin(name, witness_key, logs, Box::new(memory)).unwrap();
    let router = witness_router(Arc::new(WitnessState { witness, clock: Arc::new(Standing) }));
    let log = Arc::new(Log::of(64, 0));
    cosigned_once(&router, &log, 0, 1).await;
    let racing = (0..8_u64).map(|racer| {
        let (router, log) = (router.clone(), Arc::clone(&log));
        tokio::spawn(async move {
            let (mut old, mut won) = (1, Vec::new());
            while old < 64 {
                let size = (old + 1 + racer % 3).min(64);
                let answer = add(&router, log.submission(old, size).to_string()).await;
                match answer.status {
                    StatusCode::OK => {
                        won.push((old, size));
                        old = size;
                    }
                    StatusCode::CONFLICT => old = answer.body.trim_end().parse().unwrap(),
                    other => panic!("{other}: {}", answer.body),
                }
            }
            won
        })
    });
    let mut won = Vec::new();
    for one in racing.collect::<Vec<_>>() {
        won.extend(one.await.unwrap());
    }
    won.sort_unstable();
    assert_eq!(won.first().map(|step| step.0), Some(1));
    assert_eq!(won.last().map(|step| step.1), Some(64));
    assert!(won.windows(2).all(|pair| pair[0].1 == pair[1].0), "{won:?}");
}

struct Fixed;

impl vidimus::crypto::Entropy for Fixed {
    fn fill(&self, out: &mut [u8]) {
        out.fill(7);
    }
}

async fn cosigned_once(router: &Router, log: &Log, old: u64, size: u64) {
    let answer = add(router, log.submission(old, size).to_string()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
}

/// The requests of another witness's own tests, in order, with the statuses that it gives.
#[tokio::test]
async fn as_litewitness_answers() {
    let vectors: Value = serde_json::from_str(include_str!("witness_vectors/litewitness.json")).unwrap();
    let requests = vectors["requests"].as_array().unwrap();
    let first: Note = requests[0]["body"].as_str().unwrap().split_once("\n\n").unwrap().1.parse().unwrap();
    let origin: KeyName = first.text().lines().next().unwrap().parse().unwrap();
    let public = PublicKey::from_ed25519(hex::decode(vectors["log"].as_str().unwrap()).unwrap()).unwrap();
    let log = VerifierKey::of(origin, Scheme::Ed25519, &public).unwrap();
    let router = begun(&log, Box::new(Remembered::default()));
    for (place, request) in requests.iter().enumerate() {
        let answer = add(&router, request["body"].as_str().unwrap().to_owned()).await;
        assert_eq!(Value::from(answer.status.as_u16()), request["status"], "{place}: {}", answer.body);
        match request.get("answer") {
            Some(expected) => assert_eq!(answer.body, expected.as_str().unwrap()),
            None if answer.status == StatusCode::OK => {
                assert!(answer.body.starts_with("— witness.example/1 "));
            }
            None => {}
        }
    }
}
