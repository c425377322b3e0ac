//! How long one request takes while the service is half as busy as it can be.
//!
//! Half of what? Of the rate that as many connections reach in the same run when each asks again as soon as it is
//! answered. From when? From the moment a request was due, on an even beat that waits for nobody: what a slow answer holds
//! up counts as slow as well (no coordinated omission). Who asks runs on the same cores.

use std::time::Duration;

use super::client::{self, Load};
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
    half_of("latency.issue", seconds, |count| issue::load(&house, &mut records, count));
    let shown = verify::credentials(&house, &mut records, 2_000);
    half_of("latency.verify", seconds, |count| {
        verify::load(&house.address, "/v1/verifications", &shown, count)
    });
}

/// Finds the most that is answered, after a first second that warms up, and asks half as often.
fn half_of(bench: &str, seconds: f64, mut load: impl FnMut(usize) -> Load) {
    let first = client::closed(load(1_000), CONNECTIONS);
    let most = client::closed(load((first * 4.0) as usize), CONNECTIONS);
    let rate = most / 2.0;
    let taken = client::open(load((rate * seconds) as usize), CONNECTIONS, rate);
    told::alone(&format!("{bench}.rate"), "requests/s", rate);
    tell(bench, taken);
}

/// The middle, and what one of a hundred takes at least.
pub fn tell(bench: &str, mut taken: Vec<Duration>) {
    taken.sort_unstable();
    for (name, part) in [("p50", 0.5), ("p99", 0.99)] {
        let at = ((taken.len() - 1) as f64 * part) as usize;
        told::alone(&format!("{bench}.{name}"), "ms", taken[at].as_secs_f64() * 1e3);
    }
}
