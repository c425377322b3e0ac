//! How long one request takes while the service is half as busy as it can be.

use std::time::Duration;

use super::client;
use super::house::{House, Scale};
use super::issue;
use super::records::Records;
use super::told;
use super::verify;

const CONNECTIONS: usize = 64;

/// p50 and p99 of single issue and single verify, from when each was due.
pub fn half_load(scale: Scale) {
    let seconds = if scale == Scale::Long { 60.0 } else { 8.0 };
    let (house, mut records) = (House::found(), Records::open());
    let most = issue::one_each(&house, &mut records, 4_000);
    let count = (most / 2.0 * seconds) as usize;
    let load = issue::load(&house, &mut records, count);
    tell("latency.issue", client::open(load, CONNECTIONS, most / 2.0));

    let shown = verify::credentials(&house, &mut records, 2_000);
    let load = |count| verify::load(&house.address, "/v1/verifications", &shown, count);
    let most = client::closed(load(20_000), CONNECTIONS);
    let count = (most / 2.0 * seconds) as usize;
    tell("latency.verify", client::open(load(count), CONNECTIONS, most / 2.0));
}

fn tell(bench: &str, mut taken: Vec<Duration>) {
    taken.sort();
    for (name, part) in [("p50", 0.5), ("p99", 0.99)] {
        let at = ((taken.len() - 1) as f64 * part) as usize;
        told::alone(&format!("{bench}.{name}"), "ms", taken[at].as_secs_f64() * 1e3);
    }
}
