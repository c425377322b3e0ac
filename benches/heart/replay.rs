//! Replay of an exported ledger, by the function that the auditor's command calls.

use std::time::Instant;

use vidimus::audit::source::{Directory, Source};
use vidimus::audit::{self, Pins};
use vidimus::merkle::{TilePath, bundles, decode_bundle};

use super::floor;
use super::house::{House, Scale};
use super::issue;
use super::records::Records;
use super::told;

const ROUNDS: usize = 5;

/// An exported ledger of about so many licences.
struct Ledger {
    _house: House,
    source: Directory,
    entries: Vec<Vec<u8>>,
}

impl Ledger {
    fn of(licences: usize) -> Self {
        let (mut house, mut records) = (House::found(), Records::open());
        issue::many(&house, &mut records, licences);
        house.stop();
        let folder = house.folder.path().join("export");
        let exported = std::process::Command::new(env!("CARGO_BIN_EXE_vidimus"))
            .args(["ledger", "export", "--data"])
            .arg(house.data())
            .arg(&folder)
            .output()
            .unwrap();
        assert!(exported.status.success(), "{}", String::from_utf8_lossy(&exported.stderr));
        let source = Directory::open(&folder).unwrap();
        let size = audit::replay(&source, &Pins::default(), &mut |_| {}).unwrap().summary.size;
        let entries = bundles(size).flat_map(|(index, width)| {
            let bytes = source.read(&TilePath::Entries(index, width).to_string()).unwrap().unwrap();
            decode_bundle(&bytes, width).unwrap().into_iter().map(<[u8]>::to_vec).collect::<Vec<_>>()
        });
        Self { entries: entries.collect(), source, _house: house }
    }
}

fn licences(scale: Scale) -> usize {
    if scale == Scale::Long { 200_000 } else { 20_000 }
}

/// Entries a second: hashes, tiles, signatures and the law.
pub fn law(scale: Scale) {
    let ledger = Ledger::of(licences(scale));
    let size = ledger.entries.len();
    let rounds: Vec<(f64, f64)> = (0..ROUNDS)
        .map(|_| {
            let begun = Instant::now();
            let audit = audit::replay(&ledger.source, &Pins::default(), &mut |_| {}).unwrap();
            assert!(audit.summary.holds, "{:?}", audit.summary.violations);
            (size as f64 / begun.elapsed().as_secs_f64(), floor::batch_equation(size.div_ceil(floor::GROUP)))
        })
        .collect();
    told::ratio("replay", "entries/s", &rounds);
}

/// Entries a second: hashes and tiles only.
pub fn hash(scale: Scale) {
    let ledger = Ledger::of(licences(scale));
    let size = ledger.entries.len();
    let times = 200_000 / size + 1;
    let rounds: Vec<(f64, f64)> = (0..ROUNDS)
        .map(|_| {
            let begun = Instant::now();
            for _ in 0..times {
                assert!(audit::hashes(&ledger.source).unwrap().findings.is_empty());
            }
            ((size * times) as f64 / begun.elapsed().as_secs_f64(), floor::hash(&ledger.entries, times))
        })
        .collect();
    told::ratio("replay.hash", "entries/s", &rounds);
}
