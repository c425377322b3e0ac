//! The laws of the fuzz targets (`tests/fuzz`) over their seeds, over inputs that once broke one, and over changes of each by
//! chance: an ordinary test, without libFuzzer, that says in seconds whether the targets themselves hold.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::as_conversions,
    reason = "a test fails by panicking"
)]

#[path = "fuzz/src/live.rs"]
mod live;
#[path = "fuzz/src/make.rs"]
mod make;
#[path = "fuzz/src/targets/mod.rs"]
mod targets;

use std::panic::{AssertUnwindSafe, catch_unwind};

use targets::Target;
use vidimus::crypto::base64url;
use vidimus::crypto::digest::sha256_parts;

/// Changed inputs of each target; a whole service behind it is asked less.
const CHANGES: u64 = 400;
const CHANGES_OF_A_SERVICE: u64 = 40;

fn of_parsers() -> impl Iterator<Item = &'static Target> {
    targets::ALL.iter().filter(|target| target.name != "planted")
}

/// Ends the test with the input that broke a law.
fn hold(target: &Target, input: &[u8]) {
    let held = catch_unwind(AssertUnwindSafe(|| (target.run)(input)));
    assert!(held.is_ok(), "{} breaks a law with (base64url): {}", target.name, base64url::encode(input));
}

#[test]
fn every_seed_holds_every_law() {
    for target in of_parsers() {
        let seeds = (target.seeds)();
        assert!(seeds.len() >= 5 && (target.words)().len() >= 4, "{} has nothing to begin with", target.name);
        seeds.iter().for_each(|seed| hold(target, seed));
    }
}

#[test]
fn what_once_broke_a_law_breaks_none() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/regressions");
    for target in of_parsers() {
        let Ok(folder) = std::fs::read_dir(root.join(target.name)) else { continue };
        for file in folder {
            hold(target, &std::fs::read(file.unwrap().path()).unwrap());
        }
    }
}

#[test]
fn seeds_changed_by_chance_hold_every_law() {
    for target in of_parsers() {
        let seeds = (target.seeds)();
        let words = (target.words)();
        let service = ["request", "verdict"].contains(&target.name);
        for number in 0..if service { CHANGES_OF_A_SERVICE } else { CHANGES } {
            hold(target, &changed(&seeds, &words, number));
        }
    }
}

/// A seed with one to four changes: a bit turned, a part out, doubled or of another seed, a word put in.
fn changed(seeds: &[Vec<u8>], words: &[String], number: u64) -> Vec<u8> {
    let mut drawn = 0;
    let mut below = |limit: usize| {
        drawn += 1_u64;
        let block = sha256_parts(&[&number.to_be_bytes(), &drawn.to_be_bytes()]);
        usize::try_from(u32::from_be_bytes(*block.first_chunk().unwrap())).unwrap() % limit.max(1)
    };
    let mut input = seeds[below(seeds.len())].clone();
    for _ in 0..=below(4) {
        let start = below(input.len() + 1);
        let end = input.len().min(start + below(24));
        match below(6) {
            0 if start < input.len() => input[start] ^= 1 << below(8),
            1 => drop(input.drain(start..end)),
            2 => {
                let part = input[start..end].to_vec();
                input.splice(start..start, part);
            }
            3 => {
                let other = &seeds[below(seeds.len())];
                let from = below(other.len() + 1);
                let part = other[from..other.len().min(from + below(64))].to_vec();
                input.splice(start..end, part);
            }
            4 => {
                let digit = [b"0123456789"[below(10)]];
                input.splice(start..end.min(start + 1), digit);
            }
            _ => drop(input.splice(start..end.min(start + 2), words[below(words.len())].bytes())),
        }
    }
    input
}

#[test]
fn the_planted_bug_is_there() {
    let planted = targets::ALL.iter().find(|target| target.name == "planted").unwrap();
    assert!(catch_unwind(|| (planted.run)(b"tile/3/000")).is_err());
    (planted.run)(b"tile/3/00");
}
