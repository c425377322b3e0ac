//! The scrub: a round over what is sound ends; each kind of change to what is stored is found.

use vidimus::authority::store::{Row, Store as _, Write};
use vidimus::authority::{Authority, Scrub, ScrubFault};
use vidimus::merkle::TileId;

use crate::bench::{Bench, business, issue};

/// Looks until a round is over.
fn round(authority: &Authority) -> Result<usize, ScrubFault> {
    let mut scrub = Scrub::default();
    for steps in 1.. {
        if authority.scrub(&mut scrub)? {
            return Ok(steps);
        }
        assert!(steps < 100_000, "a round ends");
    }
    Ok(0)
}

/// The first row of a family.
fn first_of(bench: &Bench, family: &[u8]) -> (Row, Vec<u8>) {
    let (key, value) = bench.store.scan(family, None, 1).unwrap().pop().unwrap();
    (Row::of_key(&key).unwrap(), value)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sound_is_looked_through_and_every_change_is_found() {
    let bench = Bench::new();
    let authority = bench.start(None).unwrap();
    let market = bench.code("market-regulation");
    // More than a tile, so that there is one above.
    for number in 0..210 {
        issue(&authority, &market, &business(&format!("公司{number}")), &number.to_string()).await.unwrap();
    }
    assert!(round(&authority).unwrap() > 5);

    let tile = |level| Row::Tile(TileId::new(level, 0).unwrap());
    let places = [Row::Entries(0), Row::Entries(8), tile(0), tile(1)];
    let mut changed: Vec<(Row, Vec<u8>)> =
        places.into_iter().map(|row| (row.clone(), bench.store.get(&row).unwrap().unwrap())).collect();
    changed.push(first_of(&bench, b"b"));
    changed.push(first_of(&bench, b"p"));
    changed.push(first_of(&bench, b"j"));
    changed.push(first_of(&bench, b"q"));
    for (row, value) in changed {
        let mut other = value.clone();
        *other.last_mut().unwrap() ^= 1;
        bench.store.put(vec![Write::set(row.clone(), other)]).unwrap();
        let found = round(&authority).unwrap_err();
        assert!(matches!(found, ScrubFault::Wrong { .. }), "{row:?}: {found}");
        bench.store.put(vec![Write::set(row, value)]).unwrap();
        round(&authority).unwrap();
    }
    let families: [&[u8]; 8] = [b"e", b"t", b"l", b"p", b"c", b"d", b"j", b"q"];
    for family in families {
        let (row, value) = first_of(&bench, family);
        bench.store.put(vec![Write::remove(row.clone())]).unwrap();
        let found = round(&authority).unwrap_err();
        assert!(matches!(found, ScrubFault::Wrong { .. }), "{row:?}: {found}");
        bench.store.put(vec![Write::set(row, value)]).unwrap();
    }
    round(&authority).unwrap();
}
