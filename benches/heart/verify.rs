//! Verifying: over HTTP, unsigned reports, real credentials with everything disclosed.

use serde_json::{Value, json};

use super::client::{self, Load};
use super::floor::Server;
use super::house::{House, Scale};
use super::records::{DEPARTMENT, Records};
use super::told;

const ROUNDS: usize = 5;
const CONNECTIONS: usize = 64;
/// Different credentials that are shown.
const CREDENTIALS: usize = 2_000;

/// Verifications a second, one a request.
pub fn single(scale: Scale) {
    let count = if scale == Scale::Long { 50_000 } else { 15_000 };
    let (house, floor) = (House::found(), Server::start());
    let shown = credentials(&house, &mut Records::open(), CREDENTIALS);
    let round = |address: &str, path: &str| client::closed(load(address, path, &shown, count), CONNECTIONS);
    round(&house.address, "/v1/verifications");
    let rounds: Vec<(f64, f64)> = (0..ROUNDS)
        .map(|_| (round(&house.address, "/v1/verifications"), round(&floor.address, "/one")))
        .collect();
    told::ratio("verify.single", "verifications/s", &rounds);
}

/// Credentials a second, NDJSON, brief reports.
pub fn batch(scale: Scale) {
    let count = if scale == Scale::Long { 100_000 } else { 20_000 };
    let (house, floor) = (House::found(), Server::start());
    let shown = credentials(&house, &mut Records::open(), CREDENTIALS);
    let lines: Vec<&str> = shown.iter().map(String::as_str).cycle().take(count).collect();
    let body = lines.join("\n");
    let token = house.token(DEPARTMENT);
    let round = |address: &str, path: &str| {
        let request = client::request(path, Some(&token), "application/x-ndjson", &body);
        let begun = std::time::Instant::now();
        let answer = client::whole(address, &request);
        let taken = begun.elapsed().as_secs_f64();
        let answers = answer.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let valid = answers.clone().filter(|line| client::has(line, b"\"verdict\":\"valid\"")).count();
        assert_eq!(valid, count, "{:?}", answers.take(1).map(String::from_utf8_lossy).collect::<Vec<_>>());
        count as f64 / taken
    };
    round(&house.address, "/v1/verifications/batch?brief=true");
    let rounds: Vec<(f64, f64)> = (0..ROUNDS)
        .map(|_| {
            (round(&house.address, "/v1/verifications/batch?brief=true"), round(&floor.address, "/lines"))
        })
        .collect();
    told::ratio("verify.batch", "credentials/s", &rounds);
}

/// Verification requests, each over a licence that was just issued.
pub fn credentials(house: &House, records: &mut Records, count: usize) -> Vec<String> {
    let body = records.take(count).join("\n");
    let request =
        client::request("/v1/licences/batch", Some(&house.token(DEPARTMENT)), "application/x-ndjson", &body);
    let answer = client::whole(&house.address, &request);
    let lines = answer.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines
        .map(|line| {
            let answered: Value = serde_json::from_slice(line).unwrap();
            let credential = answered["issued"]["credential"].as_str().expect("a licence is issued");
            json!({"evidence": credential}).to_string()
        })
        .collect()
}

/// So many requests over these bodies.
pub fn load(address: &str, path: &str, bodies: &[String], count: usize) -> Load {
    let ready: Vec<Vec<u8>> =
        bodies.iter().map(|body| client::request(path, None, "application/json", body)).collect();
    let requests = ready.iter().cycle().take(count).cloned().collect();
    Load { address: address.to_owned(), requests, must: "\"verdict\":\"valid\"" }
}
