//! What comes late, or could: what is kept of it, and what it may say.

use super::compared::{COMPARED, one_day};
use super::*;

/// For which entries one that comes late is still expected.
fn overdue(ledger: &Ledger, vault: &Kept) -> Vec<u64> {
    let mut eye = Recomputing::new(vault);
    replay_before(&mut eye, &ledger.files(), &Pins::default(), &mut |_| ()).unwrap();
    eye.overdue.keys().copied().collect()
}

/// One licence that cannot be opened makes every later one of its type uncertain: of these nothing is kept that cannot come any more.
#[test]
fn behind_a_finding_nothing_is_kept_of_what_came_before_its_licence() {
    let erased = |late: bool| {
        let (mut ledger, mut kept, handles) = watched();
        let all = made(&ledger, &kept);
        kept.0.remove(&handles[0]);
        erase(&mut ledger, handles[0]);
        if late {
            hours(&mut ledger);
        }
        let came: Vec<u64> = handles.iter().map(|handle| came(&ledger, handle)).collect();
        (ledger, kept, <[ContentFound; 2]>::try_from(all).unwrap(), came)
    };
    let (mut ledger, kept, [second, third], came) = erased(true);
    assert_eq!(overdue(&ledger, &kept), came);
    enter_found(&mut ledger, ContentFound { content: 1, ..second });
    assert_eq!(overdue(&ledger, &kept), came[2..]);
    enter_found(&mut ledger, ContentFound { content: 2, rules: rules(&["duplicate"]), ..third });
    assert_eq!(overdue(&ledger, &kept), [0; 0]);
    // Nor of what is passed over by a finding about a later one.
    let (mut ledger, kept, [_, third], came) = erased(false);
    assert_eq!(overdue(&ledger, &kept), [0; 0], "it is all young");
    enter_found(&mut ledger, ContentFound { content: 1, rules: rules(&["duplicate"]), ..third });
    hours(&mut ledger);
    assert_eq!(overdue(&ledger, &kept), [0; 0]);
    assert!(broken(&ledger, &kept).contains(&(Some(came[1]), Rule::Content)), "it is accused all the same");
}

/// An erasure opens the place of one of the newest to an older one, at whatever time the service judges.
#[test]
fn what_comes_late_by_an_older_one_is_not_accused_where_a_newer_one_was_erased_since() {
    let told = |erases: bool| {
        let (mut ledger, mut kept) = (Ledger::new(), Kept::default());
        publish(&mut ledger, Rules::BUILT_IN.as_bytes());
        let handles: Vec<Handle> = (0..COMPARED + 2)
            .map(|number| {
                let address = if number == 0 { "样例路2号" } else { "样例路1号" };
                let day = one_day(number);
                let handle = ledger.issue_saying_for((&day, Some(&day)), &firm("1", address), SALT);
                kept.0.insert(handle, firm("1", address));
                handle
            })
            .collect();
        let all = made(&ledger, &kept);
        let last = handles[COMPARED + 1];
        assert_eq!(all.len(), COMPARED, "of the last the newest say the same");
        assert!(all.iter().all(|found| found.licence != last));
        hours(&mut ledger);
        if erases {
            erase(&mut ledger, handles[9]);
        }
        let late = ContentFound { at: came(&ledger, &last), content: 1, licence: last, ..all[0].clone() };
        assert_eq!(late.rules, rules(&["contradiction"]));
        let index = enter_found(&mut ledger, late);
        broken(&ledger, &kept).contains(&(Some(index), Rule::Content))
    };
    assert_eq!((told(true), told(false)), (false, true));
}
