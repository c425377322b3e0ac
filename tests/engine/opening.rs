//! Swapped directories and other things that must not start.

use std::sync::Arc;

use vidimus::authority::keyring::Keyring as _;
use vidimus::authority::store::{Row, Store as _, Write};
use vidimus::authority::{ActWish, Authority, Filter, OpenError, Verb};
use vidimus::store::MemoryStore;
use vidimus::values::standing::Standing;

use crate::bench::{Bench, business, issue};

async fn grown() -> (Bench, Arc<MemoryStore>, String) {
    let bench = Bench::new();
    let authority = bench.start(None).unwrap();
    let market = bench.code("market-regulation");
    issue(&authority, &market, &business("甲"), "1").await.unwrap();
    let old = Arc::new(bench.store.copy());
    let old_signed = bench.keyring.last_signed().unwrap().unwrap();
    issue(&authority, &market, &business("乙"), "2").await.unwrap();
    drop(authority);
    (bench, old, old_signed)
}

fn why(bench: &Bench) -> OpenError {
    match bench.start(None) {
        Ok(_) => panic!("it started"),
        Err(error) => error,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn old_data_is_refused_with_the_cure() {
    let (mut bench, old, _) = grown().await;
    bench.store = old;
    let error = why(&bench);
    assert!(matches!(error, OpenError::Older { found, signed } if found + 1 == signed), "{error}");
    assert!(error.to_string().contains("Put back the newest data"));
}

#[tokio::test(flavor = "multi_thread")]
async fn old_keys_are_refused() {
    let (bench, _, old_signed) = grown().await;
    let newest = bench.keyring.last_signed().unwrap();
    bench.keyring.replace_last_signed(newest.as_deref(), &old_signed).unwrap();
    assert!(matches!(why(&bench), OpenError::KeysOlder { .. }));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_history_is_refused() {
    let (mut bench, _, _) = grown().await;
    let (other, _, _) = grown().await;
    let first = bench.keyring.last_signed().unwrap();
    // The same keys, but the data of another ledger of the same size.
    let row = other.store.get(&Row::Entries(0)).unwrap().unwrap();
    let mut tile = bench.store.get(&Row::Tile(vidimus::merkle::TileId::new(0, 0).unwrap())).unwrap().unwrap();
    tile[3 * 32] ^= 1;
    bench
        .store
        .put(vec![
            Write::set(Row::Entries(0), row),
            Write::set(Row::Tile(vidimus::merkle::TileId::new(0, 0).unwrap()), tile),
        ])
        .unwrap();
    assert!(matches!(why(&bench), OpenError::OtherRoot { .. }));
    bench.store = Arc::new(MemoryStore::new());
    bench.founding = None;
    assert_eq!(first, bench.keyring.last_signed().unwrap());
    assert!(matches!(why(&bench), OpenError::Older { .. }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_lost_from_the_store_is_stored_again() {
    let (bench, _, _) = grown().await;
    bench.store.put(vec![Write::remove(Row::Checkpoint)]).unwrap();
    drop(bench.start(None).unwrap());
    let stored = bench.store.get(&Row::Checkpoint).unwrap().unwrap();
    assert_eq!(Some(String::from_utf8(stored).unwrap()), bench.keyring.last_signed().unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn own_licences_are_found_again_after_a_restart() {
    let (bench, _, _) = grown().await;
    let market = bench.code("market-regulation");
    let suspended = Filter { standing: Some(Standing::Suspended), ..Filter::default() };
    let found = |authority: &Authority, filter: &Filter| -> Vec<_> {
        let page = authority.own_licences(&market, filter).unwrap();
        page.items.iter().map(|shown| shown.licence.handle).collect()
    };
    let authority = bench.start(None).unwrap();
    let handles = found(&authority, &Filter::default());
    assert_eq!(handles.len(), 2);
    let body = serde_json::json!({"reason": "整改"});
    let (verb, handle) = (Verb::Suspend, handles.first().unwrap());
    let wish = ActWish { department: &market, handle, verb, body: &body, key: None, dry_run: false };
    authority.act(wish).await.unwrap();
    let body = serde_json::json!({"reason": "变更", "cause": "changed", "licence": business("甲公司")});
    let (verb, handle) = (Verb::Replace, handles.last().unwrap());
    let wish = ActWish { department: &market, handle, verb, body: &body, key: None, dry_run: false };
    let new = authority.act(wish).await.unwrap().issued.unwrap();
    let printed = Some(new.licence_number.to_string());
    let by_number = Filter { licence_number: printed, ..Filter::default() };
    assert!(found(&authority, &by_number).contains(&new.handle), "the new one by its number, at once");
    drop(authority);
    let rows = |family: &[u8]| bench.store.scan(family, None, 100).unwrap().len();
    assert_eq!((rows(b"d"), rows(b"f"), rows(b"g")), (1, 1, 2), "all in one block; suspended, ended");
    let authority = bench.start(None).unwrap();
    let all = [handles.as_slice(), &[new.handle]].concat();
    assert_eq!(found(&authority, &Filter::default()), all);
    assert_eq!(found(&authority, &suspended), handles[..1]);
    assert!(found(&authority, &by_number).contains(&new.handle), "and after a start");
    let holder = Some("91430111MA4L16JQ9B".to_owned());
    let by_holder = Filter { holder_code: holder, ..Filter::default() };
    assert_eq!(found(&authority, &by_holder), all, "in the order in which they were entered");
    let second = Filter { after: Some(handles[0]), ..by_holder };
    assert_eq!(found(&authority, &second), all[1..]);
}
