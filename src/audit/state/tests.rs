//! The state at a time, beside a replay of a ledger that ended there.

use serde_json::{Value, json};

use super::*;
use crate::audit::fixture::{Files, Ledger, seeded, tree_files};
use crate::audit::{Pins, Verdict, replay_before};
use crate::crypto::Digest;
use crate::ledger::body::{Body, LicenceEnded};
use crate::values::standing::Ending;

fn state(files: &Files, at: Time, handle: Option<Handle>) -> State {
    let mut eye = At::new(at, handle);
    let audit = replay_before(&mut eye, files, &Pins::default(), &mut |_| ()).unwrap();
    assert_eq!(audit.verdict(), Verdict::Holds, "{:?}", audit.summary.violations);
    eye.taken(&audit.state)
}

fn moved(time: Time, millis: i64) -> Time {
    Time::from_millis(time.millis() + millis).unwrap()
}

/// Law 0, section 3: a state is a fold over entries and nothing else, so what came later changes none.
#[test]
fn the_state_at_a_time_is_that_of_a_ledger_which_ended_there() {
    let mut ledger = Ledger::new();
    // From here on every blob is named by some entry.
    let founded = ledger.entries.len();
    let first = ledger.issue();
    ledger.issue();
    ledger.suspend(first);
    let before = seeded(3);
    ledger.rotate_checkpoint_key(9);
    ledger.anchor();
    let whole = ledger.files();
    let times: Vec<Time> =
        ledger.entries.iter().map(|bytes| entry::Entry::parse(bytes).unwrap().time()).collect();
    for size in founded..ledger.entries.len() {
        let mut cut = ledger.files();
        cut.retain(|path, _| path.starts_with("blob/"));
        cut.extend(tree_files(&ledger.origin, &ledger.entries[..size], &[&before, &ledger.checkpoint_key]));
        let then = |files: &Files, at| serde_json::to_value(state(files, at, Some(first))).unwrap();
        for at in [times[size - 1], moved(times[size], -1)] {
            let (mut now, mut then) = (then(&whole, at), then(&cut, at));
            assert_eq!((now["complete"].take(), then["complete"].take()), (json!(true), json!(false)));
            assert_eq!(now, then, "{size} entries at {at}");
            assert_eq!(now["size"], json!(size));
        }
    }
}

#[test]
fn a_licence_is_told_as_it_was_shown_and_as_void_wherever_it_is() {
    let mut ledger = Ledger::new();
    let (first, other) = (ledger.issue(), ledger.issue());
    let issued = ledger.state.licence(&first).unwrap().unwrap().events[0].time;
    let (act, commitment) = (Ending::Rescinded, Digest([3; 32]));
    ledger.push(Body::LicenceEnded(LicenceEnded { act, commitment, handle: first }));
    let rescinded = ledger.state.licence(&first).unwrap().unwrap().events[1].time;
    ledger.issue();
    let files = ledger.files();
    let told = |at, handle| {
        let told = serde_json::to_value(state(&files, at, Some(handle))).unwrap();
        told["licence"].as_object().map_or(Value::Null, |licence| {
            json!([licence["standing"], licence["void"], licence["entries"].as_array().unwrap().len()])
        })
    };
    assert_eq!(told(moved(issued, -1), first), Value::Null);
    assert_eq!(told(issued, first), json!(["valid", true, 1]));
    assert_eq!(told(rescinded, first), json!(["rescinded", true, 2]));
    assert_eq!(told(rescinded, other), json!(["valid", false, 1]));
    assert_eq!(told(Time::MAX, Handle::new(issued, [9; 10])), Value::Null);
}

#[test]
fn before_the_first_entry_there_is_nothing() {
    let nothing = state(&Ledger::small().files(), Time::MIN, None);
    assert_eq!((nothing.size, nothing.origin.as_str(), nothing.complete), (0, "", true));
    assert_eq!(nothing.root, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    assert!(nothing.keys.is_empty() && nothing.powers.is_empty() && nothing.statuses.is_empty());
}
