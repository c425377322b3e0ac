//! Full bundles that are put away: read as before, gone on from after a kill at any point, and never believed.

use std::sync::Arc;

use serde_json::json;
use vidimus::authority::archive::{Files as _, archived};
use vidimus::authority::entries::PACK;
use vidimus::authority::store::{Row, Store as _, StoreError, Write};
use vidimus::authority::{Authority, Failure, Fault, PutAway, Scrub, ScrubFault};
use vidimus::ledger::state::View as _;
use vidimus::merkle::{TileId, TilePath, Width};
use vidimus::store::MemoryStore;
use vidimus::store::archive::MemoryFiles;
use vidimus::supervision::Rules;

use crate::bench::{Bench, business, check_ledger, issue};

/// What becomes of a file; `None`: it is gone.
type Change<'a> = dyn Fn(Vec<u8>) -> Option<Vec<u8>> + 'a;

/// An authority with more than three bundles.
async fn grown() -> Bench {
    let bench = Bench::new();
    let authority = bench.start(None).unwrap();
    let market = bench.code("market-regulation");
    for number in authority.published().range.size()..3 * 256 + 40 {
        issue(&authority, &market, &business(&format!("公司{number}")), &number.to_string()).await.unwrap();
    }
    authority.make_durable().unwrap();
    bench
}

/// The same data under a process that has read nothing yet.
fn afresh(bench: &Bench) -> Bench {
    Bench { store: Arc::new(bench.store.copy()), ..bench.again() }
}

fn bundle(number: u64) -> TilePath {
    TilePath::Entries(number, Width::FULL)
}

fn tile(level: u8, index: u64) -> TilePath {
    TilePath::Hashes(TileId::new(level, index).unwrap(), Width::FULL)
}

fn receipts(authority: &Authority) -> Vec<String> {
    let size = authority.published().range.size();
    (0..size).step_by(61).map(|index| authority.receipt(index).unwrap().1).collect()
}

fn scrub(authority: &Authority) {
    round(authority).unwrap();
}

fn round(authority: &Authority) -> Result<(), ScrubFault> {
    let mut scrub = Scrub::default();
    for steps in 0.. {
        if authority.scrub(&mut scrub)? {
            break;
        }
        assert!(steps < 100_000, "a round ends");
    }
    Ok(())
}

fn rows_of(store: &MemoryStore, family: &[u8]) -> usize {
    store.scan(family, None, usize::MAX).unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_put_away_is_read_as_before() {
    let bench = grown().await;
    let authority = bench.start(None).unwrap();
    let (state, before) = (check_ledger(&authority), receipts(&authority));
    let packs = rows_of(&bench.store, b"e");
    // A margin is kept, and a step is no longer than it may be.
    assert_eq!(authority.put_away(600, 9), Ok(PutAway { bundles: 0, behind: 0 }));
    assert_eq!(authority.put_away(0, 1), Ok(PutAway { bundles: 1, behind: 2 }));
    assert_eq!(authority.put_away(0, 9), Ok(PutAway { bundles: 2, behind: 0 }));
    assert_eq!(authority.put_away(0, 9), Ok(PutAway::default()));
    assert_eq!(archived(bench.store.as_ref()), Ok(3));

    // The rows are gone, but of the first bundle those that a start replays.
    assert!(rows_of(&bench.store, b"e") + 16 < packs);
    let row = |row: &Row| bench.store.get(row).unwrap();
    assert_eq!(row(&Row::Entries(256 / PACK)), None);
    assert_eq!(row(&Row::Tile(TileId::new(0, 1).unwrap())), None);
    assert!(row(&Row::Tile(TileId::new(0, 0).unwrap())).is_some());
    assert!(row(&Row::Tile(TileId::new(1, 0).unwrap())).is_some());
    for path in (0..3).flat_map(|number| [bundle(number), tile(0, number)]) {
        assert!(bench.store.files().has(&path), "{path}");
        assert!(!authority.tile(&path).unwrap().is_empty());
    }
    assert_eq!((check_ledger(&authority).charter(), receipts(&authority)), (state.charter(), before.clone()));
    scrub(&authority);
    let condition = authority.readiness().archive.unwrap();
    assert_eq!((condition.bundles, condition.stopped, condition.lost), (3, None, vec![]));
    assert!(condition.scrubbed.is_some());
    drop(authority);

    // And after a start, which goes on.
    let bench = afresh(&bench);
    let authority = bench.start(None).unwrap();
    assert_eq!(receipts(&authority), before);
    issue(&authority, &bench.code("market-regulation"), &business("之后"), "after").await.unwrap();
    check_ledger(&authority);
    scrub(&authority);
}

/// Files that cannot be written, and a process that is killed, at every point: nothing is lost, and it goes on.
#[tokio::test(flavor = "multi_thread")]
async fn broken_off_at_any_point_it_goes_on() {
    let grown = grown().await;
    let before = receipts(&grown.start(None).unwrap());
    for room in 0.. {
        let bench = afresh(&grown);
        let authority = bench.start(None).unwrap();
        bench.store.files().fail_after(Some(room));
        let tried = authority.put_away(0, 9);
        if tried.is_ok() {
            assert_eq!(room, 6, "three bundles and their tiles");
            break;
        }
        assert!(matches!(&tried, Err(StoreError::Unarchived(why)) if why.contains("asked for")), "{tried:?}");
        assert!(authority.readiness().archive.unwrap().stopped.is_some());
        assert_eq!(authority.readiness().writing, None);
        drop(authority);
        bench.store.files().fail_after(None);
        let authority = bench.start(None).unwrap();
        assert_eq!(authority.put_away(0, 9).unwrap().bundles, 3);
        assert_eq!(receipts(&authority), before);
        check_ledger(&authority);
        scrub(&authority);
    }
    // Killed before rows are taken out.
    let bench = afresh(&grown);
    let authority = bench.start(Some(0)).unwrap();
    assert!(matches!(authority.put_away(0, 9), Err(StoreError::Ended(_))));
    drop(authority);
    let authority = bench.start(None).unwrap();
    assert_eq!((archived(bench.store.as_ref()), receipts(&authority)), (Ok(0), before.clone()));
    assert_eq!(authority.put_away(0, 9).unwrap().bundles, 3);
    assert_eq!(receipts(&authority), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_another_is_never_served() {
    let grown = grown().await;
    grown.start(None).unwrap().put_away(0, 9).unwrap();
    let other = grown.store.files().read(&bundle(2)).unwrap().unwrap();
    let kinds: [(&str, &Change); 5] = [
        ("gone", &|_| None),
        ("cut", &|bytes| Some(bytes[..bytes.len() / 2].to_vec())),
        ("changed", &|mut bytes| {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 4;
            Some(bytes)
        }),
        ("appended", &|bytes| Some([bytes, b"and more".to_vec()].concat())),
        ("exchanged", &|_| Some(other.clone())),
    ];
    for (kind, change) in kinds {
        for path in [bundle(1), tile(0, 1)] {
            let bench = afresh(&grown);
            let authority = bench.start(None).unwrap();
            let files = bench.store.files();
            let kept = files.read(&path).unwrap().unwrap();
            files.change(&path, change);
            let refused = authority.tile(&path).err();
            let Some(Failure::Fault(Fault::Store(StoreError::Archived { file, .. }))) = &refused else {
                panic!("{kind}: {path} is answered, or with {refused:?}");
            };
            assert_eq!(*file, path.to_string());
            // A round says so and goes on to its end. The hashes can be made again, the entries cannot.
            scrub(&authority);
            let lost = || authority.readiness().archive.unwrap().lost;
            if path == bundle(1) {
                // Not everything was read.
                assert_eq!(authority.readiness().archive.unwrap().scrubbed, None);
                assert_eq!(lost(), [path.to_string()], "{kind}");
                files.keep(&path, &kept).unwrap();
            }
            authority.tile(&bundle(0)).unwrap();
            authority.tile(&path).unwrap();
            assert_eq!((lost(), files.read(&path).unwrap()), (vec![], Some(kept)), "{kind}");
        }
        // Without its newest bundle it does not start: the archive may not be mounted.
        let bench = afresh(&grown);
        bench.store.files().change(&bundle(2), change);
        let refused = bench.start(None).err().map(|error| error.to_string());
        if kind != "exchanged" {
            assert!(refused.unwrap_or_default().contains("tile/entries/002"), "{kind}");
        }
    }
    let bench = afresh(&grown);
    bench.store.files().change(&bundle(1), |_| None);
    let authority = bench.start(None).unwrap();
    scrub(&authority);
    issue(&authority, &bench.code("market-regulation"), &business("照常"), "x").await.unwrap();
}

/// Beside a journal there are copies: of what was put away before them too; what is lost in one place comes back from the other.
#[tokio::test(flavor = "multi_thread")]
async fn copies_stand_in_for_what_is_lost() {
    let bench = grown().await;
    bench.start(None).unwrap().put_away(0, 1).unwrap();
    let bench = afresh(&bench);
    let copies = Arc::new(MemoryFiles::default());
    bench.store.archive().unwrap().also_in(Arc::<MemoryFiles>::clone(&copies));
    let authority = bench.start(None).unwrap();
    // The copies come first: a journal that begins now has no row of them.
    copies.fail_after(Some(1));
    assert!(matches!(authority.put_away(0, 1), Err(StoreError::Unarchived(_))));
    copies.fail_after(None);
    assert_eq!(authority.put_away(0, 1), Ok(PutAway { bundles: 1, behind: 2 }));
    assert_eq!(authority.put_away(0, 9), Ok(PutAway { bundles: 2, behind: 0 }));
    for path in (0..3).flat_map(|number| [bundle(number), tile(0, number)]) {
        assert_eq!(copies.read(&path), bench.store.files().read(&path), "{path}");
    }
    let before = receipts(&authority);
    for (path, other) in [(bundle(1), tile(0, 2)), (tile(0, 1), bundle(2))] {
        bench.store.files().change(&path, |_| None);
        copies.change(&other, |bytes| Some(bytes[1..].to_vec()));
        assert_eq!(receipts(&authority), before);
        scrub(&authority);
        assert_eq!(copies.read(&path), bench.store.files().read(&path), "{path}");
        assert_eq!(copies.read(&other), bench.store.files().read(&other), "{other}");
        assert!(authority.readiness().archive.unwrap().lost.is_empty());
    }
}

/// A lost bundle keeps no other from being copied; a copy is one by what is in it.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_lost_holds_up_no_other_copy() {
    let bench = grown().await;
    bench.start(None).unwrap().put_away(0, 9).unwrap();
    let bench = afresh(&bench);
    let (files, copies) = (bench.store.files(), Arc::new(MemoryFiles::default()));
    bench.store.archive().unwrap().also_in(Arc::<MemoryFiles>::clone(&copies));
    let kept = files.read(&bundle(0)).unwrap().unwrap();
    files.change(&bundle(0), |_| None);
    copies.keep(&bundle(1), &files.read(&bundle(2)).unwrap().unwrap()).unwrap();
    let authority = bench.start(None).unwrap();
    assert_eq!(authority.put_away(0, 9), Ok(PutAway { bundles: 2, behind: 0 }));
    let condition = authority.readiness().archive.unwrap();
    assert_eq!((condition.uncopied, condition.stopped), (1, None));
    // And nothing from being put away.
    let market = bench.code("market-regulation");
    for number in authority.published().range.size()..4 * 256 {
        issue(&authority, &market, &business("又一家"), &format!("more {number}")).await.unwrap();
    }
    assert_eq!(authority.put_away(0, 9).unwrap().bundles, 1);
    assert_eq!(authority.readiness().archive.unwrap().uncopied, 1);
    files.keep(&bundle(0), &kept).unwrap();
    assert_eq!(authority.put_away(0, 9), Ok(PutAway { bundles: 1, behind: 0 }));
    assert_eq!(authority.readiness().archive.unwrap().uncopied, 0);
    for path in (0..4).flat_map(|number| [bundle(number), tile(0, number)]) {
        assert_eq!(copies.read(&path), files.read(&path), "{path}");
    }
}

/// A row that is damaged is found, though every file that it stands for seems to be another's; and a process without descriptors takes no
/// file for lost.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_damaged_beside_the_files_is_no_loss_of_theirs() {
    let grown = grown().await;
    grown.start(None).unwrap().put_away(0, 9).unwrap();
    let row = Row::Tile(TileId::new(1, 0).unwrap());
    for (place, kept) in [(0, true), (1, true), (2, true), (1, false)] {
        let bench = afresh(&grown);
        let authority = bench.start(None).unwrap();
        let mut bytes = bench.store.get(&row).unwrap().unwrap();
        bytes[32 * place] ^= 1;
        bench
            .store
            .put(vec![if kept { Write::set(row.clone(), bytes) } else { Write::remove(row.clone()) }])
            .unwrap();
        let found = round(&authority).unwrap_err();
        assert!(matches!(&found, ScrubFault::Wrong { what } if what.contains("level 1")), "{place}: {found}");
    }
    let bench = afresh(&grown);
    let authority = bench.start(None).unwrap();
    bench.store.files().exhaust(true);
    let refused = authority.tile(&bundle(1)).unwrap_err();
    let Failure::Fault(Fault::Store(StoreError::Archived { why, .. })) = &refused else {
        panic!("{refused:?}")
    };
    assert!(why.contains("asked for"), "{why}");
    scrub(&authority);
    let condition = authority.readiness().archive.unwrap();
    assert_eq!((condition.lost, condition.scrubbed), (vec![], None));
    bench.store.files().exhaust(false);
    authority.tile(&bundle(1)).unwrap();
    scrub(&authority);
    assert!(authority.readiness().archive.unwrap().scrubbed.is_some());
}

/// Supervision waits where a file is lost, and goes on from there.
#[tokio::test(flavor = "multi_thread")]
async fn supervision_waits_for_a_lost_file_where_it_is() {
    let bench = grown().await;
    let authority = bench.start(None).unwrap();
    let rules = json!({"supervision": {"rules": Rules::BUILT_IN}});
    assert!(authority.begin_ceremony(&rules, None, false).await.unwrap().is_done());
    authority.put_away(0, 9).unwrap();
    let files = bench.store.files();
    let kept = files.read(&bundle(1)).unwrap().unwrap();
    files.change(&bundle(1), |_| None);
    for _ in 0..2 {
        let followed = authority.follow_cards().unwrap().unwrap();
        assert_eq!(followed.until, 256);
        assert!(followed.stopped.unwrap().contains("tile/entries/001"));
    }
    files.keep(&bundle(1), &kept).unwrap();
    let followed = authority.follow_cards().unwrap().unwrap();
    assert_eq!((followed.behind, followed.stopped), (0, None));
}
