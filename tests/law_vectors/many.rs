//! Many small ledgers of chance: what the law says entry by entry, and what it comes to. `tests/law0/many.py` says it again in
//! another language; here it is held that the ledgers are worth that: every kind and nearly every rule is in them.
//!
//! `VIDIMUS_LEDGERS`: how many (90). `VIDIMUS_LEDGERS_INTO`: a file to write them to, one JSON a line.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;

use serde_json::{Value, json};
use vidimus::crypto::Digest;
use vidimus::crypto::base64url::encode;
use vidimus::law::Rule;
use vidimus::ledger::state::{MemoryState, View as _};
use vidimus::status_list::{Bits, StatusList};

use crate::chance::Chance;
use crate::draft::Draft;
use crate::errand::Errand;
use crate::ledger::Ledger;
use crate::strayed::strayed;
use crate::summary::summary;
use crate::wanderer::Wanderer;

/// Entries offered to each ledger, beside those it begins with.
const OFFERED: usize = 40;
/// Broken only by what is no single entry, or by what a wanderer does not do: a whole founding, a certificate of
/// another key, an entry of 16 KiB, a predecessor.
const RARE: [Rule; 9] = [
    Rule::Supervision,
    Rule::Tree,
    Rule::StatusList,
    Rule::File,
    Rule::Consistency,
    Rule::Founding,
    Rule::Law,
    Rule::Vkey,
    Rule::Size,
];

#[test]
fn many_ledgers() {
    let count = std::env::var("VIDIMUS_LEDGERS").ok().and_then(|count| count.parse().ok()).unwrap_or(90);
    let mut into = std::env::var_os("VIDIMUS_LEDGERS_INTO").map(|path| std::fs::File::create(path).unwrap());
    let mut answers: BTreeMap<String, usize> = BTreeMap::new();
    let mut kinds = BTreeSet::new();
    for (ledger, accepted) in side_by_side(count) {
        kinds.extend(accepted);
        for step in ledger["steps"].as_array().unwrap() {
            *answers.entry(step["answer"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        if let Some(file) = &mut into {
            writeln!(file, "{ledger}").unwrap();
        }
    }
    let offered: usize = answers.values().sum();
    let accepted = answers.get("accepted").copied().unwrap_or_default();
    assert!(
        accepted * 4 > offered && accepted * 4 < offered * 3,
        "{accepted} of {offered} accepted: {answers:?}"
    );
    let missing: Vec<&Rule> = Rule::ALL
        .iter()
        .filter(|rule| !RARE.contains(rule) && !answers.contains_key(rule.as_str()))
        .collect();
    assert!(missing.len() <= 3, "no ledger broke {missing:?}: {answers:?}");
    assert!(kinds.len() >= 30, "only these kinds were accepted: {kinds:?}");
}

/// So many ledgers, in order, made on two threads; with the kinds of what each accepted.
fn side_by_side(count: u64) -> Vec<(Value, BTreeSet<&'static str>)> {
    let half = |from: u64| move || (from..count).step_by(2).map(wandered).collect::<Vec<_>>();
    let (even, odd) = std::thread::scope(|scope| {
        let even = scope.spawn(half(0));
        let odd = half(1)();
        (even.join().unwrap(), odd)
    });
    let (mut even, mut odd) = (even.into_iter(), odd.into_iter());
    (0..count).map(|seed| if seed % 2 == 0 { even.next() } else { odd.next() }.unwrap()).collect()
}

/// One ledger: what was offered with the law's answers, and what it came to. Every third is of cases.
fn wandered(seed: u64) -> (Value, BTreeSet<&'static str>) {
    let mut kinds = BTreeSet::new();
    let mut wanderer = if seed % 3 == 2 { Walker::of_cases(seed) } else { Walker::of_licences(seed) };
    let begun: Vec<String> = wanderer.ledger().entries.iter().map(|bytes| text(bytes)).collect();
    let mut steps = Vec::new();
    for _ in 0..OFFERED {
        let draft = wanderer.next();
        // What registrars decide has the most to go wrong.
        let times = wanderer.goes_wrong(&draft);
        let fault = wanderer.chance().once_in(times);
        let draft = if fault { strayed(draft, wanderer.chance()) } else { draft };
        let bytes = draft.seal();
        let size = wanderer.ledger().state.charter().size();
        let answer = wanderer.ledger().offer(&draft, &bytes);
        let grown = wanderer.ledger().state.charter().size() - size;
        assert_eq!(grown, u64::from(answer == "accepted"), "what is refused changes nothing");
        if answer == "accepted" {
            kinds.insert(draft.kind);
            wanderer.took(&draft);
        }
        steps.push(json!({"answer": answer, "entry": text(&bytes)}));
    }
    let ledger = &*wanderer.ledger();
    let blobs: Vec<String> = ledger.blobs.iter().map(|blob| encode(blob)).collect();
    let told = json!({
        "begun": begun, "blobs": blobs, "lists": lists(&ledger.state), "root": ledger.state.root().unwrap(), "seed": seed,
        "steps": steps, "summary": summary(&ledger.state),
    });
    (told, kinds)
}

/// Who does things to a ledger.
enum Walker {
    Licences(Box<Wanderer>),
    Cases(Box<Errand>),
}

impl Walker {
    fn of_licences(seed: u64) -> Self {
        Self::Licences(Box::new(Wanderer::new(seed)))
    }

    fn of_cases(seed: u64) -> Self {
        Self::Cases(Box::new(Errand::new(seed)))
    }

    fn ledger(&mut self) -> &mut Ledger {
        match self {
            Self::Licences(wanderer) => &mut wanderer.ledger,
            Self::Cases(errand) => &mut errand.ledger,
        }
    }

    fn chance(&mut self) -> &mut Chance {
        match self {
            Self::Licences(wanderer) => &mut wanderer.chance,
            Self::Cases(errand) => &mut errand.chance,
        }
    }

    fn next(&mut self) -> Draft {
        match self {
            Self::Licences(wanderer) => wanderer.next(),
            Self::Cases(errand) => errand.next(),
        }
    }

    /// Once in how many times a fault is put in: what registrars decide has the most to go wrong, and a case takes many
    /// good steps.
    fn goes_wrong(&self, draft: &Draft) -> usize {
        match self {
            Self::Licences(_) if draft.approvers.is_empty() => 5,
            Self::Licences(_) => 2,
            Self::Cases(_) => 8,
        }
    }

    /// What follows when an entry was accepted.
    fn took(&mut self, draft: &Draft) {
        if let Self::Licences(wanderer) = self {
            wanderer.took(draft);
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// SHA-256 of every list's packed bytes, two bits a status.
fn lists(state: &MemoryState) -> Value {
    let digest = |number: u32| {
        let mut list = StatusList::zeros(Bits::Two, 1 << 20).unwrap();
        for (place, value) in state.statuses().of_list(number) {
            list.set(place.index.into(), value).unwrap();
        }
        json!({"list": number, "sha256": Digest::of(list.as_bytes())})
    };
    state.statuses().lists().map(digest).collect()
}
