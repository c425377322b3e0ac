//! Cases of what was granted before the ledger and recorded in it: it says so itself, and nothing else does.

use serde_json::json;

use super::{Case, folder, own};
use crate::ledger::body::{Body, LicenceRecorded};
use crate::ledger::state::{CharterChange, Granted, LicenceState};
use crate::values::recorded::{RecordedStanding, TrustLevel};
use crate::verification::desk::Desk;
use crate::verification::sample::*;
use crate::verification::*;

/// A credential that says it was recorded with this trust.
fn credential(sample: &Sample, trust: &str) -> Issued {
    sample.issue_with(|claims| {
        claims.insert("recorded".into(), json!({"trust": trust, "issued_on": "2015-03-01"}));
    })
}

fn state(sample: &Sample, issued: &Issued, trust: TrustLevel) -> LicenceState {
    LicenceState { granted: Granted::Recorded(trust), ..sample.state(issued.digest) }
}

pub(super) fn all(sample: &Sample) -> Vec<Case> {
    let recorded = credential(sample, "B");
    let issued = sample.issue();
    let in_ledger =
        |state: LicenceState| move |desk: &mut Desk| desk.answer = LedgerAnswer::Found(Box::new(state));
    let ours = |trust| in_ledger(state(sample, &recorded, trust));
    let withdrawn = CharterChange::PowerWithdrawn("p-1".parse().unwrap());
    let receipt = |issued: &Issued, trust| {
        let grant = sample.body(issued.digest);
        sample.receipt(Body::LicenceRecorded(LicenceRecorded {
            grant,
            standing: RecordedStanding::Valid,
            trust,
        }))
    };
    let ledger = |code, judgement| Case(Check::Ledger, code, judgement);
    let mut cases: Vec<Case> = TrustLevel::ALL
        .into_iter()
        .map(|trust| {
            let recorded = credential(sample, trust.as_str());
            let found = in_ledger(state(sample, &recorded, trust));
            ledger(Code::recorded(trust), own(sample, &recorded, found))
        })
        .collect();
    cases.extend([
        ledger(Code::RecordedB, folder(sample, &recorded, &receipt(&recorded, TrustLevel::B), |_| {})),
        // Another trust than the entry's, none although it was recorded, one although it was issued.
        ledger(Code::EntryDiffers, own(sample, &recorded, ours(TrustLevel::A))),
        ledger(Code::EntryDiffers, folder(sample, &recorded, &receipt(&recorded, TrustLevel::C), |_| {})),
        ledger(Code::EntryDiffers, own(sample, &issued, in_ledger(state(sample, &issued, TrustLevel::B)))),
        ledger(Code::EntryDiffers, own(sample, &recorded, in_ledger(sample.state(recorded.digest)))),
        ledger(
            Code::RecordedLater,
            own(sample, &recorded, |desk| {
                ours(TrustLevel::B)(desk);
                desk.ask.at = Some(entered().plus(-1));
            }),
        ),
        Case(Check::Power, Code::PowerHeldAtRecording, own(sample, &recorded, ours(TrustLevel::B))),
        Case(
            Check::Power,
            Code::PowerNotHeldAtRecording,
            own(sample, &recorded, |desk| {
                ours(TrustLevel::B)(desk);
                desk.charter = sample.charter(vec![withdrawn.clone()]);
            }),
        ),
    ]);
    cases
}
