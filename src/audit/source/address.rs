//! A server, asked over HTTP. Whatever base URL its authority has, its names are resolved by path under the address
//! that was given (law 0, section 1).

use std::collections::BTreeMap;
use std::io::Read as _;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use serde::Deserialize;
use ureq::Agent;

use super::{STATUS, Source, SourceError, WITNESSED, limit};
use crate::merkle::{TilePath, Width, decode_bundle, encode_bundle};
use crate::status_list::StatusToken;

/// How long a server that is away or busy is waited for, where nobody says otherwise.
const PATIENCE: Duration = Duration::from_millis(750);
/// The first wait; each next is twice as long, up to the longest.
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(8);
/// Most lists that a server may name.
const MAX_LISTS: usize = 65_536;
/// Most bytes of all their tokens together: those of some thousand full lists.
const MAX_TOKEN_BYTES: usize = 256 << 20;

/// A server's base address.
pub struct Address {
    base: String,
    agent: Agent,
    patience: Duration,
    /// A list's token can change at any time: what was read first is what is checked.
    tokens: Mutex<BTreeMap<String, Vec<u8>>>,
}

/// `GET /status`.
#[derive(Deserialize)]
struct Aggregation {
    status_lists: Vec<String>,
}

impl Address {
    /// The server at this base address, asked by this agent; a slash at its end does not matter. Nothing is asked yet.
    pub fn new(base: &str, agent: Agent) -> Self {
        Self {
            base: base.trim_end_matches('/').to_owned(),
            agent,
            patience: PATIENCE,
            tokens: Mutex::default(),
        }
    }

    /// The same, waiting for that long in all for each file while the server is away or busy.
    pub fn patient(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// The bytes at `path` of the server; `None` for 404 and 410.
    fn get(&self, path: &str, accept: &str, limit: u64) -> Result<Option<Vec<u8>>, SourceError> {
        let address = format!("{}/{path}", self.base);
        let (mut waited, mut next) = (Duration::ZERO, FIRST_WAIT);
        loop {
            let error = match self.get_once(&address, accept, limit) {
                Err(error) if may_pass(&error) => error,
                answer => return answer,
            };
            // A server that says when it will answer is not asked before.
            let wait = asked_to_wait(&error).map_or(next, |asked| asked.max(next));
            let all = waited.saturating_add(wait);
            // That no quorum was reached yet is an answer, not a server that is busy.
            if all > self.patience || path.strip_prefix("ledger/") == Some(WITNESSED) {
                return Err(error);
            }
            thread::sleep(wait);
            (waited, next) = (all, (next * 2).min(LONGEST_WAIT));
        }
    }

    fn get_once(&self, address: &str, accept: &str, limit: u64) -> Result<Option<Vec<u8>>, SourceError> {
        let unreachable = |reason: String| SourceError::Unreachable { address: address.to_owned(), reason };
        let answer = self.agent.get(address).header("Accept", accept).call();
        let answer = answer.map_err(|error| unreachable(error.to_string()))?;
        match answer.status().as_u16() {
            200 => {
                let mut bytes = Vec::new();
                let body = answer.into_body().into_reader();
                body.take(limit).read_to_end(&mut bytes).map_err(|error| unreachable(error.to_string()))?;
                Ok(Some(bytes))
            }
            404 | 410 => Ok(None),
            status => {
                let after = answer.headers().get("retry-after").and_then(|after| after.to_str().ok());
                let after = after.and_then(|after| after.trim().parse().ok());
                Err(SourceError::Answer { address: address.to_owned(), status, after })
            }
        }
    }

    fn ledger(&self, path: &str) -> Result<Option<Vec<u8>>, SourceError> {
        self.get(&format!("ledger/{path}"), "*/*", limit(path))
    }

    /// A partial tile or bundle out of the full one, which may have taken its place meanwhile.
    fn cut_from_full(&self, path: &str) -> Result<Option<Vec<u8>>, SourceError> {
        match path.parse() {
            Ok(TilePath::Hashes(tile, width)) if !width.is_full() => {
                let full = self.ledger(&TilePath::Hashes(tile, Width::FULL).to_string())?;
                Ok(full.and_then(|bytes| bytes.get(..width.count() * 32).map(<[u8]>::to_vec)))
            }
            Ok(TilePath::Entries(index, width)) if !width.is_full() => {
                let full = self.ledger(&TilePath::Entries(index, Width::FULL).to_string())?;
                Ok(full.and_then(|bytes| {
                    let entries = decode_bundle(&bytes, Width::FULL).ok()?;
                    encode_bundle(entries.get(..width.count())?).ok()
                }))
            }
            _ => Ok(None),
        }
    }

    /// The token of a list under the path that an export would give it.
    fn token(&self, list: &str) -> Result<(String, Vec<u8>), SourceError> {
        let path = format!("{STATUS}{list}");
        let bytes = self.get(&path, "application/statuslist+jwt", limit(&path))?.unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let made =
            StatusToken::parse(&text).map_or_else(|_| "unreadable".into(), |token| token.iat().to_string());
        Ok((format!("{path}/{made}"), bytes))
    }
}

impl Source for Address {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, SourceError> {
        if path.starts_with(STATUS) {
            let tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
            return Ok(tokens.get(path).cloned());
        }
        match self.ledger(path)? {
            None => self.cut_from_full(path),
            found => Ok(found),
        }
    }

    fn tokens(&self) -> Result<Vec<String>, SourceError> {
        let Some(bytes) = self.get("status", "application/json", limit(STATUS))? else {
            return Ok(Vec::new());
        };
        let unreadable = || SourceError::Unreadable {
            address: format!("{}/status", self.base),
            expected: "the addresses of status lists",
        };
        let named: Aggregation = serde_json::from_slice(&bytes).map_err(|_| unreadable())?;
        if named.status_lists.len() > MAX_LISTS {
            return Err(unreadable());
        }
        let (mut read, mut bytes_read) = (BTreeMap::new(), 0);
        for address in &named.status_lists {
            let (_, list) = address.rsplit_once("/status/").ok_or_else(unreadable)?;
            let number: u32 = list.parse().map_err(|_| unreadable())?;
            let (path, bytes) = self.token(&number.to_string())?;
            bytes_read += bytes.len();
            if bytes_read > MAX_TOKEN_BYTES {
                return Err(unreadable());
            }
            read.insert(path, bytes);
        }
        let paths = read.keys().cloned().collect();
        *self.tokens.lock().unwrap_or_else(PoisonError::into_inner) = read;
        Ok(paths)
    }

    fn files(&self) -> Result<Option<Vec<String>>, SourceError> {
        Ok(None)
    }
}

/// Whether asking once more may help.
fn may_pass(error: &SourceError) -> bool {
    match error {
        SourceError::Unreachable { .. } => true,
        SourceError::Answer { status, .. } => matches!(status, 429 | 500..=599),
        SourceError::Unreadable { .. } | SourceError::Io { .. } => false,
    }
}

/// How long the server asks to be left alone.
fn asked_to_wait(error: &SourceError) -> Option<Duration> {
    match error {
        SourceError::Answer { after, .. } => after.map(Duration::from_secs),
        _ => None,
    }
}
