//! Proofs of how licences stood: from each anchor, before and after acts, across a start, and until there is an anchor none.

use std::sync::Arc;

use serde_json::{Value, json};
use vidimus::authority::store::{Row, STATES, Store as _, Write};
use vidimus::authority::{ActWish, Authority, Failure, NotProvable, Refusal, StatesMade, Verb};
use vidimus::ledger::body::StateAnchored;
use vidimus::ledger::standing_proof::{At, StandingProof, Standings};
use vidimus::ledger::state::tree::BLOCK;
use vidimus::values::identifiers::Handle;
use vidimus::values::standing::{Cause, Ending, Standing};
use vidimus::values::time::{Clock as _, Time};

use crate::anchoring::{grow, made};
use crate::bench::{Bench, business, check_ledger, issue};

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
    let not_yet = NotProvable::NotAnchored { until: None, size, next: 4_096 };
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

/// Blocks that are stored and are not those of the anchor prove nothing: they are made again.
#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_tree_is_made_again_and_not_shown() {
    let bench = Bench::new();
    let authority = Arc::new(bench.start(None).unwrap());
    let market = bench.code("market-regulation");
    let one = issue(&authority, &market, &business("甲"), "one").await.unwrap().handle;
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
