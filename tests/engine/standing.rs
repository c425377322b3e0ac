//! Proofs of how licences stood: from each anchor, before and after acts, across a start, and until there is an anchor none.

use std::sync::Arc;

use serde_json::{Value, json};
use vidimus::authority::entries::PACK;
use vidimus::authority::store::{Row, STATES, Store as _, Write};
use vidimus::authority::{
    ActWish, Authority, Failure, NotProvable, PutAway, Refusal, STATES_EVERY, StatesMade, Verb,
};
use vidimus::crypto::Digest;
use vidimus::ledger::body::StateAnchored;
use vidimus::ledger::standing_proof::{At, StandingProof, Standings};
use vidimus::ledger::state::tree::BLOCK;
use vidimus::merkle::{TilePath, Width};
use vidimus::values::identifiers::{CreditCode, Handle};
use vidimus::values::standing::{Cause, Ending, Standing};
use vidimus::values::time::{Clock as _, Time};

use crate::anchoring::{all_made, grow, made};
use crate::bench::{Bench, business, check_ledger, issue};
use crate::facts::attestation;

/// Enters an anchor of the first blocks, sooner than the service would.
async fn anchor(bench: &Bench, authority: &Authority, size: u64) {
    let root = made(&check_ledger(authority), size);
    bench.tick(1_000);
    authority.anchor_states(StateAnchored { root, size }).await.unwrap();
    assert_eq!(authority.make_states().unwrap(), StatesMade::Nothing);
}

/// Does something to a licence, a second after what came before; its time.
async fn act(bench: &Bench, authority: &Authority, handle: &Handle, verb: Verb, body: &Value) -> Time {
    bench.tick(1_000);
    let market = bench.code("market-regulation");
    let wish = ActWish { department: &market, handle, verb, body, key: None, dry_run: false };
    authority.act(wish).await.unwrap();
    bench.clock.now()
}

/// What a stranger makes of the proof.
fn shown(authority: &Authority, handle: &Handle) -> Standings {
    let proof = authority.standing_proof(handle, None).unwrap();
    let (checkpoint, shown) =
        StandingProof::parse(proof.as_bytes()).unwrap().verify(&authority.verifier_keys(), &[]).unwrap();
    assert_eq!(checkpoint.size(), authority.published().range.size());
    assert_eq!(shown.handle, *handle);
    shown
}

fn standing(shown: &Standings, at: Time) -> Result<Option<Standing>, ()> {
    match shown.at(at) {
        At::NotEntered => Ok(None),
        At::Stood(event) => Ok(Some(event.standing)),
        At::CannotTell => Err(()),
    }
}

fn refused(authority: &Authority, handle: &Handle, at: Option<Time>) -> NotProvable {
    match authority.standing_proof(handle, at) {
        Err(Failure::Refused(Refusal::NotProvable(refused))) => refused,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_licence_is_proved_before_and_after_what_was_done_to_it() {
    let bench = Bench::new();
    let authority = Arc::new(bench.start(None).unwrap());
    let market = bench.code("market-regulation");
    bench.tick(1_000);
    let begun = bench.clock.now();
    let one = issue(&authority, &market, &business("甲"), "one").await.unwrap().handle;
    let size = authority.published().range.size();
    let not_yet = NotProvable::NotAnchored { until: None, size, next: Some(4_096) };
    assert_eq!(refused(&authority, &one, None), not_yet);
    let reason = json!({"reason": "核查"});
    let suspended = act(&bench, &authority, &one, Verb::Suspend, &reason).await;
    bench.tick(1_000);
    grow(&bench, &authority, BLOCK).await;
    bench.tick(1_000);
    let (late, first_end) = (bench.clock.now(), bench.clock.now());
    let two = issue(&authority, &market, &business("乙"), "two").await.unwrap().handle;
    anchor(&bench, &authority, BLOCK).await;

    let early = shown(&authority, &one);
    assert_eq!((early.size, early.until), (BLOCK, first_end));
    for (at, stood) in [
        (begun.plus(-1), Ok(None)),
        (begun, Ok(Some(Standing::Valid))),
        (suspended.plus(-1), Ok(Some(Standing::Valid))),
        (suspended, Ok(Some(Standing::Suspended))),
        (first_end.plus(-1), Ok(Some(Standing::Suspended))),
        (first_end, Err(())),
    ] {
        assert_eq!(standing(&early, at), stood, "{at}");
    }
    assert!(authority.standing_proof(&one, Some(first_end.plus(-1))).is_ok());
    let too_late = refused(&authority, &one, Some(first_end));
    assert!(matches!(too_late, NotProvable::NotAnchored { until: Some(until), .. } if until == first_end));
    assert!(matches!(refused(&authority, &two, None), NotProvable::NotAnchored { until: None, .. }));
    let stranger = Handle::new(late, [9; 10]);
    let unknown = authority.standing_proof(&stranger, None);
    assert!(matches!(unknown, Err(Failure::Refused(Refusal::NotFound(_)))));

    // What is done after the anchor changes nothing of what it proves, and is proved by the next.
    let reinstated = act(&bench, &authority, &one, Verb::Reinstate, &reason).await;
    assert_eq!(shown(&authority, &one), early);
    let cause = json!({"reason": "变更", "cause": "changed", "licence": business("甲二")});
    let replaced = act(&bench, &authority, &two, Verb::Replace, &cause).await;
    let ending = json!({"reason": "骗取", "act": "rescinded"});
    let ended = act(&bench, &authority, &one, Verb::End, &ending).await;
    bench.tick(1_000);
    grow(&bench, &authority, 2 * BLOCK + 7).await;
    anchor(&bench, &authority, 2 * BLOCK).await;
    let (one_then, two_then) = (shown(&authority, &one), shown(&authority, &two));
    assert_eq!(one_then.events[..early.events.len()], early.events);
    for (at, stood) in [
        (reinstated.plus(-1), Ok(Some(Standing::Suspended))),
        (reinstated, Ok(Some(Standing::Valid))),
        (ended.plus(-1), Ok(Some(Standing::Valid))),
        (ended, Ok(Some(Standing::Ended(Ending::Rescinded)))),
        (one_then.until, Err(())),
    ] {
        assert_eq!(standing(&one_then, at), stood, "{at}");
    }
    assert!(one_then.is_void() && !early.is_void());
    assert_eq!(standing(&two_then, late.plus(-1)), Ok(None));
    assert_eq!(standing(&two_then, late), Ok(Some(Standing::Valid)));
    assert_eq!(standing(&two_then, replaced), Ok(Some(Standing::Replaced(Cause::Changed))));
    drop(authority);

    // A start makes the tree from what is stored, and without it from the entries.
    let lost = Bench { store: Arc::new(bench.store.copy()), ..bench.again() };
    lost.store.put(vec![Write::remove(Row::Single(STATES))]).unwrap();
    for again in [bench.start(None).unwrap(), lost.start(None).unwrap()] {
        assert_eq!(refused(&again, &one, None), NotProvable::BeingMade);
        assert_eq!(again.make_states().unwrap(), StatesMade::Nothing);
        assert_eq!((shown(&again, &one), shown(&again, &two)), (one_then.clone(), two_then.clone()));
    }
}

/// A licence that came in at the very time of the proof's end: the proof tells of no time at which it was there.
#[tokio::test(flavor = "multi_thread")]
async fn a_licence_of_the_last_moment_is_proved_by_the_next_anchor() {
    let bench = Bench::new();
    let authority = Arc::new(bench.start(None).unwrap());
    let market = bench.code("market-regulation");
    grow(&bench, &authority, BLOCK - 1).await;
    bench.tick(1_000);
    let until = bench.clock.now();
    let last = issue(&authority, &market, &business("末"), "last").await.unwrap().handle;
    issue(&authority, &market, &business("后"), "after").await.unwrap();
    anchor(&bench, &authority, BLOCK).await;
    let none = refused(&authority, &last, None);
    assert!(matches!(none, NotProvable::NotAnchored { until: Some(end), .. } if end == until), "{none:?}");
    // That it was not entered before is told to who asks for that.
    assert!(authority.standing_proof(&last, Some(until.plus(-1))).is_ok());
}

/// Blocks that are stored and are not those of the anchor prove nothing: they are made again.
#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_tree_is_made_again_and_not_shown() {
    let bench = Bench::new();
    let authority = Arc::new(bench.start(None).unwrap());
    let market = bench.code("market-regulation");
    let one = issue(&authority, &market, &business("甲"), "one").await.unwrap().handle;
    bench.tick(1_000);
    grow(&bench, &authority, BLOCK + 1).await;
    anchor(&bench, &authority, BLOCK).await;
    let before = shown(&authority, &one);
    drop(authority);
    let good = bench.store.get(&Row::States(0)).unwrap().unwrap();
    let mut row = good.clone();
    row[3] ^= 1;
    bench.store.put(vec![Write::set(Row::States(0), row)]).unwrap();
    let again = bench.start(None).unwrap();
    assert_eq!(again.make_states().unwrap(), StatesMade::Behind);
    assert_eq!(refused(&again, &one, None), NotProvable::BeingMade);
    assert_eq!(again.make_states().unwrap(), StatesMade::Nothing);
    assert_eq!(shown(&again, &one), before);
    assert_eq!(bench.store.get(&Row::States(0)).unwrap().unwrap(), good);
}

/// An anchor that its entries do not make stays unproved, and nothing is anchored after it.
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_anchor_is_told_for_as_long_as_it_is_there() {
    let bench = Bench::new();
    let authority = Arc::new(bench.start(None).unwrap());
    let market = bench.code("market-regulation");
    let one = issue(&authority, &market, &business("甲"), "one").await.unwrap().handle;
    grow(&bench, &authority, BLOCK + 1).await;
    let wrong = StateAnchored { root: Digest([7; 32]), size: BLOCK };
    authority.anchor_states(wrong).await.unwrap();
    for _ in 0..3 {
        let damaged = authority.make_states().unwrap_err().to_string();
        assert!(damaged.contains("the blocks of the states"), "{damaged}");
        assert_eq!(refused(&authority, &one, None), NotProvable::BeingMade);
    }
}

/// Files that the archive has lost stop no anchor, and no proof of a licence whose own entries are there and the one at the anchored size.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_archive_lost_stops_no_anchor() {
    let bench = Bench::new();
    let authority = Arc::new(bench.start(None).unwrap());
    let market = bench.code("market-regulation");
    let touched = issue(&authority, &market, &business("甲"), "one").await.unwrap().handle;
    let quiet = issue(&authority, &market, &business("乙"), "two").await.unwrap().handle;
    grow(&bench, &authority, BLOCK + 1).await;
    anchor(&bench, &authority, BLOCK).await;
    // Beyond the pack of the anchor, which stays in the store.
    grow(&bench, &authority, BLOCK + PACK).await;
    act(&bench, &authority, &touched, Verb::Suspend, &json!({"reason": "核查"})).await;
    let late = issue(&authority, &market, &business("丙"), "three").await.unwrap().handle;
    bench.tick(1_000);
    grow(&bench, &authority, 2 * BLOCK + 1).await;
    // Entered, and not yet made from what is stored.
    let (size, root) = (2 * BLOCK, made(&check_ledger(&authority), 2 * BLOCK));
    authority.anchor_states(StateAnchored { root, size }).await.unwrap();
    grow(&bench, &authority, 4 * BLOCK + 1).await;
    authority.make_durable().unwrap();
    assert_eq!(authority.put_away(0, 9), Ok(PutAway { bundles: 4, behind: 0 }));
    drop(authority);
    for stored in [true, false] {
        for lost in [[0].as_slice(), &[1], &[2], &[0, 1, 2]] {
            let again = Bench { store: Arc::new(bench.store.copy()), ..bench.again() };
            for number in lost {
                again.store.files().change(&TilePath::Entries(*number, Width::FULL), |_| None);
            }
            if !stored {
                again.store.put(vec![Write::remove(Row::Single(STATES))]).unwrap();
            }
            let authority = again.start(None).unwrap();
            assert_eq!(authority.make_states(), Ok(StatesMade::Nothing), "{lost:?}, stored: {stored}");
            let proved = [&touched, &quiet, &late].map(|one| authority.standing_proof(one, None).is_ok());
            let there = |blocks: &[u64]| !blocks.iter().any(|block| lost.contains(block));
            assert_eq!(proved, [there(&[0, 1]), there(&[0]), there(&[1])], "{lost:?}");
            if proved[0] {
                assert_eq!(shown(&authority, &touched).events.len(), 2);
            }
        }
    }
}

/// Where entries are lost, departments' rows that are not what the licences and their finders say make no anchor.
#[tokio::test(flavor = "multi_thread")]
async fn damaged_rows_of_a_lost_block_are_not_believed() {
    let bench = Bench::new();
    let authority = Arc::new(bench.start(None).unwrap());
    let (market, other) = (bench.code("market-regulation"), bench.code("public-security"));
    grow(&bench, &authority, BLOCK + 1).await;
    anchor(&bench, &authority, BLOCK).await;
    grow(&bench, &authority, 2 * BLOCK + 1).await;
    authority.make_durable().unwrap();
    assert_eq!(authority.put_away(0, 9), Ok(PutAway { bundles: 2, behind: 0 }));
    drop(authority);
    let row = |block| bench.store.get(&Row::Own(market.clone(), block)).unwrap().unwrap();
    let (zero, one) = (row(0), row(1));
    let (first, rest) = zero.split_at(16);
    let set = |row: Vec<u8>| vec![Write::set(Row::Own(market.clone(), 0), row)];
    let moved = |code: &CreditCode| Write::set(Row::Own(code.clone(), 0), zero.clone());
    for (what, damage) in [
        ("absent", vec![Write::remove(Row::Own(market.clone(), 0))]),
        ("cut by one", set(rest.to_vec())),
        ("in another order", set([rest, first].concat())),
        ("twice the same", set([first, zero.as_slice()].concat())),
        ("with one of another block", set([zero.as_slice(), &one[..16]].concat())),
        ("another department's", vec![Write::remove(Row::Own(market.clone(), 0)), moved(&other)]),
        ("two departments'", vec![moved(&other)]),
    ] {
        let again = Bench { store: Arc::new(bench.store.copy()), ..bench.again() };
        again.store.files().change(&TilePath::Entries(0, Width::FULL), |_| None);
        again.store.put(vec![Write::remove(Row::Single(STATES))]).unwrap();
        let sound = again.start(None).unwrap();
        assert_eq!(sound.make_states(), Ok(StatesMade::Nothing), "{what}");
        drop(sound);
        again.store.put([damage, vec![Write::remove(Row::Single(STATES))]].concat()).unwrap();
        let damaged = again.start(None).unwrap().make_states().unwrap_err().to_string();
        assert!(damaged.contains("block 0 of licences"), "{what}: {damaged}");
    }
}

/// A licence of before the ledger, recorded as suspended.
fn recorded(number: &str) -> Value {
    let mut body = business(number);
    body["licence_number"] = number.into();
    body["valid_until"] = "2035-02-28".into();
    body["recorded"] = json!({
        "trust": "B", "standing": "suspended", "source": "档案", "issued_on": "2015-03-01",
        "standing_since": "2020-06-01", "standing_reason": "核查",
    });
    body
}

/// Where entries are lost, what is due from rows alone is what a replay makes: of departments whose licences lie between each other's,
/// recorded, replaced within the block, and acted on in another block that is lost.
#[tokio::test(flavor = "multi_thread")]
async fn rows_alone_make_what_a_replay_makes() {
    let bench = Bench::new();
    let authority = Arc::new(bench.start(None).unwrap());
    let (market, police) = (bench.code("market-regulation"), bench.code("public-security"));
    let mut taken = Vec::new();
    for number in 0..4 {
        let key = |of: &str| format!("{of}-{number}");
        let person = attestation(&format!("王{number}"));
        issue(&authority, &police, &person, &key("王")).await.unwrap();
        let old = recorded(&format!("旧-{number}"));
        taken.push(issue(&authority, &market, &old, &key("旧")).await.unwrap().handle);
    }
    let reason = json!({"reason": "核查"});
    act(&bench, &authority, &taken[0], Verb::Reinstate, &reason).await;
    let cause = json!({"reason": "变更", "cause": "changed", "licence": business("新")});
    act(&bench, &authority, &taken[0], Verb::Replace, &cause).await;
    assert!(authority.published().range.size() < BLOCK);
    grow(&bench, &authority, 3 * BLOCK + 9).await;
    act(&bench, &authority, &taken[1], Verb::Reinstate, &reason).await;
    grow(&bench, &authority, STATES_EVERY + 1).await;
    // Later than what is due, and no part of it.
    act(&bench, &authority, &taken[2], Verb::Reinstate, &reason).await;
    let due = StateAnchored { root: made(&check_ledger(&authority), STATES_EVERY), size: STATES_EVERY };
    authority.make_durable().unwrap();
    authority.put_away(0, 16).unwrap();
    drop(authority);
    for lost in [[0].as_slice(), &[3], &[0, 1, 2, 3]] {
        let again = Bench { store: Arc::new(bench.store.copy()), ..bench.again() };
        for number in lost {
            again.store.files().change(&TilePath::Entries(*number, Width::FULL), |_| None);
        }
        let authority = again.start(None).unwrap();
        assert_eq!(all_made(&authority), StatesMade::Due(due.clone()), "{lost:?}");
    }
}
