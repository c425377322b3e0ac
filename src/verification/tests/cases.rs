//! Every code is given by at least one case, with the outcome its check must have.

mod course;
mod entry;
mod origin;
mod presenter;
mod recorded;

use std::collections::BTreeSet;

use crate::crypto::Digest;
use crate::verification::desk::Desk;
use crate::verification::sample::*;
use crate::verification::*;

struct Case(Check, Code, Judgement);

fn credential(issued: &Issued) -> Evidence {
    Evidence::Credential(issued.text.clone())
}

/// Judged by the authority itself, which has entered exactly this credential.
fn own(sample: &Sample, issued: &Issued, change: impl FnOnce(&mut Desk)) -> Judgement {
    let mut desk = Desk::own(sample, sample.state(issued.digest));
    change(&mut desk);
    desk.judge(&credential(issued))
}

/// Judged in a trust folder with a receipt.
fn folder(sample: &Sample, issued: &Issued, receipt: &str, change: impl FnOnce(&mut Desk)) -> Judgement {
    let mut desk = Desk::folder(sample);
    change(&mut desk);
    desk.judge(&Evidence::Download { credential: issued.text.clone(), receipt: receipt.to_owned() })
}

fn text(sample: &Sample, text: &str) -> Judgement {
    own(sample, &Issued { text: text.to_owned(), digest: Digest([0; 32]) }, |_| {})
}

#[test]
fn every_code_is_given_where_it_belongs() {
    let sample = Sample::new();
    let groups = [
        origin::signature(&sample),
        origin::issuer(&sample),
        entry::power(&sample),
        entry::ledger(&sample),
        recorded::all(&sample),
        course::validity(&sample),
        course::status(&sample),
        presenter::holder(&sample),
        presenter::number(&sample),
    ];
    let mut given = BTreeSet::new();
    for (group, cases) in groups.iter().enumerate() {
        for (place, Case(check, code, judgement)) in cases.iter().enumerate() {
            let found = judgement.finding(*check);
            assert_eq!(found.code, *code, "group {group}, case {place}: {found:?}");
            assert_eq!(judgement.findings.each_ref().map(|finding| finding.check), Check::ALL);
            given.insert(found.code);
        }
    }
    let missing: Vec<&Code> = Code::ALL.iter().filter(|code| !given.contains(code)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
