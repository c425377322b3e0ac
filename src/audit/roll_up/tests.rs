//! Reports over the vectors with cases, signed, cut and moved, added up.

use serde_json::{Value, json};

use super::*;
use crate::audit::fixture::seeded;
use crate::audit::report::tests::{files, found};
use crate::crypto::PrivateKey;
use crate::jose::jws;
use crate::supervision::Rules;
use crate::supervision::scorecard::Over;
use crate::values::canonical::canonical;

/// The findings over a range of the vectors.
fn findings(from: u64, until: u64) -> Value {
    serde_json::to_value(found(&files(usize::MAX), from, until).unwrap()).unwrap()
}

/// The same as of another ledger, in another region.
fn moved(mut findings: Value, origin: &str, region: &str) -> Value {
    findings["origin"] = json!(origin);
    findings["region"] = json!(region);
    findings
}

fn signed(findings: &Value, key: &PrivateKey, typ: &str) -> Vec<u8> {
    let header = json!({"alg": "EdDSA", "kid": key.id(), "typ": typ});
    let signature = jws::sign(&header, &canonical(findings).unwrap(), key).unwrap();
    canonical(&json!({"findings": findings, "signature": signature})).unwrap()
}

fn report(name: &str, findings: &Value) -> Report {
    let key = seeded(7);
    Report::read(name, &signed(findings, &key, "vidimus-findings+jwt"), &[key.public().clone()]).unwrap()
}

fn rolled(reports: &[(&str, Value)]) -> Result<RollUp, RollUpError> {
    let reports = reports.iter().map(|(name, findings)| report(name, findings)).collect();
    roll_up(reports, &Scorecard::built_in().unwrap())
}

#[test]
fn what_two_ranges_show_is_what_their_whole_shows() {
    let whole = rolled(&[("whole", findings(0, 78))]).unwrap();
    let parts = rolled(&[("b", findings(48, 78)), ("a", findings(0, 48))]).unwrap();
    let told = |mut rolled: RollUp| {
        let mut of_both = Vec::new();
        for row in &mut rolled.regions {
            let both = Indicator::ALL.iter().filter(|indicator| indicator.over() == Over::Both);
            of_both.extend(
                both.map(|indicator| (row.indicators.remove(indicator), row.untold.remove(indicator))),
            );
        }
        (rolled.regions, of_both)
    };
    let (by_whole, by_parts) = (told(whole.clone()), told(parts.clone()));
    assert_eq!(by_whole.0, by_parts.0);
    assert!(
        by_whole.1.iter().all(|(figure, untold)| matches!(figure, Some(Figure::Share { .. })) && !untold)
    );
    // Who issued in one of two ranges may have issued in the other too, and what was delivered in one be rated in the other.
    assert!(!by_parts.1.is_empty() && by_parts.1.iter().all(|told| *told == (None, true)));
    assert_eq!((parts.ledgers[0].size, &parts.ledgers[0].root), (78, &whole.ledgers[0].root));
    assert!(parts.ledgers[0].missing.is_empty() && parts.verdict == Verdict::Holds);
    let order = rolled(&[("a", findings(0, 48)), ("b", findings(48, 78))]).unwrap();
    assert_eq!(canonical(&json!(order)).unwrap(), canonical(&json!(parts)).unwrap());
    let holes = rolled(&[("b", findings(48, 60)), ("c", findings(70, 78))]).unwrap();
    assert_eq!(holes.ledgers[0].missing, [Range { from: 0, until: 48 }, Range { from: 60, until: 70 }]);
}

#[test]
fn ledgers_add_up_in_every_region_that_they_lie_in() {
    let own = findings(0, 78);
    let rolled = rolled(&[
        ("hangzhou", own.clone()),
        ("ningbo", moved(own.clone(), "ningbo.example/l", "330200")),
        ("county", moved(own.clone(), "county.example/l", "330102")),
        ("changde", moved(own, "changde.example/l", "430700")),
    ])
    .unwrap();
    let regions: Vec<_> =
        rolled.regions.iter().map(|row| (row.region.as_str(), row.level, row.ledgers)).collect();
    let expected = [
        ("100000", "country", 4),
        ("330000", "province", 3),
        ("330100", "city", 2),
        ("330102", "county", 1),
        ("330200", "city", 1),
        ("430000", "province", 1),
        ("430700", "city", 1),
    ];
    assert_eq!(regions, expected);
    let country = &rolled.regions[0];
    assert_eq!(country.entries.values().sum::<u64>(), 4 * 78);
    assert_eq!(country.cards["off-hours"]["yellow"], 4 * 6);
    assert_eq!(country.indicators[&Indicator::Departments], Figure::Count(8));
    assert_eq!(country.indicators[&Indicator::Satisfied], Figure::Share { part: 8, whole: 12 });
    assert_eq!(country.indicators[&Indicator::PapersSaved], Figure::NoData);
    let (rules, scorecard) = (Rules::built_in().unwrap(), Scorecard::built_in().unwrap());
    let page = page(&rolled, (&rules, &scorecard), false).unwrap();
    for text in ["changde.example/l", "430700", "省级", "66.7 % (8/12)", "无数据", "非工作时间作出决定"]
    {
        assert!(page.contains(text), "{text}");
    }
    assert!(!page.contains("<script") && !page.contains("http"));
}

#[test]
fn entries_that_two_reports_count_are_refused_and_both_named() {
    let error = rolled(&[("one", findings(0, 60)), ("two", findings(59, 78))]).unwrap_err();
    let RollUpError::Overlap { first, second, from, .. } = &error else { panic!("{error}") };
    assert_eq!((first.as_str(), second.as_str(), *from), ("one", "two", 59));
    let twice = rolled(&[("one", findings(0, 60)), ("same", findings(0, 60))]).unwrap_err();
    assert!(matches!(twice, RollUpError::Overlap { .. }), "{twice}");
}

#[test]
fn another_face_of_a_ledger_is_refused_and_both_named() {
    let mut other = findings(48, 78);
    let stranger = crate::merkle::leaf(b"another").to_string();
    other["roots"][0] = json!(stranger);
    let error = rolled(&[("one", findings(0, 48)), ("two", other)]).unwrap_err();
    let RollUpError::Roots { first, second, size, .. } = &error else { panic!("{error}") };
    assert_eq!((first.as_str(), second.as_str(), *size), ("one", "two", 48));
    // That it counts the same entries is not said of another face.
    let mut other = findings(0, 48);
    other["roots"][1] = json!(stranger);
    let error = rolled(&[("one", findings(0, 48)), ("two", other)]).unwrap_err();
    assert!(matches!(error, RollUpError::Roots { size: 48, .. }), "{error}");
}

#[test]
fn figures_by_other_rules_are_not_added() {
    let own = findings(0, 78);
    let mut other = moved(own.clone(), "other.example/l", "330200");
    other["rules"] = json!(Digest([9; 32]));
    let error = rolled(&[("one", own.clone()), ("two", other)]).unwrap_err();
    assert!(matches!(error, RollUpError::Rules { .. }), "{error}");
    let mut other = own;
    other["scorecard"]["digest"] = json!(Digest([9; 32]));
    assert!(matches!(rolled(&[("one", other)]), Err(RollUpError::Rules { .. })));
}

#[test]
fn what_does_not_hold_is_told_and_not_added() {
    let mut broken = files(usize::MAX);
    broken.retain(|path, _| !path.starts_with("tile/entries"));
    let broken = serde_json::to_value(found(&broken, 0, 78).unwrap()).unwrap();
    let rolled = rolled(&[("broken", moved_origin(broken)), ("whole", findings(0, 78))]).unwrap();
    assert_eq!(rolled.verdict, Verdict::DoesNotHold);
    assert_eq!(rolled.regions[0].ledgers, 1);
    let row = rolled.ledgers.iter().find(|row| row.origin == "broken.example/l").unwrap();
    assert!(row.root.is_none() && row.region.is_none() && row.reports[0].verdict == Verdict::DoesNotHold);
}

/// That it does not hold is said of the whole ledger, by whichever report.
#[test]
fn one_report_that_a_ledger_does_not_hold_outweighs_the_others() {
    let mut broken = findings(0, 48);
    broken["holds"] = json!(false);
    let rolled = rolled(&[("broken", broken), ("whole", findings(0, 78))]).unwrap();
    assert!(rolled.verdict == Verdict::DoesNotHold && rolled.regions.is_empty());
    let row = &rolled.ledgers[0];
    assert!(row.root.is_none() && row.region.is_none() && row.reports.len() == 2);
}

/// What only a newer program can judge is not said to be broken, and not added up.
#[test]
fn what_needs_a_newer_program_is_told_as_that() {
    let mut newer = findings(0, 48);
    newer["holds"] = json!(false);
    newer["upgrade"] = json!({"index": 40, "rule": "upgrade-needed", "text": "law 9"});
    let one =
        rolled(&[("newer", newer.clone()), ("whole", moved(findings(0, 78), "other.example/l", "330200"))])
            .unwrap();
    assert_eq!((one.verdict, one.regions[0].ledgers), (Verdict::UpgradeNeeded, 1));
    // What is broken weighs more.
    newer["violations"] = json!([{"rule": "tree", "text": "…"}]);
    assert_eq!(rolled(&[("broken", newer)]).unwrap().verdict, Verdict::DoesNotHold);
}

#[test]
fn samples_and_what_nobody_vouched_for_are_marked() {
    let mut real = moved(findings(0, 78), "real.example/l", "330200");
    let mut sample = findings(0, 78);
    sample["notice"] = json!("registrars_on_server");
    real["witnessed"] = json!({"code": "witnessed", "quorum": "two", "by": 2, "of": 3, "size": 78, "time": "2026-11-22T08:00:00.000Z"});
    let rolled = rolled(&[("sample", sample), ("real", real)]).unwrap();
    let country = &rolled.regions[0];
    assert_eq!((country.ledgers, country.noticed, country.unwitnessed), (2, 1, 1));
    let marks: Vec<_> = rolled.ledgers.iter().map(|row| (row.noticed(), row.vouched())).collect();
    assert!(marks.contains(&(true, false)) && marks.contains(&(false, true)), "{marks:?}");
    let (rules, scorecard) = (Rules::built_in().unwrap(), Scorecard::built_in().unwrap());
    let page = page(&rolled, (&rules, &scorecard), false).unwrap();
    assert_eq!(page.matches("un-witnessed</span></strong>").count(), 1);
}

#[test]
fn one_ledger_does_not_lie_in_two_regions() {
    let elsewhere = moved(findings(48, 78), findings(48, 78)["origin"].as_str().unwrap(), "430700");
    let error = rolled(&[("one", findings(0, 48)), ("two", elsewhere)]).unwrap_err();
    let RollUpError::Regions { first, second, .. } = &error else { panic!("{error}") };
    assert_eq!((first.as_str(), second.as_str()), ("one", "two"));
}

fn moved_origin(mut findings: Value) -> Value {
    findings["origin"] = json!("broken.example/l");
    findings
}

#[test]
fn only_what_an_auditor_signed_whose_key_was_given_is_read() {
    let (own, key, other) = (findings(0, 60), seeded(7), seeded(8));
    let auditors = [key.public().clone()];
    let typ = "vidimus-findings+jwt";
    let good = signed(&own, &key, typ);
    assert!(Report::read("r", &good, &auditors).is_ok());
    let read = |bytes: &[u8]| Report::read("r", bytes, &auditors).unwrap_err();
    assert!(matches!(read(&signed(&own, &other, typ)), GivenError::Stranger(_)));
    assert!(matches!(read(&signed(&own, &key, "vidimus-sample+jwt")), GivenError::Form(_)));
    let mut shown: Value = serde_json::from_slice(&good).unwrap();
    shown["findings"]["holds"] = json!(false);
    assert!(matches!(read(&canonical(&shown).unwrap()), GivenError::Other));
    let mut shown: Value = serde_json::from_slice(&good).unwrap();
    let forged = signed(&own, &other, typ);
    let forged: Value = serde_json::from_slice(&forged).unwrap();
    let (head, _) = shown["signature"].as_str().unwrap().rsplit_once('.').unwrap();
    let (_, signature) = forged["signature"].as_str().unwrap().rsplit_once('.').unwrap();
    shown["signature"] = json!(format!("{head}.{signature}"));
    assert!(matches!(read(&canonical(&shown).unwrap()), GivenError::Signature(_)));
    assert!(matches!(read(b"{\"findings\": {}}"), GivenError::Json(_)));
    let mut twice = own;
    let row = twice["scorecard"]["indicators"][0].clone();
    twice["scorecard"]["indicators"].as_array_mut().unwrap().push(row);
    assert!(matches!(read(&signed(&twice, &key, typ)), GivenError::Form(_)));
    let mut unsigned: Value = serde_json::from_slice(&good).unwrap();
    unsigned.as_object_mut().unwrap().remove("signature");
    assert!(matches!(read(&canonical(&unsigned).unwrap()), GivenError::Form(_)));
}
