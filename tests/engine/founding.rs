//! Founding by registrars elsewhere: what is refused before anything is written, and going on after something wrong.

use serde_json::Value;
use vidimus::authority::founding::{Founding, FoundingRefusal, Site, check_plan};
use vidimus::authority::store::Store as _;
use vidimus::authority::{OpenError, Signed};
use vidimus::catalogue::{AuthorityPlan, Catalogue};
use vidimus::crypto::PrivateKey;
use vidimus::ledger::signature::Signature;
use vidimus::values::time::Clock as _;

use crate::bench::{Bench, check_ledger};

fn registrars() -> Vec<PrivateKey> {
    (1..=3).map(|seed| PrivateKey::from_seed(&[seed; 32]).unwrap()).collect()
}

/// What a registrar hands in, as `vidimus registrar sign` makes it.
fn sign(founding: &Founding, key: &PrivateKey) -> Signed {
    let statements = founding.statements().unwrap().statements;
    let signatures =
        statements.iter().map(|statement| Signature(key.sign(&statement.sign.0).unwrap())).collect();
    Signed { ceremony: None, key: key.id(), signatures }
}

#[test]
fn a_wrong_signature_is_named_and_good_ones_are_gone_on_with() {
    let registrars = registrars();
    let mut bench = Bench::under(&registrars, 2);
    let good = bench.founding.clone().unwrap();
    let now = bench.clock.now();
    let mut signed: Vec<Signed> = registrars.iter().map(|key| sign(&good, key)).collect();
    good.check_signed(&signed, now).unwrap();

    let refused = |signed: &[Signed]| good.check_signed(signed, now).unwrap_err();
    assert!(matches!(refused(&signed[..2]), FoundingRefusal::Missing(_)));
    assert!(matches!(refused(&[signed[0].clone(), signed[0].clone()]), FoundingRefusal::Twice(_)));
    let stranger = sign(&good, &PrivateKey::from_seed(&[9; 32]).unwrap());
    assert!(matches!(refused(&[stranger]), FoundingRefusal::NotARegistrar { .. }));
    let mut short = signed.clone();
    short[1].signatures.pop();
    assert!(matches!(refused(&short), FoundingRefusal::Count { key, .. } if key == registrars[1].id()));
    let lapsed = good.check_signed(&signed, now.plus(86_400_001)).unwrap_err();
    assert!(matches!(lapsed, FoundingRefusal::Lapsed(_)));

    for one in &mut signed {
        one.signatures.swap(7, 8);
    }
    match refused(&signed) {
        FoundingRefusal::BadSignature { key, place, .. } => {
            assert_eq!((key, place), (registrars[0].id(), 7));
        }
        other => panic!("{other}"),
    }
    // Even where it got as far as the writer, nothing is entered after what the law refuses.
    let mut wrong = good.clone();
    wrong.attach(&signed).unwrap();
    bench.founding = Some(wrong);
    for _ in 0..2 {
        let refused = bench.start(None).err().unwrap();
        assert!(matches!(refused, OpenError::Founding { place: 7, .. }), "{refused}");
        assert_eq!(bench.store.head().unwrap().size, 1);
    }
    bench.founding = Some(good);
    let authority = bench.start(None).unwrap();
    assert_eq!(authority.published().range.size(), bench.founded_size());
    check_ledger(&authority);
    bench.check_no_fork();
}

#[test]
fn what_the_ledger_lacks_is_entered_wherever_it_stands() {
    let mut bench = Bench::new();
    let whole = bench.founding.clone().unwrap();
    let mut lacking = serde_json::to_value(&whole).unwrap();
    let steps = lacking.pointer_mut("/steps").and_then(Value::as_array_mut).unwrap();
    let place = steps.iter().position(|step| step["kind"] == "power.granted").unwrap();
    steps.remove(place);
    bench.founding = Some(serde_json::from_value(lacking).unwrap());
    drop(bench.start(None).unwrap());
    bench.founding = Some(whole);
    let authority = bench.start(None).unwrap();
    assert_eq!(authority.published().range.size(), bench.founded_size());
    check_ledger(&authority);
}

#[test]
fn a_plan_is_refused_by_its_field_before_anything_is_written() {
    let bench = Bench::under(&registrars(), 2);
    let (now, catalogue) = (bench.clock.now(), Catalogue::built_in().unwrap());
    let base_url = "https://licences.example.cn".parse().unwrap();
    let checked = |plan: &AuthorityPlan, origin: &str| {
        let origin = origin.parse().unwrap();
        let site = Site { base_url: &base_url, origin: &origin, now, not_after: now.plus(86_400_000) };
        check_plan(plan, &catalogue, &site, bench.entropy.as_ref())
    };
    let origin = "licences.example.cn/ledger";
    checked(&bench.plan, origin).unwrap();

    let refused = |change: &dyn Fn(&mut AuthorityPlan), origin: &str, field: &str| {
        let mut plan = bench.plan.clone();
        change(&mut plan);
        let refused = checked(&plan, origin).unwrap_err();
        assert!(refused.to_string().starts_with(field), "{refused}");
        assert!(refused.zh().starts_with(field), "{}", refused.zh());
    };
    refused(
        &|plan| plan.departments[1].powers[0].licence_type = "identity-atestation".parse().unwrap(),
        origin,
        "departments[1].powers[0].type",
    );
    for slug in ["operator", "auditor"] {
        refused(&|plan| plan.departments[2].slug = slug.parse().unwrap(), origin, "departments[2].slug");
    }
    refused(&|_| {}, "other.example.cn/ledger", "registrars[0].possession");
    refused(&|plan| plan.registrars[1].possession.0[0] ^= 1, origin, "registrars[1].possession");
    refused(&|plan| plan.registrars[2].not_after = now, origin, "registrars[2].not_after");
    refused(&|plan| plan.registrars.swap(0, 1), "x.example.cn/1", "registrars[0].possession");
}
