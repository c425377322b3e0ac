//! How fast the heart is, each figure as a ratio to a floor of the same run on the same cores.
//!
//! `cargo bench` runs the short ones, `cargo bench -- verify` those whose name has that in it, `cargo bench -- --long`
//! also those that need minutes. Each prints one JSON line on stdout; what happens meanwhile is told on stderr.
//!
//! The product is always the real program: a child process with its own store on disk, spoken to over loopback. The
//! floors stand in `floor`, other people's programs in `peers`. Not here: tests. Nothing fails because it was slow.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::string_slice,
    reason = "a bench ends where it fails, and its figures are approximate"
)]

mod audit;
mod client;
mod floor;
mod growth;
mod house;
mod http;
mod issue;
mod latency;
mod lawful;
mod load;
mod peers;
mod records;
mod replay;
mod told;
mod verify;

use house::Scale;

/// The program's own allocator: replays run in this process.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What it can be called, and what it does.
type Bench = (&'static str, fn(Scale));

/// Every bench, the short ones first.
const BENCHES: [Bench; 11] = [
    ("issue.batch", issue::batch),
    ("issue.single", issue::single),
    ("issue.lawful", lawful::lawful),
    ("verify.single", verify::single),
    ("verify.batch", verify::batch),
    ("replay", replay::law),
    ("replay.hash", replay::hash),
    ("latency", latency::half_load),
    ("peers", peers::all),
    ("load", load::crowd),
    ("growth, size, open", growth::all),
];

fn main() {
    let mut arguments: Vec<String> = std::env::args().skip(1).filter(|given| given != "--bench").collect();
    if arguments.first().is_some_and(|first| first == floor::SERVER) {
        return floor::serve();
    }
    let long = arguments.iter().any(|given| given == "--long");
    arguments.retain(|given| !given.starts_with("--"));
    let scale = if long { Scale::Long } else { Scale::Short };
    for (name, bench) in BENCHES {
        if arguments.is_empty() || arguments.iter().any(|wanted| name.contains(wanted.as_str())) {
            eprintln!("{name} …");
            bench(scale);
        }
    }
}
