//! Which others a licence is held against where a holder has many.

use super::*;
pub(super) use crate::supervision::COMPARED;

fn term(from: &str, until: Option<&str>) -> Term {
    Term { from: from.parse().unwrap(), until: until.map(|day| day.parse().unwrap()) }
}

/// Of more than are compared the newest count; one that cannot be opened may be among them.
#[test]
fn the_newest_are_compared_and_a_closed_one_takes_a_place() {
    let (mut ledger, mut kept) = (Ledger::new(), Kept::default());
    publish(&mut ledger, Rules::BUILT_IN.as_bytes());
    let mut issue = |kept: &mut Kept| {
        let handle = ledger.issue_saying(&firm("1", "样例路1号"), SALT);
        kept.0.insert(handle, firm("1", "样例路1号"));
        handle
    };
    let handles: Vec<Handle> = (0..COMPARED + 3).map(|_| issue(&mut kept)).collect();
    let mut holdings = Holdings::default();
    let type_ = "business-licence".parse().unwrap();
    let term = term("2026-11-22", None);
    let held = |handle: &Handle| Held { at: came(&ledger, handle), licence: *handle, term };
    for (number, handle) in handles.iter().enumerate() {
        // The newest but one is closed, and the very oldest.
        if number == 0 || number == COMPARED + 1 {
            holdings.closed(&type_, held(handle));
        } else {
            holdings.opened(&type_, "1", held(handle));
        }
    }
    let then = Then { state: &ledger.state, time: ledger.state.charter().time().unwrap() };
    let newest: Vec<Held> = handles.iter().rev().map(held).collect();
    let beside = holdings.beside(&type_, "1", term, &then);
    assert_eq!((beside.sure.len(), beside.all_that_meet, beside.full), (COMPARED - 1, false, true));
    assert_eq!(beside.sure, [&newest[..1], &newest[2..COMPARED]].concat());
    let none = holdings.beside(&type_, "2", term, &then);
    assert_eq!((none.sure.len(), none.all_that_meet, none.all_the_rest), (0, false, true));
}

/// A day of 2031 or later, another for each number.
pub(super) fn one_day(number: usize) -> String {
    format!("{}-{:02}-{:02}", 2031 + number / 336, number / 28 % 12 + 1, number % 28 + 1)
}

/// Licences of days that concern nobody hide nothing, however many there are.
#[test]
fn those_whose_days_meet_are_compared_whatever_else_there_is() {
    let (mut ledger, mut kept) = (Ledger::new(), Kept::default());
    publish(&mut ledger, Rules::BUILT_IN.as_bytes());
    let mut issue = |ledger: &mut Ledger, from: &str, until: Option<&str>, address: &str| {
        let handle = ledger.issue_saying_for((from, until), &firm("1", address), SALT);
        kept.0.insert(handle, firm("1", address));
        handle
    };
    issue(&mut ledger, "2026-11-22", Some("2030-12-31"), "样例路1号");
    let hiding: Vec<Handle> = (0..=COMPARED)
        .map(|number| issue(&mut ledger, &one_day(number), Some(&one_day(number)), "样例路1号"))
        .collect();
    let meets = issue(&mut ledger, "2026-11-22", Some("2030-12-31"), "样例路1号");
    let differs = issue(&mut ledger, "2050-01-01", None, "样例路2号");
    let mut eye = Recomputing::new(&kept);
    replay_before(&mut eye, &ledger.files(), &Pins::default(), &mut |_| ()).unwrap();
    let found: Vec<_> = eye.owed.iter().filter_map(Owed::just).map(|one| (one.licence, one.rules)).collect();
    assert_eq!(found, [(meets, rules(&["duplicate"])), (differs, rules(&["contradiction"]))]);
    // Of those whose days do not meet the newest count, and one that cannot be opened takes a place among them alone.
    let type_ = "business-licence".parse().unwrap();
    let then = Then { state: &ledger.state, time: ledger.state.charter().time().unwrap() };
    let held = |number: usize| {
        let day = one_day(number);
        let handle = hiding[number];
        Held { at: came(&ledger, &handle), licence: handle, term: term(&day, Some(&day)) }
    };
    let last =
        Held { at: came(&ledger, &meets), licence: meets, term: term("2026-11-22", Some("2030-12-31")) };
    let mut holdings = Holdings::default();
    (0..=COMPARED).for_each(|number| holdings.opened(&type_, "1", held(number)));
    holdings.opened(&type_, "1", last);
    let beside = |holdings: &mut Holdings| holdings.beside(&type_, "1", last.term, &then);
    let of = |numbers: std::ops::RangeInclusive<usize>| {
        [last].into_iter().chain(numbers.rev().map(held)).collect::<Vec<_>>()
    };
    let all = beside(&mut holdings);
    assert_eq!((all.all_that_meet, all.all_the_rest, all.full), (true, true, true));
    assert_eq!(all.sure, of(1..=COMPARED));
    let closed = Held { at: last.at + 1, licence: differs, term: term("2050-01-01", None) };
    holdings.closed(&type_, closed);
    let but_one = beside(&mut holdings);
    assert_eq!((but_one.all_that_meet, but_one.all_the_rest, but_one.full), (true, false, true));
    assert_eq!(but_one.sure, of(2..=COMPARED));
}

/// The ledger shows the days of a licence that cannot be opened, and by days that do not meet nobody has one too many.
#[test]
fn a_closed_one_of_other_days_may_contradict_and_is_not_one_too_many() {
    let told = |days, text: &str, names: &[&str]| {
        let (mut ledger, mut kept) = (Ledger::new(), Kept::default());
        publish(&mut ledger, text.as_bytes());
        let closed = ledger.issue_saying_for(days, &firm("9", "样例路1号"), SALT);
        let days = ("2026-11-22", Some("2030-12-31"));
        let licence = ledger.issue_saying_for(days, &firm("1", ""), SALT);
        kept.0.insert(licence, firm("1", ""));
        let [lacks] = made(&ledger, &{
            let (_, mut all, _) = watched();
            all.0.insert(closed, firm("9", "样例路1号"));
            all.0.insert(licence, firm("1", ""));
            all
        })
        .try_into()
        .unwrap();
        erase(&mut ledger, closed);
        let entered = ContentFound { content: 1, rules: rules(names), ..lacks };
        let index = enter_found(&mut ledger, entered);
        let count = counted(&ledger, &kept);
        (broken(&ledger, &kept).contains(&(Some(index), Rule::Content)), count.judged, count.partly)
    };
    let (meets, later) = (("2030-12-31", None), ("2031-01-01", None));
    let (lacks, one_too_many) = (&["missing-field"][..], &["duplicate", "missing-field"][..]);
    let contradicts = &["contradiction", "missing-field"][..];
    let text = Rules::BUILT_IN;
    assert_eq!([lacks, one_too_many, contradicts].map(|names| told(meets, text, names).0), [false; 3]);
    let of_later = [lacks, one_too_many, contradicts].map(|names| told(later, text, names).0);
    assert_eq!(of_later, [false, true, false]);
    // Where it could only be one too many all is known without it.
    let (before, after) = text.split_once("[[content.same]]").unwrap();
    let (_, cards) = after.split_once("[[cards]]").unwrap();
    let single = [before, "[[cards]]", cards].concat();
    assert_eq!([meets, later].map(|days| told(days, &single, lacks)), [(false, 0, 1), (false, 1, 0)]);
}
