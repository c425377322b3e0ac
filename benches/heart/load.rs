//! A crowd for a long time: many who issue and more who verify, each asking again as soon as it is answered, and waiting
//! as long as it is told to where there is too much. What they verify is what was issued a moment ago, in part.
//!
//! Held against the service: no answer but 2xx, 429 and 503, every credential valid, and at the end an audit of the whole
//! ledger with as many licences in it as were answered.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::audit;
use super::client;
use super::house::{House, Process, Scale};
use super::http::{self, Answer, Connection};
use super::latency;
use super::records::{DEPARTMENT, Records};
use super::told;
use super::verify;

const ISSUERS: usize = 300;
const VERIFIERS: usize = 1_000;
/// Requests that verifiers choose from.
const SHOWN: usize = 2_000;
/// One of so many licences is shown to verifiers.
const PASSED_ON: u64 = 8;

/// Ten minutes; short: ten seconds.
pub fn crowd(scale: Scale) {
    let (time, beat) = if scale == Scale::Long { (600, 10) } else { (10, 1) };
    let (mut house, mut records) = (House::found(), Records::open());
    let shown = verify::credentials(&house, &mut records, SHOWN);
    let crowd = Arc::new(Crowd {
        address: house.address.clone(),
        token: house.token(DEPARTMENT),
        records: Mutex::new(records),
        shown: Mutex::new(shown.iter().map(|body| asking(body).into()).collect()),
        issuing: Tally::default(),
        verifying: Tally::default(),
        until: Instant::now() + Duration::from_secs(time),
    });
    let begun = Instant::now();
    let samples = client::runtime().block_on(Arc::clone(&crowd).run(house.process(), beat));
    let seconds = begun.elapsed().as_secs_f64();
    let most = house.memory().1;
    house.stop();
    tell(&crowd, &samples, seconds, most);
    let audit = audit::of(&house, SHOWN as u64 + crowd.issuing.well());
    told::alone("load.audit", "s", audit.replaying);
}

struct Crowd {
    address: String,
    token: String,
    records: Mutex<Records>,
    /// Verification requests.
    shown: Mutex<Vec<Arc<[u8]>>>,
    issuing: Tally,
    verifying: Tally,
    until: Instant,
}

impl Crowd {
    /// Lets all of them go on until the end; how the process stood at each beat.
    async fn run(self: Arc<Self>, process: Process, beat: u64) -> Vec<Sample> {
        let mut people = JoinSet::new();
        for _ in 0..ISSUERS {
            people.spawn(Arc::clone(&self).issue());
        }
        for place in 0..VERIFIERS {
            people.spawn(Arc::clone(&self).verify(place));
        }
        let (begun, mut samples) = (Instant::now(), Vec::new());
        while self.goes_on() {
            sleep(Duration::from_secs(beat)).await;
            let sample = Sample::of(process);
            told::sample(
                "load.sample",
                &[
                    ("second", begun.elapsed().as_secs_f64()),
                    ("memory", sample.memory),
                    ("threads", sample.threads),
                    ("issued", self.issuing.well() as f64),
                    ("verified", self.verifying.well() as f64),
                ],
            );
            samples.push(sample);
        }
        people.join_all().await;
        samples
    }

    fn goes_on(&self) -> bool {
        Instant::now() < self.until
    }

    async fn issue(self: Arc<Self>) {
        let mut line = Line::default();
        let mut taken = Vec::new();
        while self.goes_on() {
            let body = self.records.lock().unwrap().take(1).remove(0);
            let request = http::request("/v1/licences", Some(&self.token), "application/json", &body);
            let Some(answer) = line.ask(&self.address, &request, &self.issuing, &mut taken).await else {
                continue;
            };
            if self.issuing.well().is_multiple_of(PASSED_ON) {
                self.pass_on(&answer.body);
            }
        }
        self.issuing.add(taken);
    }

    /// Shows verifiers a licence that was just issued.
    fn pass_on(&self, answer: &[u8]) {
        let issued: Value = serde_json::from_slice(answer).unwrap();
        let credential = issued["credential"].as_str().expect("a licence has a credential");
        let request = asking(&json!({"evidence": credential}).to_string());
        let mut shown = self.shown.lock().unwrap();
        let place = self.issuing.well() as usize / PASSED_ON as usize % SHOWN;
        shown[place] = request.into();
    }

    async fn verify(self: Arc<Self>, mut place: usize) {
        let mut line = Line::default();
        let mut taken = Vec::new();
        while self.goes_on() {
            // Everyone goes another way around, so that nobody always asks what a neighbour just asked.
            place = (place + 1 + place % 7) % SHOWN;
            let request = Arc::clone(&self.shown.lock().unwrap()[place]);
            let answer = line.ask(&self.address, &request, &self.verifying, &mut taken).await;
            let valid = answer.is_none_or(|answer| http::has(&answer.body, b"\"verdict\":\"valid\""));
            if !valid {
                self.verifying.count("not valid");
            }
        }
        self.verifying.add(taken);
    }
}

fn asking(body: &str) -> Vec<u8> {
    http::request("/v1/verifications", None, "application/json", body)
}

/// A connection, or none yet.
#[derive(Default)]
struct Line(Option<Connection>);

impl Line {
    /// Asks once, counts what came of it, and waits where that is asked for; what was answered well.
    async fn ask(
        &mut self,
        address: &str,
        request: &[u8],
        tally: &Tally,
        taken: &mut Vec<Duration>,
    ) -> Option<Answer> {
        let begun = Instant::now();
        match self.exchange(address, request).await {
            Ok(answer) if (200..300).contains(&answer.status) => {
                taken.push(begun.elapsed());
                tally.well.fetch_add(1, Ordering::Relaxed);
                return Some(answer);
            }
            Ok(answer) => {
                tally.count(&answer.status.to_string());
                sleep(Duration::from_secs(answer.retry_after.unwrap_or(1))).await;
            }
            Err(error) => {
                self.0 = None;
                tally.count(&error.kind().to_string());
                sleep(Duration::from_secs(1)).await;
            }
        }
        None
    }

    async fn exchange(&mut self, address: &str, request: &[u8]) -> std::io::Result<Answer> {
        let connection = match &mut self.0 {
            Some(connection) => connection,
            none => none.insert(Connection::to(address).await?),
        };
        connection.ask(request).await
    }
}

/// What was answered.
#[derive(Default)]
struct Tally {
    well: AtomicU64,
    /// Other statuses, and what else happened, by name.
    other: Mutex<BTreeMap<String, u64>>,
    taken: Mutex<Vec<Duration>>,
}

impl Tally {
    fn well(&self) -> u64 {
        self.well.load(Ordering::Relaxed)
    }

    fn count(&self, what: &str) {
        *self.other.lock().unwrap().entry(what.to_owned()).or_default() += 1;
    }

    fn add(&self, taken: Vec<Duration>) {
        self.taken.lock().unwrap().extend(taken);
    }
}

/// How the service stands.
struct Sample {
    /// MB.
    memory: f64,
    threads: f64,
}

impl Sample {
    fn of(process: Process) -> Self {
        let memory = process.status("VmRSS:").expect("it runs") / 1024.0;
        Self { memory, threads: process.status("Threads:").expect("it runs") }
    }
}

fn tell(crowd: &Crowd, samples: &[Sample], seconds: f64, most: f64) {
    for (bench, tally) in [("load.issue", &crowd.issuing), ("load.verify", &crowd.verifying)] {
        told::alone(&format!("{bench}.rate"), "answers/s", tally.well() as f64 / seconds);
        latency::tell(bench, std::mem::take(&mut *tally.taken.lock().unwrap()));
        for (what, count) in &*tally.other.lock().unwrap() {
            told::alone(&format!("{bench}.{what}"), "answers", *count as f64);
        }
    }
    // Of ten minutes the last beside the second.
    let tenth = samples.len() / 10;
    let memory = |part: &[Sample]| part.iter().map(|sample| sample.memory).sum::<f64>() / part.len() as f64;
    let (second, last) = (memory(&samples[tenth..2 * tenth]), memory(&samples[samples.len() - tenth..]));
    told::ratio("load.memory", "MB", &[(last, second)]);
    told::alone("load.memory.most", "MB", most);
    told::alone("load.threads", "threads", samples.iter().map(|sample| sample.threads).fold(0.0, f64::max));
    for tally in [&crowd.issuing, &crowd.verifying] {
        let other = tally.other.lock().unwrap();
        let wrong: Vec<&String> =
            other.keys().filter(|what| !["429", "503"].contains(&what.as_str())).collect();
        assert!(wrong.is_empty(), "only 2xx, 429 and 503 are right, not {wrong:?}");
    }
}
