//! `anchors/`: a ledger whose states are anchored, and its mutated copies. Whether a root is the one that the entries make is no question
//! for the law over one entry: who replays makes it again (`audit`).

use serde_json::{Value, json};
use vidimus::law::Rule;
use vidimus::ledger::body::Kind;
use vidimus::ledger::state::tree::{Stood, block, leaf_of};
use vidimus::ledger::state::{View as _, tree::StateTree};

use crate::draft::Draft;
use crate::held::{hold_ledger, hold_mutations, kinds_of};
use crate::joined::staffed;
use crate::keyring::SHOPS;
use crate::ledger::Ledger;
use crate::mutations::{Copies, Mutation};
use crate::story::{grant, handle};

/// Entries that say nothing of licences.
fn fill(ledger: &mut Ledger, until: usize) {
    while ledger.entries.len() < until {
        let body = json!({"root": ledger.state.root().unwrap(), "size": ledger.entries.len()});
        ledger.append(Draft::new("ledger.anchored", "registry", body));
    }
}

/// The root of the states at a size, block by block.
fn root(ledger: &Ledger, size: u64) -> String {
    let (origin, mut tree) = (ledger.state.charter().origin().unwrap(), StateTree::default());
    let blocks = (0..size / 256).map(|number| {
        let stood = ledger.state.begun(256 * number, 256 * (number + 1));
        let stood = stood.map(|one| (one.first().unwrap().index, Stood::at(one, size).unwrap()));
        (number, block(origin, 256 * number, stood).unwrap())
    });
    tree.put(&blocks.collect());
    vidimus::crypto::Digest(tree.root().0).to_string()
}

fn anchored(ledger: &Ledger, size: u64) -> Draft {
    Draft::new("state.anchored", "registry", json!({"root": root(ledger, size), "size": size}))
}

/// Two licences, one of them suspended; anchored at two sizes.
pub(crate) fn told() -> Ledger {
    let mut ledger = staffed();
    for licence in [31, 32] {
        ledger.append(Draft::new(
            "licence.issued",
            "registry-shops",
            grant(licence, SHOPS, "shop", licence.into()),
        ));
    }
    fill(&mut ledger, 258);
    let first = anchored(&ledger, 256);
    ledger.append(first);
    fill(&mut ledger, 515);
    let second = anchored(&ledger, 512);
    ledger.append(second);
    ledger
}

fn mutations(ledger: &Ledger) -> Vec<Mutation> {
    const FIRST: (&str, usize) = ("state.anchored", 0);
    const SECOND: (&str, usize) = ("state.anchored", 1);
    let copies = Copies { ledger };
    let body = |name, which, change: fn(&mut Value)| copies.body(name, Rule::Anchor, which, change);
    vec![
        body("states at nothing", FIRST, |body| body["size"] = json!(0)),
        body("states within a block", FIRST, |body| body["size"] = json!(255)),
        body("states to come", FIRST, |body| body["size"] = json!(512)),
        body("states that are anchored", SECOND, |body| body["size"] = json!(256)),
        copies
            .copy("an anchor that says more", Rule::Schema, FIRST, |draft| draft.body["licences"] = json!(2)),
        copies.copy("an anchor of a department's key", Rule::OuterKey, FIRST, |draft| {
            draft.signer = "registry-shops";
        }),
    ]
}

#[test]
fn the_ledger_of_anchors() {
    let ledger = told();
    assert!(kinds_of(&ledger).contains(&Kind::StateAnchored));
    assert!(ledger.state.licence(&handle(31)).unwrap().is_some());
    let origin = ledger.state.charter().origin().unwrap();
    assert_ne!(leaf_of(origin, None), leaf_of(&"other.example".parse().unwrap(), None));
    hold_ledger("anchors", &ledger);
}

#[test]
fn one_mutated_copy_for_every_way_to_break_the_rule_of_anchors() {
    let ledger = told();
    let rules = hold_mutations("anchors", &ledger, mutations(&ledger));
    assert!(rules.contains(&Rule::Anchor), "{rules:?}");
}
