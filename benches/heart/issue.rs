//! Issuing: over HTTP, real records, durable, sealed.

use super::client::{self, Load};
use super::floor;
use super::house::{House, Scale};
use super::records::{DEPARTMENT, Records};
use super::told;

/// Connections of single requests.
const CONNECTIONS: usize = 64;

/// Licences a second in one batch.
pub fn batch(scale: Scale) {
    let lines = if scale == Scale::Long { 20_000 } else { 6_000 };
    let (house, mut records) = (House::found(), Records::open());
    many(&house, &mut records, 256);
    told::ratio_of(house.process(), "issue.batch", "licences/s", lines, || {
        (many(&house, &mut records, lines), floor::issue(lines / floor::GROUP))
    });
}

/// Issues so many in one batch; licences a second.
pub fn many(house: &House, records: &mut Records, lines: usize) -> f64 {
    answered(house, &records.take(lines)).0
}

/// Issues these in one batch; licences a second, and a line for each.
pub fn answered(house: &House, requests: &[String]) -> (f64, Vec<u8>) {
    let (lines, body) = (requests.len(), requests.join("\n"));
    let path = "/v1/licences/batch?brief=true";
    let request = client::request(path, Some(&house.token(DEPARTMENT)), "application/x-ndjson", &body);
    let begun = std::time::Instant::now();
    let answer = client::whole(&house.address, &request);
    let taken = begun.elapsed().as_secs_f64();
    let answers = answer.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let refused = answers.clone().find(|line| !client::has(line, b"\"issued\":"));
    assert!(refused.is_none(), "{}", String::from_utf8_lossy(refused.unwrap_or_default()));
    assert_eq!(answers.count(), lines);
    (lines as f64 / taken, answer)
}

/// Licences a second, one a request.
pub fn single(scale: Scale) {
    let count = if scale == Scale::Long { 20_000 } else { 4_000 };
    let (house, mut records) = (House::found(), Records::open());
    one_each(&house, &mut records, 256);
    told::ratio_of(house.process(), "issue.single", "licences/s", count, || {
        (one_each(&house, &mut records, count), floor::issue(count / floor::GROUP))
    });
}

/// Issues so many, one a request; licences a second.
pub fn one_each(house: &House, records: &mut Records, count: usize) -> f64 {
    client::closed(load(house, records, count), CONNECTIONS)
}

/// Requests that issue one licence each.
pub fn load(house: &House, records: &mut Records, count: usize) -> Load {
    let token = house.token(DEPARTMENT);
    let request = |body: &String| client::request("/v1/licences", Some(&token), "application/json", body);
    let requests = records.take(count).iter().map(request).collect();
    Load { address: house.address.clone(), requests, must: "\"credential\":" }
}
