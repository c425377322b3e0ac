//! States that are anchored: by the service, made again by whoever replays, after a restart and without what was stored of them.

use std::sync::Arc;

use serde_json::json;
use vidimus::authority::entries::PACK;
use vidimus::authority::store::{Row, STATES, Store as _, Write};
use vidimus::authority::{ActWish, Authority, STATES_EVERY, StatesMade, Verb};
use vidimus::crypto::Digest;
use vidimus::ledger::state::tree::{self, StateTree, Stood};
use vidimus::ledger::state::{MemoryState, View as _};

use crate::bench::{Bench, business, check_ledger, issue};

/// Issues until there are so many entries.
pub async fn grow(bench: &Bench, authority: &Arc<Authority>, until: u64) {
    let market = bench.code("market-regulation");
    while authority.published().range.size() < until {
        let first = authority.published().range.size();
        let issuing = (first..until.min(first + 64)).map(|number| {
            let (authority, market) = (Arc::clone(authority), market.clone());
            tokio::spawn(async move {
                issue(&authority, &market, &business(&format!("公司{number}")), &number.to_string())
                    .await
                    .map(drop)
            })
        });
        for one in issuing.collect::<Vec<_>>() {
            one.await.unwrap().unwrap();
        }
    }
}

/// The root of the states at a size, from what a replay has.
pub fn made(state: &MemoryState, size: u64) -> Digest {
    let (origin, mut tree) = (state.charter().origin().unwrap(), StateTree::default());
    let blocks = (0..size / tree::BLOCK).map(|number| {
        let first = number * tree::BLOCK;
        let stood = state.begun(first, first + tree::BLOCK);
        let stood = stood.map(|one| (one.first().unwrap().index, Stood::at(one, size).unwrap()));
        (number, tree::block(origin, first, stood).unwrap())
    });
    tree.put(&blocks.collect());
    Digest(tree.root().0)
}

/// Goes on until nothing is behind.
pub fn all_made(authority: &Authority) -> StatesMade {
    for _ in 0..9 {
        let made = authority.make_states().unwrap();
        if made != StatesMade::Behind {
            return made;
        }
    }
    panic!("it does not come to an end");
}

async fn anchor(authority: &Authority) -> u64 {
    let StatesMade::Due(due) = all_made(authority) else { panic!("an anchor is due") };
    let (size, root) = (due.size, due.root);
    authority.anchor_states(due).await.unwrap();
    assert_eq!(made(&check_ledger(authority), size), root);
    assert_eq!(authority.published().charter.state_anchored(), Some(size));
    assert_eq!(authority.make_states().unwrap(), StatesMade::Nothing);
    size
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_anchors_what_a_replay_makes_again() {
    let bench = Bench::new();
    let authority = Arc::new(bench.start(None).unwrap());
    assert_eq!(authority.make_states().unwrap(), StatesMade::Nothing);
    let market = bench.code("market-regulation");
    let old = issue(&authority, &market, &business("先"), "first").await.unwrap().handle;
    bench.tick(1_000);
    grow(&bench, &authority, STATES_EVERY + 3).await;
    assert_eq!(anchor(&authority).await, STATES_EVERY);
    let first = authority.standing_proof(&old, None).unwrap();
    let before = bench.store.scan(b"S", None, 9).unwrap();
    let (body, verb) = (json!({"reason": "核查"}), Verb::Suspend);
    let wish = ActWish { department: &market, handle: &old, verb, body: &body, key: None, dry_run: false };
    authority.act(wish).await.unwrap();
    grow(&bench, &authority, 2 * STATES_EVERY + 1).await;
    // What is made and not yet entered proves nothing, and takes nothing from what is proved.
    assert!(matches!(authority.make_states().unwrap(), StatesMade::Due(_)));
    let leaf = |proof: &str| proof.lines().nth(1).unwrap().to_owned();
    assert_eq!(leaf(&authority.standing_proof(&old, None).unwrap()), leaf(&first));
    drop(authority);

    // A start goes on from what is stored, and without it comes to the same.
    let lost = Bench { store: Arc::new(bench.store.copy()), ..bench.again() };
    lost.store.put(vec![Write::remove(Row::Single(STATES))]).unwrap();
    let (kept, lost) = (bench.start(None).unwrap(), lost.start(None).unwrap());
    // Before what is due, what is anchored: it is proved from, also where nothing can be entered any more.
    assert_eq!(kept.make_states().unwrap(), StatesMade::Behind);
    assert_eq!(leaf(&kept.standing_proof(&old, None).unwrap()), leaf(&first));
    let due = all_made(&kept);
    assert_eq!(all_made(&lost), due);
    assert_eq!(anchor(&kept).await, 2 * STATES_EVERY);
    assert_ne!(bench.store.scan(b"S", None, 9).unwrap(), before);
    assert!(leaf(&kept.standing_proof(&old, None).unwrap()).contains("suspended"));
}

/// Rows that are not those of the newest anchor, or that none vouches for yet, are made again: the next anchor is right.
#[tokio::test(flavor = "multi_thread")]
async fn damaged_rows_are_never_anchored() {
    let bench = Bench::new();
    let authority = Arc::new(bench.start(None).unwrap());
    grow(&bench, &authority, STATES_EVERY).await;
    anchor(&authority).await;
    drop(authority);
    // Nothing is due when the service starts.
    let good = bench.store.get(&Row::States(0)).unwrap();
    spoil(&bench);
    let authority = Arc::new(bench.start(None).unwrap());
    assert_eq!(all_made(&authority), StatesMade::Nothing);
    assert_eq!(bench.store.get(&Row::States(0)).unwrap(), good);
    // An anchor is due when it starts.
    grow(&bench, &authority, 2 * STATES_EVERY).await;
    drop(authority);
    spoil(&bench);
    let authority = Arc::new(bench.start(None).unwrap());
    anchor(&authority).await;
    // It is made and not entered, and then what was stored of it is damaged.
    grow(&bench, &authority, 3 * STATES_EVERY).await;
    let entries = Row::Entries(2 * STATES_EVERY / PACK);
    let good = bench.store.get(&entries).unwrap().unwrap();
    bench.store.put(vec![Write::remove(entries.clone())]).unwrap();
    assert!(authority.make_states().is_err());
    // A step broke off: what is stored may be damaged by then, too.
    bench.store.put(vec![Write::set(entries, good)]).unwrap();
    spoil(&bench);
    let StatesMade::Due(due) = all_made(&authority) else { panic!("an anchor is due") };
    assert_eq!(due.root, made(&check_ledger(&authority), due.size));
    drop(authority);
    spoil(&bench);
    let authority = Arc::new(bench.start(None).unwrap());
    anchor(&authority).await;
    // Rows are cut short.
    drop(authority);
    bench.store.put(vec![Write::set(Row::States(0), [7; 33])]).unwrap();
    assert_eq!(all_made(&bench.start(None).unwrap()), StatesMade::Nothing);
}

/// Changes the root of one block.
fn spoil(bench: &Bench) {
    let mut row = bench.store.get(&Row::States(0)).unwrap().unwrap();
    row[3] ^= 1;
    bench.store.put(vec![Write::set(Row::States(0), row)]).unwrap();
}
