//! Officers and calendars that registrars elsewhere approve: enrolled, changed, with another key, gone; what is refused
//! on the way; and a kill after every write.

use serde_json::{Value, json};
use vidimus::authority::{
    About, Authority, CeremonyRefusal, Failure, OfficerRefusal, Refusal, ShownCeremony,
};
use vidimus::crypto::base64url::encode;
use vidimus::crypto::{KeyPurpose, PrivateKey};
use vidimus::ledger::body::{OfficerId, Owner, Role, possession};
use vidimus::ledger::state::{Charter, Moment};
use vidimus::values::time::Time;

use crate::bench::{Bench, check_ledger};
use crate::ceremony::{begin, refused, registrars, sign};

const LEAD: &str = "market-regulation";

fn key(seed: u8) -> PrivateKey {
    PrivateKey::from_seed(&[seed; 32]).unwrap()
}

/// What an officer brings: his key, with the proof for this ledger and department.
fn title(bench: &Bench, authority: &Authority, department: &str, key: &PrivateKey, until: &str) -> Value {
    let published = authority.published();
    let origin = published.charter.origin().unwrap();
    let (owner, not_after): (_, Time) = (Owner::Department(bench.code(department)), until.parse().unwrap());
    let claim = possession(origin, &owner, KeyPurpose::Officer, key.public(), not_after).unwrap();
    json!({
        "spki": encode(&key.public().spki()), "not_after": not_after,
        "possession": encode(&key.sign(&claim).unwrap()),
    })
}

fn enrolled(title: &Value, roles: &[&str]) -> Value {
    json!({"officer": {"department": LEAD, "key": title, "roles": roles}})
}

fn changed(officer: &OfficerId, mut more: Value) -> Value {
    let wish = json!({"department": LEAD, "officer": officer, "roles": ["signer"]});
    for (name, value) in wish.as_object().unwrap() {
        more.as_object_mut().unwrap().entry(name.clone()).or_insert(value.clone());
    }
    json!({"officer": more})
}

fn officer_of(shown: &ShownCeremony) -> OfficerId {
    match &shown.about {
        About::Officer { officer, .. } => *officer,
        other => panic!("{other:?}"),
    }
}

fn acts(bench: &Bench, charter: &Charter, key: &PrivateKey, role: Role) -> bool {
    let moment = Moment { index: charter.size(), time: charter.time().unwrap() };
    charter.officer_acting(&key.id(), &bench.code(LEAD), role, moment).is_some()
}

const NOW: &str = "2026-11-22T06:00:00.000Z";
const LATE: &str = "2030-01-01T00:00:00.000Z";

#[tokio::test(flavor = "multi_thread")]
async fn two_of_three_registrars_appoint_change_and_dismiss() {
    let registrars = registrars();
    let bench = Bench::under(&registrars, 2);
    let authority = bench.start(None).unwrap();
    let through = async |wish: &Value| {
        let begun = begin(&authority, wish).await.unwrap();
        assert!(!begun.is_done() && !begun.form_only);
        let id = begun.id.unwrap();
        let one = authority.approve_ceremony(id, sign(&begun, &registrars[1]), false).await.unwrap();
        assert!(!one.is_done(), "one of two is not enough");
        let done = authority.approve_ceremony(id, sign(&begun, &registrars[2]), false).await.unwrap();
        assert!(done.is_done());
        done
    };
    let (first, second) = (key(11), key(12));
    let acting = |key: &PrivateKey, role| acts(&bench, &authority.published().charter, key, role);

    let title_of = |key| title(&bench, &authority, LEAD, key, LATE);
    let done = through(&enrolled(&title_of(&first), &["signer", "intake"])).await;
    let officer = officer_of(&done);
    assert_eq!(done.entries.len(), 2, "key and appointment");
    let About::Officer { roles, .. } = &done.about else { panic!("{:?}", done.about) };
    assert_eq!(
        roles.as_slice(),
        [Role::Intake, Role::Signer],
        "in the order of entries, however they are asked for"
    );
    assert!(acting(&first, Role::Intake) && acting(&first, Role::Signer) && !acting(&first, Role::Examiner));

    // The same statements again belong to another ceremony about the same person, which changes him.
    let done = through(&changed(&officer, json!({"roles": ["examiner"]}))).await;
    assert_eq!((officer_of(&done), done.entries.len()), (officer, 1), "without a key only the appointment");
    assert!(acting(&first, Role::Examiner) && !acting(&first, Role::Signer));
    assert!(authority.ceremony(done.id.unwrap()).unwrap().is_done());

    // A new key after a loss: the old one goes in the same ceremony.
    let done = through(&changed(&officer, json!({"key": title_of(&second)}))).await;
    assert_eq!((officer_of(&done), done.entries.len()), (officer, 3));
    assert!(acting(&second, Role::Signer) && !acting(&first, Role::Examiner));
    assert!(!authority.published().charter.key(&first.id()).unwrap().in_force());

    let done = through(&json!({"officer_left": {"officer": officer}})).await;
    assert_eq!(done.entries.len(), 2, "he leaves, and his key with him");
    assert!(!acting(&second, Role::Signer));
    assert!(!authority.published().charter.key(&second.id()).unwrap().in_force());

    for (wish, at) in [
        (json!({"officer_left": {"officer": officer}}), "/officer_left/officer"),
        (changed(&officer, json!({})), "/officer/officer"),
    ] {
        let refused = refused(begin(&authority, &wish).await);
        assert!(matches!(refused, CeremonyRefusal::Officer(OfficerRefusal::Left { .. })), "{refused}");
        assert_eq!(refused.pointer().as_deref(), Some(at));
    }
    check_ledger(&authority);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_key_goes_at_once_and_another_comes_later() {
    let bench = Bench::new();
    let authority = bench.start(None).unwrap();
    let title_of = |seed| title(&bench, &authority, LEAD, &key(seed), LATE);
    let done = begin(&authority, &enrolled(&title_of(11), &["signer"])).await.unwrap();
    let officer = officer_of(&done);
    assert!(begin(&authority, &json!({"retire": {"key": key(11).id()}})).await.unwrap().is_done());
    let keyless = refused(begin(&authority, &changed(&officer, json!({}))).await);
    assert_eq!(keyless, CeremonyRefusal::Officer(OfficerRefusal::NeedsKey));
    let done = begin(&authority, &changed(&officer, json!({"key": title_of(12)}))).await.unwrap();
    assert_eq!(done.entries.len(), 2, "the old one is retired already");
    check_ledger(&authority);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_an_officer_is_told_where_it_stands() {
    let bench = Bench::new();
    let authority = bench.start(None).unwrap();
    let own = title(&bench, &authority, LEAD, &key(11), LATE);
    let known = begin(&authority, &enrolled(&own, &["signer"])).await.unwrap();
    let (officer, size) = (officer_of(&known), authority.published().range.size());
    let fresh = title(&bench, &authority, LEAD, &key(12), LATE);
    let with = |pointer: &str, value: Value| {
        let mut wish = enrolled(&fresh, &["signer"]);
        wish["officer"]
            .as_object_mut()
            .unwrap()
            .extend(json!({"from": null, "until": null, "officer": null}).as_object().unwrap().clone());
        *wish.pointer_mut(pointer).unwrap() = value;
        wish
    };
    let stolen = title(&bench, &authority, "housing", &key(12), LATE);
    let soon = title(&bench, &authority, LEAD, &key(12), "2026-12-01T00:00:00.000Z");
    let nobody = OfficerId::new(NOW.parse().unwrap(), [7; 10]);
    for (pointer, value, at) in [
        ("/officer/department", json!("nobody"), "/officer/department"),
        ("/officer/key", own.clone(), "/officer/key/spki"),
        ("/officer/key", Value::Null, "/officer/key"),
        ("/officer/key", stolen, "/officer/key/possession"),
        ("/officer/key", soon, "/officer/key/not_after"),
        ("/officer/key/not_after", json!("2030-01-01T00:00:00.001Z"), "/officer/key/possession"),
        ("/officer/until", json!("2026-11-21"), "/officer/until"),
        ("/officer/officer", json!(nobody), "/officer/officer"),
    ] {
        let refused = refused(begin(&authority, &with(pointer, value.clone())).await);
        assert_eq!(refused.pointer().as_deref(), Some(at), "{pointer} {value}: {refused}");
        assert!(!refused.zh().is_empty() && !refused.is_closed(), "{refused}");
    }
    let other = json!({"officer": {"department": "housing", "officer": officer, "roles": ["signer"]}});
    let other = refused(begin(&authority, &other).await);
    assert!(matches!(other, CeremonyRefusal::Officer(OfficerRefusal::OtherDepartment { .. })), "{other}");
    for (pointer, value, at) in [
        ("/officer/roles", json!([]), "/officer/roles"),
        ("/officer/roles", json!(["signer", "signer"]), "/officer/roles/1"),
        ("/officer/roles", json!(["mayor"]), "/officer/roles/0"),
        ("/officer/roles", json!("signer"), "/officer/roles"),
        ("/officer/from", json!("2026-02-30"), "/officer/from"),
        ("/officer/officer", json!("1"), "/officer/officer"),
        ("/officer/key/spki", json!("AAAA"), "/officer/key/spki"),
        ("/officer/key/possession", json!("AAAA"), "/officer/key/possession"),
        ("/officer/key/not_after", json!("2030"), "/officer/key/not_after"),
    ] {
        match begin(&authority, &with(pointer, value.clone())).await {
            Err(Failure::Refused(Refusal::Request(error))) => assert_eq!(error.pointer, at, "{error}"),
            other => panic!("{value}: {other:?}"),
        }
    }
    assert_eq!(authority.published().range.size(), size, "nothing is entered");
    check_ledger(&authority);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_ceremony_about_an_officer_at_a_time() {
    let registrars = registrars();
    let bench = Bench::under(&registrars, 2);
    let authority = bench.start(None).unwrap();
    let wish = enrolled(&title(&bench, &authority, LEAD, &key(11), LATE), &["signer"]);
    let begun = begin(&authority, &wish).await.unwrap();
    let open = refused(begin(&authority, &wish).await);
    assert!(matches!(open, CeremonyRefusal::Open(id) if Some(id) == begun.id), "the same key: {open}");
    for key in &registrars[..2] {
        authority.approve_ceremony(begun.id.unwrap(), sign(&begun, key), false).await.unwrap();
    }
    let officer = officer_of(&begun);
    let leaves = json!({"officer_left": {"officer": officer}});
    let begun = begin(&authority, &leaves).await.unwrap();
    for wish in [leaves, changed(&officer, json!({}))] {
        let open = refused(begin(&authority, &wish).await);
        assert!(matches!(open, CeremonyRefusal::Open(id) if Some(id) == begun.id), "{open}");
    }
    check_ledger(&authority);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_calendar_takes_the_place_of_the_one_before_it() {
    let bench = Bench::new();
    let authority = bench.start(None).unwrap();
    let is_working = |day: &str| authority.published().charter.is_working(day.parse().unwrap());
    assert!(!is_working("2026-10-07") && is_working("2026-10-10"), "founding enters the built-in years");
    assert!(!is_working("2027-10-01") && is_working("2027-10-04") && !is_working("2027-10-09"));
    let wish = |days: &[(&str, bool)]| {
        let days: Vec<Value> =
            days.iter().map(|(date, working)| json!({"date": date, "working": working})).collect();
        json!({"calendar": {"year": 2027, "exceptions": days}})
    };
    for days in
        [[("2027-10-01", false), ("2027-10-04", false)], [("2027-10-01", false), ("2027-10-09", true)]]
    {
        let done = begin(&authority, &wish(&days)).await.unwrap();
        assert!(done.is_done() && authority.ceremony(done.id.unwrap()).unwrap().is_done());
    }
    assert!(is_working("2027-10-04") && is_working("2027-10-09"), "the newest counts, whole");
    for (days, at) in [
        (wish(&[("2027-10-01", true)]), "/calendar/exceptions/0/date"),
        (wish(&[("2027-10-01", false), ("2027-10-01", false)]), "/calendar/exceptions/1/date"),
        (wish(&[("2028-10-02", false)]), "/calendar/exceptions/0/date"),
    ] {
        let refused = refused(begin(&authority, &days).await);
        assert_eq!(refused.pointer().as_deref(), Some(at), "{refused}");
        assert!(!refused.zh().is_empty());
    }
    check_ledger(&authority);
}

/// Whenever the process dies, the next start enters the rest of an officer's new key, and nothing twice.
#[tokio::test(flavor = "multi_thread")]
async fn a_kill_after_every_write_of_a_new_key() {
    for dies_at in 0.. {
        let bench = Bench::new();
        let authority = bench.start(None).unwrap();
        let own = enrolled(&title(&bench, &authority, LEAD, &key(11), LATE), &["signer"]);
        let officer = officer_of(&begin(&authority, &own).await.unwrap());
        let wish = changed(&officer, json!({"key": title(&bench, &authority, LEAD, &key(12), LATE)}));
        let size = authority.published().range.size();
        drop(authority);
        let acknowledged = match bench.start(Some(dies_at)) {
            Err(_) => false,
            Ok(authority) => {
                authority.begin_ceremony(&wish, Some("k"), false).await.is_ok_and(|shown| shown.is_done())
            }
        };
        let authority =
            bench.start(None).unwrap_or_else(|error| panic!("killed at write {dies_at}: {error}"));
        let shown = authority.begin_ceremony(&wish, Some("k"), false).await.unwrap();
        assert!(shown.is_done(), "killed at write {dies_at}");
        assert_eq!(authority.published().range.size(), size + 3, "killed at write {dies_at}");
        assert!(acts(&bench, &authority.published().charter, &key(12), Role::Signer));
        check_ledger(&authority);
        bench.check_no_fork();
        if acknowledged {
            assert!(dies_at > 8, "a new key writes more than {dies_at} times");
            break;
        }
    }
}
