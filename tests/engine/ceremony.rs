//! What registrars approve after founding: a department that issues at once, approvals from elsewhere, wrong ones, and a
//! kill after every write.

use serde_json::{Value, json};
use vidimus::authority::{Authority, CeremonyRefusal, Failure, Refusal, ShownCeremony, Signed};
use vidimus::crypto::PrivateKey;
use vidimus::ledger::signature::Signature;

use crate::bench::{Bench, business, check_ledger, issue};

/// The transport bureau of 样例市, which nobody has registered yet.
fn transport() -> Value {
    json!({"department": {
        "slug": "transport", "code": "11430700MB00001002",
        "name": {"zh": "样例市交通运输局", "en": "Sample City Transport Bureau"},
        "powers": [{"type": "business-licence", "basis": {"zh": "甲", "en": "a"}}],
    }})
}

pub fn refused(result: Result<ShownCeremony, Failure>) -> CeremonyRefusal {
    match result {
        Err(Failure::Refused(Refusal::Ceremony(refused))) => refused,
        other => panic!("{other:?}"),
    }
}

pub fn registrars() -> Vec<PrivateKey> {
    (1..=3).map(|seed| PrivateKey::from_seed(&[seed; 32]).unwrap()).collect()
}

/// What a registrar hands in, as `vidimus registrar sign` makes it.
pub fn sign(shown: &ShownCeremony, key: &PrivateKey) -> Signed {
    let statements = &shown.statements.as_ref().unwrap().statements;
    let signatures =
        statements.iter().map(|statement| Signature(key.sign(&statement.sign.0).unwrap())).collect();
    Signed { ceremony: shown.id, key: key.id(), signatures }
}

pub async fn begin(authority: &Authority, wish: &Value) -> Result<ShownCeremony, Failure> {
    authority.begin_ceremony(wish, None, false).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_department_is_registered_and_issues_at_once() {
    let bench = Bench::new();
    let authority = bench.start(None).unwrap();
    let tried = authority.begin_ceremony(&transport(), Some("k"), true).await.unwrap();
    assert!(tried.id.is_none() && !tried.is_done());
    assert_eq!(authority.published().range.size(), bench.founded_size(), "a dry run enters nothing");

    let done = authority.begin_ceremony(&transport(), Some("k"), false).await.unwrap();
    assert!(done.is_done() && done.form_only);
    assert_eq!(done.entries.len(), 5, "the department, three keys, one power");
    let again = authority.begin_ceremony(&transport(), Some("k"), false).await.unwrap();
    assert_eq!((again.id, again.entries), (done.id, done.entries.clone()), "the same key answers the same");
    let other = json!({"rotate": {"purpose": "status"}});
    let other = authority.begin_ceremony(&other, Some("k"), false).await.unwrap_err();
    assert_eq!(other, Failure::Refused(Refusal::IdempotencyConflict));

    let code = "11430700MB00001002".parse().unwrap();
    issue(&authority, &code, &business("甲公司"), "1").await.unwrap();
    assert!(authority.ceremonies().unwrap().is_empty());
    assert!(authority.ceremony(done.id.unwrap()).unwrap().is_done(), "known when it is over");
    check_ledger(&authority);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_department_that_cannot_be_is_told_why() {
    let bench = Bench::new();
    let authority = bench.start(None).unwrap();
    let with = |pointer: &str, value: Value| {
        let mut wish = transport();
        *wish.pointer_mut(pointer).unwrap() = value;
        wish
    };
    for (pointer, value, at) in [
        ("/department/slug", json!("housing"), "/department/slug"),
        ("/department/slug", json!("operator"), "/department/slug"),
        ("/department/code", json!("11430700MB0000078C"), "/department/code"),
        ("/department/code", json!("11430700MB00000199"), "/department/code"),
        ("/department/powers/0/type", json!("no-such-type"), "/department/powers/0/type"),
    ] {
        let refused = refused(begin(&authority, &with(pointer, value.clone())).await);
        assert_eq!(refused.pointer().as_deref(), Some(at), "{value}: {refused}");
        assert!(!refused.zh().is_empty());
    }
    for (pointer, value, at) in [
        ("/department/slug", json!("Transport"), "/department/slug"),
        ("/department/code", json!("11430700MB00001003"), "/department/code"),
        ("/department/name", json!({"zh": "交"}), "/department/name/en"),
        ("/department/powers/0/until", json!("2026-02-30"), "/department/powers/0/until"),
    ] {
        let wish = match pointer.ends_with("until") {
            true => json!({"department": {
                "slug": "transport", "code": "11430700MB00001002", "name": {"zh": "交", "en": "t"},
                "powers": [{"type": "business-licence", "basis": {"zh": "甲", "en": "a"}, "until": value}],
            }}),
            false => with(pointer, value.clone()),
        };
        match begin(&authority, &wish).await {
            Err(Failure::Refused(Refusal::Request(error))) => assert_eq!(error.pointer, at, "{error}"),
            other => panic!("{value}: {other:?}"),
        }
    }
    let outside = json!({"department": {"slug": "t", "code": "11430700MB00001002", "region": "110000",
        "name": {"zh": "交", "en": "t"}}});
    assert!(matches!(refused(begin(&authority, &outside).await), CeremonyRefusal::Plan { .. }));
    assert_eq!(authority.published().range.size(), bench.founded_size());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_of_three_registrars_elsewhere() {
    let registrars = registrars();
    let bench = Bench::under(&registrars, 2);
    let authority = bench.start(None).unwrap();
    let begun = begin(&authority, &transport()).await.unwrap();
    assert!(!begun.is_done() && !begun.form_only && begun.approved_by.is_empty());
    let id = begun.id.unwrap();
    assert!(
        matches!(refused(begin(&authority, &transport()).await), CeremonyRefusal::Open(open) if open == id)
    );
    let approve = async |signed| authority.approve_ceremony(id, signed, false).await;

    let stranger = PrivateKey::from_seed(&[9; 32]).unwrap();
    let wrong = refused(approve(sign(&begun, &stranger)).await);
    assert!(matches!(wrong, CeremonyRefusal::NotARegistrar(_)));
    let mut short = sign(&begun, &registrars[0]);
    short.signatures.pop();
    assert!(matches!(refused(approve(short).await), CeremonyRefusal::Count { found: 4, statements: 5 }));
    let mut swapped = sign(&begun, &registrars[0]);
    swapped.signatures.swap(1, 2);
    assert!(matches!(refused(approve(swapped).await), CeremonyRefusal::BadSignature { place: 1 }));
    let mut other = sign(&begun, &registrars[0]);
    other.ceremony = Some("c-0000000000000000".parse().unwrap());
    assert!(matches!(refused(approve(other).await), CeremonyRefusal::OtherCeremony(_)));

    // The same registrar twice is one registrar.
    for _ in 0..2 {
        let shown = approve(sign(&begun, &registrars[2])).await.unwrap();
        assert_eq!((shown.approved_by.len(), shown.is_done()), (1, false));
    }
    assert_eq!(authority.published().range.size(), bench.founded_size(), "one of two is not enough");
    // It waits through a restart.
    drop(authority);
    let authority = bench.start(None).unwrap();
    let done = authority.approve_ceremony(id, sign(&begun, &registrars[0]), false).await.unwrap();
    assert!(done.is_done());
    let code = "11430700MB00001002".parse().unwrap();
    issue(&authority, &code, &business("甲公司"), "1").await.unwrap();
    check_ledger(&authority);
}

#[tokio::test(flavor = "multi_thread")]
async fn approvals_do_not_count_for_ever() {
    let registrars = registrars();
    let bench = Bench::under(&registrars, 2);
    let authority = bench.start(None).unwrap();
    let begun = begin(&authority, &transport()).await.unwrap();
    let id = begun.id.unwrap();
    bench.tick(30 * 86_400_000);
    authority.approve_ceremony(id, sign(&begun, &registrars[0]), false).await.unwrap();
    bench.tick(1);
    let late = authority.approve_ceremony(id, sign(&begun, &registrars[1]), false).await;
    assert!(matches!(refused(late), CeremonyRefusal::Lapsed(_)));
    // One that lapsed stands in nobody's way.
    let again = begin(&authority, &transport()).await.unwrap();
    authority.drop_ceremony(id).await.unwrap();
    assert_eq!(authority.ceremonies().unwrap().len(), 1);
    for key in &registrars[..2] {
        authority.approve_ceremony(again.id.unwrap(), sign(&again, key), false).await.unwrap();
    }
    assert!(authority.ceremony(again.id.unwrap()).unwrap().is_done());
    let dropped = authority.drop_ceremony(again.id.unwrap()).await.unwrap_err();
    assert!(matches!(dropped, Failure::Refused(Refusal::Ceremony(CeremonyRefusal::Begun))));
    check_ledger(&authority);
}

/// Whenever the process dies, the next start enters the rest, and nothing twice.
#[tokio::test(flavor = "multi_thread")]
async fn a_kill_after_every_write_of_a_ceremony() {
    let mut lived = 0;
    for dies_at in 0.. {
        let bench = Bench::new();
        drop(bench.start(None).unwrap());
        let acknowledged = match bench.start(Some(dies_at)) {
            Err(_) => false,
            Ok(authority) => authority
                .begin_ceremony(&transport(), Some("k"), false)
                .await
                .is_ok_and(|shown| shown.is_done()),
        };
        let authority =
            bench.start(None).unwrap_or_else(|error| panic!("killed at write {dies_at}: {error}"));
        let shown = authority.begin_ceremony(&transport(), Some("k"), false).await.unwrap();
        assert!(shown.is_done(), "killed at write {dies_at}");
        assert_eq!(authority.published().range.size(), bench.founded_size() + 5, "killed at write {dies_at}");
        assert!(authority.ceremonies().unwrap().is_empty());
        check_ledger(&authority);
        bench.check_no_fork();
        if acknowledged {
            lived += 1;
            if lived == 2 {
                assert!(dies_at > 15, "a ceremony writes more than {dies_at} times");
                break;
            }
        }
    }
}
