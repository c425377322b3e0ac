//! Outside witnesses at hand: real ones, each with a memory of its own, reached without a network, and down when told so.

#![allow(dead_code, reason = "each test crate uses some of it")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a harness is a test, and a test ends where it fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use tower::ServiceExt as _;

use vidimus::authority::witnesses::{AskError, Eyes, Witnesses};
use vidimus::crypto::PrivateKey;
use vidimus::http::{WitnessState, witness_router};
use vidimus::ledger::policy::{Party, Policy};
use vidimus::ledger::submission::Submission;
use vidimus::note::{KeyName, Scheme, VerifierKey};
use vidimus::values::time::Clock;
use vidimus::witness::{Followed, Memory, MemoryError, Witness};

/// The witnesses, by their names in a policy, and the seeds of their keys.
const ALL: [(&str, u8); 3] = [("a", 0xa1), ("b", 0xb1), ("c", 0xc1)];

#[derive(Default)]
struct Remembered(Mutex<BTreeMap<KeyName, String>>);

impl Memory for Remembered {
    fn last(&self, origin: &KeyName) -> Result<Option<String>, MemoryError> {
        Ok(self.0.lock().unwrap().get(origin).cloned())
    }

    fn replace(&self, origin: &KeyName, _: Option<&str>, new: &str) -> Result<(), MemoryError> {
        self.0.lock().unwrap().insert(origin.clone(), new.to_owned());
        Ok(())
    }
}

/// Three witnesses of one log.
pub struct AtHand {
    routers: BTreeMap<&'static str, Router>,
    down: Mutex<BTreeSet<&'static str>>,
    asked: Mutex<Vec<String>>,
}

fn key(seed: u8) -> PrivateKey {
    PrivateKey::from_seed(&[seed; 32]).unwrap()
}

fn name(witness: &str) -> KeyName {
    format!("{witness}.example/w").parse().unwrap()
}

impl AtHand {
    /// Who follow this log, by this clock.
    pub fn following(log: &VerifierKey, clock: &Arc<dyn Clock>) -> Arc<Self> {
        let begun = |(of, seed): (&'static str, u8)| {
            let logs = Followed::parse(&format!("{log}\n")).unwrap();
            let witness = Witness::begin(name(of), key(seed), logs, Box::new(Remembered::default())).unwrap();
            (of, witness_router(Arc::new(WitnessState { witness, clock: Arc::clone(clock) })))
        };
        let routers = ALL.into_iter().map(begun).collect();
        Arc::new(Self { routers, down: Mutex::default(), asked: Mutex::default() })
    }

    /// From now on these cannot be reached.
    pub fn take_down(&self, names: &[&'static str]) {
        *self.down.lock().unwrap() = names.iter().copied().collect();
    }

    /// Who was reached or tried since this was asked last, sorted.
    pub fn asked(&self) -> Vec<String> {
        let mut asked = std::mem::take(&mut *self.asked.lock().unwrap());
        asked.sort();
        asked.dedup();
        asked
    }

    /// As outside eyes, two of the three being a quorum.
    pub fn eyes(self: &Arc<Self>, within: Option<Duration>) -> Eyes {
        Eyes { policy: Arc::new(policy(None)), witnesses: Arc::<Self>::clone(self), within }
    }
}

/// Two of the three, for this log or for any.
pub fn policy(log: Option<&VerifierKey>) -> Policy {
    let mut text = log.map_or_else(String::new, |log| format!("log {log}\n"));
    for (of, seed) in ALL {
        let vkey = VerifierKey::of(name(of), Scheme::Cosignature, key(seed).public()).unwrap();
        text.push_str(&format!("witness {of} {vkey} http://{of}.example\n"));
    }
    text.push_str("group two 2 a b c\nquorum two\n");
    Policy::parse(text.as_bytes()).unwrap()
}

impl Witnesses for AtHand {
    fn submit(&self, witness: &Party, submission: &Submission) -> Result<(u16, Vec<u8>), AskError> {
        self.asked.lock().unwrap().push(witness.name.clone());
        if self.down.lock().unwrap().contains(witness.name.as_str()) {
            return Err(AskError::Unreachable("down".into()));
        }
        let router = self.routers.get(witness.name.as_str()).unwrap().clone();
        let request = Request::post("/add-checkpoint").body(Body::from(submission.to_string())).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let answer = router.oneshot(request).await.unwrap();
            let status = answer.status().as_u16();
            Ok((status, to_bytes(answer.into_body(), 1 << 20).await.unwrap().to_vec()))
        })
    }
}
