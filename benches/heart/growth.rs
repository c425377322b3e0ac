//! What many licences take. One ledger grows; then: bytes on disk, time and memory to open, how fast it issues and
//! verifies beside an empty one, and an audit of the whole of it.

use serde_json::{Value, json};
use vidimus::audit::Source as _;
use vidimus::audit::prove::head;
use vidimus::merkle::{TilePath, bundles};
use vidimus::wiring::data_source::DataSource;

use super::audit;
use super::client;
use super::floor;
use super::house::{House, Scale, bytes_under};
use super::http;
use super::issue;
use super::records::{DEPARTMENT, Records};
use super::told;
use super::verify;

const ROUNDS: usize = 5;
const CONNECTIONS: usize = 64;
/// Lines of a batch while it grows.
const STEP: usize = 20_000;
/// Licences from everywhere in the ledger that are verified.
const REMEMBERED: usize = 2_000;

/// Everything about one ledger of a million licences; short: 30,000.
pub fn all(scale: Scale) {
    let mut grown = Grown::to(if scale == Scale::Long { 1_000_000 } else { 30_000 });
    beside_an_empty_one(&mut grown);
    grown.house.stop();
    size(&grown);
    open(&mut grown);
    replay(&grown);
}

/// A house with many licences.
struct Grown {
    house: House,
    records: Records,
    licences: usize,
    /// Bytes that departments sent.
    sent: u64,
    /// Handles from everywhere in the ledger.
    handles: Vec<String>,
}

impl Grown {
    fn to(licences: usize) -> Self {
        let (house, records) = (House::found(), Records::open());
        let mut grown = Self { house, records, licences: 0, sent: 0, handles: Vec::new() };
        let mut seconds = 0.0;
        while grown.licences < licences {
            let lines = (licences - grown.licences).min(STEP);
            let (rate, answers) = grown.by(lines);
            grown.remember(&answers, licences / REMEMBERED);
            grown.tell(rate);
            seconds += lines as f64 / rate;
        }
        told::alone("growth.issue", "licences/s", licences as f64 / seconds);
        told::alone("growth.memory", "MB", grown.house.memory().1);
        grown
    }

    /// Issues so many more in one batch; licences a second, and the answers.
    fn by(&mut self, lines: usize) -> (f64, Vec<u8>) {
        let requests = self.records.take(lines);
        self.licences += lines;
        self.sent += requests.iter().map(|request| request.len() as u64).sum::<u64>();
        issue::answered(&self.house, &requests)
    }

    /// One handle of `every`.
    fn remember(&mut self, answers: &[u8], every: usize) {
        let lines = answers.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).step_by(every);
        self.handles.extend(lines.map(|line| {
            let answered: Value = serde_json::from_slice(line).unwrap();
            answered["issued"]["handle"].as_str().unwrap().to_owned()
        }));
    }

    fn tell(&self, rate: f64) {
        told::sample(
            "growth.sample",
            &[
                ("licences", self.licences as f64),
                ("licences/s", rate),
                ("memory", self.house.memory().0),
                ("disk", bytes_under(&self.house.data()) as f64 / 1e6),
            ],
        );
    }

    /// Verification requests of what is remembered.
    fn shown(&self) -> Vec<String> {
        let token = self.house.token(DEPARTMENT);
        let asked = self.handles.iter().take(REMEMBERED);
        let asked =
            asked.map(|handle| http::reading(&format!("/v1/licences/{handle}/credential"), Some(&token)));
        let bodies = client::one_by_one(&self.house.address, &asked.collect::<Vec<_>>());
        bodies
            .iter()
            .map(|body| json!({"evidence": String::from_utf8_lossy(body).trim()}).to_string())
            .collect()
    }
}

/// Issuing and verifying, in turns with a ledger that has nothing in it but what this measures.
fn beside_an_empty_one(grown: &mut Grown) {
    let (empty, mut records) = (House::found(), Records::open());
    issue::many(&empty, &mut records, 256);
    let rounds: Vec<(f64, f64)> =
        (0..ROUNDS).map(|_| (grown.by(5_000).0, issue::many(&empty, &mut records, 5_000))).collect();
    told::ratio("growth.issue.beside", "licences/s", &rounds);

    let (old, new) = (grown.shown(), verify::credentials(&empty, &mut records, REMEMBERED));
    let round = |house: &House, shown: &[String]| {
        client::closed(verify::load(&house.address, "/v1/verifications", shown, 15_000), CONNECTIONS)
    };
    round(&grown.house, &old);
    round(&empty, &new);
    let rounds: Vec<(f64, f64)> =
        (0..ROUNDS).map(|_| (round(&grown.house, &old), round(&empty, &new))).collect();
    told::ratio("growth.verify.beside", "verifications/s", &rounds);
}

/// Bytes on disk for each byte of entries and payloads.
fn size(grown: &Grown) {
    let disk = bytes_under(&grown.house.data());
    let content = grown.sent + bytes_of_entries(&grown.house);
    told::alone("size", "bytes/byte", disk as f64 / content as f64);
    told::alone("size.licence", "bytes", disk as f64 / grown.licences as f64);
}

fn bytes_of_entries(house: &House) -> u64 {
    let source = DataSource::open(&house.data()).unwrap();
    let (_, checkpoint) = head(&source).unwrap();
    let bundle =
        |(index, width)| source.read(&TilePath::Entries(index, width).to_string()).unwrap().unwrap().len();
    bundles(checkpoint.size).map(|one| bundle(one) as u64).sum::<u64>() - 2 * checkpoint.size
}

/// Seconds and MB until the service listens.
fn open(grown: &mut Grown) {
    let mut seconds = Vec::new();
    let mut memory = Vec::new();
    for _ in 0..3 {
        seconds.push(grown.house.start().as_secs_f64());
        memory.push(grown.house.memory().1);
        grown.house.stop();
    }
    told::alone("open", "s", told::median(seconds));
    told::alone("open.memory", "MB", told::median(memory));
    told::alone("open.licences", "licences", grown.licences as f64);
}

/// Beside the batch equation alone, as `replay` is; here the whole command with its start and its reading.
fn replay(grown: &Grown) {
    let audit = audit::of(&grown.house, grown.licences as u64);
    told::alone("growth.export", "entries/s", audit.entries / audit.copying);
    let floor = floor::batch_equation((audit.entries as usize).div_ceil(floor::GROUP));
    told::ratio("growth.replay", "entries/s", &[(audit.entries / audit.replaying, floor)]);
    told::alone("growth.replay.memory", "MB", audit.memory);
}
