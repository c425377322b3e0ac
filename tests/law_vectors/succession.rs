//! A ledger that succeeds another names its last checkpoint rightly, or is not founded.

use serde_json::{Value, json};
use vidimus::crypto::Digest;
use vidimus::ledger::checkpoint::Checkpoint;

use crate::keyring::{ORIGIN, key};
use crate::ledger::answer;
use crate::story::{digest, told};

const OLD: &str = "ledger.example/sample-fedcba9876543210";

#[test]
fn the_predecessor_is_what_its_checkpoint_says() {
    let mut ledger = told();
    let note =
        Checkpoint::new(OLD.parse().unwrap(), 9, digest("old root").0).sign(&key("checkpoint-old"), &[]);
    let checkpoint = ledger.blob(note.unwrap().to_string().as_bytes());
    let founded_after = |change: &dyn Fn(&mut Value)| {
        let (_, mut draft) = ledger.nth("authority.founded", 0);
        let mut old = json!({"checkpoint": checkpoint, "origin": OLD, "root": digest("old root"), "size": 9});
        change(&mut old);
        draft.body["succeeds"] = old;
        answer(&mut ledger.state_at(0), &draft.seal())
    };
    assert_eq!(founded_after(&|_| {}), "accepted");
    assert_eq!(founded_after(&|old| old["size"] = json!(10)), "founding");
    assert_eq!(founded_after(&|old| old["root"] = json!(digest("another"))), "founding");
    assert_eq!(founded_after(&|old| old["origin"] = json!(ORIGIN)), "founding");
    let missing = |old: &mut Value| old["checkpoint"]["sha256"] = json!(Digest::of(b"nothing"));
    assert_eq!(founded_after(&missing), "blob");
}
