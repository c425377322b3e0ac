//! What a test service's ledger comes to for a stranger: every entry read from the served files and replayed by the law.

use axum::http::StatusCode;
use serde_json::Value;
use vidimus::crypto::Digest;
use vidimus::law;
use vidimus::ledger::body::StateAnchored;
use vidimus::ledger::checkpoint::Checkpoint;
use vidimus::ledger::state::tree::{BLOCK, StateTree, Stood, block};
use vidimus::ledger::state::{MemoryState, View as _};
use vidimus::merkle::{TilePath, bundles, decode_bundle};
use vidimus::note::{Note, VerifierKey};

use super::Service;

impl Service {
    /// Replays every entry from the served files alone and compares root, checkpoint and status lists.
    pub async fn check_ledger(&self) {
        self.authority.publish().unwrap();
        let vkey = self.get("/ledger/vkey").await;
        let keys: Vec<VerifierKey> = vkey.text().lines().map(|line| line.parse().unwrap()).collect();
        let note: Note = self.get("/ledger/checkpoint").await.text().parse().unwrap();
        note.verify(&keys).unwrap();
        let checkpoint: Checkpoint = note.text().parse().unwrap();
        let entries = self.entries(checkpoint.size).await;
        let state = self.replay(&entries, |_| {}).await;
        assert_eq!(state.charter().size(), checkpoint.size);
        assert_eq!(state.range().root().0, checkpoint.root);
        self.check_statuses(&state).await;
    }

    /// Replays entries by the law and looks at the state after each.
    pub async fn replay(&self, entries: &[Vec<u8>], mut after: impl FnMut(&MemoryState)) -> MemoryState {
        let mut state = MemoryState::new();
        for name in entries.iter().flat_map(|bytes| blobs_named(bytes)) {
            let served = self.get(&format!("/ledger/blob/sha256/{name}")).await;
            assert_eq!(Digest::of(&served.body), name);
            state.add_blob(served.body);
        }
        for bytes in entries {
            let (_, applied) = law::judge(&state, bytes).unwrap();
            let effects = law::discharge(vec![applied]).unwrap();
            effects.iter().for_each(|effects| state.absorb(effects));
            after(&state);
        }
        state
    }

    /// Enters an anchor of the states of the first blocks, sooner than the service would.
    pub async fn anchor_states(&self, size: u64) {
        let entries = self.entries(self.authority.published().range.size()).await;
        let state = self.replay(&entries, |_| {}).await;
        let (origin, mut tree) = (state.charter().origin().unwrap(), StateTree::default());
        let blocks = (0..size / BLOCK).map(|number| {
            let first = number * BLOCK;
            let stood = state.begun(first, first + BLOCK);
            let stood = stood.map(|one| (one.first().unwrap().index, Stood::at(one, size).unwrap()));
            (number, block(origin, first, stood).unwrap())
        });
        tree.put(&blocks.collect());
        let due = StateAnchored { root: Digest(tree.root().0), size };
        self.authority.anchor_states(due).await.unwrap();
    }

    /// The first `size` entries, from the served bundles.
    pub async fn entries(&self, size: u64) -> Vec<Vec<u8>> {
        let mut entries = Vec::new();
        for (bundle, width) in bundles(size) {
            let path = TilePath::Entries(bundle, width);
            let served = self.get(&format!("/ledger/{path}")).await;
            assert_eq!(served.status, StatusCode::OK, "{path}");
            entries.extend(decode_bundle(&served.body, width).unwrap().into_iter().map(<[u8]>::to_vec));
        }
        entries
    }

    async fn check_statuses(&self, state: &MemoryState) {
        let lists: Value = self.get("/status").await.json();
        let numbers: Vec<u32> = state.statuses().lists().collect();
        assert_eq!(lists["status_lists"].as_array().unwrap().len(), numbers.len());
        for number in numbers {
            let served = self.get(&format!("/status/{number}")).await;
            assert_eq!(served.header("content-type"), "application/statuslist+jwt");
            let token = vidimus::status_list::StatusToken::parse(served.text()).unwrap();
            for (place, value) in state.statuses().of_list(number) {
                assert_eq!(token.list().value(u64::from(place.index)).unwrap(), value, "{place:?}");
            }
        }
    }
}

/// The digests of public material that an entry names, wherever they stand.
fn blobs_named(entry: &[u8]) -> Vec<Digest> {
    fn walk(value: &Value, found: &mut Vec<Digest>) {
        match value {
            Value::Object(members) => {
                if let (Some(Value::String(name)), Some(_)) = (members.get("sha256"), members.get("size")) {
                    found.push(name.parse().unwrap());
                }
                members.values().for_each(|value| walk(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| walk(value, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(&serde_json::from_slice(entry).unwrap(), &mut found);
    found
}
