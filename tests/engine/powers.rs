//! Powers granted and withdrawn by registrars elsewhere, while others issue under them, and through a kill.

use std::sync::Arc;

use serde_json::{Value, json};
use vidimus::authority::{About, Authority, CeremonyRefusal, Failure, Refusal};
use vidimus::catalogue::PowerBasis;
use vidimus::jose::CompactJws;
use vidimus::ledger::body::PowerId;
use vidimus::values::identifiers::{CreditCode, TypeCode};
use vidimus::x509::Certificate;

use crate::bench::{Bench, business, check_ledger, issue};
use crate::ceremony::{begin, refused, registrars, sign};

/// Two powers for the education bureau, which has none.
fn grant() -> Value {
    let power = |licence_type: &str| {
        json!({
            "type": licence_type, "basis": {"zh": "甲", "en": "a"},
            "responsibility": {
                "office": {"zh": "科", "en": "office"}, "promised": {"working_days": 3},
                "complaints": {"zh": "电话", "en": "telephone"},
            },
        })
    };
    let powers = [power("business-licence"), power("tax-payment")];
    json!({"grant_powers": {"department": "education", "powers": powers}})
}

/// What the certificate names with which a department's next licence is signed.
async fn named(authority: &Authority, department: &CreditCode, number: &str) -> Option<Vec<TypeCode>> {
    let issued = issue(authority, department, &business("丁公司"), &format!("named {number}")).await.unwrap();
    let jws = issued.credential.split('~').next().unwrap();
    let chain = CompactJws::parse(jws).unwrap().header().chain().unwrap().to_vec();
    Certificate::from_der(&chain[0]).unwrap().type_codes().map(<[TypeCode]>::to_vec)
}

fn withdraw(power: &PowerId) -> Value {
    json!({"withdraw_power": {"power": power}})
}

#[tokio::test(flavor = "multi_thread")]
async fn two_of_three_registrars_grant_and_withdraw() {
    let registrars = registrars();
    let bench = Bench::under(&registrars, 2);
    let authority = bench.start(None).unwrap();
    let education = bench.code("education");
    let begun = begin(&authority, &grant()).await.unwrap();
    let id = begun.id.unwrap();
    let open = refused(begin(&authority, &grant()).await);
    assert!(matches!(open, CeremonyRefusal::Open(open) if open == id), "{open}");
    // What registrars sign comes with what it says.
    let statements = &begun.statements.as_ref().unwrap().statements;
    for statement in statements {
        let basis: PowerBasis = serde_json::from_slice(&statement.basis.as_ref().unwrap().0).unwrap();
        assert!(basis.zh == "甲" && basis.responsibility.is_some());
    }

    authority.approve_ceremony(id, sign(&begun, &registrars[0]), false).await.unwrap();
    let early = issue(&authority, &education, &business("甲公司"), "1").await.unwrap_err();
    assert!(matches!(early, Failure::Refused(Refusal::NoPower { .. })), "one of two grants nothing");
    drop(authority);
    let authority = bench.start(None).unwrap();
    let done = authority.approve_ceremony(id, sign(&begun, &registrars[2]), false).await.unwrap();
    assert!(done.is_done() && done.entries.len() == 2);
    issue(&authority, &education, &business("甲公司"), "1").await.unwrap();
    let About::GrantPowers { powers, .. } = &done.about else { panic!("{:?}", done.about) };
    let held = refused(begin(&authority, &grant()).await);
    assert!(matches!(&held, CeremonyRefusal::HeldAlready { power, .. } if *power == powers[0]), "{held}");

    assert_eq!(named(&authority, &education, "1").await, None, "made before there was a power");
    let rotation = json!({"rotate": {"purpose": "credential", "department": "education"}});
    let begun = begin(&authority, &rotation).await.unwrap();
    for registrar in [&registrars[0], &registrars[1]] {
        authority.approve_ceremony(begun.id.unwrap(), sign(&begun, registrar), false).await.unwrap();
    }
    let both = named(&authority, &education, "2").await.unwrap();
    assert_eq!(both.len(), 2, "what it may issue when the key was made: {both:?}");

    let begun = begin(&authority, &withdraw(&powers[0])).await.unwrap();
    let id = begun.id.unwrap();
    let open = refused(begin(&authority, &withdraw(&powers[0])).await);
    assert!(matches!(open, CeremonyRefusal::Open(open) if open == id), "{open}");
    assert!(begun.statements.as_ref().unwrap().statements.iter().all(|one| one.basis.is_none()));
    authority.approve_ceremony(id, sign(&begun, &registrars[1]), false).await.unwrap();
    issue(&authority, &education, &business("乙公司"), "2").await.unwrap();
    let done = authority.approve_ceremony(id, sign(&begun, &registrars[0]), false).await.unwrap();
    assert!(done.is_done());
    let late = issue(&authority, &education, &business("丙公司"), "3").await.unwrap_err();
    assert!(matches!(late, Failure::Refused(Refusal::NoPower { .. })), "{late:?}");
    let again = refused(begin(&authority, &withdraw(&powers[0])).await);
    assert!(matches!(again, CeremonyRefusal::Withdrawn { .. }), "{again}");
    for lang in [again.to_string(), again.zh()] {
        assert!(lang.contains(powers[0].as_str()), "{lang}");
    }
    let state = check_ledger(&authority);
    let withdrawn = vidimus::ledger::state::View::charter(&state).power(&powers[0]).unwrap();
    assert!(withdrawn.ended.is_some());
}

/// Whoever is between check and entry when a power goes is refused as one who came later, and no fault of ours.
#[tokio::test(flavor = "multi_thread")]
async fn a_power_is_withdrawn_while_others_issue_under_it() {
    let bench = Bench::new();
    let authority = Arc::new(bench.start(None).unwrap());
    let market = bench.code("market-regulation");
    let issuing: Vec<_> = (0..200)
        .map(|number| {
            let (authority, market) = (Arc::clone(&authority), market.clone());
            tokio::spawn(async move {
                issue(&authority, &market, &business(&format!("企业{number}")), &number.to_string()).await
            })
        })
        .collect();
    let wish = json!({"withdraw_power": {"department": "market-regulation", "type": "business-licence"}});
    assert!(begin(&authority, &wish).await.unwrap().is_done());
    for answer in issuing {
        match answer.await.unwrap() {
            Ok(_) | Err(Failure::Refused(Refusal::NoPower { .. })) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    let late = issue(&authority, &market, &business("后来"), "late").await.unwrap_err();
    assert!(matches!(late, Failure::Refused(Refusal::NoPower { .. })));
    check_ledger(&authority);
}

/// Whenever the process dies, the next start enters the rest of a grant and of a withdrawal, and nothing twice.
#[tokio::test(flavor = "multi_thread")]
async fn a_kill_after_every_write_of_a_withdrawal() {
    let wish = json!({"withdraw_power": {"department": "tax", "type": "tax-payment"}});
    for dies_at in 0.. {
        let bench = Bench::new();
        drop(bench.start(None).unwrap());
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
        assert_eq!(authority.published().range.size(), bench.founded_size() + 1, "killed at write {dies_at}");
        check_ledger(&authority);
        bench.check_no_fork();
        if acknowledged {
            assert!(dies_at > 3, "a withdrawal writes more than {dies_at} times");
            break;
        }
    }
}
