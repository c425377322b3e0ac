//! Applications for matters where something breaks off in between: a kill after any write, a restore that lost what lay
//! beside the entries, and a licence that is issued beside them at the same time. Nothing is entered twice, nothing waits
//! for ever, and what is over is kept no longer.

use std::future::ready;
use std::pin::pin;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use vidimus::authority::keyring::Keyring as _;
use vidimus::authority::{
    Authority, Failure, MatterWish, PartState, PartWish, ShownMatter, ShownPart, Vault,
};
use vidimus::store::MemoryStore;
use vidimus::values::identifiers::{CreditCode, Handle};

use crate::backup::{beside, rebuilt};
use crate::bench::{Bench, Counter, Fate, check_ledger, issue};

const FIRM: &str = "91430700MA4PBKBQ48";

fn holders() -> Value {
    json!([{"name": "样例市小满餐饮店", "code": FIRM, "code_type": "001"}])
}

fn restaurant() -> Value {
    json!({"matter": "open-a-restaurant", "holders": holders(), "answers": {
        "established": "2026-11-22", "scope": "餐饮服务", "person-in-charge": "李样例", "domicile": "样例市样例路1号",
        "premises": "样例市样例路1号一楼", "items": ["热食类食品制售"],
    }})
}

fn pack() -> Value {
    json!({"matter": "small-firm-pack", "holders": holders(), "answers": {
        "established": "2026-11-22", "legal-representative": "李样例", "issued-for": "参加投标",
    }})
}

fn payments() -> Value {
    json!({"claims": {
        "payments": [{"tax": "增值税", "period_from": "2026-07-01", "period_until": "2026-09-30", "paid_on": "2026-10-12", "amount": "12345.60"}],
        "total": "12345.60",
    }})
}

async fn apply(authority: &Authority, at: &CreditCode, body: &Value) -> Result<ShownMatter, Failure> {
    authority.apply_for_matter(MatterWish { department: at, body, key: None, dry_run: false }).await
}

async fn supply(
    authority: &Authority,
    by: &CreditCode,
    matter: &Handle,
    part: &str,
    body: &Value,
) -> Result<ShownMatter, Failure> {
    let step = MatterWish { department: by, body, key: None, dry_run: false };
    authority.supply_part(PartWish { step, matter, licence_type: part }).await
}

fn states(shown: &ShownMatter) -> Vec<&'static str> {
    shown.parts.iter().map(|part| part.state.as_str()).collect()
}

fn size(authority: &Authority) -> u64 {
    authority.published().range.size()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_roll_forward_does_no_part_twice_and_leaves_none_waiting() {
    for (body, first, came_to) in [
        (restaurant(), "business-licence", ["issued", "case"]),
        (pack(), "business-licence", ["issued", "waiting"]),
    ] {
        let mut bench = Bench::new();
        let authority = bench.start(None).unwrap();
        let (market, window, tax) =
            (bench.code("market-regulation"), bench.code("civil-affairs"), bench.code("tax"));
        let matter = apply(&authority, &window, &body).await.unwrap().matter.unwrap();
        let backup = beside(bench.store.as_ref(), size(&authority));
        // Everything that follows is signed, and only its entries are left.
        let done = supply(&authority, &market, &matter, first, &json!({})).await.unwrap();
        assert_eq!(states(&done)[..2], came_to);
        let now = authority.published();
        let (forward, _) = rebuilt(bench.store.as_ref(), &now.checkpoint, now.range.size(), &backup).unwrap();
        drop(authority);
        bench.store = forward;
        let authority = bench.start(None).unwrap();
        let known = authority.shown_matter(Some(&window), &matter).unwrap();
        assert_eq!(states(&known)[..2], came_to);
        for (known, done) in known.parts.iter().zip(&done.parts) {
            assert_eq!(known.licence, done.licence);
            let case = |part: &ShownPart| part.case.as_ref().map(|case| case.case.case);
            assert_eq!(case(known), case(done));
        }
        // Nor does a round, or the same step again.
        assert_eq!(authority.advance_waiting(None).await.unwrap(), None);
        let again = supply(&authority, &market, &matter, first, &json!({})).await.unwrap();
        assert_eq!(again.parts[0].licence, done.parts[0].licence);
        assert_eq!(size(&authority), now.range.size());
        // Whose licence it is nobody finds any more by the holder, but the application knows that it brought it.
        if came_to[1] == "waiting" {
            let paid = supply(&authority, &tax, &matter, "tax-payment", &payments()).await.unwrap();
            assert_eq!(states(&paid)[..2], ["issued", "issued"]);
        }
        check_ledger(&authority);
    }
}

/// The service again, from these rows beside its newest entries.
fn rolled_forward(
    bench: &mut Bench,
    authority: Authority,
    backup: &[(Vec<u8>, Vec<u8>)],
) -> (Authority, u64) {
    let now = authority.published();
    let (forward, told) = rebuilt(bench.store.as_ref(), &now.checkpoint, now.range.size(), backup).unwrap();
    drop((authority, now));
    bench.store = forward;
    (bench.start(None).unwrap(), told.resting)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waited_in_a_backup_rests_until_it_is_asked_for() {
    let mut bench = Bench::new();
    let authority = bench.start(None).unwrap();
    let (market, window) = (bench.code("market-regulation"), bench.code("civil-affairs"));
    let matter = apply(&authority, &window, &restaurant()).await.unwrap().matter.unwrap();
    let backup = beside(bench.store.as_ref(), size(&authority));
    // Withdrawn after the backup, and then the holder gets elsewhere what it waited for.
    let body = json!({"type": "food-operation-licence"});
    let wish = MatterWish { department: &window, body: &body, key: None, dry_run: false };
    authority.withdraw_matter(&matter, wish).await.unwrap();
    supply(&authority, &market, &matter, "business-licence", &json!({})).await.unwrap();
    let (authority, resting) = rolled_forward(&mut bench, authority, &backup);
    assert_eq!(resting, 1);
    let before = size(&authority);
    authority.advance_waiting(None).await.unwrap();
    let again = supply(&authority, &market, &matter, "business-licence", &json!({})).await.unwrap();
    assert_eq!(states(&again), ["issued", "waiting"]);
    assert_eq!(size(&authority), before, "a case was filed unasked");
    // It rests after another restore too, and goes on when its department takes its step.
    let backup = beside(bench.store.as_ref(), before);
    let (authority, resting) = rolled_forward(&mut bench, authority, &backup);
    authority.advance_waiting(None).await.unwrap();
    assert_eq!((resting, size(&authority)), (1, before));
    let done = supply(&authority, &market, &matter, "food-operation-licence", &json!({})).await.unwrap();
    assert_eq!(states(&done), ["issued", "case"]);
    let backup = beside(bench.store.as_ref(), size(&authority));
    assert_eq!(rolled_forward(&mut bench, authority, &backup).1, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_case_lost_in_a_restore_is_kept_by_its_application() {
    let mut bench = Bench::new();
    let authority = bench.start(None).unwrap();
    let (market, window) = (bench.code("market-regulation"), bench.code("civil-affairs"));
    let matter = apply(&authority, &window, &restaurant()).await.unwrap().matter.unwrap();
    let backup = beside(bench.store.as_ref(), size(&authority));
    let done = supply(&authority, &market, &matter, "business-licence", &json!({})).await.unwrap();
    assert_eq!((states(&done), &done.parts[1].applied_for), (vec!["issued", "case"], &None));
    let (authority, _) = rolled_forward(&mut bench, authority, &backup);
    for _ in 0..2 {
        authority.advance_waiting(None).await.unwrap();
        let known = authority.shown_matter(Some(&market), &matter).unwrap();
        let said = known.parts[1].applied_for.as_ref().unwrap();
        assert_eq!(
            (states(&known), &said["claims"]["premises"]),
            (vec!["issued", "case"], &json!("样例市样例路1号一楼"))
        );
        let other = authority.shown_matter(Some(&window), &matter).unwrap();
        assert_eq!(other.parts[1].applied_for, None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_after_any_write_enters_each_part_once() {
    let mut whole = None;
    for dies_at in [None, Some(0), Some(1), Some(2), Some(3), Some(4), Some(5), Some(6), Some(7), Some(8)] {
        let bench = Bench::new();
        let fate = Arc::new(Fate { left: Mutex::new(None), ..Fate::default() });
        let authority = bench.start_under(Arc::clone(&fate)).unwrap();
        let (market, window) = (bench.code("market-regulation"), bench.code("civil-affairs"));
        let matter = apply(&authority, &window, &restaurant()).await.unwrap().matter.unwrap();
        *fate.left.lock().unwrap() = dies_at;
        let first = supply(&authority, &market, &matter, "business-licence", &json!({})).await;
        drop(authority);
        let authority = bench.start(None).unwrap();
        let done = supply(&authority, &market, &matter, "business-licence", &json!({})).await.unwrap();
        authority.advance_waiting(None).await.unwrap();
        let done = authority.shown_matter(Some(&market), &done.matter.unwrap()).unwrap();
        assert_eq!(states(&done), ["issued", "case"], "killed at {dies_at:?}");
        if let Ok(first) = first {
            assert!(first.parts[0].licence.is_none_or(|licence| Some(licence) == done.parts[0].licence));
        }
        assert_eq!(size(&authority), *whole.get_or_insert(size(&authority)), "killed at {dies_at:?}");
        check_ledger(&authority);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_that_is_kept_is_answered_and_goes_on_at_a_round() {
    let bench = Bench::new();
    let fate = Arc::new(Fate::default());
    let authority = bench.start_under(Arc::clone(&fate)).unwrap();
    let market = bench.code("market-regulation");
    // The application itself is written, and nothing more.
    *fate.left.lock().unwrap() = Some(1);
    let taken = apply(&authority, &market, &restaurant()).await.unwrap();
    assert!(taken.number.is_some() && taken.code.is_some());
    assert_eq!(states(&taken), ["waiting", "waiting"]);
    let matter = taken.matter.unwrap();
    drop(authority);
    let authority = bench.start(None).unwrap();
    assert_eq!(authority.advance_waiting(None).await.unwrap(), None);
    let shown = authority.shown_matter(Some(&market), &matter).unwrap();
    assert_eq!(states(&shown), ["issued", "case"]);
    check_ledger(&authority);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_licence_issued_beside_an_application_is_found_before_another_is() {
    let bench = Bench::new();
    let authority = bench.start(None).unwrap();
    let (market, window) = (bench.code("market-regulation"), bench.code("civil-affairs"));
    let matter = apply(&authority, &window, &pack()).await.unwrap().matter.unwrap();
    let before = size(&authority);
    let body = json!({
        "type": "business-licence", "holders": holders(), "claims": {"established": "2026-11-22"},
        "valid_from": "2026-11-22", "valid_until": null,
    });
    let nothing = json!({});
    // The first is committed and not shown yet when the second looks.
    bench.gate.shut();
    let mut direct = pin!(issue(&authority, &market, &body, "k"));
    let mut part = pin!(supply(&authority, &market, &matter, "business-licence", &nothing));
    let begun = tokio::select! { biased; _ = &mut direct => false, () = ready(()) => true };
    let waits = tokio::select! { biased; _ = &mut part => false, () = ready(()) => true };
    assert!(begun && waits);
    bench.gate.open();
    let (direct, part) = tokio::join!(direct, part);
    let (direct, part) = (direct.unwrap(), part.unwrap());
    assert_eq!((part.parts[0].state, part.parts[0].licence), (PartState::Held, Some(direct.handle)));
    assert_eq!(size(&authority), before + 1);
    check_ledger(&authority);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_over_is_kept_no_longer() {
    let bench = Bench::new();
    let authority = bench.start(None).unwrap();
    let (window, tax) = (bench.code("civil-affairs"), bench.code("tax"));
    let matter = apply(&authority, &window, &pack()).await.unwrap().matter.unwrap();
    let kept = || -> Value {
        let (store, entropy) =
            (Arc::<MemoryStore>::clone(&bench.store), Arc::<Counter>::clone(&bench.entropy));
        let vault = Vault::new(store, entropy, bench.keyring.secrets().epoch.clone());
        vault.matter(&matter).unwrap().unwrap()
    };
    assert!(kept().to_string().contains("李样例") && kept()["parts"][1].to_string().contains(FIRM));
    let reason = json!({"reason": "不在受理范围"});
    let step = MatterWish { department: &tax, body: &reason, key: None, dry_run: false };
    let wish = PartWish { step, matter: &matter, licence_type: "tax-payment" };
    let declined = authority.decline_part(wish).await.unwrap();
    assert_eq!(states(&declined), ["waiting", "declined", "waiting"]);
    assert!(!kept()["parts"][1].to_string().contains(FIRM), "{}", kept());
    let all = MatterWish { department: &window, body: &json!({}), key: None, dry_run: false };
    let withdrawn = authority.withdraw_matter(&matter, all).await.unwrap();
    assert_eq!(states(&withdrawn), ["withdrawn", "declined", "withdrawn"]);
    for said in ["李样例", FIRM, "小满", "参加投标"] {
        assert!(!kept().to_string().contains(said), "{said}: {}", kept());
    }
}
