//! The floors: the least that any program would do for the same service, with the same libraries, over all cores.

use std::fs::File;
use std::io::{BufRead as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use rayon::prelude::*;
use serde::Deserialize;
use vidimus::crypto::key::{Signed, verify_all};
use vidimus::crypto::{Digest, PrivateKey};

/// The argument by which this program becomes the floor's server.
pub const SERVER: &str = "--floor-server";
/// Lines of one batch equation, and records of one sync.
pub const GROUP: usize = 256;
/// Bytes of a record.
const RECORD: usize = 600;
/// Bytes that a credential's signature is over, as a business licence's are.
const SIGNED: usize = 4096;

fn key() -> PrivateKey {
    PrivateKey::from_seed(&[7; 32]).unwrap()
}

/// Licences a second: two Ed25519 signatures each, and an append of 600 bytes with fdatasync every 256.
pub fn issue(groups: usize) -> f64 {
    let key = key();
    let folder = tempfile::TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let mut log = File::create(folder.path().join("log")).unwrap();
    let begun = Instant::now();
    for group in 0..groups {
        let signed: Vec<[u8; RECORD]> = (0..GROUP)
            .into_par_iter()
            .map(|number| {
                let mut record = [0x5a_u8; RECORD];
                record[..8].copy_from_slice(&(group * GROUP + number).to_be_bytes());
                let entry = key.sign(&record).unwrap();
                let seal = key.sign(&record[..RECORD - 1]).unwrap();
                record[8..72].copy_from_slice(&entry);
                record[72..136].copy_from_slice(&seal);
                record
            })
            .collect();
        log.write_all(&signed.concat()).unwrap();
        log.sync_data().unwrap();
    }
    per_second(groups * GROUP, begun)
}

/// Records a second: an append of 600 bytes with fdatasync every 256, and nothing else.
pub fn append(groups: usize) -> f64 {
    let folder = tempfile::TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let mut log = File::create(folder.path().join("log")).unwrap();
    let group = vec![0x5a_u8; GROUP * RECORD];
    let begun = Instant::now();
    for _ in 0..groups {
        log.write_all(&group).unwrap();
        log.sync_data().unwrap();
    }
    per_second(groups * GROUP, begun)
}

/// A group of messages of so many bytes, each signed.
pub struct Group {
    key: PrivateKey,
    messages: Vec<Vec<u8>>,
    signatures: Vec<[u8; 64]>,
}

impl Group {
    pub fn of(bytes: usize) -> Self {
        let key = key();
        let message = |number: usize| number.to_be_bytes().into_iter().cycle().take(bytes).collect();
        let messages: Vec<Vec<u8>> = (0..GROUP).map(message).collect();
        let signatures = messages.iter().map(|message| key.sign(message).unwrap()).collect();
        Self { key, messages, signatures }
    }

    /// The first signatures by one batch equation; all are good.
    pub fn check(&self, count: usize) {
        let both = self.messages.iter().zip(&self.signatures).take(count);
        let signed: Vec<Signed<'_>> =
            both.map(|(message, signature)| Signed { key: self.key.public(), message, signature }).collect();
        assert!(verify_all(&signed).is_ok());
    }
}

/// Signatures a second that the batch equation for 256 alone checks, on all cores.
pub fn batch_equation(groups: usize) -> f64 {
    let group = Group::of(RECORD);
    let begun = Instant::now();
    (0..groups).into_par_iter().for_each(|_| group.check(GROUP));
    per_second(groups * GROUP, begun)
}

/// Entries a second whose bytes are hashed and nothing else, on all cores.
pub fn hash(entries: &[Vec<u8>], times: usize) -> f64 {
    let begun = Instant::now();
    for _ in 0..times {
        entries.par_chunks(GROUP).for_each(|chunk| {
            for entry in chunk {
                std::hint::black_box(Digest::of(entry));
            }
        });
    }
    per_second(entries.len() * times, begun)
}

fn per_second(count: usize, begun: Instant) -> f64 {
    count as f64 / begun.elapsed().as_secs_f64()
}

/// A server in a process of its own, as the product is.
pub struct Server {
    child: Child,
    pub address: String,
}

impl Server {
    pub fn start() -> Self {
        let program = std::env::current_exe().unwrap();
        let mut child = Command::new(program).arg(SERVER).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        std::io::BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { child, address: line.trim().to_owned() }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A verification request.
#[derive(Deserialize)]
struct Asked<'a> {
    #[serde(borrow)]
    evidence: std::borrow::Cow<'a, str>,
}

/// Serves `/one` and `/lines` until it is killed.
pub fn serve() {
    let group = Arc::new(Group::of(SIGNED));
    let router = Router::new().route("/one", post(one)).route("/lines", post(lines)).with_state(group);
    let router = router.layer(axum::extract::DefaultBodyLimit::disable());
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("{}", listener.local_addr().unwrap());
        axum::serve(listener, router).await.unwrap();
    });
}

fn read(line: &[u8]) {
    let asked: Asked<'_> = serde_json::from_slice(line).unwrap();
    assert!(!asked.evidence.is_empty());
}

/// Reads the same body and does one Ed25519 verification.
async fn one(State(group): State<Arc<Group>>, body: Bytes) -> &'static str {
    read(&body);
    group.check(1);
    r#"{"verdict":"valid"}"#
}

/// Reads the same lines and runs one batch equation per 256.
async fn lines(State(group): State<Arc<Group>>, body: Bytes) -> String {
    let judged = tokio::task::spawn_blocking(move || {
        let lines: Vec<&[u8]> = body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
        lines.par_chunks(GROUP).for_each(|lines| {
            lines.iter().for_each(|line| read(line));
            group.check(lines.len());
        });
        lines.len()
    });
    "{\"verdict\":\"valid\"}\n".repeat(judged.await.unwrap())
}
