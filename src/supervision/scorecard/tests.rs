//! The scorecard over the ledger of the vectors with cases.

use std::collections::BTreeMap;

use super::*;
use crate::ledger::body::{Body, RefusalCount, RefusalsCounted};
use crate::ledger::entry::{Entry, Unsigned};
use crate::ledger::state::View as _;
use crate::supervision::tests::replayed;
use crate::values::time::Time;

/// What the entries from one index to another show.
fn measured(from: u64, until: usize) -> BTreeMap<Indicator, Figure> {
    let mut measuring = Measuring::from(from);
    let mut last = Time::MIN;
    let state = replayed(until, &mut |index, entry, state| {
        measuring.look(index, entry, state);
        last = entry.time();
    });
    measuring.close(last, &state)
}

fn share(part: u64, whole: u64) -> Figure {
    Figure::Share { part, whole }
}

#[test]
fn every_indicator_stands_under_three_levels_and_the_groups_are_five() {
    let scorecard = Scorecard::built_in().unwrap();
    let places: Vec<Place<'_>> = scorecard.places().collect();
    assert_eq!(places.len(), Indicator::ALL.len());
    let groups: BTreeSet<&str> = places.iter().map(|place| place.group.group.as_str()).collect();
    let five = ["breadth-and-depth", "efficiency-and-quality", "innovation", "organisation", "satisfaction"];
    assert_eq!(groups, BTreeSet::from(five));
    let text = BUILT_IN;
    assert_ne!(Scorecard::parse(&format!("{text}\n")).unwrap().digest(), scorecard.digest());
    let broken = |from: &str, to: &str| Scorecard::parse(&text.replacen(from, to, 1)).unwrap_err();
    let named = broken("indicator = \"rated\"", "indicator = \"rating\"");
    assert!(matches!(named, ScorecardError::Named(Indicator::Rated | Indicator::Rating)), "{named}");
    for (from, to) in [
        ("group = \"organisation\"\nname", "group = \"elsewhere\"\nname"),
        ("category = \"capacity\"\nname", "category = \"elsewhere\"\nname"),
        ("domain = \"effect\"", "domain = \"provision\""),
    ] {
        assert!(matches!(broken(from, to), ScorecardError::Level(_) | ScorecardError::Form(_)), "{from}");
    }
}

#[test]
fn the_vectors_come_to_what_their_steps_come_to() {
    use Indicator::*;
    let expected = [
        (Departments, Figure::Count(2)),
        (Powers, Figure::Count(3)),
        (Officers, Figure::Count(4)),
        (TypesWithProcess, share(1, 2)),
        (DaysTaken, Figure::Mean { sum: 0, number: 2 }),
        (WithinPromise, share(2, 2)),
        (ToldAtOnce, share(0, 1)),
        (ObjectionsDismissed, share(1, 2)),
        (TypesUsed, share(1, 2)),
        (DepartmentsIssuing, share(1, 2)),
        (ThroughCases, share(2, 2)),
        // Six were delivered; two of them are objections.
        (AtMostOnce, share(3, 4)),
        // Nothing was counted there, and that is not 0.
        (PapersSaved, Figure::NoData),
        (VisitsSaved, Figure::Count(0)),
        (Rated, share(3, 6)),
        (Satisfied, share(2, 3)),
        (Rating, Figure::Mean { sum: 10, number: 3 }),
        (Rectified, share(1, 1)),
        (OnPromise, share(1, 5)),
        (PromisesKept, share(0, 1)),
        (InMatters, share(1, 5)),
    ];
    assert_eq!(measured(0, usize::MAX), BTreeMap::from(expected));
}

#[test]
fn what_came_before_a_range_is_not_of_it() {
    // The first case was delivered at 38 and rated at 39; the fourth was rated at 57 and rectified at 58.
    let part = measured(39, 58);
    assert_eq!(
        part[&Indicator::Rated],
        share(1, 3),
        "the rating at 39 is of a case that was delivered before"
    );
    assert_eq!(part[&Indicator::Rating], Figure::Mean { sum: 6, number: 2 });
    assert_eq!(part[&Indicator::Rectified], share(0, 1));
    let later = measured(58, usize::MAX);
    assert_eq!(later[&Indicator::Rectified], Figure::NoData);
    // What is over a range adds up, wherever it is cut: at 39 a case that was delivered is not rated yet.
    let whole = measured(0, usize::MAX);
    for (cut, from) in [(39, 39), (48, 48), (58, 58)] {
        let (first, second) = (measured(0, cut), measured(from, usize::MAX));
        for indicator in Indicator::ALL.iter().filter(|indicator| indicator.over() == Over::Range) {
            assert_eq!(first[indicator].plus(second[indicator]), whole[indicator], "{indicator} at {cut}");
        }
    }
}

#[test]
fn papers_are_counted_from_refusals_and_a_quiet_hour_is_a_count() {
    let state = replayed(60, &mut |_, _, _| ());
    let key = crate::crypto::PrivateKey::from_seed(&[1; 32]).unwrap();
    let counted = |counts: &[(&str, u64)]| {
        let rows = counts.iter().map(|(reason, count)| RefusalCount {
            count: *count,
            department: None,
            reason: reason.parse().unwrap(),
            r#type: None,
        });
        let time: Time = "2026-11-22T08:00:00.000Z".parse().unwrap();
        let body = Body::RefusalsCounted(RefusalsCounted { counts: rows.collect(), from: time, until: time });
        let unsigned = Unsigned { body, key: key.id(), prev: None, time };
        unsigned.sign(state.charter().origin().unwrap(), &key).unwrap()
    };
    let papers = |entries: &[Entry]| {
        let mut measuring = Measuring::from(0);
        for (entry, index) in entries.iter().zip(60..) {
            measuring.look(index, entry, &state);
        }
        measuring.close(entries[0].time(), &state)[&Indicator::PapersSaved]
    };
    assert_eq!(papers(&[counted(&[])]), Figure::Count(0));
    assert_eq!(
        papers(&[counted(&[("already-proved", 3), ("no-power", 9)]), counted(&[("already-proved", 4)])]),
        Figure::Count(7)
    );
}

#[test]
fn figures_are_written_in_tenths_and_halves_go_up() {
    let told = |figure: Figure| figure.to_string();
    assert_eq!(told(share(2, 3)), "66.7 % (2/3)");
    assert_eq!(told(share(1, 2000)), "0.1 % (1/2000)");
    assert_eq!(told(share(0, 5)), "0.0 % (0/5)");
    assert_eq!(told(Figure::Mean { sum: 5, number: 4 }), "1.3 (5/4)");
    assert_eq!(told(Figure::NoData), "");
    assert_eq!(
        serde_json::to_string(&[Figure::NoData, share(1, 2)]).unwrap(),
        r#"["no-data",{"share":{"part":1,"whole":2}}]"#
    );
}
