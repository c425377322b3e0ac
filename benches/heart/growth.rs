//! What many licences take: bytes on disk, and time and memory to open.

use vidimus::audit::Source as _;
use vidimus::audit::prove::head;
use vidimus::merkle::{TilePath, bundles};
use vidimus::wiring::data_source::DataSource;

use super::house::{House, Scale, bytes_under};
use super::issue;
use super::records::Records;
use super::told;

/// Bytes on disk for each byte of entries and payloads.
pub fn size(scale: Scale) {
    let mut grown = Grown::to(scale);
    grown.house.stop();
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
pub fn open(scale: Scale) {
    let mut grown = Grown::to(scale);
    grown.house.stop();
    let mut seconds = Vec::new();
    let mut memory = Vec::new();
    for _ in 0..3 {
        seconds.push(grown.house.start().as_secs_f64());
        memory.push(grown.house.memory().1);
        grown.house.stop();
    }
    let licences = grown.licences;
    told::alone(&format!("open.{licences}"), "s", told::median(seconds));
    told::alone(&format!("open.{licences}.memory"), "MB", told::median(memory));
}

/// A house with many licences.
struct Grown {
    house: House,
    licences: usize,
    /// Bytes that departments sent.
    sent: u64,
}

impl Grown {
    fn to(scale: Scale) -> Self {
        let licences = if scale == Scale::Long { 1_000_000 } else { 30_000 };
        let (house, mut records) = (House::found(), Records::open());
        let mut sent = 0;
        let mut done = 0;
        while done < licences {
            let lines = (licences - done).min(20_000);
            let requests = records.take(lines);
            sent += requests.iter().map(|request| request.len() as u64).sum::<u64>();
            let rate = issue::all(&house, &requests);
            done += lines;
            eprintln!("  {done} licences, {rate:.0}/s, {:.0} MB", house.memory().0);
        }
        Self { house, licences, sent }
    }
}
